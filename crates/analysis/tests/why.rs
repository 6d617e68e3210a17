//! Why a row changed, told from two anatomies.

mod support;

use ounce_analysis::comparison::{Change, Reason, RegionDelta, RowDelta};
use ounce_analysis::delta::region_deltas;
use ounce_analysis::why::{EXPLAINED_ROWS, PATH_NAMES_MAX, REASONS_MAX, explain};
use ounce_protocol::ids::{ImageId, RegionName};
use ounce_protocol::measurement::{Anatomy, Inlined, Ledger, Owner, Part, RegionKind, RegionLedger, Row};
use support::Seeded;

/// An image in words, a part a line: `main 40: printf, "hello" | parse 12` is a function `main` of 40 B that uses two parts and has 12 B of
/// `parse` compiled into it. What begins with a quote, an at sign, a dot or a three is a constant.
fn image(text: &str) -> Ledger {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let sized = |text: &str| text.trim().rsplit_once(' ').map(|(name, n)| (name.to_owned(), n.parse().unwrap())).unwrap();
    let list = |text: &str| text.split(", ").map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect::<Vec<_>>();
    let mut parts: Vec<(Part, Vec<String>)> = Vec::new();
    for line in lines {
        let (rest, inlined) = line.split_once('|').unwrap_or((line, ""));
        let (own, uses) = rest.split_once(": ").unwrap_or((rest, ""));
        let (name, bytes) = sized(own);
        let inlined = list(inlined).iter().map(|w| sized(w)).map(|(name, bytes)| Inlined { name, bytes }).collect();
        let code = !name.starts_with(['"', '@', '.', '3']);
        parts.push((Part { name, bytes, code, inlined, group: "C".into(), ..Part::default() }, list(uses)));
    }
    let index = |name: &String| parts.iter().position(|(p, _)| p.name == *name).unwrap_or_else(|| panic!("no part {name}"));
    let uses: Vec<Vec<u32>> = parts.iter().map(|(_, uses)| uses.iter().map(|name| index(name) as u32).collect()).collect();
    ledger(parts.into_iter().zip(uses).map(|((part, _), uses)| Part { uses, ..part }).collect())
}

/// Each part is a row.
fn ledger(parts: Vec<Part>) -> Ledger {
    let rows: Vec<Row> = parts.iter().map(row).collect();
    let used_bytes = rows.iter().fold(0u64, |sum, r| sum.saturating_add(r.bytes));
    let region = RegionLedger { name: RegionName::parse("flash").unwrap(), kind: RegionKind::Flash, size_bytes: 1 << 20, used_bytes, rows };
    let anatomy = Some(Anatomy { parts, cut: false });
    Ledger { image: ImageId::parse(&"0".repeat(64)).unwrap(), regions: vec![region], outside: vec![], anatomy }
}

fn row(part: &Part) -> Row {
    let owner = if part.name.starts_with(['"', '3']) { Owner::Reference } else { Owner::Symbol };
    let (name, linkage) = (part.name.clone(), part.linkage.clone());
    Row { owner, name, linkage, group: part.group.clone(), section: ".text".into(), bytes: part.bytes, ..Row::default() }
}

/// `main: +12 B of parse; uses "hello" (6 B)`, a row a line, by name.
fn told(base: &Ledger, head: &Ledger) -> String {
    let mut deltas = region_deltas(base, head);
    explain(base, head, &mut deltas, EXPLAINED_ROWS);
    lines(&deltas)
}

fn lines(deltas: &[RegionDelta]) -> String {
    let mut rows: Vec<&RowDelta> = deltas.iter().flat_map(|r| &r.rows).filter(|r| !r.why.is_empty()).collect();
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let word = |reason: &Reason| match reason {
        Reason::Inlined { name, bytes } => format!("+{bytes} B of {name}"),
        Reason::NotInlined { name, bytes } => format!("-{bytes} B of {name}"),
        Reason::Uses { name, bytes } => format!("uses {name} ({bytes} B)"),
        Reason::PulledIn { path } => path.join(" → "),
        Reason::Unused { by } => format!("was used by {by}"),
    };
    let line = |r: &&RowDelta| format!("{}: {}", r.name, r.why.iter().map(word).collect::<Vec<_>>().join("; "));
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn check(base: &str, head: &str, want: &str) {
    let want: Vec<&str> = want.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    assert_eq!(told(&image(base), &image(head)), want.join("\n"), "from\n{base}\nto\n{head}");
}

#[test]
fn printing_one_float_pulls_in_a_library() {
    // The story of the brief: one call more in main, and 2 kB of soft floating point.
    check(
        "main 100: printf
         printf 400",
        "main 112: format_float, printf, \"%f\"
         printf 400
         format_float 600: __aeabi_ddiv
         __aeabi_ddiv 1400
         \"%f\" 3",
        "\"%f\": main → \"%f\"
         __aeabi_ddiv: main → format_float → __aeabi_ddiv
         format_float: main → format_float
         main: uses format_float (600 B); uses \"%f\" (3 B)",
    );
}

#[test]
fn what_is_compiled_into_a_function_is_said() {
    // More of it, less of it, below what counts.
    check("main 100", "main 130 | parse 30", "main: +30 B of parse");
    check("main 100 | parse 30", "main 70", "main: -30 B of parse");
    check("main 100 | parse 30", "main 103 | parse 33", "");
    check("main 100 | parse 30", "main 104 | parse 34", "main: +4 B of parse");
    // Several copies of one function are one; clone suffixes are no difference.
    check("main 100 | parse 10, parse 10", "main 110 | parse.isra.0 30", "main: +10 B of parse");
    // The largest three, whichever way they go.
    check("main 100 | a 10, b 90", "main 140 | a 30, c 50, d 40, e 60", "main: -90 B of b; +60 B of e; +50 B of c");
    // Nothing of a row that did not change, and nothing of a part that is new.
    check("main 100 | parse 30", "main 100 | scan 30", "");
    check("", "main 100 | parse 30", "");
}

#[test]
fn a_function_that_was_swallowed_comes_first() {
    check(
        "main 100: step
         step 60",
        "main 160 | step 2, other 60",
        "main: +2 B of step; +60 B of other
         step: was used by main",
    );
    // Of all who used it, those come first into which it went.
    check(
        "alpha 10: step
         beta 10: step
         gamma 10: step
         delta 10: step
         step 60",
        "alpha 10
         beta 10
         gamma 60 | step 50
         delta 10",
        "gamma: +50 B of step
         step: was used by gamma; was used by alpha; was used by beta",
    );
    // The other way round: taken out of line.
    check(
        "main 160 | step 60",
        "main 104: step
         step 60",
        "main: -60 B of step; uses step (60 B)
         step: main → step",
    );
}

#[test]
fn what_the_base_does_not_have_is_told_by_its_size() {
    let base = "main 100: puts, \"old\"
                puts 20
                @table 64
                \"old\" 4";
    // A part of the base under any name a rebuild gives it is not new, nor is one that something else used.
    check(base, "main 120: puts.part.0, @table\n puts.part.0 20\n @table 64\n \"old\" 4", "");
    // Three of them, largest first; one text in two places is one.
    check(
        base,
        "main 120: puts, \"a\", \"b\", \"c\", @lut, \"old\"
         puts 20
         @table 64
         \"old\" 4
         \"a\" 2
         \"b\" 3
         \"c\" 3
         @lut 512",
        "\"a\": main → \"a\"
         \"b\": main → \"b\"
         \"c\": main → \"c\"
         @lut: main → @lut
         main: uses @lut (512 B); uses \"b\" (3 B); uses \"c\" (3 B)",
    );
    // A value that looks like a clone of another is not one: `3.14` and `3.5` have no name in common.
    check("main 10: 3.14\n 3.14 8", "main 12: 3.5\n 3.5 8", "3.14: was used by main\n3.5: main → 3.5\nmain: uses 3.5 (8 B)");
    // A text that looks like a clone of another is not one.
    check(
        base,
        "main 120: puts, \"old.0\"\n puts 20\n @table 64\n \"old.0\" 6",
        "\"old\": was used by main\n\"old.0\": main → \"old.0\"\nmain: uses \"old.0\" (6 B)",
    );
}

#[test]
fn names_of_compilers_are_told_apart_as_far_as_they_tell() {
    // Numbers are given anew in each build; a size that was not there is new.
    check("main 10: .LC0, .LC1\n .LC0 8\n .LC1 12", "main 12: .LC0, .LC1\n .LC0 12\n .LC1 8", "");
    check(
        "main 10: .LC0\n .LC0 8",
        "main 12: .LC0, .LC1\n .LC0 20\n .LC1 8",
        ".LC*: main → .LC0
         main: uses .LC0 (20 B)",
    );
    // A digest is a content: another one is another constant, of whatever size.
    let digest = |digit: &str| format!("alloc_{}", digit.repeat(32));
    let using = |bytes: u64, digit: &str| {
        let constant = Part { name: digest(digit), group: "C".into(), bytes: 8, ..Part::default() };
        ledger(vec![Part { name: "main".into(), group: "C".into(), bytes, code: true, uses: vec![1], ..Part::default() }, constant])
    };
    assert_eq!(told(&using(10, "a"), &using(12, "a")), "");
    let told = told(&using(10, "a"), &using(12, "b"));
    assert!(told.contains(&format!("main: uses {} (8 B)", digest("b"))), "{told}");
}

#[test]
fn the_way_is_the_shortest_and_of_several_the_first_by_name() {
    let base = "zeta 10
                alpha 10
                idle 10";
    // Two ways of one length: by names, not by addresses.
    check(
        base,
        "zeta 12: far
         alpha 14: mid
         idle 10
         mid 10: deep
         far 10: deep
         deep 500",
        "alpha: uses mid (10 B)
         deep: alpha → mid → deep
         far: zeta → far
         mid: alpha → mid
         zeta: uses far (10 B)",
    );
    // Two ways from one part, the one with the later name at the lower address.
    check(
        "main 10",
        "main 12: zmid, amid\n zmid 10: deep\n amid 10: deep\n deep 500",
        "amid: main → amid
         deep: main → amid → deep
         main: uses amid (10 B); uses zmid (10 B)
         zmid: main → zmid",
    );
    // The shorter of two.
    check(
        base,
        "zeta 12: deep\n alpha 14: mid\n idle 10\n mid 10: deep\n deep 500",
        "
         alpha: uses mid (10 B)
         deep: zeta → deep
         mid: alpha → mid
         zeta: uses deep (500 B)",
    );
    // Its user has the same size as before, but uses it now.
    check(base, "zeta 10: deep\n alpha 10\n idle 10\n deep 500", "deep: zeta → deep");
    // Nothing known leads to it.
    check(base, "zeta 10\n alpha 12\n idle 10\n deep 500: deeper\n deeper 20: deep", "");
}

#[test]
fn a_long_way_is_told_by_its_end() {
    let chain = (0..20).map(|i| format!("f{i:02} 10: f{:02}\n", i + 1)).collect::<String>();
    let base = image("main 10");
    let head = image(&format!("main 12: f00\n{chain}f20 900"));
    let mut deltas = region_deltas(&base, &head);
    explain(&base, &head, &mut deltas, 1);
    let path: Vec<String> = (13..=20).map(|i| format!("f{i}")).collect();
    assert_eq!(path.len(), PATH_NAMES_MAX);
    assert_eq!(lines(&deltas), format!("f20: {}", path.join(" → ")));
}

#[test]
fn what_is_gone_says_who_used_it() {
    check(
        "main 100: printf, format_float
         printf 400
         format_float 600: __aeabi_ddiv
         __aeabi_ddiv 1400: __clz
         __clz 8",
        "main 90: printf
         printf 400",
        "__aeabi_ddiv: was used by main
         __clz: was used by main
         format_float: was used by main",
    );
    // Never used by anything known.
    check("main 10\n handler 40", "main 10", "");
    // Its user has another name now.
    check(
        "app::old::run 40: step
         step 60",
        "app::new::run 40",
        "step: was used by app::new::run",
    );
}

#[test]
fn a_row_that_says_whose_it_is_needs_no_path() {
    let base = image("main 10");
    let head = image("main 12: \"hello\"\n\"hello\" 6");
    let mut deltas = region_deltas(&base, &head);
    for row in deltas.iter_mut().flat_map(|r| &mut r.rows).filter(|r| r.name == "\"hello\"") {
        row.of = Some("main".into());
    }
    explain(&base, &head, &mut deltas, EXPLAINED_ROWS);
    assert_eq!(lines(&deltas), "main: uses \"hello\" (6 B)");
}

fn generic(name: &str, copies: [u64; 2], bytes: [u64; 2]) -> RegionDelta {
    let row = RowDelta {
        owner: Owner::Symbol,
        name: name.into(),
        group: "app".into(),
        of: None,
        change: Change::Copies { base: copies[0], head: copies[1] },
        base_bytes: bytes[0],
        head_bytes: bytes[1],
        instructions: None,
        why: vec![],
        written: None,
    };
    RegionDelta {
        name: RegionName::parse("flash").unwrap(),
        kind: RegionKind::Flash,
        size_bytes: 1 << 20,
        base_bytes: bytes[0],
        head_bytes: bytes[1],
        rows: vec![row],
    }
}

#[test]
fn a_new_instance_of_a_generic_says_who_asked_for_it() {
    let few = image("main 10: app::sort::<u8>\n app::sort::<u8> 90");
    let many = image(
        "main 10: app::sort::<u8>, app::sort::<u64>, helper
         helper 30: app::sort::<i16>
         app::sort::<u8> 90
         app::sort::<u64> 120
         app::sort::<i16> 100",
    );
    let mut deltas = [generic("app::sort::<_>", [1, 3], [90, 310])];
    explain(&few, &many, &mut deltas, EXPLAINED_ROWS);
    assert_eq!(lines(&deltas), "app::sort::<_>: main → app::sort::<u64>; main → helper → app::sort::<i16>");
    let mut deltas = [generic("app::sort::<_>", [3, 1], [310, 90])];
    explain(&many, &few, &mut deltas, EXPLAINED_ROWS);
    assert_eq!(lines(&deltas), "app::sort::<_>: was used by main");
}

#[test]
fn rows_of_copies_are_those_that_the_delta_makes() {
    let instance =
        |of: &str, bytes: u64| Part { name: format!("app::sort::<{of}>"), group: "app".into(), bytes, code: true, ..Part::default() };
    let main = |bytes: u64, uses: Vec<u32>| Part { name: "main".into(), group: "C".into(), bytes, code: true, uses, ..Part::default() };
    let few = ledger(vec![main(10, vec![1]), instance("u8", 90)]);
    let many = ledger(vec![main(14, vec![1, 2]), instance("u8", 90), instance("u64", 120)]);
    assert_eq!(told(&few, &many), "app::sort::<_>: main → app::sort::<u64>\nmain: uses app::sort::<u64> (120 B)");
    assert_eq!(told(&many, &few), "app::sort::<_>: was used by main");
}

#[test]
fn only_the_largest_rows_of_flash_are_explained() {
    let base = image("a 10\n b 10\n c 10");
    let head = image("a 20: x\n b 40: x\n c 30: x\n x 4");
    let explained = |kind: RegionKind, top: usize| {
        let mut deltas = region_deltas(&base, &head);
        deltas[0].kind = kind;
        explain(&base, &head, &mut deltas, top);
        lines(&deltas)
    };
    assert_eq!(explained(RegionKind::Flash, 0), "");
    assert_eq!(explained(RegionKind::Flash, 2), "b: uses x (4 B)\nc: uses x (4 B)");
    assert_eq!(explained(RegionKind::Ram, 2), "");
}

#[test]
fn without_an_anatomy_nothing_is_explained() {
    let with = image("main 12: x\n x 4");
    let without = Ledger { anatomy: None, ..image("main 10") };
    assert_eq!(told(&without, &with), "");
    assert_eq!(told(&with, &without), "");
    assert_eq!(told(&Ledger { anatomy: Some(Anatomy::default()), ..without }, &with), "");
}

/// Parts whose uses point anywhere, whose names repeat, whose sizes are extreme.
fn hostile(seed: u64, count: usize) -> Ledger {
    let mut random = Seeded(seed);
    let mut below = |n: u64| random.number() % n;
    let mut parts = Vec::new();
    for _ in 0..count {
        let bytes = if below(9) == 0 { u64::MAX } else { below(50) };
        let uses = (0..below(4)).map(|_| if below(9) == 0 { u32::MAX } else { below(count as u64 + 3) as u32 }).collect();
        let inlined = (0..below(3)).map(|_| Inlined { name: format!("f{}", below(20)), bytes: u64::MAX >> below(64) }).collect();
        parts.push(Part {
            name: format!("f{}", below(20)),
            group: "C".into(),
            bytes,
            code: below(2) == 0,
            uses,
            inlined,
            ..Part::default()
        });
    }
    ledger(parts)
}

#[test]
fn hostile_anatomies_are_explained_within_the_limits() {
    for seed in 1..200 {
        let (base, head) = (hostile(seed, 30), hostile(seed + 1000, 30));
        let mut deltas = region_deltas(&base, &head);
        explain(&base, &head, &mut deltas, EXPLAINED_ROWS);
        for row in deltas.iter().flat_map(|r| &r.rows) {
            let of = |sort: fn(&Reason) -> bool| row.why.iter().filter(|r| sort(r)).count();
            assert!(of(|r| matches!(r, Reason::Inlined { .. } | Reason::NotInlined { .. })) <= REASONS_MAX);
            assert!(of(|r| matches!(r, Reason::Uses { .. })) <= REASONS_MAX);
            assert!(of(|r| matches!(r, Reason::Unused { .. } | Reason::PulledIn { .. })) <= REASONS_MAX);
        }
    }
}

#[test]
fn a_chain_of_a_hundred_thousand_functions_takes_no_deep_stack() {
    const COUNT: u32 = 100_000;
    let part = |i: u32| Part { name: format!("f{i}"), bytes: 4, code: true, uses: vec![i + 1], ..Part::default() };
    let base = ledger(vec![Part { uses: vec![], ..part(0) }]);
    let head = ledger((0..COUNT).map(part).collect());
    let mut deltas = region_deltas(&base, &head);
    explain(&base, &head, &mut deltas, EXPLAINED_ROWS);
    assert_eq!(deltas[0].rows.iter().filter(|r| matches!(r.why[..], [Reason::PulledIn { .. }])).count(), EXPLAINED_ROWS);
    let mut back = region_deltas(&head, &base);
    explain(&head, &base, &mut back, EXPLAINED_ROWS);
    assert_eq!(back[0].rows.iter().filter(|r| r.why == [Reason::Unused { by: "f0".into() }]).count(), EXPLAINED_ROWS);
}
