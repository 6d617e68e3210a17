//! The life of a job, as one pure function from a state and an event to the next state.
//!
//! `Queued → Leased → Done | Failed`, with `Superseded` when a newer head arrives. The store applies the same rules in
//! SQL; the seeded simulation plays them here and there and compares.

use crate::ids::RunnerName;
use serde::{Deserialize, Serialize};

/// Times are milliseconds since the Unix epoch; the caller has the clock.
pub type Millis = i64;

/// Attempts before a job whose leases keep lapsing, or that keeps failing for reasons of infrastructure, is given up.
pub const ATTEMPTS_MAX: u32 = 3;
/// How long a lease holds without a heartbeat.
pub const LEASE_MS: Millis = 30_000;
/// How long a job waits for a runner that can do it before it is given up: longer than a weekend.
pub const QUEUED_MS_MAX: Millis = 72 * 3_600_000;
/// How often a runner sends a heartbeat.
pub const HEARTBEAT_MS: Millis = 5_000;

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Waiting for a runner.
    Queued {
        /// Leases that have been given and lost so far.
        attempts: u32,
    },
    /// A runner works on it.
    Leased {
        /// Who.
        runner: RunnerName,
        /// The fencing token: grows with each lease; a result with another one is refused.
        token: u64,
        /// When it lapses unless a heartbeat comes.
        until: Millis,
        /// Leases given so far, this one among them.
        attempts: u32,
    },
    /// Results are in.
    Done,
    /// It ended without results.
    Failed {
        /// Why.
        kind: FailureKind,
        /// For people.
        detail: String,
    },
    /// A newer head made it pointless.
    Superseded,
}

/// Why a job failed. A build that fails on a board is *not* one of these: it is a result, uploaded as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Something of ours: a lost runner, a missing tool, a full disk. Never turns a pull request red.
    Infra,
    /// The whole job took longer than its limit.
    Timeout,
}

impl FailureKind {
    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            FailureKind::Infra => "infra",
            FailureKind::Timeout => "timeout",
        }
    }
}

/// What can happen to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEvent {
    /// A runner takes it; `token` is larger than any before.
    Claim {
        /// Who.
        runner: RunnerName,
        /// The new fencing token.
        token: u64,
        /// Now.
        now: Millis,
    },
    /// The runner is alive.
    Heartbeat {
        /// Its token.
        token: u64,
        /// Now.
        now: Millis,
    },
    /// The runner uploaded all results.
    Finish {
        /// Its token.
        token: u64,
    },
    /// The runner gives up.
    Fail {
        /// Its token.
        token: u64,
        /// Why.
        kind: FailureKind,
        /// For people.
        detail: String,
    },
    /// Time passed.
    Tick {
        /// Now.
        now: Millis,
    },
    /// Its runner asks for work and does not say that it works on it: it was restarted, or never heard of the lease.
    Forsaken,
    /// A newer head arrived.
    Supersede,
    /// No runner took it in [`QUEUED_MS_MAX`].
    GiveUp {
        /// For people: what no runner offers.
        detail: String,
    },
}

/// Why an event is refused. The state stays as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The lease is another's, or has lapsed and was given again.
    #[error("the lease is no longer yours: drop this job and claim another")]
    StaleToken,
    /// The job has ended.
    #[error("the job has ended: drop it and claim another")]
    Ended,
    /// The job is not waiting.
    #[error("the job is not waiting for a runner")]
    NotQueued,
}

impl JobState {
    /// A new job.
    pub fn new() -> JobState {
        JobState::Queued { attempts: 0 }
    }

    /// Whether nothing more can happen to it.
    pub fn is_final(&self) -> bool {
        matches!(self, JobState::Done | JobState::Failed { .. } | JobState::Superseded)
    }

    /// The word stored and shown.
    pub fn word(&self) -> &'static str {
        match self {
            JobState::Queued { .. } => "queued",
            JobState::Leased { .. } => "leased",
            JobState::Done => "done",
            JobState::Failed { .. } => "failed",
            JobState::Superseded => "superseded",
        }
    }

    /// The next state, or why the event is refused.
    pub fn step(&self, event: JobEvent) -> Result<JobState, Refused> {
        use JobEvent as E;
        use JobState as S;
        match (self, event) {
            (S::Queued { attempts }, E::Claim { runner, token, now }) => {
                Ok(S::Leased { runner, token, until: now.saturating_add(LEASE_MS), attempts: attempts + 1 })
            }
            (S::Queued { .. } | S::Leased { .. }, E::Supersede) => Ok(S::Superseded),
            (S::Leased { attempts, until, .. }, E::Tick { now }) if *until < now => {
                Ok(again_or_failed(*attempts, FailureKind::Infra, "the runner was lost".into()))
            }
            (S::Leased { attempts, .. }, E::Forsaken) => Ok(again_or_failed(*attempts, FailureKind::Infra, FORSAKEN.into())),
            (S::Queued { .. }, E::GiveUp { detail }) => Ok(S::Failed { kind: FailureKind::Infra, detail }),
            (S::Leased { .. }, E::GiveUp { .. }) => Err(Refused::NotQueued),
            (state, E::Tick { .. } | E::Forsaken) => Ok(state.clone()),
            (S::Leased { token: held, .. }, E::Heartbeat { token, .. } | E::Finish { token } | E::Fail { token, .. }) if *held != token => {
                Err(Refused::StaleToken)
            }
            (S::Leased { runner, token, attempts, .. }, E::Heartbeat { now, .. }) => {
                Ok(S::Leased { runner: runner.clone(), token: *token, until: now.saturating_add(LEASE_MS), attempts: *attempts })
            }
            (S::Leased { .. }, E::Finish { .. }) => Ok(S::Done),
            (S::Leased { attempts, .. }, E::Fail { kind: FailureKind::Infra, detail, .. }) => {
                Ok(again_or_failed(*attempts, FailureKind::Infra, detail))
            }
            (S::Leased { .. }, E::Fail { kind, detail, .. }) => Ok(S::Failed { kind, detail }),
            (S::Leased { .. }, E::Claim { .. }) => Err(Refused::NotQueued),
            (S::Queued { .. }, E::Heartbeat { .. } | E::Finish { .. } | E::Fail { .. }) => Err(Refused::StaleToken),
            (S::Done | S::Failed { .. } | S::Superseded, _) => Err(Refused::Ended),
        }
    }
}

impl Default for JobState {
    fn default() -> Self {
        JobState::new()
    }
}

fn again_or_failed(attempts: u32, kind: FailureKind, detail: String) -> JobState {
    if attempts < ATTEMPTS_MAX { JobState::Queued { attempts } } else { JobState::Failed { kind, detail } }
}

/// What is said of a job whose runner asked for another one.
pub const FORSAKEN: &str = "its runner asked for other work: it was restarted, or two agents use one token";

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(token: u64, now: Millis) -> JobEvent {
        JobEvent::Claim { runner: RunnerName::parse("r").unwrap(), token, now }
    }

    #[test]
    fn a_lapsed_lease_queues_the_job_again_up_to_the_limit() {
        let mut job = JobState::new();
        let mut now = 0;
        for attempt in 1..=ATTEMPTS_MAX {
            job = job.step(claim(attempt.into(), now)).unwrap();
            now += LEASE_MS + 1;
            job = job.step(JobEvent::Tick { now }).unwrap();
        }
        assert!(matches!(job, JobState::Failed { kind: FailureKind::Infra, .. }), "{job:?}");
    }

    #[test]
    fn a_late_result_with_an_old_token_is_refused() {
        let job = JobState::new().step(claim(1, 0)).unwrap();
        let job = job.step(JobEvent::Tick { now: LEASE_MS + 1 }).unwrap();
        assert_eq!(job.step(JobEvent::Finish { token: 1 }), Err(Refused::StaleToken));
        let job = job.step(claim(2, LEASE_MS + 1)).unwrap();
        assert_eq!(job.step(JobEvent::Finish { token: 1 }), Err(Refused::StaleToken));
        assert_eq!(job.step(JobEvent::Finish { token: 2 }), Ok(JobState::Done));
    }

    #[test]
    fn a_heartbeat_keeps_the_lease() {
        let job = JobState::new().step(claim(1, 0)).unwrap();
        let job = job.step(JobEvent::Heartbeat { token: 1, now: LEASE_MS }).unwrap();
        let later = job.step(JobEvent::Tick { now: LEASE_MS + 1 }).unwrap();
        assert_eq!(later, job);
    }

    #[test]
    fn a_job_nobody_takes_is_given_up_and_one_under_way_is_not() {
        let give_up = || JobEvent::GiveUp { detail: "no runner".into() };
        let failed = JobState::Failed { kind: FailureKind::Infra, detail: "no runner".into() };
        assert_eq!(JobState::new().step(give_up()), Ok(failed.clone()));
        assert_eq!(JobState::new().step(claim(1, 0)).unwrap().step(give_up()), Err(Refused::NotQueued));
        assert_eq!(failed.step(give_up()), Err(Refused::Ended));
    }

    /// Whatever the order of events, a job ends at most once and never has two holders.
    #[test]
    fn seeded_orders_of_events_keep_the_rules() {
        for seed in 0..2_000u64 {
            let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut next = |n: u64| {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                x % n
            };
            let (mut job, mut now, mut token, mut ended) = (JobState::new(), 0, 0, false);
            for _ in 0..60 {
                now += i64::try_from(next(12_000)).unwrap();
                let before = job.clone();
                let event = match next(6) {
                    0 => {
                        token += 1;
                        claim(token, now)
                    }
                    1 => JobEvent::Heartbeat { token: token.saturating_sub(next(2)), now },
                    2 => JobEvent::Finish { token: token.saturating_sub(next(3)) },
                    3 => JobEvent::Fail { token, kind: FailureKind::Infra, detail: String::new() },
                    4 if next(8) == 0 => JobEvent::Supersede,
                    _ => JobEvent::Tick { now },
                };
                if let Ok(after) = before.step(event.clone()) {
                    assert!(!ended || after == before, "seed {seed}: {event:?} moved an ended job");
                    if let (JobState::Leased { token: a, .. }, JobState::Leased { token: b, .. }) = (&before, &after) {
                        assert_eq!(a, b, "seed {seed}: the holder changed without the lease lapsing");
                    }
                    ended = after.is_final();
                    job = after;
                }
            }
        }
    }
}
