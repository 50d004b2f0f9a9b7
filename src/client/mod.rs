//! The client `chatroom`: an editor with messages above its prompt, and a filter for pipelines.
//!
//! This file is the facade: the program and the tests import what it exports, and no folder below
//! imports it. It must not know how anything is done. Each folder's `mod.rs` says what the folder
//! is for and who may import it; `ARCHITECTURE.md` has the table.

mod app;
pub mod command;
#[cfg(not(feature = "for-tests"))]
mod config;
#[cfg(feature = "for-tests")]
pub mod config;
mod control;
mod editor;
pub mod event;
mod net;
pub mod session;
mod storage;
mod terminal;
mod ui;
#[cfg(not(feature = "for-tests"))]
mod view;
#[cfg(feature = "for-tests")]
pub mod view;

pub use app::error::ClientError;
pub use app::{HostFn, HostedRoom, run};
pub use config::options::{ClientOptions, OptionConflict};
