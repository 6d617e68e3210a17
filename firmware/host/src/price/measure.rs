//! What an image takes: built, and run in QEMU, or remembered from when the sources were the same.
//!
//! Each figure is written down as soon as it is there, in `firmware/target/price/SOURCES`, where SOURCES is a hash of all that images are made of and of
//! the tools' versions. A run that was stopped goes on where it was, and a change of the sources starts from nothing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::root;
use crate::bundle::{Bundle, Kind};
use crate::elf;
use crate::emulator::{Board, Count};
use crate::transcript::Transcript;

/// Instructions after which a program is ended.
const BUDGET: u64 = 2_000_000_000;

/// What an image takes, and the instructions of the programs that give in it what they are to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub flash_bytes: u64,
    pub ram_bytes: u64,
    pub instructions: BTreeMap<String, u64>,
}

/// One image: a set on a board, by itself or (then these programs are run in it) as the runner's, which takes bundles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    pub board: String,
    pub set: String,
    pub programs: Vec<&'static str>,
}

impl Image {
    fn name(&self) -> String {
        format!("{}-{}{}", self.board, self.set, if self.programs.is_empty() { "" } else { "-bundle" })
    }

    /// What the figures are remembered by.
    fn key(&self) -> String {
        format!("{} {}", self.name(), self.programs.join(","))
    }
}

/// Images measured so far.
pub struct Measured {
    known: BTreeMap<String, Figures>,
    notes: PathBuf,
    left: usize,
    built: usize,
    building: Duration,
}

impl Measured {
    /// What is known of the sources as they are now.
    ///
    /// # Errors
    /// Where they cannot be read, or a tool is missing.
    pub fn open() -> Result<Measured, String> {
        let folder = root().join("firmware/target/price");
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let notes = folder.join(format!("{:016x}", sources()?));
        let known = std::fs::read_to_string(&notes).unwrap_or_default().lines().filter_map(parse).collect();
        Ok(Measured { known, notes, left: 0, built: 0, building: Duration::ZERO })
    }

    /// Says how many of these images are to be built yet, for the progress that is shown.
    pub fn plan(&mut self, images: &[Image]) {
        let mut keys: Vec<String> = images.iter().map(Image::key).filter(|key| !self.known.contains_key(key)).collect();
        keys.sort();
        keys.dedup();
        self.left = keys.len();
        eprintln!("price: {} figures are known, {} images are to be built", self.known.len(), self.left);
    }

    /// Those of an image that was measured.
    pub fn known(&self, image: &Image) -> Option<&Figures> {
        self.known.get(&image.key())
    }

    /// Builds an image and runs its programs, unless that was done.
    ///
    /// # Errors
    /// Where it does not build, or a tool is missing.
    pub fn measure(&mut self, image: &Image) -> Result<Figures, String> {
        if let Some(figures) = self.known(image) {
            return Ok(figures.clone());
        }
        let so_far = if self.built == 0 {
            String::new()
        } else {
            let each = self.building.as_secs_f64() / self.built as f64;
            format!(", {each:.0} s each, {:.0} min more", each * self.left as f64 / 60.0)
        };
        eprintln!("price: {} to build{so_far}: {}", self.left, image.name());
        let started = Instant::now();
        let figures = build_and_run(image)?;
        self.building += started.elapsed();
        self.built += 1;
        self.left = self.left.saturating_sub(1);
        let write = |notes: &Path| {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(notes)?;
            file.write_all(line(&image.key(), &figures).as_bytes())
        };
        write(&self.notes).map_err(|error| format!("{}: {error}", self.notes.display()))?;
        self.known.insert(image.key(), figures.clone());
        Ok(figures)
    }
}

fn build_and_run(image: &Image) -> Result<Figures, String> {
    let place = build(image)?;
    let elf = std::fs::read(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let (flash_bytes, ram_bytes) = elf::sizes(&elf).ok_or_else(|| format!("{} is no image", place.display()))?;
    let mut instructions = BTreeMap::new();
    if !image.programs.is_empty() {
        let board = Board::open(&image.board, Some(&image.set))?;
        for program in &image.programs {
            instructions.extend(run(&board, program)?.map(|count| ((*program).to_owned(), count)));
        }
    }
    // Two hundred images with all that is known of their code would fill a disk; a set's own is what others look at.
    if !super::features::SETS.contains(&image.set.as_str()) {
        let _ = std::fs::remove_file(&place);
        let _ = std::fs::remove_file(place.with_extension("map"));
    }
    Ok(Figures { flash_bytes, ram_bytes, instructions })
}

/// Builds an image; where it is.
///
/// # Errors
/// Where it does not build.
pub fn build(image: &Image) -> Result<PathBuf, String> {
    let mut build = Command::new(root().join("firmware/build"));
    build.args([image.board.as_str(), "--set", &image.set]);
    if !image.programs.is_empty() {
        build.arg("--bundle");
    }
    let said = build.stdin(Stdio::null()).output().map_err(|error| format!("firmware/build: {error}"))?;
    if !said.status.success() {
        return Err(format!("{} is not built: {}", image.name(), String::from_utf8_lossy(&said.stderr).trim()));
    }
    Ok(root().join(String::from_utf8_lossy(&said.stdout).trim()))
}

/// Instructions of a benchmark program's `main()`; none where it does not come to its end or prints something else than it should.
fn run(board: &Board, program: &str) -> Result<Option<u64>, String> {
    let folder = root().join("benchmarks/workloads");
    let read = |path: PathBuf| std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()));
    let mpy = read(folder.join(format!("{program}.mpy")))?;
    let expected = read(folder.join(format!("expected/{program}.txt")))?;
    let mut bundle = Bundle::new(0);
    bundle.add(Kind::Main, program, &mpy);
    let started = board.start(&bundle.bytes(), Count::Instructions, BUDGET)?;
    let ran = Transcript::read(&started.console).programs.into_iter().next().unwrap_or_default();
    let right = ran.exit.is_some_and(|(code, _)| code == 0)
        && ran.stdout.trim_end().as_bytes() == String::from_utf8_lossy(&expected).trim_end().as_bytes();
    Ok(started.measured.filter(|_| right))
}

/// `KEY PROGRAMS FLASH RAM PROGRAM=COUNT…`
fn line(key: &str, figures: &Figures) -> String {
    let counts: String = figures.instructions.iter().map(|(program, count)| format!(" {program}={count}")).collect();
    format!("{key}\t{} {}{counts}\n", figures.flash_bytes, figures.ram_bytes)
}

/// What [`line()`] wrote; nothing of a line that was not written to its end.
fn parse(line: &str) -> Option<(String, Figures)> {
    let (key, figures) = line.split_once('\t')?;
    let mut words = figures.split(' ');
    let (flash_bytes, ram_bytes) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let counts = words.map(|word| word.split_once('=').and_then(|(program, count)| Some((program.to_owned(), count.parse().ok()?))));
    Some((key.to_owned(), Figures { flash_bytes, ram_bytes, instructions: counts.collect::<Option<_>>()? }))
}

/// A hash of the files that images are made of and the programs that they run, and of the tools' versions.
fn sources() -> Result<u64, String> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut open: Vec<PathBuf> = ["vm/src", "vm/modules", "vm/Cargo.toml", "port", "chips", "boards", "Cargo.toml", "Cargo.lock", "build"]
        .map(|name| root().join("firmware").join(name))
        .into();
    open.push(root().join("benchmarks/workloads"));
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            open.extend(entries.filter_map(Result::ok).map(|entry| entry.path()));
        } else if path.extension().is_none_or(|ending| ending != "md" && ending != "svg") {
            files.push(path);
        }
    }
    files.sort();
    let mut hash = Fnv::new();
    for path in files {
        hash.add(path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().as_bytes());
        hash.add(&std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?);
    }
    for tool in ["rustc", "qemu-system-arm"] {
        hash.add(version(tool)?.as_bytes());
    }
    Ok(hash.0)
}

/// What a tool calls itself; of rustc, the one that images are built with.
///
/// # Errors
/// Where it is not there.
pub fn version(tool: &str) -> Result<String, String> {
    let mut asked = match tool {
        "rustc" => Command::new(root().join("firmware/build")),
        other => Command::new(other),
    };
    asked.arg(if tool == "rustc" { "toolchain" } else { "--version" });
    let said = asked.stdin(Stdio::null()).output().map_err(|error| format!("{tool}: {error}; `./dev setup` installs it"))?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let is_wanted = |line: &&str| tool != "rustc" || line.starts_with("rustc ");
    text.lines().find(is_wanted).map(str::to_owned).ok_or_else(|| format!("{tool} does not say its version"))
}

/// Fowler, Noll and Vo's hash 1a of 64 bits (draft-eastlake-fnv), each piece with its length before it.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, piece: &[u8]) {
        for &byte in (piece.len() as u64).to_le_bytes().iter().chain(piece) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_remembered_to_the_last_whole_line() {
        let image = Image { board: "microbit".into(), set: "import,sys".into(), programs: vec!["calls", "lists"] };
        let counts = [("calls".to_owned(), 12), ("lists".to_owned(), 7)].into();
        let figures = Figures { flash_bytes: 40_000, ram_bytes: 9_000, instructions: counts };
        let written = line(&image.key(), &figures);
        assert_eq!(parse(written.trim_end()), Some((image.key(), figures)));
        assert_eq!(parse("microbit-import,sys-bundle calls\t40000 9000 calls="), None);
        assert_eq!(parse("microbit-import,sys-bundle calls\t40000"), None);
    }

    #[test]
    fn other_contents_give_another_hash() {
        let hash = |pieces: &[&str]| {
            let mut hash = Fnv::new();
            pieces.iter().for_each(|piece| hash.add(piece.as_bytes()));
            hash.0
        };
        assert_ne!(hash(&["a", "bc"]), hash(&["ab", "c"]));
        assert_eq!(hash(&["a", "bc"]), hash(&["a", "bc"]));
    }
}
