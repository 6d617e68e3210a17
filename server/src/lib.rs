//! The Ounce service: webhooks in, jobs to runners, one report per pull request out.
//!
//! What happens to a pull request is decided in `work`, from rows to rows; `web` is the doors, `store` all SQL, `forge` all of
//! GitHub. The server never parses an ELF file and never runs anything a pull request brought.

pub mod backup;
pub mod clock;
pub mod config;
pub mod forge;
pub mod logging;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(not(feature = "otlp"))]
#[path = "otlp/without.rs"]
pub mod otlp;
pub mod secret;
pub mod serve;
pub mod store;
pub mod time;
pub mod trace;
pub mod web;
pub mod work;
mod zlib;
