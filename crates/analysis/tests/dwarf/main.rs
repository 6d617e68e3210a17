//! Debug information of real images and compiled examples: lines, inlined functions, and the unwind tables beside them.
//!
//! The judge is binutils, where it is installed; a test without its tools says so in a line and passes.
#![expect(clippy::disallowed_methods, reason = "compilers and binutils are run to make examples and to check against, each for a moment")]

mod handmade;
mod hostile;

use ounce_analysis::Symbols;
use ounce_analysis::dwarf::{DebugInfo, DwarfError, Function, LineRange, Wanted, by_source};
use ounce_analysis::unwind::function_extents;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs a tool; `None`, and a line that says so, where it is not installed.
fn tool(program: &str, arguments: &[&str], input: &str) -> Option<String> {
    use std::io::Write;
    let piped = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = piped else {
        println!("skipped: {program} is not installed");
        return None;
    };
    // From a thread: the tool may wait for its output to be read before it reads on.
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {complaint}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dwarf-{name}"));
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Compiles a source to a linked image; `None` where the compiler is not installed or cannot do this.
fn compiled(compiler: &str, name: &str, source: &str, flags: &[&str]) -> Option<Vec<u8>> {
    let folder = scratch(&format!("{name}-{compiler}"));
    let (from, to) = (folder.join(name), folder.join("image.elf"));
    std::fs::write(&from, source).unwrap();
    let mut arguments = flags.to_vec();
    arguments.extend([from.to_str().unwrap(), "-o", to.to_str().unwrap()]);
    tool(compiler, &arguments, "")?;
    Some(std::fs::read(to).unwrap())
}

fn read(elf: &[u8]) -> DebugInfo {
    let info = DebugInfo::read(elf).unwrap().expect("it has debug information");
    assert_is_sound(&info);
    info
}

/// What holds of any file, damaged or not.
fn assert_is_sound(info: &DebugInfo) {
    let (files, names, functions) = (info.files().len(), info.names().len(), info.functions().len());
    assert!(info.lines().iter().all(|l| l.start < l.end && (l.file as usize) < files));
    assert!(info.lines().windows(2).all(|l| l[0].end <= l[1].start));
    for function in info.functions() {
        assert!((function.name as usize) < names && !info.ranges(function).is_empty());
        assert!(info.ranges(function).iter().all(|r| r.0 < r.1));
        assert!(function.declared.is_none_or(|(file, _)| (file as usize) < files));
    }
    for (number, inlined) in info.inlines().iter().enumerate() {
        assert!(inlined.start < inlined.end && (inlined.name as usize) < names && (inlined.function as usize) < functions);
        assert!(inlined.call_file == u32::MAX || (inlined.call_file as usize) < files);
        if let Some(parent) = info.inlines().get(inlined.parent as usize) {
            assert!((inlined.parent as usize) < number && parent.start <= inlined.start && inlined.end <= parent.end);
        } else {
            assert_eq!(inlined.parent, u32::MAX);
        }
    }
    // Inlined and own bytes sum to the whole, and so do the lines.
    for &(start, end) in info.functions().iter().take(50).flat_map(|f| info.ranges(f)) {
        let inlined: u64 = info.inlined_in(start, end).iter().map(|i| i.bytes).sum();
        assert_eq!(inlined + info.own_bytes(start, end), end - start);
        let rows = by_source(info, [(start, end)]);
        assert_eq!(rows.iter().map(|r| r.bytes).sum::<u64>(), end - start);
        assert_eq!(rows.iter().map(|r| r.inlined_bytes).sum::<u64>(), inlined);
    }
}

fn function<'i>(info: &'i DebugInfo, name: &str) -> &'i Function {
    let found = info.functions().iter().find(|f| info.names()[f.name as usize] == name);
    found.unwrap_or_else(|| panic!("no {name} in {:?}", info.names()))
}

/// The functions inlined into one, by name.
fn inlined_into(info: &DebugInfo, name: &str) -> Vec<String> {
    let ranges = info.ranges(function(info, name));
    let mut names: Vec<String> = ranges.iter().flat_map(|r| info.inlined_in(r.0, r.1)).map(|i| i.name).collect();
    names.sort();
    names.dedup();
    names
}

const C: &str = r#"
__attribute__((noinline)) int sink(int x) { __asm__ volatile("" : "+r"(x)); return x; }
static inline __attribute__((always_inline)) int inner(int x) {
    return sink(x * 7) + sink(x * 5);
}
static inline __attribute__((always_inline)) int outer(int x) {
    int y = sink(x + 1);
    return inner(y) ^ y;
}
__attribute__((noinline)) int twice(int x) { int a = outer(x); return outer(a + 3) - a; }
__attribute__((noinline)) int plain(int x) { return sink(x) + 1; }
int unused(int x) { return outer(x) + outer(x + 1); }
int main(void) { int spread(int x); return twice(plain(spread(1))); }
void _start(void) { main(); for (;;) {} }
static inline __attribute__((always_inline)) int later(int x);
__attribute__((noinline)) int spread(int x) {
    x = sink(x) + 1;
    return sink(later(x)) + inner(x);
}
static inline __attribute__((always_inline)) int later(int x) {
    return sink(x * 3) ^ x;
}
"#;

/// The example compiled by one compiler with each version of DWARF and in each form, and what must be found.
fn check_c(compiler: &str, base: &[&str]) {
    let mut seen = 0;
    for version in ["-gdwarf-2", "-gdwarf-3", "-gdwarf-4", "-gdwarf-5"] {
        for form in [&[][..], &["-gz=zlib"], &["-gz=zlib-gnu"], &["-gz=zstd"], &["-gdwarf64"], &["-fdebug-types-section"]] {
            let flags = [base, &["-g", version, "-O2", "-nostdlib", "-static", "-ffunction-sections", "-Wl,--gc-sections"], form].concat();
            // Old forms may be unknown to the tools at hand: they must not be missing for the plain one.
            let supported = form.is_empty() || accepts(compiler, &flags);
            let Some(elf) = supported.then(|| compiled(compiler, "example.c", C, &flags)).flatten() else { continue };
            seen += 1;
            let info = read(&elf);
            let told = format!("{compiler} {version} {form:?}");
            assert_eq!(inlined_into(&info, "twice"), ["inner", "outer"], "{told}");
            assert!(inlined_into(&info, "plain").is_empty(), "{told}");
            assert!(info.functions().iter().all(|f| info.names()[f.name as usize] != "unused"), "{told}: removed functions are left out");
            // Two calls of outer and in each one of inner; each has two calls of its own at least.
            let twice = info.ranges(function(&info, "twice"))[0];
            let all = info.inlined_in(twice.0, twice.1);
            assert!(all.iter().all(|i| i.bytes >= 4) && info.own_bytes(twice.0, twice.1) > 0, "{told}: {all:?}");
            let source = info.source(function(&info, "twice")).unwrap();
            assert!(source.file.ends_with("/example.c") && source.line == 10, "{told}: {source:?}");
            assert_eq!(info.last_line(function(&info, "twice")), Some(10), "{told}");
            // Up to its own last line: what is inlined into it is written before and behind it.
            let spread = function(&info, "spread");
            let (first, last) = (info.source(spread).unwrap().line, info.last_line(spread));
            assert!(first == 16 && matches!(last, Some(18 | 19)), "{told}: {first} to {last:?}");
            // The symbol table says the same.
            let symbols = Symbols::read(&elf).unwrap();
            assert_eq!(symbols.find("twice"), Some(twice.0), "{told}");
            // Lines 4 and 7 to 8 are in `inner` and `outer`, wherever they were inlined to.
            let rows = by_source(&info, [twice]);
            let line = |n: u32| rows.iter().find(|r| r.line == n).unwrap_or_else(|| panic!("{told}: no line {n} in {rows:?}"));
            assert_eq!(line(4).inlined_into[0].name, "twice", "{told}");
            assert_eq!(line(4).bytes, line(4).inlined_bytes, "{told}");
            assert_eq!(rows.iter().map(|r| r.bytes).sum::<u64>(), twice.1 - twice.0, "{told}");
        }
    }
    println!("{compiler}: {seen} forms");
}

#[test]
fn sections_compressed_in_any_way_read_the_same() {
    let Some(elf) = compiled("gcc", "packed.c", C, &["-g", "-O2", "-nostdlib", "-static"]) else { return };
    let plain = read(&elf);
    for method in ["zlib", "zlib-gnu", "zstd"] {
        let Some(packed) = compressed(&elf, method) else { return };
        assert!(packed.len() < elf.len(), "{method}");
        let info = read(&packed);
        assert_eq!((info.lines(), info.inlines(), info.files()), (plain.lines(), plain.inlines(), plain.files()), "{method}");
    }
}

/// The file with its debug sections compressed; `None` where objcopy is not installed.
fn compressed(elf: &[u8], method: &str) -> Option<Vec<u8>> {
    let folder = scratch(&format!("compressed-{}-{method}", elf.len()));
    let (from, to) = (folder.join("from.elf"), folder.join("to.elf"));
    std::fs::write(&from, elf).unwrap();
    let option = format!("--compress-debug-sections={method}");
    tool("objcopy", &[&option, from.to_str().unwrap(), to.to_str().unwrap()], "")?;
    Some(std::fs::read(&to).unwrap())
}

fn accepts(compiler: &str, flags: &[&str]) -> bool {
    let folder = scratch(&format!("accepts-{compiler}"));
    let (from, to) = (folder.join("example.c"), folder.join("image.elf"));
    std::fs::write(&from, "void _start(void) {}").unwrap();
    let output = Command::new(compiler).args(flags).arg(&from).arg("-o").arg(&to).output();
    output.is_ok_and(|o| o.status.success())
}

#[test]
fn inlined_functions_of_c_are_found_in_every_form() {
    check_c("gcc", &[]);
    check_c("arm-none-eabi-gcc", &["-mcpu=cortex-m3", "-mthumb"]);
    check_c("arm-none-eabi-gcc", &["-mcpu=cortex-m3", "-mthumb", "-mbig-endian"]);
    check_c("riscv64-unknown-elf-gcc", &["-march=rv32imac", "-mabi=ilp32"]);
}

#[test]
fn methods_and_namespaces_of_cpp_have_their_names() {
    let source = r#"
        extern "C" __attribute__((noinline)) int sink(int x) { __asm__ volatile("" : "+r"(x)); return x; }
        namespace shop {
            struct Till {
                int sum;
                __attribute__((always_inline)) Till(int start) : sum(sink(start)) {}
                __attribute__((always_inline)) int add(int x) { sum += sink(x); return sum; }
                template <class T> __attribute__((noinline)) int count(T x) { return add(x) + add(x + 1); }
            };
            namespace { __attribute__((noinline)) int hidden(int x) { Till t(x); return t.add(2); } }
        }
        int main() { shop::Till t(3); return t.count<short>(4) + shop::hidden(1); }
        extern "C" void _start() { main(); for (;;) {} }
    "#;
    let Some(elf) = compiled("g++", "example.cpp", source, &["-g", "-O2", "-nostdlib", "-static"]) else { return };
    let info = read(&elf);
    assert_eq!(inlined_into(&info, "int shop::Till::count<short>(short)"), ["shop::Till::add(int)"]);
    let hidden = inlined_into(&info, "shop::(anonymous namespace)::hidden");
    assert!(hidden.iter().any(|n| n.starts_with("shop::Till::Till")) && hidden.iter().any(|n| n == "shop::Till::add(int)"), "{hidden:?}");
    assert_eq!(info.linkage(function(&info, "int shop::Till::count<short>(short)")), Some("_ZN4shop4Till5countIsEEiT_"));
    assert_eq!(info.linkage(function(&info, "sink")), None);
}

#[test]
fn inlined_functions_of_rust_are_found() {
    let source = r#"
        #![crate_type = "bin"]
        #[inline(never)] fn sink(x: u32) -> u32 { std::hint::black_box(x) }
        mod shop { #[inline(always)] pub fn price(x: u32) -> u32 { super::sink(x * 3) + super::sink(x + 1) } }
        #[inline(never)] fn buy(x: u32) -> u32 { shop::price(x) ^ shop::price(x + 9) }
        fn main() { println!("{}", buy(3)); }
    "#;
    let Some(elf) = compiled("rustc", "example.rs", source, &["-g", "-O"]) else { return };
    let info = read(&elf);
    assert!(inlined_into(&info, "example::buy").contains(&"example::shop::price".to_owned()));
}

#[test]
fn a_file_without_debug_information_has_none() {
    let Some(elf) = compiled("gcc", "bare.c", C, &["-O1", "-nostdlib", "-static"]) else { return };
    assert!(DebugInfo::read(&elf).unwrap().is_none());
    assert!(matches!(DebugInfo::read(b"no image"), Err(DwarfError::Elf(_))));
}

#[test]
fn split_units_are_counted_not_followed() {
    let flags = ["-g", "-gsplit-dwarf", "-O2", "-nostdlib", "-static"];
    for version in ["-gdwarf-4", "-gdwarf-5"] {
        let Some(elf) = compiled("gcc", "split.c", C, &[&flags[..], &[version]].concat()) else { return };
        let info = read(&elf);
        assert_eq!(info.skipped().split_units, 1, "{version}");
        // Lines are in the image itself.
        assert!(!info.lines().is_empty() && info.functions().is_empty(), "{version}");
    }
}

#[test]
fn only_what_is_wanted_is_read() {
    let Some(elf) = compiled("gcc", "wanted.c", C, &["-g", "-O2", "-nostdlib", "-static"]) else { return };
    let all = read(&elf);
    let wanted = |lines, inlines| DebugInfo::read_wanted(&elf, Wanted { lines, inlines }).unwrap().unwrap();
    let (lines, inlines) = (wanted(true, false), wanted(false, true));
    assert_eq!((lines.lines().len(), lines.inlines().len(), lines.functions().len()), (all.lines().len(), 0, 0));
    assert_eq!((inlines.lines().len(), inlines.inlines().len()), (0, all.inlines().len()));
    assert_eq!(inlines.names(), all.names());
}

/// Images of our own boards that have been built.
fn boards() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../firmware/target/boards");
    let names = ["mps2-an385", "mps2-an505", "microbit", "hifive1", "pyboard"];
    let built: Vec<_> =
        names.iter().filter_map(|n| Some(((*n).to_owned(), std::fs::read(folder.join(n).with_extension("elf")).ok()?))).collect();
    if built.is_empty() {
        println!("skipped: no image of a board has been built; `firmware/build mps2-an385` makes one");
    }
    built
}

/// One frame of what addr2line says: function, file and line.
type Frame = (String, String, u32);

/// The frames at each address, innermost first, as binutils see them.
fn frames_by_binutils(elf: &Path, addresses: &[u64]) -> Option<Vec<Vec<Frame>>> {
    let input: String = addresses.iter().map(|a| format!("{a:#x}\n")).collect();
    let text = tool("addr2line", &["-a", "-f", "-i", "-e", elf.to_str().unwrap()], &input)?;
    let mut all: Vec<Vec<Frame>> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("0x") {
            all.push(Vec::new());
            continue;
        }
        let place = lines.next().unwrap();
        let place = place.split(" (discriminator").next().unwrap();
        let (file, number) = place.rsplit_once(':').unwrap();
        all.last_mut().unwrap().push((line.to_owned(), without_parents(file), number.parse().unwrap_or(0)));
    }
    Some(all)
}

/// A path without `..`: it may be spelled in several ways.
fn without_parents(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => _ = parts.pop(),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The same by us.
fn frames(info: &DebugInfo, address: u64) -> Vec<Frame> {
    let file = |n: u32| info.files().get(n as usize).cloned().unwrap_or("??".into());
    let Some(function) = info.function_at(address) else { return vec![] };
    let (mut at_file, mut at_line) = info.line_at(address).map_or(("??".into(), 0), |l| (file(l.file), l.line));
    let mut all = Vec::new();
    for inlined in info.inlined_at(address) {
        all.push((info.names()[inlined.name as usize].clone(), at_file, at_line));
        (at_file, at_line) = (file(inlined.call_file), inlined.call_line);
    }
    all.push((info.names()[function.name as usize].clone(), at_file, at_line));
    all
}

#[test]
fn our_images_read_as_binutils_read_them() {
    for (board, elf) in boards() {
        let info = read(&elf);
        let path = scratch("boards").join(&board);
        std::fs::write(&path, &elf).unwrap();
        // Addresses all over the code, some inside an instruction.
        let code: Vec<LineRange> = info.lines().to_vec();
        let addresses: Vec<u64> = code.iter().step_by(7).map(|l| l.start).chain(code.iter().step_by(13).map(|l| l.end - 1)).collect();
        let Some(theirs) = frames_by_binutils(&path, &addresses) else { return };
        assert_eq!(theirs.len(), addresses.len());
        let mut other_lines = 0;
        for (&address, theirs) in addresses.iter().zip(&theirs) {
            let ours = frames(&info, address);
            let told = || format!("{board} {address:#x}\nwe:   {ours:?}\nthey: {theirs:?}");
            assert_eq!(ours.len(), theirs.len(), "{}", told());
            for (number, (our, their)) in ours.iter().zip(theirs).enumerate() {
                other_lines += usize::from((&our.1, our.2) != (&their.1, their.2));
                // Without a linkage name binutils take the outermost function's from the symbol table, where a mapping symbol may come first.
                if number + 1 < ours.len() {
                    assert_eq!(our.0, ounce_analysis::names::name(their.0.as_bytes()).display, "{}", told());
                } else if their.0 != our.0 && !their.0.starts_with('$') {
                    let known = info.function_at(address).unwrap();
                    assert!(info.linkage(known).unwrap_or(&their.0) == their.0, "{}", told());
                }
            }
        }
        println!("{board}: {} addresses as binutils have them, {other_lines} frames on other lines", addresses.len());
        assert_eq!(other_lines, 0, "{board}: frames are on other lines than binutils say");
    }
}

#[test]
fn unwind_tables_name_the_functions_of_a_stripped_image() {
    let flags = ["-O2", "-nostdlib", "-static", "-ffunction-sections"];
    let check = |compiler: &str, more: &[&str]| {
        let of = |last: &str| compiled(compiler, "unwind.c", C, &[&flags[..], more, &[last]].concat());
        let (Some(whole), Some(stripped)) = (of("-Wl,--build-id=none"), of("-s")) else { return };
        let symbols = Symbols::read(&whole).unwrap();
        let extents = function_extents(&whole).unwrap();
        assert!(extents.windows(2).all(|e| e[0].1 <= e[1].0), "{compiler}: {extents:x?}");
        for name in ["twice", "plain", "sink", "unused"] {
            let start = symbols.find(name).unwrap();
            let Some(&(_, end)) = extents.iter().find(|e| e.0 == start) else {
                panic!("{compiler} {more:?}: {name} at {start:#x} is not in {extents:x?}");
            };
            // To its end, or with the padding after it.
            let others = (start..end).filter_map(|at| symbols.function_at(at)).filter(|n| *n != name).count();
            assert!(symbols.function_at(start) == Some(name) && others == 0, "{compiler} {more:?}: {start:#x}..{end:#x}");
        }
        // `.debug_frame` is stripped with the symbols, the tables that a program needs are not.
        if !more.contains(&"-g") {
            assert_eq!(function_extents(&stripped).unwrap().len(), extents.len(), "{compiler} {more:?}");
        }
    };
    let thumb = ["-mcpu=cortex-m3", "-mthumb", "-Wl,--defsym=__aeabi_unwind_cpp_pr0=0,--defsym=__aeabi_unwind_cpp_pr1=0"];
    check("gcc", &["-fasynchronous-unwind-tables"]);
    check("arm-none-eabi-gcc", &[&thumb[..], &["-g"]].concat());
    check("arm-none-eabi-gcc", &[&thumb[..], &["-funwind-tables"]].concat());
}
