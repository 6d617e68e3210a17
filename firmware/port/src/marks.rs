//! The two symbols between which a runner counts instructions.
//!
//! Their bodies differ on purpose: a linker or optimiser that merged two equal functions would leave one address for both.

use core::arch::asm;

/// Counting begins when this returns.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn ounce_begin() {
    // SAFETY: does nothing; it keeps the body from being empty and memory accesses from moving across.
    unsafe { asm!("nop", options(nostack)) };
}

/// Counting ends when this is entered.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn ounce_end() {
    // SAFETY: as in `ounce_begin`.
    unsafe { asm!("nop", "nop", options(nostack)) };
}
