//! See `checks/safe.rs`.

#![no_main]

#[path = "../checks/safe.rs"]
mod safe;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| safe::check(bytes));
