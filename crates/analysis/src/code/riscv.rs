//! RISC-V instructions: RV32 and RV64 with the compressed ones (C, Zcb, Zcmp).
//!
//! Source of the encodings: The RISC-V Instruction Set Manual, Volume I, "RV32/64G Instruction Set Listings" and "C" and "Zc*" chapters.
//!
//! An address is the upper part that `auipc` or `lui` puts into a register plus the lower part in a later instruction. A register is
//! followed until something else writes it. What is known is dropped where control does not go on; a call destroys the registers that a
//! called function may use freely. Linkers shorten calls and addresses (relaxation), so in [`Step::bits`] a call of any length has one
//! form.

use super::step::{Decoder, Step, What, Window, field, signed};

const RA: u32 = 1;
const SP: u32 = 2;
const GP: u32 = 3;
const TP: u32 = 4;
/// The other link register, of helpers that save registers.
const T0: u32 = 5;
/// ra, t0 to t6, a0 to a7: what a called function need not keep.
const CALLER_SAVED: u32 = 0xf003_fce2;

/// What a register holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    /// An upper part; `certain`: relative to the program counter. Set by the instruction at `at`.
    Upper {
        value: u64,
        at: u64,
        certain: bool,
    },
    /// A whole address that was begun at `at`.
    Whole {
        value: u64,
        at: u64,
    },
    /// A sum of two registers: an entry of some table, maybe.
    Sum,
    /// What such an entry holds.
    Entry,
}

pub(super) struct Riscv {
    registers: [Known; 32],
    wide: bool,
}

impl Riscv {
    /// `gp`: the value of the global pointer, where the image has one.
    pub fn new(wide: bool, gp: Option<u64>) -> Self {
        let mut registers = [Known::Nothing; 32];
        if let Some(value) = gp {
            registers[3] = Known::Upper { value, at: u64::MAX, certain: true };
        }
        Riscv { registers, wide }
    }

    #[inline]
    fn get(&self, register: u32) -> Known {
        self.registers[usize::from(register.to_le_bytes()[0] & 31)]
    }

    #[inline]
    fn set(&mut self, register: u32, known: Known) {
        // The zero register and the global pointer stay what they are.
        if register != 0 && register != GP {
            self.registers[usize::from(register.to_le_bytes()[0] & 31)] = known;
        }
    }

    #[inline]
    fn forget(&mut self, register: u32) {
        self.set(register, Known::Nothing);
    }

    fn forget_all(&mut self, list: u32) {
        for register in (0..32).filter(|r| list >> r & 1 == 1) {
            self.forget(register);
        }
    }

    /// The address of a register's upper part and a lower part, and where it was begun.
    fn join(&self, base: u32, low: u64, at: u64, mask: u64) -> Option<(u64, u64, bool)> {
        match self.get(base) {
            Known::Upper { value, at: first, certain } => {
                Some((value.wrapping_add(low) & mask, if base == GP { at } else { first }, certain))
            }
            _ => None,
        }
    }

    /// An access to memory at a register's address plus a number.
    fn access(&self, base: u32, low: u64, at: u64, mask: u64) -> What {
        match self.get(base) {
            Known::Whole { value, .. } => What::Offset { base: value, to: value.wrapping_add(low) & mask, access: true },
            _ => self.join(base, low, at, mask).map_or(What::Plain, |(to, first, certain)| What::Address { to, first, certain }),
        }
    }

    /// A load from memory: as [`Riscv::access`], and the target has what was there.
    fn load(&mut self, target: u32, base: u32, low: u64, at: u64, mask: u64) -> What {
        let what = self.access(base, low, at, mask);
        self.set(target, if self.get(base) == Known::Sum { Known::Entry } else { Known::Nothing });
        what
    }

    /// `target = base + low`, where both may be one register.
    fn add_immediate(&mut self, target: u32, base: u32, low: u64, at: u64, mask: u64) -> What {
        let Some((to, first, certain)) = self.join(base, low, at, mask) else {
            let known = self.get(base);
            self.forget(target);
            if let Known::Whole { value, at: first } = known {
                let to = value.wrapping_add(low) & mask;
                self.set(target, Known::Whole { value: to, at: first });
                return What::Offset { base: value, to, access: false };
            }
            return What::Plain;
        };
        self.set(target, Known::Whole { value: to, at: first });
        What::Address { to, first, certain }
    }

    fn add(&mut self, target: u32, left: u32, right: u32) {
        let pair = [self.get(left), self.get(right)];
        self.set(target, if pair.contains(&Known::Entry) { Known::Entry } else { Known::Sum });
    }

    /// A jump or call to an address in the instruction itself.
    fn direct(&mut self, link: u32, to: u64, at: u64) -> (u32, What) {
        if link == 0 {
            self.forget_all(u32::MAX);
            (0x6f, What::Jump { to, first: at })
        } else {
            self.called(link);
            (0x6f | link << 7, What::Call { to, first: at })
        }
    }

    fn called(&mut self, link: u32) {
        if link == T0 {
            // A helper that saves registers for its caller changes few.
            self.forget(T0);
        } else {
            self.forget_all(CALLER_SAVED);
        }
    }

    /// `jalr link, low(base)`
    fn indirect(&mut self, link: u32, base: u32, low: u64, at: u64, mask: u64) -> (u32, What) {
        let bits = 0x67 | link << 7 | base << 15;
        let known = match self.get(base) {
            Known::Whole { value, at: first } => Some((value.wrapping_add(low) & mask, first)),
            _ => self.join(base, low, at, mask).map(|(to, first, _)| (to, first)),
        };
        let entry = self.get(base) == Known::Entry;
        if link == 0 {
            self.forget_all(u32::MAX);
        } else {
            self.called(link);
        }
        match known {
            // As the short form.
            Some((to, first)) if link == 0 => (0x6f, What::Jump { to, first }),
            Some((to, first)) => (0x6f | link << 7, What::Call { to, first }),
            None if link == 0 && (base == RA || base == T0 || entry) => (bits, What::Plain),
            None => (bits, What::CallRegister),
        }
    }

    #[inline(always)]
    fn full(&mut self, at: u64, word: u32, mask: u64) -> (u32, What) {
        let (target, base, second) = (field(word, 7, 5), field(word, 15, 5), field(word, 20, 5));
        let imm_i = signed(word >> 20, 12);
        let imm_s = signed(field(word, 25, 7) << 5 | target, 12);
        // Without the lower part: what an access to memory or an addition of an address looks like.
        let (loads, stores) = (word & 0x7fff, word & 0x01ff_f07f);
        // What the base register is has no meaning once the address is known.
        let based = |bits: u32, what: What| if matches!(what, What::Address { .. }) { (bits & !(31 << 15), what) } else { (word, what) };
        match word & 0x7f {
            0x37 | 0x17 => {
                let certain = word & 0x20 == 0;
                let upper = i64::from((word & 0xffff_f000).cast_signed()).cast_unsigned();
                let value = if certain { at.wrapping_add(upper) } else { upper } & mask;
                self.set(target, Known::Upper { value, at, certain });
                (word & 0xfff, What::Half)
            }
            0x6f => {
                let distance = field(word, 31, 1) << 20 | field(word, 12, 8) << 12 | field(word, 20, 1) << 11 | field(word, 21, 10) << 1;
                self.direct(target, at.wrapping_add(signed(distance, 21)) & mask, at)
            }
            0x67 => self.indirect(target, base, imm_i, at, mask),
            0x63 => {
                let distance = field(word, 31, 1) << 12 | field(word, 7, 1) << 11 | field(word, 25, 6) << 5 | field(word, 8, 4) << 1;
                (word & 0x01ff_f07f, What::Jump { to: at.wrapping_add(signed(distance, 13)) & mask, first: at })
            }
            0x13 if field(word, 12, 3) == 0 => {
                let what = self.add_immediate(target, base, imm_i, at, mask);
                based(loads, what)
            }
            0x03 => {
                let what = self.load(target, base, imm_i, at, mask);
                based(loads, what)
            }
            // Loads and stores of floating-point registers, stores.
            0x07 if matches!(field(word, 12, 3), 1..=4) => based(loads, self.access(base, imm_i, at, mask)),
            0x23 => based(stores, self.access(base, imm_s, at, mask)),
            0x27 if matches!(field(word, 12, 3), 1..=4) => based(stores, self.access(base, imm_s, at, mask)),
            // add; sh1add, sh2add, sh3add.
            0x33 if word & 0xfe00_7000 == 0 || (word >> 25 == 0x10 && matches!(field(word, 12, 3), 2 | 4 | 6)) => {
                self.add(target, base, second);
                (word, What::Plain)
            }
            // Floating point writes integer registers only in comparisons, conversions, moves and classifications.
            0x43 | 0x47 | 0x4b | 0x4f | 0x57 | 0x07 | 0x27 => (word, What::Plain),
            0x53 if !matches!(word >> 27, 0x14 | 0x18 | 0x1c) => (word, What::Plain),
            _ => {
                self.forget(target);
                (word, What::Plain)
            }
        }
    }

    #[inline(always)]
    fn compressed(&mut self, at: u64, h: u32, mask: u64) -> (u32, What) {
        let full = field(h, 7, 5);
        let (left, right) = (8 + field(h, 7, 3), 8 + field(h, 2, 3));
        let imm6 = signed(field(h, 12, 1) << 5 | field(h, 2, 5), 6);
        match (h & 3, h >> 13) {
            // c.addi4spn
            (0, 0) => self.forget(right),
            (0, 1..=3 | 5..=7) => return self.compressed_access(at, h, mask),
            // Zcb: c.lbu, c.lhu, c.lh; c.sb, c.sh
            (0, _) if field(h, 10, 2) < 2 => self.forget(right),
            // c.addi
            (1, 0) => {
                let what = self.add_immediate(full, full, imm6, at, mask);
                let bits = if matches!(what, What::Address { .. }) { 0x13 | full << 7 } else { h };
                return (bits, what);
            }
            (1, 1) if !self.wide => return self.direct(RA, compressed_target(at, h, mask), at),
            // c.addiw, c.li
            (1, 1 | 2) => self.forget(full),
            // c.addi16sp; c.lui
            (1, 3) if full == SP => {}
            (1, 3) => {
                self.set(full, Known::Upper { value: (imm6 << 12) & mask, at, certain: false });
                return (0x37 | full << 7, What::Half);
            }
            (1, 4) => self.forget(left),
            (1, 5) => return self.direct(0, compressed_target(at, h, mask), at),
            // c.beqz, c.bnez: as the long forms.
            (1, _) => {
                let distance =
                    field(h, 12, 1) << 8 | field(h, 5, 2) << 6 | field(h, 2, 1) << 5 | field(h, 10, 2) << 3 | field(h, 3, 2) << 1;
                let bits = 0x63 | field(h, 13, 1) << 12 | left << 15;
                return (bits, What::Jump { to: at.wrapping_add(signed(distance, 9)) & mask, first: at });
            }
            (2, 4) => return self.compressed_jump(at, h, mask),
            // Zcmp: cm.popret and cm.popretz do not come back.
            (2, 5) => {
                if matches!(h & 0xff03, 0xbc02 | 0xbe02) {
                    self.forget_all(u32::MAX);
                }
            }
            // c.slli, c.lwsp, c.ldsp; with RV32, c.flwsp has the place of c.ldsp.
            (2, 0 | 2) => self.forget(full),
            (2, 3) if self.wide => self.forget(full),
            _ => {}
        }
        (h, What::Plain)
    }

    /// c.lw, c.ld, c.fld and so on: the form of the long instruction, where the address is known.
    fn compressed_access(&mut self, at: u64, h: u32, mask: u64) -> (u32, What) {
        let (base, other) = (8 + field(h, 7, 3), 8 + field(h, 2, 3));
        let kind = h >> 13;
        let words = kind & 3 == 2 || (kind & 3 == 3 && !self.wide);
        let floats = kind & 3 == 1 || (kind & 3 == 3 && !self.wide);
        let low = if words { field(h, 6, 1) << 2 | field(h, 5, 1) << 6 } else { field(h, 5, 2) << 6 } | field(h, 10, 3) << 3;
        let size = if words { 2 << 12 } else { 3 << 12 };
        let stores = kind >= 5;
        let what = match (stores, floats) {
            (false, false) => self.load(other, base, low.into(), at, mask),
            _ => self.access(base, low.into(), at, mask),
        };
        if !matches!(what, What::Address { .. }) {
            return (h, what);
        }
        let opcode = if floats { 7 } else { 3 };
        (if stores { opcode | 0x20 | size | other << 20 } else { opcode | size | other << 7 }, what)
    }

    /// c.jr, c.jalr, c.mv, c.add, c.ebreak
    fn compressed_jump(&mut self, at: u64, h: u32, mask: u64) -> (u32, What) {
        let (target, source, second) = (field(h, 7, 5), field(h, 2, 5), h & 0x1000 != 0);
        match (source, second) {
            (0, false) => return self.indirect(0, target, 0, at, mask),
            (0, true) if target != 0 => return self.indirect(RA, target, 0, at, mask),
            (0, true) => {}
            (_, true) => self.add(target, target, source),
            (_, false) => {
                let known = self.get(source);
                self.set(target, if source == GP || source == TP { Known::Nothing } else { known });
            }
        }
        (h, What::Plain)
    }
}

/// Where c.j and c.jal go.
fn compressed_target(at: u64, h: u32, mask: u64) -> u64 {
    let distance = field(h, 12, 1) << 11
        | field(h, 8, 1) << 10
        | field(h, 9, 2) << 8
        | field(h, 6, 1) << 7
        | field(h, 7, 1) << 6
        | field(h, 2, 1) << 5
        | field(h, 11, 1) << 4
        | field(h, 3, 3) << 1;
    at.wrapping_add(signed(distance, 12)) & mask
}

impl Decoder for Riscv {
    const ALIGN: u64 = 2;

    #[inline(always)]
    fn step(&mut self, code: &Window<'_>, at: u64, raw: u32, short: bool) -> Step {
        let h = raw & 0xffff;
        let (length, (bits, what)) = if h & 3 != 3 {
            (2, self.compressed(at, h, code.mask))
        } else if h & 0x1f == 0x1f {
            // Longer than 4 bytes: none is in use; their lengths are 6, 8 and, reserved, more.
            (if h & 0x3f == 0x1f { 6 } else { 8 }, (h, What::Plain))
        } else if short {
            (2, (h, What::Plain))
        } else {
            (4, self.full(at, raw, code.mask))
        };
        Step::new(length, bits, what)
    }
}
