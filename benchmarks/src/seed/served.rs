//! The real server on a made history. In the library, as the server's own code is compiled for each forge anew: once for all programs here.

use super::{BARE, REPO, SMALL};
use anyhow::Result;
use ounce_server::clock::Clock;
use ounce_server::config::Config;
use ounce_server::serve::{self, Running};
use ounce_server::store::{Place, Store};
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;

/// What signs webhooks.
pub const WEBHOOK_SECRET: &str = "seed";

/// Says for how many milliseconds pages are kept, where it is not as long as everywhere.
pub const KEPT_VARIABLE: &str = "OUNCE_PAGES_MS";

/// Starts it. The forge it would speak to is not there.
///
/// # Errors
/// Where it cannot listen, and what the database says.
pub fn served(place: Place, store: Store, listen: SocketAddr) -> Pin<Box<dyn Future<Output = Result<Running>> + Send>> {
    // In a box it is compiled here, and not again in each program that awaits it.
    Box::pin(start(place, store, listen))
}

async fn start(place: Place, store: Store, listen: SocketAddr) -> Result<Running> {
    let text = format!(
        "listen = \"{listen}\"\nprojects = [\"{REPO}\", \"{SMALL}\", \"{BARE}\"]\n[forge]\nmode = \"token\"\napi_url = \"http://127.0.0.1:9\"\ntoken = \"none\"\nwebhook_secrets = [\"{WEBHOOK_SECRET}\"]\n"
    );
    let mut config = Config::parse(&text, Path::new("."), &|_| None)?;
    config.database = place;
    if let Some(ms) = std::env::var(KEPT_VARIABLE).ok().and_then(|ms| ms.parse().ok()) {
        config.keep.pages_ms = ms;
    }
    let clock = Clock::default();
    let forge = serve::connect(&config.forge, clock.clone())?;
    serve::start(&config, store, forge, clock).await
}
