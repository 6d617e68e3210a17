//! What a commit can get wrong: a result with its reason, never an error of ours, and never another commit's figures.

use crate::common::{Desk, compared, outcome};
use ounce_analysis::comparison::{BenchSide, BoardState, Verdict};
use ounce_protocol::measurement::{BenchFailure, BenchOutcome, Outcome, Stage};

/// The stage and the log's tail of a head that gave no image.
#[track_caller]
fn head_failure(desk: &Desk) -> (Stage, String) {
    let comparison = desk.ounce(&["compare", "HEAD~1..HEAD", "--json"]).ends(1).comparison();
    assert_eq!(comparison.verdict, Verdict::Broken);
    match &comparison.boards[0].state {
        BoardState::HeadFailed { stage, log_tail } => (*stage, log_tail.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_board_that_does_not_build_leaves_the_other_its_row() {
    let desk = Desk::with_firmware();
    desk.edit("src/delay.S", "delay:\n", "delay:\n#ifdef __ARM_FEATURE_DSP\n#error this core is too good for us\n#endif\n");
    desk.edit("src/config.h", "CRC_BY_NIBBLE 0", "CRC_BY_NIBBLE 1");
    desk.commit("breaks the Cortex-M4");
    let ran = desk.ounce(&["compare", "HEAD~1..HEAD", "--json"]).ends(1);
    let comparison = ran.comparison();
    assert_eq!(comparison.verdict, Verdict::Broken);
    assert!(compared(&comparison, "an385").regions[0].head_bytes > 0);
    let BoardState::HeadFailed { stage: Stage::Build, log_tail } = &comparison.boards[1].state else {
        panic!("{:?}", comparison.boards[1])
    };
    for part in ["this core is too good for us", "delay.S", "[build: exit code 2]"] {
        assert!(log_tail.contains(part), "{log_tail}");
    }
    let text = desk.ounce(&["compare", "HEAD~1..HEAD"]).ends(1).stdout;
    assert!(text.contains("this core is too good for us") && text.contains("crc32"), "{text}");
}

#[test]
fn a_fetch_that_fails_once_is_the_networks_and_twice_is_the_commits() {
    let desk = Desk::with_one_board();
    let name = "name = \"c-firmware\"\n";
    desk.edit("ounce.toml", name, &format!("{name}fetch = [\"sh\", \"-c\", \"test -e tried || {{ touch tried; exit 1; }}\"]\n"));
    desk.commit("fetches");
    desk.ounce(&["bench", "--board", "an385"]).ends(0);
    desk.edit("ounce.toml", "touch tried; exit 1", "echo no such crate; exit 1");
    desk.commit("fetches what is not there");
    let ran = desk.ounce(&["bench", "--board", "an385"]).ends(1);
    assert!(ran.stdout.contains("no such crate") && ran.stdout.contains("[fetch: exit code 1]"), "{ran:?}");
}

#[test]
fn a_base_that_does_not_build_is_not_the_heads_fault() {
    let desk = Desk::with_one_board();
    desk.edit("src/main.c", "int main(void)\n{", "int main(void)\n{\n    oops");
    desk.commit("does not build");
    desk.edit("src/main.c", "\n    oops", "");
    desk.commit("builds again");
    let comparison = desk.ounce(&["compare", "HEAD~1..HEAD", "--json"]).ends(0).comparison();
    assert_eq!(comparison.verdict, Verdict::Incomplete);
    let state = &comparison.boards[0].state;
    assert!(matches!(state, BoardState::BaseFailed { stage: Stage::Build, head_builds: true, .. }), "{state:?}");
    // Alone, it is just a commit that does not build.
    let desk_at = desk.ounce(&["compare", "HEAD~2..HEAD~1", "--json"]).ends(1).comparison();
    assert_eq!(desk_at.verdict, Verdict::Broken);
}

#[test]
fn a_build_that_leaves_no_image_is_not_given_an_older_one() {
    // The base's image lies in the same folder when the head is built.
    let desk = Desk::with_one_board();
    desk.write("Makefile", "all:\n\t@echo nothing to do\n");
    desk.commit("builds nothing");
    let (stage, log) = head_failure(&desk);
    assert_eq!(stage, Stage::Read);
    assert!(log.contains("there is no file build/an385/firmware.elf"), "{log}");
}

#[test]
fn an_image_in_the_checkout_itself_is_not_taken_for_a_build() {
    // Someone committed an image: the build that makes none must not find it.
    let desk = Desk::with_one_board();
    desk.made("an385");
    desk.write(".gitignore", "");
    desk.write("Makefile", "all:\n\t@echo nothing to do\n");
    desk.commit("an image instead of a build");
    let (stage, log) = head_failure(&desk);
    assert_eq!(stage, Stage::Read);
    assert!(log.contains("there is no file"), "{log}");
}

#[test]
fn a_link_out_of_the_checkout_is_not_followed() {
    let desk = Desk::with_one_board();
    let secret = desk.beside("secret.elf");
    std::fs::copy(desk.made("an385"), &secret).unwrap();
    desk.write("Makefile", &format!("all:\n\tmkdir -p build/an385\n\tln -sf {} build/an385/firmware.elf\n", secret.display()));
    desk.commit("an image from elsewhere");
    let (stage, log) = head_failure(&desk);
    assert_eq!(stage, Stage::Read);
    assert!(log.contains("is a link that leaves the checkout"), "{log}");
}

#[test]
fn a_build_that_leaves_something_else_says_what_it_is() {
    let check = |make: &str, says: &str| {
        let desk = Desk::with_one_board();
        desk.write("Makefile", &format!("all:\n\tmkdir -p build/an385\n\t{make}\n"));
        desk.commit("something else");
        let (stage, log) = head_failure(&desk);
        assert!(stage == Stage::Read && log.contains(says), "{stage:?} {log}");
    };
    check("echo words > build/an385/firmware.elf", "not a 32-bit or 64-bit ELF file");
    check("mkdir build/an385/firmware.elf", "is not a file");
    check("arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -c -o build/an385/firmware.elf src/crc.c", "not an object file");
    check("truncate -s 600M build/an385/firmware.elf", "at most 536870912 are read");
}

#[test]
fn an_image_over_its_region_still_has_its_row() {
    let desk = Desk::with_one_board();
    let json = desk.ounce(&["size", desk.made("an385").to_str().unwrap(), "--json"]).ends(0).json();
    let base_bytes = json["regions"][0]["used_bytes"].as_u64().unwrap();
    desk.edit("ounce.toml", "start = 0x00000000, size = \"3M\"", &format!("start = 0x00000000, size = {}", base_bytes + 10));
    desk.commit("a small chip");
    desk.edit("src/config.h", "CRC_BY_NIBBLE 0", "CRC_BY_NIBBLE 1");
    desk.commit("does not fit any more");
    let comparison = desk.ounce(&["compare", "HEAD~1..HEAD", "--json"]).ends(1).comparison();
    assert_eq!(comparison.verdict, Verdict::Broken);
    let it = compared(&comparison, "an385");
    let flash = &it.regions[0];
    assert_eq!(flash.base_bytes, base_bytes);
    let over = flash.head_bytes - flash.size_bytes;
    let says = format!("flash is over by {over} B");
    assert!(it.benches.iter().all(|b| b.head == BenchSide::NoFit { detail: says.clone() }), "{:?}", it.benches);
    assert!(it.benches[0].base.instructions().is_some());
    assert!(comparison.notes.iter().any(|n| n.contains(&format!("over by {over} B"))), "{:?}", comparison.notes);
    assert_eq!(comparison.budgets[0].rule, "an image must fit its regions");
    // The one commit alone: a row with the figure, and nothing that is broken.
    let measured = desk.ounce(&["bench", "--json"]).ends(0).measurement();
    assert!(matches!(outcome(&measured, "digits"), BenchOutcome::NoFit { detail } if *detail == says));
}

#[test]
fn a_linker_that_refuses_is_a_failed_build() {
    let desk = Desk::with_one_board();
    desk.edit("firmware.ld", "LENGTH = 3M", "LENGTH = 256");
    desk.commit("a smaller chip for the linker");
    let (stage, log) = head_failure(&desk);
    assert!(stage == Stage::Build && log.contains("region `FLASH' overflowed by"), "{log}");
}

#[test]
fn an_image_without_the_markers_is_weighed_but_not_counted() {
    let desk = Desk::with_one_board();
    desk.edit("src/main.c", "bench_stop", "bench_finish");
    desk.commit("another name");
    let measured = desk.ounce(&["bench", "--json"]).ends(1).measurement();
    let BenchOutcome::Failed { why: BenchFailure::Markers, detail } = outcome(&measured, "digits") else { panic!("{measured:?}") };
    assert!(detail.contains("bench_start or bench_stop"), "{detail}");
    assert!(matches!(measured.outcome, Outcome::Built { .. }));
}

#[test]
fn a_benchmark_whose_file_the_commit_lacks_is_named() {
    let desk = Desk::with_one_board();
    std::fs::remove_file(desk.repo().join("messages/digits.txt")).unwrap();
    desk.commit("no message");
    desk.ounce(&["bench"]).refuses(&["messages/digits.txt"]);
    desk.ounce(&["compare", "HEAD..HEAD"]).refuses(&["benchmarks.digits", "messages/digits.txt"]);
    // In the head it is not missed: the base's is used.
    desk.ounce(&["compare", "HEAD~1..HEAD"]).ends(0);
}

#[test]
fn a_build_sees_neither_secrets_nor_homes_nor_git() {
    let desk = Desk::with_one_board();
    let secret = desk.beside("token");
    std::fs::write(&secret, "s3cret\n").unwrap();
    desk.write("Makefile", &format!("all:\n\tcat {} ; ls /home /root ; cat .git/config ; exit 3\n", secret.display()));
    desk.commit("curious");
    let (stage, log) = head_failure(&desk);
    assert_eq!(stage, Stage::Build);
    assert!(!log.contains("s3cret") && log.contains("No such file"), "{log}");
    assert_eq!(log.matches("No such file").count(), 4, "{log}");
}

#[test]
fn objects_of_the_base_are_not_taken_for_the_heads() {
    // A Makefile that does not know its own flags, as most do not: the base's objects look up to date when only flags changed.
    let desk = Desk::with_one_board();
    desk.edit("Makefile", " $(wildcard src/*.h) Makefile |", " |");
    desk.commit("a Makefile like many");
    desk.edit("Makefile", "-Os -g", "-O3 -g");
    desk.commit("optimise");
    let comparison = desk.ounce(&["compare", "HEAD~1..HEAD", "--json"]).comparison();
    let flash = &compared(&comparison, "an385").regions[0];
    assert!(flash.head_bytes > flash.base_bytes, "{} B at -Os, {} B at -O3", flash.base_bytes, flash.head_bytes);
}

#[test]
fn a_link_in_the_checkout_is_no_way_to_remove_files_of_the_host() {
    let desk = Desk::with_one_board();
    let precious = desk.beside("precious/an385/firmware.elf");
    std::fs::create_dir_all(precious.parent().unwrap()).unwrap();
    std::fs::write(&precious, "not yours").unwrap();
    std::fs::remove_file(desk.repo().join(".gitignore")).unwrap();
    std::os::unix::fs::symlink(desk.beside("precious"), desk.repo().join("build")).unwrap();
    desk.commit("where the image goes");
    head_failure(&desk);
    assert_eq!(std::fs::read(&precious).unwrap(), b"not yours");
}
