//! The client in scripts, in the real program: that it tells the truth about each line, what it
//! reads and prints, what it waits for, and that each recipe works as it is written.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong here has found something"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../support/mod.rs"]
mod support;

mod fake;
mod faults;
mod foreign;
mod forms;
mod hostile;
mod log;
mod recipes;
mod statuses;
mod truth;
mod waiting;
