//! A build that leaves something else than an image where its image should be, and an image that breaks its reader.

use crate::common::count;
use crate::common::hostile::{failure, project};
use ounce_analysis::comparison::BoardState;
use ounce_protocol::measurement::Stage;

/// Makes the image as always, then this of it, and expects the reason.
#[track_caller]
fn leaves(script: &str, stage: Stage, reason: &str) {
    let desk = project();
    desk.hostile_after_the_build(&format!("elf=build/an385/firmware.elf\n{script}"));
    let (failed, log) = failure(desk.weighed());
    assert!(failed == stage && log.contains(reason), "{failed:?}: {reason:?} was meant:\n{log}");
}

#[test]
fn a_pipe_in_the_images_place_is_not_waited_for() {
    leaves("rm $elf; mkfifo $elf", Stage::Read, "is not a file");
}

#[test]
fn a_device_in_the_images_place_cannot_be_made() {
    leaves("rm $elf; mknod $elf c 1 5", Stage::Build, "Operation not permitted");
}

#[test]
fn a_terabyte_of_nothing_in_the_images_place_is_not_read() {
    leaves("truncate -s 1T $elf", Stage::Build, "File size limit exceeded");
    // As large as one file may be.
    let desk = project();
    desk.settings("");
    desk.hostile_after_the_build("truncate -s 1500M build/an385/firmware.elf");
    assert!(failure(desk.weighed()).1.contains("at most 536870912 are read"));
}

#[test]
fn an_image_swapped_for_a_link_to_a_file_of_the_host_is_not_followed() {
    leaves("ln -sf /etc/passwd $elf", Stage::Read, "is a link that leaves the checkout");
    leaves("ln -sf ../../../../../../../../etc/passwd $elf", Stage::Read, "is a link that leaves the checkout");
    leaves("ln -sf /proc/self/exe $elf", Stage::Read, "is a link that leaves the checkout");
    leaves("mv build elsewhere; ln -s /usr/bin build", Stage::Read, "is a link that leaves the checkout");
}

#[test]
fn an_image_swapped_again_and_again_is_its_own_or_nothing() {
    let desk = project();
    // In the background, for as long as it lives: which is no longer than the build.
    desk.hostile_after_the_build(
        "cd build/an385; cp firmware.elf good; (while :; do ln -sf /etc/passwd firmware.elf; cp --remove-destination good firmware.elf; done) >/dev/null 2>&1 &\nsleep 0.3",
    );
    for _ in 0..5 {
        let comparison = desk.weighed().comparison();
        // Half a copy is its own, too.
        match &comparison.boards[0].state {
            BoardState::Compared(compared) => assert!(compared.identical),
            BoardState::HeadFailed { stage, log_tail } => {
                assert!(*stage == Stage::Read && !log_tail.contains("root:"), "{stage:?} {log_tail}")
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_image_that_its_reader_dies_of_is_a_result_and_not_the_runners_end() {
    let desk = project();
    desk.hostile_after_the_build("true");
    let check = |settings: &str, says: &[&str]| {
        desk.settings(settings);
        let ran = desk.ounce(&["bench", "--board", "an385"]).ends(1);
        for part in says {
            assert!(ran.stdout.contains(part), "{settings}: {part:?} was meant: {ran:?}");
        }
    };
    check(
        "[limits]\nreader_memory = \"1M\"\n",
        &["reading the ELF failed", "the image could not be read: its reader ended", "`reader_memory`"],
    );
    check("[limits]\nreader_seconds = 0\n", &["the image could not be read: it took longer than 0 s", "`reader_seconds`"]);
    desk.settings("");
    let measured = desk.ounce(&["bench", "--board", "an385", "--json"]).ends(0).measurement();
    assert!(count(&measured, "digits").instructions > 0 && !count(&measured, "digits").profile.is_empty());
}

#[test]
fn the_reader_of_an_image_is_in_the_sandbox() {
    // What it is asked to read besides the image is not there for it.
    let desk = project();
    desk.hostile_after_the_build("rm build/an385/firmware.map; ln -s /etc/passwd build/an385/firmware.map");
    desk.weighed().ends(0);
}
