//! `cargo xtask images`: every board's image is built, and its bytes are looked at as the chip will see them.
//!
//! A board that nobody has plugged in yet must not fail for a reason that its image already shows: a segment outside the chip, a vector table that
//! leads nowhere, a boot block that the chip's ROM does not take. Nor may an image know where it was built: another checkout's would be another.

mod boot;
mod elf;

use crate::boards::{self, FOLDER};
use crate::root;
use crate::run::{Tally, step};
use anyhow::{Context, Result, ensure};
use elf::Segment;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// `cargo xtask images`
#[derive(Debug, Default, clap::Args)]
pub struct Images {
    /// Only these boards (repeat it)
    #[arg(long, value_name = "BOARD")]
    board: Vec<String>,
    /// Looks at the images that lie there, and builds none
    #[arg(long)]
    no_build: bool,
}

impl Images {
    /// Builds and checks them, and prints what each takes of its board.
    ///
    /// # Errors
    /// At the first image that is not built, or that its chip would not start; the message names the board and the place.
    pub fn run(self) -> Result<()> {
        let root = root();
        let names = if self.board.is_empty() { boards::names(&root)? } else { self.board };
        let mut lines = vec![format!("{:<12} {:>9} of {:>9}  {:>9} of {:>9}  starts by", "board", "flash", "B", "RAM", "B")];
        for name in names {
            if !self.no_build {
                step("an image", &root, "firmware/build", &[&name], &mut Tally::default())?;
            }
            let board = boards::data(&root, &name)?;
            let file = root.join(format!("firmware/target/boards/{name}.elf"));
            let elf = std::fs::read(&file).with_context(|| format!("{} cannot be read: firmware/build {name}", file.display()))?;
            names_no_place(&elf, &places(&root)).with_context(|| format!("the image of {FOLDER}/{name}"))?;
            lines.push(check(&name, &board, &elf).with_context(|| format!("the image of {FOLDER}/{name}"))?);
        }
        println!("{}", lines.join("\n"));
        Ok(())
    }
}

/// What `firmware/build` calls the checkout, Cargo's home and the library's source, wherever they lie.
const MAPPED: [&str; 3] = ["/src", "/cargo", "/rust"];

/// Where a build's files lie on this machine.
fn places(checkout: &Path) -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let of = |name: &str, folder: &str| std::env::var_os(name).map(PathBuf::from).or_else(|| Some(home.clone()?.join(folder)));
    [Some(checkout.to_owned()), of("CARGO_HOME", ".cargo"), of("RUSTUP_HOME", ".rustup")].into_iter().flatten().collect()
}

/// Neither code nor what is said of it for debuggers may name such a place, or the same commit has other bytes elsewhere.
fn names_no_place(elf: &[u8], places: &[PathBuf]) -> Result<()> {
    for place in
        places.iter().filter(|place| place.components().count() > 1 && !MAPPED.iter().any(|mapped| place.as_path() == Path::new(mapped)))
    {
        let bytes = place.as_os_str().as_encoded_bytes();
        ensure!(
            !elf.windows(bytes.len()).any(|part| part == bytes),
            "it names {}, so that another checkout's image is another: firmware/build maps such paths",
            place.display()
        );
    }
    Ok(())
}

/// What a board declares, as ranges of addresses.
struct Memory {
    /// Flash as the core executes it, then as it reads it, where that is elsewhere.
    flash: Vec<Range<u64>>,
    ram: Range<u64>,
    stack: Range<u64>,
    workload: Range<u64>,
}

impl Memory {
    fn of(board: &Table) -> Result<Memory> {
        let range = |table: &str| -> Result<Range<u64>> {
            let number = |key: &str| board.get(table)?.get(key)?.as_integer()?.try_into().ok();
            let (start, size): (u64, u64) = number("start").zip(number("size")).with_context(|| format!("board.toml has no [{table}]"))?;
            Ok(start..start + size)
        };
        let mut flash = vec![range("flash")?];
        if board.contains_key("rodata") {
            flash.push(range("rodata")?);
        }
        Ok(Memory { flash, ram: range("ram")?, stack: range("stack")?, workload: range("workload")? })
    }
}

/// Checks one image, and gives its line of the table.
fn check(name: &str, board: &Table, elf: &[u8]) -> Result<String> {
    let memory = Memory::of(board)?;
    let image = elf::read(elf)?;
    let mut taken = Vec::new();
    let mut ram = memory.stack.end - memory.stack.start;
    for segment in &image.segments {
        let Segment { load, run, .. } = segment;
        if !load.is_empty() {
            ensure!(
                memory.flash.iter().any(|flash| inside(load, flash)),
                "the bytes for {:#010x} to {:#010x} are not inside the flash that board.toml declares",
                load.start,
                load.end
            );
            ensure!(!meets(load, &memory.workload), "the bytes for {:#010x} lie in the workload's window", load.start);
            taken.push(offsets(load, &memory));
        }
        if !memory.flash.iter().any(|flash| inside(run, flash)) {
            ensure!(inside(run, &memory.ram), "{:#010x} to {:#010x} is neither flash nor RAM of the board", run.start, run.end);
            ensure!(!meets(run, &memory.stack), "{:#010x} lies in the stack", run.start);
            ram += run.end - run.start;
        }
    }
    taken.sort_by_key(|range| range.start);
    ensure!(taken.windows(2).all(|pair| pair[0].end <= pair[1].start), "two segments take the same bytes of flash");
    let flash_bytes: u64 = taken.iter().map(|range| range.end - range.start).sum();
    let how = boot::check(boot::Kind::of(board.get("chip").and_then(Value::as_str)), &image, &memory)?;
    let (flash, all) = (&memory.flash[0], &memory.ram);
    Ok(format!("{name:<12} {flash_bytes:>9} of {:>9}  {ram:>9} of {:>9}  {how}", flash.end - flash.start, all.end - all.start))
}

/// Where in the flash chip: the same bytes have two addresses on some.
fn offsets(load: &Range<u64>, memory: &Memory) -> Range<u64> {
    let start = memory.flash.iter().find(|flash| inside(load, flash)).map_or(0, |flash| flash.start);
    load.start - start..load.end - start
}

fn inside(inner: &Range<u64>, outer: &Range<u64>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn meets(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOARD: &str = "chip = \"nrf51\"\n[flash]\nstart = 0\nsize = 0x1000\n[ram]\nstart = 0x20000000\nsize = 0x400\n\
        [stack]\nstart = 0x20000000\nsize = 0x100\n[workload]\nstart = 0x1000\nsize = 0x1000\n";

    /// An image of a vector table at `load`, and of one range of RAM.
    fn says(load: u32, ram: (u32, u32)) -> String {
        let table: Vec<u8> = [0x2000_0100, load + 0x41].into_iter().chain([load + 0x43; 14]).flat_map(u32::to_le_bytes).collect();
        let code = [table, vec![0; 64]].concat();
        let elf = elf::tests::file(load + 0x41, 40, &[(load, load, &code, 128), (ram.0, ram.0, &[], ram.1)]);
        check("b", &BOARD.parse().unwrap(), &elf).unwrap_or_else(|error| format!("{error:#}"))
    }

    #[test]
    fn all_of_an_image_lies_in_the_boards_memory_and_nothing_in_anothers_place() {
        let said = says(0, (0x2000_0100, 0x200));
        assert!(said.contains(" 128 of      4096") && said.contains(" 768 of      1024  vector table"), "{said}");
        assert!(says(0xfc0, (0x2000_0100, 4)).contains("not inside the flash"));
        assert!(says(0x1000, (0x2000_0100, 4)).contains("not inside the flash"));
        assert!(says(0, (0x2000_00fc, 8)).contains("lies in the stack"));
        assert!(says(0, (0x2000_0100, 0x301)).contains("neither flash nor RAM"));
    }
    #[test]
    fn an_image_that_names_its_checkout_is_refused() {
        let places = ["/home/ada/ounce", "/src", "/"].map(PathBuf::from);
        assert!(names_no_place(b"\0/src/firmware/vm/src/vm.rs\0/cargo/libm\0", &places).is_ok());
        let said = names_no_place(b"\0/home/ada/ounce/firmware/vm/src/vm.rs\0", &places).unwrap_err().to_string();
        assert!(said.contains("it names /home/ada/ounce"), "{said}");
    }
}
