//! A firmware that is not ours, measured: figures that can be checked by hand, and what a change of one function costs.

use crate::common::{Desk, compared, count, must, outcome, used};
use ounce_analysis::comparison::{BenchSide, Change, Tendency, Verdict};
use ounce_protocol::measurement::{BenchFailure, BenchOutcome, Ledger, Owner};
use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn sizes_are_those_that_other_tools_find() {
    let desk = Desk::with_firmware();
    let elf = desk.made("an385");
    let elf = elf.to_str().unwrap();
    let json = desk.ounce(&["size", elf, "--json"]).ends(0).json();
    let ledger: Ledger = serde_json::from_value(json).unwrap();

    let flat = desk.beside("flat.bin");
    must("arm-none-eabi-objcopy", &desk.repo(), &["-O", "binary", elf, flat.to_str().unwrap()]);
    assert_eq!(used(&ledger, "flash"), fs::metadata(&flat).unwrap().len());

    let sizes = must("arm-none-eabi-size", &desk.repo(), &["-A", "-d", elf]);
    let section = |name: &str| -> u64 {
        let line = sizes.lines().find(|l| l.split_whitespace().next() == Some(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    assert_eq!(used(&ledger, "ram"), section(".data") + section(".bss"));
    assert_eq!(used(&ledger, "flash"), section(".text") + section(".data"));

    // Each function has the size that nm gives it.
    let flash = &ledger.regions[0];
    let nm = must("arm-none-eabi-nm", &desk.repo(), &["-S", elf]);
    for line in nm.lines().filter(|l| l.contains(" T ") || l.contains(" t ")) {
        let [_, bytes, _, name] = line.split(' ').collect::<Vec<_>>()[..] else { continue };
        let row = flash.rows.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("no row {name}"));
        assert_eq!(row.bytes, u64::from_str_radix(bytes, 16).unwrap(), "{name}");
    }
}

#[test]
fn counts_are_those_of_the_source() {
    let desk = Desk::with_firmware();
    let run = || desk.ounce(&["bench", "--json"]).ends(0).measurements();
    let (first, second) = (run(), run());
    assert_eq!(first, second, "two runs");
    assert_eq!(first.iter().map(|m| m.board.as_str()).collect::<Vec<_>>(), ["an385", "an386"]);

    let digits = count(&first[0], "digits");
    assert_eq!(digits.second_take, None);
    assert_eq!(digits.profile.iter().map(|f| f.instructions).sum::<u64>(), digits.instructions);
    let own: BTreeMap<&str, u64> = digits.profile.iter().map(|f| (f.name.as_str(), f.instructions)).collect();
    // delay.S promises 2 * loops + 1, and there are 1000 loops. The marker is a nop and a return; its partner begins after the end.
    assert_eq!((own["delay"], own["bench_start"], own.get("bench_stop")), (2001, 2, None));
    assert_eq!(own.keys().copied().collect::<Vec<_>>(), ["bench_start", "crc32", "delay", "main", "median"]);
    // Nine bytes cost more than none; the image is the same.
    assert!(digits.instructions > count(&first[0], "median").instructions);

    let tools = &first[0].fingerprint.0;
    assert!(tools["toolchain"].contains("GCC") && tools["emulator"].contains("mps2-an385"), "{tools:?}");
}

#[test]
fn a_measurement_knows_what_the_code_is_made_of_and_where_it_is_from() {
    let desk = Desk::with_one_board();
    let measured = desk.ounce(&["bench", "--json"]).ends(0).measurement();
    let ledger = measured.ledger().unwrap();
    let anatomy = ledger.anatomy.as_ref().expect("an anatomy");
    let part = |name: &str| anatomy.parts.iter().find(|part| part.name == name).unwrap_or_else(|| panic!("no part {name}"));
    let uses = |name: &str| -> Vec<&str> { part(name).uses.iter().map(|&i| anatomy.parts[i as usize].name.as_str()).collect() };
    for callee in ["crc32", "median", "uart_decimal", "\"\\nmedian \""] {
        assert!(uses("main").contains(&callee), "{callee}: {:?}", uses("main"));
    }
    // With -g, what was compiled into what, and where it is declared.
    assert!(part("uart_text").inlined.iter().any(|inlined| inlined.name == "send"), "{:?}", part("uart_text"));
    assert!(part("crc32").source.as_ref().is_some_and(|source| source.file.ends_with("src/crc.c")), "{:?}", part("crc32").source);

    // Rows know their object by the map, which the build leaves beside the image.
    let rows = || ledger.regions.iter().flat_map(|region| &region.rows);
    let object = |name: &str| rows().find(|row| row.name == name).unwrap_or_else(|| panic!("no row {name}")).object.as_deref();
    let objects = ["main", "crc32", "delay", "quarters", "\"0123456789abcdef\""].map(object);
    assert_eq!(objects, ["main.c.o", "crc.c.o", "delay.S.o", "main.c.o", "uart.c.o"].map(Some));
    let owned = rows().filter(|row| !matches!(row.owner, Owner::Padding));
    assert!(owned.clone().all(|row| row.object.is_some()), "{:?}", owned.filter(|row| row.object.is_none()).collect::<Vec<_>>());
}

#[test]
fn a_change_of_one_function_is_said_of_that_function_alone() {
    let desk = Desk::with_firmware();
    desk.edit("src/config.h", "CRC_BY_NIBBLE 0", "CRC_BY_NIBBLE 1");
    desk.commit("crc: four bits at a time");
    let ran = desk.ounce(&["compare", "HEAD~1..HEAD", "--json"]).ends(0);
    let comparison = ran.comparison();
    assert_eq!((comparison.verdict, comparison.notes.len()), (Verdict::WithinBudget, 0));
    for board in ["an385", "an386"] {
        let it = compared(&comparison, board);
        assert_eq!((it.identical, it.tendency), (false, Tendency::Trade));
        let flash = &it.regions[0];
        assert!(flash.head_bytes > flash.base_bytes && it.regions[1].rows.is_empty());
        let row = |name: &str| flash.rows.iter().find(|r| r.name == name).unwrap_or_else(|| panic!("no row {name}"));
        assert_eq!((&row("nibbles").change, row("nibbles").head_bytes), (&Change::Added, 64));
        assert_ne!(row("crc32").base_bytes, row("crc32").head_bytes);
        // The sum of all rows is checked as the comparison is read; nobody else may be among them.
        let others: Vec<&str> = flash.rows.iter().map(|r| r.name.as_str()).filter(|n| !["nibbles", "crc32"].contains(n)).collect();
        assert!(others.iter().all(|n| ["padding", "unattributed"].contains(n)), "{others:?}");

        let bench = |name: &str| it.benches.iter().find(|b| b.name.as_str() == name).unwrap();
        let [function] = &bench("digits").functions[..] else { panic!("{:?}", bench("digits").functions) };
        assert_eq!(function.name, "crc32");
        let (base, head) = (bench("digits").base.instructions().unwrap(), bench("digits").head.instructions().unwrap());
        assert_eq!(base - head, function.base - function.head);
        // An empty message has nothing to sum up.
        assert_eq!(bench("median").base, bench("median").head);
    }
    // For people, the same: on a terminal, and as the comment of a pull request.
    for format in [&["compare", "HEAD~1..HEAD"][..], &["compare", "HEAD~1..HEAD", "--markdown"]] {
        let text = desk.ounce(format).ends(0).stdout;
        assert!(text.contains("crc32") && text.contains("an386"), "{text}");
    }
}

#[test]
fn a_budget_decides_the_exit_code() {
    let desk = Desk::with_one_board();
    desk.edit("ounce.toml", "max_growth = 256", "max_growth = 16");
    desk.commit("a tight budget");
    desk.edit("src/config.h", "CRC_BY_NIBBLE 0", "CRC_BY_NIBBLE 1");
    desk.commit("crc: four bits at a time");
    let comparison = desk.ounce(&["compare", "HEAD~1..HEAD", "--json"]).ends(1).comparison();
    assert_eq!(comparison.verdict, Verdict::OverBudget);
    let flash = &compared(&comparison, "an385").regions[0];
    let over = flash.head_bytes - flash.base_bytes - 16;
    assert!(
        !comparison.budgets[0].holds && comparison.budgets[0].findings[0].contains(&format!("{over} B over")),
        "{:?}",
        comparison.budgets
    );

    // The other way round it is a win in bytes and more than 1 % slower: the second budget is the one that is broken.
    let back = desk.ounce(&["compare", "HEAD..HEAD~1", "--json"]).ends(1).comparison();
    assert_eq!(back.budgets.iter().map(|b| b.holds).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_change_that_reaches_no_loaded_byte_is_the_same_binary() {
    let desk = Desk::with_one_board();
    // Debug information and a new file change; nothing of it is loaded.
    desk.edit("src/main.c", "uart_start();\n", "/* First of all. */\n\n\n    uart_start();\n");
    desk.write("NOTES", "nothing to build\n");
    desk.commit("words only");
    let comparison = desk.ounce(&["compare", "HEAD~1..HEAD", "--json"]).ends(0).comparison();
    assert_eq!(comparison.verdict, Verdict::Unchanged);
    let it = compared(&comparison, "an385");
    assert!(it.identical && it.regions.iter().all(|r| r.rows.is_empty()));
    assert!(it.benches.iter().all(|b| b.base == b.head && b.base.instructions().is_some()), "{:?}", it.benches);
}

#[test]
fn the_base_says_how_it_is_measured() {
    let desk = Desk::with_one_board();
    // A head that computes something else, and changes everything that could hide it.
    desk.edit("src/crc.c", "0xedb88320 : 0", "0x82f63b78 : 0");
    desk.write("messages/digits.expected", "crc 0xe3069283\n");
    desk.write("messages/digits.txt", "0");
    desk.edit("ounce.toml", "expect = \"median 42 of 11\"", "expect = \"crc 0xe3069283\"");
    desk.edit("ounce.toml", "begin = \"bench_start\"", "begin = \"main\"");
    desk.edit("ounce.toml", "max_growth = 256", "max_growth = 100000");
    desk.commit("another polynomial");
    let comparison = desk.ounce(&["compare", "HEAD~1..HEAD", "--json"]).ends(1).comparison();
    assert_eq!(comparison.verdict, Verdict::Broken);
    let it = compared(&comparison, "an385");
    let head = &it.benches[0].head;
    let BenchSide::Failed { why: BenchFailure::WrongResult, detail } = head else { panic!("{head:?}") };
    // The base's message and the base's expectation, with the head's polynomial.
    assert!(detail.contains("crc 0xcbf43926"), "{detail}");
    assert_eq!(it.benches[1].base.instructions(), it.benches[1].head.instructions());
    assert!(comparison.notes.iter().any(|n| n.contains("ounce.toml")), "{:?}", comparison.notes);
    assert!(comparison.budgets[0].rule.contains("256"), "{:?}", comparison.budgets);
}

#[test]
fn the_cost_of_counting_is_taken_off_where_the_project_says_what_it_is() {
    let desk = Desk::with_one_board();
    let plain = desk.ounce(&["bench", "--json"]).ends(0).measurement();
    desk.edit("ounce.toml", "[markers]\n", "[markers]\nempty = \"median\"\n");
    desk.commit("median is what everything costs at least");
    let less = desk.ounce(&["bench", "--json", "--bench", "digits"]).ends(0).measurement();
    assert_eq!(count(&less, "digits").instructions, count(&plain, "digits").instructions - count(&plain, "median").instructions);
    assert_eq!(count(&less, "digits").profile.iter().map(|f| f.instructions).sum::<u64>(), count(&less, "digits").instructions);
}

#[test]
fn a_program_larger_than_its_place_does_not_fit() {
    let desk = Desk::with_one_board();
    desk.edit("ounce.toml", "load_size = \"4K\"", "load_size = 5");
    desk.commit("a small place");
    let measured = desk.ounce(&["bench", "--json"]).ends(0).measurement();
    let BenchOutcome::NoFit { detail } = outcome(&measured, "digits") else { panic!("{measured:?}") };
    assert!(detail.contains("over by 4 B"), "{detail}");
    assert!(count(&measured, "median").instructions > 0);
}

#[test]
fn ten_runs_count_the_same_on_an_idle_and_on_a_busy_machine() {
    let desk = Desk::with_one_board();
    let elf = desk.made("an385");
    let run = || {
        let measured = desk.ounce(&["bench", "--json", "--board", "an385", "--elf", elf.to_str().unwrap()]).ends(0).measurement();
        [count(&measured, "digits").clone(), count(&measured, "median").clone()]
    };
    let mut runs: Vec<_> = (0..5).map(|_| run()).collect();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        runs.extend((0..5).map(|_| run()));
        over.store(true, Ordering::Relaxed);
    });
    for (index, counts) in runs.iter().enumerate() {
        assert_eq!(counts, &runs[0], "run {index}");
    }
}

#[test]
fn a_budget_since_a_release_is_judged_on_the_desk_too() {
    let desk = Desk::with_one_board();
    let ballast = |bytes: u32| format!("__attribute__((used, section(\".ballast\"), aligned(4))) const char ballast[{bytes}] = {{ 1 }};\n");
    desk.edit("firmware.ld", "*(.rodata .rodata.*)", "*(.rodata .rodata.*)\n        KEEP(*(.ballast))");
    desk.write("src/ballast.c", &ballast(4));
    let manifest = desk.read("ounce.toml");
    desk.write("ounce.toml", &format!("{manifest}\n[[budgets]]\nregion = \"flash\"\nsince = \"v1\"\nmax_growth = 64\n"));
    desk.commit("a release");
    must("git", &desk.repo(), &["tag", "v1"]);
    for bytes in [44, 84] {
        desk.write("src/ballast.c", &ballast(bytes));
        desk.commit("more");
    }
    let first = desk.ounce(&["compare", "HEAD~2..HEAD~1", "--markdown"]).ends(0).stdout;
    assert!(first.contains("24 B left"), "{first}");
    let second = desk.ounce(&["compare", "HEAD~1..HEAD", "--markdown"]).ends(1).stdout;
    assert!(second.contains("16 B over"), "{second}");
    must("git", &desk.repo(), &["tag", "-d", "v1"]);
    let without = desk.ounce(&["compare", "HEAD~1..HEAD", "--markdown"]).ends(0).stdout;
    assert!(without.contains("there is no commit for v1"), "{without}");
}
