//! Webhook deliveries: noted at the gate, looked at by the planner, kept so that a replay is known.

use super::sql::{Row, sql};
use super::{Connection, StoreError};
use ounce_protocol::job::Millis;

const NO_BODY: &[u8] = &[];

/// A delivery that waits for the planner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Our row.
    pub id: i64,
    /// `X-GitHub-Delivery`.
    pub guid: String,
    /// The event's name.
    pub event: String,
    /// When it came.
    pub received_ms: Millis,
    /// The raw body.
    pub body: Vec<u8>,
    /// Times it was looked at and put back.
    pub attempts: u32,
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// What it asks for is in rows.
    Done,
    /// It asks for nothing of ours.
    Ignored,
    /// It could not be acted on.
    Failed,
}

impl End {
    fn word(self) -> &'static str {
        match self {
            End::Done => "done",
            End::Ignored => "ignored",
            End::Failed => "failed",
        }
    }
}

/// Notes a delivery for the planner. False where it is known already.
pub async fn note(c: &mut Connection, guid: &str, event: &str, body: &[u8], now: Millis) -> Result<bool, StoreError> {
    let done = sql("INSERT INTO deliveries (guid, event, body, state, due_ms, received_ms) VALUES ($1, $2, $3, 'noted', $4, $4) ON CONFLICT (guid) DO NOTHING")
        .bind(guid)
        .bind(event)
        .bind(body)
        .bind(now)
        .execute(c)
        .await?;
    Ok(done == 1)
}

/// Notes that a delivery came and was left alone, without its body. False where it is known already.
pub async fn note_ignored(c: &mut Connection, guid: &str, event: &str, why: &str, now: Millis) -> Result<bool, StoreError> {
    let done = sql(
        "INSERT INTO deliveries (guid, event, body, state, note, due_ms, received_ms) VALUES ($1, $2, $5, 'ignored', $3, $4, $4) ON CONFLICT (guid) DO NOTHING",
    )
    .bind(guid)
    .bind(event)
    .bind(why)
    .bind(now)
    .bind(NO_BODY)
    .execute(c)
    .await?;
    Ok(done == 1)
}

/// Whether a delivery is due.
pub async fn any_due(c: &mut Connection, now: Millis) -> Result<bool, StoreError> {
    let looking = sql("SELECT 1 FROM deliveries WHERE state = 'noted' AND due_ms <= $1 LIMIT 1").bind(now);
    Ok(looking.fetch_optional::<i64>(c).await?.is_some())
}

/// The oldest delivery that is due.
pub async fn due(c: &mut Connection, now: Millis) -> Result<Option<Delivery>, StoreError> {
    let row: Option<Row> = sql(
        "SELECT id, guid, event, received_ms, body, attempts FROM deliveries WHERE state = 'noted' AND due_ms <= $1 ORDER BY id LIMIT 1",
    )
    .bind(now)
    .fetch_optional(c)
    .await?;
    row.map(|r| {
        Ok(Delivery {
            id: r.try_get("id")?,
            guid: r.try_get("guid")?,
            event: r.try_get("event")?,
            received_ms: r.try_get("received_ms")?,
            body: r.try_get("body")?,
            attempts: r.try_get("attempts")?,
        })
    })
    .transpose()
}

/// Ends a delivery, once: where another server did meanwhile, it is not found, and what it led to here must not be. In one transaction
/// with what it led to.
pub async fn end(c: &mut Connection, id: i64, end: End, note: &str) -> Result<(), StoreError> {
    let ending = sql("UPDATE deliveries SET state = $2, note = $3 WHERE id = $1 AND state = 'noted'").bind(id).bind(end.word()).bind(note);
    if ending.execute(c).await? == 1 { Ok(()) } else { Err(StoreError::RowNotFound) }
}

/// Puts a delivery back until later.
pub async fn postpone(c: &mut Connection, id: i64, due: Millis, note: &str) -> Result<(), StoreError> {
    sql("UPDATE deliveries SET attempts = attempts + 1, due_ms = $2, note = $3 WHERE id = $1 AND state = 'noted'")
        .bind(id)
        .bind(due)
        .bind(note)
        .execute(c)
        .await?;
    Ok(())
}

/// Empties the bodies of deliveries that ended and are older than that. The rows stay: a replay is still a duplicate.
pub async fn forget_bodies(c: &mut Connection, received_before: Millis) -> Result<u64, StoreError> {
    let done = sql("UPDATE deliveries SET body = $2 WHERE received_ms < $1 AND state <> 'noted' AND length(body) > 0")
        .bind(received_before)
        .bind(NO_BODY)
        .execute(c)
        .await?;
    Ok(done)
}

/// Whether a delivery is known.
pub async fn known(c: &mut Connection, guid: &str) -> Result<bool, StoreError> {
    Ok(sql("SELECT 1 FROM deliveries WHERE guid = $1").bind(guid).fetch_optional::<i64>(c).await?.is_some())
}
