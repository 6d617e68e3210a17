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

use crate::elf::{Elf, ElfError};
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
    Ok(segments_of(&Elf::read(elf)?))
}

/// The identity of an ELF file's loadable bytes.
///
/// # Errors
/// [`ElfError`] where it is not a linked image or is damaged.
pub fn image_id(elf: &[u8]) -> Result<ImageId, ElfError> {
    Ok(identity(&Elf::read(elf)?))
}

fn segments_of<'a>(elf: &Elf<'a>) -> Vec<LoadableSegment<'a>> {
    let with_bytes = elf.segments.iter().filter(|s| !s.bytes.is_empty());
    let mut segments: Vec<_> = with_bytes.map(|s| LoadableSegment { address: s.load, bytes: s.bytes }).collect();
    segments.sort_unstable();
    segments
}

pub(crate) fn identity(elf: &Elf<'_>) -> ImageId {
    let mut hash = Sha256::new();
    hash.update(DOMAIN);
    for segment in segments_of(elf) {
        hash.update(segment.address.to_le_bytes());
        hash.update(u64::try_from(segment.bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(segment.bytes);
    }
    ImageId::parse(&hex::encode(hash.finalize())).expect("a SHA-256 in hexadecimal is an image id")
}
