//! See `checks/sts.rs`.

#![no_main]

#[path = "../checks/sts.rs"]
mod sts;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sts::check(bytes));
