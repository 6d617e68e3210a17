//! Panics inside `main()`: exit code 101.

#![no_std]
#![no_main]

use core::hint::black_box;

use faults::{between_marks, farewell, hello};

pyrite_port::entry! { chip: faults::Chip, main: run }

fn run() -> ! {
    let console = hello();
    between_marks(|| assert!(black_box(1) == 2, "a panic on purpose"));
    farewell(&console, "0")
}
