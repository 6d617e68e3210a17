//! After the storm: what is there, held against what was pushed.

use super::load::{Pull, is_finished};
use super::scene::{REPO, Scene};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Longest until all is at rest. Missed deliveries are looked for every five minutes, a lease lapses after half a minute, and a
/// job is tried three times.
const REST_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// The boards of the firmware.
const BOARDS: [&str; 2] = ["an385", "an386"];

/// What was found.
pub struct Found {
    wrong: Vec<String>,
    pulls: usize,
    heads: usize,
    runs: usize,
    jobs: usize,
    again: u64,
    tired: usize,
    superseded: usize,
    deliveries: (usize, usize),
    rows: u64,
}

/// Waits until no run is open and each newest head has its check; gives how long that took, in seconds.
pub async fn settle(scene: &Scene, pulls: &[Pull]) -> Result<u64> {
    let began = Instant::now();
    loop {
        scene.keep_up().await?;
        let open: Vec<u64> = pulls.iter().filter(|p| !is_finished(scene, p)).map(|p| p.number).collect();
        let runs = runs(scene).await;
        let busy = runs.as_ref().map_or(1, |runs| runs.iter().filter(|r| !is_at_rest(r)).count());
        if open.is_empty() && busy == 0 {
            // The last comment is written after the last check.
            tokio::time::sleep(Duration::from_secs(8)).await;
            return Ok(began.elapsed().as_secs());
        }
        if began.elapsed() > REST_TIMEOUT {
            bail!("no rest: pull requests without a finished check {open:?}, runs at work {busy}, {:?}", runs.err());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn is_at_rest(run: &Value) -> bool {
    matches!(run["state"].as_str(), Some("judged" | "superseded" | "refused"))
}

/// All runs, newest first.
async fn runs(scene: &Scene) -> Result<Vec<Value>> {
    let mut path = format!("/api/v1/projects/{REPO}/runs");
    let mut all = Vec::new();
    loop {
        let page = scene.api(&path).await?;
        all.extend(page["items"].as_array().context("a page of runs without items")?.iter().cloned());
        match page["next"].as_str() {
            Some(next) => path = next.to_owned(),
            None => return Ok(all),
        }
    }
}

impl Found {
    /// Looks at everything.
    pub async fn look(scene: &Scene, pulls: &[Pull]) -> Result<Found> {
        let mut found = Found {
            wrong: Vec::new(),
            pulls: pulls.len(),
            heads: pulls.iter().map(|p| p.heads.len()).sum(),
            runs: 0,
            jobs: 0,
            again: 0,
            tired: 0,
            superseded: 0,
            deliveries: deliveries(scene),
            rows: rows(&scene.backup().await?),
        };
        let runs = runs(scene).await?;
        found.runs = runs.len();
        let mut tired = BTreeSet::new();
        for run in &runs {
            let detail = scene.api(&format!("/api/v1/runs/{}", run["id"])).await?;
            let is_tired = found.jobs_of(run, &detail);
            if is_tired {
                tired.extend(run["shown_sha"].as_str().map(str::to_owned));
            }
        }
        for pull in pulls {
            let head = pull.heads.last().context("a pull request without a head")?;
            found.pull(scene, pull, &runs, tired.contains(head));
        }
        Ok(found)
    }

    /// Whether a job of it was given up after its three attempts.
    fn jobs_of(&mut self, run: &Value, detail: &Value) -> bool {
        let mut tired = false;
        self.superseded += usize::from(run["state"] == "superseded");
        for job in detail["jobs"].as_array().into_iter().flatten() {
            self.jobs += 1;
            let attempts = job["attempts"].as_u64().unwrap_or(0);
            self.again += attempts.saturating_sub(1);
            let state = job["state"].as_str().unwrap_or("");
            let gave_up = state == "failed" && attempts >= 3;
            self.tired += usize::from(gave_up);
            tired |= gave_up;
            if !gave_up && !(matches!(state, "done" | "superseded")) {
                self.wrong.push(format!("run {} job {} is {state} after {attempts} attempts: {}", run["id"], job["id"], job["detail"]));
            }
        }
        tired
    }

    fn pull(&mut self, scene: &Scene, pull: &Pull, runs: &[Value], tired: bool) {
        let number = pull.number;
        let mut wrong = |text: String| self.wrong.push(format!("#{number}: {text}"));
        let comments = scene.double.comments(REPO, number);
        if comments.len() != 1 {
            wrong(format!("{} comments where one was meant", comments.len()));
        }
        let head = &pull.heads[pull.heads.len() - 1];
        let verdict = match (tired, pull.within_budget()) {
            (true, _) => None,
            (false, true) => Some(("within_budget", "success")),
            (false, false) => Some(("over_budget", "failure")),
        };
        let newest = runs.iter().find(|r| r["pull"] == number);
        let shown = newest.map_or("none", |r| r["shown_sha"].as_str().unwrap_or(""));
        if shown != head {
            wrong(format!("the newest run is of {shown}, the head is {head}"));
        }
        if let (Some(run), Some((verdict, _))) = (newest, verdict)
            && run["verdict"] != verdict
        {
            wrong(format!("run {} says {}, {verdict} is right", run["id"], run["verdict"]));
        }
        for old in &pull.heads {
            let checks = scene.double.check_runs(REPO, old);
            if checks.len() > 1 || (old == head && checks.is_empty()) {
                wrong(format!("{} checks on {old}", checks.len()));
            }
            if let Some(open) = checks.iter().find(|c| c.status != "completed") {
                wrong(format!("the check on {old} is {} for ever", open.status));
            }
            if let (true, Some((_, conclusion)), Some(check)) = (old == head, verdict, checks.first())
                && check.conclusion.as_deref() != Some(conclusion)
            {
                wrong(format!("the check on the head says {:?}, {conclusion} is right", check.conclusion));
            }
        }
        if tired {
            return;
        }
        let said = format!("+{} B", pull.growth);
        for board in BOARDS {
            let row = comments.first().and_then(|c| c.body.lines().find(|l| l.starts_with('|') && l.contains(board)).map(str::to_owned));
            if !row.as_deref().is_some_and(|row| row.contains(&said)) {
                wrong(format!("{board} should say {said}: {row:?}"));
            }
        }
    }

    /// What is wrong, in words.
    pub fn wrong(&self) -> Vec<String> {
        self.wrong.clone()
    }

    /// What was found, in words.
    pub fn sums(&self) -> String {
        let (sent, missed) = self.deliveries;
        format!(
            "{} pull requests, {} heads, {} runs ({} superseded), {} jobs, {} leases lost and given again, {} jobs given up after three \
             attempts; {sent} deliveries, of which {missed} had to be asked for again.\nLost: 0 unless named below. Doubled: 0 unless \
             named below. A backup reads all {} rows.",
            self.pulls, self.heads, self.runs, self.superseded, self.jobs, self.again, self.tired, self.rows
        )
    }
}

/// How many events there were, and of how many the first attempt failed.
fn deliveries(scene: &Scene) -> (usize, usize) {
    let all = scene.double.deliveries();
    let firsts = all.iter().filter(|d| !d.redelivery);
    (firsts.clone().count(), firsts.filter(|d| !(200..300).contains(&d.status_code)).count())
}

/// The sum of what `ounce-server backup` says: a line a table, `name  count rows  hash`.
fn rows(said: &str) -> u64 {
    said.lines().filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}
