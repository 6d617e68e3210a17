//! `random`: PCG-XSH-RR, 64 bits of state and 32 of each number (M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient
//! Statistically Good Algorithms for Random Number Generation", 2014). Good for games and tests, not for secrets.
//!
//! A machine begins as if seeded with 0, since it knows nothing that differs from run to run; a program that wants another sequence each
//! time seeds with what it has. The sequence of a seed is the same on all boards, and another than CPython's.

use crate::call::Args;
use crate::modules::Entry;
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
#[cfg(not(feature = "bigint"))]
use crate::types::int;
use crate::types::{T, dict};
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::SEED, Entry::native(N::RandomSeed)),
    (Qstr::GETRANDBITS, Entry::native(N::RandomBits)),
    (Qstr::RANDRANGE, Entry::native(N::RandomRange)),
    (Qstr::RANDINT, Entry::native(N::RandomInt)),
    (Qstr::CHOICE, Entry::native(N::RandomChoice)),
    #[cfg(feature = "float")]
    (Qstr::RANDOM, Entry::native(N::Random)),
    #[cfg(feature = "float")]
    (Qstr::UNIFORM, Entry::native(N::RandomUniform)),
];

const FACTOR: u64 = 6_364_136_223_846_793_005;
const STEP: u64 = 1_442_695_040_888_963_407;

/// The state a seed begins with: one step from 0, the seed added, one step more.
pub(crate) const fn seeded(seed: u32) -> u64 {
    STEP.wrapping_add(seed as u64).wrapping_mul(FACTOR).wrapping_add(STEP)
}

/// The next 32 bits.
fn next(vm: &mut Vm) -> u32 {
    next_of(&mut vm.random)
}

#[inline(never)]
fn next_of(place: &mut u64) -> u32 {
    let state = *place;
    *place = state.wrapping_mul(FACTOR).wrapping_add(STEP);
    let mixed = (((state >> 18) ^ state) >> 27) as u32;
    mixed.rotate_right((state >> 59) as u32)
}

/// A number below `limit`, which is not 0, each as likely as any other: those of the next power of two, too large ones thrown away.
fn below(vm: &mut Vm, limit: u32) -> u32 {
    let mask = u32::MAX >> ((limit - 1) | 1).leading_zeros();
    loop {
        let number = next(vm) & mask;
        if number < limit {
            return number;
        }
    }
}

/// `seed(value)`: anything that has a hash; without it, 0.
pub(crate) fn seed(vm: &mut Vm, args: Args) -> Res {
    let seed = match args.opt(0) {
        Some(value) if value != Obj::NONE => dict::hash(vm, value)?,
        _ => 0,
    };
    vm.random = seeded(seed);
    Ok(Obj::NONE)
}

/// `getrandbits(k)`.
pub(crate) fn bits(vm: &mut Vm, args: Args) -> Res {
    let Ok(count) = u32::try_from(ops::as_int(vm, args.get(0))?) else { return vm.value_error(Qstr::M_RANDOM_EMPTY) };
    #[cfg(feature = "bigint")]
    {
        let mut state = vm.random;
        // One number is taken even when no bit of it is asked for.
        let made = crate::types::bigint::from_fn(vm, false, count.div_ceil(32).max(1) as usize, |index| {
            let spare = (32 * (index as u32 + 1)).saturating_sub(count);
            next_of(&mut state).checked_shr(spare).unwrap_or(0)
        });
        vm.random = state;
        made
    }
    #[cfg(not(feature = "bigint"))]
    {
        if count > 32 {
            return Err(vm.raise(T::OverflowError, Qstr::M_INT_OVERFLOW));
        }
        let all = u64::from(next(vm)) >> (32 - count);
        int::new(vm, all as i64)
    }
}

/// A number of `start`, `start + step` and so on, before `stop`.
fn of_range(vm: &mut Vm, start: i32, stop: i32, step: i32) -> Res {
    // Between small ints, whose difference may take all 32 bits.
    let (low, high) = if step > 0 { (start, stop) } else { (stop, start) };
    if step == 0 || low >= high {
        return vm.value_error(Qstr::M_RANDOM_EMPTY);
    }
    let count = (high.wrapping_sub(low) as u32).div_ceil(step.unsigned_abs());
    let at = below(vm, count);
    Ok(Obj::int(start.wrapping_add(step.wrapping_mul(at as i32))))
}

/// `randrange(stop)` and `randrange(start, stop, step=1)`.
pub(crate) fn range(vm: &mut Vm, args: Args) -> Res {
    let first = ops::as_int(vm, args.get(0))?;
    if args.n == 1 {
        return of_range(vm, 0, first, 1);
    }
    let (stop, step) = (args.int_or(vm, 1, 0)?, args.int_or(vm, 2, 1)?);
    of_range(vm, first, stop, step)
}

/// `randint(first, last)`, both of which may come.
pub(crate) fn integer(vm: &mut Vm, args: Args) -> Res {
    let (first, last) = (ops::as_int(vm, args.get(0))?, ops::as_int(vm, args.get(1))?);
    of_range(vm, first, last + 1, 1)
}

/// `choice(sequence)`.
pub(crate) fn choice(vm: &mut Vm, args: Args) -> Res {
    let len = ops::len(vm, args.get(0))?;
    if len == 0 {
        return Err(vm.raise(T::IndexError, Qstr::M_EMPTY_SEQUENCE));
    }
    let index = below(vm, len as u32);
    crate::subscr::load(vm, args.get(0), Obj::count_at_most(index as usize), None)
}

/// A float from 0 up to but not 1, of as many bits as the type has.
#[cfg(feature = "float")]
fn fraction(vm: &mut Vm) -> crate::decimal::Float {
    #[cfg(feature = "f64")]
    {
        let bits = u64::from(next(vm)) << 21 | u64::from(next(vm) >> 11);
        bits as f64 / (1_u64 << 53) as f64
    }
    #[cfg(not(feature = "f64"))]
    {
        (next(vm) >> 8) as f32 / (1_u32 << 24) as f32
    }
}

/// `random()`.
#[cfg(feature = "float")]
pub(crate) fn random(vm: &mut Vm, _args: Args) -> Res {
    let value = fraction(vm);
    crate::types::float::new(vm, value)
}

/// `uniform(a, b)`.
#[cfg(feature = "float")]
pub(crate) fn uniform(vm: &mut Vm, args: Args) -> Res {
    let (a, b) = (crate::types::float::argument(vm, args.get(0))?, crate::types::float::argument(vm, args.get(1))?);
    let value = a + (b - a) * fraction(vm);
    crate::types::float::new(vm, value)
}
