//! Who we are at GitHub, and the tokens that follow from it.
//!
//! An App's tokens are made for one repository and one purpose, kept in memory only and used while they have some life left.

use super::super::ForgeError;
use super::shapes;
use super::wire::{Ask, encoded, send, strange};
use crate::clock::Clock;
use crate::time;
use http::Method;
use octocrab::Octocrab;
use ounce_protocol::ids::RepoName;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::OnceCell;

/// A token of ours with less life than this is replaced, seconds.
const WORK_LEFT_S: i64 = 5 * 60;
/// A token for a runner must outlive its job's checkout, seconds. GitHub's tokens live an hour.
const CLONE_LEFT_S: i64 = 30 * 60;

/// Who we are.
pub enum Identity {
    /// A person.
    Token(PersonalToken),
    /// An App.
    App(App),
}

/// A personal token.
pub struct PersonalToken {
    crab: Octocrab,
    login: OnceCell<String>,
}

impl PersonalToken {
    /// A client that carries the token.
    pub fn new(crab: Octocrab) -> PersonalToken {
        PersonalToken { crab, login: OnceCell::new() }
    }
    /// The client.
    pub fn crab(&self) -> &Octocrab {
        &self.crab
    }
    /// Whose it is, asked once.
    pub async fn login(&self) -> Result<&str, ForgeError> {
        let ask = async || Ok(send(&self.crab, Ask::get("the token's account", "/user".into())).await?.json::<shapes::Account>()?.login);
        self.login.get_or_try_init(ask).await.map(String::as_str)
    }
}

/// What a token may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Purpose {
    /// What the server itself does.
    Work,
    /// To fetch the repository, on a runner.
    Clone,
}

impl Purpose {
    fn permissions(self) -> Value {
        match self {
            Purpose::Work => json!({ "contents": "read", "pull_requests": "write", "checks": "write" }),
            Purpose::Clone => json!({ "contents": "read" }),
        }
    }
    fn left_s(self) -> i64 {
        match self {
            Purpose::Work => WORK_LEFT_S,
            Purpose::Clone => CLONE_LEFT_S,
        }
    }
}

#[derive(Clone)]
struct Held {
    token: String,
    expires_s: i64,
}

/// The App's names.
pub struct Names {
    slug: String,
    login: String,
}

impl Names {
    /// Its slug, which marks its check runs.
    pub fn slug(&self) -> &str {
        &self.slug
    }
    /// The login its comments have.
    pub fn login(&self) -> &str {
        &self.login
    }
}

/// A GitHub App.
pub struct App {
    id: u64,
    /// Signs each request with a fresh JSON web token.
    crab: Octocrab,
    clock: Clock,
    names: OnceCell<Names>,
    installations: Mutex<HashMap<RepoName, u64>>,
    held: Mutex<HashMap<(RepoName, Purpose), Held>>,
}

/// A panic while it was held is a bug; a cache is right again at the next request.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl App {
    /// A client that signs as the App.
    pub fn new(id: u64, crab: Octocrab, clock: Clock) -> App {
        App { id, crab, clock, names: OnceCell::new(), installations: Mutex::default(), held: Mutex::default() }
    }

    /// The client that signs as the App: for `/app` and installations only.
    pub fn crab(&self) -> &Octocrab {
        &self.crab
    }

    /// Its number.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The time, seconds since the Unix epoch.
    pub fn now_s(&self) -> i64 {
        self.clock.now() / 1000
    }

    /// Its names, asked once.
    pub async fn names(&self) -> Result<&Names, ForgeError> {
        let ask = async || {
            let slug = send(&self.crab, Ask::get("the App", "/app".into())).await?.json::<shapes::App>()?.slug;
            Ok(Names { login: format!("{slug}[bot]"), slug })
        };
        self.names.get_or_try_init(ask).await
    }

    /// A client that may do the server's work in this repository, and in no other.
    pub async fn working(&self, repo: &RepoName) -> Result<Octocrab, ForgeError> {
        let token = self.token(repo, Purpose::Work).await?;
        self.crab.user_access_token(token).map_err(|error| strange("an installation token", &error.to_string()))
    }

    /// A token that can only read this repository, with half an hour left at least.
    pub async fn clone_token(&self, repo: &RepoName) -> Result<String, ForgeError> {
        self.token(repo, Purpose::Clone).await
    }

    /// Forgets the token for work in a repository, which GitHub no longer takes.
    pub fn forget(&self, repo: &RepoName) {
        locked(&self.held).remove(&(repo.clone(), Purpose::Work));
    }

    async fn token(&self, repo: &RepoName, purpose: Purpose) -> Result<String, ForgeError> {
        let slot = (repo.clone(), purpose);
        let now_s = self.now_s();
        if let Some(held) = locked(&self.held).get(&slot)
            && held.expires_s - now_s >= purpose.left_s()
        {
            return Ok(held.token.clone());
        }
        // Two at once may both ask: two good tokens, no harm.
        let made = match self.make(repo, purpose).await {
            // The App was removed and installed again under another number.
            Err(ForgeError::NotFound { .. }) if locked(&self.installations).remove(repo).is_some() => self.make(repo, purpose).await?,
            other => other?,
        };
        let token = made.token.clone();
        let mut held = locked(&self.held);
        held.retain(|_, held| held.expires_s > now_s);
        held.insert(slot, made);
        Ok(token)
    }

    async fn make(&self, repo: &RepoName, purpose: Purpose) -> Result<Held, ForgeError> {
        let id = self.installation(repo).await?;
        let what = format!("installation token for {repo}");
        let body = json!({ "repositories": [repo.name()], "permissions": purpose.permissions() });
        let ask = Ask::write(Method::POST, &what, format!("/app/installations/{id}/access_tokens"), body);
        let made: shapes::InstallationToken = send(&self.crab, ask).await?.json()?;
        let expires_s = time::parse(&made.expires_at).ok_or_else(|| strange(&what, "its expiry is no time"))?;
        Ok(Held { token: made.token, expires_s })
    }

    async fn installation(&self, repo: &RepoName) -> Result<u64, ForgeError> {
        if let Some(id) = locked(&self.installations).get(repo) {
            return Ok(*id);
        }
        let path = format!("/repos/{}/{}/installation", encoded(repo.owner()), encoded(repo.name()));
        let ask = Ask::get(&format!("installation of the App on {repo}"), path);
        let installation: shapes::Installation = send(&self.crab, ask).await?.json()?;
        locked(&self.installations).insert(repo.clone(), installation.id);
        Ok(installation.id)
    }
}
