//! Small programs, one for each part of the language, print what CPython prints. `regenerate.sh` makes `.mpy` and `.txt` from `.py`.

#![cfg(feature = "core")]

mod common;

use std::path::{Path, PathBuf};

use common::{WORKLOADS, run_with, workloads};

/// The features that have programs of their own, in a folder of the feature's name, and whether this build has them.
const FEATURES: &[(&str, bool)] = &[
    ("float", cfg!(feature = "float")),
    ("bigint", cfg!(feature = "bigint")),
    ("bytes", cfg!(feature = "bytes")),
    ("set", cfg!(feature = "set")),
    ("fstrings", cfg!(feature = "fstrings")),
    ("full", cfg!(feature = "full")),
];

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let folders = FEATURES.iter().filter(|(_, built)| *built).map(|(name, _)| folder.join(name)).chain([folder.clone()]);
    let mut all: Vec<PathBuf> = folders
        .flat_map(|folder| std::fs::read_dir(folder).expect("the folder is there"))
        .map(|entry| entry.expect("readable").path())
        .collect();
    all.retain(|path| path.extension().is_some_and(|ending| ending == "mpy"));
    // What this one is about does not happen with long ints.
    all.retain(|path| !(cfg!(feature = "bigint") && path.ends_with("overflow.mpy")));
    all.sort();
    all
}

fn check(mpy: &Path, expected: &Path, arena_bytes: usize) -> Option<String> {
    let (output, ended) = run_with(&std::fs::read(mpy).expect("readable"), arena_bytes, |_| {});
    let expected = std::fs::read_to_string(expected).expect("readable");
    (output.trim_end() != expected.trim_end() || ended.is_err())
        .then(|| format!("{} in {arena_bytes} bytes ended {ended:?}\n  gave   {output}\n  wanted {expected}", mpy.display()))
}

/// With the `stress` feature this is where every value that is not rooted shows: each allocation collects.
#[test]
fn each_program_prints_what_cpython_prints() {
    let wrong: Vec<String> = programs().iter().filter_map(|path| check(path, &path.with_extension("txt"), 96 * 1024)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(programs().len() >= 20);
}

/// In any arena a program gives its output or says that memory is short; from twice the least it runs in, it always runs.
/// (Objects do not move, so just above the least a larger arena can happen to be divided worse.)
#[test]
fn less_memory_changes_nothing_but_whether_it_fits() {
    let mut all: Vec<(PathBuf, PathBuf)> = programs().into_iter().map(|path| (path.clone(), path.with_extension("txt"))).collect();
    all.extend(WORKLOADS.map(|name| (workloads().join(format!("{name}.mpy")), workloads().join(format!("expected/{name}.txt")))));
    for (mpy, txt) in all {
        let name = mpy.file_stem().expect("a name").to_string_lossy().into_owned();
        // These are about running out of memory: where that happens depends on how much there is.
        if ["memory", "recursion"].contains(&name.as_str()) || cfg!(feature = "stress") {
            continue;
        }
        let bytes = std::fs::read(&mpy).expect("readable");
        let expected = std::fs::read_to_string(&txt).expect("readable");
        let (mut arena_bytes, mut least) = (1024, None);
        while arena_bytes <= 64 * 1024 {
            let (output, ended) = run_with(&bytes, arena_bytes, |_| {});
            if ended.is_ok() && output.trim_end() == expected.trim_end() {
                least.get_or_insert(arena_bytes);
            } else {
                assert!(least.is_none_or(|least| arena_bytes < 2 * least), "{name} in {arena_bytes} bytes ended {ended:?}: {output}");
            }
            arena_bytes += if arena_bytes < 16 * 1024 { 512 } else { 4096 };
        }
        let least = least.unwrap_or_else(|| panic!("{name} never fitted"));
        println!("{name}: {least} bytes");
    }
}
