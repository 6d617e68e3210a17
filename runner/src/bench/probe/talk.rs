//! What ounce and its child for one job over a probe say to each other: an order in a file, and events as lines of JSON on the child's output.

use ounce_protocol::measurement::Conditions;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// What the child is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// How the chip is reached.
    pub wiring: Wiring,
    /// What to do there; none: it is attached to, and that is all.
    pub work: Option<Work>,
    /// Whether all of the chip's flash is erased first, with what protects it from being read.
    #[serde(default)]
    pub erase_all: bool,
}

/// How a chip is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wiring {
    /// The probe: `VID:PID:SERIAL`.
    pub selector: String,
    /// The chip, as probe-rs calls it.
    pub chip: String,
    /// Descriptions of chips that probe-rs does not know.
    pub targets: Vec<PathBuf>,
    /// The clock of the wires; the probe's own where it is left out.
    pub speed_khz: Option<u32>,
    /// Whether the reset line is held while it is attached to.
    pub under_reset: bool,
    /// The file whose lock means that the probe is in use.
    pub lock: PathBuf,
}

/// An image to be flashed and run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Work {
    /// The image.
    pub elf: PathBuf,
    /// The program beside it, and where it goes.
    pub program: Option<(PathBuf, u64)>,
    /// What may be written, by name.
    pub allowed: Vec<Span>,
    /// It is the keeper's own image: it may be written to the chip's flash, whatever a manifest declares.
    #[serde(default)]
    pub is_keepers: bool,
    /// What may not be, whatever else is said.
    pub protected: Vec<Span>,
    /// Addresses of the two markers.
    pub markers: (u64, u64),
    /// The stack's window, lowest address and end.
    pub stack: Option<(u64, u64)>,
    /// Where it prints.
    pub console: Console,
    /// How long it may run.
    pub run_ms: u64,
    /// How often it runs again for its cycles, without being flashed again.
    #[serde(default)]
    pub takes: usize,
    /// The core's clock, where it is stated.
    #[serde(default)]
    pub clock_hz: Option<u64>,
}

impl Work {
    /// How long it may run.
    pub fn run_max(&self) -> Duration {
        Duration::from_millis(self.run_ms)
    }

    /// How long all its runs together may take.
    pub fn runs_max(&self) -> Duration {
        self.run_max() * u32::try_from(self.takes.saturating_add(1)).unwrap_or(u32::MAX)
    }
}

/// A range of addresses with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its name, for people.
    pub name: String,
    /// The first address.
    pub start: u64,
    /// The first address behind it.
    pub end: u64,
}

/// Where a board prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Console {
    /// A serial port: a device, `unix:SOCKET` or `tcp:HOST:PORT`.
    Uart {
        /// Which.
        port: String,
        /// Baud.
        baud: u32,
    },
    /// A ring in RAM that the probe reads (SEGGER's Real Time Transfer).
    Rtt {
        /// Where its control block is.
        address: u64,
    },
}

/// A step of a job; each has a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Finding out what chip it is: what `lab.toml` says of it.
    Chip,
    /// Taking the probe for this job.
    Lock,
    /// Opening the probe and attaching to the chip.
    Attach,
    /// Erasing all of the chip.
    Erase,
    /// Reading what is in flash.
    Compare,
    /// Erasing and programming.
    Flash,
    /// Reading it back.
    Verify,
    /// Opening the console.
    Console,
    /// Running it.
    Run,
}

impl Stage {
    /// What could not be done, in words.
    pub fn words(self) -> &'static str {
        match self {
            Stage::Chip => "its chip cannot be looked up",
            Stage::Lock => "it is in use",
            Stage::Attach => "the chip does not answer",
            Stage::Erase => "the chip cannot be erased",
            Stage::Compare => "flash cannot be read",
            Stage::Flash => "flash cannot be written",
            Stage::Verify => "flash does not hold what was written",
            Stage::Console => "the console cannot be opened",
            Stage::Run => "the chip was lost while it ran",
        }
    }
}

/// What the child tells. A refusal or a failure ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The chip answers.
    Attached,
    /// All of the chip was erased.
    Erased,
    /// What is to be changed in flash.
    Compared {
        /// Bytes of the image and the program.
        bytes: u64,
        /// Those that are programmed.
        changed_bytes: u64,
    },
    /// Flashing goes on.
    Flashing {
        /// What: `erase` or `program`.
        doing: String,
        /// Bytes so far.
        bytes: u64,
    },
    /// Flash was read back, and it holds the image with this identity.
    Flashed {
        /// As [`ounce_analysis::image_id`] says it of the ELF.
        image: String,
    },
    /// The board printed something.
    Console {
        /// The bytes, in hexadecimal.
        hex: String,
    },
    /// It ran.
    Ran(Ran),
    /// It ran again, for its cycles: it did the same, with so many of them; or something else, although the binary is the same.
    Again {
        /// Whether it ended and printed as the first time.
        is_same: bool,
        /// Cycles between the markers.
        cycles: Option<u64>,
    },
    /// What the chip tells of itself after all its runs, where it can.
    Conditions(Conditions),
    /// It may not be flashed; the job's own fault.
    Refused {
        /// Why.
        why: String,
    },
    /// The probe, the cable or the board failed; not the job's fault.
    Failed {
        /// Where.
        stage: Stage,
        /// What was seen.
        why: String,
    },
}

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// The exit code that the firmware chose.
    pub code: Option<i32>,
    /// Whether its time was up.
    pub timed_out: bool,
    /// Whether it printed too much.
    pub is_flood: bool,
    /// How often the markers were met.
    pub hits: (u64, u64),
    /// The lowest address of the stack's window that was written to.
    pub stack_low: Option<u64>,
    /// Where it stood, where it was halted and did not end by itself.
    pub state: Option<super::state::State>,
    /// Cycles between the markers, and what counted them.
    #[serde(default)]
    pub cycles: Option<(String, u64)>,
    /// How long each of the first windows between the markers was by the clock of this machine, microseconds: the core's own time, and the probe's
    /// until it has seen that the core stands.
    #[serde(default)]
    pub windows_us: Vec<u64>,
}
