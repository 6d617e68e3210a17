//! Between floats and decimal digits, exactly: the shortest digits that read back as the same float, any given number of digits
//! correctly rounded, and the float nearest to given digits. Knows no Python values.
//!
//! All three are long division of two wide numbers (Steele and White's method for the shortest digits), so there are no tables of
//! powers and one set of four operations serves all.

use core::cmp::Ordering;

/// The float of this build.
#[cfg(not(feature = "f64"))]
pub(crate) type Float = f32;
/// The float of this build.
#[cfg(feature = "f64")]
pub(crate) type Float = f64;

#[cfg(not(feature = "f64"))]
mod layout {
    /// Bits of a float as an integer.
    pub(crate) type Bits = u32;
    pub(crate) const EXPONENT_BIAS: i32 = 127;
    /// The widest number: nineteen digits times ten to the smallest exponent.
    pub(crate) const LIMBS: usize = 8;
    pub(crate) const DIGITS_MAX: usize = 48;
    /// Powers of ten beyond which everything is zero or infinite.
    pub(crate) const TENS: (i32, i32) = (-65, 40);
}
#[cfg(feature = "f64")]
mod layout {
    /// Bits of a float as an integer.
    pub(crate) type Bits = u64;
    pub(crate) const EXPONENT_BIAS: i32 = 1023;
    /// The widest number: nineteen digits times ten to the smallest exponent.
    pub(crate) const LIMBS: usize = 38;
    pub(crate) const DIGITS_MAX: usize = 340;
    /// Powers of ten beyond which everything is zero or infinite.
    pub(crate) const TENS: (i32, i32) = (-343, 310);
}
pub(crate) use layout::{Bits, DIGITS_MAX};
use layout::{EXPONENT_BIAS, LIMBS, TENS};

/// Bits of the mantissa that are stored.
pub(crate) const MANTISSA_BITS: u32 = Float::MANTISSA_DIGITS - 1;
const HIDDEN: Bits = 1 << MANTISSA_BITS;

/// A whole number of fixed width, lowest limb first.
#[derive(Clone, Copy)]
struct Wide([u32; LIMBS]);

impl Wide {
    #[inline(never)]
    fn new(value: u64) -> Wide {
        let mut limbs = [0; LIMBS];
        (limbs[0], limbs[1]) = (value as u32, (value >> 32) as u32);
        Wide(limbs)
    }

    fn times(&mut self, factor: u32) {
        let mut carry = 0_u64;
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
    }

    /// Multiplies by powers of two and of ten; those below one are none.
    fn scale(&mut self, twos: i32, tens: i32) {
        let mut left = twos;
        while left > 0 {
            let step = left.min(31);
            self.times(1 << step);
            left -= step;
        }
        for _ in 0..tens {
            self.times(10);
        }
    }

    fn bits(&self) -> u32 {
        let top = self.0.iter().rposition(|limb| *limb != 0).unwrap_or(0);
        top as u32 * 32 + 32 - self.0[top].leading_zeros()
    }

    /// Whether it is larger than another one, or on a `tie` equal to it.
    fn beyond(&self, other: &Wide, tie: bool) -> bool {
        self.0.iter().rev().cmp(other.0.iter().rev()) as i8 + i8::from(tie) > 0
    }

    /// Takes another one away if it is not larger; whether that was so.
    fn take(&mut self, other: &Wide) -> bool {
        let fits = self.beyond(other, true);
        if fits {
            let mut borrow = 0_i64;
            for (limb, less) in self.0.iter_mut().zip(&other.0) {
                borrow += i64::from(*limb) - i64::from(*less);
                *limb = borrow as u32;
                borrow >>= 32;
            }
        }
        fits
    }
}

/// The bits of infinity.
pub(crate) const INFINITE: Bits = Float::INFINITY.to_bits();

/// The bits of a float's magnitude: in the order of their values, with infinity above all numbers and nan above infinity. To look at them takes
/// less than to compare floats, which is a call on a chip that has none.
pub(crate) fn size(value: Float) -> Bits {
    value.to_bits() & (Bits::MAX >> 1)
}

/// The order of two floats; none with a nan.
pub(crate) fn order(left: Float, right: Float) -> Option<Ordering> {
    #[cfg(not(feature = "f64"))]
    return crate::binary32::order(left.to_bits(), right.to_bits());
    #[cfg(feature = "f64")]
    left.partial_cmp(&right)
}

/// Rounded towards zero.
pub(crate) fn truncate(value: Float) -> Float {
    let before_point = (size(value) >> MANTISSA_BITS) as i32 - EXPONENT_BIAS;
    if before_point >= MANTISSA_BITS as i32 {
        return value;
    }
    let fraction = if before_point < 0 { Bits::MAX >> 1 } else { (HIDDEN - 1) >> before_point };
    Float::from_bits(value.to_bits() & !fraction)
}

/// Whether a number is a whole one.
pub(crate) fn is_whole(value: Float) -> bool {
    size(value) < INFINITE && truncate(value).to_bits() == value.to_bits()
}

/// As an int of 32 bits, rounded towards zero; what is out of range is an end of the range.
pub(crate) fn to_i32(value: Float) -> i32 {
    #[cfg(not(any(feature = "f64", target_abi = "eabihf")))]
    return crate::binary32::to_int(value.to_bits());
    #[cfg(any(feature = "f64", target_abi = "eabihf"))]
    (value as i32)
}

/// As an int of 64 bits without a sign, rounded towards zero; what is out of range is an end of the range.
#[cfg(feature = "time")]
pub(crate) fn to_u64(value: Float) -> u64 {
    #[cfg(not(any(feature = "f64", target_abi = "eabihf")))]
    return crate::binary32::to_long(value.to_bits());
    #[cfg(any(feature = "f64", target_abi = "eabihf"))]
    (value as u64)
}

/// How many digits are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The fewest that are read back as the same float.
    Shortest,
    /// So many, the first not 0.
    Digits(i32),
    /// As many as end so many places behind the point.
    Places(i32),
}

/// Decimal digits `0.DDD… * 10^point`.
pub(crate) struct Decimal {
    pub(crate) digits: [u8; DIGITS_MAX],
    pub(crate) len: usize,
    pub(crate) point: i32,
}

impl Decimal {
    pub(crate) fn new() -> Decimal {
        Decimal { digits: [b'0'; DIGITS_MAX], len: 0, point: 0 }
    }

    /// Writes the digits (as characters) of a finite float's magnitude into a new one, which is not copied so.
    #[inline(never)]
    pub(crate) fn write(&mut self, value: Float, wanted: Wanted) {
        if divide(self, value, wanted) {
            round_up(self, wanted);
        }
    }
}

/// Mantissa and exponent of a finite float's magnitude: `mantissa * 2^exponent`.
pub(crate) fn parts(value: Float) -> (Bits, i32) {
    let bits = value.to_bits();
    let exponent = ((bits >> MANTISSA_BITS) as i32) & (2 * EXPONENT_BIAS + 1);
    let mantissa = bits & (HIDDEN - 1);
    if exponent == 0 {
        (mantissa, 1 - EXPONENT_BIAS - MANTISSA_BITS as i32)
    } else {
        (mantissa | HIDDEN, exponent - EXPONENT_BIAS - MANTISSA_BITS as i32)
    }
}

/// Long division; gives whether the last digit is to be rounded up.
fn divide(made: &mut Decimal, value: Float, wanted: Wanted) -> bool {
    let (mantissa, exponent) = parts(value);
    // Zero needs no numbers as small as the smallest float's.
    let exponent = if mantissa == 0 { 0 } else { exponent };
    // The float is `rest / unit`; half the way to the neighbour below is `margin / unit`, and half the way to the one above ends at `high / unit`.
    let shortest = wanted == Wanted::Shortest;
    // What lies halfway is read back as the one of two floats that is even; where nothing is to be read back, there is no margin.
    let tie = !shortest || mantissa & 1 == 0;
    let (below, above) = match (shortest, mantissa == HIDDEN) {
        (false, _) => (0, 0),
        (true, true) => (1, 2),
        (true, false) => (2, 2),
    };
    let quarters = u64::from(mantissa) << 2;
    let (mut rest, mut margin, mut high) = (Wide::new(quarters), Wide::new(below), Wide::new(quarters + above));
    let mut unit = Wide::new(4);
    // Up to two too small: log10(2) is about 1233 / 4096.
    let bits = exponent + (Bits::BITS - mantissa.leading_zeros()) as i32;
    let mut point = ((bits - 1) * 1233) >> 12;
    rest.scale(exponent, -point);
    margin.scale(exponent, -point);
    high.scale(exponent, -point);
    unit.scale(-exponent, point);
    // While the digit before would be one more.
    while high.beyond(&unit, tie) {
        point += 1;
        unit.times(10);
    }
    if mantissa == 0 {
        point = 1;
    }
    made.point = point;
    let count = match wanted {
        Wanted::Shortest => DIGITS_MAX as i32,
        Wanted::Digits(count) => count,
        Wanted::Places(places) => point + places,
    };
    if count < 0 {
        // Zero, with as many places as wanted.
        made.point -= count;
        return false;
    }
    let mut digit = b'0';
    for place in made.digits.iter_mut().take(count as usize) {
        rest.times(10);
        margin.times(10);
        high.times(10);
        digit = b'0';
        while rest.take(&unit) {
            high.take(&unit);
            digit += 1;
        }
        *place = digit;
        made.len += 1;
        if shortest {
            let (down, up) = (margin.beyond(&rest, tie), high.beyond(&unit, tie));
            if down || up {
                rest.times(2);
                // A ten cannot come of it: then one digit fewer would have been enough.
                return up && (!down || rest.beyond(&unit, true));
            }
        }
    }
    rest.times(2);
    rest.beyond(&unit, digit & 1 != 0)
}

fn round_up(made: &mut Decimal, wanted: Wanted) {
    for digit in made.digits[..made.len].iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
    // All nines, or no digit at all.
    made.digits[0] = b'1';
    made.point += 1;
    if matches!(wanted, Wanted::Places(_)) && made.len < DIGITS_MAX {
        made.len += 1;
    }
}

/// The float nearest to `mantissa * 10^power`.
pub(crate) fn nearest(mantissa: u64, power: i32) -> Float {
    if mantissa == 0 || power < TENS.0 {
        return 0.0;
    }
    if power > TENS.1 {
        return Float::INFINITY;
    }
    let (mut rest, mut unit) = (Wide::new(mantissa), Wide::new(1));
    rest.scale(0, power);
    unit.scale(0, -power);
    let mut exponent = rest.bits() as i32 - unit.bits() as i32;
    unit.scale(exponent, 0);
    rest.scale(-exponent, 0);
    if !rest.beyond(&unit, true) {
        rest.times(2);
        exponent -= 1;
    }
    // Now `1 <= rest / unit < 2`.
    let lowest = 1 - EXPONENT_BIAS;
    if exponent > EXPONENT_BIAS {
        return Float::INFINITY;
    }
    if exponent < lowest {
        // Floats below the smallest normal one have fewer bits, as if their first were zeros.
        let zeros = lowest - exponent;
        if zeros > MANTISSA_BITS as i32 + 1 {
            return 0.0;
        }
        unit.scale(zeros, 0);
        exponent = lowest;
    }
    let mut made: Bits = 0;
    for _ in 0..=MANTISSA_BITS {
        made = made << 1 | Bits::from(rest.take(&unit));
        rest.times(2);
    }
    made += Bits::from(rest.beyond(&unit, made & 1 != 0));
    // A mantissa that became one bit longer carries into the exponent, as it should.
    Float::from_bits(made + (((exponent - lowest) as Bits) << MANTISSA_BITS))
}

/// Reads a float as `float(text)` has it: whitespace around it, `_` between digits, `inf`, `nan`.
pub(crate) fn parse(text: &[u8]) -> Option<Float> {
    let (negative, text) = match text.trim_ascii() {
        [sign @ (b'+' | b'-'), rest @ ..] => (*sign == b'-', rest),
        text => (false, text),
    };
    let magnitude = if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
        Float::INFINITY
    } else if text.eq_ignore_ascii_case(b"nan") {
        Float::NAN
    } else {
        parse_digits(text)?
    };
    Some(if negative { -magnitude } else { magnitude })
}

fn parse_digits(text: &[u8]) -> Option<Float> {
    /// Where a digit stands.
    #[derive(Clone, Copy, PartialEq)]
    enum Part {
        Whole,
        BehindPoint,
        Exponent,
    }
    // More than any power that matters.
    const EXPONENT_MAX: i32 = 20_000;
    let (mut mantissa, mut power, mut exponent, mut negative) = (0_u64, 0_i32, 0_i32, false);
    let (mut part, mut any, mut last) = (Part::Whole, false, b'_');
    for (at, byte) in text.iter().enumerate() {
        match *byte {
            byte @ b'0'..=b'9' => {
                any = true;
                let digit = byte - b'0';
                if part == Part::Exponent {
                    exponent = (exponent * 10 + i32::from(digit)).min(EXPONENT_MAX);
                } else if mantissa < u64::MAX / 10 - 1 {
                    mantissa = mantissa * 10 + u64::from(digit);
                    power -= i32::from(part == Part::BehindPoint);
                } else {
                    // Too many digits to keep; that there are some more still decides a tie.
                    mantissa |= u64::from(digit != 0);
                    power += i32::from(part == Part::Whole);
                }
            }
            b'.' if part == Part::Whole => part = Part::BehindPoint,
            b'_' if last.is_ascii_digit() && text.get(at + 1).is_some_and(u8::is_ascii_digit) => {}
            b'e' | b'E' if any && part != Part::Exponent => (part, any) = (Part::Exponent, false),
            b'+' | b'-' if matches!(last, b'e' | b'E') => negative = *byte == b'-',
            _ => return None,
        }
        last = *byte;
    }
    any.then(|| nearest(mantissa, power + if negative { -exponent } else { exponent }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(value: Float, wanted: Wanted) -> Decimal {
        let mut made = Decimal::new();
        made.write(value, wanted);
        made
    }

    fn shortest(value: Float) -> String {
        let made = digits(value, Wanted::Shortest);
        format!("0.{}e{}", core::str::from_utf8(&made.digits[..made.len]).expect("digits"), made.point)
    }

    /// A sequence that covers all exponents and looks random.
    fn floats(count: u64) -> impl Iterator<Item = Float> {
        (0..count)
            .map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23).wrapping_mul(0xd134_2543_de82_ef95))
            .map(|bits| Float::from_bits((bits >> (64 - Bits::BITS)) as Bits))
            .filter(|value| value.is_finite())
            .map(Float::abs)
    }

    #[test]
    fn shortest_digits_are_those_of_the_host() {
        for value in floats(20_000).chain([1.0, 0.1, 1e23, Float::MAX, Float::MIN_POSITIVE, Float::from_bits(1)]) {
            let host = format!("{value:e}");
            let (mantissa, power) = host.split_once('e').expect("an exponent");
            let point = power.parse::<i32>().expect("a number") + 1;
            assert_eq!(shortest(value), format!("0.{}e{point}", mantissa.replace('.', "")), "{value:e}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for value in floats(20_000) {
            assert_eq!(parse(format!("{value:e}").as_bytes()), Some(value), "{value:e}");
            assert_eq!(parse(format!("{value}").as_bytes()), Some(value), "{value}");
        }
    }

    #[test]
    fn long_digits_are_read_as_the_host_reads_them() {
        for (n, value) in floats(5_000).enumerate() {
            let text = format!("{value:.*e}", n % 18);
            assert_eq!(parse(text.as_bytes()), text.parse().ok(), "{text}");
        }
        for text in ["1e400", "1e-400", "0e99999999999", "1.17549435e-38", "2.2250738585072011e-308", "8.5e-46", "7.0e-46"] {
            assert_eq!(parse(text.as_bytes()), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn rounding_to_places_is_exact() {
        for (n, value) in floats(20_000).enumerate() {
            let places = n % 6;
            if value > 1e15 {
                continue;
            }
            let made = digits(value, Wanted::Places(places as i32));
            let host = format!("{value:.places$}").replace('.', "");
            let ours = core::str::from_utf8(&made.digits[..made.len]).expect("digits");
            assert_eq!(ours.trim_start_matches('0'), host.trim_start_matches('0'), "{value:e} to {places}");
        }
    }

    #[test]
    fn what_is_no_float_is_refused() {
        for text in ["", ".", "e5", "1e", "1e+", "1__0", "_1", "1_", "1.2.3", "0x10", "1 2", "infi", "--1", "1e1_0x"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        for (text, value) in
            [(" 1.5\n", 1.5), ("-.5", -0.5), ("5.", 5.0), ("1_000.25", 1000.25), ("+1E2", 100.0), ("-inf", Float::NEG_INFINITY)]
        {
            assert_eq!(parse(text.as_bytes()), Some(value), "{text}");
        }
        assert!(parse(b"nan").is_some_and(Float::is_nan));
    }
}
