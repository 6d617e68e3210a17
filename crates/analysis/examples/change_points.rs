//! How good the change points are: F1 on seeded series of eight kinds, and false alarms where nothing changes.
//!
//! `cargo run --release -p ounce-analysis --example change_points [SERIES]`

#[path = "../tests/support/synthetic.rs"]
mod synthetic;

use ounce_analysis::series::{Search, change_points};
use synthetic::{Dice, KINDS, Kind, NOISES, f1, series};

fn main() {
    let rounds: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1000);
    let search = Search::default();
    let found = |values: &[f64]| change_points(values, &search).iter().map(|c| c.at).collect::<Vec<_>>();
    for (points, size) in [(100, 3.0), (200, 3.0), (400, 3.0), (200, 2.0)] {
        println!("{points} points, steps of {size} deviations: F1 within 5 points");
        let mut sum = 0.0;
        for kind in KINDS {
            let mut dice = Dice(kind as u64 * 1_000_003 + points as u64);
            let scores = (0..rounds).map(|_| {
                let (values, truth) = series(kind, points, size, &mut dice);
                f1(&found(&values), &truth, 5)
            });
            let mean = scores.sum::<f64>() / rounds as f64;
            if kind != Kind::None {
                sum += mean;
            }
            println!("  {kind:?}: {mean:.3}");
        }
        println!("  mean of the seven with a step: {:.3}", sum / 7.0);
    }
    for points in [30, 100, 400] {
        for noise in NOISES {
            let mut dice = Dice(noise as u64 * 7_000_003 + points as u64);
            let alarms = (0..10 * rounds).filter(|_| {
                let values: Vec<f64> = (0..points).map(|_| noise.draw(&mut dice)).collect();
                !found(&values).is_empty()
            });
            println!(
                "{points} points of {noise:?} noise: {:.2} false alarms per 1000 series",
                alarms.count() as f64 / rounds as f64 * 100.0
            );
        }
    }
}
