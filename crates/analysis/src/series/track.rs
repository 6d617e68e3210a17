//! One figure along a history in which the tools changed: what it grew by, counting only differences of one set of tools.
//!
//! Each push is weighed against its parent by one set of tools, so where tools change, the commit before has a figure by both: nothing is lost.

use serde::{Deserialize, Serialize};

/// A figure by one set of tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// Which tools; larger numbers are newer ones.
    pub tools: i64,
    /// Bytes or instructions.
    pub value: u64,
    /// Whether two takes agreed.
    pub exact: bool,
}

/// The figures of one metric at the commits of a history, oldest first: of each commit those of each set of tools, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Track(pub Vec<Vec<Figure>>);

/// What a figure grew by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// By so much, every difference taken by one set of tools.
    By(i64),
    /// Somewhere on the way no set of tools has both figures: a sum would mean nothing.
    OtherTools,
    /// There are no two figures.
    Unknown,
}

/// A commit where a figure changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The last commit known to have the figure before.
    pub last_before: usize,
    /// The first commit known to have the one after.
    pub first_after: usize,
    /// Before, by the same tools.
    pub before: u64,
    /// After.
    pub after: u64,
}

impl Track {
    /// No figure at so many commits.
    pub fn empty(commits: usize) -> Track {
        Track(vec![Vec::new(); commits])
    }

    /// The figure that counts at a commit: that of the newest tools.
    pub fn at(&self, commit: usize) -> Option<Figure> {
        self.0.get(commit)?.iter().copied().max_by_key(|figure| figure.tools)
    }

    /// The last commit with a figure.
    pub fn latest(&self) -> Option<(usize, Figure)> {
        (0..self.0.len()).rev().find_map(|commit| Some((commit, self.at(commit)?)))
    }

    /// Whether all figures are exact.
    pub fn is_exact(&self) -> bool {
        self.0.iter().flatten().all(|figure| figure.exact)
    }

    /// Two neighbouring commits with figures, and both values by the newest tools that have both; none where no tools have.
    fn neighbours(&self) -> impl Iterator<Item = (usize, usize, Option<(u64, u64)>)> + '_ {
        let known: Vec<usize> = (0..self.0.len()).filter(|commit| !self.0[*commit].is_empty()).collect();
        let both = move |from: usize, to: usize| {
            let by = |tools| self.0[from].iter().find(|figure| figure.tools == tools).map(|figure| figure.value);
            let shared = self.0[to].iter().filter_map(|after| Some((after.tools, by(after.tools)?, after.value)));
            shared.max_by_key(|(tools, ..)| *tools).map(|(_, before, after)| (before, after))
        };
        (1..known.len()).map(move |n| (known[n - 1], known[n], both(known[n - 1], known[n])))
    }

    /// What it grew by from the first commit with a figure at or after `from` up to the last one.
    pub fn growth(&self, from: usize) -> Growth {
        let mut sum = None;
        for (_, _, both) in self.neighbours().filter(|(before, ..)| *before >= from) {
            let Some((before, after)) = both else { return Growth::OtherTools };
            let more = i64::try_from(i128::from(after) - i128::from(before)).unwrap_or(i64::MAX);
            sum = Some(sum.unwrap_or(0i64).saturating_add(more));
        }
        sum.map_or(Growth::Unknown, Growth::By)
    }

    /// Every change by one set of tools, oldest first. What is noisy changes all the time: ask only of exact figures.
    pub fn moves(&self) -> Vec<Moved> {
        let moved = |(last_before, first_after, both): (usize, usize, Option<(u64, u64)>)| {
            let (before, after) = both?;
            (before != after).then_some(Moved { last_before, first_after, before, after })
        };
        self.neighbours().filter_map(moved).collect()
    }

    /// The commits from which on other tools' figures count, with those tools.
    pub fn tool_changes(&self) -> Vec<(usize, i64)> {
        let shown: Vec<(usize, i64)> = (0..self.0.len()).filter_map(|commit| Some((commit, self.at(commit)?.tools))).collect();
        shown.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| pair[1]).collect()
    }

    /// Where other tools' figures begin to count, and what they are multiplied by from there on to be as those of the first tools: chained over
    /// commits that were weighed by both, each time the last one before, as an index of prices is over baskets. None where there is none.
    pub fn links(&self) -> Vec<(usize, Option<f64>)> {
        let mut factor = Some(1.0);
        let mut tools = (0..self.0.len()).find_map(|at| self.at(at)).map(|figure| figure.tools);
        let mut links = Vec::new();
        for (commit, new) in self.tool_changes() {
            let by = |at: usize, tools: i64| self.0[at].iter().find(|figure| figure.tools == tools).map(|figure| figure.value);
            let both = |at: usize| by(at, tools?).zip(by(at, new));
            #[expect(clippy::cast_precision_loss, reason = "a factor")]
            let ratio =
                (0..=commit).rev().find_map(both).filter(|(_, after)| *after > 0).map(|(before, after)| before as f64 / after as f64);
            factor = factor.zip(ratio).map(|(factor, ratio)| factor * ratio);
            tools = Some(new);
            links.push((commit, factor));
        }
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commits by spaces; a figure is tools:value, several by commas, `-` is none.
    fn track(text: &str) -> Track {
        let figure = |word: &str| {
            let (tools, value) = word.split_once(':').unwrap();
            Figure { tools: tools.parse().unwrap(), value: value.parse().unwrap(), exact: true }
        };
        Track(text.split_whitespace().map(|commit| if commit == "-" { vec![] } else { commit.split(',').map(figure).collect() }).collect())
    }

    #[test]
    fn growth_adds_up_what_one_set_of_tools_says() {
        let check = |text: &str, from: usize, expected: Growth| assert_eq!(track(text).growth(from), expected, "{text} from {from}");
        check("1:100 1:120 1:110", 0, Growth::By(10));
        check("1:100 1:120 1:110", 1, Growth::By(-10));
        check("1:100 - 1:110", 0, Growth::By(10));
        // New tools make everything larger: that is nobody's growth.
        check("1:100 1:120,2:300 2:305", 0, Growth::By(25));
        check("1:100 2:300 2:305", 0, Growth::OtherTools);
        check("1:100 2:300 2:305", 1, Growth::By(5));
        check("1:100", 0, Growth::Unknown);
        check("- -", 0, Growth::Unknown);
        check("1:0 1:18446744073709551615", 0, Growth::By(i64::MAX));
    }

    #[test]
    fn the_newest_tools_count_and_their_changes_are_named() {
        let track = track("1:100 1:120,2:300 - 2:305 2:305");
        assert_eq!(track.at(1).map(|figure| figure.value), Some(300));
        assert_eq!((track.latest().map(|(commit, figure)| (commit, figure.value)), track.at(2)), (Some((4, 305)), None));
        assert_eq!(track.tool_changes(), [(1, 2)]);
        let moved = |last_before, first_after, before, after| Moved { last_before, first_after, before, after };
        assert_eq!(track.moves(), [moved(0, 1, 100, 120), moved(1, 3, 300, 305)]);
    }

    #[test]
    fn other_tools_figures_are_linked_by_commits_weighed_with_both() {
        let check = |text: &str, expected: &[(usize, Option<f64>)]| assert_eq!(track(text).links(), expected, "{text}");
        check("1:100 1:120", &[]);
        check("1:100 1:120,2:240 2:250", &[(1, Some(0.5))]);
        // Pushes are weighed against their parents: the commit before has both, but counts by the newer ones.
        check("1:100 - 1:120,2:240 - 2:250,3:1000 3:1010", &[(2, Some(0.5)), (4, Some(0.125))]);
        check("1:100 2:240", &[(1, None)]);
        check("1:100 2:240 2:240,3:480", &[(1, None), (2, None)]);
        check("1:100 1:0,2:0 2:5", &[(1, None)]);
    }
}
