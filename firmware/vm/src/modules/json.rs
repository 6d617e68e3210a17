//! `json`: texts to values and back. As deep as natives may go; deeper is a RecursionError.

use crate::attr;
use crate::call::{self, Args};
use crate::heap::Kind;
use crate::modules::Entry;
use crate::natives::N;
use crate::print::{self, Sink};
use crate::qstr::Qstr;
use crate::types::str::{self, Builder};
use crate::types::{dict, list, tuple};
use crate::utf8;
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::DUMP, Entry::native(N::JsonDump)),
    (Qstr::DUMPS, Entry::native(N::JsonDumps)),
    (Qstr::LOAD, Entry::native(N::JsonLoad)),
    (Qstr::LOADS, Entry::native(N::JsonLoads)),
];

/// `dump(value, file, separators=(", ", ": "))`: one call of the file's `write`.
pub(crate) fn dump(vm: &mut Vm, args: Args) -> Res {
    let made = dumps(vm, args)?;
    vm.keep(made)?;
    let write = attr::load_now(vm, args.get(1), Obj::name(Qstr::WRITE))?;
    call::call(vm, write, &[made])?;
    Ok(Obj::NONE)
}

/// `load(file)`: all that its `read` gives.
pub(crate) fn load(vm: &mut Vm, args: Args) -> Res {
    let read = attr::load_now(vm, args.get(0), Obj::name(Qstr::READ))?;
    let text = call::call(vm, read, &[])?;
    vm.keep(text)?;
    parse(vm, text)
}

/// `dumps(value, separators=(", ", ": "))`.
pub(crate) fn dumps(vm: &mut Vm, args: Args) -> Res {
    let (mut between, mut colon): (&[u8], &[u8]) = (b", ", b": ");
    if let Some([first, second]) = args.kw_named(Qstr::SEPARATORS).and_then(tuple::sequence) {
        between = str::text(vm, *first).unwrap_or(b", ");
        colon = str::text(vm, *second).unwrap_or(b": ");
    }
    let builder = Builder::new(vm)?;
    put(vm, builder, args.get(0), between, colon)?;
    builder.finish(vm)
}

fn put(vm: &mut Vm, sink: Sink, value: Obj, between: &[u8], colon: &[u8]) -> Res<()> {
    let plain: &[u8] = match value {
        it if it == Obj::NONE => b"null",
        it if it == Obj::TRUE => b"true",
        it if it == Obj::FALSE => b"false",
        _ => b"",
    };
    if !plain.is_empty() {
        sink.put(vm, plain);
        return Ok(());
    }
    if let Some(text) = str::text(vm, value) {
        return quoted(vm, sink, text);
    }
    if tuple::sequence(value).is_some() {
        vm.enter()?;
        sink.put_byte(vm, b'[');
        let mut index = 0;
        while let Some(item) = tuple::sequence(value).and_then(|items| items.get(index)).copied() {
            if index > 0 {
                sink.put(vm, between);
            }
            put(vm, sink, item, between, colon)?;
            index += 1;
        }
        vm.leave();
        sink.put_byte(vm, b']');
        return Ok(());
    }
    if value.is(Kind::Dict) {
        vm.enter()?;
        sink.put_byte(vm, b'{');
        let (mut at, mut first) = (0, true);
        while let Some((key, item, next)) = dict::entry(value, at) {
            if !first {
                sink.put(vm, between);
            }
            if str::is(key) {
                put(vm, sink, key, between, colon)?;
            } else {
                // Keys are texts in JSON: numbers and the three words in quotes.
                sink.put_byte(vm, b'"');
                put(vm, sink, key, between, colon)?;
                sink.put_byte(vm, b'"');
            }
            sink.put(vm, colon);
            put(vm, sink, item, between, colon)?;
            (at, first) = (next, false);
        }
        vm.leave();
        sink.put_byte(vm, b'}');
        return Ok(());
    }
    #[cfg(feature = "float")]
    if value.is(Kind::Float) {
        return print::repr(vm, sink, value);
    }
    #[cfg(feature = "bigint")]
    if value.is(Kind::Int) {
        return print::repr(vm, sink, value);
    }
    if value.is_int() { print::repr(vm, sink, value) } else { vm.type_error(Qstr::M_BAD_OPERAND) }
}

fn quoted(vm: &mut Vm, sink: Sink, text: &[u8]) -> Res<()> {
    sink.put_byte(vm, b'"');
    let mut rest = text;
    while let Some((letter, len)) = utf8::first(rest) {
        rest = &rest[len..];
        let simple = match letter {
            '"' => b'"',
            '\\' => b'\\',
            '\n' => b'n',
            '\r' => b'r',
            '\t' => b't',
            '\u{8}' => b'b',
            '\u{c}' => b'f',
            _ => 0,
        };
        if simple != 0 {
            sink.put(vm, &[b'\\', simple]);
        } else if matches!(letter, ' '..='~') {
            sink.put(vm, &[letter as u8]);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let digit = |shift: u16| b"0123456789abcdef"[usize::from(*unit >> shift & 15)];
                sink.put(vm, &[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
            }
        }
    }
    sink.put_byte(vm, b'"');
    Ok(())
}

/// Reads a rooted text.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
}

/// `loads(text)`.
pub(crate) fn loads(vm: &mut Vm, args: Args) -> Res {
    parse(vm, args.get(0))
}

/// What a rooted text says, or rooted bytes that are one.
fn parse(vm: &mut Vm, source: Obj) -> Res {
    let text = str::text(vm, source);
    #[cfg(feature = "bytes")]
    let text = text.or_else(|| crate::types::bytes::raw(source));
    let Some(text) = text else { return vm.type_error(Qstr::M_EXPECTED_STR) };
    if !utf8::is_valid(text) {
        return wrong(vm);
    }
    let mut reader = Reader { text, at: 0 };
    let value = value(vm, &mut reader)?;
    reader.blank();
    if reader.at < text.len() { wrong(vm) } else { Ok(value) }
}

fn wrong<V>(vm: &mut Vm) -> Res<V> {
    vm.value_error(Qstr::M_JSON)
}

impl Reader<'_> {
    fn blank(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Goes over `part`, if it is there.
    fn take(&mut self, part: &[u8]) -> bool {
        let there = self.text[self.at..].starts_with(part);
        if there {
            self.at += part.len();
        }
        there
    }
}

fn value(vm: &mut Vm, reader: &mut Reader) -> Res {
    reader.blank();
    match reader.text.get(reader.at) {
        Some(b'{') => object(vm, reader),
        Some(b'[') => array(vm, reader),
        Some(b'"') => text(vm, reader),
        Some(b'-' | b'0'..=b'9') => number(vm, reader),
        _ => {
            for (word, value) in [(b"null".as_slice(), Obj::NONE), (b"true", Obj::TRUE), (b"false", Obj::FALSE)] {
                if reader.take(word) {
                    return Ok(value);
                }
            }
            wrong(vm)
        }
    }
}

fn array(vm: &mut Vm, reader: &mut Reader) -> Res {
    reader.at += 1;
    let made = list::new(vm, &[])?;
    vm.keep(made)?;
    vm.enter()?;
    reader.blank();
    if !reader.take(b"]") {
        loop {
            let item = value(vm, reader)?;
            vm.keep(item)?;
            list::append(vm, made, item)?;
            vm.unkeep(1);
            reader.blank();
            if reader.take(b"]") {
                break;
            }
            if !reader.take(b",") {
                return wrong(vm);
            }
        }
    }
    vm.leave();
    vm.unkeep(1);
    Ok(made)
}

fn object(vm: &mut Vm, reader: &mut Reader) -> Res {
    reader.at += 1;
    let made = dict::new(vm)?;
    vm.keep(made)?;
    vm.enter()?;
    reader.blank();
    if !reader.take(b"}") {
        loop {
            reader.blank();
            if reader.text.get(reader.at) != Some(&b'"') {
                return wrong(vm);
            }
            let key = text(vm, reader)?;
            vm.keep(key)?;
            reader.blank();
            if !reader.take(b":") {
                return wrong(vm);
            }
            let item = value(vm, reader)?;
            vm.keep(item)?;
            dict::set(vm, made, key, item)?;
            vm.unkeep(2);
            reader.blank();
            if reader.take(b"}") {
                break;
            }
            if !reader.take(b",") {
                return wrong(vm);
            }
        }
    }
    vm.leave();
    vm.unkeep(1);
    Ok(made)
}

fn text(vm: &mut Vm, reader: &mut Reader) -> Res {
    reader.at += 1;
    let builder = Builder::new(vm)?;
    loop {
        let from = reader.at;
        while !matches!(reader.text.get(reader.at), None | Some(b'"' | b'\\')) {
            reader.at += 1;
        }
        builder.push(vm, &reader.text[from..reader.at])?;
        if reader.take(b"\"") {
            vm.unkeep(1);
            return builder.finish(vm);
        }
        let Some(escaped) = reader.text.get(reader.at + 1) else { return wrong(vm) };
        reader.at += 2;
        let letter = match escaped {
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => match unicode(reader) {
                Some(letter) => letter,
                None => return wrong(vm),
            },
            b'"' | b'\\' | b'/' => char::from(*escaped),
            _ => return wrong(vm),
        };
        builder.push(vm, letter.encode_utf8(&mut [0; 4]).as_bytes())?;
    }
}

/// Four hexadecimal digits, or twice as many where it takes two.
fn unicode(reader: &mut Reader) -> Option<char> {
    let first = hex(reader)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    if !reader.take(b"\\u") {
        return None;
    }
    let second = hex(reader)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + second.checked_sub(0xdc00)?)
}

fn hex(reader: &mut Reader) -> Option<u32> {
    let digits = reader.text.get(reader.at..reader.at + 4)?;
    reader.at += 4;
    digits.iter().try_fold(0, |all, digit| Some(all << 4 | char::from(*digit).to_digit(16)?))
}

fn number(vm: &mut Vm, reader: &mut Reader) -> Res {
    let from = reader.at;
    while matches!(reader.text.get(reader.at), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
        reader.at += 1;
    }
    let digits = &reader.text[from..reader.at];
    let made = str::new(vm, digits)?;
    let mut argument = [made];
    vm.keep(made)?;
    let args = Args { at: Vm::slots(&mut argument), n: 1, n_kw: 0 };
    #[cfg(feature = "float")]
    if digits.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        let value = crate::types::construct(vm, crate::types::T::Float, args);
        vm.unkeep(1);
        return value;
    }
    let value = crate::types::construct(vm, crate::types::T::Int, args);
    vm.unkeep(1);
    value
}
