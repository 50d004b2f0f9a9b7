//! One message that the user sends, and how a long text is split.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::client::event::{MessageKind, Target};

/// A text and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client::session) struct OutgoingMessage {
    pub(in crate::client::session) target: Target,
    pub(in crate::client::session) text: String,
    pub(in crate::client::session) kind: MessageKind,
}

/// Splits `text` into pieces of at most `bytes_max` bytes, at a space if possible and never inside
/// what a reader sees as one character: a grapheme cluster, such as a letter with its accents or an
/// emoji that is composed of several. Only a cluster that is longer than a piece is split.
pub(in crate::client::session) fn split(text: &str, bytes_max: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > bytes_max {
        let (piece, after) = split_once(rest, bytes_max);
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// The longest piece of a text that is longer, and the rest.
fn split_once(text: &str, bytes_max: usize) -> (&str, &str) {
    let (mut end, mut space) = (0, None);
    for (start, cluster) in text.grapheme_indices(true) {
        if cluster == " " && start <= bytes_max {
            space = Some(start);
        }
        if start + cluster.len() > bytes_max {
            break;
        }
        end = start + cluster.len();
    }
    // A word that would leave half a line empty is cut instead.
    if let Some(space) = space.filter(|space| *space >= bytes_max / 2) {
        let (piece, after) = text.split_at(space);
        return (piece, after.strip_prefix(' ').unwrap_or(after));
    }
    text.split_at(match end {
        0 => text.floor_char_boundary(bytes_max),
        end => end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_between_words_or_clusters() {
        assert_eq!(split("one two three", 8), ["one two", "three"]);
        assert_eq!(split("abcdefgh", 3), ["abc", "def", "gh"]);
        let accents = "e\u{301}".repeat(4);
        assert_eq!(split(&accents, 7), ["e\u{301}e\u{301}", "e\u{301}e\u{301}"]);
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(
            split(&format!("a{family}{family}"), 24),
            [&format!("a{family}"), family]
        );
        // A space with an accent is no place between words.
        assert_eq!(split("ab \u{301}cd", 6), ["ab \u{301}c", "d"]);
        let endless = format!("a{}", "\u{301}".repeat(10));
        assert_eq!(split(&endless, 7).concat(), endless);
        assert_eq!(split("", 7), [""]);
    }

    #[test]
    fn no_piece_is_longer_than_the_bound_and_nothing_but_spaces_is_lost() {
        let text = "naïve 👋\u{1f3ff} 日本語 e\u{301}\u{302}\u{303} 🇩🇪🇫🇷 x".repeat(5);
        for bytes_max in 4..60 {
            let pieces = split(&text, bytes_max);
            assert!(pieces.iter().all(|piece| piece.len() <= bytes_max));
            let joined = pieces.concat().replace(' ', "");
            assert_eq!(joined, text.replace(' ', ""));
        }
    }
}
