//! What the server said: keeps the session's picture true, and tells the person.
//!
//! Nothing here trusts a line to have the parameters it should have: what is missing makes the
//! line worth nothing, and no more than that.

use super::numerics::is_truncated_nick;
use crate::client::event::{Event, MessageKind};
use crate::client::session::{
    ALIVE, FENCE, Phase, REGAINED, SETTLED, Session, SessionOutput, SessionTime, truncate,
};
use crate::common::sanitize::visible_text;
use crate::wire::message::BODY_BYTES_MAX;
use crate::wire::{Message, Request};

impl Session {
    pub(in crate::client::session) fn on_message(
        &mut self,
        message: &Message<'_>,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        if self.phase == Phase::Ended {
            return;
        }
        if let Some(number) = message.number() {
            return self.on_numeric(number, message, now, outbox);
        }
        let source = message.source.map_or("", |source| source.nick());
        let own = self.is_own(source);
        // A broken server can name a room or a person by nothing at all.
        let first = message.parameter(0).filter(|first| !first.is_empty());
        if own && matches!(message.command, "JOIN" | "KICK" | "MODE" | "NICK" | "TOPIC") {
            let about = first.map(|name| self.key(name));
            self.sent_commands
                .complete_command(message.command, about.as_ref());
        }
        let second = message.parameter(1);
        match (message.command, first, second) {
            ("PRIVMSG", Some(target), Some(text)) => {
                self.said(message, target, text, MessageKind::Text, outbox);
            }
            ("NOTICE", Some(target), Some(text)) => {
                self.said(message, target, text, MessageKind::Notice, outbox);
            }
            ("PING", token, _) => {
                let token = token.map(|token| truncate(token, BODY_BYTES_MAX / 2));
                self.send(&Request::Pong { token }, outbox);
            }
            ("PONG", _, _) => self.on_pong(message, now, outbox),
            ("CHGHOST", Some(user), Some(host)) => {
                if own {
                    self.address = Some(format!("{user}@{host}"));
                }
            }
            ("CAP", ..) => self.on_cap(message, outbox),
            // It only says that a line was taken. IRCv3 labeled-response.
            ("ACK" | "BATCH", ..) => {}
            ("FAIL", Some(_), Some(_)) => {
                let words = message.parameters.last().copied().unwrap_or_default();
                self.reject_input(words, outbox);
            }
            ("JOIN", Some(room), _) => self.on_join(message, room, own, now, outbox),
            ("PART", Some(room), reason) => {
                let reason = self.visible_reason(message, reason);
                self.on_part(source, room, reason, own, outbox);
            }
            ("QUIT", reason, _) if !own => {
                self.rooms.remove_everywhere(source);
                let naming = &self.rooms.naming;
                let whisperer = self
                    .last_whisperer
                    .take_if(|nick| naming.is_same(nick, source));
                self.departed_whisperer = whisperer.or(self.departed_whisperer.take());
                outbox.events.push(Event::Quit {
                    nick: source.to_owned(),
                    reason: self.visible_reason(message, reason),
                });
                self.regain_from(source, now, outbox);
            }
            ("NICK", Some(to), _) => self.on_nick(source, to, own, now, outbox),
            ("KICK", Some(room), Some(nick)) => {
                self.on_kick(message, source, room, nick, outbox);
            }
            ("TOPIC", Some(room), Some(topic)) => outbox.events.push(Event::TopicChanged {
                room: self.rooms.name_of(room).to_owned(),
                nick: source.to_owned(),
                topic: topic.to_owned(),
            }),
            ("MODE", Some(target), Some(letters)) => {
                outbox.events.push(Event::ModeChanged {
                    target: self.rooms.name_of(target).to_owned(),
                    by: source.to_owned(),
                    change: parameters_from(message, 1),
                });
                // Where there is no number for it, a letter says so.
                if self.is_own(target) && letters.starts_with('+') && letters.contains('r') {
                    self.logged_in(outbox);
                }
            }
            ("INVITE", ..)
                if message
                    .source
                    .is_some_and(|source| self.is_ignored(source.as_str())) => {}
            ("INVITE", _, Some(room)) => {
                self.rooms.add_known_room(room);
                outbox.events.push(Event::Invited {
                    room: room.to_owned(),
                    by: source.to_owned(),
                });
            }
            ("ERROR", Some(why), _) => self.close_reason = Some(why.to_owned()),
            (command, ..)
                if matches!(self.phase, Phase::Registering { .. })
                    && !command.bytes().all(|byte| byte.is_ascii_alphabetic()) =>
            {
                self.protocol_error("what answers there does not speak IRC", outbox);
            }
            _ => outbox.events.push(Event::ServerNotice {
                text: format!("{} {}", message.command, parameters_from(message, 0)),
            }),
        }
    }

    pub(in crate::client::session) fn is_own(&self, nick: &str) -> bool {
        !nick.is_empty() && self.is_same(nick, &self.nick)
    }

    /// Why somebody left, unless their words are not shown.
    fn visible_reason(&self, message: &Message<'_>, reason: Option<&str>) -> Option<String> {
        let source = message.source.map_or("", |source| source.as_str());
        reason
            .filter(|_| !self.is_ignored(source))
            .map(str::to_owned)
    }

    fn is_ignored(&self, source: &str) -> bool {
        self.ignore_list.matches(source, &self.rooms.naming)
    }

    fn said(
        &mut self,
        message: &Message<'_>,
        target: &str,
        text: &str,
        kind: MessageKind,
        outbox: &mut SessionOutput,
    ) {
        let source = message.source.filter(|source| {
            let name = source.as_str();
            let is_server = name.contains('.') || self.server.as_deref().is_none_or(|s| s == name);
            name.contains('!') || !is_server
        });
        let Some(nick) = source.map(|source| source.nick().to_owned()) else {
            let text = text.to_owned();
            let is_greeting = !matches!(self.phase, Phase::Ready { .. });
            outbox.events.push(match is_greeting {
                true => Event::ServerNotice { text },
                false => Event::ServerSaid { text, asked: false },
            });
            return;
        };
        let (text, kind) = match ctcp(text) {
            None => (text, kind),
            Some(("ACTION", text)) => (text, MessageKind::Action),
            // Other programs' questions are not answered: an answer tells strangers about this
            // machine, and can be used to make it flood.
            Some((question, _)) => {
                let text = format!("{nick} asks this program: {question}");
                return outbox.events.push(Event::ServerNotice { text });
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
            let is_known = self.rooms.is_visible(other) || self.is_own(other);
            is_known && !self.is_same(other, &nick)
        });
        let imitated = imitated.map(|other| Event::SpoofedQuote {
            nick: nick.clone(),
            other: other.to_owned(),
        });
        let room = self.rooms.naming.room_of_target(target);
        self.rooms.note_activity(&nick, room);
        outbox.events.push(if let Some(room) = room {
            let mut calls = [&self.nick].into_iter().chain(&self.settings.highlight);
            let mention = !own && calls.any(|word| mentions(&visible, word));
            if !own {
                self.rooms.count_unread(room, mention);
            }
            let is_active = self
                .active_room()
                .is_some_and(|active| self.is_same(active, room));
            self.highlight_count += u32::from(mention && is_active);
            Event::Said {
                // What was said to the operators is not answered to all by mistake.
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
            if !own && kind != MessageKind::Notice {
                self.last_whisperer = Some(nick.clone());
                self.highlight_count += 1;
            }
            Event::Whispered {
                nick: if own { target.to_owned() } else { nick },
                text,
                kind,
                own,
            }
        });
        outbox.events.extend(imitated);
    }

    fn on_join(
        &mut self,
        message: &Message<'_>,
        room: &str,
        own: bool,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        let Some(source) = message.source else { return };
        if own {
            self.set_address(source.as_str());
            self.rooms.enter(room);
            return;
        }
        let nick = source.nick();
        self.rooms.add(room, nick, Some(now.unix_seconds));
        outbox.events.push(Event::Joined {
            room: self.rooms.name_of(room).to_owned(),
            nick: nick.to_owned(),
        });
        self.warn_confusable(nick, outbox);
    }

    /// Tells when somebody's nick can be taken for another one's.
    fn warn_confusable(&self, nick: &str, outbox: &mut SessionOutput) {
        let own = self.nick.as_str();
        if let Some(other) = self.rooms.confusable(nick, own) {
            outbox.events.push(Event::ConfusableNick {
                nick: nick.to_owned(),
                other,
            });
        }
    }

    /// Remembers what others see of this person, to know how long a line can be.
    pub(in crate::client::session) fn set_address(&mut self, source: &str) {
        self.address = source
            .split_once('!')
            .map(|(_, address)| address.to_owned());
    }

    /// `396 alice host :is now your displayed host`; some tell the user name with it.
    pub(super) fn set_visible_host(&mut self, message: &Message<'_>, outbox: &mut SessionOutput) {
        let Some(host) = message.parameter(1) else {
            return;
        };
        let known = self.address.as_deref().unwrap_or(&self.nick);
        let user = known.split('@').next().unwrap_or_default();
        self.address = Some(match host.contains('@') {
            true => host.to_owned(),
            false => format!("{user}@{host}"),
        });
        outbox.events.push(Event::ServerNotice {
            text: parameters_from(message, 1),
        });
    }

    fn on_part(
        &mut self,
        nick: &str,
        room: &str,
        reason: Option<String>,
        own: bool,
        outbox: &mut SessionOutput,
    ) {
        let room = self.rooms.name_of(room).to_owned();
        if own {
            self.sent_commands
                .complete_command("PART", Some(&self.rooms.naming.key(&room)));
            self.rooms.leave(&room);
            return outbox.events.push(Event::Departed { room });
        }
        self.rooms.remove(&room, nick);
        outbox.events.push(Event::Left {
            room,
            nick: nick.to_owned(),
            reason,
        });
    }

    fn on_kick(
        &mut self,
        message: &Message<'_>,
        by: &str,
        room: &str,
        nick: &str,
        outbox: &mut SessionOutput,
    ) {
        let own = self.is_own(nick);
        let room = self.rooms.name_of(room).to_owned();
        if own {
            self.rooms.leave(&room);
        } else {
            self.rooms.remove(&room, nick);
        }
        outbox.events.push(Event::Kicked {
            room,
            nick: nick.to_owned(),
            by: by.to_owned(),
            reason: message.parameter(2).map(str::to_owned),
            own,
        });
    }

    fn on_nick(
        &mut self,
        from: &str,
        to: &str,
        own: bool,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        self.rooms.rename(from, to);
        self.ignore_list.rename(from, to);
        if let Some(nick) = &mut self.last_whisperer
            && self.rooms.naming.is_same(nick, from)
        {
            to.clone_into(nick);
        }
        if own {
            to.clone_into(&mut self.nick);
            let naming = &self.rooms.naming;
            let is = |wanted: &str| naming.is_same(wanted, to) || is_truncated_nick(to, wanted);
            let asked = self.queries.nick.take_if(|asked| is(asked));
            if asked.is_some() || is(&self.settings.nick) {
                // What was asked for by the person is what is wanted from now on.
                to.clone_into(&mut self.settings.nick);
            } else {
                self.renamed_by_server = true;
            }
            self.queries.regaining = false;
            self.regain_at = None;
        }
        outbox.events.push(Event::Renamed {
            from: from.to_owned(),
            to: to.to_owned(),
            own,
        });
        if !own {
            self.warn_confusable(to, outbox);
            self.regain_from(from, now, outbox);
        }
    }

    /// Somebody has given up a nick: it may be the one this person wants.
    fn regain_from(&mut self, nick: &str, now: SessionTime, outbox: &mut SessionOutput) {
        if self.is_ready() && !self.renamed_by_server && self.is_same(nick, &self.settings.nick) {
            self.regain(now, outbox);
        }
    }

    fn on_pong(&mut self, message: &Message<'_>, now: SessionTime, outbox: &mut SessionOutput) {
        let Some(token) = message.parameters.last() else {
            return;
        };
        if *token == SETTLED {
            self.registration_done(now, outbox);
        } else if *token == REGAINED {
            self.queries.regaining = false;
        } else if let Some(number) = token.strip_prefix(FENCE).and_then(|n| n.parse().ok()) {
            self.on_answer(number, true, now, outbox);
        } else if *token != ALIVE {
            outbox.events.push(Event::ServerNotice {
                text: format!("PONG {token}"),
            });
        }
    }
}

/// Whose words a text seems to be, as it would begin a row on the screen: `<nick>` at its start, or
/// anywhere behind a time, or behind so much space that a terminal begins another row with it.
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

/// Whether this word, most often a nick, stands in `text` as a word of its own, in any letter case.
fn mentions(text: &str, nick: &str) -> bool {
    let part_of_nick = |c: char| c.is_alphanumeric() || "-[]\\`^{}|_".contains(c);
    let Some(first) = nick.bytes().next() else {
        return false;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, text.as_bytes()).any(|at| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let here = text.get(at..at + nick.len());
        let behind = text
            .get(at + nick.len()..)
            .and_then(|rest| rest.chars().next());
        here.is_some_and(|here| here.eq_ignore_ascii_case(nick))
            && !before.is_some_and(part_of_nick)
            && !behind.is_some_and(part_of_nick)
    })
}

/// The command and the text of a message between programs. CTCP.
fn ctcp(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('\x01')?;
    let inner = inner.strip_suffix('\x01').unwrap_or(inner);
    Some(inner.split_once(' ').unwrap_or((inner, "")))
}

/// The parameters from `index` on, as one text.
pub(super) fn parameters_from(message: &Message<'_>, index: usize) -> String {
    message
        .parameters
        .get(index..)
        .unwrap_or_default()
        .join(" ")
}
