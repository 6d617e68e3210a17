//! `ounce boards`: what the manifest declares, what of it can run on this machine, and which units and probes are attached to it.

use super::units::{self, LabNow};
use super::{End, local_manifest, print};
use crate::home::Home;
use crate::lab::offer::{Offered, offers};
use crate::lab::runs::read_lab;
use anyhow::Result;
use clap::{Args, Subcommand};
use ounce_protocol::units::grouped;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// Lists the boards of the manifest around the current folder, the units of the lab, and probes that no unit has.
#[derive(Debug, Args)]
pub struct Boards {
    #[command(subcommand)]
    what: Option<What>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Tests the units of the lab, and tries to bring back those that do not answer or fail
    Check {
        /// Only these units
        unit: Vec<String>,
    },
    /// Keeps a unit from jobs until the end of a day (UTC), or lifts that
    Quarantine {
        /// Which unit
        unit: String,
        /// Who keeps it
        #[arg(long, value_name = "NAME", required_unless_present = "lift")]
        owner: Option<String>,
        /// The last day of it, YYYY-MM-DD; after it the unit gets jobs again by itself
        #[arg(long, value_name = "DATE", required_unless_present = "lift")]
        until: Option<String>,
        /// Why
        #[arg(long, value_name = "TEXT", required_unless_present = "lift")]
        why: Option<String>,
        /// Give the unit back to jobs now
        #[arg(long, conflicts_with_all = ["owner", "until", "why"])]
        lift: bool,
    },
}

#[derive(Debug, Serialize)]
struct Output {
    schema: u32,
    boards: Vec<Entry>,
    lab: LabNow,
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
    /// Where there is neither a valid manifest nor a lab.
    pub async fn run(self, home: &Home, lab: Option<&Path>) -> Result<End> {
        let lab = read_lab(lab)?;
        match &self.what {
            Some(What::Check { unit }) => return units::check(&lab, unit, home).await,
            Some(What::Quarantine { unit, owner, until, why, .. }) => {
                let said = owner.as_deref().zip(until.as_deref()).zip(why.as_deref());
                return units::quarantine(&lab, unit, said.map(|((owner, until), why)| (owner, until, why)), home);
            }
            None => {}
        }
        let manifest = match local_manifest().await {
            Ok((_, manifest)) => Some(manifest),
            // A keeper looks after a lab, wherever the projects are.
            Err(_) if !lab.units.is_empty() => None,
            Err(error) => return Err(error),
        };
        let now = LabNow::look(&lab, manifest.as_ref(), home).await?;
        let mut here = crate::agent::can_run().await;
        here.extend(offers(&lab, home).await?.iter().flat_map(Offered::words));
        let entries: Vec<Entry> = manifest
            .iter()
            .flat_map(|manifest| &manifest.boards)
            .map(|(name, board)| {
                let needs = board.run.as_ref().map(|run| run.needs(true));
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
            print(&serde_json::to_string_pretty(&Output { schema: 1, boards: entries, lab: now })?)?;
            return Ok(End::Fine);
        }
        let mut out = String::new();
        for e in &entries {
            let regions: Vec<String> = e.regions.iter().map(|(name, size)| format!("{name} {} B", grouped(*size))).collect();
            let state = match (&e.needs, e.runs_here) {
                (None, _) => "sizes only".into(),
                (Some(needs), true) => format!("runs here ({needs})"),
                (Some(needs), false) if needs.starts_with("probe:") => {
                    format!("cannot run here: no unit of lab.toml offers {needs}")
                }
                (Some(needs), false) => format!("cannot run here: {needs} is missing; `./dev setup` installs QEMU"),
            };
            let _ = writeln!(out, "{:<14} {}\n{:<14} {}; {state}", e.name, e.title, "", regions.join(", "));
        }
        out.push_str(&now.text());
        print(&out)?;
        Ok(End::Fine)
    }
}
