//! Bans of the server: KLINE, DLINE, UNKLINE, UNDLINE, STATS k, and what they do.

use std::time::Duration;

use tracing::info;

use super::accounts::CANNOT_STORE;
use super::queries::is_cloaked;
use crate::server::hub::ban::{
    BAN_REASON_BYTES_MAX, BanChange, BanProblem, BanTarget, ServerBan, parse_time,
};
use crate::server::hub::limits::truncate;
use crate::server::hub::state::accounts::ReplyForm;
use crate::server::hub::state::bans::{Bans, is_about};
use crate::server::hub::state::masks::{UserSubject, wildcards};
use crate::server::hub::state::people::HostName;
use crate::server::hub::stored::StoreChange;
use crate::server::hub::time::seconds_as_date;
use crate::server::hub::{
    CommandResult, ConnectionId, Hub, OperatorRight, Person, Registered, Rejection, Reply, Work,
};

/// The reason of a ban that is set without one.
const NO_REASON: &str = "No reason given";

impl Hub {
    /// Replaces the bans.
    pub(in crate::server) fn bans_in(&mut self, bans: Vec<ServerBan>) {
        self.bans = Bans::new(bans);
    }

    /// The ban of an address from which a connection comes.
    pub(in crate::server::hub) fn ban_of_address(&self, host: HostName) -> Option<&ServerBan> {
        let mut bans = self.bans.at(self.now.unix);
        bans.find(|ban| ban.target.has_address(host.address()))
    }

    /// The ban of a user.
    fn ban_of_user(&self, person: &Person, user: &Registered) -> Option<&ServerBan> {
        if self.bans.is_empty() {
            return None;
        }
        self.charge(Work::Entry, self.bans.len());
        let mut found = None;
        self.is_any_about(person, user, |is_about| {
            found = self
                .bans
                .at(self.now.unix)
                .find(|ban| is_about(&ban.target));
            found.is_some()
        });
        found
    }

    /// Whether a search finds a target that is about a user. Masks can be for the host that others see,
    /// and for the real one, which only operators know.
    fn is_any_about(
        &self,
        person: &Person,
        user: &Registered,
        mut search: impl FnMut(&mut dyn FnMut(&BanTarget) -> bool) -> bool,
    ) -> bool {
        let (address, account) = (person.host.address(), user.account.as_deref());
        let seen = self.compare_user(user, |source| {
            search(&mut |target| is_about(target, source, address, account))
        });
        if seen || !is_cloaked(person, user) {
            return seen;
        }
        let real = format!("{}!{}@{}", user.nick, user.username, person.host);
        let mut source = UserSubject::new(&real, None);
        let found = search(&mut |target| is_about(target, &mut source, address, account));
        self.charge(Work::Step, source.steps());
        found
    }

    /// Disconnects a user who is banned, and returns whether that is so.
    pub(super) fn disconnect_if_banned(&mut self, id: ConnectionId) -> bool {
        let Ok((person, user)) = self.people.person(id) else {
            return false;
        };
        let reason = self.ban_of_user(person, user).map(|ban| ban.reason.clone());
        let Some(reason) = reason else {
            return false;
        };
        self.send_rejection(id, Rejection::BannedFromServer(&reason));
        self.disconnect(id, &format!("Banned: {reason}"));
        true
    }

    /// Sets a ban. The time may be missing, and the reason, too, or its colon.
    pub(super) fn ban<'a>(
        &mut self,
        from: ConnectionId,
        command: &'static str,
        words: &[Option<&'a str>],
    ) -> CommandResult<'a> {
        let setter = self
            .require_right(from, OperatorRight::Ban)?
            .nick
            .to_string();
        let words: Vec<&str> = words.iter().copied().flatten().collect();
        let time = words.first().filter(|_| words.len() > 1);
        let time = time.and_then(|word| parse_time(word));
        let words = words.get(usize::from(time.is_some())..).unwrap_or_default();
        let (given, reason) = words
            .split_first()
            .ok_or(Rejection::NotEnoughParameters(command))?;
        let target = self.ban_target(command, given)?;
        if let BanTarget::Mask(mask) = &target
            && wildcards(mask) > self.settings.limits.mask_wildcards as usize
        {
            return Err(Rejection::BadMask(
                given,
                self.settings.limits.mask_wildcards,
            ));
        }
        let (person, user) = self.people.person(from)?;
        if self.is_any_about(person, user, |is_about| is_about(&target)) {
            return Err(Rejection::BanOfOneself(given));
        }
        let reason = reason.join(" ");
        let reason = if reason.is_empty() {
            NO_REASON
        } else {
            &reason
        };
        let bytes_max = u32::try_from(BAN_REASON_BYTES_MAX).unwrap_or(u32::MAX);
        let ban = ServerBan {
            target,
            setter: setter.into(),
            reason: truncate(reason, bytes_max).into(),
            set: Duration::from_secs(self.now.unix.as_secs()),
            until: time.flatten().map(|time| self.now.unix + time),
        };
        self.change_bans(from, BanChange::Add(ban), ReplyForm::Service)
            .map_err(|problem| Rejection::CannotBan(given, problem))
    }

    /// Removes a ban.
    pub(super) fn unban<'a>(
        &mut self,
        from: ConnectionId,
        command: &'static str,
        given: &'a str,
    ) -> CommandResult<'a> {
        self.require_right(from, OperatorRight::Ban)?;
        let target = self.ban_target(command, given)?;
        self.change_bans(from, BanChange::Remove(target), ReplyForm::Service)
            .map_err(|problem| Rejection::CannotBan(given, problem))
    }

    /// The target of a request: `DLINE` and `UNDLINE` are about addresses.
    fn ban_target<'a>(&self, command: &str, given: &'a str) -> CommandResult<'a, BanTarget> {
        match command {
            "DLINE" | "UNDLINE" => {
                BanTarget::parse_network(given).ok_or(Rejection::NoNetwork(given))
            }
            _ => BanTarget::parse(given).ok_or(Rejection::NoBanMask(given)),
        }
    }

    /// Asks the store to write a change of the bans, if it can be made. Without a store it is made
    /// at once, and lasts until the end of the server.
    pub(super) fn change_bans(
        &mut self,
        from: ConnectionId,
        change: BanChange,
        form: ReplyForm,
    ) -> Result<(), BanProblem> {
        let most = self.settings.limits.bans;
        self.charge(Work::Name, self.bans.len());
        let exists = self.bans.find(change.target()).is_some();
        match change {
            BanChange::Remove(_) if !exists => return Err(BanProblem::Missing),
            BanChange::Add(_) if !exists && self.bans.len() >= most as usize => {
                return Err(BanProblem::Full(most));
            }
            _ => {}
        }
        match self.accounts {
            Some(_) => self.start_change(from, StoreChange::Ban(change), form),
            None => self.bans_changed(from, &change, true, form),
        }
        Ok(())
    }

    /// A change of the bans is on disk, or could not be written.
    pub(super) fn bans_changed(
        &mut self,
        id: ConnectionId,
        change: &BanChange,
        is_stored: bool,
        form: ReplyForm,
    ) {
        if is_stored {
            let who = match form {
                ReplyForm::Administrator => "the administrator",
                _ => self.nick_or_star(id),
            };
            let words = match change {
                BanChange::Add(ban) => {
                    let (target, reason) = (&ban.target, &ban.reason);
                    format!("{who} has banned {target} {}: {reason}", until(ban))
                }
                BanChange::Remove(target) => format!("{who} has ended the ban of {target}."),
            };
            info!(target = %change.target(), words, "bans changed");
            let (action, reason) = match change {
                BanChange::Add(ban) => ("ban", &*ban.reason),
                BanChange::Remove(_) => ("unban", ""),
            };
            let target = change.target().to_string();
            match form {
                ReplyForm::Administrator => self.audit_administrator(action, &target),
                _ => self.audit(id, action, &target, reason),
            }
            self.bans.apply(change, self.now.unix);
            self.notify_operators(&words);
            if let BanChange::Add(ban) = change {
                self.disconnect_banned(&ban.target, &ban.reason);
            }
        }
        match (form, is_stored) {
            _ if self.people.get(id).is_none() => {}
            (ReplyForm::Administrator, true) => self.send_outcome(id, Ok(())),
            (ReplyForm::Administrator, false) => self.send_outcome(id, Err(&CANNOT_STORE)),
            (_, true) => {}
            (_, false) => {
                let (name, nick) = (&self.settings.name, self.nick_or_star(id));
                let words =
                    format_args!(":{name} NOTICE {nick} :The ban was not changed: {CANNOT_STORE}");
                self.send(id, self.line(words));
            }
        }
    }

    /// Disconnects all users that a new ban matches.
    fn disconnect_banned(&mut self, target: &BanTarget, reason: &str) {
        self.charge(Work::Look, self.people.slots.len());
        let is_banned = |person: &&Person| {
            let address = person.host.address();
            match person.registered() {
                Some(user) => self.is_any_about(person, user, |is_about| is_about(target)),
                None => !person.is_administrator && target.has_address(address),
            }
        };
        let banned: Vec<_> = self
            .people
            .all()
            .filter(is_banned)
            .map(|one| one.id)
            .collect();
        for id in banned {
            if self.people.registered(id).is_ok() {
                self.send_rejection(id, Rejection::BannedFromServer(reason));
            }
            self.disconnect(id, &format!("Banned: {reason}"));
        }
    }

    /// `STATS k`: the bans, for operators.
    pub(super) fn list_bans(&self, from: ConnectionId) -> CommandResult<'static> {
        self.require_operator(from)?;
        for ban in self.bans.at(self.now.unix) {
            let ServerBan {
                target,
                setter,
                reason,
                set,
                ..
            } = ban;
            let (set, until) = (seconds_as_date(set.as_secs()), until(ban));
            let rest = format_args!("K {target} * {setter} :{reason} ({until}; set {set})");
            self.reply_with(from, Reply::StatsKline, rest);
        }
        Ok(())
    }
}

/// How long a ban lasts.
fn until(ban: &ServerBan) -> String {
    match ban.until {
        Some(until) => format!("until {}", seconds_as_date(until.as_secs())),
        None => "for ever".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::account::SecretKey;
    use crate::server::hub::{Credential, HubSettings, HubTime, Operator, OperatorRights, Outbox};
    use crate::wire::Line;

    /// A hub with an operator on this machine, and users elsewhere.
    struct RemoteUsers {
        hub: Hub,
        outbox: Outbox,
    }

    fn root() -> ConnectionId {
        ConnectionId::new(0, 0)
    }

    impl RemoteUsers {
        fn new(cloak: bool) -> Self {
            let operator = Operator {
                name: "root".to_owned(),
                credential: Credential::Plain("sesame".to_owned()),
                may: OperatorRights::ALL,
            };
            let settings = HubSettings {
                operators: vec![operator],
                cloak,
                ..HubSettings::default()
            };
            let mut hub = Hub::new(settings, HubTime::default());
            hub.cloak_with(SecretKey([7; 32]));
            let mut elsewhere = Self {
                hub,
                outbox: Outbox::default(),
            };
            elsewhere.enter(root(), "127.0.0.1", "root");
            elsewhere.say(root(), "OPER root sesame");
            elsewhere
        }

        fn enter(&mut self, id: ConnectionId, address: &str, nick: &str) -> Vec<String> {
            let now = HubTime::default();
            let address = address.parse().unwrap();
            self.hub.connected(id, address, now, &mut self.outbox);
            self.outbox.clear();
            self.say(id, &format!("NICK {nick}"));
            self.say(id, "USER u 0 * :r")
        }

        fn say(&mut self, id: ConnectionId, line: &str) -> Vec<String> {
            let now = HubTime::default();
            let line = Line::Whole(line.as_bytes());
            self.hub.received(id, line, now, &mut self.outbox);
            self.hub.check().unwrap();
            let text =
                |(_, bytes): (_, &[u8])| str::from_utf8(bytes).unwrap().trim_end().to_owned();
            let sent = self.outbox.sends().map(text).collect();
            self.outbox.clear();
            sent
        }

        /// The lines with this part.
        fn with(lines: &[String], part: &str) -> Vec<String> {
            let lines = lines.iter().filter(|line| line.contains(part));
            lines.cloned().collect()
        }
    }

    #[test]
    fn other_users_see_a_cloak_and_operators_the_address() {
        let [alice, bob] = [1, 2].map(|slot| ConnectionId::new(slot, 0));
        let mut elsewhere = RemoteUsers::new(true);
        elsewhere.enter(alice, "192.0.2.1", "alice");
        elsewhere.enter(bob, "198.51.100.1", "bob");
        for line in [
            "WHOIS alice",
            "WHO alice",
            "WHO #lobby",
            "WHO alice %uhniI",
            "USERHOST alice",
            "NAMES #lobby",
        ] {
            let lines = elsewhere.say(bob, line);
            assert!(!lines.is_empty());
            assert_eq!(RemoteUsers::with(&lines, "192.0.2.1"), [""; 0], "{line}");
        }
        let lines = elsewhere.say(alice, "NICK alicia");
        assert_eq!(RemoteUsers::with(&lines, "192.0.2.1"), [""; 0]);
        assert!(
            lines.iter().any(|line| line.contains(".ip4 NICK alicia")),
            "{lines:?}"
        );
        let lines = elsewhere.say(bob, "WHOWAS alice");
        assert_eq!(RemoteUsers::with(&lines, "192.0.2.1"), [""; 0]);
        for id in [root(), alice] {
            let lines = elsewhere.say(id, "WHOIS alicia");
            let shown = RemoteUsers::with(&lines, " 378 ");
            let words = "alicia :is connecting from *@192.0.2.1 192.0.2.1";
            assert!(shown[0].ends_with(words), "{lines:?}");
        }
        let mut elsewhere = RemoteUsers::new(false);
        elsewhere.enter(alice, "192.0.2.1", "alice");
        let lines = elsewhere.say(root(), "WHOIS alice");
        assert_eq!(
            RemoteUsers::with(&lines, " 311 root alice ~u 192.0.2.1 ").len(),
            1
        );
        assert_eq!(RemoteUsers::with(&lines, " 378 ").len(), 0);
    }

    #[test]
    fn bans_are_for_the_cloak_and_for_the_address() {
        let alice = ConnectionId::new(1, 0);
        let mut elsewhere = RemoteUsers::new(true);
        elsewhere.enter(alice, "192.0.2.1", "alice");
        let lines = elsewhere.say(root(), "USERHOST alice");
        let cloak = lines[0].rsplit('@').next().unwrap().to_owned();
        // The network of 16 bits.
        let network = cloak.splitn(3, '.').nth(2).unwrap().to_owned();
        for target in [
            "*!*@192.0.2.*".to_owned(),
            "192.0.0.0/16".to_owned(),
            format!("*!*@{cloak}"),
            format!("*!*@*.{network}"),
        ] {
            let lines = elsewhere.say(root(), &format!("KLINE {target} :away"));
            let ended = "ERROR :Closing Link: alice (Banned: away)";
            assert_eq!(
                RemoteUsers::with(&lines, ended).len(),
                1,
                "{target}: {lines:?}"
            );
            let lines = elsewhere.enter(alice, "192.0.77.1", "alice");
            let is_out = !target.contains("192.0.2.*") && !target.contains(&cloak);
            let is_welcome = !RemoteUsers::with(&lines, " 001 ").is_empty();
            assert_eq!(is_welcome, !is_out, "{target}: {lines:?}");
            elsewhere.say(alice, "QUIT");
            elsewhere.say(root(), &format!("UNKLINE {target}"));
            let lines = elsewhere.enter(alice, "192.0.2.1", "alice");
            assert_eq!(RemoteUsers::with(&lines, " 001 ").len(), 1, "{target}");
        }
        // A mask of one's own network, in either form, is refused.
        let lines = elsewhere.say(root(), "KLINE *!*@127.0.0.*");
        assert!(lines[0].contains(" 415 "), "{lines:?}");
    }
}
