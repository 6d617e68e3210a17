//! Line numbers: from a place in a function's bytecode to the line of its source.
//!
//! A function's head holds, behind its argument names, steps of how many bytes of code belong to how many lines further on:
//! `0LLBBBBB`, or where that is too small `1LLLBBBB LLLLLLLL`, the first three bits being the higher ones.

/// The line of the opcode at `offset`. `steps` is hostile only in what it says: any bytes give some number.
pub(crate) fn line(mut steps: &[u8], offset: usize) -> usize {
    let (mut line, mut left) = (1, offset);
    while let [first, rest @ ..] = steps {
        let first = usize::from(*first);
        let (bytes, lines);
        match rest {
            [second, rest @ ..] if first & 0x80 != 0 => {
                (bytes, lines) = (first & 0xf, (first << 4) & 0x700 | usize::from(*second));
                steps = rest;
            }
            _ => {
                (bytes, lines) = (first & 0x1f, (first >> 5) & 3);
                steps = rest;
            }
        }
        if left < bytes {
            break;
        }
        left -= bytes;
        line += lines;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_place_in_the_code_has_its_line() {
        // Four bytes of line 1, then two lines on for six bytes, then 300 lines on.
        let steps = [0x44, 0x80 | 1 << 4 | 6, 44];
        for (offset, expected) in [(0, 1), (3, 1), (4, 3), (9, 3), (10, 303), (1000, 303)] {
            assert_eq!(line(&steps, offset), expected, "at {offset}");
        }
        assert_eq!(line(&[0x80], 7), 1);
    }
}
