//! Windows between the markers: what the counters read at begin is taken off what they read at end. Pure: touches nothing.
//!
//! Translated code counts all the time and is never switched; only the two marker instructions call us. That keeps the
//! counted code the same inside and outside a window, and its cost as well.

use crate::counters::instructions;

/// All windows of a run so far.
#[derive(Default)]
pub struct Windows {
    /// The counters when the open window began; only of meaning while `open`.
    at_begin: Vec<u64>,
    measured: Vec<u64>,
    open: bool,
    begin_hits: u64,
    end_hits: u64,
    begin_twice: u64,
    end_without_begin: u64,
    begin_without_end: u64,
}

/// What the windows came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How often begin ran.
    pub begin_hits: u64,
    /// How often end ran.
    pub end_hits: u64,
    /// How often begin ran in an open window.
    pub begin_twice: u64,
    /// How often end ran outside a window.
    pub end_without_begin: u64,
    /// 1 when the run ended in a window.
    pub begin_without_end: u64,
}

impl Windows {
    /// The begin marker is about to run. True when this opened a window; `read` is called only then.
    pub fn begin(&mut self, read: impl FnOnce(&mut Vec<u64>)) -> bool {
        self.begin_hits += 1;
        if self.open {
            self.begin_twice += 1;
            return false;
        }
        self.open = true;
        read(&mut self.at_begin);
        true
    }

    /// The end marker is about to run, with these counters. True when this closed a window.
    pub fn end(&mut self, now: &[u64]) -> bool {
        self.end_hits += 1;
        if !self.open {
            self.end_without_begin += 1;
            return false;
        }
        self.close(now);
        true
    }

    /// The run is over, with these counters: an open window is counted up to here and noted.
    pub fn finish(&mut self, now: &[u64]) -> bool {
        if !self.open {
            return false;
        }
        self.begin_without_end += 1;
        self.close(now);
        true
    }

    fn close(&mut self, now: &[u64]) {
        self.open = false;
        if self.measured.len() < now.len() {
            self.measured.resize(now.len(), 0);
        }
        for (slot, (sum, &value)) in self.measured.iter_mut().zip(now).enumerate() {
            // A slot that did not exist at begin was zero then.
            let before = self.at_begin.get(slot).copied().unwrap_or(0);
            *sum = sum.wrapping_add(value.wrapping_sub(before));
        }
    }

    /// Counts in all closed windows, by slot; shorter than the counters when slots came after the last window.
    pub fn measured(&self) -> &[u64] {
        &self.measured
    }

    /// Instructions in all closed windows.
    pub fn instructions(&self) -> u64 {
        instructions(&self.measured)
    }

    /// The markers' own tally.
    pub fn totals(&self) -> Totals {
        Totals {
            begin_hits: self.begin_hits,
            end_hits: self.end_hits,
            begin_twice: self.begin_twice,
            end_without_begin: self.end_without_begin,
            begin_without_end: self.begin_without_end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Windows {
        fn begin_at(&mut self, counters: &[u64]) -> bool {
            self.begin(|tally| *tally = counters.to_vec())
        }
    }

    #[test]
    fn windows_add_up_and_what_lies_between_them_does_not_count() {
        let mut windows = Windows::default();
        assert!(windows.begin_at(&[0, 0, 0, 10]));
        assert!(windows.end(&[0, 0, 0, 15]));
        assert!(windows.begin_at(&[0, 0, 0, 115]));
        assert!(windows.end(&[0, 0, 0, 117]));
        assert_eq!(windows.measured(), [0, 0, 0, 7]);
        assert_eq!(windows.totals(), Totals { begin_hits: 2, end_hits: 2, ..Totals::default() });
    }

    #[test]
    fn an_address_first_seen_inside_a_window_counts_from_zero() {
        let mut windows = Windows::default();
        windows.begin_at(&[0, 0, 0, 10]);
        windows.end(&[0, 0, 0, 11, 5, 6]);
        assert_eq!(windows.measured(), [0, 0, 0, 1, 5, 6]);
        assert_eq!(windows.instructions(), 12);
    }

    #[test]
    fn a_second_begin_leaves_the_window_open_from_the_first() {
        let mut windows = Windows::default();
        windows.begin_at(&[0, 0, 1]);
        assert!(!windows.begin_at(&[0, 0, 5]));
        windows.end(&[0, 0, 9]);
        assert_eq!(windows.measured(), [0, 0, 8]);
        assert_eq!(windows.totals().begin_twice, 1);
    }

    #[test]
    fn an_end_without_begin_counts_nothing() {
        let mut windows = Windows::default();
        assert!(!windows.end(&[0, 0, 9]));
        assert_eq!((windows.instructions(), windows.totals().end_without_begin), (0, 1));
    }

    #[test]
    fn an_open_window_is_counted_to_the_end_of_the_run_and_noted() {
        let mut windows = Windows::default();
        assert!(!windows.finish(&[0, 0, 1]));
        windows.begin_at(&[0, 0, 1]);
        assert!(windows.finish(&[0, 0, 9]));
        assert_eq!((windows.instructions(), windows.totals().begin_without_end), (8, 1));
    }
}
