//! The rules of this repository that no compiler checks. Each says what to do instead.

use crate::{boards, root};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file longer than this does more than one thing, or is a table, generated, or a test.
const LINES_MAX: usize = 700;

/// Which of our packages a package may use: DESIGN's arrows. What is not listed here is an error, so that a new crate has to
/// find its place first.
const ARROWS: &[(&str, &[&str])] = &[
    ("ounce-protocol", &["fuzz-cases"]),
    ("ounce-analysis", &["ounce-protocol"]),
    ("ounce-report", &["ounce-protocol", "ounce-analysis"]),
    ("ounce-server", &["ounce-protocol", "ounce-analysis", "ounce-report", "fuzz-cases", "github-double", "scratch-postgres"]),
    ("fuzz-cases", &[]),
    ("github-double", &[]),
    ("scratch-postgres", &[]),
    ("ounce", &["ounce-protocol", "ounce-analysis", "ounce-report"]),
    ("ounce-qemu-plugin", &[]),
    ("ounce-benchmarks", &["ounce-protocol", "ounce-analysis", "ounce-report", "ounce-server", "scratch-postgres", "fuzz-cases", "pyrite"]),
    ("board-sim", &[]),
    // Its tests read the manifest it makes for the demo as everyone reads one.
    ("xtask", &["github-double", "scratch-postgres", "ounce-protocol"]),
];

/// Libraries that must never reach a package: the runner knows no database and no forge, the pure crates no I/O.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("ounce", &["sqlx", "octocrab", "axum"]),
    ("ounce-server", &["probe-rs", "object", "fuzz-cases", "github-double", "scratch-postgres"]),
    ("ounce-protocol", &["tokio", "sqlx", "reqwest", "axum", "fuzz-cases"]),
    ("ounce-analysis", &["tokio", "sqlx", "reqwest", "axum"]),
    ("ounce-report", &["tokio", "sqlx", "reqwest", "axum"]),
];

/// The same for the firmware's workspace, by folder: what a package there may use of ours, by folder too.
const FIRMWARE_ARROWS: &[(&str, &[&str])] = &[
    ("vm", &[]),
    ("host", &["vm"]),
    ("port", &["vm"]),
    // Chips of one family share what is the same in them: chips/rp2.
    ("chips", &["port", "chips"]),
    ("boards", &["vm", "port", "chips"]),
    ("faults", &["port", "chips"]),
];

/// Checks all rules.
///
/// # Errors
/// The first rule that is broken, with the place and what to do.
pub fn run() -> Result<()> {
    let root = root();
    arrows(&root)?;
    firmware_arrows(&root)?;
    files(&root)?;
    boards::check(&root)?;
    println!("tidy: the arrows, the files and the boards are in order");
    Ok(())
}

fn manifest(path: &Path) -> Result<toml::Table> {
    std::fs::read_to_string(path)?.parse().with_context(|| format!("{} cannot be read", path.display()))
}

fn arrows(root: &Path) -> Result<()> {
    let workspace = manifest(&root.join("Cargo.toml"))?;
    let members = workspace["workspace"]["members"].as_array().context("the workspace has no members")?;
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let forbidden: BTreeMap<&str, &[&str]> = FORBIDDEN.iter().copied().collect();
    for member in members.iter().filter_map(toml::Value::as_str) {
        let manifest = manifest(&root.join(member).join("Cargo.toml"))?;
        let name = manifest["package"]["name"].as_str().context("a package without name")?;
        let Some(may_use) = allowed.get(name) else {
            bail!("{name} has no place among the arrows: add it to xtask/src/tidy.rs and docs/architecture.md")
        };
        let ours: Vec<&str> = allowed.keys().copied().chain(["pyrite", "pyrite-port"]).collect();
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
            for used in dependencies.keys().map(String::as_str) {
                if ours.contains(&used) && !may_use.contains(&used) {
                    bail!("{name} may not use {used}: data flows protocol ← analysis ← report ← server, runner");
                }
                if section == "dependencies" && forbidden.get(name).is_some_and(|f| f.contains(&used)) {
                    bail!("{name} may not use {used}: see the arrows in docs/architecture.md");
                }
            }
        }
    }
    Ok(())
}

/// `vm ← port ← chips ← boards`, and nothing of the root's workspace.
fn firmware_arrows(root: &Path) -> Result<()> {
    let packages = firmware_packages(&root.join("firmware"))?;
    for (path, room, manifest) in &packages {
        let may_use = FIRMWARE_ARROWS.iter().find(|(r, _)| r == room).map(|(_, may)| *may);
        let may_use = may_use.with_context(|| format!("firmware/{room} has no place among the arrows: add it to xtask/src/tidy.rs"))?;
        let Some(dependencies) = manifest.get("dependencies").and_then(toml::Value::as_table) else { continue };
        for used in dependencies.keys() {
            let of_ours = packages.iter().find(|(_, _, m)| m["package"]["name"].as_str() == Some(used)).map(|(_, r, _)| r.as_str());
            match of_ours {
                Some(of) if !may_use.contains(&of) => bail!("{} may not use {used}: vm ← port ← chips ← boards", path.display()),
                None if ARROWS.iter().any(|(name, _)| name == used) => {
                    bail!("{} may not use {used}: the firmware stands alone", path.display())
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Each package below a folder: its manifest's path, the folder's first part, the manifest.
fn firmware_packages(firmware: &Path) -> Result<Vec<(PathBuf, String, toml::Table)>> {
    let mut packages = Vec::new();
    for room in std::fs::read_dir(firmware)?.filter_map(Result::ok).filter(|e| e.path().is_dir() && e.file_name() != "target") {
        let name = room.file_name().to_string_lossy().into_owned();
        let inner = std::fs::read_dir(room.path())?.filter_map(Result::ok).map(|e| e.path().join("Cargo.toml"));
        for path in inner.chain([room.path().join("Cargo.toml")]).filter(|p| p.is_file()) {
            packages.push((path.clone(), name.clone(), manifest(&path)?));
        }
    }
    Ok(packages)
}

fn files(root: &Path) -> Result<()> {
    let mut stack: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = stack.pop() {
        for entry in std::fs::read_dir(&folder)?.filter_map(Result::ok) {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    stack.push(path);
                }
            } else if name.ends_with(".rs") {
                source(root, &path)?;
            }
        }
    }
    Ok(())
}

fn source(root: &Path, path: &Path) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    let place = path.strip_prefix(root).unwrap_or(path).display();
    let is_test = path.components().any(|c| c.as_os_str() == "tests");
    if text.lines().count() > LINES_MAX && !is_test {
        bail!("{place} has more than {LINES_MAX} lines: split it by concern");
    }
    if !is_test && !text.starts_with("//!") && !text.starts_with("#!") {
        bail!("{place} does not begin with a //! line that says what it is for");
    }
    Ok(())
}
