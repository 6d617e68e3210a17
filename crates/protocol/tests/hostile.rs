//! Text from outside, damaged: the manifest's and the console's readers refuse or read it, and never panic.

use ounce_protocol::Manifest;
use ounce_protocol::console::Transcript;
use ounce_protocol::measurement::Measurement;

/// How many cases are run: more with OUNCE_FUZZ_CASES set, as `./dev soak` does.
fn cases() -> u64 {
    std::env::var("OUNCE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000)
}

/// A small generator of repeatable numbers (xorshift).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    /// Cuts, doubles, swaps and overwrites pieces of a text.
    fn damage(&mut self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for _ in 0..1 + self.below(5) {
            let (at, len) = (self.below(text.len().max(1)), self.below(40));
            let end = (at + len).min(text.len());
            match self.below(5) {
                0 => drop(text.drain(at.min(end)..end)),
                1 => text.extend_from_within(at.min(end)..end),
                2 if at < text.len() => text[at] = [0, 0xff, b'"', b'[', b'9', b'-', b'\n', b'.'][self.below(8)],
                3 => {
                    let huge = b"99999999999999999999999";
                    drop(text.splice(at.min(end)..end, huge.iter().copied()));
                }
                _ if at < text.len() => text[at] ^= 1 << self.below(8),
                _ => {}
            }
        }
        text
    }
}

#[test]
fn no_damaged_manifest_panics() {
    let good = include_str!("../../../ounce.toml");
    Manifest::parse(good).expect("our own manifest is valid");
    let mut refused = 0;
    for seed in 1..=cases() {
        let text = Seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).damage(good.as_bytes());
        match Manifest::parse(&String::from_utf8_lossy(&text)) {
            Err(error) => {
                assert!(error.to_string().starts_with("ounce.toml: "), "seed {seed}: {error}");
                refused += 1;
            }
            Ok(manifest) => assert!(!manifest.boards.is_empty()),
        }
    }
    assert!(refused > cases() / 3, "too tame: {refused} refused");
}

#[test]
fn no_damaged_console_panics() {
    let good = b"ounce: hello 1 microbit\nounce: program calls.py\nhello\nounce: result (1, 2)\nounce: heap_peak_bytes 1200\nounce: done\n";
    for seed in 1..=cases() {
        let text = Seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).damage(good);
        let read = Transcript::read(&text);
        assert!(read.output.len() <= text.len());
    }
}

#[test]
fn no_damaged_measurement_is_taken_for_a_good_one() {
    let good = include_bytes!("measurement.json");
    let whole: Measurement = serde_json::from_slice(good).expect("the example is valid");
    whole.check().expect("the example adds up");
    for seed in 1..=cases() {
        let text = Seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).damage(good);
        if let Ok(read) = serde_json::from_slice::<Measurement>(&text)
            && read.check().is_ok()
            && let Some(ledger) = read.ledger()
        {
            let sum = |r: &ounce_protocol::measurement::RegionLedger| r.rows.iter().map(|row| row.bytes).sum::<u64>();
            assert!(ledger.regions.iter().all(|r| sum(r) == r.used_bytes), "seed {seed}");
        }
    }
}
