//! A job's log, as its runner sent it: as a page that follows it while it grows, and as a text to take away.

use super::super::access::Sight;
use super::run::{JobView, Orders, job_view};
use super::work::{PART_S, RELOAD_S};
use super::{Page, PageError, Pages, Top, URLS, Urls, id};
use crate::store::pages;
use askama::Template;
use axum::Router;
use axum::extract::{FromRef, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ounce_protocol::units::grouped;
use ounce_report::LogLines;
use std::ops::Range;

const NO_JOB: PageError = PageError::NotFound(super::NO_JOB);

#[derive(Template)]
#[template(path = "job.html")]
struct Job {
    urls: &'static Urls,
    top: Top,
    repo: String,
    run: i64,
    job: JobView,
    /// HTML text by `ounce_report::log_html`.
    log: String,
    dropped: Option<String>,
    /// While more may come: the byte up to which the page has it.
    follows: Option<usize>,
    reload_s: u32,
    part_s: u32,
    /// Somebody may order that the board is weighed again.
    orders: Option<Orders>,
}

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S>
where
    Pages: FromRef<S>,
{
    Router::new().route("/jobs/{id}", get(page)).route("/jobs/{id}/log", get(log))
}

async fn page(State(state): State<Pages>, Path(text): Path<String>, sight: Sight) -> Result<Page, PageError> {
    let mut c = state.store.connection().await?;
    let job = id(&text).ok_or(NO_JOB)?;
    let (row, repo) = pages::job(&mut c, job).await?.ok_or(NO_JOB)?;
    let (mut log, dropped) = pages::log(&mut c, job).await?.unwrap_or_default();
    let (run, ..) = pages::run(&mut c, row.run_id).await?.ok_or(NO_JOB)?;
    drop(c);
    let more = matches!(row.state.as_str(), "queued" | "leased");
    let follows = more.then(|| whole_lines(&log));
    log.truncate(follows.unwrap_or(log.len()));
    let orders = Orders::of(&sight, &run.kind, &run.state).filter(|orders| orders.retries && row.state == "failed");
    Page::of(&Job {
        urls: &URLS,
        top: Top::of_project(&sight, &repo, None),
        repo,
        run: row.run_id,
        job: job_view(&row, state.clock.now()),
        log: ounce_report::log_html(&log),
        dropped: u64::try_from(dropped).ok().filter(|&n| n > 0).map(grouped),
        follows,
        reload_s: RELOAD_S,
        part_s: PART_S,
        orders,
    })
}

/// Bytes of a log up to the end of its last whole line: what follows is told when it is one.
fn whole_lines(log: &str) -> usize {
    LogLines::new().read(log).last().map_or(0, |line| line.end)
}

/// The log as plain text. While the job runs it only grows, so a part of it stays that part: who has some of it asks for the rest by `Range`.
async fn log(State(state): State<Pages>, Path(text): Path<String>, headers: HeaderMap) -> Result<Response, PageError> {
    let mut c = state.store.connection().await?;
    let job = id(&text).ok_or(NO_JOB)?;
    let (row, _) = pages::job(&mut c, job).await?.ok_or(NO_JOB)?;
    let (mut log, _) = pages::log(&mut c, job).await?.unwrap_or_default();
    drop(c);
    if matches!(row.state.as_str(), "queued" | "leased") {
        log.truncate(whole_lines(&log));
    }
    let text = ounce_report::log_text(&log);
    let name = format!("inline; filename=\"ounce-job-{job}.log\"");
    let tag = format!("\"{job}-{}\"", text.len());
    let mut response = match asked(&headers, &tag, text.len()) {
        Asked::All => text.into_response(),
        Asked::Part(range) => {
            let told = format!("bytes {}-{}/{}", range.start, range.end - 1, text.len());
            (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, told)], text.into_bytes()[range].to_vec()).into_response()
        }
        Asked::Beyond => (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, format!("bytes */{}", text.len()))]).into_response(),
    };
    let of = response.headers_mut();
    of.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    of.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    of.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    of.insert(header::CONTENT_DISPOSITION, HeaderValue::try_from(name).expect("digits"));
    of.insert(header::ETAG, HeaderValue::try_from(tag).expect("digits"));
    Ok(response)
}

/// Which bytes somebody wants.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    All,
    Part(Range<usize>),
    Beyond,
}

/// One range of RFC 9110, section 14; several at once, or what is no range, are all of it.
fn asked(headers: &HeaderMap, tag: &str, len: usize) -> Asked {
    let said = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if said(header::IF_RANGE).is_some_and(|other| other != tag) {
        return Asked::All;
    }
    let Some((first, last)) = said(header::RANGE).and_then(|range| range.strip_prefix("bytes=")).and_then(|range| range.split_once('-'))
    else {
        return Asked::All;
    };
    let range = match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(len),
        (Ok(first), Err(_)) if last.trim().is_empty() => first..len,
        (Err(_), Ok(last)) if first.trim().is_empty() => len.saturating_sub(last)..len,
        _ => return Asked::All,
    };
    if range.start >= range.end { Asked::Beyond } else { Asked::Part(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_log_is_asked_for_by_its_bytes() {
        let check = |range: &str, if_range: &str, expected: Asked| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, range.parse().unwrap());
            if !if_range.is_empty() {
                headers.insert(header::IF_RANGE, if_range.parse().unwrap());
            }
            assert_eq!(asked(&headers, "\"1-10\"", 10), expected, "{range} {if_range}");
        };
        check("bytes=0-3", "", Asked::Part(0..4));
        check("bytes=4-", "", Asked::Part(4..10));
        check("bytes=4-99999999999999999999", "", Asked::All);
        check("bytes=4-99", "", Asked::Part(4..10));
        check("bytes=-3", "", Asked::Part(7..10));
        check("bytes=-99", "", Asked::Part(0..10));
        check("bytes=10-", "", Asked::Beyond);
        check("bytes=-0", "", Asked::Beyond);
        check("bytes=5-4", "", Asked::All);
        check("bytes=0-1,3-4", "", Asked::All);
        check("lines=0-1", "", Asked::All);
        check("bytes=4-", "\"1-10\"", Asked::Part(4..10));
        check("bytes=4-", "\"1-9\"", Asked::All);
        assert_eq!(asked(&HeaderMap::new(), "x", 10), Asked::All);
    }

    #[test]
    fn a_line_under_way_is_not_shown_yet() {
        let check = |log: &str, bytes: usize| assert_eq!(whole_lines(log), bytes, "{log:?}");
        check("", 0);
        check("a\nb", 2);
        check("a\nü\n", 5);
        check("a", 0);
    }
}
