//! Requests of other threads and other programs to the sessions.

use std::fmt;
use std::ops::Range;
use std::sync::mpsc::{Sender, SyncSender};

use tokio::sync::mpsc;

use super::{Driver, Frontend, NetworkSetup, PrepareFailure, QuestionSubject};
use crate::client::command::analysis::LineAnalysis;
use crate::client::command::completion::CompletionNames;
use crate::client::control::{self, ControlRequest};
use crate::client::event::{Event, InputError, LogStatus, NetworkId};
use crate::client::session::{Network, PromptPlace, SessionTime};
use crate::common::sanitize::sanitize;
use crate::common::test_hooks::panic_if_requested;

/// Input of the driver from other threads.
pub(crate) enum DriverInput {
    /// The user entered this.
    Typed {
        /// The line, or lines.
        text: String,
        /// The prompt at which it was entered.
        place: PromptPlace,
    },
    /// The user chose this nick when asked for another one on a network.
    AnswerNick(NetworkId, String),
    /// A request for the names to complete.
    Names(Sender<CompletionNames>),
    /// A request to analyze a line that is being typed.
    Analyze(String, Sender<LineAnalysis>),
    /// A request to make this room the active one. The answer is whether the user is in it.
    ShowRoom(String, Sender<bool>),
    /// The log of a network can no longer be written, or can be written again.
    LogStatus(NetworkId, LogStatus),
    /// A request of another program, and where to send the lines of the answer.
    Control(ControlRequest, SyncSender<String>),
    /// The connection to this server, for a `/connect` that was typed on a network, is made or failed.
    Prepared(NetworkId, String, Result<Box<NetworkSetup>, PrepareFailure>),
    /// The answer of the user to a question of the driver.
    Answered(QuestionSubject, String),
    /// The user has ended the input, which is the same as `/quit`.
    InputEnded,
    /// Leave all networks, with a reason for the other users.
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
            Some(DriverInput::Typed { text, place }) => {
                panic_if_requested("network", &text);
                self.networks.typed(&place, &text, now);
                self.apply(now);
                self.frontend.line_done(&self.networks);
            }
            Some(DriverInput::AnswerNick(id, nick)) => {
                if let Some(network) = self.networks.get_mut(id) {
                    network.session.answer_nick(&nick, now, &mut network.output);
                }
            }
            Some(DriverInput::Names(answer)) => {
                let names = CompletionNames {
                    servers: self.dialer.names(),
                    ..self.networks.names()
                };
                // The editor stops waiting after a moment.
                let _ = answer.send(names);
            }
            Some(DriverInput::Analyze(line, answer)) => {
                panic_if_requested("network with a draft", &line);
                let _ = answer.send(self.networks.analyze(&line));
            }
            Some(DriverInput::ShowRoom(room, answer)) => {
                let shown = self.networks.show_room(&room);
                // The prompt names the room before the editor continues.
                self.apply(now);
                let _ = answer.send(shown);
            }
            Some(DriverInput::LogStatus(id, status)) => {
                self.networks.say(id, Event::LogStatus(status));
            }
            Some(DriverInput::Control(request, answer)) => self.control(request, answer, now),
            Some(DriverInput::Prepared(id, server, prepared)) => {
                self.prepared(id, server, prepared, now);
            }
            Some(DriverInput::Answered(subject, answer)) => self.answered(subject, answer),
            Some(DriverInput::InputEnded) => {
                self.networks.quit_by_user(None, false, now);
                self.apply(now);
                self.frontend.line_done(&self.networks);
            }
            Some(DriverInput::Quit(reason)) => self.networks.quit(reason.as_deref(), now),
            // The frontend is gone, so the sessions have no purpose any more.
            None => self.networks.quit(None, now),
        }
    }

    /// Answers a request of another program, which may no longer listen.
    fn control(&mut self, request: ControlRequest, answer: SyncSender<String>, now: SessionTime) {
        let lines = match request {
            ControlRequest::Send(line) => {
                return self.send_for_program(&PromptPlace::default(), &line, answer, now);
            }
            ControlRequest::SendOn(name, line) => match self.networks.find(&name) {
                Some(network) => {
                    let place = PromptPlace {
                        network: Some(network.id),
                        room: None,
                    };
                    return self.send_for_program(&place, &line, answer, now);
                }
                None => return refuse(&answer, &InputError::NoSuchNetwork(name)),
            },
            ControlRequest::Where => self.networks.locations(),
            ControlRequest::Who(room) => match self.networks.members(room.as_deref()) {
                Ok(members) => members,
                Err(error) => return refuse(&answer, &error),
            },
            ControlRequest::Rooms => {
                let rooms = self.networks.room_summaries().into_iter();
                rooms.map(|room| room.name).collect()
            }
            ControlRequest::Names(prefix) => self.networks.names_starting_with(&prefix),
            ControlRequest::Tail => {
                let _ = answer.try_send(control::OK.to_owned());
                return self.tails.push(answer);
            }
        };
        reply(&answer, lines);
    }

    /// Processes a line of another program, which waits until its delivery is known.
    fn send_for_program(
        &mut self,
        place: &PromptPlace,
        line: &str,
        answer: SyncSender<String>,
        now: SessionTime,
    ) {
        match self.typed_by_program(place, line, now) {
            Ok(Some((id, messages))) => {
                if let Some(link) = self.links.iter_mut().find(|link| link.id == id) {
                    link.pending.wait(messages, answer);
                }
            }
            Ok(None) => reply(&answer, Vec::new()),
            Err(error) => refuse(&answer, &error),
        }
    }

    /// Processes a line of another program as if typed, and shows it to the user. Returns the numbers
    /// of the messages that wait for their delivery, and their network.
    fn typed_by_program(
        &mut self,
        place: &PromptPlace,
        line: &str,
        now: SessionTime,
    ) -> Result<Option<(NetworkId, Range<u64>)>, InputError> {
        let before = self.networks.iter().map(|network| {
            let Network {
                id,
                session,
                output,
                ..
            } = network;
            (*id, session.next_number(), output.events.len())
        });
        let before: Vec<_> = before.collect();
        self.networks.typed(place, line, now);
        let mut messages = None;
        let mut rejected = None;
        let mut shown_on = self.networks.active().map(|network| network.id);
        for (id, first, events) in &before {
            let Some(network) = self.networks.get_mut(*id) else {
                continue;
            };
            let session = &network.session;
            if session.has_messages_from(*first) {
                messages = Some((*id, *first..session.next_number()));
            }
            let new = network.output.events.get(*events..).unwrap_or_default();
            if !new.is_empty() || messages.is_some() {
                shown_on = Some(*id);
            }
            rejected = rejected.or_else(|| {
                new.iter().find_map(|event| match event {
                    Event::InputRejected { error, .. } => Some(error.clone()),
                    _ => None,
                })
            });
        }
        for (id, _, events) in &before {
            let Some(network) = self.networks.get_mut(*id) else {
                continue;
            };
            if rejected.is_some() {
                network.output.events.truncate(*events);
            } else if Some(*id) == shown_on {
                let words = format!("From another program: {}", sanitize(line));
                network.output.events.insert(*events, Event::Note { words });
            }
        }
        rejected.map_or(Ok(messages), Err)
    }
}

/// Answers another program, which may no longer listen.
fn reply(answer: &SyncSender<String>, lines: Vec<String>) {
    let lines = [vec![control::OK.to_owned()], lines].concat();
    // As one item, so that no part of it is lost to a full queue.
    let _ = answer.try_send(lines.join("\n"));
}

/// Tells another program, which may no longer listen, why its request is not carried out.
fn refuse(answer: &SyncSender<String>, error: &dyn fmt::Display) {
    let _ = answer.try_send(format!("{}{error}", control::ERROR));
}
