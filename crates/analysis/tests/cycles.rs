//! Cycles on noisy boards: how often a difference is called where there is none, and how often one of three per cent is found.

#[path = "support/synthetic.rs"]
mod synthetic;
#[path = "support/turns.rs"]
mod turns;

use ounce_analysis::cycles::LAYOUT_PPM;
use synthetic::{Dice, NOISES};
use turns::Board;

#[test]
fn one_binary_is_never_called_different_and_three_per_cent_are_found() {
    for noise in NOISES {
        let mut board = Board { noise, deviation: 0.003, dice: Dice(noise as u64 + 1) };
        let (alarms, found) = (board.different(0.0, LAYOUT_PPM, 1000), board.different(0.03, LAYOUT_PPM, 1000));
        assert!(alarms == 0 && found >= 996, "{noise:?}: {alarms} false alarms and {found} found per 1000");
        // Without the band of what a rebuild alone may do: noise alone.
        let alarms = board.different(0.0, 0, 1000);
        assert!(alarms <= 4, "{noise:?}: {alarms} false alarms per 1000");
    }
}
