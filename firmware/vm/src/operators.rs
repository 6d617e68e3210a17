//! Operators of instances: which special methods are asked, in which order, and what follows when one answers `NotImplemented`.
//!
//! Order: the in-place method of the left value, its plain method, the reflected method of the right value, then what the built-in parts of
//! both give. A method written in Python is begun in the run loop like any call; its frame notes the step, and when it answers
//! `NotImplemented` (seen where it returns) [`after`] goes on with the next one.

use crate::attr;
use crate::call;
use crate::frame::{Action, FramePtr, Slots};
use crate::opcodes::{self, binary as op};
use crate::ops::{self, IN_PLACE_LAST, METHODS, REFLECTED, TO_PLAIN};
use crate::qstr::Qstr;
use crate::types::class;
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// Steps that may be taken: in-place, plain, `not ==` for `!=`, reflected, `not ==` reflected.
const STEPS: i32 = 5;
/// In a frame's note: the operands lie the other way round.
const SWAPPED: i32 = 16;

/// The operator `operator` of `left` and `right`, one of which is an instance. With `args` (two slots that hold them) a Python method is
/// begun and `CALL` given; without, it is run to its end.
pub(crate) fn binary_of_objects(vm: &mut Vm, operator: u8, left: Obj, right: Obj, args: Option<Slots>) -> Res {
    step(vm, operator, left, right, args, 0)
}

/// A method begun by an operator has answered `NotImplemented`: goes on with the next. `note` is what its frame held.
#[cold]
pub(crate) fn after(vm: &mut Vm, caller: FramePtr, note: i32) -> Res {
    let at = caller.sp();
    let operator = caller.ip().back(1).peek().wrapping_sub(opcodes::BINARY_MULTI);
    let (first, second) = (at.get(0), at.get(1));
    let (left, right) = if note & SWAPPED != 0 { (second, first) } else { (first, second) };
    step(vm, operator, left, right, Some(at), note & !SWAPPED)
}

/// The method of a step: its name, whether it is the right value's, and whether its answer is to be turned.
fn method_of(operator: u8, step: i32) -> Option<(Qstr, bool, bool)> {
    let in_place = (op::IN_PLACE_OR..=IN_PLACE_LAST).contains(&operator);
    let plain = if in_place { operator + TO_PLAIN } else { operator };
    let comparison = operator <= op::NOT_EQUAL;
    let mirrored = [op::MORE, op::LESS, op::EQUAL, op::MORE_EQUAL, op::LESS_EQUAL, op::NOT_EQUAL];
    match step {
        0 if in_place => Some((METHODS[usize::from(operator)], false, false)),
        1 => Some((METHODS[usize::from(plain)], false, false)),
        2 if operator == op::NOT_EQUAL => Some((Qstr::D_EQ, false, true)),
        3 if comparison => Some((METHODS[usize::from(mirrored[usize::from(operator)])], true, false)),
        3 => Some((REFLECTED[usize::from(plain - op::OR)], true, false)),
        4 if operator == op::NOT_EQUAL => Some((Qstr::D_EQ, true, true)),
        _ => None,
    }
}

fn step(vm: &mut Vm, operator: u8, left: Obj, right: Obj, args: Option<Slots>, from: i32) -> Res {
    for step in from..STEPS {
        let Some((name, swapped, turned)) = method_of(operator, step) else { continue };
        let (first, second) = if swapped { (right, left) } else { (left, right) };
        let found = attr::special(vm, first, name);
        // `!=` is the opposite of `==` only where there is no `__ne__`.
        let overruled = turned && attr::special(vm, first, Qstr::D_NE) != Obj::NULL;
        if found == Obj::NULL || found.as_native().is_some() || overruled {
            continue;
        }
        let value = ops::method(vm, found, first, second, args)?;
        if value == Obj::CALL {
            if let Some(frame) = vm.frame {
                frame.set_extra(Obj::int((step + 1) | if swapped { SWAPPED } else { 0 }));
                if turned {
                    frame.set_action(Action::Not);
                }
            }
            return Ok(value);
        }
        if value != Obj::NOT_IMPLEMENTED {
            return if turned { Ok(Obj::bool(!ops::truth(vm, value)?)) } else { Ok(value) };
        }
    }
    let (native_left, native_right) = (class::native_part(left), class::native_part(right));
    if native_left.is_some() || native_right.is_some() {
        let value = ops::apply(vm, operator, native_left.unwrap_or(left), native_right.unwrap_or(right))?;
        // In place means: still the same object.
        return Ok(if Some(value) == native_left && value.is_heap() && operator != op::IS { left } else { value });
    }
    match operator {
        op::EQUAL => Ok(Obj::bool(left == right)),
        op::NOT_EQUAL => Ok(Obj::bool(left != right)),
        _ => vm.type_error(Qstr::M_BAD_OPERANDS),
    }
}

/// `call::call` for a special method that takes nothing; NULL where there is none.
pub(crate) fn ask(vm: &mut Vm, object: Obj, name: Qstr) -> Res {
    match attr::special(vm, object, name) {
        it if it == Obj::NULL => Ok(it),
        function => call::call(vm, function, &[object]),
    }
}
