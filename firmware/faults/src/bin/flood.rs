//! Prints lines for ever: a log must have a limit.

#![no_std]
#![no_main]

use core::hint::black_box;

use faults::{between_marks, farewell, hello};

pyrite_port::entry! { chip: faults::Chip, main: run }

fn run() -> ! {
    let console = hello();
    between_marks(|| {
        while black_box(true) {
            console.send(b"one more line of a program that does not know when to stop\n");
        }
    });
    farewell(&console, "0")
}
