//! Messages and whispers from the server: mentions, unread counts, CTCP, and quotes that imitate
//! another user.
//!
//! A line that lacks a parameter is ignored, and nothing more.

use crate::client::command::is_service;
use crate::client::event::{Event, MessageKind};
use crate::client::session::{Phase, Session, SessionOutput};
use crate::common::sanitize::visible_text;
use crate::wire::Message;

impl Session {
    pub(super) fn on_chat(
        &mut self,
        message: &Message<'_>,
        target: &str,
        text: &str,
        kind: MessageKind,
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
        let (text, kind) = match ctcp(text) {
            None => (text, kind),
            Some(("ACTION", text)) => (text, MessageKind::Action),
            // Requests are not answered: an answer tells strangers about this machine, and can be
            // used to make it flood.
            Some((question, _)) => {
                let text = format!("{nick} asks this program: {question}");
                return output.events.push(Event::ServerNotice { text });
            }
        };
        if source.is_some_and(|source| self.is_ignored(source.as_str())) {
            return;
        }
        let own = self.is_own(&nick);
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
            let is_known = self.rooms.is_visible(other)
                || self.is_own(other)
                || speakers.any(|speaker| self.is_same(speaker, other));
            is_known && !self.is_same(other, &nick)
        });
        let imitated = imitated.map(|other| Event::SpoofedQuote {
            nick: nick.clone(),
            other: other.to_owned(),
        });
        let room = self.rooms.naming.room_of_target(target);
        self.rooms.note_activity(&nick, room);
        self.attention.note_speaker(&nick);
        output.events.push(if let Some(room) = room {
            let mut calls = [&self.identity.nick]
                .into_iter()
                .chain(&self.settings.highlight);
            let mention = !own && calls.any(|word| mentions(&visible, word));
            if !own {
                self.rooms.count_unread(room, mention);
            }
            let is_active = self
                .active_room()
                .is_some_and(|active| self.is_same(active, room));
            self.attention.highlight_count += u32::from(mention && is_active);
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
        } else {
            // A service asks by a notice; a notice of any other program wants no answer.
            let is_notice = kind == MessageKind::Notice;
            if !own && (!is_notice || is_service(&nick)) {
                self.attention.last_whisperer = Some(nick.clone());
                self.attention.highlight_count += u32::from(!is_notice);
            }
            Event::Whispered {
                nick: if own { target.to_owned() } else { nick },
                text,
                kind,
                own,
            }
        });
        output.events.extend(imitated);
    }
}

/// The nicks that a text seems to quote: `<nick>` where it can begin a row on the screen, which is
/// at its start, after a time, or after so many blanks that a terminal wraps there.
fn quoted_nicks(text: &str) -> impl Iterator<Item = &str> {
    let begins_row = |before: &str| {
        let is_blank = |c: char| c.is_whitespace() || c == '\u{2800}';
        let is_of_time = |c: char| is_blank(c) || c.is_ascii_digit() || "[]():.".contains(c);
        let lead = before.trim_end_matches(is_of_time);
        let time = before.get(lead.len()..).unwrap_or_default();
        lead.is_empty()
            || time.contains(':') && time.bytes().filter(u8::is_ascii_digit).count() > 2
            || time.chars().filter(|c| is_blank(*c)).count() > 2
    };
    text.match_indices('<').filter_map(move |(at, _)| {
        let (before, name) = text.split_at_checked(at)?;
        let (name, _) = name.strip_prefix('<')?.split_once('>')?;
        let name = name.trim_start_matches(['@', '+', '%', '~', '&', ' ']);
        (!name.is_empty() && begins_row(before)).then_some(name)
    })
}

/// Whether `text` holds this word, most often a nick, as a word of its own in any letter case.
fn mentions(text: &str, nick: &str) -> bool {
    let part_of_nick = |c: char| c.is_alphanumeric() || "-[]\\`^{}|_".contains(c);
    let Some(first) = nick.bytes().next() else {
        return false;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text.as_bytes()).any(|at| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let here = text.get(at..at + nick.len());
        let after = text
            .get(at + nick.len()..)
            .and_then(|rest| rest.chars().next());
        here.is_some_and(|here| here.eq_ignore_ascii_case(nick))
            && !before.is_some_and(part_of_nick)
            && !after.is_some_and(part_of_nick)
    })
}

/// The command and the text of a CTCP message, <https://modern.ircdocs.horse/ctcp>.
fn ctcp(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('\x01')?;
    let inner = inner.strip_suffix('\x01').unwrap_or(inner);
    Some(inner.split_once(' ').unwrap_or((inner, "")))
}
