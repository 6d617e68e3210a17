//! `micropython`.

use crate::call::Args;
use crate::modules::Entry;
use crate::natives::N;
use crate::qstr::Qstr;
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::CONST, Entry::native(N::MicroPythonConst)),
    (Qstr::OPT_LEVEL, Entry::native(N::MicroPythonOptLevel)),
    (Qstr::MEM_INFO, Entry::native(N::MicroPythonMemInfo)),
    (Qstr::STACK_USE, Entry::native(N::MicroPythonOptLevel)),
    (Qstr::SCHEDULE, Entry::native(N::MicroPythonSchedule)),
];

pub(crate) fn constant(_vm: &mut Vm, args: Args) -> Res {
    Ok(args.get(0))
}

/// Programs come compiled: there is no level to choose.
pub(crate) fn opt_level(_vm: &mut Vm, args: Args) -> Res {
    Ok(if args.n == 0 { Obj::int(0) } else { Obj::NONE })
}

/// Heap in use and heap there is, on one line.
pub(crate) fn mem_info(vm: &mut Vm, _args: Args) -> Res {
    let figures = [(b"mem: used ".as_slice(), vm.heap.used_bytes()), (b", total ".as_slice(), vm.heap.size_bytes())];
    for (what, bytes) in figures {
        vm.write(what);
        crate::print::repr(vm, crate::sink::Sink::OUT, Obj::count(bytes))?;
    }
    vm.write(b"\n");
    Ok(Obj::NONE)
}

/// `schedule(function, argument)`: calls it at the next jump back or call of Python code.
pub(crate) fn schedule(vm: &mut Vm, args: Args) -> Res {
    vm.schedule(args.get(0), args.get(1))?;
    Ok(Obj::NONE)
}
