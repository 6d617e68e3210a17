//! Post: what should stand on the forge, and making it so. The only place that writes to the forge.
//!
//! A wish is derived from a run's rows and stored with the change that led to it. Each installation has one writer at a time,
//! among all servers, which sends one wish at a time; it reads before it writes, so a crash, or an answer that was lost, between
//! writing and noting never gives a second comment.

use super::{Context, backoff_ms, forge_pause_ms, text};
use crate::clock::Clock;
use crate::forge::{Annotation, CheckAction, CheckReport, CheckState, Forge, ForgeError};
use crate::store::outbox::{self, Due, Wished};
use crate::store::runs::{self, Run, RunKind, RunState};
use crate::store::{Connection, StoreError, installations, jobs, unreadable};
use crate::trace;
use ounce_analysis::Comparison;
use ounce_analysis::comparison::Verdict;
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use ounce_report::annotate;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Failures in a row before a wish is given up until there is a newer one: about an hour and a half.
pub const ATTEMPTS_MAX: u32 = 25;
/// Writers of one server: so many installations are written to at once.
pub const WRITERS: usize = 4;
/// How long an installation stays one writer's, should it vanish.
pub const WRITER_MS: Millis = 15_000;
/// How often a writer says that it lives.
const KEEP_MS: u64 = 5_000;
/// How long a write may take, with the reading before it.
const WRITE_MS_MAX: u64 = 120_000;
/// Failures in a row before a check is sent without annotations: what is asked for them may be too much for the forge.
const ANNOTATED_ATTEMPTS_MAX: u32 = 3;
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
    /// The answer to a command: a comment of its own.
    Answer {
        /// The pull request.
        pull: u64,
        /// The comment that commanded.
        to: u64,
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
        /// Buttons.
        #[serde(default)]
        actions: Vec<CheckAction>,
        /// The run whose changed functions are annotated, where it knows where they are written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        annotate: Option<i64>,
    },
}

/// How a check stands, in stored words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Going on.
    Pending,
    /// A fork's commit that nobody approved.
    NeedsApproval,
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
            Mark::NeedsApproval => CheckState::NeedsApproval,
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
    actions: Vec<CheckAction>,
    /// It may have something to say beside lines.
    annotated: bool,
    /// More will be said.
    passing: bool,
}

impl Said {
    fn new(state: Mark, title: String, text: String) -> Said {
        Said {
            comment: Some(text.clone()),
            state,
            title,
            summary: text,
            actions: vec![CheckAction::Rerun],
            annotated: false,
            passing: false,
        }
    }
    fn passing(self) -> Said {
        Said { passing: true, actions: Vec::new(), ..self }
    }
    fn actions(self, actions: &[CheckAction]) -> Said {
        Said { actions: actions.to_vec(), ..self }
    }
}

/// What a run has to say as its rows are now. Nothing when it was superseded.
async fn said(tx: &mut Connection, run: &Run) -> Result<Option<Said>, StoreError> {
    let not_weighed = || format!("not weighed: {}", run.note);
    Ok(Some(match run.state {
        RunState::Measuring => {
            let boards = jobs::of_run(tx, run.id).await?.len();
            Said::new(Mark::Pending, format!("weighing {}", text::counted(boards, "board")), text::measuring(run, boards)).passing()
        }
        RunState::Waiting => {
            Said::new(Mark::NeedsApproval, "waiting for approval".to_owned(), text::waiting(run)).actions(&[CheckAction::Approve])
        }
        // Without a manifest the project may not want us at all: the check is enough. Where nobody knows whether there is one,
        // for both sides name the head, nothing was found out, which is no pass.
        RunState::Refused if run.manifest.is_empty() => {
            let mark = if run.base == run.head { Mark::Incomplete } else { Mark::Neutral };
            Said { comment: None, ..Said::new(mark, not_weighed(), format!("{}.\n", run.note)) }
        }
        RunState::Refused if run.note == text::FORKS_NEVER => {
            Said { comment: None, ..Said::new(Mark::Neutral, not_weighed(), format!("{}.\n", run.note)) }.actions(&[])
        }
        RunState::Refused if run.note == text::NOT_JUDGED => Said::new(Mark::Incomplete, not_weighed(), text::not_judged(run)),
        RunState::Refused => Said::new(Mark::Neutral, not_weighed(), text::refused(run)),
        RunState::Judged => {
            let comparison = comparison(run)?;
            let (title, body) = (ounce_report::check_title(&comparison), text::report(&comparison));
            let annotated = annotate::has_candidates(&comparison);
            let said = Said { annotated, ..Said::new(mark(comparison.verdict), title, body) };
            match comparison.verdict {
                Verdict::OverBudget => said.actions(&[CheckAction::Accept, CheckAction::Rerun]),
                _ => said,
            }
        }
        RunState::Superseded => return Ok(None),
    }))
}

/// Wishes what should stand on a pull request for this run, as its rows are now. Nothing for a push.
pub async fn wish_for_run(tx: &mut Connection, run: i64, public_url: Option<&str>, now: Millis) -> Result<(), StoreError> {
    let run = runs::get(tx, run).await?;
    let Some(pull) = run.pull else { return Ok(()) };
    let Some(said) = said(tx, &run).await? else { return Ok(()) };
    let url = text::run_url(public_url, run.id);
    if let RunKind::Compare { answers, .. } = run.kind {
        let body = text::answer(&said.summary, url.as_deref(), answers);
        return put(tx, run.project, Some(run.id), &Wish::Answer { pull, to: answers, body }, said.passing, now).await;
    }
    if let Some(body) = &said.comment {
        put(tx, run.project, Some(run.id), &Wish::Comment { pull, body: text::comment(body, url.as_deref()) }, said.passing, now).await?;
    }
    let (project, sha) = (run.project, run.shown.clone());
    wish_check(tx, project, &sha, Some((run, said)), public_url, now).await.map(|_| ())
}

/// How loud a mark is, where several pull requests share one commit and so one check: the worst is shown.
fn loudness(mark: Mark) -> u8 {
    match mark {
        Mark::Failure => 4,
        Mark::Incomplete => 3,
        Mark::Pending | Mark::NeedsApproval => 2,
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
    let Said { state, summary, actions, annotated, passing, .. } = said;
    let annotate = annotated.then_some(run.id);
    let check = Wish::Check { sha: sha.clone(), state, title: text::title(&said.title), summary, url, actions, annotate };
    put(tx, run.project, Some(run.id), &check, passing, now).await?;
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

/// Why a run was stopped.
#[derive(Debug, Clone, Copy)]
pub enum Stopped<'a> {
    /// This head is newer.
    Newer(&'a CommitSha),
    /// The pull request was closed.
    Closed,
    /// This account asked for it.
    By(&'a str),
}

/// Wishes that the check of a superseded run says so, unless another pull request shows the same commit; where no other run
/// follows, the comment too.
pub async fn wish_superseded(
    tx: &mut Connection,
    run: &Run,
    why: Stopped<'_>,
    public_url: Option<&str>,
    now: Millis,
) -> Result<(), StoreError> {
    let Some(pull) = run.pull else { return Ok(()) };
    let (title, comment) = match why {
        Stopped::Newer(sha) => (format!("superseded by {}", sha.short()), None),
        Stopped::Closed => ("closed before it was weighed".to_owned(), Some(text::closed(run))),
        Stopped::By(login) => ("cancelled".to_owned(), Some(text::cancelled(run, login))),
    };
    if let RunKind::Compare { answers, .. } = run.kind {
        let body = text::answer(comment.as_deref().unwrap_or(&title), None, answers);
        return put(tx, run.project, Some(run.id), &Wish::Answer { pull, to: answers, body }, false, now).await;
    }
    if let Some(body) = comment {
        put(tx, run.project, Some(run.id), &Wish::Comment { pull, body: text::comment(&body, None) }, false, now).await?;
    }
    if wish_check(tx, run.project, &run.shown, None, public_url, now).await? {
        return Ok(());
    }
    let actions = if matches!(why, Stopped::By(_)) { vec![CheckAction::Rerun] } else { Vec::new() };
    let (sha, summary) = (run.shown.clone(), format!("{title}.\n"));
    let check = Wish::Check { sha, state: Mark::Neutral, summary, title, url: None, actions, annotate: None };
    put(tx, run.project, Some(run.id), &check, false, now).await
}

/// Wishes the answer to a command that leads to no run of its own.
pub async fn wish_answer(tx: &mut Connection, project: i64, pull: u64, to: u64, text: &str, now: Millis) -> Result<(), StoreError> {
    put(tx, project, None, &Wish::Answer { pull, to, body: text::answer(text, None, to) }, false, now).await
}

fn comparison(run: &Run) -> Result<Comparison, StoreError> {
    serde_json::from_str(run.comparison.as_deref().unwrap_or("")).map_err(|e| StoreError::Decode(Box::new(e)))
}

async fn put(tx: &mut Connection, project: i64, run: Option<i64>, wish: &Wish, passing: bool, now: Millis) -> Result<(), StoreError> {
    let target = match wish {
        Wish::Comment { pull, .. } => format!("comment:{pull}"),
        Wish::Answer { to, .. } => format!("answer:{to}"),
        Wish::Check { sha, .. } => format!("check:{sha}"),
    };
    let payload = serde_json::to_string(wish).map_err(|e| StoreError::Encode(Box::new(e)))?;
    outbox::wish(tx, Wished { project, run, target: &target, payload: &payload, passing }, now).await
}

/// Makes the oldest wish so, of the installations nobody else writes to. False where none is due. `holder` names this writer.
pub async fn step<F: Forge>(cx: &Context<F>, holder: &str) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let mut c = cx.store.connection().await?;
    let Some(installation) = outbox::due_installation(&mut c, holder, now, system_now()).await? else { return Ok(false) };
    if !take(&mut c, installation, holder).await? {
        return Ok(false);
    }
    // Read only now: what another writer sent a moment ago is not sent again.
    let due = outbox::due(&mut c, installation, now).await?;
    drop(c);
    let result = match &due {
        Some(due) => {
            trace::about("installation", installation);
            if let Some(run) = due.run {
                trace::about("run", run);
            }
            tokio::select! {
                written = write(cx, due) => written,
                lost = keep(cx, installation, holder) => lost,
            }
        }
        None => Ok(()),
    };
    installations::give_back(&mut *cx.store.connection().await?, installation, holder).await?;
    result.map(|()| true)
}

/// A writer's turn is as long as its process lives and says so, which is a matter of the system's own time.
fn system_now() -> Millis {
    Clock::default().now()
}

async fn take(c: &mut Connection, installation: i64, holder: &str) -> Result<bool, StoreError> {
    let now = system_now();
    installations::take(c, installation, holder, now, now.saturating_add(WRITER_MS)).await
}

/// Prolongs the writer's turn until it is lost: then whatever it was writing stops, and is read before it is written again.
async fn keep<F: Forge>(cx: &Context<F>, installation: i64, holder: &str) -> Result<(), StoreError> {
    loop {
        tokio::time::sleep(Duration::from_millis(KEEP_MS)).await;
        if !take(&mut *cx.store.connection().await?, installation, holder).await? {
            tracing::warn!(installation, "another writes to this installation now");
            return Ok(());
        }
    }
}

/// Makes one wish so, within the time this writer has.
async fn write<F: Forge>(cx: &Context<F>, due: &Due) -> Result<(), StoreError> {
    let wish: Wish = match serde_json::from_str(&due.payload) {
        Ok(wish) => wish,
        Err(error) => {
            let error = format!("not a wish of this version: {error}");
            return outbox::failed(&mut *cx.store.connection().await?, due, &error, None).await;
        }
    };
    let limit = Duration::from_millis(WRITE_MS_MAX);
    let result = tokio::time::timeout(limit, send(cx, due, wish)).await.unwrap_or_else(|_| {
        let detail = format!("not done within {} s", WRITE_MS_MAX / 1000);
        Err(ForgeError::Unavailable { what: "a write to the forge".into(), detail })
    });
    let mut c = cx.store.connection().await?;
    match result {
        Ok(id) => outbox::sent(&mut c, due, id, cx.clock.now()).await,
        Err(error) => note_failure(cx, &mut c, due, &error).await,
    }
}

async fn send<F: Forge>(cx: &Context<F>, due: &Due, wish: Wish) -> Result<Option<u64>, ForgeError> {
    match wish {
        Wish::Comment { pull, body } => send_comment(cx, due, pull, text::MARKER, &body).await.map(Some),
        Wish::Answer { pull, to, body } => send_comment(cx, due, pull, &text::answer_marker(to), &body).await.map(Some),
        Wish::Check { sha, state, title, summary, url, actions, annotate } => {
            let (external_id, state, details_url) = (CHECK_ID.into(), state.into(), url);
            let annotations = match annotate {
                Some(run) => annotations(cx, due, run).await?,
                None => Vec::new(),
            };
            let check = CheckReport { sha, external_id, state, title, summary, details_url, actions, annotations };
            cx.forge.report_check(&due.repo, &check).await.map(|()| None)
        }
    }
}

/// What is said beside the lines of a run's pull request. A check is worth more than its remarks: where the forge will not say what the pull request
/// changes it goes without, and where it cannot say so now both wait.
async fn annotations<F: Forge>(cx: &Context<F>, due: &Due, run: i64) -> Result<Vec<Annotation>, ForgeError> {
    let read = async {
        let run = runs::get(&mut *cx.store.connection().await?, run).await?;
        let comparison = comparison(&run)?;
        Ok::<_, StoreError>((run, comparison))
    };
    let (run, comparison) = match read.await {
        Ok(read) => read,
        Err(error) => {
            tracing::warn!(run, %error, "a run cannot be read, so its check has no annotations");
            return Ok(Vec::new());
        }
    };
    let Some(pull) = run.pull.filter(|_| due.attempts < ANNOTATED_ATTEMPTS_MAX) else { return Ok(Vec::new()) };
    match cx.forge.diff(&due.repo, pull, &run.base, &run.head).await {
        Ok(diff) => Ok(diff.map(|diff| annotate::annotations(&comparison, &diff)).unwrap_or_default()),
        Err(error @ (ForgeError::NotFound { .. } | ForgeError::Forbidden { .. } | ForgeError::Invalid { .. })) => {
            tracing::warn!(repo = %due.repo, pull, %error, "what the pull request changes is not known, so its check has no annotations");
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Reads first: by the stored id, else by marker and author. Only where neither finds a comment is one written.
async fn send_comment<F: Forge>(cx: &Context<F>, due: &Due, pull: u64, marker: &str, body: &str) -> Result<u64, ForgeError> {
    let stored = match due.forge_id {
        Some(id) => cx.forge.comment(&due.repo, id).await?,
        None => None,
    };
    let found = match stored {
        Some(comment) => Some(comment),
        None => cx.forge.find_comment(&due.repo, pull, marker).await?,
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
        tracing::warn!(repo = %due.repo, pause_ms = pause, "rate limited: everything of this installation waits");
        return outbox::hold(c, due.project, now.saturating_add(pause)).await;
    }
    let hopeless = matches!(error, ForgeError::Invalid { .. }) || due.attempts + 1 >= ATTEMPTS_MAX;
    let next = (!hopeless).then(|| now.saturating_add(backoff_ms(due.attempts)));
    tracing::warn!(repo = %due.repo, outbox = due.id, attempts = due.attempts + 1, given_up = hopeless, %error, "could not be sent");
    outbox::failed(c, due, &error.to_string(), next).await
}
