//! A build that wants all there is: processes, disk, memory, output, time. Each is stopped, with a reason that says of what it was too much, and the
//! machine and the agent live.

use crate::common::hostile::{failure, project};
use crate::common::{processes_with, said};
use ounce_protocol::measurement::Stage;
use ounce_runner::exec::cgroup::Cgroups;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

/// Runs it as a build and expects its end with this reason.
#[track_caller]
fn is_stopped(script: &str, reason: &str) {
    let desk = project();
    desk.hostile(script);
    let began = Instant::now();
    let (stage, log) = failure(desk.weighed());
    assert!(stage == Stage::Build && log.contains(reason), "{stage:?}: {reason:?} was meant:\n{log}");
    assert!(began.elapsed() < Duration::from_secs(45), "it took {:?}", began.elapsed());
    assert_eq!(processes_with(&desk.mark()), Vec::<String>::new(), "processes live on");
    // Whatever it was, it does not stand in the way of the next one.
    desk.hostile("exit 3");
    let (_, log) = failure(desk.weighed());
    assert!(log.contains("[build: exit code 2]"), "{log}");
}

#[test]
fn a_fork_bomb_is_stopped() {
    let bound = !rustix::process::geteuid().is_root() || Cgroups::detect().is_some();
    assert!(bound, "nothing would bound a fork bomb here: run this as another user than root, or where control groups can be made");
    is_stopped("bomb() { bomb | bomb & }; bomb; sleep 60", "[build: it had more than 100 processes at once and was stopped]");
}

/// What holds where the agent is not root, which is how it is meant to be: the kernel's own limit, inside a user namespace of its own.
#[test]
fn the_kernel_bounds_processes_of_who_is_not_root() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::copy(env!("CARGO_BIN_EXE_ounce"), folder.path().join("ounce")).unwrap();
    let somebody: &[&str] = if rustix::process::geteuid().is_root() { &["--reuid=65533", "--regid=65533", "--clear-groups"] } else { &[] };
    let jail = [
        "bwrap",
        "--unshare-all",
        "--as-pid-1",
        "--die-with-parent",
        "--uid",
        "65534",
        "--ro-bind",
        "/usr",
        "/usr",
        "--symlink",
        "usr/bin",
        "/bin",
    ];
    let rest = [
        "--symlink",
        "usr/lib",
        "/lib",
        "--symlink",
        "usr/lib64",
        "/lib64",
        "--ro-bind",
        ".",
        "/ounce",
        "/ounce/ounce",
        "inside",
        "--cpu-s",
        "60",
    ];
    let limits =
        ["--address-bytes", "1000000000", "--processes", "60", "--open-files", "64", "--file-bytes", "1000", "--", "/bin/sh", "-c"];
    let proc = ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"];
    let all: Vec<&str> =
        [somebody, &jail, &proc, &rest, &limits, &["i=0; while [ $i -lt 200 ]; do sleep 20 & i=$((i+1)); done; echo not bound"]].concat();
    let ran = said("setpriv", folder.path(), &all);
    assert!((ran.contains("Cannot fork") || ran.contains("temporarily unavailable")) && !ran.contains("not bound"), "{ran}");
}

#[test]
fn a_build_that_fills_the_disk_is_stopped() {
    is_stopped(
        "for i in $(seq 20); do head -c 20M /dev/zero > big$i; sleep 0.2; done; sleep 60",
        "[build: it used more than 64 MiB of disk and was stopped]",
    );
}

#[test]
fn a_build_that_makes_files_without_end_in_folders_without_end_is_stopped() {
    let deep = "export -n PWD OLDPWD; for i in $(seq 3000); do mkdir ddddddddddddddddddddddddd && cd -P ddddddddddddddddddddddddd; done; head -c 20M /dev/zero > a; head -c 20M /dev/zero > b; sleep 40";
    is_stopped(deep, "[build: it made folders deeper than paths may be long and was stopped]");
}

#[test]
fn a_build_that_fills_memory_is_stopped() {
    let reason = "[build: it used more than 256 MiB of memory and was stopped]";
    is_stopped("head -c 2G /dev/zero | tail -n 1 | wc -c; sleep 60", reason);
    // No process alone has too much.
    is_stopped("for i in $(seq 20); do (head -c 40M /dev/zero; sleep 60) | tail -n 1 & done; wait", reason);
}

#[test]
fn a_build_cannot_hide_memory_in_files_that_lie_in_memory() {
    let desk = project();
    desk.hostile("for place in /tmp /dev/shm; do head -c 3G /dev/zero > $place/big; done; du -m /tmp/big /dev/shm/big");
    let (_, log) = failure(desk.weighed());
    assert!(log.contains("ile size limit exceeded"), "{log}");
    // Many files of a size that is allowed.
    desk.hostile("for i in $(seq 80); do head -c 30M /dev/zero > /tmp/big$i || break; done; du -sm /tmp");
    let (_, log) = failure(desk.weighed());
    assert!(log.contains("No space left on device"), "{log}");
}

#[test]
fn a_build_that_prints_without_end_is_stopped() {
    is_stopped("yes 'all work and no play'", "[build: it printed more than 4 MiB and was stopped]");
}

#[test]
fn a_build_that_never_ends_is_stopped() {
    let desk = project();
    desk.settings("[limits]\nbuild_minutes = 0\n");
    desk.hostile("(trap '' TERM INT HUP; sleep 600) & sleep 600");
    desk.tag_good();
    let comparison = desk.weighed().ends(0).comparison();
    assert!(format!("{comparison:?}").contains("stopped after its time limit"), "{comparison:?}");
    assert_eq!(processes_with(&desk.mark()), Vec::<String>::new());
}
