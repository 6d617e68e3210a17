//! Subscripts: `object[index]` and its assignment and deletion, and slices.

use crate::call;
use crate::frame::Slots;
use crate::heap::Kind;
use crate::qstr::Qstr;
#[cfg(feature = "slices")]
use crate::types::slice;
use crate::types::{T, dict, list, range, str, tuple};
use crate::value::{Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;
use crate::{attr, ops};

/// A list or tuple and an int that is a valid index; NULL for everything else.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn quick(object: Obj, index: Obj) -> Obj {
    if !index.is_int() || !object.is_heap() {
        return Obj::NULL;
    }
    let items = if object.is(Kind::List) {
        list::items(object)
    } else if object.is(Kind::Tuple) {
        tuple::items(object)
    } else {
        #[cfg(feature = "bytes")]
        return crate::types::bytes::quick(object, index.as_int());
        #[cfg(not(feature = "bytes"))]
        return Obj::NULL;
    };
    let index = index.as_int();
    let index = if index < 0 { (items.len() as i32).wrapping_add(index) } else { index };
    items.get(index as usize).copied().unwrap_or(Obj::NULL)
}

/// A subscript as a position within `len` items.
pub(crate) fn index(vm: &mut Vm, value: Obj, len: usize) -> Res<usize> {
    #[cfg(feature = "bigint")]
    if value.is(Kind::Int) {
        return Err(vm.raise(T::IndexError, Qstr::M_INDEX_RANGE));
    }
    #[cfg(feature = "language")]
    let value = if value.is(Kind::Instance) { Obj::int(ops::as_int(vm, value)?) } else { value };
    let Some(at) = ops::small(value) else { return vm.type_error(Qstr::M_INDEX_INT) };
    // Of a negative one what is left of the start is a number larger than any length.
    let at = if at < 0 { (at as isize as usize).wrapping_add(len) } else { at as usize };
    if at >= len { Err(vm.raise(T::IndexError, Qstr::M_INDEX_RANGE)) } else { Ok(at) }
}

/// `object[index]`, both rooted. With `args` (two slots that hold them) `__getitem__` is begun and `CALL` given.
#[inline(never)]
pub(crate) fn load(vm: &mut Vm, object: Obj, at: Obj, args: Option<Slots>) -> Res {
    if object.is(Kind::Dict) {
        return match dict::get(vm, object, at)? {
            it if it == Obj::NULL => Err(vm.raise_value(T::KeyError, at)),
            value => Ok(value),
        };
    }
    if let Some(items) = tuple::sequence(object).filter(|_| !object.is(Kind::Instance)) {
        #[cfg(feature = "slices")]
        if at.is(Kind::Slice) {
            return load_slice(vm, object, at, items.len());
        }
        let index = index(vm, at, items.len())?;
        return Ok(items[index]);
    }
    #[cfg(feature = "bytes")]
    if crate::types::bytes::buffer(object).is_some() {
        return crate::types::bytes::subscript(vm, object, at);
    }
    #[cfg(any(feature = "array", feature = "memoryview"))]
    if crate::types::packed::parts(object).is_some() {
        return load_of_numbers(vm, object, at);
    }
    if str::is(object) {
        return str::subscript(vm, object, at);
    }
    if object.is(Kind::Range) {
        let len = range::len(object);
        #[cfg(feature = "slices")]
        if at.is(Kind::Slice) {
            let (start, stop, step) = slice::resolve(vm, at, len)?;
            let (first, _, width) = range::parts(object);
            return range::new(vm, first + start * width, first + stop * width, step * width);
        }
        let index = index(vm, at, len)?;
        return Ok(range::item(object, index));
    }
    #[cfg(feature = "collections")]
    if object.is(Kind::Deque) {
        let index = index(vm, at, crate::modules::deque::len(object))?;
        return Ok(crate::modules::deque::item(object, index));
    }
    #[cfg(feature = "machine")]
    if let Some(width) = crate::modules::machine::width(object) {
        return crate::modules::machine::read(vm, width, at);
    }
    let function = attr::special(vm, object, Qstr::D_GETITEM);
    #[cfg(feature = "language")]
    if let (true, Some(native)) = (function == Obj::NULL, crate::types::class::native_part(object)) {
        return load(vm, native, at, None);
    }
    if function == Obj::NULL {
        return vm.type_error(Qstr::M_NOT_SUBSCRIPTABLE);
    }
    match args {
        Some(slots) => call::start_with_self(vm, function, slots, 2, 0),
        None => call::call(vm, function, &[object, at]),
    }
}

/// The same of an array or a view.
#[cfg(any(feature = "array", feature = "memoryview"))]
fn load_of_numbers(vm: &mut Vm, object: Obj, at: Obj) -> Res {
    #[cfg(feature = "array")]
    if at.is(Kind::Slice) && object.is(Kind::Array) {
        return crate::types::array::load_slice(vm, object, at);
    }
    #[cfg(feature = "memoryview")]
    if at.is(Kind::Slice) {
        return crate::types::memoryview::load_slice(vm, object, at);
    }
    let index = index(vm, at, crate::types::packed::len(object))?;
    crate::types::packed::item(vm, object, index)
}

#[cfg(feature = "slices")]
fn load_slice(vm: &mut Vm, object: Obj, at: Obj, len: usize) -> Res {
    let (start, stop, step) = slice::resolve(vm, at, len)?;
    let n = slice::count(start, stop, step);
    let (made, to) = tuple::sequence_with_len(vm, object.is(Kind::List), n)?;
    let items = tuple::sequence(object).unwrap_or(&[]);
    for index in 0..n {
        to.set(index as isize, items.get((start + step * index as i32) as usize).copied().unwrap_or(Obj::NONE));
    }
    Ok(made)
}

/// `object[index] = value`, or `del` when the value is NULL. All rooted.
#[inline(never)]
pub(crate) fn store(vm: &mut Vm, object: Obj, at: Obj, value: Obj) -> Res<()> {
    #[cfg(feature = "bytes")]
    if crate::types::bytes::quick_store(object, at, value) {
        return Ok(());
    }
    if object.is(Kind::List) {
        #[cfg(feature = "slices")]
        if at.is(Kind::Slice) {
            return store_slice(vm, object, at, value);
        }
        let index = index(vm, at, list::len(object))?;
        if value == Obj::NULL {
            list::remove_at(object, index);
        } else {
            list::set(object, index, value);
        }
        return Ok(());
    }
    if object.is(Kind::Dict) {
        if value != Obj::NULL {
            return dict::set(vm, object, at, value);
        }
        return match dict::remove(vm, object, at)? {
            it if it == Obj::NULL => Err(vm.raise_value(T::KeyError, at)),
            _ => Ok(()),
        };
    }
    #[cfg(feature = "bytes")]
    if object.is(Kind::ByteArray) {
        return crate::types::bytes::store(vm, object, at, value);
    }
    #[cfg(feature = "array")]
    if object.is(Kind::Array) {
        return crate::types::array::store(vm, object, at, value);
    }
    #[cfg(feature = "memoryview")]
    if object.is(Kind::MemoryView) {
        return crate::types::memoryview::store(vm, object, at, value);
    }
    #[cfg(feature = "collections")]
    if object.is(Kind::Deque) && value != Obj::NULL {
        let index = index(vm, at, crate::modules::deque::len(object))?;
        crate::modules::deque::set_item(object, index, value);
        return Ok(());
    }
    #[cfg(feature = "machine")]
    if let Some(width) = crate::modules::machine::width(object) {
        return crate::modules::machine::write(vm, width, at, value);
    }
    let name = if value == Obj::NULL { Qstr::D_DELITEM } else { Qstr::D_SETITEM };
    let function = attr::special(vm, object, name);
    #[cfg(feature = "language")]
    if let (true, Some(native)) = (function == Obj::NULL, crate::types::class::native_part(object)) {
        return store(vm, native, at, value);
    }
    if function == Obj::NULL {
        return vm.type_error(Qstr::M_NOT_SUBSCRIPTABLE);
    }
    attr::call_setter(vm, function, &[object, at, value])
}

#[cfg(feature = "slices")]
#[inline(never)]
fn store_slice(vm: &mut Vm, object: Obj, at: Obj, value: Obj) -> Res<()> {
    let (start, stop, step) = slice::resolve(vm, at, list::len(object))?;
    if step != 1 {
        return vm.type_error(Qstr::M_ASSIGN_SLICE);
    }
    let (start, stop) = (start as usize, stop.max(start) as usize);
    if value == Obj::NULL {
        return list::splice(vm, object, start, stop, &[]);
    }
    // A copy: the value may be the list itself, or any iterable.
    let items = list::from_iterable(vm, value).kept(vm)?;
    let stop = stop.min(list::len(object));
    list::splice(vm, object, start.min(stop), stop, list::items(items))?;
    vm.unkeep(1);
    Ok(())
}

/// Adds to the list or dict a comprehension builds, `operand >> 2` slots below the top; how many slots that takes off.
pub(crate) fn store_in_comprehension(vm: &mut Vm, sp: Slots, operand: usize) -> Res<isize> {
    let target = sp.get(-((operand >> 2) as isize));
    if operand & 3 == 0 && target.is(Kind::List) {
        list::append(vm, target, sp.get(0))?;
        Ok(1)
    } else if operand & 3 == 1 && target.is(Kind::Dict) {
        dict::set(vm, target, sp.get(0), sp.get(-1))?;
        Ok(2)
    } else {
        #[cfg(feature = "set")]
        if operand & 3 == 2 && target.is(Kind::Set) {
            crate::types::set::add(vm, target, sp.get(0))?;
            return Ok(1);
        }
        vm.type_error(Qstr::M_NO_SET)
    }
}
