//! `ounce read`: the reader of a stranger's image, started by ounce itself inside a sandbox. See `reading.rs`.

use clap::Args;
use std::path::PathBuf;

/// Exit code where there is no answer.
const NO_ANSWER: u8 = 2;

/// Reads an image (used by ounce itself).
#[derive(Debug, Args)]
pub struct Read {
    /// The file with the question
    question: PathBuf,
    /// The file for the answer
    answer: PathBuf,
}

impl Read {
    /// Does it, and gives the exit code.
    pub fn run(self) -> u8 {
        match crate::reading::answer(&self.question, &self.answer) {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("{error:#}");
                NO_ANSWER
            }
        }
    }
}
