//! Arm's 32-bit instructions (A32), as far as firmware of today has them: start-up code and veneers.
//!
//! Source of the encodings: Arm Architecture Reference Manual DDI 0406, ARMv7-A and ARMv7-R, "Alphabetical list of instructions".

use super::step::{Decoder, Step, What, Window, field, signed};

/// r0 to r3, r12 and lr: what a called function need not keep.
const CALLER_SAVED: u32 = 0b0101_0000_0000_1111;
const LR: u32 = 14;
const PC: u32 = 15;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    /// A number below 65536, set by the instruction at the address.
    Low(u32, u64),
}

pub(super) struct A32 {
    registers: [Known; 16],
}

impl A32 {
    pub fn new() -> Self {
        A32 { registers: [Known::Nothing; 16] }
    }

    fn set(&mut self, register: u32, known: Known) {
        self.registers[usize::from(register.to_le_bytes()[0] & 15)] = known;
    }

    fn called(&mut self) {
        for register in (0..16).filter(|r| CALLER_SAVED >> r & 1 == 1) {
            self.set(register, Known::Nothing);
        }
    }

    fn decode(&mut self, at: u64, word: u32, mask: u64) -> (u32, What) {
        let pc = at.wrapping_add(8) & mask;
        let (target, base) = (field(word, 12, 4), field(word, 16, 4));
        let always = word >> 28 == 14;
        let near = |distance: u32| {
            let distance = u64::from(distance);
            (if word & 0x0080_0000 != 0 { pc.wrapping_add(distance) } else { pc.wrapping_sub(distance) }) & mask
        };
        match word >> 24 & 15 {
            // Instructions without a condition: only BLX to Thumb instructions matters.
            _ if word >> 28 == 15 => {
                if word >> 25 == 0x7d {
                    self.called();
                    let to = pc.wrapping_add(signed(word & 0x00ff_ffff, 24) << 2).wrapping_add(u64::from(field(word, 24, 1)) << 1);
                    return (0xfa00_0000, What::Call { to: to & mask | 1, first: at });
                }
                (word, What::Plain)
            }
            10 | 11 => {
                let to = pc.wrapping_add(signed(word & 0x00ff_ffff, 24) << 2) & mask;
                if word & 0x0100_0000 != 0 {
                    self.called();
                    return (word & 0xff00_0000, What::Call { to, first: at });
                }
                if always {
                    *self = A32::new();
                }
                (word & 0xff00_0000, What::Jump { to, first: at })
            }
            // LDR and LDRB Rt, [PC, #imm12]
            5 if base == PC && word & 0x0030_0000 == 0x0010_0000 => {
                self.set(target, Known::Nothing);
                let byte = word & 0x0040_0000 != 0;
                let what = What::Load { pool: near(word & 0xfff), bytes: if byte { 1 } else { 4 }, count: 1, value: !byte };
                (word & 0xff7f_f000, what)
            }
            // VLDR Sd or Dd, [PC, #imm8 * 4]
            13 if base == PC && word & 0x0030_0e00 == 0x0010_0a00 => {
                let bytes = if word & 0x100 != 0 { 8 } else { 4 };
                (word & 0xff7f_ff00, What::Load { pool: near((word & 0xff) * 4), bytes, count: 1, value: false })
            }
            // LDRH, LDRSB, LDRSH and LDRD Rt, [PC, #imm8]
            1 if base == PC && word & 0x0060_0090 == 0x0040_0090 && word & 0x60 != 0 => {
                let pool = near(field(word, 8, 4) << 4 | word & 15);
                let what = match (word & 0x0010_0000 != 0, field(word, 5, 2)) {
                    (false, 2) => What::Load { pool, bytes: 4, count: 2, value: true },
                    (true, 2) => What::Load { pool, bytes: 1, count: 1, value: false },
                    (true, _) => What::Load { pool, bytes: 2, count: 1, value: false },
                    _ => What::Plain,
                };
                self.set(target, Known::Nothing);
                (word & 0xff7f_f0f0, what)
            }
            // MOVW, MOVT
            3 if word & 0x00b0_0000 == 0 => {
                let half = base << 12 | word & 0xfff;
                let before = std::mem::replace(&mut self.registers[usize::from(target.to_le_bytes()[0] & 15)], Known::Nothing);
                if word & 0x0040_0000 == 0 {
                    self.set(target, Known::Low(half, at));
                    return (word & 0xfff0_f000, What::Half);
                }
                match before {
                    Known::Low(low, first) => {
                        (word & 0xfff0_f000, What::Address { to: u64::from(half << 16 | low), first, certain: false })
                    }
                    Known::Nothing => (word, What::Plain),
                }
            }
            // ADD and SUB Rd, PC, #imm (ADR)
            2 if base == PC && matches!(field(word, 20, 5), 0x08 | 0x04) => {
                self.set(target, Known::Nothing);
                let distance = (word & 0xff).rotate_right(field(word, 8, 4) * 2);
                let distance = u64::from(distance);
                let to = if field(word, 23, 1) == 1 { pc.wrapping_add(distance) } else { pc.wrapping_sub(distance) };
                (word & 0xff00_f000, What::Address { to: to & mask, first: at, certain: true })
            }
            // BLX Rm; BX Rm
            1 if word & 0x0fff_ffd0 == 0x012f_ff10 => {
                let link = word & 0x20 != 0;
                if link {
                    self.called();
                } else if always {
                    *self = A32::new();
                }
                (word, if link || word & 15 != LR { What::CallRegister } else { What::Plain })
            }
            // Loads of several registers.
            8 | 9 => {
                if word & 0x0010_0000 != 0 {
                    for register in (0..16).filter(|r| word >> r & 1 == 1) {
                        self.set(register, Known::Nothing);
                    }
                }
                (word, What::Plain)
            }
            // What else there is writes at most the registers named in these places.
            _ => {
                self.set(target, Known::Nothing);
                self.set(base, Known::Nothing);
                (word, What::Plain)
            }
        }
    }
}

impl Decoder for A32 {
    const ALIGN: u64 = 4;

    fn step(&mut self, code: &Window<'_>, at: u64, raw: u32, _short: bool) -> Step {
        let (bits, what) = self.decode(at, raw, code.mask);
        Step::new(4, bits, what)
    }
}
