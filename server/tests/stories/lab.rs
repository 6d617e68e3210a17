//! The labs of runners, as people and programs see them: each unit as its runner told of it last.

use crate::world::World;
use ounce_protocol::ids::RunnerName;
use ounce_protocol::lab::{UNIT_TEXT_BYTES_MAX, UNITS_MAX, UnitState};
use ounce_server::store::numbers::RUNNER_SEEN_MS;
use ounce_server::work::lease;
use reqwest::StatusCode;
use serde_json::{Value, json};

const HOUR_MS: i64 = 3_600_000;

async fn page(world: &World, path: &str) -> String {
    let answer = world.http.get(world.url(path)).send().await.unwrap();
    let status = answer.status();
    let body = answer.text().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{path}\n{body}");
    body
}

async fn units(world: &World) -> Vec<Value> {
    let lab: Value = serde_json::from_str(&page(world, "/api/v1/lab").await).unwrap();
    lab["units"].as_array().unwrap().clone()
}

/// The health of each unit, in their order.
async fn healths(world: &World) -> String {
    let units = units(world).await;
    let words = units.iter().map(|unit| format!("{} {}", unit["name"].as_str().unwrap(), unit["health"].as_str().unwrap()));
    words.collect::<Vec<_>>().join(", ")
}

/// A unit with what is said of it beside its name.
fn unit(name: &str, more: Value) -> UnitState {
    let mut unit = json!({ "name": name, "board": "microbit", "probe": "0d28:0204:99", "standing": "well" });
    unit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(unit).unwrap()
}

/// Whether it is that time, as a story takes some seconds.
fn is_about(value: &Value, ms: i64) -> bool {
    value.as_i64().is_some_and(|value| value.abs_diff(ms) < 120_000)
}

fn has(body: &str, parts: &[&str]) {
    for part in parts {
        assert!(body.contains(part), "{part}\n{body}");
    }
}

#[tokio::test]
async fn each_unit_of_a_lab_is_seen_as_it_stands() {
    let world = World::new().await;
    has(&page(&world, "/lab").await, &["No runner told of a unit", "ounce boards"]);
    let mut desk = world.runner("desk").await;
    desk.units = vec![
        unit(
            "left",
            json!({
                "repeats": { "all": 24, "flaky": 1 }, "rungs": { "power_cycle": { "tried": 3, "helped": 2 }, "attach": { "tried": 9, "helped": 4 } },
                "tested": { "passed": true, "said": "RAM 15012 of 16384 B", "at_ms": world.clock.now() - HOUR_MS },
            }),
        ),
        unit("right", json!({ "quarantine": { "owner": "ann", "until": "2026-12-24", "why": "its display <b>flickers</b>\u{202e}" } })),
        unit("spare", json!({ "missing": "its probe is not plugged in" })),
        unit("top", json!({ "in_use": true })),
    ];
    desk.asked_for_work().await;
    assert_eq!(healths(&world).await, "left ready, right quarantined, spare missing, top in_use");
    let told = units(&world).await;
    assert_eq!((&told[0]["runner"], &told[0]["board"], &told[0]["flake_score"]["flaky"]), (&"desk".into(), &"microbit".into(), &1.into()));
    let rungs = json!([{ "rung": "attach", "tried": 9, "helped": 4 }, { "rung": "power_cycle", "tried": 3, "helped": 2 }]);
    assert_eq!((&told[0]["recoveries"], &told[0]["selftest"]["passed"]), (&rungs, &true.into()));
    assert_eq!((&told[1]["quarantine"]["owner"], &told[1]["quarantine"]["until"]), (&"ann".into(), &"2026-12-24".into()));
    assert!(told[2]["seen_ms"].is_null() && is_about(&told[0]["seen_ms"], world.clock.now()), "a probe that was never there: {told:?}");
    let body = page(&world, "/lab").await;
    has(
        &body,
        &[
            "1 ready",
            "1 of 24",
            "attach again: 4 of 9 helped",
            "cycle its power: 2 of 3 helped",
            "passed",
            "1 hour ago",
            "until <time datetime=\"2026-12-24\">",
            "its display &#60;b&#62;flickers&#60;/b&#62;\u{fffd}",
            "For the keeper",
            "its probe is not plugged in",
            "href=\"/runners/desk\"",
        ],
    );
    has(&page(&world, "/runners/desk").await, &["id=\"units\"", "1 of 24", "its probe is not plugged in"]);
    has(&page(&world, "/work").await, &["href=\"/lab\"", "1 in quarantine", "1 missing"]);
    let detail: Value = serde_json::from_str(&page(&world, "/api/v1/runners/desk").await).unwrap();
    assert_eq!(detail["units"], json!(told));
}

#[tokio::test]
async fn a_unit_that_goes_offline_is_a_note_to_its_keeper_until_it_answers() {
    let world = World::new().await;
    let mut desk = world.runner("desk").await;
    desk.units = vec![unit("left", json!({ "standing": "suspect", "note": "the chip does not answer" }))];
    desk.asked_for_work().await;
    world.clock.advance(2 * HOUR_MS);
    let fell_ms = world.clock.now();
    desk.units = vec![unit("left", json!({ "standing": "offline", "note": "the chip does not answer <i>" }))];
    desk.asked_for_work().await;
    world.clock.advance(3 * HOUR_MS);
    // What else changes of it does not make it new.
    desk.units =
        vec![unit("left", json!({ "standing": "offline", "note": "the chip does not answer <i>", "repeats": { "all": 1, "flaky": 0 } }))];
    desk.asked_for_work().await;
    let told = units(&world).await;
    assert!(told[0]["health"] == "offline" && is_about(&told[0]["since_ms"], fell_ms), "{told:?}");
    for path in ["/lab", "/runners/desk"] {
        let body = page(&world, path).await;
        has(
            &body,
            &["the chip does not answer &#60;i&#62;", "3 hours ago", "<code>ounce boards check left</code> on that machine brings it back"],
        );
    }
    let metrics = page(&world, "/metrics").await;
    has(&metrics, &["ounce_units{health=\"offline\"} 1\n", "ounce_units{health=\"ready\"} 0\n"]);
    desk.units = vec![unit("left", json!({}))];
    desk.asked_for_work().await;
    assert!(!page(&world, "/lab").await.contains("For the keeper"));
    has(&page(&world, "/metrics").await, &["ounce_units{health=\"offline\"} 0\n", "ounce_units{health=\"ready\"} 1\n"]);
}

#[tokio::test]
async fn a_unit_is_known_for_as_long_as_its_runner_tells_of_it() {
    let world = World::new().await;
    let (mut desk, mut lab) = (world.runner("desk").await, world.runner("lab").await);
    desk.units = vec![unit("left", json!({})), unit("right", json!({}))];
    lab.units = vec![unit("left", json!({ "in_use": true }))];
    desk.asked_for_work().await;
    lab.asked_for_work().await;
    assert_eq!(healths(&world).await, "left ready, right ready, left in_use", "each runner has a lab of its own");
    desk.units.remove(0);
    desk.asked_for_work().await;
    assert_eq!(healths(&world).await, "right ready, left in_use");

    let told_ms = world.clock.now();
    world.clock.advance(RUNNER_SEEN_MS + HOUR_MS);
    lab.asked_for_work().await;
    assert_eq!(healths(&world).await, "right away, left in_use");
    let right = &units(&world).await[0];
    assert!(is_about(&right["told_ms"], told_ms) && right["told_ms"] == right["seen_ms"], "{right}");
    has(&page(&world, "/lab").await, &["1 away", "told <time"]);

    // An agent of before, which tells of no unit, has none.
    lab.units.clear();
    lab.asked_for_work().await;
    assert_eq!(healths(&world).await, "right away");
    lease::revoke(&world.store, &RunnerName::parse("desk").unwrap(), world.clock.now()).await.unwrap();
    assert_eq!(healths(&world).await, "", "a runner without a token has no lab here");
}

#[tokio::test]
async fn what_a_runner_may_not_tell_of_its_units_is_refused_and_nothing_of_it_kept() {
    let world = World::new().await;
    let mut desk = world.runner("desk").await;
    desk.units = vec![unit("left", json!({}))];
    desk.asked_for_work().await;
    let claim = |units: Value| json!({ "wait_ms": 0, "can_run": [], "sandbox": false, "units": units });
    let plain = |name: &str| json!({ "name": name, "board": "microbit", "probe": "p", "standing": "well" });
    let with = |key: &str, value: Value| {
        let mut unit = plain("right");
        unit[key] = value;
        json!([unit])
    };
    let long = "x".repeat(UNIT_TEXT_BYTES_MAX + 1);
    let many: Vec<Value> = (0..=UNITS_MAX).map(|n| plain(&format!("u-{n}"))).collect();
    for (units, status, says) in [
        (json!([plain("../left")]), 422, "is not a valid name of a unit"),
        (json!([plain("<b>")]), 422, "is not a valid name of a unit"),
        (with("standing", json!("fine")), 422, "unknown variant `fine`"),
        (with("note", json!(long)), 422, "units: right: note has more than 400 bytes"),
        (with("probe", json!(long)), 422, "units: right: probe has more than 400 bytes"),
        (with("quarantine", json!({ "owner": "ann", "until": "for ever", "why": "" })), 422, "is no date: YYYY-MM-DD"),
        (json!([plain("right"), plain("right")]), 422, "units: right is told of twice"),
        (json!(many), 422, "65 units are told of, and a lab has at most 64"),
        (with("note", json!("x".repeat(1 << 20))), 413, ""),
    ] {
        let answer = desk.post("claim", &claim(units)).await;
        let (got, body) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert!(got == status && body.contains(says), "{says}: {got} {body}");
    }
    assert_eq!(healths(&world).await, "left ready");
    // As much as a lab can tell of is taken.
    let most = "\"".repeat(UNIT_TEXT_BYTES_MAX);
    let full = |n| {
        let mut unit = plain(&format!("u-{n}"));
        unit["note"] = json!(most);
        unit["missing"] = json!(most);
        unit["probe"] = json!(most);
        unit["quarantine"] = json!({ "owner": most, "until": "2026-12-24", "why": most });
        unit["tested"] = json!({ "passed": false, "said": most, "at_ms": i64::MAX });
        unit["repeats"] = json!({ "all": u64::MAX, "flaky": u64::MAX });
        unit["rungs"] = json!({ "attach": { "tried": u64::MAX, "helped": u64::MAX } });
        unit
    };
    let full: Vec<Value> = (0..UNITS_MAX).map(full).collect();
    assert_eq!(desk.post("claim", &claim(json!(full))).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(units(&world).await.len(), UNITS_MAX);
    has(&page(&world, "/lab").await, &["64 in quarantine"]);
}
