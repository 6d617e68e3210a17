//! A board's history as two charts: flash bytes, and each benchmark's instructions relative to its first figure.

use crate::series::{Certainty, ChartCommit, SERIES_DRAWN_MAX, Scale, Series, SeriesChart, SeriesPoint, series_svg};
use ounce_protocol::ids::BenchName;
use std::collections::{BTreeMap, BTreeSet};

/// More benchmarks than this are not drawn, and the picture says so.
pub const BENCHES_DRAWN_MAX: usize = SERIES_DRAWN_MAX;

/// One commit's figures on the board, oldest first in a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryPoint {
    /// What the commit is called: its short id.
    pub label: String,
    /// Where a click on the point leads, if anywhere.
    pub href: Option<String>,
    /// Flash bytes in use; `None` where the commit gave no image.
    pub flash_bytes: Option<u64>,
    /// Instructions of each benchmark counted at this commit.
    pub instructions: BTreeMap<BenchName, u64>,
}

/// The charts of one board, one picture below the other. `limit_bytes` is drawn where the figures come near it. `title` and the labels may
/// be hostile.
pub fn history_svg(title: &str, points: &[HistoryPoint], limit_bytes: Option<u64>) -> String {
    let commit = |p: &HistoryPoint| ChartCommit { label: p.label.clone(), href: p.href.clone(), at_ms: 0 };
    let series = |name: &str, unit: &str, value: &dyn Fn(&HistoryPoint) -> Option<u64>| Series {
        name: name.to_owned(),
        unit: unit.to_owned(),
        certainty: Certainty::Exact,
        points: points.iter().map(|p| SeriesPoint { value: value(p).map(i128::from), href: None }).collect(),
        links: Vec::new(),
    };
    let chart = |title: String, series: Vec<Series>| SeriesChart {
        title,
        commits: points.iter().map(commit).collect(),
        series,
        ..SeriesChart::default()
    };
    let names: BTreeSet<&BenchName> = points.iter().flat_map(|p| p.instructions.keys()).collect();
    let has_flash = points.iter().any(|p| p.flash_bytes.is_some());
    let mut out = String::new();
    if has_flash || names.is_empty() {
        let flash = vec![series("flash", "B", &|p| p.flash_bytes)];
        out.push_str(&series_svg(&SeriesChart { limit: limit_bytes.map(i128::from), ..chart(format!("{title}: flash"), flash) }));
    }
    if !names.is_empty() {
        let counts = names.iter().map(|name| series(name.as_str(), "instructions", &|p| p.instructions.get(*name).copied())).collect();
        out.push_str(&series_svg(&SeriesChart { scale: Scale::Since(0), ..chart(format!("{title}: instructions"), counts) }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(flash: &[Option<u64>]) -> Vec<HistoryPoint> {
        let bench = BenchName::parse("fib").unwrap();
        let point = |(i, &flash_bytes): (usize, &Option<u64>)| HistoryPoint {
            label: format!("commit{i}"),
            href: None,
            flash_bytes,
            instructions: [(bench.clone(), 1000 + i as u64)].into(),
        };
        flash.iter().enumerate().map(point).collect()
    }

    #[test]
    fn the_same_points_give_the_same_bytes() {
        let points = points(&[Some(100), None, Some(120)]);
        assert_eq!(history_svg("b", &points, Some(128)), history_svg("b", &points, Some(128)));
    }

    #[test]
    fn a_picture_has_only_the_pages_colours() {
        let svg = history_svg("microbit", &points(&[Some(100), Some(120)]), Some(128));
        let allowed = |c: &str| c.starts_with("currentColor") || c.starts_with("var(--") || c == "none";
        for attribute in ["fill=\"", "stroke=\""] {
            for colour in svg.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(allowed(colour), "{attribute}{colour}\n{svg}");
            }
        }
        assert!(svg.contains("currentColor") && svg.contains("limit 128 B") && !svg.contains("style="), "{svg}");
    }

    #[test]
    fn every_figure_can_be_read_at_its_point() {
        let svg = history_svg("microbit", &points(&[Some(100), None, Some(1_120)]), None);
        assert!(svg.contains("<title>commit2: flash 1,120 B (+1,020, +1,020.00 %)</title>"), "{svg}");
        assert!(svg.contains("<title>commit1: fib 1,001 instructions (+1, +0.10 %); +0.10 % since commit0</title>"), "{svg}");
    }

    #[test]
    fn extremes_are_drawn_too() {
        let check = |flash: &[Option<u64>]| assert!(history_svg("x", &points(flash), Some(1)).ends_with("</svg>\n"));
        check(&[]);
        check(&[Some(0)]);
        check(&[Some(u64::MAX), Some(0)]);
        check(&[None, None]);
        assert!(history_svg("x", &[], None).contains("No figures yet"));
    }

    #[test]
    fn hostile_labels_stay_text() {
        let mut points = points(&[Some(1), Some(2)]);
        points[1].label = "<script>\"#010203\"".into();
        points[1].href = Some("/x\" onclick=\"y".into());
        let svg = history_svg("<script>", &points, None);
        assert!(!svg.contains("<script") && !svg.contains("\" onclick"), "{svg}");
    }
}
