//! `MODE #room`: flags, key, limit, lists of masks, and the status of members.

use std::collections::BTreeSet;
use std::mem;
use std::time::Duration;

use super::user_modes::{Changes, signed};
use crate::server::hub::limits::Limits;
use crate::server::hub::registered_room::MaskEntry;
use crate::server::hub::state::masks;
use crate::server::hub::state::rooms::{Masks, RoomThrottle};
use crate::server::hub::stored::StoredKind;
use crate::server::hub::{
    CommandResult, ConnectionId, Hub, Registered, Rejection, Reply, Room, Work,
};
use crate::wire::request::MODES_MAX;

/// The modes without a parameter.
pub(super) const FLAGS: &str = "Cimnst";
/// The modes that need accounts: only users who are logged in may join, or talk without voice.
pub(super) const ACCOUNT_FLAGS: &str = "MR";
/// The mode of a registered room, which only ChanServ sets.
pub(super) const REGISTERED: char = 'r';
/// `CHANMODES`: lists, modes that always need a parameter, modes that need one to be set, and
/// flags. RFC 2811, 4; Modern IRC, "Channel Modes".
pub(super) const CHANMODES: &str = "beI,k,Wjl,Cimnst";
/// The same with accounts.
pub(super) const CHANMODES_WITH_ACCOUNTS: &str = "beI,k,Wjl,CMRimnrst";
/// All modes of rooms and members, as the welcome lists them.
pub(super) const ROOM_MODES: &str = "CIWbeijklmnostv";
/// The same with accounts.
pub(super) const ROOM_MODES_WITH_ACCOUNTS: &str = "CIMRWbeijklmnorstv";

/// The largest numbers of `j` and `W`.
const JOINS_MAX: u32 = 1_000;
const THROTTLE_SECONDS_MAX: u32 = 3_600;

/// A requested mode change.
#[derive(Debug, Clone, Copy)]
struct ModeChange<'a> {
    room: &'a str,
    on: bool,
    letter: char,
    parameter: Option<&'a str>,
}

/// The parameter to show to the room after a change, or `None` if nothing changed.
type Applied<'a> = CommandResult<'a, Option<Option<String>>>;

impl Hub {
    pub(super) fn room_mode<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        letters: Option<&'a str>,
        parameters: [Option<&'a str>; MODES_MAX],
    ) -> CommandResult<'a> {
        let room = self.visible_room(from, name)?;
        let Some(letters) = letters else {
            self.send_room_modes(from, room);
            return Ok(());
        };
        let number = room.number;
        let mut changes = Changes::default();
        let mut parameters = parameters.into_iter().flatten();
        // Each list and each unknown letter is answered once: a line can have hundreds of letters.
        let mut answered = BTreeSet::new();
        let (mut has_changed, mut has_new_masks) = (false, false);
        let done = signed(letters).try_for_each(|(on, letter)| {
            self.charge(Work::Name, 1);
            let needs = "beIkov".contains(letter) || ("Wjl".contains(letter) && on);
            let parameter = if needs { parameters.next() } else { None };
            let is_question = "beI".contains(letter) && parameter.is_none();
            // The list of bans is public; exceptions and invitations are not.
            let room = match letter {
                'b' if is_question => self.rooms.find(name)?,
                _ => self.operated_room(from, name)?,
            };
            if is_question {
                if answered.insert(letter) {
                    self.send_mask_list(from, room, letter);
                }
                return Ok(());
            }
            let wanted = ModeChange {
                room: name,
                on,
                letter,
                parameter,
            };
            match self.apply_mode(from, number, wanted) {
                Ok(None) => {}
                Ok(Some(shown)) => {
                    has_changed |= !"ov".contains(letter);
                    has_new_masks |= "beI".contains(letter);
                    changes.add(on, letter, shown.as_deref());
                    if changes.is_full() {
                        self.broadcast_mode_changes(from, number, &mem::take(&mut changes));
                    }
                }
                Err(Rejection::UnknownRoomMode(_) | Rejection::ModeOfChanServ(_))
                    if !answered.insert(letter) => {}
                // An error in one letter, nick or mask does not stop the others.
                Err(rejection @ (Rejection::UnknownRoomMode(_) | Rejection::ModeOfChanServ(_))) => {
                    self.reject(from, rejection);
                }
                Err(rejection) if parameter.is_some() => self.reject(from, rejection),
                Err(rejection) => return Err(rejection),
            }
            Ok(())
        });
        self.broadcast_mode_changes(from, number, &changes);
        if has_changed {
            self.keep_room(number, has_new_masks);
        }
        done
    }

    fn broadcast_mode_changes(&mut self, from: ConnectionId, room: u32, changes: &Changes) {
        if changes.is_empty() {
            return;
        }
        let event = self.begin_event();
        if let (Some(room), Ok(user)) = (self.rooms.get(room), self.people.registered(from)) {
            let (source, name) = (&user.source, &room.name);
            let line = self.line(format_args!(":{source} MODE {name} {changes}"));
            self.broadcast_to_room(room, self.event_fanout(Some(user), line, event));
            let text = format!(" {}", changes.without_key());
            self.keep_event(room, event, StoredKind::Mode, user, &text);
        }
    }

    fn send_room_modes(&self, to: ConnectionId, room: &Room) {
        let mut modes = room.modes;
        modes.set(REGISTERED, room.ownership.is_some());
        let mut modes = format!("+{modes}");
        let mut parameters = String::new();
        if let Some(key) = &room.key {
            modes.push('k');
            // Only members see the key.
            let is_member = self.member(to, room).is_some();
            parameters.push(' ');
            parameters.push_str(if is_member { key } else { "*" });
        }
        if let Some(limit) = room.limit {
            modes.push('l');
            parameters.push_str(&format!(" {limit}"));
        }
        if let Some(throttle) = &room.throttle {
            if let Some((joins, seconds)) = throttle.joins {
                modes.push('j');
                parameters.push_str(&format!(" {joins}:{seconds}"));
            }
            if let Some(seconds) = throttle.wait {
                modes.push('W');
                parameters.push_str(&format!(" {seconds}"));
            }
        }
        let (name, created) = (&room.name, room.created.as_secs());
        let rest = format_args!("{name} {modes}{parameters}");
        self.reply_with(to, Reply::ChannelModeIs, rest);
        self.reply_with(to, Reply::CreationTime, format_args!("{name} {created}"));
    }

    fn send_mask_list(&self, to: ConnectionId, room: &Room, letter: char) {
        let (masks, row, end) = match letter {
            'e' => (&room.exceptions, Reply::ExceptList, Reply::EndOfExceptList),
            'I' => (&room.invited, Reply::InvexList, Reply::EndOfInvexList),
            _ => (&room.bans, Reply::BanList, Reply::EndOfBanList),
        };
        let name = &room.name;
        for MaskEntry { mask, setter, time } in &masks.0 {
            let rest = format_args!("{name} {mask} {setter} {}", time.as_secs());
            self.reply_with(to, row, rest);
        }
        self.reply_about(to, end, name);
    }

    fn apply_mode<'a>(
        &mut self,
        from: ConnectionId,
        number: u32,
        wanted: ModeChange<'a>,
    ) -> Applied<'a> {
        let Some(room) = self.rooms.get_mut(number) else {
            return Ok(None);
        };
        let (limits, has_accounts) = (&self.settings.limits, self.accounts.is_some());
        match wanted.letter {
            'o' | 'v' => {
                let nick = wanted.needed()?;
                wanted.standing(room, nick, self.people.find(nick)?.1)
            }
            'b' | 'e' | 'I' => {
                let setter = &self.people.registered(from)?.source;
                wanted.masks(room, limits, has_accounts, (setter, self.now.unix))
            }
            'k' => wanted.key(room, limits),
            'l' => wanted.limit(room),
            'j' => wanted.join_limit(room),
            'W' => wanted.slow_mode(room),
            flag if FLAGS.contains(flag) || has_accounts && ACCOUNT_FLAGS.contains(flag) => {
                Ok(room.modes.set(flag, wanted.on).then_some(None))
            }
            REGISTERED if has_accounts => Err(Rejection::ModeOfChanServ(wanted.room)),
            letter => Err(Rejection::UnknownRoomMode(letter)),
        }
    }

    /// Makes a member of the lobby its operator, or removes that, and reports it in the lobby.
    pub(super) fn set_lobby_operator(&mut self, id: ConnectionId, on: bool) -> Option<()> {
        let number = self.lobby()?.number;
        let server = self.settings.name.clone();
        self.set_standing(id, number, ('o', on), &server)
    }

    /// Sets the status of a member, `o` or `v`, and reports it in the room with this source.
    pub(super) fn set_standing(
        &mut self,
        id: ConnectionId,
        number: u32,
        (letter, on): (char, bool),
        source: &str,
    ) -> Option<()> {
        let user = self.people.registered(id).ok()?;
        let membership = user.membership(number)?;
        let member = self.rooms.get_mut(number)?.member_mut(membership)?;
        let standing = match letter {
            'o' => &mut member.operator,
            _ => &mut member.voice,
        };
        if mem::replace(standing, on) != on {
            let event = self.begin_event();
            let user = self.people.registered(id).ok()?;
            let room = self.rooms.get(number)?;
            let (name, nick) = (&room.name, &user.nick);
            let sign = if on { '+' } else { '-' };
            let line = self.line(format_args!(":{source} MODE {name} {sign}{letter} {nick}"));
            self.broadcast_to_room(room, self.event_fanout(None, line, event));
            let text = format!(" {sign}{letter} {nick}");
            self.keep_event_of(room, event, StoredKind::Mode, (source, "", ""), &text);
        }
        Some(())
    }
}

impl<'a> ModeChange<'a> {
    /// Grants or removes operator status or voice.
    fn standing(self, room: &mut Room, nick: &'a str, user: &Registered) -> Applied<'a> {
        let membership = user.membership(room.number);
        let member = membership.and_then(|membership| room.member_mut(membership));
        let member = member.ok_or(Rejection::TargetNotInRoom(nick, self.room))?;
        let standing = match self.letter {
            'o' => &mut member.operator,
            _ => &mut member.voice,
        };
        let changed = mem::replace(standing, self.on) != self.on;
        Ok(changed.then(|| Some(user.nick.to_string())))
    }

    fn masks(
        self,
        room: &mut Room,
        limits: &Limits,
        has_accounts: bool,
        by: (&str, Duration),
    ) -> Applied<'a> {
        let mask = masks::normalize(self.needed()?, has_accounts);
        let mask = mask.ok_or(self.bad("Invalid mask"))?;
        if self.on && masks::wildcards(&mask) > limits.mask_wildcards as usize {
            return Err(self.bad("Too many wildcards (* and ?) in this mask"));
        }
        let kept = room.bans.0.len() + room.exceptions.0.len() + room.invited.0.len();
        let Masks(list) = match self.letter {
            'e' => &mut room.exceptions,
            'I' => &mut room.invited,
            _ => &mut room.bans,
        };
        let is_it = |entry: &MaskEntry| entry.mask.eq_ignore_ascii_case(&mask);
        match (self.on, list.iter().position(is_it)) {
            (true, None) if kept >= limits.masks_per_room as usize => {
                Err(Rejection::MasksFull(self.room, self.letter))
            }
            (true, None) => {
                list.push(MaskEntry {
                    mask: mask.as_str().into(),
                    setter: by.0.into(),
                    time: by.1,
                });
                Ok(Some(Some(mask)))
            }
            (false, Some(at)) => Ok(Some(Some(list.remove(at).mask.into_string()))),
            _ => Ok(None),
        }
    }

    fn key(self, room: &mut Room, limits: &Limits) -> Applied<'a> {
        match self.parameter {
            _ if !self.on => Ok(room.key.take().map(|key| Some(key.into_string()))),
            Some(key) if is_key(key) && key.len() <= limits.key_bytes as usize => {
                room.key = Some(key.into());
                Ok(Some(Some(key.to_owned())))
            }
            _ => Err(Rejection::InvalidKey(self.room)),
        }
    }

    fn limit(self, room: &mut Room) -> Applied<'a> {
        if !self.on {
            return Ok(room.limit.take().map(|_| None));
        }
        let given = self.parameter.unwrap_or_default();
        let digits = given.bytes().all(|byte| byte.is_ascii_digit());
        let limit = given.parse().ok().filter(|limit| digits && *limit > 0);
        let limit: u32 = limit.ok_or(self.bad("A limit must be a number of at least 1"))?;
        let changed = room.limit.replace(limit) != Some(limit);
        Ok(changed.then(|| Some(limit.to_string())))
    }

    /// `j JOINS:SECONDS`: at most `JOINS` users may join in `SECONDS` seconds.
    fn join_limit(self, room: &mut Room) -> Applied<'a> {
        let wanted = match self.on {
            false => None,
            true => {
                let given = self.parameter.unwrap_or_default();
                let (joins, seconds) = given.split_once(':').unwrap_or_default();
                let both = number(joins, JOINS_MAX).zip(number(seconds, THROTTLE_SECONDS_MAX));
                Some(both.ok_or(self.bad("Expected joins:seconds, such as 5:10"))?)
            }
        };
        let changed = RoomThrottle::change(room, |throttle| {
            mem::replace(&mut throttle.joins, wanted) != wanted
        });
        let shown = wanted.map(|(joins, seconds)| format!("{joins}:{seconds}"));
        Ok(changed.then_some(shown))
    }

    /// `W SECONDS`: a member without voice may send one message in `SECONDS` seconds.
    fn slow_mode(self, room: &mut Room) -> Applied<'a> {
        let wanted = match self.on {
            false => None,
            true => {
                let seconds = number(self.parameter.unwrap_or_default(), THROTTLE_SECONDS_MAX);
                Some(seconds.ok_or(self.bad("Expected a number of seconds from 1 to 3600"))?)
            }
        };
        let changed = RoomThrottle::change(room, |throttle| {
            mem::replace(&mut throttle.wait, wanted) != wanted
        });
        Ok(changed.then(|| wanted.map(|seconds| seconds.to_string())))
    }

    fn needed(self) -> CommandResult<'a, &'a str> {
        self.parameter.ok_or(Rejection::NotEnoughParameters("MODE"))
    }

    fn bad(self, why: &'static str) -> Rejection<'a> {
        let given = self.parameter.unwrap_or_default();
        Rejection::InvalidModeParameter(self.room, self.letter, given, why)
    }
}

/// A number from 1 to this one.
fn number(text: &str, most: u32) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.filter(|number| (1..=most).contains(number))
}

/// Whether a text can be a key: one word in `JOIN` and `MODE`, without a comma, which separates
/// keys.
fn is_key(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_graphic() && c != ',';
    !text.is_empty() && !text.starts_with(':') && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word_wherever_it_stands() {
        for key in ["a", "sesame", "a:b", "#1"] {
            assert!(is_key(key), "{key}");
        }
        for text in ["", ":x", "a b", "a,b", "\u{7}", "\u{1b}[2J", "é"] {
            assert!(!is_key(text), "{text:?}");
        }
    }

    #[test]
    fn the_announced_modes_are_the_supported_ones() {
        for (more, chanmodes, room_modes) in [
            ("", CHANMODES, ROOM_MODES),
            ("rMR", CHANMODES_WITH_ACCOUNTS, ROOM_MODES_WITH_ACCOUNTS),
        ] {
            let sorted = |letters: String| {
                let mut letters: Vec<char> = letters.chars().collect();
                letters.sort();
                String::from_iter(letters)
            };
            let flags = sorted(format!("{FLAGS}{more}"));
            assert_eq!(chanmodes, format!("beI,k,Wjl,{flags}"));
            let all = chanmodes.replace(',', "");
            assert_eq!(sorted(format!("{all}ov")), room_modes);
        }
    }
}
