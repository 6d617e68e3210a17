//! A runner that measures nothing: it says over the real runner API what the story wants it to say.

use crate::world::World;
use ounce_protocol::ids::{BenchName, CommitSha, ImageId, RegionName, RunnerName};
use ounce_protocol::job::FailureKind;
use ounce_protocol::lab::UnitState;
use ounce_protocol::measurement::{
    BenchOutcome, Count, Fingerprint, FunctionCount, Ledger, Measurement, Outcome, RegionKind, RegionLedger, Row, SCHEMA, Stage,
};
use ounce_protocol::runner_api::{
    ASIDE_HEADER, Claim, End, Enroll, Enrolled, Finish, Heartbeat, HeartbeatAnswer, Lease, PROTOCOL, PROTOCOL_HEADER, Upload,
};
use reqwest::{Response, StatusCode};
use serde::Serialize;
use std::collections::BTreeMap;

pub struct ScriptedRunner {
    pub token: String,
    base: String,
    http: reqwest::Client,
    pub can_run: Vec<String>,
    pub wait_ms: u64,
    /// The jobs that it says it works on.
    pub works_on: Vec<i64>,
    /// The units of its lab.
    pub units: Vec<UnitState>,
}

impl ScriptedRunner {
    pub async fn enroll(world: &World, name: &RunnerName, code: &str) -> ScriptedRunner {
        let mut runner = ScriptedRunner {
            token: String::new(),
            base: world.url("/api/runner/v1/"),
            http: world.http.clone(),
            can_run: vec!["qemu:netduinoplus2".into()],
            wait_ms: 20_000,
            works_on: vec![],
            units: vec![],
        };
        let answer = runner.post("enroll", &Enroll { code: code.into(), name: name.clone() }).await;
        assert_eq!(answer.status(), StatusCode::OK);
        runner.token = answer.json::<Enrolled>().await.unwrap().token;
        runner
    }

    /// Goes on at another server.
    pub fn turn_to(&mut self, server: std::net::SocketAddr) {
        self.base = format!("http://{server}/api/runner/v1/");
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> Response {
        self.post_as(&self.token, path, body).await
    }

    /// A request about a job, with its lease's token.
    pub async fn post_about(&self, lease: &Lease, what: &str, body: &impl Serialize) -> Response {
        self.post_as(&lease.job_token, &format!("jobs/{}/{what}", lease.job), body).await
    }

    pub async fn post_as(&self, token: &str, path: &str, body: &impl Serialize) -> Response {
        let request = self.http.post(format!("{}{path}", self.base)).header(PROTOCOL_HEADER, PROTOCOL).bearer_auth(token);
        request.json(body).send().await.unwrap()
    }

    pub async fn try_claim(&self) -> Option<Lease> {
        let claim = Claim {
            wait_ms: self.wait_ms,
            can_run: self.can_run.clone(),
            sandbox: true,
            works_on: self.works_on.clone(),
            units: self.units.clone(),
        };
        let answer = self.post("claim", &claim).await;
        match answer.status() {
            StatusCode::OK => Some(answer.json().await.unwrap()),
            status => {
                assert_eq!(status, StatusCode::NO_CONTENT);
                None
            }
        }
    }

    /// The status of a claim that brings nothing, and what it says of this runner.
    pub async fn asked_for_work(&self) -> (u16, String) {
        let claim =
            Claim { wait_ms: 0, can_run: self.can_run.clone(), sandbox: true, works_on: self.works_on.clone(), units: self.units.clone() };
        let answer = self.post("claim", &claim).await;
        let said = answer.headers().get(ASIDE_HEADER).map_or("", |v| v.to_str().unwrap());
        (answer.status().as_u16(), said.to_owned())
    }

    pub async fn claim(&self) -> Lease {
        self.try_claim().await.expect("there is work")
    }

    pub async fn heartbeat(&self, lease: &Lease, log: &str) -> (StatusCode, bool) {
        let beat = Heartbeat { token: lease.token, doing: "building".into(), log: log.into() };
        let answer = self.post_about(lease, "heartbeat", &beat).await;
        let status = answer.status();
        let cancel = status == StatusCode::OK && answer.json::<HeartbeatAnswer>().await.unwrap().cancel;
        (status, cancel)
    }

    pub async fn upload(&self, lease: &Lease, measurement: Measurement) -> StatusCode {
        self.post_about(lease, "measurement", &Upload { token: lease.token, measurement }).await.status()
    }

    pub async fn finish(&self, lease: &Lease, end: End) -> StatusCode {
        self.post_about(lease, "finish", &Finish { token: lease.token, end }).await.status()
    }

    pub async fn give_up(&self, lease: &Lease, why: FailureKind, detail: &str) {
        assert_eq!(self.finish(lease, End::Failed { why, detail: detail.into(), unit: None }).await, StatusCode::NO_CONTENT);
    }

    /// A unit of its lab fails it.
    pub async fn unit_failed(&self, lease: &Lease, unit: &str, detail: &str) {
        let end = End::Failed { why: FailureKind::Infra, detail: detail.into(), unit: Some(unit.into()) };
        assert_eq!(self.finish(lease, end).await, StatusCode::NO_CONTENT);
    }

    /// Measures a job: this many bytes of flash at the base and at the head.
    pub async fn measure(&self, lease: &Lease, base_bytes: u64, head_bytes: u64) {
        self.measured(lease, built(lease, &lease.work.base, base_bytes), built(lease, &lease.work.head, head_bytes)).await;
    }

    /// Hands in both sides and finishes.
    pub async fn measured(&self, lease: &Lease, base: Measurement, head: Measurement) {
        assert_eq!(self.upload(lease, base).await, StatusCode::NO_CONTENT);
        assert_eq!(self.upload(lease, head).await, StatusCode::NO_CONTENT);
        assert_eq!(self.finish(lease, End::Done).await, StatusCode::NO_CONTENT);
    }
}

/// A board that was built and uses this many bytes of flash.
pub fn built(lease: &Lease, commit: &CommitSha, bytes: u64) -> Measurement {
    let row = Row { name: "main".into(), group: "C".into(), section: ".text".into(), bytes, ..Row::default() };
    let flash = RegionLedger {
        name: RegionName::parse("flash").unwrap(),
        kind: RegionKind::Flash,
        size_bytes: if lease.work.board.as_str() == "mini" { 64 << 10 } else { 1 << 20 },
        used_bytes: bytes,
        rows: vec![row],
    };
    let instructions = 1_000 + bytes;
    let profile = vec![FunctionCount { name: "main".into(), instructions }];
    let count =
        Count { instructions, second_take: None, stack_peak_bytes: Some(96), heap_peak_bytes: None, estimated_cycles: None, profile };
    let benches = match lease.work.board.as_str() {
        "disco" => BTreeMap::from([(BenchName::parse("sum").unwrap(), BenchOutcome::Counted(count))]),
        _ => BTreeMap::new(),
    };
    let ledger = Ledger { image: ImageId::parse(&format!("{bytes:064x}")).unwrap(), regions: vec![flash], outside: vec![], anatomy: None };
    measurement(lease, commit, Outcome::Built { ledger, benches })
}

/// A board whose build failed.
pub fn build_failed(lease: &Lease, commit: &CommitSha, log: &str) -> Measurement {
    measurement(lease, commit, Outcome::Failed { stage: Stage::Build, log_tail: log.into() })
}

fn measurement(lease: &Lease, commit: &CommitSha, outcome: Outcome) -> Measurement {
    let fingerprint = Fingerprint(BTreeMap::from([("cc".into(), "cc 1.0".into())]));
    Measurement {
        schema: SCHEMA,
        board: lease.work.board.clone(),
        commit: commit.clone(),
        fingerprint,
        outcome,
        run_key: None,
        reused: None,
    }
}
