//! What a build runs like: the counts of each benchmark, and its hottest functions.

use super::super::shown;
use ounce_protocol::measurement::{BenchOutcome, Measurement, Outcome};
use ounce_protocol::units::grouped;
use ounce_report::share;

/// Functions told of each benchmark.
const FUNCTIONS_MAX: usize = 5;
/// Benchmarks whose functions are told; the others have only their counts.
const PROFILES_MAX: usize = 40;
/// Benchmarks in the table.
const BENCHES_MAX: usize = 200;

/// A benchmark.
pub(super) struct BenchView {
    pub name: String,
    pub instructions: String,
    pub exact: u64,
    pub stack: String,
    pub heap: String,
    /// What came of it, where it is no plain count.
    pub said: String,
    pub functions: Vec<FunctionView>,
}

/// A function's share of a benchmark.
pub(super) struct FunctionView {
    pub name: String,
    pub instructions: String,
    pub share: String,
}

/// The benchmarks by name.
pub(super) fn views(measurement: &Measurement) -> Vec<BenchView> {
    let Outcome::Built { benches, .. } = &measurement.outcome else { return Vec::new() };
    let bytes = |bytes: Option<u64>| bytes.map_or_else(|| "–".to_owned(), |n| format!("{} B", grouped(n)));
    let view = |(n, (name, outcome)): (usize, (&ounce_protocol::ids::BenchName, &BenchOutcome))| {
        let said = |said: String| BenchView {
            name: name.to_string(),
            instructions: "–".into(),
            exact: 0,
            stack: "–".into(),
            heap: "–".into(),
            said,
            functions: Vec::new(),
        };
        match outcome {
            BenchOutcome::Counted(count) => BenchView {
                instructions: grouped(count.instructions),
                exact: count.instructions,
                stack: bytes(count.stack_peak_bytes),
                heap: bytes(count.heap_peak_bytes),
                functions: (if n < PROFILES_MAX { &count.profile[..] } else { &[] })
                    .iter()
                    .take(FUNCTIONS_MAX)
                    .map(|function| FunctionView {
                        name: if function.name == "?" { "outside any function".into() } else { shown(&function.name) },
                        instructions: grouped(function.instructions),
                        share: share(function.instructions, count.instructions),
                    })
                    .collect(),
                ..said(count.second_take.map_or_else(String::new, |second| format!("noisy: a second take gave {}", grouped(second))))
            },
            BenchOutcome::Ran { stack_peak_bytes, heap_peak_bytes, .. } => BenchView {
                stack: bytes(*stack_peak_bytes),
                heap: bytes(*heap_peak_bytes),
                ..said("ran on the board; instructions are not counted there".into())
            },
            BenchOutcome::NoFit { detail } => said(format!("does not fit: {}", shown(detail))),
            BenchOutcome::Identical => said("not run: the image is the base's".into()),
            BenchOutcome::Failed { why, detail } => said(format!("{}: {}", why.word(), shown(detail))),
        }
    };
    benches.iter().take(BENCHES_MAX).enumerate().map(view).collect()
}
