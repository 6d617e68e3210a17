//! Constants without a symbol: who uses them, and what they are called.
//!
//! A constant reaches from one place that code (or a relocated word) refers to up to the next, or it is an input section of the linker's
//! map. A text is named by itself, a number of one word by its value, a switch's targets are a table. One that a single function uses is that
//! function's; what several use is shared. What only another constant refers to (a table of texts) is used by whoever uses that one.

use super::places::{self, Places};
use crate::elf::{Elf, Section};
use crate::linker::{LinkerMap, short_section};
use crate::names;
use object::Endianness;
use ounce_protocol::measurement::Owner;

/// Places that refer to a constant from outside any symbol, remembered for each.
const INDIRECT_MAX: usize = 16;
/// How many constants may refer to one another in a row before the user is not looked for any more.
const INDIRECTION_MAX: usize = 8;
/// Characters of a text that are shown.
const TEXT_CHARS_MAX: usize = 60;
/// The shortest text that is taken for one without anything referring to it.
const CONVINCING_BYTES_MIN: usize = 4;
/// The same where no zero byte ends it: numbers look like text for a few bytes, not for so many.
const READABLE_BYTES_MIN: usize = 12;
/// One character and its zero byte: as likely a number.
const SHORT_TEXT_BYTES_MAX: u64 = 2;
/// Short texts in a row that one long enough must follow.
const SHORT_TEXTS_MAX: usize = 16;
/// Zero bytes between two texts: the first one's end, and up to seven that align the next.
const ZEROES_BETWEEN_MAX: usize = 8;
/// The longest text looked at.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// A word of less is a number, also in an image whose memory begins at 0.
const ADDRESS_MIN: u64 = 0x1000;

/// A constant before all of them are known.
#[derive(Debug)]
pub(super) struct Draft {
    pub section: usize,
    pub start: u64,
    pub end: u64,
    pub piece: Option<u32>,
    /// A function that only the unwind tables know.
    pub is_function: bool,
    pub is_code: bool,
    /// A symbol covers it that is no name.
    pub has_symbol: bool,
    is_used: bool,
    users: Users,
    indirect: Vec<u64>,
}

/// Whose it is: the symbol's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Users {
    Unknown,
    One(u32),
    Several,
}

impl Users {
    fn and(self, other: Users) -> Users {
        match (self, other) {
            (Users::Unknown, known) | (known, Users::Unknown) => known,
            (a, b) if a == b => a,
            _ => Users::Several,
        }
    }
}

impl Draft {
    pub fn new(section: usize, start: u64, end: u64, piece: Option<u32>) -> Self {
        Draft {
            section,
            start,
            end,
            piece,
            is_function: false,
            is_code: false,
            has_symbol: false,
            is_used: false,
            users: Users::Unknown,
            indirect: Vec::new(),
        }
    }

    /// Notes that what is at the run address `at` refers to it.
    pub fn used_at(&mut self, elf: &Elf<'_>, places: &Places, at: u64) {
        self.is_used = true;
        match places.symbol_at(elf, at) {
            Some(id) => self.users = self.users.and(Users::One(id)),
            None if self.indirect.len() < INDIRECT_MAX => self.indirect.push(at),
            None => {}
        }
    }
}

/// Bytes without a symbol of their own that have an owner.
#[derive(Debug)]
pub(crate) struct Constant {
    pub owner: Owner,
    /// Index into the sections, and where in it.
    pub section: usize,
    pub start: u64,
    pub end: u64,
    pub name: String,
    /// The input section in the linker's map.
    pub piece: Option<u32>,
    /// The symbol whose it is.
    pub of: Option<u32>,
    /// The group where it is no symbol's.
    pub group: Option<String>,
    pub code: bool,
}

/// Finds the users of constants that only constants refer to, and names all.
pub(super) fn settle(elf: &Elf<'_>, map: Option<&LinkerMap>, mut drafts: Vec<Draft>) -> Vec<Constant> {
    let mut by_address: Vec<(u64, u64, usize)> = drafts
        .iter()
        .enumerate()
        .map(|(index, d)| {
            let run = elf.sections[d.section].run;
            (run.saturating_add(d.start), run.saturating_add(d.end), index)
        })
        .collect();
    by_address.sort_unstable();
    let holder = |at: u64| {
        let after = by_address.partition_point(|(start, _, _)| *start <= at);
        by_address[..after].last().filter(|(_, end, _)| at < *end).map(|(_, _, index)| *index)
    };
    for _ in 0..INDIRECTION_MAX {
        let mut found: Vec<(usize, Users)> = Vec::new();
        for (index, draft) in drafts.iter().enumerate().filter(|(_, d)| !d.indirect.is_empty()) {
            let through = draft.indirect.iter().filter_map(|at| holder(*at)).filter(|other| *other != index);
            let users = through.fold(draft.users, |users, other| users.and(drafts[other].users));
            if users != draft.users {
                found.push((index, users));
            }
        }
        if found.is_empty() {
            break;
        }
        for (index, users) in found {
            drafts[index].users = users;
        }
    }
    drafts.into_iter().map(|draft| named(elf, map, &draft)).collect()
}

fn named(elf: &Elf<'_>, map: Option<&LinkerMap>, draft: &Draft) -> Constant {
    let section = &elf.sections[draft.section];
    let piece = draft.piece.and_then(|id| places::piece(map, id));
    let owner = match (draft.is_used, draft.users, piece) {
        _ if draft.is_function => Owner::Unwind,
        (true, Users::Several, _) => Owner::Shared,
        (true, _, _) => Owner::Reference,
        (false, ..) if draft.has_symbol => Owner::Symbol,
        (false, _, Some(_)) => Owner::Map,
        (false, _, None) => Owner::Text,
    };
    let of = match draft.users {
        Users::One(id) => Some(id),
        _ => None,
    };
    let bytes = section.slice(draft.start, draft.end);
    let input = piece.map(|piece| of_input_section(&piece.section));
    let (name, group) = match input {
        _ if draft.is_function => (format!("function at {:#x}", section.run.saturating_add(draft.start)), None),
        _ if draft.is_code => ("code without a symbol".to_owned(), None),
        // An input section named after what it holds; not after the function whose table it is.
        Some(Some(name)) if !of.is_some_and(|id| is_called(elf, id, &name)) => (name.display, Some(name.group)),
        Some(None) if owner == Owner::Map && as_text(bytes).is_none() => {
            (names::shortened(&piece.map_or_else(String::new, |piece| short_section(&piece.section))), None)
        }
        _ => (content_name(elf, section, bytes), None),
    };
    let group = match owner {
        Owner::Shared => Some("shared".to_owned()),
        Owner::Text => Some("texts".to_owned()),
        _ => group,
    };
    Constant { owner, section: draft.section, start: draft.start, end: draft.end, name, piece: draft.piece, of, group, code: draft.is_code }
}

/// What an input section is called after: `.text.main` after `main`. None where it is the section of many things, or of a constant
/// that the compiler numbered.
fn of_input_section(section: &str) -> Option<names::Name> {
    const KINDS: [&str; 11] = [
        ".text.unlikely.",
        ".text.startup.",
        ".text.",
        ".rodata.",
        ".data.rel.ro.",
        ".data.",
        ".bss.",
        ".sdata.",
        ".sbss.",
        ".srodata.",
        ".noinit.",
    ];
    let rest = KINDS.iter().find_map(|kind| section.strip_prefix(kind))?;
    if rest.is_empty() || is_merged(rest) || rest.contains("anon.") || rest.starts_with(".L") {
        return None;
    }
    Some(names::name(rest.trim_start_matches('.').as_bytes()))
}

/// Whether the end of an input section's name says that the linker merges what is in it: texts `str1.4` or constants `cst8`, with
/// `-fdata-sections` of one function, `main.str1.4`. What is left of them may be of any file and function.
fn is_merged(rest: &str) -> bool {
    number_behind("cst", rest).is_some() || bytes_of_character(rest).is_some()
}

/// Whether an input section of this name holds texts that the linker merges, a byte for each character: whatever they are, each ends with a zero.
pub(super) fn is_merged_texts(section: &str) -> bool {
    bytes_of_character(section) == Some("1")
}

/// The first number of `str1.4`; the second is the alignment.
fn bytes_of_character(section: &str) -> Option<&str> {
    let (before, align) = section.rsplit_once('.')?;
    number_behind("str", before).filter(|_| is_number(align))
}

fn number_behind<'s>(kind: &str, text: &'s str) -> Option<&'s str> {
    text.rsplit('.').next()?.strip_prefix(kind).filter(|word| is_number(word))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

/// A name from what it is: a text in quotes, the value of a word, a table; the size is the row's. An address is no name: each link gives another.
fn content_name(elf: &Elf<'_>, section: &Section<'_>, bytes: &[u8]) -> String {
    if section.nobits {
        return "memory".to_owned();
    }
    if is_table(elf, bytes) {
        return "table".to_owned();
    }
    if let Some(text) = as_text(bytes) {
        return quoted(text);
    }
    match bytes.len() {
        4 | 8 if !has_address(elf, bytes) => format!("0x{}", bytes.iter().rev().map(|b| format!("{b:02x}")).collect::<String>()),
        _ => "constant".to_owned(),
    }
}

/// Whether these are two words or more, each a place in the image's memory: a switch's targets, whatever their bytes read like.
fn is_table(elf: &Elf<'_>, bytes: &[u8]) -> bool {
    let width = if elf.is_64 { 8 } else { 4 };
    bytes.len() >= 2 * width && bytes.len().is_multiple_of(width) && bytes.chunks_exact(width).all(|word| has_address(elf, word))
}

/// Whether a symbol has this name.
fn is_called(elf: &Elf<'_>, id: u32, name: &names::Name) -> bool {
    places::symbol(elf, id).is_some_and(|s| names::name(s.name).display == name.display)
}

/// Whether one of these words is a place in the image's memory, as far as a number can tell.
fn has_address(elf: &Elf<'_>, bytes: &[u8]) -> bool {
    let width = if elf.is_64 { 8 } else { 4 };
    bytes.chunks_exact(width).any(|word| {
        let digit = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let value = match elf.endian {
            Endianness::Little => word.iter().rev().fold(0, digit),
            Endianness::Big => word.iter().fold(0, digit),
        };
        // Up to its end: where something ends is an address too.
        let is_in = |section: &Section<'_>| section.run <= value && value <= section.run.saturating_add(section.size);
        value >= ADDRESS_MIN && elf.sections.iter().any(|section| section.takes_memory() && is_in(section))
    })
}

/// The text that these bytes are, without the zeroes at its end.
fn as_text(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().rposition(|b| *b != 0)? + 1;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    text.chars().all(is_printed).then_some(text)
}

fn is_printed(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t' | '\x1b') || !c.is_control()
}

fn quoted(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(TEXT_CHARS_MAX)
        .flat_map(|c| {
            // An apostrophe is no end of these quotes.
            let as_it_is = (c == '\'').then_some(c);
            as_it_is.into_iter().chain(c.escape_debug().filter(move |_| as_it_is.is_none()))
        })
        .collect();
    if text.chars().nth(TEXT_CHARS_MAX).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// Where the text at the start of a constant ends, its zero byte included, where the rest is texts and fill as well; `None` where
/// the constant is one thing.
pub(super) fn first_text_end(section: &Section<'_>, start: u64, end: u64) -> Option<u64> {
    let after = text_end(section, start, end)?;
    if after - start <= SHORT_TEXT_BYTES_MAX {
        return None;
    }
    let all = section.slice(start, end.min(start.saturating_add(TEXT_BYTES_MAX)));
    (all.last() == Some(&0) && are_texts(all)).then_some(after)
}

/// Whether the bytes `start..end` are fill and texts with a zero byte after each.
pub(super) fn are_only_texts(section: &Section<'_>, start: u64, end: u64) -> bool {
    let bytes = section.slice(start, end);
    let fill = bytes.iter().take_while(|b| **b == 0).count();
    fill < ZEROES_BETWEEN_MAX && bytes.last() == Some(&0) && are_texts(&bytes[fill..])
}

/// Behind the first zero byte from `start` on, or `end`.
pub(super) fn zero_after(section: &Section<'_>, start: u64, end: u64) -> u64 {
    let zero = section.slice(start, end).iter().position(|b| *b == 0);
    zero.and_then(|length| u64::try_from(length).ok()).map_or(end, |length| start.saturating_add(length).saturating_add(1).min(end))
}

/// Where the zero bytes from `start` on end.
pub(super) fn zeroes_after(section: &Section<'_>, start: u64, end: u64) -> u64 {
    let other = section.slice(start, end).iter().position(|b| *b != 0);
    other.and_then(|length| u64::try_from(length).ok()).map_or(end, |length| start.saturating_add(length).min(end))
}

/// Whether these bytes, from the beginning of a text on, are texts with a zero byte after each and a few more to align the next. One at
/// least is long enough to be told from a number.
fn are_texts(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut convincing = false;
    while !rest.is_empty() {
        let Some(length) = rest.iter().position(|b| *b == 0) else { return false };
        if !is_text(&rest[..length]) {
            return false;
        }
        convincing |= length >= CONVINCING_BYTES_MIN;
        let zeroes = rest[length..].iter().take_while(|b| **b == 0).count();
        if zeroes > ZEROES_BETWEEN_MAX && length + zeroes < rest.len() {
            return false;
        }
        rest = &rest[length + zeroes..];
    }
    convincing
}

fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty() && std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_printed))
}

/// Where the text that begins at `start` ends, its zero byte included; `None` where it is no text, or one up to `end`.
fn text_end(section: &Section<'_>, start: u64, end: u64) -> Option<u64> {
    let bytes = section.slice(start, end.min(start.saturating_add(TEXT_BYTES_MAX)));
    let length = bytes.iter().position(|b| *b == 0)?;
    is_text(&bytes[..length]).then(|| start + u64::try_from(length).unwrap_or(u64::MAX - 1).saturating_add(1))
}

/// The first text in the section's bytes `start..end` that can be told without anything referring to it: where it begins, and where it ends,
/// its zero byte included. It is text from its beginning, at `start` or behind a zero byte, up to a zero byte, and so are its neighbours
/// where it is short (`after_text`: the one before it was); or it is long.
pub(super) fn text_within(section: &Section<'_>, start: u64, end: u64, after_text: bool) -> Option<(u64, u64)> {
    let bytes = section.slice(start, end);
    let offset = |index: usize| start.saturating_add(u64::try_from(index).unwrap_or(u64::MAX));
    let mut from = 0;
    while from < bytes.len() {
        if !may_be_text(bytes[from]) {
            from += 1;
            continue;
        }
        let length = bytes[from..].iter().position(|b| !may_be_text(*b)).unwrap_or(bytes.len() - from);
        let after = from + length;
        let ends = bytes.get(after) == Some(&0);
        let begins = from == 0 || bytes[from - 1] == 0;
        let whole = begins && ends;
        let is_told = length >= if whole { CONVINCING_BYTES_MIN } else { READABLE_BYTES_MIN }
            || whole && (after_text && from <= ZEROES_BETWEEN_MAX || is_followed_by_text(&bytes[from..]));
        if is_told && is_text(&bytes[from..after]) {
            return Some((offset(from), offset(after + usize::from(ends))));
        }
        from = after;
    }
    None
}

/// Whether a short text is the first of some, one of which is long enough to be told.
fn is_followed_by_text(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    for _ in 0..SHORT_TEXTS_MAX {
        let Some(length) = rest.iter().position(|b| *b == 0) else { return false };
        if !is_text(&rest[..length]) {
            return false;
        }
        if length >= CONVINCING_BYTES_MIN {
            return true;
        }
        let zeroes = rest[length..].iter().take_while(|b| **b == 0).count();
        if zeroes > ZEROES_BETWEEN_MAX {
            return false;
        }
        rest = &rest[length + zeroes..];
    }
    false
}

fn may_be_text(byte: u8) -> bool {
    byte >= 0x20 && byte != 0x7f || matches!(byte, b'\n' | b'\r' | b'\t' | 0x1b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_from_numbers() {
        let check = |bytes: &[u8], want: Option<&str>| assert_eq!(as_text(bytes), want, "{bytes:?}");
        check(b"hello\0", Some("hello"));
        check(b"hello", Some("hello"));
        check("für\0\0".as_bytes(), Some("für"));
        check(b"a\nb\x1b[0m", Some("a\nb\x1b[0m"));
        check(b"\0\0\0\0", None);
        check(b"\x01\x02\x03", None);
        check(b"abc\0def", None);
        check(b"\xff\xfe", None);
    }

    #[test]
    fn an_input_section_tells_what_it_holds() {
        let check = |section: &str, want: Option<&str>| {
            assert_eq!(of_input_section(section).map(|name| name.display).as_deref(), want, "{section}");
        };
        check(".text.main", Some("main"));
        check(".text._RNvNtCs1234_7mycrate3foo3bar", Some("mycrate::foo::bar"));
        check(".rodata.table", Some("table"));
        check(".rodata.str1.4", None);
        check(".rodata.cst8", None);
        check(".rodata.main.str1.4", None);
        check(".rodata.words.cst4", None);
        check(".rodata.strings", Some("strings"));
        check(".rodata.str1", Some("str1"));
        check(".rodata.words.0", Some("words.0"));
        check(".rodata..Lanon.0123.7", None);
        check(".text", None);
        check(".vectors", None);
    }

    #[test]
    fn a_text_is_quoted_and_cut() {
        assert_eq!(quoted("a\n\"b\" can't"), r#""a\n\"b\" can't""#);
        assert_eq!(quoted(&"x".repeat(61)), format!("\"{}…\"", "x".repeat(60)));
    }
}
