//! Addresses that x86-64 code forms relative to itself: LEA, and loads of floating-point and vector constants.
//!
//! Instructions are not decoded one by one: the byte patterns of these few are looked for at every place. A pattern within another
//! instruction is possible but must also lead, by its 32-bit distance, into data of the image; so this serves to find out who uses a
//! constant of a program for a host, not to count calls.
//!
//! Source of the encodings: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapters 2.1 and 3.

use super::{How, Reference};
use crate::elf::{Elf, Section};
use crate::spans::Partition;

/// A ModRM byte of this form, but for the register, means: at a 32-bit distance from the next instruction.
const RELATIVE: u8 = 0x05;
const RELATIVE_MASK: u8 = 0xc7;

/// Adds what code refers to in sections that hold no code.
pub(super) fn references(elf: &Elf<'_>, data: &Partition<usize>, max: usize, references: &mut Vec<Reference>) {
    for section in elf.sections.iter().filter(|s| s.executable) {
        for (at, to) in (0..section.bytes.len()).filter_map(|index| at_index(section, index)) {
            if references.len() > max {
                return;
            }
            if data.at(to).is_some_and(|span| elf.sections.get(span.value).is_some_and(|s| !s.executable)) {
                references.push(Reference { at, to, how: How::Pair });
            }
        }
    }
}

/// The instruction whose opcode begins at this byte, and the address it forms.
fn at_index(section: &Section<'_>, index: usize) -> Option<(u64, u64)> {
    let bytes = section.bytes.get(index..)?;
    let modrm = match bytes {
        // LEA with REX.W, for any register.
        [0x48 | 0x4c, 0x8d, ..] => 2,
        // MOVUPS, MOVAPS, UCOMISS and COMISS, AND/OR/XOR, arithmetic, MOVDQA and MOVQ, integer vectors: 0F and the opcode.
        [0x0f, 0x10 | 0x28 | 0x2e | 0x2f | 0x54..=0x5f | 0x6f | 0x7e | 0xd4 | 0xdb | 0xeb | 0xef | 0xfa..=0xfe, ..] => 2,
        _ => return None,
    };
    let distance = bytes.get(modrm + 1..modrm + 5)?;
    if bytes[modrm] & RELATIVE_MASK != RELATIVE {
        return None;
    }
    let distance = i32::from_le_bytes(distance.try_into().ok()?);
    let at = section.run.checked_add(u64::try_from(index).ok()?)?;
    let next = at.checked_add(u64::try_from(modrm).ok()? + 5)?;
    Some((at, next.wrapping_add_signed(distance.into())))
}
