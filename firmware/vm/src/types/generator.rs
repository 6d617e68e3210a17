//! Generators: their methods. The object is a frame (`frame.rs`); resuming it is calling (`call.rs`).

use crate::call::{self, Args};
use crate::frame::{Action, FramePtr, State};
use crate::heap::Kind;
use crate::natives::N;
use crate::qstr::Qstr;
use crate::types::{Method, T, exception};
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) const METHODS: &[Method] =
    &[(Qstr::SEND, N::GeneratorSend), (Qstr::D_NEXT, N::IteratorNext), (Qstr::CLOSE, N::GeneratorClose), (Qstr::THROW, N::GeneratorThrow)];

fn check(vm: &mut Vm, args: Args) -> Res {
    let generator = args.get(0);
    if generator.is(Kind::Generator) { Ok(generator) } else { vm.type_error(Qstr::M_BAD_OPERAND) }
}

/// Resumes with a value; the run loop goes on in the generator.
pub(crate) fn send(vm: &mut Vm, args: Args) -> Res {
    let generator = check(vm, args)?;
    resume(vm, generator, args.get(1), Obj::NULL)
}

/// The same with what to give instead of raising StopIteration.
pub(crate) fn resume(vm: &mut Vm, generator: Obj, value: Obj, default: Obj) -> Res {
    match call::resume(vm, generator, value, Action::Send, default)? {
        it if it == Obj::STOP && default == Obj::NULL => Err(vm.raise_value(T::StopIteration, Obj::NULL)),
        it if it == Obj::STOP => Ok(default),
        other => Ok(other),
    }
}

pub(crate) fn throw(vm: &mut Vm, args: Args) -> Res {
    let generator = check(vm, args)?;
    let what = if args.n > 2 && args.get(2).is(Kind::Exception) { args.get(2) } else { args.get(1) };
    let error = exception::instance(vm, what)?;
    Err(call::throw(vm, generator, error, Action::Send))
}

pub(crate) fn close(vm: &mut Vm, args: Args) -> Res {
    let generator = check(vm, args)?;
    let frame = FramePtr::of_generator(generator);
    if matches!(frame.state(), State::Fresh | State::Done) {
        frame.set_state(State::Done);
        return Ok(Obj::NONE);
    }
    let error = vm.alloc(Kind::Exception, exception::FIELDS)?;
    error.set_field(exception::CLASS, T::GeneratorExit.obj());
    Err(call::throw(vm, generator, error, Action::Close))
}
