//! The plugin in a real QEMU, on firmware small enough to count by hand.
//!
//! Each program's source (tests/firmware) says in its first lines what it must measure and why. Missing tools are an error
//! that names what installs them: a test that does not run proves nothing.

mod counts;
mod hostile;
mod interrupts;
mod limits;
mod stack;
mod tools;
