//! Budgets since a tag or a date, of one group, and what people accepted: one story each; and what is left of a limit, for any figures.

use ounce_analysis::comparison::{BudgetCheck, Comparison, LeftState, Verdict};
use ounce_analysis::past::{Accepted, Baseline, BoardFigures, Figure, Past, Place, acceptable};
use ounce_analysis::{BoardInput, Judgement, judge_since};
use ounce_protocol::ids::{BenchName, BoardName, CommitSha, ImageId, RegionName};
use ounce_protocol::manifest::{BenchMetric, Manifest, Since};
use ounce_protocol::measurement::{BenchOutcome, Count, Fingerprint, Ledger, Measurement, Outcome, RegionKind, RegionLedger, Row, SCHEMA};
use std::collections::BTreeMap;

const BOARD: &str = r#"
version = 1
name = "pyrite"
[boards.disco]
build = ["make"]
elf = "disco.elf"
regions = [{ name = "flash", kind = "flash", start = 0, size = "1M" }]
run = { qemu = { system = "arm", machine = "m" } }
[benchmarks.fib]
expect = "x"
[[budgets]]
"#;

/// One commit: what `core` and all else take of flash, and instructions of `fib`.
#[derive(Clone, Copy)]
struct Commit {
    core: u64,
    rest: u64,
    fib: u64,
    tools: &'static str,
}

const OLD: Commit = Commit { core: 1000, rest: 9000, fib: 50_000, tools: "1.96" };

impl Commit {
    fn measured(&self, digit: char) -> Measurement {
        let row = |name: &str, bytes| Row { name: name.into(), group: name.into(), section: ".text".into(), bytes, ..Row::default() };
        let used_bytes = self.core.saturating_add(self.rest);
        let rows = [row("core", self.core), row("vm", self.rest)].into_iter().filter(|r| r.bytes > 0).collect();
        let (kind, size_bytes) = (RegionKind::Flash, 1 << 20);
        let image = ImageId::parse(&digit.to_string().repeat(64)).unwrap();
        let fib = Count {
            instructions: self.fib,
            second_take: None,
            stack_peak_bytes: None,
            heap_peak_bytes: None,
            estimated_cycles: None,
            profile: vec![],
        };
        Measurement {
            run_key: None,
            reused: None,
            schema: SCHEMA,
            board: BoardName::parse("disco").unwrap(),
            commit: sha(digit),
            fingerprint: Fingerprint(BTreeMap::from([("toolchain".into(), self.tools.into()), ("emulator".into(), self.tools.into())])),
            outcome: Outcome::Built {
                ledger: Ledger {
                    image,
                    regions: vec![RegionLedger { name: RegionName::parse("flash").unwrap(), kind, size_bytes, used_bytes, rows }],
                    outside: vec![],
                    anatomy: None,
                },
                benches: BTreeMap::from([(BenchName::parse("fib").unwrap(), BenchOutcome::Counted(fib))]),
            },
        }
    }
}

fn sha(digit: char) -> CommitSha {
    CommitSha::parse(&digit.to_string().repeat(40)).unwrap()
}

fn disco(figure: Figure) -> Place {
    Place { board: BoardName::parse("disco").unwrap(), figure }
}

fn flash(group: Option<&str>) -> Place {
    disco(Figure::Region { region: RegionName::parse("flash").unwrap(), group: group.map(str::to_owned) })
}

fn fib() -> Place {
    disco(Figure::Bench { benchmark: BenchName::parse("fib").unwrap(), metric: BenchMetric::Instructions })
}

fn accepted(at: char, place: Place, growth: u64) -> Accepted {
    Accepted { who: "ada".into(), why: "the table pays".into(), when_text: None, sha: sha(at), place, growth }
}

/// `v1.2` as it was, and what has been accepted since.
fn since_v1_2(old: Commit, accepted: Vec<Accepted>) -> Past {
    let since = Since::parse("v1.2").unwrap();
    let figures = BoardFigures::of(&old.measured('9'), None).unwrap();
    let boards = BTreeMap::from([(BoardName::parse("disco").unwrap(), figures)]);
    Past { baselines: vec![Baseline { since, sha: Some(sha('9')), boards, accepted }], accepted: vec![] }
}

/// Base `a`, head `b`, one budget.
fn judged(budget: &str, base: Commit, head: Commit, past: &Past) -> Comparison {
    let manifest = Manifest::parse(&format!("{BOARD}{budget}\n")).unwrap();
    let (base, head) = (base.measured('a'), head.measured('b'));
    let boards = BTreeMap::from([(base.board.clone(), BoardInput::Measured { base: &base, head: &head })]);
    judge_since(&Judgement { manifest: &manifest, base: &sha('a'), head: &sha('b'), boards, manifest_changed: false }, past)
}

fn said(c: &Comparison) -> (Verdict, String) {
    (c.verdict, c.budgets.iter().map(|b| format!("{}: {}", b.rule, b.findings.join("; "))).collect::<Vec<_>>().join(" | "))
}

const CORE: &str = "region = \"flash\"\ngroup = \"core\"\nmax_growth = 256\nsince = \"v1.2\"";

#[test]
fn the_core_stays_within_256_bytes_this_release() {
    let past = since_v1_2(OLD, vec![]);
    let check = |base, head, verdict, finding: &str| {
        // What else grows is not the core's.
        let c = judged(CORE, Commit { core: base, ..OLD }, Commit { core: head, rest: 50_000, ..OLD }, &past);
        assert_eq!(said(&c), (verdict, format!("core in flash may grow by 256 B since v1.2: {finding}")), "{base} → {head}");
    };
    use Verdict::{OverBudget, WithinBudget};
    check(1000, 1000, WithinBudget, "disco: 0 B since v1.2 (0 B here), 256 B left (100 %)");
    check(1200, 1240, WithinBudget, "disco: +240 B since v1.2 (+40 B here), 16 B left (6 %)");
    check(1240, 1256, WithinBudget, "disco: +256 B since v1.2 (+16 B here), 0 B left (0 %)");
    check(1256, 1257, OverBudget, "disco: +257 B since v1.2 (+1 B here), 1 B over");
    check(900, 950, WithinBudget, "disco: −50 B since v1.2 (+50 B here), 306 B left (119 %)");
    // Someone pushed past it: not the fault of a change that does not make it worse.
    check(1300, 1300, WithinBudget, "disco: +300 B since v1.2 (0 B here), 44 B over, no worse than at the base");
    check(1300, 1290, WithinBudget, "disco: +290 B since v1.2 (−10 B here), 34 B over, no worse than at the base");
    check(1300, 1301, OverBudget, "disco: +301 B since v1.2 (+1 B here), 45 B over");
    check(1000, 0, WithinBudget, "disco: −1,000 B since v1.2 (−1,000 B here), 1,256 B left (490 %)");
}

#[test]
fn a_percentage_and_a_benchmark_since_a_date() {
    let mut past = since_v1_2(OLD, vec![]);
    past.baselines[0].since = Since::parse("2026-10-01").unwrap();
    let budget = "metric = \"instructions\"\nmax_growth_percent = 1.5\nsince = 2026-10-01";
    let check = |head, verdict, finding: &str| {
        let c = judged(budget, Commit { fib: 50_500, ..OLD }, Commit { fib: head, ..OLD }, &past);
        assert_eq!(said(&c), (verdict, format!("instructions may grow by 1.5 % since 2026-10-01: {finding}")));
    };
    check(50_750, Verdict::WithinBudget, "disco, fib: +1.50 % (+750) since 2026-10-01 (+250 here), 0 % left (0)");
    check(50_751, Verdict::OverBudget, "disco, fib: +1.50 % (+751) since 2026-10-01 (+251 here), <0.01 % over (1)");
    check(50_100, Verdict::WithinBudget, "disco, fib: +0.20 % (+100) since 2026-10-01 (−400 here), 1.3 % left (650)");
}

#[test]
fn what_is_not_known_of_a_baseline_is_said_and_is_no_pass() {
    let head = Commit { core: 1100, ..OLD };
    let check = |budget: &str, past: &Past, why: &str| {
        let c = judged(budget, OLD, head, past);
        let not_judged: Vec<_> = c.budgets.iter().flat_map(BudgetCheck::not_judged).collect();
        assert_eq!((c.verdict, not_judged), (Verdict::Incomplete, vec![why]));
    };
    let whole = "region = \"flash\"\nmax_growth = 256\nsince = \"v1.2\"";
    check(whole, &Past::default(), "disco: no figure at v1.2");
    let known = since_v1_2(OLD, vec![]);
    let mut other = known.clone();
    other.baselines[0].since = Since::parse("v1.1").unwrap();
    check(whole, &other, "disco: no figure at v1.2");
    let mut no_tag = known.clone();
    no_tag.baselines[0].sha = None;
    check(whole, &no_tag, "disco: there is no commit for v1.2");
    let mut no_board = known.clone();
    no_board.baselines[0].boards.clear();
    check(whole, &no_board, "disco: no figure at v1.2");
    // The ledger is gone, only its sums are left: enough for the region, not for a group.
    let mut sums = known.clone();
    sums.baselines[0].boards.values_mut().flat_map(|b| b.regions.values_mut()).for_each(|r| r.groups = None);
    check(CORE, &sums, "disco: no figure at v1.2");
    assert_eq!(judged(whole, OLD, head, &sums).verdict, Verdict::WithinBudget);
    // Another compiler's figures are not subtracted; another emulator has no part in sizes.
    check(whole, &since_v1_2(Commit { tools: "1.95", ..OLD }, vec![]), "disco: v1.2 was measured with another toolchain");
    let mut emulator = known.clone();
    let tools = |past: &mut Past| past.baselines[0].boards.values_mut().for_each(|b| drop(b.fingerprint.0.remove("emulator")));
    tools(&mut emulator);
    assert_eq!(judged(whole, OLD, head, &emulator).verdict, Verdict::WithinBudget);
    let steps = "metric = \"instructions\"\nmax_growth = 256\nsince = \"v1.2\"";
    check(steps, &emulator, "disco, fib: v1.2 was measured with another emulator");
    let mut no_bench = known;
    no_bench.baselines[0].boards.values_mut().for_each(|b| b.benches.clear());
    check(steps, &no_bench, "disco, fib: no figure at v1.2");
}

#[test]
fn a_group_that_no_board_has_does_not_hold_for_ever() {
    let budget = |group: &str| format!("region = \"flash\"\ngroup = \"{group}\"\nmax_growth = 9");
    let check = |group: &str, hint: &str| {
        let why = format!("not judged on any board: no group {group} in flash{hint}");
        let c = judged(&budget(group), OLD, OLD, &Past::default());
        assert_eq!(said(&c), (Verdict::Incomplete, format!("{group} in flash may grow by 9 B: {why}")));
    };
    check("coer", "; did you mean `core`?");
    check("alloc", "");
    // One that comes or goes is judged.
    let none = Commit { core: 0, ..OLD };
    assert_eq!(judged(&budget("core"), none, OLD, &Past::default()).verdict, Verdict::OverBudget);
    assert_eq!(judged(&budget("core"), OLD, none, &Past::default()).verdict, Verdict::WithinBudget);
    // Gone at base and head, known at the baseline: it shrank.
    assert_eq!(judged(CORE, none, none, &since_v1_2(OLD, vec![])).budgets[0].left[0].used, -1000);
}

#[test]
fn growth_that_was_accepted_does_not_fail_and_says_by_whom() {
    let budget = "region = \"flash\"\nmax_growth = 256";
    let head = Commit { rest: 9300, ..OLD };
    let check = |accepted: Vec<Accepted>, verdict, finding: &str| {
        let c = judged(budget, OLD, head, &Past { accepted, ..Past::default() });
        assert_eq!(said(&c), (verdict, format!("flash may grow by 256 B: disco: +300 B, 44 B over{finding}")));
        c
    };
    let c = check(vec![], Verdict::OverBudget, "");
    assert_eq!(acceptable(&c), [(flash(None), 300)], "all of the growth, not what is over");
    let c = check(vec![accepted('b', flash(None), 300)], Verdict::WithinBudget, ", accepted");
    let check_of = &c.budgets[0];
    assert!(check_of.holds && check_of.left[0].state == LeftState::Accepted && check_of.left[0].left == -44);
    assert_eq!((check_of.accepted[0].who.as_str(), check_of.accepted[0].why.as_str()), ("ada", "the table pays"));
    assert_eq!(acceptable(&c), [(flash(None), 300)], "asked again, the same");
    // Of another commit, another amount, another figure.
    check(vec![accepted('c', flash(None), 300)], Verdict::OverBudget, ", accepted at cccccccccc only");
    check(vec![accepted('b', flash(None), 299)], Verdict::OverBudget, ", 299 B of it accepted");
    check(vec![accepted('b', flash(Some("core")), 300)], Verdict::OverBudget, "");
    check(vec![accepted('b', fib(), 300)], Verdict::OverBudget, "");
    // The last word counts, wherever it stands.
    check(vec![accepted('b', flash(None), 300), accepted('c', flash(None), 1)], Verdict::WithinBudget, ", accepted");
}

#[test]
fn headroom_can_be_accepted_and_an_image_that_does_not_fit_cannot() {
    let full = Commit { rest: (1 << 20) - 1000, core: 500, ..OLD };
    let head = Commit { core: 900, ..full };
    let budget = "region = \"flash\"\nmin_headroom = 400";
    let c = judged(budget, full, head, &Past::default());
    assert_eq!(acceptable(&c), [(flash(None), 400)]);
    let past = Past { accepted: vec![accepted('b', flash(None), 400)], ..Past::default() };
    assert_eq!(said(&judged(budget, full, head, &past)).1, "flash must keep 400 B free: disco: 100 B free, 300 B short, accepted");
    let over = Commit { core: 1001, ..full };
    let past = Past { accepted: vec![accepted('b', flash(None), 501)], ..Past::default() };
    let c = judged(budget, full, over, &past);
    assert_eq!((c.verdict, c.budgets[0].rule.as_str(), c.budgets[0].holds), (Verdict::OverBudget, "an image must fit its regions", false));
    let any = judged("region = \"flash\"\nmax_growth = 9999", full, over, &Past::default());
    assert_eq!(acceptable(&any), []);
}

#[test]
fn the_baseline_moves_up_by_what_was_accepted() {
    // v1.2 had 1,000 B of core; then +200 landed, +300 landed and was accepted; the next one adds 50.
    let (base, head) = (Commit { core: 1500, ..OLD }, Commit { core: 1550, ..OLD });
    let core = || flash(Some("core"));
    let check = |landed: Vec<Accepted>, verdict, finding: &str| {
        let c = judged(CORE, base, head, &since_v1_2(OLD, landed));
        assert_eq!(said(&c), (verdict, format!("core in flash may grow by 256 B since v1.2: disco: {finding}")));
    };
    check(vec![], Verdict::OverBudget, "+550 B since v1.2 (+50 B here), 294 B over");
    let not_counted = "+250 B since v1.2 (+50 B here), 6 B left (2 %); 300 B accepted before not counted";
    check(vec![accepted('5', core(), 300)], Verdict::WithinBudget, not_counted);
    let twice = "+50 B since v1.2 (+50 B here), 206 B left (80 %); 500 B accepted before not counted";
    check(vec![accepted('5', core(), 300), accepted('6', core(), 200)], Verdict::WithinBudget, twice);
    // The whole region's is another figure.
    check(vec![accepted('5', flash(None), 300)], Verdict::OverBudget, "+550 B since v1.2 (+50 B here), 294 B over");
    // Accepted here, it moves the next one's baseline by all of this one's growth.
    let mut past = since_v1_2(OLD, vec![]);
    past.accepted = vec![accepted('b', core(), 50)];
    let c = judged(CORE, base, head, &past);
    assert_eq!((c.verdict, acceptable(&c)), (Verdict::WithinBudget, vec![(core(), 50)]));
}

#[test]
fn a_benchmark_that_was_not_run_has_the_figures_of_the_same_image() {
    let (base, mut head) = (OLD.measured('a'), OLD.measured('b'));
    let identical = |m: &mut Measurement, image| {
        let Outcome::Built { ledger, benches } = &mut m.outcome else { unreachable!() };
        ledger.image = ImageId::parse(&String::from(image).repeat(64)).unwrap();
        benches.values_mut().for_each(|b| *b = BenchOutcome::Identical);
    };
    identical(&mut head, 'a');
    assert_eq!(BoardFigures::of(&head, Some(&base)).unwrap().figure(&fib().figure), Some(50_000));
    assert_eq!(BoardFigures::of(&head, None).unwrap().figure(&fib().figure), None);
    identical(&mut head, 'c');
    assert_eq!(BoardFigures::of(&head, Some(&base)).unwrap().figure(&fib().figure), None, "another image's");
}

#[test]
fn the_past_is_plain_data() {
    let mut past = since_v1_2(OLD, vec![accepted('5', flash(Some("core")), 300), accepted('6', fib(), 9)]);
    past.accepted = vec![accepted('b', flash(None), 1)];
    assert_eq!(serde_json::from_str::<Past>(&serde_json::to_string(&past).unwrap()).unwrap(), past);
    let place = serde_json::to_string(&flash(Some("core"))).unwrap();
    assert_eq!(place, r#"{"board":"disco","of":"region","region":"flash","group":"core"}"#);
    let c = judged(CORE, OLD, Commit { core: 9999, ..OLD }, &past);
    assert_eq!(serde_json::from_str::<Comparison>(&serde_json::to_string(&c).unwrap()).unwrap(), c);
    let manifest = Manifest::parse(&format!("{BOARD}{CORE}\n[[budgets]]\nregion = \"flash\"\nmax_growth = 1\n")).unwrap();
    assert_eq!(manifest.sinces().into_iter().map(ToString::to_string).collect::<Vec<_>>(), ["v1.2"]);
}

/// Numbers from a seed: small ones, round ones, and those at the ends of what 64 bits hold.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
    fn figure(&mut self) -> u64 {
        match self.roll(8) {
            0 => 0,
            1 => u64::MAX - self.roll(3),
            2 => 1 << self.roll(63),
            3 => self.roll(u64::MAX),
            _ => self.roll(20_000),
        }
    }
}

#[test]
fn what_is_left_is_the_limit_less_what_is_used_and_no_excess_passes() {
    for seed in 1..=4000u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (old, base, head, moved) = (dice.figure(), dice.figure(), dice.figure(), dice.roll(500));
        let cumulative = dice.roll(2) == 0;
        let start = if cumulative { old.saturating_add(moved) } else { base };
        let hundredths = dice.roll(30_000);
        // Half of the time the limit is met, or missed by one.
        let exact = i128::from(head) - i128::from(start);
        let most = match dice.roll(4) {
            0 => exact,
            1 => exact - 1,
            _ => i128::from(dice.figure() / 2),
        };
        let most = i64::try_from(most.max(0)).unwrap_or(i64::MAX);
        let percent = dice.roll(2) == 0;
        let limit = if percent {
            format!("max_growth_percent = {}.{:02}", hundredths / 100, hundredths % 100)
        } else {
            format!("max_growth = {most}")
        };
        let since = if cumulative { "\nsince = \"v1.2\"" } else { "" };
        let past = since_v1_2(Commit { fib: old, ..OLD }, vec![accepted('5', fib(), moved)]);
        let budget = format!("metric = \"instructions\"\n{limit}{since}");
        let c = judged(&budget, Commit { fib: base, ..OLD }, Commit { fib: head, ..OLD }, &past);
        let (check, left) = (&c.budgets[0], &c.budgets[0].left[0]);
        // Said in whole numbers only, another way than in the code.
        let over = if percent { exact * 10_000 > i128::from(hundredths) * i128::from(start) } else { exact > i128::from(most) };
        let worse = !cumulative || head > base;
        assert_eq!(!check.holds, over && worse, "seed {seed}: {check:?}");
        assert_eq!(left.left < 0, over, "seed {seed}: {left:?}");
        let text = &check.findings[0];
        assert_eq!(text.contains(" over"), over, "seed {seed}: {text}");
        let narrow = |n: i64| n.unsigned_abs() < 1 << 62;
        if narrow(left.limit) && narrow(left.used) {
            assert_eq!(left.left, left.limit - left.used, "seed {seed}");
            assert_eq!(i128::from(left.used), exact, "seed {seed}");
        }
    }
}
