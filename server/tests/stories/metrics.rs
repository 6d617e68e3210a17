//! What operators read: health, readiness, and numbers that a restart does not forget.

use crate::database::on_postgres;
use crate::world::{REPO, World};
use github_double::FaultKind;
use ounce_protocol::job::{FailureKind, LEASE_MS};
use ounce_server::store::sql::{script, sql};
use ounce_server::web::{health, webhook};
use ounce_server::work::housekeeping::SWEEP_MS;
use std::time::{Duration, Instant};

async fn get(world: &World, path: &str) -> (u16, String) {
    let answer = world.http.get(world.url(path)).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The value of a sample, as it stands in its line.
async fn sample(world: &World, name: &str) -> String {
    let (status, text) = get(world, "/metrics").await;
    assert_eq!(status, 200);
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}")).to_owned()
}

async fn seconds(world: &World, name: &str) -> f64 {
    sample(world, name).await.parse().unwrap()
}

#[tokio::test]
async fn what_runners_did_is_counted_and_outlives_a_restart() {
    let mut world = World::new().await;
    let pull = world.pull("counted").await;
    world.comment_saying(pull, "**Weighing**").await;
    let (desk, lab) = (world.runner("desk").await, world.runner("lab").await);
    assert_eq!(sample(&world, "ounce_jobs{state=\"queued\"}").await, "2");
    assert_eq!(sample(&world, "ounce_runs{state=\"judged\"}").await, "0", "a state without rows is told too");

    let lease = desk.claim().await;
    desk.measure(&lease, 1_000, 1_000).await;
    let _ = lab.claim().await;
    assert_eq!(sample(&world, "ounce_runner_leases{runner=\"lab\"}").await, "1");
    world.pass(LEASE_MS + SWEEP_MS as i64 + 1_000);
    world.row("a job that came back", "SELECT id FROM jobs WHERE state = 'queued'").await;
    let again = desk.claim().await;
    desk.give_up(&again, FailureKind::Infra, "no disk").await;

    let check = async |world: &World| {
        for (name, value) in [
            ("ounce_leases_total{runner=\"desk\"}", "2"),
            ("ounce_leases_total{runner=\"lab\"}", "1"),
            ("ounce_leases_ended_total{runner=\"desk\",result=\"done\"}", "1"),
            ("ounce_leases_ended_total{runner=\"desk\",result=\"infra\"}", "1"),
            ("ounce_leases_ended_total{runner=\"desk\",result=\"lost\"}", "0"),
            ("ounce_leases_ended_total{runner=\"lab\",result=\"lost\"}", "1"),
            ("ounce_job_wait_seconds_count", "3"),
            ("ounce_job_duration_seconds_count", "1"),
        ] {
            assert_eq!(sample(world, name).await, value, "{name}");
        }
    };
    check(&world).await;
    world.kill().await;
    world.start().await;
    check(&world).await;
}

#[tokio::test]
async fn a_superseded_lease_is_its_own_end() {
    let world = World::new().await;
    world.pull("raced").await;
    let runner = world.runner("desk").await;
    runner.claim().await;
    world.double.commit(REPO, "raced", Some("raced"), "newer", &[("main.c", Some("newer"))]).await.unwrap();
    world.row("the older run's end", "SELECT id FROM runs WHERE state = 'superseded'").await;
    assert_eq!(sample(&world, "ounce_leases_ended_total{runner=\"desk\",result=\"superseded\"}").await, "1");
}

#[tokio::test]
async fn ages_say_what_waits_and_for_how_long() {
    let world = World::new().await;
    assert_eq!(sample(&world, "ounce_queue_age_seconds").await, "0.000", "nothing waits");
    world.double.inject("POST /repos/acme/blinky/issues", 1, FaultKind::Status { status: 503 });
    let pull = world.pull("waits").await;
    world.row("a failed attempt", "SELECT id FROM outbox WHERE attempts = 1").await;
    world.row("a check that stands", "SELECT id FROM outbox WHERE target LIKE 'check:%' AND sent_version = version").await;
    world.clock.advance(90_000);
    let queued = seconds(&world, "ounce_queue_age_seconds").await;
    assert!((90.0..120.0).contains(&queued), "{queued} s in the queue");
    // The bell was not rung, but a poll may come first: then the text stands there, late.
    let late = seconds(&world, "ounce_outbox_age_seconds").await;
    assert!(late == 0.0 || (90.0..120.0).contains(&late), "{late} s without the text");
    world.pass(0);
    world.comment_saying(pull, "**Weighing**").await;
    world.row("a comment that stands", "SELECT id FROM outbox WHERE target LIKE 'comment:%' AND sent_version = version").await;
    assert_eq!(sample(&world, "ounce_outbox_age_seconds").await, "0.000");
    assert_eq!(sample(&world, "ounce_posts_failed_total").await, "1");
    let all: i64 = sample(&world, "ounce_post_latency_seconds_count").await.parse().unwrap();
    let fast: i64 = sample(&world, "ounce_post_latency_seconds_bucket{le=\"60\"}").await.parse().unwrap();
    assert_eq!(all - fast, 1, "the comment was 90 s late, the check was not");
}

#[tokio::test]
async fn refused_webhooks_are_counted() {
    let world = World::new().await;
    for (signature, refused) in [("sha256=00", "1"), ("", "2")] {
        let request = world.http.post(world.url(webhook::PATH)).header("x-hub-signature-256", signature).body("{}");
        assert_eq!(request.send().await.unwrap().status(), 401);
        assert_eq!(sample(&world, "ounce_webhooks_refused_total").await, refused);
    }
}

#[tokio::test]
async fn a_server_is_ready_while_its_database_answers_and_has_its_tables() {
    let mut world = World::new().await;
    assert_eq!(get(&world, health::READY_PATH).await, (200, "ready\n".into()));
    let listen = world.url("").replace("http://", "").parse().unwrap();
    assert_eq!(health::ask(listen).await.unwrap(), "ready");

    let change = async |text: &'static str| script(&mut world.store.connection().await.unwrap(), text).await.unwrap();
    change("UPDATE _sqlx_migrations SET success = FALSE WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)").await;
    let (status, text) = get(&world, health::READY_PATH).await;
    assert!(status == 503 && text.contains("ounce-server migrate"), "{text}");
    assert!(health::ask(listen).await.unwrap_err().to_string().contains("ounce-server migrate"));
    change("UPDATE _sqlx_migrations SET success = TRUE").await;
    assert_eq!(get(&world, health::READY_PATH).await.0, 200);

    change("ALTER TABLE _sqlx_migrations RENAME TO away").await;
    assert_eq!(get(&world, health::READY_PATH).await, (503, "the database does not answer\n".into()));
    assert_eq!(get(&world, "/healthz").await.0, 200, "the process lives all the same");
    change("ALTER TABLE away RENAME TO _sqlx_migrations").await;

    // A database that hangs is away too, and whoever asks is not kept waiting.
    if on_postgres() {
        let mut holding = world.store.write().await.unwrap();
        sql("LOCK TABLE _sqlx_migrations IN ACCESS EXCLUSIVE MODE").execute(&mut holding).await.unwrap();
        let begin = Instant::now();
        assert_eq!(get(&world, health::READY_PATH).await.0, 503);
        assert!(begin.elapsed() < Duration::from_millis(2 * health::DATABASE_MS_MAX));
        drop(holding);
    }
    world.stop().await;
    assert!(health::ask(listen).await.is_err(), "nobody listens any more");
}

/// The metrics' names in a text: words that begin with `ounce_` or `process_`, without the ends of a histogram's samples.
fn metrics_in(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let named = words.filter(|word| word.starts_with("ounce_") || word.starts_with("process_"));
    named.map(|name| ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)).collect()
}

/// A selector of a query: the metric, and what it says of each label.
type Selector<'a> = (&'a str, Vec<(&'a str, &'a str, &'a str)>);

/// The selectors of a query that say something of labels: `name{label="value"}`.
fn selectors(query: &str) -> Vec<Selector<'_>> {
    let parts = query.match_indices('{').map(|(at, _)| {
        let name = query[..at].rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap();
        let inside = query[at + 1..].split('}').next().unwrap();
        let labels = inside.split(',').map(|matcher| {
            let at = matcher.find(['=', '!']).unwrap();
            let (label, rest) = matcher.split_at(at);
            let (how, value) = rest.split_once('"').unwrap();
            (label.trim(), how, value.trim_end_matches('"'))
        });
        (name, labels.collect())
    });
    parts.collect()
}

/// The labels by which a query sums: `by (label, label)`.
fn groups(query: &str) -> Vec<&str> {
    query.split("by (").skip(1).flat_map(|rest| rest.split(')').next().unwrap().split(',')).map(str::trim).collect()
}

/// All queries of the board and of the rules.
fn queries() -> Vec<String> {
    let board: serde_json::Value = serde_json::from_str(include_str!("../../../dashboards/grafana/ounce.json")).unwrap();
    let targets = board["panels"].as_array().unwrap().iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let of_board = targets.map(|target| target["expr"].as_str().unwrap().to_owned());
    let rules = include_str!("../../../deploy/prometheus/ounce.rules.yaml");
    let of_rules = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).map(str::to_owned);
    of_board.chain(of_rules).collect()
}

#[tokio::test]
async fn every_label_that_a_board_or_an_alert_names_is_told() {
    let world = World::new().await;
    let pull = world.pull("labelled").await;
    world.comment_saying(pull, "**Weighing**").await;
    let desk = world.runner("desk").await;
    let lease = desk.claim().await;
    desk.measure(&lease, 1_000, 1_000).await;
    let (_, told) = get(&world, "/metrics").await;
    let samples = |metric: &str| told.lines().filter(|line| line.split(['{', ' ']).next() == Some(metric)).collect::<Vec<_>>();
    let queries = queries();
    assert!(queries.len() > 30, "{queries:?}");
    // What Prometheus itself says of where a sample is from.
    let of_prometheus = |name: &str| ["job", "instance"].contains(&name);
    for query in &queries {
        for (metric, labels) in selectors(query) {
            if metric == "up" {
                continue;
            }
            let samples = samples(metric);
            assert!(!samples.is_empty(), "{query}: no sample of {metric}");
            for (label, how, value) in labels.into_iter().filter(|(label, ..)| !of_prometheus(label)) {
                let sample = if how == "=" { format!("{label}=\"{value}\"") } else { format!("{label}=\"") };
                assert!(samples.iter().any(|line| line.contains(&sample)), "{query}: no {metric} with {sample}");
            }
        }
        let named = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.starts_with("ounce_"));
        let named: Vec<&str> = named.collect();
        for label in groups(query) {
            for metric in &named {
                let has = samples(metric).iter().any(|line| line.contains(&format!("{label}=\"")));
                assert!(has, "{query}: {metric} has no label {label}");
            }
        }
    }
}

#[test]
fn a_query_is_read_for_its_labels() {
    assert_eq!(
        selectors("max(a_b{state=\"x\"}) > rate(c{d!=\"e\",f=~\"$g\"}[1h])"),
        [("a_b", vec![("state", "=", "x")]), ("c", vec![("d", "!=", "e"), ("f", "=~", "$g")])]
    );
    assert_eq!(groups("sum by (a) (max by (a, b) (c))"), ["a", "a", "b"]);
}

#[tokio::test]
async fn every_metric_that_a_board_an_alert_or_a_page_names_is_told() {
    let world = World::new().await;
    let (_, told) = get(&world, "/metrics").await;
    for (place, text) in [
        ("dashboards/grafana/ounce.json", include_str!("../../../dashboards/grafana/ounce.json")),
        ("deploy/prometheus/ounce.rules.yaml", include_str!("../../../deploy/prometheus/ounce.rules.yaml")),
        ("docs/operating.md", include_str!("../../../docs/operating.md")),
    ] {
        let named = metrics_in(text);
        assert!(named.len() > 3, "{place} names hardly any metric");
        for name in named {
            assert!(told.contains(&format!("# TYPE {name} ")), "{place} names {name}, which /metrics does not tell");
        }
    }
    let board: serde_json::Value = serde_json::from_str(include_str!("../../../dashboards/grafana/ounce.json")).unwrap();
    assert!(board["panels"].as_array().is_some_and(|panels| panels.len() > 5));
}
