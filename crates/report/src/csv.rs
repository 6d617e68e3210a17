//! Ledgers and their differences as comma-separated values for spreadsheets and scripts.
//!
//! RFC 4180: one header, CR LF at each line's end, quotes where a cell needs them. Figures are bare digits, exact. Names are one visible
//! line each; one that a spreadsheet would take for a formula begins with an apostrophe. The columns are stated in docs/interfaces.md;
//! new ones are added at the end.

use crate::escape::line;
use crate::owner::{self, moved};
use ounce_analysis::comparison::{BenchSide, BoardComparison, BoardState, Change, RegionDelta};
use ounce_protocol::measurement::{Ledger, RegionKind};

/// Reasons written of a row.
const REASONS_MAX: usize = 16;

const SIZE_COLUMNS: [&str; 10] = ["region", "kind", "owner", "name", "linkage", "group", "section", "of", "object", "bytes"];
const DELTA_COLUMNS: [&str; 16] = [
    "region",
    "kind",
    "change",
    "owner",
    "name",
    "group",
    "of",
    "from",
    "base_bytes",
    "head_bytes",
    "delta_bytes",
    "base_instructions",
    "head_instructions",
    "base_copies",
    "head_copies",
    "why",
];

/// A ledger, one line a row in its order; then the loaded bytes outside all regions, without a region's name, as owner `outside`.
pub fn size_csv(ledger: &Ledger) -> String {
    let mut out = Csv::new(&SIZE_COLUMNS);
    for region in &ledger.regions {
        for row in &region.rows {
            out.text(region.name.as_str()).text(kind(region.kind)).text(owner::word(row.owner)).text(&row.name);
            out.text(row.linkage.as_deref().unwrap_or_default()).text(&row.group).text(&row.section);
            out.text(row.of.as_deref().unwrap_or_default()).text(row.object.as_deref().unwrap_or_default()).figure(row.bytes).end();
        }
    }
    for range in &ledger.outside {
        out.text("").text("").text("outside").text(&format!("{:#010x}", range.start));
        out.text("").text("").text("").text("").text("").figure(range.bytes).end();
    }
    out.text
}

/// The difference of two ledgers, one line a row in its order.
pub fn delta_csv(regions: &[RegionDelta]) -> String {
    let mut out = Csv::new(&DELTA_COLUMNS);
    rows(&mut out, "", regions);
    out.text
}

/// What changed on these boards, one line a row in its order, each with its board in front; then each benchmark that was counted on both sides, as
/// kind `benchmark`. Of a board whose tools differ there is nothing: its figures are not subtracted.
pub fn comparison_csv<'a>(boards: impl IntoIterator<Item = &'a BoardComparison>) -> String {
    let columns: Vec<&str> = std::iter::once("board").chain(DELTA_COLUMNS).collect();
    let mut out = Csv::new(&columns);
    for board in boards {
        let BoardState::Compared(compared) = &board.state else { continue };
        if !board.fingerprint_changes.is_empty() {
            continue;
        }
        rows(&mut out, board.board.as_str(), &compared.regions);
        for bench in &compared.benches {
            let (BenchSide::Counted { instructions: base, .. }, BenchSide::Counted { instructions: head, .. }) = (&bench.base, &bench.head)
            else {
                continue;
            };
            let change = match head.cmp(base) {
                std::cmp::Ordering::Equal => "same",
                std::cmp::Ordering::Greater => "grown",
                std::cmp::Ordering::Less => "shrunk",
            };
            out.text(board.board.as_str()).text("").text("benchmark").text(change).text("").text(bench.name.as_str());
            out.text("").text("").text("").text("").text("").text("");
            out.pair(Some((*base, *head))).pair(None).text("").end();
        }
    }
    out.text
}

/// `board` is empty where there is only one, and no column for it.
fn rows(out: &mut Csv, board: &str, regions: &[RegionDelta]) {
    for region in regions {
        for row in &region.rows {
            if !board.is_empty() {
                out.text(board);
            }
            let (change, from, copies) = match &row.change {
                Change::Added => ("added", "", None),
                Change::Removed => ("removed", "", None),
                Change::Grown => ("grown", "", None),
                Change::Shrunk => ("shrunk", "", None),
                Change::Renamed { from } => ("renamed", from.as_str(), None),
                Change::Moved { from } => ("moved", from.as_str(), None),
                Change::Copies { base, head } => ("copies", "", Some((*base, *head))),
            };
            out.text(region.name.as_str()).text(kind(region.kind)).text(change).text(owner::word(row.owner)).text(&row.name);
            out.text(&row.group).text(row.of.as_deref().unwrap_or_default()).text(from);
            out.figure(row.base_bytes).figure(row.head_bytes).figure(moved(row));
            out.pair(row.instructions.map(|i| (i.base, i.head))).pair(copies);
            out.text(&owner::why(row, REASONS_MAX).map(|line| line.plain()).unwrap_or_default()).end();
        }
    }
}

fn kind(kind: RegionKind) -> &'static str {
    match kind {
        RegionKind::Flash => "flash",
        RegionKind::Ram => "ram",
    }
}

/// Such a table, written cell by cell.
#[derive(Debug, Clone)]
pub struct Csv {
    text: String,
    /// Whether the line has a cell yet.
    begun: bool,
}

impl Csv {
    /// Begins with the line of the columns' names.
    pub fn new<C: AsRef<str>>(columns: &[C]) -> Csv {
        let mut csv = Csv { text: String::new(), begun: false };
        for column in columns {
            csv.text(column.as_ref());
        }
        csv.end();
        csv
    }

    fn cell(&mut self, text: &str) -> &mut Csv {
        if std::mem::replace(&mut self.begun, true) {
            self.text.push(',');
        }
        self.text.push_str(text);
        self
    }

    /// A cell of bare digits.
    pub fn figure(&mut self, figure: impl std::fmt::Display) -> &mut Csv {
        self.cell(&figure.to_string())
    }

    pub(crate) fn pair(&mut self, pair: Option<(u64, u64)>) -> &mut Csv {
        match pair {
            Some((base, head)) => self.figure(base).figure(head),
            None => self.cell("").cell(""),
        }
    }

    /// A cell of one visible line; hostile text too.
    pub fn text(&mut self, text: &str) -> &mut Csv {
        // The full-width forms are formulas to some spreadsheets too, and some skip what is blank before.
        let first = text.chars().find(|c| !matches!(c, ' ' | '\u{a0}'));
        let is_formula = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'));
        let shown = format!("{}{}", if is_formula { "'" } else { "" }, line(text));
        if shown.contains(['"', ',', '\'', ';']) || shown != shown.trim() {
            self.cell(&format!("\"{}\"", shown.replace('"', "\"\"")))
        } else {
            self.cell(&shown)
        }
    }

    /// Ends the line.
    pub fn end(&mut self) {
        self.text.push_str("\r\n");
        self.begun = false;
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_formula_and_no_new_cell() {
        let check = |name: &str, cell: &str| {
            let mut csv = Csv { text: String::new(), begun: false };
            csv.text(name).end();
            assert_eq!(csv.text, format!("{cell}\r\n"), "{name:?}");
        };
        check("core::fmt::write", "core::fmt::write");
        check("f(int, char)", "\"f(int, char)\"");
        check("\"hello\"", "\"\"\"hello\"\"\"");
        check("=1+1", "\"'=1+1\"");
        check("+1", "\"'+1\"");
        check("-x", "\"'-x\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("\t=1", "\"' =1\"");
        check("\r\n=1", "\"'  =1\"");
        check("  =1", "\"'  =1\"");
        check("＝1", "\"'＝1\"");
        check("a\r\nb,\u{0}\u{202e}", "\"a  b,\u{fffd}\u{fffd}\"");
        check("a;b", "\"a;b\"");
        check(" x ", "\" x \"");
        check("", "");
    }
}
