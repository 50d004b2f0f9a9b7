//! The port to the bans of the server: what the store keeps of them, how they change, and the requests
//! of the administrator.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::IpNetwork;
use crate::wire::{FoldedName, Nick, mask};

/// The longest text of a target, in bytes.
const TARGET_BYTES_MAX: usize = 120;
/// The longest reason, in bytes: a line has room for it beside everything else.
pub(in crate::server) const BAN_REASON_BYTES_MAX: usize = 200;
/// The longest time of a ban that ends, in seconds: a hundred years.
const SECONDS_MAX: u64 = 100 * 365 * 86_400;
/// The prefix of masks for the names of accounts, as in rooms.
const ACCOUNT: &str = "a:";

/// A ban of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerBan {
    /// The target: a mask, a network or an account.
    pub target: BanTarget,
    /// The nick of the operator who has set it.
    pub setter: Box<str>,
    /// The reason, which the banned users see.
    pub reason: Box<str>,
    /// When it was set, as Unix time.
    pub set: Duration,
    /// When it ends, as Unix time; `None` for never.
    pub until: Option<Duration>,
}

/// The target of a ban.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BanTarget {
    /// Users whose `nick!user@host` matches.
    Mask(Box<str>),
    /// All connections from a network.
    Network(IpNetwork),
    /// The users of an account.
    Account(Nick),
}

impl BanTarget {
    /// Reads an address, a network, `a:ACCOUNT` or a mask.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(network) = Self::parse_network(text) {
            return Some(network);
        }
        let name = text.strip_prefix('~').unwrap_or(text).strip_prefix(ACCOUNT);
        if let Some(account) = name.and_then(|name| Nick::parse(name).ok()) {
            return Some(Self::Account(account));
        }
        let mask = mask::normalize(text).filter(|mask| mask.len() <= TARGET_BYTES_MAX)?;
        Some(Self::Mask(mask.into()))
    }

    /// Reads an address or a network, such as `10.0.0.0/8`.
    pub fn parse_network(text: &str) -> Option<Self> {
        IpNetwork::parse(text).map(Self::Network)
    }

    /// The form that all spellings of it have in common.
    pub fn key(&self) -> FoldedName {
        FoldedName::of(&self.to_string())
    }

    /// Whether an address is in the banned network.
    pub fn has_address(&self, address: IpAddr) -> bool {
        match self {
            Self::Network(network) => network.has(address),
            _ => false,
        }
    }
}

impl fmt::Display for BanTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mask(mask) => f.write_str(mask),
            Self::Network(network) => network.fmt(f),
            Self::Account(account) => write!(f, "{ACCOUNT}{account}"),
        }
    }
}

impl ServerBan {
    /// Whether it holds at this Unix time.
    pub fn holds_at(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// Reads how long a ban lasts, such as `10d`, `1h30m` or, in minutes, `90`. `None` for text that is no
/// time; `Some(None)` for 0, which is for ever.
pub(in crate::server) fn parse_time(text: &str) -> Option<Option<Duration>> {
    let mut seconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.bytes().position(|byte| !byte.is_ascii_digit());
        let (digits, after) = rest.split_at(end.unwrap_or(rest.len()));
        let number: u64 = digits.parse().ok()?;
        let mut unit = after.chars();
        let factor = match unit.next().map(|unit| unit.to_ascii_lowercase()) {
            None if digits.len() == text.len() => 60,
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3_600,
            Some('d') => 86_400,
            Some('w') => 7 * 86_400,
            Some('y') => 365 * 86_400,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(factor)?)?;
        rest = unit.as_str();
    }
    match seconds {
        0 if text.is_empty() => None,
        0 => Some(None),
        seconds if seconds <= SECONDS_MAX => Some(Some(Duration::from_secs(seconds))),
        _ => None,
    }
}

/// A change of the bans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BanChange {
    /// A ban is set, in place of one with the same target.
    Add(ServerBan),
    /// A ban is removed.
    Remove(BanTarget),
}

impl BanChange {
    /// The target of the ban.
    pub fn target(&self) -> &BanTarget {
        match self {
            Self::Add(ban) => &ban.target,
            Self::Remove(target) => target,
        }
    }

    /// Reads a request of the administrator in its text form.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.strip_prefix(REQUEST_PREFIX)?.splitn(6, ' ');
        let (verb, target) = (words.next()?, BanTarget::parse(words.next()?)?);
        let mut seconds = || words.next()?.parse().ok().map(Duration::from_secs);
        match verb {
            "add" => {
                let (set, until) = (seconds()?, seconds()?);
                let (setter, reason) = (words.next()?, words.next()?);
                let fits = reason.len() <= BAN_REASON_BYTES_MAX && !reason.is_empty();
                fits.then(|| {
                    Self::Add(ServerBan {
                        target,
                        setter: setter.into(),
                        reason: reason.into(),
                        set,
                        until: Some(until).filter(|until| !until.is_zero()),
                    })
                })
            }
            "remove" => words.next().is_none().then_some(Self::Remove(target)),
            _ => None,
        }
    }
}

/// The prefix of the requests of the administrator.
const REQUEST_PREFIX: &str = "ban ";

/// The text form of a request of the administrator.
impl fmt::Display for BanChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(ban) => {
                let (set, until) = (ban.set.as_secs(), ban.until.unwrap_or_default().as_secs());
                let ServerBan {
                    target,
                    setter,
                    reason,
                    ..
                } = ban;
                write!(
                    f,
                    "{REQUEST_PREFIX}add {target} {set} {until} {setter} {reason}"
                )
            }
            Self::Remove(target) => write!(f, "{REQUEST_PREFIX}remove {target}"),
        }
    }
}

/// Why the bans cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BanProblem {
    /// There is no ban with this target.
    Missing,
    /// There are as many bans as possible.
    Full(u32),
}

impl fmt::Display for BanProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such ban"),
            Self::Full(most) => write!(f, "there are {most} bans; remove some first"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_network_an_account_or_a_mask() {
        for (given, shown) in [
            ("10.1.2.3", "10.1.2.3"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3/0", "0.0.0.0/0"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("::1", "0::1"),
            ("0::1", "0::1"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
            ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
            ("a:Bob", "a:Bob"),
            ("~a:Bob", "a:Bob"),
            ("spam*", "spam*!*@*"),
            ("*@10.*", "*!*@10.*"),
        ] {
            let target = BanTarget::parse(given).unwrap();
            assert_eq!(target.to_string(), shown, "{given}");
            assert_eq!(BanTarget::parse(shown), Some(target), "{given}");
        }
        for given in ["", "a b", ":x", &"x".repeat(116)] {
            let target = BanTarget::parse(given);
            assert_eq!(target.is_some(), given.len() == 116, "{given}");
        }
        assert_eq!(BanTarget::parse(&"x".repeat(117)), None);
        for given in [
            "10.0.0.1/33",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "::1/129",
            "x",
            "::ffff:10.0.0.0/8",
        ] {
            assert_eq!(BanTarget::parse_network(given), None, "{given}");
        }
    }

    #[test]
    fn a_network_has_the_addresses_that_begin_like_it() {
        for (network, address, is_in) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.0", false),
            ("0.0.0.0/0", "255.1.1.1", true),
            ("0.0.0.0/0", "::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::/0", "2001::", true),
        ] {
            let target = BanTarget::parse(network).unwrap();
            assert_eq!(
                target.has_address(address.parse().unwrap()),
                is_in,
                "{network} {address}"
            );
        }
    }

    #[test]
    fn a_time_has_units_or_is_in_minutes() {
        for (text, seconds) in [
            ("10d", Some(864_000)),
            ("1h30m", Some(5_400)),
            ("90", Some(5_400)),
            ("1W", Some(604_800)),
            ("2y", Some(2 * 365 * 86_400)),
            ("5s", Some(5)),
            ("0", Some(0)),
            ("", None),
            ("d", None),
            ("1x", None),
            ("1d2", None),
            ("101y", None),
            ("99999999999999999999s", None),
            ("spam*", None),
        ] {
            let expected =
                seconds.map(|seconds| (seconds > 0).then(|| Duration::from_secs(seconds)));
            assert_eq!(parse_time(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let ban = |until| ServerBan {
            target: BanTarget::parse(&"x".repeat(116)).unwrap(),
            setter: "administrator".into(),
            reason: "r ".repeat(BAN_REASON_BYTES_MAX / 2).into(),
            set: Duration::from_secs(1_000_000_000),
            until,
        };
        for change in [
            BanChange::Add(ban(None)),
            BanChange::Add(ban(Some(Duration::from_secs(2_000_000_000)))),
            BanChange::Remove(BanTarget::parse("10.0.0.0/8").unwrap()),
        ] {
            let text = change.to_string();
            assert!(text.len() <= 510, "{text}");
            assert_eq!(BanChange::parse(&text), Some(change), "{text}");
        }
        for text in [
            "ban",
            "ban add x",
            "ban add x 1 0 y",
            "ban remove x y",
            "ban x y",
        ] {
            assert_eq!(BanChange::parse(text), None, "{text}");
        }
    }
}
