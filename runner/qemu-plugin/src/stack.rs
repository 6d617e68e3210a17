//! The stack's high-water mark: the lowest address stored to within a window of addresses. Pure: touches nothing outside.
//!
//! It is asked for every store of the guest, so there are no locks: one processor's thread writes, and the atomics are
//! there because the budget thread reads.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::args::StackWindow;

/// The mark of a run. Without a window it ignores all stores.
pub struct StackMark {
    low: AtomicU64,
    len: AtomicU64,
    /// Lowest store since the last marker.
    lowest: AtomicU64,
    /// Lowest store before that.
    lowest_before: AtomicU64,
    /// Lowest store in windows that are closed.
    lowest_measured: AtomicU64,
}

impl StackMark {
    /// No window yet.
    pub const fn new() -> Self {
        Self {
            low: AtomicU64::new(0),
            len: AtomicU64::new(0),
            lowest: AtomicU64::new(u64::MAX),
            lowest_before: AtomicU64::new(u64::MAX),
            lowest_measured: AtomicU64::new(u64::MAX),
        }
    }

    /// Sets the window, before the first store.
    pub fn watch(&self, window: StackWindow) {
        self.low.store(window.low, Relaxed);
        self.len.store(window.high.saturating_sub(window.low), Relaxed);
    }

    /// Notes a store.
    #[inline]
    pub fn stored(&self, address: u64) {
        if address < self.lowest.load(Relaxed) && address.wrapping_sub(self.low.load(Relaxed)) < self.len.load(Relaxed) {
            self.lowest.fetch_min(address, Relaxed);
        }
    }

    /// A counting window opens: what was stored so far is not of it.
    pub fn enter(&self) {
        let lowest = self.lowest.swap(u64::MAX, Relaxed);
        self.lowest_before.fetch_min(lowest, Relaxed);
    }

    /// A counting window closes: what was stored since it opened is of it.
    pub fn leave(&self) {
        let lowest = self.lowest.swap(u64::MAX, Relaxed);
        self.lowest_measured.fetch_min(lowest, Relaxed);
        self.lowest_before.fetch_min(lowest, Relaxed);
    }

    /// Lowest address stored to in the whole run; the window's upper end when there was none.
    pub fn low(&self) -> u64 {
        self.lowest.load(Relaxed).min(self.lowest_before.load(Relaxed)).min(self.high())
    }

    /// Lowest address stored to in closed windows; the window's upper end when there was none.
    pub fn low_measured(&self) -> u64 {
        self.lowest_measured.load(Relaxed).min(self.high())
    }

    fn high(&self) -> u64 {
        self.low.load(Relaxed).saturating_add(self.len.load(Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> StackMark {
        let mark = StackMark::new();
        mark.watch(StackWindow { low: 0x1000, high: 0x2000 });
        mark
    }

    #[test]
    fn only_stores_inside_the_window_count() {
        let mark = mark();
        for address in [0, 0xfff, 0x2000, u64::MAX] {
            mark.stored(address);
        }
        assert_eq!(mark.low(), 0x2000);
        mark.stored(0x1ffc);
        mark.stored(0x1ffe);
        assert_eq!(mark.low(), 0x1ffc);
        mark.stored(0x1000);
        assert_eq!(mark.low(), 0x1000);
    }

    #[test]
    fn measured_is_what_was_stored_between_the_markers() {
        let mark = mark();
        mark.stored(0x1800);
        mark.enter();
        mark.stored(0x1900);
        mark.leave();
        mark.stored(0x1700);
        assert_eq!((mark.low(), mark.low_measured()), (0x1700, 0x1900));
    }

    #[test]
    fn without_a_store_the_mark_is_the_top() {
        let mark = mark();
        mark.enter();
        mark.leave();
        assert_eq!((mark.low(), mark.low_measured()), (0x2000, 0x2000));
    }
}
