//! `cargo xtask price`: what Pyrite costs. The firmware's own tool does it; this builds what that needs and hands over.

use crate::root;
use anyhow::{Context, Result, bail};
use std::process::Command;

/// `cargo xtask price`
#[derive(Debug, clap::Args)]
pub struct Price {
    /// Prints the tables of these alone; without it, docs/pyrite.md gets those of all boards
    #[arg(long, value_name = "BOARD")]
    board: Vec<String>,
    /// Prints what these cost and nothing else
    #[arg(long, value_name = "FEATURE")]
    feature: Vec<String>,
    /// Prints the prices of features as `ounce-server prices put` takes them
    #[arg(long)]
    json: bool,
}

impl Price {
    /// Builds, runs and fills in the tables of docs/pyrite.md. Stopped, it goes on where it was.
    ///
    /// # Errors
    /// Where a build fails or a tool is missing.
    pub fn run(self) -> Result<()> {
        let mut args = vec!["pyrite".to_owned(), "price".to_owned()];
        args.extend(self.board.into_iter().flat_map(|board| ["--board".to_owned(), board]));
        args.extend(self.feature.into_iter().flat_map(|feature| ["--feature".to_owned(), feature]));
        args.extend(self.json.then(|| "--json".to_owned()));
        #[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
        let status = Command::new("./dev").args(args).current_dir(root()).status().context("./dev cannot be started")?;
        if !status.success() {
            bail!("the prices were not taken");
        }
        Ok(())
    }
}
