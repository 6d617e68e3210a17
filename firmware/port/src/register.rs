//! A device register as a value: the promise about its address is made once, where the chip names it.

use core::ptr::{read_volatile, write_volatile};

/// A 32-bit register at a fixed address.
#[derive(Clone, Copy)]
pub struct Register(usize);

impl Register {
    /// Names the register at `address`.
    ///
    /// # Safety
    /// `address` is a word-aligned device register of the chip this image is built for, and reading it or writing any value to it
    /// changes no memory that Rust code uses.
    pub const unsafe fn at(address: usize) -> Self {
        Self(address)
    }

    /// Reads the register.
    #[inline(always)]
    pub fn read(self) -> u32 {
        // SAFETY: `at` was promised a readable, aligned device register.
        unsafe { read_volatile(self.0 as *const u32) }
    }

    /// Writes the register.
    #[inline(always)]
    pub fn write(self, value: u32) {
        // SAFETY: `at` was promised a writable, aligned device register that no Rust object overlaps.
        unsafe { write_volatile(self.0 as *mut u32, value) }
    }

    /// Clears the bits of `clear`, then sets those of `set`.
    pub fn change(self, clear: u32, set: u32) {
        self.write(self.read() & !clear | set);
    }

    /// Waits until the bits of `mask` read as `value`, at most `reads_max` reads; says whether they did.
    pub fn wait(self, mask: u32, value: u32, reads_max: u32) -> bool {
        (0..reads_max).any(|_| self.read() & mask == value)
    }
}
