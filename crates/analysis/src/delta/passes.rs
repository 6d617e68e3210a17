//! The passes: by what owners of both sides are known to be the same, the surest first.
//!
//! A change of the section or the object alone is no row: no byte of the region came or went. A renamed output section would be a row for
//! everything in it; and where the place matters, as for a function that now runs from RAM, the other region has the row.

use super::matching::{How, Item, Matching, Side};
use super::pairing::Alike;
use crate::names::last_segment;
use std::collections::{HashMap, HashSet};

/// Owners smaller than this are not taken for others because of their size: too many have it.
const ALIKE_BYTES_MIN: u64 = 16;

/// Where more owners of a crate than this came or went, some have one size by chance.
const RENAMED_AMONG_MAX: u32 = 16;

/// What has the same name.
pub(super) fn same(m: &mut Matching<'_, '_>) {
    use Alike::No;
    use How::Same;
    // The same linkage name in the same place. A number that each build gives anew is no name.
    m.pass(Same, No, |i| (!i.numbered).then_some((i.row.owner, i.linkage, &i.row.section, &i.row.object, &i.row.of)));
    // The same text of the same function, whoever else refers to it; then of any.
    m.pass(Same, No, |i| i.is_text().then_some((i.linkage, &i.row.of)));
    m.pass(Same, No, |i| i.is_text().then_some(i.linkage));
    // The same name for people, without hashes, disambiguators, clone suffixes and numbers. rustc's object files have hashes in their names.
    m.pass(Same, No, |i| (!i.is_text()).then_some((i.row.owner, &i.name, &i.row.of, &i.row.object)));
    m.pass(Same, No, |i| (!i.is_text()).then_some((i.row.owner, &i.name, &i.row.of)));
    m.pass(Same, No, |i| (!i.is_text()).then_some((i.row.owner, &i.name)));
}

/// What has another name or is in another module.
pub(super) fn elsewhere(m: &mut Matching<'_, '_>) {
    use Alike::{ContentOrSize, No, OnlyOnes};
    use How::{Moved, Renamed};
    let content = |i: &Item<'_>| i.row.shape.map(|shape| (shape, i.row.bytes));
    let large = |i: &Item<'_>| i.row.bytes >= ALIKE_BYTES_MIN;
    m.pass(Moved, ContentOrSize, |i| i.tail().map(|tail| (i.row.owner, tail, &i.row.group)));
    let distinct = distinct_tails(m);
    m.pass(Moved, OnlyOnes, |i| {
        let tail = i.tail().filter(|tail| distinct.contains(tail));
        tail.map(|tail| (i.row.owner, &i.row.group, tail))
    });
    // From another crate, or to another type: what is short has its size by chance, and all types have `fmt` and `clone`.
    m.pass(Moved, ContentOrSize, |i| i.tail().filter(|_| large(i)).map(|tail| (i.row.owner, tail)));
    m.pass(Moved, No, |i| content(i).filter(|_| i.tail().is_some()).map(|c| (i.row.owner, c, last_segment(&i.name))));
    m.pass(Moved, ContentOrSize, |i| {
        let own = i.tail().filter(|tail| large(i) && !tail.starts_with('<'));
        own.map(|_| (i.row.owner, &i.row.group, last_segment(&i.name)))
    });
    // The same content by another name, in the same crate first.
    m.pass(Renamed, No, |i| content(i).filter(|_| !i.is_text()).map(|c| (i.row.owner, c, &i.row.group)));
    m.pass(Renamed, No, |i| content(i).filter(|_| !i.is_text()).map(|c| (i.row.owner, c)));
    m.pass(Renamed, No, |i| content(i).filter(|_| i.is_text()));
    // The only ones of their size in their crate, where their content is not known to differ, and few others came or went.
    let crowded = crowded_groups(m);
    m.pass(Renamed, OnlyOnes, |i| {
        let alone = i.is_symbol() && large(i) && !crowded.contains(i.row.group.as_str());
        alone.then_some((i.row.owner, &i.row.group, &i.row.section, i.row.bytes, i.row.shape))
    });
    // The only text of a function that changed is the one it was: a corrected message.
    m.pass(Renamed, OnlyOnes, |i| {
        let kind = i.row.name.chars().next();
        i.is_text().then_some(i.row.of.as_ref()).flatten().map(|of| (of, kind, i.row.owner))
    });
}

/// The tails of names that one owner has on each side, counting all owners: then it is the same thing, whatever its size.
fn distinct_tails<'s>(m: &Matching<'s, '_>) -> HashSet<&'s str> {
    if m.left.iter().any(Vec::is_empty) {
        return HashSet::new();
    }
    // Taking a name apart costs; its end tells whether it may be one of those asked for.
    let left = m.left.iter().zip(m.sides).flat_map(|(left, items)| left.iter().map(|&at| &items[at as usize]));
    let asked: HashSet<&str> = left.filter(|i| i.tail().is_some()).map(|i| last_segment(&i.name)).collect();
    let mut counts: HashMap<&str, [u32; 2]> = HashMap::new();
    for side in [Side::Base, Side::Head] {
        for item in m.sides[side as usize].iter().filter(|i| asked.contains(last_segment(&i.name))) {
            if let Some(tail) = item.tail() {
                counts.entry(tail).or_default()[side as usize] += 1;
            }
        }
    }
    counts.into_iter().filter(|(_, counts)| *counts == [1, 1]).map(|(tail, _)| tail).collect()
}

/// The groups with too many owners that have no partner.
fn crowded_groups<'s>(m: &Matching<'s, '_>) -> HashSet<&'s str> {
    let mut crowded = HashSet::new();
    for (left, items) in m.left.iter().zip(m.sides) {
        let mut counts: HashMap<&str, u32> = HashMap::new();
        for &at in left {
            let item = &items[at as usize];
            *counts.entry(&item.row.group).or_default() += u32::from(item.is_symbol());
        }
        crowded.extend(counts.into_iter().filter(|(_, count)| *count > RENAMED_AMONG_MAX).map(|(group, _)| group));
    }
    crowded
}
