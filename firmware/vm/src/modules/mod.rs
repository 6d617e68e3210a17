//! Modules the machine itself holds: tables in flash, nothing in RAM.
//!
//! A built-in module is an immediate value that indexes `MODULES`, as a built-in type is. Each module is a feature and a file.

#[cfg(feature = "collections")]
pub(crate) mod deque;
#[cfg(feature = "gc")]
pub(crate) mod gc;
#[cfg(feature = "io")]
pub(crate) mod io;
#[cfg(feature = "json")]
pub(crate) mod json;
#[cfg(feature = "machine")]
pub(crate) mod machine;
#[cfg(feature = "math")]
pub(crate) mod math;
#[cfg(feature = "micropython")]
pub(crate) mod micropython;
#[cfg(feature = "collections")]
pub(crate) mod namedtuple;
#[cfg(feature = "random")]
pub(crate) mod random;
#[cfg(feature = "struct")]
pub(crate) mod structs;
#[cfg(feature = "sys")]
pub(crate) mod sys;
#[cfg(feature = "time")]
pub(crate) mod time;

use crate::natives::N;
use crate::qstr::Qstr;
use crate::types::T;
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// What a name of a built-in module stands for.
#[allow(dead_code, reason = "which forms are used depends on the features")]
pub(crate) enum Entry {
    Native(N),
    Type(T),
    Int(i32),
    Text(Qstr),
    /// Any immediate value.
    Value(fn() -> Obj),
    /// Made each time it is asked for.
    Made(fn(&mut Vm) -> Res),
}

/// A built-in module.
pub(crate) struct Info {
    pub(crate) name: Qstr,
    pub(crate) entries: &'static [(Qstr, Entry)],
}

/// All built-in modules.
pub(crate) static MODULES: &[Info] = &[
    #[cfg(feature = "array")]
    Info { name: Qstr::ARRAY, entries: &[(Qstr::ARRAY, Entry::Type(T::Array))] },
    #[cfg(feature = "collections")]
    Info { name: Qstr::COLLECTIONS, entries: deque::ENTRIES },
    #[cfg(feature = "errno")]
    Info { name: Qstr::ERRNO, entries: ERRNO },
    #[cfg(feature = "gc")]
    Info { name: Qstr::GC, entries: gc::ENTRIES },
    #[cfg(feature = "io")]
    Info { name: Qstr::IO, entries: io::ENTRIES },
    #[cfg(feature = "json")]
    Info { name: Qstr::JSON, entries: json::ENTRIES },
    #[cfg(feature = "machine")]
    Info { name: Qstr::MACHINE_, entries: machine::ENTRIES },
    #[cfg(feature = "math")]
    Info { name: Qstr::MATH, entries: math::ENTRIES },
    #[cfg(feature = "micropython")]
    Info { name: Qstr::MICROPYTHON, entries: micropython::ENTRIES },
    #[cfg(feature = "random")]
    Info { name: Qstr::RANDOM, entries: random::ENTRIES },
    #[cfg(feature = "struct")]
    Info { name: Qstr::STRUCT, entries: structs::ENTRIES },
    #[cfg(feature = "sys")]
    Info { name: Qstr::SYS, entries: sys::ENTRIES },
    #[cfg(feature = "time")]
    Info { name: Qstr::TIME, entries: time::ENTRIES },
];

/// Numbers of errors as Linux has them, which is what MicroPython gives on every board.
#[cfg(feature = "errno")]
const ERRNO: &[(Qstr, Entry)] = &[
    (Qstr::EPERM, Entry::Int(1)),
    (Qstr::ENOENT, Entry::Int(2)),
    (Qstr::EIO, Entry::Int(5)),
    (Qstr::EBADF, Entry::Int(9)),
    (Qstr::EAGAIN, Entry::Int(11)),
    (Qstr::ENOMEM, Entry::Int(12)),
    (Qstr::EACCES, Entry::Int(13)),
    (Qstr::EEXIST, Entry::Int(17)),
    (Qstr::ENODEV, Entry::Int(19)),
    (Qstr::EISDIR, Entry::Int(21)),
    (Qstr::EINVAL, Entry::Int(22)),
    (Qstr::EOPNOTSUPP, Entry::Int(95)),
    (Qstr::EADDRINUSE, Entry::Int(98)),
    (Qstr::ECONNABORTED, Entry::Int(103)),
    (Qstr::ECONNRESET, Entry::Int(104)),
    (Qstr::ENOBUFS, Entry::Int(105)),
    (Qstr::ENOTCONN, Entry::Int(107)),
    (Qstr::ETIMEDOUT, Entry::Int(110)),
    (Qstr::ECONNREFUSED, Entry::Int(111)),
    (Qstr::EHOSTUNREACH, Entry::Int(113)),
    (Qstr::EALREADY, Entry::Int(114)),
    (Qstr::EINPROGRESS, Entry::Int(115)),
];

/// The built-in module of this name.
pub(crate) fn find(name: Obj) -> Option<Obj> {
    let index = MODULES.iter().position(|module| Obj::name(module.name) == name)?;
    Some(Obj::module_index(index as u8))
}

/// The table of a built-in module.
pub(crate) fn info(module: Obj) -> Option<&'static Info> {
    MODULES.get(usize::from(module.as_module_index()?))
}

/// What `name` is in a built-in module; NULL when it is not there.
pub(crate) fn load(vm: &mut Vm, module: &Info, name: Obj) -> Res {
    if name == Obj::name(Qstr::D_NAME) {
        return Ok(Obj::name(module.name));
    }
    match module.entries.iter().find(|(known, _)| Obj::name(*known) == name) {
        Some((_, entry)) => value(vm, entry),
        None => Ok(Obj::NULL),
    }
}

fn value(vm: &mut Vm, entry: &Entry) -> Res {
    Ok(match entry {
        Entry::Native(native) => Obj::native(*native as u16),
        Entry::Type(class) => class.obj(),
        Entry::Int(number) => Obj::int(*number),
        Entry::Text(text) => Obj::name(*text),
        Entry::Value(value) => value(),
        Entry::Made(make) => return make(vm),
    })
}
