//! Orders from our own pages. Like a comment they are noted first and carried out by the planner, in the order in which all came: so a
//! page decides nothing, and nothing is done by it that a comment could not do.

use super::super::command::{Command, Part};
use super::super::event::{Installation, Repository};
use super::super::plan::end;
use super::super::{Context, forge_pause_ms};
use super::{Order, decide, later};
use crate::forge::Forge;
use crate::store::deliveries::{self, Delivery, End};
use crate::store::{StoreError, projects};
use ounce_protocol::ids::{BoardName, CommitSha, RepoName};
use serde::{Deserialize, Serialize};

/// The event's name. No forge has one like it, and the gate leaves alone whatever it does not know.
pub const EVENT: &str = "ounce_order";
/// Digits of what tells one form from another.
pub const ONCE_DIGITS: usize = 64;

/// What a page offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// What is under way for the pull request stops.
    Cancel,
    /// The pull request is weighed again.
    Run,
    /// The same, on this board only; the others keep their figures.
    Retry(BoardName),
    /// Exactly this commit of a fork may be built and run.
    Approve(CommitSha),
}

impl What {
    /// The same as a command.
    pub fn command(&self) -> Command {
        match self {
            What::Cancel => Command::Cancel,
            What::Run => Command::Run(Part::default()),
            What::Retry(board) => Command::Run(Part { boards: vec![board.clone()], ..Part::default() }),
            What::Approve(sha) => Command::Approve(sha.clone()),
        }
    }
}

/// An order from a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageOrder {
    /// Where.
    pub repository: Repository,
    /// The pull request.
    pub pull: u64,
    /// Who is logged in.
    pub login: String,
    /// What tells this form from any other of that account.
    pub once: String,
    /// What is ordered.
    pub what: What,
}

/// What names an order from a form of this account: the same form sent twice is one order.
pub fn source(login: &str, once: &str) -> String {
    format!("page:{}:{once}", login.to_lowercase())
}

/// Notes an order, once.
pub async fn note<F: Forge>(cx: &Context<F>, order: &PageOrder) -> Result<(), StoreError> {
    let body = serde_json::to_vec(order).map_err(|e| StoreError::Encode(Box::new(e)))?;
    let mut c = cx.store.connection().await?;
    deliveries::note(&mut c, &source(&order.login, &order.once), EVENT, &body, cx.clock.now()).await?;
    cx.wake.plan.notify_one();
    Ok(())
}

/// The repository as it is known, for an order.
pub fn repository(full_name: RepoName, default_branch: String) -> Repository {
    Repository { full_name, default_branch, private: None }
}

/// Carries out a noted order, where the account may give it now.
pub async fn asked<F: Forge>(cx: &Context<F>, delivery: &Delivery, event: &PageOrder) -> Result<bool, StoreError> {
    let repo = &event.repository.full_name;
    let Some(project) = projects::find(&mut *cx.store.connection().await?, repo).await? else {
        return end(cx, delivery, End::Ignored, "the project is not known any more").await;
    };
    let role = match cx.forge.role(repo, &event.login).await {
        Ok(role) => role,
        Err(error) => return later(cx, delivery, &error.to_string(), forge_pause_ms(&error)).await,
    };
    let order = Order {
        repository: &event.repository,
        installation: None::<Installation>,
        project: Some(project),
        pull: event.pull,
        comment: None,
        source: source(&event.login, &event.once),
        login: &event.login,
        role,
        command: event.what.command(),
    };
    decide(cx, delivery, vec![order], role).await
}
