//! A program driven by a timer's interrupts counts the same every time, whatever the host is doing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::tools::{Counts, MPS2, firmware};

const RUNS: usize = 5;

#[test]
fn a_busy_host_changes_no_count() {
    let firmware = firmware(MPS2, "systick");
    let idle: Vec<Counts> = (0..RUNS).map(|_| firmware.counts("")).collect();
    let stop = AtomicBool::new(false);
    let busy: Vec<Counts> = thread::scope(|scope| {
        for _ in 0..2 * thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::black_box(());
                }
            });
        }
        let counts = (0..RUNS).map(|_| firmware.counts("")).collect();
        stop.store(true, Ordering::Relaxed);
        counts
    });
    for counts in idle.iter().chain(&busy) {
        assert_eq!(counts, &idle[0]);
        assert_eq!(counts.errors(), []);
        assert_eq!(counts.profile.get(&firmware.address("systick")), Some(&200), "one count an interrupt");
    }
}
