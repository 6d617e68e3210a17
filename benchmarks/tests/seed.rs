//! A made history is one that the service could have left: its figures agree with each other, and its pages can be read.

use ounce_benchmarks::seed::{POINTS_PER_COMMIT, REPO, Wanted, fill};
use ounce_server::store::sql::sql;
use ounce_server::store::{Place, Store};
use scratch_postgres::{Cluster, LEFT_OUT, left_out};
use std::path::Path;

const WANTED: Wanted = Wanted { points: 160 * POINTS_PER_COMMIT, seed: 7, until_ms: 1_790_000_000_000, whole_runs: 60 };

async fn count(store: &Store, text: &'static str) -> i64 {
    sql(text).fetch_one(&mut *store.connection().await.unwrap()).await.unwrap()
}

/// Each of these finds something that would be wrong.
const WRONG: [(&str, &str); 5] = [
    (
        "steps of flash sum to the trade-off of their run",
        "SELECT COUNT(*) FROM tradeoffs t JOIN runs r ON r.id = t.run_id AND r.kind = 'push' WHERE t.flash_delta <> (SELECT COALESCE(SUM(s.head_bytes - s.base_bytes), 0)
             FROM symbol_steps s WHERE s.run_id = t.run_id AND s.board = t.board AND s.region = 'flash')",
    ),
    (
        "a trade-off is the difference of the figures by the same tools",
        "SELECT COUNT(*) FROM tradeoffs t JOIN runs r ON r.id = t.run_id AND r.kind = 'push' JOIN commits b ON b.project_id = r.project_id AND b.sha = r.base_sha
             JOIN series s ON s.project_id = r.project_id AND s.board = t.board AND s.kind = 'region' AND s.name = 'flash'
             JOIN points h ON h.series_id = s.id AND h.commit_id = t.commit_id JOIN points p ON p.series_id = s.id AND p.commit_id = b.id
         WHERE h.value - p.value <> t.flash_delta",
    ),
    (
        "a figure is of a measurement of its commit and board",
        "SELECT COUNT(*) FROM points p JOIN series s ON s.id = p.series_id LEFT JOIN measurements m ON m.id = p.measurement_id
         WHERE m.id IS NULL OR m.commit_id <> p.commit_id OR m.board <> s.board OR m.image IS NULL",
    ),
    (
        "a judged run has a verdict and jobs that ended",
        "SELECT COUNT(*) FROM runs r WHERE r.state = 'judged' AND (r.verdict IS NULL OR EXISTS
             (SELECT 1 FROM jobs j WHERE j.run_id = r.id AND j.state NOT IN ('done', 'failed')))",
    ),
    (
        "only the noisy board varies",
        "SELECT COUNT(*) FROM points p JOIN series s ON s.id = p.series_id WHERE p.exact <> CASE WHEN s.board = 'pyboard' AND s.kind = 'instructions' THEN 0 ELSE 1 END",
    ),
];

/// Each of these is there at least so often.
const THERE: [(i64, &str); 10] = [
    (150 * 240, "SELECT COUNT(*) FROM points"),
    (3, "SELECT COUNT(*) FROM refs WHERE name LIKE 'refs/tags/v0.%' AND project_id = 1"),
    (3, "SELECT COUNT(DISTINCT sha256) FROM tools"),
    (
        240,
        "SELECT COUNT(*) FROM (SELECT p.commit_id, s.board, s.kind, s.name FROM points p JOIN series s ON s.id = p.series_id
               WHERE s.project_id = 1 GROUP BY p.commit_id, s.board, s.kind, s.name HAVING COUNT(*) > 1) AS twice",
    ),
    (3, "SELECT COUNT(*) FROM runs WHERE state = 'waiting'"),
    (4, "SELECT COUNT(DISTINCT verdict) FROM runs"),
    (60, "SELECT COUNT(*) FROM runs WHERE comparison IS NOT NULL"),
    (100, "SELECT COUNT(*) FROM symbol_steps"),
    (2, "SELECT COUNT(*) FROM prices WHERE project_id = 1"),
    (7, "SELECT COUNT(*) FROM units"),
];

async fn agrees(place: Place) {
    let store = Store::open(&place).await.unwrap();
    store.migrate().await.unwrap();
    let made = fill(&store, WANTED).await.unwrap();
    assert_eq!((made.commits, made.tag.as_str()), (160, "v0.3"));
    for (what, text) in WRONG {
        assert_eq!(count(&store, text).await, 0, "{what}");
    }
    for (least, text) in THERE {
        let there = count(&store, text).await;
        assert!(there >= least, "{there} where {least} were meant: {text}");
    }
    let again = fill(&store, WANTED).await.unwrap_err().to_string();
    assert!(again.contains("holds 3 projects already"), "{again}");
    let title = sql("SELECT title FROM projects WHERE repo = $1").bind(REPO);
    assert_eq!(title.fetch_one::<String>(&mut store.connection().await.unwrap()).await.unwrap(), "blinky");
    // The database goes on counting where the ids of these rows end.
    let next = sql(
        "INSERT INTO commits (project_id, sha, summary, committed_ms) SELECT project_id, 'new', '', 0 FROM commits WHERE id = 1 RETURNING id",
    );
    let next: i64 = next.fetch_one(&mut store.connection().await.unwrap()).await.unwrap();
    assert_eq!(next, count(&store, "SELECT COUNT(*) FROM commits").await);
    store.close().await;
}

#[tokio::test]
async fn its_figures_agree_and_nothing_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    agrees(Place::File(folder.path().join("seed"))).await;
}

#[tokio::test]
async fn so_they_do_on_postgres() {
    if left_out() {
        return eprintln!("{LEFT_OUT}=1: not played on PostgreSQL");
    }
    let database = Cluster::shared().unwrap_or_else(|error| panic!("{error}")).database().await.unwrap();
    agrees(Place::parse(&database.url, Path::new("/")).unwrap()).await;
}
