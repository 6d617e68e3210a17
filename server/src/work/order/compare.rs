//! `/ounce compare A..B`: two commits that somebody names, answered in a comment of its own.
//!
//! The manifest of the base says what is run, so the base must be the repository's own: a branch, a tag, or a commit of the
//! default branch's history. Any other commit may be the head, as a stranger's: in the sandbox only.

use super::super::command::Revision;
use super::super::plan::{self, Pair};
use super::super::text::code;
use super::super::{Context, publish, starts};
use super::{Order, Ready as Prepared, Reply, Stop, words};
use crate::forge::{CommitInfo, Forge, ForgeError, Named};
use crate::store::runs::{self, NewRun, RunKind, RunState};
use crate::store::{Connection, StoreError};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::{FILE_NAME, Manifest};

/// Comparisons under way at once for one pull request.
pub const COMPARES_MAX: i64 = 4;

/// Two commits to weigh.
pub struct Ready {
    pair: Pair,
    manifest: Manifest,
    refs: Vec<String>,
    /// Whether the head is the repository's own.
    trusted: bool,
    head_on_default: bool,
}

/// A commit that was named.
struct Found {
    commit: CommitInfo,
    reference: Option<String>,
    on_default: bool,
}

impl Found {
    /// Whether someone with write access put it there.
    fn is_own(&self) -> bool {
        self.reference.is_some() || self.on_default
    }
}

/// Finds both commits, what leads to them, and the manifest.
pub async fn prepare<F: Forge>(cx: &Context<F>, order: &Order<'_>, base: &Revision, head: &Revision) -> Result<Prepared, Stop> {
    let mistaken = |why: String| Ok(Prepared::Reply(Reply::mistaken(&why, format!("{why}."))));
    let Some(default) = cx.forge.named(order.repo(), &order.repository.default_branch).await? else {
        return mistaken("The repository has no default branch".to_owned());
    };
    let Some(base_found) = find(cx, order, base, &default).await? else { return mistaken(no_such(base)) };
    let Some(head_found) = find(cx, order, head, &default).await? else { return mistaken(no_such(head)) };
    if base_found.commit.sha == head_found.commit.sha {
        return mistaken(format!("Both are `{}`: nothing to compare", base_found.commit.sha));
    }
    if !base_found.is_own() {
        let base = base_found.commit.sha;
        return mistaken(format!(
            "`{base}` is in no history of the default branch. What is run stands in the manifest of the commit compared with, so that one must be a \
             branch, a tag, or a commit of the default branch"
        ));
    }
    let trusted = head_found.is_own();
    let head_on_default = head_found.on_default;
    let mut refs = vec![default.reference];
    for reference in [base_found.reference, head_found.reference].into_iter().flatten() {
        if !refs.contains(&reference) {
            refs.push(reference);
        }
    }
    let pair = plan::pair(cx, order.repo(), base_found.commit, head_found.commit, false, base_found.on_default).await?;
    let Some(text) = &pair.manifest else { return mistaken(format!("`{}` has no `{FILE_NAME}`", pair.base.sha.short())) };
    match Manifest::parse(text) {
        Ok(manifest) => Ok(Prepared::Compare(Box::new(Ready { pair, manifest, refs, trusted, head_on_default }))),
        Err(error) => Ok(Prepared::Reply(Reply::mistaken("no valid manifest", words::impossible(&error.to_string())))),
    }
}

fn no_such(revision: &Revision) -> String {
    format!("There is no branch, tag or commit {}", code(&revision.to_string()))
}

/// The commit somebody named; none where there is none.
async fn find<F: Forge>(cx: &Context<F>, order: &Order<'_>, revision: &Revision, default: &Named) -> Result<Option<Found>, Stop> {
    let (sha, reference) = match revision {
        Revision::Commit(sha) => (sha.clone(), None),
        Revision::Name(name) => match cx.forge.named(order.repo(), name).await? {
            Some(named) => (named.sha, Some(named.reference)),
            None => return Ok(None),
        },
    };
    let commit = match cx.forge.commit(order.repo(), &sha).await {
        Ok(commit) => commit,
        Err(ForgeError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let on_default = is_in(cx, order, &sha, &default.sha).await?;
    Ok(Some(Found { commit, reference, on_default }))
}

/// Whether a commit is in the history of another.
async fn is_in<F: Forge>(cx: &Context<F>, order: &Order<'_>, sha: &CommitSha, tip: &CommitSha) -> Result<bool, Stop> {
    match cx.forge.merge_base(order.repo(), tip, sha).await {
        Ok(base) => Ok(base == *sha),
        // They have nothing in common.
        Err(ForgeError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Queues the comparison; its run answers.
pub async fn write<F>(
    tx: &mut Connection,
    cx: &Context<F>,
    order: &Order<'_>,
    project: i64,
    ready: Ready,
    now: Millis,
) -> Result<Reply, StoreError> {
    let Some(answers) = order.comment else { return Ok(Reply::mistaken("no comment to answer", "There is no comment to answer.")) };
    if runs::compares_open(tx, project, order.pull).await? >= COMPARES_MAX {
        let text = format!(
            "{COMPARES_MAX} comparisons are under way for this pull request: ask again when one of them is answered, or `/ounce cancel` them."
        );
        return Ok(Reply::mistaken("too many comparisons", text));
    }
    let Ready { pair, manifest, refs, trusted, head_on_default } = ready;
    plan::put_pair(tx, project, &pair, head_on_default).await?;
    let new = NewRun {
        project,
        kind: RunKind::Compare { answers, refs },
        pull: Some(order.pull),
        shown: &pair.head.sha,
        base: &pair.base.sha,
        head: &pair.head.sha,
        conflict: false,
        trusted,
        manifest: pair.manifest.as_deref().unwrap_or(""),
        manifest_changed: pair.manifest_changed,
        state: RunState::Measuring,
        note: "",
    };
    let id = runs::insert(tx, &new, now).await?;
    starts::put(tx, project, id, &pair.starts, now).await?;
    plan::put_jobs(tx, id, &manifest, trusted, plan::PULL_PRIORITY, now).await?;
    publish::wish_for_run(tx, id, cx.public_url.as_deref(), now).await?;
    Ok(Reply::silent(&format!("run {id}")))
}
