//! What an image takes of flash and RAM: its allocated sections, as GNU size adds them up.

/// Flash and RAM, bytes.
pub fn sizes(elf: &[u8]) -> Option<(u64, u64)> {
    let half = |at: usize| Some(usize::from(u16::from_le_bytes(elf.get(at..at + 2)?.try_into().ok()?)));
    let word = |at: usize| Some(u32::from_le_bytes(elf.get(at..at + 4)?.try_into().ok()?));
    // ELF, 32 bits, little-endian.
    if elf.get(..6)? != b"\x7fELF\x01\x01" {
        return None;
    }
    let (table, entry, count) = (word(32)? as usize, half(46)?, half(48)?);
    let (mut flash, mut ram) = (0, 0);
    for index in 0..count {
        let at = table + index * entry;
        let (kind, flags, size) = (word(at + 4)?, word(at + 8)?, u64::from(word(at + 20)?));
        let (writable, allocated) = (flags & 1 != 0, flags & 2 != 0);
        if !allocated {
            continue;
        }
        // NOBITS: room in RAM that the image does not fill.
        if kind != 8 {
            flash += size;
        }
        if kind == 8 || writable {
            ram += size;
        }
    }
    Some((flash, ram))
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn what_is_no_image_has_no_size() {
        assert_eq!(sizes(b"\x7fELF\x02\x01 and more"), None);
        assert_eq!(sizes(b"\x7fELF\x01\x01"), None);
    }
}
