//! What stands in the comment, case by case, as inline snapshots.

mod samples;

use insta::assert_snapshot;
use ounce_analysis::comparison::*;
use ounce_protocol::measurement::{BenchFailure, RegionKind, Stage};
use ounce_report::{body, body_within, check_title};
use samples::*;

fn first_line(c: &Comparison) -> String {
    body(c).lines().next().unwrap().to_owned()
}

#[test]
fn six_boards_of_every_kind() {
    assert_snapshot!(body(&six_boards()), @r"
    **Over budget on 1 of 6 boards.** Exceeded: flash may grow by 256 B (microbit: +312 B, 56 B over). Cost on microbit: costs 312 B of flash and 16 B of RAM. Trade on pyboard: costs 128 B of flash, saves 1.20 % of the instructions. Win on mps2-an385: saves 80 B of flash and &lt;0.01 % of the instructions. Free on mps2-an500. Nothing to compare on 1 board: the base does not build. Not measured: esp32c3.

    pyrite: head 2222222222 against base 1111111111.

    | board                |                     flash |   RAM |              instructions |
    | :------------------- | ------------------------: | ----: | ------------------------: |
    | `microbit` cost      | +312 B, **over by 212 B** | +16 B |                      same |
    | `pyboard` trade      |                    +128 B |  same |                   −1.20 % |
    | `mps2-an385` win     |                     −80 B |  same |     &gt;−0.01 %, 1 no fit |
    | `mps2-an500` free    |                      same |  same | identical binary, not run |
    | `netduino2` repaired |         base: build fails |     – |                         – |
    | `esp32c3` missing    |              not measured |     – |                         – |

    **1 of 2 budgets exceeded.**

    - **Exceeded:** flash may grow by 256 B → microbit: +312 B, 56 B over
    - Holds: RAM may grow by 64 B → microbit: +16 B, 48 B left

    <details>
    <summary><code>microbit</code> BBC micro:bit v1: flash +312 B, RAM +16 B</summary>

    | region  |                 used |              left |           change |
    | :------ | -------------------: | ----------------: | ---------------: |
    | `flash` | 262,356 of 262,144 B | **over by 212 B** | +312 B (+0.12 %) |
    | `ram`   |    9,016 of 16,384 B |      7,368 B left |  +16 B (+0.18 %) |

    Where the bytes of `flash` went, by group: `vm` +372 B, `C` −120 B, `core` +52 B, `.rodata` +8 B.

    |     change | what                 | owner                             | group     |
    | ---------: | :------------------- | :-------------------------------- | :-------- |
    |     +412 B | grown, 4,000 → 4,412 | `vm::interp::run`                 | `vm`      |
    |     −120 B | removed              | `memset`                          | `C`       |
    |      +52 B | added                | `core::fmt::write`                | `core`    |
    |      −40 B | shrunk, 300 → 260    | `vm::gc::mark`                    | `vm`      |
    |       +8 B | grown, 900 → 908     | no symbol (literals, constants)   | `.rodata` |
    |        0 B | renamed, 88 B        | `vm::new_name` was `vm::old_name` | `vm`      |
    | **+312 B** | sum                  | `flash`                           |           |

    Where the bytes of `ram` went.

    |    change | what  | owner  | group  |
    | --------: | :---- | :----- | :----- |
    |     +16 B | added | `HEAP` | `port` |
    | **+16 B** | sum   | `ram`  |        |

    1 benchmark without change, to the instruction.

    </details>

    <details>
    <summary><code>pyboard</code> Pyboard v1.1: flash +128 B, instructions −1.20 %</summary>

    | region  |                 used |          left |           change |
    | :------ | -------------------: | ------------: | ---------------: |
    | `flash` | 241,152 of 262,144 B | 20,992 B left | +128 B (+0.05 %) |
    | `ram`   |    9,000 of 16,384 B |  7,384 B left |             same |

    Exchange rate: 128 B for 1.20 % fewer instructions.

    Where the bytes of `flash` went, by group: `vm` +188 B, `C` −120 B, `core` +52 B, `.rodata` +8 B.

    |     change | what                 | owner                             | group     |
    | ---------: | :------------------- | :-------------------------------- | :-------- |
    |     +228 B | grown, 4,000 → 4,228 | `vm::interp::run`                 | `vm`      |
    |     −120 B | removed              | `memset`                          | `C`       |
    |      +52 B | added                | `core::fmt::write`                | `core`    |
    |      −40 B | shrunk, 300 → 260    | `vm::gc::mark`                    | `vm`      |
    |       +8 B | grown, 900 → 908     | no symbol (literals, constants)   | `.rodata` |
    |        0 B | renamed, 88 B        | `vm::new_name` was `vm::old_name` | `vm`      |
    | **+128 B** | sum                  | `flash`                           |           |

    | benchmark |        instructions |  change |         |
    | :-------- | ------------------: | ------: | ------: |
    | `fib`     | 1,000,000 → 988,000 | −12,000 | −1.20 % |

    1 more benchmark without change, to the instruction.

    Instructions by function, callees not counted:

    - `fib`: function `vm::interp::run` −11,000, function `vm::gc::mark` −1,000; sum −12,000

    </details>

    <details>
    <summary><code>mps2-an385</code> Arm MPS2 AN385 (QEMU): flash −80 B, instructions &gt;−0.01 %</summary>

    | region  |                used |          left |          change |
    | :------ | ------------------: | ------------: | --------------: |
    | `flash` | 99,920 of 131,072 B | 31,152 B left | −80 B (−0.08 %) |
    | `ram`   |   9,000 of 16,384 B |  7,384 B left |            same |

    Where the bytes of `flash` went.

    |    change | what                  | owner             | group |
    | --------: | :-------------------- | :---------------- | :---- |
    |     −80 B | shrunk, 4,000 → 3,920 | `vm::interp::run` | `vm`  |
    | **−80 B** | sum                   | `flash`           |       |

    | benchmark |        instructions |       change |             |
    | :-------- | ------------------: | -----------: | ----------: |
    | `fib`     | 1,000,000 → 999,969 |          −31 | &gt;−0.01 % |
    | `sort`    |                   – | does not fit |             |

    Instructions by function, callees not counted:

    - `fib`: outside any function −31; sum −31

    1 benchmark without a figure at the head:

    - `sort` does not fit: MemoryError

    </details>

    <details>
    <summary><code>netduino2</code> Netduino 2: build fails at the base, builds at the head</summary>

    The end of the base's log:

    ```text
       Compiling vm v0.1.0
    error: linking with `rust-lld` failed
      = note: region `FLASH' overflowed by 212 bytes
    ```

    </details>

    <details>
    <summary><code>esp32c3</code> ESP32-C3: missing</summary>

    Not measured, for reasons that are not the change's: the runner was lost three times

    </details>

    - Note: This pull request changes ounce.toml; the base's was used.
    ");
}

#[test]
fn a_change_that_breaks_boards() {
    assert_snapshot!(body(&broken()), @r#"
    **Broken on 2 of 2 boards.** microbit: build fails; pyboard: benchmark fib: wrong result. Cost on pyboard: costs 2 B of flash.

    pyrite: head 2222222222 against base 1111111111.

    | board                 |           flash | RAM | instructions |
    | :-------------------- | --------------: | --: | -----------: |
    | `microbit` **broken** | **build fails** |   – |            – |
    | `pyboard` **broken**  |            +2 B |   – |  **1 fails** |

    <details>
    <summary><code>microbit</code> BBC micro:bit v1: <b>build fails</b></summary>

    The end of the head's log:

    ```text
       Compiling vm v0.1.0
    error: linking with `rust-lld` failed
      = note: region `FLASH' overflowed by 212 bytes
    ```

    </details>

    <details>
    <summary><code>pyboard</code> Pyboard v1.1: flash +2 B</summary>

    | region  |           used |      left |         change |
    | :------ | -------------: | --------: | -------------: |
    | `flash` | 902 of 1,000 B | 98 B left | +2 B (+0.22 %) |

    Where the bytes of `flash` went.

    |   change | what           | owner   | group |
    | -------: | :------------- | :------ | :---- |
    |     +2 B | grown, 10 → 12 | `f`     | `C`   |
    | **+2 B** | sum            | `flash` |       |

    | benchmark | instructions |                     change |     |
    | :-------- | -----------: | -------------------------: | --: |
    | `fib`     |          100 | counted → **wrong result** |     |

    1 benchmark without a figure at the head:

    - `fib` **wrong result:** printed "5", expected "6"

    </details>
    "#);
}

#[test]
fn identical_binaries_say_so_and_no_more() {
    let boards = vec![board("microbit", "BBC micro:bit v1", identical()), board("pyboard", "", identical())];
    assert_snapshot!(body(&comparison(Verdict::Unchanged, boards)), @r"
    **No change: identical binaries.**

    pyrite: head 2222222222 against base 1111111111.

    | board           | flash |  RAM |              instructions |
    | :-------------- | ----: | ---: | ------------------------: |
    | `microbit` free |  same | same | identical binary, not run |
    | `pyboard` free  |  same | same | identical binary, not run |
    ");
}

#[test]
fn the_first_line_answers_in_words() {
    let flash = |head: u64| vec![region("flash", RegionKind::Flash, 9_000, 1_000, vec![row("f", "C", 1_000, head)])];
    let one = |name: &str, tendency, head, ppm| board(name, "", compared(tendency, ppm, flash(head), vec![]));
    let within = comparison(
        Verdict::WithinBudget,
        vec![one("a", Tendency::Win, 920, Some(-1_200)), one("b", Tendency::Win, 700, None), one("c", Tendency::Win, 999, Some(0))],
    );
    assert_snapshot!(first_line(&Comparison { budgets: vec![budget("r", true, &[])], ..within.clone() }), @"**Within budget.** Win on all 3 boards: saves 1 to 300 B of flash and up to 0.12 % of the instructions.");
    assert_snapshot!(first_line(&within), @"**Changed; no budgets are set.** Win on all 3 boards: saves 1 to 300 B of flash and up to 0.12 % of the instructions.");
    let over = comparison(Verdict::OverBudget, vec![one("a", Tendency::Cost, 1_300, Some(0))]);
    let over = Comparison { budgets: vec![budget("flash may grow by 256 B", false, &["a: +300 B, 44 B over"])], ..over };
    assert_snapshot!(first_line(&over), @"**Over budget on the only board.** Exceeded: flash may grow by 256 B (a: +300 B, 44 B over). Cost on a: costs 300 B of flash.");
    let missing = || board("d", "", BoardState::Missing { detail: "no runner".into() });
    let incomplete = comparison(Verdict::Incomplete, vec![one("a", Tendency::Trade, 1_128, Some(-12_000)), missing()]);
    assert_snapshot!(first_line(&incomplete), @"**Incomplete: 1 of 2 boards missing.** Trade on a: costs 128 B of flash, saves 1.20 % of the instructions. Not measured: d.");
    assert_snapshot!(first_line(&comparison(Verdict::Unchanged, vec![one("a", Tendency::Free, 1_000, Some(0))])), @"**No change.**");
    assert_snapshot!(first_line(&broken()), @"**Broken on 2 of 2 boards.** microbit: build fails; pyboard: benchmark fib: wrong result. Cost on pyboard: costs 2 B of flash.");
}

#[test]
fn the_check_title_is_the_answer_as_far_as_it_fits() {
    assert_snapshot!(check_title(&six_boards()), @"Over budget on 1 of 6 boards. Exceeded: flash may grow by 256 B (microbit: +312 B, 56 B over).");
    assert_snapshot!(check_title(&broken()), @"Broken on 2 of 2 boards. microbit: build fails; pyboard: benchmark fib: wrong result. Cost on pyboard: costs 2 B of flash.");
}

#[test]
fn incomplete_says_what_is_not_there() {
    let check = |boards: Vec<BoardComparison>, verdict: &str| {
        let text = first_line(&comparison(Verdict::Incomplete, boards));
        assert!(text.starts_with(verdict), "{text}");
    };
    let missing = || board("a", "", BoardState::Missing { detail: "no runner".into() });
    let repaired = || board("b", "", BoardState::BaseFailed { stage: Stage::Build, log_tail: String::new(), head_builds: true });
    let absent =
        |name: &str| board(name, "", compared(Tendency::Free, None, vec![], vec![bench("fib", counted(1), BenchSide::Absent, &[])]));
    check(vec![missing(), board("c", "", identical())], "**Incomplete: 1 of 2 boards missing.**");
    check(vec![missing(), repaired(), board("c", "", identical())], "**Incomplete: not all figures on 2 of 3 boards.**");
    check(vec![absent("a"), board("c", "", identical())], "**Incomplete: not all figures on 1 of 2 boards.**");
    let hangs = || BenchSide::Failed { why: BenchFailure::Hang, detail: "as seen".into() };
    let still = board("a", "", compared(Tendency::Free, None, vec![], vec![bench("fib", hangs(), hangs(), &[])]));
    check(vec![still, board("c", "", identical())], "**Incomplete: not all figures on 1 of 2 boards.**");
    // The empty benchmark, which is in no table, is valid on neither side.
    check(vec![board("c", "", identical())], "**Incomplete: not all could be judged.**");
}

#[test]
fn a_budget_that_could_not_be_judged_is_not_said_to_hold() {
    let boards = || vec![board("a", "", identical()), board("ab", "", identical())];
    let check = |findings: &[&str], title: &str, row: &str| {
        let budgets = vec![budget("r", true, findings), budget("s", true, &["a: 0 B, 1 B left"])];
        let text = body(&Comparison { budgets, ..comparison(Verdict::Incomplete, boards()) });
        assert!(text.contains(&format!("{title}\n\n{row}\n- Holds: s → a: 0 B, 1 B left\n")), "{text}");
        text
    };
    let noisy = "not judged on a, fib: its two takes differ";
    let some = "**1 of 2 budgets not judged everywhere.**";
    let text = check(&[noisy], some, &format!("- **Not judged:** r → {noisy}"));
    assert!(text.starts_with("**Incomplete: not all figures on 1 of 2 boards.**"), "{text}");
    check(&["ab: 0 B, 1 B left", noisy], some, &format!("- **Holds where judged:** r → ab: 0 B, 1 B left; {noisy}"));
    check(&["ab: 0 B, 1 B left"], "**All 2 budgets hold.**", "- Holds: r → ab: 0 B, 1 B left");
}

#[test]
fn what_became_of_a_benchmark_is_said_once() {
    let fails = |why| BenchSide::Failed { why, detail: String::new() };
    let no_fit = || BenchSide::NoFit { detail: "MemoryError".into() };
    let check = |base, head, cells: &str| {
        let benches = vec![bench("fib", base, head, &[])];
        let text = body(&comparison(Verdict::Broken, vec![board("a", "", compared(Tendency::Cost, None, vec![], benches))]));
        let row = text.lines().find(|line| line.starts_with("| `fib` ")).unwrap_or_else(|| panic!("{text}"));
        let row: Vec<&str> = row.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(row[1..].join(" | "), cells);
    };
    let (hangs, panics) = (|| fails(BenchFailure::Hang), || fails(BenchFailure::Panic));
    // With other details it is still the same.
    check(no_fit(), BenchSide::NoFit { detail: "12 B short".into() }, "– | does not fit");
    check(counted(1000), no_fit(), "1,000 | counted → **does not fit**");
    check(no_fit(), counted(1000), "1,000 | does not fit → counted");
    check(hangs(), hangs(), "– | **hangs**");
    check(hangs(), panics(), "– | hangs → **panics**");
    check(no_fit(), hangs(), "– | does not fit → **hangs**");
    check(counted(1000), BenchSide::Absent, "1,000 | counted → not there");
    check(ran(9), no_fit(), "– | ran → **does not fit**");
}

#[test]
fn a_change_too_small_for_a_percentage_is_still_one() {
    let benches = vec![bench("fib", counted(9_000_000_000), counted(9_000_000_001), &[("f", 1, 2)])];
    let c = comparison(Verdict::WithinBudget, vec![board("a", "", compared(Tendency::Cost, Some(0), vec![], benches))]);
    assert!(first_line(&c).ends_with("Cost on a: by less than one instruction in a million."), "{}", first_line(&c));
    assert!(body(&c).contains(" mean 0 % |") && body(&c).contains("+1"), "{}", body(&c));
}

#[test]
fn many_notes_are_counted_not_listed() {
    let c = Comparison { notes: (0..30).map(|n| format!("note {n}")).collect(), ..broken() };
    let text = body(&c);
    assert!(text.contains("- Note: note 19\n- 10 notes more.\n"), "{text}");
}

#[test]
fn different_tools_are_not_subtracted() {
    let mut c = six_boards();
    c.boards.truncate(1);
    c.boards[0].fingerprint_changes = vec!["rustc: 1.95.0 at the base, 1.96.0 at the head".into()];
    let text = body(&c);
    assert!(text.contains("| `microbit` tools differ | 262,356 B | 9,016 B | not compared |"), "{text}");
    assert!(text.contains("rustc: 1.95.0 at the base, 1.96.0 at the head"), "{text}");
    assert!(!text.contains("+312 B ("), "{text}");
}

/// Longest row of the first table, in visible characters with one space between columns: what a phone shows without much scrolling.
const ROW_CHARS_MAX: usize = 64;

#[test]
fn rows_of_the_first_table_fit_a_phone() {
    let name = "stm32f407g-disc1";
    assert_eq!(name.len(), 16);
    let check = |c: &Comparison| {
        let text = body(c);
        let rows: Vec<&str> = text.lines().skip_while(|l| !l.starts_with("| board ")).skip(2).take_while(|l| l.starts_with('|')).collect();
        assert_eq!(rows.len(), c.boards.len(), "{text}");
        for row in rows {
            let visible = row.replace(['`', '*', '\\'], "").replace("&gt;", ">").replace("&lt;", "<");
            let cells: Vec<&str> = visible.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect();
            let row = cells.join(" ");
            assert!(cells.len() == 4 && row.chars().count() <= ROW_CHARS_MAX, "{} characters: {row}", row.chars().count());
        }
    };
    let one = |state| check(&comparison(Verdict::Incomplete, vec![board(name, "", state)]));
    check(&six_boards());
    check(&broken());
    for stage in [Stage::Checkout, Stage::Fetch, Stage::Build, Stage::Read] {
        one(BoardState::HeadFailed { stage, log_tail: String::new() });
        for head_builds in [false, true] {
            one(BoardState::BaseFailed { stage, log_tail: String::new(), head_builds });
        }
    }
    one(BoardState::Missing { detail: "no runner".into() });
    let regions = |flash: (u64, u64), ram: (u64, u64)| {
        let of = |name, kind, size, (base, head)| region(name, kind, size, base, vec![row("f", "C", base, head)]);
        vec![of("flash", RegionKind::Flash, 262_144, flash), of("ram", RegionKind::Ram, 16_384, ram)]
    };
    let moves = |at: u64, by: u64| [(at, at), (at, at + by), (at + by, at)];
    let no_fit = || BenchSide::NoFit { detail: String::new() };
    let hangs = || BenchSide::Failed { why: BenchFailure::Hang, detail: String::new() };
    let noisy =
        || BenchSide::Counted { instructions: 9, exact: false, stack_peak_bytes: None, heap_peak_bytes: None, estimated_cycles: None };
    let heads = [hangs(), no_fit(), noisy(), BenchSide::Absent];
    for (flash, ram) in moves(240_000, 1_312).into_iter().flat_map(|f| moves(9_000, 116).map(|r| (f, r))) {
        // Each kind of benchmark alone, and all of them together, beside some that are counted.
        let some = heads.iter().map(std::slice::from_ref).chain([&heads[..]]);
        for (heads, ppm) in some.flat_map(|h| [None, Some(0), Some(-3), Some(-121_234)].map(|ppm| (h, ppm))) {
            let odd = heads.iter().flat_map(|h| std::iter::repeat_n(bench("fib", counted(1), h.clone(), &[]), 5));
            let benches = odd.chain([bench("a", counted(9), counted(10), &[]), bench("b", counted(10), counted(9), &[])]);
            one(compared(Tendency::Trade, ppm, regions(flash, ram), benches.collect()));
        }
        let mut tools = board(name, "", compared(Tendency::Cost, Some(0), regions(flash, ram), vec![]));
        tools.fingerprint_changes = vec!["rustc: 1 at the base, 2 at the head".into()];
        check(&comparison(Verdict::Incomplete, vec![tools]));
    }
    // An image over its region is not run.
    for (flash, ram) in
        moves(262_400, 1_312).into_iter().flat_map(|f| moves(9_000, 116).into_iter().chain(moves(16_400, 116)).map(move |r| (f, r)))
    {
        let same = flash.0 == flash.1 && ram.0 == ram.1;
        for (identical, count) in [(false, 0), (false, 12), (same, 0), (same, 12)] {
            // The same image does not stop fitting.
            let base = if identical { no_fit() } else { counted(1) };
            let benches = std::iter::repeat_n(bench("fib", base, no_fit(), &[]), count).collect();
            let tendency = if identical { Tendency::Free } else { Tendency::Trade };
            let BoardState::Compared(mut state) = compared(tendency, None, regions(flash, ram), benches) else { unreachable!() };
            state.identical = identical;
            one(BoardState::Compared(state));
        }
    }
}

#[test]
fn of_several_kinds_of_benchmarks_the_row_names_the_worst_and_counts_all() {
    let no_fit = || BenchSide::NoFit { detail: String::new() };
    let hangs = || BenchSide::Failed { why: BenchFailure::Hang, detail: String::new() };
    let check = |ppm, heads: Vec<BenchSide>, cell: &str| {
        let benches = heads.into_iter().map(|head| bench("fib", counted(10), head, &[])).collect();
        let text = body(&comparison(Verdict::Broken, vec![board("a", "", compared(Tendency::Cost, ppm, vec![], benches))]));
        let row = text.lines().find(|line| line.starts_with("| `a` ")).unwrap();
        assert_eq!(row.trim_end_matches(" |").rsplit("| ").next().unwrap().trim(), cell);
    };
    check(Some(100), vec![counted(11)], "+0.01 %");
    check(Some(100), vec![counted(11), hangs()], "+0.01 %, **1 fails**");
    check(Some(100), vec![counted(11), no_fit(), no_fit()], "+0.01 %, 2 no fit");
    check(Some(100), vec![counted(11), no_fit(), hangs(), BenchSide::Absent], "**1 fails**, 2 other");
    check(None, vec![no_fit(), hangs(), hangs()], "**2 fail**, 1 other");
    check(None, vec![no_fit(), no_fit()], "no fit");
    check(None, vec![], "none");
    check(None, vec![BenchSide::Absent], "1 gone");
    check(None, vec![ran(9), ran(8)], "ran, not counted");
    check(None, vec![ran(9), hangs()], "**1 fails**");
}

/// Right on a board, with this much stack.
fn ran(stack_peak_bytes: u64) -> BenchSide {
    BenchSide::Ran { stack_peak_bytes: Some(stack_peak_bytes), heap_peak_bytes: None }
}

#[test]
fn of_what_runs_on_a_board_the_peaks_are_told_and_that_nobody_counted() {
    let benches = vec![bench("fib", ran(900), ran(1024), &[]), bench("calls", ran(9), ran(9), &[])];
    let text = body(&comparison(Verdict::WithinBudget, vec![board("unit", "", compared(Tendency::Free, None, vec![], benches))]));
    assert!(text.contains("2 benchmarks ran on the board and gave the right result; instructions are not counted there."), "{text}");
    assert!(text.contains("`fib`: stack peak 900 → 1,024 B (+124 B)"), "{text}");
}

#[test]
fn every_board_has_a_row() {
    for c in [six_boards(), broken()] {
        let text = body(&c);
        for board in &c.boards {
            let rows = text.lines().filter(|line| line.starts_with(&format!("| `{}` ", board.board))).count();
            assert_eq!(rows, 1, "{}\n{text}", board.board);
        }
    }
}

/// Shortening is done in steps, and each step says what it leaves out.
#[test]
fn a_long_report_is_shortened_in_words() {
    let mut c = six_boards();
    let template = c.boards.clone();
    c.boards = (0..60)
        .flat_map(|n| template.iter().map(move |b| BoardComparison { board: format!("{}-{n}", b.board).parse().unwrap(), ..b.clone() }))
        .collect();
    let whole = body(&c);
    // Each next step is asked for by one byte less than the one before took.
    let mut steps = vec![body_within(&c, whole.len())];
    while steps.last().unwrap().len() > 60 {
        steps.push(body_within(&c, steps.last().unwrap().len() - 1));
    }
    assert_eq!(steps.len(), 8, "{:?}", steps.iter().map(String::len).collect::<Vec<_>>());
    assert_eq!(steps[0], whole);
    assert!(steps[2].contains("the details of 284 boards are left out"));
    assert!(steps[3].contains("60 boards without change, not listed."));
    assert!(!steps[5].contains("<details>") && steps[5].contains("| `microbit-7` cost "));
    assert_eq!(steps[6].lines().count(), 1);
    assert_snapshot!(steps[7], @"Over budget: 1 of 2 budgets exceeded.");
}

#[test]
fn log_of_a_failed_build_is_fenced_beyond_its_own_fences() {
    let log_tail = "error: `````\n@everyone <!-- ounce -->\n".to_owned();
    let c = comparison(Verdict::Broken, vec![board("b", "", BoardState::HeadFailed { stage: Stage::Build, log_tail })]);
    let text = body(&c);
    assert!(text.contains("``````text\nerror: `````\n@everyone <! -- ounce -- >\n``````\n"), "{text}");
}

/// A release that is nearly over its budget, and a change that someone accepted.
fn accepted_growth() -> Comparison {
    let acceptance = |who: &str, why: &str, when_text: Option<&str>| Acceptance {
        who: who.into(),
        why: why.into(),
        when_text: when_text.map(str::to_owned),
    };
    let rows = vec![row("vm::interp::run", "vm", 4_000, 4_312)];
    let grown = compared(Tendency::Cost, Some(0), vec![region("flash", RegionKind::Flash, 262_144, 241_024, rows)], vec![]);
    let findings = ["microbit: +312 B, 56 B over, accepted"];
    let over = BudgetCheck {
        accepted: vec![acceptance("ada", "the new table pays for itself", Some("1 October 2026"))],
        ..budget("flash may grow by 256 B", true, &findings)
    };
    let core = budget("core in flash may grow by 256 B since v1.2", true, &["microbit: +240 B since v1.2 (0 B here), 16 B left (6 %)"]);
    let board = board("microbit", "BBC micro:bit v1", grown);
    Comparison { budgets: vec![over, core], ..comparison(Verdict::WithinBudget, vec![board]) }
}

/// From the first budget to the next empty line.
fn budgets_of(text: &str) -> String {
    let from = text.find("exceeded and accepted").map_or(0, |at| text[..at].rfind('\n').map_or(0, |n| n + 1));
    let list = text[from..].split("\n\n").take(2).collect::<Vec<_>>().join("\n\n");
    format!("{}\n---\n{list}", text.lines().next().unwrap_or_default())
}

#[test]
fn what_is_left_and_who_accepted_what_is_over() {
    let c = accepted_growth();
    assert_snapshot!(budgets_of(&body(&c)), @r"
    **Within budget, as accepted.** Growth accepted by `ada` (1 October 2026): “the new table pays for itself”. Cost on microbit: costs 312 B of flash.
    ---
    **1 of 2 budgets exceeded and accepted.**

    - **Accepted:** flash may grow by 256 B → microbit: +312 B, 56 B over, accepted; by `ada` (1 October 2026): “the new table pays for itself”
    - Holds: core in flash may grow by 256 B since v1.2 → microbit: +240 B since v1.2 (0 B here), 16 B left (6 %)
    ");
    assert_snapshot!(budgets_of(&ounce_report::terminal(&c, 100, false)), @r"
    Within budget, as accepted. Growth accepted by ada (1 October 2026): “the new table pays for
    ---
    1 of 2 budgets exceeded and accepted.

    - Accepted: flash may grow by 256 B → microbit: +312 B, 56 B over, accepted; by ada (1 October
      2026): “the new table pays for itself”
    - Holds: core in flash may grow by 256 B since v1.2 → microbit: +240 B since v1.2 (0 B here), 16 B
      left (6 %)
    ");
    let page = ounce_report::html_fragment(&c);
    assert_snapshot!(page.lines().filter(|l| l.contains("accepted")).collect::<Vec<_>>().join("\n"), @r#"
    <p class="verdict"><strong>Within budget, as accepted.</strong> Growth accepted by <code>ada</code> (1 October 2026): “the new table pays for itself”. Cost on microbit: costs 312&nbsp;B of flash.</p>
    <p><strong>1 of 2 budgets exceeded and accepted.</strong></p>
    <li><strong>Accepted: </strong>flash may grow by 256&nbsp;B → microbit: +312&nbsp;B, 56&nbsp;B over, accepted; by <code>ada</code> (1 October 2026): “the new table pays for itself”</li>
    "#);
    assert_snapshot!(check_title(&c), @"Within budget, as accepted. Growth accepted by ada (1 October 2026): “the new table pays for itself”.");
}
