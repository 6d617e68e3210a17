//! A job's log as it grows, for who follows it. It is only ever appended to.

use super::sql::{rows, sql};
use super::{Connection, StoreError};

rows! {
    /// Whether more can come, and how much there is.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Stands {
        /// The job's state.
        pub state: String,
        /// Bytes of its log.
        pub log_bytes: i64,
    }
}

impl Stands {
    /// Whether nothing is logged any more.
    pub fn has_ended(&self) -> bool {
        !matches!(self.state.as_str(), "queued" | "leased")
    }
}

/// How a job and its log stand, without reading the log.
pub async fn stands(c: &mut Connection, job: i64) -> Result<Option<Stands>, StoreError> {
    sql("SELECT state, COALESCE(octet_length(job_logs.text), 0) AS log_bytes FROM jobs LEFT JOIN job_logs ON job_id = jobs.id WHERE jobs.id = $1")
        .bind(job)
        .fetch_optional(c)
        .await
}

/// The log after so many characters; empty where there is none. At most `runner_api::LOG_BYTES_MAX`, as it was kept.
pub async fn text(c: &mut Connection, job: i64, after_chars: i64) -> Result<String, StoreError> {
    let found: Option<String> = sql("SELECT substr(text, CAST($2 AS INTEGER)) FROM job_logs WHERE job_id = $1")
        .bind(job)
        .bind(after_chars.saturating_add(1))
        .fetch_optional(c)
        .await?;
    Ok(found.unwrap_or_default())
}
