//! Charts of series.

use super::checked::check;
use ounce_report::*;

pub fn chart(values: &[&[Option<i128>]]) -> SeriesChart {
    let len = values.iter().map(|v| v.len()).max().unwrap_or(0);
    let commit = |i: usize| ChartCommit { label: format!("c{i:06}"), href: Some(format!("/commits/{i}")), at_ms: i as i64 * 86_400_000 };
    let series = |(n, values): (usize, &&[Option<i128>])| Series {
        name: format!("bench{n}"),
        unit: "instructions".into(),
        certainty: if n % 2 == 0 { Certainty::Exact } else { Certainty::Noisy },
        points: values.iter().map(|&value| SeriesPoint { value, href: None }).collect(),
        links: Vec::new(),
    };
    SeriesChart {
        title: "fib".into(),
        commits: (0..len).map(commit).collect(),
        series: values.iter().enumerate().map(series).collect(),
        ..SeriesChart::default()
    }
}

fn mark(commit: usize, kind: MarkKind) -> Mark {
    Mark { commit, kind, label: format!("at {commit}"), title: "what happened".into(), href: Some(format!("/marks/{commit}")) }
}

pub const KINDS: [MarkKind; 6] = [
    MarkKind::Step,
    MarkKind::ChangePoint(0.02),
    MarkKind::ChangePoint(f64::NAN),
    MarkKind::Acceptance,
    MarkKind::Release,
    MarkKind::Toolchain,
];

#[test]
fn a_chart_draws_whatever_is_measured() {
    let both = |chart: SeriesChart| {
        for along in [Along::Commits, Along::Dates] {
            for scale in [Scale::Absolute, Scale::Since(0), Scale::Since(usize::MAX)] {
                let chart = SeriesChart { along, scale, ..chart.clone() };
                let svg = series_svg(&chart);
                check(&svg);
                assert_eq!(svg, series_svg(&chart), "the same figures give the same bytes");
            }
        }
    };
    let most = Some(i128::from(u64::MAX));
    both(chart(&[]));
    both(chart(&[&[]]));
    both(chart(&[&[None, None]]));
    both(chart(&[&[Some(7)]]));
    both(chart(&[&[Some(0)], &[Some(0)]]));
    both(chart(&[&[Some(5); 9]]));
    both(chart(&[&[most, Some(0), most], &[Some(0), most]]));
    both(chart(&[&[most; 3]]));
    both(chart(&[&[Some(i128::MIN), Some(i128::MAX), Some(-1)]]));
    both(chart(&[&[Some(-300), None, Some(20)]]));
    let mut odd_dates = chart(&[&[Some(1), Some(2), Some(3)]]);
    (odd_dates.commits[0].at_ms, odd_dates.commits[1].at_ms) = (i64::MAX, i64::MIN);
    both(odd_dates);
    let mut lone_date = chart(&[&[Some(1)]]);
    lone_date.commits[0].at_ms = i64::MIN;
    both(lone_date);
    let mut off = chart(&[&[Some(1), Some(2)]]);
    off.marks = vec![mark(0, MarkKind::Step), mark(9, MarkKind::Release)];
    off.gaps = vec![Gap { first: 1, last: 0, reason: "x".into() }, Gap { first: 1, last: usize::MAX, reason: "y".into() }];
    off.series[0].points.truncate(1);
    off.limit = Some(i128::MAX);
    both(off);
}

#[test]
fn a_point_is_a_link_that_says_its_figure() {
    let svg = series_svg(&chart(&[&[Some(1_000_000), None, Some(1_250_000), Some(1_250_000)]]));
    let says = |text: &str| assert!(svg.contains(text), "{text}\n{svg}");
    says("<a href=\"/commits/0\"><title>c000000: bench0 1,000,000 instructions</title><circle ");
    says("<a href=\"/commits/2\"><title>c000002: bench0 1,250,000 instructions (+250,000, +25.00 %)</title>");
    says("<title>c000003: bench0 1,250,000 instructions (same)</title>");
    says("<title>no data: no figures; the reason is not known</title>");
    says(
        "<desc>instructions, by commit of 4 commits. bench0: from 1,000,000 to 1,250,000 instructions, least 1,000,000, most 1,250,000. No data at c000001: no figures; the reason is not known.</desc>",
    );
    says("role=\"group\"");
    let mut plain = chart(&[&[Some(1)]]);
    plain.commits[0].href = None;
    assert!(series_svg(&plain).contains("role=\"img\""), "without links it is an image");
}

#[test]
fn an_exact_line_has_steps_and_a_noisy_one_has_not() {
    let path = |svg: &str, n: usize| {
        let line = svg.split("<path d=\"").filter(|p| p.contains("stroke-linejoin")).nth(n).expect("a line");
        line.split('"').next().unwrap().to_owned()
    };
    let svg = series_svg(&chart(&[&[Some(0), Some(10), Some(10)], &[Some(0), Some(10), Some(10)]]));
    assert!(path(&svg, 0).contains('V') && !path(&svg, 0).contains('L'), "{svg}");
    assert!(path(&svg, 1).contains('L') && !path(&svg, 1).contains('V'), "{svg}");
    let holed = series_svg(&chart(&[&[Some(0), Some(10), None, Some(10)]]));
    assert_eq!(path(&holed, 0).matches('M').count(), 2, "no line over a hole: {holed}");
}

#[test]
fn relative_lines_begin_at_the_chosen_point() {
    let mut chart = chart(&[&[Some(50), Some(100), Some(101)], &[None, None, Some(8)], &[Some(0), Some(0), Some(3)]]);
    chart.scale = Scale::Since(1);
    let svg = series_svg(&chart);
    let says = |text: &str| assert!(svg.contains(text), "{text}\n{svg}");
    says("bench0 50 instructions; −50.00 % since c000001");
    says("bench0 101 instructions (+1, +1.00 %); +1.00 % since c000001");
    says("bench1 8 instructions; 0 % since c000001");
    says("without figures to draw: bench2");
    says("change since c000001 in percent, by commit");
}

#[test]
fn relative_lines_go_on_across_other_tools_only_where_a_commit_was_weighed_by_both() {
    let mut chart = chart(&[&[Some(100), Some(110), Some(300), Some(330)], &[Some(100), Some(110), Some(300), Some(330)]]);
    chart.scale = Scale::Since(0);
    // 110 by the first tools is 300 by the others.
    chart.series[0].links = vec![Link { commit: 2, factor: Some(110.0 / 300.0) }];
    chart.series[1].links = vec![Link { commit: 2, factor: None }];
    chart.marks = vec![mark(2, MarkKind::Toolchain)];
    let svg = series_svg(&chart);
    let says = |text: &str| assert!(svg.contains(text), "{text}\n{svg}");
    says("bench0 300 instructions; +10.00 % since c000000");
    says("bench0 330 instructions (+30, +10.00 %); +21.00 % since c000000");
    says("bench1 110 instructions (+10, +10.00 %); +10.00 % since c000000");
    assert!(!svg.contains("bench1 300"), "what cannot be linked is not drawn: {svg}");
    chart.scale = Scale::Absolute;
    assert!(series_svg(&chart).contains("bench1 300 instructions"));
}

#[test]
fn marks_have_shapes_labels_and_words() {
    let values: Vec<Option<i128>> = (0..60).map(|i| Some(1_000 + i)).collect();
    let mut chart = chart(&[&values]);
    chart.marks = KINDS.iter().enumerate().map(|(n, &kind)| mark(n * 9, kind)).collect();
    let svg = series_svg(&chart);
    check(&svg);
    let says = |text: &str| assert!(svg.contains(text), "{text}\n{svg}");
    says("<a href=\"/marks/0\"><title>step of an exact figure: what happened</title>");
    says(">at 9 p=0.020</text>");
    says(">at 18 p unknown</text>");
    for words in ["step of an exact figure", "growth accepted", "release", "toolchain changed"] {
        says(&format!(">{words}</text>"));
    }
    says(">change point of a noisy figure (p: how likely by chance)</text>");
    chart.marks = (0..200).map(|n| mark(n % 60, MarkKind::Release)).collect();
    let svg = series_svg(&chart);
    check(&svg);
    assert!(svg.contains("140 more marks are not drawn") && !svg.contains(">at 0</text>"), "{svg}");
}

#[test]
fn labels_and_names_do_not_overlap() {
    let values: Vec<Vec<Option<i128>>> = (0..12).map(|n| (0..60).map(|i| Some(1_000 + i % (2 + n))).collect()).collect();
    let mut chart = chart(&values.iter().map(Vec::as_slice).collect::<Vec<_>>());
    chart.marks = (0..60).map(|n| mark(n, KINDS[n % 6])).collect();
    let svg = series_svg(&chart);
    let place =
        |line: &str, name: &str| line.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap();
    let mut names: Vec<f64> = svg.lines().filter(|l| l.contains(">bench")).map(|l| place(l, "y")).collect();
    names.sort_by(f64::total_cmp);
    assert_eq!(names.len(), 12);
    assert!(names.windows(2).all(|w| w[1] - w[0] >= 15.9), "{names:?}");
    // A mark's label stands in a group moved to its place: "translate(x y)".
    let labels: Vec<(f64, f64, usize)> = svg
        .split("translate(")
        .skip(1)
        .filter_map(|g| {
            let (place, rest) = g.split_once(')')?;
            let (x, y) = place.split_once(' ')?;
            let label = rest.split("</g>").next()?.split("<text").nth(1)?.split(['<', '>']).nth(1)?;
            Some((x.parse().ok()?, y.parse().ok()?, label.chars().count()))
        })
        .collect();
    assert!(labels.len() >= 10, "{labels:?}");
    for (i, a) in labels.iter().enumerate() {
        for b in &labels[..i] {
            assert!(a.1 != b.1 || (a.0 - b.0).abs() > a.2.min(b.2) as f64 * 5.0, "{a:?} {b:?}");
        }
    }
}

#[test]
fn a_long_history_keeps_its_peak_and_says_what_is_left_out() {
    let mut values: Vec<Option<i128>> = (0..200_000).map(|i| (i % 97 != 0).then_some(50_000 + i / 1_000)).collect();
    values[123_456] = Some(99_999);
    let svg = series_svg(&chart(&[&values]));
    check(&svg);
    let says = |text: &str| assert!(svg.contains(text), "{text}");
    says(" of 197,938 points drawn; extremes kept");
    says("2,061 holes too narrow to draw");
    says("dots at the largest changes only");
    says("c123456: bench0 99,999 instructions (+49,876, +99.51 %)");
    let mut many = chart(&[&values[..10]; 15]);
    many.series[0].name = "the first".into();
    let svg = series_svg(&many);
    assert!(svg.contains("3 more series are not drawn") && !svg.contains(">bench12 "), "{svg}");
}

#[test]
fn a_limit_is_drawn_where_the_figures_come_near_it() {
    let with = |limit: i128| series_svg(&SeriesChart { limit: Some(limit), ..chart(&[&[Some(100_000), Some(101_000)]]) });
    assert!(with(102_000).contains(">limit 102,000 instructions</text>"));
    assert!(with(900_000).contains("the limit of 900,000 instructions is far above this picture"));
    assert!(with(0).contains("the limit of 0 instructions is far below this picture"));
}

#[test]
fn by_date_a_rebased_commit_stands_where_its_date_is() {
    let mut chart = chart(&[&[Some(1), Some(2), Some(3), Some(4)]]);
    chart.along = Along::Dates;
    chart.commits[1].at_ms = chart.commits[2].at_ms + 43_200_000;
    let svg = series_svg(&chart);
    let line = svg.split("<path d=\"").find(|p| p.contains("stroke-linejoin")).unwrap().split('"').next().unwrap();
    let across: Vec<f64> = line.split('H').skip(1).map(|step| step.split('V').next().unwrap().parse().unwrap()).collect();
    assert!(across.is_sorted() && across.len() == 3, "the line goes back: {line}");
    assert!(svg.contains("<title>c000001, 1970-01-03: bench0 2 instructions (+1, +100.00 %)</title>"), "{svg}");
}
