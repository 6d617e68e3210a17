//! The agent and its units: what it offers, who gets which unit, and what becomes of a job whose board does not answer.

use crate::common::lab::Sim;
use crate::common::server::{Job, Server};
use crate::common::{Desk, fault_image, processes_with, wait_until};
use std::fs;

/// The C firmware on a board that is weighed on a probe, and a change of it.
pub fn project() -> Desk {
    let desk = Desk::with_one_board();
    desk.edit("ounce.toml", "qemu = { system = \"arm\", machine = \"mps2-an385\" }", "probe = \"mps2-an385\"");
    // Flash behind the message is erased, not zero.
    desk.write("messages/digits.txt", &format!("{}\0", desk.read("messages/digits.txt")));
    desk.commit("weighed on a probe");
    desk.tag_good();
    desk.edit("src/config.h", "CRC_BY_NIBBLE 0", "CRC_BY_NIBBLE 1");
    desk.commit("crc: four bits at a time");
    desk
}

fn standing(desk: &Desk, unit: &str) -> String {
    let record = fs::read_to_string(desk.home().join(format!("units/{unit}.json")));
    record.map_or("well".into(), |text| serde_json::from_str::<serde_json::Value>(&text).unwrap()["standing"].as_str().unwrap().to_owned())
}

/// The job came to nothing for this reason, which is not the commit's.
#[track_caller]
fn given_back(job: &Job, says: &str) {
    assert_eq!((job.end["kind"].as_str(), job.end["why"].as_str()), (Some("failed"), Some("infra")), "{job:?}");
    assert!(job.end["detail"].as_str().unwrap().contains(says), "{job:?}");
}

#[test]
fn base_and_head_are_weighed_on_one_unit_and_the_rows_say_how_they_ran() {
    let desk = project();
    let (left, right) = (Sim::start("left", "mps2-an385", &[]), Sim::unplugged("right", "mps2-an385"));
    desk.lab(&[left.entry("clock_hz = 25_000_000\n"), right.entry("")]);
    let server = Server::start();
    let (job, _) = server.weigh(&desk, true);
    for name in ["digits", "median"] {
        assert_eq!(job.head()["benches"][name]["kind"], "ran", "{job:?}");
        assert!(job.head()["benches"][name]["stack_peak_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{job:?}");
        assert_eq!(job.measurements[0]["outcome"]["benches"][name]["kind"], "ran");
    }
    for side in &job.measurements {
        assert_eq!(side["fingerprint"]["clock"], "25000000 Hz, wait states not stated");
        assert!(side["fingerprint"]["emulator"].is_null() && side["run_key"].is_null(), "{side}");
    }
    assert_eq!(job.log.matches("unit left: taken for mps2-an385").count(), 1, "{}", job.log);
    assert!(job.log.contains("probe: flash holds image") && job.log.contains("median 42 of 11"), "{}", job.log);
    let offered = server.offered();
    assert!(offered.contains(&"probe:mps2-an385".to_owned()) && offered.contains(&"qemu:microbit".to_owned()), "{offered:?}");
    assert!(!offered.iter().any(|offer| offer.ends_with(":strangers")), "{offered:?}");
    assert_eq!(fs::read_to_string(desk.home().join("units/left.use")).unwrap(), "", "it was given back");
    // The desk measures the same way.
    let ran = desk.ounce(&["compare", "good..HEAD"]).ends(0);
    assert!(ran.stdout.contains("2 benchmarks ran on the board and gave the right result"), "{}", ran.stdout);
}

#[test]
fn a_dry_run_says_what_would_be_offered_and_asks_no_server() {
    let desk = project();
    let (left, right) = (Sim::start("left", "mps2-an385", &[]), Sim::unplugged("right", "microbit"));
    desk.lab(&[left.entry("trust = \"strangers\"\n"), right.entry("")]);
    let ran = desk.ounce(&["agent", "--dry-run"]).ends(0);
    let (machines, units) = ran.stdout.split_once('\n').unwrap();
    assert!(machines.ends_with(" machines of QEMU"), "{machines}");
    assert_eq!(units, "unit left: probe:mps2-an385, probe:mps2-an385:strangers\nunit right: not offered: its probe is not plugged in\n");
}

#[test]
fn a_strangers_code_gets_no_unit_that_is_not_for_strangers() {
    let desk = project();
    let sim = Sim::start("left", "mps2-an385", &[]);
    desk.lab(&[sim.entry("")]);
    let server = Server::start();
    let (job, _) = server.weigh(&desk, false);
    given_back(&job, "lab.toml has no unit with board = \"mps2-an385\" that strangers may use");
    assert!(!job.log.contains("probe: "), "nobody touched the board: {}", job.log);
    assert_eq!(job.end["unit"], serde_json::Value::Null);
    desk.lab(&[sim.entry("trust = \"strangers\"\n")]);
    let (job, _) = server.weigh(&desk, false);
    assert_eq!(job.head()["benches"]["median"]["kind"], "ran");
    assert!(server.offered().contains(&"probe:mps2-an385:strangers".to_owned()));
}

#[test]
fn a_job_whose_board_stays_silent_is_given_back_and_done_on_another_unit() {
    let desk = project();
    let (left, right) = (Sim::start("left", "mps2-an385", &["wedged"]), Sim::start("right", "mps2-an385", &[]));
    desk.lab(&[left.entry(""), right.entry("")]);
    let server = Server::start();
    let (job, _) = server.weigh(&desk, true);
    given_back(&job, "unit left is suspect: probe 20b7:9db1:unix:");
    assert_eq!(job.end["unit"], "left", "it counts against the unit, not the runner");
    assert!(job.log.contains("unit left: attach under reset: "), "the ladder was climbed: {}", job.log);
    assert_eq!(standing(&desk, "left"), "suspect");
    let (job, _) = server.weigh(&desk, true);
    assert_eq!(job.head()["benches"]["median"]["kind"], "ran");
    assert!(job.log.contains("unit right: taken for mps2-an385"), "{}", job.log);
}

#[test]
fn a_job_waits_for_a_unit_that_another_has() {
    let desk = project();
    let sim = Sim::start("left", "mps2-an385", &[]);
    desk.lab(&[sim.entry("")]);
    desk.edit("ounce.toml", "load_size = \"4K\"", "load_size = \"4K\"\ntimeout_s = 8");
    let hang = fault_image("hang");
    desk.edit("ounce.toml", "begin = \"bench_start\"\nend = \"bench_stop\"", "");
    let args = ["bench", "--board", "an385", "--bench", "median", "--probe", "left", "--elf", hang.to_str().unwrap()];
    let first = desk.start_ounce(&args);
    wait_until("the first has it", || first.stderr().contains("probe: flash holds image"));
    assert!(desk.ounce(&["agent", "--dry-run"]).ends(0).stdout.ends_with("unit left: not offered: somebody works with it\n"));
    let server = Server::start();
    let (job, _) = server.weigh(&desk, true);
    assert_eq!(job.head()["benches"]["median"]["kind"], "ran");
    let (waited, taken) = (job.log.find("waiting for a unit with board = \"mps2-an385\""), job.log.find("unit left: taken"));
    assert!(waited.is_some() && waited < taken, "{}", job.log);
    first.finish().ends(1);
}

#[test]
fn after_an_agent_that_was_killed_in_mid_flash_the_next_job_begins_with_the_board() {
    let desk = project();
    // From here on it says nothing until its power is cycled.
    let sim = Sim::start("left", "mps2-an385", &["silent@600"]);
    desk.lab(&[sim.entry(&sim.power())]);
    let server = Server::start();
    server.put(&desk, true);
    let agent = server.agent(&desk, &[]);
    wait_until("it is being flashed", || server.log().contains(" B are to be flashed"));
    agent.kill();
    agent.finish();
    wait_until("nobody has the probe", || processes_with(&format!("probe {}", desk.home().display())).is_empty());
    let killed = server.log();
    let (job, _) = server.weigh(&desk, true);
    assert_eq!(job.head()["benches"]["median"]["kind"], "ran");
    let log = job.log.strip_prefix(&killed).unwrap();
    let at = |words: &str| log.find(words).unwrap_or_else(|| panic!("{words}: {log}"));
    assert!(at("unit left: it was left in the middle of a job (process ") < at("unit left: cycle its power: done"), "{log}");
    assert!(at("unit left: cycle its power: done") < at("probe: attached"), "before anything is flashed: {log}");
    assert_eq!(fs::read_to_string(desk.home().join("units/left.use")).unwrap(), "");
}
