//! GitHub, through octocrab: the implementation of [`Forge`]. The only place that knows GitHub's paths.
//!
//! octocrab brings the connection, its timeouts and the App's signatures; its models and builders are left aside (they POST
//! where GitHub wants PATCH, have no `actions`, and change from month to month). Each call is one request whose status is
//! looked at here; nothing is sent twice, save that a token that turns out to have expired is replaced once.

mod checks;
mod deliveries;
mod diff;
pub mod login;
pub mod manifest;
mod shapes;
#[cfg(test)]
mod tests;
mod tokens;
mod wire;

use super::{CheckReport, Comment, CommitInfo, Diff, FailedDelivery, Forge, ForgeError, MergeState, Named, PullRequest, Role};
use crate::clock::Clock;
use crate::time;
use http::Method;
use ounce_protocol::ids::{CommitSha, RepoName};
use serde_json::json;
use std::future::Future;
use tokens::{App, Identity, PersonalToken};
use wire::{Ask, encoded};

/// A file read from a repository, bytes.
const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Comments asked for at once. With each at its limit (65 536 characters of 4 bytes) a page stays below the limit of an answer.
const COMMENTS_PER_PAGE: usize = 50;
/// GitHub gives at most so many commits at once.
const COMMITS_PER_PAGE: usize = 100;
/// GitHub allows 2 500 comments a pull request.
const COMMENT_PAGES_MAX: usize = 51;
/// Tags of tags that are followed.
const TAG_STEPS_MAX: usize = 5;
/// Characters of a commit's first line that are kept.
const SUMMARY_CHARS_MAX: usize = 200;

/// Why a client for GitHub could not be made. Nothing was sent yet.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The base URL is none.
    #[error("{url:?} is not the URL of a GitHub API, such as https://api.github.com or https://host/api/v3")]
    Url {
        /// What was given.
        url: String,
    },
    /// The token has characters no token has.
    #[error("the token is empty or has spaces or line breaks in it: check the file it is read from")]
    Token,
    /// The key cannot be read.
    #[error("the App's private key is not an RSA key in PEM: use the file GitHub handed out, as it is")]
    Key,
    /// The connection cannot be prepared: mostly no root certificates.
    #[error("no connection can be prepared ({detail}): are ca-certificates installed?")]
    Client {
        /// octocrab's words.
        detail: String,
    },
}

/// GitHub, github.com or any other base URL.
pub struct GitHub {
    identity: Identity,
    clone_base_url: String,
}

impl GitHub {
    /// GitHub as a person: comments and commit statuses. `clone_base_url` is what stands before `/owner/name.git`.
    ///
    /// To be called inside a Tokio runtime.
    pub fn with_token(base_url: &str, clone_base_url: &str, token: &str) -> Result<GitHub, SetupError> {
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(SetupError::Token);
        }
        let crab = wire::build(wire::builder(base_url)?)?;
        let crab = crab.user_access_token(token.to_owned()).map_err(|_| SetupError::Token)?;
        Ok(GitHub::new(Identity::Token(PersonalToken::new(crab)), clone_base_url))
    }

    /// Whether anything could be sent to that base URL: before there is an App, and so that it is found out early.
    ///
    /// To be called inside a Tokio runtime.
    pub fn can_connect(base_url: &str) -> Result<(), SetupError> {
        wire::build(wire::builder(base_url)?).map(drop)
    }

    /// GitHub as an App: comments, check runs, and tokens limited to one repository. `pem` is its private key.
    ///
    /// To be called inside a Tokio runtime.
    pub fn with_app(base_url: &str, clone_base_url: &str, app_id: u64, pem: &str, clock: Clock) -> Result<GitHub, SetupError> {
        let builder = wire::builder(base_url)?.app_from_rsa_pem(app_id.into(), pem.trim()).map_err(|_| SetupError::Key)?;
        Ok(GitHub::new(Identity::App(App::new(app_id, wire::build(builder)?, clock)), clone_base_url))
    }

    fn new(identity: Identity, clone_base_url: &str) -> GitHub {
        GitHub { identity, clone_base_url: clone_base_url.trim_end_matches('/').to_owned() }
    }

    /// Sends one request about a repository, as whoever we are there.
    async fn send(&self, repo: &RepoName, ask: Ask) -> Result<wire::Answer, ForgeError> {
        let app = match &self.identity {
            Identity::Token(token) => return wire::send(token.crab(), ask).await,
            Identity::App(app) => app,
        };
        match wire::send(&app.working(repo).await?, ask.clone()).await {
            // 401: nothing was done, the token has ended before its time (revoked, or clocks that differ).
            Err(ForgeError::Forbidden { status: 401, .. }) => {
                app.forget(repo);
                wire::send(&app.working(repo).await?, ask).await
            }
            other => other,
        }
    }

    /// The commit that a pull request's `head` or `base` names.
    fn sha(what: &str, text: &str) -> Result<CommitSha, ForgeError> {
        CommitSha::parse(text).map_err(|error| ForgeError::Unavailable { what: what.to_owned(), detail: error.to_string() })
    }

    async fn read_pull(&self, repo: &RepoName, number: u64) -> Result<PullRequest, ForgeError> {
        let what = format!("pull request {repo}#{number}");
        let pull: shapes::Pull = self.send(repo, Ask::get(&what, format!("/repos/{repo}/pulls/{number}"))).await?.json()?;
        let open = pull.state == "open";
        // Only a fresh answer counts: while GitHub looks again (null) it still names the test merge of before.
        let merge = match (open, pull.mergeable, &pull.merge_commit_sha) {
            (true, Some(true), Some(sha)) => MergeState::Merged(Self::sha(&what, sha)?),
            (true, Some(false), _) => MergeState::Conflict,
            _ => MergeState::Unknown,
        };
        // The head's repository is null once a fork was deleted.
        let from_fork = pull.head.repo.is_none_or(|head| !head.full_name.eq_ignore_ascii_case(&repo.to_string()));
        Ok(PullRequest {
            number: pull.number,
            title: pull.title,
            author: pull.user.map(|user| user.login).unwrap_or_default(),
            open,
            from_fork,
            head: Self::sha(&what, &pull.head.sha)?,
            base_tip: Self::sha(&what, &pull.base.sha)?,
            base_branch: pull.base.branch,
            landed: pull.merge_commit_sha.filter(|_| pull.merged).map(|sha| Self::sha(&what, &sha)).transpose()?,
            merge,
        })
    }

    async fn read_commit(&self, repo: &RepoName, sha: &CommitSha) -> Result<CommitInfo, ForgeError> {
        let what = format!("commit {repo}@{}", sha.short());
        let commit: shapes::GitCommit = self.send(repo, Ask::get(&what, format!("/repos/{repo}/git/commits/{sha}"))).await?.json()?;
        Self::commit_info(&what, &commit)
    }

    fn commit_info(what: &str, commit: &shapes::GitCommit) -> Result<CommitInfo, ForgeError> {
        let committed_s = time::parse(&commit.committer.date);
        let committed_s = committed_s.ok_or_else(|| wire::strange(what, &format!("the date {:?}", commit.committer.date)))?;
        Ok(CommitInfo {
            sha: Self::sha(what, &commit.sha)?,
            parents: commit.parents.iter().map(|parent| Self::sha(what, &parent.sha)).collect::<Result<_, _>>()?,
            committed_s,
            summary: commit.message.lines().next().unwrap_or_default().chars().take(SUMMARY_CHARS_MAX).collect(),
            author: commit.author.as_ref().map_or("", |author| &author.name).chars().take(SUMMARY_CHARS_MAX).collect(),
        })
    }

    async fn read_history(
        &self,
        repo: &RepoName,
        tip: &CommitSha,
        since_s: Option<i64>,
        limit: usize,
    ) -> Result<Vec<CommitInfo>, ForgeError> {
        let what = format!("history of {repo} up to {}", tip.short());
        let since = since_s.map_or(String::new(), |s| format!("&since={}", time::text(s)));
        let mut all = Vec::new();
        for page in 1..=limit.div_ceil(COMMITS_PER_PAGE) {
            let path = format!("/repos/{repo}/commits?sha={tip}&per_page={COMMITS_PER_PAGE}&page={page}{since}");
            let listed: Vec<shapes::ListedCommit> = self.send(repo, Ask::get(&what, path)).await?.json()?;
            let last = listed.len() < COMMITS_PER_PAGE;
            for commit in listed {
                all.push(Self::commit_info(&what, &commit.into())?);
            }
            if last {
                break;
            }
        }
        all.truncate(limit);
        Ok(all)
    }

    async fn read_file(&self, repo: &RepoName, at: &CommitSha, path: &str) -> Result<Option<String>, ForgeError> {
        let what = format!("{path} of {repo}@{}", at.short());
        let invalid = |detail: &str| ForgeError::Invalid { what: what.clone(), status: 0, detail: detail.to_owned() };
        if path.is_empty() || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(invalid("not a path inside a repository"));
        }
        let encoded_path: Vec<String> = path.split('/').map(encoded).collect();
        let ask = Ask::get(&what, format!("/repos/{repo}/contents/{}?ref={at}", encoded_path.join("/")));
        let ask = ask.accept("application/vnd.github.raw+json").limit(FILE_BYTES_MAX);
        let answer = match self.send(repo, ask).await {
            // GitHub says 404 for a commit that is not there too, in other words.
            Err(ForgeError::NotFound { .. }) => {
                self.read_commit(repo, at).await?;
                return Ok(None);
            }
            other => other?,
        };
        if answer.is_listing() {
            return Ok(None);
        }
        String::from_utf8(answer.body).map(Some).map_err(|_| invalid("not UTF-8 text"))
    }

    async fn search_comment(&self, repo: &RepoName, number: u64, marker: &str) -> Result<Option<Comment>, ForgeError> {
        let what = format!("comments of {repo}#{number}");
        let own = self.own_login().await?;
        for page in 1..=COMMENT_PAGES_MAX {
            let path = format!("/repos/{repo}/issues/{number}/comments?per_page={COMMENTS_PER_PAGE}&page={page}");
            let comments: Vec<shapes::Comment> = self.send(repo, Ask::get(&what, path)).await?.json()?;
            let last = comments.len() < COMMENTS_PER_PAGE;
            let ours = comments.into_iter().find(|comment| comment.is_by(own) && comment.text().trim_end().ends_with(marker));
            match ours {
                Some(comment) => return Ok(Some(comment.into())),
                None if last => break,
                None => {}
            }
        }
        Ok(None)
    }

    /// The login our comments have.
    async fn own_login(&self) -> Result<&str, ForgeError> {
        match &self.identity {
            Identity::Token(token) => token.login().await,
            Identity::App(app) => Ok(app.names().await?.login()),
        }
    }

    /// The commit at a full reference; none where there is no such reference.
    async fn read_reference(&self, repo: &RepoName, reference: &str) -> Result<Option<CommitSha>, ForgeError> {
        let what = format!("{reference} of {repo}");
        let path: Vec<String> = reference.split('/').skip(1).map(encoded).collect();
        let mut target = match self.send(repo, Ask::get(&what, format!("/repos/{repo}/git/ref/{}", path.join("/")))).await {
            Err(ForgeError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
            Ok(answer) => answer.json::<shapes::Reference>()?.object,
        };
        for _ in 0..TAG_STEPS_MAX {
            if target.kind != "tag" {
                break;
            }
            let path = format!("/repos/{repo}/git/tags/{}", encoded(&target.sha));
            target = self.send(repo, Ask::get(&what, path)).await?.json::<shapes::Reference>()?.object;
        }
        // A tag may name a tree or a blob.
        if target.kind == "commit" { Self::sha(&what, &target.sha).map(Some) } else { Ok(None) }
    }

    async fn read_role(&self, repo: &RepoName, login: &str) -> Result<Role, ForgeError> {
        let ask = Ask::get(&format!("role of {login:?} in {repo}"), format!("/repos/{repo}/collaborators/{}/permission", encoded(login)));
        match self.send(repo, ask).await {
            // Not an account, or not one this repository knows.
            Err(ForgeError::NotFound { .. }) => Ok(Role::None),
            Err(error) => Err(error),
            Ok(answer) => Ok(answer.json::<shapes::Permission>()?.role()),
        }
    }
}

impl Forge for GitHub {
    fn pull_request(&self, repo: &RepoName, number: u64) -> impl Future<Output = Result<PullRequest, ForgeError>> + Send {
        self.read_pull(repo, number)
    }

    fn commit(&self, repo: &RepoName, sha: &CommitSha) -> impl Future<Output = Result<CommitInfo, ForgeError>> + Send {
        self.read_commit(repo, sha)
    }

    async fn merge_base(&self, repo: &RepoName, a: &CommitSha, b: &CommitSha) -> Result<CommitSha, ForgeError> {
        let what = format!("merge base of {} and {} in {repo}", a.short(), b.short());
        let path = format!("/repos/{repo}/compare/{a}...{b}?per_page=1");
        let compare: shapes::Compare = self.send(repo, Ask::get(&what, path)).await?.json()?;
        Self::sha(&what, &compare.merge_base_commit.sha)
    }

    fn file(&self, repo: &RepoName, at: &CommitSha, path: &str) -> impl Future<Output = Result<Option<String>, ForgeError>> + Send {
        self.read_file(repo, at, path)
    }

    fn find_comment(&self, repo: &RepoName, number: u64, marker: &str) -> impl Future<Output = Result<Option<Comment>, ForgeError>> + Send {
        self.search_comment(repo, number, marker)
    }

    async fn comment(&self, repo: &RepoName, id: u64) -> Result<Option<Comment>, ForgeError> {
        let ask = Ask::get(&format!("comment {id} of {repo}"), format!("/repos/{repo}/issues/comments/{id}"));
        match self.send(repo, ask).await {
            Err(ForgeError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
            Ok(answer) => Ok(Some(answer.json::<shapes::Comment>()?.into())),
        }
    }

    async fn create_comment(&self, repo: &RepoName, number: u64, body: &str) -> Result<Comment, ForgeError> {
        let what = format!("new comment on {repo}#{number}");
        let ask = Ask::write(Method::POST, &what, format!("/repos/{repo}/issues/{number}/comments"), json!({ "body": body }));
        Ok(self.send(repo, ask).await?.json::<shapes::Comment>()?.into())
    }

    async fn update_comment(&self, repo: &RepoName, id: u64, body: &str) -> Result<(), ForgeError> {
        let what = format!("comment {id} of {repo}");
        let ask = Ask::write(Method::PATCH, &what, format!("/repos/{repo}/issues/comments/{id}"), json!({ "body": body }));
        self.send(repo, ask).await.map(|_| ())
    }

    async fn report_check(&self, repo: &RepoName, check: &CheckReport) -> Result<(), ForgeError> {
        match &self.identity {
            Identity::Token(_) => self.report_status(repo, check).await,
            Identity::App(app) => {
                let names = app.names().await?;
                self.report_check_run(repo, check, names.slug()).await
            }
        }
    }

    async fn diff(&self, repo: &RepoName, number: u64, base: &CommitSha, head: &CommitSha) -> Result<Option<Diff>, ForgeError> {
        match &self.identity {
            Identity::Token(_) => Ok(None),
            Identity::App(_) => self.read_diff(repo, number, base, head).await.map(Some),
        }
    }

    async fn login(&self) -> Result<String, ForgeError> {
        self.own_login().await.map(str::to_owned)
    }

    async fn named(&self, repo: &RepoName, name: &str) -> Result<Option<Named>, ForgeError> {
        for kind in ["heads", "tags"] {
            let reference = format!("refs/{kind}/{name}");
            if let Some(sha) = self.read_reference(repo, &reference).await? {
                return Ok(Some(Named { reference, sha }));
            }
        }
        Ok(None)
    }

    fn tag(&self, repo: &RepoName, name: &str) -> impl Future<Output = Result<Option<CommitSha>, ForgeError>> + Send {
        let reference = format!("refs/tags/{name}");
        async move { self.read_reference(repo, &reference).await }
    }

    fn history(
        &self,
        repo: &RepoName,
        tip: &CommitSha,
        since_s: Option<i64>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CommitInfo>, ForgeError>> + Send {
        self.read_history(repo, tip, since_s, limit)
    }

    async fn is_private(&self, repo: &RepoName) -> Result<bool, ForgeError> {
        let ask = Ask::get(&format!("the repository {repo}"), format!("/repos/{repo}"));
        Ok(self.send(repo, ask).await?.json::<shapes::Visible>()?.private)
    }

    fn role(&self, repo: &RepoName, login: &str) -> impl Future<Output = Result<Role, ForgeError>> + Send {
        self.read_role(repo, login)
    }

    async fn failed_deliveries(&self, within_s: u64) -> Result<Vec<FailedDelivery>, ForgeError> {
        match &self.identity {
            // The deliveries of a repository's own webhook are for its administrators only.
            Identity::Token(_) => Ok(Vec::new()),
            Identity::App(app) => deliveries::failed(app.crab(), within_s, app.now_s()).await,
        }
    }

    async fn redeliver(&self, attempt: u64) -> Result<(), ForgeError> {
        match &self.identity {
            Identity::Token(_) => Ok(()),
            Identity::App(app) => deliveries::again(app.crab(), attempt).await,
        }
    }

    fn app_id(&self) -> Option<u64> {
        match &self.identity {
            Identity::Token(_) => None,
            Identity::App(app) => Some(app.id()),
        }
    }

    fn clone_url(&self, repo: &RepoName) -> String {
        format!("{}/{repo}.git", self.clone_base_url)
    }

    async fn clone_token(&self, repo: &RepoName) -> Result<Option<String>, ForgeError> {
        match &self.identity {
            Identity::Token(_) => Ok(None),
            Identity::App(app) => app.clone_token(repo).await.map(Some),
        }
    }
}
