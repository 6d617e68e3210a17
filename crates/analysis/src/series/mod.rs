//! A figure along the history: every step of an exact one, the change points of a noisy one.
//!
//! Exact figures need no statistics: each difference is real and its commit is known. Noisy ones (cycles and time on real boards) get change points,
//! each with the probability that chance alone gives one as good.

mod optimum;
mod rank;
pub mod track;

use serde::{Deserialize, Serialize};

/// Longer series are refused by [`change_points`]: it keeps only the newest points.
pub const POINTS_MAX: usize = 10_000;

/// A step of an exact series. Positions are those of the commits given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The last commit known to have the figure before.
    pub last_before: usize,
    /// The first commit known to have the figure after: one later where both were measured, and then it made the step. Else any of the commits
    /// between, or it, did.
    pub first_after: usize,
    /// The figure before.
    pub before: u64,
    /// The figure after.
    pub after: u64,
}

impl Step {
    /// The commit that made the step, where there is only one that can have.
    pub fn commit(&self) -> Option<usize> {
        (self.first_after == self.last_before + 1).then_some(self.first_after)
    }
}

/// Every change of an exact figure, oldest first; `None` where a commit was not measured. Equal figures on both sides of a gap say nothing about
/// the commits in it.
pub fn steps(figures: &[Option<u64>]) -> Vec<Step> {
    let known: Vec<(usize, u64)> = figures.iter().enumerate().filter_map(|(i, f)| Some((i, (*f)?))).collect();
    let step = |pair: &[(usize, u64)]| {
        let [(last_before, before), (first_after, after)] = [pair[0], pair[1]];
        (before != after).then_some(Step { last_before, first_after, before, after })
    };
    known.windows(2).filter_map(step).collect()
}

/// How change points are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// Least points between two change points, at least 1. Fewer points than this are outliers.
    pub segment_min: usize,
    /// A change point is told only where its probability by chance is at most this.
    pub p_max: f64,
}

impl Default for Search {
    fn default() -> Self {
        Search { segment_min: 3, p_max: 1e-4 }
    }
}

/// A change of a noisy series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChangePoint {
    /// The first point after the change.
    pub at: usize,
    /// Median of the points since the change point before.
    pub before: f64,
    /// Median of the points up to the next one.
    pub after: f64,
    /// How probable two samples as different are at any place of the series if nothing changed: a two-sided rank-sum test, times the points.
    pub p: f64,
}

/// The penalty of a change point, in mean absolute deviations of the noise, per natural logarithm of the points: what chance can gain by one
/// more median grows that way. Chosen on `examples/change_points.rs`.
const PENALTY_PER_LN: f64 = 2.0;

/// The change points of a noisy series, oldest first.
///
/// Segments minimise the sum of absolute deviations from their medians plus a penalty for each change point, exactly (see `optimum`): a wild
/// point costs its distance once, not its square. Then the least certain point is taken out and its neighbours judged again, until all that
/// are left are at most [`Search::p_max`] probable by chance. The same series gives the same answer. Points that are no finite number are
/// passed over; positions still count them. Of more than [`POINTS_MAX`] points, the newest are looked at.
pub fn change_points(series: &[f64], search: &Search) -> Vec<ChangePoint> {
    let first = series.len().saturating_sub(POINTS_MAX);
    let at: Vec<usize> = (first..series.len()).filter(|&i| series[i].is_finite()).collect();
    let values: Vec<f64> = at.iter().map(|&i| series[i]).collect();
    let segment_min = search.segment_min.max(1);
    let scale = noise(&values);
    if values.len() < 2 * segment_min || scale <= 0.0 || !scale.is_finite() {
        return Vec::new();
    }
    let middle = median(&values);
    let plain: Vec<f64> = values.iter().map(|v| (v - middle) / scale).collect();
    let points = plain.len() as f64;
    let mut borders = optimum::borders(&plain, segment_min, PENALTY_PER_LN * points.ln());
    borders.insert(0, 0);
    borders.push(plain.len());
    let test = |borders: &[usize], i: usize| {
        (rank::p_value(&plain[borders[i - 1]..borders[i]], &plain[borders[i]..borders[i + 1]]) * points).min(1.0)
    };
    let mut p: Vec<f64> = (1..borders.len() - 1).map(|i| test(&borders, i)).collect();
    while let Some((least, _)) = p.iter().enumerate().filter(|(_, p)| **p > search.p_max).max_by(|a, b| a.1.total_cmp(b.1)) {
        borders.remove(least + 1);
        p.remove(least);
        for i in [least, least + 1] {
            // Borders at i − 1 and i + 1 of the one taken out; the ends of the series have no test.
            if i >= 1 && i < borders.len() - 1 {
                p[i - 1] = test(&borders, i);
            }
        }
    }
    let segment = |i: usize| median(&values[borders[i]..borders[i + 1]]);
    (1..borders.len() - 1).map(|i| ChangePoint { at: at[borders[i]], before: segment(i - 1), after: segment(i), p: p[i - 1] }).collect()
}

/// The mean absolute deviation of the noise, from differences of neighbours without the largest tenth: so neither steps, drift nor wild points
/// count. Of a series that mostly stands still, the mean of all differences.
fn noise(values: &[f64]) -> f64 {
    /// The trimmed mean of differences of normal noise is .93 of its standard deviation, its mean absolute deviation .80.
    const OF_TRIMMED: f64 = 0.86;
    let mut differences: Vec<f64> = values.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    differences.sort_unstable_by(f64::total_cmp);
    let mean = |d: &[f64]| if d.is_empty() { 0.0 } else { d.iter().sum::<f64>() / d.len() as f64 };
    let trimmed = mean(&differences[..differences.len() - differences.len() / 10]);
    if trimmed > 0.0 { trimmed * OF_TRIMMED } else { mean(&differences) }
}

/// The middle value; the mean of the two middle ones of an even number. Zero of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (n, half) if n % 2 == 1 => sorted[half],
        (_, half) => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}
