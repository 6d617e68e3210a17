//! The webhook events the server acts on: our own structs, of only the fields that are read.

use super::order::page::{self, PageOrder};
use ounce_protocol::ids::{CommitSha, RepoName};
use serde::{Deserialize, Serialize};

/// An event of one repository.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The webhook was set up.
    Ping,
    /// Something happened to a pull request.
    Pull(Box<PullEvent>),
    /// Commits were pushed.
    Push(PushEvent),
    /// Somebody wrote, changed or removed a comment.
    Comment(Box<CommentEvent>),
    /// A button of a check run was pressed, or something happened to one.
    Check(CheckEvent),
    /// Somebody ordered something on a page of ours.
    Order(Box<PageOrder>),
    /// The App was installed, removed, suspended, or given other repositories.
    Installation(InstallationEvent),
}

/// Events whose bodies are kept for the planner. Others are noted as ignored at the gate.
pub const KNOWN: [&str; 8] =
    ["ping", "pull_request", "push", "issue_comment", "check_run", "check_suite", "installation", "installation_repositories"];

/// A `pull_request` event.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PullEvent {
    /// What happened.
    pub action: String,
    /// Its number.
    pub number: u64,
    /// The pull request.
    pub pull_request: Pull,
    /// Where it was opened.
    pub repository: Repository,
    /// The App's installation there; none where we are an account.
    #[serde(default)]
    pub installation: Option<Installation>,
    /// What an `edited` changed.
    #[serde(default)]
    pub changes: Changes,
    /// Of a `synchronize`: the head that the push replaced.
    #[serde(default)]
    pub before: Option<CommitSha>,
}

/// The pull request of an event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pull {
    /// Its title, hostile text.
    pub title: String,
    /// Who opened it.
    pub user: Option<Account>,
    /// Its head.
    pub head: Side,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its name.
    pub login: String,
    /// `User`, `Bot` or `Organization`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

impl Account {
    /// Whether a program speaks.
    pub fn is_bot(&self) -> bool {
        self.kind == "Bot" || self.login.ends_with("[bot]")
    }
}

/// An installation of the App on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Installation {
    /// Its number.
    pub id: u64,
}

/// One side of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Side {
    /// The commit.
    pub sha: CommitSha,
    /// Its repository; none where a fork was deleted.
    pub repo: Option<RepositoryName>,
}

/// A repository's name alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RepositoryName {
    /// `owner/name`.
    pub full_name: RepoName,
    /// Whether only some may read it, where the event says so.
    #[serde(default)]
    pub private: Option<bool>,
}

/// The repository of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// `owner/name`.
    pub full_name: RepoName,
    /// Its default branch.
    pub default_branch: String,
    /// Whether only some may read it, where the event says so.
    #[serde(default)]
    pub private: Option<bool>,
}

/// What an `edited` changed; only whether the base branch did is of interest.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Changes {
    /// Present when the base branch is another one now.
    #[serde(default)]
    pub base: Option<serde::de::IgnoredAny>,
}

/// A `push` event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PushEvent {
    /// The full name of what was pushed to.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The commit that is there now; forty zeros where the branch is gone.
    pub after: CommitSha,
    /// Whether the branch is gone.
    #[serde(default)]
    pub deleted: bool,
    /// The commit that is there now: of an annotated tag, `after` is the tag's own object.
    #[serde(default)]
    pub head_commit: Option<HeadCommit>,
    /// Where.
    pub repository: Repository,
    /// The App's installation there; none where we are an account.
    #[serde(default)]
    pub installation: Option<Installation>,
}

/// The newest commit of a push.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HeadCommit {
    /// Its id.
    pub id: CommitSha,
}

/// An `issue_comment` event.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CommentEvent {
    /// What happened.
    pub action: String,
    /// What it is on.
    pub issue: Issue,
    /// The comment.
    pub comment: NewComment,
    /// Where.
    pub repository: Repository,
    /// The App's installation there; none where we are an account.
    #[serde(default)]
    pub installation: Option<Installation>,
}

/// What a comment is on.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// Present where it is a pull request.
    #[serde(default)]
    pub pull_request: Option<serde::de::IgnoredAny>,
}

/// A comment as an event tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NewComment {
    /// The forge's id.
    pub id: u64,
    /// Its text, hostile.
    #[serde(default)]
    pub body: Option<String>,
    /// Who wrote it; none where the account is gone.
    pub user: Option<Account>,
}

/// A `check_run` or `check_suite` event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CheckEvent {
    /// What happened.
    pub action: String,
    /// The check run, or the suite of all of one App's on a commit.
    #[serde(alias = "check_run", alias = "check_suite")]
    pub check: Check,
    /// The button.
    #[serde(default)]
    pub requested_action: Option<RequestedAction>,
    /// Who did it.
    pub sender: Account,
    /// Where.
    pub repository: Repository,
    /// The App's installation there.
    #[serde(default)]
    pub installation: Option<Installation>,
}

/// A check run or suite. Its `pull_requests` are not read: they are empty for forks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Check {
    /// The commit.
    pub head_sha: CommitSha,
    /// The App's own id of a run; a suite has none.
    #[serde(default)]
    pub external_id: Option<String>,
    /// Whose it is.
    #[serde(default)]
    pub app: Option<AppId>,
}

/// An App's number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AppId {
    /// The number.
    pub id: u64,
}

/// A button that was pressed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RequestedAction {
    /// What we named it by.
    pub identifier: String,
}

/// An `installation` or `installation_repositories` event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InstallationEvent {
    /// What happened.
    pub action: String,
    /// Which.
    pub installation: Installation,
    /// All its repositories, where it is new.
    #[serde(default)]
    pub repositories: Option<Vec<RepositoryName>>,
    /// Those that came to it.
    #[serde(default)]
    pub repositories_added: Vec<RepositoryName>,
    /// Those that it may not see any more.
    #[serde(default)]
    pub repositories_removed: Vec<RepositoryName>,
}

/// What a `pull_request` event asks of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Weigh the head.
    Weigh,
    /// Stop what is under way.
    Stop,
    /// Nothing.
    Nothing,
}

impl PullEvent {
    /// What it asks of us.
    pub fn ask(&self) -> Ask {
        match self.action.as_str() {
            "opened" | "synchronize" | "reopened" | "ready_for_review" => Ask::Weigh,
            "edited" if self.changes.base.is_some() => Ask::Weigh,
            "closed" => Ask::Stop,
            _ => Ask::Nothing,
        }
    }

    /// Whether the head lives in another repository, or in one that is gone.
    pub fn from_fork(&self) -> bool {
        self.pull_request.head.repo.as_ref().is_none_or(|head| head.full_name != self.repository.full_name)
    }
}

impl Event {
    /// Reads a kept body.
    pub fn parse(event: &str, body: &[u8]) -> Result<Event, serde_json::Error> {
        Ok(match event {
            "pull_request" => Event::Pull(serde_json::from_slice(body)?),
            page::EVENT => Event::Order(serde_json::from_slice(body)?),
            "push" => Event::Push(serde_json::from_slice(body)?),
            "issue_comment" => Event::Comment(serde_json::from_slice(body)?),
            "check_run" | "check_suite" => Event::Check(serde_json::from_slice(body)?),
            "installation" | "installation_repositories" => Event::Installation(serde_json::from_slice(body)?),
            _ => Event::Ping,
        })
    }

    /// The repository and its default branch; none for a ping and for what is about many.
    pub fn repository(&self) -> Option<&Repository> {
        match self {
            Event::Ping | Event::Installation(_) => None,
            Event::Pull(event) => Some(&event.repository),
            Event::Push(event) => Some(&event.repository),
            Event::Comment(event) => Some(&event.repository),
            Event::Check(event) => Some(&event.repository),
            Event::Order(order) => Some(&order.repository),
        }
    }

    /// The App's installation on the repository's account.
    pub fn installation(&self) -> Option<Installation> {
        match self {
            Event::Ping | Event::Order(_) => None,
            Event::Pull(event) => event.installation,
            Event::Push(event) => event.installation,
            Event::Comment(event) => event.installation,
            Event::Check(event) => event.installation,
            Event::Installation(event) => Some(event.installation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull(action: &str, head_repo: &str, changes: &str) -> PullEvent {
        let sha = "a".repeat(40);
        let text = format!(
            r#"{{"action":"{action}","number":7,"changes":{changes},"pull_request":{{"title":"t","user":null,"head":{{"sha":"{sha}","repo":{head_repo}}}}},
               "repository":{{"full_name":"o/r","default_branch":"main","private":false}}}}"#
        );
        match Event::parse("pull_request", text.as_bytes()).unwrap() {
            Event::Pull(event) => *event,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_what_moves_the_head_or_the_base_is_weighed() {
        let check = |action: &str, changes: &str, ask: Ask| assert_eq!(pull(action, "null", changes).ask(), ask, "{action}");
        check("opened", "{}", Ask::Weigh);
        check("synchronize", "{}", Ask::Weigh);
        check("edited", r#"{"title":{"from":"x"}}"#, Ask::Nothing);
        check("edited", r#"{"base":{"ref":{"from":"x"}}}"#, Ask::Weigh);
        check("closed", "{}", Ask::Stop);
        check("labeled", "{}", Ask::Nothing);
    }

    #[test]
    fn another_repository_or_none_is_a_fork() {
        let check = |repo: &str, fork: bool| assert_eq!(pull("opened", repo, "{}").from_fork(), fork, "{repo}");
        check(r#"{"full_name":"o/r"}"#, false);
        check(r#"{"full_name":"x/r"}"#, true);
        check("null", true);
    }
}
