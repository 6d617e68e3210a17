//! References from single instructions; then of whole programs, against what the toolchain's disassembler says.

mod decode;
mod hostile;
mod programs;
mod small;

use super::{Code, How, Scan};
use crate::elf::{Elf, Machine, Mapping, Section};
use object::Endianness;

/// The memory that the code of small images may refer to.
const MEMORY: u64 = 0x2000_0000;

fn section<'a>(index: usize, name: &str, run: u64, bytes: &'a [u8], executable: bool) -> Section<'a> {
    let size = bytes.len() as u64;
    Section {
        index,
        name: name.into(),
        run,
        offset: 0,
        size,
        align: 4,
        writable: !executable,
        executable,
        tls: false,
        nobits: false,
        bytes,
    }
}

fn scan(elf: &Elf<'_>) -> Scan {
    Code::new(elf).scan()
}

fn shape(elf: &Elf<'_>, start: u64, end: u64) -> Option<u32> {
    Code::new(elf).shape(start, end)
}

/// An image of one section of code, and 8 KiB of memory at [`MEMORY`].
fn image<'a>(machine: Machine, is_64: bool, run: u64, code: &'a [u8], mapping: &[(u64, Mapping)]) -> Elf<'a> {
    let mut memory = section(2, ".bss", MEMORY, &[], false);
    (memory.size, memory.nobits) = (0x2000, true);
    Elf {
        data: code,
        machine,
        endian: Endianness::Little,
        is_64,
        headers_end: 0,
        mapping: mapping.to_vec(),
        segments: vec![],
        sections: vec![section(1, ".text", run, code, true), memory],
        symbols: vec![],
    }
}

fn how(how: How) -> &'static str {
    match how {
        How::Call => "call",
        How::Jump => "jump",
        How::Literal => "literal",
        How::Pair => "pair",
        How::Relocation => "relocation",
    }
}

/// A scan in one line: `call 1000>1008 indirect 1004 word 100c:4`.
fn said(scan: &Scan) -> String {
    let references = scan.references.iter().map(|r| format!("{} {:x}>{:x}", how(r.how), r.at, r.to));
    let indirect = scan.indirect_calls.iter().map(|at| format!("indirect {at:x}"));
    let words = scan.literal_words.iter().map(|(at, size)| format!("word {at:x}:{size}"));
    references.chain(indirect).chain(words).collect::<Vec<_>>().join(" ")
}
