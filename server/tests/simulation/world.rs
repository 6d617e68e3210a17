//! One play: a server, its agents, a forge, a network and a clock, moved one effect at a time by a seed, first wildly, then calmly.

use crate::agents::{Agent, Ask, Next};
use crate::check;
use crate::forge::{OURS, REPO, SimForge};
use crate::schedule::{At, Gates, Reached, Step};
use crate::seed::Seed;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use hmac::{KeyInit, Mac};
use ounce_protocol::ids::{RepoName, RunnerName};
use ounce_protocol::runner_api::{Enroll, Lease};
use ounce_server::clock::Clock;
use ounce_server::config::Keep;
use ounce_server::secret::Secret;
use ounce_server::store::installations;
use ounce_server::store::watch::Point;
use ounce_server::store::{Store, StoreError};
use ounce_server::web::{self, App, webhook};
use ounce_server::work::{Context, Wake, compare, housekeeping, lease, plan, publish};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;
use tower::ServiceExt;

const SECRET: &str = "hush";
/// When plays begin: 2026-01-01.
const BEGIN_MS: i64 = 1_767_225_600_000;
/// Rounds until all must have come to rest.
const CALM_ROUNDS_MAX: usize = 300;
/// Lines of what happened that are told of a play that failed.
const TOLD_LINES: usize = 120;

/// What happened, and what was looked at.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub effects: u64,
    pub crashes: u64,
    pub cut_off: u64,
    pub lost: u64,
    pub repeated: u64,
    pub faults: u64,
    pub undead: u64,
    pub agents_lost: u64,
    pub runs: u64,
    pub jobs: u64,
    pub comments: u64,
    pub approved: u64,
    /// Sides whose figures an earlier run had.
    pub reused: u64,
    pub leases: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        let sums: [(&mut u64, u64); 14] = [
            (&mut self.effects, other.effects),
            (&mut self.crashes, other.crashes),
            (&mut self.cut_off, other.cut_off),
            (&mut self.lost, other.lost),
            (&mut self.repeated, other.repeated),
            (&mut self.faults, other.faults),
            (&mut self.undead, other.undead),
            (&mut self.agents_lost, other.agents_lost),
            (&mut self.runs, other.runs),
            (&mut self.jobs, other.jobs),
            (&mut self.comments, other.comments),
            (&mut self.approved, other.approved),
            (&mut self.reused, other.reused),
            (&mut self.leases, other.leases),
        ];
        for (sum, one) in sums {
            *sum += one;
        }
    }
}

/// The loops of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loop {
    Plan,
    Judge,
    Publish,
    /// A server has two of them.
    PublishToo,
    Sweep,
    Tidy,
}

const LOOPS: [Loop; 6] = [Loop::Plan, Loop::Judge, Loop::Publish, Loop::PublishToo, Loop::Sweep, Loop::Tidy];

/// Whose step it is.
#[derive(Debug, Clone)]
enum Who {
    Loop(Loop),
    /// The forge's delivery with this id.
    Webhook(u64),
    /// An agent's request; a stale one is of a lease that is another's by now.
    Agent {
        agent: usize,
        ask: Ask,
        stale: bool,
    },
}

enum End {
    Looked(Result<bool, StoreError>),
    Answered(StatusCode, Vec<u8>),
}

pub struct World {
    seed: Seed,
    pub store: Store,
    pub clock: Clock,
    pub forge: SimForge,
    cx: Arc<Context<SimForge>>,
    router: Router,
    // The receiver in the context must hear from somebody.
    _stop: watch::Sender<bool>,
    agents: Vec<Agent>,
    /// Leases whose holders everybody thinks dead.
    undead: Vec<(usize, Lease)>,
    steps: Vec<(Who, Step<End>)>,
    told: Vec<String>,
    pub tally: Tally,
}

impl World {
    pub async fn new(number: u64, database: &Path) -> World {
        let mut seed = Seed::new(number);
        let store = Store::open(database).await.unwrap().watched(Arc::new(Gates));
        let clock = Clock::standing(BEGIN_MS);
        let forge = SimForge::new(Seed::new(seed.next()), clock.clone());
        let (cx, router, stop) = server(&store, &forge, &clock);
        let mut agents = Vec::new();
        for at in 0..1 + seed.below(3) {
            let name = RunnerName::parse(&format!("agent-{at}")).unwrap();
            let code = lease::new_code(&store, &name, clock.now()).await.unwrap();
            let token = lease::enroll(&cx, &Enroll { code, name: name.clone() }).await.unwrap().token;
            // The first can do everything, so that all work can be done.
            let (sandbox, broken) = (at == 0 || seed.chance(50), at > 0 && seed.chance(50));
            agents.push(Agent {
                name: name.to_string(),
                token,
                sandbox,
                broken,
                failures: (0, 0),
                work: None,
                known: (false, None),
                asking: false,
            });
        }
        let (undead, steps, told, tally) = (Vec::new(), Vec::new(), Vec::new(), Tally::default());
        World { seed, store, clock, forge, cx, router, _stop: stop, agents, undead, steps, told, tally }
    }

    /// The whole play. The error says what does not hold, and what happened last.
    pub async fn play(mut self) -> Result<Tally, String> {
        let done = self.acts().await;
        self.tally.faults = self.forge.state().faults;
        self.steps.clear();
        let rows = if done.is_err() { check::rows(&self.store).await.unwrap_or_default() } else { Vec::new() };
        self.store.close().await;
        match done {
            Ok(()) => Ok(self.tally),
            Err(why) => {
                let from = self.told.len().saturating_sub(TOLD_LINES);
                Err(format!("{why}\nwhat happened last:\n  {}\nwhat is there:\n  {}", self.told[from..].join("\n  "), rows.join("\n  ")))
            }
        }
    }

    async fn acts(&mut self) -> Result<(), String> {
        self.forge.state().open_pull(self.seed.clone().chance(30));
        // Most plays are short, for there are many; some are long, for what takes long to go wrong.
        let events = if self.seed.chance(20) { 300 + self.seed.below(500) } else { 80 + self.seed.below(160) };
        for _ in 0..events {
            self.wild().await?;
        }
        self.tell("calm");
        self.forge.state().calm = true;
        self.come_to_rest().await?;
        check::at_rest(self).await
    }

    fn tell(&mut self, what: impl Into<String>) {
        self.told.push(what.into());
    }

    /// One thing happens.
    async fn wild(&mut self) -> Result<(), String> {
        match self.seed.below(100) {
            0..=62 if !self.steps.is_empty() => {
                let at = self.seed.below(self.steps.len());
                self.move_step(at, true).await?;
            }
            0..=74 => {
                // What decides is played more often than what cleans up.
                let which = LOOPS[[0, 0, 1, 1, 2, 3, 4, 5][self.seed.below(8)]];
                self.start_loop(which);
            }
            75..=86 => self.agent_acts().await?,
            87..=90 => self.network(),
            91..=92 => self.developer(),
            93..=94 => {
                let ms = [500, 4_000, 12_000, 40_000, 400_000][self.seed.below(5)];
                self.tell(format!("{ms} ms pass"));
                self.clock.advance(ms);
            }
            95 if self.seed.chance(30) => self.crash().await?,
            96 if !self.steps.is_empty() => {
                // A connection breaks: what was asked is given up half-way.
                let at = self.seed.below(self.steps.len());
                if !matches!(self.steps[at].0, Who::Loop(_)) {
                    let (who, _) = self.steps.swap_remove(at);
                    self.tell(format!("cut off: {who:?}"));
                    self.tally.cut_off += 1;
                    self.unanswered(&who);
                }
            }
            97 if self.seed.chance(50) => self.agent_dies(),
            _ => self.undead_acts().await?,
        }
        check::at_any_time(self).await
    }

    fn developer(&mut self) {
        let choice = self.seed.below(11);
        let mut state = self.forge.state();
        let numbers: Vec<u64> = state.pulls.keys().copied().collect();
        let number = numbers[self.seed.below(numbers.len())];
        let what = match choice {
            0 | 1 if numbers.len() < 4 => {
                let from_fork = self.seed.chance(40);
                format!("pull request {} is opened, from a fork: {from_fork}", state.open_pull(from_fork))
            }
            0..=3 => {
                state.push_pull(number);
                format!("a push to pull request {number}")
            }
            4 | 5 if state.pushed.len() < 3 => {
                state.push_main();
                "a push to the branch".to_owned()
            }
            6 => {
                let open = !state.pulls[&number].open;
                state.set_open(number, open);
                format!("pull request {number} is open: {open}")
            }
            7 if self.seed.chance(30) => {
                state.posted.retain(|c| c.author != OURS || c.pull != number);
                state.silenced.insert(number);
                format!("the comment on pull request {number} is deleted")
            }
            8..=10 => {
                let forks: Vec<u64> = state.pulls.values().filter(|pull| pull.from_fork).map(|pull| pull.number).collect();
                let Some(&fork) = forks.get(self.seed.below(forks.len())) else { return };
                let Some(asked) = state.ask_to_approve(fork) else { return };
                asked
            }
            _ => return,
        };
        drop(state);
        self.tell(what);
    }

    /// The forge's deliveries: on their way, lost, or sent twice.
    fn network(&mut self) {
        let (choice, mut state) = (self.seed.below(10), self.forge.state());
        let waiting: Vec<usize> = (0..state.deliveries.len()).filter(|&at| state.deliveries[at].pending).collect();
        if choice == 0 && !state.deliveries.is_empty() {
            let at = self.seed.below(state.deliveries.len());
            state.deliveries[at].pending = true;
            self.tally.repeated += 1;
            return;
        }
        let Some(&at) = waiting.get(self.seed.below(waiting.len())) else { return };
        if choice == 1 {
            state.deliveries[at].pending = false;
            let id = state.deliveries[at].id;
            drop(state);
            self.tally.lost += 1;
            self.tell(format!("delivery {id} is lost"));
            return;
        }
        let id = state.deliveries[at].id;
        drop(state);
        self.deliver(id);
    }

    fn deliver(&mut self, id: u64) {
        let request = {
            let mut state = self.forge.state();
            let delivery = state.deliveries.iter_mut().find(|d| d.id == id).expect("it was announced");
            delivery.pending = false;
            let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
            mac.update(delivery.body.as_bytes());
            Request::post(webhook::PATH)
                .header("x-hub-signature-256", format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
                .header("x-github-delivery", delivery.id.to_string())
                .header("x-github-event", delivery.event)
                .body(Body::from(delivery.body.clone()))
                .unwrap()
        };
        self.start_request(Who::Webhook(id), request);
    }

    fn start_request(&mut self, who: Who, request: Request<Body>) {
        let router = self.router.clone();
        let step = Step::new(async move {
            let response = router.oneshot(request).await.expect("a router always answers");
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap_or_default();
            End::Answered(status, body.to_vec())
        });
        self.steps.push((who, step));
    }

    fn start_loop(&mut self, which: Loop) {
        if self.steps.iter().any(|(who, _)| matches!(who, Who::Loop(under_way) if *under_way == which)) {
            return;
        }
        let cx = Arc::clone(&self.cx);
        let step = Step::new(async move {
            End::Looked(match which {
                Loop::Plan => plan::step(&cx).await,
                Loop::Judge => compare::step(&cx).await,
                Loop::Publish => publish::step(&cx, "one").await,
                Loop::PublishToo => publish::step(&cx, "the other").await,
                Loop::Sweep => housekeeping::sweep(&cx).await,
                Loop::Tidy => housekeeping::tidy(&cx).await,
            })
        });
        self.steps.push((Who::Loop(which), step));
    }

    /// Moves a step by one effect; what it came to at its end. Power may fail, and answers get lost, where that is asked for.
    async fn move_step(&mut self, at: usize, wild: bool) -> Result<Option<bool>, String> {
        let found = loop {
            self.tally.effects += 1;
            match self.steps[at].1.go_on().await {
                Reached::Point(At::Store(Point::Commit)) => {
                    // Nobody else can write now, so that it cannot be held; it can be cut off.
                    if wild && self.seed.chance(3) {
                        self.tell(format!("before it is written, in {:?}:", self.steps[at].0));
                        self.crash().await?;
                        return Ok(None);
                    }
                }
                Reached::Point(_) => return Ok(None),
                Reached::End(end) => break end,
            }
        };
        let (who, _) = self.steps.swap_remove(at);
        match found {
            End::Looked(Ok(found)) => Ok(Some(found)),
            End::Looked(Err(error)) => Err(format!("{who:?} failed: {error}")),
            End::Answered(status, body) => {
                if wild && self.seed.chance(8) {
                    self.tell(format!("the answer {status} is lost: {who:?}"));
                    self.unanswered(&who);
                    return Ok(Some(true));
                }
                self.answered(&who, status, &body).await?;
                Ok(Some(true))
            }
        }
    }

    async fn answered(&mut self, who: &Who, status: StatusCode, body: &[u8]) -> Result<(), String> {
        match who {
            Who::Loop(_) => {}
            Who::Webhook(id) => {
                if !status.is_success() {
                    return Err(format!("delivery {id} was answered {status}: {}", String::from_utf8_lossy(body)));
                }
                self.tell(format!("delivery {id} was taken"));
                self.forge.state().deliveries.iter_mut().filter(|d| d.id == *id).for_each(|d| d.taken = true);
            }
            Who::Agent { ask, stale: true, agent } => {
                self.tell(format!("undead agent {agent} was answered {status} to {ask:?}"));
                if *ask != Ask::Heartbeat && status != StatusCode::CONFLICT {
                    return Err(format!("agent {agent} was answered {status} to {ask:?} for a lease that is another's"));
                }
            }
            Who::Agent { agent, ask, stale: false } => {
                if status != StatusCode::NO_CONTENT || *ask != Ask::Claim {
                    self.tell(format!("agent {agent} was answered {status} to {ask:?}"));
                }
                self.agents[*agent].asking = false;
                self.agents[*agent].answered(ask, status, body, self.clock.now())?;
                if let (Ask::Claim, Some((lease, _))) = (ask, &self.agents[*agent].work) {
                    self.tally.leases += 1;
                    check::may_be_leased(&self.forge, lease, self.agents[*agent].sandbox)?;
                }
                if let (Ask::Earlier(_), Some((lease, _)), (true, Some(found))) =
                    (ask, &self.agents[*agent].work, &self.agents[*agent].known)
                {
                    self.tally.reused += 1;
                    check::may_be_used(&self.forge, lease, found)?;
                }
            }
        }
        Ok(())
    }

    /// Whoever asked never hears of it.
    fn unanswered(&mut self, who: &Who) {
        match who {
            Who::Agent { agent, stale: false, ask } => {
                self.agents[*agent].asking = false;
                // Whether it holds a job it cannot know: it asks for another. The lease, if there is one, lapses.
                if matches!(ask, Ask::Done | Ask::Failed) {
                    self.agents[*agent].work = None;
                }
            }
            Who::Agent { .. } | Who::Loop(_) => {}
            // To the forge it failed; its endpoint may have taken it all the same.
            Who::Webhook(_) => {}
        }
    }

    /// The server's power fails, and comes back.
    async fn crash(&mut self) -> Result<(), String> {
        self.tell("the server's power fails");
        self.tally.crashes += 1;
        for (who, step) in std::mem::take(&mut self.steps) {
            drop(step);
            self.unanswered(&who);
        }
        let (cx, router, stop) = server(&self.store, &self.forge, &self.clock);
        (self.cx, self.router, self._stop) = (cx, router, stop);
        // As a server does that is alone on its database.
        let mut c = self.store.connection().await.map_err(|e| e.to_string())?;
        installations::no_writers(&mut c).await.map_err(|e| e.to_string())
    }

    async fn agent_acts(&mut self) -> Result<(), String> {
        let at = self.seed.below(self.agents.len());
        if self.agents[at].asking {
            return Ok(());
        }
        let choice = self.seed.below(20);
        let ask = match &self.agents[at].work {
            Some(_) if choice < 5 => Ask::Heartbeat,
            Some(_) if choice == 5 => Ask::Failed,
            _ => self.agents[at].next(),
        };
        self.ask(at, ask);
        Ok(())
    }

    fn ask(&mut self, at: usize, ask: Ask) {
        let agent = &mut self.agents[at];
        agent.asking = true;
        let request = agent.request(&ask, agent.work.as_ref().map(|(lease, _)| lease), false);
        self.start_request(Who::Agent { agent: at, ask, stale: false }, request);
    }

    fn agent_dies(&mut self) {
        let at = self.seed.below(self.agents.len());
        if let Some((lease, _)) = self.agents[at].work.take() {
            self.tell(format!("agent {at} is lost with job {}", lease.job));
            self.tally.agents_lost += 1;
            self.undead.push((at, lease));
        }
    }

    /// An agent that everybody thought dead goes on, with figures that are not true. Only once its lease is another's: until then it is nobody
    /// else's business.
    async fn undead_acts(&mut self) -> Result<(), String> {
        if self.undead.is_empty() {
            return Ok(());
        }
        let (agent, lease) = self.undead[self.seed.below(self.undead.len())].clone();
        if check::is_held(&self.store, &lease).await.map_err(|e| e.to_string())? {
            return Ok(());
        }
        let ask = [Ask::Heartbeat, Ask::Upload(Next::Base), Ask::Upload(Next::Head), Ask::Done, Ask::Failed][self.seed.below(5)].clone();
        let request = self.agents[agent].request(&ask, Some(&lease), true);
        self.tally.undead += 1;
        self.start_request(Who::Agent { agent, ask, stale: true }, request);
        Ok(())
    }

    /// No more faults: everything that was begun must end.
    async fn come_to_rest(&mut self) -> Result<(), String> {
        for round in 0..CALM_ROUNDS_MAX {
            while !self.steps.is_empty() {
                self.move_step(0, false).await?;
            }
            let waiting: Vec<u64> = self.forge.state().deliveries.iter().filter(|d| d.pending).map(|d| d.id).collect();
            for id in waiting {
                self.deliver(id);
                self.finish_last().await?;
            }
            for which in LOOPS {
                // Sweep and tidy look once a round; the others as long as they find something.
                for _ in 0..200 {
                    self.start_loop(which);
                    if !self.finish_last().await? {
                        break;
                    }
                }
            }
            for at in (0..self.agents.len()).rev() {
                loop {
                    let ask = self.agents[at].next();
                    let was_claim = ask == Ask::Claim;
                    self.ask(at, ask);
                    self.finish_last().await?;
                    if was_claim && self.agents[at].work.is_none() {
                        break;
                    }
                }
            }
            check::at_any_time(self).await?;
            if check::rests(self).await.map_err(|e| e.to_string())?.is_empty() {
                return Ok(());
            }
            self.clock.advance(if round % 4 == 3 { 330_000 } else { 31_000 });
        }
        let open = check::rests(self).await.map_err(|e| e.to_string())?;
        Err(format!("it does not come to rest: {open:?}"))
    }

    /// Plays the step begun last to its end; whether it found something.
    async fn finish_last(&mut self) -> Result<bool, String> {
        let at = self.steps.len() - 1;
        loop {
            if let Some(found) = self.move_step(at, false).await? {
                return Ok(found);
            }
        }
    }
}

fn server(store: &Store, forge: &SimForge, clock: &Clock) -> (Arc<Context<SimForge>>, Router, watch::Sender<bool>) {
    let (stop, stopping) = watch::channel(false);
    let cx = Arc::new(Context {
        store: store.clone(),
        forge: forge.clone(),
        clock: clock.clone(),
        wake: Arc::new(Wake::default()),
        stopping,
        projects: vec![RepoName::parse(REPO).unwrap()],
        public_url: None,
        keep: Keep::default(),
        started_ms: clock.now(),
    });
    let router = web::router(App::new(Arc::clone(&cx), &[Secret::new(SECRET)]));
    (cx, router, stop)
}
