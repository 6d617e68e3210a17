//! The calls between functions, as a graph that is quick to walk and whose order does not depend on addresses.

use ounce_protocol::measurement::Part;

/// Edges from code to code. A use is taken as a call, which it may not be (an address that is only stored): the worst case is then too
/// deep, never too shallow. So is a call in tail position, which replaces its caller's frame.
pub(super) struct Calls {
    /// Where each part's callees begin in `callees`; one more at the end.
    first: Vec<usize>,
    /// In the order of names, each once.
    callees: Vec<u32>,
    /// All functions in the order of names.
    by_name: Vec<u32>,
    /// Each part's place in that order; of no meaning for constants.
    rank: Vec<u32>,
}

/// An index of a part as one of memory; out of every range where it is too large for this machine.
pub(super) fn at(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

impl Calls {
    pub(super) fn of(parts: &[Part]) -> Self {
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let mut by_name: Vec<u32> = (0..count).filter(|&i| parts[at(i)].code).collect();
        by_name.sort_unstable_by_key(|&i| (&parts[at(i)].name, &parts[at(i)].linkage, i));
        let mut rank = vec![0; parts.len()];
        for (place, &i) in (0..count).zip(&by_name) {
            rank[at(i)] = place;
        }
        let (mut first, mut callees) = (Vec::with_capacity(parts.len() + 1), Vec::new());
        let mut own = Vec::new();
        for part in parts {
            first.push(callees.len());
            if part.code {
                own.extend(part.uses.iter().copied().filter(|&i| parts.get(at(i)).is_some_and(|p| p.code)));
                own.sort_unstable_by_key(|&i| rank[at(i)]);
                own.dedup();
                callees.append(&mut own);
            }
        }
        first.push(callees.len());
        Calls { first, callees, by_name, rank }
    }

    /// The number of parts, constants among them.
    pub(super) fn parts(&self) -> usize {
        self.rank.len()
    }
    /// All functions, by name.
    pub(super) fn functions(&self) -> &[u32] {
        &self.by_name
    }
    /// What a function calls, by name.
    pub(super) fn from(&self, function: u32) -> &[u32] {
        &self.callees[self.first[at(function)]..self.first[at(function) + 1]]
    }
    /// The n-th callee.
    pub(super) fn callee(&self, function: u32, n: usize) -> Option<u32> {
        self.from(function).get(n).copied()
    }
    /// A function's place in the order of names.
    pub(super) fn rank(&self, function: u32) -> u32 {
        self.rank[at(function)]
    }
}
