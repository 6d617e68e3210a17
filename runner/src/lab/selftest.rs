//! The self-test of a unit: an image of its keeper's that tests RAM, reads its own flash on the core, tells back a number over the console and counts
//! windows of time, as `firmware/port/src/selftest` says. It is flashed and run like any benchmark; what it tells is judged here.

use super::inventory::{Console, Unit, UnitName};
use crate::bench::probe::talk::{self, Wiring, Work};
use crate::bench::probe::{Done, ProbeBench, ProbeError};
use crate::bench::verdict::{self, Meaning};
use crate::exec::LogSink;
use crate::home::Home;
use crate::image::Image;
use anyhow::{Context, Result};
use ounce_analysis::{LoadableSegment, Symbols, identity_of, loadable_segments};
use ounce_protocol::console::exit;
use sha2::{Digest, Sha256};
use std::path::Path;

/// How long it may run: 4 MiB of RAM take some seconds on a slow core.
const RUN_MAX_MS: u64 = 60_000;
/// What the orders begin with.
const MAGIC: &[u8] = b"OST1";
/// A clock window is this part of a second.
const WINDOWS_PER_S: u64 = 2;
/// Ticks of a window where nobody states the clock.
const TICKS: u32 = 8_000_000;
/// A core whose clock is off by more does not run as it is stated: another divider is another quarter at least. A crystal is off by far less, an oscillator on the
/// chip by up to 5 %, and the end of a window is seen some hundredths of a second late where this machine is busy.
const CLOCK_PERCENT_MAX: u64 = 20;

/// A self-test that was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// RAM that was tested, and all of it, bytes.
    pub ram: (u64, u64),
    /// The identity of the image as the core read it.
    pub image: String,
    /// The core's clock as this machine's clock has it.
    pub clock_hz: u64,
    /// Whether it was compared with one that is stated.
    pub is_clock_stated: bool,
}

impl Passed {
    /// In words.
    pub fn words(&self) -> String {
        let image: String = self.image.chars().take(12).collect();
        let clock = format!("{}.{} MHz", self.clock_hz / 1_000_000, self.clock_hz / 100_000 % 10);
        let stated = if self.is_clock_stated { "" } else { " (not compared: `clock_hz` is not stated)" };
        format!("RAM {} of {} B, flash read on the core is image {image}, console, clock about {clock}{stated}", self.ram.0, self.ram.1)
    }
}

/// What the image has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    image: String,
    token: String,
    ticks: u32,
    clock_hz: Option<u64>,
}

/// Runs the self-test `elf` on a unit.
///
/// # Errors
/// Where the image is none, the chip is not reached, or the test is failed.
pub async fn run(name: &UnitName, unit: &Unit, elf: &Path, wiring: &Wiring, home: &Home, log: &dyn LogSink) -> Result<Passed, ProbeError> {
    let fails = |why: String| ProbeError::SelfTest { selector: wiring.selector.clone(), why };
    let scratch = home.scratch()?;
    let (work, wanted) = prepare(name, unit, elf, scratch.path()).with_context(|| format!("self-test {}", elf.display()))?;
    match (ProbeBench { wiring: wiring.clone(), home }).run(work, log).await? {
        Done::Refused(why) => Err(anyhow::anyhow!("self-test {}: {why}", elf.display()).into()),
        Done::Ran { evidence, state, windows_us, .. } => {
            let stood = state.map(|state| state.words(|_| None));
            let said = match (evidence.code, &evidence.console.result) {
                (Some(exit::BAD_BOARD), _) => return Err(fails(evidence.console.error.unwrap_or_else(|| "it does not say why".into()))),
                (Some(exit::NO_WORKLOAD), _) => {
                    let why = "it takes no orders: `firmware/build BOARD --selftest` makes an image that does";
                    return Err(anyhow::anyhow!("self-test {}: {why}", elf.display()).into());
                }
                (Some(exit::OK), None) => return Err(fails("its console told no result: is it another board's console?".into())),
                (_, said) => said.clone().unwrap_or_default(),
            };
            match verdict::judge(&crate::bench::Evidence { stood, ..*evidence }, &said) {
                Meaning::Valid => judge(&said, &windows_us, &wanted).map_err(fails),
                Meaning::NoFit(why) | Meaning::Failed(_, why) => Err(fails(why)),
            }
        }
    }
}

/// What is to be run, with its orders in a file in `scratch`, and what it has to tell.
fn prepare(name: &UnitName, unit: &Unit, elf: &Path, scratch: &Path) -> Result<(Work, Wanted)> {
    let image = Image::open(elf)?;
    let symbols = Symbols::read(image.bytes())?;
    let symbol = |name: &str| symbols.find(name).with_context(|| format!("it has no symbol {name}: is it a self-test's image?"));
    let segments = loadable_segments(image.bytes())?;
    let ticks = unit.clock_hz.map_or(TICKS, |hz| u32::try_from(hz / WINDOWS_PER_S).unwrap_or(u32::MAX));
    // Not a random number: flash is not written again for each test.
    let token = Sha256::digest(format!("{name} {}", unit.probe.as_str()));
    let orders = scratch.join("orders");
    std::fs::write(&orders, write_orders(ticks, &token[..8], &segments)?).context("its orders cannot be written")?;
    let console = match &unit.console {
        Console::Uart { port, baud } => talk::Console::Uart { port: port.clone(), baud: *baud },
        Console::Rtt => talk::Console::Rtt { address: symbol("_SEGGER_RTT")? },
    };
    let work = Work {
        elf: elf.to_owned(),
        program: Some((orders, symbol("_workload_start")?)),
        allowed: vec![],
        is_keepers: true,
        protected: unit.protected(),
        markers: (symbol("ounce_begin")?, symbol("ounce_end")?),
        stack: None,
        console,
        run_ms: RUN_MAX_MS,
        takes: 0,
        clock_hz: unit.clock_hz,
    };
    let wanted = Wanted { image: identity_of(&segments).to_string(), token: hex::encode(&token[..8]), ticks, clock_hz: unit.clock_hz };
    Ok((work, wanted))
}

fn write_orders(ticks: u32, token: &[u8], segments: &[LoadableSegment<'_>]) -> Result<Vec<u8>> {
    let word = |number: u64| u32::try_from(number).context("it does not lie in 32 bits of addresses");
    let mut orders = MAGIC.to_vec();
    orders.extend(ticks.to_le_bytes());
    orders.extend(token);
    orders.extend(u32::try_from(segments.len())?.to_le_bytes());
    for segment in segments {
        orders.extend(word(segment.address)?.to_le_bytes());
        orders.extend(u32::try_from(segment.bytes.len())?.to_le_bytes());
    }
    Ok(orders)
}

/// Judges the line of a self-test that came to its end: `ram TESTED/ALL, image HASH, token TOKEN, ticks N`.
fn judge(said: &str, windows_us: &[u64], wanted: &Wanted) -> Result<Passed, String> {
    let field = |name: &str| said.split(", ").find_map(|part| part.strip_prefix(name)?.strip_prefix(' '));
    let numbers = |text: &str| text.split_once('/').and_then(|(tested, all)| Some((tested.parse().ok()?, all.parse().ok()?)));
    let (Some(ram), Some(image), Some(token)) = (field("ram").and_then(numbers), field("image"), field("token")) else {
        return Err(format!("it said {said:?}, which is no self-test's result"));
    };
    if token != wanted.token {
        return Err(format!("its console told the number {token} where {} was given to it: is it another board's console?", wanted.token));
    }
    if image != wanted.image {
        return Err(format!("the core reads other bytes in flash than were written: image {image} where {} was flashed", wanted.image));
    }
    // What disturbs this machine only makes a window longer.
    let shortest =
        windows_us.iter().min().copied().filter(|us| *us > 0).ok_or("its clock was not seen: no window lay between the markers")?;
    let clock_hz = u64::from(wanted.ticks) * 1_000_000 / shortest;
    if let Some(stated) = wanted.clock_hz
        && clock_hz.abs_diff(stated) > stated / 100 * CLOCK_PERCENT_MAX
    {
        return Err(format!("its core runs at about {clock_hz} Hz where lab.toml states clock_hz = {stated}"));
    }
    Ok(Passed { ram, image: image.to_owned(), clock_hz, is_clock_stated: wanted.clock_hz.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_self_test_is_passed_when_all_it_tells_is_right() {
        let wanted = Wanted { image: "ab12".into(), token: "0077".into(), ticks: 4_000_000, clock_hz: Some(16_000_000) };
        let says = |said: &str, windows_us: &[u64], wanted: &Wanted| match judge(said, windows_us, wanted) {
            Ok(passed) => passed.words(),
            Err(why) => why,
        };
        let good = "ram 16380/16384, image ab12, token 0077, ticks 4000000";
        let unstated = Wanted { clock_hz: None, ..wanted.clone() };
        insta::assert_snapshot!([
            says(good, &[900_000, 252_000, 251_000], &wanted),
            says(good, &[125_000], &unstated),
            says(&good.replace("ab12", "ab13"), &[250_000], &wanted),
            says(&good.replace("0077", "0078"), &[250_000], &wanted),
            says(good, &[500_000, 510_000], &wanted),
            says(good, &[125_000], &wanted),
            says(good, &[], &wanted),
            says("(1, 2)", &[250_000], &wanted).replace('"', "`"),
        ].join("\n"), @r"
        RAM 16380 of 16384 B, flash read on the core is image ab12, console, clock about 15.9 MHz
        RAM 16380 of 16384 B, flash read on the core is image ab12, console, clock about 32.0 MHz (not compared: `clock_hz` is not stated)
        the core reads other bytes in flash than were written: image ab13 where ab12 was flashed
        its console told the number 0078 where 0077 was given to it: is it another board's console?
        its core runs at about 8000000 Hz where lab.toml states clock_hz = 16000000
        its core runs at about 32000000 Hz where lab.toml states clock_hz = 16000000
        its clock was not seen: no window lay between the markers
        it said `(1, 2)`, which is no self-test's result
        ");
    }

    #[test]
    fn orders_are_words_as_the_firmware_reads_them() {
        let segments = [LoadableSegment { address: 0x800_0000, bytes: &[1, 2, 3] }];
        let orders = write_orders(0x0102_0304, &[9; 8], &segments).unwrap();
        let mut all = b"OST1\x04\x03\x02\x01".to_vec();
        all.extend([9; 8]);
        all.extend([1, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);
        assert_eq!(orders, all);
        let far = [LoadableSegment { address: 1 << 32, bytes: &[1] }];
        assert!(write_orders(1, &[9; 8], &far).is_err());
    }
}
