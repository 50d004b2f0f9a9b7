//! What people say to each other: PRIVMSG, NOTICE, TAGMSG, and AWAY for when they do not.

use std::collections::BTreeSet;

use crate::server::hub::fanout::Tagged;
use crate::server::hub::limits::cut;
use crate::server::hub::replies::trailing;
use crate::server::hub::{
    Capabilities, ConnectionId, Done, Hub, Member, Person, Present, Refusal, Reply, Room, Told,
    Work,
};
use crate::wire::message::Tags;

/// Something to be said to others.
#[derive(Debug, Clone, Copy)]
pub(in crate::server::hub) struct Saying<'a> {
    /// Who says it.
    pub(in crate::server::hub) from: ConnectionId,
    /// `PRIVMSG`, `NOTICE` or `TAGMSG`.
    pub(in crate::server::hub) command: &'static str,
    /// The text; `TAGMSG` has none.
    pub(in crate::server::hub) text: Option<&'a str>,
    /// The tags of the line.
    pub(in crate::server::hub) tags: Tags<'a>,
}

impl Saying<'_> {
    /// What somebody has to have switched on to hear it: whoever cannot read tags hears nothing of
    /// a line that has nothing else.
    fn needs(self) -> Capabilities {
        match self.text {
            Some(_) => Capabilities::NONE,
            None => Capabilities::MESSAGE_TAGS,
        }
    }
}

impl Hub {
    /// Says something to each of the targets.
    ///
    /// `NOTICE` is not answered: programs answer each other with it, and an answer to an answer
    /// would have no end. RFC 2812, 3.3.2. Only the length of a line is not a matter of what it
    /// says, so that is told.
    pub(in crate::server::hub) fn speak<'a>(
        &mut self,
        targets: &'a str,
        saying: Saying<'a>,
    ) -> Done<'a> {
        self.people.present_mut(saying.from)?.spoke = self.now.running;
        // The tags of a client that has not asked for any are nothing.
        let may_tag = self
            .capabilities(saying.from)
            .has(Capabilities::MESSAGE_TAGS);
        self.charge(Work::Tag, saying.tags.iter().count());
        let tags = may_tag.then(|| relayed(saying.tags)).unwrap_or_default();
        let is_answered = saying.command != "NOTICE";
        let targets = match self.targets(targets, saying.command) {
            Err(_) if !is_answered => return Ok(()),
            targets => targets?,
        };
        self.for_each(saying.from, targets, |hub, target| {
            hub.messages += 1;
            match hub.say(target, saying, &tags) {
                Err(refusal) if !is_answered && refusal != Refusal::TooLongToRelay => Ok(()),
                done => done,
            }
        })
    }

    /// Says something to one room or person. It is delivered whole or not at all.
    fn say<'a>(&self, target: &'a str, saying: Saying<'a>, tags: &str) -> Done<'a> {
        let (person, speaker) = self.people.person(saying.from)?;
        // Of a room everybody can hear it, or those of a standing and above. `STATUSMSG`.
        let (prefix, room) = target.split_at(usize::from(target.starts_with(['@', '+'])));
        if !room.starts_with('#') {
            return self.say_to_person((person, speaker), target, saying, tags);
        }
        let room = self.rooms.find(room)?;
        let membership = speaker.membership(room.number);
        let member = membership.and_then(|one| room.member(one));
        if !self.may_speak(speaker, member, room, saying.text) {
            return Err(Refusal::CannotSendToRoom(target));
        }
        let mut told = self.said(speaker, saying, (prefix, room.name.as_str()), tags)?;
        if prefix.is_empty() && saying.text.is_some() {
            self.tell_others(room, membership, &mut told);
        } else {
            self.tell_those(room, &mut told, |member| {
                let is_meant = match prefix {
                    "@" => member.operator,
                    "+" => member.has_voice(),
                    _ => true,
                };
                is_meant && member.id != saying.from && member.capabilities.has(saying.needs())
            });
        }
        self.echo(person, saying, &mut told);
        Ok(())
    }

    fn say_to_person<'a>(
        &self,
        speaker: (&Person, &Present),
        target: &'a str,
        saying: Saying<'a>,
        tags: &str,
    ) -> Done<'a> {
        let (listener, present) = self.people.find(target)?;
        let mut told = self.said(speaker.1, saying, ("", present.nick.as_str()), tags)?;
        let (from, has) = (saying.from, listener.capabilities);
        if has.has(saying.needs()) {
            let outbox = &mut self.outbox();
            let line = told.form(has, outbox);
            // What they hear is one thing, that it was said is another: only that is the answer.
            match listener.id == from {
                true => outbox.send_aside(from, line),
                false => outbox.send(listener.id, line),
            }
        }
        self.echo(speaker.0, saying, &mut told);
        if saying.command == "PRIVMSG" {
            self.tell_if_away(from, present);
        }
        Ok(())
    }

    /// What is being said as a line to a target, with its tags.
    fn said<'a, 't>(
        &self,
        speaker: &Present,
        saying: Saying<'a>,
        (prefix, target): (&str, &str),
        from_client: &'t str,
    ) -> Done<'a, Told<'t>> {
        let (source, command) = (&speaker.source, saying.command);
        let text = trailing(saying.text);
        let words = format_args!(":{source} {command} {prefix}{target}{text}");
        let line = self.outbox().whole_line(words);
        let tags = Tagged {
            time: self.now,
            id: Some((self.started, self.messages)),
            is_bot: speaker.modes.has('B'),
            from_client,
        };
        Ok(Told::tagged(line.ok_or(Refusal::TooLongToRelay)?, tags))
    }

    /// Sends what was said back to who said it, when they asked for that. IRCv3 echo-message.
    fn echo(&self, speaker: &Person, saying: Saying<'_>, told: &mut Told<'_>) {
        let has = speaker.capabilities;
        if has.has(Capabilities::ECHO_MESSAGE.with(saying.needs())) {
            told.send(speaker.id, has, &mut self.outbox());
        }
    }

    /// Tells that somebody is away who is spoken to, asked about or asked in.
    pub(super) fn tell_if_away(&self, to: ConnectionId, Present { nick, away, .. }: &Present) {
        if let Some(message) = away {
            self.reply_with(to, Reply::Away, format_args!("{nick} :{message}"));
        }
    }

    pub(in crate::server::hub) fn away(
        &mut self,
        from: ConnectionId,
        message: Option<&str>,
    ) -> Done<'static> {
        let bytes_max = self.settings.limits.away_bytes;
        let message = message.map(|message| cut(message, bytes_max));
        let present = self.people.present_mut(from)?;
        let is_news = present.away.as_deref() != message;
        present.away = message.map(Into::into);
        if is_news {
            let line = self.away_line(self.people.present(from)?);
            self.tell_neighbours(from, Capabilities::AWAY_NOTIFY, line);
        }
        self.reply(from, message.map_or(Reply::Unaway, |_| Reply::NowAway));
        Ok(())
    }

    /// Whether the modes of a room and its masks let somebody speak in it.
    pub(super) fn may_speak(
        &self,
        speaker: &Present,
        member: Option<&Member>,
        room: &Room,
        text: Option<&str>,
    ) -> bool {
        let has_voice = member.is_some_and(Member::has_voice);
        let is_kept_out = (member.is_none() && room.modes.has('n'))
            || (!has_voice && room.modes.has('m'))
            || (room.modes.has('C') && text.is_some_and(is_ctcp));
        let is_silenced = || self.compare(&speaker.source, |source| room.silences(source));
        !is_kept_out && (has_voice || !is_silenced())
    }
}

/// The tags that clients may send to each other, as they stand in a line behind others; of several
/// with one name the last. IRCv3 message-tags, "Rules for naming message tags".
fn relayed(tags: Tags<'_>) -> String {
    let mut seen = BTreeSet::new();
    let all = tags.iter().rev();
    let kept: Vec<_> = all
        .filter(|(key, _)| is_client_only(key) && seen.insert(*key))
        .collect();
    let mut text = String::new();
    for (key, value) in kept.into_iter().rev() {
        let sign = if value.is_empty() { "" } else { "=" };
        text.extend([";", key, sign, value]);
    }
    text
}

/// Whether a tag is one that clients may send to each other: `+`, and a name that could not be
/// taken for anything else. IRCv3 message-tags, "Format".
fn is_client_only(key: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-/.".contains(&byte);
    let name = key.strip_prefix('+');
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(fits))
}

/// Whether a text is a question of one program to another; `ACTION` is a person's.
fn is_ctcp(text: &str) -> bool {
    text.starts_with('\u{1}') && !text.starts_with("\u{1}ACTION ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;

    #[test]
    fn of_the_tags_of_a_client_those_for_others_are_relayed_and_each_name_once() {
        for (sent, kept) in [
            (
                "@+x=y\\:;msgid=forged;+z;+=1;+\u{1b}=2;time=3 TAGMSG d",
                ";+x=y\\:;+z",
            ),
            ("@+x=1;+y;+x=2 TAGMSG d", ";+y;+x=2"),
            ("@+x=1;+x TAGMSG d", ";+x"),
            ("TAGMSG d", ""),
        ] {
            assert_eq!(relayed(Message::parse(sent).unwrap().tags), kept, "{sent}");
        }
    }
}
