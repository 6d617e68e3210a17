//! `./dev hostile`: a pull request that means harm, on the real programs. A stranger's fork whose build looks for secrets, wants out to
//! the network, forks without end, fills the disk, forges words and files; a server, an agent with its sandbox, GitHub's stand-in.
//!
//! Each attempt is a story of its own in `runner/tests/stories/hostile_*.rs` and `server/tests/stories`. Here they are one pull request,
//! from its webhook to its comment, and what came of each is said.

mod checks;
mod scripts;

use crate::demo::cast::{CANARY, Cast, SETTINGS};
use crate::demo::chaos;
use crate::demo::on_runtime;
use crate::demo::stage::{Stage, said};
use crate::processes::running_with;
use anyhow::{Context, Result, ensure};
use checks::{figures, live_text, one_report};
use github_double::{NewPull, Permission};
use scripts::{Attempt, Places};
use serde_json::Value;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Where the stranger works.
const FORK: &str = "stranger/firmware";
/// His branch.
const BRANCH: &str = "gift";
/// A maintainer.
const MAINTAINER: &str = "mia";
/// Longest all of it may take.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// The settings of an operator with a small machine, so that limits are met within seconds.
const SMALL: &str = "[limits]\nmemory = \"256M\"\ndisk = \"64M\"\nfile = \"32M\"\noutput = \"4M\"\nprocesses = 100\n";
/// The agent's folder, with all its caches, may hold this much more than before the attempts.
const LEFT_BYTES_MAX: u64 = 80 << 20;

/// `cargo xtask hostile`
///
/// # Errors
/// Where an attempt gets somewhere, or the service does not work on.
pub fn run() -> Result<()> {
    on_runtime(TIMEOUT, async {
        let stage = chaos::stage(0.0).await?;
        std::fs::write(stage.scratch.path().join(SETTINGS), SMALL)?;
        let mut play = Play::begin(&stage).await?;
        let before = play.honest("before the stranger came", "change").await?;
        play.waits_for_approval().await?;
        for attempt in scripts::all(&play.places) {
            play.attempt(&attempt).await?;
        }
        play.nothing_of_it_is_left().await?;
        let after = play.again(&before).await?;
        ensure!(before.rows == after, "the same pull request has other figures after the stranger's:\n{:#?}\n{after:#?}", before.rows);
        play.said("what he planted", "the project's own pull request, measured again, has the same figures");
        println!("\n{}", play.table());
        Ok(())
    })
}

/// A report that was awaited.
struct Report {
    pull: u64,
    rows: Vec<String>,
}

struct Play {
    cast: Cast,
    repo: String,
    home: PathBuf,
    places: Places,
    reached: Arc<AtomicU32>,
    /// The stranger's pull request, and its head.
    pull: u64,
    head: String,
    secrets: Vec<String>,
    home_bytes: u64,
    table: Vec<(String, String)>,
}

impl Play {
    async fn begin(stage: &Stage) -> Result<Play> {
        let cast = Cast::enter(stage).await?;
        let repo = stage.repo.clone();
        cast.double.set_permission(&repo, MAINTAINER, Permission::Write)?;
        cast.double.fork(&repo, FORK, &stage.scratch.path().join("fork.git")).await?;
        let (listener, reached) = (TcpListener::bind("0.0.0.0:0")?, Arc::new(AtomicU32::new(0)));
        let outside = listener.local_addr()?.port();
        let count = Arc::clone(&reached);
        std::thread::spawn(move || {
            listener.incoming().for_each(|_| {
                count.fetch_add(1, Ordering::Relaxed);
            })
        });
        let port =
            |url: &str| url.rsplit(':').next().and_then(|p| p.trim_end_matches('/').parse().ok()).context("an address without a port");
        let places = Places {
            scratch: stage.scratch.path().to_owned(),
            ports: vec![outside, port(cast.server_url())?, port(cast.double.base_url())?],
            mark: format!("stranger-{}", std::process::id()),
        };
        let token = stage.scratch.path().join("desk.token");
        let token = loop {
            let text = std::fs::read_to_string(&token).unwrap_or_default().trim().to_owned();
            if !text.is_empty() {
                break text;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        ensure!(token.len() > 16, "the agent's token is {token:?}");
        let secrets = vec![token, CANARY.into(), "demo-secret".into(), "double-token".into()];
        let home = stage.home.clone();
        Ok(Play { cast, repo, home, places, reached, pull: 0, head: String::new(), secrets, home_bytes: 0, table: Vec::new() })
    }

    fn said(&mut self, what: &str, outcome: &str) {
        eprintln!("hostile: {what}: {outcome}");
        self.table.push((what.to_owned(), outcome.to_owned()));
    }

    fn table(&self) -> String {
        let rows = self.table.iter().map(|(what, outcome)| format!("| {what} | {outcome} |\n"));
        format!("| tried | what came of it |\n|---|---|\n{}", rows.collect::<String>())
    }

    /// A pull request of the project's own.
    async fn honest(&mut self, title: &str, branch: &str) -> Result<Report> {
        let pull = self.cast.open_pull(title, branch).await?;
        let runs = self.judged(pull, 1).await?;
        ensure!(runs[0]["state"] == "judged", "the honest pull request is not judged: {}", runs[0]);
        let rows = figures(&one_report(&self.cast, &self.repo, pull)?);
        ensure!(rows.len() == 2, "the report has not both boards: {rows:?}");
        self.home_bytes = size_of(&self.home).await?;
        Ok(Report { pull, rows })
    }

    /// The same once more, measured afresh.
    async fn again(&mut self, report: &Report) -> Result<Vec<String>> {
        self.maintainer_says(report.pull, "/ounce run").await?;
        self.judged(report.pull, 2).await?;
        Ok(figures(&one_report(&self.cast, &self.repo, report.pull)?))
    }

    async fn maintainer_says(&self, pull: u64, text: &str) -> Result<u64> {
        self.cast.double.comment_as(&self.repo, pull, MAINTAINER, text).await
    }

    /// The runs of a pull request, the newest first, once there are so many that have ended.
    async fn judged(&mut self, pull: u64, ended: usize) -> Result<Vec<Value>> {
        loop {
            self.cast.check_alive()?;
            let runs = self.runs(pull).await?;
            let over = |run: &&Value| !["waiting", "planned", "measuring"].contains(&run["state"].as_str().unwrap_or_default());
            let posted = one_report(&self.cast, &self.repo, pull)
                .is_ok_and(|text| !text.contains("**Weighing**") && !text.contains("being weighed"));
            if posted && runs.iter().filter(over).count() >= ended && runs.first().is_some_and(|run| over(&run)) {
                return Ok(runs);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn runs(&self, pull: u64) -> Result<Vec<Value>> {
        // Before its first event there is no such project.
        let Ok(text) = self.cast.page(&format!("/api/v1/projects/{}/runs", self.repo)).await else { return Ok(Vec::new()) };
        let runs: Value = serde_json::from_str(&text)?;
        let mut items = runs["items"].as_array().cloned().unwrap_or_default();
        items.retain(|run| run["pull"].as_u64() == Some(pull));
        Ok(items)
    }

    /// An answer of ours to a comment.
    async fn answered(&self, to: u64, text: &str) -> Result<()> {
        let marker = format!("<!-- ounce:answer:{to} -->");
        let found = || self.cast.comments(self.pull).iter().any(|c| c.contains(&marker) && c.contains(text));
        for _ in 0..600 {
            if found() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("no answer with {text:?}:\n{}", self.cast.comments(self.pull).join("\n=====\n"))
    }

    async fn push(&mut self, attempt: &Attempt) -> Result<()> {
        let mut files: Vec<(&str, Option<&str>)> = attempt.files.iter().map(|(path, text)| (*path, Some(text.as_str()))).collect();
        let manifest = std::fs::read_to_string(crate::root().join(chaos::FIXTURE).join("ounce.toml"))?;
        let own = manifest.replace("build = [\"make\"", "build = [\"echo\", \"WON: the fork's own manifest\"").replace("256", "99999999");
        files.push(("ounce.toml", Some(&own)));
        self.head = self.cast.double.commit(FORK, BRANCH, Some("main"), attempt.name, &files).await?;
        Ok(())
    }

    /// The stranger opens his pull request: nothing of it runs, and he cannot approve it himself.
    async fn waits_for_approval(&mut self) -> Result<()> {
        let first = Attempt { name: "looks harmless", files: vec![("README", "hello".into())], ends: "", outcome: "" };
        self.push(&first).await?;
        let new = NewPull { head_repo: Some(FORK.into()), author: "stranger".into(), ..NewPull::from_branch("A gift", BRANCH) };
        self.pull = self.cast.double.open_pull(&self.repo, new).await?;
        let asked = self.cast.double.comment_as(&self.repo, self.pull, "stranger", &format!("/ounce approve {}", self.head)).await?;
        self.answered(asked, "accounts with write access").await?;
        self.nothing_runs().await?;
        self.said("approving his own commit", "refused; nothing ran");
        let old = self.head.clone();
        let asked = self.maintainer_says(self.pull, &format!("/ounce approve {old}")).await?;
        self.answered(asked, "Approved").await?;
        self.judged(self.pull, 1).await?;
        Ok(())
    }

    /// The newest run of his waits, and has no jobs.
    async fn nothing_runs(&self) -> Result<()> {
        let run = loop {
            if let Some(run) = self.runs(self.pull).await?.into_iter().find(|run| run["shown_sha"] == self.head) {
                break run;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        ensure!(run["state"] == "waiting", "an unapproved commit: {run}");
        let whole: Value = serde_json::from_str(&self.cast.page(&format!("/api/v1/runs/{}", run["id"])).await?)?;
        ensure!(whole["jobs"].as_array().is_none_or(Vec::is_empty), "jobs for an unapproved commit: {whole}");
        Ok(())
    }

    /// He pushes, which takes back the approval; somebody approves in good faith; what he wanted does not come to pass.
    async fn attempt(&mut self, attempt: &Attempt) -> Result<()> {
        let ended = self.runs(self.pull).await?.len();
        let old = self.head.clone();
        self.push(attempt).await?;
        self.nothing_runs().await?;
        let stale = self.maintainer_says(self.pull, &format!("/ounce approve {old}")).await?;
        self.answered(stale, "Not approved").await?;
        let asked = self.maintainer_says(self.pull, &format!("/ounce approve {}", self.head)).await?;
        self.answered(asked, "Approved").await?;
        let runs = self.judged(self.pull, ended + 1).await?;
        let run = &runs[0]["id"];
        let mut texts = vec![self.cast.page(&format!("/runs/{run}")).await?, self.cast.comments(self.pull).join("\n")];
        let whole: Value = serde_json::from_str(&self.cast.page(&format!("/api/v1/runs/{run}")).await?)?;
        for job in whole["jobs"].as_array().context("no jobs")? {
            ensure!(job["state"] == "done", "{}: {job}", attempt.name);
            texts.push(self.cast.page(&format!("/api/v1/jobs/{}/log", job["id"])).await?);
        }
        texts.push(whole.to_string());
        let all = texts.join("\n");
        let lines_with =
            |text: &str| all.split("\\n").flat_map(str::lines).filter(|line| line.contains(text)).collect::<Vec<_>>().join("\n");
        ensure!(!all.contains("WON"), "{} got somewhere:\n{}", attempt.name, lines_with("WON"));
        for secret in &self.secrets {
            ensure!(!all.contains(secret.as_str()), "{}: a secret was seen:\n{}", attempt.name, lines_with(secret));
        }
        ensure!(all.contains(attempt.ends), "{}: {:?} was meant:\n{}", attempt.name, attempt.ends, texts[1]);
        live_text(&texts[0], &one_report(&self.cast, &self.repo, self.pull)?)?;
        ensure!(running_with(&self.places.mark).is_empty(), "{}: processes live on: {:?}", attempt.name, running_with(&self.places.mark));
        ensure!(self.reached.load(Ordering::Relaxed) == 0, "{}: the network was reached", attempt.name);
        self.said(attempt.name, attempt.outcome);
        Ok(())
    }

    async fn nothing_of_it_is_left(&mut self) -> Result<()> {
        let grown = size_of(&self.home).await?.saturating_sub(self.home_bytes);
        ensure!(grown < LEFT_BYTES_MAX, "{grown} bytes are left in the agent's folder");
        ensure!(!self.places.escaped().exists(), "something of the build's was run outside");
        self.said("staying", "no process, no file outside, nothing in the way of the next build");
        Ok(())
    }
}

/// Bytes on the disk below a folder.
async fn size_of(folder: &std::path::Path) -> Result<u64> {
    let size = said(crate::demo::stage::program("du").args(["-s", "-B1"]).arg(folder)).await?;
    size.split_whitespace().next().and_then(|n| n.parse().ok()).context("du says no size")
}
