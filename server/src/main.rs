//! `ounce-server`: reads the command line and the configuration, and hands over to the library.

mod operator;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use ounce_protocol::ids::{BoardName, RepoName, RunnerName};
use ounce_server::backup::{self, Copied};
use ounce_server::clock::Clock;
use ounce_server::config::{Account, Config};
use ounce_server::logging;
use ounce_server::otlp::Otlp;
use ounce_server::secret::random_token;
use ounce_server::serve;
use ounce_server::store::{Place, Store, audit, backfills, health, projects, runners};
use ounce_server::web::{health as door, setup};
use ounce_server::work::backfill::{self, Planned, Wish};
use ounce_server::work::lease;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The Ounce service: webhooks in, jobs to runners, one report per pull request out.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// The configuration; without it, ounce-server.toml where there is one. Environment variables go over it.
    #[arg(long, global = true, env = "OUNCE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the service. Brings the database up to date first.
    Serve,
    /// Brings the database up to date and ends. With --from and --to: copies all rows of one database into another, empty one.
    Migrate {
        /// The database copied from, such as sqlite:///var/lib/ounce/ounce.sqlite3. No server may write to it meanwhile.
        #[arg(long, requires = "to")]
        from: Option<String>,
        /// The database copied to, such as postgres://ounce@host/ounce. Passwords: in PGPASSWORD or ~/.pgpass.
        #[arg(long, requires = "from")]
        to: Option<String>,
    },
    /// Writes all rows to a new file, as they are at one moment. The server may work meanwhile.
    Backup {
        /// The file. Either database restores it.
        file: PathBuf,
    },
    /// Writes a backup's rows into the configured database, which must be empty.
    Restore {
        /// The file.
        file: PathBuf,
    },
    /// Reads the configuration and says what it means, without its secrets.
    CheckConfig,
    /// Weighs commits of a default branch that nobody weighed, after all other work. Again: goes on with what is still missing.
    Backfill(Backfill),
    /// Lists who did what: commands and approvals, enrolments, what operators did here. The newest first.
    Audit {
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// A JSON object on each line.
        #[arg(long)]
        json: bool,
    },
    /// Asks the server that runs with this configuration whether it is ready. For a container's health check.
    Ready,
    /// The runners that may claim work.
    #[command(subcommand)]
    Runner(RunnerCommand),
    /// The projects, and who sees them.
    #[command(subcommand)]
    Project(operator::ProjectCommand),
    /// The tokens with which programs read private projects.
    #[command(subcommand)]
    Token(operator::TokenCommand),
    /// What a project's features cost, as the project measured it.
    Prices {
        /// The repository, owner/name.
        #[arg(long, value_parser = RepoName::parse)]
        project: RepoName,
        #[command(subcommand)]
        command: operator::PricesCommand,
    },
}

#[derive(Debug, clap::Args)]
struct Backfill {
    /// The repository, owner/name.
    #[arg(long, value_parser = RepoName::parse)]
    project: RepoName,
    /// So many commits of the default branch, from its tip: at most 1000.
    #[arg(long, default_value_t = 200)]
    last: usize,
    /// Not beyond this tag, or commit by its 40 digits.
    #[arg(long, value_name = "TAG|SHA")]
    since: Option<String>,
    /// Only these boards, separated by commas. Without: all boards of commits that have no figures at all.
    #[arg(long, value_delimiter = ',', value_parser = BoardName::parse)]
    boards: Vec<BoardName>,
    /// Says what it would plan, and plans nothing.
    #[arg(long, conflicts_with_all = ["status", "cancel"])]
    dry_run: bool,
    /// Says how far it is, and plans nothing.
    #[arg(long, conflicts_with = "cancel")]
    status: bool,
    /// Cancels what is not done yet. What is done stays.
    #[arg(long)]
    cancel: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum RunnerCommand {
    /// Prints a code that makes one runner of this name, once, within a day.
    Enroll {
        /// The runner's name. One that has it already gets a new token, and loses the old one.
        #[arg(long)]
        name: RunnerName,
    },
    /// Takes its token from a runner, at once; what it works at is given to others.
    Revoke {
        /// The runner's name.
        name: RunnerName,
    },
    /// Lists the runners.
    List,
    /// Gives work again to a runner that was set aside because it kept failing.
    Restore {
        /// The runner's name.
        name: RunnerName,
    },
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let config = Config::load(cli.config.as_deref(), &|name| std::env::var(name).ok())?;
    // Two threads serve one machine's webhooks, and keep an idle service small.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().context("starting the runtime")?;
    let traces = match (&cli.command, &config.otlp) {
        (Command::Serve, Some(otlp)) => Some(Otlp::start(otlp, runtime.handle())?),
        _ => None,
    };
    logging::start(config.log, traces.as_ref().map(Otlp::spans));
    runtime.block_on(async {
        match cli.command {
            Command::Serve => match made(config, cli.config.as_deref()).await? {
                Some(config) => run(&config, traces).await,
                None => Ok(()),
            },
            Command::Migrate { from: Some(from), to: Some(to) } => move_rows(&from, &to).await,
            Command::Migrate { .. } => migrate(&config).await,
            Command::Backup { file } => {
                let store = open_as_it_is(&config.database).await?;
                report(backup::backup(&store, &file, &progress).await?)?;
                // Of an older version's tables, too, a backup can be made: they have no place for this.
                note(&store, "backup", &file.display().to_string(), "written").await.unwrap_or_else(|error| eprintln!("{error:#}"));
                Ok(())
            }
            Command::Restore { file } => {
                let store = open_as_it_is(&config.database).await?;
                report(backup::restore(&store, &file, &progress).await?)?;
                note(&store, "restore", &file.display().to_string(), "written").await.unwrap_or_else(|error| eprintln!("{error:#}"));
                Ok(())
            }
            Command::Audit { limit, json } => list_audit(&config, limit, json).await,
            Command::CheckConfig => check(&config),
            Command::Backfill(wish) => fill(&config, wish).await,
            Command::Ready => say(&door::ask(config.listen).await?),
            Command::Project(command) => operator::project(&config, command).await,
            Command::Token(command) => operator::token(&config, command).await,
            Command::Prices { project, command } => operator::prices(&config, project, command).await,
            Command::Runner(RunnerCommand::Enroll { name }) => enroll(&config, &name).await,
            Command::Runner(RunnerCommand::Revoke { name }) => revoke(&config, &name).await,
            Command::Runner(RunnerCommand::List) => list(&config).await,
            Command::Runner(RunnerCommand::Restore { name }) => restore_runner(&config, &name).await,
        }
    })
}

/// The configuration with an App: where it is yet to be made, after that. None where the process was asked to end before.
async fn made(config: Config, file: Option<&Path>) -> Result<Option<Config>> {
    let Account::AppToMake(files) = &config.forge.account else { return Ok(Some(config)) };
    serve::can_connect(&config.forge)?;
    let code = random_token();
    let page = format!("{}{}", config.public_url.as_deref().unwrap_or(""), setup::PATH);
    let listening = |addr| {
        let told = say(&format!("listening on http://{addr}"));
        let told = told.and_then(|()| say(&format!("no App is configured: open {page} and enter the code {code}")));
        told.unwrap_or_else(|error| tracing::error!(%error, "the code cannot be told"));
    };
    if !serve::set_up(&config, files, &code, listening).await? {
        return Ok(None);
    }
    say("the App is made; install it where it shall work")?;
    Ok(Some(Config::load(file, &|name| std::env::var(name).ok())?))
}

async fn run(config: &Config, traces: Option<Otlp>) -> Result<()> {
    let clock = Clock::default();
    let forge = serve::connect(&config.forge, clock.clone())?;
    let store = serve::open(config).await?;
    let mut running = serve::start(config, store, forge, clock).await?;
    say(&format!("listening on http://{}", running.addr))?;
    let ended = tokio::select! {
        error = running.broken() => Err(error),
        () = serve::asked_to_end() => {
            tracing::info!("ending");
            Ok(())
        }
    };
    let stopping = Instant::now();
    running.stop().await;
    if let Some(traces) = traces {
        // Whatever the server's parts left of the time there is for its end.
        traces.end(Duration::from_millis(serve::SHUTDOWN_MS_MAX).saturating_sub(stopping.elapsed())).await;
    }
    ended
}

async fn migrate(config: &Config) -> Result<()> {
    let store = Store::open(&config.database).await.with_context(|| format!("opening the database {}", config.database))?;
    let steps = store.migrate().await.with_context(|| format!("migrating the database {}", config.database))?;
    if steps > 0 {
        note(&store, "migrate", &config.database.to_string(), &format!("{steps} migrations applied")).await?;
    }
    store.close().await;
    say(&format!("{}: {steps} migrations applied, up to date", config.database))
}

async fn open_as_it_is(place: &Place) -> Result<Store> {
    Store::open(place).await.with_context(|| format!("opening the database {place}"))
}

async fn move_rows(from: &str, to: &str) -> Result<()> {
    let place = |text: &str| Place::parse(text, Path::new("")).map_err(anyhow::Error::msg);
    let (from, to) = (place(from)?, place(to)?);
    if let Place::File(file) = &from {
        anyhow::ensure!(file.exists(), "{} is not there", file.display());
    }
    let (source, target) = (open_as_it_is(&from).await?, open_as_it_is(&to).await?);
    report(backup::copy(&source, &target, &progress).await?)?;
    note(&target, "migrate", &to.to_string(), &format!("all rows copied from {from}")).await?;
    say(&format!("{from} is as it was; set database = \"{to}\" and start the server"))
}

/// On stderr: how far it is.
fn progress(line: &str) {
    eprintln!("{line}");
}

/// What was copied, a line for each table.
fn report(copied: Vec<Copied>) -> Result<()> {
    copied.iter().try_for_each(|Copied { table, digest }| say(&format!("{table:<16} {:>10} rows  {digest}", digest.rows)))
}

async fn enroll(config: &Config, name: &RunnerName) -> Result<()> {
    let store = serve::open(config).await?;
    let code = lease::new_code(&store, name, Clock::default().now()).await?;
    note(&store, "enrolment code", name.as_str(), "good once, within a day").await?;
    store.close().await;
    say(&code)?;
    eprintln!("good once, for a runner named {name}, within {} hours", lease::CODE_MS / 3_600_000);
    Ok(())
}

async fn revoke(config: &Config, name: &RunnerName) -> Result<()> {
    let store = serve::open(config).await?;
    let done = lease::revoke(&store, name, Clock::default().now()).await?;
    if let Some(leases) = done {
        note(&store, "revoke", name.as_str(), &format!("{leases} jobs went back")).await?;
    }
    store.close().await;
    let Some(leases) = done else {
        anyhow::bail!("no runner is named {name}, or it was revoked before: `ounce-server runner list` shows them")
    };
    say(&format!("{name} is revoked; {leases} of its jobs went back to the queue"))
}

/// Keeps what an operator did here.
async fn note(store: &Store, what: &str, target: &str, result: &str) -> Result<()> {
    // Whoever may run this may write the rows as well: the name is a help, not a proof.
    let who = ["SUDO_USER", "USER"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_else(|| "operator".to_owned());
    let done = audit::Done { who: &who, what, target, origin: "command line", result };
    audit::note(&mut *store.connection().await?, done, Clock::default().now()).await.context("noting it for the audit")
}

async fn list_audit(config: &Config, limit: u32, json: bool) -> Result<()> {
    let store = serve::open(config).await?;
    for entry in audit::list(&mut *store.connection().await?, None, limit).await? {
        let line = match json {
            true => serde_json::to_string(&entry)?,
            false => {
                let audit::Entry { at_ms, who, what, target, origin, result, .. } = &entry;
                format!("{at_ms}\t{}", [who, what, target, origin, result].map(|text| one_line(text)).join("\t"))
            }
        };
        say(&line)?;
    }
    store.close().await;
    Ok(())
}

async fn list(config: &Config) -> Result<()> {
    let store = serve::open(config).await?;
    let now = Clock::default().now();
    for runner in runners::list(&mut *store.connection().await?).await? {
        let seen = runner.seen_ms.map_or("never seen".into(), |at| format!("seen {} s ago", (now - at).max(0) / 1000));
        let machines = serde_json::from_str::<Vec<String>>(&runner.can_run).map_or(0, |m| m.len());
        let token = match runner.revoked_ms {
            Some(_) => "revoked".to_owned(),
            None => match runner.token_ms.saturating_add(runners::TOKEN_MS).saturating_sub(now) {
                ms if ms < 0 => "its token has ended".to_owned(),
                ms => format!("token good for {} days", ms / (24 * 3_600_000)),
            },
        };
        let aside = runner.aside.map_or(String::new(), |aside| format!("\t{}", one_line(&aside.words(now))));
        let sandbox = if runner.sandbox { "sandbox" } else { "no sandbox" };
        say(&format!("{}\t{seen}\t{machines} machines\t{sandbox}\t{token}{aside}", runner.name))?;
    }
    store.close().await;
    Ok(())
}

async fn fill(config: &Config, asked: Backfill) -> Result<()> {
    let store = serve::open(config).await?;
    let clock = Clock::default();
    let json = asked.json;
    if asked.status || asked.cancel {
        let mut tx = store.write().await?;
        let project = projects::find(&mut tx, &asked.project).await?;
        let project = project.with_context(|| format!("{} is not known here", asked.project))?;
        let cancelled = if asked.cancel { Some(backfills::cancel(&mut tx, project, clock.now()).await?) } else { None };
        let progress = backfills::progress(&mut tx, project).await?;
        tx.commit().await?;
        if json {
            return say(&serde_json::to_string(&progress)?);
        }
        if let Some(runs) = cancelled {
            say(&format!("{runs} runs cancelled"))?;
        }
        let backfills::Progress { queued, running, done, failed, cancelled } = progress;
        return say(&format!("jobs: {queued} queued, {running} running, {done} done, {failed} failed, {cancelled} cancelled"));
    }
    let forge = serve::connect(&config.forge, clock.clone())?;
    let wish = Wish {
        repo: asked.project,
        last: asked.last,
        since: asked.since,
        boards: asked.boards.into_iter().collect(),
        dry_run: asked.dry_run,
    };
    let tell = |planned: &Planned| {
        if !json {
            let boards: Vec<&str> = planned.boards.iter().map(BoardName::as_str).collect();
            let run = planned.run.map_or("would be a run".to_owned(), |run| format!("run {run}"));
            progress(&format!("{run}: {}..{} {}", planned.base.short(), planned.head.short(), boards.join(",")));
        }
    };
    let report = backfill::fill(&store, &forge, &wish, || clock.now(), tell).await?;
    store.close().await;
    if json {
        return say(&serde_json::to_string(&report)?);
    }
    for skipped in &report.skipped {
        say(&format!("{} cannot be weighed: {}", skipped.commit.short(), one_line(&skipped.why)))?;
    }
    let verb = if wish.dry_run { "would be planned" } else { "planned" };
    let (commits, known, runs, skipped) = (report.commits, report.known, report.planned.len(), report.skipped.len());
    say(&format!("{commits} commits: {known} known, {runs} runs {verb}, {skipped} cannot be weighed"))
}

async fn restore_runner(config: &Config, name: &RunnerName) -> Result<()> {
    let store = serve::open(config).await?;
    let there = health::works(&mut *store.connection().await?, name).await?;
    if there {
        note(&store, "restore runner", name.as_str(), "gets work again").await?;
    }
    store.close().await;
    anyhow::ensure!(there, "no runner is named {name}; `ounce-server runner list` names them");
    say(&format!("{name} gets work again"))
}

/// A text of others on a terminal: no control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn check(config: &Config) -> Result<()> {
    serve::can_connect(&config.forge)?;
    let mut projects: Vec<String> = config.projects.iter().map(ToString::to_string).collect();
    if projects.is_empty() {
        projects.push("all that the App is installed on".to_owned());
    }
    let secrets = config.forge.webhook_secrets.len();
    let login = if config.forge.client.is_some() { "with the forge's accounts" } else { "nobody can log in: no client_file" };
    let admins = if config.admins.is_empty() { "nobody".to_owned() } else { config.admins.join(", ") };
    let traces = match &config.otlp {
        Some(otlp) => format!("a part of {} to {}, headers {}", otlp.sample, otlp.url, otlp.headers.len()),
        None => "to nobody: no [otlp]".to_owned(),
    };
    say(&format!(
        "listen      {}\npublic_url  {}\ndatabase    {}\nlog         {}\nprojects    {}\nforge       {} as {}, {secrets} webhook secret{}\nlogin       {login}\nadmins      {admins}\ntraces      {traces}",
        config.listen,
        config.public_url.as_deref().unwrap_or("none: reports have no links"),
        config.database,
        config.log.word(),
        projects.join(", "),
        config.forge.api_url,
        config.forge.account.kind(),
        if secrets == 1 { "" } else { "s" },
    ))
}

/// A line on stdout, at once: scripts wait for it.
fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("writing to stdout")
}
