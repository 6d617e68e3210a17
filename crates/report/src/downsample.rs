//! Which points of a long series are drawn, so that a picture of a million commits still shows each peak.
//!
//! Means and every n-th point hide what one looks for: the one commit that was larger. Here each stretch keeps its least and its most, at
//! the point where they are first reached, so that a step stays where it was.

/// A picture draws no more points than this, of all its series together.
pub const POINTS_DRAWN_MAX: usize = 1_500;

/// The indices of the values to draw, ascending: all that are there where they are `points_max` or fewer, else the first, the last, and of
/// each of equally long stretches between them the first least and the first most. `None` is never drawn. At least 4 are kept.
pub fn downsampled(values: &[Option<i128>], points_max: usize) -> Vec<usize> {
    let present: Vec<(usize, i128)> = values.iter().enumerate().filter_map(|(i, v)| v.map(|v| (i, v))).collect();
    let points_max = points_max.max(4);
    if present.len() <= points_max {
        return present.into_iter().map(|(i, _)| i).collect();
    }
    let inner = &present[1..present.len() - 1];
    let stretches = (points_max - 2) / 2;
    let mut kept = Vec::with_capacity(points_max);
    kept.push(present[0].0);
    for n in 0..stretches {
        // In u128, as a product of two lengths need not fit.
        let at = |n: usize| (n as u128 * inner.len() as u128 / stretches as u128) as usize;
        let stretch = &inner[at(n)..at(n + 1)];
        // The first of equals, for both: `max_by_key` alone would give the last.
        let Some(least) = stretch.iter().min_by_key(|p| p.1) else { continue };
        let Some(most) = stretch.iter().rev().max_by_key(|p| p.1) else { continue };
        kept.push(least.0.min(most.0));
        if least.0 != most.0 {
            kept.push(least.0.max(most.0));
        }
    }
    kept.push(present[present.len() - 1].0);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sebastiano Vigna's splitmix64: a failure is a seed that anyone can replay.
    struct Seeded(u64);

    impl Seeded {
        fn below(&mut self, n: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) % n
        }

        /// Flat stretches with steps, peaks of one point, noise, gaps.
        fn series(&mut self) -> Vec<Option<i128>> {
            let (len, step, noise, gap) = (self.below(3_000), 1 + self.below(200), 1 + self.below(3), 2 + self.below(100));
            let mut level = i128::from(self.below(1 << 20));
            let mut value = || {
                if self.below(step) == 0 {
                    level += i128::from(self.below(4_000)) - 2_000;
                }
                let peak = if self.below(500) == 0 { i128::from(u64::MAX) } else { 0 };
                (self.below(gap) > 0).then(|| level + peak + i128::from(self.below(noise)))
            };
            (0..len).map(|_| value()).collect()
        }
    }

    #[test]
    fn extremes_ends_and_steps_stay() {
        for seed in 0..200 {
            let mut seeded = Seeded(seed);
            let values = seeded.series();
            let points_max = 4 + seeded.below(400) as usize;
            let kept = downsampled(&values, points_max);
            let present: Vec<usize> = (0..values.len()).filter(|&i| values[i].is_some()).collect();
            assert!(kept.is_sorted_by(|a, b| a < b) && kept.len() <= points_max, "seed {seed}");
            assert!(kept.iter().all(|&i| values[i].is_some()), "seed {seed}");
            assert_eq!((kept.first(), kept.last()), (present.first(), present.last()), "seed {seed}");
            if present.len() <= points_max {
                assert_eq!(kept, present, "seed {seed}");
                continue;
            }
            // Every stretch of the picture, as wide as two points of it and more, still reaches as low and as high as it did: no step and
            // no peak is lost, and none has moved further than that.
            let longest = present.len().div_ceil((points_max - 2) / 2) + 1;
            for (at, &i) in present.iter().enumerate() {
                let near = present[at.saturating_sub(longest)]..=present[(at + longest).min(present.len() - 1)];
                let near = &kept[kept.partition_point(|k| k < near.start())..kept.partition_point(|k| k <= near.end())];
                let (low, high) = (near.iter().any(|&k| values[k] <= values[i]), near.iter().any(|&k| values[k] >= values[i]));
                assert!(low && high, "seed {seed}: {i} of {} at {points_max} points", values.len());
            }
            let extremes = |of: &[usize]| (of.iter().map(|&i| values[i]).min(), of.iter().map(|&i| values[i]).max());
            assert_eq!(extremes(&kept), extremes(&present), "seed {seed}");
        }
    }

    #[test]
    fn a_lone_step_stays_at_its_commit() {
        for at in 1..999 {
            for (before, after) in [(100, 120), (120, 100)] {
                let values: Vec<Option<i128>> = (0..1_000).map(|i| Some(if i < at { before } else { after })).collect();
                let kept = downsampled(&values, 40);
                assert!(kept.contains(&at), "{at}: {kept:?}");
            }
        }
    }

    #[test]
    fn short_series_stay_as_they_are() {
        let check = |values: &[Option<i128>], points_max: usize, kept: &[usize]| assert_eq!(downsampled(values, points_max), kept);
        check(&[], 10, &[]);
        check(&[None, None], 10, &[]);
        check(&[Some(1)], 0, &[0]);
        check(&[Some(1), None, Some(1)], 10, &[0, 2]);
        check(&[Some(5); 6], 4, &[0, 1, 5]);
        check(&[Some(5), Some(1), Some(9), Some(2), Some(3)], 4, &[0, 1, 2, 4]);
        check(&[Some(i128::MAX), Some(i128::MIN), Some(0), Some(i128::MAX), Some(0)], 0, &[0, 1, 3, 4]);
    }
}
