//! How a board runs: on a machine of QEMU's, or on a probe; and what a runner must offer for it.

use super::{optional_size, size};
use crate::ids::BoardName;
use serde::{Deserialize, Serialize};

/// How a board runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Run {
    /// On what.
    pub on: On,
    /// Where a benchmark's file is placed in memory.
    pub load_at: Option<u64>,
    /// How many bytes fit there.
    pub load_size: Option<u64>,
    /// Where the stack lies; the part of the first RAM region above all statics where it is left out.
    pub stack: Option<StackWindow>,
    /// Instructions after which a run is a hang; nobody counts them on a probe.
    pub instruction_budget: u64,
    /// Seconds after which it is one all the same.
    pub timeout_s: u64,
    /// The core whose cycles are estimated from the instructions that QEMU executes.
    pub estimate_cycles: Option<CoreModel>,
}

/// A core whose cycles follow from the instructions that it executes, as its manual has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CoreModel {
    /// Three stages: a branch that is taken costs two cycles more.
    #[serde(rename = "cortex-m0")]
    CortexM0,
    /// Two stages: a branch that is taken costs one cycle more.
    #[serde(rename = "cortex-m0+")]
    CortexM0Plus,
}

impl CoreModel {
    /// The core's name.
    pub fn name(self) -> &'static str {
        match self {
            CoreModel::CortexM0 => "Cortex-M0",
            CoreModel::CortexM0Plus => "Cortex-M0+",
        }
    }
}

/// On what a board runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// A machine of QEMU's.
    Qemu(Qemu),
    /// A unit of a lab: one whose entry in `lab.toml` has this as its `board`.
    Probe(BoardName),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default)]
    qemu: Option<Qemu>,
    #[serde(default)]
    probe: Option<BoardName>,
    #[serde(default)]
    load_at: Option<u64>,
    #[serde(default, deserialize_with = "optional_size")]
    load_size: Option<u64>,
    #[serde(default)]
    stack: Option<StackWindow>,
    #[serde(default = "default_budget")]
    instruction_budget: u64,
    #[serde(default = "default_timeout")]
    timeout_s: u64,
    #[serde(default)]
    estimate_cycles: Option<CoreModel>,
}

fn default_budget() -> u64 {
    1_000_000_000
}

fn default_timeout() -> u64 {
    60
}

impl TryFrom<Raw> for Run {
    type Error = &'static str;
    fn try_from(raw: Raw) -> Result<Self, Self::Error> {
        let on = match (raw.qemu, raw.probe) {
            (Some(qemu), None) => On::Qemu(qemu),
            (None, Some(kind)) => On::Probe(kind),
            _ => return Err("run: give one of `qemu` and `probe`: a board that runs on both is two boards, with two rows in the report"),
        };
        let Raw { load_at, load_size, stack, instruction_budget, timeout_s, estimate_cycles, .. } = raw;
        if estimate_cycles.is_some() && matches!(on, On::Probe(_)) {
            return Err(
                "run: `estimate_cycles` goes with `qemu`: on a probe nobody sees the instructions; `cycles` in lab.toml counts them there",
            );
        }
        Ok(Run { on, load_at, load_size, stack, instruction_budget, timeout_s, estimate_cycles })
    }
}

impl Run {
    /// What a runner must offer for it. A stranger's code needs a unit that its keeper lets strangers use.
    pub fn needs(&self, trusted: bool) -> String {
        match &self.on {
            On::Qemu(qemu) => format!("qemu:{}", qemu.machine),
            On::Probe(kind) => offer_of(kind, trusted),
        }
    }

    /// The machine of QEMU's, where it runs on one.
    pub fn qemu(&self) -> Option<&Qemu> {
        match &self.on {
            On::Qemu(qemu) => Some(qemu),
            On::Probe(_) => None,
        }
    }
}

/// What a runner offers that has a unit of this kind, for code that is the project's own or a stranger's.
pub fn offer_of(kind: &BoardName, trusted: bool) -> String {
    let whose = if trusted { "" } else { ":strangers" };
    format!("probe:{kind}{whose}")
}

impl On {
    pub(super) fn check(&self) -> Result<(), String> {
        let On::Qemu(qemu) = self else { return Ok(()) };
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.=".contains(&b));
        if !plain(&qemu.machine) || !qemu.globals.iter().all(|g| plain(g) && g.contains('=')) {
            return Err("run.qemu: a machine is a plain name, a global is driver.property=value".into());
        }
        Ok(())
    }
}

/// A range of RAM that holds the stack and nothing else, so that its high-water mark can be read from the stores into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackWindow {
    /// Lowest address.
    pub start: u64,
    /// Size in bytes; `start + size` is the initial stack pointer.
    #[serde(deserialize_with = "size")]
    pub size: u64,
}

/// A QEMU machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Qemu {
    /// The system emulator.
    pub system: QemuSystem,
    /// Its `-machine`.
    pub machine: String,
    /// `-global` settings of devices, such as `nrf51-soc.sram-size=262144`; no other options can be passed.
    #[serde(default)]
    pub globals: Vec<String>,
    /// `-bios none`, which the RISC-V machines want.
    #[serde(default)]
    pub no_bios: bool,
}

/// The system emulators known here: the word is the end of the program's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QemuSystem {
    /// `qemu-system-arm`
    Arm,
    /// `qemu-system-riscv32`
    Riscv32,
}

impl QemuSystem {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            QemuSystem::Arm => "qemu-system-arm",
            QemuSystem::Riscv32 => "qemu-system-riscv32",
        }
    }
}
