//! BBC micro:bit (first generation): the chip, the name and the heap; everything else is in `port` and `chips/nrf51`.

#![no_std]
#![no_main]

pyrite_port::board! {
    name: "microbit",
    chip: nrf51::Nrf51<24>,
    heap_bytes: 11_776,
}
