//! Reading a request: a message's command and parameters as what they ask for.

use super::{CapRequest, MonitorRequest, Request, RequestError};
use crate::wire::Message;

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
            b"TAGMSG" => Self::Tagmsg {
                targets: wants
                    .filled(0)
                    .ok_or(RequestError::NoRecipient { command: "TAGMSG" })?,
            },
            b"WHO" => Self::Who {
                mask: wants.needed(0, "WHO")?,
                fields: wants.filled(1),
            },
            b"WHOWAS" => Self::Whowas {
                nick: wants.filled(0).ok_or(RequestError::NoNickGiven)?,
                count: wants.filled(1),
            },
            b"ISON" => {
                wants.needed(0, "ISON")?;
                Self::Ison {
                    nicks: std::array::from_fn(|index| wants.filled(index)),
                }
            }
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
            b"INFO" => Self::Info {
                target: wants.filled(0),
            },
            b"HELP" | b"HELPOP" => Self::Help {
                subject: wants.filled(0),
            },
            b"LINKS" => Self::Links,
            b"STATS" => Self::Stats {
                query: wants.filled(0),
            },
            b"MODE" => Self::Mode {
                target: wants.needed(0, "MODE")?,
                letters: wants.filled(1),
                parameters: std::array::from_fn(|index| wants.any(index + 2)),
            },
            b"INVITE" => Self::Invite {
                invitation: match wants.filled(0) {
                    Some(nick) => Some((nick, wants.needed(1, "INVITE")?)),
                    None => None,
                },
            },
            b"KICK" => Self::Kick {
                rooms: wants.needed(0, "KICK")?,
                nicks: wants.needed(1, "KICK")?,
                reason: wants.filled(2),
            },
            b"OPER" => Self::Oper {
                name: wants.needed(0, "OPER")?,
                password: wants.needed(1, "OPER")?,
            },
            b"KILL" => Self::Kill {
                nick: wants.needed(0, "KILL")?,
                reason: wants.filled(1),
            },
            b"WALLOPS" => Self::Wallops {
                text: wants.needed(0, "WALLOPS")?,
            },
            b"REHASH" => Self::Rehash,
            b"SETNAME" => Self::Setname {
                real_name: wants.needed(0, "SETNAME")?,
            },
            b"MONITOR" => Self::Monitor(wants.monitor()?),
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
    fn monitor(&self) -> Result<MonitorRequest<'a>, RequestError<'a>> {
        let nicks = || self.needed(1, "MONITOR");
        Ok(match self.needed(0, "MONITOR")? {
            "+" => MonitorRequest::Add { nicks: nicks()? },
            "-" => MonitorRequest::Remove { nicks: nicks()? },
            "C" | "c" => MonitorRequest::Clear,
            "L" | "l" => MonitorRequest::List,
            "S" | "s" => MonitorRequest::Status,
            _ => MonitorRequest::Other,
        })
    }
}
