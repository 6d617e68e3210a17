//! Where the code goes elsewhere than on to the next halfword, by the address it leaves. Pure: touches nothing outside.
//!
//! QEMU ends a block of code at each branch. So the last instruction of a block says that it was there, and the first of the next one says where it
//! went on: an instruction at which a block was left early, for a device or an interrupt, never says the first. What is asked is only whether that
//! is two bytes further: whoever knows the code knows which instructions are two bytes long.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::counters::{FIRST_PC, PC_LIMIT};

/// Nobody has ended a block since the last one began.
const NOBODY: usize = 0;

/// A halfword.
const HALFWORD: u64 = 2;

struct Exit {
    address: AtomicU64,
    left: AtomicU64,
}

/// One counter for each address; one thread at a time writes.
pub struct Jumps {
    exits: Box<[Exit]>,
    last: AtomicUsize,
    counting: AtomicBool,
}

impl Jumps {
    /// Nothing yet.
    pub fn new() -> Self {
        let exit = |_| Exit { address: AtomicU64::new(0), left: AtomicU64::new(0) };
        Self { exits: (0..FIRST_PC + PC_LIMIT).map(exit).collect(), last: AtomicUsize::new(NOBODY), counting: AtomicBool::new(false) }
    }

    /// An address has this slot from now on; those without one of their own are passed over.
    pub fn know(&self, slot: usize, address: u64) {
        if let Some(exit) = self.exits.get(slot).filter(|_| slot >= FIRST_PC) {
            exit.address.store(address, Relaxed);
        }
    }

    /// A window opens or closes.
    pub fn count(&self, is_on: bool) {
        self.counting.store(is_on, Relaxed);
    }

    /// The first instruction of a block starts.
    #[inline]
    pub fn arrived(&self, slot: usize) {
        let last = self.last.swap(NOBODY, Relaxed);
        if last < FIRST_PC || !self.counting.load(Relaxed) {
            return;
        }
        if let (Some(from), Some(to)) = (self.exits.get(last), self.exits.get(slot))
            && to.address.load(Relaxed) != from.address.load(Relaxed).wrapping_add(HALFWORD)
        {
            from.left.store(from.left.load(Relaxed).wrapping_add(1), Relaxed);
        }
    }

    /// The last instruction of a block starts.
    #[inline]
    pub fn leaving(&self, slot: usize) {
        self.last.store(slot, Relaxed);
    }

    /// Address and number, of those that were left, by address.
    pub fn seen(&self) -> Vec<(u64, u64)> {
        let seen = self.exits.iter().map(|exit| (exit.address.load(Relaxed), exit.left.load(Relaxed)));
        let mut seen: Vec<(u64, u64)> = seen.filter(|&(_, left)| left != 0).collect();
        seen.sort_unstable();
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_elsewhere_than_on_is_counted_where_it_leaves() {
        let jumps = Jumps::new();
        let [top, next, far] = [FIRST_PC, FIRST_PC + 1, FIRST_PC + 2];
        for (slot, address) in [(top, 0x100), (next, 0x102), (far, 0x200)] {
            jumps.know(slot, address);
        }
        let go = |from: usize, to: usize| {
            jumps.leaving(from);
            jumps.arrived(to);
        };
        // Before a window opens nothing counts.
        go(top, far);
        jumps.count(true);
        go(top, next);
        go(top, far);
        go(top, top);
        go(far, top);
        // A block that was left before its end.
        jumps.arrived(far);
        jumps.count(false);
        go(top, far);
        assert_eq!(jumps.seen(), [(0x100, 2), (0x200, 1)]);
    }
}
