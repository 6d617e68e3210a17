//! What all pictures have in common: well-formed, the page's colours only, hostile texts are texts.

mod checked;
mod scatter;
mod series;
mod treemap;

use checked::check;
use ounce_analysis::comparison::Tendency;
use ounce_report::*;
use series::{KINDS, chart};

/// Names that strangers give.
fn hostile() -> Vec<String> {
    let long = "long<b>".repeat(150_000);
    [
        "<script>alert(1)</script>",
        "\"><a href=\"javascript:x\" onload=\"y",
        "\u{202e}txet\u{200f}\u{0}",
        "&amp;]]>\u{ffff}",
        "\"#010203\"",
        "",
        &long,
    ]
    .map(str::to_owned)
    .into()
}

#[test]
fn strangers_names_are_text_in_every_picture() {
    for name in hostile() {
        check(&sparkline_svg(&name, &[Some(1), None, Some(2)], &name));
        let mut chart = chart(&[&[Some(1), Some(2), None], &[Some(3), Some(4), None]]);
        chart.title = name.clone();
        chart.series.iter_mut().for_each(|s| (s.name, s.unit) = (name.clone(), name.clone()));
        chart.commits.iter_mut().for_each(|c| (c.label, c.href) = (name.clone(), Some(name.clone())));
        chart.marks = KINDS
            .iter()
            .map(|&kind| Mark { commit: 1, kind, label: name.clone(), title: name.clone(), href: Some(name.clone()) })
            .collect();
        chart.gaps = vec![Gap { first: 2, last: 2, reason: name.clone() }];
        check(&series_svg(&chart));
        chart.series.clear();
        check(&series_svg(&chart));
        let point = |bytes, percent| ScatterPoint {
            label: name.clone(),
            title: name.clone(),
            href: Some(name.clone()),
            bytes,
            percent,
            tendency: Tendency::Trade,
            is_open: bytes > 0,
        };
        check(&scatter_svg(&ScatterChart { title: name.clone(), region: name.clone(), points: vec![point(5, -1.0), point(-5, 2.0)] }));
        check(&scatter_svg(&ScatterChart { title: name.clone(), region: name.clone(), points: vec![] }));
        let leaf = TreeCell { name: name.clone(), bytes: 9, delta_bytes: Some(-4), href: Some(name.clone()), children: vec![] };
        let root = TreeCell {
            children: vec![TreeCell { children: vec![leaf.clone(), leaf.clone()], ..leaf.clone() }, leaf],
            ..TreeCell::default()
        };
        check(&treemap_svg(&name, &root, Treemap::Build));
        check(&treemap_svg(&name, &root, Treemap::Difference));
    }
}
