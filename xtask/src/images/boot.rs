//! What a chip reads before the first instruction of ours: a vector table, and what the ROM of some wants to see before it gives control away.
//!
//! Sources: Armv6-M and Armv7-M Architecture Reference Manuals ("Reset behavior"); RP2040 Datasheet 2.8.1.3; RP2350 Datasheet 5.9; Espressif's direct boot
//! example.

use super::Memory;
use super::elf::{Image, word};
use anyhow::{Context, Result, ensure};
use std::ops::Range;

/// How a chip starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By the vector table at the start of flash.
    CortexM,
    /// By 256 bytes that the ROM copies to RAM, if their checksum is right.
    Rp2040,
    /// By a vector table, if a block in the first 4 KiB says that there is an image.
    Rp2350,
    /// By the code behind a word that stands twice at the start of flash.
    Esp32c3,
    /// At the first address of flash.
    RiscV,
}

/// The system entries of a vector table, the stack pointer included.
const VECTORS: u64 = 16;
/// The second stage, with its checksum.
const BOOT2_BYTES: usize = 256;
/// Where the ROM of RP2350 looks for blocks, bytes.
const BLOCK_WITHIN: u64 = 4096;
const BLOCK_BEGINS: u32 = 0xffff_ded3;
const BLOCK_ENDS: u32 = 0xab12_3579;
/// The items of a block: image type, and the last one.
const IMAGE_TYPE: u32 = 0x42;
const LAST: u32 = 0xff;
/// Executable, secure, for Arm, for RP2350: bits 0 to 3, 4 to 5, 8 to 10 and 12 to 14 of an image type.
const ARM_SECURE_EXE: u32 = 0x1021;
const DIRECT_BOOT: u32 = 0xaedb_041d;

impl Kind {
    /// By the chip's crate.
    pub fn of(chip: Option<&str>) -> Kind {
        match chip {
            Some("rp2040") => Kind::Rp2040,
            Some("rp2350") => Kind::Rp2350,
            Some("esp32c3") => Kind::Esp32c3,
            Some("fe310") => Kind::RiscV,
            _ => Kind::CortexM,
        }
    }
}

/// Checks it, and says what was found.
///
/// # Errors
/// What the chip would not take, or where it would jump to nowhere.
pub fn check(kind: Kind, image: &Image<'_>, memory: &Memory) -> Result<String> {
    let start = memory.flash[0].start;
    match kind {
        Kind::CortexM => vectors(image, memory, start).map(|()| "vector table".into()),
        Kind::Rp2040 => {
            boot2(image.at(start, BOOT2_BYTES)?)?;
            vectors(image, memory, start + BOOT2_BYTES as u64)?;
            Ok("boot2 with checksum, vector table".into())
        }
        Kind::Rp2350 => {
            let at = block(image, start)?;
            vectors(image, memory, start)?;
            Ok(format!("image block at {at:#x}, vector table"))
        }
        Kind::Esp32c3 => {
            for at in [start, start + 4] {
                let found = image.word(at)?;
                ensure!(found == DIRECT_BOOT, "{found:#010x} at {at:#010x}, where the ROM wants {DIRECT_BOOT:#010x}");
            }
            ensure!(image.entry == start + 8, "the entry is {:#010x}, and the ROM jumps to {:#010x}", image.entry, start + 8);
            Ok("direct boot word, twice".into())
        }
        Kind::RiscV => {
            ensure!(image.entry == start, "the entry is {:#010x}, and the chip starts at {start:#010x}", image.entry);
            Ok("first address".into())
        }
    }
}

/// A table at `at`: the stack's end, and handlers that are Thumb code of the image.
fn vectors(image: &Image<'_>, memory: &Memory, at: u64) -> Result<()> {
    let stack = u64::from(image.word(at)?);
    ensure!(stack == memory.stack.end, "the stack begins at {stack:#010x}, not at {:#010x}", memory.stack.end);
    ensure!(at.is_multiple_of(128), "the vector table at {at:#010x} is not aligned to 128 bytes");
    let code: Vec<&Range<u64>> =
        image.segments.iter().map(|segment| &segment.load).filter(|load| memory.flash[0].contains(&load.start)).collect();
    for number in 1..VECTORS {
        let vector = u64::from(image.word(at + number * 4)?);
        let is_code = vector % 2 == 1 && code.iter().any(|code| code.contains(&vector)) && vector >= at + VECTORS * 4;
        ensure!(is_code, "vector {number} is {vector:#010x}, which is no Thumb code of the image");
    }
    let reset = u64::from(image.word(at + 4)?);
    ensure!(reset == image.entry, "the reset vector is {reset:#010x}, the entry {:#010x}", image.entry);
    Ok(())
}

/// The checksum of the second stage.
fn boot2(stage: &[u8]) -> Result<()> {
    let (code, said) = stage.split_at(BOOT2_BYTES - 4);
    let (is, said) = (crc32(code), word(said, 0)?);
    ensure!(
        said == is,
        "boot2 says that its checksum is {said:#010x}, and it is {is:#010x}: correct CHECKSUM in chips/rp2040/src/boot2.rs"
    );
    ensure!(code.iter().any(|byte| *byte != 0), "boot2 is empty");
    Ok(())
}

/// CRC-32 as RP2040's ROM computes it: polynomial 0x04c11db7, start all ones, most significant bit first, nothing inverted at the end.
fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| if crc >> 31 == 1 { crc << 1 ^ 0x04c1_1db7 } else { crc << 1 })
    })
}

/// Walks the block loop of RP2350 from the first block, and gives where the image definition begins, in bytes from the start of flash.
fn block(image: &Image<'_>, start: u64) -> Result<u64> {
    let is_block = |at: &u64| image.word(start + at).is_ok_and(|word| word == BLOCK_BEGINS);
    let at = (0..BLOCK_WITHIN).step_by(4).find(is_block).context("no block begins in the first 4 KiB")?;
    let read = |words: u64| image.word(start + at + words * 4);
    let (mut words, mut kind) = (1, None);
    loop {
        ensure!(at + words * 4 < BLOCK_WITHIN, "the block at {at:#x} does not end");
        let item = read(words)?;
        if item & 0xff == LAST {
            let before = u64::from(item >> 8 & 0xffff);
            ensure!(before == words - 1, "the block's last item counts {before} words, and {} came before it", words - 1);
            break;
        }
        if item & 0xff == IMAGE_TYPE {
            kind = Some(item >> 16);
        }
        // Small items state their words in the second byte, large ones in the two after the first.
        let length = u64::from(if item & 0x80 == 0 { item >> 8 & 0xff } else { item >> 8 & 0xffff });
        ensure!(length > 0, "the block at {at:#x} has an item of no length");
        words += length;
    }
    ensure!(
        kind == Some(ARM_SECURE_EXE),
        "the image type is {kind:x?}, not {ARM_SECURE_EXE:#x}: an executable, secure, for Arm, for RP2350"
    );
    let next = read(words + 1)?;
    ensure!(next == 0, "the block leads to another one, {next:#x} bytes on, and the image has one");
    let end = read(words + 2)?;
    ensure!(end == BLOCK_ENDS, "{end:#010x} ends the block, not {BLOCK_ENDS:#010x}");
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::super::elf::{self, tests::file};
    use super::*;

    const MEMORY: fn() -> Memory =
        || Memory { flash: vec![0..0x1000], ram: 0x2000_0000..0x2000_1000, stack: 0x2000_0000..0x2000_0100, workload: 0x1000..0x2000 };

    fn bytes(words: &[u32]) -> Vec<u8> {
        words.iter().copied().flat_map(u32::to_le_bytes).collect()
    }

    /// A table whose handlers begin `at` bytes further, right behind it.
    fn table(at: u32) -> Vec<u8> {
        let code = at + 64;
        let words: Vec<u32> = [0x2000_0100, code + 1].into_iter().chain([code + 3; 14]).collect();
        [bytes(&words), vec![0; 16]].concat()
    }

    fn says(kind: Kind, entry: u32, flash: &[u8]) -> String {
        let elf = file(entry, 40, &[(0, 0, flash, u32::try_from(flash.len()).unwrap())]);
        check(kind, &elf::read(&elf).unwrap(), &MEMORY()).unwrap_or_else(|error| format!("{error:#}"))
    }

    /// With the four bytes at `at` changed.
    fn with(flash: &[u8], at: usize, word: u32) -> Vec<u8> {
        let mut flash = flash.to_vec();
        flash[at..at + 4].copy_from_slice(&word.to_le_bytes());
        flash
    }

    #[test]
    fn a_vector_table_leads_into_the_image() {
        let good = table(0);
        assert_eq!(says(Kind::CortexM, 65, &good), "vector table");
        assert!(says(Kind::CortexM, 67, &good).contains("the reset vector is 0x00000041"));
        assert!(says(Kind::CortexM, 65, &with(&good, 0, 0x2000_0200)).contains("the stack begins at 0x20000200"));
        assert!(says(Kind::CortexM, 65, &with(&good, 12, 66)).contains("vector 3 is 0x00000042"), "not Thumb");
        assert!(says(Kind::CortexM, 65, &with(&good, 60, 0)).contains("vector 15"), "none");
        assert!(says(Kind::CortexM, 65, &with(&good, 60, 0x101)).contains("vector 15"), "behind the image");
        assert!(says(Kind::CortexM, 65, &with(&good, 60, 0x11)).contains("vector 15"), "the table itself");
    }

    #[test]
    fn the_checksum_of_a_second_stage_is_computed_from_its_bytes() {
        // The check value of this CRC (known as CRC-32/MPEG-2).
        assert_eq!(crc32(b"123456789"), 0x0376_e6e7);
        let code: Vec<u8> = (1..=252).collect();
        let good = [code.clone(), bytes(&[crc32(&code)]), table(256)].concat();
        assert_eq!(says(Kind::Rp2040, 0x141, &good), "boot2 with checksum, vector table");
        assert!(says(Kind::Rp2040, 0x141, &with(&good, 100, 0)).contains("correct CHECKSUM"));
        assert!(says(Kind::Rp2040, 0x141, &with(&good, 0x100, 0)).contains("the stack begins at"));
    }

    #[test]
    fn an_image_block_is_walked_to_its_end() {
        let block = bytes(&[BLOCK_BEGINS, 0x1021_0142, 0x0000_01ff, 0, BLOCK_ENDS]);
        let good = [table(0), block].concat();
        let check = |at: usize, word: u32, expected: &str| {
            let said = says(Kind::Rp2350, 65, &with(&good, at, word));
            assert!(said.contains(expected), "{word:#x} at {at}: {said}");
        };
        assert_eq!(says(Kind::Rp2350, 65, &good), "image block at 0x50, vector table");
        check(80, 0, "no block begins");
        check(84, 0x1101_0142, "the image type is Some(1101)");
        check(84, 0x1021_0042, "an item of no length");
        check(88, 0x0000_02ff, "counts 2 words, and 1 came before it");
        check(92, 8, "leads to another one");
        check(96, 0, "ends the block");
        let far = [table(0), vec![0; 4096], good[80..].to_vec()].concat();
        assert!(says(Kind::Rp2350, 65, &far).contains("no block begins"));
    }

    #[test]
    fn direct_boot_needs_its_word_twice_and_the_code_right_behind() {
        let good = bytes(&[DIRECT_BOOT, DIRECT_BOOT, 0x13]);
        assert_eq!(says(Kind::Esp32c3, 8, &good), "direct boot word, twice");
        assert!(says(Kind::Esp32c3, 8, &with(&good, 4, 0)).contains("0x00000000 at 0x00000004"));
        assert!(says(Kind::Esp32c3, 12, &good).contains("the entry is 0x0000000c"));
        assert!(says(Kind::RiscV, 8, &good).contains("the chip starts at 0x00000000"));
    }
}
