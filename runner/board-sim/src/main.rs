//! `board-sim --board microbit --socket PATH`

use anyhow::{Context, Result};
use board_sim::board::{self, BOARDS};
use board_sim::core::Core;
use board_sim::dap::Dap;
use board_sim::qemu::Machine;
use board_sim::serve::Port;
use clap::Parser;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// A simulated board behind a socket that probe-rs opens as a probe
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Which board
    #[arg(long, default_value = "microbit")]
    board: String,
    /// Where probe-rs finds it: `--probe 20b7:9db1:unix:PATH`
    #[arg(long)]
    socket: PathBuf,
    /// QEMU
    #[arg(long, default_value = "qemu-system-arm")]
    qemu: PathBuf,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let board = board::find(&options.board).with_context(|| {
        let names: Vec<&str> = BOARDS.iter().map(|board| board.name).collect();
        format!("no board is called {:?}; there are {}", options.board, names.join(", "))
    })?;
    let machine = Machine::start(&options.qemu, board.machine)?;
    let mut core = Core::new(board, machine);
    core.power_on()?;
    // A socket that an earlier one left behind is nobody's.
    let _ = std::fs::remove_file(&options.socket);
    let listener = UnixListener::bind(&options.socket).with_context(|| format!("{} cannot be listened at", options.socket.display()))?;
    println!("{}: a {} at 20b7:9db1:unix:{}", board.name, board.chip, options.socket.display());
    Port::new(core, Dap::new(board.identity)).serve(listener)?;
    Ok(())
}
