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
        Sim::with(board, &[])
    }

    fn with(board: &str, faults: &[&str]) -> Sim {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("probe");
        // It ends with the test, also where the test leaves it behind.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_board-sim")]);
        command.args(["run", "--board", board, "--socket"]).arg(&socket);
        command.args(faults.iter().flat_map(|fault| ["--fault", fault]));
        let mut daemon = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(daemon.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("20b7:9db1:unix:"), "{line:?}");
        // Its socket is there while it can be opened.
        (0..1000)
            .find(|_| {
                socket.exists() || {
                    std::thread::sleep(Duration::from_millis(1));
                    false
                }
            })
            .unwrap();
        Sim { daemon, socket, _folder: folder }
    }

    fn attach(&self, chip: &str) -> Session {
        self.try_attach(chip, false, None).unwrap()
    }

    fn try_attach(&self, chip: &str, under_reset: bool, khz: Option<u32>) -> Result<Session, String> {
        let selector: DebugProbeSelector = format!("20b7:9db1:unix:{}", self.socket.display()).parse().unwrap();
        let there = (0..200).any(|_| {
            self.socket.exists() || {
                std::thread::sleep(Duration::from_millis(1));
                false
            }
        });
        if !there {
            return Err("nobody can open it".into());
        }
        let mut probe = Lister::new().open(selector).map_err(|e| format!("{e:?}"))?;
        if let Some(khz) = khz {
            probe.set_speed(khz).map_err(|e| format!("{e:?}"))?;
        }
        let mut registry = Registry::from_builtin_families();
        registry.add_target_family_from_yaml(board_sim::board::OWN_TARGETS).unwrap();
        let permissions = Permissions::new().allow_erase_all();
        let session = match under_reset {
            true => probe.attach_under_reset_with_registry(chip, permissions, &registry),
            false => probe.attach_with_registry(chip, permissions, &registry),
        };
        session.map_err(|e| format!("{e:?}"))
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

fn flash(session: &mut Session, image: &[u8]) -> Result<(), String> {
    let mut loader = session.target().flash_loader();
    loader.add_data(0, image).unwrap();
    let mut options = DownloadOptions::default();
    options.verify = true;
    loader.commit(session, options).map_err(|e| format!("{e:?}"))
}

#[test]
fn two_programs_cannot_hold_one_probe() {
    let sim = Sim::start("microbit");
    let session = sim.attach("nRF51822_xxAA");
    assert!(sim.try_attach("nRF51822_xxAA", false, None).is_err());
    drop(session);
    let again = (0..100).find_map(|_| sim.try_attach("nRF51822_xxAA", false, None).ok());
    assert!(again.is_some(), "the next one finds it free");
}

#[test]
fn what_is_in_flash_outlives_power_and_what_is_in_ram_does_not() {
    let sim = Sim::start("microbit");
    let mut session = sim.attach("nRF51822_xxAA");
    flash(&mut session, &counting(0)).unwrap();
    let mut core = session.core(0).unwrap();
    core.halt(Duration::from_millis(500)).unwrap();
    core.write_word_32(0x2000_2000, 0x1234_5678).unwrap();
    drop(core);
    drop(session);
    board_sim::power::order(&sim.socket, board_sim::power::Order::Off).unwrap();
    assert!(sim.try_attach("nRF51822_xxAA", false, None).is_err(), "it has no power");
    board_sim::power::order(&sim.socket, board_sim::power::Order::On).unwrap();
    let mut session = sim.attach("nRF51822_xxAA");
    let mut core = session.core(0).unwrap();
    assert_eq!(core.read_word_32(0x2000_2000).unwrap(), 0);
    assert_ne!(core.read_word_32(0x2000_0000).unwrap(), 0, "the program runs since power is there");
}

#[test]
fn each_fault_is_met_and_what_helps_against_it_helps() {
    let chip = "nRF51822_xxAA";
    let fails = |sim: &Sim, under_reset, khz| assert!(sim.try_attach(chip, under_reset, khz).is_err());
    let works = |sim: &Sim, under_reset, khz| sim.try_attach(chip, under_reset, khz).unwrap();

    let sim = Sim::with("microbit", &["long-wires"]);
    fails(&sim, false, Some(4_000));
    works(&sim, false, Some(100));

    let sim = Sim::with("microbit", &["wedged"]);
    fails(&sim, true, Some(100));
    board_sim::power::order(&sim.socket, board_sim::power::Order::Cycle).unwrap();
    works(&sim, false, None);

    // The applet's driver leaves it to its user to try again; in the middle of a block, probe-rs 0.32 even panics.
    let sim = Sim::with("microbit", &["wait@30x1"]);
    let caught = std::panic::catch_unwind(|| sim.try_attach(chip, false, None).map(drop));
    assert!(!matches!(caught, Ok(Ok(()))));
    works(&sim, false, None);

    // probe-rs 0.32 reads on for ever where its cable was pulled: who uses it needs a deadline of its own.
    let sim = Sim::with("microbit", &["dead@200"]);
    let (send, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = sim.try_attach(chip, false, None).and_then(|mut session| flash(&mut session, &counting(0)));
        let _ = send.send(());
    });
    assert!(ended.recv_timeout(Duration::from_secs(2)).is_err(), "then the next version can be told from its silence");

    let sim = Sim::with("microbit", &["flip@2x1"]);
    let mut session = works(&sim, false, None);
    let said = flash(&mut session, &counting(0)).unwrap_err();
    assert!(said.contains("Verify"), "{said}");
    flash(&mut session, &counting(0)).unwrap();
    drop(session);

    let sim = Sim::with("microbit", &["stuck-flash"]);
    let mut session = works(&sim, false, None);
    flash(&mut session, &counting(0)).unwrap_err();
    flash(&mut session, &counting(0)).unwrap_err();
    probe_rs::flashing::erase_all(&mut session, &mut FlashProgress::empty(), false).unwrap();
    flash(&mut session, &counting(0)).unwrap();
}
