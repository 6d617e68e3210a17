//! Maps that real linkers write of programs compiled here, and maps that nobody would write.
#![expect(clippy::disallowed_methods, reason = "compilers and linkers on files of this test, which end by themselves")]

#[path = "corpus/workbench.rs"]
#[expect(dead_code, reason = "the corpus uses the rest of it")]
mod workbench;

#[path = "support/mod.rs"]
mod support;

use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, SectionKind};
use ounce_analysis::linker::{LINKER, LinkerMap, MapError, MapFormat, Piece, regions, script_memory};
use std::collections::BTreeSet;
use support::{Seeded, cases};
use workbench::{Workbench, firmware, installed, links};

/// Pieces of one output section follow one another and none is empty.
fn assert_disjoint(map: &LinkerMap) {
    let mut seen = BTreeSet::new();
    for (output, pieces) in map.outputs() {
        assert!(seen.insert(output), "{output} twice");
        let mut end = 0;
        for piece in pieces {
            assert!(piece.size > 0 && piece.start.checked_add(piece.size).is_some(), "{piece:?}");
            assert!(piece.start >= end, "{piece:?} begins before {end:#x}, where the one before it ends");
            end = piece.end();
        }
    }
}

/// The piece at an address of an output section.
fn at<'m>(map: &'m LinkerMap, output: &str, address: u64) -> Option<&'m Piece> {
    map.pieces.iter().find(|p| &*p.output == output && (p.start..p.end()).contains(&address))
}

/// Holds a map against the image it is of: its pieces lie in sections of that name and explain nearly all bytes, and functions compiled into
/// sections of their own are where it says.
fn assert_describes(what: &str, map: &[u8], elf: &[u8], format: MapFormat) -> LinkerMap {
    let map = LinkerMap::parse(map).unwrap_or_else(|e| panic!("{what}: {e}"));
    let elf = object::File::parse(elf).unwrap();
    assert_eq!(map.format, format);
    assert_disjoint(&map);
    const SHF_ALLOC: u64 = 2;
    let allocated = |s: &object::Section<'_, '_>| matches!(s.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.0 & SHF_ALLOC != 0);
    let (mut bytes, mut explained) = (0, 0);
    for section in elf.sections().filter(|s| allocated(s) && s.size() > 0 && s.kind() != SectionKind::Metadata) {
        let (name, start, end) = (section.name().unwrap(), section.address(), section.address() + section.size());
        let pieces: Vec<&Piece> = map.pieces.iter().filter(|p| &*p.output == name).collect();
        for piece in &pieces {
            assert!(start <= piece.start && piece.end() <= end, "{what}: {piece:?} leaves {name} at {start:#x}..{end:#x}");
        }
        bytes += section.size();
        explained += pieces.iter().map(|p| p.size).sum::<u64>();
    }
    assert!(explained * 1000 >= bytes * 990, "{what}: {explained} of {bytes} bytes explained");
    // On Arm the lowest bit of a function's address says that it is Thumb code.
    let thumb = u64::from(elf.architecture() == object::Architecture::Arm);
    let mut own = 0;
    for symbol in elf.symbols().filter(|s| s.kind() == object::SymbolKind::Text && s.size() > 0) {
        let Some(section) = symbol.section_index().and_then(|i| elf.section_by_index(i).ok()) else { continue };
        let Some(piece) = at(&map, section.name().unwrap(), symbol.address() & !thumb) else {
            panic!("{what}: nothing at {:?}", symbol.name())
        };
        own += usize::from(piece.section.strip_prefix(".text.") == symbol.name().ok());
    }
    assert!(own > 0, "{what}: no function is found in its own section");
    for piece in &map.pieces {
        assert!(!piece.object.contains("/tmp") && !piece.object.contains("rcgu"), "{what}: {piece:?}");
    }
    println!("{what}: {} pieces, {explained} of {bytes} bytes", map.pieces.len());
    map
}

const METER: &str = "meter.c line.c start.c";

fn meter(name: &str) -> Workbench {
    let bench = Workbench::new(name);
    bench.write("meter.c", include_str!("corpus/meter.c"));
    bench.write("meter.h", include_str!("corpus/meter.h"));
    bench.write("line.c", include_str!("corpus/line.c"));
    bench.write("start.c", include_str!("corpus/start.c"));
    bench.write("chip.ld", include_str!("corpus/chip.ld"));
    bench
}

const SECTIONS: &str = "-Os -ffreestanding -fcommon -ffunction-sections -fdata-sections";
const LINK: &str = "-nostdlib -Wl,-n -T chip.ld -Wl,--gc-sections -Wl,-Map=a.map";

#[test]
fn gnu_ld_for_arm() {
    if !installed("a map of GNU ld for Arm", &["arm-none-eabi-gcc"]) {
        return;
    }
    let bench = meter("map-arm");
    bench.run(&format!("arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb {SECTIONS} {LINK} {METER} -o a.elf -lgcc"));
    let map = assert_describes("GNU ld for Arm", &bench.read("a.map"), &bench.read("a.elf"), MapFormat::GnuLd);
    // The same memory from the script and from the map.
    let script = script_memory(include_str!("corpus/chip.ld")).unwrap();
    let plain = |m: &ounce_analysis::linker::MemoryRegion| (m.name.clone(), m.start, m.size);
    assert_eq!(map.memory.iter().map(plain).collect::<Vec<_>>(), script.iter().map(plain).collect::<Vec<_>>());
    assert_eq!(regions(&map.memory), regions(&script));
    // Three files compiled and linked at once are temporary objects without a name, libgcc's are archive members.
    assert!(map.pieces.iter().any(|p| &*p.object == "cc*.o"));
    assert!(map.pieces.iter().any(|p| p.object.starts_with("libgcc.a(")), "float arithmetic of an M3");
    // What the linker lists of merged strings is more than there is; what is left of it is not.
    assert!(String::from_utf8_lossy(&bench.read("a.map")).contains("(size before relaxing)"), "strings were merged");
}

#[test]
fn gnu_ld_with_objects_and_a_c_library() {
    if !links("a map with newlib", "arm-none-eabi-gcc", "-mcpu=cortex-m4 -mthumb") {
        return;
    }
    let bench = Workbench::new("map-newlib");
    bench.write(
        "hello.c",
        "#include <stdio.h>\n#include <math.h>\nint main(int n, char **a) { return printf(\"%f %s\\n\", sin(n), a[0]); }\n",
    );
    bench.run("arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -O1 -ffunction-sections -c hello.c -o hello.o");
    bench.run("arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb --specs=nosys.specs hello.o -Wl,-n -Wl,-Map=a.map -o a.elf -lm");
    let (text, elf) = (bench.read("a.map"), bench.read("a.elf"));
    let map = LinkerMap::parse(&text).unwrap();
    assert_disjoint(&map);
    let file = object::File::parse(&*elf).unwrap();
    let object_of = |name: &str| {
        let symbol = file.symbols().find(|s| s.name() == Ok(name)).unwrap();
        let section = file.section_by_index(symbol.section_index().unwrap()).unwrap();
        at(&map, section.name().unwrap(), symbol.address() & !1).map(|p| p.object.to_string()).unwrap_or_default()
    };
    assert_eq!(object_of("main"), "hello.o");
    assert!(object_of("sin").starts_with("libm.a("), "{}", object_of("sin"));
    assert!(object_of("_vfprintf_r").starts_with("libc.a("), "{}", object_of("_vfprintf_r"));
    assert!(map.memory.is_empty(), "without MEMORY there is only *default*");
    // Debug information, attributes and comments are listed at 0, where this image has nothing.
    assert!(map.pieces.iter().all(|p| p.start >= 0x8000), "{:?}", map.pieces.iter().find(|p| p.start < 0x8000));
}

#[test]
fn gnu_ld_with_link_time_optimisation() {
    if !installed("a map of a link with optimisation", &["arm-none-eabi-gcc"]) {
        return;
    }
    let bench = meter("map-lto");
    bench.run(&format!("arm-none-eabi-gcc -mcpu=cortex-m3 -mthumb -flto {SECTIONS} {LINK} {METER} -o a.elf -lgcc"));
    let map = assert_describes("GNU ld, link-time optimisation", &bench.read("a.map"), &bench.read("a.elf"), MapFormat::GnuLd);
    assert!(map.pieces.iter().any(|p| &*p.object == "ltrans0"));
}

#[test]
fn gnu_ld_for_riscv() {
    if !installed("a map of GNU ld for RISC-V", &["riscv64-unknown-elf-gcc"]) {
        return;
    }
    let bench = meter("map-riscv");
    let target = "-march=rv32imac -mabi=ilp32 -nostdinc";
    for source in ["meter", "line", "start"] {
        bench.run(&format!("riscv64-unknown-elf-gcc {target} {SECTIONS} -c {source}.c -o {source}.o"));
    }
    bench.run(&format!("riscv64-unknown-elf-gcc {target} {LINK} meter.o line.o start.o -o a.elf -lgcc"));
    let map = assert_describes("GNU ld for RISC-V", &bench.read("a.map"), &bench.read("a.elf"), MapFormat::GnuLd);
    assert!(map.pieces.iter().any(|p| &*p.object == "line.o" && &*p.section == ".text.colour"));
}

#[test]
fn gnu_ld_for_this_machine() {
    if !installed("a map of GNU ld with addresses of 64 bits", &["gcc", "ld.bfd"]) {
        return;
    }
    let bench = Workbench::new("map-host");
    bench.write(
        "hello.c",
        "#include <stdio.h>\n__thread int n = 3;\nint main(int c, char **v) { n += c; return printf(\"%s %d\\n\", v[0], n); }\n",
    );
    bench.run("gcc -fuse-ld=bfd -O1 -ffunction-sections hello.c -Wl,-Map=a.map -o a.elf");
    let map = assert_describes("GNU ld for this machine", &bench.read("a.map"), &bench.read("a.elf"), MapFormat::GnuLd);
    assert!(map.pieces.iter().any(|p| &*p.output == ".tdata" && p.size == 4), "a variable of each thread");
}

#[test]
fn lld_for_arm() {
    if !installed("a map of lld", &["arm-none-eabi-gcc", "ld.lld"]) {
        return;
    }
    let bench = meter("map-lld");
    for source in ["meter", "line", "start"] {
        bench.run(&format!(
            "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 {SECTIONS} -c {source}.c -o {source}.o"
        ));
    }
    // Without a library: what float formatting wants of it is said to be nothing.
    bench.run("ld.lld -n -T chip.ld --unresolved-symbols=ignore-all meter.o line.o start.o -Map=a.map -o a.elf");
    let map = assert_describes("lld for Arm", &bench.read("a.map"), &bench.read("a.elf"), MapFormat::Lld);
    let colour = map.pieces.iter().find(|p| p.symbol.as_deref() == Some("colour")).unwrap();
    assert_eq!((&*colour.object, &*colour.section, colour.start % 2), ("line.o", ".text.colour", 0));
    assert!(map.pieces.iter().any(|p| &*p.object == LINKER), "merged strings are the linker's");
    let data = map.pieces.iter().find(|p| p.symbol.as_deref() == Some("gain")).unwrap();
    assert_eq!((data.start >> 28, data.size, &*data.output), (2, 24, ".data"), "by run address");
}

#[test]
fn maps_of_our_own_boards() {
    let boards = firmware().join("target/boards");
    let folders = std::fs::read_dir(firmware().join("boards")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let known: Vec<String> = folders.collect();
    let mut seen = 0;
    let entries = std::fs::read_dir(&boards).into_iter().flatten().flatten();
    for map in entries.map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "map")) {
        let name = map.file_stem().unwrap().to_string_lossy().into_owned();
        let (Ok(text), Ok(elf)) = (std::fs::read(&map), std::fs::read(map.with_extension("elf"))) else { continue };
        let map = assert_describes(&name, &text, &elf, MapFormat::Lld);
        // BOARD, BOARD-FEATURES, BOARD-bundle, BOARD-FEATURES-bundle: all of them the board's one program.
        let of_board =
            known.iter().find(|board| name.strip_prefix(board.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')));
        let crate_name = of_board.map_or(name.trim_start_matches("fault-"), String::as_str).replace('-', "_");
        assert!(map.pieces.iter().any(|p| *p.object == *crate_name), "{name}: no object {crate_name}");
        seen += 1;
    }
    if seen == 0 {
        println!("not tried, firmware/target/boards has no map (firmware/build BOARD makes one): maps of our own boards");
    }
    for board in std::fs::read_dir(firmware().join("boards")).unwrap().flatten() {
        let memory = script_memory(&std::fs::read_to_string(board.path().join("memory.x")).unwrap()).unwrap();
        assert!(memory.iter().any(|m| m.size > 0), "{:?}", board.path());
    }
}

const GNU: &str = "\
Archive member included to satisfy reference by file (symbol)

/usr/lib/libm.a(sin.o)        main.o (sin)

Discarded input sections

 .text          0x00000000        0x0 main.o
 .text.unused   0x00000000       0x40 main.o

Memory Configuration

Name             Origin             Length             Attributes
FLASH            0x08000000         0x00040000         xr
RAM              0x20000000         0x00010000         xrw
*default*        0x00000000         0xffffffff

Linker script and memory map

LOAD main.o
LOAD /usr/lib/libm.a
START GROUP
END GROUP
                0x20010000                _estack = (ORIGIN (RAM) + LENGTH (RAM))

.isr_vector     0x08000000       0x40
 *(.isr_vector)
 .isr_vector    0x08000000       0x40 startup.o
                0x08000000                vectors

.text           0x08000040      0x120
 *(.text*)
 .text.main     0x08000040       0x62 main.o
                0x08000040                main
 *fill*         0x080000a2        0x2 
 .text.a_function_with_a_long_name
                0x080000a4       0x20 /proj/src/lib/main.o
 .text          0x080000c4       0x90 /usr/lib/libm.a(sin.o)
                0x080000c4                sin
                0x08000154        0x4 LONG 0xdeadbeef
                0x08000158                . = ALIGN (0x10)
 *fill*         0x08000158        0x8 

.rodata         0x08000160       0x40
 .rodata.str1.4
                0x08000160       0x21 main.o
                                 0x30 (size before relaxing)
 *fill*         0x08000181        0x3 
 .rodata.str1.4
                0x08000184       0x30 /tmp/ccQ2mZ5x.o
 .rodata        0x08000184       0x1c /tmp/ccQ2mZ5x.ltrans0.ltrans.o

.data           0x20000000        0x8 load address 0x080001a0
 .data.x        0x20000000        0x8 main.o

.bss            0x20000008       0x10 load address 0x080001a8
 COMMON         0x20000008       0x10 main.o
OUTPUT(a.elf elf32-littlearm)

.comment        0x00000000       0x26
 .comment       0x00000000       0x26 main.o

.debug_info     0x00000000     0x9000
 .debug_info    0x00000000     0x9000 main.o

Cross Reference Table
";

const LLD: &str = "\
     VMA      LMA     Size Align Out     In      Symbol
       0        0        0     1 _stack_top = ORIGIN ( RAM )
       0        0       40     4 .vectors
       0        0       40     4         start.o:(.vectors)
       0        0       40     1                 vectors
      40       40       9c     4 .text
      40       40       30     4         app-0123456789abcdef.app.89abcdef01-cgu.0.rcgu.o:(.text.f)
      40       40        0     1                 $t
      41       41       2a     1                 app::f::<u8>
      41       41       2a     1                 alias
      6c       6c        0     1                 $d
      70       70        4     1         . = ALIGN ( 8 )
      74       74       68     4         libm.a(sin.o):(.text)
      74       74        0     1                 $t
      75       75       20     1                 sin
      95       95       40     1                 cos
      dc       dc       11     1 .rodata
      dc       dc       11     1         <internal>:(.rodata)
20000000       f0        8     4 .data
20000000       f0        8     4         start.o:(.data)
20000000       f0        4     1                 x
       0        0       4c     1 .debug_str
       0        0       4c     1         <internal>:(.debug_str)
       0        0       4c     1 .comment
";

fn shown(map: &LinkerMap) -> String {
    let lines = map.pieces.iter().map(|p| {
        let name = p.symbol.as_deref().unwrap_or(if p.fill { "fill" } else { "" });
        format!("{:x}+{:x} {} {} {} {name}", p.start, p.size, p.output, if p.fill { "-" } else { &p.section }, p.object)
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_map_of_gnu_ld_in_full() {
    insta::assert_snapshot!(shown(&LinkerMap::parse(GNU.as_bytes()).unwrap()), @r"
    8000000+40 .isr_vector .isr_vector startup.o
    8000040+62 .text .text.main main.o
    80000a2+2 .text -  fill
    80000a4+20 .text .text.a_function_with_a_long_name main.o
    80000c4+90 .text .text libm.a(sin.o)
    8000154+4 .text .text (linker script)
    8000158+8 .text -  fill
    8000160+21 .rodata .rodata.str1.4 main.o
    8000181+3 .rodata -  fill
    8000184+1c .rodata .rodata ltrans0
    20000000+8 .data .data.x main.o
    20000008+10 .bss COMMON main.o
    ");
}

#[test]
fn a_map_of_lld_in_full() {
    insta::assert_snapshot!(shown(&LinkerMap::parse(LLD.as_bytes()).unwrap()), @r"
    0+40 .vectors .vectors start.o vectors
    40+2a .text .text.f app app::f::<u8>
    6a+6 .text .text.f app
    70+4 .text -  fill
    74+20 .text .text libm.a(sin.o) sin
    94+40 .text .text libm.a(sin.o) cos
    d4+8 .text .text libm.a(sin.o)
    dc+11 .rodata .rodata (linker)
    20000000+4 .data .data start.o x
    20000004+4 .data .data start.o
    ");
}

/// Damages a text as interrupted builds, bad disks and bad people do.
fn damaged(text: &str, random: &mut Seeded) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = text.lines().map(|l| l.as_bytes().to_vec()).collect();
    for _ in 0..1 + random.below(8) {
        let line = random.below(lines.len());
        match random.below(7) {
            0 => drop(lines.remove(line)),
            1 => lines.insert(line, lines[random.below(lines.len())].clone()),
            2 => lines.truncate(line + 1),
            3 => {
                let other = random.below(lines.len());
                lines.swap(line, other);
            }
            4 => {
                let text = String::from_utf8_lossy(&lines[line]).into_owned();
                let number = *random.pick(&["0xffffffffffffffff", "0x0", "0x08000050", "0x20000004", "0xfffffffffffffff0"]);
                lines[line] = text.replacen("0x08000", number, 1).replacen("0x0000", number, 1).into_bytes();
            }
            _ if lines[line].is_empty() => {}
            _ => {
                let at = random.below(lines[line].len());
                lines[line][at] = if random.one_in(2) { random.number() as u8 } else { *random.pick(b"0123456789abcdefx ().*\t") };
            }
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join(&b'\n')
}

#[test]
fn a_damaged_map_is_read_or_refused() {
    let (mut read, mut refused) = (0, 0);
    for seed in 0..cases(3000) {
        let mut random = Seeded(seed);
        let text = damaged(if seed % 2 == 0 { GNU } else { LLD }, &mut random);
        match LinkerMap::parse(&text) {
            Ok(map) => {
                assert_disjoint(&map);
                let _ = regions(&map.memory);
                read += 1;
            }
            Err(MapError::TooMany { .. }) => panic!("seed {seed}: no limit is that low"),
            Err(error) => {
                assert!(error.to_string().starts_with("line "), "{error}");
                refused += 1;
            }
        }
    }
    assert!(read > 300 && refused > 30, "{read} read, {refused} refused");
}

#[test]
fn a_damaged_script_is_read_or_refused() {
    let (mut read, mut refused) = (0, 0);
    for seed in 0..cases(3000) {
        let text = damaged(include_str!("corpus/chip.ld"), &mut Seeded(seed));
        match script_memory(&String::from_utf8_lossy(&text)) {
            Ok(memory) => {
                let _ = regions(&memory);
                read += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(read > 300 && refused > 30, "{read} read, {refused} refused");
}
