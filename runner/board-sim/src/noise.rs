//! Noise for firmware that asks for it: real boards do not repeat to the cycle, and QEMU does. After each reset a word of RAM says how much longer this run
//! is to take; the firmware spins for it. With it time is counted in instructions, so that nothing else varies.
//!
//! Noise is written as `MODEL:CENTRE:DEVIATION:SEED`, the middle two in turns of the firmware's loop.

use std::str::FromStr;

/// A kind of noise; each is drawn with a mean or middle of about 0 and a width of about 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Of the normal distribution.
    Normal,
    /// Exponential: a floor, and a tail to one side, as interrupts and refreshes make.
    Skewed,
    /// Two levels four deviations apart, the upper one a fifth of the time: a cache that is sometimes in the way.
    Bimodal,
    /// Student's t with two degrees of freedom: wild values on both sides.
    HeavyTailed,
}

impl Model {
    /// All of them with their names.
    pub const ALL: [(Model, &str); 4] =
        [(Model::Normal, "normal"), (Model::Skewed, "skewed"), (Model::Bimodal, "bimodal"), (Model::HeavyTailed, "heavy-tailed")];
}

/// What varies a board's runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Noise {
    model: Model,
    centre: u32,
    deviation: u32,
    /// State of SplitMix64.
    seed: u64,
}

/// Noise that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no noise: MODEL:CENTRE:DEVIATION:SEED, where MODEL is one of {names} and the others are whole numbers", names = names())]
pub struct NoNoise(String);

fn names() -> String {
    Model::ALL.map(|(_, name)| name).join(", ")
}

impl FromStr for Noise {
    type Err = NoNoise;

    fn from_str(text: &str) -> Result<Noise, NoNoise> {
        let no = || NoNoise(text.to_owned());
        let parts: Vec<&str> = text.split(':').collect();
        let [name, centre, deviation, seed] = parts[..] else { return Err(no()) };
        let (model, _) = Model::ALL.into_iter().find(|(_, known)| *known == name).ok_or_else(no)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| no());
        Ok(Noise { model, centre: number(centre)?, deviation: number(deviation)?, seed: seed.parse().map_err(|_| no())? })
    }
}

impl Noise {
    /// The word of the next run.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is brought into the range of a word first")]
    pub fn word(&mut self) -> u32 {
        let drawn = match self.model {
            Model::Normal => self.normal(),
            Model::Skewed => -self.unit().ln() - 1.0,
            Model::Bimodal => self.normal() * 0.5 + if self.unit() < 0.2 { 2.0 } else { 0.0 },
            Model::HeavyTailed => {
                let spread = (self.normal().powi(2) + self.normal().powi(2)) / 2.0;
                self.normal() / spread.sqrt().max(1e-6)
            }
        };
        // A run takes at least no time, and one wild value is not to hold the board for minutes.
        let most = f64::from(self.centre.saturating_mul(10));
        (f64::from(self.centre) + f64::from(self.deviation) * drawn).clamp(0.0, most).round() as u32
    }

    fn next(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1, never either.
    #[expect(clippy::cast_possible_truncation, reason = "32 of the bits are taken")]
    fn unit(&mut self) -> f64 {
        (f64::from((self.next() >> 32) as u32) + 0.5) / f64::from(u32::MAX)
    }

    /// Box and Muller's transform.
    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().min(1.0).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_reads_as_it_is_written_and_comes_of_its_seed() {
        let words = |text: &str| {
            let mut noise: Noise = text.parse().unwrap();
            (0..5).map(|_| noise.word()).collect::<Vec<_>>()
        };
        assert_eq!(words("skewed:10000:300:7"), words("skewed:10000:300:7"));
        assert_ne!(words("skewed:10000:300:7"), words("skewed:10000:300:8"));
        assert_eq!(words("normal:10000:0:7"), [10_000; 5]);
        for bad in ["", "normal", "normal:1:2", "pink:1:2:3", "normal:1:2:3:4", "normal:-1:2:3"] {
            let said = bad.parse::<Noise>().unwrap_err().to_string();
            assert!(said.contains("heavy-tailed"), "{said}");
        }
    }

    #[test]
    fn each_model_has_its_shape() {
        let sorted = |model: &str| {
            let mut noise: Noise = format!("{model}:100000:1000:3").parse().unwrap();
            let mut words: Vec<i64> = (0..10_001).map(|_| i64::from(noise.word()) - 100_000).collect();
            words.sort_unstable();
            words
        };
        let check = |model: &str, at: usize, from: i64, to: i64| {
            let word = sorted(model)[at];
            assert!((from..to).contains(&word), "{model}: the {at}th of 10001 is {word}");
        };
        check("normal", 5_000, -40, 40);
        check("normal", 8_413, 950, 1_050);
        // ln 2 - 1 in the middle, and nothing below the floor.
        check("skewed", 5_000, -340, -270);
        check("skewed", 0, -1_000, -990);
        // A fifth of it lies around 2, and nearly nothing between the two.
        check("bimodal", 7_000, 0, 1_000);
        check("bimodal", 9_000, 1_700, 2_300);
        // The quartile of Student's t with two degrees of freedom is 0.816; its tails are wide.
        check("heavy-tailed", 7_500, 760, 880);
        check("heavy-tailed", 9_990, 10_000, 60_000);
    }
}
