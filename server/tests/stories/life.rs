//! Whose bytes: from the largest owner of today to the commit that grew it, and what a release cost.

use crate::browser::Browser;
use crate::history::{JUDGED, measured};
use crate::world::{REPO, World};
use reqwest::StatusCode;

async fn page(world: &World, path: &str) -> String {
    let answer = Browser::new().get(world, &format!("/p/{REPO}/{path}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}\n{}", answer.body);
    answer.body
}

/// All of these are in the page, in this order.
fn in_order(page: &str, parts: &[&str]) {
    let mut rest = page;
    for part in parts {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("{part} is not there, or not in its order: {parts:?}\n{page}")).1;
    }
}

#[tokio::test]
async fn one_walks_from_the_largest_symbol_to_the_commit_that_grew_it() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let push = async |message: &str, n: &str| {
        world.double.commit(REPO, "main", None, message, &[("main.c", Some(n))]).await.unwrap();
        world.row("its run", "SELECT id FROM runs WHERE state = 'measuring'").await;
    };
    push("first of all", "1").await;
    measured(&runner, &[("send", 100), ("init", 30)], &[("send", 100), ("init", 34)]).await;
    world.row("judged", JUDGED).await;
    let tip = world.head("main").await;
    world.double.tag(REPO, "v1.0", &tip, None).await.unwrap();
    world.row("the tag", "SELECT 1 FROM refs WHERE name = 'refs/tags/v1.0'").await;
    push("send with a table", "2").await;
    measured(&runner, &[("send", 100), ("init", 34)], &[("send", 340), ("init", 34)]).await;
    world.row("judged", JUDGED).await;

    // A pull request renames it and gives some of it back.
    let pull = world.pull("rename").await;
    measured(&runner, &[("send", 340), ("init", 34)], &[("send_all", 330), ("init", 34)]).await;
    world.comment_saying(pull, "Within budget").await;
    world.double.merge_pull(REPO, pull, "octocat").await.unwrap();
    world.row("its run", "SELECT id FROM runs WHERE state = 'measuring'").await;
    measured(&runner, &[("send", 340), ("init", 34)], &[("send_all", 330), ("init", 34)]).await;
    world.row("judged", JUDGED).await;
    world.row("landed", "SELECT 1 FROM pulls WHERE landed_sha IS NOT NULL").await;

    let list = page(&world, "symbols?board=disco&days=3650").await;
    in_order(
        &list,
        &[
            "flash: 364 of 1,048,576 B",
            "<code>send_all</code>",
            "330",
            "90.65 %",
            "<code>init</code>",
            "Who added bytes",
            "+240 B",
            "send with a table",
        ],
    );

    let since = page(&world, "symbols?board=disco&since=v1.0").await;
    in_order(
        &since,
        &[
            "What it cost and what it bought, since",
            "134 → 364 B",
            "+230 B",
            "134 → 364 B",
            "sum",
            "The largest contributions",
            "send with a table",
            "+240 B",
            "Faster",
            "−10 B",
        ],
    );
    assert!(!since.contains("30 → 34 B"), "what was before the tag is no part of it");

    // Whether the rename is found depends on the shapes that the runner sends: without, the old one is gone and the new one came.
    let gone = page(&world, "symbols?board=disco&q=send").await;
    let one = page(&world, "symbol?name=send").await;
    in_order(&one, &["Changes", &format!("#{pull}"), "340 → 0", "send with a table", "100 → 340", "+240 B"]);
    assert!(gone.contains("Not there any more") && gone.contains("name=send&"), "{gone}");
    let answer = Browser::new().get(&world, &format!("/p/{REPO}/symbol?name=sendd")).await;
    assert!(answer.status == StatusCode::NOT_FOUND && answer.body.contains("Did you mean"), "{}", answer.body);
    let csv = page(&world, "symbol?name=send&format=csv").await;
    assert_eq!(csv.lines().count(), 5, "a line for each board and change\n{csv}");
}

#[tokio::test]
async fn a_private_projects_symbols_are_there_for_nobody_else() {
    let world = World::as_app().await;
    world.pull("hidden").await;
    world.row("the project", "SELECT id FROM projects WHERE is_private = 1").await;
    for path in ["symbols", "symbol?name=main", "tradeoffs", "prices", "prices?format=json", "symbol?name=main&format=csv"] {
        let (hidden, absent) = (
            Browser::new().get(&world, &format!("/p/{REPO}/{path}")).await,
            Browser::new().get(&world, &format!("/p/no/body/{path}")).await,
        );
        assert_eq!((hidden.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
        let plain = |body: &str| body.replace(REPO, "X").replace("no/body", "X").replace("acme%2Fblinky", "X").replace("no%2Fbody", "X");
        assert!(!hidden.body.contains("hidden") && hidden.body.len().abs_diff(absent.body.len()) < 40, "{path}: {}", plain(&hidden.body));
    }
}
