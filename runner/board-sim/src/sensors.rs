//! Temperature and supply as an nRF51 tells them, whose sensors QEMU does not have: TEMP and the ADC, for what a probe does with them.
//!
//! Written as `QUARTERS:MILLIVOLTS`: quarters of a degree Celsius, and the supply.

use std::collections::BTreeMap;
use std::str::FromStr;

const TEMP: u32 = 0x4000_c000;
const ADC: u32 = 0x4000_7000;
/// From a peripheral's start on: the task that begins a conversion, the event of its end, its result.
const START: u32 = 0x000;
const READY: u32 = 0x100;
const RESULT: u32 = 0x508;
/// Of the ADC: on, and what it measures.
const ENABLE: u32 = 0x500;
const CONFIG: u32 = 0x504;
const THIRD_OF_SUPPLY: u32 = 0x1a;
/// A third of the supply against 1200 mV, in 10 bits.
const FULL_SCALE: u32 = 1023;
const FULL_SCALE_MV: u32 = 3600;

/// Both sensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sensors {
    quarters: i32,
    millivolts: u32,
    registers: BTreeMap<u32, u32>,
}

/// Sensors that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither temperature nor supply: QUARTERS:MILLIVOLTS, such as 94:3290 for 23.5 °C and 3.29 V")]
pub struct NoSensors(String);

impl FromStr for Sensors {
    type Err = NoSensors;

    fn from_str(text: &str) -> Result<Sensors, NoSensors> {
        let parts = text.split_once(':').and_then(|(quarters, mv)| Some((quarters.parse().ok()?, mv.parse().ok()?)));
        let (quarters, millivolts) = parts.ok_or_else(|| NoSensors(text.to_owned()))?;
        Ok(Sensors { quarters, millivolts, registers: BTreeMap::new() })
    }
}

impl Sensors {
    /// A register of theirs; none for other addresses.
    pub fn read(&self, address: u32) -> Option<u32> {
        Sensors::has(address).then(|| self.registers.get(&address).copied().unwrap_or(0))
    }

    /// Writes a register; says whether it is one of theirs.
    pub fn write(&mut self, address: u32, value: u32) -> bool {
        if !Sensors::has(address) {
            return false;
        }
        let base = address & !0xfff;
        if address - base != START {
            self.registers.insert(address, value);
        } else if let Some(result) = self.result(base).filter(|_| value == 1) {
            self.registers.insert(base + READY, 1);
            self.registers.insert(base + RESULT, result);
        }
        true
    }

    fn has(address: u32) -> bool {
        [TEMP, ADC].contains(&(address & !0xfff))
    }

    fn result(&self, base: u32) -> Option<u32> {
        let register = |at: u32| self.registers.get(&(base + at)).copied().unwrap_or(0);
        match base {
            TEMP => Some(self.quarters.cast_unsigned()),
            _ if register(ENABLE) == 1 && register(CONFIG) == THIRD_OF_SUPPLY => {
                Some((self.millivolts * FULL_SCALE / FULL_SCALE_MV).min(FULL_SCALE))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversion_has_a_result_when_it_was_begun_rightly() {
        let mut sensors: Sensors = "94:3290".parse().unwrap();
        assert_eq!((sensors.read(TEMP + READY), sensors.read(0x4000_1000)), (Some(0), None));
        assert!(sensors.write(TEMP, 1) && !sensors.write(0x4000_1000, 1));
        assert_eq!((sensors.read(TEMP + READY), sensors.read(TEMP + RESULT)), (Some(1), Some(94)));
        // An ADC that is off measures nothing.
        sensors.write(ADC, 1);
        assert_eq!(sensors.read(ADC + READY), Some(0));
        sensors.write(ADC + ENABLE, 1);
        sensors.write(ADC + CONFIG, THIRD_OF_SUPPLY);
        sensors.write(ADC, 1);
        assert_eq!((sensors.read(ADC + READY), sensors.read(ADC + RESULT)), (Some(1), Some(934)));
        assert!("94".parse::<Sensors>().is_err());
    }
}
