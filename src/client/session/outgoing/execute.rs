//! Commands that become requests, and those about the connection and the rooms of the session.

use std::time::Duration;

use super::help::notice;
use super::sent_command::{SentCommand, TargetChange};
use crate::client::command::{ParseError, UserCommand, command_carries_password};
use crate::client::event::{Event, InputError};
use crate::client::session::{
    CloseReason, Phase, Session, SessionAction, SessionOutput, SessionTime,
};
use crate::common::suggest::nearest;
use crate::wire::Request;

impl Session {
    /// Sends the request of a command. One that a user has typed is in flight until it is answered,
    /// so that a refusal finds it.
    pub(super) fn execute_request(
        &mut self,
        command: &UserCommand,
        typed: &str,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        // By the time there is a connection again it would be out of place.
        if let UserCommand::Nick { nick } = command
            && let Some(CloseReason::NickRefused { .. }) = self.link.refusal
        {
            return self.answer_nick(nick, now, output);
        }
        if !self.is_ready() {
            return self.reject_input(InputError::NotConnected, output);
        }
        if self.settings.script {
            return self.send_request_at(command, now, output);
        }
        let sent = SentCommand::new(typed, command_carries_password(command, None));
        self.delivery.queue_after = true;
        self.send_command(sent, now, output, |session, output| {
            session.send_request_at(command, now, output);
        });
        self.delivery.queue_after = false;
    }

    fn send_request_at(
        &mut self,
        command: &UserCommand,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let UserCommand::Ctcp {
            target,
            request,
            text,
        } = command
        else {
            return self.send_request(command, output);
        };
        // The answer to a ping repeats its text, which says when it was sent.
        let is_ping = request == "PING" && text.is_none();
        let time = is_ping.then(|| now.elapsed.as_millis().to_string());
        let text = text.as_ref().or(time.as_ref());
        let text = text.map_or(String::new(), |text| format!(" {text}"));
        let text = &format!("\x01{request}{text}\x01");
        let targets = target;
        self.send(&Request::Privmsg { targets, text }, output);
    }

    /// Runs a command of the configuration on connect. It may carry a password, so nothing of it is
    /// shown or kept except an error of the server.
    pub(in crate::client::session) fn run_on_connect(
        &mut self,
        command: &UserCommand,
        output: &mut SessionOutput,
    ) {
        self.delivery.queue_after = true;
        match command {
            UserCommand::Message { target, text } => {
                let targets = target;
                self.send(&Request::Privmsg { targets, text }, output);
            }
            UserCommand::Notice { target, text } => {
                let targets = target;
                self.send(&Request::Notice { targets, text }, output);
            }
            command if command.is_allowed_on_connect() => self.send_request(command, output),
            _ => self.reject_input(InputError::NotOnConnect, output),
        }
        self.delivery.queue_after = false;
    }

    /// The error for an unknown command that may be meant as an alias.
    pub(super) fn suggest_alias(&self, error: &ParseError) -> Option<InputError> {
        let (name, command) = error.unknown_command()?;
        // A prefix of a command means that command.
        let is_prefix = |command: &str| command.starts_with(&name.to_ascii_lowercase());
        if command.is_some_and(is_prefix) {
            return None;
        }
        let aliases = self.settings.aliases.keys().map(String::as_str);
        let suggestion = nearest(name, aliases.chain(command))?.to_owned();
        let name = name.to_owned();
        Some(InputError::UnknownCommand { name, suggestion })
    }

    fn send_request(&mut self, command: &UserCommand, output: &mut SessionOutput) {
        self.queries.plain_reply |= matches!(
            command,
            UserCommand::Mode { .. }
                | UserCommand::Invite { .. }
                | UserCommand::Oper { .. }
                | UserCommand::Raw { .. }
        );
        match command {
            UserCommand::List { filter, all } => {
                self.queries.list_all = *all;
                let filter = filter.as_deref();
                self.send(&Request::List { filter }, output);
            }
            UserCommand::Invite { nick, room } => {
                if let Some(room) = self.room_or_active(room.as_deref(), output) {
                    self.send_line(format!("INVITE {nick} {room}"), output);
                }
            }
            UserCommand::Kick { room, nick, reason } => {
                if let Some(room) = self.room_or_active(room.as_deref(), output) {
                    let reason = reason.as_ref().map(|text| format!(" :{text}"));
                    let reason = reason.unwrap_or_default();
                    self.send_line(format!("KICK {room} {nick}{reason}"), output);
                }
            }
            UserCommand::Mode { target, change } => {
                let target = target.clone().or_else(|| self.room_or_active(None, output));
                if let Some(target) = target {
                    let line = format!("MODE {target} {change}");
                    self.send_line(line.trim_end().to_owned(), output);
                }
            }
            UserCommand::Register { email, password } => {
                self.register_account(email.as_deref(), password, output);
            }
            UserCommand::Verify { account, code } => {
                self.verify_account(account.as_deref(), code, output);
            }
            UserCommand::Oper { name, password } => {
                self.send(
                    &Request::Oper {
                        name,
                        password: password.as_deref(),
                    },
                    output,
                );
            }
            UserCommand::Raw { line } => {
                self.await_target(None);
                self.note_typed_ping(line);
                self.send_line(line.clone(), output);
            }
            UserCommand::Nick { nick } => {
                self.queries.nick = Some(nick.clone());
                self.send_nick(nick, output);
            }
            UserCommand::Who { room, all } => {
                if let Some(room) = self.room_or_active(room.as_deref(), output) {
                    self.send_who(&room, *all, output);
                }
            }
            UserCommand::Names { room } => {
                if let Some(room) = self.room_or_active(room.as_deref(), output) {
                    self.queries.names.insert(self.key(&room), Vec::new());
                    self.send(&Request::Names { rooms: Some(&room) }, output);
                }
            }
            UserCommand::Whois { nick } => {
                self.send(&Request::Whois { nick }, output);
            }
            UserCommand::Join { room, key } => {
                self.join(room, key.as_deref(), output);
            }
            UserCommand::Part { room, reason } => {
                self.part(room.as_deref(), reason.as_deref(), output);
            }
            UserCommand::Topic { room, topic } => {
                self.topic(room.as_deref(), topic.as_deref(), output);
            }
            UserCommand::Away { message } => {
                self.identity.away.clone_from(message);
                let message = message.as_deref();
                self.send(&Request::Away { message }, output);
            }
            _ => debug_assert!(false, "`execute` carries out the other commands"),
        }
    }

    /// Joins a room, or makes it the active one if the user is in it.
    fn join(&mut self, room: &str, key: Option<&str>, output: &mut SessionOutput) {
        let room = &*self.rooms.isupport.room_from_input(room).into_owned();
        self.await_target(Some(TargetChange::Join(room.to_owned())));
        self.rooms.request_active(room, key);
        if self.rooms.get(room).is_none() {
            let request = Request::Join {
                rooms: room,
                keys: key,
            };
            self.send(&request, output);
        }
    }

    fn part(&mut self, room: Option<&str>, reason: Option<&str>, output: &mut SessionOutput) {
        let (room, reason) = self.leading_room(room, reason);
        let Some(room) = self.room_or_active(room.as_deref(), output) else {
            return;
        };
        self.await_target(Some(TargetChange::Part(room.clone())));
        self.rooms.expect_part(&room);
        let rooms = room.as_str();
        self.send(&Request::Part { rooms, reason }, output);
    }

    fn topic(&mut self, room: Option<&str>, topic: Option<&str>, output: &mut SessionOutput) {
        let (room, topic) = self.leading_topic_room(room, topic);
        let Some(room) = self.room_or_active(room.as_deref(), output) else {
            return;
        };
        if topic.is_none() {
            self.queries.topics.insert(self.key(&room));
        }
        self.send(&Request::Topic { room: &room, topic }, output);
    }

    /// Connects again to the same server.
    pub fn reconnect(&mut self, output: &mut SessionOutput) {
        if self.settings.script || self.is_leaving() {
            return self.reject_input(InputError::ScriptKeepsConnection, output);
        }
        self.link.reconnect_attempts = 0;
        self.link.refusal = None;
        if self.phase == Phase::Offline {
            let after = Duration::ZERO;
            return output.actions.push(SessionAction::Reconnect { after });
        }
        self.link.close_reason = Some(CloseReason::ReconnectRequested);
        output.actions.push(SessionAction::Close);
    }

    pub(super) fn list_rooms(&mut self, output: &mut SessionOutput) {
        let rooms = self.room_summaries();
        output.events.push(Event::Rooms { rooms });
    }

    pub(super) fn list_ignored(&self, output: &mut SessionOutput) {
        let masks = self.attention.ignore_list.masks();
        let words = match masks.len() {
            0 => "No one is ignored.".to_owned(),
            _ => format!("Ignored: {}", masks.join(" ")),
        };
        notice(output, words);
    }
}
