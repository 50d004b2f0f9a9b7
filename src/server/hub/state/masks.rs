//! Masks in the lists of a room: bans, exceptions, invitations and mutes.

use crate::wire::mask::{self, Subject};

/// The longest mask in a list, in bytes.
const KEPT_BYTES_MAX: usize = 120;

/// Prefix of a mask that only mutes and never bans; announced as `EXTBAN`.
pub(super) const MUTE: &str = "m:";
/// Prefix of a mask for the names of accounts; announced as `ACCOUNTEXTBAN`. IRCv3 account-extban.
pub(in crate::server::hub) const ACCOUNT: &str = "a:";

/// A user that masks are compared with.
#[derive(Debug)]
pub(in crate::server::hub) struct UserSubject<'t> {
    /// `nick!user@host`.
    source: Subject<'t>,
    account: Option<Subject<'t>>,
}

impl<'t> UserSubject<'t> {
    pub(in crate::server::hub) fn new(source: &'t str, account: Option<&'t str>) -> Self {
        Self {
            source: Subject::new(source),
            account: account.map(Subject::new),
        }
    }

    /// How many steps all comparisons so far took.
    pub(in crate::server::hub) fn steps(&self) -> usize {
        self.source.steps() + self.account.as_ref().map_or(0, Subject::steps)
    }

    /// Whether `nick!user@host` fits a mask.
    pub(super) fn matches_source(&mut self, mask: &str) -> bool {
        self.source.matches(mask)
    }

    /// Whether the user fits a mask that a room keeps.
    pub(super) fn matches(&mut self, mask: &str) -> bool {
        match mask
            .strip_prefix(ACCOUNT)
            .filter(|names| !names.contains('!'))
        {
            Some(names) => self.account.as_mut().is_some_and(|own| own.matches(names)),
            None => self.source.matches(mask),
        }
    }
}

/// The mask in the form in which a room keeps it, or `None` if it cannot: `nick!user@host`, or the name
/// of an account if there are accounts.
pub(in crate::server::hub) fn normalize(mask: &str, has_accounts: bool) -> Option<String> {
    let normalize = |mask: &str| match account_mask(mask).filter(|_| has_accounts) {
        Some(names) => Some(format!("{ACCOUNT}{names}")),
        None => mask::normalize(mask),
    };
    let whole = match mask.strip_prefix(MUTE) {
        Some(muted) if muted.starts_with(MUTE) => return None,
        Some(muted) => format!("{MUTE}{}", normalize(muted)?),
        None => normalize(mask)?,
    };
    (whole.len() <= KEPT_BYTES_MAX).then_some(whole)
}

/// The names in a mask for accounts, which other servers write with `~`.
fn account_mask(mask: &str) -> Option<&str> {
    let mask = mask.strip_prefix('~').unwrap_or(mask);
    let names = mask.strip_prefix(ACCOUNT)?;
    // A character that no name can have belongs to an address.
    let fits = |c: char| c.is_ascii_alphanumeric() || "-[]\\`^{}|_*?".contains(c);
    (!names.is_empty() && names.chars().all(fits)).then_some(names)
}

/// How many `*` and `?` a mask has.
pub(in crate::server::hub) fn wildcards(mask: &str) -> usize {
    mask.matches(['*', '?']).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_is_completed_and_stays_one_parameter() {
        for (given, kept) in [
            ("bar", Some("bar!*@*")),
            ("bar!*@*", Some("bar!*@*")),
            ("u@h", Some("*!u@h")),
            ("n!u", Some("n!u@*")),
            ("10.0.*", Some("*!*@10.0.*")),
            ("1.2.3.4/-1", Some("*!*@1.2.3.4/-1")),
            ("m:bar", Some("m:bar!*@*")),
            ("m:", None),
            ("m:m:bar", None),
            ("", None),
            (":x", None),
            ("a b", None),
            ("a\u{7}", None),
        ] {
            assert_eq!(normalize(given, false).as_deref(), kept, "{given:?}");
            assert_eq!(normalize(given, true).as_deref(), kept, "{given:?}");
        }
        assert!(normalize(&"x".repeat(116), false).is_some());
        assert!(normalize(&"x".repeat(117), false).is_none());
    }

    #[test]
    fn a_mask_for_accounts_is_one_only_if_there_are_accounts() {
        for (given, with, without) in [
            ("a:bob", "a:bob", "*!*@a:bob"),
            ("~a:bob", "a:bob", "*!*@~a:bob"),
            ("m:a:b*", "m:a:b*", "m:*!*@a:b*"),
            ("a:1::2", "*!*@a:1::2", "*!*@a:1::2"),
            ("a:", "*!*@a:", "*!*@a:"),
            ("a:bob!*@*", "a:bob!*@*", "a:bob!*@*"),
        ] {
            assert_eq!(normalize(given, true).as_deref(), Some(with), "{given}");
            assert_eq!(normalize(given, false).as_deref(), Some(without), "{given}");
        }
        let matches = |mask, account| UserSubject::new("al!u@h", account).matches(mask);
        assert!(matches("a:b?b", Some("Bob")));
        assert!(!matches("a:*", None));
        assert!(!matches("a:al", Some("bob")));
        assert!(matches("al!*@*", Some("bob")));
    }
}
