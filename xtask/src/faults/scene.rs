//! Where the faults strike: the small C firmware on a stand-in for GitHub, one server on SQLite or two on one PostgreSQL, two agents
//! behind a wire of their own.

use super::wire::Line;
use crate::demo::chaos::small_firmware;
use crate::demo::stage::{Stage, git, program, run, said};
use crate::processes::running_in;
use anyhow::{Context, Result, bail, ensure};
use github_double::{Config, DEMO_APP_KEY_PEM, Double, RepositoryConfig, WebhookConfig};
use scratch_postgres::{Cluster, Database};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

/// The repository.
pub const REPO: &str = "ounce/firmware";
/// Agents in the lab.
const AGENTS: usize = 2;
/// Longest a server may take to listen while its database does.
const START_TIMEOUT: Duration = Duration::from_secs(90);
/// The disk that fills up, by kind of database.
const DISK: [&str; 2] = ["size=64m", "size=900m"];

/// All of it, running. Dropping it stops and removes it.
pub struct Scene {
    /// GitHub's stand-in.
    pub double: Double,
    /// Between the agents and the servers.
    pub lab: Line,
    /// PostgreSQL, where it is used.
    pub cluster: Option<Cluster>,
    /// The folder that is a small disk of its own, where one could be mounted.
    pub disk: Option<Mount>,
    // Never cut: webhooks, and what looks at the pages.
    doors: Line,
    servers: Vec<Mutex<Program>>,
    agents: Vec<Mutex<Program>>,
    _database: Option<Database>,
    scratch: tempfile::TempDir,
}

/// A program that can be killed.
pub struct Program {
    make: Box<dyn Fn() -> Command + Send + Sync>,
    /// What answers when it is up.
    listens: Option<SocketAddr>,
    child: Option<Child>,
}

/// A mounted file system; dropping it unmounts.
pub struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "the repository's own tool")]
        let _ = std::process::Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

impl Mount {
    /// A disk in memory. None where this user may not mount one.
    async fn make(folder: &Path, size: &str) -> Result<Option<Mount>> {
        std::fs::create_dir(folder)?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))?;
        let mut mount = program("mount");
        mount.args(["-t", "tmpfs", "-o", size, "none"]).arg(folder).stderr(Stdio::null());
        Ok(run(&mut mount).await.is_ok().then(|| Mount(folder.to_owned())))
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

impl Program {
    async fn start(&mut self) -> Result<()> {
        self.child = Some((self.make)().spawn()?);
        let Some(address) = self.listens else { return Ok(()) };
        let listening = async {
            while tokio::net::TcpStream::connect(address).await.is_err() {
                // It ends where its database does not answer; who keeps it (systemd, Kubernetes) starts it again.
                if self.child.as_mut().is_some_and(|c| matches!(c.try_wait(), Ok(Some(_)))) {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    self.child = Some((self.make)().spawn()?);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(START_TIMEOUT, listening).await.context("a server does not listen")?
    }

    /// Kills it without a word and starts it again after a pause.
    pub async fn kill(&mut self, pause: Duration) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        tokio::time::sleep(pause).await;
        self.start().await
    }

    /// Starts it again where it has ended by itself.
    async fn keep_up(&mut self) -> Result<bool> {
        let ended = self.child.as_mut().is_none_or(|c| matches!(c.try_wait(), Ok(Some(_))));
        if ended {
            self.start().await?;
        }
        Ok(ended)
    }
}

impl Scene {
    /// Starts everybody.
    pub async fn set(postgres: bool) -> Result<Scene> {
        let scratch = tempfile::Builder::new().prefix("ounce-faults-").tempdir()?;
        // PostgreSQL's user has to get through to its disk.
        std::fs::set_permissions(scratch.path(), std::fs::Permissions::from_mode(0o711))?;
        let folder = scratch.path().to_owned();
        copy_programs(&folder).await?;
        let bare = firmware(&folder).await?;
        let disk = Mount::make(&folder.join("disk"), DISK[usize::from(postgres)]).await?;
        let data = folder.join("disk");
        let cluster = postgres.then(|| Cluster::start_in(&data).map_err(anyhow::Error::msg)).transpose()?;
        let database = match &cluster {
            Some(cluster) => Some(cluster.database().await.map_err(anyhow::Error::msg)?),
            None => None,
        };
        let address = database.as_ref().map_or_else(|| data.join("ounce.sqlite3").display().to_string(), |d| d.url.clone());
        let double = Double::start(Config { repositories: vec![RepositoryConfig::new(REPO, &bare)], ..Config::default() }).await?;
        std::fs::write(folder.join("app.pem"), DEMO_APP_KEY_PEM)?;
        let mut servers = Vec::new();
        let mut addresses = Vec::new();
        for nth in 0..=usize::from(postgres) {
            let listens = free_address()?;
            addresses.push(listens);
            let config = folder.join(format!("server-{nth}.toml"));
            let url = double.base_url();
            let text = format!(
                "listen = \"{listens}\"\ndatabase = \"{address}\"\nprojects = [\"{REPO}\"]\n\n[forge]\nmode = \"app\"\napp_id = 7001\n\
                 key_file = \"app.pem\"\napi_url = \"{url}\"\nclone_url = \"{url}\"\nwebhook_secrets = [\"demo-secret\"]\n"
            );
            std::fs::write(&config, text)?;
            let log = folder.join(format!("server-{nth}.log"));
            let make = move || {
                let mut command = server_command(&config);
                command.arg("serve").stdout(Stdio::null()).stderr(append(&log));
                command
            };
            servers.push(Program { make: Box::new(make), listens: Some(listens), child: None });
        }
        for server in &mut servers {
            server.start().await?;
        }
        let doors = Line::lay(addresses.clone()).await?;
        let lab = Line::lay(addresses).await?;
        let webhook = WebhookConfig { url: format!("{}/webhooks/github", doors.url()), secret: "demo-secret".into() };
        double.set_webhook(Some(webhook));
        let mut agents = Vec::new();
        for nth in 0..AGENTS {
            agents.push(agent(&folder, &lab.url(), nth).await?);
        }
        let wrap = |programs: Vec<Program>| programs.into_iter().map(Mutex::new).collect();
        Ok(Scene { double, lab, cluster, disk, doors, servers: wrap(servers), agents: wrap(agents), _database: database, scratch })
    }

    /// For people.
    pub fn database_name(&self) -> &'static str {
        if self.cluster.is_some() { "PostgreSQL" } else { "SQLite" }
    }

    /// How many servers there are.
    pub fn servers(&self) -> usize {
        self.servers.len()
    }

    /// How many agents there are.
    pub fn agents(&self) -> usize {
        self.agents.len()
    }

    /// Kills a server.
    pub async fn kill_server(&self, nth: usize, pause: Duration) -> Result<()> {
        self.servers[nth].lock().await.kill(pause).await
    }

    /// Kills an agent.
    pub async fn kill_agent(&self, nth: usize, pause: Duration) -> Result<()> {
        self.agents[nth].lock().await.kill(pause).await
    }

    /// Starts again what has ended by itself, as a keeper of services does; gives how many that were.
    pub async fn keep_up(&self) -> Result<u32> {
        let mut ended = 0;
        for program in self.servers.iter().chain(&self.agents) {
            ended += u32::from(program.lock().await.keep_up().await?);
        }
        Ok(ended)
    }

    /// An answer of the API.
    pub async fn api(&self, path: &str) -> Result<serde_json::Value> {
        let url = format!("{}{path}", self.doors.url());
        let answer = reqwest::Client::builder().no_proxy().build()?.get(&url).send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        Ok(answer.json().await?)
    }

    /// What the keeper of a lab does about a runner that was set aside because it was killed too often: it works again.
    pub async fn restore(&self) -> Result<()> {
        let config = self.scratch.path().join("server-0.toml");
        for nth in 0..self.agents() {
            said(server_command(&config).args(["runner", "restore", &format!("desk-{nth}")])).await?;
        }
        Ok(())
    }

    /// All rows, as the program that makes backups sees them.
    pub async fn backup(&self) -> Result<String> {
        let config = self.scratch.path().join("server-0.toml");
        said(server_command(&config).arg("backup").arg(self.scratch.path().join("all.backup"))).await
    }

    /// Stops everybody; nothing of theirs may run on.
    pub async fn strike(self) -> Result<()> {
        for program in self.servers.iter().chain(&self.agents) {
            if let Some(mut child) = program.lock().await.child.take() {
                child.kill().await?;
            }
        }
        // What an agent began dies with it, which takes a moment; bubblewrap that was being started when its agent died does not know of it,
        // and ends with the one program it runs.
        let mut left = Vec::new();
        for _ in 0..200 {
            left = running_in(self.scratch.path());
            if left.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("still running after their agents were killed: {}", left.join("; "))
    }

    /// Keeps the logs for who looks for the reason; gives where.
    pub fn keep(&self) -> String {
        let kept = std::env::temp_dir().join("ounce-faults-kept");
        let _ = std::fs::remove_dir_all(&kept);
        let _ = std::fs::create_dir_all(&kept);
        for entry in std::fs::read_dir(self.scratch.path()).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|e| e == "log" || e == "backup") {
                let _ = std::fs::copy(entry.path(), kept.join(entry.file_name()));
            }
        }
        for file in ["ounce.sqlite3", "ounce.sqlite3-wal"] {
            let _ = std::fs::copy(self.scratch.path().join("disk").join(file), kept.join(file));
        }
        kept.display().to_string()
    }
}

/// The small firmware with a text whose length each commit chooses, in a bare repository.
async fn firmware(folder: &Path) -> Result<PathBuf> {
    let work = folder.join("work");
    small_firmware(&work, 0.5).await?;
    crate::demo::chaos::edit(&work.join("firmware.ld"), "*(.rodata .rodata.*)", "*(.rodata .rodata.*)\n        KEEP(*(.ballast))")?;
    std::fs::write(work.join("src/ballast.c"), super::load::ballast(4))?;
    run(git(&work).args(["init", "--quiet", "--initial-branch=main"])).await?;
    run(git(&work).args(["add", "."])).await?;
    run(git(&work).args(["commit", "--quiet", "-m", "a small firmware"])).await?;
    let bare = folder.join("firmware.git");
    run(git(&work).args(["clone", "--quiet", "--bare", "."]).arg(&bare)).await?;
    run(git(&bare).args(["symbolic-ref", "HEAD", "refs/heads/main"])).await?;
    Ok(bare)
}

/// The programs as they are now: who builds meanwhile changes nothing here.
async fn copy_programs(folder: &Path) -> Result<()> {
    let bin = folder.join("bin");
    std::fs::create_dir(&bin)?;
    let mut copy = program("cp");
    copy.args(["ounce-server", "ounce", "libounce_qemu_plugin.so"].map(|name| Stage::bin().join(name)));
    run(copy.arg(&bin)).await
}

/// The server's program; its configuration lies beside the programs' folder.
fn server_command(config: &Path) -> Command {
    let mut command = program(config.with_file_name("bin").join("ounce-server"));
    command.arg("--config").arg(config);
    command
}

async fn agent(folder: &Path, url: &str, nth: usize) -> Result<Program> {
    let name = format!("desk-{nth}");
    let config = folder.join("server-0.toml");
    let code = said(server_command(&config).args(["runner", "enroll", "--name", &name])).await?;
    let code = code.lines().rev().find_map(|l| l.split_whitespace().last()).context("no enrolment code was printed")?.to_owned();
    let (token, home, log) = (folder.join(format!("{name}.token")), folder.join(&name), folder.join(format!("{name}.log")));
    let bin = folder.join("bin");
    let command = move |url: &str, token: &Path, home: &Path, log: &Path| {
        let mut agent = program(bin.join("ounce"));
        agent.args(["agent", "--server", url, "--token-file"]).arg(token).arg("--home").arg(home).stdout(Stdio::null()).stderr(append(log));
        agent
    };
    let mut first = command(url, &token, &home, &log).args(["--name", &name, "--enroll", &code]).spawn()?;
    let enrolled = async {
        while !token.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(START_TIMEOUT, enrolled).await.with_context(|| format!("{name} is not enrolled: {:?}", first.try_wait()))?;
    let url = url.to_owned();
    Ok(Program { make: Box::new(move || command(&url, &token, &home, &log)), listens: None, child: Some(first) })
}

fn append(log: &Path) -> Stdio {
    std::fs::OpenOptions::new().create(true).append(true).open(log).map_or_else(|_| Stdio::null(), Stdio::from)
}

fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
