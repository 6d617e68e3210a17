//! Cycles counted on a unit's core: the images need nothing but their markers, and what one binary differs by is learnt.

use crate::common::lab::{Sim, image, pyrite};
use serde_json::Value;

#[test]
fn a_unit_counts_cycles_in_blocks_and_learns_its_noise() {
    let desk = pyrite();
    let sim = Sim::start("unit", "microbit", &[]);
    desk.lab(&[sim.entry("cycles = true\nclock_hz = 16_000_000")]);
    let elf = image("microbit");
    let args = ["bench", "--json", "--board", "microbit", "--probe", "unit", "--bench", "calls", "--elf", elf.to_str().unwrap()];
    let ran = desk.ounce(&args).ends(0).json();
    let cycles = &ran["benches"]["calls"]["cycles"];
    // A Cortex-M0 has no cycle counter of its own.
    assert_eq!(cycles["counter"], "SysTick");
    let blocks = cycles["blocks"].as_array().unwrap();
    let takes = |block: &Value| block["warm"].as_array().unwrap().iter().map(|take| take.as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let takes = takes(block);
        assert!(takes.len() == 5 && takes.iter().all(|take| *take > 10_000), "{block}: less the empty benchmark there is work left");
    }
    // Nothing was known before; this is the first pair.
    assert_eq!(cycles["pairs"], Value::Null);
    let noise: Value = serde_json::from_slice(&std::fs::read(desk.home().join("units/unit.pairs.json")).unwrap()).unwrap();
    assert_eq!(noise["pairs"]["calls"].as_array().unwrap().len(), 1);
    // One binary did the same twelve times.
    assert!(desk.ounce(&["boards"]).ends(0).stdout.contains(" there, well; probe "));
}
