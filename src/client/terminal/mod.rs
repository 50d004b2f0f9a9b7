//! The terminal device: its mode and size, the signals of the program, the window title, the thread
//! that prints, reports on standard error, and the wrapping of long lines.
//!
//! It must not know events, the session, or how a message looks: it gets finished text. It imports
//! `common` only; `view`, `storage`, `control`, `net`, `editor`, `ui` and `app` import it.

pub(super) mod job_control;
pub(super) mod mode;
pub(super) mod passthrough;
pub(super) mod printer;
pub(super) mod reflow;
pub(super) mod signals;
pub(super) mod stderr;
pub(super) mod title;
pub(super) mod wrap;
