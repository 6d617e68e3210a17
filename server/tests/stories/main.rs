//! The server's stories: a real double of GitHub over HTTP, a real server, and a scripted runner over the real runner API.
//!
//! They are played twice: here on SQLite, and by `on_postgres.rs`, which has the same modules, on PostgreSQL.

/// Which database these stories are played on.
const ON_POSTGRES: bool = false;

mod annotations;
mod api;
mod app;
mod at_work;
mod audit;
mod backfill;
mod backup;
mod bisect;
mod browser;
mod budgets;
mod commands;
mod compare;
mod contract;
mod database;
mod follow;
mod gate;
mod history;
mod lab;
mod life;
mod login;
mod metrics;
mod migrations;
mod operators;
mod orders;
#[cfg(feature = "otlp")]
mod otlp;
mod plan;
mod post;
mod prices;
mod pull_request;
mod queue;
mod reuse;
mod rows;
mod runner;
mod servers;
mod setup;
mod sight;
mod tokens;
mod tradeoffs;
mod world;

#[test]
fn every_story_is_played_on_both_databases() {
    let modules = |text: &str| text.lines().filter(|line| line.starts_with("mod ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(modules(include_str!("main.rs")), modules(include_str!("on_postgres.rs")), "a story is on one database only");
}
