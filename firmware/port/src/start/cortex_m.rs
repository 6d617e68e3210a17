//! Reset and fault entry of Cortex-M, from M0 (ARMv6-M) to M33 (ARMv8-M Mainline).
//!
//! The table has the 16 system entries, of which all but reset are faults to us. With the feature `machine` the last of them, SysTick, and the first
//! 16 of the chip's own interrupts are the millisecond's tick (`machine.rs`): one of them is enabled once a program asks for the time.

use core::arch::global_asm;

// The start section is the vector table: initial stack pointer, reset, then 14 exceptions.
global_asm!(
    ".section .start, \"a\", %progbits",
    ".balign 128 * (1 + {ticks})",
    ".global pyrite_vectors",
    ".type pyrite_vectors, %object",
    "pyrite_vectors:",
    ".word _stack_start",
    ".word _start",
    ".rept 13",
    ".word pyrite_exception",
    ".endr",
    ".if {ticks}",
    ".rept 1 + {CHIPS_OWN}",
    ".word pyrite_tick",
    ".endr",
    ".else",
    ".word pyrite_exception",
    ".endif",
    ".size pyrite_vectors, . - pyrite_vectors",
    ticks = const cfg!(feature = "machine") as u32,
    CHIPS_OWN = const 16,
);

// The stack pointer is set again for debuggers that start at the entry address without a reset.
global_asm!(
    ".section .text._start, \"ax\", %progbits",
    ".global _start",
    ".type _start, %function",
    ".thumb_func",
    "_start:",
    "ldr r0, =_stack_start",
    "mov sp, r0",
    "ldr r0, =_data_start",
    "ldr r1, =_data_end",
    "ldr r2, =_data_load",
    "b 2f",
    "1:",
    "ldm r2!, {{r3}}",
    "stm r0!, {{r3}}",
    "2:",
    "cmp r0, r1",
    "blo 1b",
    "ldr r0, =_bss_start",
    "ldr r1, =_bss_end",
    "movs r2, #0",
    "b 4f",
    "3:",
    "stm r0!, {{r2}}",
    "4:",
    "cmp r0, r1",
    "blo 3b",
    // CPACR: full access to coprocessors 10 and 11, which are the floating point unit.
    ".if {fpu}",
    "ldr r0, =0xe000ed88",
    "ldr r1, =0x00f00000",
    "str r1, [r0]",
    "dsb",
    "isb",
    ".endif",
    "bl pyrite_main",
    "udf #0",
    ".ltorg",
    ".size _start, . - _start",
    fpu = const cfg!(target_abi = "eabihf") as u32,
);

// pyrite_fault(exception number, stacked pc, old stack pointer), on a fresh stack. The pc is read only if the frame lies inside the
// stack: after an overflow it was never written, and reading it would be a second fault.
global_asm!(
    ".section .text.pyrite_exception, \"ax\", %progbits",
    ".global pyrite_exception",
    ".type pyrite_exception, %function",
    ".thumb_func",
    "pyrite_exception:",
    "mrs r0, ipsr",
    "movs r1, #0",
    "mov r2, sp",
    "ldr r3, =_stack_start",
    "mov sp, r3",
    "subs r3, #32",
    "cmp r2, r3",
    "bhi 1f",
    "ldr r3, =_stack_end",
    "cmp r2, r3",
    "blo 1f",
    "ldr r1, [r2, #24]",
    "1:",
    "ldr r3, =pyrite_fault",
    "bx r3",
    ".ltorg",
    ".size pyrite_exception, . - pyrite_exception",
);
