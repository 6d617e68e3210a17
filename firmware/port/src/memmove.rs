//! `memmove` for ARM: the library's has the whole of `memcpy` in it, and as much again for the way back, where programs seldom go.
//! Forward it is `memcpy`, which copies in that order; backward a loop by words, or by bytes where one of the three is no multiple of four.
//!
//! Source of names and conventions: "Run-time ABI for the Arm Architecture", 4.3.4 (memory copying): destination, source and length in r0 to r2.

core::arch::global_asm!(
    ".section .text.memmove, \"ax\", %progbits",
    ".syntax unified",
    ".thumb",
    ".global memmove, __aeabi_memmove, __aeabi_memmove4, __aeabi_memmove8",
    ".thumb_func",
    "memmove:",
    ".thumb_func",
    "__aeabi_memmove:",
    ".thumb_func",
    "__aeabi_memmove4:",
    ".thumb_func",
    "__aeabi_memmove8:",
    // The destination begins inside of what is copied, or else forward is right.
    "subs r3, r0, r1",
    "cmp r3, r2",
    "blo 1f",
    "push {{r0, lr}}",
    "bl __aeabi_memcpy",
    "pop {{r0, pc}}",
    "1: orrs r3, r0",
    "orrs r3, r2",
    "lsls r3, r3, #30",
    "bne 3f",
    "2: subs r2, r2, #4",
    "ldr r3, [r1, r2]",
    "str r3, [r0, r2]",
    "bne 2b",
    "bx lr",
    "3: subs r2, r2, #1",
    "ldrb r3, [r1, r2]",
    "strb r3, [r0, r2]",
    "bne 3b",
    "bx lr",
);
