//! The table of IRCv3 capabilities that `CAP REQ` can enable. IRCv3 capability negotiation.

use std::fmt;

/// A row is the documentation of a capability, its constant, its bit, and its name on the wire.
macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident $bit:literal $word:literal)*) => {
        impl Capabilities {
            $($(#[$doc])* pub(super) const $name: Self = Self(1 << $bit);)*
        }

        /// All capabilities with their names, in the order of the names.
        const TABLE: &[(&str, Capabilities)] = &[$(($word, Capabilities::$name),)*];
    };
}

capabilities! {
    /// `ACCOUNT` lines of users in the same rooms.
    ACCOUNT_NOTIFY 3 "account-notify"
    /// The account of the sender on each line. Bit 2, see message-tags.
    ACCOUNT_TAG 2 "account-tag"
    /// `AWAY` lines of users in the same rooms.
    AWAY_NOTIFY 4 "away-notify"
    /// Responses of several lines as one batch.
    BATCH 5 "batch"
    /// `CAP NEW` and `CAP DEL`; the set never changes while the server runs.
    CAP_NOTIFY 6 "cap-notify"
    /// Messages with an id of the client are relayed once. It is offered only with a store.
    ONCE 28 "chatroom.example/once"
    /// `CHATHISTORY`. It is offered only with a store.
    CHATHISTORY 16 "draft/chathistory"
    /// `REGISTER` and `VERIFY`. It is offered only when users can register accounts.
    ACCOUNT_REGISTRATION 18 "draft/account-registration"
    /// Events in the responses to `CHATHISTORY`. It is offered only with a store.
    EVENT_PLAYBACK 21 "draft/event-playback"
    /// Messages of several lines as a batch.
    MULTILINE 22 "draft/multiline"
    /// `REDACT`. It is offered only with a store.
    MESSAGE_REDACTION 19 "draft/message-redaction"
    /// `MARKREAD`. It is offered only with a store.
    READ_MARKER 20 "draft/read-marker"
    /// The client's own messages are sent back to it.
    ECHO_MESSAGE 7 "echo-message"
    /// `JOIN` with account and real name.
    EXTENDED_JOIN 8 "extended-join"
    /// Events of monitored users as of users in the same rooms.
    EXTENDED_MONITOR 9 "extended-monitor"
    /// `INVITE` lines for other users.
    INVITE_NOTIFY 10 "invite-notify"
    /// Responses have the label of their line.
    LABELED_RESPONSE 11 "labeled-response"
    /// Client-only tags and message ids. Bit 1; together with server-time (bit 0) and, if the sender
    /// has an account, account-tag (bit 2) it selects the variant of a line.
    MESSAGE_TAGS 1 "message-tags"
    /// All prefixes of a member, not only the highest.
    MULTI_PREFIX 12 "multi-prefix"
    /// `AUTHENTICATE`. It is offered only with accounts.
    SASL 17 "sasl"
    /// A time on each line. Bit 0, see message-tags.
    SERVER_TIME 0 "server-time"
    /// `SETNAME` lines of users in the same rooms.
    SETNAME 13 "setname"
    /// `FAIL`, `WARN` and `NOTE`. The server sends `FAIL` even without it.
    STANDARD_REPLIES 14 "standard-replies"
    /// `nick!user@host` in `NAMES`, not the nick alone.
    USERHOST_IN_NAMES 15 "userhost-in-names"
}

/// A set of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Capabilities(u32);

/// The first 16 of them, so that a member of a room takes no more memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct MemberCapabilities(u16);

impl From<MemberCapabilities> for Capabilities {
    fn from(MemberCapabilities(bits): MemberCapabilities) -> Self {
        Self(bits.into())
    }
}

impl Capabilities {
    /// The empty set.
    pub(super) const NONE: Self = Self(0);
    /// Number of variants of one line.
    pub(super) const VARIANTS: usize = 8;
    /// The bits that select the variant of a line whose sender has no account.
    pub(super) const WITHOUT_ACCOUNT: usize = 3;
    /// The same for a sender with an account.
    pub(super) const WITH_ACCOUNT: usize = 7;

    /// The capabilities that are offered only with a store.
    pub(super) const WITH_STORE: Self = Self::CHATHISTORY
        .with(Self::MESSAGE_REDACTION)
        .with(Self::EVENT_PLAYBACK)
        .with(Self::READ_MARKER)
        .with(Self::ONCE);

    /// All capabilities.
    pub(super) fn all() -> Self {
        let each = TABLE.iter().map(|(_, one)| *one);
        each.fold(Self::NONE, Self::with)
    }

    /// Whether it contains all of `other`.
    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The index of the variant of a line for these capabilities, by the bits that matter for it:
    /// less than [`Self::VARIANTS`].
    pub(super) fn variant(self, bits: usize) -> usize {
        self.0 as usize & bits
    }

    /// For each variant, the smallest set that selects it.
    pub(super) fn variants() -> impl Iterator<Item = Self> {
        (0..).take(Self::VARIANTS).map(Self)
    }

    /// The capabilities that matter for lines to a member of a room: the others have higher bits.
    pub(super) fn of_member(self) -> MemberCapabilities {
        MemberCapabilities(self.0 as u16)
    }

    /// Each of them with its name, in the order of the names.
    pub(super) fn names(self) -> impl Iterator<Item = (&'static str, Self)> {
        TABLE.iter().copied().filter(move |(_, one)| self.has(*one))
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The set after a request such as `a -b`, or `None` if a name in it is unknown: a request is
    /// applied as a whole or not at all.
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
        let mut names = self.names();
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
