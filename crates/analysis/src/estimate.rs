//! Cycles of a core whose every instruction takes a known time, from how often each was executed. An estimate: memory without wait states, a multiplier
//! of one cycle, no time for entering an interrupt.
//!
//! Times are those of the instruction set summaries in Arm's technical reference manuals: Cortex-M0 (DDI 0432) and Cortex-M0+ (DDI 0484).
//! Not yet held against hardware. In both an instruction takes a cycle, and one more for each word that it loads or stores. A branch that is taken takes 2 more on the first
//! and 1 more on the second; of these a call (`BL`) and a return from the stack (`POP` of the program counter) 1 more again. Special registers and barriers
//! take 4 and 3.

use crate::elf::{Elf, ElfError};
use ounce_protocol::manifest::CoreModel;
use std::collections::HashMap;

/// Why there is no estimate.
#[derive(Debug, thiserror::Error)]
pub enum EstimateError {
    /// It is no image.
    #[error(transparent)]
    Elf(#[from] ElfError),
    /// Code ran that is not in the image: a chip's ROM, or what the program itself wrote.
    #[error("an instruction at {0:#x} was executed, where the image has none")]
    Outside(u64),
    /// Code that such a core does not have.
    #[error("the instruction {1:#06x} at {0:#x} is none of Armv6-M: is `estimate_cycles` right for this board?")]
    Foreign(u64, u16),
}

/// What an instruction does that takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Loads or stores so many words.
    Words(u32),
    /// A branch with a condition.
    Conditional,
    /// One without.
    Branch,
    /// `BL`.
    Call,
    /// `POP` of so many words, the last of which is the program counter.
    Return(u32),
    /// Special registers, barriers.
    Special,
}

/// Cycles of the instructions executed, address and number of each. `left` is how often the code went elsewhere than on to the next halfword, by address:
/// branches with a condition are asked for there.
///
/// # Errors
/// [`EstimateError`]: then there is none.
pub fn cycles(elf: &[u8], core: CoreModel, executed: &[(u64, u64)], left: &[(u64, u64)]) -> Result<u64, EstimateError> {
    let elf = Elf::read(elf)?;
    let left: HashMap<u64, u64> = left.iter().copied().collect();
    let (taken, special) = match core {
        CoreModel::CortexM0 => (2, 3),
        CoreModel::CortexM0Plus => (1, 2),
    };
    let mut sum = 0u64;
    for &(address, times) in executed {
        let half = |at: u64| halfword(&elf, at).ok_or(EstimateError::Outside(at));
        let first = half(address)?;
        let kind = match first >> 11 {
            0b11101..=0b11111 => wide(first, half(address.saturating_add(2))?),
            _ => narrow(first),
        };
        let more = match kind.ok_or(EstimateError::Foreign(address, first))? {
            Kind::Words(words) => times.saturating_mul(words.into()),
            Kind::Conditional => left.get(&address).copied().unwrap_or(0).min(times).saturating_mul(taken),
            Kind::Branch => times.saturating_mul(taken),
            Kind::Call => times.saturating_mul(taken + 1),
            Kind::Return(words) => times.saturating_mul(taken + 1 + u64::from(words)),
            Kind::Special => times.saturating_mul(special),
        };
        sum = sum.saturating_add(times).saturating_add(more);
    }
    Ok(sum)
}

/// The halfword at a run address.
fn halfword(elf: &Elf<'_>, address: u64) -> Option<u16> {
    elf.segments.iter().find_map(|segment| {
        let at = usize::try_from(address.checked_sub(segment.run)?).ok()?;
        let bytes = segment.bytes.get(at..at.checked_add(2)?)?;
        Some(u16::from_le_bytes(bytes.try_into().ok()?))
    })
}

/// Of 16 bits: encodings of the Armv6-M Architecture Reference Manual, A5.2.
fn narrow(h: u16) -> Option<Kind> {
    let list = (h & 0xff).count_ones();
    Some(match h >> 8 {
        // ADD and MOV of high registers into the program counter.
        0x44 | 0x46 if h & 0x87 == 0x87 => Kind::Branch,
        // BX, BLX.
        0x47 => Kind::Branch,
        // Loads and stores of one word or less; from 0x48 on those near the code.
        0x48..=0x9f => Kind::Words(1),
        // PUSH with and without the link register, POP.
        0xb4 | 0xbc => Kind::Words(list),
        0xb5 => Kind::Words(list + 1),
        0xbd => Kind::Return(list + 1),
        // CBZ, CBNZ and IT are of later cores.
        0xb1 | 0xb3 | 0xb9 | 0xbb => return None,
        0xbf if list > 0 && h & 0xf != 0 => return None,
        // STM, LDM.
        0xc0..=0xcf => Kind::Words(list),
        0xd0..=0xdd => Kind::Conditional,
        0xe0..=0xe7 => Kind::Branch,
        _ => Kind::Words(0),
    })
}

/// Of 32 bits: this architecture has six.
fn wide(first: u16, second: u16) -> Option<Kind> {
    match (first, second) {
        _ if first & 0xf800 == 0xf000 && second & 0xd000 == 0xd000 => Some(Kind::Call),
        // MSR, MRS; DSB, DMB, ISB.
        (0xf380..=0xf38f | 0xf3ef | 0xf3bf, _) => Some(Kind::Special),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_known_by_what_takes_time() {
        let check = |h: u16, kind: Option<Kind>| assert_eq!(narrow(h), kind, "{h:#06x}");
        check(0x1c48, Some(Kind::Words(0))); // adds r0, r1, #1
        check(0x4368, Some(Kind::Words(0))); // muls r0, r5
        check(0x4687, Some(Kind::Branch)); // mov pc, r0
        check(0x4680, Some(Kind::Words(0))); // mov r8, r0
        check(0x448f, Some(Kind::Branch)); // add pc, r1
        check(0x4770, Some(Kind::Branch)); // bx lr
        check(0x4801, Some(Kind::Words(1))); // ldr r0, [pc, #4]
        check(0x5c08, Some(Kind::Words(1))); // ldrb r0, [r1, r0]
        check(0x9001, Some(Kind::Words(1))); // str r0, [sp, #4]
        check(0xb5f0, Some(Kind::Words(5))); // push {r4-r7, lr}
        check(0xbc01, Some(Kind::Words(1))); // pop {r0}
        check(0xbdf0, Some(Kind::Return(5))); // pop {r4-r7, pc}
        check(0xc90e, Some(Kind::Words(3))); // ldm r1!, {r1-r3}
        check(0xd1fc, Some(Kind::Conditional)); // bne
        check(0xe7fe, Some(Kind::Branch)); // b .
        check(0xbf00, Some(Kind::Words(0))); // nop
        check(0xb108, None); // cbz r0
        check(0xbf18, None); // it ne
        assert_eq!(wide(0xf7ff, 0xfffe), Some(Kind::Call));
        assert_eq!(wide(0xf3bf, 0x8f6f), Some(Kind::Special));
        assert_eq!(wide(0xfb01, 0xf000), None); // mul.w
    }
}
