//! Bisection of an exact figure: stories, and thousands of histories from seeds compared with what really happened in them.

#[path = "support/synthetic.rs"]
mod synthetic;

use ounce_analysis::bisect::{Answer, Known, Next, Stretch, answer, next};
use ounce_analysis::series::{Step, steps};
use synthetic::Dice;

/// Plays the plan against a history: `None` is a commit that does not build. Gives the answer and the number of commits tried.
fn play(history: &[Option<u64>], known: &[usize]) -> (Answer, usize) {
    let look = |i: usize| history[i].map_or(Known::Skipped, |value| Known::Figure { value });
    let mut commits: Vec<Known> = (0..history.len()).map(|i| if known.contains(&i) { look(i) } else { Known::Unknown }).collect();
    let mut tried = 0;
    loop {
        match next(&commits) {
            Next::Done { answer } => return (answer, tried),
            Next::Measure { commits: wanted } => {
                assert!(!wanted.is_empty());
                for i in wanted {
                    assert_eq!(commits[i], Known::Unknown, "measured twice");
                    commits[i] = look(i);
                    tried += 1;
                }
            }
        }
    }
}

fn at(changes: &[Step]) -> Vec<(usize, usize)> {
    changes.iter().map(|s| (s.last_before, s.first_after)).collect()
}

#[test]
fn one_step_in_a_thousand_commits_takes_ten_builds() {
    let history: Vec<_> = (0..1025).map(|i| Some(if i < 700 { 100 } else { 130 })).collect();
    let (answer, tried) = play(&history, &[0, 1024]);
    assert_eq!((at(&answer.changes), answer.changes[0].commit(), tried), (vec![(699, 700)], Some(700), 10));
    assert_eq!(play(&history, &[]).1, 12, "and the two ends");
    assert_eq!(answer.not_looked_into.len(), 9, "what was not measured may hold changes that cancel out");
}

#[test]
fn equal_ends_prove_nothing_and_are_named() {
    let history = [Some(5), Some(9), Some(5), Some(5)];
    let (answer, tried) = play(&history, &[0, 3]);
    assert_eq!((answer.changes.len(), answer.not_looked_into.clone(), tried), (0, vec![Stretch { from: 0, to: 3 }], 0));
    assert_eq!(at(&play(&history, &[0, 1, 3]).0.changes), [(0, 1), (1, 2)], "one figure between shows both");
}

#[test]
fn commits_that_do_not_build_leave_a_choice() {
    let mut history: Vec<_> = (0..20).map(|i| Some(if i < 10 { 1 } else { 2 })).collect();
    history[9..=11].fill(None);
    let (answer, _) = play(&history, &[0, 19]);
    assert_eq!((at(&answer.changes), answer.changes[0].commit()), (vec![(8, 12)], None));
    // The ends too: what can be measured is.
    history[0] = None;
    history[19] = None;
    assert_eq!(at(&play(&history, &[]).0.changes), [(8, 12)]);
    let nothing = Answer { changes: vec![], not_looked_into: vec![] };
    assert_eq!(play(&[None, None], &[]), (nothing.clone(), 2));
    assert_eq!(play(&[None, Some(1)], &[]), (nothing.clone(), 2));
    assert_eq!(play(&[], &[]), (nothing, 0));
}

#[test]
fn a_plan_is_plain_data_and_an_answer_can_be_had_early() {
    let commits = [Known::Figure { value: 1 }, Known::Unknown, Known::Skipped, Known::Unknown, Known::Figure { value: 2 }];
    let plan = next(&commits);
    assert_eq!(serde_json::to_string(&plan).unwrap(), r#"{"next":"measure","commits":[1]}"#);
    assert_eq!(serde_json::from_str::<Next>(&serde_json::to_string(&plan).unwrap()).unwrap(), plan);
    assert_eq!(at(&answer(&commits).changes), [(0, 4)]);
    assert_eq!(serde_json::to_string(&commits[0]).unwrap(), r#"{"known":"figure","value":1}"#);
}

#[test]
fn on_any_history_each_change_found_is_real_and_costs_a_logarithm() {
    let mut most_over = 0;
    for seed in 0..20_000 {
        let mut dice = Dice(seed);
        let n = 2 + dice.below(600);
        let steps_wanted = dice.below(8);
        let mut level = 1000;
        let changing: Vec<usize> = (0..steps_wanted).map(|_| 1 + dice.below(n - 1)).collect();
        // A third of the histories has rows of commits that do not build.
        let broken = seed % 3 == 0;
        let mut row = 0;
        let history: Vec<Option<u64>> = (0..n)
            .map(|i| {
                if changing.contains(&i) {
                    level = 1000 + dice.below(6) as u64;
                }
                row = if broken && dice.below(40) == 0 { 1 + dice.below(12) } else { row };
                row = row.saturating_sub(1);
                (row == 0).then_some(level)
            })
            .collect();
        let truth = steps(&history);
        let (answer, tried) = play(&history, &[]);
        for change in &answer.changes {
            let inside = truth.iter().filter(|t| t.last_before >= change.last_before && t.first_after <= change.first_after);
            assert!(inside.count() == 1, "seed {seed}: {change:?} is not one of {truth:?}");
            assert_eq!((history[change.last_before], history[change.first_after]), (Some(change.before), Some(change.after)));
        }
        // What was not found lies where the answer says that nobody looked.
        for t in truth.iter().filter(|t| !answer.changes.contains(t)) {
            let hidden = answer.not_looked_into.iter().any(|s| s.from <= t.last_before && t.first_after <= s.to);
            assert!(hidden, "seed {seed}: {t:?} was lost");
        }
        let log = (usize::BITS - (n - 1).leading_zeros()) as usize;
        if !broken {
            let most = 2 + answer.changes.len() * log;
            assert!(tried <= most, "seed {seed}: {tried} builds for {} changes among {n} commits", answer.changes.len());
        } else {
            let unbuildable = history.iter().filter(|h| h.is_none()).count();
            let most = 2 + answer.changes.len() * (log + 1) + unbuildable;
            most_over = most_over.max(tried.saturating_sub(most));
        }
    }
    assert_eq!(most_over, 0, "builds beyond those that failed");
}
