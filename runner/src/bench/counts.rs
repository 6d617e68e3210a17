//! Reads the plugin's result file, version 1; its format is stated at the head of `runner/qemu-plugin`.
//!
//! The file is written by QEMU's process, which a hostile guest might have taken over: limits hold and nothing is trusted.

/// A file longer than this is refused: the plugin writes at most about a million lines.
pub const BYTES_MAX: u64 = 40 * 1024 * 1024;

/// One run's counters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Instructions in the whole run.
    pub total: u64,
    /// Instructions between the markers.
    pub measured: u64,
    /// How often counting began.
    pub begin_hits: u64,
    /// How often it ended.
    pub end_hits: u64,
    /// Whether the instruction budget was used up.
    pub over_budget: bool,
    /// Lowest address of the stack window that was stored to.
    pub stack_low: Option<u64>,
    /// What makes the figures doubtful, in the plugin's words.
    pub errors: Vec<String>,
    /// Counts by address, between the markers.
    pub pcs: Vec<(u64, u64)>,
    /// How often the code went elsewhere than on to the next halfword, by address, between the markers; where that was asked for.
    pub left: Vec<(u64, u64)>,
}

impl Counts {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Where it is not a whole file of version 1; the message names the line.
    pub fn read(text: &str) -> Result<Counts, String> {
        let mut lines = text.lines().enumerate();
        match lines.next() {
            Some((_, "ounce-qemu 1")) => {}
            other => return Err(format!("the first line is {:?}, not \"ounce-qemu 1\"", other.map_or("", |(_, l)| l))),
        }
        let mut c = Counts::default();
        let mut whole = false;
        for (index, line) in lines {
            let mut words = line.split(' ');
            let bad = || format!("line {}: {line:?} is not understood", index + 1);
            let key = words.next().unwrap_or("");
            let mut number = || words_number(words.next());
            match key {
                "total" => c.total = number().ok_or_else(bad)?,
                "measured" => c.measured = number().ok_or_else(bad)?,
                "begin_hits" => c.begin_hits = number().ok_or_else(bad)?,
                "end_hits" => c.end_hits = number().ok_or_else(bad)?,
                "over_budget" => c.over_budget = number().ok_or_else(bad)? != 0,
                "stack_low" => c.stack_low = Some(number().ok_or_else(bad)?),
                "error" => c.errors.push(line["error".len()..].trim().chars().take(80).collect()),
                "pc" => c.pcs.push((number().ok_or_else(bad)?, number().ok_or_else(bad)?)),
                "left" => c.left.push((number().ok_or_else(bad)?, number().ok_or_else(bad)?)),
                "end" => whole = true,
                _ => {}
            }
        }
        if !whole {
            return Err("the file is not whole: its last line, `end`, is missing".into());
        }
        let sum = c.pcs.iter().fold(0u64, |sum, (_, n)| sum.saturating_add(*n));
        if sum != c.measured && c.errors.is_empty() {
            return Err(format!("the addresses sum to {sum}, measured is {}", c.measured));
        }
        Ok(c)
    }
}

fn words_number(word: Option<&str>) -> Option<u64> {
    let word = word?;
    match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "ounce-qemu 1\nqemu_api 1\ntotal 100\nmeasured 7\nbegin_hits 1\nend_hits 1\nover_budget 0\nstack_low 0x2000ff00\npc 0x10 3\npc 0x12 4\nleft 0x12 3\nend\n";

    #[test]
    fn a_whole_file_is_read() {
        let c = Counts::read(GOOD).unwrap();
        assert_eq!(c.left, [(0x12, 3)]);
        assert_eq!((c.total, c.measured, c.stack_low, c.pcs.as_slice()), (100, 7, Some(0x2000_ff00), &[(0x10, 3), (0x12, 4)][..]));
    }

    #[test]
    fn a_file_that_is_not_whole_or_does_not_add_up_is_refused() {
        let check = |from: &str, to: &str, says: &str| {
            let error = Counts::read(&GOOD.replace(from, to)).unwrap_err();
            assert!(error.contains(says), "{error}");
        };
        check("\nend\n", "\n", "not whole");
        check("ounce-qemu 1", "ounce-qemu 2", "first line");
        check("pc 0x12 4", "pc 0x12 5", "sum to 8");
        check("pc 0x12 4", "pc 0x12", "line 10");
        check("total 100", "total -1", "line 3");
    }
}
