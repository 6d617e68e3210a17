//! Times as forges write them (RFC 3339), read and written.

/// Seconds since the Unix epoch of `2025-01-31T12:00:00Z` or the same with an offset such as `+02:00`; `None` for anything else.
pub fn parse(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, offset_s) = match time.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = time.rfind(['+', '-'])?;
            let (hours, minutes) = time[at + 1..].split_once(':')?;
            let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
            (&time[..at], if time[at..].starts_with('-') { -seconds } else { seconds })
        }
    };
    let clock = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let mut clock = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let valid = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let valid = valid && (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    valid.then(|| days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset_s)
}

/// The same, written: `2025-01-31T12:00:00Z`. The algorithm is that of `days`, backwards; times before 1970 are 1970.
pub fn text(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (day, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * shifted + 2) / 5 + 1, (shifted + 2) % 12 + 1);
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Seconds since the Unix epoch at which a day begins, UTC.
pub fn day_begins_s(year: u16, month: u8, day: u8) -> i64 {
    days(year.into(), month.into(), day.into()) * 86_400
}

/// Days since 1970-01-01 of a date of the Gregorian calendar; the year is taken to begin in March, so that the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::{parse, text};

    #[test]
    fn times_are_read() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(parse(text), expected, "{text}");
        check("1970-01-01T00:00:00Z", Some(0));
        check("2000-02-29T00:00:00Z", Some(951_782_400));
        check("2024-02-29T23:59:59Z", Some(1_709_251_199));
        check("2025-01-01T00:00:00Z", Some(1_735_689_600));
        check("2025-01-01T02:00:00+02:00", Some(1_735_689_600));
        check("2024-12-31T19:00:00.123-05:00", Some(1_735_689_600));
        check("2100-01-01T00:00:00Z", Some(4_102_444_800));
        check("1969-12-31T23:59:59Z", Some(-1));
        check("2025-13-01T00:00:00Z", None);
        check("2025-01-01", None);
        check("2025-01-01T00:00:00", None);
        check("T:Z", None);
        check("", None);
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for day in 0..60_000 {
            let seconds = day * 86_400 + day % 86_400;
            assert_eq!(parse(&text(seconds)), Some(seconds), "{}", text(seconds));
        }
        assert_eq!(text(951_782_399), "2000-02-28T23:59:59Z");
    }
}
