//! Bans of the server: KLINE, DLINE, UNKLINE, UNDLINE, STATS k, and what they do.

use std::time::Duration;

use tracing::info;

use super::accounts::CANNOT_STORE;
use crate::server::hub::ban::{
    BAN_REASON_BYTES_MAX, BanChange, BanProblem, BanTarget, ServerBan, parse_time,
};
use crate::server::hub::limits::truncate;
use crate::server::hub::state::accounts::ReplyForm;
use crate::server::hub::state::bans::{Bans, is_about};
use crate::server::hub::state::masks::wildcards;
use crate::server::hub::state::people::HostName;
use crate::server::hub::stored::StoreChange;
use crate::server::hub::time::seconds_as_date;
use crate::server::hub::{
    CommandResult, ConnectionId, Hub, OperatorRight, Person, Registered, Rejection, Reply, Work,
};

/// The reason of a ban that is set without one.
const NO_REASON: &str = "No reason given";

impl Hub {
    /// Has these bans from now on.
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
        let (address, account) = (person.host.address(), user.account.as_deref());
        self.compare_user(user, |source| {
            let mut bans = self.bans.at(self.now.unix);
            bans.find(|ban| is_about(&ban.target, source, address, account))
        })
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
        let (address, account) = (person.host.address(), user.account.as_deref());
        if self.compare_user(user, |source| is_about(&target, source, address, account)) {
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

    /// Has the store write a change of the bans, if it can be made. Without a store it is made at once,
    /// and lasts until the end of the server.
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
            let (deed, reason) = match change {
                BanChange::Add(ban) => ("ban", &*ban.reason),
                BanChange::Remove(_) => ("unban", ""),
            };
            let target = change.target().to_string();
            match form {
                ReplyForm::Administrator => self.audit_administrator(deed, &target),
                _ => self.audit(id, deed, &target, reason),
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

    /// Disconnects all whom a new ban is about.
    fn disconnect_banned(&mut self, target: &BanTarget, reason: &str) {
        self.charge(Work::Look, self.people.slots.len());
        let is_banned = |person: &&Person| {
            let address = person.host.address();
            match person.registered() {
                Some(user) => {
                    let account = user.account.as_deref();
                    self.compare_user(user, |source| is_about(target, source, address, account))
                }
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
