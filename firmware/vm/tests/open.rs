//! `open`, with files of the test's own: those in the folder `open`, where CPython ran the same program.
#![cfg(feature = "full")]

mod common;

use std::cell::RefCell;

use pyrite::{ModuleFile, Modules};

/// Two files, and what was asked for.
#[derive(Default)]
struct Two(RefCell<Vec<Vec<u8>>>);

impl Two {
    fn leaked() -> &'static Two {
        Box::leak(Box::default())
    }
}

impl<'a> Modules<'a> for Two {
    fn find(&self, _name: &[u8]) -> Option<ModuleFile<'a>> {
        None
    }

    fn open(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.0.borrow_mut().push(name.to_vec());
        match name {
            b"lines.txt" => Some(include_bytes!("open/lines.txt")),
            b"folder/bytes.bin" => Some(include_bytes!("open/folder/bytes.bin")),
            _ => None,
        }
    }
}

fn run(mpy: &[u8], files: Option<&'static Two>) -> String {
    common::run_script(mpy, |vm| {
        if let Some(files) = files {
            vm.set_modules(files);
        }
    })
}

#[test]
fn what_the_owner_has_is_read_as_by_cpython() {
    let files = Two::leaked();
    assert_eq!(run(include_bytes!("open/reads.mpy"), Some(files)), include_str!("open/reads.txt"));
    assert!(files.0.borrow().iter().any(|name| name == b"nothing.txt"));
}

#[test]
fn no_file_is_opened_to_be_written() {
    let erofs: String = ["w", "a", "x", "r+", "wb", "w+b"].iter().map(|mode| format!("{mode} 30\n{mode} 30\n")).collect();
    for files in [Some(Two::leaked()), None] {
        assert_eq!(run(include_bytes!("open/writes.mpy"), files), format!("{erofs}by name 30\n"));
    }
}

#[test]
fn a_machine_whose_owner_has_no_files_opens_none() {
    let printed = run(include_bytes!("open/reads.mpy"), None);
    assert!(printed.ends_with("OSError: 2"), "{printed}");
}
