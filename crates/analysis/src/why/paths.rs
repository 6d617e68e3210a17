//! Shortest paths along uses, from many parts at once.

use ounce_protocol::measurement::Part;
use std::collections::VecDeque;

/// An index of [`Part::uses`] as one of memory; out of every range where it is too large for this machine.
pub(super) fn at(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// The indices of all parts that a use can name.
pub(super) fn indices(parts: &[Part]) -> std::ops::Range<u32> {
    0..u32::try_from(parts.len()).unwrap_or(u32::MAX)
}

/// From where each part is reached first.
pub(super) struct Reached {
    /// The part before it, itself for a source; none where it is not reached.
    before: Vec<Option<u32>>,
}

impl Reached {
    /// Breadth first, by names: so of all shortest paths to a part the first by the names on it is kept, whatever the order of addresses.
    pub(super) fn from(parts: &[Part], sources: impl Iterator<Item = u32>) -> Self {
        let rank = ranks(parts);
        let by_rank = |i: &u32| rank[at(*i)];
        let mut before = vec![None; parts.len()];
        let mut sources: Vec<u32> = sources.collect();
        sources.sort_unstable_by_key(by_rank);
        for &source in &sources {
            before[at(source)] = Some(source);
        }
        let mut queue = VecDeque::from(sources);
        while let Some(part) = queue.pop_front() {
            let open = |used: &u32| before.get(at(*used)).is_some_and(Option::is_none);
            let mut next: Vec<u32> = parts[at(part)].uses.iter().copied().filter(open).collect();
            next.sort_unstable_by_key(by_rank);
            next.dedup();
            for used in next {
                before[at(used)] = Some(part);
                queue.push_back(used);
            }
        }
        Reached { before }
    }

    /// The last `max` parts of the path to a part, itself last; empty where it is not reached.
    pub(super) fn last_of_path(&self, part: u32, max: usize) -> Vec<u32> {
        let mut path: Vec<u32> = self.back(part).take(max).collect();
        path.reverse();
        path
    }

    /// The first part of the path to a part.
    pub(super) fn source(&self, part: u32) -> Option<u32> {
        self.back(part).last()
    }

    /// From a part back to its source.
    fn back(&self, part: u32) -> impl Iterator<Item = u32> + '_ {
        let before = |part: u32| self.before.get(at(part)).copied().flatten();
        let start = before(part).map(|_| part);
        std::iter::successors(start, move |&part| before(part).filter(|&b| b != part))
    }
}

/// Each part's place in the order of names, then linkage names, then addresses.
fn ranks(parts: &[Part]) -> Vec<u32> {
    let mut order: Vec<u32> = indices(parts).collect();
    order.sort_unstable_by_key(|&i| (&parts[at(i)].name, &parts[at(i)].linkage, i));
    let mut rank = vec![0; parts.len()];
    for (place, &i) in indices(parts).zip(&order) {
        rank[at(i)] = place;
    }
    rank
}
