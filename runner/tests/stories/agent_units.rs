//! The agent and its units: what it offers, who gets which unit, and what becomes of a job whose board does not answer.

use crate::common::lab::Sim;
use crate::common::server::{Job, Server};
use crate::common::{Desk, fault_image, processes_with, program, this_year, wait_long, wait_until};
use ounce_protocol::lab::{KeptBy, Rung, Standing, Tally};
use std::fs;
use std::time::Duration;

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
fn a_unit_that_does_not_come_back_before_a_job_leaves_it_to_another() {
    let desk = project();
    let (left, right) = (Sim::start("left", "mps2-an385", &["wedged"]), Sim::start("right", "mps2-an385", &[]));
    desk.lab(&[left.entry(""), right.entry("")]);
    // Somebody was killed while he had it: so it is looked at first.
    fs::create_dir_all(desk.home().join("units")).unwrap();
    fs::write(desk.home().join("units/left.use"), "process 1\n").unwrap();
    let server = Server::start();
    let (job, _) = server.weigh(&desk, true);
    assert_eq!(job.head()["benches"]["median"]["kind"], "ran");
    let at = |words: &str| job.log.find(words).unwrap_or_else(|| panic!("{words}: {}", job.log));
    assert!(at("unit left: taken") < at("unit left is suspect") && at("unit left is suspect") < at("unit right: taken"), "{}", job.log);
    assert_eq!(standing(&desk, "left"), "suspect");
}

#[test]
fn how_its_units_stand_is_told_each_time_it_asks_for_work() {
    let desk = project();
    let (left, right) = (Sim::start("left", "mps2-an385", &["wedged"]), Sim::unplugged("right", "mps2-an385"));
    desk.lab(&[left.entry(""), right.entry("")]);
    let server = Server::start();
    server.put(&desk, true);
    let agent = server.standing_agent(&desk);
    let is_suspect = || server.told().1.first().is_some_and(|left| left.standing == Standing::Suspect);
    wait_long("left failed its job", Duration::from_secs(90), is_suspect);
    let (before, after) = server.told();
    assert_eq!((before[0].standing, &before[0].note, before[0].rungs.len()), (Standing::Well, &None, 0), "{before:?}");
    assert!(after[0].note.as_ref().is_some_and(|note| note.contains("the chip does not answer")), "{after:?}");
    assert_eq!(after[0].rungs[&Rung::Attach], Tally { tried: 2, helped: 0 });
    assert_eq!(
        (after[0].probe.as_str(), after[0].board.as_str()),
        (format!("20b7:9db1:unix:{}/probe", left.folder()).as_str(), "mps2-an385")
    );
    assert_eq!((after[1].missing.as_deref(), &after[1].quarantine), (Some("its probe is not plugged in"), &None));
    let until = this_year() + "-12-31";
    desk.ounce(&["boards", "quarantine", "right", "--owner", "ann", "--until", &until, "--why", "mine"]).ends(0);
    wait_until("right is told to be in quarantine", || server.told().1[1].quarantine.is_some());
    assert_eq!(server.told().1[1].quarantine, Some(KeptBy { owner: "ann".into(), until, why: "mine".into() }));
    ounce_protocol::lab::check(&server.told().1).unwrap();
    drop(agent);
}

#[test]
fn a_board_that_is_plugged_in_or_out_while_an_agent_runs_is_offered_or_not() {
    let desk = project();
    let sim = Sim::start("left", "mps2-an385", &[]);
    desk.lab(&[sim.entry("")]);
    let server = Server::start();
    let agent = server.standing_agent(&desk);
    let offers = || server.offered().contains(&"probe:mps2-an385".to_owned());
    wait_until("it is offered", offers);
    sim.switch("off");
    wait_until("it is not offered any more", || !server.offered().is_empty() && !offers());
    sim.switch("on");
    wait_until("it is offered again", offers);
    agent.kill();
    agent.finish();
}

#[test]
fn an_agent_whose_program_was_replaced_says_so_and_takes_no_unit() {
    let desk = project();
    let sim = Sim::start("left", "mps2-an385", &[]);
    desk.lab(&[sim.entry("")]);
    let server = Server::start();
    let copy = desk.beside("ounce");
    fs::copy(program(), &copy).unwrap();
    let agent = server.agent_from(&desk, copy.clone());
    let offers = || server.offered().contains(&"probe:mps2-an385".to_owned());
    wait_until("it is offered", offers);
    fs::remove_file(&copy).unwrap();
    wait_until("it is not offered any more", || !server.offered().is_empty() && !offers());
    let why = server.told().1[0].missing.clone().unwrap_or_default();
    assert!(why.contains(&format!("{} was replaced or removed while it runs: start it again", copy.display())), "{why}");
    agent.kill();
    agent.finish();
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
