//! Reads where no memory is: exit code 102.

#![no_std]
#![no_main]

use core::hint::black_box;

use faults::{between_marks, farewell, hello};

pyrite_port::entry! { chip: faults::Chip, main: run }

fn run() -> ! {
    let console = hello();
    between_marks(|| {
        // SAFETY: none; the address belongs to no memory and no device of the board. The fault this causes is the purpose.
        black_box(unsafe { core::ptr::with_exposed_provenance::<u32>(0xf000_0000).read_volatile() });
    });
    farewell(&console, "0")
}
