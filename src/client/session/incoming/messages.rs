//! Messages and whispers from the server: mentions, unread counts, CTCP, and quotes that imitate
//! another user.
//!
//! A line that lacks a parameter is ignored, and nothing more.

use super::ctcp::{self, CtcpMessage};
use super::mentions::is_mention;
use crate::client::command::is_service;
use crate::client::event::{Event, MessageKind};
use crate::client::session::{Phase, Session, SessionOutput, SessionTime};
use crate::common::sanitize::visible_text;
use crate::wire::Message;

impl Session {
    pub(super) fn on_chat(
        &mut self,
        message: &Message<'_>,
        target: &str,
        text: &str,
        kind: MessageKind,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let source = message.source.filter(|source| {
            let name = source.as_str();
            let is_server =
                name.contains('.') || self.link.server.as_deref().is_none_or(|s| s == name);
            name.contains('!') || !is_server
        });
        let Some(nick) = source.map(|source| source.nick().to_owned()) else {
            let text = text.to_owned();
            let is_greeting = !matches!(self.phase, Phase::Ready { .. });
            output.events.push(match is_greeting {
                true => Event::ServerNotice { text },
                false => Event::ServerSaid { text, asked: false },
            });
            return;
        };
        if source.is_some_and(|source| self.is_ignored(source.as_str())) {
            return;
        }
        let own = self.is_own(&nick);
        let (text, kind) = match ctcp::parse(text) {
            None => (text, kind),
            Some((command, text)) if command.eq_ignore_ascii_case("ACTION") => {
                (text, MessageKind::Action)
            }
            Some((command, text)) => {
                let ctcp = CtcpMessage {
                    nick,
                    command,
                    text,
                    is_reply: kind == MessageKind::Notice,
                    own,
                    wants_answer: self.is_own(target) && !self.is_replay(),
                };
                return self.on_ctcp(&ctcp, now, output);
            }
        };
        if own && self.is_echo() {
            return self.on_echo(message);
        }
        if own && self.is_on_connect_echo(text) {
            return;
        }
        let text = text.to_owned();
        let visible = visible_text(&text);
        let imitated = quoted_nicks(&visible).find(|other| {
            let mut speakers = self.attention.speakers();
            let is_known = self.rooms.has_seen(other)
                || self.is_own(other)
                || speakers.any(|speaker| self.is_same(speaker, other));
            is_known && !self.is_same(other, &nick)
        });
        let imitated = imitated.map(|other| Event::SpoofedQuote {
            nick: nick.clone(),
            other: other.to_owned(),
        });
        self.attention.note_speaker(&nick);
        let event = match self.rooms.isupport.room_of_target(target) {
            Some(room) => {
                let isupport = &self.rooms.isupport;
                let words = &self.settings.highlight;
                let is_news = !own && !self.is_replay();
                let mention = is_news && is_mention(&visible, &self.identity.nick, words, isupport);
                self.said_in_room(target, room, nick, text, kind, mention)
            }
            None => self.whispered(target, nick, text, kind),
        };
        output.events.push(event);
        output.events.extend(imitated);
    }

    fn said_in_room(
        &mut self,
        target: &str,
        room: &str,
        nick: String,
        text: String,
        kind: MessageKind,
        mention: bool,
    ) -> Event {
        let own = self.is_own(&nick);
        let is_news = !self.is_replay();
        if is_news {
            self.rooms.note_activity(&nick, Some(room));
        }
        if is_news && !own {
            self.rooms.count_unread(room, mention);
        }
        let active = self.active_room();
        let is_active = active.is_some_and(|active| self.is_same(active, room));
        // In the background it counts as unread.
        let is_in_front = is_active && !self.rooms.is_background;
        self.attention.highlight_count += u32::from(mention && is_in_front);
        Event::Said {
            // The prefix is kept, so that an answer to a message for operators does not go to
            // everyone.
            room: match target.strip_suffix(room) {
                Some(ranks) => format!("{ranks}{}", self.rooms.name_of(room)),
                None => target.to_owned(),
            },
            nick,
            text,
            kind,
            own,
            mention,
        }
    }

    fn whispered(&mut self, target: &str, nick: String, text: String, kind: MessageKind) -> Event {
        let own = self.is_own(&nick);
        // A service asks by a notice; a notice of any other program wants no answer.
        let is_notice = kind == MessageKind::Notice;
        if !self.is_replay() {
            self.rooms.note_activity(&nick, None);
            if !own && (!is_notice || is_service(&nick)) {
                self.attention.last_whisperer = Some(nick.clone());
                self.attention.whispered_at = Some(self.link.last_received);
                self.attention.highlight_count += u32::from(!is_notice);
            }
        }
        Event::Whispered {
            nick: if own { target.to_owned() } else { nick },
            text,
            kind,
            own,
        }
    }
}

/// How a notice begins on the screen.
const NOTICE: &str = "notice from ";

/// The nicks that a text seems to quote: of the forms in which messages are shown, those that come
/// where a row can begin on the screen, which is at the start of the text, after a time, or after so
/// many blanks that a terminal wraps there.
fn quoted_nicks(text: &str) -> impl Iterator<Item = &str> {
    let begins_row = |before: &str| {
        let is_of_time = |c: char| c.is_whitespace() || c.is_ascii_digit() || "[]():.".contains(c);
        let lead = before.trim_end_matches(is_of_time);
        let time = before.get(lead.len()..).unwrap_or_default();
        lead.is_empty()
            || time.contains(':') && time.bytes().filter(u8::is_ascii_digit).count() > 2
            || time.chars().filter(|c| c.is_whitespace()).count() > 2
    };
    row_starts(text).into_iter().filter_map(move |at| {
        let (before, shown) = text.split_at_checked(at)?;
        let name = shown_nick(shown)?.trim_start_matches(['@', '+', '%', '~', '&', ' ']);
        (!name.is_empty() && begins_row(before)).then_some(name)
    })
}

/// Where a text can begin as a message is shown, in order. Nearly all texts have no such place, and
/// each message that is shown is searched for them.
fn row_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let marks = memchr::memchr3_iter(b'<', b'*', b'-', bytes);
    // The rarest letter of these words is searched for.
    let offset = NOTICE.find('f').unwrap_or_default();
    let notices = memchr::memchr_iter(b'f', bytes)
        .filter_map(|at| at.checked_sub(offset))
        .filter(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(NOTICE)));
    let mut starts: Vec<usize> = marks.chain(notices).collect();
    starts.sort_unstable();
    starts
}

/// The nick at the beginning of a text, if it begins as a message is shown: `<nick>`, `* nick`,
/// `*nick* whispers:`, `-nick-` or `notice from nick:`.
fn shown_nick(text: &str) -> Option<&str> {
    if let Some(name) = text.strip_prefix('<') {
        return name.split_once('>').map(|(name, _)| name);
    }
    let first = |text: &'_ str| text.split_whitespace().next().map(str::len);
    if let Some(name) = text.strip_prefix("* ") {
        return name.trim_start().get(..first(name)?);
    }
    if let Some(name) = text.strip_prefix(NOTICE) {
        return name.get(..first(name)?)?.strip_suffix(':');
    }
    let mark = text.chars().next().filter(|c| matches!(c, '*' | '-'))?;
    let word = text.get(..first(text)?)?;
    word.strip_prefix(mark)?.strip_suffix(mark)
}
