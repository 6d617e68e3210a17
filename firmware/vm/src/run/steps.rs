//! Steps of the run loop that several of its operations have in common, as macros: functions would hand the loop's registers over in memory.
//!
//! A macro sees only those locals of its user that it is given by name. So `steps` takes the names of the loop's registers once and defines
//! the others, which then need not be given them at each use. Of the loop they use `check`, `value_at`, `jump_back_check` and the operands.

/// Defines the steps over the loop's `vm`, `frame`, `ip` and `sp`. `$d` is the sign `$` itself, as the macros defined here want it.
// Signs apart from their names are more than rustfmt knows: it would move them further to the right each time.
#[rustfmt::skip]
macro_rules! steps {
    ($d:tt $vm:ident $frame:ident $ip:ident $sp:ident) => {
        macro_rules! load_local {
            ($d value:expr) => {{
                let value = $d value;
                if value == Obj::NULL {
                    check!(Err($vm.raise(T::NameError, Qstr::M_LOCAL)));
                }
                $sp.push(value);
            }};
        }

        // Two small ints (or two names, which are the same text only if they are the same word), or on to the general way.
        macro_rules! int_operands {
            ($d general:lifetime $d (, $d or_both:ident)?) => {{
                let (left, right) = ($sp.get(-1), $sp.get(0));
                if left.word() & right.word() & 1 == 0 $d (&& !(left.$d or_both() && right.$d or_both()))? {
                    break $d general;
                }
                (left.tagged(), right.tagged())
            }};
        }
        macro_rules! int_result {
            ($d value:expr) => {{
                let value = $d value;
                $sp.forget();
                $sp = $sp.plus(-1);
                $sp.set(0, value);
            }};
        }
        macro_rules! small_ints {
            ($d general:lifetime, $d operation:ident) => {{
                let (left, right) = int_operands!($d general);
                let Some(word) = small::$d operation(left, right) else { break $d general };
                int_result!(Obj::from_tagged(word));
            }};
        }
        // A comparison is mostly followed by the jump that uses it: then no bool is made.
        macro_rules! compare {
            ($d general:lifetime, $d operator:tt $d (, $d or_both:ident)?) => {{
                let (left, right) = int_operands!($d general $d (, $d or_both)?);
                let truth = left $d operator right;
                let next = $ip.peek();
                if next == opcodes::POP_JUMP_IF_TRUE || next == opcodes::POP_JUMP_IF_FALSE {
                    $ip.byte();
                    let distance = $ip.signed_label();
                    $sp.forget();
                    $sp = $sp.plus(-2);
                    if truth == (next == opcodes::POP_JUMP_IF_TRUE) {
                        jump_back_check!(distance);
                        $ip.jump(distance);
                    }
                } else {
                    int_result!(Obj::bool(truth));
                }
            }};
        }

        // The two jumps of a kind have an arm each: of one arm for both the compiler makes a flag that it sets at every step.
        macro_rules! pop_jump {
            ($d when:literal) => {{
                let distance = signed_label!();
                let value = $sp.get(0);
                let truth = if value == Obj::TRUE {
                    true
                } else if value == Obj::FALSE {
                    false
                } else if value.is_int() {
                    value != Obj::int(0)
                } else {
                    check!(ops::truth($vm, value))
                };
                $sp = $sp.plus(-1);
                if truth == $d when {
                    jump_back_check!(distance);
                    $ip.jump(distance);
                }
            }};
        }
        macro_rules! jump_or_pop {
            ($d when:literal) => {{
                let distance = label!();
                if check!(ops::truth($vm, $sp.get(0))) == $d when {
                    $ip.jump(distance as isize);
                } else {
                    $sp = $sp.plus(-1);
                }
            }};
        }
        macro_rules! delete {
            ($d in_class:literal) => {{
                let module = $frame.code().get().module;
                let name = module.name(seldom_uint!());
                check!(attr::delete_name($vm, $frame, module, name, $d in_class));
            }};
        }
        macro_rules! setup {
            ($d kind:ident) => {{
                let distance = label!();
                $frame.push_block(BlockKind::$d kind, $ip.plus(distance).offset($frame.code().get().start), $sp);
            }};
        }
        // What `made` makes of the last values, as many as the operand says.
        macro_rules! build {
            ($d made:path) => {{
                let n = uint!();
                let at = $sp.plus(1 - n as isize);
                let made = check!($d made($vm, at.as_slice(n)));
                $sp = at;
                $sp.set(0, made);
            }};
        }
        // A function of this code with the `n` cells from `cells` on; its defaults, where the opcode says there are some, lie before them.
        macro_rules! make {
            ($d cells:expr, $d n:expr, $d code:expr, plain) => {
                make!($d cells, $d n, $d code, $d cells, (Obj::NULL, Obj::NULL))
            };
            ($d cells:expr, $d n:expr, $d code:expr, defaults) => {
                make!($d cells, $d n, $d code, $d cells.plus(-2), types::defaults($d cells.plus(-2)))
            };
            ($d cells:expr, $d n:expr, $d code:expr, $d at:expr, $d defaults:expr) => {{
                let (defaults, keywords) = $d defaults;
                let made = check!(call::make_function($vm, $d code, defaults, keywords, $d cells, $d n));
                $sp = $d at;
                $sp.set(0, made);
            }};
        }

        macro_rules! unary {
            ($d opcode:ident) => {{
                let op = $d opcode - opcodes::UNARY_MULTI;
                let value = $sp.get(0);
                if op == unary::NOT {
                    let truth = check!(ops::truth($vm, value));
                    $sp.set(0, Obj::bool(!truth));
                } else {
                    value_at!($sp, ops::unary($vm, op, value));
                }
            }};
        }
    };
}
