//! The report in pieces, for a page that puts more between them: filters, pictures, all rows instead of the largest.
//!
//! The pieces are written by what writes the whole ([`html_fragment`](crate::html_fragment)), so that page and comment say the same. All
//! of it is HTML with every text escaped.

use crate::board;
use crate::compose::{Detail, beginning, notes, weight};
use crate::doc::Block;
use crate::figures::is_quiet;
use crate::{html, owner};
use ounce_analysis::comparison::{BoardComparison, Comparison, RowDelta};
use ounce_protocol::ids::BoardName;
use ounce_protocol::measurement::Row;

/// Reasons given of one owner.
const REASONS_MAX: usize = 3;

/// The answer, one row a board, the budgets and the notes.
pub fn overview_html(c: &Comparison) -> String {
    let mut blocks = beginning(c, &Detail::PAGE).into_iter();
    let first = match blocks.next() {
        Some(Block::Paragraph(first)) => format!("<p class=\"verdict\">{}</p>\n", html::inline(&first)),
        _ => String::new(),
    };
    // The page names the two commits itself, with links.
    let rest: Vec<Block> = blocks.skip(1).chain(notes(c, &Detail::PAGE)).collect();
    format!("{first}{}", html::write(&rest))
}

/// A board's part of the report without the owners of bytes that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardParts {
    /// The board.
    pub board: BoardName,
    /// Its title, where it is another than the name. From outside: escape it.
    pub title: Option<String>,
    /// What came of it, in a few words, as HTML.
    pub in_short: String,
    /// Whether nothing changed.
    pub is_quiet: bool,
    /// Whether figures may be subtracted: only then are there owners of bytes that moved.
    pub is_subtracted: bool,
    /// What stands before those owners, as HTML: why nothing can be compared, or the memory.
    pub before: String,
    /// What stands after them, as HTML: benchmarks, functions, peaks, failures.
    pub after: String,
}

/// The boards, those first that matter most to who cannot see them all; of each benchmark so many functions.
pub fn board_parts(c: &Comparison, functions: usize) -> Vec<BoardParts> {
    let detail = Detail { functions, ..Detail::PAGE };
    let mut boards: Vec<&BoardComparison> = c.boards.iter().collect();
    boards.sort_by_key(|board| (is_quiet(board), std::cmp::Reverse(weight(board))));
    let parts = |board: &BoardComparison| BoardParts {
        board: board.board.clone(),
        title: (!board.title.is_empty() && board.title != board.board.as_str()).then(|| board.title.clone()),
        in_short: html::inline(&board::in_short(board)),
        is_quiet: is_quiet(board),
        is_subtracted: board::subtracted(board).is_some(),
        before: html::write(&board::before(board, &detail)),
        after: html::write(&board::after(board, &detail)),
    };
    boards.into_iter().map(parts).collect()
}

/// A change in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeWords {
    /// What happened: `grown, 4,000 → 4,412`, `3 → 4 copies`.
    pub what: String,
    /// Whose bytes they are and what they were before, as HTML.
    pub owner: String,
    /// Why, as far as the images say, as HTML.
    pub why: Option<String>,
}

/// A row's words.
pub fn change_words(row: &RowDelta) -> ChangeWords {
    ChangeWords {
        what: owner::what(row),
        owner: html::inline(&owner::of_delta(row)),
        why: owner::why(row, REASONS_MAX).map(|line| html::inline(&line)),
    }
}

/// An owner of bytes of an image, as HTML.
pub fn owner_html(row: &Row) -> String {
    html::inline(&owner::of_row(row))
}
