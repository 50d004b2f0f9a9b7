//! Former users of a nick: WHOWAS. RFC 2812, 3.6.3.

use crate::server::hub::state::whowas::WhowasEntry;
use crate::server::hub::time::seconds_as_date;
use crate::server::hub::{ConnectionId, Hub, Rejection, Reply, Truncated, Work};
use crate::wire::FoldedName;

/// Maximum number of entries, the latest first; the oldest is dropped for a new one.
const WHOWAS_MAX: usize = 500;
/// Maximum number of entries from one network, so that no network can push out all others.
const WHOWAS_PER_NETWORK_MAX: usize = 100;

impl Hub {
    /// Adds a user whose nick becomes free.
    pub(in crate::server::hub) fn record_whowas(&mut self, id: ConnectionId) {
        let Ok((person, user)) = self.people.person(id) else {
            return;
        };
        self.charge(Work::Entry, self.whowas.len());
        let entries = &mut self.whowas;
        let is_from_there = |one: &WhowasEntry| one.host.network() == person.host.network();
        let mut places = (0..).zip(&*entries).filter(|(_, one)| is_from_there(one));
        match places.nth(WHOWAS_PER_NETWORK_MAX - 1) {
            Some((oldest, _)) => drop(entries.remove(oldest)),
            None => entries.truncate(WHOWAS_MAX - 1),
        }
        entries.push_front(WhowasEntry {
            nick: user.nick.as_str().into(),
            username: user.username.clone(),
            real_name: user.real_name.clone(),
            host: person.host,
            shown_host: user.host().into(),
            unix_seconds: self.now.unix.as_secs(),
        });
    }

    pub(super) fn whowas(&self, from: ConnectionId, nick: &str, count: Option<&str>) {
        let most = count.and_then(|count| count.parse().ok());
        let most = most.filter(|most| *most > 0).unwrap_or(WHOWAS_MAX);
        let is_meant = |entry: &&WhowasEntry| FoldedName::same(&entry.nick, nick);
        self.charge(Work::Entry, self.whowas.len());
        let mut found = self.whowas.iter().filter(is_meant).take(most).peekable();
        if found.peek().is_none() {
            self.send_rejection(from, Rejection::WasNoSuchNick(nick));
        }
        for entry in found {
            let (nick, username, host) = (&entry.nick, &entry.username, &entry.shown_host);
            let rest = format_args!("{nick} {username} {host} * :{}", entry.real_name);
            self.reply_with(from, Reply::WhowasUser, rest);
            let (name, date) = (&self.settings.name, seconds_as_date(entry.unix_seconds));
            let rest = format_args!("{nick} {name} :{date}");
            self.reply_with(from, Reply::WhoisServer, rest);
        }
        self.reply_about(from, Reply::EndOfWhowas, Truncated(nick));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::{HubSettings, HubTime, Outbox};
    use crate::wire::Line;

    #[test]
    fn no_network_can_push_out_all_other_entries() {
        let (now, mut settings) = (HubTime::default(), HubSettings::default());
        settings.limits.enabled = false;
        let mut hub = Hub::new(settings, now);
        let mut come_and_go = |network: u8, nick: &str| {
            let (id, mut outbox) = (ConnectionId::new(0, 0), Outbox::default());
            hub.connected(id, [10, 0, 0, network].into(), now, &mut outbox);
            for line in [&format!("NICK {nick}"), "USER u 0 * :r", "QUIT"] {
                hub.received(id, Line::Whole(line.as_bytes()), now, &mut outbox);
            }
        };
        come_and_go(0, "bob");
        for number in 0..WHOWAS_MAX {
            come_and_go(1, &format!("mallory{number}"));
        }
        // Further users of other networks push out the oldest entries first.
        for number in 0..WHOWAS_MAX - WHOWAS_PER_NETWORK_MAX - 1 {
            come_and_go(
                2 + u8::try_from(number / 99).unwrap(),
                &format!("n{number}"),
            );
        }
        let kept = |hub: &Hub, name: &str| {
            let entries = hub.whowas.iter();
            entries.filter(|one| one.nick.starts_with(name)).count()
        };
        assert_eq!(kept(&hub, "mallory"), WHOWAS_PER_NETWORK_MAX);
        assert_eq!(kept(&hub, "mallory499"), 1);
        assert_eq!(kept(&hub, "bob"), 1);
    }
}
