//! Which runs a history had, in the order of time, and what came of each as far as the figures say.

use super::history::{Fate, History, JUDGED_RUNS, MEASURED_COMMITS, Trade, WEIGHED_MS};
use super::model::BOARDS;
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;

/// Growth of flash that is over the budget, and of RAM.
const FLASH_MAX: i64 = 256;
const RAM_MAX: i64 = 32;

/// Why there is a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A push of this commit.
    Push(usize),
    /// A pull request, by its place.
    Pull(usize),
    /// An earlier head of it.
    Superseded(usize),
}

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Why.
    pub what: What,
    /// When it was made.
    pub at_ms: Millis,
    /// Where its check is shown.
    pub shown: CommitSha,
    /// The commit compared with.
    pub base: CommitSha,
    /// The place of that.
    pub base_at: usize,
    /// The commit weighed.
    pub head: CommitSha,
    /// Whether it is the project's own code.
    pub trusted: bool,
    /// Where it stands.
    pub state: &'static str,
    /// The verdict's word, where it is judged.
    pub verdict: Option<&'static str>,
    /// Why there was nothing to run.
    pub note: &'static str,
    /// Whether its whole comparison is made.
    pub is_whole: bool,
    /// Whether its whole measurements are kept.
    pub is_kept: bool,
}

impl Run {
    /// The commit of the default branch that it weighs, or that a pull request became.
    pub fn weighs(&self, history: &History) -> Option<usize> {
        match self.what {
            What::Push(at) => Some(at),
            What::Pull(pull) => match history.pulls[pull].fate {
                Fate::Landed(at) => Some(at),
                _ => None,
            },
            What::Superseded(_) => None,
        }
    }

    /// When it was judged.
    pub fn judged_ms(&self) -> Millis {
        self.at_ms + WEIGHED_MS
    }
}

/// All runs of a project.
pub fn runs(history: &History) -> Vec<Run> {
    let mut runs = Vec::new();
    if !history.spec.weighed {
        return runs;
    }
    for (at, commit) in history.commits.iter().enumerate().skip(1) {
        if let Some(pull) = commit.pull {
            of_pull(history, pull, at - 1, &mut runs);
        }
        if commit.weighed {
            runs.push(Run {
                what: What::Push(at),
                at_ms: commit.at_ms + 20_000,
                shown: commit.sha.clone(),
                base: history.commits[at - 1].sha.clone(),
                base_at: at - 1,
                head: commit.sha.clone(),
                trusted: true,
                state: "judged",
                verdict: Some(verdict(history, at)),
                note: "",
                is_whole: false,
                is_kept: false,
            });
        }
    }
    for (pull, _) in history.pulls.iter().enumerate().filter(|(_, pull)| !matches!(pull.fate, Fate::Landed(_))) {
        of_pull(history, pull, history.commits.len() - 1, &mut runs);
    }
    let judged = runs.iter_mut().rev().filter(|run| run.state == "judged");
    judged.take(JUDGED_RUNS).for_each(|run| run.is_whole = true);
    let newest = history.commits.len().saturating_sub(MEASURED_COMMITS);
    let tags: Vec<usize> = history.measured_tags().collect();
    for run in runs.iter_mut().filter(|run| run.state == "judged") {
        run.is_kept = match (run.what, run.weighs(history)) {
            (What::Push(at), _) => at >= newest || tags.contains(&at),
            (_, at) => at.is_none_or(|at| at >= newest),
        };
    }
    runs
}

fn of_pull(history: &History, pull: usize, base_at: usize, runs: &mut Vec<Run>) {
    let base = history.commits[base_at].sha.clone();
    let row = &history.pulls[pull];
    let run = Run {
        what: What::Pull(pull),
        at_ms: row.at_ms,
        shown: row.head.clone(),
        base,
        base_at,
        head: row.merge.clone(),
        trusted: !row.from_fork,
        state: "judged",
        verdict: None,
        note: "",
        is_whole: false,
        is_kept: false,
    };
    if let (Some(old), Fate::Landed(_) | Fate::Judged(_)) = (&row.superseded, row.fate) {
        let at_ms = row.at_ms - 2 * WEIGHED_MS;
        let what = What::Superseded(pull);
        runs.push(Run { what, at_ms, shown: old.clone(), head: old.clone(), state: "superseded", ..run.clone() });
    }
    runs.push(match row.fate {
        Fate::Landed(at) => Run { verdict: Some(landing(history, at)), ..run },
        Fate::Closed | Fate::Judged(_) => Run { verdict: Some("unchanged"), ..run },
        Fate::Waiting => Run { state: "waiting", trusted: false, ..run },
        Fate::Measuring => Run { state: "measuring", ..run },
        Fate::Refused => Run { state: "refused", note: "ounce.toml: line 12: unknown key `sise`, did you mean `size`?", ..run },
    });
}

/// What a commit did to a board, where both sides have figures.
pub fn compared(history: &History, at: usize, board: usize) -> Option<&Trade> {
    let commit = &history.commits[at];
    let both = at > 0 && commit.is_measured(board) && commit.builds(board) && history.commits[at - 1].builds(board);
    both.then(|| &commit.trades[board])
}

/// By how much a commit is over the budget of flash on a board.
pub fn over(history: &History, at: usize, board: usize) -> bool {
    compared(history, at, board).is_some_and(|trade| trade.flash > FLASH_MAX)
}

/// The verdict of a commit's push.
fn verdict(history: &History, at: usize) -> &'static str {
    let (commit, boards) = (&history.commits[at], history.spec.boards);
    let any = |what: &dyn Fn(usize) -> bool| boards.iter().any(|board| what(*board));
    let moved = |board| compared(history, at, board).copied().unwrap_or_default();
    if any(&|board| !commit.builds(board) && commit.is_measured(board) && history.commits[at - 1].builds(board)) {
        "broken"
    } else if any(&|board| moved(board).flash > FLASH_MAX || moved(board).ram > RAM_MAX) {
        "over_budget"
    } else if any(&|board| compared(history, at, board).is_none()) {
        "incomplete"
    } else if any(&|board| moved(board) != Trade { ppm: moved(board).ppm.map(|_| 0), ..Trade::default() }) {
        "within_budget"
    } else {
        "unchanged"
    }
}

/// The verdict of the pull request by which a commit came: what was over a budget was accepted before it landed.
fn landing(history: &History, at: usize) -> &'static str {
    match verdict(history, at) {
        "over_budget" if (0..BOARDS.len()).any(|board| over(history, at, board)) => "within_budget",
        word => word,
    }
}

/// Which way a trade goes.
pub fn tendency(trade: &Trade) -> &'static str {
    match (trade.flash.signum(), trade.ppm.unwrap_or(0).signum()) {
        (0, 0) => "free",
        (..=0, ..=0) => "win",
        (-1, 1) | (1, -1) => "trade",
        _ => "cost",
    }
}
