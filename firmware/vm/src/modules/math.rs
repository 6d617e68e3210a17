//! `math`: functions on floats. What has no answer is a ValueError, an answer too large for a float an OverflowError.

use crate::call::Args;
use crate::decimal::{Bits, Float, INFINITE, size, truncate};
#[cfg(not(feature = "f64"))]
use crate::elementary;
use crate::modules::{Entry, Made};
use crate::natives::N;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::{T, float, tuple};
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};
#[cfg(feature = "f64")]
use libm as elementary;

pub(crate) const ENTRIES: &[(Qstr, Entry)] = &[
    (Qstr::E, Entry::made(Made::E)),
    (Qstr::PI, Entry::made(Made::Pi)),
    (Qstr::INF, Entry::made(Made::Inf)),
    (Qstr::NAN, Entry::made(Made::Nan)),
    (Qstr::SQRT, Entry::native(N::MathSqrt)),
    (Qstr::EXP, Entry::native(N::MathExp)),
    (Qstr::LOG, Entry::native(N::MathLog)),
    (Qstr::LOG2, Entry::native(N::MathLog2)),
    (Qstr::LOG10, Entry::native(N::MathLog10)),
    (Qstr::POW, Entry::native(N::MathPow)),
    (Qstr::SIN, Entry::native(N::MathSin)),
    (Qstr::COS, Entry::native(N::MathCos)),
    (Qstr::TAN, Entry::native(N::MathTan)),
    (Qstr::ASIN, Entry::native(N::MathAsin)),
    (Qstr::ACOS, Entry::native(N::MathAcos)),
    (Qstr::ATAN, Entry::native(N::MathAtan)),
    (Qstr::ATAN2, Entry::native(N::MathAtan2)),
    (Qstr::FLOOR, Entry::native(N::MathFloor)),
    (Qstr::CEIL, Entry::native(N::MathCeil)),
    (Qstr::TRUNC, Entry::native(N::MathTrunc)),
    (Qstr::FABS, Entry::native(N::MathFabs)),
    (Qstr::FMOD, Entry::native(N::MathFmod)),
    (Qstr::MODF, Entry::native(N::MathModf)),
    (Qstr::FREXP, Entry::native(N::MathFrexp)),
    (Qstr::LDEXP, Entry::native(N::MathLdexp)),
    (Qstr::COPYSIGN, Entry::native(N::MathCopysign)),
    (Qstr::ISNAN, Entry::native(N::MathIsNan)),
    (Qstr::ISINF, Entry::native(N::MathIsInf)),
    (Qstr::ISFINITE, Entry::native(N::MathIsFinite)),
    (Qstr::DEGREES, Entry::native(N::MathDegrees)),
    (Qstr::RADIANS, Entry::native(N::MathRadians)),
];

const PI: Float = core::f64::consts::PI as Float;

pub(crate) fn e(vm: &mut Vm) -> Res {
    float::new(vm, core::f64::consts::E as Float)
}

pub(crate) fn pi(vm: &mut Vm) -> Res {
    float::new(vm, PI)
}

pub(crate) fn inf(vm: &mut Vm) -> Res {
    float::new(vm, Float::INFINITY)
}

pub(crate) fn nan(vm: &mut Vm) -> Res {
    float::new(vm, Float::NAN)
}

/// A result, when it is one: `finite` says whether the arguments were.
fn result(vm: &mut Vm, value: Float, finite: bool) -> Res {
    if finite && size(value) > INFINITE {
        return vm.value_error(Qstr::M_MATH_DOMAIN);
    }
    if finite && size(value) == INFINITE {
        return Err(vm.raise(T::OverflowError, Qstr::M_FLOAT_RANGE));
    }
    float::new(vm, value)
}

/// A function of one float, of which infinity has no answer where it gives a nan.
fn of_one(vm: &mut Vm, args: Args, function: fn(Float) -> Float) -> Res {
    let value = float::argument(vm, args.get(0))?;
    let made = function(value);
    result(vm, made, size(value) < INFINITE + Bits::from(size(made) > INFINITE))
}

fn of_two(vm: &mut Vm, args: Args, function: fn(Float, Float) -> Float) -> Res {
    let (first, second) = (float::argument(vm, args.get(0))?, float::argument(vm, args.get(1))?);
    result(vm, function(first, second), size(first).max(size(second)) < INFINITE)
}

macro_rules! functions {
    ($($name:ident $with:ident $function:expr,)*) => {
        $(pub(crate) fn $name(vm: &mut Vm, args: Args) -> Res {
            $with(vm, args, $function)
        })*
    };
}

functions! {
    sqrt of_one elementary::sqrt,
    exp of_one elementary::exp,
    sin of_one elementary::sin,
    cos of_one elementary::cos,
    tan of_one elementary::tan,
    asin of_one elementary::asin,
    acos of_one elementary::acos,
    atan of_one elementary::atan,
    log2 logarithm elementary::log2,
    log10 logarithm elementary::log10,
    natural logarithm elementary::log,
    pow of_two elementary::pow,
    atan2 of_two elementary::atan2,
    fmod of_two elementary::fmod,
    copysign of_two Float::copysign,
    fabs of_one Float::abs,
    degrees of_one |value| value * (180.0 / PI),
    radians of_one |value| value * (PI / 180.0),
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
    if size(bottom) == 0 {
        return Err(vm.raise(T::ZeroDivisionError, Qstr::M_DIVISION));
    }
    float::new(vm, top / bottom)
}

/// Rounded some way, as an int.
fn rounded(vm: &mut Vm, args: Args, how: fn(Float) -> Float) -> Res {
    if !args.get(0).is(crate::heap::Kind::Float) && float::of(args.get(0)).is_some() {
        return crate::types::int::construct(vm, T::Int, args);
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
    rounded(vm, args, truncate)
}

/// The size of a float, for what asks only for that.
fn size_of(vm: &mut Vm, args: Args) -> Res<Bits> {
    Ok(size(float::argument(vm, args.get(0))?))
}

pub(crate) fn is_nan(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::bool(size_of(vm, args)? > INFINITE))
}

pub(crate) fn is_inf(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::bool(size_of(vm, args)? == INFINITE))
}

pub(crate) fn is_finite(vm: &mut Vm, args: Args) -> Res {
    Ok(Obj::bool(size_of(vm, args)? < INFINITE))
}

/// A float and another value as a pair.
fn pair(vm: &mut Vm, first: Float, second: Obj) -> Res {
    vm.keep(second)?;
    let first = float::new(vm, first).kept(vm)?;
    tuple::new(vm, &[first, second])
}

/// `modf(value)`: the fraction and the whole number.
pub(crate) fn modf(vm: &mut Vm, args: Args) -> Res {
    let value = float::argument(vm, args.get(0))?;
    let whole = truncate(value);
    let fraction = if size(value) == INFINITE { 0.0 } else { value - whole };
    let whole = float::new(vm, whole)?;
    pair(vm, fraction.copysign(value), whole)
}

/// `frexp(value)`: a fraction from a half to one, and the power of two that it is to be multiplied with.
pub(crate) fn frexp(vm: &mut Vm, args: Args) -> Res {
    let value = float::argument(vm, args.get(0))?;
    let (fraction, exponent) = elementary::frexp(value);
    pair(vm, fraction, Obj::int(exponent))
}

/// `ldexp(value, exponent)`: times a power of two.
pub(crate) fn ldexp(vm: &mut Vm, args: Args) -> Res {
    let (value, exponent) = (float::argument(vm, args.get(0))?, ops::as_int(vm, args.get(1))?);
    result(vm, elementary::ldexp(value, exponent), size(value) < INFINITE)
}
