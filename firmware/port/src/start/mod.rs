//! From reset to `pyrite_main`, and from any fault to `pyrite_fault`: one file for each instruction set.
//!
//! Written here and not taken from a runtime crate for three reasons: faults must end on a fresh stack (the old one may be what
//! overflowed), the vector table holds the 16 entries that are used instead of 256, and a board image needs no crate but ours.

#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "riscv32")]
mod riscv;
