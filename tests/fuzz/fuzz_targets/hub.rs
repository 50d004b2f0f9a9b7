//! See `checks/hub.rs`.

#![no_main]

#[path = "../checks/hub.rs"]
mod hub;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hub::check(bytes));
