//! A size over the history as a picture: a line for each board, a step for each commit that changed it, and a gap where nobody weighed.

use super::super::{short, shown};
use super::Places;
use super::gather::{Gathered, Place};
use ounce_analysis::life::At;
use ounce_protocol::measurement::RegionKind;
use ounce_protocol::units::signed;
use ounce_report::{Along, Certainty, ChartCommit, Gap, Mark, MarkKind, Series, SeriesChart, SeriesPoint, series_svg};
use std::collections::BTreeMap;

/// Why there is nothing to draw for a while.
const NOT_WEIGHED: &str = "commits in between were not weighed, or with other tools";
/// Changes marked, the largest.
const MARKS_MAX: usize = 8;

/// A moment of the picture: a commit, and where it leads.
type Moments = BTreeMap<At, (String, Option<String>)>;

/// The picture of all places of a kind of memory. `oldest` is the oldest commit known.
pub fn drawn(title: &str, gathered: &Gathered, kind: RegionKind, oldest: Option<(At, String)>, places: &Places) -> String {
    let mut boards: BTreeMap<&str, Vec<&Place>> = BTreeMap::new();
    for place in gathered.places.iter().filter(|place| place.kind == kind) {
        boards.entry(&place.board).or_default().push(place);
    }
    let moments = moments(&boards, gathered, oldest, places);
    let at: Vec<At> = moments.keys().copied().collect();
    let commits = moments.iter().map(|(at, (label, href))| ChartCommit { label: label.clone(), href: href.clone(), at_ms: at.0 }).collect();
    let mut gaps: Vec<Gap> = Vec::new();
    let series = boards.iter().map(|(board, all)| {
        let until = gathered.boards.iter().find(|read| read.name == *board).map(|read| (read.build.committed_ms, read.build.commit_id));
        let values = values(&at, all, until);
        gaps.extend(stretches(&values).into_iter().map(|(first, last)| Gap { first, last, reason: NOT_WEIGHED.to_owned() }));
        let points = values.into_iter().map(|value| SeriesPoint { value: value.map(i128::from), href: None }).collect();
        Series { name: (*board).to_owned(), unit: "B".to_owned(), certainty: Certainty::Exact, points, links: Vec::new() }
    });
    let series = series.collect();
    gaps.sort_by_key(|gap| (gap.first, gap.last));
    gaps.dedup();
    let marks = marks(&at, gathered, kind, places);
    series_svg(&SeriesChart { title: title.to_owned(), commits, series, along: Along::Dates, marks, gaps, ..SeriesChart::default() })
}

fn moments(boards: &BTreeMap<&str, Vec<&Place>>, gathered: &Gathered, oldest: Option<(At, String)>, places: &Places) -> Moments {
    let mut moments = Moments::new();
    let mut put = |at: At, sha: Option<&str>| {
        let view = |sha: Option<&str>| (sha.map_or("not weighed".to_owned(), short), sha.map(|sha| places.commit(sha)));
        moments.entry(at).or_insert_with(|| view(sha));
    };
    let is_drawn = |board: &str, region: &str| boards.get(board).is_some_and(|all| all.iter().any(|place| place.region == region));
    for row in gathered.steps.iter().chain(&gathered.away).filter(|row| is_drawn(&row.board, &row.region)) {
        put((row.committed_ms, row.commit_id), Some(&row.sha));
    }
    for board in gathered.boards.iter().filter(|board| boards.contains_key(board.name.as_str())) {
        put((board.build.committed_ms, board.build.commit_id), Some(&board.build.sha));
    }
    for place in boards.values().flatten() {
        let sha = |at: At| place.holes.iter().find(|(hole, _)| *hole == at).map(|(_, sha)| sha.as_str());
        for &(from, to) in place.life.unknown() {
            put(from, sha(from));
            put(to, sha(to));
        }
        // A commit that was not weighed, and after which something is known to be different.
        place.holes.iter().filter(|(at, _)| place.life.changed_at(*at)).for_each(|(at, sha)| put(*at, Some(sha)));
    }
    if let Some((at, sha)) = oldest {
        put(at, Some(&sha));
    }
    moments
}

/// The bytes at each moment: none before there was something, after it went, and after the board was weighed last.
fn values(moments: &[At], places: &[&Place], until: Option<At>) -> Vec<Option<u64>> {
    let sum = |at: At| places.iter().try_fold(0u64, |sum, place| Some(sum.saturating_add(place.life.bytes(at)?)));
    let mut before = Some(0);
    let value = |&at: &At| {
        if until.is_some_and(|until| at > until) {
            return None;
        }
        let now = sum(at);
        let is_nothing = now == Some(0) && before == Some(0);
        before = now;
        now.filter(|_| !is_nothing)
    };
    moments.iter().map(value).collect()
}

/// Stretches without a figure between two that are there.
fn stretches(values: &[Option<u64>]) -> Vec<(usize, usize)> {
    let mut stretches = Vec::new();
    let mut last: Option<usize> = None;
    for (at, _) in values.iter().enumerate().filter(|(_, value)| value.is_some()) {
        // What was removed and came again is no gap.
        if let Some(last) = last.filter(|&last| at > last + 1 && values[last] != Some(0)) {
            stretches.push((last + 1, at - 1));
        }
        last = Some(at);
    }
    stretches
}

/// The commits that changed most, all places together.
fn marks(moments: &[At], gathered: &Gathered, kind: RegionKind, places: &Places) -> Vec<Mark> {
    let is_drawn = |board: &str, region: &str| gathered.places.iter().any(|p| p.kind == kind && p.board == board && p.region == region);
    let mut deltas: BTreeMap<At, (i64, &crate::store::life::LifeRow)> = BTreeMap::new();
    for row in gathered.steps.iter().filter(|row| is_drawn(&row.board, &row.region)) {
        let delta = row.head_bytes.saturating_sub(row.base_bytes);
        let most = deltas.entry((row.committed_ms, row.commit_id)).or_insert((delta, row));
        if delta.unsigned_abs() > most.0.unsigned_abs() {
            *most = (delta, row);
        }
    }
    let mut largest: Vec<(At, i64, &crate::store::life::LifeRow)> = deltas.into_iter().map(|(at, (delta, row))| (at, delta, row)).collect();
    largest.sort_by_key(|(at, delta, _)| (std::cmp::Reverse(delta.unsigned_abs()), *at));
    largest.truncate(MARKS_MAX);
    largest.sort_by_key(|(at, ..)| *at);
    let mark = |(at, delta, row): (At, i64, &crate::store::life::LifeRow)| {
        Some(Mark {
            commit: moments.binary_search(&at).ok()?,
            kind: MarkKind::Step,
            label: format!("{} B", signed(delta)),
            title: format!("{} by {}: {} B on {}, {}", shown(&row.summary), shown(&row.author), signed(delta), row.board, row.change),
            href: Some(places.commit(&row.sha)),
        })
    };
    largest.into_iter().filter_map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_between_two_figures() {
        let check = |values: &[Option<u64>], gaps: &[(usize, usize)]| assert_eq!(stretches(values), gaps, "{values:?}");
        check(&[None, Some(1), None, None, Some(2), None], &[(2, 3)]);
        check(&[Some(1), Some(0), None, Some(2)], &[]);
        check(&[], &[]);
    }
}
