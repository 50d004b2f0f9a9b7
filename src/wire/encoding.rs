//! Bytes from a server as text. Nearly all servers send UTF-8; text in another encoding comes from
//! old clients and is nearly always Windows-1252.

use std::borrow::Cow;

/// The text of these bytes: UTF-8, or else Windows-1252, which has all of Latin-1.
///
/// ```
/// use chatting_room::wire::encoding::decode;
///
/// assert_eq!(decode("naïve".as_bytes()), "naïve");
/// assert_eq!(decode(b"na\xefve \x80 5"), "naïve € 5");
/// ```
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let error = match str::from_utf8(bytes) {
        Ok(text) => return Cow::Borrowed(text),
        Err(error) => error,
    };
    let (fine, _) = bytes.split_at(error.valid_up_to());
    // UTF-8 with a mistake in it, or cut in the middle of a character, still counts as UTF-8.
    if !fine.is_ascii() || error.error_len().is_none() {
        return String::from_utf8_lossy(bytes);
    }
    bytes.iter().map(|byte| windows_1252(*byte)).collect()
}

fn windows_1252(byte: u8) -> char {
    /// The characters from 0x80 on, which replace the control characters of Latin-1.
    const FROM_0X80: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž',
        '\u{fffd}', '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ',
        '\u{fffd}', 'ž', 'Ÿ',
    ];
    let index = usize::from(byte).checked_sub(0x80);
    let special = index.and_then(|index| FROM_0X80.get(index));
    special.copied().unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_older_programs_is_read_and_nothing_of_it_is_a_control_character() {
        assert_eq!(decode(b"caf\xe9 \x93ok\x94"), "café “ok”");
        for byte in 0x80..=0xff {
            let text = decode(&[byte, b'a']).into_owned();
            assert!(!text.contains(char::is_control), "{byte:x}");
        }
    }

    #[test]
    fn broken_utf_8_stays_utf_8() {
        assert_eq!(decode("é\u{fffd}".as_bytes()), "é\u{fffd}");
        assert_eq!(decode(b"caf\xc3\xa9 \xff x"), "café \u{fffd} x");
        assert_eq!(decode(b"cut \xe6\x97"), "cut \u{fffd}");
    }
}
