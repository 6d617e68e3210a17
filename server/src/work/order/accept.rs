//! `/ounce accept`: what is over a budget is meant to be. The figures are judged again with that known, and the check turns to success.
//!
//! It counts for the head that was weighed, and for nothing that is pushed later. A budget of one pull request needs no more: the next
//! one is compared with its own base, which has this growth in it. Budgets since a tag or a day count it until it has landed, and then
//! no longer (`work::starts`).

use super::super::Context;
use super::super::text::{code, counted};
use super::{Order, Reply};
use crate::store::budgets::{self, Word};
use crate::store::runs::{self, RunState};
use crate::store::{Connection, StoreError};
use ounce_analysis::Comparison;
use ounce_analysis::comparison::Verdict;
use ounce_analysis::past::acceptable;
use ounce_protocol::job::Millis;

/// Notes what is accepted of the pull request's latest run, and has it judged again.
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
        _ => {
            return Ok(match budgets::accepted_by(tx, run.id).await? {
                Some((login, reason)) => {
                    Reply::done("was accepted before", format!("This is accepted already by {}: {}.", code(&login), code(&reason)))
                }
                None => Reply::mistaken("within the budgets", "There is nothing to accept: no budget is exceeded."),
            });
        }
    }
    let places = acceptable(&comparison);
    if places.is_empty() {
        return Ok(Reply::mistaken("does not fit", "An image does not fit its region any more: that cannot be accepted, only mended."));
    }
    for (place, growth) in &places {
        budgets::accept(tx, &run, place, *growth, Word { login: order.login, reason: &reason }, now).await?;
    }
    runs::judge_again(tx, run.id).await?;
    cx.wake.judge.notify_one();
    let text = format!(
        "Accepted: {}. It counts for the growth of {} at `{}`; a push is judged anew. Once this lands, budgets since a tag or a day count from figures \
         that have it in them.",
        code(&reason),
        counted(places.len(), "figure"),
        run.shown.short()
    );
    Ok(Reply::done(&format!("run {} accepted", run.id), text))
}
