//! What two commits differ in, file by file, with the hunks that GitHub calls a `patch`.

use crate::git::Bare;
use crate::state::Repo;
use anyhow::Result;
use serde_json::{Value, json};

/// The largest patch that is shown; GitHub leaves out larger ones too.
const PATCH_BYTES_MAX: usize = 1024 * 1024;

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FileDiff {
    path: String,
    status: &'static str,
    /// The blob now; the one of before where the file is gone.
    blob: String,
    patch: Option<String>,
}

/// How much a pull request changes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extent {
    /// Commits it has and its base has not.
    pub commits: u64,
    /// Files that differ.
    pub changed_files: usize,
    /// Lines that are new.
    pub additions: usize,
    /// Lines that are gone.
    pub deletions: usize,
}

/// How much a pull request from `head` onto `base` changes; nothing where they share no history.
///
/// # Errors
/// Where git fails.
pub async fn extent(repo: &Repo, base: &str, head: &str) -> Result<Extent> {
    let Some(from) = repo.bare.merge_base(base, head).await? else { return Ok(Extent::default()) };
    let files = parse(&diff(&repo.bare, &from, head).await?);
    let lines = |sign| files.iter().map(|file| file.count(sign)).sum();
    let commits = repo.bare.ahead(base, head).await?;
    Ok(Extent { commits, changed_files: files.len(), additions: lines('+'), deletions: lines('-') })
}

impl FileDiff {
    /// Lines of its patch that begin with this sign.
    fn count(&self, sign: char) -> usize {
        self.patch.iter().flat_map(|patch| patch.lines()).filter(|line| line.starts_with(sign)).count()
    }
}

/// The files that differ from `a` to `b`, as `pulls/{n}/files` and `compare` tell them.
///
/// # Errors
/// Where git fails.
pub async fn files(base: &str, repo: &Repo, a: &str, b: &str) -> Result<Vec<Value>> {
    let full_name = repo.full_name();
    Ok(parse(&diff(&repo.bare, a, b).await?).iter().map(|file| shape(base, &full_name, b, file)).collect())
}

async fn diff(bare: &Bare, a: &str, b: &str) -> Result<String> {
    bare.run(&["-c", "core.quotePath=false", "diff-tree", "-r", "-p", "--no-renames", "--full-index", "--no-color", a, b]).await
}

/// The sections of `git diff-tree -p`.
fn parse(diff: &str) -> Vec<FileDiff> {
    let mut files: Vec<FileDiff> = Vec::new();
    for line in diff.split_inclusive('\n') {
        if let Some(names) = line.strip_prefix("diff --git a/") {
            // Without renames both names are the same.
            let path = names.trim_end().split_once(" b/").map_or(names, |(path, _)| path).to_owned();
            files.push(FileDiff { path, status: "modified", blob: String::new(), patch: None });
            continue;
        }
        let Some(file) = files.last_mut() else { continue };
        if let Some(patch) = &mut file.patch {
            patch.push_str(line);
        } else if line.starts_with("@@ ") {
            file.patch = Some(line.to_owned());
        } else if line.starts_with("new file mode") {
            file.status = "added";
        } else if line.starts_with("deleted file mode") {
            file.status = "removed";
        } else if let Some((old, new)) = line.strip_prefix("index ").and_then(|rest| rest.trim_end().split_once("..")) {
            let new = new.split(' ').next().unwrap_or(new);
            file.blob = if new.bytes().all(|b| b == b'0') { old.to_owned() } else { new.to_owned() };
        }
    }
    files
}

/// A path as it stands in an address.
pub fn encoded(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~/".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn shape(base: &str, full_name: &str, at: &str, file: &FileDiff) -> Value {
    let (additions, deletions, path) = (file.count('+'), file.count('-'), &file.path);
    let in_url = encoded(path);
    let mut value = json!({
        "sha": file.blob, "filename": path, "status": file.status,
        "additions": additions, "deletions": deletions, "changes": additions + deletions,
        "blob_url": format!("{base}/{full_name}/blob/{at}/{in_url}"), "raw_url": format!("{base}/{full_name}/raw/{at}/{in_url}"),
        "contents_url": format!("{base}/repos/{full_name}/contents/{in_url}?ref={at}"),
    });
    if let Some(patch) = file.patch.as_ref().filter(|patch| patch.len() <= PATCH_BYTES_MAX) {
        value["patch"] = json!(patch.trim_end_matches('\n'));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gits_own_words_are_read() {
        let text = "diff --git a/vm/gc.c b/vm/gc.c\nindex 1111..2222 100644\n--- a/vm/gc.c\n+++ b/vm/gc.c\n@@ -1 +1 @@\n-a\n+b\n\
                    diff --git a/new.c b/new.c\nnew file mode 100644\nindex 0000..3333\n--- /dev/null\n+++ b/new.c\n@@ -0,0 +1 @@\n+a\n\
                    diff --git a/old.bin b/old.bin\ndeleted file mode 100644\nindex 4444..0000\nBinary files a/old.bin and /dev/null differ\n";
        let files = parse(text);
        let lines: Vec<String> = files.iter().map(|f| format!("{} {} {} {:?}", f.path, f.status, f.blob, f.patch)).collect();
        assert_eq!(
            lines,
            [
                "vm/gc.c modified 2222 Some(\"@@ -1 +1 @@\\n-a\\n+b\\n\")",
                "new.c added 3333 Some(\"@@ -0,0 +1 @@\\n+a\\n\")",
                "old.bin removed 4444 None",
            ]
        );
        let value = shape("http://h", "acme/blinky", "b2", &files[0]);
        assert_eq!((&value["additions"], &value["deletions"], &value["patch"]), (&json!(1), &json!(1), &json!("@@ -1 +1 @@\n-a\n+b")));
        assert!(shape("http://h", "acme/blinky", "b2", &files[2]).get("patch").is_none());
    }
}
