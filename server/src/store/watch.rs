//! The points between two effects on the database, where a simulation may hold a step, let another go first, or cut it off for good. What happens
//! between two points either happened or did not: a transaction that is cut off before [`Point::Commit`] left nothing.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// Before it asks for a connection, to read or for one statement.
    Read,
    /// Before it begins to write.
    Write,
    /// Before what it wrote becomes so. On SQLite nobody else can write now: it may be cut off here, not held.
    Commit,
    /// After that.
    Committed,
}

/// Whoever is told, and decides when a step goes on.
pub trait Watch: Debug + Send + Sync {
    /// A step came to this point; it goes on when the answer is there.
    fn reached(&self, point: Point) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
