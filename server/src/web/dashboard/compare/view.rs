//! A comparison as its page shows it: all boards in short, or one with everything.

use super::super::link::{Asked, Link};
use super::super::revision::{Revision, commit_page, compare_page};
use super::super::words::{When, when};
use super::super::{short, shown};
use super::board::{BoardOf, BoardView};
use super::changes::Filter;
use super::found::{Found, Source};
use ounce_analysis::comparison::{BoardComparison, BoardState};
use ounce_protocol::ids::BoardName;
use ounce_protocol::job::Millis;
use ounce_report::{BoardParts, board_parts, overview_html};
use std::collections::HashMap;

/// Boards unfolded on a page of all; the others are named, with an address each.
const BOARDS_UNFOLDED_MAX: usize = 8;
/// Rows of all boards together on such a page.
const ROWS_OF_ALL_MAX: usize = 120;
/// Functions told of a benchmark where all boards are shown.
const FUNCTIONS_IN_SHORT_MAX: usize = 3;

/// The page's own part.
pub(super) struct Compared {
    pub base: SideView,
    pub head: SideView,
    pub swapped: String,
    /// The run that judged it; else the one whose manifest says what is compared.
    pub run: i64,
    pub is_judged: bool,
    pub under_way: Option<i64>,
    pub csv: String,
    pub json: String,
    pub md: String,
    pub overview: String,
    pub nav: Vec<NavView>,
    pub boards: Vec<BoardView>,
    /// All boards, where one is shown alone.
    pub all: Option<String>,
    /// What to write on a pull request to have it weighed, where boards have no figures.
    pub order: Option<String>,
}

/// One of the two commits.
pub(super) struct SideView {
    pub word: String,
    pub how: String,
    pub short: String,
    pub href: Option<String>,
    pub summary: String,
    pub author: String,
    pub when: Option<When>,
    pub pull: Option<(i64, i64)>,
}

pub(super) struct NavView {
    pub name: String,
    pub href: String,
    pub in_short: String,
    pub is_here: bool,
}

/// What an address keeps when one thing of it changes.
const KEPT: [&str; 8] = ["base", "head", "board", "kind", "group", "region", "q", "sort"];

/// What was asked, for the page's own links.
pub(super) fn kept(asked: &Asked) -> HashMap<&'static str, String> {
    KEPT.iter().map(|key| (*key, asked.text(key).to_owned())).collect()
}

/// Everything that the page shows of a comparison.
pub(super) fn compared(
    repo: &str,
    [base, head]: [&Revision; 2],
    found: &Found,
    board: Option<&BoardName>,
    filter: &Filter,
    asked: &HashMap<&'static str, String>,
    now: Millis,
) -> Compared {
    let comparison = &found.comparison;
    let here =
        KEPT.iter().fold(Link::to(format!("/p/{repo}/compare")), |link, key| link.with(key, asked.get(key).map_or("", String::as_str)));
    let page = compare_page(repo, &base.word, &head.word);
    let alone = board.is_some() || comparison.boards.len() == 1;
    // Alone, they stand in a table of their own.
    let parts = board_parts(comparison, if alone { 0 } else { FUNCTIONS_IN_SHORT_MAX });
    let nav = comparison.boards.iter().filter_map(|there| {
        let part = parts.iter().find(|part| part.board == there.board)?;
        Some(NavView {
            name: part.board.to_string(),
            href: page.with("board", part.board.as_str()).to_string(),
            in_short: if part.is_quiet { "no change".into() } else { part.in_short.clone() },
            is_here: board == Some(&part.board),
        })
    });
    let unfolded: Vec<&BoardParts> = match alone {
        true => parts.iter().filter(|part| board.is_none_or(|board| part.board == *board)).collect(),
        false => parts.iter().filter(|part| !part.is_quiet).take(BOARDS_UNFOLDED_MAX).collect(),
    };
    let each = ROWS_OF_ALL_MAX / unfolded.len().max(1);
    let boards: Vec<BoardView> = unfolded
        .into_iter()
        .filter_map(|part| {
            let compared = comparison.boards.iter().find(|there| there.board == part.board)?;
            let of = BoardOf { repo, part, compared, sides: [base, head], here: &here };
            Some(if alone { of.alone(filter) } else { of.in_short(each, &page) })
        })
        .collect();
    let is_missing = |there: &BoardComparison| matches!(there.state, BoardState::Missing { .. });
    let (run, is_judged) = match found.source {
        Source::Judged(run) => (run, true),
        Source::Composed(run) => (run, false),
    };
    Compared {
        base: side(repo, base, now),
        head: side(repo, head, now),
        swapped: compare_page(repo, &head.word, &base.word).with("board", board.map_or("", BoardName::as_str)).to_string(),
        run,
        is_judged,
        under_way: found.under_way,
        csv: page.with("board", board.map_or("", BoardName::as_str)).with("format", "csv").to_string(),
        json: page.with("format", "json").to_string(),
        md: page.with("format", "md").to_string(),
        overview: overview_html(comparison),
        nav: if comparison.boards.len() > 1 { nav.collect() } else { Vec::new() },
        boards,
        all: board.filter(|_| comparison.boards.len() > 1).map(|_| page.to_string()),
        order: comparison.boards.iter().any(is_missing).then(|| format!("/ounce compare {}..{}", base.sha, head.sha)),
    }
}

fn side(repo: &str, revision: &Revision, now: Millis) -> SideView {
    let commit = revision.commit.as_ref();
    SideView {
        word: if revision.sha.as_str().starts_with(&revision.word.to_ascii_lowercase()) { String::new() } else { shown(&revision.word) },
        how: revision.how.clone(),
        short: short(revision.sha.as_str()),
        href: commit.map(|commit| commit_page(repo, &commit.sha)),
        summary: commit.map_or_else(String::new, |commit| shown(&commit.summary)),
        author: commit.map_or_else(String::new, |commit| shown(&commit.author)),
        when: commit.map(|commit| when(commit.committed_ms, now)),
        pull: revision.pull.as_ref().map(|pull| (pull.number, pull.run)),
    }
}
