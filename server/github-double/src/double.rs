//! Starting a double, and everything that can be done to it from Rust. `admin` is the same over HTTP.

use crate::faults::{Fault, FaultKind};
use crate::git::Bare;
use crate::jwt::AppKey;
use crate::state::{self, CheckRun, Comment, Delivery, InstallationToken, LoggedRequest, Permission, Repo, Status, Token, User, key};
use crate::{api, webhooks};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;

/// How a double begins. `Config::default()` is: any free port, token `double-token` of `ounce-bot`, the App `ounce`, no repository.
#[derive(Debug, Clone)]
pub struct Config {
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// A personal token.
    pub token: String,
    /// Whose it is; this account may write in every repository of the configuration.
    pub token_login: String,
    /// The App, where there is one.
    pub app: Option<AppConfig>,
    /// Where events go, where they go anywhere.
    pub webhook: Option<WebhookConfig>,
    /// The repositories.
    pub repositories: Vec<RepositoryConfig>,
    /// How many `GET`s of a pull request answer `mergeable: null` after a change.
    pub lazy_answers: u32,
    /// Whether comments written through the API cause `issue_comment` events too, as on GitHub. Sent in the background.
    pub echo: bool,
}

/// A GitHub App installed on every repository of the configuration.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// The App's id.
    pub id: u64,
    /// Its slug; it writes as `slug[bot]`.
    pub slug: String,
    /// Its private key in PEM, of which only the public half is kept.
    pub key_pem: String,
    /// The one installation's id.
    pub installation_id: u64,
}

/// Where events go.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// The endpoint.
    pub url: String,
    /// The secret they are signed with.
    pub secret: String,
}

/// A repository on disk.
#[derive(Debug, Clone)]
pub struct RepositoryConfig {
    /// `owner/name`.
    pub full_name: String,
    /// The bare repository; made where it does not exist.
    pub path: PathBuf,
    /// Its default branch.
    pub default_branch: String,
    /// Whether reading needs a token.
    pub private: bool,
}

impl RepositoryConfig {
    /// A public repository with the default branch `main`.
    pub fn new(full_name: &str, path: &Path) -> RepositoryConfig {
        let (full_name, path) = (full_name.to_owned(), path.to_owned());
        RepositoryConfig { full_name, path, default_branch: "main".into(), private: false }
    }
}

impl Default for AppConfig {
    fn default() -> Self {
        AppConfig { id: 7_001, slug: "ounce".into(), key_pem: crate::DEMO_APP_KEY_PEM.into(), installation_id: 9_001 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            port: 0,
            token: "double-token".into(),
            token_login: "ounce-bot".into(),
            app: Some(AppConfig::default()),
            webhook: None,
            repositories: Vec::new(),
            lazy_answers: 1,
            echo: false,
        }
    }
}

/// The App as the double knows it.
#[derive(Clone)]
pub struct App {
    pub id: u64,
    pub slug: String,
    pub installation_id: u64,
    pub key: AppKey,
    /// The private key, handed out where the App is made from a manifest.
    pub pem: String,
}

impl App {
    /// The login it writes as.
    pub fn login(&self) -> String {
        format!("{}[bot]", self.slug)
    }
}

/// What all handlers share.
pub struct World {
    /// `http://127.0.0.1:port`
    pub base_url: String,
    pub app: Option<App>,
    pub echo: bool,
    pub http: reqwest::Client,
    webhook: Mutex<Option<WebhookConfig>>,
    state: Mutex<state::State>,
    /// Held while git and the memory change together, so that two changes do not interleave.
    pub turn: tokio::sync::Mutex<()>,
}

impl World {
    /// The memory. Never held across an await.
    pub fn state(&self) -> MutexGuard<'_, state::State> {
        // A panic while it was held is a bug of the double; what it left is still the best answer.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Where events go now.
    pub fn webhook(&self) -> Option<WebhookConfig> {
        self.webhook.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Sends events elsewhere from now on.
    pub fn set_webhook(&self, webhook: Option<WebhookConfig>) {
        *self.webhook.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = webhook;
    }

    /// A copy of a repository's state.
    pub fn repo(&self, full_name: &str) -> Result<Repo> {
        self.state().repos.get(&full_name.to_lowercase()).cloned().with_context(|| format!("the double has no repository {full_name}"))
    }

    /// A personal token for an account, made where it does not exist.
    pub fn token_for(&self, login: &str) -> String {
        let mut state = self.state();
        state.user(login);
        let token = format!("ghp_{login}_{}", state.next_id());
        state.tokens.insert(token.clone(), Token::User(login.to_owned()));
        token
    }

    /// Makes every installation token worthless.
    pub fn expire_installation_tokens(&self) {
        self.state().tokens.retain(|_, token| matches!(token, Token::User(_)));
    }

    /// Adds a repository.
    pub async fn add_repository(&self, config: &RepositoryConfig, writer: Option<&str>, fork_of: Option<&str>) -> Result<()> {
        let (owner, name) = config.full_name.split_once('/').context("a repository is named owner/name")?;
        let good = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        ensure!(good(owner) && good(name), "{:?} is not owner/name", config.full_name);
        let bare = Bare::open_or_create(&config.path, &config.default_branch).await?;
        let mut state = self.state();
        let id = state.next_id();
        state.user(owner);
        let mut collaborators = BTreeMap::new();
        if let Some(writer) = writer {
            collaborators.insert(writer.to_lowercase(), Permission::Write);
        }
        let repo = Repo {
            id,
            owner: owner.into(),
            name: name.into(),
            bare,
            default_branch: config.default_branch.clone(),
            private: config.private,
            fork_of: fork_of.map(str::to_lowercase),
            next_number: 1,
            pulls: BTreeMap::new(),
            comments: BTreeMap::new(),
            check_runs: BTreeMap::new(),
            statuses: Vec::new(),
            collaborators,
        };
        state.repos.insert(key(owner, name), repo);
        Ok(())
    }
}

/// A pull request to open.
#[derive(Debug, Clone)]
pub struct NewPull {
    /// Its title.
    pub title: String,
    /// Its description.
    pub body: String,
    /// Who opens it.
    pub author: String,
    /// The branch it comes from.
    pub head_branch: String,
    /// The fork that branch is in (`owner/name`, see [`Double::fork`]); `None` for the repository itself.
    pub head_repo: Option<String>,
    /// The branch it should land on; `None` for the default branch.
    pub base_branch: Option<String>,
}

impl NewPull {
    /// A pull request by `octo-dev`, from a branch of the same repository to the default branch.
    pub fn from_branch(title: &str, head_branch: &str) -> NewPull {
        let author = "octo-dev".to_owned();
        NewPull { title: title.into(), body: String::new(), author, head_branch: head_branch.into(), head_repo: None, base_branch: None }
    }
}

/// A running double. Dropping it stops it.
pub struct Double {
    pub(crate) world: Arc<World>,
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Double {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Double {
    /// Starts listening on 127.0.0.1.
    pub async fn start(config: Config) -> Result<Double> {
        // Somebody else in this process may have chosen a provider already: then theirs is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await;
        let listener = listener.with_context(|| format!("listening on 127.0.0.1:{}", config.port))?;
        let address = listener.local_addr()?;
        let app = match &config.app {
            Some(app) => {
                let key = AppKey::from_private_pem(&app.key_pem)?;
                Some(App { id: app.id, slug: app.slug.clone(), installation_id: app.installation_id, key, pem: app.key_pem.clone() })
            }
            None => None,
        };
        let mut state = state::State::default();
        state.lazy_answers = config.lazy_answers;
        state.user(&config.token_login);
        if let Some(app) = &app {
            state.user(&app.login());
        }
        state.tokens.insert(config.token.clone(), Token::User(config.token_login.clone()));
        let world = Arc::new(World {
            base_url: format!("http://{address}"),
            app,
            echo: config.echo,
            http: webhooks::client()?,
            webhook: Mutex::new(config.webhook.clone()),
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::new(()),
        });
        for repository in &config.repositories {
            world.add_repository(repository, Some(&config.token_login), None).await?;
        }
        let router = api::router(world.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!("github-double stopped: {error}");
            }
        });
        Ok(Double { world, address, server })
    }

    /// Waits until it stops, which it does not by itself.
    pub async fn serve(mut self) -> Result<()> {
        (&mut self.server).await.context("the double's server")
    }

    /// The API's base URL, `http://127.0.0.1:port`; the same below `/api/v3`, as GitHub Enterprise has it.
    pub fn base_url(&self) -> &str {
        &self.world.base_url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends events to this endpoint from now on.
    pub fn set_webhook(&self, webhook: Option<WebhookConfig>) {
        self.world.set_webhook(webhook);
    }

    /// Adds a repository; an empty one is made where the path does not exist. `writer` may push and set statuses.
    pub async fn add_repository(&self, config: &RepositoryConfig, writer: Option<&str>) -> Result<()> {
        self.world.add_repository(config, writer, None).await
    }

    /// Forks a repository to `fork` (`owner/name`) at `path`, with all branches.
    pub async fn fork(&self, of: &str, fork: &str, path: &Path) -> Result<()> {
        self.world.fork(of, fork, path).await
    }

    /// A personal token for an account, made where it does not exist.
    pub fn token_for(&self, login: &str) -> String {
        self.world.token_for(login)
    }

    /// An installation token with all the App was granted, for every repository it is installed on.
    pub fn installation_token(&self) -> String {
        let mut state = self.world.state();
        let token = format!("ghs_double{}", state.next_id());
        let kept = InstallationToken {
            repositories: None,
            permissions: api::apps::permissions(),
            expires_s: crate::clock::real_s() + api::apps::TOKEN_S,
        };
        state.tokens.insert(token.clone(), Token::Installation(kept));
        token
    }

    /// Makes a token worthless.
    pub fn revoke(&self, token: &str) {
        self.world.state().tokens.remove(token);
    }

    /// Makes every installation token worthless, as if their hour had passed.
    pub fn expire_installation_tokens(&self) {
        self.world.expire_installation_tokens();
    }

    /// Whose browser comes to log in somewhere; nobody's agrees to nothing.
    pub fn browser_of(&self, login: Option<&str>) {
        self.world.state().browser = login.map(str::to_owned);
    }

    /// Makes a repository private, or public. Nobody is told.
    pub fn set_private(&self, repo: &str, private: bool) -> Result<()> {
        self.world.set_private(repo, private)
    }

    /// Sets what an account may do in a repository.
    pub fn set_permission(&self, repo: &str, login: &str, permission: Permission) -> Result<()> {
        self.world.set_permission(repo, login, permission)
    }

    /// Commits files on a branch (`None` removes one) without a working tree, and does what a push does: events, pull requests
    /// moved along. A new branch begins at `from` (a branch or SHA). Gives the new tip, the same for the same story.
    pub async fn commit(
        &self,
        repo: &str,
        branch: &str,
        from: Option<&str>,
        message: &str,
        files: &[(&str, Option<&str>)],
    ) -> Result<String> {
        let files = files.iter().map(|(path, content)| ((*path).to_owned(), content.map(str::to_owned))).collect();
        self.world.commit_files(repo, branch, from, message, &files).await
    }

    /// Sets a branch to a commit that is there already, as a forced push does.
    pub async fn force(&self, repo: &str, branch: &str, sha: &str, by: &str) -> Result<()> {
        let bare = self.world.repo(repo)?.bare;
        let before = bare.branches().await?;
        bare.set_ref(&format!("refs/heads/{branch}"), Some(sha)).await?;
        self.pushed(repo, &before, by).await
    }

    /// Does what a push does after the bare repository was changed from outside: `before` are its branches as they were.
    pub async fn pushed(&self, repo: &str, before: &BTreeMap<String, String>, by: &str) -> Result<()> {
        self.world.branches_moved(&repo.to_lowercase(), before, by).await
    }

    /// Tags a commit, with its `push` event; with a message the tag is an object of its own.
    pub async fn tag(&self, repo: &str, name: &str, at: &str, message: Option<&str>) -> Result<()> {
        self.world.tag(repo, name, at, message).await
    }

    /// The branches of a repository and their tips.
    pub async fn branches(&self, repo: &str) -> Result<BTreeMap<String, String>> {
        self.world.repo(repo)?.bare.branches().await
    }

    /// Opens a pull request and gives its number.
    pub async fn open_pull(&self, repo: &str, new: NewPull) -> Result<u64> {
        self.world.open_pull(repo, new).await
    }

    /// Closes a pull request without merging.
    pub async fn close_pull(&self, repo: &str, number: u64, by: &str) -> Result<()> {
        self.world.close_pull(repo, number, by, false).await.map(|_| ())
    }

    /// Merges a pull request with a merge commit and gives that commit.
    pub async fn merge_pull(&self, repo: &str, number: u64, by: &str) -> Result<String> {
        self.world.close_pull(repo, number, by, true).await?.context("nothing was merged")
    }

    /// Looks at once whether a pull request can be merged: `Some(test merge)`, or `None` where it conflicts.
    pub async fn settle(&self, repo: &str, number: u64) -> Result<Option<String>> {
        self.world.settle(repo, number).await
    }

    /// Writes a comment as an account, with its `issue_comment` event; gives the comment's id.
    pub async fn comment_as(&self, repo: &str, number: u64, login: &str, body: &str) -> Result<u64> {
        self.world.comment_as(repo, number, login, body).await
    }

    /// Removes a comment, as a maintainer may at any time.
    pub fn delete_comment(&self, repo: &str, id: u64) -> Result<()> {
        self.world.delete_comment(repo, id)
    }

    /// Presses a button of a check run (`requested_action`), or asks for the run again (`None`, `rerequested`).
    pub async fn press(&self, repo: &str, check_run: u64, action: Option<&str>, by: &str) -> Result<Delivery> {
        self.world.press(repo, check_run, action, by).await
    }

    /// Sends any event with any payload.
    pub async fn send_event(&self, event: &str, payload: serde_json::Value) -> Result<Delivery> {
        self.world.send(event, &payload).await?.context("the double has no webhook endpoint")
    }

    /// Sends a `ping`.
    pub async fn ping(&self) -> Result<Delivery> {
        self.world.ping().await?.context("the double has no webhook endpoint")
    }

    /// Sends a delivery's bytes again under the same `X-GitHub-Delivery`.
    pub async fn redeliver(&self, id: u64) -> Result<Delivery> {
        self.world.redeliver(id).await
    }

    /// What was delivered, oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world.state().deliveries.iter().cloned().collect()
    }

    /// Lets matching requests go wrong.
    pub fn inject(&self, matching: &str, times: u32, kind: FaultKind) {
        self.world.state().faults.push(Fault { matching: matching.into(), times, kind });
    }

    /// Forgets all faults that were not used up.
    pub fn clear_faults(&self) {
        self.world.state().faults.clear();
    }

    /// A pull request's comments, oldest first.
    pub fn comments(&self, repo: &str, number: u64) -> Vec<Comment> {
        let comments = self.world.repo(repo).map(|repo| repo.comments).unwrap_or_default();
        comments.into_values().filter(|comment| comment.number == number).collect()
    }

    /// A commit's check runs, oldest first.
    pub fn check_runs(&self, repo: &str, sha: &str) -> Vec<CheckRun> {
        let runs = self.world.repo(repo).map(|repo| repo.check_runs).unwrap_or_default();
        runs.into_values().filter(|run| run.head_sha == sha).collect()
    }

    /// A commit's statuses, oldest first.
    pub fn statuses(&self, repo: &str, sha: &str) -> Vec<Status> {
        let statuses = self.world.repo(repo).map(|repo| repo.statuses).unwrap_or_default();
        statuses.into_iter().filter(|status| status.sha == sha).collect()
    }

    /// What was asked, oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.world.state().log.iter().cloned().collect()
    }

    /// How many requests had this method and a path that contains this text.
    pub fn count(&self, method: &str, path_part: &str) -> usize {
        self.world.state().log.iter().filter(|request| request.method == method && request.path.contains(path_part)).count()
    }

    /// Forgets the request log.
    pub fn clear_requests(&self) {
        self.world.state().log.clear();
    }

    /// An account, made where it does not exist; gives its id.
    pub fn add_user(&self, login: &str) -> u64 {
        let User { id, .. } = self.world.state().user(login);
        id
    }
}
