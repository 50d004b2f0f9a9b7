//! The table of requests: from it the server reads requests, the client writes them,
//! and `HELP` explains them.
//!
//! Reading checks that required parameters are present. Whether the request is allowed depends on
//! the state of the server, and is decided there.

mod parameters;

use std::fmt;

use crate::wire::Message;
use crate::wire::message::PARAMETERS_MAX;
use parameters::{ParamReader, parameter, write};

/// The most modes with a parameter that one request can change; announced as `MODES`.
pub const MODES_MAX: usize = 4;
/// The most nicks that one `USERHOST` is answered for; announced in `TARGMAX`. RFC 2812, 4.8.
pub const USERHOST_MAX: usize = 5;
/// The longest command that is looked up.
const COMMAND_BYTES_MAX: usize = 16;

/// A row is what the request does, its name, its command (with `early` if it is allowed before
/// registration), and its parameters: first as `HELP` shows them, then as fields, each of one of the
/// kinds of `parameters`.
macro_rules! requests {
    ($(
        #[doc = $does:literal]
        $(#[doc = $more:literal])*
        $name:ident $command:ident $($early:ident)? $parameters:literal
        $({ $($field:ident: $kind:ident),* })?
    )*) => {
        /// A request of a client, borrowed from its line. RFC 2812, 3.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Request<'a> {
            $(
                #[doc = $does]
                #[doc = concat!("`", stringify!($command), " ", $parameters, "`")]
                $(#[doc = $more])*
                $name $({
                    $(
                        #[doc = concat!("A parameter of the kind `", stringify!($kind), "`.")]
                        $field: parameter!(type $kind),
                    )*
                })?,
            )*
        }

        impl<'a> Request<'a> {
            /// The request in a message.
            ///
            /// # Errors
            ///
            /// The command is unknown, or a parameter is missing.
            pub fn read(message: &Message<'a>) -> Result<Self, RequestError<'a>> {
                $(const $command: &[u8] = stringify!($command).as_bytes();)*
                let unknown = RequestError::Unknown(message.command);
                let mut capitals = [0; COMMAND_BYTES_MAX];
                let written = message.command.as_bytes();
                let capitals = capitals.get_mut(..written.len()).ok_or(unknown)?;
                capitals.copy_from_slice(written);
                capitals.make_ascii_uppercase();
                let mut wanted = ParamReader { message, command: "", taken: 0 };
                Ok(match &*capitals {
                    $(
                        $command => {
                            wanted.command = stringify!($command);
                            Self::$name $({ $($field: parameter!(read $kind wanted)),* })?
                        }
                    )*
                    _ => return Err(unknown),
                })
            }
        }

        impl fmt::Display for Request<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(
                        Self::$name $({ $($field),* })? => {
                            f.write_str(stringify!($command))?;
                            $($(write(f, stringify!($kind), $field)?;)*)?
                        }
                    )*
                }
                Ok(())
            }
        }

        /// Every command there is, in the order of the table.
        pub const COMMANDS: &[Command] = &[
            $(Command {
                name: stringify!($command),
                is_early: !stringify!($($early)?).is_empty(),
                parameters: $parameters,
                does: $does,
            },)*
        ];
    };
}

requests! {
    /// Marks you as away, or as back without a message.
    Away AWAY "[:message]" { message: maybe_text }
    /// Logs in to an account with SASL.
    ///
    /// IRCv3 SASL: the name of a mechanism, a part of a message in Base64, or `*` to abort.
    Authenticate AUTHENTICATE early "mechanism|data|*" { parameter: word }
    /// Begins or ends a message of several lines.
    ///
    /// IRCv3 client-batch, draft/multiline.
    Batch BATCH "+|-reference [draft/multiline target]" {
        reference: word, kind: maybe_word, target: maybe_word
    }
    /// Negotiates the capabilities of your client.
    ///
    /// IRCv3 capability negotiation.
    Cap CAP early "LS|LIST|REQ|END" { subcommand: word, argument: maybe_word }
    /// Sends a request to ChanServ, which has the registered rooms.
    Chanserv CHANSERV "HELP|request" { words: nicks }
    /// Shows messages of a room that the server has stored.
    ///
    /// IRCv3 draft/chathistory. The parameters depend on the subcommand.
    Chathistory CHATHISTORY "LATEST|BEFORE|AFTER|AROUND #room selector limit" {
        subcommand: word, first: maybe_word, second: maybe_word, third: maybe_word,
        fourth: maybe_word
    }
    /// The same as CHANSERV.
    Cs CS "HELP|request" { words: nicks }
    /// Bans an address or a network from this server; for operators.
    ///
    /// The time is such as `10d`, `1h30m` or a number of minutes.
    Dline DLINE "[time] address[/bits] [:reason]" { words: nicks }
    /// Explains a command, or lists all commands.
    Help HELP "[command]" { subject: maybe_word }
    /// The same as HELP.
    Helpop HELPOP "[command]" { subject: maybe_word }
    /// Shows what this server is.
    ///
    /// The target is the server that is asked, or a nick on it.
    Info INFO "" { target: maybe_word }
    /// Invites a user to a room, or lists your invitations.
    Invite INVITE "nick #room" { nick: maybe_word, room: maybe_word }
    /// Shows which of these nicks are online.
    Ison ISON "nick..." { nicks: nicks }
    /// Joins rooms.
    Join JOIN "#room[,#room] [key[,key]]" { rooms: word, keys: maybe_word }
    /// Removes users from a room.
    ///
    /// Several rooms are allowed, too: one for each nick.
    Kick KICK "#room nick[,nick] [:reason]" { rooms: word, nicks: word, reason: maybe_text }
    /// Disconnects a user; for operators.
    Kill KILL "nick [:reason]" { nick: word, reason: maybe_text }
    /// Bans users from this server by a mask, a:ACCOUNT or an address; for operators.
    Kline KLINE "[time] mask|a:account|address[/bits] [:reason]" { words: nicks }
    /// Lists the linked servers; there are none.
    Links LINKS ""
    /// Lists rooms.
    List LIST "[#room|mask|<n|>n|C<n|C>n|T<n|T>n]" { filter: maybe_word }
    /// Shows how many users are online.
    Lusers LUSERS ""
    /// Shows or sets how far you have read.
    ///
    /// IRCv3 draft/read-marker.
    Markread MARKREAD "#room|nick [timestamp=time]" { target: maybe_word, time: maybe_word }
    /// Shows or changes modes.
    Mode MODE "#room|nick [letters [parameters]]" {
        target: word, letters: maybe_word, parameters: for_modes
    }
    /// Notifies you when users come online or go offline.
    ///
    /// IRCv3 MONITOR.
    Monitor MONITOR "+|- nick[,nick], or C, L, S" { change: word, nicks: maybe_word }
    /// Shows the message of the day.
    Motd MOTD ""
    /// Lists the members of rooms.
    Names NAMES "#room[,#room]" { rooms: maybe_word }
    /// Changes your nick.
    Nick NICK early "nick" { nick: word }
    /// Sends a request to NickServ, which has the accounts.
    Nickserv NICKSERV "HELP|request" { words: nicks }
    /// Sends a message that gets no automatic reply.
    ///
    /// An error is not reported either.
    Notice NOTICE "target[,target] :text" { targets: word, text: text }
    /// The same as NICKSERV.
    Ns NS "HELP|request" { words: nicks }
    /// Makes you an operator of this server.
    ///
    /// Operators by account or certificate need no password.
    Oper OPER "name [password]" { name: word, password: maybe_text }
    /// Leaves rooms.
    Part PART "#room[,#room] [:reason]" { rooms: word, reason: maybe_text }
    /// Sends the password of the server or of an account, before NICK and USER.
    Pass PASS early "password|account:password" { password: text }
    /// Requests a PONG with the same token.
    Ping PING early "token" { token: text }
    /// Answers a PING.
    Pong PONG early "token" { token: maybe_text }
    /// Sends a message to rooms or users.
    Privmsg PRIVMSG "target[,target] :text" { targets: word, text: text }
    /// Leaves the server.
    Quit QUIT early "[:reason]" { reason: maybe_text }
    /// Deletes a stored message.
    ///
    /// IRCv3 draft/message-redaction.
    Redact REDACT "#room|nick msgid [:reason]" {
        target: word, msgid: word, reason: maybe_text
    }
    /// Registers an account; `*` is your nick, or no mail address.
    ///
    /// IRCv3 draft/account-registration.
    Register REGISTER early "account|* email|* :password" {
        account: word, email: word, password: text
    }
    /// Reloads the configuration; for operators.
    Rehash REHASH ""
    /// Changes your real name.
    ///
    /// IRCv3 setname.
    Setname SETNAME ":real name" { real_name: any_text }
    /// Shows how long the server has been running, or its bans to operators.
    Stats STATS "u|k" { query: maybe_word }
    /// Sends message tags without a text.
    ///
    /// IRCv3 message-tags.
    Tagmsg TAGMSG "target[,target]" { targets: word }
    /// Shows the time of the server.
    Time TIME ""
    /// Shows or changes the topic of a room.
    Topic TOPIC "#room [:topic]" { room: word, topic: any_text }
    /// Ends the ban of an address or a network; for operators.
    Undline UNDLINE "address[/bits]" { target: word }
    /// Ends the ban of users; for operators.
    Unkline UNKLINE "mask|a:account|address[/bits]" { target: word }
    /// Sends your user name and real name, once.
    User USER early "name 0 * :real name" {
        user: word, mode: maybe_word, unused: maybe_word, real_name: text
    }
    /// Shows user name and host of users.
    Userhost USERHOST "nick..." { nicks: nicks }
    /// Completes the registration of an account.
    ///
    /// IRCv3 draft/account-registration.
    Verify VERIFY early "account code" { account: word, code: text }
    /// Shows the version of this server.
    Version VERSION ""
    /// Sends a message to all users with mode w; for operators.
    Wallops WALLOPS ":text" { text: text }
    /// Names the address of a user, before NICK and USER; for gateways.
    ///
    /// IRCv3 WebIRC. The host is not used.
    Webirc WEBIRC early "password gateway host address [:options]" {
        password: word, gateway: word, host: word, address: word, options: maybe_text
    }
    /// Lists users with details.
    ///
    /// The fields are `%` and the letters of the details, in place of the usual ones; or `o` for
    /// operators only. IRCv3 WHOX.
    Who WHO "#room|nick|mask [o|%fields]" { mask: word, fields: maybe_word }
    /// Shows the details of a user.
    ///
    /// `WHOIS server nick` asks a server of a network about a user; here there is one server.
    Whois WHOIS "nick" { nick: last_word }
    /// Shows users who had a nick before.
    ///
    /// The count is a maximum; without a number above zero all are shown.
    Whowas WHOWAS "nick [count]" { nick: word, count: maybe_word }
}

/// A command without the parameters of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// The command, in capitals.
    pub name: &'static str,
    /// Whether it is allowed before registration.
    pub is_early: bool,
    /// Its parameters as `HELP` shows them; empty for some.
    pub parameters: &'static str,
    /// Its effect, as a sentence with spaces around it.
    pub does: &'static str,
}

impl Command {
    /// The command of this name, in any letter case.
    pub fn named(name: &str) -> Option<&'static Self> {
        let mut commands = COMMANDS.iter();
        commands.find(|command| command.name.eq_ignore_ascii_case(name))
    }

    /// The command of a line that may not be UTF-8.
    pub fn of_any(line: &[u8]) -> Option<&'static Self> {
        let line = String::from_utf8_lossy(line);
        Self::named(Message::parse(&line).ok()?.command)
    }
}

/// Why a message is not a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestError<'a> {
    /// No such command; it is given as it was written.
    Unknown(&'a str),
    /// A parameter that the command needs is missing or empty.
    Missing {
        /// The command in capitals.
        command: &'static str,
        /// Whether there is not even the first one.
        is_first: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Message;

    fn read(line: &str) -> Result<Request<'_>, RequestError<'_>> {
        Request::read(&Message::parse(line).unwrap())
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for request in [
            Request::Pass { password: "a b" },
            Request::Nick { nick: "alice" },
            Request::Authenticate { parameter: "PLAIN" },
            Request::User {
                user: "al",
                mode: Some("0"),
                unused: Some("*"),
                real_name: "Alice B",
            },
            Request::Cap {
                subcommand: "LS",
                argument: Some("302"),
            },
            Request::Cap {
                subcommand: "REQ",
                argument: Some("a b"),
            },
            Request::Cap {
                subcommand: "END",
                argument: None,
            },
            Request::Ping { token: "x y" },
            Request::Pong { token: Some(":z") },
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
            Request::Helpop { subject: None },
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
                nick: Some("bob"),
                room: Some("#a"),
            },
            Request::Invite {
                nick: None,
                room: None,
            },
            Request::Kick {
                rooms: "#a",
                nicks: "bob,carol",
                reason: Some("too loud"),
            },
            Request::Oper {
                name: "root",
                password: Some("a b"),
            },
            Request::Kill {
                nick: "bob",
                reason: None,
            },
            Request::Wallops { text: "hear, hear" },
            Request::Rehash,
            Request::Setname {
                real_name: Some("Bob B"),
            },
            Request::Setname {
                real_name: Some(""),
            },
            Request::Monitor {
                change: "+",
                nicks: Some("a,b"),
            },
            Request::Monitor {
                change: "C",
                nicks: None,
            },
        ] {
            let line = request.to_string();
            assert_eq!(read(&line), Ok(request), "{line:?}");
        }
        let line = "USERHOST a b c";
        assert_eq!(read(line).unwrap().to_string(), line);
    }

    #[test]
    fn commands_are_read_in_any_letter_case() {
        assert_eq!(read("privMSG a :b"), read("PRIVMSG a :b"));
    }

    #[test]
    fn what_is_missing_is_told() {
        let missing = |command, is_first| Err(RequestError::Missing { command, is_first });
        for (line, command, is_first) in [
            ("NICK", "NICK", true),
            ("NICK :", "NICK", true),
            ("USER a * *", "USER", false),
            ("USER a * * :", "USER", false),
            ("ping :", "PING", true),
            ("PRIVMSG", "PRIVMSG", true),
            ("PRIVMSG a", "PRIVMSG", false),
            ("PRIVMSG a :", "PRIVMSG", false),
            ("CAP", "CAP", true),
        ] {
            assert_eq!(read(line), missing(command, is_first), "{line}");
        }
        assert_eq!(read("FROB x"), Err(RequestError::Unknown("FROB")));
        let long = "X".repeat(400);
        assert_eq!(read(&long), Err(RequestError::Unknown(&long)));
    }
}
