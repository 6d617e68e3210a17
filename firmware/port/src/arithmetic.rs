//! Division and long multiplication for ARM cores that have no instruction for them (ARMv6-M: Cortex-M0 and M0+), under the names the run-time
//! ABI gives them. The compiler calls them; the linker prefers them to those of its own library, which are written for all machines and need
//! two to three times as many instructions for the small quotients that programs mostly have.
//!
//! Source of names and conventions: "Run-time ABI for the Arm Architecture", 4.3.1 (integer division): quotient in r0, remainder in r1, which
//! is how a `u64` is given back, low word first.

/// One bit of the quotient: takes `divisor << bit` off where it fits.
macro_rules! bits {
    ($rest:ident, $quotient:ident, $divisor:ident: $($bit:literal)*) => {
        $(if $rest >> $bit >= $divisor {
            $rest -= $divisor << $bit;
            $quotient += 1 << $bit;
        })*
    };
}

/// Quotient and remainder by long division; bits that the quotient cannot have are skipped eight or four at a time. By zero: all ones.
#[inline(always)]
fn divide(dividend: u32, divisor: u32) -> (u32, u32) {
    let (mut rest, mut quotient) = (dividend, 0);
    if divisor == 0 {
        return (u32::MAX, dividend);
    }
    if rest >> 8 >= divisor {
        if rest >> 16 >= divisor {
            if rest >> 24 >= divisor {
                bits!(rest, quotient, divisor: 31 30 29 28 27 26 25 24);
            }
            bits!(rest, quotient, divisor: 23 22 21 20 19 18 17 16);
        }
        if rest >> 12 >= divisor {
            bits!(rest, quotient, divisor: 15 14 13 12);
        }
        bits!(rest, quotient, divisor: 11 10 9 8);
    }
    if rest >> 4 >= divisor {
        bits!(rest, quotient, divisor: 7 6 5 4);
    }
    bits!(rest, quotient, divisor: 3 2 1 0);
    (quotient, rest)
}

#[inline(always)]
const fn pair(quotient: u32, remainder: u32) -> u64 {
    quotient as u64 | (remainder as u64) << 32
}

// SAFETY: the name's meaning and convention are those of the run-time ABI, which the compiler counts on.
#[unsafe(no_mangle)]
#[optimize(speed)]
extern "C" fn __aeabi_uidivmod(dividend: u32, divisor: u32) -> u64 {
    let (quotient, remainder) = divide(dividend, divisor);
    pair(quotient, remainder)
}

// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn __aeabi_uidiv(dividend: u32, divisor: u32) -> u32 {
    __aeabi_uidivmod(dividend, divisor) as u32
}

// SAFETY: as above. The quotient is rounded towards zero, the remainder has the sign of the dividend.
#[unsafe(no_mangle)]
#[optimize(speed)]
extern "C" fn __aeabi_idivmod(dividend: i32, divisor: i32) -> u64 {
    if dividend | divisor >= 0 {
        return __aeabi_uidivmod(dividend as u32, divisor as u32);
    }
    let of_sizes = __aeabi_uidivmod(dividend.unsigned_abs(), divisor.unsigned_abs());
    let (quotient, remainder) = (of_sizes as u32, (of_sizes >> 32) as u32);
    pair(
        if dividend ^ divisor < 0 { quotient.wrapping_neg() } else { quotient },
        if dividend < 0 { remainder.wrapping_neg() } else { remainder },
    )
}

// SAFETY: as above.
#[unsafe(no_mangle)]
extern "C" fn __aeabi_idiv(dividend: i32, divisor: i32) -> i32 {
    __aeabi_idivmod(dividend, divisor) as u32 as i32
}
