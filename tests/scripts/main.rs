//! The client program in scripts: the reported state of each line, the formats of input and output,
//! waiting, and the recipes as they are written.

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
mod networks;
mod recipes;
mod statuses;
mod truth;
mod waiting;
