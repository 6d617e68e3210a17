//! What of an image goes where, and whether it may. Pure: everything is decided before a probe is opened.
//!
//! Only memory that the board declares is written, and never what a chip or its keeper could not get back: option bytes, UICR, OTP, a bootloader.

use super::talk::Span;
use ounce_analysis::LoadableSegment;
use std::ops::Range;

/// Words in the names of a chip's own regions that hold no program: what is written there stays, or bricks it.
const NEVER: [&str; 7] = ["otp", "uicr", "ficr", "option", "opt_", "fuse", "bootloader"];

/// Bytes and the place for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// For people: `segment 2`, `the program`.
    pub name: String,
    /// The first address.
    pub address: u64,
    /// At least one.
    pub bytes: Vec<u8>,
}

impl Piece {
    /// The first address behind it.
    pub fn end(&self) -> u64 {
        self.address.saturating_add(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX))
    }
}

/// An image's pieces, in the order of their addresses.
pub fn of_image(segments: &[LoadableSegment<'_>]) -> Vec<Piece> {
    let piece = |(n, s): (usize, &LoadableSegment<'_>)| Piece { name: format!("segment {n}"), address: s.address, bytes: s.bytes.to_vec() };
    segments.iter().enumerate().map(piece).collect()
}

/// Whether all pieces may be written: each inside one allowed range or ranges that touch, and none in a protected one.
///
/// # Errors
/// The first piece that may not, the region it lies in, and the next step.
pub fn check(pieces: &[Piece], allowed: &[Span], protected: &[Span], chip: &[Span]) -> Result<(), String> {
    for piece in pieces {
        let what = format!("{} at {:#010x} ({} B)", piece.name, piece.address, piece.bytes.len());
        let meets = |span: &&Span| piece.address < span.end && span.start < piece.end();
        if let Some(span) = protected.iter().find(meets) {
            return Err(format!("{what} lies in {}, which lab.toml protects; link the image elsewhere", place(span)));
        }
        if let Some(span) = chip.iter().filter(|span| is_never(&span.name)).find(meets) {
            return Err(format!("{what} lies in {}, which is never written here; take it out of the image", place(span)));
        }
        if !covers(allowed, piece) {
            let inside = chip.iter().find(meets).map_or("no memory of the chip".to_owned(), place);
            let may: Vec<String> = allowed.iter().map(place).collect();
            return Err(format!(
                "{what} lies in {inside}, and not wholly in what the board declares, {}: link it there, or correct `regions` in ounce.toml",
                may.join(", ")
            ));
        }
    }
    Ok(())
}

/// The whole sectors that a range touches: flash is erased by them, and what stood in them is gone if power fails before it is put back. A sector's
/// size holds from its offset in flash on.
pub fn in_sectors(span: Span, flash: &Range<u64>, sectors: &[(u64, u64)]) -> Span {
    let sector = |address: u64| {
        let offset = address.checked_sub(flash.start).filter(|_| address < flash.end)?;
        let (from, size) = sectors.iter().filter(|(from, size)| *from <= offset && *size > 0).max_by_key(|(from, _)| *from)?;
        let start = flash.start + from + (offset - from) / size * size;
        Some(start..start.saturating_add(*size))
    };
    let start = sector(span.start).map_or(span.start, |sector| sector.start);
    let end = sector(span.end.saturating_sub(1)).map_or(span.end, |sector| sector.end);
    if (start, end) == (span.start, span.end) { span } else { Span { name: format!("the flash sectors of {}", span.name), start, end } }
}

fn is_never(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NEVER.iter().any(|word| name.contains(word))
}

fn place(span: &Span) -> String {
    format!("{} ({:#010x} to {:#010x})", span.name, span.start, span.end.saturating_sub(1))
}

fn covers(allowed: &[Span], piece: &Piece) -> bool {
    // What reaches beyond the last address is nowhere.
    if piece.end() == u64::MAX {
        return false;
    }
    let mut at = piece.address;
    while at < piece.end() {
        match allowed.iter().filter(|span| (span.start..span.end).contains(&at)).map(|span| span.end).max() {
            Some(end) => at = end,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(name: &str, start: u64, end: u64) -> Span {
        Span { name: name.into(), start, end }
    }

    #[test]
    fn only_declared_memory_is_written_and_a_refusal_names_segment_and_region() {
        let allowed = [span("flash", 0, 0x3_8000), span("program", 0x3_8000, 0x4_0000)];
        let protected = [span("bootloader", 0, 0x1000)];
        let chip = [span("flash", 0, 0x4_0000), span("UICR", 0x1000_1000, 0x1000_1400), span("ram", 0x2000_0000, 0x2000_4000)];
        let says = |address: u64, bytes: usize| {
            let piece = Piece { name: "segment 1".into(), address, bytes: vec![0; bytes] };
            check(&[piece], &allowed, &protected, &chip).err().unwrap_or_else(|| "fine".into())
        };
        insta::assert_snapshot!(
            [(0x1000, 16), (0x3_7ff0, 32), (0x3_fff0, 32), (0xff0, 32), (0x1000_1014, 4), (0x2000_0000, 4), (0x6000_0000, 1), (u64::MAX, 9)]
                .map(|(address, bytes)| says(address, bytes)).join("\n"), @r"
        fine
        fine
        segment 1 at 0x0003fff0 (32 B) lies in flash (0x00000000 to 0x0003ffff), and not wholly in what the board declares, flash (0x00000000 to 0x00037fff), program (0x00038000 to 0x0003ffff): link it there, or correct `regions` in ounce.toml
        segment 1 at 0x00000ff0 (32 B) lies in bootloader (0x00000000 to 0x00000fff), which lab.toml protects; link the image elsewhere
        segment 1 at 0x10001014 (4 B) lies in UICR (0x10001000 to 0x100013ff), which is never written here; take it out of the image
        segment 1 at 0x20000000 (4 B) lies in ram (0x20000000 to 0x20003fff), and not wholly in what the board declares, flash (0x00000000 to 0x00037fff), program (0x00038000 to 0x0003ffff): link it there, or correct `regions` in ounce.toml
        segment 1 at 0x60000000 (1 B) lies in no memory of the chip, and not wholly in what the board declares, flash (0x00000000 to 0x00037fff), program (0x00038000 to 0x0003ffff): link it there, or correct `regions` in ounce.toml
        segment 1 at 0xffffffffffffffff (9 B) lies in no memory of the chip, and not wholly in what the board declares, flash (0x00000000 to 0x00037fff), program (0x00038000 to 0x0003ffff): link it there, or correct `regions` in ounce.toml
        ");
    }

    #[test]
    fn what_is_protected_takes_its_whole_sectors_with_it() {
        // As on an STM32F4: four of 16 KiB, one of 64, then of 128.
        let sectors = [(0, 0x4000), (0x1_0000, 0x1_0000), (0x2_0000, 0x2_0000)];
        let check = |start: u64, end: u64, whole: (u64, u64)| {
            let found = in_sectors(span("bootloader", start, end), &(0x800_0000..0x810_0000), &sectors);
            assert_eq!((found.start, found.end), whole);
            assert_eq!(found.name == "bootloader", (start, end) == whole, "{}", found.name);
        };
        check(0x800_0000, 0x800_4000, (0x800_0000, 0x800_4000));
        check(0x800_0010, 0x800_4001, (0x800_0000, 0x800_8000));
        check(0x801_8000, 0x804_0000, (0x801_0000, 0x804_0000));
        check(0x805_0000, 0x805_0001, (0x804_0000, 0x806_0000));
        check(0x1000_1000, 0x1000_1004, (0x1000_1000, 0x1000_1004));
    }

    #[test]
    fn what_a_chip_cannot_forget_is_refused_even_where_a_manifest_declares_it() {
        let uicr = [span("UICR", 0x1000_1000, 0x1000_1400)];
        let piece = Piece { name: "segment 0".into(), address: 0x1000_1000, bytes: vec![0; 4] };
        assert!(check(&[piece], &uicr, &[], &uicr).unwrap_err().contains("which is never written here"));
    }
}
