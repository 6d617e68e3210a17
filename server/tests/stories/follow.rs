//! A log that is followed while the job runs, and taken away as a text.

use crate::database::on_postgres;
use crate::runner::ScriptedRunner;
use crate::world::World;
use ounce_protocol::runner_api::Lease;
use ounce_server::web::log_stream::LOOK_MS;
use ounce_server::web::streams::STREAMS_OF_ADDRESS_MAX;
use reqwest::{Response, StatusCode, header};
use std::time::Duration;

/// Longest a story waits for an event.
const WAIT: Duration = Duration::from_secs(15);

/// A browser that follows a log.
struct Follower {
    response: Response,
    read: String,
}

#[derive(Debug, PartialEq, Eq, Default)]
struct Told {
    event: String,
    id: String,
    data: String,
}

impl Follower {
    async fn of(world: &World, url: &str, last: Option<&str>) -> Follower {
        let request = world.http.get(url);
        let request = last.iter().fold(request, |request, last| request.header("last-event-id", *last));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        Follower { response, read: String::new() }
    }

    /// The next event that says something; none when the stream is over.
    async fn next(&mut self) -> Option<Told> {
        loop {
            while let Some((event, rest)) = self.read.split_once("\n\n") {
                let field = |name: &str| {
                    let values = event.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    values.collect::<Vec<_>>().join("\n")
                };
                let told = Told { event: field("event"), id: field("id"), data: field("data") };
                let says = event.lines().any(|line| line.starts_with("data"));
                self.read = rest.to_owned();
                if says {
                    return Some(told);
                }
            }
            let chunk = tokio::time::timeout(WAIT, self.response.chunk()).await.expect("an event");
            match chunk {
                Ok(Some(bytes)) => self.read += std::str::from_utf8(&bytes).unwrap(),
                _ => return None,
            }
        }
    }
}

/// A job under way.
async fn begun(world: &World) -> (ScriptedRunner, Lease) {
    world.pull("followed").await;
    let desk = world.runner("desk").await;
    let lease = desk.claim().await;
    (desk, lease)
}

fn told(event: &str, id: &str, data: &str) -> Option<Told> {
    Some(Told { event: event.into(), id: id.into(), data: data.into() })
}

#[tokio::test]
async fn who_follows_a_log_reads_each_line_once_and_is_told_the_end() {
    let world = World::new().await;
    let (desk, lease) = begun(&world).await;
    let url = world.url(&format!("/jobs/{}/log/stream", lease.job));
    desk.heartbeat(&lease, "\u{1b}[31mcc\u{1b}[0m <b>\nld").await;
    let mut follower = Follower::of(&world, &url, None).await;
    assert_eq!(follower.next().await, told("", "16", "cc <b>"), "a line is told once it is whole");
    desk.heartbeat(&lease, " ü\nsize\n").await;
    assert_eq!(follower.next().await, told("", "27", "ld ü\nsize"));
    drop(follower);

    desk.heartbeat(&lease, "qemu\n").await;
    let mut again = Follower::of(&world, &url, Some("27")).await;
    assert_eq!(again.next().await, told("", "32", "qemu"), "gone on where it was");
    let page = world.http.get(world.url(&format!("/jobs/{}", lease.job))).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("data-stream=\"/jobs/{}/log/stream?from=32\"", lease.job)), "{page}");
    let mut of_page = Follower::of(&world, &format!("{url}?from=32"), None).await;

    // Also at a server to which the runner does not speak.
    let another = if on_postgres() { Some(world.another_server().await) } else { None };
    let mut elsewhere = match &another {
        Some(server) => Some(Follower::of(&world, &format!("http://{}/jobs/{}/log/stream", server.addr, lease.job), None).await),
        None => None,
    };
    if let Some(elsewhere) = &mut elsewhere {
        assert_eq!(elsewhere.next().await, told("", "32", "cc <b>\nld ü\nsize\nqemu"));
    }
    desk.heartbeat(&lease, "no end").await;
    desk.measure(&lease, 1_000, 1_000).await;
    for follower in [Some(&mut again), Some(&mut of_page), elsewhere.as_mut()].into_iter().flatten() {
        assert_eq!(follower.next().await, told("", "38", "no end"));
        assert_eq!(follower.next().await, told("end", "", "done"));
        assert_eq!(follower.next().await, None);
    }
    if let Some(server) = another {
        server.stop().await;
    }
    let mut late = Follower::of(&world, &url, Some("38")).await;
    assert_eq!(late.next().await, told("end", "", "done"), "nothing is told twice");
    for nonsense in ["x", "-1", "99999999999999999999999"] {
        let mut all = Follower::of(&world, &url, Some(nonsense)).await;
        assert_eq!(all.next().await, told("", "32", "cc <b>\nld ü\nsize\nqemu"), "{nonsense} is the beginning");
    }
    let mut inside = Follower::of(&world, &url, Some("20")).await;
    assert_eq!(inside.next().await.unwrap().data, "ü\nsize\nqemu", "inside of a letter");
}

#[tokio::test]
async fn a_server_that_ends_does_not_wait_for_who_follows_a_log() {
    let mut world = World::new().await;
    let (desk, lease) = begun(&world).await;
    desk.heartbeat(&lease, "cc\n").await;
    let url = world.url(&format!("/jobs/{}/log/stream", lease.job));
    let mut followers = Vec::new();
    for _ in 0..5 {
        let mut follower = Follower::of(&world, &url, None).await;
        assert!(follower.next().await.is_some());
        followers.push(follower);
    }
    let took = world.stop().await;
    assert!(took < Duration::from_millis(3 * LOOK_MS), "it took {took:?}");
    for mut follower in followers {
        assert_eq!(follower.next().await, None, "the browser comes back by itself");
    }
}

#[tokio::test]
async fn so_many_logs_are_followed_at_once_and_no_more() {
    let world = World::new().await;
    let (_desk, lease) = begun(&world).await;
    let url = world.url(&format!("/jobs/{}/log/stream", lease.job));
    let metric = async |name: &str| {
        let text = world.http.get(world.url("/metrics")).send().await.unwrap().text().await.unwrap();
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned)).unwrap()
    };
    let mut followers = Vec::new();
    for _ in 0..STREAMS_OF_ADDRESS_MAX {
        followers.push(Follower::of(&world, &url, None).await);
    }
    assert_eq!(metric("ounce_log_streams").await, STREAMS_OF_ADDRESS_MAX.to_string());
    let refused = world.http.get(&url).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text().await.unwrap().contains("load the job's page again"));
    assert_eq!(metric("ounce_log_streams_refused_total").await, "1");
    drop(followers);
    let end = std::time::Instant::now() + WAIT;
    while metric("ounce_log_streams").await != "0" {
        assert!(std::time::Instant::now() < end, "who is gone still has a place");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for nobody in ["/jobs/999/log/stream", "/jobs/x/log/stream", "/jobs/-1/log/stream"] {
        assert_eq!(world.http.get(world.url(nobody)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_log_is_taken_away_whole_or_in_part() {
    let world = World::new().await;
    let (desk, lease) = begun(&world).await;
    desk.heartbeat(&lease, "\u{1b}[2Jone\ntwo\nthr").await;
    let path = world.url(&format!("/jobs/{}/log", lease.job));
    let get = async |range: Option<&str>| {
        let request = world.http.get(&path);
        let answer = range.iter().fold(request, |request, range| request.header(header::RANGE, *range)).send().await.unwrap();
        let headers = answer.headers().clone();
        (answer.status(), headers, answer.text().await.unwrap())
    };
    let (status, headers, text) = get(None).await;
    assert_eq!((status, text.as_str()), (StatusCode::OK, "one\ntwo\n"));
    assert_eq!(
        (&headers[header::CONTENT_TYPE], &headers[header::ACCEPT_RANGES]),
        (&"text/plain; charset=utf-8".parse().unwrap(), &"bytes".parse().unwrap())
    );
    let (status, headers, text) = get(Some("bytes=4-")).await;
    assert_eq!(
        (status, text.as_str(), &headers[header::CONTENT_RANGE]),
        (StatusCode::PARTIAL_CONTENT, "two\n", &"bytes 4-7/8".parse().unwrap())
    );
    desk.heartbeat(&lease, "ee\n").await;
    let (status, headers, text) = get(Some("bytes=8-")).await;
    assert_eq!(
        (status, text.as_str(), &headers[header::CONTENT_RANGE]),
        (StatusCode::PARTIAL_CONTENT, "three\n", &"bytes 8-13/14".parse().unwrap())
    );
    assert_eq!(get(Some("bytes=14-")).await.0, StatusCode::RANGE_NOT_SATISFIABLE);
}
