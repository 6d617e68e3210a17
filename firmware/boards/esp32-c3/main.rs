//! ESP32-C3 boards: the chip, the name and the heap; everything else is in `port` and `chips/esp32c3`.

#![no_std]
#![no_main]

pyrite_port::board! {
    name: "esp32-c3",
    chip: esp32c3::Esp32c3,
    heap_bytes: 320 * 1024,
}
