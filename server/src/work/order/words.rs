//! What is answered to commands. Words of the writer are shown as code, so that they mention nobody and forge nothing.

use super::super::command::Mistake;
use super::super::text::{code, fenced};
use ounce_protocol::ids::CommitSha;

/// Why an account is not obeyed, for the order's row.
pub const NO_RIGHT: &str = "the account has no write access";

/// What can be asked for.
pub fn help() -> String {
    "Write one of these on a line of its own in a new comment:\n\n\
     | command | what comes of it |\n|---|---|\n\
     | `/ounce run` | the same commits are measured again; `boards=A,B` only these boards, `bench=X,Y` only the boards these benchmarks run on |\n\
     | `/ounce compare BASE..HEAD` | two branches, tags or whole commit ids, weighed; the answer is a comment of its own |\n\
     | `/ounce approve COMMIT` | a fork's commit, all 40 digits of it, is built and run in the sandbox |\n\
     | `/ounce cancel` | what is under way for this pull request stops |\n\
     | `/ounce accept \"REASON\"` | what is over a budget is meant to be |\n\
     | `/ounce bisect BOARD/NAME` | which commit of the default branch changed a region or a benchmark |\n\
     | `/ounce help` | this |\n\n\
     They are for accounts with write access. An edited comment commands nothing."
        .to_owned()
}

/// The one answer to an account that may not command.
pub fn refused(login: &str) -> String {
    format!("Thank you, {}. Commands are for accounts with write access to this repository; please ask one of them.", code(login))
}

/// A line that is no command.
pub fn mistaken(mistake: &Mistake) -> String {
    format!("This is not understood:\n\n{}\n\n{}", fenced(&mistake.to_string()), help())
}

/// What the forge, or the state of things, does not allow.
pub fn impossible(why: &str) -> String {
    format!("This cannot be done:\n\n{}", fenced(why))
}

/// The pull request was closed.
pub fn closed() -> String {
    "The pull request is closed: nothing of it is weighed any more.".to_owned()
}

/// The head is another one.
pub fn other_head(asked: &CommitSha, head: &CommitSha) -> String {
    format!(
        "Not approved: `{asked}` is not the head of this pull request. Its head is `{head}`; look at that one, and then approve it:\n\n\
         ```text\n/ounce approve {head}\n```"
    )
}
