//! Who plays: GitHub's stand-in, the server, the agent. Each can be killed and started again in the middle of a scene.

use super::lab::{EMPTY, LAB};
use super::stage::{Stage, program, said};
use anyhow::{Context, Result, bail, ensure};
use github_double::{Config, Double, NewPull, RepositoryConfig, WebhookConfig};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;

/// What stands in the agent's own environment and must never be seen in a build, nor anywhere else.
pub const CANARY: &str = "canary-of-the-agents-environment";
/// The agent's settings, in the scratch folder.
pub const SETTINGS: &str = "runner.toml";
/// Longest the server may take to listen.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// All of them, running. Dropping it stops them.
pub struct Cast {
    /// The stand-in.
    pub double: Double,
    /// The server.
    pub server: Child,
    /// The agent.
    pub agent: Child,
    /// What the agent said and how long it worked.
    pub heard: Heard,
    scene: Scene,
}

/// Where they play.
#[derive(Clone)]
struct Scene {
    repo: String,
    bin: PathBuf,
    scratch: PathBuf,
    home: PathBuf,
    server_url: String,
}

/// What was heard from the agent so far.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<(String, Duration)>>);

impl Heard {
    fn line(&self, line: &str) {
        let mut heard = self.0.lock().unwrap_or_else(|e| e.into_inner());
        heard.0.push_str(line);
        heard.0.push('\n');
        // `job 3: done, 12.3 s building and emulating`
        let seconds = line.split_once("done, ").and_then(|(_, rest)| rest.split(' ').next()?.parse::<f64>().ok());
        heard.1 += seconds.filter(|s| s.is_finite() && *s >= 0.0).map_or(Duration::ZERO, Duration::from_secs_f64);
    }

    /// Everything said.
    pub fn text(&self) -> String {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).0.clone()
    }

    /// What was spent building and emulating.
    pub fn working(&self) -> Duration {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).1
    }
}

impl Cast {
    /// Starts everybody.
    pub async fn enter(stage: &Stage) -> Result<Cast> {
        let repo = stage.repo.clone();
        let repositories = vec![RepositoryConfig::new(&repo, &stage.bare)];
        let double = Double::start(Config { repositories, ..Config::default() }).await?;
        let url = double.base_url();
        let port = free_port()?;
        let text = format!(
            "listen = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\ndatabase = \"ounce.sqlite3\"\nprojects = [\"{repo}\"]\n\n\
             [forge]\nmode = \"token\"\napi_url = \"{url}\"\nclone_url = \"{url}\"\ntoken = \"double-token\"\nwebhook_secrets = [\"demo-secret\"]\n"
        );
        let scratch = stage.scratch.path().to_owned();
        std::fs::write(scratch.join("ounce-server.toml"), text)?;
        std::fs::OpenOptions::new().create(true).append(true).open(scratch.join(SETTINGS))?;
        if !scratch.join(LAB).is_file() {
            std::fs::write(scratch.join(LAB), EMPTY)?;
        }
        let server_url = format!("http://127.0.0.1:{port}");
        double.set_webhook(Some(WebhookConfig { url: format!("{server_url}/webhooks/github"), secret: "demo-secret".into() }));
        let scene = Scene { repo, bin: stage.bin.clone(), scratch, home: stage.home.clone(), server_url };
        let server = scene.start_server().await?;
        let code = said(scene.server_command().args(["runner", "enroll", "--name", "desk"])).await?;
        let code = code.lines().rev().find_map(|l| l.split_whitespace().last()).context("no enrolment code was printed")?.to_owned();
        let heard = Heard::default();
        let agent = scene.start_agent(&["--name", "desk", "--enroll", &code], &heard)?;
        eprintln!("demo: server at {}, GitHub's stand-in at {}, one agent", scene.server_url, double.base_url());
        Ok(Cast { double, server, agent, heard, scene })
    }

    /// Opens the pull request from a branch; its webhook goes out.
    pub async fn open_pull(&self, title: &str, branch: &str) -> Result<u64> {
        self.double.open_pull(&self.scene.repo, NewPull::from_branch(title, branch)).await
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

    /// Kills the server without a word and starts it again on the same database.
    pub async fn restart_server(&mut self) -> Result<()> {
        self.server.kill().await?;
        self.server = self.scene.start_server().await?;
        Ok(())
    }

    /// Kills the agent without a word and starts it again with its token.
    pub async fn restart_agent(&mut self) -> Result<()> {
        self.agent.kill().await?;
        self.agent = self.scene.start_agent(&[], &self.heard)?;
        Ok(())
    }

    /// Waits for the end of the check on a pull request's head: its state and its line.
    pub async fn end_of_check(&mut self, head: &str) -> Result<(String, String)> {
        loop {
            self.check_alive()?;
            let newest = self.double.statuses(&self.scene.repo, head).into_iter().max_by_key(|s| s.id);
            if let Some(ended) = newest.filter(|s| s.state != "pending") {
                return Ok((ended.state, ended.description.unwrap_or_default()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The comments' texts.
    pub fn comments(&self, number: u64) -> Vec<String> {
        self.double.comments(&self.scene.repo, number).into_iter().map(|c| c.body).collect()
    }

    /// The test merge.
    pub async fn merge_commit(&self, number: u64) -> Result<String> {
        self.double.settle(&self.scene.repo, number).await?.context("the pull request has no test merge")
    }

    /// The server's address.
    pub fn server_url(&self) -> &str {
        &self.scene.server_url
    }

    /// What the server answers, a page or JSON.
    pub async fn page(&self, path: &str) -> Result<String> {
        let url = format!("{}{path}", self.scene.server_url);
        let answer = reqwest::Client::builder().no_proxy().build()?.get(&url).send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        Ok(answer.text().await?)
    }

    /// Pages worth a look.
    pub fn links(&self) -> Vec<String> {
        vec![format!("{}/", self.scene.server_url), self.run_page()]
    }

    /// The page of the demo's pull request.
    pub fn run_page(&self) -> String {
        format!("{}/runs/1", self.scene.server_url)
    }

    /// Its comparison, as JSON.
    pub async fn comparison(&self) -> Result<String> {
        let url = format!("{}/api/v1/runs/1/comparison", self.scene.server_url);
        let answer = reqwest::Client::builder().no_proxy().build()?.get(&url).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }
}

impl Scene {
    fn server_command(&self) -> tokio::process::Command {
        let mut command = program(self.bin.join("ounce-server"));
        command.arg("--config").arg(self.scratch.join("ounce-server.toml"));
        command
    }

    async fn start_server(&self) -> Result<Child> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.scratch.join("server.log"))?;
        let mut server = self.server_command().arg("serve").stdout(Stdio::piped()).stderr(log).spawn()?;
        let out = server.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(out).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                if line.contains("listening on ") {
                    return Ok(());
                }
            }
            bail!("the server ended before it listened:\n{}", std::fs::read_to_string(self.scratch.join("server.log"))?)
        };
        tokio::time::timeout(START_TIMEOUT, listening).await.context("the server does not listen")??;
        // Whatever it says later must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(server)
    }

    fn start_agent(&self, more: &[&str], heard: &Heard) -> Result<Child> {
        let mut agent = program(self.bin.join("ounce"))
            .args(["agent", "--server", &self.server_url, "--token-file"])
            .arg(self.scratch.join("desk.token"))
            .arg("--home")
            .arg(&self.home)
            .args(more)
            .env("GITHUB_TOKEN", CANARY)
            .env("OUNCE_RUNNER_CONFIG", self.scratch.join(SETTINGS))
            .env("OUNCE_LAB", self.scratch.join(LAB))
            .stderr(Stdio::piped())
            .spawn()?;
        tokio::spawn(follow(agent.stderr.take(), heard.clone()));
        Ok(agent)
    }
}

/// The usual port, or any other where that one is taken: links in the comment need it before the server starts.
fn free_port() -> Result<u16> {
    let bind = |port| std::net::TcpListener::bind(("127.0.0.1", port));
    Ok(bind(7878).or_else(|_| bind(0))?.local_addr()?.port())
}

/// Shows and remembers what the agent says.
async fn follow(stderr: Option<impl AsyncRead + Unpin>, heard: Heard) {
    let Some(stderr) = stderr else { return };
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        eprintln!("agent: {line}");
        heard.line(&line);
    }
}
