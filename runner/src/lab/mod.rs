//! The lab: which boards are attached to this machine, by which probe, and how a job gets to one of them.
//!
//! A *unit* is one piece of hardware, an entry of `lab.toml`; the board it is of is the manifest's. The keeper of the lab says what a unit is and what
//! may be done to it; a manifest says what is run.

pub mod flakes;
pub mod inventory;
pub mod ladder;
pub mod offer;
pub mod presence;
pub mod quarantine;
pub mod recover;
pub mod runs;
pub mod selftest;
pub mod taken;
pub mod turns;
