//! Comments, damaged: they are read or refused, never panic, and what is quoted stays a quote.

use super::{Command, parse};
use fuzz_cases::Cases;

const GOOD: &str = "Thanks, that is **much** better than `x`!\r\n\r\n> /ounce cancel\n\n/ounce compare v1.2..feature/x\n\n```sh\n/ounce help\n```\n\
    <!-- /ounce run -->\n- /ounce run boards=disco,mini bench=sum\n\n| a | b |\n|---|---|\n| /ounce | [c](d) |\n\
    /ounce accept \"it pays\"\n/ounce approve 0123456789abcdef0123456789abcdef01234567\n";

/// What means something in Markdown, or in a command.
const PIECES: [&[u8]; 17] = [
    b"\n",
    b"\n\n",
    b"`",
    b"```\n",
    b"> ",
    b"- ",
    b"    ",
    b"<!--",
    b"-->",
    b"/ounce ",
    b"[",
    b"](",
    b"\"",
    b"..",
    b"\xc3\xa9\0",
    b"<pre>",
    b"\xff",
];

#[test]
fn no_damaged_comment_panics_and_no_quote_commands() {
    assert!(matches!(parse(GOOD), Some(Ok(Command::Compare { .. }))));
    let mut cases = Cases::of("damaged comments", 5_000);
    while let Some(mut seeded) = cases.another() {
        let places = 1 + seeded.below(6);
        let text = seeded.damage(GOOD.as_bytes(), places, &PIECES);
        let text = String::from_utf8_lossy(&text);
        match parse(&text) {
            Some(Ok(command)) => {
                let plain = command.to_string();
                assert_eq!(parse(&plain), Some(Ok(command)), "{plain}");
                cases.note("a command");
            }
            Some(Err(mistake)) => {
                assert!(mistake.to_string().len() < 1_000, "{mistake}");
                cases.note("a mistaken command");
            }
            None => cases.note("no command"),
        }
        let quoted: String = text.split('\n').map(|line| format!("> {line}\n")).collect();
        assert_eq!(parse(&quoted), None, "a quote commands");
    }
    cases.finish(&[("a command", 50), ("a mistaken command", 50), ("no command", 50)]);
}
