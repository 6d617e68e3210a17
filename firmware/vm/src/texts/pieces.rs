//! What the pairs of `texts.rs` spell.

/// Sorted; `|` is a text's end. Each is made of two that are here or letters. They save the most in the texts of `full`: when a test finds that
/// those could be told in noticeably fewer bytes, it prints the pieces to write here.
#[rustfmt::skip]
pub(super) const PIECES: [&str; 163] = [
    " d", " in", " is ", "'t ", "()", "() ", "a ", "a f", "a function", "ack", "al", "an", "an ", "ang", "ar", "arg", "argum", "argumen",
    "argument", "as", "ato", "ator", "be ", "bj", "bjec", "bject ", "bl", "blo", "block", "cal", "can", "can't ", "cep", "ception", "ch", "ch ",
    "ck", "co", "cod", "con", "constan", "ction", "d ", "di", "ds ", "du", "d|", "e ", "e for ", "ec", "ed ", "ed|", "emp", "empt", "empty ",
    "en", "enerator", "ep", "er", "er ", "erator", "er|", "es ", "ex", "exp", "expec", "expected ", "e|", "f ", "for", "for ", "forma", "fun",
    "function", "generator", "has", "ig", "in", "in ", "ing", "ing|", "is", "is ", "ith", "larg", "le", "li", "lo", "local", "m ", "ma", "mal",
    "man", "many ", "mp", "mu", "must ", "must be ", "n ", "na", "nam", "ne", "no", "no ", "no su", "no such ", "not ", "num", "numb", "o ",
    "object ", "of ", "on", "op", "or", "or ", "oth", "ou", "out ", "out of ", "por", "ppor", "qu", "ra", "rang", "range|", "re", "ring", "s ",
    "se", "si", "st", "st ", "stan", "string", "su", "suppor", "supported ", "s|", "t ", "t is ", "ta", "te", "ted ", "th", "than ", "the ",
    "ti", "tion", "tive ", "to", "to ", "too ", "too larg", "too many ", "ty", "t|", "um", "un", "val", "valu", "ve ", "y ",
];
