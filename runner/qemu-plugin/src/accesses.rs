//! Loads and stores of the whole run. Pure: touches nothing outside.
//!
//! They are counted by a call for each access, not by inline counters: QEMU 7.2 mixes up loads and stores when an inline
//! counter (or a call) asks for one of them only, while what it says of a single access is right in every version.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Both counters.
pub struct Accesses {
    loads: AtomicU64,
    stores: AtomicU64,
}

impl Accesses {
    /// Nothing yet.
    pub const fn new() -> Self {
        Self { loads: AtomicU64::new(0), stores: AtomicU64::new(0) }
    }

    /// Counts an access. One thread at a time: an increment that is atomic would cost more than all else here.
    #[inline]
    pub fn note(&self, is_store: bool) {
        let counter = if is_store { &self.stores } else { &self.loads };
        counter.store(counter.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Loads and stores so far.
    pub fn so_far(&self) -> (u64, u64) {
        (self.loads.load(Relaxed), self.stores.load(Relaxed))
    }
}
