//! Elementary functions of 32-bit floats, by integers: what a chip without a floating-point unit does best, and small, as they share their
//! kernels. Each answer is within one unit in the last place of the true one (`tan` within one and a half), over all arguments.
//!
//! A positive number is a `Wide`: 32 bits of mantissa, which leave eight for what a kernel loses. Angles are reduced with as many bits of
//! 2/π as it takes (Payne and Hanek's method); logarithms come bit by bit, by squaring; sine, cosine, arc tangent and power of two are series
//! by Horner's scheme, in which a division stands for a table of coefficients.

use crate::binary32::{BIAS, INFINITE, SIGN, pack, ratio as quotient, unpack};

/// `mantissa * 2^(exponent - 31)`.
#[derive(Clone, Copy)]
struct Wide {
    mantissa: u32,
    exponent: i32,
}

/// One, as a fraction of 31 bits.
const ONE: u32 = 1 << 31;
/// π/2, of 31 bits behind the point, and π, of 30.
const PI: u32 = 0xc90f_daa2;
const LN_2: u32 = 0x58b9_0bfc;
const LOG10_2: u32 = 0x2688_26a1;
/// Bits behind the point of a logarithm of base two.
const LOG_BITS: u32 = 55;
const LOG2_E: i64 = 0x00b8_aa3b_295c_17f1;
/// The tangent of π/8, of 31 bits behind the point.
const TAN_PI_8: u32 = 0x3504_f334;
/// 2/π behind 64 bits of nothing.
const TWO_BY_PI: [u32; 8] = [0, 0, 0xa2f9_836e, 0x4e44_1529, 0xfc27_57d1, 0xf534_ddc0, 0xdb62_9599, 0x3c43_9041];

/// The bits of a magnitude: in their order, with infinity above all numbers and nan above infinity.
fn size(value: f32) -> u32 {
    value.to_bits() & !SIGN
}

/// The bit that says whether a float is below zero.
fn sign(value: f32) -> u32 {
    value.to_bits() & SIGN
}

/// The magnitude of a number.
fn split(value: f32) -> Wide {
    let (mantissa, exponent) = unpack(value.to_bits());
    Wide { mantissa, exponent: exponent - BIAS }
}

/// The nearest float, halves to the even one, with a sign.
fn join(sign: u32, value: Wide) -> f32 {
    f32::from_bits(pack(sign, value.mantissa, value.exponent + BIAS))
}

/// A number of 64 bits, of which the upper 32 that say something stay: `value * 2^(exponent - 63)`.
fn narrow(value: u64, exponent: i32) -> Wide {
    let shift = value.leading_zeros() & 63;
    Wide { mantissa: (value << shift >> 32) as u32, exponent: exponent - shift as i32 }
}

fn times(value: Wide, fraction: u32) -> Wide {
    narrow(u64::from(value.mantissa) * u64::from(fraction), value.exponent + 1)
}

/// The same number with the highest bit of its mantissa set.
fn whole(value: Wide) -> Wide {
    let shift = value.mantissa.leading_zeros() & 31;
    Wide { mantissa: value.mantissa << shift, exponent: value.exponent - shift as i32 }
}

/// The quotient of two whole ones, of at least 31 bits, its lowest also set where something is left.
fn ratio(top: Wide, bottom: Wide) -> Wide {
    Wide { mantissa: quotient(top.mantissa, bottom.mantissa), exponent: top.exponent - bottom.exponent }
}

/// The bits of the double that is the same number.
#[cfg(feature = "packed")]
pub(crate) fn to_double(value: f32) -> u64 {
    let (sign, bits) = (u64::from(sign(value)) << 32, size(value));
    if bits == 0 {
        return sign;
    }
    let Wide { mantissa, exponent } = split(value);
    let exponent = if bits < INFINITE { exponent + 1022 } else { 0x7fe };
    // The highest bit of a mantissa counts as one more of the exponent.
    sign | ((exponent as u64) << 52) + (u64::from(mantissa) << 21)
}

/// The float nearest to a double.
#[cfg(feature = "packed")]
pub(crate) fn of_double(bits: u64) -> f32 {
    let size = bits << 1 >> 1;
    let lost = size << 43 != 0;
    let mantissa = 1 << 31 | (size >> 21) as u32 | u32::from(lost);
    let sign = (bits >> 32) as u32 & SIGN;
    if size > 0x7ff << 52 {
        return f32::from_bits(sign | f32::NAN.to_bits());
    }
    join(sign, Wide { mantissa, exponent: (size >> 52) as i32 - 1023 })
}

/// As a fixed-point number, with `bits` behind the point.
#[inline(never)]
fn fixed(value: Wide, bits: i32) -> u32 {
    value.mantissa.checked_shr((31 - bits - value.exponent) as u32).unwrap_or(0)
}

/// The upper half of a product, but for what its lowest quarter carries.
fn high(left: u32, right: u32) -> u32 {
    ((u64::from(left) * u64::from(right)) >> 32) as u32
}

fn high_long(left: u64, right: u64) -> u64 {
    let product = |left: u64, right: u64| u64::from(left as u32) * u64::from(right as u32);
    product(left >> 32, right >> 32) + (product(left >> 32, right) >> 32) + (product(left, right >> 32) >> 32)
}

/// `value * 2^exponent`, rounded once.
pub(crate) fn ldexp(value: f32, exponent: i32) -> f32 {
    if size(value) >= INFINITE {
        return value;
    }
    let Wide { mantissa, exponent: own } = split(value);
    join(sign(value), Wide { mantissa, exponent: own + exponent.clamp(-400, 400) })
}

/// `frexp`: a fraction from a half to one, and its exponent.
pub(crate) fn frexp(value: f32) -> (f32, i32) {
    if size(value).wrapping_sub(1) >= INFINITE - 1 {
        return (value, 0);
    }
    let Wide { mantissa, exponent } = split(value);
    (join(sign(value), Wide { mantissa, exponent: -1 }), exponent + 1)
}

/// `left % right` as C has it, exactly: what is left of `left`, with its sign.
pub(crate) fn fmod(left: f32, right: f32) -> f32 {
    // By zero, by a nan, of an endless one.
    if size(left) >= INFINITE || size(right).wrapping_sub(1) >= INFINITE {
        return f32::NAN;
    }
    if size(left) < size(right) {
        return left;
    }
    let (top, bottom) = (split(left), split(right));
    // Both have their highest bit set; twice what is left may take one bit more.
    let mut rest = u64::from(top.mantissa);
    let mut exponent = top.exponent;
    loop {
        if rest >= u64::from(bottom.mantissa) {
            rest -= u64::from(bottom.mantissa);
        }
        if exponent == bottom.exponent {
            break;
        }
        rest <<= 1;
        exponent -= 1;
    }
    join(sign(left), Wide { mantissa: rest as u32, exponent })
}

/// Whether it is a number above zero.
fn is_positive(value: f32) -> bool {
    value.to_bits().wrapping_sub(1) < INFINITE - 1
}

/// What functions of such numbers answer to others: the float itself, or a nan below zero.
fn of_other(value: f32) -> f32 {
    if value.to_bits() > SIGN { f32::NAN } else { value }
}

pub(crate) fn sqrt(value: f32) -> f32 {
    if !is_positive(value) {
        return of_other(value);
    }
    let Wide { mantissa, exponent } = split(value);
    // The root's 25 bits, one after the other; `twice` is the double of those that are found.
    let (mut rest, mut root, mut twice, mut bit) = (mantissa >> 7 << (exponent & 1), 0, 0, 1 << 24);
    while bit != 0 {
        if rest >= twice + bit {
            rest -= twice + bit;
            twice += 2 * bit;
            root += bit;
        }
        rest <<= 1;
        bit >>= 1;
    }
    // One bit more says whether something is left, which rounds.
    join(0, Wide { mantissa: 2 * root + u32::from(rest != 0), exponent: (exponent >> 1) + 6 })
}

/// The logarithm of base two, with `LOG_BITS` behind the point.
fn log2_fixed(Wide { mantissa, exponent }: Wide) -> i64 {
    let (mut rest, mut bits) = (u64::from(mantissa) << 32, i64::from(exponent));
    for _ in 0..LOG_BITS {
        rest = high_long(rest, rest);
        bits <<= 1;
        if rest >> 63 != 0 {
            bits |= 1;
        } else {
            rest <<= 1;
        }
    }
    bits
}

/// The logarithm of a base whose logarithm of base two is the inverse of `factor`, a fraction of 31 bits.
fn logarithm(value: f32, factor: u32) -> f32 {
    if !is_positive(value) {
        return of_other(value);
    }
    let log = log2_fixed(split(value));
    join((log >> 32) as u32 & SIGN, times(narrow(log.unsigned_abs(), 63 - LOG_BITS as i32), factor))
}

pub(crate) fn log2(value: f32) -> f32 {
    logarithm(value, ONE)
}

pub(crate) fn log(value: f32) -> f32 {
    logarithm(value, LN_2)
}

pub(crate) fn log10(value: f32) -> f32 {
    logarithm(value, LOG10_2)
}

/// `2^(power * log)`.
fn power_of_two(power: f32, log: i64) -> f32 {
    let negative = sign(power) ^ (log >> 32) as u32 & SIGN != 0;
    let (power, log) = (split(power), log.unsigned_abs());
    let shift = log.leading_zeros();
    // The product is of 62 bits behind the point, but for this:
    let exponent = power.exponent - shift as i32 + (63 - LOG_BITS as i32);
    if exponent >= 8 {
        return if negative { 0.0 } else { f32::INFINITY };
    }
    let product = high_long(u64::from(power.mantissa) << 32, log << shift);
    // With 32 bits behind the point.
    let product = product.checked_shr((30 - exponent) as u32).unwrap_or(0) as i64;
    let product = if negative { -product } else { product };
    let rest = high(product as u32, 2 * LN_2);
    let mut sum = ONE;
    for n in (1..13).rev() {
        sum = ONE + high(rest, sum) / n;
    }
    join(0, Wide { mantissa: sum, exponent: (product >> 32) as i32 })
}

pub(crate) fn exp(value: f32) -> f32 {
    if size(value) > INFINITE { value } else { power_of_two(value, LOG2_E) }
}

pub(crate) fn pow(base: f32, power: f32) -> f32 {
    const ONE: u32 = 1.0_f32.to_bits();
    let (top, below, negative) = (size(base), sign(base) != 0, sign(power) != 0);
    if base.to_bits() == ONE || size(power) == 0 {
        return 1.0;
    }
    // How many bits of a whole power are zeros, and how many there are behind the point: it is whole if these are no more, and odd if as many.
    let Wide { mantissa, exponent } = split(power);
    let (zeros, behind) = (mantissa.trailing_zeros() as i32, 31 - exponent);
    if top > INFINITE || size(power) > INFINITE || below && top < INFINITE && top != 0 && zeros < behind {
        return f32::NAN;
    }
    let made = if top == ONE {
        1.0
    } else if top == 0 || top == INFINITE || size(power) == INFINITE {
        if (top > ONE) != negative { f32::INFINITY } else { 0.0 }
    } else {
        power_of_two(power, log2_fixed(split(base)))
    };
    f32::from_bits(made.to_bits() | if zeros == behind { sign(base) } else { 0 })
}

/// `1 - t/(2*(2+step)) * (1 - t/(4*(4+step)) * …)`, of 31 bits behind the point: the cosine with -1, what the sine has beside its angle with +1.
/// `t` is the square of the angle, as a fraction of 32 bits.
fn series(square: u32, step: i32) -> u32 {
    let mut sum = ONE;
    for n in (1..7).rev() {
        sum = ONE - high(square, sum) / (2 * n * (2 * n + step)) as u32;
    }
    sum
}

/// What is wanted of an angle.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Sine,
    Cosine,
    Tangent,
}

/// Sine, cosine or tangent: from sine and cosine of the angle less the nearest multiple of π/2.
fn of_angle(value: f32, of: Of) -> f32 {
    if size(value) >= INFINITE {
        return f32::NAN;
    }
    let mut angle = split(value);
    // Whether that rest is below zero, and which multiple it was.
    let (mut below, mut quadrant) = (false, 0);
    if angle.exponent >= -1 {
        // The product of the angle and a window of 2/π, whose bits before are multiples of four and whose bits behind say nothing.
        let at = (angle.exponent + 31) as usize;
        let word = |n: usize| {
            let (high, low) = (TWO_BY_PI[at / 32 + n], TWO_BY_PI[at / 32 + n + 1]);
            ((u64::from(high) << 32 | u64::from(low)) << (at % 32) >> 32) as u32
        };
        let product = |n: usize| u64::from(angle.mantissa) * u64::from(word(n));
        let turns = (product(0) << 32).wrapping_add(product(1)).wrapping_add(product(2) >> 32);
        quadrant = (turns.wrapping_add(1 << 61) >> 62) as u32;
        let rest = (turns << 2) as i64;
        below = rest < 0;
        angle = times(narrow(rest.unsigned_abs(), -1), PI);
    }
    let fraction = fixed(angle, 32);
    let square = high(fraction, fraction);
    let mut size = times(angle, series(square, 1));
    let mut other = whole(Wide { mantissa: series(square, -1), exponent: 0 });
    // A negative angle is one mirrored, which leaves a cosine as it is; a cosine is the sine of a quarter of a turn more.
    let mut negative = sign(value) >> 31;
    if of == Of::Cosine {
        negative = 0;
        quadrant += 1;
    }
    if quadrant & 1 != 0 {
        (size, other) = (other, size);
    }
    if of == Of::Tangent {
        size = ratio(size, other);
        negative ^= quadrant ^ u32::from(below);
    } else {
        negative ^= quadrant >> 1 ^ u32::from(below) & !quadrant;
    }
    join(negative << 31, size)
}

pub(crate) fn sin(value: f32) -> f32 {
    of_angle(value, Of::Sine)
}

pub(crate) fn cos(value: f32) -> f32 {
    of_angle(value, Of::Cosine)
}

pub(crate) fn tan(value: f32) -> f32 {
    of_angle(value, Of::Tangent)
}

/// `from - angle`, with 30 bits behind the point, where that leaves enough.
#[inline(never)]
fn less(from: u32, angle: Wide) -> Wide {
    Wide { mantissa: from - fixed(angle, 30), exponent: 1 }
}

pub(crate) fn atan2(y: f32, x: f32) -> f32 {
    let (mut top, mut bottom) = (size(y), size(x));
    if top > INFINITE || bottom > INFINITE {
        return f32::NAN;
    }
    if top == INFINITE || bottom == INFINITE {
        (top, bottom) = (top / INFINITE, bottom / INFINITE);
    }
    let steep = top > bottom;
    if steep {
        (top, bottom) = (bottom, top);
    }
    // The quotient of two zeros is zero.
    let mut tangent = ratio(split(f32::from_bits(top)), split(f32::from_bits(bottom.max(1))));
    // Above π/8 it is π/4 less the angle that has this tangent:
    let near = fixed(tangent, 31);
    let far = near > TAN_PI_8;
    if far {
        tangent = ratio(whole(Wide { mantissa: ONE - near, exponent: 0 }), whole(Wide { mantissa: ONE / 2 + near / 2, exponent: 1 }));
    }
    let fraction = fixed(tangent, 32);
    let square = high(fraction, fraction);
    let mut sum = 0;
    for n in (0..13).rev() {
        sum = ONE / (2 * n + 1) - high(square, sum);
    }
    let mut angle = times(tangent, sum);
    if far {
        angle = less(PI / 4, angle);
    }
    if steep {
        angle = less(PI / 2, angle);
    }
    if sign(x) != 0 {
        angle = less(PI, angle);
    }
    join(sign(y), angle)
}

pub(crate) fn atan(value: f32) -> f32 {
    atan2(value, 1.0)
}

/// The other leg of a right triangle whose longest side is 1.
fn leg(value: f32) -> f32 {
    sqrt((1.0 - value) * (1.0 + value))
}

pub(crate) fn asin(value: f32) -> f32 {
    atan2(value, leg(value))
}

pub(crate) fn acos(value: f32) -> f32 {
    atan2(leg(value), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How far a value is from the true one, in units of its last place.
    fn off(made: f32, exact: f64) -> f64 {
        if made.is_nan() && exact.is_nan() || f64::from(made) == exact || f64::from(made) == f64::from(exact as f32) {
            return 0.0;
        }
        let unit = f64::from(2.0_f32).powi((exact.abs().log2().floor() as i32).max(-126) - 23);
        (f64::from(made) - exact).abs() / unit
    }

    /// Floats of every size and sign, and those around where things change.
    fn all() -> impl Iterator<Item = f32> {
        let step = 99_991;
        (0..u32::MAX / step).map(move |n| f32::from_bits(n * step)).chain((-4000..4000).map(|n| n as f32 / 256.0)).chain([
            0.0,
            -0.0,
            1.0,
            -1.0,
            f32::INFINITY,
        ])
    }

    fn check(name: &str, limit: f64, function: fn(f32) -> f32, exact: fn(f64) -> f64) {
        let mut worst = (0.0, 0.0);
        for value in all() {
            let error = off(function(value), exact(f64::from(value)));
            assert!(error <= limit, "{name}({value:e}) is {:e}, not {:e}: {error}", function(value), exact(f64::from(value)));
            if error > worst.0 {
                worst = (error, value);
            }
        }
        println!("{name}: {worst:?}");
    }

    #[test]
    fn functions_of_one_are_near_the_true_values() {
        check("sqrt", 0.5, sqrt, f64::sqrt);
        check("exp", 1.0, exp, f64::exp);
        check("sin", 0.6, sin, f64::sin);
        check("cos", 0.6, cos, f64::cos);
        check("tan", 0.6, tan, f64::tan);
        check("atan", 0.6, atan, f64::atan);
        check("asin", 2.0, asin, f64::asin);
        check("acos", 2.0, acos, f64::acos);
        let positive = |function: fn(f32) -> f32| function;
        for (name, function, exact) in
            [("log", positive(log), f64::ln as fn(f64) -> f64), ("log2", log2, f64::log2), ("log10", log10, f64::log10)]
        {
            for value in all().filter(|value| *value > 0.0) {
                let error = off(function(value), exact(f64::from(value)));
                assert!(error <= 0.6, "{name}({value:e}) is {:e}: {error}", function(value));
            }
        }
    }

    #[test]
    fn powers_and_angles_of_two_are_near_the_true_values() {
        let values =
            || [0.0, -0.0, 1e-40, 1.2e-7, 0.3, 0.9999999, 1.0, 1.0000001, 1.5, 2.0, 3.0, 10.0, 1e5, 16_777_215.0, 3e8, 1e38, f32::INFINITY];
        let values = || values().into_iter().chain(values().map(|value| -value));
        for left in values() {
            for right in values() {
                let (first, second) = (f64::from(left), f64::from(right));
                for (name, made, exact) in
                    [("pow", pow(left, right), first.powf(second)), ("atan2", atan2(left, right), first.atan2(second))]
                {
                    let error = off(made, exact);
                    assert!(error <= 1.2, "{name}({left:e}, {right:e}) is {made:e}, not {exact:e}: {error}");
                    assert!(made.is_nan() || made.is_sign_negative() == exact.is_sign_negative(), "sign of {name}({left:e}, {right:e})");
                }
            }
        }
        for base in 1..200_u64 {
            for exponent in 1..6 {
                let exact = base.pow(exponent);
                assert!(exact >= 1 << 24 || pow(base as f32, exponent as f32) == exact as f32, "{base} to {exponent}");
            }
        }
    }

    #[test]
    fn doubles_are_those_of_the_host() {
        for value in all().chain([f32::MIN_POSITIVE, 1e-45, f32::MAX, f32::NEG_INFINITY]).filter(|value| !value.is_nan()) {
            assert_eq!(f64::from_bits(to_double(value)), f64::from(value));
            for part in [1.0, 1.000_000_05, 1.000_000_059_604_644_8, 1.0 + f64::EPSILON, 1e-300, 1e9, 0.1] {
                let double = f64::from(value) * part;
                assert_eq!(of_double(double.to_bits()).to_bits(), (double as f32).to_bits(), "{double:e}");
            }
        }
        assert!(f64::from_bits(to_double(f32::NAN)).is_nan() && of_double(f64::NAN.to_bits()).is_nan());
    }

    #[test]
    fn scaling_rounds_once() {
        for value in all().filter(|value| value.is_finite()) {
            let (fraction, exponent) = frexp(value);
            assert!(value == 0.0 || (0.5..1.0).contains(&fraction.abs()), "{value:e}");
            assert_eq!(ldexp(fraction, exponent), value);
            for exponent in [-300, -150, -127, -60, -1, 0, 1, 100, 300] {
                assert_eq!(ldexp(value, exponent), (f64::from(value) * 2.0_f64.powi(exponent)) as f32, "{value:e} by {exponent}");
            }
        }
    }
}
