//! What the other threads, and other programs, ask of the session.

use std::sync::mpsc as blocking;

use tokio::sync::mpsc;

use super::{Front, Network};
use crate::client::command::completion::CompletionNames;
use crate::client::control::{self, Ask};
use crate::client::event::Event;
use crate::client::session::{LineAnalysis, SessionTime};
use crate::common::sanitize::sanitize;
use crate::common::test_hooks::panic_if_requested;

/// What the other threads ask of the session.
#[derive(Debug)]
pub enum Command {
    /// The person entered this.
    Typed {
        /// The line, or lines.
        text: String,
        /// The room that the prompt named.
        room: Option<String>,
    },
    /// The person's other nick.
    AnswerNick(String),
    /// Which names are there to complete?
    Names(blocking::Sender<CompletionNames>),
    /// What is there to say of this line while it is typed?
    Judge(String, blocking::Sender<LineAnalysis>),
    /// The person is to know this about the log.
    LogTold(String),
    /// Another program asks this, and reads the lines of the answer.
    Control(Ask, blocking::SyncSender<String>),
    /// The server that was looked for is there, or the words say why nobody goes to it.
    Sought(String, Result<(), String>),
    /// Leave, with a reason for those who stay.
    Quit(Option<String>),
}

/// Where other threads put their commands.
pub type Commands = mpsc::UnboundedSender<Command>;

/// Where a conversation finds its commands.
pub struct Inbox {
    pub(super) receiver: mpsc::UnboundedReceiver<Command>,
    /// A way to put some there, which does not keep the conversation going.
    pub(super) sender: mpsc::WeakUnboundedSender<Command>,
}

/// A way for commands into a conversation.
pub fn commands() -> (Commands, Inbox) {
    let (commands, receiver) = mpsc::unbounded_channel();
    let sender = commands.downgrade();
    (commands, Inbox { receiver, sender })
}

impl<F: Front> Network<F> {
    pub(super) fn command(&mut self, command: Option<Command>, now: SessionTime) {
        match command {
            Some(Command::Typed { text, room }) => {
                panic_if_requested("network", &text);
                let room = room.as_deref();
                self.session.typed_in(room, &text, now, &mut self.outbox);
                self.deliver(now);
                self.front.typed_done(&self.session);
            }
            Some(Command::AnswerNick(nick)) => {
                self.session.answer_nick(&nick, now, &mut self.outbox);
            }
            Some(Command::Names(answer)) => {
                let names = CompletionNames {
                    servers: self.ways.names(),
                    ..self.session.names()
                };
                // Nobody waits for it any more when this fails.
                let _ = answer.send(names);
            }
            Some(Command::Judge(line, answer)) => {
                panic_if_requested("network with a draft", &line);
                let _ = answer.send(self.session.analyze(&line));
            }
            Some(Command::LogTold(words)) => self.outbox.events.push(Event::LogStatus { words }),
            Some(Command::Control(ask, answer)) => self.control(ask, answer, now),
            Some(Command::Sought(server, found)) => {
                self.session
                    .server_probed(server, found, now, &mut self.outbox);
            }
            Some(Command::Quit(reason)) => {
                self.session.quit(reason.as_deref(), now, &mut self.outbox);
            }
            // Everybody else is gone, so there is nobody to go on for.
            None => self.session.quit(None, now, &mut self.outbox),
        }
    }

    /// Answers another program. Whether it still listens is its own concern.
    fn control(&mut self, ask: Ask, answer: blocking::SyncSender<String>, now: SessionTime) {
        let lines = match ask {
            Ask::Send(line) => {
                let first = self.session.next_number();
                let taken = self.typed_from_outside(&line, now).map(|()| Vec::new());
                let said = first..self.session.next_number();
                if taken.is_ok() && !said.is_empty() {
                    return self.pending.wait(said, answer);
                }
                taken
            }
            Ask::Where => Ok([
                Some(self.address.to_string().as_str()),
                Some(self.session.nick()),
                self.session.active_room(),
            ]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect()),
            Ask::Who(room) => self.session.people(room.as_deref()),
            Ask::Rooms => Ok(self.session.names().rooms),
            Ask::Names(start) => Ok(self.session.names_starting_with(&start)),
            Ask::Tail => {
                let _ = answer.try_send(control::OK.to_owned());
                return self.tails.push(answer);
            }
        };
        let lines = match lines {
            Ok(lines) => [vec![control::OK.to_owned()], lines].concat(),
            Err(words) => vec![format!("{}{words}", control::ERROR)],
        };
        // In one piece, however many lines it has: the caller may be slow to take them.
        let _ = answer.try_send(lines.join("\n"));
    }

    /// Takes a line of another program like a typed one, and lets the person here see it.
    fn typed_from_outside(&mut self, line: &str, now: SessionTime) -> Result<(), String> {
        let before = self.outbox.events.len();
        self.session.typed(line, now, &mut self.outbox);
        let events = self.outbox.events.get(before..).unwrap_or_default();
        let refusal = events.iter().find_map(|event| match event {
            Event::InputRejected { words, .. } => Some(words.clone()),
            _ => None,
        });
        if let Some(words) = refusal {
            self.outbox.events.truncate(before);
            return Err(words);
        }
        let words = format!("from another program: {}", sanitize(line));
        self.outbox.events.insert(before, Event::Note { words });
        Ok(())
    }
}
