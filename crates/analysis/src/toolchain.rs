//! What made an image, in the tools' own words: the `.comment` section, where compilers and linkers sign.
//!
//! It is not loaded, so it costs nothing on the device; it is the only witness that comes with any build system.

use object::{Object, ObjectSection};

/// Longest signature kept, characters.
const LINE_CHARS_MAX: usize = 120;
/// The most signatures kept.
const LINES_MAX: usize = 8;
/// The most signatures looked at: a linker writes each once.
const LINES_READ_MAX: usize = 1024;

/// The signatures in the image, sorted, each once: `"rustc version 1.96.0 (…)"`, `"GCC: (…) 12.2.1"`. Empty where there are none or the
/// file is no ELF.
pub fn toolchain(elf: &[u8]) -> Vec<String> {
    let Ok(file) = object::File::parse(elf) else { return vec![] };
    let Some(data) = file.section_by_name(".comment").and_then(|s| s.data().ok()) else { return vec![] };
    let mut lines: Vec<String> = data
        .split(|&b| b == 0)
        .filter(|line| !line.is_empty())
        .take(LINES_READ_MAX)
        .map(|line| String::from_utf8_lossy(line).chars().filter(|c| !c.is_control()).take(LINE_CHARS_MAX).collect())
        .collect();
    lines.sort();
    lines.dedup();
    lines.truncate(LINES_MAX);
    lines
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_no_elf_has_no_signature() {
        assert_eq!(super::toolchain(b"hello"), Vec::<String>::new());
        assert_eq!(super::toolchain(&[0x7f, b'E', b'L', b'F']), Vec::<String>::new());
    }
}
