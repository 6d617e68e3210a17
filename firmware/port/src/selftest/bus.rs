//! Memory as an address and a value, without a Rust object that lies there: one instruction each, which no compiler moves or leaves out.
#![expect(unsafe_code, reason = "the instructions themselves")]

use core::arch::asm;

/// The word at an address.
#[inline(always)]
pub fn read(address: usize) -> u32 {
    let value: u32;
    #[cfg(target_arch = "arm")]
    // SAFETY: reading memory changes none; a wrong address is a fault, which ends the image.
    unsafe {
        asm!("ldr {value}, [{address}]", address = in(reg) address, value = lateout(reg) value, options(nostack, preserves_flags));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as above.
    unsafe {
        asm!("lw {value}, 0({address})", address = in(reg) address, value = lateout(reg) value, options(nostack, preserves_flags));
    }
    value
}

/// The byte at an address.
#[inline(always)]
pub fn read_byte(address: usize) -> u8 {
    let value: u32;
    #[cfg(target_arch = "arm")]
    // SAFETY: as in `read`.
    unsafe {
        asm!("ldrb {value}, [{address}]", address = in(reg) address, value = lateout(reg) value, options(nostack, preserves_flags));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as in `read`.
    unsafe {
        asm!("lbu {value}, 0({address})", address = in(reg) address, value = lateout(reg) value, options(nostack, preserves_flags));
    }
    value as u8
}

/// Writes a word of RAM.
///
/// # Safety
/// No Rust object lies there.
#[inline(always)]
pub unsafe fn write(address: usize, value: u32) {
    #[cfg(target_arch = "arm")]
    // SAFETY: the caller promised that nothing of Rust's is changed.
    unsafe {
        asm!("str {value}, [{address}]", address = in(reg) address, value = in(reg) value, options(nostack, preserves_flags));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as above.
    unsafe {
        asm!("sw {value}, 0({address})", address = in(reg) address, value = in(reg) value, options(nostack, preserves_flags));
    }
}

/// Writes two values to a word of RAM in turn, reads each back, and puts back what was there. Sound wherever it is: nothing else runs meanwhile.
#[inline(always)]
pub fn exchange(address: usize, first: u32, second: u32) -> (u32, u32) {
    let (mut first, mut second) = (first, second);
    #[cfg(target_arch = "arm")]
    // SAFETY: the word is what it was when this ends, and between its instructions nobody looks: an image has one core and no interrupt
    // handlers.
    unsafe {
        asm!(
            "ldr {kept}, [{address}]",
            "str {first}, [{address}]",
            "ldr {first}, [{address}]",
            "str {second}, [{address}]",
            "ldr {second}, [{address}]",
            "str {kept}, [{address}]",
            address = in(reg) address, first = inout(reg) first, second = inout(reg) second, kept = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as above.
    unsafe {
        asm!(
            "lw {kept}, 0({address})",
            "sw {first}, 0({address})",
            "lw {first}, 0({address})",
            "sw {second}, 0({address})",
            "lw {second}, 0({address})",
            "sw {kept}, 0({address})",
            address = in(reg) address, first = inout(reg) first, second = inout(reg) second, kept = out(reg) _,
            options(nostack, preserves_flags),
        );
    }
    (first, second)
}

/// The stack pointer.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let sp: usize;
    #[cfg(target_arch = "arm")]
    // SAFETY: reads a register.
    unsafe {
        asm!("mov {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as above.
    unsafe {
        asm!("mv {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags));
    }
    sp
}
