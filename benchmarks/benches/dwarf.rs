//! Reading debug information: the image of mps2-an385, which `./dev bench` builds first, and any other file that `OUNCE_BENCH_ELF` names.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ounce_analysis::dwarf::{DebugInfo, Wanted, by_source};
use ounce_analysis::unwind::function_extents;
use std::hint::black_box;

fn dwarf(c: &mut Criterion) {
    let board = concat!(env!("CARGO_MANIFEST_DIR"), "/../firmware/target/boards/mps2-an385.elf").to_owned();
    let other = std::env::var("OUNCE_BENCH_ELF").ok();
    for (name, path) in [("mps2-an385", Some(board)), ("other", other)] {
        let Some(path) = path else { continue };
        let elf = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}: `firmware/build mps2-an385` makes the board's"));
        let info = DebugInfo::read(&elf).expect("it can be read").expect("it has debug information");
        let functions: Vec<(u64, u64)> = info.functions().iter().flat_map(|f| info.ranges(f)).copied().collect();

        let mut group = c.benchmark_group("dwarf");
        group.sample_size(10);
        group.bench_function(BenchmarkId::new("all", name), |b| b.iter(|| DebugInfo::read(black_box(&elf))));
        for (what, lines) in [("lines", true), ("inlines", false)] {
            let wanted = Wanted { lines, inlines: !lines };
            group.bench_function(BenchmarkId::new(what, name), |b| b.iter(|| DebugInfo::read_wanted(black_box(&elf), wanted)));
        }
        group.bench_function(BenchmarkId::new("inlined_in", name), |b| {
            b.iter(|| functions.iter().map(|&(start, end)| info.inlined_in(start, end).len()).sum::<usize>());
        });
        group.bench_function(BenchmarkId::new("by_source", name), |b| b.iter(|| by_source(&info, functions.iter().copied())));
        group.bench_function(BenchmarkId::new("unwind", name), |b| b.iter(|| function_extents(black_box(&elf))));
        group.finish();
    }
}

criterion_group!(benches, dwarf);
criterion_main!(benches);
