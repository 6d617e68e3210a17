//! Progress of long work on standard error: a line that changes on a terminal, plain lines without one.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

/// Takes what is being done now.
pub trait Progress: Send + Sync {
    /// A new step begins; `done` of `all` are behind it.
    fn step(&self, done: usize, all: usize, doing: &str);
}

/// Says nothing.
impl Progress for () {
    fn step(&self, _: usize, _: usize, _: &str) {}
}

/// A bar on a terminal, else a line for each step.
pub struct Terminal {
    bar: Option<ProgressBar>,
    last: Mutex<String>,
}

impl Terminal {
    /// On standard error.
    pub fn new() -> Terminal {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Terminal { bar, last: Mutex::new(String::new()) }
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Terminal::new()
    }
}

impl Progress for Terminal {
    fn step(&self, done: usize, all: usize, doing: &str) {
        if let Some(bar) = &self.bar {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
            bar.set_message(doing.to_owned());
            return;
        }
        let line = format!("[{done}/{all}] {doing}");
        let mut last = self.last.lock().unwrap_or_else(|e| e.into_inner());
        if *last != line {
            eprintln!("{line}");
            *last = line;
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
