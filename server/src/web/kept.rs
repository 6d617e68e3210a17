//! Answers given again for a moment, so that a page that many ask for at once is made once.
//!
//! Only what strangers see of a public project's history: who is logged in sees what is so now, and so does a program that asks the API. The
//! guard has looked whether the project may be seen each time before. What such an answer depends on is its address alone.

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// Answers kept at once; what is asked for beyond them is made each time.
pub const ANSWERS_MAX: usize = 100;
/// Longest answer that is kept.
pub const BYTES_MAX: u64 = 192 << 10;
/// Longest address of one.
const ADDRESS_BYTES_MAX: usize = 2_048;

/// An answer as it was made.
#[derive(Debug, Clone)]
struct Answer {
    headers: HeaderMap,
    body: Bytes,
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Response {
        let mut response = Response::new(Body::from(answer.body));
        *response.headers_mut() = answer.headers;
        response
    }
}

/// One that is made or being made.
#[derive(Debug, Clone)]
struct Entry {
    /// When its making began: what it shows is no older.
    since: Instant,
    answer: Arc<OnceCell<Answer>>,
    /// The one before it, for who asks while it is made.
    before: Option<Answer>,
}

/// What is done for who asks.
enum Turn {
    /// It makes its own.
    Own,
    /// It makes the one that is kept, or waits for it where another does.
    Keep(Arc<OnceCell<Answer>>),
    /// It gets this.
    Take(Answer),
}

/// The answers kept now.
#[derive(Debug)]
pub struct Kept {
    entries: Mutex<HashMap<String, Entry>>,
    keep: Duration,
}

impl Kept {
    /// Keeps answers for so long, and while they are made again for as long once more; for no time at all, each is made anew.
    pub fn new(keep: Duration) -> Kept {
        Kept { entries: Mutex::default(), keep }
    }

    fn turn(&self, address: &str) -> Turn {
        if self.keep.is_zero() || address.len() > ADDRESS_BYTES_MAX {
            return Turn::Own;
        }
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let age = |entry: &Entry| now.duration_since(entry.since);
        let mut before = None;
        if let Some(entry) = entries.get(address) {
            let answer = entry.answer.get();
            if age(entry) < self.keep {
                // Being made: who has one of a moment ago need not wait.
                let take = answer.or(entry.before.as_ref()).cloned();
                return take.map_or_else(|| Turn::Keep(Arc::clone(&entry.answer)), Turn::Take);
            }
            before = answer.filter(|_| age(entry) < 2 * self.keep).cloned();
        }
        if !entries.contains_key(address) {
            entries.retain(|_, entry| age(entry) < 2 * self.keep);
            if entries.len() >= ANSWERS_MAX {
                return Turn::Own;
            }
        }
        let answer = Arc::default();
        entries.insert(address.to_owned(), Entry { since: now, answer: Arc::clone(&answer), before });
        Turn::Keep(answer)
    }

    /// The answer kept for this address, or the one that is made now, which others wait for where they have none of a moment ago. One that is no
    /// page, or too long, is its asker's own.
    pub async fn or_make(&self, address: &str, make: impl Future<Output = Response>) -> Response {
        let answer = match self.turn(address) {
            Turn::Own => return make.await,
            Turn::Take(answer) => return answer.into(),
            Turn::Keep(answer) => answer,
        };
        let made = answer.get_or_try_init(async || {
            let response = make.await;
            let is_short = response.body().size_hint().exact().is_some_and(|bytes| bytes <= BYTES_MAX);
            if response.status() != StatusCode::OK || !is_short {
                return Err(response);
            }
            let (parts, body) = response.into_parts();
            match to_bytes(body, usize::try_from(BYTES_MAX).unwrap_or(usize::MAX)).await {
                Ok(body) => Ok(Answer { headers: parts.headers, body }),
                Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
            }
        });
        match made.await {
            Ok(answer) => answer.clone().into(),
            Err(response) => response,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const LONG: Duration = Duration::from_secs(3_600);

    async fn ask(kept: &Kept, address: &str, made: &AtomicUsize, status: StatusCode, bytes: usize) -> String {
        let make = async {
            tokio::task::yield_now().await;
            let n = made.fetch_add(1, Ordering::Relaxed);
            (status, [("x-made", n.to_string())], "x".repeat(bytes)).into_response()
        };
        let response = kept.or_make(address, make).await;
        assert_eq!(response.status(), status);
        response.headers()["x-made"].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn what_many_ask_for_at_once_is_made_once() {
        let check = async |keep: Duration, status: StatusCode, bytes: usize, expected: usize| {
            let (kept, made) = (Kept::new(keep), AtomicUsize::new(0));
            let asks = (0..20).map(|_| ask(&kept, "/p/a/b", &made, status, bytes));
            futures_util::future::join_all(asks).await;
            assert_eq!(made.load(Ordering::Relaxed), expected, "{keep:?} {status} {bytes}");
        };
        check(LONG, StatusCode::OK, 10, 1).await;
        check(Duration::ZERO, StatusCode::OK, 10, 20).await;
        // What failed is nobody else's, and what is long would fill the memory.
        check(LONG, StatusCode::NOT_FOUND, 10, 20).await;
        check(LONG, StatusCode::OK, 192 << 10, 1).await;
        check(LONG, StatusCode::OK, (192 << 10) + 1, 20).await;
    }

    #[tokio::test]
    async fn an_answer_is_given_again_for_its_time_and_for_its_address() {
        let (kept, made) = (Kept::new(Duration::from_millis(200)), AtomicUsize::new(0));
        let ask = async |address| ask(&kept, address, &made, StatusCode::OK, 1).await;
        assert_eq!((ask("/a").await, ask("/b").await, ask("/a").await), ("0".into(), "1".into(), "0".into()));
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(ask("/a").await, "2");
    }

    #[tokio::test]
    async fn while_one_is_made_again_others_get_the_one_before() {
        let (kept, made) = (Kept::new(Duration::from_millis(200)), AtomicUsize::new(0));
        assert_eq!(ask(&kept, "/a", &made, StatusCode::OK, 1).await, "0");
        tokio::time::sleep(Duration::from_millis(250)).await;
        let asks = (0..5).map(|_| ask(&kept, "/a", &made, StatusCode::OK, 1));
        assert_eq!(futures_util::future::join_all(asks).await, ["1", "0", "0", "0", "0"]);
        assert_eq!(ask(&kept, "/a", &made, StatusCode::OK, 1).await, "1");
        // One that is older is nobody's.
        tokio::time::sleep(Duration::from_millis(450)).await;
        let asks = (0..3).map(|_| ask(&kept, "/a", &made, StatusCode::OK, 1));
        assert_eq!(futures_util::future::join_all(asks).await, ["2", "2", "2"]);
    }

    #[tokio::test]
    async fn no_more_are_kept_than_there_is_room_for() {
        let (kept, made) = (Kept::new(LONG), AtomicUsize::new(0));
        for n in 0..ANSWERS_MAX + 10 {
            ask(&kept, &format!("/{n}"), &made, StatusCode::OK, 1).await;
        }
        let again = ask(&kept, "/0", &made, StatusCode::OK, 1).await;
        let beyond = ask(&kept, &format!("/{ANSWERS_MAX}"), &made, StatusCode::OK, 1).await;
        assert_eq!((again, beyond), ("0".into(), (ANSWERS_MAX + 10).to_string()));
        assert_eq!(kept.entries.lock().unwrap().len(), ANSWERS_MAX);
    }

    #[tokio::test]
    async fn who_waits_makes_it_where_who_began_went_away() {
        let (kept, made) = (Kept::new(LONG), AtomicUsize::new(0));
        let never = tokio::time::timeout(Duration::from_millis(10), kept.or_make("/a", std::future::pending())).await;
        assert!(never.is_err());
        assert_eq!(ask(&kept, "/a", &made, StatusCode::OK, 1).await, "0");
    }
}
