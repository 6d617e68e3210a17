//! Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999): frames without zeros, each ended by one.

/// A frame of these bytes, with the zero at its end.
pub fn encode(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + data.len() / 254 + 2);
    let mut blocks = data.split(|byte| *byte == 0).peekable();
    while let Some(block) = blocks.next() {
        let mut rest = block;
        // A full block says by its length that no zero follows.
        while rest.len() >= 254 {
            out.push(255);
            out.extend_from_slice(&rest[..254]);
            rest = &rest[254..];
            if rest.is_empty() && blocks.peek().is_none() {
                out.push(0);
                return out;
            }
        }
        out.push(u8::try_from(rest.len() + 1).unwrap_or(u8::MAX));
        out.extend_from_slice(rest);
    }
    out.push(0);
    out
}

/// What a frame, without its last zero, holds. None where it is none.
pub fn decode(frame: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(frame.len());
    let mut rest = frame;
    while let Some((&code, after)) = rest.split_first() {
        let length = usize::from(code).checked_sub(1)?;
        let block = after.get(..length)?;
        if block.contains(&0) {
            return None;
        }
        out.extend_from_slice(block);
        rest = &after[length..];
        if length < 254 && !rest.is_empty() {
            out.push(0);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_as_the_paper_says() {
        let check = |data: &[u8], frame: &[u8]| {
            assert_eq!(encode(data), frame, "{data:02x?}");
            assert_eq!(decode(&frame[..frame.len() - 1]).as_deref(), Some(data), "{frame:02x?}");
        };
        check(&[], &[1, 0]);
        check(&[0], &[1, 1, 0]);
        check(&[0, 0], &[1, 1, 1, 0]);
        check(&[0x11, 0x22, 0, 0x33], &[3, 0x11, 0x22, 2, 0x33, 0]);
        check(&[0x11, 0, 0, 0], &[2, 0x11, 1, 1, 1, 0]);
        let long: Vec<u8> = (1..=254).collect();
        let mut frame = vec![255];
        frame.extend(&long);
        frame.push(0);
        check(&long, &frame);
        let mut longer = long.clone();
        longer.extend([0, 7]);
        let mut frame = vec![255];
        frame.extend(&long);
        frame.extend([1, 2, 7, 0]);
        check(&longer, &frame);
    }

    #[test]
    fn every_length_comes_back() {
        for length in 0..1_100usize {
            for zeros in [1, 7, 254, 255] {
                let data: Vec<u8> = (0..length).map(|n| if n % zeros == 0 { 0 } else { 0xa5 }).collect();
                let frame = encode(&data);
                assert!(frame.ends_with(&[0]) && !frame[..frame.len() - 1].contains(&0));
                assert_eq!(decode(&frame[..frame.len() - 1]), Some(data), "{length} bytes, a zero each {zeros}");
            }
        }
    }

    #[test]
    fn what_is_no_frame_is_none() {
        for frame in [&[5u8, 1, 2][..], &[2, 0], &[255, 1]] {
            assert_eq!(decode(frame), None, "{frame:?}");
        }
    }
}
