//! What one commit weighs on one board: the ledger of its bytes and the outcome of each benchmark.
//!
//! This is what a runner uploads and what the store keeps. Sizes are bytes, counts are instructions. Text that comes
//! from a build or a board (symbol names, logs) is hostile and is escaped where it is rendered, not here.

use crate::ids::{BenchName, BoardName, CommitSha, RunKey};
pub use crate::ledger::{Anatomy, Inlined, Ledger, OutsideRange, Owner, Part, RegionKind, RegionLedger, Row, Source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of this format, in each document's `schema` field.
pub const SCHEMA: u32 = 1;

/// Everything measured for one commit on one board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measurement {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The board of the manifest.
    pub board: BoardName,
    /// The commit that was built.
    pub commit: CommitSha,
    /// With what it was built and run. Figures of different fingerprints are not subtracted silently.
    pub fingerprint: Fingerprint,
    /// What came of it.
    pub outcome: Outcome,
    /// What the benchmarks' figures depend on; none where nothing is to be run, or it was run on a unit of a lab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_key: Option<RunKey>,
    /// Whose figures the benchmarks' are: of the same [`RunKey`], so that nothing was run again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reused: Option<Reused>,
}

/// A measurement whose figures another one has too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reused {
    /// The server's run that it belongs to.
    pub run: i64,
    /// The commit that it is of.
    pub commit: CommitSha,
}

/// The tools behind a figure, as each tool names itself: one line a tool, such as `rustc: rustc 1.96.0 (…)`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub BTreeMap<String, String>);

/// Whether there is an image, and what it weighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// The build gave an image.
    Built {
        /// Its bytes.
        ledger: Ledger,
        /// Each benchmark's outcome, by name; the one declared `empty` among them.
        benches: BTreeMap<BenchName, BenchOutcome>,
    },
    /// There is no image.
    Failed {
        /// How far it came.
        stage: Stage,
        /// The last lines of the log, at most [`LOG_TAIL_BYTES_MAX`].
        log_tail: String,
    },
}

/// Longest log tail kept with a failed build, bytes.
pub const LOG_TAIL_BYTES_MAX: usize = 4096;

/// A step on the way from a commit to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Getting the commit's files.
    Checkout,
    /// The manifest's `fetch` command.
    Fetch,
    /// The board's `build` command.
    Build,
    /// Reading the ELF it should have left.
    Read,
}

impl Stage {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Checkout => "checkout",
            Stage::Fetch => "fetch",
            Stage::Build => "build",
            Stage::Read => "reading the ELF",
        }
    }
}

/// What came of one benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BenchOutcome {
    /// It ran and its output was right.
    Counted(Count),
    /// It ran on a board, where nobody counts instructions, and its output was right.
    Ran {
        /// Most bytes of stack in use, where the stack's window is known.
        #[serde(default)]
        stack_peak_bytes: Option<u64>,
        /// Most bytes of the firmware's own heap in use, where it says so.
        #[serde(default)]
        heap_peak_bytes: Option<u64>,
        /// Cycles counted on the core, where the unit counts them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cycles: Option<Cycles>,
    },
    /// The board cannot hold the program: a row of the report, not an error.
    NoFit {
        /// What the firmware said, or by how much it does not fit.
        detail: String,
    },
    /// The image is the base's, byte for byte; the base's figures hold.
    Identical,
    /// It did not give a valid result.
    Failed {
        /// What kind of failure.
        why: BenchFailure,
        /// For people: what was seen, and what was expected.
        detail: String,
    },
}

/// Blocks and pairs of a benchmark that are taken at most, and takes of a block.
pub const CYCLE_SAMPLES_MAX: usize = 256;

/// Cycles of one benchmark at one commit, counted on a board's core. Noisy: what they mean is only said beside the other side's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycles {
    /// What counted them: `DWT CYCCNT`, `SysTick`.
    pub counter: String,
    /// In the order in which they were measured, in turns with those of the other side.
    pub blocks: Vec<Block>,
    /// How far two blocks of one binary lay apart on this unit and benchmark before, oldest first; with the base only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<Apart>,
    /// How far a rebuild alone moved this benchmark on this unit, parts per million, where layout variants were measured; with the base only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout_ppm: Option<u32>,
    /// What the chip told after each block, where it can tell anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Conditions>,
}

/// What a chip told of itself while it was measured, as far as it can.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditions {
    /// Its temperature, quarters of a degree Celsius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_quarter_c: Option<i16>,
    /// Its supply, millivolts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply_mv: Option<u32>,
}

/// How far two blocks of takes of one binary lie apart, parts per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apart {
    /// By their least takes.
    pub least_ppm: u32,
    /// By their medians.
    pub median_ppm: u32,
}

/// Takes of one binary that was flashed once, the cost of the empty benchmark subtracted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The first after flashing, which stands apart.
    pub cold: u64,
    /// The others.
    pub warm: Vec<u64>,
}

/// Exact figures of one benchmark. Counted twice; where the two takes differ, both are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Instructions between the markers, the cost of the empty benchmark subtracted where there is one.
    pub instructions: u64,
    /// The second take, where it differs from the first: the metric is then noisy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_take: Option<u64>,
    /// Most bytes of stack in use, the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_peak_bytes: Option<u64>,
    /// Most bytes of the firmware's own heap in use, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heap_peak_bytes: Option<u64>,
    /// Cycles of a core without wait states, from the instructions executed, where the board's core has a model; the empty benchmark's subtracted.
    /// Not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_cycles: Option<u64>,
    /// Instructions by function, largest first, the empty benchmark's subtracted function by function; sums to `instructions`.
    pub profile: Vec<FunctionCount>,
}

/// Instructions executed in one function itself, without its callees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCount {
    /// Demangled name, or `?` for addresses outside any function symbol.
    pub name: String,
    /// Instructions.
    pub instructions: u64,
}

/// Ways a benchmark fails, told apart because a reader does something different for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BenchFailure {
    /// The instruction budget or the time limit was used up.
    Hang,
    /// The firmware panicked.
    Panic,
    /// HardFault or an unexpected trap.
    Fault,
    /// It ended without having printed anything.
    Silent,
    /// What it printed is not text.
    Garbage,
    /// It printed something else than the expected result.
    WrongResult,
    /// The program ended with an uncaught exception.
    Exception,
    /// The firmware refused the program.
    Refused,
    /// The markers were not met once each, in order.
    Markers,
    /// Any other exit.
    Exit,
}

impl BenchFailure {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            BenchFailure::Hang => "hangs",
            BenchFailure::Panic => "panics",
            BenchFailure::Fault => "faults",
            BenchFailure::Silent => "prints nothing",
            BenchFailure::Garbage => "prints garbage",
            BenchFailure::WrongResult => "wrong result",
            BenchFailure::Exception => "uncaught exception",
            BenchFailure::Refused => "program refused",
            BenchFailure::Markers => "markers not met",
            BenchFailure::Exit => "unexpected exit",
        }
    }
}

impl Measurement {
    /// The ledger, where there is an image.
    pub fn ledger(&self) -> Option<&Ledger> {
        match &self.outcome {
            Outcome::Built { ledger, .. } => Some(ledger),
            Outcome::Failed { .. } => None,
        }
    }

    /// The benchmarks' outcomes, where each of them ran here and gave one exact figure: what another measurement of the same [`RunKey`] may take over.
    pub fn exact(&self) -> Option<(&RunKey, &BTreeMap<BenchName, BenchOutcome>)> {
        let Outcome::Built { benches, .. } = &self.outcome else { return None };
        let is_exact = |outcome: &BenchOutcome| matches!(outcome, BenchOutcome::Counted(count) if count.second_take.is_none());
        let exact = self.reused.is_none() && !benches.is_empty() && benches.values().all(is_exact);
        self.run_key.as_ref().filter(|_| exact).map(|key| (key, benches))
    }

    /// Whether a benchmark was not run here because the image is the base's, whose figures hold.
    pub fn has_identical(&self) -> bool {
        let Outcome::Built { benches, .. } = &self.outcome else { return false };
        benches.values().any(|outcome| matches!(outcome, BenchOutcome::Identical))
    }

    /// Checks what a runner sent: sums, limits and the schema. The message names the first thing that is wrong.
    pub fn check(&self) -> Result<(), String> {
        if self.schema != SCHEMA {
            return Err(format!("schema {} where {SCHEMA} is spoken here", self.schema));
        }
        match &self.outcome {
            Outcome::Failed { log_tail, .. } if log_tail.len() > LOG_TAIL_BYTES_MAX => {
                Err(format!("log tail of {} bytes, at most {LOG_TAIL_BYTES_MAX}", log_tail.len()))
            }
            Outcome::Failed { .. } => Ok(()),
            Outcome::Built { benches, .. } if benches.values().any(has_too_many_samples) => {
                Err(format!("more than {CYCLE_SAMPLES_MAX} blocks, takes or pairs of cycles"))
            }
            Outcome::Built { ledger, .. } => ledger.regions.iter().try_for_each(|region| {
                let sum = region.rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.bytes));
                if sum == region.used_bytes {
                    Ok(())
                } else {
                    Err(format!("region {}: rows sum to {sum} B, used is {} B", region.name, region.used_bytes))
                }
            }),
        }
    }
}

fn has_too_many_samples(outcome: &BenchOutcome) -> bool {
    let BenchOutcome::Ran { cycles: Some(cycles), .. } = outcome else { return false };
    let lengths =
        cycles.blocks.iter().map(|block| block.warm.len()).chain([cycles.blocks.len(), cycles.pairs.len(), cycles.conditions.len()]);
    lengths.into_iter().any(|length| length > CYCLE_SAMPLES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ImageId, RegionName};

    fn measured(rows: &[u64], used_bytes: u64) -> Measurement {
        let row = |&bytes| Row { name: "f".into(), group: "C".into(), section: ".text".into(), bytes, ..Row::default() };
        let region = RegionLedger {
            name: RegionName::parse("flash").unwrap(),
            kind: RegionKind::Flash,
            size_bytes: 10,
            used_bytes,
            rows: rows.iter().map(row).collect(),
        };
        let ledger = Ledger { image: ImageId::parse(&"0".repeat(64)).unwrap(), regions: vec![region], outside: vec![], anatomy: None };
        Measurement {
            run_key: None,
            reused: None,
            schema: SCHEMA,
            board: BoardName::parse("b").unwrap(),
            commit: CommitSha::parse(&"1".repeat(40)).unwrap(),
            fingerprint: Fingerprint::default(),
            outcome: Outcome::Built { ledger, benches: BTreeMap::new() },
        }
    }

    #[test]
    fn a_ledger_that_does_not_add_up_is_refused() {
        let check = |rows: &[u64], used, ok: bool| assert_eq!(measured(rows, used).check().is_ok(), ok, "{rows:?} {used}");
        check(&[3, 4], 7, true);
        check(&[3, 4], 8, false);
        check(&[u64::MAX, 4], 3, false);
        check(&[], 0, true);
    }

    #[test]
    fn an_image_over_its_region_has_negative_headroom() {
        let m = measured(&[222], 222);
        assert_eq!(m.ledger().unwrap().regions[0].headroom_bytes(), -212);
    }

    #[test]
    fn a_measurement_survives_json() {
        let m = measured(&[3, 4], 7);
        let text = serde_json::to_string(&m).unwrap();
        assert_eq!(serde_json::from_str::<Measurement>(&text).unwrap(), m);
    }
}
