//! The state of a comparison of two lists of rows: who is whose partner, and who has none yet.

use super::pairing::{self, Alike};
use crate::names::{self, is_numbered, normalised};
use ounce_protocol::measurement::{Owner, Row};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::Hash;

/// The two ledgers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Base,
    Head,
}

/// A row, and what its name says for matching.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub row: &'a Row,
    /// Its linkage name; the text of what is named by its text.
    pub linkage: &'a str,
    /// Its name without what a rebuild may change.
    pub name: Cow<'a, str>,
    /// Its name has a number that is given anew in each build.
    pub numbered: bool,
    family: OnceCell<Option<String>>,
    tail: OnceCell<String>,
}

impl<'a> Item<'a> {
    /// The rows to match: not what is summed, and nothing empty.
    pub fn all(rows: &'a [Row]) -> Vec<Item<'a>> {
        let summed = |row: &Row| matches!(row.owner, Owner::Padding | Owner::Unattributed);
        rows.iter().filter(|row| row.bytes > 0 && !summed(row)).map(Item::new).collect()
    }

    fn new(row: &'a Row) -> Item<'a> {
        let (linkage, name, numbered) = if is_text(row.owner) {
            (row.name.as_str(), Cow::Borrowed(row.name.as_str()), false)
        } else {
            (row.linkage.as_deref().unwrap_or(&row.name), normalised(&row.name), is_numbered(&row.name))
        };
        Item { row, linkage, name, numbered, family: OnceCell::new(), tail: OnceCell::new() }
    }

    /// The generic it is an instance of. A constant of a function stays that function's.
    pub fn family(&self) -> Option<&str> {
        let family = || (self.is_symbol() && self.row.of.is_none()).then(|| names::family(&self.row.name, self.linkage)).flatten();
        self.family.get_or_init(family).as_deref()
    }

    /// The part of its path that stays when it moves to another module; `None` for what is in no module.
    pub fn tail(&self) -> Option<&str> {
        let is_path = self.is_symbol() && self.name.contains("::");
        is_path.then(|| self.tail.get_or_init(|| names::tail(&self.name)).as_str())
    }

    /// A symbol, or code that the unwind tables know; not what is named by its text or its section.
    pub fn is_symbol(&self) -> bool {
        matches!(self.row.owner, Owner::Symbol | Owner::Unwind)
    }

    pub fn is_text(&self) -> bool {
        is_text(self.row.owner)
    }
}

/// What is named by its content.
fn is_text(owner: Owner) -> bool {
    matches!(owner, Owner::Map | Owner::Reference | Owner::Shared | Owner::Text)
}

/// What two rows that belong together are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The same thing.
    Same,
    /// The same thing in another module.
    Moved,
    /// The same thing by another name.
    Renamed,
    /// Two of the instances that are one row together.
    Copied,
}

#[derive(Debug)]
pub(super) struct Pair {
    pub base: u32,
    pub head: u32,
    pub how: How,
}

/// The pairs found, and the items of both sides without a partner.
pub(super) struct Matching<'s, 'a> {
    pub sides: &'s [Vec<Item<'a>>; 2],
    pub left: [Vec<u32>; 2],
    pub pairs: Vec<Pair>,
}

pub(super) fn item<'s, 'a>(sides: &'s [Vec<Item<'a>>; 2], side: Side, at: u32) -> &'s Item<'a> {
    &sides[side as usize][at as usize]
}

impl<'s, 'a> Matching<'s, 'a> {
    pub fn new(sides: &'s [Vec<Item<'a>>; 2]) -> Self {
        // A ledger has far fewer rows: an image has at most SYMBOLS_MAX symbols.
        let all = |items: &[Item<'_>]| (0..u32::try_from(items.len()).unwrap_or(u32::MAX)).collect();
        Matching { sides, left: [all(&sides[0]), all(&sides[1])], pairs: Vec::new() }
    }

    pub fn item(&self, side: Side, at: u32) -> &'s Item<'a> {
        item(self.sides, side, at)
    }

    /// One pass: pairs what has one key on both sides, as far as `alike` allows; no key, no partner.
    pub fn pass<K: Eq + Hash>(&mut self, how: How, alike: Alike, key: impl Fn(&'s Item<'a>) -> Option<K>) {
        if self.left.iter().any(Vec::is_empty) {
            return;
        }
        let mut groups: HashMap<K, u32> = HashMap::with_capacity(self.left[0].len());
        let mut members: Vec<(u32, Side, u32)> = Vec::new();
        let mut left: [Vec<u32>; 2] = Default::default();
        for side in [Side::Base, Side::Head] {
            for &at in &self.left[side as usize] {
                match key(item(self.sides, side, at)) {
                    Some(key) => {
                        let next = u32::try_from(groups.len()).unwrap_or(u32::MAX);
                        members.push((*groups.entry(key).or_insert(next), side, at));
                    }
                    None => left[side as usize].push(at),
                }
            }
        }
        members.sort_unstable();
        for group in members.chunk_by(|a, b| a.0 == b.0) {
            let (base, head) = group.split_at(group.partition_point(|m| m.1 == Side::Base));
            if let ([base], [head]) = (base, head)
                && alike == Alike::No
            {
                self.pairs.push(Pair { base: base.2, head: head.2, how });
                continue;
            }
            let members = |side: &[(u32, Side, u32)]| side.iter().map(|m| m.2).collect::<Vec<u32>>();
            let (mut base, mut head) = (members(base), members(head));
            let found = pairing::pair(self.sides, &mut base, &mut head, alike);
            self.pairs.extend(found.into_iter().map(|(base, head)| Pair { base, head, how }));
            left[0].append(&mut base);
            left[1].append(&mut head);
        }
        self.left = left;
    }
}
