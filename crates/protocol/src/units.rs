//! How figures are written for people: exact, with a sign where it is a difference, digits grouped by a narrow comma.
//!
//! One place, so that the terminal, the comment and the pages write the same figure the same way.

/// `1234567` → `"1,234,567"`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A difference with its sign: `+1,234`, `−56` (a true minus sign), `0`.
pub fn signed(delta: i64) -> String {
    match delta {
        0 => "0".into(),
        d if d > 0 => format!("+{}", grouped(d.unsigned_abs())),
        d => format!("−{}", grouped(d.unsigned_abs())),
    }
}

/// Head less base, saturating: figures come from files that may lie.
pub fn delta(base: u64, head: u64) -> i64 {
    if head >= base { i64::try_from(head - base).unwrap_or(i64::MAX) } else { i64::try_from(base - head).map_or(i64::MIN, |d| -d) }
}

/// The change in hundredths of a percent of the base, rounded to nearest; `None` where the base is zero.
pub fn percent_hundredths(base: u64, head: u64) -> Option<i64> {
    if base == 0 {
        return None;
    }
    let d = i128::from(head) - i128::from(base);
    let scaled = d * 20_000 / i128::from(base);
    let rounded = if scaled >= 0 { (scaled + 1) / 2 } else { (scaled - 1) / 2 };
    Some(i64::try_from(rounded).unwrap_or(if rounded > 0 { i64::MAX } else { i64::MIN }))
}

/// `+1.25 %`, `−0.03 %`, `0 %`; a non-zero change that rounds to nothing is `<+0.01 %` or `>−0.01 %`; `new` where the base is zero.
pub fn percent(base: u64, head: u64) -> String {
    let Some(h) = percent_hundredths(base, head) else {
        return if head == 0 { "0 %".into() } else { "new".into() };
    };
    match (h, head.cmp(&base)) {
        (0, std::cmp::Ordering::Equal) => "0 %".into(),
        (0, std::cmp::Ordering::Greater) => "<+0.01 %".into(),
        (0, std::cmp::Ordering::Less) => ">−0.01 %".into(),
        (h, _) => {
            let sign = if h > 0 { "+" } else { "−" };
            let a = h.unsigned_abs();
            format!("{sign}{}.{:02} %", grouped(a / 100), a % 100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_signed() {
        let check = |d: i64, text: &str| assert_eq!(signed(d), text);
        check(0, "0");
        check(999, "+999");
        check(-1000, "−1,000");
        check(1_234_567, "+1,234,567");
        check(i64::MIN, "−9,223,372,036,854,775,808");
    }

    #[test]
    fn percents_never_hide_a_change() {
        let check = |base, head, text: &str| assert_eq!(percent(base, head), text, "{base} {head}");
        check(100, 100, "0 %");
        check(100, 101, "+1.00 %");
        check(8_000_000, 8_000_001, "<+0.01 %");
        check(8_000_001, 8_000_000, ">−0.01 %");
        check(200, 199, "−0.50 %");
        check(0, 5, "new");
        check(0, 0, "0 %");
        check(u64::MAX, 0, "−100.00 %");
    }
}
