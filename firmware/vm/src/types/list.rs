//! Lists: a block of slots, `len | item, …`, with room to grow. The empty ones that never held anything share one, which has no room (`Vm::empty`).

use crate::call::{self, Args};
use crate::frame::Slots;
use crate::heap::Kind;
use crate::natives::N;
use crate::qstr::Qstr;
use crate::types::{Method, T};
use crate::value::{Obj, Res};
use crate::vm::Vm;
use crate::{iter, ops, subscr};

const SLOTS: usize = 0;
/// Of the slots.
pub(crate) const LEN: usize = 0;
const FIRST: usize = 1;
const ROOM_MIN: usize = 4;

pub(crate) const METHODS: &[Method] = &[
    (Qstr::APPEND, N::ListAppend),
    (Qstr::POP, N::ListPop),
    #[cfg(feature = "methods")]
    (Qstr::INSERT, N::ListInsert),
    (Qstr::EXTEND, N::ListExtend),
    (Qstr::SORT, N::ListSort),
    #[cfg(feature = "methods")]
    (Qstr::INDEX, N::SequenceIndex),
    #[cfg(feature = "methods")]
    (Qstr::COUNT, N::SequenceCount),
    #[cfg(feature = "methods")]
    (Qstr::REMOVE, N::ListRemove),
    #[cfg(feature = "methods")]
    (Qstr::REVERSE, N::ListReverse),
    #[cfg(feature = "methods")]
    (Qstr::CLEAR, N::ListClear),
    #[cfg(feature = "methods")]
    (Qstr::COPY, N::ListCopy),
];

#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn len(list: Obj) -> usize {
    list.field(SLOTS).field(LEN).as_int() as usize
}

/// The items as they are now; not to be used over anything that may change the list.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn items<'x>(list: Obj) -> &'x [Obj] {
    slots(list).as_slice(len(list))
}

#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn set(list: Obj, index: usize, value: Obj) {
    debug_assert!(index < len(list));
    list.field(SLOTS).set_field(FIRST + index, value);
}

#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn note_len(list: Obj, len: usize) {
    list.field(SLOTS).set_field(LEN, Obj::count(len));
}

/// How many items the slots have room for.
#[cfg_attr(feature = "speed", inline(always))]
fn room(slots: Obj) -> usize {
    slots.words() - FIRST
}

/// A list of rooted values.
pub(crate) fn new(vm: &mut Vm, values: &[Obj]) -> Res {
    of_kind(vm, Kind::List, values)
}

/// The same, or a dict that is laid out as a list.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn of_kind(vm: &mut Vm, kind: Kind, values: &[Obj]) -> Res {
    let made = vm.alloc(kind, 1)?;
    made.set_field(SLOTS, vm.empty);
    if !values.is_empty() {
        vm.keep(made)?;
        let slots = vm.alloc(Kind::Slots, FIRST + values.len())?;
        vm.unkeep(1);
        for (index, value) in values.iter().enumerate() {
            slots.set_field(FIRST + index, *value);
        }
        slots.set_field(LEN, Obj::count(values.len()));
        made.set_field(SLOTS, slots);
    }
    Ok(made)
}

/// Makes room for `wanted` items; the list is rooted.
pub(crate) fn reserve(vm: &mut Vm, list: Obj, wanted: usize) -> Res<()> {
    let slots = list.field(SLOTS);
    if wanted <= room(slots) {
        return Ok(());
    }
    let shared = room(slots) == 0;
    if !shared && vm.heap.extend(slots, FIRST + wanted) {
        return Ok(());
    }
    let grown = vm.alloc(Kind::Slots, FIRST + wanted)?;
    grown.set_field(LEN, slots.field(LEN));
    for (index, value) in items(list).iter().enumerate() {
        grown.set_field(FIRST + index, *value);
    }
    list.set_field(SLOTS, grown);
    if !shared {
        vm.heap.free(slots);
    }
    Ok(())
}

/// Adds a rooted value to a rooted list.
pub(crate) fn append(vm: &mut Vm, list: Obj, value: Obj) -> Res<()> {
    let len = len(list);
    if len >= room(list.field(SLOTS)) {
        grow(vm, list, len)?;
    }
    let slots = list.field(SLOTS);
    slots.set_field(FIRST + len, value);
    slots.set_field(LEN, Obj::count(len + 1));
    Ok(())
}

#[inline(never)]
pub(crate) fn grow(vm: &mut Vm, list: Obj, len: usize) -> Res<()> {
    let comfortable = (len + (len >> 1)).max(ROOM_MIN);
    match reserve(vm, list, comfortable) {
        Ok(()) => Ok(()),
        // Short of memory: just what is needed.
        Err(_) => reserve(vm, list, len + 1),
    }
}

pub(crate) fn set_len(list: Obj, len: usize) {
    for index in len..self::len(list) {
        set(list, index, Obj::NULL);
    }
    note_len(list, len);
}

/// Adds all items of a rooted iterable.
pub(crate) fn extend(vm: &mut Vm, list: Obj, other: Obj) -> Res<()> {
    #[cfg(not(feature = "speed"))]
    if let Some(values) = crate::types::tuple::sequence(other) {
        for index in 0..values.len() {
            // Read again each time: the list may be extended by itself.
            let value = crate::types::tuple::sequence(other).map_or(Obj::NULL, |values| values[index]);
            append(vm, list, value)?;
        }
        return Ok(());
    }
    #[cfg(feature = "speed")]
    if let Some(values) = crate::types::tuple::sequence(other) {
        let (old, more) = (len(list), values.len());
        reserve(vm, list, old + more)?;
        note_len(list, old + more);
        for index in 0..more {
            // Read again each time: the list may be extended by itself.
            let value = crate::types::tuple::sequence(other).map_or(Obj::NULL, |values| values[index]);
            set(list, old + index, value);
        }
        return Ok(());
    }
    iter::each(vm, other, list, append)
}

/// A new list of the items of a rooted iterable.
pub(crate) fn from_iterable(vm: &mut Vm, value: Obj) -> Res {
    let made = new(vm, &[])?;
    vm.keep(made)?;
    extend(vm, made, value)?;
    vm.unkeep(1);
    Ok(made)
}

/// Replaces the items from `start` to `stop` by those of a list or tuple.
pub(crate) fn splice(vm: &mut Vm, list: Obj, start: usize, stop: usize, values: &[Obj]) -> Res<()> {
    let old = len(list);
    let tail = old - stop;
    let new_len = start + values.len() + tail;
    reserve(vm, list, new_len)?;
    if new_len > old {
        note_len(list, new_len);
        for index in (0..tail).rev() {
            set(list, start + values.len() + index, items(list)[stop + index]);
        }
    } else {
        for index in 0..tail {
            set(list, start + values.len() + index, items(list)[stop + index]);
        }
        set_len(list, new_len);
    }
    for (index, value) in values.iter().enumerate() {
        set(list, start + index, *value);
    }
    Ok(())
}

/// Removes and gives item `index`.
pub(crate) fn remove_at(list: Obj, index: usize) -> Obj {
    let value = items(list)[index];
    let len = len(list);
    for at in index + 1..len {
        set(list, at - 1, items(list)[at]);
    }
    set(list, len - 1, Obj::NULL);
    note_len(list, len - 1);
    value
}

fn check(vm: &mut Vm, args: Args) -> Res {
    let list = args.get(0);
    #[cfg(feature = "language")]
    let list = crate::types::class::native_part(list).unwrap_or(list);
    if list.is(Kind::List) { Ok(list) } else { vm.type_error(Qstr::M_BAD_OPERAND) }
}

pub(crate) fn append_method(vm: &mut Vm, args: Args) -> Res {
    let list = check(vm, args)?;
    append(vm, list, args.get(1))?;
    Ok(Obj::NONE)
}

pub(crate) fn pop(vm: &mut Vm, args: Args) -> Res {
    let list = check(vm, args)?;
    if len(list) == 0 {
        return Err(vm.raise(T::IndexError, Qstr::M_POP_EMPTY));
    }
    let index = match args.opt(1) {
        Some(index) => subscr::index(vm, index, len(list))?,
        None => len(list) - 1,
    };
    Ok(remove_at(list, index))
}

pub(crate) fn insert(vm: &mut Vm, args: Args) -> Res {
    let list = check(vm, args)?;
    let len = len(list);
    let at = ops::as_int(vm, args.get(1))?;
    let at = if at < 0 { (len as i32).saturating_add(at).max(0) as usize } else { (at as usize).min(len) };
    append(vm, list, Obj::NONE)?;
    for index in (at..len).rev() {
        set(list, index + 1, items(list)[index]);
    }
    set(list, at, args.get(2));
    Ok(Obj::NONE)
}

pub(crate) fn extend_method(vm: &mut Vm, args: Args) -> Res {
    let list = check(vm, args)?;
    extend(vm, list, args.get(1))?;
    Ok(Obj::NONE)
}

pub(crate) fn remove(vm: &mut Vm, args: Args) -> Res {
    let list = check(vm, args)?;
    match crate::types::tuple::position(vm, list, args.get(1), 0)? {
        Some(index) if index < len(list) => {
            remove_at(list, index);
            Ok(Obj::NONE)
        }
        _ => vm.value_error(Qstr::M_NOT_IN_LIST),
    }
}

pub(crate) fn reverse(vm: &mut Vm, args: Args) -> Res {
    let list = check(vm, args)?;
    let len = len(list);
    for index in 0..len / 2 {
        let (low, high) = (items(list)[index], items(list)[len - 1 - index]);
        set(list, index, high);
        set(list, len - 1 - index, low);
    }
    Ok(Obj::NONE)
}

pub(crate) fn clear(vm: &mut Vm, args: Args) -> Res {
    let list = check(vm, args)?;
    set_len(list, 0);
    Ok(Obj::NONE)
}

pub(crate) fn copy(vm: &mut Vm, args: Args) -> Res {
    let list = check(vm, args)?;
    new(vm, items(list))
}

pub(crate) fn sort_method(vm: &mut Vm, args: Args) -> Res {
    let list = check(vm, args)?;
    sort(vm, list, args)?;
    Ok(Obj::NONE)
}

pub(crate) fn sorted(vm: &mut Vm, args: Args) -> Res {
    let list = from_iterable(vm, args.get(0))?;
    vm.keep(list)?;
    sort(vm, list, args)?;
    Ok(list)
}

/// Sorts a rooted list, stable, with the keywords `key` and `reverse`: a merge sort from runs of one upwards. Keys are computed once.
/// The list is taken empty while it is sorted, so a comparison that looks at it or changes it can do no harm.
fn sort(vm: &mut Vm, list: Obj, args: Args) -> Res<()> {
    let key = args.kw_named(Qstr::KEY).unwrap_or(Obj::NONE);
    let reverse = match args.kw_named(Qstr::REVERSE) {
        Some(value) => ops::truth(vm, value)?,
        None => false,
    };
    let n = len(list);
    if n < 2 {
        return Ok(());
    }
    let kept = vm.kept();
    let values = list.field(SLOTS);
    vm.keep(values)?;
    list.set_field(SLOTS, vm.empty);
    let done = sort_slots(vm, values, FIRST + n, key, reverse);
    list.set_field(SLOTS, values);
    vm.release(kept);
    done
}

/// Sorts the fields from `FIRST` to `end` of a list's slots.
fn sort_slots(vm: &mut Vm, values: Obj, end: usize, key: Obj, reverse: bool) -> Res<()> {
    let keys = if cfg!(feature = "speed") && key == Obj::NONE {
        values
    } else {
        let keys = vm.alloc(Kind::Slots, end)?;
        vm.keep(keys)?;
        for index in FIRST..end {
            let value = values.field(index);
            let weight = if cfg!(feature = "speed") || key != Obj::NONE { call::call(vm, key, &[value])? } else { value };
            keys.set_field(index, weight);
        }
        keys
    };
    if cfg!(not(feature = "speed")) {
        return insert_each(vm, values, keys, end, reverse);
    }
    let spare_values = vm.alloc(Kind::Slots, end)?;
    vm.keep(spare_values)?;
    let spare_keys = if keys == values {
        spare_values
    } else {
        let spare = vm.alloc(Kind::Slots, end)?;
        vm.keep(spare)?
    };
    let (mut from, mut to) = ((values, keys), (spare_values, spare_keys));
    let mut run = 1;
    while run < end - FIRST {
        let mut start = FIRST;
        while start < end {
            merge(vm, from, to, (start, (start + run).min(end), (start + 2 * run).min(end)), reverse)?;
            start += 2 * run;
        }
        core::mem::swap(&mut from, &mut to);
        run *= 2;
    }
    if from.0 != values {
        for index in FIRST..end {
            values.set_field(index, from.0.field(index));
        }
    }
    Ok(())
}

/// Sorts by insertion, stable as well: shorter than merging.
fn insert_each(vm: &mut Vm, values: Obj, keys: Obj, end: usize, reverse: bool) -> Res<()> {
    for last in FIRST + 1..end {
        let mut at = last;
        while at > FIRST {
            let (before, after) = (keys.field(at - 1), keys.field(at));
            let (small, large) = if reverse { (before, after) } else { (after, before) };
            if !ops::less(vm, small, large)? {
                break;
            }
            swap(keys, at);
            swap(values, at);
            at -= 1;
        }
    }
    Ok(())
}

/// Lets a slot and the one before it change places.
fn swap(slots: Obj, at: usize) {
    let (before, after) = (slots.field(at - 1), slots.field(at));
    slots.set_field(at - 1, after);
    slots.set_field(at, before);
}

/// Merges two neighbouring runs of `from` into `to`, values and keys alike.
fn merge(vm: &mut Vm, from: (Obj, Obj), to: (Obj, Obj), run: (usize, usize, usize), reverse: bool) -> Res<()> {
    let (start, middle, end) = run;
    let (mut left, mut right) = (start, middle);
    for out in start..end {
        let take_right = if left == middle {
            true
        } else if right == end {
            false
        } else {
            let (a, b) = (from.1.field(left), from.1.field(right));
            if reverse { ops::less(vm, a, b)? } else { ops::less(vm, b, a)? }
        };
        let taken = if take_right { &mut right } else { &mut left };
        to.0.set_field(out, from.0.field(*taken));
        if to.1 != to.0 {
            to.1.set_field(out, from.1.field(*taken));
        }
        *taken += 1;
    }
    Ok(())
}

/// The slots of a list's items.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn slots(list: Obj) -> Slots {
    Slots::of(list.field(SLOTS), 0).plus(FIRST as isize)
}
