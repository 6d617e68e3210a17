//! The two-sided rank-sum test (Wilcoxon, Mann and Whitney): how probable two samples as different are if they are of one kind.
//!
//! Only the order of the values counts, so it holds for any noise, and one wild value is no more than the largest. Ties share their mean rank.

/// Up to this many values in the smaller sample the probability is counted, not approximated: the normal approximation is far off where few values
/// are compared with many.
const COUNTED_MAX: usize = 25;
/// Of the larger sample, then, those nearest to the border.
const NEAREST_MAX: usize = 100;
/// Where the approximation says more than this, nothing is certain and nothing is counted.
const WORTH_COUNTING: f64 = 0.01;

/// The probability; 1 where a sample is empty. The border is the end of `before` and the beginning of `after`.
pub(super) fn p_value(before: &[f64], after: &[f64]) -> f64 {
    let few = before.len().min(after.len());
    if few == 0 {
        return 1.0;
    }
    let rough = approximated(before, after);
    if few > COUNTED_MAX || rough > WORTH_COUNTING {
        return rough;
    }
    let before = &before[before.len().saturating_sub(NEAREST_MAX)..];
    let after = &after[..after.len().min(NEAREST_MAX)];
    if before.len() <= after.len() { counted(before, after) } else { counted(after, before) }
}

/// Twice the mean ranks of `few` and `many` together, `few` first, and the sizes of the ties.
fn ranks(few: &[f64], many: &[f64]) -> (Vec<usize>, Vec<f64>) {
    let values: Vec<f64> = few.iter().chain(many).copied().collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let (mut ranks, mut ties, mut from) = (vec![0; values.len()], Vec::new(), 0);
    while from < order.len() {
        let same = order[from..].iter().take_while(|&&i| values[i] == values[order[from]]).count();
        for &i in &order[from..from + same] {
            // Ranks from + 1 to from + same.
            ranks[i] = 2 * from + same + 1;
        }
        ties.push(same as f64);
        from += same;
    }
    (ranks, ties)
}

/// By the normal distribution, with corrections for ties and for continuity.
fn approximated(before: &[f64], after: &[f64]) -> f64 {
    let (ranks, ties) = ranks(before, after);
    let (m, n) = (before.len() as f64, after.len() as f64);
    let all = m + n;
    let sum = ranks[..before.len()].iter().sum::<usize>() as f64 / 2.0;
    let off = ((sum - m * (all + 1.0) / 2.0).abs() - 0.5).max(0.0);
    let tied: f64 = ties.iter().map(|t| t * t * t - t).sum();
    let variance = m * n / 12.0 * (all + 1.0 - tied / (all * (all - 1.0)));
    if variance > 0.0 { erfc(off / variance.sqrt() / std::f64::consts::SQRT_2) } else { 1.0 }
}

/// By counting the choices of as many values as `few` has whose ranks sum to as little, or as much.
fn counted(few: &[f64], many: &[f64]) -> f64 {
    let (ranks, _) = ranks(few, many);
    let (k, all) = (few.len(), ranks.len());
    let sum: usize = ranks[..k].iter().sum();
    // Ranks counted from the other end turn a large sum into a small one.
    let other = 2 * (all + 1) * k - sum;
    let (ranks, sum): (Vec<usize>, usize) =
        if sum <= other { (ranks, sum) } else { (ranks.iter().map(|r| 2 * (all + 1) - r).collect(), other) };
    let mut ways = vec![vec![0.0f64; sum + 1]; k + 1];
    ways[0][0] = 1.0;
    for &rank in ranks.iter().filter(|&&rank| rank <= sum) {
        for chosen in (1..=k).rev() {
            let (less, more) = ways.split_at_mut(chosen);
            for total in rank..=sum {
                more[0][total] += less[chosen - 1][total - rank];
            }
        }
    }
    let choices = (0..k).fold(1.0, |c, i| c * (all - i) as f64 / (i + 1) as f64);
    (2.0 * ways[k].iter().sum::<f64>() / choices).min(1.0)
}

/// The complementary error function for x ≥ 0, to seven digits of itself: Abramowitz and Stegun's 7.1.26 is not good enough in the tail, so a
/// series near zero (7.1.6) and a continued fraction beyond (7.1.14).
fn erfc(x: f64) -> f64 {
    let root = std::f64::consts::PI.sqrt();
    if x < 2.0 {
        let (mut term, mut sum) = (x, x);
        for i in 1..60 {
            term *= 2.0 * x * x / (2.0 * f64::from(i) + 1.0);
            sum += term;
        }
        1.0 - 2.0 / root * (-x * x).exp() * sum
    } else {
        let fraction = (1..=60).rev().fold(x, |below, i| x + f64::from(i) / 2.0 / below);
        (-x * x).exp() / root / fraction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_known_values() {
        let check = |got: f64, want: f64| assert!((got / want - 1.0).abs() < 1e-6, "{got} is not {want}");
        check(erfc(0.5), 0.479_500_122);
        check(erfc(1.999_999), 0.004_677_756);
        check(erfc(2.000_001), 0.004_677_714);
        check(erfc(4.0), 1.541_725_79e-8);
        // Two of C(10, 3) and of C(40, 5) choices are as far apart.
        let range = |from: u32, to: u32| (from..to).map(f64::from).collect::<Vec<_>>();
        check(p_value(&range(0, 3), &range(5, 40)), 2.0 / 8436.0);
        check(p_value(&range(5, 40), &range(0, 5)), 2.0 / 658_008.0);
        check(counted(&range(0, 3), &range(5, 12)), 2.0 / 120.0);
        assert_eq!(p_value(&[], &[1.0]), 1.0);
        assert_eq!(p_value(&[1.0; 5], &[1.0; 50]), 1.0, "all the same");
        // Five of one value against fifty of another: as many choices as without ties.
        check(p_value(&[1.0; 5], &[2.0; 50]), 2.0 / 3_478_761.0);
    }

    #[test]
    fn counted_and_approximated_are_near_where_both_hold() {
        let few: Vec<f64> = (0..12).map(|i| f64::from(i) * 5.0).collect();
        let many: Vec<f64> = (0..40).map(|i| f64::from(i) * 2.0 + 0.5).collect();
        let (a, b) = (counted(&few, &many), approximated(&few, &many));
        assert!((a / b - 1.0).abs() < 0.05, "{a} {b}");
        // Farther out the approximation says more than the truth, never less.
        let few: Vec<f64> = (0..12).map(f64::from).collect();
        assert!(counted(&few, &many) < approximated(&few, &many));
    }
}
