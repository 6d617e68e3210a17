//! Who plays in the demo: GitHub's stand-in, the server, the agent.

use super::stage::{BRANCH, Stage, program, said};
use anyhow::{Context, Result, bail};
use github_double::{Config, Double, NewPull, RepositoryConfig, WebhookConfig};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;

/// The repository's name on the stand-in.
const REPO: &str = "ounce/pyrite";
/// Longest the server may take to listen.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// All of them, running. Dropping it stops them.
pub struct Cast {
    double: Double,
    server: Child,
    agent: Child,
    server_url: String,
    working: Arc<Mutex<Duration>>,
}

impl Cast {
    /// Starts everybody.
    pub async fn enter(stage: &Stage) -> Result<Cast> {
        let repositories = vec![RepositoryConfig::new(REPO, &stage.bare)];
        let double = Double::start(Config { repositories, ..Config::default() }).await?;
        let config = stage.scratch.path().join("ounce-server.toml");
        let url = double.base_url();
        let port = free_port()?;
        let text = format!(
            "listen = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\ndatabase = \"ounce.sqlite3\"\nprojects = [\"{REPO}\"]\n\n[forge]\nmode = \"token\"\napi_url = \"{url}\"\n\
             clone_url = \"{url}\"\ntoken = \"double-token\"\nwebhook_secrets = [\"demo-secret\"]\n"
        );
        std::fs::write(&config, text)?;
        let server_bin = stage.bin.join("ounce-server");
        let mut server = program(&server_bin).arg("--config").arg(&config).arg("serve").stdout(Stdio::piped()).spawn()?;
        let server_url = tokio::time::timeout(START_TIMEOUT, listening(&mut server)).await.context("the server does not listen")??;
        double.set_webhook(Some(WebhookConfig { url: format!("{server_url}/webhooks/github"), secret: "demo-secret".into() }));
        let code = said(program(&server_bin).arg("--config").arg(&config).args(["runner", "enroll", "--name", "desk"])).await?;
        let code = code.lines().rev().find_map(|l| l.split_whitespace().last()).context("no enrolment code was printed")?.to_owned();
        let mut agent = program(stage.bin.join("ounce"))
            .args(["agent", "--server", &server_url, "--name", "desk", "--enroll", &code, "--token-file"])
            .arg(stage.scratch.path().join("desk.token"))
            .arg("--home")
            .arg(Stage::home())
            .stderr(Stdio::piped())
            .spawn()?;
        let working = Arc::new(Mutex::new(Duration::ZERO));
        tokio::spawn(follow(agent.stderr.take(), working.clone()));
        eprintln!("demo: server at {server_url}, GitHub's stand-in at {url}, one agent");
        Ok(Cast { double, server, agent, server_url, working })
    }

    /// Opens the pull request; its webhook goes out.
    pub async fn open_pull(&self) -> Result<u64> {
        self.double.open_pull(REPO, NewPull::from_branch(super::TITLE, BRANCH)).await
    }

    /// An error where server or agent have ended.
    pub fn check_alive(&mut self) -> Result<()> {
        if let Some(status) = self.server.try_wait()? {
            bail!("the server ended: {status}");
        }
        if let Some(status) = self.agent.try_wait()? {
            bail!("the agent ended: {status}");
        }
        Ok(())
    }

    /// The check on the pull request's head, where it has ended: state and line.
    pub fn ended_check(&self, head: &str) -> Option<(String, String)> {
        let newest = self.double.statuses(REPO, head).into_iter().max_by_key(|s| s.id);
        newest.filter(|s| s.state != "pending").map(|s| (s.state, s.description.unwrap_or_default()))
    }

    /// The one comment.
    pub fn comment(&self, number: u64) -> Option<String> {
        self.double.comments(REPO, number).into_iter().next().map(|c| c.body)
    }

    /// The test merge.
    pub async fn merge_commit(&self, number: u64) -> Result<String> {
        self.double.settle(REPO, number).await?.context("the pull request has no test merge")
    }

    /// Pages worth a look.
    pub fn links(&self) -> Vec<String> {
        vec![format!("{}/", self.server_url)]
    }

    /// What the agent spent building and emulating.
    pub fn working(&self) -> Duration {
        *self.working.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// The usual port, or any other where that one is taken: links in the comment need it before the server starts.
fn free_port() -> Result<u16> {
    let bind = |port| std::net::TcpListener::bind(("127.0.0.1", port));
    Ok(bind(7878).or_else(|_| bind(0))?.local_addr()?.port())
}

async fn listening(server: &mut Child) -> Result<String> {
    let out = server.stdout.take().context("the server has no output")?;
    let mut lines = BufReader::new(out).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, url)) = line.split_once("listening on ") {
            let url = url.trim().trim_end_matches('/').to_owned();
            // Whatever it says later must not fill the pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(url);
        }
    }
    bail!("the server ended before it listened")
}

/// Shows what the agent says, and adds up the time it worked: `job 3: done, 12.3 s building and emulating`.
async fn follow(stderr: Option<impl AsyncRead + Unpin>, working: Arc<Mutex<Duration>>) {
    let Some(stderr) = stderr else { return };
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        eprintln!("agent: {line}");
        let seconds = line.split_once("done, ").and_then(|(_, rest)| rest.split(' ').next()?.parse::<f64>().ok());
        if let Some(seconds) = seconds.filter(|s| s.is_finite() && *s >= 0.0) {
            *working.lock().unwrap_or_else(|e| e.into_inner()) += Duration::from_secs_f64(seconds);
        }
    }
}
