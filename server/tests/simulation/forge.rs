//! A forge in memory: pull requests, pushes, comments, checks and webhooks, with answers that fail, come late or get lost.

use crate::schedule::{At, pass};
use crate::seed::{Seed, mixed};
use ounce_protocol::ids::{CommitSha, RepoName};
use ounce_server::clock::Clock;
use ounce_server::forge::{CheckReport, Comment, CommitInfo, FailedDelivery, Forge, ForgeError, MergeState, Named, PullRequest, Role};
use ounce_server::work::text::{self, MARKER};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

pub const REPO: &str = "acme/blinky";
pub const BRANCH: &str = "main";
/// May write.
pub const KEEPER: &str = "keeper";
/// May not.
pub const STRANGER: &str = "stranger";
pub const OURS: &str = "ounce[bot]";

/// Two boards, and a budget that some of the figures of [`bytes_of`] are over.
pub const MANIFEST: &str = r#"version = 1
name = "blinky"
[boards.disco]
build = ["make", "BOARD=disco"]
elf = "out/disco.elf"
regions = [{ name = "flash", kind = "flash", start = 0x0800_0000, size = "1M" }]
run = { qemu = { system = "arm", machine = "netduinoplus2" } }
[boards.mini]
build = ["make", "BOARD=mini"]
elf = "out/mini.elf"
regions = [{ name = "flash", kind = "flash", start = 0, size = "64K" }]
[benchmarks.sum]
expect = "sum 5050"
[[budgets]]
region = "flash"
max_growth = 256
"#;
/// Of [`MANIFEST`].
pub const MAX_GROWTH: u64 = 256;

/// How long after a push the forge may still answer with the head before.
const LATE_MS: i64 = 5_000;

/// What the firmware of a commit weighs. Nothing in the play may ever say anything else of it.
pub fn bytes_of(sha: &CommitSha) -> u64 {
    let number = sha.as_str().bytes().fold(0u64, |n, b| mixed(n ^ u64::from(b)));
    10_000 + number % 600
}

/// A pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    pub number: u64,
    pub open: bool,
    pub from_fork: bool,
    pub head: CommitSha,
    /// Its head before the last push: what an answer still says for [`LATE_MS`].
    before: CommitSha,
    pushed_ms: i64,
    /// How often the forge will still say that it has not tried the merge.
    thinking: usize,
}

/// A comment.
#[derive(Debug, Clone)]
pub struct Posted {
    pub id: u64,
    pub pull: u64,
    pub author: &'static str,
    pub body: String,
}

/// A webhook that the forge wants to send.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub id: u64,
    pub event: &'static str,
    pub body: String,
    /// Still to be sent, or to be sent again.
    pub pending: bool,
    /// The server took it, and the forge knows.
    pub taken: bool,
}

#[derive(Debug)]
pub struct State {
    pub seed: Seed,
    clock: Clock,
    /// No more faults.
    pub calm: bool,
    pub faults: u64,
    pub main: CommitSha,
    pub pushed: Vec<CommitSha>,
    pub pulls: BTreeMap<u64, Pull>,
    pub posted: Vec<Posted>,
    /// Pull requests whose comment somebody deleted, and that have had nothing new to say since.
    pub silenced: BTreeSet<u64>,
    pub checks: BTreeMap<CommitSha, CheckReport>,
    pub deliveries: Vec<Delivery>,
    /// Commits that someone with write access approved, by the head's id.
    pub approved: BTreeSet<CommitSha>,
    /// Comments that approve a commit whose pull request was closed then or later, by the commit: they may be refused.
    pub too_late: BTreeMap<CommitSha, Vec<u64>>,
    /// The other comments that approve a commit: pull request, commit, comment.
    approvals: Vec<(u64, CommitSha, u64)>,
    commits: BTreeMap<CommitSha, CommitInfo>,
    /// The test merge of which head.
    merges: BTreeMap<CommitSha, CommitSha>,
    last_id: u64,
}

impl State {
    fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn new_commit(&mut self, parents: Vec<CommitSha>) -> CommitSha {
        let number = self.id();
        let from = self.seed.next();
        let sha = CommitSha::parse(&format!("{:016x}{:016x}{number:08x}", mixed(from), mixed(!from))).unwrap();
        self.put(sha.clone(), parents);
        sha
    }

    fn put(&mut self, sha: CommitSha, parents: Vec<CommitSha>) {
        let committed_s = 1_700_000_000 + i64::try_from(self.commits.len()).unwrap();
        self.commits.insert(sha.clone(), CommitInfo { sha, parents, committed_s, summary: "change".into(), author: String::new() });
    }

    fn conflicts(head: &CommitSha) -> bool {
        bytes_of(head).is_multiple_of(8)
    }

    /// The test merge of a head with the branch as it is now.
    fn merge(&mut self, head: &CommitSha) -> CommitSha {
        let joined = |a: &CommitSha, salt: u64| a.as_str().bytes().fold(salt, |n, b| mixed(n ^ u64::from(b)));
        let main = self.main.clone();
        let halves = [joined(&main, joined(head, 1)), joined(&main, joined(head, 2)), joined(&main, joined(head, 3))];
        let sha = CommitSha::parse(&format!("{:016x}{:016x}{:08x}", halves[0], halves[1], halves[2] >> 32)).unwrap();
        if !self.commits.contains_key(&sha) {
            self.put(sha.clone(), vec![main, head.clone()]);
            self.merges.insert(sha.clone(), head.clone());
        }
        sha
    }

    /// The pull request whose head, or whose head's test merge, that is.
    pub fn pull_of(&self, head: &CommitSha) -> (Option<&Pull>, CommitSha) {
        let own = self.merges.get(head).unwrap_or(head).clone();
        (self.pulls.values().find(|pull| pull.head == own || pull.before == own), own)
    }

    fn announce(&mut self, event: &'static str, body: String) {
        let id = self.id();
        self.deliveries.push(Delivery { id, event, body, pending: true, taken: false });
    }

    fn repository() -> serde_json::Value {
        json!({ "full_name": REPO, "default_branch": BRANCH })
    }

    fn announce_pull(&mut self, number: u64, action: &str) {
        let pull = &self.pulls[&number];
        let from = if pull.from_fork { "stranger/blinky" } else { REPO };
        let before = (action == "synchronize").then_some(&pull.before);
        let body = json!({
            "action": action, "number": number, "repository": Self::repository(), "before": before,
            "pull_request": { "title": "Change", "user": { "login": STRANGER }, "head": { "sha": pull.head, "repo": { "full_name": from } } },
        });
        self.announce("pull_request", body.to_string());
    }

    pub fn open_pull(&mut self, from_fork: bool) -> u64 {
        let head = self.new_commit(vec![self.main.clone()]);
        let (number, thinking) = (self.id(), self.seed.below(3));
        let pushed_ms = self.clock.now();
        self.pulls.insert(number, Pull { number, open: true, from_fork, before: head.clone(), pushed_ms, head, thinking });
        self.announce_pull(number, "opened");
        number
    }

    pub fn push_pull(&mut self, number: u64) {
        let head = self.new_commit(vec![self.pulls[&number].head.clone()]);
        let (thinking, now) = (self.seed.below(3), self.clock.now());
        let pull = self.pulls.get_mut(&number).unwrap();
        pull.before = std::mem::replace(&mut pull.head, head);
        pull.thinking = thinking;
        pull.pushed_ms = now;
        if pull.open {
            self.announce_pull(number, "synchronize");
        }
    }

    pub fn set_open(&mut self, number: u64, open: bool) {
        self.pulls.get_mut(&number).unwrap().open = open;
        if !open {
            self.refuse_approvals(number);
        }
        self.announce_pull(number, if open { "reopened" } else { "closed" });
    }

    pub fn push_main(&mut self) {
        let sha = self.new_commit(vec![self.main.clone()]);
        self.main = sha.clone();
        self.pushed.push(sha.clone());
        let body = json!({ "ref": format!("refs/heads/{BRANCH}"), "after": sha, "deleted": false, "repository": Self::repository() });
        self.announce("push", body.to_string());
    }

    /// Somebody writes under a pull request.
    pub fn say(&mut self, number: u64, login: &'static str, body: &str) -> u64 {
        let id = self.id();
        self.posted.push(Posted { id, pull: number, author: login, body: body.to_owned() });
        let event = json!({
            "action": "created", "repository": Self::repository(), "issue": { "number": number, "pull_request": {} },
            "comment": { "id": id, "body": body, "user": { "login": login, "type": "User" } },
        });
        self.announce("issue_comment", event.to_string());
        id
    }

    /// Whether somebody's word lets that commit be built. A word that was said when, or before, the pull request was closed may have been read too
    /// late: it does not count where we answered so.
    pub fn is_approved(&self, sha: &CommitSha) -> bool {
        let refused = |comment: &u64| {
            let marker = text::answer_marker(*comment);
            self.posted.iter().any(|c| c.author == OURS && c.body.contains(&marker) && c.body.contains("is closed"))
        };
        let in_time = self.approvals.iter().any(|(_, approved, _)| approved == sha);
        in_time || self.too_late.get(sha).is_some_and(|comments| !comments.iter().all(refused))
    }

    /// The pull request is closed: what was asked for until now may be read too late.
    fn refuse_approvals(&mut self, number: u64) {
        for (_, sha, comment) in self.approvals.extract_if(.., |(pull, ..)| *pull == number) {
            self.too_late.entry(sha).or_default().push(comment);
        }
    }

    /// Somebody asks for a fork's head to be let run; it may be one that is not the head any more. Nobody reads and approves a push within
    /// [`LATE_MS`].
    pub fn ask_to_approve(&mut self, number: u64) -> Option<String> {
        let pull = self.pulls[&number].clone();
        if self.clock.now() - pull.pushed_ms < LATE_MS {
            return None;
        }
        let sha = if self.seed.chance(80) { pull.head } else { pull.before };
        let login = if self.seed.chance(70) { KEEPER } else { STRANGER };
        let comment = self.say(number, login, &format!("/ounce approve {sha}"));
        if login == KEEPER {
            self.approved.insert(sha.clone());
            self.approvals.push((number, sha.clone(), comment));
        }
        if !pull.open {
            self.refuse_approvals(number);
        }
        Some(format!("{login} approves {sha} of pull request {number}"))
    }

    fn fault(&mut self, percent: u64) -> bool {
        let fault = !self.calm && self.seed.chance(percent);
        self.faults += u64::from(fault);
        fault
    }
}

/// The forge. Clones share it.
#[derive(Debug, Clone)]
pub struct SimForge(Arc<Mutex<State>>);

impl SimForge {
    pub fn new(mut seed: Seed, clock: Clock) -> SimForge {
        let begin = CommitSha::parse(&format!("{:040x}", seed.next())).unwrap();
        let mut state = State {
            seed,
            clock,
            calm: false,
            faults: 0,
            main: begin.clone(),
            pushed: Vec::new(),
            pulls: BTreeMap::new(),
            posted: Vec::new(),
            silenced: BTreeSet::new(),
            checks: BTreeMap::new(),
            deliveries: Vec::new(),
            approved: BTreeSet::new(),
            too_late: BTreeMap::new(),
            approvals: Vec::new(),
            commits: BTreeMap::new(),
            merges: BTreeMap::new(),
            last_id: 0,
        };
        state.put(begin, vec![]);
        SimForge(Arc::new(Mutex::new(state)))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Plays a call: it may fail before anything was done, or be done and its answer lost, or be cut off on either side.
    async fn call<T>(&self, what: &str, act: impl FnOnce(&mut State) -> Result<T, ForgeError>) -> Result<T, ForgeError> {
        pass(At::Asking).await;
        let unavailable = || ForgeError::Unavailable { what: what.into(), detail: "it hung up".into() };
        let answer = {
            let mut state = self.state();
            if state.fault(6) {
                return Err(unavailable());
            }
            if state.fault(2) {
                return Err(ForgeError::RateLimited { retry_after_s: state.seed.next() % 60 });
            }
            let answer = act(&mut state);
            if state.fault(4) { Err(unavailable()) } else { answer }
        };
        pass(At::Answered).await;
        answer
    }
}

fn not_found(what: &str) -> ForgeError {
    ForgeError::NotFound { what: what.into() }
}

impl Forge for SimForge {
    async fn pull_request(&self, _: &RepoName, number: u64) -> Result<PullRequest, ForgeError> {
        self.call("pull request", |state| {
            let (late, missing, now) = (state.fault(15), state.fault(3), state.clock.now());
            let pull = state.pulls.get_mut(&number).filter(|_| !missing).ok_or_else(|| not_found("pull request"))?;
            let head = if late && now - pull.pushed_ms < LATE_MS { pull.before.clone() } else { pull.head.clone() };
            let thinks = pull.thinking > 0;
            pull.thinking = pull.thinking.saturating_sub(1);
            let (open, from_fork) = (pull.open, pull.from_fork);
            let merge = match thinks {
                true => MergeState::Unknown,
                false if State::conflicts(&head) => MergeState::Conflict,
                false => MergeState::Merged(state.merge(&head)),
            };
            let (base_tip, base_branch) = (state.main.clone(), BRANCH.to_owned());
            Ok(PullRequest {
                number,
                title: "Change".into(),
                author: STRANGER.into(),
                open,
                from_fork,
                head,
                base_tip,
                base_branch,
                merge,
                landed: None,
            })
        })
        .await
    }

    async fn commit(&self, _: &RepoName, sha: &CommitSha) -> Result<CommitInfo, ForgeError> {
        self.call("commit", |state| {
            let missing = state.fault(3);
            state.commits.get(sha).filter(|_| !missing).cloned().ok_or_else(|| not_found("commit"))
        })
        .await
    }

    async fn merge_base(&self, _: &RepoName, a: &CommitSha, b: &CommitSha) -> Result<CommitSha, ForgeError> {
        self.call("merge base", |state| {
            let line = |from: &CommitSha| {
                let first = |sha: &CommitSha| state.commits.get(sha).and_then(|c| c.parents.first().cloned());
                std::iter::successors(Some(from.clone()), first).collect::<Vec<_>>()
            };
            let ours = line(a);
            line(b).into_iter().find(|sha| ours.contains(sha)).ok_or_else(|| not_found("merge base"))
        })
        .await
    }

    async fn file(&self, _: &RepoName, _: &CommitSha, _: &str) -> Result<Option<String>, ForgeError> {
        self.call("file", |_| Ok(Some(MANIFEST.to_owned()))).await
    }

    async fn find_comment(&self, _: &RepoName, number: u64, marker: &str) -> Result<Option<Comment>, ForgeError> {
        self.call("comments", |state| {
            let ours = |c: &&Posted| c.pull == number && c.author == OURS && c.body.trim_end().ends_with(marker);
            Ok(state.posted.iter().find(ours).map(|c| Comment { id: c.id, body: c.body.clone() }))
        })
        .await
    }

    async fn comment(&self, _: &RepoName, id: u64) -> Result<Option<Comment>, ForgeError> {
        self.call("comment", |state| Ok(state.posted.iter().find(|c| c.id == id).map(|c| Comment { id: c.id, body: c.body.clone() }))).await
    }

    async fn create_comment(&self, _: &RepoName, number: u64, body: &str) -> Result<Comment, ForgeError> {
        self.call("new comment", |state| {
            let id = state.id();
            if body.trim_end().ends_with(MARKER) {
                state.silenced.remove(&number);
            }
            state.posted.push(Posted { id, pull: number, author: OURS, body: body.to_owned() });
            Ok(Comment { id, body: body.to_owned() })
        })
        .await
    }

    async fn update_comment(&self, _: &RepoName, id: u64, body: &str) -> Result<(), ForgeError> {
        self.call("comment's text", |state| {
            let comment = state.posted.iter_mut().find(|c| c.id == id).ok_or_else(|| not_found("comment"))?;
            body.clone_into(&mut comment.body);
            Ok(())
        })
        .await
    }

    async fn report_check(&self, _: &RepoName, check: &CheckReport) -> Result<(), ForgeError> {
        self.call("check", |state| {
            state.checks.insert(check.sha.clone(), check.clone());
            Ok(())
        })
        .await
    }

    async fn login(&self) -> Result<String, ForgeError> {
        self.call("our name", |_| Ok(OURS.to_owned())).await
    }

    async fn named(&self, _: &RepoName, name: &str) -> Result<Option<Named>, ForgeError> {
        self.call("branch", |state| {
            Ok((name == BRANCH).then(|| Named { reference: format!("refs/heads/{BRANCH}"), sha: state.main.clone() }))
        })
        .await
    }

    async fn tag(&self, _: &RepoName, _: &str) -> Result<Option<CommitSha>, ForgeError> {
        self.call("tag", |_| Ok(None)).await
    }

    async fn history(&self, _: &RepoName, tip: &CommitSha, since_s: Option<i64>, limit: usize) -> Result<Vec<CommitInfo>, ForgeError> {
        self.call("history", |state| {
            let line = std::iter::successors(state.commits.get(tip), |c| c.parents.first().and_then(|p| state.commits.get(p)));
            Ok(line.filter(|c| since_s.is_none_or(|s| c.committed_s >= s)).take(limit).cloned().collect())
        })
        .await
    }

    async fn is_private(&self, _: &RepoName) -> Result<bool, ForgeError> {
        self.call("repository", |_| Ok(false)).await
    }

    async fn role(&self, _: &RepoName, login: &str) -> Result<Role, ForgeError> {
        self.call("role", |_| Ok(if login == KEEPER { Role::Write } else { Role::Read })).await
    }

    async fn failed_deliveries(&self, _: u64) -> Result<Vec<FailedDelivery>, ForgeError> {
        self.call("deliveries", |state| {
            let failed = state.deliveries.iter().filter(|d| !d.pending && !d.taken);
            Ok(failed.map(|d| FailedDelivery { attempt: d.id, delivery: d.id.to_string(), event: d.event.into() }).collect())
        })
        .await
    }

    async fn redeliver(&self, attempt: u64) -> Result<(), ForgeError> {
        self.call("redelivery", |state| {
            state.deliveries.iter_mut().filter(|d| d.id == attempt).for_each(|d| d.pending = true);
            Ok(())
        })
        .await
    }

    fn clone_url(&self, repo: &RepoName) -> String {
        format!("https://forge.example/{repo}")
    }

    async fn clone_token(&self, _: &RepoName) -> Result<Option<String>, ForgeError> {
        self.call("token", |_| Ok(None)).await
    }
}
