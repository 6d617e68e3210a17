//! Decompression of debug sections, with a limit on what comes out.
//!
//! A section says how large it will be; that is believed up to what is left of [`DECOMPRESSED_BYTES_MAX`], and memory is taken as
//! bytes arrive rather than at once.

use super::{DECOMPRESSED_BYTES_MAX, DwarfError};
use std::io::Read;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Zlib,
    Zstd,
}

/// Unpacks exactly `size` bytes and takes them from `room`.
pub(crate) fn unpack(method: Method, packed: &[u8], size: u64, section: &'static str, room: &mut u64) -> Result<Vec<u8>, DwarfError> {
    if size > *room {
        return Err(DwarfError::TooMany { what: "bytes in compressed debug sections", max: DECOMPRESSED_BYTES_MAX });
    }
    *room -= size;
    let length = usize::try_from(size).unwrap_or(usize::MAX);
    let bytes = match method {
        Method::Zlib => miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(packed, length).map_err(|e| e.to_string()),
        Method::Zstd => zstd(packed, size),
    };
    let damaged = |what| DwarfError::Damaged { section, offset: 0, what };
    let bytes = bytes.map_err(|what| damaged(format!("cannot be decompressed: {what}")))?;
    if bytes.len() != length {
        return Err(damaged(format!("decompresses to {} B instead of {size} B", bytes.len())));
    }
    Ok(bytes)
}

fn zstd(packed: &[u8], size: u64) -> Result<Vec<u8>, String> {
    let decoder = ruzstd::decoding::StreamingDecoder::new(packed).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    // One byte beyond tells a stream that is longer than it says.
    decoder.take(size.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}
