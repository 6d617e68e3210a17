//! Arithmetic of 32-bit floats for chips that have no instructions for it: `pyrite::binary32` under the names that the compiler calls. The linker
//! prefers these to those of the compiler's library, which take three times as much room.
//!
//! Floats are passed in integer registers on such chips, so their bits are what these functions take and give.
//!
//! Source of names and conventions: "Run-time ABI for the Arm Architecture", 4.1.2 (floating-point library), and for RISC-V "GCC low-level runtime
//! library", routines for floating point emulation.

use pyrite::binary32;

/// Defines functions under the names of both kinds of cores.
macro_rules! functions {
    ($($arm:literal $other:literal $name:ident($($value:ident: $type:ty),*) -> $made:ty { $body:expr })*) => {
        $(
            // SAFETY: the name's meaning and convention are those of the run-time ABI, which the compiler counts on.
            #[cfg_attr(target_arch = "arm", unsafe(export_name = $arm))]
            #[cfg_attr(not(target_arch = "arm"), unsafe(export_name = $other))]
            extern "C" fn $name($($value: $type),*) -> $made {
                $body
            }
        )*
    };
}

functions! {
    "__aeabi_fadd" "__addsf3" add(left: u32, right: u32) -> u32 { binary32::add(left, right) }
    "__aeabi_fsub" "__subsf3" subtract(left: u32, right: u32) -> u32 { add(left, right ^ 1 << 31) }
    "__aeabi_fmul" "__mulsf3" multiply(left: u32, right: u32) -> u32 { binary32::multiply(left, right) }
    "__aeabi_fdiv" "__divsf3" divide(left: u32, right: u32) -> u32 { binary32::divide(left, right) }
    "__aeabi_i2f" "__floatsisf" of_int(value: i32) -> u32 { binary32::of_int(value) }
    "__aeabi_ui2f" "__floatunsisf" of_unsigned(value: u32) -> u32 { binary32::of_unsigned(value) }
    "__aeabi_ul2f" "__floatundisf" of_long(value: u64) -> u32 { binary32::of_long(value) }
    "__aeabi_f2iz" "__fixsfsi" to_int(value: u32) -> i32 { binary32::to_int(value) }
    "__aeabi_f2uiz" "__fixunssfsi" to_unsigned(value: u32) -> u32 { binary32::to_unsigned(value) }
    "__aeabi_f2ulz" "__fixunssfdi" to_long(value: u32) -> u64 { binary32::to_long(value) }
}

/// Comparisons as Arm has them: 1 where it holds, 0 where not.
#[cfg(target_arch = "arm")]
mod comparisons {
    use super::binary32;

    /// Whether the order of two floats is one of those whose bits are set: less, equal, greater, none.
    extern "C" fn holds(left: u32, right: u32, orders: u32) -> u32 {
        let at = match binary32::order(left, right) {
            Some(order) => order as i32 + 1,
            None => 3,
        };
        orders >> at & 1
    }

    functions! {
        "__aeabi_fcmplt" "" less(left: u32, right: u32) -> u32 { holds(left, right, 0b1) }
        "__aeabi_fcmpeq" "" equal(left: u32, right: u32) -> u32 { holds(left, right, 0b10) }
        "__aeabi_fcmple" "" less_equal(left: u32, right: u32) -> u32 { holds(left, right, 0b11) }
        "__aeabi_fcmpgt" "" more(left: u32, right: u32) -> u32 { holds(left, right, 0b100) }
        "__aeabi_fcmpge" "" more_equal(left: u32, right: u32) -> u32 { holds(left, right, 0b110) }
        "__aeabi_fcmpun" "" unordered(left: u32, right: u32) -> u32 { holds(left, right, 0b1000) }
    }
}

/// Comparisons as others have them: a number below, at or above zero, as is the order of the two; with a nan one for which it does not hold.
#[cfg(not(target_arch = "arm"))]
mod comparisons {
    use super::binary32;

    fn sign(left: u32, right: u32, without: i32) -> i32 {
        binary32::order(left, right).map_or(without, |order| order as i32)
    }

    functions! {
        "" "__ltsf2" less(left: u32, right: u32) -> i32 { sign(left, right, 1) }
        "" "__lesf2" less_equal(left: u32, right: u32) -> i32 { sign(left, right, 1) }
        "" "__eqsf2" equal(left: u32, right: u32) -> i32 { sign(left, right, 1) }
        "" "__nesf2" other(left: u32, right: u32) -> i32 { sign(left, right, 1) }
        "" "__gtsf2" more(left: u32, right: u32) -> i32 { sign(left, right, -1) }
        "" "__gesf2" more_equal(left: u32, right: u32) -> i32 { sign(left, right, -1) }
        "" "__unordsf2" unordered(left: u32, right: u32) -> i32 { i32::from(binary32::order(left, right).is_none()) }
    }
}
