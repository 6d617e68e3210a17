//! Runs a program in a machine on this host.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use pyrite::{ModuleFile, Modules, Out, Stop, Vm};

use crate::{bytes, compile};

/// Words are twice as long here as on a board: this stands for 512 KiB there.
const HEAP_BYTES: usize = 1 << 20;
/// The machine stack natives may use; the thread is given more.
const STACK_BYTES: usize = 1 << 20;

/// Collects what is printed and hands it on when much has come together. The machine has one way out: once the program has ended, what
/// comes is its exception.
struct Printed {
    text: Vec<u8>,
    exception: Vec<u8>,
    ended: Rc<Cell<bool>>,
}

impl Out for Printed {
    fn write(&mut self, text: &[u8]) {
        if self.ended.get() {
            self.exception.extend_from_slice(text);
            return;
        }
        self.text.extend_from_slice(text);
        if self.text.len() > 1 << 16 {
            flush(&mut self.text);
        }
    }
}

/// The largest file that programs may open, bytes: it stays in this machine's memory until the program ends.
const FILE_BYTES_MAX: usize = 1 << 20;

/// Modules beside the program: `a/b.py`, `a/b.mpy`, or `a/b/__init__.py` of a package; and files for `open`.
struct Beside {
    folder: PathBuf,
    /// What has been opened, by its whole path: read once.
    opened: RefCell<HashMap<PathBuf, &'static [u8]>>,
}

impl Beside {
    fn of(program: &Path) -> Beside {
        let folder = program.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Beside { folder: folder.to_owned(), opened: RefCell::default() }
    }
}

impl<'a> Modules<'a> for Beside {
    /// Only files in the program's folder and below, wherever links lead; others are not there.
    fn open(&self, name: &[u8]) -> Option<&'a [u8]> {
        let folder = self.folder.canonicalize().ok()?;
        let path = folder.join(std::str::from_utf8(name).ok()?).canonicalize().ok()?;
        if !path.starts_with(&folder) || !path.is_file() {
            return None;
        }
        let mut opened = self.opened.borrow_mut();
        if let Some(known) = opened.get(&path) {
            return Some(known);
        }
        let mut bytes = Vec::new();
        File::open(&path).ok()?.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).ok()?;
        if bytes.len() > FILE_BYTES_MAX {
            eprintln!("pyrite: {} has more than {FILE_BYTES_MAX} bytes and is not opened", path.display());
            return None;
        }
        Some(opened.entry(path).or_insert(bytes.leak()))
    }

    fn find(&self, name: &[u8]) -> Option<ModuleFile<'a>> {
        // A program makes names as it runs, too.
        if name.iter().any(|byte| b"/\\".contains(byte)) {
            return None;
        }
        let path = self.folder.join(std::str::from_utf8(name).ok()?.replace('.', "/"));
        for (file, package) in [(path.clone(), false), (path.join("__init__"), true)] {
            for ending in ["py", "mpy"] {
                let file = file.with_extension(ending);
                if file.is_file() {
                    match compile::load(&file) {
                        // Executed where it lies, as long as the machine lives.
                        Ok(mpy) => return Some(ModuleFile { mpy: mpy.leak(), package }),
                        Err(why) => eprintln!("pyrite: {why}"),
                    }
                }
            }
        }
        None
    }
}

/// A closed pipe is not the program's fault: what cannot be printed is dropped.
fn flush(text: &mut Vec<u8>) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text).and_then(|()| out.flush());
    text.clear();
}

/// `pyrite [--heap BYTES] FILE [ARGS…]`
///
/// # Errors
/// Where it is used wrongly, or the file cannot be read or compiled.
pub fn run(args: &[String]) -> Result<ExitCode, String> {
    let mut heap_bytes = HEAP_BYTES;
    let mut rest = args;
    while let [option, following @ ..] = rest {
        match (option.as_str(), following) {
            ("--heap", [size, following @ ..]) => {
                heap_bytes = bytes(size)?;
                rest = following;
            }
            (unknown, _) if unknown.starts_with("--") => return Err(format!("unknown: {unknown}\n{}", crate::USAGE)),
            _ => break,
        }
    }
    let [file, ..] = rest else { return Err(crate::USAGE.into()) };
    let path = Path::new(file).to_owned();
    let mpy = compile::load(&path)?;
    // A thread of its own, so that its stack's size is known.
    let beside = Beside::of(&path);
    let run = move || execute(&mpy, &beside, heap_bytes);
    let thread = std::thread::Builder::new().stack_size(2 * STACK_BYTES).spawn(run).map_err(|error| error.to_string())?;
    thread.join().map_err(|_| "the machine panicked: that is a defect of Pyrite".to_owned())
}

fn execute(mpy: &[u8], beside: &Beside, heap_bytes: usize) -> ExitCode {
    let here = 0_u8;
    let mut arena = vec![MaybeUninit::uninit(); heap_bytes / 8];
    let program_ended = Rc::new(Cell::new(false));
    let mut out = Printed { text: Vec::new(), exception: Vec::new(), ended: Rc::clone(&program_ended) };
    let ended = {
        let mut vm = match Vm::new(&mut arena, &mut out) {
            Ok(vm) => vm,
            Err(_) => {
                eprintln!("pyrite: a heap of {heap_bytes} bytes is too small for anything");
                return ExitCode::FAILURE;
            }
        };
        vm.set_modules(beside);
        vm.set_stack_limit((&raw const here).addr() - STACK_BYTES);
        let ended = vm.run_script(mpy);
        program_ended.set(true);
        if matches!(ended, Err(Stop::Raised | Stop::NoMemory)) {
            vm.print_exception();
        }
        ended
    };
    flush(&mut out.text);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Malformed(malformed)) => {
            eprintln!("refused: {}, at byte {}", malformed.reason, malformed.offset);
            ExitCode::FAILURE
        }
        Err(_) => {
            eprintln!("{}", String::from_utf8_lossy(&out.exception));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_modules_are_those_of_the_programs_folder() {
        let root = std::env::temp_dir().join(format!("pyrite-beside-{}", std::process::id()));
        let folder = root.join("program");
        std::fs::create_dir_all(folder.join("data")).unwrap();
        std::fs::write(folder.join("data/a.txt"), "inside").unwrap();
        std::fs::write(folder.join("large"), vec![0; FILE_BYTES_MAX + 1]).unwrap();
        std::fs::write(root.join("secret.txt"), "outside").unwrap();
        std::fs::write(root.join("secret.mpy"), "outside").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.join("secret.txt"), folder.join("link")).unwrap();
        let beside = Beside::of(&folder.join("main.py"));
        let check = |name: &str, is: Option<&str>| assert_eq!(beside.open(name.as_bytes()), is.map(str::as_bytes), "{name}");
        check("data/a.txt", Some("inside"));
        check("./data/../data/a.txt", Some("inside"));
        assert_eq!(beside.opened.borrow().len(), 1, "read once");
        let whole = root.join("secret.txt");
        for outside in ["../secret.txt", "link", whole.to_str().unwrap(), "data", "large", "nothing", ""] {
            check(outside, None);
        }
        let module = root.join("secret");
        for outside in [module.to_str().unwrap(), "../secret", "..\\secret"] {
            assert!(beside.find(outside.as_bytes()).is_none(), "{outside}");
        }
        std::fs::remove_dir_all(&root).unwrap();
    }
}
