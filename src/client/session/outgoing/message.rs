//! One message that the user sends, and how a long text is split.

use crate::client::event::{MessageKind, Target};

/// A text and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client::session) struct OutgoingMessage {
    pub(in crate::client::session) target: Target,
    pub(in crate::client::session) text: String,
    pub(in crate::client::session) kind: MessageKind,
}

/// Splits `text` into pieces of at most `bytes_max` bytes, at a space if possible and never inside
/// a character.
pub(in crate::client::session) fn split(text: &str, bytes_max: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > bytes_max {
        let (fitting, _) = rest.split_at(rest.floor_char_boundary(bytes_max));
        let end = match fitting.rfind(' ') {
            // A word that would leave half a line empty is cut instead.
            Some(space) if space >= bytes_max / 2 => space,
            _ => fitting.len(),
        };
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}
