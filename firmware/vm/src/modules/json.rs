//! `json`: texts to values and back. As deep as natives may go; deeper is a RecursionError.

use crate::attr;
use crate::call::{self, Args};
use crate::heap::Kind;
use crate::modules::Entry;
use crate::natives::N;
use crate::print;
use crate::qstr::Qstr;
use crate::sink::Sink;
use crate::types::str;
use crate::types::{T, dict, int, list, tuple};
use crate::utf8;
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::DUMP, Entry::native(N::JsonDump)),
    (Qstr::DUMPS, Entry::native(N::JsonDumps)),
    (Qstr::LOAD, Entry::native(N::JsonLoad)),
    (Qstr::LOADS, Entry::native(N::JsonLoads)),
];

/// `dump(value, file, separators=(", ", ": "))`: one call of the file's `write`.
pub(crate) fn dump(vm: &mut Vm, args: Args) -> Res {
    let made = dumps(vm, args).kept(vm)?;
    let write = attr::load_now(vm, args.get(1), Obj::name(Qstr::WRITE))?;
    call::call(vm, write, &[made])?;
    Ok(Obj::NONE)
}

/// `load(file)`: all that its `read` gives.
pub(crate) fn load(vm: &mut Vm, args: Args) -> Res {
    let read = attr::load_now(vm, args.get(0), Obj::name(Qstr::READ))?;
    let text = call::call(vm, read, &[]).kept(vm)?;
    parse(vm, text)
}

/// `dumps(value, separators=(", ", ": "))`.
pub(crate) fn dumps(vm: &mut Vm, args: Args) -> Res {
    let (mut between, mut colon): (&[u8], &[u8]) = (b", ", b": ");
    if let Some([first, second]) = args.kw_named(Qstr::SEPARATORS).and_then(tuple::sequence) {
        between = str::text(vm, *first).unwrap_or(b", ");
        colon = str::text(vm, *second).unwrap_or(b": ");
    }
    let sink = Sink::new(vm)?;
    put(vm, &Writer { sink: sink, between, colon }, args.get(0))?;
    sink.finish(vm)
}

const WORDS: &[(&[u8], Obj); 3] = &[(b"null", Obj::NONE), (b"true", Obj::TRUE), (b"false", Obj::FALSE)];

/// Letters that stand for a character behind a backslash, and those characters. The last one may stand for itself as well.
const LETTERS: &[u8; 8] = b"\"\\nrtbf/";
const CHARACTERS: &[u8; 8] = b"\"\\\n\r\t\x08\x0c/";

/// What is in `to` where `letter` is in `from`; 0 where it is not.
fn translated(letter: char, from: &[u8], to: &[u8; 8]) -> u8 {
    from.iter().zip(to).find(|(it, _)| char::from(**it) == letter).map_or(0, |(_, other)| *other)
}

/// Where values go, and what is to stand between them.
struct Writer<'x> {
    sink: Sink,
    between: &'x [u8],
    colon: &'x [u8],
}

fn put(vm: &mut Vm, to: &Writer, value: Obj) -> Res<()> {
    let sink = to.sink;
    if let Some(text) = str::text(vm, value) {
        quoted(vm, sink, text);
        return Ok(());
    }
    let is_dict = value.is(Kind::Dict);
    if is_dict || tuple::sequence(value).is_some() {
        vm.enter()?;
        sink.put_byte(vm, if is_dict { b'{' } else { b'[' });
        let mut at = 0;
        loop {
            let entry = if is_dict {
                dict::entry(value, at)
            } else {
                tuple::sequence(value).and_then(|items| items.get(at)).map(|item| (Obj::NULL, *item, at + 1))
            };
            let Some((key, item, next)) = entry else { break };
            if at > 0 {
                sink.put(vm, to.between);
            }
            if is_dict {
                // Keys are texts in JSON: numbers and the three words in quotes.
                let quote: &[u8] = if str::is(key) { b"" } else { b"\"" };
                sink.put(vm, quote);
                put(vm, to, key)?;
                sink.put(vm, quote);
                sink.put(vm, to.colon);
            }
            put(vm, to, item)?;
            at = next;
        }
        vm.leave();
        return sink.push(vm, if is_dict { b"}" } else { b"]" });
    }
    if let Some((word, _)) = WORDS.iter().find(|(_, it)| *it == value) {
        return sink.push(vm, word);
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

fn quoted(vm: &mut Vm, sink: Sink, text: &[u8]) {
    sink.put_byte(vm, b'"');
    let mut rest = text;
    while let Some((letter, len)) = utf8::first(rest) {
        rest = &rest[len..];
        let simple = translated(letter, &CHARACTERS[..7], LETTERS);
        if simple != 0 {
            sink.put(vm, &[b'\\', simple]);
        } else if matches!(letter, ' '..='~') {
            sink.put_byte(vm, letter as u8);
        } else {
            let mut number = letter as u32;
            if number > 0xffff {
                number_of(vm, sink, 0xd7c0 + (number >> 10));
                number = 0xdc00 | number & 0x3ff;
            }
            number_of(vm, sink, number);
        }
    }
    sink.put_byte(vm, b'"');
}

/// Two bytes as a number behind `\u`.
#[inline(never)]
fn number_of(vm: &mut Vm, sink: Sink, unit: u32) {
    sink.put(vm, b"\\u");
    // With a 1 before them, so that there are four digits.
    sink.put(vm, &int::digits(0x10000 | unit as i32, 16, &mut [0; 33])[1..]);
}

/// Reads a rooted text.
struct Reader<'t> {
    rest: &'t [u8],
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
    let mut reader = Reader { rest: text };
    let value = value(vm, &mut reader)?;
    reader.blank();
    if reader.rest.is_empty() { Ok(value) } else { wrong(vm) }
}

fn wrong<V>(vm: &mut Vm) -> Res<V> {
    vm.value_error(Qstr::M_JSON)
}

impl Reader<'_> {
    fn blank(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Takes off a byte; 0 at the end, which is none that is asked for.
    fn byte(&mut self) -> u8 {
        match self.rest {
            [byte, rest @ ..] => {
                self.rest = rest;
                *byte
            }
            [] => 0,
        }
    }

    /// The same behind white space.
    #[inline(never)]
    fn mark(&mut self) -> u8 {
        self.blank();
        self.byte()
    }
}

fn value(vm: &mut Vm, reader: &mut Reader) -> Res {
    reader.blank();
    let start = reader.rest;
    match reader.byte() {
        open @ (b'{' | b'[') => container(vm, reader, open == b'{'),
        b'"' => text(vm, reader),
        b'-' | b'0'..=b'9' => {
            let len = start.iter().position(|byte| !str::has(b"-+.eE0123456789", *byte)).unwrap_or(start.len());
            let (digits, rest) = start.split_at(len);
            reader.rest = rest;
            number(vm, digits)
        }
        _ => {
            for (word, value) in WORDS {
                if let Some(rest) = start.strip_prefix(*word) {
                    reader.rest = rest;
                    return Ok(*value);
                }
            }
            wrong(vm)
        }
    }
}

/// An array or an object, whose first byte is taken.
fn container(vm: &mut Vm, reader: &mut Reader, is_object: bool) -> Res {
    let kept = vm.kept();
    let made = if is_object { dict::new(vm)? } else { list::new(vm, &[])? };
    vm.keep(made)?;
    vm.enter()?;
    let close = if is_object { b'}' } else { b']' };
    reader.blank();
    if reader.rest.first() == Some(&close) {
        reader.byte();
    } else {
        loop {
            let kept = vm.kept();
            let mut key = Obj::NULL;
            if is_object {
                if reader.mark() != b'"' {
                    return wrong(vm);
                }
                key = text(vm, reader)?;
                vm.keep(key)?;
                if reader.mark() != b':' {
                    return wrong(vm);
                }
            }
            let item = value(vm, reader).kept(vm)?;
            if is_object {
                dict::set(vm, made, key, item)?;
            } else {
                list::append(vm, made, item)?;
            }
            vm.release(kept);
            match reader.mark() {
                b',' => {}
                it if it == close => break,
                _ => return wrong(vm),
            }
        }
    }
    vm.leave();
    vm.release(kept);
    Ok(made)
}

/// A text, whose quote is taken.
fn text(vm: &mut Vm, reader: &mut Reader) -> Res {
    let sink = Sink::new(vm)?;
    loop {
        let plain = reader.rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(reader.rest.len());
        let (part, rest) = reader.rest.split_at(plain);
        reader.rest = rest;
        sink.put(vm, part);
        if reader.byte() == b'"' {
            vm.unkeep(1);
            return sink.finish(vm);
        }
        let letter = match char::from(reader.byte()) {
            'u' => unicode(reader),
            escaped => Some(char::from(translated(escaped, LETTERS, CHARACTERS))).filter(|letter| *letter != '\0'),
        };
        let Some(letter) = letter else { return wrong(vm) };
        sink.put(vm, letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Four hexadecimal digits, or twice as many where it takes two.
fn unicode(reader: &mut Reader) -> Option<char> {
    let first = hex(reader)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    reader.rest = reader.rest.strip_prefix(b"\\u")?;
    let second = hex(reader)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + second.checked_sub(0xdc00)?)
}

fn hex(reader: &mut Reader) -> Option<u32> {
    let (digits, rest) = reader.rest.split_at_checked(4)?;
    reader.rest = rest;
    digits.iter().try_fold(0, |all, digit| Some(all << 4 | char::from(*digit).to_digit(16)?))
}

fn number(vm: &mut Vm, digits: &[u8]) -> Res {
    let mut argument = [str::new(vm, digits)?];
    vm.keep(argument[0])?;
    let args = Args { at: Vm::slots(&mut argument), n: 1, n_kw: 0 };
    #[cfg(feature = "float")]
    let class = if digits.iter().any(|byte| str::has(b".eE", *byte)) { T::Float } else { T::Int };
    #[cfg(not(feature = "float"))]
    let class = T::Int;
    let value = crate::types::construct(vm, class, args);
    vm.unkeep(1);
    value
}
