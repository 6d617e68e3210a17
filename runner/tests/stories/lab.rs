//! The keeper's side: what is attached, what is missing, and how a board that does not answer is brought back rung by rung.

use crate::common::lab::{Sim, pyrite, selftest};
use crate::common::{Desk, Ran, this_year};
use serde_json::Value;

#[test]
fn a_keeper_sees_units_and_what_each_is_missing() {
    let desk = pyrite();
    let sim = Sim::start("left", "microbit", &[]);
    let away = "[units.right]\nprobe = \"0d28:0204:9900aa\"\nboard = \"microbyt\"\nchip = \"nRF51822_xxAA\"\nhub_port = \"1-1.2\"\ntarget = \"none.yaml\"\n\
                console = \"uart:/dev/ttyNONE@115200\"\nnotes = \"the display is broken\"\n";
    desk.lab(&[sim.entry(""), away.into()]);
    let ran = desk.ounce(&["boards"]).ends(0);
    let (_, units) = ran.stdout.split_once("\nunits of the lab\n").unwrap();
    let units = units.replace(&sim.folder(), "LAB").replace(desk.repo().canonicalize().unwrap().to_str().unwrap(), "REPO");
    insta::assert_snapshot!(units, @r"
    left           microbit, there, well; probe 20b7:9db1:unix:LAB/probe
    right          microbyt, not ready, well; probe 0d28:0204:9900aa
                   its probe is not plugged in: look at its cable (hub port 1-1.2)
                   its board: ounce.toml: no board microbyt; did you mean `microbit`?; there are: hifive1, microbit, mps2-an385, mps2-an500, mps2-an505, pyboard
                   its console /dev/ttyNONE is not there
                   its target REPO/none.yaml is not there
                   note: the display is broken
    ");
    let json = desk.ounce(&["boards", "--json"]).ends(0).json();
    assert_eq!(json["lab"]["units"][0]["missing"].as_array().map(Vec::len), Some(0), "{json}");
    desk.write("lab.toml", "version = 1\n[unit.left]\n");
    desk.ounce(&["boards"]).refuses(&["lab.toml: ", "did you mean `units`?"]);
    desk.ounce(&["boards", "check"]).refuses(&["did you mean `units`?"]);
}

#[test]
fn a_unit_is_not_taken_for_another_board() {
    let desk = pyrite();
    let sim = Sim::start("left", "microbit", &[]);
    desk.lab(&[sim.entry("")]);
    let bench = |args: &[&str]| desk.ounce(&[&["bench", "--elf", "x.elf"][..], args].concat());
    bench(&["--board", "mps2-an385", "--probe", "left"]).refuses(&["the unit left is a microbit, not a mps2-an385"]);
    bench(&["--board", "microbit", "--probe", "lift"]).refuses(&["no unit lift; did you mean `left`?; there are: left"]);
    desk.ounce(&["bench", "--probe", "left"]).refuses(&["--probe is one board: name it with --board"]);
}

#[test]
fn a_mistake_in_an_entry_is_no_fault_of_its_board() {
    let desk = pyrite();
    let sim = Sim::start("unit", "microbit", &[]);
    let check = |from: &str, to: &str, says: &str| {
        desk.lab(&[sim.entry("").replace(from, to)]);
        desk.bench_on_unit("microbit").refuses(&["probe 20b7:9db1:unix:", says]);
        assert!(!desk.home().join("units/unit.json").exists(), "{to}: nobody suspects it");
    };
    check("nRF51822_xxAA", "nRF51822_xxZZ", "lab.toml does not describe it rightly: ");
    check("console", "target = \"none.yaml\"\nconsole", "none.yaml: No such file");
    check("/uart@", "/uarts@", "the console cannot be opened: ");
}

/// What a unit's record says of its rungs: tried and helped.
fn rung(desk: &Desk, rung: &str) -> (u64, u64) {
    let text = std::fs::read_to_string(desk.home().join("units/unit.json")).unwrap();
    let record: Value = serde_json::from_str(&text).unwrap();
    let tally = &record["rungs"][rung];
    (tally["tried"].as_u64().unwrap_or(0), tally["helped"].as_u64().unwrap_or(0))
}

/// The rungs that a climb told of.
fn climbed(ran: &Ran) -> String {
    let words = |line: &str| Some(line.strip_prefix("unit unit: ")?.split(": ").next()?.to_owned());
    let rungs = ["attach again", "attach under reset", "attach at a slower clock", "cycle its power", "erase all of it"];
    ran.stderr.lines().filter_map(words).filter(|words| rungs.contains(&words.as_str())).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_board_is_brought_back_rung_by_rung() {
    let check = |fault: &str, rungs: &str, helped: &str| {
        let desk = pyrite();
        let sim = Sim::start("unit", "microbit", &[fault]);
        // Fast enough that long wires do not carry it.
        desk.lab(&[sim.entry(&format!("{}\nspeed_khz = 4_000", sim.power()))]);
        let ran = desk.ounce(&["boards", "check"]).ends(0);
        assert_eq!(ran.stdout, "unit           it answers; `selftest` in lab.toml names no image that would test it\n");
        assert_eq!(climbed(&ran), rungs, "{fault}: {}", ran.stderr);
        assert_eq!(rung(&desk, helped).1, 1, "{fault}");
        // And then it works.
        desk.ounce(&["boards", "check", "unit"]).ends(0);
    };
    check("fault@5x1", "attach again", "attach");
    check("pins-taken", "attach again, attach again, attach under reset", "under_reset");
    check("long-wires", "attach again, attach again, attach under reset, attach at a slower clock", "slower");
    let all = "attach again, attach again, attach under reset, attach at a slower clock, cycle its power, attach again";
    check("wedged", all, "power_cycle");
}

#[test]
fn a_chip_is_erased_where_nothing_else_helps_and_its_keeper_allows_it() {
    for (may_erase, end) in [("", 1), ("erase_all = true\n", 0)] {
        let desk = pyrite();
        // Every page is programmed wrong until all of the chip was erased: power does not help, and attaching alone would say that all is well.
        let sim = Sim::start("unit", "microbit", &["stuck-flash"]);
        desk.lab(&[sim.entry(&format!("{}\n{}{may_erase}", sim.power(), selftest("microbit")))]);
        let ran = desk.ounce(&["boards", "check"]);
        let from_below = "attach again, attach again, attach under reset, attach at a slower clock";
        let without = format!("{from_below}, cycle its power, {from_below}, cycle its power, {from_below}");
        let all = if end == 0 { format!("{without}, erase all of it, attach again") } else { without };
        assert_eq!(climbed(&ran), all, "{}", ran.stderr);
        let ran = ran.ends(end);
        assert!(
            ran.stdout.contains(if end == 0 { "passes its self-test" } else { "flash does not hold what was written" }),
            "{}",
            ran.stdout
        );
        assert_eq!(rung(&desk, "erase_all"), if end == 0 { (1, 1) } else { (0, 0) });
    }
}

#[test]
fn a_unit_in_quarantine_gets_no_jobs_until_it_is_over() {
    let desk = pyrite();
    let sim = Sim::start("left", "microbit", &[]);
    desk.lab(&[sim.entry("")]);
    let offers = || desk.ounce(&["agent", "--dry-run"]).ends(0).stdout.lines().last().unwrap().to_owned();
    let offered = "unit left: probe:microbit";
    assert_eq!(offers(), offered);
    let keep = ["boards", "quarantine", "left", "--owner", "ann", "--why", "its display flickers", "--until"];
    desk.ounce(&[&keep[..], &["2020-01-01"]].concat()).refuses(&["--until 2020-01-01 is past"]);
    desk.ounce(&["boards", "quarantine", "left", "--owner", "ann"]).ends(2);
    // Never past, and not a year away.
    let until = this_year() + "-12-31";
    let words = format!("in quarantine by ann until {until}: its display flickers");
    assert_eq!(desk.ounce(&[&keep[..], &[until.as_str()]].concat()).ends(0).stdout, format!("left           {words}\n"));
    assert_eq!(offers(), format!("unit left: not offered: {words}"));
    assert!(desk.ounce(&["boards"]).ends(0).stdout.contains(&words));
    // Who looks after it works with it.
    desk.ounce(&["boards", "check", "left"]).ends(0);
    assert_eq!(desk.ounce(&["boards", "quarantine", "left", "--lift"]).ends(0).stdout, "left           no longer in quarantine by ann\n");
    assert_eq!(offers(), offered);
    // Time passes.
    desk.ounce(&[&keep[..], &[until.as_str()]].concat()).ends(0);
    let file = desk.home().join("units/left.quarantine");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(&until, "2026-01-31")).unwrap();
    assert_eq!(offers(), offered);
    assert!(desk.ounce(&["boards"]).ends(0).stdout.contains("its quarantine by ann ended after 2026-01-31"));
}

#[test]
fn a_binary_that_ends_otherwise_the_second_time_counts_against_its_unit() {
    let desk = pyrite();
    let sim = Sim::start("unit", "microbit", &[]);
    desk.lab(&[sim.entry("")]);
    let score = || desk.ounce(&["boards", "--json"]).ends(0).json()["lab"]["units"][0]["flake_score"].clone();
    desk.bench_on_unit("microbit").ends(0);
    assert_eq!(score(), serde_json::json!({ "all": 0, "flaky": 0 }));
    desk.bench_on_unit("microbit").ends(0);
    assert_eq!(score(), serde_json::json!({ "all": 1, "flaky": 0 }));
    // The same binary on a board whose core reads a wrong bit: in the first byte of the program, at 0x38000.
    drop(sim);
    let sim = Sim::start("unit", "microbit", &["misread@229376"]);
    desk.lab(&[sim.entry("")]);
    desk.bench_on_unit("microbit").ends(1);
    assert_eq!(score(), serde_json::json!({ "all": 2, "flaky": 1 }));
    assert!(desk.ounce(&["boards"]).ends(0).stdout.contains("flake score 1 of 2: repeats of one binary that ended otherwise"));
}

#[test]
fn a_job_whose_board_does_not_answer_is_done_after_it_was_brought_back() {
    let desk = pyrite();
    let sim = Sim::start("unit", "microbit", &["wedged"]);
    desk.lab(&[sim.entry(&sim.power())]);
    let ran = desk.bench_on_unit("microbit").ends(0);
    assert!(climbed(&ran).ends_with("cycle its power, attach again"), "{}", ran.stderr);
    assert_eq!(rung(&desk, "power_cycle"), (1, 1));
}

#[test]
fn a_unit_that_stays_silent_is_suspect_then_offline_until_its_keeper_has_looked() {
    let desk = pyrite();
    let mut sim = Sim::unplugged("unit", "microbit");
    desk.lab(&[sim.entry("")]);
    for _ in 0..2 {
        desk.bench_on_unit("microbit").refuses(&["unit unit is suspect", "the chip does not answer", "has the board power?"]);
    }
    desk.bench_on_unit("microbit").refuses(&["unit unit is offline"]);
    let ran = desk.bench_on_unit("microbit");
    assert_eq!(climbed(&ran), "", "nobody waits for it any more");
    ran.refuses(&["offline since it was tried 3 times in vain", "`ounce boards check unit` brings it back"]);
    assert!(desk.ounce(&["boards"]).ends(0).stdout.contains("offline since it was tried 3 times in vain"));
    sim.plug_in(&[]);
    desk.ounce(&["boards", "check", "unit"]).ends(0);
    desk.bench_on_unit("microbit").ends(0);
    assert_eq!(rung(&desk, "attach"), (6, 0), "two in each climb, and none helped");
}
