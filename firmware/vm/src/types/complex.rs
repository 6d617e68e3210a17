//! Complex numbers: a block with the bits of two floats, the real part first.

use core::cmp::Ordering;

use crate::call::Args;
use crate::decimal::{self, Float};
#[cfg(not(feature = "f64"))]
use crate::elementary::{atan2, cos, exp, log, sin, sqrt};
use crate::heap::Kind;
use crate::opcodes::binary as op;
use crate::qstr::Qstr;
use crate::sink::Sink;
use crate::types::{T, float, str};
use crate::value::{Obj, Res};
use crate::vm::Vm;
#[cfg(feature = "f64")]
use libm::{atan2, cos, exp, log, sin, sqrt};

/// Real and imaginary part.
type Parts = (Float, Float);

#[inline(never)]
pub(crate) fn new(vm: &mut Vm, (real, imag): Parts) -> Res {
    let made = vm.alloc(Kind::Complex, 2 * float::WORDS)?;
    float::set_part(made, 0, real);
    float::set_part(made, float::WORDS, imag);
    Ok(made)
}

/// The parts of a complex object.
pub(crate) fn parts(value: Obj) -> Parts {
    (float::part(value, 0), float::part(value, float::WORDS))
}

/// A number as a complex one. Anything else is a TypeError, an int too large for a float an OverflowError.
#[inline(never)]
fn of(vm: &mut Vm, value: Obj) -> Res<Parts> {
    if value.is(Kind::Complex) {
        return Ok(parts(value));
    }
    let real = match float::of(value) {
        Some(real) => real,
        None => return vm.type_error(Qstr::M_BAD_OPERANDS),
    };
    if real.is_infinite() && !value.is(Kind::Float) {
        return Err(vm.raise(T::OverflowError, Qstr::M_FLOAT_RANGE));
    }
    Ok((real, 0.0))
}

/// `.real`, `.imag`.
pub(crate) fn attribute(value: Obj, name: Obj) -> Option<Float> {
    let (real, imag) = parts(value);
    match name {
        it if it == Obj::name(Qstr::REAL) => Some(real),
        it if it == Obj::name(Qstr::IMAG) => Some(imag),
        _ => None,
    }
}

/// `left == right` where one of them is complex and the other no instance.
pub(crate) fn equal(left: Obj, right: Obj) -> bool {
    let (value, other) = if left.is(Kind::Complex) { (left, right) } else { (right, left) };
    let (real, imag) = parts(value);
    if other.is(Kind::Complex) {
        return (real, imag) == parts(other);
    }
    imag == 0.0 && float::compare(real, other) == Some(Ordering::Equal)
}

/// Equal to the float's where there is no imaginary part, as 0.0 has the hash 0.
pub(crate) fn hash(vm: &mut Vm, value: Obj) -> Res<u32> {
    let (real, imag) = parts(value);
    let mut all = 0;
    for part in [imag, real] {
        let part = float::new(vm, part)?;
        all = float::hash(vm, part)? ^ u32::wrapping_mul(all, 31);
    }
    Ok(all)
}

/// The sum of two products.
#[inline(never)]
fn sum(a: Float, b: Float, c: Float, d: Float) -> Float {
    a * b + c * d
}

/// The distance from zero.
pub(crate) fn size(value: Obj) -> Float {
    let (real, imag) = parts(value);
    sqrt(sum(real, real, imag, imag))
}

/// An arithmetic operator in its plain form, one of whose operands is complex.
pub(crate) fn arithmetic(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    let (left, right) = (of(vm, left)?, of(vm, right)?);
    let ((a, b), (c, d)) = (left, right);
    let value = match operator {
        op::ADD => (a + c, b + d),
        op::SUBTRACT => (a - c, b - d),
        op::MULTIPLY => (sum(a, c, -b, d), sum(a, d, b, c)),
        op::TRUE_DIVIDE if right != (0.0, 0.0) => quotient(left, right),
        op::TRUE_DIVIDE => return Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION)),
        op::POWER => return power(vm, left, right),
        _ => return vm.type_error(Qstr::M_BAD_OPERANDS),
    };
    new(vm, value)
}

/// Smith's way, whose steps stay in range; where the divisor's imaginary part is the larger one, both are turned by a quarter first.
fn quotient((a, b): Parts, (c, d): Parts) -> Parts {
    if c.abs() < d.abs() {
        return quotient((b, -a), (d, -c));
    }
    let ratio = d / c;
    let unit = sum(c, 1.0, d, ratio);
    (sum(a, 1.0, b, ratio) / unit, sum(b, 1.0, -a, ratio) / unit)
}

/// `base ** exponent`, which is `exp(exponent * log(base))`.
pub(crate) fn power(vm: &mut Vm, (a, b): Parts, (c, d): Parts) -> Res {
    let square = sum(a, a, b, b);
    if square == 0.0 {
        if d != 0.0 || c < 0.0 {
            return Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION));
        }
        return new(vm, (Float::from(u8::from(c == 0.0)), 0.0));
    }
    let (scale, turn) = (log(square) / 2.0, atan2(b, a));
    let (size, turn) = (exp(sum(c, scale, -d, turn)), sum(d, scale, c, turn));
    new(vm, (size * cos(turn), size * sin(turn)))
}

/// Reads a number as `complex(text)` has it: a real part, an imaginary one with a `j` behind it, or both; brackets around it.
pub(crate) fn parse(text: &[u8]) -> Option<Parts> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"(").and_then(|text| text.strip_suffix(b")")).map_or(text, <[u8]>::trim_ascii);
    if text.iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    let Some((b'j' | b'J', text)) = text.split_last() else { return Some((decimal::parse(text)?, 0.0)) };
    // The imaginary part begins at the last sign that is not an exponent's.
    let is_sign = |at: usize| matches!(text[at], b'+' | b'-') && (at == 0 || !matches!(text[at - 1], b'e' | b'E'));
    let (real, imag) = text.split_at((0..text.len()).rev().find(|at| is_sign(*at)).unwrap_or(0));
    let real = if real.is_empty() { 0.0 } else { decimal::parse(real)? };
    let imag = match imag {
        b"" | b"+" => 1.0,
        b"-" => -1.0,
        _ => decimal::parse(imag)?,
    };
    Some((real, imag))
}

/// `complex(…)`.
pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    let first = args.opt(0).unwrap_or(Obj::FALSE);
    if let Some(second) = args.opt(1) {
        let ((a, b), (c, d)) = (of(vm, first)?, of(vm, second)?);
        // A zero keeps its sign.
        return new(vm, (a - d, if first.is(Kind::Complex) { b + c } else { c }));
    }
    if first.is(Kind::Complex) {
        return Ok(first);
    }
    if let Some(text) = str::text(vm, first) {
        return match parse(text) {
            Some(value) => new(vm, value),
            None => vm.value_error(Qstr::M_BAD_FLOAT),
        };
    }
    let real = float::construct(vm, T::Float, args)?;
    new(vm, (float::of(real).unwrap_or(0.0), 0.0))
}

/// `repr(value)`, which is also its `str`: without a real part where that is 0.
pub(crate) fn print(vm: &mut Vm, sink: Sink, value: Obj) -> Res<()> {
    let (real, imag) = parts(value);
    let alone = real.to_bits() == 0;
    if !alone {
        sink.put_byte(vm, b'(');
        float::print_part(vm, sink, real, false, true)?;
    }
    float::print_part(vm, sink, imag, !alone, true)?;
    sink.push(vm, if alone { b"j" } else { b"j)" })
}
