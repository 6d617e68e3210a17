//! Counters for operators that outlive a restart: rows that only grow, added to beside what they count.

use super::sql::sql;
use super::{Connection, StoreError};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Millis;

/// Leases given, by runner.
pub const LEASES: &str = "leases";
/// Leases that ended, by runner and [`Ended`].
pub const LEASES_ENDED: &str = "leases_ended";
/// Sides of jobs whose benchmarks were not run again.
pub const REUSED: &str = "reused";
/// Attempts to write to the forge that failed.
pub const POSTS_FAILED: &str = "posts_failed";
/// Tallies of leases read for a page.
const LEASES_MAX: i64 = 2_000;
/// The label of a histogram's sum.
const SUM: &str = "sum";
/// The label of what is over the largest bound.
const BEYOND: &str = "inf";

/// Durations, counted by how long they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Histogram {
    /// Its name among the tallies.
    pub name: &'static str,
    /// Upper bounds, seconds, ascending.
    pub bounds_s: &'static [i64],
}

impl Histogram {
    /// The label of the bucket that so long a time falls into.
    fn label(self, ms: Millis) -> String {
        let bound = self.bounds_s.iter().map(|s| s * 1000).find(|&bound| ms <= bound);
        bound.map_or_else(|| BEYOND.to_owned(), |bound| bound.to_string())
    }
}

/// From queued, or queued again, to leased.
pub const JOB_WAIT: Histogram = Histogram { name: "job_wait", bounds_s: &[1, 5, 15, 60, 300, 900, 3_600, 14_400] };
/// From leased to done.
pub const JOB_TIME: Histogram = Histogram { name: "job_time", bounds_s: &[15, 30, 60, 120, 300, 600, 1_200, 3_600] };
/// From when a text could stand on the forge to when it does.
pub const POST_TIME: Histogram = Histogram { name: "post_time", bounds_s: &[1, 2, 5, 10, 30, 60, 300, 1_800] };

/// How a lease ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With both measurements.
    Done,
    /// The runner failed at it for reasons of its own, or the forge refused it a token.
    Infra,
    /// The job took longer than it may.
    Timeout,
    /// The runner was not heard of any more, or asked for work as if it had none.
    Lost,
    /// The forge was down when the job was given: it went back.
    GivenBack,
    /// A newer head arrived, or somebody cancelled the run.
    Superseded,
}

impl Ended {
    /// All of them.
    pub const ALL: [Ended; 6] = [Ended::Done, Ended::Infra, Ended::Timeout, Ended::Lost, Ended::GivenBack, Ended::Superseded];

    /// Its word in rows and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Ended::Done => "done",
            Ended::Infra => "infra",
            Ended::Timeout => "timeout",
            Ended::Lost => "lost",
            Ended::GivenBack => "given_back",
            Ended::Superseded => "superseded",
        }
    }
}

/// A tally as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// What is counted.
    pub name: String,
    /// Whose; empty where it is nobody's.
    pub runner: String,
    /// How it ended, or a histogram's bound.
    pub label: String,
    /// How many.
    pub value: i64,
}

async fn add(c: &mut Connection, name: &str, runner: &str, label: &str, by: i64) -> Result<(), StoreError> {
    sql("INSERT INTO tallies (name, runner, label, value) VALUES ($1, $2, $3, $4)
         ON CONFLICT (name, runner, label) DO UPDATE SET value = tallies.value + excluded.value")
    .bind(name)
    .bind(runner)
    .bind(label)
    .bind(by)
    .execute(c)
    .await?;
    Ok(())
}

/// Counts a lease and how long its job waited, in one statement: it is a part of each claim.
pub async fn leased(c: &mut Connection, runner: &RunnerName, waited: Millis) -> Result<(), StoreError> {
    let waited = waited.max(0);
    sql("INSERT INTO tallies (name, runner, label, value) VALUES ($1, $2, '', 1), ($3, $2, $4, 1), ($3, $2, $5, $6)
         ON CONFLICT (name, runner, label) DO UPDATE SET value = tallies.value + excluded.value")
    .bind(LEASES)
    .bind(runner.as_str())
    .bind(JOB_WAIT.name)
    .bind(JOB_WAIT.label(waited))
    .bind(SUM)
    .bind(waited)
    .execute(c)
    .await?;
    Ok(())
}

/// Counts the end of a lease, after its job's row was changed: transactions that end leases beside each other take these rows in one order.
pub async fn lease_ended(c: &mut Connection, runner: &str, ended: Ended) -> Result<(), StoreError> {
    add(c, LEASES_ENDED, runner, ended.word(), 1).await
}

/// Counts a side whose benchmarks were not run again.
pub async fn reused(c: &mut Connection) -> Result<(), StoreError> {
    add(c, REUSED, "", "", 1).await
}

/// Counts a write to the forge that failed.
pub async fn post_failed(c: &mut Connection) -> Result<(), StoreError> {
    add(c, POSTS_FAILED, "", "", 1).await
}

/// Counts a duration, for a runner on rows of its own: fifty of them claim at once, and none waits for another's row. One below
/// zero, which clocks that were set back give, is none.
pub async fn took(c: &mut Connection, histogram: Histogram, runner: &str, ms: Millis) -> Result<(), StoreError> {
    let ms = ms.max(0);
    sql("INSERT INTO tallies (name, runner, label, value) VALUES ($1, $2, $3, 1), ($1, $2, $4, $5)
         ON CONFLICT (name, runner, label) DO UPDATE SET value = tallies.value + excluded.value")
    .bind(histogram.name)
    .bind(runner)
    .bind(histogram.label(ms))
    .bind(SUM)
    .bind(ms)
    .execute(c)
    .await?;
    Ok(())
}

/// All tallies.
pub async fn all(c: &mut Connection) -> Result<Vec<Tally>, StoreError> {
    let rows: Vec<super::sql::Row> =
        sql("SELECT name, runner, label, value FROM tallies ORDER BY name, runner, label").fetch_all(c).await?;
    rows.iter().map(tally).collect()
}

/// The tallies of leases: given, and ended by how. Few a runner.
pub async fn of_leases(c: &mut Connection) -> Result<Vec<Tally>, StoreError> {
    let text = "SELECT name, runner, label, value FROM tallies WHERE name IN ($1, $2) ORDER BY name, runner, label LIMIT $3";
    let rows: Vec<super::sql::Row> = sql(text).bind(LEASES).bind(LEASES_ENDED).bind(LEASES_MAX).fetch_all(c).await?;
    rows.iter().map(tally).collect()
}

fn tally(r: &super::sql::Row) -> Result<Tally, StoreError> {
    Ok(Tally { name: r.try_get("name")?, runner: r.try_get("runner")?, label: r.try_get("label")?, value: r.try_get("value")? })
}

/// A histogram as it stands, of all runners: how many in each of its bounds and beyond them, not cumulated, and their sum in milliseconds.
pub fn counted(histogram: Histogram, tallies: &[Tally]) -> (Vec<i64>, i64) {
    let value = |label: &str| tallies.iter().filter(|t| t.name == histogram.name && t.label == label).map(|t| t.value).sum::<i64>();
    let mut buckets: Vec<i64> = histogram.bounds_s.iter().map(|s| value(&(s * 1000).to_string())).collect();
    buckets.push(value(BEYOND));
    (buckets, value(SUM))
}
