//! What a linker says of an image: its map (which object file's which section lies where) and the memory its script declares.
//!
//! A map is text that a build leaves and as hostile as the image itself. It is a hint, not a truth: GNU ld lists merged string sections
//! with sizes from before merging, so pieces are cut here until no two of one output section overlap and none leaves it. Nothing in
//! here looks at the ELF file; whoever joins the two must believe a piece only where the file has an allocated section of the
//! name [`Piece::output`] around it (sections that are not loaded are listed at address 0, and so may be flash).

mod gnu;
mod lld;
mod object;
mod regions;
mod script;

use crate::names::shortened;
use crate::spans::{Partition, Span};
use std::collections::HashSet;
use std::sync::Arc;

pub use object::{short_object, short_section};
pub use regions::regions;
pub use script::{EXPRESSION_DEPTH_MAX, REGIONS_MAX, SCRIPT_BYTES_MAX, ScriptError, script_memory};

/// A map longer than this is refused, bytes.
pub const MAP_BYTES_MAX: usize = 256 * 1024 * 1024;
/// The most lines a map may have.
pub const MAP_LINES_MAX: usize = 4_000_000;
/// The most pieces (input sections, fills, symbols within them) a map may list.
pub const PIECES_MAX: usize = 1_000_000;

/// The object of a piece that the linker made by itself: merged strings, veneers.
pub const LINKER: &str = "(linker)";
/// The object of a piece that the linker script says: `LONG(0)`, `. = ALIGN(4)`.
pub const LINKER_SCRIPT: &str = "(linker script)";

/// Which linker wrote the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapFormat {
    /// GNU ld (`-Wl,-Map=FILE`).
    GnuLd,
    /// LLVM's lld, rust-lld too (`-Map=FILE`).
    Lld,
}

/// A linker's map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkerMap {
    /// The memory regions, in the map's order; lld's maps have none.
    pub memory: Vec<MemoryRegion>,
    /// What lies where, by output section in the map's order, by address within one. Pieces of one output section do not overlap;
    /// output sections may (overlays share their run addresses).
    pub pieces: Vec<Piece>,
    /// Who wrote it.
    pub format: MapFormat,
}

/// A line of a linker script's MEMORY block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryRegion {
    /// Its name.
    pub name: String,
    /// First address.
    pub start: u64,
    /// Size in bytes.
    pub size: u64,
    /// Its attributes as written (`rx`, `!w`), empty where there are none.
    pub attributes: String,
}

/// Part of an input section, or fill between two. Never empty. Names are shared: thousands of pieces are of one object file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its run address (VMA).
    pub start: u64,
    /// Size in bytes, at least 1; smaller than the map says where that would overlap the next piece or leave the output section.
    pub size: u64,
    /// The output section it is in.
    pub output: Arc<str>,
    /// The input section: `.rodata.str1.1`, `.text.foo`, `COMMON`; empty for fill. As the linker names it: [`short_section`] takes out
    /// what a build renumbers.
    pub section: Arc<str>,
    /// The object file as [`short_object`] shortens it, [`LINKER`] or [`LINKER_SCRIPT`]; empty for fill.
    pub object: Arc<str>,
    /// The symbol, where the map says which bytes it has; lld's do.
    pub symbol: Option<String>,
    /// Whether it is fill: GNU ld's `*fill*`, a location counter moved by the script.
    pub fill: bool,
}

impl Piece {
    /// The first address after it, saturating.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }
}

/// Why a map cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// Neither linker's headline is in it.
    #[error(
        "line {lines} is the last, and none is the headline of a map of GNU ld or lld; write one with -Wl,-Map=FILE (English: LC_ALL=C) and name it in `map` in ounce.toml"
    )]
    NotAMap {
        /// How many lines it has.
        lines: usize,
    },
    /// A map that ends early.
    #[error("line {line} is the last, before \"Linker script and memory map\"; was the link interrupted? build again")]
    Unfinished {
        /// The last line.
        line: usize,
    },
    /// An address or size that is no 64-bit number.
    #[error("line {line}: {text:?} is not a 64-bit address or size; was the file damaged? build again")]
    Number {
        /// Where.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// More than is read.
    #[error("line {line}: the map has more than {max} {what}; leave `map` out of ounce.toml to weigh without it")]
    TooMany {
        /// Where the limit was met.
        line: usize,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
}

impl LinkerMap {
    /// The output sections in the map's order, each with its pieces by address.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, &[Piece])> {
        self.pieces.chunk_by(|a, b| a.output == b.output).map(|pieces| (&*pieces[0].output, pieces))
    }

    /// Reads a map of GNU ld or lld.
    ///
    /// Lines it does not know are passed over: both formats have grown with every release. Sections that never are loaded
    /// (debug information, symbol tables, attributes) are left out.
    ///
    /// # Errors
    /// [`MapError`] where it is no map, is damaged, or is beyond a limit.
    pub fn parse(text: &[u8]) -> Result<LinkerMap, MapError> {
        if text.len() > MAP_BYTES_MAX {
            return Err(MapError::TooMany { line: 1, what: "bytes", max: MAP_BYTES_MAX });
        }
        if lld::is_headline(&Lines::of(text).next().transpose()?.unwrap_or_default().1) { lld::parse(text) } else { gnu::parse(text) }
    }
}

/// The lines of a text with their numbers from 1, without line ends; an error at the first beyond the limit.
struct Lines<'t> {
    rest: std::slice::Split<'t, u8, fn(&u8) -> bool>,
    number: usize,
}

impl<'t> Lines<'t> {
    fn of(text: &'t [u8]) -> Self {
        let newline: fn(&u8) -> bool = |&b| b == b'\n';
        Lines { rest: text.strip_suffix(b"\n").unwrap_or(text).split(newline), number: 0 }
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = Result<(usize, std::borrow::Cow<'t, str>), MapError>;
    fn next(&mut self) -> Option<Self::Item> {
        let line = self.rest.next()?;
        self.number += 1;
        if self.number > MAP_LINES_MAX {
            return Some(Err(MapError::TooMany { line: self.number, what: "lines", max: MAP_LINES_MAX }));
        }
        Some(Ok((self.number, String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)))))
    }
}

/// The first word of a text and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// A number in hexadecimal digits.
fn hex(line: usize, digits: &str) -> Result<u64, MapError> {
    u64::from_str_radix(digits, 16).map_err(|_| MapError::Number { line, text: shortened(digits) })
}

/// Collects what a map lists and hands out what of it is consistent.
#[derive(Default)]
struct Builder {
    /// Of the output section that is being read: its name and its addresses; none where it is left out.
    output: Option<(Arc<str>, Span<()>)>,
    /// The names of the output sections so far.
    seen: HashSet<Arc<str>>,
    waiting: Vec<Piece>,
    pieces: Vec<Piece>,
}

impl Builder {
    /// What follows is in this output section.
    fn open(&mut self, name: &str, start: u64, size: u64) {
        self.close();
        if size > 0 && !is_never_loaded(name) {
            let name: Arc<str> = shortened(name).into();
            // A linker makes one section of a name. Of several in a damaged map the first is kept, so that none overlap.
            let is_new = self.seen.insert(name.clone());
            self.output = is_new.then(|| (name, Span::new(start, start.saturating_add(size), ())));
        }
    }

    /// A piece of the open output section, as far as it lies in that.
    fn add(&mut self, line: usize, start: u64, size: u64, what: What<'_>) -> Result<(), MapError> {
        let Some((output, range)) = &self.output else { return Ok(()) };
        let (first, end) = (start.max(range.start), start.saturating_add(size).min(range.end));
        if first >= end {
            return Ok(());
        }
        if self.pieces.len() + self.waiting.len() >= PIECES_MAX {
            return Err(MapError::TooMany { line, what: "pieces", max: PIECES_MAX });
        }
        let piece = |section: &Arc<str>, object: &Arc<str>, symbol: Option<&str>, fill| Piece {
            start: first,
            size: end - first,
            output: output.clone(),
            section: section.clone(),
            object: object.clone(),
            symbol: symbol.map(shortened),
            fill,
        };
        let piece = match what {
            What::Input { source, symbol } => piece(&source.section, &source.object, symbol, false),
            What::Script => piece(output, &LINKER_SCRIPT.into(), None, false),
            What::Fill => piece(&"".into(), &"".into(), None, true),
        };
        self.waiting.push(piece);
        Ok(())
    }

    /// Ends the open output section: cuts its pieces. A linker lists them in the order of their addresses, and what is listed with too
    /// large a size is always followed by something where it really ended: each piece ends where the next one begins at the
    /// latest, and of several that begin at one address the one listed last is right.
    fn close(&mut self) {
        self.output = None;
        self.waiting.sort_by_key(|p| p.start);
        let mut waiting = std::mem::take(&mut self.waiting).into_iter().peekable();
        while let Some(mut piece) = waiting.next() {
            if let Some(next) = waiting.peek() {
                piece.size = piece.size.min(next.start - piece.start);
            }
            if piece.size > 0 {
                self.pieces.push(piece);
            }
        }
    }

    fn finish(mut self, memory: Vec<MemoryRegion>, format: MapFormat) -> LinkerMap {
        self.close();
        LinkerMap { memory, pieces: self.pieces, format }
    }
}

/// An input section of an object file.
struct Source {
    section: Arc<str>,
    object: Arc<str>,
}

impl Source {
    fn new(section: &str, path: &str) -> Self {
        Source { section: shortened(section).into(), object: short_object(path).into() }
    }
}

/// What a piece is.
enum What<'t> {
    Input {
        source: &'t Source,
        symbol: Option<&'t str>,
    },
    /// Bytes that the script writes itself.
    Script,
    Fill,
}

/// Output sections that are never loaded; maps list them at address 0, where many chips have their flash.
fn is_never_loaded(output: &str) -> bool {
    const NAMES: [&str; 12] = [
        "/DISCARD/",
        ".comment",
        ".symtab",
        ".symtab_shndx",
        ".strtab",
        ".shstrtab",
        ".ARM.attributes",
        ".riscv.attributes",
        ".gnu.attributes",
        ".note.GNU-stack",
        ".stack_sizes",
        ".gdb_index",
    ];
    const BEGINNINGS: [&str; 7] = [".debug_", ".zdebug_", ".stab", ".gnu.lto_", ".gnu.debuglto_", ".llvm", ".gnu_debug"];
    // Relocations that were kept (--emit-relocs) are named after a section; those a loader applies are loaded.
    let relocations = output.strip_prefix(".rela").or_else(|| output.strip_prefix(".rel"));
    let kept = relocations.is_some_and(|of| of.starts_with('.') && !matches!(of, ".dyn" | ".plt" | ".iplt" | ".got" | ".ifunc"));
    kept || NAMES.contains(&output) || BEGINNINGS.iter().any(|b| output.starts_with(b))
}

/// Cuts an input section by the symbols in it, the innermost having the byte; the rest is without a symbol.
fn by_symbol(section: Span<()>, symbols: &[Span<usize>]) -> Vec<Span<Option<usize>>> {
    Partition::innermost(symbols.to_vec()).over(section.start, section.end).collect()
}
