//! The run loop: executes verified bytecode until a boundary frame has its value.
//!
//! `ip`, `sp` and `locals` of the running frame are Rust locals; they are written back before a call and read again after a
//! frame was pushed or popped. Every way an operation can fail leads to one place, `unwind`, which finds the handler.

use crate::frame::{Action, BlockKind, FramePtr, Slots};
use crate::heap::Kind;
use crate::opcodes::{self, OPS, Op, unary};
use crate::qstr::Qstr;
use crate::types::{T, class, dict, exception, list, slice, tuple};
use crate::unwind::{begin_exit, end_finally, exited, leave, raise_again, unwind, unwind_jump, unwind_return, yield_value};
use crate::value::{Obj, Raised, Res};
use crate::vm::Vm;
use crate::{attr, call, iter, ops, subscr, types};

/// Runs from `vm.frame` on, which lies above a boundary frame. Starts by raising when `start` is `Err`.
#[inline(never)]
pub(crate) fn run(vm: &mut Vm, start: Res<()>) -> Res {
    // What natives held, and how deep they were, when something raised in them.
    let (level, mut outcome) = (vm.level(), start.map(|()| Obj::NULL));
    loop {
        if outcome.is_err() {
            vm.return_to(level);
            unwind(vm)?;
        }
        outcome = execute(vm);
        if outcome.is_ok() {
            debug_assert_eq!(vm.level(), level, "something is still held");
            return outcome;
        }
    }
}

/// The running frame. There is one whenever the loop runs: `call` has linked it.
#[inline(always)]
pub(crate) fn current(vm: &Vm) -> Res<FramePtr> {
    vm.frame.ok_or(Raised)
}

/// Executes until the boundary frame's `Halt`, whose value it gives, or until something raises; then the frame's `ip` is saved.
#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
#[cfg_attr(target_os = "none", optimize(speed))]
fn execute(vm: &mut Vm) -> Res {
    let mut frame = current(vm)?;
    let mut ip = frame.ip();
    let mut sp = frame.sp();
    let mut locals = frame.locals();

    // Takes up the frame that is on top now.
    macro_rules! reload {
        () => {{
            frame = current(vm)?;
            ip = frame.ip();
            sp = frame.sp();
            locals = frame.locals();
        }};
    }
    // The value of something that may raise.
    macro_rules! check {
        ($value:expr) => {
            match $value {
                Ok(value) => value,
                Err(raised) => {
                    if vm.frame == Some(frame) {
                        frame.set_ip(ip);
                    }
                    return Err(raised);
                }
            }
        };
    }
    // A value that may come from a Python function: it replaces the slots from `$at` on.
    macro_rules! value_at {
        ($at:expr, $value:expr) => {{
            let at: Slots = $at;
            frame.set_ip(ip);
            frame.set_sp(at);
            let value = $value?;
            if value == Obj::CALL {
                reload!();
            } else {
                at.set(0, value);
                sp = at;
            }
        }};
    }
    macro_rules! jump_back_check {
        ($distance:expr) => {
            if $distance < 0 && vm.watch {
                check!(vm.attend());
            }
        };
    }
    macro_rules! load_local {
        ($index:expr) => {{
            let value = locals.get(-($index as isize));
            if value == Obj::NULL {
                check!(Err(vm.raise(T::NameError, Qstr::M_LOCAL)));
            }
            sp.push(value);
        }};
    }

    // Two small ints, or on to the general way.
    macro_rules! int_operands {
        ($general:lifetime) => {{
            let (left, right) = (sp.get(-1), sp.get(0));
            if left.word() & right.word() & 1 == 0 {
                break $general;
            }
            (left.tagged(), right.tagged())
        }};
    }
    macro_rules! int_result {
        ($value:expr) => {{
            let value = $value;
            sp = sp.plus(-1);
            sp.set(0, value);
        }};
    }
    // A comparison is mostly followed by the jump that uses it: then no bool is made.
    macro_rules! compare {
        ($general:lifetime, $operator:tt) => {{
            let (left, right) = int_operands!($general);
            let truth = left $operator right;
            let next = ip.peek();
            if next == opcodes::POP_JUMP_IF_TRUE || next == opcodes::POP_JUMP_IF_FALSE {
                ip.byte();
                let distance = ip.signed_label();
                sp = sp.plus(-2);
                if truth == (next == opcodes::POP_JUMP_IF_TRUE) {
                    jump_back_check!(distance);
                    ip.jump(distance);
                }
            } else {
                int_result!(Obj::bool(truth));
            }
        }};
    }

    'next: loop {
        let opcode = ip.byte();
        'binary: {
            match OPS[usize::from(opcode)] {
                Op::Invalid => return Err(Raised),
                Op::Halt => return Ok(sp.get(0)),

                Op::LoadFalse => sp.push(Obj::FALSE),
                Op::LoadNone => sp.push(Obj::NONE),
                Op::LoadTrue => sp.push(Obj::TRUE),
                Op::LoadNull => sp.push(Obj::NULL),
                Op::LoadIntMulti => sp.push(Obj::int(i32::from(opcode) - i32::from(opcodes::INT_MULTI_ZERO))),
                Op::LoadInt => sp.push(Obj::int(ip.varint())),
                Op::LoadString => sp.push(frame.code().get().module.name(ip.varuint())),
                Op::LoadConst => {
                    let index = ip.varuint();
                    sp.push(tuple::items(frame.code().get().module.get().consts)[index]);
                }

                Op::LoadFastMulti => load_local!(opcode & 0xf),
                Op::LoadFast => load_local!(ip.varuint()),
                Op::StoreFastMulti => {
                    let value = sp.pop();
                    locals.set(-isize::from(opcode & 0xf), value);
                }
                Op::StoreFast => locals.set(-(ip.varuint() as isize), sp.pop()),
                Op::DeleteFast => {
                    let index = ip.varuint();
                    if locals.get(-(index as isize)) == Obj::NULL {
                        check!(Err(vm.raise(T::NameError, Qstr::M_LOCAL)));
                    }
                    locals.set(-(index as isize), Obj::NULL);
                }
                Op::LoadDeref => {
                    let cell = locals.get(-(ip.varuint() as isize));
                    let value = if cell.is(Kind::Cell) { cell.field(0) } else { Obj::NULL };
                    if value == Obj::NULL {
                        check!(Err(vm.raise(T::NameError, Qstr::M_LOCAL)));
                    }
                    sp.push(value);
                }
                Op::StoreDeref => {
                    let cell = locals.get(-(ip.varuint() as isize));
                    let value = sp.pop();
                    if cell.is(Kind::Cell) {
                        cell.set_field(0, value);
                    }
                }
                Op::DeleteDeref => {
                    let cell = locals.get(-(ip.varuint() as isize));
                    if !cell.is(Kind::Cell) || cell.field(0) == Obj::NULL {
                        check!(Err(vm.raise(T::NameError, Qstr::M_LOCAL)));
                    }
                    cell.set_field(0, Obj::NULL);
                }

                Op::LoadGlobal => {
                    let module = frame.code().get().module;
                    let name = module.name(ip.varuint());
                    sp.push(check!(attr::global(vm, module, name)));
                }
                Op::LoadName => {
                    let module = frame.code().get().module;
                    let name = module.name(ip.varuint());
                    sp.push(check!(attr::load_name(vm, frame, module, name)));
                }
                Op::StoreName => {
                    let module = frame.code().get().module;
                    let name = module.name(ip.varuint());
                    check!(attr::store_name(vm, frame, module, name, sp.get(0)));
                    sp = sp.plus(-1);
                }
                Op::StoreGlobal => {
                    let module = frame.code().get().module;
                    let name = module.name(ip.varuint());
                    check!(vm.set_global(module, name, sp.get(0)));
                    sp = sp.plus(-1);
                }
                Op::DeleteName | Op::DeleteGlobal => {
                    let module = frame.code().get().module;
                    let name = module.name(ip.varuint());
                    let in_class = OPS[usize::from(opcode)] == Op::DeleteName;
                    check!(attr::delete_name(vm, frame, module, name, in_class));
                }

                Op::LoadAttr => {
                    let name = frame.code().get().module.name(ip.varuint());
                    let object = sp.get(0);
                    let quick = attr::own(object, name);
                    if quick != Obj::NULL {
                        sp.set(0, quick);
                    } else {
                        value_at!(sp, attr::load(vm, object, name));
                    }
                }
                Op::LoadMethod => {
                    let name = frame.code().get().module.name(ip.varuint());
                    check!(attr::load_method(vm, sp, name));
                    sp = sp.plus(1);
                }
                Op::LoadSuperMethod => {
                    let name = frame.code().get().module.name(ip.varuint());
                    sp = sp.plus(-2);
                    check!(class::load_super_method(vm, sp, name));
                    sp = sp.plus(1);
                }
                Op::StoreAttr => {
                    let name = frame.code().get().module.name(ip.varuint());
                    let at = sp.plus(-1);
                    frame.set_ip(ip);
                    frame.set_sp(at);
                    attr::store(vm, at.get(1), name, at.get(0))?;
                    sp = at.plus(-1);
                }
                Op::LoadBuildClass => sp.push(Obj::BUILD_CLASS),

                Op::LoadSubscr => {
                    let (object, index) = (sp.get(-1), sp.get(0));
                    let quick = subscr::quick(object, index);
                    if quick != Obj::NULL {
                        sp = sp.plus(-1);
                        sp.set(0, quick);
                    } else {
                        let args = sp.plus(-1);
                        value_at!(args, subscr::load(vm, object, index, Some(args)));
                    }
                }
                Op::StoreSubscr => {
                    let (value, object, index) = (sp.get(-2), sp.get(-1), sp.get(0));
                    check!(subscr::store(vm, object, index, value));
                    sp = sp.plus(-3);
                }

                Op::DupTop => {
                    let value = sp.get(0);
                    sp.push(value);
                }
                Op::DupTopTwo => {
                    let (first, second) = (sp.get(-1), sp.get(0));
                    sp.push(first);
                    sp.push(second);
                }
                Op::PopTop => sp = sp.plus(-1),
                Op::RotTwo => {
                    let (first, second) = (sp.get(-1), sp.get(0));
                    sp.set(-1, second);
                    sp.set(0, first);
                }
                #[cfg(feature = "language")]
                Op::RotThree if ip.peek() == opcodes::ROT_THREE && ip.plus(1).peek() == opcodes::LOAD_METHOD => {
                    ip.byte();
                    let (first, second) = (sp.get(-1), sp.get(0));
                    sp.set(-1, second);
                    sp.set(0, first);
                }
                Op::RotThree => {
                    let (first, second, third) = (sp.get(-2), sp.get(-1), sp.get(0));
                    sp.set(-2, third);
                    sp.set(-1, first);
                    sp.set(0, second);
                }

                Op::Jump => {
                    let distance = ip.signed_label();
                    jump_back_check!(distance);
                    ip.jump(distance);
                }
                Op::PopJumpIfTrue | Op::PopJumpIfFalse => {
                    let distance = ip.signed_label();
                    let value = sp.get(0);
                    let truth = if value == Obj::TRUE {
                        true
                    } else if value == Obj::FALSE {
                        false
                    } else if value.is_int() {
                        value != Obj::int(0)
                    } else {
                        check!(ops::truth(vm, value))
                    };
                    sp = sp.plus(-1);
                    if truth == (opcode == opcodes::POP_JUMP_IF_TRUE) {
                        jump_back_check!(distance);
                        ip.jump(distance);
                    }
                }
                Op::JumpIfTrueOrPop | Op::JumpIfFalseOrPop => {
                    let when = OPS[usize::from(opcode)] == Op::JumpIfTrueOrPop;
                    let distance = ip.label();
                    if check!(ops::truth(vm, sp.get(0))) == when {
                        ip.jump(distance as isize);
                    } else {
                        sp = sp.plus(-1);
                    }
                }

                Op::SetupExcept | Op::SetupFinally => {
                    let distance = ip.label();
                    let kind = if OPS[usize::from(opcode)] == Op::SetupExcept { BlockKind::Except } else { BlockKind::Finally };
                    frame.push_block(kind, ip.plus(distance).offset(frame.code().get().start), sp);
                }
                Op::SetupWith => {
                    let distance = ip.label();
                    let handler = ip.plus(distance).offset(frame.code().get().start);
                    let manager = sp.get(0);
                    check!(attr::load_method(vm, sp, Obj::name(Qstr::D_EXIT)));
                    sp = sp.plus(1);
                    frame.set_ip(ip);
                    frame.set_sp(sp.plus(1));
                    let value = attr::call_special(vm, manager, Qstr::D_ENTER)?;
                    if value == Obj::CALL {
                        let entered = current(vm)?;
                        entered.set_action(Action::Enter);
                        entered.set_extra(Obj::int(handler as i32));
                        reload!();
                    } else {
                        frame.push_block(BlockKind::With, handler, sp);
                        sp.push(value);
                    }
                }
                Op::PopExceptJump => {
                    let distance = ip.label();
                    frame.pop_block();
                    ip.jump(distance as isize);
                }
                Op::UnwindJump => {
                    let distance = ip.signed_label();
                    let mut target = ip;
                    target.jump(distance);
                    let unwind = ip.peek();
                    jump_back_check!(distance);
                    (ip, sp) = unwind_jump(frame, ip, sp, target, unwind);
                }
                Op::WithCleanup => {
                    frame.set_ip(ip);
                    let result = begin_exit(vm, frame, sp)?;
                    if result == Obj::CALL {
                        current(vm)?.set_action(Action::Exit);
                        reload!();
                    } else {
                        exited(vm, frame, result)?;
                        sp = frame.sp();
                    }
                }
                Op::EndFinally => match end_finally(vm, frame, ip, sp)? {
                    Some(next) => (ip, sp) = next,
                    None => reload!(),
                },

                Op::GetIter => value_at!(sp, iter::get(vm, sp.get(0))),
                Op::GetIterStack => {
                    check!(iter::get_on_stack(vm, sp));
                    sp = sp.plus(3);
                }
                Op::ForIter => {
                    let distance = ip.label();
                    let slots = sp.plus(-3);
                    let subject = slots.get(0);
                    if subject == Obj::RANGE_LOOP {
                        let (now, stop, step) = (slots.get(1), slots.get(2), slots.get(3));
                        let more = if step.tagged() > 0 { now.tagged() < stop.tagged() } else { now.tagged() > stop.tagged() };
                        // The three are ints unless the slots were tampered with: then the loop ends.
                        if more && now.word() & stop.word() & step.word() & 1 != 0 {
                            // Where the next one would leave the small ints, the end is reached as well.
                            let next = now.tagged().checked_add(step.tagged() - 1);
                            slots.set(1, next.map_or(stop, Obj::from_tagged));
                            sp.push(now);
                        } else {
                            sp = sp.plus(-4);
                            ip.jump(distance as isize);
                        }
                    } else {
                        frame.set_ip(ip);
                        frame.set_sp(sp.plus(1));
                        let end = ip.plus(distance).offset(frame.code().get().start);
                        let value = iter::next_for_loop(vm, slots, end)?;
                        if value == Obj::CALL {
                            reload!();
                        } else if value == Obj::STOP {
                            sp = sp.plus(-4);
                            ip.jump(distance as isize);
                        } else {
                            sp.push(value);
                        }
                    }
                }

                Op::BuildTuple => {
                    let n = ip.varuint();
                    let at = sp.plus(1 - n as isize);
                    let made = check!(tuple::new(vm, at.as_slice(n)));
                    sp = at;
                    sp.set(0, made);
                }
                Op::BuildList => {
                    let n = ip.varuint();
                    let at = sp.plus(1 - n as isize);
                    let made = check!(list::new(vm, at.as_slice(n)));
                    sp = at;
                    sp.set(0, made);
                }
                Op::BuildMap => {
                    ip.varuint();
                    let made = check!(dict::new(vm));
                    sp.push(made);
                }
                Op::StoreMap => {
                    let (target, value, key) = (sp.get(-2), sp.get(-1), sp.get(0));
                    if target.is(Kind::Dict) {
                        check!(dict::set(vm, target, key, value));
                    }
                    sp = sp.plus(-2);
                }
                #[cfg(feature = "set")]
                Op::BuildSet => {
                    let n = ip.varuint();
                    let at = sp.plus(1 - n as isize);
                    let made = check!(types::set::of_values(vm, at.as_slice(n)));
                    sp = at;
                    sp.set(0, made);
                }
                #[cfg(not(feature = "set"))]
                Op::BuildSet => {
                    ip.varuint();
                    check!(vm.type_error::<()>(Qstr::M_NO_SET));
                }
                Op::BuildSlice => {
                    let n = ip.varuint();
                    let at = sp.plus(1 - n as isize);
                    let step = if n == 3 { at.get(2) } else { Obj::NONE };
                    let made = check!(slice::new(vm, at.get(0), at.get(1), step));
                    sp = at;
                    sp.set(0, made);
                }
                Op::StoreComp => {
                    let operand = ip.varuint();
                    let taken = check!(subscr::store_in_comprehension(vm, sp, operand));
                    sp = sp.plus(-taken);
                }
                Op::UnpackSequence => {
                    let n = ip.varuint();
                    check!(iter::unpack(vm, sp, n));
                    sp = sp.plus(n as isize - 1);
                }
                Op::UnpackEx => {
                    let operand = ip.varuint();
                    check!(iter::unpack_ex(vm, sp, operand & 0xff, (operand >> 8) & 0xff));
                    sp = sp.plus(((operand & 0xff) + ((operand >> 8) & 0xff)) as isize);
                }

                Op::Unary => {
                    let op = opcode - opcodes::UNARY_MULTI;
                    let value = sp.get(0);
                    if op == unary::NOT {
                        let truth = check!(ops::truth(vm, value));
                        sp.set(0, Obj::bool(!truth));
                    } else {
                        value_at!(sp, ops::unary(vm, op, value));
                    }
                }
                // Tagged words are twice the value plus one: they overflow 32 bits exactly when the values leave 31.
                Op::Add => {
                    let (left, right) = int_operands!('binary);
                    let Some(sum) = left.checked_add(right - 1) else { break 'binary };
                    int_result!(Obj::from_tagged(sum));
                }
                Op::Subtract => {
                    let (left, right) = int_operands!('binary);
                    let Some(difference) = left.checked_sub(right - 1) else { break 'binary };
                    int_result!(Obj::from_tagged(difference));
                }
                Op::Multiply => {
                    let (left, right) = int_operands!('binary);
                    let Some(product) = (left - 1).checked_mul(right >> 1) else { break 'binary };
                    int_result!(Obj::from_tagged(product | 1));
                }
                Op::And => {
                    let (left, right) = int_operands!('binary);
                    int_result!(Obj::from_tagged(left & right));
                }
                Op::Modulo => {
                    let (left, right) = int_operands!('binary);
                    if right <= 1 {
                        break 'binary;
                    }
                    let remainder = (left >> 1).wrapping_rem(right >> 1);
                    int_result!(Obj::int(if remainder < 0 { remainder + (right >> 1) } else { remainder }));
                }
                Op::FloorDivide => {
                    let (left, right) = int_operands!('binary);
                    if right <= 1 {
                        break 'binary;
                    }
                    int_result!(Obj::int((left >> 1).div_euclid(right >> 1)));
                }
                Op::Less => compare!('binary, <),
                Op::More => compare!('binary, >),
                Op::Equal => compare!('binary, ==),
                Op::LessEqual => compare!('binary, <=),
                Op::MoreEqual => compare!('binary, >=),
                Op::NotEqual => compare!('binary, !=),
                Op::Binary => break 'binary,

                Op::MakeFunction | Op::MakeFunctionDefaults => {
                    let with = OPS[usize::from(opcode)] == Op::MakeFunctionDefaults;
                    let code = frame.code().child(ip.varuint());
                    let at = if with { sp.plus(-1) } else { sp.plus(1) };
                    let (defaults, keywords) = if with { types::defaults(at) } else { (Obj::NULL, Obj::NULL) };
                    let made = check!(call::make_function(vm, code, defaults, keywords, at, 0));
                    sp = at;
                    sp.set(0, made);
                }
                Op::MakeClosure | Op::MakeClosureDefaults => {
                    let with = OPS[usize::from(opcode)] == Op::MakeClosureDefaults;
                    let code = frame.code().child(ip.varuint());
                    let n = usize::from(ip.byte());
                    let cells = sp.plus(1 - n as isize);
                    let at = if with { cells.plus(-2) } else { cells };
                    let (defaults, keywords) = if with { types::defaults(at) } else { (Obj::NULL, Obj::NULL) };
                    let made = check!(call::make_function(vm, code, defaults, keywords, cells, n));
                    sp = at;
                    sp.set(0, made);
                }
                Op::Call => {
                    let operand = ip.varuint();
                    let (n, n_kw) = (operand & 0xff, operand >> 8);
                    let args = sp.plus(1 - (n + 2 * n_kw) as isize);
                    value_at!(args.plus(-1), call::start(vm, args.get(-1), args, n, n_kw));
                }
                Op::CallMethod => {
                    let operand = ip.varuint();
                    let (n, n_kw) = (operand & 0xff, operand >> 8);
                    let args = sp.plus(1 - (n + 2 * n_kw) as isize);
                    let (callee, receiver) = (args.get(-2), args.get(-1));
                    if receiver == Obj::NULL {
                        value_at!(args.plus(-2), call::start(vm, callee, args, n, n_kw));
                    } else {
                        value_at!(args.plus(-2), call::start_with_self(vm, callee, args.plus(-1), n + 1, n_kw));
                    }
                }
                Op::CallVarKw => {
                    let operand = ip.varuint();
                    let (n, n_kw) = (operand & 0xff, operand >> 8);
                    let args = sp.plus(-((n + 2 * n_kw) as isize));
                    value_at!(args.plus(-1), crate::spread::call(vm, args.get(-1), Obj::NULL, args, n, n_kw));
                }
                Op::CallMethodVarKw => {
                    let operand = ip.varuint();
                    let (n, n_kw) = (operand & 0xff, operand >> 8);
                    let args = sp.plus(-((n + 2 * n_kw) as isize));
                    value_at!(args.plus(-2), crate::spread::call(vm, args.get(-2), args.get(-1), args, n, n_kw));
                }

                Op::Return => {
                    if frame.n_blocks() > 0
                        && let Some(next) = unwind_return(frame, ip, sp)
                    {
                        (ip, sp) = next;
                        continue 'next;
                    }
                    let value = sp.get(0);
                    let plain = !cfg!(feature = "language") || value != Obj::NOT_IMPLEMENTED;
                    if frame.action() == Action::Push && !frame.is_generator() && plain {
                        vm.frame = frame.prev();
                        frame.pop(&mut vm.heap);
                        reload!();
                        sp.set(0, value);
                    } else {
                        leave(vm, frame, value)?;
                        reload!();
                    }
                }
                Op::Yield => {
                    frame.set_ip(ip);
                    frame.set_sp(sp);
                    yield_value(vm, frame, sp.get(0))?;
                    reload!();
                }
                Op::YieldFrom => {
                    let (inner, sent) = (sp.get(-1), sp.get(0));
                    frame.set_ip(ip.back(1));
                    frame.set_sp(sp);
                    let value = if inner.is(Kind::Generator) {
                        call::resume(vm, inner, sent, Action::Delegate, Obj::NULL)
                    } else {
                        iter::delegate(vm, inner, sent)
                    };
                    match value {
                        Ok(it) if it == Obj::CALL => reload!(),
                        Ok(it) if it == Obj::STOP => {
                            sp = sp.plus(-1);
                            sp.set(0, iter::delegated(vm, inner));
                        }
                        Ok(value) => {
                            sp.set(0, value);
                            yield_value(vm, frame, value)?;
                            reload!();
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

                Op::RaiseObj => {
                    let value = sp.get(0);
                    check!(exception::raise(vm, value));
                }
                Op::RaiseFrom => {
                    let value = sp.get(-1);
                    check!(exception::raise(vm, value));
                }
                Op::RaiseLast => check!(Err(raise_again(vm, frame))),
                #[cfg(feature = "import")]
                Op::ImportName => {
                    let module = frame.code().get().module;
                    let name = module.name(ip.varuint());
                    frame.set_ip(ip);
                    let made = check!(crate::import::name(vm, module, sp.get(-1), sp.get(0), name));
                    sp = sp.plus(-1);
                    sp.set(0, made);
                }
                #[cfg(feature = "import")]
                Op::ImportFrom => {
                    let name = frame.code().get().module.name(ip.varuint());
                    frame.set_ip(ip);
                    let made = check!(crate::import::from(vm, sp.get(0), name));
                    sp.push(made);
                }
                #[cfg(feature = "import")]
                Op::ImportStar => {
                    check!(crate::import::star(vm, frame.code().get().module, sp.get(0)));
                    sp = sp.plus(-1);
                }
                #[cfg(not(feature = "import"))]
                Op::ImportName | Op::ImportFrom => {
                    let name = frame.code().get().module.name(ip.varuint());
                    check!(Err(attr::no_module(vm, name)));
                }
                #[cfg(not(feature = "import"))]
                Op::ImportStar => check!(Err(vm.raise(T::ImportError, Qstr::M_NO_IMPORT))),
            }
            continue 'next;
        }

        // Any other operands or operator.
        let operator = opcode - opcodes::BINARY_MULTI;
        let args = sp.plus(-1);
        let (left, right) = (args.get(0), args.get(1));
        let quick = ops::quick(operator, left, right);
        if quick != Obj::NULL {
            args.set(0, quick);
            sp = args;
        } else {
            value_at!(args, ops::binary(vm, operator, left, right, Some(args)));
        }
    }
}
