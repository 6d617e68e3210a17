//! `/ounce accept`: what is over a budget is meant to be. The check turns to success with the reason shown.
//!
//! It counts for the figures of one run. Nothing else has to move: a later pull request is compared with its own base, which has
//! this growth in it once it has landed.

use super::super::text::code;
use super::super::{Context, publish};
use super::{Order, Reply};
use crate::store::runs::{self, Accepted, RunState};
use crate::store::{Connection, StoreError};
use ounce_analysis::Comparison;
use ounce_analysis::comparison::Verdict;
use ounce_protocol::job::Millis;

/// Notes the reason on the pull request's latest run.
pub async fn write<F>(
    tx: &mut Connection,
    cx: &Context<F>,
    order: &Order<'_>,
    project: i64,
    reason: String,
    now: Millis,
) -> Result<Reply, StoreError> {
    let run = match runs::latest(tx, project, order.pull, None).await? {
        Some(run) if run.state == RunState::Judged => run,
        _ => {
            return Ok(Reply::mistaken(
                "nothing is weighed",
                "There are no figures of this pull request's head yet: accept them once they are here.",
            ));
        }
    };
    let comparison: Comparison =
        serde_json::from_str(run.comparison.as_deref().unwrap_or("")).map_err(|e| StoreError::Decode(Box::new(e)))?;
    match comparison.verdict {
        Verdict::OverBudget => {}
        Verdict::Broken => {
            return Ok(Reply::mistaken("broken", "Something is broken, not over a budget: that cannot be accepted, only mended."));
        }
        _ => return Ok(Reply::mistaken("within the budgets", "There is nothing to accept: no budget is exceeded.")),
    }
    let accepted = Accepted { by: order.login.to_owned(), reason };
    if !runs::accept(tx, run.id, &accepted, now).await? {
        let by = run.accepted.map_or(String::new(), |a| format!(" by {}: {}", code(&a.by), code(&a.reason)));
        return Ok(Reply::done("was accepted before", format!("This is accepted already{by}.")));
    }
    publish::wish_for_run(tx, run.id, cx.public_url.as_deref(), now).await?;
    let text = format!(
        "Accepted: {}. It counts for `{}` only; a push is judged anew. Once this lands, later pull requests are compared with figures that have it in them.",
        code(&accepted.reason),
        run.shown.short()
    );
    Ok(Reply::done(&format!("run {} accepted", run.id), text))
}
