//! Netsplits: two servers lose their connection, so that all users of one quit at once for the
//! others, and join again later. The events of one second are joined into one line.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::client::event::Event;

/// For how long events are joined into one line.
const GROUP_WINDOW: Duration = Duration::from_secs(1);
/// How many users of netsplits are remembered; others are shown one by one.
const SPLIT_USERS_MAX: usize = 10_000;
/// How many netsplits there can be at once.
const GROUPS_MAX: usize = 16;
/// After this many seconds a join no longer counts as the end of a netsplit.
const REJOIN_SECONDS_MAX: i64 = 3_600;

/// The netsplits that are not shown yet, and the users who may come back.
#[derive(Debug, Default)]
pub(super) struct Netsplits {
    pending: Vec<NetsplitGroup>,
    /// When `pending` is due, as the time since the program started; set by
    /// [`Netsplits::drain_due`].
    deadline: Option<Duration>,
    /// The users who quit in a netsplit, by nick in lower case.
    split_users: BTreeMap<String, SplitUser>,
}

/// A user who quit in a netsplit.
#[derive(Debug)]
struct SplitUser {
    servers: String,
    since: i64,
    /// Whether the user has come back, which is not shown yet.
    has_rejoined: bool,
}

/// The users who left in one netsplit, or came back from it, at about the same time.
#[derive(Debug)]
pub(super) struct NetsplitGroup {
    /// The names of the two servers, as in the reason of the quit.
    pub(super) servers: String,
    /// Whether the users came back.
    pub(super) is_over: bool,
    /// Their nicks, each of them once even if the user is in several rooms.
    pub(super) nicks: Vec<String>,
    /// The first event, and its time.
    pub(super) first: Event,
    pub(super) unix_seconds: i64,
}

impl Netsplits {
    /// Whether an event is part of a netsplit. If so, it is shown together with the others.
    pub(super) fn absorb(&mut self, event: &Event, unix_seconds: i64) -> bool {
        match event {
            Event::Quit {
                nick,
                reason: Some(reason),
            } if are_servers(reason) && self.split_users.len() < SPLIT_USERS_MAX => {
                let user = SplitUser {
                    servers: reason.clone(),
                    since: unix_seconds,
                    has_rejoined: false,
                };
                let is_grouped = self.add(reason, false, nick, event, unix_seconds);
                if is_grouped {
                    self.split_users.insert(nick.to_lowercase(), user);
                }
                is_grouped
            }
            Event::Joined { nick, .. } => {
                let Some(user) = self.split_users.get_mut(&nick.to_lowercase()) else {
                    return false;
                };
                // A user can be in several rooms.
                if std::mem::replace(&mut user.has_rejoined, true) {
                    return true;
                }
                let servers = user.servers.clone();
                unix_seconds - user.since <= REJOIN_SECONDS_MAX
                    && self.add(&servers, true, nick, event, unix_seconds)
            }
            _ => false,
        }
    }

    /// Adds a user to a group. False when there are too many groups.
    fn add(&mut self, servers: &str, is_over: bool, nick: &str, event: &Event, at: i64) -> bool {
        let mut groups = self.pending.iter_mut();
        let same = groups.find(|one| one.servers == servers && one.is_over == is_over);
        if let Some(group) = same {
            group.nicks.push(nick.to_owned());
            return true;
        }
        if self.pending.len() >= GROUPS_MAX {
            return false;
        }
        self.pending.push(NetsplitGroup {
            servers: servers.to_owned(),
            is_over,
            nicks: vec![nick.to_owned()],
            first: event.clone(),
            unix_seconds: at,
        });
        true
    }

    /// Takes all groups.
    pub(super) fn drain(&mut self) -> Vec<NetsplitGroup> {
        self.deadline = None;
        self.split_users.retain(|_, user| !user.has_rejoined);
        std::mem::take(&mut self.pending)
    }

    /// Takes all groups if they are due.
    pub(super) fn drain_due(&mut self, elapsed: Duration) -> Vec<NetsplitGroup> {
        if self.pending.is_empty() {
            return Vec::new();
        }
        match elapsed >= *self.deadline.get_or_insert(elapsed + GROUP_WINDOW) {
            true => self.drain(),
            false => Vec::new(),
        }
    }

    /// Whether a netsplit is not shown yet.
    pub(super) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// When the groups are due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }
}

/// Whether the reason of a quit is that of a netsplit: the names of two servers.
fn are_servers(reason: &str) -> bool {
    let is_server = |name: &str| {
        let is_part = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-*".contains(&b))
        };
        name.contains('.') && name.split('.').all(is_part)
    };
    reason
        .split_once(' ')
        .is_some_and(|(one, other)| one != other && is_server(one) && is_server(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quit(nick: &str, reason: &str) -> Event {
        Event::Quit {
            nick: nick.into(),
            reason: Some(reason.into()),
        }
    }

    fn joined(nick: &str, room: &str) -> Event {
        Event::Joined {
            room: room.into(),
            nick: nick.into(),
            account: None,
        }
    }

    fn summary(groups: &[NetsplitGroup]) -> Vec<(&str, bool, String)> {
        let summary = groups.iter();
        summary
            .map(|one| (one.servers.as_str(), one.is_over, one.nicks.join(" ")))
            .collect()
    }

    #[test]
    fn only_the_names_of_two_servers_are_a_netsplit() {
        for reason in ["a.b c.d", "*.net *.split", "hub-1.example.org leaf.example"] {
            assert!(are_servers(reason), "{reason}");
        }
        for reason in [
            "",
            "bye",
            "a.b",
            "a.b a.b",
            "a.b c",
            "a.b c.d e.f",
            "a.b  c.d",
            "see you. later.",
            "Quit: a.b c.d",
            "www.x.y/z a.b",
            ".a b.",
            "1.5 mm. thick",
        ] {
            assert!(!are_servers(reason), "{reason}");
        }
    }

    #[test]
    fn quits_of_a_netsplit_are_one_group_and_so_are_the_joins_after_it() {
        let mut splits = Netsplits::default();
        for nick in ["bob", "carol"] {
            assert!(splits.absorb(&quit(nick, "a.b c.d"), 0));
        }
        assert!(splits.absorb(&quit("dan", "a.b e.f"), 0));
        assert!(!splits.absorb(&quit("erin", "bye"), 0));
        assert!(!splits.absorb(&joined("frank", "#a"), 0));
        assert!(splits.drain_due(Duration::from_millis(10)).is_empty());
        assert_eq!(splits.deadline(), Some(Duration::from_millis(1_010)));
        assert!(splits.absorb(&quit("Gina", "a.b c.d"), 1));
        let groups = splits.drain_due(Duration::from_millis(1_010));
        let left = [
            ("a.b c.d", false, "bob carol Gina".to_owned()),
            ("a.b e.f", false, "dan".to_owned()),
        ];
        assert_eq!(summary(&groups), left);
        assert_eq!(splits.deadline(), None);
        assert!(splits.drain_due(Duration::from_secs(5)).is_empty());
        for (nick, room) in [("gina", "#a"), ("bob", "#a"), ("bob", "#b")] {
            assert!(splits.absorb(&joined(nick, room), 60));
        }
        let back = [("a.b c.d", true, "gina bob".to_owned())];
        assert_eq!(summary(&splits.drain()), back);
        assert!(
            !splits.absorb(&joined("bob", "#c"), 60),
            "the group was taken"
        );
        assert!(!splits.absorb(&joined("dan", "#c"), 4_000), "too late");
        splits.drain();
        assert!(!splits.absorb(&joined("dan", "#c"), 4_000));
    }

    #[test]
    fn the_number_of_remembered_users_has_a_bound() {
        let mut splits = Netsplits::default();
        for number in 0..GROUPS_MAX + 5 {
            let event = quit(&format!("x{number}"), &format!("a.b c.d{number}"));
            assert_eq!(splits.absorb(&event, 0), number < GROUPS_MAX);
        }
        splits.drain();
        for number in GROUPS_MAX..SPLIT_USERS_MAX + 5 {
            let event = quit(&format!("p{number}"), "a.b c.d");
            assert_eq!(
                splits.absorb(&event, 0),
                number < SPLIT_USERS_MAX,
                "{number}"
            );
        }
        assert_eq!(splits.split_users.len(), SPLIT_USERS_MAX);
        assert!(!splits.absorb(&joined(&format!("p{}", SPLIT_USERS_MAX + 1), "#a"), 0));
    }
}
