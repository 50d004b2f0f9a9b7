//! Replayed history: what was said before the user connected. It is shown with its time and has no
//! other effect: it is no news, and says nothing about who is where now.

use std::collections::VecDeque;

use crate::client::event::utc_text;
use crate::client::session::SessionTime;
use crate::wire::Message;
use crate::wire::message::unescaped;

/// How many batches may be open; beyond that a broken server's oldest one is forgotten.
const BATCHES_MAX: usize = 64;
/// How late the clock of a server that has not sent its time may be, in seconds.
const CLOCK_SKEW_MAX: i64 = 60;

/// The state of replayed history on this connection.
#[derive(Debug, Default)]
pub(in crate::client::session) struct Replay {
    /// The reference tags of open batches of history.
    batches: VecDeque<String>,
    /// Messages from before this time are history; see [`seconds_of`].
    since: String,
    /// Whether that is by the clock of the server.
    is_server_time: bool,
    /// Whether the current line of the server is history.
    pub(in crate::client::session) is_current: bool,
    /// Whether its batch makes it history.
    in_batch: bool,
}

impl Replay {
    /// A connection begins at this time.
    pub(in crate::client::session) fn new(now: SessionTime) -> Self {
        let since = utc_text(now.unix_seconds.saturating_sub(CLOCK_SKEW_MAX));
        Self {
            since: seconds_of(&since).unwrap_or_default().to_owned(),
            ..Self::default()
        }
    }

    /// Finds out whether a line is history. IRCv3 chathistory and batch; ZNC, znc.in/playback.
    pub(in crate::client::session) fn check(&mut self, message: &Message<'_>) {
        let is_of_person = is_chat(message) || is_change(message);
        let at = message.tags.get("time").and_then(seconds_of);
        let of_batch = message.tags.get("batch").map(unescaped);
        let of_batch = of_batch.is_some_and(|batch| self.batches.iter().any(|open| *open == batch));
        if let ("BATCH", Some(reference)) = (message.command, message.parameter(0)) {
            let kind = message.parameter(1).unwrap_or_default();
            match (reference.split_at_checked(1), kind) {
                (Some(("+", reference)), kind) if of_batch || is_history(kind) => {
                    self.batches.push_back(reference.to_owned());
                    if self.batches.len() > BATCHES_MAX {
                        self.batches.pop_front();
                    }
                }
                (Some(("-", reference)), _) => self.batches.retain(|open| open != reference),
                _ => {}
            }
        }
        if let (Some(at), false, false, false) = (at, is_of_person, of_batch, self.is_server_time) {
            // The first line that is not history has the current time of the server.
            at.clone_into(&mut self.since);
            self.is_server_time = true;
        }
        self.in_batch = of_batch;
        let is_old = at.is_some_and(|at| at < self.since.as_str());
        self.is_current = of_batch || is_of_person && is_old;
    }

    /// Whether the current line is history and would change what the session knows of the present:
    /// who is where, under which nick, and with which account.
    pub(super) fn is_past_change(&self, message: &Message<'_>) -> bool {
        // Alone, an old line can be the only one that says so.
        self.in_batch && is_change(message)
    }
}

/// Whether a line is what a person says.
fn is_chat(message: &Message<'_>) -> bool {
    matches!(message.command, "PRIVMSG" | "NOTICE" | "TAGMSG")
}

/// Whether a line says what a person does.
fn is_change(message: &Message<'_>) -> bool {
    matches!(
        message.command,
        "JOIN"
            | "PART"
            | "QUIT"
            | "KICK"
            | "NICK"
            | "MODE"
            | "TOPIC"
            | "INVITE"
            | "CHGHOST"
            | "AWAY"
            | "ACCOUNT"
            | "SETNAME"
    )
}

/// The part of a time up to the seconds, as in `2026-11-28T23:00:00`, if it looks like one. Such texts
/// are in the order of the times, so none is parsed. IRCv3 server-time.
fn seconds_of(time: &str) -> Option<&str> {
    let seconds = time.get(.."2026-11-28T23:00:00".len())?;
    let is_time = seconds.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    is_time.then_some(seconds)
}

/// Whether a batch of this type holds history. Some are drafts: `draft/chathistory`.
fn is_history(kind: &str) -> bool {
    kind.rsplit('/')
        .next()
        .is_some_and(|name| matches!(name, "chathistory" | "playback" | "history"))
}
