//! The client's own pings, and which of them a `PONG` answers.
//!
//! Servers disagree about `PONG`: the token comes last, first or alone, after one colon or two, in
//! other letter case, or not at all. Answers come in order, so each answers all pings before it.

use super::pending_pings::PingPurpose;
use crate::client::event::Event;
use crate::client::session::{Session, SessionOutput, SessionTime};
use crate::wire::{Message, Reply, Request};

/// ERR_NOORIGIN: a `PING` without a token that the server accepts.
const NO_ORIGIN: u16 = 409;

fn is_ping(command: &str) -> bool {
    command.eq_ignore_ascii_case("PING")
}

impl Session {
    /// Sends a ping of the client.
    pub(in crate::client::session) fn send_ping(
        &mut self,
        purpose: PingPurpose,
        output: &mut SessionOutput,
    ) {
        let token = purpose.token();
        if self.send(&Request::Ping { token: &token }, output) {
            self.link.pings.push(purpose);
        }
    }

    /// Puts a fence after the requests sent so far.
    pub(in crate::client::session) fn write_fence(
        &mut self,
        number: u64,
        output: &mut SessionOutput,
    ) {
        let purpose = PingPurpose::Fence(number);
        output
            .lines
            .push_str(&format!("PING :{}\r\n", purpose.token()));
        self.link.pings.push(purpose);
    }

    /// The user sends this line as it is; if it is a ping, its answer is not one of the client's.
    pub(in crate::client::session) fn note_typed_ping(&mut self, line: &str) {
        let command = line.split(' ').find(|word| !word.starts_with(['@', ':']));
        if command.is_some_and(is_ping) {
            self.link.pings.push(PingPurpose::Typed);
        }
    }

    pub(in crate::client::session) fn on_pong(
        &mut self,
        message: &Message<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let words = message.parameters.iter().flat_map(|text| text.split(' '));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let purpose = words.iter().find_map(|word| PingPurpose::of_token(word));
        let answered = match purpose {
            Some(purpose) => self.link.pings.take_through(purpose),
            None if words
                .iter()
                .all(|word| self.is_name_of_server(word, message)) =>
            {
                self.link.pings.take_oldest().into_iter().collect()
            }
            None => {
                self.link.pings.take_oldest_typed();
                Vec::new()
            }
        };
        if purpose.is_none() && matches!(answered[..], [] | [PingPurpose::Typed]) {
            output.events.push(Event::ServerNotice {
                text: format!("PONG {}", words.join(" ")),
            });
        }
        self.pings_answered(answered, now, output);
    }

    /// A server that has no pings refuses them, which is an answer too: `421 PING` or `409`. False if
    /// the refusal is about a ping of the user, or about none.
    pub(in crate::client::session) fn on_ping_refused(
        &mut self,
        number: u16,
        message: &Message<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) -> bool {
        let is_unknown = number == Reply::UnknownCommand.number();
        let names_ping = || message.parameter(1).is_some_and(is_ping);
        if number != NO_ORIGIN && !(is_unknown && names_ping()) {
            return false;
        }
        match self.link.pings.take_oldest() {
            None | Some(PingPurpose::Typed) => false,
            Some(purpose) => {
                self.pings_answered(vec![purpose], now, output);
                true
            }
        }
    }

    fn pings_answered(
        &mut self,
        answered: Vec<PingPurpose>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        for purpose in answered {
            match purpose {
                PingPurpose::Settled => self.registration_done(now, output),
                PingPurpose::Regained => self.queries.regaining = false,
                PingPurpose::Fence(number) => {
                    // Each line before it has a label of its own, if there are labels.
                    let all = !self.link.capabilities.can_label();
                    self.on_answer(number, all, now, output);
                }
                PingPurpose::Alive | PingPurpose::Typed => {}
            }
        }
    }

    /// Whether a word of a `PONG` names a server or the user, and is no token.
    fn is_name_of_server(&self, word: &str, message: &Message<'_>) -> bool {
        let word = word.trim_start_matches(':');
        let is_source = message.source.is_some_and(|source| source.as_str() == word);
        is_source
            || self.link.server.as_deref() == Some(word)
            || word == "*"
            || word.contains('.')
            || self.is_own(word)
    }
}
