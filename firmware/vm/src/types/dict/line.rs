//! Dicts where size counts: laid out as a list whose items are keys and values in turn, and searched from the start.

use crate::heap::Kind;
use crate::ops;
use crate::qstr::Qstr;
use crate::types::list;
use crate::value::{Obj, Res};
use crate::vm::Vm;

pub(crate) fn new(vm: &mut Vm) -> Res {
    list::of_kind(vm, Kind::Dict, &[])
}

/// An empty dict; it gets its room when there are entries.
pub(crate) fn with_room(vm: &mut Vm, _kind: Kind, _room: usize) -> Res {
    new(vm)
}

pub(crate) fn len(dict: Obj) -> usize {
    list::len(dict) / 2
}

/// Where the value of `wanted` is among the items. Comparing may run Python code, which may change the dict.
fn find(vm: &mut Vm, dict: Obj, wanted: Obj) -> Res<Option<usize>> {
    if wanted.is(Kind::List) || wanted.is(Kind::Dict) {
        return vm.type_error(Qstr::M_UNHASHABLE);
    }
    let mut at = 1;
    while at < list::len(dict) {
        let key = list::items(dict)[at - 1];
        if ops::equal(vm, key, wanted)? {
            return Ok(Some(at).filter(|at| *at < list::len(dict)));
        }
        at += 2;
    }
    Ok(None)
}

/// The value of a rooted key, or NULL.
pub(crate) fn get(vm: &mut Vm, dict: Obj, wanted: Obj) -> Res {
    Ok(find(vm, dict, wanted)?.map_or(Obj::NULL, |at| list::items(dict)[at]))
}

/// Sets a rooted key to a rooted value.
pub(crate) fn set(vm: &mut Vm, dict: Obj, wanted: Obj, to: Obj) -> Res<()> {
    let at = match find(vm, dict, wanted)? {
        Some(at) => at,
        None => {
            let len = list::len(dict);
            list::grow(vm, dict, len + 1)?;
            list::note_len(dict, len + 2);
            list::set(dict, len, wanted);
            len + 1
        }
    };
    list::set(dict, at, to);
    Ok(())
}

/// Takes a key out; its value, or NULL when it is not there.
pub(crate) fn remove(vm: &mut Vm, dict: Obj, wanted: Obj) -> Res {
    let Some(at) = find(vm, dict, wanted)? else { return Ok(Obj::NULL) };
    list::remove_at(dict, at - 1);
    Ok(list::remove_at(dict, at - 1))
}

/// The first entry from `from` on: key, value, where to go on.
pub(crate) fn entry(dict: Obj, from: usize) -> Option<(Obj, Obj, usize)> {
    let items = list::items(dict);
    Some((*items.get(2 * from)?, *items.get(2 * from + 1)?, from + 1))
}

/// The last entry.
#[cfg(feature = "language")]
pub(super) fn last(dict: Obj) -> Option<(Obj, Obj)> {
    entry(dict, len(dict).checked_sub(1)?).map(|(key, value, _)| (key, value))
}
