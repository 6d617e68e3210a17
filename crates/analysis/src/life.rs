//! The size of an owner of bytes over the history, from today's bytes and the changes that led there.
//!
//! Between two changes nothing happened, but where the bytes before one are not those after the one before it: then commits in between did
//! something that nobody saw. Such a stretch is *unknown*, from the first commit in it that was not weighed to the last.

use std::collections::{BTreeMap, BTreeSet};

/// When a commit was: its time, and its row, which tells commits of one time apart.
pub type At = (i64, i64);

/// What a commit did to one owner, in one region on one board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whose bytes.
    pub symbol: i64,
    /// Of one that was renamed or moved there: what it was.
    pub from: Option<i64>,
    /// The commit.
    pub at: At,
    /// Bytes before it.
    pub base: u64,
    /// Bytes after it.
    pub head: u64,
}

/// Whose size is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Each owner with its bytes today; none where today's are not known.
    pub members: BTreeMap<i64, Option<u64>>,
    /// When today is: the commit that was weighed last.
    pub today: At,
    /// Whether an owner that had another name is the same one. Else what comes from outside comes new: a function moved into a module.
    pub follow: bool,
    /// Commits that were not weighed, ascending.
    pub holes: Vec<At>,
}

/// A size over the history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Life {
    start: i128,
    deltas: BTreeMap<At, i128>,
    unknown: Vec<(At, At)>,
}

/// The changes of one owner, oldest first: when, bytes before, bytes after.
type Line = Vec<(At, u64, u64)>;

impl Life {
    /// From the changes of the members and of whatever they were before. In any order.
    pub fn of(asked: &Asked, steps: &[Step]) -> Life {
        let mut of_symbol: BTreeMap<i64, Vec<&Step>> = BTreeMap::new();
        for step in steps {
            of_symbol.entry(step.symbol).or_default().push(step);
        }
        of_symbol.values_mut().for_each(|steps| steps.sort_by_key(|step| step.at));
        let mut life = Life::default();
        for (&member, &today) in &asked.members {
            life.add(&line(member, asked, &of_symbol, steps), today, asked);
        }
        life.unknown = joined(std::mem::take(&mut life.unknown));
        life
    }

    fn add(&mut self, line: &Line, today: Option<u64>, asked: &Asked) {
        let Some(&(_, first, _)) = line.first() else {
            self.start += i128::from(today.unwrap_or(0));
            return;
        };
        self.start += i128::from(first);
        for &(at, base, head) in line {
            *self.deltas.entry(at).or_default() += i128::from(head) - i128::from(base);
        }
        let ends = line.windows(2).map(|pair| (pair[0].0, pair[0].2, pair[1].0, pair[1].1));
        let last = line.last().zip(today).map(|(&(at, _, head), now)| (at, head, asked.today, now));
        for (from, before, to, after) in ends.chain(last) {
            // Today's own commit was weighed: of what it did there would be a step.
            if before != after && from < to {
                let (first, last) = stretch(from, to, &asked.holes);
                self.unknown.push((first, last));
                *self.deltas.entry(last).or_default() += i128::from(after) - i128::from(before);
            }
        }
    }

    /// The bytes after a commit; none in a stretch that is not known.
    pub fn bytes(&self, at: At) -> Option<u64> {
        if self.unknown.iter().any(|(from, to)| (*from..*to).contains(&at)) {
            return None;
        }
        let sum = self.start + self.deltas.range(..=at).map(|(_, delta)| delta).sum::<i128>();
        Some(u64::try_from(sum.max(0)).unwrap_or(u64::MAX))
    }

    /// Whether something is known to have changed at exactly this commit.
    pub fn changed_at(&self, at: At) -> bool {
        self.deltas.get(&at).is_some_and(|delta| *delta != 0)
    }

    /// The stretches that are not known, oldest first: from a commit up to, without it, another.
    pub fn unknown(&self) -> &[(At, At)] {
        &self.unknown
    }
}

/// The changes of a member, and where it is followed, those of what it was.
fn line(member: i64, asked: &Asked, of_symbol: &BTreeMap<i64, Vec<&Step>>, steps: &[Step]) -> Line {
    let mut line = Line::new();
    let mut seen = BTreeSet::new();
    let (mut symbol, mut end) = (member, At::from((i64::MAX, i64::MAX)));
    'names: while seen.insert(symbol) {
        for step in of_symbol.get(&symbol).into_iter().flatten().rev().filter(|step| step.at < end) {
            match step.from {
                Some(from) if asked.members.contains_key(&from) || !asked.follow => line.push((step.at, 0, step.head)),
                Some(from) => {
                    line.push((step.at, step.base, step.head));
                    (symbol, end) = (from, step.at);
                    continue 'names;
                }
                None => line.push((step.at, step.base, step.head)),
            }
        }
        break;
    }
    // Where it went under another name it is gone, though no step of its own says so.
    line.extend(steps.iter().filter(|step| step.from == Some(member) && step.symbol != member).map(|step| (step.at, step.base, 0)));
    line.sort_unstable();
    line
}

/// Where in between something happened: at the commits that were not weighed, else anywhere.
fn stretch(from: At, to: At, holes: &[At]) -> (At, At) {
    let inside = || holes.iter().filter(|&&hole| hole > from && hole <= to);
    match (inside().next(), inside().next_back()) {
        (Some(&first), Some(&last)) => (first, last),
        _ => ((from.0, from.1.saturating_add(1)), to),
    }
}

/// Stretches that overlap are one.
fn joined(mut stretches: Vec<(At, At)>) -> Vec<(At, At)> {
    stretches.retain(|(from, to)| from < to);
    stretches.sort_unstable();
    let mut joined: Vec<(At, At)> = Vec::new();
    for (from, to) in stretches {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(symbol: i64, from: Option<i64>, at: i64, base: u64, head: u64) -> Step {
        Step { symbol, from, at: (at, at), base, head }
    }

    fn asked(members: &[(i64, u64)], follow: bool, holes: &[i64]) -> Asked {
        let members = members.iter().map(|&(id, bytes)| (id, Some(bytes))).collect();
        Asked { members, today: (90, 90), follow, holes: holes.iter().map(|&at| (at, at)).collect() }
    }

    fn check(asked: &Asked, steps: &[Step], expected: &[(i64, Option<u64>)]) {
        let life = Life::of(asked, steps);
        let values: Vec<(i64, Option<u64>)> = expected.iter().map(|&(at, _)| (at, life.bytes((at, at)))).collect();
        assert_eq!(values, expected, "{life:?}");
    }

    #[test]
    fn a_size_is_known_before_between_and_after_its_changes() {
        let steps = [step(1, None, 20, 100, 140), step(1, None, 10, 0, 100)];
        check(&asked(&[(1, 140)], true, &[]), &steps, &[(5, Some(0)), (10, Some(100)), (19, Some(100)), (20, Some(140)), (90, Some(140))]);
        check(&asked(&[(1, 7)], true, &[]), &[], &[(5, Some(7)), (90, Some(7))]);
        check(&asked(&[(1, 0)], true, &[]), &[step(1, None, 10, 30, 0)], &[(9, Some(30)), (10, Some(0))]);
    }

    #[test]
    fn what_nobody_weighed_is_not_known() {
        let steps = [step(1, None, 10, 0, 100), step(1, None, 40, 120, 130)];
        check(&asked(&[(1, 130)], true, &[]), &steps, &[(10, Some(100)), (11, None), (39, None), (40, Some(130))]);
        check(&asked(&[(1, 130)], true, &[20]), &steps, &[(19, Some(100)), (20, Some(120)), (39, Some(120)), (40, Some(130))]);
        check(&asked(&[(1, 130)], true, &[20, 30]), &steps, &[(19, Some(100)), (20, None), (29, None), (30, Some(120)), (40, Some(130))]);
        check(&asked(&[(1, 135)], true, &[60, 70]), &steps[..1], &[(59, Some(100)), (65, None), (70, Some(135)), (90, Some(135))]);
        let today_is_the_last = Asked { today: (40, 40), ..asked(&[(1, 999)], true, &[]) };
        check(&today_is_the_last, &steps[1..], &[(39, Some(120)), (40, Some(130))]);
    }

    #[test]
    fn a_renamed_owner_is_followed_and_its_old_name_is_not_counted_twice() {
        let steps = [step(1, None, 10, 0, 50), step(2, Some(1), 20, 50, 60), step(1, None, 30, 0, 9)];
        check(&asked(&[(2, 60)], true, &[]), &steps, &[(9, Some(0)), (10, Some(50)), (20, Some(60)), (30, Some(60))]);
        check(&asked(&[(1, 9)], true, &[]), &steps, &[(10, Some(50)), (20, Some(0)), (30, Some(9))]);
        check(&asked(&[(1, 9), (2, 60)], true, &[]), &steps, &[(10, Some(50)), (20, Some(60)), (30, Some(69))]);
        let circle = [step(1, Some(2), 20, 5, 5), step(2, Some(1), 10, 5, 5)];
        check(&asked(&[(1, 5)], true, &[]), &circle, &[(20, Some(5))]);
    }

    #[test]
    fn what_moves_into_a_module_comes_new_and_what_leaves_it_is_gone() {
        let steps = [step(3, Some(9), 20, 70, 72), step(8, Some(4), 30, 40, 40), step(4, None, 10, 0, 40)];
        check(&asked(&[(3, 72), (4, 0)], false, &[]), &steps, &[(9, Some(0)), (10, Some(40)), (20, Some(112)), (30, Some(72))]);
    }

    #[test]
    fn hostile_figures_saturate() {
        let steps = [step(1, None, 10, 0, u64::MAX), step(2, None, 10, 0, u64::MAX)];
        check(&asked(&[(1, u64::MAX), (2, u64::MAX)], false, &[]), &steps, &[(10, Some(u64::MAX))]);
    }
}
