//! Builtin names and functions.

use crate::call::{self, Args};
use crate::heap::Kind;
use crate::natives::N;
use crate::opcodes::binary as op;
use crate::print;
use crate::qstr::{Qstr, TABLE_LEN};
use crate::sink::Sink;
use crate::types::{self, T, TYPE_TABLE, dict, exception, generator, int, str as text, tuple};
use crate::value::{Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;
use crate::{attr, iter as iteration, ops};

/// Builtin functions; types are found by their own names.
const FUNCTIONS: &[(Qstr, N)] = &[
    (Qstr::LEN, N::Len),
    (Qstr::PRINT, N::Print),
    (Qstr::ISINSTANCE, N::IsInstance),
    (Qstr::NEXT, N::Next),
    #[cfg(feature = "builtins")]
    (Qstr::SUM, N::Sum),
    #[cfg(feature = "builtins")]
    (Qstr::MAX, N::Max),
    #[cfg(feature = "builtins")]
    (Qstr::MIN, N::Min),
    (Qstr::SORTED, N::Sorted),
    (Qstr::ABS, N::Abs),
    #[cfg(feature = "builtins")]
    (Qstr::ALL, N::All),
    #[cfg(feature = "builtins")]
    (Qstr::ANY, N::Any),
    #[cfg(feature = "methods")]
    (Qstr::CALLABLE, N::Callable),
    (Qstr::CHR, N::Chr),
    #[cfg(feature = "builtins")]
    (Qstr::DIVMOD, N::Divmod),
    #[cfg(feature = "methods")]
    (Qstr::GETATTR, N::GetAttr),
    #[cfg(feature = "methods")]
    (Qstr::HASATTR, N::HasAttr),
    #[cfg(feature = "hashes")]
    (Qstr::HASH, N::Hash),
    #[cfg(feature = "methods")]
    (Qstr::ISSUBCLASS, N::IsSubclass),
    (Qstr::ITER, N::Iter),
    (Qstr::ORD, N::Ord),
    #[cfg(feature = "methods")]
    (Qstr::POW, N::Pow),
    (Qstr::REPR, N::Repr),
    #[cfg(feature = "methods")]
    (Qstr::SETATTR, N::SetAttr),
    #[cfg(feature = "language")]
    (Qstr::DELATTR, N::DelAttr),
    #[cfg(feature = "language")]
    (Qstr::DIR, N::Dir),
    #[cfg(feature = "language")]
    (Qstr::GLOBALS, N::Globals),
    #[cfg(feature = "language")]
    (Qstr::ID, N::Id),
    #[cfg(feature = "language")]
    (Qstr::LOCALS, N::Locals),
    #[cfg(feature = "help")]
    (Qstr::HELP, N::Help),
    #[cfg(all(feature = "import", feature = "language"))]
    (Qstr::D_IMPORT, N::Import),
    #[cfg(feature = "io")]
    (Qstr::OPEN, N::Open),
    #[cfg(feature = "format")]
    (Qstr::FORMAT, N::Format),
    #[cfg(feature = "format")]
    (Qstr::HEX, N::Hex),
    #[cfg(feature = "format")]
    (Qstr::OCT, N::Oct),
    #[cfg(feature = "format")]
    (Qstr::BIN, N::Bin),
    #[cfg(feature = "float")]
    (Qstr::ROUND, N::Round),
];

/// Types that are no builtin names.
const NAMELESS: &[T] = &[
    #[cfg(feature = "array")]
    T::Array,
    #[cfg(feature = "language")]
    T::DictView,
    #[cfg(feature = "collections")]
    T::Deque,
    #[cfg(feature = "io")]
    T::StringIo,
    #[cfg(all(feature = "io", feature = "bytes"))]
    T::BytesIo,
    T::NoneType,
    T::Ellipsis,
    T::Function,
    T::Method,
    T::Generator,
    T::Iterator,
    T::Cell,
    T::Module,
    #[cfg(all(feature = "slices", not(feature = "language")))]
    T::Slice,
];

const NATIVE_FIRST: u8 = 1;
const TYPE_FIRST: u8 = 128;
const _: () = assert!(FUNCTIONS.len() < TYPE_FIRST as usize && TYPE_TABLE.len() <= 128);

/// For each name of the VM's own table: 0, or which of `FUNCTIONS` or which type it is. One load instead of a search.
static BY_NAME: [u8; TABLE_LEN] = {
    let mut table = [0; TABLE_LEN];
    let mut index = 0;
    while index < TYPE_TABLE.len() {
        table[TYPE_TABLE[index].name.0 as usize] = TYPE_FIRST + index as u8;
        index += 1;
    }
    index = 0;
    while index < NAMELESS.len() {
        table[TYPE_TABLE[NAMELESS[index].0 as usize].name.0 as usize] = 0;
        index += 1;
    }
    index = 0;
    while index < FUNCTIONS.len() {
        table[FUNCTIONS[index].0.0 as usize] = NATIVE_FIRST + index as u8;
        index += 1;
    }
    table
};

/// The value of a builtin name: where size counts, by a search of the types and of the natives, of which the functions come first.
#[cfg(not(any(feature = "core", feature = "float", feature = "format", feature = "language")))]
pub(crate) fn find(name: Obj) -> Option<Obj> {
    let name = name.as_name();
    if name == Qstr::ELLIPSIS {
        return Some(Obj::ELLIPSIS);
    }
    let is_nameless = |class: &T| NAMELESS.contains(class);
    if let Some(class) = types::ALL.iter().find(|class| class.info().name == name && !is_nameless(class)) {
        return Some(class.obj());
    }
    (0..FUNCTIONS.len() as u16).find(|index| crate::natives::name(*index) == name).map(Obj::native)
}

/// The value of a builtin name.
#[cfg(any(feature = "core", feature = "float", feature = "format", feature = "language"))]
pub(crate) fn find(name: Obj) -> Option<Obj> {
    let found = *BY_NAME.get(usize::from(name.as_name().0))?;
    if found >= TYPE_FIRST {
        return Some(Obj::type_index(found - TYPE_FIRST));
    }
    if found >= NATIVE_FIRST {
        return Some(Obj::native(FUNCTIONS[usize::from(found - NATIVE_FIRST)].1 as u16));
    }
    #[cfg(feature = "language")]
    if name == Obj::name(Qstr::NOT_IMPLEMENTED) {
        return Some(Obj::NOT_IMPLEMENTED);
    }
    (name == Obj::name(Qstr::ELLIPSIS)).then_some(Obj::ELLIPSIS)
}

pub(crate) fn abs(vm: &mut Vm, args: Args) -> Res {
    #[cfg(feature = "float")]
    if types::float::is_inexact(args.get(0)) {
        return types::float::magnitude(vm, args.get(0));
    }
    #[cfg(feature = "bigint")]
    if args.get(0).is(Kind::Int) {
        return types::bigint::magnitude(vm, args.get(0));
    }
    #[cfg(feature = "language")]
    {
        let value = crate::operators::ask(vm, args.get(0), Qstr::D_ABS)?;
        if value != Obj::NULL {
            return Ok(value);
        }
    }
    let value = ops::as_int(vm, args.get(0))?;
    int::new(vm, i64::from(value).abs())
}

/// `round(value, places)`; an int is rounded to tens with negative places.
#[cfg(feature = "float")]
pub(crate) fn round(vm: &mut Vm, args: Args) -> Res {
    let places = match args.opt(1).filter(|places| *places != Obj::NONE) {
        Some(places) => Some(ops::as_int(vm, places)?.clamp(-400, 400)),
        None => None,
    };
    let value = args.get(0);
    if value.is(Kind::Float) {
        return types::float::round(vm, types::float::get(value), places);
    }
    int::round(vm, value, places.unwrap_or(0))
}

/// Whether an item whose truth is `wanted` comes from an iterable.
fn has(vm: &mut Vm, args: Args, wanted: bool) -> Res<bool> {
    let iterator = iteration::get_native(vm, args.get(0))?;
    args.set(0, iterator);
    loop {
        let value = iteration::next(vm, iterator)?;
        if value == Obj::STOP {
            return Ok(false);
        }
        vm.keep(value)?;
        if ops::truth(vm, value)? == wanted {
            return Ok(true);
        }
        vm.unkeep(1);
    }
}

pub(crate) fn all(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::bool(!has(vm, args, false)?))
}

pub(crate) fn any(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::bool(has(vm, args, true)?))
}

pub(crate) fn callable(vm: &mut Vm, args: Args) -> Res {
    let value = args.get(0);
    let is = value.as_native().is_some()
        || value.as_type_index().is_some()
        || [Kind::Function, Kind::Closure, Kind::Method, Kind::Class].iter().any(|kind| value.is(*kind))
        || attr::special(vm, value, Qstr::D_CALL) != Obj::NULL;
    Ok(Obj::bool(is))
}

/// A text of one character.
pub(crate) fn char_of(vm: &mut Vm, number: i32) -> Res {
    #[cfg(not(feature = "unicode"))]
    return match u8::try_from(number) {
        Ok(letter) => text::new(vm, &[letter]),
        Err(_) => vm.value_error(Qstr::M_CHR),
    };
    #[cfg(feature = "unicode")]
    match u32::try_from(number).ok().and_then(char::from_u32) {
        Some(letter) => text::new(vm, letter.encode_utf8(&mut [0; 4]).as_bytes()),
        None => vm.value_error(Qstr::M_CHR),
    }
}

pub(crate) fn chr(vm: &mut Vm, args: Args) -> Res {
    let number = ops::as_int(vm, args.get(0))?;
    char_of(vm, number)
}

pub(crate) fn ord(vm: &mut Vm, args: Args) -> Res {
    #[cfg(feature = "bytes")]
    if let Some([byte]) = types::bytes::buffer(args.get(0)) {
        return Ok(Obj::int(i32::from(*byte)));
    }
    let bytes = text::bytes(vm, args.get(0));
    #[cfg(not(feature = "unicode"))]
    return match bytes {
        [letter] => Ok(Obj::int(i32::from(*letter))),
        _ => vm.type_error(Qstr::M_ORD),
    };
    #[cfg(feature = "unicode")]
    match crate::utf8::first(bytes) {
        Some((letter, len)) if len == bytes.len() => Ok(Obj::int(letter as i32)),
        _ => vm.type_error(Qstr::M_ORD),
    }
}

#[cfg(feature = "builtins")]
pub(crate) fn divmod(vm: &mut Vm, args: Args) -> Res {
    #[cfg(feature = "bigint")]
    if args.get(0).is(Kind::Int) && (args.get(1).is(Kind::Int) || args.get(1).is_int()) {
        return types::bigint::divmod(vm, args.get(0), args.get(1));
    }
    let quotient = ops::apply(vm, op::FLOOR_DIVIDE, args.get(0), args.get(1)).kept(vm)?;
    let remainder = ops::apply(vm, op::MODULO, args.get(0), args.get(1)).kept(vm)?;
    tuple::new(vm, &[quotient, remainder])
}

pub(crate) fn pow(vm: &mut Vm, args: Args) -> Res {
    #[cfg(feature = "bigint")]
    if args.n == 3 {
        return types::bigint::power_modulo(vm, args);
    }
    ops::apply(vm, op::POWER, args.get(0), args.get(1))
}

/// A name given as a text at run time. Names nobody has spelled cannot be attributes.
fn name_argument(vm: &mut Vm, args: Args) -> Res<Option<Obj>> {
    match text::text(vm, args.get(1)) {
        Some(bytes) => Ok(vm.find_name(bytes)),
        None => vm.type_error(Qstr::M_EXPECTED_STR),
    }
}

/// `getattr` as far as it may fail softly: NULL when there is no such attribute.
fn lookup(vm: &mut Vm, args: Args) -> Res {
    let name = match name_argument(vm, args)? {
        Some(name) => name,
        // Nobody has such an attribute, but a class's hook may make one.
        #[cfg(feature = "language")]
        None if attr::of_class(args.get(0), Obj::name(Qstr::D_GETATTR)) != Obj::NULL => match text::text(vm, args.get(1)) {
            Some(bytes) => vm.intern_text(bytes)?,
            None => return Ok(Obj::NULL),
        },
        None => return Ok(Obj::NULL),
    };
    let level = vm.level();
    match attr::load_now(vm, args.get(0), name) {
        Err(_) if !vm.halted && call::error_is(vm, T::AttributeError) => {
            vm.return_to(level);
            Ok(Obj::NULL)
        }
        other => other,
    }
}

pub(crate) fn getattr(vm: &mut Vm, args: Args) -> Res {
    match (lookup(vm, args)?, args.opt(2)) {
        (it, Some(default)) if it == Obj::NULL => Ok(default),
        (it, None) if it == Obj::NULL => Err(attr::no_attribute(vm, args.get(0), args.get(1))),
        (value, _) => Ok(value),
    }
}

pub(crate) fn hasattr(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::bool(lookup(vm, args)? != Obj::NULL))
}

pub(crate) fn setattr(vm: &mut Vm, args: Args) -> Res {
    #[cfg(feature = "language")]
    {
        let text = text::required(vm, args.get(1))?;
        vm.intern_text(text)?;
    }
    match name_argument(vm, args)? {
        Some(name) => attr::store(vm, args.get(0), name, args.get(2))?,
        None => return Err(attr::no_attribute(vm, args.get(0), args.get(1))),
    }
    Ok(Obj::NONE)
}

#[cfg(feature = "hashes")]
pub(crate) fn hash(vm: &mut Vm, args: Args) -> Res {
    let value = dict::hash(vm, args.get(0))?;
    Ok(Obj::int((value & 0x3fff_ffff) as i32))
}

pub(crate) fn isinstance(vm: &mut Vm, args: Args) -> Res {
    let class = args.get(1);
    if class.as_type_index().is_none() && !class.is(Kind::Class) && tuple::sequence(class).is_none() {
        return vm.type_error(Qstr::M_NOT_CLASS);
    }
    Ok(Obj::bool(ops::is_instance(args.get(0), args.get(1))))
}

pub(crate) fn issubclass(vm: &mut Vm, args: Args) -> Res {
    let class = args.get(0);
    if class.as_type_index().is_none() && !class.is(Kind::Class) {
        return vm.type_error(Qstr::M_NOT_CLASS);
    }
    let one_of = match tuple::sequence(args.get(1)) {
        Some(classes) => classes.iter().any(|one| exception::is_subclass(class, *one)),
        None => exception::is_subclass(class, args.get(1)),
    };
    Ok(Obj::bool(one_of))
}

pub(crate) fn iter(vm: &mut Vm, args: Args) -> Res {
    iteration::get(vm, args.get(0))
}

pub(crate) fn len(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::count_at_most(ops::len(vm, args.get(0))?))
}

pub(crate) fn next(vm: &mut Vm, args: Args) -> Res {
    let (iterator, default) = (args.get(0), args.opt(1).unwrap_or(Obj::NULL));
    if iterator.is(Kind::Generator) {
        return generator::resume(vm, iterator, Obj::NONE, default);
    }
    match iteration::next(vm, iterator)? {
        it if it == Obj::STOP && default == Obj::NULL => Err(vm.raise_value(T::StopIteration, Obj::NULL)),
        it if it == Obj::STOP => Ok(default),
        value => Ok(value),
    }
}

/// `max` and `min`: of the arguments or of the items of the only one, by `key`, with a `default`.
#[cfg(feature = "builtins")]
fn extreme(vm: &mut Vm, args: Args, largest: bool) -> Res {
    let key = args.kw_named(Qstr::KEY).unwrap_or(Obj::NONE);
    let source = if args.n == 1 { args.get(0) } else { vm.keep_tuple(args)? };
    let iterator = iteration::get_native(vm, source).kept(vm)?;
    // Holds the best value so far and its key.
    let best = vm.alloc(Kind::Slots, 2).kept(vm)?;
    loop {
        let value = iteration::next(vm, iterator)?;
        if value == Obj::STOP {
            break;
        }
        vm.keep(value)?;
        let weight = if key == Obj::NONE { value } else { call::call(vm, key, &[value])? };
        vm.keep(weight)?;
        let better = best.field(0) == Obj::NULL
            || if largest { ops::less(vm, best.field(1), weight)? } else { ops::less(vm, weight, best.field(1))? };
        if better {
            best.set_field(0, value);
            best.set_field(1, weight);
        }
        vm.unkeep(2);
    }
    match (best.field(0), args.kw_named(Qstr::DEFAULT)) {
        (it, Some(default)) if it == Obj::NULL => Ok(default),
        (it, None) if it == Obj::NULL => vm.value_error(Qstr::M_EMPTY_SEQUENCE),
        (value, _) => Ok(value),
    }
}

#[cfg(feature = "builtins")]
pub(crate) fn max(vm: &mut Vm, args: Args) -> Res {
    extreme(vm, args, true)
}

#[cfg(feature = "builtins")]
pub(crate) fn min(vm: &mut Vm, args: Args) -> Res {
    extreme(vm, args, false)
}

pub(crate) fn print(vm: &mut Vm, args: Args) -> Res {
    let separator = args.kw_named(Qstr::SEP).unwrap_or(Obj::name(Qstr::SPACE));
    let end = args.kw_named(Qstr::END).unwrap_or(Obj::name(Qstr::NEWLINE));
    #[cfg(feature = "io")]
    let stream = args.kw_named(Qstr::FILE).filter(|file| *file != Obj::NONE);
    #[cfg(not(feature = "io"))]
    let stream: Option<Obj> = None;
    let sink = if stream.is_some() { Sink::new(vm)? } else { Sink::OUT };
    for index in 0..args.n {
        if index > 0 {
            print::str(vm, sink, separator)?;
        }
        print::str(vm, sink, args.get(index))?;
    }
    print::str(vm, sink, end)?;
    #[cfg(feature = "io")]
    if let Some(stream) = stream {
        let made = sink.finish(vm).kept(vm)?;
        let write = attr::load_now(vm, stream, Obj::name(Qstr::WRITE))?;
        call::call(vm, write, &[made])?;
    }
    Ok(Obj::NONE)
}

pub(crate) fn repr(vm: &mut Vm, args: Args) -> Res {
    print::repr_of(vm, args.get(0))
}

pub(crate) fn sum(vm: &mut Vm, args: Args) -> Res {
    let iterator = iteration::get_native(vm, args.get(0))?;
    args.set(0, iterator);
    let holder = types::wrap(vm, Kind::Cell, args.opt(1).unwrap_or(Obj::int(0))).kept(vm)?;
    loop {
        let value = iteration::next(vm, iterator)?;
        if value == Obj::STOP {
            return Ok(holder.field(0));
        }
        let quick = if cfg!(feature = "speed") { ops::quick(op::ADD, holder.field(0), value) } else { Obj::NULL };
        let total = if quick != Obj::NULL {
            quick
        } else {
            vm.keep(value)?;
            let total = ops::apply(vm, op::ADD, holder.field(0), value)?;
            vm.unkeep(1);
            total
        };
        holder.set_field(0, total);
    }
}
