//! Ounce on the desk and in the lab: builds images in a sandbox, runs them, weighs them, and reports.
//!
//! Knows git, the sandbox, QEMU, probes and the server's runner API; knows no database and no forge. The binary `ounce` only
//! joins these rooms; the agent and `ounce compare` go through the same [`weigh`].

pub mod agent;
mod aside;
pub mod bench;
pub mod cli;
pub mod earlier;
mod empty;
pub mod exec;
pub mod home;
pub mod image;
pub mod lab;
pub mod progress;
pub mod proxy;
pub mod reading;
pub mod settings;
pub mod weigh;
pub mod workshop;
