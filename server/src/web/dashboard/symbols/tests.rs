//! The pages about symbols, trade-offs and prices over seeded rows.

use super::super::tests::{Seeded, quoted};
use axum::http::{StatusCode, header};
use serde_json::{Value, json};

/// A build with an owner of a hostile name, one of two names, and more than fit on a page.
pub fn build(sha: &str, hostile: &str) -> String {
    let row = |name: &str, group: &str, bytes: u64| json!({ "owner": "symbol", "name": name, "group": group, "section": ".text", "bytes": bytes });
    let mut rows = vec![row("vm::run::step", "vm", 400), row(hostile, hostile, 412), row("<vm::run::Frame as Drop>::drop", "vm", 30)];
    rows.extend((0..60u64).map(|n| row(&format!("vm::heap::f{n:02}"), "vm", 100 - n)));
    let used: u64 = rows.iter().map(|row| row["bytes"].as_u64().unwrap()).sum();
    let profile = json!([{ "name": "vm::run::step", "instructions": 900_000 }, { "name": hostile, "instructions": 100_000 }]);
    let document = json!({ "schema": 1, "board": "microbit", "commit": sha, "fingerprint": {}, "outcome": { "kind": "built",
        "ledger": { "image": "0".repeat(64), "outside": [], "regions": [{ "name": "flash", "kind": "flash", "size_bytes": 262_144, "used_bytes": used, "rows": rows }] },
        "benches": { "fib": { "kind": "counted", "instructions": 1_000_000, "profile": profile } } } });
    document.to_string()
}

/// What commits did to them: one was renamed at commit 10, and nobody weighed between 10 and 30; one is gone. A tag, trade-offs, prices.
pub fn rows(sha: fn(u64) -> String, now: i64, hostile: &str) -> Vec<String> {
    let hostile_sql = quoted(hostile);
    let symbol = |id: u64, name: &str, group: &str| {
        format!("INSERT INTO symbols (id, project_id, sha256, owner, name, grp) VALUES ({id}, 1, 's{id}', 'symbol', {name}, {group})")
    };
    let step = |symbol: u64, commit: u64, change: &str, from: &str, base: u64, head: u64, counts: &str| {
        format!(
            "INSERT INTO symbol_steps VALUES ({symbol}, 'microbit', 'flash', {commit}, 1, '{change}', {from}, {base}, {head}, {counts})"
        )
    };
    let tag = |name: &str, at: u64| format!("INSERT INTO refs VALUES (1, {}, '{}', {now})", quoted(&format!("refs/tags/{name}")), sha(at));
    let price = |at: u64, flash: u64, extra: Value| {
        let side = |flash: u64| json!({ "flash_bytes": flash, "ram_bytes": 64, "instructions": { "fib": 1_000 } });
        let mut features = vec![
            json!({ "name": "floats", "title": "Floating point", "boards": { "microbit": { "on": side(50_000 + flash), "off": side(50_000) }, "pyboard": { "missing": hostile } } }),
        ];
        features.extend(extra.as_array().unwrap().iter().cloned());
        let document =
            json!({ "schema": 1, "commit": sha(at), "tools": { "cc": hostile }, "boards": ["microbit", "pyboard"], "features": features });
        format!(
            "INSERT INTO prices (project_id, commit_sha, doc, put_ms) VALUES (1, '{}', {}, {now})",
            sha(at),
            quoted(&document.to_string())
        )
    };
    let none = "NULL, NULL";
    vec![
        symbol(1, &hostile_sql, &hostile_sql),
        symbol(2, "'vm::run::step'", "'vm'"),
        symbol(3, "'vm::run::old_step'", "'vm'"),
        symbol(4, "'vm::gone'", "'vm'"),
        step(3, 5, "added", "NULL", 0, 300, none),
        step(4, 8, "added", "NULL", 0, 50, none),
        step(2, 10, "renamed", "3", 300, 320, none),
        step(4, 20, "removed", "NULL", 50, 0, none),
        step(2, 30, "grown", "NULL", 350, 400, "1000000, 900000"),
        step(1, 35, "grown", "NULL", 100, 412, none),
        tag("v1", 20),
        tag("<script>alert(1)</script>", 10),
        "INSERT INTO tradeoffs VALUES (1, 'microbit', 40, 312, 8, 12500, 'cost'), (2, 'microbit', 40, -50, 0, -1200, 'win')".to_owned(),
        price(20, 1_200, json!([])),
        price(40, 1_234, json!([{ "name": hostile, "title": hostile, "boards": {} }])),
    ]
}

async fn page(path: &str) -> String {
    let (status, _, body) = Seeded::new().await.get(path).await;
    assert_eq!(status, StatusCode::OK, "{path}\n{body}");
    assert!(body.len() < 150_000, "{path}: {} bytes", body.len());
    body
}

async fn says(path: &str, parts: &[&str]) -> String {
    let page = page(path).await;
    for part in parts {
        assert!(page.contains(part), "{path}: {part}\n{page}");
    }
    page
}

#[tokio::test]
async fn the_largest_owners_have_bytes_share_instructions_and_change() {
    let list = says(
        "/p/o/r/symbols",
        &[
            "1 to 50 of 63",
            "<code>vm::run::step</code>",
            "href=\"/p/o/r/symbol?name=vm::run::step&#38;group=vm\"",
            "<td class=\"num\">400</td>",
            "900,000",
            "<span class=\"worse\">+70 B</span>",
            "rel=\"next\"",
            "page=2",
        ],
    )
    .await;
    assert!(list.find("412").unwrap() < list.find("<td class=\"num\">400</td>").unwrap(), "the largest first");
    let second = says("/p/o/r/symbols?page=2", &["rel=\"prev\"", "vm::heap::f59"]).await;
    assert!(!second.contains("rel=\"next\""));
    says("/p/o/r/symbols?by=group", &["1 to 2 of 2", "<td class=\"num\">62</td>"]).await;
    says("/p/o/r/symbols?q=gone", &["Not there any more", "vm::gone"]).await;
}

#[tokio::test]
async fn who_added_bytes_is_told_with_commit_and_owner() {
    says(
        "/p/o/r/symbols",
        &["Who added bytes in the last 30 days", "350 → 400 B", "/p/o/r/commits/000000000000000000000000000000000000001e"],
    )
    .await;
    let since = says("/p/o/r/symbols?since=v1", &["Who added bytes since v1", "+312 B", "What it cost and what it bought"]).await;
    // Both sides were weighed by the same tools: commit 20 and the newest.
    for part in ["200,512 → 201,024 B", "+512 B", "−1.21 %", "−0.43 %", "/runs/1\">cost</a>"] {
        assert!(since.contains(part), "{part}\n{since}");
    }
    assert!(!since.contains("300 → 320 B"), "what was before the tag is no part of it");
}

#[tokio::test]
async fn a_symbol_is_followed_through_its_names_and_over_what_nobody_weighed() {
    let one = says(
        "/p/o/r/symbol?name=vm::run::step",
        &[
            "vm::run::old_step",
            "renamed from",
            "300 → 320",
            "350 → 400",
            "1,000,000 → 900,000",
            "commits in between were not weighed",
            "<code>fib</code> 900,000",
            "90.00 %",
            "<svg ",
        ],
    )
    .await;
    assert!(one.contains("0 → 300"), "the changes under its old name are its own");
    says("/p/o/r/symbol?name=vm::run::old_step", &["Called <a href=\"/p/o/r/symbol?name=vm::run::step&#38;group=vm\">"]).await;
    says("/p/o/r/symbol?name=vm::gone", &["50 → 0", "removed"]).await;
    says("/p/o/r/symbol?name=vm::heap::f07", &["No weighed commit changed it", "<td class=\"num\">93</td>"]).await;
    // A module has its methods, and what its parts are; a group is all of a crate.
    says("/p/o/r/symbol?name=vm::run::", &["The largest in it", "&#60;vm::run::Frame as Drop&#62;::drop", "<td class=\"num\">430</td>"])
        .await;
    says("/p/o/r/symbol?group=vm", &["all of this group", "<td class=\"num\">62</td>"]).await;
}

#[tokio::test]
async fn a_symbols_life_is_told_as_csv_and_json() {
    let seeded = Seeded::new().await;
    let (_, headers, csv) = seeded.get("/p/o/r/symbol?name=vm::run::step&format=csv").await;
    assert_eq!(headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 4, "{csv}");
    assert!(lines[1].contains(",grown,symbol,vm::run::step,vm,,350,400,50,1000000,900000,"), "{csv}");
    assert!(lines[2].contains(",renamed,symbol,vm::run::step,vm,vm::run::old_step,300,320,20,,,"), "{csv}");
    let (_, _, json) = seeded.get("/p/o/r/symbol?name=vm::run::step&format=json").await;
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&document["today"][0]["bytes"], &document["builds"][0]["instructions"]["fib"]), (&json!(400), &json!(900_000)));
    assert_eq!((&document["steps"][1]["from"], &document["steps"][0]["head_bytes"]), (&json!("vm::run::old_step"), &json!(400)));
}

#[tokio::test]
async fn what_makes_no_sense_is_said_with_the_next_step() {
    let seeded = Seeded::new().await;
    let check = async |path: &str, status: StatusCode, says: &str| {
        let (code, headers, body) = seeded.get(path).await;
        assert_eq!(code, status, "{path}\n{body}");
        assert!(body.contains(says) && headers.contains_key(header::CONTENT_SECURITY_POLICY), "{path}: {says}\n{body}");
    };
    let (bad, missing) = (StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND);
    check("/p/o/r/symbols?board=none", missing, "Those that have: microbit.").await;
    check("/p/o/r/symbols?region=none", missing, "It has: flash.").await;
    check("/p/o/r/symbols?since=v9", missing, "Known are: ").await;
    check("/p/o/r/symbols?since=ffffffffffffffffffffffffffffffffffffffff", missing, "is not on the default branch").await;
    check("/p/o/r/symbols?days=x", bad, "is no whole number from 1 to 3650").await;
    check("/p/o/r/symbols?page=0", bad, "is no whole number").await;
    check("/p/o/r/symbols?by=colour", bad, "is none of: symbol, group").await;
    check(&format!("/p/o/r/symbols?q={}", "x".repeat(5_000)), bad, "q is longer than").await;
    check("/p/o/r/symbol", bad, "Say which symbol").await;
    check("/p/o/r/symbol?name=vm::run::stepp", missing, "<code>vm::run::step</code>").await;
    check("/p/o/r/symbol?name=nothing_like_it", missing, "Search for it").await;
    check("/p/o/r/symbol?name=vm::run::step&group=none", missing, "vm::run::step").await;
    check("/p/o/r/symbol?name=vm::run::step&board=none", missing, "Those that have: microbit.").await;
    check("/p/o/r/tradeoffs?board=none", missing, "Those that have: microbit.").await;
    check("/p/o/r/tradeoffs?days=-1", bad, "is no whole number").await;
    check("/p/o/r/prices?commit=abc", missing, "No price list of commit").await;
    check("/p/o/r/prices?board=none", missing, "It has: microbit, pyboard.").await;
    check("/p/o/none/symbols", missing, "No such project").await;
}

#[tokio::test]
async fn size_against_speed_is_a_picture_and_a_table() {
    let page = says(
        "/p/o/r/tradeoffs",
        &[
            "<svg ",
            "+312 B",
            "+1.25 %",
            "/runs/1",
            "hollow: still open",
            "−0.12 %",
            "href=\"https://forge.example/o/r/pull/7\"",
            "in the last 90 days",
        ],
    )
    .await;
    assert!(page.contains("<b>1</b> costs") && page.contains("<b>0</b> wins"), "what is open is not counted as landed\n{page}");
    says("/p/o/r/tradeoffs?days=1&board=microbit", &["in the last day"]).await;
}

#[tokio::test]
async fn prices_are_shown_with_what_changed_since_the_list_before() {
    let page = says(
        "/p/o/r/prices",
        &[
            "Floating point",
            "+1,234 B</b>",
            "<span class=\"also worse\">+34 B since</span>",
            "RAM 0 B, instructions 0 %",
            "new</span>",
            "/p/o/r/prices?commit=",
        ],
    )
    .await;
    assert!(!page.contains("+1,200 B"));
    says(&format!("/p/o/r/prices?commit={:040x}", 20), &["+1,200 B</b>"]).await;
    let (_, _, json) = Seeded::new().await.get("/p/o/r/prices?format=json").await;
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["features"][0]["prices"]["microbit"], json!({ "flash_bytes": 1_234, "ram_bytes": 0, "instructions_ppm": 0 }));
    assert_eq!((&document["before"], &document["schema"]), (&json!(format!("{:040x}", 20)), &json!(1)));
}

#[tokio::test]
async fn an_empty_project_says_how_to_begin() {
    let seeded = Seeded::empty().await;
    let mut c = seeded.store().connection().await.unwrap();
    let project = "INSERT INTO projects (id, repo, title, default_branch, is_private, created_ms) VALUES (1, 'o/r', '', 'main', 0, 0)";
    crate::store::sql::sql(project).execute(&mut c).await.unwrap();
    drop(c);
    for (path, says) in [
        ("/p/o/r/symbols", "once a push to the default branch has been weighed"),
        ("/p/o/r/tradeoffs", "Nothing that was weighed"),
        ("/p/o/r/prices", "ounce-server prices --project o/r put prices.json"),
    ] {
        let (status, _, body) = seeded.get(path).await;
        assert!(status == StatusCode::OK && body.contains(says), "{path}\n{body}");
    }
}
