//! `help`: what attributes an object has, and which modules there are. It prints, and gives nothing.

use crate::call::{self, Args};
use crate::natives::N;
use crate::qstr::Qstr;
use crate::types::{self, T, list, str};
use crate::value::{Obj, Res};
use crate::vm::Vm;
use crate::{attr, introspect};

const ABOUT: &[u8] = b"help(object) or help('modules')\n";

/// The built-in modules that are Python code of ours.
#[cfg(feature = "import")]
const IN_PYTHON: &[u8] = match (cfg!(feature = "asyncio"), cfg!(feature = "machine")) {
    (true, true) => b"asyncio\nmachine\n",
    (true, false) => b"asyncio\n",
    (false, true) => b"machine\n",
    (false, false) => b"",
};

/// `help([object])`: of a class its own attributes, of an instance those of its class, bases left out: as MicroPython has it.
pub(crate) fn help(vm: &mut Vm, args: Args) -> Res {
    let Some(object) = args.opt(0) else {
        vm.write(ABOUT);
        return Ok(Obj::NONE);
    };
    #[cfg(feature = "import")]
    if str::text(vm, object) == Some(b"modules") {
        for module in crate::modules::MODULES {
            print(vm, &[Obj::name(module.name)])?;
        }
        vm.write(IN_PYTHON);
        return Ok(Obj::NONE);
    }
    let of = types::type_of(object);
    let name = attr::load(vm, of, Obj::name(Qstr::D_NAME))?;
    print(vm, &[Obj::name(Qstr::OBJECT), object, Obj::name(Qstr::IS_OF_TYPE), name])?;
    let holder = if of == T::Type.obj() || of == T::Module.obj() { object } else { of };
    let names = introspect::names(vm, holder, 1)?;
    for index in 0..list::len(names) {
        let name = list::items(names)[index];
        let value = attr::load_now(vm, holder, name)?;
        // With the space that is between two of them the line begins with two.
        print(vm, &[Obj::name(Qstr::SPACE), name, Obj::name(Qstr::DASHES), value])?;
    }
    Ok(Obj::NONE)
}

/// `print`, called so that what is printed is rooted: it may take away what it is an attribute of.
fn print(vm: &mut Vm, values: &[Obj]) -> Res {
    call::call(vm, Obj::native(N::Print as u16), values)
}
