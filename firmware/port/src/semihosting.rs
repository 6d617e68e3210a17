//! Semihosting: asking the debugger or the emulator, here only to end with an exit code.
//!
//! Numbers and parameter blocks are those of ARM's "Semihosting for AArch32 and AArch64"; RISC-V uses the same ones with another
//! trap sequence. Console output never goes this way: runners start QEMU with semihosting that answers nothing but the exit.

/// `SYS_EXIT_EXTENDED`: ends with a reason and a code.
const SYS_EXIT_EXTENDED: usize = 0x20;
/// The reason `ADP_Stopped_ApplicationExit`: a regular end, the code tells which.
const APPLICATION_EXIT: usize = 0x2_0026;

/// Asks the host to end this run with `code`; returns only where nobody answers.
pub fn exit(code: u32) {
    // SAFETY: the operation's parameter block is two words, reason and code, and it outlives the call.
    unsafe { call(SYS_EXIT_EXTENDED, [APPLICATION_EXIT, code as usize].as_ptr()) };
}

/// One semihosting call: operation number and the address of its parameter block; the host's answer comes back.
///
/// # Safety
/// `parameters` is what `operation` demands: for most a block of words, and every address in that block is one the host may read or
/// write as the operation says.
#[inline(never)]
pub unsafe fn call(operation: usize, parameters: *const usize) -> isize {
    let answer: isize;
    #[cfg(target_arch = "arm")]
    // SAFETY: the breakpoint with immediate 0xAB is the request on M-profile cores; it changes r0 and memory only as the operation
    // says, which the caller promised is sound.
    unsafe {
        core::arch::asm!("bkpt #0xab", inlateout("r0") operation => answer, in("r1") parameters, options(nostack));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as above; the three instructions must be uncompressed and lie in one page, hence the alignment.
    unsafe {
        core::arch::asm!(
            ".balign 16",
            ".option push",
            ".option norvc",
            "slli x0, x0, 0x1f",
            "ebreak",
            "srai x0, x0, 7",
            ".option pop",
            inlateout("a0") operation => answer, in("a1") parameters, options(nostack),
        );
    }
    // Tests on a developer's machine: nobody answers.
    #[cfg(not(any(target_arch = "arm", target_arch = "riscv32")))]
    {
        answer = -1;
        let _ = (operation, parameters);
    }
    answer
}
