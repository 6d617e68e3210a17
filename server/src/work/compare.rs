//! The judge's turn: a run whose jobs have all ended → its comparison, the points of the history, and what is wished of it.

use super::{Context, publish, starts, text};
use crate::forge::Forge;
use crate::store::runs::{self, Run, RunKind};
use crate::store::{Connection, StoreError, claims, jobs, measurements, projects, symbols, tradeoffs, unreadable};
use crate::trace;
use ounce_analysis::past::Past;
use ounce_analysis::{BoardInput, Comparison, Judgement, judge_since};
use ounce_protocol::ids::BoardName;
use ounce_protocol::job::{JobState, Millis};
use ounce_protocol::manifest::Manifest;
use ounce_protocol::measurement::Measurement;
use std::collections::BTreeMap;

/// How long one server judges a run before another may think that it is gone. Both may then: the first to write is heard.
pub const JUDGE_MS: Millis = 60_000;

/// One board of a run that ended.
enum Ended {
    /// Both sides, each with its row.
    Measured(Box<[(i64, Measurement); 2]>),
    /// No figures, and why.
    Missing(String),
}

/// Judges the oldest run whose jobs have all ended. False where there is none.
pub async fn step<F: Forge>(cx: &Context<F>) -> Result<bool, StoreError> {
    let (holder, now) = (cx.store.holder(), cx.clock.now());
    let mut c = cx.store.connection().await?;
    let Some(id) = runs::to_judge(&mut c, holder, now).await? else { return Ok(false) };
    let claim = format!("run:{id}");
    if !claims::take(&mut c, &claim, holder, now, now.saturating_add(JUDGE_MS)).await? {
        return Ok(true);
    }
    drop(c);
    trace::about("run", id);
    let done = judge_run(cx, id).await?;
    claims::release(&mut *cx.store.connection().await?, &claim, holder).await?;
    Ok(done)
}

async fn judge_run<F: Forge>(cx: &Context<F>, id: i64) -> Result<bool, StoreError> {
    let judging = async {
        let run = runs::get(&mut *cx.store.connection().await?, id).await?;
        weigh(cx, run).await
    };
    match judging.await {
        // Rows that cannot be read, or a judge that panics, fail each time: the run ends, so that it does not stand before all others.
        Err(error) if unreadable(&error) => {
            tracing::error!(run = id, %error, "a run cannot be judged");
            refuse(cx, id, text::NOT_JUDGED).await?;
            Ok(true)
        }
        other => other.map(|()| true),
    }
}

async fn refuse<F: Forge>(cx: &Context<F>, run: i64, why: &str) -> Result<(), StoreError> {
    let mut tx = cx.store.write().await?;
    if runs::refuse(&mut tx, run, why).await? {
        match publish::wish_for_run(&mut tx, run, cx.public_url.as_deref(), cx.clock.now()).await {
            // Where even the run's own row cannot be read, nothing can be said of it; it ends all the same.
            Err(error) if unreadable(&error) => tracing::error!(run, %error, "a run's end cannot be told"),
            other => other?,
        }
    }
    tx.commit().await?;
    cx.wake.publish.notify_one();
    Ok(())
}

async fn weigh<F: Forge>(cx: &Context<F>, run: Run) -> Result<(), StoreError> {
    // It was valid when it was planned: an older version of this program planned it.
    let manifest = match Manifest::parse(&run.manifest) {
        Ok(manifest) => manifest,
        Err(error) => return refuse(cx, run.id, &error.to_string()).await,
    };
    let mut c = cx.store.connection().await?;
    let boards = ended(&mut c, &run).await?;
    let past = starts::past(&mut c, &run, &manifest).await?;
    drop(c);
    let figures = figures(&boards);
    let (id, pull) = (run.id, run.pull);
    // What a push did to each symbol belongs to the history; a pull request's has yet to land.
    let history = (run.kind == RunKind::Push && run.trusted).then(|| (run.project, run.head.clone()));
    let judging = tokio::task::spawn_blocking(move || compare(&manifest, &run, &boards, &past));
    let comparison = judging.await.map_err(|e| StoreError::Decode(Box::new(e)))?;
    let verdict = serde_json::to_value(comparison.verdict).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let doc = serde_json::to_string(&comparison).map_err(|e| StoreError::Encode(Box::new(e)))?;

    let now = cx.clock.now();
    let mut tx = cx.store.write().await?;
    if runs::judged(&mut tx, id, &doc, &verdict, now).await? {
        for (row, figures) in &figures {
            measurements::put_points(&mut tx, *row, figures).await?;
        }
        if let Some((project, head)) = &history
            && let Some(commit) = projects::commit_on_default(&mut tx, *project, head).await?
        {
            let left_out = symbols::put_steps(&mut tx, *project, commit, id, &comparison).await?;
            if left_out > 0 {
                tracing::info!(run = id, left_out, "smaller changes of symbols are not in the history");
            }
        }
        tradeoffs::put(&mut tx, id, &comparison).await?;
        publish::wish_for_run(&mut tx, id, cx.public_url.as_deref(), now).await?;
    }
    tx.commit().await?;
    cx.wake.publish.notify_one();
    cx.wake.bisect.notify_one();
    tracing::info!(run = id, pull, verdict, "judged");
    Ok(())
}

/// What came of each board. A job that says it is done has both sides; anything else is said aloud.
async fn ended(c: &mut Connection, run: &Run) -> Result<BTreeMap<BoardName, Ended>, StoreError> {
    let mut boards = BTreeMap::new();
    for (board, state) in jobs::of_run(c, run.id).await? {
        let ended = match state {
            JobState::Done => {
                let base = measurements::get(c, run.id, &board, &run.base).await?;
                let head = measurements::get(c, run.id, &board, &run.head).await?;
                match (base, head) {
                    (Some(base), Some(head)) => Ended::Measured(Box::new([base, head])),
                    _ => Ended::Missing("a side of the measurement is not in the database".into()),
                }
            }
            JobState::Failed { kind, detail } => Ended::Missing(format!("{}: {detail}", kind.word())),
            state => Ended::Missing(format!("the job is {}", state.word())),
        };
        boards.insert(board, ended);
    }
    Ok(boards)
}

/// The points of both sides of all boards, by the measurement's row.
fn figures(boards: &BTreeMap<BoardName, Ended>) -> Vec<(i64, measurements::Figures)> {
    let mut all = Vec::new();
    for ended in boards.values() {
        if let Ended::Measured(sides) = ended {
            let [(base_row, base), (head_row, head)] = sides.as_ref();
            all.push((*base_row, measurements::figures(base, None)));
            all.push((*head_row, measurements::figures(head, Some(base))));
        }
    }
    all
}

fn compare(manifest: &Manifest, run: &Run, boards: &BTreeMap<BoardName, Ended>, past: &Past) -> Comparison {
    let boards = boards.iter().map(|(board, ended)| {
        let input = match ended {
            Ended::Measured(sides) => BoardInput::Measured { base: &sides[0].1, head: &sides[1].1 },
            Ended::Missing(detail) => BoardInput::Missing { detail: detail.clone() },
        };
        (board.clone(), input)
    });
    let (boards, manifest_changed) = (boards.collect(), run.manifest_changed);
    judge_since(&Judgement { manifest, base: &run.base, head: &run.head, boards, manifest_changed }, past)
}
