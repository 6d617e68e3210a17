//! Small scripts, one for each line of what Pyrite has, in a folder of the feature's name or of what they are about (then they need `full`):
//! each prints what CPython prints, or where the two differ on purpose, what is written down. `regenerate.sh` makes `.mpy` and `.txt` from `.py`.

#![cfg(feature = "core")]

mod common;

use std::path::{Path, PathBuf};

use common::{Text, arena};
use pyrite::{Stop, Vm};

/// The features that have scripts, and whether this build has them.
const FEATURES: &[(&str, bool)] = &[
    ("array", cfg!(feature = "array")),
    ("asyncio", cfg!(feature = "asyncio")),
    ("builtins", cfg!(feature = "full")),
    (
        "bytes",
        cfg!(all(feature = "bytes", feature = "format", feature = "float", feature = "strings", feature = "bigint", feature = "language")),
    ),
    ("calls", cfg!(feature = "full")),
    ("chaining", cfg!(all(feature = "chaining", feature = "language", feature = "traceback"))),
    ("classes", cfg!(feature = "full")),
    ("collections", cfg!(feature = "collections")),
    ("containers", cfg!(feature = "full")),
    ("core", true),
    ("coroutines", cfg!(feature = "full")),
    ("differs", cfg!(feature = "full")),
    ("descriptors", cfg!(feature = "descriptors")),
    ("errors", cfg!(feature = "full")),
    ("examples", cfg!(feature = "full")),
    ("generators", cfg!(feature = "full")),
    ("import", cfg!(feature = "import")),
    ("ints", cfg!(feature = "full")),
    ("io", cfg!(all(feature = "io", feature = "packed"))),
    ("iteration", cfg!(feature = "full")),
    ("json", cfg!(all(feature = "json", feature = "io", feature = "bytes"))),
    ("language", cfg!(feature = "language")),
    ("library", cfg!(feature = "full")),
    ("machine", cfg!(all(feature = "machine", feature = "asyncio", feature = "set"))),
    ("memoryview", cfg!(all(feature = "memoryview", feature = "array"))),
    ("modules", cfg!(all(feature = "sys", feature = "gc", feature = "micropython", feature = "time", feature = "errno"))),
    ("numbers", cfg!(feature = "full")),
    ("random", cfg!(all(feature = "random", feature = "float"))),
    ("struct", cfg!(all(feature = "struct", feature = "bigint", feature = "float"))),
    ("structs", cfg!(feature = "full")),
    ("text", cfg!(feature = "full")),
    ("traceback", cfg!(feature = "traceback")),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}

fn scripts() -> Vec<PathBuf> {
    let folders = FEATURES.iter().filter(|(_, built)| *built).map(|(name, _)| folder().join(name));
    let mut all: Vec<PathBuf> = folders
        .flat_map(|folder| std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())))
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "mpy"))
        .collect();
    all.sort();
    all
}

/// The modules scripts may import: `tests/scripts/modules_of_import`.
#[cfg(feature = "import")]
struct Folder;

#[cfg(feature = "import")]
impl<'a> pyrite::Modules<'a> for Folder {
    fn find(&self, name: &[u8]) -> Option<pyrite::ModuleFile<'a>> {
        let name = std::str::from_utf8(name).ok()?.replace('.', "/");
        let files = folder().join("files");
        let read = |path: String| std::fs::read(files.join(path)).ok();
        let (mpy, package) =
            read(format!("{name}.mpy")).map(|mpy| (mpy, false)).or_else(|| read(format!("{name}/__init__.mpy")).map(|mpy| (mpy, true)))?;
        // The machine's files outlive it.
        Some(pyrite::ModuleFile { mpy: Vec::leak(mpy), package })
    }
}

fn run(path: &Path, arena_bytes: usize) -> String {
    let mpy = std::fs::read(path).expect("readable");
    let mut arena = arena(arena_bytes);
    let mut out = Text::default();
    {
        let mut vm = Vm::new(&mut arena, &mut out).expect("large enough");
        #[cfg(feature = "import")]
        vm.set_modules(&Folder);
        match vm.run_script(&mpy) {
            Ok(()) => {}
            Err(Stop::Malformed(malformed)) => panic!("{}: {malformed:?}", path.display()),
            Err(_) => {
                vm.print_exception();
                vm.print_text("\n");
            }
        }
    }
    String::from_utf8_lossy(&out.0).into_owned()
}

#[test]
fn each_script_prints_what_is_expected() {
    let mut wrong = Vec::new();
    for path in scripts() {
        // A panic of the machine is told with the script's name, and the others go on.
        let output = std::panic::catch_unwind(|| run(&path, 160 * 1024)).unwrap_or_else(|_| "panicked\n".into());
        let expected = std::fs::read_to_string(path.with_extension("txt")).expect("readable");
        if output != expected {
            wrong.push(format!("{}\n--- gave\n{output}--- wanted\n{expected}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    // A folder that is not listed above would be left out unseen.
    for entry in std::fs::read_dir(folder()).expect("the folder is there") {
        let entry = entry.expect("readable");
        let name = entry.file_name().into_string().expect("a name");
        let listed = name == "files" || FEATURES.iter().any(|(listed, _)| *listed == name);
        assert!(listed || entry.path().is_file(), "tests/scripts/{name} is in no line of FEATURES");
    }
    if cfg!(feature = "full") {
        assert!(scripts().len() >= 300, "{} scripts", scripts().len());
    }
}

/// Whichever allocation fails: a MemoryError, caught or not, and no harm.
#[cfg(feature = "stress")]
#[test]
fn any_allocation_of_a_script_may_fail() {
    let mut panicked = Vec::new();
    for path in scripts() {
        let mpy = std::fs::read(&path).expect("readable");
        for allocations in (0..360).step_by(if cfg!(debug_assertions) { 7 } else { 1 }) {
            let ended = std::panic::catch_unwind(|| {
                let mut arena = arena(160 * 1024);
                let mut out = Text::default();
                let Ok(mut vm) = Vm::new(&mut arena, &mut out) else { return };
                #[cfg(feature = "import")]
                vm.set_modules(&Folder);
                vm.fail_after(allocations);
                // A script that catches everything may go on for ever.
                vm.set_budget(20_000);
                let _ = vm.run_script(&mpy);
                vm.print_exception();
            });
            if ended.is_err() {
                panicked.push(format!("{} after {allocations}", path.display()));
                break;
            }
        }
    }
    assert!(panicked.is_empty(), "{}", panicked.join("\n"));
}

/// The page that names, for each line of what Pyrite has, the scripts that show it.
#[test]
fn the_page_of_tests_names_scripts_that_are_there() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pyrite-tests.md");
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let is_script = |name: &&str| {
        let parts: Vec<&str> = name.split('/').collect();
        let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        parts.len() == 2 && parts.iter().all(word)
    };
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).filter(is_script).collect();
    let missing: Vec<&&str> = named.iter().filter(|name| !folder().join(format!("{name}.py")).is_file()).collect();
    assert!(missing.is_empty(), "docs/pyrite-tests.md names scripts that are not there: {missing:?}");
    assert!(named.len() > 100, "only {} scripts are named", named.len());
    // Those that differ on purpose are all listed.
    for entry in std::fs::read_dir(folder().join("differs")).expect("the folder is there") {
        let path = entry.expect("readable").path();
        let name = format!("differs/{}", path.file_stem().expect("a name").to_string_lossy());
        assert!(named.contains(&name.as_str()), "docs/pyrite-tests.md does not name {name}");
    }
}
