//! The emulator seen from outside: how often it is started, what shuts it in, and one that counts otherwise the second time.

use crate::common::hostile::project;
use crate::common::server::Server;
use crate::common::{Desk, compared, count, fault_image, wait_until};
use ounce_analysis::comparison::Verdict;
use ounce_runner::exec::find_program;
use serde_json::json;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Puts a script in QEMU's place, which notes its arguments, runs the real one and then does this. Bubblewrap has to go, too: inside it
/// there would be no script.
struct Instead {
    path: OsString,
    notes: PathBuf,
}

impl Instead {
    fn of_qemu(desk: &Desk, then: &str) -> Instead {
        let real = find_program("qemu-system-arm").unwrap_or_else(|| panic!("no qemu-system-arm: run `./dev setup`"));
        let (folder, notes) = (desk.beside("instead"), desk.beside("notes"));
        fs::create_dir(&folder).unwrap();
        let qemu = format!("echo \"$*\" >> {}\n{} \"$@\"\ncode=$?\n{then}\nexit $code", notes.display(), real.display());
        for (name, script) in [("qemu-system-arm", qemu.as_str()), ("bwrap", "exit 1")] {
            let file = folder.join(name);
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let usual = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&usual))).unwrap();
        Instead { path, notes }
    }

    /// How often an image was run since the last time this was asked.
    fn runs(&self) -> usize {
        let notes = fs::read_to_string(&self.notes).unwrap();
        fs::remove_file(&self.notes).unwrap();
        notes.lines().filter(|line| line.contains("-plugin")).count()
    }
}

#[test]
fn an_image_of_the_same_bytes_is_not_run_again() {
    let desk = Desk::with_one_board();
    let qemu = Instead::of_qemu(&desk, "");
    let compare = || {
        let ran = desk.ounce_with(&["compare", "HEAD~1..HEAD", "--json"], &[("PATH", qemu.path.as_os_str())]);
        (compared(&ran.comparison(), "an385").identical, qemu.runs())
    };
    desk.write("NOTES", "nothing to build\n");
    desk.commit("words only");
    assert_eq!(compare(), (true, 4), "two takes of two benchmarks, at the base alone");
    desk.edit("src/delay.S", "delay:\n", "delay:\n    nop\n");
    desk.commit("one instruction more");
    assert_eq!(compare(), (false, 8), "at both");
}

#[test]
fn what_a_server_knows_of_the_same_bytes_is_not_run_again() {
    let (desk, server) = (project(), Server::start());
    server.remember();
    let qemu = Instead::of_qemu(&desk, "");
    let weigh = || {
        let (job, _) = server.weigh_with(&desk, true, &[("PATH", qemu.path.as_os_str())]);
        assert_eq!(job.end["kind"], "done", "{job:?}");
        (job, qemu.runs())
    };
    desk.edit("src/delay.S", "delay:\n", "delay:\n    nop\n");
    desk.commit("one instruction more");
    let (first, runs) = weigh();
    assert_eq!(runs, 8, "two takes of two benchmarks on both sides");
    let head = desk.id("HEAD");

    desk.write("NOTES", "nothing to build\n");
    desk.commit("words only");
    let (second, runs) = weigh();
    assert_eq!(runs, 0, "nothing was run");
    assert_eq!(second.measurements[1]["reused"], json!({ "run": 7, "commit": head }));
    assert_eq!(second.head()["benches"], first.head()["benches"]);
    assert!(second.log.contains("the same bytes were measured at"), "{}", second.log);

    desk.edit("src/delay.S", "    nop\n", "    nop\n    nop\n");
    desk.commit("another instruction");
    let (third, runs) = weigh();
    assert_eq!(runs, 4, "the head is new, the base is known");
    assert!(third.measurements[1].get("reused").is_none() && third.measurements[0].get("reused").is_some());
}

#[test]
fn two_takes_that_differ_are_noisy() {
    let desk = Desk::with_one_board();
    // The take that looks at the stack, and only at the head: there one instruction more is met.
    let then = r#"for word; do case "$word" in *,out=*) out=${word#*,out=}; out=${out%%,*};; esac; done
case "$*" in *-head.elf*,stack=*)
    awk '/^(total|measured) / { $2 += 1 } /^pc / && !other { $3 += 1; other = 1 } { print }' "$out" > "$out.other" && mv "$out.other" "$out";;
esac"#;
    let qemu = Instead::of_qemu(&desk, then);
    let path = [("PATH", qemu.path.as_os_str())];
    desk.edit("src/delay.S", "delay:\n", "delay:\n    nop\n");
    desk.commit("one instruction more");
    let ran = desk.ounce_with(&["compare", "HEAD~1..HEAD", "--json"], &path);
    let comparison = ran.ends(0).comparison();
    assert_eq!(comparison.verdict, Verdict::Incomplete, "the budget on instructions is not judged");
    let said = "an385: the two takes differ, so these figures are noisy and not judged: digits, median";
    assert_eq!(comparison.notes, [said]);
    // The same words for people, and both figures for those who look at one image.
    let text = desk.ounce_with(&["compare", "HEAD~1..HEAD"], &path).ends(0).stdout;
    assert!(text.contains("noisy"), "{text}");
    let image = desk.beside("x-head.elf");
    fs::copy(desk.made("an385"), &image).unwrap();
    let args = ["bench", "--board", "an385", "--elf", image.to_str().unwrap()];
    let measured = desk.ounce_with(&[&args[..], &["--json"]].concat(), &path).ends(0).measurement();
    let digits = count(&measured, "digits");
    assert_eq!(digits.second_take, Some(digits.instructions + 1));
    let text = desk.ounce_with(&args, &path).ends(0).stdout;
    assert!(text.contains("noisy: second take"), "{text}");
}

/// A figure of a process, as `/proc` tells it: the words after that name.
fn status(process: &Path, name: &str) -> Vec<String> {
    let text = fs::read_to_string(process.join("status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

#[test]
fn an_emulator_is_shut_in_from_outside_and_by_itself() {
    let desk = Desk::with_one_board();
    desk.edit("ounce.toml", "load_size = \"4K\"", "load_size = \"4K\"\ninstruction_budget = 1_000_000_000_000_000\ntimeout_s = 120");
    desk.edit("ounce.toml", "begin = \"bench_start\"\nend = \"bench_stop\"", "");
    let (image, mark) = (fault_image("hang"), desk.home().join("scratch").display().to_string());
    let running = desk.start_ounce(&["bench", "--board", "an385", "--bench", "median", "--elf", image.to_str().unwrap()]);
    let emulators = || -> Vec<PathBuf> {
        let all = fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
        let ours = |process: &PathBuf| {
            let line = fs::read(process.join("cmdline")).unwrap_or_default();
            line.starts_with(b"qemu-system-arm\0") && String::from_utf8_lossy(&line).contains(&mark)
        };
        all.filter(ours).collect()
    };
    wait_until("both takes", || emulators().len() == 2);
    let this = Path::new("/proc/self");
    // Bubblewrap: it has a number of its own among the processes that it sees.
    let in_sandbox = |emulator: &PathBuf| status(emulator, "NSpid").len() > status(this, "NSpid").len();
    // Its own `-sandbox`, once it has started: a filter of system calls.
    let filters = |emulator: &PathBuf| status(emulator, "Seccomp_filters") != status(this, "Seccomp_filters");
    let since = Instant::now();
    let (mut shut_in, mut filtered) = (0, 0);
    while (shut_in, filtered) != (2, 2) && since.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
        shut_in = emulators().iter().filter(|&e| in_sandbox(e)).count();
        filtered = emulators().iter().filter(|&e| filters(e)).count();
    }
    // First of all they are ended: nobody else would.
    running.interrupt();
    running.finish().ends(130);
    assert_eq!(shut_in, 2, "emulators in bubblewrap");
    assert_eq!(filtered, 2, "emulators that filter their system calls");
}
