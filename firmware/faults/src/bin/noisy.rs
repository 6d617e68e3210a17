//! Behaves well, and takes a little more or less time each run where its board says so.

#![no_std]
#![no_main]

pyrite_port::entry! { chip: faults::Chip, main: run }

fn run() -> ! {
    faults::noisy(0)
}
