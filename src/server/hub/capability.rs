//! What a client can switch on with `CAP REQ`, as one table. IRCv3 capability negotiation.

use std::fmt;

/// The capabilities there are: name, and the bit that stands for it.
const TABLE: [(&str, Capabilities); 16] = [
    ("account-notify", Capabilities::ACCOUNT_NOTIFY),
    ("account-tag", Capabilities::ACCOUNT_TAG),
    ("away-notify", Capabilities::AWAY_NOTIFY),
    ("batch", Capabilities::BATCH),
    ("cap-notify", Capabilities::CAP_NOTIFY),
    ("echo-message", Capabilities::ECHO_MESSAGE),
    ("extended-join", Capabilities::EXTENDED_JOIN),
    ("extended-monitor", Capabilities::EXTENDED_MONITOR),
    ("invite-notify", Capabilities::INVITE_NOTIFY),
    ("labeled-response", Capabilities::LABELED_RESPONSE),
    ("message-tags", Capabilities::MESSAGE_TAGS),
    ("multi-prefix", Capabilities::MULTI_PREFIX),
    ("server-time", Capabilities::SERVER_TIME),
    ("setname", Capabilities::SETNAME),
    ("standard-replies", Capabilities::STANDARD_REPLIES),
    ("userhost-in-names", Capabilities::USERHOST_IN_NAMES),
];

/// A set of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Capabilities(u16);

impl Capabilities {
    /// None at all.
    pub(super) const NONE: Self = Self(0);
    /// The time on every line. Its bit is one of those that make the kind of a recipient.
    pub(super) const SERVER_TIME: Self = Self(1);
    /// Tags that clients put on their lines, and the id of each message. The same holds for it.
    pub(super) const MESSAGE_TAGS: Self = Self(1 << 1);
    /// All prefixes of a person in a room, not only the highest.
    pub(super) const MULTI_PREFIX: Self = Self(1 << 2);
    /// `nick!user@host` in `NAMES`, not the nick alone.
    pub(super) const USERHOST_IN_NAMES: Self = Self(1 << 3);
    /// What somebody said comes back to them.
    pub(super) const ECHO_MESSAGE: Self = Self(1 << 4);
    /// Answers carry the label of the line that asked.
    pub(super) const LABELED_RESPONSE: Self = Self(1 << 5);
    /// Several lines can be one answer.
    pub(super) const BATCH: Self = Self(1 << 6);
    /// A `JOIN` tells account and real name.
    pub(super) const EXTENDED_JOIN: Self = Self(1 << 7);
    /// To be told who is away and who is back.
    pub(super) const AWAY_NOTIFY: Self = Self(1 << 8);
    /// To be told who is asked into a room.
    pub(super) const INVITE_NOTIFY: Self = Self(1 << 9);
    /// To be told of new real names.
    pub(super) const SETNAME: Self = Self(1 << 10);
    /// To be told the same of those on the `MONITOR` list.
    pub(super) const EXTENDED_MONITOR: Self = Self(1 << 11);
    /// To be told of new capabilities; there never are any while the server runs.
    const CAP_NOTIFY: Self = Self(1 << 12);
    /// `FAIL` and its kind are understood; they are sent in any case.
    const STANDARD_REPLIES: Self = Self(1 << 13);
    /// Nobody has an account, so nothing is ever told for these two.
    const ACCOUNT_NOTIFY: Self = Self(1 << 14);
    const ACCOUNT_TAG: Self = Self(1 << 15);

    /// How many kinds of recipients there are for one line.
    pub(super) const KINDS: usize = 4;

    /// All there are.
    pub(super) fn all() -> Self {
        TABLE
            .iter()
            .fold(Self::default(), |all, (_, one)| all.with(*one))
    }

    /// Whether all of `other` are in it.
    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The part that decides how a line looks to whoever has these: less than [`Self::KINDS`].
    pub(super) fn kind(self) -> usize {
        usize::from(self.0) % Self::KINDS
    }

    /// One set of each kind, with nothing more in it than what makes the kind.
    pub(super) fn kinds() -> impl Iterator<Item = Self> {
        (0..).take(Self::KINDS).map(Self)
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The set after a request such as `a -b`: all of it, or nothing when one name is unknown.
    pub(super) fn after(self, request: &str) -> Option<Self> {
        request
            .split_ascii_whitespace()
            .try_fold(self, |set, word| {
                let (name, on) = match word.strip_prefix('-') {
                    Some(name) => (name, false),
                    None => (word, true),
                };
                let (_, one) = TABLE.iter().find(|(known, _)| *known == name)?;
                Some(if on {
                    set.with(*one)
                } else {
                    set.without(*one)
                })
            })
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = TABLE.iter().filter(|(_, one)| self.has(*one));
        if let Some((first, _)) = names.next() {
            f.write_str(first)?;
        }
        names.try_for_each(|(name, _)| write!(f, " {name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_whole_or_not_at_all() {
        let none = Capabilities::default();
        let both = none.after("userhost-in-names multi-prefix").unwrap();
        assert_eq!(both.to_string(), "multi-prefix userhost-in-names");
        let one = both.after("-multi-prefix").unwrap();
        assert_eq!(one.to_string(), "userhost-in-names");
        assert_eq!(none.after("multi-prefix nonsense"), None);
        assert_eq!(none.after("-"), None);
        assert_eq!(none.after(""), Some(none));
        assert_eq!(
            none.after(&Capabilities::all().to_string()),
            Some(Capabilities::all())
        );
    }

    #[test]
    fn each_name_has_a_bit_of_its_own() {
        assert_eq!(Capabilities::all().0.count_ones() as usize, TABLE.len());
    }
}
