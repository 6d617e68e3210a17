//! A PostgreSQL server of one's own, for tests and benches: from the installed binaries, in a folder that goes with the process.
//!
//! Its minder is a shell that reads our end of a pipe: when this process ends, however it ends, the pipe does too, and the
//! minder stops the server and removes the folder. Where `DATABASE_URL` names a server, databases are made there instead, and
//! dropped. A server is as safe with its data as one is by default: `fsync` stays on.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Set to `1`, nothing here is started: who asks leaves out what needs PostgreSQL.
pub const LEFT_OUT: &str = "OUNCE_NO_POSTGRES";
/// A server where databases may be made and dropped, used instead of one of our own.
pub const ELSEWHERE: &str = "DATABASE_URL";
/// How long a server may take to start. It recovers from a crash in that time too.
const START_MAX: Duration = Duration::from_secs(60);
/// The user that Debian's package makes, then the one that owns nothing: PostgreSQL refuses to run as root.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// What the minder runs: `crash` and `start` as asked, and the end of its input is the end of all.
const MINDER: &str = r#"
start() { "$1/postgres" -D "$2/data" -c listen_addresses= -c unix_socket_directories="$2" -c max_connections=300 >>"$2/log" 2>&1 </dev/null & pid=$!; }
start "$1" "$2"
while read -r word; do
    case $word in
    crash) kill -QUIT "$pid"; wait "$pid" ;;
    start) start "$1" "$2" ;;
    esac
done
kill -QUIT "$pid"
wait "$pid"
rm -rf "$2"
"#;

/// Whether the environment leaves PostgreSQL out.
pub fn left_out() -> bool {
    std::env::var(LEFT_OUT).is_ok_and(|v| v == "1")
}

/// A server.
#[derive(Debug)]
pub struct Cluster {
    admin: PgConnectOptions,
    /// None where the server is another's.
    minder: Option<Minder>,
}

#[derive(Debug)]
struct Minder {
    process: Child,
    pipe: Mutex<Option<ChildStdin>>,
    folder: PathBuf,
}

/// A database of its own; dropped with this value where the server is another's.
#[derive(Debug)]
pub struct Database {
    /// Its address.
    pub url: String,
    drop_with: Option<(PgConnectOptions, String)>,
}

impl Cluster {
    /// The one server of this process, started when it is first asked for.
    ///
    /// # Errors
    /// Where there is none to start, with the next step. Each caller gets the same error.
    pub fn shared() -> Result<&'static Cluster, String> {
        static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| match std::env::var(ELSEWHERE) {
            Ok(url) => {
                let admin = PgConnectOptions::from_str(&url).map_err(|_| format!("{ELSEWHERE} is not an address of PostgreSQL"))?;
                Ok(Cluster { admin, minder: None })
            }
            Err(_) => Cluster::start(),
        });
        shared.as_ref().map_err(Clone::clone)
    }

    /// Starts a server for the caller alone. It stops with this value, or with the process.
    ///
    /// # Errors
    /// Where PostgreSQL is not installed or does not start, with the next step or its log.
    pub fn start() -> Result<Cluster, String> {
        Cluster::start_in(&std::env::temp_dir())
    }

    /// The same, with its folder made in this one, which PostgreSQL's user must be able to reach.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_in(place: &Path) -> Result<Cluster, String> {
        let programs = programs()?;
        let folder =
            tempfile::Builder::new().prefix("ounce-pg-").tempdir_in(place).map_err(|e| format!("a folder for PostgreSQL: {e}"))?.keep();
        let owner = owner(&folder)?;
        let made = run_as(owner, &programs.join("initdb"))
            .arg("-D")
            .arg(folder.join("data"))
            .args(["-U", "ounce", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"])
            .stdin(Stdio::null())
            .output()
            .map_err(|e| format!("initdb: {e}"))?;
        if !made.status.success() {
            let _ = std::fs::remove_dir_all(&folder);
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let mut process = run_as(owner, Path::new("/bin/sh"))
            .args(["-c", MINDER, "minder"])
            .arg(&programs)
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A ctrl-c at the terminal ends us, and that ends the minder, in order.
            .process_group(0)
            .spawn()
            .map_err(|e| format!("the minder of PostgreSQL: {e}"))?;
        let pipe = Mutex::new(process.stdin.take());
        let admin = PgConnectOptions::new_without_pgpass().socket(&folder).username("ounce").database("postgres");
        let cluster = Cluster { admin, minder: Some(Minder { process, pipe, folder }) };
        cluster.wait()?;
        Ok(cluster)
    }

    /// Waits until the server answers.
    fn wait(&self) -> Result<(), String> {
        let end = Instant::now() + START_MAX;
        loop {
            match blocking(PgConnection::connect_with(&self.admin)) {
                Ok(_) => return Ok(()),
                Err(_) if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
                Err(error) => {
                    let log = self.minder.as_ref().and_then(|m| std::fs::read_to_string(m.folder.join("log")).ok());
                    return Err(format!("PostgreSQL does not answer: {error}\n{}", log.unwrap_or_default()));
                }
            }
        }
    }

    /// Cuts the server's power. Connections break; what was committed is there again after [`Cluster::go_on`].
    ///
    /// # Panics
    /// Where the server is another's.
    pub fn crash(&self) {
        self.tell("crash");
        let end = Instant::now() + START_MAX;
        while blocking(PgConnection::connect_with(&self.admin)).is_ok() {
            assert!(Instant::now() < end, "PostgreSQL does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts the server again after a crash, and waits until it answers.
    ///
    /// # Errors
    /// Its log, where it does not start.
    pub fn go_on(&self) -> Result<(), String> {
        self.tell("start");
        self.wait()
    }

    fn tell(&self, word: &str) {
        let minder = self.minder.as_ref().expect("a server of our own");
        let mut pipe = minder.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(pipe.as_mut().expect("open until the end"), "{word}").expect("the minder listens");
    }

    /// Makes an empty database. In a server of our own it sorts as people of a language do, not by bytes: what leans on the order of
    /// bytes has to say so.
    ///
    /// # Errors
    /// The server's.
    pub async fn database(&self) -> Result<Database, String> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("ounce_scratch_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let ours = self.minder.is_some();
        let locale = if ours { "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" } else { "" };
        let make = async {
            let mut c = PgConnection::connect_with(&self.admin).await?;
            sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name} {locale}"))).execute(&mut c).await?;
            c.close().await
        };
        make.await.map_err(|e: sqlx::Error| format!("CREATE DATABASE {name}: {e}"))?;
        let url = match &self.minder {
            Some(minder) => format!("postgres://ounce@localhost/{name}?host={}", minder.folder.display()),
            None => elsewhere(&name),
        };
        Ok(Database { url, drop_with: (!ours).then(|| (self.admin.clone(), name)) })
    }
}

/// `DATABASE_URL` with another database's name.
fn elsewhere(name: &str) -> String {
    let url = std::env::var(ELSEWHERE).unwrap_or_default();
    let (address, options) = url.split_once('?').map_or((url.as_str(), None), |(a, o)| (a, Some(o)));
    let from = address.find("://").map_or(0, |at| at + 3);
    let host = address[from..].find('/').map_or(address, |at| &address[..from + at]);
    format!("{host}/{name}{}", options.map_or(String::new(), |o| format!("?{o}")))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(minder) = &mut self.minder {
            drop(minder.pipe.lock().unwrap_or_else(PoisonError::into_inner).take());
            let _ = minder.process.wait();
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((admin, name)) = self.drop_with.take() {
            let _ = blocking(async move {
                let mut c = PgConnection::connect_with(&admin).await?;
                sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&mut c).await?;
                c.close().await
            });
        }
    }
}

/// Does it in a thread with a runtime of its own, for callers in a runtime or in none.
fn blocking<T: Send>(work: impl Future<Output = Result<T, sqlx::Error>> + Send) -> Result<T, sqlx::Error> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work));
        thread.join().unwrap_or(Err(sqlx::Error::WorkerCrashed))
    })
}

/// Where the server's programs are: Debian keeps those of each version apart, and none on the path.
fn programs() -> Result<PathBuf, String> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let newest = debian.max_by_key(|bin| bin.parent().and_then(|v| v.file_name()?.to_str()?.parse::<u32>().ok()));
    let all = newest.into_iter().chain(std::env::split_paths(&path));
    all.into_iter().find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists()).ok_or_else(|| {
        format!(
            "PostgreSQL is not installed: run `./dev setup` (it installs Debian's package postgresql; no server of it has to run), \
             or name a server where databases may be made with {ELSEWHERE}, or leave these tests out with {LEFT_OUT}=1"
        )
    })
}

/// Gives the folder to a user who may run PostgreSQL, and says who: nobody special, where we are not root.
fn owner(folder: &Path) -> Result<Option<(u32, u32)>, String> {
    let name = |e: std::io::Error| format!("{}: {e}", folder.display());
    if std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m)).map_err(name)? != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").map_err(|e| format!("/etc/passwd: {e}"))?;
    let ids = |user: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(user))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let (uid, gid) = UNPRIVILEGED.into_iter().find_map(ids).ok_or("no user here may run PostgreSQL, which refuses root")?;
    chown(folder, Some(uid), Some(gid)).map_err(name)?;
    // A server under test connects as root: it has to find the socket.
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).map_err(name)?;
    Ok(Some((uid, gid)))
}

#[expect(clippy::disallowed_methods, reason = "a server that lives as long as this process; its minder bounds it")]
fn run_as(owner: Option<(u32, u32)>, program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = owner {
        command.uid(uid).gid(gid);
    }
    command
}
