//! Every board's data, linker map and code say the same.
//!
//! `board.toml` is what runners and readers take their figures from, `memory.x` is what the linker obeys and `main.rs` is what
//! runs. Three places, so a test keeps them one.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The targets that `start/` has reset code for and that the build is known to work with.
const TARGETS: [&str; 7] = [
    "thumbv6m-none-eabi",
    "thumbv7m-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv8m.main-none-eabi",
    "thumbv8m.main-none-eabihf",
    "riscv32imc-unknown-none-elf",
    "riscv32imac-unknown-none-elf",
];

fn boards() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../boards");
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

fn read(board: &Path, file: &str) -> String {
    let path = board.join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn number(text: &str) -> u64 {
    let text = text.trim().replace('_', "");
    let (digits, factor) = text.strip_suffix('K').map_or((text.as_str(), 1), |digits| (digits, 1024));
    let parsed = match digits.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    parsed.unwrap_or_else(|error| panic!("{text}: {error}")) * factor
}

/// The subset of TOML that board.toml uses: `key = value` lines below `[table]` lines, as `table.key`.
fn board_toml(board: &Path) -> BTreeMap<String, String> {
    let mut table = String::new();
    let mut keys = BTreeMap::new();
    for line in read(board, "board.toml").lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = format!("{name}.");
        } else {
            let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{}: not a key: {line}", board.display()));
            keys.insert(format!("{table}{}", key.trim()), value.trim().trim_matches('"').to_owned());
        }
    }
    keys
}

/// The regions of a memory.x.
fn memory_x(board: &Path) -> BTreeMap<String, Range<u64>> {
    let text = read(board, "memory.x");
    let lines = text.lines().filter_map(|line| line.split_once("ORIGIN ="));
    lines
        .map(|(name, rest)| {
            let (origin, length) = rest.split_once(", LENGTH =").expect("LENGTH after ORIGIN");
            let start = number(origin);
            (name.trim().trim_end_matches(':').trim().to_owned(), start..start + number(length))
        })
        .collect()
}

fn region(toml: &BTreeMap<String, String>, name: &str) -> Range<u64> {
    let start = number(&toml[&format!("{name}.start")]);
    start..start + number(&toml[&format!("{name}.size")])
}

#[test]
fn the_linker_map_is_the_boards_data() {
    for board in boards() {
        let (toml, map, name) = (board_toml(&board), memory_x(&board), board.display());
        assert_eq!(map["STACK"], region(&toml, "stack"), "{name}: stack");
        assert_eq!(map["WORKLOAD"], region(&toml, "workload"), "{name}: workload");
        assert_eq!(map["STACK"].start..map["RAM"].end, region(&toml, "ram"), "{name}: STACK and RAM are the chip's RAM");
        assert_eq!(map["STACK"].end, map["RAM"].start, "{name}: RAM follows STACK");
        let flash = region(&toml, "flash");
        assert_eq!(map["FLASH"].start, flash.start, "{name}: flash");
        assert!(map["FLASH"].end > flash.end, "{name}: FLASH needs room to spare, so that an image too big links");
        // The workload is data: where flash has other addresses for those, it is counted from there.
        let data = if map.contains_key("RODATA") { region(&toml, "rodata") } else { flash.clone() };
        assert_eq!(map.get("RODATA").map_or(flash.start, |rodata| rodata.start), data.start, "{name}: rodata");
        assert_eq!(data.end - data.start, flash.end - flash.start, "{name}: rodata is flash at other addresses");
        assert!(data.end <= map["WORKLOAD"].start, "{name}: the image may not reach the workload");
    }
}

#[test]
fn the_code_is_the_boards_data() {
    for board in boards() {
        let (toml, main, name) = (board_toml(&board), read(&board, "main.rs"), board.file_name().unwrap().to_str().unwrap());
        let value = |key: &str| {
            let line =
                main.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap_or_else(|| panic!("{name}: main.rs has no {key}"));
            line.trim_start_matches(':').trim().trim_end_matches(',').to_owned()
        };
        assert_eq!(toml["name"], name);
        assert_eq!(value("name"), format!("\"{name}\""));
        assert!(value("chip").starts_with(&format!("{}::", toml["chip"])), "{name}: chip");
        let heap_bytes: u64 = value("heap_bytes").split('*').map(number).product();
        assert_eq!(heap_bytes, number(&toml["heap_bytes"]), "{name}: heap");
        let ram = region(&toml, "ram");
        let stack = region(&toml, "stack");
        assert!(heap_bytes < ram.end - stack.end, "{name}: heap and statics share what the stack leaves");
    }
}

#[test]
fn every_board_can_be_built_run_and_read_about() {
    for board in boards() {
        let (toml, name) = (board_toml(&board), board.display());
        assert!(TARGETS.contains(&toml["target"].as_str()), "{name}: unknown target {}", toml["target"]);
        assert!(!toml["core"].is_empty(), "{name}");
        let readme = read(&board, "README.md");
        if let Some(machine) = toml.get("qemu_machine") {
            assert!(readme.contains(&format!("-M {machine} ")), "{name}: README names another machine");
            assert!(readme.contains(&format!("addr={}", toml["workload.start"])), "{name}: README names another workload address");
        } else {
            assert!(readme.contains("not yet run on hardware"), "{name}: README does not say that nobody has run it");
            assert!(readme.contains(&toml["workload.start"]), "{name}: README names another workload address");
        }
        if let Some(chip) = toml.get("probe_chip") {
            assert!(readme.contains(&format!("chip = \"{chip}\"")), "{name}: README names another chip for the probe");
        }
        let heap_bytes = number(&toml["heap_bytes"]);
        let with_commas = format!("{},{:03}", heap_bytes / 1000, heap_bytes % 1000);
        assert!(readme.contains(&format!("{with_commas} bytes of Python heap")), "{name}: README names another heap than {with_commas}");
    }
}
