//! Sets and frozen sets: laid out as dicts are, but without values; the functions of dicts do the searching. Keeps the order of insertion.

use crate::call::Args;
use crate::heap::Kind;
use crate::iter;
use crate::natives::N;
use crate::opcodes::binary as op;
use crate::ops;
use crate::print;
use crate::qstr::Qstr;
use crate::sink::Sink;
use crate::types::{Method, T, dict};
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};

/// Those of sets; the first ones are theirs alone.
pub(crate) const METHODS: &[Method] = &[
    (Qstr::ADD, N::SetAdd),
    (Qstr::REMOVE, N::SetRemove),
    (Qstr::DISCARD, N::SetDiscard),
    (Qstr::POP, N::SetPop),
    (Qstr::CLEAR, N::DictClear),
    (Qstr::UPDATE, N::SetUpdate),
    (Qstr::INTERSECTION_UPDATE, N::SetIntersectionUpdate),
    (Qstr::DIFFERENCE_UPDATE, N::SetDifferenceUpdate),
    (Qstr::SYMMETRIC_DIFFERENCE_UPDATE, N::SetSymmetricUpdate),
    (Qstr::COPY, N::SetCopy),
    (Qstr::UNION, N::SetUnion),
    (Qstr::INTERSECTION, N::SetIntersection),
    (Qstr::DIFFERENCE, N::SetDifference),
    (Qstr::SYMMETRIC_DIFFERENCE, N::SetSymmetric),
    (Qstr::ISSUBSET, N::SetIsSubset),
    (Qstr::ISSUPERSET, N::SetIsSuperset),
    (Qstr::ISDISJOINT, N::SetIsDisjoint),
];
pub(crate) const FROZEN_METHODS: &[Method] = METHODS.split_at(9).1;

pub(crate) fn is(value: Obj) -> bool {
    value.is(Kind::Set) || value.is(Kind::FrozenSet)
}

fn new(vm: &mut Vm, kind: Kind) -> Res {
    dict::with_room(vm, kind, 0)
}

/// Adds a rooted value to a rooted set.
pub(crate) fn add(vm: &mut Vm, set: Obj, value: Obj) -> Res<()> {
    dict::set(vm, set, value, Obj::NONE)
}

/// A set of the rooted values, which BUILD_SET finds on the stack.
pub(crate) fn of_values(vm: &mut Vm, values: &[Obj]) -> Res {
    let made = dict::with_room(vm, Kind::Set, values.len()).kept(vm)?;
    for value in values {
        add(vm, made, *value)?;
    }
    vm.unkeep(1);
    Ok(made)
}

/// What to do with each item of another set or iterable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Add,
    Remove,
    /// Add what is not there, remove what is.
    Toggle,
    /// Add to the set what is also in this other one.
    AddShared(Obj),
}

/// Goes through a rooted iterable and changes a rooted set accordingly.
fn change(vm: &mut Vm, set: Obj, source: Obj, what: Change) -> Res<()> {
    let iterator = iter::get_native(vm, source).kept(vm)?;
    loop {
        let item = iter::next(vm, iterator)?;
        if item == Obj::STOP {
            break;
        }
        vm.keep(item)?;
        let there = match what {
            Change::Add => false,
            Change::AddShared(other) => dict::get(vm, other, item)? == Obj::NULL,
            Change::Remove | Change::Toggle => dict::remove(vm, set, item)? != Obj::NULL,
        };
        if !there && what != Change::Remove {
            add(vm, set, item)?;
        }
        vm.unkeep(1);
    }
    vm.unkeep(1);
    Ok(())
}

/// A rooted value as a set: itself, or one of its items.
fn from_iterable(vm: &mut Vm, value: Obj, kind: Kind) -> Res {
    let made = new(vm, kind).kept(vm)?;
    change(vm, made, value, Change::Add)?;
    vm.unkeep(1);
    Ok(made)
}

/// `set(…)` and `frozenset(…)`.
pub(crate) fn construct(vm: &mut Vm, class: T, args: Args) -> Res {
    let kind = if class == T::Set { Kind::Set } else { Kind::FrozenSet };
    match args.opt(0) {
        None => new(vm, kind),
        Some(value) if kind == Kind::FrozenSet && value.is(kind) => Ok(value),
        Some(value) => from_iterable(vm, value, kind),
    }
}

/// Takes the place of what a rooted set holds.
fn replace(set: Obj, by: Obj) {
    for field in 0..by.words().min(set.words()) {
        set.set_field(field, by.field(field));
    }
}

/// `left | right` and so on, in the form of a plain operator: a new set of the left one's kind. Any iterable may be on the right.
fn combine(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    let mark = vm.kept();
    let made = if operator == op::AND {
        // The smaller part of the work: what the right one has is looked up in the left.
        let made = new(vm, left.kind()).kept(vm)?;
        change(vm, made, right, Change::AddShared(left))?;
        made
    } else {
        let made = from_iterable(vm, left, left.kind()).kept(vm)?;
        // Every item of the other only once, or toggling would undo itself; and the other may be the set itself.
        let other = if is(right) { right } else { from_iterable(vm, right, Kind::Set)? };
        vm.keep(other)?;
        let what = match operator {
            op::OR => Change::Add,
            op::SUBTRACT => Change::Remove,
            _ => Change::Toggle,
        };
        change(vm, made, other, what)?;
        made
    };
    vm.release(mark);
    Ok(made)
}

/// Whether everything in `small` is in `large`.
fn is_subset(vm: &mut Vm, small: Obj, large: Obj) -> Res<bool> {
    let mut at = 0;
    while let Some((key, _, next)) = dict::entry(small, at) {
        if dict::get(vm, large, key)? == Obj::NULL {
            return Ok(false);
        }
        at = next;
    }
    Ok(true)
}

pub(crate) fn equal(vm: &mut Vm, left: Obj, right: Obj) -> Res<bool> {
    Ok(dict::len(left) == dict::len(right) && is_subset(vm, left, right)?)
}

/// A binary operator (plain or in place) of two sets; NULL when it is none of theirs.
#[inline(never)]
pub(crate) fn binary(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    if !is(left) || !is(right) {
        return Ok(Obj::NULL);
    }
    let (small, large) = if matches!(operator, op::LESS | op::LESS_EQUAL) { (left, right) } else { (right, left) };
    let more = match operator {
        op::LESS | op::MORE => 1,
        op::LESS_EQUAL | op::MORE_EQUAL => 0,
        _ => {
            let plain = ops::plain(operator);
            if !matches!(plain, op::OR | op::AND | op::XOR | op::SUBTRACT) {
                return Ok(Obj::NULL);
            }
            let made = combine(vm, plain, left, right)?;
            if plain == operator || !left.is(Kind::Set) {
                return Ok(made);
            }
            replace(left, made);
            return Ok(left);
        }
    };
    Ok(Obj::bool(dict::len(small) + more <= dict::len(large) && is_subset(vm, small, large)?))
}

/// The same whatever order the items came in.
pub(crate) fn hash(vm: &mut Vm, set: Obj) -> Res<u32> {
    let (mut all, mut at) = (dict::len(set) as u32, 0);
    while let Some((key, _, next)) = dict::entry(set, at) {
        all = all.wrapping_add(dict::hash(vm, key)?.wrapping_mul(0x9e37_79b1));
        at = next;
    }
    Ok(all)
}

/// `repr(value)`.
pub(crate) fn print(vm: &mut Vm, sink: Sink, value: Obj) -> Res<()> {
    let (frozen, empty) = (value.is(Kind::FrozenSet), dict::len(value) == 0);
    if frozen {
        sink.put(vm, b"frozenset(");
    }
    if empty && !frozen {
        sink.put(vm, b"set()");
    }
    if !empty {
        print::items_in(vm, sink, value, b"{", b"}")?;
    }
    if frozen {
        sink.put_byte(vm, b')');
    }
    Ok(())
}

// ----- methods

fn receiver(vm: &mut Vm, args: Args) -> Res {
    if is(args.get(0)) { Ok(args.get(0)) } else { vm.type_error(Qstr::M_BAD_OPERAND) }
}

pub(crate) fn add_method(vm: &mut Vm, args: Args) -> Res {
    let set = receiver(vm, args)?;
    add(vm, set, args.get(1))?;
    Ok(Obj::NONE)
}

pub(crate) fn discard(vm: &mut Vm, args: Args) -> Res {
    let set = receiver(vm, args)?;
    dict::remove(vm, set, args.get(1))?;
    Ok(Obj::NONE)
}

pub(crate) fn remove(vm: &mut Vm, args: Args) -> Res {
    let set = receiver(vm, args)?;
    if dict::remove(vm, set, args.get(1))? == Obj::NULL {
        return Err(vm.raise_value(T::KeyError, args.get(1)));
    }
    Ok(Obj::NONE)
}

pub(crate) fn pop(vm: &mut Vm, args: Args) -> Res {
    let set = receiver(vm, args)?;
    let Some((key, _, _)) = dict::entry(set, 0) else { return Err(vm.raise(T::KeyError, Qstr::M_POP_EMPTY_SET)) };
    vm.keep(key)?;
    dict::remove(vm, set, key)?;
    Ok(key)
}

pub(crate) fn copy(vm: &mut Vm, args: Args) -> Res {
    let set = receiver(vm, args)?;
    from_iterable(vm, set, set.kind())
}

/// The set with each of the arguments combined, one after another.
fn combine_all(vm: &mut Vm, args: Args, operator: u8) -> Res {
    let mut made = receiver(vm, args)?;
    if args.n == 1 {
        return copy(vm, args);
    }
    for index in 1..args.n {
        made = combine(vm, operator, made, args.get(index))?;
        vm.keep(made)?;
    }
    Ok(made)
}

fn update_all(vm: &mut Vm, args: Args, operator: u8) -> Res {
    let made = combine_all(vm, args, operator)?;
    replace(args.get(0), made);
    Ok(Obj::NONE)
}

pub(crate) fn update(vm: &mut Vm, args: Args) -> Res {
    update_all(vm, args, op::OR)
}

pub(crate) fn intersection_update(vm: &mut Vm, args: Args) -> Res {
    update_all(vm, args, op::AND)
}

pub(crate) fn difference_update(vm: &mut Vm, args: Args) -> Res {
    update_all(vm, args, op::SUBTRACT)
}

pub(crate) fn symmetric_difference_update(vm: &mut Vm, args: Args) -> Res {
    update_all(vm, args, op::XOR)
}

pub(crate) fn union(vm: &mut Vm, args: Args) -> Res {
    combine_all(vm, args, op::OR)
}

pub(crate) fn intersection(vm: &mut Vm, args: Args) -> Res {
    combine_all(vm, args, op::AND)
}

pub(crate) fn difference(vm: &mut Vm, args: Args) -> Res {
    combine_all(vm, args, op::SUBTRACT)
}

pub(crate) fn symmetric_difference(vm: &mut Vm, args: Args) -> Res {
    combine_all(vm, args, op::XOR)
}

/// Receiver and argument as sets, held.
fn two_sets(vm: &mut Vm, args: Args) -> Res<(Obj, Obj)> {
    let set = receiver(vm, args)?;
    let other = if is(args.get(1)) { args.get(1) } else { from_iterable(vm, args.get(1), Kind::Set)? };
    vm.keep(other)?;
    Ok((set, other))
}

pub(crate) fn is_subset_method(vm: &mut Vm, args: Args) -> Res {
    let (set, other) = two_sets(vm, args)?;
    Ok(Obj::bool(is_subset(vm, set, other)?))
}

pub(crate) fn is_superset_method(vm: &mut Vm, args: Args) -> Res {
    let (set, other) = two_sets(vm, args)?;
    Ok(Obj::bool(is_subset(vm, other, set)?))
}

pub(crate) fn is_disjoint_method(vm: &mut Vm, args: Args) -> Res {
    let (set, other) = two_sets(vm, args)?;
    let shared = combine(vm, op::AND, set, other)?;
    Ok(Obj::bool(dict::len(shared) == 0))
}
