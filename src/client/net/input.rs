//! What other threads and other programs ask of the session.

use std::sync::mpsc::{Sender, SyncSender};

use tokio::sync::mpsc;

use super::dial::ConnectError;
use super::{Driver, Frontend};
use crate::client::command::analysis::LineAnalysis;
use crate::client::command::completion::CompletionNames;
use crate::client::control::{self, ControlRequest};
use crate::client::event::{Event, InputError, LogStatus};
use crate::client::session::SessionTime;
use crate::common::sanitize::sanitize;
use crate::common::test_hooks::panic_if_requested;

/// Input of the driver from other threads.
#[derive(Debug)]
pub(crate) enum DriverInput {
    /// The user entered this.
    Typed {
        /// The line, or lines.
        text: String,
        /// The room in the prompt when it was entered.
        room: Option<String>,
    },
    /// The user chose this nick when asked for another.
    AnswerNick(String),
    /// A request for the names to complete.
    Names(Sender<CompletionNames>),
    /// A request to analyze a line that is being typed.
    Analyze(String, Sender<LineAnalysis>),
    /// A request to make this room the active one. The answer is whether the user is in it.
    ShowRoom(String, Sender<bool>),
    /// The log can no longer be written, or can be written again.
    LogStatus(LogStatus),
    /// A request of another program, and where to send the lines of the answer.
    Control(ControlRequest, SyncSender<String>),
    /// The connection to the server of `/connect` succeeded, or failed with this message.
    ServerProbed {
        /// The server, as it was typed.
        server: String,
        /// The result.
        result: Result<(), ConnectError>,
    },
    /// The user has ended the input, which is the same as `/quit`.
    InputEnded,
    /// Leave the server, with a reason for the other users.
    Quit(Option<String>),
}

/// Sends input to a driver.
pub(crate) type InputSender = mpsc::UnboundedSender<DriverInput>;

/// The driver's end of the input queue.
pub(crate) struct InputReceiver {
    pub(super) receiver: mpsc::UnboundedReceiver<DriverInput>,
    /// Sends to the same queue without keeping it open.
    pub(super) sender: mpsc::WeakUnboundedSender<DriverInput>,
}

/// A queue for the input of a driver.
pub(crate) fn input_channel() -> (InputSender, InputReceiver) {
    let (commands, receiver) = mpsc::unbounded_channel();
    let sender = commands.downgrade();
    (commands, InputReceiver { receiver, sender })
}

impl<F: Frontend> Driver<F> {
    /// Processes one input; `None` when all senders are gone.
    pub(super) fn process_input(&mut self, input: Option<DriverInput>, now: SessionTime) {
        match input {
            Some(DriverInput::Typed { text, room }) => {
                panic_if_requested("network", &text);
                let room = room.as_deref();
                self.session.typed_in(room, &text, now, &mut self.outbox);
                self.apply(now);
                self.frontend.line_done(&self.session);
            }
            Some(DriverInput::AnswerNick(nick)) => {
                self.session.answer_nick(&nick, now, &mut self.outbox);
            }
            Some(DriverInput::Names(answer)) => {
                let names = CompletionNames {
                    servers: self.dialer.names(),
                    ..self.session.names()
                };
                // The editor stops waiting after a moment.
                let _ = answer.send(names);
            }
            Some(DriverInput::Analyze(line, answer)) => {
                panic_if_requested("network with a draft", &line);
                let _ = answer.send(self.session.analyze(&line));
            }
            Some(DriverInput::ShowRoom(room, answer)) => {
                let shown = self.session.show_room(&room);
                // The prompt names the room before the editor continues.
                self.apply(now);
                let _ = answer.send(shown);
            }
            Some(DriverInput::LogStatus(status)) => {
                self.outbox.events.push(Event::LogStatus(status));
            }
            Some(DriverInput::Control(request, answer)) => self.control(request, answer, now),
            Some(DriverInput::ServerProbed { server, result }) => {
                let result = result.map_err(|error| InputError::NoOtherServer(error.to_string()));
                self.session
                    .server_probed(server, result, now, &mut self.outbox);
            }
            Some(DriverInput::InputEnded) => {
                self.session
                    .quit_by_user(None, false, now, &mut self.outbox);
                self.apply(now);
                self.frontend.line_done(&self.session);
            }
            Some(DriverInput::Quit(reason)) => {
                self.session.quit(reason.as_deref(), now, &mut self.outbox);
            }
            // The frontend is gone, so the session has no purpose any more.
            None => self.session.quit(None, now, &mut self.outbox),
        }
    }

    /// Answers a request of another program, which may no longer listen.
    fn control(&mut self, request: ControlRequest, answer: SyncSender<String>, now: SessionTime) {
        let lines = match request {
            ControlRequest::Send(line) => {
                let first = self.session.next_number();
                let result = self.typed_by_program(&line, now).map(|()| Vec::new());
                let messages = first..self.session.next_number();
                if result.is_ok() && self.session.has_messages_from(first) {
                    return self.pending.wait(messages, answer);
                }
                result.map_err(|error| error.to_string())
            }
            ControlRequest::Where => Ok([
                Some(self.address.to_string().as_str()),
                Some(self.session.nick()),
                self.session.active_room(),
            ]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect()),
            ControlRequest::Who(room) => {
                let members = self.session.members(room.as_deref());
                members.map_err(|error| error.to_string())
            }
            ControlRequest::Rooms => Ok(self.session.names().rooms),
            ControlRequest::Names(prefix) => Ok(self.session.names_starting_with(&prefix)),
            ControlRequest::Tail => {
                let _ = answer.try_send(control::OK.to_owned());
                return self.tails.push(answer);
            }
        };
        let lines = match lines {
            Ok(lines) => [vec![control::OK.to_owned()], lines].concat(),
            Err(message) => vec![format!("{}{message}", control::ERROR)],
        };
        // As one item, so that no part of it is lost to a full queue.
        let _ = answer.try_send(lines.join("\n"));
    }

    /// Processes a line of another program as if typed, and shows it to the user.
    fn typed_by_program(&mut self, line: &str, now: SessionTime) -> Result<(), InputError> {
        let before = self.outbox.events.len();
        self.session.typed(line, now, &mut self.outbox);
        let events = self.outbox.events.get(before..).unwrap_or_default();
        let rejected = events.iter().find_map(|event| match event {
            Event::InputRejected { error, .. } => Some(error.clone()),
            _ => None,
        });
        if let Some(error) = rejected {
            self.outbox.events.truncate(before);
            return Err(error);
        }
        let words = format!("from another program: {}", sanitize(line));
        self.outbox.events.insert(before, Event::Note { words });
        Ok(())
    }
}
