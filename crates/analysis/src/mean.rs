//! How several counts moved together: the geometric mean of their ratios, so that no benchmark counts for more because it is longer.

/// The mean of the logarithms of head over base; a count of 0 is taken as 1. None where there is no pair.
#[expect(clippy::cast_precision_loss, reason = "a ratio of counts, rounded to millionths")]
pub(crate) fn mean_log(pairs: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for (base, head) in pairs {
        // Equal counts add exactly nothing.
        sum += (head.max(1) as f64 / base.max(1) as f64).ln();
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
}

/// That mean in parts per million more, or less, than one.
#[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest i64, and the extremes are those of i64")]
pub(crate) fn ppm(mean_log: f64) -> i64 {
    (mean_log.exp_m1() * 1e6).round() as i64
}

/// How several counts moved together, base and head of each, in parts per million; none where there is no pair.
pub fn mean_ppm(pairs: impl Iterator<Item = (u64, u64)>) -> Option<i64> {
    mean_log(pairs).map(ppm)
}
