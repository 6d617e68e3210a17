//! Printing: `str` and `repr` of every kind of value, to the output or into a text being built. No `core::fmt`.

use crate::attr;
use crate::call;
use crate::code::CodePtr;
use crate::heap::Kind;
#[cfg(any(feature = "array", feature = "language", feature = "set"))]
use crate::iter;
use crate::qstr::Qstr;
use crate::sink::Sink;
use crate::types::{self, T, dict, exception, range, str as text, tuple};
use crate::value::{Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;

/// `str(value)`; `value` is rooted.
pub(crate) fn str(vm: &mut Vm, sink: Sink, value: Obj) -> Res<()> {
    if let Some(bytes) = text::text(vm, value) {
        sink.put(vm, bytes);
        return Ok(());
    }
    if value.is(Kind::Exception) {
        if !special(vm, sink, value, Qstr::D_STR)? {
            exception_text(vm, sink, value)?;
        }
        return Ok(());
    }
    if value.is(Kind::Instance) && special(vm, sink, value, Qstr::D_STR)? {
        return Ok(());
    }
    #[cfg(feature = "language")]
    if let Some(part) = types::class::native_part(value)
        && text::is(part)
        && attr::special(vm, value, Qstr::D_REPR) == Obj::NULL
    {
        return str(vm, sink, part);
    }
    repr(vm, sink, value)
}

/// Lets an instance's own method do it, if there is one.
fn special(vm: &mut Vm, sink: Sink, value: Obj, name: Qstr) -> Res<bool> {
    let function = attr::special(vm, value, name);
    if function == Obj::NULL || function.as_native().is_some() {
        return Ok(false);
    }
    let made = call::call(vm, function, &[value]).kept(vm)?;
    let bytes = text::required(vm, made)?;
    sink.put(vm, bytes);
    vm.unkeep(1);
    Ok(true)
}

/// The text of an exception: its argument, or all of them.
fn exception_text(vm: &mut Vm, sink: Sink, error: Obj) -> Res<()> {
    match exception::arguments(vm, error)? {
        it if it == Obj::NULL => Ok(()),
        args if args.is(Kind::Tuple) => match tuple::items(args) {
            [] => Ok(()),
            [one] => argument_text(vm, sink, error, *one),
            _ => repr(vm, sink, args),
        },
        one => argument_text(vm, sink, error, one),
    }
}

/// The only argument; as everywhere in Python, a KeyError shows its key as it is written.
fn argument_text(vm: &mut Vm, sink: Sink, error: Obj, one: Obj) -> Res<()> {
    if exception::is_subclass(error.field(exception::CLASS), T::KeyError.obj()) {
        return repr(vm, sink, one);
    }
    if !one.is(Kind::Exception) {
        return str(vm, sink, one);
    }
    // An exception may be its own argument.
    vm.enter()?;
    str(vm, sink, one)?;
    vm.leave();
    Ok(())
}

/// `Type: text` of a rooted exception, to the output, behind what it came of and where it came by, as far as the machine knows that.
pub(crate) fn exception(vm: &mut Vm, error: Obj) -> Res<()> {
    #[cfg(feature = "chaining")]
    crate::chaining::print(vm, error)?;
    one_exception(vm, error)
}

/// The same without what it came of.
pub(crate) fn one_exception(vm: &mut Vm, error: Obj) -> Res<()> {
    #[cfg(feature = "traceback")]
    crate::traceback::print(vm, error)?;
    Sink::OUT.put_name(vm, types::name_of(types::type_of(error)));
    let sink = Sink::new(vm)?;
    str(vm, sink, error)?;
    let made = sink.finish(vm)?;
    let bytes = text::bytes(vm, made);
    if !bytes.is_empty() {
        Sink::OUT.put(vm, b": ");
        Sink::OUT.put(vm, bytes);
    }
    vm.unkeep(1);
    Ok(())
}

/// `repr(value)` as a text; `value` is rooted.
pub(crate) fn repr_of(vm: &mut Vm, value: Obj) -> Res {
    let sink = Sink::new(vm)?;
    repr(vm, sink, value)?;
    sink.finish(vm)
}

/// `repr(value)`; `value` is rooted. Containers nest as deep as natives may; deeper is a RecursionError.
pub(crate) fn repr(vm: &mut Vm, sink: Sink, value: Obj) -> Res<()> {
    if value.is_int() {
        sink.put_int(vm, value.as_int());
        return Ok(());
    }
    if let Some(bytes) = text::text(vm, value) {
        quoted(vm, sink, bytes, false);
        return Ok(());
    }
    if !value.is_heap() {
        immediate(vm, sink, value);
        return Ok(());
    }
    match value.kind() {
        #[cfg(feature = "float")]
        Kind::Float => types::float::print(vm, sink, value),
        #[cfg(feature = "complex")]
        Kind::Complex => types::complex::print(vm, sink, value),
        #[cfg(feature = "bigint")]
        Kind::Int => {
            let made = types::bigint::digits(vm, value, 10).kept(vm)?;
            sink.put_name(vm, made);
            vm.unkeep(1);
            Ok(())
        }
        #[cfg(feature = "bytes")]
        Kind::Bytes | Kind::ConstBytes | Kind::ByteArray => types::bytes::print(vm, sink, value),
        #[cfg(feature = "array")]
        Kind::Array => types::array::print(vm, sink, value),
        #[cfg(feature = "set")]
        Kind::Set | Kind::FrozenSet => types::set::print(vm, sink, value),
        Kind::List => items(vm, sink, value, b"[", b"]"),
        Kind::Tuple => items(vm, sink, value, b"(", if tuple::len(value) == 1 { b",)" } else { b")" }),
        Kind::Dict => {
            vm.enter()?;
            sink.put_byte(vm, b'{');
            let mut at = 0;
            while let Some((key, item, next)) = dict::entry(value, at) {
                comma(vm, sink, at);
                repr(vm, sink, key)?;
                sink.put(vm, b": ");
                repr(vm, sink, item)?;
                at = next;
            }
            sink.put_byte(vm, b'}');
            vm.leave();
            Ok(())
        }
        Kind::Range => fields(vm, sink, value, b"range(", if range::parts(value).2 == 1 { 2 } else { 3 }),
        #[cfg(feature = "slices")]
        Kind::Slice => fields(vm, sink, value, b"slice(", 3),
        Kind::Exception => exception_repr(vm, sink, value),
        #[cfg(feature = "language")]
        Kind::View => {
            sink.put_name(vm, Obj::name(types::view::name(value)));
            items_in(vm, sink, value, b"([", b"])")
        }
        #[cfg(feature = "collections")]
        Kind::Deque => {
            items_in(vm, sink, value, b"deque([", b"]")?;
            if let Some(most) = crate::modules::deque::most(value) {
                sink.put(vm, b", maxlen=");
                sink.put_int(vm, most);
            }
            sink.put_byte(vm, b')');
            Ok(())
        }
        Kind::Instance => {
            if special(vm, sink, value, Qstr::D_REPR)? {
                return Ok(());
            }
            #[cfg(feature = "collections")]
            if crate::modules::namedtuple::repr(vm, sink, value)? {
                return Ok(());
            }
            #[cfg(feature = "language")]
            if let Some(part) = types::class::native_part(value) {
                return repr(vm, sink, part);
            }
            named(vm, sink, b"<", types::name_of(types::type_of(value)), b" object>");
            Ok(())
        }
        Kind::Class => {
            named(vm, sink, b"<class '", types::name_of(value), b"'>");
            Ok(())
        }
        // What it is, without its name.
        #[cfg(not(feature = "messages"))]
        _ => {
            named(vm, sink, b"<", types::name_of(types::type_of(value)), b">");
            Ok(())
        }
        #[cfg(feature = "messages")]
        kind => {
            let (before, name, after): (&[u8], Obj, &[u8]) = match kind {
                Kind::Function | Kind::Closure => (b"<function ", function_name(value), b">"),
                Kind::Module => (b"<module '", value.field(types::MODULE_NAME), b"'>"),
                _ => (b"<", types::name_of(types::type_of(value)), b">"),
            };
            named(vm, sink, before, name, after);
            Ok(())
        }
    }
}

/// The items of a list or a tuple, which printing may change, between two texts.
fn items(vm: &mut Vm, sink: Sink, value: Obj, open: &[u8], close: &[u8]) -> Res<()> {
    vm.enter()?;
    sink.put(vm, open);
    let mut index = 0;
    while let Some(item) = tuple::sequence(value).and_then(|items| items.get(index)).copied() {
        comma(vm, sink, index);
        repr(vm, sink, item)?;
        index += 1;
    }
    sink.put(vm, close);
    vm.leave();
    Ok(())
}

/// What stands before an item, other than the first.
fn comma(vm: &mut Vm, sink: Sink, index: usize) {
    if index > 0 {
        sink.put(vm, b", ");
    }
}

/// The first fields of a value as the arguments of what makes one like it.
fn fields(vm: &mut Vm, sink: Sink, value: Obj, open: &[u8], n: usize) -> Res<()> {
    let all = [value.field(0), value.field(1), value.field(2)];
    let all = tuple::new(vm, &all[..n]).kept(vm)?;
    items(vm, sink, all, open, b")")?;
    vm.unkeep(1);
    Ok(())
}

/// The items of a rooted iterable of the VM's own between two texts.
#[cfg(any(feature = "array", feature = "language", feature = "set"))]
pub(crate) fn items_in(vm: &mut Vm, sink: Sink, value: Obj, open: &[u8], close: &[u8]) -> Res<()> {
    vm.enter()?;
    sink.put(vm, open);
    let iterator = iter::get_native(vm, value).kept(vm)?;
    let mut index = 0;
    loop {
        let item = iter::next(vm, iterator)?;
        if item == Obj::STOP {
            break;
        }
        vm.keep(item)?;
        comma(vm, sink, index);
        repr(vm, sink, item)?;
        vm.unkeep(1);
        index += 1;
    }
    vm.unkeep(1);
    sink.put(vm, close);
    vm.leave();
    Ok(())
}

fn named(vm: &mut Vm, sink: Sink, before: &[u8], name: Obj, after: &[u8]) {
    sink.put(vm, before);
    sink.put_name(vm, name);
    sink.put(vm, after)
}

fn immediate(vm: &mut Vm, sink: Sink, value: Obj) {
    #[cfg(feature = "import")]
    if let Some(info) = crate::modules::info(value) {
        return named(vm, sink, b"<module '", Obj::name(info.name), b"'>");
    }
    let (before, name, after): (&[u8], Obj, &[u8]) = if value.as_type_index().is_some() {
        (b"<class '", types::name_of(value), b"'>")
    } else if let Some(index) = value.as_native() {
        (b"<built-in function ", call::native_name(index), b">")
    } else {
        let text: &[u8] = match value {
            it if it == Obj::NONE => b"None",
            it if it == Obj::TRUE => b"True",
            it if it == Obj::FALSE => b"False",
            it if it == Obj::ELLIPSIS => b"Ellipsis",
            #[cfg(feature = "language")]
            it if it == Obj::NOT_IMPLEMENTED => b"NotImplemented",
            _ => b"<null>",
        };
        (text, Obj::name(Qstr::EMPTY), b"")
    };
    named(vm, sink, before, name, after)
}

fn exception_repr(vm: &mut Vm, sink: Sink, error: Obj) -> Res<()> {
    if special(vm, sink, error, Qstr::D_REPR)? {
        return Ok(());
    }
    sink.put_name(vm, types::name_of(types::type_of(error)));
    let args = exception::args(vm, error).kept(vm)?;
    items(vm, sink, args, b"(", b")")?;
    vm.unkeep(1);
    Ok(())
}

/// The name a function was defined with.
pub(crate) fn function_name(function: Obj) -> Obj {
    CodePtr::from_raw(function.pointer(call::function::CODE)).name()
}

/// A text as it would be written in a program: in single quotes unless it has them and no double ones.
/// With `only_ascii` every other byte is written as a number.
pub(crate) fn quoted(vm: &mut Vm, sink: Sink, bytes: &[u8], only_ascii: bool) {
    let quote = if text::has(bytes, b'\'') && !text::has(bytes, b'"') { b'"' } else { b'\'' };
    sink.put_byte(vm, quote);
    let mut plain_from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let letter = match byte {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            b'\\' => b'\\',
            byte if *byte == quote => quote,
            0..0x20 | 0x7f => b'x',
            0x80.. if cfg!(feature = "bytes") && only_ascii => b'x',
            _ => continue,
        };
        sink.put(vm, &bytes[plain_from..at]);
        sink.put(vm, &[b'\\', letter]);
        if letter == b'x' {
            let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
            sink.put(vm, &[digit(byte >> 4), digit(byte & 15)]);
        }
        plain_from = at + 1;
    }
    sink.put(vm, &bytes[plain_from..]);
    sink.put_byte(vm, quote)
}
