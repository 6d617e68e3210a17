//! Fills an empty database with a history, and serves it where that is wished: `./dev seed --points 24000 --serve`.

use anyhow::{Context, Result};
use clap::Parser;
use ounce_benchmarks::seed::{BARE, Made, REPO, SMALL, Wanted, fill, served};
use ounce_server::clock::Clock;
use ounce_server::serve;
use ounce_server::store::{Place, Store};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// An hour: the newest commit is from the hour before.
const HOUR_MS: i64 = 3_600_000;

/// Fills an empty database of the server with a believable history.
#[derive(Debug, Parser)]
struct Cli {
    /// Figures in the history, about: 240 of each commit. Left out with --serve: what is there is served.
    #[arg(long, required_unless_present = "serve")]
    points: Option<u64>,
    /// Where the numbers come from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A SQLite file, or postgres://…; without it, a file below target/seed.
    #[arg(long)]
    database: Option<String>,
    /// Starts the server on it, until Ctrl-C.
    #[arg(long)]
    serve: bool,
    /// Where the server listens.
    #[arg(long, default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
}

fn main() -> ExitCode {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let done = tokio::runtime::Runtime::new().map_err(Into::into).and_then(|runtime| runtime.block_on(run(&Cli::parse())));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("seed: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> Result<()> {
    let place = match &cli.database {
        Some(place) => Place::parse(place, Path::new(".")).map_err(anyhow::Error::msg)?,
        None => Place::File(default_file()?),
    };
    let store = Store::open(&place).await.with_context(|| format!("opening the database {place}"))?;
    store.migrate().await.with_context(|| format!("migrating the database {place}"))?;
    if let Some(points) = cli.points {
        let begin = Instant::now();
        let now = Clock::default().now();
        let wanted = Wanted { points, seed: cli.seed, until_ms: now - now % HOUR_MS - HOUR_MS / 4 };
        let made = fill(&store, wanted).await.with_context(|| format!("filling the database {place}"))?;
        println!("{place}: {} commits, {} runs of {REPO} in {:.1} s", made.commits, made.runs, begin.elapsed().as_secs_f64());
        addresses(&made);
    }
    if cli.serve {
        return serve_it(cli, place, store).await;
    }
    store.close().await;
    Ok(())
}

fn default_file() -> Result<PathBuf> {
    let folder = Path::new("target").join("seed");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder.join("ounce.sqlite3"))
}

fn addresses(made: &Made) {
    let project = format!("/p/{REPO}");
    println!("  /  and  /p/{SMALL}  /p/{BARE}");
    println!("  {project}  {project}/series  {project}/symbols  {project}/tradeoffs  {project}/prices  {project}/runs  /work");
    println!("  {project}/compare?base=stable&head=latest    stable is the newest tag, {}", made.tag);
    println!("  {project}/commits/latest  {project}/builds/latest/microbit  {project}/boards/microbit");
    println!("  /runs/{}  and #{}, the first of {} open pull requests", made.run, made.pull, made.open);
}

/// The real server, for this database.
async fn serve_it(cli: &Cli, place: Place, store: Store) -> Result<()> {
    let mut running = served(place, store, cli.listen).await?;
    println!("listening on http://{}, until Ctrl-C", running.addr);
    tokio::select! {
        error = running.broken() => return Err(error),
        () = serve::asked_to_end() => {}
    }
    running.stop().await;
    Ok(())
}
