//! Unmodified probe-rs at a simulated board.

use probe_rs::config::Registry;
use probe_rs::flashing::{DownloadOptions, FlashProgress};
use probe_rs::probe::DebugProbeSelector;
use probe_rs::probe::list::Lister;
use probe_rs::{MemoryInterface, Permissions, Session};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A board on its socket.
struct Sim {
    daemon: Child,
    socket: PathBuf,
    _folder: tempfile::TempDir,
}

impl Sim {
    fn start(board: &str) -> Sim {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("probe");
        let mut command = Command::new(env!("CARGO_BIN_EXE_board-sim"));
        let mut daemon = command.args(["--board", board, "--socket"]).arg(&socket).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(daemon.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("20b7:9db1:unix:"), "{line:?}");
        Sim { daemon, socket, _folder: folder }
    }

    fn attach(&self, chip: &str) -> Session {
        let selector: DebugProbeSelector = format!("20b7:9db1:unix:{}", self.socket.display()).parse().unwrap();
        let probe = Lister::new().open(selector).unwrap();
        let mut registry = Registry::from_builtin_families();
        registry.add_target_family_from_yaml(board_sim::board::OWN_TARGETS).unwrap();
        probe.attach_with_registry(chip, Permissions::new().allow_erase_all(), &registry).unwrap()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Vectors and a program: a counter at 0x2000_0000 grows for ever.
fn counting(flash: u32) -> Vec<u8> {
    let mut image = Vec::new();
    for vector in [0x2000_4000u32, flash + 0x41, flash + 0x51, flash + 0x51] {
        image.extend(vector.to_le_bytes());
    }
    image.resize(0x40, 0);
    // 40: movs r0, #0x20; lsls r0, #24; movs r1, #0; 46: adds r1, #1; str r1, [r0]; b 46
    for half in [0x2020u16, 0x0600, 0x2100, 0x3101, 0x6001, 0xe7fc] {
        image.extend(half.to_le_bytes());
    }
    image.resize(0x50, 0);
    // 50: b .
    image.extend(0xe7feu16.to_le_bytes());
    // Not a whole page, and more than one.
    image.resize(5_000, 0xa5);
    image
}

#[test]
fn probe_rs_attaches_halts_and_reads_what_it_wrote() {
    let check = |board: &str, cpuid: u32| {
        let board = board_sim::board::find(board).unwrap();
        let sim = Sim::start(board.name);
        let mut session = sim.attach(board.chip);
        let mut core = session.core(0).unwrap();
        core.halt(Duration::from_millis(500)).unwrap();
        let words: Vec<u32> = (0..700).map(|n| n ^ 0x5a5a_0000).collect();
        core.write_32(0x2000_0100, &words).unwrap();
        let mut read = vec![0; words.len()];
        core.read_32(0x2000_0100, &mut read).unwrap();
        assert_eq!(read, words);
        core.write_8(0x2000_0001, &[1, 2, 3]).unwrap();
        assert_eq!(core.read_word_32(0x2000_0000).unwrap() >> 8, 0x0003_0201);
        let pc = core.program_counter();
        core.write_core_reg(pc, 0x1234_5678u32).unwrap();
        assert_eq!(core.read_core_reg::<u32>(pc).unwrap(), 0x1234_5678);
        // Who it says it is comes from the emulated core.
        assert_eq!(core.read_word_32(0xe000_ed00).unwrap(), cpuid, "{}", board.name);
    };
    check("microbit", 0x410c_c200);
    check("mps2-an385", 0x410f_c231);
    check("netduinoplus2", 0x410f_c240);
}

#[test]
fn a_program_is_flashed_verified_and_runs() {
    for board in board_sim::board::BOARDS {
        let sim = Sim::start(board.name);
        let mut session = sim.attach(board.chip);
        let flash = board.flash.start;
        let mut loader = session.target().flash_loader();
        loader.add_data(u64::from(flash), &counting(flash)).unwrap();
        assert!(loader.verify(&mut session, &mut FlashProgress::empty()).is_err(), "{}: flash is blank", board.name);
        let mut options = DownloadOptions::default();
        options.verify = true;
        loader.commit(&mut session, options).unwrap_or_else(|e| panic!("{}: {e:?}", board.name));
        loader.verify(&mut session, &mut FlashProgress::empty()).unwrap();
        let mut core = session.core(0).unwrap();
        core.reset_and_halt(Duration::from_millis(500)).unwrap();
        let pc = core.program_counter();
        assert_eq!(core.read_core_reg::<u32>(pc).unwrap(), flash + 0x40, "{}", board.name);
        core.set_hw_breakpoint(u64::from(flash + 0x48)).unwrap();
        core.run().unwrap();
        core.wait_for_core_halted(Duration::from_secs(2)).unwrap();
        assert_eq!(core.read_core_reg::<u32>(pc).unwrap(), flash + 0x48, "{}", board.name);
        assert_eq!(core.read_core_reg::<u32>(probe_rs::RegisterId(1)).unwrap(), 1, "{}", board.name);
        core.clear_hw_breakpoint(u64::from(flash + 0x48)).unwrap();
        core.run().unwrap();
        let first = core.read_word_32(0x2000_0000).unwrap();
        let later = (0..1000).map(|_| core.read_word_32(0x2000_0000).unwrap()).find(|value| *value != first);
        assert!(later.is_some(), "{}: it counts while it is read", board.name);
    }
}
