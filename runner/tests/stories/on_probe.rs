//! A board on a probe: unmodified probe-rs, a simulated board whose core really runs, the same verdicts as in QEMU; and what goes wrong with a
//! probe is never a verdict.

use crate::common::lab::{Sim, image, pyrite};
use crate::common::{Desk, fault_image, processes_with, wait_until};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const FAULTS: &str = r#"
version = 1
name = "faults"
[boards.mps2-an385]
build = ["true"]
elf = "none.elf"
regions = [
    { name = "flash", kind = "flash", start = 0x00000000, size = "3M" },
    { name = "ram", kind = "ram", start = 0x20000000, size = "4M" },
]
[boards.mps2-an385.run]
qemu = { system = "arm", machine = "mps2-an385" }
timeout_s = 5
[benchmarks.right]
expect = "(2584, 210, 510, 9540)"
"#;

#[test]
fn a_workload_runs_on_a_probe_as_it_does_in_qemu() {
    let desk = pyrite();
    for board in ["microbit", "mps2-an385"] {
        let sim = Sim::start("unit", board, &[]);
        desk.lab(&[sim.entry("")]);
        let elf = image(board);
        let args = ["bench", "--json", "--board", board, "--bench", "classes", "--elf", elf.to_str().unwrap()];
        let in_qemu = desk.ounce(&args).ends(0).json();
        let in_qemu = &in_qemu["measurements"][0]["outcome"]["benches"]["classes"];
        let on_probe = || desk.ounce(&[&args[..], &["--probe", "unit"]].concat()).ends(0);
        let first = on_probe();
        let row = &first.json()["benches"]["classes"];
        assert_eq!(row["kind"], "ran");
        assert_eq!(row["stack_peak_bytes"], in_qemu["stack_peak_bytes"], "{board}");
        assert_eq!(row["heap_peak_bytes"], in_qemu["heap_peak_bytes"], "{board}");
        assert!(first.stderr.contains("ounce: program classes.py\n"), "its console is shown: {}", first.stderr);
        // The programs differ, the image does not.
        assert!(flashed(&first.stderr) > 50_000 && flashed(&on_probe().stderr) < 5_000, "{board}: {}", first.stderr);
    }
}

/// The most bytes that one job had to flash.
fn flashed(log: &str) -> u64 {
    let counts = log.lines().filter_map(|line| line.strip_prefix("probe: ")?.split_once(" of ")?.0.parse().ok());
    counts.max().unwrap_or(0)
}

/// How a failure is told, and its detail.
#[track_caller]
fn failure(desk: &Desk, image: &Path) -> (String, String) {
    let args = ["bench", "--json", "--board", "mps2-an385", "--probe", "unit", "--elf", image.to_str().unwrap()];
    let outcome = desk.ounce(&args).ends(1).json()["benches"]["right"].clone();
    assert_eq!(outcome["kind"], "failed", "{outcome}");
    (outcome["why"].as_str().unwrap().to_owned(), outcome["detail"].as_str().unwrap().to_owned())
}

#[test]
fn each_way_to_misbehave_has_its_own_name_on_a_probe_too() {
    let desk = Desk::with_manifest(FAULTS);
    let sim = Sim::start("unit", "mps2-an385", &[]);
    desk.lab(&[sim.entry("")]);
    let check = |image: &str, why: &str, says: &str| {
        let (got, detail) = failure(&desk, &fault_image(image));
        assert!(got == why && detail.contains(says), "{image}: {got}: {detail}");
    };
    check("hang", "hang", "stopped after the time limit, pc 0x");
    // Whether its serial port is quick enough for a flood depends on the machine.
    check("flood", "hang", ", pc 0x");
    check("panic", "panic", "the firmware panicked");
    check("hardfault", "fault", "HardFault");
    check("overflow", "fault", "HardFault");
    check("escape", "fault", "halted by itself: Breakpoint(Semihosting(");
    check("silent", "silent", "(2584, 210, 510, 9540) was expected");
    check("garbage", "garbage", "bytes are not text");
    check("wrong", "wrong_result", "(2584, 210, 511, 9541) where (2584, 210, 510, 9540) was expected");
}

#[test]
fn a_console_in_ram_is_read_while_the_board_runs() {
    let desk = Desk::with_manifest(FAULTS);
    let sim = Sim::start("unit", "mps2-an385", &[]);
    desk.lab(&[sim.entry_with("rtt", "")]);
    let elf = fault_image("rtt");
    let ran = desk.ounce(&["bench", "--board", "mps2-an385", "--probe", "unit", "--elf", elf.to_str().unwrap()]).ends(0);
    // Eight times what the ring holds.
    assert_eq!(ran.stderr.matches(&".".repeat(63)).count(), 128, "{}", ran.stderr);
    let (why, detail) = failure(&desk, &fault_image("wrong"));
    assert!(why == "silent" && detail.contains("the image has no symbol _SEGGER_RTT"), "{why}: {detail}");
}

#[test]
fn what_may_not_be_written_is_refused_before_the_probe_is_opened() {
    let desk = Desk::with_manifest(FAULTS);
    // No board is there at all.
    let entry = "[units.unit]\nprobe = \"20b7:9db1:unix:/nowhere\"\nboard = \"mps2-an385\"\nchip = \"mps2-an385\"\ntarget = \"sim.yaml\"\n\
                 console = \"uart:unix:/nowhere@115200\"\nprotected = [{ name = \"bootloader\", start = 0x40, size = \"1K\" }]\n";
    desk.lab(&[entry.into()]);
    let (why, detail) = failure(&desk, &fault_image("wrong"));
    assert!(
        why == "refused" && detail.contains("lies in the flash sectors of bootloader (0x00000000 to 0x00003fff), which lab.toml protects"),
        "{why}: {detail}"
    );
}

#[test]
fn what_goes_wrong_with_a_probe_is_no_verdict_and_leaves_nothing_behind() {
    let desk = pyrite();
    let on_board = |faults: &[&str]| {
        let sim = Sim::start("unit", "microbit", faults);
        desk.lab(&[sim.entry("")]);
        let ran = desk.bench_on_unit("microbit");
        assert_eq!(processes_with(&format!("probe {}", desk.home().display())), Vec::<String>::new(), "{faults:?}");
        assert_eq!(desk.scratch(), Vec::<PathBuf>::new());
        ran
    };
    // What is over when it is tried again is only told.
    let check = |fault: &str, says: &str| {
        let ran = on_board(&[fault]).ends(0);
        assert!(ran.stderr.contains("unit unit: probe 20b7:9db1:unix:") && ran.stderr.contains(says), "{fault}: {}", ran.stderr);
    };
    check("flip@3x1", "flash does not hold what was written: segment 1: ");
    // Its cable is pulled while it is flashed, and put back: probe-rs reads on for ever, and is ended.
    check("dead@3000x1", "nothing came back within its time");
    // In the middle of a block probe-rs panics.
    check("wait@1200x1", "its driver broke off: ");
    on_board(&["stuck-flash"]).refuses(&["unit unit is suspect: ", "flash does not hold what was written"]);
    on_board(&["silent@60"]).refuses(&["unit unit is suspect: ", "the chip does not answer: nothing came back within its time"]);
}

#[test]
fn two_jobs_cannot_have_one_probe_and_a_job_that_is_killed_gives_it_back() {
    let (desk, other) = (Desk::with_manifest(&FAULTS.replace("timeout_s = 5", "timeout_s = 60")), Desk::with_manifest(FAULTS));
    let sim = Sim::start("unit", "mps2-an385", &[]);
    desk.lab(&[sim.entry("")]);
    other.lab(&[sim.entry("")]);
    let ours = |image: &Path| ["bench", "--board", "mps2-an385", "--probe", "unit", "--elf", image.to_str().unwrap()].map(str::to_owned);
    let (hangs, wrong) = (ours(&fault_image("hang")), ours(&fault_image("wrong")));
    let running = desk.start_ounce(&hangs.each_ref().map(String::as_str));
    let job = format!("probe {}", desk.home().display());
    wait_until("the job has the probe", || !processes_with(&job).is_empty());
    wait_until("its board runs", || running.stderr().contains("probe: flash holds image"));
    let began = Instant::now();
    // Another repository of the same machine.
    let home = desk.home();
    let second = other.ounce_with(&wrong.each_ref().map(String::as_str), &[("OUNCE_HOME", home.as_os_str())]);
    second.refuses(&["it is in use: another ounce has it"]);
    assert!(began.elapsed() < Duration::from_secs(10), "who would have to wait is told at once");
    running.kill();
    running.finish();
    wait_until("its child has ended", || processes_with(&job).is_empty());
    desk.ounce(&wrong.each_ref().map(String::as_str)).ends(1);
}

#[test]
fn a_job_that_is_killed_in_mid_flash_does_the_next_no_harm() {
    let desk = pyrite();
    let sim = Sim::start("unit", "mps2-an385", &[]);
    desk.lab(&[sim.entry("")]);
    let elf = image("mps2-an385");
    let running =
        desk.start_ounce(&["bench", "--board", "mps2-an385", "--bench", "empty", "--probe", "unit", "--elf", elf.to_str().unwrap()]);
    wait_until("it is being flashed", || running.stderr().contains("probe: program, "));
    running.kill();
    running.finish();
    desk.bench_on_unit("mps2-an385").ends(0);
}
