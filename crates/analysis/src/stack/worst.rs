//! The worst case of the stack along calls.

use super::calls::{Calls, at};
use super::cycles::Cycles;
use super::depth::Depths;
use super::entries::{self, ENTRIES_MAX};
use super::report::{EntryKind, EntryStack, Open, StackReport, Step, Unbounded};
use ounce_protocol::measurement::{Anatomy, Part};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A path names at most so many functions.
pub const PATH_STEPS_MAX: usize = 64;
/// An entry names at most so many places that are open.
pub const OPEN_MAX: usize = 16;
/// A cycle of recursion names at most so many functions.
pub const CYCLE_NAMES_MAX: usize = 8;

/// The deepest chain of calls from each entry on: the functions of these names or linkage names, or, where none are given, all functions
/// at which a chain can begin (what no function calls, and handlers by their names). At most [`ENTRIES_MAX`] are told: those that run at
/// reset and handlers before others, then the deepest.
///
/// A use of code by code counts as a call, one in tail position as any other: a bounded worst case may be deeper than what happens, never
/// less deep. It holds no exception's frame: see [`EXCEPTION_FRAME_BYTES`](super::EXCEPTION_FRAME_BYTES).
pub fn worst_case(anatomy: &Anatomy, entries: &[&str]) -> StackReport {
    worst_case_with(anatomy, entries, &BTreeSet::new())
}

/// [`worst_case`], with the functions (indices of [`Anatomy::parts`]) whose frames grow by an unknown amount as they run:
/// [`Assigned::dynamic`](super::Assigned::dynamic).
pub fn worst_case_with(anatomy: &Anatomy, entries: &[&str], dynamic: &BTreeSet<u32>) -> StackReport {
    let parts = &anatomy.parts[..];
    let calls = Calls::of(parts);
    let cycles = Cycles::of(&calls);
    let frame = |i: u32| parts[at(i)].frame_bytes.unwrap_or(0);
    let (mut found, not_found) =
        if entries.is_empty() { (entries::all(parts, &calls, &cycles), Vec::new()) } else { entries::named(parts, &calls, entries) };
    let entries_left_out = found.len().saturating_sub(ENTRIES_MAX);
    if entries_left_out > 0 {
        let starts: Vec<u32> = found.iter().map(|&(i, _)| i).collect();
        let depths = Depths::from(&calls, frame, &starts);
        found.sort_by_key(|&(i, kind)| (kind == EntryKind::Root, Reverse(depths.bytes(i))));
        found.truncate(ENTRIES_MAX);
    }
    let mut worst = Worst { parts, calls: &calls, cycles: &cycles, dynamic, cut: anatomy.cut, told: BTreeMap::new() };
    let mut told: Vec<EntryStack> = found.into_iter().map(|(i, kind)| worst.entry(i, kind)).collect();
    told.sort_by(|a, b| (Reverse(a.bytes), a.kind, &a.name).cmp(&(Reverse(b.bytes), b.kind, &b.name)));
    let known = calls.functions().iter().filter(|&&i| parts[at(i)].frame_bytes.is_some()).count();
    StackReport {
        entries: told,
        entries_left_out: wide(entries_left_out),
        not_found,
        functions: wide(calls.functions().len()),
        frames_known: wide(known),
        cut: anatomy.cut,
    }
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

struct Worst<'a> {
    parts: &'a [Part],
    calls: &'a Calls,
    cycles: &'a Cycles,
    dynamic: &'a BTreeSet<u32>,
    cut: bool,
    /// The cycles of the components that were told of already.
    told: BTreeMap<u32, Unbounded>,
}

impl Worst<'_> {
    fn entry(&mut self, function: u32, kind: EntryKind) -> EntryStack {
        let depths = Depths::from(self.calls, |i| self.parts[at(i)].frame_bytes.unwrap_or(0), &[function]);
        let mut path: Vec<Step> = Vec::new();
        let mut path_left_out = 0u64;
        for i in depths.path(function) {
            let part = &self.parts[at(i)];
            if path.len() < PATH_STEPS_MAX {
                path.push(Step { name: part.name.clone(), frame_bytes: part.frame_bytes });
            } else {
                path_left_out = path_left_out.saturating_add(1);
            }
        }
        let mut places = self.places(&depths);
        let open_left_out = wide(places.len().saturating_sub(OPEN_MAX));
        let bounded = places.is_empty() && !self.cut;
        places.truncate(OPEN_MAX);
        let open = places.into_iter().map(|(sort, _, i)| self.open(sort, i)).collect();
        let part = &self.parts[at(function)];
        EntryStack {
            name: part.name.clone(),
            source: part.source.clone(),
            kind,
            bytes: depths.bytes(function),
            bounded,
            path,
            path_left_out,
            open,
            open_left_out,
        }
    }

    /// All places that are open, each with its function's place in the order of names; a cycle is one, at its first function by name.
    fn places(&self, depths: &Depths) -> Vec<(Sort, u32, u32)> {
        let mut places = Vec::new();
        for &i in depths.reached() {
            let part = &self.parts[at(i)];
            // Who reaches one function of a component reaches all of it.
            let is_first = |c: &u32| self.cycles.members(*c).first() == Some(&i) && self.cycles.is_cycle(self.calls, *c);
            let sorts = [
                (self.cycles.component(i).filter(is_first).is_some(), Sort::Recursion),
                (part.indirect_calls > 0, Sort::IndirectCalls),
                (self.dynamic.contains(&i), Sort::DynamicFrame),
                (part.frame_bytes.is_none() && !self.dynamic.contains(&i), Sort::UnknownFrame),
            ];
            places.extend(sorts.into_iter().filter(|(is, _)| *is).map(|(_, sort)| (sort, self.calls.rank(i), i)));
        }
        places.sort_unstable();
        places
    }

    fn open(&mut self, sort: Sort, function: u32) -> Open {
        let part = &self.parts[at(function)];
        let why = match sort {
            Sort::Recursion => self.recursion(function),
            Sort::IndirectCalls => Unbounded::IndirectCalls { calls: part.indirect_calls },
            Sort::DynamicFrame => Unbounded::DynamicFrame,
            Sort::UnknownFrame => Unbounded::UnknownFrame,
        };
        Open { name: part.name.clone(), source: part.source.clone(), why }
    }

    fn recursion(&mut self, function: u32) -> Unbounded {
        let (parts, calls, cycles) = (self.parts, self.calls, self.cycles);
        let component = cycles.component(function).unwrap_or(u32::MAX);
        let tell = || Unbounded::Recursion {
            cycle: cycles.shortest(calls, component).into_iter().take(CYCLE_NAMES_MAX).map(|i| parts[at(i)].name.clone()).collect(),
            functions: wide(cycles.members(component).len()),
        };
        self.told.entry(component).or_insert_with(tell).clone()
    }
}

/// The order in which open places are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Recursion,
    IndirectCalls,
    DynamicFrame,
    UnknownFrame,
}
