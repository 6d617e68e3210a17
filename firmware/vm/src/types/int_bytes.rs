//! `int.to_bytes` and `int.from_bytes`.

use crate::call::Args;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::bigint::{self, Number};
use crate::types::{T, bytes, str};
use crate::value::Res;
use crate::vm::Vm;

/// Whether argument `index` says that the lowest byte comes first; without it, it does not.
fn is_little(vm: &mut Vm, args: Args, index: usize) -> Res<bool> {
    match args.named(index, Qstr::BYTEORDER) {
        None => Ok(false),
        Some(order) => match str::text(vm, order) {
            Some(b"little") => Ok(true),
            Some(b"big") => Ok(false),
            _ => vm.value_error(Qstr::M_BYTEORDER),
        },
    }
}

fn is_signed(vm: &mut Vm, args: Args, index: usize) -> Res<bool> {
    match args.named(index, Qstr::SIGNED) {
        None => Ok(false),
        Some(value) => ops::truth(vm, value),
    }
}

/// `value.to_bytes(length, byteorder, signed)`.
pub(crate) fn to_bytes(vm: &mut Vm, args: Args) -> Res {
    let len = args.int_or(vm, 1, 1)?;
    let (little, signed) = (is_little(vm, args, 2)?, is_signed(vm, args, 3)?);
    let Ok(len) = usize::try_from(len) else { return vm.value_error(Qstr::M_NEGATIVE_COUNT) };
    let made = bytes::with_room(vm, len)?;
    let mut space = [0];
    let Some(number) = Number::of(args.get(0), &mut space) else { return vm.type_error(Qstr::M_EXPECTED_INT) };
    let out = made.bytes_mut(1, len);
    let mut carry = number.negative;
    for (at, byte) in out.iter_mut().enumerate() {
        let limb = number.limbs.get(at / 4).copied().unwrap_or(0);
        *byte = (limb >> (at % 4 * 8)) as u8;
        if number.negative {
            (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
        }
    }
    let top = out.last().copied().unwrap_or(0);
    let bits = crate::limbs::bit_length(number.limbs);
    let fits = bits <= 8 * len && if signed { bits == 0 || (top >> 7 != 0) == number.negative } else { !number.negative };
    if !fits {
        return Err(vm.raise(T::OverflowError, Qstr::M_INT_MACHINE));
    }
    if !little {
        out.reverse();
    }
    Ok(made)
}

/// `int.from_bytes(bytes, byteorder, signed)`.
pub(crate) fn from_bytes(vm: &mut Vm, args: Args) -> Res {
    let (little, signed) = (is_little(vm, args, 1)?, is_signed(vm, args, 2)?);
    let all = bytes::argument(vm, args.get(0))?;
    let at = |index: usize| if little { all[index] } else { all[all.len() - 1 - index] };
    let negative = signed && !all.is_empty() && at(all.len() - 1) >> 7 != 0;
    let mut carry = negative;
    let byte = |index: usize| if index < all.len() { at(index) } else { 0 };
    bigint::from_fn(vm, negative, all.len().div_ceil(4), |index| {
        let mut limb = 0;
        for part in 0..4 {
            let mut value = byte(index * 4 + part);
            if negative && index * 4 + part < all.len() {
                (value, carry) = (!value).overflowing_add(u8::from(carry));
            }
            limb |= u32::from(value) << (8 * part);
        }
        limb
    })
}
