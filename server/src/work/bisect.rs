//! The builds that `/ounce bisect` is missing: as few as the analysis says, behind all other work, until the commit is found.
//!
//! All that is known stands in the rows: which commits are looked through, which run measures which. So a server that starts again goes on, and
//! whoever measured a commit meanwhile, for whatever reason, helped.

use super::order::from_history;
use super::plan::Pair;
use super::{Context, backfill, backoff_ms, forge_pause_ms, publish};
use crate::forge::{Forge, ForgeError};
use crate::store::bisects::{self, Bisect, End, Series};
use crate::store::{Connection, StoreError, claims, projects, runs};
use crate::trace;
use ounce_analysis::bisect::{Known, Next, next};
use ounce_protocol::Manifest;
use ounce_protocol::ids::{BoardName, CommitSha, RepoName};
use ounce_protocol::job::Millis;
use std::collections::BTreeMap;

/// Most commits of the default branch looked through.
pub const COMMITS_MAX: usize = 500;
/// Most builds for one question.
pub const BUILDS_MAX: usize = 24;
/// Most questions under way at once in one project.
pub const OPEN_MAX: i64 = 2;
/// Times in a row that the forge may fail.
pub const ATTEMPTS_MAX: u32 = 12;
/// How long one server looks for what is missing, before another may think that it is gone.
const HOLD_MS: Millis = 60_000;

/// Looks at each search that is due. False where nothing was to be done.
pub async fn step<F: Forge>(cx: &Context<F>) -> Result<bool, StoreError> {
    let (holder, now) = (cx.store.holder(), cx.clock.now());
    let mut c = cx.store.connection().await?;
    let due = bisects::due(&mut c, now).await?;
    if due.is_empty() || !claims::take(&mut c, "bisect", holder, now, now.saturating_add(HOLD_MS)).await? {
        return Ok(false);
    }
    drop(c);
    let mut did = false;
    for bisect in due {
        let id = bisect.id;
        if go_on(cx, bisect).await? {
            trace::about("bisect", id);
            did = true;
        }
    }
    claims::release(&mut *cx.store.connection().await?, "bisect", holder).await?;
    Ok(did)
}

/// What is known of each commit, from figures and from what was asked for; none while something that was asked for is under way.
pub(super) async fn known(
    c: &mut Connection,
    project: i64,
    series: &Series,
    line: &[CommitSha],
    asked: &BTreeMap<CommitSha, Option<i64>>,
) -> Result<Option<Vec<Known>>, StoreError> {
    for run in asked.values().flatten() {
        if bisects::is_under_way(c, *run).await? {
            return Ok(None);
        }
    }
    let figures = bisects::figures(c, project, series, line).await?;
    let known = |sha: &CommitSha| match figures.get(sha) {
        Some((value, true)) => Known::Figure { value: *value },
        // Noisy: what a difference means cannot be told.
        Some((_, false)) => Known::Skipped,
        // It was built for this, and has no figure all the same.
        None if asked.contains_key(sha) => Known::Skipped,
        None => Known::Unknown,
    };
    Ok(Some(line.iter().map(known).collect()))
}

async fn go_on<F: Forge>(cx: &Context<F>, mut bisect: Bisect) -> Result<bool, StoreError> {
    let known = known(&mut *cx.store.connection().await?, bisect.project, &bisect.series, &bisect.line, &bisect.asked).await?;
    let Some(known) = known else { return Ok(false) };
    let Next::Measure { commits } = next(&known) else { return answer(cx, &bisect, "").await };
    let built = bisect.asked.values().flatten().count();
    let room = BUILDS_MAX.saturating_sub(built);
    if room == 0 {
        return answer(cx, &bisect, &format!("\nIt ends here after {BUILDS_MAX} builds; asked again, it goes on.\n")).await;
    }
    let (repo, _) = projects::repo(&mut *cx.store.connection().await?, bisect.project).await?;
    let mut did = false;
    for at in commits.into_iter().take(room) {
        let sha = bisect.line[at].clone();
        if bisects::is_measured(&mut *cx.store.connection().await?, bisect.project, &bisect.series.board, &sha).await? {
            continue;
        }
        did = true;
        let ready = match ready(&cx.forge, &repo, &bisect, at).await {
            Ok(ready) => ready,
            Err(error) if bisect.attempts + 1 >= ATTEMPTS_MAX => {
                return answer(cx, &bisect, &format!("\nIt could not go on: {}.\n", super::text::code(&error.to_string()))).await;
            }
            Err(error) => {
                tracing::warn!(bisect = bisect.id, %error, "looked at again later");
                let wait = forge_pause_ms(&error).unwrap_or_else(|| backoff_ms(bisect.attempts));
                bisects::later(&mut *cx.store.connection().await?, bisect.id, cx.clock.now().saturating_add(wait)).await?;
                return Ok(false);
            }
        };
        let mut tx = cx.store.write().await?;
        let run = match &ready {
            Some((pair, board)) => Some(backfill::put(&mut tx, bisect.project, pair, std::slice::from_ref(board), cx.clock.now()).await?),
            None => None,
        };
        bisect.asked.insert(sha, run);
        // Cancelled meanwhile: the run goes with the transaction.
        if !bisects::asked(&mut tx, bisect.id, &bisect.asked).await? {
            return Ok(true);
        }
        tx.commit().await?;
    }
    cx.wake.queue.notify_waiters();
    Ok(did)
}

/// The pair that measures a commit: against its parent, else its child against it. None where neither can be weighed.
async fn ready<F: Forge>(
    forge: &F,
    repo: &RepoName,
    bisect: &Bisect,
    at: usize,
) -> Result<Option<((Pair, Manifest), BoardName)>, ForgeError> {
    let Ok(board) = BoardName::parse(&bisect.series.board) else { return Ok(None) };
    for (base, head) in [(at.checked_sub(1), Some(at)), (Some(at), Some(at + 1))] {
        let sides = (base.and_then(|at| bisect.line.get(at)), head.and_then(|at| bisect.line.get(at)));
        let (Some(base), Some(head)) = sides else { continue };
        let (base, head) = (forge.commit(repo, base).await?, forge.commit(repo, head).await?);
        if let Ok(pair) = backfill::pair(forge, repo, &base, &head).await?
            && pair.1.boards.contains_key(&board)
        {
            return Ok(Some((pair, board)));
        }
    }
    Ok(None)
}

async fn answer<F: Forge>(cx: &Context<F>, bisect: &Bisect, more: &str) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let mut tx = cx.store.write().await?;
    if bisects::end(&mut tx, bisect.id, End::Answered).await? {
        let (_, branch) = projects::repo(&mut tx, bisect.project).await?;
        let mut text = from_history(&mut tx, bisect.project, &branch, &bisect.series).await?;
        let built = bisect.asked.values().flatten().count();
        text.push_str(&format!("\n\n{} for this.\n{more}", super::text::counted(built, "build")));
        let unbuilt: Vec<&str> = bisect.asked.iter().filter(|(_, run)| run.is_none()).map(|(sha, _)| sha.short()).collect();
        if !unbuilt.is_empty() {
            text.push_str(&format!("No manifest there names the board: {}.\n", unbuilt.join(", ")));
        }
        publish::wish_answer(&mut tx, bisect.project, bisect.pull, bisect.answers, &text, now).await?;
    }
    tx.commit().await?;
    cx.wake.publish.notify_one();
    Ok(true)
}

/// Ends the searches asked for on a pull request, with their builds. Gives how many.
pub(super) async fn cancel(tx: &mut Connection, project: i64, pull: u64, by: &str, now: Millis) -> Result<usize, StoreError> {
    let open = bisects::of_pull(tx, project, pull).await?;
    for bisect in &open {
        bisects::end(tx, bisect.id, End::Cancelled).await?;
        for run in bisect.asked.values().flatten() {
            if bisects::is_under_way(tx, *run).await? {
                runs::supersede_one(tx, *run, now).await?;
            }
        }
        let text = format!("Cancelled by {}.", super::text::code(by));
        publish::wish_answer(tx, project, pull, bisect.answers, &text, now).await?;
    }
    Ok(open.len())
}
