//! The two ways an image fails by itself: a panic and a fault. Both say so on the console and exit with a code of their own.
//!
//! `firmware/build` compiles a panic to one trapping instruction (`panic=immediate-abort`): no message, no `core::fmt` and no call is left in
//! flash, and the address of the instruction names the place better than a message would. So a panic arrives here as a fault at
//! an instruction that the compiler put there to trap.
#![forbid(unsafe_code)]

use crate::memory::{is_trap, stack_end};
use crate::{Chip, Console, exit};

/// The end of every HardFault and trap. `cause` is the exception number or `mcause`, `pc` the faulting instruction or 0 where it could
/// not be read, `sp` the stack pointer when it happened.
///
/// The stack lies at the low end of RAM, so a stack pointer below it means that the stack overflowed. This runs on a fresh stack.
#[cold]
pub fn fault<C: Chip>(cause: usize, pc: usize, sp: usize) -> ! {
    let (what, code) = if is_trap(pc) {
        ("panic", exit::PANIC)
    } else if sp < stack_end() {
        ("stack overflow", exit::FAULT)
    } else {
        ("fault", exit::FAULT)
    };
    if !exit::ended() {
        let console = Console::<C>::new();
        // Whether the program left a line unfinished is not known here.
        console.send(b"\n");
        console.begin("error ");
        console.send(what.as_bytes());
        console.send(b", cause ");
        console.hex(cause);
        console.send(b" pc ");
        console.hex(pc);
        console.send(b" sp ");
        console.hex(sp);
        console.end();
    }
    exit::exit(code)
}

/// The end of a panic in a build that calls the panic handler, which images of `firmware/build` do not.
#[cold]
pub fn panic<C: Chip>() -> ! {
    let console = Console::<C>::new();
    console.send(b"\n");
    console.line("error", "panic");
    exit::exit(exit::PANIC)
}
