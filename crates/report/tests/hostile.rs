//! Whatever a comparison holds: no writer lets it out of its place, the parts add up, and no limit is passed.

mod samples;

use ounce_analysis::comparison::*;
use ounce_protocol::measurement::{BenchFailure, Owner, RegionKind, Stage};
use ounce_report::*;
use samples::*;

const HOSTILE: &[&str] = &[
    "plain",
    "core::ptr::drop_in_place::<alloc::vec::Vec<u8>>",
    "a|b\\|c",
    "`tick`` ```fence```` ",
    "<script>alert(1)</script>",
    "<!-- ounce:comment -->",
    "@everyone and @owner/team",
    "[x](https://evil.example) https://evil.example www.evil.example",
    "line\nbreak\r\n# heading\n| a | b |\n```",
    "\u{202e}reversed\u{2066}\u{0}\u{7}\u{1b}[31mred",
    "</summary></details></code>",
    "\"' onmouseover='x",
    "$\\alpha$ #1 GH-1 &lt; ~~~ ***",
    "日本語の名前🦀",
    "",
];

const OWNERS: [Owner; 9] = [
    Owner::Symbol,
    Owner::Map,
    Owner::Reference,
    Owner::Shared,
    Owner::Text,
    Owner::Unwind,
    Owner::Section,
    Owner::Padding,
    Owner::Unattributed,
];

struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
    fn text(&mut self) -> String {
        let times = if self.roll(12) == 0 { 60 } else { 1 };
        let pick = HOSTILE[self.roll(HOSTILE.len() as u64) as usize];
        format!("{pick}{}", HOSTILE[self.roll(HOSTILE.len() as u64) as usize]).repeat(times)
    }
    fn bytes(&mut self) -> u64 {
        if self.roll(40) == 0 { 1 << 40 } else { self.roll(5_000) }
    }
    fn row(&mut self) -> RowDelta {
        let (base, head) = (self.bytes(), self.bytes());
        let mut row = row(&self.text(), &self.text(), base, head);
        row.owner = OWNERS[self.roll(OWNERS.len() as u64) as usize];
        row.of = (self.roll(3) == 0).then(|| self.text());
        row.instructions = (self.roll(6) == 0).then(|| Moved { base: self.bytes(), head: self.bytes() });
        row.why = (0..self.roll(8).saturating_sub(4)).map(|_| self.reason()).collect();
        match self.roll(12) {
            0 => row.change = Change::Renamed { from: self.text() },
            1 => row.change = Change::Moved { from: self.text() },
            2 => row.change = Change::Copies { base: self.bytes(), head: u64::MAX },
            3 => (row.head_bytes, row.change) = (row.base_bytes, Change::Renamed { from: self.text() }),
            _ => {}
        }
        row
    }
    fn reason(&mut self) -> Reason {
        let (name, bytes) = (self.text(), self.bytes());
        match self.roll(5) {
            0 => Reason::Inlined { name, bytes },
            1 => Reason::NotInlined { name, bytes: u64::MAX },
            2 => Reason::Uses { name, bytes },
            3 => Reason::PulledIn { path: (0..self.roll(30)).map(|_| self.text()).collect() },
            _ => Reason::Unused { by: name },
        }
    }
    fn side(&mut self) -> BenchSide {
        match self.roll(7) {
            3 => BenchSide::Ran { stack_peak_bytes: (self.roll(2) == 0).then(|| self.bytes()), heap_peak_bytes: None },
            0 => BenchSide::NoFit { detail: self.text() },
            1 => BenchSide::Failed { why: BenchFailure::Garbage, detail: self.text() },
            2 => BenchSide::Absent,
            _ => BenchSide::Counted {
                instructions: self.bytes(),
                exact: self.roll(4) > 0,
                stack_peak_bytes: (self.roll(2) == 0).then(|| self.bytes()),
                heap_peak_bytes: (self.roll(2) == 0).then(|| self.bytes()),
                estimated_cycles: (self.roll(2) == 0).then(|| self.bytes()),
            },
        }
    }
    fn board(&mut self, n: u64) -> BoardComparison {
        let state = match self.roll(8) {
            0 => BoardState::HeadFailed { stage: Stage::Build, log_tail: self.text() },
            1 => BoardState::BaseFailed { stage: Stage::Fetch, log_tail: self.text(), head_builds: self.roll(2) == 0 },
            2 => BoardState::Missing { detail: self.text() },
            3 => identical(),
            _ => {
                let tendency = [Tendency::Win, Tendency::Trade, Tendency::Cost, Tendency::Free][self.roll(4) as usize];
                let regions = [("flash", RegionKind::Flash), ("ram", RegionKind::Ram)].map(|(name, kind)| {
                    let rows = (0..self.roll(20)).map(|_| self.row()).collect();
                    region(name, kind, self.bytes(), 1 << 45, rows)
                });
                let benches = (0..self.roll(5)).map(|i| BenchDelta {
                    functions: (0..self.roll(9))
                        .map(|_| FunctionDelta { name: self.text(), base: self.bytes(), head: self.bytes() })
                        .collect(),
                    ..bench(&format!("bench{i}"), self.side(), self.side(), &[])
                });
                let benches = benches.collect();
                compared(tendency, (self.roll(3) > 0).then(|| self.bytes() as i64 - 2_500), regions.into(), benches)
            }
        };
        let mut board = board(&format!("board{n}"), &self.text(), state);
        if self.roll(9) == 0 {
            board.fingerprint_changes = vec![self.text()];
        }
        board
    }
    fn budget(&mut self) -> BudgetCheck {
        let acceptance =
            |dice: &mut Dice| Acceptance { who: dice.text(), why: dice.text(), when_text: (dice.roll(2) == 0).then(|| dice.text()) };
        let accepted = (0..self.roll(5)).map(|_| acceptance(self)).collect();
        BudgetCheck { accepted, ..budget(&self.text(), self.roll(2) == 0, &[&self.text(), "board1: +3 B"]) }
    }
    fn comparison(&mut self) -> Comparison {
        let verdicts = [Verdict::Unchanged, Verdict::WithinBudget, Verdict::OverBudget, Verdict::Broken, Verdict::Incomplete];
        let boards = (0..self.roll(14)).map(|n| self.board(n)).collect();
        Comparison {
            project: self.text(),
            budgets: (0..self.roll(4)).map(|_| self.budget()).collect(),
            notes: (0..self.roll(3)).map(|_| self.text()).collect(),
            ..comparison(verdicts[self.roll(5) as usize], boards)
        }
    }
}

fn seeded(seeds: u64, test: impl Fn(u64, &Comparison)) {
    for seed in 1..=seeds {
        test(seed, &Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1).comparison());
    }
}

/// The markdown without its code spans and fenced blocks, line by line: what a renderer takes for markup.
fn outside_code(markdown: &str) -> Vec<String> {
    let mut fence: Option<String> = None;
    let mut out = Vec::new();
    for line in markdown.lines() {
        if let Some(open) = &fence {
            if line == open {
                fence = None;
            }
        } else if line.starts_with("```") {
            fence = Some(line.trim_end_matches("text").to_owned());
        } else {
            // A summary is HTML: backticks mean nothing there.
            out.push(if line.starts_with("<summary>") { line.to_owned() } else { without_spans(line) });
        }
    }
    assert!(fence.is_none(), "an open fence\n{markdown}");
    out
}

fn without_spans(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('`') {
        if rest[..at].ends_with('\\') {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        }
        let run = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let after = &rest[at + run..];
        let close = after
            .match_indices(&"`".repeat(run))
            .map(|(i, _)| i)
            .find(|&i| !after[..i].ends_with('`') && !after[i + run..].starts_with('`'));
        let close = close.unwrap_or_else(|| panic!("an open code span in {line}"));
        out.push_str(&rest[..at]);
        // Pipes end a cell in code spans too.
        out.push_str(&after[..close].chars().filter(|c| matches!(c, '|' | '\\')).collect::<String>());
        rest = &after[close + run..];
    }
    out + rest
}

fn unescaped_pipes(line: &str) -> usize {
    line.replace("\\|", "").matches('|').count()
}

#[test]
fn nothing_leaves_its_place_in_markdown() {
    seeded(150, |seed, c| {
        let text = body(c);
        for bad in ["<!--", "\u{202e}", "\u{1b}", "\u{0}", "\r"] {
            assert!(!text.contains(bad), "seed {seed}: {bad:?}\n{text}");
        }
        let mut pipes = None;
        for line in outside_code(&text) {
            let prose = line.replace("<code>", "").replace("</code>", "").replace("<b>", "").replace("</b>", "");
            let prose = prose.replace("<details>", "").replace("</details>", "").replace("<summary>", "").replace("</summary>", "");
            assert!(!prose.contains('<'), "seed {seed}: markup in {line}");
            assert!(!prose.replace("@&#8203;", "").contains('@'), "seed {seed}: a mention in {line}");
            assert!(!prose.contains("://") && !prose.contains("www."), "seed {seed}: a link in {line}");
            assert!(!line.starts_with('#'), "seed {seed}: a heading in {line}");
            if !line.starts_with('|') {
                pipes = None;
            } else {
                // The head of each table says how many cells a row has.
                let pipes = *pipes.get_or_insert(unescaped_pipes(&line));
                assert!(pipes == 5 || pipes == 6, "seed {seed}: a table begins with {line}");
                assert_eq!(unescaped_pipes(&line), pipes, "seed {seed}: cells in {line}");
            }
        }
        assert_eq!(text.matches("<details>").count(), text.matches("</details>\n").count(), "seed {seed}");
    });
}

#[test]
fn a_table_has_a_row_for_every_board() {
    seeded(100, |seed, c| {
        let text = body(c);
        for board in &c.boards {
            let row = format!("| `{}` ", board.board);
            assert_eq!(text.lines().filter(|l| l.starts_with(&row)).count(), 1, "seed {seed}: {row}\n{text}");
        }
    });
}

#[test]
fn no_limit_is_passed() {
    seeded(40, |seed, c| {
        for bytes_max in [0, 1, 7, 40, 200, 1_000, 5_000, 20_000, COMMENT_BYTES_MAX] {
            let text = body_within(c, bytes_max);
            assert!(text.len() <= bytes_max, "seed {seed}: {} bytes where {bytes_max} are allowed", text.len());
        }
        assert_eq!(body_within(c, usize::MAX), body(c), "seed {seed}");
        let title = check_title(c);
        assert!(title.chars().count() <= CHECK_TITLE_CHARS_MAX && !title.contains(['\n', '\u{1b}', '\u{202e}']), "seed {seed}: {title}");
    });
}

/// `+1,234 B` at the start of a cell.
fn bytes_of(cell: &str) -> Option<i128> {
    let text = cell.trim().trim_matches('*').strip_suffix(" B")?.replace(',', "").replace('−', "-");
    text.trim_start_matches('+').parse().ok()
}

/// Checks that the rows above each `sum` come to it, and counts these tables.
fn tables_that_sum(seed: u64, text: &str) -> usize {
    let (mut sum, mut tables, mut what) = (0, 0, None);
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').collect();
        if let Some(at) = cells.iter().position(|cell| cell.trim() == "what") {
            (sum, what) = (0, Some(at));
        } else if !line.starts_with('|') {
            what = None;
        } else if let (Some(what), Some(bytes)) = (what, cells.get(1).and_then(|c| bytes_of(c))) {
            if cells[what].trim() == "sum" {
                assert_eq!(sum, bytes, "seed {seed}: {line}\n{text}");
                tables += 1;
            } else {
                sum += bytes;
            }
        }
    }
    tables
}

#[test]
fn the_parts_add_up_to_the_total() {
    seeded(100, |seed, c| {
        let text = body(c);
        let tables = tables_that_sum(seed, &text);
        let expected = c.boards.iter().filter(|b| b.fingerprint_changes.is_empty()).map(|b| match &b.state {
            BoardState::Compared(c) => {
                for r in c.regions.iter().filter(|r| !r.rows.is_empty()) {
                    let total = r.head_bytes as i128 - r.base_bytes as i128;
                    assert_eq!(
                        r.rows.iter().map(|x| x.head_bytes as i128 - x.base_bytes as i128).sum::<i128>(),
                        total,
                        "the sample is wrong"
                    );
                }
                c.regions.iter().filter(|r| !r.rows.is_empty()).count()
            }
            _ => 0,
        });
        assert_eq!(tables, expected.sum::<usize>(), "seed {seed}\n{text}");
    });
}

/// Boards with as many rows, names as long and reasons as many as a build can make.
fn huge(boards: usize, rows: usize) -> Comparison {
    let mut dice = Dice(7);
    let mut row = |n: usize| {
        let mut row = dice.row();
        row.name = format!("{n}{}", row.name.repeat(4)).chars().take(1_024).collect();
        row.why = (0..6).map(|_| dice.reason()).collect();
        (row.base_bytes, row.head_bytes) = (n as u64, 1_000 + 2 * n as u64);
        row
    };
    let mut regions = || {
        let rows: Vec<RowDelta> = (0..rows).map(&mut row).collect();
        vec![region("flash", RegionKind::Flash, 1 << 40, 1 << 41, rows.clone()), region("ram", RegionKind::Ram, 1 << 40, 1 << 41, rows)]
    };
    let boards = (0..boards).map(|n| board(&format!("board{n}"), "", compared(Tendency::Cost, None, regions(), vec![]))).collect();
    comparison(Verdict::OverBudget, boards)
}

#[test]
fn the_largest_report_is_a_comment_and_what_it_shows_adds_up() {
    for (boards, rows) in [(1, 600), (12, 40), (120, 5)] {
        let c = huge(boards, rows);
        let text = body_within(&c, COMMENT_BYTES_MAX);
        assert!(text.chars().count() <= 65_536 && text.len() <= COMMENT_BYTES_MAX, "{boards} boards: {}", text.len());
        tables_that_sum(0, &text);
        // Down all the steps.
        let mut bytes_max = body(&c).len();
        while bytes_max > 100 {
            let text = body_within(&c, bytes_max);
            assert!(text.len() <= bytes_max);
            tables_that_sum(0, &text);
            bytes_max = text.len() - 1;
        }
    }
}

#[test]
fn reasons_go_first_then_the_rows_of_constants() {
    let c = huge(2, 40);
    let whole = body(&c);
    let (why, constants) = ("Why, as far as", " constants ");
    assert!(whole.contains(why) && !whole.contains(constants), "{whole}");
    let shorter = body_within(&c, whole.len() - 1);
    assert!(!shorter.contains(why) && !shorter.contains(constants), "{shorter}");
    let shortest = body_within(&c, shorter.len() - 1);
    assert!(shortest.contains(constants), "{shortest}");
    assert_eq!(tables_that_sum(0, &shortest), 4);
}

#[test]
fn a_terminal_gets_no_longer_line_and_no_escape_of_others() {
    let wide = |c: char| u32::from(c) >= 0x1f000 || (0x2e80..=0xd7a3).contains(&u32::from(c));
    seeded(30, |seed, c| {
        for width in [40, 41, 52, 80, 120, 200] {
            let text = terminal(c, width, false);
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "seed {seed}");
            for line in text.lines() {
                let columns: usize = line.chars().map(|c| if wide(c) { 2 } else { 1 }).sum();
                assert!(columns <= width, "seed {seed}: {columns} columns of {width}: {line}");
                assert!(line.trim() != "B" && !line.trim_start().starts_with("B "), "seed {seed}: a figure lost its unit: {line}");
            }
        }
        let coloured = terminal(c, 80, true);
        let plain = ["1", "1;31", "32", "36", "0"].iter().fold(coloured, |t, code| t.replace(&format!("\u{1b}[{code}m"), ""));
        assert_eq!(plain, terminal(c, 80, false), "seed {seed}: colour changes the text");
    });
}

#[test]
fn html_holds_only_our_own_tags() {
    const OURS: &[&str] =
        &["p", "ul", "li", "div", "table", "thead", "tbody", "tr", "th", "td", "pre", "details", "summary", "strong", "span", "code"];
    seeded(60, |seed, c| {
        let text = html_fragment(c);
        for tag in text.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            let mut parts = tag.trim_start_matches('/').split(' ');
            assert!(OURS.contains(&parts.next().unwrap()), "seed {seed}: <{tag}>");
            for attribute in parts {
                assert!(
                    attribute == "open" || ["class=\"", "scope=\"", "tabindex=\""].iter().any(|a| attribute.starts_with(a)),
                    "seed {seed}: {attribute} in <{tag}>"
                );
            }
        }
    });
}
