//! Zlib streams (RFC 1950) in memory: of measurements as they are stored, and of the frames of a backup.

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::io::{Error, ErrorKind, Read as _, Write as _};

/// Compresses at one of zlib's levels, 1 to 9, onto what is in `out` already.
///
/// # Errors
/// None that memory does not give.
pub fn pack(bytes: &[u8], level: u32, out: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(out, Compression::new(level));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The whole of what was packed, at most `max` bytes of it.
///
/// # Errors
/// A stream that is longer, damaged or cut off.
pub fn unpack(packed: &[u8], max: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX);
    ZlibDecoder::new(packed).take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > max {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it holds more than {max} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_whole_or_refused() {
        let text = b"one symbol after another, ".repeat(1_000);
        let packed = pack(&text, 2, Vec::new()).unwrap();
        assert!(packed.len() < text.len() / 20, "{} bytes", packed.len());
        assert_eq!(unpack(&packed, text.len()).unwrap(), text);
        let check = |what: &str, packed: &[u8], max: usize| assert!(unpack(packed, max).is_err(), "{what}");
        check("one byte too many", &packed, text.len() - 1);
        check("cut off", &packed[..packed.len() - 1], text.len());
        check("nothing", &[], text.len());
        let mut damaged = packed.clone();
        *damaged.last_mut().unwrap() ^= 1;
        check("another checksum", &damaged, text.len());
    }
}
