//! What the API answers with. Names are stable: a field may be added, none changes its meaning.

use crate::store::audit::Entry;
use crate::store::pages::{JobRow, LatestRow, ProjectRow, RunRow, ToolsRow};
use ounce_analysis::series::{self, Search};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A project in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectSummary {
    /// `owner/name`.
    #[schema(example = "acme/blinky")]
    pub repo: String,
    /// The manifest's name of it; may be empty.
    pub title: String,
    /// Its newest run.
    pub latest_run: Option<LatestRun>,
}

/// A project's newest run.
#[derive(Debug, Serialize, ToSchema)]
pub struct LatestRun {
    /// Its number.
    pub id: i64,
    /// `waiting`, `measuring`, `judged`, `refused` or `superseded`.
    pub state: String,
    /// `unchanged`, `within_budget`, `over_budget`, `incomplete` or `broken`, when judged.
    pub verdict: Option<String>,
    /// When it was made.
    pub created_ms: i64,
}

impl From<ProjectRow> for ProjectSummary {
    fn from(row: ProjectRow) -> Self {
        let latest_run = match (row.run_id, row.state, row.created_ms) {
            (Some(id), Some(state), Some(created_ms)) => Some(LatestRun { id, state, verdict: row.verdict, created_ms }),
            _ => None,
        };
        ProjectSummary { repo: row.repo, title: row.title, latest_run }
    }
}

/// A project with what its boards weigh on the default branch.
#[derive(Debug, Serialize, ToSchema)]
pub struct Project {
    /// `owner/name`.
    pub repo: String,
    /// The manifest's name of it; may be empty.
    pub title: String,
    /// The default branch; may be empty.
    pub default_branch: String,
    /// Its boards by name, as far as they were measured lately.
    pub boards: Vec<Board>,
}

/// A board's newest figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct Board {
    /// Its name.
    pub name: String,
    /// Its regions, in the order in which they were first measured.
    pub regions: Vec<Region>,
}

/// A region's newest figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Bytes used.
    pub used_bytes: i64,
    /// Its size, where the newest manifest still has it.
    pub size_bytes: Option<u64>,
    /// The commit.
    pub sha: String,
}

impl Board {
    /// Of rows of one board; the sizes are looked up by board and region.
    pub fn new(rows: &[LatestRow], size: impl Fn(&str, &str) -> Option<u64>) -> Board {
        let region = |row: &LatestRow| Region {
            name: row.region.clone(),
            used_bytes: row.value,
            size_bytes: size(&row.board, &row.region),
            sha: row.sha.clone(),
        };
        Board { name: rows[0].board.clone(), regions: rows.iter().map(region).collect() }
    }
}

/// A run.
#[derive(Debug, Serialize, ToSchema)]
pub struct Run {
    /// Its number.
    pub id: i64,
    /// The pull request; null for a push.
    pub pull: Option<i64>,
    /// The pull request's title, or the first line of the pushed commit. From outside: escape it.
    pub subject: String,
    /// Who opened the pull request; empty for a push.
    pub author: String,
    /// The commit on which the check is shown.
    pub shown_sha: String,
    /// The commit compared with.
    pub base_sha: String,
    /// The commit weighed: a pull request's test merge where it has no conflict.
    pub head_sha: String,
    /// Whether the pull request conflicts with its base branch.
    pub conflict: bool,
    /// `waiting`, `measuring`, `judged`, `refused` or `superseded`.
    pub state: String,
    /// Why it was refused.
    pub note: String,
    /// `unchanged`, `within_budget`, `over_budget`, `incomplete` or `broken`, when judged.
    pub verdict: Option<String>,
    /// When it was made.
    pub created_ms: i64,
    /// When it was judged.
    pub judged_ms: Option<i64>,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Run {
            id: row.id,
            pull: row.pull_number,
            subject: row.subject,
            author: row.author,
            shown_sha: row.shown_sha,
            base_sha: row.base_sha,
            head_sha: row.head_sha,
            conflict: row.conflict,
            state: row.state,
            note: row.note,
            verdict: row.verdict,
            created_ms: row.created_ms,
            judged_ms: row.judged_ms,
        }
    }
}

/// A run with its jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunDetail {
    /// The repository.
    pub repo: String,
    /// The run.
    #[serde(flatten)]
    pub run: Run,
    /// Its jobs, one a board, by board.
    pub jobs: Vec<Job>,
}

/// A job: one board of a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct Job {
    /// Its number.
    pub id: i64,
    /// Its run.
    pub run: i64,
    /// The board.
    pub board: String,
    /// `queued`, `leased`, `done`, `failed` or `superseded`.
    pub state: String,
    /// Leases given so far.
    pub attempts: i64,
    /// Who holds or last held it.
    pub runner: Option<String>,
    /// Why it failed. From outside: escape it.
    pub detail: String,
    /// What the runner said in its last heartbeat. From outside: escape it.
    pub doing: String,
    /// When the latest lease began.
    pub started_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
    /// Bytes of its log; null where there is none.
    pub log_bytes: Option<i64>,
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        Job {
            id: row.id,
            run: row.run_id,
            board: row.board,
            state: row.state,
            attempts: row.attempts,
            runner: row.runner,
            detail: row.detail,
            doing: row.doing,
            started_ms: row.started_ms,
            ended_ms: row.ended_ms,
            log_bytes: row.log_bytes,
        }
    }
}

/// A job's log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Log {
    /// What the build and the board printed. From outside: escape it.
    pub text: String,
    /// Bytes beyond the limit, which were not kept.
    pub dropped_bytes: i64,
}

/// A board's figures on the default branch, commit by commit.
#[derive(Debug, Serialize, ToSchema)]
pub struct History {
    /// The newest commits of the branch, the oldest of them first.
    pub commits: Vec<Commit>,
    /// The tools behind the figures, those first seen first.
    pub tools: Vec<Tools>,
    /// Regions and benchmarks, by kind, name and tools.
    pub series: Vec<Series>,
}

/// A commit of the default branch.
#[derive(Debug, Serialize, ToSchema)]
pub struct Commit {
    /// The commit.
    pub sha: String,
    /// First line of its message. From outside: escape it.
    pub summary: String,
    /// Committer time.
    pub committed_ms: i64,
    /// The run that weighed its push.
    pub run: Option<i64>,
}

/// Tools behind figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tools {
    /// Their number.
    pub id: i64,
    /// What each is, such as `toolchain`, `emulator`; empty where it is not known. From outside: escape it.
    pub names: BTreeMap<String, String>,
}

impl From<ToolsRow> for Tools {
    fn from(row: ToolsRow) -> Tools {
        Tools { id: row.id, names: serde_json::from_str(&row.names).unwrap_or_default() }
    }
}

/// A figure over the commits, by one set of tools: figures of others are not subtracted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Series {
    /// `region`: bytes used. `instructions`: of a benchmark, the empty one subtracted.
    pub kind: String,
    /// The region, or the benchmark.
    pub name: String,
    /// The tools, by their number in `tools`.
    pub tools: i64,
    /// Whether all takes agreed. Then each change is real and in `steps`; else changes are in `change_points`.
    pub exact: bool,
    /// One for each commit; null where it was not measured there with these tools.
    pub values: Vec<Option<i64>>,
    /// Every change of an exact figure, oldest first.
    pub steps: Vec<Step>,
    /// Changes of a noisy figure that chance does not explain, oldest first.
    pub change_points: Vec<ChangePoint>,
}

impl Series {
    /// With its changes, looked for in the values.
    pub fn new(kind: String, name: String, tools: i64, exact: bool, values: Vec<Option<i64>>) -> Series {
        let (mut steps, mut change_points) = (Vec::new(), Vec::new());
        if exact {
            let figures: Vec<Option<u64>> = values.iter().map(|v| v.and_then(|v| u64::try_from(v).ok())).collect();
            steps.extend(series::steps(&figures).iter().map(Step::from));
        } else {
            #[expect(clippy::cast_precision_loss, reason = "noise is far larger than what is lost over 2^53")]
            let figures: Vec<f64> = values.iter().map(|v| v.map_or(f64::NAN, |v| v as f64)).collect();
            change_points.extend(series::change_points(&figures, &Search::default()).iter().map(ChangePoint::from));
        }
        Series { kind, name, tools, exact, values, steps, change_points }
    }
}

/// A change of an exact figure. Places are those of `commits`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    /// The last commit known to have the figure before.
    pub last_before: usize,
    /// The first commit known to have the figure after: where it is the next one, it made the step.
    pub first_after: usize,
    /// The figure before.
    pub before: u64,
    /// The figure after.
    pub after: u64,
}

impl From<&series::Step> for Step {
    fn from(step: &series::Step) -> Step {
        let series::Step { last_before, first_after, before, after } = *step;
        Step { last_before, first_after, before, after }
    }
}

/// A change of a noisy figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangePoint {
    /// The first commit after it, by its place in `commits`.
    pub at: usize,
    /// Median of the values since the change point before.
    pub before: f64,
    /// Median of those up to the next.
    pub after: f64,
    /// How probable as much is by chance, at most 0.0001.
    pub p: f64,
}

impl From<&series::ChangePoint> for ChangePoint {
    fn from(change: &series::ChangePoint) -> ChangePoint {
        let series::ChangePoint { at, before, after, p } = *change;
        ChangePoint { at, before, after, p }
    }
}

/// A runner.
#[derive(Debug, Serialize, ToSchema)]
pub struct Runner {
    /// Its name.
    pub name: String,
    /// Whether it was heard of within the last minute.
    pub present: bool,
    /// When it was heard of last.
    pub seen_ms: Option<i64>,
    /// Whether it has a sandbox; without one it gets trusted work only.
    pub sandbox: bool,
    /// What it offers, such as `qemu:microbit`.
    pub can_run: Vec<String>,
}

/// What somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its number: later ones are larger.
    pub id: i64,
    /// When.
    pub at_ms: i64,
    /// The forge's account, the runner, or the operator's account on the machine.
    pub who: String,
    /// A word, or the command as it was given.
    pub what: String,
    /// On what.
    pub target: String,
    /// From where.
    pub origin: String,
    /// What came of it.
    pub result: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> AuditEntry {
        let Entry { id, at_ms, who, what, target, origin, result } = entry;
        AuditEntry { id, at_ms, who, what, target, origin, result }
    }
}
