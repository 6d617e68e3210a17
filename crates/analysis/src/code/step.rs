//! What one instruction does, as far as references go: the common tongue of the instruction sets' decoders.
//!
//! A decoder is a pure function of the bytes before it and a small register file. It allocates nothing, never reads outside its
//! window, and an encoding it does not know is [`What::Plain`].

use object::Endianness;

/// The bytes of one section, by run address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'w> {
    pub base: u64,
    pub bytes: &'w [u8],
    /// Byte order of instructions: it differs from that of data in big-endian Arm images of today (BE8).
    pub code: Endianness,
    pub data: Endianness,
    /// All ones in an address.
    pub mask: u64,
}

impl Window<'_> {
    /// The address behind the last byte.
    pub fn end(&self) -> u64 {
        self.base.saturating_add(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX))
    }

    fn slice(&self, at: u64, length: usize) -> Option<&[u8]> {
        let offset = usize::try_from(at.checked_sub(self.base)?).ok()?;
        self.bytes.get(offset..offset.checked_add(length)?)
    }

    /// The bytes from an address on.
    pub fn from(&self, at: u64) -> &[u8] {
        at.checked_sub(self.base).and_then(|offset| self.bytes.get(usize::try_from(offset).ok()?..)).unwrap_or_default()
    }

    /// The first 4 bytes of an instruction that is at multiples of `align`: as one word, or as two half-words with the first one in the
    /// low bits. With them, whether only 2 bytes are left, as the low bits.
    #[inline(always)]
    pub fn raw(&self, rest: &[u8], align: u64) -> Option<(u32, bool)> {
        let Some(bytes) = rest.first_chunk::<4>() else {
            let bytes = *rest.first_chunk::<2>()?;
            let half = if self.code == Endianness::Little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
            return (align == 2).then_some((u32::from(half), true));
        };
        let word = match (self.code, align) {
            (Endianness::Little, _) => u32::from_le_bytes(*bytes),
            (Endianness::Big, 2) => u32::from_be_bytes(*bytes).rotate_left(16),
            (Endianness::Big, _) => u32::from_be_bytes(*bytes),
        };
        Some((word, false))
    }

    /// A number of `size` bytes (1 to 8) that lies there as data.
    pub fn number(&self, at: u64, size: usize) -> Option<u64> {
        let bytes = self.slice(at, size.min(8))?.iter();
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.data == Endianness::Little { bytes.rev().fold(0, join) } else { bytes.fold(0, join) })
    }
}

/// One instruction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Its length in bytes: 2, 4, 6 or 8.
    pub length: u8,
    /// The instruction without what a link changes in it: a branch or call of any length and the two halves of an address have one
    /// form. Only meant to be compared.
    pub bits: u32,
    pub what: What,
}

impl Step {
    #[inline(always)]
    pub fn new(length: u8, bits: u32, what: What) -> Self {
        Step { length, bits, what }
    }
}

/// The part of an instruction that other code or data is known by. Addresses have their Thumb bit where the instruction set knows one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Plain,
    /// A call of this address; `first` is where the address began to be formed, the instruction itself where it is one.
    Call {
        to: u64,
        first: u64,
    },
    /// A branch to this address.
    Jump {
        to: u64,
        first: u64,
    },
    /// A call through a register that holds a known number; a function only if that is one's address.
    CallKnown {
        to: u64,
    },
    /// A call through a register, or a jump through one that is not a return: its target is not known.
    CallRegister,
    /// A load of `count` values of `bytes` bytes each that lie at `pool`, near the instruction. `value`: a register has it, so it may be
    /// an address.
    Load {
        pool: u64,
        bytes: u64,
        count: u64,
        value: bool,
    },
    /// An address formed from immediates. `certain`: relative to the program counter or the global pointer, so it is an address and no
    /// other number.
    Address {
        to: u64,
        first: u64,
        certain: bool,
    },
    /// A place at a distance from an address that a register is known to hold: compilers refer to several variables by one of them.
    /// `access`: memory is read or written there, so the base is an address and no other number.
    Offset {
        base: u64,
        to: u64,
        access: bool,
    },
    /// The first half of an address, maybe.
    Half,
    /// A jump by the table of bytes, or of half-words, that follows.
    Table {
        halves: bool,
    },
}

/// Decodes the instructions of one instruction set in the order of their addresses.
pub(super) trait Decoder {
    /// The instruction at an address, of which `raw` has the first 4 bytes as one word, or as two half-words with the first one in the low
    /// bits, by [`Decoder::ALIGN`]. Where `short`, only 2 bytes are left.
    fn step(&mut self, code: &Window<'_>, at: u64, raw: u32, short: bool) -> Step;
    /// Instructions are at multiples of this.
    const ALIGN: u64;
}

/// The lowest `bits` (1 to 32) of a number in two's complement, as what to add to an address.
#[inline]
pub(super) fn signed(value: u32, bits: u32) -> u64 {
    let spare = 32_u32.saturating_sub(bits).min(31);
    i64::from((value << spare).cast_signed() >> spare).cast_unsigned()
}

/// `count` bits of a number from bit `low` on.
#[inline]
pub(super) fn field(value: u32, low: u32, count: u32) -> u32 {
    (value >> low) & ((1 << count) - 1)
}
