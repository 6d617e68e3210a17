//! The ledger of a real image, its profile's symbol table, and the difference of two: the image of mps2-an385, which `./dev bench` builds first.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ounce_analysis::{Symbols, delta, image_id, weigh};
use ounce_protocol::{BoardName, Manifest};
use std::hint::black_box;

fn ledger(c: &mut Criterion) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let name = BoardName::parse("mps2-an385").expect("a valid name");
    let manifest = Manifest::parse(include_str!("../../ounce.toml")).expect("our own manifest is valid");
    let board = manifest.board(&name).expect("the board is in our manifest");
    let path = format!("{root}/{}", board.elf.as_str());
    let elf = std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}: `firmware/build {name}` makes it"));
    let base = weigh(&elf, &board.regions).expect("our own image can be weighed");

    let mut group = c.benchmark_group("ledger");
    group.bench_function("weigh", |b| b.iter(|| weigh(black_box(&elf), &board.regions)));
    group.bench_function("image_id", |b| b.iter(|| image_id(black_box(&elf))));
    group.bench_function("symbols", |b| b.iter(|| Symbols::read(black_box(&elf))));
    let changed = || {
        let mut head = base.clone();
        if let Some(row) = head.regions.first_mut().and_then(|r| r.rows.first_mut()) {
            row.bytes += 12;
        }
        head
    };
    group.bench_function("delta", |b| b.iter_batched(changed, |head| delta::region_deltas(black_box(&base), &head), BatchSize::SmallInput));
    group.finish();
}

criterion_group!(benches, ledger);
criterion_main!(benches);
