//! The registers that a debugger reads and writes, and all other addresses as it sees them.

use super::{C_DEBUGEN, C_HALT, Core, DFSR_BKPT, DFSR_HALTED, PC};
use crate::bus::{Bus, Gone};
use std::collections::BTreeSet;

/// DHCSR: a write counts only with this above it.
const DHCSR_KEY: u32 = 0xa05f_0000;
const C_STEP: u32 = 1 << 2;
const C_MASKINTS: u32 = 1 << 3;
const S_REGRDY: u32 = 1 << 16;
const S_HALT: u32 = 1 << 17;
const S_LOCKUP: u32 = 1 << 19;
const S_RETIRE_ST: u32 = 1 << 24;
const S_RESET_ST: u32 = 1 << 25;
/// AIRCR: a write counts only with this above it.
const AIRCR_KEY: u32 = 0x05fa;
const SYSRESETREQ: u32 = 1 << 2;
/// DWT_CTRL: there is no cycle counter.
const NOCYCCNT: u32 = 1 << 25;
/// The system space; below and above are memory and devices.
const SYSTEM: std::ops::Range<u32> = 0xe000_0000..0xe010_0000;
/// Registers as QEMU's debugger numbers them.
pub(super) const SP: u32 = 13;
const XPSR: u32 = 25;

impl Core {
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
        if !self.board.ram.contains(&pc) {
            self.keep_flash()?;
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
            13 | 17 => self.stack = value,
            15 => self.stack = self.machine.gdb.register(SP)?,
            _ => {}
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
}

/// The instructions that a comparator of the breakpoint unit (version 1) means.
pub(super) fn breakpoint(comparator: u32) -> Option<Vec<u32>> {
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
            let own = if SYSTEM.contains(&at) { self.read_system(at)? } else { self.sensors.as_ref().and_then(|sensors| sensors.read(at)) };
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
            let is_sensor = self.sensors.as_mut().is_some_and(|sensors| sensors.write(at, *word));
            if !is_sensor && (!SYSTEM.contains(&at) || !self.write_system(at, *word)?) {
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
