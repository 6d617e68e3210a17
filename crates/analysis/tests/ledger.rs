//! What an ELF file weighs: who owns which byte, told by small images.

mod support;

use ounce_analysis::linker::LinkerMap;
use ounce_analysis::{ElfError, Symbols, Weighing, image_id, loadable_segments, profile, ram_statics_end, weigh};
use ounce_protocol::measurement::{Ledger, Owner, RegionKind, Row};
use support::*;

/// The rows of one region of a small chip.
fn rows(image: &Image, index: usize) -> String {
    let ledger = weigh(&image.build(), &small_chip()).unwrap();
    assert_adds_up(&ledger.regions);
    lines(&ledger.regions[index])
}

#[test]
fn start_values_count_in_flash_and_in_ram() {
    let image = Image::arm()
        .segment(0, 0, vec![1; 16])
        .section(".text", SHF_EXEC, 0, 16, 4)
        .func("main", 0, 16)
        .segment(16, 0x2000_0000, vec![2; 8])
        .section(".data", SHF_WRITE, 0, 8, 4)
        .sym("table", 0, 8, GLOBAL, OBJECT)
        .zeroes(0x2000_0008, 4)
        .nobits(".bss", 0x2000_0008, 4, 4)
        .sym("counter", 0, 4, LOCAL, OBJECT);
    assert_eq!(rows(&image, 0), "16 Symbol main (C) .text\n8 Symbol table (C) .data\n");
    assert_eq!(rows(&image, 1), "8 Symbol table (C) .data\n4 Symbol counter (C) .bss\n");
}

#[test]
fn every_byte_has_one_owner() {
    // One section of 32 bytes of code, none of which looks like fill.
    let text = || Image::arm().segment(0, 0, vec![0x11; 32]).section(".text", SHF_EXEC, 0, 32, 4);
    let check = |image: Image, want: &[&str]| {
        let want: String = want.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(rows(&image, 0), want);
    };
    // The Thumb bit is no byte.
    check(text().func("f", 1, 32), &["32 Symbol f (C) .text"]);
    // Aliases share: the global name, then the shorter, then the first in the alphabet.
    check(text().sym("a", 0, 32, LOCAL, FUNC).func("zz", 0, 32).func("zy", 0, 32).func("zzz", 0, 32), &["32 Symbol zy (C) .text"]);
    check(text().sym("a", 0, 32, GLOBAL, OBJECT).sym("b", 0, 32, WEAK, FUNC).func("ff", 0, 32), &["32 Symbol ff (C) .text"]);
    // The inner one keeps its bytes, and so does the later one.
    check(text().func("outer", 0, 32).func("inner", 8, 8), &["24 Symbol outer (C) .text", "8 Symbol inner (C) .text"]);
    check(text().func("first", 0, 20).func("second", 12, 20), &["20 Symbol second (C) .text", "12 Symbol first (C) .text"]);
    // A size that lies ends with its section.
    check(text().func("f", 16, 0xffff_fff0), &["16 Symbol f (C) .text", "16 Unattributed unattributed in .text (.text) .text"]);
    check(text().func("f", 0, 32).func("g", 0x100, 8), &["32 Symbol f (C) .text"]);
    // Labels, mapping symbols, sections, files, numbers and thread-locals without a template own nothing.
    let text_with_marks = text()
        .sym("label", 4, 0, GLOBAL, NOTYPE)
        .sym("$t", 0, 8, LOCAL, NOTYPE)
        .sym("$d.17", 0, 8, LOCAL, NOTYPE)
        .sym(".text", 0, 32, LOCAL, SECTION)
        .sym("a.c", 0, 32, LOCAL, FILE)
        .sym("tls", 0, 4, GLOBAL, TLS);
    check(text_with_marks.clone(), &["32 Section .text (.text) .text"]);
    let mut with_numbers = text_with_marks.func("f", 0, 32);
    with_numbers.symbols.push(Sym { name: "_stack".into(), value: 4, size: 8, bind: GLOBAL, kind: NOTYPE, at: At::Absolute });
    with_numbers.symbols.push(Sym { name: "missing".into(), value: 4, size: 8, bind: GLOBAL, kind: FUNC, at: At::Undefined });
    with_numbers.symbols.push(Sym { name: "astray".into(), value: 4, size: 8, bind: GLOBAL, kind: FUNC, at: At::Section(77) });
    check(with_numbers, &["32 Symbol f (C) .text"]);
}

#[test]
fn thread_local_start_values_belong_to_their_symbols() {
    let mut image = Image::arm().segment(0x40, 0x40, vec![7; 8]).section(".tdata", SHF_WRITE | SHF_TLS, 0, 8, 4);
    image.symbols.push(Sym { name: "errno".into(), value: 4, size: 4, bind: GLOBAL, kind: TLS, at: At::Section(0) });
    image.tls = Some(0x40);
    assert_eq!(rows(&image, 0), "4 Symbol errno (C) .tdata\n4 Unattributed unattributed in .tdata (.tdata) .tdata\n");
}

#[test]
fn padding_is_short_and_looks_like_fill() {
    // f has 0..5, then a gap, then g from 8 in a section aligned to `align`.
    let check = |gap: [u8; 3], align: u32, flags: u32, want: &str| {
        let bytes = [&[0x11; 5][..], &gap, &[0x22; 8]].concat();
        let image = Image::arm().segment(0, 0, bytes).section(".s", flags, 0, 16, align).func("f", 0, 5).func("g", 8, 8);
        let rows = rows(&image, 0);
        let row = rows.lines().find(|l| l.starts_with('3')).unwrap_or("none").split(' ').nth(1).unwrap_or("none");
        assert_eq!(row, want, "{gap:?} {align} {flags}");
    };
    check([0, 0, 0], 4, 0, "Padding");
    check([0xff, 0xff, 0xff], 4, 0, "Padding");
    check([0, 0, 0], 8, 0, "Padding");
    // Two bytes of alignment do not explain three bytes of gap.
    check([0, 0, 0], 2, 0, "Unattributed");
    check([b'h', b'i', 0], 4, 0, "Unattributed");
    // Nor do four explain four.
    let bytes = [&[0x11; 4][..], &[0; 4], &[0x22; 8]].concat();
    let image = Image::arm().segment(0, 0, bytes).section(".s", 0, 0, 16, 4).func("f", 0, 4).func("g", 8, 8);
    assert!(rows(&image, 0).contains("4 Unattributed"));
    // A no-operation fills code, not data.
    check([0, 0x00, 0xbf], 4, SHF_EXEC, "Padding");
    check([0, 0xc0, 0x46], 4, SHF_EXEC, "Padding");
    check([0, 0x00, 0xbf], 4, 0, "Unattributed");
    // A section of bytes that a script closes with `. = ALIGN(4)`; four bytes that does not explain.
    let closed = |size: u32| {
        let bytes = [&[0x11; 5][..], &vec![0; size as usize - 5]].concat();
        rows(&Image::arm().segment(0, 0, bytes).section(".data", SHF_WRITE, 0, size, 1).func("f", 0, 5), 0)
    };
    assert!(closed(8).contains("3 Padding"), "{}", closed(8));
    assert!(closed(9).contains("4 Unattributed"), "{}", closed(9));
    assert!(closed(16).contains("11 Unattributed"), "{}", closed(16));
}

/// `ldr r0, [pc]`, `bx lr` and the word that is loaded.
fn loads(address: u32) -> Vec<u8> {
    [&[0x00, 0x48, 0x70, 0x47][..], &address.to_le_bytes()].concat()
}

#[test]
fn a_text_is_the_function_s_that_loads_its_address() {
    // f and g use "shared", f alone "hello-owner", nobody "left alone", and no one can tell what the last bytes are.
    let code = [loads(0x108), loads(0x118), loads(0x118)].concat();
    let rodata = [&[1, 2, 3, 4, 5, 0, 0, 0][..], b"hello-owner\0", &[0; 4], b"shared\0\0", b"left alone\0", &[0; 5]].concat();
    let image = Image::arm()
        .segment(0, 0, code)
        .section(".text", SHF_EXEC, 0, 24, 4)
        .func("f", 1, 16)
        .sym("$t", 0, 0, LOCAL, NOTYPE)
        .func("g", 17, 8)
        .segment(0x100, 0x100, rodata)
        .section(".rodata", 0, 0, 48, 8)
        .sym("end", 48, 0, GLOBAL, NOTYPE);
    let rows = |ledger: Ledger| {
        let rows = ledger.regions[0].rows.iter().filter(|r| r.owner != Owner::Symbol);
        rows.map(|r| format!("{} {:?} {} of {} ({})", r.bytes, r.owner, r.name, r.of.as_deref().unwrap_or("-"), r.group))
            .collect::<Vec<_>>()
    };
    let elf = image.build();
    let chip = small_chip();
    let want = [
        "12 Reference \"hello-owner\" of f (C)",
        "11 Text \"left alone\" of - (texts)",
        "10 Padding padding in .rodata of - (.rodata)",
        "8 Unattributed unattributed in .rodata of - (.rodata)",
        "7 Shared \"shared\" of - (shared)",
    ];
    assert_eq!(rows(Weighing::of(&elf, &chip).ledger().unwrap()), want);
    // Without reading code it is a section without a symbol.
    assert_eq!(rows(Weighing::of(&elf, &chip).by_symbols_only().ledger().unwrap()), ["48 Section .rodata of - (.rodata)"]);
}

#[test]
fn an_address_is_no_name_since_each_link_gives_another() {
    let named = |word: u32| {
        let rodata = [&word.to_le_bytes()[..], &[0xff; 4], &[0x80; 8]].concat();
        let image = Image::arm()
            .segment(0, 0, loads(0x2000))
            .section(".text", SHF_EXEC, 0, 8, 4)
            .func("f", 1, 8)
            .sym("$t", 0, 0, LOCAL, NOTYPE)
            .segment(0x2000, 0x2000, rodata)
            .section(".rodata", 0, 0, 16, 8)
            .sym("after", 8, 8, GLOBAL, OBJECT);
        let ledger = Weighing::of(&image.build(), &[region("flash", RegionKind::Flash, 0, 0x4000)]).ledger().unwrap();
        ledger.regions[0].rows.iter().find(|r| r.owner == Owner::Reference).map(|r| r.name.clone()).unwrap()
    };
    assert_eq!(named(0x1234_5678), "0xffffffff12345678");
    assert_eq!(named(0x2004), "constant");
    // Where something ends is an address too; beyond it is a number, and so is a small one.
    assert_eq!(named(0x2010), "constant");
    assert_eq!(named(0x2011), "0xffffffff00002011");
    assert_eq!(named(4), "0xffffffff00000004");
}

/// The rows of 40 bytes of `.rodata` of which the map says that they are one input section, and f uses those at 0x100.
fn told_of_piece(section: &str, rodata: &[u8]) -> Vec<String> {
    let map = format!(
        "     VMA      LMA     Size Align Out     In      Symbol\n\
         \x20    100      100 {:8x}     4 .rodata\n\
         \x20    100      100 {:8x}     4         /b/oid.o:({section})\n",
        rodata.len(),
        rodata.len()
    );
    let map = LinkerMap::parse(map.as_bytes()).unwrap();
    let size = u32::try_from(rodata.len()).unwrap();
    let image = Image::arm()
        .segment(0, 0, loads(0x100))
        .section(".text", SHF_EXEC, 0, 8, 4)
        .func("f", 1, 8)
        .sym("$t", 0, 0, LOCAL, NOTYPE)
        .segment(0x100, 0x100, rodata.to_vec())
        .section(".rodata", 0, 0, size, 4)
        .build();
    let ledger = Weighing::of(&image, &[region("flash", RegionKind::Flash, 0, 1 << 20)]).map(Some(&map)).ledger().unwrap();
    assert_eq!(ledger.regions[0].rows.iter().map(|r| r.bytes).sum::<u64>(), ledger.regions[0].used_bytes);
    let rows = ledger.regions[0].rows.iter().filter(|r| r.owner != Owner::Symbol);
    rows.map(|r| format!("{} {:?} {} of {}", r.bytes, r.owner, r.name, r.of.as_deref().unwrap_or("-"))).collect()
}

#[test]
fn a_function_that_uses_one_of_many_merged_texts_does_not_own_the_others() {
    // Identifiers, as C has them in quotes, are no texts for people; they end with a zero all the same.
    let texts = b"failed\n\0\x2a\x86\x48\xce\x3d\0\x55\x04\x03\0passed\0\0";
    assert_eq!(
        told_of_piece(".rodata.str1.4", texts),
        ["10 Map .rodata.str1.4 of -", "8 Reference \"failed\\n\" of f", "7 Map \"passed\" of -", "1 Padding padding in .rodata of -"]
    );
    // The same where each function has a section for them: it is not the function.
    assert_eq!(told_of_piece(".rodata.f.str1.4", texts)[1], "8 Reference \"failed\\n\" of f");
    // Another section may be one table.
    assert_eq!(told_of_piece(".rodata", texts), ["26 Reference constant of f"]);
}

#[test]
fn many_texts_in_one_piece_take_their_time_once_and_no_stack() {
    let texts = b"abcd\0".repeat(100_000);
    assert_eq!(told_of_piece(".rodata", &texts), ["499995 Map \"abcd\" of -", "5 Reference \"abcd\" of f"]);
}

#[test]
fn a_label_without_a_size_has_what_follows_it_in_code() {
    let image = Image::arm()
        .segment(0, 0, vec![0x11; 32])
        .section(".text", SHF_EXEC, 0, 32, 4)
        .func("f", 1, 8)
        .sym("reset", 9, 0, GLOBAL, FUNC)
        .sym("$t", 16, 0, LOCAL, NOTYPE)
        .sym("inner", 16, 0, LOCAL, NOTYPE)
        // No instruction begins there: a name that the linker's script gives to the end of code.
        .sym("_etext", 24, 0, GLOBAL, NOTYPE)
        .func("g", 29, 4);
    assert_eq!(
        rows(&image, 0),
        "8 Symbol f (C) .text\n8 Label inner (C) .text\n8 Label reset (C) .text\n4 Symbol g (C) .text\n4 Unattributed unattributed in .text (.text) .text\n"
    );
}

#[test]
fn a_map_tells_input_sections_and_objects_and_not_of_another_build() {
    let map = |output: &str| {
        let text = format!(
            "     VMA      LMA     Size Align Out     In      Symbol\n\
             \x20      0        0       18     4 {output}\n\
             \x20      0        0        8     4         /b/main.o:(.text.f)\n\
             \x20      8        8       10     4         /b/libm.a(sin.o):(.text.table)\n"
        );
        LinkerMap::parse(text.as_bytes()).unwrap()
    };
    let mut bytes = vec![0x11; 24];
    bytes[8..].fill(0x80);
    let image = Image::arm().segment(0, 0, bytes).section(".text", SHF_EXEC, 0, 24, 4).func("f", 1, 8).build();
    let told = |map: &LinkerMap| {
        let ledger = Weighing::of(&image, &small_chip()).map(Some(map)).ledger().unwrap();
        let row = |r: &Row| format!("{} {:?} {} {}", r.bytes, r.owner, r.name, r.object.as_deref().unwrap_or("-"));
        ledger.regions[0].rows.iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(told(&map(".text")), ["16 Map table libm.a(sin.o)", "8 Symbol f main.o"]);
    assert_eq!(told(&map(".other")), ["16 Unattributed unattributed in .text -", "8 Symbol f -"]);
}

#[test]
fn the_headers_of_a_file_that_are_loaded_are_told() {
    let mut image = Image::arm().segment(0, 0, vec![]).build();
    // The only segment has the headers and nothing else.
    let headers = 52 + 32;
    image[52 + 4..52 + 8].copy_from_slice(&0u32.to_le_bytes());
    for field in [16, 20] {
        image[52 + field..52 + field + 4].copy_from_slice(&u32::to_le_bytes(headers));
    }
    let ledger = weigh(&image, &small_chip()).unwrap();
    assert_eq!(lines(&ledger.regions[0]), "84 Section ELF headers ((no section)) (no section)\n");
}

#[test]
fn a_section_without_symbols_owns_itself_and_gaps_between_sections_are_told() {
    let mut bytes = vec![0x11; 64];
    bytes[10..16].fill(0);
    let image = Image::arm()
        .segment(0, 0, bytes)
        .section(".vectors", 0, 0, 10, 4)
        .section(".ARM.exidx", 0, 16, 16, 4)
        .section(".text", SHF_EXEC, 48, 16, 4)
        .func("f", 0, 16);
    assert_eq!(
        rows(&image, 0),
        "16 Section .ARM.exidx (.ARM.exidx) .ARM.exidx\n16 Symbol f (C) .text\n\
         16 Unattributed unattributed outside sections ((no section)) (no section)\n10 Section .vectors (.vectors) .vectors\n\
         6 Padding padding between sections ((no section)) (no section)\n"
    );
}

#[test]
fn memory_that_nothing_loads_counts_in_ram_once() {
    // .bss is in the segment and is a section; .uninit is a section only, its name says what it is.
    let image = Image::arm()
        .segment(0, 0, vec![1; 4])
        .section(".text", SHF_EXEC, 0, 4, 4)
        .func("f", 0, 4)
        .zeroes(0x2000_0000, 0x20)
        .nobits(".bss", 0x2000_0000, 0x20, 4)
        .sym("state", 0, 0x20, LOCAL, OBJECT)
        .nobits(".uninit", 0x2000_0020, 0x100, 8);
    assert_eq!(rows(&image, 1), "256 Section .uninit (.uninit) .uninit\n32 Symbol state (C) .bss\n");
    let mut tls = image.clone().nobits(".tbss", 0x2000_0200, 0x40, 4);
    tls.sections.last_mut().unwrap().flags |= SHF_TLS;
    assert_eq!(rows(&tls, 1), rows(&image, 1), "a thread-local template of zeroes takes no memory");
}

#[test]
fn zeroes_between_loaded_sections_are_loaded_too() {
    // LLD leaves .bss a section of zeroes where .data follows it in one segment, and writes the zeroes.
    let image = Image::arm()
        .segment(0x100, 0x2000_0000, [[0; 8], [9; 8]].concat())
        .nobits(".bss", 0x2000_0000, 8, 4)
        .sym("state", 0, 8, LOCAL, OBJECT)
        .section(".data", SHF_WRITE, 8, 8, 4)
        .sym("table", 0, 8, LOCAL, OBJECT);
    let both = "8 Symbol state (C) .bss\n8 Symbol table (C) .data\n";
    assert_eq!((rows(&image, 0), rows(&image, 1)), (both.to_owned(), both.to_owned()));
}

#[test]
fn an_image_over_its_region_is_a_figure() {
    // Flash of 4 KiB; 0x1100 bytes in two sections, the second across the end, and something far away.
    let image = Image::arm()
        .segment(0, 0, vec![1; 0xf00])
        .section(".text", SHF_EXEC, 0, 0xf00, 4)
        .func("f", 0, 0xf00)
        .segment(0xf00, 0xf00, vec![1; 0x200])
        .section(".rodata", 0, 0, 0x200, 4)
        .sym("table", 0, 0x200, LOCAL, OBJECT)
        .segment(0x10_0000, 0x10_0000, vec![1; 8]);
    let ledger = weigh(&image.build(), &small_chip()).unwrap();
    assert_eq!((ledger.regions[0].used_bytes, ledger.regions[0].headroom_bytes()), (0x1100, -0x100));
    assert_eq!(ledger.outside.iter().map(|o| (o.start, o.bytes)).collect::<Vec<_>>(), [(0x10_0000, 8)]);

    let bss = Image::arm().segment(0, 0, vec![1; 4]).zeroes(0x2000_0300, 0x200).nobits(".bss", 0x2000_0300, 0x200, 4);
    let ledger = weigh(&bss.build(), &small_chip()).unwrap();
    assert_eq!((ledger.regions[1].used_bytes, ledger.outside.len()), (0x200, 0), "RAM over its end is still RAM");
    assert_eq!(ram_statics_end(&bss.build(), &small_chip()[1]), Ok(0x2000_0400), "and the stack has no room");
}

#[test]
fn an_image_that_runs_from_ram_counts_its_code_as_flash_only() {
    let both = vec![region("flash", RegionKind::Flash, 0x8000_0000, 0x1000), region("ram", RegionKind::Ram, 0x8000_0000, 0x1000)];
    let mut image = Image { machine: RISCV, ..Image::default() }
        .segment(0x8000_0000, 0x8000_0000, vec![1; 24])
        .section(".text", SHF_EXEC, 0, 16, 4)
        .func("f", 0, 16)
        .section(".data", SHF_WRITE, 16, 8, 4)
        .sym("d", 0, 8, LOCAL, OBJECT)
        .nobits(".bss", 0x8000_0018, 0x10, 4)
        .sym("b", 0, 16, LOCAL, OBJECT);
    image.segments[0].mem = 0x28;
    let ledger = weigh(&image.build(), &both).unwrap();
    assert_adds_up(&ledger.regions);
    assert_eq!(lines(&ledger.regions[0]), "16 Symbol f (C) .text\n8 Symbol d (C) .data\n");
    assert_eq!(lines(&ledger.regions[1]), "16 Symbol b (C) .bss\n8 Symbol d (C) .data\n");
    assert!(ledger.outside.is_empty());
    assert_eq!(ram_statics_end(&image.build(), &both[1]), Ok(0x8000_0028));
}

#[test]
fn an_image_is_known_by_what_it_loads() {
    let image = Image::arm().segment(0x10, 0x10, b"beta".to_vec()).segment(0, 0, b"alpha".to_vec()).section(".text", 0, 0, 5, 1);
    let id = |image: &Image| image_id(&image.build()).unwrap();
    let mut renamed = image.clone().func("main", 0, 4).zeroes(0x2000_0000, 64);
    renamed.sections[0].name = ".code".into();
    assert_eq!(id(&image), id(&renamed), "names, symbols and zeroes are not loaded");
    let mut swapped = image.clone();
    swapped.segments.swap(0, 1);
    swapped.sections.clear();
    assert_eq!(id(&image), id(&swapped), "their order in the file is not either");
    let mut moved = image.clone();
    moved.segments[0].load = 0x14;
    assert_ne!(id(&image), id(&moved));
    let mut other = image.clone();
    other.segments[1].bytes[0] = b'A';
    assert_ne!(id(&image), id(&other));
    // The format, written out: anyone can compute it.
    assert_eq!(id(&image).as_str(), "cf571c23f752fdf74a023000c48d922852ed7ad60fd9066c14046583fbec37dd");
    let build = image.build();
    let loaded: Vec<_> = loadable_segments(&build).unwrap().iter().map(|s| (s.address, s.bytes)).collect();
    assert_eq!(loaded, [(0, &b"alpha"[..]), (0x10, &b"beta"[..])]);
}

#[test]
fn what_cannot_be_weighed_is_named() {
    let check = |elf: &[u8], says: &str| {
        let error = weigh(elf, &small_chip()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    };
    check(b"", "not a 32-bit or 64-bit ELF");
    check(b"#!/bin/sh\nexit 0\n", "not a 32-bit or 64-bit ELF");
    check(&Image::arm().build(), "no load segments");
    let good = Image::arm().segment(0, 0, vec![1; 64]).build();
    check(&good[..60], "damaged ELF file");
    check(&good[..100], "outside the file of 100 B");
    let many = (0..300).fold(Image::arm(), |image, i| image.segment(i * 8, i * 8, vec![1; 4]));
    check(&many.build(), "257 load segments, at most 256");
    let mut outside = good.clone();
    // The size in the file of the first segment.
    outside[52 + 16..52 + 20].copy_from_slice(&0x7fff_ffffu32.to_le_bytes());
    assert!(matches!(weigh(&outside, &small_chip()), Err(ElfError::SegmentOutsideFile { index: 0, .. })));
}

#[test]
fn a_profile_sums_to_its_counts() {
    let image = Image::arm()
        .segment(0x100, 0x100, vec![1; 64])
        .section(".text", SHF_EXEC, 0, 64, 4)
        .sym("start", 0, 0, GLOBAL, NOTYPE)
        .sym("$t", 2, 0, LOCAL, NOTYPE)
        .sym(".LBB0_1", 6, 0, LOCAL, NOTYPE)
        .func("_ZN4core3fmt5write17h0123456789abcdefE", 0x11, 16)
        .func("alias_of_write", 0x11, 16)
        .func("after", 0x29, 8);
    let symbols = Symbols::read(&image.build()).unwrap();
    assert_eq!(symbols.find("after"), Some(0x128), "the Thumb bit is gone");
    assert_eq!(symbols.find("nowhere"), None);
    let check = |address, want: Option<&str>| assert_eq!(symbols.function_at(address), want, "{address:#x}");
    check(0xff, None);
    check(0x100, Some("start"));
    check(0x10e, Some("start"));
    check(0x110, Some("alias_of_write"));
    check(0x120, None);
    check(0x128, Some("after"));
    check(0x130, None);
    check(u64::MAX, None);
    let counts = [(0x100, 3), (0x10e, 4), (0x128, 50), (0x12a, 1), (0x5000, 7), (0x110, 0)];
    let rows: Vec<_> = profile(&symbols, counts.into_iter()).into_iter().map(|f| (f.name, f.instructions)).collect();
    assert_eq!(rows, [("after".to_owned(), 51), ("?".to_owned(), 7), ("start".to_owned(), 7)]);
}
