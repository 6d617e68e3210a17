//! The program `ounce`: joins the command line to the rooms, and turns an end into an exit code.

use clap::Parser;
use ounce_runner::cli;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("OUNCE_LOG").unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let interrupted = tokio::signal::ctrl_c();
    let done = tokio::select! {
        done = cli::Cli::parse().run() => done,
        // Dropping the work kills the processes it runs and removes its scratch folders.
        _ = interrupted => {
            eprintln!("ounce: interrupted");
            return ExitCode::from(130);
        }
    };
    match done {
        Ok(end) => ExitCode::from(end.code()),
        Err(error) => {
            eprintln!("ounce: {error:#}");
            ExitCode::from(cli::End::Error.code())
        }
    }
}
