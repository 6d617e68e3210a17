//! The newest runs as the service leaves them: judged by the real judge over made measurements, and put away by the server's own functions.

use super::history::{Fate, History};
use super::model::{BOARDS, Kind, State};
use super::runs::{Run, What, over};
use super::tables::Written;
use super::weigh::{self, At};
use super::words::{LOGINS, REASONS};
use anyhow::{Context, Result};
use fuzz_cases::Seeded;
use ounce_analysis::past::{Accepted, Figure, Past, Place};
use ounce_analysis::{BoardInput, Comparison, Judgement, judge_since};
use ounce_protocol::ids::{BoardName, RegionName};
use ounce_protocol::manifest::Manifest;
use ounce_protocol::measurement::Measurement;
use ounce_server::store::measurements::{self, Packed};
use ounce_server::store::{Store, runs as run_rows, symbols, tradeoffs};
use std::collections::BTreeMap;

/// The lease under which whole measurements came: another than that of the rows they replace.
const LEASE: u64 = 2;

/// Both sides of each board of a run, or why there are none.
type Sides = BTreeMap<BoardName, Option<(Measurement, Measurement)>>;

/// Judges the newest runs.
pub async fn write(store: &Store, history: &History, runs: &[Run], written: &Written) -> Result<()> {
    let manifest = Manifest::parse(&weigh::manifest()).context("the made manifest")?;
    let whole = runs.iter().filter(|run| run.is_whole).count();
    let mut judged = 0;
    for (n, run) in runs.iter().enumerate() {
        if !run.is_whole && !run.is_kept {
            continue;
        }
        let sides = sides(history, run, &manifest)?;
        let mut tx = store.write().await?;
        if run.is_kept {
            for (base, head) in sides.values().flatten() {
                for side in [base, head] {
                    measurements::put(&mut tx, written.run(n), LEASE, &Packed::of(side)?, run.judged_ms()).await?;
                }
            }
        }
        if run.is_whole {
            let comparison = judge(history, run, &sides, &manifest);
            let doc = serde_json::to_string(&comparison)?;
            let word = serde_json::to_value(comparison.verdict)?;
            let word = word.as_str().unwrap_or_default();
            run_rows::judged(&mut tx, written.run(n), &doc, word, run.judged_ms()).await?;
            tradeoffs::put(&mut tx, written.run(n), &comparison).await?;
            if let What::Push(at) = run.what {
                symbols::put_steps(&mut tx, written.project, written.commit(at), written.run(n), &comparison).await?;
            }
            judged += 1;
        }
        tx.commit().await?;
    }
    anyhow::ensure!(judged == whole, "{judged} of {whole} runs were judged");
    Ok(())
}

/// The firmware at a commit, by the tools of a run.
fn state(history: &History, at: usize, era: usize) -> Result<&[State]> {
    history.states.get(&(at, era)).map(Vec::as_slice).with_context(|| format!("the firmware at commit {at} was not kept"))
}

fn sides(history: &History, run: &Run, manifest: &Manifest) -> Result<Sides> {
    let repo = history.spec.repo;
    let at = run.weighs(history);
    let era = at.map_or_else(|| history.eras.len() - 1, |at| history.commits[at].era);
    let bases = state(history, run.base_at, era)?;
    let open;
    let heads = match (at, run.what) {
        (Some(at), _) => state(history, at, era)?,
        (None, What::Pull(pull) | What::Superseded(pull)) => {
            open = of_open(history, pull);
            &open
        }
        (None, What::Push(_)) => anyhow::bail!("a push weighs a commit"),
    };
    let breaks = |board| {
        at.is_none() && matches!(run.what, What::Pull(pull) if history.pulls[pull].fate == Fate::Judged(Kind::Breaks)) && board == 1
    };
    let sides = history.spec.boards.iter().map(|&board| {
        let base_at = At { repo, board, sha: &run.base, commit: run.base_at, era };
        let head_at = At { sha: &run.head, commit: at.unwrap_or(history.commits.len()), ..base_at };
        let is_lost = matches!(run.what, What::Push(at) if !history.commits[at].is_measured(board));
        let side = |of: &At<'_>, builds: bool, states: &[State]| match builds {
            true => weigh::measured(of, &states[board], manifest),
            false => weigh::failed(of),
        };
        let both = (!is_lost).then(|| {
            let builds = at.map_or(!breaks(board), |at| history.commits[at].builds(board));
            (side(&base_at, history.commits[run.base_at].builds(board), bases), side(&head_at, builds, heads))
        });
        (weigh::board_name(board), both)
    });
    Ok(sides.collect())
}

/// The firmware of a pull request that has not landed: the newest one, and a change to it.
fn of_open(history: &History, pull: usize) -> Vec<State> {
    let mut model = history.model.clone();
    let kind = if let Fate::Judged(kind) = history.pulls[pull].fate { kind } else { Kind::Quiet };
    let all = history.commits.len();
    model.commit(&mut Seeded::of(history.spec.seed + pull as u64), kind, (all, all));
    model.states
}

fn judge(history: &History, run: &Run, sides: &Sides, manifest: &Manifest) -> Comparison {
    let boards = sides.iter().map(|(board, sides)| {
        let input = match sides {
            Some((base, head)) => BoardInput::Measured { base, head },
            None => BoardInput::Missing { detail: "infra: the checkout failed: no space left on device".into() },
        };
        (board.clone(), input)
    });
    // A project with fewer boards says so in its manifest.
    let mut manifest = manifest.clone();
    manifest.boards.retain(|board, _| sides.contains_key(board));
    let input = Judgement { manifest: &manifest, base: &run.base, head: &run.head, boards: boards.collect(), manifest_changed: false };
    let accepted = match (run.what, run.weighs(history)) {
        (What::Pull(pull), Some(at)) => accepted(history, run, pull, at),
        _ => Vec::new(),
    };
    judge_since(&input, &Past { baselines: Vec::new(), accepted })
}

/// What was accepted of a pull request before it landed: all that was over the budget.
pub fn accepted(history: &History, run: &Run, pull: usize, at: usize) -> Vec<Accepted> {
    let boards = history.spec.boards.iter().filter(|board| over(history, at, **board));
    let one = |board: &usize| Accepted {
        who: LOGINS[(history.pulls[pull].author + 1) % LOGINS.len()].to_owned(),
        why: REASONS[pull % REASONS.len()].to_owned(),
        when_text: None,
        sha: run.head.clone(),
        place: Place {
            board: weigh::board_name(*board),
            figure: Figure::Region { region: RegionName::parse("flash").expect("a name"), group: None },
        },
        growth: history.commits[at].trades[*board].flash.unsigned_abs(),
    };
    debug_assert!(boards.clone().all(|board| *board < BOARDS.len()), "boards are places in the list");
    boards.map(one).collect()
}
