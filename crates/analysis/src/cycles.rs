//! Cycles counted on a board: base and head beside each other, and whether they differ by more than the board's own noise.
//!
//! How far two blocks of takes of *one* binary lie apart on this board and benchmark is its noise; history, which contains changes, is never asked. Noise
//! that only adds leaves the least take alone, noise with wild values on both sides leaves the median alone: that one of the two is asked which repeats
//! better on this board. A difference beyond the noise has to be found again in a second round before anyone hears of it. Inside the layout band,
//! where any rebuild may move code, it is no difference.

use crate::comparison::Moved;
use ounce_protocol::measurement::{Apart, Block, Cycles};
use serde::{Deserialize, Serialize};

/// Warm takes of one binary between two flashings.
pub const TAKES: usize = 5;
/// Blocks of each side in one round.
pub const BLOCKS_PER_ROUND: usize = 2;
/// With fewer same-binary pairs a band would be a guess.
pub const PAIRS_MIN: usize = 8;
/// The newest pairs count.
pub const PAIRS_MAX: usize = 32;
/// A band is this many medians of what same-binary pairs differ by, about 2.7 standard deviations of normal noise; and no narrower than the widest
/// pair that is left without one in [`WILD`], so that a wild take in a heavy tail does not move it.
const MEDIANS: u64 = 4;
/// Of so many pairs the widest one may be wider than the band.
const WILD: usize = 16;
/// No band is narrower, parts per million: the best boards repeat within this.
const BAND_PPM_MIN: u64 = 200;
/// Where a rebuild moves code by itself, and nobody has measured how far: internal flash, parts per million.
pub const LAYOUT_PPM: u64 = 10_000;
/// Layout variants of one commit that a band is made of: fewer say little, more say the same.
pub const LAYOUTS: std::ops::RangeInclusive<u32> = 3..=5;

/// Which side is flashed for each block of a round, true is the head: mirrored, so that a drift of the board's hits both alike. The second round
/// begins with the other side.
pub const ROUND: [[bool; 2 * BLOCKS_PER_ROUND]; 2] = [[false, true, true, false], [true, false, false, true]];

/// What two sides say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// By more than noise and layout, in both rounds and the same way.
    Different,
    /// By no more than noise, or than any rebuild may.
    Same,
    /// The band is not known yet, or the two rounds do not agree.
    CannotTell,
}

/// Two sides' cycles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleDelta {
    /// Of the base's warm takes, the least or the median.
    pub base: u64,
    /// The same of the head's.
    pub head: u64,
    /// Head over base, less one, parts per million.
    pub ppm: i64,
    /// How far two takes of one binary lie apart here, parts per million; none where too few pairs are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band_ppm: Option<u64>,
    /// How far a rebuild alone moved it here, parts per million, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout_ppm: Option<u32>,
    /// The chip's lowest and highest temperature meanwhile, quarters of a degree Celsius, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_quarter_c: Option<(i16, i16)>,
    /// Its lowest and highest supply, millivolts, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supply_mv: Option<(u32, u32)>,
    /// Beyond the noise, but no further than a rebuild alone may move it.
    pub in_layout: bool,
    /// What that means.
    pub answer: Answer,
    /// Instructions of the same two images, counted exactly in an emulator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Moved>,
    /// Cycles estimated from those instructions, where that board has a model of its core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<Moved>,
}

/// Judges two sides that were measured in turns; none where a side has no take. The layout band is the base's, where it was measured.
pub fn judge(base: &Cycles, head: &Cycles) -> Option<CycleDelta> {
    let delta = judge_within(base, head, base.layout_ppm.map_or(LAYOUT_PPM, u64::from))?;
    let told = || base.conditions.iter().chain(&head.conditions);
    let temperature_quarter_c = range(told().filter_map(|told| told.temperature_quarter_c));
    Some(CycleDelta {
        layout_ppm: base.layout_ppm,
        temperature_quarter_c,
        supply_mv: range(told().filter_map(|told| told.supply_mv)),
        ..delta
    })
}

fn range<T: Ord + Copy>(all: impl Iterator<Item = T>) -> Option<(T, T)> {
    all.fold(None, |range, one| Some(range.map_or((one, one), |(low, high): (T, T)| (low.min(one), high.max(one)))))
}

/// How far layout variants of one commit lie apart, parts per million: from the quickest to the slowest, each by its least or median take, whichever
/// repeats better here, less what one variant's own two blocks lie apart, by the median of them. None where there are too few, or one has no take.
pub fn layout_band(variants: &[Cycles]) -> Option<u32> {
    if variants.len() < usize::try_from(*LAYOUTS.start()).ok()? {
        return None;
    }
    let spread = |of: Of, noise: &dyn Fn(&Apart) -> u32| {
        let all: Vec<u64> = variants.iter().map(|variant| of.these(&variant.blocks)).collect::<Option<_>>()?;
        let mut noise: Vec<u64> = variants.iter().flat_map(|variant| pairs(&variant.blocks)).map(|pair| noise(&pair).into()).collect();
        noise.sort_unstable();
        let noise = noise.get(noise.len() / 2).copied().unwrap_or(0);
        Some(apart_ppm(*all.iter().min()?, *all.iter().max()?).unsigned_abs().saturating_sub(noise))
    };
    // Noise has its own band, and a layout band that held it, too, would hide changes: what is asked is the narrower of the two.
    let (least, median) = (spread(Of::Least, &|pair| pair.least_ppm)?, spread(Of::Median, &|pair| pair.median_ppm)?);
    Some(u32::try_from(least.min(median)).unwrap_or(u32::MAX))
}

/// The same with another layout band.
pub fn judge_within(base: &Cycles, head: &Cycles, layout_ppm: u64) -> Option<CycleDelta> {
    let (of, band) = band(base, head).map_or((Of::Least, None), |(of, band)| (of, Some(band)));
    let sides = base.blocks.chunks(BLOCKS_PER_ROUND).zip(head.blocks.chunks(BLOCKS_PER_ROUND));
    let rounds: Vec<i64> = sides.filter_map(|(base, head)| Some(apart_ppm(of.these(base)?, of.these(head)?))).collect();
    let limit = band.unwrap_or(0).max(layout_ppm);
    let beyond = |limit: u64| rounds.iter().filter(|ppm| ppm.unsigned_abs() > limit).count();
    let agree = rounds.iter().all(|ppm| *ppm > 0) || rounds.iter().all(|ppm| *ppm < 0);
    let answer = match (band, beyond(limit)) {
        (None, _) => Answer::CannotTell,
        (Some(_), 0) => Answer::Same,
        (Some(_), n) if n == rounds.len() && n > 1 && agree => Answer::Different,
        (Some(_), _) => Answer::CannotTell,
    };
    let in_layout = answer == Answer::Same && band.is_some_and(|band| beyond(band) == rounds.len());
    let (base, head) = (of.these(&base.blocks)?, of.these(&head.blocks)?);
    Some(CycleDelta {
        base,
        head,
        ppm: apart_ppm(base, head),
        band_ppm: band,
        layout_ppm: None,
        temperature_quarter_c: None,
        supply_mv: None,
        in_layout,
        answer,
        instructions: None,
        estimated: None,
    })
}

/// Whether a difference was found that a second round has to find again.
pub fn wants_confirmation(base: &Cycles, head: &Cycles) -> bool {
    let is_first = base.blocks.len() <= BLOCKS_PER_ROUND;
    is_first && judge(base, head).is_some_and(|delta| delta.answer == Answer::CannotTell && delta.band_ppm.is_some())
}

/// The same-binary pairs among these blocks: each two that follow each other.
pub fn pairs(blocks: &[Block]) -> Vec<Apart> {
    let apart = |pair: &[Block], of: Of| {
        let (one, other) = pair.split_at(1);
        let apart = apart_ppm(of.these(one)?, of.these(other)?).unsigned_abs();
        Some(u32::try_from(apart).unwrap_or(u32::MAX))
    };
    let both = |pair| Some(Apart { least_ppm: apart(pair, Of::Least)?, median_ppm: apart(pair, Of::Median)? });
    blocks.chunks_exact(2).filter_map(both).collect()
}

/// What is asked of takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Least,
    Median,
}

impl Of {
    fn these(self, blocks: &[Block]) -> Option<u64> {
        let mut takes: Vec<u64> = blocks.iter().flat_map(|block| &block.warm).copied().collect();
        takes.sort_unstable();
        match self {
            Of::Least => takes.first().copied(),
            Of::Median => {
                let upper = *takes.get(takes.len() / 2)?;
                let lower = *takes.get(takes.len().saturating_sub(1) / 2)?;
                Some(lower.midpoint(upper))
            }
        }
    }
}

/// What repeats better here, and its noise band: from all same-binary pairs that are known, those of before and those of these two sides.
fn band(base: &Cycles, head: &Cycles) -> Option<(Of, u64)> {
    let mut all = base.pairs.clone();
    all.extend(pairs(&base.blocks));
    all.extend(pairs(&head.blocks));
    all.drain(..all.len().saturating_sub(PAIRS_MAX));
    if all.len() < PAIRS_MIN {
        return None;
    }
    let of = |ppm: &dyn Fn(&Apart) -> u32| {
        let mut apart: Vec<u64> = all.iter().map(|pair| u64::from(ppm(pair))).collect();
        apart.sort_unstable();
        let widest = apart.iter().rev().nth(apart.len() / WILD).copied().unwrap_or(0);
        (apart.iter().sum::<u64>(), (apart[apart.len() / 2] * MEDIANS).max(widest).max(BAND_PPM_MIN))
    };
    let (least, median) = (of(&|pair| pair.least_ppm), of(&|pair| pair.median_ppm));
    // All pairs say which of the two repeats better, the wild ones loudest: bands leave those out.
    Some(if median.0 < least.0 { (Of::Median, median.1) } else { (Of::Least, least.1) })
}

fn apart_ppm(base: u64, head: u64) -> i64 {
    let apart = (i128::from(head) - i128::from(base)) * 1_000_000 / i128::from(base.max(1));
    i64::try_from(apart).unwrap_or(if apart > 0 { i64::MAX } else { i64::MIN })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs that repeat worse by their medians.
    fn side(blocks: &[[u64; 2]], least_ppm: &[u32]) -> Cycles {
        let block = |warm: &[u64; 2]| Block { cold: 9_999_999, warm: warm.to_vec() };
        let pair = |least_ppm: &u32| Apart { least_ppm: *least_ppm, median_ppm: 20 * least_ppm };
        Cycles {
            counter: "test".into(),
            blocks: blocks.iter().map(block).collect(),
            pairs: least_ppm.iter().map(pair).collect(),
            layout_ppm: None,
            conditions: Vec::new(),
        }
    }

    #[test]
    fn the_layout_band_is_what_one_commit_moves_by_when_it_is_laid_out_otherwise() {
        let variant = |takes: &[u64]| Cycles { blocks: vec![Block { cold: 1, warm: takes.to_vec() }], ..Cycles::default() };
        let check = |variants: &[&[u64]], ppm: Option<u32>| {
            let variants: Vec<Cycles> = variants.iter().map(|takes| variant(takes)).collect();
            assert_eq!(layout_band(&variants), ppm);
        };
        check(&[&[1000], &[1010]], None);
        check(&[&[1000], &[1010], &[]], None);
        check(&[&[1000], &[1010], &[1005]], Some(10_000));
        check(&[&[1000], &[1000], &[1000]], Some(0));
        // A wild take moves the least or the median, not both.
        check(&[&[1000, 1001, 1500], &[1001, 1001, 1001], &[900, 1001, 1001]], Some(0));
        // What a layout differs by from itself is noise, and no layout's doing.
        let twice = |one: u64, other: u64| {
            let block = |take| Block { cold: 1, warm: vec![take] };
            Cycles { blocks: vec![block(one), block(other)], ..Cycles::default() }
        };
        assert_eq!(layout_band(&[twice(1000, 1010), twice(1000, 1010), twice(1030, 1030)]), Some(14_875));
        // One wild block says nothing about the others.
        assert_eq!(layout_band(&[twice(1000, 1500), twice(1000, 1000), twice(1030, 1030)]), Some(30_000));
    }

    #[test]
    fn each_answer_has_its_reason() {
        let known = [500; PAIRS_MAX];
        let base = [[100_000, 100_400], [100_030, 100_900], [100_010, 103_000], [100_020, 100_100]];
        let check = |base: &[[u64; 2]], head: &[[u64; 2]], pairs: &[u32], answer: Answer, in_layout: bool| {
            let delta = judge(&side(base, pairs), &side(head, &[])).unwrap();
            assert_eq!((delta.answer, delta.in_layout), (answer, in_layout), "{head:?}: {delta:?}");
        };
        let slower = [[103_000, 103_100], [103_040, 104_000], [103_010, 103_900], [103_000, 103_300]];
        check(&base, &slower, &known, Answer::Different, false);
        check(&slower, &base, &known, Answer::Different, false);
        check(&base, &base, &known, Answer::Same, false);
        // A rebuild alone may do that.
        check(&base, &[[100_900, 100_950], [100_910, 101_000], [100_900, 100_930], [100_910, 101_900]], &known, Answer::Same, true);
        // Found once, not found again.
        check(&base, &[slower[0], slower[1], base[2], base[3]], &known, Answer::CannotTell, false);
        // The same distance the other way.
        check(&base, &[slower[0], slower[1], [97_000, 97_100], [97_000, 97_000]], &known, Answer::CannotTell, false);
        // Not looked at again yet.
        check(&base[..2], &slower[..2], &known, Answer::CannotTell, false);
        // What is 3 % elsewhere is noise on this board.
        check(&base, &slower, &[9_000; PAIRS_MAX], Answer::Same, false);
        // Nobody knows the noise.
        check(&base[..2], &slower[..2], &[], Answer::CannotTell, false);
    }

    #[test]
    fn only_a_difference_wants_to_be_confirmed_and_only_once() {
        let known = [500; PAIRS_MAX];
        let check = |base: &[[u64; 2]], head: &[[u64; 2]], pairs: &[u32], wants: bool| {
            assert_eq!(wants_confirmation(&side(base, pairs), &side(head, &[])), wants, "{head:?}");
        };
        let (base, head) = ([[1_000_000; 2]; 4], [[1_030_000; 2]; 4]);
        check(&base[..2], &head[..2], &known, true);
        check(&base[..2], &base[..2], &known, false);
        check(&base, &head, &known, false);
        check(&base[..2], &head[..2], &[], false);
    }

    #[test]
    fn a_cold_take_and_an_outlier_move_nothing_and_nothing_is_no_figure() {
        let delta = judge(&side(&[[500, 90_000], [500, 501]], &[0; PAIRS_MAX]), &side(&[[500, 500], [500, 70_000]], &[])).unwrap();
        assert_eq!((delta.base, delta.head, delta.ppm), (500, 500, 0));
        assert_eq!(judge(&side(&[], &[]), &side(&[[1, 1]], &[])), None);
        assert_eq!(judge(&side(&[[0, 0]], &[]), &side(&[[u64::MAX; 2]], &[])).unwrap().ppm, i64::MAX);
        assert_eq!(pairs(&side(&[[100, 104], [103, 102], [100, 100]], &[]).blocks), [Apart { least_ppm: 20_000, median_ppm: 0 }]);
    }
}
