//! Arithmetic of small ints as tagged words: twice the value plus one, so that a word overflows 32 bits exactly when its value leaves 31.
//! None where the result is no small int, or the general way has more to say.

/// The sum.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn add(left: i32, right: i32) -> Option<i32> {
    left.checked_add(right - 1)
}

/// The difference.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn subtract(left: i32, right: i32) -> Option<i32> {
    left.checked_sub(right - 1)
}

/// The product.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn multiply(left: i32, right: i32) -> Option<i32> {
    // A core without long multiplication: most factors are short.
    #[cfg(all(target_arch = "arm", not(target_feature = "thumb2")))]
    if left == i32::from(left as i16) && right == i32::from(right as i16) {
        return Some((left - 1).wrapping_mul(right >> 1) | 1);
    }
    (left - 1).checked_mul(right >> 1).map(|product| product | 1)
}

/// The remainder, for a divisor above zero; it is never negative.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn modulo(left: i32, right: i32) -> Option<i32> {
    if right <= 1 {
        return None;
    }
    let (divisor, remainder) = (right >> 1, (left >> 1).wrapping_rem(right >> 1));
    Some((if remainder < 0 { remainder + divisor } else { remainder }) << 1 | 1)
}

/// The quotient, rounded down, for a divisor above zero.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn floor_divide(left: i32, right: i32) -> Option<i32> {
    if right <= 1 {
        return None;
    }
    Some((left >> 1).div_euclid(right >> 1) << 1 | 1)
}

/// The bits of both.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn and(left: i32, right: i32) -> Option<i32> {
    Some(left & right)
}

/// The bits of either.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn xor(left: i32, right: i32) -> Option<i32> {
    Some((left ^ right) | 1)
}

/// Shifted to the right, by no negative number of bits.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn shift_right(left: i32, right: i32) -> Option<i32> {
    if right < 0 {
        return None;
    }
    Some((left >> (right >> 1).min(31)) | 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tagged_word_is_that_of_the_result_or_none() {
        type Operation = fn(i32, i32) -> Option<i32>;
        let check = |op: Operation, left: i32, right: i32, result: Option<i32>| {
            assert_eq!(op(left << 1 | 1, right << 1 | 1), result.map(|value| value << 1 | 1), "{left} and {right}");
        };
        let (least, most) = (-(1 << 30), (1 << 30) - 1);
        check(add, most - 1, 1, Some(most));
        check(add, most, 1, None);
        check(subtract, least + 1, 1, Some(least));
        check(subtract, least, 1, None);
        check(multiply, -(1 << 15), 1 << 15, Some(least));
        check(multiply, 1 << 15, 1 << 15, None);
        check(modulo, -7, 3, Some(2));
        check(modulo, 7, 0, None);
        check(modulo, 7, -3, None);
        check(floor_divide, -7, 3, Some(-3));
        check(floor_divide, least, 1, Some(least));
        check(floor_divide, 7, 0, None);
        check(and, -2, 7, Some(6));
        check(xor, -2, 7, Some(-7));
        check(shift_right, -7, 1, Some(-4));
        check(shift_right, -7, 1000, Some(-1));
        check(shift_right, 1, -1, None);
    }
}
