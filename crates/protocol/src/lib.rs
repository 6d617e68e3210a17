//! Ounce's vocabulary, and everything that crosses a process boundary: identifiers and units, the manifest
//! `ounce.toml`, measurements, the life of a job, and the runner API's messages.
//!
//! This crate knows no clock, no file, no network and no database. Text from outside is parsed here once, into types
//! that cannot hold a wrong value; all other crates handle only those.

pub mod console;
pub mod fetch;
pub mod ids;
pub mod job;
pub mod lab;
pub mod ledger;
pub mod manifest;
pub mod measurement;
pub mod prices;
pub mod runner_api;
pub mod units;

pub use ids::{BenchName, BoardName, CommitSha, ImageId, RunKey};
pub use manifest::Manifest;
pub use measurement::{Ledger, Measurement};
