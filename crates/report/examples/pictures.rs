//! Draws each picture once, of invented figures, onto a page to look at: `cargo run -p ounce-report --example pictures > pictures.html`.

use ounce_analysis::comparison::Tendency;
use ounce_report::*;

/// Figures that look like a history: flat, with a step now and then. `seed` says which.
fn history(seed: u64, len: usize, from: i128, step: i128, noise: i128) -> Vec<Option<i128>> {
    let mut state = seed;
    let mut below = |n: i128| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i128::from(state >> 33) % n.max(1)
    };
    let mut level = from;
    let mut value = |i: usize| {
        if below(5) == 0 {
            level += below(step * 2) - step * 4 / 5;
        }
        let is_missing = (20..26).contains(&(i * 60 / len)) && seed.is_multiple_of(2);
        (!is_missing).then(|| level + below(noise + 1))
    };
    (0..len).map(&mut value).collect()
}

fn commits(len: usize) -> Vec<ChartCommit> {
    let commit = |i: usize| ChartCommit {
        label: format!("{:07x}", (i as u64 + 3).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 36),
        href: Some(format!("/runs/{i}")),
        at_ms: 1_740_000_000_000 + (21_000_000_000.0 * (i as f64 / len as f64).powf(1.4)) as i64,
    };
    (0..len).map(commit).collect()
}

fn series(name: &str, unit: &str, certainty: Certainty, values: Vec<Option<i128>>) -> Series {
    let points = values.into_iter().map(|value| SeriesPoint { value, href: None }).collect();
    Series { name: name.into(), unit: unit.into(), certainty, points, links: Vec::new() }
}

fn mark(commit: usize, kind: MarkKind, label: &str) -> Mark {
    Mark { commit, kind, label: label.into(), title: format!("{label} at commit {commit}"), href: Some(format!("/marks/{commit}")) }
}

fn tree(seed: u64, is_delta: bool) -> TreeCell {
    let names = ["vm", "core", "alloc", "compiler_builtins", "embedded_hal", "C", "drivers", "fmt", "panic", "unattributed"];
    let cell = |name: &str, size: i128, children| {
        let delta_bytes = is_delta.then(|| i64::try_from(size - 900).unwrap());
        TreeCell { name: name.into(), bytes: u64::try_from(size.abs()).unwrap(), delta_bytes, children, href: Some(format!("/at/{name}")) }
    };
    let group = |(n, name): (usize, &&str)| {
        let leaf =
            |i: usize, v: Option<i128>| cell(&format!("part{i}::run"), v.unwrap().abs() / (1 + i as i128 * i as i128 / 9) + 3, vec![]);
        let leaves = history((seed + n as u64) * 2 + 1, 60 / (n + 1), 4_000, 700, 900).into_iter().enumerate();
        let children: Vec<TreeCell> = leaves.map(|(i, v)| leaf(i, v)).collect();
        let bytes = children.iter().map(|c| c.bytes).sum();
        let delta_bytes = is_delta.then(|| children.iter().filter_map(|c| c.delta_bytes).sum());
        TreeCell { bytes, delta_bytes, ..cell(name, 0, children) }
    };
    let children: Vec<TreeCell> = names.iter().enumerate().map(group).collect();
    TreeCell { bytes: children.iter().map(|c| c.bytes).sum(), children, ..TreeCell::default() }
}

fn pulls() -> Vec<ScatterPoint> {
    let (bytes, percents) = (history(5, 160, 0, 260, 40), history(9, 160, 0, 190, 30));
    let pull = |(i, (b, p)): (usize, (Option<i128>, Option<i128>))| {
        let (b, p) = (b.unwrap_or(0) as i64 % 900 - 120, (p.unwrap_or(0) % 400 - 90) as f64 / 100.0);
        let (bytes, percent) = match i {
            7 => (48_213, -0.4),
            i if i % 9 == 0 => (0, 0.0),
            i if i % 4 == 0 => (-b, -p.abs()),
            _ => (b, p),
        };
        let tendency = match (bytes, percent) {
            (0, 0.0) => Tendency::Free,
            (b, p) if b <= 0 && p <= 0.0 => Tendency::Win,
            (b, p) if b >= 0 && p >= 0.0 => Tendency::Cost,
            _ => Tendency::Trade,
        };
        ScatterPoint {
            label: format!("#{}", 100 + i),
            title: "Format without a buffer".into(),
            href: Some(format!("/pulls/{i}")),
            bytes,
            percent,
            tendency,
            is_open: i % 10 == 3,
        }
    };
    bytes.into_iter().zip(percents).enumerate().map(pull).collect()
}

fn main() {
    let exact = |name: &str, seed, from| series(name, "instructions", Certainty::Exact, history(seed, 60, from, from / 120, 0));
    let one = SeriesChart {
        title: "microbit: flash".into(),
        commits: commits(60),
        series: vec![series("flash", "B", Certainty::Exact, history(4, 60, 118_400, 420, 0))],
        marks: vec![
            mark(9, MarkKind::Release, "v0.3.0"),
            mark(12, MarkKind::Step, "+412 B #118"),
            mark(17, MarkKind::Acceptance, "by ana"),
            mark(31, MarkKind::Toolchain, "rustc 1.94"),
            mark(33, MarkKind::Step, "−896 B #131"),
            mark(52, MarkKind::Release, "v0.4.0"),
        ],
        gaps: vec![Gap { first: 20, last: 25, reason: "build failed: linker script".into() }],
        limit: Some(119_600),
        ..SeriesChart::default()
    };
    let many = SeriesChart {
        title: "pyboard: benchmarks".into(),
        series: (0..12)
            .map(|n| {
                exact(
                    [
                        "fib",
                        "matmul",
                        "json_parse",
                        "crc32",
                        "sieve",
                        "nbody",
                        "sha256",
                        "regex_match",
                        "gc_churn",
                        "boot",
                        "strings",
                        "float_fmt",
                    ][n],
                    n as u64 * 2 + 1,
                    90_000 + 7_000 * n as i128,
                )
            })
            .collect(),
        scale: Scale::Since(10),
        along: Along::Dates,
        marks: vec![mark(31, MarkKind::Toolchain, "rustc 1.94"), mark(10, MarkKind::Release, "v0.3.0")],
        gaps: vec![],
        limit: None,
        ..one.clone()
    };
    let mut noisy = history(13, 60, 2_400_000, 9_000, 14_000);
    noisy.iter_mut().skip(38).for_each(|v| *v = v.map(|v| v + 60_000));
    let noisy = SeriesChart {
        title: "nucleo: cycles on the real board".into(),
        series: vec![series("matmul", "cycles", Certainty::Noisy, noisy)],
        marks: vec![mark(38, MarkKind::ChangePoint(0.0004), "slower")],
        gaps: vec![],
        limit: None,
        ..one.clone()
    };
    let long = SeriesChart {
        title: "a million points".into(),
        commits: commits(100_000),
        series: vec![series("flash", "B", Certainty::Exact, history(3, 100_000, 4_000_000, 40, 0))],
        marks: (0..80).map(|n| mark(n * 1_250, MarkKind::Release, &format!("v1.{n}"))).collect(),
        gaps: vec![],
        ..one.clone()
    };
    println!(
        "<!DOCTYPE html><meta charset=utf-8><title>pictures</title><style>{}</style>",
        include_str!("../../../dashboards/assets/ounce.css")
    );
    println!("<main style=\"max-width:60rem\"><h1>Pictures</h1><table>");
    for (name, values) in [
        ("flash", history(4, 90, 118_400, 420, 0)),
        ("fib", history(7, 90, 9_000, 60, 0)),
        ("matmul", history(9, 4_000, 9_000, 3, 40)),
        ("new", vec![None]),
    ] {
        println!("<tr><th>{name}<td>{}", sparkline_svg(name, &values, "B"));
    }
    println!("</table>");
    for chart in [&one, &many, &noisy, &long, &SeriesChart { title: "nothing".into(), ..SeriesChart::default() }] {
        println!("<div class=\"scroll chart\" tabindex=0>{}</div>", series_svg(chart));
    }
    let scatter = ScatterChart { title: "pyboard: size against speed, March to May".into(), region: "flash".into(), points: pulls() };
    println!("<div class=\"scroll chart\" tabindex=0>{}</div>", scatter_svg(&scatter));
    println!("<div class=\"scroll chart\" tabindex=0>{}</div>", treemap_svg("microbit: flash", &tree(1, false), Treemap::Build));
    println!(
        "<div class=\"scroll chart\" tabindex=0>{}</div></main>",
        treemap_svg("v0.3.0 to v0.4.0: flash", &tree(2, true), Treemap::Difference)
    );
}
