//! Where a stranger's code runs: bubblewrap, two phases. The line of options is the one of docs/security.md.
//!
//! Inside there is `/usr` read-only, the checkout at `/src`, Cargo's cache at `/cargo`, our own program, which holds the limits (`cli/inside.rs`),
//! and nothing else: no home, no tokens, no probes, no network. While dependencies are fetched there is the socket of a [proxy](crate::proxy)
//! besides. Where bubblewrap is missing the same commands run without it; the runner says so to the server, which then gives it no untrusted work.

use crate::exec::cgroup::Cgroups;
use crate::exec::limits::Limits;
use crate::exec::{Program, Ran, find_program, own_program};
use crate::settings::Settings;
use ounce_protocol::manifest::Command;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The numbers that signals have.
const SIGNALS: std::ops::RangeInclusive<i32> = 1..=64;
/// The signal that nothing sends itself: of the kernel, when memory runs out, or of an administrator.
pub const SIGKILL: i32 = 9;

/// Our program inside.
const OUNCE_INSIDE: &str = "/ounce/ounce";
/// The proxy's socket inside.
const SOCKET_INSIDE: &str = "/ounce/proxy";
/// Where the proxy is found inside, by the names that programs look for.
const PROXY_INSIDE: &str = "http://127.0.0.1:3128";
const PROXY_NAMES: [&str; 6] = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "CARGO_HTTP_PROXY"];
/// What certificates are checked with.
const CERTIFICATES: [&str; 3] = ["/etc/ssl", "/etc/ca-certificates", "/etc/pki"];
/// Longest that the try at the start may take.
const TRY_TIMEOUT: Duration = Duration::from_secs(20);

/// Which of the two phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase<'a> {
    /// With a writable cache and, where there is a proxy, its socket: dependencies come here.
    Fetch(Option<&'a Path>),
    /// Without any way out, the cache read-only.
    Build,
}

/// Whether and how commands are shut in.
#[derive(Debug, Clone)]
pub struct Sandbox {
    jail: Option<Jail>,
    why_off: String,
    toolchain: Option<PathBuf>,
    settings: Arc<Settings>,
}

/// What it takes: bubblewrap, and our own program inside.
#[derive(Debug, Clone)]
struct Jail {
    bwrap: PathBuf,
    ounce: PathBuf,
    cgroups: Option<Arc<Cgroups>>,
}

impl Sandbox {
    /// Looks what this machine has: bubblewrap that works, and a Rust toolchain outside `/usr` with library source.
    pub async fn detect(settings: Settings) -> Sandbox {
        let (jail, why_off) = match Jail::detect().await {
            Ok(jail) => {
                (Some(jail), "root is bound by control groups only, and none can be made here: give the runner a user of its own".into())
            }
            Err(why) => (None, why),
        };
        Sandbox { jail, why_off, toolchain: rustup_toolchain().await, settings: Arc::new(settings) }
    }

    /// No sandbox: for tests.
    pub fn none() -> Sandbox {
        Sandbox { jail: None, why_off: "not wanted".into(), toolchain: None, settings: Arc::default() }
    }

    /// Whether commands are really shut in.
    pub fn is_on(&self) -> bool {
        self.jail.is_some()
    }

    /// Whether a stranger's commands may run here: shut in, and with a bound for their number that holds.
    pub fn is_for_strangers(&self) -> bool {
        self.jail.as_ref().is_some_and(|jail| jail.cgroups.is_some() || !rustix::process::geteuid().is_root())
    }

    /// Why they are not, or strangers' may not, with the next step.
    pub fn why_off(&self) -> &str {
        &self.why_off
    }

    /// What this machine's operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The command, to be run at the root of the checkout within its limits.
    pub fn program(&self, phase: Phase<'_>, source: &Path, cargo_home: &Path, command: &Command) -> Program {
        let (limits, writes) = match phase {
            Phase::Fetch(_) => (self.settings.limits.fetch(), vec![source.to_owned(), cargo_home.to_owned()]),
            Phase::Build => (self.settings.limits.build(), vec![source.to_owned()]),
        };
        let Some(jail) = &self.jail else {
            // As found: a path with a slash is meant from the checkout's root.
            let program =
                if command.program().contains('/') { source.join(command.program()).into_os_string() } else { command.program().into() };
            let open = Program::new(program).forget_env("GIT_").args(command.args()).dir(source).limits(limits, writes);
            let open = open.env("CARGO_HOME", cargo_home).env("LC_ALL", "C");
            return if phase == Phase::Build { open.env("CARGO_NET_OFFLINE", "true") } else { open };
        };
        let mut p = jail.shut_in(&limits).limits(limits, writes).arg("--bind").arg(source).arg("/src").args(["--chdir", "/src"]);
        let mut relay = None;
        p = match phase {
            Phase::Fetch(proxy) => {
                let mut p = p.arg("--bind").arg(cargo_home).arg("/cargo");
                if let Some(socket) = proxy {
                    p = p.arg("--bind").arg(socket).arg(SOCKET_INSIDE);
                    relay = Some(SOCKET_INSIDE);
                }
                for name in PROXY_NAMES {
                    p = p.args(["--setenv", name, PROXY_INSIDE]);
                }
                for file in CERTIFICATES {
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
        p = p.args(["--setenv", "CARGO_HOME", "/cargo", "--setenv", "HOME", "/tmp", "--setenv", "LC_ALL", "C", "--setenv", "PATH", &path]);
        inside(p, &limits, relay).arg(command.program()).args(command.args())
    }

    /// The signal that ended a command: bubblewrap itself was ended by it, or tells of it as a shell does, with 128 more as its exit code.
    pub fn signal(&self, ran: &Ran) -> Option<i32> {
        let told = ran.code.filter(|_| self.is_on()).map(|code| code - 128).filter(|signal| SIGNALS.contains(signal));
        ran.signal.or(told)
    }

    /// A program that works on a stranger's files: these it may read, each at its own path, and one folder it may write.
    pub fn worker(&self, program: &str, limits: Limits, read: &[&Path], write: &Path) -> Program {
        let Some(jail) = &self.jail else { return Program::new(program).limits(limits, vec![write.to_owned()]) };
        let mut p = jail.shut_in(&limits).limits(limits, vec![write.to_owned()]);
        for file in read {
            p = p.arg("--ro-bind").arg(file).arg(file);
        }
        p = p.arg("--bind").arg(write).arg(write).args(["--setenv", "PATH", "/usr/local/bin:/usr/bin:/bin"]);
        inside(p, &limits, None).arg(program)
    }

    /// Our own program as such a worker.
    ///
    /// # Errors
    /// Where it does not know its own place.
    pub fn own_worker(&self, limits: Limits, read: &[&Path], write: &Path) -> std::io::Result<Program> {
        match &self.jail {
            Some(_) => Ok(self.worker(OUNCE_INSIDE, limits, read, write)),
            // Without a sandbox the limits of one process hold all the same.
            None => {
                let ounce = own_program()?;
                let bare = Program::new(&ounce).clear_env().limits(limits, vec![write.to_owned()]);
                Ok(bare.args(arguments(&limits, None)).arg(ounce))
            }
        }
    }
}

impl Jail {
    /// Looks for it, and tries it: present is not enough, as containers often forbid user namespaces.
    async fn detect() -> Result<Jail, String> {
        let bwrap = find_program("bwrap").ok_or("bubblewrap is missing: `./dev setup` (or your package manager) installs it")?;
        let ounce = std::env::current_exe().map_err(|e| format!("the program's own place is unknown: {e}"))?;
        // Who is not root is held to a number of processes by the kernel without them.
        let cgroups = if rustix::process::geteuid().is_root() { Cgroups::detect() } else { None };
        let jail = Jail { bwrap, ounce, cgroups };
        let limits = Limits { wall: TRY_TIMEOUT, ..Limits::BUILD };
        let tried = inside(jail.shut_in(&limits), &limits, None).timeout(TRY_TIMEOUT).arg("/bin/true").run(&()).await;
        match tried {
            Ok(ran) if ran.ok() => Ok(jail),
            Ok(ran) => Err(format!("bubblewrap 0.8 or newer does not work here ({}; {})", ran.how(), ran.tail.trim())),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Everything that both phases, the emulator and the reader share.
    fn shut_in(&self, limits: &Limits) -> Program {
        let tmp = limits.tmp_bytes.to_string();
        Program::new(&self.bwrap)
            .clear_env()
            .grouped(self.cgroups.clone())
            // Our program is process 1 inside: when it ends, the kernel ends all others before anybody hears of it.
            .args(["--unshare-all", "--unshare-user", "--disable-userns", "--as-pid-1", "--die-with-parent", "--new-session"])
            .args(["--clearenv", "--cap-drop", "ALL", "--uid", "65534", "--gid", "65534", "--hostname", "ounce"])
            .args(["--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"])
            .args(["--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin"])
            .args(["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"])
            // What lies in memory has a size, and nothing else of it can be written.
            .args(["--dev", "/dev", "--size", &tmp, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"])
            // The kernel's settings in there belong to root, and where the runner is root, so do the processes inside, rights or not.
            .args(["--proc", "/proc", "--remount-ro", "/proc"])
            .args(["--size", &tmp, "--tmpfs", "/tmp"])
            .arg("--ro-bind")
            .arg(&self.ounce)
            .arg(OUNCE_INSIDE)
    }
}

/// The end of bubblewrap's line: what is to be run follows.
fn inside(bwrap: Program, limits: &Limits, relay: Option<&str>) -> Program {
    bwrap.args(["--remount-ro", "/", "--", OUNCE_INSIDE]).args(arguments(limits, relay))
}

/// The arguments of `ounce inside`, up to the program it starts.
fn arguments(limits: &Limits, relay: Option<&str>) -> Vec<String> {
    let mut all = vec!["inside".to_owned()];
    let mut option = |name: &str, value: String| all.extend([format!("--{name}"), value]);
    option("cpu-s", limits.cpu.as_secs().to_string());
    option("address-bytes", limits.address_bytes().to_string());
    option("processes", limits.processes_of_kernel().to_string());
    option("open-files", limits.open_files.to_string());
    option("file-bytes", limits.file_bytes.to_string());
    if let Some(socket) = relay {
        option("relay", socket.to_owned());
    }
    all.push("--".into());
    all
}

/// The sysroot of the user's own `rustc`, where it lies outside `/usr` and has the library's source.
async fn rustup_toolchain() -> Option<PathBuf> {
    let ran = Program::new("rustc").args(["--print", "sysroot"]).run(&()).await.ok().filter(|ran| ran.ok())?;
    let sysroot = PathBuf::from(String::from_utf8(ran.stdout).ok()?.trim());
    let has_source = sysroot.join("lib/rustlib/src/rust/library/core").is_dir();
    (has_source && !sysroot.starts_with("/usr")).then_some(sysroot)
}
