//! Git, run as a child process on one bare repository. Knows nothing of GitHub.
//!
//! Commits made here have a fixed identity and dates taken from their parents, so that the same story gives the same SHAs.

use crate::clock::LOGICAL_EPOCH_S;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Who made the commits of a double.
const IDENTITY: &str = "Ounce Double";
const EMAIL: &str = "double@example.invalid";

/// A commit as git tells it.
#[derive(Debug, Clone)]
pub struct CommitObject {
    pub sha: String,
    pub tree: String,
    pub parents: Vec<String>,
    pub author: (String, String),
    pub author_s: u64,
    pub committer: (String, String),
    pub committer_s: u64,
    pub message: String,
}

/// An annotated tag as git tells it.
#[derive(Debug, Clone)]
pub struct TagObject {
    /// What it names, and what that is: `commit`, mostly.
    pub target: String,
    pub kind: String,
    pub name: String,
    pub message: String,
}

/// What lies at a path in a tree.
pub enum Entry {
    File { blob: String, size: u64 },
    Directory(Vec<(String, String, String)>),
}

/// One bare repository on disk.
#[derive(Debug, Clone)]
pub struct Bare {
    path: PathBuf,
}

/// Git with the settings every child gets: no user or system configuration, everything reachable may be fetched by its SHA (as on GitHub).
#[expect(clippy::disallowed_methods, reason = "the double starts git itself: it must not depend on the runner it stands opposite")]
pub fn command() -> Command {
    let mut command = Command::new("git");
    let settings = [
        ("safe.directory", "*"),
        ("uploadpack.allowReachableSHA1InWant", "true"),
        ("uploadpack.allowTipSHA1InWant", "true"),
        ("uploadpack.allowFilter", "true"),
        ("http.receivepack", "true"),
        ("gc.auto", "0"),
        ("receive.autogc", "false"),
    ];
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("LC_ALL", "C");
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (n, (key, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{n}"), key).env(format!("GIT_CONFIG_VALUE_{n}"), value);
    }
    command.kill_on_drop(true);
    command
}

impl Bare {
    /// An existing bare repository.
    pub async fn open(path: &Path) -> Result<Bare> {
        let bare = Bare { path: path.to_owned() };
        bare.run(&["rev-parse", "--git-dir"]).await.with_context(|| format!("{} is not a git repository", path.display()))?;
        Ok(bare)
    }

    /// An existing bare repository, or a new empty one.
    pub async fn open_or_create(path: &Path, default_branch: &str) -> Result<Bare> {
        if !path.join("HEAD").exists() {
            std::fs::create_dir_all(path).with_context(|| format!("creating {}", path.display()))?;
            let bare = Bare { path: path.to_owned() };
            bare.run(&["init", "--quiet", "--bare", "--initial-branch", default_branch, "."]).await?;
        }
        Bare::open(path).await
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn raw(&self, arguments: &[&str], extra: &[(&str, &str)], input: Option<&[u8]>) -> Result<std::process::Output> {
        let mut command = command();
        command.args(arguments).current_dir(&self.path).envs(extra.iter().copied());
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() }).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("starting git")?;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            stdin.write_all(input).await.context("writing to git")?;
        }
        child.wait_with_output().await.context("waiting for git")
    }

    async fn run_with(&self, arguments: &[&str], extra: &[(&str, &str)], input: Option<&[u8]>) -> Result<String> {
        let output = self.raw(arguments, extra, input).await?;
        if !output.status.success() {
            bail!("git {} in {}: {}", arguments.join(" "), self.path.display(), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// What a git command says, without the space at its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<String> {
        self.run_with(arguments, &[], None).await
    }

    /// The commit a ref, branch or full SHA names; `None` where there is no such commit.
    pub async fn resolve(&self, name: &str) -> Result<Option<String>> {
        if name.is_empty() || name.starts_with('-') || name.contains("..") || name.contains('@') {
            return Ok(None);
        }
        for candidate in [format!("refs/heads/{name}"), format!("refs/tags/{name}"), name.to_owned()] {
            let candidate = format!("{candidate}^{{commit}}");
            let output = self.raw(&["rev-parse", "--verify", "--quiet", "--end-of-options", &candidate], &[], None).await?;
            if output.status.success() {
                return Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()));
            }
        }
        Ok(None)
    }

    /// What a full reference names, unpeeled: its id and kind (`commit`, `tag`, …).
    pub async fn reference(&self, name: &str) -> Result<Option<(String, String)>> {
        let text = self.run(&["for-each-ref", "--format=%(refname) %(objectname) %(objecttype)", "refs/heads", "refs/tags"]).await?;
        let found = text.lines().filter_map(|line| line.split_once(' ')).find(|(found, _)| *found == name);
        Ok(found.and_then(|(_, rest)| rest.split_once(' ')).map(|(sha, kind)| (sha.to_owned(), kind.to_owned())))
    }

    /// An annotated tag, by the id of its own object.
    pub async fn tagged(&self, sha: &str) -> Result<Option<TagObject>> {
        if sha.len() != 40 || !sha.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let output = self.raw(&["cat-file", "tag", sha], &[], None).await?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (head, message) = text.split_once("\n\n").unwrap_or((&text, ""));
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let (Some(target), Some(kind)) = (field("object "), field("type ")) else { return Ok(None) };
        Ok(Some(TagObject { target, kind, name: field("tag ").unwrap_or_default(), message: message.to_owned() }))
    }

    /// Makes a tag; with a message it is an object of its own. Gives where it points to.
    pub async fn tag(&self, name: &str, at: &str, message: Option<&str>) -> Result<String> {
        let to = match message {
            None => at.to_owned(),
            Some(message) => {
                let object =
                    format!("object {at}\ntype commit\ntag {name}\ntagger Octo <octo@example.invalid> 1735689600 +0000\n\n{message}\n");
                self.run_with(&["mktag"], &[], Some(object.as_bytes())).await?
            }
        };
        self.set_ref(&format!("refs/tags/{name}"), Some(&to)).await?;
        Ok(to)
    }

    /// Branches and their tips.
    pub async fn branches(&self) -> Result<BTreeMap<String, String>> {
        let text = self.run(&["for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads"]).await?;
        Ok(text.lines().filter_map(|line| line.split_once(' ')).map(|(name, sha)| (name.to_owned(), sha.to_owned())).collect())
    }

    /// Reads a commit; `None` where there is none of this SHA.
    pub async fn commit(&self, sha: &str) -> Result<Option<CommitObject>> {
        let Some(sha) = self.resolve(sha).await? else { return Ok(None) };
        let format = "--format=%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B";
        let text = self.run(&["show", "--no-patch", "--no-show-signature", format, &sha]).await?;
        let fields: Vec<&str> = text.splitn(9, '\0').collect();
        let [tree, parents, an, ae, at, cn, ce, ct, message] = fields[..] else { bail!("git show {sha}: unexpected answer") };
        Ok(Some(CommitObject {
            tree: tree.to_owned(),
            parents: parents.split_whitespace().map(str::to_owned).collect(),
            author: (an.to_owned(), ae.to_owned()),
            author_s: at.parse().unwrap_or(0),
            committer: (cn.to_owned(), ce.to_owned()),
            committer_s: ct.parse().unwrap_or(0),
            message: message.trim_end().to_owned(),
            sha,
        }))
    }

    /// The best common ancestor; `None` where the histories share nothing.
    pub async fn merge_base(&self, a: &str, b: &str) -> Result<Option<String>> {
        let output = self.raw(&["merge-base", a, b], &[], None).await?;
        match output.status.code() {
            Some(0) => Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())),
            Some(1) => Ok(None),
            _ => bail!("git merge-base {a} {b}: {}", String::from_utf8_lossy(&output.stderr).trim()),
        }
    }

    /// How many commits `b` has that `a` has not.
    pub async fn ahead(&self, a: &str, b: &str) -> Result<u64> {
        Ok(self.run(&["rev-list", "--count", &format!("{a}..{b}")]).await?.parse().unwrap_or(0))
    }

    /// The commits `b` has that `a` has not, oldest first, at most `limit`.
    pub async fn between(&self, a: &str, b: &str, limit: usize) -> Result<Vec<String>> {
        let text = self.run(&["rev-list", "--reverse", &format!("--max-count={limit}"), &format!("{a}..{b}")]).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// The commits that lead to `tip`, newest first, committed within these times, at most `limit`.
    pub async fn history(&self, tip: &str, since: Option<&str>, until: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let mut args = vec!["rev-list".to_owned(), format!("--max-count={limit}")];
        // Unlike git's --since, which stops at the first older commit, GitHub passes over it.
        args.extend(since.map(|time| format!("--since-as-filter={time}")));
        args.extend(until.map(|time| format!("--until={time}")));
        args.push(tip.to_owned());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Ok(self.run(&args).await?.lines().map(str::to_owned).collect())
    }

    /// What lies at `path` in a commit; an empty path is the root.
    pub async fn entry(&self, sha: &str, path: &str) -> Result<Option<Entry>> {
        let path = path.trim_matches('/');
        if !path.is_empty() {
            let text = self.run(&["ls-tree", "-z", "--long", sha, "--", path]).await?;
            let Some((meta, _)) = text.split_once('\t') else { return Ok(None) };
            let mut fields = meta.split_whitespace().skip(1);
            if let (Some("blob"), Some(blob), Some(size)) = (fields.next(), fields.next(), fields.next()) {
                return Ok(Some(Entry::File { blob: blob.to_owned(), size: size.parse().unwrap_or(0) }));
            }
        }
        let tree = if path.is_empty() { sha.to_owned() } else { format!("{sha}:{path}") };
        let text = self.run(&["ls-tree", "-z", &tree]).await?;
        let entries = text.split('\0').filter_map(|line| {
            let (meta, name) = line.split_once('\t')?;
            let mut fields = meta.split_whitespace().skip(1);
            Some((fields.next()?.to_owned(), fields.next()?.to_owned(), name.to_owned()))
        });
        Ok(Some(Entry::Directory(entries.collect())))
    }

    /// A blob's bytes.
    pub async fn blob(&self, blob: &str) -> Result<Vec<u8>> {
        let output = self.raw(&["cat-file", "blob", blob], &[], None).await?;
        if !output.status.success() {
            bail!("git cat-file blob {blob}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(output.stdout)
    }

    /// Points a full ref name at a commit, or removes it.
    pub async fn set_ref(&self, name: &str, sha: Option<&str>) -> Result<()> {
        match sha {
            Some(sha) => self.run(&["update-ref", name, sha]).await?,
            None => self.run(&["update-ref", "-d", name]).await?,
        };
        Ok(())
    }

    /// Copies a branch of another repository into a ref of this one.
    pub async fn fetch(&self, from: &Bare, branch: &str, into: &str) -> Result<()> {
        let from = from.path.canonicalize().context("the fork's path")?;
        let refspec = format!("+refs/heads/{branch}:{into}");
        self.run(&["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", &from.to_string_lossy(), &refspec]).await?;
        Ok(())
    }

    /// The test merge of `head` into `base` as GitHub makes it (parents: base, head); `None` where they conflict.
    pub async fn test_merge(&self, base: &str, head: &str) -> Result<Option<String>> {
        let output = self.raw(&["merge-tree", "--write-tree", "--no-messages", base, head], &[], None).await?;
        let tree = match output.status.code() {
            Some(0) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            Some(1) => return Ok(None),
            _ => bail!("git merge-tree {base} {head}: {}", String::from_utf8_lossy(&output.stderr).trim()),
        };
        Ok(Some(self.commit_tree(&tree, &[base, head], &format!("Merge {head} into {base}")).await?))
    }

    /// Commits files on a branch without a working tree: `None` removes a path. A new branch begins at `from`, or without a parent.
    pub async fn commit_files(
        &self,
        branch: &str,
        from: Option<&str>,
        message: &str,
        files: &BTreeMap<String, Option<String>>,
    ) -> Result<String> {
        let refname = format!("refs/heads/{branch}");
        let parent = match (self.resolve(&refname).await?, from) {
            (Some(tip), _) => Some(tip),
            (None, Some(from)) => Some(self.resolve(from).await?.with_context(|| format!("no commit {from}"))?),
            (None, None) => None,
        };
        let tree = self.tree_with(parent.as_deref(), files).await?;
        let parents: Vec<&str> = parent.iter().map(String::as_str).collect();
        let sha = self.commit_tree(&tree, &parents, message).await?;
        self.set_ref(&refname, Some(&sha)).await?;
        Ok(sha)
    }

    async fn tree_with(&self, parent: Option<&str>, files: &BTreeMap<String, Option<String>>) -> Result<String> {
        static SERIAL: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let index = std::env::temp_dir().join(format!("github-double-index-{}-{serial}", std::process::id()));
        let index_text = index.to_string_lossy().into_owned();
        let extra = [("GIT_INDEX_FILE", index_text.as_str())];
        let made = async {
            match parent {
                Some(parent) => self.run_with(&["read-tree", parent], &extra, None).await?,
                None => self.run_with(&["read-tree", "--empty"], &extra, None).await?,
            };
            let mut lines = Vec::new();
            for (path, content) in files {
                match content {
                    Some(content) => {
                        let blob = self.run_with(&["hash-object", "-w", "--stdin"], &[], Some(content.as_bytes())).await?;
                        lines.extend_from_slice(format!("100644 {blob}\t{path}\0").as_bytes());
                    }
                    None => lines.extend_from_slice(format!("0 {}\t{path}\0", "0".repeat(40)).as_bytes()),
                }
            }
            self.run_with(&["update-index", "-z", "--index-info"], &extra, Some(&lines)).await?;
            self.run_with(&["write-tree"], &extra, None).await
        };
        let tree = made.await;
        // Nothing else knows this file; that it may be gone already is no news.
        let _ = std::fs::remove_file(&index);
        tree
    }

    /// Makes a commit one second after its newest parent.
    async fn commit_tree(&self, tree: &str, parents: &[&str], message: &str) -> Result<String> {
        let mut newest_s = LOGICAL_EPOCH_S;
        for parent in parents {
            let time = self.run(&["show", "--no-patch", "--format=%ct", parent]).await?;
            newest_s = newest_s.max(time.trim().parse().unwrap_or(0));
        }
        let date = format!("{} +0000", newest_s + 1);
        let extra = [
            ("GIT_AUTHOR_NAME", IDENTITY),
            ("GIT_AUTHOR_EMAIL", EMAIL),
            ("GIT_AUTHOR_DATE", date.as_str()),
            ("GIT_COMMITTER_NAME", IDENTITY),
            ("GIT_COMMITTER_EMAIL", EMAIL),
            ("GIT_COMMITTER_DATE", date.as_str()),
        ];
        let mut arguments = vec!["commit-tree", tree];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        self.run_with(&arguments, &extra, Some(message.as_bytes())).await
    }
}
