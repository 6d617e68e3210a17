//! Unmodified probe-rs at a simulated board.

use board_sim::power::Order;
use probe_rs::config::Registry;
use probe_rs::flashing::{DownloadOptions, FlashProgress};
use probe_rs::probe::DebugProbeSelector;
use probe_rs::probe::list::Lister;
use probe_rs::semihosting::SemihostingCommand;
use probe_rs::{BreakpointCause, CoreStatus, HaltReason, MemoryInterface, Permissions, Session};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const CHIP: &str = "nRF51822_xxAA";
/// Halting a core, or waiting until it has halted.
const HALT_MAX: Duration = Duration::from_millis(500);
/// How long is waited for what may never come.
const PATIENCE: Duration = Duration::from_secs(2);
/// The register that says when to halt, and its bit for "after a reset".
const DEMCR: u64 = 0xe000_edfc;
const VC_CORERESET: u32 = 1;
/// The reset line among a probe's pins.
const NRESET: u32 = 0x80;

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
        Sim::holding(board, &[], faults)
    }

    /// A board with an image in its flash.
    fn holding(board: &str, image: &[u8], faults: &[&str]) -> Sim {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("probe");
        let file = folder.path().join("image");
        std::fs::write(&file, image).unwrap();
        // It ends with the test, also where the test leaves it behind.
        #[expect(clippy::disallowed_methods, reason = "the program under test itself, seen from outside")]
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--", env!("CARGO_BIN_EXE_board-sim")]);
        command.args(["run", "--board", board, "--socket"]).arg(&socket).arg("--image").arg(&file);
        command.arg("--uart").arg(folder.path().join("uart"));
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

    fn order(&self, order: Order) {
        board_sim::power::order(&self.socket, order).unwrap();
    }

    /// Processes that the daemon has started and that are there: QEMU.
    fn machines(&self) -> usize {
        let id = self.daemon.id();
        std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap().split_whitespace().count()
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
        // probe-rs 0.32 asks for a halt after the reset before it enables debugging, which a core that nobody debugged since power came
        // ignores, as the architecture says: so it is attached to while the line is held, and let go by hand.
        if under_reset {
            probe.target_reset_assert().map_err(|e| format!("{e:?}"))?;
        }
        let mut session = probe.attach_with_registry(chip, permissions, &registry).map_err(|e| format!("{e:?}"))?;
        if under_reset {
            session.core(0).unwrap().write_word_32(DEMCR, VC_CORERESET).map_err(|e| format!("{e:?}"))?;
            session.get_arm_interface().unwrap().swj_pins(NRESET, NRESET, 0).map_err(|e| format!("{e:?}"))?;
            session.core(0).unwrap().wait_for_core_halted(HALT_MAX).map_err(|e| format!("{e:?}"))?;
        }
        Ok(session)
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
    // Not a whole page, and so many that what each leaves on the stack would fill it.
    image.resize(45_000, 0xa5);
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
    sim.order(Order::Off);
    assert_eq!(sim.machines(), 0, "what has no power does nothing");
    sim.order(Order::Off);
    assert!(sim.try_attach("nRF51822_xxAA", false, None).is_err(), "it has no power");
    sim.order(Order::On);
    assert_eq!(sim.machines(), 1);
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
    sim.order(Order::Cycle);
    works(&sim, false, None);

    // The applet's driver leaves it to its user to try again; in the middle of a block, probe-rs 0.32 even panics.
    let sim = Sim::with("microbit", &["wait@30x1"]);
    let caught = std::panic::catch_unwind(|| sim.try_attach(chip, false, None).map(drop));
    assert!(!matches!(caught, Ok(Ok(()))));
    works(&sim, false, None);

    // probe-rs 0.32 reads on for ever where its cable was pulled: who uses it needs a deadline of its own.
    let sim = Sim::with("microbit", &["dead@200"]);
    let ended = ends(move || sim.try_attach(chip, false, None).and_then(|mut session| flash(&mut session, &counting(0))));
    assert!(ended.is_none(), "{ended:?}: its driver has learned to tell, and whoever uses it may do with less");

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

/// What the program of [`counting`] has counted, and whether it goes on.
fn counts(session: &mut Session) -> (u32, bool) {
    let mut core = session.core(0).unwrap();
    let first = core.read_word_32(0x2000_0000).unwrap();
    (first, (0..1000).any(|_| core.read_word_32(0x2000_0000).unwrap() != first))
}

#[test]
fn a_core_that_is_locked_up_goes_on_after_a_reset_by_its_debugger() {
    let sim = Sim::holding("microbit", &counting(0), &["lockup"]);
    let mut session = sim.attach(CHIP);
    assert_eq!(session.core(0).unwrap().status().unwrap(), CoreStatus::LockedUp);
    assert_eq!(counts(&mut session), (0, false), "its program never ran");
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(HALT_MAX).unwrap();
    core.run().unwrap();
    drop(core);
    assert!(counts(&mut session).1);
    drop(session);

    let sim = Sim::holding("microbit", &counting(0), &["lockup"]);
    sim.order(Order::Cycle);
    assert!(counts(&mut sim.attach(CHIP)).1, "power helps as well");
}

#[test]
fn a_reset_line_that_leads_nowhere_leaves_the_firmware_running() {
    let counted_under_reset = |faults: &[&str]| {
        let sim = Sim::holding("microbit", &counting(0), faults);
        // It has counted for a while.
        (0..1000).find(|_| counts(&mut sim.attach(CHIP)).0 > 10_000).unwrap();
        sim.try_attach(CHIP, true, None).map(|mut session| counts(&mut session))
    };
    let (count, goes_on) = counted_under_reset(&[]).unwrap();
    assert!(count > 10_000 && !goes_on, "RAM outlives a reset, and the program stands at its beginning");
    let said = counted_under_reset(&["no-reset"]).unwrap_err();
    assert!(said.contains("Timeout"), "it never halted: {said}");
}

#[test]
fn pins_that_the_firmware_took_answer_under_reset() {
    let sim = Sim::holding("microbit", &counting(0), &["pins-taken"]);
    assert!(sim.try_attach(CHIP, false, None).is_err());
    let mut session = sim.try_attach(CHIP, true, None).unwrap();
    flash(&mut session, &counting(0)).unwrap();
}

#[test]
fn silence_lasts_until_power_is_cycled() {
    let sim = Arc::new(Sim::with("microbit", &["silent@50"]));
    let attaches = || {
        let theirs = Arc::clone(&sim);
        ends(move || theirs.try_attach(CHIP, false, None).is_ok())
    };
    assert_eq!(attaches(), None, "who waits for an answer waits");
    sim.order(Order::Cycle);
    assert_eq!(attaches(), Some(true));
}

/// What comes of work that may never end; then it goes on in its thread.
fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (send, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(work()));
    ended.recv_timeout(PATIENCE).ok()
}

#[test]
fn a_semihosting_call_halts_for_the_debugger() {
    let mut image = counting(0);
    // 40: movs r0, #0x18 (exit); movs r1, #0; bkpt 0xab; b .
    image[0x40..0x48].copy_from_slice(&[0x18, 0x20, 0x00, 0x21, 0xab, 0xbe, 0xfe, 0xe7]);
    let sim = Sim::holding("microbit", &image, &[]);
    let mut session = sim.attach(CHIP);
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(HALT_MAX).unwrap();
    core.run().unwrap();
    core.wait_for_core_halted(HALT_MAX).unwrap();
    let status = core.status().unwrap();
    let CoreStatus::Halted(HaltReason::Breakpoint(BreakpointCause::Semihosting(asked))) = status else { panic!("{status:?}") };
    assert!(matches!(asked, SemihostingCommand::ExitError(_)), "{asked:?}");
}

#[test]
fn its_serial_port_is_a_socket() {
    let mut image = counting(0);
    // UART0 of the nRF51: 40: ldr r0, =0x40002500; movs r1, #4; str r1, [r0] (on); 46: ldr r0, =0x40002008; movs r1, #1; str r1, [r0] (begin);
    // 4c: ldr r0, =0x4000251c; movs r1, #'x'; str r1, [r0]; 52: b .; constants from 54 on
    let code: [u16; 10] = [0x4804, 0x2104, 0x6001, 0x4804, 0x2101, 0x6001, 0x4803, 0x2178, 0x6001, 0xe7fe];
    let words: [u32; 3] = [0x4000_2500, 0x4000_2008, 0x4000_251c];
    let bytes: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).chain(words.iter().flat_map(|w| w.to_le_bytes())).collect();
    image[0x40..0x40 + bytes.len()].copy_from_slice(&bytes);
    let sim = Sim::holding("microbit", &image, &[]);
    let mut serial = UnixStream::connect(sim.socket.with_file_name("uart")).unwrap();
    serial.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut session = sim.attach(CHIP);
    session.core(0).unwrap().reset().unwrap();
    let mut said = [0];
    serial.read_exact(&mut said).unwrap();
    assert_eq!(&said, b"x");
}

/// Prints how long it takes to attach to a board that holds its image already, and to see that. The seconds are this machine's.
#[test]
fn an_image_of_100_kb_that_is_there_already_is_read_back() {
    let mut image = counting(0);
    // Nothing in it looks like a BKPT instruction.
    image.extend((image.len()..100_000).map(|n| u8::try_from(n % 0xbe).unwrap()));
    let sim = Sim::holding("mps2-an385", &image, &[]);
    let began = Instant::now();
    let mut session = sim.attach("mps2-an385");
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(HALT_MAX).unwrap();
    let attached = began.elapsed();
    let mut there = vec![0; image.len()];
    for (part, at) in there.chunks_mut(4 * 1024).zip((0..).step_by(4 * 1024)) {
        core.read(at, part).unwrap();
    }
    println!("attached after {attached:.0?}, 100 kB compared after {:.0?}", began.elapsed());
    assert!(there == image);
}
