//! `ounce size`: nothing is built and nothing is run.

use crate::common::{Desk, must};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

const REGIONS: [&str; 4] = ["--region", "flash:flash:0x0:3M", "--region", "ram:ram:0x20000000:4M"];

/// The object files that rows name.
fn objects(json: &Value) -> BTreeSet<&str> {
    json["regions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|r| r["rows"].as_array().unwrap())
        .filter_map(|row| row["object"].as_str())
        .collect()
}

#[test]
fn an_image_outside_any_project_is_weighed_by_regions_given_by_hand() {
    let desk = Desk::with_firmware();
    let elf = desk.made("an385");
    let by_board = desk.ounce(&["size", elf.to_str().unwrap(), "--board", "an385", "--json"]).ends(0).json();

    let elsewhere = Desk::bare();
    fs::copy(&elf, elsewhere.repo().join("a.elf")).unwrap();
    let map = elf.with_extension("map");
    let by_region = elsewhere.ounce(&[&["size", "a.elf", "--json", "--map", map.to_str().unwrap()], &REGIONS[..]].concat()).ends(0).json();
    assert_eq!(by_board, by_region);
    // Without the map the same bytes, and less is known of them.
    let less = elsewhere.ounce(&[&["size", "a.elf", "--json"], &REGIONS[..]].concat()).ends(0).json();
    let used = |json: &Value| json["regions"].as_array().unwrap().iter().map(|r| r["used_bytes"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(used(&less), used(&by_board));
    assert!(objects(&less).is_empty() && objects(&by_board).contains("uart.c.o"));
    // Without either, it says what to do.
    elsewhere.ounce(&["size", "a.elf"]).refuses(&["whose memory is it", "--board", "--region flash:flash:"]);
}

#[test]
fn the_json_of_one_image_has_the_fields_of_schema_1() {
    let desk = Desk::with_firmware();
    let elf = desk.made("an385");
    let json = desk.ounce(&["size", elf.to_str().unwrap(), "--json"]).ends(0).json();
    let keys = |value: &serde_json::Value| -> Vec<String> {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(keys(&json), ["image", "outside", "regions", "schema"]);
    assert_eq!((&json["schema"], &json["outside"]), (&1.into(), &serde_json::json!([])));
    assert_eq!(json["image"].as_str().unwrap().len(), 64);
    let regions = json["regions"].as_array().unwrap();
    assert_eq!(regions.iter().map(|r| r["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["flash", "ram"]);
    for region in regions {
        assert_eq!(keys(region), ["kind", "name", "rows", "size_bytes", "used_bytes"]);
        let rows = region["rows"].as_array().unwrap();
        assert_eq!(rows.iter().map(|r| r["bytes"].as_u64().unwrap()).sum::<u64>(), region["used_bytes"].as_u64().unwrap());
        for row in rows {
            let optional = ["linkage", "object", "of"];
            let keys: Vec<String> = keys(row).into_iter().filter(|key| !optional.contains(&key.as_str())).collect();
            assert_eq!(keys, ["bytes", "group", "name", "owner", "section"]);
            for key in optional.iter().filter(|key| !row[**key].is_null()) {
                assert!(row[*key].as_str().is_some_and(|text| !text.is_empty()), "{row}");
            }
        }
    }
}

#[test]
fn two_images_are_a_difference_that_sums() {
    let desk = Desk::with_firmware();
    fs::copy(desk.made("an385"), desk.beside("old.elf")).unwrap();
    desk.edit("src/config.h", "CRC_BY_NIBBLE 0", "CRC_BY_NIBBLE 1");
    let (old, new) = (desk.beside("old.elf"), desk.made("an385"));
    let args = ["size", old.to_str().unwrap(), new.to_str().unwrap(), "--board", "an385"];
    let json = desk.ounce(&[&args[..], &["--json"]].concat()).ends(0).json();
    assert_eq!(json["schema"], 1);
    assert_ne!(json["base"], json["head"]);
    let flash = &json["regions"][0];
    let delta = |v: &serde_json::Value| v["head_bytes"].as_i64().unwrap() - v["base_bytes"].as_i64().unwrap();
    let rows = flash["rows"].as_array().unwrap();
    assert!(delta(flash) > 0);
    assert_eq!(rows.iter().map(delta).sum::<i64>(), delta(flash));
    assert_eq!((rows[0]["name"].as_str(), rows[0]["change"].as_str()), (Some("nibbles"), Some("added")));

    let text = desk.ounce(&args).ends(0).stdout;
    let line = |text: &str, words: &[&str]| text.lines().any(|line| line.split_whitespace().collect::<Vec<_>>().starts_with(words));
    assert!(line(&text, &["+64", "B", "added", "nibbles", "C"]) && line(&text, &["+8", "B", "grown,", "48", "→", "56", "crc32"]), "{text}");
    assert!(text.contains("nibbles +64 B: pulled in by crc32 → nibbles"), "{text}");
    let one_row = desk.ounce(&[&args[..], &["--top", "1"]].concat()).ends(0).stdout;
    assert!(line(&one_row, &["+64", "B", "added", "nibbles"]) && !line(&one_row, &["+8", "B"]), "{one_row}");
    // An image and itself differ in nothing.
    let same = desk.ounce(&["size", args[1], args[1], "--board", "an385", "--json"]).ends(0).json();
    assert_eq!((&same["base"], &same["regions"][0]["rows"]), (&same["head"], &serde_json::json!([])));
}

#[test]
fn what_lies_in_no_region_is_listed() {
    let desk = Desk::with_firmware();
    let elf = desk.made("an385");
    let elf = elf.to_str().unwrap();
    let json = desk.ounce(&["size", elf, "--json", "--region", "flash:flash:0x00400000:1M"]).ends(0).json();
    let outside: u64 = json["outside"].as_array().unwrap().iter().map(|o| o["bytes"].as_u64().unwrap()).sum();
    let sizes = must("arm-none-eabi-size", &desk.repo(), &[elf]);
    let all: u64 = sizes.lines().nth(1).unwrap().split_whitespace().nth(3).unwrap().parse().unwrap();
    // Text and start values by load address, then data and bss by run address.
    let data: u64 = sizes.lines().nth(1).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
    assert_eq!((json["regions"][0]["used_bytes"].as_u64(), outside), (Some(0), all + data));
}

#[test]
fn a_file_that_is_no_image_is_named() {
    let desk = Desk::with_firmware();
    let elf = desk.made("an385");
    let whole = fs::read(&elf).unwrap();
    let check = |name: &str, bytes: &[u8], says: &str| {
        fs::write(desk.repo().join(name), bytes).unwrap();
        desk.ounce(&[&["size", name], &REGIONS[..]].concat()).refuses(&[name, says]);
    };
    check("words.elf", b"no image at all", "not a 32-bit or 64-bit ELF file");
    check("nothing.elf", b"", "not a 32-bit or 64-bit ELF file");
    check("cut.elf", &whole[..whole.len() / 2], "damaged");
    check("object.o", &fs::read(desk.repo().join("build/an385/crc.c.o")).unwrap(), "not an object file");
    desk.ounce(&[&["size", "none.elf"], &REGIONS[..]].concat()).refuses(&["none.elf cannot be read"]);
    desk.ounce(&[&["size", "src"], &REGIONS[..]].concat()).refuses(&["src is not a file"]);
    desk.ounce(&["size", elf.to_str().unwrap(), "--board", "an835"]).refuses(&["no board an835", "did you mean", "an385, an386"]);
    let wrong = desk.ounce(&["size", "words.elf", "--region", "flash:rom:0:1K"]).ends(2);
    assert!(wrong.stderr.contains("flash or ram"), "{}", wrong.stderr);
}
