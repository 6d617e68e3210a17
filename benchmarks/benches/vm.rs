//! The VM core on the workloads: load, verify, run and print, in an arena of fixed size.

use criterion::{Criterion, criterion_group, criterion_main};
use ounce_benchmarks::{ARENA_WORDS, WORKLOADS, run};
use std::hint::black_box;
use std::mem::MaybeUninit;

fn workloads(c: &mut Criterion) {
    let mut group = c.benchmark_group("vm");
    group.sample_size(20);
    for workload in WORKLOADS {
        let mut arena = vec![MaybeUninit::new(0); ARENA_WORDS];
        group.bench_function(workload.name, |b| {
            b.iter(|| {
                let text = run(black_box(workload), &mut arena).ok();
                // A wrong result must not be a fast one.
                assert_eq!(text.as_deref(), Some(workload.expected));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, workloads);
criterion_main!(benches);
