//! The sections `.stack_sizes`, in which LLVM states each function's frame.
//!
//! One entry after another: the function's address in the width of a pointer, then its bytes as ULEB128. rustc writes them with
//! `-Zemit-stack-sizes`, Clang with `-fstack-size-section`. Functions that allocate on the stack by an amount known only as they run are not in
//! it, nor is assembly. The section takes up no address: linkers keep it beside the image without a word in their script, without the entries of
//! functions that are left out, and strip does not remove it. Where a script discards what it does not name, it needs the line
//! `.stack_sizes 0 (INFO) : { *(.stack_sizes .stack_sizes.*) }`, and no `KEEP` in it: GNU ld would keep each function that has an entry.

use crate::elf::{ElfError, SECTIONS_MAX};
use object::Endianness;
use object::elf;
use object::read::FileKind;
use object::read::elf::{FileHeader, SectionHeader};

/// An image may state at most so many frames.
pub const FRAMES_MAX: usize = 1_000_000;

const SECTION: &[u8] = b".stack_sizes";

/// One function's frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Frame {
    /// The function's run address, without the Thumb bit.
    pub address: u64,
    /// Its frame in bytes.
    pub bytes: u64,
}

/// Why stack sizes cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StackSizesError {
    /// It is no ELF file that can be read.
    #[error(transparent)]
    Elf(#[from] ElfError),
    /// Its addresses are not final.
    #[error("stack sizes of an object file have no addresses yet; read those of the linked image")]
    Object,
    /// The section's bytes are not in the file, or compressed.
    #[error(".stack_sizes (section {section}): {why}")]
    Section {
        /// Its index in the table of sections.
        section: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// An entry is damaged.
    #[error(".stack_sizes (section {section}), at offset {offset:#x}: {why}; was the image built for another target or cut off?")]
    Entry {
        /// The section's index in the table of sections.
        section: usize,
        /// Where in the section.
        offset: usize,
        /// What is wrong.
        why: &'static str,
    },
}

/// The frames an image states, by address, one for each address: of several the largest. Empty where it has no `.stack_sizes`.
///
/// # Errors
/// Where it is not a linked ELF file, or has a `.stack_sizes` that is damaged.
pub fn frames(data: &[u8]) -> Result<Vec<Frame>, StackSizesError> {
    let mut frames = match FileKind::parse(data) {
        Ok(FileKind::Elf32) => read::<elf::FileHeader32<Endianness>>(data)?,
        Ok(FileKind::Elf64) => read::<elf::FileHeader64<Endianness>>(data)?,
        _ => return Err(ElfError::NotElf.into()),
    };
    // Largest first, so that it is the one that stays.
    frames.sort_unstable_by_key(|f| (f.address, std::cmp::Reverse(f.bytes)));
    frames.dedup_by_key(|f| f.address);
    Ok(frames)
}

/// The frame of the function at an address, in what [`frames`] gave.
pub fn frame_at(frames: &[Frame], address: u64) -> Option<u64> {
    frames.binary_search_by_key(&address, |f| f.address).ok().map(|at| frames[at].bytes)
}

fn read<H: FileHeader<Endian = Endianness>>(data: &[u8]) -> Result<Vec<Frame>, StackSizesError> {
    let damaged = |error: object::read::Error| ElfError::Damaged(error.to_string());
    let header = H::parse(data).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let table = header.sections(endian, data).map_err(damaged)?;
    if table.len() > SECTIONS_MAX {
        return Err(ElfError::TooMany { what: "sections", count: wide(table.len()), max: wide(SECTIONS_MAX) }.into());
    }
    // Only an Arm function's address has a bit that is none of it.
    let mask = if header.e_machine(endian) == elf::EM_ARM { !1 } else { u64::MAX };
    let mut frames = Vec::new();
    for (section, s) in table.iter().enumerate().filter(|(_, s)| table.section_name(endian, *s) == Ok(SECTION)) {
        if header.e_type(endian) == elf::ET_REL {
            return Err(StackSizesError::Object);
        }
        if s.sh_flags(endian).0 & elf::SHF_COMPRESSED.0 != 0 {
            return Err(StackSizesError::Section { section, why: "it is compressed; link without compressing it" });
        }
        let bytes = s.data(endian, data).map_err(|_| StackSizesError::Section { section, why: "its bytes are outside the file" })?;
        let mut entries = Entries { bytes, at: 0, section, is_64: header.is_type_64(), endian };
        while entries.at < bytes.len() {
            if frames.len() >= FRAMES_MAX {
                return Err(ElfError::TooMany { what: "stated frames", count: wide(FRAMES_MAX) + 1, max: wide(FRAMES_MAX) }.into());
            }
            let frame = entries.next()?;
            frames.push(Frame { address: frame.address & mask, ..frame });
        }
    }
    Ok(frames)
}

fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

struct Entries<'a> {
    bytes: &'a [u8],
    at: usize,
    section: usize,
    is_64: bool,
    endian: Endianness,
}

impl Entries<'_> {
    fn next(&mut self) -> Result<Frame, StackSizesError> {
        let address = self.address()?;
        Ok(Frame { address, bytes: self.uleb128()? })
    }

    fn address(&mut self) -> Result<u64, StackSizesError> {
        let width = if self.is_64 { 8 } else { 4 };
        let rest = &self.bytes[self.at..];
        let address = rest.get(..width).ok_or_else(|| self.damaged(self.at, "an address is cut off"))?;
        self.at += width;
        let digit = |n: u64, b: &u8| n << 8 | u64::from(*b);
        Ok(match self.endian {
            Endianness::Little => address.iter().rev().fold(0, digit),
            Endianness::Big => address.iter().fold(0, digit),
        })
    }

    fn uleb128(&mut self) -> Result<u64, StackSizesError> {
        let start = self.at;
        let (mut value, mut shift) = (0u64, 0u32);
        loop {
            let byte = *self.bytes.get(self.at).ok_or_else(|| self.damaged(start, "a frame's size is cut off"))?;
            self.at += 1;
            let digit = u64::from(byte & 0x7f);
            // The tenth digit has one bit left.
            if shift > 63 || digit << shift >> shift != digit {
                return Err(self.damaged(start, "a frame's size has more than 64 bits"));
            }
            value |= digit << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    fn damaged(&self, offset: usize, why: &'static str) -> StackSizesError {
        StackSizesError::Entry { section: self.section, offset, why }
    }
}
