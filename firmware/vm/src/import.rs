//! `import`: built-in modules, then files the machine's owner offers (`crate::Modules`), each loaded once and executed where it lies.

use crate::attr;
use crate::call;
#[cfg(feature = "language")]
use crate::call::Args;
use crate::code::ModulePtr;
use crate::heap::Kind;
use crate::map;
use crate::mpy;
#[cfg(feature = "language")]
use crate::ops;
use crate::qstr::Qstr;
use crate::types::{self, T, list, str};
use crate::value::{Obj, Raised, Res};
use crate::vm::{Kept, Stop, Vm};

/// IMPORT_NAME: the module, or for `import a.b` without names its first package. All rooted by the caller.
#[inline(never)]
pub(crate) fn name(vm: &mut Vm, from: ModulePtr, level: Obj, names: Obj, name: Obj) -> Res {
    let kept = vm.kept();
    let level = if level.is_int() { level.as_int().max(0) as usize } else { 0 };
    let full = if level > 0 { relative(vm, from, level, name)? } else { name };
    vm.keep(full)?;
    let module = dotted(vm, full, level == 0 && names == Obj::NONE);
    vm.release(kept);
    module
}

/// `__import__(name[, globals[, locals[, names[, level]]]])`. What is relative is so to the module that calls, whatever `globals` says.
#[cfg(feature = "language")]
pub(crate) fn builtin(vm: &mut Vm, args: Args) -> Res {
    let (asked, names) = (args.get(0), args.opt(3).unwrap_or(Obj::NONE));
    let names = if ops::truth(vm, names)? { names } else { Obj::NONE };
    let Some(frame) = vm.frame else { return Ok(Obj::NONE) };
    name(vm, frame.code().get().module, args.opt(4).unwrap_or(Obj::int(0)), names, asked)
}

/// What `from . import …` and `from .a import …` mean in the module they are in.
fn relative(vm: &mut Vm, from: ModulePtr, level: usize, name: Obj) -> Res {
    let globals = from.get().globals;
    let is_package = map::get(globals.field(types::MODULE_TABLE), Obj::name(Qstr::D_PATH)) != Obj::NULL;
    let own = map::get(globals.field(types::MODULE_TABLE), Obj::name(Qstr::D_NAME));
    let Some(text) = str::text(vm, own) else { return Err(no_module(vm, name)) };
    let mut base = text;
    for _ in 0..level - usize::from(is_package) {
        match base.iter().rposition(|byte| *byte == b'.') {
            Some(at) => base = &base[..at],
            None => return Err(no_module(vm, name)),
        }
    }
    let package = str::new(vm, base)?;
    if name == Obj::name(Qstr::EMPTY) {
        return Ok(package);
    }
    vm.keep(package)?;
    str::concat(vm, &[package, Obj::name(Qstr::DOT), name])
}

/// Loads `a`, `a.b` and so on; gives the first or the last.
fn dotted(vm: &mut Vm, full: Obj, first: bool) -> Res {
    let text = str::bytes(vm, full);
    let (mut outer, mut outermost) = (Obj::NULL, Obj::NULL);
    let mut at = 0;
    loop {
        let end = text[at..].iter().position(|byte| *byte == b'.').map_or(text.len(), |dot| at + dot);
        // `import` names no module without a name, `__import__` may.
        if cfg!(feature = "language") && end == at {
            return Err(no_module(vm, full));
        }
        let module = one(vm, &text[..end], full).kept(vm)?;
        if outer != Obj::NULL {
            let attribute = vm.intern_text(&text[at..end])?;
            if outer.is(Kind::Module) {
                map::set(vm, outer, types::MODULE_TABLE, attribute, module)?;
            }
        } else {
            outermost = module;
        }
        outer = module;
        if end == text.len() {
            return Ok(if first { outermost } else { module });
        }
        at = end + 1;
    }
}

/// One module by its whole name, loaded if it is not there yet. `asked` is for the message.
fn one(vm: &mut Vm, text: &[u8], asked: Obj) -> Res {
    if let Some(module) = vm.find_name(text).and_then(crate::modules::find) {
        return Ok(module);
    }
    let mut next = vm.modules;
    while let Some(module) = next {
        let globals = module.get().globals;
        if str::text(vm, globals.field(types::MODULE_NAME)) == Some(text) {
            return Ok(globals);
        }
        next = module.get().next;
    }
    let Some(file) = vm.module_file(text) else { return Err(no_module(vm, asked)) };
    let module = match vm.room_for_module().and_then(|()| mpy::load(vm, file.mpy)) {
        Ok(module) => module,
        Err(Stop::Malformed(_)) => return Err(vm.raise(T::ImportError, Qstr::M_BAD_MODULE)),
        Err(_) => return vm.no_memory(),
    };
    let done = execute(vm, module, text, file.package);
    if done.is_err() {
        // What failed half way is not found by the next import. It stays, as its functions may be in use.
        module.get().globals.set_field(types::MODULE_NAME, Obj::name(Qstr::EMPTY));
        done?;
    }
    Ok(module.get().globals)
}

fn execute(vm: &mut Vm, module: ModulePtr, text: &[u8], package: bool) -> Res<()> {
    let globals = module.get().globals;
    let name = str::new(vm, text)?;
    globals.set_field(types::MODULE_NAME, name);
    map::set(vm, globals, types::MODULE_TABLE, Obj::name(Qstr::D_NAME), name)?;
    if package {
        map::set(vm, globals, types::MODULE_TABLE, Obj::name(Qstr::D_PATH), name)?;
    }
    call::run_module(vm, module).map(|_| ())
}

/// IMPORT_FROM: an attribute of the module, or the module of that name inside of it.
#[inline(never)]
pub(crate) fn from(vm: &mut Vm, module: Obj, name: Obj) -> Res {
    if module.is(Kind::Module) {
        let found = map::get(module.field(types::MODULE_TABLE), name);
        if found != Obj::NULL {
            return Ok(found);
        }
        if map::get(module.field(types::MODULE_TABLE), Obj::name(Qstr::D_PATH)) != Obj::NULL {
            let kept = vm.kept();
            let full = str::concat(vm, &[module.field(types::MODULE_NAME), Obj::name(Qstr::DOT), name]).kept(vm)?;
            let inner = dotted(vm, full, false);
            vm.release(kept);
            return inner;
        }
    } else if let Some(info) = crate::modules::info(module) {
        let found = crate::modules::load(vm, info, name)?;
        if found != Obj::NULL {
            return Ok(found);
        }
    } else {
        return attr::load_now(vm, module, name);
    }
    match str::concat(vm, &[Obj::name(Qstr::M_CANNOT_IMPORT), name, Obj::name(Qstr::M_QUOTE)]) {
        Ok(text) => Err(vm.raise_value(T::ImportError, text)),
        Err(raised) => Err(raised),
    }
}

/// IMPORT_STAR: everything that does not begin with an underscore, or what `__all__` lists.
#[inline(never)]
pub(crate) fn star(vm: &mut Vm, into: ModulePtr, module: Obj) -> Res<()> {
    if let Some(info) = crate::modules::info(module) {
        for (name, _) in info.entries {
            let value = crate::modules::load(vm, info, Obj::name(*name)).kept(vm)?;
            vm.set_global(into, Obj::name(*name), value)?;
            vm.unkeep(1);
        }
        return Ok(());
    }
    if !module.is(Kind::Module) {
        return Err(vm.raise(T::ImportError, Qstr::M_NO_IMPORT));
    }
    let all = map::get(module.field(types::MODULE_TABLE), Obj::name(Qstr::D_ALL));
    if all != Obj::NULL {
        let names = list::from_iterable(vm, all).kept(vm)?;
        for index in 0..list::len(names) {
            let text = str::bytes(vm, list::items(names)[index]);
            let name = vm.intern_text(text)?;
            let value = from(vm, module, name).kept(vm)?;
            vm.set_global(into, name, value)?;
            vm.unkeep(1);
        }
        vm.unkeep(1);
        return Ok(());
    }
    let mut at = 0;
    while let Some((name, value, next)) = map::entry(module.field(types::MODULE_TABLE), at) {
        at = next;
        if !vm.name_text(name.as_name()).starts_with(b"_") {
            vm.set_global(into, name, value)?;
        }
    }
    Ok(())
}

/// An ImportError that names the module.
#[cold]
fn no_module(vm: &mut Vm, name: Obj) -> Raised {
    attr::no_module(vm, name)
}
