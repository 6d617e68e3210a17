//! The deepest chain of calls from functions on.
//!
//! Depth first, with a stack of its own. A call back to a function that is being walked is not followed, so each chain has each function
//! once: without recursion the depth is exact, with it the chain is one that exists and the depth is what the stack reaches at least.

use super::calls::{Calls, at};

/// What was walked from some functions on.
pub(super) struct Depths {
    state: Vec<State>,
    /// Functions in the order in which their walk ended: callees first.
    reached: Vec<u32>,
}

#[derive(Clone, Copy)]
enum State {
    New,
    Open {
        /// Of the deepest callee so far.
        deepest: u64,
        next: Option<u32>,
    },
    Done {
        /// With its own frame.
        bytes: u64,
        next: Option<u32>,
    },
}

impl Depths {
    /// Walks from all of `from`; `frame` is a function's own bytes.
    pub(super) fn from(calls: &Calls, frame: impl Fn(u32) -> u64, from: &[u32]) -> Self {
        let mut depths = Depths { state: vec![State::New; calls.parts()], reached: Vec::new() };
        for &start in from {
            depths.walk(calls, &frame, start);
        }
        depths
    }

    fn walk(&mut self, calls: &Calls, frame: &impl Fn(u32) -> u64, start: u32) {
        const OPEN: State = State::Open { deepest: 0, next: None };
        if !matches!(self.state[at(start)], State::New) {
            return;
        }
        self.state[at(start)] = OPEN;
        let mut walk = vec![(start, 0)];
        while let Some((function, nth)) = walk.last_mut() {
            let function = *function;
            let Some(callee) = calls.callee(function, *nth) else {
                walk.pop();
                if let State::Open { deepest, next } = self.state[at(function)] {
                    self.state[at(function)] = State::Done { bytes: frame(function).saturating_add(deepest), next };
                }
                self.reached.push(function);
                continue;
            };
            match self.state[at(callee)] {
                State::New => {
                    // Looked at again when it is done.
                    self.state[at(callee)] = OPEN;
                    walk.push((callee, 0));
                }
                State::Open { .. } => *nth += 1,
                State::Done { bytes, .. } => {
                    *nth += 1;
                    if let State::Open { deepest, next } = &mut self.state[at(function)]
                        && (next.is_none() || bytes > *deepest)
                    {
                        (*deepest, *next) = (bytes, Some(callee));
                    }
                }
            }
        }
    }

    /// Bytes of stack from a function on, its own frame among them; 0 where it was not reached.
    pub(super) fn bytes(&self, function: u32) -> u64 {
        if let State::Done { bytes, .. } = self.state[at(function)] { bytes } else { 0 }
    }

    /// The functions of the deepest chain, the first one first.
    pub(super) fn path(&self, function: u32) -> impl Iterator<Item = u32> + '_ {
        std::iter::successors(Some(function), |&f| if let State::Done { next, .. } = self.state[at(f)] { next } else { None })
    }

    /// All functions that were reached.
    pub(super) fn reached(&self) -> &[u32] {
        &self.reached
    }
}
