//! A log, line by line as it comes: what a terminal would do with it is left out, what is left is visible text.
//!
//! The whole log of a page and the same log in pieces, as it grows, go through the same lines: however it was cut, they are the same.

use crate::escape::{clip, line};

/// Longest line of a log on a page, in characters.
pub const LOG_LINE_CHARS_MAX: usize = 4_000;
/// What a tab becomes.
const TAB: &str = "    ";

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Visible text without its end, cut where it is long. From outside: escape it.
    pub text: String,
    /// Bytes of the log up to its end: whoever has read so far goes on there.
    pub end: usize,
}

/// Where in a control sequence of ECMA-48 the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Within {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// After `ESC [`, up to a final byte.
    Control,
    /// After `ESC ]`, up to BEL or ST.
    Command,
    /// The same, after an ESC that may begin its end.
    CommandEscape,
}

/// Reads a log that comes in pieces.
#[derive(Debug, Clone, Default)]
pub struct LogLines {
    within: Within,
    /// The line under way.
    line: String,
    after_return: bool,
    read: usize,
}

impl LogLines {
    /// Nothing read yet.
    pub fn new() -> LogLines {
        LogLines::default()
    }

    /// For who has read this much already, and was shown it.
    pub fn after(read: &str) -> LogLines {
        let mut lines = LogLines::new();
        lines.read(read);
        lines.line.clear();
        lines
    }

    /// Reads on: the lines that end in this piece. A line end is LF, CR LF or CR.
    pub fn read(&mut self, piece: &str) -> Vec<LogLine> {
        let mut lines = Vec::new();
        for c in piece.chars() {
            self.read += c.len_utf8();
            if !self.is_text(c) {
                continue;
            }
            let after_return = std::mem::replace(&mut self.after_return, c == '\r');
            match c {
                '\n' if after_return => {}
                '\n' | '\r' => lines.push(self.ended()),
                c => self.line.push(c),
            }
        }
        lines
    }

    /// The log is at its end: the last line, where no line end followed it.
    pub fn end(&mut self) -> Option<LogLine> {
        (!self.line.trim_end().is_empty()).then(|| self.ended())
    }

    fn ended(&mut self) -> LogLine {
        let raw = std::mem::take(&mut self.line);
        LogLine { text: clip(&line(&raw.trim_end().replace('\t', TAB)), LOG_LINE_CHARS_MAX), end: self.read }
    }

    /// Whether a character is of the text, and none of a control sequence's.
    fn is_text(&mut self, c: char) -> bool {
        self.within = match (self.within, c) {
            (Within::Text, '\u{1b}') => Within::Escape,
            (Within::Text, _) => return true,
            (Within::Escape, '[') => Within::Control,
            (Within::Escape, ']') => Within::Command,
            (Within::Control, c) if !('\u{40}'..='\u{7e}').contains(&c) => Within::Control,
            (Within::Command | Within::CommandEscape, '\u{1b}') => Within::CommandEscape,
            (Within::Command, c) if c != '\u{7}' => Within::Command,
            (Within::CommandEscape, c) if c != '\\' && c != '\u{7}' => Within::Command,
            (Within::Escape | Within::Control | Within::Command | Within::CommandEscape, _) => Within::Text,
        };
        false
    }
}

/// A whole log as HTML text for a `pre`: without colours and cursor movements, nothing in it markup.
pub fn log_html(log: &str) -> String {
    all(log).iter().map(|text| crate::escape::html(text) + "\n").collect()
}

/// The same as plain text. A terminal that shows it obeys nothing in it.
pub fn log_text(log: &str) -> String {
    all(log).iter().map(|text| format!("{text}\n")).collect()
}

/// All lines but empty ones at the end.
fn all(log: &str) -> Vec<String> {
    let mut reader = LogLines::new();
    let mut lines: Vec<String> = reader.read(log).into_iter().map(|line| line.text).collect();
    lines.extend(reader.end().map(|line| line.text));
    let kept = lines.iter().rposition(|text| !text.is_empty()).map_or(0, |last| last + 1);
    lines.truncate(kept);
    lines
}

/// The last `lines_max` lines of a log, each at most `chars_max` characters. The second value is the number of lines left out before them.
pub(crate) fn log_tail(log: &str, lines_max: usize, chars_max: usize) -> (Vec<String>, usize) {
    let mut lines = all(log);
    let left_out = lines.len().saturating_sub(lines_max);
    lines.drain(..left_out);
    (lines.iter().map(|text| clip(text, chars_max)).collect(), left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_shown_from_its_end() {
        let check = |log: &str, max: usize, lines: &[&str], left_out: usize| {
            let (got, out) = log_tail(log, max, 20);
            assert_eq!((got.iter().map(String::as_str).collect::<Vec<_>>(), out), (lines.to_vec(), left_out), "{log:?}");
        };
        check("a\nb\nc\n", 2, &["b", "c"], 1);
        check("a\r\nb\rc", 9, &["a", "b", "c"], 0);
        check("a\n\nb\n\n \n", 9, &["a", "", "b"], 0);
        check("\u{1b}[1;31merror\u{1b}[0m: x", 9, &["error: x"], 0);
        check("\u{1b}]8;;http://x\u{7}link\u{1b}]8;;\u{1b}\\", 9, &["link"], 0);
        check("\u{1b}]0;\u{1b}\u{1b}\\title", 9, &["title"], 0);
        check("\u{1b}[", 9, &[], 0);
        check("\u{1b}(Bx", 9, &["Bx"], 0);
        check(&"x".repeat(30), 9, &["xxxxxxxxxx…xxxxxxxxx"], 0);
        check("", 9, &[], 0);
    }

    #[test]
    fn a_whole_log_is_text() {
        assert_eq!(log_html("\u{1b}[31m<b>\u{1b}[0m\r\n&\n"), "&lt;b&gt;\n&amp;\n");
        assert_eq!(log_text("\u{1b}[2J<b>\u{202e}\tx"), "<b>\u{fffd}    x\n");
    }

    #[test]
    fn however_a_log_is_cut_its_lines_are_the_same() {
        let log = "a\r\nb\rü\u{1b}[3\r1mred\u{1b}[0m\n\u{1b}]8;;x\ny\u{1b}\\tab\tend\n\nlast";
        let whole = |log: &str| {
            let mut reader = LogLines::new();
            let mut lines = reader.read(log);
            lines.extend(reader.end());
            lines
        };
        let expected = whole(log);
        assert_eq!(expected.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), ["a", "b", "üred", "tab    end", "", "last"]);
        let cuts: Vec<usize> = log.char_indices().map(|(at, _)| at).collect();
        for &cut in &cuts {
            let mut reader = LogLines::new();
            let mut lines = reader.read(&log[..cut]);
            lines.extend(reader.read(&log[cut..]));
            lines.extend(reader.end());
            assert_eq!(lines, expected, "cut at {cut}");
        }
        for line in &expected {
            let mut reader = LogLines::after(&log[..line.end]);
            let mut rest = reader.read(&log[line.end..]);
            rest.extend(reader.end());
            assert_eq!(rest, expected.iter().filter(|other| other.end > line.end).cloned().collect::<Vec<_>>(), "gone on at {}", line.end);
        }
    }
}
