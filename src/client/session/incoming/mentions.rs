//! Recognizes mentions of the user in a text: by nick, or by a word that the user has chosen.

use crate::wire::isupport::Isupport;

/// Whether `text` holds the nick, in a spelling that is the same on the server, or one of `words` in
/// any letter case, as a word of its own.
pub(super) fn is_mention(text: &str, nick: &str, words: &[String], isupport: &Isupport) -> bool {
    has_nick(text, nick, isupport)
        || !words.is_empty() && {
            let lower = text.to_lowercase();
            let mut words = words.iter();
            words.any(|word| has_word(&lower, &word.to_lowercase()))
        }
}

/// Only the places are looked at where the first letter of the nick stands: most texts have few.
fn has_nick(text: &str, nick: &str, isupport: &Isupport) -> bool {
    let Some(first) = nick.bytes().next() else {
        return false;
    };
    let (one, other) = spellings(first);
    memchr::memchr2_iter(one, other, text.as_bytes()).any(|at| {
        let here = text.get(at..at + nick.len());
        here.is_some_and(|here| isupport.is_same(here, nick) && is_alone(text, at, nick.len()))
    })
}

/// The spellings of a byte that some server takes for one letter.
fn spellings(byte: u8) -> (u8, u8) {
    match byte {
        b'[' | b'{' => (b'[', b'{'),
        b']' | b'}' => (b']', b'}'),
        b'\\' | b'|' => (b'\\', b'|'),
        b'~' | b'^' => (b'~', b'^'),
        _ => (byte.to_ascii_lowercase(), byte.to_ascii_uppercase()),
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let mut places = memchr::memmem::find_iter(text.as_bytes(), word);
    !word.is_empty() && places.any(|at| is_alone(text, at, word.len()))
}

/// Whether the word of `bytes` bytes at this place is a word of its own.
fn is_alone(text: &str, at: usize, bytes: usize) -> bool {
    let (Some(before), Some(after)) = (text.get(..at), text.get(at + bytes..)) else {
        return false;
    };
    !goes_on_before(before) && !goes_on_after(after) && !is_in_url(before, after)
}

fn is_part_of_nick(c: char) -> bool {
    c.is_alphanumeric() || "-[]\\`^{}|_".contains(c)
}

/// Whether the word goes on to the left: `I'm` and `a.m.` do not name `m`.
fn goes_on_before(before: &str) -> bool {
    let mut characters = before.chars().rev();
    let (last, further) = (characters.next(), characters.next());
    last.is_some_and(|last| {
        is_part_of_nick(last) || "'’.@".contains(last) && further.is_some_and(char::is_alphanumeric)
    })
}

/// Whether the word goes on to the right: `alice's` still names alice, `alice.example` does not.
fn goes_on_after(after: &str) -> bool {
    let mut characters = after.chars();
    let (first, further) = (characters.next(), characters.next());
    let is_possessive = further == Some('s') && !characters.next().is_some_and(is_part_of_nick);
    match first {
        Some('\'' | '’') => further.is_some_and(char::is_alphanumeric) && !is_possessive,
        Some('.' | '@') => further.is_some_and(char::is_alphanumeric),
        Some(first) => is_part_of_nick(first),
        None => false,
    }
}

/// Whether the word between these texts is part of a URL.
fn is_in_url(before: &str, after: &str) -> bool {
    let begin = before
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let end = after.split(char::is_whitespace).next().unwrap_or_default();
    begin.contains("://") || begin.starts_with("www.") || end.starts_with("://")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;

    fn is_called(nick: &str, text: &str) -> bool {
        is_mention(text, nick, &[], &Isupport::default())
    }

    #[test]
    fn a_nick_is_a_word_of_its_own() {
        for text in [
            "m",
            "m: hi",
            "hi m",
            "(m)",
            "hi, m.",
            "@m",
            "'m'",
            "+m!",
            "M?",
            "m's turn",
            "a/m",
            "~m",
            "was it m?",
            "m...",
        ] {
            assert!(is_called("m", text), "{text}");
        }
        for text in [
            "I'm here",
            "I’m here",
            "at 9 a.m.",
            "9 a.m. sharp",
            "http://x.example/m",
            "m.example",
            "www.x.example/a/m",
            "irc://m/",
            "bob@m",
            "m@example",
            "m-",
            "am",
            "mm",
            "m_",
            "m'kay",
        ] {
            assert!(!is_called("m", text), "{text}");
        }
    }

    #[test]
    fn a_nick_is_the_same_in_each_spelling_of_the_server() {
        assert!(is_called("a[b]", "a{b}: hi"));
        assert!(is_called("A{B}", "a[b]: hi"));
        let mut ascii = Isupport::default();
        let line = ":s 005 a CASEMAPPING=ascii :are supported";
        ascii.apply(&Message::parse(line).unwrap());
        assert!(!is_mention("a{b}: hi", "a[b]", &[], &ascii));
        assert!(is_mention("A[B]: hi", "a[b]", &[], &ascii));
    }

    #[test]
    fn words_of_the_user_have_the_letter_case_of_their_script() {
        let words = ["ärger".to_owned(), "deploy".to_owned()];
        let is_mention = |text: &str| is_mention(text, "m", &words, &Isupport::default());
        assert!(is_mention("Großer ÄRGER hier"));
        assert!(is_mention("Deploy!"));
        assert!(!is_mention("deployment"));
        assert!(!is_mention("https://deploy/"));
    }
}
