//! The program headers of a 32-bit little-endian ELF file: what is loaded where. Everything else of the file is for debuggers.

use anyhow::{Context, Result, ensure};
use std::ops::Range;

/// A linked image.
pub struct Image<'a> {
    /// The entry address, as the file states it.
    pub entry: u64,
    /// What is loaded, or kept free in RAM.
    pub segments: Vec<Segment<'a>>,
}

/// One of its segments.
pub struct Segment<'a> {
    /// Where its bytes are put; empty where it has none.
    pub load: Range<u64>,
    /// Where the program finds it, with what is kept free behind its bytes.
    pub run: Range<u64>,
    /// The bytes.
    pub bytes: &'a [u8],
}

impl Image<'_> {
    /// The bytes that are loaded at `address`, `length` of them.
    ///
    /// # Errors
    /// Where no segment has them all.
    pub fn at(&self, address: u64, length: usize) -> Result<&[u8]> {
        let found = self.segments.iter().filter(|segment| segment.load.contains(&address)).find_map(|segment| {
            let from = usize::try_from(address - segment.load.start).ok()?;
            segment.bytes.get(from..from + length)
        });
        found.with_context(|| format!("the image has no {length} bytes at {address:#010x}"))
    }

    /// The word that is loaded at `address`.
    ///
    /// # Errors
    /// Where the image has none there.
    pub fn word(&self, address: u64) -> Result<u32> {
        word(self.at(address, 4)?, 0)
    }
}

/// A PT_LOAD header's type, and how long a header is.
const LOAD: u32 = 1;
const HEADER_BYTES: usize = 32;

/// Reads the program headers.
///
/// # Errors
/// Where it is no such file, or is cut off.
pub fn read(elf: &[u8]) -> Result<Image<'_>> {
    ensure!(elf.starts_with(b"\x7fELF\x01\x01"), "it is no 32-bit little-endian ELF file");
    let table = usize::try_from(word(elf, 28)?)?;
    let many = elf.get(44..46).map_or(0, |two| usize::from(two[0]) | usize::from(two[1]) << 8);
    let mut segments = Vec::new();
    for at in (0..many).map(|n| table + n * HEADER_BYTES) {
        let [kind, offset, virtual_at, physical, file_bytes, memory_bytes] =
            [0, 4, 8, 12, 16, 20].map(|field| word(elf, at + field).unwrap_or(0));
        if kind == LOAD && memory_bytes > 0 {
            let (offset, length) = (usize::try_from(offset)?, usize::try_from(file_bytes)?);
            let bytes = elf.get(offset..offset + length).context("a segment's bytes are cut off")?;
            let range = |start: u32, length: u32| u64::from(start)..u64::from(start) + u64::from(length);
            segments.push(Segment { load: range(physical, file_bytes), run: range(virtual_at, memory_bytes), bytes });
        }
    }
    ensure!(!segments.is_empty(), "it loads nothing");
    Ok(Image { entry: word(elf, 24)?.into(), segments })
}

/// The little-endian word at `offset`.
///
/// # Errors
/// Where the bytes end before.
pub fn word(bytes: &[u8], offset: usize) -> Result<u32> {
    let four = bytes.get(offset..).and_then(<[u8]>::first_chunk).with_context(|| format!("the file ends before byte {offset}"))?;
    Ok(u32::from_le_bytes(*four))
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An ELF file of segments: virtual and load address, bytes, and how long it is in memory.
    pub fn file(entry: u32, machine: u16, segments: &[(u32, u32, &[u8], u32)]) -> Vec<u8> {
        let mut elf = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
        elf.extend(machine.to_le_bytes());
        elf.extend([1, entry, 52, 0, 0].into_iter().flat_map(u32::to_le_bytes));
        let many = u16::try_from(segments.len()).unwrap();
        elf.extend([52, 32, many, 40, 0, 0].into_iter().flat_map(u16::to_le_bytes));
        let mut offset = 52 + HEADER_BYTES * segments.len();
        for (virtual_at, load, bytes, memory_bytes) in segments {
            let length = u32::try_from(bytes.len()).unwrap();
            let header = [LOAD, u32::try_from(offset).unwrap(), *virtual_at, *load, length, *memory_bytes, 5, 4];
            elf.extend(header.into_iter().flat_map(u32::to_le_bytes));
            offset += bytes.len();
        }
        segments.iter().for_each(|(_, _, bytes, _)| elf.extend(*bytes));
        elf
    }

    #[test]
    fn segments_are_read_and_damage_is_named() {
        let elf = file(0x101, 40, &[(0x100, 0x100, &[1, 2, 3, 4, 5], 5), (0x2000, 0x105, &[6], 9)]);
        let image = read(&elf).unwrap();
        assert_eq!((image.entry, image.word(0x101).unwrap(), image.at(0x105, 1).unwrap()), (0x101, 0x0504_0302, &[6][..]));
        assert_eq!((&image.segments[1].load, &image.segments[1].run), (&(0x105..0x106), &(0x2000..0x2009)));
        assert!(image.word(0x102).unwrap_err().to_string().contains("no 4 bytes at 0x00000102"));
        let says = |elf: &[u8]| read(elf).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(says(&elf[..elf.len() - 1]), "a segment's bytes are cut off");
        assert_eq!(says(b"\x7fELF\x02\x01"), "it is no 32-bit little-endian ELF file");
        assert_eq!(says(&file(0, 40, &[])), "it loads nothing");
    }
}
