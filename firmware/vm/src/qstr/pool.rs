//! The texts of the table's names, one behind the other, by their numbers.

#[cfg(feature = "speed")]
use super::letters::{LETTERS, LETTERS_FIRST, find_letter};
use super::{Qstr, STATIC_LAST, TABLE_LEN, TEXTS};

/// The number of each name, by its place in `TEXTS`: those that the format fixes have theirs, ours go by their lengths, so that few runs hold them.
const NUMBERS: [u16; TABLE_LEN] = {
    let (mut numbers, mut at) = ([0; TABLE_LEN], 0);
    while at < TABLE_LEN {
        let (mut number, mut other) = (at, OURS_FIRST);
        if at >= OURS_FIRST {
            number = OURS_FIRST;
            while other < TABLE_LEN {
                let (len, other_len) = (TEXTS[at].len(), TEXTS[other].len());
                if other_len < len || other_len == len && other < at {
                    number += 1;
                }
                other += 1;
            }
        }
        numbers[at] = number as u16;
        at += 1;
    }
    numbers
};

/// The name at this place in `TEXTS`. One of one letter has the number that texts of one letter have.
pub(super) const fn number(at: usize) -> Qstr {
    #[cfg(feature = "speed")]
    if let [letter] = TEXTS[at].as_bytes() {
        return Qstr(LETTERS_FIRST + *letter as u16);
    }
    Qstr(NUMBERS[at])
}

const OURS_FIRST: usize = STATIC_LAST as usize + 1;

/// The texts by number.
pub(super) const BY_NUMBER: [&str; TABLE_LEN] = {
    let (mut texts, mut at) = ([""; TABLE_LEN], 0);
    while at < TABLE_LEN {
        texts[NUMBERS[at] as usize] = TEXTS[at];
        at += 1;
    }
    texts
};

/// How many bytes all texts have together.
const POOL_BYTES: usize = {
    let (mut bytes, mut at) = (0, 0);
    while at < TABLE_LEN {
        bytes += TEXTS[at].len();
        at += 1;
    }
    bytes
};

/// All texts, one behind the other.
static POOL: [u8; POOL_BYTES] = {
    let (mut pool, mut to, mut at) = ([0; POOL_BYTES], 0, 0);
    while at < TABLE_LEN {
        let text = BY_NUMBER[at].as_bytes();
        let mut from = 0;
        while from < text.len() {
            pool[to] = text[from];
            (to, from) = (to + 1, from + 1);
        }
        at += 1;
    }
    pool
};

/// Names of the same length that follow each other: the length in the low bits, above it how many they are less one.
#[derive(Clone, Copy)]
struct Run(u8);

const LEN_BITS: u32 = 5;
const RUN_MAX: usize = 1 << (u8::BITS - LEN_BITS);

impl Run {
    const fn len(self) -> usize {
        self.0 as usize & ((1 << LEN_BITS) - 1)
    }

    /// One at least.
    const fn count(self) -> usize {
        (self.0 >> LEN_BITS) as usize + 1
    }
}

/// Of how many names one begins a run whose place is in a table; those of the others are found from there. Where size counts there is no table.
const STRIDE: usize = if cfg!(feature = "speed") { 32 } else { 1 << 16 };

/// All runs, and how many there are.
const ALL_RUNS: ([Run; TABLE_LEN], usize) = {
    let (mut runs, mut n, mut at) = ([Run(0); TABLE_LEN], 0, 0);
    while at < TABLE_LEN {
        let len = BY_NUMBER[at].len();
        assert!(len < 1 << LEN_BITS, "a name is longer than a run may say");
        let mut count = 1;
        while count < RUN_MAX && at + count < TABLE_LEN && (at + count) % STRIDE != 0 && BY_NUMBER[at + count].len() == len {
            count += 1;
        }
        runs[n] = Run((len | (count - 1) << LEN_BITS) as u8);
        (n, at) = (n + 1, at + count);
    }
    (runs, n)
};

static RUNS: [Run; ALL_RUNS.1] = {
    let (mut runs, mut at) = ([Run(0); ALL_RUNS.1], 0);
    while at < runs.len() {
        runs[at] = ALL_RUNS.0[at];
        at += 1;
    }
    runs
};

/// Where each `STRIDE`th name begins: in `POOL`, and which run it begins.
#[cfg(feature = "speed")]
static BEGINS: ([u16; TABLE_LEN.div_ceil(STRIDE)], [u8; TABLE_LEN.div_ceil(STRIDE)]) = {
    let mut begins = ([0; TABLE_LEN.div_ceil(STRIDE)], [0; TABLE_LEN.div_ceil(STRIDE)]);
    let (mut begin, mut number, mut at) = (0, 0, 0);
    while at < RUNS.len() {
        if number % STRIDE == 0 {
            (begins.0[number / STRIDE], begins.1[number / STRIDE]) = (begin as u16, at as u8);
        }
        begin += RUNS[at].count() * RUNS[at].len();
        number += RUNS[at].count();
        at += 1;
    }
    begins
};

/// The `len` bytes at `begin` of the pool.
fn slice(begin: usize, len: usize) -> &'static [u8] {
    crate::heap::const_bytes(POOL.as_ptr().wrapping_add(begin), len)
}

/// The text of a name of the table or of a letter; `None` for names of files.
pub fn text(name: Qstr) -> Option<&'static [u8]> {
    #[cfg(feature = "speed")]
    if usize::from(name.0) >= TABLE_LEN {
        let letter = usize::from(name.0.checked_sub(LETTERS_FIRST)?);
        return LETTERS.as_bytes().get(letter..=letter);
    }
    let mut number = usize::from(name.0);
    #[cfg(feature = "speed")]
    let (mut begin, first) = (usize::from(BEGINS.0[number / STRIDE]), usize::from(BEGINS.1[number / STRIDE]));
    #[cfg(not(feature = "speed"))]
    let (mut begin, first) = (0, 0);
    number %= STRIDE;
    for run in RUNS.get(first..)? {
        if number < run.count() {
            return Some(slice(begin + number * run.len(), run.len()));
        }
        begin += run.count() * run.len();
        number -= run.count();
    }
    None
}

/// The name of the table, or of a letter, that spells `text`, if there is one.
pub fn find(text: &[u8]) -> Option<Qstr> {
    #[cfg(feature = "speed")]
    if let [letter] = text {
        return find_letter(*letter);
    }
    // The run it is in, counting down. Number 0 is no name: it begins with the second of the first run, which have no text.
    let (mut begin, mut number, mut runs, mut run) = (0, 0, RUNS[1..].iter(), RUNS[0]);
    loop {
        run = match run.0.checked_sub(1 << LEN_BITS) {
            Some(rest) => Run(rest),
            None => *runs.next()?,
        };
        number += 1;
        if slice(begin, run.len()) == text {
            return Some(Qstr(number));
        }
        begin += run.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_its_text_and_is_found_by_it() {
        for (number, known) in BY_NUMBER.iter().enumerate().skip(1) {
            let name = Qstr(number as u16);
            assert_eq!(text(name), Some(known.as_bytes()));
            if cfg!(not(feature = "speed")) || known.len() != 1 {
                assert_eq!(find(known.as_bytes()), Some(name), "{known}");
            }
        }
        assert_eq!((text(Qstr(TABLE_LEN as u16)), find(b"no such name")), (None, None));
        assert_eq!((text(Qstr::ZIP), text(Qstr::RECURSION_ERROR)), (Some(&b"zip"[..]), Some(&b"RecursionError"[..])));
    }

    #[test]
    fn no_text_is_there_twice() {
        let mut seen = std::collections::BTreeSet::new();
        let doubled: Vec<_> = TEXTS.iter().skip(1).filter(|text| !seen.insert(**text)).collect();
        assert!(doubled.is_empty(), "{doubled:?}: a file's name would be found as the first only");
    }
}
