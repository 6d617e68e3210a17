//! Recurses until the stack leaves RAM: exit code 102, not a silent overwrite of the heap.

#![no_std]
#![no_main]

use core::hint::black_box;

use faults::{between_marks, farewell, hello};

pyrite_port::entry! { chip: faults::Chip, main: run }

fn run() -> ! {
    let console = hello();
    between_marks(|| {
        black_box(deeper(black_box(1)));
    });
    farewell(&console, "0")
}

#[expect(unconditional_recursion, reason = "the purpose of this image")]
#[inline(never)]
fn deeper(n: u32) -> u32 {
    let frame = black_box([n; 16]);
    deeper(n + 1) + frame[3]
}
