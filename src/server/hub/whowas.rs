//! Who was here before: WHOWAS. RFC 2812, 3.6.3.

use std::collections::VecDeque;

use super::people::Host;
use super::stamp::seconds_as_date;
use super::{ConnectionId, Done, Echo, Hub, Refusal, Reply};

/// How many are remembered; the oldest is forgotten for one more.
const PAST_MAX: usize = 500;

/// The last ones who left or changed their nick, the latest first.
#[derive(Debug, Default)]
pub(super) struct Past(VecDeque<Gone>);

/// Somebody who had this nick.
#[derive(Debug)]
struct Gone {
    nick: Box<str>,
    user: Box<str>,
    real_name: Box<str>,
    host: Host,
    unix_seconds: u64,
}

impl Hub {
    /// Remembers somebody whose nick is free now.
    pub(super) fn remember(&mut self, id: ConnectionId) {
        let Some((person, present)) = self.people.person(id) else {
            return;
        };
        let Past(gone) = &mut self.past;
        gone.truncate(PAST_MAX - 1);
        gone.push_front(Gone {
            nick: present.nick.as_str().into(),
            user: present.user.clone(),
            real_name: present.real_name.clone(),
            host: person.host,
            unix_seconds: self.now.unix.as_secs(),
        });
    }

    pub(super) fn whowas<'a>(
        &mut self,
        from: ConnectionId,
        nick: &'a str,
        count: Option<&str>,
    ) -> Done<'a> {
        let most = count.and_then(|count| count.parse().ok());
        let most = most.filter(|most| *most > 0).unwrap_or(PAST_MAX);
        let Past(gone) = &self.past;
        let is_meant = |gone: &&Gone| gone.nick.eq_ignore_ascii_case(nick);
        let mut found = gone.iter().filter(is_meant).take(most).peekable();
        if found.peek().is_none() {
            self.refuse_about(from, Refusal::NobodyWas(nick));
        }
        for Gone {
            nick,
            user,
            real_name,
            host,
            unix_seconds,
        } in found
        {
            let rest = format_args!("{nick} {user} {host} * :{real_name}");
            self.reply_with(from, Reply::WhowasUser, rest);
            let (name, date) = (&self.settings.name, seconds_as_date(*unix_seconds));
            let rest = format_args!("{nick} {name} :{date}");
            self.reply_with(from, Reply::WhoisServer, rest);
        }
        self.reply_about(from, Reply::EndOfWhowas, Echo(nick));
        Ok(())
    }
}
