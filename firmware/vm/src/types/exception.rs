//! Exceptions: `class`, `attributes`, `args`. `args` is a tuple, or the single argument itself (so that raising makes one object), or NULL.

use crate::call;
use crate::call::Args;
use crate::heap::Kind;
use crate::natives::N;
use crate::qstr::Qstr;
#[cfg(feature = "messages")]
use crate::texts;
#[cfg(feature = "messages")]
use crate::types::str;
use crate::types::{Method, T, class, tuple};
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) const CLASS: usize = class::INSTANCE_CLASS;
pub(crate) const ARGS: usize = 2;
/// How many there are: behind these what the exception came of, see `chaining.rs`.
pub(crate) const FIELDS: usize = if cfg!(feature = "chaining") { 5 } else { 3 };

pub(crate) const METHODS: &[Method] = &[(Qstr::D_INIT, N::ExceptionInit)];

/// Whether `class` (a type or a class) is `other` or derived from it.
pub(crate) fn is_subclass(class: Obj, other: Obj) -> bool {
    if class == other || other == T::Object.obj() {
        return true;
    }
    if let (Some(class), Some(other)) = (class.as_type_index(), other.as_type_index()) {
        return T::from_index(class).derives(T::from_index(other));
    }
    class.is(Kind::Class) && class::bases(class).iter().any(|base| is_subclass(*base, other))
}

/// An exception of `class`, which derives from BaseException; all arguments rooted.
pub(crate) fn construct(vm: &mut Vm, class: Obj, args: Args) -> Res {
    if args.n_kw > 0 && !class.is(Kind::Class) {
        return vm.type_error(Qstr::M_NO_KW);
    }
    let made = vm.alloc(Kind::Exception, FIELDS)?;
    made.set_field(CLASS, class);
    vm.keep(made)?;
    set_args(vm, made, args.at.as_slice(args.n))?;
    vm.unkeep(1);
    Ok(made)
}

fn set_args(vm: &mut Vm, error: Obj, args: &[Obj]) -> Res<()> {
    let value = match args {
        [] => Obj::NULL,
        [one] if !one.is(Kind::Tuple) => *one,
        many => tuple::new(vm, many)?,
    };
    error.set_field(ARGS, value);
    Ok(())
}

pub(crate) fn init(vm: &mut Vm, args: Args) -> Res {
    let error = args.get(0);
    if !error.is(Kind::Exception) {
        return vm.type_error(Qstr::M_BAD_OPERAND);
    }
    set_args(vm, error, args.at.plus(1).as_slice(args.n - 1))?;
    Ok(Obj::NONE)
}

/// What a rooted exception has as its `ARGS`. A message is a number until somebody looks.
pub(crate) fn arguments(vm: &mut Vm, error: Obj) -> Res {
    let arguments = error.field(ARGS);
    #[cfg(feature = "messages")]
    if arguments.is_name()
        && let Some(message) = crate::qstr::message(arguments.as_name())
    {
        let text = str::new(vm, texts::unpack(message).as_bytes())?;
        error.set_field(ARGS, text);
        return Ok(text);
    }
    Ok(arguments)
}

/// `args` as a tuple.
pub(crate) fn args(vm: &mut Vm, error: Obj) -> Res {
    match arguments(vm, error)? {
        it if it == Obj::NULL => tuple::new(vm, &[]),
        args if args.is(Kind::Tuple) => Ok(args),
        one => {
            let all = tuple::new(vm, &[one])?;
            error.set_field(ARGS, all);
            Ok(all)
        }
    }
}

/// The first argument, or None: what `StopIteration.value` is, and `OSError.errno`; the machine gives neither of these a message.
pub(crate) fn value(error: Obj) -> Obj {
    match error.field(ARGS) {
        it if it == Obj::NULL => Obj::NONE,
        args if args.is(Kind::Tuple) => tuple::items(args).first().copied().unwrap_or(Obj::NONE),
        one => one,
    }
}

/// An exception from what `raise` was given: an exception, or a class that is called. The class may be Python code.
pub(crate) fn instance(vm: &mut Vm, value: Obj) -> Res {
    let made = if value.is(Kind::Exception) { value } else { call::call(vm, value, &[])? };
    if made.is(Kind::Exception) { Ok(made) } else { vm.type_error(Qstr::M_NOT_EXCEPTION) }
}

/// The same, where a class that is none of an exception is not called at all.
#[cfg_attr(not(feature = "chaining"), inline(always))]
pub(crate) fn made(vm: &mut Vm, value: Obj) -> Res {
    let is_class = value.as_type_index().is_some() || value.is(Kind::Class);
    if !is_class && !value.is(Kind::Exception) || is_class && !is_subclass(value, T::BaseException.obj()) {
        return vm.type_error(Qstr::M_NOT_EXCEPTION);
    }
    instance(vm, value)
}

/// `raise value`: always `Err`.
pub(crate) fn raise(vm: &mut Vm, value: Obj) -> Res {
    let made = made(vm, value)?;
    vm.error = made;
    Err(crate::value::Raised)
}

/// Whether an exception being handled is one of what an `except` names.
// Apart from `ops::binary`, which is made for speed and would make a larger one of it.
#[inline(never)]
pub(crate) fn matches(vm: &mut Vm, error: Obj, wanted: Obj) -> Res<bool> {
    if !error.is(Kind::Exception) {
        return Ok(false);
    }
    let class = error.field(CLASS);
    if wanted.is(Kind::Tuple) {
        return Ok(tuple::items(wanted).iter().any(|one| is_subclass(class, *one)));
    }
    if wanted.as_type_index().is_none() && !wanted.is(Kind::Class) {
        return vm.type_error(Qstr::M_NOT_EXCEPTION);
    }
    Ok(is_subclass(class, wanted))
}
