//! The methods of texts and bytes that programs use less often.

use crate::call::Args;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::str::{self, argument, char_count, like, push_like};
use crate::types::{list, tuple};
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};

/// `text.center(width)`.
pub(crate) fn center(vm: &mut Vm, args: Args) -> Res {
    let bytes = argument(vm, args, 0)?;
    let width = ops::as_int(vm, args.get(1))?.max(0) as usize;
    let missing = width.saturating_sub(char_count(bytes));
    // As everywhere in Python, what cannot be halved goes left where the width is odd.
    let left = missing / 2 + (missing & width & 1);
    let sink = crate::sink::Sink::new(vm)?;
    sink.fill(vm, b" ", left)?;
    sink.put(vm, bytes);
    sink.fill(vm, b" ", missing - left)?;
    sink.finish(vm)
}

fn cut(vm: &mut Vm, args: Args, last: bool) -> Res {
    let (bytes, separator) = (argument(vm, args, 0)?, argument(vm, args, 1)?);
    if separator.is_empty() {
        return vm.value_error(Qstr::M_SEP);
    }
    let parts: [&[u8]; 3] = match str::find_from(bytes, Some(separator), last) {
        Some(at) => [&bytes[..at], separator, &bytes[at + separator.len()..]],
        None if last => [b"", b"", bytes],
        None => [bytes, b"", b""],
    };
    let made = tuple::with_room(vm, 3).kept(vm)?;
    for (index, part) in parts.iter().enumerate() {
        let part = like(vm, args, part)?;
        tuple::set(made, index, part);
    }
    Ok(made)
}

pub(crate) fn partition(vm: &mut Vm, args: Args) -> Res {
    cut(vm, args, false)
}

pub(crate) fn rpartition(vm: &mut Vm, args: Args) -> Res {
    cut(vm, args, true)
}

/// `text.rsplit(separator, count)`.
pub(crate) fn rsplit(vm: &mut Vm, args: Args) -> Res {
    let parts = str::split_from(vm, args, true)?;
    list::reverse(vm, Args { at: Vm::slots(&mut [parts]), n: 1, n_kw: 0 })?;
    Ok(parts)
}

pub(crate) fn rindex(vm: &mut Vm, args: Args) -> Res {
    str::find_by(vm, args, str::Search::For { last: true, must: true })
}

/// `text.splitlines(keepends)`: at `\n`, `\r` and `\r\n`.
pub(crate) fn splitlines(vm: &mut Vm, args: Args) -> Res {
    let mut rest = argument(vm, args, 0)?;
    let keep_ends = match args.named(1, Qstr::KEEPENDS) {
        Some(value) => ops::truth(vm, value)?,
        None => false,
    };
    let lines = list::new(vm, &[]).kept(vm)?;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n' || *byte == b'\r').unwrap_or(rest.len());
        let next = match &rest[end..] {
            [] => end,
            [b'\r', b'\n', ..] => end + 2,
            _ => end + 1,
        };
        push_like(vm, args, lines, &rest[..if keep_ends { next } else { end }])?;
        rest = &rest[next..];
    }
    Ok(lines)
}

fn cased(vm: &mut Vm, args: Args, wanted: fn(&u8) -> bool, other: fn(&u8) -> bool) -> Res {
    let bytes = argument(vm, args, 0)?;
    Ok(Obj::bool(bytes.iter().any(wanted) && !bytes.iter().any(other)))
}

pub(crate) fn is_lower(vm: &mut Vm, args: Args) -> Res {
    cased(vm, args, u8::is_ascii_lowercase, u8::is_ascii_uppercase)
}

pub(crate) fn is_upper(vm: &mut Vm, args: Args) -> Res {
    cased(vm, args, u8::is_ascii_uppercase, u8::is_ascii_lowercase)
}
