//! Raspberry Pi Pico 2: the chip, the name and the heap; everything else is in `port` and `chips/rp2350`.

#![no_std]
#![no_main]

pyrite_port::board! {
    name: "pico2",
    chip: rp2350::Rp2350,
    heap_bytes: 448 * 1024,
}
