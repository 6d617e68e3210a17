//! What a pull request changes, file by file with its hunks: for annotations.

use super::super::{ChangedFile, Diff, ForgeError};
use super::wire::Ask;
use super::{GitHub, shapes};
use ounce_protocol::ids::{CommitSha, RepoName};

/// Files on one page.
const PER_PAGE: usize = 100;
/// Pages of a pull request's files that are read. Who changes more files than these has no use for a remark beside one of them.
const PAGES_MAX: usize = 10;

impl GitHub {
    pub(super) async fn read_diff(&self, repo: &RepoName, number: u64, base: &CommitSha, head: &CommitSha) -> Result<Diff, ForgeError> {
        let what = format!("files of {repo}#{number}");
        let mut shown: Vec<ChangedFile> = Vec::new();
        for page in 1..=PAGES_MAX {
            let path = format!("/repos/{repo}/pulls/{number}/files?per_page={PER_PAGE}&page={page}");
            let files: Vec<shapes::File> = self.send(repo, Ask::get(&what, path)).await?.json()?;
            let last = files.len() < PER_PAGE;
            shown.extend(files.into_iter().map(ChangedFile::from));
            if last {
                break;
            }
        }
        // All files of a comparison, at most 300, are on its first page, however few commits that shows.
        let what = format!("files from {} to {} in {repo}", base.short(), head.short());
        let path = format!("/repos/{repo}/compare/{base}...{head}?per_page=1&page=1");
        let compare: shapes::Compare = self.send(repo, Ask::get(&what, path)).await?.json()?;
        Ok(Diff { shown, weighed: compare.files.into_iter().map(ChangedFile::from).collect() })
    }
}
