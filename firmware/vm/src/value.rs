//! A Python value: one tagged word. Knows how words are tagged and nothing of what objects hold.
//!
//! | low bits | meaning |
//! |---|---|
//! | `…1` | small int, 31 bits on every machine, so that results do not depend on the host |
//! | `000` | address of a heap object (8-byte granules) |
//! | `010` | name (qstr): number above bit 3 |
//! | `110` | immediate: class in bits 3–5, index above bit 6 |
//!
//! The word is kept as a pointer, so a heap object's address keeps its provenance. It is never zero, which makes
//! `Result<Obj, Raised>` one word as well.

use core::ptr::{self, NonNull};

use crate::qstr::Qstr;

/// A Python value. Valid only in the machine that made it, and until that machine runs again unless it is held there.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(any(test, debug_assertions), derive(Debug))]
pub struct Obj(NonNull<u8>);

/// The smallest and largest small int.
pub(crate) const INT_MIN: i32 = -(1 << 30);
pub(crate) const INT_MAX: i32 = (1 << 30) - 1;

const TAG_NAME: usize = 0b010;
const TAG_IMMEDIATE: usize = 0b110;
const CLASS_SPECIAL: usize = 0;
const CLASS_NATIVE: usize = 1;
const CLASS_TYPE: usize = 2;
#[cfg(feature = "import")]
const CLASS_MODULE: usize = 3;

#[cfg_attr(feature = "speed", inline(always))]
const fn from_word(word: usize) -> Obj {
    debug_assert!(word != 0);
    // SAFETY: every caller sets a tag bit, so the word is not zero.
    Obj(unsafe { NonNull::new_unchecked(ptr::without_provenance_mut(word)) })
}

const fn special(index: usize) -> Obj {
    from_word((index << 6) | (CLASS_SPECIAL << 3) | TAG_IMMEDIATE)
}

impl Obj {
    /// No value: an unset local, an empty table slot, "no self" of a method call.
    pub(crate) const NULL: Obj = special(0);
    /// Python's `None`.
    pub const NONE: Obj = special(1);
    /// Python's `False`.
    pub const FALSE: Obj = special(2);
    /// Python's `True`; its word is `FALSE`'s plus `1 << 6`.
    pub const TRUE: Obj = special(3);
    pub(crate) const ELLIPSIS: Obj = special(4);
    pub(crate) const NOT_IMPLEMENTED: Obj = special(5);
    /// What an iterator gives when it has no more; never seen by Python code.
    pub(crate) const STOP: Obj = special(6);
    /// A deleted entry of a table; never seen by Python code.
    pub(crate) const DELETED: Obj = special(7);
    /// First slot of a `for` loop over a range.
    pub(crate) const RANGE_LOOP: Obj = special(8);
    /// "The answer comes from a Python function, see `Vm::request`"; never seen by Python code.
    pub(crate) const CALL: Obj = special(9);
    /// LOAD_BUILD_CLASS's value.
    pub(crate) const BUILD_CLASS: Obj = special(10);

    #[cfg(feature = "machine")]
    pub(crate) const MEM8: Obj = special(11);
    #[cfg(feature = "machine")]
    pub(crate) const MEM16: Obj = special(12);
    #[cfg(feature = "machine")]
    pub(crate) const MEM32: Obj = special(13);

    /// The word itself, for hashing and comparing.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn word(self) -> usize {
        self.0.as_ptr().addr()
    }

    /// A heap object at `at`.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn from_heap(at: NonNull<u64>) -> Obj {
        Obj(at.cast())
    }

    /// The address of a heap object.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn heap_ptr(self) -> *mut u64 {
        debug_assert!(self.is_heap());
        self.0.as_ptr().cast()
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn is_heap(self) -> bool {
        self.word() & 7 == 0
    }

    /// A small int; `value` must lie within `INT_MIN..=INT_MAX`.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) const fn int(value: i32) -> Obj {
        debug_assert!(value >= INT_MIN && value <= INT_MAX);
        from_word((((value as u32) << 1) | 1) as usize)
    }

    /// How many there are of what is in memory, of which there is far less than a small int can count.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn count(value: usize) -> Obj {
        Obj::int(value as i32)
    }

    /// A count of other things, cut off at the largest small int.
    pub(crate) fn count_at_most(value: usize) -> Obj {
        Obj::int(value.min(INT_MAX as usize) as i32)
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn is_int(self) -> bool {
        self.word() & 1 != 0
    }

    /// The value of a small int.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn as_int(self) -> i32 {
        debug_assert!(self.is_int());
        (self.word() as u32 as i32) >> 1
    }

    /// The tagged form as a signed 32-bit number: order and sums of small ints can be taken on it.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn tagged(self) -> i32 {
        self.word() as u32 as i32
    }

    /// The small int whose tagged form is `tagged` (lowest bit set).
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn from_tagged(tagged: i32) -> Obj {
        debug_assert!(tagged & 1 == 1);
        from_word(tagged as u32 as usize)
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) const fn bool(value: bool) -> Obj {
        if value { Obj::TRUE } else { Obj::FALSE }
    }

    pub(crate) fn is_bool(self) -> bool {
        self == Obj::TRUE || self == Obj::FALSE
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) const fn name(name: Qstr) -> Obj {
        from_word(((name.0 as usize) << 3) | TAG_NAME)
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn is_name(self) -> bool {
        self.word() & 7 == TAG_NAME
    }

    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn as_name(self) -> Qstr {
        debug_assert!(self.is_name());
        Qstr((self.word() >> 3) as u16)
    }

    pub(crate) const fn native(index: u16) -> Obj {
        from_word(((index as usize) << 6) | (CLASS_NATIVE << 3) | TAG_IMMEDIATE)
    }

    /// The index of a native function.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn as_native(self) -> Option<u16> {
        (self.word() & 0x3f == (CLASS_NATIVE << 3) | TAG_IMMEDIATE).then_some((self.word() >> 6) as u16)
    }

    pub(crate) const fn type_index(index: u8) -> Obj {
        from_word(((index as usize) << 6) | (CLASS_TYPE << 3) | TAG_IMMEDIATE)
    }

    /// The index of a built-in type.
    #[cfg_attr(feature = "speed", inline(always))]
    pub(crate) fn as_type_index(self) -> Option<u8> {
        (self.word() & 0x3f == (CLASS_TYPE << 3) | TAG_IMMEDIATE).then_some((self.word() >> 6) as u8)
    }

    #[cfg(feature = "import")]
    pub(crate) const fn module_index(index: u8) -> Obj {
        from_word(((index as usize) << 6) | (CLASS_MODULE << 3) | TAG_IMMEDIATE)
    }

    /// The index of a built-in module.
    #[cfg(feature = "import")]
    pub(crate) fn as_module_index(self) -> Option<u8> {
        (self.word() & 0x3f == (CLASS_MODULE << 3) | TAG_IMMEDIATE).then_some((self.word() >> 6) as u8)
    }
}

/// A Python exception is on its way; the exception itself is in the machine. Has no size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Raised;

/// What anything that may raise gives.
pub(crate) type Res<T = Obj> = Result<T, Raised>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_int_keeps_its_value_and_its_order() {
        for value in [INT_MIN, -1, 0, 1, 47, INT_MAX] {
            let obj = Obj::int(value);
            assert!(obj.is_int() && !obj.is_heap() && !obj.is_name());
            assert_eq!(obj.as_int(), value);
            assert_eq!(Obj::from_tagged(obj.tagged()), obj);
        }
        assert!(Obj::int(-5).tagged() < Obj::int(3).tagged());
    }

    #[test]
    fn immediates_are_told_apart() {
        assert_eq!(Obj::native(7).as_native(), Some(7));
        assert_eq!(Obj::native(7).as_type_index(), None);
        assert_eq!(Obj::type_index(3).as_type_index(), Some(3));
        assert_eq!(Obj::NONE.as_native(), None);
        assert_eq!(Obj::TRUE.word() - Obj::FALSE.word(), 1 << 6);
        assert_eq!(size_of::<Res>(), size_of::<usize>());
    }
}
