//! Cycles counted on a unit's core: the images need nothing but their markers, and what one binary differs by is learnt.

use crate::common::lab::{Sim, image, pyrite};
use crate::common::{Desk, fault_image};
use serde_json::Value;
use std::fs;

/// A firmware that spins as often as its program says and a little more or less each run, on a unit; and in QEMU for its instructions.
const NOISY: &str = r#"
version = 1
name = "noisy"
[markers]
empty = "empty"
[boards.unit]
build = ["cp", "image.elf", "out.elf"]
elf = "out.elf"
regions = [
    { name = "flash", kind = "flash", start = 0x00000000, size = "3M" },
    { name = "ram", kind = "ram", start = 0x20000000, size = "4M" },
]
[boards.unit.run]
probe = "mps2-an385"
load_at = 0x00300000
load_size = "4K"
stack = { start = 0x20000000, size = "16K" }
[boards.emulated]
build = ["cp", "image.elf", "out.elf"]
elf = "out.elf"
regions = [
    { name = "flash", kind = "flash", start = 0x00000000, size = "3M" },
    { name = "ram", kind = "ram", start = 0x20000000, size = "4M" },
]
[boards.emulated.run]
qemu = { system = "arm", machine = "mps2-an385" }
load_at = 0x00300000
load_size = "4K"
stack = { start = 0x20000000, size = "16K" }
[benchmarks.empty]
file = "empty.bin"
expect = "(2584, 210, 510, 9540)"
[benchmarks.spin]
file = "spin.bin"
expect = "(2584, 210, 510, 9540)"
"#;

/// Turns of the firmware's loop: 128 ms of the board's time, as benchmarks take. A busy host adds some milliseconds to a run where a simulated core goes on after a halt.
const TURNS: u32 = 1_000_000;

/// A repository with that firmware.
fn noisy() -> Desk {
    let desk = Desk::with_manifest(NOISY);
    fs::write(desk.repo().join("empty.bin"), 0u32.to_le_bytes()).unwrap();
    fs::write(desk.repo().join("spin.bin"), TURNS.to_le_bytes()).unwrap();
    fs::copy(fault_image("noisy"), desk.repo().join("image.elf")).unwrap();
    desk.commit("a firmware that spins");
    desk
}

/// A board whose runs vary by 0.3 % of those turns.
fn noisy_board(model: &str, seed: u64) -> Sim {
    let mut sim = Sim::unplugged("unit", "mps2-an385");
    sim.noise(&format!("{model}:{}:{}:{seed}", TURNS / 10, TURNS * 3 / 1000));
    sim.plug_in(&[]);
    sim
}

/// What `spin` says of two images on the unit.
fn in_turns(desk: &Desk, base: &str, head: &str) -> Value {
    let (base, head) = (fault_image(base), fault_image(head));
    let elf = ["--elf", head.to_str().unwrap(), "--against", base.to_str().unwrap()];
    let ran = desk.ounce(&[&["bench", "--json", "--board", "unit", "--probe", "unit", "--bench", "spin"], &elf[..]].concat()).ends(0);
    ran.json()["cycles"]["spin"].clone()
}

#[test]
fn two_commits_on_a_unit_are_measured_in_turns_and_what_differs_is_measured_again() {
    let desk = noisy();
    let sim = noisy_board("normal", 1);
    desk.lab(&[sim.entry("cycles = true")]);
    fs::copy(fault_image("noisy-slower"), desk.repo().join("image.elf")).unwrap();
    desk.commit("3.3 % slower");
    let compare = || {
        let ran = desk.ounce(&["compare", "--json", "HEAD~1..HEAD"]).ends(0);
        let boards = ran.json()["boards"].as_array().unwrap().clone();
        let unit = boards.iter().find(|board| board["board"] == "unit").unwrap_or_else(|| panic!("{boards:?}")).clone();
        let benches = unit["state"]["benches"].as_array().unwrap_or_else(|| panic!("{unit}")).clone();
        benches.iter().find(|bench| bench["name"] == "spin").unwrap()["cycles"].clone()
    };
    // Nobody knows this board's noise: whatever it says, it is not judged.
    let first = compare();
    assert_eq!((&first["answer"], &first["band_ppm"]), (&Value::from("cannot_tell"), &Value::Null), "{first}");
    // What one binary differs by is learnt, a pair each time.
    for _ in 0..4 {
        let args = ["bench", "--json", "--board", "unit", "--probe", "unit", "--elf", "image.elf"];
        let cycles = desk.ounce(&args).ends(0).json()["benches"]["spin"]["cycles"].clone();
        assert_eq!(cycles["counter"], "SysTick", "{cycles}");
    }
    let told = compare();
    assert_eq!(told["answer"], "different", "{told}");
    let ppm = told["ppm"].as_i64().unwrap();
    assert!((20_000..46_000).contains(&ppm), "3.3 % of what the empty benchmark does not do: {told}");
    // The exact figure beside it: 3.3 % of the instructions, too.
    let instructions = |side: &str| told["instructions"][side].as_u64().unwrap_or_else(|| panic!("{told}"));
    let more = (instructions("head") - instructions("base")) * 1_000_000 / instructions("base");
    assert!((32_000..34_000).contains(&more), "{told}");
    // The first round found it, the second found it again.
    let noise: Value = serde_json::from_slice(&fs::read(desk.home().join("units/unit.pairs.json")).unwrap()).unwrap();
    assert_eq!(noise["pairs"]["spin"].as_array().unwrap().len(), 2 + 4 + 4, "a pair of each side in each round: {noise}");
}

#[test]
fn what_a_rebuild_alone_moves_is_learnt_from_layouts_of_one_commit() {
    let desk = noisy();
    let sim = noisy_board("normal", 2);
    desk.lab(&[sim.entry("cycles = true")]);
    let layouts = |more: &[&str]| desk.ounce(&[&["bench", "--board", "unit", "--probe", "unit", "--layouts", "3"], more].concat());
    // A build that takes no notice.
    let ran = layouts(&[]).ends(2);
    assert!(ran.stderr.contains("with OUNCE_LAYOUT=2 the build gives the bytes of OUNCE_LAYOUT=1"), "{}", ran.stderr);
    // One that does: the second layout is 3.3 % slower, the third as quick as the first.
    fs::copy(fault_image("noisy-slower"), desk.repo().join("slower.elf")).unwrap();
    desk.write("build.sh", LAID_OUT);
    desk.write("ounce.toml", &NOISY.replacen("[\"cp\", \"image.elf\", \"out.elf\"]", "[\"sh\", \"build.sh\"]", 1));
    desk.commit("a build that lays the code out otherwise");
    let learnt = layouts(&["--json"]).ends(0).json();
    let ppm = learnt["layout_ppm"]["spin"].as_u64().unwrap_or_else(|| panic!("{learnt}"));
    assert!((20_000..46_000).contains(&ppm) && learnt["layouts"] == 3, "3.3 % of what the empty benchmark does not do: {learnt}");
    // It is this unit's from then on, and what two builds differ by is held against it.
    let told = in_turns(&desk, "noisy", "noisy");
    assert_eq!(told["layout_ppm"], ppm, "{told}");
}

/// Three images that do the same, for three numbers of a layout.
const LAID_OUT: &str = "\
case \"$OUNCE_LAYOUT\" in
2) cp slower.elf out.elf ;;
3) LC_ALL=C sed 's/stack overflow/stack 0verflow/' image.elf >out.elf ;;
*) cp image.elf out.elf ;;
esac
";

#[test]
fn one_binary_on_a_noisy_board_is_not_called_different_and_three_per_cent_are_found() {
    // Noise to one side, as most boards have; `./dev lab-noise` plays four kinds.
    let desk = noisy();
    let sim = noisy_board("skewed", 1);
    desk.lab(&[sim.entry("cycles = true")]);
    let answers: Vec<Value> = (0..4).map(|_| in_turns(&desk, "noisy", "noisy")["answer"].clone()).collect();
    assert!(!answers.contains(&"different".into()), "{answers:?}");
    assert!(answers[..3].iter().all(|answer| answer == "cannot_tell"), "fewer than 8 pairs are known: {answers:?}");
    let found = in_turns(&desk, "noisy", "noisy-slower");
    assert_eq!(found["answer"], "different", "{found}");
}

/// What `./dev lab-noise` runs: as many comparisons as `LAB_NOISE_COMPARISONS` says, on one board for each model of noise, or of the one that
/// `LAB_NOISE_MODEL` names; and the table of them.
#[test]
#[ignore = "takes some seconds for each comparison"]
fn a_table_of_many_comparisons_on_noisy_boards() {
    let wanted: usize = std::env::var("LAB_NOISE_COMPARISONS").map_or(25, |n| n.parse().expect("LAB_NOISE_COMPARISONS is a number"));
    let named = std::env::var("LAB_NOISE_MODEL").ok().filter(|name| !name.is_empty());
    let mut table = vec![format!("{:<14} {:>14} {:>14} {:>14} {:>14}", "noise of 0.3 %", "one binary", "different", "+3 %", "different")];
    for (seed, model) in (100..).zip(["normal", "skewed", "bimodal", "heavy-tailed"]) {
        if named.as_ref().is_some_and(|named| named != model) {
            continue;
        }
        let desk = noisy();
        let sim = noisy_board(model, seed);
        desk.lab(&[sim.entry("cycles = true")]);
        while in_turns(&desk, "noisy", "noisy")["band_ppm"].is_null() {}
        let different = |head: &str| (0..wanted).filter(|_| in_turns(&desk, "noisy", head)["answer"] == "different").count();
        let (alarms, found) = (different("noisy"), different("noisy-slower"));
        table.push(format!("{model:<14} {wanted:>14} {alarms:>14} {wanted:>14} {found:>14}"));
        println!("lab-noise: {}", table.last().unwrap());
    }
    assert!(table.len() > 1, "{named:?} is no model of noise: normal, skewed, bimodal or heavy-tailed");
    println!("{}", table.join("\n"));
}

#[test]
fn a_counter_that_goes_round_is_counted_on_and_one_that_cannot_be_followed_is_said_to_be() {
    let desk = noisy();
    desk.write("ounce.toml", &format!("{NOISY}[benchmarks.twice]\nfile = \"twice.bin\"\nexpect = \"(2584, 210, 510, 9540)\"\n"));
    // A turn takes 4 instructions of 32 ns, which are 3.2 cycles of 25 MHz: SysTick goes round after 5.2 million.
    let turns = 3_000_000u32;
    fs::write(desk.repo().join("spin.bin"), turns.to_le_bytes()).unwrap();
    fs::write(desk.repo().join("twice.bin"), (2 * turns).to_le_bytes()).unwrap();
    let mut sim = Sim::unplugged("unit", "mps2-an385");
    sim.noise("normal:0:0:1");
    sim.plug_in(&[]);
    desk.lab(&[sim.entry("cycles = true\nclock_hz = 25_000_000")]);
    let elf = fault_image("noisy");
    let bench = ["bench", "--json", "--board", "unit", "--probe", "unit", "--elf", elf.to_str().unwrap()];
    let ran = desk.ounce(&bench).ends(0).json();
    // A machine's clock goes on for a moment when its core is halted, the longer the busier this one is; a lap more or less is 16.8 million.
    let check = |name: &str, cycles: u64| {
        let blocks = ran["benches"][name]["cycles"]["blocks"].as_array().unwrap_or_else(|| panic!("{ran}"));
        let takes = blocks.iter().flat_map(|block| block["warm"].as_array().unwrap()).map(|take| take.as_u64().unwrap());
        let wrong: Vec<u64> = takes.filter(|take| take.abs_diff(cycles) > cycles / 50).collect();
        assert!(blocks.len() == 2 && wrong.is_empty(), "{name}: {cycles} expected: {ran}");
    };
    check("spin", 9_600_000);
    check("twice", 19_200_000);
    // Nobody can look often enough at a counter that goes round each 17 µs.
    desk.lab(&[sim.entry("cycles = true\nclock_hz = 1_000_000_000_000")]);
    let ran = desk.ounce(&bench).ends(0);
    assert_eq!(ran.json()["benches"]["twice"]["cycles"], Value::Null);
    assert!(ran.stderr.contains("cycles: twice: not counted: ") && ran.stderr.contains("clock_hz"), "{}", ran.stderr);
    // Where it did not go round, it does not matter when somebody looked.
    assert_eq!(ran.json()["benches"]["spin"]["cycles"]["counter"], "SysTick");
}

#[test]
fn a_unit_counts_cycles_in_blocks_and_learns_its_noise() {
    let desk = pyrite();
    let mut sim = Sim::unplugged("unit", "microbit");
    sim.sensors("-5:3290");
    sim.plug_in(&[]);
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
    // What the chip told after each block; of 3.29 V its ADC sees 934 parts of 1023.
    assert_eq!(cycles["conditions"], serde_json::json!(vec![serde_json::json!({ "temperature_quarter_c": -5, "supply_mv": 3286 }); 2]));
    // Nothing was known before; this is the first pair.
    assert_eq!(cycles["pairs"], Value::Null);
    let noise: Value = serde_json::from_slice(&std::fs::read(desk.home().join("units/unit.pairs.json")).unwrap()).unwrap();
    assert_eq!(noise["pairs"]["calls"].as_array().unwrap().len(), 1);
    // One binary did the same twelve times.
    assert!(desk.ounce(&["boards"]).ends(0).stdout.contains(" there, well; probe "));
}
