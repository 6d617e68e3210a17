//! `ounce boards`: what the manifest declares, and what of it can run on this machine.

use super::{End, local_manifest, print};
use anyhow::Result;
use clap::Args;
use ounce_protocol::units::grouped;
use serde::Serialize;
use std::fmt::Write as _;

/// Lists the boards of the manifest around the current folder.
#[derive(Debug, Args)]
pub struct Boards {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Output {
    schema: u32,
    boards: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    title: String,
    needs: Option<String>,
    runs_here: bool,
    regions: Vec<(String, u64)>,
}

impl Boards {
    /// Runs it.
    ///
    /// # Errors
    /// Where there is no valid manifest.
    pub async fn run(self) -> Result<End> {
        let (_, manifest) = local_manifest().await?;
        let here = crate::agent::can_run().await;
        let entries: Vec<Entry> = manifest
            .boards
            .iter()
            .map(|(name, board)| {
                let needs = board.run.as_ref().map(|run| format!("qemu:{}", run.qemu.machine));
                Entry {
                    name: name.to_string(),
                    title: board.title(name).to_owned(),
                    runs_here: needs.as_ref().is_none_or(|n| here.contains(n)),
                    needs,
                    regions: board.regions.iter().map(|r| (r.name.to_string(), r.size)).collect(),
                }
            })
            .collect();
        if self.json {
            print(&serde_json::to_string_pretty(&Output { schema: 1, boards: entries })?)?;
            return Ok(End::Fine);
        }
        let mut out = String::new();
        for e in &entries {
            let regions: Vec<String> = e.regions.iter().map(|(name, size)| format!("{name} {} B", grouped(*size))).collect();
            let state = match (&e.needs, e.runs_here) {
                (None, _) => "sizes only".into(),
                (Some(needs), true) => format!("runs here ({needs})"),
                (Some(needs), false) => format!("cannot run here: {needs} is missing; `./dev setup` installs QEMU"),
            };
            let _ = writeln!(out, "{:<14} {}\n{:<14} {}; {state}", e.name, e.title, "", regions.join(", "));
        }
        print(&out)?;
        Ok(End::Fine)
    }
}
