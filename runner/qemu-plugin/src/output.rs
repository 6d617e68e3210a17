//! The result file: its text, and how it appears whole or not at all. It may touch that one file.
//!
//! The format is documented at the crate's head; a change of its meaning changes the number in its first line.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::counters::{FIRST_PC, LOADS, STORES, UNLISTED};
use crate::windows::Totals;

/// All figures of a run, as they go into the file.
#[derive(Debug, Default)]
pub struct Report<'a> {
    /// Version of QEMU's plugin interface.
    pub qemu_api: i32,
    /// Instructions in the whole run.
    pub total: u64,
    /// Instructions in the windows.
    pub measured: u64,
    /// The markers' tally.
    pub markers: Totals,
    /// The budget, if there is one.
    pub budget: Option<u64>,
    /// The stack marks of the whole run and of the windows, if there is a stack.
    pub stack: Option<(u64, u64)>,
    /// Whether loads and stores were counted.
    pub memory: bool,
    /// Faults of the plugin itself.
    pub faults: u64,
    /// Counts in the windows by slot; may be shorter than the addresses need.
    pub counts: &'a [u64],
    /// The addresses of the slots from `FIRST_PC` on.
    pub addresses: &'a [u64],
    /// Where the code went elsewhere than on in the windows, by address, if that was counted.
    pub jumps: Option<Vec<(u64, u64)>>,
}

impl Report<'_> {
    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail; `render` returns a Result only because `write!` does.
        let _ = self.render(&mut text);
        text
    }

    fn render(&self, text: &mut String) -> std::fmt::Result {
        let count = |slot: usize| self.counts.get(slot).copied().unwrap_or(0);
        writeln!(text, "ounce-qemu 1")?;
        writeln!(text, "qemu_api {}", self.qemu_api)?;
        writeln!(text, "total {}", self.total)?;
        writeln!(text, "measured {}", self.measured)?;
        writeln!(text, "begin_hits {}", self.markers.begin_hits)?;
        writeln!(text, "end_hits {}", self.markers.end_hits)?;
        writeln!(text, "over_budget {}", u8::from(self.budget.is_some_and(|budget| self.total > budget)))?;
        if let Some(budget) = self.budget {
            writeln!(text, "budget {budget}")?;
        }
        if let Some((low, low_measured)) = self.stack {
            writeln!(text, "stack_low {low:#x}")?;
            writeln!(text, "stack_low_measured {low_measured:#x}")?;
        }
        if self.memory {
            writeln!(text, "loads {}", count(LOADS))?;
            writeln!(text, "stores {}", count(STORES))?;
        }
        if self.markers.begin_hits == 0 {
            writeln!(text, "error begin_missing 0")?;
        }
        for (word, times) in [
            ("begin_twice", self.markers.begin_twice),
            ("end_without_begin", self.markers.end_without_begin),
            ("begin_without_end", self.markers.begin_without_end),
            ("pc_limit", count(UNLISTED)),
            ("internal", self.faults),
        ] {
            if times != 0 {
                writeln!(text, "error {word} {times}")?;
            }
        }
        let counts = self.counts.get(FIRST_PC..).unwrap_or_default();
        let mut profile: Vec<(u64, u64)> =
            self.addresses.iter().copied().zip(counts.iter().copied()).filter(|&(_, count)| count != 0).collect();
        profile.sort_unstable();
        for (address, count) in profile {
            writeln!(text, "pc {address:#x} {count}")?;
        }
        for (address, times) in self.jumps.iter().flatten() {
            writeln!(text, "left {address:#x} {times}")?;
        }
        writeln!(text, "end")
    }
}

/// The result file, opened early (so that a wrong path is known before the guest runs) and under another name.
#[derive(Debug)]
pub struct ResultFile {
    file: File,
    unfinished: PathBuf,
    finished: PathBuf,
}

impl ResultFile {
    /// Removes what an earlier run left under this name and opens a new file beside it.
    ///
    /// # Errors
    /// The folder does not exist or may not be written.
    pub fn open(out: &Path) -> io::Result<Self> {
        // QEMU may change its folder before the run ends.
        let finished = std::path::absolute(out)?;
        let mut name = finished.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        name.push(".unfinished");
        let unfinished = finished.with_file_name(name);
        for old in [&finished, &unfinished] {
            match fs::remove_file(old) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let file = File::create_new(&unfinished)?;
        Ok(Self { file, unfinished, finished })
    }

    /// Writes the text and gives the file its name.
    ///
    /// # Errors
    /// As the file system has them; then there is no file of that name.
    pub fn publish(mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        fs::rename(&self.unfinished, &self.finished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_run_has_only_the_lines_that_always_come() {
        let report = Report {
            qemu_api: 1,
            total: 900,
            measured: 12,
            markers: Totals { begin_hits: 1, end_hits: 1, ..Totals::default() },
            counts: &[0, 0, 0, 5, 0, 7],
            addresses: &[0x8000_0102, 0x100, 0x10, 0x200],
            jumps: None,
            ..Report::default()
        };
        let lines = "ounce-qemu 1\nqemu_api 1\ntotal 900\nmeasured 12\nbegin_hits 1\nend_hits 1\nover_budget 0\n\
                     pc 0x10 7\npc 0x80000102 5\nend\n";
        assert_eq!(report.text(), lines);
    }

    #[test]
    fn a_run_with_everything_and_every_error() {
        let report = Report {
            qemu_api: 4,
            total: 900,
            measured: 12,
            markers: Totals { begin_hits: 0, end_hits: 1, begin_twice: 2, end_without_begin: 3, begin_without_end: 1 },
            budget: Some(899),
            stack: Some((0x2000_0ff0, 0x2000_1000)),
            memory: true,
            faults: 5,
            counts: &[21, 22, 4, 8],
            addresses: &[0],
            jumps: Some(vec![(0x0, 6)]),
        };
        let lines = "ounce-qemu 1\nqemu_api 4\ntotal 900\nmeasured 12\nbegin_hits 0\nend_hits 1\nover_budget 1\nbudget 899\n\
                     stack_low 0x20000ff0\nstack_low_measured 0x20001000\nloads 21\nstores 22\nerror begin_missing 0\n\
                     error begin_twice 2\nerror end_without_begin 3\nerror begin_without_end 1\nerror pc_limit 4\n\
                     error internal 5\npc 0x0 8\nleft 0x0 6\nend\n";
        assert_eq!(report.text(), lines);
    }

    #[test]
    fn a_run_of_exactly_its_budget_is_within_it() {
        let over = |total| Report { total, budget: Some(899), ..Report::default() }.text().contains("over_budget 1");
        assert_eq!([over(898), over(899), over(900)], [false, false, true]);
    }

    #[test]
    fn the_file_appears_whole_and_an_old_one_never_stays() {
        let folder = std::env::temp_dir().join(format!("ounce-plugin-output-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let out = folder.join("counts");
        fs::write(&out, "of an earlier run").unwrap();
        fs::write(folder.join("counts.unfinished"), "of a killed run").unwrap();
        let file = ResultFile::open(&out).unwrap();
        assert!(!out.exists());
        file.publish("whole\n").unwrap();
        assert_eq!(fs::read_to_string(&out).unwrap(), "whole\n");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert!(ResultFile::open(&folder.join("absent/counts")).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
