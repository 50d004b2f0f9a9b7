//! The line that is being typed.

/// A typed text, and the position of the cursor in it, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) position: usize,
}
