//! What a client can switch on with `CAP REQ`, as one table. IRCv3 capability negotiation.

use std::fmt;

/// The capabilities there are: name, and the bit that stands for it.
const TABLE: [(&str, Capabilities); 2] = [
    ("multi-prefix", Capabilities::MULTI_PREFIX),
    ("userhost-in-names", Capabilities::USERHOST_IN_NAMES),
];

/// A set of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Capabilities(u8);

impl Capabilities {
    /// All prefixes of a person in a room, not only the highest. Nobody has more than one so far,
    /// so lists are the same with and without it.
    pub(super) const MULTI_PREFIX: Self = Self(1);
    /// `nick!user@host` in `NAMES`, not the nick alone.
    pub(super) const USERHOST_IN_NAMES: Self = Self(1 << 1);

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

    fn with(self, other: Self) -> Self {
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
        let both = none.after("multi-prefix userhost-in-names").unwrap();
        assert_eq!(both, Capabilities::all());
        assert_eq!(both.to_string(), "multi-prefix userhost-in-names");
        let one = both.after("-multi-prefix").unwrap();
        assert_eq!(one.to_string(), "userhost-in-names");
        assert_eq!(none.after("multi-prefix nonsense"), None);
        assert_eq!(none.after("-"), None);
        assert_eq!(none.after(""), Some(none));
    }
}
