//! What a client may ask: read it (the server), write it (the client).
//!
//! Reading checks that the parameters a request cannot do without are there, and nothing that
//! depends on who is here; that is for the server to decide.

mod read;
mod write;

pub use write::{WriteError, to_line};

/// What a client asks for, borrowed from its line. RFC 2812, 3; IRCv3 capability negotiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// The password of the server, before all else.
    Pass {
        /// The password.
        password: &'a str,
    },
    /// A nick, the first one or another one.
    Nick {
        /// The nick that is wanted.
        nick: &'a str,
    },
    /// Who the person is besides the nick.
    User {
        /// The user name.
        user: &'a str,
        /// The real name: any text.
        real_name: &'a str,
    },
    /// Capability negotiation.
    Cap(CapRequest<'a>),
    /// "Are you there?"
    Ping {
        /// Comes back with the answer.
        token: &'a str,
    },
    /// "I am here."
    Pong {
        /// What the question had with it.
        token: &'a str,
    },
    /// Leave the server.
    Quit {
        /// Why, for those who stay.
        reason: Option<&'a str>,
    },
    /// Enter rooms.
    Join {
        /// Room names between commas.
        rooms: &'a str,
        /// Their keys, in the same order.
        keys: Option<&'a str>,
    },
    /// Leave rooms.
    Part {
        /// Room names between commas.
        rooms: &'a str,
        /// Why, for those who stay.
        reason: Option<&'a str>,
    },
    /// See or, with a text, set what a room is about.
    Topic {
        /// The room.
        room: &'a str,
        /// The new topic; empty to have none.
        topic: Option<&'a str>,
    },
    /// Who is in these rooms, nicks only.
    Names {
        /// Room names between commas; none at all asks about nothing.
        rooms: Option<&'a str>,
    },
    /// Which rooms there are.
    List {
        /// Room names or conditions between commas.
        filter: Option<&'a str>,
    },
    /// Say something to rooms or people.
    Privmsg {
        /// Room names and nicks between commas.
        targets: &'a str,
        /// What is said.
        text: &'a str,
    },
    /// The same for programs: it is never answered, not even by a refusal.
    Notice {
        /// Room names and nicks between commas.
        targets: &'a str,
        /// What is said.
        text: &'a str,
    },
    /// Say nothing, but show the tags of the line to rooms or people. IRCv3 message-tags.
    Tagmsg {
        /// Room names and nicks between commas.
        targets: &'a str,
    },
    /// Who is here, with details.
    Who {
        /// A room, a nick, or a mask.
        mask: &'a str,
        /// `%` and the letters of the details that are wanted, in place of the usual ones; or `o`
        /// for operators only. IRCv3 WHOX.
        fields: Option<&'a str>,
    },
    /// All about one person.
    Whois {
        /// The nick.
        nick: &'a str,
    },
    /// All about those who had a nick before.
    Whowas {
        /// The nick, or a mask.
        nick: &'a str,
        /// How many of them; all when it is no number above zero.
        count: Option<&'a str>,
    },
    /// Which of these nicks are here.
    Ison {
        /// Nicks, or several of them between spaces.
        nicks: [Option<&'a str>; 5],
    },
    /// Details of some people in one line.
    Userhost {
        /// Up to five nicks; more are not looked at.
        nicks: [Option<&'a str>; 5],
    },
    /// Not at the keyboard, or, without a text, back again.
    Away {
        /// What those who whisper are told.
        message: Option<&'a str>,
    },
    /// The message of the day.
    Motd,
    /// How many are here.
    Lusers,
    /// What program this is.
    Version,
    /// What time it is there.
    Time,
    /// What can be said of the program.
    Info {
        /// Which server is asked, or a nick on it.
        target: Option<&'a str>,
    },
    /// How a command is used.
    Help {
        /// Which command.
        subject: Option<&'a str>,
    },
    /// Which servers there are.
    Links,
    /// Figures of the server.
    Stats {
        /// A letter: which ones.
        query: Option<&'a str>,
    },
    /// See or change the modes of a room or a person.
    Mode {
        /// The room or the nick.
        target: &'a str,
        /// Letters behind `+` and `-`.
        letters: Option<&'a str>,
        /// What letters need; more are not looked at.
        parameters: [Option<&'a str>; MODES_MAX],
    },
    /// Ask somebody into a room; without parameters, see where one is asked.
    Invite {
        /// Whom, and where to.
        invitation: Option<(&'a str, &'a str)>,
    },
    /// Put people out of rooms.
    Kick {
        /// Room names between commas: one, or one a nick.
        rooms: &'a str,
        /// Nicks between commas.
        nicks: &'a str,
        /// Why.
        reason: Option<&'a str>,
    },
    /// Become an operator of the server.
    Oper {
        /// The name in the configuration.
        name: &'a str,
        /// The password.
        password: &'a str,
    },
    /// End somebody's connection.
    Kill {
        /// Whose.
        nick: &'a str,
        /// Why.
        reason: Option<&'a str>,
    },
    /// Say something to all who want to hear operators.
    Wallops {
        /// What is said.
        text: &'a str,
    },
    /// Read the configuration again.
    Rehash,
    /// Take another real name. IRCv3 setname.
    Setname {
        /// Any text.
        real_name: &'a str,
    },
    /// Be told who comes and goes. IRCv3 MONITOR.
    Monitor(MonitorRequest<'a>),
}

/// How many modes with a parameter one request can change; announced as `MODES`.
pub const MODES_MAX: usize = 4;

/// The second word of `MONITOR`. IRCv3 MONITOR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonitorRequest<'a> {
    /// Watch these.
    Add {
        /// Nicks between commas.
        nicks: &'a str,
    },
    /// Watch these no longer.
    Remove {
        /// Nicks between commas.
        nicks: &'a str,
    },
    /// Watch nobody.
    Clear,
    /// Who is watched?
    List,
    /// Which of them are here?
    Status,
    /// A word that no server knows.
    Other,
}

/// The second word of `CAP`. IRCv3 capability negotiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapRequest<'a> {
    /// Which capabilities are there?
    Ls {
        /// The version of the negotiation the client speaks, 301 if it did not say.
        version: u16,
    },
    /// Which of them are on?
    List,
    /// Switch these on, or with `-` off: all of them or none.
    Req {
        /// Names between spaces.
        capabilities: &'a str,
    },
    /// The negotiation is over.
    End,
    /// A word that no server knows.
    Other {
        /// The word.
        subcommand: &'a str,
    },
}

/// Why a message is not a request. Each is one of the numbered replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestError<'a> {
    /// No such command.
    Unknown {
        /// As it was written.
        command: &'a str,
    },
    /// A parameter that this command needs is missing or empty.
    NotEnoughParameters {
        /// The command in capitals.
        command: &'static str,
    },
    /// `NICK` without a nick.
    NoNickGiven,
    /// `PING` without a token.
    NoOrigin,
    /// Nobody to say it to.
    NoRecipient {
        /// The command in capitals.
        command: &'static str,
    },
    /// Nothing to say.
    NoTextToSend,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;
    use crate::wire::message::BODY_BYTES_MAX;

    fn read(line: &str) -> Result<Request<'_>, RequestError<'_>> {
        Request::read(&Message::parse(line).unwrap())
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for request in [
            Request::Pass { password: "a b" },
            Request::Nick { nick: "alice" },
            Request::User {
                user: "al",
                real_name: "Alice B",
            },
            Request::Cap(CapRequest::Ls { version: 302 }),
            Request::Cap(CapRequest::List),
            Request::Cap(CapRequest::Req {
                capabilities: "a b",
            }),
            Request::Cap(CapRequest::End),
            Request::Ping { token: "x y" },
            Request::Pong { token: ":z" },
            Request::Quit { reason: None },
            Request::Quit {
                reason: Some("bye all"),
            },
            Request::Join {
                rooms: "#a,#b",
                keys: None,
            },
            Request::Join {
                rooms: "#a,#b",
                keys: Some("k,l"),
            },
            Request::Part {
                rooms: "#a",
                reason: None,
            },
            Request::Part {
                rooms: "#a",
                reason: Some("x y"),
            },
            Request::Topic {
                room: "#a",
                topic: None,
            },
            Request::Topic {
                room: "#a",
                topic: Some(""),
            },
            Request::Names { rooms: Some("#a") },
            Request::Names { rooms: None },
            Request::List { filter: Some(">3") },
            Request::Privmsg {
                targets: "#a",
                text: ":) hi",
            },
            Request::Notice {
                targets: "bob",
                text: "hi",
            },
            Request::Who {
                mask: "#a",
                fields: Some("%n"),
            },
            Request::Whois { nick: "bob" },
            Request::Away {
                message: Some("at lunch"),
            },
            Request::Away { message: None },
            Request::Motd,
            Request::Lusers,
            Request::Version,
            Request::Time,
            Request::Tagmsg { targets: "#a,b" },
            Request::Whowas {
                nick: "bob",
                count: Some("2"),
            },
            Request::Info { target: None },
            Request::Help {
                subject: Some("join"),
            },
            Request::Links,
            Request::Stats { query: Some("u") },
            Request::Mode {
                target: "#a",
                letters: Some("+k-l"),
                parameters: [Some("key"), None, None, None],
            },
            Request::Mode {
                target: "bob",
                letters: None,
                parameters: [None; MODES_MAX],
            },
            Request::Invite {
                invitation: Some(("bob", "#a")),
            },
            Request::Invite { invitation: None },
            Request::Kick {
                rooms: "#a",
                nicks: "bob,carol",
                reason: Some("too loud"),
            },
            Request::Oper {
                name: "root",
                password: "a b",
            },
            Request::Kill {
                nick: "bob",
                reason: None,
            },
            Request::Wallops { text: "hear, hear" },
            Request::Rehash,
            Request::Setname { real_name: "Bob B" },
            Request::Monitor(MonitorRequest::Add { nicks: "a,b" }),
            Request::Monitor(MonitorRequest::Remove { nicks: "a" }),
            Request::Monitor(MonitorRequest::Clear),
            Request::Monitor(MonitorRequest::List),
            Request::Monitor(MonitorRequest::Status),
        ] {
            let line = request.line().unwrap();
            assert_eq!(read(line.trim_end()), Ok(request), "{line:?}");
        }
        let line = "USERHOST a b c";
        assert_eq!(read(line).unwrap().line().unwrap(), "USERHOST a b c\r\n");
    }

    #[test]
    fn commands_are_read_in_any_letter_case() {
        assert_eq!(read("privMSG a :b"), read("PRIVMSG a :b"));
        assert_eq!(read("cap ls 302"), read("CAP LS 302"));
    }

    #[test]
    fn each_missing_parameter_has_its_own_refusal() {
        let short = |command| Err(RequestError::NotEnoughParameters { command });
        assert_eq!(read("NICK"), Err(RequestError::NoNickGiven));
        assert_eq!(read("NICK :"), Err(RequestError::NoNickGiven));
        assert_eq!(read("USER a * *"), short("USER"));
        assert_eq!(read("USER a * * :"), short("USER"));
        assert_eq!(read("PING"), Err(RequestError::NoOrigin));
        assert_eq!(read("PING :"), Err(RequestError::NoOrigin));
        assert_eq!(
            read("PRIVMSG"),
            Err(RequestError::NoRecipient { command: "PRIVMSG" })
        );
        assert_eq!(read("PRIVMSG a"), Err(RequestError::NoTextToSend));
        assert_eq!(read("PRIVMSG a :"), Err(RequestError::NoTextToSend));
        assert_eq!(read("JOIN"), short("JOIN"));
        assert_eq!(read("CAP"), short("CAP"));
        assert_eq!(
            read("FROB x"),
            Err(RequestError::Unknown { command: "FROB" })
        );
        let long = "X".repeat(400);
        assert_eq!(read(&long), Err(RequestError::Unknown { command: &long }));
    }

    #[test]
    fn nothing_written_can_be_read_as_a_second_line() {
        for (text, bad) in [("a\r\nQUIT", '\r'), ("a\nQUIT", '\n'), ("a\0", '\0')] {
            let request = Request::Privmsg {
                targets: "#a",
                text,
            };
            assert_eq!(request.line(), Err(WriteError::ForbiddenCharacter(bad)));
        }
    }

    #[test]
    fn a_line_of_512_bytes_can_be_sent_and_one_of_513_cannot() {
        let text = "x".repeat(BODY_BYTES_MAX - "PRIVMSG #a :\r\n".len());
        let request = |text| Request::Privmsg {
            targets: "#a",
            text,
        };
        assert_eq!(request(&text).line().unwrap().len(), BODY_BYTES_MAX);
        let longer = format!("{text}y");
        assert_eq!(
            request(&longer).line(),
            Err(WriteError::TooLong { excess_bytes: 1 })
        );
    }
}
