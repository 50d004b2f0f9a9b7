//! What a client can switch on with `CAP REQ`, as one table. IRCv3 capability negotiation.

use std::fmt;

/// A row is what a capability is for, its name here, the bit that stands for it, and its name on the
/// wire.
macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident $bit:literal $word:literal)*) => {
        impl Capabilities {
            $($(#[$doc])* pub(super) const $name: Self = Self(1 << $bit);)*
        }

        /// The capabilities there are, by name.
        const TABLE: &[(&str, Capabilities)] = &[$(($word, Capabilities::$name),)*];
    };
}

capabilities! {
    /// Nobody has an account, so nothing is ever told for this and the next.
    ACCOUNT_NOTIFY 2 "account-notify"
    ACCOUNT_TAG 3 "account-tag"
    /// To be told who is away and who is back.
    AWAY_NOTIFY 4 "away-notify"
    /// Several lines can be one answer.
    BATCH 5 "batch"
    /// To be told of new capabilities; there never are any while the server runs.
    CAP_NOTIFY 6 "cap-notify"
    /// What somebody said comes back to them.
    ECHO_MESSAGE 7 "echo-message"
    /// A `JOIN` tells account and real name.
    EXTENDED_JOIN 8 "extended-join"
    /// To be told of those on the `MONITOR` list what those in the same rooms are told.
    EXTENDED_MONITOR 9 "extended-monitor"
    /// To be told who is asked into a room.
    INVITE_NOTIFY 10 "invite-notify"
    /// Answers carry the label of the line that asked.
    LABELED_RESPONSE 11 "labeled-response"
    /// Tags that clients put on their lines, and the id of each message. Its bit is the other.
    MESSAGE_TAGS 1 "message-tags"
    /// All prefixes of a person in a room, not only the highest.
    MULTI_PREFIX 12 "multi-prefix"
    /// The time on every line. Its bit is one of the two that make the kind of a recipient.
    SERVER_TIME 0 "server-time"
    /// To be told of new real names.
    SETNAME 13 "setname"
    /// `FAIL` and its kind are understood; they are sent in any case.
    STANDARD_REPLIES 14 "standard-replies"
    /// `nick!user@host` in `NAMES`, not the nick alone.
    USERHOST_IN_NAMES 15 "userhost-in-names"
}

/// A set of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Capabilities(u16);

impl Capabilities {
    /// None at all.
    pub(super) const NONE: Self = Self(0);
    /// How many kinds of recipients there are for one line.
    pub(super) const VARIANTS: usize = 4;

    /// All there are.
    pub(super) fn all() -> Self {
        let each = TABLE.iter().map(|(_, one)| *one);
        each.fold(Self::NONE, Self::with)
    }

    /// Whether all of `other` are in it.
    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The part that decides how a line looks to whoever has these: less than [`Self::KINDS`].
    pub(super) fn variant(self) -> usize {
        usize::from(self.0) % Self::VARIANTS
    }

    /// One set of each kind, with nothing more in it than what makes the kind.
    pub(super) fn variants() -> impl Iterator<Item = Self> {
        (0..).take(Self::VARIANTS).map(Self)
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The set after a request such as `a -b`: all of it, or nothing when one name is unknown.
    pub(super) fn apply(self, request: &str) -> Option<Self> {
        let known = |name: &str| TABLE.iter().find(|(known, _)| *known == name);
        let mut words = request.split_ascii_whitespace();
        words.try_fold(self, |set, word| match word.strip_prefix('-') {
            Some(name) => known(name).map(|(_, one)| set.without(*one)),
            None => known(word).map(|(_, one)| set.with(*one)),
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
        let both = none.apply("userhost-in-names multi-prefix").unwrap();
        assert_eq!(both.to_string(), "multi-prefix userhost-in-names");
        let one = both.apply("-multi-prefix").unwrap();
        assert_eq!(one.to_string(), "userhost-in-names");
        assert_eq!(none.apply("multi-prefix nonsense"), None);
        assert_eq!(none.apply("-"), None);
        assert_eq!(none.apply(""), Some(none));
        assert_eq!(
            none.apply(&Capabilities::all().to_string()),
            Some(Capabilities::all())
        );
    }

    #[test]
    fn each_name_has_a_bit_of_its_own() {
        assert_eq!(Capabilities::all().0.count_ones() as usize, TABLE.len());
    }
}
