//! `gc`.

use crate::call::Args;
use crate::modules::Entry;
use crate::natives::N;
use crate::qstr::Qstr;
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::COLLECT, Entry::native(N::GcCollect)),
    (Qstr::DISABLE, Entry::native(N::GcDisable)),
    (Qstr::ENABLE, Entry::native(N::GcEnable)),
    (Qstr::ISENABLED, Entry::native(N::GcIsEnabled)),
    (Qstr::MEM_ALLOC, Entry::native(N::GcMemAlloc)),
    (Qstr::MEM_FREE, Entry::native(N::GcMemFree)),
    (Qstr::THRESHOLD, Entry::native(N::GcThreshold)),
];

/// Frees what cannot be reached; how many bytes that gave.
pub(crate) fn collect(vm: &mut Vm, _args: Args) -> Res {
    let before = vm.heap.used_bytes();
    vm.collect();
    Ok(Obj::count(before.saturating_sub(vm.heap.used_bytes())))
}

/// Collection by itself happens only where memory would be short: there is nothing to switch off.
pub(crate) fn nothing(_vm: &mut Vm, _args: Args) -> Res {
    Ok(Obj::NONE)
}

pub(crate) fn is_enabled(_vm: &mut Vm, _args: Args) -> Res {
    Ok(Obj::TRUE)
}

pub(crate) fn mem_alloc(vm: &mut Vm, _args: Args) -> Res {
    Ok(Obj::count(vm.heap.used_bytes()))
}

pub(crate) fn mem_free(vm: &mut Vm, _args: Args) -> Res {
    Ok(Obj::count(vm.heap.size_bytes().saturating_sub(vm.heap.used_bytes())))
}

pub(crate) fn threshold(_vm: &mut Vm, args: Args) -> Res {
    Ok(if args.n == 0 { Obj::int(-1) } else { Obj::NONE })
}
