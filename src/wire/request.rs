//! What a client may ask: read it (the server), write it (the client).
//!
//! Reading checks that the parameters a request cannot do without are there, and nothing that
//! depends on who is here; that is for the server to decide.

use std::fmt;

use super::message::{BODY_BYTES_MAX, Message};

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
    /// Who is here, with details.
    Who {
        /// A room, a nick, or a mask.
        mask: &'a str,
    },
    /// All about one person.
    Whois {
        /// The nick.
        nick: &'a str,
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

/// The longest command that is looked up.
const COMMAND_BYTES_MAX: usize = 16;

impl<'a> Request<'a> {
    /// What the message asks for.
    pub fn read(message: &Message<'a>) -> Result<Self, RequestError<'a>> {
        let unknown = RequestError::Unknown {
            command: message.command,
        };
        let mut capitals = [0; COMMAND_BYTES_MAX];
        let written = message.command.as_bytes();
        let capitals = capitals.get_mut(..written.len()).ok_or(unknown)?;
        capitals.copy_from_slice(written);
        capitals.make_ascii_uppercase();
        let wants = Wanted { message };
        Ok(match &*capitals {
            b"PRIVMSG" => {
                let (targets, text) = wants.said("PRIVMSG")?;
                Self::Privmsg { targets, text }
            }
            b"NOTICE" => {
                let (targets, text) = wants.said("NOTICE")?;
                Self::Notice { targets, text }
            }
            b"PING" => Self::Ping {
                token: wants.filled(0).ok_or(RequestError::NoOrigin)?,
            },
            b"PONG" => Self::Pong {
                token: wants.any(0).unwrap_or_default(),
            },
            b"PASS" => Self::Pass {
                password: wants.needed(0, "PASS")?,
            },
            b"NICK" => Self::Nick {
                nick: wants.filled(0).ok_or(RequestError::NoNickGiven)?,
            },
            b"USER" => Self::User {
                user: wants.needed(0, "USER")?,
                real_name: wants.needed(3, "USER")?,
            },
            b"CAP" => Self::Cap(wants.cap()?),
            b"QUIT" => Self::Quit {
                reason: wants.filled(0),
            },
            b"JOIN" => Self::Join {
                rooms: wants.needed(0, "JOIN")?,
                keys: wants.filled(1),
            },
            b"PART" => Self::Part {
                rooms: wants.needed(0, "PART")?,
                reason: wants.filled(1),
            },
            b"TOPIC" => Self::Topic {
                room: wants.needed(0, "TOPIC")?,
                topic: wants.any(1),
            },
            b"NAMES" => Self::Names {
                rooms: wants.filled(0),
            },
            b"LIST" => Self::List {
                filter: wants.filled(0),
            },
            b"WHO" => Self::Who {
                mask: wants.needed(0, "WHO")?,
            },
            // `WHOIS server nick` asks a server of a network about somebody; there is one here.
            b"WHOIS" => Self::Whois {
                nick: wants
                    .filled(1)
                    .or(wants.filled(0))
                    .ok_or(RequestError::NoNickGiven)?,
            },
            b"USERHOST" => {
                wants.needed(0, "USERHOST")?;
                Self::Userhost {
                    nicks: std::array::from_fn(|index| wants.filled(index)),
                }
            }
            b"AWAY" => Self::Away {
                message: wants.filled(0),
            },
            b"MOTD" => Self::Motd,
            b"LUSERS" => Self::Lusers,
            b"VERSION" => Self::Version,
            b"TIME" => Self::Time,
            _ => return Err(unknown),
        })
    }

    /// Whether it can be asked before a nick and a user name are known.
    pub fn works_before_registration(&self) -> bool {
        matches!(
            self,
            Self::Pass { .. }
                | Self::Nick { .. }
                | Self::User { .. }
                | Self::Cap(_)
                | Self::Ping { .. }
                | Self::Pong { .. }
                | Self::Quit { .. }
        )
    }

    /// The line that asks for it, with its ending.
    ///
    /// This is the one gate to the wire: nothing that passes it can be read as a second line, and
    /// nothing that passes it is too long to be taken.
    pub fn line(&self) -> Result<String, WriteError> {
        to_line(format!("{self}"))
    }
}

/// Ends `line` for the wire, or says why it cannot go there.
pub fn to_line(mut line: String) -> Result<String, WriteError> {
    if let Some(bad) = line.chars().find(|c| matches!(c, '\r' | '\n' | '\0')) {
        return Err(WriteError::ForbiddenCharacter(bad));
    }
    let bytes_max = BODY_BYTES_MAX - "\r\n".len();
    if line.len() > bytes_max {
        return Err(WriteError::TooLong {
            excess_bytes: line.len() - bytes_max,
        });
    }
    line.push_str("\r\n");
    Ok(line)
}

/// Why a request cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteError {
    /// A character that would end the line early.
    ForbiddenCharacter(char),
    /// It is longer than a line can be.
    TooLong {
        /// By how many bytes.
        excess_bytes: usize,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForbiddenCharacter(c) => {
                write!(f, "U+{:04X} cannot be sent in a line", u32::from(*c))
            }
            Self::TooLong { excess_bytes } => {
                write!(f, "this is {excess_bytes} bytes too long for one line")
            }
        }
    }
}

impl std::error::Error for WriteError {}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Pass { password } => write!(f, "PASS :{password}"),
            Self::Nick { nick } => write!(f, "NICK {nick}"),
            Self::User { user, real_name } => write!(f, "USER {user} 0 * :{real_name}"),
            Self::Cap(cap) => write!(f, "CAP {cap}"),
            Self::Ping { token } => write!(f, "PING :{token}"),
            Self::Pong { token } => write!(f, "PONG :{token}"),
            Self::Quit { reason } => with_trailing(f, "QUIT", reason),
            Self::Join { rooms, keys: None } => write!(f, "JOIN {rooms}"),
            Self::Join {
                rooms,
                keys: Some(keys),
            } => write!(f, "JOIN {rooms} {keys}"),
            Self::Part { rooms, reason } => {
                write!(f, "PART {rooms}")?;
                with_trailing(f, "", reason)
            }
            Self::Topic { room, topic } => {
                write!(f, "TOPIC {room}")?;
                with_trailing(f, "", topic)
            }
            Self::Names { rooms } => with_middle(f, "NAMES", rooms),
            Self::List { filter } => with_middle(f, "LIST", filter),
            Self::Privmsg { targets, text } => write!(f, "PRIVMSG {targets} :{text}"),
            Self::Notice { targets, text } => write!(f, "NOTICE {targets} :{text}"),
            Self::Who { mask } => write!(f, "WHO {mask}"),
            Self::Whois { nick } => write!(f, "WHOIS {nick}"),
            Self::Userhost { nicks } => {
                f.write_str("USERHOST")?;
                nicks
                    .iter()
                    .flatten()
                    .try_for_each(|nick| write!(f, " {nick}"))
            }
            Self::Away { message } => with_trailing(f, "AWAY", message),
            Self::Motd => f.write_str("MOTD"),
            Self::Lusers => f.write_str("LUSERS"),
            Self::Version => f.write_str("VERSION"),
            Self::Time => f.write_str("TIME"),
        }
    }
}

impl fmt::Display for CapRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Ls { version } => write!(f, "LS {version}"),
            Self::List => f.write_str("LIST"),
            Self::Req { capabilities } => write!(f, "REQ :{capabilities}"),
            Self::End => f.write_str("END"),
            Self::Other { subcommand } => f.write_str(subcommand),
        }
    }
}

fn with_trailing(f: &mut fmt::Formatter<'_>, start: &str, text: Option<&str>) -> fmt::Result {
    f.write_str(start)?;
    match text {
        Some(text) => write!(f, " :{text}"),
        None => Ok(()),
    }
}

fn with_middle(f: &mut fmt::Formatter<'_>, start: &str, word: Option<&str>) -> fmt::Result {
    f.write_str(start)?;
    match word {
        Some(word) => write!(f, " {word}"),
        None => Ok(()),
    }
}

/// The ways to ask a message for a parameter.
struct Wanted<'m, 'a> {
    message: &'m Message<'a>,
}

impl<'a> Wanted<'_, 'a> {
    fn any(&self, index: usize) -> Option<&'a str> {
        self.message.parameter(index)
    }

    fn filled(&self, index: usize) -> Option<&'a str> {
        self.any(index).filter(|text| !text.is_empty())
    }

    fn needed(&self, index: usize, command: &'static str) -> Result<&'a str, RequestError<'a>> {
        self.filled(index)
            .ok_or(RequestError::NotEnoughParameters { command })
    }

    fn said(&self, command: &'static str) -> Result<(&'a str, &'a str), RequestError<'a>> {
        let targets = self
            .filled(0)
            .ok_or(RequestError::NoRecipient { command })?;
        let text = self.filled(1).ok_or(RequestError::NoTextToSend)?;
        Ok((targets, text))
    }

    fn cap(&self) -> Result<CapRequest<'a>, RequestError<'a>> {
        let subcommand = self.needed(0, "CAP")?;
        let is = |name: &str| subcommand.eq_ignore_ascii_case(name);
        Ok(if is("LS") {
            let version = self.filled(1).and_then(|text| text.parse().ok());
            CapRequest::Ls {
                version: version.unwrap_or(301),
            }
        } else if is("LIST") {
            CapRequest::List
        } else if is("REQ") {
            CapRequest::Req {
                capabilities: self.any(1).unwrap_or_default(),
            }
        } else if is("END") {
            CapRequest::End
        } else {
            CapRequest::Other { subcommand }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            Request::Who { mask: "#a" },
            Request::Whois { nick: "bob" },
            Request::Away {
                message: Some("at lunch"),
            },
            Request::Away { message: None },
            Request::Motd,
            Request::Lusers,
            Request::Version,
            Request::Time,
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
