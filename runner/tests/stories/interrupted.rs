//! Ctrl-C at the worst moments, and a service that is stopped: the answer is exit code 130 or 143, and nothing stays behind.

use crate::common::{Desk, Ran, fault_image, processes_with, signal_processes, wait_until};
use rustix::process::Signal;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

#[track_caller]
fn nothing_is_left(desk: &Desk, ran: Ran, code: i32, mark: &str) {
    let ran = ran.ends(code);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("ounce: interrupted"), "{}", ran.stderr);
    wait_until(&format!("no process with {mark}"), || processes_with(mark).is_empty());
    assert_eq!(desk.scratch(), Vec::<PathBuf>::new());
}

#[test]
fn during_a_build() {
    let desk = Desk::with_one_board();
    let mark = format!("ounce-test-build-{}", std::process::id());
    // A child of a child, which does not care about its parents.
    desk.edit("ounce.toml", "[\"make\", \"BOARD=an385\"]", &format!("[\"sh\", \"-c\", \"(sleep 600; echo {mark}) & wait\", \"{mark}\"]"));
    desk.commit("takes its time");
    // Several times: a sandbox that is only being set up is easier to leave behind than one that stands.
    for processes in [1, 2, 2, 3, 4] {
        let running = desk.start_ounce(&["compare", "HEAD..HEAD"]);
        wait_until("the build", || processes_with(&mark).len() >= processes);
        let code = match processes % 2 {
            0 => {
                running.terminate();
                143
            }
            _ => {
                running.interrupt();
                130
            }
        };
        nothing_is_left(&desk, running.finish(), code, &mark);
    }
    // And the next one does not wait for anybody.
    desk.edit("ounce.toml", "sleep 600", "true");
    desk.commit("quick");
    desk.ounce(&["bench", "--json"]).ends(1);
}

#[test]
fn during_an_emulation() {
    let desk = Desk::with_one_board();
    desk.edit("ounce.toml", "load_size = \"4K\"", "load_size = \"4K\"\ninstruction_budget = 1_000_000_000_000_000\ntimeout_s = 3600");
    desk.edit("ounce.toml", "begin = \"bench_start\"\nend = \"bench_stop\"", "");
    let (image, home) = (fault_image("hang"), desk.home());
    let running = desk.start_ounce(&["bench", "--board", "an385", "--bench", "median", "--elf", image.to_str().unwrap()]);
    let mark = home.join("scratch").display().to_string();
    wait_until("both takes", || processes_with(&mark).iter().filter(|line| line.starts_with("qemu-system-arm")).count() == 2);
    running.interrupt();
    nothing_is_left(&desk, running.finish(), 130, &mark);
}

#[test]
fn an_emulator_or_a_build_that_is_killed_is_not_the_commits_fault() {
    let desk = Desk::with_one_board();
    desk.edit("ounce.toml", "load_size = \"4K\"", "load_size = \"4K\"\ninstruction_budget = 1_000_000_000_000_000\ntimeout_s = 3600");
    desk.edit("ounce.toml", "begin = \"bench_start\"\nend = \"bench_stop\"", "");
    let (image, mark) = (fault_image("hang"), desk.home().join("scratch").display().to_string());
    let ended_by = |signal: Signal| {
        let args = ["bench", "--json", "--board", "an385", "--bench", "median", "--elf", image.to_str().unwrap()];
        let running = desk.start_ounce(&args);
        wait_until("both takes", || processes_with(&mark).iter().filter(|line| line.starts_with("qemu-system-arm")).count() == 2);
        signal_processes("qemu-system-arm", &mark, signal);
        running.finish()
    };
    // As the kernel does when memory runs out.
    ended_by(Signal::KILL).refuses(&["the emulator was killed", "memory"]);
    // As QEMU does itself when a fault handler faults.
    let aborted = ended_by(Signal::ABORT).ends(1);
    assert!(aborted.stdout.contains("\"fault\"") && aborted.stdout.contains("the machine stopped"), "{aborted:?}");
    desk.edit("ounce.toml", "[\"make\", \"BOARD=an385\"]", "[\"sh\", \"-c\", \"echo compiling; kill -KILL $$\"]");
    desk.commit("is killed");
    desk.ounce(&["bench", "--board", "an385"]).refuses(&["the build was killed", "memory", "compiling"]);
    // Any other end is the commit's own.
    desk.edit("ounce.toml", "kill -KILL $$", "kill -SEGV $$");
    desk.commit("falls over");
    desk.ounce(&["bench", "--board", "an385"]).ends(1);
}

#[test]
fn while_another_ounce_has_the_workshop() {
    let desk = Desk::with_one_board();
    desk.ounce(&["bench", "--board", "an385"]).ends(0);
    let workshops = desk.home().join("workshops");
    let held: Vec<File> = std::fs::read_dir(workshops).unwrap().map(|e| File::open(e.unwrap().path().join("lock")).unwrap()).collect();
    assert!(!held.is_empty());
    held.iter().for_each(|lock| lock.lock().unwrap());
    let running = desk.start_ounce(&["bench", "--board", "an385"]);
    std::thread::sleep(Duration::from_millis(1500));
    running.interrupt();
    nothing_is_left(&desk, running.finish(), 130, "no-process-at-all");
}
