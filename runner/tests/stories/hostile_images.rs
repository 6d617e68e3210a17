//! A build that leaves something else than an image where its image should be, and an image that breaks its reader.

use crate::common::count;
use crate::common::hostile::{failure, project};
use crate::common::server::Server;
use ounce_analysis::comparison::BoardState;
use ounce_protocol::measurement::Stage;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

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
fn a_linkers_map_that_leads_out_of_the_checkout_is_not_used() {
    let desk = project();
    desk.hostile_after_the_build("rm -f build/an385/firmware.map; ln -s /etc/passwd build/an385/firmware.map");
    let (job, _) = Server::start().weigh(&desk, true);
    assert_eq!(job.head()["kind"], "built");
    assert!(job.log.contains("the linker's map is not used: build/an385/firmware.map is a link that leaves the checkout"), "{}", job.log);
}

#[test]
fn every_image_is_read_inside_the_sandbox() {
    // Bubblewrap, noting what it is told.
    let desk = project();
    let (folder, notes) = (desk.beside("instead"), desk.beside("notes"));
    let real = ounce_runner::exec::find_program("bwrap").unwrap();
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("bwrap"), format!("#!/bin/sh\necho \"$*\" >> {}\nexec {} \"$@\"\n", notes.display(), real.display())).unwrap();
    fs::set_permissions(folder.join("bwrap"), fs::Permissions::from_mode(0o755)).unwrap();
    let usual = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&usual))).unwrap();
    desk.edit("src/delay.S", "delay:\n", "delay:\n    nop\n");
    desk.commit("one instruction more");
    desk.ounce_with(&["compare", "good..HEAD"], &[("PATH", path.as_os_str())]);
    let notes = fs::read_to_string(notes).unwrap();
    let readings: Vec<&str> = notes.lines().filter(|line| line.contains(" -- /ounce/ounce read ")).collect();
    // Two images weighed, and a profile of two benchmarks for each.
    assert_eq!(readings.len(), 6, "{notes}");
    assert!(
        readings.iter().all(|line| line.contains("--unshare-all") && !line.contains("/src") && !line.contains("/cargo")),
        "{readings:#?}"
    );
}
