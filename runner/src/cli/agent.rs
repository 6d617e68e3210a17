//! `ounce agent`: enrol once, then work for a server until stopped.

use super::{End, print};
use crate::agent::{self, client::Client, token::TokenFile};
use crate::home::Home;
use crate::lab::offer::{Offered, offers};
use crate::lab::runs::read_lab;
use crate::workshop::sandbox::Sandbox;
use anyhow::Result;
use clap::Args;
use clap::builder::RangedU64ValueParser;
use ounce_protocol::ids::RunnerName;
use ounce_protocol::runner_api::AT_ONCE_MAX;
use std::path::{Path, PathBuf};

/// Asks a server for work, does it, sends the figures. Stopping it is safe at any time: the job runs again elsewhere.
#[derive(Debug, Args)]
pub struct Agent {
    /// The server's address
    #[arg(long, env = "OUNCE_SERVER", value_name = "URL", required_unless_present = "dry_run")]
    server: Option<String>,
    /// The file that holds this runner's token; enrolling writes it, and the agent itself when another token follows
    #[arg(long, env = "OUNCE_TOKEN_FILE", value_name = "FILE", default_value = "ounce-runner.token")]
    token_file: PathBuf,
    /// Enrol first, with the code that `ounce-server runner enroll` printed
    #[arg(long, value_name = "CODE", requires = "name")]
    enroll: Option<String>,
    /// The runner's name on the server, with --enroll
    #[arg(long, value_name = "NAME")]
    name: Option<RunnerName>,
    /// Do one job (or wait once for one), then end
    #[arg(long)]
    once: bool,
    /// How many jobs to do at once: a repository's boards are built one after another, and run beside each other
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = RangedU64ValueParser::<usize>::new().range(1..=AT_ONCE_MAX as u64))]
    jobs: usize,
    /// Say what would be offered to the server, and ask it nothing
    #[arg(long, conflicts_with = "enroll")]
    dry_run: bool,
}

impl Agent {
    /// Runs it.
    ///
    /// # Errors
    /// Where the runner is not enrolled, or with --once where the job could not be asked for.
    pub async fn run(self, home: &Home, sandbox: Sandbox, lab: Option<&Path>) -> Result<End> {
        let lab = read_lab(lab)?;
        if self.dry_run {
            print(&dry_run(&agent::can_run().await, &offers(&lab, home).await?))?;
            return Ok(End::Fine);
        }
        let server = self.server.unwrap_or_default();
        let file = TokenFile::new(&self.token_file);
        if let (Some(code), Some(name)) = (&self.enroll, &self.name) {
            file.prepare()?;
            file.put(&Client::new(&server, None)?.enroll(code, name).await?)?;
        }
        file.token()?;
        home.sweep();
        let can_run = agent::can_run().await;
        say(&format!(
            "agent for {server}: {} machines, {}sandbox {}",
            can_run.len(),
            if lab.units.is_empty() { String::new() } else { format!("{} units, ", lab.units.len()) },
            if sandbox.is_on() { "on" } else { "missing: no untrusted work will come" }
        ));
        if !sandbox.is_for_strangers() {
            say(sandbox.why_off());
        }
        if rustix::process::geteuid().is_root() {
            say("this agent is root: give it a user of its own, whose rights are all that a way out of the sandbox could win");
        }
        if can_run.is_empty() && lab.units.is_empty() {
            say("no QEMU is on this machine: only boards that are not run come here; `./dev setup` installs it");
        }
        let agent = agent::Agent {
            client: Client::new(&server, None)?,
            token: file,
            home: home.clone(),
            sandbox,
            can_run,
            lab,
            told: agent::Told::default(),
            works_on: agent::WorksOn::default(),
        };
        if self.once {
            agent.once(&say).await?;
        } else {
            agent.forever(self.jobs, &say).await;
        }
        Ok(End::Fine)
    }
}

/// What would be offered: the machines as a number, each unit with what is offered with it, or why nothing is.
fn dry_run(machines: &[String], units: &[Offered<'_>]) -> String {
    let mut out = format!("{} machines of QEMU\n", machines.len());
    for offered in units {
        let what = match &offered.why_not {
            Some(why) => format!("not offered: {why}"),
            None => offered.words().join(", "),
        };
        out.push_str(&format!("unit {}: {what}\n", offered.name));
    }
    out
}

fn say(text: &str) {
    eprintln!("{text}");
}
