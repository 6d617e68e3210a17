//! Tables of names that are short in code, and in memory as well: see `map.rs`.

use crate::heap::Kind;
use crate::value::{Obj, Res};
use crate::vm::Vm;

/// How many entries a table grows by.
const MORE: usize = 2;

/// Where the entry of `key` is, as the field of its key. Of NULL: the first that is free.
fn find(table: Obj, key: Obj) -> Option<usize> {
    let mut at = 0;
    if table != Obj::NULL {
        while at + 1 < table.words() {
            if table.field(at) == key {
                return Some(at);
            }
            at += 2;
        }
    }
    None
}

/// The value of `key`, or NULL.
pub(crate) fn get(table: Obj, key: Obj) -> Obj {
    match find(table, key) {
        Some(at) => table.field(at + 1),
        None => Obj::NULL,
    }
}

pub(crate) use get as get_inline;

/// Replaces the value of a key that is there; false when it is not.
pub(crate) fn replace(table: Obj, key: Obj, value: Obj) -> bool {
    match find(table, key) {
        Some(at) => {
            table.set_field(at + 1, value);
            true
        }
        None => false,
    }
}

/// Sets `key` in the table in `owner`'s field; `owner` and `value` must be rooted.
pub(crate) fn set(vm: &mut Vm, owner: Obj, field: usize, key: Obj, value: Obj) -> Res<()> {
    let mut table = owner.field(field);
    let at = match find(table, key).or_else(|| find(table, Obj::NULL)) {
        Some(at) => at,
        None => {
            // Of an odd number of words, as all blocks are.
            let end = if table == Obj::NULL { 0 } else { table.words() & !1 };
            let grown = vm.alloc(Kind::MapTable, end + 2 * MORE)?;
            for at in 0..end {
                grown.set_field(at, table.field(at));
            }
            owner.set_field(field, grown);
            if table != Obj::NULL {
                vm.heap.free(table);
            }
            table = grown;
            end
        }
    };
    table.set_field(at, key);
    table.set_field(at + 1, value);
    Ok(())
}

/// The first key that has a value from place `from` on: key, value, where to go on.
#[cfg(any(feature = "import", feature = "language"))]
pub(crate) fn entry(table: Obj, from: usize) -> Option<(Obj, Obj, usize)> {
    if table == Obj::NULL {
        return None;
    }
    (from..table.words() / 2).find_map(|at| {
        let (key, value) = (table.field(2 * at), table.field(2 * at + 1));
        (key != Obj::NULL && value != Obj::NULL).then_some((key, value, at + 1))
    })
}
