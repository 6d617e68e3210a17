//! Runs a program in a machine on this host.

use std::cell::Cell;
use std::io::Write;
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

/// Modules beside the program: `a/b.py`, `a/b.mpy`, or `a/b/__init__.py` of a package.
struct Beside(PathBuf);

impl<'a> Modules<'a> for Beside {
    fn find(&self, name: &[u8]) -> Option<ModuleFile<'a>> {
        let path = self.0.join(std::str::from_utf8(name).ok()?.replace('.', "/"));
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
    let beside = Beside(path.parent().map(Path::to_owned).unwrap_or_default());
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
