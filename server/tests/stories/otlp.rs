//! Traces: what a collector is told, what it never is, and that it is never waited for.

use crate::database::on_postgres;
use crate::world::{REPO, SECRET, World};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use ounce_protocol::job::LEASE_MS;
use ounce_server::config::{Account, Config};
use ounce_server::logging::{self, Format};
use ounce_server::otlp::{BATCH_SPANS_MAX, Otlp, QUEUE_SPANS_MAX};
use ounce_server::serve::SHUTDOWN_MS_MAX;
use ounce_server::trace;
use ounce_server::web::access::ROUTES;
use ounce_server::web::webhook;
use ounce_server::work::housekeeping::SWEEP_MS;
use prost::Message as _;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::EnvFilter;

/// What proves to the collector who we are.
const BEARER: &str = "sesame-of-the-collector";
/// What is in every text of a stranger, and must be in no span.
const STRANGER: &str = "str4nger";
/// Much longer than anything takes that is not held up.
const GENEROUS: Duration = Duration::from_secs(30);

/// A receiver of traces. It and who sends to it have a thread of their own, so that neither waits for the story: a sender waits for no collector
/// for long, and what it could not send is lost.
struct Collector {
    url: String,
    posts: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    runtime: Option<Runtime>,
}

impl Drop for Collector {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Collector {
    /// One that takes what it is sent.
    async fn new() -> Collector {
        Collector::that(false).await
    }

    async fn that(hangs: bool) -> Collector {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.spawn(TcpListener::bind("127.0.0.1:0")).await.unwrap().unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let posts = Arc::new(Mutex::new(Vec::new()));
        let take = async move |State(posts): State<Arc<Mutex<Vec<_>>>>, headers: HeaderMap, body: Bytes| {
            posts.lock().unwrap().push((headers, body));
            if hangs {
                std::future::pending::<()>().await;
            }
            StatusCode::OK
        };
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&posts));
        runtime.spawn(async { axum::serve(listener, router).await });
        Collector { url, posts, runtime: Some(runtime) }
    }

    fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        let decoded = |(_, body): &(HeaderMap, Bytes)| ExportTraceServiceRequest::decode(body.clone()).unwrap();
        self.posts.lock().unwrap().iter().map(decoded).collect()
    }

    fn spans(&self) -> Vec<Told> {
        let resources = self.requests().into_iter().flat_map(|request| request.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).map(Told::from).collect()
    }

    /// The first span of this name with these attributes.
    fn told(&self, name: &str, attributes: &[(&str, &str)]) -> Option<Told> {
        let has = |span: &Told| attributes.iter().all(|(key, value)| span.attributes.get(*key).is_some_and(|v| v == value));
        self.spans().into_iter().find(|span| span.name == name && has(span))
    }
}

/// A span, with its attributes as texts.
#[derive(Debug)]
struct Told {
    name: String,
    kind: SpanKind,
    attributes: BTreeMap<String, String>,
    events: usize,
}

impl From<Span> for Told {
    fn from(span: Span) -> Told {
        let (kind, events) = (span.kind(), span.events.len());
        Told { name: span.name, kind, attributes: texts(span.attributes), events }
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("an attribute of another kind: {other:?}"),
    };
    attributes.into_iter().map(|a| (a.key, text(a.value.unwrap().value.unwrap()))).collect()
}

/// A configuration with this table, beside the file of its headers.
fn written(folder: &Path, table: &str) -> String {
    std::fs::write(folder.join("otlp.headers"), format!("Authorization: Bearer {BEARER}\n")).unwrap();
    format!(
        "listen = \"127.0.0.1:0\"\nprojects = [\"{REPO}\"]\n[forge]\napi_url = \"http://127.0.0.1:9\"\ntoken = \"none\"\n\
         webhook_secrets = [\"{SECRET}\"]\n[otlp]\nheaders_file = \"otlp.headers\"\n{table}\n"
    )
}

/// A second subscriber, which takes nothing. Where there is only one, tracing asks nobody but the thread that reaches a place in the code first
/// whether that place is of interest, for all threads and for good: a story that runs beside and has no subscriber would switch it off.
static ANOTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// Has what this thread does from now on told to a collector. What is logged goes to nobody.
fn collect(collector: &Collector, sample: f64) -> (Otlp, tracing::subscriber::DefaultGuard) {
    LazyLock::force(&ANOTHER);
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &format!("endpoint = \"{}\"\nsample = {sample:?}", collector.url));
    let config = Config::parse(&config, folder.path(), &|_| None).unwrap().otlp.unwrap();
    let otlp = Otlp::start(&config, collector.runtime.as_ref().unwrap().handle()).unwrap();
    let log = logging::subscriber(Format::Text, EnvFilter::new("info"), false, std::io::sink, Some(otlp.spans()));
    (otlp, tracing::subscriber::set_default(log))
}

#[tokio::test]
async fn a_pull_request_is_told_span_by_span_and_no_secret_with_it() {
    let collector = Collector::new().await;
    let (otlp, _collecting) = collect(&collector, 1.0);
    let mut world = World::new().await;

    // Everything that somebody else can say.
    let unsigned = world.http.post(world.url(webhook::PATH)).header("x-github-event", STRANGER).body(STRANGER);
    assert_eq!(unsigned.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let strange = reqwest::Method::from_bytes(STRANGER.to_uppercase().as_bytes()).unwrap();
    for (method, path) in [(strange, "/healthz"), (reqwest::Method::GET, "/login/callback"), (reqwest::Method::GET, "/nowhere")] {
        let request = world.http.request(method, world.url(&format!("{path}?code={STRANGER}&state={STRANGER}")));
        request.header("cookie", STRANGER).header("user-agent", STRANGER).bearer_auth(STRANGER).send().await.unwrap();
    }
    let nobodys = world.http.get(world.url(&format!("/p/{STRANGER}/{STRANGER}")));
    nobodys.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").send().await.unwrap();

    // A pull request's life, with a runner that vanishes in it.
    let pull = world.pull(STRANGER).await;
    let runner = world.runner("desk").await;
    let vanished = world.runner("lab").await.claim().await;
    world.pass(LEASE_MS + SWEEP_MS as i64 + 1_000);
    world.row("a job that came back", "SELECT COUNT(*) FROM jobs WHERE state = 'queued' HAVING COUNT(*) = 2").await;
    let mut leases = vec![vanished];
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, 1_000, 1_000).await;
        leases.push(lease);
    }
    world.comment_saying(pull, "No change").await;
    world.stop().await;
    otlp.end(GENEROUS).await;

    let run = world.count("SELECT id FROM runs").await.to_string();
    let delivery = world.count("SELECT id FROM deliveries WHERE event = 'pull_request'").await.to_string();
    let installation = world.count("SELECT installation_id FROM projects").await.to_string();
    let (lapsed, job) = (leases[0].job.to_string(), leases[2].job.to_string());
    let expected: [(&str, &[(&str, &str)]); 9] = [
        (
            "POST /webhooks/github",
            &[("http.request.method", "POST"), ("http.route", "/webhooks/github"), ("http.response.status_code", "202")],
        ),
        ("POST /webhooks/github", &[("http.response.status_code", "401")]),
        ("HTTP /healthz", &[("http.request.method", "_OTHER"), ("http.response.status_code", "405")]),
        ("POST /api/runner/v1/claim", &[("job", &job), ("http.response.status_code", "200")]),
        ("POST /api/runner/v1/jobs/{id}/measurement", &[("job", &job), ("http.response.status_code", "204")]),
        ("plan", &[("delivery", &delivery), ("run", &run)]),
        ("sweep", &[("jobs", &lapsed)]),
        ("judge", &[("run", &run)]),
        ("publish", &[("run", &run), ("installation", &installation)]),
    ];
    for (name, attributes) in expected {
        let what = format!("{name} with {attributes:?}");
        let span = world.eventually(&what, || collector.told(name, attributes)).await;
        let kind = if name.contains('/') { SpanKind::Server } else { SpanKind::Internal };
        assert_eq!(span.kind, kind, "{what}");
    }

    let steps = ["plan", "judge", "publish", "bisect", "sweep", "tidy"];
    for span in collector.spans() {
        assert_eq!(span.events, 0, "a line of the log is in {span:?}");
        assert!(!span.attributes.is_empty(), "a look in vain is told: {span:?}");
        let (verb, route) = span.name.split_once(' ').unwrap_or((&span.name, ""));
        let is_request = ["GET", "POST", "HTTP"].contains(&verb) && (route.is_empty() || ROUTES.iter().any(|(r, _)| *r == route));
        assert!(is_request || steps.contains(&span.name.as_str()), "a stranger's name: {span:?}");
    }
    for request in collector.requests() {
        for resource in request.resource_spans {
            let of = texts(resource.resource.unwrap().attributes);
            assert_eq!((of["service.name"].as_str(), of["service.version"].as_str()), ("ounce-server", env!("CARGO_PKG_VERSION")));
            let traces = resource.scope_spans.into_iter().flat_map(|scope| scope.spans).map(|span| hex::encode(span.trace_id));
            assert!(traces.into_iter().all(|id| id != "0af7651916cd43dd8448eb211c80319c"), "a stranger's trace is carried on");
        }
    }
    let Account::Token(token) = &world.config.forge.account else { panic!("{:?}", world.config) };
    let mut secrets = vec![SECRET, BEARER, STRANGER, &runner.token, token.expose()];
    secrets.extend(leases.iter().map(|lease| lease.job_token.as_str()));
    for (headers, body) in collector.posts.lock().unwrap().iter() {
        assert_eq!(headers["authorization"], format!("Bearer {BEARER}"));
        assert_eq!(headers["content-type"], "application/x-protobuf");
        for secret in &secrets {
            assert!(!body.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} was sent to the collector");
        }
    }
}

#[tokio::test]
async fn what_a_story_beside_reaches_first_is_told_all_the_same() {
    let collector = Collector::new().await;
    let (otlp, _collecting) = collect(&collector, 1.0);
    let reach = || tracing::info_span!(target: trace::TARGET, "judge", run = 7).in_scope(|| {});
    std::thread::spawn(reach).join().unwrap();
    reach();
    otlp.end(GENEROUS).await;
    assert_eq!(collector.spans().len(), 1);
}

#[tokio::test]
async fn no_part_of_the_traces_is_none_of_them() {
    for (sample, spans) in [(0.0, 0), (1.0, 1)] {
        let collector = Collector::new().await;
        let (otlp, collecting) = collect(&collector, sample);
        trace::step("judge").in_scope(|| trace::about("run", 7));
        drop(collecting);
        otlp.end(GENEROUS).await;
        assert_eq!(collector.spans().len(), spans, "a part of {sample}");
    }
}

/// A client of a story without a double, which installs what TLS is made of.
fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(GENEROUS).build().unwrap()
}

/// The program itself, serving.
struct Program {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Program {
    #[expect(clippy::disallowed_methods, reason = "it is ended below, whatever happens")]
    fn serve(table: &str, endpoint: &str) -> Program {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ounce-server.toml"), written(folder.path(), table)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ounce-server"));
        command.env_clear().current_dir(folder.path()).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        let checked = command.arg("check-config").output().unwrap();
        let checked = String::from_utf8(checked.stdout).unwrap();
        assert!(checked.contains(&format!("{endpoint}/v1/traces, headers 1")) && !checked.contains(BEARER), "{checked}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_ounce-server"));
        command.env_clear().current_dir(folder.path()).env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint);
        let mut child = command.arg("serve").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
        Program { child, url, _folder: folder }
    }

    /// Asks it to end; gives how long that took, and what it said on stderr.
    #[expect(clippy::disallowed_methods, reason = "sending a signal ends at once")]
    async fn end(mut self) -> (Duration, String) {
        let begin = Instant::now();
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        while self.child.try_wait().unwrap().is_none() {
            assert!(begin.elapsed() < 2 * GENEROUS, "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let took = begin.elapsed();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success(), "{said}");
        assert!(!said.contains(BEARER), "{said}");
        (took, said)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn what_is_not_sent_yet_is_sent_before_the_program_ends() {
    if on_postgres() {
        return;
    }
    let (collector, other) = (Collector::new().await, Collector::new().await);
    let program = Program::serve(&format!("endpoint = \"{}\"", other.url), &collector.url);
    let answer = http().post(format!("{}{}", program.url, webhook::PATH)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let (_, said) = program.end().await;
    let status = ("http.response.status_code", "401");
    assert!(collector.told("POST /webhooks/github", &[status]).is_some(), "{:?}\n{said}", collector.spans());
    assert_eq!(collector.posts.lock().unwrap()[0].0["authorization"], format!("Bearer {BEARER}"));
    assert!(other.posts.lock().unwrap().is_empty(), "the variable goes over the file");
}

#[tokio::test]
async fn a_collector_that_hangs_or_is_gone_holds_up_neither_a_request_nor_the_end() {
    if on_postgres() {
        return;
    }
    let hanging = Collector::that(true).await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (what, url) in [("hangs", hanging.url.clone()), ("is gone", format!("http://{gone}"))] {
        let program = Program::serve("", &url);
        let http = http();
        let begin = Instant::now();
        // More than there is room for.
        for _ in 0..QUEUE_SPANS_MAX + 2 * BATCH_SPANS_MAX {
            assert_eq!(http.get(format!("{}/healthz", program.url)).send().await.unwrap().status(), StatusCode::OK, "{what}");
        }
        let took = begin.elapsed();
        assert!(took < 6 * GENEROUS, "requests were held up by a collector that {what}: {took:?}");
        let (took, said) = program.end().await;
        assert!(took < Duration::from_millis(SHUTDOWN_MS_MAX), "the end was held up by a collector that {what}: {took:?}");
        let told = said.matches("the collector does not take traces").count();
        let ended = said.matches("the last traces did not reach the collector").count();
        match what {
            "hangs" => assert!(!hanging.posts.lock().unwrap().is_empty() && told <= 1 && ended == 1, "{said}"),
            _ => assert!(told == 1 && said.contains("refused"), "each batch that was lost is told: {said}"),
        }
    }
}
