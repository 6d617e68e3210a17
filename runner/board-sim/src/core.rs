//! A Cortex-M as its debugger sees it: the debug registers of the Armv6-M and Armv7-M architectures (DDI 0419, DDI 0403), over a machine that
//! has none. All other addresses are the machine's own.

use crate::board::Board;
use crate::bus::{Bus, Gone};
use crate::faults::Plan;
use crate::qemu::{self, Machine, Stop};
use std::collections::BTreeSet;

/// DHCSR: a write counts only with this above it.
const DHCSR_KEY: u32 = 0xa05f_0000;
const C_DEBUGEN: u32 = 1 << 0;
const C_HALT: u32 = 1 << 1;
const C_STEP: u32 = 1 << 2;
const C_MASKINTS: u32 = 1 << 3;
const S_REGRDY: u32 = 1 << 16;
const S_HALT: u32 = 1 << 17;
const S_LOCKUP: u32 = 1 << 19;
const S_RETIRE_ST: u32 = 1 << 24;
const S_RESET_ST: u32 = 1 << 25;
/// DFSR: why it halted.
const DFSR_HALTED: u32 = 1 << 0;
const DFSR_BKPT: u32 = 1 << 1;
const DFSR_VCATCH: u32 = 1 << 3;
/// DEMCR: halt after a reset.
const VC_CORERESET: u32 = 1 << 0;
/// AIRCR: a write counts only with this above it.
const AIRCR_KEY: u32 = 0x05fa;
const SYSRESETREQ: u32 = 1 << 2;
/// DWT_CTRL: there is no cycle counter.
const NOCYCCNT: u32 = 1 << 25;
/// The system space; below and above are memory and devices.
const SYSTEM: std::ops::Range<u32> = 0xe000_0000..0xe010_0000;
/// Registers as QEMU's debugger numbers them.
const SP: u32 = 13;
const LR: u32 = 14;
const PC: u32 = 15;
const XPSR: u32 = 25;

/// Registers that QEMU's debugger neither reads nor writes, as a debugger last wrote them.
#[derive(Debug, Default)]
struct Shadows {
    /// PSP: here the main stack is always in use.
    process_stack: u32,
    /// CONTROL, FAULTMASK, BASEPRI and PRIMASK, a byte each.
    special: u32,
}

/// A board without power: what it is, what outlives power, and what it will have to suffer.
#[derive(Debug)]
pub struct Unpowered {
    board: &'static Board,
    /// As it was; empty where nothing was ever in it.
    flash: Vec<u8>,
    plan: Plan,
}

impl Unpowered {
    /// A board with an image in its flash; none is a blank board, as it comes from the factory.
    ///
    /// # Errors
    /// Where the image is longer than the flash; the message says both sizes.
    pub fn new(board: &'static Board, image: Vec<u8>, plan: Plan) -> Result<Unpowered, String> {
        let room = usize::try_from(board.flash.end - board.flash.start).unwrap_or(0);
        match image.len() <= room {
            true => Ok(Unpowered { board, flash: image, plan }),
            false => Err(format!("the image has {} bytes, the flash of {} has {room}", image.len(), board.name)),
        }
    }

    /// Gives it power, which is a machine: what is in its flash runs.
    pub fn power_on(self, start: impl FnOnce(&Board) -> Result<Machine, Gone>) -> Result<Core, Gone> {
        let mut machine = start(self.board)?;
        for (piece, at) in self.flash.chunks(qemu::BYTES_MAX).zip(self.board.flash.clone().step_by(qemu::BYTES_MAX)) {
            let mut there = vec![0; piece.len()];
            machine.qtest.read(at, &mut there)?;
            // Most of a flash is as the machine has it anyway, and reading is quicker.
            if there != piece {
                machine.gdb.force(at, piece)?;
            }
        }
        // The core looked for its vectors before they were there.
        machine.reset()?;
        let mut core = Core::new(self.board, machine, self.plan);
        if core.plan.locks_up() {
            core.is_locked_up = true;
        } else {
            core.after_reset()?;
        }
        Ok(core)
    }
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
    /// What it has to suffer.
    pub plan: Plan,
}

impl Core {
    fn new(board: &'static Board, machine: Machine, plan: Plan) -> Core {
        Core {
            board,
            machine,
            dhcsr: 0,
            demcr: 0,
            dfsr: 0,
            dcrdr: 0,
            has_reset: true,
            is_locked_up: false,
            fp_enabled: false,
            comparators: vec![0; board.breakpoints],
            shadows: Shadows::default(),
            placed: BTreeSet::new(),
            image: BTreeSet::new(),
            is_reset_held: false,
            is_flashing: false,
            arguments: [0; 4],
            plan,
        }
    }

    /// Takes its power: the machine ends, and only what was in flash is still there.
    pub fn power_off(mut self) -> Result<Unpowered, Gone> {
        let range = self.board.flash.clone();
        let mut flash = vec![0; usize::try_from(range.end - range.start).unwrap_or(0)];
        self.machine.qtest.read(range.start, &mut flash)?;
        self.plan.power_cycled();
        Ok(Unpowered { board: self.board, flash, plan: self.plan })
    }

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
        if self.dhcsr & C_DEBUGEN != 0 && self.demcr & VC_CORERESET != 0 {
            self.dhcsr |= C_HALT;
            self.dfsr |= DFSR_VCATCH;
            return Ok(());
        }
        self.dhcsr &= !C_HALT;
        self.run()
    }

    /// Where flash has BKPT instructions, or what looks like one: a breakpoint that is never met costs nothing. An image ends where a piece
    /// of flash is erased. BKPT 0xAB is among them: semihosting is asked of the debugger, and where there is none the core waits there, which
    /// a chip would do in its fault handler.
    fn find_breakpoints(&mut self) -> Result<(), Gone> {
        let flash = self.board.flash.clone();
        let mut bytes = Vec::new();
        for at in flash.clone().step_by(qemu::BYTES_MAX) {
            let mut piece = vec![0; qemu::BYTES_MAX];
            self.machine.qtest.read(at, &mut piece)?;
            if piece.iter().all(|byte| *byte == 0xff) || piece.iter().all(|byte| *byte == 0) {
                break;
            }
            bytes.extend(piece);
        }
        let halves = bytes.chunks_exact(2).zip((flash.start..).step_by(2));
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
            if self.flash_for_it(pc, back)? {
                return Ok(());
            }
            wanted.insert(back);
        }
        if self.fp_enabled {
            wanted.extend(self.comparators.iter().filter_map(|comparator| breakpoint(*comparator)).flatten());
        }
        // QEMU would stop again where it stands.
        if wanted.contains(&pc) {
            self.place(&BTreeSet::new())?;
            if self.half(pc)? >> 8 != 0xbe {
                self.machine.gdb.step()?;
            }
        }
        self.place(&wanted)?;
        self.machine.gdb.resume()
    }

    /// Whether it has no vectors to go on from a fault, and is not in a flash algorithm: QEMU ends where a core locks up.
    fn would_lock_up(&mut self, pc: u32) -> Result<bool, Gone> {
        let flash = self.board.flash.start;
        let (stack, reset) = (self.word(flash)?, self.word(flash + 4)?);
        Ok(stack == reset && (reset == 0 || reset == u32::MAX) && !self.board.ram.contains(&pc))
    }

    /// Carries out the function of the flash algorithm that would run now, where QEMU has no flash controller: then the core stands at the
    /// BKPT to which it returns. The algorithm lies behind the four bytes of that BKPT; a step may have executed its first instruction.
    fn flash_for_it(&mut self, pc: u32, back: u32) -> Result<bool, Gone> {
        let Some(functions) = &self.board.flash_for_it else { return Ok(false) };
        let Some(offset) = pc.checked_sub(back + 4) else { return Ok(false) };
        let is = |begin: u32| (begin..begin + 4).contains(&offset);
        let flash = self.board.flash.clone();
        let arguments = self.arguments;
        if is(functions.erase_all) {
            self.erase(flash.start, flash.end - flash.start)?;
        } else if is(functions.erase_sector) && flash.contains(&arguments[0]) {
            let bytes = functions.sector_bytes(arguments[0] - flash.start);
            self.erase(arguments[0], bytes)?;
        } else if is(functions.program_page) && flash.contains(&arguments[0]) {
            let mut page = vec![0; usize::try_from(arguments[1].min(flash.end - arguments[0])).unwrap_or(0)];
            let mut there = page.clone();
            self.machine.qtest.read(arguments[2], &mut page)?;
            self.machine.qtest.read(arguments[0], &mut there)?;
            // Programming only clears bits.
            page.iter_mut().zip(there).for_each(|(new, old)| *new &= old);
            self.machine.gdb.force(arguments[0], &page)?;
        } else if !functions.nothing.iter().any(|begin| is(*begin)) {
            return Ok(false);
        }
        self.machine.gdb.set_register(0, 0)?;
        self.machine.gdb.set_register(PC, back)?;
        self.dhcsr |= C_HALT;
        self.dfsr |= DFSR_BKPT;
        self.flashed()?;
        Ok(true)
    }

    /// A function of the flash algorithm has ended: what it has to suffer happens.
    fn flashed(&mut self) -> Result<(), Gone> {
        if self.plan.is_empty() {
            return Ok(());
        }
        let flash = self.board.flash.clone();
        if self.plan.is_stuck() {
            let mut bytes = vec![0; usize::try_from(flash.end - flash.start).unwrap_or(0)];
            self.machine.qtest.read(flash.start, &mut bytes)?;
            if bytes.iter().all(|byte| *byte == 0xff) {
                self.plan.erased();
            }
        }
        let mut byte = [0xff];
        if flash.contains(&self.arguments[0]) {
            self.machine.qtest.read(self.arguments[0], &mut byte)?;
        }
        if byte[0] != 0xff && self.plan.flips() {
            self.machine.gdb.force(self.arguments[0], &[byte[0] ^ 1])?;
        }
        Ok(())
    }

    fn erase(&mut self, address: u32, bytes: u32) -> Result<(), Gone> {
        self.machine.gdb.force(address, &vec![0xff; usize::try_from(bytes).unwrap_or(0)])
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
        Ok(())
    }

    fn read_dhcsr(&mut self) -> Result<u32, Gone> {
        self.look()?;
        let mut value = self.dhcsr & (C_DEBUGEN | C_HALT | C_STEP | C_MASKINTS) | S_REGRDY;
        if self.is_halted() {
            value |= S_HALT;
        } else {
            value |= S_RETIRE_ST;
        }
        if self.is_locked_up && !self.is_halted() {
            value |= S_LOCKUP;
        }
        if std::mem::take(&mut self.has_reset) {
            value |= S_RESET_ST;
        }
        Ok(value)
    }

    fn write_dhcsr(&mut self, value: u32) -> Result<(), Gone> {
        if value & 0xffff_0000 != DHCSR_KEY {
            return Ok(());
        }
        self.look()?;
        let was_halted = self.is_halted();
        if value & C_DEBUGEN == 0 {
            self.dhcsr = 0;
            return if was_halted { self.run() } else { Ok(()) };
        }
        let halt = self.dhcsr & C_HALT;
        self.dhcsr = value & (C_DEBUGEN | C_STEP | C_MASKINTS) | halt;
        if value & C_HALT != 0 {
            return if was_halted { Ok(()) } else { self.halt() };
        }
        if !was_halted {
            self.dhcsr &= !C_HALT;
            return Ok(());
        }
        if value & C_STEP != 0 { self.step() } else { self.leave_halt() }
    }

    fn leave_halt(&mut self) -> Result<(), Gone> {
        self.dhcsr &= !C_HALT;
        self.run()
    }

    /// One instruction; a BKPT is not executed, it halts.
    fn step(&mut self) -> Result<(), Gone> {
        let pc = self.machine.gdb.register(PC)?;
        if self.half(pc)? >> 8 == 0xbe {
            self.dfsr |= DFSR_BKPT;
            return Ok(());
        }
        self.is_locked_up = self.is_locked_up || self.would_lock_up(pc)?;
        if self.is_locked_up {
            self.dhcsr &= !C_HALT;
            return Ok(());
        }
        self.place(&BTreeSet::new())?;
        self.machine.gdb.step()?;
        self.dfsr |= DFSR_HALTED;
        Ok(())
    }

    fn read_register(&mut self, selector: u32) -> Result<u32, Gone> {
        Ok(match selector {
            0..=15 => self.machine.gdb.register(selector)?,
            16 => self.machine.gdb.register(XPSR)?,
            17 => self.machine.gdb.register(SP)?,
            18 => self.shadows.process_stack,
            20 => self.shadows.special,
            _ => 0,
        })
    }

    fn write_register(&mut self, selector: u32, value: u32) -> Result<(), Gone> {
        if let Some(argument) = usize::try_from(selector).ok().and_then(|at| self.arguments.get_mut(at)) {
            *argument = value;
        }
        match selector {
            0..=14 => self.machine.gdb.set_register(selector, value),
            15 => {
                self.is_locked_up = false;
                self.machine.gdb.set_register(PC, value & !1)
            }
            16 => self.machine.gdb.set_register(XPSR, value),
            17 => self.machine.gdb.set_register(SP, value),
            18 => {
                self.shadows.process_stack = value;
                Ok(())
            }
            20 => {
                self.shadows.special = value;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A register of the system space that is kept here; none where it is the machine's own.
    fn read_system(&mut self, address: u32) -> Result<Option<u32>, Gone> {
        Ok(Some(match address {
            0xe000_edf0 => self.read_dhcsr()?,
            0xe000_edf8 => self.dcrdr,
            0xe000_edfc => self.demcr,
            0xe000_ed30 => self.dfsr,
            // FP_CTRL: how many comparators there are.
            0xe000_2000 => u32::try_from(self.comparators.len()).unwrap_or(0) << 4 | u32::from(self.fp_enabled),
            0xe000_2008..=0xe000_2024 => self.comparator(address).map_or(0, |at| self.comparators[at]),
            0xe000_1000 => NOCYCCNT,
            0xe000_1004..=0xe000_1fff | 0xe000_2004 | 0xe000_2028..=0xe000_2fff => 0,
            _ => return Ok(None),
        }))
    }

    fn comparator(&self, address: u32) -> Option<usize> {
        let at = usize::try_from((address - 0xe000_2008) / 4).ok()?;
        (at < self.comparators.len()).then_some(at)
    }

    fn write_system(&mut self, address: u32, value: u32) -> Result<bool, Gone> {
        match address {
            0xe000_edf0 => self.write_dhcsr(value)?,
            0xe000_edf4 if self.is_halted() => {
                let selector = value & 0x7f;
                if value & 1 << 16 != 0 {
                    self.write_register(selector, self.dcrdr)?;
                } else {
                    self.dcrdr = self.read_register(selector)?;
                }
            }
            0xe000_edf4 => {}
            0xe000_edf8 => self.dcrdr = value,
            0xe000_edfc => self.demcr = value,
            0xe000_ed30 => self.dfsr &= !value,
            0xe000_ed0c if value >> 16 == AIRCR_KEY => {
                if value & SYSRESETREQ != 0 {
                    self.machine.gdb.halt()?;
                    self.machine.reset()?;
                    self.after_reset()?;
                }
            }
            // Written only with its key.
            0xe000_2000 => {
                if value & 2 != 0 {
                    self.fp_enabled = value & 1 != 0;
                }
            }
            0xe000_2008..=0xe000_2024 => {
                if let Some(at) = self.comparator(address) {
                    self.comparators[at] = value;
                }
            }
            0xe000_1000..=0xe000_1fff | 0xe000_2004 | 0xe000_2028..=0xe000_2fff => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn is_memory(&self, address: u32) -> bool {
        self.board.flash.contains(&address) || self.board.ram.contains(&address)
    }
}

/// The instructions that a comparator of the breakpoint unit (version 1) means.
fn breakpoint(comparator: u32) -> Option<Vec<u32>> {
    let word = comparator & 0x1fff_fffc;
    let halves = match (comparator & 1, comparator >> 30) {
        (1, 1) => vec![word],
        (1, 2) => vec![word + 2],
        (1, 3) => vec![word, word + 2],
        _ => return None,
    };
    Some(halves)
}

impl Bus for Core {
    fn read_words(&mut self, address: u32, words: &mut [u32]) -> Result<bool, Gone> {
        if self.is_memory(address) {
            let mut bytes = vec![0; words.len() * 4];
            self.machine.qtest.read(address, &mut bytes)?;
            for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
                *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            }
            return Ok(true);
        }
        for (word, at) in words.iter_mut().zip((address..).step_by(4)) {
            let own = if SYSTEM.contains(&at) { self.read_system(at)? } else { None };
            *word = match own {
                Some(value) => value,
                None => self.machine.qtest.read_value('l', at)?,
            };
        }
        Ok(true)
    }

    fn write_words(&mut self, address: u32, words: &[u32]) -> Result<bool, Gone> {
        if self.board.ram.contains(&address) {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            self.machine.qtest.write(address, &bytes)?;
            return Ok(true);
        }
        for (word, at) in words.iter().zip((address..).step_by(4)) {
            if !SYSTEM.contains(&at) || !self.write_system(at, *word)? {
                self.machine.qtest.write_value('l', at, *word)?;
            }
        }
        Ok(true)
    }

    #[expect(clippy::cast_possible_truncation, reason = "a byte was read")]
    fn read_byte(&mut self, address: u32) -> Result<Option<u8>, Gone> {
        Ok(Some(self.machine.qtest.read_value('b', address)? as u8))
    }

    #[expect(clippy::cast_possible_truncation, reason = "two bytes were read")]
    fn read_half(&mut self, address: u32) -> Result<Option<u16>, Gone> {
        Ok(Some(self.machine.qtest.read_value('w', address)? as u16))
    }

    fn write_byte(&mut self, address: u32, value: u8) -> Result<bool, Gone> {
        self.machine.qtest.write_value('b', address, u32::from(value))?;
        Ok(true)
    }

    fn write_half(&mut self, address: u32, value: u16) -> Result<bool, Gone> {
        self.machine.qtest.write_value('w', address, u32::from(value))?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::breakpoint;

    #[test]
    fn a_comparator_means_one_half_of_a_word_or_both() {
        let check = |comparator: u32, means: Option<&[u32]>| assert_eq!(breakpoint(comparator).as_deref(), means, "{comparator:#x}");
        check(0x4000_0101, Some(&[0x100]));
        check(0x8000_0101, Some(&[0x102]));
        check(0xc000_0101, Some(&[0x100, 0x102]));
        check(0xc000_0100, None);
        check(0x0000_0101, None);
    }
}
