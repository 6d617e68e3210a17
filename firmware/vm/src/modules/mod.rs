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

/// What a name of a built-in module stands for: what kind of thing in the upper three bits, and its number.
#[derive(Clone, Copy)]
pub(crate) struct Entry(u16);

const NUMBER_BITS: u32 = 13;
const NATIVE: u16 = 0;
const TYPE: u16 = 1;
const INT: u16 = 2;
const TEXT: u16 = 3;
const MADE: u16 = 4;

#[allow(dead_code, reason = "which forms are used depends on the features")]
impl Entry {
    const fn new(kind: u16, number: u16) -> Entry {
        assert!(number >> NUMBER_BITS == 0);
        Entry(kind << NUMBER_BITS | number)
    }

    pub(crate) const fn native(native: N) -> Entry {
        Entry::new(NATIVE, native as u16)
    }

    pub(crate) const fn class(class: T) -> Entry {
        Entry::new(TYPE, class.0 as u16)
    }

    pub(crate) const fn int(number: u16) -> Entry {
        Entry::new(INT, number)
    }

    pub(crate) const fn text(text: Qstr) -> Entry {
        Entry::new(TEXT, text.0)
    }

    pub(crate) const fn made(made: Made) -> Entry {
        Entry::new(MADE, made as u16)
    }
}

macro_rules! made {
    ($($(#[$feature:meta])* $name:ident $function:expr,)*) => {
        /// What is made each time it is asked for.
        #[allow(dead_code, reason = "which there are depends on the features")]
        #[derive(Clone, Copy)]
        pub(crate) enum Made { $($(#[$feature])* $name,)* }

        static MAKERS: &[fn(&mut Vm) -> Res] = &[$($(#[$feature])* $function,)*];
    };
}

made! {
    #[cfg(feature = "math")]
    E math::e,
    #[cfg(feature = "math")]
    Pi math::pi,
    #[cfg(feature = "math")]
    Inf math::inf,
    #[cfg(feature = "math")]
    Nan math::nan,
    #[cfg(feature = "sys")]
    EmptyList |vm| crate::types::list::new(vm, &[]),
    #[cfg(feature = "sys")]
    Implementation sys::implementation,
    #[cfg(feature = "sys")]
    MaxSize |_| Ok(Obj::int(crate::value::INT_MAX)),
    #[cfg(feature = "sys")]
    VersionInfo |vm| crate::types::tuple::new(vm, &[Obj::int(3), Obj::int(4), Obj::int(0)]),
    #[cfg(feature = "machine")]
    Mem8 |_| Ok(Obj::MEM8),
    #[cfg(feature = "machine")]
    Mem16 |_| Ok(Obj::MEM16),
    #[cfg(feature = "machine")]
    Mem32 |_| Ok(Obj::MEM32),
}

/// A built-in module.
pub(crate) struct Info {
    pub(crate) name: Qstr,
    pub(crate) entries: &'static [(Qstr, Entry)],
}

/// All built-in modules.
pub(crate) static MODULES: &[Info] = &[
    #[cfg(feature = "array")]
    Info { name: Qstr::ARRAY, entries: &[(Qstr::ARRAY, Entry::class(T::Array))] },
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
    (Qstr::EPERM, Entry::int(1)),
    (Qstr::ENOENT, Entry::int(2)),
    (Qstr::EIO, Entry::int(5)),
    (Qstr::EBADF, Entry::int(9)),
    (Qstr::EAGAIN, Entry::int(11)),
    (Qstr::ENOMEM, Entry::int(12)),
    (Qstr::EACCES, Entry::int(13)),
    (Qstr::EEXIST, Entry::int(17)),
    (Qstr::ENODEV, Entry::int(19)),
    (Qstr::EISDIR, Entry::int(21)),
    (Qstr::EINVAL, Entry::int(22)),
    (Qstr::EOPNOTSUPP, Entry::int(95)),
    (Qstr::EADDRINUSE, Entry::int(98)),
    (Qstr::ECONNABORTED, Entry::int(103)),
    (Qstr::ECONNRESET, Entry::int(104)),
    (Qstr::ENOBUFS, Entry::int(105)),
    (Qstr::ENOTCONN, Entry::int(107)),
    (Qstr::ETIMEDOUT, Entry::int(110)),
    (Qstr::ECONNREFUSED, Entry::int(111)),
    (Qstr::EHOSTUNREACH, Entry::int(113)),
    (Qstr::EALREADY, Entry::int(114)),
    (Qstr::EINPROGRESS, Entry::int(115)),
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
        Some((_, entry)) => value(vm, *entry),
        None => Ok(Obj::NULL),
    }
}

fn value(vm: &mut Vm, entry: Entry) -> Res {
    let number = entry.0 & ((1 << NUMBER_BITS) - 1);
    Ok(match entry.0 >> NUMBER_BITS {
        NATIVE => Obj::native(number),
        TYPE => Obj::type_index(number as u8),
        INT => Obj::int(i32::from(number)),
        TEXT => Obj::name(Qstr(number)),
        _ => match MAKERS.get(usize::from(number)) {
            Some(make) => return make(vm),
            None => Obj::NULL,
        },
    })
}
