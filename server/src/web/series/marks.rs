//! What happened along a history: steps, change points, releases, acceptances, other tools; and why figures are missing.

use super::load::Loaded;
use super::select::key_text;
use crate::store::figures::{self, AcceptanceRow};
use crate::store::{Connection, StoreError};
use ounce_analysis::series::{Search, change_points};
use ounce_protocol::units::{delta, grouped, signed};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Steps marked in one chart, the largest; all of them are in the figures.
const STEPS_MAX: usize = 40;
/// Commits without a figure that are looked up for the reason.
const GAPS_MAX: usize = 500;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// An exact figure changed.
    Step,
    /// A noisy one did, with the probability that chance alone looks like it.
    ChangePoint(f64),
    /// Growth was accepted.
    Acceptance,
    /// A release.
    Release,
    /// The tools changed.
    Toolchain,
}

/// Something that happened at a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// The commit's place.
    pub commit: usize,
    /// What it is.
    pub kind: Kind,
    /// A word or two.
    pub label: String,
    /// All of it, in a sentence; may be hostile.
    pub title: String,
}

/// Commits without a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The first commit's place.
    pub first: usize,
    /// The last one's.
    pub last: usize,
    /// Why.
    pub reason: String,
}

/// What happened, and where nothing is known, by commit.
pub async fn happened(c: &mut Connection, project: i64, loaded: &Loaded) -> Result<(Vec<Happened>, Vec<Missing>), StoreError> {
    let boards: BTreeSet<&str> = loaded.tracks.iter().map(|(key, _)| key.board.as_str()).collect();
    let since = loaded.commits.first().map_or(0, |commit| commit.committed_ms);
    let accepted = figures::accepted(c, project, &boards.iter().copied().collect::<Vec<_>>(), since).await?;
    let mut all = changes(loaded, STEPS_MAX);
    all.extend(acceptances(loaded, &accepted));
    all.extend(landmarks(loaded));
    all.sort_by_key(|happened| happened.commit);
    Ok((all, missing(c, loaded).await?))
}

/// What concerns all series alike, by commit: releases, and where tools changed. Cheap, as no series is searched for it.
pub fn landmarks(loaded: &Loaded) -> Vec<Happened> {
    let mut all = tools(loaded);
    all.extend(loaded.tags.iter().map(|(commit, name)| Happened {
        commit: *commit,
        kind: Kind::Release,
        label: ounce_report::visible(name, 20),
        title: format!("release {}", ounce_report::visible(name, 100)),
    }));
    all.sort_by_key(|happened| happened.commit);
    all
}

/// The steps of exact series, at most so many, the largest in their own measure; the change points of noisy ones; where tools changed. By commit.
pub fn steps(loaded: &Loaded, most: usize) -> Vec<Happened> {
    let mut all = changes(loaded, most);
    all.extend(tools(loaded));
    all.sort_by_key(|happened| happened.commit);
    all
}

fn changes(loaded: &Loaded, most: usize) -> Vec<Happened> {
    let several = loaded.tracks.len() > 1;
    let mut steps = Vec::new();
    let mut points = Vec::new();
    for (key, track) in &loaded.tracks {
        let of = if several { format!("{}: ", key_text(key)) } else { String::new() };
        if !track.is_exact() {
            #[expect(clippy::cast_precision_loss, reason = "noise is far larger than what is lost over 2^53")]
            let values: Vec<f64> = (0..track.0.len()).map(|at| track.at(at).map_or(f64::NAN, |figure| figure.value as f64)).collect();
            points.extend(change_points(&values, &Search::default()).into_iter().map(|change| Happened {
                commit: change.at,
                kind: Kind::ChangePoint(change.p),
                label: "changed".into(),
                title: format!(
                    "{of}median {:.0} before, {:.0} after; by chance alone with p = {:.1e}",
                    change.before, change.after, change.p
                ),
            }));
            continue;
        }
        for moved in track.moves() {
            let by = delta(moved.before, moved.after);
            let whose = match moved.first_after - moved.last_before {
                1 => String::new(),
                n => format!(", in one of {n} commits: those between were not weighed"),
            };
            let title = format!("{of}{} ({} to {}){whose}", signed(by), grouped(moved.before), grouped(moved.after));
            #[expect(clippy::cast_precision_loss, reason = "an order of size")]
            let weight = by.unsigned_abs() as f64 / moved.before.max(1) as f64;
            steps.push((weight, Happened { commit: moved.first_after, kind: Kind::Step, label: signed(by), title }));
        }
    }
    steps.sort_by(|a, b| b.0.total_cmp(&a.0));
    points.extend(steps.into_iter().take(most).map(|(_, step)| step));
    points
}

fn tools(loaded: &Loaded) -> Vec<Happened> {
    let mut at: BTreeMap<usize, (i64, i64)> = BTreeMap::new();
    for (_, track) in &loaded.tracks {
        for (commit, tools) in track.tool_changes() {
            let before = (0..commit).rev().find_map(|at| track.at(at)).map_or(0, |figure| figure.tools);
            at.entry(commit).or_insert((before, tools));
        }
    }
    let names = |id: &i64| -> BTreeMap<String, String> {
        loaded.tools.get(id).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    let told = |(commit, (before, after)): (usize, (i64, i64))| {
        let (before, after) = (names(&before), names(&after));
        let changed: Vec<String> = before
            .keys()
            .chain(after.keys())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter(|tool| before.get(*tool) != after.get(*tool))
            .map(|tool| {
                let word = |names: &BTreeMap<String, String>| {
                    names.get(tool).map_or("nothing".to_owned(), |name| ounce_report::visible(name, 120))
                };
                format!("{}: {} before, {} from here on", ounce_report::visible(tool, 40), word(&before), word(&after))
            })
            .collect();
        Happened {
            commit,
            kind: Kind::Toolchain,
            label: "other tools".into(),
            title: format!("other tools, figures are not subtracted across: {}", changed.join("; ")),
        }
    };
    at.into_iter().map(told).collect()
}

fn acceptances(loaded: &Loaded, accepted: &[AcceptanceRow]) -> Vec<Happened> {
    let by_pull: HashMap<i64, &str> = loaded.pulls.iter().map(|(sha, pull)| (*pull, sha.as_str())).collect();
    let told = |row: &AcceptanceRow| {
        Some(Happened {
            commit: loaded.place(by_pull.get(&row.pull_number)?)?,
            kind: Kind::Acceptance,
            label: "accepted".into(),
            title: format!(
                "{} on {} accepted by {}: {}",
                signed(row.growth),
                ounce_report::visible(&row.board, 60),
                ounce_report::visible(&row.login, 60),
                ounce_report::visible(&row.reason, 120)
            ),
        })
    };
    accepted.iter().filter_map(told).collect()
}

/// The runs of commits at which none of the series has a figure, with the reason as far as the rows tell.
pub async fn missing(c: &mut Connection, loaded: &Loaded) -> Result<Vec<Missing>, StoreError> {
    let empty: Vec<usize> = (0..loaded.commits.len()).filter(|&at| loaded.tracks.iter().all(|(_, track)| track.0[at].is_empty())).collect();
    let Some((key, _)) = loaded.tracks.first() else { return Ok(Vec::new()) };
    let looked: Vec<i64> = empty.iter().take(GAPS_MAX).map(|&at| loaded.commits[at].id).collect();
    let built: BTreeMap<i64, bool> = figures::built(c, &looked, &key.board).await?.into_iter().collect();
    let reason = |at: usize| match built.get(&loaded.commits[at].id) {
        None => "not weighed",
        Some(false) => "it does not build",
        Some(true) => "weighed without this figure",
    };
    let mut gaps: Vec<Missing> = Vec::new();
    for at in empty {
        let reason = reason(at);
        match gaps.last_mut() {
            Some(gap) if gap.last + 1 == at && gap.reason == reason => gap.last = at,
            _ => gaps.push(Missing { first: at, last: at, reason: reason.to_owned() }),
        }
    }
    Ok(gaps)
}
