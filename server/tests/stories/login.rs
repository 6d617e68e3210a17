//! People log in with the forge: there and back, what the browser holds, and how a session ends.

use crate::browser::{Browser, ORIGIN};
use crate::world::World;
use github_double::{CLIENT_ID, FaultKind};
use ounce_server::secret::sha256_hex;
use ounce_server::store::sessions::{SESSION_MS, SESSIONS_MAX};
use reqwest::StatusCode;

const SESSION: &str = "__Host-ounce";
const VISIT: &str = "__Host-ounce-visit";

#[tokio::test]
async fn who_logs_in_comes_back_to_where_they_were() {
    let world = World::as_app().await;
    world.double.browser_of(Some("mia"));
    let mut browser = Browser::new();
    let begun = browser.get(&world, "/login?next=/p/acme/blinky%3Fbefore%3D4").await;
    let asked = begun.location().to_owned();
    assert!(asked.starts_with(&format!("{}/login/oauth/authorize?client_id={CLIENT_ID}&", world.double.base_url())), "{asked}");
    assert!(asked.contains("&code_challenge_method=S256") && asked.contains("&state="), "{asked}");
    let answer = browser.log_in(&world, "/p/acme/blinky%3Fbefore%3D4").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/p/acme/blinky?before=4"));
    let set = browser.attributes.iter().find(|set| set.starts_with(&format!("{SESSION}="))).unwrap();
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Domain"), "{set}");
    assert!(!browser.cookies.contains_key(VISIT), "the visit is over");

    let page = browser.get(&world, "/").await;
    assert!(page.body.contains("mia") && page.body.contains("Log out"), "{}", page.body);
    let session = browser.cookies[SESSION].clone();
    assert_eq!(session.len(), 64);
    let kept: String = world.asked("SELECT sha256 FROM sessions").await.unwrap();
    assert_eq!(kept, sha256_hex(&session), "only its hash is kept");
    let tables = ["sessions", "deliveries", "audit"];
    for table in tables {
        let text: &'static str = match table {
            "sessions" => "SELECT COUNT(*) FROM sessions WHERE sha256 LIKE 'ghu%' OR login LIKE 'ghu%'",
            "deliveries" => "SELECT COUNT(*) FROM deliveries WHERE note LIKE '%ghu_%'",
            _ => "SELECT COUNT(*) FROM audit WHERE result LIKE '%ghu_%'",
        };
        assert_eq!(world.count(text).await, 0, "the account's token is nowhere: {table}");
    }
}

#[tokio::test]
async fn an_answer_counts_only_in_the_browser_that_asked_and_once() {
    let world = World::as_app().await;
    world.double.browser_of(Some("mallory"));
    let mut mallory = Browser::new();
    let theirs = mallory.visit(&world, "/").await;
    let exchanges = |world: &World| world.double.count("POST", "/login/oauth/access_token");

    let mut mia = Browser::new();
    let refused = mia.get(&world, &theirs).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "no visit began in this browser");
    mia.visit(&world, "/").await;
    let refused = mia.get(&world, &theirs).await;
    assert_eq!((refused.status, exchanges(&world)), (StatusCode::FORBIDDEN, 0), "another visit did, and nothing was asked of the forge");
    assert!(!mia.cookies.contains_key(SESSION));

    // A code that was stolen on its way is worth nothing without the verifier in the browser.
    let (_, rest) = theirs.split_once("code=").unwrap();
    let code = rest.split('&').next().unwrap();
    let own = mia.visit(&world, "/").await;
    let state = own.split_once("state=").unwrap().1;
    let refused = mia.get(&world, &format!("/login/callback?code={code}&state={state}")).await;
    assert_eq!((refused.status, exchanges(&world)), (StatusCode::BAD_GATEWAY, 1));
    assert!(!mia.cookies.contains_key(SESSION), "{:?}", mia.cookies);

    let answer = mia.log_in(&world, "/").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let again = mallory.get(&world, &theirs).await;
    assert_eq!(again.status, StatusCode::BAD_GATEWAY, "the code was used up");
}

#[tokio::test]
async fn nobody_is_logged_in_where_the_forge_does_not_say_who_it_is() {
    let world = World::as_app().await;
    let mut browser = Browser::new();
    let denied = browser.log_in(&world, "/").await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    assert!(denied.body.contains("did not agree"), "{}", denied.body);
    world.double.browser_of(Some("mia"));
    for path in ["/login/oauth/access_token", "/user"] {
        world.double.inject(path, 1, FaultKind::Status { status: 502 });
        let failed = browser.log_in(&world, "/").await;
        assert_eq!(failed.status, StatusCode::BAD_GATEWAY, "{path}");
        assert!(!failed.body.contains("ghu_") && !browser.cookies.contains_key(SESSION), "{path}");
    }
    let nobody = World::new().await;
    let mut browser = Browser::new();
    let none = browser.get(&nobody, "/login").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.body.contains("client_file") && !browser.get(&nobody, "/").await.body.contains("Log in"));
}

#[tokio::test]
async fn nobody_is_sent_elsewhere() {
    let world = World::as_app().await;
    world.double.browser_of(Some("mia"));
    let mut browser = Browser::new();
    for next in ["https://evil.example", "//evil.example", "/%5Cevil.example", "/%0d%0aSet-Cookie:x=y", "/login", "%"] {
        assert_eq!(browser.log_in(&world, next).await.location(), "/", "{next}");
    }
}

#[tokio::test]
async fn a_session_ends_by_its_owner_by_another_login_and_by_time() {
    let world = World::as_app().await;
    let mut browser = Browser::of(&world, "mia").await;
    let first = browser.cookies[SESSION].clone();
    let logged_in = async |browser: &mut Browser| browser.get(&world, "/").await.body.contains("Log out");

    browser.log_in(&world, "/").await;
    let second = browser.cookies[SESSION].clone();
    assert_ne!(first, second);
    browser.cookies.insert(SESSION.into(), first);
    assert!(!logged_in(&mut browser).await, "another login ends the one before");
    browser.cookies.insert(SESSION.into(), second.clone());

    let csrf = browser.get(&world, "/").await.csrf().to_owned();
    let form = format!("csrf={csrf}");
    assert_eq!(browser.post(&world, "/logout", "csrf=0").await.status, StatusCode::FORBIDDEN);
    let elsewhere = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    assert_eq!(browser.post_from(&world, "/logout", &form, &elsewhere).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post_from(&world, "/logout", &form, &[]).await.status, StatusCode::FORBIDDEN, "a browser that does not say");
    assert!(logged_in(&mut browser).await);
    assert_eq!(browser.post_from(&world, "/logout", &form, &[("origin", ORIGIN)]).await.status, StatusCode::SEE_OTHER);
    browser.cookies.insert(SESSION.into(), second);
    assert!(!logged_in(&mut browser).await, "it is over here, too, not only in the browser");

    let mut browser = Browser::of(&world, "mia").await;
    world.clock.advance(SESSION_MS - 1_000);
    assert!(logged_in(&mut browser).await);
    world.clock.advance(1_000);
    assert!(!logged_in(&mut browser).await, "its time is over");
    world.pass(1);
    world.row("and its row is dropped", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sessions)").await;
    for _ in 0..SESSIONS_MAX + 3 {
        Browser::of(&world, "mia").await;
        world.clock.advance(1);
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM sessions").await, i64::from(SESSIONS_MAX));
}
