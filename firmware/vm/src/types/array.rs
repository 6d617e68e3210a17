//! `array.array`: numbers of one code in a block of bytes. Laid out as a byte array is, whose functions change its length; a third
//! field has the code.

use crate::call::Args;
use crate::heap::Kind;
use crate::natives::N;
use crate::opcodes::binary as op;
use crate::qstr::Qstr;
use crate::sink::Sink;
use crate::types::bytes::{content, splice};
use crate::types::{Method, T, bytes, packed, slice, str};
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};
use crate::{iter, ops, subscr};

pub(crate) const METHODS: &[Method] = &[
    (Qstr::APPEND, N::NumbersAppend),
    (Qstr::EXTEND, N::NumbersExtend),
    (Qstr::INDEX, N::NumbersIndex),
    (Qstr::TOBYTES, N::PackedToBytes),
    (Qstr::TOLIST, N::PackedToList),
];

const CODE: usize = 2;

pub(crate) fn code(array: Obj) -> u8 {
    array.field(CODE).as_int() as u8
}

fn size(array: Obj) -> usize {
    packed::size(code(array))
}

/// An array that takes over a bytes object.
fn of_block(vm: &mut Vm, block: Obj, code: u8) -> Res {
    vm.keep(block)?;
    let made = vm.alloc(Kind::Array, 3);
    vm.unkeep(1);
    let made = made?;
    bytes::take_over(made, block);
    made.set_field(CODE, Obj::int(code.into()));
    Ok(made)
}

/// `array(code[, items])`: of bytes, what they hold; else the numbers of an iterable.
pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    let code = match str::text(vm, args.get(0)) {
        Some([code]) if packed::size(*code) != 0 => *code,
        Some([_]) => return vm.value_error(Qstr::M_CODE),
        _ => return vm.type_error(Qstr::M_CODE),
    };
    let given = args.opt(1);
    let all = given.and_then(bytes::buffer);
    if all.is_some_and(|all| all.len() % packed::size(code).max(1) != 0) {
        return vm.value_error(Qstr::M_BUFFER_SIZE);
    }
    let block = bytes::new(vm, all.unwrap_or(b""))?;
    let made = of_block(vm, block, code)?;
    if let (Some(items), None) = (given, all) {
        vm.keep(made)?;
        extend_by_items(vm, made, items)?;
        vm.unkeep(1);
    }
    Ok(made)
}

fn append(vm: &mut Vm, array: Obj, value: Obj) -> Res<()> {
    let bytes = packed::encode(vm, code(array), packed::BIG, value, T::OverflowError)?;
    let end = content(array).len();
    splice(vm, array, end, end, &bytes[..size(array)])
}

fn extend_by_items(vm: &mut Vm, array: Obj, items: Obj) -> Res<()> {
    iter::each(vm, items, array, append)
}

/// The bytes of another array of the same code, as a bytes object of their own: it may be the array that is about to change.
fn copy_of(vm: &mut Vm, array: Obj, other: Obj) -> Res {
    if !other.is(Kind::Array) || code(other) != code(array) {
        return vm.type_error(Qstr::M_BAD_OPERANDS);
    }
    bytes::new(vm, content(other))
}

/// Puts another array's items in the place of the bytes from `start` to `stop`.
fn splice_array(vm: &mut Vm, array: Obj, start: usize, stop: usize, other: Obj) -> Res<()> {
    let copy = copy_of(vm, array, other).kept(vm)?;
    splice(vm, array, start, stop, copy.bytes(1, copy.raw(0)))?;
    vm.unkeep(1);
    Ok(())
}

/// Adds another array, or the numbers of an iterable, to a rooted array.
pub(crate) fn extend(vm: &mut Vm, array: Obj, other: Obj) -> Res<()> {
    if !other.is(Kind::Array) {
        return extend_by_items(vm, array, other);
    }
    let end = content(array).len();
    splice_array(vm, array, end, end, other)
}

/// `array[slice]`: a new array.
pub(crate) fn load_slice(vm: &mut Vm, array: Obj, at: Obj) -> Res {
    let (start, stop, step) = slice::resolve(vm, at, packed::len(array))?;
    let (size, n) = (size(array), slice::count(start, stop, step));
    let block = bytes::with_room(vm, n * size)?;
    for index in 0..n {
        let from = (start + step * index as i32) as usize * size;
        // The items are those of before: nothing ran in between.
        block.write_bytes(index * size, &content(array)[from..from + size]);
    }
    of_block(vm, block, code(array))
}

/// `array[index] = value` and `array[slice] = array`, or `del` when the value is NULL.
#[inline(never)]
pub(crate) fn store(vm: &mut Vm, array: Obj, at: Obj, value: Obj) -> Res<()> {
    if at.is(Kind::Slice) {
        let (start, stop) = packed::ends(vm, array, at)?;
        return if value == Obj::NULL { splice(vm, array, start, stop, &[]) } else { splice_array(vm, array, start, stop, value) };
    }
    if value == Obj::NULL {
        let index = subscr::index(vm, at, packed::len(array))?;
        let size = size(array);
        return splice(vm, array, index * size, (index + 1) * size, &[]);
    }
    packed::store(vm, array, at, value)
}

/// A binary operator (plain form) with an array on the left.
pub(crate) fn operator(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    let (more, times) = match (operator, ops::small(right)) {
        (op::ADD, _) if right.is(Kind::Array) && code(right) == code(left) => (content(right), 1),
        (op::MULTIPLY, Some(times)) => (&[][..], times),
        _ => return vm.type_error(Qstr::M_BAD_OPERANDS),
    };
    let block = str::repeated(vm, Kind::Bytes, content(left), times, more)?;
    of_block(vm, block, code(left))
}

/// `repr(value)`.
pub(crate) fn print(vm: &mut Vm, sink: Sink, value: Obj) -> Res<()> {
    sink.put(vm, b"array('");
    sink.put(vm, &[code(value)]);
    sink.put_byte(vm, b'\'');
    if packed::len(value) > 0 {
        crate::print::items_in(vm, sink, value, b", [", b"]")?;
    }
    sink.put_byte(vm, b')');
    Ok(())
}

// ----- methods

pub(crate) fn append_method(vm: &mut Vm, args: Args) -> Res {
    args.given_to(vm, Kind::Array, append)
}

pub(crate) fn extend_method(vm: &mut Vm, args: Args) -> Res {
    args.given_to(vm, Kind::Array, extend)
}

/// `array.index(value)`.
pub(crate) fn index(vm: &mut Vm, args: Args) -> Res {
    let array = args.receiver(vm, Kind::Array)?;
    let mut index = 0;
    loop {
        let item = packed::item(vm, array, index)?;
        if item == Obj::STOP {
            return vm.value_error(Qstr::M_NOT_IN_LIST);
        }
        vm.keep(item)?;
        if ops::equal(vm, item, args.get(1))? {
            return Ok(Obj::count(index));
        }
        vm.unkeep(1);
        index += 1;
    }
}
