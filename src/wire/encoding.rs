//! The text of a line of a server, and of its tags. Most of the world is UTF-8; what is not comes from people whose
//! programs are older than that, and is nearly always of Windows.

use std::borrow::Cow;

/// The text of these bytes: UTF-8, or else Windows-1252, which has all of Latin-1.
///
/// ```
/// use chatting_room::wire::encoding::text_of;
///
/// assert_eq!(text_of("naïve".as_bytes()), "naïve");
/// assert_eq!(text_of(b"na\xefve \x80 5"), "naïve € 5");
/// ```
pub fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    let Err(error) = str::from_utf8(bytes) else {
        return String::from_utf8_lossy(bytes);
    };
    let (fine, _) = bytes.split_at(error.valid_up_to());
    // UTF-8 with a mistake in it, or cut in the middle of a character, is UTF-8 all the same.
    if !fine.is_ascii() || error.error_len().is_none() {
        return String::from_utf8_lossy(bytes);
    }
    bytes.iter().map(|byte| of_windows(*byte)).collect()
}

fn of_windows(byte: u8) -> char {
    /// What stands from 0x80 on in place of the control characters of Latin-1.
    const FROM_0X80: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž',
        '\u{fffd}', '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ',
        '\u{fffd}', 'ž', 'Ÿ',
    ];
    let index = usize::from(byte).checked_sub(0x80);
    let special = index.and_then(|index| FROM_0X80.get(index));
    special.copied().unwrap_or(char::from(byte))
}

/// The value of a tag with its escapes undone. IRCv3 message-tags, "Escaping values".
pub fn unescaped(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(':') => plain.push(';'),
                Some('s') => plain.push(' '),
                Some('r') => plain.push('\r'),
                Some('n') => plain.push('\n'),
                Some(other) => plain.push(other),
                None => {}
            },
            other => plain.push(other),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_says_what_no_tag_can_have_in_it() {
        assert_eq!(unescaped(r"x\:y\s\\\r\n\z\"), "x;y \\\r\nz");
        assert_eq!(unescaped("plain"), "plain");
    }

    #[test]
    fn text_of_older_programs_is_read_and_nothing_of_it_is_a_control_character() {
        assert_eq!(text_of(b"caf\xe9 \x93ok\x94"), "café “ok”");
        for byte in 0x80..=0xff {
            let text = text_of(&[byte, b'a']).into_owned();
            assert!(!text.contains(char::is_control), "{byte:x}");
        }
    }

    #[test]
    fn broken_utf_8_stays_utf_8() {
        assert_eq!(text_of("é\u{fffd}".as_bytes()), "é\u{fffd}");
        assert_eq!(text_of(b"caf\xc3\xa9 \xff x"), "café \u{fffd} x");
        assert_eq!(text_of(b"cut \xe6\x97"), "cut \u{fffd}");
    }
}
