//! Bytes and byte arrays. Bytes have two forms, as texts have: a block with the bytes in it (`len`, bytes), and a constant that lies in
//! the loaded file (`pointer`, `len`). A byte array is `len` and such a block, which may have room to spare.
//!
//! The methods they share with texts are in `str.rs`, which looks here for what a value that is no text holds.

use crate::call::Args;
use crate::heap::Kind;
use crate::natives::N;
use crate::opcodes::binary as op;
use crate::ops;
use crate::qstr::Qstr;
use crate::sink::Sink;
use crate::types::T;
use crate::types::{Method, int, slice, str};
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};
use crate::{iter, subscr};

const LEN: usize = 0;
const BLOCK: usize = 1;

/// Those of byte arrays; the first two are theirs alone.
pub(crate) const ARRAY_METHODS: &[Method] = &[
    (Qstr::APPEND, N::ArrayAppend),
    (Qstr::EXTEND, N::ArrayExtend),
    (Qstr::JOIN, N::StrJoin),
    (Qstr::SPLIT, N::StrSplit),
    (Qstr::STRIP, N::StrStrip),
    (Qstr::LSTRIP, N::StrLstrip),
    (Qstr::RSTRIP, N::StrRstrip),
    (Qstr::FIND, N::StrFind),
    (Qstr::RFIND, N::StrRfind),
    (Qstr::INDEX, N::StrIndex),
    (Qstr::COUNT, N::StrCount),
    (Qstr::REPLACE, N::StrReplace),
    (Qstr::STARTSWITH, N::StrStartsWith),
    (Qstr::ENDSWITH, N::StrEndsWith),
    (Qstr::UPPER, N::StrUpper),
    (Qstr::LOWER, N::StrLower),
    (Qstr::ISDIGIT, N::StrIsDigit),
    (Qstr::ISALPHA, N::StrIsAlpha),
    (Qstr::ISSPACE, N::StrIsSpace),
    #[cfg(feature = "strings")]
    (Qstr::CENTER, N::StrCenter),
    #[cfg(feature = "strings")]
    (Qstr::PARTITION, N::StrPartition),
    #[cfg(feature = "strings")]
    (Qstr::RPARTITION, N::StrRpartition),
    #[cfg(feature = "strings")]
    (Qstr::RSPLIT, N::StrRsplit),
    #[cfg(feature = "strings")]
    (Qstr::RINDEX, N::StrRindex),
    #[cfg(feature = "strings")]
    (Qstr::SPLITLINES, N::StrSplitLines),
    #[cfg(feature = "strings")]
    (Qstr::ISLOWER, N::StrIsLower),
    #[cfg(feature = "strings")]
    (Qstr::ISUPPER, N::StrIsUpper),
    (Qstr::DECODE, N::BytesDecode),
    (Qstr::HEX, N::BytesHex),
    (Qstr::FROMHEX, N::BytesFromHex),
];

pub(crate) const METHODS: &[Method] = ARRAY_METHODS.split_at(2).1;

/// The bytes of a bytes object or byte array as they are now; not to be used over anything that may change them.
pub(crate) fn buffer<'x>(value: Obj) -> Option<&'x [u8]> {
    if !value.is_heap() {
        return None;
    }
    match value.kind() {
        Kind::ByteArray => Some(value.field(BLOCK).bytes(1, len(value))),
        Kind::Bytes => Some(value.bytes(1, value.raw(0))),
        Kind::ConstBytes => Some(crate::heap::const_bytes(value.pointer(0), value.raw(1))),
        _ => None,
    }
}

/// The bytes of anything that consists of them, arrays and views included.
#[cfg(feature = "packed")]
pub(crate) fn raw<'x>(value: Obj) -> Option<&'x [u8]> {
    #[cfg(any(feature = "array", feature = "memoryview"))]
    if let Some((all, _)) = crate::types::packed::parts(value) {
        return Some(all);
    }
    buffer(value)
}
#[cfg(not(feature = "packed"))]
pub(crate) use buffer as raw;

/// The byte at a valid index of a heap object that is bytes; NULL for everything else.
#[inline(never)]
pub(crate) fn quick(value: Obj, index: i32) -> Obj {
    let bytes = if value.is(Kind::ByteArray) {
        value.field(BLOCK).bytes(1, len(value))
    } else if value.is(Kind::Bytes) {
        value.bytes(1, value.raw(0))
    } else {
        return Obj::NULL;
    };
    let index = if index < 0 { (bytes.len() as i32).wrapping_add(index) } else { index };
    bytes.get(index as usize).map_or(Obj::NULL, |byte| Obj::int(i32::from(*byte)))
}

/// Stores a byte at an index of an array that is not negative; false when it takes more than that.
pub(crate) fn quick_store(array: Obj, at: Obj, value: Obj) -> bool {
    if !array.is(Kind::ByteArray) || !at.is_int() || !value.is_int() {
        return false;
    }
    let all = content_mut(array);
    match (all.get_mut(at.as_int() as usize), u8::try_from(value.as_int())) {
        (Some(place), Ok(byte)) => {
            *place = byte;
            true
        }
        _ => false,
    }
}

/// The same as `buffer` where nothing else is right.
pub(crate) fn argument<'x>(vm: &mut Vm, value: Obj) -> Res<&'x [u8]> {
    match raw(value) {
        Some(bytes) => Ok(bytes),
        None => vm.type_error(Qstr::M_EXPECTED_BYTES),
    }
}

fn len(array: Obj) -> usize {
    array.field(LEN).as_int() as usize
}

/// The bytes of a byte array or an array.
#[cfg(feature = "array")]
pub(crate) fn content<'x>(array: Obj) -> &'x [u8] {
    array.field(BLOCK).bytes(1, len(array))
}

/// The same to be written.
pub(crate) fn content_mut<'x>(array: Obj) -> &'x mut [u8] {
    array.field(BLOCK).bytes_mut(1, len(array))
}

/// Makes a bytes object the content of a new byte array or array.
pub(crate) fn take_over(array: Obj, block: Obj) {
    array.set_field(LEN, Obj::count(block.raw(0)));
    array.set_field(BLOCK, block);
}

/// A bytes object of `len` bytes, which are zeros.
pub(crate) fn with_room(vm: &mut Vm, len: usize) -> Res {
    let made = str::block(vm, Kind::Bytes, len)?;
    made.bytes_mut(1, len).fill(0);
    Ok(made)
}

/// A bytes object; `bytes` may be those of a rooted value.
pub(crate) fn new(vm: &mut Vm, bytes: &[u8]) -> Res {
    let made = with_room(vm, bytes.len())?;
    made.write_bytes(0, bytes);
    Ok(made)
}

/// Bytes of the loaded file, which outlives the machine.
pub(crate) fn constant<'a>(vm: &mut Vm<'a>, bytes: &'a [u8]) -> Res {
    let made = vm.alloc(Kind::ConstBytes, 2)?;
    made.set_pointer(0, bytes.as_ptr());
    made.set_raw(1, bytes.len());
    Ok(made)
}

/// A byte array that takes over a bytes object.
fn array_of(vm: &mut Vm, block: Obj) -> Res {
    vm.keep(block)?;
    let made = vm.alloc(Kind::ByteArray, 2);
    vm.unkeep(1);
    let made = made?;
    take_over(made, block);
    Ok(made)
}

/// Turns a new bytes object into what `like` is: an array where that is one.
pub(crate) fn alike(vm: &mut Vm, like: Obj, made: Obj) -> Res {
    if like.is(Kind::ByteArray) { array_of(vm, made) } else { Ok(made) }
}

/// A value from 0 to 255.
pub(crate) fn byte(vm: &mut Vm, value: Obj) -> Res<u8> {
    let value = ops::as_int(vm, value)?;
    match u8::try_from(value) {
        Ok(byte) => Ok(byte),
        Err(_) => vm.value_error(Qstr::M_BYTE_RANGE),
    }
}

/// Makes an array so long; new bytes are whatever they were. The array is rooted.
fn resize(vm: &mut Vm, array: Obj, wanted: usize) -> Res<()> {
    str::grown(vm, array, BLOCK, len(array), wanted)?;
    array.set_field(LEN, Obj::count(wanted));
    Ok(())
}

/// Puts `bytes`, which are no part of the array, in the place of those from `start` to `stop`.
pub(crate) fn splice(vm: &mut Vm, array: Obj, start: usize, stop: usize, bytes: &[u8]) -> Res<()> {
    let old = len(array);
    let tail = old - stop;
    let new_len = start + bytes.len() + tail;
    if new_len > old {
        resize(vm, array, new_len)?;
    }
    let all = array.field(BLOCK).bytes_mut(1, new_len.max(old));
    all.copy_within(stop..old, start + bytes.len());
    all[start..start + bytes.len()].copy_from_slice(bytes);
    array.set_field(LEN, Obj::count(new_len));
    Ok(())
}

/// A bytes object of a rooted value: other bytes, or an iterable of ints.
fn from_iterable(vm: &mut Vm, value: Obj) -> Res {
    if let Some(bytes) = raw(value) {
        return new(vm, bytes);
    }
    let block = with_room(vm, 0)?;
    let array = array_of(vm, block).kept(vm)?;
    iter::each(vm, value, array, append)?;
    vm.unkeep(1);
    let made = array.field(BLOCK);
    str::shorten(vm, made, len(array));
    Ok(made)
}

/// Adds one byte to a rooted array.
fn append(vm: &mut Vm, array: Obj, item: Obj) -> Res<()> {
    let byte = byte(vm, item)?;
    let at = len(array);
    resize(vm, array, at + 1)?;
    array.field(BLOCK).write_bytes(at, &[byte]);
    Ok(())
}

/// `bytes(…)` and `bytearray(…)`.
pub(crate) fn construct(vm: &mut Vm, class: T, args: Args) -> Res {
    let array = class == T::ByteArray;
    let made = match args.opt(0) {
        None => with_room(vm, 0)?,
        Some(text) if str::is(text) => {
            if args.n < 2 {
                return vm.type_error(Qstr::M_NO_ENCODING);
            }
            let bytes = str::bytes(vm, text);
            new(vm, bytes)?
        }
        Some(value) if value.is(Kind::Bytes) && !array => value,
        Some(value) => match ops::small(value) {
            Some(count) if count < 0 => return vm.value_error(Qstr::M_NEGATIVE_COUNT),
            Some(count) => with_room(vm, count as usize)?,
            None => from_iterable(vm, value)?,
        },
    };
    if array { array_of(vm, made) } else { Ok(made) }
}

/// `bytes[index]` and `bytes[slice]`.
pub(crate) fn subscript(vm: &mut Vm, value: Obj, at: Obj) -> Res {
    let bytes = buffer(value).unwrap_or(b"");
    if !at.is(Kind::Slice) {
        let index = subscr::index(vm, at, bytes.len())?;
        return Ok(Obj::int(i32::from(bytes[index])));
    }
    let (start, stop, step) = slice::resolve(vm, at, bytes.len())?;
    let made = with_room(vm, slice::count(start, stop, step))?;
    let bytes = buffer(value).unwrap_or(b"");
    for (index, byte) in made.bytes_mut(1, made.raw(0)).iter_mut().enumerate() {
        *byte = bytes[(start + step * index as i32) as usize];
    }
    alike(vm, value, made)
}

/// `array[index] = value` and `array[slice] = value`, or `del` when the value is NULL.
#[inline(never)]
pub(crate) fn store(vm: &mut Vm, array: Obj, at: Obj, value: Obj) -> Res<()> {
    if !at.is(Kind::Slice) {
        let index = subscr::index(vm, at, len(array))?;
        if value == Obj::NULL {
            return splice(vm, array, index, index + 1, &[]);
        }
        let byte = byte(vm, value)?;
        array.field(BLOCK).write_bytes(index, &[byte]);
        return Ok(());
    }
    let (mut start, mut stop, mut step) = slice::resolve(vm, at, len(array))?;
    let kept = vm.kept();
    let mut from: &[u8] = &[];
    if value != Obj::NULL {
        // A copy: the value may be the array itself, or any iterable, whose code may change the array.
        let copy = from_iterable(vm, value).kept(vm)?;
        (start, stop, step) = slice::resolve(vm, at, len(array))?;
        from = copy.bytes(1, copy.raw(0));
    }
    if step == 1 {
        splice(vm, array, start as usize, stop.max(start) as usize, from)?;
    } else if value == Obj::NULL {
        remove_steps(array, start, stop, step);
    } else {
        if from.len() != slice::count(start, stop, step) {
            return vm.value_error(Qstr::M_BUFFER_SIZE);
        }
        let all = content_mut(array);
        for (index, byte) in from.iter().enumerate() {
            all[(start + step * index as i32) as usize] = *byte;
        }
    }
    vm.release(kept);
    Ok(())
}

/// Takes out what a slice with a step stands for.
fn remove_steps(array: Obj, start: i32, stop: i32, step: i32) {
    let mut left = slice::count(start, stop, step);
    // The same places are gone over from the first one on.
    let mut next = if step < 0 { start + step * (left as i32 - 1) } else { start } as usize;
    let all = content_mut(array);
    let mut to = 0;
    for from in 0..all.len() {
        if from == next && left > 0 {
            (next, left) = (next + step.unsigned_abs() as usize, left - 1);
        } else {
            all[to] = all[from];
            to += 1;
        }
    }
    array.set_field(LEN, Obj::count(to));
}

/// A binary operator (plain form) with bytes on the left.
pub(crate) fn operator(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    let bytes = buffer(left).unwrap_or(b"");
    let made = match (operator, raw(right), ops::small(right)) {
        (op::MODULO, ..) => {
            let text = crate::types::format::percent(vm, left, right).kept(vm)?;
            let bytes = str::bytes(vm, text);
            let made = new(vm, bytes)?;
            vm.unkeep(1);
            made
        }
        (op::ADD, Some(more), _) => str::repeated(vm, Kind::Bytes, bytes, 1, more)?,
        (op::MULTIPLY, _, Some(times)) => str::repeated(vm, Kind::Bytes, bytes, times, b"")?,
        _ => return vm.type_error(Qstr::M_BAD_OPERANDS),
    };
    alike(vm, left, made)
}

/// Adds bytes, or the ints of an iterable, to a rooted array.
pub(crate) fn extend(vm: &mut Vm, array: Obj, other: Obj) -> Res<()> {
    let copy = from_iterable(vm, other).kept(vm)?;
    let end = len(array);
    splice(vm, array, end, end, copy.bytes(1, copy.raw(0)))?;
    vm.unkeep(1);
    Ok(())
}

/// `item in bytes`.
pub(crate) fn contains(vm: &mut Vm, bytes: &[u8], item: Obj) -> Res {
    if let Some(part) = raw(item) {
        return Ok(Obj::bool(str::find(bytes, part).is_some()));
    }
    let wanted = byte(vm, item)?;
    Ok(Obj::bool(str::has(bytes, wanted)))
}

/// `repr(value)`.
pub(crate) fn print(vm: &mut Vm, sink: Sink, value: Obj) -> Res<()> {
    let bytes = buffer(value).unwrap_or(b"");
    let array = value.is(Kind::ByteArray);
    sink.put(vm, if array { b"bytearray(b" } else { b"b" });
    crate::print::quoted(vm, sink, bytes, true);
    if array {
        sink.put_byte(vm, b')');
    }
    Ok(())
}

// ----- methods

pub(crate) fn append_method(vm: &mut Vm, args: Args) -> Res {
    args.given_to(vm, Kind::ByteArray, append)
}

pub(crate) fn extend_method(vm: &mut Vm, args: Args) -> Res {
    args.given_to(vm, Kind::ByteArray, extend)
}

/// `bytes.decode()`: UTF-8 is the only encoding.
pub(crate) fn decode(vm: &mut Vm, args: Args) -> Res {
    let bytes = argument(vm, args.get(0))?;
    if !crate::utf8::is_valid(bytes) {
        #[cfg(feature = "language")]
        return Err(vm.raise(crate::types::T::UnicodeError, Qstr::M_NOT_UTF8));
        #[cfg(not(feature = "language"))]
        return vm.value_error(Qstr::M_NOT_UTF8);
    }
    str::new(vm, bytes)
}

/// `str.encode()`.
pub(crate) fn encode(vm: &mut Vm, args: Args) -> Res {
    match str::text(vm, args.get(0)) {
        Some(bytes) => new(vm, bytes),
        None => vm.type_error(Qstr::M_EXPECTED_STR),
    }
}

/// `bytes.hex(sep)`.
pub(crate) fn hex(vm: &mut Vm, args: Args) -> Res {
    let bytes = argument(vm, args.get(0))?;
    let between = args.opt(1).and_then(|given| str::text(vm, given).or(buffer(given))).unwrap_or(b"");
    let sink = crate::sink::Sink::new(vm)?;
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            sink.put(vm, between);
        }
        // With a 1 before them, so that there are two digits.
        sink.put(vm, &int::digits(0x100 | i32::from(*byte), 16, &mut [0; 33])[1..]);
    }
    sink.finish(vm)
}

/// `bytes.fromhex(text)`: pairs of digits, with whitespace between them.
pub(crate) fn from_hex(vm: &mut Vm, args: Args) -> Res {
    let text = str::required(vm, args.get(args.n - 1))?;
    let made = with_room(vm, text.len() / 2)?;
    let out = made.bytes_mut(1, text.len() / 2);
    let (mut len, mut rest) = (0, text.trim_ascii_start());
    while let [high, low, more @ ..] = rest {
        let digit = |byte: u8| (byte as char).to_digit(16);
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { break };
        out[len] = (high << 4 | low) as u8;
        len += 1;
        rest = more.trim_ascii_start();
    }
    if !rest.is_empty() {
        return vm.value_error(Qstr::M_BAD_HEX);
    }
    str::shorten(vm, made, len);
    Ok(made)
}
