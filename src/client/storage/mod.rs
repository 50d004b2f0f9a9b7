//! The files that a client keeps: drafts, unsent lines, and the log.
//!
//! It knows no socket. `editor`, `net`, `ui` and `app` import it.

mod damaged;
pub mod drafts;
pub(in crate::client) mod history;
pub mod log;
pub(in crate::client) mod saved_draft;
