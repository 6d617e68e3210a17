//! The stories of `main.rs`, played on PostgreSQL.

/// Which database these stories are played on.
const ON_POSTGRES: bool = true;

mod annotations;
mod api;
mod app;
mod audit;
mod backfill;
mod backup;
mod bisect;
mod browser;
mod budgets;
mod commands;
mod contract;
mod database;
mod gate;
mod login;
mod metrics;
mod migrations;
mod operators;
mod orders;
mod plan;
mod post;
mod pull_request;
mod queue;
mod reuse;
mod rows;
mod runner;
mod servers;
mod setup;
mod sight;
mod tokens;
mod world;
