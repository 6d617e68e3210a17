//! Half-open address ranges: cutting overlapping ones into disjoint ones, and asking which lie under a range.
//!
//! Every question of the ledger ("which segment, which section, which symbol has this byte?") is one of these two. Only
//! comparisons and subtractions of ordered bounds are used, so nothing overflows whatever an ELF file says.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The addresses from `start` up to, not including, `end`, and what they carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span<T> {
    pub start: u64,
    pub end: u64,
    pub value: T,
}

impl<T> Span<T> {
    pub fn new(start: u64, end: u64, value: T) -> Self {
        Span { start, end, value }
    }
    pub fn bytes(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }
}

/// Spans that are sorted, disjoint and not empty.
#[derive(Debug, Clone)]
pub(crate) struct Partition<T> {
    spans: Vec<Span<T>>,
}

impl<T: Copy + Ord> Partition<T> {
    /// Gives each address to one of the candidates that hold it: the one that starts last, of these the one that ends
    /// first, of these the least value. So a symbol inside another keeps its bytes and the outer one has the rest.
    pub fn innermost(mut candidates: Vec<Span<T>>) -> Self {
        candidates.retain(|c| c.start < c.end);
        candidates.sort_unstable_by_key(|c| c.start);
        let mut bounds: Vec<u64> = candidates.iter().flat_map(|c| [c.start, c.end]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let mut spans: Vec<Span<T>> = Vec::with_capacity(candidates.len());
        let mut open: BinaryHeap<(u64, Reverse<u64>, Reverse<T>)> = BinaryHeap::new();
        let mut waiting = candidates.into_iter().peekable();
        for pair in bounds.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            while let Some(c) = waiting.next_if(|c| c.start <= start) {
                open.push((c.start, Reverse(c.end), Reverse(c.value)));
            }
            while open.peek().is_some_and(|(_, Reverse(ends), _)| *ends <= start) {
                open.pop();
            }
            let Some(&(_, _, Reverse(value))) = open.peek() else { continue };
            match spans.last_mut() {
                Some(last) if last.end == start && last.value == value => last.end = end,
                _ => spans.push(Span::new(start, end, value)),
            }
        }
        Partition { spans }
    }
}

impl<T: Copy> Partition<T> {
    /// Takes spans that are sorted and disjoint already.
    pub fn from_sorted(spans: Vec<Span<T>>) -> Self {
        debug_assert!(spans.windows(2).all(|p| p[0].end <= p[1].start));
        Partition { spans }
    }

    pub fn iter(&self) -> impl Iterator<Item = Span<T>> + '_ {
        self.spans.iter().copied()
    }

    /// The span that holds the address.
    pub fn at(&self, address: u64) -> Option<Span<T>> {
        let after = self.spans.partition_point(|s| s.start <= address);
        self.spans[..after].last().filter(|s| address < s.end).copied()
    }

    /// All of `start..end` in order, cut where the spans change; `None` where none of them is. Exact: the parts' lengths
    /// sum to the range's.
    pub fn over(&self, start: u64, end: u64) -> impl Iterator<Item = Span<Option<T>>> + '_ {
        let mut next = self.spans.partition_point(|s| s.end <= start);
        let mut at = start;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let part = match self.spans.get(next) {
                Some(s) if s.start <= at => {
                    next += 1;
                    Span::new(at, s.end.min(end), Some(s.value))
                }
                Some(s) => Span::new(at, s.start.min(end), None),
                None => Span::new(at, end, None),
            };
            at = part.end;
            Some(part)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(candidates: &[(u64, u64, u8)]) -> String {
        let spans = candidates.iter().map(|&(s, e, v)| Span::new(s, e, char::from(v))).collect();
        Partition::innermost(spans).iter().map(|s| format!("{}{}-{} ", s.value, s.start, s.end)).collect::<String>().trim_end().to_owned()
    }

    #[test]
    fn the_innermost_candidate_has_the_byte() {
        let check = |candidates: &[(u64, u64, u8)], want: &str| assert_eq!(cut(candidates), want);
        check(&[], "");
        check(&[(3, 3, b'a')], "");
        check(&[(5, 2, b'a')], "");
        check(&[(0, 9, b'a')], "a0-9");
        check(&[(0, 9, b'b'), (0, 9, b'a')], "a0-9");
        check(&[(0, 9, b'a'), (3, 5, b'b')], "a0-3 b3-5 a5-9");
        check(&[(0, 9, b'a'), (0, 4, b'b')], "b0-4 a4-9");
        check(&[(0, 5, b'a'), (4, 9, b'b')], "a0-4 b4-9");
        check(&[(0, 2, b'a'), (2, 4, b'a')], "a0-4");
        check(&[(0, 2, b'a'), (3, 4, b'b')], "a0-2 b3-4");
        check(&[(u64::MAX - 1, u64::MAX, b'a'), (0, u64::MAX, b'b')], "b0-18446744073709551614 a18446744073709551614-18446744073709551615");
    }

    #[test]
    fn a_range_is_covered_without_gaps() {
        let partition = Partition::from_sorted(vec![Span::new(2, 4, 'a'), Span::new(4, 6, 'b'), Span::new(8, 9, 'c')]);
        let check = |start, end, want: &str| {
            let got: Vec<String> = partition.over(start, end).map(|s| format!("{}{}-{}", s.value.unwrap_or('.'), s.start, s.end)).collect();
            assert_eq!(got.join(" "), want);
        };
        check(0, 10, ".0-2 a2-4 b4-6 .6-8 c8-9 .9-10");
        check(3, 5, "a3-4 b4-5");
        check(6, 7, ".6-7");
        check(5, 5, "");
        check(9, 3, "");
        check(9, 12, ".9-12");
    }

    #[test]
    fn an_address_has_at_most_one_span() {
        let partition = Partition::from_sorted(vec![Span::new(2, 4, 'a'), Span::new(4, 6, 'b')]);
        let check = |address, want: Option<char>| assert_eq!(partition.at(address).map(|s| s.value), want, "{address}");
        check(1, None);
        check(2, Some('a'));
        check(4, Some('b'));
        check(6, None);
    }
}
