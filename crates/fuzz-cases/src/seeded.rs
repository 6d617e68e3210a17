//! Numbers from a seed, and the damage they do to a text.

/// A small generator of repeatable numbers (Marsaglia's xorshift).
#[derive(Debug, Clone)]
pub struct Seeded(u64);

/// Longest piece that is cut, doubled, moved or overwritten.
const PIECE_MAX: usize = 60;

impl Seeded {
    /// The numbers of a seed.
    pub fn of(seed: u64) -> Seeded {
        // Seeds that differ little give numbers that differ much; zero would stay zero.
        Seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1))
    }

    /// At least 0, less than `n`; 0 where there is nothing to choose from.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (n.max(1) as u64)).unwrap_or(0)
    }

    /// True once in so many times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of them.
    ///
    /// # Panics
    /// Where there is none.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Cuts, doubles, moves and overwrites so many places of a text, also with what means something to its reader.
    pub fn damage(&mut self, text: &[u8], places: usize, pieces: &[&[u8]]) -> Vec<u8> {
        let mut text = text.to_vec();
        for _ in 0..places {
            let at = self.below(text.len());
            let end = (at + self.below(PIECE_MAX)).min(text.len());
            match self.below(6) {
                0 => drop(text.drain(at..end)),
                1 => text.extend_from_within(at..end),
                2 => drop(text.splice(at..end, self.pick(pieces).iter().copied())),
                3 => drop(text.splice(at..at, self.pick(pieces).iter().copied())),
                4 => {
                    let moved: Vec<u8> = text.drain(at..end).collect();
                    let to = self.below(text.len() + 1);
                    drop(text.splice(to..to, moved));
                }
                _ => {
                    if let Some(byte) = text.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
            }
        }
        text
    }

    /// Writes another digit in so many places where there is one: most of it reads well, and does not add up.
    pub fn renumber(&mut self, text: &[u8], places: usize) -> Vec<u8> {
        let mut text = text.to_vec();
        for _ in 0..places {
            let from = self.below(text.len());
            if let Some(digit) = text[from..].iter_mut().find(|byte| byte.is_ascii_digit()) {
                *digit = b"0123456789"[self.below(10)];
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_does_the_same_damage() {
        let damaged = |seed| Seeded::of(seed).damage(b"the quick brown fox jumps", 4, &[b"{", b"\xff"]);
        assert_eq!(damaged(7), damaged(7));
        let different = (0..100).map(damaged).collect::<std::collections::BTreeSet<_>>();
        assert!(different.len() > 90, "{}", different.len());
    }

    #[test]
    fn nothing_can_be_damaged() {
        assert!(Seeded::of(0).damage(b"", 50, &[b"a"]).len() < 10_000);
        assert_eq!(Seeded::of(0).renumber(b"", 50), b"");
        assert_eq!(Seeded::of(1).renumber(b"abc", 50), b"abc");
    }

    #[test]
    fn other_numbers_are_of_the_same_length() {
        let other = Seeded::of(3).renumber(b"{\"bytes\": 1234567}", 4);
        assert_eq!(other.len(), 18);
        assert!(other != b"{\"bytes\": 1234567}" && other.starts_with(b"{\"bytes\": "));
    }
}
