//! Never comes back from `main()`: the instruction budget or the clock must end it.

#![no_std]
#![no_main]

use core::hint::black_box;

use faults::{between_marks, farewell, hello};

pyrite_port::entry! { chip: faults::Chip, main: run }

fn run() -> ! {
    let console = hello();
    between_marks(|| while black_box(true) {});
    farewell(&console, "0")
}
