//! The dashboards in a real browser: its tests, and pictures of all pages. A server with a made history is started for it, and an empty
//! one.
//!
//! What the browser does is JavaScript, in `dashboards/browser`; its modules are installed into `target/browser`, never into the source
//! tree.

use crate::demo::on_runtime;
use crate::demo::stage::{Stage, program, run};
use crate::root;
use crate::run::is_everything_built;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Oldest node that has what the tests use.
const NODE_MIN: u32 = 20;
/// Longest all of it may take: the first time everything is compiled.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// Longest npm may take.
const INSTALL_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// Longest a server may take to make its history and to listen.
const START_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// Longest a process may take to end by itself.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// `cargo xtask browser`
#[derive(Debug, Default, clap::Args)]
pub struct Browser {
    /// Look at this server instead of starting one
    #[arg(long, value_name = "URL")]
    site: Option<String>,
    /// Only tests whose names match this pattern
    #[arg(long, value_name = "PATTERN")]
    only: Option<String>,
}

/// `cargo xtask shots`
#[derive(Debug, clap::Args)]
pub struct Shots {
    /// Where the pictures go
    #[arg(long, default_value = "target/browser/shots", value_name = "DIR")]
    out: PathBuf,
    /// Look at this server instead of starting one
    #[arg(long, value_name = "URL")]
    site: Option<String>,
    /// Only these pages; `readme` is the README's picture, `print` the printed report
    names: Vec<String>,
}

impl Browser {
    /// Runs the tests.
    ///
    /// # Errors
    /// Where node or chromium is missing, the server does not start, or a test fails.
    pub fn run(self) -> Result<()> {
        needs()?;
        let tests = root().join("dashboards/browser/tests");
        let mut files: Vec<PathBuf> = std::fs::read_dir(&tests)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
        files.sort();
        let pattern = self.only.map(|only| format!("--test-name-pattern={only}"));
        let args = ["--test", "--test-reporter=spec", "--test-concurrency=1"].map(PathBuf::from).into_iter();
        play(self.site, args.chain(pattern.map(PathBuf::from)).chain(files).collect())
    }
}

impl Shots {
    /// Makes the pictures; the README's goes to its place where it was asked for by name.
    ///
    /// # Errors
    /// Where node or chromium is missing, the server does not start, or a page does not open.
    pub fn run(self) -> Result<()> {
        needs()?;
        let out = root().join(&self.out);
        let script = root().join("dashboards/browser/shots.js");
        play(self.site, [script, out.clone()].into_iter().chain(self.names.iter().map(PathBuf::from)).collect())?;
        if self.names.iter().any(|name| name == "readme") {
            std::fs::copy(out.join("dashboard.png"), root().join("docs/dashboard.png"))?;
        }
        println!("the pictures are in {}", out.display());
        Ok(())
    }
}

/// What is missing to look at pages, and what to install; none where everything is there.
pub fn missing() -> Option<String> {
    let mut missing = Vec::new();
    if !node_major().is_some_and(|major| major >= NODE_MIN) {
        missing.push(format!("node {NODE_MIN} or newer"));
    }
    if !on_path("npm") {
        missing.push("npm".to_owned());
    }
    if std::env::var_os("OUNCE_CHROMIUM").is_none() && !on_path("chromium") {
        missing.push("chromium".to_owned());
    }
    (!missing.is_empty()).then(|| format!("no {}", missing.join(", no ")))
}

/// Fetches what the browser is driven with, where it is not there yet.
///
/// # Errors
/// Where npm cannot.
pub fn prepare() -> Result<()> {
    on_runtime(INSTALL_TIMEOUT, install(&modules()))
}

fn modules() -> PathBuf {
    root().join("target/browser")
}

fn needs() -> Result<()> {
    let Some(missing) = missing() else { return Ok(()) };
    bail!("{missing}: install Debian's chromium, nodejs and npm, or name a chromium elsewhere by OUNCE_CHROMIUM")
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

#[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
fn node_major() -> Option<u32> {
    let said = std::process::Command::new("node").arg("--version").output().ok()?;
    String::from_utf8_lossy(&said.stdout).trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Runs node with these arguments beside the servers; everything ends with it, also when it is interrupted.
fn play(site: Option<String>, args: Vec<PathBuf>) -> Result<()> {
    on_runtime(TIMEOUT, async {
        let place = modules();
        install(&place).await?;
        let mut servers = Vec::new();
        let mut node = program("node");
        node.args(args).env("OUNCE_BROWSER_MODULES", &place);
        if let Some(site) = site {
            node.env("OUNCE_SITE", site);
        } else {
            if !is_everything_built() {
                eprintln!("browser: building the server and its history");
                run(program("cargo").args(["build", "--quiet", "-p", "ounce-benchmarks", "--bin", "seed"]).current_dir(root())).await?;
            }
            let full = Server::start(&place.join("full.sqlite3"), &["--points", "24000"]).await?;
            let empty = Server::start(&place.join("empty.sqlite3"), &[]).await?;
            node.env("OUNCE_SITE", &full.address).env("OUNCE_EMPTY_SITE", &empty.address);
            servers.extend([full, empty]);
        }
        let mut node = Group::start(&mut node)?;
        let done = node.child.wait().await?;
        for server in servers {
            server.end().await;
        }
        if !done.success() {
            bail!("the browser was not content: {done}");
        }
        Ok(())
    })
}

/// The modules, as the lock file has them; only where they are not there yet.
async fn install(place: &Path) -> Result<()> {
    std::fs::create_dir_all(place)?;
    let source = root().join("dashboards/browser");
    let lock = std::fs::read(source.join("package-lock.json"))?;
    let is_there = std::fs::read(place.join("package-lock.json")).is_ok_and(|there| there == lock);
    if is_there && place.join("node_modules/.package-lock.json").exists() {
        return Ok(());
    }
    std::fs::copy(source.join("package.json"), place.join("package.json"))?;
    std::fs::write(place.join("package-lock.json"), lock)?;
    eprintln!("browser: installing the tests' two modules into target/browser");
    run(program("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(place)).await
}

/// The seed program, serving. Its database is made anew each time.
struct Server {
    group: Group,
    address: String,
}

impl Server {
    async fn start(database: &Path, more: &[&str]) -> Result<Server> {
        for end in ["", "-wal", "-shm"] {
            let mut file = database.as_os_str().to_owned();
            file.push(end);
            let _ = std::fs::remove_file(file);
        }
        let mut command = program(Stage::bin().join("seed"));
        command.args(["--serve", "--listen", "127.0.0.1:0", "--database"]).arg(database).args(more).stdout(Stdio::piped());
        let mut group = Group::start(&mut command)?;
        let mut lines = BufReader::new(group.child.stdout.take().context("the server has no output")?).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, rest)) = line.split_once("listening on ") {
                    return Ok(rest.split(',').next().unwrap_or(rest).trim().to_owned());
                }
            }
            bail!("the server ended before it listened")
        };
        let address = tokio::time::timeout(START_TIMEOUT, listening).await.context("the server does not listen")??;
        // It may go on speaking: nobody reads, and it must not wait for that.
        tokio::spawn(async move { while lines.next_line().await.is_ok_and(|line| line.is_some()) {} });
        Ok(Server { group, address })
    }

    async fn end(mut self) {
        self.group.signal("TERM");
        let _ = tokio::time::timeout(END_TIMEOUT, self.group.child.wait()).await;
    }
}

/// A program with all that it starts: node starts a process each file, and a browser each. Dropping it asks all of them to end.
struct Group {
    child: Child,
}

impl Group {
    fn start(command: &mut Command) -> Result<Group> {
        let child = command.process_group(0).kill_on_drop(false).spawn().with_context(|| format!("{command:?} cannot be started"))?;
        Ok(Group { child })
    }

    #[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
    fn signal(&self, signal: &str) {
        let Some(id) = self.child.id() else { return };
        let _ = std::process::Command::new("kill").args([&format!("-{signal}"), "--", &format!("-{id}")]).stderr(Stdio::null()).status();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal("TERM");
    }
}
