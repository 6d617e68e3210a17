//! Prism between a server and the double: each request is held against GitHub's description before the double sees it, and each
//! answer before the server does. What is not as described comes to no good: a 4xx for the request, a 500 for the answer.
//!
//! A relay stands before Prism, for what Prism cannot do, and remembers what was said.

use super::fetch::command;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Method, Uri};
use axum::response::Response;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::process::Child;

/// Longest request, bytes.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// What a path's last part follows that may hold slashes, which Prism wants as %2F.
const BEFORE_SLASHES: [&str; 2] = ["/git/ref/", "/contents/"];

/// Ends with its value.
pub struct Prism {
    /// What the server is to take for GitHub's API.
    pub url: String,
    between: Arc<Between>,
    relay: tokio::task::JoinHandle<()>,
    _child: Child,
}

struct Between {
    prism: String,
    double: String,
    http: reqwest::Client,
    /// All operations of the description.
    described: BTreeSet<String>,
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    /// What was not as described.
    objections: Vec<String>,
    /// The operations that were asked for and answered with success.
    done: BTreeSet<String>,
}

impl Drop for Prism {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

impl Prism {
    /// Before the double at this address.
    pub async fn before(double: &str, description: &Path) -> Prism {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = description.with_file_name("prism").join("node_modules/.bin/prism");
        let mut prism = command(&program);
        prism.args(["proxy", "--errors", "--host", "127.0.0.1", "--port", &port.to_string()]).arg(description).arg(double);
        let child = prism.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let prism = format!("http://127.0.0.1:{port}");
        let mut tries = 0;
        while http.get(&prism).send().await.is_err() {
            tries += 1;
            assert!(tries < 300, "Prism does not start");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let described = operations(description);
        let between = Arc::new(Between { prism, double: double.to_owned(), http, described, heard: Mutex::default() });
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(relay).with_state(between.clone());
        let relay = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Prism { url, between, relay, _child: child }
    }

    /// What was not as described, since this was last asked.
    pub fn objections(&self) -> Vec<String> {
        std::mem::take(&mut self.between.heard.lock().unwrap().objections)
    }

    /// The operations that were asked for and answered with success.
    pub fn done(&self) -> BTreeSet<String> {
        self.between.heard.lock().unwrap().done.clone()
    }
}

/// A description's operations, as `GET /user`.
pub fn operations(description: &Path) -> BTreeSet<String> {
    let description: Value = serde_json::from_slice(&std::fs::read(description).unwrap()).unwrap();
    let paths = description["paths"].as_object().unwrap().iter();
    let of_path = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().unwrap().keys().filter(|name| *name != "parameters");
        methods.map(|method| format!("{} {path}", method.to_uppercase())).collect::<Vec<_>>()
    };
    paths.flat_map(of_path).collect()
}

/// Whether this is a request for that operation.
fn is_of(operation: &str, method: &Method, path: &str) -> bool {
    let (wanted, template) = operation.split_once(' ').unwrap();
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    let fits = |(template, part): (&&str, &&str)| template.starts_with('{') || template == part;
    wanted == method.as_str() && template.len() == path.len() && template.iter().zip(&path).all(fits)
}

fn as_prism_wants(uri: &Uri) -> String {
    let path = uri.path();
    let slashes = BEFORE_SLASHES.iter().find_map(|part| path.split_once(part).map(|(before, after)| (before, part, after)));
    slashes.map_or_else(|| path.to_owned(), |(before, part, after)| format!("{before}{part}{}", after.replace('/', "%2F")))
}

async fn relay(State(between): State<Arc<Between>>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.unwrap();
    let (path, query) = (as_prism_wants(&head.uri), head.uri.query().map_or(String::new(), |query| format!("?{query}")));
    for name in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
        head.headers.remove(name);
    }
    let send = async |to: &str, accept: Option<HeaderValue>| {
        let mut headers = head.headers.clone();
        if let Some(accept) = accept {
            headers.insert(ACCEPT, accept);
        }
        let request = between.http.request(head.method.clone(), format!("{to}{path}{query}")).headers(headers).body(body.clone());
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        (status, headers, answer.bytes().await.unwrap())
    };
    // The raw form of a file stands in the description's prose only, and Prism takes `raw+json` for JSON. The same file is held against
    // the description in its other form.
    let raw = head.headers.get(ACCEPT).is_some_and(|accept| accept.to_str().unwrap().contains(".raw"));
    let (mut status, mut headers, mut answer) = send(&between.prism, raw.then(|| HeaderValue::from_static("application/json"))).await;

    // A refusal that the description does not list for this operation passes: it lists few of those GitHub gives.
    let is_objection = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.to_str().unwrap().starts_with("application/problem"));
    {
        let mut heard = between.heard.lock().unwrap();
        if is_objection {
            let objection = format!("{} {path}{query}: {status} {}", head.method, String::from_utf8_lossy(&answer));
            // Where the story stops for it, this is why.
            eprintln!("{objection}");
            heard.objections.push(objection);
        } else if status.is_success() {
            heard.done.extend(between.described.iter().find(|operation| is_of(operation, &head.method, &path)).cloned());
        }
    }
    if raw && !is_objection {
        (status, headers, answer) = send(&between.double, None).await;
    }
    let mut response = Response::new(Body::from(answer));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING] {
        response.headers_mut().remove(name);
    }
    response
}
