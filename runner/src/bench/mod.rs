//! From an image to samples: one run of one program on one board, and what it means.
//!
//! [`Bench`] is the seam: a machine of QEMU's. A board on a [`probe`] is asked otherwise, as it is flashed first. Either gives [`Evidence`]; [`verdict`] alone decides what it means, so
//! a simulated and a real board are judged by the same rules.

pub mod counts;
pub mod probe;
pub mod qemu;
pub mod verdict;

use crate::exec::LogSink;
use crate::exec::limits::Exceeded;
use anyhow::Result;
use counts::Counts;
use ounce_protocol::console::Transcript;
use std::path::PathBuf;

/// One run to make.
#[derive(Debug, Clone)]
pub struct Job {
    /// The image.
    pub elf: PathBuf,
    /// The program placed in memory before the start; none where the image holds it.
    pub program: Option<PathBuf>,
    /// Addresses of the two markers.
    pub markers: (u64, u64),
    /// The stack's window, lowest address and initial pointer, where its mark is wanted.
    pub stack: Option<(u64, u64)>,
    /// Whether it is counted where the code goes elsewhere than on.
    pub jumps: bool,
}

/// What one run left behind, before anyone judges it.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The exit code the firmware chose; `None` where it was stopped or died.
    pub code: Option<i32>,
    /// Whether the time limit ended it.
    pub timed_out: bool,
    /// The limit that did.
    pub exceeded: Option<Exceeded>,
    /// What it printed.
    pub console: Transcript,
    /// The counters, where they were written.
    pub counts: Option<Counts>,
    /// What the tool itself complained about, its last lines.
    pub complaint: String,
    /// Where it stood when it was halted, where somebody looked.
    pub stood: Option<String>,
}

/// Something that can run an image.
pub trait Bench {
    /// Runs it once.
    ///
    /// # Errors
    /// Reasons of infrastructure: a missing tool, a full disk. What the firmware does wrong is evidence, not an error.
    fn run(&self, job: &Job, log: &dyn LogSink) -> impl Future<Output = Result<Evidence>> + Send;
    /// The tools behind the figures, for the fingerprint.
    fn fingerprint(&self) -> Vec<(String, String)>;
}
