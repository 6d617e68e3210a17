//! What all boards share: reset, console, the benchmark run, faults and the exit.
//!
//! A board is a chip, a heap size and a linker map; [`board!`] joins them to everything here. This crate knows no chip's registers:
//! a chip crate implements [`Chip`] and is the only one that touches them. `unsafe` is found in `start/` (reset and fault
//! entry), `semihosting.rs`, `register.rs`, `guard.rs`, `memory.rs`, `machine.rs`, `rtt.rs`, `selftest/` and the two `nop`s of `marks.rs`, and names the linker knows in `arithmetic.rs`, `soft_float.rs` and `memmove.rs`; every other module forbids it.
//!
//! # Console protocol, version 1
//!
//! The UART, or the ring of [`Rtt`], carries lines that end in `\n`. A line that begins with `ounce: ` belongs to the protocol, any other line is
//! output of the Python program, any bytes. If the program left a line unfinished, a `\n` is sent before the next protocol line. A program
//! that prints a line of this form itself is not told apart: what it computes is judged by the expected result, not by trust.
//!
//! | line | when |
//! |---|---|
//! | `ounce: hello 1 BOARD` | first line after reset: protocol version and the board's name |
//! | `ounce: program NAME` | the workload is loaded; NAME is the source file named in the `.mpy`, such as `calls.py` |
//! | `ounce: result REPR` | `main()` returned; REPR is `repr()` of its value |
//! | `ounce: heap_size_bytes N` | bytes the Python heap can hand out, decimal |
//! | `ounce: heap_peak_bytes N` | most bytes in use at one time, decimal |
//! | `ounce: error TEXT` | why the exit code that follows is not 0 |
//! | `ounce: done` | last line before exit code 0 |
//!
//! `heap_size_bytes` and `heap_peak_bytes` follow the result. After an `error` line nothing follows but the exit. REPR and TEXT
//! are chosen by the program; line ends in them are sent as spaces, other bytes as they are: to a reader they are hostile text.
//!
//! TEXT is one of: `KIND: MESSAGE` of an uncaught exception; `not enough memory`; `refused: WHY`; `panic, cause C pc P sp S`,
//! `fault, cause …` or `stack overflow, cause …` with `0x` and eight hexadecimal digits each. A panic or fault may come at any time, so an empty
//! line is sent before its line. C is the exception number of the core or `mcause`; P is 0 where it could not be read.
//!
//! # Exit codes
//!
//! The image ends through semihosting (`SYS_EXIT_EXTENDED`), which a debugger or an emulator answers; alone, it waits for ever.
//! The codes are the constants of [`exit`]: 0 done, 101 panic, 102 fault (HardFault, trap, stack overflow), 103 the program
//! does not fit the heap, 104 uncaught exception, 105 no workload or a malformed one, 106 the board
//! failed its self-test.
//!
//! # Markers
//!
//! [`marks::ounce_begin`] is called right before `main()` of the program and [`marks::ounce_end`] right after it. Loading the
//! workload and printing the result lie outside. What the two calls themselves cost is the count of an empty `main()`.
//!
//! # The workload
//!
//! An image holds no workload. The linker map of the board reserves a window (`_workload_start` to `_workload_end`) that
//! a runner fills with one `.mpy` file, in QEMU by `-device loader,file=X.mpy,addr=ADDR,force-raw=on`.
//!
//! An image built with the feature `selftest` takes orders for a self-test of the board, see `selftest/mod.rs`; one built with the feature `bundle` takes a bundle of programs instead, and says all of it otherwise: see `bundle.rs`.
//!
//! # Memory
//!
//! The stack lies at the low end of RAM, below all statics: an overflow leaves RAM and is a fault (102), never a silent overwrite
//! of the heap. `_stack_end` is its lowest address, `_stack_start` the address above its highest. The heap is one fixed static,
//! `PYRITE_HEAP`, whose size is the board's choice and does not depend on the image.

#![no_std]
#![cfg_attr(all(target_arch = "arm", not(target_feature = "thumb2")), feature(optimize_attribute))]

#[cfg(all(target_arch = "arm", not(target_feature = "thumb2")))]
mod arithmetic;
#[cfg(feature = "bundle")]
mod bundle;
mod chip;
mod console;
pub mod exit;
mod fault;
pub mod guard;
pub mod machine;
pub mod marks;
#[cfg(target_arch = "arm")]
mod memmove;
mod memory;
pub mod register;
mod rtt;
#[cfg(not(any(feature = "bundle", feature = "selftest")))]
mod run;
#[cfg(feature = "selftest")]
mod selftest;
pub mod semihosting;
#[cfg(any(all(target_arch = "arm", not(target_abi = "eabihf")), all(target_arch = "riscv32", not(target_feature = "f"))))]
mod soft_float;
mod start;

#[cfg(feature = "bundle")]
pub use bundle::run;
pub use chip::Chip;
pub use console::Console;
pub use fault::{fault, panic};
pub use memory::{Heap, Window};
pub use rtt::Rtt;
#[cfg(not(any(feature = "bundle", feature = "selftest")))]
pub use run::run;
#[cfg(feature = "selftest")]
pub use selftest::run;

/// Joins a chip, a heap size and a name to a bootable image.
///
/// Defines the three symbols that the reset and fault code in `start/` jumps to, the heap and the panic handler. Use it once in a
/// board's `main.rs`:
///
/// ```ignore
/// pyrite_port::board! {
///     name: "microbit",
///     chip: nrf51::Nrf51<24>,
///     heap_bytes: 11_776,
/// }
/// ```
#[macro_export]
macro_rules! board {
    (name: $name:literal, chip: $chip:ty, heap_bytes: $heap_bytes:expr $(,)?) => {
        // SAFETY: the linker scripts know no such section from elsewhere, and the heap's bytes need no start value.
        #[unsafe(no_mangle)]
        #[unsafe(link_section = ".uninit.heap")]
        static PYRITE_HEAP: $crate::Heap<{ $heap_bytes }> = $crate::Heap::new();

        fn pyrite_board() -> ! {
            $crate::run::<$chip>($name, PYRITE_HEAP.take(), $crate::Window::workload())
        }

        $crate::entry!(chip: $chip, main: pyrite_board);
    };
}

/// The part of [`board!`] that makes an image bootable, for images that run something other than a workload.
///
/// `main` is a `fn() -> !`; it is called after memory is initialised and [`Chip::start`] has run.
#[macro_export]
macro_rules! entry {
    (chip: $chip:ty, main: $main:path $(,)?) => {
        // SAFETY: the name is called by the reset code of `start/` only, with this signature.
        #[unsafe(no_mangle)]
        extern "C" fn pyrite_main() -> ! {
            <$chip as $crate::Chip>::start();
            $main()
        }

        // SAFETY: the name is called by the fault entry of `start/` only, with this signature.
        #[unsafe(no_mangle)]
        extern "C" fn pyrite_fault(cause: usize, pc: usize, sp: usize) -> ! {
            $crate::fault::<$chip>(cause, pc, sp)
        }

        // SAFETY: the name is called by the interrupt entries of `start/` only, with this signature.
        #[unsafe(no_mangle)]
        extern "C" fn pyrite_tick() {
            $crate::machine::tick::<$chip>()
        }

        #[panic_handler]
        fn pyrite_panic(_: &core::panic::PanicInfo) -> ! {
            $crate::panic::<$chip>()
        }
    };
}
