//! Two binaries on one noisy board, measured in turns as a runner does it.

use crate::synthetic::{Dice, Noise};
use ounce_analysis::cycles::{self, Answer, BLOCKS_PER_ROUND, PAIRS_MAX, TAKES};
use ounce_protocol::measurement::{Block, Cycles};

/// What the code costs without noise, cycles.
const COST: f64 = 1_000_000.0;

/// A board: noise of this deviation, as a share of the cost.
pub struct Board {
    pub noise: Noise,
    pub deviation: f64,
    pub dice: Dice,
}

impl Board {
    /// A board whose takes come of a seed, other ones for each kind of noise.
    pub fn seeded(noise: Noise, deviation: f64, seed: u64) -> Board {
        Board { noise, deviation, dice: Dice(seed ^ (noise as u64 + 1) * 0x1_0000_0001) }
    }

    fn blocks(&mut self, count: usize, slower: f64) -> Vec<Block> {
        let mut take = || (COST * (1.0 + slower + self.deviation * self.noise.draw(&mut self.dice))).max(1.0).round() as u64;
        (0..count).map(|_| Block { cold: take() * 2, warm: (0..TAKES).map(|_| take()).collect() }).collect()
    }

    /// What comes of a change that makes the code slower by this share.
    pub fn answer(&mut self, slower: f64, layout_ppm: u64) -> Answer {
        let pairs = cycles::pairs(&self.blocks(2 * PAIRS_MAX, 0.0));
        let mut base =
            Cycles { counter: String::new(), blocks: self.blocks(BLOCKS_PER_ROUND, 0.0), pairs, layout_ppm: None, conditions: Vec::new() };
        let mut head = Cycles { blocks: self.blocks(BLOCKS_PER_ROUND, slower), ..Cycles::default() };
        let answer =
            |base: &Cycles, head: &Cycles| cycles::judge_within(base, head, layout_ppm).map_or(Answer::CannotTell, |delta| delta.answer);
        let first = answer(&base, &head);
        if first != Answer::CannotTell {
            return first;
        }
        base.blocks.extend(self.blocks(BLOCKS_PER_ROUND, 0.0));
        head.blocks.extend(self.blocks(BLOCKS_PER_ROUND, slower));
        answer(&base, &head)
    }

    /// How many of so many such changes are called different.
    pub fn different(&mut self, slower: f64, layout_ppm: u64, of: usize) -> usize {
        (0..of).filter(|_| self.answer(slower, layout_ppm) == Answer::Different).count()
    }
}
