//! What weighing costs, beside GNU nm on the same file: instructions by callgrind, which are the same each time; CPU time and memory of one run.
//!
//! No test: figures for people, from the release build.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// `cargo xtask figures ELF …`
#[derive(Debug, clap::Args)]
pub struct Figures {
    /// ELF files
    #[arg(required = true)]
    elf: Vec<PathBuf>,
}

impl Figures {
    /// Prints a line each file.
    ///
    /// # Errors
    /// Where valgrind or nm is missing, or a file cannot be weighed.
    pub fn run(self) -> Result<()> {
        let root = crate::root();
        let built = command("cargo").args(["build", "--release", "--quiet", "-p", "ounce"]).current_dir(&root).status()?;
        if !built.success() {
            bail!("ounce was not built");
        }
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let ounce = target.join("release/ounce").display().to_string();
        println!("{:>12}  {:>12}  {:>6}  {:>12}  {:>10}  file", "ounce", "nm", "ratio", "CPU", "heap");
        for elf in &self.elf {
            let name = elf.display().to_string();
            // Everything counts as flash: what is weighed does not depend on where it lies.
            let size = [&ounce, "size", &name, "--region", "flash:flash:0:1048576M", "--symbols-only"];
            let ours = instructions(&size)?;
            // A library that was stripped has its dynamic symbols only, where nm looks when it is told to.
            let table = if run(&["nm", "-S"], &[&name])?.contains("no symbols") { "-SD" } else { "-S" };
            let nm = instructions(&["nm", table, "--size-sort", &name])?;
            println!(
                "{ours:>12}  {nm:>12}  {:>6.3}  {:>10.2} s  {:>7.1} MB  {name}",
                ours as f64 / nm as f64,
                seconds(&size)?,
                heap(&size)? as f64 / 1e6
            );
        }
        println!("Instructions of the whole process by callgrind; CPU time of one run, user and system; heap at its peak by massif.");
        Ok(())
    }
}

/// What callgrind counts.
fn instructions(of: &[&str]) -> Result<u64> {
    let said = run(&["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"], of)?;
    let count = said.lines().find_map(|line| line.split_once("Collected : ")).context("callgrind said no count")?;
    count.1.trim().parse().with_context(|| format!("{:?} is no count", count.1))
}

/// User and system time.
fn seconds(of: &[&str]) -> Result<f64> {
    let said = run(&["bash", "-c", "TIMEFORMAT='%U %S'; time \"$@\"", "time"], of)?;
    let line = said.lines().last().unwrap_or_default();
    line.split(' ').map(|part| part.parse::<f64>().with_context(|| format!("{line:?} are no seconds"))).sum()
}

/// Bytes asked of the allocator at the peak; a mapped file is none of them.
fn heap(of: &[&str]) -> Result<u64> {
    let file = tempfile::NamedTempFile::new()?;
    run(&["valgrind", "--tool=massif", &format!("--massif-out-file={}", file.path().display())], of)?;
    let text = std::fs::read_to_string(file.path())?;
    text.lines().filter_map(|line| line.strip_prefix("mem_heap_B=")?.parse().ok()).max().context("massif said nothing")
}

/// Runs it; gives what it says on standard error.
fn run(with: &[&str], of: &[&str]) -> Result<String> {
    let what = || format!("{} cannot be run: is it installed?", with[0]);
    let done = command(with[0])
        .args(&with[1..])
        .args(of)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .with_context(what)?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    if !done.status.success() {
        bail!("{} failed: {said}", of.join(" "));
    }
    Ok(said)
}

#[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
fn command(program: &str) -> Command {
    Command::new(program)
}
