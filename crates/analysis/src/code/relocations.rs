//! Relocations in a linked image: those the linker kept (`--emit-relocs`), and those a loader is to apply.
//!
//! After linking, the place of a kept relocation holds the final value, with REL and with RELA tables alike: that is read, and the table
//! only says where addresses are. The place of a loader's relocation holds the addend with REL and nothing of use with RELA, where the
//! table has it.
//!
//! Sources: ELF for the Arm Architecture (IHI 0044) and for AArch64 (IHI 0056), RISC-V ELF psABI, System V ABI for AMD64 and i386.

use super::step::Window;
use super::sweep::Processor;
use super::{Allocated, How, REFERENCES_MAX, Reference};
use crate::elf::Elf;
use crate::spans::Partition;
use object::Endianness;
use object::elf::{self, RelocationType, SHF_ALLOC};
use object::read::elf::{FileHeader, Rel, Rela, SectionHeader, SectionTable, Sym, SymbolTable};
use object::read::{FileKind, SymbolIndex};
use std::collections::HashSet;

/// The most relocation tables that are read of an image: one for each output section, and two of the loader.
const TABLES_MAX: usize = 1024;

/// What a kept or dynamic relocation leaves at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An address of so many bytes.
    Address(u8),
    /// As that, from the loader's base and no symbol.
    Base(u8),
    /// The distance from the place to what is meant, so many bytes; to be shortened to so many bits.
    Distance(u8, u32),
    /// The distance from the end of a field of 4 bytes within an instruction.
    Ahead,
    /// Some field of an instruction that its decoder understands.
    Field,
    /// Nothing: a remark for the linker.
    Remark,
}

/// One entry of a table.
struct Entry {
    at: u64,
    kind: RelocationType,
    symbol: u32,
    addend: Option<i64>,
}

#[derive(Debug, Default)]
pub(super) struct Relocations {
    pub references: Vec<Reference>,
    /// Header indices of the sections whose relocations were kept.
    pub sections: HashSet<usize>,
    /// Relocations of code were kept.
    pub of_code: bool,
    pub cut: bool,
    /// Where code is relocated, ascending.
    marks: Vec<u64>,
    /// Relocated words and fields and their sizes, ascending.
    words: Vec<(u64, u64)>,
}

impl Relocations {
    pub fn read(elf: &Elf<'_>, processor: &Processor, places: &Allocated<'_, '_>, sections: &Partition<usize>) -> Self {
        let mut reader = Reader { elf, processor, places, sections, found: Relocations::default(), left: REFERENCES_MAX };
        match FileKind::parse(elf.data) {
            Ok(FileKind::Elf32) => reader.tables::<elf::FileHeader32<Endianness>>(),
            Ok(FileKind::Elf64) => reader.tables::<elf::FileHeader64<Endianness>>(),
            _ => None,
        };
        let mut found = reader.found;
        found.marks.sort_unstable();
        found.words.sort_unstable();
        found.words.dedup();
        found
    }

    /// Whether the linker changed the instruction or word at an address.
    pub fn marks(&self, at: u64) -> bool {
        self.marks.binary_search(&at).is_ok()
    }

    /// Relocated words that begin in `start..end`, and their sizes.
    pub fn words_in(&self, start: u64, end: u64) -> &[(u64, u64)] {
        let first = self.words.partition_point(|w| w.0 < start);
        let last = self.words.partition_point(|w| w.0 < end).max(first);
        &self.words[first..last]
    }
}

struct Reader<'r, 'a> {
    elf: &'r Elf<'a>,
    processor: &'r Processor,
    places: &'r Allocated<'r, 'a>,
    sections: &'r Partition<usize>,
    found: Relocations,
    left: usize,
}

impl Reader<'_, '_> {
    /// All tables of the file; none where its headers are damaged, which is not said twice.
    fn tables<H: FileHeader<Endian = Endianness>>(&mut self) -> Option<()> {
        let (endian, data) = (self.elf.endian, self.elf.data);
        let header = H::parse(data).ok()?;
        let sections: SectionTable<'_, H> = header.sections(endian, data).ok()?;
        let mut tables = 0;
        for table in sections.iter() {
            let kind = table.sh_type(endian);
            if kind != elf::SHT_REL && kind != elf::SHT_RELA {
                continue;
            }
            tables += 1;
            if tables > TABLES_MAX {
                self.found.cut = true;
                break;
            }
            let flags: u64 = table.sh_flags(endian).0;
            let of = table.info_link(endian);
            let kept = flags & SHF_ALLOC.0 == 0;
            if kept {
                // Debug information has relocations too.
                let Ok(of) = self.elf.sections.binary_search_by_key(&of.0, |s| s.index) else { continue };
                let of = &self.elf.sections[of];
                self.found.sections.insert(of.index);
                self.found.of_code |= of.executable;
            }
            let symbols = sections.symbol_table_by_index(endian, data, table.link(endian)).unwrap_or_default();
            if let Ok(Some((entries, _))) = table.rel(endian, data) {
                self.entries(
                    &symbols,
                    kept,
                    entries.iter().map(|r| Entry {
                        at: r.r_offset(endian).into(),
                        kind: r.r_type(endian),
                        symbol: r.r_sym(endian),
                        addend: None,
                    }),
                );
            }
            if let Ok(Some((entries, _))) = table.rela(endian, data) {
                let entry = |r: &H::Rela| Entry {
                    at: r.r_offset(endian).into(),
                    kind: r.r_type(endian, false),
                    symbol: r.r_sym(endian, false),
                    addend: Some(r.r_addend(endian).into()),
                };
                self.entries(&symbols, kept, entries.iter().map(entry));
            }
        }
        Some(())
    }

    fn entries<H>(&mut self, symbols: &SymbolTable<'_, H>, kept: bool, entries: impl Iterator<Item = Entry>)
    where
        H: FileHeader<Endian = Endianness>,
    {
        for entry in entries {
            if self.left == 0 {
                self.found.cut = true;
                return;
            }
            self.left -= 1;
            let symbol = (entry.symbol != 0).then(|| symbols.symbol(SymbolIndex(usize::try_from(entry.symbol).unwrap_or(usize::MAX))).ok());
            let value = match symbol {
                None => Some(0),
                // Weak and never defined, or a number rather than a place.
                Some(Some(symbol)) => {
                    let section = symbol.st_shndx(self.elf.endian);
                    (section != elf::SHN_UNDEF && section != elf::SHN_ABS).then(|| symbol.st_value(self.elf.endian).into())
                }
                Some(None) => None,
            };
            self.entry(&entry, value, kept);
        }
    }

    /// `symbol`: the value of its symbol, 0 without one; none where that is no place.
    fn entry(&mut self, entry: &Entry, symbol: Option<u64>, kept: bool) {
        let mask = self.processor.mask();
        let at = entry.at & mask;
        let Some(section) = self.sections.at(at).and_then(|s| self.elf.sections.get(s.value)) else { return };
        let kind = match self.kind(entry.kind) {
            // In data, a distance counts from itself.
            Kind::Ahead if !section.executable => Kind::Distance(4, 32),
            kind => kind,
        };
        let window = self.processor.window(section);
        if kept && section.executable && kind != Kind::Remark {
            self.found.marks.push(at);
        }
        let (bytes, bits) = match kind {
            Kind::Address(bytes) | Kind::Base(bytes) => (bytes, 0),
            Kind::Distance(bytes, bits) => (bytes, bits),
            Kind::Ahead => (4, 32),
            Kind::Field | Kind::Remark => return,
        };
        self.found.words.push((at, u64::from(bytes)));
        let there = window.number(at, bytes.into());
        let to = match (kind, entry.addend) {
            (Kind::Distance(..) | Kind::Ahead, _) => there.map(|n| {
                let spare = 64_u32.saturating_sub(bits).min(63);
                let distance = ((n << spare).cast_signed() >> spare).cast_unsigned();
                at.wrapping_add(distance).wrapping_add(if kind == Kind::Ahead { 4 } else { 0 })
            }),
            _ if kept => there,
            (Kind::Address(_), Some(addend)) => symbol.map(|s| s.wrapping_add(addend.cast_unsigned())),
            (Kind::Address(_), None) => symbol.and_then(|s| there.map(|n| if entry.symbol == 0 { n } else { n.wrapping_add(s) })),
            (_, Some(addend)) => Some(addend.cast_unsigned()),
            (_, None) => there,
        };
        if let (Some(to), Some(_)) = (to, symbol)
            && let Some(to) = self.places.resolve(to & mask)
        {
            let (at, how) = if kind == Kind::Ahead { branch(&window, at) } else { (at, How::Relocation) };
            self.found.references.push(Reference { at, to, how });
        }
    }

    fn kind(&self, kind: RelocationType) -> Kind {
        match self.processor.machine() {
            elf::EM_ARM => match kind {
                elf::R_ARM_ABS32 | elf::R_ARM_ABS32_NOI | elf::R_ARM_TARGET1 | elf::R_ARM_GLOB_DAT | elf::R_ARM_JUMP_SLOT => {
                    Kind::Address(4)
                }
                elf::R_ARM_REL32 | elf::R_ARM_REL32_NOI | elf::R_ARM_TARGET2 => Kind::Distance(4, 32),
                elf::R_ARM_PREL31 => Kind::Distance(4, 31),
                elf::R_ARM_RELATIVE => Kind::Base(4),
                elf::R_ARM_NONE | elf::R_ARM_V4BX => Kind::Remark,
                _ => Kind::Field,
            },
            elf::EM_RISCV => match kind {
                elf::R_RISCV_32 => Kind::Address(4),
                elf::R_RISCV_64 => Kind::Address(8),
                elf::R_RISCV_JUMP_SLOT => Kind::Address(self.processor.address_bytes()),
                elf::R_RISCV_RELATIVE => Kind::Base(self.processor.address_bytes()),
                elf::R_RISCV_32_PCREL => Kind::Distance(4, 32),
                elf::R_RISCV_NONE | elf::R_RISCV_RELAX | elf::R_RISCV_ALIGN => Kind::Remark,
                _ => Kind::Field,
            },
            elf::EM_AARCH64 => match kind {
                elf::R_AARCH64_ABS64 | elf::R_AARCH64_GLOB_DAT | elf::R_AARCH64_JUMP_SLOT => Kind::Address(8),
                elf::R_AARCH64_ABS32 => Kind::Address(4),
                elf::R_AARCH64_PREL64 => Kind::Distance(8, 64),
                elf::R_AARCH64_PREL32 => Kind::Distance(4, 32),
                elf::R_AARCH64_RELATIVE => Kind::Base(8),
                elf::R_AARCH64_NONE => Kind::Remark,
                _ => Kind::Field,
            },
            elf::EM_X86_64 => match kind {
                elf::R_X86_64_64 | elf::R_X86_64_GLOB_DAT | elf::R_X86_64_JUMP_SLOT => Kind::Address(8),
                elf::R_X86_64_32 | elf::R_X86_64_32S => Kind::Address(4),
                elf::R_X86_64_RELATIVE => Kind::Base(8),
                elf::R_X86_64_PC64 => Kind::Distance(8, 64),
                elf::R_X86_64_PC32
                | elf::R_X86_64_PLT32
                | elf::R_X86_64_GOTPCREL
                | elf::R_X86_64_GOTPCRELX
                | elf::R_X86_64_REX_GOTPCRELX => Kind::Ahead,
                elf::R_X86_64_NONE => Kind::Remark,
                _ => Kind::Field,
            },
            elf::EM_386 => match kind {
                elf::R_386_32 | elf::R_386_GLOB_DAT | elf::R_386_JMP_SLOT => Kind::Address(4),
                elf::R_386_RELATIVE => Kind::Base(4),
                elf::R_386_PC32 | elf::R_386_PLT32 => Kind::Ahead,
                elf::R_386_NONE => Kind::Remark,
                _ => Kind::Field,
            },
            _ => Kind::Field,
        }
    }
}

/// The instruction of an x86 processor around a distance that a relocation shows to be one, where it is a call or a branch.
fn branch(code: &Window<'_>, at: u64) -> (u64, How) {
    let before = |n: u64| at.checked_sub(n).and_then(|at| code.number(at, 1).map(|byte| (at, byte)));
    match (before(2), before(1)) {
        (_, Some((start, 0xe8))) => (start, How::Call),
        (_, Some((start, 0xe9))) => (start, How::Jump),
        (Some((start, 0x0f)), Some((_, 0x80..=0x8f))) => (start, How::Jump),
        // For want of the instruction's end, the field's end is taken.
        _ => (at, How::Relocation),
    }
}
