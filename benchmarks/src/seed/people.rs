//! Who was there beside the commits: runners and what they logged, what people ordered and accepted, deliveries, price lists.

use super::history::{Fate, History};
use super::judged::accepted;
use super::model::BOARDS;
use super::runs::{Run, What};
use super::tables::{RUNNERS, Table, Written, row};
use super::weigh;
use super::words::LOGINS;
use anyhow::Result;
use fuzz_cases::Seeded;
use ounce_protocol::ids::{BenchName, RunnerName};
use ounce_protocol::job::Millis;
use ounce_protocol::prices::{Feature, Figures, OnBoard, Prices, SCHEMA};
use ounce_server::store::sql::sql;
use ounce_server::store::{Connection, audit, prices, runners};
use sha2::{Digest as _, Sha256};

/// Leases whose tokens are still known: those of the last day.
const LEASED_RUNS: usize = 60;
/// Deliveries that are still known.
const DELIVERIES: usize = 400;
const DAY_MS: Millis = 24 * 3_600_000;

const FEATURES: [(&str, &str); 8] = [
    ("floats", "Floating point"),
    ("generators", "Generators"),
    ("usb", "USB device"),
    ("dma", "DMA for all drivers"),
    ("format", "Format strings"),
    ("unicode", "Unicode <script>tables</script>"),
    ("errors", "Error texts"),
    ("bigint", "Integers beyond 31 bits"),
];

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// What a job logged.
pub fn log(run: &Run, board: usize) -> String {
    let mut text = format!("checkout {} and {}\n", run.base.short(), run.head.short());
    for (side, sha) in [("base", &run.base), ("head", &run.head)] {
        text += &format!("\u{1b}[1m{side}\u{1b}[0m {sha}: firmware/build {}\n", BOARDS[board].name);
        for n in 0..24 {
            text += &format!("   \u{1b}[32mCompiling\u{1b}[0m crate-{n} v0.{}.{}\n", n % 7, n * 3 % 11);
        }
        text += "warning: unused variable: `<img src=x onerror=alert(4)>`\n    Finished `release` profile [optimized] target(s) in 41.3s\n";
    }
    text + "13 benchmarks, each in two takes\ndone\n"
}

/// Writes who runs what.
pub async fn runners(c: &mut Connection, until_ms: Millis) -> Result<()> {
    for (n, (name, can)) in RUNNERS.into_iter().enumerate() {
        let name = RunnerName::parse(name)?;
        let since = until_ms - DAY_MS * (20 + 200 * Millis::try_from(n).unwrap_or(0));
        runners::put(c, &name, &digest(name.as_str()), since).await?;
        let can: Vec<String> = can.iter().map(|can| (*can).to_owned()).collect();
        runners::seen(c, &name, &can, n < 2, until_ms).await?;
        let who = audit::Done { who: "operator", what: "enroll", target: name.as_str(), origin: "command line", result: "enrolled" };
        audit::note(c, who, since).await?;
    }
    let done = audit::Done {
        who: "ounce",
        what: "set aside",
        target: "lab-2",
        origin: "sweep",
        result: "3 failures in a row: the checkout failed: no space left on device",
    };
    audit::note(c, done, until_ms - 3 * DAY_MS).await?;
    let done = audit::Done { what: "restore runner", who: "operator", origin: "command line", result: "restored", ..done };
    audit::note(c, done, until_ms - 3 * DAY_MS + 7_200_000).await?;
    Ok(())
}

/// Writes what people did.
pub async fn orders(c: &mut Connection, history: &History, runs: &[Run], written: &Written) -> Result<()> {
    let mut acceptances = Table::new(
        "acceptances",
        &[
            "project_id",
            "pull_number",
            "run_id",
            "shown_sha",
            "head_sha",
            "board",
            "figure",
            "growth",
            "login",
            "reason",
            "at_ms",
            "landed_ms",
        ],
    );
    let mut commands =
        Table::new("commands", &["project_id", "source", "pull_number", "login", "role", "command", "outcome", "note", "at_ms"]);
    let mut approvals = Table::new("approvals", &["project_id", "pull_number", "sha", "login", "role", "source", "at_ms"]);
    let mut noted = Table::new("audit", &["at_ms", "who", "what", "target", "origin", "result"]);
    for (n, run) in runs.iter().enumerate() {
        let (What::Pull(place), Some(at)) = (run.what, run.weighs(history)) else { continue };
        let (pull, project) = (&history.pulls[place], written.project);
        let source = format!("comment:{}", 70_000 + n);
        let target = format!("{}#{}", history.spec.repo, pull.number);
        let at_ms = run.judged_ms();
        let landed = history.commits[at].at_ms;
        let words = accepted(history, run, place, at);
        let login = LOGINS[(pull.author + 1) % LOGINS.len()];
        for word in &words {
            let figure = serde_json::to_string(&word.place.figure)?;
            let growth = i64::try_from(word.growth).unwrap_or(i64::MAX);
            let (shown, head, board) = (run.shown.to_string(), run.head.to_string(), word.place.board.to_string());
            acceptances
                .row(
                    c,
                    row![
                        project,
                        pull.number,
                        written.run(n),
                        shown,
                        head,
                        board,
                        figure,
                        growth,
                        word.who.clone(),
                        word.why.clone(),
                        at_ms,
                        landed
                    ],
                )
                .await?;
        }
        let command = match words.first() {
            Some(word) => format!("accept \"{}\"", word.why),
            None if pull.from_fork => format!("approve {}", pull.head),
            None => continue,
        };
        let result = if words.is_empty() { "Approved" } else { "Accepted" };
        commands.row(c, row![project, source.clone(), pull.number, login, "write", command.clone(), "done", result, at_ms]).await?;
        noted.row(c, row![at_ms, login, command, target, source.clone(), result]).await?;
        if pull.from_fork {
            approvals.row(c, row![project, pull.number, pull.head.to_string(), login, "write", source, run.at_ms - 60_000]).await?;
        }
    }
    acceptances.end(c).await?;
    commands.end(c).await?;
    approvals.end(c).await?;
    noted.end(c).await
}

/// Writes what is known of the last deliveries and leases.
pub async fn lately(c: &mut Connection, history: &History, runs: &[Run], written: &Written) -> Result<()> {
    let mut table = Table::new("deliveries", &["guid", "event", "body", "state", "note", "due_ms", "received_ms"]);
    for (n, run) in runs.iter().enumerate().rev().take(DELIVERIES) {
        let guid = format!("{}-{n}", &digest(run.head.as_str())[..24]);
        let event = if matches!(run.what, What::Push(_)) { "push" } else { "pull_request" };
        let note = format!("run {}", written.run(n));
        table.row(c, row![guid, event, Vec::<u8>::new(), "done", note, run.at_ms, run.at_ms - 900]).await?;
    }
    table.end(c).await?;
    let (from, since) = (written.run(runs.len().saturating_sub(LEASED_RUNS)), history.spec.until_ms - DAY_MS);
    let jobs = sql("SELECT id, runner FROM jobs WHERE run_id >= $1 AND runner IS NOT NULL AND started_ms > $2").bind(from).bind(since);
    let jobs: Vec<(i64, String)> = jobs.fetch_all(c).await?;
    let mut table = Table::new("lease_tokens", &["token_sha256", "job_id", "runner", "fence", "made_ms"]);
    for (n, (job, runner)) in (0i64..).zip(jobs) {
        table.row(c, row![digest(&format!("lease {job}")), job, runner, 1i64, since + 3_600_000 + n * 60_000]).await?;
    }
    table.end(c).await
}

/// Writes two price lists: of the newest tag, and of a commit since.
pub async fn price_lists(c: &mut Connection, history: &History, written: &Written) -> Result<()> {
    let tag = history.tags.last().map_or(0, |(at, _)| *at);
    for (n, at) in [tag, history.commits.len() - 8].into_iter().enumerate() {
        let (mut dice, commit) = (Seeded::of(history.spec.seed + 77), &history.commits[at]);
        let features = FEATURES.iter().map(|(name, title)| {
            let bytes = 600 + 4 * dice.below(4_000) as u64;
            let boards = history.spec.boards.iter().map(|&board| {
                let figures = |flash_bytes: u64, slower: u64| Figures {
                    flash_bytes,
                    ram_bytes: 5_000 + slower,
                    instructions: ["calls", "lists"].map(|b| (BenchName::parse(b).expect("a name"), 900_000 + 1_000 * slower)).into(),
                };
                let on_board = match (*name, BOARDS[board].name) {
                    ("usb", "microbit") => OnBoard { missing: Some("does not fit with it".into()), ..OnBoard::default() },
                    _ => {
                        let (on, off) = (figures(100_000 + bytes + 12 * n as u64, 9), figures(100_000, 2 + n as u64));
                        OnBoard { on: Some(on), off: Some(off), missing: None }
                    }
                };
                (weigh::board_name(board), on_board)
            });
            Feature { name: (*name).into(), title: (*title).into(), boards: boards.collect() }
        });
        let list = Prices {
            schema: SCHEMA,
            commit: commit.sha.clone(),
            tools: weigh::fingerprint(commit.era),
            boards: history.spec.boards.iter().map(|board| weigh::board_name(*board)).collect(),
            features: features.collect(),
        };
        prices::put(c, written.project, &list, commit.at_ms + 3_600_000).await?;
    }
    Ok(())
}

/// How many pull requests are open.
pub fn open(history: &History) -> usize {
    history.pulls.iter().filter(|pull| !matches!(pull.fate, Fate::Landed(_) | Fate::Closed)).count()
}
