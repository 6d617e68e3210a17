//! The best segmentation of a series: least sum of absolute deviations from the segments' medians, plus a penalty for each border.
//!
//! The optimum is that of PELT with this cost (Killick, Fearnhead, Eckley 2012). PELT discards beginnings of the last segment one by one, and on a
//! series without changes discards none: quadratic just where nothing happens. Here they are discarded by the level they are best at (Maidstone,
//! Hocking, Rigaill, Fearnhead 2017): the cost of all beginnings together is kept as one piecewise linear function of the last segment's level, and
//! a beginning that is best at no level is gone. Few pieces are left at any time.

/// A stretch of levels on which the cost is a straight line; it ends where the next one begins.
#[derive(Debug, Clone, Copy)]
struct Piece {
    level: f64,
    /// Cost at `level`.
    cost: f64,
    slope: f64,
    /// Where the last segment begins.
    begin: usize,
}

/// The costs of the last segment's levels, without the points that every segment must have.
struct Costs {
    pieces: Vec<Piece>,
    spare: Vec<Piece>,
    highest: f64,
}

impl Costs {
    fn end(&self, i: usize) -> f64 {
        self.pieces.get(i + 1).map_or(self.highest, |next| next.level)
    }

    /// One more point in the last segment.
    fn add(&mut self, x: f64) {
        let mut out = std::mem::take(&mut self.spare);
        out.clear();
        for (i, piece) in self.pieces.iter().enumerate() {
            let end = self.end(i);
            let turn = x > piece.level && x < end;
            let falling = turn || x >= end;
            let slope = piece.slope + if falling { -1.0 } else { 1.0 };
            out.push(Piece { cost: piece.cost + (x - piece.level).abs(), slope, ..*piece });
            if turn {
                let cost = piece.cost + piece.slope * (x - piece.level);
                out.push(Piece { level: x, cost, slope: piece.slope + 1.0, begin: piece.begin });
            }
        }
        self.spare = std::mem::replace(&mut self.pieces, out);
    }

    /// A segment may begin anew, at any level for this cost.
    fn or_begin(&mut self, begin: usize, cost: f64) {
        let mut out = std::mem::take(&mut self.spare);
        out.clear();
        let put = |out: &mut Vec<Piece>, piece: Piece| {
            let same = |last: &Piece| last.begin == begin && piece.begin == begin;
            if !out.last().is_some_and(same) {
                out.push(piece);
            }
        };
        for (i, piece) in self.pieces.iter().enumerate() {
            let anew = |level| Piece { level, cost, slope: 0.0, begin };
            let end = self.end(i);
            let (at_level, at_end) = (piece.cost, piece.cost + piece.slope * (end - piece.level));
            let cross = || (piece.level + (cost - piece.cost) / piece.slope).clamp(piece.level, end);
            match (at_level <= cost, at_end <= cost) {
                (true, true) => put(&mut out, *piece),
                (false, false) => put(&mut out, anew(piece.level)),
                (true, false) => {
                    put(&mut out, *piece);
                    put(&mut out, anew(cross()));
                }
                (false, true) => {
                    put(&mut out, anew(piece.level));
                    let level = cross();
                    put(&mut out, Piece { level, cost, ..*piece });
                }
            }
        }
        self.spare = std::mem::replace(&mut self.pieces, out);
    }

    /// The least cost with these points added, and where its last segment begins.
    fn least(&self, points: &[f64]) -> (f64, usize) {
        let mut best = (f64::INFINITY, 0);
        for (i, piece) in self.pieces.iter().enumerate() {
            let end = self.end(i);
            let inside = points.iter().copied().filter(|x| (piece.level..=end).contains(x));
            for level in [piece.level, end].into_iter().chain(inside) {
                let cost = piece.cost + piece.slope * (level - piece.level) + points.iter().map(|x| (x - level).abs()).sum::<f64>();
                if cost < best.0 {
                    best = (cost, piece.begin);
                }
            }
        }
        best
    }
}

/// The borders between the best segments: each the first point of a segment, without the very first. Every segment has at least `segment_min` points.
pub(super) fn borders(series: &[f64], segment_min: usize, penalty: f64) -> Vec<usize> {
    let n = series.len();
    if n < segment_min {
        return Vec::new();
    }
    let (lowest, highest) = series.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), &x| (lo.min(x), hi.max(x)));
    // Of the first `end` points: the least cost, and where its last segment begins.
    let mut best = vec![(f64::INFINITY, 0); n + 1];
    best[0] = (-penalty, 0);
    let mut costs = Costs { pieces: vec![Piece { level: lowest, cost: 0.0, slope: 0.0, begin: 0 }], spare: Vec::new(), highest };
    for end in segment_min..=n {
        let begin = end - segment_min;
        if begin > 0 {
            costs.add(series[begin - 1]);
            if best[begin].0.is_finite() {
                costs.or_begin(begin, best[begin].0 + penalty);
            }
        }
        best[end] = costs.least(&series[begin..end]);
    }
    let mut borders = Vec::new();
    let mut end = n;
    while best[end].1 > 0 {
        end = best[end].1;
        borders.push(end);
    }
    borders.reverse();
    borders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::median;

    fn cost(segment: &[f64]) -> f64 {
        let middle = median(segment);
        segment.iter().map(|x| (x - middle).abs()).sum()
    }

    fn total(series: &[f64], borders: &[usize], penalty: f64) -> f64 {
        let ends: Vec<usize> = std::iter::once(0).chain(borders.iter().copied()).chain([series.len()]).collect();
        ends.windows(2).map(|w| cost(&series[w[0]..w[1]]) + penalty).sum::<f64>() - penalty
    }

    /// All beginnings, none discarded.
    fn by_hand(series: &[f64], segment_min: usize, penalty: f64) -> Vec<usize> {
        let n = series.len();
        let mut best = vec![(f64::INFINITY, 0); n + 1];
        best[0] = (-penalty, 0);
        for end in segment_min..=n {
            for begin in 0..=end - segment_min {
                let cost = best[begin].0 + penalty + cost(&series[begin..end]);
                if cost < best[end].0 {
                    best[end] = (cost, begin);
                }
            }
        }
        let (mut borders, mut end) = (Vec::new(), n);
        while best[end].1 > 0 {
            end = best[end].1;
            borders.push(end);
        }
        borders.reverse();
        borders
    }

    #[test]
    fn it_is_as_good_as_trying_all() {
        let mut state = 7u64;
        let mut roll = |n: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % n
        };
        for seed in 0..600 {
            let (n, segment_min) = (roll(60) as usize, 1 + roll(4) as usize);
            let (levels, penalty) = (1 + roll(40), 0.5 + roll(200) as f64 / 10.0);
            let mut level = 0.0;
            let series: Vec<f64> = (0..n)
                .map(|_| {
                    if roll(12) == 0 {
                        level = roll(50) as f64;
                    }
                    level + roll(levels) as f64 * if roll(25) == 0 { 9.0 } else { 1.0 }
                })
                .collect();
            let (fast, slow) = (borders(&series, segment_min, penalty), by_hand(&series, segment_min, penalty));
            let (a, b) = (total(&series, &fast, penalty), total(&series, &slow, penalty));
            // Several may be as good.
            assert!((a - b).abs() < 1e-6, "series {seed}: {fast:?} costs {a}, {slow:?} costs {b}");
            let ends: Vec<usize> = std::iter::once(0).chain(fast).chain([n]).collect();
            assert!(ends.len() == 2 || ends.windows(2).all(|w| w[1] - w[0] >= segment_min), "series {seed}: {ends:?}");
        }
    }

    #[test]
    fn one_wild_point_is_no_segment_and_three_are() {
        let mut series = vec![0.0, 1.0, 0.5, 0.2, 0.8, 0.4, 0.6, 0.1, 0.9, 0.3];
        series[4] = 1000.0;
        assert!(borders(&series, 3, 5.0).is_empty(), "its cost is the same in any segment: {:?}", borders(&series, 3, 5.0));
        series[4..7].fill(1000.0);
        assert_eq!(borders(&series, 3, 5.0), [4, 7]);
        assert_eq!(borders(&[0.0, 0.0, 0.0, 0.0, 9.0, 9.0, 9.0, 9.0], 3, 5.0), [4]);
        assert!(borders(&[0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0], 3, 5.0).is_empty());
        assert!(borders(&[], 3, 5.0).is_empty() && borders(&[1.0, 2.0], 3, 5.0).is_empty());
    }
}
