//! Instructions for the rows of functions: what the benchmarks executed in them.

use super::matching::{Item, Side};
use crate::comparison::Moved;
use ounce_protocol::measurement::FunctionCount;
use std::collections::{BTreeSet, HashMap};

/// Instructions by function, all benchmarks that were counted exactly on both sides together.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    sides: [HashMap<String, u64>; 2],
}

impl Profiles {
    /// Adds a benchmark's profiles at the base and at the head.
    pub fn add(&mut self, base: &[FunctionCount], head: &[FunctionCount]) {
        for (sums, profile) in self.sides.iter_mut().zip([base, head]) {
            for function in profile {
                let sum = sums.entry(function.name.clone()).or_default();
                *sum = sum.saturating_add(function.instructions);
            }
        }
    }
}

/// The profiles, and how many functions of the region have each name in them.
pub(super) struct Callers<'s> {
    profiles: &'s Profiles,
    namesakes: [HashMap<&'s str, usize>; 2],
}

impl<'s> Callers<'s> {
    pub fn new(sides: &'s [Vec<Item<'_>>; 2], profiles: &'s Profiles) -> Self {
        let mut namesakes: [HashMap<&str, usize>; 2] = Default::default();
        for ((counts, items), sums) in namesakes.iter_mut().zip(sides).zip(&profiles.sides) {
            for item in items.iter().filter(|item| is_function(item) && sums.contains_key(&item.row.name)) {
                *counts.entry(&item.row.name).or_default() += 1;
            }
        }
        Callers { profiles, namesakes }
    }

    /// What was executed in these functions on both sides, where it changed. A profile knows functions by their names only: where others have
    /// the same, nobody knows whose it is.
    pub fn moved(&self, base: &[&Item<'_>], head: &[&Item<'_>]) -> Option<Moved> {
        let moved = Moved { base: self.sum(Side::Base, base)?, head: self.sum(Side::Head, head)? };
        (moved.base != moved.head).then_some(moved)
    }

    fn sum(&self, side: Side, items: &[&Item<'_>]) -> Option<u64> {
        let sums = &self.profiles.sides[side as usize];
        let functions: Vec<&str> = items.iter().filter(|item| is_function(item)).map(|item| item.row.name.as_str()).collect();
        let names: BTreeSet<&str> = functions.iter().copied().filter(|name| sums.contains_key(*name)).collect();
        let known = functions.iter().filter(|name| names.contains(*name)).count();
        let namesakes = names.iter().filter_map(|name| self.namesakes[side as usize].get(name)).sum::<usize>();
        (known == namesakes).then(|| names.iter().fold(0u64, |sum, name| sum.saturating_add(sums[*name])))
    }
}

/// May be a function: profiles have no other names.
fn is_function(item: &Item<'_>) -> bool {
    item.is_symbol() && item.row.of.is_none()
}
