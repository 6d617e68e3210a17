//! Any two commits against each other, one commit, and one build: the pages and their files.

use crate::commands::{answer, gift, says};
use crate::runner::{ScriptedRunner, build_failed, built};
use crate::world::{REPO, World};
use ounce_analysis::Comparison;
use ounce_protocol::ids::CommitSha;
use ounce_protocol::measurement::{BenchOutcome, Ledger, Measurement, Outcome, Row};
use ounce_protocol::runner_api::Lease;
use reqwest::{Response, StatusCode, header};
use std::collections::BTreeMap;

const JUDGED: &str = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM runs WHERE state <> 'judged')";

async fn get(world: &World, path: &str) -> Response {
    world.http.get(world.url(&format!("/p/{REPO}/{path}"))).send().await.unwrap()
}

/// A page that is there, with these words in it.
async fn shows(world: &World, path: &str, words: &[&str]) -> String {
    let answer = get(world, path).await;
    let (status, page) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{path}\n{page}");
    for word in words {
        assert!(page.contains(word), "{path}: {word}\n{page}");
    }
    assert!(page.len() < 150_000, "{path}: {} bytes", page.len());
    page
}

async fn file(world: &World, path: &str, kind: &str, name: &str) -> String {
    let answer = get(world, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    assert_eq!(answer.headers()[header::CONTENT_TYPE], kind, "{path}");
    assert_eq!(answer.headers()[header::CONTENT_DISPOSITION], format!("attachment; filename=\"{name}\""), "{path}");
    answer.text().await.unwrap()
}

/// What a side of a job weighs, by the commit: rows by name and bytes, and by which compiler.
#[derive(Default)]
struct Scales {
    rows: BTreeMap<String, Vec<(&'static str, u64)>>,
    cc: Option<&'static str>,
}

impl Scales {
    fn of(&mut self, sha: &str, rows: &[(&'static str, u64)]) {
        self.rows.insert(sha.to_owned(), rows.to_vec());
    }

    fn side(&self, lease: &Lease, sha: &CommitSha) -> Measurement {
        let rows = self.rows.get(sha.as_str()).cloned().unwrap_or_else(|| vec![("main", 100)]);
        let mut measurement = built(lease, sha, rows.iter().map(|(_, bytes)| bytes).sum());
        let Outcome::Built { ledger, .. } = &mut measurement.outcome else { return measurement };
        let row = |(name, bytes): &(&str, u64)| Row {
            name: (*name).into(),
            group: name.split("::").next().unwrap_or("C").into(),
            section: ".text".into(),
            bytes: *bytes,
            ..Row::default()
        };
        ledger.regions[0].rows = rows.iter().map(row).collect();
        if let Some(cc) = self.cc {
            measurement.fingerprint.0.insert("cc".into(), cc.into());
        }
        measurement
    }

    /// Both boards of the next run.
    async fn weigh(&self, world: &World, runner: &ScriptedRunner) {
        for _ in 0..2 {
            let lease = runner.claim().await;
            runner.measured(&lease, self.side(&lease, &lease.work.base), self.side(&lease, &lease.work.head)).await;
        }
        world.row("judged", JUDGED).await;
    }
}

async fn push(world: &World, n: &str) -> String {
    world.double.commit(REPO, "main", None, &format!("step {n}"), &[("main.c", Some(n))]).await.unwrap()
}

/// A history of three commits, each weighed against the one before it.
async fn history() -> (World, ScriptedRunner, Scales, [String; 3]) {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let first = world.head("main").await;
    let mut scales = Scales::default();
    scales.of(&first, &[("uart::send", 100), ("uart::init", 40)]);
    let second = push(&world, "2").await;
    scales.of(&second, &[("uart::send", 160), ("uart::init", 40)]);
    scales.weigh(&world, &runner).await;
    let third = push(&world, "3").await;
    scales.of(&third, &[("uart::send", 160), ("core::fmt", 24)]);
    scales.weigh(&world, &runner).await;
    (world, runner, scales, [first, second, third])
}

#[tokio::test]
async fn two_commits_that_a_run_judged_show_that_runs_comparison() {
    let (world, _, _, [first, second, _]) = history().await;
    let pair = format!("compare?base={first}&head={second}");
    let page = shows(&world, &pair, &["As judged in <a href=\"/runs/1\">run 1</a>", "uart::send", ">+60 B</td>", "grown, 100 → 160"]).await;
    assert!(page.contains(&format!("/p/{REPO}/symbol?board=disco&#38;name=uart%3A%3Asend")), "a link into the symbol's life: {page}");
    let whole = shows(&world, &format!("{pair}&board=disco"), &["side by side", "1 owner whose bytes changed"]).await;
    assert!(!whole.contains("board-mini"), "only the board that was asked for");

    let stem = format!("blinky-{}-{}", &first[..10], &second[..10]);
    let json = file(&world, &format!("{pair}&format=json"), "application/json", &format!("{stem}.json")).await;
    let api: Comparison = world.http.get(world.url("/api/v1/runs/1/comparison")).send().await.unwrap().json().await.unwrap();
    assert_eq!(serde_json::from_str::<Comparison>(&json).unwrap(), api);
    let md = file(&world, &format!("{pair}&format=md"), "text/markdown; charset=utf-8", &format!("{stem}.md")).await;
    assert_eq!(md, ounce_report::body(&api));
    let csv = file(&world, &format!("{pair}&format=csv&board=disco"), "text/csv; charset=utf-8", &format!("{stem}-disco.csv")).await;
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(lines[0].starts_with("board,region,kind,change,owner,name"), "{csv}");
    assert!(lines[1].starts_with("disco,flash,flash,grown,symbol,uart::send,uart,,,100,160,60,"), "{csv}");
    assert!(lines[2].starts_with("disco,,benchmark,grown,,sum,,,,,,,1140,1200,"), "{csv}");
    assert_eq!((lines.len(), lines[3]), (4, ""), "{csv}");
    let run = world.http.get(world.url("/runs/1")).send().await.unwrap().text().await.unwrap();
    assert!(
        run.contains(&format!("/{pair}\">Unfold: compare").replace('&', "&amp;")) && run.contains(&format!("/builds/{second}/disco")),
        "{run}"
    );
}

#[tokio::test]
async fn two_commits_that_nobody_compared_are_composed_as_ounce_compare_would() {
    let (world, runner, scales, [first, _, third]) = history().await;
    let pair = format!("compare?base={first}&head={third}");
    shows(&world, &pair, &["Composed of what was measured of each before", ">+60 B</td>", ">−40 B</td>", ">+24 B</td>"]).await;
    let composed = get(&world, &format!("{pair}&format=md")).await.text().await.unwrap();
    shows(&world, &format!("{pair}&board=disco"), &["What came and went in flash of disco", "+44 B: 84 came, 40 went", "group=uart"]).await;
    // One order of rows, one filter.
    let filtered = shows(&world, &format!("{pair}&board=disco&kind=symbols&group=core&q=FMT"), &["core::fmt", "1 of 3 owners"]).await;
    assert!(!filtered.contains("uart::send</code></a>"), "{filtered}");
    shows(&world, &format!("{pair}&board=disco&q=nothing"), &["None of the 3 owners is like this"]).await;

    let pull = world.pull("asks").await;
    scales.weigh(&world, &runner).await;
    says(&world, pull, &format!("/ounce compare {first}..{third}")).await;
    world.row("asked", "SELECT id FROM runs WHERE kind = 'compare'").await;
    scales.weigh(&world, &runner).await;
    let page = shows(&world, &pair, &["As judged in"]).await;
    assert!(!page.contains("Composed of"), "{page}");
    let judged = get(&world, &format!("{pair}&format=md")).await.text().await.unwrap();
    assert_eq!(composed, judged, "the same bytes, whoever compares");
}

#[tokio::test]
async fn commits_are_named_as_people_name_them() {
    let (world, runner, scales, [first, second, third]) = history().await;
    let pull = world.pull("faster").await;
    scales.weigh(&world, &runner).await;
    let own = world.head("faster").await;
    let landing: String = world.asked("SELECT head_sha FROM runs WHERE kind = 'pull'").await.unwrap();
    assert_ne!(own, landing, "it is weighed as it would land");
    world.double.tag(REPO, "v1.0", &first, None).await.unwrap();
    world.row("the tag", "SELECT 1 FROM refs WHERE name = 'refs/tags/v1.0'").await;
    let check = async |base: &str, head: &str, [b, h]: [&str; 2]| {
        let json = get(&world, &format!("compare?base={base}&head={head}&format=json")).await;
        assert_eq!(json.status(), StatusCode::OK, "{base} {head}");
        let comparison: Comparison = json.json().await.unwrap();
        assert_eq!((comparison.base.as_str(), comparison.head.as_str()), (b, h), "{base} {head}");
    };
    check(&first[..7], &second[..12].to_uppercase(), [&first, &second]).await;
    check("v1.0", "latest", [&first, &third]).await;
    check("refs%2Ftags%2Fv1.0", "", [&first, &third]).await;
    check(&format!("%23{pull}"), &format!("pull%2F{pull}"), [&third, &landing]).await;
    check("v1.0", &pull.to_string(), [&first, &landing]).await;
    check("v1.0", &own, [&first, &landing]).await;

    // A name that no push told of is asked of the forge, once, and kept.
    world.emptied("DELETE FROM refs").await;
    check("v1.0", "main", [&first, &third]).await;
    let kept: Vec<String> = ounce_server::store::sql::sql("SELECT name FROM refs ORDER BY name")
        .fetch_all(&mut world.store.connection().await.unwrap())
        .await
        .unwrap();
    assert_eq!(kept, ["refs/heads/main", "refs/tags/v1.0"]);
    let unknown = get(&world, "compare?base=v1.o&head=latest").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let page = unknown.text().await.unwrap();
    assert!(page.contains("and the forge knows no such tag or branch either") && page.contains("did you mean `v1.0`?"), "{page}");
    shows(&world, "compare", &["Often asked", "Pull request #1", "newest weighed commit of main"]).await;
}

#[tokio::test]
async fn figures_of_other_tools_are_not_subtracted_and_shared_ones_are_found() {
    let (world, runner, mut scales, [first, second, third]) = history().await;
    scales.cc = Some("cc 2");
    let fourth = push(&world, "4").await;
    scales.of(&fourth, &[("uart::send", 200)]);
    scales.weigh(&world, &runner).await;
    // The third was measured by both compilers; with the fourth it shares the new one, with the first the old one.
    let json = async |base: &str, head: &str| -> Comparison {
        get(&world, &format!("compare?base={base}&head={head}&format=json")).await.json().await.unwrap()
    };
    assert!(json(&third, &fourth).await.boards[0].fingerprint_changes.is_empty());
    assert!(json(&first, &third).await.boards[0].fingerprint_changes.is_empty());
    let across = json(&second, &fourth).await;
    assert_eq!(across.boards[0].fingerprint_changes, ["cc: cc 1.0 at the base, cc 2 at the head"]);
    let page = shows(&world, &format!("compare?base={second}&head={fourth}&board=disco"), &["The tools of the two sides differ"]).await;
    assert!(!page.contains("Whose bytes moved"), "{page}");
}

#[tokio::test]
async fn a_board_without_figures_says_what_to_do_and_a_strangers_stand_for_nothing() {
    let (world, runner, scales, [first, _, third]) = history().await;
    let bare = world.double.commit(REPO, "bare", Some("main"), "aside", &[("bare.c", Some("1"))]).await.unwrap();
    world.double.tag(REPO, "bare-1", &bare, None).await.unwrap();
    world.row("the tag", "SELECT 1 FROM refs WHERE name = 'refs/tags/bare-1'").await;
    let order = format!("<code id=\"order\">/ounce compare {first}..{bare}</code>");
    shows(&world, &format!("compare?base={first}&head=bare-1"), &["no figures of the head", &order, "data-copy"]).await;

    let (pull, own) = gift(&world).await;
    let order = says(&world, pull, &format!("/ounce approve {own}")).await;
    answer(&world, pull, order, "Approved").await;
    world.row("approved", "SELECT id FROM runs WHERE kind = 'pull' AND state = 'measuring'").await;
    scales.weigh(&world, &runner).await;
    shows(&world, &format!("compare?base=%23{pull}&head=%23{pull}"), &["As judged in"]).await;
    shows(&world, &format!("compare?base={first}&head=%23{pull}"), &["was measured only as a stranger&#39;s"]).await;
    let head: String = world.asked("SELECT head_sha FROM runs WHERE trusted = 0").await.unwrap();
    shows(&world, &format!("builds/{head}/disco"), &["for a stranger's pull request"]).await;
    let page = shows(&world, &format!("commits/{head}"), &["measured for a stranger&#39;s pull request only"]).await;
    assert!(!page.contains("figure</th>") && third.len() == 40, "{page}");
}

#[tokio::test]
async fn a_commit_says_how_it_came_what_it_weighs_and_what_it_changed() {
    let (world, runner, mut scales, [first, second, third]) = history().await;
    world.double.tag(REPO, "v1.0", &first, None).await.unwrap();
    world.row("the tag", "SELECT 1 FROM refs WHERE name = 'refs/tags/v1.0'").await;
    let pull = world.pull("more").await;
    let landing = |scales: &mut Scales, sha: &str| scales.of(sha, &[("uart::send", 600), ("core::fmt", 24)]);
    world.row("planned", "SELECT id FROM runs WHERE kind = 'pull'").await;
    let head: String = world.asked("SELECT head_sha FROM runs WHERE kind = 'pull'").await.unwrap();
    landing(&mut scales, &head);
    scales.weigh(&world, &runner).await;
    world.comment_saying(pull, "Over budget").await;
    says(&world, pull, "/ounce accept \"the table pays\"").await;
    world.row("accepted", "SELECT id FROM acceptances").await;
    world.row("judged again", JUDGED).await;
    let by = world.double.merge_pull(REPO, pull, "octocat").await.unwrap();
    landing(&mut scales, &by);
    scales.weigh(&world, &runner).await;
    world.row("landed", "SELECT 1 FROM pulls WHERE landed_sha IS NOT NULL").await;

    let page = shows(
        &world,
        &format!("commits/{by}"),
        &[
            "landed pull request",
            "Faster",
            ">+440 B (+239.13 %)</td>",
            "uart::send",
            "grown in flash",
            "the table pays",
            "v1.0, the last tag before it",
        ],
    )
    .await;
    for link in [format!("/builds/{by}/disco"), format!("compare?base={third}&#38;head={by}"), format!("compare?base=v1.0&#38;head={by}")] {
        assert!(page.contains(&link), "{link}\n{page}");
    }
    shows(&world, &format!("commits/{second}"), &["step 2", ">+60 B", "flash +60 B, 1 owner"]).await;
    shows(&world, &format!("commits/{first}"), &["tag <bdi>v1.0</bdi>", "140 B"]).await;
    let plain = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let to = async |path: String| {
        let answer = plain.get(world.url(&format!("/p/{REPO}/{path}"))).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
    };
    assert_eq!(to(format!("commits/{}", &second[..8])).await, format!("/p/{REPO}/commits/{second}"));
    assert_eq!(to("commits/v1.0".into()).await, format!("/p/{REPO}/commits/{first}"));
    let build = format!("builds/{}/disco?format=csv", &second[..8]);
    assert_eq!(to(build).await, format!("/p/{REPO}/builds/{second}/disco?format=csv"));
}

#[tokio::test]
async fn a_build_shows_its_bytes_level_by_level() {
    let (world, _, _, [_, second, third]) = history().await;
    let build = format!("builds/{second}/disco");
    let page =
        shows(&world, &build, &["200 of 1,048,576 B", "<title>uart", "uart::send", ">160</td>", "80.0 %", "1,200", "96 B", "cc 1.0"]).await;
    assert!(page.contains("root=uart"), "levels are links: {page}");
    let level =
        shows(&world, &format!("builds/{third}/disco?root=core"), &["aria-current=\"true\"><bdi>core</bdi>", "1 owner, 24 B"]).await;
    assert!(!level.contains("uart::send"), "{level}");
    shows(&world, &format!("{build}?q=init&sort=name"), &["1 of 2 owners, 40 B together"]).await;

    let stem = format!("blinky-disco-{}", &second[..10]);
    let csv = file(&world, &format!("{build}?format=csv"), "text/csv; charset=utf-8", &format!("{stem}.csv")).await;
    let json = file(&world, &format!("{build}?format=json"), "application/json", &format!("{stem}.json")).await;
    let ledger: Ledger = serde_json::from_str(&json).unwrap();
    assert_eq!((ledger.regions[0].used_bytes, csv), (200, ounce_report::size_csv(&ledger)));
}

#[tokio::test]
async fn a_build_that_failed_says_so_and_the_counts_of_equal_bytes_are_the_bases() {
    let world = World::new().await;
    let runner = world.runner("desk").await;
    let tip = push(&world, "2").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        let base = built(&lease, &lease.work.base, 100);
        let head = match lease.work.board.as_str() {
            "mini" => build_failed(&lease, &lease.work.head, "main.c:1: error: <expected>"),
            _ => {
                let mut head = built(&lease, &lease.work.head, 100);
                let Outcome::Built { benches, .. } = &mut head.outcome else { unreachable!("it was built") };
                benches.values_mut().for_each(|bench| *bench = BenchOutcome::Identical);
                head
            }
        };
        runner.measured(&lease, base, head).await;
    }
    world.row("judged", JUDGED).await;
    shows(&world, &format!("builds/{tip}/mini"), &["There is no image: build fails", "main.c:1: error: &lt;expected&gt;"]).await;
    assert_eq!(get(&world, &format!("builds/{tip}/mini?format=csv")).await.status(), StatusCode::NOT_FOUND);
    shows(&world, &format!("builds/{tip}/disco"), &["1,100"]).await;
    shows(&world, &format!("commits/{tip}"), &["does not build"]).await;

    // Composed against another commit, the counts are there too.
    let next = push(&world, "3").await;
    let mut scales = Scales::default();
    scales.of(&next, &[("main", 130)]);
    scales.weigh(&world, &runner).await;
    world.emptied("UPDATE runs SET state = 'superseded' WHERE id = 2; DELETE FROM points WHERE measurement_id IN (SELECT m.id FROM measurements m JOIN runs r ON r.id = m.run_id JOIN commits c ON c.id = m.commit_id WHERE r.id = 2 AND c.sha = r.base_sha)").await;
    let json = get(&world, &format!("compare?base={tip}&head={next}&format=json")).await;
    let comparison: serde_json::Value = json.json().await.unwrap();
    let sum = &comparison["boards"][0]["state"]["benches"][0];
    assert_eq!(
        (&sum["base"]["instructions"], &sum["head"]["instructions"]),
        (&serde_json::json!(1_100), &serde_json::json!(1_130)),
        "{sum}"
    );
}
