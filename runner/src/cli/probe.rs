//! `ounce probe`: one job over one probe, started by ounce itself. See `bench/probe/child.rs`.

use clap::Args;
use std::path::PathBuf;

/// Does one job over a probe, or lists all probes (used by ounce itself).
#[derive(Debug, Args)]
pub struct Probe {
    /// The file with the order
    #[arg(required_unless_present = "list")]
    order: Option<PathBuf>,
    #[arg(long)]
    list: bool,
}

impl Probe {
    /// Does it, and gives the exit code.
    pub fn run(self) -> u8 {
        match self.order {
            Some(order) => crate::bench::probe::child::main(&order),
            None => {
                println!("{}", serde_json::to_string(&crate::lab::presence::list()).unwrap_or_default());
                0
            }
        }
    }
}
