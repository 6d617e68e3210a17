//! `collections.namedtuple`: a class that derives from tuple. Each field is a property whose getter is the item's number.

use crate::call::Args;
use crate::heap::Kind;
use crate::map;
use crate::print;
use crate::qstr::Qstr;
use crate::sink::Sink;
use crate::types::{T, class, list, str, tuple};
use crate::value::{Obj, Res};
use crate::vm::{Kept, Vm};

/// `namedtuple(name, fields)`: fields as texts, or one text with spaces or commas between.
pub(crate) fn make(vm: &mut Vm, args: Args) -> Res {
    let fields = match str::text(vm, args.get(1)) {
        Some(text) => {
            let names = list::new(vm, &[]).kept(vm)?;
            let mut rest = text;
            while !rest.is_empty() {
                let end = rest.iter().position(|byte| str::has(b" ,", *byte)).unwrap_or(rest.len());
                if end > 0 {
                    let name = vm.intern_text(&rest[..end])?;
                    list::append(vm, names, name)?;
                }
                rest = rest.get(end + 1..).unwrap_or(b"");
            }
            names
        }
        None => {
            let names = list::from_iterable(vm, args.get(1)).kept(vm)?;
            for index in 0..list::len(names) {
                let text = str::required(vm, list::items(names)[index])?;
                let name = vm.intern_text(text)?;
                list::set(names, index, name);
            }
            names
        }
    };
    let bases = tuple::new(vm, &[T::Tuple.obj()]).kept(vm)?;
    let class = class::new(vm, args.get(0), bases).kept(vm)?;
    let fields = tuple::new(vm, list::items(fields)).kept(vm)?;
    map::set(vm, class, class::TABLE, Obj::name(Qstr::FIELDS), fields)?;
    map::set(vm, class, class::TABLE, Obj::name(Qstr::ASDICT), Obj::native(crate::natives::N::NamedTupleAsDict as u16))?;
    for index in 0..tuple::len(fields) {
        let property = vm.alloc(Kind::Property, 3)?;
        property.set_field(0, Obj::count(index));
        vm.keep(property)?;
        map::set(vm, class, class::TABLE, tuple::items(fields)[index], property)?;
        vm.unkeep(1);
    }
    Ok(class)
}

/// The value of the field whose property's getter is `number`.
pub(crate) fn item(object: Obj, number: Obj) -> Obj {
    let items = class::native_part(object).and_then(tuple::sequence).unwrap_or(&[]);
    items.get(number.as_int() as usize).copied().unwrap_or(Obj::NONE)
}

/// The names of a class that `make` has made, or that derives from one.
fn fields(class: Obj) -> Option<Obj> {
    if class::root(class) != T::Tuple {
        return None;
    }
    Some(class::lookup(class, Obj::name(Qstr::FIELDS))).filter(|fields| fields.is(Kind::Tuple))
}

/// The tuple inside a new instance, from positional and named arguments; `None` for a class that is no named tuple.
pub(crate) fn part(vm: &mut Vm, class: Obj, args: Args) -> Res<Option<Obj>> {
    let Some(fields) = fields(class) else { return Ok(None) };
    let n = tuple::len(fields);
    if args.n + args.n_kw != n {
        return vm.type_error(Qstr::M_ARG_COUNT);
    }
    let made = tuple::with_room(vm, n)?;
    for index in 0..args.n {
        tuple::set(made, index, args.get(index));
    }
    for index in 0..args.n_kw {
        let (name, value) = args.kw(index);
        match tuple::items(fields).iter().position(|field| *field == name) {
            Some(at) if at >= args.n && tuple::items(made)[at] == Obj::NULL => tuple::set(made, at, value),
            Some(_) => return vm.type_error(Qstr::M_ARG_TWICE),
            None => return vm.type_error(Qstr::M_ARG_UNEXPECTED),
        }
    }
    Ok(Some(made))
}

/// `Name(a=1, b=2)`; false for what is no named tuple.
pub(crate) fn repr(vm: &mut Vm, sink: Sink, value: Obj) -> Res<bool> {
    let class = value.field(class::INSTANCE_CLASS);
    let Some(names) = Some(class).filter(|class| class.is(Kind::Class)).and_then(fields) else { return Ok(false) };
    vm.enter()?;
    sink.put_name(vm, class.field(class::NAME));
    for (index, name) in tuple::items(names).iter().enumerate() {
        sink.put(vm, if index == 0 { b"(" } else { b", " });
        sink.put_name(vm, *name);
        sink.put_byte(vm, b'=');
        print::repr(vm, sink, item(value, Obj::count(index)))?;
    }
    vm.leave();
    sink.put(vm, if tuple::len(names) == 0 { b"()" } else { b")" });
    Ok(true)
}

/// `_asdict()`; called on the tuple inside, whose names the class has: so the instance itself is asked for.
pub(crate) fn as_dict(vm: &mut Vm, args: Args) -> Res {
    let object = args.get(0);
    let names = if object.is(Kind::Instance) { fields(object.field(class::INSTANCE_CLASS)) } else { None };
    let Some(names) = names else { return vm.type_error(Qstr::M_BAD_OPERAND) };
    let made = crate::types::dict::new(vm).kept(vm)?;
    for index in 0..tuple::len(names) {
        crate::types::dict::set(vm, made, tuple::items(names)[index], item(object, Obj::count(index)))?;
    }
    Ok(made)
}
