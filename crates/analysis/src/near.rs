//! Names like one that is not there: for who mistyped it, or knows half of it.

use std::collections::HashSet;

/// Letters in a row that two names share when they are alike.
const ROW: usize = 3;
/// A name that shares less of these with the asked one, in hundredths, is not like it.
const SHARE_MIN: usize = 30;

/// The candidates most like a name, the likest first, at most `max`. In time proportional to the candidates' bytes.
pub fn near<'a>(asked: &str, candidates: impl Iterator<Item = &'a str>, max: usize) -> Vec<&'a str> {
    let asked = asked.to_ascii_lowercase();
    let rows: HashSet<&[u8]> = asked.as_bytes().windows(ROW).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let alike = |name: &str| {
        let name = name.to_ascii_lowercase();
        let shared: HashSet<&[u8]> = name.as_bytes().windows(ROW).filter(|row| rows.contains(row)).collect();
        // Of both together, so that a long name with everything in it is not the likest.
        let all = rows.len() + name.len().saturating_sub(ROW - 1);
        (shared.len() * 200 / all.max(1), shared.len() * 100 / rows.len())
    };
    let mut found: Vec<(usize, &str)> = candidates
        .filter_map(|name| {
            let (both, of_asked) = alike(name);
            (both >= SHARE_MIN || of_asked >= 2 * SHARE_MIN).then_some((both, name))
        })
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    found.dedup();
    found.truncate(max);
    found.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_like_a_name_is_found_and_the_likest_first() {
        let known = ["vm::heap::alloc", "vm::heap::free", "uart::send", "vm::run::step", "é"];
        let check = |asked: &str, found: &[&str]| assert_eq!(near(asked, known.into_iter(), 2), found, "{asked}");
        check("vm::heap::aloc", &["vm::heap::alloc", "vm::heap::free"]);
        check("VM::HEAP::ALLOC", &["vm::heap::alloc", "vm::heap::free"]);
        check("uart_send", &["uart::send"]);
        check("send", &["uart::send"]);
        check("nothing_like_it", &[]);
        check("", &[]);
        check("é", &[]);
    }
}
