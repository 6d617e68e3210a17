//! From a file's name to its bytecode: `.mpy` as it is, `.py` through mpy-cross.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The compiled form of a `.py` or `.mpy` file.
///
/// # Errors
/// Where the file cannot be read, or mpy-cross is missing or refuses it; the message names the next step.
pub fn load(path: &Path) -> Result<Vec<u8>, String> {
    if path.extension().is_none_or(|ending| ending != "py") {
        return std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    }
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let out = std::env::temp_dir().join(format!("pyrite-{}-{number}.mpy", std::process::id()));
    let compiler = mpy_cross();
    let said = Command::new(&compiler)
        .args([Path::new("-s"), Path::new(path.file_name().unwrap_or_default()), Path::new("-o"), &out, path])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} cannot be started: {error}; `./dev setup` installs it", compiler.display()))?;
    let made = std::fs::read(&out);
    let _ = std::fs::remove_file(&out);
    if !said.status.success() {
        return Err(format!("{}: {}", path.display(), String::from_utf8_lossy(&said.stderr).trim()));
    }
    made.map_err(|error| format!("{}: {error}", out.display()))
}

/// `$MPY_CROSS`, or the one `./dev setup` has installed, or whatever the PATH gives.
fn mpy_cross() -> PathBuf {
    if let Some(named) = std::env::var_os("MPY_CROSS") {
        return named.into();
    }
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools");
    let installed = std::fs::read_dir(tools).into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> = installed.map(|folder| folder.path().join("bin/mpy-cross")).filter(|path| path.is_file()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| "mpy-cross".into())
}
