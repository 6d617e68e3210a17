//! What was before a comparison, as plain data: the figures at the commits that budgets count from, and the growth that people accepted.
//!
//! Whoever has a history fills it in (the server from its rows, the desk tool by measuring the commit); the judge only reads it. What is not
//! here is not known, and a budget that needs it says so.

use crate::comparison::{Comparison, LeftState};
use ounce_protocol::ids::{BenchName, BoardName, CommitSha, RegionName};
use ounce_protocol::manifest::{BenchMetric, Since};
use ounce_protocol::measurement::{BenchOutcome, Fingerprint, Measurement, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tools that run an image and take no part in building it: where only these differ, sizes can still be subtracted.
const RUNS_ONLY: [&str; 4] = ["chip", "clock", "counter", "emulator"];

/// What a board is budgeted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Figure {
    /// Bytes used of a region.
    Region {
        /// The region.
        region: RegionName,
        /// Only what this group owns of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
    },
    /// A figure of a benchmark.
    Bench {
        /// The benchmark.
        benchmark: BenchName,
        /// Which of its figures.
        metric: BenchMetric,
    },
}

impl Figure {
    /// ` B` where it is bytes, nothing where it is instructions.
    pub fn unit(&self) -> &'static str {
        if matches!(self, Figure::Bench { metric: BenchMetric::Instructions, .. }) { "" } else { " B" }
    }
}

/// A figure on a board: what a budget judges and what an acceptance accepts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The board.
    pub board: BoardName,
    /// The figure.
    #[serde(flatten)]
    pub figure: Figure,
}

/// Growth of one figure at one commit that someone accepted. One word of acceptance gives one of these for each place it covers: those
/// of [`acceptable`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Who accepted it, as the forge names them.
    pub who: String,
    /// Why, in their words.
    pub why: String,
    /// When, as text for people; the judge knows no clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_text: Option<String>,
    /// The commit that was accepted: a comparison's head.
    pub sha: CommitSha,
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// How much the figure grew there, all of it and not only what was over the limit. Bytes or instructions.
    pub growth: u64,
}

/// A board's figures at one commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardFigures {
    /// With what they were taken.
    pub fingerprint: Fingerprint,
    /// Of each region.
    pub regions: BTreeMap<RegionName, RegionFigure>,
    /// Of each benchmark that was counted exactly.
    pub benches: BTreeMap<BenchName, BenchFigures>,
}

/// What is used of a region.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionFigure {
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes by group, where the ledger is still there: then a group that is not listed had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<BTreeMap<String, u64>>,
}

/// A benchmark's figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenchFigures {
    /// Instructions.
    pub instructions: Option<u64>,
    /// Stack peak, bytes.
    pub stack: Option<u64>,
    /// Heap peak, bytes.
    pub heap: Option<u64>,
}

impl BoardFigures {
    /// The figures of a measurement; `None` where there is no image. A noisy count is no figure. Where the benchmarks were not run because the
    /// image is the base's, they are those of `base`.
    pub fn of(measurement: &Measurement, base: Option<&Measurement>) -> Option<BoardFigures> {
        let Outcome::Built { ledger, benches } = &measurement.outcome else { return None };
        let mut regions = BTreeMap::new();
        for region in &ledger.regions {
            let mut groups = BTreeMap::new();
            for row in &region.rows {
                let sum: &mut u64 = groups.entry(row.group.clone()).or_default();
                *sum = sum.saturating_add(row.bytes);
            }
            regions.insert(region.name.clone(), RegionFigure { bytes: region.used_bytes, groups: Some(groups) });
        }
        let at_base = |name| match base.map(|b| &b.outcome) {
            Some(Outcome::Built { ledger: base, benches }) if base.image == ledger.image => benches.get(name),
            _ => None,
        };
        let figures = benches.iter().filter_map(|(name, outcome)| {
            let outcome = if matches!(outcome, BenchOutcome::Identical) { at_base(name)? } else { outcome };
            let count = match outcome {
                BenchOutcome::Counted(count) => count,
                BenchOutcome::Ran { stack_peak_bytes: stack, heap_peak_bytes: heap, .. } => {
                    return Some((name.clone(), BenchFigures { instructions: None, stack: *stack, heap: *heap }));
                }
                _ => return None,
            };
            let exact = count.second_take.is_none_or(|second| second == count.instructions);
            let figures =
                BenchFigures { instructions: Some(count.instructions), stack: count.stack_peak_bytes, heap: count.heap_peak_bytes };
            exact.then(|| (name.clone(), figures))
        });
        Some(BoardFigures { fingerprint: measurement.fingerprint.clone(), regions, benches: figures.collect() })
    }

    /// The figure, where it is known.
    pub fn figure(&self, figure: &Figure) -> Option<u64> {
        match figure {
            Figure::Region { region, group: None } => self.regions.get(region).map(|r| r.bytes),
            Figure::Region { region, group: Some(group) } => {
                let groups = self.regions.get(region)?.groups.as_ref()?;
                Some(groups.get(group).copied().unwrap_or(0))
            }
            Figure::Bench { benchmark, metric } => {
                let bench = self.benches.get(benchmark)?;
                match metric {
                    BenchMetric::Instructions => bench.instructions,
                    BenchMetric::Stack => bench.stack,
                    BenchMetric::Heap => bench.heap,
                }
            }
        }
    }

    /// The first tool, by name, that bears on the figure and is another one now.
    pub(crate) fn other_tool<'a>(&'a self, now: &'a Fingerprint, figure: &Figure) -> Option<&'a str> {
        let is_run = matches!(figure, Figure::Bench { .. });
        let tools = self.fingerprint.0.keys().chain(now.0.keys());
        tools.filter(|tool| bears(tool, is_run) && self.fingerprint.0.get(*tool) != now.0.get(*tool)).map(String::as_str).min()
    }
}

/// Whether a tool bears on a figure: what only runs images has no say in their sizes.
fn bears(tool: &str, is_run: bool) -> bool {
    is_run || !RUNS_ONLY.contains(&tool)
}

/// The tools that bear on what a run of an image gives, or else on its sizes. Figures are of one series where these are the same.
pub fn tools_behind(fingerprint: &Fingerprint, is_run: bool) -> Fingerprint {
    Fingerprint(fingerprint.0.iter().filter(|(tool, _)| bears(tool, is_run)).map(|(tool, which)| (tool.clone(), which.clone())).collect())
}

/// The figures that budgets since a tag or a date count from, and what was accepted on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// As the manifest writes it.
    pub since: Since,
    /// The commit; `None` where there is no such tag, or no commit before the day.
    pub sha: Option<CommitSha>,
    /// The figures there.
    pub boards: BTreeMap<BoardName, BoardFigures>,
    /// What was accepted of the commits that landed after it, up to the comparison's base, the base included. The baseline moves up by it.
    pub accepted: Vec<Accepted>,
}

impl Baseline {
    /// The growth accepted at a place since.
    pub fn accepted_at(&self, place: &Place) -> u64 {
        self.accepted.iter().filter(|a| a.place == *place).fold(0, |sum, a| sum.saturating_add(a.growth))
    }
}

/// All that a judge is told of the past.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// One for each of [`Manifest::sinces`](ounce_protocol::manifest::Manifest::sinces) that something is known of.
    pub baselines: Vec<Baseline>,
    /// What was accepted of the change that is judged, oldest first. Those of another head are not counted; a finding says so.
    pub accepted: Vec<Accepted>,
}

/// What someone who accepts the comparison accepts: each place where a budget is exceeded, or was and is accepted already, with all that
/// the change grows there. In order, each place once. An image that does not fit its region cannot be accepted.
pub fn acceptable(comparison: &Comparison) -> Vec<(Place, u64)> {
    let all = comparison.budgets.iter().flat_map(|budget| &budget.left);
    let over = all.filter(|left| left.state != LeftState::Holds && left.growth > 0);
    let places: BTreeMap<Place, u64> = over.map(|left| (left.place.clone(), left.growth.unsigned_abs())).collect();
    places.into_iter().collect()
}
