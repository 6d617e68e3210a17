//! `pyrite price`: builds Pyrite's sets and features for boards, runs the benchmark programs, and writes the page of prices, `docs/pyrite.md`.
//!
//! A feature's price is the flash of an image with it and all it needs, less that of an image with only what it needs. Interrupted, it leaves the
//! page as it was; images that are newer than all sources of the firmware are not built again, so that the next run goes on where it stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::SystemTime;

use crate::bundle::{Bundle, Kind};
use crate::elf;
use crate::emulator::{Board, Count};
use crate::json;
use crate::transcript::Transcript;

const SETS: [&str; 4] = ["minimal", "core", "standard", "full"];
/// Features that are no part of an image.
const NOT_PRICED: [&str; 7] = ["default", "minimal", "core", "standard", "full", "inspect", "stress"];
const BUDGET: u64 = 2_000_000_000;

/// Instructions that MicroPython's QEMU port takes (computed goto), the same `.mpy`, heap of 143,360 bytes: Cortex-M3, M7, M0.
const MICROPYTHON: [(&str, [u64; 3]); 14] = [
    ("calls", [8_259_240, 8_302_400, 11_104_250]),
    ("intloop", [14_372_560, 14_562_880, 22_318_250]),
    ("lists", [10_073_440, 10_103_840, 14_130_812]),
    ("dicts", [6_368_840, 6_387_160, 9_346_000]),
    ("strings", [16_755_280, 16_770_080, 22_131_187]),
    ("bytesum", [5_147_680, 5_190_000, 7_101_312]),
    ("classes", [8_425_800, 8_445_080, 13_900_437]),
    ("closures", [4_828_560, 4_845_080, 6_517_125]),
    ("generators", [4_845_920, 4_878_640, 7_447_375]),
    ("errors", [5_925_880, 5_952_160, 8_398_687]),
    ("floats", [7_964_640, 7_189_680, 10_998_687]),
    ("bigints", [5_025_840, 5_039_160, 7_966_187]),
    ("formats", [14_010_640, 13_806_800, 21_055_375]),
    ("script", [13_059_240, 13_087_840, 17_325_937]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `pyrite price [--board BOARD]… [--priced BOARD]… [--json]`: boards of the tables of sets and instructions, and of
/// the list of features (`none`: no list).
///
/// # Errors
/// Where a build fails or a tool is missing.
pub fn run(args: &[String]) -> Result<ExitCode, String> {
    let (mut boards, mut priced, mut as_json) = (Vec::new(), Vec::new(), false);
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--board" => boards.extend(rest.next().cloned()),
            "--priced" => priced.extend(rest.next().cloned()),
            "--json" => as_json = true,
            unknown => return Err(format!("unknown: {unknown}\n{}", crate::USAGE)),
        }
    }
    if boards.is_empty() {
        boards = all_boards()?;
    }
    if priced == ["none"] {
        priced.clear();
    } else if priced.is_empty() {
        priced.clone_from(&boards);
    }
    let features = features()?;
    let sets = sets(&boards)?;
    let prices = prices(&priced, &features)?;
    let counts = counts(&boards)?;
    if as_json {
        for ((board, set), (flash, ram)) in &sets {
            let line = json::Line::new().text("board", board).text("set", set).number("flash_bytes", Some(*flash));
            println!("{}", line.number("ram_bytes", Some(*ram)).end());
        }
        for ((board, feature), price) in &prices {
            println!("{}", json::Line::new().text("board", board).text("feature", feature).number("price_bytes", Some(*price)).end());
        }
        for ((program, board), count) in &counts {
            println!("{}", json::Line::new().text("board", board).text("program", program).number("instructions", *count).end());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let page = root().join("docs/pyrite.md");
    std::fs::write(&page, text(&boards, &priced, &features, &sets, &prices, &counts))
        .map_err(|error| format!("{}: {error}", page.display()))?;
    eprintln!("price: docs/pyrite.md is written");
    Ok(ExitCode::SUCCESS)
}

/// Those that can be counted: QEMU has a machine for them.
fn all_boards() -> Result<Vec<String>, String> {
    let said = Command::new(root().join("firmware/build")).arg("--list").output().map_err(|error| format!("firmware/build: {error}"))?;
    let is_emulated = |board: &str| {
        let data = root().join("firmware/boards").join(board).join("board.toml");
        std::fs::read_to_string(data).is_ok_and(|text| text.lines().any(|line| line.starts_with("qemu_machine = ")))
    };
    Ok(String::from_utf8_lossy(&said.stdout).lines().filter(|board| is_emulated(board)).map(str::to_owned).collect())
}

/// Each feature and what it names, from the VM's manifest.
fn features() -> Result<BTreeMap<String, Vec<String>>, String> {
    let path = root().join("firmware/vm/Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let table = text.split_once("\n[features]\n").map_or("", |(_, rest)| rest.split("\n[").next().unwrap_or(rest));
    let lines = table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = ["));
    Ok(lines
        .map(|(name, needs)| {
            let needs = needs.split('"').skip(1).step_by(2).filter(|need| !need.contains(':')).map(str::to_owned).collect();
            (name.trim().to_owned(), needs)
        })
        .collect())
}

/// All that a feature needs, itself left out.
fn needed(feature: &str, features: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut open = features.get(feature).cloned().unwrap_or_default();
    while let Some(next) = open.pop() {
        open.extend(features.get(&next).cloned().unwrap_or_default());
        all.insert(next);
    }
    all
}

/// When what images are made of was last changed.
fn changed() -> Option<SystemTime> {
    let mut newest = None;
    let mut open: Vec<PathBuf> = ["vm/src", "vm/Cargo.toml", "vm/modules", "port", "chips", "boards", "Cargo.toml", "Cargo.lock", "build"]
        .map(|name| root().join("firmware").join(name))
        .into();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).ok()?.filter_map(Result::ok).map(|entry| entry.path()));
        } else {
            newest = newest.max(path.metadata().and_then(|data| data.modified()).ok());
        }
    }
    newest
}

/// The flash and RAM of an image that was built after all sources were changed.
fn built_before(board: &str, set: &str) -> Option<(u64, u64)> {
    let path = root().join(format!("firmware/target/boards/{board}-{set}.elf"));
    let fresh = path.metadata().and_then(|data| data.modified()).ok()? > changed()?;
    fresh.then(|| std::fs::read(&path).ok()).flatten().and_then(|elf| elf::sizes(&elf))
}

/// Builds an image; its flash and RAM. `place` says how far the run is.
fn built(board: &str, set: &str, place: &str) -> Result<(u64, u64), String> {
    if let Some(sizes) = built_before(board, set) {
        return Ok(sizes);
    }
    eprintln!("price: {place}: {board} with {set}");
    let said = Command::new(root().join("firmware/build"))
        .args([board, "--set", set])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("firmware/build: {error}"))?;
    if !said.status.success() {
        return Err(format!("{board} with {set} is not built: {}", String::from_utf8_lossy(&said.stderr).trim()));
    }
    let place = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let elf = std::fs::read(root().join(&place)).map_err(|error| format!("{place}: {error}"))?;
    elf::sizes(&elf).ok_or_else(|| format!("{place} is no image"))
}

type Sizes = BTreeMap<(String, String), (u64, u64)>;
type Prices = BTreeMap<(String, String), u64>;
type Counts = BTreeMap<(String, String), Option<u64>>;

fn sets(boards: &[String]) -> Result<Sizes, String> {
    let mut sizes = Sizes::new();
    for (index, board) in boards.iter().enumerate() {
        for set in SETS {
            let place = format!("sets, board {} of {}", index + 1, boards.len());
            sizes.insert((board.clone(), set.to_owned()), built(board, set, &place)?);
        }
    }
    Ok(sizes)
}

fn prices(boards: &[String], features: &BTreeMap<String, Vec<String>>) -> Result<Prices, String> {
    let mut prices = Prices::new();
    let priced: Vec<(&String, &String)> = boards
        .iter()
        .flat_map(|board| features.keys().map(move |name| (board, name)))
        .filter(|(_, name)| !NOT_PRICED.contains(&name.as_str()))
        .collect();
    for (index, (board, feature)) in priced.iter().enumerate() {
        let place = format!("feature {} of {}", index + 1, priced.len());
        let needs: Vec<String> = needed(feature, features).into_iter().collect();
        let without = built(board, if needs.is_empty() { "minimal".to_owned() } else { needs.join(",") }.as_str(), &place)?.0;
        prices.insert(((*board).clone(), (*feature).clone()), built(board, feature, &place)?.0.saturating_sub(without));
    }
    Ok(prices)
}

/// The set that runs the programs on a board: its chip's own width of floats, as MicroPython's port has it.
fn set_of(board: &str) -> &'static str {
    if board == "mps2-an500" { "full,f64" } else { "full" }
}

/// Instructions of each benchmark program's `main()` on each board, with the set `full`; none where it does not run.
fn counts(boards: &[String]) -> Result<Counts, String> {
    let mut counts = Counts::new();
    for name in boards {
        eprintln!("price: {name} runs the programs");
        let said = Command::new(root().join("firmware/build"))
            .args([name, "--set", set_of(name), "--bundle"])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("firmware/build: {error}"))?;
        if !said.status.success() {
            return Err(format!("{name} is not built: {}", String::from_utf8_lossy(&said.stderr).trim()));
        }
        let board = Board::open(name, Some(set_of(name)))?;
        for (program, _) in MICROPYTHON {
            let Ok(mpy) = std::fs::read(root().join(format!("benchmarks/workloads/{program}.mpy"))) else { continue };
            let mut bundle = Bundle::new(0);
            bundle.add(Kind::Main, program, &mpy);
            let started = board.start(&bundle.bytes(), Count::Instructions, BUDGET)?;
            let ran = Transcript::read(&started.console).programs.into_iter().next().unwrap_or_default();
            let expected = std::fs::read_to_string(root().join(format!("benchmarks/workloads/expected/{program}.txt"))).unwrap_or_default();
            let right = ran.exit.is_some_and(|(code, _)| code == 0) && ran.stdout.trim_end() == expected.trim_end();
            counts.insert((program.to_owned(), name.clone()), started.measured.filter(|_| right));
        }
    }
    Ok(counts)
}

/// A number with commas.
fn commas(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn row(out: &mut String, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<String> = cells.into_iter().collect();
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn head(out: &mut String, first: &str, columns: &[String]) {
    row(out, [first.to_owned()].into_iter().chain(columns.iter().cloned()));
    let _ = writeln!(out, "|---|{}", "---:|".repeat(columns.len()));
}

/// The page.
fn text(
    boards: &[String],
    priced: &[String],
    features: &BTreeMap<String, Vec<String>>,
    sets: &Sizes,
    prices: &Prices,
    counts: &Counts,
) -> String {
    let mut out = String::from(
        "# What Pyrite costs\n\nMade by `cargo xtask price`, which builds every set and feature and runs the benchmark programs in QEMU; do not edit. \
         What the features are is said in `firmware/vm/Cargo.toml`.\n\n## Flash and RAM of an image, bytes\n\nAll of the image, the port and the console included. \
         RAM holds the Python heap, whose size is the board's choice.\n\n",
    );
    head(&mut out, "board", &SETS.iter().map(|set| format!("{set}, flash")).chain(["full, RAM".into()]).collect::<Vec<_>>());
    for board in boards {
        let size = |set: &str| sets.get(&(board.clone(), set.to_owned())).copied().unwrap_or_default();
        let flash = SETS.iter().map(|set| commas(size(set).0));
        row(&mut out, [board.clone()].into_iter().chain(flash).chain([commas(size("full").1)]));
    }
    let list = features.keys().filter(|name| !priced.is_empty() && !NOT_PRICED.contains(&name.as_str()));
    if !priced.is_empty() {
        out.push_str(
            "\n## Price of a feature, bytes of flash\n\nAn image with the feature and what it needs, less one with only what it needs.\n\n",
        );
        head(&mut out, "feature", &[&["needs".to_owned()], priced].concat());
    }
    for feature in list {
        let needs: Vec<String> = needed(feature, features).into_iter().collect();
        let of = priced.iter().map(|board| prices.get(&(board.clone(), feature.clone())).map_or_else(String::new, |price| commas(*price)));
        row(&mut out, [feature.clone(), needs.join(", ")].into_iter().chain(of));
    }
    out.push_str(
        "\n## Instructions to run `main()`, set `full`\n\nWith `f64` on mps2-an500. In brackets: of what MicroPython takes (QEMU port, computed goto, the same `.mpy`), on the \
         cores it was measured on. Programs are `benchmarks/workloads`; no figure: does not fit or does not run there.\n\n",
    );
    head(&mut out, "program", boards);
    let mut ratios: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (program, reference) in MICROPYTHON {
        if !counts.keys().any(|(name, _)| name == program) {
            continue;
        }
        let cells: Vec<String> = boards
            .iter()
            .map(|board| {
                let Some(Some(count)) = counts.get(&(program.to_owned(), board.clone())) else { return String::new() };
                let reference = match board.as_str() {
                    "mps2-an385" => reference[0],
                    "mps2-an500" => reference[1],
                    "microbit" => reference[2],
                    _ => return commas(*count),
                };
                let ratio = *count as f64 / reference as f64;
                ratios.entry(board).or_default().push(ratio);
                format!("{} ({ratio:.2})", commas(*count))
            })
            .collect();
        row(&mut out, [program.to_owned()].into_iter().chain(cells));
    }
    let mean = |board: &String| match ratios.get(board.as_str()) {
        Some(all) => format!("({:.2})", (all.iter().map(|ratio| ratio.ln()).sum::<f64>() / all.len() as f64).exp()),
        None => String::new(),
    };
    row(&mut out, ["geometric mean".to_owned()].into_iter().chain(boards.iter().map(mean)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_feature_needs_is_found_through_others() {
        let features = features().unwrap();
        assert!(needed("asyncio", &features).contains("import") && needed("traceback", &features).is_empty());
        assert!(!needed("float", &features).iter().any(|need| need.contains("libm")));
    }

    #[test]
    fn numbers_have_commas() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1234567, "1,234,567")] {
            assert_eq!(commas(number), text);
        }
    }
}
