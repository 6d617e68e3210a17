//! `pyrite price`: builds Pyrite's sets and features for boards, runs the benchmark programs, and fills in the tables of `docs/pyrite.md`.
//!
//! A feature's price is what an image with it and all it needs takes, less what one with only what it needs does; both are built as the runner's image, so
//! that programs are counted in them too. The most asked-for tables come first, the page is written after each, and
//! what was built once is remembered (`measure.rs`): stopped, a run goes on where it was.

mod features;
mod measure;
mod page;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::{json, sizes};
use features::{Features, SETS};
use measure::{Image, Measured};
use page::MICROPYTHON;

/// Programs of the core of the language. Those that run in an image with a feature and in one without it are counted in both: `calls`, `intloop` and
/// `errors` in any.
const OF_CORE: [&str; 6] = ["calls", "intloop", "lists", "classes", "generators", "errors"];
/// Boards in the order in which their figures are asked for; others follow. Of these, those on which MicroPython was measured come first.
const FIRST: [&str; 3] = ["mps2-an385", "microbit", "mps2-an500"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `pyrite price [--board BOARD]… [--feature FEATURE]… [--json]`: with boards, tables of these alone are printed and the page stays as it is; with
/// features, what these cost and nothing else. `--json` gives the prices of features as Ounce's server takes them, and no page either.
///
/// # Errors
/// Where a build fails or a tool is missing.
pub fn run(args: &[String]) -> Result<ExitCode, String> {
    let (mut boards, mut asked, mut as_json) = (Vec::new(), Vec::new(), false);
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--board" => boards.push(rest.next().cloned().ok_or("--board wants a board's name")?),
            "--feature" => asked.push(rest.next().cloned().ok_or("--feature wants a feature's name")?),
            "--json" => as_json = true,
            unknown => return Err(format!("unknown: {unknown}\n{}", crate::USAGE)),
        }
    }
    let features_alone = as_json || !asked.is_empty();
    let kept = !boards.is_empty() || features_alone;
    if boards.is_empty() {
        boards = all_boards()?;
    }
    let mut price = Price { priced: one_of_each_target(&boards)?, boards, features: Features::read(asked)?, measured: Measured::open()? };
    let of_features = price.images_of_features(&price.priced);
    let beside = if features_alone { Vec::new() } else { [price.images_of_programs(), price.images_of_sets()].concat() };
    price.measured.plan(&[beside, of_features.clone()].concat());
    if as_json {
        // Before hours of work: a list that names no commit is none.
        let commit = commit()?;
        price.measure(&of_features)?;
        println!("{}", price.document(&commit)?);
        return Ok(ExitCode::SUCCESS);
    }
    let write = |name: &str, table: &str| {
        if kept {
            println!("## {name}\n\n{table}");
            return Ok::<(), String>(());
        }
        let path = root().join("docs/pyrite.md");
        let told = |error| format!("{}: {error}", path.display());
        let page = page::fill(&std::fs::read_to_string(&path).map_err(told)?, name, table)?;
        std::fs::write(&path, page).map_err(told)?;
        eprintln!("price: docs/pyrite.md has its table of {name}");
        Ok(())
    };
    if !features_alone {
        price.measure(&price.images_of_programs())?;
        write("programs", &price.programs())?;
        if let Some(board) = price.boards.iter().find(|board| set_of(board) == "full") {
            // Its image is there, unless the figures are remembered of another run.
            measure::build(&image(board, "full", &OF_CORE))?;
            write("objects", &sizes::table(board)?)?;
        }
        price.measure(&price.images_of_sets())?;
        write("sets", &page::sets(&price.boards, &|board, set| price.measured.known(&image(board, set, &[])).cloned()))?;
    }
    for until in 1..=price.priced.len() {
        price.measure(&price.images_of_features(&price.priced[..until]))?;
        let known = |board: &str, set: &str| price.measured.known(&image(board, set, &OF_CORE)).cloned();
        // With boards named, only the whole table is worth printing.
        if !kept || until == price.priced.len() {
            let boards = &price.priced[..until];
            write("features", &page::features(&price.features, boards, &known))?;
            write("slower", &page::slower(&price.features, boards, &known))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Price {
    boards: Vec<String>,
    /// Boards of the tables of features: one of each target, as the others have the same code of the VM.
    priced: Vec<String>,
    features: Features,
    measured: Measured,
}

fn image(board: &str, set: &str, programs: &[&'static str]) -> Image {
    Image { board: board.to_owned(), set: set.to_owned(), programs: programs.to_vec() }
}

impl Price {
    fn images_of_programs(&self) -> Vec<Image> {
        self.boards.iter().map(|board| image(board, set_of(board), &MICROPYTHON.map(|(program, _)| program))).collect()
    }

    fn images_of_sets(&self) -> Vec<Image> {
        self.boards.iter().flat_map(|board| SETS.map(|set| image(board, set, &[]))).collect()
    }

    fn images_of_features(&self, boards: &[String]) -> Vec<Image> {
        let of = |board: &String| {
            let both = self.features.priced().flat_map(|feature| [self.features.without(feature), self.features.with(feature)]);
            both.map(|set| image(board, &set, &OF_CORE)).collect::<Vec<_>>()
        };
        boards.iter().flat_map(of).collect()
    }

    fn measure(&mut self, images: &[Image]) -> Result<(), String> {
        images.iter().try_for_each(|image| self.measured.measure(image).map(|_| ()))
    }

    fn programs(&self) -> String {
        let known = |board: &str| self.measured.known(&image(board, set_of(board), &MICROPYTHON.map(|(program, _)| program))).cloned();
        page::programs(&self.boards, &known)
    }

    /// Prices of features as `ounce-server prices put` takes them: schema 1 of docs/interfaces.md.
    fn document(&self, commit: &str) -> Result<String, String> {
        let figures = |board: &str, set: &str| {
            let known = self.measured.known(&image(board, set, &OF_CORE)).cloned().unwrap_or_default();
            let counts = known.instructions.iter().fold(json::Line::new(), |line, (program, count)| line.number(program, Some(*count)));
            let sizes = json::Line::new().number("flash_bytes", Some(known.flash_bytes)).number("ram_bytes", Some(known.ram_bytes));
            sizes.raw("instructions", &counts.end()).end()
        };
        let feature = |name: &str| {
            let boards = self.priced.iter().fold(json::Line::new(), |line, board| {
                let (on, off) = (figures(board, &self.features.with(name)), figures(board, &self.features.without(name)));
                line.raw(board, &json::Line::new().raw("on", &on).raw("off", &off).end())
            });
            json::Line::new().text("name", name).raw("boards", &boards.end()).end()
        };
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        let boards = self.priced.iter().map(|board| format!("\"{board}\"")).collect();
        let tools = json::Line::new().text("rustc", &measure::version("rustc")?).text("qemu", &measure::version("qemu-system-arm")?);
        let whole = json::Line::new().number("schema", Some(1)).text("commit", commit).raw("tools", &tools.end());
        Ok(whole.raw("boards", &list(boards)).raw("features", &list(self.features.priced().map(feature).collect())).end())
    }
}

/// The set that runs the programs on a board: its chip's own width of floats, as MicroPython's port has it.
fn set_of(board: &str) -> &'static str {
    if board == "mps2-an500" { "full,f64" } else { "full" }
}

/// Those that can be counted: QEMU has a machine for them.
fn all_boards() -> Result<Vec<String>, String> {
    let said = Command::new(root().join("firmware/build")).arg("--list").output().map_err(|error| format!("firmware/build: {error}"))?;
    let text = String::from_utf8_lossy(&said.stdout);
    let mut boards: Vec<String> = text.lines().filter(|board| key(board, "qemu_machine").is_some()).map(str::to_owned).collect();
    boards.sort_by_key(|board| FIRST.iter().position(|first| first == board).unwrap_or(FIRST.len()));
    Ok(boards)
}

/// A text of a board's `board.toml`.
fn key(board: &str, name: &str) -> Option<String> {
    let data = std::fs::read_to_string(root().join("firmware/boards").join(board).join("board.toml")).ok()?;
    let line = data.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = \"")?.strip_suffix('"').map(str::to_owned));
    line
}

fn one_of_each_target(boards: &[String]) -> Result<Vec<String>, String> {
    let mut targets = Vec::new();
    let mut first = Vec::new();
    for board in boards {
        let target = key(board, "target").ok_or_else(|| format!("there is no board {board:?}; `firmware/build --list` names them"))?;
        if !targets.contains(&target) {
            targets.push(target);
            first.push(board.clone());
        }
    }
    Ok(first)
}

/// The commit whose firmware was built.
fn commit() -> Result<String, String> {
    let git = |args: &[&str]| {
        let said = Command::new("git").arg("-C").arg(root()).args(args).output().map_err(|error| format!("git: {error}"))?;
        Ok::<_, String>(String::from_utf8_lossy(&said.stdout).trim().to_owned())
    };
    let changed = git(&["status", "--porcelain", "firmware", "benchmarks/workloads"])?;
    if !changed.is_empty() {
        return Err(format!("a list of prices names its commit, and these are in none: commit them first\n{changed}"));
    }
    git(&["rev-parse", "HEAD"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boards_of_a_target_have_the_prices_of_the_first() {
        let boards = ["mps2-an385", "mps2-an500", "pyboard", "microbit"].map(str::to_owned);
        assert_eq!(one_of_each_target(&boards).unwrap(), ["mps2-an385", "mps2-an500", "microbit"]);
        assert!(one_of_each_target(&["nowhere".into()]).unwrap_err().contains("there is no board \"nowhere\""));
    }

    #[test]
    fn boards_with_a_machine_in_qemu_are_priced_and_the_smallest_are_not_last() {
        let boards = all_boards().unwrap();
        assert_eq!(boards[..3], FIRST.map(str::to_owned));
        assert!(!boards.contains(&"esp32-c3".to_owned()) && boards.contains(&"hifive1".to_owned()));
    }
}
