//! Arithmetic on magnitudes: slices of 32-bit limbs, the lowest first. Knows no Python values and allocates nothing.
//!
//! A slice that is read may have zeros at its high end; where a result is written, the caller gives as much room as is said.

use core::cmp::Ordering;

/// The slice without zeros at its high end.
pub(crate) fn trimmed(limbs: &[u32]) -> &[u32] {
    let len = limbs.iter().rposition(|limb| *limb != 0).map_or(0, |top| top + 1);
    &limbs[..len]
}

/// Order of two trimmed magnitudes.
pub(crate) fn compare(left: &[u32], right: &[u32]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.iter().rev().cmp(right.iter().rev()))
}

/// `out = left + right`; `left` is the longer, `out` one limb longer still.
pub(crate) fn add(out: &mut [u32], left: &[u32], right: &[u32]) {
    let mut carry = 0_u64;
    for (at, limb) in left.iter().enumerate() {
        carry += u64::from(*limb) + u64::from(right.get(at).copied().unwrap_or(0));
        out[at] = carry as u32;
        carry >>= 32;
    }
    out[left.len()] = carry as u32;
}

/// `out = left - right`, which is not negative; `out` is as long as `left`.
pub(crate) fn subtract(out: &mut [u32], left: &[u32], right: &[u32]) {
    let mut borrow = 0_i64;
    for (at, limb) in left.iter().enumerate() {
        borrow += i64::from(*limb) - i64::from(right.get(at).copied().unwrap_or(0));
        out[at] = borrow as u32;
        borrow >>= 32;
    }
}

/// `out = left * right`; `out` is as long as both together.
pub(crate) fn multiply(out: &mut [u32], left: &[u32], right: &[u32]) {
    out.fill(0);
    for (at, factor) in left.iter().enumerate() {
        let mut carry = 0_u32;
        let (row, above) = out[at..].split_at_mut(right.len());
        for (to, limb) in row.iter_mut().zip(right) {
            // Never overflows: (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1.
            let sum = u64::from(*factor) * u64::from(*limb) + u64::from(*to) + u64::from(carry);
            *to = sum as u32;
            carry = (sum >> 32) as u32;
        }
        above[0] = carry;
    }
}

/// `limbs = limbs * factor + more`; what does not fit is given back.
pub(crate) fn multiply_add(limbs: &mut [u32], factor: u32, more: u32) -> u32 {
    let mut carry = more;
    for limb in limbs {
        let sum = u64::from(*limb) * u64::from(factor) + u64::from(carry);
        *limb = sum as u32;
        carry = (sum >> 32) as u32;
    }
    carry
}

/// Two limbs by one whose highest bit is set, in halves of 16 bits: most cores divide 32 bits by 32 only. `high < divisor`.
pub(crate) fn divide_two(high: u32, low: u32, divisor: u32) -> (u32, u32) {
    let (top, bottom) = (divisor >> 16, divisor & 0xffff);
    let half = |rest: u32, next: u32| {
        let (mut quotient, mut left) = (rest / top, rest % top);
        while quotient >> 16 != 0 || quotient * bottom > (left << 16 | next) {
            quotient -= 1;
            left += top;
            if left >> 16 != 0 {
                break;
            }
        }
        (quotient, (rest << 16 | next).wrapping_sub(quotient.wrapping_mul(divisor)))
    };
    let (upper, rest) = half(high, low >> 16);
    let (lower, rest) = half(rest, low & 0xffff);
    (upper << 16 | lower, rest)
}

/// `limbs = limbs / divisor`; gives what is left.
pub(crate) fn divide_small(limbs: &mut [u32], divisor: u32) -> u32 {
    let mut rest = 0_u32;
    if divisor < 1 << 16 {
        for limb in limbs.iter_mut().rev() {
            let upper = rest << 16 | *limb >> 16;
            let lower = (upper % divisor) << 16 | *limb & 0xffff;
            rest = lower % divisor;
            *limb = (upper / divisor) << 16 | lower / divisor;
        }
        return rest;
    }
    let shift = divisor.leading_zeros();
    let divisor = divisor << shift;
    // Every limb is shifted as it is taken; `rest` is shifted all the way.
    let upper = |limb: u32| if shift == 0 { 0 } else { limb >> (32 - shift) };
    rest = limbs.last().map_or(0, |limb| upper(*limb));
    for at in (0..limbs.len()).rev() {
        let low = limbs[at] << shift | if at > 0 { upper(limbs[at - 1]) } else { 0 };
        (limbs[at], rest) = divide_two(rest, low, divisor);
    }
    rest >> shift
}

/// `value / divisor`: no core divides 64 bits, and the compiler's own function for that is a large one.
#[cfg(feature = "time")]
pub(crate) fn quotient(value: u64, divisor: u32) -> u64 {
    let mut limbs = [value as u32, (value >> 32) as u32];
    divide_small(&mut limbs, divisor);
    u64::from(limbs[1]) << 32 | u64::from(limbs[0])
}

/// Long division. `rest` is the dividend with a zero limb more at its high end and becomes what is left; `divisor` has two limbs or more;
/// `quotient` is as long as `rest` less `divisor`, which is left shifted.
pub(crate) fn divide(quotient: &mut [u32], rest: &mut [u32], divisor: &mut [u32]) {
    let n = divisor.len();
    let shift = divisor[n - 1].leading_zeros();
    shift_left(divisor, shift);
    shift_left(rest, shift);
    let (top, second) = (divisor[n - 1], divisor[n - 2]);
    for at in (0..quotient.len()).rev() {
        let (high, middle, low) = (rest[at + n], rest[at + n - 1], rest[at + n - 2]);
        // An estimate that is at most one too large, after a look at the second limb.
        let (mut guess, mut over) = if high >= top {
            (u32::MAX, middle.checked_add(top))
        } else {
            let (guess, over) = divide_two(high, middle, top);
            (guess, Some(over))
        };
        while let Some(left) = over {
            if u64::from(guess) * u64::from(second) <= (u64::from(left) << 32 | u64::from(low)) {
                break;
            }
            guess -= 1;
            over = left.checked_add(top);
        }
        if take_away(&mut rest[at..=at + n], divisor, guess) {
            guess -= 1;
            give_back(&mut rest[at..=at + n], divisor);
        }
        quotient[at] = guess;
    }
    shift_right(rest, shift);
}

/// `rest -= divisor * factor`; true when that was too much.
fn take_away(rest: &mut [u32], divisor: &[u32], factor: u32) -> bool {
    let (mut carry, mut borrow) = (0_u32, false);
    let (row, above) = rest.split_at_mut(divisor.len());
    for (limb, part) in row.iter_mut().zip(divisor) {
        let product = u64::from(*part) * u64::from(factor) + u64::from(carry);
        carry = (product >> 32) as u32;
        let (first, under) = limb.overflowing_sub(product as u32);
        let (second, under_again) = first.overflowing_sub(u32::from(borrow));
        (*limb, borrow) = (second, under || under_again);
    }
    let (first, under) = above[0].overflowing_sub(carry);
    let (second, under_again) = first.overflowing_sub(u32::from(borrow));
    above[0] = second;
    under || under_again
}

fn give_back(rest: &mut [u32], divisor: &[u32]) {
    let mut carry = 0_u64;
    for (at, limb) in rest.iter_mut().enumerate() {
        carry += u64::from(*limb) + u64::from(divisor.get(at).copied().unwrap_or(0));
        *limb = carry as u32;
        carry >>= 32;
    }
}

/// Shifts by less than 32 bits; what goes over the high end is lost.
pub(crate) fn shift_left(limbs: &mut [u32], bits: u32) {
    if bits == 0 {
        return;
    }
    let mut carry = 0;
    for limb in limbs {
        let next = *limb >> (32 - bits);
        *limb = *limb << bits | carry;
        carry = next;
    }
}

/// Shifts by less than 32 bits.
pub(crate) fn shift_right(limbs: &mut [u32], bits: u32) {
    if bits == 0 {
        return;
    }
    let mut carry = 0;
    for limb in limbs.iter_mut().rev() {
        let next = *limb << (32 - bits);
        *limb = *limb >> bits | carry;
        carry = next;
    }
}

/// How many bits a trimmed magnitude has.
pub(crate) fn bit_length(limbs: &[u32]) -> usize {
    limbs.last().map_or(0, |top| limbs.len() * 32 - top.leading_zeros() as usize)
}

/// The largest power of `base` that is less than 2^32, and which power that is.
pub(crate) fn chunk(base: u32) -> (u32, u32) {
    let (mut power, mut count) = (base, 1);
    while let Some(next) = power.checked_mul(base) {
        (power, count) = (next, count + 1);
    }
    (power, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Limbs that look random, with many zeros and ones among them.
    fn limbs(seed: u64, len: usize) -> Vec<u32> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match state >> 61 {
                0 => 0,
                1 => u32::MAX,
                2 => 1 << 31,
                _ => (state >> 24) as u32,
            }
        };
        let mut made: Vec<u32> = (0..len).map(|_| next()).collect();
        if let Some(top) = made.last_mut() {
            *top |= 1;
        }
        made
    }

    #[test]
    fn quotient_times_divisor_and_the_rest_is_the_dividend() {
        for seed in 0..5_000 {
            let (n, m) = (2 + seed as usize % 5, seed as usize / 5 % 7);
            let dividend = limbs(seed, n + m);
            let mut divisor = limbs(seed + 77_777, n);
            let mut rest = dividend.clone();
            rest.push(0);
            let mut quotient = vec![0; m + 1];
            let before = divisor.clone();
            divide(&mut quotient, &mut rest, &mut divisor);
            let divisor = before;
            assert_eq!(compare(trimmed(&rest), trimmed(&divisor)), Ordering::Less, "seed {seed}");
            let mut product = vec![0; quotient.len() + n];
            multiply(&mut product, &quotient, &divisor);
            let mut sum = vec![0; product.len() + 1];
            add(&mut sum, &product, &rest[..n]);
            assert_eq!(trimmed(&sum), trimmed(&dividend), "seed {seed}");
        }
    }

    #[test]
    fn dividing_by_one_limb_is_undone_by_multiplying() {
        for seed in 0..5_000 {
            let dividend = limbs(seed, 1 + seed as usize % 6);
            let divisor = (limbs(seed + 5, 1)[0] >> (seed % 32)).max(1);
            let mut quotient = dividend.clone();
            let rest = divide_small(&mut quotient, divisor);
            assert!(rest < divisor);
            assert_eq!(multiply_add(&mut quotient, divisor, rest), 0);
            assert_eq!(quotient, dividend, "by {divisor}");
        }
    }

    #[test]
    fn subtracting_undoes_adding() {
        for seed in 0..1_000 {
            let (left, right) = (limbs(seed, 3 + seed as usize % 3), limbs(seed + 9, 1 + seed as usize % 3));
            let mut sum = vec![0; left.len() + 1];
            add(&mut sum, &left, &right);
            let mut back = vec![0; sum.len()];
            subtract(&mut back, &sum, &right);
            assert_eq!(trimmed(&back), trimmed(&left));
        }
    }

    #[test]
    fn chunks_are_the_largest_that_fit() {
        assert_eq!((chunk(10), chunk(16), chunk(2)), ((1_000_000_000, 9), (1 << 28, 7), (1 << 31, 31)));
    }
}
