//! What a script, or a person, has sent, and what became of each line of it.
//!
//! Behind each request of a script stands a fence: a label that the server's answer carries, where
//! the server can do that, and a `PING` where it cannot. A server takes lines in their order, so
//! the answer to a `PING` says that all before it is done, and a refusal that comes before it is
//! about the oldest line that is not. So the session knows of each line whether it was taken, was
//! refused, or is still on its way.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use super::pace::Pace;
use super::report::{Ranges, Report};
use super::talk::Talk;
use super::{FENCE, Moment, Outbox, Session};
use crate::client::decoding::unescaped;
use crate::client::event::{Event, Fate};
use crate::client::json::Stamp;
use crate::client::sendable;
use crate::wire::{Message, Request};

/// A line of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptLine<'a> {
    /// To be understood as if a person had typed it.
    Typed(&'a str),
    /// To be said in the active room, whatever it begins with.
    Said(&'a str),
    /// It cannot even be read, for this reason.
    Unreadable(&'a str),
}

/// What a script has sent, and what the server has taken of it.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Requests without an answer, oldest first; those behind them that are answered already wait
    /// for their turn, so that all is told in the order of the lines.
    pub(super) flights: VecDeque<Flight>,
    /// A question stands behind some of a person's lines, and is not answered.
    pub(super) fence_is_out: bool,
    /// The number of the next flight.
    pub(super) next: u64,
    /// What waits until the window has room for it, oldest first.
    pub(super) pieces: VecDeque<Piece>,
    /// Requests go behind these, as what a person types does.
    pub(super) in_turn: bool,
    pace: Pace,
    /// As many lines were on their way as may be, since the last time that none was.
    window_used: bool,
    /// The last line changes where talk goes, so what comes behind it waits for the answer.
    moving: bool,
    /// The last flight is being written: what is sent or refused now belongs to it.
    pub(super) writing: bool,
    /// The flight that the line at hand answers.
    pub(super) hearing: Option<u64>,
    /// Batches that answer a flight and have not ended.
    batches: Vec<(String, u64)>,
    /// The last line that was given.
    pub(super) last: u64,
    refused_lines: Ranges,
    /// At least one line was refused.
    pub(super) refused: bool,
    /// No more lines will come, or will be taken.
    pub(super) ended: bool,
    /// Lines behind the last one were left alone on purpose.
    pub(super) stopped: bool,
    /// What is known of the lines, since the time was over.
    pub(super) given_up: Option<Option<Report>>,
    /// What was waited for has come.
    pub(super) found: bool,
    /// It was ended from outside.
    pub(super) interrupted: bool,
    /// What to say on leaving.
    pub(super) farewell: Option<String>,
}

/// One request on its way.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) number: u64,
    /// The line of the script it belongs to; none when a person, or another program, had it sent.
    line: Option<u64>,
    /// It is not the first request of its line.
    later: bool,
    sent_at: Duration,
    answered_at: Duration,
    /// Where in all that was sent it begins.
    pub(super) begins_at: u64,
    answers_missing: u32,
    refusals: Vec<Event>,
    /// What is said by it, for as long as that is not told.
    pub(super) talk: Option<Talk>,
    /// What the server said beside it when it took it.
    pub(super) stamp: Stamp,
}

/// A request that waits until the window has room for it.
#[derive(Debug)]
pub(super) struct Piece {
    /// Of the flight it becomes; none for what says nothing, which only waits for its turn.
    pub(super) number: Option<u64>,
    line: Option<u64>,
    request: String,
    pub(super) talk: Option<Talk>,
}

/// How long an answer to one line may take. However slow a server is, so few lines wait for it
/// then that it has come to each of them by this time.
const ANSWER_MAX: Duration = Duration::from_secs(120);
/// Batches that a broken server never ends are forgotten beyond so many.
const BATCHES_MAX: usize = 64;

impl Session {
    /// A line of a script, by its number: what becomes of it is told by that number.
    pub fn scripted(
        &mut self,
        number: u64,
        line: ScriptLine<'_>,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        self.script.last = number;
        self.script.moving = false;
        let flight = self.script.take_number();
        self.begin_flight(flight, Some(number), false, now, outbox);
        match line {
            ScriptLine::Typed(text) => self.entered(text, now, outbox),
            ScriptLine::Said(text) => self.entered_as_text(text, now, outbox),
            ScriptLine::Unreadable(why) => self.refuse_input(why, outbox),
        }
        self.end_flight(outbox);
        self.settle_flights(now, outbox);
    }

    /// Whether the next line may be given to [`Session::scripted`].
    pub fn wants_input(&self) -> bool {
        let script = &self.script;
        let moving = script.moving && !script.flights.is_empty();
        self.is_ready() && !script.ended && !moving && script.pieces.is_empty() && self.has_window()
    }

    fn has_window(&self) -> bool {
        let on_their_way = self.script.flights.len();
        if self.settings.strict {
            on_their_way == 0
        } else {
            on_their_way < self.script.pace.lines()
        }
    }

    /// Whether nothing is left to do: every line is answered, and what is waited for has come.
    pub(super) fn all_done(&self) -> bool {
        let waits = self.settings.wait.is_some() && !self.script.found;
        let waits = waits && !self.script.stopped;
        !waits && !self.has_open_lines()
    }

    /// Whether lines wait for their answer, or to be sent.
    pub(super) fn has_open_lines(&self) -> bool {
        !self.script.flights.is_empty() || !self.script.pieces.is_empty()
    }

    /// When the oldest line must have been answered.
    pub(super) fn answer_deadline(&self) -> Option<Duration> {
        let oldest = self.script.flights.front()?;
        Some(oldest.sent_at + ANSWER_MAX)
    }

    /// Whether a line of the script is being turned into requests.
    pub(super) fn is_scripting(&self) -> bool {
        self.script.writing
    }

    fn begin_flight(
        &mut self,
        number: u64,
        line: Option<u64>,
        later: bool,
        now: Moment,
        outbox: &Outbox,
    ) {
        self.script.writing = true;
        self.script.flights.push_back(Flight {
            number,
            line,
            later,
            sent_at: now.elapsed,
            answered_at: now.elapsed,
            begins_at: outbox.position(),
            answers_missing: 0,
            refusals: Vec::new(),
            talk: None,
            stamp: Stamp::default(),
        });
        let script = &mut self.script;
        script.window_used |= script.flights.len() >= script.pace.lines();
    }

    fn end_flight(&mut self, outbox: &mut Outbox) {
        self.script.writing = false;
        let can_label = self.capabilities.can_label();
        let Some(flight) = self.script.flights.back_mut() else {
            return;
        };
        if !can_label && outbox.position() > flight.begins_at {
            flight.answers_missing = 1;
            if self.settings.script {
                put_fence(flight.number, outbox);
            }
        }
    }

    /// The line at hand enters or leaves a room: nothing behind it may be said before it is known
    /// where.
    pub(super) fn wait_for_the_room(&mut self) {
        self.script.moving = true;
    }

    /// Puts the label of the line at hand in front of a request.
    pub(super) fn put_label(&mut self, outbox: &mut Outbox) {
        if self.script.writing
            && self.capabilities.can_label()
            && let Some(flight) = self.script.flights.back_mut()
        {
            flight.answers_missing += 1;
            // Writing to a string cannot fail.
            let _ = write!(outbox.lines, "@label={FENCE}{} ", flight.number);
        }
    }

    /// Sends one of the pieces of what is said, as soon as the window has room for it. The first
    /// piece of a line of a script has its room already.
    pub(super) fn send_piece(
        &mut self,
        request: &Request<'_>,
        talk: Option<Talk>,
        now: Moment,
        outbox: &mut Outbox,
    ) -> bool {
        let begun = self.script.flights.back().filter(|_| self.script.writing);
        if begun.is_some_and(|flight| outbox.position() == flight.begins_at) {
            let sent = self.send(request, outbox);
            self.put_talk(talk.filter(|_| sent));
            return sent;
        }
        let line = begun.and_then(|flight| flight.line);
        let request = match sendable::line(request) {
            Ok(request) => request,
            Err(error) => {
                self.refuse_input(&error.to_string(), outbox);
                return false;
            }
        };
        let number = Some(self.script.take_number());
        self.script.pieces.push_back(Piece {
            number,
            line,
            request,
            talk,
        });
        if !self.script.writing {
            self.send_pieces(now, outbox);
        }
        true
    }

    /// Lets a request that says nothing wait for what was said before it; gives it back when there
    /// is nothing to wait for.
    pub(super) fn keep_for_its_turn(&mut self, request: String) -> Option<String> {
        let script = &mut self.script;
        if !script.in_turn || script.writing || script.pieces.is_empty() {
            return Some(request);
        }
        script.pieces.push_back(Piece {
            number: None,
            line: None,
            request,
            talk: None,
        });
        None
    }

    /// Sends what waits, as far as the window has room for it.
    fn send_pieces(&mut self, now: Moment, outbox: &mut Outbox) {
        loop {
            let has_window = self.has_window();
            let may_go = |piece: &mut Piece| has_window || piece.number.is_none();
            let Some(piece) = self.script.pieces.pop_front_if(may_go) else {
                break;
            };
            let Some(number) = piece.number else {
                outbox.lines.push_str(&piece.request);
                continue;
            };
            self.begin_flight(number, piece.line, piece.line.is_some(), now, outbox);
            self.put_label(outbox);
            outbox.lines.push_str(&piece.request);
            self.put_talk(piece.talk);
            self.end_flight(outbox);
        }
        // Of a person's lines it is known whom each is for, so one question serves many.
        if !self.settings.script
            && !self.capabilities.can_label()
            && let Some(last) = self.script.flights.back()
            && !std::mem::replace(&mut self.script.fence_is_out, true)
        {
            put_fence(last.number, outbox);
        }
    }

    /// The last flight says this.
    fn put_talk(&mut self, talk: Option<Talk>) {
        if let Some(flight) = self.script.flights.back_mut() {
            flight.talk = talk;
        }
    }

    /// A refusal, of the server or of this program: kept with its line, or told at once when it
    /// is about none.
    pub(super) fn tell_refusal(&mut self, mut event: Event, outbox: &mut Outbox) {
        if !self.settings.script {
            return self.tell_person(event, outbox);
        }
        let script = &mut self.script;
        let at_fault = match script.hearing {
            _ if script.writing => script.flights.back_mut(),
            Some(number) => flight_mut(&mut script.flights, number),
            // Without labels a refusal stands between the answers to two questions.
            None if !self.capabilities.can_label() => script.flights.front_mut(),
            None => None,
        };
        let Some(flight) = at_fault else {
            script.refused = true;
            return outbox.events.push(event);
        };
        if flight.line.is_none() {
            return self.tell_person(event, outbox);
        }
        match &mut event {
            Event::Refused { line, .. } | Event::Unsendable { line, .. } => {
                *line = flight.line;
            }
            _ => {}
        }
        flight.refusals.push(event);
    }

    /// Understands a line of the server, and what of the script it answers.
    pub(super) fn heard_as_answer(
        &mut self,
        message: &Message<'_>,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let reference = message.tags.get("batch").map(unescaped);
        let of_batch = reference.and_then(|reference| self.script.batch(&reference));
        let label = message.tags.get("label").map(unescaped);
        let labeled = label.and_then(|label| label.strip_prefix(FENCE)?.parse().ok());
        let (number, is_last) = match (message.command, message.parameter(0)) {
            ("BATCH", Some(reference)) => match (reference.strip_prefix('+'), labeled) {
                (Some(reference), Some(number)) => {
                    self.script.batches.push((reference.to_owned(), number));
                    if self.script.batches.len() > BATCHES_MAX {
                        self.script.batches.remove(0);
                    }
                    return;
                }
                (None, _) => {
                    let reference = reference.trim_start_matches('-');
                    let number = self.script.batch(reference);
                    self.script.batches.retain(|(open, _)| open != reference);
                    (number, true)
                }
                _ => (None, false),
            },
            _ => (labeled.or(of_batch), labeled.is_some()),
        };
        self.script.hearing = number;
        self.heard(message, now, outbox);
        self.script.hearing = None;
        if is_last && let Some(number) = number {
            self.answered(number, false, now, outbox);
        }
    }

    /// Whether the line at hand says that a line of the script was taken, and nothing else.
    pub(super) fn is_echo(&self) -> bool {
        self.script.hearing.is_some()
    }

    /// The server has answered a flight, and with `all` also all before it.
    pub(super) fn answered(&mut self, number: u64, all: bool, now: Moment, outbox: &mut Outbox) {
        if all {
            for flight in &mut self.script.flights {
                if flight.number > number {
                    break;
                }
                flight.answers_missing = 0;
                flight.answered_at = now.elapsed;
            }
            self.script.fence_is_out = false;
        } else if let Some(flight) = flight_mut(&mut self.script.flights, number) {
            flight.answers_missing = flight.answers_missing.saturating_sub(1);
            flight.answered_at = now.elapsed;
        }
        self.settle_flights(now, outbox);
    }

    /// Tells what became of the oldest flights, as far as they are answered, and makes use of the
    /// place in the window.
    fn settle_flights(&mut self, now: Moment, outbox: &mut Outbox) {
        let is_done = |flight: &mut Flight| flight.answers_missing == 0;
        while let Some(mut flight) = self.script.flights.pop_front_if(is_done) {
            let script = &mut self.script;
            let full = script.window_used;
            script.window_used &= !script.flights.is_empty();
            if flight.answered_at > flight.sent_at {
                script
                    .pace
                    .answered(flight.sent_at, flight.answered_at, full);
            }
            let was_refused = !flight.refusals.is_empty();
            self.tell_flight(&mut flight, Fate::Delivered, outbox);
            self.script.tell(&mut flight, outbox);
            if was_refused && self.settings.strict && !self.script.stopped {
                self.script.stop(outbox);
            }
        }
        self.send_pieces(now, outbox);
        self.leave_when_done(now, outbox);
    }

    /// Tells what became of what a flight says: that it was refused, or else this.
    fn tell_flight(&self, flight: &mut Flight, otherwise: Fate, outbox: &mut Outbox) {
        let Some(talk) = flight.talk.take() else {
            return;
        };
        let fate = match flight.refusals.is_empty() {
            true => otherwise,
            false => Fate::Refused,
        };
        let stamp = std::mem::take(&mut flight.stamp);
        self.tell_fate(flight.number, talk, fate, stamp, outbox);
    }

    /// The server does not answer some of a person's lines: there is no use in waiting for that.
    pub(super) fn forget_unanswered(&mut self, now: Moment, outbox: &mut Outbox) {
        while let Some(mut flight) = self
            .script
            .flights
            .pop_front_if(|flight| flight.sent_at + ANSWER_MAX <= now.elapsed)
        {
            self.tell_flight(&mut flight, Fate::Unknown, outbox);
        }
        self.script.fence_is_out = false;
        self.settle_flights(now, outbox);
    }

    /// What is known of all lines now that no more will become of them; tells the refusals that
    /// are known and were not told. Nothing when there was no line at all.
    pub(super) fn report(&mut self, outbox: &mut Outbox) -> Option<Report> {
        let mut unknown = Ranges::default();
        let mut unsent = Ranges::default();
        for mut flight in std::mem::take(&mut self.script.flights) {
            let has_left = flight.begins_at < outbox.written_bytes;
            let fate = match (flight.answers_missing, has_left) {
                (0, _) => Fate::Delivered,
                (_, true) => Fate::Unknown,
                (_, false) => Fate::Unsent,
            };
            self.tell_flight(&mut flight, fate, outbox);
            let Some(line) = flight.line else { continue };
            let script = &mut self.script;
            if !flight.refusals.is_empty() {
                script.tell(&mut flight, outbox);
            }
            let is_known = script.refused_lines.ends_with(line)
                || unknown.ends_with(line)
                || unsent.ends_with(line);
            if is_known || flight.answers_missing == 0 {
                continue;
            }
            // Of a line of several requests, those before this one have been taken.
            match has_left || flight.later {
                true => unknown.add(line),
                false => unsent.add(line),
            }
        }
        for piece in std::mem::take(&mut self.script.pieces) {
            if let (Some(number), Some(talk)) = (piece.number, piece.talk) {
                self.tell_fate(number, talk, Fate::Unsent, Stamp::default(), outbox);
            }
            let script = &self.script;
            let Some(line) = piece.line else { continue };
            // A line of which a part was taken is neither here nor there.
            let known = [&script.refused_lines, &unknown, &unsent];
            if !known.iter().any(|known| known.ends_with(line)) {
                unknown.add(line);
            }
        }
        let script = &self.script;
        let known = [&script.refused_lines, &unknown, &unsent];
        let delivered = Ranges::all_but(script.last, &known);
        let is_over = script.ended && !script.stopped;
        (script.last > 0).then(|| Report {
            delivered,
            unknown,
            unsent,
            unsent_from: (!is_over).then_some(script.last + 1),
        })
    }
}

impl Script {
    /// A number for something that is said.
    fn take_number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Tells the refusals of a flight; those of one line only once.
    fn tell(&mut self, flight: &mut Flight, outbox: &mut Outbox) {
        let Some(line) = flight.line.filter(|_| !flight.refusals.is_empty()) else {
            return;
        };
        if self.refused_lines.ends_with(line) {
            return;
        }
        self.refused = true;
        self.refused_lines.add(line);
        outbox.events.append(&mut flight.refusals);
    }

    /// Takes no more lines, since one was refused.
    fn stop(&mut self, outbox: &mut Outbox) {
        self.stopped = true;
        self.pieces.retain(|piece| piece.line.is_none());
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        outbox.events.push(Event::Unsendable {
            words: "nothing behind this line is sent, since --strict was asked for".to_owned(),
            line: Some(self.last),
        });
    }

    fn batch(&self, reference: &str) -> Option<u64> {
        let open = self.batches.iter().find(|(open, _)| open == reference);
        open.map(|(_, number)| *number)
    }
}

/// Puts a question behind what was sent: the answer says that all before it is done.
fn put_fence(number: u64, outbox: &mut Outbox) {
    // Writing to a string cannot fail.
    let _ = write!(outbox.lines, "PING :{FENCE}{number}\r\n");
}

pub(super) fn flight_mut(flights: &mut VecDeque<Flight>, number: u64) -> Option<&mut Flight> {
    let index = flights.binary_search_by_key(&number, |flight| flight.number);
    flights.get_mut(index.ok()?)
}
