//! Change points of noisy series and the plan of a bisection, by length: a page asks for many series at once.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ounce_analysis::bisect::{Known, next};
use ounce_analysis::series::{POINTS_MAX, Search, change_points, steps};
use std::hint::black_box;

#[path = "../../crates/analysis/tests/support/synthetic.rs"]
mod synthetic;

fn series(c: &mut Criterion) {
    let mut group = c.benchmark_group("series");
    for points in [100, 1000, POINTS_MAX] {
        // One where nothing happens, which costs other searches most, and one with a step every hundred points.
        let mut dice = synthetic::Dice(points as u64);
        let quiet: Vec<f64> = (0..points).map(|_| dice.normal()).collect();
        let stepped: Vec<f64> = quiet.iter().enumerate().map(|(i, v)| v + if i / 100 % 2 == 1 { 3.0 } else { 0.0 }).collect();
        let search = Search::default();
        for (name, values) in [("quiet", &quiet), ("stepped", &stepped)] {
            let id = BenchmarkId::new(format!("change_points_{name}"), points);
            group.bench_function(id, |b| b.iter(|| change_points(black_box(values), &search)));
        }
        let exact: Vec<Option<u64>> = (0..points as u64).map(|i| Some(i / 100)).collect();
        group.bench_function(BenchmarkId::new("steps", points), |b| b.iter(|| steps(black_box(&exact))));
        let mut commits = vec![Known::Unknown; points];
        (commits[0], commits[points - 1]) = (Known::Figure { value: 1 }, Known::Figure { value: 2 });
        group.bench_function(BenchmarkId::new("bisect_next", points), |b| b.iter(|| next(black_box(&commits))));
    }
    group.finish();
}

criterion_group!(benches, series);
criterion_main!(benches);
