//! From where the budgets count that count since a tag or a day: found when a run is planned, measured where nobody has, and given
//! to the judge with what was accepted since.

use super::Context;
use super::plan::{self, Obstacle, Pair};
use crate::forge::{CommitInfo, Forge};
use crate::store::runs::{NewRun, Run, RunKind};
use crate::store::{Connection, StoreError, budgets, projects};
use crate::time;
use ounce_analysis::past::{Baseline, BoardFigures, Past};
use ounce_protocol::ids::{BoardName, CommitSha, RepoName};
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::{Manifest, Since};
use std::collections::{BTreeMap, BTreeSet};

/// Tags and days that one manifest's budgets are looked up for; of more, no figure is known.
pub const STARTS_MAX: usize = 8;
/// Commits since a day that are looked through for the last one before it.
pub const COMMITS_MAX: usize = 2_000;

/// A start that was found.
pub struct Start {
    since: String,
    /// None where there is no such commit.
    commit: Option<CommitInfo>,
    /// What to measure for it, where nobody has.
    measure: Option<Pair>,
}

/// Looks for the starts of all budgets of a manifest, from the commit that is compared with.
pub(super) async fn find<F: Forge>(cx: &Context<F>, repo: &RepoName, manifest: &str, base: &CommitInfo) -> Result<Vec<Start>, Obstacle> {
    let Ok(manifest) = Manifest::parse(manifest) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for since in manifest.sinces().into_iter().take(STARTS_MAX) {
        let sha = match since {
            Since::Tag(name) => cx.forge.tag(repo, name).await?,
            Since::Date { year, month, day } => {
                let history = cx.forge.history(repo, &base.sha, Some(time::day_begins_s(*year, *month, *day)), COMMITS_MAX).await?;
                if history.len() >= COMMITS_MAX {
                    tracing::warn!(%repo, %since, "more than {COMMITS_MAX} commits since: give the budget a later day");
                    continue;
                }
                before(&history, &base.sha)
            }
        };
        let commit = match &sha {
            Some(sha) if *sha == base.sha => Some(base.clone()),
            Some(sha) => Some(cx.forge.commit(repo, sha).await?),
            None => None,
        };
        let measure = match &commit {
            Some(commit) if !is_measured(cx, repo, &manifest, since, &commit.sha).await? => to_measure(cx, repo, commit).await?,
            _ => None,
        };
        found.push(Start { since: since.to_string(), commit, measure });
    }
    Ok(found)
}

/// The last commit before those of a history, from first parent to first parent. None where it goes back to the first commit of all.
fn before(history: &[CommitInfo], tip: &CommitSha) -> Option<CommitSha> {
    let parents: BTreeMap<&CommitSha, Option<&CommitSha>> = history.iter().map(|c| (&c.sha, c.parents.first())).collect();
    let mut at = tip;
    // No longer than the list, whatever it says of parents.
    for _ in 0..=history.len() {
        match parents.get(at) {
            Some(parent) => at = (*parent)?,
            None => return Some(at.clone()),
        }
    }
    None
}

async fn is_measured<F: Forge>(
    cx: &Context<F>,
    repo: &RepoName,
    manifest: &Manifest,
    since: &Since,
    sha: &CommitSha,
) -> Result<bool, Obstacle> {
    let failed = |error: StoreError| Obstacle::Later(format!("the database failed: {error}"), None);
    let mut c = cx.store.connection().await.map_err(failed)?;
    let Some(project) = projects::find(&mut c, repo).await.map_err(failed)? else { return Ok(false) };
    budgets::is_measured(&mut c, project, sha, &boards(manifest, since)).await.map_err(failed)
}

/// The boards on which a budget counts since then.
fn boards(manifest: &Manifest, since: &Since) -> Vec<BoardName> {
    let budgets = manifest.budgets.iter().filter(|budget| budget.since.as_ref() == Some(since));
    let named: BTreeSet<&BoardName> = budgets
        .flat_map(|budget| budget.boards.as_ref().map_or_else(|| manifest.boards.keys().collect(), |b| b.iter().collect::<Vec<_>>()))
        .collect();
    named.into_iter().cloned().collect()
}

/// A commit against its first parent, as a push to the default branch is weighed.
async fn to_measure<F: Forge>(cx: &Context<F>, repo: &RepoName, commit: &CommitInfo) -> Result<Option<Pair>, Obstacle> {
    let Some(parent) = commit.parents.first() else { return Ok(None) };
    let parent = cx.forge.commit(repo, parent).await?;
    plan::plain_pair(cx, repo, parent, commit.clone(), false, false).await.map(Some)
}

/// Keeps a run's starts, and plans what is to be measured for them.
pub async fn put(tx: &mut Connection, project: i64, run: i64, starts: &[Start], now: Millis) -> Result<(), StoreError> {
    for start in starts {
        if let Some(commit) = &start.commit {
            projects::put_commit(tx, project, commit, false).await?;
        }
        budgets::put_start(tx, run, &start.since, start.commit.as_ref().map(|c| &c.sha)).await?;
        let Some(pair) = &start.measure else { continue };
        let (state, note, manifest) = plan::beginning(pair, true, true);
        let Some(manifest) = manifest else { continue };
        plan::put_pair(tx, project, pair, false).await?;
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
            state,
            note: &note,
        };
        // Somebody waits for it.
        plan::put_plain_run(tx, &new, &manifest, plan::PULL_PRIORITY, now).await?;
    }
    Ok(())
}

/// What a judge of this run is told of the past.
pub async fn past(c: &mut Connection, run: &Run, manifest: &Manifest) -> Result<Past, StoreError> {
    let mut past = Past::default();
    let sinces: BTreeMap<String, &Since> = manifest.sinces().into_iter().map(|since| (since.to_string(), since)).collect();
    for (text, sha) in budgets::starts(c, run.id).await? {
        let Some(since) = sinces.get(&text).copied() else { continue };
        let mut baseline = Baseline { since: since.clone(), sha, boards: BTreeMap::new(), accepted: Vec::new() };
        if let Some(sha) = &baseline.sha {
            for board in boards(manifest, since) {
                let Some((measurement, base)) = budgets::measured(c, run.project, sha, &board).await? else { continue };
                let figures = BoardFigures::of(&measurement, base.as_ref());
                baseline.boards.extend(figures.map(|figures| (board, figures)));
            }
            baseline.accepted = budgets::landed_between(c, run.project, sha, &run.base).await?;
        }
        past.baselines.push(baseline);
    }
    if let (RunKind::Pull, Some(pull)) = (&run.kind, run.pull) {
        past.accepted = budgets::of_pull(c, run.project, pull).await?;
    }
    Ok(past)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha(digit: char) -> CommitSha {
        CommitSha::parse(&digit.to_string().repeat(40)).unwrap()
    }

    #[test]
    fn the_last_commit_before_a_day_is_found_along_first_parents() {
        let check = |history: &[(char, &str)], expected: Option<char>| {
            let info = |(sha_of, parents): &(char, &str)| CommitInfo {
                sha: sha(*sha_of),
                parents: parents.chars().map(sha).collect(),
                committed_s: 0,
                summary: String::new(),
                author: String::new(),
            };
            let history: Vec<CommitInfo> = history.iter().map(info).collect();
            assert_eq!(before(&history, &sha('a')), expected.map(sha), "{history:?}");
        };
        check(&[], Some('a'));
        check(&[('a', "b"), ('b', "c")], Some('c'));
        // A branch whose own commits are younger than the day was merged since.
        check(&[('a', "be"), ('e', "f"), ('b', "c"), ('f', "c")], Some('c'));
        check(&[('a', "b"), ('b', "")], None);
        // A list that cannot be.
        check(&[('a', "b"), ('b', "a")], None);
    }
}
