//! The comparison of two commits over a matrix of boards: what the judge says and the scribe writes.
//!
//! Plain data, without times and without ids of any server, so that the desk tool and the service give the same bytes.
//! Schema 1, stated in docs/interfaces.md.

use crate::cycles::CycleDelta;
use crate::past::Place;
use ounce_protocol::ids::{BenchName, BoardName, CommitSha, RegionName};
use ounce_protocol::measurement::{BenchFailure, Owner, RegionKind, Reused, Stage};
use ounce_protocol::units::delta;
use serde::{Deserialize, Serialize};

/// The version of this format, in the `schema` field.
pub const SCHEMA: u32 = 1;

/// Two commits, compared on all boards of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The project's name in the manifest.
    pub project: String,
    /// The commit compared with.
    pub base: CommitSha,
    /// The commit weighed.
    pub head: CommitSha,
    /// The answer in one word, for the check.
    pub verdict: Verdict,
    /// One entry a board, in the manifest's order.
    pub boards: Vec<BoardComparison>,
    /// Each budget that applies somewhere, with its worst case first.
    pub budgets: Vec<BudgetCheck>,
    /// Things the reader must know beside the figures, one sentence each: "this pull request changes ounce.toml; the base's was used".
    pub notes: Vec<String>,
}

/// The answer for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All boards measured, nothing changed.
    Unchanged,
    /// Something changed, all within the budgets.
    WithinBudget,
    /// At least one budget is exceeded.
    OverBudget,
    /// A board that worked at the base fails at the head: it does not build, or a benchmark is not valid any more.
    Broken,
    /// Boards are missing for reasons of infrastructure, or cannot be judged: no image at the base, or other tools on the two sides. Or a
    /// benchmark is absent or not valid on both sides, or a budget covers one it could not be judged on. What is there is within the budgets.
    /// Never red.
    Incomplete,
}

impl Verdict {
    /// Whether the check fails.
    pub fn is_failure(self) -> bool {
        matches!(self, Verdict::OverBudget | Verdict::Broken)
    }
}

/// One board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardComparison {
    /// The board's name.
    pub board: BoardName,
    /// Its title.
    pub title: String,
    /// What could be compared.
    pub state: BoardState,
    /// Where the tools of the two sides differ: one sentence for each tool. The figures are then not subtracted.
    pub fingerprint_changes: Vec<String>,
}

/// What could be compared on a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum BoardState {
    /// Both sides have an image.
    Compared(Box<Compared>),
    /// The base has an image, the head has none: the change breaks it.
    HeadFailed {
        /// How far it came.
        stage: Stage,
        /// The last lines of the log.
        log_tail: String,
    },
    /// The base has no image; the head may have one.
    BaseFailed {
        /// How far it came.
        stage: Stage,
        /// The last lines of the base's log.
        log_tail: String,
        /// Whether the head builds.
        head_builds: bool,
    },
    /// No measurement for reasons of infrastructure.
    Missing {
        /// Why.
        detail: String,
    },
}

/// Both sides of a board, with their differences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The loadable bytes are the same: nothing was run twice.
    pub identical: bool,
    /// Which way it goes.
    pub tendency: Tendency,
    /// Where both bytes and instructions moved, the exchange rate in words: "128 B for 1.2 % fewer instructions".
    pub exchange: Option<String>,
    /// The manifest's regions, in its order.
    pub regions: Vec<RegionDelta>,
    /// The benchmarks, in the manifest's order, without the empty one.
    pub benches: Vec<BenchDelta>,
    /// Geometric mean of the head's over the base's instructions of all benchmarks counted exactly on both sides, in parts per million less one
    /// million (−1 200 is 0.12 % fewer); `None` where no benchmark has both. Noisy counts are left out.
    pub instructions_ppm: Option<i64>,
    /// Sides whose benchmarks were not run again, because the same bytes had been.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reused: Vec<SideReused>,
}

impl Compared {
    /// Head less base, all regions of a kind together, bytes.
    pub fn bytes_moved(&self, kind: RegionKind) -> i64 {
        let regions = self.regions.iter().filter(|region| region.kind == kind);
        regions.fold(0i64, |sum, region| sum.saturating_add(delta(region.base_bytes, region.head_bytes)))
    }
}

/// A side that has the figures of an earlier measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideReused {
    /// True for the head.
    pub is_head: bool,
    /// Which measurement.
    pub from: Reused,
}

/// Which way a change goes on a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tendency {
    /// Smaller and not slower, or faster and not larger.
    Win,
    /// One for the other.
    Trade,
    /// Larger and not faster, or slower and not smaller.
    Cost,
    /// Neither size nor instructions moved.
    Free,
}

/// One region on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionDelta {
    /// The region.
    pub name: RegionName,
    /// Flash or RAM.
    pub kind: RegionKind,
    /// Its size on the chip, bytes.
    pub size_bytes: u64,
    /// Used at the base, bytes.
    pub base_bytes: u64,
    /// Used at the head, bytes.
    pub head_bytes: u64,
    /// What changed. Sums to `head_bytes − base_bytes`, to the byte; unchanged owners are left out.
    pub rows: Vec<RowDelta>,
}

/// One owner that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowDelta {
    /// How the owner is known.
    pub owner: Owner,
    /// The name at the head, or at the base where it is gone.
    pub name: String,
    /// The group: a crate, `C`, or a section.
    pub group: String,
    /// The function whose constant this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What happened to it.
    pub change: Change,
    /// Bytes at the base.
    pub base_bytes: u64,
    /// Bytes at the head.
    pub head_bytes: u64,
    /// Instructions executed in this function itself, where they changed: the sum over the benchmarks counted exactly on both sides. `None` too
    /// where several functions of the region have the name, as profiles know them by name only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Moved>,
    /// Why it changed, as far as the images say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<Reason>,
    /// Where the function is written at the head, for the largest changes of flash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
}

/// Where a function is written, from the debug information: its code's own lines, both ends included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The file's path as the compiler was given it; hostile text.
    pub file: String,
    /// Where it is declared, from 1.
    pub first_line: u32,
    /// The last line with code of its own.
    pub last_line: u32,
}

/// A figure on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// At the base.
    pub base: u64,
    /// At the head.
    pub head: u64,
}

/// Why an owner's bytes changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reason {
    /// These bytes of another function are now compiled into it.
    Inlined {
        /// The other function.
        name: String,
        /// How many of its bytes more.
        bytes: u64,
    },
    /// Another function is not compiled into it any more.
    NotInlined {
        /// The other function.
        name: String,
        /// How many of its bytes less.
        bytes: u64,
    },
    /// It now uses this constant or function, which the base did not have.
    Uses {
        /// What it uses.
        name: String,
        /// Its size in bytes.
        bytes: u64,
    },
    /// It is new, and reached from the code this change touched by this path of names, the touched one first, itself last.
    PulledIn {
        /// The names on the way.
        path: Vec<String>,
    },
    /// Nothing refers to it any more that did at the base.
    Unused {
        /// What referred to it.
        by: String,
    },
}

/// What happened to an owner of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Not there at the base.
    Added,
    /// Not there at the head.
    Removed,
    /// Larger.
    Grown,
    /// Smaller.
    Shrunk,
    /// Under another name; the base's name.
    Renamed {
        /// The name at the base.
        from: String,
    },
    /// The same name in another module. Another section or object alone is no change: no byte of the region came or went.
    Moved {
        /// Its full name at the base.
        from: String,
    },
    /// All instances of one generic, taken together: their number changed. The name is the generic's, the bytes are those of all instances.
    Copies {
        /// Instances at the base.
        base: u64,
        /// Instances at the head.
        head: u64,
    },
}

/// One benchmark on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BenchDelta {
    /// The benchmark.
    pub name: BenchName,
    /// What came of it at the base.
    pub base: BenchSide,
    /// What came of it at the head.
    pub head: BenchSide,
    /// Functions whose own instruction count changed, largest change first. Sums to the difference of the two profiles' totals, which is that of
    /// the two counts where the empty benchmark costs the same on both sides. Empty where a side has no profile.
    pub functions: Vec<FunctionDelta>,
    /// Cycles, where both sides were counted in turns on one unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycles: Option<CycleDelta>,
}

/// One side of a benchmark, without its profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BenchSide {
    /// Counted.
    Counted {
        /// Instructions, the empty benchmark subtracted.
        instructions: u64,
        /// Whether the two takes agreed: else the figure is noisy.
        exact: bool,
        /// Stack peak, bytes.
        stack_peak_bytes: Option<u64>,
        /// Heap peak, bytes.
        heap_peak_bytes: Option<u64>,
        /// Cycles by a model of the core, where there is one. Not measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        estimated_cycles: Option<u64>,
    },
    /// Ran on a board, where nobody counts instructions.
    Ran {
        /// Stack peak, bytes.
        stack_peak_bytes: Option<u64>,
        /// Heap peak, bytes.
        heap_peak_bytes: Option<u64>,
    },
    /// The board cannot hold the program.
    NoFit {
        /// What was said.
        detail: String,
    },
    /// Not valid.
    Failed {
        /// What kind of failure.
        why: BenchFailure,
        /// For people.
        detail: String,
    },
    /// Not declared or not run on this side.
    Absent,
}

impl BenchSide {
    /// The count, where there is one.
    pub fn instructions(&self) -> Option<u64> {
        match self {
            BenchSide::Counted { instructions, .. } => Some(*instructions),
            _ => None,
        }
    }

    /// Whether it ran and its output was right.
    pub fn is_valid(&self) -> bool {
        matches!(self, BenchSide::Counted { .. } | BenchSide::Ran { .. })
    }

    /// The peaks of stack and heap, where it is valid.
    pub fn peaks(&self) -> Option<(Option<u64>, Option<u64>)> {
        match self {
            BenchSide::Counted { stack_peak_bytes, heap_peak_bytes, .. } | BenchSide::Ran { stack_peak_bytes, heap_peak_bytes } => {
                Some((*stack_peak_bytes, *heap_peak_bytes))
            }
            _ => None,
        }
    }
}

/// One function whose own instructions changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionDelta {
    /// Demangled name.
    pub name: String,
    /// Instructions at the base.
    pub base: u64,
    /// Instructions at the head.
    pub head: u64,
}

/// One budget on the board (and benchmark) where it is tightest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetCheck {
    /// The budget in words: "flash may grow by 256 B".
    pub rule: String,
    /// Whether it holds everywhere.
    pub holds: bool,
    /// Where it is tightest, or where it is exceeded: one sentence each, worst first: "microbit: +312 B, 56 B over". Then where it could not be
    /// judged: "not judged on microbit, fib: its two takes differ".
    pub findings: Vec<String>,
    /// What is left of it: its tightest place on each board, and each place where it is exceeded or accepted, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// Who accepted growth over the limit, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Acceptance>,
}

/// What is left of a budget at a place, in the figure's unit: bytes or instructions. `left` is `limit − used`, exactly, but for figures that
/// no 64 bits hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The board and the figure.
    #[serde(flatten)]
    pub place: Place,
    /// The limit. Of one in percent, the most that is within it. Of one that keeps bytes free, the most that may be used.
    pub limit: i64,
    /// What is used of it: growth since the base, or since the baseline less what was accepted; or bytes of the region.
    pub used: i64,
    /// What is left; negative is over.
    pub left: i64,
    /// How much of this is the change's own: head less base.
    pub growth: i64,
    /// What that means.
    pub state: LeftState,
}

/// Whether a limit holds at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftState {
    /// It holds, or was over at the base already and is no worse.
    Holds,
    /// It is over, and someone accepted that.
    Accepted,
    /// It is over.
    Exceeded,
}

/// One word of acceptance, as far as a budget goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Acceptance {
    /// Who.
    pub who: String,
    /// Why, in their words.
    pub why: String,
    /// When, as text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_text: Option<String>,
}

/// How a finding of a budget that could not be judged begins; a place and its reason follow.
const NOT_JUDGED: &str = "not judged on ";

impl BudgetCheck {
    /// The findings of the places it could not be judged on, from the place on: "microbit, fib: its two takes differ".
    pub fn not_judged(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().filter_map(|finding| finding.strip_prefix(NOT_JUDGED))
    }

    /// A finding that [`not_judged`](Self::not_judged) gives back.
    pub(crate) fn not_judged_on(place: &str, why: &str) -> String {
        format!("{NOT_JUDGED}{place}: {why}")
    }
}
