//! A unified diff's hunks, as far as one side goes: which lines of the new file are written, and between which ones some were removed.
//!
//! Source of the format: POSIX `diff -u`, and what GitHub calls `patch`: hunks only, without the two lines that name the files. What is not
//! understood ends the reading, and what was read before it holds.

/// Hunks of one file that are looked at.
pub const HUNKS_MAX: usize = 10_000;

/// A change, by lines of the new file, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// These were written, both included.
    Written {
        /// First.
        first: u32,
        /// Last.
        last: u32,
    },
    /// Some that were before this line are gone, and nothing is in their place.
    Removed {
        /// The line that follows now; one after the last where none does.
        before: u32,
    },
}

impl Changed {
    /// The lines of this change that are among the ones from `first` to `last`. Where lines are gone, those on both sides of the gap: both must be
    /// among them, or what is gone may have been somebody else's.
    pub fn within(self, first: u32, last: u32) -> Option<(u32, u32)> {
        match self {
            Changed::Written { first: from, last: to } => (from <= last && first <= to).then(|| (from.max(first), to.min(last))),
            Changed::Removed { before } => (before > first && before <= last).then(|| (before - 1, before)),
        }
    }
}

/// The changes of a patch, in their order.
pub(super) fn changed(patch: &str) -> Vec<Changed> {
    let mut all = Vec::new();
    let mut lines = patch.lines().peekable();
    for _ in 0..HUNKS_MAX {
        let Some(hunk) = lines.next().and_then(Hunk::of) else { break };
        let (mut at, mut old_left, mut new_left) = (hunk.new_start, hunk.old_lines, hunk.new_lines);
        let mut removed = false;
        while old_left > 0 || new_left > 0 {
            let Some(line) = lines.next_if(|line| !line.starts_with("@@")) else { return all };
            match line.as_bytes().first() {
                Some(b'-') if old_left > 0 => {
                    old_left -= 1;
                    removed = true;
                    continue;
                }
                Some(b'+') if new_left > 0 => {
                    new_left -= 1;
                    match all.last_mut() {
                        Some(Changed::Written { last, .. }) if last.saturating_add(1) == at => *last = at,
                        _ => all.push(Changed::Written { first: at, last: at }),
                    }
                    removed = false;
                }
                // An empty line of context may have lost its space on the way.
                Some(b' ') | None if old_left > 0 && new_left > 0 => {
                    (old_left, new_left) = (old_left - 1, new_left - 1);
                    gap(&mut all, &mut removed, at);
                }
                // "\ No newline at end of file"
                Some(b'\\') => continue,
                _ => return all,
            }
            at = at.saturating_add(1);
        }
        gap(&mut all, &mut removed, at);
        while lines.next_if(|line| line.starts_with('\\')).is_some() {}
    }
    all
}

/// Notes lines that are gone from before `at`; where others were written in their place, those tell it already.
fn gap(all: &mut Vec<Changed>, removed: &mut bool, at: u32) {
    let written = matches!(all.last(), Some(Changed::Written { last, .. }) if last.saturating_add(1) == at);
    if std::mem::take(removed) && !written {
        all.push(Changed::Removed { before: at });
    }
}

/// The head of a hunk: `@@ -old[,lines] +new[,lines] @@`.
struct Hunk {
    old_lines: u32,
    new_start: u32,
    new_lines: u32,
}

impl Hunk {
    fn of(line: &str) -> Option<Hunk> {
        let (old, rest) = line.strip_prefix("@@ -")?.split_once(" +")?;
        let (new, _) = rest.split_once(" @@")?;
        let (_, old_lines) = Self::range(old)?;
        let (new_start, new_lines) = Self::range(new)?;
        // Where the new side has no lines, it names the line before.
        let new_start = if new_lines == 0 { new_start.checked_add(1)? } else { new_start };
        Some(Hunk { old_lines, new_start, new_lines })
    }

    fn range(text: &str) -> Option<(u32, u32)> {
        match text.split_once(',') {
            Some((start, lines)) => Some((start.parse().ok()?, lines.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(changed: &[Changed]) -> String {
        let one = |changed: &Changed| match changed {
            Changed::Written { first, last } => format!("{first}-{last}"),
            Changed::Removed { before } => format!("<{before}"),
        };
        changed.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_patch_says_which_lines_are_new() {
        let check = |patch: &str, expected: &str| assert_eq!(text(&changed(patch)), expected, "{patch}");
        check("@@ -1,3 +1,4 @@\n a\n+b\n c\n d", "2-2");
        check("@@ -1,3 +1,5 @@ fn main() {\n a\n+b\n+c\n c\n d", "2-3");
        // Replaced, wherever the new line stands.
        check("@@ -1,3 +1,3 @@\n a\n-b\n+B\n c", "2-2");
        check("@@ -10,3 +10,3 @@\n a\n+B\n-b\n c", "11-11");
        check("@@ -1,4 +1,2 @@\n a\n-b\n-c\n d", "<2");
        check("@@ -1,2 +1,1 @@\n a\n-b", "<2");
        // A new file, a file that is empty now.
        check("@@ -0,0 +1,2 @@\n+a\n+b", "1-2");
        check("@@ -1,2 +0,0 @@\n-a\n-b", "<1");
        check("@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file", "1-1");
        check("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b", "1-1");
        check("@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n@@ -20,2 +20,3 @@\n x\n+y\n z", "2-2 21-21");
        check("@@ -1,3 +1,4 @@\r\n a\r\n+b\r\n c\r\n d\r\n", "2-2");
        check("@@ -1,3 +1,4 @@\n a\n+b\n\n d", "2-2");
        // A line that looks like a head is one of the file's where it stands in a hunk.
        check("@@ -1,1 +1,2 @@\n a\n+@@ -9,9 +9,9 @@", "2-2");
    }

    #[test]
    fn what_makes_no_sense_ends_the_reading() {
        let check = |patch: &str, expected: &str| assert_eq!(text(&changed(patch)), expected, "{patch:?}");
        check("", "");
        check("Binary files differ", "");
        check("@@ -1,3 +1,4 @@", "");
        check("@@ -1,3 +x,4 @@\n+a", "");
        check("@@ -1,3 +1,4 @@\n a\n+b\n@@ -20,2 +20,3 @@\n x\n+y\n z", "2-2");
        check("@@ -1,1 +4294967295,3 @@\n a\n+b\n+c", "4294967295-4294967295");
        check("@@ -1,4294967295 +1,4294967295 @@\n+a", "1-1");
        check("@@ -1,1 +4294967295,0 @@\n-a", "");
        check("@@ -1,1 +1,1 @@\n a\n+b", "");
    }

    #[test]
    fn lines_are_a_functions_where_they_are_among_its_own() {
        let check = |changed: Changed, expected: Option<(u32, u32)>| assert_eq!(changed.within(10, 20), expected, "{changed:?}");
        check(Changed::Written { first: 1, last: 9 }, None);
        check(Changed::Written { first: 1, last: 10 }, Some((10, 10)));
        check(Changed::Written { first: 12, last: 13 }, Some((12, 13)));
        check(Changed::Written { first: 19, last: 40 }, Some((19, 20)));
        check(Changed::Written { first: 1, last: 40 }, Some((10, 20)));
        check(Changed::Written { first: 21, last: 40 }, None);
        check(Changed::Removed { before: 10 }, None);
        check(Changed::Removed { before: 11 }, Some((10, 11)));
        check(Changed::Removed { before: 20 }, Some((19, 20)));
        check(Changed::Removed { before: 21 }, None);
    }
}
