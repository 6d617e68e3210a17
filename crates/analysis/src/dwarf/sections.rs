//! The debug sections of an ELF file, decompressed where they must be, and where its code is.
//!
//! Only section headers are believed here, and these only as far as the file reaches. Everything above reads plain slices.

use super::compressed::Method;
use super::{CODE_RANGES_MAX, DECOMPRESSED_BYTES_MAX, DwarfError, SECTION_BYTES_MAX};
use crate::elf::{ElfError, SECTIONS_MAX, text_at, within};
use object::elf;
use object::read::FileKind;
use object::read::elf::{CompressionHeader, FileHeader, SectionHeader, Sym};
use object::{Endian, Endianness};
use std::borrow::Cow;

/// The sections that are read, by the name they have without a `.` or `.z` before it.
const NAMES: [&str; 10] = [
    "debug_info",
    "debug_abbrev",
    "debug_str",
    "debug_line_str",
    "debug_str_offsets",
    "debug_addr",
    "debug_line",
    "debug_ranges",
    "debug_rnglists",
    "debug_frame",
];

/// What is read of an ELF file.
#[derive(Debug, Default)]
pub(crate) struct Sections<'a> {
    pub big_endian: bool,
    pub arm: bool,
    /// The bytes of each of [`NAMES`]; empty where there is none.
    bytes: [Cow<'a, [u8]>; NAMES.len()],
    pub code: Code,
}

impl<'a> Sections<'a> {
    /// Reads section headers; decompresses the sections that `wanted` names.
    pub fn read(data: &'a [u8], wanted: &dyn Fn(&str) -> bool) -> Result<Self, DwarfError> {
        match FileKind::parse(data) {
            Ok(FileKind::Elf32) => read_as::<elf::FileHeader32<Endianness>>(data, wanted),
            Ok(FileKind::Elf64) => read_as::<elf::FileHeader64<Endianness>>(data, wanted),
            _ => Err(ElfError::NotElf.into()),
        }
    }

    /// The section with this name (`.debug_info`), empty where there is none.
    pub fn get(&self, name: &str) -> &[u8] {
        let name = name.strip_prefix('.').unwrap_or(name);
        NAMES.iter().position(|n| *n == name).map_or(&[], |i| &self.bytes[i])
    }
}

fn damaged(error: object::read::Error) -> DwarfError {
    ElfError::Damaged(error.to_string()).into()
}

fn read_as<'a, H>(data: &'a [u8], wanted: &dyn Fn(&str) -> bool) -> Result<Sections<'a>, DwarfError>
where
    H: FileHeader<Endian = Endianness>,
{
    let header = H::parse(data).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    if header.e_type(endian) == elf::ET_REL {
        return Err(ElfError::NothingLoaded.into());
    }
    let table = header.sections(endian, data).map_err(damaged)?;
    if table.len() > SECTIONS_MAX {
        return Err(DwarfError::TooMany { what: "sections", max: SECTIONS_MAX as u64 });
    }
    let strings = header.section_strings_index(endian, data).ok().and_then(|i| table.section(i).ok());
    let strings = strings.map_or(&[][..], |s| within(data, s.sh_offset(endian).into(), s.sh_size(endian).into()));
    let arm = header.e_machine(endian) == elf::EM_ARM;
    let mut read = Sections { big_endian: endian.is_big_endian(), arm, ..Sections::default() };
    let mut room = DECOMPRESSED_BYTES_MAX;
    let (mut code, mut has_zero) = (Vec::new(), false);
    for s in table.iter() {
        let flags: u64 = s.sh_flags(endian).0;
        let size: u64 = s.sh_size(endian).into();
        if flags & elf::SHF_ALLOC.0 != 0 {
            if flags & elf::SHF_EXECINSTR.0 != 0 && size > 0 {
                let start: u64 = s.sh_addr(endian).into();
                has_zero |= start == 0;
                code.push((start, start.saturating_add(size)));
            }
            continue;
        }
        let name = text_at(strings, s.sh_name(endian));
        let (index, old_style) = match (name.strip_prefix(b".z"), name.strip_prefix(b".")) {
            (Some(rest), _) if is_known(rest).is_some() => (is_known(rest), true),
            (_, Some(rest)) => (is_known(rest), false),
            _ => (None, false),
        };
        let Some(index) = index.filter(|&i| wanted(NAMES[i])) else { continue };
        if s.sh_type(endian) == elf::SHT_NOBITS {
            continue;
        }
        let bytes = within(data, s.sh_offset(endian).into(), size);
        let bytes = if old_style {
            Cow::Owned(old_compressed(bytes, NAMES[index], &mut room)?)
        } else if flags & elf::SHF_COMPRESSED.0 != 0 {
            let damaged = || DwarfError::Damaged { section: NAMES[index], offset: 0, what: "no compression header".into() };
            let (head, offset, packed) = s.compression(endian, data).map_err(|_| damaged())?.ok_or_else(damaged)?;
            let packed = within(data, offset, packed);
            let method = match head.ch_type(endian) {
                elf::ELFCOMPRESS_ZLIB => Method::Zlib,
                elf::ELFCOMPRESS_ZSTD => Method::Zstd,
                other => {
                    let what = format!("compressed by the unknown method {}", other.0);
                    return Err(DwarfError::Damaged { section: NAMES[index], offset: 0, what });
                }
            };
            Cow::Owned(super::compressed::unpack(method, packed, head.ch_size(endian).into(), NAMES[index], &mut room)?)
        } else {
            Cow::Borrowed(bytes)
        };
        if bytes.len() as u64 > SECTION_BYTES_MAX {
            return Err(DwarfError::TooMany { what: "bytes in a debug section", max: SECTION_BYTES_MAX });
        }
        read.bytes[index] = bytes;
    }
    // Searched only where it matters: almost no image has code at address 0.
    let zero_end = if has_zero { function_at_zero(&table, endian, data) } else { 0 };
    read.code = Code::new(code, zero_end)?;
    Ok(read)
}

fn is_known(name: &[u8]) -> Option<usize> {
    NAMES.iter().position(|n| n.as_bytes() == name)
}

/// `.zdebug_*`: `ZLIB`, the size as eight bytes, most significant first, and a zlib stream.
fn old_compressed(bytes: &[u8], section: &'static str, room: &mut u64) -> Result<Vec<u8>, DwarfError> {
    let size = bytes.strip_prefix(b"ZLIB").and_then(|rest| rest.first_chunk::<8>());
    let Some(size) = size else {
        return Err(DwarfError::Damaged { section, offset: 0, what: "not compressed as its name says".into() });
    };
    super::compressed::unpack(Method::Zlib, &bytes[12..], u64::from_be_bytes(*size), section, room)
}

fn function_at_zero<'a, H>(table: &object::read::elf::SectionTable<'a, H>, endian: Endianness, data: &'a [u8]) -> u64
where
    H: FileHeader<Endian = Endianness>,
{
    let Ok(symbols) = table.symbols(endian, data, elf::SHT_SYMTAB) else { return 0 };
    let at_zero = symbols.iter().take(crate::elf::SYMBOLS_MAX).filter(|s| {
        let value: u64 = s.st_value(endian).into();
        s.st_type() == elf::STT_FUNC && value <= 1 && s.st_shndx(endian) != elf::SHN_UNDEF
    });
    at_zero.map(|s| s.st_size(endian).into()).max().unwrap_or(0)
}

/// Where the image has code, by run address. Debug information of functions that the linker removed is elsewhere: at 0, at -1 or -2, or where
/// nothing is.
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// Sorted, disjoint, not adjacent.
    ranges: Vec<(u64, u64)>,
    /// The end of the function at address 0, where a symbol says that there is one: else what is at 0 has been removed.
    zero_end: u64,
}

impl Code {
    fn new(mut all: Vec<(u64, u64)>, zero_end: u64) -> Result<Self, DwarfError> {
        all.sort_unstable();
        let mut ranges: Vec<(u64, u64)> = Vec::with_capacity(all.len());
        for (start, end) in all {
            match ranges.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => ranges.push((start, end)),
            }
        }
        if ranges.len() > CODE_RANGES_MAX {
            return Err(DwarfError::TooMany { what: "separate ranges of code", max: CODE_RANGES_MAX as u64 });
        }
        Ok(Code { ranges, zero_end })
    }

    /// The range as far as it is code; `None` where it is none, or of a removed function.
    pub fn keep(&self, start: u64, end: u64) -> Option<(u64, u64)> {
        if start >= end || (start == 0 && (self.zero_end == 0 || end < self.zero_end)) {
            return None;
        }
        let (from, to) = *self.ranges[..self.ranges.partition_point(|r| r.0 <= start)].last()?;
        (from <= start && start < to).then_some((start, end.min(to)))
    }
}
