//! A server sends any lines and a user types any text, in any order: no output can be read as
//! another line, nothing is sent that was not typed, and nothing reaches the screen that a terminal
//! would obey.
//!
//! The first byte selects the kind of session. The rest is read as steps, one per line: `<` is
//! received, `>` typed, `s` a line of a script, `+60` lets a minute pass, and so on.

use std::time::Duration;

use chatting_room::client::command::settings::DisplaySettings;
use chatting_room::client::command::{self, UserCommand};
use chatting_room::client::event::{
    Event, InputError, MessageTags, NetworkId, NetworkName, Occurrence, json,
};
use chatting_room::client::session::{
    AccountLogin, CloseReason, ProtocolViolation, ScriptLine, Session, SessionAction,
    SessionConfig, SessionOutput, SessionTime, Transport,
};
use chatting_room::client::view::scrollback::Scrollback;
use chatting_room::client::view::{Renderer, Verbosity, hide_secret, raw_line, strip_styles};
use chatting_room::common::record::Record;
use chatting_room::common::shared_error::SharedError;
use chatting_room::wire::Message;
use chatting_room::wire::name::is_invisible;
use jiff::tz::TimeZone;

const STEPS_MAX: usize = 300;
const JOINER: char = '\u{200d}';
/// Commands that a session sends on its own, or on request of the server.
const UNASKED: [&str; 11] = [
    "PASS",
    "CAP",
    "AUTHENTICATE",
    "NICK",
    "USER",
    "PING",
    "PONG",
    "JOIN",
    "QUIT",
    "NOTICE",
    // With `no-implicit-names`.
    "NAMES",
];
/// Without one of these numerics no user is logged in: RPL_SASLSUCCESS and ERR_SASLALREADY.
const LOGGED_IN: [u16; 2] = [903, 907];

struct Conversation {
    session: Session,
    outbox: SessionOutput,
    now: SessionTime,
    connected: bool,
    /// Whether the nick was asked for and no answer has come.
    asking: bool,
    /// Whether anything was typed so far.
    typed: bool,
    /// The user enters no room before the server has said that the login has succeeded.
    needs_login: bool,
    number: u64,
    plain: Renderer,
    colored: Renderer,
    scroll: Scrollback,
    over: bool,
}

/// Any bytes, as steps.
pub(crate) fn check(bytes: &[u8]) {
    let Some((kind, steps)) = bytes.split_first() else {
        return;
    };
    let mut conversation = Conversation::new(*kind);
    conversation.connect();
    if kind & 1 == 0 {
        conversation.register();
    }
    for step in steps.split(|byte| *byte == b'\n').take(STEPS_MAX) {
        if conversation.over {
            return;
        }
        conversation.step(step);
        conversation.settle(step);
    }
}

impl Conversation {
    fn new(kind: u8) -> Self {
        let look = |color| {
            Renderer::new(
                color,
                Verbosity::Verbose,
                TimeZone::UTC,
                DisplaySettings::default(),
            )
        };
        Self {
            session: Session::new(SessionConfig {
                nick: "alice".to_owned(),
                alternatives: vec!["alice2".to_owned()],
                user: (kind & 64 == 0).then(|| "alice".to_owned()),
                real_name: Some("Alice".to_owned()),
                password: (kind & 2 != 0).then(|| "sesame".to_owned()),
                on_connect: vec![UserCommand::Raw {
                    line: "PING first".to_owned(),
                }],
                rooms: vec![command::parse_room("#dev").unwrap()],
                script: kind & 4 != 0,
                strict: kind & 8 != 0,
                log: kind & 32 != 0,
                account: (kind & 128 != 0).then(|| AccountLogin {
                    name: "alice".to_owned(),
                    password: Some("sesame".to_owned()),
                    is_optional: kind & 32 != 0,
                    ..AccountLogin::default()
                }),
                transport: match kind & 128 {
                    0 => Transport::Loopback,
                    _ => Transport::Plain,
                },
                wait: None,
                time_limit: (kind & 16 != 0).then(|| Duration::from_secs(500)),
                ignore: vec!["mallory".to_owned()],
                highlight: vec!["deploy".to_owned()],
                aliases: [("j".to_owned(), "/join".to_owned())].into(),
                ..SessionConfig::default()
            }),
            outbox: SessionOutput::default(),
            now: SessionTime::default(),
            connected: false,
            asking: false,
            typed: false,
            needs_login: kind & 128 != 0 && kind & 32 == 0,
            number: 0,
            plain: look(false),
            colored: look(true),
            scroll: Scrollback::new(look(false), false),
            over: false,
        }
    }

    fn connect(&mut self) {
        self.outbox.restart();
        self.connected = true;
        self.session.connected(self.now, &mut self.outbox);
        self.settle(b"");
    }

    fn register(&mut self) {
        for line in [
            ":s 001 alice :Welcome alice!~a@host",
            ":s 422 alice :no MOTD",
            ":alice!~a@host JOIN #lobby",
            ":s 353 alice = #lobby :alice @bob",
            ":s 366 alice #lobby :End",
            ":s PONG s chatroom-settled",
        ] {
            self.receive(line.as_bytes());
        }
    }

    fn receive(&mut self, line: &[u8]) {
        if self.connected {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let stamp = MessageTags::of_line(line);
            let unix_seconds = stamp.unix_seconds().unwrap_or(self.now.unix_seconds);
            let text = String::from_utf8_lossy(line);
            let number = Message::parse(&text)
                .ok()
                .and_then(|received| received.number());
            self.needs_login &= number.is_none_or(|number| !LOGGED_IN.contains(&number));
            self.session.received(line, self.now, &mut self.outbox);
            self.show(unix_seconds, &stamp);
            let raw = raw_line(line, false);
            assert_eq!(raw.matches('\n').count(), 1, "{raw:?} is no single line");
        }
    }

    fn step(&mut self, step: &[u8]) {
        let Some((kind, rest)) = step.split_first() else {
            return;
        };
        let text = String::from_utf8_lossy(rest);
        match kind {
            b'<' => self.receive(rest),
            b'>' => {
                self.typed = true;
                // A pasted text can have several lines.
                let text = text.replace('\x0b', "\n");
                self.check_judgement(&text);
                self.session.typed(&text, self.now, &mut self.outbox);
            }
            b's' | b'u' | b'b' if self.session.wants_input() && self.connected => {
                self.typed = true;
                self.number += 1;
                let line = match kind {
                    b's' => ScriptLine::Typed(&text),
                    b'u' => ScriptLine::Text(&text),
                    _ => ScriptLine::Unreadable(InputError::NotUtf8),
                };
                self.session
                    .scripted(self.number, line, self.now, &mut self.outbox);
            }
            b'+' => {
                let seconds = text.parse().unwrap_or(1_u32).min(1_000);
                self.now.elapsed += Duration::from_secs(seconds.into());
                self.now.unix_seconds += i64::from(seconds);
                // One deadline can lead to another that has also passed, but not for ever.
                let mut ticks = 0;
                while self.connected && ticks == 0 || self.is_due() {
                    self.session.tick(self.now, &mut self.outbox);
                    ticks += 1;
                    assert!(ticks < 5, "the clock never rests");
                }
            }
            b'x' if self.connected => self.lose("connection reset by peer"),
            b'c' if !self.connected => self.connect(),
            b'a' if self.asking => {
                self.asking = false;
                self.session
                    .answer_nick("carol", self.now, &mut self.outbox);
            }
            b'q' => self.session.quit(Some(&text), self.now, &mut self.outbox),
            b'e' => self.session.input_ended(self.now, &mut self.outbox),
            b'p' => self
                .session
                .protocol_error(ProtocolViolation::NotIrc, &mut self.outbox),
            _ => {}
        }
    }

    fn is_due(&self) -> bool {
        let next = self.session.next_deadline();
        let is_due = next.is_some_and(|at| at <= self.now.elapsed);
        self.connected && is_due && self.outbox.actions.is_empty()
    }

    fn lose(&mut self, why: &str) {
        self.connected = false;
        self.session.disconnected(
            CloseReason::Io(SharedError::new(why)),
            self.now,
            &mut self.outbox,
        );
    }

    /// Checks all actions of the step.
    fn settle(&mut self, step: &[u8]) {
        self.show(self.now.unix_seconds, &MessageTags::default());
        let lines = std::mem::take(&mut self.outbox.lines);
        self.check_lines(&lines, step);
        self.outbox.taken_bytes += lines.len() as u64;
        self.outbox.written_bytes = self.outbox.taken_bytes;
        for order in std::mem::take(&mut self.outbox.actions) {
            match order {
                SessionAction::Close if self.connected => {
                    self.lose("closed");
                    return self.settle(b"");
                }
                SessionAction::Upgrade { port } => {
                    assert!(port > 0, "no port to connect to");
                    self.connect();
                    return self.settle(b"");
                }
                SessionAction::AskNick(_) => self.asking = true,
                SessionAction::Local(command) => {
                    check_screen(&self.scroll.run_local(&command, NetworkId::default()));
                }
                SessionAction::End(_) => self.over = true,
                SessionAction::Close
                | SessionAction::Reconnect { .. }
                | SessionAction::KeepStsPolicy { .. }
                | SessionAction::Connect { .. }
                | SessionAction::Disconnect { .. }
                | SessionAction::ListNetworks
                | SessionAction::AddUpstream { .. }
                | SessionAction::UpdateUpstream { .. }
                | SessionAction::RemoveUpstream { .. } => {}
            }
        }
        let names = self.session.names();
        let (nicks, rooms) = (names.nicks, names.rooms);
        assert!(
            !nicks.iter().chain(&rooms).any(String::is_empty),
            "a name without letters"
        );
        let prompt = self.plain.prompt(
            self.session.active_room(),
            self.session.unread(),
            self.session.offline_note(self.now.elapsed).as_deref(),
        );
        check_screen(&format!("{}\n", prompt.raw));
    }

    fn check_lines(&self, lines: &str, step: &[u8]) {
        let Some(whole) = lines.strip_suffix("\r\n") else {
            assert!(lines.is_empty(), "{lines:?} has no ending");
            return;
        };
        let mut count = 0;
        for line in whole.split("\r\n") {
            count += 1;
            assert!(
                !line.contains(['\r', '\n', '\0']),
                "{line:?} would be two lines"
            );
            let Ok(message) = Message::parse(line) else {
                // `/raw` sends its text unchanged, even a line without a command.
                assert!(self.typed, "{line:?} is no message");
                continue;
            };
            let tags = line.len()
                - line
                    .split_once(' ')
                    .map_or(line.len(), |(_, body)| body.len());
            let tags = if message.tags.is_empty() { 0 } else { tags };
            assert!(line.len() - tags <= 510, "{line:?} is too long");
            let enters = message.command == "JOIN" && !self.typed;
            assert!(!(enters && self.needs_login), "{line:?} without a login");
            let is_unasked = UNASKED.contains(&message.command);
            assert!(is_unasked || self.typed, "{line:?} was not typed");
        }
        let is_heard = step.first() == Some(&b'<');
        assert!(
            !is_heard || self.typed || count <= 8,
            "one line is answered by {count}"
        );
    }

    /// Shows the events in all formats.
    fn show(&mut self, unix_seconds: i64, tags: &MessageTags) {
        let active = self.session.active_room().map(str::to_owned);
        let active = active.as_deref();
        for event in std::mem::take(&mut self.outbox.events) {
            let plain = self.plain.lines(&event, unix_seconds, active);
            check_screen(&plain);
            if let Event::Said { .. } | Event::Whispered { .. } = event {
                assert_eq!(
                    plain.matches('\n').count(),
                    1,
                    "{plain:?} is no single line"
                );
            }
            let colored = self.colored.lines(&event, unix_seconds, active);
            assert_eq!(strip_styles(&colored), plain, "colors change what is said");
            check_screen(&self.scroll.show(&event, unix_seconds, active));
            let occurrence = Occurrence {
                network: NetworkName::default(),
                at: unix_seconds,
                tags: tags.clone(),
                event,
            };
            if let Some(record) = json::encode(&occurrence) {
                let line = record.line();
                check_screen(&line);
                assert_eq!(line.matches('\n').count(), 1, "{line:?} is no single line");
                assert_eq!(
                    Record::read(&line),
                    Some(record.clone()),
                    "it reads otherwise"
                );
                let again = self
                    .plain
                    .lines(&json::decode(&record), record.unix_seconds(), active);
                check_screen(&again);
            }
        }
        check_screen(&self.scroll.flush(active));
    }

    fn check_judgement(&self, text: &str) {
        let judgement = self.session.analyze(text);
        let painted = self.colored.highlight(text, &judgement);
        if !text.contains('\x1b') {
            let plain = hide_secret(text, &judgement);
            assert_eq!(strip_styles(&painted), plain, "colors change what is typed");
        }
    }
}

/// Whole lines that no terminal obeys.
fn check_screen(text: &str) {
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "{text:?} is no whole line"
    );
    for c in text.chars() {
        assert!(
            !c.is_control() || matches!(c, '\n' | '\t'),
            "{c:?} is shown: {text:?}"
        );
        assert!(!is_invisible(c) || c == JOINER, "{c:?} is shown: {text:?}");
    }
}
