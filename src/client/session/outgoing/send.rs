//! What this person says, until it is known what became of it.
//!
//! Each of a person's lines is a flight, as those of a script are: with a label where the server
//! knows labels, and else with a question behind it, but never more than one question at a time. So
//! a refusal finds the line it is about, and when the connection is lost it is known which lines
//! nobody can tell the status of, and which never left this program.

use crate::client::command::UserCommand;
use crate::client::event::json::MessageTags;
use crate::client::event::{DeliveryStatus, Event, MessageKind};
use crate::client::session::delivery::in_flight::in_flight_mut;
use crate::client::session::incoming::errors::is_about_talk;
use crate::client::session::{Session, SessionOutput, SessionTime, WAITING_LINES_MAX};
use crate::wire::message::BODY_BYTES_MAX;
use crate::wire::{Message, Request};

/// Something to say, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client::session) struct OutgoingMessage {
    /// A room or a person.
    pub(super) target: String,
    pub(super) text: String,
    pub(super) kind: MessageKind,
}

impl Session {
    /// What an intent has to say; nothing when it is about something else. The error is in words.
    pub(super) fn message_for(
        &self,
        intent: &UserCommand<'_>,
    ) -> Option<Result<OutgoingMessage, String>> {
        let (target, text, kind) = match intent {
            UserCommand::Say { text } => (self.target_room(), text, MessageKind::Text),
            UserCommand::Act { text } => (self.target_room(), text, MessageKind::Action),
            UserCommand::Tell { target, text } => (Some(*target), text, MessageKind::Text),
            UserCommand::Notice { target, text } => (Some(*target), text, MessageKind::Notice),
            UserCommand::Reply { text } => match &self.last_whisperer {
                Some(nick) => (Some(nick.as_str()), text, MessageKind::Text),
                None => return Some(Err(self.no_whisperer_words())),
            },
            _ => return None,
        };
        Some(match target {
            Some(target) => Ok(OutgoingMessage {
                target: target.to_owned(),
                text: (*text).to_owned(),
                kind,
            }),
            None => Err(self.no_room_words()),
        })
    }

    /// Says something, in as many lines as it takes.
    pub(super) fn send_message(
        &mut self,
        talk: &OutgoingMessage,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        let (before, behind) = match talk.kind {
            MessageKind::Action => (ACTION, ACTION_END),
            MessageKind::Text | MessageKind::Notice => ("", ""),
        };
        let targets = talk.target.as_str();
        let bytes_max = self.text_bytes_max(targets, before.len() + behind.len());
        let pieces = split(&talk.text, bytes_max);
        for piece in &pieces {
            let text = &format!("{before}{piece}{behind}");
            let request = match talk.kind {
                MessageKind::Notice => Request::Notice { targets, text },
                MessageKind::Text | MessageKind::Action => Request::Privmsg { targets, text },
            };
            // A script is told by the number of the line, so only the log needs the words.
            let is_wanted = !self.is_scripting() || self.settings.log;
            let kept = is_wanted.then(|| OutgoingMessage {
                text: (*piece).to_owned(),
                ..talk.clone()
            });
            if !self.send_or_queue(&request, kept, now, outbox) {
                return;
            }
        }
        if pieces.len() > 1 {
            outbox.events.push(Event::Note {
                words: format!(
                    "this was too long for one line and went out in {}",
                    pieces.len()
                ),
            });
        }
    }

    /// How long a text to `target` can be so that the line still fits when the server has put
    /// this person's `nick!user@host` in front of it.
    pub(in crate::client::session) fn text_bytes_max(
        &self,
        target: &str,
        around_bytes: usize,
    ) -> usize {
        // What others see can change at any time, and not every server tells.
        let address = self.address.as_ref().map_or(0, String::len);
        let address = address.max(ADDRESS_BYTES_MAX);
        let around = ":! PRIVMSG  :\r\n".len() + self.nick.len() + address + target.len();
        BODY_BYTES_MAX
            .saturating_sub(around + around_bytes)
            .max(TEXT_BYTES_MIN)
    }

    /// Keeps what was said while there is no connection.
    pub(super) fn queue_offline(&mut self, talk: OutgoingMessage, outbox: &mut SessionOutput) {
        if self.backlog.len() >= WAITING_LINES_MAX {
            return self.reject_input("too many lines are waiting for the connection", outbox);
        }
        self.backlog.push_back(talk);
        // A text of many lines is told of once, and so are lines typed one behind the other.
        if !std::mem::replace(&mut self.backlog_announced, true) {
            let words = "not connected: what you say waits and is sent when the server is back";
            outbox.events.push(Event::Note {
                words: words.to_owned(),
            });
        }
    }

    /// Why nobody can be answered.
    pub(super) fn no_whisperer_words(&self) -> String {
        match &self.departed_whisperer {
            Some(nick) => format!("{nick}, who whispered to you last, has left"),
            None => "nobody has whispered to you yet".to_owned(),
        }
    }

    /// Why there is no room to talk in.
    pub(super) fn no_room_words(&self) -> String {
        match self.typed_in.as_deref().or(self.rooms.left_room()) {
            Some(room) => format!(
                "you are not in {room}; /join {room} enters it, /room #ROOM goes to another"
            ),
            None => "you are in no room; /join #ROOM enters one".to_owned(),
        }
    }

    /// Says what was said while there was no connection, in order, each line where it was typed.
    pub(in crate::client::session) fn send_backlog(
        &mut self,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        self.backlog_announced = false;
        if !self.backlog.is_empty() {
            let words = match self.backlog.len() {
                1 => "the line that waited goes out".to_owned(),
                many => format!("the {many} lines that waited go out"),
            };
            outbox.events.push(Event::Note { words });
        }
        for talk in std::mem::take(&mut self.backlog) {
            self.send_message(&talk, now, outbox);
        }
    }

    /// What the server calls something that this person said, as far as it tells.
    pub(in crate::client::session) fn on_echo(&mut self, message: &Message<'_>) {
        let script = &mut self.delivery;
        let flight = script
            .answering
            .and_then(|number| in_flight_mut(&mut script.in_flight, number));
        if let Some(flight) = flight.filter(|flight| flight.message.is_some()) {
            flight.tags = MessageTags::of(message);
        }
    }

    /// Tells what became of something this person said.
    pub(in crate::client::session) fn report_delivery(
        &self,
        number: u64,
        talk: OutgoingMessage,
        status: DeliveryStatus,
        tags: MessageTags,
        outbox: &mut SessionOutput,
    ) {
        outbox.events.push(Event::Sent {
            number,
            target: talk.target,
            nick: self.nick.clone(),
            text: talk.text,
            kind: talk.kind,
            status,
            tags,
        });
    }

    /// Tells a person what was refused at once, with their words where it is about them.
    pub(in crate::client::session) fn report_error(
        &mut self,
        mut event: Event,
        outbox: &mut SessionOutput,
    ) {
        let of_script = self.settings.script;
        let script = &mut self.delivery;
        let flight = match (script.answering, &event) {
            // What is being written is not said yet.
            _ if script.writing => None,
            (Some(number), _) => in_flight_mut(&mut script.in_flight, number),
            // The lines of a script are answered one by one, and this one is among them.
            (None, _) if of_script => script.in_flight.front_mut(),
            (
                None,
                Event::Refused {
                    number, parameters, ..
                },
            ) if is_about_talk(*number) => {
                let about = parameters.first().map_or("", String::as_str);
                let mut flights = script.in_flight.iter_mut();
                flights.find(|flight| {
                    let talk = flight.message.as_ref();
                    talk.is_some_and(|talk| self.rooms.naming.is_same(&talk.target, about))
                })
            }
            _ => None,
        };
        if let Some((number, talk)) =
            flight.and_then(|flight| Some((flight.number, flight.message.take()?)))
        {
            if let Event::Refused { text, .. } = &mut event {
                *text = Some(talk.text.clone());
            }
            self.report_delivery(
                number,
                talk,
                DeliveryStatus::Refused,
                MessageTags::default(),
                outbox,
            );
        } else if let Event::Refused {
            parameters,
            command,
            ..
        } = &mut event
        {
            let naming = &self.rooms.naming;
            *command = self
                .sent_commands
                .take_refused(parameters, self.last_received, naming);
        }
        outbox.events.push(event);
    }

    /// The connection is lost: what never left this program waits for the next one, and of the rest
    /// nobody knows whether it arrived, so it is told and not sent again.
    pub(in crate::client::session) fn requeue_unsent(&mut self, outbox: &mut SessionOutput) {
        let mut unsent = Vec::new();
        for flight in std::mem::take(&mut self.delivery.in_flight) {
            let has_left = flight.start_offset < outbox.written_bytes;
            let Some(talk) = flight.message else { continue };
            if has_left {
                let tags = MessageTags::default();
                self.report_delivery(flight.number, talk, DeliveryStatus::Unknown, tags, outbox);
            } else {
                unsent.push(talk);
            }
        }
        self.sent_commands.clear();
        self.delivery.fence_pending = false;
        for piece in std::mem::take(&mut self.delivery.queued) {
            match piece.message {
                Some(talk) => unsent.push(talk),
                // Of the lines of a script the report tells.
                None if piece.line.is_some() => {}
                None => {
                    let command = piece.request.split([' ', '\r']).next().unwrap_or_default();
                    let words = format!("{command} was not sent before the connection was lost");
                    outbox.events.push(Event::Note { words });
                }
            }
        }
        if !unsent.is_empty() {
            let words = match unsent.len() {
                1 => "one line was not sent yet and goes out when the server is back".to_owned(),
                many => {
                    format!("{many} lines were not sent yet and go out when the server is back")
                }
            };
            outbox.events.push(Event::Note { words });
        }
        for talk in unsent.into_iter().rev() {
            self.backlog.push_front(talk);
        }
    }

    /// Everything is over: tells of the lines of a person of which nothing more will be known.
    pub(in crate::client::session) fn report_remaining(&mut self, outbox: &mut SessionOutput) {
        for flight in std::mem::take(&mut self.delivery.in_flight) {
            if let Some(talk) = flight.message {
                self.report_delivery(
                    flight.number,
                    talk,
                    DeliveryStatus::Unknown,
                    flight.tags,
                    outbox,
                );
            }
        }
        for piece in std::mem::take(&mut self.delivery.queued) {
            if let (Some(number), Some(talk)) = (piece.number, piece.message) {
                self.never_sent.push(talk.clone());
                self.report_delivery(
                    number,
                    talk,
                    DeliveryStatus::Unsent,
                    MessageTags::default(),
                    outbox,
                );
            }
        }
        for talk in std::mem::take(&mut self.backlog) {
            self.never_sent.push(talk.clone());
            // It has had no number, since it was never sent.
            self.report_delivery(
                u64::MAX,
                talk,
                DeliveryStatus::Unsent,
                MessageTags::default(),
                outbox,
            );
        }
    }
}

/// What marks a text as what one does. CTCP, "ACTION".
const ACTION: &str = "\x01ACTION ";
const ACTION_END: &str = "\x01";

/// As long as `user@host` can be where it is not known yet: ten bytes of user name, and a host of
/// 63.
const ADDRESS_BYTES_MAX: usize = 10 + 1 + 63;
/// However long the names around it are, so much text goes into a line at least.
const TEXT_BYTES_MIN: usize = 100;

/// `text` in pieces of at most `bytes_max` bytes, cut at spaces where there are some and never in
/// the middle of a character.
pub(in crate::client::session) fn split(text: &str, bytes_max: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > bytes_max {
        let (fitting, _) = rest.split_at(rest.floor_char_boundary(bytes_max));
        let end = match fitting.rfind(' ') {
            // A word that would leave half a line empty is cut instead.
            Some(space) if space >= bytes_max / 2 => space,
            _ => fitting.len(),
        };
        let (piece, behind) = rest.split_at(end);
        pieces.push(piece);
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}
