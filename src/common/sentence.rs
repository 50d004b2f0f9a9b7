//! The beginning and the end of a sentence: messages of both programs are sentences, also where they
//! are made of a cause, which is the part of a sentence after a colon.

/// A cause as the beginning of a sentence, with a capital letter.
pub(crate) fn begin_sentence(cause: &str) -> String {
    let mut characters = cause.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// A sentence as a cause, with a small letter at the start and no full stop.
pub(crate) fn as_cause(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut characters = sentence.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// `text` with a full stop, unless it ends a sentence by itself.
pub(crate) fn end_sentence(mut text: String) -> String {
    if !text.ends_with(['.', '?', '!', '…', ':']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_begins_with_a_capital_letter() {
        assert_eq!(begin_sentence("the port is in use"), "The port is in use");
        assert_eq!(begin_sentence("\"9\" is no nick"), "\"9\" is no nick");
        assert_eq!(begin_sentence(""), "");
    }

    #[test]
    fn a_cause_has_a_small_letter_and_no_full_stop() {
        assert_eq!(as_cause("No route to host."), "no route to host");
        assert_eq!(as_cause("Why?"), "why?");
        assert_eq!(as_cause(""), "");
    }

    #[test]
    fn a_sentence_gets_one_end() {
        for (text, sentence) in [
            ("no route to host", "no route to host."),
            ("Closing link.", "Closing link."),
            ("Did you mean bob?", "Did you mean bob?"),
            ("connecting …", "connecting …"),
        ] {
            assert_eq!(end_sentence(text.to_owned()), sentence);
        }
    }
}
