//! The ids of stored messages, and the tag of a store, which distinguishes its ids from those of others.

use std::fmt;

/// The bits of a message id below the time.
const COUNT_BITS: u32 = 20;
/// The characters of an id on the wire: base32hex keeps the order of the numbers. RFC 4648, 7.
const BASE_32_HEX: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
/// The length of an id on the wire: 13 characters of 5 bits hold 64 bits.
const ID_CHARACTERS: u32 = 13;

/// The id of a message: Unix milliseconds, and below them a count of 20 bits. Ids only grow, so
/// they are the order of the messages as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct MessageId(pub u64);

impl MessageId {
    /// The id after this one at a time in Unix milliseconds. A clock that was set back makes the
    /// time of the ids stand still.
    pub fn next_at(self, unix_milliseconds: u64) -> Self {
        Self((self.0 + 1).max(unix_milliseconds << COUNT_BITS))
    }

    /// The first and the last possible id at a time in Unix milliseconds.
    pub fn range_at(unix_milliseconds: u64) -> (Self, Self) {
        let first = unix_milliseconds.min(u64::MAX >> (COUNT_BITS + 1)) << COUNT_BITS;
        (Self(first), Self(first | ((1 << COUNT_BITS) - 1)))
    }

    /// The time in it, in Unix milliseconds.
    pub fn unix_milliseconds(self) -> u64 {
        self.0 >> COUNT_BITS
    }
}

/// The id in base32hex.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..ID_CHARACTERS).rev() {
            let digit = (self.0 >> (5 * place)) & 31;
            let digit = BASE_32_HEX.get(digit as usize).copied().unwrap_or(b'0');
            fmt::Write::write_char(f, digit.into())?;
        }
        Ok(())
    }
}

/// Four random characters that distinguish the ids of one store from those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreTag([u8; 4]);

impl StoreTag {
    /// The tag made of these random bytes.
    pub fn from_random(bytes: [u8; 4]) -> Self {
        let character = |byte: u8| BASE_32_HEX.get(usize::from(byte % 32)).copied();
        Self(bytes.map(|byte| character(byte).unwrap_or(b'0')))
    }

    /// Reads a tag; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 4] = text.as_bytes().try_into().ok()?;
        let is_valid = bytes.iter().all(|byte| BASE_32_HEX.contains(byte));
        is_valid.then_some(Self(bytes))
    }
}

impl StoreTag {
    /// Reads a message id of this store as it is on the wire.
    pub fn read_id(self, text: &str) -> Option<MessageId> {
        let (tag, digits) = text.split_once('-')?;
        let digit = |byte: u8| BASE_32_HEX.iter().position(|known| *known == byte);
        let values: Option<Vec<usize>> = digits.bytes().map(digit).collect();
        let values = values.filter(|values| values.len() == ID_CHARACTERS as usize)?;
        let is_own = Self::parse(tag) == Some(self) && values.first().is_some_and(|top| *top < 8);
        let id = values.iter().fold(0, |id, value| id << 5 | *value as u64);
        is_own.then_some(MessageId(id))
    }
}

impl fmt::Display for StoreTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.0).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_when_the_clock_stands_still_or_goes_back() {
        let mut last = MessageId::default();
        for (clock, time) in [(5, 5), (5, 5), (9, 9), (2, 9), (10, 10)] {
            let next = last.next_at(clock);
            assert!(next > last);
            assert_eq!(next.unix_milliseconds(), time);
            last = next;
        }
    }

    #[test]
    fn the_order_of_ids_is_the_order_of_their_text() {
        let numbers = [0, 1, 31, 32, 1 << 20, (1 << 63) - 1, u64::MAX];
        let texts = numbers.map(|number| MessageId(number).to_string());
        assert!(texts.is_sorted(), "{texts:?}");
        assert!(texts.iter().all(|text| text.len() == 13), "{texts:?}");
        assert_eq!(texts[2], "000000000000v");
        assert_eq!(texts[6], "fvvvvvvvvvvvv");
        let tag = StoreTag::from_random([1, 2, 3, 4]);
        for number in numbers.into_iter().take(6) {
            let id = MessageId(number);
            assert_eq!(tag.read_id(&format!("{tag}-{id}")), Some(id));
        }
        for text in [
            "",
            "1234-",
            "1234-0000000000000 ",
            "1235-0000000000000",
            "1234-000000000000",
            "1234-8000000000000",
            "1234-00000000é000",
            "1234-00000000000w0",
        ] {
            assert_eq!(tag.read_id(text), None, "{text}");
        }
    }

    #[test]
    fn the_ids_of_a_time_are_a_range() {
        let (first, last) = MessageId::range_at(7);
        assert_eq!(MessageId::default().next_at(7), first);
        assert_eq!(
            (first.unix_milliseconds(), last.unix_milliseconds()),
            (7, 7)
        );
        assert_eq!(MessageId(last.0 + 1).unix_milliseconds(), 8);
    }

    #[test]
    fn a_tag_is_four_characters_of_base_32() {
        let tag = StoreTag::from_random([0, 31, 32, 255]);
        assert_eq!(tag.to_string(), "0v0v");
        assert_eq!(StoreTag::parse("0v0v"), Some(tag));
        for text in ["", "0v0", "0v0v0", "0v0w", "0v0-"] {
            assert_eq!(StoreTag::parse(text), None, "{text}");
        }
    }
}
