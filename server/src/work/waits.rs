//! What a queued job waits for, in words: the rules of `store/jobs.rs` for who may claim it, said of the runners there are. Pure.

use ounce_protocol::job::Millis;
use std::fmt;

/// Runners named in one sentence.
const NAMED_MAX: usize = 3;

/// A queued job as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'a> {
    /// What a runner must offer.
    pub needs: Option<&'a str>,
    /// Whether a runner without a sandbox may have it.
    pub trusted: bool,
    /// Given to nobody before.
    pub not_before_ms: Millis,
    /// Who failed at it last, and until when it is for others.
    pub avoids: Option<(&'a str, Millis)>,
}

/// A runner as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub struct Taker<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it offers.
    pub offers: &'a [String],
    /// Whether it has a sandbox.
    pub sandbox: bool,
    /// Whether it was heard of lately.
    pub present: bool,
    /// Whether it gets no work because it kept failing.
    pub aside: bool,
    /// Whether it has a job.
    pub busy: bool,
}

/// What a job waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// Its turn: somebody who can do it is there and free.
    Turn,
    /// The runners that can do it are at other jobs.
    Busy(Vec<String>),
    /// So many milliseconds: it failed, or the forge gives no token for it.
    Until(Millis),
    /// The one runner that can do it failed at it, and others come first.
    Others(String, Millis),
    /// Those that can do it were not heard of lately.
    Away(Vec<String>),
    /// Those that can do it are set aside.
    Aside(Vec<String>),
    /// A runner with a sandbox: it is a stranger's code.
    Sandbox(Option<String>),
    /// A runner that offers this.
    Offer(String),
    /// Any runner.
    Runner,
}

impl Waits {
    /// Whether somebody has to do something before it goes on.
    pub fn is_stuck(&self) -> bool {
        matches!(self, Waits::Away(_) | Waits::Aside(_) | Waits::Sandbox(_) | Waits::Offer(_) | Waits::Runner)
    }
}

fn named(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED_MAX);
    let some = names.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{some} and {more} more") } else { some }
}

fn is(names: &[String]) -> &'static str {
    if names.len() == 1 { "is" } else { "are" }
}

fn wait(ms: Millis) -> String {
    let s = ms.max(0).unsigned_abs().div_ceil(1000);
    if s < 120 { format!("{s} s") } else { format!("{} min", s.div_ceil(60)) }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Waits::Turn => f.write_str("its turn: a free runner takes it next"),
            Waits::Busy(names) => write!(f, "{} {} at other jobs", named(names), is(names)),
            Waits::Until(ms) => write!(f, "given out again in {}", wait(*ms)),
            Waits::Others(name, ms) => write!(f, "{name} failed at it; kept for others for {}", wait(*ms)),
            Waits::Away(names) => write!(f, "{} can do it and {} away", named(names), is(names)),
            Waits::Aside(names) => write!(f, "{} can do it and {} set aside", named(names), is(names)),
            Waits::Sandbox(None) => f.write_str("a stranger's code needs a runner with a sandbox; none is enrolled"),
            Waits::Sandbox(Some(offer)) => write!(f, "a stranger's code needs a sandbox; no runner with one offers {offer}"),
            Waits::Offer(offer) => write!(f, "needs {offer}; no runner offers it"),
            Waits::Runner => f.write_str("no runner is enrolled"),
        }
    }
}

/// What a job waits for, with these runners there. None of them is revoked.
pub fn waits(job: Waiting<'_>, runners: &[Taker<'_>], now: Millis) -> Waits {
    let names = |of: &[&Taker<'_>]| of.iter().map(|taker| taker.name.to_owned()).collect::<Vec<_>>();
    if runners.is_empty() {
        return Waits::Runner;
    }
    let offering: Vec<&Taker<'_>> =
        runners.iter().filter(|taker| job.needs.is_none_or(|needs| taker.offers.iter().any(|offer| offer == needs))).collect();
    let able: Vec<&Taker<'_>> = offering.iter().copied().filter(|taker| job.trusted || taker.sandbox).collect();
    if let (true, Some(needs)) = (offering.is_empty(), job.needs) {
        return Waits::Offer(needs.to_owned());
    }
    if able.is_empty() {
        return Waits::Sandbox(job.needs.map(str::to_owned));
    }
    if job.not_before_ms > now {
        return Waits::Until(job.not_before_ms.saturating_sub(now));
    }
    let present: Vec<&Taker<'_>> = able.iter().copied().filter(|taker| taker.present).collect();
    let working: Vec<&Taker<'_>> = present.iter().copied().filter(|taker| !taker.aside).collect();
    if working.is_empty() {
        return if present.is_empty() { Waits::Away(names(&able)) } else { Waits::Aside(names(&present)) };
    }
    let avoided = job.avoids.filter(|(_, until)| *until > now);
    let free = |taker: &&&Taker<'_>| !taker.busy && avoided.is_none_or(|(name, _)| taker.name != name);
    if working.iter().any(|taker| free(&taker)) {
        return Waits::Turn;
    }
    match avoided.filter(|(name, _)| working.iter().all(|taker| taker.name == *name)) {
        // With no other there it is given to the same again.
        Some((name, _)) if working.iter().any(|taker| taker.name == name && !taker.busy) => Waits::Turn,
        _ => match avoided.filter(|(name, _)| working.iter().any(|taker| taker.name == *name && !taker.busy)) {
            Some((name, until)) => Waits::Others(name.to_owned(), until.saturating_sub(now)),
            None => Waits::Busy(names(&working)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Waiting<'static> = Waiting { needs: Some("qemu:microbit"), trusted: true, not_before_ms: 0, avoids: None };

    #[test]
    fn a_job_says_what_it_waits_for() {
        let offers = ["qemu:microbit".to_owned()];
        let desk = Taker { name: "desk", offers: &offers, sandbox: true, present: true, aside: false, busy: false };
        let lab = Taker { name: "lab", ..desk };
        let check = |job: Waiting<'_>, runners: &[Taker<'_>], expected: &str| {
            let waits = waits(job, runners, 1_000);
            assert_eq!(waits.to_string(), expected, "{waits:?}");
        };
        let turn = "its turn: a free runner takes it next";
        check(JOB, &[], "no runner is enrolled");
        check(JOB, &[desk], turn);
        check(JOB, &[Taker { offers: &[], ..desk }], "needs qemu:microbit; no runner offers it");
        check(Waiting { needs: None, ..JOB }, &[Taker { offers: &[], ..desk }], turn);
        check(JOB, &[Taker { busy: true, ..desk }, Taker { offers: &[], ..lab }], "desk is at other jobs");
        check(JOB, &[Taker { busy: true, ..desk }, Taker { busy: true, ..lab }], "desk, lab are at other jobs");
        check(JOB, &[Taker { present: false, ..desk }], "desk can do it and is away");
        check(JOB, &[Taker { aside: true, ..desk }, Taker { present: false, ..lab }], "desk can do it and is set aside");
        let fork = Waiting { trusted: false, ..JOB };
        let bare = Taker { sandbox: false, ..desk };
        check(fork, &[bare], "a stranger's code needs a sandbox; no runner with one offers qemu:microbit");
        check(Waiting { needs: None, ..fork }, &[bare], "a stranger's code needs a runner with a sandbox; none is enrolled");
        check(fork, &[bare, lab], turn);
        check(Waiting { not_before_ms: 21_000, ..JOB }, &[desk], "given out again in 20 s");
        let failed = Waiting { avoids: Some(("desk", 301_000)), ..JOB };
        check(failed, &[desk], turn);
        check(failed, &[desk, lab], turn);
        check(failed, &[desk, Taker { busy: true, ..lab }], "desk failed at it; kept for others for 5 min");
        check(failed, &[Taker { busy: true, ..desk }], "desk is at other jobs");
        check(Waiting { avoids: Some(("desk", 900)), ..JOB }, &[desk, Taker { busy: true, ..lab }], turn);
    }

    #[test]
    fn only_what_nobody_comes_for_is_stuck() {
        let check = |waits: Waits, stuck: bool| assert_eq!(waits.is_stuck(), stuck, "{waits}");
        check(Waits::Turn, false);
        check(Waits::Busy(vec![]), false);
        check(Waits::Until(1), false);
        check(Waits::Offer("qemu:x".into()), true);
        check(Waits::Away(vec!["desk".into()]), true);
    }

    #[test]
    fn a_long_list_of_runners_is_cut() {
        let names: Vec<String> = (1..=5).map(|n| format!("lab{n}")).collect();
        assert_eq!(Waits::Busy(names).to_string(), "lab1, lab2, lab3 and 2 more are at other jobs");
    }
}
