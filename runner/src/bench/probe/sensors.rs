//! What a chip can tell of its own temperature and supply, read over the probe while the core stands: neither needs anything in the image.
//!
//! Known are Nordic's chips: TEMP of the nRF51 and nRF52 series, in quarters of a degree, and the ADC of the nRF51, which can be told to measure the
//! supply (nRF51 Series Reference Manual, nRF52833 Product Specification). Not yet run on hardware. Of others nothing is said.

use ounce_protocol::measurement::Conditions;
use probe_rs::{Error, MemoryInterface};
use std::time::{Duration, Instant};

/// TEMP: begin, stop, whether there is a value, and it.
const TEMP_START: u64 = 0x4000_c000;
const TEMP_STOP: u64 = 0x4000_c004;
const TEMP_READY: u64 = 0x4000_c100;
const TEMP_VALUE: u64 = 0x4000_c508;
/// The ADC of the nRF51.
const ADC_START: u64 = 0x4000_7000;
const ADC_READY: u64 = 0x4000_7100;
const ADC_ENABLE: u64 = 0x4000_7500;
const ADC_CONFIG: u64 = 0x4000_7504;
const ADC_VALUE: u64 = 0x4000_7508;
/// 10 bits, of a third of the supply, against the band gap.
const THIRD_OF_SUPPLY: u32 = 2 | 6 << 2;
const BAND_GAP_MV: u32 = 1200;
const FULL_SCALE: u32 = 1023;
/// Either takes less than 0.1 ms.
const READY_MAX: Duration = Duration::from_millis(20);

/// What this chip says; nothing where it cannot, or its firmware keeps what would be needed.
pub fn read(chip: &str, memory: &mut impl MemoryInterface) -> Result<Conditions, Error> {
    let chip = chip.to_ascii_uppercase();
    let is_51 = chip.starts_with("NRF51");
    if !is_51 && !chip.starts_with("NRF52") {
        return Ok(Conditions::default());
    }
    let temperature = convert(memory, [TEMP_START, TEMP_READY, TEMP_VALUE])?;
    memory.write_word_32(TEMP_STOP, 1)?;
    let supply = if is_51 { supply(memory)? } else { None };
    Ok(Conditions { temperature_quarter_c: temperature.map(signed), supply_mv: supply })
}

fn supply(memory: &mut impl MemoryInterface) -> Result<Option<u32>, Error> {
    if memory.read_word_32(ADC_ENABLE)? != 0 {
        return Ok(None);
    }
    let before = memory.read_word_32(ADC_CONFIG)?;
    memory.write_word_32(ADC_CONFIG, THIRD_OF_SUPPLY)?;
    memory.write_word_32(ADC_ENABLE, 1)?;
    let value = convert(memory, [ADC_START, ADC_READY, ADC_VALUE]);
    memory.write_word_32(ADC_ENABLE, 0)?;
    memory.write_word_32(ADC_CONFIG, before)?;
    Ok(value?.map(|value| (value & FULL_SCALE) * 3 * BAND_GAP_MV / FULL_SCALE))
}

/// Begins a conversion and waits for its value.
fn convert(memory: &mut impl MemoryInterface, [start, ready, value]: [u64; 3]) -> Result<Option<u32>, Error> {
    memory.write_word_32(ready, 0)?;
    memory.write_word_32(start, 1)?;
    let until = Instant::now() + READY_MAX;
    while memory.read_word_32(ready)? == 0 {
        if Instant::now() >= until {
            return Ok(None);
        }
    }
    let value = memory.read_word_32(value)?;
    memory.write_word_32(ready, 0)?;
    Ok(Some(value))
}

/// Of the nRF51 the upper bits of a temperature below zero are not what they should be (its errata): the lower ten say it in both.
fn signed(value: u32) -> i16 {
    let ten = i16::try_from(value & 0x3ff).unwrap_or(0);
    if ten < 512 { ten } else { ten - 1024 }
}

#[cfg(test)]
mod tests {
    use super::signed;

    #[test]
    fn quarters_of_a_degree_have_a_sign() {
        let check = |value: u32, quarters: i16| assert_eq!(signed(value), quarters, "{value:#x}");
        check(94, 94);
        check(0xffff_fffc, -4);
        // As an nRF51 has it.
        check(0x3fc, -4);
    }
}
