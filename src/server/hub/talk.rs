//! What people say to each other: PRIVMSG, NOTICE, and AWAY for when they do not.

use super::limits::cut;
use super::outbox::Outbox;
use super::people::ConnectionId;
use super::refusal::Refusal;
use super::rooms::send_to_members;
use super::{Hub, Moment};
use crate::wire::Reply;

/// The two ways to say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Privmsg,
    Notice,
}

impl Way {
    fn command(self) -> &'static str {
        match self {
            Self::Privmsg => "PRIVMSG",
            Self::Notice => "NOTICE",
        }
    }
}

impl Hub {
    pub(super) fn privmsg<'a>(
        &mut self,
        from: ConnectionId,
        targets: &'a str,
        text: &str,
        now: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        self.people.present_mut(from)?.spoke = now.running;
        for target in self.targets(targets, "PRIVMSG")? {
            if let Err(refusal) = self.say(from, Way::Privmsg, target, text, outbox) {
                self.refuse(from, refusal, outbox);
            }
        }
        Ok(())
    }

    /// The same without answers: programs answer each other with NOTICE, and an answer to an
    /// answer would have no end. RFC 2812, 3.3.2. Only the length of a line is not a matter of
    /// what it says, so that is told.
    pub(super) fn notice<'a>(
        &mut self,
        from: ConnectionId,
        targets: &'a str,
        text: &str,
        now: Moment,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        self.people.present_mut(from)?.spoke = now.running;
        let Ok(targets) = self.targets(targets, "NOTICE") else {
            return Ok(());
        };
        for target in targets {
            let said = self.say(from, Way::Notice, target, text, outbox);
            if said == Err(Refusal::TooLongToRelay) {
                self.refuse(from, Refusal::TooLongToRelay, outbox);
            }
        }
        Ok(())
    }

    /// Says something to one room or person. It is delivered whole or not at all.
    fn say<'a>(
        &mut self,
        from: ConnectionId,
        way: Way,
        target: &'a str,
        text: &str,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'a>> {
        let speaker = self.people.present(from)?;
        let (source, command) = (&speaker.source, way.command());
        if target.starts_with('#') {
            let (number, room) = self.rooms.find(target)?;
            if speaker.membership(number).is_none() {
                return Err(Refusal::CannotSendToRoom { room: target });
            }
            let name = &room.name;
            let line = outbox.whole_line(format_args!(":{source} {command} {name} :{text}"));
            let line = line.ok_or(Refusal::TooLongToRelay)?;
            send_to_members(room, Some(from), line, outbox);
            return Ok(());
        }
        let called = self.people.called(target);
        let (listener, present) = called.ok_or(Refusal::NoSuchNick { nick: target })?;
        let nick = &present.nick;
        let line = outbox.whole_line(format_args!(":{source} {command} {nick} :{text}"));
        outbox.send(listener.id, line.ok_or(Refusal::TooLongToRelay)?);
        if let (Way::Privmsg, Some(message)) = (way, &present.away) {
            let rest = format_args!("{nick} :{message}");
            self.reply_about(from, Reply::Away, rest, outbox);
        }
        Ok(())
    }

    pub(super) fn away(
        &mut self,
        from: ConnectionId,
        message: Option<&str>,
        outbox: &mut Outbox,
    ) -> Result<(), Refusal<'static>> {
        let bytes_max = self.settings.limits.away_bytes as usize;
        let present = self.people.present_mut(from)?;
        present.away = message.map(|message| cut(message, bytes_max).into());
        let reply = match message {
            Some(_) => Reply::NowAway,
            None => Reply::Unaway,
        };
        self.reply(from, reply, outbox);
        Ok(())
    }
}
