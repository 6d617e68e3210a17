//! What is said of an image's stack. Plain data; bytes throughout.

use ounce_protocol::measurement::Source;
use serde::{Deserialize, Serialize};

/// The worst case of an image's stack, one chain of calls for each function where one begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackReport {
    /// The deepest first.
    pub entries: Vec<EntryStack>,
    /// Entries that are not told, as there are too many: less deep than those that are, and neither a reset nor a handler by name.
    pub entries_left_out: u64,
    /// Names that were asked for and that no function has.
    pub not_found: Vec<String>,
    /// Functions in the anatomy.
    pub functions: u64,
    /// How many of them have a frame that is known.
    pub frames_known: u64,
    /// Whether the anatomy lacks parts or calls, so that no worst case is one.
    pub cut: bool,
}

/// The worst case from one function on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryStack {
    /// The function's name for people.
    pub name: String,
    /// Where it is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Why it is an entry.
    pub kind: EntryKind,
    /// Bytes of all frames on the deepest chain that is known, without any exception's. What is used at most where `bounded`, else at
    /// least.
    pub bytes: u64,
    /// Whether nothing is open: `bytes` is the worst case.
    pub bounded: bool,
    /// That chain, the entry first.
    pub path: Vec<Step>,
    /// Functions of the chain that are not in `path`, at its far end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub path_left_out: u64,
    /// What makes it unbounded, with the places, by kind, then by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Open>,
    /// Places that are not in `open`, as there are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub open_left_out: u64,
}

/// Why a function is taken as the start of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// It was asked for.
    Named,
    /// By its name, what runs at reset.
    Start,
    /// By its name, a handler of an exception or interrupt.
    Interrupt,
    /// No other function is known to call it.
    Root,
}

/// One function on a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name for people.
    pub name: String,
    /// Its frame in bytes, where it is known.
    pub frame_bytes: Option<u64>,
}

/// A place at which the stack may grow by an unknown amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The function, by its name for people.
    pub name: String,
    /// Where it is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What is there.
    pub why: Unbounded,
}

/// Why nothing bounds the stack at a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Unbounded {
    /// It can call itself.
    Recursion {
        /// A shortest cycle of names: itself, what is on the way, itself. Its beginning where it is long.
        cycle: Vec<String>,
        /// Functions that can call each other in this way, itself among them.
        functions: u64,
    },
    /// It calls through a register; the targets are not known.
    IndirectCalls {
        /// How many such calls it has.
        calls: u32,
    },
    /// Its frame is larger than stated by an amount known only as it runs.
    DynamicFrame,
    /// Its frame is not stated, and counted as 0 B: assembly, or an object built without stack sizes.
    UnknownFrame,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}
