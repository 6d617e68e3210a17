//! A build that looks for what is not its own: in its environment, in files, in other processes, in the kernel.

use crate::common::hostile::{failure, project, won_nothing};
use crate::common::server::{Server, TOKEN};
use std::ffi::OsStr;

/// A value in the agent's own environment that nobody else may see.
const SECRET: &str = "s3cret-of-the-agents-own-environment";

#[test]
fn a_build_that_prints_its_environment_shows_only_what_we_gave_it() {
    let desk = project();
    desk.hostile("echo names: $(env | cut -d= -f1); env; cat /proc/*/environ | tr '\\0' '\\n'");
    let env =
        [("OUNCE_TEST_SECRET", OsStr::new(SECRET)), ("GITHUB_TOKEN", OsStr::new(SECRET)), ("AWS_SECRET_ACCESS_KEY", OsStr::new(SECRET))];
    let (_, log) = failure(desk.ounce_with(&["compare", "good..HEAD", "--json"], &env));
    assert!(!log.contains(SECRET), "{log}");
    let names = log.lines().find_map(|line| line.strip_prefix("names: ")).unwrap();
    // Ours, and what make and bash add.
    let known = ["CARGO_HOME", "CARGO_NET_OFFLINE", "HOME", "LC_ALL", "PATH", "PWD", "OLDPWD", "SHLVL", "_", "BOARD", "MFLAGS"];
    for name in names.split(' ') {
        assert!(known.contains(&name) || name.starts_with("MAKE"), "{name} came in: {names}");
    }
}

#[test]
fn a_build_that_searches_files_and_processes_finds_no_token() {
    // As the agent runs it: its token is in a file beside the checkout, and in its memory.
    let (desk, server) = (project(), Server::start());
    let token = desk.beside("token");
    desk.hostile(&format!(
        r#"# Who can be seen and asked at all: this script, make and what started them.
        test $(ls -d /proc/[0-9]* | wc -l) -lt 12 || echo "WON: $(cat /proc/[0-9]*/cmdline | tr '\0' ' ')"
        cat {token} && echo "WON: the file"
        test -z "$(ls -A /home /root $HOME 2>/dev/null | grep -v : | tr -d '\n')" || echo "WON: a home"
        for place in .git .git/config ../mirror.git /mirror.git /src/../lock; do test -e $place && echo "WON: $place"; done
        for p in /proc/[0-9]*; do cat $p/environ $p/cmdline; readlink $p/root $p/cwd $p/exe; ls -l $p/fd; done > /tmp/found 2>/dev/null
        grep -a -q 'agents-o.\?wn-token' /tmp/found && echo "WON: the token"
        grep -a -E '{folder}/|/root/|/home/' /tmp/found /proc/mounts | sed 's/^/WON: a path outside: /'
        echo THE END"#,
        token = token.display(),
        folder = desk.mark(),
    ));
    assert!(TOKEN.starts_with("agents-own-token"));
    let (job, _) = server.weigh(&desk, false);
    won_nothing(job.head()["log_tail"].as_str().unwrap());
    assert!(!job.log.contains(TOKEN), "{}", job.log);
}

#[test]
fn a_build_can_become_nobody_else_and_change_nothing_of_the_system() {
    let desk = project();
    desk.hostile(
        r#"test "$(id -u)" = 65534 || echo "WON: I am $(id)"
        grep -E 'Cap(Prm|Eff|Bnd|Inh|Amb)' /proc/self/status | grep -v 0000000000000000 && echo "WON: capabilities"
        unshare --user true && echo "WON: a user namespace, and with it file systems of any size"
        mount -t tmpfs none /tmp && echo "WON: a mount"
        mknod /tmp/disk b 8 0 && echo "WON: a disk"
        # Put back as they are, should it be won: these are this machine's own.
        for setting in /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/sys/kernel/hostname; do
            cat $setting > /tmp/setting && cat /tmp/setting > $setting && echo "WON: $setting"
        done
        for file in $(find / -xdev -writable -not -type l 2>/dev/null; find /proc -maxdepth 1 -writable 2>/dev/null); do
            case $file in /tmp|/tmp/*|/src|/src/*|/dev/null|/dev/zero|/dev/full|/dev/*random|/dev/tty|/dev/ptmx|/dev/shm) ;; *) echo "WON: $file can be written";; esac
        done
        for place in / /usr /usr/bin /etc /dev /ounce /cargo /proc; do touch $place/x && echo "WON: $place"; done
        echo x >> /ounce/ounce && echo "WON: ounce itself"
        echo THE END"#,
    );
    won_nothing(&failure(desk.weighed()).1);
}
