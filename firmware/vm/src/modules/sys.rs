//! `sys`.

use crate::call::Args;
use crate::modules::Entry;
use crate::natives::N;
use crate::print;
use crate::qstr::Qstr;
use crate::types::{T, exception, list, tuple};
use crate::value::{INT_MAX, Obj, Res};
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::ARGV, Entry::Made(|vm| list::new(vm, &[]))),
    (Qstr::PATH, Entry::Made(|vm| list::new(vm, &[]))),
    (Qstr::BYTEORDER, Entry::Text(Qstr::LITTLE)),
    (Qstr::EXIT, Entry::Native(N::SysExit)),
    (Qstr::IMPLEMENTATION, Entry::Made(implementation)),
    (Qstr::MAXSIZE, Entry::Int(INT_MAX)),
    (Qstr::PLATFORM, Entry::Text(Qstr::PYRITE)),
    (Qstr::PRINT_EXCEPTION, Entry::Native(N::SysPrintException)),
    (Qstr::VERSION, Entry::Text(Qstr::VERSION_TEXT)),
    (Qstr::VERSION_INFO, Entry::Made(|vm| tuple::new(vm, &[Obj::int(3), Obj::int(4), Obj::int(0)]))),
];

/// Name, version, and the version of `.mpy` that is executed (its sub-version and no machine code).
fn implementation(vm: &mut Vm) -> Res {
    let version = tuple::new(vm, &[Obj::int(0), Obj::int(1), Obj::int(0)])?;
    vm.keep(version)?;
    let made = tuple::new(vm, &[Obj::name(Qstr::PYRITE), version, Obj::int(6)]);
    vm.unkeep(1);
    made
}

/// `sys.exit([value])`: a SystemExit.
pub(crate) fn exit(vm: &mut Vm, args: Args) -> Res {
    let error = exception::construct(vm, T::SystemExit.obj(), args)?;
    exception::raise(vm, error)
}

/// `sys.print_exception(error)`: with its traceback, where the machine keeps one.
pub(crate) fn print_exception(vm: &mut Vm, args: Args) -> Res {
    print::exception(vm, args.get(0))?;
    vm.write(b"\n");
    Ok(Obj::NONE)
}
