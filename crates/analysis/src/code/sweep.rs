//! Which bytes of an image are instructions, and of which set; and going through them in order.
//!
//! Mapping symbols say it where there are any. Without them, all of an executable section is taken as code, except what its own code shows
//! to be data: words that an instruction before them loads, and tables behind a table jump (Arm only: no other instruction set has data
//! there).

use super::a32::A32;
use super::aarch64::Aarch64;
use super::riscv::Riscv;
use super::step::{Decoder, Step, What, Window};
use super::thumb::Thumb;
use crate::elf::{Elf, Machine, Mapping, Section};
use object::{Endianness, elf as format};

/// How far ahead of an instruction a literal may be, bytes: that of Thumb's 32-bit load.
const POOL_REACH_BYTES: u64 = 4096;

/// The instruction set of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Isa {
    Thumb,
    A32,
    Riscv,
    Aarch64,
    /// Not instructions, or of a set that is not decoded.
    Data,
}

/// What of the image's header and symbols the decoders need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Processor {
    family: Isa,
    code: Endianness,
    data: Endianness,
    wide: bool,
    mask: u64,
    gp: Option<u64>,
    machine: format::Machine,
}

impl Processor {
    pub fn new(elf: &Elf<'_>) -> Self {
        let number = |at: usize, length: usize| {
            let bytes = elf.data.get(at..at + length).unwrap_or_default().iter();
            let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
            if elf.endian == Endianness::Little { bytes.rev().fold(0, join) } else { bytes.fold(0, join) }
        };
        // e_machine and, in the 32-bit header, e_flags.
        let (machine, flags) = (number(18, 2), number(36, 4));
        let machine = match elf.machine {
            Machine::Arm => format::EM_ARM,
            Machine::Riscv => format::EM_RISCV,
            Machine::Other | Machine::X86 => format::Machine(u16::try_from(machine).unwrap_or(0)),
        };
        let family = match elf.machine {
            Machine::Arm => Isa::Thumb,
            Machine::Riscv => Isa::Riscv,
            Machine::Other if machine == format::EM_AARCH64 => Isa::Aarch64,
            Machine::Other | Machine::X86 => Isa::Data,
        };
        // Only old Arm images have big-endian instructions.
        let old = family == Isa::Thumb && flags & u64::from(format::EF_ARM_BE8.0) == 0;
        let gp = (family == Isa::Riscv).then(|| elf.symbols.iter().find(|s| s.name == b"__global_pointer$")).flatten();
        Processor {
            family,
            code: if old { elf.endian } else { Endianness::Little },
            data: elf.endian,
            wide: elf.is_64,
            mask: if elf.is_64 { u64::MAX } else { u64::from(u32::MAX) },
            gp: gp.map(|s| s.address),
            machine,
        }
    }

    pub fn is_arm(&self) -> bool {
        self.family == Isa::Thumb
    }

    /// Whether its instructions are decoded.
    pub fn decodes(&self) -> bool {
        self.family != Isa::Data
    }

    pub fn machine(&self) -> format::Machine {
        self.machine
    }

    pub fn mask(&self) -> u64 {
        self.mask
    }

    /// Bytes of an address.
    pub fn address_bytes(&self) -> u8 {
        if self.wide { 8 } else { 4 }
    }

    pub fn window<'w>(&self, section: &Section<'w>) -> Window<'w> {
        Window { base: section.run, bytes: section.bytes, code: self.code, data: self.data, mask: self.mask }
    }

    /// What a section holds where no mapping symbol says it.
    fn unmarked(&self, section: &Section<'_>) -> Isa {
        match self.family {
            _ if !section.executable => Isa::Data,
            Isa::Thumb if looks_like_a32(&self.window(section)) => Isa::A32,
            family => family,
        }
    }

    fn marked(&self, mapping: Mapping) -> Isa {
        match mapping {
            Mapping::Arm => Isa::A32,
            Mapping::Thumb => Isa::Thumb,
            Mapping::Code => self.family,
            Mapping::Data => Isa::Data,
        }
    }

    /// Calls `visit` with the stretches of one kind in `start..end` of a section, in order; `marked` where symbols say the kind. Looks at
    /// `left` mapping symbols at most and takes those from it; false where that is not enough.
    pub fn stretches(
        &self,
        elf: &Elf<'_>,
        section: &Section<'_>,
        (start, end): (u64, u64),
        left: &mut usize,
        visit: &mut dyn FnMut(u64, u64, Isa, bool),
    ) -> bool {
        let after = elf.mapping.partition_point(|m| m.0 <= start);
        // Of several at one address, the first is said of it: code before data.
        let before = elf.mapping[..after].last().map(|m| m.0).filter(|&at| at >= section.run);
        let first = before.map_or(after, |at| elf.mapping.partition_point(|m| m.0 < at));
        let (mut at, mut isa, mut marked) = match elf.mapping.get(first) {
            Some(&(_, mapping)) if before.is_some() => (start, self.marked(mapping), true),
            _ => (start, self.unmarked(section), false),
        };
        for &(next, mapping) in elf.mapping.get(after..).unwrap_or_default() {
            if next >= end {
                break;
            }
            if *left == 0 {
                return false;
            }
            *left -= 1;
            if next == at {
                continue;
            }
            visit(at, next, isa, marked);
            (at, isa, marked) = (next, self.marked(mapping), true);
        }
        if at < end {
            visit(at, end, isa, marked);
        }
        true
    }

    /// Decodes `start..end` and shows each instruction, with its bytes as [`Window::raw`] gives them.
    pub fn sweep(&self, code: &Window<'_>, (start, end): (u64, u64), isa: Isa, marked: bool, visit: &mut impl FnMut(u64, u32, Step)) {
        match isa {
            Isa::Thumb => sweep(Thumb::new(), code, start, end, !marked, visit),
            Isa::A32 => sweep(A32::new(), code, start, end, !marked, visit),
            Isa::Riscv => sweep(Riscv::new(self.wide, self.gp), code, start, end, false, visit),
            Isa::Aarch64 => sweep(Aarch64::new(), code, start, end, !marked, visit),
            Isa::Data => {}
        }
    }
}

/// Nearly all instructions of A32 are always executed: their highest bits are 1110. In Thumb those are a rare sight.
fn looks_like_a32(code: &Window<'_>) -> bool {
    const WORDS: u64 = 64;
    let words = (0..WORDS).map_while(|i| code.raw(code.from(code.base.saturating_add(i * 4)), 4));
    let (always, all) = words.fold((0_u64, 0_u64), |(always, all), (word, _)| (always + u64::from(word >> 28 == 0xe), all + 1));
    always * 2 > all
}

fn sweep<D: Decoder>(mut decoder: D, code: &Window<'_>, start: u64, end: u64, find_data: bool, visit: &mut impl FnMut(u64, u32, Step)) {
    let mut pools = Pools::new();
    let mut at = start.checked_next_multiple_of(D::ALIGN).unwrap_or(end);
    let end = end.min(code.end());
    let mut rest = code.from(at);
    while at < end {
        if find_data && pools.take(at) {
            at += 2;
            rest = rest.get(2..).unwrap_or_default();
            continue;
        }
        let Some((raw, short)) = code.raw(rest, D::ALIGN) else { break };
        let step = decoder.step(code, at, raw, short);
        // The last one may be cut off by the end of the stretch: then it is no instruction of it.
        let length = u64::from(step.length);
        if length > end - at {
            break;
        }
        visit(at, raw, step);
        // Not beyond the end, so this does not overflow.
        at += length;
        rest = rest.get(usize::from(step.length)..).unwrap_or_default();
        match step.what {
            What::Load { pool, bytes, count, .. } if find_data => pools.put(at, pool, bytes * count),
            What::Table { halves } if find_data => {
                at = table_end(code, at, end, halves);
                rest = code.from(at);
            }
            _ => {}
        }
    }
}

/// The end of a table of branch distances: at the nearest place that an entry leads to.
fn table_end(code: &Window<'_>, start: u64, end: u64, halves: bool) -> u64 {
    let size = if halves { 2 } else { 1 };
    let (mut at, mut nearest) = (start, end);
    while at < nearest {
        let Some(distance) = code.number(at, if halves { 2 } else { 1 }).filter(|&d| d != 0) else { break };
        nearest = nearest.min(start.saturating_add(distance * 2)).max(at);
        at += size;
    }
    at.checked_next_multiple_of(2).unwrap_or(end).min(end)
}

/// Literals ahead of the instruction, a bit for each half-word.
struct Pools {
    ahead: [u64; Pools::WORDS],
    last: u64,
}

impl Pools {
    const WORDS: usize = 64;

    fn new() -> Self {
        Pools { ahead: [0; Pools::WORDS], last: 0 }
    }

    fn place(at: u64) -> (usize, u64) {
        let half = at / 2;
        (usize::try_from(half / 64 % 64).unwrap_or(0), 1 << (half % 64))
    }

    /// Notes a literal that is ahead of `at` and within reach.
    fn put(&mut self, at: u64, pool: u64, bytes: u64) {
        if pool < at || pool - at > POOL_REACH_BYTES {
            return;
        }
        for half in (0..bytes.min(8)).step_by(2) {
            let (word, bit) = Pools::place(pool.saturating_add(half));
            self.ahead[word] |= bit;
        }
        self.last = self.last.max(pool.saturating_add(bytes));
    }

    /// Whether a literal is there; it is then no longer ahead.
    fn take(&mut self, at: u64) -> bool {
        if at >= self.last {
            return false;
        }
        let (word, bit) = Pools::place(at);
        let found = self.ahead[word] & bit != 0;
        self.ahead[word] &= !bit;
        found
    }
}
