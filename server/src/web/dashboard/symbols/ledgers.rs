//! The newest build of a board, unpacked: what it weighs, owner by owner.
//!
//! A few megabytes of the latest ones are kept in memory, so that paging through one unpacks it once. What is kept is found by the database
//! it is from and the row, with the lease under which the row came: nothing that is kept ever becomes wrong.

use crate::store::life::{self, BuildRow};
use crate::store::measurements::{self, Stored};
use crate::store::{Store, StoreError};
use ounce_analysis::weighed::Weighed;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// All that is kept, bytes of memory.
const KEPT_BYTES_MAX: usize = 24 << 20;

type Key = (String, i64, i64);

#[derive(Default)]
struct Kept {
    /// The one used last at the end.
    all: Vec<(Key, Arc<Weighed>)>,
    bytes: usize,
}

impl Kept {
    fn get(&mut self, key: &Key) -> Option<Arc<Weighed>> {
        let at = self.all.iter().position(|(there, _)| there == key)?;
        let one = self.all.remove(at);
        let weighed = Arc::clone(&one.1);
        self.all.push(one);
        Some(weighed)
    }

    fn put(&mut self, key: Key, weighed: &Arc<Weighed>) {
        if weighed.memory_bytes() > KEPT_BYTES_MAX || self.get(&key).is_some() {
            return;
        }
        self.bytes += weighed.memory_bytes();
        self.all.push((key, Arc::clone(weighed)));
        while self.bytes > KEPT_BYTES_MAX {
            self.bytes -= self.all.remove(0).1.memory_bytes();
        }
    }
}

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

fn kept<T>(with: impl FnOnce(&mut Kept) -> T) -> T {
    with(&mut KEPT.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The newest build of a board on the default branch.
pub async fn newest(store: &Store, project: i64, board: &str) -> Result<Option<(BuildRow, Arc<Weighed>)>, StoreError> {
    let mut c = store.connection().await?;
    let Some(build) = life::newest(&mut c, project, board).await? else { return Ok(None) };
    let key = (store.holder().to_owned(), build.id, build.token);
    if let Some(weighed) = kept(|kept| kept.get(&key)) {
        return Ok(Some((build, weighed)));
    }
    let Some(stored) = measurements::by_id(&mut c, build.id).await? else { return Ok(None) };
    // Of an image that is the base's, only the base was run.
    let base = match life::other_side(&mut c, &build, board).await? {
        Some(id) => measurements::by_id(&mut c, id).await?,
        None => None,
    };
    drop(c);
    let unpacking = tokio::task::spawn_blocking(move || weigh(&stored, base.as_ref()));
    let weighed = Arc::new(unpacking.await.map_err(|e| StoreError::Decode(Box::new(e)))??);
    kept(|kept| kept.put(key, &weighed));
    Ok(Some((build, weighed)))
}

fn weigh(stored: &Stored, base: Option<&Stored>) -> Result<Weighed, StoreError> {
    let measurement = stored.read()?;
    let base = match (base, measurement.has_identical()) {
        (Some(base), true) => Some(base.read()?),
        _ => None,
    };
    Ok(Weighed::of(&measurement, base.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_used_longest_ago_goes_first() {
        let mut kept = Kept::default();
        let one = Arc::new(Weighed::default());
        let key = |n: i64| ("here".to_owned(), n, 1);
        for n in 0..3 {
            kept.put(key(n), &one);
        }
        assert!(kept.get(&key(0)).is_some());
        kept.bytes = KEPT_BYTES_MAX;
        kept.put(key(3), &one);
        assert_eq!(kept.all.iter().map(|(key, _)| key.1).collect::<Vec<_>>(), [2, 0, 3], "1 was used longest ago");
        assert!(kept.get(&("elsewhere".to_owned(), 0, 1)).is_none() && kept.get(&("here".to_owned(), 0, 2)).is_none());
    }
}
