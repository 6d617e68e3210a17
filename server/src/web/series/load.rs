//! The rows behind a selection: the commits, and each series along them.

use super::select::Selection;
use crate::store::figures::{self, CommitRow, Key, PointRow};
use crate::store::{Connection, StoreError, refs};
use ounce_analysis::series::track;
use std::collections::{BTreeSet, HashMap};

pub use track::Track;

/// Tags marked in one chart, the newest.
const TAGS_MAX: i64 = 200;

/// A selection with its rows.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The commits, oldest first.
    pub commits: Vec<CommitRow>,
    /// Each series along them, as they were asked for.
    pub tracks: Vec<(Key, Track)>,
    /// The pull request by which a commit came, by the commit's id.
    pub pulls: HashMap<String, i64>,
    /// Releases: the commit's place and the tag's name.
    pub tags: Vec<(usize, String)>,
    /// The tools' names as JSON, by their row.
    pub tools: HashMap<i64, String>,
}

impl Loaded {
    /// The place of a commit, by its id.
    pub fn place(&self, sha: &str) -> Option<usize> {
        self.commits.iter().position(|commit| commit.sha == sha)
    }

    /// The same with one series only.
    #[must_use]
    pub fn only(&self, key: &Key, track: &Track) -> Loaded {
        Loaded { tracks: vec![(key.clone(), track.clone())], ..self.clone() }
    }
}

/// Reads it. None where `until` is no commit of the default branch.
pub async fn load(c: &mut Connection, project: i64, selection: &Selection) -> Result<Option<Loaded>, StoreError> {
    let until = match &selection.until {
        None => None,
        Some(sha) => match figures::committed(c, project, sha).await? {
            Some(ms) => Some(ms),
            None => return Ok(None),
        },
    };
    let mut commits = figures::commits(c, project, until, selection.last).await?;
    let mut tracks = tracks(c, project, &selection.keys, &commits).await?;
    // What came before any figure would only be an empty margin.
    let first = tracks.iter().filter_map(|(_, track)| track.0.iter().position(|at| !at.is_empty())).min().unwrap_or(0);
    commits.drain(..first);
    for (_, track) in &mut tracks {
        track.0.drain(..first);
    }
    let places: HashMap<&str, usize> = commits.iter().enumerate().map(|(at, commit)| (commit.sha.as_str(), at)).collect();
    let tags = refs::tags(c, project, TAGS_MAX).await?;
    let tags = tags.into_iter().filter_map(|tag| Some((*places.get(tag.sha.as_str())?, tag.name))).collect();
    let shas: Vec<&str> = places.keys().copied().collect();
    let pulls = figures::landed(c, project, &shas).await?.into_iter().filter(|(sha, _)| places.contains_key(sha.as_str())).collect();
    let used: BTreeSet<i64> = tracks.iter().flat_map(|(_, track)| track.0.iter().flatten().map(|figure| figure.tools)).collect();
    let tools = figures::tools(c, &used.into_iter().collect::<Vec<_>>()).await?.into_iter().collect();
    Ok(Some(Loaded { commits, tracks, pulls, tags, tools }))
}

async fn tracks(c: &mut Connection, project: i64, keys: &[Key], commits: &[CommitRow]) -> Result<Vec<(Key, Track)>, StoreError> {
    let places: HashMap<i64, usize> = commits.iter().enumerate().map(|(at, commit)| (commit.id, at)).collect();
    let between = places.keys().fold((i64::MAX, i64::MIN), |(first, last), id| (first.min(*id), last.max(*id)));
    let mut tracks = Vec::new();
    for key in keys {
        let mut track = Track::empty(commits.len());
        for point in figures::of_series(c, project, key, between).await? {
            if let Some(&at) = places.get(&point.commit_id) {
                track.0[at].push(figure(&point));
            }
        }
        tracks.push((key.clone(), track));
    }
    Ok(tracks)
}

fn figure(point: &PointRow) -> track::Figure {
    track::Figure { tools: point.tools, value: u64::try_from(point.value).unwrap_or(0), exact: point.exact }
}
