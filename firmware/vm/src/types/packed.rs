//! Numbers as bytes: the codes of `struct`, `array` and `memoryview`, and what arrays and views have in common, which is that their
//! items are such numbers.
//!
//! A code says size and form: `b B h H i I l L q Q` ints of 1, 1, 2, 2, 4, 4, 4, 4, 8 and 8 bytes, small letters with a sign; `f d` floats.
//! `l` and `L` have 4 bytes on every machine, so that the same file prints the same everywhere.

use crate::ops;
use crate::qstr::Qstr;
use crate::types::{T, int};
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};
#[cfg(any(feature = "array", feature = "memoryview"))]
use crate::{
    heap::Kind,
    types::{bytes, list},
};

/// The machine's byte order.
pub(crate) const BIG: bool = cfg!(target_endian = "big");

/// How many bytes a number of this code takes; 0 for what is no code.
pub(crate) fn size(code: u8) -> usize {
    match code {
        b'b' | b'B' => 1,
        b'h' | b'H' => 2,
        b'i' | b'I' | b'l' | b'L' => 4,
        b'q' | b'Q' => 8,
        #[cfg(feature = "float")]
        b'f' => 4,
        #[cfg(feature = "float")]
        b'd' => 8,
        _ => 0,
    }
}

#[cfg(all(feature = "float", not(feature = "f64")))]
use crate::elementary::{of_double, to_double};

#[cfg(feature = "f64")]
fn of_double(bits: u64) -> f64 {
    f64::from_bits(bits)
}

#[cfg(feature = "f64")]
fn to_double(value: f64) -> u64 {
    value.to_bits()
}

/// The number of a code that `bytes` hold, all of them.
pub(crate) fn load(vm: &mut Vm, code: u8, big: bool, bytes: &[u8]) -> Res {
    let mut bits = 0;
    for at in 0..bytes.len() {
        bits = bits << 8 | u64::from(bytes[if big { at } else { bytes.len() - 1 - at }]);
    }
    match code {
        #[cfg(feature = "float")]
        b'f' => crate::types::float::new(vm, f32::from_bits(bits as u32) as crate::decimal::Float),
        #[cfg(feature = "float")]
        b'd' => crate::types::float::new(vm, of_double(bits)),
        b'a'..=b'z' => {
            let spare = 64 - 8 * bytes.len();
            int::new(vm, (bits << spare) as i64 >> spare)
        }
        _ => match i64::try_from(bits) {
            Ok(value) => int::new(vm, value),
            #[cfg(feature = "bigint")]
            Err(_) => crate::types::bigint::from_limbs(vm, false, &[bits as u32, (bits >> 32) as u32]),
            #[cfg(not(feature = "bigint"))]
            Err(_) => int::new(vm, i64::MAX),
        },
    }
}

/// The last 64 bits of an int, and whether it is negative; `None` when its magnitude takes more than 64 bits.
fn int_bits(vm: &mut Vm, value: Obj) -> Res<Option<(u64, bool)>> {
    #[cfg(feature = "bigint")]
    if value.is(crate::heap::Kind::Int) {
        let mut space = [0];
        let number = crate::types::bigint::Number::of(value, &mut space).filter(|number| number.limbs.len() <= 2);
        return Ok(number.map(|number| {
            let magnitude = number.limbs.iter().rev().fold(0, |all: u64, limb| all << 32 | u64::from(*limb));
            (if number.negative { magnitude.wrapping_neg() } else { magnitude }, number.negative)
        }));
    }
    let small = ops::as_int(vm, value)?;
    Ok(Some((i64::from(small) as u64, small < 0)))
}

/// A rooted number as bytes, of which the first `size(code)` count; an exception of `class` when it is out of the code's range. May run
/// Python code.
pub(crate) fn encode(vm: &mut Vm, code: u8, big: bool, value: Obj, class: T) -> Res<[u8; 8]> {
    let spare = 64 - 8 * size(code);
    let bits = match code {
        #[cfg(feature = "float")]
        b'f' => (crate::types::float::argument(vm, value)? as f32).to_bits().into(),
        #[cfg(feature = "float")]
        b'd' => to_double(crate::types::float::argument(vm, value)?),
        _ => {
            let signed = code.is_ascii_lowercase();
            // It fits when the bits that are left out follow from the others.
            let fits = |(bits, negative): &(u64, bool)| {
                let high = *bits << spare;
                let again = if signed { (high as i64 >> spare) as u64 } else { high >> spare };
                again == *bits && *negative == (signed && (*bits as i64) < 0)
            };
            match int_bits(vm, value)?.filter(fits) {
                Some((bits, _)) => bits,
                None => return Err(vm.raise(class, Qstr::M_NUMBER_RANGE)),
            }
        }
    };
    Ok(if big { (bits << spare).to_be_bytes() } else { bits.to_le_bytes() })
}

/// The bytes and the code of an array or a view; not to be used over anything that may change them.
#[cfg(any(feature = "array", feature = "memoryview"))]
pub(crate) fn parts<'x>(value: Obj) -> Option<(&'x [u8], u8)> {
    #[cfg(feature = "array")]
    if value.is(Kind::Array) {
        return Some((bytes::content(value), super::array::code(value)));
    }
    #[cfg(feature = "memoryview")]
    if value.is(Kind::MemoryView) {
        return Some(super::memoryview::parts(value));
    }
    None
}

/// The bytes of anything that consists of them and may be written; `None` for what is not so. Good until an array's length changes.
pub(crate) fn writable<'x>(value: Obj) -> Option<&'x mut [u8]> {
    #[cfg(feature = "array")]
    if value.is(Kind::Array) {
        return Some(crate::types::bytes::content_mut(value));
    }
    #[cfg(feature = "memoryview")]
    if value.is(Kind::MemoryView) {
        return super::memoryview::writable(value);
    }
    value.is(crate::heap::Kind::ByteArray).then(|| crate::types::bytes::content_mut(value))
}

/// How many items an array or a view has.
#[cfg(any(feature = "array", feature = "memoryview"))]
pub(crate) fn len(value: Obj) -> usize {
    parts(value).map_or(0, |(bytes, code)| bytes.len() / size(code).max(1))
}

/// Item `index` of a rooted array, view, bytes object or byte array; STOP behind the last one.
#[cfg(any(feature = "array", feature = "memoryview"))]
pub(crate) fn item(vm: &mut Vm, value: Obj, index: usize) -> Res {
    let Some((bytes, code)) = parts(value).or_else(|| Some((bytes::buffer(value)?, b'B'))) else { return Ok(Obj::STOP) };
    let size = size(code);
    match bytes.get(index * size..(index + 1) * size) {
        Some(bytes) => load(vm, code, BIG, bytes),
        None => Ok(Obj::STOP),
    }
}

/// What is raised for a number that an item cannot be.
#[cfg(any(feature = "array", feature = "memoryview"))]
fn out_of_range(_object: Obj) -> T {
    #[cfg(feature = "array")]
    if _object.is(Kind::Array) {
        return T::OverflowError;
    }
    T::ValueError
}

/// Replaces an item of a rooted array or view.
#[cfg(any(feature = "array", feature = "memoryview"))]
pub(crate) fn store(vm: &mut Vm, object: Obj, at: Obj, value: Obj) -> Res<()> {
    let code = parts(object).map_or(0, |(_, code)| code);
    // First the number, whose making may run code that changes the object.
    let number = encode(vm, code, BIG, value, out_of_range(object))?;
    let size = size(code);
    let from = crate::subscr::index(vm, at, len(object))? * size;
    if let Some(place) = writable(object).and_then(|all| all.get_mut(from..from + size)) {
        place.copy_from_slice(&number[..size]);
    }
    Ok(())
}

/// The bytes a slice without a step stands for.
#[cfg(any(feature = "array", feature = "memoryview"))]
pub(crate) fn ends(vm: &mut Vm, object: Obj, at: Obj) -> Res<(usize, usize)> {
    let (start, stop, step) = super::slice::resolve(vm, at, len(object))?;
    if step != 1 {
        return vm.type_error(Qstr::M_ASSIGN_SLICE);
    }
    let size = parts(object).map_or(1, |(_, code)| size(code));
    Ok((start as usize * size, stop.max(start) as usize * size))
}

/// Whether two rooted values have equal items; `None` when that is no question for them: a view compares with all that consists of
/// bytes, an array with arrays.
#[cfg(any(feature = "array", feature = "memoryview"))]
// Apart from `ops::equal`, which is made for speed and would make a larger one of it.
#[inline(never)]
pub(crate) fn equal(vm: &mut Vm, left: Obj, right: Obj) -> Res<Option<bool>> {
    #[cfg(feature = "memoryview")]
    let view = left.is(Kind::MemoryView) || right.is(Kind::MemoryView);
    #[cfg(not(feature = "memoryview"))]
    let view = false;
    #[cfg(feature = "array")]
    let arrays = left.is(Kind::Array) && right.is(Kind::Array);
    #[cfg(not(feature = "array"))]
    let arrays = false;
    if !arrays && !(view && bytes::raw(left).is_some() && bytes::raw(right).is_some()) {
        return Ok(None);
    }
    let mut index = 0;
    loop {
        let one = item(vm, left, index).kept(vm)?;
        let other = item(vm, right, index).kept(vm)?;
        let same = one == other || one != Obj::STOP && other != Obj::STOP && ops::equal(vm, one, other)?;
        vm.unkeep(2);
        if !same || one == Obj::STOP {
            return Ok(Some(same));
        }
        index += 1;
    }
}

/// `value.tobytes()`.
#[cfg(any(feature = "array", feature = "memoryview"))]
pub(crate) fn to_bytes(vm: &mut Vm, args: crate::call::Args) -> Res {
    match parts(args.get(0)) {
        Some((all, _)) => bytes::new(vm, all),
        None => vm.type_error(Qstr::M_BAD_OPERAND),
    }
}

/// `value.tolist()`.
#[cfg(any(feature = "array", feature = "memoryview"))]
pub(crate) fn to_list(vm: &mut Vm, args: crate::call::Args) -> Res {
    if parts(args.get(0)).is_none() {
        return vm.type_error(Qstr::M_BAD_OPERAND);
    }
    list::from_iterable(vm, args.get(0))
}
