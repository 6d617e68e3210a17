//! What operators see, and what the command line leaves behind for them.

use crate::browser::Browser;
use crate::world::{REPO, World};
use ounce_protocol::ids::{RepoName, RunnerName};
use ounce_server::store::audit::{self, Done};
use ounce_server::store::{Store, projects, runners};
use reqwest::StatusCode;
use std::path::Path;
use std::process::Command;

async fn with_admin() -> World {
    let mut world = World::as_app().await;
    world.stop().await;
    world.config.admins = vec!["Olga".into()];
    world.start().await;
    world
}

#[tokio::test]
async fn the_audit_is_for_operators_and_for_nobody_else_there() {
    let world = with_admin().await;
    let done =
        Done { who: "mia", what: "/ounce <script>alert(1)</script>", target: "acme/blinky#1", origin: "page", result: "done (write)" };
    for _ in 0..101 {
        audit::note(&mut world.store.connection().await.unwrap(), done, world.clock.now()).await.unwrap();
    }
    let (mut stranger, mut mia, mut olga) = (Browser::new(), Browser::of(&world, "mia").await, Browser::of(&world, "olga").await);
    for (path, nothing) in [("/audit", "/nowhere"), ("/api/v1/audit", "/api/v1/nowhere")] {
        for (who, browser) in [("a stranger", &mut stranger), ("somebody", &mut mia)] {
            let (hidden, absent) = (browser.get(&world, path).await, browser.get(&world, nothing).await);
            assert_eq!((hidden.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{who} {path}");
        }
        let seen = olga.get(&world, path).await;
        assert_eq!(seen.status, StatusCode::OK, "{path}");
        assert!(seen.headers["cache-control"].to_str().unwrap().starts_with("private"), "{path}");
        let older = seen.body.split_once(&format!("{path}?before=")).expect("older ones").1;
        let before = older.split(|c: char| !c.is_ascii_digit()).next().unwrap();
        assert_eq!(olga.get(&world, &format!("{path}?before={before}")).await.body.matches("acme/blinky#1").count(), 1, "{path}");
    }
    let page = olga.get(&world, "/audit").await.body;
    assert!(!page.contains("<script>") && page.contains("&#60;script"), "{page}");
    assert!(olga.get(&world, "/").await.body.contains("href=\"/audit\"") && !mia.get(&world, "/").await.body.contains("href=\"/audit\""));
}

/// The program itself, on a database of its own.
#[expect(clippy::disallowed_methods, reason = "each of these commands ends by itself")]
pub fn program(folder: &Path, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ounce-server"));
    command.env_clear().env("USER", "olga").env("OUNCE_CONFIG", folder.join("ounce-server.toml")).args(args);
    let out = command.output().unwrap();
    (out.status.success(), String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap())
}

#[tokio::test]
async fn what_operators_write_at_the_command_line_is_in_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("projects = [\"{REPO}\"]\n[forge]\ntoken = \"none\"\nwebhook_secrets = [\"hush\"]\n");
    std::fs::write(folder.path().join("ounce-server.toml"), config).unwrap();
    let does = |args: &[&str]| program(folder.path(), args);
    assert!(does(&["migrate"]).0);
    let store = Store::open(&folder.path().join("ounce.sqlite3")).await.unwrap();
    let mut c = store.connection().await.unwrap();
    projects::project(&mut c, &RepoName::parse(REPO).unwrap(), "main", 1).await.unwrap();
    runners::put(&mut c, &RunnerName::parse("desk").unwrap(), "hash", 1).await.unwrap();
    drop(c);
    let (backup, copy) = (folder.path().join("backup"), format!("sqlite://{}", folder.path().join("copy.sqlite3").display()));
    let from = format!("sqlite://{}", folder.path().join("ounce.sqlite3").display());
    let (added, token) = does(&["token", "add", "--project", REPO, "--name", "ci"]);
    let token = token.lines().find(|line| line.starts_with("ounce_read_")).expect("the token");
    assert!(added && token.len() == "ounce_read_".len() + 64);
    assert!(!does(&["token", "add", "--project", REPO, "--name", "ci"]).0, "there is one of that name");
    assert!(!does(&["token", "add", "--project", "no/body", "--name", "ci"]).0, "no such project");
    assert!(does(&["token", "list"]).1.contains("ci"));
    assert!(!does(&["token", "list"]).1.contains(token), "it is shown once");
    let done: [&[&str]; 7] = [
        &["token", "revoke", "--project", REPO, "--name", "ci"],
        &["project", "visibility", REPO, "private"],
        &["runner", "enroll", "--name", "lab"],
        &["runner", "restore", "desk"],
        &["runner", "revoke", "desk"],
        &["backup", backup.to_str().unwrap()],
        &["migrate", "--from", &from, "--to", &copy],
    ];
    for args in done {
        let (good, said) = does(args);
        assert!(good, "{args:?}: {said}");
    }
    assert!(does(&["project", "list"]).1.contains("visibility private"));
    let entries = |text: String| -> Vec<(String, String, String)> {
        let entry = |line: &str| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!((&entry["who"], &entry["origin"]), (&"olga".into(), &"command line".into()), "{line}");
            let text = |key: &str| entry[key].as_str().unwrap().to_owned();
            (text("what"), text("target"), text("result"))
        };
        text.lines().map(entry).rev().collect()
    };
    let kept = entries(does(&["audit", "--json"]).1);
    let words: Vec<&str> = kept.iter().map(|(what, ..)| what.as_str()).collect();
    assert_eq!(words, ["migrate", "token add", "token revoke", "visibility", "enrolment code", "restore runner", "revoke", "backup"]);
    assert!(kept.iter().all(|(what, target, result)| !format!("{what}{target}{result}").contains(token)), "{kept:?}");
    assert_eq!((kept[1].1.as_str(), kept[1].2.as_str()), (REPO, "ci reads it"));
    assert_eq!((kept[3].1.as_str(), kept[3].2.as_str()), (REPO, "private"));
    let copied = Store::open(&folder.path().join("copy.sqlite3")).await.unwrap();
    let last = audit::list(&mut copied.connection().await.unwrap(), None, 1).await.unwrap().remove(0);
    assert!(last.what == "migrate" && last.result.starts_with("all rows copied from"), "{last:?}");
}
