//! What one may want to compare: the newest tags and pull requests, the newest weighed commit and its parent.

use super::super::link::is_plain;
use super::super::revision::{LATEST, compare_page};
use super::super::{short, shown};
use crate::store::pages::Project;
use crate::store::{Connection, StoreError, refs, revisions};

/// Tags offered.
const TAGS_MAX: i64 = 20;
/// Pull requests offered.
const PULLS_MAX: i64 = 12;

/// A word that names a commit, and what it is.
pub(super) struct Word {
    pub word: String,
    pub what: String,
}

/// A commit whose id begins with what was asked.
pub(in super::super) struct Candidate {
    pub sha: String,
    pub summary: String,
}

/// Two that are often compared.
pub(super) struct Often {
    pub href: String,
    pub text: String,
    pub more: String,
}

/// What can be written into the form's fields.
pub(super) async fn words(c: &mut Connection, project: &Project) -> Result<Vec<Word>, StoreError> {
    let mut words = vec![Word { word: LATEST.into(), what: format!("newest weighed commit of {}", shown(&project.default_branch)) }];
    let tags = refs::tags(c, project.id, TAGS_MAX).await?;
    words.extend(tags.into_iter().map(|tag| Word { what: format!("tag, {}", tag.sha.short()), word: tag.name }));
    let pulls = revisions::pulls(c, project.id, PULLS_MAX).await?;
    words.extend(pulls.into_iter().map(|pull| Word { word: format!("#{}", pull.number), what: shown(&pull.title) }));
    words.retain(|word| is_plain(&word.word));
    Ok(words)
}

/// Pairs to begin with.
pub(super) async fn often(c: &mut Connection, project: &Project) -> Result<Vec<Often>, StoreError> {
    let mut often = Vec::new();
    let pair = |base: &str, head: &str| compare_page(&project.repo, base, head).to_string();
    let tags = refs::tags(c, project.id, 2).await?;
    let latest = revisions::latest(c, project.id).await?;
    if let Some(tag) = tags.first().filter(|tag| latest.as_ref().is_some_and(|latest| latest.sha != tag.sha.as_str())) {
        let text = format!("Since {}", shown(&tag.name));
        often.push(Often { href: pair(&tag.name, LATEST), text, more: "the newest tag against the newest weighed commit".into() });
    }
    if let [newest, before] = &tags[..] {
        let text = format!("From {} to {}", shown(&before.name), shown(&newest.name));
        often.push(Often { href: pair(&before.name, &newest.name), text, more: "the last two tags".into() });
    }
    if let Some(latest) = latest.filter(|latest| !latest.parent_sha.is_empty()) {
        let text = format!("The newest weighed commit, {}", short(&latest.sha));
        often.push(Often { href: pair(&latest.parent_sha, &latest.sha), text, more: shown(&latest.summary) });
    }
    for pull in revisions::pulls(c, project.id, PULLS_MAX).await? {
        if revisions::pull(c, project.id, pull.number).await?.is_some() {
            let word = format!("#{}", pull.number);
            often.push(Often { href: pair(&word, &word), text: format!("Pull request {word}"), more: shown(&pull.title) });
        }
    }
    Ok(often)
}
