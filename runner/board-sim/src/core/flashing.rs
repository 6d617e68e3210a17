//! What is done for a flash algorithm: all of it where QEMU has no flash controller, and the faults of what it writes.

use super::registers::SP;
use super::{C_HALT, Core, DFSR_BKPT, PC};
use crate::bus::Gone;
use crate::qemu;

impl Core {
    /// Carries out the function of the flash algorithm that would run now, where QEMU has no flash controller: then the core stands at the
    /// BKPT to which it returns. The algorithm lies behind the four bytes of that BKPT; a step may have executed its first instruction.
    pub(super) fn flash_for_it(&mut self, pc: u32, back: u32) -> Result<bool, Gone> {
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
        self.machine.gdb.set_register(SP, self.stack)?;
        self.machine.gdb.set_register(PC, back)?;
        self.dhcsr |= C_HALT;
        self.dfsr |= DFSR_BKPT;
        self.flashed()?;
        Ok(true)
    }

    /// A function of the flash algorithm has ended: what it has to suffer happens.
    pub(super) fn flashed(&mut self) -> Result<(), Gone> {
        if self.plan.is_empty() {
            return Ok(());
        }
        self.plan.written();
        let flash = self.board.flash.clone();
        if self.plan.is_stuck() && self.is_erased()? {
            self.plan.erased();
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

    /// Whether all of flash is erased. Looked at piece by piece: most of the time the first one says no, and all of it is megabytes.
    fn is_erased(&mut self) -> Result<bool, Gone> {
        for at in self.board.flash.clone().step_by(qemu::BYTES_MAX) {
            let left = usize::try_from(self.board.flash.end - at).unwrap_or(0);
            let mut piece = vec![0; left.min(qemu::BYTES_MAX)];
            self.machine.qtest.read(at, &mut piece)?;
            if piece.iter().any(|byte| *byte != 0xff) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes flash what the core reads, or what is in it, where these differ; the core must stand.
    pub(super) fn misread(&mut self, is_as_read: bool) -> Result<(), Gone> {
        let Some(offset) = self.plan.misread().filter(|_| self.is_misreading != is_as_read) else { return Ok(()) };
        self.is_misreading = is_as_read;
        let address = self.board.flash.start.saturating_add(offset);
        let mut byte = [0];
        self.machine.qtest.read(address, &mut byte)?;
        self.machine.gdb.force(address, &[byte[0] ^ 1])
    }

    fn erase(&mut self, address: u32, bytes: u32) -> Result<(), Gone> {
        self.machine.gdb.force(address, &vec![0xff; usize::try_from(bytes).unwrap_or(0)])
    }
}
