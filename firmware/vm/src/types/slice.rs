//! Slices: `start`, `stop`, `step`, each an int or None.

use crate::call::Args;
use crate::heap::Kind;
#[cfg(feature = "language")]
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::Method;
use crate::types::T;
#[cfg(feature = "language")]
use crate::types::tuple;
use crate::value::{Obj, Res};
use crate::vm::Vm;

#[cfg(feature = "language")]
pub(crate) const METHODS: &[Method] = &[(Qstr::INDICES, N::SliceIndices)];
#[cfg(not(feature = "language"))]
pub(crate) const METHODS: &[Method] = &[];

/// `slice(stop)`, `slice(start, stop[, step])`.
pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    match args.n {
        1 => new(vm, Obj::NONE, args.get(0), Obj::NONE),
        _ => new(vm, args.get(0), args.get(1), args.opt(2).unwrap_or(Obj::NONE)),
    }
}

/// `start`, `stop`, `step`; NULL for any other name.
#[cfg(feature = "language")]
pub(crate) fn attribute(slice: Obj, name: Obj) -> Obj {
    let field = [Qstr::START, Qstr::STOP, Qstr::STEP].into_iter().position(|part| name == Obj::name(part));
    field.map_or(Obj::NULL, |field| slice.field(field))
}

/// `indices(len)`: start, stop and step for a sequence of that length.
#[cfg(feature = "language")]
pub(crate) fn indices(vm: &mut Vm, args: Args) -> Res {
    let len = ops::as_int(vm, args.get(1))?;
    if len < 0 {
        return vm.value_error(Qstr::M_BAD_OPERAND);
    }
    let (start, stop, step) = resolve(vm, args.get(0), len as usize)?;
    tuple::new(vm, &[start, stop, step].map(Obj::int))
}

/// A slice of rooted values.
pub(crate) fn new(vm: &mut Vm, start: Obj, stop: Obj, step: Obj) -> Res {
    let made = vm.alloc(Kind::Slice, 3)?;
    made.set_field(0, start);
    made.set_field(1, stop);
    made.set_field(2, step);
    Ok(made)
}

/// What a slice takes of a sequence of `len`: where it starts and stops, and its step. Indices are within the sequence;
/// `stop` may be -1 when the step is negative.
pub(crate) fn resolve(vm: &mut Vm, slice: Obj, len: usize) -> Res<(i32, i32, i32)> {
    let len = len as i32;
    let step = match slice.field(2) {
        it if it == Obj::NONE => 1,
        value => ops::as_int(vm, value)?,
    };
    if step == 0 {
        return vm.value_error(Qstr::M_STEP_ZERO);
    }
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let mut bound = |value: Obj, default: i32| -> Res<i32> {
        if value == Obj::NONE {
            return Ok(default);
        }
        #[cfg(feature = "bigint")]
        if value.is(Kind::Int) {
            return Ok(if crate::types::bigint::is_negative(value) { low } else { high });
        }
        let at = ops::as_int(vm, value)?;
        let at = if at < 0 { at.saturating_add(len) } else { at };
        Ok(at.clamp(low, high))
    };
    let (first, last) = if step > 0 { (low, high) } else { (high, low) };
    let start = bound(slice.field(0), first)?;
    let stop = bound(slice.field(1), last)?;
    Ok((start, stop, step))
}

/// How many items that is.
pub(crate) fn count(start: i32, stop: i32, step: i32) -> usize {
    let (low, high) = if step > 0 { (start, stop) } else { (stop, start) };
    if low >= high { 0 } else { (high - low - 1) as usize / step.unsigned_abs() as usize + 1 }
}
