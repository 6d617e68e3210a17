//! Debug information that no compiler would write: every form by hand, references in circles, absurd counts, damage.

use super::handmade::{Form, Out, V4, V5, image, told};
use super::{C, DebugInfo, assert_is_sound, compiled, compressed};
use ounce_analysis::dwarf::{DwarfError, HOPS_MAX, by_source};
use ounce_analysis::unwind::function_extents;
use std::time::{Duration, Instant};

// Tags, attributes and forms by their numbers in the standard.
const UNIT: u64 = 0x11;
const INLINED: u64 = 0x1d;
const SUBPROGRAM: u64 = 0x2e;
const NAMESPACE: u64 = 0x39;
const NAME: u64 = 0x03;
const STMT_LIST: u64 = 0x10;
const LOW: u64 = 0x11;
const HIGH: u64 = 0x12;
const ORIGIN: u64 = 0x31;
const RANGES: u64 = 0x55;
const STR_BASE: u64 = 0x72;
const ADDR_BASE: u64 = 0x73;
const RNG_BASE: u64 = 0x74;
const ADDR: u64 = 0x01;
const DATA4: u64 = 0x06;
const STRING: u64 = 0x08;
const REF_ADDR: u64 = 0x10;
const SEC_OFFSET: u64 = 0x17;
const STRX1: u64 = 0x25;
const ADDRX1: u64 = 0x29;
const RNGLISTX: u64 = 0x23;

const CODE: (u64, u64) = (0x1000, 0x2000);

/// Abbreviations: 1 unit, 2 function with code, 3 inlined, 4 function without code, 5 namespace, 6 function that completes another.
fn abbreviations(form: Form) -> Vec<u8> {
    let mut out = Out::new(form);
    out.abbreviation(1, UNIT, true, &[(NAME, STRING)])
        .abbreviation(2, SUBPROGRAM, true, &[(NAME, STRING), (LOW, ADDR), (HIGH, DATA4)])
        .abbreviation(3, INLINED, true, &[(ORIGIN, REF_ADDR), (LOW, ADDR), (HIGH, DATA4)])
        .abbreviation(4, SUBPROGRAM, false, &[(NAME, STRING)])
        .abbreviation(5, NAMESPACE, true, &[(NAME, STRING)])
        .abbreviation(6, SUBPROGRAM, true, &[(ORIGIN, REF_ADDR), (LOW, ADDR), (HIGH, DATA4)])
        .u8(0);
    out.bytes
}

/// One unit of the abbreviations above.
fn one_unit(form: Form, body: impl FnOnce(&mut Out)) -> Vec<u8> {
    let mut info = Out::new(form);
    info.unit(1, |out| {
        out.uleb(1).text("a.c");
        body(out);
        out.u8(0);
    });
    info.bytes
}

fn image_of(form: Form, info: &[u8]) -> Vec<u8> {
    image(form, CODE, &[(".debug_info", info), (".debug_abbrev", &abbreviations(form))])
}

const FORMS: [Form; 6] = [
    V4,
    V5,
    Form { big: true, ..V4 },
    Form { wide: true, ..V5 },
    Form { address: 8, ..V4 },
    Form { address: 8, big: true, wide: true, version: 5 },
];

/// The bytes before the first entry: of the unit's header, and of its root.
fn first_entry(form: Form) -> u64 {
    let root = 1 + 4;
    let length = if form.wide { 12 } else { 4 };
    let offset = if form.wide { 8 } else { 4 };
    length + 2 + offset + 1 + u64::from(form.version >= 5) + root
}

#[test]
fn nested_copies_have_their_own_bytes_in_every_form() {
    for form in FORMS {
        let (inner, outer) = (first_entry(form), first_entry(form) + 7);
        let info = one_unit(form, |out| {
            out.uleb(4).text("inner").uleb(4).text("outer");
            out.uleb(2).text("main").address(0x1100).u32(0x40);
            out.uleb(3).offset(outer).address(0x1110).u32(0x20);
            out.uleb(3).offset(inner).address(0x1118).u32(8).u8(0).u8(0);
            out.uleb(3).offset(inner).address(0x1138).u32(4).u8(0).u8(0);
        });
        assert_eq!(told(&image_of(form, &info)).unwrap(), "main 1100-1140\n  outer 24\n  inner 12\n", "{form:?}");
    }
}

#[test]
fn indices_into_other_tables_are_followed() {
    let form = Form { address: 8, ..V5 };
    let mut abbreviations = Out::new(form);
    abbreviations
        .abbreviation(1, UNIT, true, &[(NAME, STRX1), (STR_BASE, SEC_OFFSET), (ADDR_BASE, SEC_OFFSET), (RNG_BASE, SEC_OFFSET)])
        .abbreviation(2, SUBPROGRAM, false, &[(NAME, STRX1), (LOW, ADDRX1), (HIGH, DATA4)])
        .abbreviation(3, SUBPROGRAM, false, &[(NAME, STRX1), (RANGES, RNGLISTX)])
        .u8(0);
    let mut info = Out::new(form);
    info.unit(1, |out| {
        out.uleb(1).u8(0).offset(8).offset(8).offset(12);
        out.uleb(2).u8(1).u8(1).u32(0x10);
        out.uleb(3).u8(2).uleb(0).u8(0);
    });
    let (mut offsets, mut addresses, mut lists) = (Out::new(form), Out::new(form), Out::new(form));
    offsets.sized(|out| {
        out.u16(5).u16(0).offset(0).offset(2).offset(6);
    });
    addresses.sized(|out| {
        out.u16(5).u8(8).u8(0).address(0x1800).address(0x1200);
    });
    lists.sized(|out| {
        // One list, whose offset is from after this header: a base, a pair of offsets from it, a start with a length, the end.
        out.u16(5).u8(8).u8(0).u32(1).offset(4);
        out.u8(1).uleb(0).u8(4).uleb(0x10).uleb(0x18).u8(3).uleb(1).uleb(0x20).u8(0);
    });
    let sections = [
        (".debug_info", &info.bytes[..]),
        (".debug_abbrev", &abbreviations.bytes),
        (".debug_str", b"u\0one\0two\0"),
        (".debug_str_offsets", &offsets.bytes),
        (".debug_addr", &addresses.bytes),
        (".debug_rnglists", &lists.bytes),
    ];
    let elf = image(form, CODE, &sections);
    assert_eq!(told(&elf).unwrap(), "one 1200-1210\ntwo 1200-1220\ntwo 1810-1818\n");
    let info = DebugInfo::read(&elf).unwrap().unwrap();
    let name_at = |address| info.function_at(address).map(|f| info.names()[f.name as usize].as_str());
    assert_eq!([0x11ff, 0x1210, 0x1817, 0x1818].map(name_at), [None, Some("two"), Some("two"), None]);
}

#[test]
fn names_that_refer_to_each_other_in_a_circle_end() {
    let at = first_entry(V4);
    let size = 1 + 4 + 4 + 4 + 1;
    // To itself; to each other; to nothing; into the middle of something; a chain longer than is followed.
    let check = |origins: &[u64], want: &str| {
        let info = one_unit(V4, |out| {
            for (number, origin) in (0u64..).zip(origins) {
                out.uleb(6).offset(*origin).address(0x1100 + 0x10 * number).u32(0x10).u8(0);
            }
            out.uleb(4).text("end");
        });
        assert_eq!(told(&image_of(V4, &info)).unwrap(), want, "{origins:?}");
    };
    check(&[at], "? 1100-1110\n");
    check(&[at + size, at], "? 1100-1110\n? 1110-1120\n");
    check(&[0xffff_fff0], "? 1100-1110\n");
    check(&[at + 3], "? 1100-1110\n");
    check(&[at + size], "end 1100-1110\n");
    let chain: Vec<u64> = (1..=2 * HOPS_MAX as u64).map(|n| at + n * size).collect();
    let info = one_unit(V4, |out| {
        for origin in &chain {
            out.uleb(6).offset(*origin).address(0x1100).u32(0x10).u8(0);
        }
        out.uleb(4).text("end");
    });
    let told = told(&image_of(V4, &info)).unwrap();
    assert!(told.starts_with("? ") && told.contains("end "), "{told}");
    // An inlined copy of the function that it is in, of itself as it were.
    let info = one_unit(V4, |out| {
        out.uleb(6).offset(at).address(0x1100).u32(0x10);
        out.uleb(3).offset(at).address(0x1100).u32(8).u8(0).u8(0);
    });
    assert_eq!(super::handmade::told(&image_of(V4, &info)).unwrap(), "? 1100-1110\n  ? 8\n");
}

#[test]
fn removed_functions_are_left_out() {
    let check = |low: u64, want: &str| {
        let at = first_entry(V4);
        let info = one_unit(V4, |out| {
            out.uleb(4).text("f");
            out.uleb(2).text("g").address(low).u32(0x10);
            out.uleb(3).offset(at).address(low).u32(4).u8(0).u8(0);
        });
        assert_eq!(told(&image_of(V4, &info)).unwrap(), want, "{low:#x}");
    };
    check(0, "");
    check(0xffff_ffff, "");
    check(0xffff_fffe, "");
    check(0x4000, "");
    check(0x1010, "g 1010-1020\n  f 4\n");
    // The Thumb bit is not part of the address.
    check(0x1011, "g 1010-1020\n  f 4\n");
    // As far as there is code.
    check(0x1ff8, "g 1ff8-2000\n  f 4\n");
}

#[test]
fn copies_that_overlap_are_cut() {
    let at = first_entry(V4);
    let copy = |out: &mut Out, origin: u64, start: u64, size: u32| {
        out.uleb(3).offset(origin).address(start).u32(size);
    };
    // Side by side but overlapping; a child beyond its parent; one beyond its function.
    let info = one_unit(V4, |out| {
        out.uleb(4).text("a").uleb(4).text("b");
        out.uleb(2).text("main").address(0x1100).u32(0x20);
        copy(out, at, 0x1100, 0x10);
        out.u8(0);
        copy(out, at + 3, 0x1108, 0x10);
        out.u8(0);
        copy(out, at, 0x1118, 4);
        copy(out, at + 3, 0x111a, 0x40);
        out.u8(0).u8(0).u8(0);
    });
    assert_eq!(told(&image_of(V4, &info)).unwrap(), "main 1100-1120\n  a 10\n  b 10\n");
}

#[test]
fn a_namespace_is_part_of_a_name_without_linkage() {
    let info = one_unit(V4, |out| {
        out.uleb(5).text("shop").uleb(5).text("");
        out.uleb(2).text("sell").address(0x1100).u32(8).u8(0).u8(0);
        out.uleb(2).text("buy").address(0x1200).u32(8).u8(0).u8(0);
    });
    assert_eq!(told(&image_of(V4, &info)).unwrap(), "shop::(anonymous namespace)::sell 1100-1108\nshop::buy 1200-1208\n");
    // A function ends the path: what is declared in it has its own name only.
    let info = one_unit(V4, |out| {
        out.uleb(5).text("shop").uleb(2).text("sell").address(0x1100).u32(8);
        out.uleb(5).text("inside").uleb(2).text("count").address(0x1200).u32(8).u8(0).u8(0).u8(0).u8(0);
    });
    assert_eq!(told(&image_of(V4, &info)).unwrap(), "shop::sell 1100-1108\ninside::count 1200-1208\n");
}

fn damage(elf: &[u8]) -> (&'static str, u64) {
    match DebugInfo::read(elf) {
        Err(DwarfError::Damaged { section, offset, .. }) => (section, offset),
        other => panic!("{other:?}"),
    }
}

fn too_many(elf: &[u8]) -> &'static str {
    match DebugInfo::read(elf) {
        Err(DwarfError::TooMany { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn damage_is_told_with_its_place() {
    let good = one_unit(V4, |out| {
        out.uleb(2).text("f").address(0x1100).u32(8).u8(0);
    });
    // A unit longer than the section.
    let mut long = good.clone();
    long[0] = 0xf0;
    assert_eq!(damage(&image_of(V4, &long)), ("debug_info", 0));
    // An abbreviation that there is not, in the second unit.
    let mut two = good.clone();
    two.extend(one_unit(V4, |out| {
        out.uleb(77);
    }));
    assert_eq!(damage(&image_of(V4, &two)), ("debug_info", good.len() as u64));
    // A unit of a version from the future is not read, the next one is.
    let mut future = one_unit(V4, |_| {});
    future[4] = 9;
    future.extend(&good);
    let info = DebugInfo::read(&image_of(V4, &future)).unwrap().unwrap();
    assert_eq!((info.skipped().unknown_units, info.functions().len()), (1, 1));
    let text = DebugInfo::read(&image_of(V4, &long)).unwrap_err().to_string();
    assert!(text.starts_with("damaged debug information: .debug_info at 0x0: "), "{text}");
}

#[test]
fn much_work_from_few_bytes_is_refused() {
    // A hundred thousand functions, all with the same long list of ranges.
    let mut abbreviations = Out::new(V4);
    abbreviations.abbreviation(1, UNIT, true, &[(NAME, STRING)]).abbreviation(2, SUBPROGRAM, false, &[(RANGES, SEC_OFFSET)]).u8(0);
    let mut info = Out::new(V4);
    info.unit(1, |out| {
        out.uleb(1).text("a.c");
        for _ in 0..100_000 {
            out.uleb(2).offset(0);
        }
        out.u8(0);
    });
    let mut ranges = Out::new(V4);
    for _ in 0..10_000 {
        ranges.u32(0x1100).u32(0x1104);
    }
    ranges.u32(0).u32(0);
    let sections = [(".debug_info", &info.bytes[..]), (".debug_abbrev", &abbreviations.bytes), (".debug_ranges", &ranges.bytes)];
    assert_eq!(too_many(&image(V4, CODE, &sections)), "ranges of functions");

    // Many units, by turns with one of two long tables of abbreviations.
    let mut abbreviations = Out::new(V4);
    for _ in 0..2 {
        abbreviations.abbreviation(1, UNIT, false, &[(NAME, STRING)]);
        for code in 2..20_000 {
            abbreviations.abbreviation(code, SUBPROGRAM, false, &[]);
        }
        abbreviations.u8(0);
    }
    let half = abbreviations.bytes.len() as u32 / 2;
    let mut info = Out::new(V4);
    for number in 0..20_000 {
        info.sized(|out| {
            out.u16(4).u32(if number % 2 == 0 { 0 } else { half }).u8(4).uleb(1).text("");
        });
    }
    let sections = [(".debug_info", &info.bytes[..]), (".debug_abbrev", &abbreviations.bytes)];
    assert!(too_many(&image(V4, CODE, &sections)).starts_with("bytes of abbreviations"));

    // Functions in functions in functions.
    let info = one_unit(V4, |out| {
        for _ in 0..5_000 {
            out.uleb(2).text("").address(0x1100).u32(4);
        }
    });
    assert_eq!(too_many(&image_of(V4, &info)), "entries nested in one another");
}

#[test]
fn a_compressed_section_is_no_larger_than_allowed() {
    let packed = |size: u64, stream: &[u8]| {
        let mut bytes = b"ZLIB".to_vec();
        bytes.extend(size.to_be_bytes());
        bytes.extend(stream);
        image(V4, CODE, &[(".zdebug_info", &bytes)])
    };
    assert_eq!(too_many(&packed(u64::MAX, &[0x78, 0x9c])), "bytes in compressed debug sections");
    assert_eq!(too_many(&packed(1 << 30, &[0x78, 0x9c])), "bytes in compressed debug sections");
    // Not what it says: another size, or no stream at all.
    assert_eq!(damage(&packed(100, &[0x78, 0x9c, 3, 0, 0, 0, 0, 1])).0, "debug_info");
    assert_eq!(damage(&packed(100, b"not a stream")).0, "debug_info");
    assert_eq!(damage(&image(V4, CODE, &[(".zdebug_info", b"ZL")])).0, "debug_info");
}

/// A version 4 line program's bytes: its tables, and instructions that set an address and step.
fn line_program(form: Form, tables: &[u8], instructions: &[u8]) -> Vec<u8> {
    let mut out = Out::new(form);
    out.sized(|out| {
        let mut header = Out::new(form);
        header.u8(1).u8(1).u8(1).raw(&[(-5i8) as u8, 14, 13]).raw(&[0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]).raw(tables);
        out.u16(4).offset(header.bytes.len() as u64).raw(&header.bytes).raw(instructions);
    });
    out.bytes
}

fn with_lines(form: Form, program: &[u8]) -> Vec<u8> {
    let mut abbreviations = Out::new(form);
    abbreviations.abbreviation(1, UNIT, false, &[(NAME, STRING), (STMT_LIST, SEC_OFFSET)]).u8(0);
    let mut info = Out::new(form);
    info.unit(1, |out| {
        out.uleb(1).text("a.c").offset(0);
    });
    let sections = [(".debug_info", &info.bytes[..]), (".debug_abbrev", &abbreviations.bytes), (".debug_line", program)];
    image(form, CODE, &sections)
}

/// Sets the address, makes a row, goes on by some bytes and lines, …, ends the sequence.
fn sequence(start: u32, steps: &[(u8, u8)]) -> Vec<u8> {
    let mut out = Out::new(V4);
    out.u8(0).u8(5).u8(2).u32(start).u8(1);
    for &(bytes, lines) in steps {
        out.u8(2).uleb(bytes.into()).u8(3).u8(lines).u8(1);
    }
    out.u8(2).uleb(4).u8(0).u8(1).u8(1);
    out.bytes
}

#[test]
fn lines_are_sorted_disjoint_and_of_code_that_is_there() {
    let tables = b"src\0\0a.c\0\x01\0\0\0";
    let check = |sequences: &[Vec<u8>], want: &str| {
        let info = DebugInfo::read(&with_lines(V4, &line_program(V4, tables, &sequences.concat()))).unwrap().unwrap();
        assert_is_sound(&info);
        let lines: Vec<String> =
            info.lines().iter().map(|l| format!("{:x}-{:x} {}:{}", l.start, l.end, info.files()[l.file as usize], l.line)).collect();
        assert_eq!(lines.join(", "), want);
    };
    check(&[sequence(0x1100, &[(8, 2)])], "1100-1108 src/a.c:1, 1108-110c src/a.c:3");
    // In any order; rows of one line are one; Thumb's bit goes.
    check(&[sequence(0x1201, &[]), sequence(0x1100, &[(8, 0)])], "1100-110c src/a.c:1, 1200-1204 src/a.c:1");
    // Of overlapping sequences the first has the bytes.
    check(&[sequence(0x1100, &[]), sequence(0x1102, &[(2, 7)])], "1100-1104 src/a.c:1, 1104-1108 src/a.c:8");
    // Removed.
    check(&[sequence(0, &[(8, 2)]), sequence(0xffff_ffff, &[]), sequence(0xffff_fffe, &[]), sequence(0x9000, &[])], "");
    // Without an end.
    check(&[sequence(0x1100, &[(8, 2)])[..12].to_vec()], "");
}

#[test]
fn units_that_share_a_line_program_have_its_lines_once() {
    let program = line_program(V4, b"src\0\0a.c\0\x01\0\0\0", &sequence(0x1100, &[]));
    let mut abbreviations = Out::new(V4);
    abbreviations.abbreviation(1, UNIT, false, &[(NAME, STRING), (STMT_LIST, SEC_OFFSET)]).u8(0);
    let mut info = Out::new(V4);
    for _ in 0..3 {
        info.unit(1, |out| {
            out.uleb(1).text("a.c").offset(0);
        });
    }
    let sections = [(".debug_info", &info.bytes[..]), (".debug_abbrev", &abbreviations.bytes), (".debug_line", &program)];
    let info = DebugInfo::read(&image(V4, CODE, &sections)).unwrap().unwrap();
    assert_eq!(info.lines().len(), 1);
    assert_eq!(
        by_source(&info, [(0x10fe, 0x1104)]).iter().map(|r| (r.file, r.line, r.bytes)).collect::<Vec<_>>(),
        [(Some(0), 1, 4), (None, 0, 2)]
    );
}

#[test]
fn absurd_tables_of_files_are_refused_or_small() {
    // More files than are named: the line has none.
    let program = line_program(V4, b"\0\0", &sequence(0x1100, &[]));
    assert!(DebugInfo::read(&with_lines(V4, &program)).unwrap().unwrap().lines().is_empty());
    // A header longer than the section.
    let mut long = line_program(V4, b"\0\0", &[]);
    long[6..10].copy_from_slice(&[0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(too_many(&with_lines(V4, &long)), "bytes in the header of a line program");
    // Version 5 counts its files: 2 to the 60 of them, each of no bytes or of some.
    for entry in [&[0u8][..], &[1, 1, 0x08], &[1, 1, 0x0c]] {
        let mut out = Out::new(V5);
        out.sized(|out| {
            let mut header = Out::new(V5);
            header.u8(1).u8(1).u8(1).raw(&[0xfb, 14, 13]).raw(&[0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
            header.u8(1).uleb(1).uleb(8).uleb(1).text("d").raw(entry).uleb(1 << 60).text("f");
            out.u16(5).u8(4).u8(0).offset(header.bytes.len() as u64).raw(&header.bytes);
        });
        let started = Instant::now();
        assert_eq!(damage(&with_lines(V5, &out.bytes)).0, "debug_line");
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}

/// Numbers from a seed: a failure is a number anyone can replay.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 20;
        (mixed % below.max(1) as u64) as usize
    }
}

/// How many damaged files are read: more with OUNCE_FUZZ_CASES set.
fn mutations() -> u64 {
    std::env::var("OUNCE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(4_000)
}

/// The most memory this process has had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[test]
fn no_damaged_file_panics_loops_or_eats_memory() {
    let mut good: Vec<Vec<u8>> = FORMS
        .iter()
        .map(|&form| {
            let at = first_entry(form);
            image_of(
                form,
                &one_unit(form, |out| {
                    out.uleb(5).text("n").uleb(4).text("inner").u8(0).uleb(2).text("main").address(0x1100).u32(0x40);
                    out.uleb(3).offset(at + 3).address(0x1110).u32(0x20).u8(0).u8(0).uleb(6).offset(at).address(0x1200).u32(9).u8(0);
                }),
            )
        })
        .collect();
    good.push(with_lines(V4, &line_program(V4, b"src\0\0a.c\0\x01\0\0\0", &sequence(0x1100, &[(8, 2), (3, 1)]))));
    let flags = ["-O2", "-nostdlib", "-static", "-funwind-tables"];
    for version in ["-gdwarf-3", "-gdwarf-4", "-gdwarf-5"] {
        good.extend(compiled("gcc", "mutated.c", C, &[&flags[..], &[version]].concat()));
    }
    if let Some(newest) = compiled("gcc", "mutated.c", C, &[&flags[..], &["-g"]].concat()) {
        good.extend(["zlib", "zlib-gnu", "zstd"].into_iter().filter_map(|method| compressed(&newest, method)));
    }
    let personality = "-Wl,--defsym=__aeabi_unwind_cpp_pr0=0,--defsym=__aeabi_unwind_cpp_pr1=0";
    good.extend(compiled("arm-none-eabi-gcc", "mutated.c", C, &[&flags[..], &["-g", "-mthumb", personality]].concat()));
    let (mut read, mut refused, mut slowest) = (0u64, 0u64, Duration::ZERO);
    for seed in 0..mutations() {
        let mut random = Seeded(seed);
        let mut elf = good[random.below(good.len())].clone();
        for _ in 0..1 + random.below(6) {
            let at = random.below(elf.len());
            match random.below(6) {
                0 => elf[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
                1 => elf[at] ^= 1 << random.below(8),
                2 => elf[at] = random.below(256) as u8,
                3 => {
                    let word = [0u32, 1, u32::MAX, 0x7fff_ffff, 0x8000_0000, u32::MAX - 15, 0x1100][random.below(7)].to_le_bytes();
                    let end = (at + 4).min(elf.len());
                    elf[at..end].copy_from_slice(&word[..end - at]);
                }
                4 => {
                    // A piece of the file over another.
                    let (from, length) = (random.below(elf.len()), 1 + random.below(40));
                    let piece = elf[from..(from + length).min(elf.len())].to_vec();
                    let end = (at + piece.len()).min(elf.len());
                    elf[at..end].copy_from_slice(&piece[..end - at]);
                }
                _ if random.below(4) == 0 => elf.truncate(at.max(1)),
                _ => {}
            }
        }
        let started = Instant::now();
        match DebugInfo::read(&elf) {
            Ok(Some(info)) => {
                assert_is_sound(&info);
                let _ = by_source(&info, [(0, u64::MAX), (5, 3)]);
                let _ = (info.function_at(0x1100), info.line_at(u64::MAX), info.inlined_at(0));
                read += 1;
            }
            Ok(None) | Err(_) => refused += 1,
        }
        if let Ok(extents) = function_extents(&elf) {
            assert!(extents.iter().all(|e| e.0 < e.1) && extents.windows(2).all(|e| e[0].1 <= e[1].0), "seed {seed}: {extents:x?}");
        }
        slowest = slowest.max(started.elapsed());
        assert!(slowest < Duration::from_secs(10), "seed {seed} took {slowest:?}");
    }
    println!("{read} read, {refused} refused, the slowest took {slowest:?}, at most {} KiB of memory", peak_kib());
    assert!(read * 10 > mutations() && refused * 10 > mutations(), "too tame or too wild: {read} read, {refused} refused");
    assert!(peak_kib() < 1 << 20, "{} KiB", peak_kib());
}
