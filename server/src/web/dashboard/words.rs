//! Times, states and verdicts in words, as the pages write them.

use ounce_protocol::job::Millis;
use ounce_protocol::units::grouped;

/// A state or a verdict as a label: the word says it, the class only colours it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// For people.
    pub word: String,
    /// The style sheet's class: `good`, `bad`, `busy` or `plain`.
    pub class: &'static str,
}

fn label(word: &str, class: &'static str) -> Label {
    Label { word: word.into(), class }
}

/// A run's label from its state and verdict.
pub fn run_label(state: &str, verdict: Option<&str>) -> Label {
    match (state, verdict) {
        ("judged", Some("unchanged")) => label("no change", "plain"),
        ("judged", Some("within_budget")) => label("within budget", "good"),
        ("judged", Some("over_budget")) => label("over budget", "bad"),
        ("judged", Some("broken")) => label("broken", "bad"),
        ("judged", Some("incomplete")) => label("incomplete", "busy"),
        ("measuring", _) => label("measuring", "busy"),
        ("waiting", _) => label("waiting for approval", "busy"),
        ("refused", _) => label("not weighed", "plain"),
        (state, _) => label(state, "plain"),
    }
}

/// A job's label.
pub fn job_label(state: &str) -> Label {
    match state {
        "done" => label("done", "good"),
        "failed" => label("failed", "bad"),
        "leased" => label("running", "busy"),
        "queued" => label("queued", "busy"),
        other => label(other, "plain"),
    }
}

/// A point in time: exact for machines and as a tooltip, near for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// RFC 3339, UTC.
    pub exact: String,
    /// `3 minutes ago`.
    pub near: String,
}

/// A time as seen from now.
pub fn when(ms: Millis, now: Millis) -> When {
    When { exact: rfc3339(ms), near: ago(now.saturating_sub(ms)) }
}

fn ago(ms: Millis) -> String {
    let s = ms / 1000;
    let (n, unit) = match s {
        ..60 => return "just now".into(),
        60..3_600 => (s / 60, "minute"),
        3_600..86_400 => (s / 3_600, "hour"),
        86_400..2_592_000 => (s / 86_400, "day"),
        2_592_000..31_536_000 => (s / 2_592_000, "month"),
        _ => (s / 31_536_000, "year"),
    };
    format!("{n} {unit}{} ago", if n == 1 { "" } else { "s" })
}

/// A figure rounded for a glance: `812 B`, `79.6 KiB`, `14.4 M`. The exact one goes beside it.
pub fn near(value: u64, unit: &str) -> String {
    let (small, steps): (u64, [(u64, &str); 3]) = match unit {
        "B" => (10_000, [(1 << 10, "KiB"), (1 << 20, "MiB"), (1 << 30, "GiB")]),
        _ => (100_000, [(1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G")]),
    };
    if value < small {
        return if unit == "B" { format!("{} B", grouped(value)) } else { grouped(value) };
    }
    let (step, name) = steps.into_iter().rev().find(|(step, _)| value >= *step).unwrap_or(steps[0]);
    // Tenths, rounded to nearest.
    let tenths = (u128::from(value) * 20 / u128::from(step)).div_ceil(2);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// How long something took: `8 s`, `2 min 3 s`, `1 h 5 min`.
pub fn took(ms: Millis) -> String {
    let s = (ms / 1000).max(0);
    match s {
        ..60 => format!("{s} s"),
        60..3_600 => format!("{} min {} s", s / 60, s % 60),
        _ => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
    }
}

/// `2026-01-31T12:34:56Z`. The calendar's arithmetic counts years from March, so that a leap day is a year's last.
pub fn rfc3339(ms: Millis) -> String {
    let s = ms.div_euclid(1000);
    let (days, second) = (s.div_euclid(86_400), s.rem_euclid(86_400));
    let z = days + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second % 3_600 / 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_in_view_is_rounded_to_nearest() {
        let check = |value: u64, unit: &str, expected: &str| assert_eq!(near(value, unit), expected, "{value} {unit}");
        check(0, "B", "0 B");
        check(9_999, "B", "9,999 B");
        check(10_240, "B", "10.0 KiB");
        check(10_291, "B", "10.0 KiB");
        check(10_292, "B", "10.1 KiB");
        check(81_510, "B", "79.6 KiB");
        check(99_999, "instructions", "99,999");
        check(14_372_560, "instructions", "14.4 M");
        check(u64::MAX, "B", "17179869184.0 GiB");
    }

    #[test]
    fn times_are_right_to_the_second() {
        let check = |s: i64, text: &str| assert_eq!(rfc3339(s * 1000), text);
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_399, "2000-02-28T23:59:59Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_709_251_200, "2024-03-01T00:00:00Z");
        check(1_798_761_599, "2026-12-31T23:59:59Z");
        check(-1, "1969-12-31T23:59:59Z");
    }

    #[test]
    fn ages_are_near_enough() {
        let check = |s: i64, text: &str| assert_eq!(ago(s * 1000), text);
        check(-5, "just now");
        check(59, "just now");
        check(60, "1 minute ago");
        check(7_300, "2 hours ago");
        check(86_400 * 45, "1 month ago");
        check(86_400 * 800, "2 years ago");
    }

    #[test]
    fn durations_are_short() {
        let check = |s: i64, text: &str| assert_eq!(took(s * 1000), text);
        check(-1, "0 s");
        check(8, "8 s");
        check(123, "2 min 3 s");
        check(3_900, "1 h 5 min");
    }
}
