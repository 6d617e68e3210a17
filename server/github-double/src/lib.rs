//! A stateful stand-in for GitHub over HTTP: for tests, the demo and simulations.
//!
//! Behind it stand real bare git repositories, served by `git http-backend`; pull requests have real `refs/pull/N/head` and
//! `refs/pull/N/merge`. The rest is kept in memory. It answers as GitHub does where Ounce could trip (statuses, limits, lazy
//! `mergeable`, authentication), and it knows nothing of Ounce: it must never learn what a server, a runner or a report is.
//!
//! Everything that changes state without being GitHub's own API is on [`Double`] and, the same over HTTP, below `/_double/`.

mod admin;
mod api;
mod clock;
mod diff;
mod double;
mod faults;
mod git;
mod jwt;
mod pulls;
mod shape;
mod smart_http;
mod state;
mod webhooks;

pub use api::oauth::{CLIENT_ID, CLIENT_SECRET};
pub use double::{AppConfig, Config, Double, NewPull, RepositoryConfig, WebhookConfig};
pub use faults::{Fault, FaultKind};
pub use state::{CheckRun, Comment, Delivery, LoggedRequest, Permission, Status};

/// A private key for the App of tests and demos. It is public on purpose: it opens nothing but this double.
pub const DEMO_APP_KEY_PEM: &str = include_str!("demo-app-key.pem");
