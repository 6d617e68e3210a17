//! The kinds of blocks, and which of a block's words are values.

/// What a block is. The fields of each kind are documented in the file that owns it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    Free,
    /// Raw tables that live as long as the machine.
    Permanent,
    /// The bits of a float.
    #[cfg(feature = "float")]
    Float,
    /// The bits of two floats.
    #[cfg(feature = "complex")]
    Complex,
    /// A long int: sign and length, limbs.
    #[cfg(feature = "bigint")]
    Int,
    /// Bytes of a bytes object or of a byte array.
    #[cfg(feature = "bytes")]
    Bytes,
    /// Bytes of a text, or the table of a dict: no values inside.
    Str,
    Generator,
    /// A frame for which the frame stack had no room.
    Frame,
    // From here on: every word but the first `raw_words` is a value.
    Function,
    /// A function with cells.
    Closure,
    ConstStr,
    #[cfg(feature = "bytes")]
    ConstBytes,
    #[cfg(feature = "bytes")]
    ByteArray,
    #[cfg(feature = "array")]
    Array,
    #[cfg(feature = "memoryview")]
    MemoryView,
    MapTable,
    /// What a dict or a set holds.
    DictTable,
    Slots,
    Tuple,
    List,
    Dict,
    /// Laid out as a dict.
    #[cfg(feature = "set")]
    Set,
    #[cfg(feature = "set")]
    FrozenSet,
    Range,
    #[cfg(feature = "slices")]
    Slice,
    Cell,
    Method,
    Class,
    Instance,
    Exception,
    #[cfg(feature = "property")]
    Property,
    StaticMethod,
    ClassMethod,
    Super,
    Iter,
    #[cfg(feature = "language")]
    View,
    #[cfg(feature = "collections")]
    Deque,
    #[cfg(feature = "io")]
    Stream,
    Module,
}

/// How many payload words before the first value, by kind.
pub(super) const fn raw_words(kind: Kind) -> usize {
    match kind {
        Kind::Function | Kind::Closure | Kind::Class => 1,
        Kind::Generator | Kind::Frame => crate::frame::FRAME_WORDS,
        Kind::ConstStr => 2,
        #[cfg(feature = "bytes")]
        Kind::ConstBytes => 2,
        Kind::MapTable if cfg!(feature = "speed") => 2,
        Kind::DictTable => 1,
        _ => 0,
    }
}
