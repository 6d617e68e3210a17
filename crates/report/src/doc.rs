//! The report before it has a format: headings, paragraphs, tables and folded parts, with styled runs of text.
//!
//! Composed once and written three times (markdown, HTML, terminal), so that all three say the same. Text in here is
//! raw: each writer escapes it for its own place.

use crate::escape::{NAME_CHARS_MAX, SENTENCE_CHARS_MAX, clip};

/// How a run of text stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Strong,
    /// A name from outside, as it is.
    Code,
    /// Wants attention: over a budget, failed.
    Bad,
    /// Better than before.
    Good,
}

/// A run of text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub text: String,
    pub style: Style,
}

/// Text without a line end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line(pub Vec<Span>);

impl Line {
    pub fn new() -> Line {
        Line::default()
    }
    fn with(mut self, text: String, style: Style) -> Line {
        match self.0.last_mut() {
            // One run, since an escape may depend on its neighbours.
            Some(last) if last.style == style && style == Style::Plain => last.text.push_str(&text),
            _ if text.is_empty() => {}
            _ => self.0.push(Span { text, style }),
        }
        self
    }
    pub fn text(self, text: impl Into<String>) -> Line {
        self.with(text.into(), Style::Plain)
    }
    pub fn strong(self, text: impl Into<String>) -> Line {
        self.with(text.into(), Style::Strong)
    }
    pub fn bad(self, text: impl Into<String>) -> Line {
        self.with(text.into(), Style::Bad)
    }
    /// A name from outside, clipped.
    pub fn code(self, name: &str) -> Line {
        let name = if name.trim().is_empty() { "(no name)" } else { name };
        self.with(clip(name, NAME_CHARS_MAX), Style::Code)
    }
    /// A sentence from outside, clipped.
    pub fn sentence(self, text: &str) -> Line {
        self.with(clip(text, SENTENCE_CHARS_MAX), Style::Plain)
    }
    /// A figure, good where its difference is negative. Growth alone is no alarm: that is for the budgets to say.
    pub fn figure(self, text: impl Into<String>, delta: i64) -> Line {
        self.with(text.into(), if delta < 0 { Style::Good } else { Style::Plain })
    }
    pub fn join(mut self, other: Line) -> Line {
        for Span { text, style } in other.0 {
            self = self.with(text, style);
        }
        self
    }
    pub fn plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Line {
        Line::new().text(text)
    }
}
impl From<String> for Line {
    fn from(text: String) -> Line {
        Line::new().text(text)
    }
}

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
    /// At the left, and a terminal may leave out its middle: names, never figures.
    Name,
}

/// A table; every row has as many cells as there are columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub columns: Vec<(&'static str, Align)>,
    pub rows: Vec<Vec<Line>>,
}

impl Table {
    pub fn new(columns: &[(&'static str, Align)]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }
    pub fn row(&mut self, cells: Vec<Line>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }
}

/// A part of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Paragraph(Line),
    List(Vec<Line>),
    Table(Table),
    /// The last lines of a log, cleaned; the number of lines left out before them.
    Log(Vec<String>, usize),
    /// Folded away until asked for.
    Details {
        summary: Line,
        body: Vec<Block>,
        /// Whether a page shows it unfolded at first; a comment never does.
        open: bool,
    },
}
