//! A job's log while it grows, as server-sent events: text only, from the database, so that any server tells it, whoever the runner speaks to.
//!
//! An event's id is the byte of the log up to which it was told: a browser that comes back says it, and goes on there. A stream ends with
//! the job, with the server, and after a while in any case: who may see the job is asked again then, as the browser comes back.

use super::App;
use super::peer::Peer;
use super::streams::{Full, Place, STREAMS_MAX, STREAMS_OF_ADDRESS_MAX};
use crate::forge::Forge;
use crate::store::{Store, StoreError, logs};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use ounce_report::LogLines;
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// How often the database is asked for more. Runners send what they logged every five seconds.
pub const LOOK_MS: u64 = 1_000;
/// From so many bytes of text on an event takes no further line.
pub const EVENT_BYTES_MAX: usize = 16 * 1024;
/// From so many bytes of text on a stream ends; the browser comes back for the rest.
pub const STREAM_BYTES_MAX: usize = 1024 * 1024;
/// Longest a stream is open; the browser comes back.
pub const STREAM_MS_MAX: u64 = 5 * 60_000;
/// A stream without news says so, or a proxy would take it for dead.
pub const KEEP_ALIVE_MS: u64 = 15_000;
/// How long a browser waits before it comes back.
const RETRY_MS: u64 = 2_000;
/// The last event of a job that ended; its text is the state's word.
pub const END: &str = "end";

/// The route.
pub fn routes<F: Forge>() -> Router<App<F>> {
    Router::new().route("/jobs/{id}/log/stream", get(stream::<F>))
}

#[derive(Deserialize)]
struct From {
    /// The byte up to which a page has the log.
    from: Option<String>,
}

async fn stream<F: Forge>(
    State(app): State<App<F>>,
    Path(job): Path<i64>,
    Query(asked): Query<From>,
    peer: Peer,
    headers: HeaderMap,
) -> Response {
    let place = match app.streams.place(peer.0) {
        Ok(place) => place,
        Err(full) => return refused(full),
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).or(asked.from.as_deref());
    let from = last.and_then(|text| text.parse().ok()).unwrap_or(0);
    let follow = Follow {
        store: app.cx.store.clone(),
        stopping: app.cx.stopping.clone(),
        job,
        at: At::Before(from),
        ready: VecDeque::new(),
        told_bytes: 0,
        until: Instant::now() + Duration::from_millis(STREAM_MS_MAX),
        _place: place,
    };
    let events = stream::unfold(follow, |mut follow| async move { follow.next().await.map(|event| (Ok::<_, Infallible>(event), follow)) });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_millis(KEEP_ALIVE_MS))).into_response();
    // Proxies that keep what they pass on until it is much are told not to.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn refused(full: Full) -> Response {
    let (status, text) = match full {
        Full::Address => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("{STREAMS_OF_ADDRESS_MAX} logs are followed from this address already: close one, or load the job's page again\n"),
        ),
        Full::Server => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{STREAMS_MAX} logs are followed here already: load the job's page again for what is new\n"),
        ),
    };
    (status, [(header::RETRY_AFTER, "30")], text).into_response()
}

/// How far the log was read.
enum At {
    /// Not yet: up to this byte it was told by another.
    Before(usize),
    /// Up to here, in bytes and in characters.
    Read { lines: LogLines, bytes: i64, chars: i64 },
    /// The stream is over.
    End,
}

/// One reader of one log.
struct Follow {
    store: Store,
    stopping: watch::Receiver<bool>,
    job: i64,
    at: At,
    ready: VecDeque<Event>,
    told_bytes: usize,
    until: Instant,
    _place: Place,
}

impl Follow {
    /// The next event; none at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if matches!(self.at, At::End) || *self.stopping.borrow() || Instant::now() >= self.until || self.told_bytes >= STREAM_BYTES_MAX
            {
                return None;
            }
            let is_first = matches!(self.at, At::Before(_));
            if let Err(error) = self.look().await {
                tracing::warn!(job = self.job, %error, "a log could not be read; who follows it comes back");
                return None;
            }
            if is_first {
                self.ready.push_front(Event::default().retry(Duration::from_millis(RETRY_MS)).comment("the log follows"));
            }
            if self.ready.is_empty() {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(LOOK_MS)) => {}
                    // Also where the server is gone already.
                    _ = self.stopping.changed() => return None,
                }
            }
        }
    }

    /// Reads what is new. The state is read first: nothing is logged for a job that has ended.
    async fn look(&mut self) -> Result<(), StoreError> {
        let mut c = self.store.connection().await?;
        let Some(stands) = logs::stands(&mut c, self.job).await? else {
            self.at = At::End;
            return Ok(());
        };
        if let At::Before(from) = self.at {
            let text = logs::text(&mut c, self.job, 0).await?;
            let from = text.floor_char_boundary(from);
            let (told, rest) = text.split_at(from);
            let mut lines = LogLines::after(told);
            let new = lines.read(rest);
            self.at = At::Read { lines, bytes: count(text.len()), chars: count(text.chars().count()) };
            self.tell(new);
        } else if let At::Read { lines, bytes, chars } = &mut self.at
            && stands.log_bytes > *bytes
        {
            let text = logs::text(&mut c, self.job, *chars).await?;
            let new = lines.read(&text);
            *bytes += count(text.len());
            *chars += count(text.chars().count());
            self.tell(new);
        }
        drop(c);
        if stands.has_ended() {
            if let At::Read { lines, .. } = &mut self.at {
                let last = lines.end();
                self.tell(last.into_iter().collect());
            }
            self.ready.push_back(Event::default().event(END).data(stands.state));
            self.at = At::End;
        }
        Ok(())
    }

    /// Makes events of lines.
    fn tell(&mut self, lines: Vec<ounce_report::LogLine>) {
        let mut text = String::new();
        let mut lines = lines.into_iter().peekable();
        while let Some(line) = lines.next() {
            text += &line.text;
            if lines.peek().is_some() && text.len() < EVENT_BYTES_MAX {
                text.push('\n');
                continue;
            }
            self.told_bytes += text.len();
            self.ready.push_back(Event::default().id(line.end.to_string()).data(std::mem::take(&mut text)));
        }
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
