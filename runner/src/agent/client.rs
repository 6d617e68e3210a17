//! The runner API over HTTP, from the runner's side. Retries what the network loses, never what the server refuses.

use anyhow::{Context, Result, bail};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::runner_api::{
    ASIDE_HEADER, ApiError, Claim, Earlier, EarlierAnswer, Enroll, Enrolled, Finish, Heartbeat, HeartbeatAnswer, Lease, PROTOCOL,
    PROTOCOL_HEADER, ROTATE, ROTATE_HEADER, Upload,
};
use reqwest::{Method, Response, StatusCode};
use serde::Serialize;
use std::time::Duration;

/// Tries of one request before the server counts as gone.
const TRIES_MAX: u32 = 6;
/// How long the results of a job, which took its time, wait for a server that is away: an update of it, a reboot of its machine.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// Longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// A server, and who we are there.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    patience: Duration,
}

/// How long a request that is lost is made again.
#[derive(Debug, Clone, Copy)]
enum Persist {
    /// [`TRIES_MAX`] times, some seconds.
    Tries,
    /// As long as the client's patience lasts.
    Patience,
}

/// What a claim brought.
#[derive(Debug)]
pub enum Claimed {
    /// Work.
    Work(Box<Lease>),
    /// There is none now.
    Nothing,
    /// There will be none: the server set this runner aside, and says why.
    Aside(String),
}

/// The server understood a request and will not do it: the same request will not be made again.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {status}: {said}")]
pub struct Refused {
    path: String,
    status: StatusCode,
    said: String,
}

/// The server said that the job is no longer ours.
#[derive(Debug, thiserror::Error)]
#[error("the job is no longer ours: {0}")]
pub struct Gone(pub String);

/// The server does not know the token.
#[derive(Debug, thiserror::Error)]
#[error("{path}: the server does not know this runner ({said}): enrol it with `ounce agent --enroll CODE`")]
pub struct Unknown {
    path: String,
    said: String,
}

impl Client {
    /// A client for `https://host` with the runner's token, where it has one already.
    ///
    /// # Errors
    /// Where the address is no HTTP address.
    pub fn new(server: &str, token: Option<String>) -> Result<Client> {
        if !(server.starts_with("http://") || server.starts_with("https://")) {
            bail!("--server {server:?} is no address: it begins with https:// (or http:// on one machine)");
        }
        // One provider for TLS in the whole process; a second call is harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .user_agent(concat!("ounce/", env!("CARGO_PKG_VERSION")));
        // A proxy's own loopback is another machine's.
        if is_loopback(server) {
            http = http.no_proxy();
        }
        Ok(Client { http: http.build()?, base: format!("{}/api/runner/v1", server.trim_end_matches('/')), token, patience: PATIENCE })
    }

    /// The same with another token: the runner's, or a lease's.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Asks for a token that is to follow ours.
    ///
    /// # Errors
    /// Where the server refuses or cannot be reached.
    pub async fn rotate(&self) -> Result<String> {
        let answer = self.send("rotate", &(), Persist::Tries).await?;
        Ok(answer.json::<Enrolled>().await.context("the server's answer is not understood")?.token)
    }

    /// Uses our token, which ends the one before it. False where the server does not know it.
    ///
    /// # Errors
    /// Where the server cannot be reached.
    pub async fn confirm(&self) -> Result<bool> {
        match self.send("confirm", &(), Persist::Tries).await {
            Ok(_) => Ok(true),
            Err(error) if error.is::<Unknown>() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Turns an enrolment code into a token.
    ///
    /// # Errors
    /// Where the code is unknown or used.
    pub async fn enroll(&self, code: &str, name: &RunnerName) -> Result<String> {
        let answer = self.send("enroll", &Enroll { code: code.to_owned(), name: name.clone() }, Persist::Tries).await?;
        Ok(answer.json::<Enrolled>().await.context("the server's answer is not understood")?.token)
    }

    /// Waits for work. With it: whether our token is old enough to be followed by another.
    ///
    /// # Errors
    /// Where the server refuses or cannot be reached.
    pub async fn claim(&self, claim: &Claim) -> Result<(Claimed, bool)> {
        let answer = self.send("claim", claim, Persist::Tries).await?;
        let rotate = answer.headers().get(ROTATE_HEADER).is_some_and(|value| value == ROTATE);
        if answer.status() == StatusCode::NO_CONTENT {
            let aside = answer.headers().get(ASIDE_HEADER).and_then(|why| why.to_str().ok());
            return Ok((aside.map_or(Claimed::Nothing, |why| Claimed::Aside(why.to_owned())), rotate));
        }
        let lease = answer.json().await.context("the server's lease is not understood: is it of the same version?")?;
        Ok((Claimed::Work(Box::new(lease)), rotate))
    }

    /// Says that we are alive.
    ///
    /// # Errors
    /// [`Gone`] where the lease is another's.
    pub async fn heartbeat(&self, job: i64, heartbeat: &Heartbeat) -> Result<HeartbeatAnswer> {
        let answer = self.send(&format!("jobs/{job}/heartbeat"), heartbeat, Persist::Tries).await?;
        answer.json().await.context("the server's answer is not understood")
    }

    /// Asks whether what is to be run was measured before. A server that does not know the question knows nothing.
    ///
    /// # Errors
    /// [`Gone`] where the lease is another's; where the server cannot be reached.
    pub async fn earlier(&self, job: i64, earlier: &Earlier) -> Result<EarlierAnswer> {
        match self.send(&format!("jobs/{job}/earlier"), earlier, Persist::Tries).await {
            Ok(answer) => answer.json().await.context("the server's answer is not understood"),
            Err(error) if error.downcast_ref::<Refused>().is_some() => Ok(EarlierAnswer::default()),
            Err(error) => Err(error),
        }
    }

    /// Sends one side's figures, waiting for a server that is away.
    ///
    /// # Errors
    /// [`Gone`] where the lease is another's, [`Refused`] where the server does not take them.
    pub async fn upload(&self, job: i64, upload: &Upload) -> Result<()> {
        self.send(&format!("jobs/{job}/measurement"), upload, Persist::Patience).await.map(drop)
    }

    /// Ends the job, waiting for a server that is away.
    ///
    /// # Errors
    /// [`Gone`] where the lease is another's, [`Refused`] where the server does not take it.
    pub async fn finish(&self, job: i64, finish: &Finish) -> Result<()> {
        self.send(&format!("jobs/{job}/finish"), finish, Persist::Patience).await.map(drop)
    }

    async fn send(&self, path: &str, body: &impl Serialize, persist: Persist) -> Result<Response> {
        let began = tokio::time::Instant::now();
        let url = format!("{}/{path}", self.base);
        let mut pause = Duration::from_millis(200);
        for attempt in 1.. {
            let mut request = self.http.request(Method::POST, &url).header(PROTOCOL_HEADER, PROTOCOL).json(body);
            if let Some(token) = &self.token {
                request = request.bearer_auth(token);
            }
            let lost = match request.send().await {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) if is_lost(answer.status()) => format!("the server answered {}", answer.status()),
                Ok(answer) => return Err(refusal(path, answer).await),
                Err(error) => format!("{error:#}"),
            };
            let enough = match persist {
                Persist::Tries => attempt >= TRIES_MAX,
                Persist::Patience => began.elapsed() >= self.patience,
            };
            if enough {
                bail!("{path}: {lost} ({attempt} tries in {} s)", began.elapsed().as_secs());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        unreachable!("the loop ends by returning")
    }
}

/// Whether an address is on this very machine.
fn is_loopback(address: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(address) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether an answer says nothing about the request itself, so that it can be made again: the server has trouble, or too much to do.
fn is_lost(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

async fn refusal(path: &str, answer: Response) -> anyhow::Error {
    let status = answer.status();
    let spoken = answer.headers().get(PROTOCOL_HEADER).and_then(|v| v.to_str().ok()).unwrap_or("?").to_owned();
    let said = answer.json::<ApiError>().await.map(|e| e.error).unwrap_or_default();
    match status {
        StatusCode::CONFLICT => Gone(said).into(),
        // The token of a lease: its runner was revoked, or the lease is long over.
        StatusCode::UNAUTHORIZED if path.starts_with("jobs/") => Gone(said).into(),
        StatusCode::UNAUTHORIZED => Unknown { path: path.to_owned(), said }.into(),
        StatusCode::UPGRADE_REQUIRED => {
            anyhow::anyhow!("{path}: the server speaks protocol {spoken}, this ounce speaks {PROTOCOL}: update the older of the two")
        }
        status => Refused { path: path.to_owned(), status, said }.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::fake::Fake;
    use ounce_protocol::measurement::{Measurement, Outcome, Stage};
    use ounce_protocol::runner_api::End;

    #[tokio::test]
    async fn results_wait_for_a_server_that_is_away_and_stop_where_it_refuses() {
        let check = async |answers: &'static [u16], patience_s: u64, says: &str, tries: usize| {
            let server = Fake::start(move |_, nth| answers[nth.min(answers.len() - 1)]).await;
            let patience = Duration::from_secs(patience_s);
            let client = Client { patience, ..Client::new(&server.address, None).unwrap() };
            let done = client.finish(7, &Finish { token: 1, end: End::Done }).await;
            let said = done.as_ref().map_or_else(|error| format!("{error:#}"), |()| "done".into());
            assert!(said.contains(says), "{answers:?}: {said}");
            assert_eq!(server.paths().len(), tries, "{answers:?}");
        };
        let figures = async {
            let server = Fake::start(|_, _| 503).await;
            let client = Client { patience: Duration::from_secs(1), ..Client::new(&server.address, None).unwrap() };
            let measurement = Measurement {
                run_key: None,
                reused: None,
                schema: ounce_protocol::measurement::SCHEMA,
                board: ounce_protocol::BoardName::parse("b").unwrap(),
                commit: ounce_protocol::CommitSha::parse(&"0".repeat(40)).unwrap(),
                fingerprint: Default::default(),
                outcome: Outcome::Failed { stage: Stage::Build, log_tail: String::new() },
            };
            let error = client.upload(7, &Upload { token: 1, measurement }).await.unwrap_err();
            assert!(error.to_string().contains("tries in 1 s"), "{error:#}");
        };
        tokio::join!(
            figures,
            check(&[503, 500, 429, 408, 204], 600, "done", 5),
            check(&[409], 600, "no longer ours", 1),
            check(&[503, 409], 600, "no longer ours", 2),
            check(&[401], 600, "no longer ours", 1),
            check(&[422], 600, "422", 1),
            check(&[503], 1, "tries in 1 s", 4),
        );
    }

    #[test]
    fn this_machine_has_many_names() {
        let check = |address: &str, loopback: bool| assert_eq!(is_loopback(address), loopback, "{address}");
        check("http://127.0.0.1:8080", true);
        check("http://127.1.2.3/", true);
        check("http://LOCALHOST:1", true);
        check("http://[::1]:8080/x", true);
        check("https://localhost.example", false);
        check("https://ounce.example/127.0.0.1", false);
        check("https://10.0.0.1", false);
    }

    #[tokio::test]
    async fn a_claim_is_tried_some_times_only() {
        let server = Fake::start(|_, _| 503).await;
        let client = Client::new(&server.address, None).unwrap();
        let claim = Claim { wait_ms: 0, can_run: vec![], sandbox: false, works_on: vec![], units: vec![] };
        assert!(client.claim(&claim).await.unwrap_err().to_string().contains("(6 tries"));
    }
}
