//! What another program may use, by what it is for, and the words for what it used too much of. Knows no way to measure or to stop anything:
//! those are [`super::watch`] (the sum over all its processes) and `cli/inside.rs` (what the kernel holds of each process).

use std::fmt;
use std::time::Duration;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
const GIB: u64 = 1024 * MIB;

/// How much more address space than memory one process may have: compilers map files and reserve what they never touch.
const ADDRESSES_PER_MEMORY: u64 = 4;
/// How many more processes the kernel lets be than the watch does, so that the watch is the one to name it.
const PROCESSES_OVER: u64 = 2;

/// What a program and all that it starts may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time from its start to its end.
    pub wall: Duration,
    /// Processor time of all its processes.
    pub cpu: Duration,
    /// Memory of all its processes, bytes: what is theirs alone, and what they share among them, once.
    pub memory_bytes: u64,
    /// Processes and threads at once.
    pub processes: u64,
    /// Files that one process has open at once.
    pub open_files: u64,
    /// Length of one file, bytes: holes count.
    pub file_bytes: u64,
    /// What lies on disk in the folders it may write, bytes: holes do not count.
    pub disk_bytes: u64,
    /// Files and folders in there.
    pub disk_entries: u64,
    /// What `/tmp` and `/dev/shm` hold inside a sandbox, bytes each: it is memory.
    pub tmp_bytes: u64,
    /// What it prints, bytes.
    pub output_bytes: u64,
}

impl Limits {
    /// The command that brings dependencies.
    pub const FETCH: Limits = Limits {
        wall: Duration::from_secs(10 * 60),
        cpu: Duration::from_secs(20 * 60),
        memory_bytes: 2 * GIB,
        processes: 512,
        open_files: 4096,
        file_bytes: 2 * GIB,
        disk_bytes: 16 * GIB,
        disk_entries: 1_000_000,
        tmp_bytes: GIB,
        output_bytes: 64 * MIB,
    };
    /// A board's build.
    pub const BUILD: Limits = Limits {
        wall: Duration::from_secs(30 * 60),
        cpu: Duration::from_secs(4 * 60 * 60),
        memory_bytes: 4 * GIB,
        processes: 1024,
        open_files: 4096,
        file_bytes: 2 * GIB,
        disk_bytes: 16 * GIB,
        disk_entries: 1_000_000,
        tmp_bytes: GIB,
        output_bytes: 64 * MIB,
    };
    /// QEMU with our counters. Its time is the board's own and replaces this one.
    pub const EMULATOR: Limits = Limits {
        wall: Duration::from_secs(60),
        cpu: Duration::from_secs(2 * 60 * 60),
        memory_bytes: 2 * GIB,
        processes: 64,
        open_files: 256,
        file_bytes: 64 * MIB,
        disk_bytes: 256 * MIB,
        disk_entries: 64,
        tmp_bytes: 16 * MIB,
        output_bytes: 256 * MIB,
    };
    /// Our own reading of an image.
    pub const READER: Limits = Limits {
        wall: Duration::from_secs(3 * 60),
        cpu: Duration::from_secs(3 * 60),
        memory_bytes: 3 * GIB,
        processes: 16,
        open_files: 64,
        file_bytes: 128 * MIB,
        disk_bytes: 256 * MIB,
        disk_entries: 64,
        tmp_bytes: 16 * MIB,
        output_bytes: MIB,
    };

    /// Address space of one process, bytes.
    pub fn address_bytes(&self) -> u64 {
        self.memory_bytes.saturating_mul(ADDRESSES_PER_MEMORY)
    }

    /// What the kernel is told of [`Limits::processes`].
    pub fn processes_of_kernel(&self) -> u64 {
        self.processes.saturating_mul(PROCESSES_OVER)
    }
}

/// What a program used too much of, and was stopped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// Processor time.
    Cpu(Duration),
    /// Memory, bytes.
    Memory(u64),
    /// Processes at once.
    Processes(u64),
    /// Disk, bytes.
    Disk(u64),
    /// Files and folders.
    Entries(u64),
    /// Folders in folders, deeper than can be counted.
    Depth,
    /// Output, bytes.
    Output(u64),
    /// Not its limit but the machine's: memory left, bytes.
    MachineMemory(u64),
    /// Not its limit but the machine's: disk left, bytes.
    MachineDisk(u64),
}

impl Exceeded {
    /// Whether this machine is too small or too busy, which says nothing about the program.
    pub fn is_of_machine(self) -> bool {
        matches!(self, Exceeded::MachineMemory(_) | Exceeded::MachineDisk(_))
    }
}

impl fmt::Display for Exceeded {
    /// What follows "the build".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Exceeded::Cpu(limit) => write!(f, "used more than {} of processor time", time(limit)),
            Exceeded::Memory(limit) => write!(f, "used more than {} of memory", size(limit)),
            Exceeded::Processes(limit) => write!(f, "had more than {limit} processes at once"),
            Exceeded::Disk(limit) => write!(f, "used more than {} of disk", size(limit)),
            Exceeded::Entries(limit) => write!(f, "made more than {limit} files"),
            Exceeded::Depth => f.write_str("made folders deeper than paths may be long"),
            Exceeded::Output(limit) => write!(f, "printed more than {}", size(limit)),
            Exceeded::MachineMemory(left) => write!(f, "left this machine less than {} of memory", size(left)),
            Exceeded::MachineDisk(left) => write!(f, "left this machine less than {} of disk", size(left)),
        }
    }
}

/// `"4 GiB"`, `"1536 MiB"`, `"1000 B"`: the largest unit without a remainder.
pub fn size(bytes: u64) -> String {
    let unit = [(GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")].into_iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit));
    match unit {
        Some((unit, word)) => format!("{} {word}", bytes / unit),
        None => format!("{bytes} B"),
    }
}

/// `"30 minutes"`, `"90 s"`.
pub fn time(limit: Duration) -> String {
    match limit.as_secs() {
        s if s >= 120 && s.is_multiple_of(60) => format!("{} minutes", s / 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_too_much_is_said_with_its_limit() {
        let check = |exceeded: Exceeded, says: &str| assert_eq!(exceeded.to_string(), says);
        check(Exceeded::Memory(4 * GIB), "used more than 4 GiB of memory");
        check(Exceeded::Disk(1536 * MIB), "used more than 1536 MiB of disk");
        check(Exceeded::Output(1000), "printed more than 1000 B");
        check(Exceeded::Processes(1024), "had more than 1024 processes at once");
        check(Exceeded::Cpu(Duration::from_secs(3600)), "used more than 60 minutes of processor time");
        check(Exceeded::Cpu(Duration::from_secs(90)), "used more than 90 s of processor time");
    }
}
