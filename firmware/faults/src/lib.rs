//! Images that misbehave on purpose, one binary each, for testing runners: what a runner must survive and call by its name.
//!
//! All are built for `mps2-an385` by `firmware/build faults`. They boot, speak the console protocol up to the point where they go wrong and
//! hold both markers, so nothing but the fault itself is odd about them. None of them is a board and none holds the VM.

#![no_std]

use core::arch::asm;
use pyrite_port::marks::{ounce_begin, ounce_end};
use pyrite_port::register::Register;
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

// SAFETY: the last word of RAM. Statics lie at its low end and the stack below them: no Rust object is there.
const NOISE: Register = unsafe { Register::at(0x203f_fffc) };
// SAFETY: the first word of the window for programs, in flash, which is only read.
const TURNS: Register = unsafe { Register::at(0x0030_0000) };
/// Turns of the loop where no program says how many: its window is erased.
const TURNS_ELSE: u32 = 100_000;

/// Spins as often as the program says, which is one word, and `slower_permille` of it more; and then as often as a simulated board says that this run
/// varies (`runner/board-sim/README.md`, `--noise`). Healthy in all else.
pub fn noisy(slower_permille: u32) -> ! {
    let console = hello();
    between_marks(|| {
        let turns = match TURNS.read() {
            u32::MAX => TURNS_ELSE,
            turns => turns,
        };
        spin(turns + turns / 1000 * slower_permille);
        spin(NOISE.read());
    });
    farewell(&console, "(2584, 210, 510, 9540)")
}

/// Four instructions a turn, whatever a compiler makes of other loops: stories count on it.
fn spin(turns: u32) {
    if turns == 0 {
        return;
    }
    // SAFETY: touches nothing but the register that counts down.
    unsafe { asm!("2:", "nop", "nop", "subs {turns}, #1", "bne 2b", turns = inout(reg) turns => _, options(nomem, nostack)) };
}
