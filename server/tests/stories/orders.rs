//! Orders from the page of a run: the same rules as a comment's, behind a form that only that page in that session can send.

use crate::browser::{Answer, Browser, ORIGIN};
use crate::world::{REPO, World};
use github_double::{FaultKind, NewPull, Permission};
use ounce_server::store::audit;
use ounce_server::web::access::ROLE_MS;
use ounce_server::web::guess::WRONG_OF_ADDRESS_MAX;
use reqwest::StatusCode;

const FORK: &str = "stranger/blinky";
const OURS: [(&str, &str); 2] = [("origin", ORIGIN), ("sec-fetch-site", "same-origin")];

/// What the page of a run offers, and a form of it.
fn offers(page: &Answer) -> Vec<&str> {
    let forms = page.body.split("action=\"/runs/").skip(1);
    forms.map(|form| form.split('"').next().unwrap().split_once('/').unwrap().1).collect()
}

pub fn form(page: &Answer) -> String {
    let once = page.body.split_once("name=\"once\" value=\"").expect("a form").1.split_once('"').unwrap().0;
    format!("csrf={}&once={once}", page.csrf())
}

async fn with(permission: Permission) -> World {
    let world = World::as_app().await;
    world.double.set_permission(REPO, "mia", permission).unwrap();
    world
}

/// Sends the page's form, and gives what the page says then.
async fn order(world: &World, browser: &mut Browser, run: i64, what: &str) -> Answer {
    let page = browser.get(world, &format!("/runs/{run}")).await;
    let answer = browser.post(world, &format!("/runs/{run}/{what}"), &form(&page)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let location = answer.location().to_owned();
    assert!(location.starts_with(&format!("/runs/{run}?asked=")), "{location}");
    browser.get(world, &location).await
}

#[tokio::test]
async fn a_run_is_cancelled_and_weighed_again_and_both_are_in_the_audit() {
    let world = with(Permission::Write).await;
    world.pull("one").await;
    world.row("under way", "SELECT id FROM runs WHERE state = 'measuring'").await;
    let mut mia = Browser::of(&world, "mia").await;
    assert_eq!(offers(&mia.get(&world, "/runs/1").await), ["cancel"]);
    let page = order(&world, &mut mia, 1, "cancel").await;
    assert!(page.body.contains("done: 1 stopped"), "{}", page.body);
    assert_eq!(offers(&page), ["run"]);
    let page = order(&world, &mut mia, 1, "run").await;
    assert!(page.body.contains("done: run 2"), "{}", page.body);
    world.row("the second run", "SELECT id FROM runs WHERE id = 2 AND state = 'measuring'").await;
    let noted = "SELECT COUNT(*) FROM commands WHERE login = 'mia' AND role = 'write' AND outcome = 'done' AND source LIKE 'page:mia:%'";
    assert_eq!(world.count(noted).await, 2);
    let entries = audit::list(&mut world.store.connection().await.unwrap(), None, 2).await.unwrap();
    let said: Vec<_> = entries.iter().map(|e| (e.who.as_str(), e.what.as_str(), e.target.as_str(), e.result.as_str())).collect();
    let target = format!("{REPO}#1");
    assert_eq!(
        said,
        [("mia", "/ounce run", target.as_str(), "run 2 (write)"), ("mia", "/ounce cancel", target.as_str(), "1 stopped (write)")]
    );
    assert!(entries[0].origin.starts_with("page:mia:"));
    assert_eq!(world.count("SELECT installation_id FROM projects").await, 9_001, "the project is still where it was");
}

#[tokio::test]
async fn exactly_the_commit_of_the_page_is_approved() {
    let world = with(Permission::Maintain).await;
    world.double.fork(REPO, FORK, &world.folder().join("fork.git")).await.unwrap();
    let first = world.double.commit(FORK, "gift", Some("main"), "one", &[("gift.c", Some("one"))]).await.unwrap();
    let pull = NewPull { head_repo: Some(FORK.into()), author: "stranger".into(), ..NewPull::from_branch("Gift", "gift") };
    world.double.open_pull(REPO, pull).await.unwrap();
    world.row("waits", "SELECT id FROM runs WHERE state = 'waiting'").await;
    let mut mia = Browser::of(&world, "mia").await;
    let page = mia.get(&world, "/runs/1").await;
    assert_eq!(offers(&page), ["approve", "cancel"]);
    assert!(page.body.contains(&first));
    // Meanwhile something else was pushed: that was not on the page.
    world.double.commit(FORK, "gift", None, "two", &[("gift.c", Some("two"))]).await.unwrap();
    world.row("waits", "SELECT id FROM runs WHERE id = 2 AND state = 'waiting'").await;
    let answer = mia.post(&world, "/runs/1/approve", &form(&page)).await;
    let page = mia.get(&world, answer.location()).await;
    assert!(page.body.contains("mistaken: another commit is the head"), "{}", page.body);
    assert_eq!(world.count("SELECT COUNT(*) FROM approvals").await + world.count("SELECT COUNT(*) FROM jobs").await, 0);

    let page = order(&world, &mut mia, 2, "approve").await;
    assert!(page.body.contains("done: approved; run 2 begins"), "{}", page.body);
    world.row("approved", "SELECT id FROM approvals WHERE login = 'mia' AND role = 'maintain' AND source LIKE 'page:mia:%'").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM jobs WHERE trusted = 0").await, 2, "and it stays a stranger's");
}

#[tokio::test]
async fn only_a_form_of_that_page_in_that_session_counts() {
    let world = with(Permission::Write).await;
    world.double.set_private(REPO, false).unwrap();
    world.pull("one").await;
    world.row("under way", "SELECT id FROM runs WHERE state = 'measuring'").await;
    world.emptied("UPDATE projects SET visibility = 'public'").await;
    world.double.set_permission(REPO, "noah", Permission::Admin).unwrap();
    let (mut mia, mut noah, mut stranger) = (Browser::of(&world, "mia").await, Browser::of(&world, "noah").await, Browser::new());
    let (of_mia, of_noah) = (form(&mia.get(&world, "/runs/1").await), form(&noah.get(&world, "/runs/1").await));
    assert!(offers(&stranger.get(&world, "/runs/1").await).is_empty());
    let once = of_mia.split_once("&once=").unwrap().1;
    let path = "/runs/1/cancel";
    for (who, form, headers) in [
        ("another session's form", of_noah.as_str(), &OURS[..]),
        ("no form of ours", &format!("once={once}"), &OURS[..]),
        ("a guess", &format!("csrf=0&once={once}"), &OURS[..]),
        ("without what tells forms apart", of_mia.split('&').next().unwrap(), &OURS[..]),
        ("from elsewhere", &of_mia, &[("origin", "https://evil.example")]),
        ("from a sister", &of_mia, &[("origin", "https://evil.ounce.example.org"), ("sec-fetch-site", "same-site")]),
        ("from nowhere", &of_mia, &[("origin", "null")]),
        ("from who does not say", &of_mia, &[]),
    ] {
        let answer = mia.post_from(&world, path, form, headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who}");
    }
    assert_eq!(stranger.post(&world, path, &of_mia).await.status, StatusCode::FORBIDDEN, "nobody is logged in");
    assert_eq!(stranger.get(&world, path).await.status, StatusCode::METHOD_NOT_ALLOWED);
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM deliveries WHERE event = 'ounce_order'").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM runs WHERE state = 'measuring'").await, 1, "nothing was cancelled");

    for _ in 0..2 {
        assert_eq!(mia.post(&world, path, &of_mia).await.status, StatusCode::SEE_OTHER);
    }
    world.settle().await;
    assert_eq!(world.count("SELECT COUNT(*) FROM commands").await, 1, "a form sent twice is one order");
}

#[tokio::test]
async fn who_may_not_command_is_offered_nothing_and_refused() {
    let world = with(Permission::Read).await;
    world.pull("one").await;
    world.row("under way", "SELECT id FROM runs WHERE state = 'measuring'").await;
    let mut mia = Browser::of(&world, "mia").await;
    let page = mia.get(&world, "/runs/1").await;
    assert!(offers(&page).is_empty(), "{}", page.body);
    let forged = format!("csrf={}&once={}", page.csrf(), "0".repeat(64));
    let answer = mia.post(&world, "/runs/1/cancel", &forged).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let refused = audit::list(&mut world.store.connection().await.unwrap(), None, 1).await.unwrap().remove(0);
    assert_eq!((refused.who.as_str(), refused.what.as_str(), refused.origin.as_str()), ("mia", "/ounce cancel", "page"));
    assert!(refused.result.contains("refused") && refused.result.contains("(read)"), "{refused:?}");

    // The right was there when the page was loaded, and is taken before the form is sent: the forge is asked afresh.
    world.double.set_permission(REPO, "mia", Permission::Write).unwrap();
    world.clock.advance(ROLE_MS);
    let form = form(&mia.get(&world, "/runs/1").await);
    world.double.set_permission(REPO, "mia", Permission::Read).unwrap();
    let answer = mia.post(&world, "/runs/1/cancel", &form).await;
    let page = mia.get(&world, answer.location()).await;
    assert!(page.body.contains("refused: the account has no write access"), "{}", page.body);
    assert_eq!(world.count("SELECT COUNT(*) FROM runs WHERE state = 'measuring'").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM commands WHERE outcome = 'refused' AND role = 'read'").await, 1);

    world.clock.advance(ROLE_MS);
    let mut last = StatusCode::OK;
    for _ in 0..=WRONG_OF_ADDRESS_MAX {
        last = mia.post(&world, "/runs/1/cancel", &forged).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "refusals do not fill the audit");
}

#[tokio::test]
async fn an_order_waits_for_a_forge_that_does_not_answer() {
    let world = with(Permission::Write).await;
    world.pull("one").await;
    world.row("under way", "SELECT id FROM runs WHERE state = 'measuring'").await;
    let mut mia = Browser::of(&world, "mia").await;
    let page = mia.get(&world, "/runs/1").await;
    world.double.inject("/permission", 4, FaultKind::Status { status: 502 });
    let answer = mia.post(&world, "/runs/1/cancel", &form(&page)).await;
    let location = answer.location().to_owned();
    assert!(mia.get(&world, &location).await.body.contains("Noted. It is carried out"));
    for _ in 0..3 {
        world.pass(60_000);
        world.settle().await;
    }
    world.row("cancelled", "SELECT id FROM runs WHERE state = 'superseded'").await;
    assert!(mia.get(&world, &location).await.body.contains("done: 1 stopped"));
}

#[tokio::test]
async fn no_webhook_is_taken_for_an_order_of_a_page() {
    let world = with(Permission::Write).await;
    world.pull("one").await;
    world.row("under way", "SELECT id FROM runs WHERE state = 'measuring'").await;
    let payload = serde_json::json!({
        "repository": { "full_name": REPO, "default_branch": "main" }, "pull": 1, "login": "mia", "once": "0", "what": "cancel",
    });
    world.double.send_event("ounce_order", payload).await.unwrap();
    world.row("left alone", "SELECT id FROM deliveries WHERE event = 'ounce_order' AND state = 'ignored'").await;
    assert_eq!(world.count("SELECT COUNT(*) FROM commands").await, 0);
}
