//! Whether probe-rs knows the chips of this repository's boards, and whether what their `board.toml` declares is that chip's memory. No probe is opened.

use super::attach::registry;
use super::segments::{Piece, check};
use super::talk::{Span, Wiring};
use probe_rs::config::MemoryRegion;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

fn boards() -> Vec<(String, Table)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/boards");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| {
        let text = std::fs::read_to_string(path.join("board.toml")).ok()?;
        Some((path.file_name()?.to_string_lossy().into_owned(), text.parse().unwrap()))
    };
    files.filter_map(named).collect()
}

fn span(board: &Table, name: &str) -> Span {
    let number = |key: &str| u64::try_from(board[name][key].as_integer().unwrap()).unwrap();
    Span { name: name.into(), start: number("start"), end: number("start") + number("size") }
}

fn wiring(chip: &str) -> Wiring {
    let selector = "0d28:0204:none".to_owned();
    Wiring { selector, chip: chip.into(), targets: vec![], speed_khz: None, under_reset: false, lock: PathBuf::new() }
}

#[test]
fn probe_rs_knows_the_chip_of_every_board_on_a_probe_and_its_memory_is_what_the_board_declares() {
    let mut checked = Vec::new();
    for (name, board) in boards() {
        let Some(chip) = board.get("probe_chip").and_then(Value::as_str) else { continue };
        let wiring = wiring(chip);
        let target = super::attach::chip(&wiring, &registry(&wiring).unwrap()).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        assert_eq!(target.name, chip, "{name}: the name as probe-rs writes it");
        let spans = |wanted: &dyn Fn(&MemoryRegion) -> bool| -> Vec<Span> {
            let regions = target.memory_map.iter().filter(|region| wanted(region));
            regions.map(|r| Span { name: "memory".into(), start: r.address_range().start, end: r.address_range().end }).collect()
        };
        let starts = spans(&|region| region.as_nvm_region().is_some_and(|nvm| nvm.is_boot_memory()));
        let ram = spans(&|region| region.as_ram_region().is_some());
        for (what, chips) in [("flash", &starts), ("workload", &starts), ("ram", &ram)] {
            let Span { start, end, .. } = span(&board, what);
            let bytes = vec![0; usize::try_from(end - start).unwrap()];
            check(&[Piece { name: format!("{name}: {what}"), address: start, bytes }], chips, &[], chips).unwrap();
        }
        checked.push(name);
    }
    checked.sort();
    assert_eq!(checked, ["microbit", "microbit-v2", "pico", "pico2", "pyboard"]);
}

#[test]
fn probe_rs_does_not_know_the_esp32_c3_as_its_readme_says() {
    let wiring = wiring("esp32c3");
    assert!(
        super::attach::chip(&wiring, &registry(&wiring).unwrap()).is_err(),
        "it does now: give firmware/boards/esp32-c3 its probe_chip"
    );
}
