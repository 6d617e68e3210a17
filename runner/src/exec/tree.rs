//! The processes below one, as `/proc` shows them in one look. Numbers of processes are given again, within a second where somebody forks without
//! end: whoever acts on one must make sure that it still is who it was.

use std::collections::HashMap;

/// Positions among the words after the name in `/proc/PID/stat` (proc(5) counts from 1, and the name is its 2nd).
const STATE: usize = 0;
const PARENT: usize = 1;
const TIMES: std::ops::Range<usize> = 11..15;
const THREADS: usize = 17;
const RSS: usize = 21;

/// One process at the time of the look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// Its parent's.
    pub parent: u32,
    /// Whether it can still do something: it is not dead and only waiting to be noticed.
    pub is_alive: bool,
    /// Processor time in ticks of the clock, with that of children that ended and were waited for.
    pub cpu_ticks: u64,
    /// Threads.
    pub threads: u64,
    /// Pages in memory, those of files and what is shared with others included.
    pub rss_pages: u64,
}

/// A process by its number; `None` where there is none.
pub fn process(id: u32) -> Option<Process> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    read(id, &stat)
}

fn read(id: u32, stat: &str) -> Option<Process> {
    // The name stands in parentheses and may hold some.
    let words: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| words.get(at)?.parse::<u64>().ok();
    Some(Process {
        id,
        parent: words.get(PARENT)?.parse().ok()?,
        is_alive: !matches!(*words.get(STATE)?, "Z" | "X"),
        cpu_ticks: TIMES.filter_map(number).fold(0, u64::saturating_add),
        threads: number(THREADS).unwrap_or(1),
        rss_pages: number(RSS).unwrap_or(0),
    })
}

/// The processes below one, those nearest to it first; none where there is no `/proc`.
pub fn below(ancestor: u32) -> Vec<Process> {
    let ids = std::fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut children: HashMap<u32, Vec<Process>> = HashMap::new();
    for found in ids.filter_map(process) {
        children.entry(found.parent).or_default().push(found);
    }
    // Taken out, so that numbers given again while this was read make no circle.
    let mut all = children.remove(&ancestor).unwrap_or_default();
    let mut next = 0;
    while let Some(above) = all.get(next) {
        let below = children.remove(&above.id).unwrap_or_default();
        all.extend(below);
        next += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_may_be_called_anything() {
        let line = "17 (a) b (c)) S 4 17 17 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 9 0 555 1000 250 18446744073709551615\n";
        let process = read(17, line).unwrap();
        assert_eq!(process, Process { id: 17, parent: 4, is_alive: true, cpu_ticks: 124, threads: 9, rss_pages: 250 });
        assert!(!read(17, &line.replace(" S ", " Z ")).unwrap().is_alive);
        assert_eq!(read(17, "17 (a"), None);
    }

    #[test]
    fn this_process_is_below_its_parent() {
        let own = process(std::process::id()).unwrap();
        assert!(own.is_alive && own.rss_pages > 0 && below(own.parent).iter().any(|p| p.id == own.id));
        assert_eq!(process(u32::MAX), None);
    }
}
