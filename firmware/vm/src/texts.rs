//! Texts for people, messages of exceptions and why files are refused: packed at build time, unpacked when one is looked at.
//!
//! A code is a letter, or stands for a pair of codes, each of which may stand for a pair again (byte pair encoding: Gage, 1994). Which pairs there
//! are says `texts/pieces.rs`; without `messages` there are few texts and no pairs. Each text ends with `END`, which pairs may have in them.

#[cfg_attr(not(feature = "messages"), allow(dead_code, reason = "there are no pairs"))]
mod pieces;

use crate::{qstr, reasons};

/// How long a text is at most.
const LONGEST: usize = if cfg!(feature = "chaining") { 68 } else { 64 };
/// The number of the first reason: messages have those before.
pub(crate) const REASONS_FIRST: usize = qstr::MESSAGES.len();

/// The letter behind a text's last one.
const END: u8 = b'|';
/// Codes from this one on are pairs: up to 255, and on from 0 to below the first letter.
const PAIRS_FIRST: u8 = END + 1;
/// What the pairs spell, sorted.
const PIECES: &[&str] = if cfg!(feature = "messages") { &pieces::PIECES } else { &[] };
const _: () = assert!(PIECES.len() <= 0x100 - PAIRS_FIRST as usize + b' ' as usize);

/// The two codes that each pair stands for.
static PAIRS: [[u8; 2]; PIECES.len()] = {
    let (mut pairs, mut at) = ([[0; 2]; PIECES.len()], 0);
    while at < PIECES.len() {
        pairs[at] = halves(PIECES[at].as_bytes());
        at += 1;
    }
    pairs
};

/// Two codes that spell `piece` together.
const fn halves(piece: &[u8]) -> [u8; 2] {
    let mut middle = 1;
    while middle < piece.len() {
        let (left, right) = piece.split_at(middle);
        if let (Some(left), Some(right)) = (code(left), code(right)) {
            return [left, right];
        }
        middle += 1;
    }
    panic!("a piece is not made of two others")
}

/// The code that spells `text`.
const fn code(text: &[u8]) -> Option<u8> {
    if text.len() == 1 {
        return Some(text[0]);
    }
    let mut at = 0;
    while at < PIECES.len() {
        if PIECES[at].len() == text.len() && begins(text, 0, PIECES[at].as_bytes()) {
            return Some(PAIRS_FIRST.wrapping_add(at as u8));
        }
        at += 1;
    }
    None
}

/// Letter `at` of a text, the end counting as one.
const fn letter(text: &[u8], at: usize) -> u8 {
    if at == text.len() { END } else { text[at] }
}

/// Whether `piece` is what stands at `from`.
const fn begins(text: &[u8], from: usize, piece: &[u8]) -> bool {
    let mut at = 0;
    while at < piece.len() && from + at <= text.len() && letter(text, from + at) == piece[at] {
        at += 1;
    }
    at == piece.len()
}

/// Which pieces begin with a letter: those from its entry up to the next letter's.
const BEGINS: [usize; 0x81] = {
    let (mut begins, mut letter) = ([0; 0x81], 1);
    while letter < begins.len() {
        let mut at = begins[letter - 1];
        while at < PIECES.len() && (PIECES[at].as_bytes()[0] as usize) < letter {
            at += 1;
        }
        begins[letter] = at;
        letter += 1;
    }
    begins
};

/// The fewest codes that spell a text and its end: the codes and how many.
const fn pack(text: &[u8]) -> ([u8; LONGEST + 1], usize) {
    assert!(text.len() <= LONGEST);
    // From each letter to the end: how many codes it takes, the first of them, and how many letters that one spells.
    let mut best = [(0_usize, 0_u8, 0_usize); LONGEST + 2];
    let mut from = text.len() + 1;
    while from > 0 {
        from -= 1;
        let first = letter(text, from);
        assert!(first >= b' ' && first <= END, "a text has letters of ASCII only, and none of the last");
        best[from] = (1 + best[from + 1].0, first, 1);
        let mut at = BEGINS[first as usize];
        while at < BEGINS[first as usize + 1] {
            let piece = PIECES[at].as_bytes();
            if begins(text, from, piece) && 1 + best[from + piece.len()].0 < best[from].0 {
                best[from] = (1 + best[from + piece.len()].0, PAIRS_FIRST.wrapping_add(at as u8), piece.len());
            }
            at += 1;
        }
    }
    let (mut codes, mut n, mut at) = ([0; LONGEST + 1], 0, 0);
    while at <= text.len() {
        codes[n] = best[at].1;
        at += best[at].2;
        n += 1;
    }
    (codes, n)
}

const fn plain_bytes(texts: &[&str]) -> usize {
    let (mut bytes, mut at) = (0, 0);
    while at < texts.len() {
        bytes += texts[at].len() + 1;
        at += 1;
    }
    bytes
}

const PLAIN_BYTES: usize = plain_bytes(qstr::MESSAGES) + plain_bytes(reasons::TEXTS);

/// Of how many texts one has its begin in a table: what an exception says is looked at in loops, too.
const STRIDE: usize = 4;
const N_TEXTS: usize = REASONS_FIRST + reasons::TEXTS.len();

/// All texts as codes, and how many codes.
#[allow(long_running_const_eval, reason = "some thousand letters, each with a few pieces that may begin there")]
const ALL: ([u8; PLAIN_BYTES], usize) = {
    let (mut all, mut n, mut number) = ([0; PLAIN_BYTES], 0, 0);
    while number < N_TEXTS {
        let text = if number < REASONS_FIRST { qstr::MESSAGES[number] } else { reasons::TEXTS[number - REASONS_FIRST] };
        let (codes, len) = pack(text.as_bytes());
        let mut at = 0;
        while at < len {
            all[n] = codes[at];
            (n, at) = (n + 1, at + 1);
        }
        number += 1;
    }
    (all, n)
};

static PACKED: [u8; ALL.1] = {
    let (mut packed, mut at) = ([0; ALL.1], 0);
    while at < packed.len() {
        packed[at] = ALL.0[at];
        at += 1;
    }
    packed
};

/// At which code each `STRIDE`th text begins.
static BEGINS_OF_TEXTS: [u16; N_TEXTS.div_ceil(STRIDE)] = {
    let (mut begins, mut at, mut number) = ([0; N_TEXTS.div_ceil(STRIDE)], 0, 0);
    while number < N_TEXTS {
        if number % STRIDE == 0 {
            begins[number / STRIDE] = at as u16;
        }
        number += 1;
        while !ends(PACKED[at]) {
            at += 1;
        }
        at += 1;
    }
    begins
};

/// Whether what a code spells ends a text: no piece goes on behind an end.
const fn ends(code: u8) -> bool {
    let piece = code.wrapping_sub(PAIRS_FIRST) as usize;
    code == END || piece < PIECES.len() && PIECES[piece].as_bytes()[PIECES[piece].len() - 1] == END
}

/// A text unpacked.
pub struct Text {
    letters: [u8; LONGEST],
    len: usize,
    /// How many ends are still before it.
    texts_before: usize,
}

impl Text {
    /// Its letters, ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        &self.letters[..self.len]
    }

    /// Adds what a code spells. It calls itself as often as pieces are made of pieces, of which each is shorter.
    fn add(&mut self, code: u8) {
        if let Some([left, right]) = PAIRS.get(usize::from(code.wrapping_sub(PAIRS_FIRST))) {
            self.add(*left);
            self.add(*right);
        } else if code == END {
            self.texts_before = self.texts_before.wrapping_sub(1);
        } else if self.texts_before == 0
            && let Some(place) = self.letters.get_mut(self.len)
        {
            *place = code;
            self.len += 1;
        }
    }
}

/// Text `number`.
#[inline(never)]
#[cold]
pub(crate) fn unpack(number: usize) -> Text {
    let mut text = Text { letters: [0; LONGEST], len: 0, texts_before: number % STRIDE };
    let begin = BEGINS_OF_TEXTS.get(number / STRIDE).map_or(PACKED.len(), |begin| usize::from(*begin));
    for code in PACKED.get(begin..).unwrap_or(&[]) {
        if text.texts_before > number {
            break;
        }
        text.add(*code);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_unpacked_as_it_was_written() {
        for (number, text) in qstr::MESSAGES.iter().chain(reasons::TEXTS).enumerate() {
            assert_eq!(unpack(number).as_bytes(), text.as_bytes(), "{text}");
        }
        assert_eq!(unpack(REASONS_FIRST + reasons::TEXTS.len()).as_bytes(), b"");
    }

    /// Finds pieces anew, always the pair of neighbours that is there most often, and wants those of `pieces.rs` to be about as good.
    #[test]
    #[cfg(feature = "full")]
    fn the_pieces_are_good_ones() {
        use std::collections::{BTreeMap, BTreeSet};
        let texts: Vec<String> = qstr::MESSAGES.iter().chain(reasons::TEXTS).map(|text| format!("{text}|")).collect();
        let mut found = BTreeSet::new();
        let bytes = loop {
            let told: Vec<Vec<&str>> = texts.iter().map(|text| fewest(text, &found)).collect();
            if found.len() == PIECES.len() {
                break told.iter().map(Vec::len).sum::<usize>();
            }
            let mut pairs = BTreeMap::new();
            for pair in told.iter().flat_map(|text| text.windows(2)) {
                *pairs.entry(pair.concat()).or_insert(0) += 1;
            }
            found.insert(pairs.into_iter().rev().max_by_key(|(_, times)| *times).expect("there are pairs left").0);
        };
        assert!(PIECES.is_sorted() && PACKED.len() <= bytes + bytes / 50, "{} bytes, but {bytes} with {found:?}", PACKED.len());
    }

    /// The fewest pieces and letters that a text is made of.
    #[cfg(feature = "full")]
    fn fewest<'t>(text: &'t str, pieces: &std::collections::BTreeSet<String>) -> Vec<&'t str> {
        let mut best: Vec<(usize, usize)> = vec![(0, 0); text.len() + 1];
        for from in (0..text.len()).rev() {
            let lens = (2..=text.len() - from).filter(|len| pieces.contains(&text[from..from + len]));
            best[from] = lens.chain([1]).map(|len| (1 + best[from + len].0, len)).min_by_key(|(n, _)| *n).expect("a letter");
        }
        let mut at = 0;
        std::iter::from_fn(|| {
            let len = best.get(at)?.1;
            at += len;
            (len > 0).then(|| &text[at - len..at])
        })
        .collect()
    }
}
