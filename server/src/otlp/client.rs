//! How batches are posted: over the HTTP client and TLS that the server has anyway, each within a limit of time and of bytes.

use super::{ANSWER_BYTES_MAX, EXPORT_MS_MAX, TELL_MS};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// Characters of what went wrong that are logged.
const DETAIL_CHARS_MAX: usize = 300;

/// Posts batches for the exporter's thread, on the server's runtime. It follows no redirect: our headers are for the collector alone.
#[derive(Debug)]
pub struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Body>,
    headers: HeaderMap,
    runtime: Handle,
    told: Mutex<Told>,
}

impl Client {
    /// A client that sends these headers.
    pub fn new(headers: HeaderMap, runtime: Handle) -> anyhow::Result<Client> {
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let connector = HttpsConnectorBuilder::new().with_provider_and_native_roots(ring)?.https_or_http().enable_http1().build();
        let http = legacy::Client::builder(TokioExecutor::new()).pool_max_idle_per_host(1).build(connector);
        Ok(Client { http, headers, runtime, told: Mutex::default() })
    }

    /// The answer, or why there was none in time.
    async fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sending = self.http.request(request.map(Body::from));
        let exchange = async {
            let (head, body) = sending.await?.into_parts();
            Ok(Response::from_parts(head, to_bytes(Body::new(body), ANSWER_BYTES_MAX).await?))
        };
        // Connections and times are the runtime's, so all of it is done there: who waits for it is a plain thread.
        let done = self.runtime.spawn(async { tokio::time::timeout(Duration::from_millis(EXPORT_MS_MAX), exchange).await });
        done.await?.unwrap_or_else(|_| Err(format!("no answer within {} s", EXPORT_MS_MAX / 1000).into()))
    }

    /// Says that spans are not taken: the first time, and then once in a while.
    fn tell(&self, url: &Uri, detail: &str) {
        let Some(failures) = self.told.lock().ok().and_then(|mut told| told.failed(Instant::now())) else { return };
        let detail: String = detail.chars().take(DETAIL_CHARS_MAX).collect();
        tracing::warn!(%url, detail, failures, "the collector does not take traces; they are dropped while it does not");
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        for (name, value) in &self.headers {
            // The exporter knows the standard's variable for headers, which goes over the file.
            request.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        let url = request.uri().clone();
        let result = self.post(request).await;
        match &result {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => self.tell(&url, &format!("it answers {}", answer.status())),
            Err(error) => self.tell(&url, &chain(error.as_ref())),
        }
        result
    }
}

/// An error with its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// When the log was told, and what it was not told since.
#[derive(Debug, Default)]
struct Told {
    last: Option<Instant>,
    failures: u64,
}

impl Told {
    /// One more failure; gives how many there were since the last word, where one is due.
    fn failed(&mut self, now: Instant) -> Option<u64> {
        self.failures += 1;
        let is_due = self.last.is_none_or(|last| now.saturating_duration_since(last) >= Duration::from_millis(TELL_MS));
        is_due.then(|| {
            self.last = Some(now);
            std::mem::take(&mut self.failures)
        })
    }
}
