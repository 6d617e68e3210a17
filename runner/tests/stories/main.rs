//! The runner as its users meet it: the built program `ounce`, real git, make, GCC, bubblewrap and QEMU. Each test is a
//! story; what a part does inside is tested beside that part.

#[path = "../common/mod.rs"]
mod common;

mod agent_at_once;
mod agent_units;
mod bad_builds;
mod bad_input;
mod cycles;
mod emulator;
mod hostile_greed;
mod hostile_images;
mod hostile_leftovers;
mod hostile_network;
mod hostile_secrets;
mod interrupted;
mod lab;
mod measuring;
mod misbehaving;
mod on_probe;
mod size;
mod size_views;
mod surroundings;
