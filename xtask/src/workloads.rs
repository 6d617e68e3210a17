//! The benchmark programs' bytecode: made by mpy-cross, committed beside the source, because the build sandbox has no mpy-cross.

use crate::root;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// Makes each `.mpy` again; with `check`, only compares.
///
/// # Errors
/// Where mpy-cross is missing, or a committed file is not what its source gives.
pub fn run(check: bool) -> Result<()> {
    let mpy_cross = std::env::var("MPY_CROSS").unwrap_or_else(|_| "mpy-cross".into());
    let folder = root().join("benchmarks/workloads");
    let mut count = 0;
    let mut names: Vec<_> = std::fs::read_dir(&folder)?.filter_map(|e| e.ok().map(|e| e.path())).collect();
    names.sort();
    for source in names.iter().filter(|p| p.extension().is_some_and(|e| e == "py")) {
        let made = compile(&mpy_cross, source)?;
        let target = source.with_extension("mpy");
        let same = std::fs::read(&target).is_ok_and(|old| old == made);
        if !same && check {
            bail!("{} is not what its source gives: run `cargo xtask workloads`", target.display());
        }
        if !same {
            std::fs::write(&target, made)?;
            println!("made {}", target.display());
        }
        count += 1;
    }
    println!("{count} workloads are what their sources give");
    Ok(())
}

fn compile(mpy_cross: &str, source: &Path) -> Result<Vec<u8>> {
    let name = source.file_name().unwrap_or_default();
    let out = tempfile::NamedTempFile::new()?;
    #[expect(clippy::disallowed_methods, reason = "this crate runs the repository's own tools, not a stranger's commands")]
    let status = Command::new(mpy_cross)
        .arg("-s")
        .arg(name)
        .arg("-o")
        .arg(out.path())
        .arg(source)
        .status()
        .with_context(|| format!("{mpy_cross} cannot be started: `./dev setup` installs it"))?;
    if !status.success() {
        bail!("{mpy_cross} refused {}", source.display());
    }
    Ok(std::fs::read(out.path())?)
}
