//! Classes (`base type`, `name`, `bases`, attributes) and their instances (`class`, attributes).
//!
//! Attributes are looked up in the class, then in its bases from left to right, each with its own bases before the next. A class may
//! derive from `object`, from exceptions and from other classes; other built-in types cannot be extended.

use crate::call::{self, Args};
use crate::code::CodePtr;
use crate::frame::{Action, Slots};
use crate::heap::Kind;
use crate::map;
use crate::qstr::Qstr;
use crate::types::{self, T, exception, tuple};
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// The built-in type at the root of the class: Object or an exception type (raw).
const ROOT: usize = 0;
pub(crate) const NAME: usize = 1;
const BASES: usize = 2;
pub(crate) const TABLE: usize = 3;

/// Of instances and exceptions.
pub(crate) const INSTANCE_CLASS: usize = 0;
pub(crate) const INSTANCE_TABLE: usize = 1;

/// How many levels of bases are searched.
const LEVELS_MAX: u8 = 16;

pub(crate) fn bases<'x>(class: Obj) -> &'x [Obj] {
    let bases = class.field(BASES);
    if bases == Obj::NULL { &[] } else { tuple::items(bases) }
}

/// An attribute of a class or its bases; NULL when there is none.
#[inline(always)]
pub(crate) fn lookup(class: Obj, name: Obj) -> Obj {
    let found = map::get(class.field(TABLE), name);
    if found != Obj::NULL || class.field(BASES) == Obj::NULL { found } else { lookup_in_bases(class, name, LEVELS_MAX) }
}

fn lookup_in_bases(class: Obj, name: Obj, levels: u8) -> Obj {
    for base in bases(class) {
        let found = if base.is(Kind::Class) && levels > 0 {
            match map::get(base.field(TABLE), name) {
                it if it == Obj::NULL => lookup_in_bases(*base, name, levels - 1),
                found => found,
            }
        } else {
            base.as_type_index().and_then(|index| T::from_index(index).method(name)).unwrap_or(Obj::NULL)
        };
        if found != Obj::NULL {
            return found;
        }
    }
    Obj::NULL
}

pub(crate) fn root(class: Obj) -> T {
    T::from_index(class.raw(ROOT) as u8)
}

/// `class Name(bases): body`: makes the class and begins the body, which fills it.
pub(crate) fn build(vm: &mut Vm, args: Args) -> Res {
    if args.n < 2 || !args.get(0).is(Kind::Function) && !args.get(0).is(Kind::Closure) {
        return vm.type_error(Qstr::M_BAD_OPERAND);
    }
    let mut root = T::Object;
    let mut levels = 0;
    for base in args.at.plus(2).as_slice(args.n - 2) {
        let of_base = match base.as_type_index().map(T::from_index) {
            Some(class) if class == T::Object || class.derives(T::BaseException) => class,
            None if base.is(Kind::Class) => {
                levels = levels.max(depth(*base, LEVELS_MAX) + 1);
                self::root(*base)
            }
            _ => return vm.type_error(Qstr::M_BAD_BASE),
        };
        if of_base.derives(root) {
            root = of_base;
        } else if !root.derives(of_base) {
            return vm.type_error(Qstr::M_BAD_BASE);
        }
    }
    if levels >= LEVELS_MAX {
        return vm.type_error(Qstr::M_BAD_BASE);
    }
    let class = vm.alloc(Kind::Class, 4)?;
    class.set_raw(ROOT, root as usize);
    class.set_field(NAME, args.get(1));
    vm.keep(class)?;
    if args.n > 2 {
        let bases = tuple::new(vm, args.at.plus(2).as_slice(args.n - 2))?;
        class.set_field(BASES, bases);
    }
    // The body takes no arguments (closed-over cells come from the closure); the class is what it returns.
    let body = args.get(0);
    let code = CodePtr::from_raw(body.pointer(call::function::CODE));
    if code.get().flags & crate::code::FLAG_GENERATOR != 0 {
        return vm.type_error(Qstr::M_BAD_OPERAND);
    }
    let begun = call::start(vm, body, args.at.plus(args.n as isize), 0, 0)?;
    if let (true, Some(frame)) = (begun == Obj::CALL, vm.frame) {
        frame.set_action(Action::Class);
        frame.set_extra(class);
    }
    Ok(begun)
}

fn depth(class: Obj, left: u8) -> u8 {
    if left == 0 {
        return 0;
    }
    bases(class).iter().filter(|base| base.is(Kind::Class)).map(|base| depth(*base, left - 1) + 1).max().unwrap_or(0)
}

/// Calls a class: makes the instance and begins `__init__`. The slot before the arguments is free for the instance.
pub(crate) fn instantiate(vm: &mut Vm, class: Obj, args: Slots, n: usize, n_kw: usize) -> Res {
    // The call's result goes where the callee was: the class must live on until the instance refers to it.
    vm.keep(class)?;
    let made = if root(class).derives(T::BaseException) {
        exception::construct(vm, class, Args { at: args, n, n_kw })
    } else {
        vm.alloc(Kind::Instance, 2).inspect(|made| made.set_field(INSTANCE_CLASS, class))
    };
    vm.unkeep(1);
    let made = made?;
    args.set(-1, made);
    let init = lookup(class, Obj::name(Qstr::D_INIT));
    if init.is(Kind::Function) || init.is(Kind::Closure) {
        if let Some(caller) = vm.frame {
            caller.sp().set(0, made);
        }
        let begun = call::start_with_self(vm, init, args.plus(-1), n + 1, n_kw)?;
        if begun != Obj::CALL {
            return vm.type_error(Qstr::M_INIT_NONE);
        }
        if let Some(frame) = vm.frame {
            frame.set_action(Action::Init);
        }
        return Ok(begun);
    }
    if made.is(Kind::Instance) && n + n_kw > 0 {
        return vm.type_error(Qstr::M_ARG_COUNT);
    }
    Ok(made)
}

/// `object()`.
pub(crate) fn plain_object(vm: &mut Vm) -> Res {
    let made = vm.alloc(Kind::Instance, 2)?;
    made.set_field(INSTANCE_CLASS, T::Object.obj());
    Ok(made)
}

/// LOAD_SUPER_METHOD: `super, class, self` at `at` become function and self.
pub(crate) fn load_super_method(vm: &mut Vm, at: Slots, name: Obj) -> Res<()> {
    let (class, receiver) = (at.get(1), at.get(2));
    let found = super_lookup(class, name);
    if found == Obj::NULL {
        return Err(crate::attr::no_attribute(vm, receiver, name));
    }
    crate::attr::method_of_class(vm, at, receiver, types::type_of(receiver), found)
}

/// What `super()` finds: an attribute of the bases of `class`.
pub(crate) fn super_lookup(class: Obj, name: Obj) -> Obj {
    if !class.is(Kind::Class) {
        return Obj::NULL;
    }
    match lookup_in_bases(class, name, LEVELS_MAX) {
        it if it == Obj::NULL => root(class).method(name).unwrap_or(Obj::NULL),
        found => found,
    }
}
