//! Size against speed: each judged run leaves a short row for each board, and the page draws those.

use crate::browser::Browser;
use crate::runner::{ScriptedRunner, build_failed, built};
use crate::world::{REPO, World};
use ounce_protocol::ids::RepoName;
use ounce_server::store::{pages, tradeoffs};
use reqwest::StatusCode;

async fn measure(runner: &ScriptedRunner, base: u64, head: u64) {
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.measure(&lease, base, head).await;
    }
}

const ROWS: &str = "SELECT COUNT(*) FROM tradeoffs";

#[tokio::test]
async fn what_landed_is_drawn_and_what_is_open_is_hollow() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let pull = world.pull("faster").await;
    measure(&runner, 1_000, 1_100).await;
    world.comment_saying(pull, "Within budget").await;
    assert_eq!(world.count(ROWS).await, 2, "a row for each board");

    let page = async || {
        let answer = Browser::new().get(&world, &format!("/p/{REPO}/tradeoffs?days=3650")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    };
    let open = page().await;
    // Instructions are 1,000 and the bytes here: 5 % more. Only disco counts them, so it is the board shown.
    for part in [
        "Size against speed on disco",
        "hollow: still open",
        "+100 B",
        "+5.00 %",
        "cost <span class=\"quiet\">open</span>",
        "<b>0</b> costs",
    ] {
        assert!(open.contains(part), "{part}\n{open}");
    }

    world.double.merge_pull(REPO, pull, "octocat").await.unwrap();
    world.row("its run", "SELECT id FROM runs WHERE kind = 'push' AND state = 'measuring'").await;
    measure(&runner, 1_000, 1_100).await;
    world.row("closed and landed", "SELECT 1 FROM pulls WHERE is_open = 0 AND landed_sha IS NOT NULL").await;
    world.row("judged", "SELECT 1 FROM runs WHERE kind = 'push' AND state = 'judged'").await;
    let landed = page().await;
    assert!(landed.contains("<b>1</b> costs") && !landed.contains("still open") && landed.contains(&format!("#{pull}")), "{landed}");

    // What a board could not be compared for has no row.
    world.double.commit(REPO, "main", None, "broken", &[("main.c", Some("?"))]).await.unwrap();
    for _ in 0..2 {
        let lease = runner.claim().await;
        let head = match lease.work.board.as_str() {
            "disco" => build_failed(&lease, &lease.work.head, "no such file"),
            _ => built(&lease, &lease.work.head, 1_100),
        };
        runner.measured(&lease, built(&lease, &lease.work.base, 1_100), head).await;
    }
    world.row("judged", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM runs WHERE state <> 'judged')").await;
    let mut c = world.store.connection().await.unwrap();
    let project = pages::project(&mut c, &RepoName::parse(REPO).unwrap()).await.unwrap().unwrap().id;
    let of = |rows: Vec<tradeoffs::TradeRow>| rows.into_iter().map(|row| (row.flash_delta, row.tendency)).collect::<Vec<_>>();
    assert_eq!(of(tradeoffs::landed(&mut c, project, "disco", (0, 0)).await.unwrap()), [(100, "cost".to_owned())]);
    assert_eq!(of(tradeoffs::landed(&mut c, project, "mini", (0, 0)).await.unwrap()), [(0, "free".to_owned()), (100, "cost".to_owned())]);
    assert!(tradeoffs::open(&mut c, project, "disco").await.unwrap().is_empty());
}
