//! The server's stories: a real double of GitHub over HTTP, a real server, and a scripted runner over the real runner API.

mod gate;
mod migrations;
mod plan;
mod post;
mod pull_request;
mod queue;
mod runner;
mod setup;
mod world;
