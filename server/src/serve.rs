//! Joins the parts to a server, and takes them apart in order.

use crate::clock::Clock;
use crate::config::{Account, AppFiles, Config, ForgeConfig};
use crate::forge::Forge;
use crate::forge::github::GitHub;
use crate::forge::github::login::Login;
use crate::store::{Store, claims, installations};
use crate::web::setup::{self, Setup};
use crate::web::{self, App};
use crate::work::{self, Context, Wake};
use anyhow::{Context as _, anyhow};
use ounce_protocol::job::Millis;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How long requests and steps in hand may take to end; then they are cut off. Rows make that safe.
pub const SHUTDOWN_MS_MAX: u64 = 10_000;

/// A server that runs.
#[derive(Debug)]
pub struct Running {
    /// Where it listens, with the real port.
    pub addr: SocketAddr,
    /// Its bells, for tests that move the clock.
    pub wake: Arc<Wake>,
    stop: watch::Sender<bool>,
    http: JoinHandle<std::io::Result<()>>,
    loops: JoinSet<()>,
    store: Store,
}

/// The configured forge. Nothing is sent yet.
pub fn connect(config: &ForgeConfig, clock: Clock) -> anyhow::Result<GitHub> {
    let forge = match &config.account {
        Account::Token(token) => GitHub::with_token(&config.api_url, &config.clone_url, token.expose()),
        Account::App { id, key } => GitHub::with_app(&config.api_url, &config.clone_url, *id, key.expose(), clock),
        Account::AppToMake(files) => {
            return Err(anyhow!(
                "the App is not made yet: run `ounce-server serve` and open its page /setup ({} is missing)",
                files.id.display()
            ));
        }
    };
    forge.with_context(|| format!("connecting to {}", config.api_url))
}

/// Whether the forge could be spoken to; nothing is sent.
pub fn can_connect(config: &ForgeConfig) -> anyhow::Result<()> {
    GitHub::can_connect(&config.api_url).with_context(|| format!("connecting to {}", config.api_url))
}

/// How people log in, where they can.
fn login(config: &ForgeConfig) -> Option<Login> {
    config.client.as_ref().map(|client| Login::new(&config.clone_url, &config.api_url, &client.id, &client.secret))
}

/// Opens the configured database and brings its tables up to date.
pub async fn open(config: &Config) -> anyhow::Result<Store> {
    let file = &config.database;
    let store = Store::open(&config.database).await.with_context(|| format!("opening the database {file}"))?;
    let steps = store.migrate().await.with_context(|| format!("migrating the database {file}"))?;
    if steps > 0 {
        tracing::info!(%file, steps, "migrated");
    }
    Ok(store)
}

/// Starts everything.
pub async fn start<F: Forge>(config: &Config, store: Store, forge: F, clock: Clock) -> anyhow::Result<Running> {
    let (stop, stopping) = watch::channel(false);
    let started_ms = clock.now();
    let cx = Arc::new(Context {
        store: store.clone(),
        forge,
        clock,
        started_ms,
        wake: Arc::default(),
        stopping: stopping.clone(),
        projects: config.projects.clone(),
        public_url: config.public_url.clone(),
        keep: config.keep,
    });
    let listener = TcpListener::bind(config.listen).await.with_context(|| format!("listening on {}", config.listen))?;
    let addr = listener.local_addr()?;
    let app = App::new(Arc::clone(&cx), &config.forge.webhook_secrets).behind(&config.behind);
    let router = web::router(app.admins(&config.admins).login(login(&config.forge)));
    let mut asked = stopping;
    let http = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(async move {
        let _ = asked.wait_for(|stop| *stop).await;
    });
    let http = tokio::spawn(http.into_future());
    if store.is_file() {
        // No other server uses it: whoever held a claim or wrote to the forge is gone.
        let mut c = store.connection().await?;
        claims::forget(&mut c, Millis::MAX).await?;
        installations::no_writers(&mut c).await?;
    }
    let loops = work::start(&cx);
    Ok(Running { addr, wake: Arc::clone(&cx.wake), stop, http, loops, store })
}

/// Serves only the page on which the App is made, until it is made (true) or the process is asked to end (false). `code` opens it.
pub async fn set_up(config: &Config, files: &AppFiles, code: &str, listening: impl FnOnce(SocketAddr)) -> anyhow::Result<bool> {
    let listener = TcpListener::bind(config.listen).await.with_context(|| format!("listening on {}", config.listen))?;
    listening(listener.local_addr()?);
    let (made, mut is_made) = watch::channel(false);
    let router = setup::router(Setup::new(config, files.clone(), code, made));
    let mut end = is_made.clone();
    let http = axum::serve(listener, router).with_graceful_shutdown(async move {
        tokio::select! {
            _ = end.wait_for(|made| *made) => {}
            () = asked_to_end() => {}
        }
    });
    let serving = tokio::spawn(http.into_future());
    tokio::select! {
        _ = is_made.wait_for(|made| *made) => {}
        () = asked_to_end() => {}
    }
    // The answer that says so is still on its way; a browser may keep its connection open for long.
    let _ = tokio::time::timeout(Duration::from_millis(SHUTDOWN_MS_MAX), serving).await;
    Ok(*is_made.borrow())
}

impl Running {
    /// Waits until a part ends by itself, which none should: the error says so.
    pub async fn broken(&mut self) -> anyhow::Error {
        tokio::select! {
            ended = self.loops.join_next() => match ended {
                Some(Err(error)) => anyhow!(error).context("a worker ended"),
                _ => anyhow!("a worker ended by itself"),
            },
            ended = &mut self.http => match ended {
                Ok(Err(error)) => anyhow!(error).context("the listener ended"),
                Err(error) => anyhow!(error).context("the listener ended"),
                Ok(Ok(())) => anyhow!("the listener ended by itself"),
            },
        }
    }

    /// Stops in order: no new requests, those in hand end, steps in hand end, connections close.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        self.wake.queue.notify_waiters();
        let ending = async {
            if !self.http.is_finished() {
                let _ = (&mut self.http).await;
            }
            while self.loops.join_next().await.is_some() {}
        };
        if tokio::time::timeout(Duration::from_millis(SHUTDOWN_MS_MAX), ending).await.is_err() {
            tracing::warn!("not everything ended within {} s; the rest is cut off", SHUTDOWN_MS_MAX / 1000);
            self.http.abort();
            self.loops.shutdown().await;
        }
        if let Ok(mut c) = self.store.connection().await
            && let Err(error) = claims::release_all(&mut c, self.store.holder()).await
        {
            tracing::warn!(%error, "what this server claimed lapses by itself");
        }
        self.store.close().await;
    }

    /// Ends at once, without order: what a power cut leaves. For tests of restarts.
    pub async fn kill(mut self) {
        self.http.abort();
        self.loops.shutdown().await;
    }
}

/// Ends when the process is asked to end: ctrl-c, or SIGTERM.
pub async fn asked_to_end() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
