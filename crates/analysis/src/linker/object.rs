//! The names of object files and input sections without what changes from checkout to checkout and from build to build.

use crate::names::shortened;

/// Shortens the path that a map gives an object file.
///
/// | in the map | shortened |
/// |---|---|
/// | `/src/build/main.o` | `main.o` |
/// | `/usr/lib/libm.a(sin.o)` | `libm.a(sin.o)` |
/// | `/tmp/ccAbCdEf.o` (compiled and linked at once) | `cc*.o` |
/// | `/tmp/ccAbCdEf.ltrans0.ltrans.o` (link-time optimisation) | `ltrans0` |
/// | `app-0123456789abcdef.app.89abcdef-cgu.0.rcgu.o` (Rust) | `app` |
/// | `libcore-0123456789abcdef.rlib(core-….rcgu.o)` | `core` |
/// | `libring-0123456789abcdef.rlib(0123456789abcdef-aes.o)` | `libring.rlib(aes.o)` |
/// | `linker stubs` | [`LINKER`](super::LINKER) |
/// | nothing | [`LINKER_SCRIPT`](super::LINKER_SCRIPT) |
///
/// Two files of one name in two folders are not told apart.
pub fn short_object(path: &str) -> String {
    match path.trim() {
        "" => super::LINKER_SCRIPT.to_owned(),
        "linker stubs" => super::LINKER.to_owned(),
        path => match path.strip_suffix(')').and_then(|path| path.rsplit_once('(')) {
            Some((archive, member)) if !archive.is_empty() && !archive.ends_with('/') => shortened(&in_archive(archive, member)),
            _ => shortened(&file(path)),
        },
    }
}

/// Shortens the name of an input section: without the hashes and numbers that LLVM gives constants and copies.
///
/// `.rodata..Lanon.d34726d081fc4417661ef2d6ab941f74.12` and `.rodata.anon.d34726d081fc4417661ef2d6ab941f74.3.llvm.339537941` are both
/// `.rodata.anon.*`; `.text.f.llvm.339537941` is `.text.f`.
pub fn short_section(section: &str) -> String {
    let name = match section.rsplit_once(".llvm.") {
        Some((name, number)) if is_number(number) => name,
        _ => section,
    };
    for marker in ["..Lanon.", ".anon."] {
        if let Some((kind, rest)) = name.split_once(marker)
            && rest.bytes().all(|b| b.is_ascii_hexdigit() || b == b'.')
        {
            return shortened(&format!("{kind}.anon.*"));
        }
    }
    shortened(name)
}

fn in_archive(archive: &str, member: &str) -> String {
    let archive = without_hash(base(archive));
    match file(member) {
        // A crate's own code; what else is in its archive (C, assembler) keeps the archive's name.
        name if is_rust(member) => name,
        name => format!("{archive}({name})"),
    }
}

fn file(path: &str) -> String {
    let name = base(path);
    if is_rust(name) {
        let stem = name.split('.').next().unwrap_or(name);
        return without_hash(stem);
    }
    if let Some(unit) = name.split('.').find(|part| part.strip_prefix("ltrans").is_some_and(is_number)) {
        return unit.to_owned();
    }
    if is_temporary(path, name) { "cc*.o".to_owned() } else { without_hash(name) }
}

/// What follows the last folder; Windows writes those with a backslash.
fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn is_rust(name: &str) -> bool {
    name.ends_with(".rcgu.o")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `cc`, six random characters, `.o`, in a folder for temporary files or with a character that no one would choose.
fn is_temporary(path: &str, name: &str) -> bool {
    let Some(random) = name.strip_prefix("cc").and_then(|rest| rest.strip_suffix(".o").or_else(|| rest.strip_suffix(".obj"))) else {
        return false;
    };
    let folder = path[..path.len() - name.len()].to_ascii_lowercase();
    let chosen = random.bytes().all(|b| b.is_ascii_lowercase());
    random.len() == 6
        && random.bytes().all(|b| b.is_ascii_alphanumeric())
        && (folder.contains("tmp") || folder.contains("temp") || (!folder.is_empty() && !chosen))
}

/// Takes out `-` and 16 hexadecimal digits at the end of the stem (Cargo), and 16 hexadecimal digits and `-` at the beginning (objects of
/// a build script).
fn without_hash(name: &str) -> String {
    const DIGITS: usize = 16;
    let is_hash = |text: &str| text.len() == DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let name = match name.split_once('-') {
        Some((hash, rest)) if is_hash(hash) && !rest.is_empty() => rest,
        _ => name,
    };
    let (stem, extension) = name.split_at(name.find('.').unwrap_or(name.len()));
    match stem.rsplit_once('-') {
        Some((stem, hash)) if is_hash(hash) && !stem.is_empty() => format!("{stem}{extension}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_build_to_build_is_left_out() {
        let check = |path: &str, want: &str| assert_eq!(short_object(path), want, "{path}");
        check("main.o", "main.o");
        check("/builds/my project/build/main.c.obj", "main.c.obj");
        check(r"C:\work\main.o", "main.o");
        check("/usr/lib/libm.a(sin.o)", "libm.a(sin.o)");
        check("/usr/lib/gcc/thumb/v7-m/libgcc.a(_arm_muldf3.o)", "libgcc.a(_arm_muldf3.o)");
        check("CMakeFiles/x.dir/a (copy).o", "a (copy).o");
        check("/tmp/ccAbCdE1.o", "cc*.o");
        check("/build/tmp.x/ccabcdef.o", "cc*.o");
        check("src/cccorner.o", "cccorner.o");
        check("/tmp/ccoIEwqT.ltrans0.ltrans.o", "ltrans0");
        check("out/app.elf.ltrans12.ltrans.o", "ltrans12");
        check("/src/target/deps/mps2_an385-e57e270ca6989b56.mps2_an385.ced0e790f2bccfcd-cgu.0.rcgu.o", "mps2_an385");
        check("/src/target/deps/blinky-e57e270ca6989b56.2f4xkz1b2c.rcgu.o", "blinky");
        check(
            "/t/libcompiler_builtins-0123456789abcdef.rlib(compiler_builtins-0123456789abcdef.compiler_builtins.7a-cgu.12.rcgu.o)",
            "compiler_builtins",
        );
        check("/t/libring-0123456789abcdef.rlib(0123456789abcdef-aes.o)", "libring.rlib(aes.o)");
        check("libcortex_m-0123456789abcdef.rlib(asm-v7.o)", "libcortex_m.rlib(asm-v7.o)");
        check("linker stubs", "(linker)");
        check("(linker)", "(linker)");
        check("", "(linker script)");
        check("0123456789abcdef-", "0123456789abcdef-");
        check("-0123456789abcdef.o", "-0123456789abcdef.o");
        assert!(short_object(&"x".repeat(1 << 20)).len() <= crate::names::DISPLAY_BYTES_MAX);
    }

    #[test]
    fn numbers_of_constants_are_left_out() {
        let check = |section: &str, want: &str| assert_eq!(short_section(section), want, "{section}");
        check(".rodata..Lanon.d34726d081fc4417661ef2d6ab941f74.12", ".rodata.anon.*");
        check(".rodata.anon.d34726d081fc4417661ef2d6ab941f74.3.llvm.339537941", ".rodata.anon.*");
        check(".text.f.llvm.339537941", ".text.f");
        check(".text.f.llvm.g", ".text.f.llvm.g");
        check(".rodata.anon.name", ".rodata.anon.name");
        check(".rodata.str1.4", ".rodata.str1.4");
        check(".rodata..Lswitch.table.f", ".rodata..Lswitch.table.f");
    }
}
