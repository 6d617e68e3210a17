//! Comments, damaged: they are read or refused, never panic, and what is quoted stays a quote.

use super::{Command, parse};

const GOOD: &str = "Thanks, that is **much** better than `x`!\r\n\r\n> /ounce cancel\n\n/ounce compare v1.2..feature/x\n\n```sh\n/ounce help\n```\n\
    <!-- /ounce run -->\n- /ounce run boards=disco,mini bench=sum\n\n| a | b |\n|---|---|\n| /ounce | [c](d) |\n\
    /ounce accept \"it pays\"\n/ounce approve 0123456789abcdef0123456789abcdef01234567\n";

/// How many cases are run: more with OUNCE_FUZZ_CASES set, as `./dev soak` does.
fn cases() -> u64 {
    std::env::var("OUNCE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000)
}

/// A small generator of repeatable numbers (xorshift).
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n.max(1) as u64).unwrap()
    }

    /// Cuts, doubles, moves and overwrites pieces, with what means something in Markdown or in a command.
    fn damage(&mut self) -> String {
        const PIECES: [&str; 16] =
            ["\n", "\n\n", "`", "```\n", "> ", "- ", "    ", "<!--", "-->", "/ounce ", "[", "](", "\"", "..", "é\u{0}", "<pre>"];
        let mut text: Vec<char> = GOOD.chars().collect();
        for _ in 0..1 + self.below(6) {
            let at = self.below(text.len());
            let end = (at + self.below(60)).min(text.len());
            match self.below(4) {
                0 => drop(text.drain(at..end)),
                1 => text.extend_from_within(at..end),
                2 => drop(text.splice(at..at, PIECES[self.below(PIECES.len())].chars())),
                _ => {
                    let moved: Vec<char> = text.drain(at..end).collect();
                    let to = self.below(text.len() + 1);
                    text.splice(to..to, moved);
                }
            }
        }
        text.into_iter().collect()
    }
}

#[test]
fn no_damaged_comment_panics_and_no_quote_commands() {
    assert!(matches!(parse(GOOD), Some(Ok(Command::Compare { .. }))));
    let (mut understood, mut mistaken, mut silent) = (0u64, 0u64, 0u64);
    for seed in 1..=cases() {
        let text = Seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).damage();
        match parse(&text) {
            Some(Ok(command)) => {
                let plain = command.to_string();
                assert_eq!(parse(&plain), Some(Ok(command)), "seed {seed}: {plain}");
                understood += 1;
            }
            Some(Err(mistake)) => {
                assert!(mistake.to_string().len() < 1_000, "seed {seed}: {mistake}");
                mistaken += 1;
            }
            None => silent += 1,
        }
        let quoted: String = text.split('\n').map(|line| format!("> {line}\n")).collect();
        assert_eq!(parse(&quoted), None, "seed {seed}: a quote commands");
    }
    let few = cases() / 50;
    assert!(understood > few && mistaken > few && silent > few, "too tame: {understood} understood, {mistaken} mistaken, {silent} silent");
}
