//! `ounce compare BASE..HEAD`: the report of a pull request, on the desk.

use super::{End, Format, chosen, print, terminal};
use crate::home::{Home, Trust};
use crate::lab::inventory::Lab;
use crate::lab::runs::read_lab;
use crate::progress::Terminal;
use crate::weigh::{self, Order, Pair, Room, Spent};
use crate::workshop::Workshop;
use crate::workshop::checkout::LocalRepo;
use crate::workshop::sandbox::Sandbox;
use anyhow::{Context, Result};
use clap::Args;
use ounce_analysis::past::{Baseline, BoardFigures, Past};
use ounce_analysis::{BoardInput, Comparison, Judgement};
use ounce_protocol::manifest::Manifest;
use ounce_protocol::{BoardName, CommitSha};
use std::collections::BTreeMap;
use std::path::Path;

/// Builds both commits at one path with one toolchain, runs both, and says what the change costs. Exactly these two commits:
/// the manifest and the benchmark programs are those of BASE.
#[derive(Debug, Args)]
pub struct Compare {
    /// Two commits, as git names them
    #[arg(value_name = "BASE..HEAD")]
    range: String,
    /// Only these boards (repeat it)
    #[arg(long, value_name = "NAME")]
    board: Vec<BoardName>,
    #[command(flatten)]
    format: Format,
}

impl Compare {
    /// Runs it.
    ///
    /// # Errors
    /// Where the answer could not be found.
    pub async fn run(self, home: &Home, sandbox: &Sandbox, lab: Option<&Path>) -> Result<End> {
        let lab = read_lab(lab)?;
        let (base, head) = self
            .range
            .split_once("..")
            .filter(|(b, h)| !b.is_empty() && !h.is_empty() && !h.starts_with('.'))
            .with_context(|| format!("{:?} is not BASE..HEAD, such as HEAD~1..HEAD", self.range))?;
        let repo = LocalRepo::around(Path::new(".")).await?;
        let (base, head) = (repo.commit(base).await?, repo.commit(head).await?);
        let comparison = compare(home, sandbox, &lab, &repo, &base, &head, &self.board).await?;
        if self.format.json {
            print(&serde_json::to_string_pretty(&comparison)?)?;
        } else if self.format.markdown {
            print(&ounce_report::body(&comparison))?;
        } else {
            let (width, colour) = terminal();
            print(&ounce_report::terminal(&comparison, width, colour))?;
        }
        Ok(if comparison.verdict.is_failure() { End::No } else { End::Fine })
    }
}

async fn compare(
    home: &Home,
    sandbox: &Sandbox,
    lab: &Lab,
    repo: &LocalRepo,
    base: &CommitSha,
    head: &CommitSha,
    asked: &[BoardName],
) -> Result<Comparison> {
    if !sandbox.is_on() {
        eprintln!("note: builds run with your rights: {}", sandbox.why_off());
    }
    let workshop = Workshop::open(home, &repo.key(), Trust::Own, sandbox.clone()).await?;
    workshop.mirror().bring(&[base, head], &repo.origin()).await?;
    let mut manifest = workshop.manifest(base).await?;
    let boards = chosen(asked, &manifest)?;
    let progress = Terminal::new();
    let room = Room { home, sandbox, spent: &Spent::default(), earlier: None, lab, whose: Trust::Own };
    let pairs = weigh::pairs(&Order { manifest: &manifest, boards: &boards, base, head }, &workshop, &room, &(), &progress).await?;
    drop(progress);
    manifest.boards.retain(|name, _| boards.contains(name));
    let input: BTreeMap<BoardName, BoardInput> =
        pairs.iter().map(|(name, pair)| (name.clone(), BoardInput::Measured { base: &pair.base, head: &pair.head })).collect();
    let past = past(repo, &workshop, &room, &manifest, base, &pairs).await?;
    let manifest_changed = workshop.manifest_text(base).await? != workshop.manifest_text(head).await?;
    Ok(ounce_analysis::judge_since(&Judgement { manifest: &manifest, base, head, boards: input, manifest_changed }, &past))
}

/// The figures at the commits that budgets count from, measured here; what people accepted is known to a server only.
async fn past(
    repo: &LocalRepo,
    workshop: &Workshop,
    room: &Room<'_>,
    manifest: &Manifest,
    base: &CommitSha,
    pairs: &BTreeMap<BoardName, Pair>,
) -> Result<Past> {
    let mut past = Past::default();
    for since in manifest.sinces() {
        let sha = repo.start(since, base).await?;
        let mut boards = BTreeMap::new();
        match &sha {
            Some(sha) if sha == base => boards.extend(pairs.iter().map(|(name, pair)| (name.clone(), pair.base.clone()))),
            Some(sha) => {
                eprintln!("note: measuring {} too: budgets count since {since}", sha.short());
                workshop.mirror().bring(&[sha, base], &repo.origin()).await?;
                let names: Vec<BoardName> = manifest.boards.keys().cloned().collect();
                let progress = Terminal::new();
                let order = Order { manifest, boards: &names, base: sha, head: base };
                let measured = weigh::pairs(&order, workshop, room, &(), &progress).await?;
                boards.extend(measured.into_iter().map(|(name, pair)| (name, pair.base)));
            }
            None => {}
        }
        let figures = boards.iter().filter_map(|(name, m)| Some((name.clone(), BoardFigures::of(m, None)?))).collect();
        past.baselines.push(Baseline { since: since.clone(), sha, boards: figures, accepted: Vec::new() });
    }
    Ok(past)
}
