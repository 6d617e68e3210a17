//! A name cut into words, separators and bracketed groups, so that nothing within brackets is taken for a part of the path.
//!
//! Any text has pieces: what does not close runs to the end. It knows what else has brackets in it: arrows, comparisons, operators of C++ and
//! constant characters.

/// What a name is made of outside any bracket.
pub(super) enum Piece<'a> {
    Word(&'a str),
    /// `::`.
    Separator,
    Space,
    /// From an opening bracket to the one that closes it.
    Group(&'a str),
}

/// The pieces of a text, in order; together they are the text.
pub(super) struct Pieces<'a> {
    pub text: &'a str,
    /// Where the next piece begins, in bytes.
    pub at: usize,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let bytes = rest.as_bytes();
        let (piece, length) = match bytes[0] {
            b' ' => (Piece::Space, 1),
            b':' if bytes.get(1) == Some(&b':') => (Piece::Separator, 2),
            b'<' | b'(' | b'[' | b'{' => {
                let length = group_length(bytes);
                (Piece::Group(&rest[..length]), length)
            }
            _ => {
                let length = word_length(rest);
                (Piece::Word(&rest[..length]), length)
            }
        };
        self.at += length;
        Some(piece)
    }
}

/// At least 1; ends before an ASCII byte, so at a character.
fn word_length(rest: &str) -> usize {
    if let Some(after) = rest.strip_prefix("operator") {
        // The longer ones first: `<` also begins `<<`.
        const SIGNS: [&str; 12] = ["<=>", "<<=", ">>=", "->*", "()", "[]", "<<", ">>", "<=", ">=", "->", "<"];
        if let Some(sign) = SIGNS.into_iter().find(|sign| after.starts_with(sign)) {
            return rest.len() - after.len() + sign.len();
        }
    }
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b' ' | b'<' | b'(' | b'[' | b'{' => break,
            b':' if bytes.get(at + 1) == Some(&b':') => break,
            _ => at += 1,
        }
    }
    at
}

/// From an opening bracket to behind the one that closes it, or to the end.
fn group_length(bytes: &[u8]) -> usize {
    let mut open: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b @ (b'<' | b'(' | b'[' | b'{') => open.push(b),
            // Arrows close nothing.
            b'-' | b'=' if bytes.get(at + 1) == Some(&b'>') => at += 1,
            b'\'' => at += quoted_length(&bytes[at..]) - 1,
            b @ (b'>' | b')' | b']' | b'}') => {
                let opening = match b {
                    b'>' => b'<',
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                // A `>` within parentheses is a comparison; a `<` that is still open when its parenthesis closes was one.
                if b != b'>' || open.last() == Some(&b'<') {
                    if let Some(from) = open.iter().rposition(|&o| o == opening) {
                        open.truncate(from);
                    }
                    if open.is_empty() {
                        return at + 1;
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// A character constant, `'<'` or `'\u{3c}'`, or the apostrophe of a lifetime alone.
fn quoted_length(bytes: &[u8]) -> usize {
    const ESCAPE_BYTES_MAX: usize = 12;
    let from = if bytes.get(1) == Some(&b'\\') { 3 } else { 2 };
    let within = if from == 3 { ESCAPE_BYTES_MAX } else { 5 };
    let end = (from..bytes.len().min(within)).find(|&at| bytes[at] == b'\'');
    // A character is as long as its first byte says: `'a, 'b` are lifetimes.
    match end {
        Some(end) if from == 3 || bytes[2..end].iter().all(|b| b & 0xc0 == 0x80) => end + 1,
        _ => 1,
    }
}
