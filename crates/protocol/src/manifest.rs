//! The manifest `ounce.toml`, version 1: boards, how they are built and run, benchmarks, budgets, trust.
//!
//! The annotated example is in docs/interfaces.md. The text is read once, here; unknown keys are an error that names the
//! nearest known one. Paths are relative to the repository and may not leave it.

mod budget;
mod hint;
mod run;

pub use budget::{BenchMetric, Budget, GROUP_CHARS_MAX, Percent, Since, TAG_BYTES_MAX};
pub use hint::{nearest, with_hint};
pub use run::{CoreModel, On, Qemu, QemuSystem, Run, StackWindow, offer_of};

use crate::fetch::Fetch;
use crate::ids::{BenchName, BoardName, RegionName};
use crate::measurement::RegionKind;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The file's name at the root of a repository.
pub const FILE_NAME: &str = "ounce.toml";
/// A manifest longer than this is refused.
pub const BYTES_MAX: usize = 256 * 1024;
/// The most boards one manifest may have.
pub const BOARDS_MAX: usize = 200;
/// The most benchmarks one manifest may have.
pub const BENCHMARKS_MAX: usize = 200;

/// What is wrong with a manifest, with the place and the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ounce.toml: {0}")]
pub struct ManifestError(String);

/// A valid manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The project's name, for headings.
    pub name: String,
    /// What is run once for each commit before any build, and the hosts it may reach; none where builds need nothing.
    pub fetch: Option<Fetch>,
    /// Where counting begins and ends.
    pub markers: Markers,
    /// The boards, by name.
    pub boards: BTreeMap<BoardName, Board>,
    /// The benchmarks, by name.
    pub benchmarks: BTreeMap<BenchName, Benchmark>,
    /// The limits the project sets itself.
    pub budgets: Vec<Budget>,
    /// What may run for whom.
    pub trust: Trust,
}

/// A program and its arguments, never a shell line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Command(Vec<String>);

impl Command {
    /// The program.
    pub fn program(&self) -> &str {
        &self.0[0]
    }
    /// Its arguments.
    pub fn args(&self) -> &[String] {
        &self.0[1..]
    }
    /// The same with a variable of the environment.
    #[must_use]
    pub fn with_env(&self, name: &str, value: &str) -> Command {
        Command(["env".to_owned(), format!("{name}={value}")].into_iter().chain(self.0.iter().cloned()).collect())
    }
}

impl TryFrom<Vec<String>> for Command {
    type Error = String;
    fn try_from(words: Vec<String>) -> Result<Self, String> {
        match words.first() {
            Some(program) if !program.is_empty() => Ok(Command(words)),
            _ => Err("a command is a list of words, the program first, such as [\"make\", \"BOARD=x\"]".into()),
        }
    }
}

/// A path inside the repository: relative, without `..`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct RepoPath(String);

impl RepoPath {
    /// The path, with `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RepoPath {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let fine = !text.is_empty() && !text.contains(['\0', '\\', '\n']) && text.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if fine { Ok(RepoPath(text)) } else { Err(format!("{text:?} is not a path inside the repository: relative, without '.' and '..'")) }
    }
}

/// The two functions between whose first instructions the count is taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Markers {
    /// ELF symbol where counting begins.
    #[serde(default = "Markers::default_begin")]
    pub begin: String,
    /// ELF symbol where it ends.
    #[serde(default = "Markers::default_end")]
    pub end: String,
    /// The benchmark whose count is the cost of the markers themselves; it is subtracted from the others.
    #[serde(default)]
    pub empty: Option<BenchName>,
}

impl Markers {
    fn default_begin() -> String {
        "ounce_begin".into()
    }
    fn default_end() -> String {
        "ounce_end".into()
    }
}

impl Default for Markers {
    fn default() -> Self {
        Markers { begin: Self::default_begin(), end: Self::default_end(), empty: None }
    }
}

/// A board: how its image is made, where its memory is, how it runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// For headings; the name where it is left out.
    #[serde(default)]
    pub title: Option<String>,
    /// Builds the image, without network, at the repository's root.
    pub build: Command,
    /// The ELF it leaves.
    pub elf: RepoPath,
    /// The linker's map it leaves, where there is one: it names what has no symbol, and object files.
    #[serde(default)]
    pub map: Option<RepoPath>,
    /// Its memory.
    pub regions: Vec<Region>,
    /// How it runs; sizes only where it is left out.
    #[serde(default)]
    pub run: Option<Run>,
}

/// A memory region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its name in reports.
    pub name: RegionName,
    /// Flash or RAM.
    pub kind: RegionKind,
    /// First address.
    pub start: u64,
    /// Size in bytes: a number, or a text such as `"256K"` or `"1M"`.
    #[serde(deserialize_with = "size")]
    pub size: u64,
}

impl Region {
    /// The first address after it, saturating.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }
}

/// A benchmark: a program, and what it must print to be valid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// The file placed at the board's `load_at`; none where the image holds the program itself.
    #[serde(default)]
    pub file: Option<RepoPath>,
    /// The line that must be printed.
    #[serde(default)]
    pub expect: Option<String>,
    /// A file with that line.
    #[serde(default)]
    pub expect_file: Option<RepoPath>,
    /// The boards it runs on; all that run where it is left out.
    #[serde(default)]
    pub boards: Option<Vec<BoardName>>,
}

impl Benchmark {
    /// Whether it runs on the board.
    pub fn runs_on(&self, board: &BoardName) -> bool {
        self.boards.as_ref().is_none_or(|boards| boards.contains(board))
    }
}

/// What may run for whom.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Pull requests from forks.
    #[serde(default)]
    pub forks: Forks,
}

/// What happens to a pull request from a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forks {
    /// It waits until someone with write access approves its exact commit.
    #[default]
    Approve,
    /// It is never run.
    Never,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    version: u32,
    name: String,
    #[serde(default)]
    fetch: Option<Fetch>,
    #[serde(default)]
    markers: Markers,
    boards: BTreeMap<BoardName, Board>,
    #[serde(default)]
    benchmarks: BTreeMap<BenchName, Benchmark>,
    #[serde(default)]
    budgets: Vec<Budget>,
    #[serde(default)]
    trust: Trust,
}

impl Manifest {
    /// Reads a manifest's text.
    ///
    /// # Errors
    /// Anything that version 1 does not allow, with its place and the next step.
    pub fn parse(text: &str) -> Result<Manifest, ManifestError> {
        if text.len() > BYTES_MAX {
            return Err(ManifestError(format!("{} bytes long, at most {BYTES_MAX} are read", text.len())));
        }
        // The version is looked at first, so that a later format is told apart from a mistake.
        #[derive(Deserialize)]
        struct VersionOnly {
            version: Option<u32>,
        }
        let version: VersionOnly = toml::from_str(text).map_err(|e| ManifestError(e.to_string()))?;
        match version.version {
            Some(1) => {}
            Some(other) => return Err(ManifestError(format!("version = {other} is not known here; this Ounce reads version = 1"))),
            None => return Err(ManifestError("the first line must be `version = 1`".into())),
        }
        let raw: Raw = toml::from_str(text).map_err(|e| ManifestError(with_hint(&e.to_string())))?;
        let manifest = Manifest {
            name: raw.name,
            fetch: raw.fetch,
            markers: raw.markers,
            boards: raw.boards,
            benchmarks: raw.benchmarks,
            budgets: raw.budgets,
            trust: raw.trust,
        };
        debug_assert_eq!(raw.version, 1);
        manifest.check().map_err(ManifestError)?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), String> {
        if self.boards.is_empty() {
            return Err("no board: add a [boards.NAME] with build, elf and regions".into());
        }
        if self.boards.len() > BOARDS_MAX || self.benchmarks.len() > BENCHMARKS_MAX {
            return Err(format!("more than {BOARDS_MAX} boards or {BENCHMARKS_MAX} benchmarks"));
        }
        for (name, board) in &self.boards {
            board.check().map_err(|e| format!("boards.{name}: {e}"))?;
        }
        if let Some(empty) = &self.markers.empty
            && !self.benchmarks.contains_key(empty)
        {
            return Err(format!("markers.empty names the benchmark {empty}, which is not there"));
        }
        for (name, bench) in &self.benchmarks {
            let at = |e: String| format!("benchmarks.{name}: {e}");
            if bench.expect.is_some() == bench.expect_file.is_some() {
                return Err(at("give one of `expect` and `expect_file`: a result that nobody checks is no result".into()));
            }
            self.known_boards(bench.boards.as_deref()).map_err(at)?;
            for (board_name, board) in self.boards.iter().filter(|(b, _)| bench.runs_on(b)) {
                if let (Some(run), Some(file)) = (&board.run, &bench.file)
                    && run.load_at.is_none()
                {
                    return Err(at(format!("has the file {}, but boards.{board_name}.run has no `load_at`", file.as_str())));
                }
            }
        }
        for (index, budget) in self.budgets.iter().enumerate() {
            self.check_budget(budget).map_err(|e| format!("budgets[{index}]: {e}"))?;
        }
        Ok(())
    }

    fn check_budget(&self, budget: &Budget) -> Result<(), String> {
        self.known_boards(budget.boards.as_deref())?;
        for name in budget.benchmarks.iter().flatten() {
            if !self.benchmarks.contains_key(name) {
                return Err(format!("no benchmark {name}{}", nearest(name.as_str(), self.benchmarks.keys().map(BenchName::as_str))));
            }
        }
        match (&budget.region, budget.metric) {
            (Some(region), None) => {
                let known = self.boards.values().flat_map(|b| b.regions.iter().map(|r| r.name.as_str()));
                if !known.clone().any(|name| name == region.as_str()) {
                    return Err(format!("no board has a region {region}{}", nearest(region.as_str(), known)));
                }
            }
            (None, Some(_)) => {}
            _ => return Err("give one of `region` and `metric`".into()),
        }
        budget.check()
    }

    /// The tags and dates that budgets count from: whoever judges brings the figures at these commits.
    pub fn sinces(&self) -> BTreeSet<&Since> {
        self.budgets.iter().filter_map(|budget| budget.since.as_ref()).collect()
    }

    fn known_boards(&self, names: Option<&[BoardName]>) -> Result<(), String> {
        for name in names.unwrap_or_default() {
            if !self.boards.contains_key(name) {
                return Err(format!("no board {name}{}", nearest(name.as_str(), self.boards.keys().map(BoardName::as_str))));
            }
        }
        Ok(())
    }

    /// The board, or an error that lists those there are.
    pub fn board(&self, name: &BoardName) -> Result<&Board, ManifestError> {
        self.boards.get(name).ok_or_else(|| {
            let all: Vec<&str> = self.boards.keys().map(BoardName::as_str).collect();
            let hint = nearest(name.as_str(), all.iter().copied());
            ManifestError(format!("no board {name}{hint}; there are: {}", all.join(", ")))
        })
    }
}

impl Board {
    fn check(&self) -> Result<(), String> {
        if !self.regions.iter().any(|r| r.kind == RegionKind::Flash) {
            return Err("no region of kind \"flash\"".into());
        }
        for (i, region) in self.regions.iter().enumerate() {
            if region.size == 0 {
                return Err(format!("region {} has size 0", region.name));
            }
            for other in &self.regions[..i] {
                if other.name == region.name {
                    return Err(format!("two regions are called {}", region.name));
                }
                if other.kind == region.kind && other.start < region.end() && region.start < other.end() {
                    return Err(format!("regions {} and {} overlap", other.name, region.name));
                }
            }
        }
        if let Some(run) = &self.run {
            run.on.check()?;
            if run.timeout_s == 0 || run.timeout_s > 3600 || run.instruction_budget == 0 {
                return Err("run: timeout_s is 1 to 3600, instruction_budget at least 1".into());
            }
        }
        Ok(())
    }

    /// The title, or the name where there is none.
    pub fn title<'a>(&'a self, name: &'a BoardName) -> &'a str {
        self.title.as_deref().unwrap_or(name.as_str())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawSize {
    Number(u64),
    Text(String),
}

impl RawSize {
    fn bytes(self) -> Result<u64, String> {
        match self {
            RawSize::Number(n) => Ok(n),
            RawSize::Text(text) => {
                let (digits, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
                let factor: u64 = match unit {
                    "" | "B" => 1,
                    "K" | "KiB" => 1024,
                    "M" | "MiB" => 1024 * 1024,
                    _ => return Err(format!("size {text:?}: the unit is K or M (1024 and 1024² bytes)")),
                };
                let number: u64 = digits.trim().parse().map_err(|_| format!("size {text:?} is not a number with K or M"))?;
                number.checked_mul(factor).ok_or_else(|| format!("size {text:?} is too large"))
            }
        }
    }
}

/// A size as the manifest writes it: `"256K"`, `"1M"`, `"512"`.
///
/// # Errors
/// Where it is none; the message says what is.
pub fn parse_size(text: &str) -> Result<u64, String> {
    RawSize::Text(text.to_owned()).bytes()
}

fn size<'de, D: serde::Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    RawSize::deserialize(d)?.bytes().map_err(serde::de::Error::custom)
}

fn optional_size<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Option<u64>, D::Error> {
    size(d).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
version = 1
name = "blinky"
[boards.disco]
build = ["make", "BOARD=disco"]
elf = "out/disco.elf"
regions = [
  { name = "flash", kind = "flash", start = 0x0800_0000, size = "1M" },
  { name = "ram", kind = "ram", start = 0x2000_0000, size = "128K" },
]
run = { qemu = { system = "arm", machine = "netduinoplus2" } }
[benchmarks.sum]
expect = "sum 5050"
[[budgets]]
region = "flash"
max_growth = 256
[[budgets]]
metric = "instructions"
max_growth_percent = 1.5
"#;

    #[test]
    fn a_small_manifest_is_read() {
        let m = Manifest::parse(GOOD).unwrap();
        let board = &m.boards[&BoardName::parse("disco").unwrap()];
        assert_eq!((board.regions[0].size, board.regions[1].size), (1 << 20, 128 << 10));
        assert_eq!(m.markers.begin, "ounce_begin");
        assert_eq!(m.budgets[1].max_growth_percent.unwrap().hundredths, 150);
        assert_eq!(m.trust.forks, Forks::Approve);
    }

    #[test]
    fn mistakes_are_named_with_the_next_step() {
        let check = |from: &str, to: &str, says: &str| {
            let text = GOOD.replacen(from, to, 1);
            assert_ne!(text, GOOD, "{from} is not in the manifest");
            let error = Manifest::parse(&text).unwrap_err().to_string();
            assert!(error.contains(says), "{from} → {to}: {error}");
        };
        check("version = 1", "version = 2", "version = 2 is not known here");
        check("version = 1", "", "`version = 1`");
        check("elf =", "elff =", "did you mean `elf`?");
        check("[[budgets]]\nregion", "[[budget]]\nregion", "did you mean `budgets`?");
        check("max_growth = 256", "max_grow = 256", "did you mean `max_growth`?");
        check("expect =", "expected =", "did you mean `expect`?");
        check("kind = \"ram\"", "kind = \"ram\", bank = 1", "unknown field `bank`");
        check("netduinoplus2\"", "netduinoplus2\", bios = true", "unknown field `bios`");
        check("netduinoplus2\" }", "netduinoplus2\" }, timeout = 5", "did you mean `timeout_s`?");
        check("netduinoplus2\" }", "netduinoplus2\" }, stack = { start = 0, size = 4, top = 4 }", "unknown field `top`");
        check("[benchmarks.sum]", "[markers]\nbegins = \"b\"\n[benchmarks.sum]", "did you mean `begin`?");
        check("[benchmarks.sum]", "[trust]\nfork = \"never\"\n[benchmarks.sum]", "did you mean `forks`?");
        check("elf = \"out/disco.elf\"", "elf = \"../disco.elf\"", "not a path inside the repository");
        check("elf = \"out/disco.elf\"", "elf = \"/etc/passwd\"", "not a path inside the repository");
        check("[\"make\", \"BOARD=disco\"]", "[]", "a command is a list of words");
        check("\"128K\"", "\"128Q\"", "the unit is K or M");
        check("\"128K\"", "0", "region ram has size 0");
        check("0x2000_0000", "0x2000_000g", "TOML parse error");
        check("region = \"flash\"", "region = \"flush\"", "did you mean `flash`?");
        check("max_growth = 256", "boards = [\"disk\"]\nmax_growth = 256", "did you mean `disco`?");
        check("max_growth = 256", "", "no limit");
        check("max_growth = 256", "max_growth = 256\ntag = \"v1\"", "did you mean `since`?");
        check("max_growth = 256", "max_growth = 256\nsinse = \"v1\"", "did you mean `since`?");
        check("max_growth = 256", "max_growth = 256\ncrate = \"core\"", "did you mean `group`?");
        check("max_growth = 256", "min_headroom = 9\nsince = \"v1\"", "`min_headroom` is of the region as it is");
        check("max_growth = 256", "min_headroom = 9\ngroup = \"core\"", "`min_headroom` is of the region as it is");
        check("max_growth = 256", "since = \"v1\"", "no limit");
        check("max_growth = 256", "max_growth = 9\ngroup = \"\"", "a group is a name as the report shows it");
        check("max_growth = 256", "max_growth = 9\nsince = \"--all\"", "is no tag");
        check("max_growth = 256", "max_growth = 9\nsince = \"a..b\"", "is no tag");
        check("max_growth = 256", "max_growth = 9\nsince = 2026-02-30", "TOML parse error");
        check("max_growth = 256", "max_growth = 9\nsince = \"2026-02-30\"", "no day of the calendar");
        check("max_growth = 256", "max_growth = 9\nsince = 2026-10-01T12:00:00", "a date alone");
        check("max_growth = 256", "max_growth = 9\nsince = 5", "a tag such as");
        check("max_growth_percent = 1.5", "max_growth = 9\ngroup = \"core\"", "`group` goes with `region`");
        check("expect = \"sum 5050\"", "", "a result that nobody checks is no result");
        check("expect = \"sum 5050\"", "expect = \"x\"\nfile = \"a.bin\"", "no `load_at`");
        check("max_growth_percent = 1.5", "max_growth_percent = -1.5", "not a percentage");
        check("netduinoplus2", "x -nographic", "a machine is a plain name");
        let qemu = "qemu = { system = \"arm\", machine = \"netduinoplus2\" }";
        check(qemu, "timeout_s = 5", "give one of `qemu` and `probe`");
        check(qemu, "probe = \"disco\", qemu = { system = \"arm\", machine = \"x\" }", "give one of `qemu` and `probe`");
        check(qemu, "prob = \"disco\"", "did you mean `probe`?");
        check(qemu, "probe = \"a b\"", "a b");
        check("kind = \"flash\"", "kind = \"ram\"", "no region of kind");
    }

    #[test]
    fn a_board_says_what_a_runner_must_offer() {
        let qemu = "qemu = { system = \"arm\", machine = \"netduinoplus2\" }";
        let check = |run: &str, trusted: bool, needs: &str| {
            let manifest = Manifest::parse(&GOOD.replacen(qemu, run, 1)).unwrap();
            assert_eq!(manifest.boards[&BoardName::parse("disco").unwrap()].run.as_ref().unwrap().needs(trusted), needs);
        };
        check(qemu, true, "qemu:netduinoplus2");
        check(qemu, false, "qemu:netduinoplus2");
        check("probe = \"f407-disco\"", true, "probe:f407-disco");
        // Most units are for the project's own code only.
        check("probe = \"f407-disco\"", false, "probe:f407-disco:strangers");
    }

    #[test]
    fn a_missing_board_lists_those_there_are() {
        let none = Manifest::parse("version = 1\nname = \"blinky\"\n[boards]\n").unwrap_err().to_string();
        assert!(none.contains("no board: add a [boards.NAME]"), "{none}");
        let error = Manifest::parse(GOOD).unwrap().board(&BoardName::parse("dicso").unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "ounce.toml: no board dicso; did you mean `disco`?; there are: disco");
    }
}
