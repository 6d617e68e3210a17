//! Series from seeds, with the truth about them: noise of the kinds that boards show, and changes of the kinds that commits make.

#![allow(dead_code, reason = "each user takes its own part of this one")]

/// SplitMix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    /// In (0, 1).
    pub fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
    /// Normal, deviation 1.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Noise of about 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    Normal,
    /// Exponential: a floor and a tail to one side, as timings have.
    Skewed,
    /// Two levels four deviations apart, the upper one a fifth of the time: two layouts of caches.
    Bimodal,
    /// Student's t with two degrees of freedom.
    HeavyTailed,
}

pub const NOISES: [Noise; 4] = [Noise::Normal, Noise::Skewed, Noise::Bimodal, Noise::HeavyTailed];

impl Noise {
    pub fn draw(self, dice: &mut Dice) -> f64 {
        match self {
            Noise::Normal => dice.normal(),
            Noise::Skewed => -dice.unit().ln() - 1.0,
            Noise::Bimodal => dice.normal() * 0.5 + if dice.unit() < 0.2 { 2.0 } else { 0.0 },
            Noise::HeavyTailed => {
                let spread = (dice.normal().powi(2) + dice.normal().powi(2)) / 2.0;
                dice.normal() / spread.sqrt().max(1e-6)
            }
        }
    }
}

/// What happens in a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    StepUp,
    StepDown,
    /// Three to five, up and down.
    SeveralSteps,
    /// One step, and a wild point in twenty.
    Outliers,
    /// One step on a drift of one deviation over the whole series.
    Drift,
    /// One step in heavy tails.
    HeavyTails,
    /// One step in bimodal noise.
    Bimodal,
    None,
}

pub const KINDS: [Kind; 8] =
    [Kind::StepUp, Kind::StepDown, Kind::SeveralSteps, Kind::Outliers, Kind::Drift, Kind::HeavyTails, Kind::Bimodal, Kind::None];

/// A series of `n` points, steps of `size` deviations, and where the steps are.
pub fn series(kind: Kind, n: usize, size: f64, dice: &mut Dice) -> (Vec<f64>, Vec<usize>) {
    let edge = n / 8;
    let mut changes = match kind {
        Kind::None => vec![],
        // At least a tenth of the series apart.
        Kind::SeveralSteps => {
            let count = 3 + dice.below(3);
            let gap = n / (count + 1);
            (1..=count).map(|i| i * gap + dice.below(gap / 2) - gap / 4).collect()
        }
        _ => vec![edge + dice.below(n - 2 * edge)],
    };
    changes.sort_unstable();
    let sign = if kind == Kind::StepDown || (kind != Kind::StepUp && dice.below(2) == 0) { -1.0 } else { 1.0 };
    let noise = match kind {
        Kind::HeavyTails => Noise::HeavyTailed,
        Kind::Bimodal => Noise::Bimodal,
        _ => Noise::Normal,
    };
    let mut level = 100.0;
    let mut direction = sign;
    let values = (0..n).map(|i| {
        if changes.contains(&i) {
            level += direction * size;
            if dice.below(3) > 0 {
                direction = -direction;
            }
        }
        let drift = if kind == Kind::Drift { i as f64 / n as f64 } else { 0.0 };
        let wild = if kind == Kind::Outliers && dice.below(20) == 0 { 10.0 + 30.0 * dice.unit() } else { 0.0 };
        level + drift + wild + noise.draw(dice)
    });
    (values.collect(), changes.clone())
}

/// F1 as the Turing Change Point Dataset has it, for one annotator: the beginning counts as found, and a point is found within `margin`, once.
pub fn f1(found: &[usize], truth: &[usize], margin: usize) -> f64 {
    let mut found: Vec<usize> = std::iter::once(0).chain(found.iter().copied()).collect();
    found.dedup();
    let truth: Vec<usize> = std::iter::once(0).chain(truth.iter().copied()).collect();
    let mut left = found.clone();
    let mut hits = 0;
    for t in &truth {
        if let Some(nearest) = (0..left.len()).filter(|&i| left[i].abs_diff(*t) <= margin).min_by_key(|&i| left[i].abs_diff(*t)) {
            left.remove(nearest);
            hits += 1;
        }
    }
    let (precision, recall) = (f64::from(hits) / found.len() as f64, f64::from(hits) / truth.len() as f64);
    if hits == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}
