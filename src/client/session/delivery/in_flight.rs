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

use super::report::{Ranges, Report};
use super::window::Pace;
use crate::client::event::Event;
use crate::client::event::json::Stamp;
use crate::client::session::outgoing::send::Talk;
use crate::client::session::{FENCE, Moment, Outbox, Session};
use crate::wire::{Request, outgoing};

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
pub(in crate::client::session) struct Script {
    /// Requests without an answer, oldest first; those behind them that are answered already wait
    /// for their turn, so that all is told in the order of the lines.
    pub(in crate::client::session) flights: VecDeque<Flight>,
    /// A question stands behind some of a person's lines, and is not answered.
    pub(in crate::client::session) fence_is_out: bool,
    /// The number of the next flight.
    pub(in crate::client::session) next: u64,
    /// What waits until the window has room for it, oldest first.
    pub(in crate::client::session) pieces: VecDeque<Piece>,
    /// Requests go behind these, as what a person types does.
    pub(in crate::client::session) in_turn: bool,
    pub(super) pace: Pace,
    /// As many lines were on their way as may be, since the last time that none was.
    pub(super) window_used: bool,
    /// The last line changes where talk goes, so what comes behind it waits for the answer.
    pub(super) moving: bool,
    /// The last flight is being written: what is sent or refused now belongs to it.
    pub(in crate::client::session) writing: bool,
    /// The flight that the line at hand answers.
    pub(in crate::client::session) hearing: Option<u64>,
    /// Batches that answer a flight and have not ended.
    pub(super) batches: Vec<(String, u64)>,
    /// The last line that was given.
    pub(super) last: u64,
    pub(super) refused_lines: Ranges,
    /// At least one line was refused.
    pub(super) refused: bool,
    /// No more lines will come, or will be taken.
    pub(in crate::client::session) ended: bool,
    /// Lines behind the last one were left alone on purpose.
    pub(super) stopped: bool,
    /// What is known of the lines, since the time was over.
    pub(super) given_up: Option<Option<Report>>,
    /// What was waited for has come.
    pub(super) found: bool,
    /// It was ended from outside.
    pub(in crate::client::session) interrupted: bool,
    /// What to say on leaving.
    pub(in crate::client::session) farewell: Option<String>,
}

/// One request on its way.
#[derive(Debug)]
pub(in crate::client::session) struct Flight {
    pub(in crate::client::session) number: u64,
    /// The line of the script it belongs to; none when a person, or another program, had it sent.
    pub(super) line: Option<u64>,
    /// It is not the first request of its line.
    pub(super) later: bool,
    pub(super) sent_at: Duration,
    pub(super) answered_at: Duration,
    /// Where in all that was sent it begins.
    pub(in crate::client::session) begins_at: u64,
    pub(super) answers_missing: u32,
    pub(super) refusals: Vec<Event>,
    /// What is said by it, for as long as that is not told.
    pub(in crate::client::session) talk: Option<Talk>,
    /// What the server said beside it when it took it.
    pub(in crate::client::session) stamp: Stamp,
}

/// A request that waits until the window has room for it.
#[derive(Debug)]
pub(in crate::client::session) struct Piece {
    /// Of the flight it becomes; none for what says nothing, which only waits for its turn.
    pub(in crate::client::session) number: Option<u64>,
    pub(in crate::client::session) line: Option<u64>,
    pub(in crate::client::session) request: String,
    pub(in crate::client::session) talk: Option<Talk>,
}

/// How long an answer to one line may take. However slow a server is, so few lines wait for it
/// then that it has come to each of them by this time.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(120);
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
    pub(in crate::client::session) fn all_done(&self) -> bool {
        let waits = self.settings.wait.is_some() && !self.script.found;
        let waits = waits && !self.script.stopped;
        !waits && !self.has_open_lines()
    }

    /// Whether lines wait for their answer, or to be sent.
    pub(super) fn has_open_lines(&self) -> bool {
        !self.script.flights.is_empty() || !self.script.pieces.is_empty()
    }

    /// When the oldest line must have been answered.
    pub(in crate::client::session) fn answer_deadline(&self) -> Option<Duration> {
        let oldest = self.script.flights.front()?;
        Some(oldest.sent_at + ANSWER_MAX)
    }

    /// Whether a line of the script is being turned into requests.
    pub(in crate::client::session) fn is_scripting(&self) -> bool {
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
    pub(in crate::client::session) fn wait_for_the_room(&mut self) {
        self.script.moving = true;
    }

    /// Puts the label of the line at hand in front of a request.
    pub(in crate::client::session) fn put_label(&mut self, outbox: &mut Outbox) {
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
    pub(in crate::client::session) fn send_piece(
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
        let request = match outgoing::encode(request) {
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
    pub(in crate::client::session) fn keep_for_its_turn(
        &mut self,
        request: String,
    ) -> Option<String> {
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
    pub(super) fn send_pieces(&mut self, now: Moment, outbox: &mut Outbox) {
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
}

impl Script {
    /// A number for something that is said.
    fn take_number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }
}

/// Puts a question behind what was sent: the answer says that all before it is done.
fn put_fence(number: u64, outbox: &mut Outbox) {
    // Writing to a string cannot fail.
    let _ = write!(outbox.lines, "PING :{FENCE}{number}\r\n");
}

pub(in crate::client::session) fn flight_mut(
    flights: &mut VecDeque<Flight>,
    number: u64,
) -> Option<&mut Flight> {
    let index = flights.binary_search_by_key(&number, |flight| flight.number);
    flights.get_mut(index.ok()?)
}
