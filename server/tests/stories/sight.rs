//! Who sees what of a private project: pages, API, badges, lists.

use crate::browser::Browser;
use crate::world::{REPO, World};
use github_double::{FaultKind, Permission};
use ounce_protocol::ids::RepoName;
use ounce_server::secret::sha256_hex;
use ounce_server::store::audit::{self, Done};
use ounce_server::store::sight::{self, Visibility};
use ounce_server::store::{projects, tokens};
use ounce_server::web::access::{About, ROLE_MS, ROUTES};
use ounce_server::web::guess::WRONG_OF_ADDRESS_MAX;
use ounce_server::work::housekeeping::SIGHT_MS;
use reqwest::{StatusCode, header};

/// Where anything may be asked of by anybody. A new route stands here only if it says nothing of any project.
const OPEN: [&str; 25] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/assets/ounce.css",
    "/assets/icon.svg",
    "/assets/ounce.js",
    "/assets/chart.js",
    "/assets/log.js",
    "/assets/uplot.js",
    "/assets/htmx.js",
    "/login",
    "/login/callback",
    "/logout",
    "/webhooks/github",
    "/api/runner/v1/enroll",
    "/api/runner/v1/rotate",
    "/api/runner/v1/confirm",
    "/api/runner/v1/claim",
    "/api/runner/v1/jobs/{id}/heartbeat",
    "/api/runner/v1/jobs/{id}/earlier",
    "/api/runner/v1/jobs/{id}/measurement",
    "/api/runner/v1/jobs/{id}/finish",
    "/api/v1/openapi.json",
    "/api/v1/{*rest}",
    "/tour",
];
/// The same, for what is not of a project and yet of the lab.
const OF_THE_LAB: [&str; 3] = ["/api/v1/runners", "/lab", "/api/v1/lab"];

/// A private project with a run that was weighed.
async fn weighed(world: &World) {
    world.pull("faster").await;
    world.row("a run", "SELECT id FROM runs WHERE state = 'measuring'").await;
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.heartbeat(&lease, "cc main.c\n").await;
        runner.measure(&lease, 1_000, 1_100).await;
    }
    world.row("judged", "SELECT id FROM runs WHERE state = 'judged'").await;
}

async fn private() -> World {
    let world = World::as_app().await;
    weighed(&world).await;
    world
}

/// A route's address with what is there, and with what is not.
fn both(route: &str) -> (String, String) {
    let (owner, name) = REPO.split_once('/').unwrap();
    let filled = |owner: &str, name: &str, id: &str| {
        route.replace("{owner}", owner).replace("{name}", name).replace("{board}", "disco").replace("{sha}", "latest").replace("{id}", id)
    };
    (filled(owner, name, "1"), filled("no", "body", "999999"))
}

fn of_a_project() -> Vec<&'static str> {
    let is = |about: &About| matches!(about, About::Project | About::Run | About::Job);
    ROUTES.iter().filter(|(_, about)| is(about)).map(|(route, _)| *route).collect()
}

async fn token(world: &World, repo: &str, name: &str) -> String {
    let mut c = world.store.connection().await.unwrap();
    let project = match projects::find(&mut c, &RepoName::parse(repo).unwrap()).await.unwrap() {
        Some(project) => project,
        None => projects::project(&mut c, &RepoName::parse(repo).unwrap(), "main", 0).await.unwrap(),
    };
    let token = format!("ounce_{repo}_{name}");
    assert!(tokens::add(&mut c, project, name, &sha256_hex(&token), world.clock.now()).await.unwrap());
    token
}

#[test]
fn a_new_route_says_what_it_is_about() {
    let open: Vec<&str> =
        ROUTES.iter().filter(|(_, about)| matches!(about, About::Nothing | About::Proved)).map(|(path, _)| *path).collect();
    let mut known: Vec<&str> = OPEN.into_iter().chain(OF_THE_LAB).collect();
    known.sort_unstable();
    let mut sorted = open;
    sorted.sort_unstable();
    assert_eq!(sorted, known, "a route for everybody has to be in this list, too");
    assert!(of_a_project().iter().all(|route| ["{owner}", "{id}"].iter().any(|param| route.contains(param))));
}

#[tokio::test]
async fn what_may_not_be_seen_is_what_is_not_there() {
    let world = private().await;
    let described: serde_json::Value = world.http.get(world.url("/api/v1/openapi.json")).send().await.unwrap().json().await.unwrap();
    for path in described["paths"].as_object().unwrap().keys() {
        assert!(ROUTES.iter().any(|(route, _)| route == path), "{path} is described and not in the table");
    }
    world.double.set_permission(REPO, "mia", Permission::Read).unwrap();
    let (mut stranger, mut mallory, mut mia) = (Browser::new(), Browser::of(&world, "mallory").await, Browser::of(&world, "mia").await);
    for route in of_a_project() {
        let (there, not_there) = both(route);
        for (who, browser) in [("a stranger", &mut stranger), ("somebody else", &mut mallory)] {
            let (hidden, absent) = (browser.get(&world, &there).await, browser.get(&world, &not_there).await);
            assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{who} {there}: {}", hidden.body);
            let plain = |answer: &crate::browser::Answer, path: &str| {
                let mut headers = answer.headers.clone();
                headers.remove(header::DATE);
                headers.remove(header::CONTENT_LENGTH);
                (answer.status, format!("{headers:?}"), answer.body.replace(path, "HERE"))
            };
            assert_eq!(plain(&hidden, &there), plain(&absent, &not_there), "{who} {there}");
            let (hidden, absent) = (browser.post(&world, &there, "x=y").await, browser.post(&world, &not_there, "x=y").await);
            assert_eq!(plain(&hidden, &there), plain(&absent, &not_there), "{who} posts {there}");
        }
        let seen = mia.get(&world, &there).await;
        assert!(!matches!(seen.status, StatusCode::NOT_FOUND), "{there}: {}", seen.body);
        if seen.status == StatusCode::OK {
            let keep = seen.headers[header::CACHE_CONTROL].to_str().unwrap();
            assert!(keep.starts_with("private, no-"), "{there}: {keep}");
        }
    }
    for path in ["/", "/api/v1/projects"] {
        for (browser, sees) in [(&mut stranger, false), (&mut mallory, false), (&mut mia, true)] {
            assert_eq!(browser.get(&world, path).await.body.contains(REPO), sees, "{path}");
        }
    }
}

#[tokio::test]
async fn the_forges_word_counts_until_the_operator_speaks() {
    let world = World::new().await;
    weighed(&world).await;
    let sees = async || world.http.get(world.url("/runs/1")).send().await.unwrap().status() == StatusCode::OK;
    assert!(sees().await, "a public repository");
    world.double.set_private(REPO, true).unwrap();
    world.row("asked at the start", "SELECT id FROM projects WHERE is_private = 0").await;
    world.pass(SIGHT_MS + 1);
    world.row("private now", "SELECT id FROM projects WHERE is_private = 1").await;
    assert!(!sees().await, "it became private, of which no event told");

    let project = world.count("SELECT id FROM projects").await;
    let say = async |visibility| sight::set(&mut world.store.connection().await.unwrap(), project, visibility).await.unwrap();
    say(Visibility::Public).await;
    assert!(sees().await, "the operator shows it all the same");
    say(Visibility::Forge).await;
    assert!(!sees().await);

    // An event of before, sent again, shows nothing that the forge has said to be private.
    sight::heard(&mut world.store.connection().await.unwrap(), project, false).await.unwrap();
    assert!(!sees().await, "an old event");
    world.double.set_private(REPO, false).unwrap();
    world.pass(SIGHT_MS + 1);
    world.row("public again", "SELECT id FROM projects WHERE is_private = 0").await;
    assert!(sees().await);
    sight::heard(&mut world.store.connection().await.unwrap(), project, true).await.unwrap();
    assert!(!sees().await, "an event hides at once");
    world.pass(SIGHT_MS + 1);
    world.row("public again", "SELECT id FROM projects WHERE is_private = 0").await;
    say(Visibility::Private).await;
    assert!(!sees().await, "the operator hides it all the same");
}

#[tokio::test]
async fn what_the_server_may_not_see_any_more_is_not_shown_and_a_forge_that_is_away_changes_nothing() {
    let world = World::new().await;
    weighed(&world).await;
    world.row("public, says the event", "SELECT id FROM projects WHERE is_private = 0").await;
    world.settle().await;
    let before = world.count("SELECT asked_ms FROM projects").await;
    world.double.inject("/repos/acme/blinky", 1, FaultKind::Status { status: 502 });
    world.pass(SIGHT_MS + 1);
    world.settle().await;
    assert_eq!(world.count("SELECT is_private FROM projects").await, 0, "as it was");
    world.row("asked again", "SELECT id FROM projects WHERE asked_ms > 0").await;
    assert!(world.count("SELECT asked_ms FROM projects").await >= before);

    world.double.set_private(REPO, true).unwrap();
    world.double.set_permission(REPO, "ounce-bot", Permission::None).unwrap();
    world.pass(SIGHT_MS + 1);
    world.row("hidden", "SELECT id FROM projects WHERE is_private = 1").await;
}

#[tokio::test]
async fn a_right_that_was_taken_is_gone_within_minutes_and_a_silent_forge_gives_none() {
    let world = private().await;
    world.double.set_permission(REPO, "mia", Permission::Read).unwrap();
    let mut mia = Browser::of(&world, "mia").await;
    assert_eq!(mia.get(&world, "/runs/1").await.status, StatusCode::OK);
    world.double.set_permission(REPO, "mia", Permission::None).unwrap();
    assert_eq!(mia.get(&world, "/runs/1").await.status, StatusCode::OK, "the forge is not asked for each page");
    world.clock.advance(ROLE_MS);
    assert_eq!(mia.get(&world, "/runs/1").await.status, StatusCode::NOT_FOUND);

    world.double.set_permission(REPO, "mia", Permission::Read).unwrap();
    world.clock.advance(ROLE_MS);
    world.double.inject("/permission", 1, FaultKind::Status { status: 502 });
    assert_eq!(mia.get(&world, "/runs/1").await.status, StatusCode::NOT_FOUND, "nobody said that she may");
    assert_eq!(mia.get(&world, "/runs/1").await.status, StatusCode::OK, "and a failure is not remembered");
}

#[tokio::test]
async fn a_token_reads_one_project_until_it_is_taken_back() {
    let world = private().await;
    let (good, other) = (token(&world, REPO, "ci").await, token(&world, "acme/other", "ci").await);
    let asks = async |path: &str, token: &str| {
        let answer = world.http.get(world.url(path)).header(header::AUTHORIZATION, format!("Bearer {token}")).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    for route in of_a_project().into_iter().filter(|route| route.starts_with("/api/")) {
        let (there, _) = both(route);
        assert_eq!(asks(&there, &good).await.0, StatusCode::OK, "{there}");
        assert_eq!(asks(&there, &other).await.0, StatusCode::NOT_FOUND, "{there}");
        assert_eq!(asks(&there, "made-up").await.0, StatusCode::UNAUTHORIZED, "{there}");
    }
    assert!(asks("/api/v1/projects", &good).await.1.contains(REPO) && !asks("/api/v1/projects", &other).await.1.contains(REPO));
    assert_eq!(asks("/runs/1", &good).await.0, StatusCode::NOT_FOUND, "pages are for people");
    let basic = world.http.get(world.url("/api/v1/projects")).header(header::AUTHORIZATION, "Basic bGFiOnNlc2FtZQ==").send().await.unwrap();
    assert_eq!(basic.status(), StatusCode::OK, "the password of a proxy before us is nothing to us");
    let kept = world.count("SELECT COUNT(*) FROM read_tokens WHERE used_ms IS NOT NULL").await;
    assert_eq!(kept, 2, "when each was used last is known");
    assert_eq!(world.count("SELECT COUNT(*) FROM read_tokens WHERE sha256 LIKE '%ounce%'").await, 0, "only the hash is kept");

    let project = world.count("SELECT project_id FROM read_tokens WHERE id = 1").await;
    assert!(tokens::revoke(&mut world.store.connection().await.unwrap(), project, "ci", world.clock.now()).await.unwrap());
    assert_eq!(asks("/api/v1/runs/1", &good).await.0, StatusCode::UNAUTHORIZED);
    for _ in 0..WRONG_OF_ADDRESS_MAX {
        asks("/api/v1/projects", "guess").await;
    }
    assert_eq!(asks("/api/v1/projects", "guess").await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(asks("/api/v1/projects", &other).await.0, StatusCode::OK, "who has proved itself goes on");
}

/// A tag without what stands in its quotes: the names of its attributes.
fn unquoted(tag: &str) -> String {
    let mut open = None;
    tag.chars()
        .filter(|&c| match open {
            Some(quote) => {
                if c == quote {
                    open = None;
                }
                false
            }
            None => {
                if matches!(c, '"' | '\'') {
                    open = Some(c);
                }
                true
            }
        })
        .collect()
}

#[tokio::test]
async fn a_browser_is_told_to_run_nothing_on_any_page() {
    let mut world = World::as_app().await;
    world.stop().await;
    world.config.admins = vec!["mia".into()];
    world.start().await;
    weighed(&world).await;
    // Pages with what only those have who may command, and hostile words wherever somebody else's words are.
    world.double.set_permission(REPO, "mia", Permission::Write).unwrap();
    world
        .emptied(
            "UPDATE pulls SET title = '<script>alert(1)</script>\" onload=x style=y'; UPDATE projects SET title = '<img src=x onerror=y>'",
        )
        .await;
    let done = Done { who: "<script>", what: "<style>", target: "\" onclick=x", origin: "javascript:x", result: "<script>" };
    audit::note(&mut world.store.connection().await.unwrap(), done, world.clock.now()).await.unwrap();
    let (mut mia, mut stranger) = (Browser::of(&world, "mia").await, Browser::new());
    let mut read = 0;
    for (route, about) in ROUTES {
        let path = match route.contains("{*rest}") {
            true => "/api/v1/nowhere".to_owned(),
            false => both(route).0,
        };
        for (who, browser) in [("mia", &mut mia), ("a stranger", &mut stranger)] {
            let answer = browser.get(&world, &path).await;
            for (name, value) in [
                (
                    "content-security-policy",
                    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
                ),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
                ("cross-origin-opener-policy", "same-origin"),
            ] {
                assert_eq!(answer.headers.get(name).and_then(|value| value.to_str().ok()), Some(value), "{who} {path} {about:?}");
            }
            let kind = answer.headers.get(header::CONTENT_TYPE).map_or("", |value| value.to_str().unwrap());
            if !kind.starts_with("text/html") && !kind.starts_with("image/svg") {
                continue;
            }
            read += 1;
            let tags: Vec<&str> = answer.body.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()).collect();
            for tag in tags {
                // Our own files are loaded, by their addresses and nothing else.
                let ours = tag.starts_with("script src=\"/assets/") && tag.ends_with("\" defer");
                let bad = !ours && ["script", "style"].iter().any(|name| tag.to_lowercase().starts_with(name))
                    || [" on", " style="].iter().any(|part| unquoted(tag).to_lowercase().contains(part))
                    || tag.to_lowercase().contains("javascript:");
                assert!(!bad, "{who} {path}: <{tag}>");
            }
        }
    }
    assert!(read >= 18, "only {read} pages were read");
    let page = mia.get(&world, "/runs/1").await.body;
    assert!(page.contains("/runs/1/run") && page.contains("&#60;script&#62;"), "with forms, and with hostile words: {page}");
}
