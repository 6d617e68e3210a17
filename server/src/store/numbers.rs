//! Counts for operators: how many rows stand where.

use super::sql::sql;
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;

/// A count with its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The metric's name, without the program's prefix.
    pub name: &'static str,
    /// The label's value, where the metric has the label `state`.
    pub state: Option<String>,
    /// The value.
    pub value: i64,
}

/// A runner that was heard of within this time is counted as present.
pub const RUNNER_SEEN_MS: Millis = 60_000;

const BY_STATE: [(&str, &str); 3] = [
    ("deliveries", "SELECT state, COUNT(*) FROM deliveries GROUP BY state ORDER BY state"),
    ("runs", "SELECT state, COUNT(*) FROM runs GROUP BY state ORDER BY state"),
    ("jobs", "SELECT state, COUNT(*) FROM jobs GROUP BY state ORDER BY state"),
];

/// All counts, as they are now.
pub async fn all(c: &mut Connection, now: Millis) -> Result<Vec<Number>, StoreError> {
    let mut numbers = Vec::new();
    for (name, text) in BY_STATE {
        let rows: Vec<(String, i64)> = sql(text).fetch_all(&mut *c).await?;
        numbers.extend(rows.into_iter().map(|(state, value)| Number { name, state: Some(state), value }));
    }
    let outbox: (i64, i64) =
        sql("SELECT COUNT(*) FILTER (WHERE sent_version < version AND given_up = 0), COUNT(*) FILTER (WHERE given_up = 1) FROM outbox")
            .fetch_one(&mut *c)
            .await?;
    numbers.push(Number { name: "outbox", state: Some("due".into()), value: outbox.0 });
    numbers.push(Number { name: "outbox", state: Some("given_up".into()), value: outbox.1 });
    let present: i64 =
        sql("SELECT COUNT(*) FROM runners WHERE seen_ms >= $1").bind(now.saturating_sub(RUNNER_SEEN_MS)).fetch_one(&mut *c).await?;
    numbers.push(Number { name: "runners_present", state: None, value: present });
    let aside: i64 = sql("SELECT COUNT(*) FROM runners WHERE aside_until_ms IS NOT NULL").fetch_one(&mut *c).await?;
    numbers.push(Number { name: "runners_aside", state: None, value: aside });
    let oldest: Option<Millis> = sql("SELECT MIN(created_ms) FROM jobs WHERE state = 'queued'").fetch_one(&mut *c).await?;
    numbers.push(Number { name: "oldest_queued_job_seconds", state: None, value: oldest.map_or(0, |t| now.saturating_sub(t) / 1000) });
    Ok(numbers)
}
