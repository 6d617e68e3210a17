//! Characters of bytes that are to be UTF-8.

use crate::types::str::char_len;

/// The first character, and how many bytes it has; `None` where there is none, or the bytes are no UTF-8.
pub(crate) fn first(bytes: &[u8]) -> Option<(char, usize)> {
    let lead = *bytes.first()?;
    if lead < 0x80 {
        return Some((char::from(lead), 1));
    }
    let len = char_len(lead);
    if len == 1 {
        return None;
    }
    let mut letter = u32::from(lead) & (0x7f >> len);
    for byte in bytes.get(1..len)? {
        if byte & 0xc0 != 0x80 {
            return None;
        }
        letter = letter << 6 | u32::from(byte & 0x3f);
    }
    // With more bytes than it takes it is not allowed.
    let letter = char::from_u32(letter).filter(|letter| lead < 0xf8 && letter.len_utf8() == len)?;
    Some((letter, len))
}

pub(crate) fn is_valid(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((_, len)) = first(rest) {
        rest = &rest[len..];
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_valid_is_what_the_library_takes() {
        let parts: [&[u8]; 16] = [
            b"a", b"\x7f", b"\x80", b"\xbf", b"\xc0", b"\xc1", b"\xc2", b"\xdf", b"\xe0", b"\xed", b"\xef", b"\xf0", b"\xf4", b"\xf5",
            b"\xf8", b"\x9f",
        ];
        for all in 0..1_usize << 16 {
            let bytes: Vec<u8> = [0, 4, 8, 12].iter().flat_map(|shift| parts[all >> shift & 15]).copied().collect();
            assert_eq!(is_valid(&bytes), core::str::from_utf8(&bytes).is_ok(), "{bytes:x?}");
            assert_eq!(
                first(&bytes).is_some_and(|(_, len)| len == 4),
                core::str::from_utf8(&bytes).is_ok_and(|text| text.chars().count() == 1)
            );
        }
        assert_eq!(first("ÿ€😀".as_bytes()), Some(('ÿ', 2)));
    }
}
