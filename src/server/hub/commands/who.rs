//! Lists users with selected fields: WHO. RFC 2812, 3.6.1; IRCv3 WHOX.

use std::fmt::{self, Write};

use crate::server::hub::{
    Capabilities, ConnectionId, Hub, Registered, Rejection, Reply, Room, RoomMember, Truncated,
    Work,
};
use crate::wire::Nick;

/// The WHOX fields in the order of the reply, except `r`, the real name, which is last.
const FIELDS: &str = "tcuihsnfdlao";
/// The longest token that is echoed, in bytes.
const TOKEN_BYTES_MAX: usize = 3;

/// The requested WHOX fields, and the token to echo.
struct WhoFields<'a> {
    letters: String,
    token: &'a str,
}

/// The reply to one `WHO`, a line for each user that matches.
struct WhoAnswer<'a> {
    to: ConnectionId,
    mask: &'a str,
    /// `None` for the usual form.
    fields: Option<WhoFields<'a>>,
    /// Whether only operators are listed.
    operators: bool,
    lines: usize,
}

impl Hub {
    pub(super) fn who(&self, from: ConnectionId, mask: &str, fields: Option<&str>) {
        let fields = fields.unwrap_or_default();
        let (flags, fields) = fields.split_once('%').unwrap_or((fields, ""));
        let mut answer = WhoAnswer {
            to: from,
            mask,
            fields: WhoFields::read(fields),
            operators: flags.contains('o'),
            lines: 0,
        };
        if let Some(room) = self.rooms.by_name(mask) {
            self.who_is_in(room, &mut answer);
        } else if self.is_costly(mask) {
            self.send_rejection(
                from,
                Rejection::BadMask(mask, self.settings.limits.mask_wildcards),
            );
        } else if let Ok((_, user)) = self.people.find(mask) {
            self.send_who(&mut answer, None, user);
        } else {
            // `0` means all users. RFC 2812, 3.6.1.
            let mask = if mask == "0" { "*" } else { mask };
            self.charge(Work::Look, self.people.registered);
            for (person, user) in self.people.all_registered() {
                if self.is_meant(mask, user)
                    && self.can_see(from, person.id, user)
                    && !self.send_who(&mut answer, None, user)
                {
                    break;
                }
            }
        }
        self.reply_about(from, Reply::EndOfWho, Truncated(mask));
    }

    fn who_is_in(&self, room: &Room, answer: &mut WhoAnswer<'_>) {
        let is_member = self.member(answer.to, room).is_some();
        if !is_member && room.modes.has('s') {
            return;
        }
        for member in &room.members {
            self.charge(Work::Look, 1);
            if let Ok(user) = self.people.registered(member.id)
                && (is_member || !user.modes.has('i'))
                && !self.send_who(answer, Some((room, member)), user)
            {
                break;
            }
        }
    }

    fn is_meant(&self, mask: &str, user: &Registered) -> bool {
        let texts = [
            user.nick.as_str(),
            &user.username,
            &user.real_name,
            user.host(),
        ];
        let mut texts = texts.into_iter();
        texts.any(|text| self.compare(text, |text| text.matches(mask)))
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

    /// Sends the line of one user, listed for this room. False when the limit of `matches` is reached.
    fn send_who(
        &self,
        answer: &mut WhoAnswer<'_>,
        place: Option<(&Room, &RoomMember)>,
        user: &Registered,
    ) -> bool {
        if answer.operators && !user.modes.has('o') {
            return true;
        }
        if answer.lines == self.settings.limits.matches as usize {
            self.reply_about(answer.to, Reply::TooManyMatches, Truncated(answer.mask));
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
        let idle = self.now.running.saturating_sub(user.last_spoke).as_secs();
        let real_name = &user.real_name;
        let details = fmt::from_fn(|f| {
            for (at, letter) in letters.chars().enumerate() {
                if at > 0 {
                    f.write_char(' ')?;
                }
                match letter {
                    't' => f.write_str(token)?,
                    'c' => f.write_str(room)?,
                    'u' => f.write_str(&user.username)?,
                    'i' | 'h' => f.write_str(user.host())?,
                    's' => f.write_str(&self.settings.name)?,
                    'n' => f.write_str(user.nick.as_str())?,
                    'f' => write_flags(f, user, prefix)?,
                    'l' => write!(f, "{idle}")?,
                    'o' => f.write_str("n/a")?,
                    'r' => write!(f, ":{real_name}")?,
                    'a' => f.write_str(user.account.as_deref().map_or("0", Nick::as_str))?,
                    // Hops: there is one server.
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

impl<'a> WhoFields<'a> {
    /// Reads the part after `%`; `None` without a known field.
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
    Registered { away, modes, .. }: &Registered,
    prefix: &str,
) -> fmt::Result {
    f.write_str(if away.is_some() { "G" } else { "H" })?;
    f.write_str(if modes.has('o') { "*" } else { "" })?;
    f.write_str(if modes.has('B') { "B" } else { "" })?;
    f.write_str(prefix)
}
