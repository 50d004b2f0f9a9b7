//! ChanServ: requests about registered rooms.

use super::services::{Service, verb_and_words};
use crate::server::hub::error::RoomFault;
use crate::server::hub::registered_room::{RoomChangeKind, RoomProblem, RoomRank};
use crate::server::hub::state::accounts::ReplyForm;
use crate::server::hub::state::rooms::RoomOwnership;
use crate::server::hub::time::seconds_as_date;
use crate::server::hub::{ConnectionId, Hub, OperatorRight, Person, Room, Work};
use crate::wire::{FoldedName, Nick};

/// The reply to `HELP`.
const HELP: &[&str] = &[
    "REGISTER #room - make a room yours that you are an operator of: its modes, topic and bans stay",
    "ACCESS #room LIST, ACCESS #room ADD account op|voice, ACCESS #room DEL account - who gets a status there",
    "FLAGS #room [account +o|+v|-ov] - the same",
    "OP, DEOP, VOICE, DEVOICE #room [nick] - set the status of a user, by default yours",
    "SET #room FOUNDER account - give the room to another account",
    "INFO #room, LIST - show a room; list those of your account",
    "DROP #room - end the registration",
];

/// The power of a user in a registered room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RoomPower {
    /// An account with this rank.
    Rank(RoomRank),
    /// The founder, or an operator of the server.
    Founder,
}

impl Hub {
    /// Carries out a request to ChanServ.
    pub(super) fn serve_room(&mut self, from: ConnectionId, text: &str) -> Result<(), RoomFault> {
        let (verb, words) = verb_and_words(text);
        match (&*verb, &*words) {
            ("HELP", _) => {
                for line in HELP {
                    self.chanserv_notice(from, line);
                }
                Ok(())
            }
            // Other services take a password and a description.
            ("REGISTER", [room, ..]) => self.register_room(from, room),
            ("DROP", [room, code @ ..]) => self.drop_room(from, room, code.first().copied()),
            ("SET", [room, what, account]) if what.eq_ignore_ascii_case("FOUNDER") => {
                self.give_room(from, room, account)
            }
            ("ACCESS" | "FLAGS", [room]) => self.list_access(from, room),
            ("ACCESS", [room, what, rest @ ..]) => match (&*what.to_ascii_uppercase(), rest) {
                ("LIST", []) => self.list_access(from, room),
                ("ADD", [account, rank]) => {
                    let rank = RoomRank::parse(rank).ok_or(RoomFault::NoSuchRank)?;
                    self.set_access(from, room, account, Some(rank))
                }
                ("DEL" | "REMOVE", [account]) => self.set_access(from, room, account, None),
                _ => Err(RoomFault::UnknownRequest),
            },
            ("FLAGS", [room, account, flags]) => {
                let rank = match flags.strip_prefix('+') {
                    Some(letters) if letters.contains(['o', 'O']) => Some(RoomRank::Operator),
                    Some(letters) => Some(RoomRank::parse(letters).ok_or(RoomFault::NoSuchRank)?),
                    None if flags.starts_with('-') => None,
                    None => return Err(RoomFault::NoSuchRank),
                };
                self.set_access(from, room, account, rank)
            }
            ("OP" | "DEOP" | "VOICE" | "DEVOICE", [room, nicks @ ..]) => {
                let letter = if verb.ends_with("OP") { 'o' } else { 'v' };
                self.set_status(from, room, nicks, (letter, !verb.starts_with("DE")))
            }
            ("INFO", [room]) => self.show_room(from, room),
            ("LIST", []) => self.list_rooms_of(from),
            _ => Err(RoomFault::UnknownRequest),
        }
    }

    fn chanserv_notice(&self, to: ConnectionId, text: &str) {
        self.service_notice(Service::Chan, to, format_args!("{text}"));
    }

    fn account_for_rooms(&self, from: ConnectionId) -> Result<Nick, RoomFault> {
        let account = self.people.get(from).and_then(Person::account);
        account.cloned().ok_or(RoomFault::NotLoggedIn)
    }

    /// A registered room, if the user can know of it.
    fn registered_room(
        &self,
        from: ConnectionId,
        name: &str,
    ) -> Result<(&Room, &RoomOwnership), RoomFault> {
        let room = self.rooms.by_name(name).ok_or(RoomFault::NoSuchRoom)?;
        let can_see = self.is_visible(from, room) || self.power_in(from, room).is_some();
        if !can_see {
            return Err(RoomFault::NoSuchRoom);
        }
        let problem = RoomFault::Problem(RoomProblem::NotRegistered);
        Ok((room, room.ownership.as_deref().ok_or(problem)?))
    }

    fn power_in(&self, from: ConnectionId, room: &Room) -> Option<RoomPower> {
        if self.has_right(from, OperatorRight::Rooms) {
            return Some(RoomPower::Founder);
        }
        let user = self.people.registered(from).ok()?;
        let account = user.account.as_deref()?;
        match room.ownership.as_ref()?.is_founder(account.as_str()) {
            true => Some(RoomPower::Founder),
            false => self.rank_in(user, room).map(RoomPower::Rank),
        }
    }

    /// A registered room that belongs to the user.
    fn own_room(
        &self,
        from: ConnectionId,
        name: &str,
    ) -> Result<(&Room, &RoomOwnership), RoomFault> {
        let (room, ownership) = self.registered_room(from, name)?;
        match self.power_in(from, room) {
            Some(RoomPower::Founder) => Ok((room, ownership)),
            _ => Err(RoomFault::NotFounder),
        }
    }

    fn register_room(&mut self, from: ConnectionId, name: &str) -> Result<(), RoomFault> {
        let founder = self.account_for_rooms(from)?;
        if self.is_lobby(name) {
            return Err(RoomFault::IsLobby);
        }
        let room = self.operated_room(from, name);
        let room = room.map_err(|_| RoomFault::NotOperator)?;
        let most = self.settings.limits.rooms_per_account;
        if self.count_rooms_of(founder.as_str()) >= most as usize {
            return Err(RoomFault::TooMany(most));
        }
        let stored = self.as_registered(room, founder);
        self.charge(Work::KeptMask, stored.masks.len());
        let name = room.name.clone();
        let kind = RoomChangeKind::Register(Box::new(stored));
        self.change_room(from, name, kind, ReplyForm::Service)
    }

    /// Ends the registration of a room, which has to be confirmed.
    fn drop_room(
        &mut self,
        from: ConnectionId,
        name: &str,
        code: Option<&str>,
    ) -> Result<(), RoomFault> {
        let (room, ownership) = self.own_room(from, name)?;
        let accounts = self.accounts.as_deref().ok_or(RoomFault::Unavailable)?;
        let right = accounts.confirmation_of(ownership.founder.as_str(), room.created.as_secs());
        let name = room.name.clone();
        match code {
            None => {
                let text = format!("To end the registration of {name}, send: DROP {name} {right}");
                self.chanserv_notice(from, &text);
                Ok(())
            }
            Some(code) if code == right => {
                self.change_room(from, name, RoomChangeKind::Drop, ReplyForm::Service)
            }
            Some(_) => Err(RoomFault::BadCode),
        }
    }

    fn give_room(
        &mut self,
        from: ConnectionId,
        name: &str,
        account: &str,
    ) -> Result<(), RoomFault> {
        let name = self.own_room(from, name)?.0.name.clone();
        let account = self.existing_account(account)?;
        let most = self.settings.limits.rooms_per_account;
        if self.count_rooms_of(account.as_str()) >= most as usize
            && !self.has_right(from, OperatorRight::Rooms)
        {
            return Err(RoomFault::TooMany(most));
        }
        let kind = RoomChangeKind::Founder(account);
        self.change_room(from, name, kind, ReplyForm::Service)
    }

    fn existing_account(&self, name: &str) -> Result<Nick, RoomFault> {
        let accounts = self.accounts.as_deref();
        let account = accounts.and_then(|accounts| accounts.find(name));
        let problem = RoomFault::Problem(RoomProblem::NoSuchAccount);
        account.map(|account| account.name.clone()).ok_or(problem)
    }

    fn set_access(
        &mut self,
        from: ConnectionId,
        name: &str,
        account: &str,
        rank: Option<RoomRank>,
    ) -> Result<(), RoomFault> {
        let (room, ownership) = self.own_room(from, name)?;
        if ownership.is_founder(account) {
            return Err(RoomFault::FounderHasAll);
        }
        let (name, account) = (room.name.clone(), self.existing_account(account)?);
        let kind = RoomChangeKind::Access(account, rank);
        self.change_room(from, name, kind, ReplyForm::Service)
    }

    fn list_access(&self, from: ConnectionId, name: &str) -> Result<(), RoomFault> {
        let (room, ownership) = self.registered_room(from, name)?;
        if self.power_in(from, room).is_none() {
            return Err(RoomFault::NoRank);
        }
        let (name, founder) = (&room.name, &ownership.founder);
        self.chanserv_notice(from, &format!("{founder} is the founder of {name}."));
        for entry in &ownership.access {
            self.chanserv_notice(from, &format!("{} {}", entry.account, entry.rank));
        }
        let count = ownership.access.len();
        let words = match count {
            1 => format!("1 more account has a rank in {name}."),
            count => format!("{count} more accounts have a rank in {name}."),
        };
        self.chanserv_notice(from, &words);
        Ok(())
    }

    /// Sets the status of members. Users with the rank of voice can set only their own, and only that.
    fn set_status(
        &mut self,
        from: ConnectionId,
        name: &str,
        nicks: &[&str],
        (letter, on): (char, bool),
    ) -> Result<(), RoomFault> {
        self.account_for_rooms(from)?;
        let (room, _) = self.registered_room(from, name)?;
        let may = match self.power_in(from, room) {
            None => false,
            Some(RoomPower::Rank(RoomRank::Voice)) => letter == 'v' && nicks.is_empty(),
            Some(_) => true,
        };
        if !may {
            return Err(RoomFault::NoRank);
        }
        if self.is_lobby(room.name.as_str()) {
            return Err(RoomFault::IsLobby);
        }
        let number = room.number;
        let source = self.service_source(Service::Chan).to_string();
        let own = [self.nick_or_star(from).to_owned()];
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let nicks = if nicks.is_empty() { &own } else { nicks };
        let most = self.settings.limits.targets as usize;
        for nick in nicks.iter().take(most) {
            self.charge(Work::Name, 1);
            let id = self.people.owner_of(nick).ok_or(RoomFault::NotMember)?;
            let set = self.set_standing(id, number, (letter, on), &source);
            set.ok_or(RoomFault::NotMember)?;
        }
        Ok(())
    }

    fn show_room(&self, from: ConnectionId, name: &str) -> Result<(), RoomFault> {
        let (room, ownership) = self.registered_room(from, name)?;
        let (name, founder) = (&room.name, &ownership.founder);
        let created = seconds_as_date(room.created.as_secs());
        let text = format!("{name} was created at {created}. Its founder is {founder}.");
        self.chanserv_notice(from, &text);
        Ok(())
    }

    /// Lists the rooms in which the account of the user has a rank.
    fn list_rooms_of(&self, from: ConnectionId) -> Result<(), RoomFault> {
        let account = self.account_for_rooms(from)?;
        self.charge(Work::Look, self.rooms.slab.len());
        let mut rooms: Vec<(FoldedName, String)> = Vec::new();
        for (_, room) in &self.rooms.slab {
            let Some(ownership) = &room.ownership else {
                continue;
            };
            self.charge(Work::Entry, ownership.access.len());
            let words = match ownership.rank(account.as_str()) {
                None => continue,
                Some(_) if ownership.is_founder(account.as_str()) => "founder".to_owned(),
                Some(rank) => rank.to_string(),
            };
            rooms.push((room.name.key(), format!("{} {words}", room.name)));
        }
        rooms.sort();
        let most = self.settings.limits.matches as usize;
        for (_, row) in rooms.iter().take(most) {
            self.chanserv_notice(from, row);
        }
        let words = match rooms.len() {
            1 => format!("{account} has a rank in 1 room."),
            count => format!("{account} has a rank in {count} rooms."),
        };
        self.chanserv_notice(from, &words);
        Ok(())
    }
}
