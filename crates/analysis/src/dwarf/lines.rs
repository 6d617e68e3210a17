//! Line programs run straight into ranges of addresses, and the files they name.

use super::sections::Sections;
use super::unit::{Failed, Slice, wide};
use super::{DwarfError, FILES_MAX, LINES_MAX, LineRange, NO_FILE, PATH_BYTES_MAX, TEXT_BYTES_MAX, count, index};
use gimli::{Dwarf, Endianity, IncompleteLineProgram, LineProgramHeader, Unit};
use std::collections::HashMap;

/// The files of all units, each path once.
#[derive(Default)]
pub(super) struct Files {
    numbers: HashMap<String, u32>,
    bytes: usize,
    /// Of the unit at hand: the number of each file of its table, [`UNKNOWN`] where it has not been asked yet.
    of_unit: Vec<u32>,
}

const UNKNOWN: u32 = u32::MAX - 1;

impl Files {
    pub fn next_unit(&mut self) {
        self.of_unit.clear();
    }

    /// The number of a file of the unit's table; [`NO_FILE`] where there is no such file.
    pub fn number<E: Endianity>(
        &mut self,
        header: &LineProgramHeader<Slice<'_, E>>,
        dwarf: &Dwarf<Slice<'_, E>>,
        unit: &Unit<Slice<'_, E>>,
        file: u64,
    ) -> Result<u32, DwarfError> {
        let Ok(at) = usize::try_from(file) else { return Ok(NO_FILE) };
        // The table counts from 0 or from 1: room for one more either way.
        if at > header.file_names().len() {
            return Ok(NO_FILE);
        }
        if self.of_unit.len() <= at {
            self.of_unit.resize(at + 1, UNKNOWN);
        }
        if self.of_unit[at] == UNKNOWN {
            self.of_unit[at] = match path(header, dwarf, unit, file) {
                Some(path) => self.add(path)?,
                None => NO_FILE,
            };
        }
        Ok(self.of_unit[at])
    }

    fn add(&mut self, path: String) -> Result<u32, DwarfError> {
        if let Some(&number) = self.numbers.get(&path) {
            return Ok(number);
        }
        self.bytes = self.bytes.saturating_add(path.len());
        if self.numbers.len() >= FILES_MAX {
            return Err(DwarfError::TooMany { what: "source files", max: wide(FILES_MAX) });
        }
        if self.bytes > TEXT_BYTES_MAX {
            return Err(DwarfError::TooMany { what: "bytes of source paths", max: wide(TEXT_BYTES_MAX) });
        }
        let number = count(self.numbers.len());
        self.numbers.insert(path, number);
        Ok(number)
    }

    pub fn finish(self) -> Vec<String> {
        let mut files = vec![String::new(); self.numbers.len()];
        for (path, number) in self.numbers {
            files[index(number)] = path;
        }
        files
    }
}

/// A file's path: its name, joined to its directory, joined to the one the compiler ran in, as far as they are relative.
fn path<E: Endianity>(
    header: &LineProgramHeader<Slice<'_, E>>,
    dwarf: &Dwarf<Slice<'_, E>>,
    unit: &Unit<Slice<'_, E>>,
    file: u64,
) -> Option<String> {
    let entry = header.file(file)?;
    let text = |value| dwarf.attr_string(unit, value).ok().map(|slice| slice.slice());
    let name = text(entry.path_name())?;
    let directory = entry.directory(header).and_then(text).unwrap_or_default();
    let ran_in = unit.comp_dir.map(|slice| slice.slice()).unwrap_or_default();
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in [name, directory, ran_in] {
        parts.push(part);
        if is_absolute(part) {
            break;
        }
    }
    // Cut before it is put together: a name may be as long as the section.
    let cut = |part: &'_ [u8]| String::from_utf8_lossy(&part[..part.len().min(4 * PATH_BYTES_MAX)]).into_owned();
    let parts: Vec<String> = parts.into_iter().rev().map(cut).collect();
    Some(crate::names::shortened(&joined(&parts)))
}

fn is_absolute(path: &[u8]) -> bool {
    matches!(path, [b'/' | b'\\', ..] | [_, b':', b'/' | b'\\', ..])
}

/// Parts of a path in one, `.` and `..` resolved by their text.
fn joined(parts: &[String]) -> String {
    let mut whole: Vec<&str> = Vec::new();
    let absolute = parts.iter().find(|p| !p.is_empty()).is_some_and(|p| p.starts_with('/'));
    for part in parts.iter().flat_map(|p| p.split('/')) {
        match part {
            "" | "." => {}
            ".." if whole.last().is_some_and(|&last| last != "..") => {
                whole.pop();
            }
            ".." if absolute => {}
            _ => whole.push(part),
        }
    }
    let slash = if absolute { "/" } else { "" };
    format!("{slash}{}", whole.join("/"))
}

/// The ranges of all line programs.
#[derive(Default)]
pub(super) struct Lines {
    ranges: Vec<LineRange>,
}

impl Lines {
    /// Runs a line program. Sequences of removed functions are left out.
    pub fn run<'a, E: Endianity>(
        &mut self,
        program: IncompleteLineProgram<Slice<'a, E>>,
        dwarf: &Dwarf<Slice<'a, E>>,
        unit: &Unit<Slice<'a, E>>,
        files: &mut Files,
        sections: &Sections<'_>,
    ) -> Result<(), Failed> {
        let thumb = if sections.arm { !1 } else { !0 };
        let mut rows = program.rows();
        // Where the sequence's ranges begin in the list, and its first address.
        let mut sequence: Option<(usize, u64)> = None;
        let mut open: Option<(u64, u64, u32)> = None;
        while let Some((header, row)) = rows.next_row()? {
            let address = row.address() & thumb;
            let (first, _) = *sequence.get_or_insert((self.ranges.len(), address));
            if let Some((start, file, line)) = open
                && start < address
            {
                self.add(start, address, files.number(header, dwarf, unit, file)?, line, first)?;
            }
            if row.end_sequence() {
                if let Some((first, start)) = sequence.take()
                    && sections.code.keep(start, address).is_none()
                {
                    self.ranges.truncate(first);
                }
                open = None;
            } else {
                // Of several rows for one address the last counts.
                let line = row.line().map_or(0, |n| u32::try_from(n.get()).unwrap_or(0));
                open = Some((address, row.file_index(), line));
            }
        }
        // A sequence without an end is not one.
        if let Some((first, _)) = sequence {
            self.ranges.truncate(first);
        }
        Ok(())
    }

    fn add(&mut self, start: u64, end: u64, file: u32, line: u32, first_of_sequence: usize) -> Result<(), DwarfError> {
        if file == NO_FILE {
            return Ok(());
        }
        if self.ranges.len() > first_of_sequence
            && let Some(last) = self.ranges.last_mut()
            && (last.end, last.file, last.line) == (start, file, line)
        {
            last.end = end;
            return Ok(());
        }
        if self.ranges.len() >= LINES_MAX {
            return Err(DwarfError::TooMany { what: "ranges of lines", max: wide(LINES_MAX) });
        }
        self.ranges.push(LineRange { start, end, file, line });
        Ok(())
    }

    /// All ranges, sorted and disjoint: of overlapping ones, the one that starts first has the bytes.
    pub fn finish(self) -> Vec<LineRange> {
        let mut ranges = self.ranges;
        ranges.sort_unstable();
        let mut end = 0;
        ranges.retain_mut(|range| {
            range.start = range.start.max(end);
            end = end.max(range.end);
            range.start < range.end
        });
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_joined_and_tidied() {
        let check = |parts: &[&str], want: &str| {
            let parts: Vec<String> = parts.iter().map(|&p| p.to_owned()).collect();
            assert_eq!(joined(&parts), want, "{parts:?}");
        };
        check(&["/src", "vm/src", "vm.rs"], "/src/vm/src/vm.rs");
        check(&["/src/build", "../lib", "./a.c"], "/src/lib/a.c");
        check(&["/", "../..", "a.c"], "/a.c");
        check(&["", "../lib", "a.c"], "../lib/a.c");
        check(&["", "", ""], "");
        check(&["C:/src", "a.c"], "C:/src/a.c");
    }
}
