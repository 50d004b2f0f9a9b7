//! Who was here before: WHOWAS. RFC 2812, 3.6.3.

use crate::server::hub::state::people::Host;
use crate::server::hub::time::seconds_as_date;
use crate::server::hub::{ConnectionId, Echo, Hub, Refusal, Reply, Work};
use crate::wire::Key;

/// How many are remembered, the latest first; the oldest is forgotten for one more.
const PAST_MAX: usize = 500;
/// How many of them can be from one network, so that nobody can have all others forgotten.
const PAST_PER_NETWORK_MAX: usize = 100;

/// Somebody who had this nick.
#[derive(Debug)]
pub(in crate::server::hub) struct Gone {
    nick: Box<str>,
    user: Box<str>,
    real_name: Box<str>,
    host: Host,
    unix_seconds: u64,
}

impl Hub {
    /// Remembers somebody whose nick is free now.
    pub(in crate::server::hub) fn remember(&mut self, id: ConnectionId) {
        let Ok((person, present)) = self.people.person(id) else {
            return;
        };
        self.charge(Work::Entry, self.past.len());
        let gone = &mut self.past;
        let is_from_there = |one: &Gone| one.host.network() == person.host.network();
        let mut places = (0..).zip(&*gone).filter(|(_, one)| is_from_there(one));
        match places.nth(PAST_PER_NETWORK_MAX - 1) {
            Some((oldest, _)) => drop(gone.remove(oldest)),
            None => gone.truncate(PAST_MAX - 1),
        }
        gone.push_front(Gone {
            nick: present.nick.as_str().into(),
            user: present.user.clone(),
            real_name: present.real_name.clone(),
            host: person.host,
            unix_seconds: self.now.unix.as_secs(),
        });
    }

    pub(in crate::server::hub) fn whowas(
        &self,
        from: ConnectionId,
        nick: &str,
        count: Option<&str>,
    ) {
        self.charge(Work::Entry, self.past.len());
        let most = count.and_then(|count| count.parse().ok());
        let most = most.filter(|most| *most > 0).unwrap_or(PAST_MAX);
        let is_meant = |gone: &&Gone| Key::same(&gone.nick, nick);
        let mut found = self.past.iter().filter(is_meant).take(most).peekable();
        if found.peek().is_none() {
            self.refuse_about(from, Refusal::NobodyWas(nick));
        }
        for gone in found {
            let (nick, user, host) = (&gone.nick, &gone.user, gone.host);
            let rest = format_args!("{nick} {user} {host} * :{}", gone.real_name);
            self.reply_with(from, Reply::WhowasUser, rest);
            let (name, date) = (&self.settings.name, seconds_as_date(gone.unix_seconds));
            let rest = format_args!("{nick} {name} :{date}");
            self.reply_with(from, Reply::WhoisServer, rest);
        }
        self.reply_about(from, Reply::EndOfWhowas, Echo(nick));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::{Moment, Outbox, Settings};
    use crate::wire::Line;

    #[test]
    fn nobody_can_have_all_others_forgotten() {
        let (now, mut settings) = (Moment::default(), Settings::default());
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
        for number in 0..PAST_MAX {
            come_and_go(1, &format!("mallory{number}"));
        }
        // Others who were here count as before: the oldest are forgotten first.
        for number in 0..PAST_MAX - PAST_PER_NETWORK_MAX - 1 {
            come_and_go(
                2 + u8::try_from(number / 99).unwrap(),
                &format!("n{number}"),
            );
        }
        let kept = |hub: &Hub, name: &str| {
            let gone = hub.past.iter();
            gone.filter(|one| one.nick.starts_with(name)).count()
        };
        assert_eq!(kept(&hub, "mallory"), PAST_PER_NETWORK_MAX);
        assert_eq!(kept(&hub, "mallory499"), 1);
        assert_eq!(kept(&hub, "bob"), 1);
    }
}
