//! Reset and trap entry of RISC-V, machine mode, one hart. Interrupts stay off, so every trap is a fault to us.
//!
//! The ESP32-C3, the one core here without atomic instructions, has no `mie`, and its `mtvec` knows only tables of 256 bytes, of which exceptions take the
//! first entry (Technical Reference Manual, chapter 1). So interrupts are switched off in `mstatus`, which every core has.

use core::arch::global_asm;

// The start section is the code at the reset address. `gp` stays unused: no linker relaxation is asked for.
global_asm!(
    ".section .start, \"ax\", @progbits",
    ".global _start",
    ".type _start, @function",
    "_start:",
    ".option push",
    ".option norelax",
    "csrci mstatus, 8",
    "la t0, pyrite_exception",
    "csrw mtvec, t0",
    "la sp, _stack_start",
    "la t0, _data_start",
    "la t1, _data_end",
    "la t2, _data_load",
    "j 2f",
    "1:",
    "lw t3, 0(t2)",
    "sw t3, 0(t0)",
    "addi t0, t0, 4",
    "addi t2, t2, 4",
    "2:",
    "bltu t0, t1, 1b",
    "la t0, _bss_start",
    "la t1, _bss_end",
    "j 4f",
    "3:",
    "sw zero, 0(t0)",
    "addi t0, t0, 4",
    "4:",
    "bltu t0, t1, 3b",
    "call pyrite_main",
    "unimp",
    ".option pop",
    ".size _start, . - _start",
);

// pyrite_fault(mcause, mepc, old stack pointer), on a fresh stack: the old one may be what overflowed.
global_asm!(
    ".section .text.pyrite_exception, \"ax\", @progbits",
    ".global pyrite_exception",
    ".type pyrite_exception, @function",
    ".balign {alignment}",
    "pyrite_exception:",
    "csrr a0, mcause",
    "csrr a1, mepc",
    "mv a2, sp",
    "la sp, _stack_start",
    "tail pyrite_fault",
    ".size pyrite_exception, . - pyrite_exception",
    alignment = const if cfg!(target_feature = "a") { 4 } else { 256 },
);
