//! The real server on a made history. In the library, as the server's own code is compiled for each forge anew: once for all programs here.

use super::{BARE, REPO, SMALL};
use anyhow::Result;
use ounce_server::clock::Clock;
use ounce_server::config::Config;
use ounce_server::serve::{self, Running};
use ounce_server::store::{Place, Store};
use std::net::SocketAddr;
use std::path::Path;

/// What signs webhooks.
pub const WEBHOOK_SECRET: &str = "seed";

/// Starts it. The forge it would speak to is not there.
///
/// # Errors
/// Where it cannot listen, and what the database says.
pub async fn served(place: Place, store: Store, listen: SocketAddr) -> Result<Running> {
    let text = format!(
        "listen = \"{listen}\"\nprojects = [\"{REPO}\", \"{SMALL}\", \"{BARE}\"]\n[forge]\nmode = \"token\"\napi_url = \"http://127.0.0.1:9\"\ntoken = \"none\"\nwebhook_secrets = [\"{WEBHOOK_SECRET}\"]\n"
    );
    let mut config = Config::parse(&text, Path::new("."), &|_| None)?;
    config.database = place;
    let clock = Clock::default();
    let forge = serve::connect(&config.forge, clock.clone())?;
    serve::start(&config, store, forge, clock).await
}
