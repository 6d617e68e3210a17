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
        row.owner = [Owner::Symbol, Owner::Section, Owner::Padding, Owner::Unattributed][self.roll(4) as usize];
        if self.roll(5) == 0 {
            row.head_bytes = row.base_bytes;
            row.change = Change::Renamed { from: self.text() };
        }
        row
    }
    fn side(&mut self) -> BenchSide {
        match self.roll(6) {
            0 => BenchSide::NoFit { detail: self.text() },
            1 => BenchSide::Failed { why: BenchFailure::Garbage, detail: self.text() },
            2 => BenchSide::Absent,
            _ => BenchSide::Counted {
                instructions: self.bytes(),
                exact: self.roll(4) > 0,
                stack_peak_bytes: (self.roll(2) == 0).then(|| self.bytes()),
                heap_peak_bytes: (self.roll(2) == 0).then(|| self.bytes()),
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
    fn comparison(&mut self) -> Comparison {
        let verdicts = [Verdict::Unchanged, Verdict::WithinBudget, Verdict::OverBudget, Verdict::Broken, Verdict::Incomplete];
        let boards = (0..self.roll(14)).map(|n| self.board(n)).collect();
        Comparison {
            project: self.text(),
            budgets: (0..self.roll(4)).map(|_| budget(&self.text(), self.roll(2) == 0, &[&self.text(), "board1: +3 B"])).collect(),
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
        for line in outside_code(&text) {
            let prose = line.replace("<code>", "").replace("</code>", "").replace("<b>", "").replace("</b>", "");
            let prose = prose.replace("<details>", "").replace("</details>", "").replace("<summary>", "").replace("</summary>", "");
            assert!(!prose.contains('<'), "seed {seed}: markup in {line}");
            assert!(!prose.replace("@&#8203;", "").contains('@'), "seed {seed}: a mention in {line}");
            assert!(!prose.contains("://") && !prose.contains("www."), "seed {seed}: a link in {line}");
            assert!(!line.starts_with('#'), "seed {seed}: a heading in {line}");
            if line.starts_with('|') {
                assert_eq!(unescaped_pipes(&line), 5, "seed {seed}: cells in {line}");
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

#[test]
fn the_parts_add_up_to_the_total() {
    seeded(100, |seed, c| {
        let text = body(c);
        let (mut sum, mut tables) = (0, 0);
        for line in text.lines() {
            let cells: Vec<&str> = line.split('|').collect();
            if line.contains("| change") && line.contains("| what") || line.contains(" change | what") {
                sum = 0;
            } else if let Some(bytes) = cells.get(1).and_then(|c| bytes_of(c)) {
                if cells[2].trim() == "sum" {
                    assert_eq!(sum, bytes, "seed {seed}: {line}\n{text}");
                    tables += 1;
                } else {
                    sum += bytes;
                }
            }
        }
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

#[test]
fn a_terminal_gets_no_longer_line_and_no_escape_of_others() {
    let wide = |c: char| u32::from(c) >= 0x1f000 || (0x2e80..=0xd7a3).contains(&u32::from(c));
    seeded(30, |seed, c| {
        for width in [40, 52, 80, 120] {
            let text = terminal(c, width, false);
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "seed {seed}");
            for line in text.lines() {
                let columns: usize = line.chars().map(|c| if wide(c) { 2 } else { 1 }).sum();
                assert!(columns <= width, "seed {seed}: {columns} columns of {width}: {line}");
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
