//! The terminal device: its mode, signals, title, and the thread that prints.
//!
//! It knows no event and no session. It imports `common` only; the editor, the front ends and the
//! view import it.

pub mod mode;
pub mod printer;
pub(super) mod signals;
pub(super) mod stderr;
pub(super) mod title;
