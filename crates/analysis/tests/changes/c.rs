//! Changes of programs in C and C++.

use crate::images::{ALL_EVIDENCE, Evidence, Told, bytes, for_chips, hosted, told};
use crate::workbench::installed;
use ounce_analysis::comparison::{Change, RowDelta};
use ounce_analysis::tree::By;
use ounce_protocol::measurement::Owner;
use ounce_protocol::units;

/// A line that texts are sent over, and a program that greets.
const LINE: &str = r#"
void send(const char *text)
{
    while (*text)
        *(volatile unsigned *)0x40004000 = (unsigned char)*text++;
}
void send_ready(void) { send("the line is ready"); }
"#;
const GREETER: &str = r#"
void send(const char *text);
void send_ready(void);
#ifndef HELLO
#define HELLO
#endif
__attribute__((noinline)) void greet(int loudly)
{
    send("good morning");
    HELLO
    if (loudly)
        send("GOOD MORNING");
}
__attribute__((noinline)) void leave(void) { send("until tomorrow"); }
int main(void)
{
    send_ready();
    greet(1);
    leave();
    return 0;
}
"#;

#[test]
fn a_text_is_owned_by_the_function_that_uses_it() {
    for_chips("a text added to a function", |chip| {
        for (chip, evidence) in ALL_EVIDENCE.into_iter().flat_map(|evidence| [(chip, evidence), (chip.in_one_section(), evidence)]) {
            let build =
                |define: &str| chip.linked(evidence, &[("line.c", LINE), ("greeter.c", &format!("#define HELLO {define}\n{GREETER}"))]);
            let told = told(&build(""), &build("send(\"hello-owner\");"));
            let text = told.row("\"hello-owner\"");
            assert_eq!((text.of.as_deref(), bytes(text), &text.change), (Some("greet"), 12, &Change::Added), "{evidence:?}");
            assert!(matches!(text.owner, Owner::Reference | Owner::Map), "{evidence:?} {:?}", text.owner);

            let code = told.row("greet");
            assert_eq!(code.change, Change::Grown, "{evidence:?}");
            told.is(evidence, &["flash: +12 \"hello-owner\" of greet added", &format!("flash: {:+} greet grown", bytes(code))]);
            assert!(told.region("ram").rows.is_empty(), "{evidence:?}");

            let path = match evidence {
                Evidence::Map => vec!["C", "greeter_c.o", "greet"],
                _ => vec!["C", "greet"],
            };
            let node = told.node("flash", By::Crate, &path);
            assert_eq!(units::delta(node.base_bytes, node.head_bytes), bytes(code) + 12, "{evidence:?}");
            if evidence == Evidence::Map {
                // By file too: the other one has its own text, and keeps it.
                let (greeter, line) = (told.node("flash", By::Object, &["greeter_c.o"]), told.node("flash", By::Object, &["line_c.o"]));
                assert_eq!(units::delta(greeter.base_bytes, greeter.head_bytes), bytes(code) + 12);
                assert_eq!(line.base_bytes, line.head_bytes);
            }
        }
    });
}

#[test]
fn a_function_in_another_file_is_the_same_function() {
    const MIX: &str = r#"
static __attribute__((noinline)) unsigned mix(unsigned n)
{
    for (unsigned i = 0; i < 3; i++)
        n = (n << 5 | n >> 27) ^ (n * 0x9e3779b1u + i);
    return n;
}
unsigned mixed(unsigned n) { return mix(n) + mix(n + 1); }
"#;
    // A stranger of the same name, in a file that is there on both sides.
    const OTHER: &str = r#"
static __attribute__((noinline)) unsigned mix(unsigned n) { return n * 7 ^ n >> 3; }
unsigned other(unsigned n) { return mix(n) + mix(n ^ 9); }
"#;
    const MAIN: &str = "unsigned mixed(unsigned); unsigned other(unsigned);\nint main(void) { return (int)(mixed(1) + other(2)); }\n";
    for_chips("a function in another file", |chip| {
        for evidence in ALL_EVIDENCE {
            let base = chip.linked(evidence, &[("a.c", MIX), ("b.c", OTHER), ("main.c", MAIN)]);
            let head = chip.linked(evidence, &[("z.c", MIX), ("b.c", OTHER), ("main.c", MAIN)]);
            let told = told(&base, &head);
            assert!(told.regions.iter().all(|region| region.rows.is_empty()), "{evidence:?}: {}", told.lines());
            if evidence == Evidence::Map {
                // Where objects are looked at, it is at its new place.
                let (a, z) = (told.node("flash", By::Object, &["a_c.o"]), told.node("flash", By::Object, &["z_c.o"]));
                assert_eq!((a.head_bytes, z.base_bytes), (0, 0));
                assert!(a.base_bytes > 0 && a.base_bytes == z.head_bytes, "{a:?} {z:?}");
            }
        }
    });
}

#[test]
fn one_more_instance_of_a_template_is_said_so() {
    const SUM: &str = r#"
template <typename T> __attribute__((noinline)) T sum(const volatile T *all, unsigned count)
{
    T sum = 0;
    while (count--)
        sum = static_cast<T>(sum * 3 + *all++);
    return sum;
}
static volatile unsigned char bytes[8];
static volatile short shorts[8];
static volatile int ints[8];
static volatile long long longs[8];
int main()
{
    int all = sum(bytes, 8u) + sum(shorts, 8u) + sum(ints, 8u);
#ifdef FOURTH
    all += static_cast<int>(sum(longs, 8u));
#endif
    return all;
}
"#;
    for_chips("one more instance of a template", |chip| {
        for evidence in ALL_EVIDENCE {
            let build = |define: &str| chip.linked(evidence, &[("sum.cpp", &format!("{define}\n{SUM}"))]);
            let told = told(&build(""), &build("#define FOURTH"));
            let copies = told.regions[0].rows.iter().find(|row| matches!(row.change, Change::Copies { .. }));
            let copies = copies.unwrap_or_else(|| panic!("{evidence:?}: {}", told.lines()));
            assert_eq!(copies.change, Change::Copies { base: 3, head: 4 }, "{evidence:?}");
            assert!(copies.name.contains("sum"), "{evidence:?}: {}", copies.name);
            let copies = format!("flash: {:+} {} 3 → 4 copies", bytes(copies), copies.name);
            told.is(evidence, &[&copies, &format!("flash: {:+} main grown", bytes(told.row("main"))), "ram: +64 longs added"]);
        }
    });
}

#[test]
fn ram_that_starts_as_zero_is_in_ram_alone() {
    const POOL: &str = "char pool[POOL];\n#ifdef SPARE\nchar spare[1024];\n#endif\n";
    const MAIN: &str = "extern char pool[];\nchar *volatile first;\nint main(void) { first = pool; return 0; }\n";
    for_chips("1024 bytes of .bss", |chip| {
        for evidence in ALL_EVIDENCE {
            // What nothing refers to is kept where it is asked for.
            let chip = chip.with("-Wl,-u,spare");
            let build = |defines: &str| chip.linked(evidence, &[("pool.c", &format!("{defines}\n{POOL}")), ("main.c", MAIN)]);
            let base = build("#define POOL 1024");
            let check = |defines: &str, want: &str| {
                let told = told(&base, &build(defines));
                told.is(evidence, &[want]);
                let ram = told.region("ram");
                assert_eq!((ram.head_bytes - ram.base_bytes, ram.rows.len()), (1024, 1), "{evidence:?}");
                let flash = told.region("flash");
                assert_eq!((flash.head_bytes, flash.rows.len()), (flash.base_bytes, 0), "{evidence:?}");
            };
            check("#define POOL 2048", "ram: +1024 pool grown");
            check("#define POOL 1024\n#define SPARE", "ram: +1024 spare added");
        }
    });
}

#[test]
fn a_feature_switched_on_is_in_the_functions_that_have_it() {
    const METER: [(&str, &str); 3] = [
        ("meter.c", include_str!("../corpus/meter.c")),
        ("meter.h", include_str!("../corpus/meter.h")),
        ("line.c", include_str!("../corpus/line.c")),
    ];
    for_chips("a feature of the meter switched on", |chip| {
        for evidence in ALL_EVIDENCE {
            let told = told(&chip.linked(evidence, &METER), &chip.with("-DFEATURE").linked(evidence, &METER));
            let changed = ["command", "calibrated", "spoken", "receive"];
            let mut texts = 0;
            for row in told.regions.iter().flat_map(|r| &r.rows).filter(|row| row.owner != Owner::Padding) {
                let function = row.of.as_deref().unwrap_or(&row.name);
                assert!(changed.contains(&function) || row.name.starts_with("words"), "{evidence:?}: {}", told.lines());
                texts += usize::from(row.name.starts_with('"'));
            }
            assert_eq!(texts, 2, "{evidence:?}: {}", told.lines());
            assert!(told.padding("flash").abs() < 16, "{evidence:?}");
            assert!(told.region("flash").head_bytes > told.region("flash").base_bytes && told.region("ram").rows.is_empty());
        }
    });
}

/// Functions that GCC splits, clones and numbers: rare paths, constant arguments, statics of one name.
const SPLIT: &str = r#"
__attribute__((cold, noinline)) void complain(const char *text, int n) { __asm__ volatile("" :: "r"(text), "r"(n) : "memory"); }
int unrelated(int n);
static __attribute__((noinline)) int scaled(int n, int by, int from)
{
    if (__builtin_expect(n > from, 0)) {
        complain("too large", n);
        complain("by", n - from);
        return from;
    }
    return n * by + (n << 3) - from;
}
static int table[64];
__attribute__((noinline)) void work(const char *text, int n) { __asm__ volatile("" :: "r"(text), "r"(n) : "memory"); }
static int slow(int n)
{
    static int count;
    if (__builtin_expect(n >= 0, 1))
        return n;
    for (int i = 0; i < 64; i++) {
        table[i] ^= n + count++;
        work("slow", table[i]);
        if (table[i] > n)
            work("slower", i);
    }
    return scaled(table[3], 7, 1000);
}
int a(int n) { return slow(n) + scaled(n, 7, 1000); }
int b(int n) { return slow(n * 2) + 2; }
__attribute__((noinline)) int first(int n) { static int count; static char text[24]; text[n & 7]++; return count += n + text[3]; }
__attribute__((noinline)) int second(int n) { static int count[5]; static int table[9]; table[n & 7]++; return count[n & 3] += n + table[1]; }
int run(int count)
{
    if (__builtin_expect(count < 0, 0)) {
        complain("negative", count);
        __builtin_trap();
    }
    int sum = a(count) + b(count) + slow(count - 1) + first(count) + second(count);
#ifdef UNRELATED
    __asm__ volatile("" :: "r"(unrelated) : "memory");
#endif
    return sum;
}
#ifdef UNRELATED
__attribute__((noinline)) int unrelated(int n) { static int count; static int table[4]; count += n; return table[count & 3]++ ? n * 5 : count; }
#endif
"#;

#[test]
fn what_is_built_again_is_the_same() {
    for_chips("the same built twice", |chip| {
        for evidence in ALL_EVIDENCE {
            let build = || chip.with("-O2 -g").linked(evidence, &[("line.c", LINE), ("greeter.c", GREETER), ("split.c", SPLIT)]);
            let told = told(&build(), &build());
            assert!(told.regions.iter().all(|region| region.rows.is_empty()), "{evidence:?}: {}", told.lines());
        }
    });
}

#[test]
fn a_function_beside_split_ones_is_the_only_row() {
    if !installed("GCC's split functions", &["gcc"]) {
        return;
    }
    let build = |define: &str| {
        let compile = "gcc -O2 -static -nostdlib -Wl,-e,run -fno-stack-protector -fno-asynchronous-unwind-tables -o a.elf split.c";
        hosted(&[("split.c", &format!("{define}\n{SPLIT}"))], &[compile])
    };
    let (base, head) = (build(""), build("#define UNRELATED"));
    let names = String::from_utf8_lossy(&base.elf).into_owned();
    for suffix in [".cold", ".part.", ".constprop."] {
        assert!(names.contains(suffix), "GCC made no {suffix} of it");
    }
    only_unrelated("the host", &told(&base, &head));
}

#[test]
fn a_function_beside_numbered_statics_is_the_only_row() {
    for_chips("GCC's numbered statics", |chip| {
        for evidence in ALL_EVIDENCE {
            let chip = chip.with("-O2");
            let build =
                |define: &str| chip.linked(evidence, &[("split.c", &format!("{define}\n{SPLIT}\nint main(void) {{ return run(3); }}\n"))]);
            let (base, head) = (build(""), build("#define UNRELATED"));
            let told = told(&base, &head);
            only_unrelated(evidence, &told);
            let statics: Vec<i64> = told.region("ram").rows.iter().filter(|row| row.owner != Owner::Padding).map(bytes).collect();
            assert_eq!(statics, [16, 4], "{evidence:?}: {}", told.lines());
        }
    });
}

/// Nothing but the new function, the one that refers to it, and its two statics.
#[track_caller]
fn only_unrelated(what: impl std::fmt::Debug, told: &Told) {
    let rows = told.regions.iter().flat_map(|r| &r.rows).filter(|row| row.owner != Owner::Padding);
    let strange = |row: &&RowDelta| match &row.change {
        Change::Added => row.name != "unrelated" && !row.name.starts_with("count.") && !row.name.starts_with("table."),
        Change::Grown => row.name != "run" && row.name != "main",
        _ => true,
    };
    assert_eq!(rows.filter(strange).count(), 0, "{what:?}: {}", told.lines());
    assert_eq!(told.row("unrelated").change, Change::Added, "{what:?}");
}
