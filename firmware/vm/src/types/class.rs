//! Classes (`base type`, `name`, `bases`, attributes) and their instances (`class`, table of attributes, attributes).
//!
//! An instance has its first attributes in itself, as `name, value` one after another, as many as its class has seen instances get; what more it
//! gets is in a table. So where one of the places in it is free, there is no table.
//!
//! Attributes are looked up in the class, then in its bases from left to right, each with its own bases before the next. A class may
//! derive from `object`, from exceptions and from other classes, and with the feature `language` from some other built-in types.

use crate::call::{self, Args};
use crate::code::CodePtr;
use crate::frame::{Action, Slots};
use crate::heap::Kind;
use crate::map;
use crate::qstr::Qstr;
use crate::types::{self, T, exception, tuple};
use crate::value::{Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;

/// The built-in type at the root of the class: Object or an exception type (raw).
const ROOT: usize = 0;
pub(crate) const NAME: usize = 1;
const BASES: usize = 2;
pub(crate) const TABLE: usize = 3;

/// Of instances and exceptions.
pub(crate) const INSTANCE_CLASS: usize = 0;
pub(crate) const INSTANCE_TABLE: usize = 1;
/// What the instance is as its class's built-in base: a list, a dict …
#[cfg(feature = "language")]
const INSTANCE_NATIVE: usize = 2;
/// On a 32-bit core the third word lies in what a block is rounded up to.
const INSTANCE_WORDS: usize = if cfg!(feature = "language") { 3 } else { 2 };
/// In a class's first word, beside the type: attributes of its instances are not simply stored.
#[cfg(feature = "language")]
const HOOKED: usize = 1 << 8;
/// In the same word: how many attributes new instances have places for.
const PLACES_SHIFT: usize = 16;
/// So many are searched one after another about as fast as by a table; instances with more have them all in one.
const PLACES_MAX: usize = if cfg!(feature = "speed") { 4 } else { 0 };
/// In the same word: how many levels of classes it has below it, itself included.
const LEVELS_SHIFT: usize = 9;

/// How many levels of bases a class may have.
const LEVELS_MAX: usize = 16;

pub(crate) fn bases<'x>(class: Obj) -> &'x [Obj] {
    let bases = class.field(BASES);
    if bases == Obj::NULL { &[] } else { tuple::items(bases) }
}

/// An attribute of a class or its bases; NULL when there is none.
#[inline(never)]
pub(crate) fn lookup(class: Obj, name: Obj) -> Obj {
    let found = map::get_inline(class.field(TABLE), name);
    if found != Obj::NULL || class.field(BASES) == Obj::NULL { found } else { lookup_in_bases(class, name) }
}

/// The same in the bases alone; no deeper than `new` lets classes be.
fn lookup_in_bases(class: Obj, name: Obj) -> Obj {
    for base in bases(class) {
        let found = match base.as_type_index() {
            Some(index) => T::from_index(index).method(name).unwrap_or(Obj::NULL),
            None => match map::get(base.field(TABLE), name) {
                it if it == Obj::NULL => lookup_in_bases(*base, name),
                found => found,
            },
        };
        if found != Obj::NULL {
            return found;
        }
    }
    Obj::NULL
}

/// An instance's own attribute; NULL when there is none.
pub(crate) fn own(object: Obj, name: Obj) -> Obj {
    let words = if PLACES_MAX > 0 { object.words() } else { 0 };
    let mut at = INSTANCE_WORDS;
    while at + 1 < words {
        let found = object.field(at);
        if found == name {
            return object.field(at + 1);
        }
        if found == Obj::NULL {
            return Obj::NULL;
        }
        at += 2;
    }
    map::get(object.field(INSTANCE_TABLE), name)
}

/// The same for those who ask less often, and of an exception too.
#[inline(never)]
pub(crate) fn own_of(object: Obj, name: Obj) -> Obj {
    if PLACES_MAX > 0 && object.is(Kind::Instance) { own(object, name) } else { map::get(object.field(INSTANCE_TABLE), name) }
}

/// Replaces the value of an instance's own attribute; false when there is none.
pub(crate) fn replace_own(object: Obj, name: Obj, value: Obj) -> bool {
    let words = if PLACES_MAX > 0 { object.words() } else { 0 };
    let mut at = INSTANCE_WORDS;
    while at + 1 < words {
        let found = object.field(at);
        if found == name {
            object.set_field(at + 1, value);
            return true;
        }
        if found == Obj::NULL {
            return false;
        }
        at += 2;
    }
    map::replace(object.field(INSTANCE_TABLE), name, value)
}

/// Sets an own attribute of an instance or an exception; all rooted.
pub(crate) fn set_own(vm: &mut Vm, object: Obj, name: Obj, value: Obj) -> Res<()> {
    if PLACES_MAX == 0 || !object.is(Kind::Instance) {
        return map::set(vm, object, INSTANCE_TABLE, name, value);
    }
    #[cfg(feature = "speed")]
    return set_own_in_places(vm, object, name, value);
    #[cfg(not(feature = "speed"))]
    Ok(())
}

#[cfg(feature = "speed")]
fn set_own_in_places(vm: &mut Vm, object: Obj, name: Obj, value: Obj) -> Res<()> {
    let places = (object.words() - INSTANCE_WORDS) / 2;
    for place in 0..places {
        let at = INSTANCE_WORDS + 2 * place;
        let found = object.field(at);
        if found == name || found == Obj::NULL {
            object.set_field(at, name);
            object.set_field(at + 1, value);
            return Ok(());
        }
    }
    map::set(vm, object, INSTANCE_TABLE, name, value)?;
    let class = object.field(INSTANCE_CLASS);
    if class.is(Kind::Class) {
        let seen = places + map::len(object.field(INSTANCE_TABLE));
        let places = if seen <= PLACES_MAX { seen } else { 0 };
        class.set_raw(ROOT, (class.raw(ROOT) & ((1 << PLACES_SHIFT) - 1)) | (places << PLACES_SHIFT));
    }
    Ok(())
}

/// Removes an own attribute of an instance or an exception; false when it is not there.
pub(crate) fn remove_own(object: Obj, name: Obj) -> bool {
    if PLACES_MAX == 0 || !object.is(Kind::Instance) {
        return map::remove(object.field(INSTANCE_TABLE), name);
    }
    own_of(object, name) != Obj::NULL && replace_own(object, name, Obj::NULL)
}

/// The first own attribute of an instance or an exception from place `from` on: name, value, where to go on.
#[cfg(feature = "language")]
pub(crate) fn own_entry(object: Obj, from: usize) -> Option<(Obj, Obj, usize)> {
    let places = if PLACES_MAX > 0 && object.is(Kind::Instance) { (object.words() - INSTANCE_WORDS) / 2 } else { 0 };
    for place in from..places {
        let at = INSTANCE_WORDS + 2 * place;
        let (name, value) = (object.field(at), object.field(at + 1));
        if name != Obj::NULL && value != Obj::NULL {
            return Some((name, value, place + 1));
        }
    }
    let (name, value, next) = map::entry(object.field(INSTANCE_TABLE), from.saturating_sub(places))?;
    Some((name, value, next + places))
}

pub(crate) fn root(class: Obj) -> T {
    T::from_index((class.raw(ROOT) & 0xff) as u8)
}

/// A class without attributes; name and bases (a tuple, or NULL) are rooted.
pub(crate) fn new(vm: &mut Vm, name: Obj, bases: Obj) -> Res {
    let (mut root, mut levels) = (T::Object, 0);
    for base in if bases == Obj::NULL { &[] } else { tuple::items(bases) } {
        let of_base = match base.as_type_index().map(T::from_index) {
            Some(class) if class == T::Object || class.derives(T::BaseException) || is_extensible(class) => class,
            None if base.is(Kind::Class) => {
                levels = levels.max((base.raw(ROOT) >> LEVELS_SHIFT & (2 * LEVELS_MAX - 1)) + 1);
                self::root(*base)
            }
            _ => return vm.type_error(Qstr::M_BAD_BASE),
        };
        // Where no other built-in types are extended, all that matters is whether it is an exception.
        if cfg!(not(feature = "language")) {
            root = if of_base == T::Object { root } else { of_base };
        } else if of_base.derives(root) {
            root = of_base;
        } else if !root.derives(of_base) {
            return vm.type_error(Qstr::M_BAD_BASE);
        }
    }
    if levels >= LEVELS_MAX {
        return vm.type_error(Qstr::M_BAD_BASE);
    }
    let class = vm.alloc(Kind::Class, 4)?;
    class.set_raw(ROOT, usize::from(root.0) | levels << LEVELS_SHIFT);
    class.set_field(NAME, name);
    class.set_field(BASES, bases);
    Ok(class)
}

/// A built-in type, other than exceptions, that classes may derive from: an instance then has such a value inside.
fn is_extensible(class: T) -> bool {
    #[cfg(feature = "float")]
    if class == T::Float {
        return cfg!(feature = "language");
    }
    cfg!(feature = "language") && matches!(class, T::Int | T::Str | T::Tuple | T::List | T::Dict)
}

/// What an instance is as the built-in type its class derives from.
#[cfg(feature = "language")]
pub(crate) fn native_part(value: Obj) -> Option<Obj> {
    if value.is(Kind::Instance) { Some(value.field(INSTANCE_NATIVE)).filter(|part| *part != Obj::NULL) } else { None }
}

/// Whether a built-in method looks at the instance itself.
#[cfg(feature = "language")]
fn wants_instance(native: Obj) -> bool {
    #[cfg(feature = "collections")]
    if native == Obj::native(crate::natives::N::NamedTupleAsDict as u16) {
        return true;
    }
    let _ = native;
    false
}

/// Who a built-in method is called on: an instance's built-in part, if it has one.
pub(crate) fn receiver(native: Obj, object: Obj) -> Obj {
    #[cfg(feature = "language")]
    if let Some(part) = native_part(object)
        && ![crate::natives::N::ObjectInit, crate::natives::N::ObjectSetAttr, crate::natives::N::ObjectDelAttr]
            .iter()
            .any(|own| native == Obj::native(*own as u16))
        && !wants_instance(native)
    {
        return part;
    }
    let _ = native;
    object
}

/// Whether attributes of a class's instances are set through `__setattr__`.
#[cfg(feature = "language")]
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn is_hooked(object: Obj) -> bool {
    let class = object.field(INSTANCE_CLASS);
    class.is(Kind::Class) && class.raw(ROOT) & HOOKED != 0
}

/// A class's body has ended: notes what its instances need to know.
#[cfg(feature = "language")]
pub(crate) fn finish(vm: &mut Vm, class: Obj) -> Res<()> {
    for name in [Qstr::D_SETATTR, Qstr::D_DELATTR] {
        let found = lookup(class, Obj::name(name));
        if found.is(Kind::Function) || found.is(Kind::Closure) {
            class.set_raw(ROOT, class.raw(ROOT) | HOOKED);
        }
    }
    #[cfg(feature = "descriptors")]
    {
        let mut at = 0;
        while let Some((name, value, next)) = map::entry(class.field(TABLE), at) {
            at = next;
            let hook = crate::attr::special(vm, value, Qstr::D_SET_NAME);
            if hook != Obj::NULL {
                call::call(vm, hook, &[value, class, name])?;
            }
        }
    }
    let _ = vm;
    Ok(())
}

/// `class Name(bases): body`: makes the class and begins the body, which fills it.
#[inline(never)]
pub(crate) fn build(vm: &mut Vm, args: Args) -> Res {
    if args.n < 2 || !args.get(0).is(Kind::Function) && !args.get(0).is(Kind::Closure) {
        return vm.type_error(Qstr::M_BAD_OPERAND);
    }
    let bases = if args.n > 2 { tuple::new(vm, args.at.plus(2).as_slice(args.n - 2))? } else { Obj::NULL };
    vm.keep(bases)?;
    let class = new(vm, args.get(1), bases).kept(vm)?;
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

/// Calls a class: makes the instance and begins `__init__`. The slot before the arguments is free for the instance.
pub(crate) fn instantiate(vm: &mut Vm, class: Obj, args: Slots, n: usize, n_kw: usize) -> Res {
    // The call's result goes where the callee was: the class must live on until the instance refers to it.
    vm.keep(class)?;
    let init = lookup(class, Obj::name(Qstr::D_INIT));
    let has_init = init.is(Kind::Function) || init.is(Kind::Closure);
    #[cfg(feature = "language")]
    {
        let maker = lookup(class, Obj::name(Qstr::D_NEW));
        if maker != Obj::NULL && maker.as_native().is_none() {
            let made = new_by_class(vm, maker, class, args, n)?;
            vm.unkeep(1);
            return if made.is(Kind::Instance) && made.field(INSTANCE_CLASS) == class {
                begin_init(vm, made, if has_init { init } else { Obj::NULL }, args, n, n_kw)
            } else {
                Ok(made)
            };
        }
    }
    let made = if root(class).derives(T::BaseException) {
        exception::construct(vm, class, Args { at: args, n, n_kw })
    } else {
        instance(vm, class, Args { at: args, n, n_kw }, has_init)
    };
    vm.unkeep(1);
    let made = made?;
    if has_init {
        return begin_init(vm, made, init, args, n, n_kw);
    }
    args.set(-1, made);
    if made.is(Kind::Instance) && n + n_kw > 0 && root(class) == T::Object {
        return vm.type_error(Qstr::M_ARG_COUNT);
    }
    Ok(made)
}

/// Begins `__init__`, if there is one.
fn begin_init(vm: &mut Vm, made: Obj, init: Obj, args: Slots, n: usize, n_kw: usize) -> Res {
    args.set(-1, made);
    if init == Obj::NULL {
        return Ok(made);
    }
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
    Ok(begun)
}

/// An instance of a class that derives from no exception; `args` are what its built-in part is made of, unless `__init__` will do that.
fn instance(vm: &mut Vm, class: Obj, args: Args, has_init: bool) -> Res {
    let made = vm.alloc(Kind::Instance, INSTANCE_WORDS + if PLACES_MAX > 0 { 2 * (class.raw(ROOT) >> PLACES_SHIFT) } else { 0 })?;
    made.set_field(INSTANCE_CLASS, class);
    #[cfg(feature = "language")]
    if root(class) != T::Object {
        let kept = vm.kept();
        vm.keep(made)?;
        let none = has_init && matches!(root(class), T::List | T::Dict);
        #[cfg(feature = "collections")]
        let part = match crate::modules::namedtuple::part(vm, class, args)? {
            Some(part) => part,
            None => types::construct(vm, root(class), if none { Args { n: 0, n_kw: 0, ..args } } else { args })?,
        };
        #[cfg(not(feature = "collections"))]
        let part = types::construct(vm, root(class), if none { Args { n: 0, n_kw: 0, ..args } } else { args })?;
        made.set_field(INSTANCE_NATIVE, part);
        vm.release(kept);
    }
    #[cfg(not(feature = "language"))]
    let _ = (args, has_init);
    Ok(made)
}

/// `__new__` of the class, with the class before the arguments.
#[cfg(feature = "language")]
fn new_by_class(vm: &mut Vm, maker: Obj, class: Obj, args: Slots, n: usize) -> Res {
    let function = if maker.is(Kind::StaticMethod) || maker.is(Kind::ClassMethod) { maker.field(0) } else { maker };
    let mut all = [class; 6];
    let Some(places) = all.get_mut(1..=n) else { return vm.type_error(Qstr::M_ARG_COUNT) };
    places.copy_from_slice(args.as_slice(n));
    call::call(vm, function, &all[..=n])
}

/// `object.__new__(class, …)`.
#[cfg(feature = "language")]
pub(crate) fn object_new(vm: &mut Vm, args: Args) -> Res {
    let class = args.get(0);
    let rest = Args { at: args.at.plus(1), n: args.n - 1, n_kw: args.n_kw };
    if let Some(index) = class.as_type_index() {
        return types::construct(vm, T::from_index(index), rest);
    }
    if !class.is(Kind::Class) {
        return vm.type_error(Qstr::M_NOT_CLASS);
    }
    if root(class).derives(T::BaseException) { exception::construct(vm, class, rest) } else { instance(vm, class, rest, false) }
}

/// `__init__` of built-in types, as `super().__init__(…)` reaches it: an instance's built-in part is made anew.
#[cfg(feature = "language")]
pub(crate) fn native_init(vm: &mut Vm, args: Args) -> Res {
    let object = args.get(0);
    if native_part(object).is_some() && matches!(root(object.field(INSTANCE_CLASS)), T::List | T::Dict) {
        let rest = Args { at: args.at.plus(1), n: args.n - 1, n_kw: args.n_kw };
        let part = types::construct(vm, root(object.field(INSTANCE_CLASS)), rest)?;
        object.set_field(INSTANCE_NATIVE, part);
    }
    Ok(Obj::NONE)
}

/// `object()`.
pub(crate) fn plain_object(vm: &mut Vm) -> Res {
    let made = vm.alloc(Kind::Instance, INSTANCE_WORDS)?;
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
    match lookup_in_bases(class, name) {
        it if it == Obj::NULL => root(class).method(name).unwrap_or(Obj::NULL),
        found => found,
    }
}
