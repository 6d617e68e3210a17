//! Backfill: commits of the default branch that nobody weighed, from the forge's history to runs behind all others.
//!
//! A run measures both its commits, so that half as many builds fill a gap: each commit without figures is weighed against its first parent,
//! which gets its own that way. What was measured or waits already is left alone, so that doing it again goes on where it ended.

use super::plan::{self, Pair};
use crate::forge::{CommitInfo, Forge, ForgeError};
use crate::store::backfills::{self, PRIORITY};
use crate::store::runs::{NewRun, RunKind, RunState};
use crate::store::{Store, StoreError, projects, runs};
use ounce_protocol::ids::{BoardName, CommitSha, RepoName};
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::{FILE_NAME, Manifest};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most commits of the default branch looked at in one backfill.
pub const COMMITS_MAX: usize = 1_000;
/// Most commits asked of the forge for that: side branches stand among them.
pub const LISTED_MAX: usize = 5_000;
/// Commits asked of the forge at once.
const LISTED_AT_ONCE: usize = 500;

/// What to fill.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The repository.
    pub repo: RepoName,
    /// How many commits of the default branch, from its tip.
    pub last: usize,
    /// A tag or a commit of the default branch: none before it.
    pub since: Option<String>,
    /// Only these boards; empty: commits without any figures, all boards.
    pub boards: BTreeSet<BoardName>,
    /// Only says what it would do.
    pub dry_run: bool,
}

/// A run that fills a gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The run's id; none where it was only looked at.
    pub run: Option<i64>,
    /// The commit compared with, measured too.
    pub base: CommitSha,
    /// The commit weighed.
    pub head: CommitSha,
    /// The boards.
    pub boards: Vec<BoardName>,
}

/// A commit that cannot be weighed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The commit.
    pub commit: CommitSha,
    /// Why.
    pub why: String,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Commits looked at.
    pub commits: usize,
    /// Of these, measured or waiting before.
    pub known: usize,
    /// The runs, newest first.
    pub planned: Vec<Planned>,
    /// What cannot be weighed.
    pub skipped: Vec<Skipped>,
}

/// Why it cannot be done, or not to the end. What was planned so far stays.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// What was asked for is not there.
    #[error("{0}")]
    Wrong(String),
    /// The forge failed.
    #[error("{0}; what was planned stays: run it again to go on")]
    Forge(#[from] ForgeError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Plans what is missing. `tell` hears of each run.
pub async fn fill<F: Forge>(
    store: &Store,
    forge: &F,
    wish: &Wish,
    now: impl Fn() -> Millis,
    tell: impl Fn(&Planned),
) -> Result<Report, BackfillError> {
    let wrong = |why: String| Err(BackfillError::Wrong(why));
    let repo = &wish.repo;
    if wish.last == 0 || wish.last > COMMITS_MAX {
        return wrong(format!("--last is 1 to {COMMITS_MAX}, not {}", wish.last));
    }
    let project = projects::find(&mut *store.connection().await?, repo).await?;
    let Some(project) = project else { return wrong(format!("{repo} is not known yet: its first event makes it so")) };
    let (_, branch) = projects::repo(&mut *store.connection().await?, project).await?;
    let Some(tip) = forge.named(repo, &branch).await?.filter(|named| named.reference == format!("refs/heads/{branch}")) else {
        return wrong(format!("{repo} has no branch {branch:?}"));
    };
    let line = line(forge, repo, &tip.sha, wish.last).await?;
    let line = match &wish.since {
        None => line.as_slice(),
        Some(name) => {
            let sha = match CommitSha::parse(name) {
                Ok(sha) => sha,
                Err(_) => match forge.tag(repo, name).await? {
                    Some(sha) => sha,
                    None => return wrong(format!("{repo} has no tag {name:?}; --since takes a tag or a commit's 40 digits")),
                },
            };
            let Some(at) = line.iter().position(|commit| commit.sha == sha) else {
                return wrong(format!("{name} is not among the last {} commits of {branch}: a larger --last reaches further", line.len()));
            };
            &line[..=at]
        }
    };
    let mut filling = Filling { store, forge, wish, project, covered: backfills::covered(&mut *store.connection().await?, project).await? };
    filling.fill(line, now, tell).await
}

/// The commits of a branch by their first parents, newest first.
pub(super) async fn line<F: Forge>(forge: &F, repo: &RepoName, tip: &CommitSha, last: usize) -> Result<Vec<CommitInfo>, ForgeError> {
    let (mut line, mut next, mut listed): (Vec<CommitInfo>, _, usize) = (Vec::new(), Some(tip.clone()), 0);
    while let (Some(from), true, true) = (&next, line.len() < last, listed < LISTED_MAX) {
        let ask = LISTED_AT_ONCE.min(2 * (last - line.len()));
        let commits = forge.history(repo, from, None, ask).await?;
        listed += ask;
        let mut by_sha: HashMap<CommitSha, CommitInfo> = commits.into_iter().map(|commit| (commit.sha.clone(), commit)).collect();
        let before = line.len();
        while let Some(commit) = next.as_ref().filter(|_| line.len() < last).and_then(|sha| by_sha.remove(sha)) {
            next = commit.parents.first().cloned();
            line.push(commit);
        }
        if line.len() == before {
            break;
        }
    }
    Ok(line)
}

struct Filling<'a, F> {
    store: &'a Store,
    forge: &'a F,
    wish: &'a Wish,
    project: i64,
    /// The boards of which each commit has figures, or waits for them.
    covered: HashMap<CommitSha, BTreeSet<BoardName>>,
}

impl<F: Forge> Filling<'_, F> {
    async fn fill(&mut self, line: &[CommitInfo], now: impl Fn() -> Millis, tell: impl Fn(&Planned)) -> Result<Report, BackfillError> {
        let mut report = Report { commits: line.len(), ..Report::default() };
        for (at, commit) in line.iter().enumerate() {
            if !self.is_missing(&commit.sha) {
                report.known += 1;
                continue;
            }
            let parent = match (line.get(at + 1), commit.parents.first()) {
                (Some(parent), _) => Some(parent.clone()),
                (None, Some(sha)) => Some(self.forge.commit(&self.wish.repo, sha).await?),
                (None, None) => None,
            };
            // Against its parent; where that has no manifest, or there is none, its child is weighed against it.
            let child = at.checked_sub(1).map(|at| &line[at]);
            let pairs = [(parent.as_ref(), Some(commit)), (Some(commit), child)];
            let mut why = "it has no parent and no child to be weighed with".to_owned();
            for (base, head) in pairs {
                let (Some(base), Some(head)) = (base, head) else { continue };
                match self.plan(commit, base, head, now()).await? {
                    Ok(planned) => {
                        tell(&planned);
                        for sha in [&planned.base, &planned.head] {
                            self.covered.entry(sha.clone()).or_default().extend(planned.boards.iter().cloned());
                        }
                        report.planned.push(planned);
                        why.clear();
                        break;
                    }
                    Err(because) => why = because,
                }
            }
            if !why.is_empty() {
                report.skipped.push(Skipped { commit: commit.sha.clone(), why });
            }
        }
        Ok(report)
    }

    /// Whether a commit lacks what is wished for.
    fn is_missing(&self, sha: &CommitSha) -> bool {
        match self.covered.get(sha) {
            Some(boards) => !self.wish.boards.is_subset(boards),
            None => true,
        }
    }

    /// The run that measures `commit`, as one side of a pair; or why there is none.
    async fn plan(
        &self,
        commit: &CommitInfo,
        base: &CommitInfo,
        head: &CommitInfo,
        now: Millis,
    ) -> Result<Result<Planned, String>, BackfillError> {
        let pair = match pair(self.forge, &self.wish.repo, base, head).await? {
            Ok(pair) => pair,
            Err(why) => return Ok(Err(why)),
        };
        let none = BTreeSet::new();
        let has = self.covered.get(&commit.sha).unwrap_or(&none);
        let wanted = |name: &BoardName| !has.contains(name) && (self.wish.boards.is_empty() || self.wish.boards.contains(name));
        let boards: Vec<BoardName> = pair.1.boards.keys().filter(|name| wanted(name)).cloned().collect();
        if boards.is_empty() {
            return Ok(Err(format!("the {FILE_NAME} of {} has no such board", base.sha.short())));
        }
        let mut planned = Planned { run: None, base: base.sha.clone(), head: head.sha.clone(), boards };
        if !self.wish.dry_run {
            let mut tx = self.store.write().await?;
            planned.run = Some(put(&mut tx, self.project, &pair, &planned.boards, now).await?);
            tx.commit().await?;
        }
        Ok(Ok(planned))
    }
}

/// Two commits of the default branch with the manifest that counts; or why they cannot be weighed.
pub(super) async fn pair<F: Forge>(
    forge: &F,
    repo: &RepoName,
    base: &CommitInfo,
    head: &CommitInfo,
) -> Result<Result<(Pair, Manifest), String>, ForgeError> {
    let file = async |sha: &CommitSha| match forge.file(repo, sha, FILE_NAME).await {
        Ok(text) => Ok(Ok(text)),
        Err(ForgeError::Invalid { detail, .. }) => Ok(Err(detail)),
        Err(error) => Err(error),
    };
    let invalid = |why: &dyn std::fmt::Display| Ok(Err(format!("the {FILE_NAME} of {} is not valid: {why}", base.sha.short())));
    let text = match file(&base.sha).await? {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(Err(format!("{} has no {FILE_NAME}", base.sha.short()))),
        Err(why) => return invalid(&why),
    };
    let manifest = match Manifest::parse(&text) {
        Ok(manifest) => manifest,
        Err(why) => return invalid(&why),
    };
    let manifest_changed = file(&head.sha).await?.ok().flatten().as_ref() != Some(&text);
    let (base, head) = (base.clone(), head.clone());
    Ok(Ok((
        Pair { base, head, conflict: false, base_on_default: true, manifest: Some(text), manifest_changed, starts: Vec::new() },
        manifest,
    )))
}

/// Queues a run of these boards behind all others.
pub(super) async fn put(
    tx: &mut crate::store::Connection,
    project: i64,
    (pair, manifest): &(Pair, Manifest),
    boards: &[BoardName],
    now: Millis,
) -> Result<i64, StoreError> {
    plan::put_pair(tx, project, pair, true).await?;
    let new = NewRun {
        project,
        kind: RunKind::Push,
        pull: None,
        shown: &pair.head.sha,
        base: &pair.base.sha,
        head: &pair.head.sha,
        conflict: false,
        trusted: true,
        manifest: pair.manifest.as_deref().unwrap_or(""),
        manifest_changed: pair.manifest_changed,
        state: RunState::Measuring,
        note: "",
    };
    let id = runs::insert(tx, &new, now).await?;
    let wanted: BTreeMap<_, _> = manifest.boards.iter().filter(|(name, _)| boards.contains(name)).collect();
    for (name, board) in wanted {
        plan::put_job(tx, id, name, board, true, PRIORITY, now).await?;
    }
    Ok(id)
}
