//! Pyrite: a Python virtual machine for microcontrollers. It executes MicroPython `.mpy` files (version 6, no machine code) in place,
//! from flash, in an arena the caller gives.
//!
//! What holds everywhere in here:
//! - it knows no clock, no hardware and no allocator; output goes through [`Out`], memory comes from the arena;
//! - errors are return values; nothing panics or unwinds on purpose, and `core::fmt` is not used;
//! - Python calls, generators in `for` loops and garbage collection take no machine stack that grows with the program; natives that
//!   call back (a sort key, `__repr__`) are counted and limited;
//! - the same file gives the same output on every machine: ints have 31 bits everywhere, nothing shows an address;
//! - images are built for size; functions that programs spend their time in are marked `optimize(speed)`, after a profile, and what is to be
//!   inlined `inline(always)`: both where the feature `speed` is, and with neither the set `minimal` is as small as it can be;
//! - a file is hostile until the verifier has walked it. `unsafe` is only in `value`, `heap`, `frame` and `code`.

#![cfg_attr(not(test), no_std)]
#![cfg_attr(target_os = "none", feature(optimize_attribute))]
#![cfg_attr(
    not(feature = "core"),
    allow(dead_code, unused_imports, unused_macros, unused_variables, unused_assignments, reason = "smaller sets leave out who uses it")
)]

mod attr;
pub mod binary32;
mod builtins;
mod call;
#[cfg(feature = "chaining")]
mod chaining;
#[expect(unsafe_code, reason = "reads verified bytecode and tables without bounds checks")]
mod code;
#[cfg(feature = "float")]
mod decimal;
#[cfg(all(feature = "float", not(feature = "f64")))]
#[cfg_attr(not(feature = "math"), allow(dead_code, reason = "without the module it is powers that are needed"))]
mod elementary;
#[expect(unsafe_code, reason = "frames and slots are raw memory of the arena")]
mod frame;
#[expect(unsafe_code, reason = "objects are raw memory of the arena")]
mod heap;
#[cfg(feature = "help")]
mod help;
#[cfg(feature = "import")]
mod import;
#[cfg(feature = "inspect")]
pub mod inspect;
#[cfg(feature = "language")]
mod introspect;
mod iter;
#[cfg_attr(not(feature = "bigint"), allow(dead_code, reason = "without long ints it is only divisions that are needed"))]
mod limbs;
#[cfg(any(feature = "inspect", feature = "traceback"))]
mod lines;
mod map;
#[cfg(feature = "import")]
mod modules;
mod mpy;
mod natives;
mod opcodes;
#[cfg(feature = "language")]
mod operators;
mod ops;
mod print;
mod qstr;
mod reasons;
mod run;
mod sink;
mod small;
mod spread;
mod subscr;
mod texts;
#[cfg(feature = "traceback")]
mod traceback;
mod types;
mod unwind;
#[cfg(any(feature = "bytes", feature = "json", feature = "unicode"))]
mod utf8;
#[expect(unsafe_code, reason = "builds the tagged word, which is never zero")]
mod value;
mod verify;
mod vm;

pub use reasons::Reason;
pub use texts::Text;
pub use value::Obj;
pub use vm::{Malformed, Out, Stop, Vm};

/// Whether this build gives up size for speed: where it does not, neither need whoever builds an image of it.
pub const SPEED: bool = cfg!(feature = "speed");

/// A clock for `time`.
#[cfg(feature = "time")]
pub trait Clock {
    /// Microseconds since some moment before the program began.
    fn now_us(&self) -> u64;
    /// Lets at least so many microseconds pass.
    fn wait_us(&self, microseconds: u64);
    /// Milliseconds since that moment, round in 32 bits. Asked at every jump back while a timer runs.
    fn now_ms(&self) -> u32 {
        limbs::quotient(self.now_us(), 1000) as u32
    }
}

/// The module `asyncio`: Python code of ours, executed from flash like any other.
#[cfg(feature = "asyncio")]
pub(crate) static ASYNCIO: &[u8] = include_bytes!("../modules/asyncio.mpy");

/// The module `machine`: Python code of ours over what `modules/machine.rs` has.
#[cfg(feature = "machine")]
pub(crate) static MACHINE: &[u8] = include_bytes!("../modules/machine.mpy");

/// A file that can be imported.
#[derive(Clone, Copy)]
pub struct ModuleFile<'a> {
    /// The compiled file.
    pub mpy: &'a [u8],
    /// Whether it is a package: modules inside of it may be imported too.
    pub package: bool,
}

/// What a program may import beside the built-in modules, and open.
pub trait Modules<'a> {
    /// The file of the module called `name`: `b"pkg.mod"` is the module `mod` of the package `pkg`. A program may ask for any text.
    fn find(&self, name: &[u8]) -> Option<ModuleFile<'a>>;

    /// The bytes of the file that `open` reads by this name; a machine has none unless its owner says so. A program may ask for any text.
    #[cfg(feature = "io")]
    fn open(&self, name: &[u8]) -> Option<&'a [u8]> {
        let _ = name;
        None
    }
}

/// Memory by its address, for `machine`.
#[cfg(feature = "machine")]
pub trait Memory {
    /// The `width` bytes (1, 2 or 4) at `address`; nothing where they may not be read.
    fn read(&self, address: u32, width: u8) -> Option<u32>;
    /// Writes them; nothing where they may not be written.
    fn write(&self, address: u32, width: u8, value: u32) -> Option<()>;
}

/// Pins by their numbers, for `machine.Pin`. A number that no pin has gets nothing.
#[cfg(feature = "machine")]
pub trait Pins {
    /// Makes a pin an output or an input; `pull`: up, down, or neither.
    fn configure(&self, pin: u32, output: bool, pull: Option<bool>) -> Option<()>;
    /// Drives a pin high or low.
    fn write(&self, pin: u32, high: bool) -> Option<()>;
    /// Whether a pin is high.
    fn read(&self, pin: u32) -> Option<bool>;
}
