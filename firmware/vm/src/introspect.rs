//! Built-in functions that look at objects: `dir`, `id`, `globals`, `delattr`, `type` with three arguments, and special attributes.

use crate::attr;
use crate::call::Args;
use crate::heap::Kind;
use crate::map;
use crate::qstr::Qstr;
use crate::types::{self, T, class, dict, list, str as text, tuple};
use crate::value::{INT_MAX, Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;

/// `delattr(object, name)`.
pub(crate) fn delattr(vm: &mut Vm, args: Args) -> Res {
    let bytes = text::required(vm, args.get(1))?;
    match vm.find_name(bytes) {
        Some(name) => attr::store(vm, args.get(0), name, Obj::NULL)?,
        None => return Err(attr::no_attribute(vm, args.get(0), args.get(1))),
    }
    Ok(Obj::NONE)
}

/// `id(object)`: no address, but the object's place in the heap, so that runs repeat.
pub(crate) fn id(vm: &mut Vm, args: Args) -> Res {
    let value = args.get(0);
    let number = if value.is_heap() { vm.heap.place(value) } else { value.word() / 2 };
    Ok(Obj::int((number & INT_MAX as usize) as i32))
}

/// Globals as a dict: what they are now.
pub(crate) fn globals(vm: &mut Vm, _args: Args) -> Res {
    let Some(frame) = vm.frame else { return Ok(Obj::NONE) };
    let module = frame.code().get().module.get().globals;
    if module == Obj::NULL { dict::new(vm) } else { copy(vm, &|at| map::entry(module.field(types::MODULE_TABLE), at)) }
}

/// The first name from a place on that has a value: name, value, where to go on.
type Entry = Option<(Obj, Obj, usize)>;

/// Names and their values as a dict.
fn copy(vm: &mut Vm, entry: &dyn Fn(usize) -> Entry) -> Res {
    let made = dict::new(vm).kept(vm)?;
    let mut at = 0;
    while let Some((name, value, next)) = entry(at) {
        dict::set(vm, made, name, value)?;
        at = next;
    }
    vm.unkeep(1);
    Ok(made)
}

/// How many levels of bases are looked through.
const LEVELS_MAX: usize = 16;

/// `dir([object])`: the names that have attributes, not sorted.
pub(crate) fn dir(vm: &mut Vm, args: Args) -> Res {
    let object = match (args.opt(0), vm.frame) {
        (Some(object), _) => object,
        (None, Some(frame)) => frame.code().get().module.get().globals,
        (None, None) => Obj::NONE,
    };
    names(vm, object, LEVELS_MAX)
}

/// The names of an object's attributes, looked for in so many levels of classes: with one, what classes are derived from is left out. The list is
/// kept.
pub(crate) fn names(vm: &mut Vm, object: Obj, levels: usize) -> Res {
    let names = list::new(vm, &[]).kept(vm)?;
    #[cfg(feature = "import")]
    if let Some(info) = crate::modules::info(object) {
        for (name, _) in info.entries {
            list::append(vm, names, Obj::name(*name))?;
        }
        return Ok(names);
    }
    if object.is(Kind::Module) {
        add(vm, names, &|at| map::entry(object.field(types::MODULE_TABLE), at))?;
        return Ok(names);
    }
    if object.is(Kind::Instance) || object.is(Kind::Exception) {
        add(vm, names, &|at| class::own_entry(object, at))?;
    }
    let class = if object.is(Kind::Class) || object.as_type_index().is_some() { object } else { types::type_of(object) };
    add_class(vm, names, class, levels)?;
    Ok(names)
}

fn add(vm: &mut Vm, names: Obj, entry: &dyn Fn(usize) -> Entry) -> Res<()> {
    let mut at = 0;
    while let Some((name, _, next)) = entry(at) {
        if !list::items(names).contains(&name) {
            list::append(vm, names, name)?;
        }
        at = next;
    }
    Ok(())
}

fn add_class(vm: &mut Vm, names: Obj, class: Obj, levels: usize) -> Res<()> {
    if let Some(index) = class.as_type_index() {
        let mut at = T::from_index(index);
        loop {
            for (name, _) in at.methods() {
                if !list::items(names).contains(&Obj::name(name)) {
                    list::append(vm, names, Obj::name(name))?;
                }
            }
            if at == T::Object || levels == 1 {
                return Ok(());
            }
            at = at.info().base;
        }
    }
    if class.is(Kind::Class) && levels > 0 {
        add(vm, names, &|at| map::entry(class.field(class::TABLE), at))?;
        for base in class::bases(class).iter().filter(|_| levels > 1) {
            add_class(vm, names, *base, levels - 1)?;
        }
    }
    Ok(())
}

/// `type(name, bases, attributes)`.
pub(crate) fn make_class(vm: &mut Vm, args: Args) -> Res {
    let (name, bases, attributes) = (args.get(0), args.get(1), args.get(2));
    if !text::is(name) || !bases.is(Kind::Tuple) || !attributes.is(Kind::Dict) {
        return vm.type_error(Qstr::M_BAD_OPERAND);
    }
    let class = class::new(vm, name, bases).kept(vm)?;
    let mut at = 0;
    while let Some((key, value, next)) = dict::entry(attributes, at) {
        let bytes = text::required(vm, key)?;
        let key = vm.intern_text(bytes)?;
        map::set(vm, class, class::TABLE, key, value)?;
        at = next;
    }
    class::finish(vm, class)?;
    vm.unkeep(1);
    Ok(class)
}

/// `__dict__`, `__bases__`, `__module__`, `__qualname__` where there is such a thing; NULL where not.
pub(crate) fn special_attribute(vm: &mut Vm, object: Obj, name: Obj) -> Res {
    if name == Obj::name(Qstr::D_DICT) {
        if object.is(Kind::Instance) || object.is(Kind::Exception) {
            return copy(vm, &|at| class::own_entry(object, at));
        }
        if object.is(Kind::Class) {
            return copy(vm, &|at| map::entry(object.field(class::TABLE), at));
        }
        if object.is(Kind::Module) {
            return copy(vm, &|at| map::entry(object.field(types::MODULE_TABLE), at));
        }
    }
    if object.is(Kind::Class) && name == Obj::name(Qstr::D_BASES) {
        let bases = class::bases(object);
        return if bases.is_empty() { tuple::new(vm, &[T::Object.obj()]) } else { tuple::new(vm, bases) };
    }
    if let Some(index) = object.as_type_index()
        && name == Obj::name(Qstr::D_BASES)
    {
        return tuple::new(vm, &[T::from_index(index).info().base.obj()]);
    }
    if object.is(Kind::Class) && name == Obj::name(Qstr::D_QUALNAME) {
        return Ok(object.field(class::NAME));
    }
    if object.is(Kind::Slice) {
        return Ok(types::slice::attribute(object, name));
    }
    if object.is(Kind::Method) && name == Obj::name(Qstr::D_NAME) {
        return attr::load(vm, object.field(types::METHOD_FUNCTION), name);
    }
    if let (Some(index), true) = (object.as_native(), name == Obj::name(Qstr::D_NAME)) {
        return Ok(crate::call::native_name(index));
    }
    Ok(Obj::NULL)
}
