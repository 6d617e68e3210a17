//! The run loop where size counts: what runs is in the frame and not in registers, and what operations have in common is done for all of them
//! at one place, by the table of effects that the verifier goes by.
//!
//! For each operation the saved `ip` is behind it and its operand, the saved `sp` at the first value it takes; so whatever raises can just
//! return, and whatever begins a frame finds its value's place. A value that is no `CALL` goes there, and the stack is as high as the table says.

use crate::call;
use crate::code::Ip;
use crate::frame::{Action, BlockKind, FramePtr, Slots};
use crate::heap::Kind;
use crate::opcodes::{self, Op, Operand, effects, op_of, unary};
use crate::qstr::Qstr;
use crate::types::{self, T, class, dict, exception, list, tuple};
use crate::unwind::{begin_exit, current, end_finally, exited, leave, raise_again, unwind_jump, unwind_return, yield_value};
use crate::value::{Obj, Raised, Res};
use crate::vm::Vm;
use crate::{attr, iter, ops, subscr};

/// An operation taken apart.
struct Step {
    frame: FramePtr,
    /// Behind the operand.
    ip: Ip,
    /// The top of the stack before the operation, and the first value it takes.
    sp: Slots,
    at: Slots,
    operand: isize,
    /// The name that the operand refers to, for operations that have one.
    name: Obj,
    opcode: u8,
    op: Op,
    takes: u8,
    gives: u8,
    form: Operand,
}

/// Executes until the boundary frame's `Halt`, whose value it gives, or until something raises; then the frame's `ip` is saved.
#[inline(never)]
pub(super) fn execute(vm: &mut Vm) -> Res {
    loop {
        let frame = current(vm)?;
        let (mut ip, sp) = (frame.ip(), frame.sp());
        let opcode = ip.byte();
        let (ip, operand) = ip.operand(opcode);
        let op = op_of(opcode);
        let (takes, gives, form) = effects(op);
        let name = if form == Operand::Name { frame.code().get().module.name(operand as usize) } else { Obj::NULL };
        let at = sp.plus(1 - isize::from(takes));
        go_on(frame, (ip, at));
        if op == Op::Halt {
            return Ok(sp.get(0));
        }
        let value = step(vm, &Step { frame, ip, sp, at, operand, name, opcode, op, takes, gives, form })?;
        if value != Obj::CALL {
            let at = frame.sp();
            if gives > 0 {
                at.set(0, value);
            }
            frame.set_sp(at.plus(isize::from(gives) - 1));
        }
    }
}

/// Does one operation. Gives its value, or `CALL` where there is no more to do: a frame was begun or left, or all is in its place. (In a
/// function of its own what is known of the operation lies in memory, near a register: shorter code than what the loop's many values get.)
#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
#[inline(never)]
fn step(vm: &mut Vm, step: &Step) -> Res {
    let Step { frame, mut ip, sp, at, operand, name, op, takes, gives, form, .. } = *step;
    let n = operand as usize;
    Ok(match op {
        // No file that has one of these gets past the verifier.
        #[cfg(not(feature = "statements"))]
        Op::SetupWith | Op::WithCleanup | Op::UnpackEx => return Err(Raised),
        Op::Invalid | Op::Halt => return Err(Raised),

        Op::LoadFalse => Obj::FALSE,
        Op::LoadNone => Obj::NONE,
        Op::LoadTrue => Obj::TRUE,
        Op::LoadInt => Obj::int(operand as i32),
        Op::LoadIntMulti => Obj::int(i32::from(step.opcode) - i32::from(opcodes::INT_MULTI_ZERO)),
        Op::LoadString => name,
        Op::LoadConst => tuple::items(frame.code().get().module.get().consts)[n],

        Op::LoadFastMulti | Op::LoadFast | Op::LoadDeref | Op::DeleteFast | Op::DeleteDeref => {
            let place = local(frame, operand, matches!(op, Op::LoadDeref | Op::DeleteDeref));
            let value = place.get(0);
            if value == Obj::NULL {
                return Err(vm.raise(T::NameError, Qstr::M_LOCAL));
            }
            if gives == 0 {
                place.set(0, Obj::NULL);
            }
            value
        }
        Op::StoreFastMulti | Op::StoreFast | Op::StoreDeref => {
            local(frame, operand, op == Op::StoreDeref).set(0, at.get(0));
            Obj::NULL
        }

        Op::LoadGlobal => attr::global(vm, frame.code().get().module, name)?,
        Op::LoadName => attr::load_name(vm, frame, frame.code().get().module, name)?,
        Op::StoreName => {
            attr::store_name(vm, frame, frame.code().get().module, name, at.get(0))?;
            Obj::NULL
        }
        Op::StoreGlobal => {
            vm.set_global(frame.code().get().module, name, at.get(0))?;
            Obj::NULL
        }
        Op::DeleteName | Op::DeleteGlobal => {
            attr::delete_name(vm, frame, frame.code().get().module, name, op == Op::DeleteName)?;
            Obj::NULL
        }

        Op::LoadAttr => attr::load(vm, at.get(0), name)?,
        Op::LoadMethod => {
            attr::load_method(vm, at, name)?;
            at.get(0)
        }
        Op::LoadSuperMethod => {
            class::load_super_method(vm, at, name)?;
            at.get(0)
        }
        Op::StoreAttr => {
            attr::store(vm, at.get(1), name, at.get(0))?;
            Obj::NULL
        }
        Op::LoadBuildClass => Obj::BUILD_CLASS,

        Op::LoadSubscr => subscr::load(vm, at.get(0), at.get(1), Some(at))?,
        Op::StoreSubscr => {
            subscr::store(vm, at.get(1), at.get(2), at.get(0))?;
            Obj::NULL
        }

        Op::DupTop => {
            at.set(1, at.get(0));
            at.get(0)
        }
        Op::DupTopTwo => {
            at.set(2, at.get(0));
            at.set(3, at.get(1));
            at.get(0)
        }
        Op::PopTop | Op::LoadNull => Obj::NULL,
        Op::RotTwo => {
            let second = at.get(1);
            at.set(1, at.get(0));
            second
        }
        #[cfg(feature = "language")]
        Op::RotThree if ip.peek() == opcodes::ROT_THREE && ip.plus(1).peek() == opcodes::LOAD_METHOD => {
            let (first, second) = (sp.get(-1), sp.get(0));
            sp.set(-1, second);
            sp.set(0, first);
            frame.set_ip(ip.plus(1));
            at.get(0)
        }
        Op::RotThree => {
            let third = at.get(2);
            at.set(2, at.get(1));
            at.set(1, at.get(0));
            third
        }

        Op::Jump => {
            jump(vm, frame, ip, operand)?;
            Obj::NULL
        }
        Op::PopJumpIfTrue | Op::PopJumpIfFalse | Op::JumpIfTrueOrPop | Op::JumpIfFalseOrPop => {
            if ops::truth(vm, at.get(0))? == matches!(op, Op::PopJumpIfTrue | Op::JumpIfTrueOrPop) {
                jump(vm, frame, ip, operand)?;
                if form == Operand::Forward {
                    return Ok(Obj::CALL);
                }
            }
            Obj::NULL
        }

        Op::SetupExcept | Op::SetupFinally => {
            let kind = if op == Op::SetupExcept { BlockKind::Except } else { BlockKind::Finally };
            frame.push_block(kind, target(frame, ip, n), sp);
            Obj::NULL
        }
        #[cfg(feature = "statements")]
        Op::SetupWith => {
            let manager = at.get(0);
            attr::load_method(vm, at, Obj::name(Qstr::D_EXIT))?;
            frame.set_sp(at.plus(2));
            let handler = target(frame, ip, n);
            let value = attr::call_special(vm, manager, Qstr::D_ENTER)?;
            if value == Obj::CALL {
                let entered = current(vm)?;
                entered.set_action(Action::Enter);
                entered.set_extra(Obj::int(handler as i32));
            } else {
                frame.push_block(BlockKind::With, handler, at.plus(1));
                at.set(2, value);
            }
            return Ok(Obj::CALL);
        }
        Op::PopExceptJump => {
            frame.pop_block();
            jump(vm, frame, ip, operand)?;
            Obj::NULL
        }
        Op::UnwindJump => {
            let unwind = ip.peek();
            jump(vm, frame, ip, operand)?;
            go_on(frame, unwind_jump(frame, ip, sp, frame.ip(), unwind));
            return Ok(Obj::CALL);
        }
        #[cfg(feature = "statements")]
        Op::WithCleanup => {
            let result = begin_exit(vm, frame, sp)?;
            if result == Obj::CALL {
                current(vm)?.set_action(Action::Exit);
            } else {
                exited(vm, frame, result)?;
            }
            return Ok(Obj::CALL);
        }
        Op::EndFinally => {
            if let Some(next) = end_finally(vm, frame, ip, sp)? {
                go_on(frame, next);
            }
            return Ok(Obj::CALL);
        }

        Op::GetIter => iter::get(vm, at.get(0))?,
        Op::GetIterStack => {
            iter::get_on_stack(vm, at)?;
            at.get(0)
        }
        Op::ForIter => {
            let item = sp.plus(1);
            frame.set_sp(item);
            let value = iter::next_for_loop(vm, at, target(frame, ip, n))?;
            if value == Obj::STOP {
                frame.set_sp(at.plus(-1));
                jump(vm, frame, ip, operand)?;
            } else if value != Obj::CALL {
                item.set(0, value);
            }
            return Ok(Obj::CALL);
        }

        Op::BuildTuple | Op::BuildList => {
            let at = sp.plus(1 - operand);
            frame.set_sp(at);
            let items = at.as_slice(n);
            if op == Op::BuildTuple { tuple::new(vm, items)? } else { list::new(vm, items)? }
        }
        Op::BuildMap => dict::with_room(vm, Kind::Dict, n)?,
        Op::StoreMap => {
            if at.get(0).is(Kind::Dict) {
                dict::set(vm, at.get(0), at.get(2), at.get(1))?;
            }
            at.get(0)
        }
        #[cfg(feature = "set")]
        Op::BuildSet => {
            let at = sp.plus(1 - operand);
            frame.set_sp(at);
            types::set::of_values(vm, at.as_slice(n))?
        }
        #[cfg(not(feature = "set"))]
        Op::BuildSet => return if cfg!(feature = "messages") { vm.type_error(Qstr::M_NO_SET) } else { vm.lacks() },
        #[cfg(not(feature = "slices"))]
        Op::BuildSlice => return vm.lacks(),
        #[cfg(feature = "slices")]
        Op::BuildSlice => {
            let at = sp.plus(1 - operand);
            frame.set_sp(at);
            types::slice::new(vm, at.get(0), at.get(1), if n == 3 { at.get(2) } else { Obj::NONE })?
        }
        Op::StoreComp => {
            frame.set_sp(sp.plus(-subscr::store_in_comprehension(vm, sp, n)?));
            return Ok(Obj::CALL);
        }
        Op::UnpackSequence => {
            iter::unpack(vm, at, n)?;
            frame.set_sp(at.plus(operand - 1));
            return Ok(Obj::CALL);
        }
        #[cfg(feature = "statements")]
        Op::UnpackEx => {
            let (left, right) = (n & 0xff, n >> 8);
            iter::unpack_ex(vm, at, left, right)?;
            frame.set_sp(at.plus((left + right) as isize));
            return Ok(Obj::CALL);
        }

        Op::MakeFunction | Op::MakeFunctionDefaults | Op::MakeClosure | Op::MakeClosureDefaults => {
            let code = frame.code().child(n);
            let n_cells = if form == Operand::UintByte { usize::from(ip.byte()) } else { 0 };
            let cells = sp.plus(1 - n_cells as isize);
            let start = cells.plus(-isize::from(takes));
            frame.set_ip(ip);
            frame.set_sp(start);
            let (defaults, keywords) = if takes > 0 { types::defaults(start) } else { (Obj::NULL, Obj::NULL) };
            call::make_function(vm, code, defaults, keywords, cells, n_cells)?
        }
        Op::Call | Op::CallMethod | Op::CallVarKw | Op::CallMethodVarKw => {
            let (n, n_kw) = (n & 0xff, n >> 8);
            // The callee, and the others of those that each such call takes, lie below the arguments but for what tells of stars.
            let at = at.plus(-((n + 2 * n_kw) as isize));
            frame.set_sp(at);
            let of_method = matches!(op, Op::CallMethod | Op::CallMethodVarKw);
            let starred = matches!(op, Op::CallVarKw | Op::CallMethodVarKw);
            let receiver = if of_method { at.get(1) } else { Obj::NULL };
            call::any(vm, at.get(0), receiver, at.plus(1 + isize::from(of_method)), (n, n_kw), starred)?
        }

        Op::Return => {
            match unwind_return(frame, ip, sp) {
                Some(next) => go_on(frame, next),
                None => leave(vm, frame, sp.get(0))?,
            }
            return Ok(Obj::CALL);
        }
        Op::Yield => {
            yield_value(vm, frame, sp.get(0))?;
            return Ok(Obj::CALL);
        }
        Op::YieldFrom => {
            let (inner, sent) = (at.get(0), at.get(1));
            go_on(frame, (ip.back(1), sp));
            let value = if inner.is(Kind::Generator) {
                call::resume(vm, inner, sent, Action::Delegate, Obj::NULL)
            } else {
                iter::delegate(vm, inner, sent)
            };
            match value {
                Ok(it) if it == Obj::CALL => return Ok(Obj::CALL),
                Ok(it) if it == Obj::STOP => {
                    go_on(frame, (ip, at));
                    iter::delegated(vm, inner)
                }
                Ok(value) => {
                    sp.set(0, value);
                    yield_value(vm, frame, value)?;
                    return Ok(Obj::CALL);
                }
                Err(raised) => {
                    // Not to be taken up again: the delegation is over.
                    if vm.frame == Some(frame) {
                        frame.set_ip(ip);
                    }
                    return Err(raised);
                }
            }
        }

        #[cfg(feature = "chaining")]
        Op::RaiseFrom => crate::chaining::raise_from(vm, at.get(0), at.get(1))?,
        #[cfg_attr(feature = "chaining", expect(unreachable_patterns, reason = "the arm above has one of them"))]
        Op::RaiseObj | Op::RaiseFrom => exception::raise(vm, at.get(0))?,
        Op::RaiseLast => return Err(raise_again(vm, frame)),

        #[cfg(feature = "import")]
        Op::ImportName => crate::import::name(vm, frame.code().get().module, at.get(0), at.get(1), name)?,
        #[cfg(feature = "import")]
        Op::ImportFrom => {
            let made = crate::import::from(vm, at.get(0), name)?;
            at.set(1, made);
            at.get(0)
        }
        #[cfg(feature = "import")]
        Op::ImportStar => {
            crate::import::star(vm, frame.code().get().module, at.get(0))?;
            Obj::NULL
        }
        #[cfg(not(feature = "import"))]
        Op::ImportName | Op::ImportFrom => return Err(attr::no_module(vm, name)),
        #[cfg(not(feature = "import"))]
        Op::ImportStar => return Err(vm.raise(T::ImportError, Qstr::M_NO_IMPORT)),

        Op::Unary => match step.opcode - opcodes::UNARY_MULTI {
            unary::NOT => Obj::bool(!ops::truth(vm, at.get(0))?),
            operator => ops::unary(vm, operator, at.get(0))?,
        },
        _ => ops::binary(vm, step.opcode - opcodes::BINARY_MULTI, at.get(0), at.get(1), Some(at))?,
    })
}

/// Where a local lies, or what the cell in it holds.
fn local(frame: FramePtr, index: isize, of_cell: bool) -> Slots {
    let place = frame.locals().plus(-index);
    if of_cell && place.get(0).is(Kind::Cell) { Slots::of(place.get(0), 0) } else { place }
}

/// Where a jump forward from `ip` leads, as an offset in the function.
fn target(frame: FramePtr, ip: Ip, distance: usize) -> usize {
    ip.plus(distance).offset(frame.code().get().start)
}

/// Goes on elsewhere in the function.
fn jump(vm: &mut Vm, frame: FramePtr, mut ip: Ip, distance: isize) -> Res<()> {
    if distance < 0 && vm.watch {
        vm.attend()?;
    }
    ip.jump(distance);
    frame.set_ip(ip);
    Ok(())
}

fn go_on(frame: FramePtr, (ip, sp): (Ip, Slots)) {
    frame.set_ip(ip);
    frame.set_sp(sp);
}
