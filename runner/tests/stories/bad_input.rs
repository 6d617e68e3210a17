//! What people get wrong before anything is built: each answer names the thing and the next step, with exit code 2.

use crate::common::{Desk, Ran};
use std::ffi::OsStr;
use std::fs;

#[test]
fn a_manifest_with_a_mistake_is_named_by_every_command() {
    let check = |from: &str, to: &str, says: &[&str]| {
        let desk = Desk::with_one_board();
        desk.edit("ounce.toml", from, to);
        desk.commit("a mistake");
        for args in [&["bench"][..], &["boards"], &["compare", "HEAD..HEAD"], &["bench", "--json"]] {
            desk.ounce(args).refuses(says);
        }
    };
    check("max_growth = 256", "max_grow = 256", &["ounce.toml", "unknown field `max_grow`", "did you mean `max_growth`?"]);
    check("qemu = {", "timeout = 5\nqemu = {", &["ounce.toml", "unknown field `timeout`", "did you mean `timeout_s`?"]);
    check("version = 1", "version = 7", &["version = 7 is not known here"]);
    check("elf = \"build", "elf = \"/build", &["not a path inside the repository"]);
    check("name = \"c-firmware\"", "name = ", &["TOML parse error", "line 2"]);
}

#[test]
fn a_board_or_benchmark_that_is_not_there_lists_those_that_are() {
    let desk = Desk::with_firmware();
    desk.ounce(&["compare", "HEAD..HEAD", "--board", "nope"]).refuses(&["no board nope", "there are: an385, an386"]);
    desk.ounce(&["bench", "--board", "an358"]).refuses(&["no board an358", "did you mean `an385`?", "there are: an385, an386"]);
    desk.ounce(&["bench", "--bench", "digit"]).refuses(&["no benchmark digit", "there are: digits, median"]);
    desk.ounce(&["bench", "--elf", "ounce.toml"]).refuses(&["--elf is the image of one board", "--board"]);
    desk.ounce(&["bench", "--elf", "none.elf", "--board", "an385"]).refuses(&["none.elf cannot be read"]);
}

#[test]
fn a_folder_that_is_no_project_says_so() {
    let desk = Desk::bare();
    for args in [&["bench"][..], &["boards"], &["compare", "HEAD~1..HEAD"]] {
        desk.ounce(args).refuses(&["is not inside a git repository"]);
    }
    let desk = Desk::with_firmware();
    fs::remove_file(desk.repo().join("ounce.toml")).unwrap();
    desk.commit("no manifest");
    desk.ounce(&["bench"]).refuses(&["ounce.toml", "docs/interfaces.md"]);
    desk.ounce(&["compare", "HEAD..HEAD~1"]).refuses(&["there is no ounce.toml at", "it is read from the base", "docs/interfaces.md"]);
}

#[test]
fn a_range_that_names_no_two_commits_says_what_one_is() {
    let desk = Desk::with_firmware();
    let refused = |range: &str, says: &[&str]| -> Ran { desk.ounce(&["compare", range]).refuses(says) };
    for range in ["HEAD", "HEAD..", "..HEAD", "HEAD...HEAD", ""] {
        refused(range, &["is not BASE..HEAD, such as HEAD~1..HEAD"]);
    }
    refused("HEAD~1..HEAD", &["\"HEAD~1\" is not a commit of"]);
    refused("HEAD..no-such-branch", &["\"no-such-branch\" is not a commit of"]);
    refused("HEAD..HEAD:ounce.toml", &["is not a commit of"]);
    refused(&format!("HEAD..{}", "0".repeat(40)), &["is not a commit of"]);
    // Options of git are no commits.
    desk.ounce(&["compare", "--", "--help..HEAD"]).refuses(&["\"--help\" is not a commit of"]);
}

#[test]
fn a_missing_tool_is_named_with_the_way_to_get_it() {
    let desk = Desk::with_one_board();
    let path = desk.path_with(&["git", "make", "bwrap"]);
    desk.ounce_with(&["bench"], &[("PATH", path.as_os_str())]).refuses(&["qemu-system-arm is missing on this machine", "./dev setup"]);
    desk.ounce_with(&["bench"], &[("PATH", desk.beside("nowhere").as_os_str())])
        .refuses(&["git is missing on this machine", "./dev setup"]);
    // What needs no emulator still works, and the list of boards says what is missing.
    let boards = desk.ounce_with(&["boards"], &[("PATH", path.as_os_str())]).ends(0);
    assert!(boards.stdout.contains("cannot run here: qemu:mps2-an385 is missing"), "{}", boards.stdout);
}

#[test]
fn a_missing_plugin_is_named_with_the_way_to_get_it() {
    let desk = Desk::with_one_board();
    let folder = desk.beside("alone");
    fs::create_dir_all(folder.join("bin")).unwrap();
    let copy = folder.join("bin/ounce");
    fs::copy(env!("CARGO_BIN_EXE_ounce"), &copy).unwrap();
    desk.other_ounce(&copy, &["bench"]).refuses(&["libounce_qemu_plugin.so is not beside", "cargo build -p ounce-qemu-plugin"]);
    let elsewhere = [("OUNCE_QEMU_PLUGIN", OsStr::new("/nowhere/plugin.so"))];
    desk.ounce_with(&["bench"], &elsewhere).refuses(&["OUNCE_QEMU_PLUGIN is /nowhere/plugin.so, which is not a file"]);
}

#[test]
fn a_home_that_cannot_be_made_is_named() {
    let desk = Desk::with_one_board();
    desk.write("a-file", "");
    desk.ounce(&["bench", "--home", "a-file/home"]).refuses(&["a-file/home cannot be made"]);
}
