//! Commits onto the disk, by git itself, with everything switched off that a repository could use to run something:
//! hooks, filters, LFS, submodules, the user's own configuration.

use super::leftovers;
use crate::exec::{Program, Ran};
use anyhow::{Context, Result, bail};
use ounce_protocol::CommitSha;
use ounce_protocol::manifest::Since;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest a fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// A bare repository with the commits that were needed so far.
#[derive(Debug)]
pub struct Mirror {
    git_dir: PathBuf,
}

/// Where commits come from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// URL or path.
    pub url: String,
    /// Read token for it, given to git through `GIT_ASKPASS` only.
    pub token: Option<String>,
    /// Refs to fetch where the commits are not served by their id.
    pub refs: Vec<String>,
}

impl Mirror {
    /// Opens or makes the bare repository. Who calls holds the folder around it: lock files found in there are nobody's, and removed.
    ///
    /// # Errors
    /// Where git is missing or fails.
    pub async fn open(git_dir: &Path) -> Result<Mirror> {
        let mirror = Mirror { git_dir: git_dir.to_owned() };
        leftovers::remove_locks(git_dir)?;
        if !git_dir.join("HEAD").is_file() {
            let ran = bare_git().args(["init", "--quiet", "--bare"]).arg(git_dir).run(&()).await?;
            ok(&ran, "git init")?;
        }
        Ok(mirror)
    }

    /// Makes sure that the commits are here, fetching what is missing.
    ///
    /// # Errors
    /// Where the origin cannot be reached or does not have them; the message names the commit.
    pub async fn bring(&self, commits: &[&CommitSha], origin: &Origin) -> Result<()> {
        let mut missing = Vec::new();
        for &commit in commits {
            if !self.has(commit).await? {
                missing.push(commit);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let askpass = match &origin.token {
            Some(token) => Some(AskPass::make(token)?),
            None => None,
        };
        let any_owner = if is_local(&origin.url) { Some(any_owner()?) } else { None };
        let fetch = |wanted: Vec<String>| {
            let mut program = self.git().timeout(FETCH_TIMEOUT);
            if let Some(askpass) = &askpass {
                // The script tells whoever asks: nobody but the origin may.
                program = program.env("GIT_ASKPASS", &askpass.script).env("OUNCE_CLONE_TOKEN", &askpass.token);
                program = program.args(["-c", "http.followRedirects=false"]);
            }
            if let Some(config) = &any_owner {
                program = program.env("GIT_CONFIG_GLOBAL", config.path());
            }
            program.args(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--"]).arg(&origin.url).args(wanted)
        };
        let by_id = fetch(missing.iter().map(|c| c.to_string()).collect()).run(&()).await?;
        if !by_id.ok() {
            if origin.refs.is_empty() {
                ok(&by_id, &format!("fetching {}", missing[0]))?;
            }
            let by_ref = fetch(origin.refs.clone()).run(&()).await?;
            ok(&by_ref, &format!("fetching {}", origin.refs.join(", ")))?;
        }
        for commit in missing {
            if !self.has(commit).await? {
                bail!("commit {commit} is not at {}: was it force-pushed away?", origin.url);
            }
        }
        Ok(())
    }

    async fn has(&self, commit: &CommitSha) -> Result<bool> {
        Ok(self.git().args(["cat-file", "-e", &format!("{commit}^{{commit}}")]).run(&()).await?.ok())
    }

    /// Makes the folder hold exactly the commit's files, and what the repository ignores and a tool has marked as its cache by a
    /// `CACHEDIR.TAG`, as Cargo does: Cargo knows by itself what is out of date. Everything else goes, object files of another commit above all:
    /// make would take them for this one's where only flags differ.
    ///
    /// Where that fails, the folder and git's index are thrown away and it is tried once more: nothing a build or a killed git left may
    /// stand in the way of all later commits.
    ///
    /// # Errors
    /// Where git fails twice.
    pub async fn checkout(&self, commit: &CommitSha, into: &Path) -> Result<()> {
        leftovers::remove_locks(&self.git_dir)?;
        leftovers::tidy_folders(into);
        let Err(first) = self.checkout_over(commit, into).await else { return Ok(()) };
        tracing::warn!("{first:#}; the checkout is made anew");
        leftovers::remove_locks(&self.git_dir)?;
        leftovers::empty(into)?;
        leftovers::remove(&self.git_dir.join("index"))?;
        self.checkout_over(commit, into).await
    }

    /// [`Mirror::checkout`] over what is there.
    async fn checkout_over(&self, commit: &CommitSha, into: &Path) -> Result<()> {
        let git = || self.git().arg("--work-tree").arg(into).dir(into).timeout(FETCH_TIMEOUT);
        ok(&git().args(["checkout", "--quiet", "--force", "--detach", commit.as_str(), "--"]).run(&()).await?, "git checkout")?;
        // Twice, as a cache is kept only where it is ignored: a file called so in a folder of sources marks nothing.
        ok(&git().args(["clean", "--quiet", "-ffd"]).run(&()).await?, "git clean")?;
        let keep = caches(into).into_iter().flat_map(|folder| ["-e".to_owned(), folder]);
        ok(&git().args(["clean", "--quiet", "-ffdx"]).args(keep).run(&()).await?, "git clean")
    }

    /// A file's text at a commit; `None` where there is none.
    ///
    /// # Errors
    /// Where git fails, or the file is not UTF-8.
    pub async fn text(&self, commit: &CommitSha, path: &str) -> Result<Option<String>> {
        let object = format!("{commit}:{path}");
        if !self.git().args(["cat-file", "-e", &object]).run(&()).await?.ok() {
            return Ok(None);
        }
        let ran = self.git().args(["cat-file", "blob", &object]).run(&()).await?;
        ok(&ran, &format!("reading {path}"))?;
        Ok(Some(String::from_utf8(ran.stdout).with_context(|| format!("{path} at {commit} is not UTF-8"))?))
    }

    fn git(&self) -> Program {
        bare_git().arg("--git-dir").arg(&self.git_dir)
    }
}

/// The first line of a `CACHEDIR.TAG` (bford.info/cachedir).
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
/// Folders deeper than this are not looked at for caches.
const CACHE_DEPTH_MAX: usize = 4;
/// The most caches kept.
const CACHES_MAX: usize = 64;

/// The folders below `root` that carry the tag, as patterns of git's from the root. Names that mean more than themselves in a pattern are left
/// out, and so not kept.
fn caches(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut level = vec![(root.to_owned(), String::new())];
    for _ in 0..CACHE_DEPTH_MAX {
        let mut below = Vec::new();
        for (folder, pattern) in level {
            for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
                let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
                // Links are no folders here.
                if !entry.file_type().is_ok_and(|t| t.is_dir()) || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
                    continue;
                }
                let (path, pattern) = (entry.path(), format!("{pattern}/{name}"));
                if is_cache(&path) {
                    found.push(pattern);
                } else {
                    below.push((path, pattern));
                }
            }
        }
        level = below;
    }
    found.truncate(CACHES_MAX);
    found
}

fn is_cache(folder: &Path) -> bool {
    use std::io::Read as _;
    let tag = folder.join("CACHEDIR.TAG");
    let mut begins = Vec::new();
    tag.symlink_metadata().is_ok_and(|m| m.is_file())
        && std::fs::File::open(tag).is_ok_and(|file| file.take(CACHE_SIGNATURE.len() as u64).read_to_end(&mut begins).is_ok())
        && begins == CACHE_SIGNATURE
}

/// git where it is called. A hook of git's that calls us has set variables for its own repository (`GIT_DIR`, `GIT_INDEX_FILE`), and
/// with them ours would write there.
fn git() -> Program {
    Program::new("git").forget_env("GIT_")
}

/// git without the user's and the system's configuration, without prompts, hooks or filters.
fn bare_git() -> Program {
    git()
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .env("LC_ALL", "C")
        .args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.autocrlf=false",
            "-c",
            "core.fsmonitor=false",
            // Not in the background: no git of ours outlives the hold on its folder.
            "-c",
            "gc.autoDetach=false",
            "-c",
            "maintenance.autoDetach=false",
            "-c",
            "protocol.ext.allow=never",
        ])
}

/// Whether an origin is a folder of this machine, which git serves by a program of its own.
fn is_local(url: &str) -> bool {
    url.starts_with("file://") || (!url.contains("://") && Path::new(url).is_dir())
}

/// A configuration by which git takes a repository whatever user it belongs to. As a file, because the program that serves a local
/// repository is given no other settings; for a fetch from a folder that we were told to fetch from, and for nothing else.
fn any_owner() -> Result<tempfile::NamedTempFile> {
    let file = tempfile::NamedTempFile::new().context("no temporary file can be made")?;
    std::fs::write(file.path(), "[safe]\n\tdirectory = *\n").context("a temporary file cannot be written")?;
    Ok(file)
}

fn ok(ran: &Ran, what: &str) -> Result<()> {
    if ran.ok() {
        return Ok(());
    }
    bail!("{what}: {}: {}", ran.how(), ran.tail.trim())
}

/// The script that hands a token to git; the token itself is only in git's environment.
struct AskPass {
    script: PathBuf,
    token: String,
    _dir: tempfile::TempDir,
}

impl AskPass {
    fn make(token: &str) -> Result<AskPass> {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().context("no temporary folder can be made")?;
        let script = dir.path().join("askpass");
        std::fs::write(
            &script,
            "#!/bin/sh\ncase \"$1\" in Username*) echo x-access-token ;; *) printf '%s\\n' \"$OUNCE_CLONE_TOKEN\" ;; esac\n",
        )?;
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700))?;
        Ok(AskPass { script, token: token.to_owned(), _dir: dir })
    }
}

/// The repository that holds a folder, and the commit that a name means in it.
#[derive(Debug, Clone)]
pub struct LocalRepo {
    /// Its root folder.
    pub root: PathBuf,
}

impl LocalRepo {
    /// Finds the repository around a folder.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn around(folder: &Path) -> Result<LocalRepo> {
        let ran = git().arg("-C").arg(folder).args(["rev-parse", "--show-toplevel"]).run(&()).await?;
        if !ran.ok() {
            bail!("{} is not inside a git repository: run this in a checkout", folder.display());
        }
        Ok(LocalRepo { root: PathBuf::from(String::from_utf8(ran.stdout)?.trim_end_matches('\n')) })
    }

    /// The commit that a name such as `HEAD~1` means.
    ///
    /// # Errors
    /// Where it means none.
    pub async fn commit(&self, name: &str) -> Result<CommitSha> {
        let spec = format!("{name}^{{commit}}");
        let ran = git().arg("-C").arg(&self.root).args(["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).run(&()).await?;
        if !ran.ok() {
            bail!("{name:?} is not a commit of {}", self.root.display());
        }
        Ok(CommitSha::parse(String::from_utf8(ran.stdout)?.trim())?)
    }

    /// The commit that budgets count from that count since then: a tag's, or the last one of the tip's first parents before a day begins
    /// (UTC). None where there is no such commit.
    ///
    /// # Errors
    /// Where git cannot be asked.
    pub async fn start(&self, since: &Since, tip: &CommitSha) -> Result<Option<CommitSha>> {
        let ran = match since {
            Since::Tag(name) => {
                let spec = format!("refs/tags/{name}^{{commit}}");
                git().arg("-C").arg(&self.root).args(["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).run(&()).await?
            }
            Since::Date { year, month, day } => {
                let before = format!("--before={year:04}-{month:02}-{day:02}T00:00:00Z");
                let args = ["rev-list", "--first-parent", "--max-count=1", &before, tip.as_str()];
                git().arg("-C").arg(&self.root).args(args).run(&()).await?
            }
        };
        let ok = ran.ok();
        let text = String::from_utf8(ran.stdout)?;
        Ok(if ok && !text.trim().is_empty() { Some(CommitSha::parse(text.trim())?) } else { None })
    }

    /// A folder name for its workshop: its own name, and a hash of its path so that two do not meet.
    pub fn key(&self) -> String {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(self.root.as_os_str().as_encoded_bytes());
        let name = self.root.file_name().unwrap_or_default().to_string_lossy();
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).take(32).collect();
        format!("local-{name}-{}", &hex::encode(digest)[..12])
    }

    /// The place to fetch from.
    pub fn origin(&self) -> Origin {
        Origin { url: self.root.display().to_string(), token: None, refs: vec![] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn git(dir: &Path, args: &[&str]) -> String {
        let ran = super::git()
            .arg("-C")
            .arg(dir)
            .args(["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "init.defaultBranch=main"])
            .args(args)
            .run(&())
            .await
            .unwrap();
        assert!(ran.ok(), "git {args:?}: {}", ran.tail);
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    }

    /// A repository `repo` below the folder: one commit with the file `a`, one with `b` in its place. Object files are ignored.
    async fn two_commits(dir: &Path) -> (LocalRepo, CommitSha, CommitSha) {
        let repo = dir.join("repo");
        std::fs::create_dir(&repo).unwrap();
        git(&repo, &["init", "-q"]).await;
        std::fs::write(repo.join(".gitignore"), "target\n*.o\n").unwrap();
        std::fs::write(repo.join("a"), "1").unwrap();
        git(&repo, &["add", "."]).await;
        git(&repo, &["commit", "-qm", "one"]).await;
        std::fs::remove_file(repo.join("a")).unwrap();
        std::fs::write(repo.join("b"), "2").unwrap();
        git(&repo, &["add", "."]).await;
        git(&repo, &["commit", "-qm", "two"]).await;
        let local = LocalRepo::around(&repo).await.unwrap();
        let (one, two) = (local.commit("HEAD~1").await.unwrap(), local.commit("HEAD").await.unwrap());
        (local, one, two)
    }

    #[tokio::test]
    async fn what_was_left_behind_does_not_stop_the_next_checkout() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (local, one, two) = two_commits(dir.path()).await;
        let (git_dir, src) = (dir.path().join("mirror.git"), dir.path().join("src"));
        std::fs::create_dir(&src).unwrap();
        let mirror = Mirror::open(&git_dir).await.unwrap();
        mirror.bring(&[&one, &two], &local.origin()).await.unwrap();
        // Of a git that was killed.
        for lock in ["index.lock", "HEAD.lock", "shallow.lock", "packed-refs.lock", "refs/heads/main.lock"] {
            std::fs::write(git_dir.join(lock), "").unwrap();
        }
        mirror.checkout(&one, &src).await.unwrap();
        assert!(src.join("a").is_file() && !git_dir.join("refs/heads/main.lock").exists());
        // Of a build that minds its privacy. Only who is not root is stopped by that.
        std::fs::create_dir_all(src.join("mine/deep")).unwrap();
        std::fs::write(src.join("mine/deep/file"), "").unwrap();
        std::fs::set_permissions(src.join("mine/deep"), std::fs::Permissions::from_mode(0o000)).unwrap();
        std::fs::set_permissions(src.join("mine"), std::fs::Permissions::from_mode(0o000)).unwrap();
        mirror.checkout(&two, &src).await.unwrap();
        assert!(src.join("b").is_file() && !src.join("mine").exists());
        // Of a disk that was full.
        std::fs::write(git_dir.join("index"), "DIRC, and then nothing").unwrap();
        mirror.checkout(&one, &src).await.unwrap();
        assert!(src.join("a").is_file() && !src.join("b").exists());
        // A repository that was being made.
        let half = dir.path().join("half.git");
        std::fs::create_dir(&half).unwrap();
        std::fs::write(half.join("HEAD.lock"), "").unwrap();
        std::fs::write(half.join("config.lock"), "").unwrap();
        Mirror::open(&half).await.unwrap();
    }

    #[tokio::test]
    async fn a_local_repository_of_another_user_is_fetched_from() {
        let dir = tempfile::tempdir().unwrap();
        let (local, one, _) = two_commits(dir.path()).await;
        for folder in [local.root.clone(), local.root.join(".git")] {
            if std::os::unix::fs::chown(folder, Some(65534), None).is_err() {
                eprintln!("only root can give a folder away: not tested");
                return;
            }
        }
        let mirror = Mirror::open(&dir.path().join("mirror.git")).await.unwrap();
        mirror.bring(&[&one], &local.origin()).await.unwrap();
        let file = Origin { url: format!("file://{}", local.root.display()), ..local.origin() };
        Mirror::open(&dir.path().join("second.git")).await.unwrap().bring(&[&one], &file).await.unwrap();
    }

    #[tokio::test]
    async fn a_token_is_not_carried_to_where_an_origin_points() {
        use std::io::{Read as _, Write as _};
        if ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].iter().any(|name| std::env::var_os(name).is_some()) {
            eprintln!("git goes through a proxy here: not tested");
            return;
        }
        let listen = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (origin, elsewhere) = (listen(), listen());
        let (url, target) = (format!("http://{}/r", origin.local_addr().unwrap()), elsewhere.local_addr().unwrap());
        let serving = std::thread::spawn(move || {
            let (mut stream, _) = origin.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let answer = format!("HTTP/1.1 302 Found\r\nlocation: http://{target}/r/info/refs?service=git-upload-pack\r\n");
            stream.write_all(format!("{answer}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
        });
        elsewhere.set_nonblocking(true).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mirror = Mirror::open(&dir.path().join("mirror.git")).await.unwrap();
        let origin = Origin { url, token: Some("secret".into()), refs: vec![] };
        let commit = CommitSha::parse(&"0".repeat(40)).unwrap();
        let fetched = tokio::time::timeout(Duration::from_secs(5), mirror.bring(&[&commit], &origin)).await;
        assert!(!matches!(fetched, Ok(Ok(()))));
        serving.join().unwrap();
        assert!(elsewhere.accept().is_err(), "git asked the place that the origin pointed to");
    }

    #[tokio::test]
    async fn a_checkout_holds_the_commit_and_keeps_marked_caches() {
        let dir = tempfile::tempdir().unwrap();
        let (local, one, two) = two_commits(dir.path()).await;
        let mirror = Mirror::open(&dir.path().join("mirror.git")).await.unwrap();
        mirror.bring(&[&one, &two], &local.origin()).await.unwrap();

        let src = dir.path().join("src");
        let tag = std::str::from_utf8(CACHE_SIGNATURE).unwrap();
        let put = |path: &str, text: &str| {
            let path = src.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("target/thumb/CACHEDIR.TAG", &format!("{tag}\n# of Cargo"));
        put("target/thumb/deep/cache", "kept");
        put("target/boards/old.elf", "gone");
        put("target/words/CACHEDIR.TAG", "no signature");
        put("stray", "gone");
        put("stray.o", "gone, although it is ignored");
        put("marked/CACHEDIR.TAG", tag);
        let names = |src: &Path| {
            let mut names: Vec<String> = std::fs::read_dir(src).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names.join(" ")
        };
        mirror.checkout(&one, &src).await.unwrap();
        assert_eq!(names(&src), ".gitignore a target");
        mirror.checkout(&two, &src).await.unwrap();
        assert_eq!(names(&src), ".gitignore b target");
        assert_eq!(names(&src.join("target")), "thumb");
        assert_eq!(std::fs::read(src.join("target/thumb/deep/cache")).unwrap(), b"kept");
        assert_eq!(mirror.text(&one, "a").await.unwrap().as_deref(), Some("1"));
        assert_eq!(mirror.text(&two, "a").await.unwrap(), None);

        let nowhere = CommitSha::parse(&"0".repeat(40)).unwrap();
        assert!(mirror.bring(&[&nowhere], &local.origin()).await.is_err());
        assert!(local.commit("--help").await.is_err());
    }
}
