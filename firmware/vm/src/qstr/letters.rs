//! Names of one letter.

use super::Qstr;

/// The number of the first letter's name. Names of files stay below, see `Vm::intern`.
#[cfg(feature = "speed")]
pub(super) const LETTERS_FIRST: u16 = 0x8000;
/// All letters of ASCII: texts of one letter are names, so programs that take texts apart make no objects.
#[cfg(feature = "speed")]
pub(super) static LETTERS: &str = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\x7f";

/// None: where size counts letters are texts as all others.
#[cfg(not(feature = "speed"))]
pub fn find_letter(_letter: u8) -> Option<Qstr> {
    None
}

/// The name of this one letter of ASCII.
#[cfg(feature = "speed")]
pub fn find_letter(letter: u8) -> Option<Qstr> {
    match letter {
        b'\n' => Some(Qstr::NEWLINE),
        b' ' => Some(Qstr::SPACE),
        b'*' => Some(Qstr::STAR),
        b'/' => Some(Qstr::SLASH),
        b'_' => Some(Qstr::UNDERSCORE),
        #[cfg(feature = "messages")]
        b'\'' => Some(Qstr::M_QUOTE),
        #[cfg(feature = "import")]
        b'.' => Some(Qstr::DOT),
        #[cfg(feature = "math")]
        b'e' => Some(Qstr::E),
        0..0x80 => Some(Qstr(LETTERS_FIRST + u16::from(letter))),
        _ => None,
    }
}

#[cfg(all(test, feature = "speed"))]
mod tests {
    use super::find_letter;
    use crate::qstr::pool::BY_NUMBER;
    use crate::qstr::{Qstr, find, text};

    #[test]
    fn each_letter_has_one_name() {
        for letter in 0..=0xff_u8 {
            let name = find_letter(letter);
            assert_eq!(name.is_some(), letter.is_ascii());
            assert_eq!(find(&[letter]), name);
            assert!(name.is_none_or(|name| text(name) == Some(&[letter])));
        }
        for (number, known) in BY_NUMBER.iter().enumerate().skip(1).filter(|(_, known)| known.len() == 1) {
            assert_eq!(find(known.as_bytes()), Some(Qstr(number as u16)), "{known:?}");
        }
    }
}
