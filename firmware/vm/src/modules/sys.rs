//! `sys`.

use crate::call::Args;
use crate::modules::{Entry, Made};
use crate::natives::N;
use crate::print;
use crate::qstr::Qstr;
use crate::types::{T, exception, tuple};
use crate::value::{Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::ARGV, Entry::made(Made::EmptyList)),
    (Qstr::PATH, Entry::made(Made::EmptyList)),
    (Qstr::BYTEORDER, Entry::text(Qstr::LITTLE)),
    (Qstr::EXIT, Entry::native(N::SysExit)),
    (Qstr::IMPLEMENTATION, Entry::made(Made::Implementation)),
    (Qstr::MAXSIZE, Entry::made(Made::MaxSize)),
    (Qstr::PLATFORM, Entry::text(Qstr::PYRITE)),
    (Qstr::PRINT_EXCEPTION, Entry::native(N::SysPrintException)),
    (Qstr::VERSION, Entry::text(Qstr::VERSION_TEXT)),
    (Qstr::VERSION_INFO, Entry::made(Made::VersionInfo)),
];

/// Name, version, and the version of `.mpy` that is executed (its sub-version and no machine code).
pub(crate) fn implementation(vm: &mut Vm) -> Res {
    let version = tuple::new(vm, &[Obj::int(0), Obj::int(1), Obj::int(0)]).kept(vm)?;
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
