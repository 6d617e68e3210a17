//! Base and head, measured on a matrix of boards: what changed, whether it is within the budgets, and the answer in one word.
//!
//! Each board is compared by itself; the verdict is the worst of what they say: broken, over budget, incomplete, within budget,
//! unchanged. A board on which nothing can be judged (not measured, no image at the base, other tools on the two sides)
//! makes it incomplete, so that silence never looks like a pass. So does a benchmark that is valid on neither side, and a budget that could
//! not be judged on a benchmark it covers.

use crate::budget;
use crate::comparison::{
    BenchDelta, BenchSide, BoardComparison, BoardState, Compared, Comparison, Moved, RegionDelta, SCHEMA, SideReused, Tendency, Verdict,
};
use crate::cycles::{self, CycleDelta};
use crate::delta::{Profiles, function_deltas, region_deltas_with};
use crate::mean::{mean_log, ppm};
use crate::past::Past;
use crate::{why, written};
use ounce_protocol::ids::{BenchName, BoardName, CommitSha};
use ounce_protocol::manifest::{Board, FILE_NAME, Manifest};
use ounce_protocol::measurement::{BenchOutcome, Count, Cycles, Fingerprint, Ledger, Measurement, Outcome, RegionKind};
use ounce_protocol::units::{self, grouped};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be judged.
#[derive(Debug, Clone)]
pub struct Judgement<'a> {
    /// The base's manifest.
    pub manifest: &'a Manifest,
    /// The commit compared with.
    pub base: &'a CommitSha,
    /// The commit weighed.
    pub head: &'a CommitSha,
    /// What there is of each board. A board of the manifest that is not here counts as missing; others are ignored.
    pub boards: BTreeMap<BoardName, BoardInput<'a>>,
    /// Whether the head has another manifest than the base.
    pub manifest_changed: bool,
}

/// What there is of a board.
#[derive(Debug, Clone)]
pub enum BoardInput<'a> {
    /// Both commits were measured, with whatever outcome.
    Measured {
        /// The base.
        base: &'a Measurement,
        /// The head.
        head: &'a Measurement,
    },
    /// There is no measurement, for reasons of infrastructure.
    Missing {
        /// Why.
        detail: String,
    },
}

/// Compares the boards and says what the change is, with no past: budgets since a tag or a date are not judged, and say so.
pub fn judge(input: &Judgement<'_>) -> Comparison {
    judge_since(input, &Past::default())
}

/// Compares the boards and says what the change is, with what is known of the commits before and with what was accepted.
pub fn judge_since(input: &Judgement<'_>, past: &Past) -> Comparison {
    let mut notes = Vec::new();
    if input.manifest_changed {
        notes.push(format!("this change edits {FILE_NAME}; the base's was used"));
    }
    let mut findings = Findings::default();
    let boards: Vec<BoardComparison> =
        input.manifest.boards.iter().map(|(name, board)| compare_board(input, name, board, &mut findings)).collect();
    notes.append(&mut findings.notes);
    let budgets = budget::check(input, past, &boards);
    let verdict = if findings.broken {
        Verdict::Broken
    } else if budgets.iter().any(|b| !b.holds) {
        Verdict::OverBudget
    } else if findings.incomplete || budgets.iter().any(|b| b.not_judged().next().is_some()) {
        Verdict::Incomplete
    } else if boards.iter().any(has_changed) {
        Verdict::WithinBudget
    } else {
        Verdict::Unchanged
    };
    Comparison {
        schema: SCHEMA,
        project: input.manifest.name.clone(),
        base: input.base.clone(),
        head: input.head.clone(),
        verdict,
        boards,
        budgets,
        notes,
    }
}

/// What the boards say beside their figures.
#[derive(Default)]
struct Findings {
    broken: bool,
    incomplete: bool,
    notes: Vec<String>,
}

fn compare_board(input: &Judgement<'_>, name: &BoardName, board: &Board, findings: &mut Findings) -> BoardComparison {
    let mut fingerprint_changes = Vec::new();
    let state = match input.boards.get(name) {
        None => missing("nothing was measured", findings),
        Some(BoardInput::Missing { detail }) => missing(detail, findings),
        Some(BoardInput::Measured { base, head }) => match (&base.outcome, &head.outcome) {
            (Outcome::Failed { stage, log_tail }, head) => {
                findings.incomplete = true;
                let head_builds = matches!(head, Outcome::Built { .. });
                BoardState::BaseFailed { stage: *stage, log_tail: log_tail.clone(), head_builds }
            }
            (Outcome::Built { .. }, Outcome::Failed { stage, log_tail }) => {
                findings.broken = true;
                BoardState::HeadFailed { stage: *stage, log_tail: log_tail.clone() }
            }
            (Outcome::Built { ledger: base_ledger, benches: base_benches }, Outcome::Built { ledger, benches }) => {
                fingerprint_changes = tool_changes(&base.fingerprint, &head.fingerprint);
                if !fingerprint_changes.is_empty() {
                    findings.incomplete = true;
                    findings.notes.push(format!(
                        "{name}: its tools differ between base and head, so its differences are not this change's alone and no budget is applied to it"
                    ));
                }
                let comparable = fingerprint_changes.is_empty();
                let sides =
                    Sides { name, board, all: &input.boards, base: (base_ledger, base_benches), head: (ledger, benches), comparable };
                let mut compared = sides.compare(input.manifest, findings);
                for (is_head, side) in [(false, base), (true, head)] {
                    compared.reused.extend(side.reused.clone().map(|from| SideReused { is_head, from }));
                }
                BoardState::Compared(Box::new(compared))
            }
        },
    };
    BoardComparison { board: name.clone(), title: board.title(name).to_owned(), state, fingerprint_changes }
}

fn missing(detail: &str, findings: &mut Findings) -> BoardState {
    findings.incomplete = true;
    BoardState::Missing { detail: detail.to_owned() }
}

/// One sentence for each tool that differs.
fn tool_changes(base: &Fingerprint, head: &Fingerprint) -> Vec<String> {
    let tools: BTreeSet<&String> = base.0.keys().chain(head.0.keys()).collect();
    let changes = tools.into_iter().filter_map(|tool| match (base.0.get(tool), head.0.get(tool)) {
        (b, h) if b == h => None,
        (Some(b), Some(h)) => Some(format!("{tool}: {b} at the base, {h} at the head")),
        (Some(b), None) => Some(format!("{tool}: {b} at the base, nothing at the head")),
        (None, h) => Some(format!("{tool}: nothing at the base, {} at the head", h.map_or("", String::as_str))),
    });
    changes.collect()
}

type Benches = BTreeMap<BenchName, BenchOutcome>;

/// Two images of one board.
struct Sides<'a> {
    name: &'a BoardName,
    board: &'a Board,
    /// All boards: another one may have the same two images.
    all: &'a BTreeMap<BoardName, BoardInput<'a>>,
    base: (&'a Ledger, &'a Benches),
    head: (&'a Ledger, &'a Benches),
    /// The tools are the same.
    comparable: bool,
}

impl Sides<'_> {
    fn compare(&self, manifest: &Manifest, findings: &mut Findings) -> Compared {
        let identical = self.base.0.image == self.head.0.image;
        let mut regions = region_deltas_with(self.base.0, self.head.0, &self.exact_profiles(manifest, identical));
        why::explain(self.base.0, self.head.0, &mut regions, why::EXPLAINED_ROWS);
        written::locate(self.head.0, &mut regions, written::LOCATED_ROWS);
        self.note_regions(&regions, findings);
        let benches = self.compare_benches(manifest, identical, findings);
        let speed = Speed::of(&benches);
        let flash = regions.iter().filter(|r| r.kind == RegionKind::Flash);
        let bytes = flash.fold(0i64, |sum, r| sum.saturating_add(units::delta(r.base_bytes, r.head_bytes)));
        let way = speed.as_ref().map_or(0, |s| s.way);
        Compared {
            identical,
            tendency: tendency(bytes.signum(), way),
            exchange: speed.as_ref().filter(|_| self.comparable).and_then(|s| exchange(bytes, s)),
            regions,
            benches,
            instructions_ppm: speed.map(|s| s.ppm),
            reused: Vec::new(),
        }
    }

    /// An image over its region, and bytes in no region.
    fn note_regions(&self, regions: &[RegionDelta], findings: &mut Findings) {
        let name = self.name;
        for region in regions {
            let over = |used: u64| used.saturating_sub(region.size_bytes);
            match (over(region.base_bytes), over(region.head_bytes)) {
                (_, 0) => {}
                (0, head) => {
                    findings.notes.push(format!("{name}: {} over by {} B", region.name, grouped(head)));
                }
                (base, head) => {
                    findings.notes.push(format!(
                        "{name}: {} over by {} B; the base was over by {} B",
                        region.name,
                        grouped(head),
                        grouped(base)
                    ));
                }
            }
        }
        if let Some(first) = self.head.0.outside.first() {
            let bytes = self.head.0.outside.iter().fold(0u64, |sum, o| sum.saturating_add(o.bytes));
            findings.notes.push(format!(
                "{name}: {} B of the image are in no declared region, the first at {:#x}",
                grouped(bytes),
                first.start
            ));
        }
    }

    /// Those that run on this board, in the manifest's order; none where nothing was run.
    fn benchmarks<'m>(&self, manifest: &'m Manifest) -> impl Iterator<Item = &'m BenchName> {
        let ran = self.board.run.is_some() && !(self.base.1.is_empty() && self.head.1.is_empty());
        manifest.benchmarks.iter().filter(move |(_, bench)| ran && bench.runs_on(self.name)).map(|(name, _)| name)
    }

    /// What came of a benchmark on both sides; that of the base for both where the image is the same and was not run twice.
    fn outcomes(&self, name: &BenchName, identical: bool) -> (Option<&BenchOutcome>, Option<&BenchOutcome>) {
        let at_base = self.base.1.get(name).filter(|b| !matches!(b, BenchOutcome::Identical));
        let at_head = match self.head.1.get(name) {
            Some(BenchOutcome::Identical) if identical => at_base,
            Some(BenchOutcome::Identical) => None,
            other => other,
        };
        (at_base, at_head)
    }

    /// What a benchmark counts exactly with the same two images on another board: its twin in an emulator.
    fn counted_elsewhere(&self, name: &BenchName, figure: impl Fn(&Count) -> Option<u64>) -> Option<Moved> {
        let exact = |measurement: &Measurement, ledger: &Ledger| match &measurement.outcome {
            Outcome::Built { ledger: other, benches } if other.image == ledger.image => match benches.get(name) {
                Some(BenchOutcome::Counted(count)) if is_exact(count) => figure(count),
                _ => None,
            },
            _ => None,
        };
        self.all.values().find_map(|input| match input {
            BoardInput::Measured { base, head } => Some(Moved { base: exact(base, self.base.0)?, head: exact(head, self.head.0)? }),
            BoardInput::Missing { .. } => None,
        })
    }

    /// The profiles of the benchmarks counted exactly on both sides, without the empty one.
    fn exact_profiles(&self, manifest: &Manifest, identical: bool) -> Profiles {
        let mut profiles = Profiles::default();
        for name in self.benchmarks(manifest).filter(|name| manifest.markers.empty.as_ref() != Some(name)) {
            let (at_base, at_head) = self.outcomes(name, identical);
            let exact = [at_base, at_head].into_iter().all(|o| matches!(o, Some(BenchOutcome::Counted(count)) if is_exact(count)));
            if let (true, Some(b), Some(h)) = (exact, profile(at_base), profile(at_head))
                && !b.is_empty()
                && !h.is_empty()
            {
                profiles.add(b, h);
            }
        }
        profiles
    }

    fn compare_benches(&self, manifest: &Manifest, identical: bool, findings: &mut Findings) -> Vec<BenchDelta> {
        let mut noisy = Vec::new();
        let mut deltas = Vec::new();
        for name in self.benchmarks(manifest) {
            let (at_base, at_head) = self.outcomes(name, identical);
            let (base_side, head_side) = (side(at_base), side(at_head));
            self.note_bench(name, &base_side, &head_side, findings);
            if [&base_side, &head_side].into_iter().any(|s| matches!(s, BenchSide::Counted { exact: false, .. })) {
                noisy.push(name.as_str());
            }
            if manifest.markers.empty.as_ref() == Some(name) {
                continue;
            }
            let functions = match (profile(at_base), profile(at_head)) {
                (Some(b), Some(h)) if !b.is_empty() && !h.is_empty() => function_deltas(b, h),
                _ => Vec::new(),
            };
            let cycles = cycles_of(at_base).zip(cycles_of(at_head)).and_then(|(base, head)| cycles::judge(base, head));
            let cycles = cycles.map(|cycles| CycleDelta {
                instructions: self.counted_elsewhere(name, |count| Some(count.instructions)),
                estimated: self.counted_elsewhere(name, |count| count.estimated_cycles),
                ..cycles
            });
            deltas.push(BenchDelta { name: name.clone(), base: base_side, head: head_side, functions, cycles });
        }
        if !noisy.is_empty() {
            findings.notes.push(format!(
                "{}: the two takes differ, so these figures are noisy and not judged: {}",
                self.name,
                noisy.join(", ")
            ));
        }
        deltas
    }

    /// What broke, and what is not there.
    fn note_bench(&self, name: &BenchName, base: &BenchSide, head: &BenchSide, findings: &mut Findings) {
        let board = self.name;
        match (base, head) {
            (base, BenchSide::Failed { why, .. }) if base.is_valid() => {
                findings.broken = true;
                findings.notes.push(format!("{board}, {name}: valid at the base, not at the head: {}", why.word()));
            }
            (base, BenchSide::NoFit { .. }) if base.is_valid() => {
                findings.broken = true;
                findings.notes.push(format!("{board}, {name}: valid at the base, does not fit at the head"));
            }
            (BenchSide::Failed { why: then, .. }, BenchSide::Failed { why: now, .. }) => {
                findings.incomplete = true;
                let how = if then == now { now.word().to_owned() } else { format!("{}, now {}", then.word(), now.word()) };
                findings.notes.push(format!("{board}, {name}: valid neither at the base nor at the head, so not judged: {how}"));
            }
            (BenchSide::NoFit { .. }, BenchSide::Failed { why, .. }) => {
                findings.notes.push(format!("{board}, {name}: did not fit at the base, not valid at the head: {}", why.word()));
            }
            (base, BenchSide::Absent) if *base != BenchSide::Absent => {
                findings.incomplete = true;
                findings.notes.push(format!("{board}, {name}: not measured at the head"));
            }
            (BenchSide::Absent, head) if *head != BenchSide::Absent => {
                findings.incomplete = true;
                findings.notes.push(format!("{board}, {name}: not measured at the base"));
            }
            (BenchSide::Absent, BenchSide::Absent) => {
                findings.incomplete = true;
                findings.notes.push(format!("{board}, {name}: not measured"));
            }
            _ => {}
        }
    }
}

fn side(outcome: Option<&BenchOutcome>) -> BenchSide {
    match outcome {
        Some(BenchOutcome::Counted(count)) => BenchSide::Counted {
            instructions: count.instructions,
            exact: is_exact(count),
            stack_peak_bytes: count.stack_peak_bytes,
            heap_peak_bytes: count.heap_peak_bytes,
            estimated_cycles: count.estimated_cycles,
        },
        Some(BenchOutcome::Ran { stack_peak_bytes, heap_peak_bytes, .. }) => {
            BenchSide::Ran { stack_peak_bytes: *stack_peak_bytes, heap_peak_bytes: *heap_peak_bytes }
        }
        Some(BenchOutcome::NoFit { detail }) => BenchSide::NoFit { detail: detail.clone() },
        Some(BenchOutcome::Failed { why, detail }) => BenchSide::Failed { why: *why, detail: detail.clone() },
        Some(BenchOutcome::Identical) | None => BenchSide::Absent,
    }
}

fn cycles_of(outcome: Option<&BenchOutcome>) -> Option<&Cycles> {
    match outcome {
        Some(BenchOutcome::Ran { cycles, .. }) => cycles.as_ref(),
        _ => None,
    }
}

fn is_exact(count: &Count) -> bool {
    count.second_take.is_none_or(|second| second == count.instructions)
}

fn profile(outcome: Option<&BenchOutcome>) -> Option<&[ounce_protocol::measurement::FunctionCount]> {
    match outcome {
        Some(BenchOutcome::Counted(count)) => Some(&count.profile),
        _ => None,
    }
}

/// How the instructions of all benchmarks moved together.
struct Speed {
    /// Geometric mean of head over base, in millionths, less one million.
    ppm: i64,
    /// −1 fewer, 1 more, 0 where they are the same or balance.
    way: i64,
}

impl Speed {
    /// Of the benchmarks counted exactly on both sides; a count of 0 is taken as 1.
    #[expect(clippy::cast_possible_truncation, reason = "a sign is −1, 0 or 1")]
    fn of(benches: &[BenchDelta]) -> Option<Speed> {
        // Below this a mean of logarithms is the error of its own sum.
        const BALANCED: f64 = 1e-12;
        let exact = |side: &BenchSide| match side {
            BenchSide::Counted { instructions, exact: true, .. } => Some(*instructions),
            _ => None,
        };
        let mean = mean_log(benches.iter().filter_map(|b| Some((exact(&b.base)?, exact(&b.head)?))))?;
        let way = if mean.abs() < BALANCED { 0 } else { mean.signum() as i64 };
        Some(Speed { ppm: ppm(mean), way })
    }
}

/// From the direction of flash bytes and of instructions: −1, 0 or 1 each.
fn tendency(bytes: i64, instructions: i64) -> Tendency {
    match (bytes, instructions) {
        (0, 0) => Tendency::Free,
        (b, i) if b <= 0 && i <= 0 => Tendency::Win,
        (b, i) if b >= 0 && i >= 0 => Tendency::Cost,
        _ => Tendency::Trade,
    }
}

/// Bytes against instructions, where both moved.
fn exchange(bytes: i64, speed: &Speed) -> Option<String> {
    if bytes == 0 || speed.way == 0 {
        return None;
    }
    let amount = grouped(bytes.unsigned_abs());
    let hundredths = speed.ppm.unsigned_abs().saturating_add(50) / 100;
    let percent = if hundredths == 0 { "<0.01 %".to_owned() } else { format!("{}.{:02} %", grouped(hundredths / 100), hundredths % 100) };
    Some(match (bytes > 0, speed.way > 0) {
        (true, false) => format!("{amount} B for {percent} fewer instructions"),
        (false, true) => format!("{amount} B saved for {percent} more instructions"),
        (false, false) => format!("{amount} B saved and {percent} fewer instructions"),
        (true, true) => format!("{amount} B and {percent} more instructions"),
    })
}

fn has_changed(board: &BoardComparison) -> bool {
    match &board.state {
        BoardState::Compared(compared) => {
            compared.regions.iter().any(|r| r.base_bytes != r.head_bytes || !r.rows.is_empty())
                || compared.benches.iter().any(bench_changed)
        }
        // Neither is unchanged, whatever the verdict makes of it.
        BoardState::HeadFailed { .. } | BoardState::BaseFailed { .. } => true,
        BoardState::Missing { .. } => false,
    }
}

fn bench_changed(bench: &BenchDelta) -> bool {
    match (&bench.base, &bench.head) {
        // Noise is no change.
        (BenchSide::Counted { exact: false, .. }, BenchSide::Counted { .. })
        | (BenchSide::Counted { .. }, BenchSide::Counted { exact: false, .. }) => false,
        _ if bench.cycles.is_some_and(|cycles| cycles.answer == cycles::Answer::Different) => true,
        (base, head) if base.is_valid() || head.is_valid() => bench.base != bench.head || !bench.functions.is_empty(),
        // Details of a failure may hold addresses; its kind is what counts.
        (BenchSide::Failed { why: base, .. }, BenchSide::Failed { why: head, .. }) => base != head,
        (base, head) => std::mem::discriminant(base) != std::mem::discriminant(head),
    }
}
