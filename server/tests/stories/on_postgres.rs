//! The stories of `main.rs`, played on PostgreSQL.

/// Which database these stories are played on.
const ON_POSTGRES: bool = true;

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
