//! Which functions can call themselves, by whatever detour: the strongly connected components of the calls.
//!
//! Tarjan's algorithm, with a stack of its own: a hostile graph is as deep as it is large.

use super::calls::{Calls, at};
use std::collections::{HashMap, VecDeque};

/// Functions of which each reaches each other.
pub(super) struct Cycles {
    /// The component of each part, none for constants.
    component: Vec<Option<u32>>,
    /// The functions of each component, by name. A callee's component comes before its caller's.
    members: Vec<Vec<u32>>,
}

impl Cycles {
    pub(super) fn of(calls: &Calls) -> Self {
        let mut search = Search {
            calls,
            number: vec![None; calls.parts()],
            low: vec![0; calls.parts()],
            next: 0,
            open: Vec::new(),
            found: Cycles { component: vec![None; calls.parts()], members: Vec::new() },
        };
        for &function in calls.functions() {
            if search.number[at(function)].is_none() {
                search.visit(function);
            }
        }
        search.found
    }

    /// The component of a function.
    pub(super) fn component(&self, function: u32) -> Option<u32> {
        self.component.get(at(function)).copied().flatten()
    }
    pub(super) fn components(&self) -> impl Iterator<Item = &[u32]> {
        self.members.iter().map(Vec::as_slice)
    }
    /// Its functions, by name.
    pub(super) fn members(&self, component: u32) -> &[u32] {
        self.members.get(at(component)).map_or(&[], |v| v)
    }
    /// Whether a function of it can be active twice.
    pub(super) fn is_cycle(&self, calls: &Calls, component: u32) -> bool {
        match self.members(component) {
            [one] => calls.from(*one).contains(one),
            members => members.len() > 1,
        }
    }

    /// A shortest cycle through the first function of a component: that function, the ones on the way, that function again.
    pub(super) fn shortest(&self, calls: &Calls, component: u32) -> Vec<u32> {
        let Some(&start) = self.members(component).first() else { return Vec::new() };
        let mut before: HashMap<u32, u32> = HashMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(function) = queue.pop_front() {
            for &callee in calls.from(function).iter().filter(|&&c| self.component(c) == Some(component)) {
                if callee == start {
                    let mut way = vec![start, function];
                    way.extend(std::iter::successors(before.get(&function), |f| before.get(f)));
                    way.reverse();
                    return way;
                }
                before.entry(callee).or_insert_with(|| {
                    queue.push_back(callee);
                    function
                });
            }
        }
        Vec::new()
    }
}

struct Search<'a> {
    calls: &'a Calls,
    /// The order in which functions were met.
    number: Vec<Option<u32>>,
    /// The least number each one reaches among those that are open.
    low: Vec<u32>,
    next: u32,
    /// Met, and not in a component yet.
    open: Vec<u32>,
    found: Cycles,
}

impl Search<'_> {
    fn visit(&mut self, from: u32) {
        let mut walk = vec![(from, 0)];
        self.meet(from);
        while let Some((function, nth)) = walk.last_mut() {
            let function = *function;
            if let Some(callee) = self.calls.callee(function, *nth) {
                *nth += 1;
                match self.number[at(callee)] {
                    None => {
                        self.meet(callee);
                        walk.push((callee, 0));
                    }
                    // Still open: it reaches this function, too.
                    Some(number) if self.found.component[at(callee)].is_none() => self.lower(function, number),
                    Some(_) => {}
                }
            } else {
                walk.pop();
                let low = self.low[at(function)];
                if let Some(&(caller, _)) = walk.last() {
                    self.lower(caller, low);
                }
                if Some(low) == self.number[at(function)] {
                    self.close(function);
                }
            }
        }
    }

    fn meet(&mut self, function: u32) {
        self.number[at(function)] = Some(self.next);
        self.low[at(function)] = self.next;
        self.next += 1;
        self.open.push(function);
    }

    fn lower(&mut self, function: u32, number: u32) {
        let low = &mut self.low[at(function)];
        *low = number.min(*low);
    }

    /// All that is open from `function` on is one component.
    fn close(&mut self, function: u32) {
        let component = u32::try_from(self.found.members.len()).unwrap_or(u32::MAX);
        let mut members = Vec::new();
        while let Some(member) = self.open.pop() {
            self.found.component[at(member)] = Some(component);
            members.push(member);
            if member == function {
                break;
            }
        }
        members.sort_unstable_by_key(|&i| self.calls.rank(i));
        self.found.members.push(members);
    }
}
