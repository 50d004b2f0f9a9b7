//! See `checks/session.rs`.

#![no_main]

#[path = "../checks/session.rs"]
mod session;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| session::check(bytes));
