//! Text from outside, damaged: the manifest's and the console's readers refuse or read it, and never panic.

use fuzz_cases::{Cases, Seeded};
use ounce_protocol::Manifest;
use ounce_protocol::console::Transcript;
use ounce_protocol::measurement::Measurement;

/// What means something to the readers of TOML, of JSON and of a console.
const PIECES: [&[u8]; 20] = [
    b"\0",
    b"\xff",
    b"\"",
    b"\"\"\"",
    b"[",
    b"[[",
    b"]",
    b"9",
    b"-",
    b"\n",
    b".",
    b"= ",
    b"99999999999999999999999",
    b"-1",
    b"1e999",
    b"nan",
    b"\\u0000",
    b"../",
    b"\r\n[boards.x]\n",
    b"ounce: ",
];
/// Longest message about a manifest: what it quotes is cut.
const MESSAGE_BYTES_MAX: usize = 4_000;

/// Half of them wild, half of them only with other numbers.
fn damaged(seeded: &mut Seeded, good: &[u8]) -> Vec<u8> {
    let places = 1 + seeded.below(5);
    if seeded.one_in(2) { seeded.renumber(good, places) } else { seeded.damage(good, places, &PIECES) }
}

#[test]
fn no_damaged_manifest_panics() {
    let good = include_str!("../../../ounce.toml");
    Manifest::parse(good).expect("our own manifest is valid");
    let mut cases = Cases::of("damaged manifests", 3_000);
    while let Some(mut seeded) = cases.another() {
        let text = damaged(&mut seeded, good.as_bytes());
        match Manifest::parse(&String::from_utf8_lossy(&text)) {
            Err(error) => {
                let message = error.to_string();
                assert!(message.starts_with("ounce.toml: ") && message.len() < MESSAGE_BYTES_MAX, "{} bytes: {message}", message.len());
                cases.note("refused");
            }
            Ok(manifest) => {
                assert!(!manifest.boards.is_empty());
                cases.note("read");
            }
        }
    }
    cases.finish(&[("refused", 3), ("read", 20)]);
}

#[test]
fn no_damaged_console_panics() {
    let good = b"ounce: hello 1 microbit\nounce: program calls.py\nhello\nounce: result (1, 2)\nounce: heap_peak_bytes 1200\nounce: done\n";
    let mut cases = Cases::of("damaged consoles", 3_000);
    while let Some(mut seeded) = cases.another() {
        let text = damaged(&mut seeded, good);
        let read = Transcript::read(&text);
        assert!(read.output.len() <= text.len());
    }
    cases.finish(&[]);
}

#[test]
fn no_damaged_measurement_is_taken_for_a_good_one() {
    let good = include_bytes!("measurement.json");
    let whole: Measurement = serde_json::from_slice(good).expect("the example is valid");
    whole.check().expect("the example adds up");
    let mut cases = Cases::of("damaged measurements", 3_000);
    while let Some(mut seeded) = cases.another() {
        let text = damaged(&mut seeded, good);
        let Ok(read) = serde_json::from_slice::<Measurement>(&text) else {
            cases.note("no measurement");
            continue;
        };
        if read.check().is_err() {
            cases.note("refused");
        } else if let Some(ledger) = read.ledger() {
            let sum = |r: &ounce_protocol::measurement::RegionLedger| r.rows.iter().map(|row| row.bytes).sum::<u64>();
            assert!(ledger.regions.iter().all(|r| sum(r) == r.used_bytes), "a ledger that does not add up was taken");
            cases.note("taken");
        }
    }
    cases.finish(&[("no measurement", 3), ("refused", 100), ("taken", 100)]);
}
