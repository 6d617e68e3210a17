//! A real image, compiled and linked here where the cross compiler is installed; what it loads is checked against the
//! toolchain's own objcopy.
#![expect(clippy::disallowed_methods, reason = "a compiler on a file of this test, which ends by itself")]

mod support;

use ounce_analysis::{Symbols, Weighing, loadable_segments, ram_statics_end, toolchain, weigh};
use ounce_protocol::measurement::{Owner, RegionKind, RegionLedger};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use support::*;

const PROGRAM: &str = r#"
static const char greeting[] = "named";
const char *volatile text = "a literal that no symbol names";
int start_value[4] = {1, 2, 3, 4};
int zeroes[25];
__attribute__((section(".uninit"))) char heap[96];
int twice(int n) { return 2 * n + greeting[n & 3]; }
int also_twice(int n) __attribute__((alias("twice")));
__attribute__((noinline)) static int sum(int n) { int s = 0; while (n) s += twice(zeroes[n--] + start_value[n & 3]); return s; }
void ounce_begin(void) { __asm__ volatile("nop"); }
void ounce_end(void) { __asm__ volatile("nop\n nop"); }
__attribute__((section(".vectors"))) void *vectors[4] = {(void *)0x20000400, (void *)sum};
int _start(void) { ounce_begin(); int s = sum(20) + also_twice((int)(long)text); heap[0] = s; ounce_end(); return s; }
"#;

const SCRIPT: &str = r"
MEMORY { FLASH : ORIGIN = 0x0, LENGTH = 4K  RAM : ORIGIN = 0x20000000, LENGTH = 1K }
ENTRY(_start)
SECTIONS {
  .vectors : { KEEP(*(.vectors)) } > FLASH
  .text : ALIGN(16) { *(.text .text.*) . = ALIGN(4); } > FLASH
  .rodata : { *(.rodata .rodata.*) . = ALIGN(4); } > FLASH
  .data : ALIGN(4) { *(.data .data.*) } > RAM AT> FLASH
  .bss (NOLOAD) : ALIGN(8) { *(.bss .bss.* COMMON) } > RAM
  .uninit (NOLOAD) : ALIGN(32) { *(.uninit) } > RAM
  /DISCARD/ : { *(.ARM.exidx*) }
}
_limit = 0x1234;
";

fn run(folder: &Path, program: &str, args: &[&str]) {
    let output = Command::new(program).current_dir(folder).args(args).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The image and what objcopy makes of it; none where the compiler is not installed.
fn built() -> Option<&'static (Vec<u8>, Vec<u8>)> {
    static BUILT: OnceLock<Option<(Vec<u8>, Vec<u8>)>> = OnceLock::new();
    BUILT.get_or_init(build).as_ref()
}

fn build() -> Option<(Vec<u8>, Vec<u8>)> {
    if Command::new("arm-none-eabi-gcc").arg("--version").output().is_err() {
        println!("no arm-none-eabi-gcc here: nothing tried");
        return None;
    }
    let folder = std::env::temp_dir().join(format!("ounce-real-elf-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.c"), PROGRAM).unwrap();
    std::fs::write(folder.join("a.ld"), SCRIPT).unwrap();
    let gcc = "-mcpu=cortex-m3 -mthumb -O1 -g -ffreestanding -nostdlib -Wl,-n -T a.ld a.c -o a.elf";
    run(&folder, "arm-none-eabi-gcc", &gcc.split(' ').collect::<Vec<_>>());
    run(&folder, "arm-none-eabi-objcopy", &["-O", "binary", "a.elf", "a.bin"]);
    let files = (std::fs::read(folder.join("a.elf")).unwrap(), std::fs::read(folder.join("a.bin")).unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
    Some(files)
}

#[test]
fn a_linked_program_is_weighed_as_its_toolchain_would_flash_it() {
    let Some((elf, binary)) = built() else { return };
    let chip = small_chip();
    let ledger = weigh(elf, &chip).unwrap();
    assert_adds_up(&ledger.regions);
    assert!(ledger.outside.is_empty());
    let [flash, ram] = &ledger.regions[..] else { panic!() };

    // objcopy fills what lies between load segments; the ledger counts what is loaded.
    let segments = loadable_segments(elf).unwrap();
    let between: u64 = segments.windows(2).map(|w| w[1].address - w[0].address - w[0].bytes.len() as u64).sum();
    assert_eq!(flash.used_bytes + between, binary.len() as u64);
    for segment in &segments {
        let start = segment.address as usize;
        assert_eq!(segment.bytes, &binary[start..start + segment.bytes.len()], "{:#x}", segment.address);
    }

    let bytes = |region: &RegionLedger, name: &str| region.rows.iter().filter(|r| r.name == name).map(|r| r.bytes).sum::<u64>();
    assert_eq!((bytes(flash, "start_value"), bytes(ram, "start_value")), (16, 16), "start values are in both");
    assert_eq!((bytes(flash, "zeroes"), bytes(ram, "zeroes")), (0, 100));
    assert_eq!((bytes(flash, "heap"), bytes(ram, "heap")), (0, 96));
    assert_eq!((bytes(flash, "vectors"), bytes(flash, "greeting")), (16, 6));
    assert_eq!(bytes(flash, "twice") > 0, bytes(flash, "also_twice") == 0, "two names, one function");
    let literal = flash.rows.iter().find(|r| r.name == "\"a literal that no symbol names\"").unwrap();
    assert_eq!((literal.owner, literal.section.as_str(), literal.bytes), (Owner::Text, ".rodata", 31), "only a variable points to it");
    assert!(flash.rows.iter().all(|r| r.owner != Owner::Unattributed));

    let symbols = Symbols::read(elf).unwrap();
    let begin = symbols.find("ounce_begin").unwrap();
    assert_eq!((begin % 2, symbols.function_at(begin)), (0, Some("ounce_begin")));
    assert_eq!(symbols.find("_limit"), Some(0x1234));
    let end = symbols.find("heap").unwrap() + 96;
    assert_eq!(ram_statics_end(elf, &chip[1]), Ok(end));
    assert!(toolchain(elf)[0].starts_with("GCC: "));
}

#[test]
fn a_damaged_linked_program_does_not_panic() {
    let Some((elf, _)) = built() else { return };
    let chip = [small_chip(), vec![region("all", RegionKind::Flash, 0x2000_0000, 1 << 40)]].concat();
    for seed in 0..cases(1000) {
        let mut random = Seeded(seed);
        let mut elf = elf.clone();
        for _ in 0..1 + random.below(20) {
            let at = random.below(elf.len());
            elf[at] = random.number() as u8;
        }
        if let Ok(ledger) = Weighing::of(&elf, &chip).anatomy().ledger() {
            assert_adds_up(&ledger.regions);
        }
        let _ = Symbols::read(&elf);
    }
}
