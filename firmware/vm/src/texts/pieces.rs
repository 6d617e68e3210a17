//! What the pairs of `texts.rs` spell.

/// Sorted; `|` is a text's end. Each is made of two that are here or letters. They save the most in the texts of `full`: when a test finds that
/// those could be told in noticeably fewer bytes, it prints the pieces to write here.
#[rustfmt::skip]
pub(super) const PIECES: [&str; 163] = [
    " d", " in", " is ", "'t ", "()", "() ", "a ", "a function", "ack", "al", "all", "an", "an ", "ang", "any ", "ar", "arg", "argum", "argumen",
    "argument", "as", "at ", "ato", "ator", "be ", "bj", "bjec", "bject ", "bl", "blo", "block", "cal", "can", "can't ", "cep", "ception", "ch",
    "ch ", "ck", "cod", "con", "constan", "ction", "d ", "di", "ds ", "d|", "e ", "e for ", "ec", "ed ", "ed|", "emp", "empt", "empty ", "en",
    "enerator", "ep", "er", "er ", "erator", "er|", "es ", "ex", "exp", "expec", "expected ", "e|", "f ", "flo", "float ", "for", "for ", "form",
    "fun", "function", "generator", "has", "has ", "ig", "in", "in ", "ing", "ing|", "is", "is ", "is m", "ith", "larg", "le", "li", "lo",
    "local", "m ", "ma", "many ", "mp", "mu", "must ", "must be ", "n ", "na", "nam", "ne", "no", "no ", "no su", "no such ", "not ", "num",
    "numb", "o ", "object ", "od", "of ", "on", "op", "or", "or ", "oth", "ou", "out ", "out of ", "por", "ra", "rang", "range|", "re", "ring",
    "s ", "se", "si", "st", "st ", "stan", "string", "su", "sup", "suppor", "s|", "t ", "ta", "te", "ted ", "th", "the ", "ti", "tion", "tive ",
    "to", "to ", "too ", "too larg", "too many ", "t|", "ul", "um", "un", "val", "valu", "ve ", "with", "y ",
];
