//! Views of a dict: its keys, values or pairs as they are when one looks. Fields: the dict, which of the three.

use crate::heap::Kind;
use crate::iter::{DICT_ITEMS, DICT_KEYS};
use crate::qstr::Qstr;
use crate::types::dict;
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// A view of a rooted dict.
pub(crate) fn new(vm: &mut Vm, of: Obj, what: i32) -> Res {
    let made = vm.alloc(Kind::View, 2)?;
    made.set_field(0, of);
    made.set_field(1, Obj::int(what));
    Ok(made)
}

/// The dict and which of the three.
pub(crate) fn parts(view: Obj) -> (Obj, i32) {
    (view.field(0), view.field(1).as_int())
}

pub(crate) fn len(view: Obj) -> usize {
    dict::len(view.field(0))
}

/// Whether a key is there; `None` for the views that have to be searched.
pub(crate) fn contains(vm: &mut Vm, view: Obj, item: Obj) -> Res<Option<bool>> {
    let (of, what) = parts(view);
    if what != DICT_KEYS {
        return Ok(None);
    }
    Ok(Some(dict::get(vm, of, item)? != Obj::NULL))
}

/// What it is called.
pub(crate) fn name(view: Obj) -> Qstr {
    match parts(view).1 {
        DICT_KEYS => Qstr::DICT_KEYS,
        DICT_ITEMS => Qstr::DICT_ITEMS,
        _ => Qstr::DICT_VALUES,
    }
}
