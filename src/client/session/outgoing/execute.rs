//! From what a person typed to requests.

use std::borrow::Cow;
use std::time::Duration;

use super::help::answer;
use crate::client::command::{self, Intent, Problem};
use crate::client::event::{Event, RoomSummary};
use crate::client::session::{Moment, Order, Outbox, Phase, Session};
use crate::common::config_file::nearest;
use crate::wire::Request;

impl Session {
    /// The person typed this behind a prompt that named a room: it is about that room, even when
    /// another has become the active one meanwhile.
    pub fn typed_in(&mut self, room: Option<&str>, text: &str, now: Moment, outbox: &mut Outbox) {
        self.typed_in = room.map(str::to_owned);
        self.typed(text, now, outbox);
        self.typed_in = None;
    }

    /// The person typed a line: one that was entered, or a pasted text of several lines.
    pub fn typed(&mut self, text: &str, now: Moment, outbox: &mut Outbox) {
        self.calls = 0;
        let (told, waiting) = (self.waiting_told, self.waiting.len());
        self.lines_typed(text, now, outbox);
        if told && self.waiting.len() > waiting {
            let words = format!("{} lines wait now", self.waiting.len());
            outbox.events.push(Event::Note { words });
        }
    }

    fn lines_typed(&mut self, text: &str, now: Moment, outbox: &mut Outbox) {
        if !text.contains('\n') {
            return self.entered(text, now, outbox);
        }
        let mut lines = text.split('\n').filter(|line| !line.trim().is_empty());
        let Some(first) = lines.next() else {
            return;
        };
        let target = match command::parse(first) {
            Ok(Intent::Say { .. }) => None,
            Ok(Intent::Tell { target, .. }) => Some(target.to_owned()),
            _ => {
                let words = "text of several lines can only be said; send commands one by one";
                return self.refuse_input(words, outbox);
            }
        };
        self.entered(first, now, outbox);
        for line in lines {
            // Only the first line was typed; what follows is text, whatever it begins with.
            let line = match &target {
                // The operators of a room are no nick.
                Some(target) if target.starts_with('@') => {
                    Cow::Owned(format!("/msg {target} {line}"))
                }
                Some(target) => Cow::Owned(format!("@{target} {line}")),
                None if line.trim_start().starts_with(['/', '@']) => {
                    let line = line.trim_start();
                    Cow::Owned(format!("{}{line}", line.get(..1).unwrap_or_default()))
                }
                None => Cow::Borrowed(line),
            };
            self.entered(&line, now, outbox);
        }
    }

    pub(in crate::client::session) fn entered(
        &mut self,
        line: &str,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let typed = line;
        let expanded = self.expanded(line);
        let line = expanded.as_deref().unwrap_or(line);
        match command::parse(line) {
            Ok(Intent::Nothing) => {}
            Ok(Intent::Help { command }) => self.help(command, outbox),
            Ok(Intent::Quit { reason }) => self.quit(reason, now, outbox),
            Ok(Intent::Connect { server }) => self.go_elsewhere(server, outbox),
            Ok(Intent::Reconnect) => self.reconnect(outbox),
            Ok(Intent::Local(_)) if self.settings.script => {
                let words = "a script has no screen: /clear, /history, /search and /set do nothing";
                self.refuse_input(words, outbox);
            }
            Ok(Intent::Local(_)) => outbox.orders.push(Order::Local {
                line: line.to_owned(),
            }),
            Ok(Intent::Switch { room }) => self.switch(room, outbox),
            Ok(Intent::Rooms) => self.list_rooms(outbox),
            Ok(Intent::Ignore { mask: Some(mask) }) => {
                self.ignored.add(mask);
                let words = format!("{mask} is ignored; /unignore {mask} ends it");
                answer(outbox, words);
            }
            Ok(Intent::Ignore { mask: None }) => {
                let names = self.ignored.names();
                let words = match names.len() {
                    0 => "nobody is ignored".to_owned(),
                    _ => format!("ignored: {}", names.join(" ")),
                };
                answer(outbox, words);
            }
            Ok(Intent::Unignore { mask }) => match self.ignored.remove(mask) {
                true => answer(outbox, format!("{mask} is heard again")),
                false => self.refuse_input(&format!("{mask} is not ignored"), outbox),
            },
            Ok(intent) => match self.talk_of(&intent) {
                Some(Err(words)) => self.refuse_input(&words, outbox),
                Some(Ok(talk)) if self.is_ready() => self.say(&talk, now, outbox),
                None if self.is_ready() => {
                    let before = outbox.lines.len();
                    self.script.in_turn = true;
                    self.ask(&intent, outbox);
                    self.script.in_turn = false;
                    self.note_command([typed, line], before, now, outbox);
                }
                // The rest would be out of place by the time it is sent.
                Some(Ok(talk)) if !self.is_leaving() && self.phase != Phase::Asking => {
                    self.keep_for_later(talk, outbox);
                }
                _ => self.refuse_input("there is no connection now; try again later", outbox),
            },
            Err(problem) => {
                let words = self.alias_meant(&problem);
                self.refuse_input(&words.unwrap_or(problem.to_string()), outbox);
            }
        }
    }

    /// Remembers what was sent for a command, which was typed so and means the other.
    fn note_command(
        &mut self,
        [typed, meant]: [&str; 2],
        before: usize,
        now: Moment,
        outbox: &Outbox,
    ) {
        let sent = outbox.lines.get(before..).unwrap_or_default();
        if !self.settings.script && !command::is_secret(meant, None) {
            let naming = &self.rooms.naming;
            self.commands.note(typed, sent, now.elapsed, naming);
        }
    }

    /// Does a line of the configuration on coming in. It may carry a password, so nothing of it is
    /// shown or kept; only what the server refuses is.
    pub(in crate::client::session) fn do_first(&mut self, line: &str, outbox: &mut Outbox) {
        let expanded = self.expanded(line);
        let line = expanded.as_deref().unwrap_or(line);
        self.script.in_turn = true;
        match command::parse(line) {
            Ok(Intent::Tell { target, text }) => {
                let (targets, text) = (target, text);
                self.send(&Request::Privmsg { targets, text }, outbox);
            }
            Ok(Intent::Notice { target, text }) => {
                let (targets, text) = (target, text);
                self.send(&Request::Notice { targets, text }, outbox);
            }
            Ok(intent) if command::can_be_first(&intent) => self.ask(&intent, outbox),
            Ok(_) => self.refuse_input("this cannot be done on coming in", outbox),
            Err(problem) => self.refuse_input(&problem.to_string(), outbox),
        }
        self.script.in_turn = false;
    }

    /// What to say of a command that nobody knows, where an alias may have been meant.
    fn alias_meant(&self, problem: &Problem) -> Option<String> {
        let (name, command) = problem.unknown_command()?;
        // The beginning of a command is meant for it.
        let begins = |command: &str| command.starts_with(&name.to_ascii_lowercase());
        if command.is_some_and(begins) {
            return None;
        }
        let aliases = self.settings.aliases.keys().map(String::as_str);
        let meant = nearest(name, aliases.chain(command))?;
        Some(format!("no command /{name}; did you mean /{meant}?"))
    }

    /// Says a line of a script in the active room, whatever it begins with.
    pub(in crate::client::session) fn entered_as_text(
        &mut self,
        text: &str,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        if text.trim().is_empty() {
            return;
        }
        debug_assert!(self.is_ready(), "a script waits until it is in");
        match self.talk_of(&Intent::Say { text }) {
            Some(Ok(talk)) => self.say(&talk, now, outbox),
            Some(Err(words)) => self.refuse_input(&words, outbox),
            None => debug_assert!(false, "text is something to say"),
        }
    }

    /// The line with an alias replaced by what it stands for.
    pub(super) fn expanded(&self, line: &str) -> Option<String> {
        let (name, rest) = match line.strip_prefix('/')?.split_once(' ') {
            Some((name, rest)) => (name, Some(rest)),
            None => (line.strip_prefix('/')?, None),
        };
        let long = self.settings.aliases.get(name)?;
        Some(match rest {
            Some(rest) => format!("{long} {rest}"),
            None => long.clone(),
        })
    }

    fn ask(&mut self, intent: &Intent<'_>, outbox: &mut Outbox) {
        let in_words = matches!(
            intent,
            Intent::Mode { .. } | Intent::Invite { .. } | Intent::Oper { .. } | Intent::Raw { .. }
        );
        self.asked.in_words |= in_words;
        match intent {
            Intent::List { filter } => {
                self.send(&Request::List { filter: *filter }, outbox);
            }
            Intent::Invite { nick, room } => {
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    self.send_line(format!("INVITE {nick} {room}"), outbox);
                }
            }
            Intent::Kick { room, nick, reason } => {
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    let reason = reason.map(|text| format!(" :{text}")).unwrap_or_default();
                    self.send_line(format!("KICK {room} {nick}{reason}"), outbox);
                }
            }
            Intent::Mode { target, change } => {
                let named = target.map(str::to_owned);
                if let Some(target) = named.or_else(|| self.room_or_active(None, outbox)) {
                    self.send_line(
                        format!("MODE {target} {change}").trim_end().to_owned(),
                        outbox,
                    );
                }
            }
            Intent::Oper { name, password } => {
                self.send(&Request::Oper { name, password }, outbox);
            }
            Intent::Raw { line } => {
                self.wait_for_the_room();
                self.send_line((*line).to_owned(), outbox);
            }
            Intent::Nick { nick } => {
                self.asked.nick = Some((*nick).to_owned());
                self.send_nick(nick, outbox);
            }
            Intent::Who { room } => {
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    self.ask_who(&room, outbox);
                }
            }
            Intent::Names { room } => {
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    self.asked.names.insert(self.key(&room), Vec::new());
                    self.send(&Request::Names { rooms: Some(&room) }, outbox);
                }
            }
            Intent::Whois { nick } => {
                self.send(&Request::Whois { nick }, outbox);
            }
            Intent::Join { room, key } => {
                self.wait_for_the_room();
                self.join(room, *key, outbox);
            }
            Intent::Part { room, reason } => {
                let (room, reason) = self.room_in_front(room.as_deref(), *reason);
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    self.wait_for_the_room();
                    self.rooms.want_out(&room);
                    self.send(
                        &Request::Part {
                            rooms: &room,
                            reason,
                        },
                        outbox,
                    );
                }
            }
            Intent::Topic { room, topic } => {
                let (room, topic) = self.topic_meant(room.as_deref(), *topic);
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    if topic.is_none() {
                        self.asked.topics.insert(self.key(&room));
                    }
                    self.send(&Request::Topic { room: &room, topic }, outbox);
                }
            }
            Intent::Away { message } => {
                self.away = message.map(str::to_owned);
                self.send(&Request::Away { message: *message }, outbox);
            }
            Intent::Say { .. }
            | Intent::Act { .. }
            | Intent::Tell { .. }
            | Intent::Reply { .. }
            | Intent::Notice { .. }
            | Intent::Nothing
            | Intent::Help { .. }
            | Intent::Quit { .. }
            | Intent::Connect { .. }
            | Intent::Reconnect
            | Intent::Local(_)
            | Intent::Switch { .. }
            | Intent::Rooms
            | Intent::Ignore { .. }
            | Intent::Unignore { .. } => {
                debug_assert!(false, "these are dealt with elsewhere");
            }
        }
    }

    /// Has the other server looked for. This one is left when that has been found.
    fn go_elsewhere(&mut self, server: &str, outbox: &mut Outbox) {
        if self.settings.script {
            return self.refuse_input("a script talks to one server", outbox);
        }
        let server = server.to_owned();
        outbox.orders.push(Order::Seek { server });
    }

    /// The server that was looked for is there, and the program goes to it; or the words say why
    /// not.
    pub fn sought(
        &mut self,
        server: String,
        found: Result<(), String>,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        match found {
            Ok(()) => {
                self.elsewhere = Some(server);
                self.quit(Some("gone to another server"), now, outbox);
            }
            Err(words) => {
                let and = if words.ends_with('?') {
                    " You"
                } else {
                    "; you"
                };
                self.refuse_input(&format!("{words}{and} stay here"), outbox);
            }
        }
    }

    /// Connects anew to the same server.
    fn reconnect(&mut self, outbox: &mut Outbox) {
        if self.settings.script || self.is_leaving() {
            return self.refuse_input("a script stays connected", outbox);
        }
        self.attempts = 0;
        if self.phase == Phase::Offline {
            let after = Duration::ZERO;
            return outbox.orders.push(Order::Reconnect { after });
        }
        self.farewell = Some("you wanted to connect anew".to_owned());
        outbox.orders.push(Order::Close);
    }

    fn list_rooms(&mut self, outbox: &mut Outbox) {
        let active = self.active_room().map(str::to_owned);
        let rooms = self.rooms.iter().map(|room| RoomSummary {
            name: room.name.clone(),
            people: room.people().count(),
            unread: room.unread,
            active: active.as_deref() == Some(&room.name),
            topic: String::new(),
        });
        let rooms = rooms.collect();
        outbox.events.push(Event::Rooms { rooms });
    }

    /// Enters a room, or makes it the active one when this person is in it.
    fn join(&mut self, room: &str, key: Option<&str>, outbox: &mut Outbox) {
        let room = &*self.rooms.naming.room_named(room).into_owned();
        self.rooms.want(room, key);
        if self.rooms.get(room).is_none() {
            self.send(
                &Request::Join {
                    rooms: room,
                    keys: key,
                },
                outbox,
            );
        }
    }
}
