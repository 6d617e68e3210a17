//! `board-sim run --board microbit --socket PATH` and `board-sim power --socket PATH cycle`.

use anyhow::{Context, Result};
use board_sim::board::{self, BOARDS, Board, OWN_TARGETS};
use board_sim::core::Unpowered;
use board_sim::faults::{Fault, Plan};
use board_sim::noise::Noise;
use board_sim::power::{self, Order};
use board_sim::qemu::Machine;
use board_sim::sensors::Sensors;
use board_sim::serve::Port;
use clap::{Parser, Subcommand};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// A simulated board behind a socket that probe-rs opens as a probe
#[derive(Debug, Parser)]
#[command(version)]
enum Command {
    /// Gives a board power, until it is stopped
    Run(Run),
    /// Switches the power of a board that runs
    Power {
        /// Its socket
        #[arg(long)]
        socket: PathBuf,
        /// What to do
        #[command(subcommand)]
        order: Switch,
    },
    /// Lists the boards
    Boards,
    /// Prints what probe-rs has to be told of boards that it does not know, as YAML
    Targets,
}

#[derive(Debug, clap::Args)]
struct Run {
    /// Which board
    #[arg(long, default_value = "microbit")]
    board: String,
    /// Where probe-rs finds it: `--probe 20b7:9db1:unix:PATH`
    #[arg(long)]
    socket: PathBuf,
    /// What it has to suffer: KIND, KIND@N (from the N-th transfer on) or KIND@NxTIMES; may be given again
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,
    /// How its runs vary, for firmware that asks: MODEL:CENTRE:DEVIATION:SEED; its time is then counted in instructions
    #[arg(long, value_name = "NOISE")]
    noise: Option<Noise>,
    /// What a microbit's own sensors say: QUARTERS:MILLIVOLTS, quarters of a degree Celsius and its supply
    #[arg(long, value_name = "SENSORS", allow_hyphen_values = true)]
    sensors: Option<Sensors>,
    /// What is in its flash when power comes, as bytes from the first on; blank where none is named
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// Where its serial port is: a socket that whoever connects to reads and writes
    #[arg(long, value_name = "SOCKET")]
    uart: Option<PathBuf>,
    /// QEMU
    #[arg(long, default_value = "qemu-system-arm")]
    qemu: PathBuf,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Switch {
    /// Off
    Off,
    /// On again
    On,
    /// Off and on
    Cycle,
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Run(options) => run(options),
        Command::Power { socket, order } => {
            let order = match order {
                Switch::Off => Order::Off,
                Switch::On => Order::On,
                Switch::Cycle => Order::Cycle,
            };
            power::order(&socket, order).with_context(|| format!("the board at {} did not do it", socket.display()))
        }
        Command::Boards => {
            BOARDS.iter().for_each(|board| println!("{}\t{}", board.name, board.chip));
            Ok(())
        }
        Command::Targets => {
            print!("{OWN_TARGETS}");
            Ok(())
        }
    }
}

fn run(options: Run) -> Result<()> {
    let board = board::find(&options.board).with_context(|| {
        let names: Vec<&str> = BOARDS.iter().map(|board| board.name).collect();
        format!("no board is called {:?}; there are {}", options.board, names.join(", "))
    })?;
    let image = match &options.image {
        Some(file) => std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?,
        None => Vec::new(),
    };
    let unpowered = Unpowered::new(board, image, Plan::new(&options.faults)).map_err(anyhow::Error::msg)?;
    let (qemu, uart, is_exact) = (options.qemu, options.uart, options.noise.is_some());
    let unpowered = unpowered.noisy(options.noise).sensing(options.sensors);
    let start = move |board: &Board| Machine::start(&qemu, board.machine, uart.as_deref(), is_exact);
    let socket = power::socket_of(&options.socket);
    let _ = std::fs::remove_file(&socket);
    let power = UnixListener::bind(&socket).with_context(|| format!("{} cannot be listened at", socket.display()))?;
    let says = format!("{}: a {} at 20b7:9db1:unix:{}", board.name, board.chip, options.socket.display());
    Port::new(board, start).serve(unpowered, &options.socket, power, || println!("{says}"))?;
    Ok(())
}
