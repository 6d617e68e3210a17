//! Runs: one head weighed against one base, over all boards of the manifest.

use super::sql::{Row, sql};
use super::{Connection, StoreError, stored};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// A fork's commit that nobody approved.
    Waiting,
    /// Jobs are under way.
    Measuring,
    /// The comparison is stored.
    Judged,
    /// There is nothing to run.
    Refused,
    /// A newer head arrived, or the pull request was closed.
    Superseded,
}

impl RunState {
    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            RunState::Waiting => "waiting",
            RunState::Measuring => "measuring",
            RunState::Judged => "judged",
            RunState::Refused => "refused",
            RunState::Superseded => "superseded",
        }
    }

    fn parse(word: &str) -> Result<RunState, StoreError> {
        [RunState::Waiting, RunState::Measuring, RunState::Judged, RunState::Refused, RunState::Superseded]
            .into_iter()
            .find(|s| s.word() == word)
            .ok_or_else(|| StoreError::Decode(format!("run state {word:?}").into()))
    }
}

/// What a run is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunKind {
    /// A pull request's head.
    Pull,
    /// A push to the default branch.
    Push,
    /// Two commits that somebody asked for in a comment on a pull request.
    Compare {
        /// The forge's id of the comment.
        answers: u64,
        /// References that lead to the commits.
        refs: Vec<String>,
    },
}

impl RunKind {
    fn word(&self) -> &'static str {
        match self {
            RunKind::Pull => "pull",
            RunKind::Push => "push",
            RunKind::Compare { .. } => "compare",
        }
    }
}

/// A run to be made.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    /// Its project.
    pub project: i64,
    /// What it is for.
    pub kind: RunKind,
    /// The pull request, or the one it was asked for on; none for a push.
    pub pull: Option<u64>,
    /// Where its check is shown.
    pub shown: &'a CommitSha,
    /// The commit compared with.
    pub base: &'a CommitSha,
    /// The commit weighed.
    pub head: &'a CommitSha,
    /// Whether the pull request conflicts with its base branch.
    pub conflict: bool,
    /// False for a fork's commit.
    pub trusted: bool,
    /// `ounce.toml` at the base, empty where there is none.
    pub manifest: &'a str,
    /// Whether the head has another one.
    pub manifest_changed: bool,
    /// Where it begins.
    pub state: RunState,
    /// Why, where it begins as refused.
    pub note: &'a str,
}

/// A run as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: i64,
    /// Its project.
    pub project: i64,
    /// What it is for.
    pub kind: RunKind,
    /// The pull request, or the one it was asked for on; none for a push.
    pub pull: Option<u64>,
    /// Where its check is shown.
    pub shown: CommitSha,
    /// The commit compared with.
    pub base: CommitSha,
    /// The commit weighed.
    pub head: CommitSha,
    /// Whether the pull request conflicts with its base branch.
    pub conflict: bool,
    /// False for a fork's commit.
    pub trusted: bool,
    /// `ounce.toml` at the base.
    pub manifest: String,
    /// Whether the head has another one.
    pub manifest_changed: bool,
    /// Where it stands.
    pub state: RunState,
    /// Why it was refused.
    pub note: String,
    /// The comparison's JSON, when judged.
    pub comparison: Option<String>,
}

impl Run {
    /// Whether there is a pair of commits to weigh, and a manifest that says how.
    pub fn has_pair(&self) -> bool {
        self.base != self.head && !self.manifest.is_empty()
    }
}

const COLUMNS: &str = "id, project_id, kind, pull_number, shown_sha, base_sha, head_sha, conflict, trusted, manifest, manifest_changed, state, note, comparison,
    answers, refs";

fn kind(row: &Row) -> Result<RunKind, StoreError> {
    Ok(match row.try_get::<&str>("kind")? {
        "pull" => RunKind::Pull,
        "push" => RunKind::Push,
        _ => RunKind::Compare {
            answers: row.try_get::<Option<i64>>("answers")?.and_then(|id| u64::try_from(id).ok()).unwrap_or(0),
            refs: serde_json::from_str(row.try_get("refs")?).map_err(|e| StoreError::Decode(Box::new(e)))?,
        },
    })
}

fn run(row: &Row) -> Result<Run, StoreError> {
    let sha = |column: &str| stored(row.try_get(column)?);
    Ok(Run {
        id: row.try_get("id")?,
        project: row.try_get("project_id")?,
        kind: kind(row)?,
        pull: row.try_get::<Option<i64>>("pull_number")?.and_then(|n| u64::try_from(n).ok()),
        shown: sha("shown_sha")?,
        base: sha("base_sha")?,
        head: sha("head_sha")?,
        conflict: row.try_get("conflict")?,
        trusted: row.try_get("trusted")?,
        manifest: row.try_get("manifest")?,
        manifest_changed: row.try_get("manifest_changed")?,
        state: RunState::parse(row.try_get("state")?)?,
        note: row.try_get("note")?,
        comparison: row.try_get("comparison")?,
    })
}

/// Makes a run and gives its id.
pub async fn insert(c: &mut Connection, new: &NewRun<'_>, now: Millis) -> Result<i64, StoreError> {
    let (answers, refs): (_, &[String]) = match &new.kind {
        RunKind::Compare { answers, refs } => (Some(*answers), refs),
        RunKind::Pull | RunKind::Push => (None, &[]),
    };
    sql(
        "INSERT INTO runs (project_id, kind, pull_number, shown_sha, base_sha, head_sha, conflict, trusted, manifest, manifest_changed, state, note, created_ms, answers, refs)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id",
    )
    .bind(new.project)
    .bind(new.kind.word())
    .bind(new.pull.map(|n| i64::try_from(n).unwrap_or(i64::MAX)))
    .bind(new.shown.as_str())
    .bind(new.base.as_str())
    .bind(new.head.as_str())
    .bind(new.conflict)
    .bind(new.trusted)
    .bind(new.manifest)
    .bind(new.manifest_changed)
    .bind(new.state.word())
    .bind(new.note)
    .bind(now)
    .bind(answers.and_then(|id| i64::try_from(id).ok()))
    .bind(serde_json::to_string(refs).unwrap_or_else(|_| "[]".into()))
    .fetch_one(c)
    .await
}

/// The run.
pub async fn get(c: &mut Connection, id: i64) -> Result<Run, StoreError> {
    let row: Row = sql(format!("SELECT {COLUMNS} FROM runs WHERE id = $1")).bind(id).fetch_one(c).await?;
    run(&row)
}

/// The latest run of exactly these commits that was not superseded, for a pull request or for a push.
pub async fn same(c: &mut Connection, new: &NewRun<'_>) -> Result<Option<Run>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM runs WHERE project_id = $1 AND head_sha = $2 AND base_sha = $3 AND pull_number IS NOT DISTINCT FROM $4 AND shown_sha = $5 AND kind = $6 AND state <> 'superseded' ORDER BY id DESC LIMIT 1"
    );
    let row: Option<Row> = sql(text)
        .bind(new.project)
        .bind(new.head.as_str())
        .bind(new.base.as_str())
        .bind(new.pull.map(|n| i64::try_from(n).unwrap_or(i64::MAX)))
        .bind(new.shown.as_str())
        .bind(new.kind.word())
        .fetch_optional(c)
        .await?;
    row.as_ref().map(run).transpose()
}

/// The latest run of a pull request, superseded or not; with a commit, of that head.
pub async fn latest(c: &mut Connection, project: i64, pull: u64, head: Option<&CommitSha>) -> Result<Option<Run>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM runs WHERE project_id = $1 AND kind = 'pull' AND pull_number = $2 AND ($3 = '' OR shown_sha = $3) ORDER BY id DESC LIMIT 1"
    );
    let row: Option<Row> = sql(text)
        .bind(project)
        .bind(i64::try_from(pull).unwrap_or(i64::MAX))
        .bind(head.map_or("", CommitSha::as_str))
        .fetch_optional(c)
        .await?;
    row.as_ref().map(run).transpose()
}

/// The head of a pull request's latest run, where that was made after that time.
pub async fn head_planned_since(c: &mut Connection, project: i64, pull: u64, since: Millis) -> Result<Option<CommitSha>, StoreError> {
    let latest: Option<(String, Millis)> =
        sql("SELECT shown_sha, created_ms FROM runs WHERE project_id = $1 AND kind = 'pull' AND pull_number = $2 ORDER BY id DESC LIMIT 1")
            .bind(project)
            .bind(i64::try_from(pull).unwrap_or(i64::MAX))
            .fetch_optional(c)
            .await?;
    latest.filter(|(_, made)| *made > since).map(|(sha, _)| stored(&sha)).transpose()
}

/// Lets a waiting run be measured. False where it does not wait any more.
pub async fn begin(c: &mut Connection, id: i64) -> Result<bool, StoreError> {
    let done = sql("UPDATE runs SET state = 'measuring' WHERE id = $1 AND state = 'waiting'").bind(id).execute(c).await?;
    Ok(done == 1)
}

/// Has a judged run judged again, for something was accepted. False where it is not judged.
pub async fn judge_again(c: &mut Connection, id: i64) -> Result<bool, StoreError> {
    let done = sql("UPDATE runs SET state = 'measuring' WHERE id = $1 AND state = 'judged'").bind(id).execute(c).await?;
    Ok(done == 1)
}

/// How many comparisons that somebody asked for on a pull request are under way.
pub async fn compares_open(c: &mut Connection, project: i64, pull: u64) -> Result<i64, StoreError> {
    sql("SELECT COUNT(*) FROM runs WHERE project_id = $1 AND kind = 'compare' AND pull_number = $2 AND state = 'measuring'")
        .bind(project)
        .bind(i64::try_from(pull).unwrap_or(i64::MAX))
        .fetch_one(c)
        .await
}

/// What of a pull request is superseded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Its runs but this one.
    But(i64),
    /// All its runs.
    Runs,
    /// All its runs, and the comparisons asked for on it.
    AndCompares,
}

/// Supersedes the waiting and measuring runs of a pull request, with their jobs. Gives the runs as they were before.
pub async fn supersede(c: &mut Connection, project: i64, pull: u64, reach: Reach, now: Millis) -> Result<Vec<Run>, StoreError> {
    let text = format!(
        "SELECT {COLUMNS} FROM runs WHERE project_id = $1 AND (kind = 'pull' OR kind = $4) AND pull_number = $2 AND id <> $3 AND state IN ('waiting', 'measuring') ORDER BY id"
    );
    let rows: Vec<Row> = sql(text)
        .bind(project)
        .bind(i64::try_from(pull).unwrap_or(i64::MAX))
        .bind(if let Reach::But(id) = reach { id } else { 0 })
        .bind(if reach == Reach::AndCompares { "compare" } else { "pull" })
        .fetch_all(&mut *c)
        .await?;
    stop(c, &rows, now).await
}

/// Supersedes all waiting and measuring runs of a project, with their jobs. Gives how many.
pub async fn supersede_all(c: &mut Connection, project: i64, now: Millis) -> Result<usize, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM runs WHERE project_id = $1 AND state IN ('waiting', 'measuring') ORDER BY id");
    let rows: Vec<Row> = sql(text).bind(project).fetch_all(&mut *c).await?;
    Ok(stop(c, &rows, now).await?.len())
}

async fn stop(c: &mut Connection, rows: &[Row], now: Millis) -> Result<Vec<Run>, StoreError> {
    let runs: Vec<Run> = rows.iter().map(run).collect::<Result<_, _>>()?;
    for run in &runs {
        supersede_one(c, run.id, now).await?;
    }
    Ok(runs)
}

/// Supersedes one run with its jobs.
pub async fn supersede_one(c: &mut Connection, id: i64, now: Millis) -> Result<(), StoreError> {
    sql("UPDATE runs SET state = 'superseded' WHERE id = $1").bind(id).execute(&mut *c).await?;
    super::jobs::supersede(c, id, now).await
}

/// The latest run of each open pull request, `but` one, that has this head and whose run was not superseded. Gives their ids.
pub async fn showing(c: &mut Connection, project: i64, head: &CommitSha, but: Option<u64>) -> Result<Vec<i64>, StoreError> {
    sql(
        "SELECT MAX(runs.id) FROM pulls JOIN runs ON runs.project_id = pulls.project_id AND runs.kind = 'pull' AND runs.pull_number = pulls.number
         WHERE pulls.project_id = $1 AND pulls.is_open = 1 AND pulls.head_sha = $2 AND pulls.number IS DISTINCT FROM $3
           AND runs.shown_sha = $2 AND runs.state <> 'superseded'
         GROUP BY pulls.number",
    )
    .bind(project)
    .bind(head.as_str())
    .bind(but.map(|n| i64::try_from(n).unwrap_or(i64::MAX)))
    .fetch_all(c)
    .await
}

/// The oldest run whose jobs have all ended, that is not judged yet and that no other server judges. What is compared for a pull request
/// waits for the commits that its budgets count from. Only its id: a row that cannot
/// be read must be found too.
pub async fn to_judge(c: &mut Connection, holder: &str, now: Millis) -> Result<Option<i64>, StoreError> {
    sql("SELECT id FROM runs WHERE state = 'measuring'
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.run_id = runs.id AND jobs.state IN ('queued', 'leased'))
         AND (runs.kind = 'push' OR NOT EXISTS (SELECT 1 FROM starts JOIN runs AS past ON past.project_id = runs.project_id AND past.head_sha = starts.sha
             WHERE starts.run_id = runs.id AND past.kind = 'push' AND past.state = 'measuring'))
         AND NOT EXISTS (SELECT 1 FROM claims WHERE name = 'run:' || runs.id AND holder <> $1 AND until_ms > $2) ORDER BY id LIMIT 1")
    .bind(holder)
    .bind(now)
    .fetch_optional(c)
    .await
}

/// Stores the comparison. False where the run is not measuring any more.
pub async fn judged(c: &mut Connection, id: i64, comparison: &str, verdict: &str, now: Millis) -> Result<bool, StoreError> {
    let done = sql("UPDATE runs SET state = 'judged', comparison = $2, verdict = $3, judged_ms = $4 WHERE id = $1 AND state = 'measuring'")
        .bind(id)
        .bind(comparison)
        .bind(verdict)
        .bind(now)
        .execute(c)
        .await?;
    Ok(done == 1)
}

/// Ends a measuring run that cannot be judged, with the reason.
pub async fn refuse(c: &mut Connection, id: i64, why: &str) -> Result<bool, StoreError> {
    let done =
        sql("UPDATE runs SET state = 'refused', note = $2 WHERE id = $1 AND state = 'measuring'").bind(id).bind(why).execute(c).await?;
    Ok(done == 1)
}

/// Has everything of a run measured afresh: somebody asked for it.
pub async fn measure_afresh(c: &mut Connection, run: i64) -> Result<(), StoreError> {
    sql("UPDATE runs SET afresh = 1 WHERE id = $1").bind(run).execute(c).await?;
    Ok(())
}

/// Whether everything of a run is to be measured afresh.
pub async fn is_afresh(c: &mut Connection, run: i64) -> Result<bool, StoreError> {
    sql("SELECT afresh FROM runs WHERE id = $1").bind(run).fetch_one(c).await
}
