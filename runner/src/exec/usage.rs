//! What the processes of a run use now, as `/proc` and the file system tell. Figures only; what is too much is decided in [`super::watch`].

use super::tree;
use std::path::{Path, PathBuf};

/// The processes of a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Processes {
    /// Processes and threads.
    pub count: u64,
    /// Processor time, in ticks of the clock.
    pub cpu_ticks: u64,
    /// Memory, bytes, at most: what several share is counted once for each, and what is of files too.
    pub memory_bytes_most: u64,
    ids: Vec<u32>,
}

impl Processes {
    /// A process and all below it.
    pub fn led_by(leader: u32) -> Processes {
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let mut all = Processes::default();
        for process in tree::process(leader).into_iter().chain(tree::below(leader)) {
            all.count = all.count.saturating_add(process.threads.max(1));
            all.cpu_ticks = all.cpu_ticks.saturating_add(process.cpu_ticks);
            all.memory_bytes_most = all.memory_bytes_most.saturating_add(process.rss_pages.saturating_mul(page));
            all.ids.push(process.id);
        }
        all
    }

    /// The memory that is in no file, with what is shared counted once, bytes: exact, and slow.
    pub fn memory_bytes(&self) -> u64 {
        let text = |id: &u32, name: &str| std::fs::read_to_string(format!("/proc/{id}/{name}")).ok();
        let of = |id: &u32| match text(id, "smaps_rollup") {
            Some(rollup) => kib(&rollup, &["Pss_Anon", "Pss_Shmem"]),
            // A kernel that keeps it to itself, or one without.
            None => kib(&text(id, "status").unwrap_or_default(), &["RssAnon", "RssShmem"]),
        };
        self.ids.iter().map(of).fold(0, u64::saturating_add)
    }
}

/// The sum of these lines of a text such as `RssAnon:   12 kB`, bytes.
fn kib(text: &str, names: &[&str]) -> u64 {
    let lines = text.lines().filter_map(|line| line.split_once(':')).filter(|(name, _)| names.contains(name));
    let numbers = lines.filter_map(|(_, rest)| rest.split_whitespace().next()?.parse::<u64>().ok());
    numbers.fold(0u64, |sum, n| sum.saturating_add(n.saturating_mul(1024)))
}

/// Memory that this machine can still give, bytes; `None` where it does not say.
pub fn machine_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    text.contains("MemAvailable:").then(|| kib(&text, &["MemAvailable"]))
}

/// All processes and threads of this machine: the number after the `/` in `/proc/loadavg`. Asked for in no time, however many there are.
pub fn machine_threads() -> u64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_once('/').and_then(|(_, rest)| rest.split(' ').next()?.parse().ok()).unwrap_or(0)
}

/// What a file system has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Bytes for who is not root.
    pub bytes: u64,
    /// Files; `u64::MAX` where the file system has no limit.
    pub files: u64,
}

/// What is left where a folder lies.
pub fn left(folder: &Path) -> Option<Left> {
    let about = rustix::fs::statvfs(folder).ok()?;
    let files = if about.f_files == 0 { u64::MAX } else { about.f_favail };
    Some(Left { bytes: about.f_bavail.saturating_mul(about.f_frsize), files })
}

/// Longest path that is followed, bytes: the system takes no longer ones (PATH_MAX), and what lies deeper could not be counted.
const PATH_BYTES_MAX: usize = 3500;

/// What folders hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnDisk {
    /// Bytes on the disk: holes are none.
    pub bytes: u64,
    /// Files and folders.
    pub entries: u64,
    /// Whether some lie so deep that they were not counted.
    pub too_deep: bool,
}

/// Counts what folders hold, no further than to these limits. Follows no link.
pub fn on_disk(folders: &[PathBuf], bytes_max: u64, entries_max: u64) -> OnDisk {
    let mut counting = Counting::of(folders, bytes_max, entries_max);
    while counting.step(usize::MAX) {}
    counting.sum
}

/// The same a piece at a time, so that others have their turn on the same thread. A thread of its own would be one that a machine full of
/// processes does not have.
pub struct Counting {
    /// What was counted so far.
    pub sum: OnDisk,
    waiting: Vec<PathBuf>,
    folder: Option<std::fs::ReadDir>,
    bytes_max: u64,
    entries_max: u64,
}

impl Counting {
    /// Nothing is counted yet.
    pub fn of(folders: &[PathBuf], bytes_max: u64, entries_max: u64) -> Counting {
        Counting { sum: OnDisk::default(), waiting: folders.to_vec(), folder: None, bytes_max, entries_max }
    }

    /// Counts at most this many entries. False when all is counted, or enough.
    pub fn step(&mut self, entries: usize) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        for _ in 0..entries {
            let entry = match self.folder.as_mut().and_then(Iterator::next) {
                Some(Ok(entry)) => entry,
                Some(Err(_)) | None => {
                    let Some(next) = self.waiting.pop() else { return false };
                    self.folder = std::fs::read_dir(next).ok();
                    continue;
                }
            };
            self.sum.entries += 1;
            let Ok(about) = entry.metadata() else { continue };
            self.sum.bytes = self.sum.bytes.saturating_add(about.blocks().saturating_mul(512));
            if about.is_dir() {
                let path = entry.path();
                if path.as_os_str().len() > PATH_BYTES_MAX {
                    self.sum.too_deep = true;
                } else {
                    self.waiting.push(path);
                }
            }
            if self.sum.bytes > self.bytes_max || self.sum.entries > self.entries_max || self.sum.too_deep {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processs_memory_is_its_lines_summed() {
        let status = "Name:\tcc1\nRssAnon:\t    100 kB\nRssFile:\t 900 kB\nRssShmem:\t 10 kB\nThreads:\t1\n";
        assert_eq!(kib(status, &["RssAnon", "RssShmem"]), 110 * 1024);
        assert_eq!(kib("RssAnon:\tlots\n", &["RssAnon"]), 0);
        assert!(machine_memory().is_some_and(|bytes| bytes > 0) && machine_threads() > 0);
    }

    #[test]
    fn a_disk_is_counted_by_blocks_and_up_to_the_limit() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("a")).unwrap();
        std::fs::write(dir.path().join("a/b"), vec![1; 100_000]).unwrap();
        let sparse = std::fs::File::create(dir.path().join("sparse")).unwrap();
        sparse.set_len(1 << 40).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("link")).unwrap();
        let folders = [dir.path().to_owned()];
        let all = on_disk(&folders, u64::MAX, u64::MAX);
        assert!((100_000..1_000_000).contains(&all.bytes) && all.entries == 4 && !all.too_deep, "{all:?}");
        assert_eq!(on_disk(&folders, u64::MAX, 2).entries, 3, "no further than asked");
        let deep = dir.path().join(["d".repeat(200).as_str(); 18].join("/"));
        std::fs::create_dir_all(deep).unwrap();
        assert!(on_disk(&folders, u64::MAX, u64::MAX).too_deep);
        assert!(left(dir.path()).is_some_and(|left| left.bytes > 0 && left.files > 0));
    }
}
