//! The capability and tag `chatroom.example/once`: a client gives each message an id of its own, and a
//! message that is sent again under its id is not relayed again.
//!
//! The name is that of a vendor, as IRCv3 message-tags wants it; the domain is reserved (RFC 2606, 3),
//! so no one else can use it.

use std::fmt;

/// The name of the capability and of the tag.
pub const ONCE: &str = "chatroom.example/once";
/// The least length of an id, in bytes: 16 characters of Base64 have 96 random bits.
const ID_BYTES_MIN: usize = 16;
/// The largest length of an id, in bytes.
const ID_BYTES_MAX: usize = 64;

/// The value of the tag: `ID` when a message is sent for the first time, and `ID,MILLISECONDS` when it
/// is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnceTag<'a> {
    /// The id: 16 to 64 of `A-Za-z0-9._~-`.
    pub id: &'a str,
    /// The time of the server when the message was sent first, in Unix milliseconds, for a message that
    /// is sent again; 0 if the client does not know it.
    pub first_sent: Option<u64>,
}

impl<'a> OnceTag<'a> {
    /// Reads the value of the tag; `None` if it is not valid.
    pub fn parse(value: &'a str) -> Option<Self> {
        let (id, first_sent) = match value.split_once(',') {
            None => (value, None),
            Some((id, time)) => (id, Some(number(time)?)),
        };
        is_id(id).then_some(Self { id, first_sent })
    }
}

/// The value of the tag.
impl fmt::Display for OnceTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)?;
        match self.first_sent {
            None => Ok(()),
            Some(time) => write!(f, ",{time}"),
        }
    }
}

/// Whether a text is a valid id.
pub fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    (ID_BYTES_MIN..=ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(fits)
}

/// A number without a sign.
fn number(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_16_to_64_safe_characters_and_a_time_is_a_number() {
        let id = "abcdefghij-._~09";
        for (value, first_sent) in [
            (id.to_owned(), None),
            (format!("{id},0"), Some(0)),
            (format!("{id},1800000000000"), Some(1_800_000_000_000)),
            ("x".repeat(64), None),
        ] {
            let tag = OnceTag::parse(&value).unwrap();
            assert_eq!(tag.first_sent, first_sent);
            assert_eq!(tag.to_string(), value);
        }
        for value in [
            "",
            ",",
            ",1",
            "abcdefghij-._~0",
            &"x".repeat(65),
            "abcdefghijklmno ",
            "abcdefghijklmno/",
            "abcdefghijklmnoé",
            "abcdefghij-._~09,",
            "abcdefghij-._~09,+1",
            "abcdefghij-._~09,-1",
            "abcdefghij-._~09,1,2",
            "abcdefghij-._~09,99999999999999999999",
        ] {
            assert_eq!(OnceTag::parse(value), None, "{value}");
        }
    }
}
