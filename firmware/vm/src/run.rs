//! The run loop: executes verified bytecode until a boundary frame has its value.
//!
//! `ip`, `sp` and the place of the locals of the running frame are Rust locals; they are written back before a call and read again after a
//! frame was pushed or popped. Every way an operation can fail leads to one place, `unwind`, which finds the handler.

use crate::code::refused;
use crate::frame::{Action, BlockKind, Slots};
use crate::heap::Kind;
use crate::opcodes::{self, byte, bytes_of, plain, unary};
use crate::qstr::Qstr;
#[cfg(feature = "slices")]
use crate::types::slice;
use crate::types::{T, class, dict, exception, list, tuple};
use crate::unwind::{begin_exit, current, end_finally, exited, leave, raise_again, unwind, unwind_jump, unwind_return, yield_value};
use crate::value::{Obj, Raised, Res};
use crate::vm::Vm;
use crate::{attr, call, iter, ops, small, subscr, types};

#[macro_use]
mod steps;

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

#[cfg(not(feature = "speed"))]
mod compact;
#[cfg(not(feature = "speed"))]
use compact::execute;

#[cfg(feature = "speed")]
const FIRST_NAMED: isize = opcodes::LOAD_FAST_MULTI as isize;
#[cfg(feature = "speed")]
const FIRST_STORED: isize = opcodes::STORE_FAST_MULTI as isize;

/// Executes until the boundary frame's `Halt`, whose value it gives, or until something raises; then the frame's `ip` is saved.
#[expect(clippy::too_many_lines, reason = "one arm for each operation")]
#[cfg(feature = "speed")]
#[inline(never)]
#[cfg_attr(target_os = "none", optimize(speed))]
fn execute(vm: &mut Vm) -> Res {
    let mut frame = current(vm)?;
    let mut ip = frame.ip();
    let mut sp = frame.sp();
    // Such that taking four times the opcode away gives the local that the opcode names.
    let mut named = frame.locals().plus(FIRST_NAMED);

    // Operands are read where they are used.
    macro_rules! operand {
        ($form:ident) => {
            ip.$form()
        };
    }
    macro_rules! uint {
        () => {
            operand!(varuint) as usize
        };
    }
    // The same by a call, which is shorter: in operations that take long themselves, or that few programs have.
    macro_rules! seldom_uint {
        () => {{
            let value;
            (ip, value) = ip.varuint_rest(0);
            value
        }};
    }
    macro_rules! label {
        () => {
            operand!(label) as usize
        };
    }
    macro_rules! int {
        () => {
            operand!(varint) as i32
        };
    }
    macro_rules! signed_label {
        () => {
            operand!(signed_label)
        };
    }
    // Takes up the frame that is on top now.
    macro_rules! reload {
        () => {{
            frame = current(vm)?;
            ip = frame.ip();
            sp = frame.sp();
            named = frame.locals().plus(FIRST_NAMED);
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
    steps!($ vm frame ip sp);

    'next: loop {
        let opcode = ip.opcode();
        'binary: {
            match opcode {
                byte::Halt => return Ok(sp.get(0)),

                byte::LoadFalse => sp.push(Obj::FALSE),
                byte::LoadNone => sp.push(Obj::NONE),
                byte::LoadTrue => sp.push(Obj::TRUE),
                byte::LoadNull => sp.push(Obj::NULL),
                bytes_of!(LoadIntMulti) => sp.push(Obj::int(i32::from(opcode) - i32::from(opcodes::INT_MULTI_ZERO))),
                byte::LoadInt => sp.push(Obj::int(int!())),
                byte::LoadString => sp.push(frame.code().get().module.name(uint!())),
                byte::LoadConst => {
                    let index = uint!();
                    sp.push(tuple::items(frame.code().get().module.get().consts)[index]);
                }

                bytes_of!(LoadFastMulti) => load_local!(named.plus(-isize::from(opcode)).get(0)),
                byte::LoadFast => load_local!(frame.locals().get(-(uint!() as isize))),
                bytes_of!(StoreFastMulti) => {
                    let value = sp.get(0);
                    named.plus(-isize::from(opcode)).set(FIRST_STORED - FIRST_NAMED, value);
                    sp.forget();
                    sp = sp.plus(-1);
                }
                byte::StoreFast => frame.locals().set(-(uint!() as isize), sp.pop()),
                byte::DeleteFast => {
                    let index = seldom_uint!();
                    if frame.locals().get(-(index as isize)) == Obj::NULL {
                        check!(Err(vm.raise(T::NameError, Qstr::M_LOCAL)));
                    }
                    frame.locals().set(-(index as isize), Obj::NULL);
                }
                byte::LoadDeref => {
                    let cell = frame.locals().get(-(uint!() as isize));
                    let value = if cell.is(Kind::Cell) { cell.field(0) } else { Obj::NULL };
                    if value == Obj::NULL {
                        check!(Err(vm.raise(T::NameError, Qstr::M_LOCAL)));
                    }
                    sp.push(value);
                }
                byte::StoreDeref => {
                    let cell = frame.locals().get(-(uint!() as isize));
                    let value = sp.get(0);
                    if cell.is(Kind::Cell) {
                        cell.set_field(0, value);
                    }
                    sp.forget();
                    sp = sp.plus(-1);
                }
                byte::DeleteDeref => {
                    let cell = frame.locals().get(-(seldom_uint!() as isize));
                    if !cell.is(Kind::Cell) || cell.field(0) == Obj::NULL {
                        check!(Err(vm.raise(T::NameError, Qstr::M_LOCAL)));
                    }
                    cell.set_field(0, Obj::NULL);
                }

                byte::LoadGlobal => {
                    let module = frame.code().get().module;
                    let name = module.name(uint!());
                    sp.push(check!(attr::global(vm, module, name)));
                }
                byte::LoadName => {
                    let module = frame.code().get().module;
                    let name = module.name(seldom_uint!());
                    sp.push(check!(attr::load_name(vm, frame, module, name)));
                }
                byte::StoreName => {
                    let module = frame.code().get().module;
                    let name = module.name(seldom_uint!());
                    check!(attr::store_name(vm, frame, module, name, sp.get(0)));
                    sp = sp.plus(-1);
                }
                byte::StoreGlobal => {
                    let module = frame.code().get().module;
                    let name = module.name(seldom_uint!());
                    check!(vm.set_global(module, name, sp.get(0)));
                    sp = sp.plus(-1);
                }
                byte::DeleteName => delete!(true),
                byte::DeleteGlobal => delete!(false),

                byte::LoadAttr => {
                    let name = frame.code().get().module.name(uint!());
                    let object = sp.get(0);
                    let quick = attr::own(object, name);
                    if quick != Obj::NULL {
                        sp.set(0, quick);
                    } else {
                        value_at!(sp, attr::load(vm, object, name));
                    }
                }
                byte::LoadMethod => {
                    let name = frame.code().get().module.name(uint!());
                    check!(attr::load_method(vm, sp, name));
                    sp = sp.plus(1);
                }
                byte::LoadSuperMethod => {
                    let name = frame.code().get().module.name(seldom_uint!());
                    sp = sp.plus(-2);
                    check!(class::load_super_method(vm, sp, name));
                    sp = sp.plus(1);
                }
                byte::StoreAttr => {
                    let name = frame.code().get().module.name(uint!());
                    let at = sp.plus(-1);
                    frame.set_ip(ip);
                    frame.set_sp(at);
                    attr::store(vm, at.get(1), name, at.get(0))?;
                    sp = at.plus(-1);
                }
                byte::LoadBuildClass => sp.push(Obj::BUILD_CLASS),

                byte::LoadSubscr => {
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
                byte::StoreSubscr => {
                    let (value, object, index) = (sp.get(-2), sp.get(-1), sp.get(0));
                    check!(subscr::store(vm, object, index, value));
                    sp = sp.plus(-3);
                }

                byte::DupTop => {
                    let value = sp.get(0);
                    sp.push(value);
                }
                byte::DupTopTwo => {
                    let (first, second) = (sp.get(-1), sp.get(0));
                    sp.push(first);
                    sp.push(second);
                }
                byte::PopTop => sp = sp.plus(-1),
                byte::RotTwo => {
                    let (first, second) = (sp.get(-1), sp.get(0));
                    sp.set(-1, second);
                    sp.set(0, first);
                }
                #[cfg(feature = "language")]
                byte::RotThree if ip.peek() == opcodes::ROT_THREE && ip.plus(1).peek() == opcodes::LOAD_METHOD => {
                    ip.byte();
                    let (first, second) = (sp.get(-1), sp.get(0));
                    sp.set(-1, second);
                    sp.set(0, first);
                }
                byte::RotThree => {
                    let (first, second, third) = (sp.get(-2), sp.get(-1), sp.get(0));
                    sp.set(-2, third);
                    sp.set(-1, first);
                    sp.set(0, second);
                }

                byte::Jump => {
                    let distance = signed_label!();
                    jump_back_check!(distance);
                    ip.jump(distance);
                }
                byte::PopJumpIfTrue => pop_jump!(true),
                byte::PopJumpIfFalse => pop_jump!(false),
                byte::JumpIfTrueOrPop => jump_or_pop!(true),
                byte::JumpIfFalseOrPop => jump_or_pop!(false),

                byte::SetupExcept => setup!(Except),
                byte::SetupFinally => setup!(Finally),
                byte::SetupWith => {
                    let distance = label!();
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
                byte::PopExceptJump => {
                    let distance = label!();
                    frame.pop_block();
                    ip.jump(distance as isize);
                }
                byte::UnwindJump => {
                    let distance = signed_label!();
                    let mut target = ip;
                    target.jump(distance);
                    let unwind = ip.peek();
                    jump_back_check!(distance);
                    (ip, sp) = unwind_jump(frame, ip, sp, target, unwind);
                }
                byte::WithCleanup => {
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
                byte::EndFinally => match end_finally(vm, frame, ip, sp)? {
                    Some(next) => (ip, sp) = next,
                    None => reload!(),
                },

                byte::GetIter => value_at!(sp, iter::get(vm, sp.get(0))),
                byte::GetIterStack => {
                    check!(iter::get_on_stack(vm, sp));
                    sp = sp.plus(3);
                }
                byte::ForIter => {
                    let distance = label!();
                    let slots = sp.plus(-3);
                    let subject = slots.get(0);
                    if subject == Obj::RANGE_LOOP {
                        if let Some(now) = iter::next_of_range(slots) {
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

                byte::BuildTuple => build!(tuple::new),
                byte::BuildList => build!(list::new),
                byte::BuildMap => {
                    let n = seldom_uint!();
                    let made = check!(dict::with_room(vm, Kind::Dict, n));
                    sp.push(made);
                }
                byte::StoreMap => {
                    let (target, value, key) = (sp.get(-2), sp.get(-1), sp.get(0));
                    if target.is(Kind::Dict) {
                        check!(dict::set(vm, target, key, value));
                    }
                    sp.forget();
                    sp = sp.plus(-2);
                }
                #[cfg(feature = "set")]
                byte::BuildSet => build!(types::set::of_values),
                #[cfg(not(feature = "set"))]
                byte::BuildSet => {
                    uint!();
                    check!(if cfg!(feature = "messages") { vm.type_error::<()>(Qstr::M_NO_SET) } else { vm.lacks() });
                }
                #[cfg(not(feature = "slices"))]
                byte::BuildSlice => {
                    uint!();
                    check!(vm.lacks::<()>());
                }
                #[cfg(feature = "slices")]
                byte::BuildSlice => {
                    let n = seldom_uint!();
                    let at = sp.plus(1 - n as isize);
                    let step = if n == 3 { at.get(2) } else { Obj::NONE };
                    let made = check!(slice::new(vm, at.get(0), at.get(1), step));
                    sp = at;
                    sp.set(0, made);
                }
                byte::StoreComp => {
                    let operand = uint!();
                    let taken = check!(subscr::store_in_comprehension(vm, sp, operand));
                    sp = sp.plus(-taken);
                }
                byte::UnpackSequence => {
                    let n = uint!();
                    check!(iter::unpack(vm, sp, n));
                    sp = sp.plus(n as isize - 1);
                }
                byte::UnpackEx => {
                    let operand = seldom_uint!();
                    check!(iter::unpack_ex(vm, sp, operand & 0xff, (operand >> 8) & 0xff));
                    sp = sp.plus(((operand & 0xff) + ((operand >> 8) & 0xff)) as isize);
                }

                bytes_of!(Unary) => unary!(opcode),
                byte::Add | plain::Add => small_ints!('binary, add),
                byte::Subtract | plain::Subtract => small_ints!('binary, subtract),
                byte::Multiply | plain::Multiply => small_ints!('binary, multiply),
                byte::And | plain::And => small_ints!('binary, and),
                byte::Modulo | plain::Modulo => small_ints!('binary, modulo),
                byte::FloorDivide | plain::FloorDivide => small_ints!('binary, floor_divide),
                plain::XOR | plain::IN_PLACE_XOR => small_ints!('binary, xor),
                plain::SHIFT_RIGHT | plain::IN_PLACE_SHIFT_RIGHT => small_ints!('binary, shift_right),
                byte::Less => compare!('binary, <),
                byte::More => compare!('binary, >),
                byte::Equal => compare!('binary, ==, is_name),
                byte::LessEqual => compare!('binary, <=),
                byte::MoreEqual => compare!('binary, >=),
                byte::NotEqual => compare!('binary, !=, is_name),
                bytes_of!(Binary) => break 'binary,

                byte::MakeFunction => make!(sp.plus(1), 0, frame.code().child(seldom_uint!()), plain),
                byte::MakeFunctionDefaults => make!(sp.plus(1), 0, frame.code().child(seldom_uint!()), defaults),
                byte::MakeClosure => {
                    let code = frame.code().child(seldom_uint!());
                    let n = usize::from(ip.byte());
                    make!(sp.plus(1 - n as isize), n, code, plain);
                }
                byte::MakeClosureDefaults => {
                    let code = frame.code().child(seldom_uint!());
                    let n = usize::from(ip.byte());
                    make!(sp.plus(1 - n as isize), n, code, defaults);
                }
                byte::Call => {
                    let operand = uint!();
                    let (n, n_kw) = (operand & 0xff, operand >> 8);
                    let args = sp.plus(1 - (n + 2 * n_kw) as isize);
                    value_at!(args.plus(-1), call::start(vm, args.get(-1), args, n, n_kw));
                }
                byte::CallMethod => {
                    let operand = uint!();
                    let (n, n_kw) = (operand & 0xff, operand >> 8);
                    let args = sp.plus(1 - (n + 2 * n_kw) as isize);
                    let (callee, receiver) = (args.get(-2), args.get(-1));
                    if receiver == Obj::NULL {
                        value_at!(args.plus(-2), call::start(vm, callee, args, n, n_kw));
                    } else {
                        value_at!(args.plus(-2), call::start_with_self(vm, callee, args.plus(-1), n + 1, n_kw));
                    }
                }
                byte::CallVarKw => {
                    let operand = seldom_uint!();
                    let (n, n_kw) = (operand & 0xff, operand >> 8);
                    let args = sp.plus(-((n + 2 * n_kw) as isize));
                    value_at!(args.plus(-1), crate::spread::call(vm, args.get(-1), Obj::NULL, args, n, n_kw));
                }
                byte::CallMethodVarKw => {
                    let operand = seldom_uint!();
                    let (n, n_kw) = (operand & 0xff, operand >> 8);
                    let args = sp.plus(-((n + 2 * n_kw) as isize));
                    value_at!(args.plus(-2), crate::spread::call(vm, args.get(-2), args.get(-1), args, n, n_kw));
                }

                byte::Return => {
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
                byte::Yield => {
                    frame.set_ip(ip);
                    frame.set_sp(sp);
                    yield_value(vm, frame, sp.get(0))?;
                    reload!();
                }
                byte::YieldFrom => {
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

                byte::RaiseObj => {
                    check!(exception::raise(vm, sp.get(0)));
                }
                #[cfg(feature = "chaining")]
                byte::RaiseFrom => {
                    check!(crate::chaining::raise_from(vm, sp.get(-1), sp.get(0)));
                }
                #[cfg(not(feature = "chaining"))]
                byte::RaiseFrom => {
                    check!(exception::raise(vm, sp.get(-1)));
                }
                byte::RaiseLast => check!(Err(raise_again(vm, frame))),
                #[cfg(feature = "import")]
                byte::ImportName => {
                    let module = frame.code().get().module;
                    let name = module.name(seldom_uint!());
                    frame.set_ip(ip);
                    let made = check!(crate::import::name(vm, module, sp.get(-1), sp.get(0), name));
                    sp = sp.plus(-1);
                    sp.set(0, made);
                }
                #[cfg(feature = "import")]
                byte::ImportFrom => {
                    let name = frame.code().get().module.name(seldom_uint!());
                    frame.set_ip(ip);
                    let made = check!(crate::import::from(vm, sp.get(0), name));
                    sp.push(made);
                }
                #[cfg(feature = "import")]
                byte::ImportStar => {
                    check!(crate::import::star(vm, frame.code().get().module, sp.get(0)));
                    sp = sp.plus(-1);
                }
                #[cfg(not(feature = "import"))]
                byte::ImportName | byte::ImportFrom => {
                    let name = frame.code().get().module.name(uint!());
                    check!(Err(attr::no_module(vm, name)));
                }
                #[cfg(not(feature = "import"))]
                byte::ImportStar => check!(Err(vm.raise(T::ImportError, Qstr::M_NO_IMPORT))),
                // So that the table of jumps starts at 0 and needs no subtraction.
                0 => check!(Err(Raised)),
                _ => refused(),
            }
            continue 'next;
        }

        // Any other operands or operator.
        let operator = opcode - opcodes::BINARY_MULTI;
        let args = sp.plus(-1);
        let (left, right) = (args.get(0), args.get(1));
        let quick = ops::quick(operator, left, right);
        #[cfg(feature = "float")]
        let quick = if quick == Obj::NULL { check!(types::float::quick(vm, operator, left, right)) } else { quick };
        if quick != Obj::NULL {
            args.set(0, quick);
            sp = args;
        } else {
            value_at!(args, ops::binary(vm, operator, left, right, Some(args)));
        }
    }
}
