//! Whole conversations of a session, line by line, without a socket.

mod analyze;
mod commands;
mod connection;
mod disconnect;
mod encryption;
mod fences;
mod history;
mod hostile;
mod isupport;
mod lists;
mod login;
mod nicks;
mod once;
mod pasting;
mod people;
mod registration;
mod scripts;
mod send;

use super::outgoing::message::split;
use super::*;
use crate::client::command;
use crate::client::command::alias::parse_with_aliases;
use crate::client::event::MessageKind;
use crate::common::shared_error::SharedError;

/// A session and what it wants done, with a clock that is moved by hand.
struct Played {
    session: Session,
    now: SessionTime,
    output: SessionOutput,
}

impl Played {
    fn new(script: bool) -> Self {
        Self::with_rooms(script, &[])
    }

    fn with_rooms(script: bool, rooms: &[&str]) -> Self {
        let session = Session::new(SessionConfig {
            nick: "alice".into(),
            alternatives: Vec::new(),
            user: Some("alice".into()),
            real_name: Some("Alice".into()),
            password: None,
            on_connect: Vec::new(),
            rooms: rooms
                .iter()
                .map(|room| command::parse_room(room).unwrap())
                .collect(),
            script,
            strict: false,
            wait: None,
            time_limit: None,
            log: false,
            ignore: Vec::new(),
            highlight: vec!["deploy".to_owned()],
            aliases: [("j".to_owned(), "/join".to_owned())].into(),
            ..SessionConfig::default()
        });
        Self {
            session,
            now: SessionTime::default(),
            output: SessionOutput::default(),
        }
    }

    /// A session that is in the lobby with bob.
    fn ready(script: bool) -> Self {
        let mut played = Self::new(script);
        played.connect();
        played.register("alice");
        played.take();
        played
    }

    /// The commands to run on connect.
    fn set_on_connect(&mut self, lines: &[&str]) {
        let aliases = &self.session.settings.aliases;
        let commands = lines.iter().map(|line| parse_with_aliases(line, aliases));
        self.session.settings.on_connect = commands.collect::<Result<_, _>>().unwrap();
    }

    fn connect(&mut self) {
        self.session.connected(self.now, &mut self.output);
    }

    fn register(&mut self, nick: &str) {
        self.receive(&format!(":s 001 {nick} :Welcome {nick}!~a@host"));
        self.receive(&format!(":s 422 {nick} :no MOTD"));
        self.receive(&format!(":{nick}!~a@host JOIN #lobby"));
        self.receive(&format!(":s 353 {nick} = #lobby :{nick} @bob"));
        self.receive(&format!(":s 366 {nick} #lobby :End"));
        self.receive(":s PONG s chatroom-settled");
    }

    fn receive(&mut self, line: &str) {
        let now = self.now;
        self.session
            .received(line.as_bytes(), now, &mut self.output);
    }

    fn type_line(&mut self, line: &str) {
        let now = self.now;
        self.session.typed(line, now, &mut self.output);
    }

    fn wait(&mut self, seconds: u64) {
        self.now.elapsed += Duration::from_secs(seconds);
        let now = self.now;
        self.session.tick(now, &mut self.output);
    }

    fn lose(&mut self, why: &str) {
        let why = CloseReason::Io(SharedError::new(why));
        let now = self.now;
        self.session.disconnected(why, now, &mut self.output);
    }

    /// The output since the last time.
    fn take(&mut self) -> SessionOutput {
        std::mem::take(&mut self.output)
    }

    /// The lines since the last time, without the fences after what a user types.
    fn lines(&mut self) -> Vec<String> {
        let is_script = self.session.settings.script;
        let mut lines = self.lines_and_fences();
        lines.retain(|line| is_script || !line.starts_with("PING :chatroom-line-"));
        lines
    }

    fn lines_and_fences(&mut self) -> Vec<String> {
        self.take().lines.lines().map(str::to_owned).collect()
    }

    /// The server answers every ping so far.
    fn answer_pings(&mut self, lines: &[String]) {
        for token in lines.iter().filter_map(|line| line.strip_prefix("PING :")) {
            self.receive(&format!(":s PONG s :{token}"));
        }
    }

    /// The errors that were reported, all that happened.
    fn rejections(&mut self) -> Vec<String> {
        let events = self.events().into_iter();
        events
            .map(|event| match event {
                Event::InputRejected { error, line: None } => error.to_string(),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn events(&mut self) -> Vec<Event> {
        self.take().events
    }
}

#[test]
fn registration_joins_the_lobby() {
    let mut played = Played::new(false);
    played.connect();
    assert_eq!(
        played.lines(),
        ["CAP LS 302", "NICK alice", "USER alice 0 * :Alice"]
    );
    played.register("alice");
    let done = played.take();
    assert_eq!(done.lines, "PING :chatroom-settled\r\n");
    assert_eq!(
        done.events,
        [Event::Entered {
            room: "#lobby".into(),
            nick: "alice".into(),
            others: Some(vec!["bob".into()]),
            first: true
        }]
    );
    assert!(played.session.is_ready());
    assert_eq!(played.session.active_room(), Some("#lobby"));
}

#[test]
fn text_goes_to_the_active_room_and_a_whisper_to_one_person() {
    let mut played = Played::ready(false);
    played.type_line("hello");
    played.type_line("@bob psst");
    played.type_line("/me waves");
    played.type_line("//slash");
    assert_eq!(
        played.lines(),
        [
            "PRIVMSG #lobby :hello",
            "PRIVMSG bob :psst",
            "PRIVMSG #lobby :\x01ACTION waves\x01",
            "PRIVMSG #lobby :/slash"
        ]
    );
}

#[test]
fn wrong_input_sends_nothing() {
    let mut played = Played::ready(false);
    played.type_line("/quti");
    assert_eq!(played.output.lines, "");
    assert_eq!(
        played.rejections(),
        ["There is no command /quti. Did you mean /quit?"]
    );
}

#[test]
fn a_pasted_text_goes_out_line_by_line_to_one_place_and_is_never_a_command() {
    let mut played = Played::ready(false);
    played.type_line("one\n\n/quit\n@carol x\n");
    assert_eq!(
        played.lines(),
        [
            "PRIVMSG #lobby :one",
            "PRIVMSG #lobby :/quit",
            "PRIVMSG #lobby :@carol x"
        ]
    );
    let mut played = Played::ready(false);
    played.type_line("@bob one\ntwo");
    assert_eq!(played.lines(), ["PRIVMSG bob :one", "PRIVMSG bob :two"]);
    played.type_line("/nick x\ntwo");
    let done = played.take();
    assert_eq!(done.lines, "");
    assert_eq!(done.events.len(), 1);
}

#[test]
fn a_long_text_is_split_between_words_and_every_piece_fits_as_relayed() {
    let mut played = Played::ready(false);
    let text = "wörd ".repeat(250);
    played.type_line(text.trim_end());
    let lines = played.lines();
    assert!(lines.len() > 3);
    let mut joined = Vec::new();
    for line in &lines {
        let relayed = format!(":alice!~a@host {line}\r\n");
        assert!(relayed.len() <= 512, "{} bytes", relayed.len());
        joined.push(line.strip_prefix("PRIVMSG #lobby :").unwrap());
    }
    assert_eq!(joined.join(" "), text.trim_end());
}

// A78.
#[test]
fn a_text_without_spaces_is_split_between_characters() {
    let text = "日".repeat(400);
    let pieces = split(&text, 400);
    assert!(pieces.iter().all(|piece| piece.len() <= 400));
    assert_eq!(pieces.concat(), text);
    assert_eq!(split("", 10), [""]);
    assert_eq!(split("1234567890", 10), ["1234567890"]);
    assert_eq!(split("1234567890 1", 10), ["1234567890", "1"]);
}
