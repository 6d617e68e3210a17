//! Firmware that hangs, crashes, lies or attacks: each kind is called by its own name, and nothing of it reaches the host.

use crate::common::{Desk, Ran, count, fault_image, outcome};
use ounce_protocol::measurement::{BenchFailure, BenchOutcome};
use std::path::Path;

/// A board for the images of `firmware/build faults`, which need no build.
const MANIFEST: &str = r#"
version = 1
name = "faults"

[boards.an385]
build = ["true"]
elf = "none.elf"
regions = [
    { name = "flash", kind = "flash", start = 0x00000000, size = "3M" },
    { name = "ram", kind = "ram", start = 0x20000000, size = "4M" },
]
[boards.an385.run]
qemu = { system = "arm", machine = "mps2-an385" }
instruction_budget = 20_000_000

[benchmarks.right]
expect = "(2584, 210, 510, 9540)"
[benchmarks.attempts]
expect = "'attempts made'"
"#;

/// How a failure is told in JSON and what its detail says.
#[track_caller]
fn failure(desk: &Desk, image: &Path, bench: &str) -> (String, String) {
    let args = ["bench", "--json", "--board", "an385", "--bench", bench, "--elf", image.to_str().unwrap()];
    let ran = desk.ounce(&args).ends(1);
    let outcome = &ran.json()["measurements"][0]["outcome"]["benches"][bench];
    assert_eq!(outcome["kind"], "failed", "{outcome}");
    (outcome["why"].as_str().unwrap().to_owned(), outcome["detail"].as_str().unwrap().to_owned())
}

#[test]
fn each_way_to_misbehave_has_its_own_name() {
    let desk = Desk::with_manifest(MANIFEST);
    let check = |image: &str, why: &str, says: &str| {
        let (got, detail) = failure(&desk, &fault_image(image), "right");
        assert!(got == why && detail.contains(says), "{image}: {got}: {detail}");
    };
    check("hang", "hang", "the instruction budget was used up");
    check("flood", "hang", "the instruction budget was used up");
    check("panic", "panic", "the firmware panicked");
    check("hardfault", "fault", "HardFault");
    check("overflow", "fault", "HardFault");
    check("silent", "silent", "(2584, 210, 510, 9540) was expected");
    check("garbage", "garbage", "bytes are not text");
    check("wrong", "wrong_result", "(2584, 210, 511, 9541) where (2584, 210, 510, 9540) was expected");
}

#[test]
fn where_instructions_have_no_limit_the_clock_ends_a_hang() {
    let desk = Desk::with_manifest(
        &MANIFEST.replace("instruction_budget = 20_000_000", "instruction_budget = 1_000_000_000_000_000\ntimeout_s = 1"),
    );
    let (why, detail) = failure(&desk, &fault_image("hang"), "right");
    assert!(why == "hang" && detail.contains("time limit"), "{why}: {detail}");
    assert_eq!(desk.scratch(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn exit_codes_of_a_firmware_are_told_apart() {
    let desk = Desk::with_firmware();
    let check = |code: &str, why: &str, says: &str| {
        desk.edit("src/main.c", "    return 0;\n}", &format!("    return {code};\n}}"));
        let (got, detail) = failure(&desk, &desk.made("an385"), "median");
        assert!(got == why && detail.contains(says), "{code}: {got}: {detail}");
        desk.edit("src/main.c", &format!("    return {code};\n}}"), "    return 0;\n}");
    };
    check("7", "exit", "exit code 7");
    check("101", "panic", "panicked");
    check("102", "fault", "HardFault");
    check("104", "exception", "exception");
    check("105", "refused", "refused");
    // Not enough memory is no failure: the board is too small for the program.
    desk.edit("src/main.c", "    return 0;\n}", "    return 103;\n}");
    let elf = desk.made("an385");
    let args = ["bench", "--json", "--board", "an385", "--bench", "median", "--elf", elf.to_str().unwrap()];
    let measured = desk.ounce(&args).ends(0).measurement();
    assert!(matches!(outcome(&measured, "median"), BenchOutcome::NoFit { detail } if detail.contains("memory")), "{measured:?}");
}

#[test]
fn markers_that_are_not_met_once_each_give_no_count() {
    let desk = Desk::with_firmware();
    let check = |from: &str, to: &str, why: &str, says: &str| {
        desk.edit("src/main.c", from, to);
        let (got, detail) = failure(&desk, &desk.made("an385"), "median");
        assert!(got == why && detail.contains(says), "{from} → {to}: {got}: {detail}");
        desk.edit("src/main.c", to, from);
    };
    // Called somewhere else all the same, so that the linker keeps it.
    check("    bench_stop();\n", "    if (crc == 1) bench_stop();\n", "markers", "begin was met 1 times, end 0 times");
    check(
        "    uart_start();\n    bench_start();\n",
        "    uart_start();\n    if (quarters[3]) bench_start();\n",
        "markers",
        "begin was met 0 times, end 1 times",
    );
    // Jumping into the void ends in the firmware's own fault handler.
    check("    delay(1000);\n", "    ((void (*)(void))0xf0000001)();\n", "fault", "HardFault");
}

#[test]
fn a_firmware_gets_nothing_of_the_host_through_semihosting() {
    let desk = Desk::with_manifest(MANIFEST);
    let image = fault_image("escape");
    let args = ["bench", "--json", "--board", "an385", "--bench", "attempts", "--elf", image.to_str().unwrap()];
    let traces = [desk.repo().join("ounce-escape"), Path::new("/tmp/ounce-escape").to_owned()];
    let _ = std::fs::remove_file(&traces[1]);
    let check = |ran: Ran, sandbox: &str| {
        for trace in &traces {
            assert!(!trace.exists(), "{} was made by the guest", trace.display());
        }
        // The ledger knows the text, as it is in the image: nobody said it.
        let said = ran.stdout.lines().find(|line| line.contains("escaped") && !line.trim_start().starts_with("\"name\":"));
        assert!(said.is_none() && !ran.stderr.contains("escaped"), "{said:?} {}", ran.stderr);
        let measured = ran.ends(0).measurement();
        assert_eq!(measured.fingerprint.0["sandbox"], sandbox);
        // All attempts were made, and came back.
        assert!(count(&measured, "attempts").instructions > 0);
    };
    check(desk.ounce(&args), "bubblewrap");
    // QEMU's own settings hold alone as well.
    let path = desk.path_with(&["git", "qemu-system-arm"]);
    check(desk.ounce_with(&args, &[("PATH", path.as_os_str())]), "none");
}

#[test]
fn failures_are_told_to_people_in_words() {
    let desk = Desk::with_manifest(MANIFEST);
    let image = fault_image("panic");
    let text = desk.ounce(&["bench", "--board", "an385", "--elf", image.to_str().unwrap()]).ends(1).stdout;
    assert!(text.contains("right") && text.contains(BenchFailure::Panic.word()), "{text}");
}
