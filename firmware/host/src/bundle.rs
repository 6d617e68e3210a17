//! Makes bundles, the form in which programs reach the runner's image: `firmware/port/src/bundle.rs` states it.

/// What an entry is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Runs as `__main__`.
    Script = 0,
    /// Executed, then its `main()` is called.
    Main = 1,
    /// May be imported.
    Module = 2,
}

/// A bundle being made.
pub struct Bundle {
    heap_bytes: u32,
    n_entries: u32,
    entries: Vec<u8>,
}

impl Bundle {
    /// An empty one, whose programs get `heap_bytes` of heap, or all there is when that is 0.
    pub fn new(heap_bytes: u32) -> Bundle {
        Bundle { heap_bytes, n_entries: 0, entries: Vec::new() }
    }

    /// Adds a file.
    pub fn add(&mut self, kind: Kind, name: &str, file: &[u8]) {
        for word in [kind as u32, name.len() as u32, file.len() as u32] {
            self.entries.extend_from_slice(&word.to_le_bytes());
        }
        for part in [name.as_bytes(), file] {
            self.entries.extend_from_slice(part);
            self.entries.resize(self.entries.len().next_multiple_of(4), 0);
        }
        self.n_entries += 1;
    }

    /// The bytes that go to the workload window.
    pub fn bytes(&self) -> Vec<u8> {
        let mut all = b"PYB1".to_vec();
        all.extend_from_slice(&self.heap_bytes.to_le_bytes());
        all.extend_from_slice(&self.n_entries.to_le_bytes());
        all.extend_from_slice(&self.entries);
        all
    }

    /// How long that is.
    pub fn len(&self) -> usize {
        12 + self.entries.len()
    }
}
