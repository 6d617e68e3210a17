//! Texts (UTF-8). Three forms: a name, a block with the bytes in it (`len`, bytes), and a constant that lies in the loaded file
//! (`pointer`, `len`).

use crate::call::Args;
use crate::heap::{Kind, WORD};
use crate::natives::N;
use crate::opcodes::binary as op;
use crate::print;
use crate::qstr::Qstr;
use crate::sink::Sink;
#[cfg(feature = "slices")]
use crate::types::slice;
use crate::types::{Method, list, tuple};
use crate::value::{INT_MAX, Obj, Res};
use crate::vm::{Kept, Vm};
use crate::{ops, subscr};

pub(crate) const METHODS: &[Method] = &[
    (Qstr::JOIN, N::StrJoin),
    (Qstr::SPLIT, N::StrSplit),
    (Qstr::STRIP, N::StrStrip),
    #[cfg(feature = "methods")]
    (Qstr::LSTRIP, N::StrLstrip),
    #[cfg(feature = "methods")]
    (Qstr::RSTRIP, N::StrRstrip),
    (Qstr::FIND, N::StrFind),
    #[cfg(feature = "methods")]
    (Qstr::RFIND, N::StrRfind),
    #[cfg(feature = "methods")]
    (Qstr::INDEX, N::StrIndex),
    #[cfg(feature = "builtins")]
    (Qstr::COUNT, N::StrCount),
    #[cfg(feature = "methods")]
    (Qstr::REPLACE, N::StrReplace),
    (Qstr::STARTSWITH, N::StrStartsWith),
    (Qstr::ENDSWITH, N::StrEndsWith),
    #[cfg(feature = "methods")]
    (Qstr::UPPER, N::StrUpper),
    #[cfg(feature = "methods")]
    (Qstr::LOWER, N::StrLower),
    #[cfg(feature = "methods")]
    (Qstr::ISDIGIT, N::StrIsDigit),
    #[cfg(feature = "methods")]
    (Qstr::ISALPHA, N::StrIsAlpha),
    #[cfg(feature = "methods")]
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
    #[cfg(feature = "fstrings")]
    (Qstr::FORMAT, N::StrFormat),
    #[cfg(feature = "bytes")]
    (Qstr::ENCODE, N::StrEncode),
];

pub(crate) fn is(value: Obj) -> bool {
    value.is_name() || value.is(Kind::Str) || value.is(Kind::ConstStr)
}

/// The bytes of a text; good as long as the value is rooted.
pub(crate) fn text<'x>(vm: &Vm, value: Obj) -> Option<&'x [u8]> {
    if value.is_name() {
        Some(vm.name_text(value.as_name()))
    } else if value.is(Kind::Str) {
        Some(value.bytes(1, value.raw(0)))
    } else if value.is(Kind::ConstStr) {
        Some(crate::heap::const_bytes(value.pointer(0), value.raw(1)))
    } else {
        None
    }
}

/// The same, none for what is no text.
pub(crate) fn bytes<'x>(vm: &Vm, value: Obj) -> &'x [u8] {
    text(vm, value).unwrap_or(b"")
}

/// The same where nothing else is right.
pub(crate) fn required<'x>(vm: &mut Vm, value: Obj) -> Res<&'x [u8]> {
    match text(vm, value) {
        Some(bytes) => Ok(bytes),
        None => vm.type_error(Qstr::M_EXPECTED_STR),
    }
}

/// Whether two strs are the same text. A text has one name, so two names need no look.
pub(crate) fn same(vm: &Vm, left: Obj, right: Obj) -> bool {
    if left == right || left.is_name() && right.is_name() {
        return left == right;
    }
    let (Some(left), Some(right)) = (text(vm, left), text(vm, right)) else { return false };
    // Most differ in their length or in the first byte, which is quicker than a call.
    left.len() == right.len() && left.first() == right.first() && left == right
}

/// A block for `len` bytes, not yet written.
pub(crate) fn with_room(vm: &mut Vm, len: usize) -> Res {
    block(vm, Kind::Str, len)
}

/// The same of a text or of bytes.
pub(crate) fn block(vm: &mut Vm, kind: Kind, len: usize) -> Res {
    if len >= INT_MAX as usize {
        return vm.no_memory();
    }
    let made = vm.alloc(kind, 1 + len.div_ceil(WORD))?;
    made.set_raw(0, len);
    Ok(made)
}

/// The block in a field of a rooted object, which nothing else holds: with room for `wanted` bytes, or another one that has and takes its place with
/// the first `len` of them.
pub(crate) fn grown(vm: &mut Vm, holder: Obj, field: usize, len: usize, wanted: usize) -> Res {
    let block = holder.field(field);
    let room = (block.words() - 1) * WORD;
    let comfortable = wanted.max(room + room / 2);
    if wanted <= room || vm.heap.extend(block, 1 + comfortable.div_ceil(WORD)) {
        return Ok(block);
    }
    let grown = self::block(vm, block.kind(), comfortable)?;
    grown.write_bytes(0, block.bytes(1, len));
    holder.set_field(field, grown);
    vm.heap.free(block);
    Ok(grown)
}

/// Makes a text from `with_room` shorter, or bytes.
#[cfg(any(feature = "bigint", feature = "bytes"))]
pub(crate) fn shorten(vm: &mut Vm, made: Obj, len: usize) {
    made.set_raw(0, len);
    vm.heap.shrink(made, 1 + len.div_ceil(WORD));
}

/// A new text; `bytes` may be those of a rooted value.
pub(crate) fn new(vm: &mut Vm, bytes: &[u8]) -> Res {
    if bytes.len() <= 1 {
        if bytes.is_empty() {
            return Ok(Obj::name(Qstr::EMPTY));
        }
        if let Some(name) = crate::qstr::find_letter(bytes[0]) {
            return Ok(Obj::name(name));
        }
    }
    let made = with_room(vm, bytes.len())?;
    made.write_bytes(0, bytes);
    Ok(made)
}

/// A text of the loaded file, which outlives the machine.
pub(crate) fn constant<'a>(vm: &mut Vm<'a>, bytes: &'a [u8]) -> Res {
    let made = vm.alloc(Kind::ConstStr, 2)?;
    made.set_pointer(0, bytes.as_ptr());
    made.set_raw(1, bytes.len());
    Ok(made)
}

/// Several rooted texts as one.
pub(crate) fn concat(vm: &mut Vm, parts: &[Obj]) -> Res {
    let mut len = 0;
    for part in parts {
        match text(vm, *part) {
            Some(bytes) => len += bytes.len(),
            None => return vm.type_error(Qstr::M_EXPECTED_STR),
        }
    }
    let level = vm.kept();
    for part in parts {
        vm.keep(*part)?;
    }
    let made = with_room(vm, len);
    vm.release(level);
    let made = made?;
    let mut at = 0;
    for part in parts {
        let bytes = bytes(vm, *part);
        made.write_bytes(at, bytes);
        at += bytes.len();
    }
    Ok(made)
}

/// A block with the bytes of a rooted value so many times, none if that is negative, and then some more.
#[cfg(any(feature = "speed", feature = "bytes"))]
pub(crate) fn repeated(vm: &mut Vm, kind: Kind, bytes: &[u8], times: i32, more: &[u8]) -> Res {
    let times = if bytes.is_empty() { 0 } else { times.max(0) as usize };
    let Some(total) = bytes.len().checked_mul(times).and_then(|total| total.checked_add(more.len())) else { return vm.no_memory() };
    let made = block(vm, kind, total)?;
    for index in 0..times {
        made.write_bytes(index * bytes.len(), bytes);
    }
    made.write_bytes(total - more.len(), more);
    Ok(made)
}

/// How many bytes the character has that starts with this byte.
#[cfg_attr(feature = "unicode", inline(never))]
pub(crate) fn char_len(first: u8) -> usize {
    match first {
        _ if !cfg!(feature = "unicode") => 1,
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// Whether each byte is a character.
#[cfg_attr(feature = "unicode", inline(never))]
fn all_single(bytes: &[u8]) -> bool {
    !cfg!(feature = "unicode") || bytes.is_ascii()
}

pub(crate) fn char_count(bytes: &[u8]) -> usize {
    if all_single(bytes) {
        return bytes.len();
    }
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

/// The byte position of character `index`, at most the end.
pub(crate) fn byte_at(bytes: &[u8], index: usize) -> usize {
    if all_single(bytes) {
        return index.min(bytes.len());
    }
    bytes.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80).nth(index).map_or(bytes.len(), |(at, _)| at)
}

/// Whether a byte is among others. (A slice's own `contains` is made for long ones.)
pub(crate) fn has(bytes: &[u8], wanted: u8) -> bool {
    bytes.iter().any(|byte| *byte == wanted)
}

/// Where `part`, or without one white space, first or last is in `bytes`, in bytes.
pub(crate) fn find_from(bytes: &[u8], part: Option<&[u8]>, last: bool) -> Option<usize> {
    let places = (bytes.len() + 1).saturating_sub(part.map_or(1, <[u8]>::len));
    (0..places).map(|at| if last { places - 1 - at } else { at }).find(|at| match (&bytes[*at..], part) {
        (rest, Some(part)) => rest.starts_with(part),
        (rest, None) => rest[0].is_ascii_whitespace(),
    })
}

/// Where `part` first is in `bytes`, in bytes.
pub(crate) fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    find_from(bytes, Some(part), false)
}

/// `str(value)`.
pub(crate) fn of(vm: &mut Vm, value: Obj) -> Res {
    if is(value) {
        return Ok(value);
    }
    let sink = Sink::new(vm)?;
    print::str(vm, sink, value)?;
    sink.finish(vm)
}

/// `text[index]` and `text[slice]`.
pub(crate) fn subscript(vm: &mut Vm, value: Obj, at: Obj) -> Res {
    let bytes = bytes(vm, value);
    // One look at the whole text, not another for each position.
    let ascii = all_single(bytes);
    let len = if ascii { bytes.len() } else { char_count(bytes) };
    let byte_at = |bytes: &[u8], index: usize| if ascii { index.min(bytes.len()) } else { byte_at(bytes, index) };
    #[cfg(feature = "slices")]
    if at.is(Kind::Slice) {
        let (start, stop, step) = slice::resolve(vm, at, len)?;
        if step == 1 {
            let (from, to) = (byte_at(bytes, start as usize), byte_at(bytes, stop.max(start) as usize));
            return new(vm, &bytes[from..to]);
        }
        let sink = Sink::new(vm)?;
        for index in 0..slice::count(start, stop, step) {
            let from = byte_at(bytes, (start + step * index as i32) as usize);
            sink.put(vm, &bytes[from..(from + char_len(bytes[from])).min(bytes.len())]);
        }
        vm.unkeep(1);
        return sink.finish(vm);
    }
    let index = subscr::index(vm, at, len)?;
    let from = byte_at(bytes, index);
    new(vm, &bytes[from..(from + char_len(bytes[from])).min(bytes.len())])
}

/// A binary operator (plain form) with a text on the left.
pub(crate) fn operator(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    match operator {
        #[cfg(feature = "speed")]
        op::ADD if is(right) => concat(vm, &[left, right]),
        #[cfg(not(feature = "speed"))]
        op::ADD | op::MULTIPLY => {
            // What is added, and how often: to what is on the left, or to nothing.
            let (more, times) = match (operator, ops::small(right)) {
                (op::MULTIPLY, Some(times)) => (left, times),
                (op::ADD, _) if is(right) => (right, 1),
                _ => return vm.type_error(Qstr::M_BAD_OPERANDS),
            };
            let more = bytes(vm, more);
            let sink = Sink::new(vm)?;
            if operator == op::ADD {
                sink.put(vm, bytes(vm, left));
            }
            for _ in 0..if more.is_empty() { 0 } else { times } {
                sink.put(vm, more);
            }
            vm.unkeep(1);
            sink.finish(vm)
        }
        #[cfg(feature = "speed")]
        op::MULTIPLY => {
            let Some(times) = ops::small(right) else { return vm.type_error(Qstr::M_BAD_OPERANDS) };
            let bytes = bytes(vm, left);
            if bytes.is_empty() || times <= 0 {
                return Ok(Obj::name(Qstr::EMPTY));
            }
            repeated(vm, Kind::Str, bytes, times, b"")
        }
        #[cfg(feature = "percent")]
        op::MODULO => crate::types::format::percent(vm, left, right),
        #[cfg(not(feature = "percent"))]
        op::MODULO => vm.lacks(),
        _ => vm.type_error(Qstr::M_BAD_OPERANDS),
    }
}

// ----- methods

fn receiver<'x>(vm: &mut Vm, args: Args) -> Res<&'x [u8]> {
    argument(vm, args, 0)
}

/// An argument that is a text, or bytes where the method is one of bytes.
pub(crate) fn argument<'x>(vm: &mut Vm, args: Args, index: usize) -> Res<&'x [u8]> {
    #[cfg(feature = "bytes")]
    if !is(args.get(0)) {
        return crate::types::bytes::argument(vm, args.get(index));
    }
    required(vm, args.get(index))
}

/// The text of one of several values, or its bytes where the method is one of bytes.
fn part<'x>(vm: &Vm, _receiver: Obj, value: Obj) -> Option<&'x [u8]> {
    #[cfg(feature = "bytes")]
    if !is(_receiver) {
        return crate::types::bytes::raw(value);
    }
    text(vm, value)
}

/// A new value like the method's receiver: a text or bytes; `bytes` may be those of a rooted value.
pub(crate) fn like(vm: &mut Vm, _args: Args, bytes: &[u8]) -> Res {
    #[cfg(feature = "bytes")]
    if !is(_args.get(0)) {
        let made = crate::types::bytes::new(vm, bytes)?;
        return crate::types::bytes::alike(vm, _args.get(0), made);
    }
    new(vm, bytes)
}

/// A finished text as what the method's receiver is.
fn finish_like(vm: &mut Vm, _args: Args, made: Obj) -> Res {
    #[cfg(feature = "bytes")]
    if !is(_args.get(0)) {
        vm.keep(made)?;
        let bytes = bytes(vm, made);
        return like(vm, _args, bytes);
    }
    let _ = vm;
    Ok(made)
}

/// How many characters, or bytes where the method is one of bytes.
fn units(_args: Args, bytes: &[u8]) -> usize {
    #[cfg(feature = "bytes")]
    if !is(_args.get(0)) {
        return bytes.len();
    }
    char_count(bytes)
}

pub(crate) fn join(vm: &mut Vm, args: Args) -> Res {
    let between = receiver(vm, args)?;
    let parts = list::from_iterable(vm, args.get(1)).kept(vm)?;
    #[cfg(not(any(feature = "speed", feature = "bytes")))]
    return {
        let sink = Sink::new(vm)?;
        for (index, part) in list::items(parts).iter().enumerate() {
            if index > 0 {
                sink.put(vm, between);
            }
            let Some(bytes) = text(vm, *part) else { return vm.type_error(Qstr::M_JOIN) };
            sink.put(vm, bytes);
        }
        sink.finish(vm)
    };
    #[cfg(any(feature = "speed", feature = "bytes"))]
    join_parts(vm, args, between, parts)
}

/// The same in two walks: how long it gets, and the text itself.
#[cfg(any(feature = "speed", feature = "bytes"))]
fn join_parts(vm: &mut Vm, args: Args, between: &[u8], parts: Obj) -> Res {
    let mut len = 0;
    for part in list::items(parts) {
        match self::part(vm, args.get(0), *part) {
            Some(bytes) => len += bytes.len() + between.len(),
            None => return vm.type_error(Qstr::M_JOIN),
        }
    }
    if len == 0 {
        return like(vm, args, b"");
    }
    let made = with_room(vm, len - between.len())?;
    let mut at = 0;
    for (index, part) in list::items(parts).iter().enumerate() {
        if index > 0 {
            made.write_bytes(at, between);
            at += between.len();
        }
        let bytes = self::part(vm, args.get(0), *part).unwrap_or(b"");
        made.write_bytes(at, bytes);
        at += bytes.len();
    }
    finish_like(vm, args, made)
}

/// Adds to a rooted list what is like the method's receiver.
pub(crate) fn push_like(vm: &mut Vm, args: Args, parts: Obj, part: &[u8]) -> Res<()> {
    let part = like(vm, args, part).kept(vm)?;
    list::append(vm, parts, part)?;
    vm.unkeep(1);
    Ok(())
}

/// The parts from the left, or from the right, in which case the last part comes first.
pub(crate) fn split_from(vm: &mut Vm, args: Args, last: bool) -> Res {
    let mut rest = receiver(vm, args)?;
    let made = list::new(vm, &[]).kept(vm)?;
    let mut left = args.int_or(vm, 2, -1)?;
    let separator = match args.opt(1).filter(|given| *given != Obj::NONE) {
        None => None,
        Some(_) => Some(argument(vm, args, 1)?),
    };
    if separator.is_some_and(<[u8]>::is_empty) {
        return vm.value_error(Qstr::M_SEP);
    }
    loop {
        if separator.is_none() {
            rest = if last { rest.trim_ascii_end() } else { rest.trim_ascii_start() };
            if rest.is_empty() {
                return Ok(made);
            }
        }
        let found = if left == 0 { None } else { find_from(rest, separator, last) };
        let Some(at) = found else {
            push_like(vm, args, made, rest)?;
            return Ok(made);
        };
        let (before, after) = (&rest[..at], &rest[at + separator.map_or(1, <[u8]>::len)..]);
        let (part, more) = if last { (after, before) } else { (before, after) };
        push_like(vm, args, made, part)?;
        rest = more;
        left -= 1;
    }
}

pub(crate) fn split(vm: &mut Vm, args: Args) -> Res {
    split_from(vm, args, false)
}

fn strip_by(vm: &mut Vm, args: Args, left: bool, right: bool) -> Res {
    let mut bytes = receiver(vm, args)?;
    let set = match args.opt(1).filter(|given| cfg!(feature = "methods") && *given != Obj::NONE) {
        None => &b" \t\n\r\x0b\x0c"[..],
        Some(_) => argument(vm, args, 1)?,
    };
    let before = bytes.len();
    while left && bytes.first().is_some_and(|byte| has(set, *byte)) {
        bytes = &bytes[1..];
    }
    while right && bytes.last().is_some_and(|byte| has(set, *byte)) {
        bytes = &bytes[..bytes.len() - 1];
    }
    if bytes.len() == before { Ok(args.get(0)) } else { like(vm, args, bytes) }
}

/// White space only, without the feature `methods`.
#[cfg(not(feature = "methods"))]
pub(crate) fn strip(vm: &mut Vm, args: Args) -> Res {
    let bytes = receiver(vm, args)?;
    like(vm, args, bytes.trim_ascii())
}

#[cfg(feature = "methods")]
pub(crate) fn strip(vm: &mut Vm, args: Args) -> Res {
    strip_by(vm, args, true, true)
}

pub(crate) fn lstrip(vm: &mut Vm, args: Args) -> Res {
    strip_by(vm, args, true, false)
}

pub(crate) fn rstrip(vm: &mut Vm, args: Args) -> Res {
    strip_by(vm, args, false, true)
}

/// Start and end, in bytes, of the part a method with optional bounds looks at.
fn bounds(vm: &mut Vm, args: Args, bytes: &[u8]) -> Res<(usize, usize)> {
    if cfg!(not(feature = "methods")) {
        return Ok((0, bytes.len()));
    }
    let len = units(args, bytes);
    let mut at = [0, len];
    for (index, bound) in at.iter_mut().enumerate() {
        if let Some(value) = args.opt(2 + index)
            && value != Obj::NONE
        {
            let value = ops::as_int(vm, value)?;
            *bound = if value < 0 { (len as i32 + value).max(0) as usize } else { (value as usize).min(len) };
        }
    }
    Ok(if cfg!(feature = "bytes") && len == bytes.len() { (at[0], at[1]) } else { (byte_at(bytes, at[0]), byte_at(bytes, at[1])) })
}

/// What a search is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    /// Where the first or the last one is; -1 where there is none, or a ValueError when there `must` be one.
    For { last: bool, must: bool },
    /// How many there are, none of which overlap.
    #[cfg(feature = "builtins")]
    Count,
}

/// Looks for the argument.
pub(crate) fn find_by(vm: &mut Vm, args: Args, search: Search) -> Res {
    let bytes = receiver(vm, args)?;
    let part = argument(vm, args, 1)?;
    let (start, end) = bounds(vm, args, bytes)?;
    #[cfg(not(feature = "methods"))]
    let (within, _) = (Some(bytes), end);
    #[cfg(feature = "methods")]
    let within = bytes.get(start..end);
    #[cfg(feature = "builtins")]
    if search == Search::Count {
        let Some(mut rest) = within else { return Ok(Obj::int(0)) };
        if part.is_empty() {
            return Ok(Obj::count(units(args, rest) + 1));
        }
        let mut found = 0;
        while let Some(at) = find(rest, part) {
            found += 1;
            rest = &rest[at + part.len()..];
        }
        return Ok(Obj::count(found));
    }
    let (last, must) = match search {
        Search::For { last, must } => (last, must),
        #[cfg(feature = "builtins")]
        Search::Count => (false, false),
    };
    match within.and_then(|within| find_from(within, Some(part), last)) {
        Some(at) => Ok(Obj::count(units(args, &bytes[..start + at]))),
        None if must => vm.value_error(Qstr::M_SUBSTRING),
        None => Ok(Obj::int(-1)),
    }
}

pub(crate) fn find_method(vm: &mut Vm, args: Args) -> Res {
    find_by(vm, args, Search::For { last: false, must: false })
}

pub(crate) fn rfind(vm: &mut Vm, args: Args) -> Res {
    find_by(vm, args, Search::For { last: true, must: false })
}

pub(crate) fn index(vm: &mut Vm, args: Args) -> Res {
    find_by(vm, args, Search::For { last: false, must: true })
}

#[cfg(feature = "builtins")]
pub(crate) fn count(vm: &mut Vm, args: Args) -> Res {
    find_by(vm, args, Search::Count)
}

/// Where size counts, what is replaced is what the text is split by, which may not be empty.
#[cfg(not(any(feature = "speed", feature = "bytes")))]
pub(crate) fn replace(vm: &mut Vm, args: Args) -> Res {
    argument(vm, args, 1)?;
    let mut of_split = [args.get(0), args.get(1), args.opt(3).unwrap_or(Obj::NULL)];
    let parts = split(vm, Args { at: Vm::slots(&mut of_split), n: args.n - 1, n_kw: 0 }).kept(vm)?;
    join(vm, Args { at: Vm::slots(&mut [args.get(2), parts]), n: 2, n_kw: 0 })
}

#[cfg(any(feature = "speed", feature = "bytes"))]
pub(crate) fn replace(vm: &mut Vm, args: Args) -> Res {
    let mut rest = receiver(vm, args)?;
    let (old, new) = (argument(vm, args, 1)?, argument(vm, args, 2)?);
    let mut left = args.int_or(vm, 3, -1)?;
    let sink = Sink::new(vm)?;
    while left != 0 {
        if old.is_empty() {
            sink.put(vm, new);
            let Some(first) = rest.first() else { break };
            let len = if cfg!(feature = "bytes") && !is(args.get(0)) { 1 } else { char_len(*first).min(rest.len()) };
            sink.put(vm, &rest[..len]);
            rest = &rest[len..];
        } else {
            let Some(at) = find(rest, old) else { break };
            sink.put(vm, &rest[..at]);
            sink.put(vm, new);
            rest = &rest[at + old.len()..];
        }
        left -= 1;
    }
    sink.put(vm, rest);
    let made = sink.finish(vm)?;
    finish_like(vm, args, made)
}

fn any_of(vm: &mut Vm, args: Args, test: fn(&[u8], &[u8]) -> bool) -> Res {
    let all = receiver(vm, args)?;
    let (start, end) = bounds(vm, args, all)?;
    #[cfg(not(feature = "methods"))]
    let (bytes, _) = (all, (start, end));
    #[cfg(feature = "methods")]
    let Some(bytes) = all.get(start..end) else { return Ok(Obj::FALSE) };
    if cfg!(feature = "methods") && args.get(1).is(Kind::Tuple) {
        for part in tuple::items(args.get(1)) {
            if self::part(vm, args.get(0), *part).is_some_and(|part| test(bytes, part)) {
                return Ok(Obj::TRUE);
            }
        }
        return Ok(Obj::FALSE);
    }
    let part = argument(vm, args, 1)?;
    Ok(Obj::bool(test(bytes, part)))
}

pub(crate) fn starts_with(vm: &mut Vm, args: Args) -> Res {
    any_of(vm, args, |bytes, part| bytes.starts_with(part))
}

pub(crate) fn ends_with(vm: &mut Vm, args: Args) -> Res {
    any_of(vm, args, |bytes, part| bytes.ends_with(part))
}

/// A copy with every byte changed by `change` (ASCII letters only, as MicroPython does it).
fn mapped(vm: &mut Vm, args: Args, change: fn(&u8) -> u8) -> Res {
    let bytes = receiver(vm, args)?;
    let made = with_room(vm, bytes.len())?;
    for (at, byte) in bytes.iter().enumerate() {
        made.write_bytes(at, &[change(byte)]);
    }
    finish_like(vm, args, made)
}

pub(crate) fn upper(vm: &mut Vm, args: Args) -> Res {
    mapped(vm, args, u8::to_ascii_uppercase)
}

pub(crate) fn lower(vm: &mut Vm, args: Args) -> Res {
    mapped(vm, args, u8::to_ascii_lowercase)
}

fn all_are(vm: &mut Vm, args: Args, test: fn(&u8) -> bool) -> Res {
    let bytes = receiver(vm, args)?;
    Ok(Obj::bool(!bytes.is_empty() && bytes.iter().all(test)))
}

pub(crate) fn is_digit(vm: &mut Vm, args: Args) -> Res {
    all_are(vm, args, u8::is_ascii_digit)
}

pub(crate) fn is_alpha(vm: &mut Vm, args: Args) -> Res {
    all_are(vm, args, u8::is_ascii_alphabetic)
}

pub(crate) fn is_space(vm: &mut Vm, args: Args) -> Res {
    all_are(vm, args, u8::is_ascii_whitespace)
}
