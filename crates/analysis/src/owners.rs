//! Who owns each byte of a section: a symbol, the section as a whole, fill, or nobody known.
//!
//! Everything here counts from the section's first byte, so no address can overflow.
//!
//! **Padding.** Bytes between two owners, or between an owner and the section's end, are padding where both hold: there are fewer of
//! them than the alignment of the address after them (at most the section's own, at most [`PADDING_ALIGN_MAX`]); and they look like fill: zeroes,
//! 0xFF, or, in code, the processor's no-operations and the linker's traps. All else without an owner is unattributed.

use crate::elf::{Elf, Machine, Place, Section};
use crate::spans::{Partition, Span};

/// Gaps that only an alignment beyond this would explain are not called padding.
pub const PADDING_ALIGN_MAX: u64 = 4096;

/// The owner of some bytes of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum OwnerId {
    /// The symbol at this index of [`Elf::symbols`].
    Symbol(u32),
    Section,
    Padding,
    Unattributed,
}

/// For each section of the file, its bytes cut by owner. Every byte of it is in exactly one span.
pub(crate) fn owners(elf: &Elf<'_>) -> Vec<Partition<OwnerId>> {
    let mut by_header: Vec<Vec<Span<u32>>> = Vec::new();
    let mut position: std::collections::HashMap<usize, usize> = std::collections::HashMap::new();
    for section in &elf.sections {
        position.insert(section.index, by_header.len());
        by_header.push(Vec::new());
    }
    for (id, symbol) in (0u32..).zip(&elf.symbols) {
        let Place::Section(header) = symbol.place else { continue };
        let Some(&at) = position.get(&header) else { continue };
        let section = &elf.sections[at];
        let start = symbol.address.checked_sub(section.run).unwrap_or(section.size).min(section.size);
        let end = start.saturating_add(symbol.size).min(section.size);
        if start < end {
            by_header[at].push(Span::new(start, end, id));
        }
    }
    let both = elf.sections.iter().zip(by_header);
    both.map(|(section, symbols)| owners_of(section, elf.machine, Partition::innermost(symbols))).collect()
}

fn owners_of(section: &Section<'_>, machine: Machine, symbols: Partition<u32>) -> Partition<OwnerId> {
    if symbols.iter().next().is_none() {
        return Partition::from_sorted(vec![Span::new(0, section.size, OwnerId::Section)]);
    }
    let spans = symbols.over(0, section.size).map(|part| {
        let owner = match part.value {
            Some(id) => OwnerId::Symbol(id),
            None if is_padding(section, machine, part.start, part.end) => OwnerId::Padding,
            None => OwnerId::Unattributed,
        };
        Span::new(part.start, part.end, owner)
    });
    Partition::from_sorted(spans.collect())
}

fn is_padding(section: &Section<'_>, machine: Machine, start: u64, end: u64) -> bool {
    let align = alignment_of(section.run.saturating_add(end)).min(section.align);
    if end - start >= align {
        return false;
    }
    if section.nobits {
        return true;
    }
    let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let machine = if section.executable { machine } else { Machine::Other };
    section.bytes.get(index(start)..index(end)).is_some_and(|bytes| is_fill(bytes, machine, start))
}

/// The largest power of two that divides the address, at most [`PADDING_ALIGN_MAX`].
pub(crate) fn alignment_of(address: u64) -> u64 {
    if address == 0 { PADDING_ALIGN_MAX } else { (1 << address.trailing_zeros().min(63)).min(PADDING_ALIGN_MAX) }
}

/// Whether the bytes look like what assemblers and linkers fill gaps with. `offset` is that of the first byte, for its parity.
pub(crate) fn is_fill(bytes: &[u8], machine: Machine, offset: u64) -> bool {
    // Half-words, as they lie in memory. ARM: two Thumb no-operations, LLD's trap. RISC-V: c.nop and the two halves of nop.
    let code: &[[u8; 2]] = match machine {
        Machine::Arm => &[[0xc0, 0x46], [0x00, 0xbf], [0xd4, 0xd4]],
        Machine::Riscv => &[[0x01, 0x00], [0x13, 0x00]],
        Machine::Other => &[],
    };
    let blank = |b: &u8| matches!(b, 0 | 0xff);
    let odd = bytes.len().min(usize::from(offset % 2 == 1));
    let (head, rest) = bytes.split_at(odd);
    let pairs = rest.chunks_exact(2);
    head.iter().all(blank)
        && pairs.remainder().iter().all(blank)
        && pairs.into_iter().all(|pair| pair.iter().all(blank) || code.iter().any(|c| c == pair))
}
