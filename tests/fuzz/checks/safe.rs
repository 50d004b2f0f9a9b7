//! Sanitized text contains nothing that a terminal obeys, whatever the input.

use chatting_room::common::sanitize::{sanitize, sanitize_name};
use chatting_room::wire::name::is_invisible;

/// The joiner between the parts of an emoji, the one invisible character that may stay.
const JOINER: char = '\u{200d}';

/// Any bytes, as text from the network.
pub(crate) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let harmless = sanitize(&text);
    for c in harmless.chars() {
        assert!(!c.is_control() || c == '\t', "{c:?} of {text:?} is left");
        assert!(!is_invisible(c) || c == JOINER, "{c:?} of {text:?} is left");
    }
    let is_lone = |c: Option<char>| c.is_none_or(|c| c.is_ascii() || c == JOINER);
    let around: Vec<char> = harmless.chars().collect();
    for (at, c) in around.iter().enumerate() {
        if *c == JOINER {
            let before = at.checked_sub(1).and_then(|at| around.get(at).copied());
            let after = around.get(at + 1).copied();
            assert!(
                !is_lone(before) && !is_lone(after),
                "a joiner joins nothing in {text:?}"
            );
        }
    }
    assert_eq!(
        sanitize(&harmless),
        harmless,
        "what is harmless stays as it is"
    );
    // The longest mark, `<U+E0041>`, stands for four bytes.
    assert!(
        harmless.len() <= text.len() * 9,
        "{text:?} becomes a long text"
    );
    let name = sanitize_name(&text);
    assert!(
        !name.contains([' ', '\t', '\n', '\u{a0}']),
        "{name:?} is two words"
    );
}
