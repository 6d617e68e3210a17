//! The rows of a history, written in bulk: all of it but the documents of the newest runs, which go through the server's own functions.

use super::history::{Fate, History};
use super::model::BOARDS;
use super::runs::{Run, What};
use super::weigh;
use super::weighed;
use super::words::{AUTHORS, LOGINS};
use anyhow::Result;
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use ounce_server::store::sql::Value;
use ounce_server::store::{Connection, bulk};

/// Rows written at once.
const ROWS_MAX: usize = 20_000;
/// Runs whose logs are there, the newest.
const LOGGED_RUNS: usize = 200;
/// The runners, and what each offers.
pub const RUNNERS: [(&str, &[&str]); 3] = [
    ("lab-1", &["qemu:microbit", "qemu:mps2-an385", "qemu:mps2-an500", "qemu:mps2-an505", "qemu:netduinoplus2", "qemu:sifive_e"]),
    ("lab-2", &["qemu:microbit", "qemu:mps2-an385", "qemu:mps2-an500", "qemu:mps2-an505"]),
    ("desk", &["qemu:microbit", "qemu:netduinoplus2"]),
];

/// The last ids that were given out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ids {
    pub(super) project: i64,
    pub(super) commit: i64,
    pub(super) run: i64,
    pub(super) job: i64,
    pub(super) measurement: i64,
    pub(super) series: i64,
    pub(super) tools: i64,
    pub(super) symbol: i64,
}

/// Where a project's rows are.
#[derive(Debug)]
pub struct Written {
    /// The project's row.
    pub project: i64,
    /// Before the rows of its commits, by their places; those of test merges come after them.
    commits: i64,
    /// Before the rows of its runs.
    runs: i64,
    /// How many commits it has.
    pub(super) count: usize,
}

impl Written {
    /// A commit's row.
    pub fn commit(&self, at: usize) -> i64 {
        self.commits + 1 + id(at)
    }

    /// The row of a pull request's test merge.
    pub(super) fn merge(&self, pull: usize) -> i64 {
        self.commit(self.count + pull)
    }

    /// A run's row.
    pub fn run(&self, at: usize) -> i64 {
        self.runs + 1 + id(at)
    }

    /// The row of a run's head.
    pub(super) fn head(&self, run: &Run) -> i64 {
        match run.what {
            What::Push(at) => self.commit(at),
            What::Pull(pull) | What::Superseded(pull) => self.merge(pull),
        }
    }
}

pub(super) fn id(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Rows of a table on their way.
pub(super) struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    values: Vec<Value<'static>>,
}

impl Table {
    pub(super) fn new(name: &'static str, columns: &'static [&'static str]) -> Table {
        Table { name, columns, values: Vec::new() }
    }

    pub(super) async fn row<const N: usize>(&mut self, c: &mut Connection, row: [Value<'static>; N]) -> Result<()> {
        self.values.extend(row);
        if self.values.len() >= ROWS_MAX * self.columns.len() {
            self.flush(c).await?;
        }
        Ok(())
    }

    pub(super) async fn flush(&mut self, c: &mut Connection) -> Result<()> {
        Ok(bulk::put(c, self.name, self.columns, std::mem::take(&mut self.values)).await?)
    }

    pub(super) async fn end(mut self, c: &mut Connection) -> Result<()> {
        self.flush(c).await
    }
}

macro_rules! row {
    ($($value:expr),* $(,)?) => { [$(::ounce_server::store::sql::Value::from($value)),*] };
}
pub(super) use row;

/// Writes a project with everything but documents.
pub async fn write(c: &mut Connection, history: &History, runs: &[Run], ids: &mut Ids) -> Result<Written> {
    let written = Written { project: ids.project + 1, commits: ids.commit, runs: ids.run, count: history.commits.len() };
    project(c, history, &written).await?;
    commits(c, history, &written).await?;
    runs_and_jobs(c, history, runs, &written, ids).await?;
    if history.spec.weighed {
        weighed::write(c, history, runs, &written, ids).await?;
    }
    ids.project += 1;
    ids.commit += id(history.commits.len() + history.pulls.len());
    ids.run += id(runs.len());
    Ok(written)
}

async fn project(c: &mut Connection, history: &History, written: &Written) -> Result<()> {
    let (repo, until) = (history.spec.repo, history.spec.until_ms);
    let mut table =
        Table::new("projects", &["id", "repo", "title", "default_branch", "created_ms", "is_private", "visibility", "asked_ms"]);
    let name = repo.split_once('/').map_or(repo, |(_, name)| name);
    let first = history.commits[0].at_ms;
    table.row(c, row![written.project, repo, if history.spec.weighed { name } else { "" }, "main", first, false, "public", until]).await?;
    table.end(c).await?;
    let mut table = Table::new("refs", &["project_id", "name", "sha", "seen_ms"]);
    let named = |name: String, at: usize| row![written.project, name, history.commits[at].sha.to_string(), history.commits[at].at_ms];
    for (at, name) in &history.tags {
        table.row(c, named(format!("refs/tags/{name}"), *at)).await?;
    }
    if let Some((at, _)) = history.tags.last() {
        table.row(c, named("refs/heads/stable".into(), *at)).await?;
    }
    table.row(c, named("refs/heads/main".into(), history.commits.len() - 1)).await?;
    table.end(c).await?;
    let columns = &["project_id", "number", "title", "author", "head_sha", "from_fork", "is_open", "updated_ms", "landed_sha"];
    let mut table = Table::new("pulls", columns);
    for pull in &history.pulls {
        let landed = if let Fate::Landed(at) = pull.fate { Some(history.commits[at].sha.to_string()) } else { None };
        let is_open = !matches!(pull.fate, Fate::Landed(_) | Fate::Closed);
        let (title, author) = (pull.title.clone(), LOGINS[pull.author]);
        table
            .row(c, row![written.project, pull.number, title, author, pull.head.to_string(), pull.from_fork, is_open, pull.at_ms, landed])
            .await?;
    }
    table.end(c).await
}

async fn commits(c: &mut Connection, history: &History, written: &Written) -> Result<()> {
    let columns = &["id", "project_id", "sha", "parent_sha", "summary", "committed_ms", "on_default", "author"];
    let mut table = Table::new("commits", columns);
    let mut parent = String::new();
    for (at, commit) in history.commits.iter().enumerate() {
        let (sha, summary) = (commit.sha.to_string(), commit.summary.clone());
        let author = AUTHORS[commit.author];
        table.row(c, row![written.commit(at), written.project, sha, parent, summary, commit.at_ms, true, author]).await?;
        parent = commit.sha.to_string();
    }
    for (at, pull) in history.pulls.iter().enumerate() {
        let base = if let Fate::Landed(at) = pull.fate { at - 1 } else { history.commits.len() - 1 };
        let (sha, parent) = (pull.merge.to_string(), history.commits[base].sha.to_string());
        let summary = format!("Merge {} into {}", pull.head, parent);
        table.row(c, row![written.merge(at), written.project, sha, parent, summary, pull.at_ms, false, AUTHORS[pull.author]]).await?;
    }
    table.end(c).await
}

async fn runs_and_jobs(c: &mut Connection, history: &History, runs: &[Run], written: &Written, ids: &mut Ids) -> Result<()> {
    let columns = &[
        "id",
        "project_id",
        "kind",
        "pull_number",
        "shown_sha",
        "base_sha",
        "head_sha",
        "trusted",
        "manifest",
        "state",
        "note",
        "verdict",
        "created_ms",
        "judged_ms",
    ];
    let mut table = Table::new("runs", columns);
    let manifest = weigh::manifest();
    for (at, run) in runs.iter().enumerate() {
        let (kind, number) = match run.what {
            What::Push(_) => ("push", None),
            What::Pull(pull) | What::Superseded(pull) => ("pull", Some(history.pulls[pull].number)),
        };
        // The server's own function makes it judged.
        let (state, verdict) = if run.is_whole { ("measuring", None) } else { (run.state, run.verdict) };
        let judged = (state == "judged").then(|| run.judged_ms());
        let shas = [&run.shown, &run.base, &run.head].map(CommitSha::to_string);
        let [shown, base, head] = shas;
        table
            .row(
                c,
                row![
                    written.run(at),
                    written.project,
                    kind,
                    number,
                    shown,
                    base,
                    head,
                    run.trusted,
                    manifest.clone(),
                    state,
                    run.note,
                    verdict,
                    run.at_ms,
                    judged
                ],
            )
            .await?;
    }
    table.end(c).await?;
    let columns = &[
        "id",
        "run_id",
        "board",
        "needs",
        "trusted",
        "priority",
        "state",
        "attempts",
        "token",
        "runner",
        "until_ms",
        "failure_kind",
        "detail",
        "doing",
        "created_ms",
        "queued_ms",
        "started_ms",
        "ended_ms",
    ];
    let mut table = Table::new("jobs", columns);
    let mut logs = Table::new("job_logs", &["job_id", "text", "dropped_bytes"]);
    for (n, run) in runs.iter().enumerate().filter(|(_, run)| !matches!(run.state, "waiting" | "refused")) {
        for &board in history.spec.boards {
            ids.job += 1;
            let job = Job::of(history, run, board, n);
            table
                .row(
                    c,
                    row![
                        ids.job,
                        written.run(n),
                        BOARDS[board].name,
                        BOARDS[board].needs,
                        run.trusted,
                        i64::from(run.what == What::Push(n)),
                        job.state,
                        job.attempts,
                        job.attempts,
                        job.runner,
                        job.until_ms,
                        job.failure,
                        job.detail,
                        job.doing,
                        run.at_ms,
                        run.at_ms,
                        job.started_ms,
                        job.ended_ms
                    ],
                )
                .await?;
            if n + LOGGED_RUNS > runs.len() && matches!(job.state, "done" | "failed") {
                let dropped = if n % 17 == 0 { 48_211i64 } else { 0 };
                logs.row(c, row![ids.job, super::people::log(run, board), dropped]).await?;
            }
        }
    }
    table.end(c).await?;
    logs.end(c).await
}

/// How a board's job stands.
struct Job {
    state: &'static str,
    attempts: i64,
    runner: Option<&'static str>,
    until_ms: Option<Millis>,
    failure: Option<&'static str>,
    detail: &'static str,
    doing: &'static str,
    started_ms: Option<Millis>,
    ended_ms: Option<Millis>,
}

impl Job {
    fn of(history: &History, run: &Run, board: usize, n: usize) -> Job {
        let can: Vec<&str> = RUNNERS.iter().filter(|(_, can)| can.contains(&BOARDS[board].needs)).map(|(name, _)| *name).collect();
        let runner = Some(can[(n + board) % can.len()]);
        let (started, ended) = (run.at_ms + 4_000 + id(board) * 9_000, run.at_ms + 60_000 + id(board * 41_000 + n % 7 * 3_000));
        let done = Job {
            state: "done",
            attempts: if n % 23 == 0 { 2 } else { 1 },
            runner,
            until_ms: None,
            failure: None,
            detail: "",
            doing: "",
            started_ms: Some(started),
            ended_ms: Some(ended),
        };
        let is_lost = run.weighs(history).is_some_and(|at| history.commits[at].lost >> board & 1 == 1) && matches!(run.what, What::Push(_));
        match run.state {
            "superseded" => Job { state: "superseded", started_ms: None, runner: None, attempts: 0, ..done },
            "measuring" if board < 2 => {
                // For as long as somebody looks: nobody prolongs it.
                Job {
                    state: "leased",
                    until_ms: Some(started + 30 * 24 * 3_600_000),
                    doing: "building the head: 214 of 380 crates",
                    ended_ms: None,
                    ..done
                }
            }
            "measuring" => Job { state: "queued", attempts: 0, runner: None, started_ms: None, ended_ms: None, ..done },
            _ if is_lost && n % 2 == 0 => {
                Job { state: "failed", attempts: 3, failure: Some("infra"), detail: "the checkout failed: no space left on device", ..done }
            }
            _ if is_lost => Job { state: "failed", failure: Some("timeout"), detail: "not done after 30 minutes", ..done },
            _ => done,
        }
    }
}
