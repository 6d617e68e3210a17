//! Runner agents: they take work, say that they live, hand in figures and finish; they crash, repeat themselves, and some come back from the dead.

use crate::forge::bytes_of;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use ounce_protocol::ids::{BenchName, CommitSha, ImageId, RegionName, RunKey};
use ounce_protocol::job::{FailureKind, Millis};
use ounce_protocol::measurement::{
    BenchOutcome, Count, Fingerprint, FunctionCount, Ledger, Measurement, Outcome, RegionKind, RegionLedger, Row, SCHEMA,
};
use ounce_protocol::runner_api::{
    Claim, Earlier, EarlierAnswer, End, Finish, Found, Heartbeat, HeartbeatAnswer, Lease, PROTOCOL, PROTOCOL_HEADER, Upload,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a figure is wrong by that comes from an agent whose lease is another's.
pub const WRONG_BY: u64 = 1_000_000;

/// What an agent does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Base,
    Head,
    Finish,
}

/// What an agent says to the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Claim,
    Heartbeat,
    /// Whether this side was run before.
    Earlier(Next),
    Upload(Next),
    Done,
    Failed,
}

/// An agent.
#[derive(Debug)]
pub struct Agent {
    pub name: String,
    pub token: String,
    pub sandbox: bool,
    /// Whatever it is given fails here for reasons of infrastructure.
    pub broken: bool,
    /// How often that was noted in a row, of the project's own work, and when last.
    pub failures: (u32, Millis),
    /// The work in hand, and what comes next.
    pub work: Option<(Lease, Next)>,
    /// Whether it asked what is known of the side that comes next, and what is.
    pub known: (bool, Option<Found>),
    /// A request is under way.
    pub asking: bool,
}

impl Agent {
    /// What it does next with work in hand.
    pub fn next(&self) -> Ask {
        match &self.work {
            None => Ask::Claim,
            Some(_) if self.broken => Ask::Failed,
            // Some do not ask: older ones, and those whose question was lost.
            Some((lease, next @ (Next::Base | Next::Head))) if !self.known.0 && lease.job % 3 != 0 => Ask::Earlier(*next),
            Some((_, next @ (Next::Base | Next::Head))) => Ask::Upload(*next),
            Some((_, Next::Finish)) => Ask::Done,
        }
    }

    /// A request to the runner API. A `wrong` one brings figures that are not true.
    pub fn request(&self, ask: &Ask, lease: Option<&Lease>, wrong: bool) -> Request<Body> {
        let job = |what: &str| format!("/api/runner/v1/jobs/{}/{what}", lease.map_or(0, |lease| lease.job));
        let job_token = lease.map_or("", |lease| &lease.job_token);
        let token = lease.map_or(0, |lease| lease.token);
        match ask {
            Ask::Claim => {
                let can_run = vec!["qemu:netduinoplus2".to_owned()];
                self.post(
                    &self.token,
                    "/api/runner/v1/claim",
                    &Claim { wait_ms: 0, can_run, sandbox: self.sandbox, works_on: vec![], units: vec![] },
                )
            }
            Ask::Heartbeat => {
                self.post(job_token, &job("heartbeat"), &Heartbeat { token, doing: "building".into(), log: "a line\n".into() })
            }
            Ask::Upload(side) => {
                let lease = lease.expect("an upload has a lease");
                let mut measurement = measurement(lease, commit_of(lease, *side), wrong);
                if let (Some(found), false, Outcome::Built { benches, .. }) = (&self.known.1, wrong, &mut measurement.outcome) {
                    benches.clone_from(&found.benches);
                    measurement.reused = Some(found.from.clone());
                }
                self.post(job_token, &job("measurement"), &Upload { token, measurement })
            }
            Ask::Earlier(side) => {
                let lease = lease.expect("a question has a lease");
                self.post(job_token, &job("earlier"), &Earlier { token, run_key: key(lease, bytes_of(commit_of(lease, *side))) })
            }
            Ask::Done => self.post(job_token, &job("finish"), &Finish { token, end: End::Done }),
            Ask::Failed => self.post(
                job_token,
                &job("finish"),
                &Finish { token, end: End::Failed { why: FailureKind::Infra, detail: "the disk is full".into(), unit: None } },
            ),
        }
    }

    fn post(&self, token: &str, path: &str, body: &impl Serialize) -> Request<Body> {
        Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(PROTOCOL_HEADER, PROTOCOL)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from(serde_json::to_vec(body).unwrap()))
            .unwrap()
    }

    /// Takes the answer to a request about its work. An answer that was lost leaves it where it was: it will ask again.
    pub fn answered(&mut self, ask: &Ask, status: StatusCode, body: &[u8], now: Millis) -> Result<(), String> {
        let unexpected = || Err(format!("{} asked {ask:?} and was answered {status}: {}", self.name, String::from_utf8_lossy(body)));
        match (ask, status) {
            (Ask::Claim, StatusCode::OK) => {
                let lease: Lease = serde_json::from_slice(body).map_err(|e| e.to_string())?;
                if self.broken && self.failures.0 >= 3 && now < self.failures.1 + 15 * 60_000 {
                    return Err(format!(
                        "{} failed {} times in a row and is given job {} all the same",
                        self.name, self.failures.0, lease.job
                    ));
                }
                self.work = Some((lease, Next::Base));
                self.known = (false, None);
            }
            (Ask::Claim, StatusCode::NO_CONTENT) => {}
            (Ask::Heartbeat, StatusCode::OK) => {
                let answer: HeartbeatAnswer = serde_json::from_slice(body).map_err(|e| e.to_string())?;
                if answer.cancel {
                    self.work = None;
                }
            }
            (Ask::Earlier(side), StatusCode::OK) => {
                let answer: EarlierAnswer = serde_json::from_slice(body).map_err(|e| e.to_string())?;
                let Some((lease, next)) = &self.work else { return Ok(()) };
                if next != side {
                    return Ok(());
                }
                let true_figures = benches(lease, bytes_of(commit_of(lease, *side)));
                if let Some(found) = answer.found.as_ref().filter(|found| found.benches != true_figures) {
                    return Err(format!(
                        "run {} is said to have other figures of {}: {:?}",
                        found.from.run, found.from.commit, found.benches
                    ));
                }
                self.known = (true, answer.found);
            }
            (Ask::Upload(_), StatusCode::NO_CONTENT) => {
                self.known = (false, None);
                if let Some((_, next)) = &mut self.work {
                    *next = if *next == Next::Base { Next::Head } else { Next::Finish };
                }
            }
            (Ask::Done | Ask::Failed, StatusCode::NO_CONTENT) => {
                let done = self.work.take();
                if *ask == Ask::Failed && done.is_some_and(|(lease, _)| lease.work.trusted) {
                    self.failures = (self.failures.0 + 1, now);
                }
            }
            // The lease is another's, or the job has ended.
            (Ask::Heartbeat | Ask::Earlier(_) | Ask::Upload(_) | Ask::Done | Ask::Failed, StatusCode::CONFLICT) => self.work = None,
            _ => return unexpected(),
        }
        Ok(())
    }
}

fn measurement(lease: &Lease, commit: &CommitSha, wrong: bool) -> Measurement {
    let bytes = bytes_of(commit) + if wrong { WRONG_BY } else { 0 };
    let row = Row { name: "main".into(), group: "C".into(), section: ".text".into(), bytes, ..Row::default() };
    let is_mini = lease.work.board.as_str() == "mini";
    let flash = RegionLedger {
        name: RegionName::parse("flash").unwrap(),
        kind: RegionKind::Flash,
        size_bytes: if is_mini { 64 << 10 } else { 1 << 20 },
        used_bytes: bytes,
        rows: vec![row],
    };
    let ledger = Ledger { image: ImageId::parse(&format!("{bytes:064x}")).unwrap(), regions: vec![flash], outside: vec![], anatomy: None };
    Measurement {
        run_key: Some(key(lease, bytes)),
        reused: None,
        schema: SCHEMA,
        board: lease.work.board.clone(),
        commit: commit.clone(),
        fingerprint: Fingerprint(BTreeMap::from([("cc".into(), "cc 1.0".into())])),
        outcome: Outcome::Built { ledger, benches: benches(lease, bytes) },
    }
}

fn commit_of(lease: &Lease, side: Next) -> &CommitSha {
    if side == Next::Base { &lease.work.base } else { &lease.work.head }
}

/// What the figures depend on: here the bytes alone.
fn key(lease: &Lease, bytes: u64) -> RunKey {
    RunKey::parse(&format!("{:064x}", bytes * 2 + u64::from(lease.work.board.as_str() == "mini"))).unwrap()
}

fn benches(lease: &Lease, bytes: u64) -> BTreeMap<BenchName, BenchOutcome> {
    let is_mini = lease.work.board.as_str() == "mini";
    if is_mini { BTreeMap::new() } else { BTreeMap::from([(BenchName::parse("sum").unwrap(), counted(bytes))]) }
}

fn counted(bytes: u64) -> BenchOutcome {
    let instructions = 1_000 + bytes;
    let profile = vec![FunctionCount { name: "main".into(), instructions }];
    BenchOutcome::Counted(Count {
        instructions,
        second_take: None,
        stack_peak_bytes: Some(96),
        heap_peak_bytes: None,
        estimated_cycles: None,
        profile,
    })
}
