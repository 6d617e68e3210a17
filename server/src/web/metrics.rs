//! `/metrics`: what stands where and what was counted, in Prometheus' text format 0.0.4, from the rows when asked.
//!
//! Counters and histograms are rows too, so they outlive a restart, and every server on one database tells the same: a rule that
//! sums over servers takes the largest. Only what concerns one process says so in its help.

use super::{ApiError, App};
use crate::forge::Forge;
use crate::store::numbers::{self, Numbers};
use crate::store::tallies::{self, Ended, Histogram, Tally};
use crate::store::timed::{self, Taken};
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use ounce_protocol::job::Millis;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::atomic::Ordering;

/// The runner that stands for all beyond [`numbers::RUNNERS_MAX`]; no runner can have this name.
const OTHERS: &str = "(others)";

/// The route.
pub fn routes<F: Forge>() -> Router<App<F>> {
    Router::new().route("/metrics", get(metrics::<F>))
}

async fn metrics<F: Forge>(State(app): State<App<F>>) -> Result<impl IntoResponse, ApiError> {
    let numbers = numbers::all(&mut *app.cx.store.connection().await?, app.cx.clock.now()).await?;
    let process = Process {
        started_ms: app.cx.started_ms,
        webhooks_refused: app.webhooks_refused.load(Ordering::Relaxed),
        streams: app.streams.count(),
        streams_refused: app.streams.refused(),
        resident_bytes: resident_bytes(),
        statements: timed::taken(),
    };
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text(&numbers, &process)))
}

/// What only this process knows.
#[derive(Debug, Clone, Copy)]
struct Process {
    started_ms: Millis,
    webhooks_refused: u64,
    streams: usize,
    streams_refused: u64,
    resident_bytes: Option<u64>,
    statements: Taken,
}

/// Memory in use, where the system tells it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib: u64 = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Milliseconds as seconds.
struct Seconds(Millis);

impl Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = self.0.max(0);
        write!(f, "{}.{:03}", ms / 1000, ms % 1000)
    }
}

/// The text as it grows, a family of samples at a time.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (at, (label, value)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{}\"", if at == 0 { '{' } else { ',' }, escaped(value));
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }

    fn histogram(&mut self, name: &str, help: &str, of: Histogram, tallies: &[Tally]) {
        let (buckets, sum_ms) = tallies::counted(of, tallies);
        let bounds: Vec<String> = of.bounds_s.iter().map(ToString::to_string).collect();
        self.buckets(name, help, &bounds, &buckets, sum_ms);
    }

    /// A histogram: how many are within each bound and above the one before it, those beyond all last.
    fn buckets<N: Copy + Default + Display + std::ops::AddAssign>(
        &mut self,
        name: &str,
        help: &str,
        bounds: &[String],
        buckets: &[N],
        sum_ms: Millis,
    ) {
        self.family(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        let mut count = N::default();
        for (at, in_bucket) in buckets.iter().enumerate() {
            count += *in_bucket;
            self.sample(&bucket, &[("le", bounds.get(at).map_or("+Inf", String::as_str))], count);
        }
        self.sample(&format!("{name}_sum"), &[], Seconds(sum_ms));
        self.sample(&format!("{name}_count"), &[], count);
    }
}

/// A label's value as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn text(numbers: &Numbers, process: &Process) -> String {
    let mut page = Page::default();
    page.family("ounce_build_info", "gauge", "Always 1; the label is the version of the server that answers.");
    page.sample("ounce_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    page.single("process_start_time_seconds", "gauge", "When the server that answers started, Unix time.", Seconds(process.started_ms));
    if let Some(bytes) = process.resident_bytes {
        page.single("process_resident_memory_bytes", "gauge", "Memory of the server that answers.", bytes);
    }
    page.single(
        "ounce_webhooks_refused_total",
        "counter",
        "Webhooks without a right signature, since the server that answers started.",
        process.webhooks_refused,
    );
    page.single("ounce_log_streams", "gauge", "Logs of jobs that are followed at the server that answers.", process.streams);
    page.single(
        "ounce_log_streams_refused_total",
        "counter",
        "Logs that were not followed because too many were, since the server that answers started.",
        process.streams_refused,
    );
    let bounds = timed::BOUNDS_US.map(|us| format!("{}", us as f64 / 1e6));
    let (taken, sum_ms) = (&process.statements, Millis::try_from(process.statements.sum_us / 1_000).unwrap_or(Millis::MAX));
    let help = "How long statements took in the database, as the server that answers saw it.";
    page.buckets("ounce_statement_duration_seconds", help, &bounds, &taken.counts, sum_ms);
    standing(&mut page, numbers);
    page.single(
        "ounce_delivery_age_seconds",
        "gauge",
        "How long the oldest webhook waits to be looked at; 0: none.",
        Seconds(numbers.delivery_age_ms),
    );
    page.single(
        "ounce_queue_age_seconds",
        "gauge",
        "How long the oldest queued job waits for a runner; 0: none.",
        Seconds(numbers.queue_age_ms),
    );
    page.single(
        "ounce_outbox_age_seconds",
        "gauge",
        "For how long the forge lacks a text it should show; 0: none.",
        Seconds(numbers.outbox_age_ms),
    );
    page.histogram("ounce_job_wait_seconds", "From queued to leased.", tallies::JOB_WAIT, &numbers.tallies);
    page.histogram("ounce_job_duration_seconds", "From leased to done, of jobs that were done.", tallies::JOB_TIME, &numbers.tallies);
    page.histogram(
        "ounce_post_latency_seconds",
        "From when a text could stand on the forge to when it did.",
        tallies::POST_TIME,
        &numbers.tallies,
    );
    let one = |name: &str| numbers.tallies.iter().find(|t| t.name == name).map_or(0, |t| t.value);
    let reused = "Sides of jobs whose benchmarks were not run again: the same bytes had been.";
    page.single("ounce_results_reused_total", "counter", reused, one(tallies::REUSED));
    let failed = one(tallies::POSTS_FAILED);
    page.single("ounce_posts_failed_total", "counter", "Attempts to write to the forge that failed.", failed);
    runners(&mut page, numbers);
    page.family("ounce_units", "gauge", "Units of runners' labs, by health; the page /lab says more of each.");
    for (health, count) in &numbers.units {
        page.sample("ounce_units", &[("health", health.word())], count);
    }
    page.0
}

fn standing(page: &mut Page, numbers: &Numbers) {
    let families = [
        (numbers::DELIVERIES, "ounce_deliveries", "Webhooks kept, by state."),
        (numbers::RUNS, "ounce_runs", "Runs, by state."),
        (numbers::JOBS, "ounce_jobs", "Jobs, by state."),
    ];
    for (of, name, help) in families {
        page.family(name, "gauge", help);
        for standing in numbers.standing.iter().filter(|s| s.of == of) {
            page.sample(name, &[("state", &standing.state)], standing.count);
        }
    }
    page.family("ounce_outbox", "gauge", "Texts for the forge: yet to be sent, or given up.");
    page.sample("ounce_outbox", &[("state", "due")], numbers.outbox_due);
    page.sample("ounce_outbox", &[("state", "given_up")], numbers.outbox_given_up);
}

fn runners(page: &mut Page, numbers: &Numbers) {
    page.single(
        "ounce_runners_present",
        "gauge",
        "Runners that asked for work within the last minute, or are at it.",
        numbers.runners_present,
    );
    page.single(
        "ounce_runners_aside",
        "gauge",
        "Runners set aside because they failed again and again; `ounce-server runner list` says why.",
        numbers.runners_aside,
    );
    page.family("ounce_runner_seen_age_seconds", "gauge", "How long ago the runner asked for work. A runner that works does not ask.");
    for runner in &numbers.runners {
        if let Some(ago) = runner.seen_ms {
            page.sample("ounce_runner_seen_age_seconds", &[("runner", &runner.name)], Seconds(ago));
        }
    }
    page.family("ounce_runner_leases", "gauge", "Jobs the runner holds.");
    for runner in &numbers.runners {
        page.sample("ounce_runner_leases", &[("runner", &runner.name)], runner.leases);
    }
    let mut given: BTreeMap<&str, i64> = numbers.runners.iter().map(|r| (r.name.as_str(), 0)).collect();
    let mut ended: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for runner in &numbers.runners {
        ended.extend(Ended::ALL.map(|how| ((runner.name.as_str(), how.word()), 0)));
    }
    for tally in &numbers.tallies {
        let runner = if given.contains_key(tally.runner.as_str()) { tally.runner.as_str() } else { OTHERS };
        match tally.name.as_str() {
            tallies::LEASES => *given.entry(runner).or_default() += tally.value,
            tallies::LEASES_ENDED => *ended.entry((runner, &tally.label)).or_default() += tally.value,
            _ => {}
        }
    }
    page.family("ounce_leases_total", "counter", "Leases given, by runner.");
    for (runner, count) in given {
        page.sample("ounce_leases_total", &[("runner", runner)], count);
    }
    page.family("ounce_leases_ended_total", "counter", "Leases that ended, by runner and how; lost: the runner was not heard of any more.");
    for ((runner, how), count) in ended {
        page.sample("ounce_leases_ended_total", &[("runner", runner), ("result", how)], count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::numbers::RunnerNumbers;

    const PROCESS: Process = Process {
        started_ms: 1_700_000_000_250,
        webhooks_refused: 3,
        streams: 2,
        streams_refused: 1,
        resident_bytes: None,
        statements: Taken { counts: [0; 13], sum_us: 0 },
    };

    fn tally(name: &str, runner: &str, label: &str, value: i64) -> Tally {
        Tally { name: name.into(), runner: runner.into(), label: label.into(), value }
    }

    #[test]
    fn a_histogram_is_cumulated_and_in_seconds() {
        let tallies = [
            tally("post_time", "", "1000", 2),
            tally("post_time", "lab1", "5000", 1),
            tally("post_time", "", "inf", 1),
            tally("post_time", "", "sum", 2_003_500),
        ];
        let text = text(&Numbers { tallies: tallies.to_vec(), ..Numbers::default() }, &PROCESS);
        let lines: Vec<&str> = text.lines().filter(|l| l.contains("post_latency")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        # HELP ounce_post_latency_seconds From when a text could stand on the forge to when it did.
        # TYPE ounce_post_latency_seconds histogram
        ounce_post_latency_seconds_bucket{le="1"} 2
        ounce_post_latency_seconds_bucket{le="2"} 2
        ounce_post_latency_seconds_bucket{le="5"} 3
        ounce_post_latency_seconds_bucket{le="10"} 3
        ounce_post_latency_seconds_bucket{le="30"} 3
        ounce_post_latency_seconds_bucket{le="60"} 3
        ounce_post_latency_seconds_bucket{le="300"} 3
        ounce_post_latency_seconds_bucket{le="1800"} 3
        ounce_post_latency_seconds_bucket{le="+Inf"} 4
        ounce_post_latency_seconds_sum 2003.500
        ounce_post_latency_seconds_count 4
        "#);
    }

    #[test]
    fn runners_beyond_those_told_apart_are_counted_together() {
        let known = RunnerNumbers { name: "lab1".into(), seen_ms: Some(1_500), leases: 1 };
        let tallies = vec![
            tally("leases", "lab1", "", 5),
            tally("leases", "z1", "", 2),
            tally("leases", "z2", "", 3),
            tally("leases_ended", "lab1", "done", 4),
            tally("leases_ended", "z1", "lost", 1),
            tally("leases_ended", "z2", "lost", 1),
        ];
        let text = text(&Numbers { runners: vec![known], tallies, ..Numbers::default() }, &PROCESS);
        let lines: Vec<&str> = text.lines().filter(|l| l.contains("runner=")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        ounce_runner_seen_age_seconds{runner="lab1"} 1.500
        ounce_runner_leases{runner="lab1"} 1
        ounce_leases_total{runner="(others)"} 5
        ounce_leases_total{runner="lab1"} 5
        ounce_leases_ended_total{runner="(others)",result="lost"} 2
        ounce_leases_ended_total{runner="lab1",result="done"} 4
        ounce_leases_ended_total{runner="lab1",result="given_back"} 0
        ounce_leases_ended_total{runner="lab1",result="infra"} 0
        ounce_leases_ended_total{runner="lab1",result="lost"} 0
        ounce_leases_ended_total{runner="lab1",result="superseded"} 0
        ounce_leases_ended_total{runner="lab1",result="timeout"} 0
        "#);
    }

    #[test]
    fn every_family_says_what_it_is_and_stands_together() {
        let text = text(&Numbers::default(), &PROCESS);
        let mut seen: Vec<&str> = Vec::new();
        for line in text.lines().filter(|l| !l.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            let declared = text.contains(&format!("# HELP {family} ")) && text.contains(&format!("# TYPE {family} "));
            assert!(declared, "{family} has no HELP or TYPE");
            assert_eq!(text.contains(&format!("# TYPE {family} counter")), family.ends_with("_total"), "{family}: counters end in _total");
            if seen.last() != Some(&family) {
                assert!(!seen.contains(&family), "{family} stands in two places");
                seen.push(family);
            }
        }
        assert!(text.contains("process_start_time_seconds 1700000000.250\n") && text.ends_with('\n'));
    }

    #[test]
    fn a_label_cannot_end_its_line() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
