//! Raspberry Pi Pico: the chip, the name and the heap; everything else is in `port` and `chips/rp2040`.

#![no_std]
#![no_main]

pyrite_port::board! {
    name: "pico",
    chip: rp2040::Rp2040,
    heap_bytes: 192 * 1024,
}
