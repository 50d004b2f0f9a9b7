//! The files that a client keeps: drafts, unsent lines, and the log.
//!
//! It knows no socket. `editor`, `net`, `ui` and `app` import it.

pub mod drafts;
pub mod log;
