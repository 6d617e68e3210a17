//! The rows of a history, written in bulk: all of it but the documents of the newest runs, which go through the server's own functions.

use super::history::{Fate, History, NONE, series};
use super::model::{BOARDS, SERIES};
use super::runs::{Run, What, compared, tendency};
use super::weigh::{self, At};
use super::words::{self, AUTHORS, LOGINS};
use anyhow::Result;
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use ounce_server::store::measurements::Packed;
use ounce_server::store::sql::Value;
use ounce_server::store::{Connection, bulk, symbols};

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
    count: usize,
}

impl Written {
    /// A commit's row.
    pub fn commit(&self, at: usize) -> i64 {
        self.commits + 1 + id(at)
    }

    /// The row of a pull request's test merge.
    fn merge(&self, pull: usize) -> i64 {
        self.commit(self.count + pull)
    }

    /// A run's row.
    pub fn run(&self, at: usize) -> i64 {
        self.runs + 1 + id(at)
    }

    /// The row of a run's head.
    fn head(&self, run: &Run) -> i64 {
        match run.what {
            What::Push(at) => self.commit(at),
            What::Pull(pull) | What::Superseded(pull) => self.merge(pull),
        }
    }
}

fn id(n: usize) -> i64 {
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

    async fn flush(&mut self, c: &mut Connection) -> Result<()> {
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
        let measured = measurements(c, history, runs, &written, ids).await?;
        points(c, history, &written, &measured, ids).await?;
        steps(c, history, runs, &written, ids).await?;
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

/// The rows of measurements, by commit and board: of the head's side, and of the base's of the run after it.
struct Measured {
    heads: Vec<[i64; BOARDS.len()]>,
    bases: Vec<[i64; BOARDS.len()]>,
}

async fn measurements(c: &mut Connection, history: &History, runs: &[Run], written: &Written, ids: &mut Ids) -> Result<Measured> {
    let columns = &["id", "run_id", "board", "commit_id", "image", "doc", "packed", "token", "trusted", "received_ms"];
    let mut table = Table::new("measurements", columns);
    let mut measured = Measured { heads: vec![[0; BOARDS.len()]; written.count], bases: vec![[0; BOARDS.len()]; written.count] };
    let repo = history.spec.repo;
    let mut packed = Vec::new();
    for board in 0..BOARDS.len() {
        let at = At { repo, board, sha: &history.commits[0].sha, commit: 0, era: 0 };
        packed.push([Packed::of(&weigh::forgotten(&at))?, Packed::of(&weigh::failed(&at))?]);
    }
    for (n, run) in runs.iter().enumerate().filter(|(_, run)| run.state == "judged") {
        let (at, is_push) = (run.weighs(history), matches!(run.what, What::Push(_)));
        for &board in history.spec.boards {
            if is_push && at.is_some_and(|at| !history.commits[at].is_measured(board)) {
                continue;
            }
            let base = &history.commits[run.base_at];
            let era = at.map_or(base.era, |at| history.commits[at].era);
            let mut side = |commit_row: i64, builds: bool, image: String| {
                ids.measurement += 1;
                let [there, not_there] = &packed[board];
                let bytes = if builds { there } else { not_there }.bytes().to_vec();
                let (id, received) = (ids.measurement, run.at_ms + 60_000);
                (
                    id,
                    row![
                        id,
                        written.run(n),
                        BOARDS[board].name,
                        commit_row,
                        builds.then_some(image),
                        "",
                        bytes,
                        1i64,
                        run.trusted,
                        received
                    ],
                )
            };
            let image = |version, era| weigh::image(repo, board, version, era).to_string();
            let known = run.base_at == 0 || measured.heads[run.base_at][board] > 0 && base.era == era;
            if run.is_whole || run.is_kept || (is_push && !known) || run.base_at == 0 {
                let (id, row) = side(written.commit(run.base_at), base.builds(board), image(base.versions[board], era));
                table.row(c, row).await?;
                if is_push {
                    measured.bases[run.base_at][board] = id;
                }
            }
            let (builds, version) = at.map_or((true, u32::MAX - 1_000 + board as u32), |at| {
                (history.commits[at].builds(board), history.commits[at].versions[board])
            });
            let (id, row) = side(written.head(run), builds, image(version, era));
            table.row(c, row).await?;
            if let What::Push(at) = run.what {
                measured.heads[at][board] = id;
            }
        }
    }
    table.end(c).await?;
    Ok(measured)
}

async fn points(c: &mut Connection, history: &History, written: &Written, measured: &Measured, ids: &mut Ids) -> Result<()> {
    let mut tools = Table::new("tools", &["id", "project_id", "sha256", "names"]);
    let mut series_of: Vec<[i64; 2]> = Vec::new();
    let mut known: Vec<(String, i64)> = Vec::new();
    for era in 0..history.eras.len() {
        let mut pair = [0; 2];
        for (is_run, place) in [false, true].into_iter().zip(&mut pair) {
            let (sha256, names) = weigh::tools(era, is_run);
            let there = known.iter().find(|(digest, _)| *digest == sha256).map(|(_, id)| *id);
            *place = match there {
                Some(id) => id,
                None => {
                    ids.tools += 1;
                    tools.row(c, row![ids.tools, written.project, sha256.clone(), names]).await?;
                    known.push((sha256, ids.tools));
                    ids.tools
                }
            };
        }
        series_of.push(pair);
    }
    tools.end(c).await?;
    let mut rows = Table::new("series", &["id", "project_id", "board", "kind", "name", "tools_id"]);
    let mut table = Table::new("points", &["series_id", "commit_id", "measurement_id", "value", "exact"]);
    let names = series();
    // Series by series, as the table is sorted.
    for &board in history.spec.boards {
        for (k, &(kind, name)) in names.iter().enumerate().take(SERIES) {
            let mut last_tools = 0;
            for (n, era) in history.eras.iter().enumerate() {
                let tools = series_of[n][usize::from(kind != "region")];
                let same = tools == last_tools;
                if !same {
                    ids.series += 1;
                    rows.row(c, row![ids.series, written.project, BOARDS[board].name, kind, name, tools]).await?;
                    // Points refer to it.
                    rows.flush(c).await?;
                    last_tools = tools;
                }
                let exact = !(BOARDS[board].noisy && kind == "instructions");
                // A commit that was weighed again by the same tools has one figure by them.
                for at in era.commits().skip(usize::from(same)) {
                    let value = era.at(at, board)[k];
                    if value == NONE {
                        continue;
                    }
                    let head = if history.commits[at].era == n { measured.heads[at][board] } else { 0 };
                    let measurement = if head > 0 { head } else { measured.bases[at][board] };
                    table.row(c, row![ids.series, written.commit(at), measurement, i64::from(value), exact]).await?;
                }
            }
        }
    }
    table.end(c).await
}

async fn steps(c: &mut Connection, history: &History, runs: &[Run], written: &Written, ids: &mut Ids) -> Result<()> {
    let mut table = Table::new("symbols", &["id", "project_id", "sha256", "owner", "name", "grp"]);
    let slots = history.model.states[0].flash.len();
    let first = ids.symbol + 1;
    let owners = (0..slots).map(words::flash).chain((0..history.model.states[0].ram.len()).map(words::ram));
    for owner in owners {
        ids.symbol += 1;
        let known = if owner.is_constant { "reference" } else { "symbol" };
        let sha256 = symbols::digest(known, &owner.name, &owner.group);
        table.row(c, row![ids.symbol, written.project, sha256, known, symbols::cut(&owner.name), owner.group]).await?;
    }
    table.end(c).await?;
    let columns = &["symbol_id", "board", "region", "commit_id", "run_id", "change", "base_bytes", "head_bytes"];
    let mut table = Table::new("symbol_steps", columns);
    let mut trades = Table::new("tradeoffs", &["run_id", "board", "commit_id", "flash_delta", "ram_delta", "instructions_ppm", "tendency"]);
    for (n, run) in runs.iter().enumerate().filter(|(_, run)| run.state == "judged" && !run.is_whole) {
        let Some(at) = run.weighs(history) else { continue };
        let there: Vec<usize> = history.spec.boards.iter().copied().filter(|board| compared(history, at, *board).is_some()).collect();
        for &board in &there {
            let trade = &history.commits[at].trades[board];
            let figures = row![trade.flash, trade.ram, trade.ppm, tendency(trade)];
            let [flash, ram, ppm, word] = figures;
            trades.row(c, [written.run(n).into(), BOARDS[board].name.into(), written.head(run).into(), flash, ram, ppm, word]).await?;
        }
        if !matches!(run.what, What::Push(_)) {
            continue;
        }
        for effect in history.commits[at].effects.iter().filter(|effect| there.contains(&usize::from(effect.board))) {
            let slot = usize::from(effect.slot) + if effect.is_ram { slots } else { 0 };
            let change = match (effect.base, effect.head) {
                (0, _) => "added",
                (_, 0) => "removed",
                (base, head) if head > base => "grown",
                _ => "shrunk",
            };
            let (board, region) = (BOARDS[usize::from(effect.board)].name, if effect.is_ram { "ram" } else { "flash" });
            let (base, head) = (i64::from(effect.base), i64::from(effect.head));
            table.row(c, row![first + id(slot), board, region, written.commit(at), written.run(n), change, base, head]).await?;
        }
    }
    table.end(c).await?;
    trades.end(c).await
}
