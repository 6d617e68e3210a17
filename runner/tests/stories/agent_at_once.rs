//! Several jobs at once on one agent: a repository's boards are built one after another and run beside each other.

use super::agent_units::project;
use crate::common::lab::Sim;
use crate::common::server::{Ended, Server};
use crate::common::{wait_long, wait_until};
use std::time::{Duration, Instant};

/// Boards of the measurement.
const BOARDS: usize = 8;
/// Longest all jobs of a test may take, on a machine with much else to do.
const LONGEST: Duration = Duration::from_secs(300);

#[test]
fn another_board_of_a_repository_is_weighed_while_the_first_is_waited_for() {
    let desk = project();
    // Nobody answers on the left, which takes its time to be seen.
    let (left, right) = (Sim::start("left", "mps2-an385", &["silent@60"]), Sim::start("right", "mps2-an385", &[]));
    desk.lab(&[left.entry(""), right.entry("")]);
    let server = Server::start();
    server.put(&desk, true);
    server.put(&desk, true);
    let agent = server.agent_told(&desk, &["--jobs", "2"], &[]);
    wait_long("both have ended", LONGEST, || server.all_ended().len() == 2);
    // Which of them ends first is this machine's affair.
    let ends = server.all_ended();
    let of = |what: &str, is: &str| ends.iter().filter(|ended| ended.end[what] == is).count();
    assert_eq!((of("kind", "done"), of("unit", "left")), (1, 1), "{ends:?}");
    wait_until("it asks again", || server.worked_on().last() == Some(&0));
    assert!(server.worked_on().starts_with(&[0, 1]), "what it works on is named: {:?}", server.worked_on());
    agent.kill();
    agent.finish();
}

#[test]
fn an_agent_takes_no_more_jobs_for_a_kind_than_it_has_units_of_it() {
    let desk = project();
    let sim = Sim::start("left", "mps2-an385", &["silent@60"]);
    desk.lab(&[sim.entry("")]);
    let server = Server::start();
    server.put(&desk, true);
    let agent = server.agent_told(&desk, &["--jobs", "2"], &[]);
    wait_until("it has one and asks for another", || server.worked_on().last() == Some(&1));
    assert!(!server.offered().contains(&"probe:mps2-an385".to_owned()), "{:?}", server.offered());
    assert!(server.offered().contains(&"qemu:mps2-an385".to_owned()), "{:?}", server.offered());
    agent.kill();
    agent.finish();
}

/// Prints what eight boards at once cost beside one after another. The seconds are this machine's; what is tested is that nothing else differs.
#[test]
fn eight_boards_at_one_agent() {
    let desk = project();
    let sims: Vec<Sim> = (0..BOARDS).map(|n| Sim::start(&format!("unit-{n}"), "mps2-an385", &[])).collect();
    desk.lab(&sims.iter().map(|sim| sim.entry("")).collect::<Vec<_>>());
    let weigh = |boards: usize, jobs: &str| {
        let server = Server::start();
        (0..boards).for_each(|_| server.put(&desk, true));
        let began = Instant::now();
        let agent = server.agent_told(&desk, &["--jobs", jobs], &[]);
        wait_long("all have ended", LONGEST, || server.all_ended().len() == boards);
        let (took, ends) = (began.elapsed(), server.all_ended());
        // A job's end is at the server before the agent says what it took.
        wait_until("it has said so of each", || ends.iter().all(|ended| spent(ended.job, &agent.stderr()).is_some()));
        agent.kill();
        let said = agent.finish().stderr;
        assert!(ends.iter().all(|ended| ended.end["kind"] == "done"), "{ends:?}");
        let most = server.worked_on().into_iter().max().unwrap();
        (took, ours(&ends, &said), most, server.figures())
    };
    // What is built for the first time is built before anything is compared.
    weigh(1, "1");
    let (one, ours_of_one, most_of_one, figures) = weigh(BOARDS, "1");
    let (eight, _, most_of_eight, figures_of_eight) = weigh(BOARDS, "8");
    assert!(most_of_one == 0 && most_of_eight > 1, "{most_of_one}, {most_of_eight}");
    assert_eq!(figures, figures_of_eight, "boards that run beside each other say the same");
    let each = |took: Duration| took.as_secs_f32() / BOARDS as f32;
    println!(
        "{BOARDS} jobs one after another: {:.2} s each, of which {:.0} ms are neither fetching, building, flashing nor running; at once: {:.2} s each",
        each(one),
        ours_of_one.as_secs_f32() * 1000.0,
        each(eight)
    );
}

/// The median of what is the agent's own of a job: how long it had it, without what it says it spent on fetching, building and on the board.
fn ours(ends: &[Ended], said: &str) -> Duration {
    let mut ours: Vec<Duration> = ends.iter().map(|ended| ended.took.saturating_sub(spent(ended.job, said).unwrap())).collect();
    ours.sort();
    ours[ours.len() / 2]
}

/// What the agent says it spent on a job's fetching, building and board, once it has said so.
fn spent(job: usize, said: &str) -> Option<Duration> {
    let seconds = said.lines().find_map(|line| line.strip_prefix(&format!("job {job}: done, "))?.split_once(" s ")?.0.parse().ok())?;
    Some(Duration::from_secs_f32(seconds))
}
