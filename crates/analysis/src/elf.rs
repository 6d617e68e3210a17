//! An ELF file read into plain lists: load segments, allocated sections, defined symbols.
//!
//! The ledger and the symbols see an ELF file only through this. What it hands out obeys the limits below and lies inside the
//! file; no size or address field has been believed beyond that.

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use object::read::{FileKind, SymbolIndex};

/// The most load segments an image may have.
pub const SEGMENTS_MAX: usize = 256;
/// The most sections an image may have.
pub const SECTIONS_MAX: usize = 16_384;
/// The most symbols an image may have.
pub const SYMBOLS_MAX: usize = 1_000_000;
/// The most bytes the load segments of an image may have together.
pub const LOADED_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Symbol and section names are read up to this length.
pub const NAME_BYTES_MAX: usize = 4096;

/// Why an ELF file cannot be weighed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// It is some other file.
    #[error("not a 32-bit or 64-bit ELF file; check `elf` in ounce.toml")]
    NotElf,
    /// Its headers are damaged.
    #[error("damaged ELF file: {0}; was the build interrupted?")]
    Damaged(String),
    /// An object file or library rather than a linked image.
    #[error("the ELF file has no load segments; `elf` in ounce.toml must name the linked image, not an object file")]
    NothingLoaded,
    /// A load segment's bytes are not in the file.
    #[error("load segment {index} says its bytes are at {offset:#x}+{bytes:#x}, outside the file of {file_bytes} B")]
    SegmentOutsideFile {
        /// Which program header, from 0.
        index: usize,
        /// Its file offset.
        offset: u64,
        /// Its size in the file.
        bytes: u64,
        /// The file's size.
        file_bytes: usize,
    },
    /// One of the limits of this crate.
    #[error("the ELF file has {count} {what}, at most {max} are read")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there are.
        count: u64,
        /// The limit.
        max: u64,
    },
}

/// The instruction set, as far as the ledger must know it: for the Thumb bit and for what fill looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    Arm,
    Riscv,
    X86,
    Other,
}

/// What a mapping symbol says of the bytes from it on, up to the next one in its section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mapping {
    /// `$a`: 32-bit Arm instructions.
    Arm,
    /// `$t`: Thumb instructions.
    Thumb,
    /// `$x`: instructions of a processor with one set of them (RISC-V, `AArch64`).
    Code,
    /// `$d`: data.
    Data,
}

/// A PT_LOAD program header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment<'a> {
    /// Where a loader puts the bytes (`p_paddr`).
    pub load: u64,
    /// Where the program expects them (`p_vaddr`).
    pub run: u64,
    /// Where they are in the file.
    pub offset: u64,
    /// The bytes in the file.
    pub bytes: &'a [u8],
    /// Size in memory, at least the size in the file.
    pub mem_bytes: u64,
    pub writable: bool,
}

impl Segment<'_> {
    pub fn file_bytes(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }
    /// Whether its bytes are loaded where they run.
    pub fn in_place(&self) -> bool {
        self.load == self.run
    }
}

/// A section that takes up addresses (SHF_ALLOC) and is not empty.
#[derive(Debug, Clone)]
pub(crate) struct Section<'a> {
    /// Its index in the section header table.
    pub index: usize,
    pub name: String,
    pub run: u64,
    pub offset: u64,
    pub size: u64,
    pub align: u64,
    pub writable: bool,
    pub executable: bool,
    pub tls: bool,
    /// It has no bytes in the file: they are zero, or whatever memory held.
    pub nobits: bool,
    /// Its bytes, as far as they are in the file.
    pub bytes: &'a [u8],
}

impl<'a> Section<'a> {
    /// Thread-local zeroes have an address but take no place: they are a template's size, not memory.
    pub fn takes_memory(&self) -> bool {
        !(self.tls && self.nobits)
    }

    /// Its bytes `start..end`, counted from its first, as far as they are in the file.
    pub fn slice(&self, start: u64, end: u64) -> &'a [u8] {
        let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).min(self.bytes.len());
        self.bytes.get(index(start)..index(end)).unwrap_or_default()
    }
}

/// Where a symbol is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the section with this header index.
    Section(usize),
    /// A number rather than a place (SHN_ABS).
    Absolute,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SymbolKind {
    Function,
    Object,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Binding {
    Global,
    Weak,
    Local,
}

/// A defined symbol. Section and file symbols and mapping symbols (`$t`, `$d`, …) have been left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Symbol<'a> {
    pub name: &'a [u8],
    /// Run address, the Thumb bit cleared.
    pub address: u64,
    pub size: u64,
    pub place: Place,
    pub kind: SymbolKind,
    pub binding: Binding,
}

/// What the other files of this crate see of an ELF file.
#[derive(Debug, Clone)]
pub(crate) struct Elf<'a> {
    /// The whole file.
    pub data: &'a [u8],
    pub machine: Machine,
    pub endian: Endianness,
    pub is_64: bool,
    /// The end of the ELF header and the program headers in the file, where these come first: a load segment may begin with them.
    pub headers_end: u64,
    /// Mapping symbols by run address (without the Thumb bit); none in most files that are not for Arm.
    pub mapping: Vec<(u64, Mapping)>,
    /// Sorted by load address.
    pub segments: Vec<Segment<'a>>,
    /// Allocated ones only, in the order of the file.
    pub sections: Vec<Section<'a>>,
    /// Sorted by preference: of several names for one place, the first one here is used. Global before weak before
    /// local, functions before objects before the rest, then the shortest, then the alphabetically first name.
    pub symbols: Vec<Symbol<'a>>,
}

impl<'a> Elf<'a> {
    pub fn read(data: &'a [u8]) -> Result<Self, ElfError> {
        Elf::read_with(data, true)
    }

    /// What is loaded, with no symbols.
    pub fn without_symbols(data: &'a [u8]) -> Result<Self, ElfError> {
        Elf::read_with(data, false)
    }

    fn read_with(data: &'a [u8], symbols: bool) -> Result<Self, ElfError> {
        match FileKind::parse(data) {
            Ok(FileKind::Elf32) => read_as::<elf::FileHeader32<Endianness>>(data, symbols),
            Ok(FileKind::Elf64) => read_as::<elf::FileHeader64<Endianness>>(data, symbols),
            _ => Err(ElfError::NotElf),
        }
    }
}

fn damaged(error: object::read::Error) -> ElfError {
    ElfError::Damaged(error.to_string())
}

fn limit(what: &'static str, count: usize, max: usize) -> Result<(), ElfError> {
    let wide = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    if count > max { Err(ElfError::TooMany { what, count: wide(count), max: wide(max) }) } else { Ok(()) }
}

/// The bytes at `offset`, as many of `size` as the file has.
pub(crate) fn within(data: &[u8], offset: u64, size: u64) -> &[u8] {
    let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
    let start = offset.min(length);
    let end = offset.saturating_add(size).min(length);
    let index = |n: u64| usize::try_from(n).unwrap_or(data.len());
    &data[index(start)..index(end)]
}

/// The text at `offset` of a string table, up to its NUL or [`NAME_BYTES_MAX`].
pub(crate) fn text_at(strings: &[u8], offset: u32) -> &[u8] {
    let rest = usize::try_from(offset).ok().and_then(|o| strings.get(o..)).unwrap_or_default();
    let rest = &rest[..rest.len().min(NAME_BYTES_MAX)];
    rest.iter().position(|&b| b == 0).map_or(rest, |nul| &rest[..nul])
}

fn read_as<H: FileHeader<Endian = Endianness>>(data: &[u8], with_symbols: bool) -> Result<Elf<'_>, ElfError> {
    let header = H::parse(data).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let machine = match header.e_machine(endian) {
        elf::EM_ARM => Machine::Arm,
        elf::EM_RISCV => Machine::Riscv,
        elf::EM_X86_64 | elf::EM_386 => Machine::X86,
        _ => Machine::Other,
    };
    let (segments, tls_run) = read_segments(header, endian, data)?;
    let program_headers = u64::from(header.e_phnum(endian)) * u64::from(header.e_phentsize(endian));
    let headers_start: u64 = header.e_phoff(endian).into();
    let headers_end = if headers_start <= 64 { headers_start.saturating_add(program_headers) } else { u64::from(header.e_ehsize(endian)) };
    let table = header.sections(endian, data).map_err(damaged)?;
    limit("sections", table.len(), SECTIONS_MAX)?;
    let strings = header.section_strings_index(endian, data).ok().and_then(|i| table.section(i).ok());
    let strings = strings.map_or(&[][..], |s| within(data, s.sh_offset(endian).into(), s.sh_size(endian).into()));
    let sections = read_sections(&table, endian, data, strings);
    let Symbols { symbols, mapping } =
        if with_symbols { read_symbols(&table, endian, data, machine, tls_run)? } else { Symbols::default() };
    Ok(Elf { data, machine, endian, is_64: header.is_type_64(), headers_end, mapping, segments, sections, symbols })
}

/// The load segments, and the run address of the thread-local template, to which TLS symbols are relative.
fn read_segments<'a, H>(header: &'a H, endian: Endianness, data: &'a [u8]) -> Result<(Vec<Segment<'a>>, Option<u64>), ElfError>
where
    H: FileHeader<Endian = Endianness>,
{
    let headers = header.program_headers(endian, data).map_err(damaged)?;
    let mut segments = Vec::new();
    let mut tls_run = None;
    let mut loaded: u64 = 0;
    for (index, p) in headers.iter().enumerate() {
        match p.p_type(endian) {
            elf::PT_TLS => tls_run = Some(p.p_vaddr(endian).into()),
            elf::PT_LOAD => {
                limit("load segments", segments.len() + 1, SEGMENTS_MAX)?;
                let (offset, file_bytes): (u64, u64) = (p.p_offset(endian).into(), p.p_filesz(endian).into());
                let bytes = within(data, offset, file_bytes);
                if u64::try_from(bytes.len()) != Ok(file_bytes) {
                    return Err(ElfError::SegmentOutsideFile { index, offset, bytes: file_bytes, file_bytes: data.len() });
                }
                loaded = loaded.saturating_add(file_bytes);
                if loaded > LOADED_BYTES_MAX {
                    return Err(ElfError::TooMany { what: "loaded bytes", count: loaded, max: LOADED_BYTES_MAX });
                }
                segments.push(Segment {
                    load: p.p_paddr(endian).into(),
                    run: p.p_vaddr(endian).into(),
                    offset,
                    bytes,
                    mem_bytes: p.p_memsz(endian).into().max(file_bytes),
                    writable: p.p_flags(endian).0 & elf::PF_W.0 != 0,
                });
            }
            _ => {}
        }
    }
    if segments.is_empty() {
        return Err(ElfError::NothingLoaded);
    }
    segments.sort_by_key(|s| (s.load, s.offset, s.bytes.len(), s.run));
    Ok((segments, tls_run))
}

fn read_sections<'a, H>(table: &SectionTable<'a, H>, endian: Endianness, data: &'a [u8], strings: &[u8]) -> Vec<Section<'a>>
where
    H: FileHeader<Endian = Endianness>,
{
    let mut sections = Vec::new();
    for (index, s) in table.iter().enumerate() {
        let flags: u64 = s.sh_flags(endian).0;
        let size: u64 = s.sh_size(endian).into();
        if flags & elf::SHF_ALLOC.0 == 0 || size == 0 {
            continue;
        }
        let nobits = s.sh_type(endian) == elf::SHT_NOBITS;
        let offset = s.sh_offset(endian).into();
        let name = String::from_utf8_lossy(text_at(strings, s.sh_name(endian))).into_owned();
        sections.push(Section {
            index,
            name: if name.is_empty() { format!("section {index}") } else { name },
            run: s.sh_addr(endian).into(),
            offset,
            size,
            align: s.sh_addralign(endian).into(),
            writable: flags & elf::SHF_WRITE.0 != 0,
            executable: flags & elf::SHF_EXECINSTR.0 != 0,
            tls: flags & elf::SHF_TLS.0 != 0,
            nobits,
            bytes: if nobits { &[] } else { within(data, offset, size) },
        });
    }
    sections
}

/// What a symbol table says.
#[derive(Default)]
struct Symbols<'a> {
    symbols: Vec<Symbol<'a>>,
    mapping: Vec<(u64, Mapping)>,
}

fn read_symbols<'a, H>(
    table: &SectionTable<'a, H>,
    endian: Endianness,
    data: &'a [u8],
    machine: Machine,
    tls_run: Option<u64>,
) -> Result<Symbols<'a>, ElfError>
where
    H: FileHeader<Endian = Endianness>,
{
    let mut all = table.symbols(endian, data, elf::SHT_SYMTAB).map_err(damaged)?;
    if all.is_empty() {
        all = table.symbols(endian, data, elf::SHT_DYNSYM).map_err(damaged)?;
    }
    limit("symbols", all.len(), SYMBOLS_MAX)?;
    let strings =
        table.section(all.string_section()).map_or(&[][..], |s| within(data, s.sh_offset(endian).into(), s.sh_size(endian).into()));
    let (mut symbols, mut mapping) = (Vec::with_capacity(all.len()), Vec::new());
    for (index, s) in all.iter().enumerate() {
        let kind = match s.st_type() {
            elf::STT_SECTION | elf::STT_FILE => continue,
            elf::STT_FUNC | elf::STT_GNU_IFUNC => SymbolKind::Function,
            elf::STT_OBJECT | elf::STT_COMMON | elf::STT_TLS => SymbolKind::Object,
            _ => SymbolKind::Other,
        };
        let place = match (s.st_shndx(endian), all.symbol_section(endian, s, SymbolIndex(index))) {
            (elf::SHN_ABS, _) => Place::Absolute,
            (_, Ok(Some(section))) => Place::Section(section.0),
            _ => continue,
        };
        let name = text_at(strings, s.st_name(endian));
        if let Some(kind) = mapping_of(name) {
            mapping.push((s.st_value(endian).into() & !1, kind));
            continue;
        }
        if name.is_empty() {
            continue;
        }
        let mut address: u64 = s.st_value(endian).into();
        if s.st_type() == elf::STT_TLS {
            // Relative to the template; without one it is no address at all.
            let Some(base) = tls_run else { continue };
            address = base.saturating_add(address);
        }
        if machine == Machine::Arm && kind == SymbolKind::Function {
            address &= !1;
        }
        let binding = match s.st_bind() {
            elf::STB_LOCAL => Binding::Local,
            elf::STB_WEAK => Binding::Weak,
            _ => Binding::Global,
        };
        symbols.push(Symbol { name, address, size: s.st_size(endian).into(), place, kind, binding });
    }
    symbols.sort_by(|a, b| {
        let key = |s: &Symbol<'a>| (s.binding, s.kind, s.name.len(), s.name);
        key(a).cmp(&key(b)).then(a.address.cmp(&b.address)).then(a.size.cmp(&b.size))
    });
    mapping.sort_unstable();
    Ok(Symbols { symbols, mapping })
}

/// Mapping symbols mark code and data within a section (`$a`, `$t`, `$d`, `$x`, with or without `.more`); they own nothing.
fn mapping_of(name: &[u8]) -> Option<Mapping> {
    if name.starts_with(b"$xrv") {
        return Some(Mapping::Code);
    }
    let ([b'$', letter] | [b'$', letter, b'.', ..]) = name else { return None };
    match letter {
        b'a' => Some(Mapping::Arm),
        b't' => Some(Mapping::Thumb),
        b'x' => Some(Mapping::Code),
        b'd' => Some(Mapping::Data),
        _ => None,
    }
}
