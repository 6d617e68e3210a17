//! `cargo xtask price`: what Pyrite costs. The firmware's own tool does it; this builds what that needs and hands over.

use crate::root;
use anyhow::{Context, Result, bail};
use std::process::Command;

/// `cargo xtask price`
#[derive(Debug, clap::Args)]
pub struct Price {
    /// Boards of the tables of sets and instructions; all where none is given
    #[arg(long, value_name = "BOARD")]
    board: Vec<String>,
    /// Boards of the list of features; the same boards where none is given, no list with `none`
    #[arg(long, value_name = "BOARD")]
    priced: Vec<String>,
    /// Prints figures, a line each, and writes no page
    #[arg(long)]
    json: bool,
}

impl Price {
    /// Builds, runs and writes docs/pyrite.md.
    ///
    /// # Errors
    /// Where a build fails or a tool is missing.
    pub fn run(self) -> Result<()> {
        let mut args = vec!["pyrite".to_owned(), "price".to_owned()];
        args.extend(self.board.into_iter().flat_map(|board| ["--board".to_owned(), board]));
        args.extend(self.priced.into_iter().flat_map(|board| ["--priced".to_owned(), board]));
        args.extend(self.json.then(|| "--json".to_owned()));
        #[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
        let status = Command::new("./dev").args(args).current_dir(root()).status().context("./dev cannot be started")?;
        if !status.success() {
            bail!("the prices were not taken");
        }
        Ok(())
    }
}
