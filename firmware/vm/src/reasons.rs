//! Why a file is refused, in a few words.

use crate::texts::{self, Text};

macro_rules! reasons {
    (
        every { $($(#[$of_some:meta])* $some:ident $some_text:literal,)* }
        messages { $($(#[$of:meta])* $name:ident $text:literal,)* }
    ) => {
        /// Why a file was refused. It is a number, of a whole word: of a byte it would have to be cut out of the words that results lie in.
        /// [`Reason::text`] gives the words.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[repr(u32)]
        #[allow(missing_docs, reason = "their words say what they are")]
        #[cfg_attr(not(feature = "messages"), allow(dead_code, reason = "said as `Malformed`"))]
        pub enum Reason { $($(#[$of_some])* $some,)* $($(#[$of])* $name,)* }

        pub(crate) const TEXTS: &[&str] =
            &[$($(#[$of_some])* $some_text,)* $(#[cfg(feature = "messages")] $(#[$of])* $text,)*];
    };
}

reasons! {
// What a build lacks is said in words by every build.
every {
    MachineCode "contains machine code",
    LargerInts "needs larger small ints",
    #[cfg(not(feature = "bigint"))] IntTooLarge "an int constant is too large for this build",
    #[cfg(not(feature = "statements"))] NoStatement "a statement that is not in this build",
    #[cfg(not(feature = "bytes"))] NoBytes "bytes are not in this build",
    #[cfg(not(feature = "complex"))] NoFloats "floats are not in this build",
    #[cfg(not(feature = "messages"))] Malformed "malformed",
}
messages {
    NotMpy "not a .mpy file",
    OtherVersion "another version of .mpy",
    EndsEarly "ends too early",
    NumberTooLarge "number too large",
    NestedTooDeep "nested too deep",
    NoNames "no names",
    TooManyFiles "too many files",
    TooManyNames "too many names",
    TooManyConstants "too many constants",
    TooManyFunctions "too many functions",
    UnknownName "unknown name",
    NameNoEnd "a name does not end",
    #[cfg(feature = "unicode")] NameNotUtf8 "a name is not UTF-8",
    UnknownConstant "unknown constant",
    TextNoEnd "a text does not end",
    #[cfg(feature = "unicode")] TextNotUtf8 "a text is not UTF-8",
    #[cfg(feature = "bigint")] BadInt "an int constant is malformed",
    #[cfg(feature = "float")] BadFloat "a float constant is malformed",
    #[cfg(feature = "inspect")] NotShown "a constant that cannot be shown",
    SignatureTooLong "a function's signature is too long",
    HeadTooLong "a function's head is too long",
    FunctionTooLarge "a function is too large",
    FunctionSize "a function is too large or empty",
    MoreArguments "more arguments than locals",
    NoArgumentName "an argument's name is missing",
    CellNoLocal "a cell is not a local",
    UnknownOpcode "unknown opcode",
    SmallIntTooLarge "a small int is too large",
    TooManyLoops "too many loops",
    JumpIntoOpcode "a jump goes into an opcode",
    LeavesFunction "runs or jumps out of the function",
    PathsDiffer "paths meet with different stacks",
    StackEmpty "takes more than the stack holds",
    StackFull "the stack is too deep",
    NoName "no such name",
    NoLocal "no such local",
    NoConstant "no such constant",
    NoFunction "no such function",
    SliceSize "a slice of other than two or three",
    NoContainer "no container there",
    NoGenerator "yield in a function that is no generator",
    NoBlock "no block to leave",
    NoBlockStart "a block has no beginning",
    TooManyBlocks "too many exception blocks",
    NoWithEnd "not the end of a with block",
    NoFinallyEnd "not the end of a finally block",
    LeavesFinally "leaves a finally block at another depth",
}
}

impl Reason {
    /// The words.
    #[must_use]
    pub fn text(self) -> Text {
        texts::unpack(texts::REASONS_FIRST + self as usize)
    }

    /// The reason itself where this build has words for it.
    pub(crate) const fn or_malformed(self) -> Reason {
        #[cfg(feature = "messages")]
        return self;
        #[cfg(not(feature = "messages"))]
        Reason::Malformed
    }
}

/// For hosts; what an image prints goes by [`Reason::text`], which takes no formatting along.
impl core::fmt::Display for Reason {
    fn fmt(&self, to: &mut core::fmt::Formatter) -> core::fmt::Result {
        to.write_str(core::str::from_utf8(self.text().as_bytes()).unwrap_or(""))
    }
}

impl core::fmt::Debug for Reason {
    fn fmt(&self, to: &mut core::fmt::Formatter) -> core::fmt::Result {
        core::fmt::Display::fmt(self, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_its_words() {
        assert_eq!(Reason::MachineCode.to_string(), "contains machine code");
        let early = if cfg!(feature = "messages") { "ends too early" } else { "malformed" };
        assert_eq!(Reason::EndsEarly.or_malformed().to_string(), early);
        for (number, words) in TEXTS.iter().enumerate() {
            assert_eq!(texts::unpack(texts::REASONS_FIRST + number).as_bytes(), words.as_bytes());
        }
    }
}
