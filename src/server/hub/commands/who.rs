//! Who is here, with the details that are asked for: WHO. RFC 2812, 3.6.1; IRCv3 WHOX.

use std::fmt;

use crate::server::hub::outbox::LINE_BYTES_MAX;
use crate::server::hub::state::masks;
use crate::server::hub::{
    Capabilities, ConnectionId, Echo, Hub, Member, Person, Present, Reply, Room,
};

/// The details there are, in the order they are told in; behind them all comes `r`, the real name.
const FIELDS: &str = "tcuihsnfdlao";
/// The longest token that comes back, in bytes.
const TOKEN_BYTES_MAX: usize = 3;

/// Somebody who is told of, and the room they are told of in.
type Found<'a> = (Option<(&'a Room, &'a Member)>, &'a Person, &'a Present);

impl Hub {
    pub(in crate::server::hub) fn who(&self, from: ConnectionId, mask: &str, fields: Option<&str>) {
        let fields = fields.unwrap_or_default();
        let (flags, fields) = fields.split_once('%').unwrap_or((fields, ""));
        let (letters, token) = fields.split_once(',').unwrap_or((fields, "0"));
        // Without a letter that means something, the usual ones are told.
        let is_field = |letter| letter == 'r' || FIELDS.contains(letter);
        let fields = letters.contains(is_field).then_some((letters, token));
        let mut found: Vec<Found<'_>> = Vec::new();
        if let Some(room) = self.rooms.called(mask) {
            let is_member = self.member(from, room).is_some();
            let is_visible = is_member || !room.modes.has('s');
            for member in room.members.iter().filter(|_| is_visible) {
                if let Ok((person, present)) = self.people.person(member.id)
                    && (is_member || !present.modes.has('i'))
                {
                    found.push((Some((room, member)), person, present));
                }
            }
        } else if mask.contains(['*', '?']) || mask == "0" {
            // `0` is another way to ask about everybody. RFC 2812, 3.6.1.
            let mask = if mask == "0" { "*" } else { mask };
            self.watch.looked_at.set(self.people.present);
            for (person, present) in self.people.all_present() {
                if is_meant(mask, person, present) && self.can_see(from, person.id, present) {
                    found.push((None, person, present));
                }
            }
        } else if let Ok((person, present)) = self.people.find(mask) {
            found.push((None, person, present));
        }
        found.retain(|(.., present)| !flags.contains('o') || present.modes.has('o'));
        let most = self.settings.limits.matches as usize;
        for one in found.iter().take(most) {
            self.tell_who(from, fields, one);
        }
        if found.len() > most {
            self.reply_about(from, Reply::TooManyMatches, Echo(mask));
        }
        self.reply_about(from, Reply::EndOfWho, Echo(mask));
    }

    /// Whether somebody comes up when the other does not ask for their very nick.
    fn can_see(&self, from: ConnectionId, id: ConnectionId, present: &Present) -> bool {
        let is_near = |(room, _): (&Room, _)| self.member(from, room).is_some();
        !present.modes.has('i')
            || from == id
            || self.is_operator(from)
            || self.rooms_of(present).any(is_near)
    }

    /// Tells the details with these letters, and gives the token back; or tells the usual details.
    fn tell_who(&self, to: ConnectionId, fields: Option<(&str, &str)>, found: &Found<'_>) {
        let (place, person, present) = *found;
        let (letters, token) = fields.unwrap_or(("cuhsnf", ""));
        let is_token = |text: &&str| {
            (1..=TOKEN_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        };
        let token = Some(token).filter(is_token).unwrap_or("0");
        let room = place.map_or("*", |(room, _)| room.name.as_str());
        let all_prefixes = self.capabilities(to).has(Capabilities::MULTI_PREFIX);
        let prefix = place.map_or("", |(_, member)| member.prefix(all_prefixes));
        let (host, flags) = (person.host.to_string(), flags(present, prefix));
        let detail = |letter| match letter {
            't' => token,
            'c' => room,
            'u' => &present.user,
            'i' | 'h' => &host,
            's' => &self.settings.name,
            'n' => present.nick.as_str(),
            'f' => &flags,
            'o' => "n/a",
            // How many servers away, and how long silent: that is told to `WHOIS`. And nobody has
            // an account.
            _ => "0",
        };
        let mut details = String::with_capacity(LINE_BYTES_MAX);
        for letter in FIELDS.chars().filter(|letter| letters.contains(*letter)) {
            details.push_str(detail(letter));
            details.push(' ');
        }
        let real_name = &present.real_name;
        let reply = fields.map_or(Reply::WhoReply, |_| Reply::WhoxReply);
        let say = |rest: fmt::Arguments<'_>| self.reply_with(to, reply, rest);
        match fields {
            None => say(format_args!("{details}:0 {real_name}")),
            Some(_) if letters.contains('r') => say(format_args!("{details}:{real_name}")),
            Some(_) => say(format_args!("{}", details.trim_end())),
        }
    }
}

fn is_meant(mask: &str, person: &Person, present: &Present) -> bool {
    masks::fits(mask, present.nick.as_str())
        || masks::fits(mask, &present.user)
        || masks::fits(mask, &present.real_name)
        || masks::fits(mask, &person.host.to_string())
}

/// Here or gone, operator, bot, and what they are in the room.
fn flags(Present { away, modes, .. }: &Present, prefix: &str) -> String {
    let place = if away.is_some() { 'G' } else { 'H' };
    let operator = if modes.has('o') { "*" } else { "" };
    let bot = if modes.has('B') { "B" } else { "" };
    format!("{place}{operator}{bot}{prefix}")
}
