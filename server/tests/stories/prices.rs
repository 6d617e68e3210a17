//! The price list of a project's features: brought in by an operator, kept by commit, shown with what changed.

use crate::browser::Browser;
use crate::database::Database;
use crate::operators::program;
use crate::world::{REPO, World};
use ounce_protocol::ids::RepoName;
use ounce_protocol::prices::Prices;
use ounce_server::store::{Store, audit, prices, projects};
use serde_json::{Value, json};

fn list(commit: &str, flash: u64) -> Value {
    let side = |flash: u64, n: u64| json!({ "flash_bytes": flash, "ram_bytes": 64, "instructions": { "fib": n } });
    json!({ "schema": 1, "commit": commit, "tools": { "rustc": "rustc 1.96.0" }, "boards": ["disco"], "features": [
        { "name": "floats", "title": "Floating point", "boards": { "disco": { "on": side(40_000 + flash, 1_010), "off": side(40_000, 1_000) } } },
        { "name": "gc", "boards": { "disco": { "missing": "nothing works without it" } } }] })
}

#[tokio::test]
async fn an_operator_brings_a_list_in_and_mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("projects = [\"{REPO}\"]\n[forge]\ntoken = \"none\"\nwebhook_secrets = [\"hush\"]\n");
    std::fs::write(folder.path().join("ounce-server.toml"), config).unwrap();
    let file = folder.path().join("prices.json");
    let put = |text: &str| {
        std::fs::write(&file, text).unwrap();
        program(folder.path(), &["prices", "--project", REPO, "put", file.to_str().unwrap()])
    };
    let (done, said) = put(&list(&"1".repeat(40), 2_000).to_string());
    assert!(!done && said.contains("is not known here"), "{said}");
    let store = Store::open(&folder.path().join("ounce.sqlite3")).await.unwrap();
    let project = projects::project(&mut store.connection().await.unwrap(), &RepoName::parse(REPO).unwrap(), "main", 1).await.unwrap();
    for (text, says) in [
        ("{", "not a price list"),
        (&list("main", 1).to_string(), "commit sha"),
        (&list(&"1".repeat(40), 1).to_string().replace("\"schema\":1", "\"schema\":7"), "schema 7 where 1 is spoken here"),
    ] {
        let (done, said) = put(text);
        assert!(!done && said.contains(says) && said.contains("prices.json") && said.contains("docs/interfaces.md"), "{says}: {said}");
    }
    assert!(prices::list(&mut store.connection().await.unwrap(), project).await.unwrap().is_empty(), "nothing of that was kept");

    let (done, said) = put(&list(&"1".repeat(40), 2_000).to_string());
    assert!(done && said.contains("2 features on 1 boards at 1111111111"), "{said}");
    assert!(put(&list(&"1".repeat(40), 2_100).to_string()).1.contains("in place of those there were"));
    let kept = program(folder.path(), &["prices", "--project", REPO, "list"]).1;
    assert_eq!(kept.trim(), "1".repeat(40));
    let entries = audit::list(&mut store.connection().await.unwrap(), None, 10).await.unwrap();
    let told: Vec<(&str, &str)> = entries.iter().map(|entry| (entry.what.as_str(), entry.target.as_str())).collect();
    assert_eq!(told, [("prices put", REPO), ("prices put", REPO)]);
}

#[tokio::test]
async fn the_newest_list_is_shown_against_the_one_before() {
    let world = World::new().await;
    world.pull("known").await;
    let project = world.row("the project", "SELECT id FROM projects").await;
    let nothing = Browser::new().get(&world, &format!("/p/{REPO}/prices")).await.body;
    assert!(nothing.contains("No price list yet"), "{nothing}");
    let mut c = world.store.connection().await.unwrap();
    for (commit, flash) in [("1", 2_000), ("2", 2_048)] {
        let prices = Prices::parse(&list(&commit.repeat(40), flash).to_string()).unwrap();
        assert!(prices::put(&mut c, project, &prices, world.clock.now()).await.unwrap());
        world.clock.advance(1_000);
    }
    drop(c);
    let page = Browser::new().get(&world, &format!("/p/{REPO}/prices")).await.body;
    for part in ["Floating point", "+2,048 B", "+48 B since", "instructions +1.00 %", "nothing works without it", "2222222222"] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let older = Browser::new().get(&world, &format!("/p/{REPO}/prices?commit={}", "1".repeat(40))).await.body;
    assert!(older.contains("+2,000 B") && !older.contains("B since"), "{older}");
    let json = Browser::new().get(&world, &format!("/p/{REPO}/prices?format=json")).await.body;
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["list"], list(&"2".repeat(40), 2_048));
    assert_eq!(document["features"][0]["prices"]["disco"], json!({ "flash_bytes": 2_048, "ram_bytes": 0, "instructions_ppm": 10_000 }));
}

#[tokio::test]
async fn only_the_newest_lists_are_kept() {
    let database = Database::new().await;
    let store = database.store().await;
    let mut c = store.write().await.unwrap();
    let project = projects::project(&mut c, &RepoName::parse(REPO).unwrap(), "main", 1).await.unwrap();
    for n in 0..prices::KEPT_MAX + 3 {
        let prices = Prices::parse(&list(&format!("{n:040x}"), 1).to_string()).unwrap();
        prices::put(&mut c, project, &prices, n).await.unwrap();
    }
    let kept = prices::list(&mut c, project).await.unwrap();
    assert_eq!((kept.len() as i64, kept.last().unwrap().sha.as_str()), (prices::KEPT_MAX, format!("{:040x}", 3).as_str()));
}
