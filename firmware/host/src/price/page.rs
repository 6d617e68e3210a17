//! The tables of `docs/pyrite.md`, and the page that holds them.
//!
//! What people wrote on the page stays: a table goes between the lines `<!-- price: NAME -->` and `<!-- end -->`.

use std::fmt::Write as _;

use super::features::{Features, SETS};
use super::measure::Figures;

/// Instructions that MicroPython's QEMU port takes (computed goto), the same `.mpy`, heap of 143,360 bytes: Cortex-M3, M7, M0.
pub const MICROPYTHON: [(&str, [u64; 3]); 14] = [
    ("calls", [8_259_240, 8_302_400, 11_104_250]),
    ("intloop", [14_372_560, 14_562_880, 22_318_250]),
    ("lists", [10_073_440, 10_103_840, 14_130_812]),
    ("dicts", [6_368_840, 6_387_160, 9_346_000]),
    ("strings", [16_755_280, 16_770_080, 22_131_187]),
    ("bytesum", [5_147_680, 5_190_000, 7_101_312]),
    ("classes", [8_425_800, 8_444_200, 13_900_437]),
    ("closures", [4_828_560, 4_845_080, 6_517_125]),
    ("generators", [4_845_920, 4_878_640, 7_447_375]),
    ("errors", [5_925_880, 5_952_160, 8_398_687]),
    ("floats", [7_964_640, 7_189_680, 10_998_687]),
    ("bigints", [5_025_840, 5_039_160, 7_966_187]),
    ("formats", [14_010_640, 13_806_800, 21_055_375]),
    ("script", [13_059_240, 13_087_840, 17_325_937]),
];

/// What MicroPython takes of a program on a board's core, where that was measured.
pub fn micropython(board: &str, program: &str) -> Option<u64> {
    let column = ["mps2-an385", "mps2-an500", "microbit"].iter().position(|measured| *measured == board)?;
    MICROPYTHON.iter().find(|(name, _)| *name == program).map(|(_, counts)| counts[column])
}

/// What is known of an image: a set on a board.
pub type Known<'a> = &'a dyn Fn(&str, &str) -> Option<Figures>;

/// Flash and RAM of the sets: a line for each board.
pub fn sets(boards: &[String], known: Known) -> String {
    let mut out = String::new();
    let (flash, ram) = (SETS.map(|set| format!("{set}, flash")), SETS.map(|set| format!("{set}, RAM")));
    head(&mut out, "board", [flash, ram].as_flattened());
    for board in boards {
        let figures = SETS.map(|set| known(board, set));
        let of = |pick: fn(&Figures) -> u64| figures.each_ref().map(|known| known.as_ref().map_or_else(String::new, |it| commas(pick(it))));
        let cells = [of(|it| it.flash_bytes), of(|it| it.ram_bytes)];
        row(&mut out, [board.clone()].iter().chain(cells.as_flattened()));
    }
    out
}

/// A feature's price on each board: flash, and RAM where it takes any.
pub fn features(features: &Features, boards: &[String], known: Known) -> String {
    let mut out = String::new();
    head(&mut out, "feature", &[&["needs".to_owned()], boards].concat());
    for feature in features.priced() {
        let needs = features.needed(feature).into_iter().collect::<Vec<_>>().join(", ");
        let price = |board: &String| {
            let (on, off) = (known(board, &features.with(feature))?, known(board, &features.without(feature))?);
            let ram = on.ram_bytes as i64 - off.ram_bytes as i64;
            let ram = if ram == 0 { String::new() } else { format!(" and {} of RAM", signed(ram)) };
            Some(format!("{}{ram}", signed(on.flash_bytes as i64 - off.flash_bytes as i64)))
        };
        let cells = boards.iter().map(|board| price(board).unwrap_or_default());
        row(&mut out, [feature.to_owned(), needs].into_iter().chain(cells).collect::<Vec<_>>().iter());
    }
    out
}

/// How many instructions more the programs take that run with and without a feature: geometric mean, in percent.
pub fn slower(features: &Features, boards: &[String], known: Known) -> String {
    let mut out = String::new();
    head(&mut out, "feature", boards);
    for feature in features.priced() {
        let more = |board: &String| {
            let (on, off) = (known(board, &features.with(feature))?, known(board, &features.without(feature))?);
            let both = on.instructions.iter().filter_map(|(program, on)| Some(*on as f64 / *off.instructions.get(program)? as f64));
            let mean = mean(&both.collect::<Vec<_>>())?;
            Some(format!("{:+.2}", (mean - 1.0) * 100.0))
        };
        let cells = boards.iter().map(|board| more(board).unwrap_or_default());
        row(&mut out, [feature.to_owned()].into_iter().chain(cells).collect::<Vec<_>>().iter());
    }
    out
}

/// Instructions of each program on each board, beside MicroPython's where those are known.
pub fn programs(boards: &[String], known: &dyn Fn(&str) -> Option<Figures>) -> String {
    let mut out = String::new();
    let columns = boards.iter().flat_map(|board| {
        let theirs = micropython(board, "calls").map(|_| ["MicroPython's".to_owned(), "of it".to_owned()]);
        [board.clone()].into_iter().chain(theirs.into_iter().flatten())
    });
    head(&mut out, "program", &columns.collect::<Vec<_>>());
    let mut ratios = vec![Vec::new(); boards.len()];
    for (program, _) in MICROPYTHON {
        let mut cells = vec![program.to_owned()];
        for (board, ratios) in boards.iter().zip(&mut ratios) {
            let ours = known(board).and_then(|figures| figures.instructions.get(program).copied());
            cells.push(ours.map_or_else(String::new, commas));
            if let Some(theirs) = micropython(board, program) {
                let ratio = ours.map(|ours| ours as f64 / theirs as f64);
                ratios.extend(ratio);
                cells.extend([commas(theirs), ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"))]);
            }
        }
        row(&mut out, cells.iter());
    }
    let mut cells = vec!["geometric mean".to_owned()];
    for (board, ratios) in boards.iter().zip(&ratios) {
        cells.push(String::new());
        if micropython(board, "calls").is_some() {
            cells.extend([String::new(), mean(ratios).map_or_else(String::new, |mean| format!("{mean:.3}"))]);
        }
    }
    row(&mut out, cells.iter());
    out
}

/// The page with a table in its place.
///
/// # Errors
/// Where the page has no such place.
pub fn fill(page: &str, name: &str, table: &str) -> Result<String, String> {
    let begin = format!("<!-- price: {name} -->\n");
    let places = page.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once("<!-- end -->\n")?.1)));
    let (before, after) =
        places.ok_or_else(|| format!("docs/pyrite.md has no lines {:?} and \"<!-- end -->\" behind it", begin.trim_end()))?;
    Ok(format!("{before}{begin}\n{table}\n<!-- end -->\n{after}"))
}

fn mean(ratios: &[f64]) -> Option<f64> {
    (!ratios.is_empty()).then(|| (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp())
}

/// A number with commas.
pub fn commas(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn signed(number: i64) -> String {
    format!("{}{}", if number < 0 { "−" } else { "" }, commas(number.unsigned_abs()))
}

fn row<'a>(out: &mut String, cells: impl Iterator<Item = &'a String>) {
    let _ = writeln!(out, "| {} |", cells.map(String::as_str).collect::<Vec<_>>().join(" | "));
}

fn head(out: &mut String, first: &str, columns: &[String]) {
    row(out, [first.to_owned()].iter().chain(columns));
    let _ = writeln!(out, "|---|{}", "---:|".repeat(columns.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (number, text) in [(0, "0"), (999, "999"), (-1000, "−1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(signed(number), text);
        }
    }

    #[test]
    fn a_table_takes_the_place_of_the_one_before_and_nothing_else_changes() {
        let page = "# Costs\n\nsaid\n<!-- price: sets -->\nold\n<!-- end -->\nmore\n<!-- price: other -->\n<!-- end -->\n";
        let filled = fill(page, "sets", "| new |\n").unwrap();
        assert_eq!(filled, "# Costs\n\nsaid\n<!-- price: sets -->\n\n| new |\n\n<!-- end -->\nmore\n<!-- price: other -->\n<!-- end -->\n");
        assert_eq!(fill(&filled, "sets", "| new |\n").unwrap(), filled);
        assert!(fill(page, "objects", "").unwrap_err().contains("<!-- price: objects -->"));
    }

    #[test]
    fn the_page_has_a_place_for_every_table() {
        let page = std::fs::read_to_string(super::super::root().join("docs/pyrite.md")).unwrap();
        for name in ["programs", "sets", "features", "slower", "objects"] {
            fill(&page, name, "").unwrap();
        }
    }

    #[test]
    fn a_price_is_what_an_image_has_more_with_the_feature() {
        let all = Features::read(Vec::new()).unwrap();
        let known = |board: &str, set: &str| {
            let on = set == all.with("import");
            let instructions = [("calls".to_owned(), if on { 110 } else { 100 }), ("lists".to_owned(), 5)].into();
            (board == "a" && (on || set == "minimal")).then(|| Figures {
                flash_bytes: if on { 5_200 } else { 4_000 },
                ram_bytes: 8,
                instructions,
            })
        };
        let line = |table: String| table.lines().find(|line| line.starts_with("| import |")).map(str::to_owned);
        let boards = ["a".to_owned(), "b".to_owned()];
        assert_eq!(line(features(&all, &boards, &known)).as_deref(), Some("| import |  | 1,200 |  |"));
        assert_eq!(line(slower(&all, &boards, &known)).as_deref(), Some("| import | +4.88 |  |"));
    }
}
