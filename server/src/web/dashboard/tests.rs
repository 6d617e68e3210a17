//! The pages over seeded rows: what they show, that nothing hostile leaves its place, and what is said where nothing is.

use super::{Asking, Pages, routes_of, with_headers};
use crate::clock::Clock;
use crate::store::{Connection, Store, sql};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt;

const HOSTILE: &str = "<script>alert(1)</script> \"' onload=x \u{202e}";
pub(super) const NOW_MS: i64 = 1_790_000_000_000;
const MANIFEST: &str = r#"
version = 1
name = "pyrite"

[boards.microbit]
title = "BBC micro:bit v1"
build = ["make"]
elf = "out.elf"
regions = [{ name = "flash", kind = "flash", start = 0, size = "256K" }, { name = "ram", kind = "ram", start = 0x2000_0000, size = "16K" }]
"#;

pub(super) struct Seeded {
    router: Router,
    store: Store,
    _folder: TempDir,
}

pub(super) async fn execute(c: &mut Connection, text: String) {
    sql::sql(text.clone()).execute(c).await.unwrap_or_else(|e| panic!("{e}: {text}"));
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(super) fn sha(n: u64) -> String {
    format!("{n:040x}")
}

impl Seeded {
    pub(super) async fn empty() -> Seeded {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("ounce.db")).await.unwrap();
        store.migrate().await.unwrap();
        let clock = Clock::default();
        clock.advance(NOW_MS - clock.now());
        let clone_url = Arc::new(|repo: &_| format!("https://forge.example/{repo}.git"));
        let named: Arc<dyn Fn(_, _) -> Asking + Send + Sync> = Arc::new(|_, _| Box::pin(async { Ok(None) }));
        let pages = Pages { store: store.clone(), clock, clone_url, named, compositions: Arc::default(), public_url: None };
        let router = with_headers(routes_of().with_state(pages));
        Seeded { router, store, _folder: folder }
    }

    /// A project with a history of 40 commits and a run of each state, its texts hostile.
    pub(super) async fn new() -> Seeded {
        let seeded = Seeded::empty().await;
        let mut tx = seeded.store.write().await.unwrap();
        let c = &mut *tx;
        execute(
            c,
            format!(
                "INSERT INTO projects (id, repo, title, default_branch, is_private, created_ms) VALUES (1, 'o/r', {}, 'main', 0, 0)",
                quoted(HOSTILE)
            ),
        )
        .await;
        execute(c, format!("INSERT INTO pulls (project_id, number, title, author, head_sha, from_fork, is_open, updated_ms) VALUES (1, 7, {0}, {0}, '{1}', 0, 1, 0)", quoted(HOSTILE), sha(1))).await;
        for n in 1..=40u64 {
            let minutes = i64::try_from(40 - n).unwrap() * 60_000;
            execute(
                c,
                format!(
                    "INSERT INTO commits (id, project_id, sha, summary, committed_ms, on_default) VALUES ({n}, 1, '{}', {}, {}, 1)",
                    sha(n),
                    quoted(&format!("vm: change {n} {HOSTILE}")),
                    NOW_MS - minutes
                ),
            )
            .await;
        }
        let comparison = serde_json::to_string(&comparison()).unwrap();
        let runs = [
            (1, "push", "NULL", "judged", Some("over_budget")),
            (2, "pull", "7", "judged", Some("over_budget")),
            (3, "pull", "7", "measuring", None),
            (4, "pull", "7", "waiting", None),
            (5, "pull", "7", "refused", None),
            (6, "pull", "7", "superseded", None),
        ];
        for (id, kind, pull, state, verdict) in runs {
            let verdict_sql = verdict.map_or("NULL".into(), quoted);
            let comparison = verdict.map_or("NULL".into(), |_| quoted(&comparison));
            execute(
                c,
                format!(
                    "INSERT INTO runs (id, project_id, kind, pull_number, shown_sha, base_sha, head_sha, trusted, manifest, state, note, comparison, verdict, created_ms)
                     VALUES ({id}, 1, '{kind}', {pull}, '{0}', '{1}', '{0}', 1, {2}, '{state}', {3}, {comparison}, {verdict_sql}, {NOW_MS} - 7200000)",
                    sha(40),
                    sha(39),
                    quoted(MANIFEST),
                    quoted(HOSTILE)
                ),
            )
            .await;
        }
        execute(
            c,
            format!(
                "INSERT INTO jobs (id, run_id, board, trusted, priority, state, attempts, runner, detail, doing, created_ms, started_ms, ended_ms) VALUES
                 (1, 2, 'microbit', 1, 0, 'done', 1, 'bench', '', '', 0, 1000, 64000),
                 (2, 2, 'pyboard', 1, 0, 'failed', 3, 'bench', {0}, '', 0, 1000, 9000),
                 (3, 3, 'microbit', 1, 0, 'leased', 1, 'bench', '', {0}, 0, {NOW_MS} - 8000, NULL)",
                quoted(HOSTILE)
            ),
        )
        .await;
        execute(
            c,
            format!(
                "INSERT INTO jobs (id, run_id, board, needs, trusted, priority, state, attempts, runner, detail, created_ms, queued_ms) VALUES
                 (4, 3, 'pyboard', {0}, 1, 0, 'queued', 1, 'bench', {0}, 0, {NOW_MS} - 8000)",
                quoted(HOSTILE)
            ),
        )
        .await;
        execute(
            c,
            format!(
                "INSERT INTO runners (name, token_sha256, can_run, created_ms, seen_ms, failures, aside_until_ms, aside_why) VALUES
                 ('bench', 'x', {}, 0, {NOW_MS}, 3, {NOW_MS} + 60000, {})",
                quoted(&serde_json::to_string(&[HOSTILE]).unwrap()),
                quoted(&format!("job 1: {HOSTILE}"))
            ),
        )
        .await;
        execute(
            c,
            format!(
                "INSERT INTO audit (at_ms, who, what, target, origin, result) VALUES ({NOW_MS}, {0}, 'set aside', 'bench', {0}, {0})",
                quoted(HOSTILE)
            ),
        )
        .await;
        execute(
            c,
            format!("INSERT INTO job_logs VALUES (1, {}, 1234)", quoted(&format!("\u{1b}[31merror\u{1b}[0m {HOSTILE}\nsecond line\n"))),
        )
        .await;
        execute(
            c,
            format!(
                "INSERT INTO measurements (id, run_id, board, commit_id, image, doc, token, trusted, received_ms) VALUES (1, 1, 'microbit', 40, 'x', {}, 1, 1, 0)",
                quoted(&super::symbols::tests::build(&sha(40), HOSTILE))
            ),
        )
        .await;
        for text in super::symbols::tests::rows(sha, NOW_MS, HOSTILE) {
            execute(c, text).await;
        }
        execute(
            c,
            format!(
                "INSERT INTO refs VALUES (1, 'refs/tags/v1.0', '{}', 0), (1, {}, '{}', 0)",
                sha(20),
                quoted(&format!("refs/tags/{HOSTILE}")),
                sha(40)
            ),
        )
        .await;
        execute(c, format!("INSERT INTO symbols VALUES (1001, 1, 'a', 'symbol', {0}, {0})", quoted(HOSTILE))).await;
        execute(c, "INSERT INTO symbol_steps VALUES (1001, 'microbit', 'flash', 40, 1, 'grown', NULL, 100, 412, NULL, NULL)".into()).await;
        execute(c, format!("INSERT INTO acceptances (project_id, pull_number, run_id, shown_sha, head_sha, board, figure, growth, login, reason, at_ms) VALUES (1, 7, 2, '{0}', '{0}', 'microbit', '{{\"of\":\"region\",\"region\":\"flash\"}}', 312, 'ada', {1}, 0)", sha(40), quoted(HOSTILE))).await;
        execute(c, "INSERT INTO tools VALUES (1, 1, 'a', '{\"toolchain\":\"cc 1\"}')".into()).await;
        execute(c, "INSERT INTO series VALUES (1, 1, 'microbit', 'region', 'flash', 1), (2, 1, 'microbit', 'region', 'ram', 1), (3, 1, 'microbit', 'instructions', 'fib', 1), (4, 1, 'microbit', 'instructions', 'sort', 1)".into()).await;
        for n in 1..=40u64 {
            let values = [200_000 + n / 5 * 128, 9_000, 1_000_000 - n / 8 * 4_000, 500_000 + n / 12 * 900];
            for (series, value) in (1..).zip(values) {
                // One commit gave no image.
                if n != 17 {
                    execute(c, format!("INSERT INTO points VALUES ({series}, {n}, 1, {value}, 1)")).await;
                }
            }
        }
        tx.commit().await.unwrap();
        seeded
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, header::HeaderMap, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 8 << 20).await.unwrap();
        (parts.status, parts.headers, String::from_utf8(bytes.to_vec()).unwrap())
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    async fn page(&self, path: &str) -> String {
        let (status, _, body) = self.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}\n{body}");
        body
    }
}

fn comparison() -> ounce_analysis::Comparison {
    let doc = serde_json::json!({
        "schema": 1, "project": HOSTILE, "base": sha(39), "head": sha(40), "verdict": "over_budget",
        "boards": [
            { "board": "microbit", "title": "BBC micro:bit v1", "fingerprint_changes": [], "state": {
                "state": "compared", "identical": false, "tendency": "cost", "exchange": null, "instructions_ppm": 0, "benches": [],
                "regions": [{ "name": "flash", "kind": "flash", "size_bytes": 262_144, "base_bytes": 201_000, "head_bytes": 201_312,
                    "rows": [{ "owner": "symbol", "name": HOSTILE, "group": HOSTILE, "change": "grown", "base_bytes": 100, "head_bytes": 412 }] }] } },
            { "board": "pyboard", "title": HOSTILE, "fingerprint_changes": [], "state": { "state": "head_failed", "stage": "build", "log_tail": HOSTILE } },
            { "board": "esp32c3", "title": "", "fingerprint_changes": [], "state": { "state": "missing", "detail": "no runner" } }
        ],
        "budgets": [{ "rule": "flash may grow by 256 B", "holds": false, "findings": ["microbit: +312 B, 56 B over"] }],
        "notes": [HOSTILE]
    });
    serde_json::from_value(doc).unwrap()
}

const PAGES: [&str; 51] = [
    "/search",
    "/search?q=%3Cscript%3E&in=o/r",
    "/search?q=alert&in=o/r",
    "/",
    "/p/o/r",
    "/p/o/r?before=4",
    "/p/o/r/boards/microbit",
    "/p/o/r/series",
    "/p/o/r/series?s=microbit/fib&s=microbit/flash&scale=relative&along=dates&last=50",
    "/p/o/r?show=speed&q=micro&sort=-fib",
    "/runs/1",
    "/runs/2",
    "/runs/3",
    "/runs/4",
    "/runs/5",
    "/runs/6",
    "/jobs/1",
    "/jobs/3",
    "/jobs/4",
    "/p/o/r/runs",
    "/p/o/r/runs?state=measuring&board=microbit",
    "/p/o/r/runs?text=%3Cscript%3E%22%20onload%3Dx&author=%E2%80%AE",
    "/p/o/r/runs?before=3",
    "/work",
    "/work/part",
    "/runners/bench",
    "/p/o/r/symbols",
    "/p/o/r/symbols?by=group&sort=change&days=7",
    "/p/o/r/symbols?q=%3Cscript&sort=name",
    "/p/o/r/symbols?since=v1&page=2",
    "/p/o/r/symbols?since=%3Cscript%3Ealert(1)%3C/script%3E",
    "/p/o/r/symbol?name=vm::run::step",
    "/p/o/r/symbol?name=%3Cscript%3Ealert(1)%3C/script%3E%20%22%27%20onload=x%20%E2%80%AE",
    "/p/o/r/symbol?name=vm::",
    "/p/o/r/symbol?group=%3Cscript%3Ealert(1)%3C/script%3E%20%22%27%20onload=x%20%E2%80%AE",
    "/p/o/r/tradeoffs",
    "/p/o/r/tradeoffs?since=v1&board=microbit",
    "/p/o/r/prices",
    "/p/o/r/prices?sort=name&board=microbit",
    "/p/o/r/compare",
    "/p/o/r/compare?base=0000000000000000000000000000000000000027&head=%237",
    "/p/o/r/compare?base=0000000000000000000000000000000000000027&head=latest&board=microbit&q=onload",
    "/p/o/r/compare?base=0000000000000000000000000000000000000027&head=7&board=pyboard",
    "/p/o/r/compare?base=0000000000000000000000000000000000000026&head=0000000000000000000000000000000000000027",
    "/p/o/r/compare?base=v1.0&head=0000000000000000000000000000000000000027&board=microbit",
    "/p/o/r/commits/0000000000000000000000000000000000000028",
    "/p/o/r/commits/0000000000000000000000000000000000000014",
    "/p/o/r/builds/0000000000000000000000000000000000000028/microbit",
    "/p/o/r/builds/0000000000000000000000000000000000000028/microbit?by=section&q=onload&kind=strings",
    "/p/o/r/builds/0000000000000000000000000000000000000028/microbit?by=object",
    "/tour",
];

#[tokio::test]
async fn nothing_hostile_leaves_its_place() {
    let seeded = Seeded::new().await;
    for path in PAGES {
        let (status, headers, body) = seeded.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}\n{body}");
        // To look at them.
        if let Some(folder) = std::env::var_os("OUNCE_PAGES") {
            let name: String = path.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            std::fs::write(std::path::Path::new(&folder).join(name + ".html"), &body).unwrap();
        }
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        let own = body.matches("<script src=\"/assets/").count();
        assert_eq!(body.matches("<script").count(), own, "{path}: a script that is not ours\n{body}");
        assert!(body.len() < 150_000, "{path}: {} bytes", body.len());
        for bad in [" style=", "\u{202e}", "\u{1b}", "\" onload", "' onload"] {
            assert!(!body.contains(bad), "{path}: {bad:?}\n{body}");
        }
    }
}

#[tokio::test]
async fn a_run_shows_its_report_and_its_jobs() {
    let seeded = Seeded::new().await;
    let page = seeded.page("/runs/2").await;
    for part in [
        "Over budget on 1 of 3 boards.",
        "over budget",
        "pull request #7 by ",
        "href=\"https://forge.example/o/r/pull/7\"",
        "<a href=\"/jobs/1\">log",
        "1 min 3 s",
        "(attempt 3)",
        "2 hours ago",
        "+312&nbsp;B",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("http-equiv=\"refresh\""), "a judged run does not change any more");
}

#[tokio::test]
async fn a_run_without_a_report_says_why() {
    let seeded = Seeded::new().await;
    let check = async |path: &str, text: &str| {
        let page = seeded.page(path).await;
        assert!(page.contains(text), "{path}: {text}\n{page}");
    };
    check("/runs/3", "http-equiv=\"refresh\"").await;
    check("/runs/3", "running").await;
    check("/runs/4", "approves exactly this commit").await;
    check("/runs/4", &sha(40)).await;
    check("/runs/5", "Not weighed: &#60;script").await;
    check("/runs/6", "A newer head arrived").await;
}

#[tokio::test]
async fn a_board_shows_its_history_as_chart_and_as_figures() {
    let seeded = Seeded::new().await;
    let page = seeded.page("/p/o/r/boards/microbit").await;
    for part in [
        "<svg ",
        "40 commits, oldest at the left",
        "201,024 of 262,144 B",
        "61,120 B left",
        "+128 (+0.06 %)",
        "−20,000 (−2.00 %)",
        "href=\"/p/o/r/commits/",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let (_, headers, badge) = seeded.get("/p/o/r/boards/microbit/badge.svg").await;
    assert_eq!(headers[header::CONTENT_TYPE], "image/svg+xml");
    assert!(badge.contains("microbit flash: 201,024 B"), "{badge}");
}

#[tokio::test]
async fn any_figure_and_the_verdict_have_badges() {
    let seeded = Seeded::new().await;
    let check = async |path: &str, says: &str| {
        let (status, headers, badge) = seeded.get(path).await;
        assert_eq!(
            (status, &headers[header::CONTENT_TYPE]),
            (StatusCode::OK, &header::HeaderValue::from_static("image/svg+xml")),
            "{path}"
        );
        assert!(badge.contains(&format!("aria-label=\"{says}\"")), "{path}: {badge}");
    };
    check("/p/o/r/badge.svg", "firmware: over budget").await;
    check("/p/o/r/badge.svg?s=microbit/fib", "microbit/fib: 980,000 instructions").await;
    check("/p/o/r/badge.svg?s=microbit/ram&last=50", "microbit/ram: 9,000 B").await;
    let (status, _, body) = seeded.get("/p/o/r/badge.svg?s=microbit/fibb").await;
    assert!(status == StatusCode::BAD_REQUEST && body.contains("did you mean"), "{body}");
}

#[tokio::test]
async fn who_follows_a_chart_hears_of_its_steps() {
    let seeded = Seeded::new().await;
    let (_, headers, feed) = seeded.get("/p/o/r/steps.atom?s=microbit/flash").await;
    assert_eq!(headers[header::CONTENT_TYPE], "application/atom+xml; charset=utf-8");
    let document = roxmltree::Document::parse(&feed).unwrap_or_else(|e| panic!("{e}\n{feed}"));
    let atom = |node: &roxmltree::Node<'_, '_>, name: &str| node.has_tag_name(("http://www.w3.org/2005/Atom", name));
    let root = document.root_element();
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.children().find(|child| atom(child, name)).and_then(|child| child.text()).unwrap_or_default().to_owned()
    };
    assert_eq!(child(root, "id"), "tag:localhost,2026:/p/o/r/steps.atom?s=microbit%2Fflash&last=200");
    let entries: Vec<_> = root.children().filter(|node| atom(node, "entry")).collect();
    // 128 B more at each fifth commit.
    assert_eq!(entries.len(), 8);
    assert!(child(entries[0], "id").ends_with(&format!("/commits/{}#steps", sha(40))), "{feed}");
    assert!(child(entries[0], "content").starts_with("+128 (200,896 to 201,024)\n"), "{feed}");
    assert_eq!(child(root, "updated"), child(entries[0], "updated"));
    assert!(!feed.contains('\u{202e}') && child(entries[0], "title").contains("<script>"), "hostile text is text: {feed}");
    for field in ["id", "title", "updated"] {
        assert!(entries.iter().all(|entry| !child(*entry, field).is_empty()), "RFC 4287 asks for {field}");
    }
    let page = seeded.page("/p/o/r/series?s=microbit/flash").await;
    assert!(page.contains("type=\"application/atom+xml\" title=\"Steps\" href=\"/p/o/r/steps.atom?s=microbit%2Fflash"), "{page}");
}

#[tokio::test]
async fn a_link_has_a_preview() {
    let seeded = Seeded::new().await;
    let check = async |path: &str, says: &str| {
        let page = seeded.page(path).await;
        let about = page.split("property=\"og:description\" content=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        assert!(about.contains(says), "{path}: {about}");
    };
    check("/", "Ounce weighs firmware").await;
    check("/runs/2", "o/r, pull request #7").await;
    check("/runs/4", "waiting for approval").await;
    check("/p/o/r/boards/microbit", "o/r on BBC micro:bit v1: flash 201,024 B, ram 9,000 B").await;
    check("/p/o/r/series?s=microbit/flash", "40 commits; latest, at 0000000000: ").await;
}

#[tokio::test]
async fn a_project_lists_boards_and_runs() {
    let seeded = Seeded::new().await;
    let page = seeded.page("/p/o/r").await;
    for part in [
        "BBC micro:bit v1",
        "microbit/flash: 201,024 B",
        "196.3 KiB",
        "59.7 KiB",
        "76 % used",
        "<title>",
        "s=microbit%2Ffib",
        "waiting for approval",
        "push 0000000000",
        "href=\"/runs/6\"",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[tokio::test]
async fn a_log_is_shown_without_its_colours() {
    let page = Seeded::new().await.page("/jobs/1").await;
    assert!(page.contains("error &lt;script&gt;") && page.contains("\nsecond line\n") && page.contains("1,234 more bytes"), "{page}");
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_not_there() {
    let seeded = Seeded::new().await;
    for path in [
        "/runs/99",
        "/runs/0",
        "/runs/-1",
        "/runs/x",
        "/runs/99999999999999999999",
        "/jobs/99",
        "/jobs/99/log",
        "/runners/none",
        "/runners/..",
        "/p/o/none/runs",
        "/p/o/none",
        "/p/o/..",
        "/p/o/r/boards/none",
        "/p/o/none/boards/b",
        "/p/o/none/compare",
        "/p/o/none/commits/0000000000000000000000000000000000000028",
        "/p/o/r/commits/ffffffffffffffffffffffffffffffffffffffff",
        "/p/o/r/commits/00000000000",
        "/p/o/r/commits/..",
        "/p/o/r/builds/0000000000000000000000000000000000000028/none",
        "/p/o/r/builds/0000000000000000000000000000000000000028/microbit?region=rom",
        "/p/o/r/builds/0000000000000000000000000000000000000028/microbit?root=nothing",
    ] {
        let (status, headers, body) = seeded.get(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(body.contains("<h1>Not found</h1>") && headers.contains_key(header::CONTENT_SECURITY_POLICY), "{path}\n{body}");
    }
}

#[tokio::test]
async fn an_empty_server_says_how_to_begin() {
    let page = Seeded::empty().await.page("/").await;
    assert!(page.contains("No project yet") && page.contains("ounce-server.toml"), "{page}");
}

#[tokio::test]
async fn assets_are_there_under_the_addresses_the_pages_use() {
    let seeded = Seeded::empty().await;
    let page = seeded.page("/").await;
    let style = page.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let (status, headers, body) = seeded.get(style).await;
    assert_eq!((status, headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "text/css; charset=utf-8"));
    assert!(body.contains("prefers-color-scheme: dark"));
    assert_eq!(seeded.get("/assets/icon.svg").await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_compared_is_said_with_the_next_step() {
    let seeded = Seeded::new().await;
    let check = async |asked: &str, status: StatusCode, says: &str| {
        let (answered, _, body) = seeded.get(&format!("/p/o/r/{asked}")).await;
        assert_eq!(answered, status, "{asked}\n{body}");
        assert!(body.contains(says), "{asked}: {says}\n{body}");
        assert!(!body.contains("\u{202e}") && !body.contains("<b>"), "{asked}\n{body}");
    };
    check("compare?base=v1.o&head=latest", StatusCode::NOT_FOUND, "did you mean `v1.0`?").await;
    check("compare?base=v1.0&head=%3Cb%3E%E2%80%AE", StatusCode::NOT_FOUND, "There is no commit, pull request, tag or branch").await;
    check("compare?base=%2312&head=latest", StatusCode::NOT_FOUND, "There is no pull request #12 here").await;
    check("compare?base=00000000&head=latest", StatusCode::NOT_FOUND, "is the beginning of several commits&#39; ids: give more digits")
        .await;
    check("compare?base=latest&head=", StatusCode::BAD_REQUEST, "nothing to compare").await;
    check("compare?base=v1.0&head=latest&board=microbitt", StatusCode::NOT_FOUND, "did you mean `microbit`?").await;
    check("compare?base=v1.0&head=latest&board=%2e%2e", StatusCode::BAD_REQUEST, "is not a valid board name").await;
    check("compare?base=v1.0&head=latest&format=csb", StatusCode::BAD_REQUEST, "did you mean `csv`?").await;
    check("compare?base=v1.0&head=latest&page=0", StatusCode::BAD_REQUEST, "counted from 1").await;
    check("compare?base=v1.0&head=latest&sort=x", StatusCode::BAD_REQUEST, "is none of bytes").await;
    check(&format!("compare?base=v1.0&head={}", "x".repeat(500)), StatusCode::BAD_REQUEST, "at most 200").await;
    check(&format!("builds/{}/microbitt", sha(40)), StatusCode::NOT_FOUND, "did you mean `microbit`?").await;
    check(&format!("builds/{}/microbit?region=flsh", sha(40)), StatusCode::NOT_FOUND, "did you mean `flash`?").await;
    check(&format!("builds/{}/microbit?by=crates", sha(40)), StatusCode::BAD_REQUEST, "is none of group, section").await;
    check("commits/0000000", StatusCode::NOT_FOUND, "several").await;
}
