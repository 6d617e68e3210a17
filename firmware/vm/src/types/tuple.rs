//! Tuples: `len`, then the items.

use crate::call::Args;
use crate::frame::Slots;
use crate::heap::Kind;
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::Method;
use crate::value::{Obj, Res};
use crate::vm::Vm;

const LEN: usize = 0;
pub(crate) const ITEMS: usize = 1;

#[cfg(not(feature = "methods"))]
pub(crate) const METHODS: &[Method] = &[];
#[cfg(feature = "methods")]
pub(crate) const METHODS: &[Method] = &[(Qstr::INDEX, N::SequenceIndex), (Qstr::COUNT, N::SequenceCount)];

#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn len(tuple: Obj) -> usize {
    tuple.field(LEN).as_int() as usize
}

/// The items; good as long as the tuple is rooted, which nothing may change.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn items<'x>(tuple: Obj) -> &'x [Obj] {
    let len = len(tuple);
    if len == 0 { &[] } else { Slots::of(tuple, ITEMS).as_slice(len) }
}

/// A tuple whose items are NULL until `set`.
pub(crate) fn with_room(vm: &mut Vm, len: usize) -> Res {
    let made = vm.alloc(Kind::Tuple, ITEMS + len)?;
    made.set_field(LEN, Obj::count(len));
    Ok(made)
}

pub(crate) fn set(tuple: Obj, index: usize, value: Obj) {
    tuple.set_field(ITEMS + index, value);
}

/// A tuple of rooted values.
pub(crate) fn new(vm: &mut Vm, values: &[Obj]) -> Res {
    let made = with_room(vm, values.len())?;
    for (index, value) in values.iter().enumerate() {
        set(made, index, *value);
    }
    Ok(made)
}

/// A list or a tuple of so many NULLs, and where they are, to be filled.
#[cfg(any(feature = "slices", feature = "speed"))]
pub(crate) fn sequence_with_len(vm: &mut Vm, is_list: bool, len: usize) -> Res<(Obj, Slots)> {
    if is_list {
        let made = crate::types::list::with_len(vm, Kind::List, len)?;
        Ok((made, crate::types::list::slots(made)))
    } else {
        let made = with_room(vm, len)?;
        Ok((made, Slots::of(made, 0).plus(ITEMS as isize)))
    }
}

/// The items of a list or tuple as they are now.
pub(crate) fn sequence<'x>(value: Obj) -> Option<&'x [Obj]> {
    if value.is(Kind::Tuple) {
        Some(items(value))
    } else if value.is(Kind::List) {
        Some(crate::types::list::items(value))
    } else {
        #[cfg(feature = "language")]
        if let Some(native) = crate::types::class::native_part(value) {
            return sequence(native);
        }
        None
    }
}

/// Where `wanted` is in a list or tuple, which comparing may change.
pub(crate) fn position(vm: &mut Vm, value: Obj, wanted: Obj, from: usize) -> Res<Option<usize>> {
    let mut index = from;
    while let Some(item) = sequence(value).and_then(|items| items.get(index)).copied() {
        if ops::equal(vm, item, wanted)? {
            return Ok(Some(index));
        }
        index += 1;
    }
    Ok(None)
}

pub(crate) fn index(vm: &mut Vm, args: Args) -> Res {
    match position(vm, args.get(0), args.get(1), 0)? {
        Some(index) => Ok(Obj::count(index)),
        None => vm.value_error(Qstr::M_NOT_IN_LIST),
    }
}

pub(crate) fn count(vm: &mut Vm, args: Args) -> Res {
    let (mut found, mut from) = (0, 0);
    while let Some(index) = position(vm, args.get(0), args.get(1), from)? {
        found += 1;
        from = index + 1;
    }
    Ok(Obj::count(found))
}
