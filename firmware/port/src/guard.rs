//! Memory below the stack that must not take a write: a chip calls one of these where nothing faults there by itself.
//!
//! Registers: Armv6-M, Armv7-M and Armv8-M Architecture Reference Manuals, memory protection unit and VTOR; RISC-V Privileged
//! Architecture, physical memory protection.

#[cfg(target_arch = "arm")]
use crate::register::Register;

#[cfg(target_arch = "arm")]
mod registers {
    use super::Register;

    // SAFETY: for all of these: registers of the system control space. The only region ever set lies outside of all memory that Rust code uses, and the
    // vector table is the image's own.
    pub const VTOR: Register = unsafe { Register::at(0xe000_ed08) };
    // SAFETY: as above.
    pub const MPU_CTRL: Register = unsafe { Register::at(0xe000_ed94) };
    // SAFETY: as above.
    pub const MPU_RNR: Register = unsafe { Register::at(0xe000_ed98) };
    // SAFETY: as above.
    pub const MPU_RBAR: Register = unsafe { Register::at(0xe000_ed9c) };
    // SAFETY: as above. RASR in Armv6-M and Armv7-M, RLAR in Armv8-M.
    pub const MPU_SIZE: Register = unsafe { Register::at(0xe000_eda0) };
    // SAFETY: as above.
    pub const MPU_MAIR0: Register = unsafe { Register::at(0xe000_edc0) };
}

/// The 64 KiB below RAM at 0x2000_0000.
#[cfg(target_arch = "arm")]
const BELOW_RAM: u32 = 0x1fff_0000;
/// `MPU_CTRL`: on, all other addresses as without it.
#[cfg(target_arch = "arm")]
const MPU_ON: u32 = 1 << 2 | 1;

/// Forbids the 64 KiB below 0x2000_0000 on a core of Armv6-M or Armv7-M with a memory protection unit.
#[cfg(target_arch = "arm")]
pub fn armv7m() {
    // RBAR: region 0. RASR: no access for anyone, nothing executed, 2^(15+1) bytes, on.
    registers::MPU_RBAR.write(BELOW_RAM | 1 << 4);
    registers::MPU_SIZE.write(1 << 28 | 15 << 1 | 1);
    registers::MPU_CTRL.write(MPU_ON);
}

/// Makes the 64 KiB below 0x2000_0000 read-only on a core of Armv8-M with a memory protection unit, which can forbid no more than that:
/// an overflowing stack writes first.
#[cfg(target_arch = "arm")]
pub fn armv8m() {
    // Attribute 0: device memory. RBAR: read-only for privileged code, nothing executed. RLAR: the last 32 bytes, attribute 0, on.
    registers::MPU_MAIR0.write(0);
    registers::MPU_RNR.write(0);
    registers::MPU_RBAR.write(BELOW_RAM | 0b10 << 1 | 1);
    registers::MPU_SIZE.write(BELOW_RAM + 0xffe0 | 1);
    registers::MPU_CTRL.write(MPU_ON);
}

/// Makes the image's vector table the core's, where a ROM ran before and may have left its own.
#[cfg(target_arch = "arm")]
pub fn take_vectors() {
    unsafe extern "C" {
        static pyrite_vectors: u32;
    }
    registers::VTOR.write((&raw const pyrite_vectors).expose_provenance() as u32);
}

/// Forbids the 64 KiB below the stack on a RISC-V core with physical memory protection, until the next reset.
///
/// The stack must end at a multiple of 64 KiB.
#[cfg(target_arch = "riscv32")]
pub fn pmp() {
    const GUARD_BYTES: usize = 0x1_0000;
    // pmpaddr: the start and, as ones, the size of a naturally aligned power of two. pmpcfg: locked, so that machine mode obeys too;
    // such a range; no permission.
    let range = (crate::memory::stack_end() - GUARD_BYTES) >> 2 | (GUARD_BYTES / 8 - 1);
    // SAFETY: the two registers forbid a range that lies outside of all memory that Rust code uses.
    unsafe {
        core::arch::asm!("csrw pmpaddr0, {range}", "csrw pmpcfg0, {locked}", range = in(reg) range, locked = in(reg) 0x98, options(nostack));
    }
}

/// On a developer's machine nothing is guarded: chips are compiled there, and never run.
#[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
mod nothing {
    /// Nothing.
    pub fn armv7m() {}
    /// Nothing.
    pub fn armv8m() {}
    /// Nothing.
    pub fn take_vectors() {}
    /// Nothing.
    pub fn pmp() {}
}
#[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
pub use nothing::{armv7m, armv8m, pmp, take_vectors};
