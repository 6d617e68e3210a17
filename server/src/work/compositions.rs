//! Comparisons of two commits that no run judged against each other, composed of what was measured of each before.
//!
//! The judge is the same, and so are the figures: those of trusted measurements only. Opening a dozen of them takes a tenth of a second, so few are
//! composed at once, not where others wait, and what was composed is kept for a while. Figures of other tools are not subtracted, as the judge says.

use crate::store::builds::{self, Build, Kept};
use crate::store::{Store, StoreError};
use ounce_analysis::{BoardInput, Comparison, Judgement, judge};
use ounce_protocol::ids::{BoardName, CommitSha};
use ounce_protocol::job::Millis;
use ounce_protocol::manifest::Manifest;
use ounce_protocol::measurement::{BenchOutcome, Measurement, Outcome};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Comparisons composed at once; the others wait.
pub const AT_ONCE_MAX: usize = 2;
/// How long one waits for its turn.
pub const WAIT_MS_MAX: u64 = 10_000;
/// Boards of one comparison, for all their measurements are in memory together.
pub const BOARDS_MAX: usize = 64;
/// What composed comparisons take in memory together, counted as their JSON.
pub const KEPT_BYTES_MAX: usize = 32 << 20;
/// Questions to the forge that pages may ask within [`QUESTIONS_MS`].
pub const QUESTIONS_MAX: u32 = 20;
/// That time.
pub const QUESTIONS_MS: Millis = 60_000;

/// Why nothing was composed.
#[derive(Debug, thiserror::Error)]
pub enum NotComposed {
    /// Too many wait already.
    #[error("other comparisons are being composed: try again in a moment")]
    Busy,
    /// More boards than [`BOARDS_MAX`].
    #[error("{0} boards are more than are compared at once ({BOARDS_MAX}): choose one")]
    TooMany(usize),
    /// The database, or a row that cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is to be composed.
#[derive(Debug)]
pub struct Order {
    /// The commit compared with.
    pub base: CommitSha,
    /// The commit weighed.
    pub head: CommitSha,
    /// The run whose manifest it is.
    pub run: i64,
    /// That manifest.
    pub manifest: Manifest,
    /// The builds of both commits, or why there are none.
    pub boards: BTreeMap<BoardName, Result<(Build, Build), String>>,
}

impl Order {
    /// What the answer depends on.
    fn key(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(format!("{} {} {}", self.base, self.head, self.run));
        for (board, pair) in &self.boards {
            let pair = pair.as_ref().map_or_else(Clone::clone, |(base, head)| format!("{} {}", base.id, head.id));
            hash.update(format!("\n{board} {pair}"));
        }
        hash.finalize().into()
    }
}

/// Room for composing, and what was composed.
#[derive(Debug)]
pub struct Compositions {
    room: Semaphore,
    kept: Mutex<Composed>,
    /// When questions began to be counted, and how many there were since.
    questions: Mutex<(Millis, u32)>,
}

impl Default for Compositions {
    fn default() -> Self {
        Compositions { room: Semaphore::new(AT_ONCE_MAX), kept: Mutex::default(), questions: Mutex::new((Millis::MIN, 0)) }
    }
}

impl Compositions {
    /// Whether a page may ask the forge something now: strangers ask for pages.
    pub fn may_ask(&self, now: Millis) -> bool {
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(questions.0) >= QUESTIONS_MS {
            *questions = (now, 0);
        }
        questions.1 = questions.1.saturating_add(1);
        questions.1 <= QUESTIONS_MAX
    }

    /// Room to open measurements in.
    pub async fn room(&self) -> Result<tokio::sync::SemaphorePermit<'_>, NotComposed> {
        let turn = tokio::time::timeout(Duration::from_millis(WAIT_MS_MAX), self.room.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or(NotComposed::Busy)
    }

    /// The comparison, composed where it is not kept.
    pub async fn compose(&self, store: &Store, order: Order) -> Result<Arc<Comparison>, NotComposed> {
        if order.boards.len() > BOARDS_MAX {
            return Err(NotComposed::TooMany(order.boards.len()));
        }
        let key = order.key();
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let _turn = self.room().await?;
        // Who waited for another that composes the same has it now.
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let mut boards = BTreeMap::new();
        let mut c = store.connection().await?;
        for (board, pair) in &order.boards {
            let sides = match pair {
                Ok((base, head)) => Ok([builds::kept(&mut c, base.id).await?, builds::kept(&mut c, head.id).await?]),
                Err(why) => Err(why.clone()),
            };
            boards.insert(board.clone(), sides);
        }
        drop(c);
        let judging = tokio::task::spawn_blocking(move || judged(&order, &boards));
        let (comparison, bytes) = judging.await.map_err(|e| StoreError::Decode(Box::new(e)))??;
        let comparison = Arc::new(comparison);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(key, Arc::clone(&comparison), bytes);
        Ok(comparison)
    }

    fn find(&self, key: &[u8; 32]) -> Option<Arc<Comparison>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key)
    }
}

type Sides = Result<[(Kept, Option<Kept>); 2], String>;

/// Opens the measurements and judges them; gives how long the answer's JSON is, too.
fn judged(order: &Order, boards: &BTreeMap<BoardName, Sides>) -> Result<(Comparison, usize), StoreError> {
    let mut opened: BTreeMap<&BoardName, Result<[Measurement; 2], &String>> = BTreeMap::new();
    for (board, sides) in boards {
        let sides = match sides {
            Ok([base, head]) => Ok([open(base)?, open(head)?]),
            Err(why) => Err(why),
        };
        opened.insert(board, sides);
    }
    let mut boards = BTreeMap::new();
    for (board, sides) in &opened {
        let input = match sides {
            Ok([base, head]) => BoardInput::Measured { base, head },
            Err(why) => BoardInput::Missing { detail: (*why).clone() },
        };
        boards.insert((*board).clone(), input);
    }
    let mut manifest = order.manifest.clone();
    let budgets = manifest.budgets.len();
    // From where these count is looked up when a run is planned.
    manifest.budgets.retain(|budget| budget.since.is_none());
    let left_out = budgets - manifest.budgets.len();
    let mut comparison = judge(&Judgement { manifest: &manifest, base: &order.base, head: &order.head, boards, manifest_changed: false });
    if left_out > 0 {
        comparison.notes.push(format!(
            "composed of figures measured before: budgets that count since a tag or a day ({left_out}) are judged only where two commits are weighed against each other"
        ));
    }
    let bytes = serde_json::to_vec(&comparison).map_err(|e| StoreError::Encode(Box::new(e)))?.len();
    Ok((comparison, bytes))
}

/// A measurement with the counts that hold for it: where its image is that of the base beside it, and so was not run, the base's.
pub fn open((kept, beside): &(Kept, Option<Kept>)) -> Result<Measurement, StoreError> {
    let mut measurement = kept.open()?;
    let Outcome::Built { benches, .. } = &mut measurement.outcome else { return Ok(measurement) };
    if benches.values().all(|bench| *bench != BenchOutcome::Identical) {
        return Ok(measurement);
    }
    let beside = beside.as_ref().map(Kept::open).transpose()?;
    if let Some(Outcome::Built { benches: of_base, .. }) = beside.map(|beside| beside.outcome) {
        for (name, bench) in benches.iter_mut().filter(|(_, bench)| **bench == BenchOutcome::Identical) {
            if let Some(counted) = of_base.get(name) {
                *bench = counted.clone();
            }
        }
    }
    Ok(measurement)
}

/// What was composed, up to so many bytes: what was not asked for the longest goes first.
#[derive(Debug, Default)]
struct Composed {
    all: HashMap<[u8; 32], Entry>,
    bytes: usize,
    /// Counts questions: which entry was asked for last.
    asked: u64,
}

#[derive(Debug)]
struct Entry {
    comparison: Arc<Comparison>,
    bytes: usize,
    asked: u64,
}

impl Composed {
    fn get(&mut self, key: &[u8; 32]) -> Option<Arc<Comparison>> {
        self.asked += 1;
        let entry = self.all.get_mut(key)?;
        entry.asked = self.asked;
        Some(Arc::clone(&entry.comparison))
    }

    fn put(&mut self, key: [u8; 32], comparison: Arc<Comparison>, bytes: usize) {
        if bytes > KEPT_BYTES_MAX {
            return;
        }
        self.asked += 1;
        self.bytes += bytes;
        if let Some(old) = self.all.insert(key, Entry { comparison, bytes, asked: self.asked }) {
            self.bytes -= old.bytes;
        }
        while self.bytes > KEPT_BYTES_MAX {
            let Some(oldest) = self.all.iter().min_by_key(|(_, entry)| entry.asked).map(|(key, _)| *key) else { break };
            self.bytes -= self.all.remove(&oldest).map_or(0, |entry| entry.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ounce_analysis::comparison::{SCHEMA, Verdict};

    fn comparison() -> Arc<Comparison> {
        let sha = CommitSha::parse(&"a".repeat(40)).unwrap();
        Arc::new(Comparison {
            schema: SCHEMA,
            project: String::new(),
            base: sha.clone(),
            head: sha,
            verdict: Verdict::Unchanged,
            boards: vec![],
            budgets: vec![],
            notes: vec![],
        })
    }

    #[test]
    fn what_was_not_asked_for_the_longest_goes_first() {
        let mut composed = Composed::default();
        let third = KEPT_BYTES_MAX / 3;
        for key in 0..3 {
            composed.put([key; 32], comparison(), third);
        }
        assert!(composed.get(&[0; 32]).is_some());
        composed.put([3; 32], comparison(), third);
        let there: Vec<bool> = (0..4).map(|key| composed.get(&[key; 32]).is_some()).collect();
        assert_eq!(there, [true, false, true, true]);
        composed.put([3; 32], comparison(), third);
        assert_eq!(composed.bytes, 3 * third, "the same again is there once");
        composed.put([9; 32], comparison(), KEPT_BYTES_MAX + 1);
        assert_eq!((composed.all.len(), composed.bytes), (3, 3 * third), "what is larger than all room is not kept");
    }

    #[test]
    fn strangers_do_not_spend_what_the_forge_allows() {
        let compositions = Compositions::default();
        let asked = |now| (0..2 * QUESTIONS_MAX).filter(|_| compositions.may_ask(now)).count();
        assert_eq!([asked(0), asked(QUESTIONS_MS - 1), asked(QUESTIONS_MS)], [QUESTIONS_MAX as usize, 0, QUESTIONS_MAX as usize]);
    }
}
