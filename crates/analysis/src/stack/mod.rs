//! How deep the stack gets: the frames that compilers state, and the worst case along calls.
//!
//! Compilers state a function's frame in two ways: LLVM in sections `.stack_sizes` of the image ([`frames`]), GCC and Clang in `.su` files
//! beside the objects ([`parse_su`], [`assign`]). With them in an [`Anatomy`](ounce_protocol::measurement::Anatomy) the deepest chain of calls
//! is a matter of counting ([`worst_case`]).
//!
//! **What a frame holds.** All bytes by which a function moves the stack pointer: its variables, and the registers it saves, the return
//! address among them (`push {r7, lr}` on Arm; x86's return address is pushed by the caller's `call` and is not in it). Arguments on the
//! stack are in the caller's frame.
//!
//! **What no frame holds.** What a processor stacks when it takes an exception: [`EXCEPTION_FRAME_BYTES`] or
//! [`EXCEPTION_FRAME_FPU_BYTES`] on Cortex-M, once for each level of nesting, on the stack of what is interrupted. Nothing on RISC-V: its
//! handlers save registers themselves, in their frames. So the stack of a program with one level of interrupts is the worst case from its
//! reset, plus the exception's frame, plus the worst case of the deepest handler.
//!
//! **What is not guessed.** Recursion, calls through a register, frames that are not stated and frames whose size is only known as
//! the program runs make a worst case "at least N B", with their places. Hostile input gives hostile figures, no more: everything here is
//! linear in its input, iterative, and saturates.

mod assign;
mod calls;
mod cycles;
mod depth;
mod entries;
mod frames;
mod report;
mod su;
mod worst;

pub use assign::{Assigned, SAME_NAME_MAX, assign};
pub use entries::ENTRIES_MAX;
pub use frames::{FRAMES_MAX, Frame, StackSizesError, frame_at, frames};
pub use report::{EntryKind, EntryStack, Open, StackReport, Step, Unbounded};
pub use su::{SU_ENTRIES_MAX, SU_LINE_BYTES_MAX, Su, SuEntry, SuKind, parse_su};
pub use worst::{CYCLE_NAMES_MAX, OPEN_MAX, PATH_STEPS_MAX, worst_case, worst_case_with};

/// What a Cortex-M stacks when it takes an exception: eight registers. Four bytes more where the stack pointer was not a multiple of eight.
pub const EXCEPTION_FRAME_BYTES: u64 = 32;
/// The same where the floating-point unit is in use: eighteen words more, at once or (lazy stacking) as room that is kept.
pub const EXCEPTION_FRAME_FPU_BYTES: u64 = 104;
