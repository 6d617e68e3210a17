//! Arithmetic of IEEE 754's binary32 by integers, for chips without a floating-point unit: every result is the nearest float, halves to the
//! even one. Knows no Python values.
//!
//! A float is its bits in here, and no float is computed with: on such a chip the compiler turns that into calls of these very functions
//! (`pyrite_port` gives them their names). They have in common how a float is taken apart and how it is rounded and put together again;
//! the compiler's own library, which serves all sizes of floats, has both in each of them. Any nan stands for all of them.

use core::cmp::Ordering;

use crate::limbs::divide_two;

/// The bit of a sign.
pub(crate) const SIGN: u32 = 1 << 31;
/// The bits of infinity; any magnitude above is a nan.
pub(crate) const INFINITE: u32 = 0xff << 23;
const NAN: u32 = 0x1ff << 22;
/// The exponent of one, as it is stored.
pub(crate) const BIAS: i32 = 127;
/// The stored exponent of infinity and nan.
const ENDLESS: i32 = 255;

/// Whether the bits are those of a nan.
fn is_nan(bits: u32) -> bool {
    bits << 1 > INFINITE << 1
}

/// A magnitude's mantissa, its highest bit set, and the stored exponent, which for subnormal floats goes on below 1. The mantissa of zero is zero.
pub(crate) fn unpack(bits: u32) -> (u32, i32) {
    let exponent = bits >> 23 & 0xff;
    if exponent != 0 {
        return (bits << 8 | SIGN, exponent as i32);
    }
    let shift = (bits << 9).leading_zeros();
    (bits << 9 << (shift & 31), -(shift as i32))
}

/// `mantissa >> bits`; what is lost leaves its trace in the lowest bit, so that there is one rounding in the end.
fn shifted(mantissa: u32, bits: i32) -> u32 {
    let bits = bits.min(31) as u32;
    mantissa >> bits | u32::from(mantissa << 1 << (31 - bits) != 0)
}

/// The float nearest to a mantissa with that exponent, which is the stored one if the mantissa's highest bit is set.
pub(crate) fn pack(sign: u32, mantissa: u32, exponent: i32) -> u32 {
    let shift = mantissa.leading_zeros();
    if shift == 32 {
        return sign;
    }
    let (mut mantissa, mut exponent) = (mantissa << shift, exponent - shift as i32);
    if exponent >= ENDLESS {
        return sign | INFINITE;
    }
    if exponent < 1 {
        mantissa = shifted(mantissa, 1 - exponent);
        exponent = 1;
    }
    let kept = mantissa >> 8;
    let more = ((mantissa & 0xff) + 0x7f + (kept & 1)) >> 8;
    // The highest bit of a mantissa counts as one more of the exponent.
    sign + ((exponent as u32 - 1) << 23) + kept + more
}

/// `left + right`.
pub fn add(left: u32, right: u32) -> u32 {
    let (large, small) = if left << 1 >= right << 1 { (left, right) } else { (right, left) };
    let ((mantissa, exponent), (less, small_exponent)) = (unpack(large), unpack(small));
    if exponent == ENDLESS {
        return if large ^ small == SIGN { NAN } else { large };
    }
    let (mantissa, less) = (mantissa >> 1, shifted(less >> 1, exponent - small_exponent));
    let (sum, sign) = if (large ^ small) & SIGN == 0 {
        (mantissa + less, large & SIGN)
    } else if mantissa == less {
        (0, 0)
    } else {
        (mantissa - less, large & SIGN)
    };
    pack(sign, sum, exponent + 1)
}

/// `left * right`.
pub fn multiply(left: u32, right: u32) -> u32 {
    let sign = (left ^ right) & SIGN;
    let ((first, exponent), (second, more)) = (unpack(left), unpack(right));
    if exponent == ENDLESS || more == ENDLESS {
        // A nan, or infinity times zero.
        let odd = |bits: u32| (bits << 1).wrapping_sub(1) >= INFINITE << 1;
        return if odd(left) || odd(right) { NAN } else { sign | INFINITE };
    }
    let product = u64::from(first) * u64::from(second);
    pack(sign, (product >> 32) as u32 | u32::from(product as u32 != 0), exponent + more + 1 - BIAS)
}

/// `left / right`.
pub fn divide(left: u32, right: u32) -> u32 {
    let ((top, exponent), (bottom, less)) = (unpack(left), unpack(right));
    if top == 0 || bottom == 0 || exponent == ENDLESS || less == ENDLESS {
        // As zero and infinity are each other's inverse, and what else there is does not change the left one's size, it is a product.
        return multiply(left, if right << 9 == 0 { right ^ INFINITE } else { right });
    }
    pack((left ^ right) & SIGN, ratio(top, bottom), exponent - less + BIAS)
}

/// The quotient of two whole mantissas, with 31 bits behind the point; its lowest is also set where something is left.
pub(crate) fn ratio(top: u32, bottom: u32) -> u32 {
    let (quotient, rest) = divide_two(top >> 1, top << 31, bottom);
    quotient | u32::from(rest != 0)
}

/// The order of two floats; none with a nan.
pub fn order(left: u32, right: u32) -> Option<Ordering> {
    if is_nan(left) || is_nan(right) {
        return None;
    }
    // Both zeros are 0.
    let key = |bits: u32| if bits & SIGN == 0 { bits as i32 } else { -((bits & !SIGN) as i32) };
    Some(key(left).cmp(&key(right)))
}

/// An int as a float.
pub fn of_int(value: i32) -> u32 {
    pack(value as u32 & SIGN, value.unsigned_abs(), BIAS + 31)
}

/// An int without a sign as a float.
pub fn of_unsigned(value: u32) -> u32 {
    pack(0, value, BIAS + 31)
}

/// An int of 64 bits without a sign as a float.
pub fn of_long(value: u64) -> u32 {
    let (mut value, mut exponent) = (value, BIAS + 31);
    while value >> 32 != 0 {
        value = value >> 1 | value & 1;
        exponent += 1;
    }
    pack(0, value as u32, exponent)
}

/// A float as an int, rounded towards zero; what is out of range is the end of the range that it is nearest to, nan is 0.
pub fn to_int(bits: u32) -> i32 {
    let size = to_unsigned(bits & !SIGN);
    if bits & SIGN != 0 { size.min(SIGN).wrapping_neg() as i32 } else { size.min(SIGN - 1) as i32 }
}

/// The same without a sign: what is below zero is 0.
pub fn to_unsigned(bits: u32) -> u32 {
    u32::try_from(to_long(bits)).unwrap_or(u32::MAX)
}

/// The same with 64 bits.
pub fn to_long(bits: u32) -> u64 {
    let (mantissa, exponent) = unpack(bits);
    // Of a mantissa with 63 bits behind the point.
    let lost = BIAS + 63 - exponent;
    if bits & SIGN != 0 || is_nan(bits) {
        return 0;
    }
    if lost < 0 { u64::MAX } else { (u64::from(mantissa) << 32).checked_shr(lost as u32).unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zeros, subnormal floats, the ends of the normal ones, infinity, nan; ones whose sums, products and quotients lie halfway; ends of ints.
    fn special() -> Vec<u32> {
        let sizes = [
            0,
            1,
            2,
            3,
            0x3f_ffff,
            0x40_0000,
            0x7f_fffe,
            0x7f_ffff,
            0x80_0000,
            0x80_0001,
            0xff_ffff,
            0x100_0000,
            0x100_0001,
            0x0c00_0000,
            0x1f80_0000,
            0x2000_0001,
            0x3300_0000,
            0x3380_0000,
            0x3380_0001,
            0x33ff_ffff,
            0x3400_0000,
            0x3480_0000,
            0x3eaa_aaab,
            0x3f00_0000,
            0x3f00_0001,
            0x3f7f_fffe,
            0x3f7f_ffff,
            0x3f80_0000,
            0x3f80_0001,
            0x3f80_0002,
            0x3f80_0003,
            0x3fff_ffff,
            0x4000_0000,
            0x4040_0000,
            0x40a0_0000,
            0x4b00_0000,
            0x4b00_0001,
            0x4b7f_ffff,
            0x4b80_0000,
            0x4b80_0001,
            0x4c00_0001,
            0x4eff_ffff,
            0x4f00_0000,
            0x4f00_0001,
            0x4f7f_ffff,
            0x4f80_0000,
            0x5eff_ffff,
            0x5f00_0000,
            0x5f7f_ffff,
            0x5f80_0000,
            0x7e7f_ffff,
            0x7e80_0000,
            0x7eff_ffff,
            0x7f00_0000,
            0x7f7f_fffe,
            0x7f7f_ffff,
            INFINITE,
            INFINITE + 1,
            NAN,
            !SIGN,
        ];
        sizes.into_iter().chain(sizes.map(|size| size | SIGN)).collect()
    }

    /// Numbers that look random, always the same.
    fn random(seed: u64) -> impl Iterator<Item = u64> {
        let mut state = seed;
        core::iter::repeat_with(move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ mixed >> 31
        })
    }

    /// Special pairs, any pairs, and pairs of like size, whose sums lose bits or all but a few.
    fn pairs() -> impl Iterator<Item = (u32, u32)> {
        let all = special();
        let twos: Vec<_> = all.iter().flat_map(|left| all.iter().map(|right| (*left, *right))).collect();
        let any = random(1).take(3_000_000).map(|bits| (bits as u32, (bits >> 32) as u32));
        let like = random(2).take(3_000_000).map(|bits| {
            let left = bits as u32;
            (left, left.wrapping_add((((bits >> 32) % 64) as u32) << 23) ^ (bits >> 40) as u32 & (SIGN | 0x7f_ffff))
        });
        twos.into_iter().chain(any).chain(like)
    }

    #[track_caller]
    fn same(made: u32, exact: f32, what: &str, left: u32, right: u32) {
        assert!(
            made == exact.to_bits() || is_nan(made) && exact.is_nan(),
            "{left:#x} {what} {right:#x} is {made:#x}, not {:#x}",
            exact.to_bits()
        );
    }

    #[test]
    fn arithmetic_is_that_of_the_host() {
        for (left, right) in pairs() {
            let (first, second) = (f32::from_bits(left), f32::from_bits(right));
            same(add(left, right), first + second, "+", left, right);
            same(multiply(left, right), first * second, "*", left, right);
            same(divide(left, right), first / second, "/", left, right);
            assert_eq!(order(left, right), first.partial_cmp(&second), "{left:#x} {right:#x}");
        }
    }

    #[test]
    fn conversions_are_those_of_the_host() {
        for bits in special().into_iter().chain(random(3).take(3_000_000).map(|bits| bits as u32)) {
            let value = f32::from_bits(bits);
            assert_eq!(to_int(bits), value as i32, "{value:e}");
            assert_eq!(to_unsigned(bits), value as u32, "{value:e}");
            assert_eq!(to_long(bits), value as u64, "{value:e}");
        }
        let shifted = random(4).take(3_000_000).map(|value| value >> (value & 63));
        let halfway = (0..40).flat_map(|shift| [0x100_0001_u64, 0x100_0002, 0x100_0003, 0x1ff_ffff].map(|value| value << shift));
        let near = halfway.flat_map(|value| [value - 1, value, value + 1]);
        for value in shifted.chain(near).chain([0, 1, u64::MAX, 1 << 31, 1 << 32, 1 << 63]) {
            same(of_long(value), value as f32, "of", 0, value as u32);
            same(of_unsigned(value as u32), value as u32 as f32, "of", 0, value as u32);
            same(of_int(value as i32), value as i32 as f32, "of", 0, value as u32);
        }
    }
}
