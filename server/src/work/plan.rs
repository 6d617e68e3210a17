//! The planner: a noted delivery and the manifest of the base → a run with one job a board, or a reason why not.
//!
//! First everything is read from the forge, then all rows are written in one transaction that also ends the delivery: a
//! server that dies in between plans the same again.

use super::event::{Ask, Event, Installation, PullEvent, PushEvent, Repository};
use super::publish::{self, Stopped};
use super::starts::{self, Start};
use super::{Context, backoff_ms, forge_pause_ms, install, order, text};
use crate::forge::{CommitInfo, Forge, ForgeError, MergeState, PullRequest};
use crate::store::deliveries::{self, Delivery, End};
use crate::store::projects::{self, Pull};
use crate::store::runs::{self, NewRun, Reach, RunKind, RunState};
use crate::store::{Connection, StoreError, budgets, claims, commands, installations, jobs, refs, sight};
use crate::trace;
use ounce_protocol::ids::{BoardName, CommitSha, RepoName};
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::{Board, FILE_NAME, Forks, Manifest};
use std::time::Duration;

/// Times a delivery is looked at before it is given up: about a quarter of an hour.
pub const ATTEMPTS_MAX: u32 = 12;
/// Times a forge is asked about a pull request that an event says was closed, and that is open: its answers may be late.
pub const OPEN_LOOKS_MAX: u32 = 4;
/// How long after a push a forge's answers may still be of the time before it.
pub const LATE_MS: Millis = 10_000;
/// How long one server plans before another may think that it is gone.
pub const PLANNER_MS: Millis = 45_000;
/// Longest time for one delivery, so that nothing is planned after the claim lapsed: the rest is for clocks that differ.
pub const PLAN_MS_MAX: u64 = 30_000;
/// Pull requests are measured before the history.
pub(super) const PULL_PRIORITY: i64 = 0;
const PUSH_PRIORITY: i64 = 1;

/// A pull request to be weighed, as an event or the forge tells it.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    pub repository: &'a Repository,
    pub number: u64,
    pub title: &'a str,
    pub author: &'a str,
    pub head: &'a CommitSha,
    pub from_fork: bool,
}

impl<'a> Target<'a> {
    fn of(event: &'a PullEvent) -> Target<'a> {
        Target {
            repository: &event.repository,
            number: event.number,
            title: &event.pull_request.title,
            author: event.pull_request.user.as_ref().map_or("", |u| &u.login),
            head: &event.pull_request.head.sha,
            from_fork: event.from_fork(),
        }
    }

    /// The same, as the forge tells it now.
    pub fn now(repository: &'a Repository, pull: &'a PullRequest) -> Target<'a> {
        let (title, author) = (&pull.title, &pull.author);
        Target { repository, number: pull.number, title, author, head: &pull.head, from_fork: pull.from_fork }
    }
}

/// Why something cannot be done now.
pub(super) enum Obstacle {
    /// Look again; at once after that time, where it is known.
    Later(String, Option<Millis>),
    /// The forge is still trying the merge, which takes it a moment: look again, soon at first.
    Merging(&'static str),
    /// The head is another one now: look again, for a forge's answers may be late; in the end that head's own delivery counts.
    Moved(String),
    /// Looking again would not help.
    Never(String),
}

impl From<ForgeError> for Obstacle {
    fn from(error: ForgeError) -> Obstacle {
        match &error {
            // A forge answers "not found" for a moment after something was made, and credentials can be mended.
            ForgeError::NotFound { .. } | ForgeError::Forbidden { .. } | ForgeError::Unavailable { .. } => {
                Obstacle::Later(error.to_string(), None)
            }
            ForgeError::RateLimited { .. } => Obstacle::Later(error.to_string(), forge_pause_ms(&error)),
            ForgeError::Invalid { .. } => Obstacle::Never(error.to_string()),
        }
    }
}

/// What is weighed against what, with the manifest that counts.
pub(super) struct Pair {
    pub base: CommitInfo,
    pub head: CommitInfo,
    pub conflict: bool,
    pub base_on_default: bool,
    pub manifest: Option<String>,
    pub manifest_changed: bool,
    pub starts: Vec<Start>,
}

/// Plans the oldest delivery that is due. False where there is none.
pub async fn step<F: Forge>(cx: &Context<F>) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let mut c = cx.store.connection().await?;
    // One server at a time: events of one pull request are looked at in their order.
    if !deliveries::any_due(&mut c, now).await?
        || !claims::take(&mut c, "plan", cx.store.holder(), now, now.saturating_add(PLANNER_MS)).await?
    {
        return Ok(false);
    }
    let Some(delivery) = deliveries::due(&mut c, now).await? else { return Ok(false) };
    drop(c);
    trace::about("delivery", delivery.id);
    let acting = tokio::time::timeout(Duration::from_millis(PLAN_MS_MAX), act(cx, &delivery)).await;
    let (why, failed) = match acting {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => ("the database failed", Err(error)),
        Err(_) => ("the forge took too long", Ok(true)),
    };
    // Put back, so that one that always fails does not stand before all others.
    if !again(cx, &delivery, why, None).await? {
        end(cx, &delivery, End::Failed, &format!("{why} each time")).await?;
    }
    failed
}

async fn act<F: Forge>(cx: &Context<F>, delivery: &Delivery) -> Result<bool, StoreError> {
    let event = match Event::parse(&delivery.event, &delivery.body) {
        Ok(event) => event,
        Err(error) => return end(cx, delivery, End::Failed, &format!("not a {} event as we know it: {error}", delivery.event)).await,
    };
    if let Some(repository) = event.repository()
        && !works_for(cx, &repository.full_name)
    {
        return end(cx, delivery, End::Ignored, &format!("{} is not in `projects` of the configuration", repository.full_name)).await;
    }
    match event {
        Event::Ping => end(cx, delivery, End::Done, "the webhook is set up").await,
        Event::Pull(event) => match event.ask() {
            Ask::Weigh => weigh(cx, delivery, &event).await,
            Ask::Stop => closed(cx, delivery, &event).await,
            Ask::Nothing => end(cx, delivery, End::Ignored, &format!("nothing to do for action {:?}", event.action)).await,
        },
        Event::Push(event) => pushed(cx, delivery, &event).await,
        Event::Comment(event) => order::commented(cx, delivery, &event).await,
        Event::Check(event) => order::pressed(cx, delivery, &event).await,
        Event::Order(asked) => order::page::asked(cx, delivery, &asked).await,
        Event::Installation(event) => install::changed(cx, delivery, &event).await,
    }
}

/// Whether the configuration wants a repository worked for: those it lists, else all that the App is installed on.
pub(super) fn works_for<F>(cx: &Context<F>, repo: &RepoName) -> bool {
    let listed = |p: &RepoName| p.to_string().eq_ignore_ascii_case(&repo.to_string());
    cx.projects.is_empty() || cx.projects.iter().any(listed)
}

pub(super) async fn end<F: Forge>(cx: &Context<F>, delivery: &Delivery, how: End, note: &str) -> Result<bool, StoreError> {
    if how == End::Failed {
        tracing::warn!(delivery = delivery.id, note, "a delivery could not be acted on");
    }
    deliveries::end(&mut *cx.store.connection().await?, delivery.id, how, note).await?;
    Ok(true)
}

/// Puts a delivery back, or says that its time is up.
pub(super) async fn again<F: Forge>(cx: &Context<F>, delivery: &Delivery, why: &str, wait: Option<Millis>) -> Result<bool, StoreError> {
    if delivery.attempts + 1 >= ATTEMPTS_MAX {
        return Ok(false);
    }
    let due = cx.clock.now().saturating_add(wait.unwrap_or_else(|| backoff_ms(delivery.attempts)));
    deliveries::postpone(&mut *cx.store.connection().await?, delivery.id, due, why).await?;
    Ok(true)
}

async fn weigh<F: Forge>(cx: &Context<F>, delivery: &Delivery, event: &PullEvent) -> Result<bool, StoreError> {
    let target = Target::of(event);
    let why = match pull_pair(cx, &target).await {
        Ok(Some(_)) if may_be_late(cx, event).await? && again(cx, delivery, "another head was just planned", Some(LATE_MS)).await? => {
            return Ok(true);
        }
        Ok(Some(pair)) => {
            write_pull(cx, delivery, event, &target, &pair).await?;
            return Ok(true);
        }
        Ok(None) => return stop(cx, delivery, event, None, None).await,
        Err(Obstacle::Later(why, wait)) if again(cx, delivery, &why, wait).await? => return Ok(true),
        Err(Obstacle::Merging(why)) => {
            if again(cx, delivery, why, Some(backoff_ms(delivery.attempts) / 4)).await? {
                return Ok(true);
            }
            why.to_owned()
        }
        Err(Obstacle::Moved(why)) => {
            return match again(cx, delivery, &why, None).await? {
                true => Ok(true),
                false => end(cx, delivery, End::Ignored, &why).await,
            };
        }
        Err(Obstacle::Later(why, _) | Obstacle::Never(why)) => why,
    };
    give_up(cx, delivery, event, &why).await
}

/// Whether another head of this pull request was planned a moment ago, and this event does not say that it replaces it. Then this event may be
/// the older of the two, and the forge's answer, by which it is the head, too: looked at again a moment later, the answer holds.
async fn may_be_late<F: Forge>(cx: &Context<F>, event: &PullEvent) -> Result<bool, StoreError> {
    let mut c = cx.store.connection().await?;
    let Some(project) = projects::find(&mut c, &event.repository.full_name).await? else { return Ok(false) };
    let since = cx.clock.now().saturating_sub(LATE_MS);
    let planned = runs::head_planned_since(&mut c, project, event.number, since).await?;
    Ok(planned.is_some_and(|planned| planned != event.pull_request.head.sha && Some(planned) != event.before))
}

/// The commits to weigh, as the pull request would land. `None` where it was closed meanwhile.
pub(super) async fn pull_pair<F: Forge>(cx: &Context<F>, target: &Target<'_>) -> Result<Option<Pair>, Obstacle> {
    let repo = &target.repository.full_name;
    let head_sha = target.head;
    let pull = cx.forge.pull_request(repo, target.number).await?;
    if !pull.open {
        return Ok(None);
    }
    if pull.head != *head_sha {
        return Err(Obstacle::Moved(format!("the head is {} now, of which a delivery of its own tells", pull.head.short())));
    }
    let on_default = pull.base_branch == target.repository.default_branch;
    let (base, head, conflict) = match pull.merge {
        MergeState::Unknown => return Err(Obstacle::Merging("the forge has not tried the merge yet")),
        MergeState::Conflict => (cx.forge.merge_base(repo, &pull.base_tip, head_sha).await?, cx.forge.commit(repo, head_sha).await?, true),
        MergeState::Merged(merge) => {
            let merge = cx.forge.commit(repo, &merge).await?;
            match merge.parents.as_slice() {
                // The second parent is the commit that was announced (and, for a fork, approved): never another one.
                [base, second] if second == head_sha => (base.clone(), merge, false),
                _ => return Err(Obstacle::Merging("the forge's test merge is not of this head yet")),
            }
        }
    };
    let base = cx.forge.commit(repo, &base).await?;
    pair(cx, repo, base, head, conflict, on_default && !conflict).await.map(Some)
}

/// The same, with the starts of its budgets.
pub(super) async fn pair<F: Forge>(
    cx: &Context<F>,
    repo: &RepoName,
    base: CommitInfo,
    head: CommitInfo,
    conflict: bool,
    base_on_default: bool,
) -> Result<Pair, Obstacle> {
    let mut pair = plain_pair(cx, repo, base, head, conflict, base_on_default).await?;
    pair.starts = starts::find(cx, repo, pair.manifest.as_deref().unwrap_or(""), &pair.base).await?;
    Ok(pair)
}

/// Two commits with the manifest that counts.
pub(super) async fn plain_pair<F: Forge>(
    cx: &Context<F>,
    repo: &RepoName,
    base: CommitInfo,
    head: CommitInfo,
    conflict: bool,
    base_on_default: bool,
) -> Result<Pair, Obstacle> {
    let manifest = cx.forge.file(repo, &base.sha, FILE_NAME).await?;
    let manifest_changed = match cx.forge.file(repo, &head.sha, FILE_NAME).await {
        Ok(text) => text != manifest,
        // The head's file is hostile and only compared: one that cannot be read is another one.
        Err(ForgeError::Invalid { .. }) => true,
        Err(error) => return Err(error.into()),
    };
    Ok(Pair { base, head, conflict, base_on_default, manifest, manifest_changed, starts: Vec::new() })
}

/// How a run begins: measuring with a manifest, waiting, or refused with the reason.
pub(super) fn beginning(pair: &Pair, may_run: bool, trusted: bool) -> (RunState, String, Option<Manifest>) {
    let Some(text) = &pair.manifest else { return (RunState::Refused, text::no_manifest(pair.manifest_changed), None) };
    match Manifest::parse(text) {
        Ok(manifest) if trusted => (RunState::Measuring, String::new(), Some(manifest)),
        Ok(manifest) if manifest.trust.forks == Forks::Never => (RunState::Refused, text::FORKS_NEVER.to_owned(), Some(manifest)),
        Ok(manifest) if may_run => (RunState::Measuring, String::new(), Some(manifest)),
        Ok(manifest) => (RunState::Waiting, String::new(), Some(manifest)),
        Err(error) => (RunState::Refused, error.to_string(), None),
    }
}

async fn write_pull<F: Forge>(
    cx: &Context<F>,
    delivery: &Delivery,
    event: &PullEvent,
    target: &Target<'_>,
    pair: &Pair,
) -> Result<(), StoreError> {
    let now = cx.clock.now();
    let mut tx = cx.store.write().await?;
    let project = put_target(&mut tx, target, heard(delivery, event.installation), true, now).await?;
    commands::revoke(&mut tx, project, target.number, target.head, now).await?;
    let id = put_pull_run(&mut tx, cx, project, target, pair, now).await?;
    deliveries::end(&mut tx, delivery.id, End::Done, &format!("run {id}")).await?;
    tx.commit().await?;
    cx.wake.queue.notify_waiters();
    cx.wake.publish.notify_one();
    tracing::info!(run = id, repo = %target.repository.full_name, pull = target.number, base = pair.base.sha.short(), head = pair.head.sha.short(), "planned");
    Ok(())
}

/// The run of a pull request's head, with its jobs and its words; what was under way for an older one stops.
pub(super) async fn put_pull_run<F>(
    tx: &mut Connection,
    cx: &Context<F>,
    project: i64,
    target: &Target<'_>,
    pair: &Pair,
    now: Millis,
) -> Result<i64, StoreError> {
    let trusted = !target.from_fork;
    let may_run = trusted || commands::approved(tx, project, target.number, target.head).await?;
    let (state, note, manifest) = beginning(pair, may_run, trusted);
    put_pair(tx, project, pair, false).await?;
    let new = NewRun {
        project,
        kind: RunKind::Pull,
        pull: Some(target.number),
        shown: target.head,
        base: &pair.base.sha,
        head: &pair.head.sha,
        conflict: pair.conflict,
        trusted,
        manifest: pair.manifest.as_deref().unwrap_or(""),
        manifest_changed: pair.manifest_changed,
        state,
        note: &note,
    };
    let id = put_run(tx, &new, manifest.as_ref(), &pair.starts, PULL_PRIORITY, now).await?;
    supersede_others(tx, cx, project, target.number, id, target.head, now).await?;
    publish::wish_for_run(tx, id, cx.public_url.as_deref(), now).await?;
    Ok(id)
}

/// Stops what is under way for a pull request but this run.
pub(super) async fn supersede_others<F>(
    tx: &mut Connection,
    cx: &Context<F>,
    project: i64,
    number: u64,
    id: i64,
    shown: &CommitSha,
    now: Millis,
) -> Result<(), StoreError> {
    for old in runs::supersede(tx, project, number, Reach::But(id), now).await? {
        if old.shown != *shown {
            publish::wish_superseded(tx, &old, Stopped::Newer(shown), cx.public_url.as_deref(), now).await?;
        }
    }
    Ok(())
}

/// The run of these commits: the one there is, or a new one with its jobs.
async fn put_run(
    tx: &mut Connection,
    new: &NewRun<'_>,
    manifest: Option<&Manifest>,
    starts: &[Start],
    priority: i64,
    now: Millis,
) -> Result<i64, StoreError> {
    let id = match manifest {
        None => match runs::same(tx, new).await? {
            Some(run) => run.id,
            None => runs::insert(tx, new, now).await?,
        },
        Some(manifest) => {
            projects::set_title(tx, new.project, &manifest.name).await?;
            let id = put_plain_run(tx, new, manifest, priority, now).await?;
            starts::put(tx, new.project, id, starts, now).await?;
            id
        }
    };
    trace::about("run", id);
    Ok(id)
}

/// The same without starts.
pub(super) async fn put_plain_run(
    tx: &mut Connection,
    new: &NewRun<'_>,
    manifest: &Manifest,
    priority: i64,
    now: Millis,
) -> Result<i64, StoreError> {
    if let Some(run) = runs::same(tx, new).await? {
        return Ok(run.id);
    }
    let id = runs::insert(tx, new, now).await?;
    if new.state == RunState::Measuring {
        put_jobs(tx, id, manifest, new.trusted, priority, now).await?;
    }
    Ok(id)
}

/// One job for each board of the manifest. Gives how many.
pub(super) async fn put_jobs(
    tx: &mut Connection,
    run: i64,
    manifest: &Manifest,
    trusted: bool,
    priority: i64,
    now: Millis,
) -> Result<usize, StoreError> {
    for (name, board) in &manifest.boards {
        put_job(tx, run, name, board, trusted, priority, now).await?;
    }
    Ok(manifest.boards.len())
}

/// The job of one board.
pub(super) async fn put_job(
    tx: &mut Connection,
    run: i64,
    name: &BoardName,
    board: &Board,
    trusted: bool,
    priority: i64,
    now: Millis,
) -> Result<(), StoreError> {
    let needs = board.run.as_ref().map(|run| run.needs(trusted));
    jobs::insert(tx, run, name, needs.as_deref(), trusted, priority, now).await.map(|_| ())
}

/// Through which installation a delivery came, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    installation: u64,
    received_ms: Millis,
}

/// Through which installation a delivery came, and when.
pub(super) fn heard(delivery: &Delivery, installation: Option<Installation>) -> Heard {
    Heard { installation: installation.map_or(0, |i| i.id), received_ms: delivery.received_ms }
}

async fn put_target(tx: &mut Connection, target: &Target<'_>, heard: Heard, open: bool, now: Millis) -> Result<i64, StoreError> {
    let project = put_project(tx, target.repository, heard, now).await?;
    put_pull_row(tx, project, target, open, now).await?;
    Ok(project)
}

/// A pull request's row.
pub(super) async fn put_pull_row(
    tx: &mut Connection,
    project: i64,
    target: &Target<'_>,
    open: bool,
    now: Millis,
) -> Result<(), StoreError> {
    let Target { number, title, author, head, from_fork, .. } = *target;
    projects::put_pull(tx, project, &Pull { number, title, author, head, from_fork, open }, now).await
}

/// A project's row.
pub(super) async fn put_project(tx: &mut Connection, repository: &Repository, heard: Heard, now: Millis) -> Result<i64, StoreError> {
    let project = projects::project(tx, &repository.full_name, &repository.default_branch, now).await?;
    installations::heard(tx, project, heard.installation, heard.received_ms).await?;
    if let Some(private) = repository.private {
        sight::heard(tx, project, private).await?;
    }
    Ok(project)
}

pub(super) async fn put_pair(tx: &mut Connection, project: i64, pair: &Pair, head_on_default: bool) -> Result<(), StoreError> {
    projects::put_commit(tx, project, &pair.base, pair.base_on_default).await?;
    projects::put_commit(tx, project, &pair.head, head_on_default).await?;
    Ok(())
}

/// An event says that the pull request was closed. Events come late and are sent again, and it may have been reopened: the forge's
/// word counts.
async fn closed<F: Forge>(cx: &Context<F>, delivery: &Delivery, event: &PullEvent) -> Result<bool, StoreError> {
    let (why, wait, how) = match cx.forge.pull_request(&event.repository.full_name, event.number).await {
        Ok(pull) if !pull.open => match landing(cx, event, &pull).await? {
            Ok(landed_ms) => return stop(cx, delivery, event, pull.landed.as_ref(), landed_ms).await,
            Err(error) => (error.to_string(), forge_pause_ms(&error), End::Failed),
        },
        Ok(_) => {
            let why = "closed, says the event, but the pull request is open";
            if delivery.attempts + 1 >= OPEN_LOOKS_MAX {
                return end(cx, delivery, End::Ignored, why).await;
            }
            (why.to_owned(), None, End::Ignored)
        }
        Err(error) => (error.to_string(), forge_pause_ms(&error), End::Failed),
    };
    match again(cx, delivery, &why, wait).await? {
        true => Ok(true),
        false => end(cx, delivery, how, &why).await,
    }
}

/// When a pull request landed, by the committer time of the commit that did it; asked for where growth of its head was accepted.
async fn landing<F: Forge>(
    cx: &Context<F>,
    event: &PullEvent,
    pull: &PullRequest,
) -> Result<Result<Option<Millis>, ForgeError>, StoreError> {
    let repo = &event.repository.full_name;
    let Some(by) = &pull.landed else { return Ok(Ok(None)) };
    let mut c = cx.store.connection().await?;
    let Some(project) = projects::find(&mut c, repo).await? else { return Ok(Ok(None)) };
    if !budgets::awaits_landing(&mut c, project, event.number, &event.pull_request.head.sha).await? {
        return Ok(Ok(None));
    }
    drop(c);
    Ok(cx.forge.commit(repo, by).await.map(|commit| Some(commit.committed_s.saturating_mul(1_000))))
}

/// The pull request is closed: what is under way for it stops, and what was accepted of it has landed, where it did.
async fn stop<F: Forge>(
    cx: &Context<F>,
    delivery: &Delivery,
    event: &PullEvent,
    landed: Option<&CommitSha>,
    landed_ms: Option<Millis>,
) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let mut tx = cx.store.write().await?;
    let project = put_target(&mut tx, &Target::of(event), heard(delivery, event.installation), false, now).await?;
    let stopped = runs::supersede(&mut tx, project, event.number, Reach::Runs, now).await?;
    for old in &stopped {
        publish::wish_superseded(&mut tx, old, Stopped::Closed, cx.public_url.as_deref(), now).await?;
    }
    if let Some(by) = landed {
        projects::landed(&mut tx, project, event.number, by).await?;
    }
    if let Some(landed_ms) = landed_ms {
        budgets::land(&mut tx, project, event.number, &event.pull_request.head.sha, landed_ms).await?;
    }
    publish::wish_left(&mut tx, project, &event.pull_request.head.sha, cx.public_url.as_deref(), now).await?;
    deliveries::end(&mut tx, delivery.id, End::Done, &format!("closed; {} runs stopped", stopped.len())).await?;
    tx.commit().await?;
    cx.wake.publish.notify_one();
    Ok(true)
}

/// The delivery's time is up: the pull request is told with a check that it was not weighed, and why.
async fn give_up<F: Forge>(cx: &Context<F>, delivery: &Delivery, event: &PullEvent, why: &str) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let head = &event.pull_request.head.sha;
    let note = text::not_planned(why);
    let mut tx = cx.store.write().await?;
    let project = put_target(&mut tx, &Target::of(event), heard(delivery, event.installation), true, now).await?;
    // Neither base nor test merge is known: both sides name the head, and nothing is compared.
    let new = NewRun {
        project,
        kind: RunKind::Pull,
        pull: Some(event.number),
        shown: head,
        base: head,
        head,
        conflict: false,
        trusted: !event.from_fork(),
        manifest: "",
        manifest_changed: false,
        state: RunState::Refused,
        note: &note,
    };
    let id = put_run(&mut tx, &new, None, &[], PULL_PRIORITY, now).await?;
    publish::wish_for_run(&mut tx, id, cx.public_url.as_deref(), now).await?;
    deliveries::end(&mut tx, delivery.id, End::Failed, why).await?;
    tx.commit().await?;
    cx.wake.publish.notify_one();
    tracing::warn!(delivery = delivery.id, why, "a pull request could not be planned");
    Ok(true)
}

/// A push to the default branch is weighed against its first parent, for the history.
async fn pushed<F: Forge>(cx: &Context<F>, delivery: &Delivery, event: &PushEvent) -> Result<bool, StoreError> {
    let default = event.reference.strip_prefix("refs/heads/") == Some(event.repository.default_branch.as_str());
    note_name(cx, event).await?;
    if !default || event.deleted {
        return end(cx, delivery, End::Ignored, "not a push to the default branch").await;
    }
    match push_pair(cx, event).await {
        Ok(Some(pair)) => write_push(cx, delivery, event, &pair).await,
        Ok(None) => end(cx, delivery, End::Done, "a first commit has nothing to be compared with").await,
        Err(Obstacle::Later(why, wait)) => match again(cx, delivery, &why, wait).await? {
            true => Ok(true),
            false => end(cx, delivery, End::Failed, &why).await,
        },
        Err(Obstacle::Merging(why)) => end(cx, delivery, End::Failed, why).await,
        Err(Obstacle::Never(why) | Obstacle::Moved(why)) => end(cx, delivery, End::Failed, &why).await,
    }
}

/// Keeps where the name that was pushed points to now, in a project that is known.
async fn note_name<F>(cx: &Context<F>, event: &PushEvent) -> Result<(), StoreError> {
    let mut tx = cx.store.write().await?;
    let Some(project) = projects::find(&mut tx, &event.repository.full_name).await? else { return Ok(()) };
    match event.deleted {
        true => refs::remove(&mut tx, project, &event.reference).await?,
        false => {
            let sha = event.head_commit.as_ref().map_or(&event.after, |commit| &commit.id);
            refs::put(&mut tx, project, &event.reference, sha, cx.clock.now()).await?;
        }
    }
    tx.commit().await
}

async fn push_pair<F: Forge>(cx: &Context<F>, event: &PushEvent) -> Result<Option<Pair>, Obstacle> {
    let repo = &event.repository.full_name;
    let head = cx.forge.commit(repo, &event.after).await?;
    let Some(parent) = head.parents.first() else { return Ok(None) };
    let base = cx.forge.commit(repo, parent).await?;
    pair(cx, repo, base, head, false, true).await.map(Some)
}

async fn write_push<F: Forge>(cx: &Context<F>, delivery: &Delivery, event: &PushEvent, pair: &Pair) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let (state, note, manifest) = beginning(pair, true, true);
    let mut tx = cx.store.write().await?;
    let project = put_project(&mut tx, &event.repository, heard(delivery, event.installation), now).await?;
    put_pair(&mut tx, project, pair, true).await?;
    let ended = if state == RunState::Refused && pair.manifest.is_none() {
        note
    } else {
        let head: &CommitSha = &pair.head.sha;
        let new = NewRun {
            project,
            kind: RunKind::Push,
            pull: None,
            shown: head,
            base: &pair.base.sha,
            head,
            conflict: false,
            trusted: true,
            manifest: pair.manifest.as_deref().unwrap_or(""),
            manifest_changed: pair.manifest_changed,
            state,
            note: &note,
        };
        format!("run {}", put_run(&mut tx, &new, manifest.as_ref(), &pair.starts, PUSH_PRIORITY, now).await?)
    };
    deliveries::end(&mut tx, delivery.id, End::Done, &ended).await?;
    tx.commit().await?;
    cx.wake.queue.notify_waiters();
    Ok(true)
}
