//! What runner and server say to each other over HTTP: `/api/runner/v1`, JSON bodies, with the header
//! `Ounce-Protocol: 2` on each request. Stated with examples in docs/interfaces.md.
//!
//! | request | body → answer |
//! |---|---|
//! | `POST enroll` | [`Enroll`] → [`Enrolled`]; 401 for a used or unknown code |
//! | `POST rotate` | none → [`Enrolled`]: the token that follows; the one before counts until this one was used |
//! | `POST confirm` | none → 204: uses a token, and so ends the one before |
//! | `POST claim` | [`Claim`] → 200 [`Lease`], or 204 after `wait_ms` without work, with [`ASIDE_HEADER`] where there will be none |
//! | `POST jobs/{id}/heartbeat` | [`Heartbeat`] → [`HeartbeatAnswer`] |
//! | `POST jobs/{id}/earlier` | [`Earlier`] → [`EarlierAnswer`]; may be left out, and 404 of a server that does not know it means: nothing |
//! | `POST jobs/{id}/measurement` | [`Upload`] → 204 |
//! | `POST jobs/{id}/finish` | [`Finish`] → 204 |
//!
//! `rotate`, `confirm` and `claim` carry `Authorization: Bearer <runner token>`, and requests about a job the `job_token` of its lease, which is
//! good for nothing else; `enroll` carries neither. An answer to `claim` with the header [`ROTATE_HEADER`] asks for a `rotate` soon.
//! 401: unknown token. 409: the fencing token is stale or
//! the job has ended; drop the job. 413: body over the limit. 429: too many
//! wrong tokens came from there, with `Retry-After`. 422: the body is not what is stated here. 426: another protocol
//! version; the answer's `Ounce-Protocol` header names the one spoken.

use crate::ids::{BenchName, BoardName, CommitSha, RepoName, RunKey, RunnerName};
use crate::job::FailureKind;
use crate::lab::UnitState;
use crate::measurement::{BenchOutcome, Measurement, Reused};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version spoken, sent and compared in the header [`PROTOCOL_HEADER`].
pub const PROTOCOL: &str = "2";
/// The header that names the version.
pub const PROTOCOL_HEADER: &str = "ounce-protocol";
/// The header of a claim's 204 that says, in ASCII, why this runner is set aside and gets no work.
pub const ASIDE_HEADER: &str = "ounce-aside";
/// An answer to a claim has it, with the value [`ROTATE`], where the runner's token is old enough to be followed by another.
pub const ROTATE_HEADER: &str = "ounce-token";
/// The value of [`ROTATE_HEADER`].
pub const ROTATE: &str = "rotate";
/// Longest a claim may wait for work.
pub const CLAIM_WAIT_MS_MAX: u64 = 25_000;
/// Largest body of a request to the runner API, bytes. A measurement of a 300 KB image is about 400 KB.
pub const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most jobs that a runner works on at once.
pub const AT_ONCE_MAX: usize = 64;
/// Log text in one heartbeat, bytes.
pub const LOG_CHUNK_BYTES_MAX: usize = 16 * 1024;
/// Log text kept for one job, bytes; what comes after is dropped and said so.
pub const LOG_BYTES_MAX: usize = 256 * 1024;

/// Turns a single-use code into a runner's token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enroll {
    /// The code that `ounce-server runner enroll` printed.
    pub code: String,
    /// The name the runner will have.
    pub name: RunnerName,
}

/// The answer to [`Enroll`] and to `rotate`: the only time the token is seen in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// 256 random bits in hexadecimal; the server keeps only their SHA-256.
    pub token: String,
}

/// "Give me work."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// How long to wait for it, at most [`CLAIM_WAIT_MS_MAX`].
    pub wait_ms: u64,
    /// Machines and boards this runner can run, such as `qemu:microbit`; the server matches a board's needs against them.
    pub can_run: Vec<String>,
    /// Whether builds and QEMU run in a sandbox here.
    pub sandbox: bool,
    /// The jobs that the runner works on already, fewer than [`AT_ONCE_MAX`]. Another one whose lease it has is given again: it was restarted, or
    /// never heard of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub works_on: Vec<i64>,
    /// The units of the runner's lab as they are now, at most [`UNITS_MAX`](crate::lab::UNITS_MAX). Those that it told of before and are not among them are
    /// no longer there: so a runner without a lab, and one that does not know of this, have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitState>,
}

/// A job, with everything the runner needs, and until when it is the runner's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The job.
    pub job: i64,
    /// The fencing token; each further request about the job carries it.
    pub token: u64,
    /// What proves each further request about the job, and nothing else; the server keeps only its SHA-256.
    pub job_token: String,
    /// How long the lease holds without a heartbeat.
    pub lease_ms: i64,
    /// How often to send a heartbeat.
    pub heartbeat_ms: i64,
    /// The first attempt is 1.
    pub attempt: u32,
    /// What to do.
    pub work: Work,
}

/// Build and measure one board at two commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The repository's name: with the board, the key of the workshop's folder.
    pub repo: RepoName,
    /// Whether the code is the project's own. What a stranger wrote gets a sandbox or nothing, folders and caches of its own, and only the hosts
    /// that the manifest declares. A server that does not say is taken to mean a stranger.
    #[serde(default)]
    pub trusted: bool,
    /// Where to fetch it from.
    pub clone_url: String,
    /// A token that can read this one repository, where it is private. Used through `GIT_ASKPASS` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clone_token: Option<String>,
    /// Refs to fetch when the forge does not serve the commits by their id.
    pub refs: Vec<String>,
    /// The commit compared with.
    pub base: CommitSha,
    /// The commit weighed.
    pub head: CommitSha,
    /// The board of the manifest.
    pub board: BoardName,
    /// The text of `ounce.toml` at the base: the only pipeline description that counts.
    pub manifest: String,
}

/// "I am alive, and this happened since."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The fencing token.
    pub token: u64,
    /// What the runner is doing now, one line.
    pub doing: String,
    /// Log text since the last heartbeat, at most [`LOG_CHUNK_BYTES_MAX`].
    #[serde(default)]
    pub log: String,
}

/// Whether to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    /// True when the job was superseded or cancelled: stop and claim another.
    pub cancel: bool,
}

/// "Have these bytes been run before?" Asked before a side's benchmarks are run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// The fencing token.
    pub token: u64,
    /// What the figures depend on.
    pub run_key: RunKey,
}

/// The answer to [`Earlier`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierAnswer {
    /// What came of it then; none where it is new, where what was measured may not be used for this job, or where the run is to measure afresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
}

/// Figures that hold here too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Where they were measured.
    pub from: Reused,
    /// Each benchmark's outcome, all of them exact.
    pub benches: BTreeMap<BenchName, BenchOutcome>,
}

/// One side's measurement. Sending it twice changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// The fencing token.
    pub token: u64,
    /// The figures; their commit says which side.
    pub measurement: Measurement,
}

/// The end of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// The fencing token.
    pub token: u64,
    /// How it ended.
    pub end: End,
}

/// How a job ended, as the runner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum End {
    /// Both measurements are uploaded; failed builds are measurements too.
    Done,
    /// The job could not be done.
    Failed {
        /// Why.
        why: FailureKind,
        /// For people: what was missing, and the next step.
        detail: String,
        /// The unit of the runner's lab that failed, where it was one. It says nothing about the runner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
}

/// The body of an answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// What is wrong, and the next step.
    pub error: String,
}
