//! Budgets, ends from outside, and the plugin's own limits.

use std::thread;
use std::time::{Duration, Instant};

use crate::tools::{MICROBIT, MPS2, firmware, tool};

/// What QEMU's exit code is when the budget ended it.
const EXIT_OVER_BUDGET: i32 = 124;

#[test]
fn a_hang_is_stopped_by_the_budget_and_shows_where() {
    let firmware = firmware(MICROBIT, "hang");
    let started = Instant::now();
    let run = firmware.run(",budget=20000000");
    assert_eq!(run.status.code(), Some(EXIT_OVER_BUDGET), "{}", run.stderr);
    // Half a second here; the limit is for a host that does much else.
    assert!(started.elapsed() < Duration::from_secs(20));
    let counts = run.counts();
    assert_eq!((counts.get("over_budget"), counts.get("budget")), (1, 20_000_000));
    assert!(counts.get("total") > 20_000_000);
    assert_eq!(counts.errors(), [("begin_without_end", 1)]);
    let (&hottest, _) = counts.profile.iter().max_by_key(|&(_, count)| count).unwrap();
    assert!((firmware.address("hang")..=firmware.address("hang") + 2).contains(&hottest));
}

#[test]
fn the_verdict_is_exact_to_the_instruction() {
    let firmware = firmware(MICROBIT, "loop");
    let verdict = |budget: u64| firmware.run(&format!(",budget={budget}")).counts().get("over_budget");
    assert_eq!([215, 216, 217].map(verdict), [1, 0, 0]);
}

#[test]
fn a_sleeper_that_is_terminated_leaves_a_whole_file() {
    let firmware = firmware(MICROBIT, "sleep");
    let qemu = firmware.spawn(&format!("{},out={},budget=1000000", firmware.markers(), firmware.out().display()));
    thread::sleep(Duration::from_millis(700));
    // The shell's own kill: the program of that name is not on every machine.
    let asked = tool("sh").args(["-c", "kill -TERM $0", &qemu.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let counts = firmware.wait(qemu).counts();
    assert_eq!(counts.get("over_budget"), 0);
    assert_eq!(counts.errors(), [("begin_without_end", 1)]);
    assert_eq!(counts.get("measured"), 4, "nop, bx, cpsid, wfi");
}

#[test]
fn more_addresses_than_counters_lose_the_profile_and_not_the_sum() {
    let firmware = firmware(MPS2, "many");
    let counts = firmware.counts("");
    assert_eq!(counts.get("measured"), 1_100_006);
    // 1 048 576 addresses have counters; those that ran before `sea` took some of them.
    let before = counts.profile.len() as u64 - counts.profile.range(firmware.address("sea")..).count() as u64;
    let unlisted = counts.errors.get("pc_limit").copied().unwrap();
    assert_eq!(counts.profile.len() as u64 + unlisted, 1_100_006);
    assert_eq!(before, 4, "nop, bx, ldr, blx");
}
