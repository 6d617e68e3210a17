//! The benchmark run: load the workload, call its `main()` between the markers, report.
#![forbid(unsafe_code)]

use core::mem::MaybeUninit;

use pyrite::{Out, Stop, Vm};

use crate::marks::{ounce_begin, ounce_end};
use crate::{Chip, Console, Window, exit, memory};

/// Stack that natives leave free: one level of the machine's recursion, and the deepest leaf below it.
const STACK_RESERVE_BYTES: usize = 1024;

/// Runs the workload in `window` with `heap` and ends the image.
pub fn run<C: Chip>(board: &str, heap: &mut [MaybeUninit<u64>], window: Window) -> ! {
    let console = Console::<C>::new();
    console.begin("hello 1 ");
    console.send(board.as_bytes());
    console.end();

    let Some(mpy) = window.mpy() else {
        console.line("error", "refused: no .mpy version 6 at the workload address");
        exit::exit(exit::BAD_WORKLOAD)
    };
    let mut out = &console;
    // Used where it was made: moving the machine out of its `Result` would hold it on the stack twice.
    let mut made = make(heap, &mut out);
    let vm = match &mut made {
        Ok(vm) => vm,
        Err(stop) => give_up(&console, None, *stop),
    };
    vm.set_stack_limit(memory::stack_end() + STACK_RESERVE_BYTES);
    #[cfg(feature = "machine")]
    crate::machine::give::<C>(vm);
    if let Err(stop) = vm.load(mpy) {
        give_up(&console, Some(vm), stop)
    }
    console.begin("program ");
    console.send(vm.source_name());
    console.end();

    ounce_begin();
    let value = vm.call_main();
    ounce_end();

    match value {
        Ok(value) => {
            console.begin("result ");
            vm.print_repr(value);
            console.end();
        }
        Err(stop) => give_up(&console, Some(vm), stop),
    }
    console.figure("heap_size_bytes", vm.heap_size_bytes());
    console.figure("heap_peak_bytes", vm.heap_peak_bytes());
    console.begin("done");
    console.end();
    exit::exit(exit::DONE)
}

/// Apart from [`run`], so that what making a machine takes of the stack is given back before the program runs.
#[inline(never)]
fn make<'a>(heap: &'a mut [MaybeUninit<u64>], out: &'a mut dyn Out) -> Result<Vm<'a>, Stop> {
    Vm::new(heap, out)
}

/// Says why the run stopped and exits with that reason's code.
#[cold]
fn give_up<C: Chip>(console: &Console<C>, vm: Option<&mut Vm>, stop: Stop) -> ! {
    console.begin("error ");
    let code = match stop {
        Stop::Malformed(malformed) => {
            console.send(b"refused: ");
            console.send(malformed.reason.text().as_bytes());
            console.send(b", at byte ");
            console.decimal(malformed.offset);
            exit::BAD_WORKLOAD
        }
        Stop::NoMemory => {
            console.send(b"not enough memory");
            exit::DOES_NOT_FIT
        }
        Stop::Raised => {
            if let Some(vm) = vm {
                vm.print_exception();
            }
            exit::UNCAUGHT
        }
        // No budget is set here: counting and ending runs that last too long is the runner's part.
        Stop::Budget => exit::UNCAUGHT,
    };
    console.end();
    exit::exit(code)
}
