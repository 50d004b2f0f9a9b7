//! Handles the lines of the server: messages, numerics, errors, and answers of many lines.
//!
//! `on_message` is the dispatcher. A line that lacks a parameter is ignored, and nothing more: no
//! server is trusted to send what it should. It must not know what a user types. Only `session`
//! imports it.

mod bouncer;
pub(super) mod ctcp;
mod errors;
pub(super) mod fields;
mod listings;
mod membership;
mod mentions;
mod messages;
mod numerics;
mod people;
pub(super) mod playback;
pub(super) mod queries;
pub(super) mod replay;
pub(super) mod upstreams;

use crate::client::event::{Event, InputError, MessageKind};
use crate::client::session::{
    CloseReason, Phase, ProtocolViolation, Session, SessionOutput, SessionTime, truncate,
};
use crate::common::sentence::end_sentence;
use crate::wire::message::BODY_BYTES_MAX;
use crate::wire::{Message, Request};
use fields::parameters_from;

impl Session {
    pub(super) fn on_message(
        &mut self,
        message: &Message<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        if self.phase == Phase::Ended
            || self.link.capabilities.plays_back()
                && self.playback.note(message, self.link.replay.is_current)
            || self.link.replay.is_past_change(message)
        {
            return;
        }
        if let Some(number) = message.number() {
            return self.on_numeric(number, message, now, output);
        }
        let source = message.source.map_or("", |source| source.nick());
        let own = self.is_own(source);
        // A broken server can send an empty name.
        let first = message.parameter(0).filter(|first| !first.is_empty());
        let second = message.parameter(1);
        match (message.command, first, second) {
            ("PRIVMSG", Some(target), Some(text)) => {
                self.on_chat(message, target, text, MessageKind::Text, now, output);
            }
            ("NOTICE", Some(target), Some(text)) => {
                self.on_chat(message, target, text, MessageKind::Notice, now, output);
            }
            ("PING", token, _) => {
                let token = token.map(|token| truncate(token, BODY_BYTES_MAX / 2));
                self.send(&Request::Pong { token }, output);
            }
            ("PONG", _, _) => self.on_pong(message, now, output),
            ("CHGHOST", Some(user), Some(host)) => {
                self.on_host_change(message, user, host, output);
            }
            ("AWAY", reason, _) => self.on_away_change(message, reason, output),
            ("ACCOUNT", Some(account), _) => self.on_account_change(message, account, output),
            ("CAP", ..) => self.on_cap(message, output),
            ("AUTHENTICATE", Some(part), _) => self.on_authenticate(part, output),
            ("AUTHENTICATE", ..) => {}
            ("REGISTER" | "VERIFY", Some(_), Some(_)) => {
                self.on_account_registration(message, output);
            }
            ("BOUNCER", Some(_), _) => self.on_bouncer(message, output),
            ("BATCH", Some(reference), kind) => self.on_bouncer_batch(reference, kind, output),
            // It only confirms a line. IRCv3, labeled-response.
            ("ACK" | "BATCH", ..) => {}
            // The client itself has requested the nick.
            ("FAIL", Some(command), Some(_))
                if self.queries.regaining && command.eq_ignore_ascii_case("NICK") =>
            {
                self.queries.regaining = false;
            }
            ("FAIL", Some(command), Some(code))
                if self.is_binding() && command.eq_ignore_ascii_case("BOUNCER") =>
            {
                self.on_bind_failed(code, message, output);
            }
            ("FAIL", Some(_), Some(_)) => {
                let text = message.parameters.last().copied().unwrap_or_default();
                let text = text.to_owned();
                let is_registering =
                    matches!(self.phase, Phase::Registering { .. } | Phase::Asking);
                // Nothing that was typed has caused it, so its line names the network.
                if is_registering && !self.settings.script {
                    let words = end_sentence(text);
                    return output.events.push(Event::Note { words });
                }
                self.reject_input(
                    InputError::Fail {
                        text,
                        command: None,
                    },
                    output,
                );
            }
            ("JOIN", Some(room), _) => self.on_join(message, room, own, now, output),
            ("PART", Some(room), reason) => self.on_part(message, room, reason, own, now, output),
            // The end of the connection follows.
            ("QUIT", ..) if own => {}
            ("QUIT", reason, _) => self.on_quit(message, reason, now, output),
            ("NICK", Some(to), _) => self.on_nick(source, to, own, now, output),
            ("KICK", Some(room), Some(nick)) => {
                self.on_kick(message, source, room, nick, output);
            }
            ("TOPIC", Some(room), Some(topic)) => {
                self.rooms.set_topic(room, Some(topic));
                output.events.push(Event::TopicChanged {
                    room: self.rooms.name_of(room).to_owned(),
                    nick: source.to_owned(),
                    topic: topic.to_owned(),
                });
            }
            ("MODE", Some(target), Some(letters)) => {
                self.on_mode(message, target, letters, output);
            }
            ("WALLOPS", Some(text), _) => self.on_wallops(message, text, output),
            ("SETNAME", Some(name), _) => self.on_real_name_change(message, name, output),
            // A message of tags only, such as a typing notification, is not shown.
            ("TAGMSG", ..) => {}
            ("INVITE", invited, room) => self.on_invite(message, invited, room, output),
            ("ERROR", Some(why), _) => {
                self.link.close_reason = Some(CloseReason::ServerError(why.to_owned()));
            }
            (command, ..)
                if matches!(self.phase, Phase::Registering { .. })
                    && !command.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
            {
                self.protocol_error(ProtocolViolation::NotIrc, output);
            }
            _ => self.on_unknown(message, output),
        }
    }

    /// A message to all operators, or of the server to everyone who asked for such.
    fn on_wallops(&self, message: &Message<'_>, text: &str, output: &mut SessionOutput) {
        let source = message.source.map_or("the server", |source| source.nick());
        let text = format!("wallops from {source}: {text}");
        output.events.extend(match message.source {
            Some(source) if self.is_ignored(source.as_str()) => None,
            Some(source) => Some(Event::PersonSent {
                nick: source.nick().to_owned(),
                text,
            }),
            None => Some(Event::ServerSaid { text, asked: false }),
        });
    }

    /// A command that has no meaning here. Those of people are shown: a person may expect that they
    /// are read.
    fn on_unknown(&mut self, message: &Message<'_>, output: &mut SessionOutput) {
        let line = format!("{} {}", message.command, parameters_from(message, 0));
        let line = line.trim_end();
        let person = message
            .source
            .filter(|source| source.as_str().contains('!'));
        output.events.extend(match person {
            Some(person) if self.is_ignored(person.as_str()) => None,
            Some(person) if !self.is_own(person.nick()) => Some(Event::PersonSent {
                nick: person.nick().to_owned(),
                text: format!("{} sends {line}", person.nick()),
            }),
            _ => Some(Event::ServerNotice {
                text: line.to_owned(),
            }),
        });
    }

    pub(super) fn is_own(&self, nick: &str) -> bool {
        !nick.is_empty() && self.is_same(nick, &self.identity.nick)
    }

    fn is_ignored(&self, source: &str) -> bool {
        self.attention
            .ignore_list
            .matches(source, &self.rooms.isupport)
    }
}
