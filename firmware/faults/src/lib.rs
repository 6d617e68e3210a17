//! Images that misbehave on purpose, one binary each, for testing runners: what a runner must survive and call by its name.
//!
//! All are built for `mps2-an385` by `firmware/build faults`. They boot, speak the console protocol up to the point where they go wrong and
//! hold both markers, so nothing but the fault itself is odd about them. None of them is a board and none holds the VM.

#![no_std]

use pyrite_port::marks::{ounce_begin, ounce_end};
use pyrite_port::{Console, exit};

/// The chip all of them run on.
pub type Chip = mps2::An385;

/// Says what a healthy image says before its program runs.
pub fn hello() -> Console<Chip> {
    let console = Console::new();
    console.line("hello 1", "mps2-an385");
    console.line("program", "fault.py");
    console
}

/// Does `work` where a healthy image runs `main()`.
pub fn between_marks(work: impl FnOnce()) {
    ounce_begin();
    work();
    ounce_end();
}

/// Says what a healthy image says after its program returned `result`, and ends well.
pub fn farewell(console: &Console<Chip>, result: &str) -> ! {
    console.line("result", result);
    console.figure("heap_size_bytes", 143_360);
    console.figure("heap_peak_bytes", 0);
    console.begin("done");
    console.end();
    exit::exit(exit::DONE)
}
