//! Images are read by a process of their own: a stranger's ELF that breaks, fills or stops its reader costs a result and not the agent. Here is who
//! asks; who answers is `ounce read`, [`answer`], in the sandbox, with no more than the image and the place for its answer.
//!
//! The desk's `ounce size` reads in its own process: it is the user's image, and quicker.

use crate::aside::aside;
use crate::exec::Ran;
use crate::exec::limits::{Limits, size, time};
use crate::home::Home;
use crate::image::{Image, linker_map};
use crate::workshop::map_beside;
use crate::workshop::sandbox::Sandbox;
use anyhow::{Context, Result, bail};
use ounce_analysis::{Symbols, Weighing, estimate};
use ounce_protocol::manifest::{CoreModel, Region};
use ounce_protocol::measurement::{FunctionCount, Ledger};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// An answer longer than this is none, bytes. A measurement that a server takes has at most 16 MiB.
const ANSWER_BYTES_MAX: u64 = Limits::READER.file_bytes;
/// How much of a reader's last words is told, characters.
const WORDS_CHARS_MAX: usize = 300;

/// What is asked of an image.
#[derive(Debug, Serialize, Deserialize)]
pub struct Question {
    elf: PathBuf,
    map: Option<PathBuf>,
    ask: Ask,
}

#[derive(Debug, Serialize, Deserialize)]
enum Ask {
    /// Where its bytes are, and what a run needs to know.
    Weigh { regions: Vec<Region>, markers: Option<(String, String)>, stack_in: Option<Region> },
    /// In which functions these addresses are, with how often each was executed.
    /// Likewise, and how long they take a core, where it has a model: with where the code went elsewhere than on.
    Profile { pcs: Vec<(u64, u64)>, estimate: Option<Estimate> },
}

/// A core's model, and how often the code went elsewhere than on to the next halfword, by address.
pub type Estimate = (CoreModel, Vec<(u64, u64)>);

/// What was executed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Instructions by function, largest first.
    pub functions: Vec<FunctionCount>,
    /// Cycles by the model, where one was asked.
    pub estimated_cycles: Option<u64>,
    /// Why it has none, where one was asked.
    pub no_estimate: Option<String>,
}

/// What an image weighs, and what a run needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// Where its bytes are, with its anatomy.
    pub ledger: Ledger,
    /// The tools that made it.
    pub tools: Vec<String>,
    /// Why its linker's map is not used, where there is one and it is not.
    pub map_not_used: Option<String>,
    /// The addresses of the two markers, where asked for and there.
    pub markers: (Option<u64>, Option<u64>),
    /// What is left of the RAM asked about above all statics: lowest address and end.
    pub stack: Option<(u64, u64)>,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// How the reading is shut in.
    pub sandbox: &'a Sandbox,
    /// Where there is scratch space.
    pub home: &'a Home,
}

impl Reader<'_> {
    /// Weighs an image with the linker's map beside it. The markers are looked up and the stack's window is measured where they are asked for.
    ///
    /// # Errors
    /// The outer error is ours; the inner one says what is wrong with the image.
    pub async fn weigh(
        &self,
        elf: &Path,
        regions: &[Region],
        markers: Option<(String, String)>,
        stack_in: Option<Region>,
    ) -> Result<Result<Weighed, String>> {
        let map = Some(map_beside(elf)).filter(|map| map.is_file());
        self.ask(Question { elf: elf.to_owned(), map, ask: Ask::Weigh { regions: regions.to_vec(), markers, stack_in } }).await
    }

    /// Instructions by function, from counts by address.
    ///
    /// # Errors
    /// As [`Reader::weigh`].
    pub async fn profile(&self, elf: &Path, pcs: Vec<(u64, u64)>, estimate: Option<Estimate>) -> Result<Result<Profile, String>> {
        self.ask(Question { elf: elf.to_owned(), map: None, ask: Ask::Profile { pcs, estimate } }).await
    }

    async fn ask<T: DeserializeOwned + Send + 'static>(&self, question: Question) -> Result<Result<T, String>> {
        let scratch = self.home.scratch()?;
        let (asked, answered) = (scratch.path().join("question"), scratch.path().join("answer"));
        std::fs::write(&asked, serde_json::to_vec(&question)?).with_context(|| format!("{} cannot be written", asked.display()))?;
        let read: Vec<&Path> = [Some(question.elf.as_path()), question.map.as_deref()].into_iter().flatten().collect();
        let limits = self.sandbox.settings().limits.reader();
        let program = self.sandbox.own_worker(limits, &read, scratch.path()).context("the program's own place is unknown")?;
        let ran = program.arg("read").arg(&asked).arg(&answered).run(&()).await?;
        if let Some(exceeded) = ran.exceeded.filter(|e| e.is_of_machine()) {
            bail!("reading an image {exceeded} and was stopped: give this machine more, or fewer runners at once");
        }
        if !ran.ok() {
            return Ok(Err(format!("the image could not be read: {}", why(&ran, &limits))));
        }
        let parse = move || -> Result<Result<T, String>> {
            let length = std::fs::metadata(&answered)?.len();
            if length > ANSWER_BYTES_MAX {
                return Ok(Err(format!(
                    "the image could not be read: the answer has {length} bytes, at most {ANSWER_BYTES_MAX} are taken"
                )));
            }
            Ok(serde_json::from_slice(&std::fs::read(&answered)?)?)
        };
        aside(parse).await?.context("the reader's answer makes no sense: this is a fault of ounce")
    }
}

/// Why a reader gave no answer, with what to do.
fn why(ran: &Ran, limits: &Limits) -> String {
    if ran.timed_out {
        return format!(
            "it took longer than {}: leave out debug information, or raise `reader_seconds` in the runner's settings",
            time(limits.wall)
        );
    }
    let words: String = ran.tail.trim().chars().take(WORDS_CHARS_MAX).collect();
    let memory = size(limits.memory_bytes);
    format!(
        "its reader ended ({}{}{words}); it may use {memory}: see `reader_memory` in the runner's settings",
        ran.how(),
        if words.is_empty() { "" } else { ": " }
    )
}

/// `ounce read`: answers a question in a file, into a file.
///
/// # Errors
/// Where the files cannot be read and written. What is wrong with the image is an answer.
pub fn answer(asked: &Path, answered: &Path) -> Result<()> {
    let question: Question = serde_json::from_slice(&std::fs::read(asked)?).context("this is no question")?;
    let image = Image::open(&question.elf)?;
    let elf = image.bytes();
    let file = std::io::BufWriter::new(std::fs::File::create(answered)?);
    match question.ask {
        Ask::Weigh { regions, markers, stack_in } => {
            serde_json::to_writer(file, &weighed(elf, question.map.as_deref(), &regions, markers, stack_in))?;
        }
        Ask::Profile { pcs, estimate } => {
            let symbols = Symbols::read(elf).map_err(|e| e.to_string());
            let estimated = estimate.map(|(core, left)| estimate::cycles(elf, core, &pcs, &left).map_err(|why| why.to_string()));
            let profile = symbols.map(|symbols| Profile {
                functions: ounce_analysis::profile(&symbols, pcs.into_iter()),
                estimated_cycles: estimated.as_ref().and_then(|cycles| cycles.as_ref().ok()).copied(),
                no_estimate: estimated.and_then(Result::err),
            });
            serde_json::to_writer(file, &profile)?;
        }
    }
    Ok(())
}

fn weighed(
    elf: &[u8],
    map: Option<&Path>,
    regions: &[Region],
    markers: Option<(String, String)>,
    stack_in: Option<Region>,
) -> Result<Weighed, String> {
    let map = map.map(linker_map);
    let map_not_used = map.as_ref().and_then(|map| map.as_ref().err()).map(|why| format!("the linker's map is not used: {why:#}"));
    let map = map.and_then(Result::ok);
    let ledger = Weighing::of(elf, regions).map(map.as_ref()).anatomy().ledger().map_err(|why| why.to_string())?;
    let markers = match markers {
        None => (None, None),
        Some((begin, end)) => {
            let symbols = Symbols::read(elf).map_err(|why| why.to_string())?;
            (symbols.find(&begin), symbols.find(&end))
        }
    };
    let stack = stack_in.and_then(|ram| Some((ounce_analysis::ram_statics_end(elf, &ram).ok()?, ram.end())).filter(|(low, end)| low < end));
    Ok(Weighed { ledger, tools: ounce_analysis::toolchain(elf), map_not_used, markers, stack })
}
