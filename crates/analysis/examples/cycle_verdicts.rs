//! How good the answers about cycles are: false alarms where one binary is compared with itself, and how many changes of 3 % are found, on boards with
//! noise of four kinds.
//!
//! `cargo run --release -p ounce-analysis --example cycle_verdicts [COMPARISONS]`

#[path = "../tests/support/synthetic.rs"]
mod synthetic;
#[path = "../tests/support/turns.rs"]
mod turns;

use ounce_analysis::cycles::LAYOUT_PPM;
use synthetic::{Dice, NOISES};
use turns::Board;

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(10_000);
    let per = |n: usize, of: f64| n as f64 * of / count as f64;
    println!("{count} comparisons a cell; false alarms per 1000 of one binary with itself, and how many of +3 % are found");
    println!("{:<12} {:>9}  {:>22}  {:>22}", "noise", "deviation", "beyond noise", "and beyond layout");
    for deviation in [0.001, 0.003, 0.005] {
        for noise in NOISES {
            let cell = |layout_ppm| {
                let mut board = Board { noise, deviation, dice: Dice(noise as u64 * 1_000_003 + layout_ppm) };
                let alarms = per(board.different(0.0, layout_ppm, count), 1000.0);
                format!("{alarms:.1}, {:.2} %", per(board.different(0.03, layout_ppm, count), 100.0))
            };
            println!("{:<12} {:>7.1} %  {:>22}  {:>22}", format!("{noise:?}"), deviation * 100.0, cell(0), cell(LAYOUT_PPM));
        }
    }
}
