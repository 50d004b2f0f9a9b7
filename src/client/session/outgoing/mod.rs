//! Handles typed input: commands carried out, targets chosen, messages sent.
//!
//! `execute` is the dispatcher. Text is parsed once, by `command`; from there on a [`UserCommand`]
//! goes to the code that carries it out. It must not know how an answer is parsed. Only `session`
//! imports it.

mod account;
mod analyze;
pub(super) mod backlog;
mod execute;
mod help;
pub(super) mod message;
pub(super) mod parsed_line;
mod send;
pub(super) mod sent_command;
mod target;
mod unsent;

use crate::client::command::{self, UserCommand};
use crate::client::event::{Event, InputError, MessageKind};
use crate::client::session::{Session, SessionAction, SessionOutput, SessionTime};
use help::notice;
use parsed_line::{ParsedInput, ParsedLine};

impl Session {
    /// The user entered a line, or a pasted text of several lines.
    pub fn typed(&mut self, text: &str, now: SessionTime, output: &mut SessionOutput) {
        self.typed_in(None, text, now, output);
    }

    /// The same at a prompt that named a room: the line is about that room, even if another one has
    /// become active since.
    pub fn typed_in(
        &mut self,
        room: Option<&str>,
        text: &str,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let input = ParsedInput::parse(text, &self.settings.aliases);
        self.execute_input(room, input, now, output);
    }

    /// The same for a text that is parsed already.
    pub(in crate::client::session) fn execute_input(
        &mut self,
        room: Option<&str>,
        input: ParsedInput<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        self.attention.typed_in = room.map(str::to_owned);
        self.note_input();
        let (announced, before) = (self.backlog.announced, self.backlog.waiting.len());
        match input.others {
            None => self.execute_line(input.first, now, output),
            Some(others) => self.execute_paste(input.first, others, now, output),
        }
        if announced && self.backlog.waiting.len() > before {
            let words = format!("{} lines are waiting.", self.backlog.waiting.len());
            output.events.push(Event::Note { words });
        }
        self.attention.typed_in = None;
    }

    /// Carries out a line.
    pub(in crate::client::session) fn execute_line(
        &mut self,
        line: ParsedLine<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        match line.command {
            Ok(command) => self.execute(command, line.text, now, output),
            Err(error) => {
                let error = self.suggest_alias(&error).unwrap_or(error.into());
                self.reject_input(error, output);
                self.forget_target_of_script(line.text);
            }
        }
    }

    /// Sends a pasted text of several lines. Only the first line can say where it goes; the others
    /// are text, whatever they begin with.
    fn execute_paste(
        &mut self,
        first: ParsedLine<'_>,
        others: &str,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let target = match self.paste_target(&first) {
            Ok(target) => target.map(str::to_owned),
            Err(error) => return self.reject_input(error, output),
        };
        self.execute_line(first, now, output);
        for line in written_lines(others) {
            let command = match &target {
                Some(target) => command::message(target, line),
                None => command::text(line),
            };
            match command {
                Ok(command) => self.execute(command, line, now, output),
                Err(error) => self.reject_input(error.into(), output),
            }
        }
    }

    /// Where a pasted text of several lines goes whose first line is this one: to the active room, or
    /// to a recipient that the line names.
    pub(super) fn paste_target<'l>(
        &self,
        first: &'l ParsedLine<'_>,
    ) -> Result<Option<&'l str>, InputError> {
        match &first.command {
            Ok(UserCommand::Say { .. }) => Ok(None),
            Ok(UserCommand::Message { target, .. }) => Ok(Some(target.as_str())),
            Ok(_) => Err(InputError::CommandInPaste),
            Err(error) => Err(self.suggest_alias(error).unwrap_or(error.clone().into())),
        }
    }

    /// Sends a line of a script to the active room, whatever it begins with.
    pub(in crate::client::session) fn execute_text(
        &mut self,
        text: &str,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        if text.trim().is_empty() {
            return;
        }
        debug_assert!(self.is_ready(), "a script waits until the session is ready");
        let message = self.message_to_active(text.to_owned(), MessageKind::Text);
        self.send_or_reject(message, now, output);
    }

    /// Carries out a command. `typed` is the line to show if the server refuses it.
    pub(in crate::client::session) fn execute(
        &mut self,
        command: UserCommand,
        typed: &str,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        // The warning holds for the next command only.
        self.link.warned_of_others &= matches!(command, UserCommand::Quit { .. });
        match command {
            UserCommand::Nothing => {}
            UserCommand::Say { text } => {
                let message = self.message_to_active(text, MessageKind::Text);
                self.send_or_reject(message, now, output);
            }
            UserCommand::Action { text } => {
                let message = self.message_to_active(text, MessageKind::Action);
                self.send_or_reject(message, now, output);
            }
            UserCommand::Message { target, text } => {
                let message = self.message_to(&target, text, MessageKind::Text);
                self.send_or_reject(Ok(message), now, output);
            }
            UserCommand::Notice { target, text } => {
                let message = self.message_to(&target, text, MessageKind::Notice);
                self.send_or_reject(Ok(message), now, output);
            }
            UserCommand::Reply { text } => {
                let message = self.reply(text);
                self.send_or_reject(message, now, output);
            }
            UserCommand::Help { command } => self.help(command.as_deref(), output),
            UserCommand::Quit { reason, keep } => {
                self.quit_by_user(reason.as_deref(), keep, now, output);
            }
            UserCommand::Connect { .. } | UserCommand::Disconnect { .. }
                if self.settings.script =>
            {
                self.reject_input(InputError::ScriptKeepsServer, output);
            }
            UserCommand::Connect { server } => {
                output.actions.push(SessionAction::Connect { server });
            }
            UserCommand::Disconnect { network } => {
                output.actions.push(SessionAction::Disconnect { network });
            }
            UserCommand::Networks => output.actions.push(SessionAction::ListNetworks),
            UserCommand::Reconnect => self.reconnect(output),
            UserCommand::Local(_) if self.settings.script => {
                self.reject_input(InputError::NoScreen, output);
            }
            UserCommand::Local(command) => output.actions.push(SessionAction::Local(command)),
            UserCommand::SwitchRoom { room } => self.switch_room(room.as_deref(), output),
            UserCommand::Rooms => self.list_rooms(output),
            UserCommand::Ignore { mask: Some(mask) } => {
                self.attention.ignore_list.add(&mask);
                let words = format!("{mask} is ignored. /unignore {mask} undoes it.");
                notice(output, words);
            }
            UserCommand::Ignore { mask: None } => self.list_ignored(output),
            UserCommand::Unignore { mask } => match self.attention.ignore_list.remove(&mask) {
                true => notice(output, format!("{mask} is no longer ignored.")),
                false => self.reject_input(InputError::NotIgnored(mask), output),
            },
            UserCommand::Nick { .. }
            | UserCommand::Who { .. }
            | UserCommand::Names { .. }
            | UserCommand::Whois { .. }
            | UserCommand::Ctcp { .. }
            | UserCommand::Join { .. }
            | UserCommand::Part { .. }
            | UserCommand::Topic { .. }
            | UserCommand::Away { .. }
            | UserCommand::List { .. }
            | UserCommand::Invite { .. }
            | UserCommand::Register { .. }
            | UserCommand::Verify { .. }
            | UserCommand::Oper { .. }
            | UserCommand::Kick { .. }
            | UserCommand::Mode { .. }
            | UserCommand::Raw { .. } => self.execute_request(&command, typed, now, output),
        }
    }
}

/// The lines of a text that are not blank.
fn written_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').filter(|line| !line.trim().is_empty())
}

/// The line that a text consists of, without the line ends around it. `None` for several lines.
fn only_line(text: &str) -> Option<&str> {
    if !text.contains('\n') {
        return Some(text);
    }
    let mut lines = written_lines(text);
    let line = lines.next().unwrap_or_default();
    lines.next().is_none().then_some(line)
}
