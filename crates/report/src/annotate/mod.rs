//! What a change costs, said beside the lines that cost it: which functions to annotate, where, and in which words.
//!
//! A function is annotated where the change itself wrote lines of it: its size moved, the debug information says in which file and lines it is
//! written, that file is one the pull request changes, and some of the changed lines are among its own. Where any of that is not known for
//! certain nothing is said.
//!
//! **Whose lines.** What is weighed is the test merge, and its debug information counts lines there; a forge shows annotations in the pull
//! request's own head. Line numbers are the same in both where the file is: so only files that have the same content there are annotated.

mod patch;
mod place;

use crate::escape::{NAME_CHARS_MAX, visible};
use crate::owner;
use ounce_analysis::Comparison;
use ounce_analysis::comparison::{BoardState, LeftState, RowDelta, Written};
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::{delta, grouped, signed};
pub use patch::{Changed, HUNKS_MAX};
use place::Places;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Annotations of one check: as many as GitHub takes in one request, so that a check and all its annotations appear together or not at all. More would
/// hide the pull request.
pub const ANNOTATIONS_MAX: usize = 50;
/// Longest title, in characters: GitHub's limit.
pub const TITLE_CHARS_MAX: usize = 255;
/// Boards named in a title; a message names [`MESSAGE_BOARDS_MAX`].
const TITLE_BOARDS_MAX: usize = 4;
/// Boards named in a message, far below GitHub's limit of 64 KiB.
const MESSAGE_BOARDS_MAX: usize = 32;
/// Reasons named for a function.
const REASONS_MAX: usize = 2;
/// Longest reason, in characters.
const REASON_CHARS_MAX: usize = 300;

/// A file that a commit changes, as a forge tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path in the repository, as it is now.
    pub path: String,
    /// The identity of its content now.
    pub blob: String,
    /// What changed, as hunks of a unified diff; none where the forge does not say: binary, or too large.
    pub patch: Option<String>,
}

/// What a pull request changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Its own changes, from where it left its base: the lines that it shows.
    pub shown: Vec<ChangedFile>,
    /// The changes between the two commits that were weighed.
    pub weighed: Vec<ChangedFile>,
}

/// How loud an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// To be known.
    Notice,
    /// The function grew, on a board that is over a budget.
    Warning,
}

/// A remark beside some lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The file, as the pull request names it.
    pub path: String,
    /// First line, from 1.
    pub first_line: u32,
    /// Last line.
    pub last_line: u32,
    /// How loud.
    pub level: Level,
    /// One line, at most [`TITLE_CHARS_MAX`] characters.
    pub title: String,
    /// Plain text of some lines.
    pub message: String,
}

/// Whether there may be anything to annotate, whatever the pull request changes: where not, nobody need ask what it does.
pub fn has_candidates(comparison: &Comparison) -> bool {
    !functions(comparison).is_empty()
}

/// The annotations of a comparison, the function that moved most first; one for each function, whatever boards it moved on.
pub fn annotations(comparison: &Comparison, diff: &Diff) -> Vec<Annotation> {
    let same: BTreeSet<(&str, &str)> = diff.weighed.iter().map(|file| (file.path.as_str(), file.blob.as_str())).collect();
    let same = diff.shown.iter().filter(|file| same.contains(&(file.path.as_str(), file.blob.as_str())));
    let patches: HashMap<&str, &str> = same.filter_map(|file| Some((file.path.as_str(), file.patch.as_deref()?))).collect();
    // All of them may be what a path of the debug information means, also those that cannot be annotated.
    let places = Places::of(diff.shown.iter().chain(&diff.weighed).map(|file| file.path.as_str()));
    let mut changed: HashMap<&str, Vec<Changed>> = HashMap::new();
    let mut found = Vec::new();
    for function in functions(comparison) {
        let Some(path) = places.find(&function.written.file) else { continue };
        let Some(patch) = patches.get(path) else { continue };
        let changed = changed.entry(path).or_insert_with(|| patch::changed(patch));
        let Some((first_line, last_line)) = touched(changed, function.written) else { continue };
        found.push(function.annotation(path, first_line, last_line));
        if found.len() == ANNOTATIONS_MAX {
            break;
        }
    }
    found
}

/// The first changed lines that are among a function's own.
fn touched(changed: &[Changed], written: &Written) -> Option<(u32, u32)> {
    changed.iter().find_map(|changed| changed.within(written.first_line, written.last_line))
}

/// A function that moved, on all boards where it did.
struct Function<'a> {
    name: &'a str,
    written: &'a Written,
    boards: Vec<OnBoard<'a>>,
}

/// What a function has and had on one board.
struct OnBoard<'a> {
    board: &'a str,
    base_bytes: u64,
    head_bytes: u64,
    over_budget: bool,
    row: &'a RowDelta,
}

impl OnBoard<'_> {
    fn moved(&self) -> i64 {
        delta(self.base_bytes, self.head_bytes)
    }
}

/// The functions of flash whose bytes moved and of which it is known where they are written, the largest move first. One that is written elsewhere on
/// another board is another one.
fn functions(comparison: &Comparison) -> Vec<Function<'_>> {
    type Key<'a> = (&'a str, &'a str, u32, u32);
    let mut all: BTreeMap<Key<'_>, Function<'_>> = BTreeMap::new();
    for board in &comparison.boards {
        let BoardState::Compared(compared) = &board.state else { continue };
        // Figures of other tools are not subtracted.
        if !board.fingerprint_changes.is_empty() {
            continue;
        }
        let exceeded = comparison.budgets.iter().flat_map(|budget| &budget.left).filter(|left| left.state == LeftState::Exceeded);
        let over_budget = exceeded.into_iter().any(|left| left.place.board == board.board);
        for row in compared.regions.iter().filter(|region| region.kind == RegionKind::Flash).flat_map(|region| &region.rows) {
            let Some(written) = row.written.as_ref().filter(|_| row.base_bytes != row.head_bytes) else { continue };
            let key = (row.name.as_str(), written.file.as_str(), written.first_line, written.last_line);
            let function = all.entry(key).or_insert_with(|| Function { name: &row.name, written, boards: Vec::new() });
            match function.boards.last_mut().filter(|last| last.board == board.board.as_str()) {
                // In two regions of flash.
                Some(last) => {
                    last.base_bytes = last.base_bytes.saturating_add(row.base_bytes);
                    last.head_bytes = last.head_bytes.saturating_add(row.head_bytes);
                }
                None => function.boards.push(OnBoard {
                    board: board.board.as_str(),
                    base_bytes: row.base_bytes,
                    head_bytes: row.head_bytes,
                    over_budget,
                    row,
                }),
            }
        }
    }
    let mut functions: Vec<Function<'_>> = all.into_values().collect();
    // What is over a budget comes first, then growth, then what shrank.
    functions.sort_by_key(|f| (Reverse(f.level()), Reverse(f.moved_most()), f.name, &f.written.file, f.written.first_line));
    functions
}

impl Function<'_> {
    fn level(&self) -> Level {
        let warns = self.boards.iter().any(|on| on.over_budget && on.moved() > 0);
        if warns { Level::Warning } else { Level::Notice }
    }

    /// Growth before what shrank, each by how much.
    fn moved_most(&self) -> (bool, u64) {
        let grown = self.boards.iter().map(OnBoard::moved).max().filter(|most| *most > 0);
        let shrunk = self.boards.iter().map(|on| on.moved().unsigned_abs()).max().unwrap_or(0);
        grown.map_or((false, shrunk), |most| (true, most.unsigned_abs()))
    }

    fn annotation(&self, path: &str, first_line: u32, last_line: u32) -> Annotation {
        let moves = self.boards.iter().take(TITLE_BOARDS_MAX).map(|on| format!("{} B on {}", signed(on.moved()), on.board));
        let mut title: Vec<String> = moves.collect();
        if let Some(more) = self.boards.len().checked_sub(TITLE_BOARDS_MAX).filter(|more| *more > 0) {
            title.push(format!("{more} more"));
        }
        let title = visible(&format!("`{}` {}", visible(self.name, NAME_CHARS_MAX), title.join(", ")), TITLE_CHARS_MAX);
        let mut lines: Vec<String> = self.boards.iter().take(MESSAGE_BOARDS_MAX).map(line).collect();
        if let Some(more) = self.boards.len().checked_sub(MESSAGE_BOARDS_MAX).filter(|more| *more > 0) {
            lines.push(format!("and {more} more boards"));
        }
        Annotation { path: path.to_owned(), first_line, last_line, level: self.level(), title, message: lines.join("\n") }
    }
}

/// What a message says of a board.
fn line(on: &OnBoard<'_>) -> String {
    let (base, head) = (grouped(on.base_bytes), grouped(on.head_bytes));
    let mut text = match (on.base_bytes, on.head_bytes) {
        (0, _) => format!("{}: {head} B of flash, new", on.board),
        _ => format!("{}: {base} → {head} B of flash ({})", on.board, signed(on.moved())),
    };
    if let Some(why) = owner::why(on.row, REASONS_MAX) {
        text += "; ";
        text += &visible(&why.plain(), REASON_CHARS_MAX);
    }
    if on.over_budget && on.moved() > 0 {
        text += "; the board is over budget";
    }
    text
}
