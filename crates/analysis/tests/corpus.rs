//! Images of many kinds, weighed: the books balance to the byte against the toolchain's own objcopy, and nearly every byte has an owner.
//!
//! `cargo test -p ounce-analysis --test corpus -- --nocapture` prints the table.
#![expect(clippy::disallowed_methods, reason = "compilers and linkers on files of this test, which end by themselves")]

#[path = "corpus/fixtures.rs"]
mod fixtures;
mod support;
#[path = "corpus/workbench.rs"]
mod workbench;

use fixtures::Fixture;
use object::{Object, ObjectSection, SectionFlags};
use ounce_analysis::image::{BinaryImage, GAPS_MAX, Gap, binary};
use ounce_analysis::linker::LinkerMap;
use ounce_analysis::tree::By;
use ounce_analysis::{Summary, Weighing};
use ounce_protocol::measurement::{Ledger, Owner, RegionKind};
use support::{Image, assert_adds_up};
use workbench::{Workbench, installed};

/// Most bytes without an owner, in thousandths of what is loaded, where the map is known.
const UNATTRIBUTED_PERMILLE_WITH_MAP: f64 = 1.0;
/// Where there is only the ELF file.
const UNATTRIBUTED_PERMILLE_WITHOUT_MAP: f64 = 3.0;
/// Where it was linked with its relocations kept.
const UNATTRIBUTED_PERMILLE_WITH_RELOCATIONS: f64 = 0.0;

/// Weighs one of the corpus.
fn weighed(fixture: &Fixture, map: Option<&LinkerMap>) -> Ledger {
    Weighing::of(&fixture.elf, &fixture.regions).map(map).anatomy().ledger().unwrap_or_else(|e| panic!("{}: {e}", fixture.name))
}

/// What objcopy makes of an image is as long as we say, and holds what is loaded and fill where we say it.
fn assert_agrees_with_objcopy(name: &str, image: &BinaryImage, elf: &[u8], flat: &[u8]) {
    assert_eq!(image.length, flat.len() as u64, "{name}");
    assert_eq!(image.loaded_bytes, flat.len() as u64 - image.fill_bytes, "{name}");
    for gap in &image.gaps {
        let at = (gap.start - image.start) as usize;
        assert!(flat[at..at + gap.bytes as usize].iter().all(|&b| b == 0), "{name}: {gap:?}");
    }
    for segment in ounce_analysis::loadable_segments(elf).unwrap() {
        let at = (segment.address - image.start) as usize;
        assert_eq!(segment.bytes, &flat[at..at + segment.bytes.len()], "{name}: {:#x}", segment.address);
    }
}

/// What a table shows is the beginning of the ledger, whichever way it was come by.
fn assert_summaries(fixture: &Fixture, map: Option<&LinkerMap>) {
    const TOP: usize = 20;
    let weighing = || Weighing::of(&fixture.elf, &fixture.regions).map(map);
    let ledger = weighing().ledger().unwrap();
    for by in [By::Crate, By::Section, By::Object, By::Generic] {
        let what = format!("{} by {by:?}", fixture.name);
        let summary = weighing().summary(by, TOP).unwrap();
        assert!(summary == Summary::of(&ledger, by, TOP), "{what}: the file and its ledger tell different tables");
        for (short, whole) in summary.regions.iter().zip(&ledger.regions) {
            assert_eq!(short.largest, whole.rows[..whole.rows.len().min(TOP)], "{what}");
            assert_eq!(short.largest.len() + short.other_rows, whole.rows.len(), "{what}");
            assert_eq!(short.used_bytes, whole.used_bytes, "{what}");
            assert_eq!(short.groups.iter().map(|(_, bytes)| bytes).sum::<u64>(), whole.used_bytes, "{what}");
        }
    }
}

/// Weighs an image, holds its sums against the toolchain, prints its line. Whether its threshold was kept.
fn weigh_and_check(fixture: &Fixture) -> bool {
    let name = &fixture.name;
    let map = fixture.map.as_deref().map(|text| LinkerMap::parse(text).unwrap_or_else(|e| panic!("{name}: {e}")));
    let ledger = weighed(fixture, map.as_ref());
    assert_adds_up(&ledger.regions);
    assert!(ledger.outside.is_empty(), "{name}: {:?}", ledger.outside);
    assert_summaries(fixture, map.as_ref());
    let flash = || ledger.regions.iter().filter(|r| r.kind == RegionKind::Flash);
    assert!(flash().flat_map(|r| &r.rows).all(|row| row.bytes > 0 && !row.name.is_empty()), "{name}: a row of nothing");

    let image = binary(&fixture.elf).unwrap();
    let loaded: u64 = flash().flat_map(|r| &r.rows).map(|row| row.bytes).sum();
    assert_eq!(loaded, image.loaded_bytes, "{name}: the rows are what is loaded");
    assert_eq!(image.loaded_bytes, image.length - image.fill_bytes, "{name}");
    if let Some(flat) = &fixture.flat {
        assert_agrees_with_objcopy(name, &image, &fixture.elf, flat);
    }
    for ram in ledger.regions.iter().filter(|r| r.kind == RegionKind::Ram) {
        let region = fixture.regions.iter().find(|r| r.name == ram.name).unwrap();
        assert_eq!(ram.used_bytes, ram_by_sections(fixture, region.start..region.end()), "{name}: RAM is what its sections are");
    }

    let unattributed: u64 = flash().flat_map(|r| &r.rows).filter(|row| row.owner == Owner::Unattributed).map(|row| row.bytes).sum();
    let permille = unattributed as f64 * 1000.0 / loaded as f64;
    let most = match (fixture.relocations, &map) {
        (true, _) => UNATTRIBUTED_PERMILLE_WITH_RELOCATIONS,
        (false, Some(_)) => UNATTRIBUTED_PERMILLE_WITH_MAP,
        (false, None) => UNATTRIBUTED_PERMILLE_WITHOUT_MAP,
    };
    let kept = permille <= most;
    println!("{name:48} {loaded:9} {unattributed:8} {permille:8.2} {most:5.1}  {}", if kept { "" } else { "missed" });
    kept
}

/// What the writable sections in a region of RAM take up, with what aligns them; read-only ones in place are flash where flash is declared
/// there.
fn ram_by_sections(fixture: &Fixture, range: std::ops::Range<u64>) -> u64 {
    let elf = object::File::parse(&*fixture.elf).unwrap();
    let flags = |s: &object::Section<'_, '_>| if let SectionFlags::Elf { sh_flags, .. } = s.flags() { sh_flags.0 } else { 0 };
    const WRITE_ALLOC: u64 = 3;
    let mut sections: Vec<_> = elf.sections().filter(|s| flags(s) & WRITE_ALLOC == WRITE_ALLOC && range.contains(&s.address())).collect();
    sections.retain(|s| s.size() > 0);
    sections.sort_by_key(|s| s.address());
    match (sections.first(), sections.last()) {
        (Some(first), Some(last)) => last.address() + last.size() - first.address(),
        _ => 0,
    }
}

#[test]
fn every_byte_of_the_corpus_is_counted_once() {
    println!("{:48} {:>9} {:>8} {:>8} {:>5}", "image", "loaded", "no owner", "permille", "most");
    let fixtures: Vec<Fixture> = fixtures::boards().into_iter().chain(fixtures::compiled()).chain(fixtures::hosted()).collect();
    assert!(!fixtures.is_empty(), "not even this test itself could be weighed");
    let missed: Vec<&str> = fixtures.iter().filter(|f| !weigh_and_check(f)).map(|f| f.name.as_str()).collect();
    println!("{} images, {} of them above their threshold", fixtures.len(), missed.len());
    assert!(missed.is_empty(), "above their threshold: {missed:?}");
}

#[test]
fn an_image_is_what_objcopy_makes_of_it() {
    if !installed("objcopy on images made here", &["arm-none-eabi-objcopy"]) {
        return;
    }
    let bench = Workbench::new("flat");
    let check = |what: &str, image: Image, want: BinaryImage| {
        let elf = image.build();
        assert_eq!(binary(&elf).unwrap(), want, "{what}");
        assert_agrees_with_objcopy(what, &want, &elf, &bench.objcopied("arm-none-eabi-objcopy", &elf));
    };
    let image = |start, length, fill_bytes, gaps: &[Gap]| BinaryImage {
        start,
        length,
        loaded_bytes: length - fill_bytes,
        fill_bytes,
        gaps: gaps.to_vec(),
        other_gaps_bytes: 0,
    };
    let bytes = |n: u8| vec![n; usize::from(n)];
    check("one segment", Image::arm().segment(0x8000, 0x8000, bytes(40)).section(".text", 0, 0, 40, 4), image(0x8000, 40, 0, &[]));
    check(
        "start values behind code",
        Image::arm().segment(0x8000, 0x8000, bytes(40)).section(".text", 0, 0, 40, 4).segment(0x8100, 0x2000_0000, bytes(16)).section(
            ".data",
            support::SHF_WRITE,
            0,
            16,
            4,
        ),
        image(0x8000, 0x110, 0x100 - 40, &[Gap { start: 0x8028, bytes: 0x100 - 40 }]),
    );
    check(
        "the later segment first",
        Image::arm()
            .segment(0x9000, 0x9000, bytes(8))
            .section(".b", 0, 0, 8, 4)
            .segment(0x8ff0, 0x8ff0, bytes(16))
            .section(".a", 0, 0, 16, 4),
        image(0x8ff0, 24, 0, &[]),
    );
    check(
        "zeroes are not loaded",
        Image::arm().segment(0x8000, 0x8000, bytes(4)).section(".text", 0, 0, 4, 4).zeroes(0x2000_0000, 64).nobits(
            ".bss",
            0x2000_0000,
            64,
            4,
        ),
        image(0x8000, 4, 0, &[]),
    );
}

#[test]
fn gaps_are_counted_without_making_them() {
    let bytes = vec![1; 16];
    // Flash at 0 and RAM at half a gigabyte.
    let two = Image::arm().segment(0, 0, bytes.clone()).segment(0x2000_0000, 0x2000_0000, bytes.clone()).build();
    let gap = Gap { start: 16, bytes: 0x2000_0000 - 16 };
    let want = BinaryImage { start: 0, length: 0x2000_0010, loaded_bytes: 32, fill_bytes: gap.bytes, gaps: vec![gap], other_gaps_bytes: 0 };
    assert_eq!(binary(&two), Ok(want));

    // More gaps than are listed: the sum still holds. What two segments load is there once.
    let mut many = Image::arm();
    for i in 0..100 {
        many = many.segment(i * 0x100, i * 0x100, bytes.clone());
    }
    let image = binary(&many.segment(8, 8, bytes.clone()).build()).unwrap();
    let listed: u64 = image.gaps.iter().map(|g| g.bytes).sum();
    assert_eq!((image.gaps.len(), image.loaded_bytes), (GAPS_MAX, 100 * 16 + 8));
    assert_eq!((listed + image.other_gaps_bytes, image.length - image.fill_bytes), (image.fill_bytes, image.loaded_bytes));

    // Nothing loaded at all, and the end of the address space.
    let empty = binary(&Image::arm().zeroes(0x2000_0000, 64).build()).unwrap();
    assert_eq!((empty.start, empty.length, empty.loaded_bytes), (0, 0, 0));
    let last = binary(&Image::arm().segment(0xffff_fff8, 0xffff_fff8, bytes).build()).unwrap();
    assert_eq!((last.start, last.length), (0xffff_fff8, 16));
}
