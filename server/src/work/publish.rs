//! Post: what should stand on the forge, and making it so. The only place that writes to the forge.
//!
//! A wish is derived from a run's rows and stored with the change that led to it. One writer sends them, one at a time; it reads
//! before it writes, so a crash, or an answer that was lost, between writing and noting never gives a second comment.

use super::{Context, backoff_ms, forge_pause_ms, text};
use crate::forge::{CheckReport, CheckState, Forge, ForgeError};
use crate::store::outbox::{self, Due};
use crate::store::runs::{self, Run, RunState};
use crate::store::{Connection, StoreError, jobs, unreadable};
use ounce_analysis::Comparison;
use ounce_analysis::comparison::Verdict;
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use serde::{Deserialize, Serialize};

/// Failures in a row before a wish is given up until there is a newer one: about an hour and a half.
pub const ATTEMPTS_MAX: u32 = 25;
/// Our id of a check on a commit: there is one, whichever run speaks.
pub const CHECK_ID: &str = "report";

/// Something that should stand on the forge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Wish {
    /// The one comment on a pull request.
    Comment {
        /// Which.
        pull: u64,
        /// Its text.
        body: String,
    },
    /// The check of a commit.
    Check {
        /// Which.
        sha: CommitSha,
        /// How it stands.
        state: Mark,
        /// One line.
        title: String,
        /// Markdown.
        summary: String,
        /// The page with the details.
        url: Option<String>,
    },
}

/// How a check stands, in stored words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Going on.
    Pending,
    /// Within the budgets.
    Success,
    /// Over a budget, or broken.
    Failure,
    /// Figures are missing for reasons of ours.
    Incomplete,
    /// Nothing to say.
    Neutral,
}

impl From<Mark> for CheckState {
    fn from(mark: Mark) -> CheckState {
        match mark {
            Mark::Pending => CheckState::Pending,
            Mark::Success => CheckState::Success,
            Mark::Failure => CheckState::Failure,
            Mark::Incomplete => CheckState::Incomplete,
            Mark::Neutral => CheckState::Neutral,
        }
    }
}

fn mark(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::Unchanged | Verdict::WithinBudget => Mark::Success,
        Verdict::OverBudget | Verdict::Broken => Mark::Failure,
        Verdict::Incomplete => Mark::Incomplete,
    }
}

/// What a run has to say: its comment, where there is one, and its check.
struct Said {
    comment: Option<String>,
    state: Mark,
    title: String,
    summary: String,
}

/// What a run has to say as its rows are now. Nothing when it was superseded.
async fn said(tx: &mut Connection, run: &Run) -> Result<Option<Said>, StoreError> {
    let (comment, state, title, summary) = match run.state {
        RunState::Measuring => {
            let boards = jobs::of_run(tx, run.id).await?.len();
            let title = format!("weighing {}", text::counted(boards, "board"));
            (Some(text::measuring(run, boards)), Mark::Pending, title, text::measuring(run, boards))
        }
        RunState::Waiting => (Some(text::waiting(run)), Mark::Pending, "waiting for approval".to_owned(), text::waiting(run)),
        // Without a manifest the project may not want us at all: the check is enough. Where nobody knows whether there is one,
        // for both sides name the head, nothing was found out, which is no pass.
        RunState::Refused if run.manifest.is_empty() => {
            let mark = if run.base == run.head { Mark::Incomplete } else { Mark::Neutral };
            (None, mark, format!("not weighed: {}", run.note), format!("{}.\n", run.note))
        }
        RunState::Refused if run.note == text::NOT_JUDGED => {
            (Some(text::not_judged(run)), Mark::Incomplete, format!("not weighed: {}", run.note), text::not_judged(run))
        }
        RunState::Refused => (Some(text::refused(run)), Mark::Neutral, format!("not weighed: {}", run.note), text::refused(run)),
        RunState::Judged => {
            let comparison = comparison(run)?;
            let body = text::report(&comparison);
            (Some(body.clone()), mark(comparison.verdict), ounce_report::check_title(&comparison), body)
        }
        RunState::Superseded => return Ok(None),
    };
    Ok(Some(Said { comment, state, title, summary }))
}

/// Wishes what should stand on a pull request for this run, as its rows are now. Nothing for a push.
pub async fn wish_for_run(tx: &mut Connection, run: i64, public_url: Option<&str>, now: Millis) -> Result<(), StoreError> {
    let run = runs::get(tx, run).await?;
    let Some(pull) = run.pull else { return Ok(()) };
    let Some(said) = said(tx, &run).await? else { return Ok(()) };
    if let Some(body) = &said.comment {
        let url = text::run_url(public_url, run.id);
        put(tx, &run, &Wish::Comment { pull, body: text::comment(body, url.as_deref()) }, now).await?;
    }
    let (project, sha) = (run.project, run.shown.clone());
    wish_check(tx, project, &sha, Some((run, said)), public_url, now).await.map(|_| ())
}

/// How loud a mark is, where several pull requests share one commit and so one check: the worst is shown.
fn loudness(mark: Mark) -> u8 {
    match mark {
        Mark::Failure => 4,
        Mark::Incomplete => 3,
        Mark::Pending => 2,
        Mark::Success => 1,
        Mark::Neutral => 0,
    }
}

/// Wishes a commit's one check: what the run at hand says, or the latest run of another open pull request with the same head.
/// Trusted runs speak before a fork's, and the worst of them is shown: a stranger who opens a pull request from somebody else's
/// commit hides nothing. False where no run speaks.
async fn wish_check(
    tx: &mut Connection,
    project: i64,
    sha: &CommitSha,
    own: Option<(Run, Said)>,
    public_url: Option<&str>,
    now: Millis,
) -> Result<bool, StoreError> {
    let own_pull = own.as_ref().and_then(|(run, _)| run.pull);
    let mut speakers: Vec<(Run, Said)> = own.into_iter().collect();
    for id in runs::showing(tx, project, sha, own_pull).await? {
        // Another pull request's run that cannot be read is no reason to say nothing of this one.
        let read = async {
            let run = runs::get(tx, id).await?;
            let said = said(tx, &run).await?;
            Ok(said.map(|said| (run, said)))
        };
        match read.await {
            Ok(speaker) => speakers.extend(speaker),
            Err(error) if unreadable(&error) => tracing::error!(run = id, %error, "a run cannot be read, so its check is not counted"),
            Err(error) => return Err(error),
        }
    }
    let Some((run, said)) = speakers.into_iter().max_by_key(|(run, said)| (run.trusted, loudness(said.state), run.id)) else {
        return Ok(false);
    };
    let url = text::run_url(public_url, run.id);
    let check = Wish::Check { sha: sha.clone(), state: said.state, title: text::title(&said.title), summary: said.summary, url };
    put(tx, &run, &check, now).await?;
    Ok(true)
}

/// Wishes the check of a commit anew after a pull request that showed it was closed: what the others of the same head say.
pub async fn wish_left(
    tx: &mut Connection,
    project: i64,
    sha: &CommitSha,
    public_url: Option<&str>,
    now: Millis,
) -> Result<(), StoreError> {
    wish_check(tx, project, sha, None, public_url, now).await.map(|_| ())
}

/// Wishes that the check of a superseded run says so, unless another pull request shows the same commit; where the pull request
/// was closed, the comment too.
pub async fn wish_superseded(
    tx: &mut Connection,
    run: &Run,
    by: Option<&CommitSha>,
    public_url: Option<&str>,
    now: Millis,
) -> Result<(), StoreError> {
    let Some(pull) = run.pull else { return Ok(()) };
    let title = match by {
        Some(sha) => format!("superseded by {}", sha.short()),
        None => "closed before it was weighed".to_owned(),
    };
    if by.is_none() {
        put(tx, run, &Wish::Comment { pull, body: text::comment(&text::closed(run), None) }, now).await?;
    }
    if wish_check(tx, run.project, &run.shown, None, public_url, now).await? {
        return Ok(());
    }
    put(tx, run, &Wish::Check { sha: run.shown.clone(), state: Mark::Neutral, summary: format!("{title}.\n"), title, url: None }, now).await
}

fn comparison(run: &Run) -> Result<Comparison, StoreError> {
    serde_json::from_str(run.comparison.as_deref().unwrap_or("")).map_err(|e| StoreError::Decode(Box::new(e)))
}

async fn put(tx: &mut Connection, run: &Run, wish: &Wish, now: Millis) -> Result<(), StoreError> {
    let target = match wish {
        Wish::Comment { pull, .. } => format!("comment:{pull}"),
        Wish::Check { sha, .. } => format!("check:{sha}"),
    };
    let payload = serde_json::to_string(wish).map_err(|e| StoreError::Encode(Box::new(e)))?;
    outbox::wish(tx, run.project, run.id, &target, &payload, now).await
}

/// Makes the oldest wish so. False where none is due.
pub async fn step<F: Forge>(cx: &Context<F>) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let Some(due) = outbox::due(&mut *cx.store.connection().await?, now).await? else { return Ok(false) };
    let wish: Wish = match serde_json::from_str(&due.payload) {
        Ok(wish) => wish,
        Err(error) => {
            outbox::failed(&mut *cx.store.connection().await?, &due, &format!("not a wish of this version: {error}"), None).await?;
            return Ok(true);
        }
    };
    let result = match &wish {
        Wish::Comment { pull, body } => send_comment(cx, &due, *pull, body).await.map(Some),
        Wish::Check { sha, state, title, summary, url } => {
            let check = CheckReport {
                sha: sha.clone(),
                external_id: CHECK_ID.into(),
                state: (*state).into(),
                title: title.clone(),
                summary: summary.clone(),
                details_url: url.clone(),
                actions: Vec::new(),
            };
            cx.forge.report_check(&due.repo, &check).await.map(|()| None)
        }
    };
    let mut c = cx.store.connection().await?;
    match result {
        Ok(id) => outbox::sent(&mut c, &due, id, cx.clock.now()).await?,
        Err(error) => note_failure(cx, &mut c, &due, &error).await?,
    }
    Ok(true)
}

/// Reads first: by the stored id, else by marker and author. Only where neither finds a comment is one written.
async fn send_comment<F: Forge>(cx: &Context<F>, due: &Due, pull: u64, body: &str) -> Result<u64, ForgeError> {
    let stored = match due.forge_id {
        Some(id) => cx.forge.comment(&due.repo, id).await?,
        None => None,
    };
    let found = match stored {
        Some(comment) => Some(comment),
        None => cx.forge.find_comment(&due.repo, pull, text::MARKER).await?,
    };
    match found {
        Some(comment) if comment.body.trim_end() == body.trim_end() => Ok(comment.id),
        Some(comment) => cx.forge.update_comment(&due.repo, comment.id, body).await.map(|()| comment.id),
        None => cx.forge.create_comment(&due.repo, pull, body).await.map(|comment| comment.id),
    }
}

async fn note_failure<F: Forge>(cx: &Context<F>, c: &mut Connection, due: &Due, error: &ForgeError) -> Result<(), StoreError> {
    let now = cx.clock.now();
    if let Some(pause) = forge_pause_ms(error) {
        tracing::warn!(repo = %due.repo, pause_ms = pause, "rate limited: everything of this project waits");
        return outbox::hold(c, due.project, now.saturating_add(pause)).await;
    }
    let hopeless = matches!(error, ForgeError::Invalid { .. }) || due.attempts + 1 >= ATTEMPTS_MAX;
    let next = (!hopeless).then(|| now.saturating_add(backoff_ms(due.attempts)));
    tracing::warn!(repo = %due.repo, outbox = due.id, attempts = due.attempts + 1, given_up = hopeless, %error, "could not be sent");
    outbox::failed(c, due, &error.to_string(), next).await
}
