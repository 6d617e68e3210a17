//! Relocations in a linked image: those the linker kept, and those a loader is to apply.

use super::sweep::Processor;
use super::{Places, Reference};
use crate::elf::Elf;
use std::collections::HashSet;

#[derive(Debug, Default)]
pub(super) struct Relocations {
    pub references: Vec<Reference>,
    /// Header indices of the sections whose relocations were kept.
    pub sections: HashSet<usize>,
    pub of_code: bool,
    pub cut: bool,
    places: Vec<u64>,
}

impl Relocations {
    pub fn read(_elf: &Elf<'_>, _processor: &Processor, _places: &Places) -> Self {
        Relocations::default()
    }

    pub fn marks(&self, at: u64) -> bool {
        self.places.binary_search(&at).is_ok()
    }
}
