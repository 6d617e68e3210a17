//! What Ounce needs of a forge, in its own words; `github` is the octocrab implementation.
//!
//! Retries belong to the outbox, which reads before it writes: nothing here retries by itself.

pub mod github;

use ounce_protocol::ids::{CommitSha, RepoName};
pub use ounce_report::annotate::{Annotation, ChangedFile, Diff, Level};
use serde::{Deserialize, Serialize};
use std::future::Future;

/// Why a call to the forge did not give what was asked. Each is treated differently by the outbox.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// Not there, or not for us to see.
    #[error("{what}: not found (or this token may not see it)")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The credentials are refused.
    #[error("{what}: refused ({status}): check the token's permissions")]
    Forbidden {
        /// What was asked for.
        what: String,
        /// HTTP status.
        status: u16,
    },
    /// Too many requests; wait that long.
    #[error("rate limited: again in {retry_after_s} s")]
    RateLimited {
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// The request itself is wrong: sending it again will not help.
    #[error("{what}: refused as invalid ({status}): {detail}")]
    Invalid {
        /// What was asked for.
        what: String,
        /// HTTP status.
        status: u16,
        /// The forge's message, cut at 500 characters.
        detail: String,
    },
    /// The forge cannot be reached or failed: again later.
    #[error("{what}: {detail}")]
    Unavailable {
        /// What was asked for.
        what: String,
        /// What happened.
        detail: String,
    },
}

/// A pull request as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Its title, hostile text.
    pub title: String,
    /// Who opened it; empty where the account is gone.
    pub author: String,
    /// Whether it is open.
    pub open: bool,
    /// Whether its head lives in another repository.
    pub from_fork: bool,
    /// The head commit of the pull request itself.
    pub head: CommitSha,
    /// The tip of the base branch as the forge names it (not the base we compare with).
    pub base_tip: CommitSha,
    /// The base branch.
    pub base_branch: String,
    /// Whether and how it would land.
    pub merge: MergeState,
    /// The commit by which it landed, where it did.
    pub landed: Option<CommitSha>,
}

/// Whether a pull request can be merged, and the test merge where it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeState {
    /// The forge has not tried yet: ask again later.
    Unknown,
    /// There is a conflict.
    Conflict,
    /// The test merge commit.
    Merged(CommitSha),
}

/// A commit's parents and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// The commit.
    pub sha: CommitSha,
    /// Its parents, in order.
    pub parents: Vec<CommitSha>,
    /// Committer time, seconds since the Unix epoch.
    pub committed_s: i64,
    /// First line of the message, hostile text.
    pub summary: String,
    /// Who wrote it, as the commit says; hostile text.
    pub author: String,
}

/// A comment of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The forge's id.
    pub id: u64,
    /// Its text.
    pub body: String,
}

/// What the check on a commit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// The commit it is shown on: the pull request's head.
    pub sha: CommitSha,
    /// Our own id, to find it again: `external_id` of a check run. A status has no place for it: there the newest of its context counts.
    pub external_id: String,
    /// How far it is and how it ended.
    pub state: CheckState,
    /// One line, at most 140 characters (a status's limit).
    pub title: String,
    /// Markdown, at most 65 535 characters; a status has no room for it.
    pub summary: String,
    /// The page with the details, where the server has a public address.
    pub details_url: Option<String>,
    /// Buttons; a status has none.
    pub actions: Vec<CheckAction>,
    /// Remarks beside lines, at most [`ounce_report::annotate::ANNOTATIONS_MAX`]; a status has none.
    pub annotations: Vec<Annotation>,
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// Work is going on.
    Pending,
    /// Nothing runs before someone with write access approves this commit; a status is pending.
    NeedsApproval,
    /// Within the budgets.
    Success,
    /// Over a budget, or broken.
    Failure,
    /// Figures are missing for reasons of ours: neutral as a check run, an error as a status, which knows no neutral and may not
    /// look like a pass.
    Incomplete,
    /// Nothing to say: no manifest, superseded.
    Neutral,
}

/// Most buttons that a check run may have.
pub const CHECK_ACTIONS_MAX: usize = 3;

/// A button of a check run. Pressing it is as good as the command in a comment, and asks for the same role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckAction {
    /// Let exactly this commit be built and run.
    Approve,
    /// Weigh it again.
    Rerun,
    /// What is over a budget is meant to be.
    Accept,
}

impl CheckAction {
    /// What its event names it by; at most 20 characters.
    pub fn identifier(self) -> &'static str {
        match self {
            CheckAction::Approve => "approve",
            CheckAction::Rerun => "rerun",
            CheckAction::Accept => "accept",
        }
    }

    /// What an event names.
    pub fn parse(identifier: &str) -> Option<CheckAction> {
        [CheckAction::Approve, CheckAction::Rerun, CheckAction::Accept].into_iter().find(|action| action.identifier() == identifier)
    }
}

/// What an account may do in a repository, least first, so that `role >= Role::Write` reads as it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nothing, or the account does not exist.
    None,
    /// May read.
    Read,
    /// May push, and therefore command and approve.
    Write,
    /// May push and set some things.
    Maintain,
    /// May do everything.
    Admin,
}

impl Role {
    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Role::None => "none",
            Role::Read => "read",
            Role::Write => "write",
            Role::Maintain => "maintain",
            Role::Admin => "admin",
        }
    }
}

/// A branch or a tag, and the commit it names now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The whole name, `refs/heads/main`.
    pub reference: String,
    /// The commit.
    pub sha: CommitSha,
}

/// A webhook delivery that our endpoint did not take, newest attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedDelivery {
    /// The forge's id of this attempt, to ask for it again.
    pub attempt: u64,
    /// The delivery's own id (`X-GitHub-Delivery`), the same for every attempt.
    pub delivery: String,
    /// The event's name.
    pub event: String,
}

/// A forge.
pub trait Forge: Send + Sync + 'static {
    /// The pull request as it is now.
    fn pull_request(&self, repo: &RepoName, number: u64) -> impl Future<Output = Result<PullRequest, ForgeError>> + Send;
    /// A commit.
    fn commit(&self, repo: &RepoName, sha: &CommitSha) -> impl Future<Output = Result<CommitInfo, ForgeError>> + Send;
    /// The merge base of two commits.
    fn merge_base(&self, repo: &RepoName, a: &CommitSha, b: &CommitSha) -> impl Future<Output = Result<CommitSha, ForgeError>> + Send;
    /// A file's text at a commit; `None` where there is no such file. At most 1 MiB.
    fn file(&self, repo: &RepoName, at: &CommitSha, path: &str) -> impl Future<Output = Result<Option<String>, ForgeError>> + Send;
    /// The comment of ours on a pull request that ends with the marker, looked for by marker and author.
    fn find_comment(&self, repo: &RepoName, number: u64, marker: &str) -> impl Future<Output = Result<Option<Comment>, ForgeError>> + Send;
    /// Reads a comment by id; `None` where it is gone.
    fn comment(&self, repo: &RepoName, id: u64) -> impl Future<Output = Result<Option<Comment>, ForgeError>> + Send;
    /// Writes a new comment.
    fn create_comment(&self, repo: &RepoName, number: u64, body: &str) -> impl Future<Output = Result<Comment, ForgeError>> + Send;
    /// Rewrites a comment. `NotFound` where it is gone.
    fn update_comment(&self, repo: &RepoName, id: u64, body: &str) -> impl Future<Output = Result<(), ForgeError>> + Send;
    /// Says how a commit's check stands: a check run in App mode (found again by `external_id`), a commit status in token mode.
    fn report_check(&self, repo: &RepoName, check: &CheckReport) -> impl Future<Output = Result<(), ForgeError>> + Send;
    /// What a pull request changes, and what is changed between the two commits that were weighed; none where a check shows no annotations.
    fn diff(
        &self,
        repo: &RepoName,
        number: u64,
        base: &CommitSha,
        head: &CommitSha,
    ) -> impl Future<Output = Result<Option<Diff>, ForgeError>> + Send {
        let _ = (repo, number, base, head);
        async { Ok(None) }
    }
    /// The login our comments have: nobody who writes as us is listened to.
    fn login(&self) -> impl Future<Output = Result<String, ForgeError>> + Send;
    /// The branch of that name, else the tag. An abbreviated commit id names nothing.
    fn named(&self, repo: &RepoName, name: &str) -> impl Future<Output = Result<Option<Named>, ForgeError>> + Send;
    /// The commit that a tag names; none where there is no such tag, or it names something else.
    fn tag(&self, repo: &RepoName, name: &str) -> impl Future<Output = Result<Option<CommitSha>, ForgeError>> + Send;
    /// The commits that lead to `tip`, itself included, newest first; with a time, only those committed then or later. At most `limit`: where
    /// there are more, the newest.
    fn history(
        &self,
        repo: &RepoName,
        tip: &CommitSha,
        since_s: Option<i64>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CommitInfo>, ForgeError>> + Send;
    /// Whether only some may read the repository.
    fn is_private(&self, repo: &RepoName) -> impl Future<Output = Result<bool, ForgeError>> + Send;
    /// What an account may do, asked afresh: never remembered, never taken from an event.
    fn role(&self, repo: &RepoName, login: &str) -> impl Future<Output = Result<Role, ForgeError>> + Send;
    /// Webhook deliveries of the last `within_s` seconds of which no attempt succeeded. A forge that keeps no such list has none.
    fn failed_deliveries(&self, within_s: u64) -> impl Future<Output = Result<Vec<FailedDelivery>, ForgeError>> + Send {
        let _ = within_s;
        async { Ok(Vec::new()) }
    }
    /// Asks for one more attempt of a delivery.
    fn redeliver(&self, attempt: u64) -> impl Future<Output = Result<(), ForgeError>> + Send {
        let _ = attempt;
        async { Ok(()) }
    }
    /// Our number as an App, by which events name whose check run is meant; none where we are an account.
    fn app_id(&self) -> Option<u64> {
        None
    }
    /// Where runners fetch the repository from.
    fn clone_url(&self, repo: &RepoName) -> String;
    /// A token that can only read this one repository, in App mode; `None` in token mode, whose token is never given away.
    fn clone_token(&self, repo: &RepoName) -> impl Future<Output = Result<Option<String>, ForgeError>> + Send;
}
