//! From what a person typed to requests.

use std::borrow::Cow;
use std::time::Duration;

use super::help::notice;
use crate::client::command::{self, ParseError, UserCommand};
use crate::client::event::{Event, RoomSummary};
use crate::client::session::{Phase, Session, SessionAction, SessionOutput, SessionTime};
use crate::common::config_file::nearest;
use crate::wire::Request;

impl Session {
    /// The person typed this behind a prompt that named a room: it is about that room, even when
    /// another has become the active one meanwhile.
    pub fn typed_in(
        &mut self,
        room: Option<&str>,
        text: &str,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        self.typed_in = room.map(str::to_owned);
        self.typed(text, now, outbox);
        self.typed_in = None;
    }

    /// The person typed a line: one that was entered, or a pasted text of several lines.
    pub fn typed(&mut self, text: &str, now: SessionTime, outbox: &mut SessionOutput) {
        self.highlight_count = 0;
        let (told, waiting) = (self.backlog_announced, self.backlog.len());
        self.execute_lines(text, now, outbox);
        if told && self.backlog.len() > waiting {
            let words = format!("{} lines wait now", self.backlog.len());
            outbox.events.push(Event::Note { words });
        }
    }

    fn execute_lines(&mut self, text: &str, now: SessionTime, outbox: &mut SessionOutput) {
        if !text.contains('\n') {
            return self.execute(text, now, outbox);
        }
        let mut lines = text.split('\n').filter(|line| !line.trim().is_empty());
        let Some(first) = lines.next() else {
            return;
        };
        let target = match command::parse(first) {
            Ok(UserCommand::Say { .. }) => None,
            Ok(UserCommand::Tell { target, .. }) => Some(target.to_owned()),
            _ => {
                let words = "text of several lines can only be said; send commands one by one";
                return self.reject_input(words, outbox);
            }
        };
        self.execute(first, now, outbox);
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
            self.execute(&line, now, outbox);
        }
    }

    pub(in crate::client::session) fn execute(
        &mut self,
        line: &str,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        let typed = line;
        let expanded = self.expand_alias(line);
        let line = expanded.as_deref().unwrap_or(line);
        match command::parse(line) {
            Ok(UserCommand::Nothing) => {}
            Ok(UserCommand::Help { command }) => self.help(command, outbox),
            Ok(UserCommand::Quit { reason }) => self.quit(reason, now, outbox),
            Ok(UserCommand::Connect { server }) => self.switch_server(server, outbox),
            Ok(UserCommand::Reconnect) => self.reconnect(outbox),
            Ok(UserCommand::LocalCommand(_)) if self.settings.script => {
                let words = "a script has no screen: /clear, /history, /search and /set do nothing";
                self.reject_input(words, outbox);
            }
            Ok(UserCommand::LocalCommand(_)) => outbox.actions.push(SessionAction::Local {
                line: line.to_owned(),
            }),
            Ok(UserCommand::Switch { room }) => self.switch_room(room, outbox),
            Ok(UserCommand::Rooms) => self.list_rooms(outbox),
            Ok(UserCommand::Ignore { mask: Some(mask) }) => {
                self.ignore_list.add(mask);
                let words = format!("{mask} is ignored; /unignore {mask} ends it");
                notice(outbox, words);
            }
            Ok(UserCommand::Ignore { mask: None }) => {
                let names = self.ignore_list.masks();
                let words = match names.len() {
                    0 => "nobody is ignored".to_owned(),
                    _ => format!("ignored: {}", names.join(" ")),
                };
                notice(outbox, words);
            }
            Ok(UserCommand::Unignore { mask }) => match self.ignore_list.remove(mask) {
                true => notice(outbox, format!("{mask} is heard again")),
                false => self.reject_input(&format!("{mask} is not ignored"), outbox),
            },
            Ok(intent) => match self.message_for(&intent) {
                Some(Err(words)) => self.reject_input(&words, outbox),
                Some(Ok(talk)) if self.is_ready() => self.send_message(&talk, now, outbox),
                None if self.is_ready() => {
                    let before = outbox.lines.len();
                    self.delivery.queue_behind = true;
                    self.send_request(&intent, outbox);
                    self.delivery.queue_behind = false;
                    self.remember_command([typed, line], before, now, outbox);
                }
                // The rest would be out of place by the time it is sent.
                Some(Ok(talk)) if !self.is_leaving() && self.phase != Phase::Asking => {
                    self.queue_offline(talk, outbox);
                }
                _ => self.reject_input("there is no connection now; try again later", outbox),
            },
            Err(problem) => {
                let words = self.suggest_alias(&problem);
                self.reject_input(&words.unwrap_or(problem.to_string()), outbox);
            }
        }
    }

    /// Remembers what was sent for a command, which was typed so and means the other.
    fn remember_command(
        &mut self,
        [typed, meant]: [&str; 2],
        before: usize,
        now: SessionTime,
        outbox: &SessionOutput,
    ) {
        let sent = outbox.lines.get(before..).unwrap_or_default();
        if !self.settings.script && !command::carries_password(meant, None) {
            let naming = &self.rooms.naming;
            self.sent_commands
                .remember(typed, sent, now.elapsed, naming);
        }
    }

    /// Does a line of the configuration on coming in. It may carry a password, so nothing of it is
    /// shown or kept; only what the server refuses is.
    pub(in crate::client::session) fn run_on_connect(
        &mut self,
        line: &str,
        outbox: &mut SessionOutput,
    ) {
        let expanded = self.expand_alias(line);
        let line = expanded.as_deref().unwrap_or(line);
        self.delivery.queue_behind = true;
        match command::parse(line) {
            Ok(UserCommand::Tell { target, text }) => {
                let (targets, text) = (target, text);
                self.send(&Request::Privmsg { targets, text }, outbox);
            }
            Ok(UserCommand::Notice { target, text }) => {
                let (targets, text) = (target, text);
                self.send(&Request::Notice { targets, text }, outbox);
            }
            Ok(intent) if command::allowed_on_connect(&intent) => {
                self.send_request(&intent, outbox)
            }
            Ok(_) => self.reject_input("this cannot be done on coming in", outbox),
            Err(problem) => self.reject_input(&problem.to_string(), outbox),
        }
        self.delivery.queue_behind = false;
    }

    /// What to say of a command that nobody knows, where an alias may have been meant.
    fn suggest_alias(&self, problem: &ParseError) -> Option<String> {
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
    pub(in crate::client::session) fn execute_as_text(
        &mut self,
        text: &str,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        if text.trim().is_empty() {
            return;
        }
        debug_assert!(self.is_ready(), "a script waits until it is in");
        match self.message_for(&UserCommand::Say { text }) {
            Some(Ok(talk)) => self.send_message(&talk, now, outbox),
            Some(Err(words)) => self.reject_input(&words, outbox),
            None => debug_assert!(false, "text is something to say"),
        }
    }

    /// The line with an alias replaced by what it stands for.
    pub(super) fn expand_alias(&self, line: &str) -> Option<String> {
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

    fn send_request(&mut self, intent: &UserCommand<'_>, outbox: &mut SessionOutput) {
        let in_words = matches!(
            intent,
            UserCommand::Mode { .. }
                | UserCommand::Invite { .. }
                | UserCommand::Oper { .. }
                | UserCommand::Raw { .. }
        );
        self.queries.plain_reply |= in_words;
        match intent {
            UserCommand::List { filter } => {
                self.send(&Request::List { filter: *filter }, outbox);
            }
            UserCommand::Invite { nick, room } => {
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    self.send_line(format!("INVITE {nick} {room}"), outbox);
                }
            }
            UserCommand::Kick { room, nick, reason } => {
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    let reason = reason.map(|text| format!(" :{text}")).unwrap_or_default();
                    self.send_line(format!("KICK {room} {nick}{reason}"), outbox);
                }
            }
            UserCommand::Mode { target, change } => {
                let named = target.map(str::to_owned);
                if let Some(target) = named.or_else(|| self.room_or_active(None, outbox)) {
                    self.send_line(
                        format!("MODE {target} {change}").trim_end().to_owned(),
                        outbox,
                    );
                }
            }
            UserCommand::Oper { name, password } => {
                self.send(&Request::Oper { name, password }, outbox);
            }
            UserCommand::Raw { line } => {
                self.await_target();
                self.send_line((*line).to_owned(), outbox);
            }
            UserCommand::Nick { nick } => {
                self.queries.nick = Some((*nick).to_owned());
                self.send_nick(nick, outbox);
            }
            UserCommand::Who { room } => {
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    self.send_who(&room, outbox);
                }
            }
            UserCommand::Names { room } => {
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    self.queries.names.insert(self.key(&room), Vec::new());
                    self.send(&Request::Names { rooms: Some(&room) }, outbox);
                }
            }
            UserCommand::Whois { nick } => {
                self.send(&Request::Whois { nick }, outbox);
            }
            UserCommand::Join { room, key } => {
                self.await_target();
                self.join(room, *key, outbox);
            }
            UserCommand::Part { room, reason } => {
                let (room, reason) = self.leading_room(room.as_deref(), *reason);
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    self.await_target();
                    self.rooms.expect_part(&room);
                    self.send(
                        &Request::Part {
                            rooms: &room,
                            reason,
                        },
                        outbox,
                    );
                }
            }
            UserCommand::Topic { room, topic } => {
                let (room, topic) = self.leading_topic_room(room.as_deref(), *topic);
                if let Some(room) = self.room_or_active(room.as_deref(), outbox) {
                    if topic.is_none() {
                        self.queries.topics.insert(self.key(&room));
                    }
                    self.send(&Request::Topic { room: &room, topic }, outbox);
                }
            }
            UserCommand::Away { message } => {
                self.away = message.map(str::to_owned);
                self.send(&Request::Away { message: *message }, outbox);
            }
            UserCommand::Say { .. }
            | UserCommand::Act { .. }
            | UserCommand::Tell { .. }
            | UserCommand::Reply { .. }
            | UserCommand::Notice { .. }
            | UserCommand::Nothing
            | UserCommand::Help { .. }
            | UserCommand::Quit { .. }
            | UserCommand::Connect { .. }
            | UserCommand::Reconnect
            | UserCommand::LocalCommand(_)
            | UserCommand::Switch { .. }
            | UserCommand::Rooms
            | UserCommand::Ignore { .. }
            | UserCommand::Unignore { .. } => {
                debug_assert!(false, "these are dealt with elsewhere");
            }
        }
    }

    /// Has the other server looked for. This one is left when that has been found.
    fn switch_server(&mut self, server: &str, outbox: &mut SessionOutput) {
        if self.settings.script {
            return self.reject_input("a script talks to one server", outbox);
        }
        let server = server.to_owned();
        outbox.actions.push(SessionAction::Seek { server });
    }

    /// The server that was looked for is there, and the program goes to it; or the words say why
    /// not.
    pub fn server_probed(
        &mut self,
        server: String,
        found: Result<(), String>,
        now: SessionTime,
        outbox: &mut SessionOutput,
    ) {
        match found {
            Ok(()) => {
                self.switch_to = Some(server);
                self.quit(Some("gone to another server"), now, outbox);
            }
            Err(words) => {
                let and = if words.ends_with('?') {
                    " You"
                } else {
                    "; you"
                };
                self.reject_input(&format!("{words}{and} stay here"), outbox);
            }
        }
    }

    /// Connects anew to the same server.
    fn reconnect(&mut self, outbox: &mut SessionOutput) {
        if self.settings.script || self.is_leaving() {
            return self.reject_input("a script stays connected", outbox);
        }
        self.reconnect_attempts = 0;
        if self.phase == Phase::Offline {
            let after = Duration::ZERO;
            return outbox.actions.push(SessionAction::Reconnect { after });
        }
        self.close_reason = Some("you wanted to connect anew".to_owned());
        outbox.actions.push(SessionAction::Close);
    }

    fn list_rooms(&mut self, outbox: &mut SessionOutput) {
        let active = self.active_room().map(str::to_owned);
        let rooms = self.rooms.iter().map(|room| RoomSummary {
            name: room.name.clone(),
            people: room.members().count(),
            unread: room.unread,
            active: active.as_deref() == Some(&room.name),
            topic: String::new(),
        });
        let rooms = rooms.collect();
        outbox.events.push(Event::Rooms { rooms });
    }

    /// Enters a room, or makes it the active one when this person is in it.
    fn join(&mut self, room: &str, key: Option<&str>, outbox: &mut SessionOutput) {
        let room = &*self.rooms.naming.room_from_input(room).into_owned();
        self.rooms.request_active(room, key);
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
