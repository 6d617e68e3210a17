//! The methods of texts and bytes that programs use less often.

use crate::call::Args;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::str::{self, argument, char_count, like};
use crate::types::{list, tuple};
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// `text.center(width)`.
pub(crate) fn center(vm: &mut Vm, args: Args) -> Res {
    let bytes = argument(vm, args, 0)?;
    let width = ops::as_int(vm, args.get(1))?.max(0) as usize;
    let missing = width.saturating_sub(char_count(bytes));
    // As everywhere in Python, what cannot be halved goes left where the width is odd.
    let left = missing / 2 + (missing & width & 1);
    let builder = str::Builder::new(vm)?;
    for _ in 0..left {
        builder.push(vm, b" ")?;
    }
    builder.push(vm, bytes)?;
    for _ in left..missing {
        builder.push(vm, b" ")?;
    }
    builder.finish(vm)
}

/// Where `part` is last in `bytes`.
fn find_last(bytes: &[u8], part: &[u8]) -> Option<usize> {
    (0..(bytes.len() + 1).saturating_sub(part.len())).rev().find(|at| bytes[*at..].starts_with(part))
}

fn cut(vm: &mut Vm, args: Args, last: bool) -> Res {
    let (bytes, separator) = (argument(vm, args, 0)?, argument(vm, args, 1)?);
    if separator.is_empty() {
        return vm.value_error(Qstr::M_SEP);
    }
    let found = if last { find_last(bytes, separator) } else { str::find(bytes, separator) };
    let parts: [&[u8]; 3] = match found {
        Some(at) => [&bytes[..at], separator, &bytes[at + separator.len()..]],
        None if last => [b"", b"", bytes],
        None => [bytes, b"", b""],
    };
    let made = tuple::with_room(vm, 3)?;
    vm.keep(made)?;
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

fn push(vm: &mut Vm, args: Args, parts: Obj, part: &[u8]) -> Res<()> {
    let part = like(vm, args, part)?;
    vm.keep(part)?;
    list::append(vm, parts, part)?;
    vm.unkeep(1);
    Ok(())
}

/// `text.rsplit(separator, count)`.
pub(crate) fn rsplit(vm: &mut Vm, args: Args) -> Res {
    let count = match args.opt(2) {
        Some(count) => ops::as_int(vm, count)?,
        None => -1,
    };
    let mut rest = argument(vm, args, 0)?;
    let separator = match args.opt(1).filter(|given| *given != Obj::NONE) {
        Some(_) => Some(argument(vm, args, 1)?),
        None => None,
    };
    if separator == Some(b"") {
        return vm.value_error(Qstr::M_SEP);
    }
    let parts = list::new(vm, &[])?;
    vm.keep(parts)?;
    let mut left = count;
    loop {
        if separator.is_none() {
            rest = rest.trim_ascii_end();
            if rest.is_empty() {
                break;
            }
        }
        let found = match separator {
            _ if left == 0 => None,
            Some(separator) => find_last(rest, separator).map(|at| (at, at + separator.len())),
            None => rest.iter().rposition(u8::is_ascii_whitespace).map(|at| (at, at + 1)),
        };
        let Some((end, start)) = found else {
            let last = if separator.is_none() && left != 0 { rest.trim_ascii_start() } else { rest };
            push(vm, args, parts, last)?;
            break;
        };
        push(vm, args, parts, &rest[start..])?;
        rest = &rest[..end];
        left -= 1;
    }
    let count = list::len(parts);
    for index in 0..count / 2 {
        let (low, high) = (list::items(parts)[index], list::items(parts)[count - 1 - index]);
        list::set(parts, index, high);
        list::set(parts, count - 1 - index, low);
    }
    Ok(parts)
}

pub(crate) fn rindex(vm: &mut Vm, args: Args) -> Res {
    match str::rfind(vm, args)? {
        it if it == Obj::int(-1) => vm.value_error(Qstr::M_SUBSTRING),
        at => Ok(at),
    }
}

/// `text.splitlines(keepends)`: at `\n`, `\r` and `\r\n`.
pub(crate) fn splitlines(vm: &mut Vm, args: Args) -> Res {
    let mut rest = argument(vm, args, 0)?;
    let keep_ends = match args.opt(1).or_else(|| args.kw_named(Qstr::KEEPENDS)) {
        Some(value) => ops::truth(vm, value)?,
        None => false,
    };
    let lines = list::new(vm, &[])?;
    vm.keep(lines)?;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n' || *byte == b'\r').unwrap_or(rest.len());
        let next = match &rest[end..] {
            [] => end,
            [b'\r', b'\n', ..] => end + 2,
            _ => end + 1,
        };
        push(vm, args, lines, &rest[..if keep_ends { next } else { end }])?;
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
