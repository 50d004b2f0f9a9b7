//! The handlers of the requests: a line is parsed here and passed to one handler.
//!
//! A handler changes the state and returns a [`Rejection`] instead of sending the error itself.
//! It must not know sockets or the clock. `hub` and, through it, `net` import it.

mod accounts;
mod authenticate;
mod bans;
mod chanserv;
mod events;
mod help;
mod history;
mod list;
mod markers;
mod membership;
mod messages;
mod moderation;
mod monitor;
mod multiline;
mod nickserv;
mod once;
mod operators;
mod queries;
mod redaction;
mod register;
mod registered_rooms;
mod registration;
mod room_modes;
mod services;
mod user_modes;
mod webirc;
mod welcome;
mod who;
mod whowas;

use crate::server::hub::task::Task;
use crate::server::hub::{CommandResult, ConnectionId, Hub, Rejection};
use crate::wire::message::Tags;
use crate::wire::request::Command;
use crate::wire::{Line, Message, MessageError, Request, RequestError};
use messages::Chat;
use services::Service;

impl Hub {
    /// Runs the request in a line, and sends the error if it is rejected.
    pub(super) fn handle_line(&mut self, from: ConnectionId, line: Line<'_>) {
        let Line::Whole(line) = line else {
            return self.reject(from, Rejection::LineTooLong);
        };
        let unregistered = Some(line).filter(|_| self.people.registered(from).is_err());
        if unregistered.is_some() && self.is_administrator(from) {
            return self.administer(from, line);
        }
        if let Some(reason) = unregistered.and_then(registration::other_protocol) {
            return self.disconnect(from, reason);
        }
        // An error is a response to the line, too, so it gets the label.
        let label = self.label(from, Tags::of(line));
        self.outbox().begin_responses();
        if let Err(rejection) = self.handle_message(from, line) {
            self.reject(from, rejection);
        }
        let has_other_ending = self.outbox().begin_other_ending();
        let label = label.filter(|label| !self.keep_label_of_batch(from, line, label.text));
        match (label, self.label_of_task(from)) {
            // The response is sent with the answer to the task.
            (Some(label), Some(slot)) => *slot = Some(label.text.to_owned()),
            (Some(label), None) => self.label_endings(label, has_other_ending),
            (None, _) => {}
        }
    }

    /// Where the label of the current line is kept if the line has started a task.
    fn label_of_task(&mut self, from: ConnectionId) -> Option<&mut Option<String>> {
        let tasks = &self.outbox.get_mut().tasks;
        let task = tasks.iter().find(|task| task.connection() == from)?;
        match task {
            // A gateway sends no labels.
            Task::CheckPassword { .. } => {
                let check = self.operators.checks.get_mut(&from);
                check.map(|check| &mut check.label)
            }
            Task::CheckLogin { .. }
            | Task::DerivePassword { .. }
            | Task::SendCode { .. }
            | Task::ChangeStore { .. } => {
                let pending = self.accounts.as_deref_mut()?.pending.get_mut(&from);
                pending.map(|pending| &mut pending.label)
            }
            // The administrator sends no labels.
            Task::ReportStatus { .. } => None,
            Task::ReadHistory(_) => {
                let query = self.history.get_mut(&from)?.back_mut()?;
                query.is_request().then_some(&mut query.label)
            }
        }
    }

    /// Parses a line and runs the request in it.
    fn handle_message<'a>(&mut self, from: ConnectionId, line: &'a [u8]) -> CommandResult<'a> {
        let message = &match Message::from_client(line) {
            Ok(message) => message,
            Err(MessageError::NoCommand) => return Ok(()),
            Err(MessageError::ForbiddenByte) => return Err(Rejection::ForbiddenByte("*")),
            Err(MessageError::InvalidUtf8) => {
                let command = Command::of_any(line).map_or("*", |command| command.name);
                return Err(Rejection::InvalidUtf8(command));
            }
            Err(MessageError::TooLong) => return Err(Rejection::LineTooLong),
        };
        if !message.tags.is_empty()
            && let Some(done) = self.batched_line(from, message)
        {
            return done;
        }
        let needs_name = || Command::named(message.command).is_some_and(|one| !one.is_early);
        // Errors about the form of a line affect its sender alone.
        self.outbox().is_free = true;
        let request = match Request::read(message) {
            // Bots answer each other with NOTICE: an error reply to one could loop for ever.
            // RFC 2812, 3.3.2.
            Err(_) if message.command.eq_ignore_ascii_case("NOTICE") => return Ok(()),
            // Before registration an error about parameters does not help.
            _ if self.people.registered(from).is_err() && needs_name() => {
                return Err(Rejection::NotRegistered);
            }
            // Without accounts, their commands are unknown in every form.
            Err(RequestError::Missing { command, .. }) if !self.offers(command) => {
                return Err(Rejection::UnknownCommand(command));
            }
            request => request?,
        };
        self.outbox().is_free = is_free(&request);
        self.dispatch(from, request, message.tags)
    }

    /// Calls the handler of a request.
    #[rustfmt::skip]
    fn dispatch<'a>(&mut self, from: ConnectionId, request: Request<'a>, tags: Tags<'a>) -> CommandResult<'a> {
        let chat = |command, text| Chat { from, command, text, tags };
        match request {
            Request::Pass { password } => self.pass(from, password)?,
            Request::Nick { nick } => self.nick(from, nick)?,
            Request::User { user, real_name, .. } => self.user(from, user, real_name)?,
            Request::Webirc { password, gateway, address, options, .. } => {
                self.webirc(from, password, gateway, address, options)?;
            }
            Request::Authenticate { parameter } => self.authenticate(from, parameter)?,
            Request::Batch { reference, kind, target } => {
                self.batch(from, reference, (kind, target), tags)?;
            }
            Request::Cap { subcommand, argument } => self.cap(from, subcommand, argument)?,
            Request::Chathistory { subcommand, first, second, third, fourth } => {
                self.chathistory(from, subcommand, [first, second, third, fourth])?;
            }
            Request::Redact { target, msgid, reason } => {
                self.redact(from, target, msgid, reason)?;
            }
            Request::Register { account, email, password } => {
                self.register(from, account, email, password)?;
            }
            Request::Verify { account, code } => self.verify(from, account, code)?,
            Request::Nickserv { words } | Request::Ns { words } => {
                self.ask_service_by_command(from, (Service::Nick, "NICKSERV"), &words)?;
            }
            Request::Chanserv { words } | Request::Cs { words } => {
                self.ask_service_by_command(from, (Service::Chan, "CHANSERV"), &words)?;
            }
            Request::Ping { token } => self.ping(from, token),
            Request::Pong { .. } => self.mark_alive(from),
            Request::Quit { reason } => self.quit(from, reason),
            Request::Join { rooms, keys } => self.join(from, rooms, keys)?,
            Request::Part { rooms, reason } => self.part(from, rooms, reason)?,
            Request::Topic { room, topic: None } => self.topic(from, room)?,
            Request::Topic { room, topic: Some(topic) } => self.set_topic(from, room, topic)?,
            Request::Names { rooms } => self.names(from, rooms)?,
            Request::List { filter } => self.list(from, filter)?,
            Request::Privmsg { targets, text } => self.send_chat(targets, chat("PRIVMSG", Some(text)))?,
            Request::Notice { targets, text } => self.send_chat(targets, chat("NOTICE", Some(text)))?,
            Request::Tagmsg { targets } => self.send_chat(targets, chat("TAGMSG", None))?,
            Request::Who { mask, fields } => self.who(from, mask, fields),
            Request::Whois { nick } => self.whois(from, nick),
            Request::Whowas { nick, count } => self.whowas(from, nick, count),
            Request::Ison { nicks } => self.ison(from, &nicks),
            Request::Userhost { nicks } => self.userhost(from, &nicks),
            Request::Away { message } => self.away(from, message)?,
            Request::Motd => self.motd(from),
            Request::Lusers => self.lusers(from),
            Request::Version => self.version(from),
            Request::Time => self.time(from),
            Request::Info { target } => self.info(from, target)?,
            Request::Help { subject } | Request::Helpop { subject } => self.help(from, subject)?,
            Request::Links => self.links(from),
            Request::Stats { query } => self.stats(from, query)?,
            Request::Markread { target, time } => self.markread(from, target, time)?,
            Request::Mode { target, letters, parameters } if target.starts_with('#') => {
                self.room_mode(from, target, letters, parameters)?;
            }
            Request::Mode { target, letters, .. } => self.user_mode(from, target, letters)?,
            Request::Invite { nick, room } => self.invite(from, nick, room)?,
            Request::Kick { rooms, nicks, reason } => self.kick(from, rooms, nicks, reason)?,
            Request::Oper { name, password } => self.oper(from, name, password)?,
            Request::Kline { words } => self.ban(from, "KLINE", &words)?,
            Request::Dline { words } => self.ban(from, "DLINE", &words)?,
            Request::Unkline { target } => self.unban(from, "UNKLINE", target)?,
            Request::Undline { target } => self.unban(from, "UNDLINE", target)?,
            Request::Kill { nick, reason } => self.kill(from, nick, reason)?,
            Request::Wallops { text } => self.wallops(from, text)?,
            Request::Rehash => self.rehash(from)?,
            Request::Setname { real_name } => self.setname(from, real_name)?,
            Request::Monitor { change, nicks } => self.monitor(from, change, nicks)?,
        }
        Ok(())
    }
}

/// Whether a line affects its sender alone, and its response depends on nothing that waits for the
/// store. This holds for a line that is no request, too.
pub(in crate::server) fn is_free_line(line: &[u8]) -> bool {
    let Ok(message) = Message::from_client(line) else {
        return true;
    };
    Request::read(&message).map_or(true, |request| is_free(&request))
}

/// Whether a request affects its sender alone, and its response depends on nothing that waits. `CAP`
/// changes the form of later lines, so it is not such a request.
fn is_free(request: &Request<'_>) -> bool {
    matches!(
        request,
        Request::Ping { .. }
            | Request::Pong { .. }
            | Request::Version
            | Request::Time
            | Request::Info { .. }
            | Request::Help { .. }
            | Request::Helpop { .. }
            | Request::Motd
    )
}
