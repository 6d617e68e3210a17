//! Backups, restores, and the way from one database to the other: nothing lost, and nothing half done.

use crate::database::{Database, on_postgres};
use crate::runner::built;
use crate::world::World;
use ounce_server::backup::{backup, copy, restore};
use ounce_server::store::copy::tables;
use ounce_server::store::sql::{script, sql};
use ounce_server::store::{Store, deliveries};
use sha2::{Digest as _, Sha256};
use std::path::Path;

fn quiet(_: &str) {}

/// What a backup says of the rows of each table.
async fn digests(store: &Store) -> Vec<(String, String)> {
    let mut c = store.snapshot().await.unwrap();
    let mut all = Vec::new();
    for table in tables(&mut c).await.unwrap() {
        let digest = table.digest(&mut c).await.unwrap();
        all.push((table.name.clone(), format!("{} {digest}", digest.rows)));
    }
    all.sort();
    all
}

/// A world with a judged run, a log with more than letters, and a measurement.
async fn lived() -> (World, u64) {
    let world = World::new().await;
    let pull = world.pull("kept").await;
    let runner = world.runner("desk").await;
    for _ in 0..2 {
        let lease = runner.claim().await;
        runner.heartbeat(&lease, "cc 'ü' \"\\\n\u{202e}\u{1}").await;
        runner.measure(&lease, 1_000, 1_000).await;
    }
    world.comment_saying(pull, "No change").await;
    world.settle().await;
    (world, pull)
}

#[tokio::test]
async fn a_backup_is_restored_by_either_database_while_the_server_works() {
    let (world, _) = lived().await;
    let runner = world.runner("more").await;
    let file = world.folder().join("backup");
    let copied = backup(&world.store, &file, &quiet).await.unwrap();
    assert!(copied.len() > 12 && copied.iter().filter(|c| c.digest.rows > 0).count() > 9, "{copied:?}");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions()) & 0o777,
        0o600,
        "nobody else reads it"
    );
    assert!(backup(&world.store, &file, &quiet).await.unwrap_err().to_string().contains("there already"));

    let mut targets = vec![Database::sqlite()];
    if on_postgres() {
        targets.push(Database::postgres().await);
    }
    for target in targets {
        let store = Store::open(&target.place).await.unwrap();
        assert_eq!(restore(&store, &file, &quiet).await.unwrap(), copied);
        assert!(store.is_current().await.unwrap());
        assert_eq!(digests(&store).await, {
            let mut meant: Vec<_> = copied.iter().map(|c| (c.table.clone(), format!("{} {}", c.digest.rows, c.digest))).collect();
            meant.sort();
            meant
        });
        // It goes on counting where the ids end.
        let mut c = store.connection().await.unwrap();
        let insert = sql("INSERT INTO projects (repo, created_ms) VALUES ('a/new', 1) RETURNING id");
        let new: i64 = insert.fetch_one(&mut c).await.unwrap();
        assert!(new > 1, "an id was given twice");
        drop(c);
        let refused = restore(&store, &file, &quiet).await.unwrap_err().to_string();
        assert!(refused.contains("not empty"), "{refused}");
    }
    // The server went on meanwhile.
    world.pull("later").await;
    assert!(runner.claim().await.job > 0);
}

#[tokio::test]
async fn rows_move_to_the_other_database_and_back() {
    if !on_postgres() {
        return;
    }
    let (mut world, _) = lived().await;
    // As the documents say: what a server writes later stays behind.
    world.stop().await;
    let before = digests(&world.store).await;
    let (there, back) = (Database::sqlite(), Database::postgres().await);
    let there = Store::open(&there.place).await.unwrap();
    copy(&world.store, &there, &quiet).await.unwrap();
    let back = Store::open(&back.place).await.unwrap();
    copy(&there, &back, &quiet).await.unwrap();
    assert_eq!(digests(&there).await, before);
    assert_eq!(digests(&back).await, before);
    let refused = copy(&world.store, &there, &quiet).await.unwrap_err().to_string();
    assert!(refused.contains("not empty"), "{refused}");
}

#[tokio::test]
async fn a_damaged_or_cut_backup_restores_nothing() {
    let (world, _) = lived().await;
    // Bodies that do not compress, so that the file has several frames, and rows are written before the damage is met.
    let mut c = world.store.connection().await.unwrap();
    let body: Vec<u8> = (0..40_000u32).flat_map(|n| Sha256::digest(n.to_be_bytes())).collect();
    for guid in ["large", "larger"] {
        deliveries::note(&mut c, guid, "push", &body, i64::MAX).await.unwrap();
    }
    drop(c);
    let file = world.folder().join("backup");
    backup(&world.store, &file, &quiet).await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    let target = Database::new().await;
    let store = Store::open(&target.place).await.unwrap();
    let mut seen = Vec::new();
    let middle = whole.len() - 1_000;
    let mut turned = whole.clone();
    turned[middle] ^= 0x10;
    let cases: [(&str, &[u8]); 5] = [
        ("cut", &whole[..middle]),
        ("turned", &turned),
        ("empty", b""),
        ("another file", b"SQLite format 3\0 and more"),
        ("only a beginning", &whole[..15]),
    ];
    for (what, bytes) in cases {
        std::fs::write(&file, bytes).unwrap();
        let error = restore(&store, &file, &quiet).await.expect_err(what);
        seen.push(format!("{what}: {error:#}"));
        if store.version().await.unwrap() > 0 {
            let left: Vec<_> = digests(&store).await.into_iter().filter(|(_, digest)| !digest.starts_with("0 ")).collect();
            assert!(left.is_empty(), "{what}: {left:?}");
        }
    }
    assert!(seen[0].contains("ends in the middle") && seen[1].contains("unpacked") && seen[3].contains("not a backup"), "{seen:#?}");
    std::fs::write(&file, &whole).unwrap();
    restore(&store, &file, &quiet).await.expect("what failed before left nothing");
}

#[tokio::test]
async fn an_older_versions_backup_is_restored_and_brought_up_to_date() {
    let (old, new) = (Database::new().await, Database::new().await);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&old.place).await.unwrap();
    store.migrate_to(1).await.unwrap();
    script(&mut store.connection().await.unwrap(), crate::migrations::rows()).await.unwrap();
    let file = folder.path().join("backup");
    backup(&store, &file, &quiet).await.unwrap();
    let store = Store::open(&new.place).await.unwrap();
    let copied = restore(&store, &file, &quiet).await.unwrap();
    assert!(store.is_current().await.unwrap());
    assert!(copied.iter().all(|c| c.digest.rows > 0), "{copied:?}");
    let there = sql("SELECT COUNT(*) FROM measurements").fetch_one::<i64>(&mut store.connection().await.unwrap()).await.unwrap();
    assert_eq!(there, 1);
    let empty = Store::open(Path::new(&folder.path().join("none"))).await.unwrap();
    let refused = backup(&empty, &folder.path().join("b"), &quiet).await.unwrap_err();
    assert!(format!("{refused:#}").contains("no tables") && !folder.path().join("b.part").exists(), "{refused:#}");
}

#[tokio::test]
async fn an_interrupted_backup_leaves_no_file() {
    let (world, _) = lived().await;
    let runner = world.runner("large").await;
    let folder = world.folder().join("out");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("backup");
    let writing = backup(&world.store, &file, &quiet);
    // It ends while the database is asked: nobody polls it again.
    assert!(tokio::time::timeout(std::time::Duration::ZERO, writing).await.is_err());
    assert!(!file.exists(), "a file that is not whole has another name");
    backup(&world.store, &file, &quiet).await.expect("what is left of the first is written over");
    world.pull("after").await;
    let lease = runner.claim().await;
    assert_eq!(runner.upload(&lease, built(&lease, &lease.work.base, 1)).await, 204, "nothing is locked");
}
