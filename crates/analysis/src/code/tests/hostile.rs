//! Code that nobody compiled, from seeds: whatever it says, nothing panics, and what is reported is inside the image.

use super::super::{Code, Reference, Scan};
use super::*;

/// Numbers from a seed (splitmix64): a failure is a seed that anyone can replay.
struct Seeded(u64);

impl Seeded {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, below: u64) -> u64 {
        self.number() % below.max(1)
    }
}

fn assert_in_order(scan: &Scan, elf: &Elf<'_>) {
    assert!(scan.references.is_sorted() && scan.indirect_calls.is_sorted() && scan.literal_words.is_sorted());
    // A section may run over the end of all addresses and go on at 0.
    let inside = |address: u64| elf.sections.iter().any(|s| address.wrapping_sub(s.run) <= s.size);
    for Reference { at, to, .. } in &scan.references {
        assert!(inside(*at) && inside(*to), "{at:x} {to:x}");
    }
    assert!(scan.literal_words.iter().all(|w| inside(w.0)));
}

fn ask_everything(elf: &Elf<'_>, random: &mut Seeded) {
    let code = Code::new(elf);
    assert_in_order(&code.scan(), elf);
    for _ in 0..4 {
        let section = &elf.sections[random.below(elf.sections.len() as u64) as usize];
        let start = section.run.wrapping_add(random.below(section.size + 2)).wrapping_sub(1);
        let end = start.wrapping_add(random.below(section.size + 4));
        assert_eq!(code.shape(start, end), code.shape(start, end));
    }
}

/// Instructions that lead somewhere, more often than chance would have it.
fn random_code(random: &mut Seeded) -> Vec<u8> {
    let mut code = Vec::new();
    for _ in 0..random.below(200) {
        let noise = random.number() as u32;
        let word = match random.below(8) {
            0 => 0xf000_f240 | noise & 0x0f00_040f, // MOVW
            1 => 0xf2c0 | noise & 0x7fff_040f,      // MOVT
            2 => 0x0000_4800 | noise & 0xffff_07ff, // LDR literal
            3 => 0xf8df | noise & 0xffff_0000,
            4 => 0xf000_e8df | noise & 0x001f_0000, // TBB, TBH
            5 => noise & 0xffff_ff80 | [0x17, 0x37, 0x6f, 0x67, 0x13, 0x03][random.below(6) as usize],
            6 => 0xea00_0000 | noise & 0x01ff_ffff,
            _ => noise,
        };
        code.extend_from_slice(&word.to_le_bytes()[..if random.below(3) == 0 { 2 } else { 4 }]);
    }
    code
}

#[test]
fn any_bytes_are_code() {
    let mut references = 0;
    let cases = std::env::var("OUNCE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(2000);
    for seed in 0..cases {
        let mut random = Seeded(seed);
        let mut code = random_code(&mut random);
        code.resize(code.len().max(32), 0);
        let arm = random.below(2) == 0;
        let machine = [Machine::Arm, Machine::Riscv, Machine::Other][random.below(3) as usize];
        if machine == Machine::Other {
            code[18..20].copy_from_slice(&[183_u16, 62, 3, 8][random.below(4) as usize].to_le_bytes());
        }
        let run = [0, 0x1000, 0x1001, 0xffff_ff00, u64::MAX - 60][random.below(5) as usize];
        let kinds = if arm { [Mapping::Arm, Mapping::Thumb, Mapping::Data] } else { [Mapping::Thumb, Mapping::Code, Mapping::Data] };
        let mut mapping: Vec<_> =
            (0..random.below(6)).map(|_| (run.wrapping_add(random.below(400)), kinds[random.below(3) as usize])).collect();
        mapping.sort_unstable();
        let mut image = image(machine, random.below(4) == 0, run, &code, &mapping);
        if random.below(3) == 0 {
            image.endian = Endianness::Big;
        }
        if random.below(3) == 0 {
            // Another section over the first.
            image.sections.push(section(3, ".more", run.wrapping_add(random.below(90)), &code[..16], random.below(2) == 0));
        }
        ask_everything(&image, &mut random);
        references += super::scan(&image).references.len();
    }
    assert!(references > 3000, "nothing is decoded: {references}");
}

#[test]
fn sections_over_each_other_are_not_looked_at_forever() {
    let code = vec![0; 0x4000];
    let mapping: Vec<_> = (0..0x2000).map(|i| (i * 2, Mapping::Thumb)).collect();
    let mut image = image(Machine::Arm, false, 0, &code, &mapping);
    image.sections.extend((3..2000).map(|index| section(index, ".over", 0, &code, true)));
    let scan = super::scan(&image);
    assert!(scan.cut, "all of them were");
}

/// A program with relocations, damaged: bytes of its headers, tables and code at will.
pub(super) fn damage(elf: &[u8], seeds: std::ops::Range<u64>) {
    let mut read = 0;
    for seed in seeds {
        let mut random = Seeded(seed);
        let mut bytes = elf.to_vec();
        for _ in 0..=random.below(24) {
            let at = random.below(bytes.len() as u64) as usize;
            // Half of them in the section headers at the end.
            let at = if random.below(2) == 0 { bytes.len() - 1 - at % 1000 } else { at };
            bytes[at] = random.number() as u8;
        }
        if let Ok(elf) = Elf::read(&bytes)
            && !elf.sections.is_empty()
        {
            read += 1;
            ask_everything(&elf, &mut random);
        }
    }
    assert!(read > 100, "too few are images still: {read}");
}
