//! `collections`: deques (ring of slots, first, length, most), and what else the module holds.

use crate::call::Args;
use crate::heap::Kind;
use crate::iter;
use crate::modules::Entry;
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::{Method, T};
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::DEQUE, Entry::class(T::Deque)),
    (Qstr::NAMEDTUPLE, Entry::native(N::NamedTuple)),
    // Dicts keep their order anyway.
    (Qstr::ORDEREDDICT, Entry::class(T::Dict)),
];

pub(crate) const METHODS: &[Method] = &[
    (Qstr::APPEND, N::DequeAppend),
    (Qstr::APPENDLEFT, N::DequeAppendLeft),
    (Qstr::CLEAR, N::DequeClear),
    (Qstr::EXTEND, N::DequeExtend),
    (Qstr::POP, N::DequePop),
    (Qstr::POPLEFT, N::DequePopLeft),
];

const SLOTS: usize = 0;
const FIRST: usize = 1;
const LEN: usize = 2;
const MOST: usize = 3;
const ROOM_MIN: usize = 4;

pub(crate) fn len(deque: Obj) -> usize {
    deque.field(LEN).as_int() as usize
}

/// How many it may hold.
pub(crate) fn most(deque: Obj) -> Option<i32> {
    Some(deque.field(MOST)).filter(|most| most.is_int()).map(Obj::as_int)
}

fn room(deque: Obj) -> usize {
    if deque.field(SLOTS) == Obj::NULL { 0 } else { deque.field(SLOTS).words() }
}

/// The slot of item `index`.
fn slot(deque: Obj, index: usize) -> usize {
    (deque.field(FIRST).as_int() as usize + index) % room(deque)
}

pub(crate) fn item(deque: Obj, index: usize) -> Obj {
    if index < len(deque) { deque.field(SLOTS).field(slot(deque, index)) } else { Obj::STOP }
}

pub(crate) fn set_item(deque: Obj, index: usize, value: Obj) {
    deque.field(SLOTS).set_field(slot(deque, index), value);
}

/// `deque(iterable, maxlen=None, flags=0)`; with flag 1 a full deque raises instead of dropping from the other end.
pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    let most = args.named(1, Qstr::MAXLEN).unwrap_or(Obj::NONE);
    if most != Obj::NONE {
        ops::as_int(vm, most)?;
    }
    let made = vm.alloc(Kind::Deque, 4)?;
    made.set_field(FIRST, Obj::int(0));
    made.set_field(LEN, Obj::int(0));
    made.set_field(MOST, most);
    vm.keep(made)?;
    if let Some(items) = args.opt(0) {
        extend(vm, made, items)?;
    }
    Ok(made)
}

/// Makes room for one more; `deque` is rooted. False: it may hold none at all.
fn make_room(vm: &mut Vm, deque: Obj, drop_first: bool) -> Res<bool> {
    let n = len(deque);
    let most = deque.field(MOST);
    if most.is_int() && n >= most.as_int().max(0) as usize {
        if n == 0 {
            return Ok(false);
        }
        take(deque, drop_first);
        return Ok(true);
    }
    if n < room(deque) {
        return Ok(true);
    }
    let grown = vm.alloc(Kind::Slots, (n + n / 2).max(ROOM_MIN))?;
    for index in 0..n {
        grown.set_field(index, item(deque, index));
    }
    deque.set_field(SLOTS, grown);
    deque.set_field(FIRST, Obj::int(0));
    Ok(true)
}

/// Takes the first or the last item out; there is one.
fn take(deque: Obj, first: bool) -> Obj {
    let n = len(deque);
    let at = slot(deque, if first { 0 } else { n - 1 });
    let value = deque.field(SLOTS).field(at);
    deque.field(SLOTS).set_field(at, Obj::NULL);
    if first {
        deque.set_field(FIRST, Obj::count(slot(deque, 1)));
    }
    deque.set_field(LEN, Obj::count(n - 1));
    value
}

fn push(vm: &mut Vm, deque: Obj, value: Obj, first: bool) -> Res<()> {
    if !make_room(vm, deque, !first)? {
        return Ok(());
    }
    let n = len(deque);
    if first {
        let at = slot(deque, room(deque) - 1);
        deque.set_field(FIRST, Obj::count(at));
        deque.field(SLOTS).set_field(at, value);
    } else {
        deque.field(SLOTS).set_field(slot(deque, n), value);
    }
    deque.set_field(LEN, Obj::count(n + 1));
    Ok(())
}

fn push_first(vm: &mut Vm, deque: Obj, value: Obj) -> Res<()> {
    push(vm, deque, value, true)
}

fn push_last(vm: &mut Vm, deque: Obj, value: Obj) -> Res<()> {
    push(vm, deque, value, false)
}

fn extend(vm: &mut Vm, deque: Obj, items: Obj) -> Res<()> {
    iter::each(vm, items, deque, push_last)
}

pub(crate) fn append(vm: &mut Vm, args: Args) -> Res {
    args.given_to(vm, Kind::Deque, push_last)
}

pub(crate) fn append_left(vm: &mut Vm, args: Args) -> Res {
    args.given_to(vm, Kind::Deque, push_first)
}

pub(crate) fn extend_method(vm: &mut Vm, args: Args) -> Res {
    args.given_to(vm, Kind::Deque, extend)
}

fn pop_from(vm: &mut Vm, args: Args, first: bool) -> Res {
    let deque = args.receiver(vm, Kind::Deque)?;
    if len(deque) == 0 {
        return Err(vm.raise(T::IndexError, Qstr::M_EMPTY));
    }
    Ok(take(deque, first))
}

pub(crate) fn pop(vm: &mut Vm, args: Args) -> Res {
    pop_from(vm, args, false)
}

pub(crate) fn pop_left(vm: &mut Vm, args: Args) -> Res {
    pop_from(vm, args, true)
}

pub(crate) fn clear(vm: &mut Vm, args: Args) -> Res {
    let deque = args.receiver(vm, Kind::Deque)?;
    deque.set_field(SLOTS, Obj::NULL);
    deque.set_field(FIRST, Obj::int(0));
    deque.set_field(LEN, Obj::int(0));
    Ok(Obj::NONE)
}
