//! The two ways an image fails by itself: a panic and a fault. Both say so on the console and exit with a code of their own.
#![forbid(unsafe_code)]

use crate::memory::stack_end;
use crate::{Chip, Console, exit};

/// The end of every panic. The message is not printed: it would bring `core::fmt` into flash; the place is in the debugger.
#[cold]
pub fn panic<C: Chip>() -> ! {
    let console = Console::<C>::new();
    console.send(b"\n");
    console.line("error", "panic");
    exit::exit(exit::PANIC)
}

/// The end of every HardFault and trap. `cause` is the exception number or `mcause`, `pc` the faulting instruction or 0 where it could
/// not be read, `sp` the stack pointer when it happened.
///
/// The stack lies at the low end of RAM, so a stack pointer below it means that the stack overflowed. This runs on a fresh stack.
#[cold]
pub fn fault<C: Chip>(cause: usize, pc: usize, sp: usize) -> ! {
    if !exit::ended() {
        let console = Console::<C>::new();
        console.send(b"\n");
        console.begin(if sp < stack_end() { "error stack overflow, fault " } else { "error fault " });
        console.hex(cause);
        console.send(b" pc ");
        console.hex(pc);
        console.send(b" sp ");
        console.hex(sp);
        console.end();
    }
    exit::exit(exit::FAULT)
}
