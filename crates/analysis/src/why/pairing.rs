//! Which part of the base is which part of the head.
//!
//! In passes, as rows are matched in `delta`, each over what the passes before it left: the same linkage name; the names that the delta
//! found to be renamed or moved; the same name without what a rebuild may change. Of several parts with one key those of one size are
//! paired first, then the rest, largest first. Where a compiler made up the name, a number (`OUTLINED_FUNCTION_3`, `.LC0`) says
//! nothing and the size tells, and a digest of the content says all.

use crate::comparison::{Change, RegionDelta};
use crate::names::{is_numbered, normalised};
use ounce_protocol::measurement::Part;
use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::hash::Hash;

/// The base's name of each name of the head that the delta says was another.
pub(super) struct Renames(HashMap<String, String>);

impl Renames {
    pub(super) fn of(deltas: &[RegionDelta]) -> Self {
        let rows = deltas.iter().flat_map(|region| &region.rows);
        let renamed = rows.filter_map(|row| match &row.change {
            Change::Renamed { from } | Change::Moved { from } => Some((row.name.clone(), from.clone())),
            _ => None,
        });
        Renames(renamed.collect())
    }
}

/// The partner of each part, where it has one.
pub(super) struct Pairing {
    base_of: Vec<Option<u32>>,
    head_of: Vec<Option<u32>>,
}

impl Pairing {
    pub(super) fn of(base: &[Part], head: &[Part], renames: &Renames) -> Self {
        let mut pairing = Pairing { base_of: vec![None; head.len()], head_of: vec![None; base.len()] };
        pairing.pass([base, head], |p, _| (is_value(p) || !is_numbered(&p.name)).then(|| (p.code, p.linkage.as_ref().unwrap_or(&p.name))));
        if !renames.0.is_empty() {
            pairing.pass([base, head], |p, side| match side {
                0 => Some((p.code, p.name.as_str())),
                _ => renames.0.get(&p.name).map(|from| (p.code, from.as_str())),
            });
        }
        pairing.pass([base, head], |p, _| (!is_digest(p)).then(|| (p.code, stable(p), is_made_up(p).then_some(p.bytes))));
        pairing
    }

    /// The base's partner of a part of the head.
    pub(super) fn base_of(&self, head: u32) -> Option<u32> {
        self.base_of.get(super::paths::at(head)).copied().flatten()
    }
    /// The head's partner of a part of the base.
    pub(super) fn head_of(&self, base: u32) -> Option<u32> {
        self.head_of.get(super::paths::at(base)).copied().flatten()
    }
    /// Whether it is a part of the head that the base does not have.
    pub(super) fn is_new(&self, head: u32) -> bool {
        self.base_of.get(super::paths::at(head)).is_some_and(Option::is_none)
    }

    fn pass<'a, K: Hash + Eq + 'a>(&mut self, sides: [&'a [Part]; 2], key: impl Fn(&'a Part, usize) -> Option<K>) {
        let mut keyed: HashMap<K, [Vec<u32>; 2]> = HashMap::new();
        for (side, parts) in sides.into_iter().enumerate() {
            for i in super::paths::indices(parts) {
                let partner = if side == 0 { self.head_of(i) } else { self.base_of(i) };
                if partner.is_none()
                    && let Some(key) = key(&parts[super::paths::at(i)], side)
                {
                    keyed.entry(key).or_default()[side].push(i);
                }
            }
        }
        for [mut base, mut head] in keyed.into_values() {
            let bytes = |side: usize, i: u32| sides[side][super::paths::at(i)].bytes;
            base.sort_by_key(|&i| Reverse(bytes(0, i)));
            head.sort_by_key(|&i| Reverse(bytes(1, i)));
            let (mut base_left, mut head_left) = (Vec::new(), Vec::new());
            let (mut b, mut h) = (base.into_iter().peekable(), head.into_iter().peekable());
            while let (Some(&at_base), Some(&at_head)) = (b.peek(), h.peek()) {
                match bytes(0, at_base).cmp(&bytes(1, at_head)) {
                    Ordering::Equal => {
                        self.join(at_base, at_head);
                        b.next();
                        h.next();
                    }
                    Ordering::Greater => base_left.extend(b.next()),
                    Ordering::Less => head_left.extend(h.next()),
                }
            }
            for (at_base, at_head) in base_left.into_iter().chain(b).zip(head_left.into_iter().chain(h)) {
                self.join(at_base, at_head);
            }
        }
    }

    fn join(&mut self, base: u32, head: u32) {
        self.base_of[super::paths::at(head)] = Some(base);
        self.head_of[super::paths::at(base)] = Some(head);
    }
}

/// A part's name without what a rebuild may change. Texts and values are what they are: `3.14` has no clone suffix.
fn stable(part: &Part) -> Cow<'_, str> {
    if is_value(part) { Cow::Borrowed(&part.name) } else { normalised(&part.name) }
}

/// Whether it is a constant without a symbol, named by its text or value.
fn is_value(part: &Part) -> bool {
    !part.code && part.name.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '"' | '\'' | '-' | '+'))
}

/// Whether a compiler named it, by a number or a digest.
fn is_made_up(part: &Part) -> bool {
    stable(part).ends_with('*') && !part.name.ends_with('*')
}

/// Whether its name is a digest of its content: another name is another constant.
fn is_digest(part: &Part) -> bool {
    is_made_up(part) && !is_numbered(&part.name)
}
