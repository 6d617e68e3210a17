//! What the double remembers, in memory. Plain data: no HTTP, no git.

use crate::api::manifest::Agreed;
use crate::api::oauth::Grant;
use crate::clock::{LOGICAL_EPOCH_S, iso};
use crate::faults::Fault;
use crate::git::Bare;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Requests remembered; the oldest are forgotten beyond it.
const LOG_MAX: usize = 20_000;
/// Deliveries remembered; the oldest are forgotten beyond it.
const DELIVERIES_MAX: usize = 5_000;

/// What an account may do in a repository, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Nothing beyond what is public.
    None,
    /// May read.
    Read,
    /// May label and close; GitHub's old name for it is `read`.
    Triage,
    /// May push.
    Write,
    /// May push and set some things; GitHub's old name for it is `write`.
    Maintain,
    /// May do everything.
    Admin,
}

impl Permission {
    /// The role's name (`role_name`).
    pub fn role_name(self) -> &'static str {
        ["none", "read", "triage", "write", "maintain", "admin"][self as usize]
    }
    /// The older, coarser name (`permission`).
    pub fn legacy_name(self) -> &'static str {
        ["none", "read", "read", "write", "write", "admin"][self as usize]
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    pub id: u64,
    pub login: String,
    /// `User`, `Bot` or `Organization`.
    pub kind: &'static str,
}

/// Who a request is from.
#[derive(Debug, Clone)]
pub enum Actor {
    /// A personal token's owner.
    User(String),
    /// The App itself, by a signed JWT: only for `/app` and installations.
    App,
    /// The App in an installation, by a token limited to some repositories and permissions.
    Installation(InstallationToken),
}

/// A token handed out for an installation.
#[derive(Debug, Clone)]
pub struct InstallationToken {
    /// Full names in lower case; `None` for all.
    pub repositories: Option<Vec<String>>,
    pub permissions: BTreeMap<String, String>,
    pub expires_s: u64,
}

/// A token and whose it is.
#[derive(Debug, Clone)]
pub enum Token {
    User(String),
    Installation(InstallationToken),
}

/// A comment on an issue or pull request.
#[derive(Debug, Clone, Serialize)]
pub struct Comment {
    /// GitHub's id.
    pub id: u64,
    /// The pull request it is on.
    pub number: u64,
    /// The author's login.
    pub author: String,
    /// Its text now.
    pub body: String,
    /// How many times it was edited.
    pub edits: u32,
    /// Logical time of creation.
    pub created_at: String,
    /// Logical time of the last edit.
    pub updated_at: String,
}

/// A commit status.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// GitHub's id.
    pub id: u64,
    /// The commit.
    pub sha: String,
    /// `error`, `failure`, `pending` or `success`.
    pub state: String,
    /// Its context; the newest of each counts.
    pub context: String,
    /// At most 140 characters.
    pub description: Option<String>,
    /// A link.
    pub target_url: Option<String>,
    /// Who set it.
    pub creator: String,
    /// Logical time.
    pub created_at: String,
}

/// A check run.
#[derive(Debug, Clone, Serialize)]
pub struct CheckRun {
    /// GitHub's id.
    pub id: u64,
    /// The commit.
    pub head_sha: String,
    /// Its name.
    pub name: String,
    /// The App's own id.
    pub external_id: String,
    /// `queued`, `in_progress` or `completed`.
    pub status: String,
    /// How it ended, where completed.
    pub conclusion: Option<String>,
    /// A link.
    pub details_url: Option<String>,
    /// `output.title`.
    pub title: Option<String>,
    /// `output.summary`.
    pub summary: Option<String>,
    /// `output.text`.
    pub text: Option<String>,
    /// Its annotations, as they were sent, oldest first: each request adds to them.
    pub annotations: Vec<Value>,
    /// Buttons, as they were sent.
    pub actions: Vec<Value>,
    /// How many times it was updated.
    pub updates: u32,
    /// Logical time of its start.
    pub started_at: String,
    /// Logical time of its completion.
    pub completed_at: Option<String>,
}

/// Whether a pull request can be merged, as far as the double has looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mergeable {
    /// Not looked yet since the last change: this many more answers say `null`.
    Unknown { answers: u32 },
    /// The test merge.
    Clean(String),
    /// It conflicts.
    Conflict,
}

/// A pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: String,
    pub author: String,
    pub open: bool,
    pub draft: bool,
    /// The landed commit.
    pub merged: Option<String>,
    /// Key of the repository the head branch is in; `None` once that is deleted.
    pub head_repo: Option<String>,
    pub head_owner: String,
    pub head_branch: String,
    pub head_sha: String,
    pub base_branch: String,
    pub base_sha: String,
    pub mergeable: Mergeable,
    /// The last test merge that was made, which GitHub still names while it looks again.
    pub last_test_merge: Option<String>,
    pub created_at: String,
    pub updated_at: String,
}

/// A repository.
#[derive(Debug, Clone)]
pub struct Repo {
    pub id: u64,
    pub owner: String,
    pub name: String,
    pub bare: Bare,
    pub default_branch: String,
    pub private: bool,
    /// Key of the repository this is a fork of.
    pub fork_of: Option<String>,
    pub next_number: u64,
    pub pulls: BTreeMap<u64, Pull>,
    pub comments: BTreeMap<u64, Comment>,
    pub check_runs: BTreeMap<u64, CheckRun>,
    pub statuses: Vec<Status>,
    pub collaborators: BTreeMap<String, Permission>,
}

impl Repo {
    /// `owner/name` as it is written.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
    /// What an account may do here.
    pub fn permission(&self, login: &str) -> Permission {
        let given = self.collaborators.get(&login.to_lowercase()).copied();
        let owner = (login.eq_ignore_ascii_case(&self.owner)).then_some(Permission::Admin);
        let public = if self.private { Permission::None } else { Permission::Read };
        given.or(owner).unwrap_or(public).max(public)
    }
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// This attempt's id.
    pub id: u64,
    /// `X-GitHub-Delivery`: the same for every attempt.
    pub guid: String,
    /// The event.
    pub event: String,
    /// The payload's `action`.
    pub action: Option<String>,
    /// What the endpoint answered; 0 where it could not be reached.
    pub status_code: u16,
    /// The answer's first 1000 characters, or why there was none.
    pub response: String,
    /// Whether it is a repetition.
    pub redelivery: bool,
    /// Real time, seconds since the Unix epoch.
    pub delivered_s: u64,
    /// The body that was sent, byte for byte.
    pub payload: String,
}

/// A request to the double (`/_double` left out).
#[derive(Debug, Clone, Serialize)]
pub struct LoggedRequest {
    /// Its number, counted from 1.
    pub n: u64,
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Query, empty where there is none.
    pub query: String,
    /// The status that was answered.
    pub status: u16,
    /// The JSON body of a write; null otherwise.
    pub body: Value,
}

/// Everything.
#[derive(Debug, Default)]
pub struct State {
    pub repos: BTreeMap<String, Repo>,
    pub users: BTreeMap<String, User>,
    pub tokens: HashMap<String, Token>,
    pub deliveries: VecDeque<Delivery>,
    /// Manifests agreed to, by the code that is exchanged for the App.
    pub agreed: HashMap<String, Agreed>,
    /// Whose browser comes to log in somewhere; nobody's, who agrees to nothing.
    pub browser: Option<String>,
    /// Logins agreed to, by the code that is exchanged for a token.
    pub grants: HashMap<String, Grant>,
    pub faults: Vec<Fault>,
    pub log: VecDeque<LoggedRequest>,
    /// How many answers say `mergeable: null` after a change.
    pub lazy_answers: u32,
    requests: u64,
    ticks: u64,
    ids: u64,
}

/// The key a repository is found by: GitHub does not distinguish case.
pub fn key(owner: &str, name: &str) -> String {
    format!("{owner}/{name}").to_lowercase()
}

impl State {
    /// A fresh id, beyond 32 bits as GitHub's are.
    pub fn next_id(&mut self) -> u64 {
        self.ids += 1;
        30_000_000_000 + self.ids
    }

    /// The logical time, one second on.
    pub fn now(&mut self) -> String {
        self.ticks += 1;
        iso(LOGICAL_EPOCH_S + self.ticks)
    }

    /// The account of a login, made where it does not exist.
    pub fn user(&mut self, login: &str) -> User {
        if let Some(user) = self.users.get(&login.to_lowercase()) {
            return user.clone();
        }
        let id = self.next_id();
        let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
        let user = User { id, login: login.to_owned(), kind };
        self.users.insert(login.to_lowercase(), user.clone());
        user
    }

    /// Remembers a request.
    pub fn note(&mut self, mut request: LoggedRequest) {
        self.requests += 1;
        request.n = self.requests;
        if self.log.len() == LOG_MAX {
            self.log.pop_front();
        }
        self.log.push_back(request);
    }

    /// Remembers a delivery.
    pub fn delivered(&mut self, delivery: Delivery) {
        if self.deliveries.len() == DELIVERIES_MAX {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back(delivery);
    }
}
