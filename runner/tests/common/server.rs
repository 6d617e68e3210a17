//! A server with work for one agent: gives out leases in their order, and keeps what it is told.

use super::hostile::GOOD;
use super::{Desk, Ran, Running, program};
use ounce_protocol::lab::UnitState;
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The server, until the test is over.
pub struct Server {
    address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    work: VecDeque<Value>,
    claims: Vec<Value>,
    log: String,
    measurements: Vec<Value>,
    /// When each job was given, from the first.
    leased: Vec<Instant>,
    ends: Vec<Ended>,
    /// All that was measured, where this server remembers it.
    known: Option<Vec<Value>>,
}

/// A job that ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its number, from 1 in the order in which jobs were given.
    pub job: usize,
    /// How it ended.
    pub end: Value,
    /// How long the agent had it.
    pub took: Duration,
}

/// What came of one job.
#[derive(Debug)]
pub struct Job {
    /// Its whole log.
    pub log: String,
    /// The base's measurement and the head's, where they came.
    pub measurements: Vec<Value>,
    /// How it ended.
    pub end: Value,
}

impl Server {
    pub fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, state) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(Mutex::new(State::default())));
        let serving = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let state = serving.clone();
                std::thread::spawn(move || answer(stream, &state));
            }
        });
        Server { address, state }
    }

    /// Knows from now on what was measured before.
    pub fn remember(&self) {
        self.state.lock().unwrap().known = Some(Vec::new());
    }

    /// Has an agent of this desk weigh the last commit of the desk's repository against the good one. `trusted` says whose code it is.
    pub fn weigh(&self, desk: &Desk, trusted: bool) -> (Job, Ran) {
        self.weigh_with(desk, trusted, &[])
    }

    /// The same, the agent in another environment.
    pub fn weigh_with(&self, desk: &Desk, trusted: bool, environment: &[(&str, &OsStr)]) -> (Job, Ran) {
        self.put(desk, trusted);
        let ran = self.agent(desk, environment).finish();
        (self.ended(&ran), ran)
    }

    /// There is this work for whoever asks next.
    pub fn put(&self, desk: &Desk, trusted: bool) {
        let manifest = super::must("git", &desk.repo(), &["show", &format!("{GOOD}:ounce.toml")]);
        let work = json!({
            "repo": "owner/name", "trusted": trusted, "clone_url": desk.repo(), "refs": [], "base": desk.id(GOOD), "head": desk.id("HEAD"),
            "board": "an385", "manifest": manifest,
        });
        self.state.lock().unwrap().work.push_back(work);
    }

    /// Starts an agent of this desk that does one job.
    pub fn agent(&self, desk: &Desk, environment: &[(&str, &OsStr)]) -> Running {
        self.agent_told(desk, &["--once"], environment)
    }

    /// The same, told something else.
    pub fn agent_told(&self, desk: &Desk, told: &[&str], environment: &[(&str, &OsStr)]) -> Running {
        let token = desk.beside("token");
        std::fs::write(&token, TOKEN).unwrap();
        let args = ["agent", "--server", &self.address, "--token-file", token.to_str().unwrap()];
        desk.start_ounce_with(&[&args[..], told].concat(), environment)
    }

    /// The jobs that ended, in that order.
    pub fn all_ended(&self) -> Vec<Ended> {
        self.state.lock().unwrap().ends.clone()
    }

    /// What was measured: each commit with its benchmarks, once.
    pub fn figures(&self) -> BTreeSet<String> {
        let state = self.state.lock().unwrap();
        state.measurements.iter().map(|m| format!("{}: {}", m["commit"], m["outcome"]["benches"])).collect()
    }

    /// The jobs that the agent said it works on, of each claim.
    pub fn worked_on(&self) -> Vec<usize> {
        let state = self.state.lock().unwrap();
        state.claims.iter().map(|claim| claim["works_on"].as_array().map_or(0, Vec::len)).collect()
    }

    /// Starts an agent of this desk that goes on until it is stopped.
    pub fn standing_agent(&self, desk: &Desk) -> Running {
        self.agent_from(desk, program())
    }

    /// The same, of another copy of the program.
    pub fn agent_from(&self, desk: &Desk, program: PathBuf) -> Running {
        let token = desk.beside("token");
        std::fs::write(&token, TOKEN).unwrap();
        desk.start(program, &["agent", "--server", &self.address, "--token-file", token.to_str().unwrap()], &[])
    }

    /// What came of the job that ended last.
    pub fn ended(&self, ran: &Ran) -> Job {
        let mut state = self.state.lock().unwrap();
        let end = state.ends.pop().unwrap_or_else(|| panic!("no end: {}", ran.stderr)).end;
        Job { log: std::mem::take(&mut state.log), measurements: std::mem::take(&mut state.measurements), end }
    }

    /// What was logged of the job so far.
    pub fn log(&self) -> String {
        self.state.lock().unwrap().log.clone()
    }

    /// What the agent told of its units, the first time and the last.
    pub fn told(&self) -> (Vec<UnitState>, Vec<UnitState>) {
        let state = self.state.lock().unwrap();
        let told = |claim: Option<&Value>| {
            let units = claim.and_then(|claim| claim.get("units")).cloned();
            units.map_or(vec![], |units| serde_json::from_value(units).unwrap())
        };
        (told(state.claims.first()), told(state.claims.last()))
    }

    /// What the agent that asked last offers.
    pub fn offered(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        state.claims.last().map(|claim| serde_json::from_value(claim["can_run"].clone()).unwrap()).unwrap_or_default()
    }
}

/// The token that the agent has.
pub const TOKEN: &str = "agents-own-token-4b1d";
/// How long a claim waits where there is no work.
const NO_WORK: Duration = Duration::from_millis(200);
/// The token of its lease.
const JOB_TOKEN: &str = "token-of-the-lease-77c0";

impl Job {
    /// The head's outcome.
    #[track_caller]
    pub fn head(&self) -> &Value {
        assert_eq!(self.end["kind"], "done", "{self:?}");
        &self.measurements[1]["outcome"]
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    let (mut bytes, mut part) = (Vec::new(), [0; 16 * 1024]);
    let (head, body) = loop {
        let n = stream.read(&mut part).unwrap_or(0);
        bytes.extend_from_slice(&part[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert!(n > 0, "a request breaks off");
            continue;
        };
        let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
        if body.len() >= length {
            break (head.to_owned(), serde_json::from_str::<Value>(body).unwrap());
        }
        assert!(n > 0, "a body breaks off");
    };
    let mut state = state.lock().unwrap();
    let path = head.split(' ').nth(1).unwrap();
    let proof = if path.contains("/jobs/") { JOB_TOKEN } else { TOKEN };
    assert!(head.lines().any(|l| l.eq_ignore_ascii_case(&format!("authorization: Bearer {proof}"))), "{path}: {head}");
    let answer = match path.rsplit('/').next().unwrap() {
        "claim" => {
            state.claims.push(body);
            let work = state.work.pop_front();
            if work.is_none() {
                // As long as nobody waits for it: an agent asks again at once.
                drop(state);
                std::thread::sleep(NO_WORK);
                return say(stream, None);
            }
            state.leased.push(Instant::now());
            let job = state.leased.len();
            let lease = |work| json!({ "job": job, "token": 1, "job_token": JOB_TOKEN, "lease_ms": 30_000, "heartbeat_ms": 200, "attempt": 1, "work": work });
            work.map(lease)
        }
        "heartbeat" => {
            state.log.push_str(body["log"].as_str().unwrap());
            Some(json!({ "cancel": false }))
        }
        "measurement" => {
            state.measurements.push(body["measurement"].clone());
            let measured = body["measurement"].clone();
            state.known.iter_mut().for_each(|known| known.push(measured.clone()));
            None
        }
        "finish" => {
            let job: usize = path.rsplit('/').nth(1).unwrap().parse().unwrap();
            let took = state.leased[job - 1].elapsed();
            state.ends.push(Ended { job, end: body["end"].clone(), took });
            None
        }
        "earlier" => {
            let same = |m: &&Value| m["run_key"] == body["run_key"] && m["reused"].is_null();
            let found = state.known.iter().flatten().find(same);
            let found = found.map(|m| json!({ "from": { "run": 7, "commit": m["commit"] }, "benches": m["outcome"]["benches"] }));
            Some(json!({ "found": found }))
        }
        other => panic!("{other}"),
    };
    say(stream, answer);
}

fn say(mut stream: TcpStream, answer: Option<Value>) {
    let text = answer.map(|a| a.to_string());
    let status = if text.is_some() { "200 OK" } else { "204 No Content" };
    let length = text.as_ref().map_or(String::new(), |t| format!("content-type: application/json\r\ncontent-length: {}\r\n", t.len()));
    let _ = stream.write_all(format!("HTTP/1.1 {status}\r\n{length}connection: close\r\n\r\n{}", text.unwrap_or_default()).as_bytes());
}
