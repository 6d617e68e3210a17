//! `math`: functions on floats. What has no answer is a ValueError, an answer too large for a float an OverflowError.

use crate::call::Args;
use crate::decimal::Float;
use crate::modules::Entry;
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::{T, float, tuple};
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::E, Entry::Made(e)),
    (Qstr::PI, Entry::Made(pi)),
    (Qstr::INF, Entry::Made(inf)),
    (Qstr::NAN, Entry::Made(nan)),
    (Qstr::SQRT, Entry::Native(N::MathSqrt)),
    (Qstr::EXP, Entry::Native(N::MathExp)),
    (Qstr::LOG, Entry::Native(N::MathLog)),
    (Qstr::LOG2, Entry::Native(N::MathLog2)),
    (Qstr::LOG10, Entry::Native(N::MathLog10)),
    (Qstr::POW, Entry::Native(N::MathPow)),
    (Qstr::SIN, Entry::Native(N::MathSin)),
    (Qstr::COS, Entry::Native(N::MathCos)),
    (Qstr::TAN, Entry::Native(N::MathTan)),
    (Qstr::ASIN, Entry::Native(N::MathAsin)),
    (Qstr::ACOS, Entry::Native(N::MathAcos)),
    (Qstr::ATAN, Entry::Native(N::MathAtan)),
    (Qstr::ATAN2, Entry::Native(N::MathAtan2)),
    (Qstr::FLOOR, Entry::Native(N::MathFloor)),
    (Qstr::CEIL, Entry::Native(N::MathCeil)),
    (Qstr::TRUNC, Entry::Native(N::MathTrunc)),
    (Qstr::FABS, Entry::Native(N::MathFabs)),
    (Qstr::FMOD, Entry::Native(N::MathFmod)),
    (Qstr::MODF, Entry::Native(N::MathModf)),
    (Qstr::FREXP, Entry::Native(N::MathFrexp)),
    (Qstr::LDEXP, Entry::Native(N::MathLdexp)),
    (Qstr::COPYSIGN, Entry::Native(N::MathCopysign)),
    (Qstr::ISNAN, Entry::Native(N::MathIsNan)),
    (Qstr::ISINF, Entry::Native(N::MathIsInf)),
    (Qstr::ISFINITE, Entry::Native(N::MathIsFinite)),
    (Qstr::DEGREES, Entry::Native(N::MathDegrees)),
    (Qstr::RADIANS, Entry::Native(N::MathRadians)),
];

const PI: Float = core::f64::consts::PI as Float;

fn e(vm: &mut Vm) -> Res {
    float::new(vm, core::f64::consts::E as Float)
}

fn pi(vm: &mut Vm) -> Res {
    float::new(vm, PI)
}

fn inf(vm: &mut Vm) -> Res {
    float::new(vm, Float::INFINITY)
}

fn nan(vm: &mut Vm) -> Res {
    float::new(vm, Float::NAN)
}

/// A result, when it is one: `finite` says whether the arguments were.
fn result(vm: &mut Vm, value: Float, finite: bool) -> Res {
    if finite && value.is_nan() {
        return vm.value_error(Qstr::M_MATH_DOMAIN);
    }
    if finite && value.is_infinite() {
        return Err(vm.raise(T::OverflowError, Qstr::M_FLOAT_RANGE));
    }
    float::new(vm, value)
}

/// A function of one float, of which infinity has no answer where it gives a nan.
fn of_one(vm: &mut Vm, args: Args, function: fn(Float) -> Float) -> Res {
    let value = float::argument(vm, args.get(0))?;
    let made = function(value);
    if made.is_nan() && !value.is_nan() {
        return vm.value_error(Qstr::M_MATH_DOMAIN);
    }
    result(vm, made, value.is_finite())
}

fn of_two(vm: &mut Vm, args: Args, function: fn(Float, Float) -> Float) -> Res {
    let (first, second) = (float::argument(vm, args.get(0))?, float::argument(vm, args.get(1))?);
    result(vm, function(first, second), first.is_finite() && second.is_finite())
}

macro_rules! functions {
    ($($name:ident $with:ident $single:ident $double:ident,)*) => {
        $(pub(crate) fn $name(vm: &mut Vm, args: Args) -> Res {
            #[cfg(not(feature = "f64"))]
            return $with(vm, args, libm::$single);
            #[cfg(feature = "f64")]
            $with(vm, args, libm::$double)
        })*
    };
}

functions! {
    sqrt of_one sqrtf sqrt,
    exp of_one expf exp,
    sin of_one sinf sin,
    cos of_one cosf cos,
    tan of_one tanf tan,
    asin of_one asinf asin,
    acos of_one acosf acos,
    atan of_one atanf atan,
    log2 logarithm log2f log2,
    log10 logarithm log10f log10,
    natural logarithm logf log,
    pow of_two powf pow,
    atan2 of_two atan2f atan2,
    fmod of_two fmodf fmod,
}

/// A logarithm: there is none of zero, nor of what is negative.
fn logarithm(vm: &mut Vm, args: Args, function: fn(Float) -> Float) -> Res {
    let value = float::argument(vm, args.get(0))?;
    if value <= 0.0 {
        return vm.value_error(Qstr::M_MATH_DOMAIN);
    }
    float::new(vm, function(value))
}

/// `log(value, base)`.
pub(crate) fn log(vm: &mut Vm, args: Args) -> Res {
    let top = natural(vm, args)?;
    if args.n == 1 {
        return Ok(top);
    }
    let top = float::get(top);
    args.set(0, args.get(1));
    let bottom = natural(vm, args)?;
    let bottom = float::get(bottom);
    if bottom == 0.0 {
        return Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION));
    }
    float::new(vm, top / bottom)
}

/// Rounded some way, as an int.
fn rounded(vm: &mut Vm, args: Args, how: fn(Float) -> Float) -> Res {
    if !args.get(0).is(crate::heap::Kind::Float) && float::of(args.get(0)).is_some() {
        return crate::types::int::construct(vm, args);
    }
    let value = float::argument(vm, args.get(0))?;
    float::to_int(vm, how(value))
}

pub(crate) fn floor(vm: &mut Vm, args: Args) -> Res {
    rounded(vm, args, float::floor)
}

pub(crate) fn ceil(vm: &mut Vm, args: Args) -> Res {
    rounded(vm, args, |value| -float::floor(-value))
}

pub(crate) fn trunc(vm: &mut Vm, args: Args) -> Res {
    rounded(vm, args, float::truncate)
}

pub(crate) fn fabs(vm: &mut Vm, args: Args) -> Res {
    of_one(vm, args, Float::abs)
}

pub(crate) fn degrees(vm: &mut Vm, args: Args) -> Res {
    of_one(vm, args, |value| value * (180.0 / PI))
}

pub(crate) fn radians(vm: &mut Vm, args: Args) -> Res {
    of_one(vm, args, |value| value * (PI / 180.0))
}

pub(crate) fn copysign(vm: &mut Vm, args: Args) -> Res {
    of_two(vm, args, Float::copysign)
}

pub(crate) fn is_nan(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::bool(float::argument(vm, args.get(0))?.is_nan()))
}

pub(crate) fn is_inf(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::bool(float::argument(vm, args.get(0))?.is_infinite()))
}

pub(crate) fn is_finite(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::bool(float::argument(vm, args.get(0))?.is_finite()))
}

/// A float and another value as a pair.
fn pair(vm: &mut Vm, first: Float, second: Obj) -> Res {
    vm.keep(second)?;
    let first = float::new(vm, first)?;
    vm.keep(first)?;
    tuple::new(vm, &[first, second])
}

/// `modf(value)`: the fraction and the whole number.
pub(crate) fn modf(vm: &mut Vm, args: Args) -> Res {
    let value = float::argument(vm, args.get(0))?;
    let whole = if value.is_infinite() { value } else { float::truncate(value) };
    let fraction = if value.is_infinite() { 0.0 } else { value - whole };
    let whole = float::new(vm, whole)?;
    pair(vm, fraction.copysign(value), whole)
}

/// `frexp(value)`: a fraction from a half to one, and the power of two that it is to be multiplied with.
pub(crate) fn frexp(vm: &mut Vm, args: Args) -> Res {
    let value = float::argument(vm, args.get(0))?;
    #[cfg(not(feature = "f64"))]
    let (fraction, exponent) = libm::frexpf(value);
    #[cfg(feature = "f64")]
    let (fraction, exponent) = libm::frexp(value);
    pair(vm, fraction, Obj::int(if value.is_finite() { exponent } else { 0 }))
}

/// `ldexp(value, exponent)`: times a power of two.
pub(crate) fn ldexp(vm: &mut Vm, args: Args) -> Res {
    let (value, exponent) = (float::argument(vm, args.get(0))?, ops::as_int(vm, args.get(1))?);
    #[cfg(not(feature = "f64"))]
    let made = libm::ldexpf(value, exponent);
    #[cfg(feature = "f64")]
    let made = libm::ldexp(value, exponent);
    result(vm, made, value.is_finite())
}
