//! The comparison of two commits: the one of the run that judged them against each other, else one composed of what was measured of each.

use super::super::revision::Revision;
use super::super::{Pages, shown};
use crate::store::pages::Project;
use crate::store::{StoreError, builds};
use crate::work::compositions::{BOARDS_MAX, NotComposed, Order};
use ounce_analysis::Comparison;
use ounce_protocol::Manifest;
use ounce_protocol::ids::BoardName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// From where a comparison is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// This run judged it.
    Judged(i64),
    /// It was composed with the manifest of this run.
    Composed(i64),
}

/// A comparison.
pub(super) struct Found {
    pub comparison: Arc<Comparison>,
    pub source: Source,
    /// A run in which the two are weighed now.
    pub under_way: Option<i64>,
}

/// Why there is none.
pub(super) enum Missing {
    /// Nothing says which boards there are.
    NoManifest,
    NotComposed(NotComposed),
}

impl From<NotComposed> for Missing {
    fn from(error: NotComposed) -> Missing {
        Missing::NotComposed(error)
    }
}

impl From<StoreError> for Missing {
    fn from(error: StoreError) -> Missing {
        Missing::NotComposed(NotComposed::Store(error))
    }
}

/// Finds it. `board` is the only one that is wanted.
pub(super) async fn find(
    state: &Pages,
    project: &Project,
    (base, head): (&Revision, &Revision),
    board: Option<&BoardName>,
) -> Result<Found, Missing> {
    let mut c = state.store.connection().await?;
    if let Some((run, doc)) = builds::judged_pair(&mut c, project.id, &base.sha, &head.sha).await? {
        drop(c);
        // Of a large project it is a megabyte: not where others wait.
        let reading = tokio::task::spawn_blocking(move || serde_json::from_str::<Comparison>(&doc));
        let read = reading.await.map_err(|e| StoreError::Decode(Box::new(e)))?;
        let comparison = Arc::new(read.map_err(|e| StoreError::Decode(Box::new(e)))?);
        return Ok(Found { comparison, source: Source::Judged(run), under_way: None });
    }
    let under_way = builds::pair_under_way(&mut c, project.id, &base.sha, &head.sha).await?;
    let Some((run, text)) = builds::manifest(&mut c, project.id).await? else { return Err(Missing::NoManifest) };
    let Ok(mut manifest) = Manifest::parse(&text) else { return Err(Missing::NoManifest) };
    if manifest.boards.len() > BOARDS_MAX
        && let Some(board) = board
    {
        manifest.boards.retain(|name, _| name == board);
    }
    let of = |revision: &Revision| revision.commit.as_ref().map(|commit| commit.id);
    let of_base = match of(base) {
        Some(commit) => builds::of_commit(&mut c, project.id, commit).await?,
        None => BTreeMap::new(),
    };
    let of_head = match of(head) {
        Some(commit) => builds::of_commit(&mut c, project.id, commit).await?,
        None => BTreeMap::new(),
    };
    drop(c);
    let pair = |name: &BoardName| {
        builds::paired(&of_base, &of_head, name).ok_or_else(|| {
            let sides = [(&of_base, base, "base"), (&of_head, head, "head")];
            let lacks =
                sides.into_iter().filter(|(builds, ..)| !builds.get(name.as_str()).is_some_and(|all| all.iter().any(|b| b.trusted)));
            let words: Vec<String> = lacks
                .map(|(builds, revision, side)| match builds.contains_key(name.as_str()) {
                    true => format!(
                        "the {side} {} was measured only as a stranger's, whose figures stand for nothing else",
                        revision.sha.short()
                    ),
                    false => format!("no figures of the {side} {} on this board", revision.sha.short()),
                })
                .collect();
            words.join("; ")
        })
    };
    let boards = manifest.boards.keys().map(|name| (name.clone(), pair(name))).collect();
    let order = Order { base: base.sha.clone(), head: head.sha.clone(), run, manifest, boards };
    let comparison = state.compositions.compose(&state.store, order).await?;
    Ok(Found { comparison, source: Source::Composed(run), under_way })
}

impl Missing {
    /// In words, for people.
    pub fn text(&self) -> String {
        match self {
            Missing::NoManifest => {
                "Nothing has been weighed in this project yet, so nobody knows which boards there are. A pull request or a push to the default branch changes that.".into()
            }
            Missing::NotComposed(error) => {
                let text = shown(&error.to_string());
                let mut chars = text.chars();
                chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
            }
        }
    }
}
