//! `MODE #room`: what a room is like, who may do what in it, and who is kept out or let in.

use super::Hub;
use super::limits::MASKS_MAX;
use super::mask;
use super::modes::{Changes, signed};
use super::people::ConnectionId;
use super::refusal::{Done, Refusal};
use super::room::{Entry, Masks, Member, Room};
use crate::wire::Reply;
use crate::wire::request::MODES_MAX;

/// The letters that are set or not, with nothing behind them.
pub(super) const FLAGS: &str = "Cimnst";
/// `CHANMODES`: lists, what always needs a parameter, what needs one to be set, and flags. RFC
/// 2811, 4; Modern IRC, "Channel Modes".
pub(super) const CHANMODES: &str = "beI,k,l,Cimnst";
/// All letters that can stand on rooms, as the welcome tells them.
pub(super) const ALL_OF_ROOMS: &str = "CIbeiklmnostv";
/// The longest key, in bytes; announced as `KEYLEN`.
pub(super) const KEY_BYTES_MAX: usize = 32;

/// A change to a room that was asked for.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a> {
    room: &'a str,
    number: u32,
    on: bool,
    letter: char,
}

/// What became of it: the parameter as the others are told, or nothing new.
type Became = Option<Option<String>>;

impl Hub {
    pub(super) fn room_mode<'a>(
        &mut self,
        from: ConnectionId,
        name: &'a str,
        letters: Option<&'a str>,
        parameters: [Option<&'a str>; MODES_MAX],
    ) -> Done<'a> {
        let (number, room) = self.rooms.find(name)?;
        let Some(letters) = letters else {
            return self.tell_room_modes(from, name);
        };
        let member = self.membership(from, number);
        if room.modes.has('s') && member.is_none() {
            return Err(Refusal::NotInRoom(name));
        }
        let mut changes = Changes::default();
        let mut parameters = parameters.into_iter().flatten();
        let done = signed(letters).try_for_each(|(on, letter)| {
            let wanted = Wanted {
                room: name,
                number,
                on,
                letter,
            };
            let needs = "beIkov".contains(letter) || (letter == 'l' && on);
            let parameter = if needs { parameters.next() } else { None };
            if "beI".contains(letter) && parameter.is_none() {
                self.tell_masks(from, wanted);
                return Ok(());
            }
            self.operators_of(number, name, from)?;
            match self.change(from, wanted, parameter) {
                Ok(None) => {}
                Ok(Some(told)) => changes.add(on, letter, told.as_deref()),
                // What is wrong with one person or mask does not keep the others from it.
                Err(refusal) if parameter.is_some() => self.refuse(from, refusal),
                Err(refusal) => return Err(refusal),
            }
            Ok(())
        });
        self.tell_changes(from, number, &changes);
        done
    }

    /// This person as a member of the room.
    pub(super) fn membership(&self, id: ConnectionId, room: u32) -> Option<&Member> {
        let membership = self.people.present(id).ok()?.membership(room)?;
        self.rooms.get(room)?.member(membership)
    }

    fn tell_room_modes<'a>(&self, to: ConnectionId, name: &'a str) -> Done<'a> {
        let (number, room) = self.rooms.find(name)?;
        let is_member = self.membership(to, number).is_some();
        if room.modes.has('s') && !is_member {
            return Err(Refusal::NotInRoom(name));
        }
        let mut modes = format!("+{}", room.modes);
        let mut parameters = String::new();
        if let Some(key) = &room.key {
            modes.push('k');
            // Whoever is in it knows the way in; nobody else is to learn it here.
            parameters.push(' ');
            parameters.push_str(if is_member { key } else { "*" });
        }
        if let Some(limit) = room.limit {
            modes.push('l');
            parameters.push_str(&format!(" {limit}"));
        }
        let (name, created) = (&room.name, room.created.as_secs());
        let rest = format_args!("{name} {modes}{parameters}");
        self.reply_about(to, Reply::ChannelModeIs, rest);
        let rest = format_args!("{name} {created}");
        self.reply_about(to, Reply::CreationTime, rest);
        Ok(())
    }

    fn tell_masks(&self, to: ConnectionId, wanted: Wanted<'_>) {
        let Some(room) = self.rooms.get(wanted.number) else {
            return;
        };
        let (masks, row, end) = match wanted.letter {
            'e' => (&room.exceptions, Reply::ExceptList, Reply::EndOfExceptList),
            'I' => (&room.invited, Reply::InvexList, Reply::EndOfInvexList),
            _ => (&room.bans, Reply::BanList, Reply::EndOfBanList),
        };
        let name = &room.name;
        for Entry { mask, setter, time } in &masks.0 {
            let rest = format_args!("{name} {mask} {setter} {}", time.as_secs());
            self.reply_about(to, row, rest);
        }
        let rest = format_args!("{name} :{}", end.words());
        self.reply_about(to, end, rest);
    }

    /// Refuses whoever is not an operator of the room.
    pub(super) fn operators_of<'a>(
        &self,
        number: u32,
        room: &'a str,
        from: ConnectionId,
    ) -> Done<'a> {
        match self.membership(from, number) {
            None => Err(Refusal::NotInRoom(room)),
            Some(member) if !member.operator => Err(Refusal::NotRoomOperator(room)),
            Some(_) => Ok(()),
        }
    }

    fn change<'a>(
        &mut self,
        from: ConnectionId,
        wanted: Wanted<'a>,
        parameter: Option<&'a str>,
    ) -> Result<Became, Refusal<'a>> {
        let Wanted { on, letter, .. } = wanted;
        let missing = Refusal::NotEnoughParameters("MODE");
        match letter {
            'o' | 'v' => self.change_standing(wanted, parameter.ok_or(missing)?),
            'b' | 'e' | 'I' => self.change_masks(from, wanted, parameter.ok_or(missing)?),
            'k' => self.change_key(wanted, parameter),
            'l' => self.change_limit(wanted, parameter),
            flag if FLAGS.contains(flag) => {
                let room = self.rooms.get_mut(wanted.number);
                let changed = room.is_some_and(|room| room.modes.set(flag, on));
                Ok(changed.then_some(None))
            }
            letter => Err(Refusal::UnknownRoomMode(letter)),
        }
    }

    /// Makes somebody an operator, or gives them a voice.
    fn change_standing<'a>(
        &mut self,
        wanted: Wanted<'a>,
        nick: &'a str,
    ) -> Result<Became, Refusal<'a>> {
        let Wanted { room, on, .. } = wanted;
        let (_, present) = self.people.find(nick)?;
        let told = present.nick.to_string();
        let not_there = Refusal::OtherNotInRoom(nick, room);
        let membership = present.membership(wanted.number).ok_or(not_there)?;
        let room = self.rooms.get_mut(wanted.number);
        let member = room.and_then(|room| room.member_mut(membership));
        let member = member.ok_or(not_there)?;
        let standing = match wanted.letter {
            'o' => &mut member.operator,
            _ => &mut member.voice,
        };
        let changed = std::mem::replace(standing, on) != on;
        Ok(changed.then_some(Some(told)))
    }

    fn change_masks<'a>(
        &mut self,
        from: ConnectionId,
        wanted: Wanted<'a>,
        parameter: &'a str,
    ) -> Result<Became, Refusal<'a>> {
        let (setter, time) = (self.people.present(from)?.source.clone(), self.now.unix);
        let no_mask = bad_parameter(wanted, parameter, "This cannot be a mask");
        let mask = mask::whole(parameter).ok_or(no_mask)?;
        let Some(room) = self.rooms.get_mut(wanted.number) else {
            return Ok(None);
        };
        let full = [&room.bans, &room.exceptions, &room.invited]
            .map(|Masks(list)| list.len())
            .iter()
            .sum::<usize>()
            >= MASKS_MAX;
        let Masks(list) = match wanted.letter {
            'e' => &mut room.exceptions,
            'I' => &mut room.invited,
            _ => &mut room.bans,
        };
        let is_it = |entry: &Entry| entry.mask.eq_ignore_ascii_case(&mask);
        let position = list.iter().position(is_it);
        match (wanted.on, position) {
            (true, None) if full => Err(Refusal::MasksFull(wanted.room, wanted.letter)),
            (true, None) => {
                let mask = mask.into_boxed_str();
                let told = mask.to_string();
                list.push(Entry { mask, setter, time });
                Ok(Some(Some(told)))
            }
            (false, Some(at)) => Ok(Some(Some(list.remove(at).mask.into_string()))),
            _ => Ok(None),
        }
    }

    fn change_key<'a>(
        &mut self,
        wanted: Wanted<'a>,
        parameter: Option<&'a str>,
    ) -> Result<Became, Refusal<'a>> {
        let room = self.rooms.get_mut(wanted.number);
        let place = room.map(|room| &mut room.key);
        match (place, wanted.on, parameter) {
            (Some(place), false, _) => Ok(place.take().map(|key| Some(key.into_string()))),
            (Some(place), true, Some(key)) if is_key(key) => {
                *place = Some(key.into());
                Ok(Some(Some(key.to_owned())))
            }
            _ => Err(Refusal::InvalidKey(wanted.room)),
        }
    }

    fn change_limit<'a>(
        &mut self,
        wanted: Wanted<'a>,
        parameter: Option<&'a str>,
    ) -> Result<Became, Refusal<'a>> {
        let Some(room) = self.rooms.get_mut(wanted.number) else {
            return Ok(None);
        };
        if !wanted.on {
            return Ok(room.limit.take().map(|_| None));
        }
        let given = parameter.unwrap_or_default();
        let digits = given.bytes().all(|byte| byte.is_ascii_digit());
        let limit = given.parse().ok().filter(|limit| digits && *limit > 0);
        let wrong = bad_parameter(wanted, given, "A limit is a number from 1 on");
        let limit: u32 = limit.ok_or(wrong)?;
        let changed = room.limit.replace(limit) != Some(limit);
        Ok(changed.then(|| Some(limit.to_string())))
    }

    fn tell_changes(&self, from: ConnectionId, number: u32, changes: &Changes) {
        let (Ok(present), Some(room)) = (self.people.present(from), self.rooms.get(number)) else {
            return;
        };
        if !changes.is_empty() {
            let (source, name) = (&present.source, &room.name);
            let line = self.line(format_args!(":{source} MODE {name} {changes}"));
            self.tell_room(room, line);
        }
    }

    /// Tells a room that the server made somebody its operator, or an operator no longer.
    pub(super) fn set_lobby_operator(&mut self, id: ConnectionId, on: bool) {
        let lobby = self.settings.lobby.as_ref();
        let number = lobby.and_then(|lobby| self.rooms.number_of(lobby.as_str()));
        let (Some(number), Ok(present)) = (number, self.people.present(id)) else {
            return;
        };
        let (Some(membership), nick) = (present.membership(number), &present.nick) else {
            return;
        };
        let room: Option<&mut Room> = self.rooms.get_mut(number);
        let Some(member) = room.and_then(|room| room.member_mut(membership)) else {
            return;
        };
        if std::mem::replace(&mut member.operator, on) != on
            && let Some(room) = self.rooms.get(number)
        {
            let (server, name, sign) =
                (&self.settings.name, &room.name, if on { '+' } else { '-' });
            let line = self.line(format_args!(":{server} MODE {name} {sign}o {nick}"));
            self.tell_room(room, line);
        }
    }
}

fn bad_parameter<'a>(wanted: Wanted<'a>, parameter: &'a str, why: &'static str) -> Refusal<'a> {
    Refusal::BadModeParameter(wanted.room, wanted.letter, parameter, why)
}

/// Whether a text can be a key: it has to be one word of `JOIN` and `MODE`, and one of several
/// between commas.
fn is_key(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_graphic() && c != ',';
    let is_word = !text.is_empty() && !text.starts_with(':') && text.chars().all(fits);
    is_word && text.len() <= KEY_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_word_wherever_it_stands() {
        for key in ["a", "sesame", "a:b", "#1", &"k".repeat(32)] {
            assert!(is_key(key), "{key}");
        }
        for text in [
            "",
            ":x",
            "a b",
            "a,b",
            "\u{7}",
            "\u{1b}[2J",
            "é",
            &"k".repeat(33),
        ] {
            assert!(!is_key(text), "{text:?}");
        }
    }

    #[test]
    fn what_is_announced_is_what_there_is() {
        assert_eq!(CHANMODES, format!("beI,k,l,{FLAGS}"));
        let mut all: Vec<char> = CHANMODES
            .replace(',', "")
            .chars()
            .chain("ov".chars())
            .collect();
        all.sort();
        assert_eq!(String::from_iter(all), ALL_OF_ROOMS);
    }
}
