//! Whole programs, compiled and linked here where the cross compilers are installed: every call, branch and literal that the
//! toolchain's disassembler sees is found, and nothing else.
#![expect(clippy::disallowed_methods, reason = "a compiler on a file of this test, which ends by itself")]

use super::super::{Code, How, Reference};
use super::scan;
use crate::elf::{Elf, SymbolKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = r#"
#define KEEP __attribute__((noipa))
struct node { int value; const char *name; };
static const struct node table[3] = {{1, "one"}, {2, "two"}, {3, "three"}};
int counters[40];
volatile int flag;
KEEP const char *message(int n) { switch (n) { case 0: return "zero, a string"; case 1: return "one, a string"; case 2: return "a third"; case 3: return "and four"; case 4: return "five"; default: return "none"; } }
KEEP int sum(int n) { int s = 0; for (int i = 0; i < n; i++) s += counters[i] + 0x12345678; return s; }
KEEP int wide(int a) { return a * 0x1234567 + sum(3); }
KEEP int pick(int n) { switch (n) { case 0: return sum(1); case 1: flag = 3; return 4; case 2: return sum(9) + 2; case 3: return counters[4]; case 4: return 77777; case 5: return wide(2); case 6: flag = 9; return 1; default: return -1; } }
KEEP int twice(int (*f)(int), int n) { return f(n) + f(n + 1); }
KEEP int tail(int (*f)(int), int n) { return f(n + 3); }
KEEP int last(int n) { return sum(n + 1); }
KEEP int find(const char *name) { for (int i = 0; i < 3; i++) { const char *a = table[i].name, *b = name; while (*a && *a == *b) a++, b++; if (*a == *b) return table[i].value; } return twice(pick, 3) + tail(sum, 1); }
int _start(void) { return find(message(flag)) + wide(5) + last(2); }
"#;

/// What a compiler makes of a like program, for where there is an assembler only. `la` is `auipc` and `addi`; with `lui`, the addresses are
/// absolute.
const RISCV_PROGRAM: &str = r#"
    .text
    .globl _start, sum, pick
    .type _start, @function
_start:
    addi sp, sp, -16
    sw ra, 12(sp)
    la a0, words
    call sum
    call pick
    lui s0, %hi(counters)
    lw a1, %lo(counters)(s0)
    addi s1, s0, %lo(counters)
    lw a2, 8(s1)
    call far
    sw a0, %lo(counters+4)(s0)
    la a0, pick
    lw a3, 0(a3)
    jalr a3
1:  beqz a0, 2f
    call sum
    j 1b
2:  lw ra, 12(sp)
    addi sp, sp, 16
    tail sum
    .size _start, . - _start
    .type sum, @function
sum:
    lla a5, flag
    sb a0, 0(a5)
    lb a0, flag
    bnez a0, sum
    ret
    .size sum, . - sum
    .type pick, @function
pick:
    la a0, sum
    la a1, words + 4
    j sum
    .size pick, . - pick
    .type far, @function
far:
    call pick
    call sum
    ret
    .size far, . - far
    .section .rodata
    .type table, @object
table:
    .word 1, one, 2, two, 3, three
    .size table, . - table
words:
    .word 5, 6
one: .string "one"
two: .string "two"
three: .string "three"
    .bss
    .globl counters, flag
    .balign 4
counters: .zero 160
flag: .zero 4
"#;

const SCRIPT: &str = r"
MEMORY { FLASH : ORIGIN = 0x08000000, LENGTH = 64K  RAM : ORIGIN = 0x20000000, LENGTH = 8K }
ENTRY(_start)
SECTIONS {
  .text : { MOVED *(.text .text.*) . = ALIGN(4); } > FLASH
  .rodata : { *(.rodata .rodata.* .srodata .srodata.*) . = ALIGN(4); } > FLASH
  .data : ALIGN(4) { *(.data .data.* .sdata .sdata.*) } > RAM AT> FLASH
  .bss (NOLOAD) : ALIGN(8) { *(.bss .bss.* .sbss .sbss.* COMMON) } > RAM
  /DISCARD/ : { *(.ARM.exidx*) }
}
";

/// A folder that goes when the test ends, however it ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let folder = std::env::temp_dir().join(format!("ounce-code-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.c"), PROGRAM).unwrap();
    // The same program, in one place and in another.
    std::fs::write(folder.join("a.ld"), SCRIPT.replace("MOVED", "")).unwrap();
    std::fs::write(folder.join("moved.ld"), SCRIPT.replace("MOVED", "LONG(1) LONG(2) LONG(3) LONG(4)").replace("0x20000000", "0x20010000"))
        .unwrap();
    Folder(folder)
}

fn run(folder: &Path, program: &str, args: &str) -> String {
    let output = Command::new(program).current_dir(folder).args(args.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        println!("no {program} here: nothing tried");
    }
    found
}

/// What the disassembler says of branches: where they are and where they go. Its column of names is left out.
fn listed(text: &str) -> (BTreeSet<Reference>, BTreeSet<u64>) {
    let (mut references, mut words) = (BTreeSet::new(), BTreeSet::new());
    let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok();
    for line in text.lines() {
        let mut columns = line.split('\t');
        let (Some(at), Some(_), Some(name)) = (columns.next(), columns.next(), columns.next()) else { continue };
        let Some(at) = at.trim().strip_suffix(':').and_then(number) else { continue };
        let rest: Vec<&str> = columns.collect();
        let rest = rest.join(" ");
        let target = rest.split([' ', ',']).filter(|t| t.len() >= 7).find_map(number);
        let remark = |mark: &str| {
            rest.split_once(mark).and_then(|(_, r)| r.trim_start_matches(['(', ' ']).split([' ', ')']).next()).and_then(number)
        };
        let how = match name {
            "bl" | "jal" => How::Call,
            "jalr" if rest.contains('#') => How::Call,
            "jr" if rest.contains('#') => How::Jump,
            "j" => How::Jump,
            _ if name.starts_with("ldr") && rest.contains("[pc") => {
                words.extend(remark("@"));
                continue;
            }
            _ if (name.starts_with('b') && !name.starts_with("bx") && !name.starts_with("bic")) || name.starts_with("cb") => How::Jump,
            _ => continue,
        };
        let to = if name == "jalr" || name == "jr" { remark("#") } else { target };
        references.extend(to.map(|to| Reference { at, to, how }));
    }
    (references, words)
}

fn compare(elf: &Path, listing: &str) {
    let data = std::fs::read(elf).unwrap();
    let elf = Elf::read(&data).unwrap();
    let scan = scan(&elf);
    let (want, words) = listed(listing);
    let got: BTreeSet<Reference> = scan.references.iter().copied().filter(|r| matches!(r.how, How::Call | How::Jump)).collect();
    assert!(want.iter().filter(|r| r.how == How::Call).count() >= 6, "{listing}");
    assert_eq!(got, want);
    assert_eq!(scan.literal_words.iter().map(|w| w.0).collect::<BTreeSet<_>>(), words);
    // Functions whose address is taken, strings, variables: by name, as there are names.
    let meant: BTreeSet<u64> = scan.references.iter().filter(|r| matches!(r.how, How::Literal | How::Pair)).map(|r| r.to).collect();
    for name in ["pick", "sum", "counters", "flag"] {
        let symbol = elf.symbols.iter().find(|s| s.name == name.as_bytes()).unwrap();
        assert!(meant.contains(&symbol.address), "nobody refers to {name}: {meant:x?}");
    }
    let constants = elf.sections.iter().find(|s| s.name == ".rodata").unwrap();
    assert!(meant.iter().any(|to| (constants.run..constants.run + constants.size).contains(to)), "no constant is referred to");
    assert!(!scan.cut);
}

/// The shapes of the functions of a program, by name.
fn shapes(elf: &Path) -> BTreeMap<String, Option<u32>> {
    let data = std::fs::read(elf).unwrap();
    let elf = Elf::read(&data).unwrap();
    let code = Code::new(&elf);
    let functions = elf.symbols.iter().filter(|s| s.size > 0 && (s.kind == SymbolKind::Function || s.name == b"table"));
    functions.map(|s| (String::from_utf8_lossy(s.name).into_owned(), code.shape(s.address, s.address + s.size))).collect()
}

fn check(name: &str, compiler: &str, options: &str, disassembler: &str) {
    if !installed(compiler) || !installed(disassembler) {
        return;
    }
    let folder = folder(name);
    let folder = folder.0.as_path();
    for (script, elf, keep) in
        [("a.ld", "a.elf", ""), ("moved.ld", "moved.elf", ""), ("a.ld", "kept.elf", "-Wl,-q"), ("moved.ld", "moved-kept.elf", "-Wl,-q")]
    {
        run(folder, compiler, &format!("{options} -ffreestanding -nostdlib -Wl,-n {keep} -T {script} a.c -lgcc -o {elf}"));
        compare(&folder.join(elf), &run(folder, disassembler, &format!("-d {elf}")));
    }
    // A link elsewhere moves everything and changes no shape; constants without relocations have addresses in them.
    let (plain, moved) = (shapes(&folder.join("a.elf")), shapes(&folder.join("moved.elf")));
    assert!(plain.len() >= 10 && plain.values().all(Option::is_some), "{plain:?}");
    for (name, shape) in plain.iter().filter(|(name, _)| *name != "table") {
        assert_eq!(moved[name], *shape, "{name}");
    }
    assert_ne!(plain["table"], moved["table"]);
    assert_eq!(shapes(&folder.join("kept.elf")), shapes(&folder.join("moved-kept.elf")));
    relocations_agree(folder);
    super::hostile::damage(&std::fs::read(folder.join("kept.elf")).unwrap(), 0..1000);
}

#[test]
fn an_assembled_program_for_a_risc_v_processor() {
    let tools = ["riscv64-unknown-elf-as", "riscv64-unknown-elf-ld", "riscv64-unknown-elf-objdump"];
    if !tools.into_iter().all(installed) {
        return;
    }
    let folder = folder("rv32-as");
    let folder = folder.0.as_path();
    std::fs::write(folder.join("a.s"), RISCV_PROGRAM).unwrap();
    run(folder, tools[0], "-march=rv32imac -mabi=ilp32 a.s -o a.o");
    let link = |name: &str, options: &str| {
        run(folder, tools[1], &format!("-melf32lriscv {options} a.o -o {name}"));
        compare(&folder.join(name), &run(folder, tools[2], &format!("-d {name}")));
    };
    link("a.elf", "-T a.ld --no-relax");
    link("moved.elf", "-T moved.ld --no-relax");
    link("kept.elf", "-T a.ld --no-relax -q");
    link("short.elf", "-T a.ld");
    link("short-kept.elf", "-T moved.ld -q");
    relocations_agree(folder);
    super::hostile::damage(&std::fs::read(folder.join("kept.elf")).unwrap(), 0..1000);
    let plain = functions_of(folder, "a.elf");
    assert_eq!(plain.len(), 4);
    for other in ["moved.elf", "kept.elf", "short.elf", "short-kept.elf"] {
        assert_eq!(functions_of(folder, other), plain, "{other}");
    }
    let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (long, short) = (bytes("a.elf"), bytes("short.elf"));
    let size = |elf: &[u8]| Elf::read(elf).unwrap().sections[0].size;
    assert!(size(&long) > size(&short), "the linker shortened nothing");
}

fn functions_of(folder: &Path, name: &str) -> BTreeMap<String, Option<u32>> {
    let mut shapes = shapes(&folder.join(name));
    shapes.remove("table");
    shapes
}

/// With relocations, the words of the table are references, and what code refers to is the same as without.
fn relocations_agree(folder: &Path) {
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (plain, kept) = (read("a.elf"), read("kept.elf"));
    let (plain, kept) = (Elf::read(&plain).unwrap(), Elf::read(&kept).unwrap());
    let (found, truth) = (scan(&plain), scan(&kept));
    assert_eq!((found.relocated, truth.relocated), (false, true));
    let of_code = |scan: &super::Scan| scan.references.iter().copied().filter(|r| r.how != How::Relocation).collect::<Vec<_>>();
    assert_eq!(of_code(&found), of_code(&truth));
    let table = kept.symbols.iter().find(|s| s.name == b"table").unwrap();
    let names: Vec<&[u8]> = truth
        .references
        .iter()
        .filter(|r| r.how == How::Relocation && (table.address..table.address + table.size).contains(&r.at))
        .map(|r| {
            let section = kept.sections.iter().find(|s| (s.run..s.run + s.size).contains(&r.to)).unwrap();
            section.bytes[(r.to - section.run) as usize..].split(|b| *b == 0).next().unwrap()
        })
        .collect();
    assert_eq!(names, [b"one".as_slice(), b"two", b"three"]);
}

#[test]
fn a_program_for_this_machine() {
    // Its instructions are not decoded: what relocations say is known, and no more.
    if !cfg!(target_arch = "x86_64") || !installed("gcc") {
        return;
    }
    let folder = folder("x86-64");
    let folder = folder.0.as_path();
    let found = |options: &str| {
        run(folder, "gcc", &format!("-O2 -fno-stack-protector -ffreestanding -nostdlib {options} a.c -o a.elf"));
        let data = std::fs::read(folder.join("a.elf")).unwrap();
        let elf = Elf::read(&data).unwrap();
        let name = |address| elf.symbols.iter().find(|s| s.address == address).map(|s| String::from_utf8_lossy(s.name).into_owned());
        let scan = scan(&elf);
        let of = |how| scan.references.iter().filter(|r| r.how == how).filter_map(|r| name(r.to)).collect::<BTreeSet<_>>();
        let table = elf.symbols.iter().find(|s| s.name == b"table").unwrap();
        let words = scan.references.iter().filter(|r| (table.address..table.address + table.size).contains(&r.at)).count();
        (scan.relocated, words, of(How::Call), of(How::Relocation).contains("flag"))
    };
    let (relocated, words, calls, variable) = found("-no-pie -fno-pie -Wl,-q");
    let called = ["find", "last", "message", "pick", "tail", "twice", "wide"];
    assert!(called.iter().filter(|name| calls.contains(**name)).count() >= 4, "{calls:?}");
    assert_eq!((relocated, words, variable), (true, 3, true));
    // A loader's relocations are of the table alone.
    let (relocated, words, calls, variable) = found("-pie -fpie");
    assert_eq!((relocated, words, calls.len(), variable), (false, 3, 0, false));
}

#[test]
fn a_program_for_cortex_m0() {
    check("m0", "arm-none-eabi-gcc", "-mcpu=cortex-m0 -mthumb -Os", "arm-none-eabi-objdump");
}

#[test]
fn a_program_for_cortex_m3() {
    check("m3", "arm-none-eabi-gcc", "-mcpu=cortex-m3 -mthumb -O2", "arm-none-eabi-objdump");
    check("m3-pairs", "arm-none-eabi-gcc", "-mcpu=cortex-m3 -mthumb -O2 -mslow-flash-data", "arm-none-eabi-objdump");
}

#[test]
fn a_program_for_a_risc_v_processor() {
    let options = "-march=rv32imac -mabi=ilp32 -Os -fno-jump-tables";
    check("rv32", "riscv64-unknown-elf-gcc", options, "riscv64-unknown-elf-objdump");
}
