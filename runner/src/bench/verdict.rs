//! What a run means. One pure function from evidence to outcome, so that hang, panic, fault, silence, garbage and a wrong
//! result are told apart by the same rules on every kind of board.

use super::Evidence;
use ounce_protocol::console::exit;
use ounce_protocol::measurement::BenchFailure;

/// A valid run, or why it is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The result was right and the markers were met.
    Valid,
    /// The board cannot hold the program.
    NoFit(String),
    /// Anything else.
    Failed(BenchFailure, String),
}

/// Longest piece of a board's output quoted in a detail, characters.
const QUOTE_CHARS_MAX: usize = 200;

/// Judges one run against the line it had to print.
pub fn judge(evidence: &Evidence, expected: &str) -> Meaning {
    use BenchFailure as F;
    let failed = |why, detail: String| Meaning::Failed(why, detail);
    let said = || evidence.console.error.as_deref().map(quote).unwrap_or_default();
    let after = |what: &str| match said().as_str() {
        text if text.is_empty() || text == what => what.to_owned(),
        text => format!("{what}: {text}"),
    };
    if evidence.counts.as_ref().is_some_and(|c| c.over_budget) {
        return failed(F::Hang, "the instruction budget was used up".into());
    }
    if evidence.timed_out {
        return failed(F::Hang, format!("stopped after the time limit{}", stood(evidence)));
    }
    if let Some(exceeded) = evidence.exceeded {
        return failed(F::Hang, format!("it {exceeded} and was stopped{}", stood(evidence)));
    }
    match evidence.code {
        Some(exit::OK) => {}
        Some(exit::PANIC) => return failed(F::Panic, after("the firmware panicked")),
        Some(exit::FAULT) => return failed(F::Fault, after("HardFault or unexpected trap")),
        Some(exit::NO_FIT) => return Meaning::NoFit(after("not enough memory")),
        Some(exit::EXCEPTION) => return failed(F::Exception, after("the program ended with an exception")),
        Some(exit::NO_WORKLOAD) => return failed(F::Refused, after("the firmware refused the program")),
        Some(code) => return failed(F::Exit, format!("exit code {code}{}", complaint(evidence))),
        // QEMU aborts itself on a lockup: a fault inside the fault handler.
        None => return failed(F::Fault, format!("the machine stopped{}{}", stood(evidence), complaint(evidence))),
    }
    let console = &evidence.console;
    if console.says(expected) {
        return markers(evidence);
    }
    if console.garbage_bytes > 0 {
        return failed(F::Garbage, format!("{} bytes are not text", console.garbage_bytes));
    }
    match (&console.result, console.output.last()) {
        (Some(result), _) => failed(F::WrongResult, format!("{} where {} was expected", quote(result), quote(expected))),
        (None, Some(last)) => failed(F::WrongResult, format!("{} was expected; the last line is {}", quote(expected), quote(last))),
        (None, None) => failed(F::Silent, format!("{} was expected", quote(expected))),
    }
}

fn markers(evidence: &Evidence) -> Meaning {
    match &evidence.counts {
        None => Meaning::Failed(BenchFailure::Markers, "the counters are missing".into()),
        // Before the counter's own words for it.
        Some(c) if c.begin_hits == 0 || c.begin_hits != c.end_hits => {
            Meaning::Failed(BenchFailure::Markers, format!("begin was met {} times, end {} times", c.begin_hits, c.end_hits))
        }
        Some(c) if !c.errors.is_empty() => Meaning::Failed(BenchFailure::Markers, c.errors.join(", ")),
        Some(_) => Meaning::Valid,
    }
}

fn stood(evidence: &Evidence) -> String {
    evidence.stood.as_ref().map_or(String::new(), |stood| format!(", {stood}"))
}

fn complaint(evidence: &Evidence) -> String {
    match evidence.complaint.lines().rfind(|l| !l.trim().is_empty()) {
        Some(line) => format!(": {}", quote(line)),
        None => String::new(),
    }
}

fn quote(text: &str) -> String {
    let cut: String = text.chars().take(QUOTE_CHARS_MAX).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::counts::Counts;
    use crate::exec::limits::Exceeded;
    use ounce_protocol::console::Transcript;

    fn ran(code: Option<i32>, console: &[u8]) -> Evidence {
        Evidence {
            code,
            timed_out: false,
            exceeded: None,
            console: Transcript::read(console),
            counts: Some(Counts { begin_hits: 1, end_hits: 1, ..Counts::default() }),
            complaint: String::new(),
            stood: None,
        }
    }

    #[test]
    fn ways_to_fail_are_told_apart() {
        use BenchFailure as F;
        let check = |evidence: Evidence, why: F, says: &str| match judge(&evidence, "42") {
            Meaning::Failed(w, detail) => assert!(w == why && detail.contains(says), "{w:?} {detail}"),
            other => panic!("{other:?} where {why:?} was meant"),
        };
        check(ran(Some(101), b""), F::Panic, "panicked");
        check(ran(Some(102), b""), F::Fault, "HardFault");
        check(ran(None, b""), F::Fault, "stopped");
        check(ran(Some(104), b"ounce: error ValueError: x\n"), F::Exception, "ValueError: x");
        check(ran(Some(105), b"ounce: error no program\n"), F::Refused, "no program");
        check(ran(Some(7), b"ounce: result 42\n"), F::Exit, "exit code 7");
        check(ran(Some(0), b""), F::Silent, "42 was expected");
        check(ran(Some(0), b"\xff\xfe\x00"), F::Garbage, "bytes are not text");
        check(ran(Some(0), b"ounce: result 43\n"), F::WrongResult, "43 where 42");
        check(ran(Some(0), b"hello\n"), F::WrongResult, "the last line is hello");
        check(Evidence { timed_out: true, ..ran(None, b"") }, F::Hang, "time limit");
        check(
            Evidence { timed_out: true, stood: Some("pc 0x10 in spin".into()), ..ran(None, b"") },
            F::Hang,
            "time limit, pc 0x10 in spin",
        );
        check(Evidence { exceeded: Some(Exceeded::Output(1 << 20)), ..ran(None, b"") }, F::Hang, "it printed more than 1 MiB");
        let over = Counts { over_budget: true, ..Counts::default() };
        check(Evidence { counts: Some(over), ..ran(Some(124), b"") }, F::Hang, "instruction budget");
        check(Evidence { counts: None, ..ran(Some(0), b"42\n") }, F::Markers, "missing");
        let twice = Counts { begin_hits: 2, end_hits: 1, ..Counts::default() };
        check(Evidence { counts: Some(twice), ..ran(Some(0), b"42\n") }, F::Markers, "begin was met 2 times");
        let doubtful = Counts { begin_hits: 1, end_hits: 1, errors: vec!["internal 1".into()], ..Counts::default() };
        check(Evidence { counts: Some(doubtful), ..ran(Some(0), b"42\n") }, F::Markers, "internal 1");
    }

    #[test]
    fn a_right_result_is_valid_with_or_without_the_protocol() {
        assert_eq!(judge(&ran(Some(0), b"ounce: result 42\n"), "42"), Meaning::Valid);
        assert_eq!(judge(&ran(Some(0), b"42\n"), "42"), Meaning::Valid);
        assert_eq!(judge(&ran(Some(103), b"ounce: error not enough memory\n"), "42"), Meaning::NoFit("not enough memory".into()));
    }
}
