//! Queries about users and the server: WHOIS, USERHOST, ISON, VERSION, TIME, INFO, LINKS, STATS.

use super::welcome::VERSION;
use crate::server::hub::time::seconds_as_date;
use crate::server::hub::{
    Capabilities, CommandResult, ConnectionId, Hub, Person, Registered, Rejection, Reply,
    Truncated, Work,
};
use crate::wire::request::USERHOST_MAX;

impl Hub {
    pub(super) fn whois(&self, from: ConnectionId, nick: &str) {
        match self.people.find(nick) {
            Ok((person, user)) => self.send_whois(from, person, user),
            Err(rejection) => self.send_rejection(from, rejection),
        }
        self.reply_about(from, Reply::EndOfWhois, Truncated(nick));
    }

    fn send_whois(&self, to: ConnectionId, person: &Person, user: &Registered) {
        let (nick, username, host) = (&user.nick, &user.username, user.host());
        let rest = format_args!("{nick} {username} {host} * :{}", user.real_name);
        self.reply_with(to, Reply::WhoisUser, rest);
        let all_prefixes = self.capabilities(to).has(Capabilities::MULTI_PREFIX);
        self.charge(Work::Name, 2 * user.rooms.len());
        let sees_all = to == person.id || self.is_operator(to);
        let rooms = self.rooms_of(user).filter_map(|(room, member)| {
            let is_hidden = room.modes.has('s') || user.modes.has('i');
            let is_shown = !is_hidden || sees_all || self.member(to, room).is_some();
            is_shown.then(|| format!("{}{}", member.prefix(all_prefixes), room.name))
        });
        let head = (format_args!("{nick} :"), ' ');
        self.reply_list(to, Reply::WhoisChannels, head, rooms);
        let rest = format_args!("{nick} {} :{VERSION}", self.settings.name);
        self.reply_with(to, Reply::WhoisServer, rest);
        self.send_away_reply(to, user);
        for (mode, reply) in [('o', Reply::WhoisOperator), ('B', Reply::WhoisBot)] {
            if user.modes.has(mode) {
                self.reply_about(to, reply, nick);
            }
        }
        if let Some(account) = &user.account {
            self.reply_about(to, Reply::WhoisAccount, format_args!("{nick} {account}"));
        }
        if person.is_secure {
            self.reply_about(to, Reply::WhoisSecure, nick);
        }
        if sees_all && is_cloaked(person, user) {
            let host = person.host;
            let rest = format_args!("{nick} :is connecting from *@{host} {host}");
            self.reply_with(to, Reply::WhoisHost, rest);
        }
        if let Some(certificate) = person.certificate.as_ref().filter(|_| sees_all) {
            let words = Reply::WhoisCertificate.words();
            let rest = format_args!("{nick} :{words} {certificate}");
            self.reply_with(to, Reply::WhoisCertificate, rest);
        }
        let idle = self.now.running.saturating_sub(user.last_spoke).as_secs();
        let about = format_args!("{nick} {idle} {}", user.signed_on.as_secs());
        self.reply_about(to, Reply::WhoisIdle, about);
    }

    pub(super) fn userhost(&self, from: ConnectionId, nicks: &[Option<&str>]) {
        let nicks = nicks.iter().flatten().take(USERHOST_MAX);
        let found = nicks.filter_map(|nick| {
            self.charge(Work::Name, 2);
            let (_, user) = self.people.find(nick).ok()?;
            let operator = if user.modes.has('o') { "*" } else { "" };
            let away = if user.away.is_some() { '-' } else { '+' };
            let (nick, username, host) = (&user.nick, &user.username, user.host());
            Some(format!("{nick}{operator}={away}{username}@{host}"))
        });
        let head = (format_args!(":"), ' ');
        if !self.reply_list(from, Reply::Userhost, head, found) {
            self.reply_with(from, Reply::Userhost, format_args!(":"));
        }
    }

    pub(super) fn ison(&self, from: ConnectionId, nicks: &[Option<&str>]) {
        let nicks = nicks.iter().flatten().flat_map(|nicks| nicks.split(' '));
        let found = nicks.filter_map(|nick| {
            self.charge(Work::Name, 2);
            Some(self.people.find(nick).ok()?.1.nick.to_string())
        });
        let head = (format_args!(":"), ' ');
        if !self.reply_list(from, Reply::Ison, head, found) {
            self.reply_with(from, Reply::Ison, format_args!(":"));
        }
    }

    pub(super) fn version(&self, from: ConnectionId) {
        let rest = format_args!("{VERSION} {} :a slim chat room", self.settings.name);
        self.reply_with(from, Reply::Version, rest);
    }

    pub(super) fn time(&self, from: ConnectionId) {
        let date = seconds_as_date(self.now.unix.as_secs());
        let rest = format_args!("{} :{date}", self.settings.name);
        self.reply_with(from, Reply::Time, rest);
    }

    pub(super) fn info<'a>(
        &mut self,
        from: ConnectionId,
        target: Option<&'a str>,
    ) -> CommandResult<'a> {
        if let Some(target) = target {
            let is_this_server = target.eq_ignore_ascii_case(&self.settings.name);
            if !is_this_server && self.people.find(target).is_err() {
                return Err(Rejection::NoSuchServer(target));
            }
        }
        let started = seconds_as_date(self.started.unix.as_secs());
        let sentence = "A slim IRC server with one event loop";
        for line in [VERSION, sentence, &format!("Started {started}")] {
            self.reply_with(from, Reply::Info, format_args!(":{line}"));
        }
        self.reply(from, Reply::EndOfInfo);
        Ok(())
    }

    /// There are no other servers, so there are no links.
    pub(super) fn links(&self, from: ConnectionId) {
        self.reply_about(from, Reply::EndOfLinks, "*");
    }

    /// `STATS u` reports the uptime, and `STATS k` the bans of the server; all other figures are in
    /// `LUSERS`.
    pub(super) fn stats(&self, from: ConnectionId, query: Option<&str>) -> CommandResult<'static> {
        let query = query.unwrap_or("*");
        if let "k" | "K" | "d" | "D" = query {
            self.list_bans(from)?;
        }
        if query == "u" {
            let (now, started) = (self.now.running, self.started.running);
            let up = now.saturating_sub(started).as_secs();
            let (days, hours) = (up / 86_400, up / 3_600 % 24);
            let (minutes, seconds) = (up / 60 % 60, up % 60);
            let rest = format_args!(":Server Up {days} days {hours}:{minutes:02}:{seconds:02}");
            self.reply_with(from, Reply::StatsUptime, rest);
        }
        self.reply_about(from, Reply::EndOfStats, Truncated(query));
        Ok(())
    }
}

/// Whether other users see a host other than the connection's.
pub(super) fn is_cloaked(person: &Person, user: &Registered) -> bool {
    !person.host.is_loopback() && person.host.to_string() != user.host()
}
