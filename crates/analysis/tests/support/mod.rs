//! A small writer of 32-bit little-endian ELF files, so that a test can say anything an ELF file can say, true or not; and a
//! seeded source of numbers.
#![allow(dead_code, reason = "each test file uses its own part of this one")]

use ounce_protocol::ids::RegionName;
use ounce_protocol::manifest::Region;
use ounce_protocol::measurement::{RegionKind, RegionLedger, Row};

pub const ARM: u16 = 40;
pub const RISCV: u16 = 243;

pub const SHF_WRITE: u32 = 1;
pub const SHF_ALLOC: u32 = 2;
pub const SHF_EXEC: u32 = 4;
pub const SHF_TLS: u32 = 0x400;
pub const NOTYPE: u8 = 0;
pub const OBJECT: u8 = 1;
pub const FUNC: u8 = 2;
pub const SECTION: u8 = 3;
pub const FILE: u8 = 4;
pub const TLS: u8 = 6;
pub const LOCAL: u8 = 0;
pub const GLOBAL: u8 = 1;
pub const WEAK: u8 = 2;

#[derive(Debug, Clone, Default)]
pub struct Image {
    pub machine: u16,
    pub segments: Vec<Seg>,
    pub sections: Vec<Sec>,
    pub symbols: Vec<Sym>,
    /// Address of a PT_TLS header.
    pub tls: Option<u32>,
}

#[derive(Debug, Clone)]
pub struct Seg {
    pub load: u32,
    pub run: u32,
    pub bytes: Vec<u8>,
    pub mem: u32,
    pub writable: bool,
}

#[derive(Debug, Clone)]
pub struct Sec {
    pub name: String,
    pub flags: u32,
    pub run: u32,
    pub size: u32,
    pub align: u32,
    /// Segment and the place in it; none for NOBITS.
    pub from: Option<(usize, u32)>,
}

#[derive(Debug, Clone)]
pub struct Sym {
    pub name: String,
    pub value: u32,
    pub size: u32,
    pub bind: u8,
    pub kind: u8,
    pub at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Section(usize),
    Absolute,
    Undefined,
}

const EHDR: usize = 52;
const PHDR: usize = 32;
const SHDR: usize = 40;

impl Image {
    pub fn arm() -> Self {
        Image { machine: ARM, ..Image::default() }
    }

    /// A segment loaded at `load` that runs at `run`.
    pub fn segment(mut self, load: u32, run: u32, bytes: Vec<u8>) -> Self {
        let mem = bytes.len() as u32;
        self.segments.push(Seg { load, run, bytes, mem, writable: false });
        self
    }

    /// A segment of zeroes.
    pub fn zeroes(mut self, run: u32, mem: u32) -> Self {
        self.segments.push(Seg { load: run, run, bytes: vec![], mem, writable: true });
        self
    }

    /// A section of `size` bytes at `at` within the newest segment.
    pub fn section(mut self, name: &str, flags: u32, at: u32, size: u32, align: u32) -> Self {
        let index = self.segments.len() - 1;
        let run = self.segments[index].run + at;
        self.sections.push(Sec { name: name.into(), flags: flags | SHF_ALLOC, run, size, align, from: Some((index, at)) });
        self
    }

    pub fn nobits(mut self, name: &str, run: u32, size: u32, align: u32) -> Self {
        self.sections.push(Sec { name: name.into(), flags: SHF_ALLOC | SHF_WRITE, run, size, align, from: None });
        self
    }

    /// A global function in the newest section, `at` from its start.
    pub fn func(self, name: &str, at: u32, size: u32) -> Self {
        self.sym(name, at, size, GLOBAL, FUNC)
    }

    /// A symbol in the newest section.
    pub fn sym(mut self, name: &str, at: u32, size: u32, bind: u8, kind: u8) -> Self {
        let section = self.sections.len() - 1;
        let value = self.sections[section].run + at;
        self.symbols.push(Sym { name: name.into(), value, size, bind, kind, at: At::Section(section) });
        self
    }

    /// The file offset of a segment's bytes in [`Image::build`].
    pub fn offset(&self, segment: usize) -> usize {
        let headers = EHDR + PHDR * (self.segments.len() + usize::from(self.tls.is_some()));
        headers + self.segments[..segment].iter().map(|s| s.bytes.len()).sum::<usize>()
    }

    pub fn build(&self) -> Vec<u8> {
        let mut out = Out(vec![]);
        let data_end = self.offset(self.segments.len());
        let (mut strtab, mut shstrtab, mut symtab) = (Out(vec![0]), Out(vec![0]), Out(vec![0; 16]));
        for sym in &self.symbols {
            symtab.u32(strtab.0.len() as u32).u32(sym.value).u32(sym.size);
            symtab.0.extend([sym.bind << 4 | sym.kind, 0]);
            symtab.u16(match sym.at {
                At::Section(index) => index as u16 + 1,
                At::Absolute => 0xfff1,
                At::Undefined => 0,
            });
            strtab.0.extend(sym.name.bytes().chain([0]));
        }
        let mut headers = Out(vec![0; SHDR]);
        let mut header = |name: &str, kind: u32, flags: u32, run: u32, offset: usize, size: usize, link: u32, align: u32, each: u32| {
            headers.u32(shstrtab.0.len() as u32).u32(kind).u32(flags).u32(run).u32(offset as u32).u32(size as u32);
            headers.u32(link).u32(1).u32(align).u32(each);
            shstrtab.0.extend(name.bytes().chain([0]));
        };
        for s in &self.sections {
            let offset = s.from.map_or(0, |(segment, at)| self.offset(segment) + at as usize);
            header(&s.name, if s.from.is_some() { 1 } else { 8 }, s.flags, s.run, offset, s.size as usize, 0, s.align, 0);
        }
        let strings = self.sections.len() as u32 + 2;
        let symtab_at = data_end;
        let strtab_at = symtab_at + symtab.0.len();
        let shstrtab_at = strtab_at + strtab.0.len();
        header(".symtab", 2, 0, 0, symtab_at, symtab.0.len(), strings, 4, 16);
        header(".strtab", 3, 0, 0, strtab_at, strtab.0.len(), 0, 1, 0);
        let names = self.sections.iter().map(|s| s.name.len() + 1).sum::<usize>() + 1 + ".symtab .strtab .shstrtab ".len();
        header(".shstrtab", 3, 0, 0, shstrtab_at, names, 0, 1, 0);
        assert_eq!(names, shstrtab.0.len());

        out.0.extend(b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0");
        out.u16(2).u16(self.machine).u32(1).u32(0).u32(EHDR as u32).u32((shstrtab_at + names) as u32).u32(0);
        out.u16(EHDR as u16).u16(PHDR as u16).u16((self.segments.len() + usize::from(self.tls.is_some())) as u16);
        out.u16(SHDR as u16).u16((headers.0.len() / SHDR) as u16).u16(self.sections.len() as u16 + 3);
        for (i, s) in self.segments.iter().enumerate() {
            let flags = if s.writable { 6 } else { 5 };
            out.u32(1).u32(self.offset(i) as u32).u32(s.run).u32(s.load).u32(s.bytes.len() as u32).u32(s.mem).u32(flags).u32(4);
        }
        if let Some(run) = self.tls {
            out.u32(7).u32(0).u32(run).u32(run).u32(0).u32(0).u32(4).u32(4);
        }
        for s in &self.segments {
            out.0.extend(&s.bytes);
        }
        for part in [symtab, strtab, shstrtab, headers] {
            out.0.extend(part.0);
        }
        out.0
    }
}

struct Out(Vec<u8>);

impl Out {
    fn u16(&mut self, n: u16) -> &mut Self {
        self.0.extend(n.to_le_bytes());
        self
    }
    fn u32(&mut self, n: u32) -> &mut Self {
        self.0.extend(n.to_le_bytes());
        self
    }
}

/// Numbers from a seed (splitmix64): a failure is a seed that anyone can replay.
pub struct Seeded(pub u64);

impl Seeded {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// At least 0, less than `below`.
    pub fn below(&mut self, below: usize) -> usize {
        (self.number() % below.max(1) as u64) as usize
    }
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

pub fn region(name: &str, kind: RegionKind, start: u64, size: u64) -> Region {
    Region { name: RegionName::parse(name).unwrap(), kind, start, size }
}

/// A flash of 4 KiB at 0 and a RAM of 1 KiB at 0x2000_0000.
pub fn small_chip() -> Vec<Region> {
    vec![region("flash", RegionKind::Flash, 0, 0x1000), region("ram", RegionKind::Ram, 0x2000_0000, 0x400)]
}

/// The rows of a region as one line each: `12 symbol main (C) .text`.
pub fn lines(region: &RegionLedger) -> String {
    let line = |r: &Row| format!("{} {:?} {} ({}) {}\n", r.bytes, r.owner, r.name, r.group, r.section);
    region.rows.iter().map(line).collect()
}

/// How many cases are run: more with OUNCE_FUZZ_CASES set, as `./dev soak` does.
pub fn cases(usual: u64) -> u64 {
    std::env::var("OUNCE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Every region adds up, and no row is empty.
pub fn assert_adds_up(regions: &[RegionLedger]) {
    for region in regions {
        assert_eq!(region.rows.iter().map(|r| r.bytes).sum::<u64>(), region.used_bytes, "{}", region.name);
        assert!(region.rows.iter().all(|r| r.bytes > 0), "{}", region.name);
    }
}
