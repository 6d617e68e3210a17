//! What an exception came of: what it was raised from (`raise … from …`), and what was being handled when it was raised. A cause, None among
//! them, hides the context, as in CPython: <https://docs.python.org/3.11/library/exceptions.html#exception-context>.

use crate::ops;
use crate::print;
use crate::qstr::Qstr;
use crate::types::{exception, is_exception};
use crate::unwind::handled;
use crate::value::{Obj, Raised, Res};
use crate::vm::{Kept, Vm};

/// Fields of an exception behind its arguments. The cause is None after `from None`, and NULL where there was no `from`.
const CAUSE: usize = exception::ARGS + 1;
const CONTEXT: usize = exception::ARGS + 2;

/// So many contexts are looked at for one that leads back to where it began. Longer chains may do that: who follows one has a limit, too.
const LINKS_MAX: usize = 100;
/// Of what an exception came of, so many are printed: the last ones.
const PRINTED_MAX: usize = 8;

/// `raise value from cause`: always `Err`. Both are rooted.
pub(crate) fn raise_from(vm: &mut Vm, value: Obj, cause: Obj) -> Res {
    let error = exception::made(vm, value).kept(vm)?;
    let cause = if cause == Obj::NONE { cause } else { exception::made(vm, cause)? };
    error.set_field(CAUSE, cause);
    vm.unkeep(1);
    vm.error = error;
    Err(Raised)
}

/// `vm.error` begins its way, or goes on after a native: what is being handled is its context, unless it has one. (Not of the two that stand
/// ready for when there is no memory: they would hold what they were raised in.)
pub(crate) fn note(vm: &mut Vm) {
    let error = vm.error;
    if !is_exception(error) || vm.is_standing(error) || error.field(CONTEXT) != Obj::NULL {
        return;
    }
    if let Some(context) = handled(vm).filter(|context| *context != error) {
        set_context(error, context);
    }
}

/// Whatever leads from `context` back to `error` ends there, as in CPython.
fn set_context(error: Obj, context: Obj) {
    let mut at = context;
    for _ in 0..LINKS_MAX {
        let next = at.field(CONTEXT);
        if next == error {
            at.set_field(CONTEXT, Obj::NULL);
        }
        if !is_exception(next) {
            break;
        }
        at = next;
    }
    error.set_field(CONTEXT, context);
}

/// `vm.error` was made in place of `of`.
pub(crate) fn replaces(vm: &Vm, of: Obj) {
    if !vm.is_standing(vm.error) {
        vm.error.set_field(CAUSE, of);
        set_context(vm.error, of);
    }
}

/// As if `error` had never been raised.
pub(crate) fn forget(error: Obj) {
    error.set_field(CAUSE, Obj::NULL);
    error.set_field(CONTEXT, Obj::NULL);
}

/// An exception's field of this name.
fn field(name: Obj) -> Option<usize> {
    let names = [(Qstr::D_CAUSE, CAUSE), (Qstr::D_CONTEXT, CONTEXT)];
    names.into_iter().find(|(of, _)| name == Obj::name(*of)).map(|(_, field)| field)
}

/// `__cause__`, `__context__` and `__suppress_context__` of an exception; NULL for other names.
pub(crate) fn attribute(error: Obj, name: Obj) -> Obj {
    match field(name).map(|field| error.field(field)) {
        Some(it) if it == Obj::NULL => Obj::NONE,
        Some(other) => other,
        None if name == Obj::name(Qstr::D_SUPPRESS_CONTEXT) => Obj::bool(error.field(CAUSE) != Obj::NULL),
        None => Obj::NULL,
    }
}

/// Sets the same, and says whether it was one of them; `value` is NULL for `del`. Where there is a cause the context stays hidden.
pub(crate) fn store(vm: &mut Vm, error: Obj, name: Obj, value: Obj) -> Res<bool> {
    if let Some(field) = field(name) {
        if value != Obj::NONE && !is_exception(value) {
            return vm.type_error(Qstr::M_NOT_EXCEPTION);
        }
        error.set_field(field, value);
        return Ok(true);
    }
    let is_it = name == Obj::name(Qstr::D_SUPPRESS_CONTEXT) && value != Obj::NULL;
    if is_it && !is_exception(error.field(CAUSE)) {
        let hidden = ops::truth(vm, value)?;
        error.set_field(CAUSE, if hidden { Obj::NONE } else { Obj::NULL });
    }
    Ok(is_it)
}

/// What `error` came of, if that is to be shown; and how it came of that, in words.
fn earlier(error: Obj) -> Option<(Obj, Qstr)> {
    // A program may want anything printed as if it were an exception.
    if !is_exception(error) {
        return None;
    }
    let (cause, context) = (error.field(CAUSE), error.field(CONTEXT));
    match cause {
        it if is_exception(it) => Some((it, Qstr::M_DIRECT_CAUSE)),
        it if it == Obj::NULL && is_exception(context) => Some((context, Qstr::M_WHILE_HANDLED)),
        _ => None,
    }
}

/// The exception `back` links before `error`; fewer back where there are no more.
fn before(error: Obj, back: usize) -> Obj {
    (0..back).fold(error, |at, _| earlier(at).map_or(at, |(earlier, _)| earlier))
}

/// How an exception led to the next, in words where the build has words.
fn say(vm: &mut Vm, how: Qstr) {
    #[cfg(feature = "messages")]
    if let Some(how) = crate::qstr::message(how) {
        vm.write(crate::texts::unpack(how).as_bytes());
        vm.write(b"\n\n");
    }
    #[cfg(not(feature = "messages"))]
    let _ = (vm, how);
}

/// Prints what `error`, which is rooted, came of, the first of them first, and how that led to the next.
pub(crate) fn print(vm: &mut Vm, error: Obj) -> Res<()> {
    // A chain that leads back to where it was ends there.
    let is_new =
        |count: &usize| earlier(before(error, *count)).is_some_and(|(next, _)| (0..=*count).all(|back| before(error, back) != next));
    let count = (0..PRINTED_MAX).take_while(is_new).count();
    if count == PRINTED_MAX && earlier(before(error, count)).is_some() {
        vm.write(b"...\n\n");
    }
    // Python code that makes the texts may change the chain: each link is looked for anew.
    for back in (0..count).rev() {
        let Some((one, how)) = earlier(before(error, back)) else { continue };
        let one = Ok(one).kept(vm)?;
        print::one_exception(vm, one)?;
        vm.unkeep(1);
        vm.write(b"\n\n");
        say(vm, how);
    }
    Ok(())
}
