//! The identity of an image: two builds with the same identity put the same bytes into the chip.
//!
//! It is the SHA-256 of, in this order:
//!
//! 1. the 15 bytes `ounce image v1` and a zero byte;
//! 2. for each load segment (PT_LOAD) that has bytes in the file, by load address: the load address (`p_paddr`), then the
//!    number of bytes (`p_filesz`), each as 8 bytes, least significant first, then the bytes themselves.
//!
//! Segments of one load address come in the order of their bytes. File offsets, symbols, sections, debug information and
//! zero-filled memory do not matter, so neither does where it was built.
//!
//! [`binary`] says what the image would be as one flat file, without making one.

use crate::elf::{Elf, ElfError};
use crate::spans::{Partition, Span};
use ounce_protocol::ids::ImageId;
use sha2::{Digest, Sha256};

const DOMAIN: &[u8] = b"ounce image v1\0";

/// One loadable piece of an image: these bytes go to this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoadableSegment<'a> {
    /// The load address.
    pub address: u64,
    /// The bytes, at least one.
    pub bytes: &'a [u8],
}

/// The loadable segments of an ELF file, by load address.
///
/// # Errors
/// [`ElfError`] where it is not a linked image or is damaged.
pub fn loadable_segments(elf: &[u8]) -> Result<Vec<LoadableSegment<'_>>, ElfError> {
    Ok(segments_of(&Elf::without_symbols(elf)?))
}

/// The identity of an ELF file's loadable bytes.
///
/// # Errors
/// [`ElfError`] where it is not a linked image or is damaged.
pub fn image_id(elf: &[u8]) -> Result<ImageId, ElfError> {
    Ok(identity(&Elf::without_symbols(elf)?))
}

/// The most gaps of an image that are listed one by one.
pub const GAPS_MAX: usize = 64;

/// An image as `objcopy -O binary` would write it: one file from the lowest to the highest load address, gaps filled.
///
/// `loaded_bytes = length - fill_bytes`, exactly, and `loaded_bytes` is what the ledger's flash and loaded outside ranges
/// sum to for an image that is loaded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryImage {
    /// The lowest load address.
    pub start: u64,
    /// How long the file would be, bytes.
    pub length: u64,
    /// Bytes that the ELF file has for it; an address that two segments load is counted once.
    pub loaded_bytes: u64,
    /// Bytes in between that nothing is loaded to.
    pub fill_bytes: u64,
    /// Where those are, by address; at most [`GAPS_MAX`].
    pub gaps: Vec<Gap>,
    /// The sum of the gaps that are not listed, bytes.
    pub other_gaps_bytes: u64,
}

/// Addresses that nothing is loaded to, between others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first address.
    pub start: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What `objcopy -O binary` would make of an ELF file, without allocating it: with a segment at the start of flash and one in RAM, that
/// file is half a gigabyte.
///
/// **What is counted.** Here, as in the ledger, the file bytes of the load segments by load address: what a loader programs. GNU objcopy goes by
/// sections instead: allocated ones with bytes in the file (not NOBITS, not empty), each at its segment's load address. The two
/// differ where a segment has bytes that are in no section:
///
/// - alignment between two sections of one segment is loaded here and fill there (same length);
/// - ELF headers at the start of a segment (linked without `-n`) or bytes after its last section are loaded here and absent there, so that
///   start and length differ;
/// - an allocated section outside all segments is nothing here, and there at its run address.
///
/// An image that loads nothing has start and length 0.
///
/// # Errors
/// [`ElfError`] where it is not a linked image or is damaged.
pub fn binary(elf: &[u8]) -> Result<BinaryImage, ElfError> {
    let elf = Elf::without_symbols(elf)?;
    let loaded = Partition::innermost(elf.segments.iter().map(|s| Span::new(s.load, s.load.saturating_add(s.file_bytes()), ())).collect());
    let mut image = BinaryImage { start: 0, length: 0, loaded_bytes: 0, fill_bytes: 0, gaps: vec![], other_gaps_bytes: 0 };
    let mut end = None;
    for span in loaded.iter() {
        match end {
            None => image.start = span.start,
            Some(end) if end < span.start => {
                let bytes = span.start - end;
                image.fill_bytes = image.fill_bytes.saturating_add(bytes);
                if image.gaps.len() < GAPS_MAX {
                    image.gaps.push(Gap { start: end, bytes });
                } else {
                    image.other_gaps_bytes = image.other_gaps_bytes.saturating_add(bytes);
                }
            }
            Some(_) => {}
        }
        image.loaded_bytes = image.loaded_bytes.saturating_add(span.bytes());
        image.length = span.end - image.start;
        end = Some(span.end);
    }
    Ok(image)
}

fn segments_of<'a>(elf: &Elf<'a>) -> Vec<LoadableSegment<'a>> {
    let with_bytes = elf.segments.iter().filter(|s| !s.bytes.is_empty());
    let mut segments: Vec<_> = with_bytes.map(|s| LoadableSegment { address: s.load, bytes: s.bytes }).collect();
    segments.sort_unstable();
    segments
}

pub(crate) fn identity(elf: &Elf<'_>) -> ImageId {
    identity_of(&segments_of(elf))
}

/// The identity of an image with these segments, in the order of [`loadable_segments`]: of an ELF file's, or of what was read back from a chip.
pub fn identity_of(segments: &[LoadableSegment<'_>]) -> ImageId {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    for segment in segments {
        hash.update(segment.address.to_le_bytes());
        hash.update(u64::try_from(segment.bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(segment.bytes);
    }
    ImageId::parse(&hex::encode(hash.finalize())).expect("a SHA-256 in hexadecimal is an image id")
}
