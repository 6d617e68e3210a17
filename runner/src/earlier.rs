//! The same bytes are not run again: what the figures depend on, and who may know them already.

use crate::weigh::Program;
use anyhow::Result;
use ounce_protocol::RunKey;
use ounce_protocol::manifest::{Manifest, Run};
use ounce_protocol::measurement::Ledger;
use ounce_protocol::runner_api::Found;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::pin::Pin;

/// Begins each key: another way of running or counting gets another number here.
const VERSION: &str = "ounce run 1";

/// Somebody who may have measured it before: the server, for an agent.
pub trait Earlier: std::fmt::Debug + Send + Sync {
    /// The figures that hold for this key, where there are some. Whatever goes wrong is answered with none: it is run then.
    fn find<'a>(&'a self, key: &'a RunKey) -> Pin<Box<dyn Future<Output = Option<Found>> + Send + 'a>>;
}

/// All that a set of benchmarks is run with.
#[derive(Debug)]
pub struct Setting<'a> {
    /// The image: its bytes, and the names that a profile is told by.
    pub ledger: &'a Ledger,
    /// The board's machine.
    pub run: &'a Run,
    /// Addresses of the markers.
    pub markers: (u64, u64),
    /// The stack's window, where its mark is wanted.
    pub stack: Option<(u64, u64)>,
    /// The emulator and the counter, as the fingerprint names them.
    pub tools: &'a [(String, String)],
    /// The programs, in the manifest's order.
    pub programs: &'a [&'a Program],
    /// Where the benchmarks are declared, the empty one among them.
    pub manifest: &'a Manifest,
}

impl Setting<'_> {
    /// Its key. What is only for people, such as a board's title, has no part in it.
    ///
    /// # Errors
    /// Where a program cannot be read.
    pub fn key(&self) -> Result<RunKey> {
        let mut text =
            format!("{VERSION}\nimage {}\nrun {:?}\nmarkers {:?}\nstack {:?}\n", self.ledger.image, self.run, self.markers, self.stack);
        writeln!(text, "tools {:?}\nempty {:?}", self.tools, self.manifest.markers.empty)?;
        for program in self.programs {
            let bytes = program.file.as_deref().map(std::fs::read).transpose()?.map(|bytes| hex::encode(Sha256::digest(bytes)));
            writeln!(text, "program {} {bytes:?} {:?}", program.name, program.expect)?;
        }
        for region in &self.ledger.regions {
            for row in &region.rows {
                writeln!(text, "row {} {} {:?} {:?}", region.name, row.bytes, row.name, row.group)?;
            }
        }
        Ok(RunKey::parse(&hex::encode(Sha256::digest(text)))?)
    }
}
