//! Debug information: which source line each instruction is from, and which functions were compiled into which.
//!
//! The ledger can do without it: an image without debug information has the same rows. What is read here explains code, so it may not touch
//! the sums, and nothing else of this crate depends on it.
//!
//! **What is read.** DWARF 2 to 5, 32-bit and 64-bit, both byte orders, compressed or not: of `.debug_info` only subprograms, inlined
//! subroutines and what names them; of `.debug_line` all of it. Debug information in files of its own (`.dwo`, `.dwp`, an alternate file of
//! dwz) is not followed; [`DebugInfo::skipped`] counts the units.
//!
//! **Removed functions.** A linker that removes a function leaves its debug information, at address 0, -1 or -2. Only what lies in sections of
//! code is taken, and at address 0 only where a symbol says that a function is there.
//!
//! **Hostile files.** Every list has a limit with a name; what is read twice, because two units point to it, is counted each time, so that a small
//! file cannot make much work.

mod compressed;
mod lines;
mod nest;
mod resolve;
pub(crate) mod sections;
mod source;
mod unit;
mod walk;

use crate::elf::ElfError;
use ounce_protocol::ledger::Source;
use sections::Sections;
pub use source::{INLINED_INTO_MAX, SourceRow, by_source};

/// The most bytes that all compressed debug sections of a file may have when they are not.
pub const DECOMPRESSED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// The most bytes one debug section may have. Offsets have 32 bits.
pub const SECTION_BYTES_MAX: u64 = u32::MAX as u64 - 1;
/// The most separate ranges of code an image may have.
pub const CODE_RANGES_MAX: usize = 16_384;
/// The most units that are read.
pub const UNITS_MAX: usize = 262_144;
/// The most subprograms, declarations among them.
pub const SUBPROGRAMS_MAX: usize = 4_000_000;
/// The most ranges of subprograms and inlined subroutines together, those of removed functions among them.
pub const RANGES_MAX: usize = 4_000_000;
/// The most ranges of lines.
pub const LINES_MAX: usize = 8_000_000;
/// The most source files.
pub const FILES_MAX: usize = 262_144;
/// The most bytes of paths, and of names, in all.
pub const TEXT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Paths are no longer than this; longer ones end in `…` and a few digits of their hash.
pub const PATH_BYTES_MAX: usize = 1024;
/// How deep entries that matter may nest.
pub const NESTING_MAX: usize = 1024;
/// How many references (`DW_AT_abstract_origin`, `DW_AT_specification`) are followed to a name.
pub const HOPS_MAX: usize = 16;
/// The most bytes of one line program's header: its tables of directories and files.
pub const LINE_HEADER_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Tables and line programs that units share are read again for each unit; in all, at most this many times their section.
pub const REREAD_FACTOR_MAX: u64 = 8;

/// Why debug information cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DwarfError {
    /// It is not a linked image, or its headers are damaged.
    #[error(transparent)]
    Elf(#[from] ElfError),
    /// Something in a debug section makes no sense.
    #[error("damaged debug information: .{section} at {offset:#x}: {what}; link again, or strip the image (its sizes do not need this)")]
    Damaged {
        /// The section's name without its dot.
        section: &'static str,
        /// The offset in it where reading stopped, or of the unit in which it did.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// One of the limits of this module.
    #[error("the debug information has more than {max} {what}, no more are read")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The limit.
        max: u64,
    },
}

/// Which parts are wanted. What is not is not even decompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Lines ([`DebugInfo::lines`]).
    pub lines: bool,
    /// Functions and what is inlined into them ([`DebugInfo::functions`], [`DebugInfo::inlines`]).
    pub inlines: bool,
}

impl Wanted {
    /// Everything.
    pub const ALL: Wanted = Wanted { lines: true, inlines: true };
}

/// Addresses of code that are from one source line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineRange {
    /// First run address.
    pub start: u64,
    /// The address after the last.
    pub end: u64,
    /// Index into [`DebugInfo::files`].
    pub file: u32,
    /// The line, from 1; 0 for code that the compiler made without one.
    pub line: u32,
}

/// A function with code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Index into [`DebugInfo::names`].
    pub name: u32,
    /// Index into [`DebugInfo::files`], and the line from 1: where it is declared.
    pub declared: Option<(u32, u32)>,
    /// Its linkage name: a range of the text that [`DebugInfo::linkage`] reads.
    linkage: (u32, u32),
    /// Where its ranges are in the list of all, and how many.
    ranges: (u32, u32),
}

/// Addresses of one copy of a function compiled into another, those of functions inlined into it in turn among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InlinedRange {
    /// First run address.
    pub start: u64,
    /// The address after the last.
    pub end: u64,
    /// Index into [`DebugInfo::names`]: the function that was inlined.
    pub name: u32,
    /// Index into [`DebugInfo::functions`]: the function with the code.
    pub function: u32,
    /// Index into [`DebugInfo::files`]: where the call is written. [`NO_FILE`] where it is not known.
    pub call_file: u32,
    /// The line of the call, from 1; 0 where it is not known.
    pub call_line: u32,
    /// Index into [`DebugInfo::inlines`]: the inlined function that this one was inlined into, [`NO_PARENT`] where that is
    /// [`function`](Self::function) itself.
    pub parent: u32,
    /// How many functions there are between, from 1.
    pub depth: u16,
}

/// No file is known.
pub const NO_FILE: u32 = u32::MAX;
/// Inlined into the function itself.
pub const NO_PARENT: u32 = u32::MAX;

/// The name of what has none.
pub const NO_NAME: &str = "?";

/// What was not read, and why: to be said aloud where figures are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Units whose information is in a `.dwo` or `.dwp` file.
    pub split_units: u32,
    /// Units of a version this does not know.
    pub unknown_units: u32,
}

/// The debug information of an image.
#[derive(Debug, Clone, Default)]
pub struct DebugInfo {
    files: Vec<String>,
    names: Vec<String>,
    linkage: String,
    lines: Vec<LineRange>,
    functions: Vec<Function>,
    function_ranges: Vec<(u64, u64)>,
    /// The same by start, each with the index of its function.
    by_address: Vec<(u64, u64, u32)>,
    inlines: Vec<InlinedRange>,
    /// Sorted, disjoint: the innermost inlined range at each address.
    innermost: Vec<nest::Piece>,
    skipped: Skipped,
}

impl DebugInfo {
    /// Reads all of it; `None` where the file has none.
    ///
    /// # Errors
    /// [`DwarfError`] where the file is no linked image, is damaged, or is beyond a limit.
    pub fn read(elf: &[u8]) -> Result<Option<Self>, DwarfError> {
        Self::read_wanted(elf, Wanted::ALL)
    }

    /// Reads what is wanted; the other lists stay empty.
    ///
    /// # Errors
    /// As [`DebugInfo::read`].
    pub fn read_wanted(elf: &[u8], wanted: Wanted) -> Result<Option<Self>, DwarfError> {
        let needs = |name: &str| match name {
            "debug_ranges" | "debug_rnglists" => wanted.inlines,
            // Unwinding is not asked for here.
            "debug_frame" => false,
            _ => true,
        };
        let sections = Sections::read(elf, &needs)?;
        if sections.get("debug_info").is_empty() {
            return Ok(None);
        }
        let info = if sections.big_endian {
            unit::read(&sections, gimli::BigEndian, wanted)
        } else {
            unit::read(&sections, gimli::LittleEndian, wanted)
        };
        info.map(Some)
    }

    /// The source files: paths as the compiler was given them, relative ones joined to the directory it ran in, `.` and `..` resolved. Prefixes of
    /// toolchains and registries are as they are.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Lines by address, sorted and disjoint.
    pub fn lines(&self) -> &[LineRange] {
        &self.lines
    }

    /// Functions with code, by their first address.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The run addresses of a function: start and end of each range, the lowest first.
    pub fn ranges(&self, function: &Function) -> &[(u64, u64)] {
        let (first, count) = (index(function.ranges.0), index(function.ranges.1));
        self.function_ranges.get(first..first.saturating_add(count)).unwrap_or_default()
    }

    /// The linkage name of a function, where it has one.
    pub fn linkage(&self, function: &Function) -> Option<&str> {
        let (start, end) = (index(function.linkage.0), index(function.linkage.1));
        self.linkage.get(start..end).filter(|text| !text.is_empty())
    }

    /// Where a function is declared.
    pub fn source(&self, function: &Function) -> Option<Source> {
        let (file, line) = function.declared?;
        Some(Source { file: self.files.get(index(file))?.clone(), line })
    }

    /// The function that holds the address: of several, the one whose range starts last.
    pub fn function_at(&self, address: u64) -> Option<&Function> {
        // Ranges overlap only where the linker kept one function of many, or the file is damaged.
        const LOOKED_AT_MAX: usize = 64;
        let after = self.by_address.partition_point(|r| r.0 <= address);
        let found = self.by_address[..after].iter().rev().take(LOOKED_AT_MAX).find(|r| address < r.1)?;
        self.functions.get(index(found.2))
    }

    /// Inlined ranges: by start, of these the longest first.
    pub fn inlines(&self) -> &[InlinedRange] {
        &self.inlines
    }

    /// Names for people: demangled linkage names, else the name in the debug information with its namespaces.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What was not read.
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// The line at an address.
    pub fn line_at(&self, address: u64) -> Option<LineRange> {
        let after = self.lines.partition_point(|l| l.start <= address);
        self.lines[..after].last().filter(|l| address < l.end).copied()
    }

    /// The inlined ranges that hold an address, innermost first.
    pub fn inlined_at(&self, address: u64) -> Vec<InlinedRange> {
        let after = self.innermost.partition_point(|p| p.start <= address);
        let mut chain = Vec::new();
        let mut next = self.innermost[..after].last().filter(|p| address < p.end).map_or(NO_PARENT, |p| p.inlined);
        while let Some(&inlined) = self.inlines.get(index(next)) {
            chain.push(inlined);
            next = inlined.parent;
        }
        chain
    }
}

/// A position in a list, all of which are limited to 32 bits.
fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// The next position in a list, which its limit keeps in 32 bits.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
