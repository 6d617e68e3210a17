//! Digests of ranges that stay the same when a link only moves things: by them a function is known again under another address or name.
//!
//! Left out is what a link decides: where calls and branches that leave the range go, addresses formed from immediates, and words that are
//! addresses. Branches inside the range count by which instruction they lead to, and the first half of an address is left out whole, so
//! that a RISC-V linker's shorter calls and addresses (relaxation) change nothing. All other bits of instructions and data count: two
//! functions that differ in a constant differ in shape. Two that differ only in whom they call do not.

use super::Code;
use super::step::{Step, What, Window};
use super::sweep::Isa;

/// FNV-1a with 32 bits (Fowler, Noll, Vo). Not for defence: whoever writes a build can make two functions of one shape.
struct Digest(u32);

impl Digest {
    fn new() -> Self {
        Digest(0x811c_9dc5)
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }

    #[inline]
    fn word(&mut self, word: u32) {
        word.to_le_bytes().into_iter().for_each(|byte| self.byte(byte));
    }

    /// Something left out.
    fn hole(&mut self, kind: u8) {
        self.byte(0xa5);
        self.byte(kind);
    }
}

/// What stands in the digest for what is left out.
const OUTSIDE: u8 = 1;
const ADDRESS: u8 = 2;
const INSIDE: u8 = 3;

/// An instruction of the range.
struct Token {
    at: u64,
    length: u64,
    /// Without what a link changes.
    bits: u32,
    to: To,
}

enum To {
    /// Nothing is left out.
    Nowhere,
    Branch(u64),
    Literal(u64),
    Address,
}

struct Range<'r> {
    start: u64,
    end: u64,
    tokens: Vec<Token>,
    /// Instructions that are the first half of an address, ascending.
    halves: Vec<u64>,
    /// Words that are addresses, and their sizes, ascending.
    addresses: Vec<(u64, u64)>,
    window: Window<'r>,
    /// A word that points into the range counts from its start.
    code: bool,
}

impl Code<'_, '_> {
    /// A digest of the bytes at the run addresses `start..end`, without what a link changes in them. None where the range is empty, not in
    /// the bytes of one section, or code of a processor whose instructions are not decoded, without relocations.
    ///
    /// Takes time linear in the range: asked of disjoint ranges, in the image.
    pub fn shape(&self, start: u64, end: u64) -> Option<u32> {
        let section = self.elf.sections.get(self.sections.at(start)?.value)?;
        let window = self.processor.window(section);
        if start >= end || end > window.end() {
            return None;
        }
        let relocated = self.relocations.sections.contains(&section.index);
        let mut range =
            Range { start, end, tokens: Vec::new(), halves: Vec::new(), addresses: Vec::new(), window, code: section.executable };
        let (mut decoded, mut all) = (false, usize::MAX);
        self.processor.stretches(self.elf, section, (start, end), &mut all, &mut |from, to, isa, marked| {
            if isa != Isa::Data {
                decoded = true;
                self.processor
                    .sweep(&window, (from, to), isa, marked, &mut |at, raw, step| self.token(&mut range, relocated, at, raw, step));
            }
        });
        let mapped = decoded || self.processor.decodes() || !section.executable;
        if !mapped && !relocated {
            return None;
        }
        range.addresses.extend(self.relocations.words_in(start, end));
        range.addresses.sort_unstable();
        range.addresses.dedup_by_key(|a| a.0);
        range.halves.sort_unstable();
        range.halves.dedup();
        Some(range.digest())
    }

    fn token(&self, range: &mut Range<'_>, relocated: bool, at: u64, raw: u32, step: Step) {
        let is_address = |to, places| self.places.resolve(to).is_some() && self.is_address(to, relocated, places);
        let mut to = To::Nowhere;
        match step.what {
            What::Plain | What::Half | What::Offset { .. } | What::CallKnown { .. } | What::CallRegister | What::Table { .. } => {}
            What::Call { to: there, first } | What::Jump { to: there, first } => {
                if first != at {
                    range.halves.push(first);
                }
                to = To::Branch(there);
            }
            What::Address { to: there, first, certain } => {
                if certain || is_address(there, [first, at]) {
                    if first != at {
                        range.halves.push(first);
                    }
                    to = if first == at { To::Branch(there) } else { To::Address };
                }
            }
            What::Load { pool, bytes, count, value } => {
                to = To::Literal(pool);
                for pool in (0..count).map(|i| pool.saturating_add(i.saturating_mul(bytes))) {
                    let number = usize::try_from(bytes).ok().and_then(|bytes| range.window.number(pool, bytes));
                    if value && number.is_some_and(|number| is_address(number, [pool, pool])) {
                        range.addresses.push((pool, bytes));
                    }
                }
            }
        }
        let whole = matches!(to, To::Nowhere);
        let raw = if step.length == 2 { raw & 0xffff } else { raw };
        let bits = if whole { raw } else { step.bits };
        range.tokens.push(Token { at, length: step.length.into(), bits, to });
    }
}

impl Range<'_> {
    fn holds(&self, address: u64) -> bool {
        (self.start..self.end).contains(&address)
    }

    fn digest(&self) -> u32 {
        let mut digest = Digest::new();
        let mut at = self.start;
        for token in &self.tokens {
            self.data(&mut digest, at, token.at);
            at = token.at.saturating_add(token.length);
            if self.halves.binary_search(&token.at).is_ok() {
                continue;
            }
            digest.word(token.bits);
            match token.to {
                To::Nowhere => {}
                To::Address => digest.hole(ADDRESS),
                To::Branch(to) if self.holds(to & !1) => {
                    digest.hole(INSIDE);
                    digest.word(self.place(to & !1));
                }
                To::Literal(pool) if self.holds(pool) => digest.word(u32::try_from(pool - self.start).unwrap_or(u32::MAX)),
                To::Branch(_) | To::Literal(_) => digest.hole(OUTSIDE),
            }
        }
        self.data(&mut digest, at, self.end);
        digest.0
    }

    /// How many instructions that count are before an address.
    fn place(&self, address: u64) -> u32 {
        let before = self.tokens.partition_point(|t| t.at < address) - self.halves.partition_point(|&h| h < address).min(self.tokens.len());
        u32::try_from(before).unwrap_or(u32::MAX)
    }

    /// What is not instructions.
    fn data(&self, digest: &mut Digest, start: u64, end: u64) {
        let mut at = start;
        let mut next = self.addresses.partition_point(|a| a.0 < start);
        while at < end {
            let address = self.addresses.get(next).filter(|a| a.0 == at && a.1 <= end - at);
            if let Some(&(_, bytes)) = address {
                digest.hole(ADDRESS);
                at += bytes;
                next += 1;
                while self.addresses.get(next).is_some_and(|a| a.0 < at) {
                    next += 1;
                }
                continue;
            }
            if self.code && at.is_multiple_of(4) && end - at >= 4 {
                // A table of places in the function.
                let inside = self.window.number(at, 4).filter(|&n| self.holds(n & !1));
                if let Some(inside) = inside {
                    digest.hole(INSIDE);
                    digest.word(u32::try_from((inside & !1) - self.start).unwrap_or(u32::MAX));
                    at += 4;
                    continue;
                }
            }
            digest.byte(self.window.number(at, 1).and_then(|n| u8::try_from(n).ok()).unwrap_or(0));
            at += 1;
            while self.addresses.get(next).is_some_and(|a| a.0 < at) {
                next += 1;
            }
        }
    }
}
