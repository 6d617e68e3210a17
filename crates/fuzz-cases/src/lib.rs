//! Damaged inputs by number, for tests: how many are run, which one failed, and what they were answered.
//!
//! Each case is made from its number alone, its *seed*. `OUNCE_FUZZ_CASES` says how many are run (`./dev soak` sets it), `OUNCE_FUZZ_SEED` that
//! only this one is. A case that panics names its seed, wherever in the code under test it did.

mod memory;
mod seeded;

pub use memory::resident_kib;
pub use seeded::Seeded;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many cases are run.
pub const CASES: &str = "OUNCE_FUZZ_CASES";
/// Which case is run alone.
pub const SEED: &str = "OUNCE_FUZZ_SEED";
/// Runs of fewer cases say nothing before their end.
const SILENT_CASES_MAX: u64 = 50_000;
/// Lines of progress of a long run.
const LINES: u64 = 20;
/// A process may grow by so much, in KiB, between a tenth of a run and its end. What has to grow, as the pages of a database, has by then.
pub const GROWTH_KIB_MAX: u64 = 64 * 1024;

/// The cases of one test.
#[derive(Debug)]
pub struct Cases {
    what: &'static str,
    last: u64,
    alone: bool,
    seed: u64,
    answers: BTreeMap<String, u64>,
    began: Instant,
    /// Resident memory at a tenth of a long run.
    settled_kib: Option<u64>,
}

impl Cases {
    /// The cases of a test that runs `usual` of them where nobody asks for more; `what` names them in its output.
    pub fn of(what: &'static str, usual: u64) -> Cases {
        let number = |name: &str| -> Option<u64> {
            let text = std::env::var(name).ok()?;
            Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number of cases")))
        };
        Cases::between(what, number(CASES).unwrap_or(usual), number(SEED))
    }

    fn between(what: &'static str, count: u64, only: Option<u64>) -> Cases {
        let (seed, last) = only.map_or((0, count), |only| (only.saturating_sub(1), only));
        Cases { what, last, alone: only.is_some(), seed, answers: BTreeMap::new(), began: Instant::now(), settled_kib: None }
    }

    /// The next case's numbers; none where all were run.
    pub fn another(&mut self) -> Option<Seeded> {
        if self.seed >= self.last {
            return None;
        }
        self.seed += 1;
        self.say_progress();
        Some(Seeded::of(self.seed))
    }

    /// Which case it is.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Notes what came of a case; one may have several such words.
    pub fn note(&mut self, answer: &str) {
        match self.answers.get_mut(answer) {
            Some(n) => *n += 1,
            None => drop(self.answers.insert(answer.to_owned(), 1)),
        }
    }

    /// Prints the figures.
    ///
    /// # Panics
    /// Where at least one of the answers did not come as often as it should, `(answer, one in so many cases)`: then the damage is too tame or too wild for
    /// the test to mean anything; or where memory grew by more than [`GROWTH_KIB_MAX`]. A case run alone is not judged.
    pub fn finish(mut self, at_least: &[(&str, u64)]) {
        // No case is to blame for what follows.
        self.seed = 0;
        if self.alone {
            eprintln!("{}: case {} alone{}", self.what, self.last, self.words());
            return;
        }
        eprintln!("{}: cases 1 to {}, {}{}", self.what, self.last, self.took(), self.words());
        for (answer, one_in) in at_least {
            let times = self.answers.get(*answer).copied().unwrap_or(0);
            assert!(times > 0 && times >= self.last / one_in, "{}: {answer} only {times} times{}", self.what, self.words());
        }
        if let Some((settled, now)) = self.settled_kib.zip(resident_kib()) {
            eprintln!("{}: {settled} KiB resident at a tenth, {now} KiB at the end", self.what);
            assert!(now.saturating_sub(settled) < GROWTH_KIB_MAX, "{}: memory grew from {settled} KiB to {now} KiB", self.what);
        }
    }

    fn say_progress(&mut self) {
        if self.alone || self.last <= SILENT_CASES_MAX {
            return;
        }
        if self.seed == self.last / 10 {
            self.settled_kib = resident_kib();
        }
        if self.seed.is_multiple_of(self.last / LINES) {
            eprintln!("{}: case {} of {}, {}", self.what, self.seed, self.last, self.took());
        }
    }

    fn took(&self) -> String {
        let took: Duration = self.began.elapsed();
        format!("{:.1} s", took.as_secs_f64())
    }

    fn words(&self) -> String {
        self.answers.iter().map(|(answer, n)| format!("; {answer} {n}")).collect()
    }
}

impl Drop for Cases {
    fn drop(&mut self) {
        if std::thread::panicking() && self.seed > 0 {
            eprintln!("{}: stopped at case {}; it alone: {SEED}={} cargo test …", self.what, self.seed, self.seed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_comes_once() {
        let mut cases = Cases::between("numbers", 3, None);
        let mut seen = Vec::new();
        while cases.another().is_some() {
            seen.push(cases.seed());
        }
        assert_eq!(seen, [1, 2, 3]);
    }

    #[test]
    fn a_case_alone_is_the_same_case() {
        let mut all = Cases::between("all", 9, None);
        let seventh = (0..7).filter_map(|_| all.another()).last().unwrap().below(1_000_000);
        let mut alone = Cases::between("alone", 9, Some(7));
        assert_eq!(alone.another().unwrap().below(1_000_000), seventh);
        assert_eq!(alone.seed(), 7);
        assert!(alone.another().is_none());
    }

    #[test]
    #[should_panic(expected = "tame: refused only 1 times; read 9; refused 1")]
    fn damage_that_is_too_tame_is_said() {
        let mut cases = Cases::between("tame", 10, None);
        while cases.another().is_some() {
            cases.note(if cases.seed() == 4 { "refused" } else { "read" });
        }
        cases.finish(&[("read", 2), ("refused", 3)]);
    }

    #[test]
    fn a_case_alone_is_not_judged() {
        let mut cases = Cases::between("alone", 10, Some(2));
        while cases.another().is_some() {
            cases.note("read");
        }
        cases.finish(&[("refused", 3)]);
    }
}
