//! What fill between owners looks like.
//!
//! Bytes between two owners, or between an owner and the section's end, are padding where both hold: there are fewer of them than
//! the alignment of the address after them (at most the section's own, at most [`PADDING_ALIGN_MAX`]; at the section's end one of 8, for a
//! linker's script closes a section of bytes with `. = ALIGN(4)`, which is not the section's alignment); and they look like fill: zeroes, 0xFF,
//! or, in code, the processor's no-operations and the linker's traps.

use crate::elf::{Machine, Section};

/// Gaps that only an alignment beyond this would explain are not called padding: the largest page that linkers align segments to.
pub const PADDING_ALIGN_MAX: u64 = 2 * 1024 * 1024;

/// What scripts align a section's end to.
const CLOSING_ALIGN: u64 = 8;

/// Whether the section's bytes `start..end`, counted from its first, are padding.
pub(crate) fn is_padding(section: &Section<'_>, machine: Machine, start: u64, end: u64) -> bool {
    let own = if end == section.size { section.align.max(CLOSING_ALIGN) } else { section.align };
    let align = alignment_of(section.run.saturating_add(end)).min(own);
    if end - start >= align {
        return false;
    }
    if section.nobits {
        return true;
    }
    let machine = if section.executable { machine } else { Machine::Other };
    is_fill(section.slice(start, end), machine, start)
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
        Machine::X86 => return is_x86_fill(bytes) || bytes.iter().all(|b| matches!(b, 0 | 0xff)),
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

/// Traps and no-operations of any length: prefixes, then 90, or 0F 1F with an address that is not used.
///
/// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, "NOP".
fn is_x86_fill(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        let prefixes = rest.iter().take_while(|b| matches!(b, 0x66 | 0x2e)).count();
        let length = match &rest[prefixes..] {
            [0x90 | 0xcc, ..] => 1,
            [0x0f, 0x1f, modrm, ..] => {
                let sib = usize::from(modrm & 7 == 4);
                match modrm >> 6 {
                    0 => 3 + sib,
                    1 => 4 + sib,
                    2 => 7 + sib,
                    _ => 3,
                }
            }
            _ => return false,
        };
        let Some(after) = rest.get(prefixes + length..) else { return false };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_operations_of_any_length_are_fill() {
        let check = |bytes: &[u8], want: bool| assert_eq!(is_fill(bytes, Machine::X86, 0), want, "{bytes:02x?}");
        check(&[0x90], true);
        check(&[0xcc; 5], true);
        check(&[0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0], true);
        check(&[0x0f, 0x1f, 0x40, 0, 0x0f, 0x1f, 0], true);
        check(&[0x0f, 0x1f, 0x84, 0, 0], false);
        check(&[0x66], false);
        check(&[0xc3], false);
    }
}
