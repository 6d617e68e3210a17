//! Questions to the debug information: what was inlined into a function, and how many bytes each source line has.

use super::{DebugInfo, Function, NO_NAME, index};
use ounce_protocol::ledger::Inlined;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// The most functions that a row names as those its code was inlined into: the ones with the most bytes.
pub const INLINED_INTO_MAX: usize = 16;

/// The bytes of one source line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SourceRow {
    /// Index into [`DebugInfo::files`]; `None` for bytes of which no line is known.
    pub file: Option<u32>,
    /// The line, from 1; 0 for code that the compiler made without one, or where none is known.
    pub line: u32,
    /// Bytes.
    pub bytes: u64,
    /// How many of them are in copies of a function inlined into another.
    pub inlined_bytes: u64,
    /// The functions they were inlined into, by the names of those that have the code, at most [`INLINED_INTO_MAX`], largest first.
    pub inlined_into: Vec<Inlined>,
}

impl DebugInfo {
    /// The functions compiled into the code from `start` up to `end`: each with its own bytes, without what was inlined into it in turn, all its
    /// copies summed. Largest first, then by name. [`DebugInfo::own_bytes`] has the rest.
    pub fn inlined_in(&self, start: u64, end: u64) -> Vec<Inlined> {
        let mut sums: HashMap<u32, u64> = HashMap::new();
        for (inlined, bytes) in self.pieces(start, end) {
            let name = self.inlines.get(index(inlined)).map_or(u32::MAX, |i| i.name);
            *sums.entry(name).or_default() += bytes;
        }
        self.named(sums)
    }

    /// The bytes from `start` up to `end` that are in no inlined function: the function's own.
    pub fn own_bytes(&self, start: u64, end: u64) -> u64 {
        let inlined = self.pieces(start, end).map(|(_, bytes)| bytes).sum();
        end.saturating_sub(start).saturating_sub(inlined)
    }

    /// The last line of the function's own file with code of its own, not of what was inlined into it: where it ends, as far as its code says. None
    /// where that is not known, or not after the line where it is declared.
    pub fn last_line(&self, function: &Function) -> Option<u32> {
        let (file, declared) = function.declared?;
        let mut last = None;
        for &(start, end) in self.ranges(function) {
            let first = self.lines.partition_point(|l| l.end <= start);
            for line in self.lines[first..].iter().take_while(|l| l.start < end) {
                let candidate = line.file == file && line.line >= declared && last.is_none_or(|last| last < line.line);
                if candidate && self.own_bytes(line.start.max(start), line.end.min(end)) > 0 {
                    last = Some(line.line);
                }
            }
        }
        last
    }

    /// The parts of the range that are in an inlined function: its index, and their bytes.
    fn pieces(&self, start: u64, end: u64) -> impl Iterator<Item = (u32, u64)> + '_ {
        let first = self.innermost.partition_point(|p| p.end <= start);
        let inside = self.innermost[first..].iter().take_while(move |p| p.start < end);
        inside.map(move |p| (p.inlined, p.end.min(end).saturating_sub(p.start.max(start)))).filter(|&(_, bytes)| bytes > 0)
    }

    fn named(&self, sums: impl IntoIterator<Item = (u32, u64)>) -> Vec<Inlined> {
        let name = |n: u32| self.names.get(index(n)).map_or(NO_NAME, String::as_str).to_owned();
        let mut all: Vec<Inlined> = sums.into_iter().map(|(n, bytes)| Inlined { name: name(n), bytes }).collect();
        all.sort_unstable_by(|a, b| (Reverse(a.bytes), &a.name).cmp(&(Reverse(b.bytes), &b.name)));
        all
    }
}

/// The bytes of each source line in the ranges (start, end) that count. An inlined function's code is on the lines of its own file, not on the
/// line of the call.
///
/// Rows are sorted by size, largest first, then by file and line. They sum to the lengths of the ranges: what has no line is a row without a
/// file.
pub fn by_source(info: &DebugInfo, ranges: impl IntoIterator<Item = (u64, u64)>) -> Vec<SourceRow> {
    #[derive(Default)]
    struct Sum {
        bytes: u64,
        inlined: u64,
        into: BTreeMap<u32, u64>,
    }
    let mut sums: HashMap<(Option<u32>, u32), Sum> = HashMap::new();
    for (start, end) in ranges {
        let mut next = info.lines.partition_point(|l| l.end <= start);
        let mut at = start;
        while at < end {
            // Up to the end of the line, or of the gap before it.
            let (key, until) = match info.lines.get(next) {
                Some(line) if line.start <= at => {
                    next += 1;
                    ((Some(line.file), line.line), line.end.min(end))
                }
                Some(line) => ((None, 0), line.start.min(end)),
                None => ((None, 0), end),
            };
            let sum = sums.entry(key).or_default();
            sum.bytes = sum.bytes.saturating_add(until - at);
            for (inlined, bytes) in info.pieces(at, until) {
                sum.inlined = sum.inlined.saturating_add(bytes);
                let function = info.inlines.get(index(inlined)).and_then(|i| info.functions.get(index(i.function)));
                let into = sum.into.entry(function.map_or(u32::MAX, |f| f.name)).or_default();
                *into = into.saturating_add(bytes);
            }
            at = until;
        }
    }
    let row = |((file, line), sum): ((Option<u32>, u32), Sum)| {
        let mut into = info.named(sum.into);
        into.truncate(INLINED_INTO_MAX);
        SourceRow { file, line, bytes: sum.bytes, inlined_bytes: sum.inlined, inlined_into: into }
    };
    let mut rows: Vec<SourceRow> = sums.into_iter().map(row).collect();
    rows.sort_unstable_by_key(|r| (Reverse(r.bytes), r.file, r.line));
    rows
}
