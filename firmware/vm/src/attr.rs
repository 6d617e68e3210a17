//! Attributes and names: reading, writing and deleting them, on every kind of object.

use crate::call;
use crate::code::ModulePtr;
use crate::frame::{FramePtr, Slots};
use crate::heap::Kind;
use crate::map;
use crate::qstr::Qstr;
use crate::types::{self, T, class, exception};
use crate::value::{Obj, Raised, Res};
use crate::vm::Kept;
use crate::vm::Vm;
use crate::{builtins, print};

/// A global of the module, else a builtin.
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn global(vm: &mut Vm, module: ModulePtr, name: Obj) -> Res {
    match map::get_inline(module.get().globals.field(types::MODULE_TABLE), name) {
        it if it == Obj::NULL => builtin(vm, name),
        value => Ok(value),
    }
}

#[inline(never)]
fn builtin(vm: &mut Vm, name: Obj) -> Res {
    match builtins::find(name) {
        Some(value) => Ok(value),
        None => Err(vm.raise_name(T::NameError, name)),
    }
}

/// The class whose body a frame executes.
fn class_of_body(frame: FramePtr) -> Option<Obj> {
    Some(frame.extra()).filter(|extra| extra.is(Kind::Class))
}

pub(crate) fn load_name(vm: &mut Vm, frame: FramePtr, module: ModulePtr, name: Obj) -> Res {
    if let Some(class) = class_of_body(frame) {
        let found = map::get(class.field(class::TABLE), name);
        if found != Obj::NULL {
            return Ok(found);
        }
    }
    global(vm, module, name)
}

pub(crate) fn store_name(vm: &mut Vm, frame: FramePtr, module: ModulePtr, name: Obj, value: Obj) -> Res<()> {
    match class_of_body(frame) {
        Some(class) => map::set(vm, class, class::TABLE, name, value),
        None => vm.set_global(module, name, value),
    }
}

pub(crate) fn delete_name(vm: &mut Vm, frame: FramePtr, module: ModulePtr, name: Obj, in_class: bool) -> Res<()> {
    let table = match class_of_body(frame).filter(|_| in_class) {
        Some(class) => class.field(class::TABLE),
        None => module.get().globals.field(types::MODULE_TABLE),
    };
    if map::remove(table, name) { Ok(()) } else { Err(vm.raise_name(T::NameError, name)) }
}

/// An instance's own attribute, the quick way; NULL when it takes more.
pub(crate) fn own(object: Obj, name: Obj) -> Obj {
    if object.is(Kind::Instance) { class::own(object, name) } else { Obj::NULL }
}

/// An attribute of an instance's class; NULL for anything that is not an instance of a class.
pub(crate) fn of_class(object: Obj, name: Obj) -> Obj {
    if !object.is(Kind::Instance) && !object.is(Kind::Exception) {
        return Obj::NULL;
    }
    let class = object.field(class::INSTANCE_CLASS);
    if class.is(Kind::Class) { class::lookup(class, name) } else { Obj::NULL }
}

/// A special method of an instance of a class; NULL when there is none.
pub(crate) fn special(_vm: &Vm, object: Obj, name: Qstr) -> Obj {
    of_class(object, Obj::name(name))
}

/// Begins `object.name()`; may push a frame.
pub(crate) fn call_special(vm: &mut Vm, object: Obj, name: Qstr) -> Res {
    let kept = vm.kept();
    let arguments = vm.alloc(Kind::Slots, 4).kept(vm)?;
    let at = Slots::of(arguments, 0);
    at.set(1, object);
    load_method(vm, at.plus(1), Obj::name(name))?;
    let (function, receiver) = (at.get(1), at.get(2));
    let value = if receiver == Obj::NULL {
        call::start(vm, function, at.plus(3), 0, 0)
    } else {
        call::start_with_self(vm, function, at.plus(2), 1, 0)
    };
    vm.release(kept);
    value
}

/// `object.name`; may push a frame (a property).
#[inline(never)]
pub(crate) fn load(vm: &mut Vm, object: Obj, name: Obj) -> Res {
    let kind = object.kind_or_free();
    let of_instance = matches!(kind, Kind::Instance | Kind::Exception);
    if of_instance {
        let own = class::own_of(object, name);
        if own != Obj::NULL {
            return Ok(own);
        }
    }
    // What the object's own kind of names has.
    let found = match kind {
        Kind::Instance | Kind::Exception => of_class(object, name),
        Kind::Class => class::lookup(object, name),
        Kind::Module => map::get(object.field(types::MODULE_TABLE), name),
        Kind::Super => class::super_lookup(object.field(0), name),
        #[cfg(feature = "import")]
        _ => match crate::modules::info(object) {
            Some(info) => crate::modules::load(vm, info, name)?,
            None => Obj::NULL,
        },
        #[cfg(not(feature = "import"))]
        _ => Obj::NULL,
    };
    let class = types::type_of(object);
    if found != Obj::NULL {
        return match kind {
            Kind::Instance | Kind::Exception => bind(vm, object, class, found),
            Kind::Class => bind_to_class(vm, object, found),
            Kind::Super => bind(vm, object.field(1), types::type_of(object.field(1)), found),
            _ => Ok(found),
        };
    }
    if kind == Kind::Exception {
        let is = |class: Obj, base: T| exception::is_subclass(class, base.obj());
        if name == Obj::name(Qstr::ARGS) {
            return exception::args(vm, object);
        }
        #[cfg(feature = "language")]
        if name == Obj::name(Qstr::ERRNO) && is(class, T::OsError) {
            return Ok(exception::value(object));
        }
        if name == Obj::name(Qstr::VALUE) && is(class, T::StopIteration) {
            return Ok(exception::value(object));
        }
        #[cfg(feature = "chaining")]
        if let found = crate::chaining::attribute(object, name)
            && found != Obj::NULL
        {
            return Ok(found);
        }
    }
    // What all have.
    if name == Obj::name(Qstr::D_CLASS) {
        return Ok(class);
    }
    if name == Obj::name(Qstr::D_NAME) {
        if kind == Kind::Class {
            return Ok(object.field(class::NAME));
        }
        if let Some(index) = object.as_type_index() {
            return Ok(Obj::name(T::from_index(index).info().name));
        }
        if matches!(kind, Kind::Function | Kind::Closure) {
            return Ok(print::function_name(object));
        }
    }
    #[cfg(feature = "language")]
    {
        let found = crate::introspect::special_attribute(vm, object, name)?;
        if found != Obj::NULL {
            return Ok(found);
        }
        if kind == Kind::Class
            && let Some(native) = class::root(object).method(name)
        {
            return Ok(native);
        }
    }
    if of_instance {
        let hook = of_class(object, Obj::name(Qstr::D_GETATTR));
        if hook != Obj::NULL {
            return call::call(vm, hook, &[object, name]);
        }
    }
    if matches!(kind, Kind::Class | Kind::Module | Kind::Super) {
        return Err(no_attribute(vm, object, name));
    }
    load_builtin(vm, object, name)
}

/// A method of a built-in type, bound; or, of the type itself, as it is.
fn load_builtin(vm: &mut Vm, object: Obj, name: Obj) -> Res {
    if let Some(index) = object.as_type_index() {
        return match T::from_index(index).method(name) {
            Some(native) => Ok(native),
            None => Err(no_attribute(vm, object, name)),
        };
    }
    #[cfg(feature = "complex")]
    if object.is(Kind::Complex)
        && let Some(part) = types::complex::attribute(object, name)
    {
        return types::float::new(vm, part);
    }
    match types::builtin_type_of(object).method(name) {
        Some(native) => bound(vm, native, object),
        None => Err(no_attribute(vm, object, name)),
    }
}

/// A bound method of rooted parts.
fn bound(vm: &mut Vm, function: Obj, receiver: Obj) -> Res {
    let made = vm.alloc(Kind::Method, 2)?;
    made.set_field(types::METHOD_FUNCTION, function);
    made.set_field(types::METHOD_SELF, receiver);
    Ok(made)
}

/// What an instance gives for an attribute found in its class.
fn bind(vm: &mut Vm, object: Obj, class: Obj, found: Obj) -> Res {
    if found.as_native().is_some() {
        if found == NEW {
            return Ok(found);
        }
        return bound(vm, found, class::receiver(found, object));
    }
    if !found.is_heap() {
        return Ok(found);
    }
    match found.kind() {
        #[cfg(feature = "descriptors")]
        Kind::Instance => {
            let getter = of_class(found, Obj::name(Qstr::D_GET));
            if getter == Obj::NULL { Ok(found) } else { call::call(vm, getter, &[found, object, class]) }
        }
        Kind::Function | Kind::Closure => bound(vm, found, object),
        Kind::StaticMethod => Ok(found.field(0)),
        Kind::ClassMethod => bound(vm, found.field(0), class),
        #[cfg(feature = "collections")]
        Kind::Property if found.field(0).is_int() => Ok(crate::modules::namedtuple::item(object, found.field(0))),
        #[cfg(feature = "property")]
        Kind::Property => {
            let getter = found.field(0);
            if getter == Obj::NULL {
                return Err(vm.raise(T::AttributeError, Qstr::M_PROPERTY));
            }
            // The getter's own slots: in the frame it pushes, the object is local 0.
            let arguments = vm.alloc(Kind::Slots, 2).kept(vm)?;
            let at = Slots::of(arguments, 1);
            at.set(0, object);
            let value = call::start(vm, getter, at, 1, 0);
            vm.unkeep(1);
            value
        }
        _ => Ok(found),
    }
}

fn bind_to_class(vm: &mut Vm, class: Obj, found: Obj) -> Res {
    if found.is(Kind::StaticMethod) {
        return Ok(found.field(0));
    }
    if found.is(Kind::ClassMethod) {
        return bound(vm, found.field(0), class);
    }
    #[cfg(feature = "descriptors")]
    if found.is(Kind::Instance) {
        let getter = of_class(found, Obj::name(Qstr::D_GET));
        if getter != Obj::NULL {
            return call::call(vm, getter, &[found, Obj::NONE, class]);
        }
    }
    Ok(found)
}

/// `__new__` is no method of its first argument.
#[cfg(feature = "language")]
const NEW: Obj = Obj::native(crate::natives::N::ObjectNew as u16);
#[cfg(not(feature = "language"))]
const NEW: Obj = Obj::NULL;

/// LOAD_METHOD: the object at `at` becomes a function and its self, or any value and NULL.
pub(crate) fn load_method(vm: &mut Vm, at: Slots, name: Obj) -> Res<()> {
    let object = at.get(0);
    if cfg!(feature = "speed") && object.is(Kind::Instance) && class::own(object, name) == Obj::NULL {
        let class = object.field(class::INSTANCE_CLASS);
        if class.is(Kind::Class) {
            let found = class::lookup(class, name);
            if found.is(Kind::Function) {
                at.set(0, found);
                at.set(1, object);
                return Ok(());
            }
        }
    }
    load_method_slow(vm, at, name)
}

#[inline(never)]
fn load_method_slow(vm: &mut Vm, at: Slots, name: Obj) -> Res<()> {
    let object = at.get(0);
    if object.is(Kind::Instance) || object.is(Kind::Exception) {
        let class = object.field(class::INSTANCE_CLASS);
        let own = class::own_of(object, name);
        if own == Obj::NULL && class.is(Kind::Class) {
            let found = class::lookup(class, name);
            if found != Obj::NULL {
                return method_of_class(vm, at, object, class, found);
            }
        }
    } else if object.is(Kind::Super) {
        let found = class::super_lookup(object.field(0), name);
        if found != Obj::NULL {
            let receiver = object.field(1);
            return method_of_class(vm, at, receiver, types::type_of(receiver), found);
        }
    } else if !object.is(Kind::Class)
        && !object.is(Kind::Module)
        && object.as_type_index().is_none()
        && let Some(native) = types::builtin_type_of(object).method(name)
    {
        at.set(0, native);
        at.set(1, object);
        return Ok(());
    }
    let value = load_now(vm, object, name)?;
    at.set(0, value);
    at.set(1, Obj::NULL);
    Ok(())
}

/// Puts what was found in a class at `at` as function and self.
pub(crate) fn method_of_class(vm: &mut Vm, at: Slots, object: Obj, class: Obj, found: Obj) -> Res<()> {
    #[cfg(feature = "language")]
    if found.is(Kind::Instance) || found.is(Kind::Property) && found.field(0).is_int() {
        // A descriptor, or a field of a named tuple. A property's getter would push a frame: it has its own way below.
        let value = bind(vm, object, class, found)?;
        at.set(0, value);
        at.set(1, Obj::NULL);
        return Ok(());
    }
    let (function, receiver) = if found.as_native().is_some() {
        if found == NEW { (found, Obj::NULL) } else { (found, class::receiver(found, object)) }
    } else if found.is(Kind::Function) || found.is(Kind::Closure) {
        (found, object)
    } else if found.is(Kind::ClassMethod) {
        (found.field(0), class)
    } else if found.is(Kind::StaticMethod) {
        (found.field(0), Obj::NULL)
    } else {
        #[cfg(feature = "property")]
        let found = if found.is(Kind::Property) { call::call(vm, found.field(0), &[object])? } else { found };
        (found, Obj::NULL)
    };
    at.set(0, function);
    at.set(1, receiver);
    Ok(())
}

/// `object.name` for native code: runs a property to its end.
pub(crate) fn load_now(vm: &mut Vm, object: Obj, name: Obj) -> Res {
    #[cfg(feature = "property")]
    let found = of_class(object, name);
    #[cfg(feature = "property")]
    let own = object.is(Kind::Instance) && class::own_of(object, name) != Obj::NULL;
    #[cfg(feature = "property")]
    if found.is(Kind::Property) && !own && found.field(0).is_heap() {
        return call::call(vm, found.field(0), &[object]);
    }
    load(vm, object, name)
}

/// `object.name = value`, or `del` when the value is NULL. All rooted.
pub(crate) fn store(vm: &mut Vm, object: Obj, name: Obj, value: Obj) -> Res<()> {
    #[cfg(feature = "language")]
    if object.is(Kind::Instance) && class::is_hooked(object) {
        return store_hooked(vm, object, name, value);
    }
    if cfg!(feature = "speed") && object.is(Kind::Instance) && value != Obj::NULL && class::replace_own(object, name, value) {
        return Ok(());
    }
    store_slow(vm, object, name, value)
}

/// `__setattr__` and `__delattr__` of a class that has them.
#[cfg(feature = "language")]
#[inline(never)]
fn store_hooked(vm: &mut Vm, object: Obj, name: Obj, value: Obj) -> Res<()> {
    let hook = special(vm, object, if value == Obj::NULL { Qstr::D_DELATTR } else { Qstr::D_SETATTR });
    if hook == Obj::NULL || hook.as_native().is_some() {
        return store_slow(vm, object, name, value);
    }
    call_setter(vm, hook, &[object, name, value])
}

/// `object.__setattr__` and `object.__delattr__`, which ask no hook.
#[cfg(feature = "language")]
pub(crate) fn object_setattr(vm: &mut Vm, args: crate::call::Args) -> Res {
    let text = types::str::required(vm, args.get(1))?;
    let name = vm.intern_text(text)?;
    store_slow(vm, args.get(0), name, args.get(2))?;
    Ok(Obj::NONE)
}

#[cfg(feature = "language")]
pub(crate) fn object_delattr(vm: &mut Vm, args: crate::call::Args) -> Res {
    let text = types::str::required(vm, args.get(1))?;
    let name = vm.intern_text(text)?;
    store_slow(vm, args.get(0), name, Obj::NULL)?;
    Ok(Obj::NONE)
}

/// Calls what sets or deletes: without the last argument, the value, where that is NULL.
pub(crate) fn call_setter(vm: &mut Vm, function: Obj, arguments: &[Obj]) -> Res<()> {
    call::call(vm, function, arguments.strip_suffix(&[Obj::NULL]).unwrap_or(arguments)).map(|_| ())
}

#[inline(never)]
fn store_slow(vm: &mut Vm, object: Obj, name: Obj, value: Obj) -> Res<()> {
    if object.is(Kind::Instance) || object.is(Kind::Exception) {
        #[cfg(feature = "property")]
        let found = of_class(object, name);
        #[cfg(feature = "property")]
        if found.is(Kind::Property) {
            let function = found.field(if value == Obj::NULL { 2 } else { 1 });
            if function == Obj::NULL {
                return Err(vm.raise(T::AttributeError, Qstr::M_PROPERTY));
            }
            return call_setter(vm, function, &[object, value]);
        }
        #[cfg(feature = "descriptors")]
        if found.is(Kind::Instance) {
            let setter = of_class(found, Obj::name(if value == Obj::NULL { Qstr::D_DELETE } else { Qstr::D_SET }));
            if setter != Obj::NULL {
                return call_setter(vm, setter, &[found, object, value]);
            }
        }
        #[cfg(feature = "chaining")]
        if object.is(Kind::Exception) && crate::chaining::store(vm, object, name, value)? {
            return Ok(());
        }
        if value != Obj::NULL {
            return class::set_own(vm, object, name, value);
        }
        return if class::remove_own(object, name) { Ok(()) } else { Err(no_attribute(vm, object, name)) };
    }
    if object.is(Kind::Class) {
        return store_in(vm, object, class::TABLE, name, value);
    }
    if object.is(Kind::Module) {
        return store_in(vm, object, types::MODULE_TABLE, name, value);
    }
    Err(no_attribute(vm, object, name))
}

fn store_in(vm: &mut Vm, object: Obj, field: usize, name: Obj, value: Obj) -> Res<()> {
    if value != Obj::NULL {
        return map::set(vm, object, field, name, value);
    }
    if map::remove(object.field(field), name) { Ok(()) } else { Err(no_attribute(vm, object, name)) }
}

/// An AttributeError.
#[cold]
#[inline(never)]
pub(crate) fn no_attribute(vm: &mut Vm, object: Obj, name: Obj) -> Raised {
    if !cfg!(feature = "messages") {
        return vm.raise_value(T::AttributeError, name);
    }
    let class = types::name_of(if object.is(Kind::Class) { T::Type.obj() } else { types::type_of(object) });
    let start = Obj::name(Qstr::M_QUOTE);
    let parts = [start, class, Obj::name(Qstr::M_NO_ATTR), name, start];
    match types::str::concat(vm, &parts) {
        Ok(text) => vm.raise_value(T::AttributeError, text),
        Err(raised) => raised,
    }
}

/// An ImportError: there are no modules to import in this build.
#[cold]
pub(crate) fn no_module(vm: &mut Vm, name: Obj) -> Raised {
    if !cfg!(feature = "messages") {
        return vm.raise_value(T::ImportError, name);
    }
    match types::str::concat(vm, &[Obj::name(Qstr::M_NO_IMPORT), name, Obj::name(Qstr::M_QUOTE)]) {
        Ok(text) => vm.raise_value(T::ImportError, text),
        Err(raised) => raised,
    }
}
