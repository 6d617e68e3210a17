//! What goes on while the faults strike: people push to their pull requests, each time a firmware of a known size.

use super::scene::{REPO, Scene};
use anyhow::Result;
use github_double::NewPull;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::time::Duration;

/// Pull requests.
const PULLS: usize = 8;
/// Heads without a finished check, at most; people wait, then push on.
const UNFINISHED_MAX: usize = 4;
/// What the manifest lets a pull request grow by, bytes.
const BUDGET: u32 = 256;
/// The ballast on the default branch, bytes.
const BASE: u32 = 4;
/// The most a head carries, bytes.
const BALLAST_MAX: u32 = 400;

/// A pull request as it was pushed.
pub struct Pull {
    /// Its number.
    pub number: u64,
    branch: String,
    /// Every head it had, the newest last.
    pub heads: Vec<String>,
    /// The bytes that the newest head adds.
    pub growth: u32,
}

impl Pull {
    /// Whether the newest head keeps its budget.
    pub fn within_budget(&self) -> bool {
        self.growth <= BUDGET
    }
}

/// A source file of this many bytes of flash; a multiple of four.
pub fn ballast(bytes: u32) -> String {
    format!("__attribute__((used, section(\".ballast\"), aligned(4))) const unsigned char ballast[{bytes}] = {{ 1 }};\n")
}

/// Opens the pull requests and pushes to them until the storm is over; gives what was pushed.
pub async fn while_it_lasts(scene: &Scene, seed: u64, storm: impl Future<Output = Result<()>>) -> Result<Vec<Pull>> {
    // Another order than the faults have.
    let mut rng = StdRng::seed_from_u64(seed ^ 0x006c_6f61_6400);
    let mut pulls = Vec::new();
    for nth in 1..=PULLS {
        let branch = format!("change-{nth}");
        let (head, growth) = push(scene, &branch, Some("main"), &mut rng).await?;
        let number = scene.double.open_pull(REPO, NewPull::from_branch(&format!("ballast {nth}"), &branch)).await?;
        pulls.push(Pull { number, branch, heads: vec![head], growth });
    }
    tokio::pin!(storm);
    loop {
        tokio::select! {
            ended = &mut storm => return ended.map(|()| pulls),
            () = tokio::time::sleep(Duration::from_millis(rng.random_range(200..1_500))) => {}
        }
        let unfinished = pulls.iter().filter(|p| !is_finished(scene, p)).count();
        if unfinished >= UNFINISHED_MAX {
            continue;
        }
        let nth = rng.random_range(0..pulls.len());
        let branch = pulls[nth].branch.clone();
        let pushing = push(scene, &branch, None, &mut rng);
        // A push is answered when its events are delivered, which a fault may keep up: the storm goes on meanwhile.
        let mut pushing = Box::pin(pushing);
        let (over, pushed) = tokio::select! {
            ended = &mut storm => (Some(ended), pushing.as_mut().await),
            pushed = pushing.as_mut() => (None, pushed),
        };
        drop(pushing);
        let (head, growth) = pushed?;
        pulls[nth].heads.push(head);
        pulls[nth].growth = growth;
        if let Some(ended) = over {
            return ended.map(|()| pulls);
        }
    }
}

async fn push(scene: &Scene, branch: &str, from: Option<&str>, rng: &mut StdRng) -> Result<(String, u32)> {
    let bytes = 4 * rng.random_range(2..=BALLAST_MAX / 4);
    let text = ballast(bytes);
    let head = scene.double.commit(REPO, branch, from, &format!("ballast of {bytes} bytes"), &[("src/ballast.c", Some(&text))]).await?;
    Ok((head, bytes - BASE))
}

/// Whether the newest head's check is there and completed.
pub fn is_finished(scene: &Scene, pull: &Pull) -> bool {
    let checks = pull.heads.last().map(|head| scene.double.check_runs(REPO, head)).unwrap_or_default();
    !checks.is_empty() && checks.iter().all(|c| c.status == "completed")
}
