//! Ints: the 31-bit small ones. What does not fit them is a long int with the feature `bigint` (`bigint.rs`), else an OverflowError.

use crate::call::Args;
use crate::opcodes::binary as op;
use crate::qstr::Qstr;
use crate::types::{T, str};
use crate::value::{INT_MAX, INT_MIN, Obj, Res};
#[cfg(feature = "float")]
use crate::vm::Kept;
use crate::vm::Vm;

pub(crate) const METHODS: &[crate::types::Method] = &[
    #[cfg(feature = "bigint")]
    (Qstr::BIT_LENGTH, crate::natives::N::IntBitLength),
    #[cfg(all(feature = "bigint", feature = "bytes"))]
    (Qstr::TO_BYTES, crate::natives::N::IntToBytes),
    #[cfg(all(feature = "bigint", feature = "bytes"))]
    (Qstr::FROM_BYTES, crate::natives::N::IntFromBytes),
];

/// A result as an int.
pub(crate) fn new(vm: &mut Vm, value: i64) -> Res {
    if (i64::from(INT_MIN)..=i64::from(INT_MAX)).contains(&value) {
        return Ok(Obj::int(value as i32));
    }
    #[cfg(feature = "bigint")]
    return crate::types::bigint::new(vm, value);
    #[cfg(not(feature = "bigint"))]
    Err(vm.raise(T::OverflowError, Qstr::M_INT_OVERFLOW))
}

/// A binary operator (plain or in place) with at least one long int; NULL when the other is no int or the operator none of theirs.
#[cfg(feature = "bigint")]
pub(crate) fn binary(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    use crate::types::bigint;
    use core::cmp::Ordering;
    if operator > op::NOT_EQUAL {
        return bigint::binary(vm, crate::ops::plain(operator), left, right);
    }
    let Some(order) = bigint::compare(left, right) else { return Ok(Obj::NULL) };
    Ok(Obj::bool(match operator {
        op::LESS => order == Ordering::Less,
        op::MORE => order == Ordering::Greater,
        op::EQUAL => order == Ordering::Equal,
        op::LESS_EQUAL => order != Ordering::Greater,
        op::MORE_EQUAL => order != Ordering::Less,
        _ => order != Ordering::Equal,
    }))
}

/// Quotient rounded down, and the remainder with the divisor's sign.
pub(crate) fn divide(left: i32, right: i32) -> (i32, i32) {
    let (quotient, remainder) = (left.wrapping_div(right), left.wrapping_rem(right));
    if remainder != 0 && (remainder ^ right) < 0 { (quotient - 1, remainder + right) } else { (quotient, remainder) }
}

/// The same where size counts and no result needs more than a word: `None` is a result outside of the small ints.
#[cfg(not(any(feature = "speed", feature = "bigint", feature = "float")))]
pub(crate) fn arithmetic(vm: &mut Vm, operator: u8, left: i32, right: i32) -> Res {
    let value = match operator {
        op::OR => Some(left | right),
        op::XOR => Some(left ^ right),
        op::AND => Some(left & right),
        op::ADD => Some(left + right),
        op::SUBTRACT => Some(left - right),
        op::MULTIPLY => left.checked_mul(right),
        op::SHIFT_LEFT | op::SHIFT_RIGHT if right < 0 => return vm.value_error(Qstr::M_NEGATIVE_SHIFT),
        op::POWER if right < 0 => return vm.value_error(Qstr::M_NEGATIVE_POWER),
        op::SHIFT_RIGHT => Some(left >> right.min(31)),
        // Shifted by 30 nothing but 0 is left inside of the range, and -1.
        op::SHIFT_LEFT => {
            let by = right.min(31);
            Some(left << by).filter(|shifted| shifted >> by == left)
        }
        op::POWER => {
            let mut result = Some(1_i32);
            // 0, 1 and -1 are what they are at exponents of the same kind, others soon leave the range.
            for _ in 0..right.min(62 + (right & 1)) {
                result = result.and_then(|result| result.checked_mul(left));
            }
            result
        }
        op::FLOOR_DIVIDE | op::MODULO if right == 0 => return Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION)),
        op::FLOOR_DIVIDE => Some(divide(left, right).0),
        op::MODULO => Some(divide(left, right).1),
        op::TRUE_DIVIDE => return vm.lacks(),
        _ => return vm.type_error(Qstr::M_BAD_OPERANDS),
    };
    match value {
        Some(value) if (INT_MIN..=INT_MAX).contains(&value) => Ok(Obj::int(value)),
        _ => Err(vm.raise(T::OverflowError, Qstr::M_INT_OVERFLOW)),
    }
}

/// An arithmetic operator (plain form) on two ints.
#[cfg(any(feature = "speed", feature = "bigint", feature = "float"))]
pub(crate) fn arithmetic(vm: &mut Vm, operator: u8, left: i32, right: i32) -> Res {
    let (wide_left, wide_right) = (i64::from(left), i64::from(right));
    match operator {
        op::OR => Ok(Obj::int(left | right)),
        op::XOR => Ok(Obj::int(left ^ right)),
        op::AND => Ok(Obj::int(left & right)),
        op::ADD => new(vm, wide_left + wide_right),
        op::SUBTRACT => new(vm, wide_left - wide_right),
        op::MULTIPLY => new(vm, wide_left * wide_right),
        op::SHIFT_LEFT | op::SHIFT_RIGHT if right < 0 => vm.value_error(Qstr::M_NEGATIVE_SHIFT),
        op::SHIFT_RIGHT => Ok(Obj::int(left >> right.min(31))),
        op::SHIFT_LEFT if left == 0 => Ok(Obj::int(0)),
        #[cfg(feature = "bigint")]
        op::SHIFT_LEFT if right > 31 => crate::types::bigint::binary(vm, operator, Obj::int(left), Obj::int(right)),
        #[cfg(not(feature = "bigint"))]
        op::SHIFT_LEFT if right > 31 => Err(vm.raise(T::OverflowError, Qstr::M_INT_OVERFLOW)),
        op::SHIFT_LEFT => new(vm, wide_left << right),
        op::FLOOR_DIVIDE | op::MODULO if right == 0 => Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION)),
        op::FLOOR_DIVIDE => new(vm, i64::from(divide(left, right).0)),
        op::MODULO => Ok(Obj::int(divide(left, right).1)),
        op::POWER => power(vm, left, right),
        #[cfg(feature = "float")]
        op::TRUE_DIVIDE => crate::types::float::divide_ints(vm, left, right),
        #[cfg(not(feature = "float"))]
        op::TRUE_DIVIDE if cfg!(feature = "messages") => vm.type_error(Qstr::M_NO_FLOAT),
        #[cfg(not(feature = "float"))]
        op::TRUE_DIVIDE => vm.lacks(),
        _ => vm.type_error(Qstr::M_BAD_OPERANDS),
    }
}

#[cfg(any(feature = "speed", feature = "bigint", feature = "float"))]
fn power(vm: &mut Vm, base: i32, exponent: i32) -> Res {
    #[cfg(feature = "float")]
    if exponent < 0 {
        return crate::types::float::power_of_ints(vm, base, exponent);
    }
    #[cfg(not(feature = "float"))]
    if exponent < 0 {
        return vm.value_error(Qstr::M_NEGATIVE_POWER);
    }
    let (mut result, mut square, mut left) = (1_i64, i64::from(base), exponent);
    while left > 0 {
        if left & 1 != 0 {
            result = result.saturating_mul(square);
            #[cfg(feature = "bigint")]
            if !(i64::from(INT_MIN)..=i64::from(INT_MAX)).contains(&result) {
                return crate::types::bigint::power(vm, Obj::int(base), Obj::int(exponent), Obj::NULL);
            }
            new(vm, result)?;
        }
        left >>= 1;
        // Beyond the range only matters if it is multiplied in, which is noticed above.
        square = square.saturating_mul(square);
    }
    new(vm, result)
}

/// `round(value, places)` of an int: to tens with negative places, halves to the even one.
#[cfg(feature = "float")]
pub(crate) fn round(vm: &mut Vm, value: Obj, places: i32) -> Res {
    if places >= 0 {
        return crate::ops::apply(vm, op::OR, value, Obj::int(0));
    }
    let unit = crate::ops::apply(vm, op::POWER, Obj::int(10), Obj::int(-places)).kept(vm)?;
    // How far above the lower multiple, then twice that against the unit.
    let rest = crate::ops::apply(vm, op::MODULO, value, unit).kept(vm)?;
    let lower = crate::ops::apply(vm, op::SUBTRACT, value, rest).kept(vm)?;
    let twice = crate::ops::apply(vm, op::ADD, rest, rest).kept(vm)?;
    let tie = crate::ops::equal(vm, twice, unit)?;
    let count = crate::ops::apply(vm, op::FLOOR_DIVIDE, lower, unit).kept(vm)?;
    let odd = crate::ops::apply(vm, op::AND, count, Obj::int(1))? == Obj::int(1);
    let up = if tie { odd } else { crate::ops::less(vm, unit, twice)? };
    let rounded = if up { crate::ops::apply(vm, op::ADD, lower, unit) } else { Ok(lower) };
    vm.unkeep(5);
    rounded
}

/// What an int's text says before its digits: whether it is negative, the digits that follow, their base.
pub(crate) fn sign_and_base(text: &[u8], base: u32) -> Option<(bool, &[u8], u32)> {
    let text = text.trim_ascii();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let prefix = |base: u32| match base {
        16 => Some(b'x'),
        8 => Some(b'o'),
        2 => Some(b'b'),
        _ => None,
    };
    let (mut base, mut digits) = (base, digits);
    if let [b'0', letter, rest @ ..] = digits {
        for candidate in [16, 8, 2] {
            if (base == candidate || base == 0) && prefix(candidate) == Some(letter.to_ascii_lowercase()) {
                (base, digits) = (candidate, rest);
                break;
            }
        }
    }
    (!digits.is_empty()).then_some((negative, digits, if base == 0 { 10 } else { base }))
}

/// The same where size counts: digits of the base alone, with a sign.
#[cfg(not(any(test, feature = "speed", feature = "bigint", feature = "float")))]
pub(crate) fn parse(text: &[u8], base: u32) -> Option<i32> {
    let (negative, digits) = match text.trim_ascii() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let mut value = None;
    for byte in digits {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            letter => (letter | 0x20).wrapping_sub(b'a').saturating_add(10),
        };
        if u32::from(digit) >= base {
            return None;
        }
        value = Some(value.unwrap_or(0_i32).checked_mul(base as i32)?.checked_add(i32::from(digit))?);
    }
    value.map(|value| if negative { -value } else { value })
}

/// Reads an int of at most 32 bits as Python source or `int(text, base)` has it; base 0 takes prefixes. Whitespace around it is allowed.
#[cfg(any(test, feature = "float", all(feature = "fstrings", feature = "bigint"), all(feature = "speed", not(feature = "bigint"))))]
pub(crate) fn parse(text: &[u8], base: u32) -> Option<i32> {
    let (negative, digits, base) = sign_and_base(text, base)?;
    let mut value = 0_i64;
    let mut after_digit = false;
    for byte in digits {
        if *byte == b'_' && after_digit {
            after_digit = false;
            continue;
        }
        value = value * i64::from(base) + i64::from((*byte as char).to_digit(base)?);
        after_digit = true;
        if value > 1 << 32 {
            return None;
        }
    }
    let value = if negative { -value } else { value };
    if !after_digit { None } else { i32::try_from(value).ok() }
}

/// Writes an int in any base from the end of `out`; gives the text.
pub(crate) fn digits(value: i32, base: u32, out: &mut [u8; 33]) -> &mut [u8] {
    let mut at = out.len();
    let mut left = value.unsigned_abs();
    loop {
        at -= 1;
        let digit = (left % base) as u8;
        out[at] = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
        left /= base;
        if left == 0 {
            break;
        }
    }
    if value < 0 {
        at -= 1;
        out[at] = b'-';
    }
    &mut out[at..]
}

/// `int(…)`.
pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    let Some(value) = args.opt(0) else { return Ok(Obj::int(0)) };
    #[cfg(feature = "bigint")]
    if value.is(crate::heap::Kind::Int) {
        return Ok(value);
    }
    if value.is_int() || value.is_bool() {
        return Ok(Obj::int(crate::ops::as_int(vm, value)?));
    }
    #[cfg(feature = "float")]
    if value.is(crate::heap::Kind::Float) {
        return crate::types::float::int_of(vm, value);
    }
    let Some(text) = str::text(vm, value) else {
        return match crate::attr::special(vm, value, Qstr::D_INT) {
            it if it == Obj::NULL => vm.type_error(Qstr::M_BAD_OPERAND),
            function => crate::call::call(vm, function, &[value]),
        };
    };
    // Other bases than ten with the feature `methods`.
    #[cfg(not(feature = "methods"))]
    let base = 10;
    #[cfg(feature = "methods")]
    let base = match args.opt(1) {
        Some(base) => crate::ops::as_int(vm, base)?,
        None => 10,
    };
    if base != 0 && !(base >= 2 && base <= 36) {
        return vm.value_error(Qstr::M_BAD_INT);
    }
    #[cfg(feature = "bigint")]
    match crate::types::bigint::parse(vm, text, base as u32)? {
        it if it == Obj::NULL => vm.value_error(Qstr::M_BAD_INT),
        value => Ok(value),
    }
    #[cfg(not(feature = "bigint"))]
    match parse(text, base as u32) {
        Some(value) => new(vm, i64::from(value)),
        None => vm.value_error(Qstr::M_BAD_INT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_rounds_down() {
        for (left, right, expected) in [(17, 5, (3, 2)), (-17, 5, (-4, 3)), (17, -5, (-4, -3)), (-17, -5, (3, -2)), (15, -5, (-3, 0))] {
            assert_eq!(divide(left, right), expected, "{left} / {right}");
        }
    }

    #[test]
    fn ints_are_read() {
        let cases: [(&str, u32, Option<i32>); 12] = [
            ("12", 10, Some(12)),
            (" -7\n", 10, Some(-7)),
            ("12x", 10, None),
            ("", 10, None),
            ("-", 10, None),
            ("0x1F", 0, Some(31)),
            ("ff", 16, Some(255)),
            ("0xff", 16, Some(255)),
            ("1_000", 10, Some(1000)),
            ("_1", 10, None),
            ("9999999999", 10, None),
            ("0b101", 2, Some(5)),
        ];
        for (text, base, expected) in cases {
            assert_eq!(parse(text.as_bytes(), base), expected, "{text}");
        }
    }

    #[test]
    fn ints_are_written() {
        let mut out = [0; 33];
        assert_eq!(digits(0, 10, &mut out), b"0");
        assert_eq!(digits(-1073741824, 10, &mut out), b"-1073741824");
        assert_eq!(digits(255, 16, &mut out), b"ff");
        assert_eq!(digits(i32::MIN, 2, &mut out).len(), 33);
    }
}
