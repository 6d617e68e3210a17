//! Looks at a run again and again, and says what it has too much of. What no single process can be held to (memory, processor time and number of
//! all together, the disk) is held here; a run is over the limit for as long as one look takes to come.

use super::limits::{Exceeded, Limits};
use super::usage::{self, Processes};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often processes, memory and what is left of the disk are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How often it is asked whether this machine has many more processes than before: then they are looked at once. Where the kernel does not bound
/// them (for root), this is what keeps somebody who forks without end from filling the machine.
const GLANCE: Duration = Duration::from_millis(10);
/// Many: this part of the limit.
const MANY_MORE: u64 = 4;
/// Files counted before others have their turn.
const COUNT_STEP: usize = 2000;
/// How often all files are counted, where the disk did not shrink.
const COUNT: Duration = Duration::from_secs(30);
/// The disk shrank by this part of the limit: all files are counted.
const COUNT_AT: u64 = 16;
/// Counting files may take this part of the time.
const COUNT_SHARE: u32 = 10;
/// Memory that this machine must have left, bytes.
const MACHINE_MEMORY_MIN: u64 = 256 * 1024 * 1024;
/// Disk that this machine must have left, bytes.
const MACHINE_DISK_MIN: u64 = 512 * 1024 * 1024;

/// What a run is held to, and the folders whose size counts.
#[derive(Debug, Clone)]
pub struct Watch {
    /// The limits.
    pub limits: Limits,
    /// The folders it may write.
    pub folders: Vec<PathBuf>,
}

impl Watch {
    /// Waits until the processes below this one use too much: for ever, where they do not.
    pub async fn exceeded(&self, leader: u32) -> Exceeded {
        let mut disk = Disk::new(self);
        let (mut looked, mut threads) = (Instant::now(), usage::machine_threads());
        loop {
            tokio::time::sleep(GLANCE).await;
            let many = usage::machine_threads();
            if looked.elapsed() < LOOK && many.saturating_sub(threads) <= self.limits.processes / MANY_MORE {
                continue;
            }
            (looked, threads) = (Instant::now(), many);
            if let Some(exceeded) = self.processes(leader) {
                return exceeded;
            }
            if let Some(exceeded) = disk.look(self).await {
                return exceeded;
            }
        }
    }

    fn processes(&self, leader: u32) -> Option<Exceeded> {
        let (now, limits) = (Processes::led_by(leader), &self.limits);
        if now.count > limits.processes {
            return Some(Exceeded::Processes(limits.processes));
        }
        if Duration::from_secs(now.cpu_ticks / rustix::param::clock_ticks_per_second().max(1)) > limits.cpu {
            return Some(Exceeded::Cpu(limits.cpu));
        }
        if now.memory_bytes_most > limits.memory_bytes && now.memory_bytes() > limits.memory_bytes {
            return Some(Exceeded::Memory(limits.memory_bytes));
        }
        usage::machine_memory().filter(|&left| left < MACHINE_MEMORY_MIN).map(|_| Exceeded::MachineMemory(MACHINE_MEMORY_MIN))
    }
}

/// The disk, whose files are counted only where there is reason to.
struct Disk {
    counted: Instant,
    took: Duration,
    at: Option<usage::Left>,
}

impl Disk {
    fn new(watch: &Watch) -> Disk {
        Disk { counted: Instant::now(), took: Duration::ZERO, at: watch.folders.first().and_then(|folder| usage::left(folder)) }
    }

    async fn look(&mut self, watch: &Watch) -> Option<Exceeded> {
        let limits = watch.limits;
        let left = watch.folders.first().and_then(|folder| usage::left(folder))?;
        let shrank = self.at.is_none_or(|at| {
            at.bytes.saturating_sub(left.bytes) > limits.disk_bytes / COUNT_AT
                || at.files.saturating_sub(left.files) > limits.disk_entries / COUNT_AT
        });
        let low = left.bytes < MACHINE_DISK_MIN;
        let due = self.counted.elapsed() > COUNT || shrank || low;
        if !due || (!low && self.counted.elapsed() < self.took * COUNT_SHARE) {
            return None;
        }
        let began = Instant::now();
        let mut counting = usage::Counting::of(&watch.folders, limits.disk_bytes, limits.disk_entries);
        while counting.step(COUNT_STEP) {
            tokio::task::yield_now().await;
        }
        let sum = counting.sum;
        (self.counted, self.took, self.at) = (Instant::now(), began.elapsed(), Some(left));
        if sum.bytes > limits.disk_bytes {
            return Some(Exceeded::Disk(limits.disk_bytes));
        }
        if sum.entries > limits.disk_entries {
            return Some(Exceeded::Entries(limits.disk_entries));
        }
        if sum.too_deep {
            return Some(Exceeded::Depth);
        }
        low.then_some(Exceeded::MachineDisk(MACHINE_DISK_MIN))
    }
}
