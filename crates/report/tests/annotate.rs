//! Which functions are annotated in a pull request, where and how: a table of what debug information, diff and figures may say.

mod samples;

use ounce_analysis::Comparison;
use ounce_analysis::comparison::{BoardComparison, BudgetCheck, Left, LeftState, RowDelta, Tendency, Verdict, Written};
use ounce_analysis::past::{Figure, Place};
use ounce_protocol::ids::{BoardName, RegionName};
use ounce_protocol::measurement::RegionKind;
use ounce_report::annotate::{ANNOTATIONS_MAX, Annotation, ChangedFile, Diff, Level, TITLE_CHARS_MAX, annotations, has_candidates};

/// A function of flash, written at `/src/vm/gc.c` from line 10 to line 20.
fn function(name: &str, base_bytes: u64, head_bytes: u64) -> RowDelta {
    let written = Some(Written { file: "/src/vm/gc.c".into(), first_line: 10, last_line: 20 });
    RowDelta { written, ..samples::row(name, "C", base_bytes, head_bytes) }
}

fn board(name: &str, rows: Vec<RowDelta>) -> BoardComparison {
    let regions = vec![
        samples::region("flash", RegionKind::Flash, 262_144, 100_000, rows),
        // What runs from RAM has its bytes in flash too, and is told of once.
        samples::region("ram", RegionKind::Ram, 16_384, 9_000, vec![function("gc_mark", 1, 1_000)]),
    ];
    samples::board(name, name, samples::compared(Tendency::Cost, None, regions, Vec::new()))
}

fn comparison(boards: Vec<BoardComparison>) -> Comparison {
    samples::comparison(Verdict::WithinBudget, boards)
}

fn file(path: &str, blob: &str, patch: &str) -> ChangedFile {
    ChangedFile { path: path.into(), blob: blob.into(), patch: Some(patch.into()) }
}

/// One changed line, the same in the pull request and in what was weighed.
fn diff(path: &str, line: u32) -> Diff {
    let files = vec![file(path, "b1", &format!("@@ -{line} +{line} @@\n-a\n+b"))];
    Diff { shown: files.clone(), weighed: files }
}

fn text(annotations: &[Annotation]) -> String {
    let one = |a: &Annotation| format!("{} {}-{} {:?}: {}\n", a.path, a.first_line, a.last_line, a.level, a.title);
    annotations.iter().map(one).collect()
}

#[test]
fn a_function_is_annotated_where_the_change_wrote_lines_of_it() {
    let check = |row: RowDelta, diff: Diff, expected: &str| {
        let comparison = comparison(vec![board("mps2-an385", vec![row])]);
        assert_eq!(text(&annotations(&comparison, &diff)), expected, "{diff:?}");
    };
    let grown = || function("gc_mark", 100, 124);
    check(grown(), diff("vm/gc.c", 12), "vm/gc.c 12-12 Notice: `gc_mark` +24 B on mps2-an385\n");
    check(function("gc_mark", 0, 124), diff("vm/gc.c", 12), "vm/gc.c 12-12 Notice: `gc_mark` +124 B on mps2-an385\n");
    check(function("gc_mark", 124, 100), diff("vm/gc.c", 20), "vm/gc.c 20-20 Notice: `gc_mark` −24 B on mps2-an385\n");
    // Its bytes did not move, or it is gone.
    check(function("gc_mark", 100, 100), diff("vm/gc.c", 12), "");
    check(samples::row("gc_mark", "C", 100, 0), diff("vm/gc.c", 12), "");
    // Nobody knows where it is written.
    check(samples::row("gc_mark", "C", 100, 124), diff("vm/gc.c", 12), "");
    // Other lines, another file, no diff.
    check(grown(), diff("vm/gc.c", 9), "");
    check(grown(), diff("vm/gc.c", 21), "");
    check(grown(), diff("vm/run.c", 12), "");
    check(grown(), Diff::default(), "");
    // A file without hunks: binary, or too large.
    let mut silent = diff("vm/gc.c", 12);
    silent.shown[0].patch = None;
    check(grown(), silent, "");
    // Base and head both changed the file: lines are counted otherwise in what was weighed.
    let mut moved = diff("vm/gc.c", 12);
    moved.weighed[0].blob = "b2".into();
    check(grown(), moved, "");
    // What was weighed does not change the file at all.
    check(grown(), Diff { weighed: Vec::new(), ..diff("vm/gc.c", 12) }, "");
}

#[test]
fn boards_are_merged_and_the_largest_growth_is_first() {
    let small = |name: &str| function(name, 10, 12);
    let boards = ["a1", "a2", "a3", "a4", "a5", "a6"];
    let mut all: Vec<BoardComparison> = boards.iter().map(|name| board(name, vec![function("big", 100, 124), small("little")])).collect();
    all[1] = board("a2", vec![function("big", 100, 300), function("shrunk", 5_000, 1_000)]);
    let found = annotations(&comparison(all), &diff("vm/gc.c", 15));
    assert_eq!(
        text(&found),
        "vm/gc.c 15-15 Notice: `big` +24 B on a1, +200 B on a2, +24 B on a3, +24 B on a4, 2 more\n\
         vm/gc.c 15-15 Notice: `little` +2 B on a1, +2 B on a3, +2 B on a4, +2 B on a5, 1 more\n\
         vm/gc.c 15-15 Notice: `shrunk` −4,000 B on a2\n"
    );
    assert_eq!(found[0].message.lines().nth(1).unwrap(), "a2: 100 → 300 B of flash (+200)");
    assert_eq!(found[0].message.lines().count(), 6);
}

#[test]
fn growth_on_a_board_over_budget_is_a_warning() {
    let rows = || vec![function("grown", 100, 124), function("shrunk", 900, 100)];
    let place = Place {
        board: BoardName::parse("full").unwrap(),
        figure: Figure::Region { region: RegionName::parse("flash").unwrap(), group: None },
    };
    let left = |state| Left { place: place.clone(), limit: 10, used: 24, left: -14, growth: 24, state };
    let of = |state| {
        let mut comparison = comparison(vec![board("full", rows())]);
        comparison.budgets = vec![BudgetCheck { left: vec![left(state)], ..samples::budget("flash may grow by 10 B", false, &[]) }];
        annotations(&comparison, &diff("vm/gc.c", 15))
    };
    let found = of(LeftState::Exceeded);
    assert_eq!(found.iter().map(|a| a.level).collect::<Vec<_>>(), [Level::Warning, Level::Notice]);
    assert!(found[0].message.contains("the board is over budget") && !found[1].message.contains("over budget"), "{found:?}");
    assert_eq!(of(LeftState::Accepted)[0].level, Level::Notice);
}

#[test]
fn figures_of_other_tools_are_not_told() {
    let mut board = board("mps2-an385", vec![function("gc_mark", 100, 124)]);
    board.fingerprint_changes = vec!["gcc: 13 at the base, 14 at the head".into()];
    let comparison = comparison(vec![board]);
    assert!(annotations(&comparison, &diff("vm/gc.c", 12)).is_empty() && !has_candidates(&comparison));
}

#[test]
fn there_are_no_more_than_one_request_takes_and_names_are_harmless() {
    let hostile = "x\n<!-- ounce:report -->@everyone\u{202e}".repeat(40);
    let mut rows: Vec<RowDelta> = (0..90).map(|n| function(&format!("f{n}"), 100, 200 + n)).collect();
    rows.push(function(&hostile, 1, 100_000));
    let found = annotations(&comparison(vec![board("mps2-an385", rows)]), &diff("vm/gc.c", 12));
    assert_eq!(found.len(), ANNOTATIONS_MAX);
    assert!(found[0].title.contains("+99,999 B") && found[1].title.starts_with("`f89`"), "{found:?}");
    let harmless = |text: &str| text.chars().all(|c| !c.is_control() && c != '\u{202e}');
    assert!(found.iter().all(|a| a.title.chars().count() <= TITLE_CHARS_MAX && harmless(&a.title)));
}

#[test]
fn two_functions_of_one_name_are_two() {
    let elsewhere = Some(Written { file: "/src/vm/run.c".into(), first_line: 1, last_line: 5 });
    let one = RowDelta { written: elsewhere, ..function("init", 10, 20) };
    let boards = vec![board("a1", vec![function("init", 10, 30)]), board("a2", vec![one])];
    let found = annotations(&comparison(boards), &diff("vm/gc.c", 12));
    assert_eq!(text(&found), "vm/gc.c 12-12 Notice: `init` +20 B on a1\n");
}
