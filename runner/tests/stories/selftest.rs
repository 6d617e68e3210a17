//! A unit that is tested: its RAM, its flash as the core reads it, its console and its clock; and how each is found out that is not as it should be.

use crate::common::lab::{Sim, pyrite, selftest};
use crate::common::{Desk, Ran};

/// The clock that QEMU gives the core of each board.
fn clock_hz(board: &str) -> u32 {
    if board == "microbit" { 16_000_000 } else { 25_000_000 }
}

fn check(desk: &Desk, sim: &Sim, more: &str) -> Ran {
    desk.lab(&[sim.entry(more)]);
    desk.ounce(&["boards", "check"])
}

/// The identity of an ELF file, as far as the self-test tells it.
fn identity(line: &str) -> String {
    let elf = std::fs::read(line.split('"').nth(1).unwrap()).unwrap();
    let identity = ounce_analysis::identity_of(&ounce_analysis::loadable_segments(&elf).unwrap());
    identity.to_string().chars().take(12).collect()
}

#[test]
fn what_is_in_flash_is_what_was_written_as_the_core_itself_reads_it() {
    let desk = pyrite();
    for (board, ram) in [("microbit", 16 * 1024), ("mps2-an385", 4096 * 1024)] {
        let sim = Sim::start("unit", board, &[]);
        let line = selftest(board);
        let ran = check(&desk, &sim, &format!("{line}clock_hz = {}\n", clock_hz(board))).ends(0);
        let image = identity(&line);
        let says = format!(" of {ram} B, flash read on the core is image {image}, console, clock about ");
        assert!(
            ran.stdout.starts_with("unit           it answers and passes its self-test: RAM ") && ran.stdout.contains(&says),
            "{}",
            ran.stdout
        );
        assert!(ran.stderr.contains(&format!("ounce: hello 1 {board}\n")), "it told so itself: {}", ran.stderr);
        // It is remembered.
        let tested = desk.ounce(&["boards", "--json"]).ends(0).json()["lab"]["units"][0]["tested"].clone();
        assert!(tested["passed"] == true && tested["said"].as_str().unwrap().contains(&says), "{tested}");
        assert!(desk.ounce(&["boards"]).ends(0).stdout.contains(" ago: RAM "));
        // A bit of the vector of SysTick, which it does not use, is read otherwise by the core than by the probe: it was written and read back rightly.
        let sim = Sim::start("unit", board, &["misread@60"]);
        let ran = check(&desk, &sim, &line);
        assert!(ran.stderr.contains(" flash holds image "), "{}", ran.stderr);
        assert!(
            ran.stdout.contains("fails its self-test: the core reads other bytes in flash than were written: image "),
            "{}",
            ran.stdout
        );
        assert!(ran.ends(1).stdout.contains("unit unit is suspect"), "nothing helped");
    }
}

#[test]
fn a_console_of_another_board_and_a_clock_that_is_not_as_stated_are_found() {
    let desk = pyrite();
    let (sim, other) = (Sim::start("unit", "microbit", &[]), Sim::start("other", "microbit", &[]));
    let line = selftest("microbit");
    let ran = check(&desk, &sim, &format!("{line}clock_hz = 64_000_000\n")).ends(1);
    assert!(ran.stdout.contains(" Hz where lab.toml states clock_hz = 64000000"), "{}", ran.stdout);
    desk.lab(&[other.entry(&line)]);
    desk.ounce(&["boards", "check"]).ends(0);
    // The probe of one with the console of the other, which says nothing.
    let wrong = format!("uart:unix:{}/uart@115200", other.folder());
    desk.lab(&[sim.entry_with(&wrong, &line)]);
    let ran = desk.ounce(&["boards", "check"]).ends(1);
    assert!(ran.stdout.contains("fails its self-test: its console told no result"), "{}", ran.stdout);
}

#[test]
fn an_image_that_is_no_self_test_is_a_mistake_of_the_entry() {
    let desk = pyrite();
    let sim = Sim::start("unit", "microbit", &[]);
    let other = crate::common::lab::image("microbit");
    let ran = check(&desk, &sim, &format!("selftest = \"{}\"\n", other.display()));
    let ran = ran.ends(1);
    assert!(ran.stdout.contains("takes no orders: `firmware/build BOARD --selftest`"), "{}", ran.stdout);
    let ran = check(&desk, &sim, "selftest = \"none.elf\"\n").ends(1);
    assert!(ran.stdout.contains("none.elf cannot be read"), "{}", ran.stdout);
    assert!(desk.ounce(&["boards"]).ends(0).stdout.contains("its self-test "), "it is named among what is missing");
}
