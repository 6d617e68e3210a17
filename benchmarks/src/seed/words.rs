//! The words of a made history: who works on a firmware, what they write above their commits, what its functions are called. Some are hostile, as
//! they may be from outside.

use super::model::Kind;
use fuzz_cases::Seeded;

/// Who writes commits, as commits name them.
pub const AUTHORS: [&str; 9] = [
    "Ada Brandt",
    "Jonas Weber",
    "Mei-Ling Chou",
    "Paulo Siqueira",
    "Katarzyna Wójcik",
    "Tariq Haddad",
    "עומר לוי",
    "build-bot",
    "<b>Bobby</b> \"Tables\"",
];
/// The same people's accounts on the forge.
pub const LOGINS: [&str; 9] = ["ada", "jweber", "meiling", "psiqueira", "kasia", "thaddad", "omer-l", "build-bot", "bobby-tables"];

const AREAS: [&str; 16] =
    ["vm", "heap", "uart", "gpio", "timer", "i2c", "spi", "usb", "boot", "parser", "dict", "str", "gc", "pwm", "adc", "drivers"];

const QUIET: [&str; 8] = [
    "docs: say how {} is wired",
    "tests: {} without its timer",
    "ci: build {} on every push",
    "{}: name the constants",
    "readme: a table of what {} needs",
    "{}: comments say why",
    "rustfmt {}",
    "changelog: what {} can do now",
];
const TOUCHED: [&str; 10] = [
    "{}: check the length before the copy",
    "{}: no panic on an empty list",
    "{}: one error type for all drivers",
    "{}: read the status register once",
    "fix {} after a brown-out",
    "{}: handle a NACK in the middle of a transfer",
    "{}: keep interrupts off for the whole update",
    "{}: retry twice, then say so",
    "{}: the second argument may be missing",
    "{}: round towards zero as Python does",
];
const FEATURES: [&str; 6] = [
    "{}: DMA for transfers over 64 B",
    "add {} slices",
    "{}: a table for the checksum",
    "{}: support 9-bit frames",
    "add format strings to {}",
    "{}: low-power wait",
];
const SMALLER: [&str; 6] = [
    "{}: share the slow path",
    "{}: one copy of the formatting code",
    "{}: drop the generic over the pin",
    "remove the old {} driver",
    "{}: u16 is enough",
    "{}: cold errors out of line",
];
const FASTER: [&str; 5] = [
    "{}: look the method up once",
    "{}: inline the small integer path",
    "{}: no bounds check in the inner loop",
    "{}: cache the last key",
    "{}: dispatch by a table",
];
const BREAKS: [&str; 3] = ["{}: use the new HAL everywhere", "{}: move to the 2024 edition", "merge the {} rewrite"];
const TOOLS: [&str; 2] = ["toolchain: rustc 1.95", "lab: QEMU 10.1 on all runners"];

/// Subjects that mean harm, or are only long.
const HOSTILE: [&str; 5] = [
    "<script>alert('uart')</script> fix {}",
    "{}: \u{202e}esrever ni si siht\u{202c} and then not",
    "{}: \"><img src=x onerror=alert(1)> | `code` | [link](javascript:alert(1))",
    "{}: \u{1f9f5}\u{200d}\u{1f6a8} a zero\u{200b}width and a bell\u{7} in one line",
    "'; DROP TABLE commits; -- {}",
];

/// The first line of a commit's message.
pub fn summary(dice: &mut Seeded, kind: Kind) -> String {
    let area = *dice.pick(&AREAS);
    let text = match kind {
        Kind::Tools(at) => TOOLS[at.min(TOOLS.len() - 1)],
        _ if dice.one_in(60) => return hostile(dice, area),
        Kind::Quiet => dice.pick(&QUIET),
        Kind::Touched => dice.pick(&TOUCHED),
        Kind::Feature | Kind::Heavy => dice.pick(&FEATURES),
        Kind::Smaller => dice.pick(&SMALLER),
        Kind::Faster => dice.pick(&FASTER),
        Kind::Breaks => dice.pick(&BREAKS),
    };
    text.replace("{}", area)
}

fn hostile(dice: &mut Seeded, area: &str) -> String {
    match dice.below(HOSTILE.len() + 1) {
        n if n < HOSTILE.len() => HOSTILE[n].replace("{}", area),
        _ => format!("{area}: {}", "why this line is so long nobody knows, ".repeat(30)),
    }
}

/// An owner of bytes, by its slot: how it is known is the ledger's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its name.
    pub name: String,
    /// What it is counted under.
    pub group: String,
    /// Whether it is a constant that one function refers to.
    pub is_constant: bool,
}

const GROUPS: [&str; 8] = ["blinky", "pyrite", "cortex_hal", "core", "alloc", "compiler_builtins", "heapless", "C"];
const MODULES: [&str; 12] = ["heap", "vm", "dict", "uart", "parser", "fmt", "slice", "list", "timer", "usb", "gc", "str"];
const VERBS: [&str; 14] = [
    "new",
    "push",
    "get",
    "send",
    "poll",
    "next",
    "call",
    "collect",
    "write_str",
    "handle",
    "parse",
    "drop_in_place",
    "configure",
    "resize",
];

/// The owner in a slot of flash. Those of the first slots are known to people who read C.
pub fn flash(slot: usize) -> Owner {
    let mut dice = Seeded::of(0x5107 + slot as u64);
    let (group, module, verb) = (*dice.pick(&GROUPS), *dice.pick(&MODULES), *dice.pick(&VERBS));
    let owner = |name: String, group: &str, is_constant| Owner { name, group: group.to_owned(), is_constant };
    match slot {
        7 => owner("<script>alert(1)</script>::run".into(), "blinky", false),
        19 => owner(format!("blinky::\u{202e}gnirts\u{202c}::{verb}"), "blinky", false),
        23 => owner(format!("<{} as core::iter::Iterator>::next", "blinky::adapters::Chain<".repeat(30)), "blinky", false),
        _ if slot % 9 == 5 => owner(format!("\"{module}: cannot {verb} number {slot}\\n\""), group, true),
        _ if group == "C" => owner(format!("{module}_{verb}_{slot}"), "C", false),
        _ => owner(format!("{group}::{module}::{}{slot}::{verb}", &module[..1].to_uppercase()), group, false),
    }
}

/// The owner in a slot of RAM.
pub fn ram(slot: usize) -> Owner {
    let mut dice = Seeded::of(0x4a11 + slot as u64);
    let (group, module) = (*dice.pick(&GROUPS[..3]), *dice.pick(&MODULES));
    Owner { name: format!("{group}::{module}::{}_{slot}", module.to_uppercase()), group: group.to_owned(), is_constant: false }
}

/// Why a fork's or an author's growth was meant.
pub const REASONS: [&str; 4] = [
    "the table pays for itself: three drivers use it",
    "needed for certification, see the meeting's notes",
    "<img src=x onerror=alert(2)> temporary until 0.9",
    "users asked for it for two years",
];
