//! `struct`: numbers to bytes and back, by a format of codes (`types/packed.rs`), `s` for so many bytes and `x` for a byte between.
//!
//! A format begins with its byte order: `<`, `>` or `!`, `=` the machine's; without one, or with `@`, it is the machine's too and each
//! number lies at a multiple of its size. All errors but wrong types are ValueErrors, and `struct.error` is that class.

use crate::call::Args;
use crate::modules::Entry;
use crate::natives::N;
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

/// A format on its way, at one of its fields: several numbers of one code, or one `s`. Formats come from rooted values.
struct Format<'x> {
    rest: &'x [u8],
    aligned: bool,
    big: bool,
    code: u8,
    count: usize,
    /// Where the first begins.
    at: usize,
    size: usize,
    /// Where the field ends.
    end: usize,
}

/// `count` times `size` and what is `more`, at most so many that it is sure to be too large.
#[inline(never)]
fn sum(count: usize, size: usize, more: usize) -> usize {
    (count as u64 * size as u64 + more as u64).min(INT_MAX as u64) as usize
}

impl Format<'_> {
    /// Goes on to the next field; false at the end.
    fn next(&mut self, vm: &mut Vm) -> Res<bool> {
        let mut count = None;
        while let [first, rest @ ..] = self.rest {
            self.rest = rest;
            self.code = *first;
            self.size = match first {
                b' ' | b'\n' | b'\t' => continue,
                b'0'..=b'9' => {
                    count = Some(sum(count.unwrap_or(0), 10, usize::from(first - b'0')));
                    continue;
                }
                b'x' | b's' => count.replace(1).unwrap_or(1),
                code => packed::size(*code),
            };
            self.at = self.end;
            let is_number = !matches!(first, b'x' | b's');
            if is_number && self.size == 0 {
                return vm.value_error(Qstr::M_CODE);
            }
            if is_number && self.aligned {
                // A size is a power of two.
                self.at = (self.at + self.size - 1) & !(self.size - 1);
            }
            self.count = count.take().unwrap_or(1);
            self.end = sum(self.count, self.size, self.at);
            if *first != b'x' {
                return Ok(true);
            }
        }
        if count.is_some() { vm.value_error(Qstr::M_CODE) } else { Ok(false) }
    }
}

/// Writes a number, or the bytes of an `s`, into the bytes of a rooted object from `at` on.
#[inline(never)]
fn put(vm: &mut Vm, format: &Format, value: Obj, into: Obj, at: usize) -> Res<()> {
    let number;
    let mut from = if format.code == b's' {
        bytes::argument(vm, value)?
    } else {
        number = packed::encode(vm, format.code, format.big, value, T::ValueError)?;
        &number[..]
    };
    from = &from[..from.len().min(format.size)];
    let fresh = into.is(crate::heap::Kind::Bytes);
    if format.code == b's' && !fresh {
        // A copy of what may be the same bytes.
        let copy = bytes::new(vm, from)?;
        from = copy.bytes(1, copy.raw(0));
    }
    // Making a number may have run code that made the target shorter.
    let target = if fresh { Some(into.bytes_mut(1, into.raw(0))) } else { packed::writable(into) };
    let Some(target) = target.and_then(|all| all.get_mut(at..at + format.size)) else { return vm.value_error(Qstr::M_BUFFER_SIZE) };
    let (text, rest) = target.split_at_mut(from.len());
    text.copy_from_slice(from);
    rest.fill(0);
    Ok(())
}

/// The functions of the module.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Measure,
    Pack,
    PackInto,
    Unpack,
    UnpackFrom,
}

/// All that they do begins with a format, of which it is to be known how many bytes and how many values it stands for.
fn run(vm: &mut Vm, args: Args, task: Task) -> Res {
    let given = args.get(0);
    let Some(all) = str::text(vm, given).or_else(|| bytes::buffer(given)) else { return vm.type_error(Qstr::M_EXPECTED_STR) };
    let (big, aligned, skip) = match all.first() {
        Some(b'<') => (false, false, 1),
        Some(b'>' | b'!') => (true, false, 1),
        Some(b'=') => (packed::BIG, false, 1),
        Some(b'@') => (packed::BIG, true, 1),
        _ => (packed::BIG, true, 0),
    };
    let mut format = Format { rest: &all[skip..], aligned, big, code: 0, count: 0, at: 0, size: 0, end: 0 };
    let mut values = 0;
    while format.next(vm)? {
        values = sum(format.count, 1, values);
    }
    let size = format.end;
    (format.rest, format.end) = (&all[skip..], 0);
    let first = match task {
        Task::Measure => return Ok(Obj::count_at_most(size)),
        Task::Pack => 1,
        Task::PackInto => 3,
        Task::Unpack | Task::UnpackFrom => 0,
    };
    if first > 0 && args.n - first != values {
        return vm.value_error(Qstr::M_ARG_COUNT);
    }
    let buffer = if task == Task::Pack { bytes::with_room(vm, size)? } else { args.get(1) };
    vm.keep(buffer)?;
    let mut start = 0;
    if matches!(task, Task::PackInto | Task::UnpackFrom) {
        let len = if first == 0 {
            bytes::argument(vm, buffer)?.len()
        } else {
            match packed::writable(buffer) {
                Some(all) => all.len(),
                None => return vm.type_error(Qstr::M_READ_ONLY),
            }
        };
        let at = args.int_or(vm, 2, 0)?;
        // Of a negative one what is left of the start is a number larger than any length.
        start = if at < 0 { (at as isize as usize).wrapping_add(len) } else { at as usize };
        if start > len || len - start < size {
            return vm.value_error(Qstr::M_BUFFER_SIZE);
        }
    } else if bytes::argument(vm, buffer)?.len() != size {
        return vm.value_error(Qstr::M_BUFFER_SIZE);
    }
    let made = if first > 0 { buffer } else { tuple::with_room(vm, values)? };
    vm.keep(made)?;
    let mut filled = 0;
    while format.next(vm)? {
        for index in 0..format.count {
            let at = start + format.at + index * format.size;
            if first > 0 {
                put(vm, &format, args.get(first + filled), buffer, at)?;
            } else {
                // Again: finding the offset may have run code that made it shorter.
                let Some(bytes) = bytes::argument(vm, buffer)?.get(at..at + format.size) else {
                    return vm.value_error(Qstr::M_BUFFER_SIZE);
                };
                let value = if format.code == b's' { bytes::new(vm, bytes)? } else { packed::load(vm, format.code, format.big, bytes)? };
                tuple::set(made, filled, value);
            }
            filled += 1;
        }
    }
    Ok(if task == Task::PackInto { Obj::NONE } else { made })
}

/// `pack(format, *values)`.
pub(crate) fn pack(vm: &mut Vm, args: Args) -> Res {
    run(vm, args, Task::Pack)
}

/// `pack_into(format, buffer, offset, *values)`: what lies between the fields becomes 0 in `pack` only.
pub(crate) fn pack_into(vm: &mut Vm, args: Args) -> Res {
    run(vm, args, Task::PackInto)
}

/// `unpack(format, bytes)`: of exactly the format's length.
pub(crate) fn unpack(vm: &mut Vm, args: Args) -> Res {
    run(vm, args, Task::Unpack)
}

/// `unpack_from(format, bytes, offset=0)`.
pub(crate) fn unpack_from(vm: &mut Vm, args: Args) -> Res {
    run(vm, args, Task::UnpackFrom)
}

/// `calcsize(format)`.
pub(crate) fn calc_size(vm: &mut Vm, args: Args) -> Res {
    run(vm, args, Task::Measure)
}
