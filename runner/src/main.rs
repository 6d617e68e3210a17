//! The program `ounce`: joins the command line to the rooms, and turns an end into an exit code.

use clap::Parser;
use ounce_runner::cli::{self, Cli, Task};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Exit codes of a shell for a program that a signal ended: 128 and its number.
const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;

fn main() -> ExitCode {
    let cli = match cli::Cli::parse().begin() {
        Task::Done(code) => return ExitCode::from(code),
        Task::Run(cli) => *cli,
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("OUNCE_LOG").unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ounce: no thread can be started: {error}");
            return ExitCode::from(cli::End::Error.code());
        }
    };
    let code = runtime.block_on(run(cli));
    // What has a thread of its own cannot be stopped, and nobody waits for it any more.
    runtime.shutdown_background();
    ExitCode::from(code)
}

async fn run(cli: Cli) -> u8 {
    let done = tokio::select! {
        done = cli.run() => done,
        // Dropping the work kills the processes it runs and removes its scratch folders.
        () = told(SignalKind::interrupt()) => {
            eprintln!("ounce: interrupted");
            return INTERRUPTED;
        }
        () = told(SignalKind::terminate()) => {
            eprintln!("ounce: interrupted");
            return TERMINATED;
        }
    };
    match done {
        Ok(end) => end.code(),
        Err(error) => {
            eprintln!("ounce: {error:#}");
            cli::End::Error.code()
        }
    }
}

/// Waits for a signal; for ever, where it cannot be listened to: then it does what it does without us.
async fn told(kind: SignalKind) {
    match signal(kind) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}
