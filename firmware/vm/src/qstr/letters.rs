//! Names of one letter.

use super::Qstr;
#[cfg(feature = "speed")]
use super::{STATIC_LAST, TEXTS};

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

/// The name of this one letter of ASCII. Those of the table that are one letter have this number too, see `pool::number` and `fixed`.
#[cfg(feature = "speed")]
pub fn find_letter(letter: u8) -> Option<Qstr> {
    letter.is_ascii().then_some(Qstr(LETTERS_FIRST + u16::from(letter)))
}

/// The letters among the first names of the format, by number; 0 for a name that is longer.
#[cfg(feature = "speed")]
static FIXED_LETTERS: [u8; 9] = {
    let (mut letters, mut at) = ([0; 9], 0);
    while at <= STATIC_LAST as usize {
        if let [letter] = TEXTS[at].as_bytes() {
            letters[at] = *letter;
        }
        at += 1;
    }
    letters
};

/// The name with this number of the format, 1 to `STATIC_LAST`.
pub fn fixed(number: u16) -> Qstr {
    #[cfg(feature = "speed")]
    if let Some(letter) = FIXED_LETTERS.get(usize::from(number))
        && *letter != 0
    {
        return Qstr(LETTERS_FIRST + u16::from(*letter));
    }
    Qstr(number)
}

#[cfg(all(test, feature = "speed"))]
mod tests {
    use super::{find_letter, fixed};
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
        for known in BY_NUMBER.iter().skip(1).filter(|known| known.len() == 1) {
            assert_eq!(find(known.as_bytes()), find_letter(known.as_bytes()[0]), "{known:?}");
        }
        assert_eq!((fixed(4), fixed(61)), (find_letter(b' ').unwrap(), Qstr(61)));
    }
}
