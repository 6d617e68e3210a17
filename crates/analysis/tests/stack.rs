//! How deep the stack gets: what compilers state, and what follows from it along calls.
#![expect(clippy::disallowed_methods, reason = "a compiler on a file of this test, which ends by itself")]

mod support;

use ounce_analysis::ElfError;
use ounce_analysis::stack::*;
use ounce_protocol::measurement::{Anatomy, Part, Source};
use std::collections::BTreeSet;
use std::process::Command;
use support::{Seeded, cases};

// ---- .stack_sizes ----

/// An ELF file of nothing but sections that take up no address.
struct File {
    is_64: bool,
    big: bool,
    machine: u16,
    kind: u16,
    sections: Vec<(&'static str, u32, Vec<u8>)>,
}

const ARM: u16 = 40;
const EXEC: u16 = 2;

impl File {
    fn arm(sizes: &[u8]) -> Self {
        File { is_64: false, big: false, machine: ARM, kind: EXEC, sections: vec![(".stack_sizes", 0, sizes.to_vec())] }
    }

    fn write(&self) -> Vec<u8> {
        let bytes = |n: u64, width: usize| {
            let mut b = n.to_le_bytes()[..width].to_vec();
            if self.big {
                b.reverse();
            }
            b
        };
        let word = if self.is_64 { 8 } else { 4 };
        let (ehdr, shdr) = if self.is_64 { (64, 64) } else { (52, 40) };
        let mut names = b"\0.names\0".to_vec();
        let mut body = Vec::new();
        // Name, type, flags, offset, size.
        let mut headers = vec![(0, 0, 0, 0, 0)];
        for (name, flags, content) in &self.sections {
            headers.push((names.len(), 1, *flags, ehdr + body.len(), content.len()));
            names.extend(name.bytes().chain([0]));
            body.extend(content);
        }
        headers.push((1, 3, 0, ehdr + body.len(), names.len()));
        body.extend(names);
        let mut out = vec![0x7f, b'E', b'L', b'F', 1 + u8::from(self.is_64), 1 + u8::from(self.big), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        out.extend([bytes(self.kind.into(), 2), bytes(self.machine.into(), 2), bytes(1, 4)].concat());
        out.extend([bytes(0, word), bytes(0, word), bytes((ehdr + body.len()) as u64, word), bytes(0, 4)].concat());
        let count = headers.len() as u64;
        for n in [ehdr as u64, 0, 0, shdr, count, count - 1] {
            out.extend(bytes(n, 2));
        }
        out.extend(body);
        for (name, kind, flags, offset, size) in headers {
            out.extend([bytes(name as u64, 4), bytes(kind, 4), bytes(flags.into(), word), bytes(0, word)].concat());
            out.extend(
                [bytes(offset as u64, word), bytes(size as u64, word), bytes(0, 4), bytes(0, 4), bytes(1, word), bytes(0, word)].concat(),
            );
        }
        out
    }
}

#[test]
fn frames_are_read_as_compilers_write_them() {
    let told = |file: &File| {
        let frames = frames(&file.write()).unwrap();
        frames.iter().map(|f| format!("{:#x}={}", f.address, f.bytes)).collect::<Vec<_>>().join(" ")
    };
    let check = |sizes: &[u8], want: &str| assert_eq!(told(&File::arm(sizes)), want);
    check(&[], "");
    check(&[0xac, 0, 0, 0, 0x10], "0xac=16");
    // Two bytes of size; the Thumb bit; by address, not as written.
    check(&[0x75, 0x08, 0, 0, 0x28, 0xac, 0, 0, 0, 0xe0, 0x05], "0xac=736 0x874=40");
    // Two names of one function: the larger, whichever is first.
    check(&[4, 0, 0, 0, 8, 4, 0, 0, 0, 16], "0x4=16");
    check(&[4, 0, 0, 0, 16, 4, 0, 0, 0, 8], "0x4=16");
    check(&[4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], "0x4=18446744073709551615");
    // 64 bits, the other order of bytes, a processor whose odd addresses are odd.
    let sizes = vec![(".stack_sizes", 0, vec![0, 0, 0, 1, 0, 0, 0, 9, 24])];
    assert_eq!(told(&File { is_64: true, big: true, machine: 62, kind: EXEC, sections: sizes }), "0x100000009=24");
    // Several sections, beside others.
    let sections = vec![(".stack_sizes", 0, vec![8, 0, 0, 0, 1]), (".comment", 0, vec![1, 2, 3]), (".stack_sizes", 0, vec![4, 0, 0, 0, 2])];
    assert_eq!(told(&File { sections, ..File::arm(&[]) }), "0x4=2 0x8=1");
    let frames = [Frame { address: 4, bytes: 2 }, Frame { address: 8, bytes: 1 }];
    assert_eq!([3, 4, 8, 9].map(|address| frame_at(&frames, address)), [None, Some(2), Some(1), None]);
}

#[test]
fn damaged_stack_sizes_say_where() {
    let check = |sizes: &[u8], want: &str| {
        let error = frames(&File::arm(sizes).write()).unwrap_err().to_string();
        assert_eq!(error, format!("{want}; was the image built for another target or cut off?"));
    };
    check(&[0xac, 0, 0], ".stack_sizes (section 1), at offset 0x0: an address is cut off");
    check(&[0xac, 0, 0, 0], ".stack_sizes (section 1), at offset 0x4: a frame's size is cut off");
    check(&[4, 0, 0, 0, 8, 8, 0, 0, 0, 0x80], ".stack_sizes (section 1), at offset 0x9: a frame's size is cut off");
    let long = [&[4, 0, 0, 0][..], &[0x80; 10], &[1]].concat();
    check(&long, ".stack_sizes (section 1), at offset 0x4: a frame's size has more than 64 bits");
    let large = [&[4, 0, 0, 0][..], &[0xff; 9], &[2]].concat();
    check(&large, ".stack_sizes (section 1), at offset 0x4: a frame's size has more than 64 bits");
}

#[test]
fn what_has_no_stack_sizes_to_read_is_refused() {
    assert_eq!(frames(b"#!/bin/sh"), Err(StackSizesError::Elf(ElfError::NotElf)));
    assert_eq!(frames(&File { kind: 1, ..File::arm(&[4, 0, 0, 0, 8]) }.write()), Err(StackSizesError::Object));
    assert_eq!(frames(&File { kind: 1, sections: vec![], ..File::arm(&[]) }.write()), Ok(vec![]));
    let compressed = File { sections: vec![(".stack_sizes", 0x800, vec![4, 0, 0, 0, 8])], ..File::arm(&[]) };
    assert!(matches!(frames(&compressed.write()), Err(StackSizesError::Section { section: 1, .. })));
    // The headers say more than the file has.
    let mut file = File::arm(&[4, 0, 0, 0, 8]).write();
    let size = file.len() - 2 * 40 + 20;
    file[size..size + 4].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    assert!(matches!(frames(&file), Err(StackSizesError::Section { section: 1, .. })), "{:?}", frames(&file));
}

#[test]
fn no_file_makes_it_fall_over() {
    let good = File::arm(&[0x75, 0x08, 0, 0, 0x28, 0xac, 0, 0, 0, 0xe0, 0x05]).write();
    assert_eq!(frames(&good).map(|f| f.len()), Ok(2));
    for end in 0..good.len() {
        let _ = frames(&good[..end]);
    }
    let mut random = Seeded(7);
    for _ in 0..cases(5_000) {
        let mut file = good.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(file.len());
            file[at] = random.number() as u8;
        }
        let _ = frames(&file);
    }
}

#[test]
fn what_a_compiler_really_writes() {
    const PROGRAM: &str = "
        #[inline(never)] #[unsafe(no_mangle)] pub extern \"C\" fn large(n: usize) -> u8 { let a = core::hint::black_box([n as u8; 5000]); a[n % 5000] }
        #[inline(never)] #[unsafe(no_mangle)] pub extern \"C\" fn small(n: usize) -> usize { core::hint::black_box(n) + 1 }
        fn main() { println!(\"{} {:p} {:p}\", large(small(3)), large as *const u8, small as *const u8); }";
    let folder = std::env::temp_dir().join(format!("ounce-stack-sizes-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("main.rs"), PROGRAM).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    // Not moved when it is loaded, so that it prints its own addresses.
    let flags = ["-O", "--edition=2024", "-Zemit-stack-sizes", "-Crelocation-model=static", "-o", "main", "main.rs"];
    let built = Command::new(rustc).args(flags).env("RUSTC_BOOTSTRAP", "1").current_dir(&folder).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let printed = Command::new(folder.join("main")).output().unwrap();
    let image = std::fs::read(folder.join("main")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let address = |word: usize| u64::from_str_radix(printed.split_whitespace().nth(word).unwrap().trim_start_matches("0x"), 16).unwrap();
    let frames = frames(&image).unwrap();
    let large = frame_at(&frames, address(1)).unwrap();
    assert!((5000..6000).contains(&large), "{large}");
    assert!(frame_at(&frames, address(2)).unwrap() < 64);
}

// ---- .su ----

#[test]
fn lines_of_all_forms_are_understood() {
    let check = |line: &str, want: &str| {
        let su = parse_su(line);
        assert_eq!(su.lines_not_read, 0);
        let number = |n: Option<u32>| n.map_or("-".to_owned(), |n| n.to_string());
        let told = |e: &SuEntry| format!("{}|{}|{}|{}|{}|{:?}", e.file, number(e.line), number(e.column), e.function, e.bytes, e.kind);
        assert_eq!(su.entries.iter().map(told).collect::<Vec<_>>().join(" "), want);
    };
    check("", "");
    check("\n \r\n", "");
    check("a.c:4:5:big\t312\tstatic", "a.c|4|5|big|312|Static");
    check("a.c:4:5:big\t312\tstatic\r\n", "a.c|4|5|big|312|Static");
    check("a.c:2:12:rec\t48\tdynamic", "a.c|2|12|rec|48|Dynamic");
    check("a.c:2:12:rec\t48\tdynamic,bounded", "a.c|2|12|rec|48|DynamicBounded");
    check("a.c:2:12:rec\t48\tbounded", "a.c|2|12|rec|48|DynamicBounded");
    // Clang, and GCC before it had columns.
    check("src/a.c:12:parse\t48\tstatic", "src/a.c|12|-|parse|48|Static");
    check("a.c:parse\t48\tstatic", "a.c|-|-|parse|48|Static");
    check("C:\\src\\a.c:12:5:parse\t8\tstatic", "C:\\src\\a.c|12|5|parse|8|Static");
    check("C:\\src\\a.c:12:parse\t8\tstatic", "C:\\src\\a.c|12|-|parse|8|Static");
    // C++, as GCC 12 writes it, its slip at the end among it.
    check("b.cpp:5:1:ns::S::S()\t16\tstatic", "b.cpp|5|1|ns::S::S()|16|Static");
    check("b.cpp:6:24:ns::use(int)::<lambda(int)>\t40\tstatic", "b.cpp|6|24|ns::use(int)::<lambda(int)>|40|Static");
    check("b.cpp:9:46:cpp)\t8\tstatic", "b.cpp|9|46|cpp)|8|Static");
}

#[test]
fn what_is_no_line_is_counted() {
    let check = |line: &str| assert_eq!(parse_su(line), Su { entries: vec![], lines_not_read: 1 });
    check("main");
    check(":4:5:big\t312\tstatic");
    check("a.c:4:5:big 312 static");
    check("a.c:4:5:big\t312");
    check("a.c:4:5:big\t-1\tstatic");
    check("a.c:4:5:big\t99999999999999999999\tstatic");
    check("a.c:4:5:big\t312\telastic");
    check("a.c:4:5:\t312\tstatic");
    check(&format!("a.c:4:5:{}\t312\tstatic", "x".repeat(SU_LINE_BYTES_MAX)));
    // Colons without end take no time.
    check(&format!("{}\t312\tstatic", ":".repeat(SU_LINE_BYTES_MAX - 20)));
    let both = parse_su("a.c:4:5:big\t312\tstatic\nrubbish\na.c:5:5:small\t8\tstatic\n");
    assert_eq!((both.entries.len(), both.lines_not_read), (2, 1));
}

/// Functions as `name` or `name@file:line`.
fn functions(names: &[&str]) -> Anatomy {
    let part = |name: &&str| {
        let (name, place) = name.split_once('@').map_or((*name, None), |(name, place)| (name, Some(place)));
        let source = place.and_then(|p| p.rsplit_once(':')).map(|(file, line)| Source { file: file.into(), line: line.parse().unwrap() });
        Part { name: name.into(), code: true, source, ..Part::default() }
    };
    Anatomy { parts: names.iter().map(part).collect(), cut: false }
}

#[test]
fn lines_find_their_functions() {
    let told = |names: &[&str], su: &str| {
        let mut anatomy = functions(names);
        let assigned = assign(&mut anatomy, &parse_su(su).entries);
        let frames: Vec<String> = anatomy.parts.iter().map(|p| p.frame_bytes.map_or("?".into(), |b| b.to_string())).collect();
        let doubt = if assigned.in_doubt > 0 { format!(" doubt {}", assigned.in_doubt) } else { String::new() };
        let dynamic = if assigned.dynamic.is_empty() { String::new() } else { format!(" dynamic {:?}", assigned.dynamic) };
        assert_eq!(assigned.functions as usize, anatomy.parts.iter().filter(|p| p.frame_bytes.is_some()).count());
        frames.join(" ") + &doubt + &dynamic
    };
    let check = |names: &[&str], su: &[&str], want: &str| assert_eq!(told(names, &su.join("\n")), want, "{names:?} {su:?}");
    check(&["main", "idle"], &["a.c:1:1:main\t16\tstatic", "a.c:2:1:gone\t99\tstatic"], "16 ?");
    check(&["main", "rec"], &["a.c:1:1:main\t16\tstatic", "a.c:2:1:rec\t48\tdynamic"], "16 48 dynamic {1}");
    check(&["rec"], &["a.c:2:1:rec\t48\tdynamic,bounded"], "48");
    // Clones: the one of this name first.
    check(&["parse.constprop.0", "parse"], &["a.c:1:1:parse.constprop\t8\tstatic", "a.c:1:1:parse\t24\tstatic"], "8 24");
    // Two static functions of one name, told apart by their places, whatever folder the compiler was in.
    let two = ["drivers/a.c:4:1:init\t8\tstatic", "./b.c:9:1:init\t40\tstatic"];
    check(&["init@b.c:9", "init@/src/drivers/a.c:4"], &two, "40 8");
    // Of which only one is known: the other one is the other line's.
    check(&["init", "init@/src/drivers/a.c:4"], &two, "40 8");
    // Nothing tells them apart: no frame, unless they say the same.
    check(&["init", "init"], &two, "? ? doubt 2");
    check(&["init"], &two, "? doubt 1");
    check(&["init", "init"], &["a.c:4:1:init\t8\tstatic", "b.c:9:1:init\t8\tstatic"], "8 8");
    check(&["init"], &["a.c:4:1:init\t8\tstatic", "b.c:9:1:init\t8\tdynamic"], "? doubt 1");
    // The same file's name in another folder is another file.
    check(&["init@x/a.c:4", "init@y/a.c:4"], &["y/a.c:4:1:init\t8\tstatic", "x/a.c:4:1:init\t40\tstatic"], "40 8");
    // A place that no line has: another line, a file whose name only ends alike.
    let two = ["a.c:4:1:init\t8\tstatic", "b.c:9:1:init\t40\tstatic"];
    check(&["init@a.c:5"], &two, "? doubt 1");
    check(&["init@xa.c:4"], &two, "? doubt 1");
    // C++ as the demangler writes it, and as GCC does.
    check(&["ns::S::f(int, char const*) const"], &["b.cpp:2:5:virtual int ns::S::f(int, const char*) const\t64\tstatic"], "64");
    let overloads = ["b.cpp:2:5:int f(int)\t8\tstatic", "b.cpp:3:5:int f(char*)\t16\tstatic"];
    check(&["f(char*)@b.cpp:3", "f(int)@b.cpp:2"], &overloads, "16 8");
    check(&["f(char*)", "f(int)"], &overloads, "? ? doubt 2");
    let instances = ["b.cpp:3:21:T g(T) [with T = int]\t32\tstatic", "b.cpp:3:21:T g(T) [with T = char]\t56\tstatic"];
    check(&["int g<int>(int)@b.cpp:3", "char g<char>(char)@b.cpp:3"], &instances, "? ? doubt 2");
    // By its place alone, where nothing else is there.
    check(&["_GLOBAL__sub_I_x@src/b.cpp:9"], &["b.cpp:9:46:cpp)\t8\tstatic"], "8");
    check(&["_GLOBAL__sub_I_x@src/b.cpp:9", "y@src/b.cpp:9"], &["b.cpp:9:46:cpp)\t8\tstatic"], "? ?");
    check(&["_GLOBAL__sub_I_x@src/b.cpp:9"], &["other/b.cpp:9:46:cpp)\t8\tstatic"], "?");
}

#[test]
fn what_gcc_really_writes() {
    const ONE: &str = "
        static int init(int n) { volatile char a[40]; a[0] = n; return a[0]; }
        int start(int n) { return init(n) + init(n + 1); }";
    const TWO: &str = "
        static int init(int n) { volatile char a[200]; a[0] = n; return a[0]; }
        int start(int n);
        int grow(int n) { volatile char a[n]; a[0] = 1; return a[0]; }
        int main(void) { return init(3) + start(3) + grow(7); }";
    const THREE: &str = "
        namespace ns {
        struct S { virtual int f(int, const char *) const; template <class T> T g(T); S(); static char *h(); };
        int S::f(int a, const char *b) const { volatile char c[60]; c[0] = *b; return c[0] + a; }
        template <class T> T S::g(T t) { volatile T x[70]; x[0] = t; return x[0]; }
        template int S::g<int>(int);
        S::S() {}
        char *S::h() { return 0; }
        int over(int n) { volatile char c[100]; c[0] = n; return c[0]; }
        int over(const char *n) { volatile char c[500]; c[0] = *n; return c[0]; }
        }
        struct G { G(); int n; };
        G::G() { n = 1; }
        G g;
        int operator+(ns::S const &a, int b) { return b; }";
    if Command::new("arm-none-eabi-g++").arg("--version").output().is_err() {
        println!("no arm-none-eabi-g++ here: nothing tried");
        return;
    }
    let folder = std::env::temp_dir().join(format!("ounce-su-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let run = |line: &str| {
        let mut words = line.split(' ');
        let output = Command::new(words.next().unwrap()).args(words).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let mut su = Su::default();
    for (name, text, compiler) in [("one.c", ONE, "gcc"), ("two.c", TWO, "gcc"), ("three.cpp", THREE, "g++")] {
        std::fs::write(folder.join(name), text).unwrap();
        let flags = "-mcpu=cortex-m4 -mthumb -Os -g -fno-inline -fno-ipa-cp -fno-rtti -fno-exceptions -fstack-usage";
        let stem = name.split('.').next().unwrap();
        run(&format!("arm-none-eabi-{compiler} {flags} -c {name} -o {stem}.o"));
        let file = parse_su(&std::fs::read_to_string(folder.join(format!("{stem}.su"))).unwrap());
        assert_eq!(file.lines_not_read, 0);
        su.entries.extend(file.entries);
    }
    run("arm-none-eabi-g++ -nostdlib -Wl,--unresolved-symbols=ignore-all,-e,main one.o two.o three.o -o all.elf");
    // `_ZN2ns1S1fEv T 8084 12\t/tmp/three.cpp:3`: what the image has, and the line of its first instruction.
    let mut parts = Vec::new();
    for line in run("arm-none-eabi-nm --defined-only -l -f posix all.elf").lines() {
        let (symbol, place) = line.split_once('\t').unwrap_or((line, ""));
        let (name, kind) = symbol.split(' ').next().zip(symbol.split(' ').nth(1)).unwrap();
        let source = place.rsplit_once(':').map(|(file, line)| Source { file: file.into(), line: line.parse().unwrap() });
        if "tTW".contains(kind) {
            let display = ounce_analysis::names::name(name.as_bytes()).display;
            let linkage = (display != name).then(|| name.to_owned());
            parts.push(Part { name: display, linkage, code: true, source, ..Part::default() });
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let mut anatomy = Anatomy { parts, cut: false };
    let assigned = assign(&mut anatomy, &su.entries);
    let without: Vec<&Part> = anatomy.parts.iter().filter(|p| p.frame_bytes.is_none()).collect();
    assert!(without.is_empty() && anatomy.parts.len() >= 12, "{without:#?}");
    let frame = |name: &str, file: &str| {
        let mut found = anatomy.parts.iter().filter(|p| p.name == name && p.source.as_ref().is_some_and(|s| s.file.ends_with(file)));
        found.next().unwrap_or_else(|| panic!("no {name}")).frame_bytes.unwrap()
    };
    let check = |name, file, variables: u64| assert!((variables..variables + 60).contains(&frame(name, file)), "{name}");
    check("init", "one.c", 40);
    check("init", "two.c", 200);
    check("ns::S::f(int, char const*) const", "three.cpp", 60);
    check("int ns::S::g<int>(int)", "three.cpp", 280);
    check("ns::over(int)", "three.cpp", 100);
    check("ns::over(char const*)", "three.cpp", 500);
    let dynamic: Vec<&str> = assigned.dynamic.iter().map(|&i| anatomy.parts[i as usize].name.as_str()).collect();
    assert_eq!(dynamic, ["grow"]);
}

#[test]
fn many_functions_of_one_name_take_no_time() {
    let names: Vec<String> = (0..20_000).map(|i| format!("init@a{i}.c:{i}")).collect();
    let su: String = (0..20_000).map(|i| format!("a{i}.c:{i}:1:init\t{i}\tstatic\n")).collect();
    let mut anatomy = functions(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let assigned = assign(&mut anatomy, &parse_su(&su).entries);
    assert_eq!(assigned.functions + assigned.in_doubt, 20_000);
}

// ---- the worst case ----

/// A program in words, a function a line: `main 16: parse, idle` has a frame of 16 B and calls two others. `?` for a frame that is not known, `~`
/// before one that grows, `*` before the name for each call through a register; a quote begins a constant.
fn program(text: &str) -> (Anatomy, BTreeSet<u32>) {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    let name = |line: &str| line.trim_start_matches('*').split(' ').next().unwrap().to_owned();
    let names: Vec<String> = lines.iter().map(|l| name(l)).collect();
    let mut dynamic = BTreeSet::new();
    let parts = lines.iter().enumerate().map(|(i, line)| {
        let (own, calls) = line.split_once(": ").unwrap_or((line, ""));
        let frame = own.split(' ').nth(1).unwrap_or("?");
        if frame.starts_with('~') {
            dynamic.insert(i as u32);
        }
        let uses = calls.split(',').map(str::trim).filter(|c| !c.is_empty());
        let uses = uses.map(|c| names.iter().position(|n| n == c).unwrap_or_else(|| panic!("no {c}")) as u32).collect();
        Part {
            name: names[i].clone(),
            code: !line.starts_with('"'),
            uses,
            frame_bytes: frame.trim_start_matches('~').parse().ok(),
            indirect_calls: line.chars().take_while(|c| *c == '*').count() as u32,
            ..Part::default()
        }
    });
    (Anatomy { parts: parts.collect(), cut: false }, dynamic)
}

fn told(report: &StackReport) -> String {
    let why = |o: &Open| match &o.why {
        Unbounded::Recursion { cycle, functions } => format!("recursion {} of {functions}", cycle.join(">")),
        Unbounded::IndirectCalls { calls } => format!("{calls} indirect in {}", o.name),
        Unbounded::DynamicFrame => format!("{} grows", o.name),
        Unbounded::UnknownFrame => format!("{} unknown", o.name),
    };
    let line = |e: &EntryStack| {
        let path: Vec<&str> = e.path.iter().map(|s| s.name.as_str()).collect();
        let open: Vec<String> = e.open.iter().map(why).collect();
        let word = if e.bounded { "" } else { ">=" };
        format!("{:?} {word}{} {}{}{}", e.kind, e.bytes, path.join(">"), if open.is_empty() { "" } else { "; " }, open.join(", "))
    };
    report.entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn check_worst(text: &str, entries: &[&str], want: &str) {
    let (anatomy, dynamic) = program(text);
    let want: Vec<&str> = want.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    assert_eq!(told(&worst_case_with(&anatomy, entries, &dynamic)), want.join("\n"), "{text}");
}

#[test]
fn the_deepest_chain_is_the_worst_case() {
    let check = check_worst;
    check("", &[], "");
    check("main 16", &[], "Start 16 main");
    // Not the one with most functions, nor the largest frame alone.
    check(
        "main 16: long, large
         long 8: longer
         longer 8: longest
         longest 8
         large 100: leaf
         leaf 20",
        &[],
        "Start 136 main>large>leaf",
    );
    // Two ways to one function: it is counted once on each.
    check("main 16: a, b\n a 8: leaf\n b 24: leaf\n leaf 40", &[], "Start 80 main>b>leaf");
    // Of equal ones the first by name; a constant is no call.
    check("main 16: z, a\n a 8\n z 8", &[], "Start 24 main>a");
    check("main 16: \"table\n \"table : handler\n handler 500", &[], "Root 500 handler\nStart 16 main");
    // A frame of nothing is on the path all the same.
    check("main 16: thunk\n thunk 0: leaf\n leaf 0", &[], "Start 16 main>thunk>leaf");
}

#[test]
fn chains_begin_where_no_call_leads() {
    let check = check_worst;
    check(
        "_start 0: main
         main 16: work
         work 32
         UART0_IRQHandler 24: work
         SysTick 8
         task 64: work",
        &[],
        "Root 96 task>work
         Interrupt 56 UART0_IRQHandler>work
         Start 48 _start>main>work
         Interrupt 8 SysTick",
    );
    // A handler that is called is one; a reset's main is not; a cycle that nothing calls begins at its first by name.
    check(
        "Reset 0: main
         main 16: SysTick
         SysTick 8
         pong 4: ping
         ping 4: pong",
        &[],
        "Start 24 Reset>main>SysTick
         Interrupt 8 SysTick
         Root >=8 ping>pong; recursion ping>pong>ping of 2",
    );
    check(
        "app::TIM2_IRQHandler 8\n main 4: app::TIM2_IRQHandler",
        &[],
        "Start 12 main>app::TIM2_IRQHandler\nInterrupt 8 app::TIM2_IRQHandler",
    );
    // Those that are asked for, and only those.
    check("main 16: work\n work 32\n task 64: work", &["work", "main"], "Named 48 main>work\nNamed 32 work");
}

#[test]
fn who_is_asked_for_and_not_there_is_said() {
    let (mut anatomy, _) = program("main 16\n work 8\n \"text");
    anatomy.parts[1].linkage = Some("_RNvC3app4work".into());
    let report = worst_case(&anatomy, &["_RNvC3app4work", "task", "\"text", "task"]);
    assert_eq!(told(&report), "Named 8 work");
    assert_eq!(report.not_found, ["task", "\"text"]);
}

#[test]
fn what_bounds_nothing_is_named_with_its_place() {
    let check = check_worst;
    check("main 16: fac\n fac 24: fac", &[], "Start >=40 main>fac; recursion fac>fac of 1");
    // A longer way around; what lies behind it counts.
    check(
        "main 16: even
         even 8: odd
         odd 8: even, leaf
         leaf 100",
        &[],
        "Start >=132 main>even>odd>leaf; recursion even>odd>even of 2",
    );
    // The shortest cycle of several.
    check("main 0: a\n a 1: b, c\n b 1: d\n d 1: a\n c 1: a", &[], "Start >=3 main>a>b>d; recursion a>c>a of 4");
    check("**main 16: work\n *work 8", &[], "Start >=24 main>work; 2 indirect in main, 1 indirect in work");
    check("main 16: memcpy\n memcpy ?", &[], "Start >=16 main>memcpy; memcpy unknown");
    check("main 16: vla\n vla ~40", &[], "Start >=56 main>vla; vla grows");
    check("main 16: vla\n vla ~?", &[], "Start >=16 main>vla; vla grows");
    // All of it at once, and only for those it is about.
    check(
        "main 16: a, clean
         clean 8
         *a ~4: a, b
         b ?
         tick 4: clean",
        &[],
        "Start >=24 main>clean; recursion a>a of 1, 1 indirect in a, a grows, b unknown
         Root 12 tick>clean",
    );
}

#[test]
fn a_cut_anatomy_bounds_nothing() {
    let (anatomy, _) = program("main 16");
    let report = worst_case(&Anatomy { cut: true, ..anatomy }, &[]);
    assert_eq!(told(&report), "Start >=16 main");
    assert!(report.cut);
}

#[test]
fn what_is_left_out_is_counted() {
    // More entries than are told: a reset and a handler stay, though least deep.
    let roots: String = (0..100).map(|i| format!("task{i:03} {}\n", 100 + i)).collect();
    let (anatomy, _) = program(&format!("{roots}Reset 1\nSysTick 2\n"));
    let report = worst_case(&anatomy, &[]);
    assert_eq!((report.entries.len(), report.entries_left_out), (ENTRIES_MAX, 102 - ENTRIES_MAX as u64));
    let names: Vec<&str> = report.entries.iter().map(|e| e.name.as_str()).collect();
    assert_eq!((names[0], &names[30..]), ("task099", &["SysTick", "Reset"][..]));
    assert_eq!((report.functions, report.frames_known), (102, 102));
    // More places, and more steps.
    let chain: String = (0..100).map(|i| format!("f{i:03} ?: f{:03}\n", i + 1)).collect();
    let (anatomy, _) = program(&format!("{chain}f100 8\n"));
    let report = worst_case(&anatomy, &[]);
    let entry = &report.entries[0];
    assert_eq!((entry.path.len(), entry.path_left_out), (PATH_STEPS_MAX, 101 - PATH_STEPS_MAX as u64));
    assert_eq!((entry.open.len(), entry.open_left_out), (OPEN_MAX, 100 - OPEN_MAX as u64));
    assert_eq!((report.functions, report.frames_known), (101, 1));
    // A cycle of many.
    let ring: String = (0..100).map(|i| format!("f{i:03} 1: f{:03}\n", (i + 1) % 100)).collect();
    let report = worst_case(&program(&ring).0, &[]);
    let Unbounded::Recursion { cycle, functions } = &report.entries[0].open[0].why else { panic!() };
    assert_eq!((cycle.len(), *functions, report.entries[0].bytes), (CYCLE_NAMES_MAX, 100, 100));
}

/// The deepest chain in which each function is at most once, tried out.
fn deepest(parts: &[Part], from: usize, on: &mut Vec<usize>) -> u64 {
    on.push(from);
    let callees = parts[from].uses.iter().map(|&c| c as usize).filter(|c| *c < parts.len() && parts[*c].code && !on.contains(c));
    let below = callees.collect::<Vec<_>>().into_iter().map(|c| deepest(parts, c, on)).max().unwrap_or(0);
    on.pop();
    parts[from].frame_bytes.unwrap_or(0) + below
}

/// Whether a function reaches itself from somewhere that `from` reaches.
fn can_recurse(parts: &[Part], from: usize) -> bool {
    let reach = |start: usize| {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![start]);
        while let Some(i) = todo.pop() {
            todo.extend(parts[i].uses.iter().map(|&c| c as usize).filter(|c| *c < parts.len() && parts[*c].code && seen.insert(*c)));
        }
        seen
    };
    reach(from).into_iter().chain([from]).any(|i| reach(i).contains(&i))
}

#[test]
fn any_program_is_as_deep_as_trying_says() {
    let mut cyclic = 0;
    for seed in 0..400 {
        let mut random = Seeded(seed);
        let count = 1 + random.below(8);
        let part = |i: usize, random: &mut Seeded| Part {
            name: format!("f{i}"),
            code: !random.one_in(8),
            frame_bytes: Some(random.below(50) as u64),
            uses: (0..random.below(3)).map(|_| if random.one_in(20) { u32::MAX } else { random.below(count + 1) as u32 }).collect(),
            ..Part::default()
        };
        let parts: Vec<Part> = (0..count).map(|i| part(i, &mut random)).collect();
        let names: Vec<String> = parts.iter().map(|p| p.name.clone()).collect();
        let anatomy = Anatomy { parts, cut: false };
        let report = worst_case(&anatomy, &names.iter().map(String::as_str).collect::<Vec<_>>());
        for entry in &report.entries {
            let index = names.iter().position(|n| *n == entry.name).unwrap();
            let (tried, recurses) = (deepest(&anatomy.parts, index, &mut vec![]), can_recurse(&anatomy.parts, index));
            assert_eq!(entry.bounded, !recurses, "seed {seed}, {}", entry.name);
            assert_eq!(entry.bytes, entry.path.iter().filter_map(|s| s.frame_bytes).sum::<u64>(), "seed {seed}, {}", entry.name);
            let distinct: BTreeSet<&str> = entry.path.iter().map(|s| s.name.as_str()).collect();
            assert_eq!(distinct.len(), entry.path.len(), "seed {seed}, {}", entry.name);
            if recurses {
                cyclic += 1;
                assert!(entry.bytes <= tried, "seed {seed}, {}", entry.name);
            } else {
                assert_eq!(entry.bytes, tried, "seed {seed}, {}", entry.name);
            }
        }
        // Each function is below some entry.
        let (all, functions) = (worst_case(&anatomy, &[]), anatomy.parts.iter().filter(|p| p.code).count());
        assert!(functions == 0 || !all.entries.is_empty());
    }
    assert!(cyclic > 100, "{cyclic}");
}

#[test]
fn the_order_of_addresses_changes_nothing() {
    let text = "main 16: a, b, c\n a 8: b, d\n b 8: a\n c 16: d\n d ?\n *tick 4: d";
    let (anatomy, _) = program(text);
    let first = worst_case(&anatomy, &[]);
    let mut random = Seeded(3);
    for _ in 0..20 {
        let mut order: Vec<usize> = (0..anatomy.parts.len()).collect();
        order.sort_by_key(|_| random.number());
        let place = |old: u32| order.iter().position(|&o| o == old as usize).unwrap() as u32;
        let parts = order.iter().map(|&old| {
            let part = anatomy.parts[old].clone();
            Part { uses: part.uses.iter().map(|&u| place(u)).collect(), ..part }
        });
        assert_eq!(worst_case(&Anatomy { parts: parts.collect(), cut: false }, &[]), first);
    }
}

#[test]
fn a_hundred_thousand_functions_deep_is_no_deep_stack_of_ours() {
    const COUNT: u32 = 100_000;
    let name = |i: u32| format!("f{i:06}");
    let ring = |closed: bool| {
        let uses = |i: u32| {
            if i + 1 < COUNT {
                vec![i + 1]
            } else if closed {
                vec![0]
            } else {
                vec![]
            }
        };
        (0..COUNT).map(|i| Part { name: name(i), code: true, frame_bytes: Some(8), uses: uses(i), ..Part::default() }).collect()
    };
    let chain = worst_case(&Anatomy { parts: ring(false), cut: false }, &[]);
    assert_eq!((chain.entries[0].bytes, chain.entries[0].bounded), (800_000, true));
    let ring = worst_case(&Anatomy { parts: ring(true), cut: false }, &[]);
    assert_eq!((ring.entries[0].bytes, ring.entries[0].bounded), (800_000, false));
    let huge = vec![Part { name: "a".into(), code: true, frame_bytes: Some(u64::MAX), uses: vec![1], ..Part::default() }; 2];
    assert_eq!(worst_case(&Anatomy { parts: huge, cut: false }, &[]).entries[0].bytes, u64::MAX);
}

#[test]
fn a_report_is_written_and_read() {
    let (anatomy, dynamic) = program("main 16: vla, fac\n vla ~40\n *fac 8: fac\n tick 4");
    let report = worst_case_with(&anatomy, &[], &dynamic);
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<StackReport>(&text).unwrap(), report);
    assert!(text.contains(r#"{"name":"tick","kind":"root","bytes":4,"bounded":true,"path":[{"name":"tick","frame_bytes":4}]}"#), "{text}");
}
