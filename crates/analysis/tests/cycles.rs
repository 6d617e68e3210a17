//! Cycles on noisy boards: how often a difference is called where there is none, and how often one of three per cent is found.

#[path = "support/synthetic.rs"]
mod synthetic;
#[path = "support/turns.rs"]
mod turns;

use ounce_analysis::cycles::LAYOUT_PPM;
use synthetic::{NOISES, Noise};
use turns::Board;

/// Of 2000 comparisons each: false alarms by the noise alone, changes of +3 % that are found so, and the same as a pull request is judged.
fn counts(noise: Noise, deviation: f64) -> [usize; 4] {
    let mut board = Board::seeded(noise, deviation, 1);
    let (alarms, found) = (board.different(0.0, 0, 2000), board.different(0.03, 0, 2000));
    [alarms, found, board.different(0.0, LAYOUT_PPM, 2000), board.different(0.03, LAYOUT_PPM, 2000)]
}

/// From a seed, so the counts are exact: another rule for the band shows.
#[test]
fn one_binary_is_never_called_different_and_three_per_cent_are_found() {
    for (noise, deviation) in NOISES.into_iter().flat_map(|noise| [(noise, 0.003), (noise, 0.005)]) {
        let [alarms, found, alarms_layout, found_layout] = counts(noise, deviation);
        let board = format!("{noise:?} of {deviation}");
        assert!(alarms <= 1 && found >= 1998, "{board}: {alarms} false alarms and {found} found of 2000, beyond noise");
        assert!(alarms_layout == 0 && found_layout >= 1998, "{board}: {alarms_layout} false alarms and {found_layout} found of 2000");
    }
}
