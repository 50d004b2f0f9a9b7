//! Who is here, with the details that are asked for: WHO. RFC 2812, 3.6.1; IRCv3 WHOX.

use std::fmt::{self, Write};

use crate::server::hub::{
    Capabilities, ConnectionId, Echo, Hub, Member, Present, Refusal, Reply, Room, Work,
};

/// The details there are, in the order they are told in; behind them all comes `r`, the real name.
const FIELDS: &str = "tcuihsnfdlao";
/// The longest token that comes back, in bytes.
const TOKEN_BYTES_MAX: usize = 3;

/// The details that are asked for, and a token that is given back.
struct Fields<'a> {
    letters: String,
    token: &'a str,
}

/// An answer to `WHO`, one line for each who is meant.
struct Answer<'a> {
    to: ConnectionId,
    mask: &'a str,
    /// The usual ones when none are asked for.
    fields: Option<Fields<'a>>,
    /// Whether only operators are meant.
    operators: bool,
    lines: usize,
}

impl Hub {
    pub(in crate::server::hub) fn who(&self, from: ConnectionId, mask: &str, fields: Option<&str>) {
        let fields = fields.unwrap_or_default();
        let (flags, fields) = fields.split_once('%').unwrap_or((fields, ""));
        let mut answer = Answer {
            to: from,
            mask,
            fields: Fields::read(fields),
            operators: flags.contains('o'),
            lines: 0,
        };
        if let Some(room) = self.rooms.called(mask) {
            self.who_is_in(room, &mut answer);
        } else if self.is_costly(mask) {
            self.refuse_about(
                from,
                Refusal::BadMask(mask, self.settings.limits.mask_wildcards),
            );
        } else if let Ok((_, present)) = self.people.find(mask) {
            self.tell_who(&mut answer, None, present);
        } else {
            // `0` is another way to ask about everybody. RFC 2812, 3.6.1.
            let mask = if mask == "0" { "*" } else { mask };
            self.charge(Work::Look, self.people.present);
            for (person, present) in self.people.all_present() {
                if self.is_meant(mask, present)
                    && self.can_see(from, person.id, present)
                    && !self.tell_who(&mut answer, None, present)
                {
                    break;
                }
            }
        }
        self.reply_about(from, Reply::EndOfWho, Echo(mask));
    }

    fn who_is_in(&self, room: &Room, answer: &mut Answer<'_>) {
        let is_member = self.member(answer.to, room).is_some();
        if !is_member && room.modes.has('s') {
            return;
        }
        for member in &room.members {
            self.charge(Work::Look, 1);
            if let Ok(present) = self.people.present(member.id)
                && (is_member || !present.modes.has('i'))
                && !self.tell_who(answer, Some((room, member)), present)
            {
                break;
            }
        }
    }

    fn is_meant(&self, mask: &str, present: &Present) -> bool {
        let texts = [
            present.nick.as_str(),
            &present.user,
            &present.real_name,
            present.host(),
        ];
        let mut texts = texts.into_iter();
        texts.any(|text| self.compare(text, |text| text.fits(mask)))
    }

    /// Whether somebody comes up when the other does not ask for their very nick.
    fn can_see(&self, from: ConnectionId, id: ConnectionId, present: &Present) -> bool {
        let is_near = |(room, _): (&Room, _)| self.member(from, room).is_some();
        !present.modes.has('i')
            || from == id
            || self.is_operator(from)
            || self.rooms_of(present).any(is_near)
    }

    /// Tells the details of somebody, who is seen in this room; false when there is no room for more.
    fn tell_who(
        &self,
        answer: &mut Answer<'_>,
        place: Option<(&Room, &Member)>,
        present: &Present,
    ) -> bool {
        if answer.operators && !present.modes.has('o') {
            return true;
        }
        if answer.lines == self.settings.limits.matches as usize {
            self.reply_about(answer.to, Reply::TooManyMatches, Echo(answer.mask));
            return false;
        }
        answer.lines += 1;
        let room = place.map_or("*", |(room, _)| room.name.as_str());
        let all_prefixes = self.capabilities(answer.to).has(Capabilities::MULTI_PREFIX);
        let prefix = place.map_or("", |(_, member)| member.prefix(all_prefixes));
        let (letters, token) = match &answer.fields {
            Some(fields) => (fields.letters.as_str(), fields.token),
            None => ("cuhsnf", ""),
        };
        let idle = self.now.running.saturating_sub(present.spoke).as_secs();
        let real_name = &present.real_name;
        let details = fmt::from_fn(|f| {
            for (at, letter) in letters.chars().enumerate() {
                if at > 0 {
                    f.write_char(' ')?;
                }
                match letter {
                    't' => f.write_str(token)?,
                    'c' => f.write_str(room)?,
                    'u' => f.write_str(&present.user)?,
                    'i' | 'h' => f.write_str(present.host())?,
                    's' => f.write_str(&self.settings.name)?,
                    'n' => f.write_str(present.nick.as_str())?,
                    'f' => write_flags(f, present, prefix)?,
                    'l' => write!(f, "{idle}")?,
                    'o' => f.write_str("n/a")?,
                    'r' => write!(f, ":{real_name}")?,
                    // How many servers away: there is one. And nobody has an account.
                    _ => f.write_char('0')?,
                }
            }
            Ok(())
        });
        match answer.fields {
            Some(_) => self.reply_with(answer.to, Reply::WhoxReply, format_args!("{details}")),
            None => {
                let rest = format_args!("{details} :0 {real_name}");
                self.reply_with(answer.to, Reply::WhoReply, rest);
            }
        }
        true
    }
}

impl<'a> Fields<'a> {
    /// Those behind the `%`; without a letter that means something there are none.
    fn read(text: &'a str) -> Option<Self> {
        let (wanted, token) = text.split_once(',').unwrap_or((text, ""));
        let letters = FIELDS.chars().chain(['r']);
        let letters: String = letters.filter(|letter| wanted.contains(*letter)).collect();
        let is_token = (1..=TOKEN_BYTES_MAX).contains(&token.len())
            && token.bytes().all(|byte| byte.is_ascii_digit());
        let token = if is_token { token } else { "0" };
        (!letters.is_empty()).then_some(Self { letters, token })
    }
}

/// Here or gone, operator, bot, and what they are in the room.
fn write_flags(
    f: &mut fmt::Formatter<'_>,
    Present { away, modes, .. }: &Present,
    prefix: &str,
) -> fmt::Result {
    f.write_str(if away.is_some() { "G" } else { "H" })?;
    f.write_str(if modes.has('o') { "*" } else { "" })?;
    f.write_str(if modes.has('B') { "B" } else { "" })?;
    f.write_str(prefix)
}
