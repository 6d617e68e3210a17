//! `/ounce …`: what people ask for in a comment, from Markdown to a command. Pure: a text in, a command or a mistake out.
//!
//! A command is the first line that begins with `/ounce` in a paragraph of the comment itself: not in a quote, a list, a table,
//! code or HTML, so that talking about a command is not giving it. What it may do is decided elsewhere.

mod find;
#[cfg(test)]
mod hostile;

use ounce_protocol::ids::{BenchName, BoardName, CommitSha};
use ounce_protocol::manifest::nearest;
use std::fmt;

/// Largest comment looked at, bytes: GitHub's limit of 65 536 characters, each of four.
pub const COMMENT_BYTES_MAX: usize = 4 * 65_536;
/// Longest line of a command, bytes.
pub const LINE_BYTES_MAX: usize = 2_000;
/// Most names in one list.
pub const NAMES_MAX: usize = 200;
/// Longest name of a branch or tag, bytes.
pub const REVISION_BYTES_MAX: usize = 200;
/// Longest reason to accept something, characters.
pub const REASON_CHARS_MAX: usize = 500;
/// Longest name of a metric, bytes.
pub const METRIC_BYTES_MAX: usize = 200;

const VERBS: [&str; 7] = ["help", "run", "compare", "approve", "cancel", "accept", "bisect"];

/// What somebody asks for. Its text is the command in its plainest form, which parses to the same command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// What can be asked for.
    Help,
    /// Weigh the same commits again.
    Run(Part),
    /// Weigh one commit against another.
    Compare {
        /// The one compared with.
        base: Revision,
        /// The one weighed.
        head: Revision,
    },
    /// Let exactly this commit of a fork be built and run.
    Approve(CommitSha),
    /// Stop what is under way.
    Cancel,
    /// What is over a budget is meant to be, for this reason.
    Accept(String),
    /// Find the commit that changed a metric.
    Bisect(String),
}

/// Which part of the matrix; empty lists mean all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// These boards.
    pub boards: Vec<BoardName>,
    /// The boards that these benchmarks run on.
    pub benches: Vec<BenchName>,
}

/// What names a commit: never an abbreviated id, which may come to mean another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revision {
    /// The commit itself.
    Commit(CommitSha),
    /// A branch or a tag.
    Name(String),
}

/// Why a line is no command: one sentence, with the next step. Holds the writer's own words, which are hostile text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Mistake(String);

/// The command of a comment, or the mistake in it; none where the comment gives no command.
pub fn parse(comment: &str) -> Option<Result<Command, Mistake>> {
    find::line(comment).map(read)
}

/// Reads a line that begins with `/ounce`.
fn read(line: &str) -> Result<Command, Mistake> {
    if line.len() > LINE_BYTES_MAX {
        return Err(Mistake(format!("a command is one line of at most {LINE_BYTES_MAX} bytes, this one has {}", line.len())));
    }
    let rest = line.get(find::CALL.len()..).unwrap_or("").trim();
    let (verb, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (verb, rest) = (verb.to_ascii_lowercase(), rest.trim());
    match verb.as_str() {
        "" | "help" => nothing(rest, "help").map(|()| Command::Help),
        "run" => part(rest).map(Command::Run),
        "compare" => compare(rest),
        "approve" => approve(rest),
        "cancel" => nothing(rest, "cancel").map(|()| Command::Cancel),
        "accept" => reason(rest).map(Command::Accept),
        "bisect" => metric(rest).map(Command::Bisect),
        other => Err(Mistake(format!("there is no command {:?}{}", short(other), nearest(other, VERBS.into_iter())))),
    }
}

/// A word of the writer, cut: it is shown in an answer.
fn short(word: &str) -> String {
    const CHARS_MAX: usize = 60;
    word.chars().take(CHARS_MAX).collect()
}

fn nothing(rest: &str, verb: &str) -> Result<(), Mistake> {
    if rest.is_empty() { Ok(()) } else { Err(Mistake(format!("`{verb}` takes nothing after it, here is {:?}", short(rest)))) }
}

fn part(rest: &str) -> Result<Part, Mistake> {
    const KEYS: [&str; 2] = ["boards", "bench"];
    let mut part = Part::default();
    for word in rest.split_whitespace() {
        let Some((key, names)) = word.split_once('=') else {
            return Err(Mistake(format!("`run` takes boards=NAME,NAME and bench=NAME,NAME, not {:?}", short(word))));
        };
        let wrong = |error: ounce_protocol::ids::InvalidId| Mistake(format!("{key}: {error}"));
        let names = names.split(',').filter(|name| !name.is_empty()).take(NAMES_MAX + 1);
        match key.to_ascii_lowercase().as_str() {
            "boards" => {
                for name in names {
                    push(&mut part.boards, BoardName::parse(name).map_err(wrong)?, key)?;
                }
            }
            "bench" => {
                for name in names {
                    push(&mut part.benches, BenchName::parse(name).map_err(wrong)?, key)?;
                }
            }
            other => {
                return Err(Mistake(format!("`run` knows no {:?}{}", short(other), nearest(other, KEYS.into_iter()))));
            }
        }
    }
    Ok(part)
}

fn push<T: PartialEq>(names: &mut Vec<T>, name: T, key: &str) -> Result<(), Mistake> {
    if names.len() >= NAMES_MAX {
        return Err(Mistake(format!("{key}: at most {NAMES_MAX} names")));
    }
    if !names.contains(&name) {
        names.push(name);
    }
    Ok(())
}

fn compare(rest: &str) -> Result<Command, Mistake> {
    let form = "`compare` takes BASE..HEAD: two branches, tags or whole commit ids";
    let one_word = !rest.is_empty() && !rest.contains(char::is_whitespace);
    let Some((base, head)) = rest.split_once("..").filter(|_| one_word) else { return Err(Mistake(form.to_owned())) };
    if head.starts_with('.') {
        return Err(Mistake(format!("{form}, with two dots between them")));
    }
    Ok(Command::Compare { base: revision(base)?, head: revision(head)? })
}

fn revision(text: &str) -> Result<Revision, Mistake> {
    if let Some(sha) = whole(text) {
        return Ok(Revision::Commit(sha));
    }
    // git-check-ref-format(1), and nothing that a URL or a page could take for something else.
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"~^:?*[\\<>\"'`|&;$(){}!#%".contains(c);
    let good = !text.is_empty()
        && text.len() <= REVISION_BYTES_MAX
        && text.chars().all(plain)
        && !text.contains("..")
        && !text.contains("@{")
        && text
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with('.') && !part.ends_with(".lock"));
    match good {
        true => Ok(Revision::Name(text.to_owned())),
        false => Err(Mistake(format!("{:?} is not the name of a branch or a tag, nor a whole commit id", short(text)))),
    }
}

/// A whole commit id, in either case.
fn whole(text: &str) -> Option<CommitSha> {
    CommitSha::parse(&text.to_ascii_lowercase()).ok()
}

fn approve(rest: &str) -> Result<Command, Mistake> {
    let Some(sha) = whole(rest) else {
        let why =
            "`approve` takes the whole id of the pull request's head, 40 hexadecimal digits: a shorter one may come to mean another commit";
        return Err(Mistake(why.to_owned()));
    };
    Ok(Command::Approve(sha))
}

fn reason(rest: &str) -> Result<String, Mistake> {
    let form = "`accept` takes a reason in quotes, such as accept \"the new table pays for itself\"";
    const OPENING: [char; 2] = ['"', '“'];
    const CLOSING: [char; 2] = ['"', '”'];
    let text = match (rest.strip_prefix(OPENING), rest.strip_suffix(CLOSING)) {
        (None, _) => rest,
        (Some(open), Some(_)) => open.strip_suffix(CLOSING).unwrap_or(""),
        (Some(_), None) => return Err(Mistake(format!("the quotes do not close: {form}"))),
    };
    // One kind of quotes stands around it, so none may stand in it.
    let text: String = text.chars().map(|c| if c == '"' { '\'' } else { c }).filter(|c| !c.is_control()).collect();
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Mistake(form.to_owned())),
        n if n > REASON_CHARS_MAX => Err(Mistake(format!("a reason has at most {REASON_CHARS_MAX} characters, this one has {n}"))),
        _ => Ok(text.to_owned()),
    }
}

fn metric(rest: &str) -> Result<String, Mistake> {
    let form = "`bisect` takes one metric: BOARD/REGION or BOARD/BENCHMARK, such as bisect disco/flash";
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:".contains(&b);
    match !rest.is_empty() && rest.len() <= METRIC_BYTES_MAX && rest.bytes().all(plain) {
        true => Ok(rest.to_owned()),
        false => Err(Mistake(form.to_owned())),
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Revision::Commit(sha) => f.write_str(sha.as_str()),
            Revision::Name(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Help => f.write_str("/ounce help"),
            Command::Run(part) => {
                let boards: Vec<&str> = part.boards.iter().map(BoardName::as_str).collect();
                let benches: Vec<&str> = part.benches.iter().map(BenchName::as_str).collect();
                f.write_str("/ounce run")?;
                for (key, names) in [("boards", boards), ("bench", benches)] {
                    if !names.is_empty() {
                        write!(f, " {key}={}", names.join(","))?;
                    }
                }
                Ok(())
            }
            Command::Compare { base, head } => write!(f, "/ounce compare {base}..{head}"),
            Command::Approve(sha) => write!(f, "/ounce approve {sha}"),
            Command::Cancel => f.write_str("/ounce cancel"),
            Command::Accept(reason) => write!(f, "/ounce accept \"{reason}\""),
            Command::Bisect(metric) => write!(f, "/ounce bisect {metric}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    /// The command of a comment in its plainest form, the mistake, or nothing.
    fn said(comment: &str) -> String {
        match parse(comment) {
            None => String::new(),
            Some(Ok(command)) => {
                let text = command.to_string();
                assert_eq!(parse(&text), Some(Ok(command)), "{text} means the same");
                text
            }
            Some(Err(mistake)) => format!("! {mistake}"),
        }
    }

    #[test]
    fn each_command_is_understood() {
        let check = |comment: &str, expected: &str| assert_eq!(said(comment), expected, "{comment:?}");
        check("/ounce help", "/ounce help");
        check("/ounce", "/ounce help");
        check("/Ounce RUN", "/ounce run");
        check("/ounce run boards=disco,mini bench=sum", "/ounce run boards=disco,mini bench=sum");
        check("/ounce run boards=mini boards=disco,mini,", "/ounce run boards=mini,disco");
        check("/ounce compare v1.0..main", "/ounce compare v1.0..main");
        check(&format!("/ounce compare {SHA}..feature/x"), &format!("/ounce compare {SHA}..feature/x"));
        check(&format!("/ounce approve {}", SHA.to_uppercase()), &format!("/ounce approve {SHA}"));
        check("/ounce cancel\r\n", "/ounce cancel");
        check("/ounce accept \"the table pays\"", "/ounce accept \"the table pays\"");
        check("/ounce accept “the \"table\" pays”", "/ounce accept \"the 'table' pays\"");
        check("/ounce accept it pays", "/ounce accept \"it pays\"");
        check("/ounce bisect disco/flash", "/ounce bisect disco/flash");
    }

    #[test]
    fn a_mistake_says_what_was_meant() {
        let check = |comment: &str, part: &str| {
            let said = said(comment);
            assert!(said.starts_with("! ") && said.contains(part), "{comment:?}: {said}");
        };
        check("/ounce runn", "did you mean `run`?");
        check("/ounce aprove", "did you mean `approve`?");
        check("/ounce make me a sandwich", "there is no command \"make\"");
        check("/ounce run disco", "boards=NAME");
        check("/ounce run board=disco", "did you mean `boards`?");
        check("/ounce run boards=a/b", "board name");
        check("/ounce cancel now", "takes nothing after it");
        check("/ounce compare main", "BASE..HEAD");
        check("/ounce compare main...next", "two dots");
        check("/ounce compare main..next please", "BASE..HEAD");
        check("/ounce compare main..", "not the name of a branch");
        check("/ounce compare ../../etc..main", "not the name of a branch");
        check("/ounce compare -o..main", "not the name of a branch");
        check("/ounce approve", "40 hexadecimal digits");
        check("/ounce approve 0123456", "40 hexadecimal digits");
        check(&format!("/ounce approve {SHA} {SHA}"), "40 hexadecimal digits");
        check("/ounce accept", "a reason in quotes");
        check("/ounce accept \"\"", "a reason in quotes");
        check("/ounce accept \"no end", "do not close");
        check("/ounce accept \"", "a reason in quotes");
        check(&format!("/ounce accept {}", "x".repeat(501)), "at most 500 characters");
        check("/ounce bisect", "one metric");
        check("/ounce bisect a b", "one metric");
        check(&format!("/ounce {}", "x".repeat(LINE_BYTES_MAX)), "at most 2000 bytes");
    }
}
