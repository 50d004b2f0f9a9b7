//! See `checks/grammar.rs`.

#![no_main]

#[path = "../checks/grammar.rs"]
mod grammar;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| grammar::check(bytes));
