//! What stands at an axis: round figures, percents, commits, days, and a scale on which one outlier does not squash the rest.

use crate::svg::{figure, short};

/// Ticks never come to more, whatever the range is.
const TICKS_MAX: usize = 16;
/// A short figure with more decimals than this is longer than the exact one.
const DECIMALS_MAX: usize = 3;
/// A clock that was set wrong may give longer times; no day is written then.
const DAYS_MAX: f64 = 400_000.0;
const DAY_MS: i64 = 86_400_000;

/// A place on an axis with what is written there.
pub(crate) type Tick = (f64, String);

/// An axis: the range it shows, and its ticks in it.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    pub from: f64,
    pub to: f64,
    pub ticks: Vec<Tick>,
}

/// The least of 1, 2, 5 · 10ⁿ that is not below `step`.
fn round_step(step: f64) -> f64 {
    let ten = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * ten).find(|&n| n >= step * (1.0 - 1e-9)).unwrap_or(step)
}

/// Multiples of a round step inside the range, about `count` of them, with the step.
fn round_places(from: f64, to: f64, count: usize, step_min: f64) -> (Vec<f64>, f64) {
    let step = round_step(((to - from) / count as f64).max(step_min).max(f64::MIN_POSITIVE));
    let first = (from / step).ceil();
    let places = (0..TICKS_MAX).map(|n| (first + n as f64) * step).take_while(|&v| v <= to * (1.0 + f64::EPSILON)).collect();
    (places, step)
}

/// Whole figures: exact while they are short.
pub(crate) fn figures(from: f64, to: f64, count: usize) -> Vec<Tick> {
    let (places, step) = round_places(from, to, count, 1.0);
    // As many decimals as tell neighbours apart.
    let largest = from.abs().max(to.abs()).max(1.0);
    let unit = 10f64.powf((largest.log10() / 3.0).floor() * 3.0);
    let decimals = (unit / step).log10().ceil().max(0.0) as usize;
    let text = |v: f64| if decimals <= DECIMALS_MAX { short(v, decimals) } else { figure(v.round() as i128) };
    places.into_iter().map(|v| (v, text(v))).collect()
}

/// Percents of change, with their signs.
pub(crate) fn percents(from: f64, to: f64, count: usize) -> Vec<Tick> {
    let (places, step) = round_places(from, to, count, 1e-6);
    let decimals = (-step.log10()).ceil().clamp(0.0, 6.0) as usize;
    let text = |v: f64| match v {
        v if v.abs() < step / 2.0 => "0 %".to_owned(),
        v if v.abs() >= 1e9 => format!("{}{} %", if v < 0.0 { "" } else { "+" }, short(v, 1)),
        v => format!("{}{:.decimals$} %", if v < 0.0 { "−" } else { "+" }, v.abs()),
    };
    places.into_iter().map(|v| (v, text(v))).collect()
}

/// Up to `count` of `len` places, the first and the last among them, equally far apart as far as whole numbers are.
pub(crate) fn spread(len: usize, count: usize) -> Vec<usize> {
    let count = count.clamp(1, len.max(1));
    if len == 0 {
        return Vec::new();
    }
    if count == 1 {
        return vec![len - 1];
    }
    (0..count).map(|n| (n as u128 * (len as u128 - 1) / (count as u128 - 1)) as usize).collect()
}

/// Beginnings of years, quarters, months, weeks or days (UTC) in a range of milliseconds since 1970.
pub(crate) fn days(from_ms: f64, to_ms: f64, count: usize) -> Vec<Tick> {
    if to_ms - from_ms > DAYS_MAX * DAY_MS as f64 {
        return Vec::new();
    }
    let day = |ms: f64| (ms / DAY_MS as f64).floor() as i64;
    let (first, last) = (day(from_ms), day(to_ms));
    let apart = (last - first) as f64 / count as f64;
    let tick = |day: i64, text: String| (day as f64 * DAY_MS as f64, text);
    let ticks: Vec<Tick> = if apart < 20.0 {
        let step = [1, 2, 7, 14].into_iter().find(|&s| s as f64 >= apart).unwrap_or(14);
        let date = |day: i64| (civil(day), day);
        let date = |day| {
            let ((y, m, d), day) = date(day);
            tick(day, format!("{y}-{m:02}-{d:02}"))
        };
        // Weeks begin on Monday; 1970 began on a Thursday.
        let start = first - (first + 3).rem_euclid(step);
        (start..=last).step_by(step.unsigned_abs() as usize).map(date).collect()
    } else {
        let step = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600].into_iter().find(|&s| s as f64 * 30.4 >= apart).unwrap_or(6_000);
        let month_of = |day: i64| {
            let (y, m, _) = civil(day);
            y * 12 + m - 1
        };
        let start = month_of(first).div_euclid(step) * step;
        let months = (start..=month_of(last)).step_by(step.unsigned_abs() as usize);
        let text = |month: i64| {
            if step >= 12 { format!("{}", month / 12) } else { format!("{}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1) }
        };
        months.map(|m| tick(day_of_month(m), text(m))).collect()
    };
    ticks.into_iter().filter(|t| (from_ms..=to_ms).contains(&t.0)).take(TICKS_MAX).collect()
}

/// The day's year, month and day; days are counted from 1970-01-01. Howard Hinnant's `civil_from_days`.
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

/// The first day of a month, which is counted from January of the year 0.
fn day_of_month(month: i64) -> i64 {
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    let year = year - i64::from(month <= 2);
    let (era, yoe) = (year.div_euclid(400), year.rem_euclid(400));
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// A symmetric logarithm: straight up to about `knee` on either side of zero, then each ten times as much is equally far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SymLog {
    pub knee: f64,
}

impl SymLog {
    /// With the knee at the power of ten below the middle one of the sizes, so that half of them are not squashed in the middle.
    pub(crate) fn of(sizes: impl Iterator<Item = f64>, knee_min: f64) -> SymLog {
        let mut sizes: Vec<f64> = sizes.map(f64::abs).filter(|s| s.is_finite() && *s > 0.0).collect();
        sizes.sort_by(f64::total_cmp);
        let middle = sizes.get(sizes.len() / 2).copied().unwrap_or(knee_min);
        SymLog { knee: 10f64.powf((middle / 3.0).max(knee_min).log10().floor()).max(knee_min) }
    }

    pub(crate) fn at(self, v: f64) -> f64 {
        v.signum() * (v.abs() / self.knee).ln_1p()
    }

    /// Zero, and ±1, ±10, ±100 … times the knee, as far as `most`; where that is few, 3 · 10ⁿ too.
    pub(crate) fn places(self, most: f64) -> Vec<f64> {
        let decades = (most / self.knee).max(1.0).log10();
        let heads: &[f64] = if decades < 2.0 {
            &[1.0, 2.0, 5.0]
        } else if decades < 3.5 {
            &[1.0, 3.0]
        } else {
            &[1.0]
        };
        let sizes = (0..20).flat_map(|n| heads.iter().map(move |h| h * 10f64.powi(n) * self.knee));
        let sizes: Vec<f64> = sizes.take_while(|&s| s <= most * (1.0 + 1e-9)).collect();
        sizes.iter().rev().map(|s| -s).chain([0.0]).chain(sizes.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: &[Tick]) -> String {
        ticks.iter().map(|t| t.1.as_str()).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn figures_are_round() {
        let check = |from: f64, to: f64, told: &str| assert_eq!(texts(&figures(from, to, 5)), told, "{from} {to}");
        check(0.0, 100.0, "0 | 20 | 40 | 60 | 80 | 100");
        check(10_250.0, 12_900.0, "11,000 | 12,000");
        check(-4.0, 4.0, "−4 | −2 | 0 | 2 | 4");
        check(0.0, 0.5, "0");
        check(0.0, u64::MAX as f64, "0 | 5 E | 10 E | 15 E");
        check(
            1_000_000_000.0,
            1_000_000_010.0,
            "1,000,000,000 | 1,000,000,002 | 1,000,000,004 | 1,000,000,006 | 1,000,000,008 | 1,000,000,010",
        );
        check(f64::NAN, f64::NAN, "");
    }

    #[test]
    fn percents_tell_neighbours_apart() {
        let check = |from: f64, to: f64, told: &str| assert_eq!(texts(&percents(from, to, 4)), told, "{from} {to}");
        check(-1.0, 3.0, "−1 % | 0 % | +1 % | +2 % | +3 %");
        check(-0.05, 0.05, "−0.05 % | 0 % | +0.05 %");
        check(0.0, 4e12, "0 % | +1.0 T % | +2.0 T % | +3.0 T % | +4.0 T %");
    }

    #[test]
    fn days_begin_something() {
        let day = |y: i64, m: i64, d: i64| ((day_of_month(y * 12 + m - 1) + d - 1) * DAY_MS) as f64;
        let check = |from: f64, to: f64, told: &str| assert_eq!(texts(&days(from, to, 4)), told);
        check(day(2024, 2, 27), day(2024, 3, 2), "2024-02-27 | 2024-02-28 | 2024-02-29 | 2024-03-01 | 2024-03-02");
        check(day(2025, 3, 1), day(2025, 3, 29), "2025-03-03 | 2025-03-10 | 2025-03-17 | 2025-03-24");
        check(day(2025, 1, 1), day(2025, 12, 1), "2025-01 | 2025-04 | 2025-07 | 2025-10");
        check(day(2019, 5, 4), day(2025, 12, 1), "2020 | 2022 | 2024");
        check(f64::MIN, f64::MAX, "");
        check(0.0, 0.0, "1970-01-01");
        assert_eq!(civil(day_of_month(2000 * 12 + 1) + 28), (2000, 2, 29));
    }

    #[test]
    fn commits_are_spread_from_end_to_end() {
        let check = |len: usize, count: usize, places: &[usize]| assert_eq!(spread(len, count), places);
        check(0, 5, &[]);
        check(1, 5, &[0]);
        check(3, 5, &[0, 1, 2]);
        check(101, 5, &[0, 25, 50, 75, 100]);
        check(9, 1, &[8]);
    }

    #[test]
    fn an_outlier_does_not_squash_the_rest() {
        let log = SymLog::of([1.0, -30.0, 40.0, 50.0, 1e12].into_iter(), 1.0);
        assert_eq!(log.knee, 10.0);
        assert!(log.at(40.0) / log.at(1e12) > 0.05, "a linear axis would give 4e-11");
        assert_eq!((log.at(0.0), log.at(-5.0)), (0.0, -log.at(5.0)));
        assert_eq!(SymLog { knee: 10.0 }.places(1_000.0), [-1e3, -300.0, -100.0, -30.0, -10.0, 0.0, 10.0, 30.0, 100.0, 300.0, 1e3]);
        assert_eq!(SymLog::of([f64::NAN].into_iter(), 0.01).knee, 0.01);
    }
}
