//! From the memory a linker knows to the regions of a board, as a first guess for `ounce.toml`.

use super::MemoryRegion;
use ounce_protocol::ids::RegionName;
use ounce_protocol::manifest::Region;
use ounce_protocol::measurement::RegionKind;

/// A board's regions, guessed from the memory of its linker script or map.
///
/// **The kind is a guess.** Where attributes are given, `w` (writable) means RAM and `r` or `x` without it flash; attributes after `!` say
/// what the memory is not and count the other way round. Without attributes the name decides: one with `ram`, `tcm`, `ccm`, `stack`, `heap`
/// or `data` in it is RAM, all else flash.
///
/// What comes out can be written into a manifest: memory without a size is left out, names are in lower case and in the
/// manifest's letters, and of two regions of one kind that overlap (a partition and the whole chip) the larger stays, of equals the first.
pub fn regions(memory: &[MemoryRegion]) -> Vec<Region> {
    let mut kept: Vec<Region> = Vec::new();
    for region in memory.iter().filter_map(guessed) {
        let in_the_way = |other: &Region| {
            let overlap = other.kind == region.kind && other.start < region.end() && region.start < other.end();
            overlap || other.name == region.name
        };
        if kept.iter().all(|other| !in_the_way(other) || other.size < region.size) {
            kept.retain(|other| !in_the_way(other));
            kept.push(region);
        }
    }
    kept
}

fn guessed(memory: &MemoryRegion) -> Option<Region> {
    const NAME_BYTES_MAX: usize = 64;
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c.to_ascii_lowercase() } else { '-' };
    let name: String = memory.name.chars().map(plain).take(NAME_BYTES_MAX).collect();
    let name = RegionName::parse(name.trim_start_matches(['-', '_', '.'])).ok()?;
    let kind = kind_by_attributes(&memory.attributes).unwrap_or_else(|| kind_by_name(name.as_str()));
    (memory.size > 0).then_some(Region { name, kind, start: memory.start, size: memory.size })
}

fn kind_by_attributes(attributes: &str) -> Option<RegionKind> {
    let (is, is_not) = attributes.split_once('!').unwrap_or((attributes, ""));
    let has = |text: &str, letter: char| text.chars().any(|c| c.eq_ignore_ascii_case(&letter));
    if has(is, 'w') {
        Some(RegionKind::Ram)
    } else if has(is, 'r') || has(is, 'x') || has(is_not, 'w') {
        Some(RegionKind::Flash)
    } else {
        (has(is_not, 'r') || has(is_not, 'x')).then_some(RegionKind::Ram)
    }
}

fn kind_by_name(name: &str) -> RegionKind {
    let ram = ["ram", "tcm", "ccm", "stack", "heap", "data"].iter().any(|word| name.contains(word));
    if ram { RegionKind::Ram } else { RegionKind::Flash }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(memory: &[(&str, u64, u64, &str)]) -> String {
        let memory: Vec<MemoryRegion> = memory
            .iter()
            .map(|&(name, start, size, attributes)| MemoryRegion { name: name.into(), start, size, attributes: attributes.into() })
            .collect();
        let shown = regions(&memory).into_iter().map(|r| format!("{} {:?} {:x}+{:x}", r.name, r.kind, r.start, r.size));
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn kinds_are_guessed() {
        let check = |name: &str, attributes: &str, want: &str| {
            let got = shown(&[(name, 0, 16, attributes)]);
            assert_eq!(got.split(' ').nth(1), Some(want), "{name} ({attributes}): {got}");
        };
        check("A", "rx", "Flash");
        check("A", "xr", "Flash");
        check("A", "rwx", "Ram");
        check("RAM", "rx", "Flash");
        check("FLASH", "w", "Ram");
        check("A", "W", "Ram");
        check("A", "!w", "Flash");
        check("A", "!rx", "Ram");
        check("FLASH", "", "Flash");
        check("SRAM2", "", "Ram");
        check("DTCM", "", "Ram");
        check("UICR", "", "Flash");
        check("RAM", "ai", "Ram");
    }

    #[test]
    fn what_comes_out_fits_a_manifest() {
        let check = |memory: &[(&str, u64, u64, &str)], want: &str| assert_eq!(shown(memory), want);
        check(&[("FLASH", 0, 16, ""), ("RAM", 32, 16, "")], "flash Flash 0+10, ram Ram 20+10");
        check(&[("BOOT", 0, 16, ""), ("FLASH", 0, 64, ""), ("APP", 16, 48, "")], "flash Flash 0+40");
        check(&[("FLASH", 0, 16, ""), ("ITCM", 0, 16, "")], "flash Flash 0+10, itcm Ram 0+10");
        check(&[("A", 0, 0, ""), ("a b/c", 1, 1, ""), ("__x", 4, 1, ""), ("_", 9, 1, "")], "a-b-c Flash 1+1, x Flash 4+1");
        check(&[("A", 0, 4, ""), ("a", 8, 4, "")], "a Flash 0+4");
        check(&[("A", u64::MAX, u64::MAX, "")], "a Flash ffffffffffffffff+ffffffffffffffff");
    }
}
