//! The counter where runners take work and bring results: leases with fencing tokens, kept by heartbeats.

use super::{Context, forge_pause_ms, reuse};
use crate::forge::{Forge, ForgeError};
use crate::secret::{random_token, sha256_hex};
use crate::store::jobs::{self, Claimed, Holder, JobError, Offer};
use crate::store::measurements::Packed;
use crate::store::runners::Held;
use crate::store::runs::RunKind;
use crate::store::{Connection, StoreError, at_work, audit, health, measurements, projects, runners, runs, tallies, units};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::{FORSAKEN, FailureKind, HEARTBEAT_MS, LEASE_MS, Millis, Refused};
use ounce_protocol::lab;
use ounce_protocol::runner_api::{
    AT_ONCE_MAX, CLAIM_WAIT_MS_MAX, Claim, End, Enroll, Enrolled, Finish, Heartbeat, HeartbeatAnswer, LOG_CHUNK_BYTES_MAX, Lease, Upload,
    Work,
};
use std::time::Duration;
use tokio::time::Instant;

/// How long an enrolment code is good for.
pub const CODE_MS: Millis = 24 * 3_600_000;
/// Most things a runner may offer. QEMU knows some two hundred machines.
pub const CAN_RUN_MAX: usize = 1_000;
/// Longest name of one of them, bytes.
pub const CAN_RUN_BYTES_MAX: usize = 100;
/// Longest `doing` of a heartbeat that is kept, bytes.
pub const DOING_BYTES_MAX: usize = 200;
/// Longest detail of a failed job that is kept, bytes.
pub const DETAIL_BYTES_MAX: usize = 4_096;
/// Longest name of a unit that is told, bytes.
const UNIT_BYTES_MAX: usize = 100;
/// How long a project's jobs wait after the forge failed to give a token to clone with.
pub const TOKEN_WAIT_MS: Millis = 15_000;
/// A waiting claim looks by itself this often.
const LOOK_MS: u64 = 2_000;

/// Why a runner does not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// The code is good for nothing.
    #[error("this code is unknown, used, expired or for another name; make a new one with `ounce-server runner enroll --name NAME`")]
    Code,
    /// The runner's token was taken from it while it waited.
    #[error("this runner was revoked: enroll it again with a code of `ounce-server runner enroll --name NAME`")]
    Revoked,
    /// The lease does not allow it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The body says something it may not.
    #[error("{0}")]
    Invalid(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<JobError> for LeaseError {
    fn from(error: JobError) -> LeaseError {
        match error {
            JobError::Refused(refused) => LeaseError::Refused(refused),
            JobError::Store(error) => LeaseError::Store(error),
        }
    }
}

/// Makes a code for a runner of that name; it is shown once and good once.
pub async fn new_code(store: &crate::store::Store, name: &RunnerName, now: Millis) -> Result<String, StoreError> {
    let code = random_token();
    runners::add_code(&mut *store.connection().await?, &sha256_hex(&code), name, now, now.saturating_add(CODE_MS)).await?;
    Ok(code)
}

/// Turns a code into a runner's token.
pub async fn enroll<F: Forge>(cx: &Context<F>, enroll: &Enroll) -> Result<Enrolled, LeaseError> {
    let now = cx.clock.now();
    let mut tx = cx.store.write().await?;
    if !runners::use_code(&mut tx, &sha256_hex(&enroll.code), &enroll.name, now).await? {
        return Err(LeaseError::Code);
    }
    let token = random_token();
    runners::put(&mut tx, &enroll.name, &sha256_hex(&token), now).await?;
    let name = enroll.name.as_str();
    audit::note(&mut tx, audit::Done { who: name, what: "enroll", target: name, origin: "a code", result: "has a token" }, now).await?;
    tx.commit().await?;
    tracing::info!(runner = %enroll.name, "enrolled");
    Ok(Enrolled { token })
}

/// Makes the token that follows a runner's; nothing changes until that one is used.
pub async fn rotate<F: Forge>(cx: &Context<F>, runner: &RunnerName) -> Result<Enrolled, LeaseError> {
    let token = random_token();
    runners::follow(&mut *cx.store.connection().await?, runner, &sha256_hex(&token)).await?;
    Ok(Enrolled { token })
}

/// Takes everything from a runner. None where it has nothing; else how many of its jobs went back.
pub async fn revoke(store: &crate::store::Store, name: &RunnerName, now: Millis) -> Result<Option<u64>, StoreError> {
    let mut tx = store.write().await?;
    let leases = runners::revoke(&mut tx, name, now).await?;
    tx.commit().await?;
    Ok(leases)
}

/// What a claim is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// Work.
    Lease(Box<Lease>),
    /// There was none.
    Nothing,
    /// The runner gets none: it is set aside, and this says why.
    Aside(String),
}

/// Waits for a job the runner can do, at most as long as it asked for, and leases it.
pub async fn claim<F: Forge>(cx: &Context<F>, runner: &RunnerName, claim: &Claim) -> Result<Given, LeaseError> {
    if claim.can_run.len() > CAN_RUN_MAX || claim.can_run.iter().any(|c| c.len() > CAN_RUN_BYTES_MAX) {
        return Err(LeaseError::Invalid(format!("can_run has at most {CAN_RUN_MAX} entries of {CAN_RUN_BYTES_MAX} bytes")));
    }
    if claim.works_on.len() >= AT_ONCE_MAX {
        return Err(LeaseError::Invalid(format!(
            "{} jobs are worked on, and a runner works on at most {AT_ONCE_MAX}",
            claim.works_on.len()
        )));
    }
    lab::check(&claim.units).map_err(LeaseError::Invalid)?;
    let mut tx = cx.store.write_beside().await?;
    runners::seen(&mut tx, runner, &claim.can_run, claim.sandbox, cx.clock.now()).await?;
    let fell = units::tell(&mut tx, runner, &claim.units, cx.clock.now()).await?;
    let forsaken = jobs::has_forsaken(&mut tx, runner, &claim.works_on).await?;
    tx.commit().await?;
    for unit in fell {
        let note = unit.note.as_deref().unwrap_or_default();
        tracing::warn!(%runner, unit = %unit.name, standing = unit.standing.word(), note, "a unit does not answer");
    }
    if forsaken {
        take_back(cx, runner, &claim.works_on).await?;
    }
    let offer = Offer { runner, can_run: &claim.can_run, sandbox: claim.sandbox };
    let end = Instant::now() + Duration::from_millis(claim.wait_ms.min(CLAIM_WAIT_MS_MAX));
    loop {
        // Listening begins before looking: a job queued in between rings.
        let mut rung = std::pin::pin!(cx.wake.queue.notified());
        rung.as_mut().enable();
        let mut tx = cx.store.write_beside().await?;
        let claimed = jobs::claim(&mut tx, offer, cx.clock.now()).await?;
        tx.commit().await?;
        if let Some(claimed) = claimed {
            let lease = lease(cx, runner, &claimed).await?;
            return Ok(lease.map_or(Given::Nothing, |lease| Given::Lease(Box::new(lease))));
        }
        if Instant::now() >= end || *cx.stopping.borrow() {
            let aside = health::aside(&mut *cx.store.connection().await?, runner).await?;
            return Ok(aside.map_or(Given::Nothing, |aside| Given::Aside(aside.words(cx.clock.now()))));
        }
        let _ = tokio::time::timeout_at(end.min(Instant::now() + Duration::from_millis(LOOK_MS)), rung).await;
    }
}

/// A runner with work asks for work: what it had, and does not say it works on, is given again.
async fn take_back<F>(cx: &Context<F>, runner: &RunnerName, works_on: &[i64]) -> Result<(), StoreError> {
    let now = cx.clock.now();
    let mut tx = cx.store.write().await?;
    for lost in jobs::take_back(&mut tx, runner, works_on, now).await? {
        tracing::warn!(%runner, job = lost.job, "its runner asks for other work");
        failed_at(&mut tx, runner, lost.trusted, &format!("job {}: {FORSAKEN}", lost.job), now).await?;
    }
    tx.commit().await?;
    cx.wake.queue.notify_waiters();
    cx.wake.judge.notify_one();
    Ok(())
}

/// What the runner needs for a job it just claimed. Where the forge gives no token now, the job goes back.
async fn lease<F: Forge>(cx: &Context<F>, runner: &RunnerName, claimed: &Claimed) -> Result<Option<Lease>, LeaseError> {
    let mut c = cx.store.connection().await?;
    let run = runs::get(&mut c, claimed.run).await?;
    let (repo, branch) = projects::repo(&mut c, run.project).await?;
    drop(c);
    let clone_token = match cx.forge.clone_token(&repo).await {
        Ok(token) => token,
        Err(error) => {
            let holder = Holder { job: claimed.job, runner, token: claimed.token };
            let detail = format!("no token to clone {repo} with: {error}");
            tracing::warn!(job = claimed.job, detail, "the job goes back");
            return without_token(cx, holder, run.project, &error, &detail).await.map(|()| None);
        }
    };
    let refs = match (&run.kind, run.pull) {
        (RunKind::Compare { refs, .. }, _) => refs.clone(),
        (RunKind::Pull | RunKind::Push, Some(number)) => vec![format!("refs/pull/{number}/merge"), format!("refs/pull/{number}/head")],
        (RunKind::Pull | RunKind::Push, None) => vec![format!("refs/heads/{branch}")],
    };
    let job_token = random_token();
    let held = Held { runner: runner.clone(), job: claimed.job, fence: claimed.token };
    let mut tx = cx.store.write_beside().await?;
    if !runners::put_lease(&mut tx, &sha256_hex(&job_token), &held, cx.clock.now()).await? {
        let holder = Holder { job: claimed.job, runner, token: claimed.token };
        match jobs::give_back(&mut tx, holder, "its runner was revoked", 0).await {
            // The revocation found the lease, and gave it back itself.
            Ok(()) | Err(JobError::Refused(_)) => {}
            Err(JobError::Store(error)) => return Err(error.into()),
        }
        tx.commit().await?;
        cx.wake.queue.notify_waiters();
        return Err(LeaseError::Revoked);
    }
    tx.commit().await?;
    tracing::info!(job = claimed.job, run = run.id, board = %claimed.board, %runner, attempt = claimed.attempt, "leased");
    Ok(Some(Lease {
        job: claimed.job,
        token: claimed.token,
        job_token,
        lease_ms: LEASE_MS,
        heartbeat_ms: HEARTBEAT_MS,
        attempt: claimed.attempt,
        work: Work {
            trusted: run.trusted,
            clone_url: cx.forge.clone_url(&repo),
            repo,
            clone_token,
            refs,
            base: run.base,
            head: run.head,
            board: claimed.board.clone(),
            manifest: run.manifest,
        },
    }))
}

/// A forge that is down or wants to be left alone takes no attempt from a job, and is asked for this project again after a wait.
/// One that refuses does: somebody has to mend that, and is told when the attempts are used up.
async fn without_token<F: Forge>(
    cx: &Context<F>,
    holder: Holder<'_>,
    project: i64,
    error: &ForgeError,
    detail: &str,
) -> Result<(), LeaseError> {
    let now = cx.clock.now();
    let wait = match error {
        ForgeError::Unavailable { .. } => Some(TOKEN_WAIT_MS),
        error => forge_pause_ms(error),
    };
    let mut tx = cx.store.write().await?;
    let gone_back = match wait {
        Some(wait) => {
            jobs::hold(&mut tx, project, now.saturating_add(wait)).await?;
            jobs::give_back(&mut tx, holder, detail, now.saturating_add(wait)).await
        }
        None => jobs::fail(&mut tx, holder, FailureKind::Infra, detail, now).await,
    };
    match gone_back {
        // It was superseded meanwhile.
        Ok(()) | Err(JobError::Refused(_)) => {}
        Err(JobError::Store(error)) => return Err(error.into()),
    }
    tx.commit().await?;
    cx.wake.judge.notify_one();
    Ok(())
}

/// Keeps a lease alive, or says that the job became pointless.
pub async fn heartbeat<F: Forge>(cx: &Context<F>, runner: &RunnerName, job: i64, beat: &Heartbeat) -> Result<HeartbeatAnswer, LeaseError> {
    if beat.log.len() > LOG_CHUNK_BYTES_MAX {
        return Err(LeaseError::Invalid(format!("log of {} bytes, at most {LOG_CHUNK_BYTES_MAX} in a heartbeat", beat.log.len())));
    }
    let holder = Holder { job, runner, token: beat.token };
    let mut tx = cx.store.write_beside().await?;
    match jobs::heartbeat(&mut tx, holder, cut(&beat.doing, DOING_BYTES_MAX), cx.clock.now()).await {
        Ok(()) => {
            jobs::append_log(&mut tx, job, &beat.log).await?;
            health::heard(&mut tx, runner, cx.clock.now()).await?;
            tx.commit().await?;
            Ok(HeartbeatAnswer { cancel: false })
        }
        Err(JobError::Refused(Refused::Ended)) if jobs::was_superseded(&mut tx, holder).await? => Ok(HeartbeatAnswer { cancel: true }),
        Err(error) => Err(error.into()),
    }
}

/// Takes one side's measurement. It must be of the job's board and of one of its two commits.
pub async fn upload<F: Forge>(cx: &Context<F>, runner: &RunnerName, job: i64, upload: Upload) -> Result<(), LeaseError> {
    upload.measurement.check().map_err(LeaseError::Invalid)?;
    let Upload { token, measurement } = upload;
    let packing = tokio::task::spawn_blocking(move || Packed::of(&measurement).map(|packed| (measurement, packed)));
    let (measurement, packed) = packing.await.map_err(|e| StoreError::Encode(Box::new(e)))??;
    let mut tx = cx.store.write_beside().await?;
    let (run, board) = jobs::holds(&mut tx, Holder { job, runner, token }).await?;
    let run = runs::get(&mut tx, run).await?;
    if measurement.board != board {
        return Err(LeaseError::Invalid(format!("a measurement of {}, but the job's board is {board}", measurement.board)));
    }
    if ![&run.base, &run.head].contains(&&measurement.commit) {
        let (base, head) = (run.base, run.head);
        return Err(LeaseError::Invalid(format!("a measurement of {}, but the job's commits are {base} and {head}", measurement.commit)));
    }
    if let Some(from) = &measurement.reused {
        reuse::check(&mut tx, &run, &measurement, from).await?;
    }
    let is_new = measurements::put(&mut tx, run.id, token, &packed, cx.clock.now()).await?;
    if is_new && measurement.reused.is_some() {
        tallies::reused(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Ends a job. Done means that both sides are here, and came under this lease.
pub async fn finish<F: Forge>(cx: &Context<F>, runner: &RunnerName, job: i64, finish: &Finish) -> Result<(), LeaseError> {
    let holder = Holder { job, runner, token: finish.token };
    let now = cx.clock.now();
    let mut tx = cx.store.write_beside().await?;
    match &finish.end {
        End::Done => {
            let (run, board) = jobs::holds(&mut tx, holder).await?;
            let sides = measurements::sides(&mut tx, run, &board, finish.token).await?;
            if sides != 2 {
                return Err(LeaseError::Invalid(format!("{sides} of 2 measurements are here: upload base and head, then finish")));
            }
            jobs::finish(&mut tx, holder, now).await?;
            health::works(&mut tx, runner).await?;
        }
        End::Failed { why, detail, unit } => {
            jobs::fail(&mut tx, holder, *why, cut(detail, DETAIL_BYTES_MAX), now).await?;
            // A unit that fails says nothing about the runner that it is attached to, which keeps a record of it and offers it no more in the end.
            if let Some(unit) = unit {
                tracing::warn!(%runner, job, unit = cut(unit, UNIT_BYTES_MAX), "a unit of the lab failed");
            } else if *why == FailureKind::Infra {
                let trusted = jobs::is_trusted(&mut tx, job).await?;
                failed_at(&mut tx, runner, trusted, &format!("job {job}: {detail}"), now).await?;
            }
        }
    }
    tx.commit().await?;
    // A failed job may be queued again, an ended one may be a run's last.
    cx.wake.queue.notify_waiters();
    cx.wake.judge.notify_one();
    Ok(())
}

/// Notes a failure of infrastructure at a runner, which is set aside after too many. What a stranger's code does to a runner says nothing about
/// the runner: else a pull request could take all of them out of work.
pub async fn failed_at(c: &mut Connection, runner: &RunnerName, trusted: bool, why: &str, now: Millis) -> Result<(), StoreError> {
    if !trusted {
        return Ok(());
    }
    if let Some(aside) = health::failed(c, runner, why, now).await? {
        let words = aside.words(now);
        tracing::warn!(%runner, "{words}");
        let (who, what) = (runner.as_str(), at_work::SET_ASIDE);
        audit::note(c, audit::Done { who, what, target: who, origin: "its failures", result: &words }, now).await?;
    }
    Ok(())
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}
