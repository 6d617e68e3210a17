//! The same bytes are not run again: which earlier figures a job may have, and whether those it brings are such.

use super::Context;
use super::lease::LeaseError;
use crate::forge::Forge;
use crate::store::Connection;
use crate::store::jobs::{self, Holder};
use crate::store::measurements::{self, Asker};
use crate::store::runs::{self, Run};
use ounce_protocol::ids::{BoardName, RunnerName};
use ounce_protocol::measurement::{Measurement, Outcome, Reused};
use ounce_protocol::runner_api::{Earlier, EarlierAnswer};

/// Whether the figures are those of the measurement that they are said to be of, and may be used here.
pub async fn check(tx: &mut Connection, run: &Run, measurement: &Measurement, from: &Reused) -> Result<(), LeaseError> {
    let found = match &measurement.run_key {
        Some(key) => measurements::earlier(tx, asker(run, &measurement.board), key, Some(from)).await?,
        None => None,
    };
    match (&measurement.outcome, found) {
        (Outcome::Built { benches, .. }, Some(found)) if *benches == found.benches => Ok(()),
        _ => Err(LeaseError::Invalid(format!("run {} has no such figures of {} for this job", from.run, from.commit))),
    }
}

fn asker<'a>(run: &Run, board: &'a BoardName) -> Asker<'a> {
    Asker { project: run.project, board, trusted: run.trusted, pull: run.pull }
}

/// What was measured before of the same bytes, run in the same way. Nothing where somebody asked for the run by name.
pub async fn earlier<F: Forge>(cx: &Context<F>, runner: &RunnerName, job: i64, earlier: &Earlier) -> Result<EarlierAnswer, LeaseError> {
    let mut c = cx.store.connection().await?;
    let (run, board) = jobs::holds(&mut c, Holder { job, runner, token: earlier.token }).await?;
    let run = runs::get(&mut c, run).await?;
    let found = match runs::is_afresh(&mut c, run.id).await? {
        true => None,
        false => measurements::earlier(&mut c, asker(&run, &board), &earlier.run_key, None).await?,
    };
    Ok(EarlierAnswer { found })
}
