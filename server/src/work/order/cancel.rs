//! `/ounce cancel`: what is under way for a pull request stops. Runners are told with their next heartbeat.

use super::super::publish::{self, Stopped};
use super::super::{Context, bisect, text};
use super::{Order, Reply};
use crate::store::runs::{self, Reach};
use crate::store::{Connection, StoreError};
use ounce_protocol::job::Millis;

/// Stops the runs and the comparisons of the pull request.
pub async fn write<F>(tx: &mut Connection, cx: &Context<F>, order: &Order<'_>, project: i64, now: Millis) -> Result<Reply, StoreError> {
    let stopped = runs::supersede(tx, project, order.pull, Reach::AndCompares, now).await?;
    for run in &stopped {
        publish::wish_superseded(tx, run, Stopped::By(order.login), cx.public_url.as_deref(), now).await?;
    }
    let searches = bisect::cancel(tx, project, order.pull, order.login, now).await?;
    Ok(match stopped.len() + searches {
        0 => Reply::done("nothing was under way", "Nothing is under way for this pull request."),
        n => Reply::done(
            &format!("{n} stopped"),
            format!("{} stopped. `/ounce run` weighs the pull request again.", text::counted(n, "run")),
        ),
    })
}
