//! Running a step and counting the tests it reports.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// What `cargo run` tells this program about its own package. A cargo that is run here must not hear it: build scripts that look at such variables
/// (ring's does) would be run again, and with them half of the tree built again, at every change between such a cargo and one run by hand.
pub fn about_this_package() -> Vec<OsString> {
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.to_string_lossy().starts_with(start))).collect()
}

/// Everything of the workspace, at once: another choice of packages would mean other features of what they use, and that built anew.
pub const BUILD_EVERYTHING: [&str; 6] = ["build", "--workspace", "--lib", "--bins", "--tests", "--quiet"];

/// Whether that was done.
static IS_BUILT: AtomicBool = AtomicBool::new(false);

/// From here on no program needs to be built.
pub fn everything_is_built() {
    IS_BUILT.store(true, Ordering::Relaxed);
}

/// Whether no program needs to be built.
pub fn is_everything_built() -> bool {
    IS_BUILT.load(Ordering::Relaxed)
}

/// Tests that ran.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
    /// Ignored.
    pub ignored: u64,
}

impl Tally {
    /// Adds the figures of a line of libtest, `test result: ok. 3 passed; 0 failed; 1 ignored; …`; other lines add nothing.
    pub fn add(&mut self, line: &str) {
        let Some((_, rest)) = line.split_once("test result: ") else { return };
        let before = |word: &str| -> u64 {
            let figures = rest.split_once(word).map_or("", |(before, _)| before);
            figures.trim_end().rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
        };
        self.passed += before(" passed");
        self.failed += before(" failed");
        self.ignored += before(" ignored");
    }
}

/// Runs a step at a folder, showing its output, and counts its tests.
///
/// # Errors
/// Where it cannot be started or ends badly; the message names the command.
pub fn step(what: &str, dir: &Path, program: &str, args: &[&str], tally: &mut Tally) -> Result<()> {
    println!("\n=== {what}: {program} {}", args.join(" "));
    std::io::stdout().flush()?;
    let begin = Instant::now();
    let mut child = tool(dir, program, args).stdout(Stdio::piped()).spawn().with_context(|| format!("{program} cannot be started"))?;
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            tally.add(&line);
            println!("{line}");
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{what} failed ({status}): {program} {}", args.join(" "));
    }
    println!("=== {what}: {} s", begin.elapsed().as_secs());
    Ok(())
}

/// One of the repository's own tools, at a folder, hearing nothing.
fn tool(dir: &Path, program: &str, args: &[&str]) -> Command {
    #[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
    let mut command = Command::new(program);
    for name in about_this_package() {
        command.env_remove(name);
    }
    command.args(args).current_dir(dir).stdin(Stdio::null());
    command
}

/// The file that one target of the workspace was built as, after [`BUILD_EVERYTHING`].
///
/// # Errors
/// Where cargo fails or builds no such target.
pub fn built(root: &Path, target: &str) -> Result<PathBuf> {
    let args = ["test", "--workspace", "--tests", "--no-run", "--quiet", "--message-format=json"];
    let said = tool(root, "cargo", &args).stderr(Stdio::inherit()).output().context("cargo cannot be started")?;
    let messages = said.stdout.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok());
    let mut files = messages
        .filter(|message| message["target"]["name"] == target)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    files.next_back().with_context(|| format!("cargo built no {target} ({})", said.status))
}

/// A program that uses what others leave of the machine; what it says is printed when it is waited for. Ends when this is dropped.
pub struct Meanwhile {
    what: &'static str,
    child: Child,
    said: File,
    begin: Instant,
}

impl Meanwhile {
    /// Starts it.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn begin(what: &'static str, dir: &Path, program: &Path, args: &[&str], variable: (&str, &str)) -> Result<Meanwhile> {
        println!("\n=== {what}: begun beside the rest: {}={} {}", variable.0, variable.1, program.display());
        let said = tempfile::tempfile()?;
        let file = program.display().to_string();
        let args = [&["-n", "19", file.as_str()], args].concat();
        let mut command = tool(dir, "nice", &args);
        command.env(variable.0, variable.1).stdout(said.try_clone()?).stderr(said.try_clone()?);
        Ok(Meanwhile { what, child: command.spawn().context("nice cannot be started")?, said, begin: Instant::now() })
    }

    /// Its output, when it has ended.
    ///
    /// # Errors
    /// Where it ended badly.
    pub fn wait(mut self, tally: &mut Tally) -> Result<()> {
        let status = self.child.wait()?;
        println!("\n=== {}", self.what);
        self.said.rewind()?;
        for line in BufReader::new(&self.said).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            tally.add(&line);
            println!("{line}");
        }
        if !status.success() {
            bail!("{} failed ({status})", self.what);
        }
        println!("=== {}: {} s beside the rest", self.what, self.begin.elapsed().as_secs());
        Ok(())
    }
}

impl Drop for Meanwhile {
    fn drop(&mut self) {
        // Ended already where it was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libtest_lines_are_counted() {
        let mut tally = Tally::default();
        tally.add("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s");
        tally.add("test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
        tally.add("running 5 tests");
        assert_eq!(tally, Tally { passed: 14, failed: 1, ignored: 1 });
    }
}
