//! What must hold: at any time, and when everything has come to rest. Nothing here asks the code that it checks: figures are those of the commits,
//! verdicts those of the budget.

use crate::forge::{MAX_GROWTH, OURS, Posted, SimForge, bytes_of};
use crate::world::World;
use ounce_protocol::ids::{BoardName, CommitSha};
use ounce_protocol::measurement::{Measurement, Outcome};
use ounce_protocol::runner_api::{Found, Lease};
use ounce_server::forge::CheckState;
use ounce_server::store::measurements;
use ounce_server::store::runs::{self, Run, RunState};
use ounce_server::store::sql::sql;
use ounce_server::store::{Store, StoreError};
use ounce_server::work::text;

/// What may be found open, by what it is. All of it must be nothing in the end.
const OPEN: [(&str, &str); 5] = [
    ("deliveries not looked at", "SELECT COUNT(*) FROM deliveries WHERE state = 'noted'"),
    ("jobs waiting", "SELECT COUNT(*) FROM jobs WHERE state = 'queued'"),
    ("jobs leased", "SELECT COUNT(*) FROM jobs WHERE state = 'leased'"),
    ("runs not judged", "SELECT COUNT(*) FROM runs WHERE state = 'measuring'"),
    ("wishes not sent", "SELECT COUNT(*) FROM outbox WHERE sent_version < version"),
];

/// What is still open.
pub async fn rests(world: &World) -> Result<Vec<(&'static str, i64)>, StoreError> {
    let mut open = Vec::new();
    let mut c = world.store.connection().await?;
    for (what, text) in OPEN {
        let count: i64 = sql(text).fetch_one(&mut c).await?;
        if count > 0 {
            open.push((what, count));
        }
    }
    let noted: Vec<String> = sql("SELECT guid FROM deliveries").fetch_all(&mut c).await?;
    // One that was noted and whose answer was lost is here, whatever the forge thinks.
    let missed = world.forge.state().deliveries.iter().filter(|d| d.pending || !noted.contains(&d.id.to_string())).count();
    if missed > 0 {
        open.push(("deliveries that never came", missed as i64));
    }
    Ok(open)
}

/// Whether a lease is still its holder's.
pub async fn is_held(store: &Store, lease: &Lease) -> Result<bool, StoreError> {
    let token = i64::try_from(lease.token).unwrap_or(i64::MAX);
    let text = "SELECT COUNT(*) FROM jobs WHERE id = $1 AND token = $2 AND state = 'leased'";
    let held: i64 = sql(text).bind(lease.job).bind(token).fetch_one(&mut *store.connection().await?).await?;
    Ok(held > 0)
}

/// A stranger's commit is given out only after someone with write access approved exactly it, and only to a sandbox.
pub fn may_be_leased(forge: &SimForge, lease: &Lease, sandbox: bool) -> Result<(), String> {
    let state = forge.state();
    let (pull, head) = state.pull_of(&lease.work.head);
    match pull.filter(|pull| pull.from_fork) {
        Some(_) if !state.approved.contains(&head) => Err(format!("{head} of a fork is given out, and nobody approved it")),
        Some(_) if !sandbox => Err(format!("{head} of a fork is given to an agent without a sandbox")),
        _ => Ok(()),
    }
}

/// The project's own code is not weighed with what a stranger's gave, nor one stranger's with another's.
pub fn may_be_used(forge: &SimForge, lease: &Lease, found: &Found) -> Result<(), String> {
    let state = forge.state();
    let giver = state.pull_of(&found.from.commit).0.filter(|pull| pull.from_fork);
    let taker = state.pull_of(&lease.work.head).0.filter(|_| !lease.work.trusted);
    match giver {
        Some(giver) if taker.is_none_or(|taker| taker.number != giver.number) => {
            Err(format!("{} is weighed with figures of {}, a stranger's", lease.work.head, found.from.commit))
        }
        _ => Ok(()),
    }
}

/// One comment at most on each pull request.
pub async fn at_any_time(world: &World) -> Result<(), String> {
    let state = world.forge.state();
    for number in state.pulls.keys() {
        let ours: Vec<&Posted> = state.posted.iter().filter(|c| c.pull == *number && c.author == OURS).collect();
        let reports = ours.iter().filter(|c| c.body.trim_end().ends_with(text::MARKER)).count();
        if reports > 1 {
            return Err(format!("{reports} comments of ours on pull request {number}"));
        }
        // One answer at most to each command: the last line names which.
        let mut answers: Vec<&str> = ours.iter().filter_map(|c| c.body.trim_end().lines().last()).collect();
        answers.sort_unstable();
        if let Some(twice) = answers.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("answered twice on pull request {number}: {}", twice[0]));
        }
    }
    Ok(())
}

/// Nothing is lost, and all that is said is true.
pub async fn at_rest(world: &mut World) -> Result<(), String> {
    let lost = |e: StoreError| format!("the database failed: {e}");
    let store = world.store.clone();
    let mut c = store.connection().await.map_err(lost)?;
    let ids: Vec<i64> = sql("SELECT id FROM runs ORDER BY id").fetch_all(&mut c).await.map_err(lost)?;
    let mut all = Vec::new();
    for id in ids {
        all.push(runs::get(&mut c, id).await.map_err(lost)?);
    }
    let failed: i64 = sql("SELECT COUNT(*) FROM deliveries WHERE state = 'failed'").fetch_one(&mut c).await.map_err(lost)?;
    if failed > 0 {
        return Err(format!("{failed} deliveries were given up"));
    }
    world.tally.runs += all.len() as u64;
    world.tally.jobs += sql("SELECT COUNT(*) FROM jobs").fetch_one::<i64>(&mut c).await.map_err(lost)?.unsigned_abs();

    for run in &all {
        figures(&store, run).await?;
    }
    let (pulls, pushed) = {
        let state = world.forge.state();
        (state.pulls.values().cloned().collect::<Vec<_>>(), state.pushed.clone())
    };
    for pull in pulls {
        let (comments, check, approved, silenced) = {
            let state = world.forge.state();
            let ours = state.posted.iter().filter(|c| c.pull == pull.number && c.author == OURS && c.body.contains(text::MARKER));
            (
                ours.cloned().collect::<Vec<_>>(),
                state.checks.get(&pull.head).cloned(),
                state.is_approved(&pull.head),
                state.silenced.contains(&pull.number),
            )
        };
        world.tally.comments += comments.len() as u64;
        if !pull.open {
            continue;
        }
        let what = |why: String| Err(format!("pull request {}, head {}: {why}", pull.number, pull.head));
        let Some(run) = all.iter().rev().find(|run| run.pull == Some(pull.number) && run.state != RunState::Superseded) else {
            return what("nothing speaks for it".into());
        };
        if run.shown != pull.head {
            return what(format!("run {} speaks for it, of {}", run.id, run.shown));
        }
        let Some(check) = check else { return what("no check".into()) };
        let waits = pull.from_fork && !approved;
        let want = if waits { CheckState::NeedsApproval } else { verdict(&store, run).await? };
        let pending = check.state == CheckState::Pending && waits;
        if check.state != want && !pending {
            return what(format!("its check is {:?} ({}), the figures say {want:?}", check.state, check.title));
        }
        let said = if waits { text::waiting(run) } else { report(run)? };
        match comments.first() {
            // What somebody deleted comes back with the next thing there is to say.
            None if silenced => {}
            None => return what("no comment".into()),
            Some(comment) if comment.body.starts_with(said.trim_end()) => {}
            Some(comment) => return what(format!("its comment is another run's:\n{}", comment.body)),
        }
        world.tally.approved += u64::from(pull.from_fork && approved);
    }
    // The history has no holes.
    for sha in pushed {
        let run = all.iter().find(|run| run.pull.is_none() && run.head == sha && run.state == RunState::Judged);
        let Some(run) = run else { return Err(format!("the push of {sha} was not weighed")) };
        if verdict(&store, run).await? != CheckState::Incomplete {
            let text = "SELECT COUNT(*) FROM points JOIN commits ON commits.id = points.commit_id WHERE commits.sha = $1";
            let points: i64 = sql(text).bind(sha.as_str()).fetch_one(&mut *store.connection().await.map_err(lost)?).await.map_err(lost)?;
            if points == 0 {
                return Err(format!("{sha} has no point in the history"));
            }
        }
    }
    Ok(())
}

fn report(run: &Run) -> Result<String, String> {
    let text = run.comparison.as_deref().ok_or_else(|| format!("run {} has no comparison", run.id))?;
    let comparison = serde_json::from_str(text).map_err(|e| format!("run {}: {e}", run.id))?;
    Ok(text::report(&comparison))
}

const BOARDS: [&str; 2] = ["disco", "mini"];

fn sides(run: &Run) -> [&CommitSha; 2] {
    [&run.base, &run.head]
}

/// What was measured of a commit is what it weighs, whoever measured.
async fn figures(store: &Store, run: &Run) -> Result<(), String> {
    let lost = |e: StoreError| format!("the database failed: {e}");
    let mut c = store.connection().await.map_err(lost)?;
    for board in BOARDS.map(|name| BoardName::parse(name).unwrap()) {
        for sha in sides(run) {
            let Some((_, found)) = measurements::get(&mut c, run.id, &board, sha).await.map_err(lost)? else { continue };
            let (weighs, said) = (bytes_of(sha), bytes(&found));
            if said != weighs {
                return Err(format!("run {}, {board}: {sha} weighs {weighs} B, and {said} B stand in the database", run.id));
            }
        }
    }
    Ok(())
}

fn bytes(measurement: &Measurement) -> u64 {
    match &measurement.outcome {
        Outcome::Built { ledger, .. } => ledger.regions.iter().map(|region| region.used_bytes).sum(),
        Outcome::Failed { .. } => 0,
    }
}

/// What the check of a judged run must say.
async fn verdict(store: &Store, run: &Run) -> Result<CheckState, String> {
    let lost = |e: StoreError| format!("the database failed: {e}");
    if run.state != RunState::Judged {
        return Err(format!("run {} is {}, not judged", run.id, run.state.word()));
    }
    let text = "SELECT COUNT(*) FROM jobs WHERE run_id = $1 AND state = 'done'";
    let done: i64 = sql(text).bind(run.id).fetch_one(&mut *store.connection().await.map_err(lost)?).await.map_err(lost)?;
    let [base, head] = sides(run).map(bytes_of);
    let over = head.saturating_sub(base) > MAX_GROWTH;
    Ok(match (done == BOARDS.len() as i64, done > 0 && over) {
        (_, true) => CheckState::Failure,
        (false, false) => CheckState::Incomplete,
        (true, false) => CheckState::Success,
    })
}

/// Runs, commands and deliveries as they are, for the report of a play that failed.
pub async fn rows(store: &Store) -> Result<Vec<String>, StoreError> {
    const ASKED: [&str; 4] = [
        "SELECT 'run ' || CAST(id AS TEXT) || ' of ' || COALESCE(CAST(pull_number AS TEXT), 'push') || ': ' || shown_sha || ' ' || state || ' ' || note FROM runs ORDER BY id",
        "SELECT 'command of ' || source || ': ' || command || ': ' || outcome || ', ' || note FROM commands ORDER BY id",
        "SELECT 'delivery ' || guid || ' ' || event || ': ' || state || ', ' || note FROM deliveries ORDER BY id",
        "SELECT 'wish ' || target || ': ' || CAST(version AS TEXT) || ' of which sent ' || CAST(sent_version AS TEXT) || ' ' || error FROM outbox ORDER BY id",
    ];
    let mut c = store.connection().await?;
    let mut rows: Vec<String> = Vec::new();
    for text in ASKED {
        rows.extend(sql(text).fetch_all::<String>(&mut c).await?);
    }
    Ok(rows)
}
