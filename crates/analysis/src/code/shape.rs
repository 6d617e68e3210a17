//! Digests of ranges that stay the same when a link only moves things.

use super::Code;

impl Code<'_, '_> {
    /// A digest of the bytes `start..end`.
    pub fn shape(&self, start: u64, end: u64) -> Option<u32> {
        let _ = (start, end, &self.sections);
        None
    }
}
