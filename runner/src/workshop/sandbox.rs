//! Where a stranger's commands run: bubblewrap, two phases. The line of options is the one of docs/security.md.
//!
//! Inside there is `/usr` read-only, the checkout at `/src`, Cargo's cache at `/cargo` and nothing else: no home, no
//! tokens, no probes, and in the build phase no network. Where bubblewrap is missing the same commands run without
//! it; the runner says so to the server, which then gives it no untrusted work.

use crate::exec::{Program, Ran, find_program};
use ounce_protocol::manifest::Command;
use std::path::{Path, PathBuf};

/// The numbers that signals have.
const SIGNALS: std::ops::RangeInclusive<i32> = 1..=64;
/// The signal that nothing sends itself: of the kernel, when memory runs out, or of an administrator.
pub const SIGKILL: i32 = 9;

/// Which of the two phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// With network and a writable cache: dependencies come here.
    Fetch,
    /// Without network, the cache read-only.
    Build,
}

/// Whether and how commands are shut in.
#[derive(Debug, Clone)]
pub struct Sandbox {
    bwrap: Option<PathBuf>,
    toolchain: Option<PathBuf>,
}

impl Sandbox {
    /// Looks what this machine has: bubblewrap that works, and a Rust toolchain outside `/usr` with library source.
    pub async fn detect() -> Sandbox {
        let mut bwrap = find_program("bwrap");
        if let Some(path) = &bwrap {
            // Present is not enough: containers often forbid user namespaces.
            let works = shut_in(path).arg("/bin/true").run(&()).await.is_ok_and(|ran| ran.ok());
            bwrap = bwrap.filter(|_| works);
        }
        Sandbox { bwrap, toolchain: rustup_toolchain().await }
    }

    /// No sandbox: for tests and for the developer's own tree.
    pub fn none() -> Sandbox {
        Sandbox { bwrap: None, toolchain: None }
    }

    /// Whether commands are really shut in.
    pub fn is_on(&self) -> bool {
        self.bwrap.is_some()
    }

    /// The command, to be run at the root of the checkout.
    pub fn program(&self, phase: Phase, source: &Path, cargo_home: &Path, command: &Command) -> Program {
        let Some(bwrap) = &self.bwrap else {
            // As found: a path with a slash is meant from the checkout's root.
            let program =
                if command.program().contains('/') { source.join(command.program()).into_os_string() } else { command.program().into() };
            let open =
                Program::new(program).forget_env("GIT_").args(command.args()).dir(source).env("CARGO_HOME", cargo_home).env("LC_ALL", "C");
            return if phase == Phase::Build { open.env("CARGO_NET_OFFLINE", "true") } else { open };
        };
        let mut p = shut_in(bwrap).arg("--bind").arg(source).arg("/src").args(["--chdir", "/src"]);
        p = match phase {
            Phase::Fetch => {
                let mut p = p.arg("--share-net").arg("--bind").arg(cargo_home).arg("/cargo");
                for file in ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/ca-certificates"] {
                    p = p.args(["--ro-bind-try", file, file]);
                }
                p
            }
            Phase::Build => p.arg("--ro-bind").arg(cargo_home).arg("/cargo").args(["--setenv", "CARGO_NET_OFFLINE", "true"]),
        };
        let mut path = String::from("/usr/local/bin:/usr/bin:/bin");
        if let Some(toolchain) = &self.toolchain {
            p = p.arg("--ro-bind").arg(toolchain).arg("/toolchain");
            path = format!("/toolchain/bin:{path}");
        }
        p.args(["--setenv", "CARGO_HOME", "/cargo", "--setenv", "HOME", "/tmp", "--setenv", "LC_ALL", "C", "--setenv", "PATH", &path])
            .arg("--")
            .arg(command.program())
            .args(command.args())
    }

    /// The signal that ended a command: bubblewrap itself was ended by it, or tells of it as a shell does, with 128 more as its exit code.
    pub fn signal(&self, ran: &Ran) -> Option<i32> {
        let told = ran.code.filter(|_| self.is_on()).map(|code| code - 128).filter(|signal| SIGNALS.contains(signal));
        ran.signal.or(told)
    }

    /// QEMU, with the files it may read, each bound read-only at its own path, and the one folder it may write.
    pub fn emulator(&self, program: &str, read: &[&Path], write: &Path) -> Program {
        let Some(bwrap) = &self.bwrap else { return Program::new(program) };
        let mut p = shut_in(bwrap);
        for file in read {
            p = p.arg("--ro-bind").arg(file).arg(file);
        }
        p.arg("--bind").arg(write).arg(write).args(["--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin"]).arg("--").arg(program)
    }
}

/// Everything that both phases and the emulator share.
fn shut_in(bwrap: &Path) -> Program {
    Program::new(bwrap)
        .clear_env()
        .args(["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"])
        .args(["--uid", "65534", "--gid", "65534"])
        .args(["--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"])
        .args(["--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin"])
        .args(["--proc", "/proc", "--dev", "/dev", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives", "--tmpfs", "/tmp"])
}

/// The sysroot of the user's own `rustc`, where it lies outside `/usr` and has the library's source.
async fn rustup_toolchain() -> Option<PathBuf> {
    let ran = Program::new("rustc").args(["--print", "sysroot"]).run(&()).await.ok().filter(|ran| ran.ok())?;
    let sysroot = PathBuf::from(String::from_utf8(ran.stdout).ok()?.trim());
    let has_source = sysroot.join("lib/rustlib/src/rust/library/core").is_dir();
    (has_source && !sysroot.starts_with("/usr")).then_some(sysroot)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Command {
        Command::try_from(list.iter().map(|w| w.to_string()).collect::<Vec<_>>()).unwrap()
    }

    /// What a hostile build can see. `./dev setup` installs bubblewrap; where the kernel forbids it there is nothing to test.
    #[tokio::test]
    async fn a_build_sees_its_checkout_and_nothing_else() {
        let sandbox = Sandbox::detect().await;
        if !sandbox.is_on() {
            eprintln!("bubblewrap does not work here: the sandbox is not tested on this machine");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let (source, cargo) = (dir.path().join("s"), dir.path().join("c"));
        std::fs::create_dir(&source).unwrap();
        std::fs::create_dir(&cargo).unwrap();
        std::fs::write(dir.path().join("secret"), "s3cret").unwrap();
        let run = |phase, script: String| {
            let program = sandbox.program(phase, &source, &cargo, &words(&["sh", "-c", &script]));
            async move { program.run(&()).await.unwrap() }
        };
        let check = async |phase, script: &str, ok: bool| {
            let ran = run(phase, script.to_owned()).await;
            assert_eq!(ran.ok(), ok, "{script}: {}", ran.tail);
        };
        check(Phase::Build, "test \"$(pwd)\" = /src && echo x > made", true).await;
        assert!(source.join("made").is_file());
        check(Phase::Build, &format!("cat {}", dir.path().join("secret").display()), false).await;
        check(Phase::Build, "echo x > /cargo/x", false).await;
        check(Phase::Fetch, "echo x > /cargo/x", true).await;
        check(Phase::Build, "echo x > /usr/x", false).await;
        check(Phase::Build, "ls /home /root", false).await;
        check(Phase::Build, "test \"$(id -u)\" = 65534", true).await;
        check(Phase::Build, "test \"$(grep -c : /proc/net/dev)\" = 1", true).await;
        check(Phase::Build, "test -z \"$PIP_CERT$USER\"", true).await;
    }
}
