//! The bells between servers that share a PostgreSQL database: its LISTEN, rung by the triggers in `migrations/postgres`.

use super::StoreError;
use sqlx::PgPool;
use sqlx::postgres::PgListener;

/// The channel of all bells. What is sent on it is a bell's word.
const CHANNEL: &str = "ounce";

/// What another server, or this one, wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bell {
    /// A delivery was noted.
    Plan,
    /// A job is there to be taken.
    Queue,
    /// A job ended.
    Judge,
    /// A wish was stored.
    Publish,
    /// The connection was lost and is back: anything may have been rung meanwhile.
    All,
}

/// Listens to all bells.
#[derive(Debug)]
pub struct Bells {
    pool: PgPool,
    listener: Option<PgListener>,
}

impl Bells {
    pub(super) fn new(pool: PgPool) -> Bells {
        Bells { pool, listener: None }
    }

    /// Waits for the next bell. After an error it may be asked again, and connects anew.
    pub async fn next(&mut self) -> Result<Bell, StoreError> {
        loop {
            let Some(listener) = &mut self.listener else {
                let mut listener = PgListener::connect_with(&self.pool).await?;
                listener.listen(CHANNEL).await?;
                self.listener = Some(listener);
                return Ok(Bell::All);
            };
            match listener.try_recv().await {
                Ok(Some(heard)) => match heard.payload() {
                    "plan" => return Ok(Bell::Plan),
                    "queue" => return Ok(Bell::Queue),
                    "judge" => return Ok(Bell::Judge),
                    "publish" => return Ok(Bell::Publish),
                    _ => {}
                },
                Ok(None) => self.listener = None,
                Err(error) => {
                    self.listener = None;
                    return Err(error);
                }
            }
        }
    }
}
