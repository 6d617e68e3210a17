//! SiFive HiFive1: the chip, the name and the heap; everything else is in `port` and `chips/fe310`.

#![no_std]
#![no_main]

pyrite_port::board! {
    name: "hifive1",
    chip: fe310::Fe310,
    heap_bytes: 11_776,
}
