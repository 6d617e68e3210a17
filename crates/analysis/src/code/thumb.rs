//! Thumb instructions: those of ARMv6-M, ARMv7-M and ARMv8-M.
//!
//! Source of the encodings: Arm Architecture Reference Manuals DDI 0419 (ARMv6-M), DDI 0403 (ARMv7-M) and DDI 0553 (ARMv8-M),
//! "Alphabetical list of instructions".
//!
//! A register is followed from the `movw`, `mov` or literal load that sets it until something else writes it. What is known is dropped
//! where control does not go on: after branches without a condition, returns and table jumps. A call destroys the registers that a called
//! function may use freely.

use super::step::{Decoder, Step, What, Window, field, signed};

const SP: u32 = 13;
const LR: u32 = 14;
const PC: u32 = 15;
/// r0 to r3, r12 and lr: what a called function need not keep.
const CALLER_SAVED: u32 = 0b0101_0000_0000_1111;

/// What a register holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    /// A number below 65536, set by the instruction at the second address.
    Low(u32, u64),
    /// A number from a literal pool, or a whole address, begun at the second address.
    Word(u32, u64),
    /// It came from the stack, so a jump through it is a return.
    Popped,
}

pub(super) struct Thumb {
    registers: [Known; 16],
}

impl Thumb {
    pub fn new() -> Self {
        Thumb { registers: [Known::Nothing; 16] }
    }

    #[inline]
    fn get(&self, register: u32) -> Known {
        self.registers[usize::from(register.to_le_bytes()[0] & 15)]
    }

    #[inline]
    fn set(&mut self, register: u32, known: Known) {
        self.registers[usize::from(register.to_le_bytes()[0] & 15)] = known;
    }

    #[inline]
    fn forget(&mut self, register: u32) {
        self.set(register, Known::Nothing);
    }

    fn set_all(&mut self, list: u32, known: Known) {
        for register in (0..16).filter(|r| list >> r & 1 == 1) {
            self.set(register, known);
        }
    }

    fn forget_all(&mut self) {
        self.registers = [Known::Nothing; 16];
    }

    /// Memory at a distance from a register.
    #[inline]
    fn access(&self, code: &Window<'_>, base: u32, distance: u32) -> What {
        match self.get(base) {
            Known::Word(word, _) => {
                let base = u64::from(word);
                What::Offset { base, to: base.wrapping_add(distance.into()) & code.mask, access: true }
            }
            _ => What::Plain,
        }
    }

    /// `target = base + distance`
    fn add(&mut self, code: &Window<'_>, target: u32, base: u32, distance: u32) -> What {
        let before = self.get(base);
        self.forget(target);
        match before {
            Known::Word(word, first) => {
                self.set(target, Known::Word(word.wrapping_add(distance), first));
                let base = u64::from(word);
                What::Offset { base, to: base.wrapping_add(distance.into()) & code.mask, access: false }
            }
            _ => What::Plain,
        }
    }

    fn called(&mut self) {
        self.set_all(CALLER_SAVED, Known::Nothing);
    }

    /// A load of one word near the instruction into a register.
    fn literal(&mut self, code: &Window<'_>, register: u32, pool: u64, at: u64) -> What {
        let word = code.number(pool, 4).and_then(|n| u32::try_from(n).ok());
        self.set(register, word.map_or(Known::Nothing, |word| Known::Word(word, at)));
        What::Load { pool, bytes: 4, count: 1, value: true }
    }

    /// A jump through a register.
    fn exchange(&mut self, register: u32) -> What {
        let returns = register == LR || register == PC || self.get(register) == Known::Popped;
        let known = self.get(register);
        self.forget_all();
        match known {
            _ if returns => What::Plain,
            Known::Word(to, first) => What::Jump { to: u64::from(to), first },
            _ => What::CallRegister,
        }
    }

    #[inline(always)]
    fn narrow(&mut self, code: &Window<'_>, at: u64, h: u32) -> Step {
        let pc = at.wrapping_add(4) & code.mask;
        let pool = |imm8: u32| (pc & !3).wrapping_add(u64::from(imm8) * 4) & code.mask;
        let high = field(h, 8, 3);
        let mut bits = h;
        let what = match h >> 11 {
            // ADD Rd, Rn, #imm3; shifts, additions.
            3 if field(h, 9, 2) == 2 => self.add(code, h & 7, field(h, 3, 3), field(h, 6, 3)),
            0..=3 => {
                self.forget(h & 7);
                What::Plain
            }
            // MOV Rd, #imm8; CMP; ADD and SUB Rd, #imm8.
            4 => {
                self.set(high, Known::Low(h & 0xff, at));
                What::Half
            }
            5 => What::Plain,
            6 => self.add(code, high, high, h & 0xff),
            7 => {
                self.forget(high);
                What::Plain
            }
            8 => self.high_registers(code, at, h),
            // LDR Rt, [PC, #imm8 * 4]
            9 => {
                bits = h & 0xff00;
                self.literal(code, high, pool(h & 0xff), at)
            }
            // Loads and stores with a register offset: the last five are loads.
            10 | 11 => {
                if field(h, 9, 3) >= 3 {
                    self.forget(h & 7);
                }
                What::Plain
            }
            // Stores and loads with an offset, in words, bytes, half-words.
            12..=17 => {
                let size = match h >> 12 {
                    6 => 4,
                    7 => 1,
                    _ => 2,
                };
                let what = self.access(code, field(h, 3, 3), field(h, 6, 5) * size);
                if h & 0x800 != 0 {
                    self.forget(h & 7);
                }
                what
            }
            19 | 21 => {
                self.forget(high);
                What::Plain
            }
            // ADR Rd, #imm8 * 4
            20 => {
                self.forget(high);
                bits = h & 0xff00;
                What::Address { to: pool(h & 0xff), first: at, certain: true }
            }
            22 | 23 => {
                if h & 0x0500 == 0x0100 {
                    bits = h & 0xfd07;
                    let to = pc.wrapping_add(u64::from(field(h, 9, 1) << 6 | field(h, 3, 5) << 1));
                    What::Jump { to: to & code.mask, first: at }
                } else {
                    self.miscellaneous(h)
                }
            }
            25 => {
                self.set_all(h & 0xff, Known::Nothing);
                What::Plain
            }
            // B<cond>; UDF and SVC have the two conditions that are none.
            26 | 27 if field(h, 8, 4) < 14 => {
                bits = h & 0xff00;
                What::Jump { to: pc.wrapping_add(signed(h & 0xff, 8) << 1) & code.mask, first: at }
            }
            26 | 27 => {
                if field(h, 8, 4) == 14 {
                    self.forget_all();
                } else {
                    self.called();
                }
                What::Plain
            }
            28 => {
                bits = h & 0xf800;
                self.forget_all();
                What::Jump { to: pc.wrapping_add(signed(h & 0x7ff, 11) << 1) & code.mask, first: at }
            }
            _ => What::Plain,
        };
        Step::new(2, bits, what)
    }

    /// Data processing between low registers; ADD, CMP, MOV of any; BX and BLX.
    fn high_registers(&mut self, code: &Window<'_>, at: u64, h: u32) -> What {
        let (target, source) = (field(h, 7, 1) << 3 | h & 7, field(h, 3, 4));
        match h >> 8 {
            // TST, CMP and CMN only set flags.
            0x40..=0x43 if !matches!(field(h, 6, 4), 8 | 10 | 11) => self.forget(h & 7),
            0x44 | 0x46 if target == PC => self.forget_all(),
            0x44 => {
                let before = self.get(target);
                self.forget(target);
                // Position-independent code: the literal is the distance to what is meant.
                if let (Known::Word(distance, first), PC) = (before, source) {
                    let to = u64::from(distance).wrapping_add(at).wrapping_add(4) & code.mask;
                    return What::Address { to, first, certain: true };
                }
            }
            0x46 => {
                let known = self.get(source);
                // A copy of a half may be completed twice; only whole ones are followed.
                self.set(target, if matches!(known, Known::Low(..)) { Known::Nothing } else { known });
            }
            0x47 if h & 0x80 == 0 => return self.exchange(source),
            0x47 => {
                let known = self.get(source);
                self.called();
                return match known {
                    Known::Word(to, _) => What::CallKnown { to: u64::from(to) },
                    _ => What::CallRegister,
                };
            }
            _ => {}
        }
        What::Plain
    }

    /// Extensions, byte reversal, POP. What else is there (PUSH, CPS, hints, IT, BKPT) writes no register.
    fn miscellaneous(&mut self, h: u32) -> What {
        match h >> 8 {
            0xb2 | 0xba => self.forget(h & 7),
            0xbc => self.set_all(h & 0xff, Known::Popped),
            0xbd => self.forget_all(),
            _ => {}
        }
        What::Plain
    }

    fn wide(&mut self, code: &Window<'_>, at: u64, h1: u32, h2: u32) -> Step {
        let all = h1 << 16 | h2;
        let (bits, what) = match h1 >> 9 & 0xf {
            // 1111 0: branches and immediates.
            0x8..=0xb if h2 & 0x8000 != 0 => self.branch(code, at, h1, h2),
            0x8..=0xb => self.immediate(code, at, h1, h2),
            // 1110 100: several registers, two registers, tables.
            0x4 => self.several(code, at, h1, h2),
            // 1110 101, 1111 101: registers with registers.
            0x5 | 0xd => {
                self.forget(field(h2, 8, 4));
                if h1 & 0xff80 == 0xfb80 {
                    self.forget(h2 >> 12);
                }
                (all, What::Plain)
            }
            // 1111 100: one register.
            0xc => self.single(code, at, h1, h2),
            // Coprocessors and floating point.
            _ => self.coprocessor(code, at, h1, h2),
        };
        Step::new(4, bits, what)
    }

    fn branch(&mut self, code: &Window<'_>, at: u64, h1: u32, h2: u32) -> (u32, What) {
        let pc = at.wrapping_add(4) & code.mask;
        let (s, j1, j2) = (field(h1, 10, 1), field(h2, 13, 1), field(h2, 11, 1));
        let far = s << 24 | (1 ^ j1 ^ s) << 23 | (1 ^ j2 ^ s) << 22 | (h1 & 0x3ff) << 12 | (h2 & 0x7ff) << 1;
        match h2 & 0xd000 {
            // BL
            0xd000 => {
                self.called();
                (0xf000_d000, What::Call { to: pc.wrapping_add(signed(far, 25)) & code.mask, first: at })
            }
            // BLX to Arm instructions; with the last bit set, the loops of ARMv8.1-M.
            0xc000 if h2 & 1 == 0 => {
                self.called();
                (0xf000_c000, What::Call { to: (pc & !3).wrapping_add(signed(far, 25)) & code.mask, first: at })
            }
            // B.W
            0x9000 => {
                self.forget_all();
                (0xf000_9000, What::Jump { to: pc.wrapping_add(signed(far, 25)) & code.mask, first: at })
            }
            // B<cond>.W
            0x8000 if field(h1, 7, 3) != 7 => {
                let near = s << 20 | j2 << 19 | j1 << 18 | (h1 & 0x3f) << 12 | (h2 & 0x7ff) << 1;
                (0xf000_8000 | (h1 & 0x03c0) << 16, What::Jump { to: pc.wrapping_add(signed(near, 21)) & code.mask, first: at })
            }
            _ => {
                // MRS
                if h1 & 0xffe0 == 0xf3e0 {
                    self.forget(field(h2, 8, 4));
                }
                (h1 << 16 | h2, What::Plain)
            }
        }
    }

    fn immediate(&mut self, code: &Window<'_>, at: u64, h1: u32, h2: u32) -> (u32, What) {
        let all = h1 << 16 | h2;
        let target = field(h2, 8, 4);
        let imm12 = field(h1, 10, 1) << 11 | field(h2, 12, 3) << 8 | h2 & 0xff;
        let imm16 = (h1 & 15) << 12 | imm12;
        let pc = at.wrapping_add(4) & code.mask & !3;
        let before = self.get(target);
        self.forget(target);
        match h1 & 0xfbf0 {
            // MOVW, MOVT
            0xf240 => {
                self.set(target, Known::Low(imm16, at));
                return (0xf240_0000 | target << 8, What::Half);
            }
            0xf2c0 => {
                if let Known::Low(low, first) = before {
                    let word = imm16 << 16 | low;
                    self.set(target, Known::Word(word, first));
                    // For a number, nobody sets an upper half that is 0 already.
                    return (0xf2c0_0000 | target << 8, What::Address { to: u64::from(word), first, certain: imm16 == 0 });
                }
            }
            // ADDW Rd, Rn, #imm12; ADD.W Rd, Rn, #imm
            0xf200 if h1 & 15 != PC => {
                self.set(target, before);
                return (all, self.add(code, target, h1 & 15, imm12));
            }
            0xf100 | 0xf110 => {
                self.set(target, before);
                return (all, self.add(code, target, h1 & 15, expanded(imm12)));
            }
            // ADR.W, forwards and backwards.
            0xf200 if h1 & 15 == PC => {
                return (
                    0xf20f_0000 | target << 8,
                    What::Address { to: pc.wrapping_add(imm12.into()) & code.mask, first: at, certain: true },
                );
            }
            0xf2a0 if h1 & 15 == PC => {
                return (
                    0xf20f_0000 | target << 8,
                    What::Address { to: pc.wrapping_sub(imm12.into()) & code.mask, first: at, certain: true },
                );
            }
            // MOV.W Rd, #imm: some low halves have this form.
            0xf040 | 0xf050 if h1 & 15 == PC => {
                let value = expanded(imm12);
                if value <= 0xffff {
                    self.set(target, Known::Low(value, at));
                    return (0xf04f_0000 | target << 8, What::Half);
                }
            }
            _ => {}
        }
        (all, What::Plain)
    }

    fn several(&mut self, code: &Window<'_>, at: u64, h1: u32, h2: u32) -> (u32, What) {
        let all = h1 << 16 | h2;
        let loads = h1 & 0x10 != 0;
        if h1 & 0x40 == 0 {
            if loads && h2 & 0x8000 != 0 {
                self.forget_all();
            } else if loads {
                self.set_all(h2, if h1 & 15 == SP { Known::Popped } else { Known::Nothing });
            }
            return (all, What::Plain);
        }
        if h1 == 0xe8df && h2 & 0xffe0 == 0xf000 {
            self.forget_all();
            return (all, What::Table { halves: h2 & 0x10 != 0 });
        }
        if loads {
            self.forget(h2 >> 12);
            self.forget(field(h2, 8, 4));
        }
        // LDRD Rt, Rt2, [PC, #imm8 * 4]
        if h1 & 0xff7f == 0xe95f {
            let pool = near(code, at, h1, (h2 & 0xff) * 4);
            return (0xe95f_0000 | h2 & 0xff00, What::Load { pool, bytes: 4, count: 2, value: true });
        }
        (all, What::Plain)
    }

    fn single(&mut self, code: &Window<'_>, at: u64, h1: u32, h2: u32) -> (u32, What) {
        let all = h1 << 16 | h2;
        let (target, size) = (h2 >> 12, field(h1, 5, 2));
        let what = match (h1 & 0x80 != 0, h2 & 0x0f00) {
            (true, _) if h1 & 15 != PC => self.access(code, h1 & 15, h2 & 0xfff),
            (false, 0x0c00) if h1 & 15 != PC => self.access(code, h1 & 15, (h2 & 0xff).wrapping_neg()),
            _ => What::Plain,
        };
        // Stores; preloads are loads of bytes and half-words into PC.
        if h1 & 0x10 == 0 || (target == PC && size != 2) {
            return (all, what);
        }
        self.forget(target);
        let mut result = (all, what);
        if h1 & 15 == PC {
            let pool = near(code, at, h1, h2 & 0xfff);
            let what = match size {
                0 | 1 => What::Load { pool, bytes: u64::from(size) + 1, count: 1, value: false },
                2 => self.literal(code, target, pool, at),
                _ => What::Plain,
            };
            result = (h1 << 16 & 0xff7f_0000 | h2 & 0xf000, what);
        } else if h1 & 15 == SP && h2 & 0xfff == 0xb04 {
            // POP.W of one register.
            self.set(target, Known::Popped);
        }
        if target == PC {
            self.forget_all();
        }
        result
    }

    fn coprocessor(&mut self, code: &Window<'_>, at: u64, h1: u32, h2: u32) -> (u32, What) {
        let all = h1 << 16 | h2;
        // VLDR Sd or Dd, [PC, #imm8 * 4]; half-precision: * 2.
        let scale = match h2 & 0x0f00 {
            0x0900 => 2,
            0x0a00 | 0x0b00 => 4,
            _ => 0,
        };
        if h1 & 0xff3f == 0xed1f && scale != 0 {
            let pool = near(code, at, h1, (h2 & 0xff) * scale);
            let bytes = if h2 & 0x0f00 == 0x0b00 { 8 } else { u64::from(scale) };
            return (0xed1f_0000 | h1 << 16 & 0x0040_0000 | h2 & 0xff00, What::Load { pool, bytes, count: 1, value: false });
        }
        // Moves to one or two core registers.
        if h1 & 0x10 != 0 {
            self.forget(h2 >> 12);
            if h1 & 0xfe00 == 0xec00 {
                self.forget(h1);
            }
        }
        (all, What::Plain)
    }
}

/// The address of a literal whose instruction has the sign of its distance in bit 7.
fn near(code: &Window<'_>, at: u64, h1: u32, distance: u32) -> u64 {
    let pc = at.wrapping_add(4) & code.mask & !3;
    let distance = u64::from(distance);
    (if h1 & 0x80 != 0 { pc.wrapping_add(distance) } else { pc.wrapping_sub(distance) }) & code.mask
}

/// A modified immediate constant (`ThumbExpandImm`).
fn expanded(imm12: u32) -> u32 {
    let byte = imm12 & 0xff;
    match imm12 >> 8 {
        0 => byte,
        1 => byte << 16 | byte,
        2 => byte << 24 | byte << 8,
        3 => byte << 24 | byte << 16 | byte << 8 | byte,
        _ => (0x80 | imm12 & 0x7f).rotate_right(imm12 >> 7),
    }
}

impl Decoder for Thumb {
    const ALIGN: u64 = 2;

    #[inline(always)]
    fn step(&mut self, code: &Window<'_>, at: u64, raw: u32, short: bool) -> Step {
        let (first, second) = (raw & 0xffff, raw >> 16);
        if first >> 11 < 0x1d {
            self.narrow(code, at, first)
        } else if short {
            Step::new(2, first, What::Plain)
        } else {
            self.wide(code, at, first, second)
        }
    }
}
