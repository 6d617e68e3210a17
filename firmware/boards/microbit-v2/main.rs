//! BBC micro:bit V2: the chip, the name and the heap; everything else is in `port` and `chips/nrf52833`.

#![no_std]
#![no_main]

pyrite_port::board! {
    name: "microbit-v2",
    chip: nrf52833::Nrf52833<6>,
    heap_bytes: 96 * 1024,
}
