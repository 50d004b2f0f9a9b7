//! The line that is typed.

/// What is typed and where the cursor is, in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) position: usize,
}
