//! ELF files that nobody would write, from seeds: whatever they say, the books balance and nothing panics.

mod support;

use ounce_analysis::{Symbols, Weighing, image_id, names, ram_statics_end, stack::worst_case, toolchain, weigh};
use ounce_protocol::measurement::{Ledger, Owner};
use std::collections::{BTreeMap, BTreeSet};
use support::*;

const FLASH_END: u32 = 0x1000;
const RAM: u32 = 0x2000_0000;

/// Code in flash, start values, zeroes, sections that overlap and leave gaps, symbols of all kinds that do as they like.
fn random_image(random: &mut Seeded) -> Image {
    let mut image = Image { machine: *random.pick(&[ARM, RISCV, 3]), ..Image::default() };
    for _ in 0..1 + random.below(4) {
        let bytes: Vec<u8> = (0..random.below(200)).map(|_| *random.pick(&[0, 0, 0xff, 0x11, 0x22])).collect();
        let load = match random.below(5) {
            0 => RAM + random.below(0x300) as u32,
            1 => FLASH_END - random.below(150) as u32,
            2 => 0x9000 + random.below(100) as u32,
            _ => random.below(0xf00) as u32,
        };
        let run = if random.one_in(3) { RAM + random.below(0x400) as u32 } else { load };
        let mem = bytes.len() as u32 + if random.one_in(3) { random.below(300) as u32 } else { 0 };
        image.segments.push(Seg { load, run, bytes, mem, writable: random.one_in(2) });
    }
    for index in 0..1 + random.below(6) {
        let align = *random.pick(&[1, 2, 4, 8, 16]);
        let flags = SHF_ALLOC | *random.pick(&[0, SHF_WRITE, SHF_EXEC]);
        let name = format!(".s{index}");
        let segment = random.below(image.segments.len());
        let (run, bytes) = (image.segments[segment].run, image.segments[segment].bytes.len());
        let section = if random.one_in(4) || bytes == 0 {
            Sec { name, flags, run: RAM + random.below(0x500) as u32, size: random.below(200) as u32, align, from: None }
        } else {
            let at = random.below(bytes) as u32;
            Sec { name, flags, run: run + at, size: random.below(bytes) as u32, align, from: Some((segment, at)) }
        };
        image.sections.push(section);
    }
    for index in 0..random.below(70) {
        let section = random.below(image.sections.len() + 1);
        let base = image.sections.get(section).map_or(0, |s| s.run);
        image.symbols.push(Sym {
            // Some names twice.
            name: format!("{}{}", random.pick(&["f", "long_", "$t", ""]), index / 2),
            value: base.wrapping_add(random.below(120) as u32).wrapping_sub(random.below(8) as u32),
            size: if random.one_in(20) { u32::MAX } else { *random.pick(&[0, 1, 4, 16, 40]) },
            bind: *random.pick(&[LOCAL, GLOBAL, WEAK]),
            kind: *random.pick(&[NOTYPE, OBJECT, FUNC, FUNC, SECTION, FILE, TLS]),
            at: if random.one_in(10) { At::Absolute } else { At::Section(section) },
        });
    }
    if random.one_in(4) {
        image.tls = Some(image.segments[0].run);
    }
    image
}

/// Addresses in use with what spills from a region, said byte by byte: an address is the region's where it is inside, or follows on one of
/// the region's by at most 4096.
fn zone(used: &BTreeSet<u64>, start: u64, end: u64, other: std::ops::Range<u64>) -> BTreeSet<u64> {
    let mut zone = BTreeSet::new();
    let mut last: Option<u64> = None;
    for &address in used {
        let inside = (start..end).contains(&address);
        if inside || (last.is_some_and(|l| address - l - 1 <= 4096) && !other.contains(&address)) {
            zone.insert(address);
            last = Some(address);
        } else {
            last = None;
        }
    }
    zone
}

#[test]
fn any_image_is_partitioned_to_the_byte() {
    let (mut over, mut outside) = (0, 0);
    for seed in 0..1500 {
        let image = random_image(&mut Seeded(seed));
        let ledger = weigh(&image.build(), &small_chip()).unwrap();
        assert_adds_up(&ledger.regions);
        let range = |start: u32, bytes: u32| u64::from(start)..u64::from(start) + u64::from(bytes);
        let loaded: BTreeSet<u64> = image.segments.iter().flat_map(|s| range(s.load, s.bytes.len() as u32)).collect();
        let in_memory = image.segments.iter().flat_map(|s| range(s.run, s.mem));
        let allocated: BTreeSet<u64> = in_memory.chain(image.sections.iter().flat_map(|s| range(s.run, s.size))).collect();
        let ram = u64::from(RAM)..u64::from(RAM) + 0x400;
        let in_flash = zone(&loaded, 0, u64::from(FLASH_END), ram.clone());
        let in_ram = zone(&allocated, ram.start, ram.end, 0..u64::from(FLASH_END));
        assert_eq!(ledger.regions[0].used_bytes, in_flash.len() as u64, "flash, seed {seed}");
        assert_eq!(ledger.regions[1].used_bytes, in_ram.len() as u64, "ram, seed {seed}");
        over += usize::from(ledger.regions[0].headroom_bytes() < 0 || in_flash.iter().any(|&a| a >= u64::from(FLASH_END)));
        outside += usize::from(!ledger.outside.is_empty());
        // Nothing that is loaded is lost: it is in flash, in RAM where it runs, or told to be outside.
        let told = |a: u64| ledger.outside.iter().any(|o| (o.start..o.start + o.bytes).contains(&a));
        for &address in &loaded {
            assert!(in_flash.contains(&address) || in_ram.contains(&address) || told(address), "{address:#x} is lost, seed {seed}");
        }
    }
    assert!(over > 50 && outside > 50, "the images are too tame: {over} over, {outside} outside");
}

/// What each symbol owns in flash, byte by byte and slowly: of the symbols over a byte, the one that starts last, then the one that ends
/// first, then the preferred name.
fn owners_by_hand(image: &Image) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for segment in 0..image.segments.len() {
        let at_file = |section: &Sec| section.from.map(|(s, at)| image.offset(s) as u64 + u64::from(at));
        for at in 0..image.segments[segment].bytes.len() as u64 {
            let offset = image.offset(segment) as u64 + at;
            let over = image.sections.iter().enumerate().filter_map(|(i, s)| {
                let start = at_file(s)?;
                (start..start + u64::from(s.size)).contains(&offset).then_some((start, std::cmp::Reverse((start + u64::from(s.size), i))))
            });
            let Some((start, std::cmp::Reverse((_, index)))) = over.max() else { continue };
            let section = &image.sections[index];
            let within = offset - start;
            let owner = image.symbols.iter().filter(|s| s.at == At::Section(index) && s.size > 0).filter_map(|s| {
                let number_or_mark = s.name.starts_with("$t") && s.name.len() == 2;
                if matches!(s.kind, SECTION | FILE) || number_or_mark || (s.kind == TLS && image.tls.is_none()) {
                    return None;
                }
                let base = if s.kind == TLS { u64::from(image.tls.unwrap()) } else { 0 };
                let value = if image.machine == ARM && s.kind == FUNC { s.value & !1 } else { s.value };
                let first = (u64::from(value) + base).checked_sub(u64::from(section.run))?;
                let last = (first + u64::from(s.size)).min(u64::from(section.size));
                let bind = [2u8, 0, 1][usize::from(s.bind)];
                let kind = match s.kind {
                    FUNC => 0u8,
                    OBJECT | TLS => 1,
                    _ => 2,
                };
                let preference = std::cmp::Reverse((last, bind, kind, s.name.len(), s.name.clone()));
                (first..last).contains(&within).then_some((first, preference))
            });
            if let Some((_, std::cmp::Reverse((.., name)))) = owner.max() {
                *sums.entry(name).or_default() += 1;
            }
        }
    }
    sums
}

#[test]
fn each_symbol_has_the_bytes_that_counting_by_hand_gives_it() {
    let mut owned = 0;
    for seed in 0..600 {
        let mut image = random_image(&mut Seeded(seed));
        // Segments side by side in a large flash: what is loaded twice is told by the test before this one.
        for (i, segment) in image.segments.iter_mut().enumerate() {
            segment.load = 0x1000 * i as u32;
        }
        // And sections of zeroes elsewhere: none lies over bytes of the file.
        for section in image.sections.iter_mut().filter(|s| s.from.is_none()) {
            section.run = 0x3000_0000;
        }
        let flash = [region("flash", ounce_protocol::measurement::RegionKind::Flash, 0, 0x10000)];
        let ledger = weigh(&image.build(), &flash).unwrap();
        let mut got: BTreeMap<String, u64> = BTreeMap::new();
        for row in ledger.regions[0].rows.iter().filter(|r| r.owner == Owner::Symbol) {
            *got.entry(row.linkage.clone().unwrap_or(row.name.clone())).or_default() += row.bytes;
        }
        assert_eq!(got, owners_by_hand(&image), "seed {seed}");
        owned += got.len();
    }
    assert!(owned > 1000, "the images are too tame: {owned} symbols own something");
}

fn try_everything(elf: &[u8]) -> Option<Ledger> {
    let regions = small_chip();
    let ledger = weigh(elf, &regions).ok();
    if let Ok(deep) = Weighing::of(elf, &regions).anatomy().ledger() {
        assert_adds_up(&deep.regions);
        let _ = worst_case(&deep.anatomy.unwrap_or_default(), &[]);
    }
    if let Some(ledger) = &ledger {
        assert_adds_up(&ledger.regions);
        assert!(ledger.outside.iter().all(|o| o.bytes > 0));
    }
    if let Ok(symbols) = Symbols::read(elf) {
        let _ = (symbols.find("f0"), symbols.function_at(4), symbols.function_at(u64::MAX));
    }
    let _ = (image_id(elf), ram_statics_end(elf, &regions[1]), toolchain(elf));
    ledger
}

#[test]
fn no_damaged_file_panics() {
    let (mut weighed, mut refused) = (0, 0);
    for seed in 0..cases(20_000) {
        let mut random = Seeded(0xbad0_0000 + seed);
        let mut elf = random_image(&mut random).build();
        for _ in 0..1 + random.below(8) {
            let at = random.below(elf.len());
            match random.below(5) {
                0 => elf[at] = *random.pick(&[0, 1, 0x7f, 0x80, 0xff]),
                1 => elf[at] ^= 1 << random.below(8),
                // A whole word, most often in a header.
                2 | 3 => {
                    let at = if random.one_in(2) { random.below(250.min(elf.len())) } else { at };
                    let word = random.pick(&[0u32, 1, 0xffff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0x2000_0000]).to_le_bytes();
                    let end = (at + 4).min(elf.len());
                    elf[at..end].copy_from_slice(&word[..end - at]);
                }
                _ if random.one_in(4) => elf.truncate(at.max(1)),
                _ => {}
            }
        }
        match try_everything(&elf) {
            Some(_) => weighed += 1,
            None => refused += 1,
        }
    }
    assert!(weighed > 4000 && refused > 2000, "too tame or too wild: {weighed} weighed, {refused} refused");
}

#[test]
fn a_sixty_four_bit_image_may_lie_about_everything() {
    // By hand: a header, one program header, no sections; then all its words at their largest.
    let mut elf = vec![0u8; 64 + 56 + 8];
    elf[..16].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    elf[16..20].copy_from_slice(&[2, 0, 243, 0]);
    elf[32] = 64;
    elf[52..58].copy_from_slice(&[64, 0, 56, 0, 1, 0]);
    elf[64] = 1;
    elf[64 + 8] = 120;
    elf[64 + 32] = 8;
    elf[64 + 40] = 8;
    assert_eq!(try_everything(&elf).unwrap().regions[0].used_bytes, 8);
    for at in [64 + 16, 64 + 24, 64 + 40] {
        elf[at..at + 8].fill(0xff);
        let ledger = try_everything(&elf).unwrap();
        assert_adds_up(&ledger.regions);
    }
    elf[64 + 32..64 + 40].fill(0xff);
    assert!(try_everything(&elf).is_none());
}

#[test]
fn no_damaged_name_panics() {
    let good = [
        "_RNvXs_NtCs1234_7mycrate3fooNtB4_3BarNtNtCs5_4core3fmt5Debug3fmt",
        "_RINvNtCs9_4core3ptr13drop_in_placeINtNtCs8_5alloc3vec3VechEEB4_",
        "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE",
        "_ZNSt6vectorIiSaIiEE9push_backEOi",
        "_ZN5boost6detail8functionILi3ES_IiEEclEv.part.0",
        "_ZZN3foo3barEvENKUlvE_clEv",
        "OUTLINED_FUNCTION_12",
    ];
    for seed in 0..cases(40_000) {
        let mut random = Seeded(0x4a3e_0000 + seed);
        let mut name = random.pick(&good).as_bytes().to_vec();
        for _ in 0..1 + random.below(6) {
            let at = random.below(name.len());
            match random.below(4) {
                0 => name[at] = random.number() as u8,
                1 => name.insert(at, *random.pick(b"_IENSZRCBLT0123456789sKc$.")),
                2 => {
                    let part = name[at..].to_vec();
                    name.extend(part);
                }
                _ => {
                    name.remove(at);
                    name.push(b'E');
                }
            }
        }
        let shown = names::name(&name);
        assert!(shown.display.len() <= names::DISPLAY_BYTES_MAX && !shown.group.is_empty(), "seed {seed}");
    }
}
