//! A Cortex-M as its debugger sees it: the debug registers of the Armv6-M and Armv7-M architectures (DDI 0419, DDI 0403), over a machine that
//! has none. All other addresses are the machine's own.
//!
//! Here is what runs and stands; `power` is how it comes and goes, `registers` what a debugger reads and writes, `flashing` what is done for a flash
//! algorithm.

mod flashing;
mod power;
mod registers;

pub use power::Unpowered;

use crate::board::Board;
use crate::bus::Gone;
use crate::faults::Plan;
use crate::noise::Noise;
use crate::qemu::{self, Machine, Stop};
use crate::sensors::Sensors;
use std::collections::BTreeSet;

/// DHCSR: a debugger is there, and wants it to stand.
const C_DEBUGEN: u32 = 1 << 0;
const C_HALT: u32 = 1 << 1;
/// DFSR: why it halted.
const DFSR_HALTED: u32 = 1 << 0;
const DFSR_BKPT: u32 = 1 << 1;
const DFSR_VCATCH: u32 = 1 << 3;
/// DEMCR: halt after a reset.
const VC_CORERESET: u32 = 1 << 0;
/// Registers as QEMU's debugger numbers them.
const LR: u32 = 14;
const PC: u32 = 15;

/// Registers that QEMU's debugger neither reads nor writes, as a debugger last wrote them.
#[derive(Debug, Default)]
struct Shadows {
    /// PSP: here the main stack is always in use.
    process_stack: u32,
    /// CONTROL, FAULTMASK, BASEPRI and PRIMASK, a byte each.
    special: u32,
}

/// The core.
#[derive(Debug)]
pub struct Core {
    board: &'static Board,
    machine: Machine,
    dhcsr: u32,
    demcr: u32,
    dfsr: u32,
    dcrdr: u32,
    has_reset: bool,
    /// It would run, and cannot: QEMU would end over what a core only locks up over. Halting it and letting it go on changes nothing about that;
    /// a reset does, and another program counter.
    is_locked_up: bool,
    fp_enabled: bool,
    comparators: Vec<u32>,
    /// What QEMU's debugger cannot tell.
    shadows: Shadows,
    /// Breakpoints that lie in the machine now.
    placed: BTreeSet<u32>,
    /// BKPT instructions of the image: QEMU does not stop at them for a debugger.
    image: BTreeSet<u32>,
    is_reset_held: bool,
    /// What was let run last is a function of a flash algorithm.
    is_flashing: bool,
    /// r0 to r3 as they were last written: a debugger steps once before it lets a function run.
    arguments: [u32; 4],
    /// The stack pointer as it was where a function was to begin: that step may push.
    stack: u32,
    /// What was in flash when the core was last let run freely, and whether that is still so.
    kept: Vec<u8>,
    is_kept: bool,
    /// The bit that the core reads otherwise is now as it reads it.
    is_misreading: bool,
    /// What it has to suffer.
    pub plan: Plan,
    /// What varies its runs.
    noise: Option<Noise>,
    /// What it tells of its temperature and supply.
    sensors: Option<Sensors>,
}

impl Core {
    /// Whether its firmware does not run.
    pub fn is_tame(&self) -> bool {
        self.is_reset_held || self.is_flashing || self.is_halted()
    }

    /// The reset line is pulled, or let go.
    pub fn reset_line(&mut self, is_pulled: bool) -> Result<(), Gone> {
        if is_pulled && !self.plan.has_reset_line() {
            return Ok(());
        }
        if is_pulled {
            self.machine.gdb.halt()?;
            self.misread(false)?;
            self.is_reset_held = true;
        } else if std::mem::take(&mut self.is_reset_held) {
            self.machine.reset()?;
            self.after_reset()?;
        }
        Ok(())
    }

    fn is_halted(&self) -> bool {
        self.dhcsr & C_HALT != 0 && self.dhcsr & C_DEBUGEN != 0
    }

    fn after_reset(&mut self) -> Result<(), Gone> {
        self.has_reset = true;
        self.is_locked_up = false;
        self.shadows = Shadows::default();
        self.fp_enabled = false;
        self.comparators.fill(0);
        self.find_breakpoints()?;
        if let Some(noise) = &mut self.noise {
            self.machine.qtest.write(self.board.noise_word(), &noise.word().to_le_bytes())?;
        }
        if self.dhcsr & C_DEBUGEN != 0 && self.demcr & VC_CORERESET != 0 {
            self.dhcsr |= C_HALT;
            self.dfsr |= DFSR_VCATCH;
            return Ok(());
        }
        self.dhcsr &= !C_HALT;
        self.run()
    }

    /// What is in flash from its beginning. An image ends where a piece of flash is erased: reading megabytes of nothing takes a second.
    fn image_bytes(&mut self) -> Result<Vec<u8>, Gone> {
        let mut bytes = Vec::new();
        for at in self.board.flash.clone().step_by(qemu::BYTES_MAX) {
            let mut piece = vec![0; qemu::BYTES_MAX];
            self.machine.qtest.read(at, &mut piece)?;
            if piece.iter().all(|byte| *byte == 0xff) || piece.iter().all(|byte| *byte == 0) {
                break;
            }
            bytes.extend(piece);
        }
        Ok(bytes)
    }

    /// Where flash has BKPT instructions, or what looks like one: a breakpoint that is never met costs nothing. BKPT 0xAB is among them:
    /// semihosting is asked of the debugger, and where there is none the core waits there, which a chip would do in its fault handler.
    fn find_breakpoints(&mut self) -> Result<(), Gone> {
        let start = self.board.flash.start;
        let bytes = self.image_bytes()?;
        let halves = bytes.chunks_exact(2).zip((start..).step_by(2));
        self.image = halves.filter(|(half, _)| half[1] == 0xbe).map(|(_, address)| address).collect();
        Ok(())
    }

    /// Lets it run, with all breakpoints in their places.
    fn run(&mut self) -> Result<(), Gone> {
        if self.is_reset_held {
            return Ok(());
        }
        let pc = self.machine.gdb.register(PC)?;
        self.is_locked_up = self.is_locked_up || self.would_lock_up(pc)?;
        if self.is_locked_up {
            return Ok(());
        }
        let mut wanted = self.image.clone();
        // A flash algorithm's function returns to a BKPT.
        let back = self.machine.gdb.register(LR)? & !1;
        self.is_flashing = self.board.ram.contains(&back) && self.half(back)? >> 8 == 0xbe;
        if self.is_flashing {
            self.is_kept = false;
            if self.flash_for_it(pc, back)? {
                return Ok(());
            }
            wanted.insert(back);
        } else {
            self.keep_flash()?;
        }
        if self.fp_enabled {
            wanted.extend(self.comparators.iter().filter_map(|comparator| registers::breakpoint(*comparator)).flatten());
        }
        // QEMU would stop again where it stands.
        if wanted.contains(&pc) {
            self.place(&BTreeSet::new())?;
            if self.half(pc)? >> 8 != 0xbe {
                self.machine.gdb.step()?;
            }
        }
        self.place(&wanted)?;
        self.misread(!self.is_flashing)?;
        self.machine.gdb.resume()
    }

    /// Whether it has no vectors to go on from a fault, and is not in a flash algorithm: QEMU ends where a core locks up.
    fn would_lock_up(&mut self, pc: u32) -> Result<bool, Gone> {
        let flash = self.board.flash.start;
        let (stack, reset) = (self.word(flash)?, self.word(flash + 4)?);
        Ok(stack == reset && (reset == 0 || reset == u32::MAX) && !self.board.ram.contains(&pc))
    }

    fn place(&mut self, wanted: &BTreeSet<u32>) -> Result<(), Gone> {
        for old in self.placed.difference(wanted) {
            self.machine.gdb.breakpoint(*old, false)?;
        }
        for new in wanted.difference(&self.placed) {
            self.machine.gdb.breakpoint(*new, true)?;
        }
        self.placed.clone_from(wanted);
        Ok(())
    }

    fn word(&mut self, address: u32) -> Result<u32, Gone> {
        let mut bytes = [0; 4];
        self.machine.qtest.read(address, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn half(&mut self, address: u32) -> Result<u32, Gone> {
        let mut bytes = [0; 2];
        self.machine.qtest.read(address, &mut bytes)?;
        Ok(u32::from(u16::from_le_bytes(bytes)))
    }

    /// Whether it stopped by itself by now.
    fn look(&mut self) -> Result<(), Gone> {
        if self.machine.gdb.look()?.is_some() {
            self.dhcsr |= C_HALT;
            self.dfsr |= DFSR_BKPT;
            self.misread(false)?;
            let pc = self.machine.gdb.register(PC)?;
            if self.board.ram.contains(&pc) {
                self.flashed()?;
            }
        }
        Ok(())
    }

    fn halt(&mut self) -> Result<(), Gone> {
        match self.machine.gdb.halt()? {
            Some(Stop::Trap) => self.dfsr |= DFSR_BKPT,
            Some(Stop::Asked) | None => self.dfsr |= DFSR_HALTED,
        }
        self.dhcsr |= C_HALT;
        self.misread(false)
    }

    fn is_memory(&self, address: u32) -> bool {
        self.board.flash.contains(&address) || self.board.ram.contains(&address)
    }
}
