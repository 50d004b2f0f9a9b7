//! See `checks/layers.rs`.

#![no_main]

#[path = "../checks/layers.rs"]
mod layers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| layers::check(bytes));
