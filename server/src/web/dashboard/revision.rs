//! What a word in an address means: a commit, a pull request, a tag, a branch, or the newest that was weighed.
//!
//! The rows are asked first. A name that none of them has is asked of the forge once, within a limit, and what it says is kept.

use super::link::Link;
use super::{Pages, shown};
use crate::store::pages::Project;
use crate::store::refs;
use crate::store::revisions::{self, Commit, PullRun};
use crate::store::{Connection, StoreError};
use ounce_protocol::ids::{CommitSha, RepoName};
use ounce_protocol::manifest::nearest;
use std::time::Duration;

/// Longest word, bytes.
pub(super) const WORD_BYTES_MAX: usize = 200;
/// Fewest digits of a commit's id.
pub(super) const DIGITS_MIN: usize = 7;
/// How long the forge may think about a name.
const FORGE_MS_MAX: u64 = 3_000;
/// The newest weighed commit of the default branch.
pub(super) const LATEST: &str = "latest";

/// Which of two commits is meant: a pull request has both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Base,
    Head,
}

/// A commit that was found.
#[derive(Debug, Clone)]
pub(super) struct Revision {
    /// What was asked.
    pub word: String,
    pub sha: CommitSha,
    /// What is known of it; none where a name leads to a commit that was never seen here.
    pub commit: Option<Commit>,
    /// The pull request by which it was found.
    pub pull: Option<PullRun>,
    /// How it was found, for people.
    pub how: String,
}

/// Why nothing was found.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// The word cannot be one.
    Wrong(String),
    /// There is no such thing.
    Unknown(String),
    /// The word is the beginning of several commits' ids.
    Several(String, Vec<Commit>),
    /// Ours.
    Store(StoreError),
}

impl From<StoreError> for Unresolved {
    fn from(error: StoreError) -> Unresolved {
        Unresolved::Store(error)
    }
}

/// A pull request's number: `#12`, `pull/12`.
fn pull_number(word: &str) -> Option<i64> {
    let digits = word.strip_prefix('#').or_else(|| word.strip_prefix("pull/"))?;
    digits.parse().ok().filter(|&number: &i64| number > 0)
}

fn is_hex(word: &str) -> bool {
    word.len() >= DIGITS_MIN && word.len() <= 40 && word.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Finds what a word means. `forge` is whether the forge may be asked.
pub(super) async fn resolve(
    state: &Pages,
    project: &Project,
    repo: &RepoName,
    (word, side): (&str, Side),
    forge: bool,
) -> Result<Revision, Unresolved> {
    if word.len() > WORD_BYTES_MAX {
        return Err(Unresolved::Wrong(format!(
            "{:?} has {} bytes, a tag, branch or commit at most {WORD_BYTES_MAX}.",
            ounce_report::visible(word, 60),
            word.len()
        )));
    }
    let mut c = state.store.connection().await?;
    if let Some(found) = in_rows(&mut c, project, word, side).await? {
        return Ok(found);
    }
    drop(c);
    let asked = if forge && may_be_named(word) { ask(state, project, repo, word).await? } else { Asked::NotAsked("") };
    let mut c = state.store.connection().await?;
    if let Asked::Found(sha) = asked {
        return named(&mut c, project, word, sha, "as the forge says").await.map_err(Unresolved::from);
    }
    let names = revisions::names(&mut c, project.id).await?;
    let near = nearest(word, names.iter().map(String::as_str).chain([LATEST]));
    let forge = match asked {
        Asked::Nothing => ", and the forge knows no such tag or branch either",
        Asked::NotAsked(why) => why,
        Asked::Found(_) => "",
    };
    Err(Unresolved::Unknown(format!(
        "There is no commit, pull request, tag or branch {:?} here{forge}{} A commit is at least {DIGITS_MIN} digits of its id, a pull request #12, \
         the newest weighed commit of the default branch `{LATEST}`.",
        shown(word),
        super::link::ended(&near)
    )))
}

/// What our own rows say.
async fn in_rows(c: &mut Connection, project: &Project, word: &str, side: Side) -> Result<Option<Revision>, Unresolved> {
    if word.is_empty() || word == LATEST {
        let Some(commit) = revisions::latest(c, project.id).await? else {
            return Err(Unresolved::Unknown(
                "No commit of the default branch has been weighed yet: push to it, or have what was pushed before weighed with `ounce-server backfill`.".into(),
            ));
        };
        let how = format!("the newest weighed commit of {}", shown(&project.default_branch));
        return Ok(Some(Revision { word: LATEST.into(), sha: id(&commit)?, commit: Some(commit), pull: None, how }));
    }
    if let Some(number) = pull_number(word) {
        return pull(c, project, word, number, side).await.map(Some);
    }
    if is_hex(word)
        && let Some(found) = commit(c, project, word).await?
    {
        return Ok(Some(found));
    }
    if let Ok(number) = word.parse::<i64>()
        && number > 0
        && revisions::is_pull(c, project.id, number).await?
    {
        return pull(c, project, word, number, side).await.map(Some);
    }
    let found = match word.starts_with("refs/") {
        true => revisions::whole_name(c, project.id, word).await?,
        false => refs::find(c, project.id, word).await?,
    };
    match found {
        Some(sha) => Ok(Some(named(c, project, word, sha, "as the last push said").await?)),
        None => Ok(None),
    }
}

fn id(commit: &Commit) -> Result<CommitSha, StoreError> {
    crate::store::stored(&commit.sha)
}

/// A commit by its id, or the beginning of one. One that is a pull request's own head stands for what was weighed: the commit as it would land.
async fn commit(c: &mut Connection, project: &Project, word: &str) -> Result<Option<Revision>, Unresolved> {
    let digits = word.to_ascii_lowercase();
    let mut found = revisions::prefixed(c, project.id, &digits).await?;
    if found.len() > 1 {
        return Err(Unresolved::Several(format!("{:?} is the beginning of several commits' ids: give more digits.", shown(word)), found));
    }
    let (sha, known) = match (found.pop(), CommitSha::parse(&digits)) {
        (Some(known), _) => (id(&known)?, Some(known)),
        (None, Ok(sha)) => (sha, None),
        (None, Err(_)) => return Ok(None),
    };
    let measured = match &known {
        Some(known) => revisions::is_measured(c, known.id).await?,
        None => false,
    };
    if !measured && let Some(run) = revisions::shown_at(c, project.id, &sha).await? {
        let how = format!("pull request #{} at {}, as it would land", run.number, sha.short());
        let commit = revisions::commit(c, project.id, &run.head).await?;
        return Ok(Some(Revision { word: word.to_owned(), sha: run.head.clone(), commit, pull: Some(run), how }));
    }
    Ok(known.map(|known| Revision { word: word.to_owned(), sha, commit: Some(known), pull: None, how: String::new() }))
}

async fn pull(c: &mut Connection, project: &Project, word: &str, number: i64, side: Side) -> Result<Revision, Unresolved> {
    let Some(run) = revisions::pull(c, project.id, number).await? else {
        return Err(Unresolved::Unknown(match revisions::is_pull(c, project.id, number).await? {
            true => format!("Pull request #{number} has not been weighed yet: its own page on the forge says how far it is."),
            false => format!(
                "There is no pull request #{number} here: only those are known that were opened or pushed to since this server watches."
            ),
        }));
    };
    let (sha, how) = match side {
        Side::Base => (run.base.clone(), format!("what pull request #{number} was compared with")),
        Side::Head => (run.head.clone(), format!("pull request #{number} as it was weighed last")),
    };
    let commit = revisions::commit(c, project.id, &sha).await?;
    Ok(Revision { word: word.to_owned(), sha, commit, pull: Some(run), how })
}

async fn named(c: &mut Connection, project: &Project, word: &str, sha: CommitSha, says: &str) -> Result<Revision, StoreError> {
    let commit = revisions::commit(c, project.id, &sha).await?;
    Ok(Revision { word: word.to_owned(), sha, commit, pull: None, how: format!("{}, {says}", shown(word)) })
}

/// What came of asking the forge.
enum Asked {
    Found(CommitSha),
    Nothing,
    /// Nobody was asked, or nobody answered; why, to go on a sentence with.
    NotAsked(&'static str),
}

/// Whether a word can be a tag or a branch, as git has it, near enough: what is none is not asked for.
fn may_be_named(word: &str) -> bool {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\#".contains(c);
    !word.chars().any(odd)
        && !word.contains("..")
        && !word.contains("//")
        && !word.starts_with(['/', '-', '.'])
        && !word.ends_with(['/', '.'])
}

/// One question, within a time, as long as not too many were asked of late. What is found is kept.
async fn ask(state: &Pages, project: &Project, repo: &RepoName, word: &str) -> Result<Asked, StoreError> {
    let now = state.clock.now();
    if !state.compositions.may_ask(now) {
        return Ok(Asked::NotAsked(", and the forge was asked for many names of late: try again in a minute"));
    }
    let bare = [refs::TAGS, refs::HEADS].iter().find_map(|kind| word.strip_prefix(kind)).unwrap_or(word);
    let question = (state.named)(repo.clone(), bare.to_owned());
    match tokio::time::timeout(Duration::from_millis(FORGE_MS_MAX), question).await {
        Ok(Ok(Some(named))) => {
            let mut tx = state.store.write_beside().await?;
            refs::put(&mut tx, project.id, &named.reference, &named.sha, now).await?;
            tx.commit().await?;
            Ok(Asked::Found(named.sha))
        }
        Ok(Ok(None)) => Ok(Asked::Nothing),
        Ok(Err(error)) => {
            tracing::warn!(%repo, %error, "the forge did not say what a name means");
            Ok(Asked::NotAsked(", and the forge did not answer: try again in a moment"))
        }
        Err(_) => Ok(Asked::NotAsked(", and the forge did not answer in time: try again in a moment")),
    }
}

/// The page of a commit.
pub(super) fn commit_page(repo: &str, sha: &str) -> String {
    format!("/p/{repo}/commits/{sha}")
}

/// The page that compares two.
pub(super) fn compare_page(repo: &str, base: &str, head: &str) -> Link {
    Link::to(format!("/p/{repo}/compare")).with("base", base).with("head", head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_request_is_written_in_several_ways() {
        let check = |word: &str, number: Option<i64>| assert_eq!(pull_number(word), number, "{word}");
        check("#12", Some(12));
        check("pull/12", Some(12));
        check("#0", None);
        check("#-1", None);
        check("#99999999999999999999", None);
        check("12", None);
        check("pull/", None);
    }

    #[test]
    fn only_what_can_be_a_name_is_asked_for() {
        let check = |word: &str, may: bool| assert_eq!(may_be_named(word), may, "{word}");
        check("v1.2", true);
        check("feature/x", true);
        check("refs/tags/v1", true);
        check("-x", false);
        check("a b", false);
        check("a..b", false);
        check("../x", false);
        check("a//b", false);
        check("x?y", false);
        check("#12x", false);
        check("a\u{0}b", false);
    }
}
