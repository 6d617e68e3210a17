//! The ledger of an image: who owns each of its bytes, and what its code is made of.
//!
//! Sizes are bytes. Names come from the build and are hostile text: they are escaped where they are rendered, not here.

use crate::ids::{ImageId, RegionName};
use serde::{Deserialize, Serialize};

/// Which kind of memory a region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegionKind {
    /// Holds loaded bytes, counted by load address.
    Flash,
    /// Holds what runs or is written, counted by run address.
    Ram,
}

/// Where an image's bytes went. The rows of each region sum to its `used_bytes`, to the byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The identity of the loadable bytes.
    pub image: ImageId,
    /// The manifest's regions, in its order.
    pub regions: Vec<RegionLedger>,
    /// Loaded bytes that lie in no declared region, by address: a finding for the reader, zero in a healthy image.
    pub outside: Vec<OutsideRange>,
    /// What its code is made of, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anatomy: Option<Anatomy>,
}

/// A range of the image that no declared region holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideRange {
    /// First address.
    pub start: u64,
    /// Length in bytes.
    pub bytes: u64,
}

/// One memory region's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionLedger {
    /// The region's name in the manifest.
    pub name: RegionName,
    /// What it is.
    pub kind: RegionKind,
    /// Its size on the chip, bytes. An image may use more: that is a result, not an error.
    pub size_bytes: u64,
    /// Bytes the image uses.
    pub used_bytes: u64,
    /// Who owns them. Sums to `used_bytes`.
    pub rows: Vec<Row>,
}

impl RegionLedger {
    /// Bytes left, negative where the image is over the region.
    pub fn headroom_bytes(&self) -> i64 {
        crate::units::delta(self.used_bytes, self.size_bytes)
    }
}

/// One owner's bytes in one region.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Row {
    /// How the owner is known.
    pub owner: Owner,
    /// The name for people: demangled symbol, a string in quotes, the value of a constant, section name, or the kind's own word.
    pub name: String,
    /// The linkage name of the symbol, where it differs from `name`; the input section's name for [`Owner::Map`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linkage: Option<String>,
    /// The group it is counted under: a Rust crate, `C++`, or `C` for unmangled names; a constant is in its function's; the section for what
    /// has no symbol.
    pub group: String,
    /// The output section it lies in.
    pub section: String,
    /// The function whose constant this is (its name for people), where code of one function only refers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The object file it is from, `libm.a(sin.o)` for a member of an archive, where a linker's map says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// A digest of its content without what a link changes (addresses, branch distances): equal for a function that only moved. Where it
    /// is not known, `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<u32>,
    /// Bytes.
    pub bytes: u64,
}

/// How an owner of bytes is known, in the order in which it is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A symbol with a size covers them.
    #[default]
    Symbol,
    /// A label without a size begins there, in code, and nothing else up to where they end.
    Label,
    /// The linker's map says which input section they are from.
    Map,
    /// Code of one function refers to them: its literal, its string.
    Reference,
    /// Code of several functions refers to them.
    Shared,
    /// It reads as text; who uses it is not known.
    Text,
    /// The unwind tables say that a function without a symbol is there.
    Unwind,
    /// No symbol covers them; they are all of a section that has no sized symbol at all.
    Section,
    /// Fill between owners, not longer than the alignment that explains it.
    Padding,
    /// None of the above.
    Unattributed,
}

/// What the code of an image is made of: the facts from which "why did it grow" and "how deep is the stack" are answered without the
/// image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anatomy {
    /// Functions and constants by address. [`Part::uses`] are indices into it.
    pub parts: Vec<Part>,
    /// Whether a limit was met and parts or edges were left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// A function or a constant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// As in its row.
    pub name: String,
    /// As in its row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linkage: Option<String>,
    /// As in its row.
    pub group: String,
    /// Bytes.
    pub bytes: u64,
    /// Whether it is code.
    pub code: bool,
    /// Where it is declared, from the debug information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The last line of that file with code of its own, not of what is inlined into it: where it ends, as far as its code says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_line: Option<u32>,
    /// The parts it calls or refers to, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<u32>,
    /// Functions compiled into it, from the debug information, by name; each with its own bytes, without those inlined into it in turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inlined: Vec<Inlined>,
    /// Its stack frame in bytes, where the compiler says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_bytes: Option<u64>,
    /// Calls through a register, whose targets are not known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub indirect_calls: u32,
}

/// A function compiled into another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Inlined {
    /// Its name for people.
    pub name: String,
    /// Bytes of all its copies in that function.
    pub bytes: u64,
}

/// A place in the sources.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// The file's path as the compiler was given it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}
