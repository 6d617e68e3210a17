//! Steps of exact series, change points of noisy ones: stories, and how often they are right.

#[path = "support/synthetic.rs"]
mod synthetic;

use ounce_analysis::series::{ChangePoint, POINTS_MAX, Search, Step, change_points, steps};
use synthetic::{Dice, KINDS, Kind, NOISES, f1, series};

#[test]
fn every_step_of_an_exact_series_is_known_with_its_commit() {
    let check = |figures: &[Option<u64>], want: &[(usize, usize, u64, u64)]| {
        let got: Vec<_> = steps(figures).iter().map(|s| (s.last_before, s.first_after, s.before, s.after)).collect();
        assert_eq!(got, want);
    };
    check(&[], &[]);
    check(&[None, None], &[]);
    check(&[Some(5), Some(5), Some(5)], &[]);
    check(&[Some(5), Some(6), Some(5)], &[(0, 1, 5, 6), (1, 2, 6, 5)]);
    check(&[None, Some(5), None, None, Some(9), Some(9), None], &[(1, 4, 5, 9)]);
    check(&[Some(5), None, Some(5)], &[]);
    let step = |last_before, first_after| Step { last_before, first_after, before: 1, after: 2 };
    assert_eq!((step(3, 4).commit(), step(3, 5).commit()), (Some(4), None));
}

fn found(values: &[f64]) -> Vec<usize> {
    change_points(values, &Search::default()).iter().map(|c| c.at).collect()
}

/// A board's cycles, within a thousandth or so.
fn cycles(n: usize, level: f64, dice: &mut Dice) -> Vec<f64> {
    (0..n).map(|_| level * (1.0 + dice.normal() / 1000.0)).collect()
}

#[test]
fn a_change_is_told_with_its_medians_and_its_chance() {
    let mut dice = Dice(1);
    let values = [cycles(40, 50_000.0, &mut dice), cycles(25, 50_400.0, &mut dice)].concat();
    let [ChangePoint { at, before, after, p }] = change_points(&values, &Search::default())[..] else { panic!() };
    assert!(
        at.abs_diff(40) <= 1 && (before / 50_000.0 - 1.0).abs() < 1e-3 && (after / 50_400.0 - 1.0).abs() < 1e-3,
        "{at} {before} {after}"
    );
    assert!(p < 1e-8, "{p}");
    // The same backwards, and in other units.
    let other: Vec<f64> = values.iter().rev().map(|v| v * 1e-9).collect();
    assert!(found(&other)[0].abs_diff(25) <= 1);
}

#[test]
fn wild_points_are_no_change_and_neither_are_holes() {
    let mut dice = Dice(2);
    let mut values = cycles(100, 50_000.0, &mut dice);
    for at in [10, 11, 50, 70, 99] {
        values[at] = 90_000.0;
    }
    assert_eq!(found(&values), Vec::<usize>::new());
    values.splice(50..50, cycles(50, 50_400.0, &mut dice));
    (values[20], values[60], values[61]) = (f64::NAN, f64::INFINITY, f64::NAN);
    let got = found(&values);
    assert!(got.len() == 2 && got[0].abs_diff(50) <= 1 && got[1].abs_diff(100) <= 1, "positions count what is passed over: {got:?}");
}

#[test]
fn too_little_says_nothing() {
    for values in [&[][..], &[1.0], &[1.0, 2.0, 3.0], &[7.0; 50], &[f64::NAN; 50]] {
        assert_eq!(found(values), Vec::<usize>::new());
    }
    // Three points after a change are too few to be sure; eight are not.
    let mut dice = Dice(3);
    let tail = |n, dice: &mut Dice| [cycles(40, 50_000.0, dice), cycles(n, 51_000.0, dice)].concat();
    assert_eq!(found(&tail(3, &mut dice)), Vec::<usize>::new());
    assert_eq!(found(&tail(8, &mut dice)), [40]);
    let sure = Search { segment_min: 3, p_max: 1.0 };
    assert_eq!(change_points(&tail(3, &mut dice), &sure).last().map(|c| c.at), Some(40), "whoever asks for less gets it");
    // A figure that mostly stands still.
    assert_eq!(found(&[vec![5.0; 30], vec![6.0; 30]].concat()), [30]);
    // Only the newest points of a series that is too long.
    let long = [vec![0.0; 500], vec![9.0; 500], vec![5.0; 5000], vec![6.0; POINTS_MAX - 5000]].concat();
    assert_eq!(found(&long), [6000]);
}

#[test]
fn it_is_right_on_all_kinds_of_series() {
    let mut all = 0.0;
    for kind in KINDS {
        let mut dice = Dice(kind as u64 + 40);
        let scores = (0..60).map(|_| {
            let (values, truth) = series(kind, 200, 3.0, &mut dice);
            f1(&found(&values), &truth, 5)
        });
        let mean = scores.sum::<f64>() / 60.0;
        assert!(mean > 0.9, "{kind:?}: {mean}");
        all += if kind == Kind::None { 0.0 } else { mean / 7.0 };
    }
    assert!(all > 0.95, "{all}");
}

#[test]
fn where_nothing_changes_nothing_is_told() {
    for noise in NOISES {
        let mut dice = Dice(noise as u64 + 60);
        let alarms = (0..300).filter(|_| !found(&(0..100).map(|_| noise.draw(&mut dice)).collect::<Vec<_>>()).is_empty());
        assert_eq!(alarms.count(), 0, "{noise:?}");
    }
}

#[test]
fn the_score_is_that_of_the_dataset() {
    let check = |found: &[usize], truth: &[usize], want: f64| assert!((f1(found, truth, 5) - want).abs() < 1e-9, "{found:?} {truth:?}");
    check(&[], &[], 1.0);
    check(&[50], &[55], 1.0);
    check(&[50], &[56], 0.5);
    check(&[], &[50], 2.0 / 3.0);
    check(&[50], &[], 2.0 / 3.0);
    check(&[50, 51], &[50], 0.8);
}
