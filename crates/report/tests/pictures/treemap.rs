//! Treemaps.

use super::checked::check;
use ounce_report::{TreeCell, Treemap, treemap_svg};

fn cell(name: &str, bytes: u64, delta: i64, children: Vec<TreeCell>) -> TreeCell {
    TreeCell { name: name.into(), bytes, delta_bytes: Some(delta), children, href: Some(format!("/at/{name}")) }
}

#[test]
fn a_treemap_says_each_cells_bytes() {
    let vm = cell("vm", 7_000, 300, vec![cell("run", 5_000, 500, vec![]), cell("gc", 1_500, -200, vec![])]);
    let root = cell("flash", 10_000, 100, vec![vm, cell("core", 3_000, -200, vec![])]);
    let build = treemap_svg("flash", &root, Treemap::Build);
    check(&build);
    let says = |svg: &str, text: &str| assert!(svg.contains(text), "{text}\n{svg}");
    says(&build, ">10,000 B</text>");
    says(&build, "<a href=\"/at/vm\"><title>vm: 7,000 B (+300), 70.0 %</title>");
    says(&build, "<a href=\"/at/run\"><title>vm › run: 5,000 B (+500), 50.0 %</title>");
    says(&build, "<title>vm › (itself): 500 B, 5.0 %</title>");
    says(&build, ">core</text>");
    let difference = treemap_svg("flash", &root, Treemap::Difference);
    check(&difference);
    says(&difference, ">+100 B: 500 came, 400 went</text>");
    says(&difference, "<title>vm: +300 B (500 came, 200 went)</title>");
    says(&difference, "<title>core: −200 B, 3,000 B now</title>");
    says(&difference, ">− went, hatched</text>");
    assert_eq!(difference, treemap_svg("flash", &root, Treemap::Difference));
}

#[test]
fn the_drawn_cells_sum_to_the_total() {
    let group =
        |g: u64| cell(&format!("g{g}"), 0, 0, (0..g * 7 % 90).map(|n| cell(&format!("f{n}"), 1 + n * n * g % 4_000, 0, vec![])).collect());
    let root = cell("flash", 0, 0, (0..60).map(group).collect());
    let total: u64 = root.children.iter().flat_map(|g| &g.children).map(|c| c.bytes).sum();
    let svg = treemap_svg("flash", &root, Treemap::Build);
    check(&svg);
    // Cells of the second level name their group, and a group without parts is a cell itself; groups with a name of their own are not.
    let titles = svg.split("<title>").skip(2).map(|t| t.split("</title>").next().unwrap());
    let cells = titles.filter(|t| t.contains(" › ") || t.contains(" smaller:"));
    let bytes = |title: &str| title.rsplit_once(": ").unwrap().1.split(" B").next().unwrap().replace(',', "").parse::<u64>().unwrap();
    assert_eq!(cells.map(bytes).sum::<u64>(), total);
    assert!(svg.contains(" smaller: "), "{svg}");
}

#[test]
fn a_treemap_draws_extremes() {
    let draw = |root: &TreeCell| {
        [Treemap::Build, Treemap::Difference].map(|of| treemap_svg("flash", root, of)).map(|svg| {
            check(&svg);
            svg
        })
    };
    let [build, difference] = draw(&TreeCell::default());
    assert!(build.contains("No bytes.") && difference.contains("No bytes came or went."));
    draw(&cell("flash", 1, 1, vec![cell("only", 1, 1, vec![])]));
    draw(&cell("flash", 4, 4, vec![cell("same", 2, 2, vec![]), cell("same", 2, 2, vec![])]));
    let most = || cell("most", u64::MAX, i64::MIN, vec![]);
    draw(&cell("flash", 0, 0, vec![most(), most(), cell("g", 0, 0, vec![most(), most()])]));
    draw(&cell("flash", 0, 0, (0..20_000).map(|n| cell("x", n, 1 - 2 * (n as i64 % 2), vec![])).collect()));
}
