//! Playback of a bouncer: asks ZNC for what was said since the user saw the last line, and shows each
//! message once. <https://wiki.znc.in/Playback>

use std::collections::VecDeque;

use crate::client::event::unix_milliseconds;
use crate::wire::Message;

/// How many messages that arrive before the playback are remembered.
const LIVE_MAX: usize = 1_000;

/// The playback of a bouncer, over all connections. Times are in Unix milliseconds.
#[derive(Debug, Default)]
pub(in crate::client::session) struct Playback {
    /// The time of the last line that was seen as it happened.
    seen: Option<i64>,
    /// The time from which playback was requested, on this connection.
    from: Option<i64>,
    /// The time of the last line that is not played back.
    latest: Option<i64>,
    /// The playback is over: what follows is new.
    is_over: bool,
    /// The messages that have arrived before it: they are in the buffers of the bouncer, too.
    live: VecDeque<(i64, String)>,
}

impl Playback {
    /// The last line was seen at this time, in an earlier run.
    pub(in crate::client::session) fn new(seen: Option<i64>) -> Self {
        Self {
            seen,
            ..Self::default()
        }
    }

    /// A new connection begins.
    pub(in crate::client::session) fn reset(&mut self) {
        *self = Self::new(self.seen);
    }

    /// The time of the last line that was seen as it happened.
    pub(in crate::client::session) fn seen(&self) -> Option<i64> {
        self.seen
    }

    /// The request for the playback: a command of ZNC and of ergo, since a message could be echoed.
    pub(in crate::client::session) fn begin(&mut self) -> String {
        let from = self.seen.unwrap_or_default();
        self.from = Some(from);
        let (seconds, milliseconds) = (from / 1_000, from % 1_000);
        format!("ZNC *playback PLAY * {seconds}.{milliseconds:03}")
    }

    /// All of it has come.
    pub(in crate::client::session) fn end(&mut self) {
        self.is_over = true;
        self.seen = self.seen.max(self.latest);
        self.live.clear();
    }

    /// Notes a line of the server. Returns whether it plays back what the user has seen.
    pub(in crate::client::session) fn note(
        &mut self,
        message: &Message<'_>,
        is_replay: bool,
    ) -> bool {
        let Some(at) = message.tags.get("time").and_then(unix_milliseconds) else {
            return false;
        };
        let is_message = matches!(message.command, "PRIVMSG" | "NOTICE");
        if is_replay {
            let is_known = |one: &(i64, String)| *one == (at, text_of(message));
            let is_seen = self.from.is_some_and(|from| at <= from);
            return is_message && (is_seen || self.live.iter().any(is_known));
        }
        self.latest = self.latest.max(Some(at));
        if self.is_over {
            self.seen = self.seen.max(Some(at));
        } else if is_message && self.live.len() < LIVE_MAX {
            self.live.push_back((at, text_of(message)));
        }
        false
    }
}

/// The identity of a message among those of the same time: its sender and its parameters.
fn text_of(message: &Message<'_>) -> String {
    let source = message.source.map_or("", |source| source.nick());
    format!("{source} {}", message.parameters.join(" "))
}
