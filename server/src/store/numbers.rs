//! Counts for operators: how many rows stand where, how long the oldest waits, and what was tallied.

use super::sql::{Row, sql};
use super::tallies::{self, Tally};
use super::units::{self, Health};
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;

/// A runner that asked for work within this time is counted as present.
pub const RUNNER_SEEN_MS: Millis = 60_000;
/// Runners that are told apart, those first enrolled; the others are counted together, so that no number of runners makes an
/// answer longer.
pub const RUNNERS_MAX: i64 = 100;

/// What has states, and their words: each is told also where nothing is in it.
const BY_STATE: [(&str, &str, &[&str]); 3] = [
    (DELIVERIES, "SELECT state, COUNT(*) FROM deliveries GROUP BY state ORDER BY state", &["noted", "done", "ignored", "failed"]),
    (RUNS, "SELECT state, COUNT(*) FROM runs GROUP BY state ORDER BY state", &["waiting", "measuring", "judged", "refused", "superseded"]),
    (JOBS, JOBS_BY_STATE, &["queued", "leased", "done", "failed", "superseded"]),
];
/// Each of the three has an index of its own: one over all states would draw the claim away from the queue's order.
const JOBS_BY_STATE: &str = "SELECT state, COUNT(*) FROM jobs WHERE state <> 'queued' AND state <> 'leased' GROUP BY state
    UNION ALL SELECT 'queued', COUNT(*) FROM jobs WHERE state = 'queued' UNION ALL SELECT 'leased', COUNT(*) FROM jobs WHERE state = 'leased'";
/// Webhooks.
pub const DELIVERIES: &str = "deliveries";
/// Runs.
pub const RUNS: &str = "runs";
/// Jobs.
pub const JOBS: &str = "jobs";

/// How many rows of a table are in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// [`DELIVERIES`], [`RUNS`] or [`JOBS`].
    pub of: &'static str,
    /// The state's word.
    pub state: String,
    /// How many.
    pub count: i64,
}

/// A runner as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerNumbers {
    /// Its name.
    pub name: String,
    /// How long ago it asked for work; none where it never did.
    pub seen_ms: Option<Millis>,
    /// Jobs it holds.
    pub leases: i64,
}

/// Everything that is counted from rows, as it is now. Times are ages in milliseconds, 0 where nothing waits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Rows by state.
    pub standing: Vec<Standing>,
    /// Texts that the forge has yet to show.
    pub outbox_due: i64,
    /// Texts given up.
    pub outbox_given_up: i64,
    /// Of the webhook that waits longest to be looked at.
    pub delivery_age_ms: Millis,
    /// Of the job that waits longest for a runner.
    pub queue_age_ms: Millis,
    /// Of the text that should stand on the forge and does not.
    pub outbox_age_ms: Millis,
    /// Runners that asked for work within [`RUNNER_SEEN_MS`], or are at it.
    pub runners_present: i64,
    /// Runners set aside because they failed again and again.
    pub runners_aside: i64,
    /// The runners told apart, by enrolment.
    pub runners: Vec<RunnerNumbers>,
    /// Units of runners' labs.
    pub units: Vec<(Health, usize)>,
    /// The tallies.
    pub tallies: Vec<Tally>,
}

/// All counts, as they are now.
pub async fn all(c: &mut Connection, now: Millis) -> Result<Numbers, StoreError> {
    let mut numbers = Numbers { standing: standing(c).await?, ..Numbers::default() };
    let outbox: (i64, i64) = sql(
        "SELECT (SELECT COUNT(*) FROM outbox WHERE sent_version < version AND given_up = 0), (SELECT COUNT(*) FROM outbox WHERE given_up = 1)",
    )
    .fetch_one(&mut *c)
    .await?;
    (numbers.outbox_due, numbers.outbox_given_up) = outbox;
    numbers.delivery_age_ms = age(c, "SELECT MIN(received_ms) FROM deliveries WHERE state = 'noted'", now).await?;
    numbers.queue_age_ms = age(c, "SELECT MIN(queued_ms) FROM jobs WHERE state = 'queued'", now).await?;
    numbers.outbox_age_ms = age(
        c,
        "SELECT MIN(wanted_ms) FROM outbox JOIN projects ON projects.id = project_id WHERE sent_version < version AND given_up = 0 AND removed_ms IS NULL",
        now,
    )
    .await?;
    numbers.runners_present =
        sql("SELECT COUNT(*) FROM runners WHERE seen_ms >= $1 OR name IN (SELECT runner FROM jobs WHERE state = 'leased')")
            .bind(now.saturating_sub(RUNNER_SEEN_MS))
            .fetch_one(&mut *c)
            .await?;
    numbers.runners_aside = sql("SELECT COUNT(*) FROM runners WHERE aside_until_ms IS NOT NULL").fetch_one(&mut *c).await?;
    let rows: Vec<Row> =
        sql("SELECT name, seen_ms, (SELECT COUNT(*) FROM jobs WHERE jobs.state = 'leased' AND jobs.runner = runners.name) AS leases
         FROM runners ORDER BY id LIMIT $1")
        .bind(RUNNERS_MAX)
        .fetch_all(&mut *c)
        .await?;
    for row in rows {
        numbers.runners.push(RunnerNumbers {
            name: row.try_get("name")?,
            seen_ms: row.try_get::<Option<Millis>>("seen_ms")?.map(|at| now.saturating_sub(at).max(0)),
            leases: row.try_get("leases")?,
        });
    }
    numbers.units = units::by_health(&units::list(c, None, now).await?).to_vec();
    numbers.tallies = tallies::all(c).await?;
    Ok(numbers)
}

async fn standing(c: &mut Connection) -> Result<Vec<Standing>, StoreError> {
    let mut standing = Vec::new();
    for (of, text, states) in BY_STATE {
        let rows: Vec<(String, i64)> = sql(text).fetch_all(&mut *c).await?;
        for state in states {
            let count = rows.iter().find(|(s, _)| s == state).map_or(0, |(_, count)| *count);
            standing.push(Standing { of, state: (*state).to_owned(), count });
        }
        let others = rows.into_iter().filter(|(state, _)| !states.contains(&state.as_str()));
        standing.extend(others.map(|(state, count)| Standing { of, state, count }));
    }
    Ok(standing)
}

async fn age(c: &mut Connection, oldest: &'static str, now: Millis) -> Result<Millis, StoreError> {
    let oldest: Option<Millis> = sql(oldest).fetch_one(c).await?;
    Ok(oldest.map_or(0, |at| now.saturating_sub(at).max(0)))
}
