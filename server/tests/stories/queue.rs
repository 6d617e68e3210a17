//! Jobs: claimed once, kept by heartbeats, given again when a runner is lost, and never finished by who lost them.

use crate::database::Database;
use crate::runner::built;
use crate::world::World;
use ounce_protocol::ids::{BoardName, CommitSha, RunnerName};
use ounce_protocol::job::{ATTEMPTS_MAX, FailureKind, JobEvent, JobState, LEASE_MS, QUEUED_MS_MAX, Refused};
use ounce_protocol::runner_api::{Claim, End, LOG_CHUNK_BYTES_MAX, Upload};
use ounce_server::forge::CommitInfo;
use ounce_server::store::health::{self, ASIDE_MS};
use ounce_server::store::jobs::{self, AVOID_MS, HEARD_MS, Holder, JobError, Offer, RETRY_MS};
use ounce_server::store::measurements::{self, Figure, Figures};
use ounce_server::store::runs::{self, NewRun, RunKind, RunState};
use ounce_server::store::sql::sql;
use ounce_server::store::{Connection, Store, projects, runners};

#[tokio::test]
async fn a_lost_runners_job_runs_again_and_its_late_result_is_refused() {
    let world = World::new().await;
    let pull = world.pull("lost").await;
    let (lost, other) = (world.runner("lost").await, world.runner("other").await);
    let old = lost.claim().await;
    assert_eq!(lost.upload(&old, built(&old, &old.work.base, 7)).await, 204);
    world.pass(LEASE_MS + 1_000);
    world.row("the lapsed lease", "SELECT id FROM jobs WHERE state = 'queued' AND attempts = 1").await;

    let again = other.claim().await;
    assert_eq!((again.job, again.attempt), (old.job, 2));
    assert!(again.token > old.token, "the token grows");
    assert_eq!(lost.upload(&old, built(&old, &old.work.head, 7)).await, 409);
    assert_eq!(lost.finish(&old, End::Done).await, 409);
    assert_eq!(lost.heartbeat(&old, "").await.0, 409);
    assert_eq!(other.upload(&again, built(&again, &again.work.head, 1_000)).await, 204);
    assert_eq!(other.finish(&again, End::Done).await, 422, "the lost runner's base does not count");
    assert_eq!(other.upload(&again, built(&again, &again.work.base, 1_000)).await, 204);
    assert_eq!(other.finish(&again, End::Done).await, 204);
    let second = other.claim().await;
    other.measure(&second, 1_000, 1_000).await;
    world.comment_saying(pull, "No change").await;
}

#[tokio::test]
async fn a_runner_killed_and_started_again_cannot_end_what_it_holds_anew() {
    let world = World::new().await;
    let pull = world.pull("restarted").await;
    let runner = world.runner("desk").await;
    let old = runner.claim().await;
    world.pass(LEASE_MS + 1_000);
    world.row("the lapsed lease", "SELECT id FROM jobs WHERE state = 'queued' AND attempts = 1").await;

    // The same name and proof: only the token tells the two leases apart.
    let again = runner.claim().await;
    assert_eq!((again.job, again.attempt), (old.job, 2));
    for commit in [&old.work.base, &old.work.head] {
        assert_eq!(runner.upload(&old, built(&old, commit, 7)).await, 409);
    }
    assert_eq!(runner.heartbeat(&old, "").await.0, 409);
    assert_eq!(runner.finish(&old, End::Done).await, 409);
    let failed = End::Failed { why: FailureKind::Timeout, detail: "late".into(), unit: None };
    assert_eq!(runner.finish(&old, failed).await, 409);
    runner.measure(&again, 1_000, 1_000).await;
    let second = runner.claim().await;
    runner.measure(&second, 1_000, 1_000).await;
    world.comment_saying(pull, "No change").await;
}

#[tokio::test]
async fn heartbeats_keep_a_lease_and_its_log() {
    let world = World::new().await;
    world.pull("slow").await;
    let runner = world.runner("desk").await;
    let lease = runner.claim().await;
    for _ in 0..4 {
        world.pass(LEASE_MS - 5_000);
        assert_eq!(runner.heartbeat(&lease, "cc main.c\n").await, (200.try_into().unwrap(), false));
        world.settle().await;
    }
    let log: String = world.asked("SELECT text FROM job_logs").await.unwrap();
    assert_eq!(log, "cc main.c\n".repeat(4));
    assert_eq!(runner.heartbeat(&lease, &"x".repeat(LOG_CHUNK_BYTES_MAX + 1)).await.0, 422);
    for _ in 0..20 {
        assert_eq!(runner.heartbeat(&lease, &"ü".repeat(LOG_CHUNK_BYTES_MAX / 2)).await.0, 200);
    }
    let (kept, dropped): (i64, i64) = world.asked("SELECT octet_length(text), dropped_bytes FROM job_logs").await.unwrap();
    assert_eq!(kept, 256 * 1024);
    assert_eq!(kept + dropped, 40 + 20 * 16 * 1024);
}

#[tokio::test]
async fn a_nul_in_a_log_is_kept_as_what_every_database_holds() {
    let world = World::new().await;
    world.pull("nul").await;
    let runner = world.runner("desk").await;
    let lease = runner.claim().await;
    assert_eq!(runner.heartbeat(&lease, "cc\0main.c").await.0, 200);
    assert_eq!(world.asked::<String>("SELECT text FROM job_logs").await.unwrap(), "cc\u{fffd}main.c");
}

#[tokio::test]
async fn a_restarted_runners_job_does_not_wait_for_its_lease_to_lapse() {
    let world = World::new().await;
    world.pull("restart").await;
    let runner = world.runner("desk").await;
    let lost = runner.claim().await;
    // It asks for work, so it works on nothing.
    let again = runner.claim().await;
    assert_eq!((again.job, again.attempt), (lost.job, 2));
    assert!(again.token > lost.token);
    assert_eq!(runner.upload(&lost, crate::runner::built(&lost, &lost.work.base, 1)).await, 409, "the first lease's figures are refused");
    runner.measure(&again, 1_000, 1_000).await;
    for attempt in 1..=3 {
        assert_eq!(runner.claim().await.attempt, attempt, "the other board, lost again and again");
    }
    let mut runner = runner;
    runner.wait_ms = 200;
    assert!(runner.try_claim().await.is_none());
    let detail: String = world.asked("SELECT detail FROM jobs WHERE state = 'failed'").await.unwrap();
    assert!(detail.contains("two agents use one token"), "{detail}");
}

#[tokio::test]
async fn work_goes_to_who_can_do_it() {
    let world = World::new().await;
    world.pull("both").await;
    let (mut plain, qemu) = (world.runner("plain").await, world.runner("qemu").await);
    plain.can_run = vec!["qemu:microbit".into()];
    let lease = plain.claim().await;
    assert_eq!(lease.work.board.as_str(), "mini", "sizes only: anybody can");
    plain.measure(&lease, 1_000, 1_000).await;
    plain.wait_ms = 200;
    assert!(plain.try_claim().await.is_none(), "disco wants netduinoplus2");
    assert_eq!(qemu.claim().await.work.board.as_str(), "disco");
}

#[tokio::test]
async fn a_waiting_runner_gets_work_at_once() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let claim = async {
        let lease = runner.claim().await;
        (lease, std::time::Instant::now())
    };
    let push = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        world.pull("woken").await;
        world.row("a job", "SELECT id FROM jobs").await;
        std::time::Instant::now()
    };
    let ((_, claimed), queued) = tokio::join!(claim, push);
    assert!(claimed.saturating_duration_since(queued).as_millis() < 1_000, "woken, not polled");
}

#[tokio::test]
async fn a_measurement_is_of_the_job_and_adds_up() {
    let world = World::new().await;
    world.pull("strict").await;
    let (runner, other) = (world.runner("desk").await, world.runner("other").await);
    let lease = runner.claim().await;
    let good = || built(&lease, &lease.work.base, 1_000);
    let mut elsewhere = good();
    elsewhere.commit = CommitSha::parse(&"f".repeat(40)).unwrap();
    assert_eq!(runner.upload(&lease, elsewhere).await, 422);
    let mut board = good();
    board.board = BoardName::parse("other").unwrap();
    assert_eq!(runner.upload(&lease, board).await, 422);
    let mut sum = good();
    if let ounce_protocol::measurement::Outcome::Built { ledger, .. } = &mut sum.outcome {
        ledger.regions[0].used_bytes += 1;
    }
    assert_eq!(runner.upload(&lease, sum).await, 422);
    let theirs = Upload { token: lease.token, measurement: good() };
    let answer = other.post(&format!("jobs/{}/measurement", lease.job), &theirs).await;
    assert_eq!(answer.status(), 401, "another runner's lease");
    assert_eq!(runner.upload(&lease, good()).await, 204);
    assert_eq!(runner.upload(&lease, good()).await, 204, "twice changes nothing");
    assert_eq!(world.count("SELECT COUNT(*) FROM measurements").await, 1);
    assert_eq!(runner.finish(&lease, End::Done).await, 422, "the head is missing");
}

#[tokio::test]
async fn measurements_of_an_older_version_are_read_and_packed() {
    let world = World::new().await;
    let pull = world.pull("older").await;
    let runner = world.runner("desk").await;
    let lease = runner.claim().await;
    let sides = [&lease.work.base, &lease.work.head].map(|commit| built(&lease, commit, 1_000));
    for side in &sides {
        assert_eq!(runner.upload(&lease, side.clone()).await, 204);
    }
    // As the first version wrote them.
    let mut c = world.store.connection().await.unwrap();
    for side in &sides {
        let doc = serde_json::to_string(side).unwrap();
        let older = sql("UPDATE measurements SET doc = $1, packed = NULL WHERE commit_id = (SELECT id FROM commits WHERE sha = $2)");
        assert_eq!(older.bind(doc).bind(side.commit.as_str()).execute(&mut c).await.unwrap(), 1);
    }
    let board = &lease.work.board;
    let read = async |c: &mut Connection| measurements::get(c, 1, board, &lease.work.head).await.unwrap().unwrap().1;
    assert_eq!(read(&mut c).await, sides[1], "from its text");
    assert!(measurements::pack_one(&mut c).await.unwrap() && measurements::pack_one(&mut c).await.unwrap());
    assert!(!measurements::pack_one(&mut c).await.unwrap(), "each once");
    assert_eq!(world.count("SELECT COUNT(*) FROM measurements WHERE doc = '' AND packed IS NOT NULL").await, 2);
    assert_eq!(read(&mut c).await, sides[1], "from its packed form");
    assert_eq!(runner.finish(&lease, End::Done).await, 204);
    let second = runner.claim().await;
    runner.measure(&second, 1_000, 1_000).await;
    world.comment_saying(pull, "No change").await;

    let damaged = sql("UPDATE measurements SET packed = $1").bind(vec![1u8, 2, 3]);
    damaged.execute(&mut c).await.unwrap();
    let error = measurements::get(&mut c, 1, board, &lease.work.head).await.unwrap_err();
    assert!(ounce_server::store::unreadable(&error), "{error}");
}

#[tokio::test]
async fn a_job_that_keeps_failing_for_our_reasons_is_given_up() {
    let world = World::new().await;
    let pull = world.pull("cursed").await;
    let mut runner = world.runner("desk").await;
    runner.can_run.clear();
    for attempt in 1..=ATTEMPTS_MAX {
        let lease = runner.claim().await;
        assert_eq!(lease.attempt, attempt);
        runner.give_up(&lease, FailureKind::Infra, "the disk is full").await;
        world.pass(AVOID_MS + 1_000);
    }
    // It is set aside by now, and given one job later.
    world.pass(ASIDE_MS);
    runner.can_run = vec!["qemu:netduinoplus2".into()];
    let lease = runner.claim().await;
    runner.give_up(&lease, FailureKind::Timeout, "took longer than an hour").await;
    let comment = world.comment_saying(pull, "Incomplete").await;
    assert!(comment.body.contains("the disk is full") && comment.body.contains("took longer"), "{}", comment.body);
}

#[tokio::test]
async fn a_job_is_claimed_by_one_runner_only() {
    let database = Database::new().await;
    let store = database.store().await;
    for n in 0..20 {
        queued(&store, n).await;
    }
    let mut claims = tokio::task::JoinSet::new();
    for n in 0..40 {
        let store = store.clone();
        claims.spawn(async move {
            let runner = RunnerName::parse(&format!("r{n}")).unwrap();
            let offer = Offer { runner: &runner, can_run: &[], sandbox: false };
            jobs::claim(&mut store.connection().await.unwrap(), offer, 0).await.unwrap().map(|c| c.job)
        });
    }
    let mut claimed: Vec<i64> = claims.join_all().await.into_iter().flatten().collect();
    claimed.sort_unstable();
    assert_eq!(claimed.len(), 20);
    claimed.dedup();
    assert_eq!(claimed.len(), 20, "a job was given twice");
}

/// Plays random orders of events against the rules as protocol states them and as the store has them in SQL.
#[tokio::test]
async fn the_store_keeps_the_rules_of_a_job() {
    let database = Database::new().await;
    let store = database.store().await;
    let runner = RunnerName::parse("r").unwrap();
    let mut c = store.connection().await.unwrap();
    let mut endings = std::collections::BTreeMap::<&str, u32>::new();
    for seed in 0..150u64 {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (run, job) = queued(&store, seed).await;
        let (mut state, mut now, mut token) = (JobState::new(), 0, 0);
        // Whom the store offers a job to, and when, is no rule of the job's life: it waits a little, then all is as ever.
        let mut held_until = 0;
        for step in 0..40 {
            now += i64::try_from(random.below(20_000)).unwrap();
            let event = match random.below(9) {
                0 | 1 => JobEvent::Claim { runner: runner.clone(), token: token + 1, now },
                2 => JobEvent::Heartbeat { token: token.saturating_sub(random.below(2)), now },
                3 if random.below(3) == 0 => JobEvent::Finish { token: token.saturating_sub(random.below(2)) },
                4 => JobEvent::Fail { token: token.saturating_sub(random.below(2)), kind: FailureKind::Infra, detail: format!("d{step}") },
                5 if random.below(6) == 0 => JobEvent::Fail { token, kind: FailureKind::Timeout, detail: "t".into() },
                6 if random.below(8) == 0 => JobEvent::Supersede,
                7 if random.below(12) == 0 => JobEvent::GiveUp { detail: given_up(&mut c, job).await },
                8 if random.below(3) == 0 => JobEvent::Forsaken,
                _ => JobEvent::Tick { now },
            };
            if matches!((&state, &event), (JobState::Queued { .. }, JobEvent::Claim { .. })) && now < held_until {
                assert_eq!(play(&mut c, run, job, &runner, &event, now).await, Err(Refused::NotQueued), "seed {seed}, step {step}");
                continue;
            }
            let expected = state.step(event.clone());
            let done = play(&mut c, run, job, &runner, &event, now).await;
            if let (Ok(()), JobEvent::Fail { .. }, JobState::Leased { attempts, .. }) = (&done, &event, &state) {
                held_until = now + RETRY_MS[usize::from(*attempts > 1)];
            }
            assert_eq!(done, expected.as_ref().map(|_| ()).map_err(|e| *e), "seed {seed}, step {step}: {event:?} in {state:?}");
            if let Ok(next) = expected {
                state = next;
            }
            if let JobState::Leased { token: held, .. } = state {
                token = held;
            }
            assert_eq!(jobs::state(&mut c, job).await.unwrap(), state, "seed {seed}, step {step}: after {event:?}");
        }
        *endings.entry(state.word()).or_default() += 1;
        jobs::supersede(&mut c, run, now).await.unwrap();
    }
    for word in ["done", "failed", "superseded"] {
        assert!(endings.get(word).is_some_and(|n| *n > 5), "the seeds hardly reach {word}: {endings:?}");
    }
}

/// What the store says of a job that it gives up.
async fn given_up(c: &mut Connection, job: i64) -> String {
    let detail: String = sql("SELECT detail FROM jobs WHERE id = $1").bind(job).fetch_one(c).await.unwrap();
    if detail.is_empty() { "no runner took it".into() } else { format!("no runner took it; before that: {detail}") }
}

async fn play(c: &mut Connection, run: i64, job: i64, runner: &RunnerName, event: &JobEvent, now: i64) -> Result<(), Refused> {
    let holder = |token: &u64| Holder { job, runner, token: *token };
    let result = match event {
        JobEvent::Claim { now, .. } => {
            let offer = Offer { runner, can_run: &[], sandbox: true };
            return match jobs::claim(c, offer, *now).await.unwrap() {
                Some(claimed) => {
                    assert_eq!(claimed.job, job);
                    Ok(())
                }
                None => Err(if jobs::state(c, job).await.unwrap().is_final() { Refused::Ended } else { Refused::NotQueued }),
            };
        }
        JobEvent::Heartbeat { token, now } => jobs::heartbeat(c, holder(token), "", *now).await,
        JobEvent::Finish { token } => jobs::finish(c, holder(token), 0).await,
        JobEvent::Fail { token, kind, detail } => jobs::fail(c, holder(token), *kind, detail, now).await,
        JobEvent::Tick { now } => jobs::sweep(c, *now).await.map(|_| ()).map_err(JobError::Store),
        JobEvent::Forsaken => jobs::take_back(c, runner, &[], now).await.map(|_| ()).map_err(JobError::Store),
        JobEvent::GiveUp { .. } => {
            let given_up = jobs::give_up(c, i64::MAX, 0).await.unwrap();
            let ended = jobs::state(c, job).await.unwrap().is_final();
            return if given_up == 1 { Ok(()) } else { Err(if ended { Refused::Ended } else { Refused::NotQueued }) };
        }
        JobEvent::Supersede => {
            let ended = jobs::state(c, job).await.unwrap().is_final();
            jobs::supersede(c, run, 0).await.unwrap();
            return if ended { Err(Refused::Ended) } else { Ok(()) };
        }
    };
    match result {
        Ok(()) => Ok(()),
        Err(JobError::Refused(refused)) => Err(refused),
        Err(JobError::Store(error)) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_broken_runner_does_not_eat_the_queue() {
    let database = Database::new().await;
    let store = database.store().await;
    let (_, job) = queued(&store, 1).await;
    let (broken, sound) = (RunnerName::parse("broken").unwrap(), RunnerName::parse("sound").unwrap());
    let mut c = store.connection().await.unwrap();
    let mut now = 1_000;
    for name in [&broken, &sound] {
        runners::put(&mut c, name, name.as_str(), 0).await.unwrap();
        runners::seen(&mut c, name, &[], true, now).await.unwrap();
    }
    let claim = async |runner: &RunnerName, now: i64| {
        let offer = Offer { runner, can_run: &[], sandbox: true };
        jobs::claim(&mut store.connection().await.unwrap(), offer, now).await.unwrap()
    };
    for wait in RETRY_MS {
        let token = claim(&broken, now).await.unwrap().token;
        jobs::fail(&mut c, Holder { job, runner: &broken, token }, FailureKind::Infra, "no disk", now).await.unwrap();
        assert_eq!(claim(&sound, now + wait - 1).await, None, "too soon for anybody");
        health::heard(&mut c, &sound, now + AVOID_MS - HEARD_MS - 1).await.unwrap();
        assert_eq!(claim(&broken, now + AVOID_MS - 1).await, None, "kept for others");
        now += AVOID_MS;
    }
    let token = claim(&sound, now - AVOID_MS + RETRY_MS[1]).await.expect("another runner gets it after the wait").token;
    jobs::give_back(&mut c, Holder { job, runner: &sound, token }, "the forge is down", now + 10).await.unwrap();
    assert_eq!(jobs::state(&mut c, job).await.unwrap(), JobState::Queued { attempts: 2 }, "given back: not an attempt");
    assert_eq!(claim(&sound, now + 9).await, None);
    assert!(claim(&sound, now + 10).await.unwrap().token > token, "the token is never used again");
}

#[tokio::test]
async fn a_job_comes_back_to_who_failed_at_it_where_nobody_else_can_do_it() {
    let check = async |what: &str, other_can: &[&str], other_sandbox: bool, comes_back: bool, change: Option<&'static str>| {
        let database = Database::new().await;
        let store = database.store().await;
        let (_, job) = queued(&store, 1).await;
        let (failed, other) = (RunnerName::parse("failed").unwrap(), RunnerName::parse("other").unwrap());
        let mut c = store.connection().await.unwrap();
        sql("UPDATE jobs SET needs = 'qemu:x', trusted = 0").execute(&mut c).await.unwrap();
        for (name, can_run, sandbox) in [(&failed, &["qemu:x"][..], true), (&other, other_can, other_sandbox)] {
            runners::put(&mut c, name, name.as_str(), 0).await.unwrap();
            let can_run: Vec<String> = can_run.iter().map(ToString::to_string).collect();
            runners::seen(&mut c, name, &can_run, sandbox, 1_000).await.unwrap();
        }
        if let Some(change) = change {
            sql(change).execute(&mut c).await.unwrap();
        }
        let can_run = ["qemu:x".to_owned()];
        let offer = Offer { runner: &failed, can_run: &can_run, sandbox: true };
        let token = jobs::claim(&mut c, offer, 1_000).await.unwrap().unwrap().token;
        jobs::fail(&mut c, Holder { job, runner: &failed, token }, FailureKind::Infra, "no disk", 1_000).await.unwrap();
        let again = jobs::claim(&mut c, offer, 1_000 + RETRY_MS[0]).await.unwrap();
        assert_eq!(again.is_some(), comes_back, "{what}");
    };
    check("another could do it", &["qemu:y", "qemu:x"], true, false, None).await;
    check("the other has another machine", &["qemu:y"], true, true, None).await;
    check("the other has no sandbox", &["qemu:x"], false, true, None).await;
    check("the other was not heard of", &["qemu:x"], true, true, Some("UPDATE runners SET seen_ms = -200000 WHERE name = 'other'")).await;
    check("the other is set aside", &["qemu:x"], true, true, Some("UPDATE runners SET aside_until_ms = 9 WHERE name = 'other'")).await;
}

#[tokio::test]
async fn a_runner_that_keeps_failing_is_set_aside_and_says_why() {
    let world = World::new().await;
    for branch in ["one", "two"] {
        world.pull(branch).await;
    }
    world.row("the jobs", "SELECT 1 WHERE (SELECT COUNT(*) FROM jobs) = 4").await;
    let mut desk = world.runner("desk").await;
    desk.wait_ms = 0;
    for n in 1..=3 {
        let lease = desk.claim().await;
        desk.give_up(&lease, FailureKind::Infra, &format!("no disk \u{fc}\r\nset-cookie: {n}")).await;
    }
    assert_eq!(
        desk.asked_for_work().await,
        (204, "set aside after 3 failures in a row; gets one job in 15 min; the latest: job 3: no disk ???set-cookie: 3".into())
    );
    world.pass(ASIDE_MS - 1_000);
    assert!(desk.asked_for_work().await.1.contains("in 1 min"));
    world.pass(2_000);

    // One job; it fails, and the wait is twice as long.
    let lease = desk.claim().await;
    desk.give_up(&lease, FailureKind::Infra, "no disk").await;
    assert!(desk.asked_for_work().await.1.contains("after 4 failures in a row; gets one job in 30 min"));
    world.pass(2 * ASIDE_MS);
    let lease = desk.claim().await;
    desk.measure(&lease, 1_000, 1_000).await;
    assert_eq!(world.count("SELECT failures FROM runners").await, 0, "what works is restored");
    for _ in 0..2 {
        let lease = desk.claim().await;
        desk.give_up(&lease, FailureKind::Infra, "no disk").await;
    }
    let lease = desk.claim().await;
    assert_eq!(desk.heartbeat(&lease, "").await.0, 200);
    world.pass(LEASE_MS + 1_000);
    world.row("the lapsed lease counts", "SELECT failures FROM runners WHERE aside_why LIKE '%the runner was lost'").await;
    assert!(desk.try_claim().await.is_none());
    let desk_name = RunnerName::parse("desk").unwrap();
    let listed = runners::list(&mut world.store.connection().await.unwrap()).await.unwrap();
    assert_eq!(listed[0].aside.as_ref().unwrap().failures, 3);
    assert!(health::works(&mut world.store.connection().await.unwrap(), &desk_name).await.unwrap());
    desk.claim().await;
}

#[tokio::test]
async fn a_broken_unit_does_not_set_its_runner_aside() {
    let world = World::new().await;
    for branch in ["one", "two"] {
        world.pull(branch).await;
    }
    world.row("the jobs", "SELECT 1 WHERE (SELECT COUNT(*) FROM jobs) = 4").await;
    let mut desk = world.runner("desk").await;
    desk.wait_ms = 0;
    for _ in 0..3 {
        let lease = desk.claim().await;
        desk.unit_failed(&lease, "left", "unit left is suspect: the chip does not answer").await;
    }
    assert_eq!(world.count("SELECT failures FROM runners").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE failure_kind = 'infra' AND state = 'queued'").await, 3, "they are done again");
    desk.claim().await;
}

#[tokio::test]
async fn a_runner_works_on_several_jobs_and_loses_only_those_that_it_does_not_name() {
    let world = World::new().await;
    for branch in ["one", "two"] {
        world.pull(branch).await;
    }
    world.row("the jobs", "SELECT 1 WHERE (SELECT COUNT(*) FROM jobs) = 4").await;
    let mut desk = world.runner("desk").await;
    desk.wait_ms = 0;
    let first = desk.claim().await;
    desk.works_on = vec![first.job];
    let second = desk.claim().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'leased'").await, 2);
    // The second it never heard of: it is given again.
    let third = desk.claim().await;
    assert_eq!((third.job, third.attempt), (second.job, 2));
    assert_eq!(desk.heartbeat(&second, "").await.0, 409);
    assert_eq!(
        [desk.heartbeat(&first, "").await, desk.heartbeat(&third, "").await].map(|(status, cancel)| (status.as_u16(), cancel)),
        [(200, false); 2]
    );
    desk.works_on = (0..64).collect();
    let claim = Claim { wait_ms: 0, can_run: vec![], sandbox: true, works_on: desk.works_on.clone(), units: vec![] };
    assert_eq!(desk.post("claim", &claim).await.status(), 422);
}

#[tokio::test]
async fn a_strangers_code_sets_no_runner_aside() {
    let world = World::new().await;
    world.pull("theirs").await;
    world.row("the jobs", "SELECT 1 WHERE (SELECT COUNT(*) FROM jobs) = 2").await;
    world.emptied("UPDATE jobs SET trusted = 0").await;
    let mut desk = world.runner("desk").await;
    for n in 0..4 {
        let lease = desk.claim().await;
        if n < 3 {
            desk.give_up(&lease, FailureKind::Infra, "it killed me").await;
        }
        world.pass(LEASE_MS + 1_000);
    }
    world.row("the lapsed lease", "SELECT id FROM jobs WHERE detail = 'the runner was lost'").await;
    assert_eq!(world.count("SELECT failures FROM runners").await, 0);
    desk.wait_ms = 0;
    assert_eq!(desk.try_claim().await.map(|lease| lease.attempt), Some(2));
}

#[tokio::test]
async fn a_server_that_was_down_lets_runners_speak_first() {
    let mut world = World::new().await;
    world.pull("night").await;
    world.runner("desk").await.claim().await;
    world.kill().await;
    world.clock.advance(QUEUED_MS_MAX + 60_000);
    world.start().await;
    world.settle().await;
    let states = "SELECT COUNT(*) FILTER (WHERE state = 'leased') * 10 + COUNT(*) FILTER (WHERE state = 'queued') FROM jobs";
    assert_eq!(world.count(states).await, 11, "neither taken back nor given up while nobody could speak");
    world.pass(LEASE_MS + 1_000);
    world.row("the lapsed lease", "SELECT 1 WHERE (SELECT COUNT(*) FROM jobs WHERE state = 'queued') = 2").await;
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE state = 'queued'").await, 2);
}

#[tokio::test]
async fn an_untrusted_job_goes_to_a_sandbox_only() {
    let database = Database::new().await;
    let store = database.store().await;
    queued(&store, 1).await;
    let runner = RunnerName::parse("r").unwrap();
    let mut c = store.connection().await.unwrap();
    sql("UPDATE jobs SET trusted = 0").execute(&mut c).await.unwrap();
    for (sandbox, gets) in [(false, false), (true, true)] {
        let offer = Offer { runner: &runner, can_run: &[], sandbox };
        assert_eq!(jobs::claim(&mut c, offer, 0).await.unwrap().is_some(), gets, "sandbox: {sandbox}");
    }
}

#[tokio::test]
async fn a_job_nobody_can_do_is_given_up_and_said() {
    let world = World::new().await;
    let pull = world.pull("alone").await;
    let mut runner = world.runner("desk").await;
    runner.can_run.clear();
    let lease = runner.claim().await;
    runner.measure(&lease, 1_000, 1_000).await;
    world.pass(QUEUED_MS_MAX + 60_000);
    let comment = world.comment_saying(pull, "Incomplete").await;
    assert!(comment.body.contains("offers qemu:netduinoplus2"), "{}", comment.body);
}

#[tokio::test]
async fn what_an_untrusted_job_measured_is_not_history() {
    let database = Database::new().await;
    let store = database.store().await;
    queued(&store, 1).await;
    let mut c = store.connection().await.unwrap();
    for (row, trusted, points) in [(1, 0, 0), (2, 1, 1)] {
        let insert = "INSERT INTO measurements (id, run_id, board, commit_id, doc, token, trusted, received_ms) VALUES ($1, 1, $3, 1, '{}', 1, $2, 1)";
        sql(insert).bind(row).bind(trusted).bind(format!("b{row}")).execute(&mut c).await.unwrap();
        let figure = Figure { kind: "region", name: "flash".into(), value: 7, exact: true };
        measurements::put_points(&mut c, row, &Figures { all: vec![figure], ..Figures::default() }).await.unwrap();
        let kept: i64 = sql("SELECT COUNT(*) FROM points").fetch_one(&mut c).await.unwrap();
        assert_eq!(kept, points, "trusted: {trusted}");
    }
}

/// A run of its own with one job.
async fn queued(store: &Store, n: u64) -> (i64, i64) {
    let mut c = store.write().await.unwrap();
    let project = projects::project(&mut c, &ounce_protocol::ids::RepoName::parse("a/b").unwrap(), "main", 0).await.unwrap();
    let sha = CommitSha::parse(&format!("{n:040x}")).unwrap();
    projects::put_commit(
        &mut c,
        project,
        &CommitInfo { sha: sha.clone(), parents: vec![], committed_s: 0, summary: String::new(), author: String::new() },
        false,
    )
    .await
    .unwrap();
    let new = NewRun {
        project,
        kind: RunKind::Push,
        pull: None,
        shown: &sha,
        base: &sha,
        head: &sha,
        conflict: false,
        trusted: true,
        manifest: "",
        manifest_changed: false,
        state: RunState::Measuring,
        note: "",
    };
    let run = runs::insert(&mut c, &new, 0).await.unwrap();
    let job = jobs::insert(&mut c, run, &BoardName::parse("b").unwrap(), None, true, 0, 0).await.unwrap();
    c.commit().await.unwrap();
    (run, job)
}

/// xorshift: the same orders of events for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}
