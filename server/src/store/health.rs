//! Whether runners work: what failed at them in a row, and until when one is set aside. `store/jobs.rs` reads it when it gives work.

use super::sql::sql;
use super::{Connection, StoreError};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::job::Millis;

/// So many failures of infrastructure in a row, and a runner gets no work.
pub const FAILURES_MAX: i64 = 3;
/// How long it is set aside the first time; each failure on probation doubles it.
pub const ASIDE_MS: Millis = 15 * 60_000;
/// Longest it is set aside.
pub const ASIDE_MS_MAX: Millis = 4 * 3_600_000;
/// Longest reason kept, bytes.
pub const WHY_BYTES_MAX: usize = 300;

/// How a runner that is set aside stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// Failures in a row.
    pub failures: i64,
    /// When it gets one job to show that it works.
    pub until_ms: Millis,
    /// The latest failure. Hostile text.
    pub why: String,
}

impl Aside {
    /// In one sentence.
    pub fn words(&self, now: Millis) -> String {
        let left_min = self.until_ms.saturating_sub(now).max(0).unsigned_abs().div_ceil(60_000);
        let next = if left_min > 0 { format!("gets one job in {left_min} min") } else { "gets one job at a time until one is done".into() };
        format!("set aside after {} failures in a row; {next}; the latest: {}", self.failures, self.why)
    }
}

/// How long a runner is set aside after so many failures in a row; none up to the limit.
pub fn aside_ms(failures: i64) -> Option<Millis> {
    let more = failures.checked_sub(FAILURES_MAX).filter(|more| *more >= 0)?;
    let doublings = u32::try_from(more).unwrap_or(u32::MAX).min(20);
    Some(ASIDE_MS.saturating_mul(1 << doublings).min(ASIDE_MS_MAX))
}

/// Notes that something of infrastructure failed at a runner. Gives how it stands where that sets it aside.
pub async fn failed(c: &mut Connection, name: &RunnerName, why: &str, now: Millis) -> Result<Option<Aside>, StoreError> {
    let so_far: Option<i64> =
        sql("SELECT failures FROM runners WHERE name = $1 FOR UPDATE").bind(name.as_str()).fetch_optional(&mut *c).await?;
    let failures = so_far.unwrap_or(0).saturating_add(1);
    let why = &why[..why.floor_char_boundary(WHY_BYTES_MAX)];
    let until_ms = aside_ms(failures).map(|ms| now.saturating_add(ms));
    sql("UPDATE runners SET failures = $2, aside_until_ms = $3, aside_why = $4 WHERE name = $1")
        .bind(name.as_str())
        .bind(failures)
        .bind(until_ms)
        .bind(why)
        .execute(c)
        .await?;
    Ok(until_ms.map(|until_ms| Aside { failures, until_ms, why: why.to_owned() }))
}

/// Notes that a runner works, or that somebody says so. False where there is none of that name.
pub async fn works(c: &mut Connection, name: &RunnerName) -> Result<bool, StoreError> {
    let there = sql("UPDATE runners SET failures = 0, aside_until_ms = NULL, aside_why = '' WHERE name = $1");
    Ok(there.bind(name.as_str()).execute(c).await? == 1)
}

/// How a runner stands, where it is set aside.
pub async fn aside(c: &mut Connection, name: &RunnerName) -> Result<Option<Aside>, StoreError> {
    let row: Option<(i64, i64, String)> =
        sql("SELECT failures, aside_until_ms, aside_why FROM runners WHERE name = $1 AND aside_until_ms IS NOT NULL")
            .bind(name.as_str())
            .fetch_optional(c)
            .await?;
    Ok(row.map(|(failures, until_ms, why)| Aside { failures, until_ms, why }))
}

/// Notes that a runner is there.
pub async fn heard(c: &mut Connection, name: &RunnerName, now: Millis) -> Result<(), StoreError> {
    sql("UPDATE runners SET seen_ms = $2 WHERE name = $1").bind(name.as_str()).bind(now).execute(c).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runner_is_set_aside_longer_each_time_up_to_the_limit() {
        let minutes = |failures| aside_ms(failures).map(|ms| ms / 60_000);
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, i64::MAX].map(minutes),
            [None, None, None, Some(15), Some(30), Some(60), Some(120), Some(240), Some(240), Some(240)]
        );
    }

    #[test]
    fn it_says_why_and_for_how_long() {
        let aside = Aside { failures: 3, until_ms: 100_000, why: "no disk".into() };
        assert_eq!(aside.words(30_000), "set aside after 3 failures in a row; gets one job in 2 min; the latest: no disk");
        assert_eq!(
            aside.words(100_000),
            "set aside after 3 failures in a row; gets one job at a time until one is done; the latest: no disk"
        );
    }
}
