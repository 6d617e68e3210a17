//! What the contract tests need from elsewhere, brought into target/contract by `server/github-double/contract/fetch`: once in a run, and
//! never for long.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::OnceCell;

/// Longest that fetching may take; the script ends what it started earlier, by limits of its own.
const FETCH_MAX: Duration = Duration::from_secs(500);

/// What is fetched together, in the order of fetching.
pub enum Kind {
    Payloads,
    All,
}

/// A file of target/contract, fetched where it is not there yet; none where that cannot be done.
pub async fn fetched(kind: Kind, file: &str) -> Option<PathBuf> {
    // What goes in and out of the server has nothing to do with its database: once is enough.
    if crate::ON_POSTGRES {
        return None;
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/contract").join(file);
    if !file.exists() {
        fetch(kind).await;
    }
    if !file.exists() {
        eprintln!("LEFT OUT: {} is not there and cannot be fetched; see server/github-double/contract/fetch", file.display());
        return None;
    }
    Some(file)
}

/// Fetches once in a run: where it failed, the next test does not wait as long again. Says whether it went well.
async fn fetch(kind: Kind) -> bool {
    static PAYLOADS: OnceCell<bool> = OnceCell::const_new();
    static ALL: OnceCell<bool> = OnceCell::const_new();
    let run = async |arguments: &[&str]| {
        let ended = script().args(arguments).status();
        tokio::time::timeout(FETCH_MAX, ended).await.is_ok_and(|status| status.is_ok_and(|status| status.success()))
    };
    let payloads = *PAYLOADS.get_or_init(|| run(&["payloads"])).await;
    match kind {
        Kind::Payloads => payloads,
        Kind::All => payloads && *ALL.get_or_init(|| run(&[])).await,
    }
}

fn script() -> Command {
    command(&Path::new(env!("CARGO_MANIFEST_DIR")).join("github-double/contract/fetch"))
}

#[expect(clippy::disallowed_methods, reason = "these are the test's own helpers, and end with it")]
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    command
}

/// An npm that never answers, and has a child that does not either.
const HANGS: &str = "#!/bin/sh\nsleep 600 &\necho $$ $! >\"$(dirname \"$0\")/pids\"\nwait\n";

/// Whether any of these processes does more than wait to be forgotten.
fn alive(pids: &str) -> bool {
    pids.split_whitespace().any(|pid| std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty()))
}

#[tokio::test]
async fn an_npm_that_hangs_is_ended_and_so_is_what_it_started() {
    use std::os::unix::fs::PermissionsExt;
    if crate::ON_POSTGRES {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (npm, pids, out) = (folder.path().join("npm"), folder.path().join("pids"), folder.path().join("out"));
    std::fs::write(&npm, HANGS).unwrap();
    std::fs::set_permissions(&npm, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let hanging = |s_max: &str| {
        let mut script = script();
        script.arg("payloads").env("PATH", &path).env("OUNCE_CONTRACT", &out).env("OUNCE_NPM_S_MAX", s_max);
        script
    };
    let begun = async || {
        for _ in 0..200 {
            if let Some(both) = std::fs::read_to_string(&pids).ok().filter(|text| text.ends_with('\n')) {
                return both;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("npm was not started");
    };

    // The test run is ended by force, and the script with it.
    let mut killed = hanging("600").spawn().unwrap();
    let both = begun().await;
    assert!(alive(&both), "it can be told");
    killed.kill().await.unwrap();
    for _ in 0..200 {
        if !alive(&both) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!alive(&both), "left behind after the script");

    // Its time is over. What a killed one left is gone too.
    std::fs::remove_file(&pids).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(60), hanging("1").status()).await.expect("it comes to an end");
    assert!(!ended.unwrap().success());
    assert!(!alive(&begun().await), "left behind after its time");
    let left: Vec<_> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"], "nothing half-fetched");
}
