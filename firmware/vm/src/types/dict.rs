//! Dicts: one table, none as long as they are empty. Keeps the order of insertion.
//!
//! A table is `counts | entries | index`. An entry is `key, value`, of a set (`set.rs`) the key alone; those deleted have the key `DELETED`.
//! Up to `LINEAR` entries are searched one after another; larger tables have an index in their last field, a block of 16-bit entry numbers (plus one;
//! 0 is free) of power-of-two size, hashed by content.
//!
//! Without the feature `hashes` a dict is laid out as a list of keys and values in turn: `dict/line.rs`.

use crate::call::Args;
use crate::heap::Kind;
use crate::natives::N;
use crate::qstr::Qstr;
use crate::types::{Method, T, list, str, tuple};
use crate::value::{Obj, Res};
use crate::vm::Kept;
use crate::vm::Vm;
use crate::{attr, call, iter, ops};

#[cfg(not(feature = "hashes"))]
mod line;
#[cfg(not(feature = "hashes"))]
pub(crate) use line::*;

#[cfg(feature = "hashes")]
const TABLE: usize = 0;
// Of a table.
#[cfg(feature = "hashes")]
const COUNTS: usize = 0;
#[cfg(feature = "hashes")]
const ENTRIES: usize = 1;
// Of the counts: entries that are there, whether there is an index, entries used up, whether they are pairs.
#[cfg(feature = "hashes")]
const LEN_MASK: usize = 0x7fff;
#[cfg(feature = "hashes")]
const INDEXED: usize = 1 << 15;
#[cfg(feature = "hashes")]
const USED_SHIFT: usize = 16;
#[cfg(feature = "hashes")]
const USED_ONE: usize = 1 << USED_SHIFT;
#[cfg(feature = "hashes")]
const PAIRS_SHIFT: usize = 31;
#[cfg(feature = "hashes")]
const LINEAR: usize = 8;
#[cfg(feature = "hashes")]
const ENTRIES_MAX: usize = 32_000;

pub(crate) const METHODS: &[Method] = &[
    (Qstr::GET, N::DictGet),
    (Qstr::POP, N::DictPop),
    #[cfg(feature = "methods")]
    (Qstr::SETDEFAULT, N::DictSetDefault),
    (Qstr::UPDATE, N::DictUpdate),
    (Qstr::ITEMS, N::DictItems),
    (Qstr::KEYS, N::DictKeys),
    (Qstr::VALUES, N::DictValues),
    #[cfg(feature = "methods")]
    (Qstr::CLEAR, N::DictClear),
    #[cfg(feature = "methods")]
    (Qstr::COPY, N::DictCopy),
    #[cfg(feature = "language")]
    (Qstr::POPITEM, N::DictPopItem),
    #[cfg(feature = "language")]
    (Qstr::FROMKEYS, N::DictFromKeys),
];

#[cfg(feature = "hashes")]
pub(crate) fn new(vm: &mut Vm) -> Res {
    with_room(vm, Kind::Dict, 0)
}

/// An empty dict, or a set, which is laid out as one, with room for so many entries.
#[cfg(feature = "hashes")]
pub(crate) fn with_room(vm: &mut Vm, kind: Kind, room: usize) -> Res {
    let made = vm.alloc(kind, 1)?;
    if room > 0 {
        vm.keep(made)?;
        make_table(vm, made, room)?;
        vm.unkeep(1);
    }
    Ok(made)
}

#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
fn counts(table: Obj) -> usize {
    if table == Obj::NULL { 0 } else { table.raw(COUNTS) }
}

#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
fn used_of(counts: usize) -> usize {
    (counts >> USED_SHIFT) & LEN_MASK
}

/// Fields of an entry, as a shift.
#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
fn shift(counts: usize) -> usize {
    counts >> PAIRS_SHIFT & 1
}

#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
pub(crate) fn len(dict: Obj) -> usize {
    counts(dict.field(TABLE)) & LEN_MASK
}

#[cfg(feature = "hashes")]
fn used(dict: Obj) -> usize {
    used_of(counts(dict.field(TABLE)))
}

/// The key of an entry below `used`.
#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
fn key(dict: Obj, entry: usize) -> Obj {
    let table = dict.field(TABLE);
    table.field(ENTRIES + (entry << shift(table.raw(COUNTS))))
}

/// The value of an entry below `used`; in a set anything but NULL.
#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
fn value(dict: Obj, entry: usize) -> Obj {
    let table = dict.field(TABLE);
    if shift(table.raw(COUNTS)) == 0 { Obj::NONE } else { table.field(ENTRIES + 2 * entry + 1) }
}

#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
fn set_value(dict: Obj, entry: usize, to: Obj) {
    let table = dict.field(TABLE);
    if shift(table.raw(COUNTS)) != 0 {
        table.set_field(ENTRIES + 2 * entry + 1, to);
    }
}

/// How many entries a table has room for.
#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
fn room(table: Obj) -> usize {
    if table == Obj::NULL {
        return 0;
    }
    let counts = table.raw(COUNTS);
    (table.words() - ENTRIES - usize::from(counts & INDEXED != 0)) >> shift(counts)
}

/// The index of a table that has one.
#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
fn index(table: Obj) -> Obj {
    table.field(table.words() - 1)
}

/// A number that is equal for equal keys.
#[cfg(feature = "hashes")]
pub(crate) fn hash(vm: &mut Vm, key: Obj) -> Res<u32> {
    if key.is_int() || key.is_bool() {
        let value = ops::as_int(vm, key)? as u32;
        return Ok(value ^ (value >> 7));
    }
    if let Some(text) = str::text(vm, key) {
        // Multiply and add over the bytes: fixed, so that runs repeat.
        return Ok(text.iter().fold(5381_u32, |hash, byte| hash.wrapping_mul(33) ^ u32::from(*byte)));
    }
    if key.is(Kind::Tuple) {
        vm.enter()?;
        let mut all = 17_u32;
        for index in 0..tuple::len(key) {
            all = all.wrapping_mul(31) ^ hash(vm, tuple::items(key)[index])?;
        }
        vm.leave();
        return Ok(all);
    }
    if !key.is_heap() {
        return Ok(key.word() as u32);
    }
    match key.kind() {
        #[cfg(feature = "float")]
        Kind::Float => crate::types::float::hash(vm, key),
        #[cfg(feature = "complex")]
        Kind::Complex => crate::types::complex::hash(vm, key),
        #[cfg(feature = "bigint")]
        Kind::Int => Ok(crate::types::bigint::hash(key)),
        #[cfg(feature = "bytes")]
        Kind::Bytes | Kind::ConstBytes => {
            let bytes = crate::types::bytes::buffer(key).unwrap_or(b"");
            Ok(bytes.iter().fold(5381_u32, |hash, byte| hash.wrapping_mul(33) ^ u32::from(*byte)))
        }
        #[cfg(feature = "bytes")]
        Kind::ByteArray => vm.type_error(Qstr::M_UNHASHABLE),
        #[cfg(feature = "array")]
        Kind::Array => vm.type_error(Qstr::M_UNHASHABLE),
        #[cfg(feature = "memoryview")]
        Kind::MemoryView => vm.type_error(Qstr::M_UNHASHABLE),
        #[cfg(feature = "set")]
        Kind::Set => vm.type_error(Qstr::M_UNHASHABLE),
        #[cfg(feature = "set")]
        Kind::FrozenSet => {
            vm.enter()?;
            let hash = crate::types::set::hash(vm, key);
            vm.leave();
            hash
        }
        Kind::Instance => match attr::of_class(key, Obj::name(Qstr::D_HASH)) {
            it if it == Obj::NULL && attr::of_class(key, Obj::name(Qstr::D_EQ)) != Obj::NULL => vm.type_error(Qstr::M_UNHASHABLE),
            #[cfg(feature = "language")]
            it if it == Obj::NULL && crate::types::class::native_part(key).is_some() => {
                hash(vm, crate::types::class::native_part(key).unwrap_or(Obj::NONE))
            }
            // Objects do not move, and no output depends on this: entries keep their order.
            it if it == Obj::NULL => Ok((key.word() >> 3) as u32),
            function => {
                let value = call::call(vm, function, &[key])?;
                Ok(ops::as_int(vm, value)? as u32)
            }
        },
        #[cfg(feature = "slices")]
        Kind::Slice => vm.type_error(Qstr::M_UNHASHABLE),
        Kind::List | Kind::Dict => vm.type_error(Qstr::M_UNHASHABLE),
        _ => Ok((key.word() >> 3) as u32),
    }
}

/// Whether two keys that are not the same word differ for certain: two ints, or two names.
#[cfg(feature = "hashes")]
#[cfg_attr(feature = "speed", inline(always))]
fn differ(one: Obj, other: Obj) -> bool {
    one.word() & other.word() & 1 != 0 || one.is_name() && other.is_name()
}

/// The entry of `wanted`. Everything is rooted; comparing may run Python code, which may change the dict: then what is known of it is read anew.
#[cfg(feature = "hashes")]
#[cfg_attr(all(target_os = "none", feature = "speed"), optimize(speed))]
fn find(vm: &mut Vm, dict: Obj, wanted: Obj) -> Res<Option<usize>> {
    #[cfg(feature = "hashes")]
    if counts(dict.field(TABLE)) & INDEXED != 0 {
        return find_by_index(vm, dict, wanted);
    }
    if wanted.is(Kind::List) || wanted.is(Kind::Dict) {
        return vm.type_error(Qstr::M_UNHASHABLE);
    }
    #[cfg(feature = "set")]
    if wanted.is(Kind::Set) {
        return vm.type_error(Qstr::M_UNHASHABLE);
    }
    let mut entry = 0;
    loop {
        let table = dict.field(TABLE);
        let counts = counts(table);
        let (used, shift) = (used_of(counts), shift(counts));
        let found = loop {
            if entry >= used {
                return Ok(None);
            }
            let found = table.field(ENTRIES + (entry << shift));
            if found == wanted {
                return Ok(Some(entry));
            }
            if found != Obj::DELETED && !differ(found, wanted) {
                break found;
            }
            entry += 1;
        };
        if ops::equal(vm, found, wanted)? {
            return Ok(Some(entry));
        }
        entry += 1;
    }
}

#[cfg(feature = "hashes")]
#[inline(never)]
fn find_by_index(vm: &mut Vm, dict: Obj, wanted: Obj) -> Res<Option<usize>> {
    let hash = hash(vm, wanted)? as usize;
    let mut step = 0;
    loop {
        let table = dict.field(TABLE);
        let counts = counts(table);
        if counts & INDEXED == 0 {
            return Ok(None);
        }
        let (index, used, shift) = (index(table), used_of(counts), shift(counts));
        let mask = index.raw(0);
        let (entry, found) = loop {
            if step > mask {
                return Ok(None);
            }
            let entry = usize::from(index.half(1, (hash + step) & mask));
            step += 1;
            if entry == 0 {
                return Ok(None);
            }
            if entry > used {
                continue;
            }
            let found = table.field(ENTRIES + ((entry - 1) << shift));
            if found == wanted {
                return Ok(Some(entry - 1));
            }
            if found != Obj::DELETED && !differ(found, wanted) {
                break (entry - 1, found);
            }
        };
        if ops::equal(vm, found, wanted)? {
            return Ok(Some(entry));
        }
    }
}

/// Makes room for one more entry: drops deleted ones and grows.
#[cfg(feature = "hashes")]
#[inline(never)]
fn grow(vm: &mut Vm, dict: Obj) -> Res<()> {
    let live = len(dict);
    make_table(vm, dict, (live + live / 2 + 2).max(4))
}

/// Gives a rooted dict a new table with room for so many entries, and those it has.
#[cfg(feature = "hashes")]
fn make_table(vm: &mut Vm, dict: Obj, room: usize) -> Res<()> {
    if room > ENTRIES_MAX {
        return vm.no_memory();
    }
    let (pairs, indexed) = (usize::from(dict.is(Kind::Dict)), cfg!(feature = "hashes") && room > LINEAR);
    let table = vm.alloc(Kind::DictTable, ENTRIES + (room << pairs) + usize::from(indexed))?;
    let mut counts = pairs << PAIRS_SHIFT;
    vm.keep(table)?;
    if indexed {
        let size = (room * 3 / 2).next_power_of_two();
        let index = vm.alloc(Kind::Str, 1 + (2 * size).div_ceil(crate::heap::WORD))?;
        index.set_raw(0, size - 1);
        for slot in 0..size {
            index.set_half(1, slot, 0);
        }
        table.set_field(table.words() - 1, index);
        counts |= INDEXED;
    }
    let (mut from, mut to) = (0, 0);
    // `__hash__` may be Python code that changes the dict: its bounds are looked at each time.
    while from < used(dict) && to < room {
        let found = key(dict, from);
        from += 1;
        if found == Obj::DELETED {
            continue;
        }
        table.set_field(ENTRIES + (to << pairs), found);
        if pairs != 0 {
            table.set_field(ENTRIES + 2 * to + 1, value(dict, from - 1));
        }
        to += 1;
        if indexed {
            let hash = hash(vm, found)? as usize;
            place(self::index(table), hash, to);
        }
    }
    vm.unkeep(1);
    table.set_raw(COUNTS, counts + to * (USED_ONE + 1));
    dict.set_field(TABLE, table);
    Ok(())
}

#[cfg(feature = "hashes")]
#[cfg_attr(all(target_os = "none", feature = "speed"), optimize(speed))]
fn place(index: Obj, hash: usize, entry: usize) {
    let mask = index.raw(0);
    for step in 0..=mask {
        let slot = (hash + step) & mask;
        if index.half(1, slot) == 0 {
            index.set_half(1, slot, entry as u16);
            return;
        }
    }
}

/// The value of a rooted key, or NULL.
#[cfg(feature = "hashes")]
pub(crate) fn get(vm: &mut Vm, dict: Obj, wanted: Obj) -> Res {
    Ok(match find(vm, dict, wanted)? {
        Some(entry) if entry < used(dict) => value(dict, entry),
        _ => Obj::NULL,
    })
}

/// Sets a rooted key to a rooted value.
#[cfg(feature = "hashes")]
pub(crate) fn set(vm: &mut Vm, dict: Obj, wanted: Obj, to: Obj) -> Res<()> {
    if let Some(entry) = find(vm, dict, wanted)?
        && entry < used(dict)
    {
        set_value(dict, entry, to);
        return Ok(());
    }
    // Also says whether the key can be hashed at all.
    let hash = hash(vm, wanted)? as usize;
    if used(dict) >= room(dict.field(TABLE)) {
        grow(vm, dict)?;
    }
    let table = dict.field(TABLE);
    let counts = counts(table);
    let entry = used_of(counts);
    if entry >= room(table) {
        return vm.no_memory();
    }
    table.set_raw(COUNTS, counts + USED_ONE + 1);
    table.set_field(ENTRIES + (entry << shift(counts)), wanted);
    set_value(dict, entry, to);
    if cfg!(feature = "hashes") && counts & INDEXED != 0 {
        place(index(table), hash, entry + 1);
    }
    Ok(())
}

/// Takes a key out; its value, or NULL when it is not there.
#[cfg(feature = "hashes")]
pub(crate) fn remove(vm: &mut Vm, dict: Obj, wanted: Obj) -> Res {
    let Some(entry) = find(vm, dict, wanted)?.filter(|entry| *entry < used(dict)) else { return Ok(Obj::NULL) };
    let removed = value(dict, entry);
    let table = dict.field(TABLE);
    let counts = table.raw(COUNTS);
    table.set_field(ENTRIES + (entry << shift(counts)), Obj::DELETED);
    set_value(dict, entry, Obj::NULL);
    table.set_raw(COUNTS, counts - 1);
    Ok(removed)
}

/// The first entry from `from` on that is there: key, value, where to go on.
#[cfg(feature = "hashes")]
pub(crate) fn entry(dict: Obj, from: usize) -> Option<(Obj, Obj, usize)> {
    (from..used(dict)).find(|at| key(dict, *at) != Obj::DELETED).map(|at| (key(dict, at), value(dict, at), at + 1))
}

/// Adds all entries of another dict, or the pairs of an iterable.
pub(crate) fn update(vm: &mut Vm, dict: Obj, other: Obj) -> Res<()> {
    #[cfg(feature = "language")]
    let other = crate::types::class::native_part(other).unwrap_or(other);
    if other.is(Kind::Dict) {
        let mut at = 0;
        while let Some((key, value, next)) = entry(other, at) {
            set(vm, dict, key, value)?;
            at = next;
        }
        return Ok(());
    }
    iter::each(vm, other, dict, set_pair)
}

fn set_pair(vm: &mut Vm, dict: Obj, pair: Obj) -> Res<()> {
    let items = list::from_iterable(vm, pair).kept(vm)?;
    match *list::items(items) {
        [key, value] => set(vm, dict, key, value)?,
        _ => return vm.value_error(Qstr::M_UNPACK_FEWER),
    }
    vm.unkeep(1);
    Ok(())
}

pub(crate) fn construct(vm: &mut Vm, _class: T, args: Args) -> Res {
    let made = new(vm).kept(vm)?;
    if let Some(other) = args.opt(0) {
        update(vm, made, other)?;
    }
    for index in 0..args.n_kw {
        let (key, value) = args.kw(index);
        set(vm, made, key, value)?;
    }
    Ok(made)
}

fn check(vm: &mut Vm, args: Args) -> Res {
    let dict = args.get(0);
    #[cfg(feature = "set")]
    if dict.is(Kind::Set) {
        return Ok(dict);
    }
    #[cfg(feature = "language")]
    let dict = crate::types::class::native_part(dict).unwrap_or(dict);
    if dict.is(Kind::Dict) { Ok(dict) } else { vm.type_error(Qstr::M_BAD_OPERAND) }
}

pub(crate) fn get_method(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    Ok(match get(vm, dict, args.get(1))? {
        it if it == Obj::NULL => args.opt(2).unwrap_or(Obj::NONE),
        value => value,
    })
}

pub(crate) fn pop(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    match (remove(vm, dict, args.get(1))?, args.opt(2)) {
        (it, Some(default)) if it == Obj::NULL => Ok(default),
        (it, None) if it == Obj::NULL => Err(vm.raise_value(T::KeyError, args.get(1))),
        (value, _) => Ok(value),
    }
}

pub(crate) fn set_default(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    match get(vm, dict, args.get(1))? {
        it if it == Obj::NULL => {
            let value = args.opt(2).unwrap_or(Obj::NONE);
            set(vm, dict, args.get(1), value)?;
            Ok(value)
        }
        value => Ok(value),
    }
}

pub(crate) fn update_method(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    if let Some(other) = args.opt(1) {
        update(vm, dict, other)?;
    }
    for index in 0..args.n_kw {
        let (key, value) = args.kw(index);
        set(vm, dict, key, value)?;
    }
    Ok(Obj::NONE)
}

#[cfg(feature = "language")]
use crate::types::view::new as view;
#[cfg(not(feature = "language"))]
use iter::over_dict as view;

/// The last entry.
#[cfg(all(feature = "hashes", feature = "language"))]
fn last(dict: Obj) -> Option<(Obj, Obj)> {
    (0..used(dict)).rev().find(|entry| key(dict, *entry) != Obj::DELETED).map(|entry| (key(dict, entry), value(dict, entry)))
}

/// Takes the last pair out.
#[cfg(feature = "language")]
pub(crate) fn pop_item(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    let Some((key, value)) = last(dict) else { return Err(vm.raise(T::KeyError, Qstr::M_EMPTY_SEQUENCE)) };
    let pair = tuple::new(vm, &[key, value]).kept(vm)?;
    remove(vm, dict, tuple::items(pair)[0])?;
    Ok(pair)
}

/// `dict.fromkeys(keys, value=None)`.
#[cfg(feature = "language")]
pub(crate) fn from_keys(vm: &mut Vm, args: Args) -> Res {
    let made = new(vm).kept(vm)?;
    let keys = list::from_iterable(vm, args.get(0)).kept(vm)?;
    for index in 0..list::len(keys) {
        set(vm, made, list::items(keys)[index], args.opt(1).unwrap_or(Obj::NONE))?;
    }
    Ok(made)
}

pub(crate) fn items(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    view(vm, dict, iter::DICT_ITEMS)
}

pub(crate) fn keys(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    view(vm, dict, iter::DICT_KEYS)
}

pub(crate) fn values(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    view(vm, dict, iter::DICT_VALUES)
}

pub(crate) fn clear(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    #[cfg(feature = "hashes")]
    dict.set_field(TABLE, Obj::NULL);
    #[cfg(not(feature = "hashes"))]
    list::set_len(dict, 0);
    Ok(Obj::NONE)
}

pub(crate) fn copy(vm: &mut Vm, args: Args) -> Res {
    let dict = check(vm, args)?;
    let made = new(vm).kept(vm)?;
    update(vm, made, dict)?;
    Ok(made)
}

/// Equal when both have the same keys with equal values.
pub(crate) fn equal(vm: &mut Vm, left: Obj, right: Obj) -> Res<bool> {
    if len(left) != len(right) {
        return Ok(false);
    }
    let mut at = 0;
    while let Some((key, value, next)) = entry(left, at) {
        let other = get(vm, right, key)?;
        if other == Obj::NULL || !ops::equal(vm, value, other)? {
            return Ok(false);
        }
        at = next;
    }
    Ok(true)
}
