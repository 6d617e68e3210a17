//! What runners prove themselves with: a token that is followed by another, one for each lease, and what is left of them when they are taken.

use crate::runner::{ScriptedRunner, built};
use crate::world::World;
use ounce_protocol::ids::RunnerName;
use ounce_protocol::runner_api::{
    CLAIM_WAIT_MS_MAX, Claim, End, Enroll, Enrolled, Finish, Heartbeat, PROTOCOL, PROTOCOL_HEADER, ROTATE, ROTATE_HEADER,
};
use ounce_server::store::runners::{ENDED_LEASE_MS, ROTATE_MS, TOKEN_MS};
use ounce_server::store::sql::sql;
use ounce_server::web::guess::{WINDOW_MS, WRONG_OF_ADDRESS_MAX};
use ounce_server::work::lease;
use reqwest::StatusCode;

const NO_WORK: Claim = Claim { wait_ms: 0, can_run: Vec::new(), sandbox: false, works_on: Vec::new(), units: Vec::new() };

/// What the server says to a token that asks for work.
async fn asks(runner: &ScriptedRunner, token: &str) -> (StatusCode, bool) {
    let answer = runner.post_as(token, "claim", &NO_WORK).await;
    (answer.status(), answer.headers().get(ROTATE_HEADER).is_some_and(|v| v == ROTATE))
}

async fn next(runner: &ScriptedRunner, token: &str) -> String {
    let answer = runner.post_as(token, "rotate", &()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json::<Enrolled>().await.unwrap().token
}

#[tokio::test]
async fn a_token_is_followed_by_another_and_a_lost_answer_harms_nothing() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let old = runner.token.clone();
    assert_eq!(asks(&runner, &old).await, (StatusCode::NO_CONTENT, false), "young");
    world.clock.advance(ROTATE_MS);
    assert_eq!(asks(&runner, &old).await, (StatusCode::NO_CONTENT, true), "asked to rotate, long before its end");

    let lost = next(&runner, &old).await;
    assert_eq!(asks(&runner, &old).await.0, StatusCode::NO_CONTENT, "the answer may have been lost: the old one counts");
    let new = next(&runner, &old).await;
    assert_eq!(asks(&runner, &lost).await.0, StatusCode::UNAUTHORIZED, "one follows, not two");
    assert_eq!(runner.post_as(&new, "confirm", &()).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(asks(&runner, &old).await.0, StatusCode::UNAUTHORIZED, "the new one was used");
    assert_eq!(asks(&runner, &new).await, (StatusCode::NO_CONTENT, false), "its age begins anew");

    world.clock.advance(TOKEN_MS - 60_000);
    assert_eq!(asks(&runner, &new).await.0, StatusCode::NO_CONTENT);
    let late = next(&runner, &new).await;
    world.clock.advance(120_000);
    for token in [new, late] {
        assert_eq!(asks(&runner, &token).await.0, StatusCode::UNAUTHORIZED, "it has an end, and so has one that never was used");
    }
}

#[tokio::test]
async fn no_token_is_in_the_database() {
    let world = World::new().await;
    world.pull("secret").await;
    let runner = world.runner("desk").await;
    let lease = runner.claim().await;
    let next = next(&runner, &runner.token).await;
    let hashes = "SELECT token_sha256 || COALESCE(next_sha256, '') FROM runners UNION ALL SELECT token_sha256 FROM lease_tokens";
    let kept: Vec<String> = sql(hashes).fetch_all(&mut world.store.connection().await.unwrap()).await.unwrap();
    assert_eq!(kept.len(), 2);
    for token in [&runner.token, &next, &lease.job_token] {
        assert!(!kept.concat().contains(token.as_str()), "only hashes are kept");
    }
}

#[tokio::test]
async fn a_leases_token_is_good_for_its_job_alone() {
    let world = World::new().await;
    world.pull("two-boards").await;
    let (runner, other) = (world.runner("desk").await, world.runner("other").await);
    let (one, two) = (runner.claim().await, other.claim().await);
    assert_eq!(runner.heartbeat(&two, "").await.0, StatusCode::OK, "whoever has the lease's token holds it");
    assert_eq!(asks(&runner, &one.job_token).await.0, StatusCode::UNAUTHORIZED, "it claims nothing");
    assert_eq!(runner.post_as(&one.job_token, "rotate", &()).await.status(), StatusCode::UNAUTHORIZED);
    let beat = |token: u64| Heartbeat { token, doing: String::new(), log: String::new() };
    let about =
        async |proof: &str, job: i64, fence: u64| runner.post_as(proof, &format!("jobs/{job}/heartbeat"), &beat(fence)).await.status();
    assert_eq!(about(&one.job_token, one.job, one.token).await, StatusCode::OK);
    assert_eq!(about(&one.job_token, two.job, two.token).await, StatusCode::UNAUTHORIZED, "another job");
    assert_eq!(about(&runner.token, one.job, one.token).await, StatusCode::UNAUTHORIZED, "the runner's own token works at no job");
    assert_eq!(about(&one.job_token, one.job, one.token + 1).await, StatusCode::CONFLICT, "another lease of the same job");

    runner.measure(&one, 1_000, 1_010).await;
    let finish = Finish { token: one.token, end: End::Done };
    assert_eq!(
        runner.post_about(&one, "finish", &finish).await.status(),
        StatusCode::CONFLICT,
        "the lease has ended, and its token with it"
    );
    assert_eq!(runner.upload(&one, built(&one, &one.work.head, 9)).await, StatusCode::CONFLICT);
    world.pass(ENDED_LEASE_MS + 1);
    world.row("forgotten tokens", "SELECT 1 FROM (SELECT COUNT(*) AS n FROM lease_tokens) AS t WHERE n < 2").await;
    assert_eq!(about(&one.job_token, one.job, one.token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_revoked_runner_has_nothing_at_once_and_its_work_goes_on_elsewhere() {
    let world = World::new().await;
    let pull = world.pull("revoked").await;
    let thief = world.runner("thief").await;
    let lease = thief.claim().await;
    let name = RunnerName::parse("thief").unwrap();
    let code = lease::new_code(&world.store, &name, world.clock.now()).await.unwrap();
    let following = next(&thief, &thief.token).await;
    assert_eq!(lease::revoke(&world.store, &name, world.clock.now()).await.unwrap(), Some(1), "its job is given back");

    for token in [&thief.token, &following] {
        assert_eq!(asks(&thief, token).await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(thief.heartbeat(&lease, "").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(thief.upload(&lease, built(&lease, &lease.work.head, 666)).await, StatusCode::UNAUTHORIZED);
    let enroll = thief.post("enroll", &Enroll { code, name: name.clone() }).await.status();
    assert_eq!(enroll, StatusCode::UNAUTHORIZED, "a code that was still to be used is none any more");
    assert_eq!(lease::revoke(&world.store, &name, world.clock.now()).await.unwrap(), None, "there is nothing left");

    let sound = world.runner("sound").await;
    for _ in 0..2 {
        let again = sound.claim().await;
        assert_eq!(again.attempt, 1, "the stolen attempt does not count");
        sound.measure(&again, 1_000, 1_000).await;
    }
    world.comment_saying(pull, "flash").await;
    let back = world.runner("thief").await;
    assert_eq!(asks(&back, &back.token).await.0, StatusCode::NO_CONTENT, "a new code gives it another token");
}

#[tokio::test]
async fn a_claim_that_waits_when_its_runner_is_revoked_gets_nothing() {
    let world = World::new().await;
    let thief = world.runner("thief").await;
    let claim = Claim { wait_ms: CLAIM_WAIT_MS_MAX, can_run: thief.can_run.clone(), sandbox: true, works_on: vec![], units: vec![] };
    let waiting = thief.post("claim", &claim);
    let revoking = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let name = RunnerName::parse("thief").unwrap();
        assert_eq!(lease::revoke(&world.store, &name, world.clock.now()).await.unwrap(), Some(0));
        world.pull("late").await;
    };
    let (answer, ()) = tokio::join!(waiting, revoking);
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let sound = world.runner("sound").await;
    assert_eq!(sound.claim().await.attempt, 1, "what it was about to get goes to others");
}

#[tokio::test]
async fn who_guesses_waits_and_runners_go_on() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    assert_eq!(asks(&runner, &runner.token).await.0, StatusCode::NO_CONTENT);
    let guess = async |n: u32| match n % 3 {
        0 => runner.post_as(&format!("{n:064x}"), "claim", &NO_WORK).await,
        1 => runner.post_as(&format!("{n:064x}"), "jobs/1/heartbeat", &NO_WORK).await,
        _ => runner.post("enroll", &Enroll { code: format!("{n}"), name: RunnerName::parse("me").unwrap() }).await,
    };
    for n in 0..WRONG_OF_ADDRESS_MAX {
        assert_eq!(guess(n).await.status(), StatusCode::UNAUTHORIZED, "guess {n}");
    }
    for n in 0..6 {
        let answer = guess(WRONG_OF_ADDRESS_MAX + n).await;
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: i64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=WINDOW_MS / 1000).contains(&wait), "{wait}");
    }
    assert_eq!(asks(&runner, &runner.token).await.0, StatusCode::NO_CONTENT, "who proved itself, from the same address, is not held up");
    let proxied = world.http.post(world.url("/api/runner/v1/confirm")).header(PROTOCOL_HEADER, PROTOCOL).bearer_auth("x");
    let proxied = proxied.header("x-forwarded-for", "198.51.100.1").send().await.unwrap();
    assert_eq!(proxied.status(), StatusCode::TOO_MANY_REQUESTS, "nobody says for whom they ask unless the operator believes them");
    world.clock.advance(WINDOW_MS);
    assert_eq!(guess(99).await.status(), StatusCode::UNAUTHORIZED, "another minute");
}
