//! Ranges: `start`, `stop`, `step`, all small ints.

use crate::call::Args;
use crate::heap::Kind;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::T;
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) fn new(vm: &mut Vm, start: i32, stop: i32, step: i32) -> Res {
    let made = vm.alloc(Kind::Range, 3)?;
    made.set_field(0, Obj::int(start));
    made.set_field(1, Obj::int(stop));
    made.set_field(2, Obj::int(step));
    Ok(made)
}

pub(crate) fn parts(range: Obj) -> (i32, i32, i32) {
    (range.field(0).as_int(), range.field(1).as_int(), range.field(2).as_int())
}

pub(crate) fn len(range: Obj) -> usize {
    let (start, stop, step) = parts(range);
    let (low, high) = if step > 0 { (start, stop) } else { (stop, start) };
    if low >= high { 0 } else { (i64::from(high) - i64::from(low) - 1) as usize / step.unsigned_abs() as usize + 1 }
}

/// Item `index`, which is there.
pub(crate) fn item(range: Obj, index: usize) -> Obj {
    let (start, _, step) = parts(range);
    Obj::int(start.wrapping_add(step.wrapping_mul(index as i32)))
}

pub(crate) fn contains(range: Obj, value: i32) -> bool {
    let (start, stop, step) = parts(range);
    let inside = if step > 0 { value >= start && value < stop } else { value <= start && value > stop };
    inside && (i64::from(value) - i64::from(start)) % i64::from(step) == 0
}

pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    let first = ops::as_int(vm, args.get(0))?;
    let (start, stop, step) = match args.n {
        1 => (0, first, 1),
        2 => (first, ops::as_int(vm, args.get(1))?, 1),
        _ => (first, ops::as_int(vm, args.get(1))?, ops::as_int(vm, args.get(2))?),
    };
    if step == 0 {
        return vm.value_error(Qstr::M_RANGE_ZERO);
    }
    new(vm, start, stop, step)
}
