//! Why rows of a delta changed, as far as the anatomies of the two images say: what was compiled into what, what is used that was not
//! there, and by which calls something new was reached.
//!
//! Facts only: a reason is a difference between two anatomies, never a guess, and a row about which they say nothing gets none. Without an
//! anatomy on either side nothing is explained. Anatomies come from a measurement and are hostile: indices out of range are ignored, and
//! the whole takes time linear in them (with the sorting of names), whatever they hold.

mod pairing;
mod paths;

use crate::comparison::{Change, Reason, RegionDelta, RowDelta};
use crate::names::{family, normalised};
use ounce_protocol::measurement::{Anatomy, Ledger, Owner, Part, RegionKind};
use pairing::{Pairing, Renames};
use paths::Reached;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How many rows of a region are explained where nothing else is asked for.
pub const EXPLAINED_ROWS: usize = 20;
/// A row has no more reasons of one sort than this, the largest ones.
pub const REASONS_MAX: usize = 3;
/// [`Reason::PulledIn`] has no more names than this: the last ones of a longer path.
pub const PATH_NAMES_MAX: usize = 8;
/// Inlined bytes that changed by less than this are no reason: registers chosen otherwise, an instruction in its other width.
pub const INLINED_BYTES_MIN: u64 = 4;
/// An anatomy of more parts than this explains nothing.
pub const EXPLAINED_PARTS_MAX: usize = 1_000_000;

/// Fills [`RowDelta::why`] of the `top` largest changes of each flash region.
///
/// - A row of both sides: what is compiled into it now or not any more, by the difference of each inlined function's own bytes
///   ([`INLINED_BYTES_MIN`] and more; a function that has no row of its own any more comes first, whatever its bytes), and the parts that it
///   uses and the base does not have at all, largest first.
/// - A new row, and new instances of a generic: the shortest path of uses from a part that the change touched, which is a part of both
///   sides with other bytes or other uses; of several shortest ones the first by names. Where the row's own `of` says as much, nothing.
/// - A row that is gone, and instances that are: which parts of both sides used it at the base, those first into which it is compiled
///   now; where only parts that are gone too used it, the nearest part of both sides that led to them.
pub fn explain(base: &Ledger, head: &Ledger, deltas: &mut [RegionDelta], top: usize) {
    let (Some(base), Some(head)) = (&base.anatomy, &head.anatomy) else { return };
    if base.parts.len().max(head.parts.len()) > EXPLAINED_PARTS_MAX {
        return;
    }
    let mut largest: Vec<(usize, usize)> = Vec::new();
    for (at, region) in deltas.iter().enumerate().filter(|(_, r)| r.kind == RegionKind::Flash) {
        let mut rows: Vec<usize> = (0..region.rows.len()).filter(|&i| has_part(&region.rows[i])).collect();
        rows.sort_by_key(|&i| Reverse(region.rows[i].base_bytes.abs_diff(region.rows[i].head_bytes)));
        largest.extend(rows.into_iter().take(top).map(|i| (at, i)));
    }
    if largest.is_empty() {
        return;
    }
    let renames = Renames::of(deltas);
    let mut why = Why::new(base, head, &renames, vanished(deltas));
    let picked: Vec<_> = largest.iter().map(|&(at, i)| why.find(&deltas[at].rows[i])).collect();
    let users = why.users_of(&picked);
    let reasons: Vec<_> = largest.iter().zip(&picked).map(|(&(at, i), found)| why.reasons(&deltas[at].rows[i], found, &users)).collect();
    drop(why);
    for ((at, i), reasons) in largest.into_iter().zip(reasons) {
        deltas[at].rows[i].why = reasons;
    }
}

/// Whether a row can be a function or a constant.
fn has_part(row: &RowDelta) -> bool {
    !matches!(row.owner, Owner::Padding | Owner::Unattributed | Owner::Section)
}

/// The names of the rows that are gone, as inlined functions are compared.
fn vanished(deltas: &[RegionDelta]) -> BTreeSet<String> {
    let rows = deltas.iter().flat_map(|region| &region.rows).filter(|row| row.change == Change::Removed);
    rows.map(|row| normalised(&row.name).into_owned()).collect()
}

/// The parts that a row is about.
enum Found {
    /// One part on both sides.
    Both {
        base: u32,
        head: u32,
    },
    /// Parts of the head that the base does not have.
    New(Vec<u32>),
    /// Parts of the base that the head does not have.
    Gone(Vec<u32>),
    Nothing,
}

type Users = HashMap<u32, Vec<u32>>;

struct Why<'a> {
    base: &'a [Part],
    head: &'a [Part],
    pairing: Pairing,
    /// The parts of each side by the name of their row.
    base_named: HashMap<&'a str, Vec<u32>>,
    head_named: HashMap<&'a str, Vec<u32>>,
    /// The parts of each side without a partner, by the generic they are of. Made when one is asked for.
    gone_generics: Option<HashMap<String, Vec<u32>>>,
    new_generics: Option<HashMap<String, Vec<u32>>>,
    /// How the head's parts are reached from what the change touched, and the base's from what is still there.
    pulled_in: Reached,
    led_to: Reached,
    /// The parts of the head that a row stands for already.
    taken: HashSet<u32>,
    vanished: BTreeSet<String>,
}

impl<'a> Why<'a> {
    fn new(base: &'a Anatomy, head: &'a Anatomy, renames: &Renames, vanished: BTreeSet<String>) -> Self {
        let (base, head) = (&base.parts[..], &head.parts[..]);
        let pairing = Pairing::of(base, head, renames);
        let touched = paths::indices(head).filter(|&i| pairing.base_of(i).is_some_and(|b| is_touched(base, head, &pairing, b, i)));
        let kept = paths::indices(base).filter(|&i| pairing.head_of(i).is_some());
        Why {
            pulled_in: Reached::from(head, touched),
            led_to: Reached::from(base, kept),
            base_named: by_name(base),
            head_named: by_name(head),
            gone_generics: None,
            new_generics: None,
            base,
            head,
            pairing,
            taken: HashSet::new(),
            vanished,
        }
    }

    /// The parts of a row. Where several have its name, the one of its sizes and its group.
    fn find(&mut self, row: &RowDelta) -> Found {
        match &row.change {
            Change::Copies { base, head } if head > base => Found::New(self.new_instances(&row.name)),
            Change::Copies { .. } => Found::Gone(self.gone_instances(&row.name)),
            Change::Removed => {
                let named = self.base_named.get(row.name.as_str()).map_or(&[][..], |v| v);
                let gone = named.iter().copied().filter(|&i| self.pairing.head_of(i).is_none());
                let fits = |i: u32| (part(self.base, i).bytes == row.base_bytes, part(self.base, i).group == row.group);
                best(gone, fits).map_or(Found::Nothing, |i| Found::Gone(vec![i]))
            }
            change => {
                let named = self.head_named.get(row.name.as_str()).map_or(&[][..], |v| v);
                let is_new = *change == Change::Added;
                let of_its_sort =
                    named.iter().copied().filter(|&i| self.pairing.base_of(i).is_none() == is_new && !self.taken.contains(&i));
                let fits = |i: u32| {
                    let at_base = self.pairing.base_of(i).map_or(0, |b| part(self.base, b).bytes);
                    let part = part(self.head, i);
                    (part.bytes == row.head_bytes, at_base == row.base_bytes, part.group == row.group)
                };
                let Some(head) = best(of_its_sort, fits) else { return Found::Nothing };
                self.taken.insert(head);
                self.pairing.base_of(head).map_or_else(|| Found::New(vec![head]), |base| Found::Both { base, head })
            }
        }
    }

    fn new_instances(&mut self, generic: &str) -> Vec<u32> {
        let (head, pairing) = (self.head, &self.pairing);
        let by_generic = self.new_generics.get_or_insert_with(|| instances(head, |i| pairing.base_of(i).is_none()));
        largest_of(head, by_generic.get(generic))
    }

    fn gone_instances(&mut self, generic: &str) -> Vec<u32> {
        let (base, pairing) = (self.base, &self.pairing);
        let by_generic = self.gone_generics.get_or_insert_with(|| instances(base, |i| pairing.head_of(i).is_none()));
        largest_of(base, by_generic.get(generic))
    }

    /// Who used the parts that are gone and is still there: one pass over all uses of the base.
    fn users_of(&self, picked: &[Found]) -> Users {
        let mut users: Users = picked
            .iter()
            .filter_map(|f| if let Found::Gone(parts) = f { Some(parts) } else { None })
            .flatten()
            .map(|&i| (i, vec![]))
            .collect();
        if users.is_empty() {
            return users;
        }
        for user in paths::indices(self.base).filter(|&i| self.pairing.head_of(i).is_some()) {
            for used in &part(self.base, user).uses {
                if let Some(users) = users.get_mut(used) {
                    users.push(user);
                }
            }
        }
        users
    }

    fn reasons(&self, row: &RowDelta, found: &Found, users: &Users) -> Vec<Reason> {
        match found {
            Found::Both { base, head } => {
                let mut reasons = self.inlined(part(self.base, *base), part(self.head, *head));
                reasons.extend(self.uses(part(self.head, *head)));
                reasons
            }
            Found::New(parts) => parts.iter().filter_map(|&i| self.pulled_in(i, row.of.as_deref())).collect(),
            Found::Gone(parts) => {
                let mut names = Vec::new();
                for by in parts.iter().flat_map(|&i| self.unused(i, users)) {
                    if Some(by.as_str()) != row.of.as_deref() && !names.contains(&by) {
                        names.push(by);
                    }
                }
                names.into_iter().take(REASONS_MAX).map(|by| Reason::Unused { by }).collect()
            }
            Found::Nothing => Vec::new(),
        }
    }

    /// What is compiled into it now, and what is not any more.
    fn inlined(&self, base: &Part, head: &Part) -> Vec<Reason> {
        let mut sums: BTreeMap<String, (&str, [u64; 2])> = BTreeMap::new();
        for (side, part) in [base, head].into_iter().enumerate() {
            for inlined in &part.inlined {
                let (_, sum) = sums.entry(normalised(&inlined.name).into_owned()).or_insert((&inlined.name, [0, 0]));
                sum[side] = sum[side].saturating_add(inlined.bytes);
            }
        }
        let changed = sums.into_iter().map(|(key, (name, [base, head]))| {
            let swallowed = base == 0 && head > 0 && self.vanished.contains(&key);
            (swallowed, base.abs_diff(head), head > base, name)
        });
        let mut changed: Vec<_> = changed.filter(|&(swallowed, bytes, ..)| swallowed || bytes >= INLINED_BYTES_MIN).collect();
        changed.sort_by_key(|&(swallowed, bytes, _, name)| (!swallowed, Reverse(bytes), name));
        let reason = |(_, bytes, more, name): (bool, u64, bool, &str)| match more {
            true => Reason::Inlined { name: name.to_owned(), bytes },
            false => Reason::NotInlined { name: name.to_owned(), bytes },
        };
        changed.into_iter().take(REASONS_MAX).map(reason).collect()
    }

    /// What it uses that the base does not have; things of one name are one.
    fn uses(&self, head: &Part) -> Vec<Reason> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for &i in head.uses.iter().filter(|&&i| self.pairing.is_new(i)) {
            let used = part(self.head, i);
            let sum = sums.entry(&used.name).or_default();
            *sum = sum.saturating_add(used.bytes);
        }
        let mut new: Vec<(&str, u64)> = sums.into_iter().collect();
        new.sort_by_key(|&(name, bytes)| (Reverse(bytes), name));
        new.into_iter().take(REASONS_MAX).map(|(name, bytes)| Reason::Uses { name: name.to_owned(), bytes }).collect()
    }

    fn pulled_in(&self, part_index: u32, of: Option<&str>) -> Option<Reason> {
        let path = self.pulled_in.last_of_path(part_index, PATH_NAMES_MAX);
        let path: Vec<String> = path.into_iter().map(|i| part(self.head, i).name.clone()).collect();
        let told = path.len() < 2 || (path.len() == 2 && path.first().map(String::as_str) == of);
        (!told).then_some(Reason::PulledIn { path })
    }

    /// The names at the head of who used it.
    fn unused(&self, gone: u32, users: &Users) -> Vec<String> {
        let name = normalised(&part(self.base, gone).name);
        let mut by: Vec<(bool, &str)> = users.get(&gone).map_or(&[][..], |v| v).iter().filter_map(|&i| self.now(i, &name)).collect();
        if by.is_empty() {
            by.extend(self.led_to.source(gone).filter(|&i| i != gone).and_then(|i| self.now(i, &name)));
        }
        by.sort_unstable();
        by.into_iter().map(|(_, name)| name.to_owned()).collect()
    }

    /// A part of the base at the head: whether `callee` is not compiled into it, and its name.
    fn now(&self, at_base: u32, callee: &str) -> Option<(bool, &'a str)> {
        let part = part(self.head, self.pairing.head_of(at_base)?);
        Some((!part.inlined.iter().any(|inlined| normalised(&inlined.name) == callee), &part.name))
    }
}

fn part(parts: &[Part], index: u32) -> &Part {
    &parts[paths::at(index)]
}

fn by_name(parts: &[Part]) -> HashMap<&str, Vec<u32>> {
    let mut named: HashMap<&str, Vec<u32>> = HashMap::with_capacity(parts.len());
    for i in paths::indices(parts) {
        named.entry(&part(parts, i).name).or_default().push(i);
    }
    named
}

/// The parts that `wanted` says, by what their copies are taken together under.
fn instances(parts: &[Part], wanted: impl Fn(u32) -> bool) -> HashMap<String, Vec<u32>> {
    let mut by_generic: HashMap<String, Vec<u32>> = HashMap::new();
    for i in paths::indices(parts).filter(|&i| wanted(i)) {
        let part = part(parts, i);
        if let Some(generic) = family(&part.name, part.linkage.as_deref().unwrap_or(&part.name)) {
            by_generic.entry(generic).or_default().push(i);
        }
    }
    by_generic
}

fn largest_of(parts: &[Part], instances: Option<&Vec<u32>>) -> Vec<u32> {
    let mut instances = instances.cloned().unwrap_or_default();
    instances.sort_by_key(|&i| (Reverse(part(parts, i).bytes), &part(parts, i).name, i));
    instances.truncate(REASONS_MAX);
    instances
}

/// The candidate that fits best, of several the first.
fn best<K: Ord>(candidates: impl Iterator<Item = u32>, fits: impl Fn(u32) -> K) -> Option<u32> {
    candidates.max_by_key(|&i| (fits(i), Reverse(i)))
}

/// Whether a part of both sides has other bytes or other uses.
fn is_touched(base: &[Part], head: &[Part], pairing: &Pairing, at_base: u32, at_head: u32) -> bool {
    let (at_base, at_head) = (part(base, at_base), part(head, at_head));
    if at_base.bytes != at_head.bytes {
        return true;
    }
    let mut then: Vec<u32> = at_base.uses.iter().copied().filter(|&i| paths::at(i) < base.len()).collect();
    let now = at_head.uses.iter().filter(|&&i| paths::at(i) < head.len()).map(|&i| pairing.base_of(i));
    let Some(mut now) = now.collect::<Option<Vec<u32>>>() else { return true };
    for uses in [&mut then, &mut now] {
        uses.sort_unstable();
        uses.dedup();
    }
    then != now
}
