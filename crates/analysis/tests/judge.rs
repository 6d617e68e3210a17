//! The answer in one word, and why: one story for each verdict and each kind of budget.

use ounce_analysis::comparison::{BenchSide, BoardState, Compared, Comparison, Tendency, Verdict};
use ounce_analysis::{BoardInput, Judgement, judge};
use ounce_protocol::ids::{BenchName, BoardName, CommitSha, ImageId, RegionName};
use ounce_protocol::manifest::Manifest;
use ounce_protocol::measurement::{
    BenchFailure, BenchOutcome, Count, Fingerprint, FunctionCount, Ledger, Measurement, Outcome, OutsideRange, RegionKind, RegionLedger,
    Row, SCHEMA, Stage,
};
use std::collections::BTreeMap;

const BOARDS: &str = r#"
version = 1
name = "pyrite"
[markers]
empty = "empty"
[boards.disco]
build = ["make"]
elf = "disco.elf"
regions = [{ name = "flash", kind = "flash", start = 0, size = 10000 }, { name = "ram", kind = "ram", start = 0x2000_0000, size = 1000 }]
run = { qemu = { system = "arm", machine = "m" } }
[boards.microbit]
title = "BBC micro:bit"
build = ["make"]
elf = "microbit.elf"
regions = [{ name = "flash", kind = "flash", start = 0, size = 5000 }]
run = { qemu = { system = "arm", machine = "microbit" } }
[benchmarks.empty]
expect = "x"
[benchmarks.fib]
expect = "x"
[benchmarks.sort]
expect = "x"
boards = ["disco"]
"#;

/// One commit on one board.
#[derive(Clone)]
struct Side {
    flash: u64,
    benches: Vec<(&'static str, BenchOutcome)>,
    image: char,
    rustc: &'static str,
    fails: Option<Stage>,
    outside: Vec<OutsideRange>,
}

fn count(instructions: u64) -> BenchOutcome {
    BenchOutcome::Counted(Count {
        instructions,
        second_take: None,
        stack_peak_bytes: Some(400),
        heap_peak_bytes: None,
        estimated_cycles: None,
        profile: vec![FunctionCount { name: "run".into(), instructions: instructions + 10 }],
    })
}

fn noisy(instructions: u64) -> BenchOutcome {
    let BenchOutcome::Counted(count) = count(instructions) else { unreachable!() };
    BenchOutcome::Counted(Count { second_take: Some(instructions + 2), ..count })
}

fn stack(bytes: u64) -> BenchOutcome {
    let BenchOutcome::Counted(count) = count(1000) else { unreachable!() };
    BenchOutcome::Counted(Count { stack_peak_bytes: Some(bytes), ..count })
}

fn fails(why: BenchFailure) -> BenchOutcome {
    BenchOutcome::Failed { why, detail: "as seen".into() }
}

impl Side {
    fn new(flash: u64, fib: u64) -> Self {
        let benches = vec![("empty", count(0)), ("fib", count(fib)), ("sort", count(500))];
        Side { flash, benches, image: 'a', rustc: "1.96", fails: None, outside: vec![] }
    }
    fn fib(mut self, outcome: BenchOutcome) -> Self {
        self.benches[1].1 = outcome;
        self
    }
    fn measured(&self, board: &str) -> Measurement {
        let region = |name: &str, kind, size_bytes, bytes| RegionLedger {
            name: RegionName::parse(name).unwrap(),
            kind,
            size_bytes,
            used_bytes: bytes,
            rows: vec![Row { name: "main".into(), group: "C".into(), section: ".text".into(), bytes, ..Row::default() }],
        };
        let (size, sort) = if board == "disco" { (10_000, true) } else { (5000, false) };
        let benches = self.benches.iter().filter(|(name, _)| *name != "sort" || sort);
        let built = Outcome::Built {
            ledger: Ledger {
                image: ImageId::parse(&self.image.to_string().repeat(64)).unwrap(),
                regions: vec![region("flash", RegionKind::Flash, size, self.flash)],
                outside: self.outside.clone(),
                anatomy: None,
            },
            benches: benches.map(|(name, outcome)| (BenchName::parse(name).unwrap(), outcome.clone())).collect(),
        };
        Measurement {
            run_key: None,
            reused: None,
            schema: SCHEMA,
            board: BoardName::parse(board).unwrap(),
            commit: CommitSha::parse(&"1".repeat(40)).unwrap(),
            fingerprint: Fingerprint(BTreeMap::from([("rustc".to_owned(), self.rustc.to_owned())])),
            outcome: self.fails.map_or(built, |stage| Outcome::Failed { stage, log_tail: "error: no".into() }),
        }
    }
}

/// Disco with these two sides; microbit unchanged.
fn judged(budgets: &str, base: &Side, head: &Side) -> Comparison {
    let still = Side::new(1000, 1000);
    judged_boards(budgets, [("disco", Some((base, head))), ("microbit", Some((&still, &still)))])
}

fn judged_boards(budgets: &str, boards: [(&str, Option<(&Side, &Side)>); 2]) -> Comparison {
    let manifest = Manifest::parse(&format!("{BOARDS}{budgets}")).unwrap();
    let measured: Vec<_> =
        boards.iter().map(|(board, sides)| (*board, sides.map(|(b, h)| (b.measured(board), h.measured(board))))).collect();
    let boards = measured.iter().map(|(board, sides)| {
        let input = match sides {
            Some((base, head)) => BoardInput::Measured { base, head },
            None => BoardInput::Missing { detail: "no runner for it".into() },
        };
        (BoardName::parse(board).unwrap(), input)
    });
    let (base, head) = (CommitSha::parse(&"a".repeat(40)).unwrap(), CommitSha::parse(&"b".repeat(40)).unwrap());
    judge(&Judgement { manifest: &manifest, base: &base, head: &head, boards: boards.collect(), manifest_changed: false })
}

fn compared(comparison: &Comparison) -> &Compared {
    let BoardState::Compared(compared) = &comparison.boards[0].state else { panic!("{:?}", comparison.boards[0].state) };
    compared
}

const FLASH_256: &str = "[[budgets]]\nregion = \"flash\"\nmax_growth = 256\n";
const STEPS_1_5: &str = "[[budgets]]\nmetric = \"instructions\"\nmax_growth_percent = 1.5\n";

#[test]
fn nothing_changed() {
    let side = Side::new(1000, 1000);
    let c = judged(FLASH_256, &side, &side);
    assert_eq!(c.verdict, Verdict::Unchanged);
    assert!(compared(&c).identical && compared(&c).tendency == Tendency::Free && c.notes.is_empty());
    assert_eq!(c.boards.iter().map(|b| b.title.as_str()).collect::<Vec<_>>(), ["disco", "BBC micro:bit"]);
    let benches: Vec<_> = compared(&c).benches.iter().map(|b| b.name.as_str()).collect();
    assert_eq!(benches, ["fib", "sort"], "the empty benchmark is left out");
}

#[test]
fn an_identical_image_has_the_figures_of_the_base() {
    let base = Side::new(1000, 1000);
    let mut head = base.clone();
    head.benches = vec![("empty", BenchOutcome::Identical), ("fib", BenchOutcome::Identical), ("sort", BenchOutcome::Identical)];
    let c = judged(STEPS_1_5, &base, &head);
    assert_eq!((c.verdict, compared(&c).benches[0].head.instructions()), (Verdict::Unchanged, Some(1000)));
    // Said of another image it is no figure at all.
    head.image = 'b';
    let c = judged(STEPS_1_5, &base, &head);
    assert_eq!((c.verdict, &compared(&c).benches[0].head), (Verdict::Incomplete, &BenchSide::Absent));
}

#[test]
fn which_way_it_goes_is_said_with_its_price() {
    let check = |flash, fib, tendency, exchange: Option<&str>| {
        let c = judged("", &Side::new(1000, 10_000), &Side { image: 'b', ..Side::new(flash, fib) });
        let got = compared(&c);
        assert_eq!((got.tendency, got.exchange.as_deref()), (tendency, exchange), "{flash} {fib}");
        assert_eq!(c.verdict, if (flash, fib) == (1000, 10_000) { Verdict::Unchanged } else { Verdict::WithinBudget });
    };
    // Disco has two benchmarks, of which one moves: the geometric mean halves it.
    check(1000, 10_000, Tendency::Free, None);
    check(900, 10_000, Tendency::Win, None);
    check(1000, 9000, Tendency::Win, None);
    check(900, 9801, Tendency::Win, Some("100 B saved and 1.00 % fewer instructions"));
    check(1128, 9801, Tendency::Trade, Some("128 B for 1.00 % fewer instructions"));
    check(872, 10_201, Tendency::Trade, Some("128 B saved for 1.00 % more instructions"));
    check(1100, 10_201, Tendency::Cost, Some("100 B and 1.00 % more instructions"));
    check(1100, 10_000, Tendency::Cost, None);
    check(1000, 10_001, Tendency::Cost, None);
    check(999, 10_001, Tendency::Trade, Some("1 B saved for 0.01 % more instructions"));
}

#[test]
fn the_mean_of_instructions_is_geometric() {
    let c = judged("", &Side::new(1000, 1000), &Side::new(1000, 4000));
    assert_eq!(compared(&c).instructions_ppm, Some(1_000_000), "√(4 · 1) is 2");
    let c = judged("", &Side::new(1000, 1000).fib(fails(BenchFailure::Hang)), &Side::new(1000, 1000));
    assert_eq!(compared(&c).instructions_ppm, Some(0), "sort alone");
    let functions = &judged("", &Side::new(1000, 1000), &Side::new(1000, 900));
    let functions = &compared(functions).benches[0].functions;
    assert_eq!((functions[0].base, functions[0].head, functions.len()), (1010, 910, 1));
}

#[test]
fn a_budget_says_where_it_is_tightest_even_where_it_holds() {
    let check = |budget: &str, head: Side, verdict, rule: &str, findings: &[&str]| {
        let c = judged(&format!("[[budgets]]\n{budget}\n"), &Side::new(1000, 10_000), &head);
        assert_eq!((c.verdict, c.budgets[0].rule.as_str()), (verdict, rule));
        assert_eq!(
            (c.budgets[0].findings.clone(), c.budgets[0].holds),
            (findings.iter().map(|&f| f.to_owned()).collect(), !verdict.is_failure())
        );
    };
    use Verdict::{OverBudget, Unchanged, WithinBudget};
    let flash = "region = \"flash\"\nmax_growth = 256";
    check(flash, Side::new(1000, 10_000), Unchanged, "flash may grow by 256 B", &["disco: 0 B, 256 B left (100 %)"]);
    check(flash, Side::new(1256, 10_000), WithinBudget, "flash may grow by 256 B", &["disco: +256 B, 0 B left (0 %)"]);
    check(flash, Side::new(1257, 10_000), OverBudget, "flash may grow by 256 B", &["disco: +257 B, 1 B over"]);
    check(flash, Side::new(500, 10_000), WithinBudget, "flash may grow by 256 B", &["microbit: 0 B, 256 B left (100 %)"]);
    let none = "region = \"flash\"\nmax_growth = 0\nboards = [\"disco\"]";
    check(none, Side::new(1000, 10_000), Unchanged, "flash on disco may not grow", &["disco: 0 B, 0 B left"]);
    check(none, Side::new(1001, 10_000), OverBudget, "flash on disco may not grow", &["disco: +1 B, 1 B over"]);
    let percent = "region = \"flash\"\nmax_growth_percent = 1.5";
    check(percent, Side::new(1015, 10_000), WithinBudget, "flash may grow by 1.5 %", &["disco: +1.50 % (+15 B), 0 % left (0 B)"]);
    check(percent, Side::new(1016, 10_000), OverBudget, "flash may grow by 1.5 %", &["disco: +1.60 % (+16 B), 0.1 % over (1 B)"]);
    let free = "region = \"flash\"\nmin_headroom = 4000";
    check(free, Side::new(6000, 10_000), WithinBudget, "flash must keep 4,000 B free", &["disco: 4,000 B free, 0 B left (0 %)"]);
    check(free, Side::new(6001, 10_000), OverBudget, "flash must keep 4,000 B free", &["disco: 3,999 B free, 1 B short"]);
    let steps = "metric = \"instructions\"\nmax_growth = 100\nbenchmarks = [\"fib\"]";
    let rule = "instructions of fib may grow by 100";
    check(steps, Side::new(1000, 10_100), WithinBudget, rule, &["disco, fib: +100, 0 left (0 %)"]);
    check(steps, Side::new(1000, 11_200), OverBudget, rule, &["disco, fib: +1,200, 1,100 over"]);
    let stacks = "metric = \"stack\"\nmax_growth_percent = 10";
    let base = Side::new(1000, 10_000).fib(stack(441));
    check(stacks, base, OverBudget, "stack may grow by 10 %", &["disco, fib: +10.25 % (+41 B), 0.25 % over (1 B)"]);
}

#[test]
fn the_worst_place_comes_first() {
    let (base, small, large) = (Side::new(1000, 1000), Side::new(1300, 1000), Side::new(1900, 1000));
    let c = judged_boards(FLASH_256, [("disco", Some((&base, &small))), ("microbit", Some((&base, &large)))]);
    assert_eq!(c.budgets[0].findings, ["microbit: +900 B, 644 B over", "disco: +300 B, 44 B over"]);
    // Of several limits in one budget too.
    let both = "[[budgets]]\nregion = \"flash\"\nmax_growth = 1000\nmin_headroom = \"9K\"\nboards = [\"disco\"]\n";
    let c = judged(both, &Side::new(500, 1000), &small);
    assert_eq!(c.budgets[0].rule, "flash on disco may grow by 1,000 B and must keep 9,216 B free");
    assert_eq!(c.budgets[0].findings, ["disco: 8,700 B free, 516 B short"]);
}

#[test]
fn free_bytes_that_the_base_had_lost_already_are_not_this_changes_fault() {
    let budget = "[[budgets]]\nregion = \"flash\"\nmin_headroom = 9500\nboards = [\"disco\"]\n";
    let check = |head, verdict, finding: &str| {
        let c = judged(budget, &Side::new(1000, 1000), &Side::new(head, 1000));
        assert_eq!((c.verdict, c.budgets[0].findings[0].as_str()), (verdict, finding));
    };
    check(1000, Verdict::Unchanged, "disco: 9,000 B free, 500 B short, no worse than at the base");
    check(900, Verdict::WithinBudget, "disco: 9,100 B free, 400 B short, no worse than at the base");
    check(1001, Verdict::OverBudget, "disco: 8,999 B free, 501 B short");
    check(400, Verdict::WithinBudget, "disco: 9,600 B free, 100 B left (20 %)");
}

#[test]
fn an_image_that_stops_fitting_is_over_budget_without_any_budget() {
    let check = |base, head, verdict, notes: &[&str]| {
        let c = judged("", &Side::new(base, 1000), &Side::new(head, 1000));
        assert_eq!((c.verdict, c.notes), (verdict, notes.iter().map(|&n| n.to_owned()).collect()), "{base} {head}");
        let exceeded: Vec<_> = c.budgets.iter().filter(|b| !b.holds).flat_map(|b| b.findings.clone()).collect();
        assert_eq!(exceeded.len(), usize::from(verdict.is_failure()), "{exceeded:?}");
    };
    check(9000, 10_000, Verdict::WithinBudget, &[]);
    check(9000, 10_212, Verdict::OverBudget, &["disco: flash over by 212 B"]);
    check(10_100, 10_212, Verdict::WithinBudget, &["disco: flash over by 212 B; the base was over by 100 B"]);
    check(10_100, 10_000, Verdict::WithinBudget, &[]);
}

#[test]
fn two_takes_that_differ_are_said_and_not_judged() {
    let c = judged(STEPS_1_5, &Side::new(1000, 1000), &Side::new(1000, 1000).fib(noisy(9000)));
    assert_eq!(c.verdict, Verdict::Incomplete, "the budget on it could not be judged");
    assert!(matches!(compared(&c).benches[0].head, BenchSide::Counted { exact: false, instructions: 9000, .. }));
    assert_eq!(c.notes, ["disco: the two takes differ, so these figures are noisy and not judged: fib"]);
    assert_eq!(c.budgets[0].findings[1..], ["not judged on disco, fib: its two takes differ"]);
    assert_eq!(compared(&c).instructions_ppm, Some(0), "sort alone");
    // Noise at the base says as little, and does not hide what another benchmark costs.
    let c = judged(STEPS_1_5, &Side::new(1000, 1000).fib(noisy(1000)), &Side::new(1100, 1000));
    assert_eq!(c.verdict, Verdict::Incomplete);
    let mut slow = Side::new(1000, 1000).fib(noisy(9000));
    slow.benches[2].1 = count(600);
    let c = judged(STEPS_1_5, &Side::new(1000, 1000), &slow);
    assert_eq!(c.verdict, Verdict::OverBudget);
    assert_eq!(c.budgets[0].not_judged().collect::<Vec<_>>(), ["disco, fib: its two takes differ"]);
    // Where no budget covers it, noise is no change, and never fails.
    for budget in ["", FLASH_256, "[[budgets]]\nmetric = \"instructions\"\nmax_growth = 9\nbenchmarks = [\"sort\"]\n"] {
        let c = judged(budget, &Side::new(1000, 1000), &Side::new(1000, 1000).fib(noisy(9000)));
        assert_eq!(c.verdict, Verdict::Unchanged, "{budget}");
    }
    // A second take that is the same is no noise.
    let BenchOutcome::Counted(twice) = count(1000) else { unreachable!() };
    let same = BenchOutcome::Counted(Count { second_take: Some(1000), ..twice });
    assert!(judged("", &Side::new(1000, 1000), &Side::new(1000, 1000).fib(same)).notes.is_empty());
}

#[test]
fn what_worked_and_fails_now_is_broken() {
    let base = Side::new(1000, 1000);
    let check = |base: &Side, head: &Side, verdict, note: &str| {
        let c = judged(FLASH_256, base, head);
        assert_eq!((c.verdict, c.notes.join("; ").as_str()), (verdict, note));
    };
    let failed = |why| Side::new(1000, 1000).fib(fails(why));
    let no_fit = Side::new(1000, 1000).fib(BenchOutcome::NoFit { detail: "needs 40 KiB".into() });
    check(&base, &failed(BenchFailure::Hang), Verdict::Broken, "disco, fib: valid at the base, not at the head: hangs");
    check(&base, &no_fit, Verdict::Broken, "disco, fib: valid at the base, does not fit at the head");
    check(&no_fit, &base, Verdict::WithinBudget, "");
    check(&no_fit, &no_fit, Verdict::Unchanged, "");
    check(
        &no_fit,
        &failed(BenchFailure::Fault),
        Verdict::WithinBudget,
        "disco, fib: did not fit at the base, not valid at the head: faults",
    );
    // The empty benchmark is in no table, but it can break like any other.
    let mut empty = base.clone();
    empty.benches[0].1 = fails(BenchFailure::Markers);
    check(&base, &empty, Verdict::Broken, "disco, empty: valid at the base, not at the head: markers not met");
    // Broken outweighs over budget.
    check(
        &base,
        &Side { flash: 9000, ..failed(BenchFailure::Exit) },
        Verdict::Broken,
        "disco, fib: valid at the base, not at the head: unexpected exit",
    );
}

#[test]
fn a_benchmark_that_is_valid_on_neither_side_is_not_a_pass() {
    let failed = |why| Side::new(1000, 1000).fib(fails(why));
    let check = |base: &Side, head: &Side, verdict, note: &str| {
        let c = judged("", base, head);
        assert_eq!((c.verdict, c.notes.join("; ").as_str()), (verdict, note));
    };
    let markers = failed(BenchFailure::Markers);
    let note = "disco, fib: valid neither at the base nor at the head, so not judged: markers not met";
    check(&markers, &markers, Verdict::Incomplete, note);
    let note = "disco, fib: valid neither at the base nor at the head, so not judged: hangs, now panics";
    check(&failed(BenchFailure::Hang), &failed(BenchFailure::Panic), Verdict::Incomplete, note);
    // Nor is it where the image is the base's, byte for byte.
    let identical = Side::new(1000, 1000).fib(BenchOutcome::Identical);
    check(
        &markers,
        &identical,
        Verdict::Incomplete,
        "disco, fib: valid neither at the base nor at the head, so not judged: markers not met",
    );
    // The empty benchmark is in no table; without it no other can be counted.
    let mut empty = Side::new(1000, 1000);
    empty.benches[0].1 = fails(BenchFailure::Markers);
    check(&empty, &empty, Verdict::Incomplete, "disco, empty: valid neither at the base nor at the head, so not judged: markers not met");
    // What can be judged still is.
    let large = Side { flash: 2000, ..markers.clone() };
    assert_eq!(judged(FLASH_256, &markers, &large).verdict, Verdict::OverBudget);
}

#[test]
fn a_peak_that_is_no_longer_reported_does_not_hold_its_budget() {
    let peaks = |stack_peak_bytes, heap_peak_bytes| {
        let BenchOutcome::Counted(count) = count(1000) else { unreachable!() };
        Side::new(1000, 1000).fib(BenchOutcome::Counted(Count { stack_peak_bytes, heap_peak_bytes, ..count }))
    };
    let check = |metric: &str, base: Side, head: Side, verdict, not_judged: &[&str]| {
        let c = judged(&format!("[[budgets]]\nmetric = \"{metric}\"\nmax_growth = 64\nbenchmarks = [\"fib\"]\n"), &base, &head);
        let said: Vec<_> = c.budgets.iter().flat_map(|b| b.not_judged()).collect();
        assert_eq!((c.verdict, said), (verdict, not_judged.to_vec()), "{metric}");
    };
    let both = || peaks(Some(400), Some(4096));
    let (no_heap, no_stack) = (|| peaks(Some(400), None), || peaks(None, Some(4096)));
    check("heap", both(), no_heap(), Verdict::Incomplete, &["disco, fib: a heap peak at the base, none at the head"]);
    check("stack", both(), no_stack(), Verdict::Incomplete, &["disco, fib: a stack peak at the base, none at the head"]);
    // A budget on something else is judged, and so is a board that never reported it.
    check("stack", both(), no_heap(), Verdict::WithinBudget, &[]);
    check("heap", no_heap(), no_heap(), Verdict::Unchanged, &[]);
    // A benchmark that broke says so already.
    check("heap", both(), Side::new(1000, 1000).fib(fails(BenchFailure::Hang)), Verdict::Broken, &[]);
}

#[test]
fn an_image_that_does_not_build() {
    let (good, bad) = (Side::new(1000, 1000), Side { fails: Some(Stage::Build), ..Side::new(0, 0) });
    let check = |base: &Side, head: &Side, verdict| {
        let c = judged(FLASH_256, base, head);
        assert_eq!(c.verdict, verdict);
        c.boards[0].state.clone()
    };
    assert!(matches!(check(&good, &bad, Verdict::Broken), BoardState::HeadFailed { stage: Stage::Build, .. }));
    assert!(matches!(check(&bad, &good, Verdict::Incomplete), BoardState::BaseFailed { head_builds: true, .. }));
    assert!(matches!(check(&bad, &bad, Verdict::Incomplete), BoardState::BaseFailed { head_builds: false, .. }));
}

#[test]
fn boards_that_nobody_could_measure_never_turn_it_red() {
    let (base, head, large) = (Side::new(1000, 1000), Side::new(1100, 1000), Side::new(2000, 1000));
    let c = judged_boards(FLASH_256, [("disco", Some((&base, &head))), ("microbit", None)]);
    assert_eq!((c.verdict, &c.boards[1].state), (Verdict::Incomplete, &BoardState::Missing { detail: "no runner for it".into() }));
    assert_eq!(judged_boards("", [("disco", None), ("microbit", None)]).verdict, Verdict::Incomplete);
    let c = judged_boards(FLASH_256, [("disco", Some((&base, &large))), ("microbit", None)]);
    assert_eq!(c.verdict, Verdict::OverBudget, "what is there is judged all the same");
    // A benchmark that nobody ran, on a board that runs others.
    let mut partly = base.clone();
    partly.benches.remove(1);
    let c = judged("", &base, &partly);
    assert_eq!((c.verdict, c.notes[0].as_str()), (Verdict::Incomplete, "disco, fib: not measured at the head"));
}

#[test]
fn figures_of_other_tools_are_not_judged() {
    let head = Side { rustc: "1.97", ..Side::new(20_000, 9000) };
    let c = judged(&format!("{FLASH_256}{STEPS_1_5}"), &Side::new(1000, 1000), &head);
    assert_eq!(c.verdict, Verdict::Incomplete);
    assert_eq!(c.boards[0].fingerprint_changes, ["rustc: 1.96 at the base, 1.97 at the head"]);
    assert_eq!(compared(&c).exchange, None);
    assert!(c.notes[0].starts_with("disco: its tools differ between base and head"), "{:?}", c.notes);
    assert!(
        c.budgets.iter().all(|b| b.holds && b.findings[1] == "not judged on disco: its tools differ between base and head"),
        "{:?}",
        c.budgets
    );
    // The other board is judged.
    assert_eq!(c.budgets[0].findings[0], "microbit: 0 B, 256 B left (100 %)");
}

#[test]
fn what_the_reader_must_know_beside_the_figures() {
    let outside = vec![OutsideRange { start: 0x1000_0000, bytes: 12 }, OutsideRange { start: 0x1000_1000, bytes: 4 }];
    let side = Side { outside, ..Side::new(1000, 1000) };
    let c = judged("", &side, &side);
    assert_eq!(c.notes, ["disco: 16 B of the image are in no declared region, the first at 0x10000000"]);
    let manifest = Manifest::parse(BOARDS).unwrap();
    let (base, head) = (CommitSha::parse(&"a".repeat(40)).unwrap(), CommitSha::parse(&"b".repeat(40)).unwrap());
    let c = judge(&Judgement { manifest: &manifest, base: &base, head: &head, boards: BTreeMap::new(), manifest_changed: true });
    assert_eq!((c.notes[0].as_str(), c.boards.len()), ("this change edits ounce.toml; the base's was used", 2));
    assert_eq!(c.verdict, Verdict::Incomplete);
    // A comparison is plain data.
    assert_eq!(serde_json::from_str::<Comparison>(&serde_json::to_string(&c).unwrap()).unwrap(), c);
}
