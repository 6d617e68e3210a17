//! What people may do in a repository, as the forge said a short while ago. For what is shown only: whatever changes something asks
//! afresh. In memory, each server for itself.

use super::super::App;
use super::Viewer;
use crate::forge::{Forge, Role};
use crate::store::sight::{self, Seen};
use crate::store::{StoreError, stored};
use ounce_protocol::ids::RepoName;
use ounce_protocol::job::Millis;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How long an answer of the forge counts.
pub const ROLE_MS: Millis = 5 * 60_000;
/// Answers remembered; with more at once each is asked anew.
pub const ROLES_MAX: usize = 20_000;
/// How long a page waits for the forge's answer.
pub const ASK_MS_MAX: u64 = 5_000;
/// Questions about roles under way at once: who looks at lists does not use up what the forge lets us ask.
pub const ASKS_MAX: usize = 8;

/// Questions that lists ask in [`LISTED_MS`]: anybody with an account on the forge can log in and look at lists, and the forge's limit is
/// what the server works with. Beyond it a list shows what is known, and a project's own page still asks.
pub const LISTED_ASKS_MAX: u32 = 1_000;
/// Over which time they are counted.
pub const LISTED_MS: Millis = 3_600_000;

/// How many questions lists have asked lately.
#[derive(Debug, Default)]
struct Listed {
    from: Millis,
    asked: u32,
}

impl Listed {
    /// Whether one more may be asked, which is counted then.
    fn one_more(&mut self, now: Millis) -> bool {
        if now.saturating_sub(self.from) >= LISTED_MS {
            *self = Listed { from: now, asked: 0 };
        }
        let may = self.asked < LISTED_ASKS_MAX;
        self.asked = self.asked.saturating_add(u32::from(may));
        may
    }
}

/// What the forge said a short while ago.
#[derive(Debug)]
pub struct Permits {
    known: Mutex<HashMap<(String, i64), (Role, Millis)>>,
    listed: Mutex<Listed>,
    asking: Arc<Semaphore>,
}

impl Default for Permits {
    fn default() -> Self {
        Permits { known: Mutex::default(), listed: Mutex::default(), asking: Arc::new(Semaphore::new(ASKS_MAX)) }
    }
}

impl Permits {
    fn known(&self) -> MutexGuard<'_, HashMap<(String, i64), (Role, Millis)>> {
        self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn remembered(&self, login: &str, project: i64, now: Millis) -> Option<Role> {
        let known = self.known();
        let (role, at) = known.get(&(login.to_lowercase(), project))?;
        (now.saturating_sub(*at) < ROLE_MS).then_some(*role)
    }

    /// Whether a list may ask about a project that nothing is remembered of.
    fn may_ask(&self, now: Millis) -> bool {
        self.listed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).one_more(now)
    }

    /// What an account may do in a project's repository. None where the forge does not say: then nothing is shown for it.
    pub async fn role<F: Forge>(&self, app: &App<F>, login: &str, project: &Seen) -> Option<Role> {
        let now = app.cx.clock.now();
        if let Some(role) = self.remembered(login, project.id, now) {
            return Some(role);
        }
        let repo: RepoName = stored(&project.repo).ok()?;
        let asking = async {
            let _place = self.asking.acquire().await.ok()?;
            match app.cx.forge.role(&repo, login).await {
                Ok(role) => Some(role),
                Err(error) => {
                    tracing::warn!(%repo, login, %error, "what an account may do could not be asked; it sees nothing of it");
                    None
                }
            }
        };
        let role = tokio::time::timeout(Duration::from_millis(ASK_MS_MAX), asking).await.ok().flatten()?;
        let mut known = self.known();
        if known.len() >= ROLES_MAX {
            known.retain(|_, (_, at)| now.saturating_sub(*at) < ROLE_MS);
        }
        if known.len() < ROLES_MAX {
            known.insert((login.to_lowercase(), project.id), (role, now));
        }
        Some(role)
    }

    /// The private projects that are shown to who looks, beside those that everybody sees.
    pub async fn visible<F: Forge>(&self, app: &App<F>, viewer: &Viewer) -> Result<Vec<i64>, StoreError> {
        let person = match viewer {
            Viewer::Stranger => return Ok(Vec::new()),
            Viewer::Token { project } => return Ok(vec![*project]),
            Viewer::Person(person) => person,
        };
        let private = sight::private(&mut *app.cx.store.connection().await?).await?;
        let mut asking = JoinSet::new();
        let now = app.cx.clock.now();
        let is_asked = |project: &Seen| self.remembered(&person.login, project.id, now).is_some() || self.may_ask(now);
        for project in private.into_iter().filter(is_asked) {
            let (app, login) = (app.clone(), person.login.clone());
            asking.spawn(async move {
                let role = app.permits.role(&app, &login, &project).await;
                role.filter(|role| *role >= Role::Read).map(|_| project.id)
            });
        }
        let mut visible: Vec<i64> = asking.join_all().await.into_iter().flatten().collect();
        visible.sort_unstable();
        Ok(visible)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_do_not_use_up_what_the_forge_lets_us_ask() {
        let permits = Permits::default();
        let asked = (0..2 * LISTED_ASKS_MAX).filter(|_| permits.may_ask(LISTED_MS)).count();
        assert_eq!(asked, usize::try_from(LISTED_ASKS_MAX).unwrap());
        assert!(!permits.may_ask(2 * LISTED_MS - 1));
        assert!(permits.may_ask(2 * LISTED_MS), "an hour later");
    }
}
