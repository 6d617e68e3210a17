//! Changes of programs in Rust, for the machine this runs on: the standard library and its 2 000 functions are part of each image.

use crate::images::{Image, bytes, hosted, told};
use crate::workbench::installed;
use ounce_analysis::comparison::Change;
use ounce_analysis::tree::By;
use ounce_protocol::measurement::Owner;

/// A crate with what crates have: generics, closures, traits and their objects, statics, texts, panics, a function in a module.
const SHAPES: &str = r#"
use std::fmt::{self, Display};
pub mod area;
pub mod edge;
pub trait Shape { fn area(&self) -> f64; fn name(&self) -> String { format!("shape of {:.2}", self.area()) } }
pub struct Square(pub f64);
pub struct Circle(pub f64);
impl Shape for Square { fn area(&self) -> f64 { area::of_square(self.0) } }
impl Shape for Circle { fn area(&self) -> f64 { self.0 * self.0 * PI[0] } fn name(&self) -> String { "circle".into() } }
impl Display for Square { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "square of side {}", self.0) } }
static PI: [f64; 4] = [3.14159, 2.71828, 1.41421, 0.57721];
pub fn all() -> Vec<Box<dyn Shape>> { vec![Box::new(Square(2.0)), Box::new(Circle(1.0))] }
pub fn largest<T: PartialOrd + Copy>(all: &[T]) -> T {
    let mut best = *all.first().expect("nothing is not the largest of anything");
    all.iter().for_each(|one| if *one > best { best = *one });
    best
}
// Its caller is brought into the other crate by link-time optimisation, and it is given a number for being called from there.
#[inline(never)]
fn kept(all: &mut [u64]) { for i in 1..all.len() { all[i] = all[i - 1].rotate_left(7) ^ all[i].wrapping_mul(31) } }
pub fn keep(all: &mut [u64], turns: u64) -> u64 {
    for turn in 0..turns { if all.len() as u64 > turn { all[turn as usize] ^= turn.wrapping_mul(0x1234_5678_9abc) } kept(all) }
    all.iter().fold(turns, |sum, one| sum.wrapping_add(*one))
}
#[inline(never)]
pub fn mixed<T: Copy + Into<u64>>(all: &[T], turns: u32) -> u64 {
    all.iter().fold(7u64, |sum, one| (sum.rotate_left(turns) ^ (*one).into()).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
"#;
const AREA: &str = r#"
#[inline(never)]
pub fn of_square(side: f64) -> f64 { if side < 0.0 { panic!("a side of {side}") } side * side }
"#;
const EDGE: &str = "#[inline(never)]\npub fn of_square(side: f64) -> f64 { side * 4.0 + 0.5 }\n";
const WALK: &str = r#"
#[inline(never)]
pub fn walk(steps: &[u32]) -> u32 {
    let mut at = 1u32;
    for step in steps { at = at.rotate_left(*step) ^ at.wrapping_mul(31).wrapping_add(*step) }
    at
}
"#;
const MAIN: &str = r#"
use shapes::{Shape, Square};
fn main() {
    let count = std::env::args().count();
    let areas: Vec<f64> = shapes::all().iter().map(|shape| shape.area()).collect();
    let names: Vec<String> = shapes::all().iter().map(|shape| shape.name()).collect();
    println!("{} {:?} {}", Square(3.0), names, shapes::largest(&areas));
    println!("{}", shapes::edge::of_square(count as f64) + shapes::largest(&[count, 3]) as f64);
    println!("{} {}", shapes::keep(&mut [1, 2, 3], count as u64), MORE);
}
"#;

/// How the two crates are compiled.
#[derive(Clone, Copy, Debug)]
struct Build {
    options: &'static str,
    /// What Cargo makes of a crate's version and place.
    metadata: &'static str,
}

const RELEASE: Build = Build { options: "-O -C symbol-mangling-version=v0", metadata: "1.0.0" };

impl Build {
    /// A program whose last line prints `more`, with modules `area` and `edge` of these sources.
    fn linked(self, area: &str, edge: &str, more: &str) -> Image {
        let rustc = format!("rustc --edition 2021 {}", self.options);
        let (lib, main) = (SHAPES.to_owned(), MAIN.replace("MORE", more));
        let lib_command =
            format!("{rustc} --crate-name shapes --crate-type rlib -C metadata={0} -C extra-filename=-{0} lib.rs", self.metadata);
        let main_command = format!("{rustc} --crate-name app --extern shapes=libshapes-{}.rlib main.rs -o a.elf", self.metadata);
        hosted(&[("lib.rs", &lib), ("area.rs", area), ("edge.rs", edge), ("main.rs", &main)], &[&lib_command, &main_command])
    }
}

fn is_here(what: &str) -> bool {
    installed(what, &["rustc", "cc"]) && std::env::current_exe().and_then(std::fs::read).is_ok_and(|own| own.starts_with(b"\x7fELF"))
}

#[test]
fn another_version_of_a_crate_alone_changes_nothing() {
    if !is_here("another version of a crate") {
        return;
    }
    for options in [
        "-O -C symbol-mangling-version=v0",
        "-O",
        "-C opt-level=s -C symbol-mangling-version=v0 -C codegen-units=1",
        "-O -C symbol-mangling-version=v0 -C lto=thin -C codegen-units=1",
        "-O -C lto=fat",
        "-C debuginfo=2 -C symbol-mangling-version=v0",
    ] {
        let build = |metadata| {
            Build { options, metadata }.linked(
                &format!("{AREA}{WALK}"),
                EDGE,
                "shapes::area::walk(&[1, 2, 3]) + shapes::mixed(&[count as u32], 3) as u32",
            )
        };
        let (base, head) = (build("1.0.0"), build("1.0.1"));
        assert_ne!(base.elf, head.elf, "{options}: the version is not in the image");
        let is_numbered = String::from_utf8_lossy(&base.elf).contains("4kept.llvm.");
        assert_eq!(is_numbered, options.contains("thin"), "{options}");
        told(&base, &head).is(options, &[]);
    }
}

#[test]
fn a_function_in_another_module_is_one_row() {
    if !is_here("a function in another module") {
        return;
    }
    for options in ["-O -C symbol-mangling-version=v0", "-O", "-C symbol-mangling-version=v0"] {
        let build = Build { options, ..RELEASE };
        let base = build.linked(&format!("{AREA}{WALK}"), EDGE, "shapes::area::walk(&[1, 2, 3])");
        let head = build.linked(AREA, &format!("{EDGE}{WALK}"), "shapes::edge::walk(&[1, 2, 3])");
        let told = told(&base, &head);
        told.is(options, &["all: +0 shapes::edge::walk moved from shapes::area::walk"]);
        let walk = told.row("shapes::edge::walk");
        let (old, new) =
            (told.node("all", By::Crate, &["shapes", "area", "walk"]), told.node("all", By::Crate, &["shapes", "edge", "walk"]));
        assert_eq!((old.base_bytes, old.head_bytes, new.base_bytes, new.head_bytes), (walk.base_bytes, 0, 0, walk.head_bytes));
    }
}

#[test]
fn one_more_instance_of_a_generic_is_said_so() {
    if !is_here("one more instance of a generic") {
        return;
    }
    for options in ["-O -C symbol-mangling-version=v0", "-C symbol-mangling-version=v0"] {
        let build = Build { options, ..RELEASE };
        let three = "shapes::mixed(&[count as u8], 3) + shapes::mixed(&[count as u16; 3], 3) + shapes::mixed(&[count as u32; 5], 3)";
        let (base, head) =
            (build.linked(AREA, EDGE, three), build.linked(AREA, EDGE, &format!("{three} + shapes::mixed(&[count as u64], 3)")));
        let told = told(&base, &head);
        let copies = told.row("shapes::mixed::<_>");
        assert_eq!(copies.change, Change::Copies { base: 3, head: 4 }, "{options}");
        assert!(bytes(copies) > 0, "{options}");
    }
}

/// Functions that share stretches of code, which LLVM takes out of them and numbers by how much it saves.
const OUTLINED: &str = r#"
use std::hint::black_box as b;
macro_rules! alike { ($($name:ident $number:literal),*) => { $(#[inline(never)] pub fn $name(x: &mut [u64; 16]) -> u64 {
    x[3] = b(x[1]).wrapping_mul(77) ^ x[2]; x[4] = b(x[5]).rotate_left(9) ^ x[6]; x[7] = b(x[8]).wrapping_add(x[9]);
    x[0].wrapping_add($number)
})* } }
macro_rules! longer { ($($name:ident $number:literal),*) => { $(#[inline(never)] pub fn $name(x: &mut [u64; 16]) -> u64 {
    x[1] = b(x[2]) ^ b(x[3]).rotate_left(7) ^ b(x[4]) ^ b(x[6]).wrapping_mul(5) ^ b(x[8]); x[9] = b(x[10]) | b(x[11]) & b(x[12]); x[13] = b(x[14]) - b(x[15]);
    x[0].wrapping_mul($number)
})* } }
alike!(alpha 11, beta 22, gamma 33, delta 44);
longer!(unrelated 5, unlike 6, unalike 7);
fn main() { let mut x = [std::env::args().count() as u64; 16]; println!("{}", alpha(&mut x) + beta(&mut x) + gamma(&mut x) + delta(&mut x) MORE); }
"#;

#[test]
fn what_is_taken_out_of_functions_is_not_renumbered_noise() {
    if !is_here("code taken out of functions") || !cfg!(target_arch = "x86_64") {
        return;
    }
    let build = |more: &str| {
        let outline = "-C opt-level=z -C no-redzone=yes -C codegen-units=1 -C llvm-args=-enable-machine-outliner=always";
        hosted(&[("app.rs", &OUTLINED.replace("MORE", more))], &[&format!("rustc --edition 2021 {outline} app.rs -o a.elf")])
    };
    let (base, head) = (build(""), build("+ unrelated(&mut x) + unlike(&mut x) + unalike(&mut x)"));
    assert!(String::from_utf8_lossy(&base.elf).contains("OUTLINED_FUNCTION_1"), "LLVM took nothing out");
    let told = told(&base, &head);
    let mut outlined = 0;
    for row in told.regions.iter().flat_map(|region| &region.rows).filter(|row| row.owner == Owner::Symbol) {
        match row.name.as_str() {
            "app::main" => assert_eq!(row.change, Change::Grown),
            "app::unrelated" | "app::unlike" | "app::unalike" => assert_eq!(row.change, Change::Added),
            name if name.starts_with("OUTLINED_FUNCTION_") => outlined += 1,
            _ => panic!("{}", told.lines()),
        }
        assert!(bytes(row) > 0, "{}", told.lines());
    }
    assert!(outlined > 0, "{}", told.lines());
}
