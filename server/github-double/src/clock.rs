//! Times as GitHub writes them. Two clocks: a logical one for what a test compares, the real one for what expires.

use std::time::{SystemTime, UNIX_EPOCH};

/// 2025-01-01T00:00:00Z, where the logical clock begins; every event on it is one second later.
pub const LOGICAL_EPOCH_S: u64 = 1_735_689_600;

/// Seconds since the Unix epoch on the real clock: for token expiry and delivery times only.
pub fn real_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// `2025-01-01T00:00:00Z` for seconds since the Unix epoch.
pub fn iso(seconds: u64) -> String {
    let (year, month, day) = civil(seconds / 86_400);
    let s = seconds % 86_400;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", s / 3600, s / 60 % 60, s % 60)
}

/// The proleptic Gregorian date of a day number counted from 1970-01-01 (years counted from March, 400-year eras).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_dates() {
        let check = |seconds, text: &str| assert_eq!(iso(seconds), text);
        check(0, "1970-01-01T00:00:00Z");
        check(LOGICAL_EPOCH_S, "2025-01-01T00:00:00Z");
        check(951_782_399, "2000-02-28T23:59:59Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_709_251_199, "2024-02-29T23:59:59Z");
        check(4_102_444_800, "2100-01-01T00:00:00Z");
    }
}
