//! Who is here, with the details that are asked for: WHO. RFC 2812, 3.6.1; IRCv3 WHOX.

use std::fmt::{self, Write};

use super::mask;
use super::{ConnectionId, Done, Echo, Hub, Member, Person, Present, Reply, Room};

/// The details there are, in the order they are told in.
const FIELDS: &str = "tcuihsnfdlaor";
/// The longest token that comes back, in bytes.
const TOKEN_BYTES_MAX: usize = 3;

/// Who asks, and for what.
#[derive(Clone, Copy)]
struct Asked<'a> {
    by: ConnectionId,
    operators_only: bool,
    /// The letters of the details, and the token that comes back; the usual details otherwise.
    fields: Option<(&'a str, &'a str)>,
    multi_prefix: bool,
}

impl Hub {
    pub(super) fn who(
        &mut self,
        from: ConnectionId,
        mask: &str,
        fields: Option<&str>,
    ) -> Done<'static> {
        let (flags, fields) = match fields.unwrap_or_default().split_once('%') {
            Some((flags, fields)) => (flags, Some(fields)),
            None => (fields.unwrap_or_default(), None),
        };
        let asked = Asked {
            by: from,
            operators_only: flags.contains('o'),
            fields: fields.map(|fields| fields.split_once(',').unwrap_or((fields, "0"))),
            multi_prefix: self.has_multi_prefix(from),
        };
        if let Some(room) = self.rooms.called(mask) {
            let is_member = self.member(from, room).is_some();
            let is_visible = is_member || !room.modes.has('s');
            for member in room.members.iter().filter(|_| is_visible) {
                if let Some((person, present)) = self.people.person(member.id)
                    && (is_member || !present.modes.has('i'))
                {
                    self.tell_who(asked, Some((room, *member)), person, present);
                }
            }
        } else if mask.contains(['*', '?']) || mask == "0" {
            // `0` is another way to ask about everybody. RFC 2812, 3.6.1.
            let mask = if mask == "0" { "*" } else { mask };
            for (person, present) in self.people.all_present() {
                if is_meant(mask, person, present) && self.can_see(from, person.id, present) {
                    self.tell_who(asked, None, person, present);
                }
            }
        } else if let Some((person, present)) = self.people.called(mask) {
            self.tell_who(asked, None, person, present);
        }
        self.reply_about(from, Reply::EndOfWho, Echo(mask));
        Ok(())
    }

    /// Whether somebody comes up when the other does not ask for their very nick.
    fn can_see(&self, from: ConnectionId, id: ConnectionId, present: &Present) -> bool {
        if !present.modes.has('i') || from == id || self.is_operator(from) {
            return true;
        }
        let own = self.people.present(from);
        let mut rooms = present.rooms.iter();
        rooms.any(|one| own.is_ok_and(|own| own.membership(one.room).is_some()))
    }

    fn tell_who(
        &self,
        asked: Asked<'_>,
        place: Option<(&Room, Member)>,
        person: &Person,
        present: &Present,
    ) {
        if asked.operators_only && !present.modes.has('o') {
            return;
        }
        let about = About {
            hub: self,
            place,
            multi_prefix: asked.multi_prefix,
            person,
            present,
        };
        let Some((fields, token)) = asked.fields else {
            let real_name = &present.real_name;
            let rest = Details {
                about,
                letters: "cuhsnf",
                token: "",
            };
            let rest = format_args!("{rest} :0 {real_name}");
            return self.reply_with(asked.by, Reply::WhoReply, rest);
        };
        let fits = token.len() <= TOKEN_BYTES_MAX && token.bytes().all(|b| b.is_ascii_digit());
        let token = if fits && !token.is_empty() {
            token
        } else {
            "0"
        };
        let rest = Details {
            about,
            letters: fields,
            token,
        };
        self.reply_with(asked.by, Reply::WhoxReply, format_args!("{rest}"));
    }
}

fn is_meant(mask: &str, person: &Person, present: &Present) -> bool {
    mask::fits(mask, present.nick.as_str())
        || mask::fits(mask, &present.user)
        || mask::fits(mask, &present.real_name)
        || mask::fits(mask, &person.host.to_string())
}

/// Somebody, and the room in which they were asked for.
#[derive(Clone, Copy)]
struct About<'h> {
    hub: &'h Hub,
    place: Option<(&'h Room, Member)>,
    multi_prefix: bool,
    person: &'h Person,
    present: &'h Present,
}

/// The details with these letters, each in its place.
struct Details<'h> {
    about: About<'h>,
    letters: &'h str,
    token: &'h str,
}

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for letter in FIELDS
            .chars()
            .filter(|letter| self.letters.contains(*letter))
        {
            if !std::mem::take(&mut first) {
                f.write_char(' ')?;
            }
            self.about.detail(letter, self.token, f)?;
        }
        Ok(())
    }
}

impl About<'_> {
    fn detail(&self, letter: char, token: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Present {
            nick,
            user,
            real_name,
            ..
        } = self.present;
        match letter {
            't' => f.write_str(token),
            'c' => f.write_str(self.place.map_or("*", |(room, _)| room.name.as_str())),
            'u' => f.write_str(user),
            'i' | 'h' => write!(f, "{}", self.person.host),
            's' => f.write_str(&self.hub.settings.name),
            'n' => write!(f, "{nick}"),
            'f' => self.flags(f),
            // How many servers away, and how long silent: that is told to `WHOIS`.
            'd' | 'l' => f.write_char('0'),
            // Nobody has an account.
            'a' => f.write_char('0'),
            'o' => f.write_str("n/a"),
            _ => write!(f, ":{real_name}"),
        }
    }

    fn flags(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Present { away, modes, .. } = self.present;
        f.write_char(if away.is_some() { 'G' } else { 'H' })?;
        for (mode, flag) in [('o', '*'), ('B', 'B')] {
            if modes.has(mode) {
                f.write_char(flag)?;
            }
        }
        match self.place {
            Some((_, member)) => f.write_str(member.prefix(self.multi_prefix)),
            None => Ok(()),
        }
    }
}
