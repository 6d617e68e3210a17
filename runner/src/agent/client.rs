//! The runner API over HTTP, from the runner's side. Retries what the network loses, never what the server refuses.

use anyhow::{Context, Result, bail};
use ounce_protocol::ids::RunnerName;
use ounce_protocol::runner_api::{
    ApiError, Claim, Enroll, Enrolled, Finish, Heartbeat, HeartbeatAnswer, Lease, PROTOCOL, PROTOCOL_HEADER, Upload,
};
use reqwest::{Method, Response, StatusCode};
use serde::Serialize;
use std::time::Duration;

/// Tries of one request before the server counts as gone.
const TRIES_MAX: u32 = 6;
/// Longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// A server, and who we are there.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// The server said that the job is no longer ours.
#[derive(Debug, thiserror::Error)]
#[error("the job is no longer ours: {0}")]
pub struct Gone(pub String);

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
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .user_agent(concat!("ounce/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Client { http, base: format!("{}/api/runner/v1", server.trim_end_matches('/')), token })
    }

    /// Turns an enrolment code into a token.
    ///
    /// # Errors
    /// Where the code is unknown or used.
    pub async fn enroll(&self, code: &str, name: &RunnerName) -> Result<String> {
        let answer = self.send("enroll", &Enroll { code: code.to_owned(), name: name.clone() }).await?;
        Ok(answer.json::<Enrolled>().await.context("the server's answer is not understood")?.token)
    }

    /// Waits for work.
    ///
    /// # Errors
    /// Where the server refuses or cannot be reached.
    pub async fn claim(&self, claim: &Claim) -> Result<Option<Lease>> {
        let answer = self.send("claim", claim).await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        Ok(Some(answer.json().await.context("the server's lease is not understood: is it of the same version?")?))
    }

    /// Says that we are alive.
    ///
    /// # Errors
    /// [`Gone`] where the lease is another's.
    pub async fn heartbeat(&self, job: i64, heartbeat: &Heartbeat) -> Result<HeartbeatAnswer> {
        let answer = self.send(&format!("jobs/{job}/heartbeat"), heartbeat).await?;
        answer.json().await.context("the server's answer is not understood")
    }

    /// Sends one side's figures.
    ///
    /// # Errors
    /// [`Gone`] where the lease is another's.
    pub async fn upload(&self, job: i64, upload: &Upload) -> Result<()> {
        self.send(&format!("jobs/{job}/measurement"), upload).await.map(drop)
    }

    /// Ends the job.
    ///
    /// # Errors
    /// [`Gone`] where the lease is another's.
    pub async fn finish(&self, job: i64, finish: &Finish) -> Result<()> {
        self.send(&format!("jobs/{job}/finish"), finish).await.map(drop)
    }

    async fn send(&self, path: &str, body: &impl Serialize) -> Result<Response> {
        let url = format!("{}/{path}", self.base);
        let mut pause = Duration::from_millis(200);
        for attempt in 1.. {
            let mut request = self.http.request(Method::POST, &url).header(PROTOCOL_HEADER, PROTOCOL).json(body);
            if let Some(token) = &self.token {
                request = request.bearer_auth(token);
            }
            let lost = match request.send().await {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) if answer.status().is_server_error() => format!("the server answered {}", answer.status()),
                Ok(answer) => return Err(refusal(path, answer).await),
                Err(error) => format!("{error:#}"),
            };
            if attempt == TRIES_MAX {
                bail!("{path}: {lost} ({TRIES_MAX} tries)");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
        unreachable!("the loop ends by returning")
    }
}

async fn refusal(path: &str, answer: Response) -> anyhow::Error {
    let status = answer.status();
    let spoken = answer.headers().get(PROTOCOL_HEADER).and_then(|v| v.to_str().ok()).unwrap_or("?").to_owned();
    let said = answer.json::<ApiError>().await.map(|e| e.error).unwrap_or_default();
    match status {
        StatusCode::CONFLICT => Gone(said).into(),
        StatusCode::UNAUTHORIZED => {
            anyhow::anyhow!("{path}: the server does not know this runner ({said}): enrol it with `ounce agent --enroll CODE`")
        }
        StatusCode::UPGRADE_REQUIRED => {
            anyhow::anyhow!("{path}: the server speaks protocol {spoken}, this ounce speaks {PROTOCOL}: update the older of the two")
        }
        status => anyhow::anyhow!("{path}: {status}: {said}"),
    }
}
