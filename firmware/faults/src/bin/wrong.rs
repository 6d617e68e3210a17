//! Behaves well and computes a wrong result: only the expected output tells.

#![no_std]
#![no_main]

use faults::{between_marks, farewell, hello};

pyrite_port::entry! { chip: faults::Chip, main: run }

fn run() -> ! {
    let console = hello();
    between_marks(|| {});
    farewell(&console, "(2584, 210, 511, 9541)")
}
