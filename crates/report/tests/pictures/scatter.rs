//! Size against speed.

use super::checked::check;
use ounce_analysis::comparison::Tendency;
use ounce_report::{ScatterChart, ScatterPoint, scatter_svg};

fn pull(n: u32, bytes: i64, percent: f64, tendency: Tendency) -> ScatterPoint {
    ScatterPoint {
        label: format!("#{n}"),
        title: "A change".into(),
        href: Some(format!("/pulls/{n}")),
        bytes,
        percent,
        tendency,
        is_open: false,
    }
}

fn scatter(points: Vec<ScatterPoint>) -> String {
    let chart = ScatterChart { title: "size against speed".into(), region: "flash".into(), points };
    let svg = scatter_svg(&chart);
    check(&svg);
    assert_eq!(svg, scatter_svg(&chart));
    svg
}

/// Where a pull request's shape is, pixels.
fn place(svg: &str, n: u32) -> (f64, f64) {
    let point = svg.split(&format!("<a href=\"/pulls/{n}\">")).nth(1).unwrap_or_else(|| panic!("#{n}"));
    let (x, y) = point.split("translate(").nth(1).unwrap().split(')').next().unwrap().split_once(' ').unwrap();
    (x.parse().unwrap(), y.parse().unwrap())
}

#[test]
fn size_against_speed_has_a_place_for_each_tendency() {
    let svg = scatter(vec![
        pull(1, -120, -0.5, Tendency::Win),
        pull(2, 1_420, -3.25, Tendency::Trade),
        pull(3, 80, 0.02, Tendency::Cost),
        pull(4, 0, 0.0, Tendency::Free),
        pull(5, 9, f64::NAN, Tendency::Free),
    ]);
    let says = |text: &str| assert!(svg.contains(text), "{text}\n{svg}");
    says("<title>#2 A change: +1,420 B, −3.25 % instructions (trade)</title>");
    for name in ["win", "trade", "cost", "free (1)"] {
        says(&format!(">{name}</text>"));
    }
    says("1 more have no figure of instructions");
    says("4 pull requests by the bytes of flash and the instructions they changed: 1 win, 1 trade, 1 cost, 1 free.");
    let zero = place(&svg, 4);
    assert!(place(&svg, 1).0 < zero.0 && place(&svg, 1).1 > zero.1, "fewer bytes are left, fewer instructions below");
    assert!(place(&svg, 3).0 > zero.0 && place(&svg, 3).1 < zero.1);
}

/// Where the words in the corner of a kind of change are, pixels: the lowest of the upper ones, the highest of the lower ones.
fn words(svg: &str, which: &str) -> f64 {
    let (before, _) = svg.split_once(&format!(">{which}</text>")).unwrap();
    before.rsplit("y=\"").next().unwrap().split('"').next().unwrap().parse().unwrap()
}

#[test]
fn what_moved_most_does_not_lie_on_the_words_of_its_corner() {
    let svg = scatter(vec![pull(1, 128, 0.47, Tendency::Cost), pull(2, -444, -0.5, Tendency::Win)]);
    assert!(place(&svg, 1).1 - 6.0 > words(&svg, "larger, slower"), "{svg}");
    assert!(place(&svg, 2).1 + 6.0 < words(&svg, "win") - 12.0, "{svg}");
}

#[test]
fn one_outlier_does_not_squash_the_others() {
    let mut points: Vec<ScatterPoint> = (1..40).map(|n| pull(n, i64::from(n) * 20, f64::from(n) / 10.0, Tendency::Cost)).collect();
    points.push(pull(99, 5_000_000, 400.0, Tendency::Cost));
    let svg = scatter(points);
    let (near, far, out) = (place(&svg, 1), place(&svg, 39), place(&svg, 99));
    assert!(far.0 - near.0 > 0.15 * (out.0 - near.0), "{near:?} {far:?} {out:?}");
    assert!(near.1 - far.1 > 0.15 * (near.1 - out.1), "{near:?} {far:?} {out:?}");
    // The ticks say true values.
    assert!(svg.contains("\n+1,000,000 B\n") && svg.contains("\n+100 %\n"), "{svg}");
}

#[test]
fn a_scatter_draws_extremes() {
    assert!(scatter(vec![]).contains("No pull request of this time has figures."));
    assert!(scatter(vec![pull(1, 5, f64::NAN, Tendency::Cost)]).contains("1 more have no figure of instructions"));
    scatter(vec![pull(1, 0, 0.0, Tendency::Free)]);
    scatter(vec![
        pull(1, i64::MIN, f64::MIN, Tendency::Win),
        pull(2, i64::MAX, f64::MAX, Tendency::Cost),
        pull(3, 1, 1e-300, Tendency::Cost),
    ]);
    scatter(vec![pull(1, 0, f64::INFINITY, Tendency::Cost), pull(2, 7, 0.0, Tendency::Cost)]);
    scatter((0..50).map(|n| pull(n, 100, 1.0, Tendency::Cost)).collect());
    let svg = scatter((0..700).map(|n| pull(n, i64::from(n), 0.1, Tendency::Cost)).collect());
    assert!(svg.contains("500 of 700 pull requests drawn; those that moved least are left out"));
    assert!(svg.contains("\"/pulls/699\"") && !svg.contains("\"/pulls/3\""));
}

#[test]
fn what_has_yet_to_land_is_hollow() {
    let open = |point: ScatterPoint| ScatterPoint { is_open: true, ..point };
    let svg =
        scatter(vec![pull(1, -120, -0.5, Tendency::Win), open(pull(2, 40, 1.0, Tendency::Cost)), open(pull(3, 0, 0.0, Tendency::Free))]);
    let says = |text: &str| assert!(svg.contains(text), "{text}\n{svg}");
    says("<title>#2 A change: +40 B, +1.00 % instructions (cost, still open)</title>");
    says("hollow: still open");
    let shape = |n: u32| svg.split(&format!("<a href=\"/pulls/{n}\">")).nth(1).unwrap().split("</a>").next().unwrap().to_owned();
    assert!(shape(2).contains("fill=\"none\" stroke=") && !shape(1).contains("r=\"4.5\" fill=\"none\""), "{}{}", shape(1), shape(2));
    assert!(shape(3).contains("stroke-dasharray"), "{}", shape(3));
}
