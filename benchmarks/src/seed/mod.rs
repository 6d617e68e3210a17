//! A believable history of any length for an empty database of the server: to look at, to draw, and to measure the pages on.
//!
//! The same seed and number of points give the same rows but for times, which end at the one given. The rows agree with each other as the service's
//! own do: a region is the sum of its owners, what a commit did is the difference of two figures. Old rows are written in bulk, without documents;
//! the newest runs are judged by the real judge and kept by the server's own functions.

mod history;
mod judged;
mod lab;
mod model;
mod people;
mod runs;
mod served;
mod tables;
mod weigh;
mod weighed;
mod words;

use anyhow::{Result, bail};
use history::{History, Spec};
use model::{BOARDS, SERIES};
use ounce_protocol::job::Millis;
use ounce_server::store::sql::sql;
use ounce_server::store::{Store, bulk};
pub use served::{KEPT_VARIABLE, WEBHOOK_SECRET, served};

/// The main project.
pub const REPO: &str = "acme/blinky";
/// A small one, on one board.
pub const SMALL: &str = "acme/bootloader";
/// One of which nothing was weighed yet.
pub const BARE: &str = "acme/first-steps";
/// Points of a commit.
pub const POINTS_PER_COMMIT: u64 = (BOARDS.len() * SERIES) as u64;
/// A history has at least so many points: room for three tags.
pub const POINTS_MIN: u64 = 60 * POINTS_PER_COMMIT;

/// Runs that have a whole comparison, where nothing else is wished.
pub const WHOLE_RUNS: usize = 300;

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Points of the main project, about; more commits have more.
    pub points: u64,
    /// Where the numbers come from.
    pub seed: u64,
    /// When the newest commit was made.
    pub until_ms: Millis,
    /// Runs that have a whole comparison, the newest.
    pub whole_runs: usize,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Commits of the main project.
    pub commits: usize,
    /// Its runs.
    pub runs: usize,
    /// Its newest commit.
    pub tip: String,
    /// Its newest tag.
    pub tag: String,
    /// The number of a pull request that is open and judged.
    pub pull: i64,
    /// Its newest run that is judged.
    pub run: i64,
    /// Pull requests that are open.
    pub open: usize,
    /// The name of an owner of bytes that changed.
    pub symbol: String,
}

/// Fills a database, whose tables are up to date and hold no project yet.
///
/// # Errors
/// Where there are projects, and what the database says.
pub async fn fill(store: &Store, wanted: Wanted) -> Result<Made> {
    let mut c = store.connection().await?;
    let projects: i64 = sql("SELECT COUNT(*) FROM projects").fetch_one(&mut c).await?;
    if projects > 0 {
        bail!("the database holds {projects} projects already: a history is made in an empty one only");
    }
    if wanted.points < POINTS_MIN {
        bail!("{} points are too few for a history: at least {POINTS_MIN}", wanted.points);
    }
    drop(c);
    let commits = usize::try_from(wanted.points / POINTS_PER_COMMIT)?;
    let spec = Spec {
        repo: REPO,
        commits,
        boards: &[0, 1, 2, 3, 4, 5],
        weighed: true,
        seed: wanted.seed,
        until_ms: wanted.until_ms,
        whole_runs: wanted.whole_runs,
    };
    let specs = [
        spec,
        Spec { repo: SMALL, commits: 64, boards: &[1], until_ms: wanted.until_ms - 3 * 3_600_000, ..spec },
        Spec { repo: BARE, commits: 36, boards: &[], weighed: false, until_ms: wanted.until_ms - 9 * 3_600_000, ..spec },
    ];
    let mut ids = tables::Ids::default();
    let mut made = None;
    people::runners(&mut *store.connection().await?, wanted.until_ms).await?;
    lab::units(&mut *store.connection().await?, wanted.until_ms).await?;
    for spec in specs {
        let history = History::play(spec);
        let runs = runs::runs(&history);
        let mut tx = store.write().await?;
        let written = tables::write(&mut tx, &history, &runs, &mut ids).await?;
        if spec.weighed {
            people::orders(&mut tx, &history, &runs, &written).await?;
            people::lately(&mut tx, &history, &runs, &written).await?;
            people::price_lists(&mut tx, &history, &written).await?;
        }
        for table in ["projects", "commits", "runs", "jobs", "measurements", "series", "tools", "symbols"] {
            bulk::count_on(&mut tx, table).await?;
        }
        tx.commit().await?;
        if spec.weighed {
            judged::write(store, &history, &runs, &written).await?;
        }
        made.get_or_insert(told(&history, &runs, &written));
    }
    bulk::analyse(&mut *store.connection().await?).await?;
    made.ok_or_else(|| anyhow::anyhow!("nothing was made"))
}

fn told(history: &History, runs: &[runs::Run], written: &tables::Written) -> Made {
    let run = runs.iter().rposition(|run| matches!(run.what, runs::What::Push(_))).unwrap_or(0);
    let changed = history.commits.iter().rev().flat_map(|commit| &commit.effects).find(|effect| !effect.is_ram);
    Made {
        commits: history.commits.len(),
        runs: runs.len(),
        tip: history.commits.last().map(|commit| commit.sha.to_string()).unwrap_or_default(),
        tag: history.tags.last().map(|(_, name)| name.clone()).unwrap_or_default(),
        pull: history.pulls.iter().find(|pull| matches!(pull.fate, history::Fate::Judged(_))).map_or(0, |pull| pull.number),
        run: written.run(run),
        open: people::open(history),
        symbol: changed.map(|effect| words::flash(usize::from(effect.slot)).name).unwrap_or_default(),
    }
}
