//! An image's code, read once and only when something asks.

use crate::code::{Code, Scan};
use crate::elf::Elf;
use std::cell::OnceCell;

/// Answers about code, kept for the next question.
pub(crate) struct Reading<'e, 'a> {
    elf: &'e Elf<'a>,
    code: OnceCell<Code<'e, 'a>>,
    scan: OnceCell<Scan>,
}

impl<'e, 'a> Reading<'e, 'a> {
    pub fn of(elf: &'e Elf<'a>) -> Self {
        Reading { elf, code: OnceCell::new(), scan: OnceCell::new() }
    }

    fn code(&self) -> &Code<'e, 'a> {
        self.code.get_or_init(|| Code::new(self.elf))
    }

    /// What code refers to.
    pub fn scan(&self) -> &Scan {
        self.scan.get_or_init(|| self.code().scan())
    }

    /// The digest of a range of run addresses without what a link changes.
    pub fn shape(&self, start: u64, end: u64) -> Option<u32> {
        self.code().shape(start, end)
    }
}
