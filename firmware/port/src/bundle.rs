//! The runner's image: runs programs that it is handed, without being built again for them.
//!
//! Built with the feature `bundle`, an image takes a bundle instead of one `.mpy` file from the workload window: any number of
//! programs, and modules they import. Each program gets a machine and a heap of its own. `firmware/host` is the other side.
//!
//! # The bundle, version 1
//!
//! Little-endian 32-bit words: `PYB1`, bytes of heap (0: all there is), number of entries; then for each entry its kind, the length of
//! its name, the length of its file, the name, the file, either filled up to a multiple of four.
//!
//! | kind | the entry |
//! |---|---|
//! | 0 | a script: runs as `__main__`, all of it counted |
//! | 1 | a program with `main()`: the file is executed, then `main()` is called and counted, and its value printed |
//! | 2 | a module that may be imported by its name |
//!
//! # The console
//!
//! What programs print comes as it is, but for the bytes 1e and 1b: these are sent as 1b and the byte with bit 6 turned. A line of the
//! runner's own begins with 1e and ends with a line feed: `hello 1 BOARD`; for each program `program NAME`, then `exit 0`, or
//! `exit 1 TEXT` with the exception it ended with (of one or several lines: it goes on to the next line of the runner's own), or `exit 103 TEXT`, `exit 105 TEXT` (codes of [`crate::exit`]), then `heap SIZE PEAK`. `done` is last.
#![forbid(unsafe_code)]

use core::marker::PhantomData;
use core::mem::MaybeUninit;

use pyrite::{ModuleFile, Modules, Out, Stop, Vm};

#[cfg(feature = "machine")]
use crate::machine;
use crate::marks::{ounce_begin, ounce_end};
use crate::{Chip, Console, Window, exit, memory};

const MAGIC: &[u8] = b"PYB1";
const MARK: u8 = 0x1e;
const ESCAPE: u8 = 0x1b;
/// Turned in a byte that is sent behind `ESCAPE`.
const ESCAPED: u8 = 0x40;
const KIND_MAIN: usize = 1;
const KIND_MODULE: usize = 2;
/// As in `run.rs`: one level of the machine's recursion, and the deepest leaf below it.
const STACK_RESERVE_BYTES: usize = 1024;

/// One entry of a bundle.
struct Entry<'a> {
    kind: usize,
    name: &'a [u8],
    file: &'a [u8],
}

/// Reads a bundle from its start.
#[derive(Clone, Copy)]
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn word(&mut self) -> Option<usize> {
        let word = self.take(4)?;
        Some(u32::from_le_bytes([word[0], word[1], word[2], word[3]]) as usize)
    }

    fn filled(&mut self, len: usize) -> Option<&'a [u8]> {
        self.take(len.checked_next_multiple_of(4)?)?.get(..len)
    }

    fn entry(&mut self) -> Option<Entry<'a>> {
        let (kind, name_len, file_len) = (self.word()?, self.word()?, self.word()?);
        Some(Entry { kind, name: self.filled(name_len)?, file: self.filled(file_len)? })
    }
}

/// The bundle's modules, by their names: `a.b`, or `a.__init__` for the package `a`.
struct InBundle {
    entries: Reader<'static>,
    n_entries: usize,
}

impl<'a> Modules<'a> for InBundle {
    fn find(&self, name: &[u8]) -> Option<ModuleFile<'a>> {
        let mut reader = self.entries;
        for _ in 0..self.n_entries {
            let entry = reader.entry()?;
            let rest = entry.name.strip_prefix(name);
            if entry.kind == KIND_MODULE && matches!(rest, Some(b"" | b".__init__")) {
                return Some(ModuleFile { mpy: entry.file, package: rest != Some(b"") });
            }
        }
        None
    }
}

/// What programs print: as it is, but for the two bytes that would look like the runner's.
struct Printed<C>(PhantomData<C>);

impl<C: Chip> Out for Printed<C> {
    fn write(&mut self, text: &[u8]) {
        for &byte in text {
            if byte == MARK || byte == ESCAPE {
                C::send(ESCAPE);
                C::send(byte ^ ESCAPED);
            } else {
                C::send(byte);
            }
        }
    }
}

/// A line of the runner's own begins.
fn mark<C: Chip>(console: &Console<C>, word: &str) {
    C::send(MARK);
    console.send(word.as_bytes());
}

/// Runs the programs of the bundle in `window`, one after another, and ends the image.
pub fn run<C: Chip>(board: &str, heap: &mut [MaybeUninit<u64>], window: Window) -> ! {
    let console = Console::<C>::new();
    mark(&console, "hello 1 ");
    console.send(board.as_bytes());
    console.send(b"\n");
    let mut reader = Reader { rest: window.bytes() };
    let head = (|| (reader.take(4)? == MAGIC).then_some((reader.word()?, reader.word()?)))();
    let Some((heap_bytes, n_entries)) = head else { exit::exit(exit::BAD_WORKLOAD) };
    let words = if heap_bytes == 0 { heap.len() } else { (heap_bytes / 8).min(heap.len()) };
    let modules = InBundle { entries: reader, n_entries };
    for _ in 0..n_entries {
        let Some(entry) = reader.entry() else { exit::exit(exit::BAD_WORKLOAD) };
        if entry.kind != KIND_MODULE {
            program::<C>(&entry, &modules, &mut heap[..words]);
        }
    }
    mark(&console, "done\n");
    exit::exit(exit::DONE)
}

/// Apart from [`run`], so that what making a machine takes of the stack is given back before the program runs.
#[inline(never)]
fn make<'a>(heap: &'a mut [MaybeUninit<u64>], out: &'a mut dyn Out) -> Result<Vm<'a>, Stop> {
    Vm::new(heap, out)
}

#[inline(never)]
fn program<C: Chip>(entry: &Entry<'static>, modules: &InBundle, heap: &mut [MaybeUninit<u64>]) {
    let console = Console::<C>::new();
    mark(&console, "program ");
    console.send(entry.name);
    console.send(b"\n");
    let mut out = Printed(PhantomData::<C>);
    let mut made = make(heap, &mut out);
    let vm = match &mut made {
        Ok(vm) => vm,
        Err(_) => {
            mark(&console, "exit 103 not enough memory\n");
            return;
        }
    };
    vm.set_stack_limit(memory::stack_end() + STACK_RESERVE_BYTES);
    vm.set_modules(modules);
    #[cfg(feature = "machine")]
    machine::give::<C>(vm);
    let ended = if entry.kind == KIND_MAIN {
        vm.load(entry.file).and_then(|()| {
            ounce_begin();
            let value = vm.call_main();
            ounce_end();
            value.map(|value| {
                vm.print_repr(value);
                vm.print_text("\n");
            })
        })
    } else {
        ounce_begin();
        let ended = vm.run_script(entry.file);
        ounce_end();
        ended
    };
    match ended {
        Ok(()) => mark(&console, "exit 0"),
        Err(Stop::Malformed(malformed)) => {
            mark(&console, "exit 105 refused: ");
            console.send(malformed.reason.text().as_bytes());
            console.send(b", at byte ");
            console.decimal(malformed.offset);
        }
        Err(Stop::NoMemory) => mark(&console, "exit 103 not enough memory"),
        Err(Stop::Raised | Stop::Budget) => {
            mark(&console, "exit 1 ");
            vm.print_exception();
        }
    }
    console.send(b"\n");
    mark(&console, "heap ");
    console.decimal(vm.heap_size_bytes());
    console.send(b" ");
    console.decimal(vm.heap_peak_bytes());
    console.send(b"\n");
}
