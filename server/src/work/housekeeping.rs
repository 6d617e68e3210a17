//! What has to be done because time passed: lapsed leases, bodies and logs past their keeping, deliveries that never came.

use super::Context;
use super::lease;
use crate::forge::{Forge, ForgeError};
use crate::store::{StoreError, audit, claims, deliveries, installations, jobs, measurements, runners, sessions, sight, stored};
use crate::trace;
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::{LEASE_MS, Millis, QUEUED_MS_MAX};

/// How often lapsed leases are looked for.
pub const SWEEP_MS: u64 = 2_000;
/// How often old things are dropped and missed deliveries asked for.
pub const TIDY_MS: u64 = 5 * 60_000;
/// How far back missed deliveries are looked for.
pub const MISSED_S: u64 = 3 * 3_600;
/// Most missed deliveries asked for at once.
pub const MISSED_MAX: usize = 50;
/// No job is given up so soon after the server's start: while it was down, no runner could take one.
pub const GIVE_UP_GRACE_MS: Millis = 3_600_000;
/// Most measurements of an older version packed at once.
pub const PACKED_MAX: u32 = 1_000;
/// How often the forge is asked whether a repository is private.
pub const SIGHT_MS: Millis = 3_600_000;
/// Repositories asked about at once.
pub const SIGHTS_MAX: i64 = 100;
/// After so many failures among them the forge is left alone until the next time.
pub const SIGHT_FAILURES_MAX: usize = 3;
const DAY_MS: Millis = 24 * 3_600_000;

/// Takes back lapsed leases, and gives up jobs that no runner wants. Not before runners had the time to say that they live.
pub async fn sweep<F: Forge>(cx: &Context<F>) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let up_ms = now.saturating_sub(cx.started_ms);
    if up_ms < LEASE_MS {
        return Ok(false);
    }
    let mut tx = cx.store.write().await?;
    let lapsed = jobs::sweep(&mut tx, now).await?;
    for lapsed in &lapsed {
        lease::failed_at(&mut tx, &lapsed.runner, lapsed.trusted, &format!("job {}: the runner was lost", lapsed.job), now).await?;
    }
    let swept = lapsed.len();
    let given_up = match up_ms {
        ..GIVE_UP_GRACE_MS => 0,
        _ => jobs::give_up(&mut tx, now.saturating_sub(QUEUED_MS_MAX), now).await?,
    };
    tx.commit().await?;
    trace::about_jobs(lapsed.iter().map(|lapsed| lapsed.job));
    if given_up > 0 {
        trace::about("given_up", given_up);
    }
    if swept > 0 || given_up > 0 {
        tracing::warn!(lapsed = swept, given_up, "jobs without a runner");
        cx.wake.queue.notify_waiters();
        cx.wake.judge.notify_one();
    }
    Ok(false)
}

/// Drops what is kept no longer, asks the forge for deliveries we missed.
pub async fn tidy<F: Forge>(cx: &Context<F>) -> Result<bool, StoreError> {
    let now = cx.clock.now();
    let before = |days: u32| now.saturating_sub(Millis::from(days) * DAY_MS);
    let mut c = cx.store.connection().await?;
    let bodies = deliveries::forget_bodies(&mut c, before(cx.keep.deliveries_days)).await?;
    let logs = jobs::forget_logs(&mut c, before(cx.keep.logs_days)).await?;
    audit::forget(&mut c, now.saturating_sub(audit::KEEP_MS)).await?;
    sessions::forget(&mut c, now).await?;
    runners::forget_leases(&mut c, now.saturating_sub(runners::ENDED_LEASE_MS)).await?;
    let asked_before = now.saturating_sub(2 * 1_000 * Millis::try_from(MISSED_S).unwrap_or(Millis::MAX / 4_000));
    installations::forget_asked(&mut c, asked_before).await?;
    let mut packed = 0;
    while packed < PACKED_MAX && measurements::pack_one(&mut c).await? {
        packed += 1;
    }
    claims::forget(&mut c, now.saturating_sub(DAY_MS)).await?;
    drop(c);
    if bodies + logs > 0 {
        trace::about("bodies", bodies);
        trace::about("logs", logs);
        tracing::info!(bodies, logs, "dropped what is kept no longer");
    }
    ask_for_missed(cx).await?;
    ask_who_may_see(cx).await?;
    Ok(false)
}

/// Repositories become private, and public, without an event of ours: the forge is asked. Where it does not say, all stays as it is.
async fn ask_who_may_see<F: Forge>(cx: &Context<F>) -> Result<(), StoreError> {
    let now = cx.clock.now();
    let due = sight::due(&mut *cx.store.connection().await?, now.saturating_sub(SIGHT_MS).max(1), SIGHTS_MAX).await?;
    let mut failures = 0;
    for (project, repo) in due {
        let answer = cx.forge.is_private(&stored::<RepoName>(&repo)?).await;
        let mut c = cx.store.connection().await?;
        match answer {
            Ok(private) => sight::told(&mut c, project, private, now).await?,
            // What is not there for us may still be there for others, and then it is not for everybody.
            Err(ForgeError::NotFound { .. }) => sight::told(&mut c, project, true, now).await?,
            Err(error) => {
                tracing::warn!(repo, %error, "whether it is private could not be asked; it stays as it is");
                // One that always fails keeps no other from being asked about; a forge that is away is left alone.
                failures += usize::from(matches!(error, ForgeError::RateLimited { .. } | ForgeError::Unavailable { .. }));
                if failures >= SIGHT_FAILURES_MAX {
                    break;
                }
            }
        }
    }
    Ok(())
}
/// The forge does not redeliver by itself: deliveries that no attempt brought here are asked for again, once each.
async fn ask_for_missed<F: Forge>(cx: &Context<F>) -> Result<(), StoreError> {
    let missed = match cx.forge.failed_deliveries(MISSED_S).await {
        Ok(missed) => missed,
        Err(error) => {
            tracing::warn!(%error, "missed deliveries could not be listed");
            return Ok(());
        }
    };
    let mut asked_for = 0_u64;
    for delivery in missed.iter().take(MISSED_MAX) {
        if deliveries::known(&mut *cx.store.connection().await?, &delivery.delivery).await? {
            continue;
        }
        if !installations::ask_again(&mut *cx.store.connection().await?, &delivery.delivery, cx.clock.now()).await? {
            continue;
        }
        match cx.forge.redeliver(delivery.attempt).await {
            Ok(()) => {
                asked_for += 1;
                tracing::info!(delivery = delivery.delivery, event = delivery.event, "asked for a missed delivery");
            }
            Err(error) => {
                installations::not_asked(&mut *cx.store.connection().await?, &delivery.delivery).await?;
                tracing::warn!(delivery = delivery.delivery, %error, "a missed delivery could not be asked for");
            }
        }
    }
    if asked_for > 0 {
        trace::about("missed", asked_for);
    }
    Ok(())
}
