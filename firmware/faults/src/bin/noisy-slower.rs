//! Does what `noisy` does, 3.3 % slower: 3 % where the noise is around a tenth of the work.

#![no_std]
#![no_main]

pyrite_port::entry! { chip: faults::Chip, main: run }

fn run() -> ! {
    faults::noisy(33)
}
