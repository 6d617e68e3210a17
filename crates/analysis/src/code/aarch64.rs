//! `AArch64` instructions: calls, branches, literals and addresses by page.
//!
//! Source of the encodings: Arm Architecture Reference Manual DDI 0487, "A64 Base Instruction Descriptions".

use super::step::{Decoder, Step, What, Window, field, signed};

/// x0 to x18 and x30: what a called function need not keep.
const CALLER_SAVED: u32 = 0x4007_ffff;
/// The register number that means the stack pointer, or zero.
const NONE: u32 = 31;

pub(super) struct Aarch64 {
    /// The page that a register holds the address of, and where it was set.
    pages: [Option<(u64, u64)>; 32],
}

impl Aarch64 {
    pub fn new() -> Self {
        Aarch64 { pages: [None; 32] }
    }

    fn set(&mut self, register: u32, page: Option<(u64, u64)>) {
        self.pages[usize::from(register.to_le_bytes()[0] & 31)] = page;
    }

    fn get(&self, register: u32) -> Option<(u64, u64)> {
        if register == NONE { None } else { self.pages[usize::from(register.to_le_bytes()[0] & 31)] }
    }

    fn called(&mut self) {
        for register in (0..32).filter(|r| CALLER_SAVED >> r & 1 == 1) {
            self.set(register, None);
        }
    }

    fn decode(&mut self, at: u64, word: u32, mask: u64) -> (u32, What) {
        let (target, base) = (word & 31, field(word, 5, 5));
        let ahead = |words: u32, bits: u32| at.wrapping_add(signed(words, bits) << 2) & mask;
        if word & 0x7c00_0000 == 0x1400_0000 {
            // BL, B
            let to = ahead(word & 0x03ff_ffff, 26);
            if word >> 31 == 1 {
                self.called();
                return (word & 0xfc00_0000, What::Call { to, first: at });
            }
            self.pages = [None; 32];
            return (word & 0xfc00_0000, What::Jump { to, first: at });
        }
        // B.cond; CBZ, CBNZ; TBZ, TBNZ
        if word & 0xff00_0000 == 0x5400_0000 || word & 0x7e00_0000 == 0x3400_0000 {
            return (word & 0xff00_001f, What::Jump { to: ahead(field(word, 5, 19), 19), first: at });
        }
        if word & 0x7e00_0000 == 0x3600_0000 {
            return (word & 0xfff8_001f, What::Jump { to: ahead(field(word, 5, 14), 14), first: at });
        }
        // ADR, ADRP
        if word & 0x1f00_0000 == 0x1000_0000 {
            let distance = signed(field(word, 5, 19) << 2 | field(word, 29, 2), 21);
            if word >> 31 == 0 {
                self.set(target, None);
                return (word & 0x9f00_001f, What::Address { to: at.wrapping_add(distance) & mask, first: at, certain: true });
            }
            self.set(target, Some(((at & !0xfff).wrapping_add(distance << 12) & mask, at)));
            return (word & 0x9f00_001f, What::Half);
        }
        // LDR (literal) of 4 or 8 bytes, LDRSW; of floating-point registers of 4, 8 or 16 bytes; PRFM
        if word & 0x3b00_0000 == 0x1800_0000 {
            let (floats, size) = (word & 0x0400_0000 != 0, word >> 30);
            let (bytes, count) =
                if floats { (4 << size.min(1), if size == 2 { 2 } else { 1 }) } else { (if size == 1 { 8 } else { 4 }, 1) };
            if !floats {
                self.set(target, None);
            }
            if size == 3 {
                return (word & 0xff00_001f, What::Plain);
            }
            return (word & 0xff00_001f, What::Load { pool: ahead(field(word, 5, 19), 19), bytes, count, value: !floats && size == 1 });
        }
        // ADD Xd, Xn, #imm12
        if word & 0xffc0_0000 == 0x9100_0000 {
            let page = self.get(base);
            self.set(target, None);
            if let Some((page, first)) = page {
                let to = page.wrapping_add(field(word, 10, 12).into()) & mask;
                return (0x9100_0000 | target, What::Address { to, first, certain: true });
            }
            return (word, What::Plain);
        }
        // LDR and STR (unsigned offset) of all sizes
        if word & 0x3b00_0000 == 0x3900_0000 {
            let (page, loads) = (self.get(base), field(word, 22, 2) != 0);
            let floats = word & 0x0400_0000 != 0;
            if loads && !floats {
                self.set(target, None);
            }
            let scale = if floats && field(word, 23, 1) == 1 { 4 } else { word >> 30 };
            if let Some((page, first)) = page {
                let to = page.wrapping_add(u64::from(field(word, 10, 12)) << scale) & mask;
                return (word & 0xffc0_001f, What::Address { to, first, certain: true });
            }
            return (word, What::Plain);
        }
        // BLR; BR and RET end what is known. Jumps through a register are mostly those of tables.
        if word & 0xff9f_fc1f == 0xd61f_0000 && word & 0x0060_0000 != 0x0060_0000 {
            if field(word, 21, 2) == 1 {
                self.called();
                return (word, What::CallRegister);
            }
            self.pages = [None; 32];
            return (word, What::Plain);
        }
        // Stores of pairs and registers leave their registers as they are, but may move their base; all else writes one or two.
        self.set(target, None);
        self.set(field(word, 10, 5), None);
        self.set(base, None);
        (word, What::Plain)
    }
}

impl Decoder for Aarch64 {
    const ALIGN: u64 = 4;

    fn step(&mut self, code: &Window<'_>, at: u64, raw: u32, _short: bool) -> Step {
        let (bits, what) = self.decode(at, raw, code.mask);
        Step::new(4, bits, what)
    }
}
