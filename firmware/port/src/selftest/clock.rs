//! The core's own counter: SysTick on a Cortex-M (24 bits, downwards; Armv6-M and Armv7-M Architecture Reference Manuals, B3.3), `mcycle` on RISC-V.

/// Looks at a counter that has not moved: even one that counts by a slow reference moves within as many.
const LOOKS_MAX: u32 = 1_000_000;

/// Waits so many ticks of the core's clock. Whether the counter counts.
#[inline(never)]
pub fn wait(ticks: u32) -> bool {
    let mut last = now();
    let (mut passed, mut unmoved) = (0u32, 0);
    while passed < ticks {
        let now = now();
        let moved = since(last, now);
        passed = passed.saturating_add(moved);
        unmoved = if moved == 0 { unmoved + 1 } else { 0 };
        if unmoved > LOOKS_MAX {
            return false;
        }
        last = now;
    }
    true
}

#[cfg(target_arch = "arm")]
mod counter {
    #![expect(unsafe_code, reason = "names device registers")]
    use crate::register::Register;

    // SAFETY: for all of these: SysTick's registers, which every Cortex-M of ours has; none is memory.
    const CONTROL: Register = unsafe { Register::at(0xe000_e010) };
    // SAFETY: as above.
    const RELOAD: Register = unsafe { Register::at(0xe000_e014) };
    // SAFETY: as above.
    const CURRENT: Register = unsafe { Register::at(0xe000_e018) };
    /// On, by the core's own clock, without an interrupt.
    const ON: u32 = 1 | 1 << 2;
    const MASK: u32 = 0xff_ffff;

    pub fn now() -> u32 {
        if CONTROL.read() & 1 == 0 {
            RELOAD.write(MASK);
            CURRENT.write(0);
            CONTROL.write(ON);
        }
        CURRENT.read() & MASK
    }

    pub fn since(last: u32, now: u32) -> u32 {
        last.wrapping_sub(now) & MASK
    }
}

#[cfg(target_arch = "riscv32")]
mod counter {
    #![expect(unsafe_code, reason = "reads a register of the core")]

    pub fn now() -> u32 {
        let now: u32;
        // SAFETY: reads a counter.
        unsafe { core::arch::asm!("csrr {}, mcycle", out(reg) now, options(nomem, nostack)) };
        now
    }

    pub fn since(last: u32, now: u32) -> u32 {
        now.wrapping_sub(last)
    }
}

use counter::{now, since};
