//! The one place of the server that reads the time.
//!
//! Everything else is given a [`Clock`] or a time, so that a test can let an hour pass by adding it.

use ounce_protocol::job::Millis;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's time, or one that stands still, plus an offset that tests move. Clones share the offset.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    standing: Option<Millis>,
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Stands still at that time until it is moved, for simulations.
    pub fn standing(at: Millis) -> Clock {
        Clock { standing: Some(at), offset_ms: Arc::default() }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now(&self) -> Millis {
        let since_epoch =
            || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| Millis::try_from(d.as_millis()).unwrap_or(Millis::MAX));
        self.standing.unwrap_or_else(since_epoch).saturating_add(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Lets time pass, for tests.
    pub fn advance(&self, ms: Millis) {
        self.offset_ms.fetch_add(ms, Ordering::Relaxed);
    }
}
