//! The only way out of a sandbox while dependencies are fetched: a proxy that takes `CONNECT name:443` on a Unix socket, which is all that the
//! sandbox has of a network. Who may be reached is decided in [`rules`].
//!
//! It sees names and counts bytes; what is said inside TLS is between the two ends. A name is resolved here, the addresses are judged, and one of
//! exactly those is connected to. Behind an operator's own proxy, names are passed on and that one resolves them.

mod address;
pub mod rules;

use crate::exec::LogSink;
use crate::exec::limits::size;
use anyhow::{Context, Result};
use rules::{Refusal, Rules, Target};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream, lookup_host};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// The head of a request or of an upstream proxy's answer, bytes.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// What is still read of a request that is refused, bytes.
const DROPPED_BYTES_MAX: u64 = 64 * 1024;
/// How long a head may take to come.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a name and a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a connection may be silent.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);
/// Connections at once; the next ones wait.
const CONNECTIONS_MAX: usize = 64;
/// Connections in one fetch.
const CONNECTIONS_SUM_MAX: u64 = 20_000;
/// Bytes through all connections of one fetch, both ways.
const TRAFFIC_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Refusals and hosts that are remembered; more of them are not told apart.
const TOLD_MAX: usize = 32;
/// Longest line of a request that is quoted, characters.
const QUOTE_CHARS_MAX: usize = 120;

/// A proxy at work, until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    folder: tempfile::TempDir,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    rules: Rules,
    traffic_bytes: AtomicU64,
    connections: AtomicU64,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    refused: BTreeSet<Refusal>,
    reached: BTreeSet<String>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Proxy {
    /// Starts one.
    ///
    /// # Errors
    /// Where its socket cannot be made.
    pub fn start(rules: Rules) -> Result<Proxy> {
        // Not below our home: the path of a socket may have 107 bytes.
        let folder = tempfile::Builder::new().prefix("ounce-proxy-").tempdir().context("no temporary folder can be made")?;
        let listener = UnixListener::bind(folder.path().join("socket")).context("the proxy's socket cannot be made")?;
        let state = Arc::new(State { rules, traffic_bytes: 0.into(), connections: 0.into(), told: Mutex::default() });
        let serving = tokio::spawn(serve(listener, state.clone()));
        Ok(Proxy { folder, state, serving })
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Writes into the job's log who was reached and who was not, and gives the latter as text for the commit's author.
    pub fn tell(&self, log: &dyn LogSink) -> String {
        let told = std::mem::take(&mut *self.state.told.lock().unwrap_or_else(|e| e.into_inner()));
        if !told.reached.is_empty() {
            let hosts: Vec<&str> = told.reached.iter().map(String::as_str).collect();
            let sum = self.state.traffic_bytes.load(Relaxed);
            log.text(&format!("[fetch: the proxy reached {}; {sum} bytes]\n", hosts.join(", ")));
        }
        let refused: String = told.refused.iter().map(|refusal| format!("[fetch: the proxy refused: {refusal}]\n")).collect();
        log.text(&refused);
        refused
    }
}

async fn serve(listener: UnixListener, state: Arc<State>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut open = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let state = state.clone();
                open.spawn(async move {
                    state.connection(stream).await;
                    drop(place);
                });
            }
            // No file is left to open: that passes.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
        while open.try_join_next().is_some() {}
    }
}

impl State {
    async fn connection(&self, mut client: UnixStream) {
        match self.connect(&mut client).await {
            Ok((server, rest)) => {
                if client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
                    self.relay(client, server, rest).await;
                }
            }
            Err(refusal) => {
                let text = format!("ounce: {refusal}\n");
                let head = format!(
                    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    text.len()
                );
                self.refuse(refusal);
                let telling = async {
                    client.write_all(format!("{head}{text}").as_bytes()).await?;
                    client.shutdown().await?;
                    // The rest is read and dropped: the system takes an answer back from who closes before the question is read.
                    tokio::io::copy(&mut client.take(DROPPED_BYTES_MAX), &mut tokio::io::sink()).await
                };
                let _ = timeout(HEAD_TIMEOUT, telling).await;
            }
        }
    }

    /// Reads a request, judges it and connects. Gives what came after the request, too.
    async fn connect(&self, client: &mut UnixStream) -> Result<(TcpStream, Vec<u8>), Refusal> {
        if self.connections.fetch_add(1, Relaxed) >= CONNECTIONS_SUM_MAX {
            return Err(Refusal::Limit(format!("more than {CONNECTIONS_SUM_MAX} connections in one fetch")));
        }
        let (head, rest) = head(client).await.map_err(Refusal::NotConnect)?;
        let line = head.lines().next().unwrap_or_default();
        let mut words = line.split(' ');
        let (Some("CONNECT"), Some(authority), Some("HTTP/1.1" | "HTTP/1.0"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::NotConnect(line.chars().take(QUOTE_CHARS_MAX).collect()));
        };
        let target = self.rules.target(authority)?;
        let server = timeout(CONNECT_TIMEOUT, self.reach(&target)).await;
        let server = server.unwrap_or_else(|_| Err(Refusal::Unreachable(target.host.clone(), "nobody answers".into())))?;
        let mut told = self.told.lock().unwrap_or_else(|e| e.into_inner());
        if told.reached.len() < TOLD_MAX {
            told.reached.insert(target.host);
        }
        Ok((server, rest))
    }

    async fn reach(&self, target: &Target) -> Result<TcpStream, Refusal> {
        let lost = |why: String| Refusal::Unreachable(target.host.clone(), why);
        let Some(upstream) = self.rules.settings.upstream.as_ref().filter(|_| !target.may_be_private) else {
            let resolved = lookup_host((target.host.as_str(), target.port)).await.map_err(|e| lost(e.to_string()))?;
            let allowed = target.allowed(resolved)?;
            return TcpStream::connect(allowed.as_slice()).await.map_err(|e| lost(e.to_string()));
        };
        let mut server = TcpStream::connect((upstream.host.as_str(), upstream.port)).await;
        let stream = server.as_mut().map_err(|e| lost(format!("this runner's upstream proxy: {e}")))?;
        let ask = format!("CONNECT {0}:{1} HTTP/1.1\r\nHost: {0}:{1}\r\n\r\n", target.host, target.port);
        stream.write_all(ask.as_bytes()).await.map_err(|e| lost(e.to_string()))?;
        // What the server says first comes after our own answer only: in TLS the client begins.
        let (answer, _) = head(stream).await.map_err(lost)?;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        if status != "200" {
            return Err(lost(format!("this runner's upstream proxy answers {:?}", answer.lines().next().unwrap_or_default())));
        }
        server.map_err(|e| lost(e.to_string()))
    }

    async fn relay(&self, client: UnixStream, server: TcpStream, rest: Vec<u8>) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let up = async {
            if self.counts(rest.len()) && to_server.write_all(&rest).await.is_ok() {
                self.copy(&mut from_client, &mut to_server).await;
            }
            let _ = to_server.shutdown().await;
        };
        let down = async {
            self.copy(&mut from_server, &mut to_client).await;
            let _ = to_client.shutdown().await;
        };
        tokio::join!(up, down);
    }

    async fn copy(&self, from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
        let mut chunk = vec![0u8; 16 * 1024];
        while let Ok(Ok(n)) = timeout(IDLE_TIMEOUT, from.read(&mut chunk)).await {
            if n == 0 || !self.counts(n) || !matches!(timeout(IDLE_TIMEOUT, to.write_all(&chunk[..n])).await, Ok(Ok(()))) {
                return;
            }
        }
    }

    /// Counts bytes; false when there have been too many.
    fn counts(&self, bytes: usize) -> bool {
        let more = u64::try_from(bytes).unwrap_or(u64::MAX);
        let within = self.traffic_bytes.fetch_add(more, Relaxed).saturating_add(more) <= TRAFFIC_BYTES_MAX;
        if !within {
            self.refuse(Refusal::Limit(format!("more than {} in one fetch", size(TRAFFIC_BYTES_MAX))));
        }
        within
    }

    fn refuse(&self, refusal: Refusal) {
        let mut told = self.told.lock().unwrap_or_else(|e| e.into_inner());
        if told.refused.len() < TOLD_MAX {
            told.refused.insert(refusal);
        }
    }
}

/// Reads up to the empty line after a head, within the limits. Gives the head and what came after it.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Result<(String, Vec<u8>), String> {
    const END: &[u8] = b"\r\n\r\n";
    let mut bytes = Vec::new();
    let reading = async {
        let mut chunk = vec![0u8; 1024];
        loop {
            if let Some(at) = bytes.windows(END.len()).position(|w| w == END) {
                let rest = bytes.split_off(at + END.len());
                return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
            }
            if bytes.len() > HEAD_BYTES_MAX {
                return Err(format!("a head of more than {HEAD_BYTES_MAX} bytes"));
            }
            match stream.read(&mut chunk).await {
                Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
                _ => return Err("a head that breaks off".to_owned()),
            }
        }
    };
    timeout(HEAD_TIMEOUT, reading).await.unwrap_or_else(|_| Err("a head that does not come".into()))
}

#[cfg(test)]
mod tests;
