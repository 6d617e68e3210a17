//! How good the answers about cycles are: false alarms where one binary is compared with itself, and how many changes of 3 % are found, on boards with
//! noise of four kinds. What answers is what answers for a pull request, `cycles::judge_within`, fed as a runner feeds it.
//!
//! `cargo run --release -p ounce-analysis --example cycle_verdicts -- [--comparisons N] [--seed S] [--json]`

#[path = "../tests/support/synthetic.rs"]
mod synthetic;
#[path = "../tests/support/turns.rs"]
mod turns;

use ounce_analysis::cycles::LAYOUT_PPM;
use serde::Serialize;
use synthetic::NOISES;
use turns::Board;

/// Comparisons of a cell where nobody says otherwise.
const COMPARISONS: usize = 10_000;
/// Standard deviations of the noise, as a share of the cost; a same binary on a real board repeats within 0.0001 to 0.0024.
const DEVIATIONS: [f64; 3] = [0.001, 0.003, 0.005];
/// The change that is to be found.
const SLOWER: f64 = 0.03;

/// One kind of noise, so wide.
#[derive(Debug, Serialize)]
struct Row {
    noise: String,
    deviation: f64,
    /// Judged by the noise alone.
    beyond_noise: Cell,
    /// Judged as a pull request is: beyond what a rebuild alone may do, too.
    beyond_layout: Cell,
}

/// Of so many comparisons each.
#[derive(Debug, Serialize)]
struct Cell {
    comparisons: usize,
    /// Of one binary with itself that were called different.
    false_alarms: usize,
    /// Of +3 % that were called different.
    found: usize,
}

impl Cell {
    fn shown(&self) -> String {
        let of = |n: usize, whole: f64| n as f64 * whole / self.comparisons as f64;
        format!("{:.1}, {:.2} %", of(self.false_alarms, 1000.0), of(self.found, 100.0))
    }
}

fn main() {
    let (mut comparisons, mut seed, mut is_json) = (COMPARISONS, 0, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || args.next().and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{arg} takes a number"));
        match arg.as_str() {
            "--comparisons" => comparisons = number(),
            "--seed" => seed = number() as u64,
            "--json" => is_json = true,
            _ => panic!("{arg} is unknown; known are --comparisons N, --seed S and --json"),
        }
    }
    let mut rows = Vec::new();
    for deviation in DEVIATIONS {
        for noise in NOISES {
            let cell = |layout_ppm| {
                let mut board = Board::seeded(noise, deviation, seed.wrapping_add(layout_ppm));
                let (false_alarms, found) =
                    (board.different(0.0, layout_ppm, comparisons), board.different(SLOWER, layout_ppm, comparisons));
                Cell { comparisons, false_alarms, found }
            };
            rows.push(Row { noise: format!("{noise:?}"), deviation, beyond_noise: cell(0), beyond_layout: cell(LAYOUT_PPM) });
        }
    }
    if is_json {
        println!("{}", serde_json::to_string_pretty(&rows).expect("figures and names are JSON"));
        return;
    }
    println!(
        "{comparisons} comparisons a cell, seed {seed}; false alarms per 1000 of one binary with itself, and how many of +3 % are found"
    );
    println!("{:<12} {:>9}  {:>22}  {:>22}", "noise", "deviation", "beyond noise", "and beyond layout");
    for Row { noise, deviation, beyond_noise, beyond_layout } in &rows {
        println!("{noise:<12} {:>7.1} %  {:>22}  {:>22}", deviation * 100.0, beyond_noise.shown(), beyond_layout.shown());
    }
}
