//! See `checks/sasl.rs`.

#![no_main]

#[path = "../checks/sasl.rs"]
mod sasl;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sasl::check(bytes));
