//! Calling: from a callee and its arguments to a value or a frame, argument binding, and calls from native code.
//!
//! A call of a Python function pushes a frame and gives `Obj::CALL`; the run loop goes on in that frame, so calls between Python
//! functions take no machine stack. Native code that needs the value itself uses `call`, which runs a nested loop, counted.

use crate::code::{CodePtr, FLAG_GENERATOR, FLAG_VAR_ARGS, FLAG_VAR_KEYWORDS, Ip, ModulePtr};
use crate::frame::{Action, FramePtr, Slots, State, frame_words};
use crate::heap::Kind;
use crate::natives;
use crate::opcodes;
use crate::qstr::Qstr;
use crate::types::{T, class, dict, exception, tuple};
use crate::value::{Obj, Raised, Res};
use crate::vm::Vm;
use crate::{attr, run, types};

/// Function and Closure objects: `code`, then default values, keyword-only default values, cells.
pub(crate) mod function {
    pub(crate) const CODE: usize = 0;
    pub(crate) const DEFAULTS: usize = 1;
    pub(crate) const KW_DEFAULTS: usize = 2;
    pub(crate) const CELLS: usize = 3;
}

/// Arguments of a native function: `n` positional ones, then `n_kw` pairs of name and value, all rooted.
#[derive(Clone, Copy)]
pub(crate) struct Args {
    pub(crate) at: Slots,
    pub(crate) n: usize,
    pub(crate) n_kw: usize,
}

impl Args {
    /// Positional argument `index`; the caller knows it is there, from the native's entry in the table.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn get(&self, index: usize) -> Obj {
        debug_assert!(index < self.n);
        self.at.get(index as isize)
    }

    /// Positional argument `index`, if given.
    pub(crate) fn opt(&self, index: usize) -> Option<Obj> {
        (index < self.n).then(|| self.at.get(index as isize))
    }

    /// A method's receiver, which must be of this kind.
    #[cfg(any(feature = "bytes", feature = "collections"))]
    pub(crate) fn receiver(&self, vm: &mut Vm, kind: Kind) -> Res {
        if self.get(0).is(kind) { Ok(self.get(0)) } else { vm.type_error(Qstr::M_BAD_OPERAND) }
    }

    /// A method that does something with its receiver, which must be of this kind, and the argument.
    #[cfg(any(feature = "bytes", feature = "collections"))]
    pub(crate) fn given_to(&self, vm: &mut Vm, kind: Kind, method: fn(&mut Vm, Obj, Obj) -> Res<()>) -> Res {
        let receiver = self.receiver(vm, kind)?;
        method(vm, receiver, self.get(1))?;
        Ok(Obj::NONE)
    }

    /// Positional argument `index` as an int, if given.
    #[cfg_attr(feature = "methods", inline(never))]
    pub(crate) fn int_or(&self, vm: &mut Vm, index: usize, default: i32) -> Res<i32> {
        match self.opt(index) {
            Some(value) => crate::ops::as_int(vm, value),
            None => Ok(default),
        }
    }

    /// Positional argument `index`, or the keyword argument of this name.
    #[cfg(any(feature = "strings", feature = "io", feature = "collections", all(feature = "bigint", feature = "bytes")))]
    pub(crate) fn named(&self, index: usize, name: Qstr) -> Option<Obj> {
        self.opt(index).or_else(|| self.kw_named(name))
    }

    /// Replaces an argument, which roots the new value.
    pub(crate) fn set(&self, index: usize, value: Obj) {
        debug_assert!(index < self.n);
        self.at.set(index as isize, value);
    }

    pub(crate) fn kw(&self, index: usize) -> (Obj, Obj) {
        let at = (self.n + 2 * index) as isize;
        (self.at.get(at), self.at.get(at + 1))
    }

    /// The keyword argument of this name.
    pub(crate) fn kw_named(&self, name: Qstr) -> Option<Obj> {
        (0..self.n_kw).map(|index| self.kw(index)).find(|(key, _)| *key == Obj::name(name)).map(|(_, value)| value)
    }
}

/// Begins a call. The slot before the first argument must be free to be written. Gives the value, or `Obj::CALL` when a
/// frame was pushed whose value will go where the present frame's saved `sp` points.
#[inline(never)]
pub(crate) fn start(vm: &mut Vm, callee: Obj, args: Slots, n: usize, n_kw: usize) -> Res {
    if callee.is(Kind::Function) {
        return enter(vm, callee, args, n, n_kw);
    }
    start_other(vm, callee, args, n, n_kw)
}

/// Any of the four opcodes that call, for the run loop that is made for size: `receiver` is NULL when there is none.
#[cfg(not(feature = "speed"))]
pub(crate) fn any(vm: &mut Vm, callee: Obj, receiver: Obj, args: Slots, count: (usize, usize), starred: bool) -> Res {
    let (n, n_kw) = count;
    if starred {
        crate::spread::call(vm, callee, receiver, args, n, n_kw)
    } else if receiver == Obj::NULL {
        start(vm, callee, args, n, n_kw)
    } else {
        start_with_self(vm, callee, args.plus(-1), n + 1, n_kw)
    }
}

#[inline(never)]
#[cfg_attr(all(target_os = "none", feature = "speed"), optimize(speed))]
fn start_other(vm: &mut Vm, callee: Obj, args: Slots, n: usize, n_kw: usize) -> Res {
    if let Some(index) = callee.as_native() {
        return native(vm, index, args, n, n_kw);
    }
    if callee.is(Kind::Closure) {
        return enter(vm, callee, args, n, n_kw);
    }
    let kept = vm.kept();
    if let Some(index) = callee.as_type_index() {
        let made = types::construct(vm, T::from_index(index), Args { at: args, n, n_kw });
        vm.release(kept);
        return made;
    }
    if callee == Obj::BUILD_CLASS {
        // The class itself is then in its body's frame.
        let begun = class::build(vm, Args { at: args, n, n_kw });
        vm.release(kept);
        return begun;
    }
    if !callee.is_heap() {
        return vm.type_error(Qstr::M_NOT_CALLABLE);
    }
    match callee.kind() {
        Kind::Method => {
            let (function, receiver) = (callee.field(types::METHOD_FUNCTION), callee.field(types::METHOD_SELF));
            args.set(-1, receiver);
            start_with_self(vm, function, args.plus(-1), n + 1, n_kw)
        }
        Kind::Class => class::instantiate(vm, callee, args, n, n_kw),
        Kind::Instance => match attr::of_class(callee, Obj::name(Qstr::D_CALL)) {
            it if it == Obj::NULL => vm.type_error(Qstr::M_NOT_CALLABLE),
            function => {
                args.set(-1, callee);
                start_with_self(vm, function, args.plus(-1), n + 1, n_kw)
            }
        },
        _ => vm.type_error(Qstr::M_NOT_CALLABLE),
    }
}

/// Begins a call whose first argument has taken the free slot.
#[cfg_attr(all(target_os = "none", feature = "speed"), optimize(speed))]
pub(crate) fn start_with_self(vm: &mut Vm, callee: Obj, args: Slots, n: usize, n_kw: usize) -> Res {
    if callee.is(Kind::Function) || callee.is(Kind::Closure) {
        return enter(vm, callee, args, n, n_kw);
    }
    if let Some(index) = callee.as_native() {
        return native(vm, index, args, n, n_kw);
    }
    // Anything else may want a free slot of its own: move the arguments to where there is one.
    vm.keep(callee)?;
    let total = n + 2 * n_kw;
    let moved = vm.alloc(Kind::Slots, total + 1)?;
    for index in 0..total {
        moved.set_field(index + 1, args.get(index as isize));
    }
    vm.keep(moved)?;
    vm.enter()?;
    let value = start_other(vm, callee, Slots::of(moved, 1), n, n_kw);
    vm.leave();
    vm.unkeep(2);
    value
}

fn native(vm: &mut Vm, index: u16, args: Slots, n: usize, n_kw: usize) -> Res {
    let Some(function) = natives::function(index) else { return vm.type_error(Qstr::M_NOT_CALLABLE) };
    let arity = natives::arity(index);
    if n < usize::from(arity.min()) || n > usize::from(arity.max) {
        return vm.type_error(Qstr::M_ARG_COUNT);
    }
    if n_kw > 0 && !arity.keywords() {
        return vm.type_error(Qstr::M_NO_KW);
    }
    let kept = vm.kept();
    let value = function(vm, Args { at: args, n, n_kw });
    vm.release(kept);
    value
}

/// Begins a Python function: a frame, or for a generator function a generator object. Where size counts
/// there is one way to put arguments into locals.
#[inline(never)]
fn enter(vm: &mut Vm, function: Obj, args: Slots, n: usize, n_kw: usize) -> Res {
    let code = CodePtr::from_raw(function.pointer(function::CODE));
    if vm.watch {
        vm.attend()?;
    }
    if code.get().flags & FLAG_GENERATOR != 0 {
        return make_generator(vm, code, function, args, n, n_kw);
    }
    let frame = vm.push_frame(code, function)?;
    let caller = vm.frame;
    frame.set_prev(caller);
    vm.frame = Some(frame);
    #[cfg(feature = "speed")]
    if code.get().simple && n_kw == 0 {
        let n_cells = usize::from(code.get().n_pos).wrapping_sub(n);
        let fits = if n_cells == 0 { function.is(Kind::Function) } else { has_cells(function, n_cells) };
        if fits {
            let mut locals = frame.locals();
            for index in 0..n_cells {
                locals.set(0, function.field(function::CELLS + index));
                locals = locals.plus(-1);
            }
            for index in 0..n as isize {
                locals.set(-index, args.get(index));
            }
            return Ok(Obj::CALL);
        }
    }
    let bound = bind(vm, frame, function, args, n, n_kw);
    if bound.is_err() {
        vm.frame = caller;
        frame.pop(&mut vm.heap);
    }
    bound.map(|()| Obj::CALL)
}

/// Whether a function has exactly `count` cells.
#[cfg(feature = "speed")]
fn has_cells(function: Obj, count: usize) -> bool {
    if !function.is(Kind::Closure) {
        return false;
    }
    let room = function.words() - function::CELLS;
    count > 0
        && count <= room
        && function.field(function::CELLS + count - 1) != Obj::NULL
        && (count == room || function.field(function::CELLS + count) == Obj::NULL)
}

#[inline(never)]
fn make_generator(vm: &mut Vm, code: CodePtr, function: Obj, args: Slots, n: usize, n_kw: usize) -> Res {
    vm.keep(function)?;
    let generator = vm.alloc(Kind::Generator, frame_words(code))?;
    let frame = FramePtr::start_in(generator, code, function);
    vm.keep(generator)?;
    let bound = bind(vm, frame, function, args, n, n_kw);
    vm.unkeep(2);
    bound.map(|()| generator)
}

/// Puts arguments into a new frame's locals. Frame and arguments are rooted.
#[inline(never)]
fn bind(vm: &mut Vm, frame: FramePtr, function: Obj, args: Slots, n: usize, n_kw: usize) -> Res<()> {
    let code = frame.code().get();
    let locals = frame.locals();
    let (n_pos, n_named) = (usize::from(code.n_pos), usize::from(code.n_pos) + usize::from(code.n_kwonly));
    let mut filled = 0;
    if function.is(Kind::Closure) {
        let last = function.words();
        while filled + function::CELLS < last && function.field(function::CELLS + filled) != Obj::NULL {
            locals.set(-(filled as isize), function.field(function::CELLS + filled));
            filled += 1;
        }
    }
    let taken = n.min(n_pos.saturating_sub(filled));
    for index in 0..taken {
        locals.set(-((filled + index) as isize), args.get(index as isize));
    }
    filled += taken;
    if code.flags & FLAG_VAR_ARGS != 0 {
        let rest = tuple::new(vm, args.plus(taken as isize).as_slice(n - taken))?;
        locals.set(-(n_named as isize), rest);
    } else if taken < n {
        return vm.type_error(Qstr::M_ARG_COUNT);
    }
    let extra_keywords = n_named + usize::from(code.flags & FLAG_VAR_ARGS != 0);
    if code.flags & FLAG_VAR_KEYWORDS != 0 {
        let rest = dict::new(vm)?;
        locals.set(-(extra_keywords as isize), rest);
    }
    for pair in 0..n_kw {
        let at = (n + 2 * pair) as isize;
        let (name, value) = (args.get(at), args.get(at + 1));
        match argument_index(frame.code(), name, n_named) {
            Some(index) if locals.get(-(index as isize)) == Obj::NULL => locals.set(-(index as isize), value),
            Some(_) => return vm.type_error(Qstr::M_ARG_TWICE),
            None if code.flags & FLAG_VAR_KEYWORDS != 0 => dict::set(vm, locals.get(-(extra_keywords as isize)), name, value)?,
            None => return vm.type_error(Qstr::M_ARG_UNEXPECTED),
        }
    }
    let defaults = function.field(function::DEFAULTS);
    let n_default = if defaults == Obj::NULL { 0 } else { tuple::len(defaults).min(n_pos) };
    for index in filled..n_pos {
        if locals.get(-(index as isize)) == Obj::NULL {
            if index < n_pos - n_default {
                return vm.type_error(if n_kw == 0 { Qstr::M_ARG_COUNT } else { Qstr::M_ARG_MISSING });
            }
            locals.set(-(index as isize), tuple::items(defaults)[index - (n_pos - n_default)]);
        }
    }
    if n_named > n_pos {
        bind_keyword_only(vm, frame, function)?;
    }
    for index in 0..usize::from(code.n_cells) {
        let local = -(frame.code().cell(index) as isize);
        let cell = vm.alloc(Kind::Cell, 1)?;
        cell.set_field(0, locals.get(local));
        locals.set(local, cell);
    }
    Ok(())
}

/// The position of the argument called `name`.
fn argument_index(code: CodePtr, name: Obj, n_named: usize) -> Option<usize> {
    let mut at: Ip = code.get().names;
    at.varuint();
    (0..n_named).find(|_| code.get().module.name(at.varuint()) == name)
}

fn bind_keyword_only(vm: &mut Vm, frame: FramePtr, function: Obj) -> Res<()> {
    let code = frame.code().get();
    let defaults = function.field(function::KW_DEFAULTS);
    let mut at = code.names;
    at.varuint();
    for index in 0..usize::from(code.n_pos) + usize::from(code.n_kwonly) {
        let name = code.module.name(at.varuint());
        if frame.locals().get(-(index as isize)) == Obj::NULL && index >= usize::from(code.n_pos) {
            let value = if defaults.is(Kind::Dict) { dict::get(vm, defaults, name)? } else { Obj::NULL };
            if value == Obj::NULL {
                return vm.type_error(Qstr::M_ARG_MISSING);
            }
            frame.locals().set(-(index as isize), value);
        }
    }
    Ok(())
}

/// A call from native code: runs until there is a value. `args` need not be rooted; at most six.
#[inline(never)]
pub(crate) fn call(vm: &mut Vm, callee: Obj, args: &[Obj]) -> Res {
    let kept = vm.kept();
    vm.keep(callee)?;
    for arg in args {
        vm.keep(*arg)?;
    }
    vm.enter()?;
    let boundary = vm.push_frame(vm.boundary, Obj::NULL);
    vm.release(kept);
    let boundary = match boundary {
        Ok(boundary) => boundary,
        Err(raised) => {
            vm.leave();
            return Err(raised);
        }
    };
    let caller = vm.frame;
    boundary.set_prev(caller);
    vm.frame = Some(boundary);
    let slots = boundary.stack();
    slots.set(0, callee);
    for (index, arg) in args.iter().enumerate() {
        slots.set(index as isize + 1, *arg);
    }
    boundary.set_sp(slots);
    let started = start(vm, callee, slots.plus(1), args.len(), 0);
    let value = finish(vm, boundary, started);
    vm.frame = caller;
    boundary.pop(&mut vm.heap);
    vm.leave();
    value
}

/// Runs until `boundary` has its value, when a frame was pushed above it.
fn finish(vm: &mut Vm, boundary: FramePtr, started: Res) -> Res {
    match started {
        Ok(it) if it == Obj::CALL => run::run(vm, Ok(())),
        Err(raised) if vm.frame != Some(boundary) => run::run(vm, Err(raised)),
        other => other,
    }
}

/// Resumes a generator from native code, until it yields, and gives `STOP` when it has ended: as `next(generator, STOP)`.
#[cfg(not(feature = "speed"))]
pub(crate) fn resume_nested(vm: &mut Vm, generator: Obj) -> Res {
    call(vm, Obj::native(natives::N::Next as u16), &[generator, Obj::STOP])
}

/// Resumes a generator from native code, until it yields, and gives `STOP` when it has ended.
#[cfg(feature = "speed")]
pub(crate) fn resume_nested(vm: &mut Vm, generator: Obj) -> Res {
    vm.keep(generator)?;
    vm.enter()?;
    let boundary = vm.push_frame(vm.boundary, Obj::NULL);
    vm.unkeep(1);
    let boundary = match boundary {
        Ok(boundary) => boundary,
        Err(raised) => {
            vm.leave();
            return Err(raised);
        }
    };
    let caller = vm.frame;
    boundary.set_prev(caller);
    vm.frame = Some(boundary);
    boundary.stack().set(0, generator);
    boundary.set_sp(boundary.stack());
    let started = resume(vm, generator, Obj::NONE, Action::Send, Obj::STOP);
    let value = finish(vm, boundary, started);
    vm.frame = caller;
    boundary.pop(&mut vm.heap);
    vm.leave();
    value
}

/// Goes on with a generator: links its frame and gives `CALL`, or `STOP` when it has ended. `extra` is what its action needs.
pub(crate) fn resume(vm: &mut Vm, generator: Obj, value: Obj, action: Action, extra: Obj) -> Res {
    let frame = FramePtr::of_generator(generator);
    match frame.state() {
        State::Suspended => frame.sp().set(0, value),
        State::Fresh if value == Obj::NONE => {}
        State::Fresh => return vm.type_error(Qstr::M_GENERATOR_STARTED),
        State::Running => return vm.value_error(Qstr::M_GENERATOR_RUNNING),
        State::Done => return Ok(Obj::STOP),
    }
    if vm.watch {
        vm.attend()?;
    }
    link(vm, frame, action, extra);
    Ok(Obj::CALL)
}

#[cfg_attr(feature = "speed", inline(always))]
fn link(vm: &mut Vm, frame: FramePtr, action: Action, extra: Obj) {
    frame.set_state(State::Running);
    frame.set_action(action);
    frame.set_extra(extra);
    frame.set_prev(vm.frame);
    vm.frame = Some(frame);
}

/// Raises `error` where a generator waits. Always `Err`; the frame it is raised in is linked.
pub(crate) fn throw(vm: &mut Vm, generator: Obj, error: Obj, action: Action) -> Raised {
    let mut generator = generator;
    let mut action = action;
    vm.error = error;
    loop {
        let frame = FramePtr::of_generator(generator);
        match frame.state() {
            State::Running => return vm.raise(T::ValueError, Qstr::M_GENERATOR_RUNNING),
            State::Fresh | State::Done => {
                frame.set_state(State::Done);
                return Raised;
            }
            State::Suspended => {}
        }
        link(vm, frame, action, Obj::NULL);
        if frame.ip().peek() != opcodes::YIELD_FROM {
            return Raised;
        }
        // It waits for another iterator: raise there, if that is a generator.
        let inner = frame.sp().get(-1);
        if !inner.is(Kind::Generator) {
            return Raised;
        }
        generator = inner;
        action = Action::Delegate;
    }
}

/// Executes a loaded file's top level.
pub(crate) fn run_module(vm: &mut Vm, module: ModulePtr) -> Res {
    let function = make_function(vm, module.code(0), Obj::NULL, Obj::NULL, Slots::of(module.get().globals, 0), 0)?;
    call(vm, function, &[])
}

/// A function object. The defaults and the `n_cells` values from `cells` on are rooted.
pub(crate) fn make_function(vm: &mut Vm, code: CodePtr, defaults: Obj, kw_defaults: Obj, cells: Slots, n_cells: usize) -> Res {
    let kind = if n_cells == 0 { Kind::Function } else { Kind::Closure };
    let made = vm.alloc(kind, function::CELLS + n_cells)?;
    made.set_pointer(function::CODE, code.as_raw());
    made.set_field(function::DEFAULTS, defaults);
    made.set_field(function::KW_DEFAULTS, kw_defaults);
    for index in 0..n_cells {
        made.set_field(function::CELLS + index, cells.get(index as isize));
    }
    Ok(made)
}

/// Whether the present error is of a built-in exception type.
pub(crate) fn error_is(vm: &Vm, class: T) -> bool {
    vm.error != Obj::NULL && exception::is_subclass(vm.error.field(exception::CLASS), class.obj())
}

/// The name of what is called, for natives that show it.
pub(crate) fn native_name(index: u16) -> Obj {
    Obj::name(natives::name(index))
}
