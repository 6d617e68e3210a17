//! All decisions of the server: each a small function from rows to rows, and the loops that call them.
//!
//! A webhook only notes what came. The loops are woken at once by what writes a row and look by themselves every
//! [`POLL_MS`], so a wake-up that is lost, or a restart, delays a step and loses none. Each step may be done twice.

pub mod at_work;
pub mod backfill;
pub mod bisect;
pub mod command;
pub mod compare;
pub mod compositions;
pub mod event;
pub mod housekeeping;
pub mod install;
pub mod lease;
pub mod order;
pub mod plan;
pub mod publish;
pub mod reuse;
pub mod starts;
pub mod text;
pub mod waits;

use crate::clock::Clock;
use crate::config::Keep;
use crate::forge::{Forge, ForgeError};
use crate::secret::random_token;
use crate::store::bells::{Bell, Bells};
use crate::store::{Store, StoreError};
use crate::trace;
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tracing::Instrument as _;

/// How often a loop looks for work nobody woke it for.
pub const POLL_MS: u64 = 250;
/// How often searches are looked at: their builds take minutes.
pub const BISECT_MS: u64 = 2_000;
/// A loop waits this long after the database failed.
const AFTER_FAILURE_MS: u64 = 5_000;

/// Everything the steps need.
#[derive(Debug)]
pub struct Context<F> {
    /// The rows.
    pub store: Store,
    /// The forge.
    pub forge: F,
    /// The time.
    pub clock: Clock,
    /// The loops' bells.
    pub wake: Arc<Wake>,
    /// True once the server is to end.
    pub stopping: watch::Receiver<bool>,
    /// The repositories worked for.
    pub projects: Vec<RepoName>,
    /// What people's browsers reach, for links.
    pub public_url: Option<String>,
    /// How long things are kept.
    pub keep: Keep,
    /// When this server started: what it did not hear before says nothing.
    pub started_ms: Millis,
}

/// The loops' bells: rung by whoever writes a row that another loop looks for.
#[derive(Debug, Default)]
pub struct Wake {
    /// A delivery was noted.
    pub plan: Notify,
    /// A job was queued; all waiting claims look.
    pub queue: Notify,
    /// A job ended.
    pub judge: Notify,
    /// A wish was stored.
    pub publish: Notify,
    /// A search was begun, or a run judged.
    pub bisect: Notify,
    /// Time has passed; tests ring it after they moved the clock.
    pub sweep: Notify,
    /// The same, for what is done rarely.
    pub tidy: Notify,
}

/// Starts the loops. Each ends after its step in hand once the server is to end.
pub fn start<F: Forge>(cx: &Arc<Context<F>>) -> JoinSet<()> {
    let mut loops = JoinSet::new();
    let each = |name, poll_ms, bell| Loop { name, poll_ms, bell, cx: Arc::clone(cx), stop: cx.stopping.clone() };
    loops.spawn(each("plan", POLL_MS, |w| &w.plan).run(|cx| async move { plan::step(&cx).await }));
    loops.spawn(each("judge", POLL_MS, |w| &w.judge).run(|cx| async move { compare::step(&cx).await }));
    for _ in 0..publish::WRITERS {
        let holder: Arc<str> = random_token().into();
        loops.spawn(each("publish", POLL_MS, |w| &w.publish).run(move |cx| {
            let holder = Arc::clone(&holder);
            async move { publish::step(&cx, &holder).await }
        }));
    }
    loops.spawn(each("bisect", BISECT_MS, |w| &w.bisect).run(|cx| async move { bisect::step(&cx).await }));
    loops.spawn(each("sweep", housekeeping::SWEEP_MS, |w| &w.sweep).run(|cx| async move { housekeeping::sweep(&cx).await }));
    loops.spawn(each("tidy", housekeeping::TIDY_MS, |w| &w.tidy).run(|cx| async move { housekeeping::tidy(&cx).await }));
    if let Some(bells) = cx.store.bells() {
        loops.spawn(relay(bells, Arc::clone(&cx.wake), cx.stopping.clone()));
    }
    loops
}

/// Rings here what other servers rang.
async fn relay(mut bells: Bells, wake: Arc<Wake>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let heard = tokio::select! {
            heard = bells.next() => heard,
            _ = stop.changed() => return,
        };
        match heard {
            Ok(bell) => {
                let all = bell == Bell::All;
                for (its, rung) in [(Bell::Plan, &wake.plan), (Bell::Judge, &wake.judge), (Bell::Publish, &wake.publish)] {
                    if all || bell == its {
                        rung.notify_one();
                    }
                }
                if all || bell == Bell::Queue {
                    wake.queue.notify_waiters();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "other servers cannot be heard; the loops look by themselves");
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(AFTER_FAILURE_MS)) => {}
                    _ = stop.changed() => return,
                }
            }
        }
    }
}

/// A step that is repeated.
struct Loop<F> {
    name: &'static str,
    poll_ms: u64,
    bell: fn(&Wake) -> &Notify,
    cx: Arc<Context<F>>,
    stop: watch::Receiver<bool>,
}

impl<F: Forge> Loop<F> {
    /// Does the step as long as it finds something, then waits for the bell, the poll or the end.
    async fn run<S, R>(mut self, step: S)
    where
        S: Fn(Arc<Context<F>>) -> R + Send + 'static,
        R: Future<Output = Result<bool, StoreError>> + Send,
    {
        while !*self.stop.borrow() {
            let span = trace::step(self.name);
            let done = step(Arc::clone(&self.cx)).instrument(span.clone()).await;
            if done.is_err() {
                trace::failed(&span);
            }
            drop(span);
            let wait_ms = match done {
                Ok(true) => continue,
                Ok(false) => self.poll_ms,
                Err(error) => {
                    tracing::error!(step = self.name, %error, "the database failed; the step is tried again");
                    AFTER_FAILURE_MS
                }
            };
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
                () = (self.bell)(&self.cx.wake).notified() => {}
                _ = self.stop.changed() => {}
            }
        }
    }
}

/// The wait before attempt `attempts` + 1: doubling from one second, at most five minutes.
pub fn backoff_ms(attempts: u32) -> Millis {
    const FIRST_MS: Millis = 1_000;
    const LONGEST_MS: Millis = 5 * 60_000;
    FIRST_MS.saturating_mul(1 << attempts.min(20)).min(LONGEST_MS)
}

/// How long the forge wants to be left alone, where it says so.
fn forge_pause_ms(error: &ForgeError) -> Option<Millis> {
    match error {
        ForgeError::RateLimited { retry_after_s } => Some(Millis::try_from(*retry_after_s).unwrap_or(3_600).clamp(1, 3_600) * 1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        assert_eq!([0, 1, 2, 8, 9, 40].map(backoff_ms), [1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    }
}
