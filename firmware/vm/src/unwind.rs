//! Ways out of a frame: returning, yielding, raising, and jumps out of exception blocks.
//!
//! A finally block runs as part of its function: the block says what is pending, and END_FINALLY does it. What a finished frame's
//! value is for is its `Action`.

use crate::code::Ip;
use crate::frame::{Action, Block, BlockKind, FramePtr, Pending, Slots, State};
use crate::heap::Kind;
use crate::qstr::Qstr;
use crate::types::{self, T, exception};
use crate::value::{Obj, Raised, Res};
use crate::vm::Vm;
use crate::{call, ops};

/// The running frame. There is one whenever the loop runs: `call` has linked it.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn current(vm: &Vm) -> Res<FramePtr> {
    vm.frame.ok_or(Raised)
}

/// Leaves exception blocks for a jump: up to the next finally block that is to run, or to the target.
#[inline(never)]
pub(crate) fn unwind_jump(frame: FramePtr, ip: Ip, mut sp: Slots, target: Ip, mut unwind: u8) -> (Ip, Slots) {
    let start = frame.code().get().start;
    let here = ip.offset(start);
    while unwind & 0x7f > 0 {
        unwind -= 1;
        let block = frame.last_block();
        if block.kind() != BlockKind::Except {
            if block.handler() >= here {
                block.set_jump(unwind, target.offset(start));
                sp.push(Obj::NONE);
                return (start.plus(block.handler()), sp);
            }
            // A finally block that is running already is given up, with what it was going to do.
            sp = sp.plus(-1);
        }
        frame.pop_block();
    }
    (target, if unwind == 0 { sp } else { sp.plus(-4) })
}

/// Looks for a finally block to run before returning the value on top; gives where to go on when there is one. (By value: a pointer
/// to `ip` or `sp` would keep them out of registers in the whole run loop.)
#[inline(never)]
pub(crate) fn unwind_return(frame: FramePtr, ip: Ip, sp: Slots) -> Option<(Ip, Slots)> {
    let start = frame.code().get().start;
    let here = ip.offset(start);
    while frame.n_blocks() > 0 {
        let block = frame.last_block();
        if block.kind() != BlockKind::Except && block.handler() >= here {
            let value = sp.get(0);
            let sp = frame.stack().plus(block.depth() as isize);
            sp.set(0, value);
            block.set_pending(Pending::Return);
            return Some((start.plus(block.handler()), sp));
        }
        frame.pop_block();
    }
    None
}

/// END_FINALLY: does what is pending. Gives where to go on in this frame, or nothing when it has been left. (By value as above.)
#[inline(never)]
pub(crate) fn end_finally(vm: &mut Vm, frame: FramePtr, ip: Ip, sp: Slots) -> Res<Option<(Ip, Slots)>> {
    let block = frame.last_block();
    frame.set_ip(ip);
    // An exception that goes on is still handled here, for the traceback: its place in this frame is known. Unwinding takes the block off.
    let goes_on = cfg!(feature = "traceback") && block.pending() == Pending::Exception && types::is_exception(sp.get(0));
    if !goes_on {
        frame.pop_block();
    }
    match block.pending() {
        // `try … except` without a match ends here as well, with the exception on the stack.
        Pending::Nothing => Ok(Some((ip, sp.plus(-1)))),
        // An `async with` whose manager has swallowed the exception.
        Pending::Exception if cfg!(feature = "language") && sp.get(0) == Obj::NONE => Ok(Some((ip, sp.plus(-1)))),
        Pending::Exception => {
            let error = sp.get(0);
            vm.error = error;
            if types::is_exception(error) { Err(Raised) } else { Err(vm.raise(T::TypeError, Qstr::M_NOT_EXCEPTION)) }
        }
        Pending::Return => match unwind_return(frame, ip, sp) {
            Some(next) => Ok(Some(next)),
            None => leave(vm, frame, sp.get(0)).map(|()| None),
        },
        Pending::Jump => {
            let (unwind, target) = block.jump();
            let target = frame.code().get().start.plus(target);
            Ok(Some(unwind_jump(frame, ip, sp.plus(-1), target, unwind)))
        }
    }
}

/// WITH_CLEANUP: begins `__exit__`, which lies below the state on top together with its self.
#[inline(never)]
pub(crate) fn begin_exit(vm: &mut Vm, frame: FramePtr, sp: Slots) -> Res {
    let block = frame.last_block();
    let state = sp.get(0);
    let exiting = block.pending() == Pending::Exception && types::is_exception(state);
    let (kind, value) = if exiting { (state.field(exception::CLASS), state) } else { (Obj::NONE, Obj::NONE) };
    // Held in the block while `__exit__` runs, and told to END_FINALLY afterwards.
    block.set_value(state);
    sp.set(0, kind);
    sp.set(1, value);
    sp.set(2, Obj::NONE);
    frame.set_sp(sp.plus(-2));
    let (callee, receiver) = (sp.get(-2), sp.get(-1));
    if receiver == Obj::NULL { call::start(vm, callee, sp, 3, 0) } else { call::start_with_self(vm, callee, sp.plus(-1), 4, 0) }
}

/// The exception that the innermost running handler of a function handles.
#[cfg_attr(not(feature = "chaining"), inline(always))]
fn handled_in(frame: FramePtr) -> Option<Obj> {
    let blocks = (0..frame.n_blocks()).rev().map(|index| frame.block(index));
    let is_running = |block: &Block| block.pending() == Pending::Exception && types::is_exception(block.value());
    blocks.into_iter().find(is_running).map(Block::value)
}

/// The same of all functions under way.
#[cfg(feature = "chaining")]
pub(crate) fn handled(vm: &Vm) -> Option<Obj> {
    let mut frame = vm.frame;
    while let Some(at) = frame {
        if let Some(error) = handled_in(at) {
            return Some(error);
        }
        frame = at.prev();
    }
    None
}

/// `raise` alone: what is being handled; without `chaining` by the running function itself, as in MicroPython.
pub(crate) fn raise_again(vm: &mut Vm, frame: FramePtr) -> Raised {
    #[cfg(feature = "chaining")]
    let found = handled_in(frame).or_else(|| handled(vm));
    #[cfg(not(feature = "chaining"))]
    let found = handled_in(frame);
    match found {
        Some(error) => {
            vm.error = error;
            Raised
        }
        None => vm.raise(T::RuntimeError, Qstr::M_NO_RERAISE),
    }
}

/// After `__exit__`: says on the stack how END_FINALLY goes on. The frame's `sp` is where `__exit__` was.
pub(crate) fn exited(vm: &mut Vm, frame: FramePtr, result: Obj) -> Res<()> {
    let block = frame.last_block();
    let swallow = block.pending() == Pending::Exception && ops::truth(vm, result)?;
    let value = if swallow { Obj::NONE } else { block.value() };
    if swallow {
        block.set_pending(Pending::Nothing);
    }
    frame.sp().set(0, value);
    Ok(())
}

/// Takes the top frame off and makes its caller the running one.
fn pop_frame(vm: &mut Vm, frame: FramePtr) {
    vm.frame = frame.prev();
    if frame.is_generator() {
        frame.set_state(State::Done);
        frame.set_prev(None);
    } else {
        frame.pop(&mut vm.heap);
    }
}

/// A frame returns `value`: does what was to be done with it.
#[inline(never)]
pub(crate) fn leave(vm: &mut Vm, frame: FramePtr, value: Obj) -> Res<()> {
    let (action, extra) = (frame.action(), frame.extra());
    let value = vm.keep(value)?;
    pop_frame(vm, frame);
    let done = deliver(vm, action, extra, value);
    vm.unkeep(1);
    done
}

fn deliver(vm: &mut Vm, action: Action, extra: Obj, value: Obj) -> Res<()> {
    let caller = current(vm)?;
    let sp = caller.sp();
    #[cfg(feature = "language")]
    if value == Obj::NOT_IMPLEMENTED && extra.is_int() && matches!(action, Action::Push | Action::Not) {
        let next = crate::operators::after(vm, caller, extra.as_int())?;
        if next != Obj::CALL {
            sp.set(0, next);
        }
        return Ok(());
    }
    match action {
        Action::Push | Action::ForNext => sp.set(0, value),
        Action::Init => {
            if value != Obj::NONE {
                return vm.type_error(Qstr::M_INIT_NONE);
            }
        }
        Action::Class => {
            if value.is(Kind::Cell) {
                value.set_field(0, extra);
            }
            sp.set(0, extra);
            #[cfg(feature = "language")]
            crate::types::class::finish(vm, extra)?;
        }
        Action::Not => {
            let truth = ops::truth(vm, value)?;
            sp.set(0, Obj::bool(!truth));
        }
        Action::Truth => {
            let truth = ops::truth(vm, value)?;
            sp.set(0, Obj::bool(truth));
        }
        #[cfg(not(feature = "statements"))]
        Action::Enter | Action::Exit => {}
        #[cfg(feature = "statements")]
        Action::Enter => {
            sp.set(0, value);
            caller.push_block(BlockKind::With, extra.as_int() as usize, sp.plus(-1));
        }
        #[cfg(feature = "statements")]
        Action::Exit => exited(vm, caller, value)?,
        Action::ForGenerator => end_loop(caller, extra),
        Action::Send => {
            if extra == Obj::NULL {
                let argument = if value == Obj::NONE { Obj::NULL } else { value };
                return Err(vm.raise_value(T::StopIteration, argument));
            }
            sp.set(0, extra);
        }
        Action::Delegate => {
            let sp = sp.plus(-1);
            sp.set(0, value);
            caller.set_sp(sp);
            caller.set_ip(caller.ip().plus(1));
        }
        Action::Close => sp.set(0, Obj::NONE),
    }
    Ok(())
}

/// Ends the `for` loop a frame waits in: its `sp` is where the item would go.
fn end_loop(frame: FramePtr, end: Obj) {
    frame.set_sp(frame.sp().plus(-5));
    frame.set_ip(frame.code().get().start.plus(end.as_int() as usize));
}

/// A generator yields: to a `for` loop, to `next`, or through the generators that delegate to it.
pub(crate) fn yield_value(vm: &mut Vm, frame: FramePtr, value: Obj) -> Res<()> {
    let mut frame = frame;
    loop {
        frame.set_state(State::Suspended);
        vm.frame = frame.prev();
        frame.set_prev(None);
        let caller = current(vm)?;
        caller.sp().set(0, value);
        match frame.action() {
            Action::Delegate => frame = caller,
            Action::Close => return Err(vm.raise(T::RuntimeError, Qstr::M_GENERATOR_EXIT)),
            _ => return Ok(()),
        }
    }
}

/// Finds who handles `vm.error`, popping frames; gives `Err` when it is a boundary frame, that is, native code.
#[inline(never)]
pub(crate) fn unwind(vm: &mut Vm) -> Res<()> {
    #[cfg(feature = "chaining")]
    crate::chaining::note(vm);
    loop {
        let frame = current(vm)?;
        let start = frame.code().get().start;
        let here = frame.ip().offset(start);
        #[cfg(feature = "traceback")]
        if frame.code() != vm.boundary {
            let error = vm.error;
            vm.tracebacks.note(error, frame);
        }
        while frame.n_blocks() > 0 && !vm.halted {
            let block = frame.last_block();
            // A handler before this point is running already, and has itself raised.
            if block.handler() >= here {
                block.set_value(vm.error);
                block.set_pending(Pending::Exception);
                let sp = frame.stack().plus(block.depth() as isize);
                sp.set(0, vm.error);
                frame.set_sp(sp);
                frame.set_ip(start.plus(block.handler()));
                vm.error = Obj::NULL;
                return Ok(());
            }
            frame.pop_block();
        }
        if frame.code() == vm.boundary {
            return Err(Raised);
        }
        let (action, extra, is_generator) = (frame.action(), frame.extra(), frame.is_generator());
        pop_frame(vm, frame);
        if vm.halted {
            continue;
        }
        let caller = current(vm)?;
        if action == Action::ForNext && call::error_is(vm, T::StopIteration) {
            end_loop(caller, extra);
            return Ok(());
        }
        if action == Action::Close && (call::error_is(vm, T::GeneratorExit) || call::error_is(vm, T::StopIteration)) {
            caller.sp().set(0, Obj::NONE);
            return Ok(());
        }
        if is_generator && call::error_is(vm, T::StopIteration) {
            #[cfg(feature = "chaining")]
            let stop = vm.error;
            let _ = vm.raise(T::RuntimeError, Qstr::M_GENERATOR_STOP);
            #[cfg(feature = "chaining")]
            crate::chaining::replaces(vm, stop);
        }
        if action == Action::Delegate {
            // The delegation is over: the opcode is not to be taken up again.
            caller.set_ip(caller.ip().plus(1));
        }
    }
}
