//! Equality and order of any two values, as operators, containers and sorting ask for them.

use super::{binary_of_objects, small, truth};
use crate::heap::Kind;
use crate::opcodes::binary as op;
use crate::qstr::Qstr;
#[cfg(any(feature = "bigint", feature = "bytes", feature = "float", feature = "set"))]
use crate::types;
use crate::types::{dict, range, str, tuple};
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// `left == right` as native code needs it; both rooted.
pub(crate) fn equal(vm: &mut Vm, left: Obj, right: Obj) -> Res<bool> {
    let (l, r) = (left.kind_or_free(), right.kind_or_free());
    if left == right && l != Kind::Instance {
        return Ok(true);
    }
    if str::is(left) && str::is(right) {
        return Ok(str::same(vm, left, right));
    }
    if let (Some(a), Some(b)) = (small(left), small(right)) {
        return Ok(a == b);
    }
    if str::is(left) && !(cfg!(feature = "language") && r == Kind::Instance) {
        return Ok(false);
    }
    #[cfg(feature = "complex")]
    if (l == Kind::Complex || r == Kind::Complex) && l != Kind::Instance && r != Kind::Instance {
        return Ok(types::complex::equal(left, right));
    }
    #[cfg(feature = "float")]
    if l == Kind::Float || r == Kind::Float {
        return Ok(types::float::equal(left, right));
    }
    #[cfg(feature = "bigint")]
    if l == Kind::Int {
        return Ok(types::bigint::compare(left, right) == Some(core::cmp::Ordering::Equal));
    }
    #[cfg(feature = "bytes")]
    if let (Some(left), Some(right)) = (types::bytes::buffer(left), types::bytes::buffer(right)) {
        return Ok(left == right);
    }
    #[cfg(any(feature = "array", feature = "memoryview"))]
    if let Some(same) = types::packed::equal(vm, left, right)? {
        return Ok(same);
    }
    if l == Kind::Instance || r == Kind::Instance {
        let value = binary_of_objects(vm, op::EQUAL, left, right, None)?;
        return truth(vm, value);
    }
    #[cfg(feature = "set")]
    if types::set::is(left) && types::set::is(right) {
        vm.enter()?;
        let same = types::set::equal(vm, left, right);
        vm.leave();
        return same;
    }
    if l == Kind::Dict && r == Kind::Dict {
        vm.enter()?;
        let same = dict::equal(vm, left, right);
        vm.leave();
        return same;
    }
    if cfg!(feature = "speed") && l == Kind::Range && r == Kind::Range {
        let n = range::len(left);
        let same_items =
            n == 0 || range::item(left, 0) == range::item(right, 0) && (n == 1 || range::parts(left).2 == range::parts(right).2);
        return Ok(n == range::len(right) && same_items);
    }
    #[cfg(feature = "language")]
    if l == Kind::Method && r == Kind::Method {
        return Ok((0..2).all(|field| left.field(field) == right.field(field)));
    }
    if !(l == Kind::List && r == Kind::List || l == Kind::Tuple && r == Kind::Tuple) {
        return Ok(false);
    }
    vm.enter()?;
    let mut index = 0;
    let same = loop {
        let (Some(a), Some(b)) = (tuple::sequence(left), tuple::sequence(right)) else { break false };
        if a.len() != b.len() {
            break false;
        }
        let (Some(a), Some(b)) = (a.get(index).copied(), b.get(index).copied()) else { break true };
        if !equal(vm, a, b)? {
            break false;
        }
        index += 1;
    };
    vm.leave();
    Ok(same)
}

/// `left < right` as native code needs it; both rooted.
pub(crate) fn less(vm: &mut Vm, left: Obj, right: Obj) -> Res<bool> {
    let (l, r) = (left.kind_or_free(), right.kind_or_free());
    if let (Some(a), Some(b)) = (small(left), small(right)) {
        return Ok(a < b);
    }
    if let (Some(a), Some(b)) = (str::text(vm, left), str::text(vm, right)) {
        return Ok(a < b);
    }
    #[cfg(feature = "float")]
    if (l == Kind::Float || r == Kind::Float) && types::float::of(left).is_some() && types::float::of(right).is_some() {
        return Ok(types::float::order(left, right) == Some(core::cmp::Ordering::Less));
    }
    #[cfg(feature = "bigint")]
    if (l == Kind::Int || r == Kind::Int)
        && let Some(order) = types::bigint::compare(left, right)
    {
        return Ok(order == core::cmp::Ordering::Less);
    }
    #[cfg(feature = "bytes")]
    if let (Some(left), Some(right)) = (types::bytes::buffer(left), types::bytes::buffer(right)) {
        return Ok(left < right);
    }
    if l == Kind::Instance || r == Kind::Instance {
        let value = binary_of_objects(vm, op::LESS, left, right, None)?;
        return truth(vm, value);
    }
    if !(l == Kind::List && r == Kind::List || l == Kind::Tuple && r == Kind::Tuple) {
        return vm.type_error(Qstr::M_BAD_OPERANDS);
    }
    vm.enter()?;
    let mut index = 0;
    let answer = loop {
        let (Some(a), Some(b)) = (tuple::sequence(left), tuple::sequence(right)) else { break false };
        let (Some(x), Some(y)) = (a.get(index).copied(), b.get(index).copied()) else { break a.len() < b.len() };
        if !equal(vm, x, y)? {
            break less(vm, x, y)?;
        }
        index += 1;
    };
    vm.leave();
    Ok(answer)
}
