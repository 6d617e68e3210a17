//! Which commits changed an exact figure, with the fewest builds: what to measure next, and what is known so far.
//!
//! A pure planner over a range of commits, oldest first. A stretch between two measured commits with different figures holds at least one change, and
//! is halved; one with equal figures is left alone, which does not prove that nothing changed in it: the answer names it. Every measurement lies in a
//! stretch with a change, so that, the two ends apart, there are at most ⌈log₂ n⌉ for each change found among n commits.

use crate::series::{Step, steps};
use serde::{Deserialize, Serialize};

/// What is known of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "snake_case")]
pub enum Known {
    /// Not measured.
    Unknown,
    /// Measured.
    Figure {
        /// The figure.
        value: u64,
    },
    /// It cannot be measured: it does not build, or the benchmark is not valid there.
    Skipped,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "next", rename_all = "snake_case")]
pub enum Next {
    /// Measure these commits, in any order or at once: each is needed, whatever the others give.
    Measure {
        /// Their positions.
        commits: Vec<usize>,
    },
    /// Nothing more can be learned by halving.
    Done {
        /// What is known.
        answer: Answer,
    },
}

/// What is known of the changes in a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The changes, oldest first. [`Step::commit`] names the commit; where commits that cannot be measured lie before it, any of them, or it, can be
    /// the one, and there may be several.
    pub changes: Vec<Step>,
    /// Stretches with equal figures at their ends and commits between that nobody measured: changes that cancel out would not be seen.
    pub not_looked_into: Vec<Stretch>,
}

/// The commits between two measured ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The measured commit before them.
    pub from: usize,
    /// The measured commit after them.
    pub to: usize,
}

/// What to measure next. To be asked again when the commits it names are measured or found to be unmeasurable.
pub fn next(commits: &[Known]) -> Next {
    let usable = |(i, known): (usize, &Known)| (*known != Known::Skipped).then_some(i);
    let first = commits.iter().enumerate().find_map(usable);
    let last = commits.iter().enumerate().rev().find_map(usable);
    let unknown = |i: &usize| commits[*i] == Known::Unknown;
    let mut wanted: Vec<usize> = first.into_iter().chain(last).filter(unknown).collect();
    if wanted.is_empty() {
        wanted.extend(steps(&figures(commits)).iter().filter_map(|step| middle(commits, step)));
    }
    wanted.dedup();
    if wanted.is_empty() { Next::Done { answer: answer(commits) } } else { Next::Measure { commits: wanted } }
}

/// What is known so far, at any time: a caller may stop when it is enough.
pub fn answer(commits: &[Known]) -> Answer {
    let figures = figures(commits);
    let known: Vec<(usize, u64)> = figures.iter().enumerate().filter_map(|(i, f)| Some((i, (*f)?))).collect();
    let quiet = known.windows(2).filter(|w| w[0].1 == w[1].1 && w[1].0 > w[0].0 + 1);
    Answer { changes: steps(&figures), not_looked_into: quiet.map(|w| Stretch { from: w[0].0, to: w[1].0 }).collect() }
}

fn figures(commits: &[Known]) -> Vec<Option<u64>> {
    let figure = |known: &Known| if let Known::Figure { value } = known { Some(*value) } else { None };
    commits.iter().map(figure).collect()
}

/// The commit that halves the stretch best. Where those in the middle cannot be measured, others as far from it as twice the number of those tried, up to a
/// quarter of the stretch: commits that do not build come in rows, and a row is left in few jumps.
fn middle(commits: &[Known], step: &Step) -> Option<usize> {
    let (from, to) = (step.last_before, step.first_after);
    let half = from + (to - from) / 2;
    let inside = || (from + 1..to).filter(|&i| commits[i] == Known::Unknown);
    if commits[half] == Known::Unknown && half > from {
        return Some(half);
    }
    let tried = (from + 1..to).filter(|&i| commits[i] == Known::Skipped).count();
    let jump = (1usize << tried.saturating_sub(1).min(20)).min((to - from) / 4).max(1);
    inside().min_by_key(|&i| (i.abs_diff(half).abs_diff(jump), i))
}
