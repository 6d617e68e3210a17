//! A folder to build in, and the tools of a machine: what is not installed is said, not passed over in silence.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The firmware folder of this repository.
pub fn firmware() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../firmware")
}

/// A folder of its own, removed at the end.
pub struct Workbench {
    folder: PathBuf,
}

impl Workbench {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let unique = format!("ounce-{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&folder).unwrap();
        Workbench { folder }
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Runs a line of words in the folder; it must succeed.
    pub fn run(&self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.run_words(words[0], &words[1..]);
    }

    pub fn run_words<S: AsRef<OsStr>>(&self, program: &str, args: &[S]) {
        let output = Command::new(program).current_dir(&self.folder).env("LC_ALL", "C").args(args).output().unwrap();
        let shown: Vec<_> = args.iter().map(|a| a.as_ref().to_string_lossy()).collect();
        assert!(output.status.success(), "{program} {}: {}", shown.join(" "), String::from_utf8_lossy(&output.stderr));
    }

    /// What `objcopy -O binary` makes of an ELF file.
    pub fn objcopied(&self, objcopy: &str, elf: &[u8]) -> Vec<u8> {
        std::fs::write(self.folder.join("objcopy.elf"), elf).unwrap();
        self.run(&format!("{objcopy} -O binary objcopy.elf objcopy.bin"));
        self.read("objcopy.bin")
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Whether all these programs are installed; says what is not tried where one is missing.
pub fn installed(what: &str, programs: &[&str]) -> bool {
    let missing = programs.iter().find(|p| Command::new(p).arg("--version").output().is_err());
    if let Some(program) = missing {
        println!("not tried, no {program} here: {what}");
    }
    missing.is_none()
}

/// Whether the compiler can make programs for these options: some come without a C library for some of them.
pub fn links(what: &str, compiler: &str, options: &str) -> bool {
    if !installed(what, &[compiler]) {
        return false;
    }
    let bench = Workbench::new("links");
    bench.write("try.c", "#include <string.h>\n#include <stdio.h>\nint main(void) { return (int)strlen(\"\"); }\n");
    let mut words: Vec<&str> = options.split_whitespace().collect();
    words.extend(["-c", "try.c", "-o", "try.o"]);
    let output = Command::new(compiler).current_dir(&bench.folder).args(&words).output().unwrap();
    if !output.status.success() {
        println!("not tried, {compiler} {options} has no C library here: {what}");
    }
    output.status.success()
}
