//! What people say to each other: PRIVMSG, NOTICE, TAGMSG, and AWAY for when they do not.

use super::limits::cut;
use super::told::{MessageId, Tagged};
use super::{
    Capabilities, ConnectionId, Done, Hub, Member, Person, Present, Refusal, Reply, Room, Told,
};
use crate::wire::message::Tags;

/// Something to be said to others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Saying<'a> {
    pub(super) way: Way,
    /// The text; `TAGMSG` has none.
    pub(super) text: &'a str,
    /// The tags of the line.
    pub(super) tags: Tags<'a>,
}

/// The ways to say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Privmsg,
    Notice,
    Tagmsg,
}

impl Way {
    fn command(self) -> &'static str {
        match self {
            Self::Privmsg => "PRIVMSG",
            Self::Notice => "NOTICE",
            Self::Tagmsg => "TAGMSG",
        }
    }

    /// What somebody has to have switched on to hear it.
    fn needs(self) -> Capabilities {
        match self {
            Self::Privmsg | Self::Notice => Capabilities::NONE,
            Self::Tagmsg => Capabilities::MESSAGE_TAGS,
        }
    }
}

/// Who of a room hears it: everybody, or those of this standing and above. `STATUSMSG`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Circle {
    Everybody,
    Operators,
    Voiced,
}

impl Circle {
    /// The circle and the room that a target such as `@#room` means.
    fn of(target: &str) -> (Self, &str) {
        match target.split_at_checked(1) {
            Some(("@", room)) => (Self::Operators, room),
            Some(("+", room)) => (Self::Voiced, room),
            _ => (Self::Everybody, target),
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Everybody => "",
            Self::Operators => "@",
            Self::Voiced => "+",
        }
    }

    fn has(self, member: &Member) -> bool {
        match self {
            Self::Everybody => true,
            Self::Operators => member.operator,
            Self::Voiced => member.operator || member.voice,
        }
    }
}

impl Hub {
    /// Says something to each of the targets.
    ///
    /// `NOTICE` is not answered: programs answer each other with it, and an answer to an answer
    /// would have no end. RFC 2812, 3.3.2. Only the length of a line is not a matter of what it
    /// says, so that is told.
    pub(super) fn speak<'a>(
        &mut self,
        from: ConnectionId,
        targets: &'a str,
        saying: Saying<'a>,
    ) -> Done<'a> {
        let now = self.now.running;
        self.people.present_mut(from)?.spoke = now;
        let is_answered = saying.way != Way::Notice;
        let targets = match self.targets(targets, saying.way.command()) {
            Ok(targets) => targets,
            Err(refusal) if is_answered => return Err(refusal),
            Err(_) => return Ok(()),
        };
        for target in targets {
            if let Err(refusal) = self.say(from, target, saying)
                && (is_answered || refusal == Refusal::TooLongToRelay)
            {
                self.refuse(from, refusal);
            }
        }
        Ok(())
    }

    /// Says something to one room or person. It is delivered whole or not at all.
    fn say<'a>(&mut self, from: ConnectionId, target: &'a str, saying: Saying<'a>) -> Done<'a> {
        self.messages += 1;
        let (circle, room) = Circle::of(target);
        if room.starts_with('#') {
            self.say_in_room(from, target, (circle, room), saying)
        } else {
            self.say_to_person(from, target, saying)
        }
    }

    fn say_in_room<'a>(
        &self,
        from: ConnectionId,
        target: &'a str,
        (circle, room): (Circle, &'a str),
        saying: Saying<'a>,
    ) -> Done<'a> {
        let Some((person, speaker)) = self.people.person(from) else {
            return Ok(());
        };
        let Saying { way, text, .. } = saying;
        let room = self.rooms.find(room)?;
        let membership = speaker.membership(room.number);
        let member = membership.and_then(|one| room.member(one));
        if !may_speak(speaker, member, room, text) {
            return Err(Refusal::CannotSendToRoom(target));
        }
        let (source, command) = (&speaker.source, way.command());
        let (prefix, name) = (circle.prefix(), room.name.as_str());
        let line = match (way, circle) {
            (Way::Tagmsg, _) => format_args!(":{source} {command} {prefix}{name}"),
            (_, Circle::Everybody) => format_args!(":{source} {command} {name} :{text}"),
            _ => format_args!(":{source} {command} {prefix}{name} :{text}"),
        };
        let line = self
            .outbox()
            .whole_line(line)
            .ok_or(Refusal::TooLongToRelay)?;
        let mut told = Told::tagged(line, self.tagged(person, speaker, saying.tags));
        if circle == Circle::Everybody && way != Way::Tagmsg {
            self.tell_others(room, membership, &mut told);
        } else {
            self.tell_those(room, &mut told, |member| {
                let hears = member.capabilities.has(way.needs());
                member.id != from && circle.has(member) && hears
            });
        }
        self.echo(person, way, &mut told);
        Ok(())
    }

    fn say_to_person<'a>(
        &self,
        from: ConnectionId,
        target: &'a str,
        saying: Saying<'a>,
    ) -> Done<'a> {
        let Some((person, speaker)) = self.people.person(from) else {
            return Ok(());
        };
        let Saying { way, text, .. } = saying;
        let called = self.people.called(target);
        let (listener, present) = called.ok_or(Refusal::NoSuchNick(target))?;
        let (source, command, nick) = (&speaker.source, way.command(), &present.nick);
        let line = match way {
            Way::Tagmsg => format_args!(":{source} {command} {nick}"),
            _ => format_args!(":{source} {command} {nick} :{text}"),
        };
        let line = self
            .outbox()
            .whole_line(line)
            .ok_or(Refusal::TooLongToRelay)?;
        let mut told = Told::tagged(line, self.tagged(person, speaker, saying.tags));
        let has = listener.capabilities;
        if !has.has(way.needs()) {
            // Whoever cannot read tags hears nothing of a line that has nothing else.
        } else if listener.id == from {
            // What they hear is one thing, that it was said is another: only that is the answer.
            let outbox = &mut self.outbox();
            let line = told.form(has, outbox);
            outbox.send_aside(from, line);
        } else {
            told.send(listener.id, has, &mut self.outbox());
        }
        self.echo(person, way, &mut told);
        if let (Way::Privmsg, Some(message)) = (way, &present.away) {
            let rest = format_args!("{nick} :{message}");
            self.reply_with(from, Reply::Away, rest);
        }
        Ok(())
    }

    /// Sends what was said back to who said it, when they asked for that. IRCv3 echo-message.
    fn echo(&self, speaker: &Person, way: Way, told: &mut Told<'_>) {
        let has = speaker.capabilities;
        if has.has(Capabilities::ECHO_MESSAGE.with(way.needs())) {
            told.send(speaker.id, has, &mut self.outbox());
        }
    }

    /// The tags of what is being said; those of a client that has not asked for any are nothing.
    fn tagged<'t>(&self, person: &Person, speaker: &Present, tags: Tags<'t>) -> Tagged<'t> {
        let may_tag = person.capabilities.has(Capabilities::MESSAGE_TAGS);
        Tagged {
            time: self.now,
            id: Some(MessageId {
                started: self.started,
                count: self.messages,
            }),
            is_bot: speaker.modes.has('B'),
            from_client: if may_tag { tags } else { Tags::default() },
        }
    }

    pub(super) fn away(&mut self, from: ConnectionId, message: Option<&str>) -> Done<'static> {
        let bytes_max = self.settings.limits.away_bytes as usize;
        let message = message.map(|message| cut(message, bytes_max));
        let present = self.people.present_mut(from)?;
        let is_news = present.away.as_deref() != message;
        present.away = message.map(Into::into);
        let reply = match message {
            Some(_) => Reply::NowAway,
            None => Reply::Unaway,
        };
        if is_news {
            let line = self.away_line(self.people.present(from)?);
            self.tell_neighbours(from, Capabilities::AWAY_NOTIFY, line);
        }
        self.reply(from, reply);
        Ok(())
    }
}

/// Whether the modes of a room let somebody speak in it.
fn may_speak(speaker: &Present, member: Option<&Member>, room: &Room, text: &str) -> bool {
    let has_voice = member.is_some_and(|member| member.operator || member.voice);
    let is_kept_out = (member.is_none() && room.modes.has('n'))
        || (!has_voice && (room.modes.has('m') || room.silences(&speaker.source)))
        || (room.modes.has('C') && is_ctcp(text));
    !is_kept_out
}

/// Whether a text is a question of one program to another; `ACTION` is a person's.
fn is_ctcp(text: &str) -> bool {
    text.starts_with('\u{1}') && !text.starts_with("\u{1}ACTION ")
}
