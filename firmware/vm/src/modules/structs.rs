//! `struct`: numbers to bytes and back, by a format of codes (`types/packed.rs`), `s` for so many bytes and `x` for a byte between.
//!
//! A format begins with its byte order: `<`, `>` or `!`, `=` the machine's; without one, or with `@`, it is the machine's too and each
//! number lies at a multiple of its size. All errors but wrong types are ValueErrors, and `struct.error` is that class.

use crate::call::Args;
use crate::modules::Entry;
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::{T, bytes, packed, str, tuple};
use crate::value::{INT_MAX, Obj, Res};
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::PACK, Entry::native(N::StructPack)),
    (Qstr::PACK_INTO, Entry::native(N::StructPackInto)),
    (Qstr::UNPACK, Entry::native(N::StructUnpack)),
    (Qstr::UNPACK_FROM, Entry::native(N::StructUnpackFrom)),
    (Qstr::CALCSIZE, Entry::native(N::StructCalcSize)),
    (Qstr::ERROR, Entry::class(T::ValueError)),
];

/// Several numbers of one code, or one `s`.
struct Field {
    code: u8,
    count: usize,
    /// Where the first begins.
    at: usize,
    size: usize,
}

/// A format on its way. Formats come from rooted values.
#[derive(Clone, Copy)]
struct Format<'x> {
    rest: &'x [u8],
    aligned: bool,
    big: bool,
    /// Where the next field begins.
    at: usize,
}

impl<'x> Format<'x> {
    fn new(vm: &mut Vm, value: Obj) -> Res<Format<'x>> {
        let Some(all) = str::text(vm, value).or_else(|| bytes::buffer(value)) else { return vm.type_error(Qstr::M_EXPECTED_STR) };
        let native = cfg!(target_endian = "big");
        let (big, aligned, skip) = match all.first() {
            Some(b'<') => (false, false, 1),
            Some(b'>' | b'!') => (true, false, 1),
            Some(b'=') => (native, false, 1),
            Some(b'@') => (native, true, 1),
            _ => (native, true, 0),
        };
        Ok(Format { rest: &all[skip..], aligned, big, at: 0 })
    }

    /// The next field; `None` at the end.
    fn next(&mut self, vm: &mut Vm) -> Res<Option<Field>> {
        let mut count = None;
        while let [first, rest @ ..] = self.rest {
            self.rest = rest;
            let size = match first {
                b' ' | b'\n' | b'\t' => continue,
                b'0'..=b'9' => {
                    let so_far: usize = count.unwrap_or(0);
                    count = Some(so_far.saturating_mul(10).saturating_add(usize::from(first - b'0')).min(INT_MAX as usize));
                    continue;
                }
                b'x' | b's' => count.replace(1).unwrap_or(1),
                code => match packed::size(*code) {
                    Some(size) => size,
                    None => return vm.value_error(Qstr::M_CODE),
                },
            };
            if self.aligned && !matches!(first, b'x' | b's') {
                self.at = self.at.next_multiple_of(size);
            }
            let (at, count) = (self.at, count.take().unwrap_or(1));
            self.at = at.saturating_add(size.saturating_mul(count)).min(INT_MAX as usize);
            if *first != b'x' {
                return Ok(Some(Field { code: *first, count, at, size }));
            }
        }
        if count.is_some() { vm.value_error(Qstr::M_CODE) } else { Ok(None) }
    }

    /// How many bytes and how many values the format stands for.
    fn measure(mut self, vm: &mut Vm) -> Res<(usize, usize)> {
        let mut values: usize = 0;
        while let Some(field) = self.next(vm)? {
            values = values.saturating_add(field.count);
        }
        Ok((self.at, values))
    }
}

/// Writes the values from argument `first` on into the bytes of `into` from `offset` on; there is room for them.
fn fill(vm: &mut Vm, mut format: Format, args: Args, first: usize, into: Obj, offset: usize) -> Res<()> {
    let mut argument = first;
    while let Some(field) = format.next(vm)? {
        for index in 0..field.count {
            let value = args.get(argument);
            argument += 1;
            let number;
            let from = if field.code == b's' {
                bytes::argument(vm, value)?
            } else {
                match packed::encode(vm, field.code, format.big, value)? {
                    Some(bytes) => {
                        number = bytes;
                        &number[..]
                    }
                    None => return vm.value_error(Qstr::M_NUMBER_RANGE),
                }
            };
            let at = offset + field.at + index * field.size;
            let from = &from[..from.len().min(field.size)];
            // A copy of what may be the same bytes; and making a number may have run code that made the target shorter.
            let copy = if field.code == b's' && !into.is(crate::heap::Kind::Bytes) { bytes::new(vm, from)? } else { Obj::NULL };
            let from = bytes::buffer(copy).unwrap_or(from);
            let target = if into.is(crate::heap::Kind::Bytes) { Some(into.bytes_mut(1, into.raw(0))) } else { packed::writable(into) };
            let Some(target) = target.and_then(|all| all.get_mut(at..at + field.size)) else { return vm.value_error(Qstr::M_BUFFER_SIZE) };
            let (text, rest) = target.split_at_mut(from.len());
            text.copy_from_slice(from);
            rest.fill(0);
        }
    }
    Ok(())
}

/// How many bytes a format stands for, when so many values are given as it takes.
fn checked(vm: &mut Vm, format: Format, given: usize) -> Res<usize> {
    let (size, values) = format.measure(vm)?;
    if values == given { Ok(size) } else { vm.value_error(Qstr::M_ARG_COUNT) }
}

/// `pack(format, *values)`.
pub(crate) fn pack(vm: &mut Vm, args: Args) -> Res {
    let format = Format::new(vm, args.get(0))?;
    let size = checked(vm, format, args.n - 1)?;
    let made = bytes::with_room(vm, size)?;
    vm.keep(made)?;
    fill(vm, format, args, 1, made, 0)?;
    vm.unkeep(1);
    Ok(made)
}

/// From where on a format of `size` bytes lies in `len` bytes.
fn offset(vm: &mut Vm, given: Option<Obj>, size: usize, len: usize) -> Res<usize> {
    let at = match given {
        Some(at) => ops::as_int(vm, at)?,
        None => 0,
    };
    let at = if at < 0 { at as isize + len as isize } else { at as isize };
    match usize::try_from(at) {
        Ok(at) if at <= len && len - at >= size => Ok(at),
        _ => vm.value_error(Qstr::M_BUFFER_SIZE),
    }
}

/// `pack_into(format, buffer, offset, *values)`: what lies between the fields becomes 0 in `pack` only.
pub(crate) fn pack_into(vm: &mut Vm, args: Args) -> Res {
    let format = Format::new(vm, args.get(0))?;
    let size = checked(vm, format, args.n - 3)?;
    let Some(len) = packed::writable(args.get(1)).map(|all| all.len()) else { return vm.type_error(Qstr::M_READ_ONLY) };
    let at = offset(vm, args.opt(2), size, len)?;
    fill(vm, format, args, 3, args.get(1), at)?;
    Ok(Obj::NONE)
}

fn read(vm: &mut Vm, mut format: Format, all: &[u8], values: usize) -> Res {
    let made = tuple::with_room(vm, values)?;
    vm.keep(made)?;
    let mut filled = 0;
    while let Some(field) = format.next(vm)? {
        for index in 0..field.count {
            let at = field.at + index * field.size;
            let bytes = &all[at..at + field.size];
            let value = if field.code == b's' { bytes::new(vm, bytes)? } else { packed::load(vm, field.code, format.big, bytes)? };
            tuple::set(made, filled, value);
            filled += 1;
        }
    }
    vm.unkeep(1);
    Ok(made)
}

/// `unpack(format, bytes)`: of exactly the format's length.
pub(crate) fn unpack(vm: &mut Vm, args: Args) -> Res {
    let format = Format::new(vm, args.get(0))?;
    let (size, values) = format.measure(vm)?;
    let all = bytes::argument(vm, args.get(1))?;
    if all.len() != size {
        return vm.value_error(Qstr::M_BUFFER_SIZE);
    }
    read(vm, format, all, values)
}

/// `unpack_from(format, bytes, offset=0)`.
pub(crate) fn unpack_from(vm: &mut Vm, args: Args) -> Res {
    let format = Format::new(vm, args.get(0))?;
    let (size, values) = format.measure(vm)?;
    let len = bytes::argument(vm, args.get(1))?.len();
    let at = offset(vm, args.opt(2), size, len)?;
    let all = bytes::argument(vm, args.get(1))?;
    match all.get(at..at + size) {
        Some(all) => read(vm, format, all, values),
        None => vm.value_error(Qstr::M_BUFFER_SIZE),
    }
}

/// `calcsize(format)`.
pub(crate) fn calc_size(vm: &mut Vm, args: Args) -> Res {
    let format = Format::new(vm, args.get(0))?;
    Ok(Obj::count_at_most(format.measure(vm)?.0))
}
