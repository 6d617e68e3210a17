//! `machine`, with pins, a clock and memory of the test's own: what the owner is asked for, and when timers go off.
#![cfg(feature = "machine")]

mod common;

use core::cell::{Cell, RefCell};

use common::run_script as run;
use pyrite::{Clock, Pins};

/// Three pins. An input reads as it is pulled.
#[derive(Default)]
struct Three {
    high: [Cell<bool>; 3],
    told: RefCell<Vec<String>>,
}

impl Pins for Three {
    fn configure(&self, pin: u32, output: bool, pull: Option<bool>) -> Option<()> {
        let cell = self.high.get(pin as usize)?;
        self.told.borrow_mut().push(format!("configure {pin} {output} {pull:?}"));
        if !output {
            cell.set(pull == Some(true));
        }
        Some(())
    }

    fn write(&self, pin: u32, high: bool) -> Option<()> {
        self.high.get(pin as usize)?.set(high);
        self.told.borrow_mut().push(format!("write {pin} {high}"));
        Some(())
    }

    fn read(&self, pin: u32) -> Option<bool> {
        self.high.get(pin as usize).map(Cell::get)
    }
}

/// A clock that goes on by a millisecond each time it is asked: as an interrupt would, whatever the program does meanwhile.
#[derive(Default)]
struct Ticking(Cell<u32>);

impl Clock for Ticking {
    fn now_us(&self) -> u64 {
        u64::from(self.now_ms()) * 1000
    }

    fn now_ms(&self) -> u32 {
        self.0.set(self.0.get().wrapping_add(1));
        self.0.get()
    }

    fn wait_us(&self, microseconds: u64) {
        self.0.set(self.0.get().wrapping_add(microseconds.div_ceil(1000) as u32));
    }
}

#[test]
fn a_pin_is_configured_driven_and_read() {
    let pins = Box::leak(Box::new(Three::default()));
    let printed = run(include_bytes!("machine/pins.mpy"), |vm| vm.set_pins(pins));
    assert_eq!(printed, include_str!("machine/pins.txt"));
    let told = [
        "write 1 true",
        "configure 1 true None",
        "write 1 false",
        "write 1 true",
        "configure 2 false Some(true)",
        "configure 2 false Some(false)",
    ];
    assert_eq!(*pins.told.borrow(), told);
}

#[test]
fn without_pins_there_is_none() {
    let printed = run(include_bytes!("machine/pins.mpy"), |_| {});
    assert!(printed.ends_with("ValueError: no such pin"), "{printed}");
}

/// A loop that calls nothing and makes nothing is interrupted all the same, and the clock may pass its highest number meanwhile.
#[test]
fn a_timer_goes_off_in_the_middle_of_a_loop() {
    for start in [0, u32::MAX - 20] {
        let clock: &'static Ticking = Box::leak(Box::new(Ticking(Cell::new(start))));
        let printed = run(include_bytes!("machine/loop.mpy"), |vm| {
            vm.set_clock(clock);
            // A timer that never goes off ends here and not never.
            vm.set_budget(100_000);
        });
        assert_eq!(printed, "[1, 2, 3]\n", "from {start}");
    }
}
