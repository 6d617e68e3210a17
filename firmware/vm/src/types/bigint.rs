//! Ints beyond the 31 bits of a small int: a block of sign and length, then 32-bit limbs, the lowest first.
//!
//! A value that fits a small int always is one: every result goes through `finish`, so two equal ints have one form.

use core::cmp::Ordering;

use crate::call::Args;
use crate::heap::{Kind, WORD};
use crate::limbs;
use crate::opcodes::{binary as op, unary as un};
use crate::ops;
use crate::qstr::Qstr;
use crate::types::{T, int, str, tuple};
use crate::value::{INT_MAX, Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;

/// Longer ints than this do not fit any arena anyway, and their length would not fit its field.
const LIMBS_MAX: usize = 1 << 20;

/// An int of either form, taken apart. Zero has no limbs.
#[derive(Clone, Copy)]
pub(crate) struct Number<'x> {
    pub(crate) negative: bool,
    pub(crate) limbs: &'x [u32],
}

impl<'x> Number<'x> {
    /// `room` is where a small int's limb lies; a long one's lie in the object, which must be rooted as long as this is used.
    pub(crate) fn of(value: Obj, room: &'x mut [u32; 1]) -> Option<Number<'x>> {
        if value.is(Kind::Int) {
            let head = value.raw(0);
            return Some(Number { negative: head & 1 != 0, limbs: value.limbs(1, head >> 1) });
        }
        let small = ops::small(value)?;
        room[0] = small.unsigned_abs();
        Some(Number { negative: small < 0, limbs: if small == 0 { &[] } else { &room[..] } })
    }
}

/// A block with room for `len` limbs, not yet written.
fn room(vm: &mut Vm, len: usize) -> Res {
    if len > LIMBS_MAX {
        return vm.no_memory();
    }
    let made = vm.alloc(Kind::Int, 1 + (len * 4).div_ceil(WORD))?;
    made.set_raw(0, len << 1);
    Ok(made)
}

/// The int whose magnitude is in the first `len` limbs of a block from `room`.
fn finish(vm: &mut Vm, block: Obj, negative: bool, len: usize) -> Obj {
    let all = limbs::trimmed(block.limbs(1, len));
    let (count, lowest) = (all.len(), all.first().copied().unwrap_or(0));
    if count == 0 || count == 1 && lowest <= INT_MAX as u32 + u32::from(negative) {
        vm.heap.free(block);
        return Obj::int(if negative { (lowest as i32).wrapping_neg() } else { lowest as i32 });
    }
    block.set_raw(0, count << 1 | usize::from(negative));
    vm.heap.shrink(block, 1 + (count * 4).div_ceil(WORD));
    block
}

/// An int from what 64 bits hold.
pub(crate) fn new(vm: &mut Vm, value: i64) -> Res {
    let block = room(vm, 2)?;
    let magnitude = value.unsigned_abs();
    block.limbs_mut(1, 2).copy_from_slice(&[magnitude as u32, (magnitude >> 32) as u32]);
    Ok(finish(vm, block, value < 0, 2))
}

/// An int from limbs, which may be those of a rooted value.
pub(crate) fn from_limbs(vm: &mut Vm, negative: bool, magnitude: &[u32]) -> Res {
    let block = room(vm, magnitude.len())?;
    block.limbs_mut(1, magnitude.len()).copy_from_slice(magnitude);
    Ok(finish(vm, block, negative, magnitude.len()))
}

/// An int whose limbs are given one after another, the lowest first.
#[cfg(any(feature = "bytes", feature = "random"))]
pub(crate) fn from_fn(vm: &mut Vm, negative: bool, len: usize, mut limb: impl FnMut(usize) -> u32) -> Res {
    let block = room(vm, len)?;
    for (index, place) in block.limbs_mut(1, len).iter_mut().enumerate() {
        *place = limb(index);
    }
    Ok(finish(vm, block, negative, len))
}

/// An arithmetic operator (plain form) on two rooted ints; NULL when it is none of theirs.
#[inline(never)]
pub(crate) fn binary(vm: &mut Vm, operator: u8, left: Obj, right: Obj) -> Res {
    let (mut left_room, mut right_room) = ([0], [0]);
    let (Some(a), Some(b)) = (Number::of(left, &mut left_room), Number::of(right, &mut right_room)) else { return Ok(Obj::NULL) };
    match operator {
        op::ADD => sum(vm, a, b),
        op::SUBTRACT => sum(vm, a, Number { negative: !b.negative, ..b }),
        op::MULTIPLY => {
            let len = a.limbs.len() + b.limbs.len();
            let block = room(vm, len)?;
            // Fewer rows where the outer factor is the shorter one.
            let (short, long) = if a.limbs.len() < b.limbs.len() { (a.limbs, b.limbs) } else { (b.limbs, a.limbs) };
            limbs::multiply(block.limbs_mut(1, len), short, long);
            Ok(finish(vm, block, a.negative != b.negative, len))
        }
        op::FLOOR_DIVIDE => divide(vm, a, b, true),
        op::MODULO => divide(vm, a, b, false),
        op::POWER if b.negative => power_of_negative(vm, left, right),
        op::POWER => power(vm, left, right, Obj::NULL),
        op::SHIFT_LEFT | op::SHIFT_RIGHT if b.negative => vm.value_error(Qstr::M_NEGATIVE_SHIFT),
        op::SHIFT_LEFT if a.limbs.is_empty() => Ok(Obj::int(0)),
        op::SHIFT_LEFT => match ops::small(right) {
            Some(bits) => shift_left(vm, a, bits as usize),
            None => vm.no_memory(),
        },
        op::SHIFT_RIGHT => shift_right(vm, a, ops::small(right).unwrap_or(INT_MAX) as usize),
        op::AND | op::OR | op::XOR => bitwise(vm, operator, a, b),
        #[cfg(feature = "float")]
        op::TRUE_DIVIDE => quotient(vm, a, b),
        _ => Ok(Obj::NULL),
    }
}

fn sum(vm: &mut Vm, a: Number, b: Number) -> Res {
    let (more, less) = if limbs::compare(a.limbs, b.limbs) == Ordering::Less { (b, a) } else { (a, b) };
    let len = more.limbs.len() + 1;
    let block = room(vm, len)?;
    let out = block.limbs_mut(1, len);
    if a.negative == b.negative {
        limbs::add(out, more.limbs, less.limbs);
        return Ok(finish(vm, block, more.negative, len));
    }
    limbs::subtract(out, more.limbs, less.limbs);
    Ok(finish(vm, block, more.negative, len - 1))
}

/// The quotient rounded down, or what is left.
fn divide(vm: &mut Vm, a: Number, b: Number, want_quotient: bool) -> Res {
    let (n, m) = (b.limbs.len(), a.limbs.len());
    if n == 0 {
        return Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION));
    }
    let opposite = a.negative != b.negative;
    // One block for everything: the quotient, the dividend that becomes the rest, the divisor.
    let n_quotient = if m >= n { m - n + 1 } else { 0 };
    let len = n_quotient + m + 1 + n + 1;
    let block = room(vm, len)?;
    let (quotient, others) = block.limbs_mut(1, len).split_at_mut(n_quotient);
    let (rest, divisor) = others.split_at_mut(m + 1);
    quotient.fill(0);
    rest[..m].copy_from_slice(a.limbs);
    rest[m] = 0;
    divisor[..n].copy_from_slice(b.limbs);
    if n == 1 {
        quotient.copy_from_slice(&rest[..m]);
        let left = limbs::divide_small(quotient, divisor[0]);
        rest.fill(0);
        rest[0] = left;
    } else if n_quotient > 0 {
        limbs::divide(quotient, rest, &mut divisor[..n]);
    }
    let rest = limbs::trimmed(rest);
    let left = rest.len();
    let rounds = opposite && left > 0;
    // Rounding down is away from zero where the signs differ: what is left then is what the divisor has more.
    if rounds {
        limbs::subtract(divisor, b.limbs, rest);
    }
    let all = block.limbs_mut(1, len);
    if want_quotient {
        // The limb behind the quotient may take a carry.
        all[n_quotient] = 0;
        if rounds {
            limbs::multiply_add(&mut all[..=n_quotient], 1, 1);
        }
        return Ok(finish(vm, block, opposite, n_quotient + 1));
    }
    let (from, left) = if rounds { (n_quotient + m + 1, n) } else { (n_quotient, left) };
    all.copy_within(from..from + left, 0);
    Ok(finish(vm, block, b.negative, left))
}

fn power_of_negative(vm: &mut Vm, left: Obj, right: Obj) -> Res {
    #[cfg(feature = "float")]
    {
        use crate::types::float;
        match (float::of(left), float::of(right)) {
            (Some(base), Some(exponent)) => float::arithmetic(vm, op::POWER, base, exponent),
            _ => Ok(Obj::NULL),
        }
    }
    #[cfg(not(feature = "float"))]
    {
        let _ = (left, right);
        vm.value_error(Qstr::M_NEGATIVE_POWER)
    }
}

/// `base ** exponent`, or that modulo `modulus` unless it is NULL; the exponent is not negative. All rooted.
pub(crate) fn power(vm: &mut Vm, base: Obj, exponent: Obj, modulus: Obj) -> Res {
    let mut space = [0];
    let Some(count) = Number::of(exponent, &mut space) else { return vm.type_error(Qstr::M_BAD_OPERANDS) };
    // The result so far, and the base once more squared.
    let holder = vm.alloc(Kind::Slots, 2).kept(vm)?;
    holder.set_field(0, Obj::int(1));
    holder.set_field(1, base);
    for bit in 0..limbs::bit_length(count.limbs) {
        if bit > 0 {
            multiply_in(vm, holder, 1, modulus)?;
        }
        if count.limbs[bit / 32] >> (bit % 32) & 1 != 0 {
            multiply_in(vm, holder, 0, modulus)?;
        }
    }
    let result = if modulus == Obj::NULL { Ok(holder.field(0)) } else { ops::apply(vm, op::MODULO, holder.field(0), modulus) };
    vm.unkeep(1);
    result
}

/// Multiplies what is in field `to` by the square.
fn multiply_in(vm: &mut Vm, holder: Obj, to: usize, modulus: Obj) -> Res<()> {
    let (left, right) = (holder.field(to), holder.field(1));
    let quick = ops::quick(op::MULTIPLY, left, right);
    let mut value = if quick == Obj::NULL { ops::apply(vm, op::MULTIPLY, left, right)? } else { quick };
    if modulus != Obj::NULL {
        vm.keep(value)?;
        value = ops::apply(vm, op::MODULO, value, modulus)?;
        vm.unkeep(1);
    }
    holder.set_field(to, value);
    Ok(())
}

fn shift_left(vm: &mut Vm, a: Number, bits: usize) -> Res {
    let (whole, part) = (bits / 32, (bits % 32) as u32);
    let len = a.limbs.len() + whole + 1;
    let block = room(vm, len)?;
    let out = block.limbs_mut(1, len);
    out[..whole].fill(0);
    out[whole..len - 1].copy_from_slice(a.limbs);
    out[len - 1] = 0;
    limbs::shift_left(&mut out[whole..], part);
    Ok(finish(vm, block, a.negative, len))
}

fn shift_right(vm: &mut Vm, a: Number, bits: usize) -> Res {
    let (whole, part) = (bits / 32, (bits % 32) as u32);
    let Some(kept) = a.limbs.get(whole..).filter(|kept| !kept.is_empty()) else { return Ok(Obj::int(-i32::from(a.negative))) };
    let lost = a.limbs[..whole].iter().any(|limb| *limb != 0) || kept[0] & ((1 << part) - 1) != 0;
    let len = kept.len() + 1;
    let block = room(vm, len)?;
    let out = block.limbs_mut(1, len);
    out[..len - 1].copy_from_slice(kept);
    out[len - 1] = 0;
    limbs::shift_right(out, part);
    if a.negative && lost {
        limbs::multiply_add(out, 1, 1);
    }
    Ok(finish(vm, block, a.negative, len))
}

/// The limbs of a number in two's complement, one after another and without end.
struct Complement<'x> {
    number: Number<'x>,
    at: usize,
    carry: bool,
}

impl Complement<'_> {
    fn next(&mut self) -> u32 {
        let limb = self.number.limbs.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        if !self.number.negative {
            return limb;
        }
        let (limb, carry) = (!limb).overflowing_add(u32::from(self.carry));
        self.carry = carry;
        limb
    }
}

fn bitwise(vm: &mut Vm, operator: u8, a: Number, b: Number) -> Res {
    let combine = |left: u32, right: u32| match operator {
        op::AND => left & right,
        op::OR => left | right,
        _ => left ^ right,
    };
    let negative = combine(u32::from(a.negative), u32::from(b.negative)) != 0;
    let mut len = a.limbs.len().max(b.limbs.len()) + 1;
    if operator == op::AND && !(a.negative && b.negative) {
        // No longer than the one that is not negative.
        len = if a.negative {
            b.limbs.len()
        } else if b.negative {
            a.limbs.len()
        } else {
            a.limbs.len().min(b.limbs.len())
        };
    }
    let block = room(vm, len)?;
    let (mut left, mut right) = (Complement { number: a, at: 0, carry: true }, Complement { number: b, at: 0, carry: true });
    let out = block.limbs_mut(1, len);
    for limb in out.iter_mut() {
        *limb = combine(left.next(), right.next());
    }
    if negative {
        let mut carry = true;
        for limb in out {
            (*limb, carry) = (!*limb).overflowing_add(u32::from(carry));
        }
    }
    Ok(finish(vm, block, negative, len))
}

/// A unary operator other than `not` on a long int.
pub(crate) fn unary(vm: &mut Vm, operator: u8, value: Obj) -> Res {
    let mut space = [0];
    let Some(number) = Number::of(value, &mut space) else { return Ok(Obj::NULL) };
    match operator {
        un::NEGATIVE => from_limbs(vm, !number.negative, number.limbs),
        // ~x is -1 - x.
        un::INVERT => sum(vm, Number { negative: true, limbs: &[1] }, Number { negative: !number.negative, ..number }),
        _ => Ok(value),
    }
}

/// `abs(value)` of a long int.
pub(crate) fn magnitude(vm: &mut Vm, value: Obj) -> Res {
    if is_negative(value) { unary(vm, un::NEGATIVE, value) } else { Ok(value) }
}

pub(crate) fn is_negative(value: Obj) -> bool {
    value.raw(0) & 1 != 0
}

/// The order of two ints of either form; `None` when one is no int.
pub(crate) fn compare(left: Obj, right: Obj) -> Option<Ordering> {
    let (mut left_room, mut right_room) = ([0], [0]);
    let (a, b) = (Number::of(left, &mut left_room)?, Number::of(right, &mut right_room)?);
    Some(match (a.negative, b.negative) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => limbs::compare(a.limbs, b.limbs),
        (true, true) => limbs::compare(b.limbs, a.limbs),
    })
}

pub(crate) fn hash(value: Obj) -> u32 {
    value.limbs(1, value.raw(0) >> 1).iter().fold(u32::from(is_negative(value)), |all, limb| all.rotate_left(5) ^ limb)
}

/// Reads an int of any size, as `int::parse` does.
pub(crate) fn parse(vm: &mut Vm, text: &[u8], base: u32) -> Res {
    let Some((negative, digits, base)) = int::sign_and_base(text, base) else { return Ok(Obj::NULL) };
    let (_, per_chunk) = limbs::chunk(base);
    let len = digits.len() / per_chunk as usize + 1;
    let block = room(vm, len)?;
    let all = block.limbs_mut(1, len);
    all.fill(0);
    let (mut used, mut pending, mut factor, mut after_digit) = (0, 0, 1, false);
    for (at, byte) in digits.iter().enumerate() {
        if *byte == b'_' && after_digit {
            after_digit = false;
        } else if let Some(digit) = (*byte as char).to_digit(base) {
            (pending, factor, after_digit) = (pending * base + digit, factor * base, true);
        } else {
            vm.heap.free(block);
            return Ok(Obj::NULL);
        }
        // Limbs are multiplied when no more digits fit one, and at the end.
        if factor.checked_mul(base).is_none() || at + 1 == digits.len() {
            let over = limbs::multiply_add(&mut all[..used], factor, pending);
            if over != 0 {
                all[used] = over;
                used += 1;
            }
            (pending, factor) = (0, 1);
        }
    }
    if !after_digit {
        vm.heap.free(block);
        return Ok(Obj::NULL);
    }
    Ok(finish(vm, block, negative, len))
}

/// A rooted long int's digits in any base, as a text with its sign.
pub(crate) fn digits(vm: &mut Vm, value: Obj, base: u32) -> Res {
    let mut space = [0];
    let Some(number) = Number::of(value, &mut space) else { return vm.type_error(Qstr::M_EXPECTED_INT) };
    let work = from_copy(vm, number.limbs).kept(vm)?;
    let (power, per_chunk) = limbs::chunk(base);
    // What a bit takes at least, in digits: one for each in base 2, two thirds of that from 3 on, and so on.
    let bits_per_digit = base.ilog2() as usize;
    let most = number.limbs.len() * 32 / bits_per_digit + per_chunk as usize + 1;
    let made = str::with_room(vm, most)?;
    let out = made.bytes_mut(1, most);
    let mut at = most;
    let mut len = number.limbs.len();
    while len > 0 {
        let all = work.limbs_mut(1, len);
        let mut part = limbs::divide_small(all, power);
        len = limbs::trimmed(all).len();
        for _ in 0..per_chunk {
            let digit = (part % base) as u8;
            part /= base;
            at -= 1;
            out[at] = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            if len == 0 && part == 0 {
                break;
            }
        }
    }
    if number.negative {
        at -= 1;
        out[at] = b'-';
    }
    out.copy_within(at.., 0);
    str::shorten(vm, made, most - at);
    vm.unkeep(1);
    Ok(made)
}

/// A block with a copy of limbs, to be worked on.
fn from_copy(vm: &mut Vm, magnitude: &[u32]) -> Res {
    let block = room(vm, magnitude.len())?;
    block.limbs_mut(1, magnitude.len()).copy_from_slice(magnitude);
    Ok(block)
}

/// `value.bit_length()`.
pub(crate) fn bit_length(vm: &mut Vm, args: Args) -> Res {
    let mut space = [0];
    match Number::of(args.get(0), &mut space) {
        Some(number) => Ok(Obj::count(limbs::bit_length(number.limbs))),
        None => vm.type_error(Qstr::M_EXPECTED_INT),
    }
}

/// `pow(base, exponent, modulus)`.
pub(crate) fn power_modulo(vm: &mut Vm, args: Args) -> Res {
    let (mut first, mut second, mut third) = ([0], [0], [0]);
    let numbers = (Number::of(args.get(0), &mut first), Number::of(args.get(1), &mut second), Number::of(args.get(2), &mut third));
    let (Some(_), Some(exponent), Some(_)) = numbers else { return vm.type_error(Qstr::M_EXPECTED_INT) };
    if exponent.negative || args.get(2) == Obj::int(0) {
        return vm.value_error(Qstr::M_POWER_MODULO);
    }
    let base = ops::apply(vm, op::MODULO, args.get(0), args.get(2))?;
    args.set(0, base);
    power(vm, base, args.get(1), args.get(2))
}

/// Quotient and rest of two rooted ints, as a tuple, with one division.
pub(crate) fn divmod(vm: &mut Vm, left: Obj, right: Obj) -> Res {
    let quotient = ops::apply(vm, op::FLOOR_DIVIDE, left, right).kept(vm)?;
    let product = ops::apply(vm, op::MULTIPLY, quotient, right).kept(vm)?;
    let rest = ops::apply(vm, op::SUBTRACT, left, product).kept(vm)?;
    let pair = tuple::new(vm, &[quotient, rest]);
    vm.unkeep(3);
    pair
}

#[cfg(feature = "float")]
mod with_floats {
    use super::{LIMBS_MAX, Number, room};
    use crate::decimal::{self, Bits, Float, MANTISSA_BITS};
    use crate::limbs;
    use crate::qstr::Qstr;
    use crate::types::{T, float};
    use crate::value::{Obj, Res};
    use crate::vm::Vm;

    /// A magnitude as `mantissa * 2^exponent`, the mantissa of 64 bits; a lost bit is noted in the lowest, so that rounding sees it.
    fn scaled(all: &[u32]) -> (u64, i32) {
        let limb = |at: usize| u64::from(at.checked_sub(1).map_or(0, |at| all[at]));
        let len = all.len();
        if len <= 2 {
            return (limb(1.min(len)) | if len == 2 { limb(2) << 32 } else { 0 }, 0);
        }
        let shift = all[len - 1].leading_zeros();
        let wide = limb(len) << 32 | limb(len - 1);
        let (mut mantissa, next) = (wide << shift, limb(len - 2));
        mantissa |= (next << shift) >> 32;
        let lost = (next << shift) as u32 != 0 || all[..len - 3].iter().any(|limb| *limb != 0);
        (mantissa | u64::from(lost), (len as i32 - 2) * 32 - shift as i32)
    }

    /// `value * 2^exponent`.
    fn scale(value: Float, exponent: i32) -> Float {
        let (mut value, mut left) = (value, exponent.clamp(-2200, 2200));
        while left != 0 {
            let step = left.clamp(-100, 100);
            // A power of two as a float: nothing but its exponent.
            value *= Float::from_bits(((Float::MAX_EXP - 1 + step) as Bits) << MANTISSA_BITS);
            left -= step;
        }
        value
    }

    /// The nearest float; infinite when there is none.
    pub(crate) fn to_float(value: Obj) -> Float {
        let mut space = [0];
        let Some(number) = Number::of(value, &mut space) else { return 0.0 };
        let (mantissa, exponent) = scaled(number.limbs);
        let magnitude = scale(mantissa as Float, exponent);
        if number.negative { -magnitude } else { magnitude }
    }

    /// A finite float's whole part.
    pub(crate) fn from_float(vm: &mut Vm, value: Float) -> Res {
        let (mantissa, exponent) = decimal::parts(value);
        let shift = exponent.max(0) as usize;
        let mantissa = u64::from(mantissa) >> (-exponent).clamp(0, 63);
        let (whole, part) = (shift / 32, (shift % 32) as u32);
        let len = whole + 3;
        debug_assert!(len < LIMBS_MAX);
        let block = room(vm, len)?;
        let out = block.limbs_mut(1, len);
        out.fill(0);
        (out[whole], out[whole + 1]) = (mantissa as u32, (mantissa >> 32) as u32);
        limbs::shift_left(out, part);
        Ok(super::finish(vm, block, value < 0.0, len))
    }

    /// `a / b` as a float, also where neither is one.
    pub(crate) fn quotient(vm: &mut Vm, a: Number, b: Number) -> Res {
        if b.limbs.is_empty() {
            return Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION));
        }
        let ((left, left_exponent), (right, right_exponent)) = (scaled(a.limbs), scaled(b.limbs));
        let magnitude = scale(left as Float / right as Float, left_exponent - right_exponent);
        if magnitude.is_infinite() {
            return Err(vm.raise(T::OverflowError, Qstr::M_FLOAT_RANGE));
        }
        float::new(vm, if a.negative == b.negative { magnitude } else { -magnitude })
    }
}
#[cfg(feature = "float")]
use with_floats::quotient;
#[cfg(feature = "float")]
pub(crate) use with_floats::{from_float, to_float};
