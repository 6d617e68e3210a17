//! What runs on this machine, as the kernel tells it.

use std::path::Path;

/// The processes whose command line holds the text.
pub fn running_with(text: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " ")).filter(|line| line.contains(text)).collect()
}

/// The processes whose command line names the folder, PostgreSQL's own aside.
pub fn running_in(folder: &Path) -> Vec<String> {
    let mut lines = running_with(&folder.display().to_string());
    lines.retain(|line| !line.contains("postgres") && !line.contains("minder"));
    lines
}
