//! Lists users with selected fields: WHO. RFC 2812, 3.6.1; IRCv3 WHOX.

use std::fmt;

use crate::server::hub::outbox::LINE_BYTES_MAX;
use crate::server::hub::state::masks;
use crate::server::hub::{
    Capabilities, ConnectionId, Hub, Person, Registered, Reply, Room, RoomMember, Truncated,
};

/// The WHOX fields in the order of the reply, except `r`, the real name, which is last.
const FIELDS: &str = "tcuihsnfdlao";
/// The longest token that is echoed, in bytes.
const TOKEN_BYTES_MAX: usize = 3;

/// A user in the reply, and the room listed for it.
type Match<'a> = (
    Option<(&'a Room, &'a RoomMember)>,
    &'a Person,
    &'a Registered,
);

impl Hub {
    pub(super) fn who(&self, from: ConnectionId, mask: &str, fields: Option<&str>) {
        let fields = fields.unwrap_or_default();
        let (flags, fields) = fields.split_once('%').unwrap_or((fields, ""));
        let (letters, token) = fields.split_once(',').unwrap_or((fields, "0"));
        // Without a known field the reply has the usual form.
        let is_field = |letter| letter == 'r' || FIELDS.contains(letter);
        let fields = letters.contains(is_field).then_some((letters, token));
        let mut found: Vec<Match<'_>> = Vec::new();
        if let Some(room) = self.rooms.by_name(mask) {
            let is_member = self.member(from, room).is_some();
            let is_visible = is_member || !room.modes.has('s');
            for member in room.members.iter().filter(|_| is_visible) {
                if let Ok((person, user)) = self.people.person(member.id)
                    && (is_member || !user.modes.has('i'))
                {
                    found.push((Some((room, member)), person, user));
                }
            }
        } else if mask.contains(['*', '?']) || mask == "0" {
            // `0` means all users. RFC 2812, 3.6.1.
            let mask = if mask == "0" { "*" } else { mask };
            self.timers.scanned.set(self.people.registered);
            for (person, user) in self.people.all_registered() {
                if is_meant(mask, person, user) && self.can_see(from, person.id, user) {
                    found.push((None, person, user));
                }
            }
        } else if let Ok((person, user)) = self.people.find(mask) {
            found.push((None, person, user));
        }
        found.retain(|(.., user)| !flags.contains('o') || user.modes.has('o'));
        let most = self.settings.limits.matches as usize;
        for one in found.iter().take(most) {
            self.send_who(from, fields, one);
        }
        if found.len() > most {
            self.reply_about(from, Reply::TooManyMatches, Truncated(mask));
        }
        self.reply_about(from, Reply::EndOfWho, Truncated(mask));
    }

    /// Whether a mask can find this user: an invisible one is found by itself, by operators and in
    /// shared rooms.
    fn can_see(&self, from: ConnectionId, id: ConnectionId, user: &Registered) -> bool {
        let is_near = |(room, _): (&Room, _)| self.member(from, room).is_some();
        !user.modes.has('i')
            || from == id
            || self.is_operator(from)
            || self.rooms_of(user).any(is_near)
    }

    /// Sends the requested fields with the token, or the usual form.
    fn send_who(&self, to: ConnectionId, fields: Option<(&str, &str)>, found: &Match<'_>) {
        let (place, person, user) = *found;
        let (letters, token) = fields.unwrap_or(("cuhsnf", ""));
        let is_token = |text: &&str| {
            (1..=TOKEN_BYTES_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
        };
        let token = Some(token).filter(is_token).unwrap_or("0");
        let room = place.map_or("*", |(room, _)| room.name.as_str());
        let all_prefixes = self.capabilities(to).has(Capabilities::MULTI_PREFIX);
        let prefix = place.map_or("", |(_, member)| member.prefix(all_prefixes));
        let (host, flags) = (person.host.to_string(), flags(user, prefix));
        let detail = |letter| match letter {
            't' => token,
            'c' => room,
            'u' => &user.username,
            'i' | 'h' => &host,
            's' => &self.settings.name,
            'n' => user.nick.as_str(),
            'f' => &flags,
            'o' => "n/a",
            // Hops, idle time (which only `WHOIS` reports) and account, which no user has.
            _ => "0",
        };
        let mut details = String::with_capacity(LINE_BYTES_MAX);
        for letter in FIELDS.chars().filter(|letter| letters.contains(*letter)) {
            details.push_str(detail(letter));
            details.push(' ');
        }
        let real_name = &user.real_name;
        let reply = fields.map_or(Reply::WhoReply, |_| Reply::WhoxReply);
        let say = |rest: fmt::Arguments<'_>| self.reply_with(to, reply, rest);
        match fields {
            None => say(format_args!("{details}:0 {real_name}")),
            Some(_) if letters.contains('r') => say(format_args!("{details}:{real_name}")),
            Some(_) => say(format_args!("{}", details.trim_end())),
        }
    }
}

fn is_meant(mask: &str, person: &Person, user: &Registered) -> bool {
    masks::matches(mask, user.nick.as_str())
        || masks::matches(mask, &user.username)
        || masks::matches(mask, &user.real_name)
        || masks::matches(mask, &person.host.to_string())
}

/// The flags: here (`H`) or away (`G`), operator, bot, and the prefix in the room.
fn flags(Registered { away, modes, .. }: &Registered, prefix: &str) -> String {
    let place = if away.is_some() { 'G' } else { 'H' };
    let operator = if modes.has('o') { "*" } else { "" };
    let bot = if modes.has('B') { "B" } else { "" };
    format!("{place}{operator}{bot}{prefix}")
}
