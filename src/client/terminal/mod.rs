//! The terminal device: its mode, signals, title, and the thread that prints.
//!
//! It knows no event and no session. It imports `common` only; the editor, the front ends and the
//! view import it.

pub(super) mod mode;
pub(super) mod printer;
pub(super) mod reflow;
pub(super) mod signals;
pub(super) mod stderr;
pub(super) mod title;
