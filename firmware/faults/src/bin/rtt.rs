//! Behaves well and prints to a ring in RAM, more than it holds: only a probe that reads while it runs hears all of it.

#![no_std]
#![no_main]

use faults::between_marks;
use pyrite_port::{Chip, Console, Rtt, exit};

pyrite_port::entry! { chip: Rtt<faults::Chip>, main: run }

/// Lines of the program's own output: 8 KiB.
const LINES: usize = 128;

fn run() -> ! {
    let console = Console::<Rtt<faults::Chip>>::new();
    console.line("hello 1", "mps2-an385");
    between_marks(|| {
        for _ in 0..LINES {
            for _ in 0..63 {
                Rtt::<faults::Chip>::send(b'.');
            }
            Rtt::<faults::Chip>::send(b'\n');
        }
    });
    console.line("result", "(2584, 210, 510, 9540)");
    console.begin("done");
    console.end();
    exit::exit(exit::DONE)
}
