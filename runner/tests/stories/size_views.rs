//! `ounce size` from other sides: lines of source, the stack, memory by a script, and other formats. Nothing of the image is guessed, so
//! each is held against the toolchain's own word.

use crate::common::{Desk, must};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The path of the board's image, and its folder.
fn made(desk: &Desk) -> (String, String) {
    let elf = desk.made("an385");
    (elf.to_str().unwrap().to_owned(), elf.parent().unwrap().to_str().unwrap().to_owned())
}

/// The size of a section, as the toolchain says it.
fn section(desk: &Desk, elf: &str, name: &str) -> u64 {
    let sizes = must("arm-none-eabi-size", &desk.repo(), &["-A", "-d", elf]);
    let line = sizes.lines().find(|l| l.split_whitespace().next() == Some(name)).unwrap_or_else(|| panic!("no {name}: {sizes}"));
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn sum(rows: &Value, field: &str) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row[field].as_u64().unwrap()).sum()
}

#[test]
fn code_is_told_by_lines_of_source() {
    let desk = Desk::with_one_board();
    let (elf, _) = made(&desk);
    let json = desk.ounce(&["size", &elf, "--by", "source", "--json"]).ends(0).json();
    assert_eq!((&json["schema"], sum(&json["lines"], "bytes")), (&1.into(), section(&desk, &elf, ".text")));
    let file_of = |line: &Value| line["file"].as_u64().map(|n| json["files"][n as usize].as_str().unwrap().to_owned());
    let bytes_of = |file: &str| -> u64 {
        let lines = json["lines"].as_array().unwrap().iter();
        lines.filter(|line| file_of(line).is_some_and(|path| path.ends_with(file))).map(|line| line["bytes"].as_u64().unwrap()).sum()
    };
    // One function is all of the code of its file.
    let nm = must("arm-none-eabi-nm", &desk.repo(), &["-S", &elf]);
    let crc32 = nm.lines().find(|line| line.ends_with(" crc32")).unwrap().split(' ').nth(1).unwrap();
    assert_eq!((bytes_of("src/crc.c"), bytes_of("src/delay.S")), (u64::from_str_radix(crc32, 16).unwrap(), 8));
    // A line's code that is in another function by inlining is said to be.
    let send = json["lines"].as_array().unwrap().iter().find(|line| line["inlined_bytes"] != 0).unwrap();
    assert!(send["inlined_into"].as_array().is_some_and(|into| !into.is_empty()), "{send}");

    let table = desk.ounce(&["size", &elf, "--by", "source"]).ends(0).stdout;
    assert!(table.contains("src/uart.c:") && table.contains("(no line)"), "{table}");
    let markdown = desk.ounce(&["size", &elf, "--by", "source", "--markdown"]).ends(0).stdout;
    assert!(markdown.contains("src/uart.c:") && markdown.lines().any(|line| line.starts_with('|')), "{markdown}");
}

#[test]
fn without_debug_information_there_are_no_lines_and_it_says_what_to_do() {
    let desk = Desk::with_one_board();
    desk.edit("Makefile", " -Os -g ", " -Os ");
    let (elf, _) = made(&desk);
    desk.ounce(&["size", &elf, "--by", "source"]).refuses(&["firmware.elf has no debug information", "-g"]);
    // It was there and is gone.
    let desk = Desk::with_one_board();
    let (elf, _) = made(&desk);
    must("arm-none-eabi-strip", &desk.repo(), &["--strip-debug", &elf]);
    desk.ounce(&["size", &elf, "--by", "source"]).refuses(&["firmware.elf has no debug information"]);
    // Of two images there is no such table.
    desk.ounce(&["size", &elf, &elf, "--by", "source"]).refuses(&["one image"]);
}

#[test]
fn the_worst_case_of_the_stack_by_what_gcc_says_beside_the_image() {
    let desk = Desk::with_one_board();
    desk.edit("Makefile", "-ffunction-sections", "-fstack-usage -ffunction-sections");
    let (elf, folder) = made(&desk);
    desk.ounce(&["size", &elf, "--stack"]).refuses(&["firmware.elf states no stack frames", "--su"]);

    let files: Vec<String> = ["main.c.su", "startup.c.su", "uart.c.su", "crc.c.su"].map(|name| format!("{folder}/{name}")).into();
    let frame = |file: &str, function: &str| -> u64 {
        let text = fs::read_to_string(Path::new(&folder).join(file)).unwrap();
        let line = text.lines().find(|line| line.split('\t').next().is_some_and(|place| place.ends_with(&format!(":{function}")))).unwrap();
        line.split('\t').nth(1).unwrap().parse().unwrap()
    };
    let su: Vec<&str> = files.iter().flat_map(|file| ["--su", file]).collect();
    let json =
        desk.ounce(&[&["size", &elf, "--stack", "--json", "--from", "uart_decimal", "--from", "nowhere"], &su[..]].concat()).ends(0).json();
    assert_eq!((&json["schema"], &json["not_found"]), (&1.into(), &serde_json::json!(["nowhere"])));
    let entry = &json["entries"][0];
    let want = frame("uart.c.su", "uart_decimal") + frame("uart.c.su", "uart_text");
    assert_eq!((&entry["name"], entry["bytes"].as_u64(), &entry["bounded"]), (&"uart_decimal".into(), Some(want), &true.into()), "{entry}");

    // From reset on: what is deepest below main, which `delay`, written in assembler, does not bound.
    let text = desk.ounce(&[&["size", &elf, "--stack"], &su[..]].concat()).ends(0).stdout;
    assert!(text.contains("at reset") && text.contains("delay"), "{text}");
    let deepest = frame("startup.c.su", "reset") + frame("main.c.su", "main") + want;
    assert!(text.contains(&format!("{deepest} B")), "{deepest}: {text}");
}

#[test]
fn the_worst_case_of_the_stack_by_what_the_image_says() {
    let desk = Desk::with_one_board();
    // What clang and rustc write: an address, and a size in LEB128.
    let sizes = [("reset", 8), ("main", 16), ("crc32", 300), ("delay", 0)];
    let words: String = sizes.iter().map(|(name, bytes)| format!("    .word {name}\n    .uleb128 {bytes}\n")).collect();
    desk.write("src/sizes.S", &format!("    .section .stack_sizes, \"\", %progbits\n{words}"));
    desk.edit("firmware.ld", "/DISCARD/ :", ".stack_sizes 0 : { KEEP(*(.stack_sizes)) }\n\n    /DISCARD/ :");
    let (elf, _) = made(&desk);
    let json = desk.ounce(&["size", &elf, "--stack", "--json", "--from", "main"]).ends(0).json();
    assert_eq!(json["frames_known"], 4, "{json}");
    let entry = &json["entries"][0];
    assert_eq!((&entry["name"], &entry["bytes"], &entry["bounded"]), (&"main".into(), &316.into(), &false.into()), "{entry}");
    let path: Vec<&str> = entry["path"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(path, ["main", "crc32"]);
    // The two are for this alone.
    let wrong = desk.ounce(&["size", &elf, "--from", "main"]).ends(2);
    assert!(wrong.stderr.contains("--stack"), "{}", wrong.stderr);
}

#[test]
fn memory_is_that_of_a_script_or_of_a_map() {
    let desk = Desk::with_one_board();
    let (elf, folder) = made(&desk);
    let by_board = desk.ounce(&["size", &elf, "--json"]).ends(0).json();
    let map = format!("{folder}/firmware.map");

    let elsewhere = Desk::bare();
    fs::copy(&elf, elsewhere.repo().join("a.elf")).unwrap();
    fs::copy(desk.repo().join("firmware.ld"), elsewhere.repo().join("chip.ld")).unwrap();
    let by_script = elsewhere.ounce(&["size", "a.elf", "--json", "--memory", "chip.ld", "--map", &map]).ends(0).json();
    let by_map = elsewhere.ounce(&["size", "a.elf", "--json", "--map", &map]).ends(0).json();
    assert_eq!(by_script, by_board);
    assert_eq!(by_map, by_board);

    elsewhere.write("empty.ld", "SECTIONS { .text : { *(.text) } }\n");
    elsewhere.ounce(&["size", "a.elf", "--memory", "empty.ld"]).refuses(&["empty.ld", "no MEMORY block"]);
    elsewhere.ounce(&["size", "a.elf", "--memory", "none.ld"]).refuses(&["none.ld cannot be read"]);
    elsewhere.write("words.map", "no map at all\n");
    elsewhere.ounce(&["size", "a.elf", "--memory", "chip.ld", "--map", "words.map"]).refuses(&["words.map"]);
    let both = elsewhere.ounce(&["size", "a.elf", "--memory", "chip.ld", "--board", "an385"]).ends(2);
    assert!(both.stderr.contains("cannot be used with"), "{}", both.stderr);
}

#[test]
fn symbols_alone_leave_texts_to_nobody() {
    let desk = Desk::with_one_board();
    let (elf, _) = made(&desk);
    let rows = |args: &[&str]| {
        let json = desk.ounce(&[&["size", &elf, "--json", "--region", "flash:flash:0x0:3M"], args].concat()).ends(0).json();
        let flash = json["regions"][0].clone();
        assert_eq!(sum(&flash["rows"], "bytes"), section(&desk, &elf, ".text") + section(&desk, &elf, ".data"));
        flash["rows"].as_array().unwrap().clone()
    };
    let digits = |rows: &[Value]| rows.iter().find(|row| row["name"] == "\"0123456789abcdef\"").map(|row| row["of"].clone());
    let (all, symbols) = (rows(&[]), rows(&["--symbols-only"]));
    assert_eq!(digits(&all), Some("uart_hex".into()));
    assert_eq!(digits(&symbols), Some(Value::Null));
    assert!(symbols.iter().all(|row| row["of"].is_null()));
    // Symbols are what they are either way.
    let sized = |rows: &[Value]| rows.iter().filter(|row| row["owner"] == "symbol").cloned().collect::<Vec<_>>();
    assert_eq!(sized(&all), sized(&symbols));
}

#[test]
fn the_same_as_csv_and_as_a_page() {
    let desk = Desk::with_one_board();
    let (elf, _) = made(&desk);
    let json = desk.ounce(&["size", &elf, "--json"]).ends(0).json();
    let csv = desk.ounce(&["size", &elf, "--csv"]).ends(0).stdout;
    let mut lines = csv.split_terminator("\r\n");
    assert_eq!(lines.next(), Some("region,kind,owner,name,linkage,group,section,of,object,bytes"));
    let bytes: u64 = lines.clone().map(|line| line.rsplit(',').next().unwrap().parse::<u64>().unwrap()).sum();
    let regions = json["regions"].as_array().unwrap();
    assert_eq!(bytes, sum(&json["regions"], "used_bytes"));
    assert_eq!(lines.count(), regions.iter().map(|r| r["rows"].as_array().unwrap().len()).sum::<usize>());

    let page = desk.beside("page.html");
    let ran = desk.ounce(&["size", &elf, "--html", page.to_str().unwrap()]).ends(0);
    let html = fs::read_to_string(&page).unwrap();
    assert!(ran.stdout.is_empty() && ran.stderr.contains("page.html"), "{ran:?}");
    assert!(html.starts_with("<!DOCTYPE html>") && html.contains("uart_decimal") && html.contains("firmware.elf"), "{}", &html[..200]);
    assert!(!html.contains(desk.repo().to_str().unwrap()), "the folder is nobody's business");

    // Of two images too.
    desk.edit("src/config.h", "CRC_BY_NIBBLE 0", "CRC_BY_NIBBLE 1");
    fs::copy(&elf, desk.beside("old.elf")).unwrap();
    let old = desk.beside("old.elf");
    let args = ["size", old.to_str().unwrap(), &made(&desk).0];
    let csv = desk.ounce(&[&args[..], &["--board", "an385", "--csv"]].concat()).ends(0).stdout;
    assert!(csv.lines().any(|line| line.starts_with("flash,flash,added,symbol,nibbles,C,")), "{csv}");
    desk.ounce(&[&args[..], &["--board", "an385", "--html", page.to_str().unwrap()]].concat()).ends(0);
    assert!(fs::read_to_string(&page).unwrap().contains("nibbles"));
    desk.ounce(&["size", &elf, "--html", "none/page.html"]).refuses(&["none/page.html cannot be written"]);
}

#[test]
fn two_formats_at_once_are_refused() {
    let desk = Desk::with_one_board();
    let (elf, _) = made(&desk);
    let page = desk.beside("page.html");
    let page = page.to_str().unwrap();
    let formats: [&[&str]; 4] = [&["--json"], &["--markdown"], &["--csv"], &["--html", page]];
    for (at, one) in formats.iter().enumerate() {
        for other in &formats[at + 1..] {
            let ran = desk.ounce(&[&["size", &elf], *one, *other].concat()).ends(2);
            assert!(ran.stdout.is_empty() && ran.stderr.contains("cannot be used with"), "{one:?} {other:?}: {}", ran.stderr);
        }
    }
    assert!(!Path::new(page).exists());
    // What has no lines to group has no CSV and no page.
    for args in [&["--by", "source", "--csv"][..], &["--stack", "--csv"], &["--stack", "--html", page]] {
        desk.ounce(&[&["size", &elf], args].concat()).ends(2);
    }
    desk.ounce(&["size", &elf, "--by", "source", "--html", page]).refuses(&["as a table or as JSON"]);
    // Nor does what all rows say have groups, or a stack without reading code.
    desk.ounce(&["size", &elf, "--by", "object", "--json"]).refuses(&["leave --by out"]);
    desk.ounce(&["size", &elf, "--stack", "--symbols-only"]).ends(2);
}
