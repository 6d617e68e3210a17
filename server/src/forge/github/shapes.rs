//! The few fields of GitHub's answers that are read. Everything else may change without our noticing.

use super::super::{ChangedFile, Comment as ForgeComment, Role};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Pull {
    pub number: u64,
    pub title: String,
    pub user: Option<Account>,
    pub state: String,
    pub head: Branch,
    pub base: Branch,
    pub mergeable: Option<bool>,
    pub merge_commit_sha: Option<String>,
    #[serde(default)]
    pub merged: bool,
}

#[derive(Deserialize)]
pub struct Branch {
    pub sha: String,
    #[serde(rename = "ref")]
    pub branch: String,
    pub repo: Option<Repo>,
}

#[derive(Deserialize)]
pub struct Repo {
    pub full_name: String,
}

/// A repository asked for by itself.
#[derive(Deserialize)]
pub struct Visible {
    pub private: bool,
}

#[derive(Deserialize)]
pub struct Sha {
    pub sha: String,
}

#[derive(Deserialize)]
pub struct GitCommit {
    pub sha: String,
    pub message: String,
    pub author: Option<Person>,
    pub committer: Person,
    pub parents: Vec<Sha>,
}

/// An item of a list of commits.
#[derive(Deserialize)]
pub struct ListedCommit {
    pub sha: String,
    pub commit: Inner,
    pub parents: Vec<Sha>,
}

#[derive(Deserialize)]
pub struct Inner {
    pub message: String,
    pub author: Option<Person>,
    pub committer: Person,
}

impl From<ListedCommit> for GitCommit {
    fn from(listed: ListedCommit) -> GitCommit {
        let Inner { message, author, committer } = listed.commit;
        GitCommit { sha: listed.sha, message, author, committer, parents: listed.parents }
    }
}

#[derive(Deserialize)]
pub struct Person {
    pub date: String,
    #[serde(default)]
    pub name: String,
}

#[derive(Deserialize)]
pub struct Compare {
    pub merge_base_commit: Sha,
    #[serde(default)]
    pub files: Vec<File>,
}

/// A file of a diff. `patch` is not there for what is binary or large, `sha` for a submodule.
#[derive(Deserialize)]
pub struct File {
    pub filename: String,
    sha: Option<String>,
    patch: Option<String>,
}

impl From<File> for ChangedFile {
    fn from(file: File) -> ChangedFile {
        ChangedFile { path: file.filename, blob: file.sha.unwrap_or_default(), patch: file.patch }
    }
}

#[derive(Deserialize)]
pub struct Account {
    pub login: String,
}

#[derive(Deserialize)]
pub struct Comment {
    id: u64,
    body: Option<String>,
    user: Option<Account>,
}

impl Comment {
    /// Whether this account wrote it.
    pub fn is_by(&self, login: &str) -> bool {
        self.user.as_ref().is_some_and(|user| user.login.eq_ignore_ascii_case(login))
    }
    /// Its text.
    pub fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }
}

impl From<Comment> for ForgeComment {
    fn from(comment: Comment) -> ForgeComment {
        ForgeComment { id: comment.id, body: comment.body.unwrap_or_default() }
    }
}

#[derive(Deserialize)]
pub struct Permission {
    permission: String,
    #[serde(default)]
    role_name: String,
}

impl Permission {
    /// GitHub folds its five roles, and an organisation's own ones, into these: maintain is `write`, triage is `read`. An
    /// organisation may name a role of its own as it likes, so the name never gives more than what it is folded into.
    pub fn role(&self) -> Role {
        match self.permission.as_str() {
            "admin" => Role::Admin,
            "write" if self.role_name == "maintain" => Role::Maintain,
            "write" => Role::Write,
            "read" => Role::Read,
            _ => Role::None,
        }
    }
}

/// A reference, or an annotated tag: what it names.
#[derive(Deserialize)]
pub struct Reference {
    pub object: Target,
}

#[derive(Deserialize)]
pub struct Target {
    pub sha: String,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Deserialize)]
pub struct App {
    pub slug: String,
}

#[derive(Deserialize)]
pub struct NewApp {
    pub id: u64,
    pub html_url: String,
    pub pem: String,
    pub webhook_secret: Option<String>,
    pub client_id: String,
    pub client_secret: String,
}

/// A person's token, or why there is none.
#[derive(Deserialize)]
pub struct UserToken {
    pub access_token: Option<String>,
    pub error: Option<String>,
}

#[derive(Deserialize)]
pub struct Installation {
    pub id: u64,
}

#[derive(Deserialize)]
pub struct InstallationToken {
    pub token: String,
    pub expires_at: String,
}

#[derive(Deserialize)]
pub struct CheckRuns {
    pub check_runs: Vec<CheckRun>,
}

#[derive(Deserialize)]
pub struct CheckRun {
    pub id: u64,
    pub external_id: Option<String>,
    pub app: Option<App>,
    pub output: Option<CheckOutput>,
}

impl CheckRun {
    /// Whether it has annotations, as far as it says.
    pub fn is_annotated(&self) -> bool {
        self.output.as_ref().is_some_and(|output| output.annotations_count > 0)
    }
}

#[derive(Deserialize)]
pub struct CheckOutput {
    #[serde(default)]
    annotations_count: u64,
}

/// What tells one annotation from another.
#[derive(Deserialize, PartialEq, Eq)]
pub struct ShownAnnotation {
    pub path: String,
    pub start_line: u32,
    pub end_line: u32,
    pub annotation_level: Option<String>,
    pub title: Option<String>,
}

#[derive(Deserialize)]
pub struct Delivery {
    pub id: u64,
    pub guid: String,
    pub delivered_at: String,
    pub status_code: u16,
    pub event: String,
}
