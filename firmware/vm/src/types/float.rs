//! Floats: 32 bits, or 64 with the feature `f64`; a block with the bits in it.

use core::cmp::Ordering;

use crate::call::Args;
use crate::decimal::{self, DIGITS_MAX, Decimal, Float, INFINITE, Wanted, is_whole, size, to_i32, truncate};
use crate::heap::{Kind, WORD};
use crate::natives::N;
use crate::opcodes::{binary as op, unary as un};
use crate::ops;
use crate::qstr::Qstr;
use crate::sink::Sink;
use crate::types::{Method, T, str};
use crate::value::{INT_MAX, INT_MIN, Obj, Res};
use crate::vm::Vm;

pub(crate) const METHODS: &[Method] = &[(Qstr::IS_INTEGER, N::FloatIsInteger)];

pub(super) const WORDS: usize = size_of::<Float>().div_ceil(WORD);

#[inline(never)]
pub(crate) fn new(vm: &mut Vm, value: Float) -> Res {
    let made = vm.alloc(Kind::Float, WORDS)?;
    set_part(made, 0, value);
    Ok(made)
}

/// Writes the float that lies `at` words into a block.
#[inline(always)]
pub(super) fn set_part(made: Obj, at: usize, value: Float) {
    let bits = value.to_bits();
    made.set_raw(at, bits as usize);
    #[cfg(feature = "f64")]
    if WORDS > 1 {
        made.set_raw(at + 1, (bits >> 32) as usize);
    }
}

/// The float that lies `at` words into a block.
#[inline(always)]
pub(super) fn part(value: Obj, at: usize) -> Float {
    #[cfg(feature = "f64")]
    let bits = if WORDS > 1 { value.raw(at) as u64 | (value.raw(at + 1) as u64) << 32 } else { value.raw(at) as u64 };
    #[cfg(not(feature = "f64"))]
    let bits = value.raw(at) as u32;
    Float::from_bits(bits)
}

/// The value of a float object.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn get(value: Obj) -> Float {
    part(value, 0)
}

/// A float or a complex number: what `unary` and `magnitude` take.
#[inline(always)]
pub(crate) fn is_inexact(value: Obj) -> bool {
    #[cfg(feature = "complex")]
    if value.is(Kind::Complex) {
        return true;
    }
    value.is(Kind::Float)
}

/// `of_two`, where both are floats; NULL where not.
#[inline(always)]
pub(crate) fn quick(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    if left.is(Kind::Float) && right.is(Kind::Float) { of_two(vm, operator, get(left), get(right)) } else { Ok(Obj::NULL) }
}

/// The operators of two floats that programs use most; NULL for the others, which `binary` knows.
#[inline(never)]
#[cfg_attr(all(target_os = "none", feature = "speed"), optimize(speed))]
fn of_two(vm: &mut Vm, operator: u8, left: Float, right: Float) -> Res {
    let value = match operator {
        op::ADD | ops::IN_PLACE_ADD => left + right,
        op::SUBTRACT | ops::IN_PLACE_SUBTRACT => left - right,
        op::MULTIPLY | ops::IN_PLACE_MULTIPLY => left * right,
        op::TRUE_DIVIDE if size(right) != 0 => left / right,
        op::LESS => return Ok(Obj::bool(left < right)),
        op::MORE => return Ok(Obj::bool(left > right)),
        _ => return Ok(Obj::NULL),
    };
    new(vm, value)
}

/// A number as a float; `None` for anything else.
pub(crate) fn of(value: Obj) -> Option<Float> {
    if value.is(Kind::Float) { Some(get(value)) } else { of_other(value) }
}

#[inline(never)]
fn of_other(value: Obj) -> Option<Float> {
    #[cfg(feature = "bigint")]
    if value.is(Kind::Int) {
        return Some(crate::types::bigint::to_float(value));
    }
    ops::small(value).map(|value| value as Float)
}

/// The same where nothing else is right.
pub(crate) fn argument(vm: &mut Vm, value: Obj) -> Res<Float> {
    match of(value) {
        Some(value) => Ok(value),
        None => vm.type_error(Qstr::M_EXPECTED_FLOAT),
    }
}

/// Floats from here on are whole numbers.
const WHOLE: Float = 1.0 / Float::EPSILON;

pub(crate) fn floor(value: Float) -> Float {
    let whole = truncate(value);
    if value.is_sign_negative() && whole.to_bits() != value.to_bits() { whole - 1.0 } else { whole }
}

/// Rounded to the nearest whole number, halves to the even one.
pub(crate) fn nearest(value: Float) -> Float {
    if size(value) >= WHOLE.to_bits() {
        return value;
    }
    // Adding what has no room for fractions rounds, and taking it away again leaves the whole number.
    ((value.abs() + WHOLE) - WHOLE).copysign(value)
}

/// A float as an int, rounded towards zero.
pub(crate) fn to_int(vm: &mut Vm, value: Float) -> Res {
    if size(value) > INFINITE {
        return vm.value_error(Qstr::M_FLOAT_NAN);
    }
    let whole = to_i32(value);
    if (INT_MIN..=INT_MAX).contains(&whole) {
        return Ok(Obj::int(whole));
    }
    #[cfg(feature = "bigint")]
    if size(value) != INFINITE {
        return crate::types::bigint::from_float(vm, value);
    }
    Err(vm.raise(T::OverflowError, Qstr::M_FLOAT_INT))
}

/// Order of a float and another number, exactly; `None` with a nan.
pub(super) fn compare(left: Float, right: Obj) -> Option<Ordering> {
    let order = decimal::order(left, of(right)?)?;
    // A small int may have been rounded to what is equal now.
    match ops::small(right) {
        Some(right) if order == Ordering::Equal => Some(to_i32(left).cmp(&right)),
        _ => Some(order),
    }
}

/// `left == right` where one of them is a float.
pub(crate) fn equal(left: Obj, right: Obj) -> bool {
    order(left, right) == Some(Ordering::Equal)
}

/// `left < right` where one of them is a float.
pub(crate) fn order(left: Obj, right: Obj) -> Option<Ordering> {
    if left.is(Kind::Float) { compare(get(left), right) } else { compare(get(right), left).map(Ordering::reverse) }
}

/// Quotient rounded down, and what is left, which has the divisor's sign.
pub(crate) fn divide(left: Float, right: Float) -> (Float, Float) {
    let mut rest = fmod(left, right);
    let mut whole = (left - rest) / right;
    if size(rest) == 0 {
        rest = rest.copysign(right);
    } else if rest.is_sign_negative() != right.is_sign_negative() {
        rest += right;
        whole -= 1.0;
    }
    if size(whole) == 0 {
        let below_zero = left.is_sign_negative() != right.is_sign_negative();
        return (if below_zero { -0.0 } else { 0.0 }, rest);
    }
    let below = floor(whole);
    (if whole - below > 0.5 { below + 1.0 } else { below }, rest)
}

#[cfg(not(feature = "f64"))]
use crate::elementary::{fmod, pow, sqrt};
#[cfg(feature = "f64")]
use libm::{fmod, pow, sqrt};

fn power(vm: &mut Vm, base: Float, exponent: Float) -> Res {
    if base == 0.0 && exponent < 0.0 {
        return Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION));
    }
    let finite = size(base) < INFINITE && size(exponent) < INFINITE;
    if finite && base < 0.0 && !is_whole(exponent) {
        #[cfg(feature = "complex")]
        return super::complex::power(vm, (base, 0.0), (exponent, 0.0));
        #[cfg(not(feature = "complex"))]
        return vm.value_error(Qstr::M_COMPLEX);
    }
    let value = if exponent.to_bits() == (0.5 as Float).to_bits() && base > 0.0 {
        sqrt(base)
    } else if exponent.to_bits() == (2.0 as Float).to_bits() {
        base * base
    } else {
        pow(base, exponent)
    };
    if finite && size(value) == INFINITE {
        return Err(vm.raise(T::OverflowError, Qstr::M_FLOAT_RANGE));
    }
    new(vm, value)
}

/// A binary operator (plain or in place) with at least one float; NULL when the other is no number.
#[inline(never)]
pub(crate) fn binary(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    let (Some(first), Some(second)) = (of(left), of(right)) else { return Ok(Obj::NULL) };
    if operator <= op::NOT_EQUAL {
        // Of each operator the orders for which it holds, a bit each: less, equal, greater, none.
        const HOLDS: [u8; op::NOT_EQUAL as usize + 1] = [0b0001, 0b0100, 0b0010, 0b0011, 0b0110, 0b1101];
        let at = order(left, right).map_or(3, |order| order as i8 + 1);
        return Ok(Obj::bool(HOLDS[operator as usize] >> at & 1 != 0));
    }
    #[cfg(feature = "bigint")]
    if (left.is(Kind::Int) && size(first) == INFINITE) || (right.is(Kind::Int) && size(second) == INFINITE) {
        return Err(vm.raise(T::OverflowError, Qstr::M_FLOAT_RANGE));
    }
    arithmetic(vm, ops::plain(operator), first, second)
}

/// An arithmetic operator in its plain form.
pub(crate) fn arithmetic(vm: &mut Vm, operator: u8, left: Float, right: Float) -> Res {
    let quick = of_two(vm, operator, left, right)?;
    if quick != Obj::NULL {
        return Ok(quick);
    }
    let value = match operator {
        op::POWER => return power(vm, left, right),
        op::TRUE_DIVIDE | op::FLOOR_DIVIDE | op::MODULO if size(right) == 0 => {
            return Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION));
        }
        op::FLOOR_DIVIDE => divide(left, right).0,
        op::MODULO => divide(left, right).1,
        _ => return Ok(Obj::NULL),
    };
    new(vm, value)
}

pub(crate) fn unary(vm: &mut Vm, operator: u8, value: Obj) -> Res {
    #[cfg(feature = "complex")]
    if operator == un::NEGATIVE && value.is(Kind::Complex) {
        let (real, imag) = super::complex::parts(value);
        return super::complex::new(vm, (-real, -imag));
    }
    match operator {
        un::NEGATIVE => new(vm, -get(value)),
        un::POSITIVE => Ok(value),
        _ => vm.type_error(Qstr::M_BAD_OPERAND),
    }
}

/// The hash of a float, which is the int's where it is whole.
pub(crate) fn hash(vm: &mut Vm, value: Obj) -> Res<u32> {
    let value = get(value);
    if is_whole(value) {
        let int = to_int(vm, value)?;
        return crate::types::dict::hash(vm, int);
    }
    let bits = value.to_bits();
    #[cfg(feature = "f64")]
    let bits = (bits >> 32) as u32 ^ bits as u32;
    Ok(bits ^ (bits >> 7))
}

/// `float(…)`.
pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    let Some(value) = args.opt(0) else { return new(vm, 0.0) };
    if value.is(Kind::Float) {
        return Ok(value);
    }
    if let Some(number) = of(value) {
        return checked(vm, number);
    }
    let Some(text) = str::text(vm, value) else {
        return match crate::attr::special(vm, value, Qstr::D_FLOAT) {
            it if it == Obj::NULL => vm.type_error(Qstr::M_EXPECTED_FLOAT),
            function => crate::call::call(vm, function, &[value]),
        };
    };
    match decimal::parse(text) {
        Some(value) => new(vm, value),
        None => vm.value_error(Qstr::M_BAD_FLOAT),
    }
}

/// A float made of an int, which may have been too large for one.
fn checked(vm: &mut Vm, value: Float) -> Res {
    if size(value) == INFINITE {
        return Err(vm.raise(T::OverflowError, Qstr::M_FLOAT_RANGE));
    }
    new(vm, value)
}

pub(crate) fn is_integer(vm: &mut Vm, args: Args) -> Res {
    let value = argument(vm, args.get(0))?;
    Ok(Obj::bool(is_whole(value)))
}

/// `round(value, places)` of a float; without places an int.
pub(crate) fn round(vm: &mut Vm, value: Float, places: Option<i32>) -> Res {
    let Some(places) = places else { return to_int(vm, nearest(value)) };
    if size(value) >= INFINITE {
        return new(vm, value);
    }
    let mut made = Decimal::new();
    made.write(value, Wanted::Places(places));
    let kept = &made.digits[..made.len.min(19)];
    let mantissa = kept.iter().fold(0, |all, digit| all * 10 + u64::from(digit - b'0'));
    new(vm, decimal::nearest(mantissa, made.point - kept.len() as i32).copysign(value))
}

/// Room for the longest text: sign, digits, point, zeros and exponent.
const TEXT_MAX: usize = 2 * DIGITS_MAX + 12;

/// A float's text without its sign.
pub(crate) struct Text {
    bytes: [u8; TEXT_MAX],
    len: usize,
}

impl Text {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    #[cfg(feature = "format")]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }

    #[inline(never)]
    pub(crate) fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn push_digits(&mut self, made: &decimal::Decimal, from: i32, to: i32) {
        for at in from..to {
            self.push(if at >= 0 && (at as usize) < made.len { made.digits[at as usize] } else { b'0' });
        }
    }
}

/// The magnitude of a float as text. `kind` is `r` (as `repr` has it) or `e`, `f`, `g`; `precision` as in a format, at most what
/// there is room for; `keep_zeros` is the `#` of a format with `g`.
pub(crate) fn text(value: Float, kind: u8, precision: i32, keep_zeros: bool) -> Text {
    let mut out = Text { bytes: [0; TEXT_MAX], len: 0 };
    if size(value) < INFINITE {
        write(&mut out, value, kind, precision, keep_zeros);
    } else {
        let name = if size(value) > INFINITE { b"nan" } else { b"inf" };
        out.bytes[..name.len()].copy_from_slice(name);
        out.len = name.len();
    }
    out
}

fn write(out: &mut Text, value: Float, kind: u8, precision: i32, keep_zeros: bool) {
    let precision = precision.min(DIGITS_MAX as i32 - 8);
    // The digits, which exponents are not shown, how many places there are at least, and how many digits stay even if they are zeros.
    let (wanted, plain, places_min, digits_min) = match kind {
        b'r' => (Wanted::Shortest, -4..16, 1, DIGITS_MAX),
        b'f' => (Wanted::Places(precision), i32::MIN..i32::MAX, precision, DIGITS_MAX),
        b'e' => (Wanted::Digits(precision + 1), 0..0, 0, DIGITS_MAX),
        _ => (Wanted::Digits(precision.max(1)), -4..precision.max(1), 0, if keep_zeros { DIGITS_MAX } else { 1 }),
    };
    let mut made = Decimal::new();
    made.write(value, wanted);
    while made.len > digits_min && made.digits[made.len - 1] == b'0' {
        made.len -= 1;
    }
    let exponent = made.point - 1;
    let with_exponent = !plain.contains(&exponent);
    let len = made.len as i32;
    let (point, places_min) = if with_exponent { (1, 0) } else { (made.point, places_min) };
    if point <= 0 {
        out.push(b'0');
    }
    out.push_digits(&made, 0, point);
    let places = (len - point).max(places_min);
    if places > 0 || keep_zeros {
        out.push(b'.');
        out.push_digits(&made, point, point + places);
    }
    if with_exponent {
        out.push(b'e');
        out.push(if exponent < 0 { b'-' } else { b'+' });
        let mut exponent = exponent.unsigned_abs();
        if cfg!(feature = "f64") && exponent >= 100 {
            out.push(b'0' + (exponent / 100) as u8);
            exponent %= 100;
        }
        out.push(b'0' + (exponent / 10) as u8);
        out.push(b'0' + (exponent % 10) as u8);
    }
}

/// `repr(value)`, which is also its `str`.
pub(crate) fn print(vm: &mut Vm, sink: Sink, value: Obj) -> Res<()> {
    print_part(vm, sink, get(value), false, false)
}

/// A float as text, a sign before it also where there is a `plus`; `short`: a whole one has no point.
pub(super) fn print_part(vm: &mut Vm, sink: Sink, value: Float, plus: bool, short: bool) -> Res<()> {
    if value.is_sign_negative() && size(value) <= INFINITE {
        sink.put_byte(vm, b'-');
    } else if plus {
        sink.put_byte(vm, b'+');
    }
    let text = text(value, b'r', 0, false);
    let shown = match text.bytes() {
        [whole @ .., b'.', b'0'] if short => whole,
        all => all,
    };
    sink.push(vm, shown)
}

/// `int(…)` of a float.
pub(crate) fn int_of(vm: &mut Vm, value: Obj) -> Res {
    to_int(vm, get(value))
}

/// `left / right` of two ints.
pub(crate) fn divide_ints(vm: &mut Vm, left: i32, right: i32) -> Res {
    arithmetic(vm, op::TRUE_DIVIDE, left as Float, right as Float)
}

/// `abs(value)` of a float.
pub(crate) fn magnitude(vm: &mut Vm, value: Obj) -> Res {
    #[cfg(feature = "complex")]
    if value.is(Kind::Complex) {
        return new(vm, super::complex::size(value));
    }
    new(vm, get(value).abs())
}

/// An int constant for `int::arithmetic`: `base ** exponent` with a negative exponent.
pub(crate) fn power_of_ints(vm: &mut Vm, base: i32, exponent: i32) -> Res {
    power(vm, base as Float, exponent as Float)
}
