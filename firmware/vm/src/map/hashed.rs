//! Tables of names that are quick to search: see `map.rs`.

use crate::heap::Kind;
use crate::value::{Obj, Res};
use crate::vm::Vm;

const MASK: usize = 0;
const COUNT: usize = 1;
const ENTRIES: usize = 2;
const SIZE_MIN: usize = 4;

#[cfg_attr(feature = "speed", inline(always))]
fn start(table: Obj, key: Obj) -> usize {
    // A name's word is its number times eight, plus the tag.
    (key.word() / 8) & table.raw(MASK)
}

/// The value of `key`, or NULL.
#[inline(never)]
pub(crate) fn get(table: Obj, key: Obj) -> Obj {
    get_inline(table, key)
}

/// The same where it is most often asked for.
#[inline(always)]
pub(crate) fn get_inline(table: Obj, key: Obj) -> Obj {
    if table == Obj::NULL {
        return Obj::NULL;
    }
    let mut at = start(table, key);
    loop {
        let found = table.field(ENTRIES + 2 * at);
        if found == key {
            return table.field(ENTRIES + 2 * at + 1);
        }
        if found == Obj::NULL {
            return Obj::NULL;
        }
        at = (at + 1) & table.raw(MASK);
    }
}

/// Replaces the value of a key that is there; false when it is not.
pub(crate) fn replace(table: Obj, key: Obj, value: Obj) -> bool {
    if table == Obj::NULL {
        return false;
    }
    let mut at = start(table, key);
    loop {
        let found = table.field(ENTRIES + 2 * at);
        if found == key {
            table.set_field(ENTRIES + 2 * at + 1, value);
            return true;
        }
        if found == Obj::NULL {
            return false;
        }
        at = (at + 1) & table.raw(MASK);
    }
}

/// How many keys there are, those without a value included.
pub(crate) fn len(table: Obj) -> usize {
    if table == Obj::NULL { 0 } else { table.raw(COUNT) }
}

fn insert_new(table: Obj, key: Obj, value: Obj) {
    let mut at = start(table, key);
    while table.field(ENTRIES + 2 * at) != Obj::NULL {
        at = (at + 1) & table.raw(MASK);
    }
    table.set_field(ENTRIES + 2 * at, key);
    table.set_field(ENTRIES + 2 * at + 1, value);
    table.set_raw(COUNT, table.raw(COUNT) + 1);
}

/// Sets `key` in the table in `owner`'s field; `owner` and `value` must be rooted.
pub(crate) fn set(vm: &mut Vm, owner: Obj, field: usize, key: Obj, value: Obj) -> Res<()> {
    let table = owner.field(field);
    if replace(table, key, value) {
        return Ok(());
    }
    let (size, count) = if table == Obj::NULL { (0, 0) } else { (table.raw(MASK) + 1, table.raw(COUNT)) };
    if (count + 1) * 4 > size * 3 {
        let new_size = (size * 2).max(SIZE_MIN);
        let grown = vm.alloc(Kind::MapTable, ENTRIES + 2 * new_size)?;
        grown.set_raw(MASK, new_size - 1);
        grown.set_raw(COUNT, 0);
        for at in 0..size {
            let (old_key, old_value) = (table.field(ENTRIES + 2 * at), table.field(ENTRIES + 2 * at + 1));
            if old_key != Obj::NULL && old_value != Obj::NULL {
                insert_new(grown, old_key, old_value);
            }
        }
        owner.set_field(field, grown);
        insert_new(grown, key, value);
        if table != Obj::NULL {
            vm.heap.free(table);
        }
        return Ok(());
    }
    insert_new(table, key, value);
    Ok(())
}

/// The first key that has a value from place `from` on: key, value, where to go on.
#[cfg(any(feature = "import", feature = "language"))]
pub(crate) fn entry(table: Obj, from: usize) -> Option<(Obj, Obj, usize)> {
    if table == Obj::NULL {
        return None;
    }
    (from..=table.raw(MASK)).find_map(|at| {
        let (key, value) = (table.field(ENTRIES + 2 * at), table.field(ENTRIES + 2 * at + 1));
        (key != Obj::NULL && value != Obj::NULL).then_some((key, value, at + 1))
    })
}
