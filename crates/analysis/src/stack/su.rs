//! `.su` files, in which GCC and Clang state each function's frame (`-fstack-usage`).
//!
//! A line a function, three fields with tabs between them: where and which, the bytes, what is known of them.
//!
//! ```text
//! main.c:12:5:read_all      312     static
//! main.c:40:parse           48      dynamic,bounded
//! ```
//!
//! Clang and old versions of GCC have no column. Paths may hold colons (`C:\src\main.c`), and so may C++'s functions, which GCC writes as in the
//! source, with their types: `virtual int ns::S::f(int, const char*) const`.

/// A file has at most so many lines that are read.
pub const SU_ENTRIES_MAX: usize = 1_000_000;
/// A longer line is not read.
pub const SU_LINE_BYTES_MAX: usize = 16 * 1024;

/// What a `.su` file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Su {
    /// The functions, in the order of the file.
    pub entries: Vec<SuEntry>,
    /// Lines that say nothing that is understood, and those beyond [`SU_ENTRIES_MAX`].
    pub lines_not_read: u64,
}

/// One function's line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SuEntry {
    /// The file as the compiler was given it.
    pub file: String,
    /// The line, from 1, where it is said.
    pub line: Option<u32>,
    /// The column, from 1, where it is said.
    pub column: Option<u32>,
    /// The function as the compiler writes it: C's name, C++'s declaration.
    pub function: String,
    /// Its frame in bytes, without what it allocates as it runs, if that is not bounded.
    pub bytes: u64,
    /// What is known of it.
    pub kind: SuKind,
}

/// What a compiler knows of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuKind {
    /// Its size is fixed.
    Static,
    /// It varies, and `bytes` is only what is fixed.
    Dynamic,
    /// It varies, and `bytes` is the most it can be.
    DynamicBounded,
}

/// Reads a `.su` file. What is not understood is counted, not guessed.
pub fn parse_su(text: &str) -> Su {
    let mut su = Su::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match entry(line).filter(|_| su.entries.len() < SU_ENTRIES_MAX) {
            Some(entry) => su.entries.push(entry),
            None => su.lines_not_read = su.lines_not_read.saturating_add(1),
        }
    }
    su
}

fn entry(line: &str) -> Option<SuEntry> {
    if line.len() > SU_LINE_BYTES_MAX {
        return None;
    }
    let (rest, kind) = line.trim_end().rsplit_once('\t')?;
    let (rest, bytes) = rest.rsplit_once('\t')?;
    let kind = match kind {
        "static" => SuKind::Static,
        "dynamic" => SuKind::Dynamic,
        "dynamic,bounded" | "bounded" => SuKind::DynamicBounded,
        _ => return None,
    };
    let bytes = bytes.parse().ok()?;
    let (file, line, column, function) = place(rest)?;
    (!file.is_empty() && !function.is_empty()).then(|| SuEntry {
        file: file.to_owned(),
        line,
        column,
        function: function.to_owned(),
        bytes,
        kind,
    })
}

/// `file:line:column:function`, `file:line:function` or `file:function`. The last number that colons enclose is taken, as a function's own
/// colons come in pairs.
fn place(text: &str) -> Option<(&str, Option<u32>, Option<u32>, &str)> {
    let mut fields = text.char_indices().filter(|&(_, c)| c == ':').map(|(at, _)| at).collect::<Vec<_>>();
    while let Some(end) = fields.pop() {
        let Some(&start) = fields.last() else { break };
        let Some(last) = number(&text[start + 1..end]) else { continue };
        let function = &text[end + 1..];
        let before = &text[..start];
        return Some(match before.rsplit_once(':').and_then(|(file, line)| Some((file, number(line)?))) {
            Some((file, line)) => (file, Some(line), Some(last), function),
            None => (before, Some(last), None, function),
        });
    }
    text.split_once(':').map(|(file, function)| (file, None, None, function))
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
