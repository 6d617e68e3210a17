//! `/ounce approve`: exactly this commit of a fork may be built and run. What it leads to stays untrusted.

use super::super::Context;
use super::super::plan::{self, Target};
use super::super::{publish, text};
use super::{Order, Ready as Prepared, Reply, Stop, words};
use crate::forge::{Forge, PullRequest};
use crate::store::commands::{self, Approval};
use crate::store::runs::{self, RunState};
use crate::store::{Connection, StoreError};
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::Manifest;

/// The pull request whose head is to be approved.
pub struct Ready {
    pull: PullRequest,
}

/// Asks the forge what the head is now.
pub async fn prepare<F: Forge>(cx: &Context<F>, order: &Order<'_>, sha: &CommitSha) -> Result<Prepared, Stop> {
    let pull = cx.forge.pull_request(order.repo(), order.pull).await?;
    let reply = if !pull.open {
        Reply::mistaken("the pull request is closed", words::closed())
    } else if !pull.from_fork {
        let text = "There is nothing to approve: this pull request comes from the repository itself and is weighed as it is.";
        Reply::mistaken("not from a fork", text)
    } else if pull.head != *sha {
        Reply::mistaken("another commit is the head", words::other_head(sha, &pull.head))
    } else {
        return Ok(Prepared::Approve(Box::new(Ready { pull })));
    };
    Ok(Prepared::Reply(reply))
}

/// Notes the approval and lets what waits begin. What is not planned yet begins with its plan.
pub async fn write<F: Forge>(
    tx: &mut Connection,
    cx: &Context<F>,
    order: &Order<'_>,
    project: i64,
    ready: Ready,
    now: Millis,
) -> Result<Reply, StoreError> {
    let head = &ready.pull.head;
    plan::put_pull_row(tx, project, &Target::now(order.repository, &ready.pull), true, now).await?;
    commands::revoke(tx, project, order.pull, head, now).await?;
    if !commands::approved(tx, project, order.pull, head).await? {
        let approval =
            Approval { project, pull: order.pull, sha: head, login: order.login, role: order.role.word(), source: &order.source };
        commands::approve(tx, &approval, now).await?;
    }
    let revoked = "A push revokes this.";
    let run = match runs::latest(tx, project, order.pull, Some(head)).await? {
        Some(run) if run.state != RunState::Superseded => run,
        Some(_) => return Ok(Reply::done("approved", format!("Approved: `{head}`. `/ounce run` weighs it. {revoked}"))),
        None => return Ok(Reply::done("approved", format!("Approved: `{head}` is weighed as soon as it is planned. {revoked}"))),
    };
    if run.state == RunState::Refused {
        return Ok(Reply::done(
            "approved, but not weighed",
            format!("Approved: `{head}`. It is not weighed all the same: {}.", text::code(&run.note)),
        ));
    }
    if !runs::begin(tx, run.id).await? {
        return Ok(Reply::done("was approved before", format!("`{head}` is approved already. {revoked}")));
    }
    // It was valid when the run was planned.
    let manifest = Manifest::parse(&run.manifest).map_err(|e| StoreError::Decode(Box::new(e)))?;
    let boards = plan::put_jobs(tx, run.id, &manifest, run.trusted, plan::PULL_PRIORITY, now).await?;
    publish::wish_for_run(tx, run.id, cx.public_url.as_deref(), now).await?;
    let text = format!("Approved: `{head}` is built and run in the sandbox, on {}. {revoked}", text::counted(boards, "board"));
    Ok(Reply::done(&format!("approved; run {} begins", run.id), text))
}
