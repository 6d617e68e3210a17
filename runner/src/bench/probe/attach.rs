//! Opening a probe and attaching to the chip behind it.

use super::child::Stopped;
use super::talk::{Stage, Wiring};
use probe_rs::config::Registry;
use probe_rs::probe::DebugProbeSelector;
use probe_rs::probe::list::Lister;
use probe_rs::{MemoryInterface, Permissions, Session, Target};
use std::path::Path;
use std::time::Duration;

/// How long a core may take to halt.
pub const HALT_MAX: Duration = Duration::from_millis(500);
/// The register of a Cortex-M that says when to halt (DEMCR), and its bit for "after a reset".
const DEMCR: u64 = 0xe000_edfc;
const VC_CORERESET: u32 = 1;
/// The reset line among a probe's pins, as CMSIS-DAP numbers them.
const NRESET: u32 = 0x80;

/// The keeper's description does not fit.
fn wrong(why: &str) -> Stopped {
    Stopped::failed(Stage::Chip, format!("lab.toml does not describe it rightly: {why}"))
}

/// All chips that are known: those of probe-rs and the keeper's own.
pub fn registry(wiring: &Wiring) -> Result<Registry, Stopped> {
    let mut registry = Registry::from_builtin_families();
    for file in &wiring.targets {
        let text = std::fs::read_to_string(file).map_err(|e| wrong(&format!("{}: {e}", file.display())))?;
        registry.add_target_family_from_yaml(&text).map_err(|e| wrong(&format!("{}: {}", file.display(), chain(&e))))?;
    }
    Ok(registry)
}

/// The chip that the wiring names.
pub fn chip(wiring: &Wiring, registry: &Registry) -> Result<Target, Stopped> {
    registry.get_target_by_name(&wiring.chip).map_err(|e| wrong(&chain(&e)))
}

/// Opens the probe and attaches; `may_erase`: also to a chip that has to be erased for that, as it is locked.
pub fn attach(wiring: &Wiring, registry: &Registry, may_erase: bool) -> Result<Session, Stopped> {
    let failed = |error: &dyn std::error::Error| Stopped::failed(Stage::Attach, chain(error));
    let selector: DebugProbeSelector = wiring.selector.parse().map_err(|e| wrong(&chain(&e)))?;
    let socket = selector.serial_number.as_deref().and_then(|serial| serial.strip_prefix("unix:"));
    if let Some(path) = socket.filter(|path| !Path::new(path).exists()) {
        // probe-rs would go on and look for it on USB.
        return Err(Stopped::failed(Stage::Attach, format!("{path} is not there: has the board power?")));
    }
    let mut probe = Lister::new().open(selector).map_err(|e| failed(&e))?;
    if let Some(khz) = wiring.speed_khz {
        probe.set_speed(khz).map_err(|e| failed(&e))?;
    }
    if wiring.under_reset {
        probe.target_reset_assert().map_err(|e| failed(&e))?;
    }
    let may = if may_erase { Permissions::new().allow_erase_all() } else { Permissions::new() };
    let mut session = probe.attach_with_registry(&wiring.chip, may, registry).map_err(|e| failed(&e))?;
    if wiring.under_reset {
        let_go(&mut session).map_err(|e| failed(&e))?;
    }
    Ok(session)
}

/// Lets the reset line go, with the core standing at its first instruction. By hand: probe-rs 0.32 asks for that halt before it enables debugging,
/// which a core that nobody debugged since power came ignores, as the architecture says.
fn let_go(session: &mut Session) -> Result<(), probe_rs::Error> {
    session.core(0)?.write_word_32(DEMCR, VC_CORERESET)?;
    session.get_arm_interface()?.swj_pins(NRESET, NRESET, 0).map_err(probe_rs::Error::from)?;
    session.core(0)?.wait_for_core_halted(HALT_MAX)
}

/// An error with all that caused it: probe-rs says the important part last.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{}: {said}", text.trim_end_matches('.'));
        }
        cause = error.source();
    }
    text
}
