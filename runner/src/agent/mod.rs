//! The agent: asks a server for work, does it, sends the figures, for ever. It works on as many jobs at once as it is told to, and asks for one at a
//! time: a claim names the jobs that are worked on, and the server gives all others again whose lease this runner has.

pub mod client;
#[cfg(test)]
mod fake;
pub mod token;

use crate::earlier::Earlier;
use crate::exec::LogSink;
use crate::home::{Home, Trust};
use crate::lab::inventory::Lab;
use crate::lab::offer::{Offered, offers};
use crate::lab::recover::UnitFailed;
use crate::progress::Progress;
use crate::weigh::{self, Pair, Spent};
use crate::workshop::Workshop;
use crate::workshop::checkout::Origin;
use crate::workshop::sandbox::Sandbox;
use anyhow::Result;
use client::{Claimed, Client, Gone, Refused};
use ounce_protocol::job::FailureKind;
use ounce_protocol::lab::UnitState;
use ounce_protocol::manifest::On;
use ounce_protocol::measurement::Measurement;
use ounce_protocol::runner_api as protocol;
use ounce_protocol::runner_api::{CLAIM_WAIT_MS_MAX, Claim, End, Finish, Found, Heartbeat, LOG_CHUNK_BYTES_MAX, Lease, Upload, Work};
use ounce_protocol::{BoardName, Manifest, RunKey};
use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use token::TokenFile;

/// Pause after a server that cannot be reached, before it is asked again.
const PAUSE: Duration = Duration::from_secs(5);
/// How often it is said that the server gives no work.
const TELL_AGAIN: Duration = Duration::from_secs(10 * 60);
/// Longest a whole job may take.
const JOB_TIMEOUT: Duration = Duration::from_secs(2 * 60 * 60);

/// Longest a server may think about whether it knows an image; then it is run.
const EARLIER_TIMEOUT: Duration = Duration::from_secs(10);

/// An agent on this machine.
pub struct Agent {
    /// The server.
    pub client: Client,
    /// Where our token is.
    pub token: TokenFile,
    /// Where work happens.
    pub home: Home,
    /// How builds are shut in.
    pub sandbox: Sandbox,
    /// What can be run here: see [`can_run`].
    pub can_run: Vec<String>,
    /// The units that are attached to this machine.
    pub lab: Lab,
    /// What the server says when it gives this machine no work.
    pub told: Told,
    /// The jobs that are worked on. Locked by who asks for work: a job that is on its way here would not be among those named.
    pub works_on: WorksOn,
}

/// The jobs that an agent works on.
#[derive(Debug, Default)]
pub struct WorksOn {
    asks: tokio::sync::Mutex<()>,
    /// Each with the kind of unit that it needs.
    jobs: Mutex<BTreeMap<i64, Option<BoardName>>>,
}

impl WorksOn {
    fn jobs(&self) -> MutexGuard<'_, BTreeMap<i64, Option<BoardName>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the server gives no work: said at once, and then now and again.
#[derive(Debug, Default)]
pub struct Told(Mutex<Option<std::time::Instant>>);

impl Told {
    fn say(&self, why: &str, say: &(dyn Fn(&str) + Send + Sync)) {
        let mut last = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if last.is_none_or(|at| at.elapsed() >= TELL_AGAIN) {
            *last = Some(std::time::Instant::now());
            say(&format!("the server gives this runner no work: {why}"));
        }
    }
}

/// What this machine can run, in the words of a claim: every machine of each emulator found.
pub async fn can_run() -> Vec<String> {
    let mut machines = Vec::new();
    for system in [ounce_protocol::manifest::QemuSystem::Arm, ounce_protocol::manifest::QemuSystem::Riscv32] {
        let Ok(ran) = crate::exec::Program::new(system.program()).args(["-machine", "help"]).run(&()).await else { continue };
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        machines.extend(text.lines().skip(1).filter_map(|l| l.split_whitespace().next()).map(|m| format!("qemu:{m}")));
    }
    machines.sort();
    machines.dedup();
    machines
}

impl Agent {
    /// Takes one job, or none if there is no work within the long poll.
    ///
    /// # Errors
    /// Where the server cannot be asked.
    pub async fn once(&self, say: &(dyn Fn(&str) + Send + Sync)) -> Result<bool> {
        let asks = self.works_on.asks.lock().await;
        let (can_run, units) = self.offers(say).await;
        let claim = Claim {
            wait_ms: CLAIM_WAIT_MS_MAX,
            can_run,
            sandbox: self.sandbox.is_for_strangers(),
            works_on: self.works_on.jobs().keys().copied().collect(),
            units,
        };
        self.token.settle(&self.client).await?;
        let (claimed, rotate) = self.client.with_token(&self.token.token()?).claim(&claim).await?;
        let worked = match claimed {
            Claimed::Work(lease) => {
                self.works_on.jobs().insert(lease.job, unit_of(&lease.work));
                drop(asks);
                self.take(&lease, say).await;
                self.works_on.jobs().remove(&lease.job);
                true
            }
            Claimed::Nothing => false,
            Claimed::Aside(why) => {
                self.told.say(&why, say);
                false
            }
        };
        // After the work: no lease waits for it, and there is time enough. The next claim asks again where it fails.
        if rotate {
            let _asks = self.works_on.asks.lock().await;
            match self.token.rotate(&self.client).await {
                Ok(()) => say("another token follows the old one"),
                Err(error) => say(&format!("no token follows the old one yet: {error:#}")),
            }
        }
        Ok(worked)
    }

    /// What this machine can do now, as units come and go, and how those stand.
    async fn offers(&self, say: &(dyn Fn(&str) + Send + Sync)) -> (Vec<String>, Vec<UnitState>) {
        let mut all = self.can_run.clone();
        let mut states = Vec::new();
        match offers(&self.lab, &self.home).await {
            Ok(units) => {
                // A job that was just taken has no unit yet: it builds first.
                let is_left = |kind: &BoardName| {
                    let able = units.iter().filter(|unit| unit.unit.board == *kind && unit.is_able()).count();
                    self.works_on.jobs().values().flatten().filter(|needs| *needs == kind).count() < able
                };
                all.extend(units.iter().filter(|unit| is_left(&unit.unit.board)).flat_map(Offered::words));
                states = units.into_iter().map(|unit| unit.state).collect();
            }
            Err(error) => say(&format!("no unit of the lab is offered: {error:#}")),
        }
        all.sort();
        all.dedup();
        (all, states)
    }

    async fn take(&self, lease: &Lease, say: &(dyn Fn(&str) + Send + Sync)) {
        let work = &lease.work;
        say(&format!(
            "job {}: {} {} at {}..{} (attempt {})",
            lease.job,
            work.repo,
            work.board,
            work.base.short(),
            work.head.short(),
            lease.attempt
        ));
        match self.work(lease).await {
            Ok(spent) => say(&format!("job {}: done, {:.2} s building and emulating", lease.job, spent.as_secs_f32())),
            Err(error) => say(&format!("job {}: {error:#}", lease.job)),
        }
    }

    /// Takes jobs until it is told to stop, up to so many at once.
    pub async fn forever(&self, at_once: usize, say: &(dyn Fn(&str) + Send + Sync)) {
        let one = async || -> () {
            loop {
                if let Err(error) = self.once(say).await {
                    say(&format!("{error:#}; again in {} s", PAUSE.as_secs()));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        let mut all: Vec<_> = (0..at_once.max(1)).map(|_| Box::pin(one())).collect();
        // None of them ends. Dropping this drops them, and with them what they run.
        std::future::poll_fn(|cx| {
            for one in &mut all {
                let _: Poll<()> = one.as_mut().poll(cx);
            }
            Poll::<()>::Pending
        })
        .await;
    }

    async fn work(&self, lease: &Lease) -> Result<Duration> {
        let (log, spent) = (JobLog::default(), Spent::default());
        let (job, token) = (lease.job, lease.token);
        let client = self.client.with_token(&lease.job_token);
        let known = Known { client: client.clone(), job, token };
        let working = async {
            let measured = tokio::time::timeout(JOB_TIMEOUT, self.measure(&lease.work, &known, &log, &spent)).await;
            let end = match measured {
                Ok(Ok(pair)) => hand_in(&client, job, token, [pair.base, pair.head]).await?,
                Ok(Err(error)) => End::Failed {
                    why: FailureKind::Infra,
                    detail: format!("{error:#}"),
                    unit: error.downcast_ref::<UnitFailed>().map(|failed| failed.unit.to_string()),
                },
                Err(_) => {
                    let detail = format!("not done after {} minutes", JOB_TIMEOUT.as_secs() / 60);
                    End::Failed { why: FailureKind::Timeout, detail, unit: None }
                }
            };
            // The last of the log. The end counts more: a server that does not take the log hears it all the same.
            if let Err(error) = beat(&client, job, token, &log).await {
                tracing::warn!("the end of the log is lost: {error:#}");
            }
            client.finish(job, &Finish { token, end: end.clone() }).await?;
            match end {
                End::Done => Ok(spent.so_far()),
                End::Failed { detail, .. } => Err(anyhow::anyhow!("failed: {detail}")),
            }
        };
        // Dropping `working` kills the processes it runs: a cancelled job ends within a heartbeat.
        tokio::select! {
            done = working => done,
            gone = heartbeats(&client, lease, &log) => Err(gone),
        }
    }

    async fn measure(&self, work: &Work, known: &Known, log: &JobLog, spent: &Spent) -> Result<Pair> {
        // The server gives none to who has no sandbox; this holds where it errs.
        if !work.trusted && !self.sandbox.is_for_strangers() {
            anyhow::bail!("this is a stranger's code, and this runner has no sandbox for it: {}", self.sandbox.why_off());
        }
        let trust = if work.trusted { Trust::Own } else { Trust::Stranger };
        let manifest = Manifest::parse(&work.manifest)?;
        manifest.board(&work.board)?;
        let key = format!("{}__{}", work.repo.owner(), work.repo.name());
        log.step(0, 1, "waiting for the workshop");
        let workshop = Workshop::open(&self.home, &key, trust, self.sandbox.clone()).await?;
        let origin = Origin { url: work.clone_url.clone(), token: work.clone_token.clone(), refs: work.refs.clone() };
        log.step(0, 1, "fetching the commits");
        spent.on(workshop.mirror().bring(&[&work.base, &work.head], &origin)).await?;
        let order = weigh::Order { manifest: &manifest, boards: std::slice::from_ref(&work.board), base: &work.base, head: &work.head };
        let room = weigh::Room { home: &self.home, sandbox: &self.sandbox, spent, earlier: Some(known), lab: &self.lab, whose: trust };
        let built = weigh::build(&order, &workshop, &room, log, log).await?;
        // Another board of the repository is built while this one runs.
        drop(workshop);
        let mut pairs = weigh::measure(&order, &built, &room, log, log).await?;
        pairs.remove(&work.board).ok_or_else(|| anyhow::anyhow!("the board {} gave no measurement", work.board))
    }
}

/// The kind of unit that a job needs.
fn unit_of(work: &Work) -> Option<BoardName> {
    match Manifest::parse(&work.manifest).ok()?.board(&work.board).ok()?.run.as_ref()?.on {
        On::Probe(ref kind) => Some(kind.clone()),
        On::Qemu(_) => None,
    }
}

/// What the server knows of the images of a job.
struct Known {
    client: Client,
    job: i64,
    token: u64,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "what the server knows for job {}", self.job)
    }
}

impl Earlier for Known {
    fn find<'a>(&'a self, key: &'a RunKey) -> Pin<Box<dyn Future<Output = Option<Found>> + Send + 'a>> {
        Box::pin(async {
            let question = protocol::Earlier { token: self.token, run_key: key.clone() };
            match tokio::time::timeout(EARLIER_TIMEOUT, self.client.earlier(self.job, &question)).await {
                Ok(Ok(answer)) => answer.found,
                Ok(Err(error)) => {
                    tracing::warn!("not asked whether it was measured before: {error:#}");
                    None
                }
                Err(_) => None,
            }
        })
    }
}

/// Uploads both sides. What the server does not take ends the job, with the server's reason.
async fn hand_in(client: &Client, job: i64, token: u64, sides: [Measurement; 2]) -> Result<End> {
    for measurement in sides {
        let commit = measurement.commit.clone();
        match client.upload(job, &Upload { token, measurement }).await {
            Ok(()) => {}
            Err(error) if error.is::<Refused>() => {
                let detail = format!("the measurement of {} was not taken: {error:#}", commit.short());
                return Ok(End::Failed { why: FailureKind::Infra, detail, unit: None });
            }
            Err(error) => return Err(error),
        }
    }
    Ok(End::Done)
}

/// Sends heartbeats until the server says that the job is not ours any more, and says why.
async fn heartbeats(client: &Client, lease: &Lease, log: &JobLog) -> anyhow::Error {
    let every = Duration::from_millis(u64::try_from(lease.heartbeat_ms).unwrap_or(5_000).max(100));
    loop {
        tokio::time::sleep(every).await;
        match beat(client, lease.job, lease.token, log).await {
            Ok(true) => return anyhow::anyhow!("cancelled by the server"),
            Ok(false) => {}
            // A server that is away for a moment is no reason to throw work away: the upload will be refused if it must be.
            Err(error) if error.downcast_ref::<Gone>().is_none() => {}
            Err(gone) => return gone,
        }
    }
}

async fn beat(client: &Client, job: i64, token: u64, log: &JobLog) -> Result<bool> {
    let (doing, text) = log.take();
    Ok(client.heartbeat(job, &Heartbeat { token, doing, log: text }).await?.cancel)
}

/// What a job said and does, waiting for the next heartbeat. Bounded: when a build floods, its oldest lines go. Control characters
/// except line ends and tabs are left out: they mean nothing on a page, and JSON makes six bytes of one.
#[derive(Default)]
struct JobLog {
    inner: Mutex<JobLogInner>,
}

#[derive(Default)]
struct JobLogInner {
    doing: String,
    text: VecDeque<u8>,
    dropped: usize,
}

/// Log text waiting for a heartbeat, bytes.
const PENDING_BYTES_MAX: usize = LOG_CHUNK_BYTES_MAX - 256;

impl JobLog {
    fn take(&self) -> (String, String) {
        let mut inner = self.inner.lock().unwrap_or_else(|e| e.into_inner());
        let bytes: Vec<u8> = inner.text.drain(..).collect();
        // A character cut in two by the limit becomes a replacement character, which is longer.
        let mut text: String = String::from_utf8_lossy(&bytes).replace('\u{fffd}', "?");
        if std::mem::take(&mut inner.dropped) > 0 {
            text.insert_str(0, "[some lines dropped]\n");
        }
        (inner.doing.clone(), text)
    }
}

impl LogSink for JobLog {
    fn text(&self, text: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(|e| e.into_inner());
        let mut utf8 = [0; 4];
        for c in text.chars().filter(|&c| !c.is_control() || c == '\n' || c == '\t') {
            inner.text.extend(c.encode_utf8(&mut utf8).bytes());
        }
        let over = inner.text.len().saturating_sub(PENDING_BYTES_MAX);
        inner.text.drain(..over);
        inner.dropped += over;
    }
}

impl Progress for JobLog {
    fn step(&self, _: usize, _: usize, doing: &str) {
        {
            let mut inner = self.inner.lock().unwrap_or_else(|e| e.into_inner());
            doing.clone_into(&mut inner.doing);
        }
        self.text(&format!("== {doing}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn agent(server: &fake::Fake, home: &std::path::Path) -> Agent {
        let client = Client::new(&server.address, Some("secret".into())).unwrap();
        let token = TokenFile::new(&home.join("token"));
        token.put("secret").unwrap();
        Agent {
            client,
            token,
            home: Home::open(Some(home)).unwrap(),
            sandbox: Sandbox::none(),
            can_run: vec![],
            lab: Lab::default(),
            told: Told::default(),
            works_on: WorksOn::default(),
        }
    }

    fn lease(manifest: &str, heartbeat_ms: i64) -> Lease {
        let work = serde_json::json!({
            "repo": "owner/name", "trusted": true, "clone_url": "", "refs": [], "base": "0".repeat(40), "head": "1".repeat(40), "board": "b",
            "manifest": manifest,
        });
        Lease {
            job: 7,
            token: 1,
            job_token: "of the lease".into(),
            lease_ms: 60_000,
            heartbeat_ms,
            attempt: 1,
            work: serde_json::from_value(work).unwrap(),
        }
    }

    #[tokio::test]
    async fn the_heart_beats_while_a_job_is_done_and_a_lease_that_is_gone_ends_it() {
        let dir = tempfile::tempdir().unwrap();
        let server = fake::Fake::start(|_, nth| if nth < 3 { 200 } else { 409 }).await;
        let agent = agent(&server, dir.path()).await;
        // Work that takes as long as somebody else is in the workshop.
        let _others = crate::home::Hold::take(&agent.home.workshop("owner__name", Trust::Own)).await.unwrap();
        let manifest = "version = 1\nname = \"n\"\n[boards.b]\nbuild = [\"true\"]\nelf = \"e\"\n\
                        regions = [{ name = \"flash\", kind = \"flash\", start = 0, size = 1024 }]\n";
        let lease = lease(manifest, 100);
        let ended = tokio::time::timeout(Duration::from_secs(10), agent.work(&lease)).await;
        let error = ended.expect("no heartbeat told that the lease is gone").unwrap_err();
        assert!(error.is::<Gone>(), "{error:#}");
        assert_eq!(server.paths(), ["heartbeat"; 4]);
        assert!(server.bodies("heartbeat")[0].contains("waiting for the workshop"));
    }

    #[tokio::test]
    async fn a_runner_that_is_set_aside_says_why_and_not_all_the_time() {
        let dir = tempfile::tempdir().unwrap();
        let server = fake::Fake::start(|_, _| 204).await;
        let agent = agent(&server, dir.path()).await;
        let said = Mutex::new(Vec::new());
        for _ in 0..3 {
            assert!(!agent.once(&|line| said.lock().unwrap().push(line.to_owned())).await.unwrap());
        }
        assert_eq!(server.paths(), ["claim"; 3]);
        assert_eq!(*said.lock().unwrap(), ["the server gives this runner no work: set aside; the latest: no disk"]);
    }

    #[tokio::test]
    async fn a_strangers_code_is_not_run_without_a_sandbox() {
        let dir = tempfile::tempdir().unwrap();
        let server = fake::Fake::start(|_, _| 204).await;
        let mut lease = lease("no manifest", 60_000);
        lease.work.trusted = false;
        let error = agent(&server, dir.path()).await.work(&lease).await.unwrap_err();
        assert!(error.to_string().contains("this is a stranger's code, and this runner has no sandbox for it"), "{error:#}");
        assert!(server.bodies("finish")[0].contains("infra"));
        // An older server says nothing about it.
        let mut silent = serde_json::to_value(&lease.work).unwrap();
        silent.as_object_mut().unwrap().remove("trusted");
        assert!(!serde_json::from_value::<Work>(silent).unwrap().trusted);
    }

    #[tokio::test]
    async fn the_end_of_a_job_is_told_although_its_log_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let server = fake::Fake::start(|path, _| if path == "heartbeat" { 413 } else { 204 }).await;
        let lease = lease("no manifest", 60_000);
        let error = agent(&server, dir.path()).await.work(&lease).await.unwrap_err();
        assert!(error.to_string().starts_with("failed: "), "{error:#}");
        assert_eq!(server.paths(), ["heartbeat", "finish"]);
        assert!(server.bodies("finish")[0].contains("infra"));
    }

    #[tokio::test]
    async fn a_measurement_that_is_not_taken_ends_the_job_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let check = async |status: u16, says: Option<&str>| {
            let server = fake::Fake::start(move |_, nth| if nth == 0 { 204 } else { status }).await;
            let side = || Measurement {
                run_key: None,
                reused: None,
                schema: ounce_protocol::measurement::SCHEMA,
                board: ounce_protocol::BoardName::parse("b").unwrap(),
                commit: ounce_protocol::CommitSha::parse(&"0".repeat(40)).unwrap(),
                fingerprint: Default::default(),
                outcome: ounce_protocol::measurement::Outcome::Failed {
                    stage: ounce_protocol::measurement::Stage::Build,
                    log_tail: String::new(),
                },
            };
            let end = hand_in(&agent(&server, dir.path()).await.client, 7, 1, [side(), side()]).await;
            match (end, says) {
                (Ok(End::Failed { why: FailureKind::Infra, detail, .. }), Some(says)) => assert!(detail.contains(says), "{detail}"),
                (Err(error), None) => assert!(error.is::<Gone>(), "{error:#}"),
                (end, _) => panic!("{status}: {end:?}"),
            }
        };
        check(413, Some("413")).await;
        check(422, Some("as the test wants it")).await;
        check(409, None).await;
    }

    #[test]
    fn control_characters_do_not_make_a_heartbeat_too_large() {
        let log = JobLog::default();
        log.text("\x1b[31mred\x1b[0m\ttab\r\nnext\0\u{9b}\x7f\n");
        assert_eq!(log.take().1, "[31mred[0m\ttab\nnext\n");
        for _ in 0..10_000 {
            log.text(&"\0\x1b\u{8}\\\"".repeat(10));
        }
        let (doing, log) = log.take();
        let json = serde_json::to_vec(&Heartbeat { token: 1, doing, log }).unwrap();
        assert!(json.len() <= 2 * LOG_CHUNK_BYTES_MAX + 256, "{} bytes", json.len());
    }

    #[test]
    fn a_flood_of_log_keeps_its_end_within_a_heartbeat() {
        let log = JobLog::default();
        for i in 0..10_000 {
            log.text(&format!("line {i} é\n"));
        }
        let (_, text) = log.take();
        assert!(text.len() <= LOG_CHUNK_BYTES_MAX, "{}", text.len());
        assert!(text.starts_with("[some lines dropped]") && text.ends_with("line 9999 é\n"));
        assert_eq!(log.take().1, "");
    }
}
