//! Calls with `*` and `**`: the arguments are laid out anew, in a block, and called with.

use crate::call as calls;
use crate::frame::Slots;
use crate::heap::Kind;
use crate::qstr::Qstr;
use crate::types::{dict, list, str};
use crate::value::{Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;

/// Begins a call. `args` holds `n` arguments, `n_kw` pairs (a NULL name: the value is a dict of more), and a number whose bits tell
/// which arguments are iterables of more. `receiver` is NULL when there is none.
pub(crate) fn call(vm: &mut Vm, callee: Obj, receiver: Obj, args: Slots, n: usize, n_kw: usize) -> Res {
    let kept = vm.kept();
    let starred = args.get((n + 2 * n_kw) as isize);
    let starred = if starred.is_int() { starred.as_int() } else { 0 };
    // The first item is the free slot that calls may use.
    let all = list::new(vm, &[Obj::NONE]).kept(vm)?;
    if receiver != Obj::NULL {
        list::append(vm, all, receiver)?;
    }
    for index in 0..n {
        let value = args.get(index as isize);
        if index < 30 && starred & (1 << index) != 0 {
            list::extend(vm, all, value)?;
        } else {
            list::append(vm, all, value)?;
        }
    }
    let positional = list::len(all) - 1;
    for pair in 0..n_kw {
        let at = (n + 2 * pair) as isize;
        let (name, value) = (args.get(at), args.get(at + 1));
        if name != Obj::NULL {
            push_keyword(vm, all, name, value)?;
            continue;
        }
        if !value.is(Kind::Dict) {
            return vm.type_error(Qstr::M_KW_STR);
        }
        let mut entry = 0;
        while let Some((name, value, next)) = dict::entry(value, entry) {
            push_keyword(vm, all, name, value)?;
            entry = next;
        }
    }
    let keywords = (list::len(all) - 1 - positional) / 2;
    let slots = list::slots(all).plus(1);
    let value = if receiver != Obj::NULL {
        calls::start_with_self(vm, callee, slots, positional, keywords)
    } else {
        calls::start(vm, callee, slots, positional, keywords)
    };
    vm.release(kept);
    value
}

fn push_keyword(vm: &mut Vm, all: Obj, name: Obj, value: Obj) -> Res<()> {
    // Argument names are known names, so a text that no loaded file spells can only go into `**kwargs`, as it is.
    let name = if name.is_name() {
        name
    } else {
        match str::text(vm, name) {
            Some(text) => vm.find_name(text).unwrap_or(name),
            None => return vm.type_error(Qstr::M_KW_STR),
        }
    };
    list::append(vm, all, name)?;
    list::append(vm, all, value)
}
